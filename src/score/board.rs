//! Answers and votes laid out by item, so that everything after this joins by index into one list of items, and nothing by row number.

use super::human::{Human, HumanWord};
use crate::qa::{Answer, Condition, Item, ItemId, ModelRun, Vote};
use std::collections::{BTreeMap, HashMap};

/// What is scored: items in the source's order, and what was said about them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Input<'a> {
    pub items: &'a [Item],
    pub answers: &'a [Answer],
    pub votes: &'a [Vote],
    /// What reviewers say of answers, where they say something.
    pub human: &'a [HumanWord],
}

/// One row per item, one run per model and condition.
pub struct Board<'a> {
    pub items: &'a [Item],
    /// Number of each item's case, from 0.
    pub case_of: Vec<usize>,
    pub cases: usize,
    /// In the order of model and condition names.
    pub runs: Vec<Run<'a>>,
    /// Answers and votes that are about no item of the list, or that repeat one already there (the first counts).
    pub left_over: usize,
}

/// One model under one condition. Every list has one place per item.
#[derive(Clone)]
pub struct Run<'a> {
    pub model: &'a str,
    pub condition: &'a Condition,
    pub answers: Vec<Option<&'a Answer>>,
    /// In the order of the judges' names.
    pub judges: Vec<Judge<'a>>,
    /// What reviewers say of each answer.
    pub human: Vec<Human>,
}

#[derive(Clone)]
pub struct Judge<'a> {
    pub name: &'a str,
    pub votes: Vec<Option<&'a Vote>>,
}

/// Places for one value per item.
type Column<'a, T> = Vec<Option<&'a T>>;

impl<'a> Board<'a> {
    pub fn new(input: Input<'a>) -> Self {
        let places: HashMap<&ItemId, usize> = input.items.iter().enumerate().map(|(n, item)| (&item.id, n)).collect();
        let mut answers = BTreeMap::new();
        let mut votes = BTreeMap::new();
        let mut left_over = 0;
        for answer in input.answers {
            let column = column(&mut answers, (answer.model.as_str(), &answer.condition), input.items.len());
            left_over += place(column, places.get(&answer.item), answer);
        }
        for vote in input.votes {
            let column = column(&mut votes, (vote.model.as_str(), &vote.condition, vote.judge.as_str()), input.items.len());
            left_over += place(column, places.get(&vote.item), vote);
        }
        let (case_of, cases) = number_cases(input.items);
        let mut runs = runs(answers, votes, input.items.len());
        hear(&mut runs, input.human, &places);
        Self { items: input.items, case_of, cases, runs, left_over }
    }
}

/// Puts what reviewers say beside the answers; words about an answer that is not there are about nothing.
fn hear(runs: &mut [Run<'_>], words: &[HumanWord], places: &HashMap<&ItemId, usize>) {
    let numbers: HashMap<(String, Condition), usize> =
        runs.iter().enumerate().map(|(n, run)| ((run.model.to_owned(), run.condition.clone()), n)).collect();
    for word in words {
        let key = (word.run.model.clone(), word.run.condition.clone());
        if let (Some(run), Some(item)) = (numbers.get(&key), places.get(&word.item))
            && runs[*run].answers[*item].is_some()
        {
            runs[*run].human[*item] = word.said;
        }
    }
}

impl Run<'_> {
    /// `MODEL`, or `MODEL@CONDITION` for a control run.
    pub fn name(&self) -> String {
        ModelRun::new(self.model, self.condition.clone()).to_string()
    }
}

fn column<'m, 'a, K: Ord, T>(columns: &'m mut BTreeMap<K, Column<'a, T>>, key: K, items: usize) -> &'m mut Column<'a, T> {
    columns.entry(key).or_insert_with(|| vec![None; items])
}

/// Puts a value in its place; 1 when it has none or the place is taken.
fn place<'a, T>(column: &mut Column<'a, T>, at: Option<&usize>, value: &'a T) -> usize {
    match at.map(|n| &mut column[*n]) {
        Some(free @ None) => {
            *free = Some(value);
            0
        }
        _ => 1,
    }
}

fn runs<'a>(
    mut answers: BTreeMap<(&'a str, &'a Condition), Column<'a, Answer>>,
    votes: BTreeMap<(&'a str, &'a Condition, &'a str), Column<'a, Vote>>,
    items: usize,
) -> Vec<Run<'a>> {
    let mut judges: BTreeMap<(&str, &Condition), Vec<Judge>> = BTreeMap::new();
    for ((model, condition, name), votes) in votes {
        judges.entry((model, condition)).or_default().push(Judge { name, votes });
        column(&mut answers, (model, condition), items); // verdicts without answers are a run, too
    }
    let run = |(key, answers): ((&'a str, &'a Condition), _)| {
        let judges = judges.remove(&key).unwrap_or_default();
        Run { model: key.0, condition: key.1, answers, judges, human: vec![Human::Silent; items] }
    };
    answers.into_iter().map(run).collect()
}

fn number_cases(items: &[Item]) -> (Vec<usize>, usize) {
    let mut numbers = HashMap::new();
    let case_of = items
        .iter()
        .map(|item| {
            let next = numbers.len();
            *numbers.entry(&item.id.case).or_insert(next)
        })
        .collect();
    (case_of, numbers.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::tests::{answer, item_at, vote};

    #[test]
    fn everything_finds_its_item_and_strangers_are_counted() {
        let items = [item_at("a", 0), item_at("b", 0), item_at("b", 1)];
        let answers = [answer("m", "b::1", "x"), answer("m", "a::0", "y"), answer("m", "a::0", "again"), answer("m", "z::0", "?")];
        let votes = [vote("m", "b::0", "j", Some(true)), vote("n", "a::0", "j", None)];
        let board = Board::new(Input { items: &items, answers: &answers, votes: &votes, human: &[] });
        assert_eq!((board.cases, board.case_of.as_slice(), board.left_over), (2, [0, 1, 1].as_slice(), 2));
        let names: Vec<String> = board.runs.iter().map(Run::name).collect();
        assert_eq!(names, ["m", "n"]);
        let texts: Vec<Option<&str>> = board.runs[0].answers.iter().map(|a| a.map(|a| a.text.as_str())).collect();
        assert_eq!(texts, [Some("y"), None, Some("x")]);
        assert!(board.runs[0].judges[0].votes[1].is_some() && board.runs[1].answers.iter().all(Option::is_none));
    }
}
