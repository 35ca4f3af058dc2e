//! The published benchmark's files as plain values, joined by item; `None` with a printed line where they are not at hand.

use serde_json::Value;
use std::collections::HashMap;
use std::path::PathBuf;
use voxaudit::qa::{Answer, CaseId, Category, Condition, Item, ItemId, Vote, says_parse_error};

pub const MODELS: [&str; 3] = ["m3d", "med3dvlm", "radfm"];
const JUDGES: [(&str, &str); 3] = [("gemini", "gemini2.5_eval_full"), ("gpt", "gpt_eval"), ("qwen", "qwen_eval")];

pub struct Benchmark {
    pub items: Vec<Item>,
    pub answers: Vec<Answer>,
    pub votes: Vec<Vote>,
}

pub fn shared() -> PathBuf {
    std::env::var("VOXAUDIT_SHARED").unwrap_or_else(|_| "../shared".into()).into()
}

fn text(path: &str) -> Option<String> {
    let path = shared().join(path);
    std::fs::read_to_string(&path).map_err(|e| println!("skipped: {}: {e}", path.display())).ok()
}

pub fn reference() -> Option<Value> {
    Some(serde_json::from_str(&text("reference/reference.json")?).unwrap())
}

/// A table of reference values without its head.
pub fn table(name: &str) -> Option<Vec<Vec<String>>> {
    let text = text(&format!("reference/{name}"))?;
    Some(text.lines().skip(1).map(|line| line.split('\t').map(str::to_owned).collect()).collect())
}

pub fn benchmark() -> Option<Benchmark> {
    let items = items()?;
    let answers: Vec<Answer> = MODELS.iter().map(|model| answers(model)).collect::<Option<Vec<_>>>()?.concat();
    let mut votes = Vec::new();
    for model in MODELS {
        let own: Vec<&Answer> = answers.iter().filter(|a| a.model == model).collect();
        for (judge, file) in JUDGES {
            votes.extend(verdicts(model, judge, &text(&format!("data/ct-spatialvqa/llm_eval/{model}_{file}.json"))?, &items, &own));
        }
    }
    Some(Benchmark { items, answers, votes })
}

fn items() -> Option<Vec<Item>> {
    let doc: Value = serde_json::from_str(&text("data/ct-spatialvqa/spatial_qa_filtered_full_with_categories.json")?).unwrap();
    let case = |(case, body): (&String, &Value)| -> Vec<Item> {
        let pairs = body["qa_pairs"].as_array().unwrap().iter().enumerate();
        pairs.map(|(n, pair)| item(case, u32::try_from(n).unwrap(), pair)).collect()
    };
    Some(doc.as_object().unwrap().iter().flat_map(case).collect())
}

fn item(case: &str, position: u32, pair: &Value) -> Item {
    let mut categories: Vec<Category> = Vec::new();
    for name in pair["category"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if let Some(category) = Category::parse(name).filter(|c| !categories.contains(c)) {
            categories.push(category);
        }
    }
    Item {
        id: ItemId { case: CaseId(case.to_owned()), position },
        question: string(&pair["question"]),
        answer: string(&pair["answer"]),
        options: Vec::new(),
        task: None,
        categories,
    }
}

fn string(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The rows of a case come in the order of its items.
fn answers(model: &str) -> Option<Vec<Answer>> {
    let text = text(&format!("data/ct-spatialvqa/predictions/{model}_predictions_full.jsonl"))?;
    let mut seen: HashMap<String, u32> = HashMap::new();
    let row = |(n, line): (usize, &str)| {
        let row: Value = serde_json::from_str(line).unwrap();
        let stem = row["image_path"].as_str().unwrap().rsplit('/').next().unwrap().split('.').next().unwrap();
        let case = format!("{stem}.nii.gz");
        let position = seen.entry(case.clone()).or_insert(0);
        *position += 1;
        Answer {
            item: ItemId { case: CaseId(case), position: *position - 1 },
            model: model.to_owned(),
            condition: Condition::Full,
            text: string(&row["prediction"]),
            reasoning: None,
            row: u32::try_from(n).unwrap(),
        }
    };
    Some(text.lines().enumerate().map(row).collect())
}

/// Aligned as an ordered subsequence of (question, answer, prediction).
fn verdicts(model: &str, judge: &str, text: &str, items: &[Item], answers: &[&Answer]) -> Vec<Vote> {
    let rows: Vec<Value> = serde_json::from_str(text).unwrap();
    let mut at = 0;
    let row = |(n, row): (usize, &Value)| {
        let same = |k: usize| {
            row["question"] == items[k].question.as_str()
                && row["answer"] == items[k].answer.as_str()
                && row["prediction"] == answers[k].text.as_str()
        };
        while !same(at) {
            at += 1;
        }
        at += 1;
        Vote {
            item: items[at - 1].id.clone(),
            model: model.to_owned(),
            condition: Condition::Full,
            judge: judge.to_owned(),
            correct: row["is_correct"].as_bool(),
            parse_error: row["reasoning"].as_str().is_some_and(says_parse_error),
            row: u32::try_from(n).unwrap(),
        }
    };
    rows.iter().enumerate().map(row).collect()
}
