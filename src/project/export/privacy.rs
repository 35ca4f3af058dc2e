//! What an export must not say: where files lie on somebody's machine and, under pseudonyms, who reviewed.

use crate::formats::paths::{file_name, without_folders};
use crate::review::{Criteria, ReaderKey, Status};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Texts that people wrote; they are exported as they are.
const TEXTS: &[&str] =
    &["question", "answer", "options", "note", "notes", "findings", "impression", "prediction", "reasoning", "explanation"];
/// What our audit object and its readings hold. Under pseudonyms nothing else is kept: it could be a name.
const AUDIT_KEYS: &[&str] = &[
    "schema",
    "version",
    "item",
    "status",
    "text_sha256",
    "original",
    "edited",
    "readings",
    "past_readings",
    "flagged_by",
    "flag_notes",
    "annotations",
    "answers",
    "earlier",
    "case",
];
const READING_KEYS: &[&str] = &[
    "reviewer",
    "initials",
    "decision",
    "reason",
    "criteria",
    "question",
    "answer",
    "note",
    "time",
    "active_seconds",
    "judged_text_sha256",
];
const FLAG_KEYS: &[&str] = &["reviewer", "initials", "note", "time"];
const ANNOTATION_KEYS: &[&str] = &[
    "id",
    "version",
    "kind",
    "plane",
    "points_ras_mm",
    "length_mm",
    "angle_degrees",
    "width_mm",
    "height_mm",
    "area_mm2",
    "hu",
    "reviewer",
    "initials",
    "time",
];

const ANSWER_KEYS: &[&str] = &["model", "condition", "prediction", "reasoning", "sha256", "verdicts", "judgements", "labels"];
const VERDICT_KEYS: &[&str] = &["judge", "is_correct", "parse_error", "reasoning"];
const JUDGEMENT_KEYS: &[&str] = &["reviewer", "initials", "judgement", "time", "active_seconds", "judged_sha256"];
const LABEL_KEYS: &[&str] = &[
    "reviewer",
    "initials",
    "taxonomy",
    "primary",
    "secondary",
    "codes",
    "answer_right",
    "explanation_right",
    "note",
    "faithfulness",
    "time",
    "active_seconds",
    "judged_sha256",
];

/// Names that stay apart when they are cut: [`shorten_names`] does it.
const NAMES: &[&str] = &["model", "judge", "reviewer", "flagged_by"];

/// Cuts every absolute path in `fields`, at any depth, to its file name, which is enough to find the case.
pub(super) fn shorten_paths(fields: &mut Map<String, Value>) {
    for (key, value) in fields.iter_mut().filter(|(key, _)| ![TEXTS, NAMES].iter().any(|keys| keys.contains(&key.as_str()))) {
        shorten(value, key.to_ascii_lowercase().contains("path"));
    }
    if fields.keys().any(|key| file_name(key, false).is_some()) {
        let renamed =
            std::mem::take(fields).into_iter().map(|(key, value)| (file_name(&key, false).map_or(key.clone(), str::to_owned), value));
        *fields = renamed.collect();
    }
}

fn shorten(value: &mut Value, surely: bool) {
    match value {
        Value::String(text) => {
            if let Some(short) = without_folders(text, surely) {
                *text = short;
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|v| shorten(v, surely)),
        Value::Object(fields) => shorten_paths(fields),
        _ => {}
    }
}

/// Names in the audits of an export: what others are called hangs on all of them, so they are gathered before the first row is written.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Of models, judges and reviewers.
    all: BTreeSet<String>,
    /// Of those who reviewed.
    signed: BTreeSet<String>,
}

/// What names become.
#[derive(Debug, Default)]
pub(super) struct Renames {
    short: BTreeMap<String, String>,
    /// Under pseudonyms: R1, R2, ….
    hidden: Option<BTreeMap<ReaderKey, String>>,
}

impl Names {
    pub fn note(&mut self, audit: &Map<String, Value>) {
        each_name(audit, &mut |name| {
            if !self.all.contains(name) {
                self.all.insert(name.to_owned());
            }
        });
        names_in(audit, &mut self.signed);
    }

    /// With `log`, the names of reviewers in order of their first event, everybody has a pseudonym.
    pub fn renames(&self, log: Option<Vec<String>>) -> Renames {
        let short = shortened(&self.all);
        let hidden = log.map(|log| {
            let carried = self.signed.iter().map(|name| short.get(name).unwrap_or(name).clone()).collect();
            pseudonyms(log, &carried)
        });
        Renames { short, hidden }
    }
}

impl Renames {
    pub fn apply(&self, audit: &mut Map<String, Value>) {
        if !self.short.is_empty() {
            each_name_mut(audit, &mut |name| {
                if let Some(new) = self.short.get(name.as_str()) {
                    new.clone_into(name);
                }
            });
        }
        if let Some(hidden) = &self.hidden {
            rename(audit, hidden);
        }
    }
}

/// Whether what this name becomes hangs on other names: a path, and under pseudonyms one that looks like a pseudonym.
pub(super) fn hangs_on_others(name: &str, pseudonyms: bool) -> bool {
    file_name(name, true).is_some() || pseudonyms && is_pseudonym(name)
}

/// Models, judges and reviewers whose name is an absolute path are called by its end; two that end alike stay two.
fn shortened(all: &BTreeSet<String>) -> BTreeMap<String, String> {
    let mut taken: BTreeSet<String> = all.iter().filter(|name| file_name(name, true).is_none()).cloned().collect();
    let mut short: BTreeMap<String, String> = BTreeMap::new();
    for name in all {
        let Some(end) = file_name(name, true) else { continue };
        let numbered = (1..).map(|n: usize| if n == 1 { end.to_owned() } else { format!("{end} ({n})") });
        if let Some(free) = numbered.into_iter().find(|candidate| !taken.contains(candidate)) {
            taken.insert(free.clone());
            short.insert(name.clone(), free);
        }
    }
    short
}

/// Calls `visit` with every text under a key of [`NAMES`], at any depth.
fn each_name(fields: &Map<String, Value>, visit: &mut dyn FnMut(&str)) {
    for (key, value) in fields {
        let is_name = NAMES.contains(&key.as_str());
        match value {
            Value::String(name) if is_name => visit(name),
            Value::Object(inner) => each_name(inner, visit),
            Value::Array(values) => values.iter().for_each(|v| match v {
                Value::String(name) if is_name => visit(name),
                Value::Object(inner) => each_name(inner, visit),
                _ => {}
            }),
            _ => {}
        }
    }
}

/// The same to change them.
fn each_name_mut(fields: &mut Map<String, Value>, visit: &mut dyn FnMut(&mut String)) {
    for (key, value) in fields {
        let is_name = NAMES.contains(&key.as_str());
        match value {
            Value::String(name) if is_name => visit(name),
            Value::Object(inner) => each_name_mut(inner, visit),
            Value::Array(values) => values.iter_mut().for_each(|v| match v {
                Value::String(name) if is_name => visit(name),
                Value::Object(inner) => each_name_mut(inner, visit),
                _ => {}
            }),
            _ => {}
        }
    }
}

fn is_pseudonym(name: &str) -> bool {
    name.strip_prefix('R').is_some_and(|d| !d.is_empty() && d.bytes().all(|b| b.is_ascii_digit()))
}

/// R1, R2, … in order of first event, one for each reader however the name is spelled; names that are such already (from an earlier export)
/// keep their number.
fn pseudonyms(log: Vec<String>, carried: &BTreeSet<String>) -> BTreeMap<ReaderKey, String> {
    let mut names: BTreeMap<ReaderKey, String> = BTreeMap::new();
    for name in carried.iter().filter(|n| is_pseudonym(n)) {
        names.insert(ReaderKey::of(name), name.clone());
    }
    let taken: BTreeSet<String> = names.values().cloned().collect();
    let mut free = (1..).map(|n: usize| format!("R{n}")).filter(|n| !taken.contains(n));
    for name in log.into_iter().chain(carried.iter().cloned()) {
        let reader = ReaderKey::of(&name);
        if !names.contains_key(&reader)
            && let Some(next) = free.next()
        {
            names.insert(reader, next);
        }
    }
    names
}

fn names_in(audit: &Map<String, Value>, out: &mut BTreeSet<String>) {
    let signed =
        ["readings", "past_readings", "flag_notes", "annotations"].into_iter().filter_map(|key| audit.get(key)?.as_array()).flatten();
    let answers = audit.get("answers").and_then(Value::as_array).into_iter().flatten();
    let said = answers.flat_map(|a| ["judgements", "labels"].into_iter().filter_map(|key| a.get(key)?.as_array()).flatten());
    out.extend(signed.chain(said).filter_map(|r| r.get("reviewer")?.as_str()).map(str::to_owned));
    let flags = audit.get("flagged_by").and_then(Value::as_array).into_iter().flatten();
    out.extend(flags.filter_map(Value::as_str).map(str::to_owned));
    if let Some(Value::Object(earlier)) = audit.get("earlier") {
        names_in(earlier, out);
    }
}

/// Also drops event hashes, which cover the name, so that a guess could be tested against them, and the audit object of another origin
/// that ours replaced.
fn rename(audit: &mut Map<String, Value>, names: &BTreeMap<ReaderKey, String>) {
    audit.retain(|key, value| AUDIT_KEYS.contains(&key.as_str()) && has_shape(key, value));
    let new = |old: &Value| old.as_str().and_then(|n| names.get(&ReaderKey::of(n))).cloned().unwrap_or_default();
    let signed = [("readings", READING_KEYS), ("past_readings", READING_KEYS), ("flag_notes", FLAG_KEYS), ("annotations", ANNOTATION_KEYS)];
    for (list, keys) in signed {
        objects(audit.get_mut(list)).for_each(|signed| rename_signed(signed, keys, new));
    }
    for answer in objects(audit.get_mut("answers")) {
        answer.retain(|key, _| ANSWER_KEYS.contains(&key.as_str()));
        objects(answer.get_mut("verdicts")).for_each(|v| v.retain(|key, _| VERDICT_KEYS.contains(&key.as_str())));
        for (list, keys) in [("judgements", JUDGEMENT_KEYS), ("labels", LABEL_KEYS)] {
            objects(answer.get_mut(list)).for_each(|signed| rename_signed(signed, keys, new));
            sort_by_pseudonym(answer, list);
        }
    }
    ["readings", "past_readings", "flag_notes"].into_iter().for_each(|list| sort_by_pseudonym(audit, list));
    for flag in audit.get_mut("flagged_by").and_then(Value::as_array_mut).into_iter().flatten() {
        *flag = new(flag).into();
    }
    if let Some(Value::Array(flags)) = audit.get_mut("flagged_by") {
        flags.sort_by_key(|f| f.as_str().map(|n| (n.len(), n.to_owned())));
        flags.dedup();
    }
    if let Some(Value::Object(earlier)) = audit.get_mut("earlier") {
        rename(earlier, names);
    }
}

/// Whether a part of an audit object is built as ours are. Of one that came from elsewhere nothing else stays: it could be a name.
fn has_shape(key: &str, value: &Value) -> bool {
    let all = |keys: &[&str], fits: fn(&Value) -> bool| {
        value.as_object().is_some_and(|o| o.iter().all(|(key, v)| keys.contains(&key.as_str()) && fits(v)))
    };
    match key {
        "readings" | "past_readings" | "flag_notes" | "annotations" | "answers" => {
            value.as_array().is_some_and(|list| list.iter().all(Value::is_object))
        }
        "flagged_by" => value.as_array().is_some_and(|list| list.iter().all(Value::is_string)),
        "original" | "edited" => all(&["question", "answer"], Value::is_string),
        "earlier" => value.is_object(),
        "status" => value.as_str().is_some_and(|text| Status::ALL.iter().any(|s| s.name() == text)),
        "criteria" => Criteria::deserialize(value).is_ok(),
        "hu" => !has_text(value),
        _ => true,
    }
}

fn has_text(value: &Value) -> bool {
    match value {
        Value::String(_) => true,
        Value::Array(values) => values.iter().any(has_text),
        Value::Object(fields) => fields.values().any(has_text),
        _ => false,
    }
}

fn objects(list: Option<&mut Value>) -> impl Iterator<Item = &mut Map<String, Value>> {
    list.and_then(Value::as_array_mut).into_iter().flatten().filter_map(Value::as_object_mut)
}

fn rename_signed(signed: &mut Map<String, Value>, keys: &[&str], new: impl Fn(&Value) -> String) {
    let name = signed.get("reviewer").map(new).unwrap_or_default();
    signed.insert("reviewer".into(), name.clone().into());
    signed.insert("initials".into(), name.into());
    signed.retain(|key, value| keys.contains(&key.as_str()) && has_shape(key, value));
}

/// The order of names would say something about them.
fn sort_by_pseudonym(of: &mut Map<String, Value>, list: &str) {
    if let Some(Value::Array(signed)) = of.get_mut(list) {
        signed.sort_by_key(|r| r.get("reviewer").and_then(Value::as_str).map(|n| (n.len(), n.to_owned())));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn paths_are_cut_at_any_depth_and_texts_are_left() {
        let fields = json!({"files": [{"ct": "/home/jo/ct.nii.gz", "n": 3}], "image_path": "/home/jo doe/x", "root": "C:\\Users\\jo\\d",
            "answer": "/home/is/this", "by": {"/home/jo/a.nii": "file:///home/jo/b.nii"}, "unit": "mm/px", "said": "/ or so"});
        let Value::Object(mut fields) = fields else { unreachable!() };
        shorten_paths(&mut fields);
        let expected = json!({"files": [{"ct": "ct.nii.gz", "n": 3}], "image_path": "x", "root": "d", "answer": "/home/is/this",
            "by": {"a.nii": "b.nii"}, "unit": "mm/px", "said": "/ or so"});
        assert_eq!(Value::Object(fields), expected);
    }
}
