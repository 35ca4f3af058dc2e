//! The open project as the window holds it: a snapshot of its items, the fold of its events, the current item and its case.
//!
//! `messages` tells what happens to it.

mod messages;
mod words;

use super::{Effect, ExportOptions, KeptDraft, Pending, Queue, Standings, Unsaved};
use crate::formats::case::Stamp;
use crate::gpu::Scene;
use crate::project::{CaseInfo, ItemRow, RootInfo};
use crate::qa::{CaseId, Item, ItemId, Span, highlight};
use crate::review::{Event, ReviewState, ShownImage, Status};
use jiff::Timestamp;
use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

/// The case on screen and the next one are kept whatever their size.
const CASES_KEPT: usize = 2;

pub struct OpenProject {
    pub path: PathBuf,
    pub uuid: String,
    pub read_only: bool,
    pub items: Vec<ItemRow>,
    pub index: HashMap<ItemId, usize>,
    pub cases: Vec<CaseId>,
    /// Index into `cases` for each item.
    pub case_of: Vec<u32>,
    /// Items of each case, by index into `cases`.
    pub case_sizes: Vec<u32>,
    /// Status of each item, kept in step with `review`.
    pub status: Vec<Status>,
    /// How many of them are not undecided.
    decided: usize,
    pub review: ReviewState,
    pub roots: Vec<RootInfo>,
    pub queue: Queue,
    pub current: Option<Current>,
    /// What this reader has typed on items and not decided.
    pub drafts: HashMap<ItemId, KeptDraft>,
    /// Items whose draft the project still holds and should not.
    pub drafts_gone: HashSet<ItemId>,
    /// The last draft could not be written, and that was said.
    pub drafts_failing: bool,
    /// Decisions on their way to the disk, or refused by it.
    pub pending: HashMap<ItemId, Pending>,
    /// The same for measurements, in the order in which they were made.
    pub unsaved: Vec<Unsaved>,
    pub saved_at: Option<Timestamp>,
    /// What the last check against geometry found; `None` until it is read.
    pub standings: Option<Standings>,
    pub case: CaseView,
    cache: Vec<Cached>,
    loading: HashSet<CaseId>,
    /// Bumped with each selection; answers about older ones are dropped.
    pub generation: u64,
    /// True while an import or export runs.
    pub busy: bool,
    /// It lies on a file system that other machines write to as well.
    pub network: bool,
    /// Other windows that have it open.
    pub company: Vec<String>,
    /// What became of the file, once it was replaced, deleted or damaged under the window.
    pub lost: Option<String>,
}

struct Cached {
    case: CaseId,
    scene: Arc<Scene>,
    warnings: Vec<String>,
    stamp: Arc<Stamp>,
    /// SHA-256 of the image, once it is known.
    digest: Option<[u8; 32]>,
}

/// The selected item. Its full text arrives a moment after its row.
pub struct Current {
    pub index: usize,
    pub item: Option<Item>,
    pub case: Option<Box<CaseInfo>>,
    /// Findings and impression as one text, and its sentences.
    pub report: String,
    pub spans: Vec<Span>,
    /// Structures (indices in the label table) that question, answer or options name.
    pub mentions: Vec<usize>,
}

/// What the image area shows.
#[derive(Default)]
pub enum CaseView {
    #[default]
    Nothing,
    /// The case has no file, or its data root is not mapped here.
    NoImage {
        unmapped: Option<String>,
    },
    /// Being read, and what there is of it so far.
    Loading(Option<Arc<Scene>>),
    Ready {
        scene: Arc<Scene>,
        warnings: Vec<String>,
    },
    Failed(String),
}

impl OpenProject {
    fn new(path: PathBuf, uuid: String, read_only: bool) -> Self {
        Self {
            path,
            uuid,
            read_only,
            items: Vec::new(),
            index: HashMap::new(),
            cases: Vec::new(),
            case_of: Vec::new(),
            case_sizes: Vec::new(),
            status: Vec::new(),
            decided: 0,
            review: ReviewState::default(),
            roots: Vec::new(),
            queue: Queue::default(),
            current: None,
            drafts: HashMap::new(),
            drafts_gone: HashSet::new(),
            drafts_failing: false,
            pending: HashMap::new(),
            unsaved: Vec::new(),
            saved_at: None,
            standings: None,
            case: CaseView::Nothing,
            cache: Vec::new(),
            loading: HashSet::new(),
            generation: 0,
            busy: false,
            network: false,
            company: Vec::new(),
            lost: None,
        }
    }

    /// File name without its extension.
    pub fn name(&self) -> String {
        self.path.file_stem().map_or_else(String::new, |s| s.to_string_lossy().into_owned())
    }

    pub fn decided(&self) -> usize {
        self.decided
    }

    /// How many items an export with these options writes, without those that came with an earlier review and are not decided here.
    pub fn exported(&self, options: &ExportOptions) -> usize {
        let wanted = |status: &&Status| match status {
            Status::Accepted | Status::Edited => true,
            Status::Rejected => options.include_rejected,
            Status::Undecided | Status::Disputed => options.include_undecided,
        };
        self.status.iter().filter(wanted).count()
    }

    pub fn scene(&self) -> Option<&Arc<Scene>> {
        if let CaseView::Ready { scene, .. } = &self.case { Some(scene) } else { None }
    }

    /// What the views show: the case, or what has been read of it so far.
    pub fn on_screen(&self) -> Option<&Arc<Scene>> {
        match &self.case {
            CaseView::Ready { scene, .. } => Some(scene),
            CaseView::Loading(arriving) => arriving.as_ref(),
            _ => None,
        }
    }

    pub fn current_row(&self) -> Option<&ItemRow> {
        self.current.as_ref().map(|c| &self.items[c.index])
    }

    fn set_items(&mut self, items: Vec<ItemRow>, review: ReviewState) {
        self.index = items.iter().enumerate().map(|(n, row)| (row.id.clone(), n)).collect();
        self.cases.clear();
        self.case_of.clear();
        self.case_sizes.clear();
        let mut known: HashMap<&CaseId, u32> = HashMap::new();
        for row in &items {
            let next = known.len() as u32;
            let case = *known.entry(&row.id.case).or_insert_with(|| {
                self.cases.push(row.id.case.clone());
                self.case_sizes.push(0);
                next
            });
            self.case_of.push(case);
            self.case_sizes[case as usize] += 1;
        }
        self.items = items;
        self.set_review(review);
    }

    fn set_review(&mut self, review: ReviewState) {
        self.status = self.items.iter().map(|row| review.status(&row.id)).collect();
        self.decided = self.status.iter().filter(|s| **s != Status::Undecided).count();
        self.review = review;
    }

    /// Adds an event that is on disk.
    fn saved(&mut self, event: Event) -> Option<usize> {
        let index = self.index.get(&event.item).copied();
        let id = event.item.clone();
        self.saved_at = Some(event.time);
        if self.pending.get(&id).is_some_and(|p| p.event.action == event.action) {
            self.pending.remove(&id);
        }
        if let Some(at) = self.unsaved.iter().position(|u| u.event.item == id && u.event.action == event.action) {
            self.unsaved.remove(at);
        }
        self.review.push(event);
        if let Some(index) = index {
            let now = self.review.status(&id);
            self.decided += usize::from(now != Status::Undecided);
            self.decided -= usize::from(self.status[index] != Status::Undecided);
            self.status[index] = now;
        }
        index
    }

    fn keep(&mut self, cached: Cached, memory: u64) {
        self.cache.retain(|c| c.case != cached.case);
        self.cache.push(cached);
        self.trim(memory);
    }

    /// Asks whether a case that is in memory is still what its files hold, and for the digest of its image while that is not known.
    fn check_files(&self, case: &CaseId) -> Vec<Effect> {
        let Some(found) = self.cache.iter().find(|c| c.case == *case) else { return Vec::new() };
        let shown = self.current.as_ref().and_then(|c| c.case.as_ref()).filter(|c| c.id == *case && found.digest.is_none());
        let image = shown.and_then(|c| c.image.as_ref()).and_then(|f| f.path.clone());
        vec![Effect::CheckFiles { case: case.clone(), stamp: Arc::clone(&found.stamp), image }]
    }

    fn digested(&mut self, case: &CaseId, stamp: &Arc<Stamp>, digest: [u8; 32]) {
        if let Some(found) = self.cache.iter_mut().find(|c| c.case == *case && Arc::ptr_eq(&c.stamp, stamp)) {
            found.digest = Some(digest);
        }
    }

    /// The image that is on screen, as far as it is known: what a decision made now says it was made on.
    pub fn shown_image(&self) -> ShownImage {
        let case = self.current_row().map(|row| &row.id.case);
        match &self.case {
            CaseView::Ready { scene, .. } if scene.volume().is_some() => {
                let digest = self.cache.iter().find(|c| Some(&c.case) == case).and_then(|c| c.digest);
                digest.map_or(ShownImage::NotYetKnown, ShownImage::Sha256)
            }
            CaseView::Loading(Some(_)) => ShownImage::NotYetKnown,
            _ => ShownImage::None,
        }
    }

    /// Forgets the cases that were looked at longest ago, until the others fit into `memory` bytes.
    pub(super) fn trim(&mut self, memory: u64) {
        let bytes = |c: &Cached| c.scene.volume().map_or(0, |v| v.bytes()) + c.scene.labels().map_or(0, |l| l.bytes());
        while self.cache.len() > CASES_KEPT && self.cache.iter().map(bytes).sum::<usize>() as u64 > memory {
            self.cache.remove(0);
        }
    }

    fn cached(&mut self, case: &CaseId) -> Option<CaseView> {
        let at = self.cache.iter().position(|c| c.case == *case)?;
        let hit = self.cache.remove(at);
        let view = CaseView::Ready { scene: Arc::clone(&hit.scene), warnings: hit.warnings.clone() };
        self.cache.push(hit);
        Some(view)
    }

    /// A case that is in memory, and what there is to know about its files.
    pub fn cached_scene(&self, case: &CaseId) -> Option<(Arc<Scene>, Vec<String>)> {
        self.cache.iter().find(|c| c.case == *case).map(|c| (Arc::clone(&c.scene), c.warnings.clone()))
    }

    /// True while the text of the item that was chosen is being read.
    pub fn awaits_item(&self) -> bool {
        self.current.as_ref().is_some_and(|c| c.item.is_none())
    }

    /// True when a case's images are in memory, on screen or read ahead.
    pub fn is_cached(&self, case: &str) -> bool {
        self.cache.iter().any(|c| c.case.0 == case)
    }

    /// The first undecided item after the current one in another case that has an image.
    fn ahead(&self) -> Option<ItemId> {
        let from = self.current.as_ref()?.index;
        let here = self.case_of[from];
        let next = (from + 1..self.items.len()).find(|&i| {
            self.case_of[i] != here
                && self.items[i].has_image
                && self.status[i] == Status::Undecided
                && !self.pending.contains_key(&self.items[i].id)
        })?;
        let id = &self.items[next].id;
        let known = self.loading.contains(&id.case) || self.cache.iter().any(|c| c.case == id.case);
        (!known).then(|| id.clone())
    }
}

impl Current {
    fn set(&mut self, item: Item, case: Box<CaseInfo>) {
        self.report = case.report.as_ref().map_or_else(String::new, |r| join_report(&r.findings, &r.impression));
        let text = format!("{} {} {}", item.question, item.answer, item.options.join(" "));
        self.spans = highlight(&self.report, &text);
        self.item = Some(item);
        self.case = Some(case);
    }
}

fn join_report(findings: &str, impression: &str) -> String {
    match (findings.trim(), impression.trim()) {
        (findings, "") => findings.to_owned(),
        ("", impression) => impression.to_owned(),
        (findings, impression) => format!("Findings\n{findings}\n\nImpression\n{impression}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::{Affine, Grid};
    use crate::volume::{Volume, VoxelBuf, Voxels};

    fn scene(side: usize) -> Arc<Scene> {
        let affine = Affine::from_rows([[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]]).unwrap();
        let voxels = Voxels::I16(VoxelBuf::zeroed(side * side * side).unwrap());
        let grid = Grid { size: [side; 3], affine };
        Scene::new(Some(Arc::new(Volume { grid, voxels, range: (0.0, 0.0), warnings: Vec::new() })), None)
    }

    #[test]
    fn cases_stay_in_memory_as_long_as_they_fit() {
        let mut p = OpenProject::new("p.voxaudit".into(), String::new(), false);
        let one = 8 * 8 * 8 * 2;
        for n in 0..10 {
            p.keep(
                Cached { case: CaseId(format!("case {n}")), scene: scene(8), warnings: Vec::new(), stamp: Arc::default(), digest: None },
                4 * one,
            );
        }
        let kept = |p: &OpenProject| (0..10).filter(|n| p.is_cached(&format!("case {n}"))).collect::<Vec<_>>();
        assert_eq!(kept(&p), [6, 7, 8, 9]);
        assert!(p.cached(&CaseId("case 6".into())).is_some(), "now looked at last");
        p.trim(3 * one);
        assert_eq!(kept(&p), [6, 8, 9]);
        p.trim(0);
        assert_eq!(kept(&p), [6, 9], "the case on screen and one more stay whatever their size");
    }
}
