//! Runs the effects that the state asks for. Nothing here waits.

use super::store::{Opening, Query, Store};
use super::{App, dialogs, dropped};
use crate::formats::case::Stamp;
use crate::formats::digest::{Digests, of_image};
use crate::formats::regular;
use crate::geometry::{Histogram, auto_window};
use crate::gpu::Scene;
use crate::jobs::JobWatch;
use crate::project::Project;
use crate::project::export::{self, ExportRequest};
use crate::project::import::{self, ImportReport, ImportRequest};
use crate::project::verify::verify;
use crate::qa::{count, thousands};
use crate::state::{CaseMessage, Command, Effect, StoreMessage, Toast, ToolCommand};
use std::path::{Path, PathBuf};
use std::sync::Arc;

impl App {
    pub(super) fn run(&mut self, effect: Effect) {
        match effect {
            Effect::OpenProject { path, create, select } => self.open(path, Opening { create, consent: self.consent }, select),
            Effect::OpenAnyway(path) => self.open(path, Opening { create: false, consent: true }, None),
            Effect::CloseProject => self.close(),
            Effect::MakeDemo => self.make_demo(),
            Effect::Import(request) => self.import(request),
            Effect::Export(request) => self.export(request),
            Effect::Dropped(paths) => self.take_dropped(paths),
            Effect::Verify => self.verify(),
            Effect::SaveSettings(settings) => {
                if self.remember {
                    self.unwritten = Some((std::time::Instant::now(), *settings));
                }
            }
            Effect::Pick(pick) => dialogs::ask(pick, &self.mailbox),
            Effect::CancelJob(id) => self.jobs.cancel(id),
            Effect::CancelLoadsExcept(case) => self.jobs.cancel_cases_except(&case),
            Effect::Histogram(scene) => self.histogram(scene),
            Effect::AutoWindow { scene, index } => self.auto_window(scene, index),
            Effect::CheckFiles { case, stamp, image } => {
                self.jobs.unseen(&self.mailbox, move |watch| checked(case, stamp, image, watch).map(Command::Case).into_iter().collect());
            }
            Effect::LoadCase { case, ahead } => self.jobs.load_case(&case, ahead, &self.mailbox),
            Effect::Compare(effect) => self.compare(effect),
            Effect::Shot(effect) => self.shot(effect),
            Effect::Geometry(effect) => self.geometry(effect),
            Effect::Judge { generation, scene, said, known } => self.judge(generation, scene, said, known),
            Effect::ReadAnswers => self.read_answers(),
            Effect::Analyses(effect) => self.analyse(effect),
            Effect::Write(_)
            | Effect::KeepDraft(_)
            | Effect::FetchDrafts(_)
            | Effect::FetchItem { .. }
            | Effect::ReadAhead { .. }
            | Effect::Search { .. }
            | Effect::MapRoot { .. }
            | Effect::SaveCopy(_)
            | Effect::Refresh => self.ask_store(effect),
        }
    }

    fn ask_store(&mut self, effect: Effect) {
        let Some(store) = &self.store else { return };
        match effect {
            Effect::Write(write) => store.write(write),
            Effect::KeepDraft(draft) => store.keep_draft(draft),
            Effect::FetchDrafts(reader) => store.fetch_drafts(reader),
            Effect::FetchItem { id, generation } => store.query(Query::Item { id, generation }),
            Effect::ReadAhead { id } => store.query(Query::Ahead { id }),
            Effect::Search { query, generation } => store.query(Query::Search { query, generation }),
            Effect::MapRoot { name, folder } => store.map_root(name, folder),
            Effect::SaveCopy(to) => store.save_copy(to),
            Effect::Refresh => store.refresh(),
            _ => {}
        }
    }

    fn open(&mut self, path: PathBuf, how: Opening, select: Option<crate::qa::ItemId>) {
        self.jobs.cancel_all();
        self.store = None; // the project before this one is saved and closed first
        match Store::open(path, how, select, self.mailbox.clone()) {
            Ok(store) => self.store = Some(store),
            Err(e) => self.state.toasts.push(Toast::error(format!("the system refused a thread: {e}; close other programs and try again"))),
        }
    }

    fn close(&mut self) {
        self.jobs.cancel_all();
        self.store = None;
    }

    /// A job about the open project's file, on a connection of its own.
    fn job(&mut self, title: &str, work: impl FnOnce(&Path, &JobWatch) -> StoreMessage + Send + 'static) {
        let Some(path) = self.store.as_ref().map(|s| s.path().to_path_buf()) else { return };
        self.jobs.run(title, &self.mailbox, move |watch| vec![Command::Store(work(&path, watch))]);
    }

    fn import(&mut self, request: ImportRequest) {
        self.job("importing", move |path, watch| {
            let done = only_files(&request)
                .and_then(|()| Project::open(path).map_err(|e| e.to_string()))
                .and_then(|mut project| import::import(&mut project, &request, watch).map_err(|e| e.to_string()));
            match done {
                Ok(report) => import_message(&report, request),
                Err(message) => StoreMessage::Failed(message),
            }
        });
    }

    fn export(&mut self, request: ExportRequest) {
        self.job("exporting", move |path, watch| {
            let done = Project::open_read_only(path)
                .map_err(|e| e.to_string())
                .and_then(|project| export::export(&project, &request, watch).map_err(|e| e.to_string()));
            let done = done.map(|mut report| {
                // The window's own writer may be in the middle of a decision; both wait for each other.
                if let Ok(mut project) = Project::open(path) {
                    report.keep_head(&mut project);
                }
                report
            });
            match done {
                Ok(report) => {
                    let notes: String = report.notes.iter().map(|n| format!(" {n}.")).collect();
                    StoreMessage::Done(format!("Exported {} to {}.{notes}", count(report.items, "item"), report.out.display()))
                }
                Err(message) => StoreMessage::Failed(message),
            }
        });
    }

    fn verify(&mut self) {
        self.job("verifying", |path, _| match verify(path) {
            Ok(report) if report.ok => {
                StoreMessage::Done(format!("Verified: no problem found in the log ({}).", count(report.events, "event")))
            }
            Ok(report) => StoreMessage::Found { title: "Verify found problems".to_owned(), lines: report.problems },
            Err(e) => StoreMessage::Failed(e.to_string()),
        });
    }

    fn histogram(&mut self, scene: Arc<Scene>) {
        self.jobs.beside(&self.mailbox, move || {
            let found = scene.volume().map(|v| Arc::new(Histogram::of(v)));
            let tell = |histogram| Command::Tool(ToolCommand::Histogram { scene: scene.key(), histogram });
            found.map(tell).into_iter().collect()
        });
    }

    fn auto_window(&mut self, scene: Arc<Scene>, index: usize) {
        self.jobs.beside(&self.mailbox, move || {
            let (Some(volume), Some(labels)) = (scene.volume(), scene.labels()) else { return Vec::new() };
            let structure = labels.table.get(index).map_or_else(String::new, |l| l.title().into_owned());
            let window = auto_window(volume, labels, index);
            vec![Command::Tool(ToolCommand::AutoWindowFound { scene: scene.key(), structure, window })]
        });
    }

    fn make_demo(&mut self) {
        self.jobs.run("making the demo", &self.mailbox, |watch| vec![dropped::demo(watch)]);
    }

    fn take_dropped(&mut self, paths: Vec<PathBuf>) {
        let open = self.store.as_ref().map(|s| s.path().to_path_buf());
        self.jobs.run("looking at what was dropped", &self.mailbox, move |_| dropped::commands(&paths, open.as_deref()));
    }
}

/// Whether the files of a case were replaced, or else the digest of its image where that is asked for. The files must be those that were
/// read before and after they are hashed.
fn checked(case: crate::qa::CaseId, stamp: Arc<Stamp>, image: Option<PathBuf>, watch: &JobWatch) -> Option<CaseMessage> {
    if stamp.is_outdated() {
        return Some(CaseMessage::Replaced(case));
    }
    let digest = digest_of(&image?, watch)?;
    (!stamp.is_outdated()).then_some(CaseMessage::Digested { case, stamp, digest })
}

fn digest_of(image: &Path, watch: &JobWatch) -> Option<[u8; 32]> {
    match crate::project::measure::cache::cache_folder("digests") {
        Some(folder) => Digests::at(folder).of_image(image, watch).ok(),
        None => of_image(image, watch).ok(),
    }
}

/// On the command line a text may be a pipe; here nobody could end what waits for its other end.
fn only_files(request: &ImportRequest) -> Result<(), String> {
    let texts = request.qa.iter().chain(&request.reports).chain(&request.taxonomies);
    let more = request.answers.iter().map(|a| &a.1).chain(request.verdicts.iter().map(|v| &v.2));
    for path in texts.chain(more) {
        let meta = std::fs::metadata(path).map_err(|e| format!("{}: {e}", path.display()))?;
        regular::check(&meta).map_err(|e| format!("{}: {e}", path.display()))?;
    }
    Ok(())
}

fn import_message(report: &ImportReport, request: ImportRequest) -> StoreMessage {
    let line = |u: &import::Unmatched| {
        let at = u.line.map_or_else(String::new, |n| format!(", line {n}"));
        format!("{}{at}: {}", u.file, u.reason)
    };
    let mut lines: Vec<String> = report.unmatched.iter().map(line).collect();
    if !report.imported {
        return StoreMessage::Unmatched { lines, request };
    }
    lines.extend(report.warnings.iter().cloned());
    StoreMessage::Imported { summary: summary(report), lines }
}

fn summary(report: &ImportReport) -> String {
    let a = &report.added;
    let parts = [
        (a.answers, "answer", "answers"),
        (a.verdicts, "verdict", "verdicts"),
        (a.taxonomies, "error taxonomy", "error taxonomies"),
        (a.cases, "case", "cases"),
        (a.items, "item", "items"),
        (a.reports, "report", "reports"),
        (a.images, "image", "images"),
        (a.masks, "mask", "masks"),
        (report.updated.items, "item completed", "items completed"),
    ];
    let words = |(n, one, more): &(usize, &str, &str)| format!("{} {}", thousands(*n), if *n == 1 { one } else { more });
    let said: Vec<String> = parts.iter().filter(|(n, ..)| *n > 0).map(words).collect();
    if said.is_empty() { "Imported: everything was already here.".to_owned() } else { format!("Imported {}.", said.join(", ")) }
}
