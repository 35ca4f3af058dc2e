//! The open project's two threads: one writes events in order, one answers queries. Each has its own connection.
//!
//! Dropping the [`Store`] waits until every decision that was sent is on disk.

use super::mailbox::Mailbox;
use crate::jobs;
use crate::project::check::{Source, Standing};
use crate::project::{Project, ProjectError};
use crate::qa::{CaseId, ItemId};
use crate::review::{Action, NewEvent, Reviewer};
use crate::score::text::TextScorer;
use crate::state::{AnswersCommand, Command, CompareCommand, GeometryCommand, StoreMessage, Toast, Write};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded, unbounded};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Hits beyond this many are cut; the queue says so.
const MOST_HITS: usize = 5000;
/// How often another program's writes are looked for.
const LOOK_AROUND: Duration = Duration::from_secs(2);
/// How long closing waits for the last write.
const LAST_WRITE: Duration = Duration::from_secs(20);

pub struct Store {
    writes: Option<Sender<WriteRequest>>,
    queries: Sender<Query>,
    closed: Receiver<()>,
    path: PathBuf,
}

enum WriteRequest {
    Write(Write),
    MapRoot {
        name: String,
        folder: PathBuf,
    },
    /// Something else changed the file: read everything again.
    Refresh,
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
    pub fn open(path: PathBuf, create: bool, select: Option<ItemId>, mailbox: Mailbox) -> std::io::Result<Self> {
        let (writes, requests) = unbounded();
        let (queries, questions) = unbounded();
        let (done, closed) = bounded(1);
        let (file, mail) = (path.clone(), mailbox.clone());
        jobs::spawn("voxaudit-write", "", 0, move |_| {
            write_thread(&file, create, select, &requests, &mail);
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

    pub fn map_root(&self, name: String, folder: PathBuf) {
        self.request(WriteRequest::MapRoot { name, folder });
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
        items: project.items()?,
        review: Box::new(project.review_state()?),
        roots: project.roots()?,
        select,
    })
}

fn write_thread(path: &Path, create: bool, select: Option<ItemId>, requests: &Receiver<WriteRequest>, mailbox: &Mailbox) {
    let project = open(path, create).and_then(|p| opened(&p, select).map(|m| (p, m)));
    let mut project = match project {
        Ok((project, message)) => {
            send(mailbox, message);
            project
        }
        Err(e) => return send(mailbox, StoreMessage::OpenFailed { path: path.to_path_buf(), message: e.to_string() }),
    };
    let mut seen = project.data_version().unwrap_or_default();
    loop {
        let request = match requests.recv_timeout(LOOK_AROUND) {
            Ok(request) => request,
            Err(RecvTimeoutError::Timeout) => {
                look_around(&project, &mut seen, mailbox);
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => return,
        };
        let answer = match request {
            WriteRequest::Write(write) => save(&mut project, write),
            WriteRequest::MapRoot { name, folder } => project.map_root(&name, &folder).and_then(|warning| {
                warning.into_iter().for_each(|text| mailbox.send(Command::Toast(Toast::warning(text))));
                refreshed(&project)
            }),
            WriteRequest::Refresh => refreshed(&project),
        };
        send(mailbox, answer.unwrap_or_else(|e| StoreMessage::Failed(e.to_string())));
    }
}

/// What other programs wrote meanwhile (a second window, the command line) is shown too.
fn look_around(project: &Project, seen: &mut i64, mailbox: &Mailbox) {
    let Ok(now) = project.data_version() else { return };
    if now != *seen
        && let Ok(review) = project.review_state()
    {
        *seen = now;
        send(mailbox, StoreMessage::Review(review));
    }
}

fn refreshed(project: &Project) -> Result<StoreMessage, ProjectError> {
    Ok(StoreMessage::Refreshed { items: project.items()?, review: project.review_state()?, roots: project.roots()? })
}

/// One event to disk. A refusal names the item, whose decision the window keeps.
fn save(project: &mut Project, write: Write) -> Result<StoreMessage, ProjectError> {
    let event = match write {
        Write::Event(event) => event,
        Write::Undo(reviewer) => match step_back(project, reviewer, true)? {
            Some(event) => event,
            None => return Ok(StoreMessage::Nothing("There is nothing of yours to undo.")),
        },
        Write::Redo(reviewer) => match step_back(project, reviewer, false)? {
            Some(event) => event,
            None => return Ok(StoreMessage::Nothing("There is nothing to redo.")),
        },
    };
    let annotation = event.action.annotation_id().map(str::to_owned);
    let about_answer = event.action.answer().map(|_| Box::new(event.action.clone()));
    let named = annotation.is_some() || about_answer.is_some() || matches!(event.action, Action::Decide(_));
    let item = named.then(|| event.item.clone());
    Ok(match project.append(event) {
        Ok(event) => StoreMessage::Saved(event),
        Err(e) => StoreMessage::NotSaved { item, annotation, about_answer, message: e.to_string() },
    })
}

fn step_back(project: &Project, reviewer: Reviewer, undo: bool) -> Result<Option<NewEvent>, ProjectError> {
    let step = if undo { project.next_undo(&reviewer.name)? } else { project.next_redo(&reviewer.name)? };
    let Some((event, item)) = step else { return Ok(None) };
    let Some(judged) = project.item(&item)?.map(|i| i.text_hash()) else { return Ok(None) };
    let action = if undo { Action::Undo { event } } else { Action::Redo { event } };
    Ok(Some(NewEvent { reviewer, item, judged, active_seconds: 0.0, action }))
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
