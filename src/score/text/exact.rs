//! Exact match, as written and normalised, and the F1 of common words, as SQuAD's evaluation script defines them.
//!
//! Source: Rajpurkar et al., "SQuAD", EMNLP 2016: lower case, ASCII punctuation removed, then `a`, `an`, `the` removed, then split.

use super::words::split;
use std::collections::HashMap;

/// The words that are compared.
pub fn normalised(text: &str) -> Vec<String> {
    let bare: String = text.to_lowercase().chars().filter(|c| !c.is_ascii_punctuation()).collect();
    split(&without_articles(&bare)).map(str::to_owned).collect()
}

/// Articles become spaces wherever they stand between characters that are no letters or digits.
fn without_articles(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let letters = c.is_alphanumeric();
        let end = rest.find(|c: char| c.is_alphanumeric() != letters).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        out.push_str(if matches!(run, "a" | "an" | "the") { " " } else { run });
        rest = after;
    }
    out
}

/// Harmonic mean of precision and recall of common words; two texts without words agree.
pub fn token_f1(reference: &[String], prediction: &[String]) -> f64 {
    if reference.is_empty() || prediction.is_empty() {
        return f64::from(u8::from(reference.is_empty() && prediction.is_empty()));
    }
    let mut free: HashMap<&str, usize> = HashMap::new();
    reference.iter().for_each(|word| *free.entry(word).or_default() += 1);
    let mut common = 0;
    for word in prediction {
        if let Some(n) = free.get_mut(word.as_str()).filter(|n| **n > 0) {
            *n -= 1;
            common += 1;
        }
    }
    2.0 * common as f64 / (reference.len() + prediction.len()) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn articles_case_and_punctuation_do_not_count() {
        assert_eq!(normalised("The left-lung, a lobe."), ["leftlung", "lobe"]);
        assert_eq!(normalised("–the–"), ["–", "–"]);
        assert!(normalised(" . ").is_empty());
    }

    #[test]
    fn f1_counts_each_word_once() {
        let f1 = |a, b| token_f1(&normalised(a), &normalised(b));
        assert_eq!(f1("right right lung", "right"), 0.5);
        assert_eq!(f1("", "."), 1.0);
        assert_eq!(f1("", "x"), 0.0);
        assert_eq!(f1("x", "y"), 0.0);
    }
}
