//! Juries: what several judges together say about an answer.
//!
//! By default the majority of the votes that exist, at least two of them; a tie is undecided and left out of n. The published benchmark
//! joined votes by row number instead: [`published`] reproduces that, so that the difference can be shown.

use super::board::{Judge, Run};
use serde::Serialize;

/// How votes become a ruling.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Rule {
    /// What more than half of the votes say; a tie is undecided.
    #[default]
    Majority,
    /// The share of votes that say right.
    Mean,
    /// What all votes say; a split is undecided.
    Unanimous,
}

/// A rule and which votes count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Jury {
    pub rule: Rule,
    /// Fewer votes than this are too few.
    pub min_votes: usize,
    /// Votes that were copied from another item by a parse error are taken as missing.
    pub exclude_parse_errors: bool,
}

/// What a jury says about one answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Ruling {
    /// 1 right, 0 wrong, between them the share of votes ([`Rule::Mean`] only).
    Worth(f64),
    /// Tied or split.
    Undecided,
    TooFewVotes,
}

impl Default for Jury {
    fn default() -> Self {
        Self { rule: Rule::Majority, min_votes: 2, exclude_parse_errors: false }
    }
}

impl Ruling {
    pub fn worth(self) -> Option<f64> {
        match self {
            Ruling::Worth(worth) => Some(worth),
            Ruling::Undecided | Ruling::TooFewVotes => None,
        }
    }
}

impl Jury {
    /// The ruling on each item.
    pub fn rulings(&self, run: &Run<'_>) -> Vec<Ruling> {
        let items = run.answers.len();
        (0..items).map(|item| self.ruling(run.judges.iter().filter_map(|judge| self.vote(judge, item)))).collect()
    }

    /// What a judge says about an item, if it counts.
    pub fn vote(&self, judge: &Judge<'_>, item: usize) -> Option<bool> {
        judge.votes[item].filter(|vote| !(self.exclude_parse_errors && vote.parse_error)).and_then(|vote| vote.correct)
    }

    fn ruling(&self, votes: impl Iterator<Item = bool>) -> Ruling {
        let (mut yes, mut n) = (0, 0);
        for vote in votes {
            yes += usize::from(vote);
            n += 1;
        }
        self.rule_on(yes, n)
    }

    /// The ruling when `yes` of `n` votes say right.
    pub fn rule_on(&self, yes: usize, n: usize) -> Ruling {
        match self.rule {
            _ if n == 0 || n < self.min_votes => Ruling::TooFewVotes,
            Rule::Mean => Ruling::Worth(yes as f64 / n as f64),
            Rule::Majority if 2 * yes == n => Ruling::Undecided,
            Rule::Unanimous if yes != 0 && yes != n => Ruling::Undecided,
            Rule::Majority | Rule::Unanimous => Ruling::Worth(f64::from(u8::from(2 * yes > n))),
        }
    }
}

/// The published jury, joined by row number: row i of every judge's file is taken for the same answer, and that is the answer of row i of
/// the shortest file (of the first judge, when several are as short). A missing vote counts as wrong; the mean is floored to two decimals,
/// and 0.66 is right. Items that the shortest file lacks stay blank.
pub fn published(run: &Run<'_>) -> Vec<Ruling> {
    let mut rulings = vec![Ruling::TooFewVotes; run.answers.len()];
    let files: Vec<Vec<bool>> = run.judges.iter().map(by_row).collect();
    let Some(shortest) = (0..files.len()).min_by_key(|judge| files[*judge].len()) else { return rulings };
    for (ruling, vote) in rulings.iter_mut().zip(&run.judges[shortest].votes) {
        let Some(row) = vote.map(|vote| vote.row as usize).filter(|row| *row < files[shortest].len()) else { continue };
        let yes = files.iter().filter(|votes| votes[row]).count();
        let percent = 100 * yes / files.len(); // floored
        *ruling = Ruling::Worth(f64::from(u8::from(percent >= 66)));
    }
    rulings
}

/// A judge's votes as its file had them; a row without a vote counts as wrong.
fn by_row(judge: &Judge<'_>) -> Vec<bool> {
    let votes = || judge.votes.iter().flatten();
    // A row is a place in a file; one far beyond the number of items would be a damaged project, not a file.
    let limit = 16 * judge.votes.len();
    let rows = votes().map(|vote| vote.row as usize + 1).filter(|row| *row <= limit).max().unwrap_or(0);
    let mut column = vec![false; rows];
    for vote in votes() {
        if let Some(place) = column.get_mut(vote.row as usize) {
            *place = vote.correct == Some(true);
        }
    }
    column
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::qa::{Answer, Vote};
    use crate::score::board::{Board, Input};
    use crate::score::tests::{answer, item_at, vote};

    fn rule(rule: Rule, votes: &[bool]) -> Ruling {
        Jury { rule, ..Jury::default() }.ruling(votes.iter().copied())
    }

    #[test]
    fn rules_decide_tie_and_split() {
        use Ruling::{TooFewVotes, Undecided, Worth};
        for (votes, majority, mean, unanimous) in [
            (&[true, true, false][..], Worth(1.0), Worth(2.0 / 3.0), Undecided),
            (&[false, false, false], Worth(0.0), Worth(0.0), Worth(0.0)),
            (&[true, true], Worth(1.0), Worth(1.0), Worth(1.0)),
            (&[true, false], Undecided, Worth(0.5), Undecided),
            (&[true], TooFewVotes, TooFewVotes, TooFewVotes),
            (&[], TooFewVotes, TooFewVotes, TooFewVotes),
        ] {
            assert_eq!((rule(Rule::Majority, votes), rule(Rule::Mean, votes), rule(Rule::Unanimous, votes)), (majority, mean, unanimous));
        }
    }

    #[test]
    fn a_missing_row_shifts_the_published_votes_but_not_ours() {
        let items = [item_at("a", 0), item_at("a", 1), item_at("a", 2)];
        let answers: Vec<Answer> = (0..3).map(|n| Answer { row: n, ..answer("m", &format!("a::{n}"), "x") }).collect();
        let full = |judge: &str| -> Vec<Vote> {
            let one = |(n, right): (u32, bool)| Vote { row: n, ..vote("m", &format!("a::{n}"), judge, Some(right)) };
            [(0, true), (1, false), (2, true)].map(one).to_vec()
        };
        let mut votes = full("x");
        votes.extend(full("y"));
        votes.extend(full("z").into_iter().filter(|v| v.row != 0).map(|v| Vote { row: v.row - 1, ..v })); // its first row is missing
        let board = Board::new(Input { items: &items, answers: &answers, votes: &votes, human: &[] });
        let ours: Vec<Option<f64>> = Jury::default().rulings(&board.runs[0]).into_iter().map(Ruling::worth).collect();
        assert_eq!(ours, [Some(1.0), Some(0.0), Some(1.0)]);
        let theirs: Vec<Option<f64>> = published(&board.runs[0]).into_iter().map(Ruling::worth).collect();
        assert_eq!(theirs, [None, Some(1.0), Some(0.0)]);
    }

    #[test]
    fn copied_votes_can_be_left_out() {
        let items = [item_at("a", 0)];
        let mut votes = vec![vote("m", "a::0", "x", Some(true)), vote("m", "a::0", "y", Some(false)), vote("m", "a::0", "z", Some(false))];
        votes[2].parse_error = true;
        let board = Board::new(Input { items: &items, answers: &[], votes: &votes, human: &[] });
        assert_eq!(Jury::default().rulings(&board.runs[0]), [Ruling::Worth(0.0)]);
        assert_eq!(Jury { exclude_parse_errors: true, ..Jury::default() }.rulings(&board.runs[0]), [Ruling::Undecided]);
    }
}
