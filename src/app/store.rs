//! The open project's two threads: one writes events in order, one answers queries. Each has its own connection.
//!
//! Dropping the [`Store`] waits until every decision that was sent is on disk. When the file is lost under the window (replaced, deleted, cut
//! short), nothing is acknowledged any more; decisions stay here until they are saved in a copy.

use super::mailbox::Mailbox;
use crate::jobs;
use crate::project::check::{Source, Standing};
use crate::project::lease::{Lease, this_host};
use crate::project::{FileSystem, Kept, Project, ProjectError, config_dir, name_beside};
use crate::qa::{CaseId, ItemId};
use crate::review::{Action, Event, NewEvent, ReaderKey, Reviewer, ShownImage};
use crate::score::text::TextScorer;
use crate::state::{AnswersCommand, Command, CompareCommand, DraftWrite, GeometryCommand, StoreMessage, Toast, Write};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded, unbounded};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Hits beyond this many are cut; the queue says so.
const MOST_HITS: usize = 5000;
/// How often another program's writes are looked for, and what became of the file: that is on screen within two seconds.
const LOOK_AROUND: Duration = Duration::from_millis(1500);
/// How long closing waits for the last write.
const LAST_WRITE: Duration = Duration::from_secs(20);

/// Of a decision after the file was lost; the banner says what became of the file.
const WAITS: &str = "the project's file is lost. It waits here for \"Save a copy…\"";

pub struct Store {
    writes: Option<Sender<WriteRequest>>,
    queries: Sender<Query>,
    closed: Receiver<()>,
    path: PathBuf,
}

/// How a project is opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Opening {
    /// Make it when it is not there.
    pub create: bool,
    /// Although a window of another machine has it, or had it until a moment ago.
    pub consent: bool,
}

enum WriteRequest {
    Write(Write),
    MapRoot {
        name: String,
        folder: PathBuf,
    },
    /// Something else changed the file: read everything again.
    Refresh,
    /// Everything that is there, and what was decided here, into a new file.
    SaveCopy(PathBuf),
    /// Look at the file now.
    LookAround,
    Draft(DraftWrite),
    FetchDrafts(ReaderKey),
}

pub enum Query {
    Item {
        id: ItemId,
        generation: u64,
    },
    Ahead {
        id: ItemId,
    },
    Compared {
        case: CaseId,
        generation: u64,
    },
    Search {
        query: String,
        generation: u64,
    },
    /// Verdicts of the last check.
    Standings,
    Refresh,
}

impl Store {
    /// Starts the threads. The project itself is opened on the writing one; [`StoreMessage::Opened`] or `OpenFailed` follows.
    ///
    /// Errors when the system refuses a thread.
    pub fn open(path: PathBuf, how: Opening, select: Option<ItemId>, mailbox: Mailbox) -> std::io::Result<Self> {
        let (writes, requests) = unbounded();
        let (queries, questions) = unbounded();
        let (done, closed) = bounded(1);
        let (file, mail) = (path.clone(), mailbox.clone());
        jobs::spawn("voxaudit-write", "", 0, move |_| {
            write_thread(&file, how, select, &requests, &mail);
            let _ = done.send(()); // nobody may be waiting
        })?;
        let file = path.clone();
        jobs::spawn("voxaudit-query", "", 0, move |_| query_thread(&file, &questions, &mailbox))?;
        Ok(Self { writes: Some(writes), queries, closed, path })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn write(&self, write: Write) {
        self.request(WriteRequest::Write(write));
    }

    pub fn keep_draft(&self, draft: DraftWrite) {
        self.request(WriteRequest::Draft(draft));
    }

    /// [`StoreMessage::Drafts`] follows.
    pub fn fetch_drafts(&self, reader: ReaderKey) {
        self.request(WriteRequest::FetchDrafts(reader));
    }

    pub fn map_root(&self, name: String, folder: PathBuf) {
        self.request(WriteRequest::MapRoot { name, folder });
    }

    /// Writes the whole project to a new file; [`StoreMessage::Copied`] follows.
    pub fn save_copy(&self, to: PathBuf) {
        self.request(WriteRequest::SaveCopy(to));
    }

    /// Looks at the file without waiting for the next time that is due.
    pub fn look_around(&self) {
        self.request(WriteRequest::LookAround);
    }

    /// After an import: both connections read the file again.
    pub fn refresh(&self) {
        self.query(Query::Refresh);
        self.request(WriteRequest::Refresh);
    }

    pub fn query(&self, query: Query) {
        let _ = self.queries.send(query); // the thread lives as long as the store
    }

    fn request(&self, request: WriteRequest) {
        if let Some(writes) = &self.writes {
            let _ = writes.send(request);
        }
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.writes = None;
        let _ = self.closed.recv_timeout(LAST_WRITE);
    }
}

fn send(mailbox: &Mailbox, message: StoreMessage) {
    mailbox.send(Command::Store(message));
}

fn open(path: &Path, create: bool) -> Result<Project, ProjectError> {
    if create { Project::open_or_create(path) } else { Project::open(path) }
}

fn opened(project: &Project, select: Option<ItemId>) -> Result<StoreMessage, ProjectError> {
    Ok(StoreMessage::Opened {
        path: project.path().to_path_buf(),
        uuid: project.uuid()?,
        read_only: project.read_only(),
        network: project.file_system() == FileSystem::Network,
        items: project.items()?,
        review: Box::new(project.review_state()?),
        roots: project.roots()?,
        select,
    })
}

fn write_thread(path: &Path, how: Opening, select: Option<ItemId>, requests: &Receiver<WriteRequest>, mailbox: &Mailbox) {
    let session = leased(path, how).and_then(|lease| {
        let project = open(path, how.create)?;
        let lease = if project.read_only() {
            None
        } else {
            lease.map_or_else(|| Lease::take(path, &this_host(), how.consent).map(Some), |l| Ok(Some(l)))?
        };
        opened(&project, select).map(|message| (Session::new(project, lease, mailbox.clone()), message))
    });
    match session {
        Ok((mut session, message)) => {
            send(mailbox, message);
            session.run(requests);
        }
        Err(e) => {
            let refused = matches!(e, ProjectError::Leased { .. });
            send(mailbox, StoreMessage::OpenFailed { path: path.to_path_buf(), message: e.to_string(), leased: refused });
        }
    }
}

/// Before the file is touched: whether a window of another machine has it. A file that is not there yet, or may not be written, has no lease.
fn leased(path: &Path, how: Opening) -> Result<Option<Lease>, ProjectError> {
    match std::fs::metadata(path) {
        Ok(meta) if !meta.permissions().readonly() => Lease::take(path, &this_host(), how.consent).map(Some),
        _ => Ok(None),
    }
}

/// The writing connection, and what was decided on it: a file that is lost under it takes no decision along.
struct Session {
    project: Project,
    mailbox: Mailbox,
    /// State of the file that the window shows.
    seen: i64,
    /// Events of this window, in order.
    written: Vec<Event>,
    /// Decisions that were not acknowledged because the file was lost.
    kept: Vec<Kept>,
    /// What became of the file, once it is lost.
    lost: Option<String>,
    /// Everything is in a copy.
    copied: bool,
    /// Says to others that this window is there; none while the project is read-only.
    lease: Option<Lease>,
    /// Other windows, as they were told last.
    company: Vec<String>,
    /// When it was last said and asked.
    beat: Instant,
}

impl Session {
    fn new(project: Project, lease: Option<Lease>, mailbox: Mailbox) -> Self {
        let seen = project.data_version().unwrap_or_default();
        let (written, kept, company) = (Vec::new(), Vec::new(), Vec::new());
        Self { project, mailbox, seen, written, kept, lost: None, copied: false, lease, company, beat: Instant::now() }
    }

    fn run(&mut self, requests: &Receiver<WriteRequest>) {
        self.keep_company();
        self.mend_search();
        loop {
            match requests.recv_timeout(LOOK_AROUND) {
                Ok(request) => self.serve(request),
                Err(RecvTimeoutError::Timeout) => self.look_around(),
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if self.beat.elapsed() >= LOOK_AROUND {
                self.keep_company();
            }
        }
        self.look_around();
        self.part();
    }

    fn serve(&mut self, request: WriteRequest) {
        let answer = match request {
            WriteRequest::Write(write) => self.save(write),
            WriteRequest::MapRoot { name, folder } => self.project.map_root(&name, &folder).and_then(|warning| {
                warning.into_iter().for_each(|text| self.mailbox.send(Command::Toast(Toast::warning(text))));
                refreshed(&self.project)
            }),
            WriteRequest::Refresh => refreshed(&self.project),
            WriteRequest::SaveCopy(to) => self.save_copy(&to),
            WriteRequest::LookAround => {
                self.look_around();
                self.keep_company();
                return;
            }
            WriteRequest::Draft(draft) => Ok(keep_draft(&mut self.project, draft)),
            WriteRequest::FetchDrafts(reader) => self.project.drafts_of(&reader).map(|drafts| StoreMessage::Drafts { reader, drafts }),
        };
        send(&self.mailbox, answer.unwrap_or_else(|e| StoreMessage::Failed(e.to_string())));
    }

    /// Whether the file is still there, and what other programs (a second window, the command line) wrote to it meanwhile.
    fn look_around(&mut self) {
        if self.lost.is_some() {
            return;
        }
        let there = self.project.still_there().and_then(|()| self.project.still_ours());
        if let Err(e @ (ProjectError::Lost { .. } | ProjectError::Foreign { .. })) = there {
            return self.lose(&e);
        }
        let Ok(now) = self.project.data_version() else { return };
        if now != self.seen
            && let Ok(review) = self.project.review_state()
        {
            self.seen = now;
            send(&self.mailbox, StoreMessage::Review(Box::new(review)));
        }
    }

    /// Tells other windows of this one, and this one of them.
    fn keep_company(&mut self) {
        self.beat = Instant::now();
        let reader = self.written.last().map_or("", |e| e.reviewer.name.as_str());
        let Some(lease) = &mut self.lease else { return };
        let now: Vec<String> = lease.beat(reader, self.beat).iter().map(ToString::to_string).collect();
        if now != self.company {
            self.company.clone_from(&now);
            send(&self.mailbox, StoreMessage::Company(now));
        }
    }

    /// An index of search that is not what the last import left is made again; without a word, for nothing else hangs on it.
    fn mend_search(&mut self) {
        if !self.project.read_only()
            && self.project.search_index_fits().is_ok_and(|fits| !fits)
            && let Err(e) = self.project.rebuild_search_index()
        {
            send(&self.mailbox, StoreMessage::Failed(format!("the index of search is damaged and was not made again: {e}")));
        }
    }

    fn lose(&mut self, why: &ProjectError) {
        if self.lost.is_none() {
            let message = why.to_string();
            self.lost = Some(message.clone());
            send(&self.mailbox, StoreMessage::Lost { message });
        }
    }

    /// One event to disk. A refusal names the item, whose decision the window keeps.
    fn save(&mut self, write: Write) -> Result<StoreMessage, ProjectError> {
        let event = match write {
            Write::Event(event) => *event,
            Write::Undo(_) | Write::Redo(_) if self.lost.is_some() => {
                return Ok(StoreMessage::Nothing("The project's file is lost: save a copy before you undo or redo."));
            }
            Write::Undo(reviewer) => match step_back(&self.project, reviewer, true)? {
                Some(event) => event,
                None => return Ok(StoreMessage::Nothing("There is nothing of yours to undo.")),
            },
            Write::Redo(reviewer) => match step_back(&self.project, reviewer, false)? {
                Some(event) => event,
                None => return Ok(StoreMessage::Nothing("There is nothing to redo.")),
            },
        };
        if self.lost.is_some() {
            let refusal = not_saved(&event, WAITS.to_owned());
            if !self.kept.iter().any(|k| k.event == event) {
                self.kept.push(Kept { event, committed: false }); // asked for again, it is still one decision
                self.copied = false;
            }
            return Ok(refusal);
        }
        match self.project.append(event.clone()) {
            Ok(event) => {
                self.written.push(event.clone());
                Ok(StoreMessage::Saved(Box::new(event)))
            }
            Err(e) => {
                if matches!(e, ProjectError::Lost { .. } | ProjectError::Foreign { .. }) {
                    let refusal = not_saved(&event, WAITS.to_owned());
                    self.kept.push(Kept { event, committed: true });
                    self.lose(&e);
                    return Ok(refusal);
                }
                Ok(not_saved(&event, e.to_string()))
            }
        }
    }

    fn save_copy(&mut self, to: &Path) -> Result<StoreMessage, ProjectError> {
        let path = to.to_path_buf();
        if self.lost.is_none() {
            self.project.save_copy(to)?;
            return Ok(StoreMessage::Copied { path, moved: false, problems: Vec::new() });
        }
        let copied = self.project.save_kept(to, &self.written, &self.kept)?;
        self.copied = true;
        Ok(StoreMessage::Copied { path, moved: true, problems: copied.problems })
    }

    /// The window goes: what is in no file yet is put into one that nobody asked for.
    fn part(&mut self) {
        if self.lost.is_none() || self.copied || (self.kept.is_empty() && self.written.is_empty()) {
            return;
        }
        let beside = name_beside(self.project.path());
        let settings = config_dir().and_then(|d| beside.file_name().map(|name| d.join(name)));
        for place in std::iter::once(beside).chain(settings) {
            if self.save_copy(&place).is_ok() {
                return;
            }
        }
    }
}

/// A refusal that names whose decision, measurement or word on an answer it was.
fn not_saved(event: &NewEvent, message: String) -> StoreMessage {
    let annotation = event.action.annotation_id().map(str::to_owned);
    let about_answer = event.action.answer().map(|_| Box::new(event.action.clone()));
    let named = annotation.is_some() || about_answer.is_some() || matches!(event.action, Action::Decide(_));
    let item = named.then(|| event.item.clone());
    StoreMessage::NotSaved { item, annotation, about_answer, message }
}

fn refreshed(project: &Project) -> Result<StoreMessage, ProjectError> {
    Ok(StoreMessage::Refreshed { items: project.items()?, review: Box::new(project.review_state()?), roots: project.roots()? })
}

/// A draft to disk, or away from it.
fn keep_draft(project: &mut Project, draft: DraftWrite) -> StoreMessage {
    let DraftWrite { reader, item, content } = draft;
    let done = match content {
        Some(content) => project.put_draft(&reader, &item, &content),
        None => project.remove_draft(&reader, &item),
    };
    StoreMessage::DraftKept { item, problem: done.err().map(|e| e.to_string()) }
}

fn step_back(project: &Project, reviewer: Reviewer, undo: bool) -> Result<Option<NewEvent>, ProjectError> {
    let step = if undo { project.next_undo(&reviewer.name)? } else { project.next_redo(&reviewer.name)? };
    let Some((event, item)) = step else { return Ok(None) };
    let Some(judged) = project.item(&item)?.map(|i| i.text_hash()) else { return Ok(None) };
    let action = if undo { Action::Undo { event } } else { Action::Redo { event } };
    Ok(Some(NewEvent { reviewer, item, judged, active_seconds: 0.0, image: ShownImage::None, action }))
}

/// The reading connection, and what remembers words from answer to answer.
struct Reader {
    project: Project,
    scorer: TextScorer,
}

fn query_thread(path: &Path, questions: &Receiver<Query>, mailbox: &Mailbox) {
    let mut reader: Option<Reader> = None;
    while let Ok(query) = questions.recv() {
        let query = newest_search(query, questions, &mut |q| reader = answer(path, reader.take(), q, mailbox));
        reader = answer(path, reader.take(), query, mailbox);
    }
}

/// While searches queue up (fast typing), only the last one is worth an answer; other queries in between are answered by `other`.
fn newest_search(first: Query, questions: &Receiver<Query>, other: &mut dyn FnMut(Query)) -> Query {
    let mut now = first;
    while matches!(now, Query::Search { .. }) {
        match questions.try_recv() {
            Ok(next @ Query::Search { .. }) => now = next,
            Ok(next) => other(next),
            Err(_) => break,
        }
    }
    now
}

/// Answers on the kept connection, which is opened when it is first needed.
fn answer(path: &Path, reader: Option<Reader>, query: Query, mailbox: &Mailbox) -> Option<Reader> {
    if matches!(query, Query::Refresh) {
        return None;
    }
    let mut reader = match reader.map_or_else(|| open_reader(path), Ok) {
        Ok(reader) => reader,
        Err(e) => {
            send(mailbox, StoreMessage::Failed(e.to_string()));
            return None;
        }
    };
    if let Err(e) = reader.project.still_ours() {
        send(mailbox, StoreMessage::Failed(e.to_string()));
        return None;
    }
    if let Query::Compared { case, generation } = query {
        mailbox.send(Command::Compare(compared(&reader.project, &case, generation)));
        return Some(reader);
    }
    if matches!(query, Query::Standings) {
        mailbox.send(match standings(&reader.project) {
            Ok(all) => Command::Geometry(GeometryCommand::Standings(all)),
            Err(e) => Command::Store(StoreMessage::Failed(e.to_string())),
        });
        return Some(reader);
    }
    let answers = if let Query::Item { id, generation } = &query { Some((id.clone(), *generation)) } else { None };
    match ask(&reader.project, query) {
        Ok(Some(message)) => send(mailbox, message),
        Ok(None) => {}
        Err(e) => send(mailbox, StoreMessage::Failed(e.to_string())),
    }
    if let Some((id, generation)) = answers {
        send_answers(&mut reader, &id, generation, mailbox);
    }
    Some(reader)
}

fn open_reader(path: &Path) -> Result<Reader, ProjectError> {
    let project = Project::open_read_only(path)?;
    project.prepare_search()?;
    Ok(Reader { project, scorer: TextScorer::default() })
}

/// Models' answers to an item, after the item itself.
fn send_answers(reader: &mut Reader, id: &ItemId, generation: u64, mailbox: &Mailbox) {
    match super::answers::rows(&reader.project, id, &mut reader.scorer) {
        Ok(rows) => mailbox.send(Command::Answers(AnswersCommand::Arrived { generation, rows })),
        Err(e) => send(mailbox, StoreMessage::Failed(e.to_string())),
    }
}

/// Those that filters of the queue ask for: on reference answers and edits, not on models' answers.
fn standings(reader: &Project) -> Result<Vec<Standing>, ProjectError> {
    let mut all = reader.standings()?;
    all.retain(|s| !matches!(s.source, Source::Answer(_)));
    Ok(all)
}

/// Where the files of a case are that is to be compared with the one on screen.
fn compared(reader: &Project, case: &CaseId, generation: u64) -> CompareCommand {
    match reader.case(case) {
        Ok(Some(info)) => CompareCommand::Found { generation, case: Box::new(info) },
        Ok(None) => CompareCommand::Failed { generation, message: format!("{case} is no longer in the project") },
        Err(e) => CompareCommand::Failed { generation, message: e.to_string() },
    }
}

fn ask(reader: &Project, query: Query) -> Result<Option<StoreMessage>, ProjectError> {
    Ok(match query {
        Query::Item { id, generation } => match (reader.item(&id)?, reader.case(&id.case)?) {
            (Some(item), Some(case)) => Some(StoreMessage::Item { generation, item, case: Box::new(case), said: reader.said(&id)? }),
            _ => Some(StoreMessage::Failed(format!("item {id} is no longer in the project"))),
        },
        Query::Ahead { id } => reader.case(&id.case)?.map(|case| StoreMessage::Ahead(Box::new(case))),
        Query::Search { query, generation } => {
            let hits = reader.search(&query, MOST_HITS)?;
            Some(StoreMessage::Hits { generation, ids: hits.ids, truncated: hits.truncated })
        }
        Query::Refresh | Query::Compared { .. } | Query::Standings => None,
    })
}
