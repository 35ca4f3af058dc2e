//! `score/` on the published benchmark, against figures computed with the Python libraries that `reference.json` names.

#![allow(clippy::unwrap_used)] // a helper that fails fails its test

mod score {
    mod any_text;
    pub mod cli;
    pub mod data;
    mod jury;
    mod many;
    mod text;

    /// Holds a value against a reference value.
    pub fn close(value: Option<f64>, expected: &serde_json::Value, tolerance: f64, what: &str) {
        let (value, expected) = (value.unwrap(), expected.as_f64().unwrap());
        assert!((value - expected).abs() <= tolerance, "{what}: {value}, expected {expected}");
    }
}
