//! What the last check of the project's answers against geometry found, for the queue.

use super::{Effect, GeometryEffect};
use crate::geometry::judge::Verdict;
use crate::project::check::{Source, Standing};
use crate::qa::ItemId;
use crate::review::Status;
use crate::state::{AppState, Toast};
use std::collections::{HashMap, HashSet};

/// Items by index.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Standings {
    /// Items that were checked.
    pub checked: usize,
    reference: HashSet<u32>,
    /// Of texts as they were edited when the check was made.
    edited: HashSet<u32>,
}

impl Standings {
    pub fn of(all: &[Standing], index: &HashMap<ItemId, usize>) -> Self {
        let mut out = Self::default();
        for standing in all {
            let Some(item) = index.get(&standing.item).map(|n| *n as u32) else { continue };
            let against = standing.verdict == Some(Verdict::Contradicts);
            out.checked += usize::from(standing.source == Source::Reference);
            match standing.source {
                Source::Reference if against => _ = out.reference.insert(item),
                Source::Edited if against => _ = out.edited.insert(item),
                _ => {}
            }
        }
        out
    }

    pub fn against_reference(&self, item: usize) -> bool {
        self.reference.contains(&(item as u32))
    }

    /// Against the answer as it stands after review: accepted as it was, or edited.
    pub fn against_accepted(&self, item: usize, status: Status) -> bool {
        match status {
            Status::Accepted => self.against_reference(item),
            Status::Edited => self.edited.contains(&(item as u32)),
            _ => false,
        }
    }

    /// Against the text that counts now.
    pub fn against(&self, item: usize, status: Status) -> bool {
        if status == Status::Edited { self.against_accepted(item, status) } else { self.against_reference(item) }
    }

    /// A decision changed the text: what was found of the edit before no longer counts.
    pub(in crate::state) fn forget_edit(&mut self, item: usize) {
        self.edited.remove(&(item as u32));
    }

    /// How many items the two filters would show.
    pub fn counts(&self, status: &[Status]) -> [usize; 2] {
        let accepted = |n: &u32| self.against_accepted(*n as usize, status[*n as usize]);
        [self.reference.len(), self.reference.union(&self.edited).filter(|n| accepted(n)).count()]
    }
}

impl AppState {
    pub(super) fn check_answers(&mut self) -> Vec<Effect> {
        if self.project.as_ref().is_none_or(|p| p.busy || p.read_only || p.lost.is_some()) {
            return Vec::new();
        }
        self.project.iter_mut().for_each(|p| p.busy = true);
        vec![Effect::Geometry(GeometryEffect::Check)]
    }

    pub(super) fn checked(&mut self, done: Result<(String, Vec<String>), String>) -> Vec<Effect> {
        match done {
            Ok((summary, problems)) if problems.is_empty() => self.toasts.push(Toast::note(summary)),
            Ok((summary, problems)) => {
                self.toasts.push(Toast::warning(summary));
                let title = "Not everything could be checked".to_owned();
                self.dialog = Some(crate::state::Dialog::Listing { title, lines: problems, retry: None });
            }
            Err(why) => self.toasts.push(Toast::error(why)),
        }
        self.project.iter_mut().for_each(|p| p.busy = false);
        std::iter::once(Effect::Geometry(GeometryEffect::FetchStandings)).chain(self.answers_checked()).collect()
    }

    pub(super) fn take_standings(&mut self, all: &[Standing]) {
        let Some(p) = &mut self.project else { return };
        p.standings = Some(Standings::of(all, &p.index));
        self.rows_changed();
    }
}
