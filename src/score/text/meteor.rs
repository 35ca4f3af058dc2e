//! METEOR as NLTK computes it: alpha 0.9, beta 3, gamma 0.5, NLTK's Porter stems, WordNet 3.0 synonyms.
//!
//! Source: Lavie & Agarwal, "METEOR: an automatic metric for MT evaluation", ACL workshop 2007. Words are matched in three rounds, the
//! same word, the same stem, and a synonym; a later round sees only what the earlier ones left. As in NLTK, each round goes through the
//! prediction from its end, takes the last free word of the reference, and looks up the synonyms of *stems*.

use super::porter;
use super::wordnet;
use super::words::{Lexicon, split};
use std::collections::HashMap;
use std::rc::Rc;

const ALPHA: f64 = 0.9;
const BETA: i32 = 3;
const GAMMA: f64 = 0.5;

/// Scores pairs, remembering every stem and synonym.
#[derive(Default)]
pub struct MeteorScorer {
    words: Lexicon,
    stems: HashMap<String, (u32, u32)>,
    texts_of_stems: HashMap<u32, String>,
    synonyms: HashMap<u32, Rc<[u32]>>,
}

/// A word that is not matched yet: where it stands and what it is compared by.
type Open = (usize, u32);

impl MeteorScorer {
    /// 0 to 1; 0 when no word matches.
    pub fn score(&mut self, reference: &str, prediction: &str) -> f64 {
        let (reference, prediction) = (self.words(reference), self.words(prediction));
        let mut matches = self.align(&prediction, &reference);
        if matches.is_empty() {
            return 0.0;
        }
        matches.sort_unstable();
        let matched = matches.len() as f64;
        let (precision, recall) = (matched / prediction.len() as f64, matched / reference.len() as f64);
        let mean = precision * recall / (ALPHA * precision + (1.0 - ALPHA) * recall);
        (1.0 - GAMMA * (chunks(&matches) / matched).powi(BETA)) * mean
    }

    /// `(number of the word, number of its stem)` for each word.
    fn words(&mut self, text: &str) -> Vec<(u32, u32)> {
        split(&text.to_lowercase()).map(|word| self.number(word)).collect()
    }

    fn number(&mut self, word: &str) -> (u32, u32) {
        if let Some(numbers) = self.stems.get(word) {
            return *numbers;
        }
        let stem = porter::stem(word);
        let numbers = (self.words.number(word), self.words.number(&stem));
        self.stems.insert(word.to_owned(), numbers);
        self.texts_of_stems.insert(numbers.1, stem);
        numbers
    }

    /// Pairs of places, `(in the prediction, in the reference)`, in no order.
    fn align(&mut self, prediction: &[(u32, u32)], reference: &[(u32, u32)]) -> Vec<(usize, usize)> {
        let by_word = |words: &[(u32, u32)]| -> Vec<Open> { words.iter().map(|w| w.0).enumerate().collect() };
        let (mut left, mut right) = (by_word(prediction), by_word(reference));
        let mut matches = Vec::new();
        match_round(&mut left, &mut right, &mut matches, |word, free| free.take(word));
        left.iter_mut().for_each(|open| open.1 = prediction[open.0].1);
        right.iter_mut().for_each(|open| open.1 = reference[open.0].1);
        match_round(&mut left, &mut right, &mut matches, |stem, free| free.take(stem));
        match_round(&mut left, &mut right, &mut matches, |stem, free| free.take_any(&self.synonyms(stem)));
        matches
    }

    /// The stem itself and its synonyms.
    fn synonyms(&mut self, stem: u32) -> Rc<[u32]> {
        if let Some(known) = self.synonyms.get(&stem) {
            return Rc::clone(known);
        }
        let text = self.texts_of_stems.get(&stem).map_or("", String::as_str);
        let found: Rc<[u32]> =
            std::iter::once(stem).chain(wordnet::synonyms(text).into_iter().map(|word| self.words.number(word))).collect();
        self.synonyms.insert(stem, Rc::clone(&found));
        found
    }
}

/// The reference's words that are still free, each chained to the one before it that is the same.
struct Free {
    last: HashMap<u32, usize>,
    before: Vec<Option<usize>>,
}

impl Free {
    fn of(words: &[Open]) -> Self {
        let mut last = HashMap::with_capacity(words.len());
        let before = words.iter().enumerate().map(|(n, word)| last.insert(word.1, n)).collect();
        Self { last, before }
    }

    /// Takes the last free word that is `word`.
    fn take(&mut self, word: u32) -> Option<usize> {
        let n = self.last.remove(&word)?;
        if let Some(before) = self.before[n] {
            self.last.insert(word, before);
        }
        Some(n)
    }

    /// Takes the last free word that is one of `words`.
    fn take_any(&mut self, words: &[u32]) -> Option<usize> {
        let best = words.iter().filter(|word| self.last.contains_key(word)).max_by_key(|word| self.last[*word]);
        self.take(*best?)
    }
}

/// One round of matching; what matched moves from both sides to `matches`.
fn match_round(
    left: &mut Vec<Open>,
    right: &mut Vec<Open>,
    matches: &mut Vec<(usize, usize)>,
    mut pick: impl FnMut(u32, &mut Free) -> Option<usize>,
) {
    if left.is_empty() || right.is_empty() {
        return;
    }
    let mut free = Free::of(right);
    let mut taken = vec![false; right.len()];
    let mut rest = Vec::with_capacity(left.len());
    for (place, word) in left.drain(..).rev() {
        match pick(word, &mut free) {
            Some(n) => {
                taken[n] = true;
                matches.push((place, right[n].0));
            }
            None => rest.push((place, word)),
        }
    }
    rest.reverse();
    *left = rest;
    let mut taken = taken.into_iter();
    right.retain(|_| !taken.next().unwrap_or(false));
}

/// Runs of matches that stand side by side in both texts.
fn chunks(sorted: &[(usize, usize)]) -> f64 {
    let breaks = sorted.windows(2).filter(|pair| pair[1] != (pair[0].0 + 1, pair[0].1 + 1)).count();
    (breaks + 1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_are_the_word_the_stem_or_a_synonym() {
        let mut scorer = MeteorScorer::default();
        let perfect = 1.0 - GAMMA * (1.0f64 / 3.0).powi(BETA);
        assert!((scorer.score("in both lungs", "In both lungs") - perfect).abs() < 1e-12);
        assert!((scorer.score("in both lungs", "in both lung") - perfect).abs() < 1e-12);
        assert!((scorer.score("in the chest", "in the thorax") - perfect).abs() < 1e-12);
        assert_eq!(scorer.score("left", "right"), 0.0);
        assert_eq!(scorer.score("", "x"), 0.0);
        assert_eq!(scorer.score("x", ""), 0.0);
    }
}
