//! Items whose answer is a number (task EST): how near an answer came.
//!
//! Two scores, both named: mean relative accuracy over the thresholds 0.50, 0.55 … 0.95, as VSI-Bench's script computes it (Yang et al.,
//! "Thinking in space", CVPR 2025: right at θ when the relative error is at most 1 − θ), and 1 − relative error, not below 0. An answer
//! without a number is not answered: counted, shown, and worth 0 in the mean over all, as in VSI-Bench; it is never NaN.

use serde::Serialize;

/// A number and, when it is a volume with a unit, its value in mL.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantity {
    pub value: f64,
    pub millilitres: Option<f64>,
    /// It has a unit of something else: a length, a mass, a percentage, HU.
    pub no_volume: bool,
}

/// Units that are no volume's.
const OTHER_UNITS: [&str; 14] = ["mm", "cm", "m", "mm2", "mm²", "cm2", "cm²", "g", "kg", "mg", "hu", "percent", "degrees", "times"];

/// Figures over numeric items.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct NumericScores {
    /// Items with a number as reference and an answer of the model.
    pub n: usize,
    pub answered: usize,
    pub not_answered: usize,
    /// Means over all `n`; an item that is not answered counts 0.
    pub mean_relative_accuracy: Option<f64>,
    pub one_minus_relative_error: Option<f64>,
    /// Means over the answered ones.
    pub mean_relative_accuracy_answered: Option<f64>,
    pub one_minus_relative_error_answered: Option<f64>,
    /// Items left out because their reference is no number or is 0.
    pub without_reference: usize,
}

/// Millilitres per unit of volume, by its names in lower case without `^`.
const UNITS: [(&[&str], f64); 6] = [
    (&["ml", "milliliter", "milliliters", "millilitre", "millilitres", "cc", "ccm", "cm3", "cm³"], 1.0),
    (&["mm3", "mm³", "µl", "μl", "ul", "microliter", "microliters", "microlitre", "microlitres"], 0.001),
    (&["l", "liter", "liters", "litre", "litres", "dm3", "dm³"], 1000.0),
    (&["dl", "deciliter", "deciliters", "decilitre", "decilitres"], 100.0),
    (&["cl", "centiliter", "centiliters", "centilitre", "centilitres"], 10.0),
    (&["m3", "m³"], 1e6),
];
/// The same in two words.
const CUBIC: [(&str, f64); 4] = [("centimet", 1.0), ("millimet", 0.001), ("decimet", 1000.0), ("cm", 1.0)];

/// The first number of a text: `1,234.5`, `-3`, `−3`, `.5`, `2e3`, `2e-3`; a comma between digits groups thousands. Infinite ones count
/// as none.
pub fn first_quantity(text: &str) -> Option<Quantity> {
    let text = text.replace('\u{2212}', "-"); // the minus sign
    let start = number_start(&text)?;
    let rest = &text[start..];
    let end = number_end(rest);
    let value: f64 = rest[..end].replace(',', "").parse().ok()?;
    let unit = &rest[end..];
    value.is_finite().then(|| Quantity { value, millilitres: millilitres(unit).map(|f| value * f), no_volume: is_no_volume(unit) })
}

fn is_no_volume(text: &str) -> bool {
    let lower = text.trim_start().to_lowercase().replace('^', "");
    let word = lower.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    OTHER_UNITS.contains(&word) || lower.starts_with(['%', '°'])
}

/// Millilitres per the unit that a text begins with.
fn millilitres(text: &str) -> Option<f64> {
    let lower = text.trim_start().to_lowercase().replace('^', "");
    let mut words = lower.split(|c: char| !c.is_alphanumeric());
    let (first, second) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    if first == "cubic" {
        return CUBIC.iter().find(|(begin, _)| second.starts_with(begin)).map(|(_, factor)| *factor);
    }
    UNITS.iter().find(|(names, _)| names.contains(&first)).map(|(_, factor)| *factor)
}

/// Where the first number begins. Digits of a word (`T12`, `L1-2`) begin none.
fn number_start(text: &str) -> Option<usize> {
    let mut in_word = false;
    for (at, c) in text.char_indices() {
        if !in_word && begins_number(&text[at..]) {
            return Some(at);
        }
        in_word = c.is_alphanumeric() || c == '.' || (c == '-' && in_word);
    }
    None
}

fn begins_number(text: &str) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    text.strip_prefix('.').unwrap_or(text).starts_with(|c: char| c.is_ascii_digit())
}

fn number_end(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digit = |n: usize| bytes.get(n).is_some_and(u8::is_ascii_digit);
    let mut end = usize::from(bytes.first() == Some(&b'-'));
    let mut point = false;
    while let Some(byte) = bytes.get(end) {
        match byte {
            b'0'..=b'9' => {}
            b'.' if !point && digit(end + 1) => point = true,
            b',' if !point && (1..=3).all(|n| digit(end + n)) && !digit(end + 4) => {}
            b'e' | b'E' => return exponent_end(bytes, end).unwrap_or(end),
            _ => break,
        }
        end += 1;
    }
    end
}

/// The end of an exponent that begins with the `e` at `at`; `None` when no digit follows.
fn exponent_end(bytes: &[u8], at: usize) -> Option<usize> {
    let digits = at + 1 + usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
    let count = bytes.get(digits..)?.iter().take_while(|b| b.is_ascii_digit()).count();
    (count > 0).then_some(digits + count)
}

/// |answer − reference| / |reference|, in mL when both have a volume's unit, and without bound when only one has and the other is of
/// something else. The reference is not 0.
fn relative_error(reference: Quantity, answer: Quantity) -> f64 {
    let volume = |q: Quantity| q.millilitres.is_some();
    if volume(reference) && answer.no_volume || reference.no_volume && volume(answer) {
        return f64::INFINITY;
    }
    let (reference, answer) = match (reference.millilitres, answer.millilitres) {
        (Some(r), Some(a)) => (r, a),
        _ => (reference.value, answer.value),
    };
    ((answer - reference) / reference).abs()
}

/// Share of the ten thresholds that an error passes. A hair of tolerance keeps 0.05 right at 0.95, where 1 − 0.95 is not exact.
fn mean_relative_accuracy(error: f64) -> f64 {
    let passed = (0..10).filter(|step| error <= 0.5 - 0.05 * f64::from(*step) + 1e-12).count();
    passed as f64 / 10.0
}

/// Scores `(reference, answer)` texts.
pub fn score<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> NumericScores {
    let mut scores = NumericScores::default();
    let (mut accuracy, mut nearness) = (0.0, 0.0);
    for (reference, answer) in pairs {
        let Some(reference) = first_quantity(reference).filter(|r| r.value != 0.0) else {
            scores.without_reference += 1;
            continue;
        };
        scores.n += 1;
        let Some(answer) = first_quantity(answer) else {
            scores.not_answered += 1;
            continue;
        };
        scores.answered += 1;
        let error = relative_error(reference, answer);
        accuracy += mean_relative_accuracy(error);
        nearness += (1.0 - error).max(0.0);
    }
    let mean = |sum: f64, n: usize| (n > 0).then(|| sum / n as f64);
    NumericScores {
        mean_relative_accuracy: mean(accuracy, scores.n),
        one_minus_relative_error: mean(nearness, scores.n),
        mean_relative_accuracy_answered: mean(accuracy, scores.answered),
        one_minus_relative_error_answered: mean(nearness, scores.answered),
        ..scores
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_number_is_read_with_its_unit() {
        let check = |text: &str, value: Option<f64>, ml: Option<f64>| {
            let found = first_quantity(text);
            assert_eq!((found.map(|q| q.value), found.and_then(|q| q.millilitres)), (value, ml), "{text}");
        };
        check("about 1,234.5 mL.", Some(1234.5), Some(1234.5));
        check("1.2 L", Some(1.2), Some(1200.0));
        check("3 cm^3", Some(3.0), Some(3.0));
        check("-.5", Some(-0.5), None);
        check("2e3 mm³ or so", Some(2000.0), Some(2.0));
        check("at T12, 40 ml", Some(40.0), Some(40.0));
        check("12,5", Some(12.0), None);
        check("3.56e+1 mL", Some(35.6), Some(35.6));
        check("3.56e-2 L", Some(0.0356), Some(35.6));
        check("0.0356 liter", Some(0.0356), Some(35.6));
        check("35,600 cubic millimeters", Some(35600.0), Some(35.6));
        check("2 µL", Some(2.0), Some(0.002));
        check("1.5 dm³", Some(1.5), Some(1500.0));
        check("\u{2212}3 ml", Some(-3.0), Some(-3.0));
        check("2e mL", Some(2.0), None);
        check("5.", Some(5.0), None);
        check("12345678901234567890 ml", Some(12345678901234567890.0), Some(12345678901234567890.0));
        for none in ["", "large", "L1", "L1-2", "1e999", "NaN", "inf", "½"] {
            check(none, None, None);
        }
    }

    #[test]
    fn both_scores_are_named_and_the_unanswered_count() {
        let found = score([("100 mL", "0.1 L"), ("100", "140"), ("100", "105"), ("100", "many"), ("0", "1"), ("?", "1")]);
        assert_eq!((found.n, found.answered, found.not_answered, found.without_reference), (4, 3, 1, 2));
        // relative errors 0, 0.4, 0.05: they pass 10, 3 and 10 thresholds
        assert!((found.mean_relative_accuracy.unwrap() - 2.3 / 4.0).abs() < 1e-12);
        assert!((found.mean_relative_accuracy_answered.unwrap() - 2.3 / 3.0).abs() < 1e-12);
        assert!((found.one_minus_relative_error.unwrap() - 2.55 / 4.0).abs() < 1e-12);
        assert_eq!(score([]).mean_relative_accuracy, None);
        for (answer, accuracy) in [("35.6", 1.0), ("35.6 cc", 1.0), ("35.6 cm", 0.0), ("35.6%", 0.0), ("35.6 HU", 0.0)] {
            let found = score([("35.6 mL", answer)]);
            assert_eq!((found.mean_relative_accuracy, found.one_minus_relative_error), (Some(accuracy), Some(accuracy)), "{answer}");
        }
        assert_eq!(score([("2.5 times", "2.5")]).mean_relative_accuracy, Some(1.0), "a ratio");
        assert_eq!(score([("1", "1e300")]).one_minus_relative_error, Some(0.0));
    }
}
