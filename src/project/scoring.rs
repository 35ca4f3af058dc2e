//! What scores are computed from: items with their reference answers, models' answers and judges' votes.

use super::query::full_item;
use super::{Project, ProjectError};
use crate::formats::Watch;
use crate::qa::{Answer, Item, Vote};
use crate::score::{HumanWord, Input, human_words};

/// Everything there is to score, read at one time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScoreData {
    /// In source order, as imported: decisions of reviewers change no score.
    pub items: Vec<Item>,
    pub answers: Vec<Answer>,
    pub votes: Vec<Vote>,
    /// What reviewers say of these answers.
    pub human: Vec<HumanWord>,
}

const ITEMS: &str = "SELECT c.case_id, i.position, i.question, i.task, i.categories, i.answer, i.options
    FROM cases c JOIN items i ON i.case_ref = c.id WHERE c.ord IS NOT NULL ORDER BY c.ord, i.position";

impl ScoreData {
    pub fn input(&self) -> Input<'_> {
        Input { items: &self.items, answers: &self.answers, votes: &self.votes, human: &self.human }
    }
}

impl Project {
    /// Reads what scores are computed from. When cancelled, it is incomplete: ask the watch.
    pub fn score_data(&self, watch: &dyn Watch) -> Result<ScoreData, ProjectError> {
        let items = || self.conn.prepare_cached(ITEMS)?.query_map([], full_item)?.collect();
        let items: rusqlite::Result<Vec<Item>> = items();
        let items = items.map_err(ProjectError::sql(&self.path))?;
        let (answers, votes) = self.answers_and_votes(watch)?;
        let human = human_words(&answers, &self.review_state()?);
        Ok(ScoreData { items, answers, votes, human })
    }
}
