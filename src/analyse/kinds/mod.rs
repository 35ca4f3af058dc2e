//! The analyses, one file each.

pub mod accuracy;
pub mod buckets;
pub mod calibration;
pub mod conditions;
pub mod correctness;
pub mod decisions;
pub mod errors;
pub mod faithfulness;
pub mod geometry;
pub mod heatmap;
pub mod judges;
pub mod lengths;
pub mod pairs;
pub mod quality;
pub mod questions;
pub mod radar;
pub mod structures;
pub mod tumours;
pub mod volumes;

use super::Kind;
use super::lookup::Run;

/// Models that can be told apart beside each other; more of them are listed.
const FEW: usize = 12;

/// Shares of models by class: a plot for each model, or a row of shades where plots would be too many to compare.
fn by_class(models: usize) -> Kind {
    if models > FEW { Kind::Heatmap } else { Kind::Histogram }
}

/// A long list begins with the most accurate models; a few keep the order, and with it the colours, that they have in other charts.
fn ranked(mut models: Vec<&Run>) -> Vec<&Run> {
    let accuracy = |run: &Run| {
        let judged = run.right.iter().flatten().count().max(1);
        run.right.iter().flatten().filter(|right| **right).count() as f64 / judged as f64
    };
    if models.len() > FEW {
        models.sort_by_cached_key(|run| (std::cmp::Reverse((1e9 * accuracy(run)) as u64), run.name.clone()));
    }
    models
}

/// The note that goes with it.
fn ranking(models: usize) -> Option<String> {
    (models > FEW).then(|| "Models by accuracy over all items, the highest first.".to_owned())
}

#[cfg(test)]
mod tests {
    use crate::analyse::{Body, Chart, Data, Grid};
    use crate::qa::{Answer, Condition, Item, ItemId, ModelRun, TextHash, Vote, answer_hash};
    use crate::review::{Action, AnswerRef, Event, EventHash, Reviewer};

    /// Items `c::0`, `c::1`, … with question and answer.
    pub fn items(texts: &[(&str, &str)]) -> Vec<Item> {
        let item = |(n, (question, answer)): (usize, &(&str, &str))| Item {
            id: id(n),
            question: (*question).to_owned(),
            answer: (*answer).to_owned(),
            options: Vec::new(),
            task: None,
            categories: Vec::new(),
        };
        texts.iter().enumerate().map(item).collect()
    }

    pub fn id(n: usize) -> ItemId {
        format!("c::{n}").parse().unwrap()
    }

    pub fn answer(model: &str, n: usize, text: &str) -> Answer {
        Answer { item: id(n), model: model.into(), condition: Condition::Full, text: text.into(), reasoning: None, row: n as u32 }
    }

    /// Two judges that say the same.
    pub fn votes(model: &str, n: usize, right: bool) -> [Vote; 2] {
        ["x", "y"].map(|judge| Vote {
            item: id(n),
            model: model.into(),
            condition: Condition::Full,
            judge: judge.into(),
            correct: Some(right),
            parse_error: false,
            row: n as u32,
        })
    }

    /// Models with R(ight), W(rong) or a blank for each item, which they have answered.
    pub fn judged(items: Vec<Item>, models: &[(&str, &str)]) -> Data {
        let mut data = Data { items, ..Data::default() };
        for (model, outcomes) in models {
            for (n, outcome) in outcomes.chars().enumerate() {
                data.answers.push(answer(model, n, "x"));
                if outcome != ' ' {
                    data.votes.extend(votes(model, n, outcome == 'R'));
                }
            }
        }
        data
    }

    /// Number `n` in the log.
    pub fn event(n: u8, who: &str, item: usize, action: Action) -> Event {
        Event {
            time: jiff::Timestamp::UNIX_EPOCH,
            reviewer: Reviewer::new(who, ""),
            item: id(item),
            judged: TextHash([0; 32]),
            active_seconds: 1.0,
            program: "test".into(),
            action,
            prev: EventHash::ZERO,
            parents: None,
            image: None,
            hash: EventHash([n; 32]),
        }
    }

    /// Names an answer of [`judged`].
    pub fn reference(model: &str) -> AnswerRef {
        AnswerRef { run: ModelRun::new(model, Condition::Full), sha256: answer_hash("x", None) }
    }

    pub fn grid(chart: &Chart) -> &Grid {
        match &chart.body {
            Body::Grid(grid) => grid,
            Body::Missing(why) => panic!("{}: {why}", chart.id),
        }
    }

    pub fn why(charts: &[Chart]) -> &str {
        match &charts[0].body {
            Body::Missing(why) => why,
            Body::Grid(_) => panic!("{} shows something", charts[0].id),
        }
    }
}
