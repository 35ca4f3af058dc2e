//! Models' answers in the audit object of an item: votes, judgements and error labels beside each.

use crate::project::{AnswerView, Verdict};
use crate::review::{AnswerReview, ErrorLabel, Faithfulness, Said};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Adds the project's answers to what the audit has already; an answer of a run that it has stays as it is. No answers, no such key.
pub(super) fn add_answers(audit: &mut Map<String, Value>, views: &[AnswerView]) {
    if views.is_empty() {
        return;
    }
    let earlier = audit.entry("answers").or_insert_with(|| Value::Array(Vec::new()));
    let Value::Array(all) = earlier else { return };
    let carried: BTreeSet<(String, String)> = all.iter().map(run_of).collect();
    let new = |v: &&AnswerView| !carried.contains(&(v.run.model.clone(), v.run.condition.name().to_owned()));
    all.extend(views.iter().filter(new).map(answer));
}

fn run_of(answer: &Value) -> (String, String) {
    let text = |key: &str| answer.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    (text("model"), text("condition"))
}

fn answer(view: &AnswerView) -> Value {
    let mut out = Map::new();
    out.insert("model".into(), view.run.model.clone().into());
    out.insert("condition".into(), view.run.condition.name().into());
    out.insert("prediction".into(), view.text.clone().into());
    if let Some(reasoning) = &view.reasoning {
        out.insert("reasoning".into(), reasoning.clone().into());
    }
    out.insert("sha256".into(), view.sha256.hex().into());
    out.insert("verdicts".into(), view.verdicts.iter().map(verdict).collect());
    let reviews = || view.reviews.values();
    add(&mut out, "judgements", reviews().filter_map(|r| judgement(r, view)).collect());
    add(&mut out, "labels", reviews().filter_map(|r| Some(label(r.label.as_ref()?, view))).collect());
    Value::Object(out)
}

fn add(out: &mut Map<String, Value>, key: &str, values: Vec<Value>) {
    if !values.is_empty() {
        out.insert(key.into(), values.into());
    }
}

/// Null is a missing verdict.
fn verdict(v: &Verdict) -> Value {
    let mut out = Map::new();
    out.insert("judge".into(), v.judge.clone().into());
    out.insert("is_correct".into(), v.correct.into());
    if v.parse_error {
        out.insert("parse_error".into(), true.into());
    }
    if let Some(reasoning) = &v.reasoning {
        out.insert("reasoning".into(), reasoning.clone().into());
    }
    Value::Object(out)
}

fn judgement(review: &AnswerReview, view: &AnswerView) -> Option<Value> {
    let said = review.judgement.as_ref()?;
    let mut what = Map::new();
    what.insert("judgement".into(), said.what.code().into());
    Some(signed(said, what, view))
}

fn label(said: &Said<ErrorLabel>, view: &AnswerView) -> Value {
    let mut what = match json!(said.what) {
        Value::Object(fields) => fields,
        _ => Map::new(),
    };
    what.insert("taxonomy".into(), said.what.taxonomy.to_string().into());
    if let Some(name) = said.what.faithfulness().map(Faithfulness::name) {
        what.insert("faithfulness".into(), name.into());
    }
    signed(said, what, view)
}

fn signed<T>(said: &Said<T>, what: Map<String, Value>, view: &AnswerView) -> Value {
    let mut out = Map::new();
    out.insert("reviewer".into(), said.reviewer.name.clone().into());
    out.insert("initials".into(), said.reviewer.initials.clone().into());
    out.extend(what);
    out.insert("time".into(), said.time.to_string().into());
    out.insert("active_seconds".into(), said.active_seconds.into());
    if said.sha256 != view.sha256 {
        out.insert("judged_sha256".into(), said.sha256.hex().into());
    }
    out.insert("event".into(), said.event.hex().into());
    Value::Object(out)
}

/// For the manifest: answers per run, and the taxonomies that labels name.
#[derive(Debug, Default)]
pub(super) struct Summary {
    pub runs: BTreeMap<String, usize>,
    pub taxonomies: BTreeSet<String>,
}

impl Summary {
    pub fn note(&mut self, audit: &Map<String, Value>) {
        for answer in audit.get("answers").and_then(Value::as_array).into_iter().flatten() {
            let name = match run_of(answer) {
                (model, condition) if condition == "full" => model,
                (model, condition) => format!("{model}@{condition}"),
            };
            *self.runs.entry(name).or_default() += 1;
            let labels = answer.get("labels").and_then(Value::as_array).into_iter().flatten();
            self.taxonomies.extend(labels.filter_map(|l| l.get("taxonomy")?.as_str()).map(str::to_owned));
        }
    }
}
