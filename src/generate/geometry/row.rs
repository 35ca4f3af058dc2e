//! Generated items as rows of a question-answer file, which `voxaudit import --qa` reads.

use super::{Choice, GeneratedItem};
use crate::geometry::judge::Judgement;
use serde_json::{Map, Value, json};

/// One line per item, in their order; the same items give the same bytes.
pub fn jsonl(items: &[GeneratedItem]) -> String {
    items.iter().map(|item| format!("{}\n", row(item))).collect()
}

fn row(item: &GeneratedItem) -> Value {
    let mut row = Map::new();
    row.insert("case_id".into(), item.case.0.clone().into());
    row.insert("question".into(), item.question.clone().into());
    row.insert("answer".into(), item.answer.text.clone().into());
    if !item.options.is_empty() {
        row.insert("options".into(), item.options.iter().map(|o| o.text.clone()).collect());
    }
    row.insert("task".into(), item.task.code().into());
    row.insert("category".into(), item.categories.iter().map(|c| c.name()).collect());
    row.insert("claims".into(), claims(&item.answer));
    if !item.options.is_empty() {
        row.insert("option_claims".into(), item.options.iter().map(claims).collect());
    }
    let numbers = |j: &Judgement| json!({"numbers": j.numbers, "clearance": j.clearance, "margin": j.margin, "evidence": j.evidence});
    row.insert("evidence".into(), item.evidence.iter().map(numbers).collect());
    row.insert("source".into(), "voxaudit geometry".into());
    Value::Object(row)
}

fn claims(choice: &Choice) -> Value {
    choice.claims.iter().map(ToString::to_string).collect()
}
