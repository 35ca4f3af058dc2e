//! Which answer each row of a file of verdicts is about.

use super::catalogue::Catalogue;
use crate::formats::json::shorten;
use crate::formats::verdicts::VerdictRow;
use crate::qa::{Alignment, Fit, align};
use std::collections::{HashMap, HashSet};

/// An answer of the run that is judged.
pub(super) struct Judged {
    pub id: i64,
    pub item: i64,
    pub text: String,
}

/// Where a row belongs.
pub(super) enum Place {
    /// Number of the answer.
    Answer(usize),
    /// Every answer it could be about has its verdict from this file already.
    Repeats,
    /// Nowhere, and why.
    Nowhere(String),
}

pub(super) struct Placed {
    /// One per row.
    pub places: Vec<Place>,
    /// The rows that name no case follow the order of the answers.
    pub ordered: bool,
    /// Rows that fit a later answer of the same text as well.
    pub unsure: usize,
}

/// The rows of a file beside the answers of the run, which are in the order of their import.
pub(super) struct Placing<'a> {
    pub rows: &'a [VerdictRow],
    pub answers: &'a [Judged],
    pub items: &'a Catalogue,
}

impl<'a> Placing<'a> {
    /// Rows that name their case are placed by it, the others by text and order among the answers that are left.
    pub fn placed(&self) -> Placed {
        let by_item: HashMap<i64, usize> = self.answers.iter().enumerate().map(|(at, a)| (a.item, at)).collect();
        let mut open = vec![true; self.answers.len()];
        let mut places: Vec<Option<Place>> = self.rows.iter().map(|row| self.by_case(row, &by_item, &mut open)).collect();
        let loose: Vec<usize> = (0..self.rows.len()).filter(|n| places[*n].is_none()).collect();
        let open: Vec<usize> = (0..self.answers.len()).filter(|at| open[*at]).collect();
        let found = self.align(&loose, &open);
        let known = Known::of(self);
        for (n, fit) in loose.iter().zip(&found.fits) {
            places[*n] = Some(match fit {
                Fit::Answer(at) => Place::Answer(open[*at]),
                Fit::Repeated => Place::Repeats,
                Fit::Ambiguous => Place::Nowhere("several answers have this text, and the file's verdicts on them differ".into()),
                Fit::Unknown => Place::Nowhere(known.why(&self.rows[*n])),
            });
        }
        let mut places: Vec<Place> = places.into_iter().flatten().collect();
        self.name_contradictions(&mut places);
        Placed { places, ordered: found.ordered, unsure: found.unsure.len() }
    }

    /// A row that repeats a text must repeat a verdict on it, too.
    fn name_contradictions(&self, places: &mut [Place]) {
        let placed = self.rows.iter().zip(places.iter()).filter(|(_, place)| matches!(place, Place::Answer(_)));
        let votes: HashSet<([&str; 3], Option<bool>)> = placed.map(|(row, _)| (said(row), row.correct)).collect();
        for (row, place) in self.rows.iter().zip(places) {
            if matches!(place, Place::Repeats) && !votes.contains(&(said(row), row.correct)) {
                *place = Place::Nowhere("a second, different verdict on the same answer in this file".into());
            }
        }
    }

    /// `None` for a row that names no case.
    fn by_case(&self, row: &VerdictRow, by_item: &HashMap<i64, usize>, open: &mut [bool]) -> Option<Place> {
        let case = row.case_id.as_deref()?;
        let item = match self.items.find(Some(case), &row.question) {
            Ok(item) => item,
            Err(why) => return Some(Place::Nowhere(why)),
        };
        let name = self.items.name(item);
        let Some(at) = by_item.get(&item).copied() else {
            return Some(Place::Nowhere(format!("the model has no answer to item '{name}'")));
        };
        let [_, reference, text] = self.said_of(at);
        Some(match (reference == row.answer.trim(), text == row.prediction.trim()) {
            (false, _) => Place::Nowhere(format!("its reference answer is not that of item '{name}'")),
            (_, false) => Place::Nowhere(format!("its prediction is not the model's answer to item '{name}'")),
            _ if !std::mem::take(&mut open[at]) => Place::Repeats,
            _ => Place::Answer(at),
        })
    }

    /// Some rows among some answers.
    fn align(&self, rows: &[usize], answers: &[usize]) -> Alignment {
        let mut keys: HashMap<[&str; 3], u32> = HashMap::new();
        let mut key = |said: [&'a str; 3]| {
            let next = keys.len() as u32;
            *keys.entry(said).or_insert(next)
        };
        let answer_keys: Vec<u32> = answers.iter().map(|at| key(self.said_of(*at))).collect();
        let row_keys: Vec<u32> = rows.iter().map(|n| key(said(&self.rows[*n]))).collect();
        let votes: Vec<Option<bool>> = rows.iter().map(|n| self.rows[*n].correct).collect();
        align(&answer_keys, &row_keys, &votes)
    }

    /// Question, reference and answer, without outer white space.
    fn said_of(&self, at: usize) -> [&'a str; 3] {
        let answer = &self.answers[at];
        [self.items.question(answer.item), self.items.reference(answer.item), &answer.text].map(str::trim)
    }
}

fn said(row: &VerdictRow) -> [&str; 3] {
    [&row.question, &row.answer, &row.prediction].map(|t| t.trim())
}

/// What of a row that fits nowhere is known.
struct Known<'a> {
    /// (Question, reference) → an answer to it.
    pairs: HashMap<[&'a str; 2], &'a Judged>,
    questions: HashMap<&'a str, i64>,
    items: &'a Catalogue,
}

impl<'a> Known<'a> {
    fn of(placing: &Placing<'a>) -> Self {
        let mut out = Self { pairs: HashMap::new(), questions: HashMap::new(), items: placing.items };
        for (at, answer) in placing.answers.iter().enumerate() {
            let [question, reference, _] = placing.said_of(at);
            out.pairs.entry([question, reference]).or_insert(answer);
            out.questions.entry(question).or_insert(answer.item);
        }
        out
    }

    fn why(&self, row: &VerdictRow) -> String {
        let [question, reference, _] = said(row);
        if let Some(answer) = self.pairs.get(&[question, reference]) {
            let item = self.items.name(answer.item);
            return format!(
                "its prediction '{}' is not the model's answer to '{item}' ('{}')",
                one_line(&row.prediction),
                one_line(&answer.text)
            );
        }
        match self.questions.get(question) {
            Some(item) => format!("its reference answer '{}' is not that of item '{}'", one_line(&row.answer), self.items.name(*item)),
            None => format!("the model has no answer to the question '{}'", one_line(&row.question)),
        }
    }
}

/// The beginning of a text, without line ends.
pub(super) fn one_line(text: &str) -> String {
    shorten(text).replace(char::is_control, " ")
}
