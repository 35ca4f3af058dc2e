//! Jobs of the window: reading cases, imports, exports. Keeps their handles for progress and cancel.

use super::mailbox::Mailbox;
use crate::formats::Watch;
use crate::formats::case::{self, CaseFiles, Stamp};
use crate::formats::nifti::LoadOptions;
use crate::gpu::Scene;
use crate::jobs::{self, Job, JobWatch};
use crate::project::CaseInfo;
use crate::qa::CaseId;
use crate::space::Grid;
use crate::state::{CaseMessage, Command, JobView, StoreMessage, Toast};
use crate::volume::Preview;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

#[derive(Default)]
pub struct Jobs {
    running: Vec<Running>,
    next_id: u64,
}

struct Running {
    id: u64,
    job: Job,
    since: Instant,
    /// The case it reads, if that is what it does.
    case: Option<CaseId>,
    /// From when on it is shown in the status line; reading ahead never is.
    shown: Option<Duration>,
}

impl Jobs {
    /// What runs and is waited for, for the status line; forgets what has finished.
    pub fn views(&mut self, on_screen: Option<&CaseId>) -> Vec<JobView> {
        self.running.retain(|r| !r.job.finished());
        let waited_for =
            |r: &&Running| r.shown.is_some_and(|after| r.since.elapsed() >= after) || r.case.as_ref().is_some_and(|c| on_screen == Some(c));
        self.running.iter().filter(waited_for).map(|r| super::view(r.id, &r.job, r.since)).collect()
    }

    pub fn cancel(&self, id: u64) {
        self.running.iter().filter(|r| r.id == id).for_each(|r| r.job.cancel());
    }

    pub fn cancel_cases_except(&self, keep: &CaseId) {
        self.running.iter().filter(|r| r.case.as_ref().is_some_and(|c| c != keep)).for_each(|r| r.job.cancel());
    }

    pub fn cancel_all(&self) {
        self.running.iter().for_each(|r| r.job.cancel());
    }

    /// Tells everything to stop and waits until it has, for a while.
    pub fn end(&mut self, patience: Duration) {
        self.cancel_all();
        let since = Instant::now();
        while self.running.iter().any(|r| !r.job.finished()) && since.elapsed() < patience {
            std::thread::sleep(Duration::from_millis(5));
        }
        self.running.clear();
    }

    /// Returns the job's number; 0, which is no job's, when the system refused a thread.
    fn start(
        &mut self,
        title: String,
        case: Option<CaseId>,
        shown: Option<Duration>,
        mailbox: &Mailbox,
        work: impl FnOnce(&JobWatch) -> Vec<Command> + Send + 'static,
    ) -> u64 {
        let mail = mailbox.clone();
        let guarded = move |watch: JobWatch| {
            let done = catch_unwind(AssertUnwindSafe(|| work(&watch)));
            let oops =
                || vec![Command::Store(StoreMessage::Failed("an internal error stopped a job; please report what you did".to_owned()))];
            done.unwrap_or_else(|_| oops()).into_iter().for_each(|c| mail.send(c));
        };
        match jobs::spawn("voxaudit-job", title, 0, guarded) {
            Ok(job) => {
                self.next_id += 1;
                self.running.push(Running { id: self.next_id, job, since: Instant::now(), case, shown });
                self.next_id
            }
            Err(e) => {
                mailbox.send(Command::Toast(Toast::error(format!("the system refused a thread: {e}; close other programs and try again"))));
                0
            }
        }
    }

    /// Any work with a title, whose answers are commands. Returns the number by which it is cancelled.
    pub fn run(&mut self, title: &str, mailbox: &Mailbox, work: impl FnOnce(&JobWatch) -> Vec<Command> + Send + 'static) -> u64 {
        self.start(title.to_owned(), None, Some(Duration::ZERO), mailbox, work)
    }

    /// The same for work that is mostly done at once: it is shown only when it is not.
    pub fn run_briefly(&mut self, title: &str, mailbox: &Mailbox, work: impl FnOnce(&JobWatch) -> Vec<Command> + Send + 'static) -> u64 {
        self.start(title.to_owned(), None, Some(Duration::from_millis(700)), mailbox, work)
    }

    /// Short work on what is in memory; not shown.
    pub fn beside(&mut self, mailbox: &Mailbox, work: impl FnOnce() -> Vec<Command> + Send + 'static) {
        self.unseen(mailbox, move |_| work());
    }

    /// Work that nobody waits for; not shown, and stopped when the window closes.
    pub fn unseen(&mut self, mailbox: &Mailbox, work: impl FnOnce(&JobWatch) -> Vec<Command> + Send + 'static) {
        self.start(String::new(), None, None, mailbox, work);
    }

    /// Short work on the disk; only a problem is shown.
    pub fn quietly(&mut self, mailbox: &Mailbox, work: impl FnOnce() -> Option<String> + Send + 'static) {
        let toast = |text| Command::Toast(Toast::warning(text));
        self.start(String::new(), None, None, mailbox, move |_| work().map(toast).into_iter().collect());
    }

    /// Reads a case's image and masks.
    pub fn load_case(&mut self, info: &CaseInfo, ahead: bool, mailbox: &Mailbox) {
        let files =
            CaseFiles { image: info.image.as_ref().and_then(|f| f.path.clone()), masks: info.masks.as_ref().and_then(|f| f.path.clone()) };
        let case = info.id.clone();
        let title = format!("reading {case}");
        let id = case.clone();
        let mail = mailbox.clone();
        self.start(title, Some(case), (!ahead).then_some(Duration::ZERO), mailbox, move |watch| {
            let previews = Previews { watch, mailbox: mail, case: id.clone(), state: Mutex::new((None, Instant::now())) };
            let done = if ahead { read_case(id, &files, watch) } else { read_case(id, &files, &previews) };
            vec![Command::Case(done)]
        });
    }
}

/// How often the window is shown what has been read so far.
const PREVIEW_EVERY: Duration = Duration::from_millis(150);

/// Watches a case being read and sends the window what there is of it.
struct Previews<'a> {
    watch: &'a JobWatch,
    mailbox: Mailbox,
    case: CaseId,
    /// The preview, once it is known whether there can be one, and when it was last sent.
    state: Mutex<(Option<Option<Preview>>, Instant)>,
}

impl Watch for Previews<'_> {
    fn advance(&self, done: u64, total: u64) {
        self.watch.advance(done, total);
    }

    fn cancelled(&self) -> bool {
        self.watch.cancelled()
    }

    fn voxels(&self, grid: &Grid, first: usize, values: &[i16]) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (preview, sent) = &mut *state;
        let Some(preview) = preview.get_or_insert_with(|| Preview::new(grid)).as_mut() else { return };
        preview.take(first, values);
        let whole = first + values.len() >= grid.len();
        if whole || sent.elapsed() < PREVIEW_EVERY {
            return;
        }
        *sent = Instant::now();
        // Without memory for it there is no preview, and the reader will say so itself if it needs more.
        if let Ok(volume) = preview.volume() {
            let scene = Scene::new(Some(Arc::new(volume)), None);
            self.mailbox.send(Command::Case(CaseMessage::Arriving { case: self.case.clone(), scene, grid: Box::new(*grid) }));
        }
    }
}

fn read_case(case: CaseId, files: &CaseFiles, watch: &dyn Watch) -> CaseMessage {
    let stamp = Arc::new(Stamp::of(files));
    let read = catch_unwind(AssertUnwindSafe(|| case::load(files, &LoadOptions::default(), watch)));
    match read {
        Ok(Ok(loaded)) => {
            let scene = Scene::new(loaded.volume, loaded.labels);
            CaseMessage::Loaded { case, scene, warnings: loaded.warnings, stamp }
        }
        Ok(Err(e)) => CaseMessage::Failed { case, message: e.to_string() },
        Err(_) => CaseMessage::Failed { case, message: "an internal error stopped the reader; please report this file".to_owned() },
    }
}
