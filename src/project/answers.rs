//! Reading models' answers, judges' verdicts and what reviewers say about them.

use super::{Project, ProjectError};
use crate::formats::Watch;
use crate::qa::{Answer, CaseId, Condition, ItemId, ModelRun, TextHash, Vote};
use crate::review::{AnswerRef, AnswerReview, ReaderKey};
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::collections::{BTreeMap, HashMap};

/// A run and who judged it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunInfo {
    pub run: ModelRun,
    /// Items it answered.
    pub answers: usize,
    pub judges: Vec<JudgeInfo>,
}

/// A judge's verdicts on one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JudgeInfo {
    pub judge: String,
    pub correct: usize,
    pub incorrect: usize,
    /// Answers without a verdict.
    pub missing: usize,
}

/// One model's answer to an item with everything said about it.
#[derive(Clone, Debug, PartialEq)]
pub struct AnswerView {
    pub run: ModelRun,
    /// Exactly as the source wrote it.
    pub text: String,
    /// The model's own explanation.
    pub reasoning: Option<String>,
    pub sha256: TextHash,
    /// One for every judge of the run, by name.
    pub verdicts: Vec<Verdict>,
    /// Judgements and labels by reviewer.
    pub reviews: BTreeMap<ReaderKey, AnswerReview>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub judge: String,
    /// `None` is missing: neither right nor wrong.
    pub correct: Option<bool>,
    /// The judge's reply could not be parsed and its verdict is that of another item.
    pub parse_error: bool,
    pub reasoning: Option<String>,
}

impl AnswerView {
    /// What an event about this answer names.
    pub fn reference(&self) -> AnswerRef {
        AnswerRef { run: self.run.clone(), sha256: self.sha256 }
    }

    /// Adds what reviewers of the item say of this answer.
    pub(super) fn add_reviews(&mut self, review: &crate::review::ItemReview) {
        self.reviews = reviews_of(review, &self.run);
    }
}

const RUNS: &str =
    "SELECT r.id, r.model, r.condition, (SELECT count(*) FROM answers a WHERE a.run = r.id) FROM runs r ORDER BY r.model, r.condition";
const JUDGES: &str = "SELECT j.run, j.judge, count(v.correct), coalesce(sum(v.correct), 0) FROM judges j
    LEFT JOIN verdicts v ON v.judge = j.id GROUP BY j.id ORDER BY j.judge";
const VIEWS: &str =
    "SELECT a.id, r.model, r.condition, a.text, a.reasoning, a.text_hash, j.judge, v.correct, v.parse_error, w.reasoning, a.item
    FROM json_each(?1) x JOIN answers a ON a.item = x.value JOIN runs r ON r.id = a.run
    LEFT JOIN judges j ON j.run = a.run LEFT JOIN verdicts v ON v.judge = j.id AND v.answer = a.id
    LEFT JOIN verdict_reasons w ON w.judge = v.judge AND w.answer = v.answer
    ORDER BY x.key, r.model, r.condition, j.judge";
const VIEW: &str = "SELECT a.id, r.model, r.condition, a.text, a.reasoning, a.text_hash, j.judge, v.correct, v.parse_error, w.reasoning
    FROM cases c JOIN items i ON i.case_ref = c.id JOIN answers a ON a.item = i.id JOIN runs r ON r.id = a.run
    LEFT JOIN judges j ON j.run = a.run LEFT JOIN verdicts v ON v.judge = j.id AND v.answer = a.id
    LEFT JOIN verdict_reasons w ON w.judge = v.judge AND w.answer = v.answer
    WHERE c.case_id = ?1 AND i.position = ?2 ORDER BY r.model, r.condition, j.judge";

impl Project {
    /// Every run, by model and condition.
    pub fn runs(&self) -> Result<Vec<RunInfo>, ProjectError> {
        let read = || -> rusqlite::Result<Vec<RunInfo>> {
            let mut judges = judges_by_run(&self.conn)?;
            let mut select = self.conn.prepare_cached(RUNS)?;
            let row = |r: &Row<'_>| Ok((r.get::<_, i64>(0)?, run(r, 1)?, super::query::count(r, 3)?));
            let runs: Vec<_> = select.query_map([], row)?.collect::<rusqlite::Result<_>>()?;
            Ok(runs.into_iter().map(|(id, run, answers)| RunInfo::new(run, answers, judges.remove(&id).unwrap_or_default())).collect())
        };
        read().map_err(ProjectError::sql(&self.path))
    }

    /// All answers to an item with votes, judgements and labels, by model and condition; empty when nobody answered it.
    pub fn item_answers(&self, item: &ItemId) -> Result<Vec<AnswerView>, ProjectError> {
        let read = || -> rusqlite::Result<Vec<AnswerView>> {
            let mut select = self.conn.prepare_cached(VIEW)?;
            let (mut out, mut last) = (Vec::new(), None);
            let mut rows = select.query(params![item.case.0, item.position])?;
            while let Some(r) = rows.next()? {
                add_view(r, &mut last, &mut out)?;
            }
            Ok(out)
        };
        let mut views = read().map_err(ProjectError::sql(&self.path))?;
        self.with_review(item, |review| views.iter_mut().for_each(|v| v.reviews = reviews_of(review, &v.run)))?;
        Ok(views)
    }

    /// The answers to many items at once, by the items' row ids, without what reviewers say of them.
    pub(super) fn answers_of(&self, items: &[i64]) -> Result<HashMap<i64, Vec<AnswerView>>, ProjectError> {
        let read = || -> rusqlite::Result<HashMap<i64, Vec<AnswerView>>> {
            let mut select = self.conn.prepare_cached(VIEWS)?;
            let mut rows = select.query([format!("{items:?}")])?;
            let (mut all, mut last): (HashMap<i64, Vec<AnswerView>>, _) = (HashMap::new(), None);
            while let Some(r) = rows.next()? {
                add_view(r, &mut last, all.entry(r.get(10)?).or_default())?;
            }
            Ok(all)
        };
        read().map_err(ProjectError::sql(&self.path))
    }

    /// Names the answer of `run` to `item` for an event; `None` when there is none.
    pub fn answer_ref(&self, item: &ItemId, run: &ModelRun) -> Result<Option<AnswerRef>, ProjectError> {
        let select =
            "SELECT a.text_hash FROM cases c JOIN items i ON i.case_ref = c.id JOIN answers a ON a.item = i.id JOIN runs r ON r.id = a.run
            WHERE c.case_id = ?1 AND i.position = ?2 AND r.model = ?3 AND r.condition = ?4";
        let read = || {
            let mut select = self.conn.prepare_cached(select)?;
            select.query_row(params![item.case.0, item.position, run.model, run.condition.name()], |r| r.get(0)).optional()
        };
        let found = read().map_err(ProjectError::sql(&self.path))?;
        Ok(found.map(|hash| AnswerRef { run: run.clone(), sha256: TextHash(hash) }))
    }

    /// Every answer, by model, condition and item in source order: what scores are computed from.
    pub fn answers(&self) -> Result<Vec<Answer>, ProjectError> {
        self.answers_and_votes(&()).map(|said| said.0)
    }

    /// Every vote that was imported, by model, condition, judge and item in source order.
    pub fn votes(&self) -> Result<Vec<Vote>, ProjectError> {
        self.answers_and_votes(&()).map(|said| said.1)
    }

    /// Both. When cancelled, they are incomplete: ask the watch.
    pub(super) fn answers_and_votes(&self, watch: &dyn Watch) -> Result<(Vec<Answer>, Vec<Vote>), ProjectError> {
        let read = || -> rusqlite::Result<(Vec<Answer>, Vec<Vote>)> {
            let runs = super::matrix::runs(&self.conn)?;
            let (items, mut answers, mut votes) = (Items::read(&self.conn)?, Vec::new(), Vec::new());
            for (done, (id, run)) in runs.iter().enumerate() {
                if watch.cancelled() {
                    break;
                }
                watch.advance(done as u64, runs.len() as u64);
                items.of_run(&self.conn, (*id, run), &mut answers, &mut votes)?;
            }
            Ok((answers, votes))
        };
        read().map_err(ProjectError::sql(&self.path))
    }
}

/// Items in source order, and the place of each id. Going run by run and looking items up here takes a fifth of what SQL takes to join and sort
/// the votes on a million answers.
struct Items {
    ids: Vec<ItemId>,
    places: HashMap<i64, usize>,
}

impl Items {
    fn read(conn: &Connection) -> rusqlite::Result<Self> {
        let sql = "SELECT c.case_id, i.position, i.id FROM cases c JOIN items i ON i.case_ref = c.id ORDER BY c.ord, i.position";
        let mut select = conn.prepare(sql)?;
        let rows: Vec<(ItemId, i64)> = select.query_map([], |r| Ok((item(r)?, r.get(2)?)))?.collect::<rusqlite::Result<_>>()?;
        let places = rows.iter().enumerate().map(|(n, (_, id))| (*id, n)).collect();
        Ok(Self { ids: rows.into_iter().map(|(id, _)| id).collect(), places })
    }

    /// Adds the answers of one run and the votes on them.
    fn of_run(
        &self,
        conn: &Connection,
        (id, run): (i64, &ModelRun),
        answers: &mut Vec<Answer>,
        votes: &mut Vec<Vote>,
    ) -> rusqlite::Result<()> {
        let mut of: HashMap<i64, usize> = HashMap::new();
        let mut own: Vec<(usize, Answer)> = Vec::new();
        let mut select = conn.prepare_cached("SELECT id, item, text, reasoning, source_row FROM answers WHERE run = ?1")?;
        let mut rows = select.query([id])?;
        while let Some(r) = rows.next()? {
            let Some(place) = self.places.get(&r.get(1)?).copied() else { continue };
            of.insert(r.get(0)?, place);
            let (model, condition) = (run.model.clone(), run.condition.clone());
            let item = self.ids[place].clone();
            own.push((place, Answer { item, model, condition, text: r.get(2)?, reasoning: r.get(3)?, row: r.get(4)? }));
        }
        own.sort_by_key(|(place, _)| *place);
        answers.extend(own.into_iter().map(|(_, answer)| answer));
        let mut judges = conn.prepare_cached("SELECT judge, id FROM judges WHERE run = ?1 ORDER BY judge")?;
        let judges: Vec<(String, i64)> = judges.query_map([id], |r| Ok((r.get(0)?, r.get(1)?)))?.collect::<rusqlite::Result<_>>()?;
        judges.iter().try_for_each(|(judge, id)| self.votes(conn, (run, judge, *id), &of, votes))
    }

    /// Adds one judge's votes; `of` knows the places of the answers they are on.
    fn votes(
        &self,
        conn: &Connection,
        (run, judge, id): (&ModelRun, &str, i64),
        of: &HashMap<i64, usize>,
        votes: &mut Vec<Vote>,
    ) -> rusqlite::Result<()> {
        let mut select = conn.prepare_cached("SELECT answer, correct, parse_error, source_row FROM verdicts WHERE judge = ?1")?;
        let mut own: Vec<(usize, Vote)> = Vec::new();
        let mut rows = select.query([id])?;
        while let Some(r) = rows.next()? {
            let Some(place) = of.get(&r.get(0)?).copied() else { continue };
            let (model, condition, judge) = (run.model.clone(), run.condition.clone(), judge.to_owned());
            let item = self.ids[place].clone();
            own.push((place, Vote { item, model, condition, judge, correct: r.get(1)?, parse_error: r.get(2)?, row: r.get(3)? }));
        }
        own.sort_by_key(|(place, _)| *place);
        votes.extend(own.into_iter().map(|(_, vote)| vote));
        Ok(())
    }
}

impl RunInfo {
    fn new(run: ModelRun, answers: usize, judges: Vec<JudgeCounts>) -> Self {
        let info = |(judge, given, correct): JudgeCounts| JudgeInfo {
            judge,
            correct,
            incorrect: given.saturating_sub(correct),
            missing: answers.saturating_sub(given),
        };
        Self { run, answers, judges: judges.into_iter().map(info).collect() }
    }
}

/// A judge, the verdicts it gave, and how many of these are "correct".
type JudgeCounts = (String, usize, usize);

/// By run id.
fn judges_by_run(conn: &Connection) -> rusqlite::Result<BTreeMap<i64, Vec<JudgeCounts>>> {
    let mut out: BTreeMap<i64, Vec<JudgeCounts>> = BTreeMap::new();
    let mut select = conn.prepare_cached(JUDGES)?;
    let mut rows = select.query([])?;
    while let Some(r) = rows.next()? {
        out.entry(r.get(0)?).or_default().push((r.get(1)?, super::query::count(r, 2)?, super::query::count(r, 3)?));
    }
    Ok(out)
}

/// From columns 0 and 1.
fn item(r: &Row<'_>) -> rusqlite::Result<ItemId> {
    Ok(ItemId { case: CaseId(r.get(0)?), position: r.get(1)? })
}

/// From columns `at` and `at + 1`.
pub(super) fn run(r: &Row<'_>, at: usize) -> rusqlite::Result<ModelRun> {
    Ok(ModelRun { model: r.get(at)?, condition: Condition::from(r.get::<_, String>(at + 1)?) })
}

/// A row is one verdict of one answer: `last` is the answer of the row before.
fn add_view(r: &Row<'_>, last: &mut Option<i64>, out: &mut Vec<AnswerView>) -> rusqlite::Result<()> {
    let id: i64 = r.get(0)?;
    if last.replace(id) != Some(id) {
        out.push(view(r)?);
    }
    if let (Some(view), Some(verdict)) = (out.last_mut(), verdict(r)?) {
        view.verdicts.push(verdict);
    }
    Ok(())
}

fn view(r: &Row<'_>) -> rusqlite::Result<AnswerView> {
    let (verdicts, reviews) = (Vec::new(), BTreeMap::new());
    Ok(AnswerView { run: run(r, 1)?, text: r.get(3)?, reasoning: r.get(4)?, sha256: TextHash(r.get(5)?), verdicts, reviews })
}

fn verdict(r: &Row<'_>) -> rusqlite::Result<Option<Verdict>> {
    let Some(judge) = r.get(6)? else { return Ok(None) };
    let parse_error = r.get::<_, Option<bool>>(8)?.unwrap_or(false);
    Ok(Some(Verdict { judge, correct: r.get(7)?, parse_error, reasoning: r.get(9)? }))
}

fn reviews_of(review: &crate::review::ItemReview, run: &ModelRun) -> BTreeMap<ReaderKey, AnswerReview> {
    review.of_answer(run).map(|(who, said)| (who.clone(), said.clone())).collect()
}
