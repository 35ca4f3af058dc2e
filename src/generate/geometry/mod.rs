//! Questions whose answers are computed: items for the six spatial tasks from the measures of a project's cases.
//!
//! Every item is proved by the judge that `check` uses before it is taken: its answer's claims must be supported and each distractor
//! must be contradicted, by more than the margins. Only whole structures of known names are asked about. The choice follows from the seed and the
//! measures alone: the same seed over the same cases gives the same bytes. Tasks and structures take turns, and right answers take turns
//! among the positions A to D. Wordings are plain; nothing is asked of a language model here.

mod ask;
mod dice;
mod row;
#[cfg(test)]
mod tests;

pub use row::jsonl;

use crate::geometry::claim::Claim;
use crate::geometry::judge::{Judge, Judgement, Verdict};
use crate::geometry::measures::CaseMeasures;
use crate::qa::{CaseId, Category, Task};
use ask::Draft;
use dice::Dice;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// How much of what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    pub seed: u64,
    /// At most so many items of a case.
    pub per_case: usize,
}

impl Default for Plan {
    fn default() -> Self {
        Self { seed: 0, per_case: 12 }
    }
}

/// An answer to choose from.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    pub text: String,
    /// All hold of the right answer; of any other one at least one is contradicted.
    pub claims: Vec<Claim>,
}

/// A question with its proof.
#[derive(Clone, Debug, PartialEq)]
pub struct GeneratedItem {
    pub case: CaseId,
    pub task: Task,
    pub categories: Vec<Category>,
    pub question: String,
    /// Four, or none where a number is to be estimated.
    pub options: Vec<Choice>,
    pub answer: Choice,
    /// The answer's claims as they were judged, in their order.
    pub evidence: Vec<Judgement>,
}

/// Makes items case by case; what it keeps between cases balances positions and structures.
pub struct Generator {
    plan: Plan,
    /// How often each structure was asked about.
    asked: HashMap<String, usize>,
    /// Places of the right answers to come.
    places: Vec<usize>,
    shuffles: Dice,
    /// Measures of earlier cases, for comparisons between cases.
    earlier: HashMap<String, Arc<CaseMeasures>>,
    order: Vec<String>,
}

/// Structures tried for one place of the plan before the task is given up in a case.
const TRIES: usize = 60;
/// Earlier cases that are kept for comparisons.
const MOST_EARLIER: usize = 64;

impl Generator {
    pub fn new(plan: Plan) -> Self {
        let shuffles = Dice::new(plan.seed, "places of right answers");
        Self { plan, asked: HashMap::new(), places: Vec::new(), shuffles, earlier: HashMap::new(), order: Vec::new() }
    }

    /// At most `per_case` items of one case, tasks taking turns. Cases must come in the same order for the same result.
    pub fn case(&mut self, case: &CaseId, measures: &CaseMeasures) -> Vec<GeneratedItem> {
        let mut dice = Dice::new(self.plan.seed, &case.0);
        let mut items: Vec<GeneratedItem> = Vec::new();
        let mut tasks: Vec<Task> = Task::ALL.to_vec();
        dice.shuffle(&mut tasks);
        while items.len() < self.plan.per_case && !tasks.is_empty() {
            let mut left = Vec::new();
            for task in tasks {
                if items.len() >= self.plan.per_case {
                    break;
                }
                if let Some(item) = self.one(case, measures, task, &mut dice, &items) {
                    items.push(item);
                    left.push(task);
                }
            }
            tasks = left;
        }
        self.remember(case, measures);
        items
    }

    /// One item of a task that the case does not have yet.
    fn one(
        &mut self,
        case: &CaseId,
        measures: &CaseMeasures,
        task: Task,
        dice: &mut Dice,
        have: &[GeneratedItem],
    ) -> Option<GeneratedItem> {
        let known: HashSet<&str> = have.iter().map(|i| i.question.as_str()).collect();
        let scene = ask::Scene::new(measures, &self.earlier, &self.order, &self.asked);
        let judge = Judge::new(measures).with_others(&self.earlier);
        let fits = |draft: &Draft| !known.contains(draft.question.as_str());
        let (draft, evidence) = (0..TRIES).find_map(|_| {
            let draft = scene.draft(task, dice).filter(fits)?;
            proved(&judge, draft)
        })?;
        scene.structures(&draft).into_iter().for_each(|name| *self.asked.entry(name).or_default() += 1);
        Some(self.placed(case, task, draft, evidence))
    }

    /// Puts the right answer among the distractors, at the place whose turn it is.
    fn placed(&mut self, case: &CaseId, task: Task, draft: Draft, evidence: Vec<Judgement>) -> GeneratedItem {
        let mut options = draft.distractors;
        if !options.is_empty() {
            if self.places.is_empty() {
                self.places = vec![0, 1, 2, 3];
                self.shuffles.shuffle(&mut self.places);
            }
            let place = self.places.pop().unwrap_or_default().min(options.len());
            self.shuffles.shuffle(&mut options);
            options.insert(place, draft.answer.clone());
        }
        let categories = draft.categories;
        GeneratedItem { case: case.clone(), task, categories, question: draft.question, options, answer: draft.answer, evidence }
    }

    fn remember(&mut self, case: &CaseId, measures: &CaseMeasures) {
        if self.order.len() < MOST_EARLIER {
            let light = CaseMeasures { pairs: Vec::new(), ..measures.clone() };
            self.earlier.insert(case.0.clone(), Arc::new(light));
            self.order.push(case.0.clone());
        }
    }
}

/// The draft with its evidence, when the answer is supported and every distractor contradicted.
fn proved(judge: &Judge<'_>, draft: Draft) -> Option<(Draft, Vec<Judgement>)> {
    let verdict = |choice: &Choice| Verdict::all(choice.claims.iter().map(|c| judge.judge(c).verdict));
    let texts: HashSet<&str> = draft.distractors.iter().chain([&draft.answer]).map(|c| c.text.as_str()).collect();
    let distinct = texts.len() == draft.distractors.len() + 1;
    let wrong = draft.distractors.iter().all(|d| verdict(d) == Some(Verdict::Contradicts));
    if !distinct || !wrong || verdict(&draft.answer) != Some(Verdict::Supports) {
        return None;
    }
    let evidence = draft.answer.claims.iter().map(|c| judge.judge(c)).collect();
    Some((draft, evidence))
}
