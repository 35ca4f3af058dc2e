//! The queue: filters, search hits, and the flat list of rows the left panel draws.

use super::{AnswerFilter, AppState, Effect, OpenProject, QueueCommand, Toast};
use crate::qa::{Category, Task};
use crate::review::{ReaderKey, Status};
use std::collections::HashSet;

/// One line of the queue; numbers are indices into the project's items and cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueueRow {
    Case(u32),
    Item(u32),
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filters {
    pub status: Option<Status>,
    pub task: Option<Task>,
    pub category: Option<Category>,
    pub has_image: bool,
    pub flagged: bool,
    /// Decided or flagged by the reviewer of this session.
    pub mine: bool,
    /// By what is said about models' answers.
    pub answers: Option<AnswerFilter>,
    /// Names this structure.
    pub structure: Option<String>,
    /// Geometry contradicts the reference answer, or the answer as it stands after review, by the last check.
    pub against_reference: bool,
    pub against_accepted: bool,
    /// The point of a chart whose items are shown.
    pub chart: Option<String>,
}

#[derive(Debug, Default)]
pub struct Queue {
    pub query: String,
    pub filters: Filters,
    /// Items that match the query; `None` without a query.
    pub hits: Option<HashSet<u32>>,
    pub hits_truncated: bool,
    /// Items that the filter by answers shows; `None` without one.
    pub by_answers: Option<HashSet<u32>>,
    /// Items that name the structure of the filter; `None` without one.
    pub by_structure: Option<HashSet<u32>>,
    /// Items behind a point of a chart; `None` without one.
    pub by_chart: Option<HashSet<u32>>,
    pub rows: Vec<QueueRow>,
    /// Items among the rows, collapsed cases included.
    pub shown: usize,
    /// Cases whose items are folded away.
    pub collapsed: HashSet<u32>,
    /// Bumped with each query; answers to older ones are dropped.
    pub generation: u64,
    /// The query that `hits` answer.
    pub answered: u64,
    /// Bumped when the selection should be scrolled into view.
    pub reveal: u64,
}

impl Filters {
    pub fn active(&self) -> bool {
        *self != Self::default()
    }
}

impl OpenProject {
    fn passes(&self, index: usize, reviewer: Option<&ReaderKey>) -> bool {
        let f = &self.queue.filters;
        let row = &self.items[index];
        let without = |some: &Option<HashSet<u32>>| some.as_ref().is_some_and(|h| !h.contains(&(index as u32)));
        let queue = &self.queue;
        if [&queue.hits, &queue.by_answers, &queue.by_structure, &queue.by_chart].into_iter().any(without) {
            return false;
        }
        let review = || self.review.item(&row.id);
        f.status.is_none_or(|s| self.status[index] == s)
            && f.task.is_none_or(|t| row.task == Some(t))
            && f.category.is_none_or(|c| row.categories.contains(&c))
            && (!f.has_image || row.has_image)
            && (!f.flagged || review().is_some_and(crate::review::ItemReview::flagged))
            && (!f.against_reference || self.standings.as_ref().is_some_and(|s| s.against_reference(index)))
            && (!f.against_accepted || self.standings.as_ref().is_some_and(|s| s.against_accepted(index, self.status[index])))
            && (!f.mine || reviewer.is_some_and(|me| review().is_some_and(|r| r.readings.contains_key(me) || r.flags.contains_key(me))))
    }

    /// Builds the rows again from filters, hits and collapsed cases.
    pub fn rebuild_rows(&mut self, reviewer: Option<&ReaderKey>) {
        let mut rows = std::mem::take(&mut self.queue.rows);
        rows.clear();
        let mut shown = 0;
        let mut last_case = None;
        for index in 0..self.items.len() {
            if !self.passes(index, reviewer) {
                continue;
            }
            shown += 1;
            let case = self.case_of[index];
            if last_case != Some(case) {
                rows.push(QueueRow::Case(case));
                last_case = Some(case);
            }
            if !self.queue.collapsed.contains(&case) {
                rows.push(QueueRow::Item(index as u32));
            }
        }
        self.queue.rows = rows;
        self.queue.shown = shown;
    }

    /// The next item in queue order after `from` (wrapping) that nobody has decided and that is not being saved.
    pub fn next_undecided(&self, from: Option<usize>) -> Option<usize> {
        let items: Vec<usize> =
            self.queue.rows.iter().filter_map(|r| if let QueueRow::Item(i) = r { Some(*i as usize) } else { None }).collect();
        let start = from.map_or(0, |f| items.partition_point(|&i| i <= f));
        let open = |&&i: &&usize| self.status[i] == Status::Undecided && !self.pending.contains_key(&self.items[i].id);
        items[start..].iter().chain(&items[..start]).find(open).copied()
    }
}

impl AppState {
    pub(super) fn apply_queue(&mut self, command: QueueCommand) -> Vec<Effect> {
        if self.project.is_none() {
            return Vec::new();
        }
        match command {
            QueueCommand::Select(index) => self.select(index),
            QueueCommand::Step(by) => self.step(by),
            QueueCommand::NextUndecided => self.select_next_undecided(),
            QueueCommand::Query(query) => self.search(query),
            QueueCommand::ToggleCase(case) => {
                self.toggle_case(case as u32);
                Vec::new()
            }
            filter => {
                self.set_filter(&filter);
                Vec::new()
            }
        }
    }

    fn set_filter(&mut self, command: &QueueCommand) {
        let Some(p) = &mut self.project else { return };
        let f = &mut p.queue.filters;
        match command {
            QueueCommand::Status(v) => f.status = *v,
            QueueCommand::Task(v) => f.task = *v,
            QueueCommand::Category(v) => f.category = *v,
            QueueCommand::HasImage(v) => f.has_image = *v,
            QueueCommand::Flagged(v) => f.flagged = *v,
            QueueCommand::Mine(v) => f.mine = *v,
            QueueCommand::Answers(v) => return self.filter_by_answers(*v),
            QueueCommand::AgainstReference(v) => f.against_reference = *v,
            QueueCommand::AgainstAccepted(v) => f.against_accepted = *v,
            QueueCommand::LeaveChart => return self.leave_chart(),
            QueueCommand::ClearFilters => {
                *f = Filters::default();
                p.queue.query.clear();
                p.queue.hits = None;
                (p.queue.by_answers, p.queue.by_structure, p.queue.by_chart) = (None, None, None);
                p.queue.generation += 1;
            }
            _ => {}
        }
        self.rows_changed();
    }

    pub(super) fn rows_changed(&mut self) {
        let me = self.me();
        if let Some(p) = &mut self.project {
            p.rebuild_rows(me.as_ref());
            p.queue.reveal += 1;
        }
    }

    fn toggle_case(&mut self, case: u32) {
        if let Some(p) = &mut self.project
            && !p.queue.collapsed.remove(&case)
        {
            p.queue.collapsed.insert(case);
        }
        let me = self.me();
        if let Some(p) = &mut self.project {
            p.rebuild_rows(me.as_ref());
        }
    }

    fn search(&mut self, query: String) -> Vec<Effect> {
        let Some(p) = &mut self.project else { return Vec::new() };
        p.queue.generation += 1;
        let generation = p.queue.generation;
        let blank = query.trim().is_empty();
        p.queue.query = query;
        if blank {
            p.queue.hits = None;
            self.rows_changed();
            return Vec::new();
        }
        vec![Effect::Search { query: p.queue.query.clone(), generation }]
    }

    fn step(&mut self, by: i64) -> Vec<Effect> {
        let Some(p) = &self.project else { return Vec::new() };
        let items: Vec<usize> =
            p.queue.rows.iter().filter_map(|r| if let QueueRow::Item(i) = r { Some(*i as usize) } else { None }).collect();
        if items.is_empty() {
            return Vec::new();
        }
        let next = match p.current.as_ref().map(|c| c.index) {
            None => 0,
            Some(at) if by >= 0 => items.partition_point(|&i| i <= at) + (by as usize).saturating_sub(1),
            Some(at) => items.partition_point(|&i| i < at).saturating_sub(by.unsigned_abs() as usize),
        };
        self.select(items[next.min(items.len() - 1)])
    }

    pub(super) fn select_next_undecided(&mut self) -> Vec<Effect> {
        let Some(p) = &self.project else { return Vec::new() };
        match p.next_undecided(p.current.as_ref().map(|c| c.index)) {
            Some(index) => self.select(index),
            None => {
                let all = p.status.iter().all(|s| *s != Status::Undecided);
                let text = if all {
                    "Every item is decided."
                } else {
                    "Every item shown in the queue is decided. Clear the filters to see the rest."
                };
                self.toasts.push(Toast::note(text));
                Vec::new()
            }
        }
    }
}
