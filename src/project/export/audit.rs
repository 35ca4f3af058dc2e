//! Which items an export holds, with which text, and the audit object of each.

use super::answers::add_answers;
use super::privacy::shorten_paths;
use super::{ExportError, ExportRequest};
use crate::formats::export::ExportRow;
use crate::formats::json::exact;
use crate::formats::qa::{AUDIT_SCHEMA, AUDIT_VERSION};
use crate::geometry::{Measure, Shape};
use crate::project::query::{damaged_item, full_item};
use crate::project::{AnswerView, Project, ProjectError};
use crate::qa::{CaseId, Item, ItemId, Task};
use crate::review::{Decision, Evidence, Flagged, ItemReview, Reading, ReviewState, Status};
use serde_json::{Map, Value, json};
use std::collections::HashMap;

/// How several readings of an item become one outcome. A single reading counts under every policy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Policy {
    /// Readings that agree count; a dispute counts only once it is adjudicated.
    #[default]
    Adjudicated,
    /// The outcome of more than half of the readers.
    Majority,
    /// Only what every reader agrees on.
    Unanimous,
    /// Kept when any reader accepted or edited it, with the latest such reading by the order of the log.
    Any,
}

impl Policy {
    pub const ALL: [Policy; 4] = [Policy::Adjudicated, Policy::Majority, Policy::Unanimous, Policy::Any];

    pub fn id(self) -> &'static str {
        match self {
            Policy::Adjudicated => "adjudicated",
            Policy::Majority => "majority",
            Policy::Unanimous => "unanimous",
            Policy::Any => "any",
        }
    }

    /// The reading that stands for the item, or the status that it is left with.
    pub fn outcome(self, review: &ItemReview) -> Result<&Reading, Status> {
        let readings: Vec<&Reading> = review.readings.values().collect();
        let first = *readings.first().ok_or(Status::Undecided)?;
        let kept = |r: &&&Reading| !matches!(r.decision, Decision::Reject { .. });
        match self {
            Policy::Adjudicated | Policy::Unanimous => {
                if review.status() == Status::Disputed {
                    Err(Status::Disputed)
                } else {
                    Ok(first)
                }
            }
            Policy::Majority => {
                let votes = |r: &&&Reading| readings.iter().filter(|o| o.decision.agrees(&r.decision)).count();
                readings.iter().find(|r| votes(r) * 2 > readings.len()).copied().ok_or(Status::Disputed)
            }
            Policy::Any => Ok(readings.iter().filter(kept).max_by_key(|r| r.order).copied().unwrap_or(first)),
        }
    }
}

/// One item as an export has it.
pub(super) struct Made {
    pub case: CaseId,
    pub status: Status,
    pub row: ExportRow,
    /// Its readings are those that it came with.
    pub carried: bool,
    /// It is the first item of its case, exported or not.
    pub first: bool,
    /// The case's own fields, on its first item.
    pub case_fields: Option<Map<String, Value>>,
}

/// An item with everything the project keeps of its source.
struct Stored {
    /// Row id.
    id: i64,
    item: Item,
    fields: Map<String, Value>,
    carried: Option<Map<String, Value>>,
    first: bool,
    /// On the first item of a case.
    case_fields: Option<Map<String, Value>>,
}

const SELECT: &str =
    "SELECT c.case_id, i.position, i.question, i.task, i.categories, i.answer, i.options, s.fields, s.carried, c.fields, i.id
    FROM cases c JOIN items i ON i.case_ref = c.id JOIN item_sources s ON s.item = i.id WHERE c.ord IS NOT NULL ORDER BY c.ord, i.position";
/// Items in memory at the same time.
const AT_ONCE: usize = 512;

/// Hands every item to `take`, in order, as the policy of the request leaves it. Few are in memory at the same time.
///
/// Errors when the project cannot be read, an item is damaged, or `take` errs.
pub(super) fn each(
    project: &Project,
    state: &ReviewState,
    request: &ExportRequest,
    take: &mut dyn FnMut(Made) -> Result<(), ExportError>,
) -> Result<(), ExportError> {
    let sql = |e| ProjectError::from_sql(&project.path, e);
    let answered = !project.runs()?.is_empty();
    let mut select = project.conn.prepare(SELECT).map_err(sql)?;
    let mut rows = select.query([]).map_err(sql)?;
    let mut last = None;
    loop {
        let some = read_some(&mut rows, &mut last).map_err(sql)?;
        if some.is_empty() {
            return Ok(());
        }
        let ids: Vec<i64> = some.iter().map(|s| s.id).collect();
        let mut answers = if answered { project.answers_of(&ids)? } else { HashMap::new() };
        for stored in some {
            let mut views = answers.remove(&stored.id).unwrap_or_default();
            if let Some(review) = state.item(&stored.item.id) {
                views.iter_mut().for_each(|v| v.add_reviews(review));
            }
            take(made(stored, state, &views, request))?;
        }
    }
}

fn made(stored: Stored, state: &ReviewState, views: &[AnswerView], request: &ExportRequest) -> Made {
    let reviewed_here = state.item(&stored.item.id).is_some_and(|r| !r.readings.is_empty());
    let readings = |audit: &Map<String, Value>| audit.get("readings").and_then(Value::as_array).is_some_and(|all| !all.is_empty());
    let carried = stored.carried.as_ref().is_some_and(readings) && !reviewed_here;
    let (case, mut stored) = (stored.item.id.case.clone(), stored);
    let (first, mut case_fields) = (stored.first, stored.case_fields.take());
    case_fields.iter_mut().for_each(shorten_paths);
    let (status, row) = finish(stored, state, views, request);
    Made { case, status, row, carried, first, case_fields }
}

/// The next items; `last` is the case of the one before.
fn read_some(rows: &mut rusqlite::Rows<'_>, last: &mut Option<CaseId>) -> rusqlite::Result<Vec<Stored>> {
    let object = |r: &rusqlite::Row<'_>, at: usize, id: &ItemId, what: &str| -> rusqlite::Result<Option<Map<String, Value>>> {
        let Some(text) = r.get_ref(at)?.as_str_or_null().map_err(|_| damaged_item(at, id, &format!("{what} are unreadable")))? else {
            return Ok(None);
        };
        match exact(text) {
            Some(Value::Object(fields)) => Ok(Some(fields)),
            _ => Err(damaged_item(at, id, &format!("{what} are unreadable"))),
        }
    };
    let mut some = Vec::with_capacity(AT_ONCE);
    while some.len() < AT_ONCE
        && let Some(r) = rows.next()?
    {
        let item = full_item(r)?;
        let fields = object(r, 7, &item.id, "source fields")?.unwrap_or_default();
        let carried = object(r, 8, &item.id, "earlier reviews")?;
        let first = last.as_ref() != Some(&item.id.case);
        let case_fields = if first { object(r, 9, &item.id, "case's fields")? } else { None };
        if first {
            *last = Some(item.id.case.clone());
        }
        some.push(Stored { id: r.get(10)?, item, fields, carried, first, case_fields });
    }
    Ok(some)
}

/// Status, text and audit object of one item.
fn finish(mut stored: Stored, state: &ReviewState, answers: &[AnswerView], request: &ExportRequest) -> (Status, ExportRow) {
    let nothing = ItemReview::default();
    let review = state.item(&stored.item.id).unwrap_or(&nothing);
    let (status, question, answer, audit) = match &stored.carried {
        Some(carried) if review.readings.is_empty() => from_carried(&stored, carried, review),
        _ => from_readings(&stored, review, request.policy),
    };
    let mut fields = std::mem::take(&mut stored.fields);
    let mut audit = audit;
    add_answers(&mut audit, answers);
    if let Some(own) = fields.shift_remove("audit") {
        audit.insert("replaced".into(), own);
    }
    shorten_paths(&mut fields);
    shorten_paths(&mut audit);
    fields.insert("question".into(), question.into());
    fields.insert("answer".into(), answer.into());
    let row = ExportRow {
        position: stored.item.id.position,
        fields,
        options: stored.item.options,
        task: stored.item.task.map(Task::code),
        categories: stored.item.categories.iter().map(|c| c.name()).collect(),
        audit,
    };
    (status, row)
}

type Finished = (Status, String, String, Map<String, Value>);

/// The audit an item came with stays as it is until somebody reviews the item here.
fn from_carried(stored: &Stored, carried: &Map<String, Value>, review: &ItemReview) -> Finished {
    let mut audit = carried.clone();
    let name = audit.get("status").and_then(Value::as_str).unwrap_or_default();
    let status = Status::ALL.into_iter().find(|s| s.name() == name).unwrap_or(Status::Undecided);
    let new = |key: &str| carried.get("edited").and_then(|e| e.get(key)).and_then(Value::as_str).map(str::to_owned);
    add_past_readings(&mut audit, review, &stored.item);
    if review.flagged() {
        add_flags(&mut audit, review);
    }
    add_annotations(&mut audit, review);
    (status, new("question").unwrap_or(stored.item.question.clone()), new("answer").unwrap_or(stored.item.answer.clone()), audit)
}

/// Decisions on texts that the item no longer has. They count for the text that was judged, whose hash they name.
fn add_past_readings(audit: &mut Map<String, Value>, review: &ItemReview, item: &Item) {
    if !review.past.is_empty() {
        audit.insert("past_readings".into(), review.past.values().map(|r| reading(r, item)).collect());
    }
}

fn from_readings(stored: &Stored, review: &ItemReview, policy: Policy) -> Finished {
    let item = &stored.item;
    let outcome = policy.outcome(review);
    let status = outcome.map_or_else(|s| s, |r| Status::from(&r.decision));
    let (new_question, new_answer) = match outcome.map(|r| &r.decision) {
        Ok(Decision::Edit { question, answer, .. }) => (question.clone(), answer.clone()),
        _ => (None, None),
    };
    let mut audit = Map::new();
    audit.insert("schema".into(), AUDIT_SCHEMA.into());
    audit.insert("version".into(), AUDIT_VERSION.into());
    audit.insert("item".into(), item.id.to_string().into());
    audit.insert("status".into(), status.name().into());
    audit.insert("text_sha256".into(), item.text_hash().hex().into());
    let (mut original, mut edited) = (Map::new(), Map::new());
    for (key, old, new) in [("question", &item.question, &new_question), ("answer", &item.answer, &new_answer)] {
        if let Some(new) = new.as_ref().filter(|n| *n != old) {
            original.insert(key.into(), old.clone().into());
            edited.insert(key.into(), new.clone().into());
        }
    }
    if !original.is_empty() {
        audit.insert("original".into(), original.into());
        audit.insert("edited".into(), edited.into());
    }
    audit.insert("readings".into(), review.readings.values().map(|r| reading(r, item)).collect());
    add_past_readings(&mut audit, review, item);
    add_flags(&mut audit, review);
    add_annotations(&mut audit, review);
    if let Some(earlier) = &stored.carried {
        audit.insert("earlier".into(), earlier.clone().into());
    }
    (status, new_question.unwrap_or_else(|| item.question.clone()), new_answer.unwrap_or_else(|| item.answer.clone()), audit)
}

/// Who flagged the item, and what they noted; an item whose flags have no note has no such key.
fn add_flags(audit: &mut Map<String, Value>, review: &ItemReview) {
    let names: Vec<&str> = review.flags.values().map(|f| f.reviewer.name.as_str()).collect();
    audit.insert("flagged_by".into(), json!(names));
    let notes: Vec<Value> = review.flags.values().filter(|f| !f.note.is_empty()).map(flag_note).collect();
    audit.shift_remove("flag_notes");
    if !notes.is_empty() {
        audit.insert("flag_notes".into(), notes.into());
    }
}

fn flag_note(flag: &Flagged) -> Value {
    let Flagged { reviewer, note, time, event } = flag;
    json!({"reviewer": reviewer.name, "initials": reviewer.initials, "note": note, "time": time.to_string(), "event": event.hex()})
}

/// What was drawn on the image, oldest first, after what the audit has already. An item without any has no such key.
fn add_annotations(audit: &mut Map<String, Value>, review: &ItemReview) {
    let drawn: Vec<Value> = review.evidence().into_iter().map(annotation).collect();
    if drawn.is_empty() {
        return;
    }
    match audit.get_mut("annotations") {
        Some(Value::Array(earlier)) => earlier.extend(drawn),
        _ => {
            audit.insert("annotations".into(), drawn.into());
        }
    }
}

/// One annotation with its measured values: points in RAS mm, lengths in mm, areas in mm², HU as they were when it was drawn.
fn annotation(e: &Evidence) -> Value {
    let a = &e.annotation;
    let points = match a.shape {
        Shape::Angle { a, vertex, b } => json!({"a": a, "vertex": vertex, "b": b}),
        shape => {
            let (a, b) = shape.ends();
            json!({"a": a, "b": b})
        }
    };
    let mut out = Map::new();
    out.insert("id".into(), a.id.clone().into());
    out.insert("version".into(), a.version.into());
    out.insert("kind".into(), a.shape.kind().code().into());
    out.insert("plane".into(), json!(a.plane));
    out.insert("points_ras_mm".into(), points);
    let thousandth = |v: f64| (v * 1000.0).round() / 1000.0;
    let values: &[(&str, f64)] = match a.measure() {
        Measure::LengthMm(mm) => &[("length_mm", mm)],
        Measure::Degrees(d) => &[("angle_degrees", d)],
        Measure::Area { width_mm, height_mm, area_mm2 } => &[("width_mm", width_mm), ("height_mm", height_mm), ("area_mm2", area_mm2)],
    };
    values.iter().for_each(|(key, v)| drop(out.insert((*key).into(), thousandth(*v).into())));
    if let Some(hu) = &a.hu {
        out.insert("hu".into(), json!(hu));
    }
    out.insert("reviewer".into(), e.reviewer.name.clone().into());
    out.insert("initials".into(), e.reviewer.initials.clone().into());
    out.insert("time".into(), e.time.to_string().into());
    out.insert("event".into(), e.event.hex().into());
    Value::Object(out)
}

fn reading(r: &Reading, item: &Item) -> Value {
    let mut out = Map::new();
    out.insert("reviewer".into(), r.reviewer.name.clone().into());
    out.insert("initials".into(), r.reviewer.initials.clone().into());
    if let Ok(Value::Object(decision)) = serde_json::to_value(&r.decision) {
        out.extend(decision);
    }
    out.insert("time".into(), r.time.to_string().into());
    out.insert("active_seconds".into(), r.active_seconds.into());
    if r.judged != item.text_hash() {
        out.insert("judged_text_sha256".into(), r.judged.hex().into());
    }
    out.insert("event".into(), r.event.hex().into());
    Value::Object(out)
}
