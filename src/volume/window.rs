//! Window/level and its presets.

use serde::{Deserialize, Serialize};

/// Display window in HU: values from `level − width/2` to `level + width/2` map to black…white, linearly.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Window {
    pub width: f32,
    pub level: f32,
}

/// A named window; `None` means the full range of the data.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Preset {
    pub name: &'static str,
    pub window: Option<Window>,
}

const fn preset(name: &'static str, width: f32, level: f32) -> Preset {
    Preset { name, window: Some(Window { width, level }) }
}

/// Keys 1–8 in this order.
pub const PRESETS: [Preset; 8] = [
    preset("soft tissue", 400.0, 40.0),
    preset("lung", 1500.0, -600.0),
    preset("bone", 2500.0, 480.0),
    preset("brain", 80.0, 40.0),
    preset("liver", 150.0, 90.0),
    preset("mediastinum", 350.0, 50.0),
    preset("angio", 600.0, 300.0),
    Preset { name: "full range", window: None },
];

impl Default for Window {
    fn default() -> Self {
        Self { width: 400.0, level: 40.0 }
    }
}

impl Window {
    /// The window that shows a whole range of HU.
    pub fn full(range: (f64, f64)) -> Self {
        Self { width: ((range.1 - range.0) as f32).max(1.0), level: ((range.0 + range.1) / 2.0) as f32 }
    }

    /// Never narrower than 1 HU, never without finite numbers.
    pub fn sane(self) -> Self {
        let ok = |v: f32, other: f32| if v.is_finite() { v } else { other };
        Self { width: ok(self.width, 400.0).clamp(1.0, 200_000.0), level: ok(self.level, 40.0).clamp(-200_000.0, 200_000.0) }
    }

    /// 0…1 brightness of a value.
    pub fn shade(self, hu: f32) -> f32 {
        ((hu - self.level) / self.width + 0.5).clamp(0.0, 1.0)
    }
}
