//! ROUGE-1, ROUGE-2 and ROUGE-L F-measures as rouge-score 0.1.2 computes them with its stemmer.
//!
//! Source: Lin, "ROUGE: a package for automatic evaluation of summaries", ACL workshop 2004. Words are runs of a–z and 0–9 of the text in
//! lower case; those of more than three letters are stemmed. The longest common subsequence is counted with one bit per reference word
//! (Hyyrö, AWOCA 2004), so that an answer of a megabyte costs no more than its length times the reference's words / 64.

use super::porter;
use super::words::{Lexicon, common_ngrams, ngram_count};
use std::collections::HashMap;

/// F-measures, 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rouge {
    pub rouge1: f64,
    pub rouge2: f64,
    pub rouge_l: f64,
}

/// Scores pairs, remembering every stem.
#[derive(Default)]
pub struct RougeScorer {
    stems: Lexicon,
    /// Word as written in lower case → number of its stem; `None` for a stem that is no longer a word.
    known: HashMap<String, Option<u32>>,
}

impl RougeScorer {
    pub fn score(&mut self, reference: &str, prediction: &str) -> Rouge {
        let (reference, prediction) = (self.words(reference), self.words(prediction));
        let f_of_ngrams = |n| {
            let common = common_ngrams(&reference, &prediction, n);
            f_measure(common, ngram_count(prediction.len(), n), ngram_count(reference.len(), n))
        };
        let subsequence = common_subsequence(&reference, &prediction);
        Rouge { rouge1: f_of_ngrams(1), rouge2: f_of_ngrams(2), rouge_l: f_measure(subsequence, prediction.len(), reference.len()) }
    }

    fn words(&mut self, text: &str) -> Vec<u32> {
        let text = text.to_lowercase();
        let words = text.split(|c: char| !c.is_ascii_lowercase() && !c.is_ascii_digit()).filter(|word| !word.is_empty());
        words.filter_map(|word| self.number(word)).collect()
    }

    fn number(&mut self, word: &str) -> Option<u32> {
        if let Some(number) = self.known.get(word) {
            return *number;
        }
        let stem = if word.len() > 3 { porter::stem(word) } else { word.to_owned() };
        let number = (!stem.is_empty()).then(|| self.stems.number(&stem));
        self.known.insert(word.to_owned(), number);
        number
    }
}

/// Harmonic mean of `common / predicted` and `common / reference`; 0 when nothing is in common.
fn f_measure(common: usize, predicted: usize, reference: usize) -> f64 {
    if common == 0 {
        return 0.0;
    }
    let (precision, recall) = (common as f64 / predicted as f64, common as f64 / reference as f64);
    2.0 * precision * recall / (precision + recall)
}

/// Length of the longest common subsequence.
fn common_subsequence(a: &[u32], b: &[u32]) -> usize {
    let blocks = a.len().div_ceil(64);
    let mut places: HashMap<u32, Vec<u64>> = HashMap::new();
    for (n, word) in a.iter().enumerate() {
        places.entry(*word).or_insert_with(|| vec![0; blocks])[n / 64] |= 1 << (n % 64);
    }
    let mut row = vec![u64::MAX; blocks];
    for place in b.iter().filter_map(|word| places.get(word)) {
        next_row(&mut row, place);
    }
    row.iter().map(|block| block.count_zeros() as usize).sum() // bits past the end stay 1: no word stands there
}

/// One step of the bit-parallel recurrence V ← (V + (V & M)) | (V & !M), carried from block to block.
fn next_row(row: &mut [u64], place: &[u64]) {
    let mut carry = false;
    for (v, m) in row.iter_mut().zip(place) {
        let (sum, first) = v.overflowing_add(*v & m);
        let (sum, second) = sum.overflowing_add(u64::from(carry));
        carry = first || second;
        *v = sum | (*v & !m);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subsequences_across_blocks_are_those_of_the_plain_table() {
        let plain = |a: &[u32], b: &[u32]| {
            let mut row = vec![0; b.len() + 1];
            for x in a {
                let mut diagonal = 0;
                for (j, y) in b.iter().enumerate() {
                    let above = row[j + 1];
                    row[j + 1] = if x == y { diagonal + 1 } else { above.max(row[j]) };
                    diagonal = above;
                }
            }
            row[b.len()]
        };
        let made = |seed: u32, n: u32| -> Vec<u32> { (0..n).map(|k| (k * k * 7 + k * seed + seed / 3) % 11).collect() };
        for n in [0, 1, 5, 63, 64, 65, 130, 200] {
            let (a, b) = (made(n + 3, n), made(2 * n + 1, 150));
            assert_eq!(common_subsequence(&a, &b), plain(&a, &b), "{n}");
        }
    }

    #[test]
    fn nothing_in_common_scores_0_and_the_same_words_1() {
        let mut scorer = RougeScorer::default();
        assert_eq!(scorer.score("", ""), Rouge::default());
        assert_eq!(scorer.score("In both lungs.", "…"), Rouge::default());
        let same = scorer.score("In both lungs.", "in BOTH lung");
        assert_eq!((same.rouge1, same.rouge2, same.rouge_l), (1.0, 1.0, 1.0));
    }
}
