//! Which items an export holds, with which text, and the audit object of each.

use super::answers::add_answers;
use super::privacy::{hide_names, shorten_names, shorten_paths};
use super::{ExportError, ExportRequest};
use crate::formats::export::{ExportCase, ExportRow};
use crate::formats::json::exact;
use crate::formats::qa::{AUDIT_SCHEMA, AUDIT_VERSION};
use crate::geometry::{Measure, Shape};
use crate::project::query::{damaged_item, full_item};
use crate::project::{AnswerView, Project, ProjectError};
use crate::qa::{Item, ItemId, Task};
use crate::review::{Decision, Evidence, Flagged, ItemReview, Reading, ReviewState, Status};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

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

/// The rows of an export.
#[derive(Debug, Default)]
pub(super) struct Collected {
    pub cases: Vec<ExportCase>,
    pub exported: BTreeMap<Status, usize>,
    pub left_out: BTreeMap<Status, usize>,
    /// Exported items whose audit is the one they came with.
    pub carried: usize,
}

/// An item with everything the project keeps of its source.
struct Stored {
    item: Item,
    fields: Map<String, Value>,
    carried: Option<Map<String, Value>>,
    case_fields: Option<Map<String, Value>>,
}

const SELECT: &str = "SELECT c.case_id, i.position, i.question, i.task, i.categories, i.answer, i.options, s.fields, s.carried, c.fields
    FROM cases c JOIN items i ON i.case_ref = c.id JOIN item_sources s ON s.item = i.id WHERE c.ord IS NOT NULL ORDER BY c.ord, i.position";

pub(super) fn collect(project: &Project, request: &ExportRequest) -> Result<Collected, ExportError> {
    let state = project.review_state()?;
    let mut out = Collected::default();
    for stored in read(project)? {
        let (status, row) = finish(&stored, &state, &project.item_answers(&stored.item.id)?, request);
        let included = match status {
            Status::Accepted | Status::Edited => true,
            Status::Rejected => request.include.rejected,
            Status::Undecided | Status::Disputed => request.include.undecided,
        };
        let counts = if included { &mut out.exported } else { &mut out.left_out };
        *counts.entry(status).or_default() += 1;
        if !included {
            continue;
        }
        let reviewed_here = state.item(&stored.item.id).is_some_and(|r| !r.readings.is_empty());
        out.carried += usize::from(stored.carried.is_some() && !reviewed_here);
        match out.cases.last_mut() {
            Some(last) if last.case == stored.item.id.case => last.rows.push(row),
            _ => {
                let mut fields = stored.case_fields;
                fields.iter_mut().for_each(shorten_paths);
                out.cases.push(ExportCase { case: stored.item.id.case, fields, rows: vec![row] });
            }
        }
    }
    shorten_names(&mut out.cases);
    if request.pseudonyms {
        let log = project.events()?.into_iter().map(|e| e.reviewer.name);
        hide_names(&mut out.cases, log);
    }
    Ok(out)
}

fn read(project: &Project) -> Result<Vec<Stored>, ProjectError> {
    let object = |r: &rusqlite::Row<'_>, at: usize, id: &ItemId, what: &str| -> rusqlite::Result<Option<Map<String, Value>>> {
        let Some(text) = r.get::<_, Option<String>>(at)? else { return Ok(None) };
        let found = exact(&text).and_then(|v| v.as_object().cloned());
        found.map(Some).ok_or_else(|| damaged_item(at, id, &format!("{what} are unreadable")))
    };
    let rows = || -> rusqlite::Result<Vec<Stored>> {
        let row = |r: &rusqlite::Row<'_>| {
            let item = full_item(r)?;
            let fields = object(r, 7, &item.id, "source fields")?.unwrap_or_default();
            let carried = object(r, 8, &item.id, "earlier reviews")?;
            let case_fields = object(r, 9, &item.id, "case's fields")?;
            Ok(Stored { item, fields, carried, case_fields })
        };
        project.conn.prepare(SELECT)?.query_map([], row)?.collect()
    };
    rows().map_err(ProjectError::sql(&project.path))
}

/// Status, text and audit object of one item.
fn finish(stored: &Stored, state: &ReviewState, answers: &[AnswerView], request: &ExportRequest) -> (Status, ExportRow) {
    let nothing = ItemReview::default();
    let review = state.item(&stored.item.id).unwrap_or(&nothing);
    let (status, question, answer, audit) = match &stored.carried {
        Some(carried) if review.readings.is_empty() => from_carried(stored, carried, review),
        _ => from_readings(stored, review, request.policy),
    };
    let mut fields = stored.fields.clone();
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
        options: stored.item.options.clone(),
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
    if review.flagged() {
        add_flags(&mut audit, review);
    }
    add_annotations(&mut audit, review);
    (status, new("question").unwrap_or(stored.item.question.clone()), new("answer").unwrap_or(stored.item.answer.clone()), audit)
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
    if !review.past.is_empty() {
        // They count for the text that was judged, whose hash they name.
        audit.insert("past_readings".into(), review.past.values().map(|r| reading(r, item)).collect());
    }
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
