//! Which answer each verdict is about, when the verdicts name no case.
//!
//! Rows are known by a key that stands for their (question, reference, prediction). A sound file lists a model's answers in their order
//! with some left out: an ordered subsequence, and then there is nothing to decide. Any other file is aligned by what is certain: keys that
//! occur once on both sides, and between them, when they keep the order, what follows in order. Never by row number.

use std::collections::HashMap;
use std::ops::Range;

/// Where a row belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// Index of the answer.
    Answer(usize),
    /// Every answer of this text has its verdict already.
    Repeated,
    /// Several answers have this text, and rows about them say different things.
    Ambiguous,
    /// No answer has this text.
    Unknown,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alignment {
    /// One per row.
    pub fits: Vec<Fit>,
    /// The rows are an ordered subsequence of the answers.
    pub ordered: bool,
    /// Rows of an ordered file that fit a later answer of the same text as well.
    pub unsure: Vec<usize>,
}

/// Aligns rows to answers by their keys; `votes` says what each row says.
pub fn align(answers: &[u32], rows: &[u32], votes: &[Option<bool>]) -> Alignment {
    let forward = embed(answers.iter().copied(), rows.iter().copied());
    if forward.len() < rows.len() {
        return Alignment { fits: patch(answers, rows, votes), ordered: false, unsure: Vec::new() };
    }
    let backward = embed(answers.iter().rev().copied(), rows.iter().rev().copied());
    let last = |row: usize| backward.get(rows.len() - 1 - row).map(|at| answers.len() - 1 - at);
    let unsure = (0..rows.len()).filter(|row| last(*row) != Some(forward[*row])).collect();
    Alignment { fits: forward.into_iter().map(Fit::Answer).collect(), ordered: true, unsure }
}

/// The first places at which the rows follow one another among the answers; shorter than `rows` when they do not.
fn embed(answers: impl Iterator<Item = u32>, rows: impl Iterator<Item = u32>) -> Vec<usize> {
    let mut answers = answers.enumerate();
    rows.map_while(|row| answers.find(|(_, key)| *key == row).map(|(at, _)| at)).collect()
}

/// Alignment of a file that is no ordered subsequence.
fn patch(answers: &[u32], rows: &[u32], votes: &[Option<bool>]) -> Vec<Fit> {
    let mut patch = Patch { rows, places: places(answers), fits: vec![Fit::Unknown; rows.len()], taken: vec![false; answers.len()] };
    let anchors = anchors(answers, rows);
    let kept = longest_rising(&anchors);
    anchors.iter().for_each(|(row, at)| patch.set(*row, *at));
    if kept.len() * 10 >= anchors.len() * 9 {
        let ends = kept.iter().map(|n| anchors[*n]).chain([(rows.len(), answers.len())]);
        ends.fold((0, 0), |from, to| {
            patch.between(from.0..to.0, from.1..to.1);
            (to.0 + 1, to.1 + 1)
        });
    }
    patch.by_text(votes);
    patch.fits
}

struct Patch<'a> {
    rows: &'a [u32],
    /// Key → answers of that text, in order.
    places: HashMap<u32, Vec<usize>>,
    fits: Vec<Fit>,
    taken: Vec<bool>,
}

impl Patch<'_> {
    fn set(&mut self, row: usize, at: usize) {
        self.fits[row] = Fit::Answer(at);
        self.taken[at] = true;
    }

    /// In order, as far as it goes; a row that fits nowhere here is passed over.
    fn between(&mut self, rows: Range<usize>, answers: Range<usize>) {
        let mut start = answers.start;
        for row in rows {
            if self.fits[row] == Fit::Unknown
                && let Some(at) = self.free(self.rows[row], start..answers.end)
            {
                self.set(row, at);
                start = at + 1;
            }
        }
    }

    /// The first answer of this text in a range that has no row yet.
    fn free(&self, key: u32, within: Range<usize>) -> Option<usize> {
        let places = self.places.get(&key)?;
        let first = places.partition_point(|at| *at < within.start);
        places[first..].iter().copied().take_while(|at| *at < within.end).find(|at| !self.taken[*at])
    }

    /// Rows without a place among the free answers of the same text.
    fn by_text(&mut self, votes: &[Option<bool>]) {
        let mut loose: HashMap<u32, Vec<usize>> = HashMap::new();
        for row in (0..self.rows.len()).filter(|row| self.fits[*row] == Fit::Unknown) {
            loose.entry(self.rows[row]).or_default().push(row);
        }
        for (key, rows) in loose {
            let Some(places) = self.places.get(&key) else { continue };
            let places: Vec<usize> = places.iter().copied().filter(|at| !self.taken[*at]).collect();
            let agreed = rows.iter().all(|row| votes[*row] == votes[rows[0]]) && rows.len() >= places.len();
            let decided = agreed || places.is_empty();
            let rest = if decided { Fit::Repeated } else { Fit::Ambiguous };
            rows.iter().for_each(|row| self.fits[*row] = rest);
            rows.iter().zip(&places).filter(|_| decided).for_each(|(row, at)| self.set(*row, *at));
        }
    }
}

/// (row, answer) of every key that occurs once on both sides, by row.
fn anchors(answers: &[u32], rows: &[u32]) -> Vec<(usize, usize)> {
    let (answers, rows) = (once(answers), once(rows));
    let mut out: Vec<_> = rows.iter().filter_map(|(key, row)| Some(((*row)?, (*answers.get(key)?)?))).collect();
    out.sort_unstable();
    out
}

fn places(answers: &[u32]) -> HashMap<u32, Vec<usize>> {
    let mut out: HashMap<u32, Vec<usize>> = HashMap::new();
    answers.iter().enumerate().for_each(|(at, key)| out.entry(*key).or_default().push(at));
    out
}

/// Key → its only place, `None` when it has several.
fn once(keys: &[u32]) -> HashMap<u32, Option<usize>> {
    let mut out = HashMap::new();
    for (at, key) in keys.iter().enumerate() {
        out.entry(*key).and_modify(|place| *place = None).or_insert(Some(at));
    }
    out
}

/// Indices of a longest run of anchors whose answers rise.
fn longest_rising(anchors: &[(usize, usize)]) -> Vec<usize> {
    let mut ends: Vec<usize> = Vec::new(); // ends[n]: the anchor that ends a run of n + 1 with the smallest answer
    let mut before: Vec<Option<usize>> = Vec::with_capacity(anchors.len());
    for (n, (_, at)) in anchors.iter().enumerate() {
        let length = ends.partition_point(|e| anchors[*e].1 < *at);
        before.push(length.checked_sub(1).map(|l| ends[l]));
        match ends.get_mut(length) {
            Some(end) => *end = n,
            None => ends.push(n),
        }
    }
    let mut out: Vec<usize> = std::iter::successors(ends.last().copied(), |n| before[*n]).collect();
    out.reverse();
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use Fit::{Ambiguous, Answer, Repeated, Unknown};
    use proptest::prelude::*;
    use std::collections::HashSet;

    fn check(answers: &[u32], rows: &[(u32, bool)], expected: &[Fit]) {
        let (keys, votes): (Vec<u32>, Vec<Option<bool>>) = rows.iter().map(|(k, v)| (*k, Some(*v))).unzip();
        assert_eq!(align(answers, &keys, &votes).fits, expected, "{answers:?} {rows:?}");
    }

    #[test]
    fn whole_and_shorter_files_are_ordered() {
        let of = |rows: &[u32]| align(&[1, 2, 1, 3], rows, &vec![None; rows.len()]);
        assert_eq!(of(&[1, 2, 1, 3]), Alignment { fits: [0, 1, 2, 3].map(Answer).to_vec(), ordered: true, unsure: vec![] });
        assert_eq!(of(&[2, 1]), Alignment { fits: [1, 2].map(Answer).to_vec(), ordered: true, unsure: vec![] });
        assert_eq!(of(&[1, 3]), Alignment { fits: [0, 3].map(Answer).to_vec(), ordered: true, unsure: vec![0] }, "1 stands twice");
    }

    #[test]
    fn longer_foreign_duplicated_and_shuffled_files_fit_where_it_is_certain() {
        let all = [1, 2, 1, 3];
        check(&all, &[(1, true), (2, true), (9, true), (1, false), (3, true)], &[Answer(0), Answer(1), Unknown, Answer(2), Answer(3)]);
        check(&all, &[(1, true), (2, true), (2, true), (1, false), (3, true)], &[Answer(0), Answer(1), Repeated, Answer(2), Answer(3)]);
        check(&all, &[(3, true), (2, true), (1, true), (1, true)], &[Answer(3), Answer(1), Answer(0), Answer(2)]);
        check(&all, &[(3, true), (2, true), (1, true), (1, false)], &[Answer(3), Answer(1), Ambiguous, Ambiguous]);
        let twice: Vec<(u32, bool)> = all.iter().chain(&all).map(|k| (*k, true)).collect();
        let expected: Vec<Fit> = (0..4).map(Answer).chain([Repeated; 4]).collect();
        check(&all, &twice, &expected);
        check(&[], &[(1, true)], &[Unknown]);
        check(&all, &[], &[]);
    }

    proptest! {
        /// Whatever the rows are, an answer is used once and only by a row of its text; a subsequence is found whole.
        #[test]
        fn answers_are_used_once_and_by_their_own_text(
            answers in prop::collection::vec(0u32..8, 0..30),
            rows in prop::collection::vec((0u32..9, any::<bool>()), 0..40),
            keep in prop::collection::vec(any::<bool>(), 30),
        ) {
            let (keys, votes): (Vec<u32>, Vec<Option<bool>>) = rows.iter().map(|(k, v)| (*k, Some(*v))).unzip();
            let found = align(&answers, &keys, &votes);
            let used: Vec<(usize, usize)> = found.fits.iter().enumerate().filter_map(|(r, f)| match f { Answer(a) => Some((r, *a)), _ => None }).collect();
            prop_assert!(used.iter().all(|(r, a)| keys[*r] == answers[*a]));
            prop_assert_eq!(used.iter().map(|u| u.1).collect::<HashSet<_>>().len(), used.len());
            let part: Vec<u32> = answers.iter().zip(&keep).filter(|(_, k)| **k).map(|(a, _)| *a).collect();
            prop_assert!(align(&answers, &part, &vec![None; part.len()]).ordered);
        }
    }
}
