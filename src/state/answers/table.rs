//! What filters need of all items: votes, reviews and geometry's verdicts, with the project's taxonomy and what is odd about its answers.

use super::AnswerFilter;
use crate::geometry::judge::Verdict;
use crate::project::RunInfo;
use crate::project::check::{Source, Standing as Checked};
use crate::qa::{Finding, ItemId, Taxonomy};
use crate::review::{ItemReview, ReviewState};
use crate::score::{Filter, Human, Jury, Matrix, Standing};
use std::collections::HashMap;

#[derive(Debug)]
pub struct Table {
    pub matrix: Matrix,
    /// Of all items together, kept in step with the matrix.
    said: SaidOfItem,
    /// Stored verdicts of geometry by numbers of item and run.
    geometry: HashMap<(usize, usize), Verdict>,
    pub runs: Vec<RunInfo>,
    pub taxonomy: Taxonomy,
    pub findings: Vec<Finding>,
    /// Structures that items name, the commonest first, with the numbers of their items.
    pub structures: Vec<(String, Vec<u32>)>,
}

/// What reviewers say about the answers to an item, or to all items, in numbers of answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SaidOfItem {
    pub answered: usize,
    /// Somebody says right, wrong, or cannot tell.
    pub judged: usize,
    pub labelled: usize,
}

impl std::fmt::Display for SaidOfItem {
    /// `3 of 5 answers judged, 1 labelled`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let s = if self.answered == 1 { "" } else { "s" };
        write!(f, "{} of {} answer{s} judged", self.judged, self.answered)?;
        if self.labelled > 0 { write!(f, ", {} labelled", self.labelled) } else { Ok(()) }
    }
}

impl Table {
    pub fn new(matrix: Matrix, checked: &[Checked], runs: Vec<RunInfo>, taxonomy: Taxonomy, findings: Vec<Finding>) -> Self {
        let numbers: HashMap<_, usize> = matrix.runs().iter().enumerate().map(|(n, run)| (run, n)).collect();
        let place = |c: &Checked| match &c.source {
            Source::Answer(run) => Some((matrix.place(&c.item)?, *numbers.get(run)?)),
            Source::Reference | Source::Edited => None,
        };
        let geometry = checked.iter().filter_map(|c| Some((place(c)?, c.verdict?))).collect();
        let mut table = Self { said: SaidOfItem::default(), geometry, matrix, runs, taxonomy, findings, structures: Vec::new() };
        table.count();
        table
    }

    fn count(&mut self) {
        let mut all = SaidOfItem::default();
        for of in (0..self.matrix.items().len()).map(|item| self.said_at(item)) {
            all = SaidOfItem { answered: all.answered + of.answered, judged: all.judged + of.judged, labelled: all.labelled + of.labelled };
        }
        self.said = all;
    }

    /// Takes over what reviewers say about every answer.
    pub fn review(&mut self, state: &ReviewState) {
        self.matrix.review(state);
        self.count();
    }

    /// Takes over what reviewers say about the answers to one item.
    pub fn review_item(&mut self, id: &ItemId, review: &ItemReview) {
        let before = self.said_of(id);
        self.matrix.review_item(id, review);
        let after = self.said_of(id);
        self.said.judged = self.said.judged + after.judged - before.judged;
        self.said.labelled = self.said.labelled + after.labelled - before.labelled;
    }

    /// Of all items together.
    pub fn said(&self) -> SaidOfItem {
        self.said
    }

    /// Nothing for an item that is not in the table.
    pub fn said_of(&self, item: &ItemId) -> SaidOfItem {
        self.matrix.place(item).map_or_else(SaidOfItem::default, |item| self.said_at(item))
    }

    fn said_at(&self, item: usize) -> SaidOfItem {
        let answers = || (0..self.matrix.runs().len()).map(|run| self.matrix.cell(item, run)).filter(|cell| cell.answered);
        SaidOfItem {
            answered: answers().count(),
            judged: answers().filter(|cell| cell.human != Human::Silent).count(),
            labelled: answers().filter(|cell| cell.labelled).count(),
        }
    }

    /// Geometry has judged answers of this project.
    pub fn has_geometry(&self) -> bool {
        !self.geometry.is_empty()
    }

    /// Some run is a control.
    pub fn has_controls(&self) -> bool {
        self.matrix.full_runs().len() < self.matrix.runs().len()
    }

    /// Numbers of the control runs.
    pub fn control_runs(&self) -> Vec<usize> {
        let full = self.matrix.full_runs();
        (0..self.matrix.runs().len()).filter(|run| !full.contains(run)).collect()
    }

    /// Numbers of the runs that are compared with each other: those under the full condition, where there are any.
    pub fn usual_runs(&self) -> Vec<usize> {
        match self.matrix.full_runs() {
            none if none.is_empty() => (0..self.matrix.runs().len()).collect(),
            full => full,
        }
    }

    /// Numbers of the items that a filter shows.
    pub fn shown(&self, filter: AnswerFilter, jury: &Jury) -> Vec<usize> {
        let all = || (0..self.matrix.runs().len()).collect::<Vec<_>>();
        match filter {
            AnswerFilter::JuryAgainstGeometry => {
                let items = 0..self.matrix.items().len();
                items.filter(|item| all().iter().any(|run| self.against_geometry(*item, *run, jury))).collect()
            }
            AnswerFilter::Votes(
                filter @ (Filter::JudgesDisagree | Filter::JuryAgainstHuman | Filter::NotJudgedByHuman | Filter::Labelled),
            ) => self.matrix.filtered(filter, &all(), jury),
            AnswerFilter::Votes(filter) => self.matrix.filtered(filter, &self.usual_runs(), jury),
        }
    }

    fn against_geometry(&self, item: usize, run: usize, jury: &Jury) -> bool {
        let Some(verdict) = self.geometry.get(&(item, run)) else { return false };
        let standing = self.matrix.standing(item, run, jury);
        matches!((standing, verdict), (Standing::Right, Verdict::Contradicts) | (Standing::Wrong, Verdict::Supports))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::qa::ModelRun;
    use crate::score::Cell;

    #[test]
    fn a_jury_and_geometry_that_say_opposite_things_are_found() {
        let items: Vec<crate::qa::ItemId> = (0..3).map(|n| format!("c::{n}").parse().unwrap()).collect();
        let run = ModelRun::parse("m@text-only").unwrap();
        let mut matrix = Matrix::new(items.clone(), vec![run.clone()]);
        for (item, right) in [(0, 3), (1, 0), (2, 3)] {
            *matrix.cell_mut(item, 0).unwrap() = Cell { answered: true, right, wrong: 3 - right, ..Cell::default() };
        }
        let says = |n: usize, verdict| Checked { item: items[n].clone(), source: Source::Answer(run.clone()), verdict: Some(verdict) };
        let checked = vec![says(0, Verdict::Contradicts), says(1, Verdict::Contradicts), says(2, Verdict::Undetermined)];
        let table = Table::new(matrix, &checked, Vec::new(), Taxonomy::built_in().clone(), Vec::new());
        assert_eq!(table.shown(AnswerFilter::JuryAgainstGeometry, &Jury::default()), [0]);
        assert!(table.has_geometry() && table.has_controls());
        assert_eq!(table.usual_runs(), [0], "control runs stand in where there is no other");
        assert_eq!(table.shown(AnswerFilter::Votes(Filter::AllWrong), &Jury::default()), [1]);
    }

    #[test]
    fn judged_answers_are_counted_and_stay_counted_when_one_is_taken_back() {
        let items: Vec<ItemId> = (0..2).map(|n| format!("c::{n}").parse().unwrap()).collect();
        let runs = ["m", "n"].map(|m| ModelRun::parse(m).unwrap());
        let mut matrix = Matrix::new(items.clone(), runs.to_vec());
        for (item, run) in [(0, 0), (0, 1), (1, 0)] {
            *matrix.cell_mut(item, run).unwrap() = Cell { answered: true, ..Cell::default() };
        }
        matrix.cell_mut(0, 1).unwrap().labelled = true;
        matrix.cell_mut(1, 0).unwrap().human = Human::Unsure;
        let mut table = Table::new(matrix, &[], Vec::new(), Taxonomy::built_in().clone(), Vec::new());
        assert_eq!(table.said(), SaidOfItem { answered: 3, judged: 1, labelled: 1 });
        assert_eq!(table.said_of(&items[0]).to_string(), "0 of 2 answers judged, 1 labelled");
        assert_eq!(table.said_of(&items[1]).to_string(), "1 of 1 answer judged");
        assert_eq!(table.said_of(&"c::9".parse().unwrap()), SaidOfItem::default());
        table.review_item(&items[1], &ItemReview::default());
        assert_eq!(table.said(), SaidOfItem { answered: 3, judged: 0, labelled: 1 });
        table.review(&ReviewState::default());
        assert_eq!(table.said(), SaidOfItem { answered: 3, judged: 0, labelled: 0 });
    }
}
