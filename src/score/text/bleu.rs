//! Corpus BLEU as sacrebleu 2 computes it by default: tokenizer 13a, case as given, exponential smoothing, orders 1–4.
//!
//! Sources: Papineni et al., ACL 2002; mteval-v13a.pl for the tokenizer; Chen & Cherry, WMT 2014, method 3, for the smoothing.

use super::words::{Lexicon, common_ngrams, ngram_count, space, split};

const ORDERS: usize = 4;

/// Sums over a corpus, enough to give its score.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bleu {
    /// N-grams of predictions that occur in their references, by order.
    pub matched: [usize; ORDERS],
    /// N-grams of predictions, by order.
    pub total: [usize; ORDERS],
    pub predicted_words: usize,
    pub reference_words: usize,
}

impl Bleu {
    pub fn add(&mut self, lexicon: &mut Lexicon, reference: &str, prediction: &str) {
        let mut numbers = |text: &str| -> Vec<u32> { split(&tokenize(text)).map(|word| lexicon.number(word)).collect() };
        let (reference, prediction) = (numbers(reference), numbers(prediction));
        self.predicted_words += prediction.len();
        self.reference_words += reference.len();
        for n in 1..=ORDERS {
            self.total[n - 1] += ngram_count(prediction.len(), n);
            self.matched[n - 1] += common_ngrams(&reference, &prediction, n);
        }
    }

    /// 0 to 100; 0 when nothing matches.
    pub fn score(&self) -> f64 {
        if self.matched.iter().all(|n| *n == 0) {
            return 0.0;
        }
        let logs = self.precisions().map(|p| if p > 0.0 { p.ln() } else { -9999999999.0 });
        self.brevity() * (logs.iter().sum::<f64>() / ORDERS as f64).exp()
    }

    /// In percent. An order without a match gets half the last smoothed count; one without n-grams, and those above it, stay 0.
    fn precisions(&self) -> [f64; ORDERS] {
        let mut precisions = [0.0; ORDERS];
        let mut smooth = 1.0;
        for (n, precision) in precisions.iter_mut().enumerate() {
            if self.total[n] == 0 {
                break;
            }
            let matched = if self.matched[n] == 0 {
                smooth *= 2.0;
                1.0 / smooth
            } else {
                self.matched[n] as f64
            };
            *precision = 100.0 * matched / self.total[n] as f64;
        }
        precisions
    }

    fn brevity(&self) -> f64 {
        let (predicted, reference) = (self.predicted_words as f64, self.reference_words as f64);
        if predicted < reference { (1.0 - reference / predicted).exp() } else { 1.0 }
    }
}

/// Puts spaces around what mteval-v13a counts as tokens of their own.
fn tokenize(text: &str) -> String {
    let text = text.trim_end_matches(space).replace("<skipped>", "").replace("-\n", "").replace('\n', " ");
    let text = if text.contains('&') { unescape(&text) } else { text };
    let mut spaced = String::with_capacity(text.len() + 16);
    spaced.push(' ');
    for c in text.chars() {
        if is_symbol(c) {
            spaced.extend([' ', c, ' ']);
        } else {
            spaced.push(c);
        }
    }
    spaced.push(' ');
    split_dashes(&split_before_others(&split_after_others(&spaced)))
}

fn unescape(text: &str) -> String {
    text.replace("&quot;", "\"").replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">")
}

/// ASCII punctuation but `'`, `,`, `-` and `.`.
fn is_symbol(c: char) -> bool {
    c.is_ascii_punctuation() && !matches!(c, '\'' | ',' | '-' | '.')
}

fn is_point(c: char) -> bool {
    matches!(c, '.' | ',')
}

/// A point or comma after anything but a digit stands alone: `([^0-9])([.,])` → `\1 \2 `.
fn split_after_others(text: &str) -> String {
    pairs(text, |a, b| (!a.is_ascii_digit() && is_point(b)).then(|| [a, ' ', b, ' ']))
}

/// A point or comma before anything but a digit stands alone: `([.,])([^0-9])` → ` \1 \2`.
fn split_before_others(text: &str) -> String {
    pairs(text, |a, b| (is_point(a) && !b.is_ascii_digit()).then(|| [' ', a, ' ', b]))
}

/// A dash after a digit stands alone: `([0-9])(-)` → `\1 \2 `.
fn split_dashes(text: &str) -> String {
    pairs(text, |a, b| (a.is_ascii_digit() && b == '-').then(|| [a, ' ', b, ' ']))
}

/// Replaces pairs of neighbours from left to right; a replaced pair is done with, as in a regular expression's substitution.
fn pairs(text: &str, replaced: impl Fn(char, char) -> Option<[char; 4]>) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut chars = text.chars().peekable();
    while let Some(a) = chars.next() {
        match chars.peek().and_then(|b| replaced(a, *b)) {
            Some(new) => {
                chars.next();
                out.extend(new);
            }
            None => out.push(a),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_those_of_13a() {
        let check = |text: &str, expected: &str| assert_eq!(split(&tokenize(text)).collect::<Vec<_>>().join(" "), expected, "{text}");
        check("Yes, 3.5 mm (right).", "Yes , 3.5 mm ( right ) .");
        check("1,000 or 2.", "1,000 or 2 .");
        check("T1-T2 and 3-4", "T1 - T2 and 3 - 4");
        check("left-sided", "left-sided");
        check("a..b …c's", "a . . b …c's");
        check("&lt;5&amp;&quot;x", "< 5 & \" x");
        check("", "");
    }

    #[test]
    fn a_perfect_corpus_scores_100_and_an_empty_one_0() {
        let (mut bleu, mut lexicon) = (Bleu::default(), Lexicon::default());
        bleu.add(&mut lexicon, "", "");
        assert_eq!(bleu.score(), 0.0);
        bleu.add(&mut lexicon, "in the right lung base .", "in the right lung base .");
        assert!((bleu.score() - 100.0).abs() < 1e-9);
    }
}
