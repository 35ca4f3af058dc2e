//! What the metrics share: words as Python splits them, words as numbers, and n-grams counted together.

use std::collections::HashMap;

/// Splits at white space as Python's `str.split()` does, which also counts the separators U+001C–U+001F.
pub fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split(space).filter(|word| !word.is_empty())
}

/// White space in the sense of Python's `str.isspace`.
pub fn space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

/// Numbers words, so that a word is compared and hashed once.
#[derive(Default)]
pub struct Lexicon {
    numbers: HashMap<String, u32>,
}

impl Lexicon {
    pub fn number(&mut self, word: &str) -> u32 {
        match self.numbers.get(word) {
            Some(n) => *n,
            None => {
                let n = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
                self.numbers.insert(word.to_owned(), n);
                n
            }
        }
    }
}

/// How many n-grams two texts have in common, each counted as often as it occurs in both.
pub fn common_ngrams(a: &[u32], b: &[u32], n: usize) -> usize {
    let (a, b) = (sorted_ngrams(a, n), sorted_ngrams(b, n));
    let (mut i, mut j, mut common) = (0, 0, 0);
    while i < a.len() && j < b.len() {
        match a[i].cmp(&b[j]) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => {
                (i, j, common) = (i + 1, j + 1, common + 1);
            }
        }
    }
    common
}

/// Number of n-grams of a text of `words` words.
pub fn ngram_count(words: usize, n: usize) -> usize {
    (words + 1).saturating_sub(n)
}

/// N-grams of up to four words, each packed into one number.
fn sorted_ngrams(words: &[u32], n: usize) -> Vec<u128> {
    let mut grams: Vec<u128> = words.windows(n).map(|gram| gram.iter().fold(0, |key, word| key << 32 | u128::from(*word))).collect();
    grams.sort_unstable();
    grams
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn python_splits_at_separators_too() {
        assert_eq!(split(" a\u{1c}b\u{a0}c\n").collect::<Vec<_>>(), ["a", "b", "c"]);
    }

    #[test]
    fn common_ngrams_are_clipped() {
        assert_eq!(common_ngrams(&[1, 1, 1], &[1, 1], 1), 2);
        assert_eq!(common_ngrams(&[1, 2, 3], &[0, 1, 2], 2), 1);
        assert_eq!(common_ngrams(&[1], &[1], 2), 0);
        assert_eq!(ngram_count(1, 4), 0);
    }
}
