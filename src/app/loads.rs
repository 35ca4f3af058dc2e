//! Jobs of the window: reading cases, imports, exports. Keeps their handles for progress and cancel.

use super::mailbox::Mailbox;
use crate::formats::case::{self, CaseFiles};
use crate::formats::nifti::LoadOptions;
use crate::gpu::Scene;
use crate::jobs::{self, Job, JobWatch};
use crate::project::CaseInfo;
use crate::qa::CaseId;
use crate::state::{CaseMessage, Command, JobView, StoreMessage, Toast};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

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
    /// Shown in the status line; reading ahead is not.
    shown: bool,
}

impl Jobs {
    /// What runs and is waited for, for the status line; forgets what has finished.
    pub fn views(&mut self, on_screen: Option<&CaseId>) -> Vec<JobView> {
        self.running.retain(|r| !r.job.finished());
        let waited_for = |r: &&Running| r.shown || r.case.as_ref().is_some_and(|c| on_screen == Some(c));
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

    fn start(
        &mut self,
        title: String,
        case: Option<CaseId>,
        shown: bool,
        mailbox: &Mailbox,
        work: impl FnOnce(&JobWatch) -> Vec<Command> + Send + 'static,
    ) {
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
            }
            Err(e) => {
                mailbox.send(Command::Toast(Toast::error(format!("the system refused a thread: {e}; close other programs and try again"))));
            }
        }
    }

    /// Any work with a title, whose answers are commands.
    pub fn run(&mut self, title: &str, mailbox: &Mailbox, work: impl FnOnce(&JobWatch) -> Vec<Command> + Send + 'static) {
        self.start(title.to_owned(), None, true, mailbox, work);
    }

    /// Short work on what is in memory; not shown.
    pub fn beside(&mut self, mailbox: &Mailbox, work: impl FnOnce() -> Vec<Command> + Send + 'static) {
        self.start(String::new(), None, false, mailbox, move |_| work());
    }

    /// Short work on the disk; only a problem is shown.
    pub fn quietly(&mut self, mailbox: &Mailbox, work: impl FnOnce() -> Option<String> + Send + 'static) {
        let toast = |text| Command::Toast(Toast::warning(text));
        self.start(String::new(), None, false, mailbox, move |_| work().map(toast).into_iter().collect());
    }

    /// Reads a case's image and masks.
    pub fn load_case(&mut self, info: &CaseInfo, ahead: bool, mailbox: &Mailbox) {
        let files =
            CaseFiles { image: info.image.as_ref().and_then(|f| f.path.clone()), masks: info.masks.as_ref().and_then(|f| f.path.clone()) };
        let case = info.id.clone();
        let title = format!("reading {case}");
        let id = case.clone();
        self.start(title, Some(case), !ahead, mailbox, move |watch| vec![Command::Case(read_case(id, &files, watch))]);
    }
}

fn read_case(case: CaseId, files: &CaseFiles, watch: &JobWatch) -> CaseMessage {
    let read = catch_unwind(AssertUnwindSafe(|| case::load(files, &LoadOptions::default(), watch)));
    match read {
        Ok(Ok(loaded)) => CaseMessage::Loaded { case, scene: Scene::new(loaded.volume, loaded.labels), warnings: loaded.warnings },
        Ok(Err(e)) => CaseMessage::Failed { case, message: e.to_string() },
        Err(_) => CaseMessage::Failed { case, message: "an internal error stopped the reader; please report this file".to_owned() },
    }
}
