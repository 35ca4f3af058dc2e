//! What happens to the open project: commands of the window, and answers of the project's threads. A message of an older generation is
//! dropped.

use super::{Cached, CaseView, Current, OpenProject, words};
use crate::geometry::judge::indices_among;
use crate::project::check::Said;
use crate::project::import::ImportRequest;
use crate::project::{CaseInfo, ItemRow, RootInfo};
use crate::qa::{self, Item, ItemId};
use crate::review::{Event, ReviewState, Reviewer};
use crate::state::{
    Analyses, AppState, CaseMessage, Dialog, Effect, GeometryEffect, GeometryPanel, Mode, ProjectCommand, StoreMessage, Toast, Tools,
    Unsaved, Witness,
};
use crate::volume::LabelSet;
use std::path::PathBuf;
use std::sync::Arc;

/// What an item names, by the file's names and those of the table of structures, then what its reference answer is understood to be about
/// (`Which kidney lies higher?` is about both); absent structures do not count.
fn mentioned(item: &Item, about: &[String], labels: &LabelSet) -> Vec<usize> {
    let titles = labels.table.iter().map(|l| l.structure.map_or("", |s| s.title));
    let names = labels.table.iter().zip(titles).enumerate().filter(|(_, (l, _))| l.voxels > 0);
    let names = qa::StructureNames::new(names.flat_map(|(n, (l, title))| [(n, l.name.as_str()), (n, title)]));
    let mut found = names.mentioned(item);
    let all: Vec<(&str, bool)> = labels.table.iter().map(|l| (l.name.as_str(), l.voxels > 0)).collect();
    for index in about.iter().filter_map(|name| indices_among(&all, name)).flatten() {
        if all[index].1 && !found.contains(&index) {
            found.push(index);
        }
    }
    found
}

impl AppState {
    pub(in crate::state) fn apply_project(&mut self, command: ProjectCommand) -> Vec<Effect> {
        match command {
            ProjectCommand::Open(path) => self.open_another(path, false),
            ProjectCommand::OpenAnyway(path) => {
                self.dialog = None;
                vec![Effect::OpenAnyway(path)]
            }
            ProjectCommand::Create(path) => self.open_another(path, true),
            ProjectCommand::Demo => vec![Effect::MakeDemo],
            ProjectCommand::Close => {
                let mut effects = self.keep_draft();
                self.project = None;
                self.forget_project();
                self.viewer.compare = None;
                effects.push(Effect::CloseProject);
                effects
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
            ProjectCommand::SaveCopy(to) => self.project.iter().map(|_| Effect::SaveCopy(to.clone())).collect(),
        }
    }

    fn open_another(&mut self, path: PathBuf, create: bool) -> Vec<Effect> {
        let mut effects = self.keep_draft();
        effects.push(Effect::OpenProject { path, create, select: None });
        effects
    }

    /// Empties what was worked out for the project that was open.
    fn forget_project(&mut self) {
        self.tools = Tools::default();
        self.witness = Witness::default();
        self.answers.start_again();
        self.geometry = GeometryPanel::default();
        self.analyses = Analyses::default();
    }

    fn busy(&mut self, effect: Effect) -> Vec<Effect> {
        let Some(p) = &mut self.project else { return Vec::new() };
        if let Some(why) = p.lost.clone() {
            return self.note(Toast::error(why)); // what the path names now is another project, or none
        }
        p.busy = true;
        self.dialog = None;
        vec![effect]
    }

    fn set_reviewer(&mut self, reviewer: Reviewer) -> Vec<Effect> {
        if let Some(why) = reviewer.problem() {
            self.toasts.push(Toast::warning(format!("Not chosen: {why}.")));
            return Vec::new();
        }
        let reviewer = self.as_in_project(reviewer);
        let (before, mut effects) = (self.me(), self.keep_draft());
        self.settings.reviewer = Some(reviewer.clone());
        self.reviewer = Some(reviewer);
        self.dialog = None;
        self.rows_changed();
        self.refresh_measurements();
        effects.extend(self.drafts_of_another(before.as_ref()));
        effects.push(self.save_settings());
        effects
    }

    /// Under the spelling that the project has for this reader.
    fn as_in_project(&self, reviewer: Reviewer) -> Reviewer {
        let known = self.project.as_ref().and_then(|p| p.review.spelling(&reviewer.name)).map(str::to_owned);
        Reviewer { name: known.unwrap_or(reviewer.name), initials: reviewer.initials }
    }

    pub(in crate::state) fn ask_reviewer(&mut self) {
        let last = self.reviewer.clone().or_else(|| self.settings.reviewer.clone());
        let (name, initials) = last.map_or_else(Default::default, |r| (r.name, r.initials));
        self.dialog = Some(Dialog::Reviewer { name, initials });
    }

    pub(in crate::state) fn apply_store(&mut self, message: StoreMessage) -> Vec<Effect> {
        match message {
            StoreMessage::Opened { path, uuid, read_only, network, items, review, roots, select } => {
                let mut p = OpenProject::new(path, uuid, read_only);
                (p.network, p.roots) = (network, roots);
                p.set_items(items, *review);
                self.opened(p, select.as_ref())
            }
            StoreMessage::Refreshed { items, review, roots } => self.refreshed(items, *review, roots),
            StoreMessage::Review(review) => {
                if let Some(p) = &mut self.project {
                    p.set_review(*review);
                    self.answers.table.iter_mut().for_each(|t| t.review(&p.review));
                }
                self.answers_changed();
                self.analyses.changed();
                self.refresh_measurements();
                Vec::new()
            }
            StoreMessage::Company(others) => {
                self.project.iter_mut().for_each(|p| p.company.clone_from(&others));
                Vec::new()
            }
            StoreMessage::OpenFailed { path, message, leased: true } => {
                self.dialog = Some(Dialog::Leased { path, message });
                Vec::new()
            }
            StoreMessage::OpenFailed { path, message, .. } => {
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
            StoreMessage::Lost { message } => self.lost(message),
            StoreMessage::Copied { path, moved, problems } => self.copied(path, moved, problems),
            StoreMessage::Drafts { reader, drafts } => self.drafts_arrived(&reader, drafts),
            StoreMessage::DraftKept { item, problem } => {
                self.draft_kept(&item, problem);
                Vec::new()
            }
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

    /// Stays on screen until the project is saved elsewhere or closed.
    fn lost(&mut self, message: String) -> Vec<Effect> {
        if let Some(p) = &mut self.project {
            p.lost = Some(message.clone());
            p.busy = false;
        }
        self.banner = Some(message);
        Vec::new()
    }

    fn copied(&mut self, path: PathBuf, moved: bool, problems: Vec<String>) -> Vec<Effect> {
        let name = path.display().to_string();
        if !problems.is_empty() {
            let title = format!("Saved a copy as {name}; it lacks");
            self.dialog = Some(Dialog::Listing { title, lines: problems, retry: None });
        }
        if !moved {
            return self.note(Toast::note(format!("Saved a copy as {name}.")));
        }
        self.toasts.push(Toast::note(format!("Saved a copy as {name}. The window goes on with it.")));
        let select = self.project.as_ref().and_then(|p| p.current_row()).map(|row| row.id.clone());
        vec![Effect::OpenProject { path, create: false, select }]
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
        self.reviewer = self.reviewer.take().map(|r| self.as_in_project(r));
        self.forget_project();
        self.restore_view();
        self.rows_changed();
        let mut effects = vec![self.save_settings(), Effect::Geometry(GeometryEffect::FetchStandings)];
        effects.extend(self.read_answers());
        effects.extend(self.want_charts());
        effects.extend(self.me().map(Effect::FetchDrafts));
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
        let kept = self.keep_draft();
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
        (p.queue.filters.structure, p.queue.by_structure) = (None, None); // and items
        (p.queue.filters.chart, p.queue.by_chart) = (None, None);
        let index = current.and_then(|id| p.index.get(&id).copied());
        let first = index.or_else(|| (!p.items.is_empty()).then_some(0));
        self.answers.start_again();
        self.restore_labels();
        self.forget_cases();
        self.analyses.changed();
        self.rows_changed();
        if self.reviewer.is_none() && first.is_some() && self.banner.is_none() && self.dialog.is_none() {
            self.ask_reviewer();
        }
        let mut effects = kept;
        effects.push(Effect::Geometry(GeometryEffect::FetchStandings));
        effects.extend(self.read_answers());
        effects.extend(first.map_or_else(Vec::new, |i| self.select(i)));
        effects
    }

    /// Shows an item: its row at once, its text and case as soon as they are read.
    pub(in crate::state) fn select(&mut self, index: usize) -> Vec<Effect> {
        let mut effects = self.keep_draft();
        self.toasts.dismiss_passing();
        let Some(p) = &mut self.project else { return effects };
        let Some(row) = p.items.get(index) else { return effects };
        if p.current.as_ref().is_some_and(|c| c.index == index) {
            p.queue.reveal += 1;
            return effects;
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
        self.viewer.straighten(); // the next item is looked at as it was made, not through the last one's slab
        self.tools.leave_item();
        self.witness.leave_item();
        self.answers.leave_item();
        self.refresh_measurements();
        self.start_draft();
        let left = if same_case { None } else { self.leave_comparison() };
        effects.push(Effect::FetchItem { id, generation });
        effects.extend(left);
        effects
    }

    fn item_arrived(&mut self, generation: u64, item: Item, case: Box<CaseInfo>, said: Vec<Said>) -> Vec<Effect> {
        let Some(p) = self.project.as_mut().filter(|p| p.generation == generation) else { return Vec::new() };
        let Some(current) = &mut p.current else { return Vec::new() };
        current.set(item, case);
        self.witness.hear(said);
        self.fill_arrived();
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
            let check = p.check_files(&case.id);
            self.look_at_item(false);
            return check;
        }
        if let Some(view) = p.cached(&case.id) {
            p.case = view;
            let check = p.check_files(&case.id);
            self.look_at_item(true);
            return check;
        }
        if let Some(why) = case.refused() {
            p.case = CaseView::Failed(why.to_owned());
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
        let readable = case.refused().is_none() && [&case.image, &case.masks].into_iter().flatten().any(|f| f.path.is_some());
        let known = p.cache.iter().any(|c| c.case == case.id);
        if readable && !known && p.loading.insert(case.id.clone()) { vec![Effect::LoadCase { case, ahead: true }] } else { Vec::new() }
    }

    pub(in crate::state) fn apply_case(&mut self, message: CaseMessage) -> Vec<Effect> {
        let memory = self.image_memory();
        let Some(p) = &mut self.project else { return Vec::new() };
        let shown = p.current_row().map(|r| r.id.case.clone());
        match message {
            CaseMessage::Loaded { case, scene, warnings, stamp } => {
                p.loading.remove(&case);
                p.keep(Cached { case: case.clone(), scene: Arc::clone(&scene), warnings: warnings.clone(), stamp, digest: None }, memory);
                if shown.as_ref() == Some(&case) && !matches!(p.case, CaseView::Ready { .. }) {
                    p.case = CaseView::Ready { scene, warnings };
                    let check = p.check_files(&case);
                    self.look_at_item(true);
                    return check.into_iter().chain(self.judge_item()).collect();
                }
                self.judge_item().into_iter().collect()
            }
            CaseMessage::Digested { case, stamp, digest } => {
                p.digested(&case, &stamp, digest);
                Vec::new()
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
            CaseMessage::LookedAtAgain => shown.map(|case| p.check_files(&case)).unwrap_or_default(),
            CaseMessage::Replaced(case) => {
                p.cache.retain(|c| c.case != case);
                if shown.as_ref() != Some(&case) || !matches!(p.case, CaseView::Ready { .. }) {
                    return Vec::new();
                }
                p.case = CaseView::Nothing;
                let text = format!("The files of {case} changed on disk since they were read. They are read again.");
                self.toasts.push(Toast::warning(text));
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
        let said = words::step_back(event, step, self.answers.blind);
        let beside = drawn || about.is_some();
        let index = p.saved(event.clone());
        if !beside && let (Some(standings), Some(index)) = (&mut p.standings, index) {
            standings.forget_edit(index);
        }
        self.answer_event_saved(event);
        self.label_saved(event);
        self.refresh_measurements();
        let mut effects = match &event.action {
            Action::Decide(_) => self.draft_decided(event),
            Action::Flag { note } => self.flag_noted(event, note),
            _ => Vec::new(),
        };
        let Some(p) = &mut self.project else { return effects };
        let f = &p.queue.filters;
        if f.status.is_some() || f.flagged || f.mine || f.against_accepted {
            self.rows_changed();
        }
        match index {
            Some(index) if back => {
                effects.extend(self.select(index));
                if !beside {
                    self.fill_draft();
                }
                about.into_iter().for_each(|run| self.show_answer_of(run));
                self.toasts.push(Toast::note(said));
            }
            _ => {}
        }
        effects
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
        self.keep_draft()
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
                (Some(item), Some(labels)) => mentioned(item, &self.witness.about(), labels),
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

    pub(in crate::state) fn draft_is_idle(&self) -> bool {
        self.draft.mode == Mode::Read
    }
}
