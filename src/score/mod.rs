//! Scores of answers: text metrics, choice and numeric items, juries, chance levels, statistics and agreement.
//!
//! Pure functions over plain values (`qa::Answer`, `qa::Vote`). Two rules hold everywhere: a missing verdict is missing, neither wrong nor
//! right; and a figure that is undefined is `None` with a reason, never NaN. Each formula names its source.

mod answer_type;
mod board;
mod chance;
mod choice;
mod cleaning;
mod compare;
mod human;
mod jury;
mod matrix;
mod numeric;
mod outcome;
mod quality;
mod report;
pub mod statistics;
pub mod text;

pub use answer_type::{AnswerType, answer_type};
pub use board::{Board, Input, Judge, Run};
pub use chance::{Baselines, TypeBaseline, chance_levels};
pub use choice::{Choice, choose, right_option};
pub use cleaning::{Beside, Cleaned, Cleaning, Fault};
pub use compare::{Effect, Pair};
pub use human::{Human, HumanAgreement, HumanWord, NO_JUDGEMENTS, human_words};
pub use jury::{Jury, Rule, Ruling};
pub use matrix::{Cell, Filter, Matrix, RunScore, Standing, TwoByTwo};
pub use numeric::{NumericScores, Quantity, first_quantity};
pub use outcome::{ChoiceScores, Share};
pub use quality::{Change, Quality};
pub use report::{
    JudgeAgreement, JudgeScore, JuryScore, ModelReport, Report, RunFaults, Settings, TaskScores, correctness, faults, score, score_watched,
    scored_texts,
};

/// Small values for the tests of this room.
#[cfg(test)]
mod tests {
    use crate::qa::{Answer, CaseId, Condition, Item, ItemId, Vote};

    pub fn item(question: &str, answer: &str, options: &[&str]) -> Item {
        Item {
            question: question.to_owned(),
            answer: answer.to_owned(),
            options: options.iter().map(|&o| o.to_owned()).collect(),
            ..item_at("a", 0)
        }
    }

    pub fn item_at(case: &str, position: u32) -> Item {
        let id = ItemId { case: CaseId(case.to_owned()), position };
        Item { id, question: String::new(), answer: String::new(), options: Vec::new(), task: None, categories: Vec::new() }
    }

    pub fn answer(model: &str, item: &str, text: &str) -> Answer {
        let (model, text) = (model.to_owned(), text.to_owned());
        Answer { item: item.parse().unwrap(), model, condition: Condition::Full, text, reasoning: None, row: 0 }
    }

    pub fn vote(model: &str, item: &str, judge: &str, correct: Option<bool>) -> Vote {
        let (model, judge) = (model.to_owned(), judge.to_owned());
        Vote { item: item.parse().unwrap(), model, condition: Condition::Full, judge, correct, parse_error: false, row: 0 }
    }
}
