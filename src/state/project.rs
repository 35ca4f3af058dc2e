//! The open project as the window holds it: a snapshot of its items, the fold of its events, the current item and its case.
//!
//! Answers of the project's threads arrive here. A message of an older generation is dropped.

use super::{
    AppState, CaseMessage, Dialog, Draft, Effect, GeometryEffect, GeometryPanel, Mode, Pending, ProjectCommand, Queue, Standings,
    StoreMessage, Toast, Tools, Unsaved,
};
use crate::gpu::Scene;
use crate::project::check::Said;
use crate::project::import::ImportRequest;
use crate::project::{CaseInfo, ItemRow, RootInfo};
use crate::qa::{self, CaseId, Item, ItemId, Span, highlight};
use crate::review::{Event, ReviewState, Status};
use crate::volume::LabelSet;
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
    /// Notes and criteria of items that were left without a decision.
    pub drafts: HashMap<ItemId, Draft>,
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
}

struct Cached {
    case: CaseId,
    scene: Arc<Scene>,
    warnings: Vec<String>,
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
            pending: HashMap::new(),
            unsaved: Vec::new(),
            saved_at: None,
            standings: None,
            case: CaseView::Nothing,
            cache: Vec::new(),
            loading: HashSet::new(),
            generation: 0,
            busy: false,
        }
    }

    /// File name without its extension.
    pub fn name(&self) -> String {
        self.path.file_stem().map_or_else(String::new, |s| s.to_string_lossy().into_owned())
    }

    pub fn decided(&self) -> usize {
        self.decided
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

    fn keep(&mut self, case: CaseId, scene: Arc<Scene>, warnings: Vec<String>, memory: u64) {
        self.cache.retain(|c| c.case != case);
        self.cache.push(Cached { case, scene, warnings });
        self.trim(memory);
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

/// What an undo or redo did, in words.
fn step_back_words(event: &Event, about_answer: bool, drawn: bool) -> String {
    let what = match (about_answer, drawn) {
        (true, _) => "word on an answer",
        (false, true) => "measurement",
        (false, false) => "step",
    };
    match &event.action {
        crate::review::Action::Undo { .. } => format!("Undone: your last {what} on {} is taken back.", event.item),
        _ => format!("Redone: your {what} on {} counts again.", event.item),
    }
}

/// What an item names, by the file's names and those of the table of structures; absent structures do not count.
fn mentioned(item: &Item, labels: &LabelSet) -> Vec<usize> {
    let titles = labels.table.iter().map(|l| l.structure.map_or("", |s| s.title));
    let names = labels.table.iter().zip(titles).enumerate().filter(|(_, (l, _))| l.voxels > 0);
    qa::mentioned_by_any(item, names.flat_map(|(n, (l, title))| [(n, l.name.as_str()), (n, title)]))
}

impl AppState {
    pub(super) fn apply_project(&mut self, command: ProjectCommand) -> Vec<Effect> {
        match command {
            ProjectCommand::Open(path) => vec![Effect::OpenProject { path, create: false, select: None }],
            ProjectCommand::Create(path) => vec![Effect::OpenProject { path, create: true, select: None }],
            ProjectCommand::Demo => vec![Effect::MakeDemo],
            ProjectCommand::Close => {
                self.project = None;
                self.tools = Tools::default();
                self.witness = super::Witness::default();
                self.answers.start_again();
                self.geometry = GeometryPanel::default();
                self.analyses = super::Analyses::default();
                self.viewer.compare = None;
                vec![Effect::CloseProject]
            }
            ProjectCommand::Import(request) => self.busy(Effect::Import(request)),
            ProjectCommand::ImportWhenOpen(request) => {
                self.import_when_open = Some(request);
                Vec::new()
            }
            ProjectCommand::Export(request) => self.busy(Effect::Export(request)),
            ProjectCommand::Dropped(paths) => vec![Effect::Dropped(paths)],
            ProjectCommand::SetReviewer(reviewer) => self.set_reviewer(reviewer),
            ProjectCommand::MapRoot { name, folder } => vec![Effect::MapRoot { name, folder }],
            ProjectCommand::Verify => self.busy(Effect::Verify),
        }
    }

    fn busy(&mut self, effect: Effect) -> Vec<Effect> {
        let Some(p) = &mut self.project else { return Vec::new() };
        p.busy = true;
        self.dialog = None;
        vec![effect]
    }

    fn set_reviewer(&mut self, reviewer: crate::review::Reviewer) -> Vec<Effect> {
        if reviewer.name.is_empty() {
            self.toasts.push(Toast::warning("A reviewer needs a name."));
            return Vec::new();
        }
        self.settings.reviewer = Some(reviewer.clone());
        self.reviewer = Some(reviewer);
        self.dialog = None;
        self.rows_changed();
        self.refresh_measurements();
        vec![self.save_settings()]
    }

    pub(super) fn ask_reviewer(&mut self) {
        let last = self.reviewer.clone().or_else(|| self.settings.reviewer.clone());
        let (name, initials) = last.map_or_else(Default::default, |r| (r.name, r.initials));
        self.dialog = Some(Dialog::Reviewer { name, initials });
    }

    pub(super) fn apply_store(&mut self, message: StoreMessage) -> Vec<Effect> {
        match message {
            StoreMessage::Opened { path, uuid, read_only, items, review, roots, select } => {
                let mut p = OpenProject::new(path, uuid, read_only);
                p.roots = roots;
                p.set_items(items, *review);
                self.opened(p, select.as_ref())
            }
            StoreMessage::Refreshed { items, review, roots } => self.refreshed(items, review, roots),
            StoreMessage::Review(review) => {
                if let Some(p) = &mut self.project {
                    p.set_review(review);
                    self.answers.table.iter_mut().for_each(|t| t.matrix.review(&p.review));
                }
                self.answers_changed();
                self.analyses.changed();
                self.refresh_measurements();
                Vec::new()
            }
            StoreMessage::OpenFailed { path, message } => {
                self.settings.recent.retain(|p| *p != path || path.exists());
                self.toasts.push(Toast::error(message));
                vec![self.save_settings()]
            }
            StoreMessage::Saved(event) => {
                self.analyses.changed();
                self.event_saved(&event)
            }
            StoreMessage::NotSaved { item: Some(item), about_answer: Some(action), message, .. } => {
                self.answer_event_refused(&item, &action, &message);
                Vec::new()
            }
            StoreMessage::NotSaved { item, annotation, message, .. } => self.event_refused(item, annotation.as_deref(), &message),
            StoreMessage::Nothing(what) => self.note(Toast::note(what)),
            StoreMessage::Item { generation, item, case, said } => self.item_arrived(generation, item, case, said),
            StoreMessage::Ahead(case) => self.load_ahead(case),
            StoreMessage::Hits { generation, ids, truncated } => self.hits_arrived(generation, &ids, truncated),
            StoreMessage::Failed(message) => self.finished(Toast::error(message)),
            StoreMessage::Done(message) => self.finished(Toast::note(message)),
            StoreMessage::Imported { summary, lines } => {
                if !lines.is_empty() {
                    self.dialog = Some(Dialog::Listing { title: "Import".to_owned(), lines, retry: None });
                }
                self.toasts.push(Toast::note(summary));
                vec![Effect::Refresh]
            }
            StoreMessage::Unmatched { lines, request } => {
                self.listing("Nothing was imported: these match nothing here", lines, Some(request))
            }
            StoreMessage::Found { title, lines } => self.listing(&title, lines, None),
        }
    }

    fn listing(&mut self, title: &str, lines: Vec<String>, retry: Option<ImportRequest>) -> Vec<Effect> {
        if let Some(p) = &mut self.project {
            p.busy = false;
        }
        self.dialog = Some(Dialog::Listing { title: title.to_owned(), lines, retry });
        Vec::new()
    }

    fn note(&mut self, toast: Toast) -> Vec<Effect> {
        self.toasts.push(toast);
        Vec::new()
    }

    fn finished(&mut self, toast: Toast) -> Vec<Effect> {
        if let Some(p) = &mut self.project {
            p.busy = false;
        }
        self.note(toast)
    }

    fn opened(&mut self, project: OpenProject, select: Option<&ItemId>) -> Vec<Effect> {
        self.settings.remember_project(project.path.clone());
        let wanted = select.and_then(|id| project.index.get(id).copied());
        if let (Some(id), None) = (select, wanted) {
            self.toasts.push(Toast::warning(format!("There is no item {id} in this project.")));
        }
        self.banner = project.read_only.then(|| "This project is read-only: you can look, but decisions cannot be saved.".to_owned());
        let empty = project.items.is_empty();
        self.project = Some(project);
        self.tools = Tools::default();
        self.witness = super::Witness::default();
        self.answers.start_again();
        self.geometry = GeometryPanel::default();
        self.restore_view();
        self.rows_changed();
        let mut effects = vec![self.save_settings(), Effect::Geometry(GeometryEffect::FetchStandings)];
        effects.extend(self.read_answers());
        self.analyses = super::Analyses::default();
        effects.extend(self.want_charts());
        if self.reviewer.is_none() && !empty && self.banner.is_none() {
            self.ask_reviewer();
        }
        let first = wanted.or_else(|| self.project.as_ref().and_then(|p| p.next_undecided(None).or((!p.items.is_empty()).then_some(0))));
        if let Some(index) = first {
            effects.extend(self.select(index));
        }
        if let Some(request) = self.import_when_open.take() {
            effects.extend(self.busy(Effect::Import(request)));
        }
        effects
    }

    fn refreshed(&mut self, items: Vec<ItemRow>, review: ReviewState, roots: Vec<RootInfo>) -> Vec<Effect> {
        let Some(p) = &mut self.project else { return Vec::new() };
        let current = p.current.as_ref().map(|c| p.items[c.index].id.clone());
        p.roots = roots;
        p.set_items(items, review);
        p.busy = false;
        p.standings = None;
        p.cache.clear();
        p.loading.clear();
        p.current = None;
        (p.queue.filters.answers, p.queue.by_answers) = (None, None); // runs may have other numbers now
        (p.queue.filters.chart, p.queue.by_chart) = (None, None); // and items
        let index = current.and_then(|id| p.index.get(&id).copied());
        let first = index.or_else(|| (!p.items.is_empty()).then_some(0));
        self.answers.start_again();
        self.forget_cases();
        self.analyses.changed();
        self.rows_changed();
        if self.reviewer.is_none() && first.is_some() && self.banner.is_none() && self.dialog.is_none() {
            self.ask_reviewer();
        }
        let mut effects = vec![Effect::Geometry(GeometryEffect::FetchStandings)];
        effects.extend(self.read_answers());
        effects.extend(first.map_or_else(Vec::new, |i| self.select(i)));
        effects
    }

    /// Shows an item: its row at once, its text and case as soon as they are read.
    pub(super) fn select(&mut self, index: usize) -> Vec<Effect> {
        self.stash_draft();
        self.toasts.dismiss_passing();
        let Some(p) = &mut self.project else { return Vec::new() };
        let Some(row) = p.items.get(index) else { return Vec::new() };
        if p.current.as_ref().is_some_and(|c| c.index == index) {
            p.queue.reveal += 1;
            return Vec::new();
        }
        p.generation += 1;
        p.queue.reveal += 1;
        p.queue.collapsed.remove(&p.case_of[index]);
        let id = row.id.clone();
        let same_case = p.current.as_ref().is_some_and(|c| p.case_of[c.index] == p.case_of[index]);
        if !same_case {
            p.case = CaseView::Nothing;
        }
        p.current = Some(Current { index, item: None, case: None, report: String::new(), spans: Vec::new(), mentions: Vec::new() });
        let generation = p.generation;
        self.tools.leave_item();
        self.witness.leave_item();
        self.answers.leave_item();
        self.refresh_measurements();
        self.start_draft();
        let left = if same_case { None } else { self.leave_comparison() };
        std::iter::once(Effect::FetchItem { id, generation }).chain(left).collect()
    }

    fn item_arrived(&mut self, generation: u64, item: Item, case: Box<CaseInfo>, said: Vec<Said>) -> Vec<Effect> {
        let Some(p) = self.project.as_mut().filter(|p| p.generation == generation) else { return Vec::new() };
        let Some(current) = &mut p.current else { return Vec::new() };
        current.set(item, case);
        self.witness.hear(said);
        self.fill_draft();
        let mut effects = self.show_case();
        effects.extend(self.judge_item());
        if let Some(id) = self.project.as_ref().and_then(OpenProject::ahead) {
            effects.push(Effect::ReadAhead { id });
        }
        effects
    }

    /// Brings the current item's case on screen: from the cache, by reading it, or by saying why there is no image.
    fn show_case(&mut self) -> Vec<Effect> {
        let Some(p) = &mut self.project else { return Vec::new() };
        let Some(case) = p.current.as_ref().and_then(|c| c.case.clone()) else { return Vec::new() };
        if matches!(p.case, CaseView::Ready { .. }) {
            self.look_at_item(false);
            return Vec::new();
        }
        if let Some(view) = p.cached(&case.id) {
            p.case = view;
            self.look_at_item(true);
            return Vec::new();
        }
        let files = [&case.image, &case.masks];
        if files.iter().all(|f| f.as_ref().is_none_or(|f| f.path.is_none())) {
            let unmapped = files.into_iter().flatten().next().map(|f| f.root.clone());
            p.case = CaseView::NoImage { unmapped };
            return Vec::new();
        }
        p.case = CaseView::Loading(None);
        let keep = case.id.clone();
        let mut effects = vec![Effect::CancelLoadsExcept(keep.clone())];
        p.loading.retain(|c| *c == keep);
        if p.loading.insert(keep) {
            effects.push(Effect::LoadCase { case, ahead: false });
        }
        effects
    }

    fn load_ahead(&mut self, case: Box<CaseInfo>) -> Vec<Effect> {
        let Some(p) = &mut self.project else { return Vec::new() };
        let readable = [&case.image, &case.masks].into_iter().flatten().any(|f| f.path.is_some());
        let known = p.cache.iter().any(|c| c.case == case.id);
        if readable && !known && p.loading.insert(case.id.clone()) { vec![Effect::LoadCase { case, ahead: true }] } else { Vec::new() }
    }

    pub(super) fn apply_case(&mut self, message: CaseMessage) -> Vec<Effect> {
        let memory = self.image_memory();
        let Some(p) = &mut self.project else { return Vec::new() };
        let shown = p.current_row().map(|r| r.id.case.clone());
        match message {
            CaseMessage::Loaded { case, scene, warnings } => {
                p.loading.remove(&case);
                p.keep(case.clone(), Arc::clone(&scene), warnings.clone(), memory);
                if shown.as_ref() == Some(&case) && !matches!(p.case, CaseView::Ready { .. }) {
                    p.case = CaseView::Ready { scene, warnings };
                    self.look_at_item(true);
                }
                self.judge_item().into_iter().collect()
            }
            CaseMessage::Arriving { case, scene, grid } => {
                if shown.as_ref() == Some(&case)
                    && let CaseView::Loading(arriving) = &mut p.case
                {
                    self.viewer.show_arriving(&scene, *grid, arriving.is_none());
                    *arriving = Some(scene);
                }
                Vec::new()
            }
            CaseMessage::Failed { case, message } => {
                p.loading.remove(&case);
                if shown.as_ref() == Some(&case) {
                    p.case = CaseView::Failed(message);
                }
                Vec::new()
            }
            CaseMessage::Retry => {
                p.case = CaseView::Nothing;
                self.show_case()
            }
        }
    }

    fn event_saved(&mut self, event: &Event) -> Vec<Effect> {
        use crate::review::Action;
        let Some(p) = &mut self.project else { return Vec::new() };
        let back = matches!(event.action, Action::Undo { .. } | Action::Redo { .. });
        let step = match &event.action {
            Action::Undo { event: hash } | Action::Redo { event: hash } => p.review.action(&event.item, &event.reviewer.name, *hash),
            other => Some(other),
        };
        let about = step.and_then(|a| a.answer()).map(|a| a.run.clone());
        let drawn = step.is_some_and(|a| a.annotation_id().is_some());
        let said = step_back_words(event, about.is_some(), drawn);
        let beside = drawn || about.is_some();
        if !beside {
            p.drafts.remove(&event.item); // what was noted is part of the decision, not of a measurement or of a word on an answer
        }
        let index = p.saved(event.clone());
        if !beside && let (Some(standings), Some(index)) = (&mut p.standings, index) {
            standings.forget_edit(index);
        }
        self.answer_event_saved(event);
        self.refresh_measurements();
        let Some(p) = &mut self.project else { return Vec::new() };
        let f = &p.queue.filters;
        if f.status.is_some() || f.flagged || f.mine || f.against_accepted {
            self.rows_changed();
        }
        match index {
            Some(index) if back => {
                let effects = self.select(index);
                if !beside {
                    self.fill_draft();
                }
                about.into_iter().for_each(|run| self.show_answer_of(run));
                self.toasts.push(Toast::note(said));
                effects
            }
            _ => Vec::new(),
        }
    }

    fn event_refused(&mut self, item: Option<ItemId>, annotation: Option<&str>, message: &str) -> Vec<Effect> {
        if let Some(annotation) = annotation {
            return self.measurement_refused(item, annotation, message);
        }
        if let (Some(p), Some(id)) = (&mut self.project, &item)
            && let Some(pending) = p.pending.get_mut(id)
        {
            pending.failed = true;
        }
        let retry = item.clone();
        let text = item.map_or_else(|| message.to_owned(), |id| format!("The decision on {id} is NOT saved: {message}"));
        self.toasts.push(Toast { retry, ..Toast::error(text) });
        Vec::new()
    }

    fn measurement_refused(&mut self, item: Option<ItemId>, annotation: &str, message: &str) -> Vec<Effect> {
        let unsaved = self.project.iter_mut().flat_map(|p| &mut p.unsaved);
        let refused = |u: &&mut Unsaved| !u.failed && u.event.action.annotation_id() == Some(annotation);
        if let Some(u) = unsaved.into_iter().find(refused) {
            u.failed = true;
        }
        let text = item.as_ref().map_or_else(String::new, |id| format!(" on {id}"));
        self.toasts.push(Toast { retry: item, ..Toast::error(format!("The measurement{text} is NOT saved: {message}")) });
        self.refresh_measurements();
        Vec::new()
    }

    fn hits_arrived(&mut self, generation: u64, ids: &[ItemId], truncated: bool) -> Vec<Effect> {
        let Some(p) = self.project.as_mut().filter(|p| p.queue.generation == generation) else { return Vec::new() };
        p.queue.hits = Some(ids.iter().filter_map(|id| p.index.get(id).map(|&i| i as u32)).collect());
        p.queue.hits_truncated = truncated;
        p.queue.answered = generation;
        self.rows_changed();
        Vec::new()
    }

    /// Points the views at what the item is about. `fresh`: the case has just come on screen.
    fn look_at_item(&mut self, fresh: bool) {
        let Some(p) = &mut self.project else { return };
        let CaseView::Ready { scene, .. } = &p.case else { return };
        let scene = Arc::clone(scene);
        if let Some(current) = &mut p.current {
            current.mentions = match (&current.item, scene.labels()) {
                (Some(item), Some(labels)) => mentioned(item, labels),
                _ => Vec::new(),
            };
        }
        let mentions = p.current.as_ref().map_or(&[][..], |c| &c.mentions);
        if fresh {
            self.viewer.show_scene(&scene);
            self.viewer.structures.show(scene.labels().map(AsRef::as_ref), &self.settings.structures);
        }
        self.viewer.structures.item_names(mentions, self.settings.only_item);
        if let (Some(&index), Some(labels)) = (mentions.first(), scene.labels()) {
            self.viewer.jump_to(labels, index);
            self.viewer.structures.select(index);
        }
    }

    pub(super) fn draft_is_idle(&self) -> bool {
        self.draft.mode == Mode::Read
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
            p.keep(CaseId(format!("case {n}")), scene(8), Vec::new(), 4 * one);
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
