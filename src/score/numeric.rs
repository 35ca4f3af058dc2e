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
}

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

/// Millilitres per unit.
const UNITS: [(&str, f64); 14] = [
    ("ml", 1.0),
    ("milliliter", 1.0),
    ("milliliters", 1.0),
    ("millilitre", 1.0),
    ("millilitres", 1.0),
    ("cc", 1.0),
    ("cm3", 1.0),
    ("cm³", 1.0),
    ("mm3", 0.001),
    ("mm³", 0.001),
    ("l", 1000.0),
    ("liters", 1000.0),
    ("litres", 1000.0),
    ("dl", 100.0),
];

/// The first number of a text: `1,234.5`, `-3`, `.5`, `2e3`; a comma between digits groups thousands. Infinite ones count as none.
pub fn first_quantity(text: &str) -> Option<Quantity> {
    let start = number_start(text)?;
    let rest = &text[start..];
    let end = number_end(rest);
    let value: f64 = rest[..end].replace(',', "").parse().ok()?;
    let unit = rest[end..].trim_start().split(|c: char| !c.is_alphanumeric() && c != '^').next().unwrap_or_default();
    let unit = unit.to_lowercase().replace('^', "");
    let factor = UNITS.iter().find(|(name, _)| *name == unit).map(|(_, factor)| *factor);
    value.is_finite().then(|| Quantity { value, millilitres: factor.map(|f| value * f) })
}

/// Where the first digit stands, or the sign and point before it. A digit inside a word (`T12`, `L1`) starts no number.
fn number_start(text: &str) -> Option<usize> {
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        let after = text[at + c.len_utf8()..].chars().next().unwrap_or(' ');
        let signed = matches!(c, '-' | '.') && after.is_ascii_digit();
        if (c.is_ascii_digit() || signed) && !before.is_alphanumeric() && before != '.' {
            return Some(at);
        }
        before = if signed && before.is_alphanumeric() { 'x' } else { c };
    }
    None
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
            b'e' | b'E' if digit(end + 1) => return end + 1 + bytes[end + 1..].iter().take_while(|b| b.is_ascii_digit()).count(),
            _ => break,
        }
        end += 1;
    }
    end
}

/// |answer − reference| / |reference|, in mL when both have a volume's unit. The reference is not 0.
fn relative_error(reference: Quantity, answer: Quantity) -> f64 {
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
        check("5.", Some(5.0), None);
        check("12345678901234567890 ml", Some(12345678901234567890.0), Some(12345678901234567890.0));
        for none in ["", "large", "L1", "1e999", "NaN", "inf", "½"] {
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
        assert_eq!(score([("1", "1e300")]).one_minus_relative_error, Some(0.0));
    }
}
