//! What filters need of all items: votes, reviews and geometry's verdicts, with the project's taxonomy and what is odd about its answers.

use super::AnswerFilter;
use crate::geometry::judge::Verdict;
use crate::project::RunInfo;
use crate::project::check::{Source, Standing as Checked};
use crate::qa::{Finding, Taxonomy};
use crate::score::{Filter, Jury, Matrix, Standing};
use std::collections::HashMap;

#[derive(Debug)]
pub struct Table {
    pub matrix: Matrix,
    /// Stored verdicts of geometry by numbers of item and run.
    geometry: HashMap<(usize, usize), Verdict>,
    pub runs: Vec<RunInfo>,
    pub taxonomy: Taxonomy,
    pub findings: Vec<Finding>,
    /// Structures that items name, the commonest first, with the numbers of their items.
    pub structures: Vec<(String, Vec<u32>)>,
}

impl Table {
    pub fn new(matrix: Matrix, checked: &[Checked], runs: Vec<RunInfo>, taxonomy: Taxonomy, findings: Vec<Finding>) -> Self {
        let numbers: HashMap<_, usize> = matrix.runs().iter().enumerate().map(|(n, run)| (run, n)).collect();
        let place = |c: &Checked| match &c.source {
            Source::Answer(run) => Some((matrix.place(&c.item)?, *numbers.get(run)?)),
            Source::Reference | Source::Edited => None,
        };
        let geometry = checked.iter().filter_map(|c| Some((place(c)?, c.verdict?))).collect();
        Self { geometry, matrix, runs, taxonomy, findings, structures: Vec::new() }
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
}
