//! What faults of the data do to a model's scores: verdicts copied by parse errors, empty answers, special tokens left in answers.

use super::board::Run;
use super::jury::Jury;
use super::outcome::{Share, outcomes};
use super::text::{TextPreset, TextScorer, TextScores};
use crate::qa::{Item, special_tokens, without_special_tokens};
use serde::Serialize;
use std::borrow::Cow;

/// Faults of one run, and its scores without them.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Quality {
    pub empty_answers: usize,
    /// Answers with special tokens.
    pub special_tokens: usize,
    /// Verdicts that a parse error copied from another item.
    pub parse_errors: usize,
    /// The jury without those verdicts; `None` when there are none.
    pub without_parse_errors: Option<Change<Share>>,
    /// Text metrics with special tokens cleaned away; `None` when there are none.
    pub without_special_tokens: Option<Change<TextScores>>,
}

/// A score without the fault, and how much it differs from the score with it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change<T> {
    #[serde(flatten)]
    pub score: T,
    /// Of the accuracy, or of METEOR; without minus with.
    pub difference: Option<f64>,
}

/// The answers of a run as they are scored.
pub fn texts<'a>(run: &Run<'a>, clean: bool) -> Vec<Option<Cow<'a, str>>> {
    let text = |text: &'a str| if clean { Cow::Owned(without_special_tokens(text)) } else { Cow::Borrowed(text) };
    run.answers.iter().map(|answer| answer.map(|answer| text(&answer.text))).collect()
}

/// `(reference, answer)` of every answer.
pub fn text_pairs<'b>(items: &'b [Item], texts: &'b [Option<Cow<'_, str>>]) -> impl Iterator<Item = (&'b str, &'b str)> {
    items.iter().zip(texts).filter_map(|(item, text)| Some((item.answer.as_str(), text.as_deref()?)))
}

/// Counts faults in what was imported, and scores the run both ways, whatever the settings are.
pub fn quality(items: &[Item], run: &Run<'_>, jury: Jury, preset: TextPreset, scorer: &mut TextScorer) -> Quality {
    let answers = || run.answers.iter().flatten();
    let votes = run.judges.iter().flat_map(|judge| judge.votes.iter().flatten());
    let special_tokens = answers().filter(|answer| !special_tokens(&answer.text).is_empty()).count();
    let parse_errors = votes.filter(|vote| vote.parse_error).count();
    Quality {
        empty_answers: answers().filter(|answer| answer.text.trim().is_empty()).count(),
        special_tokens,
        parse_errors,
        without_parse_errors: (parse_errors > 0).then(|| without_parse_errors(items, run, jury)),
        without_special_tokens: (special_tokens > 0).then(|| without_tokens(items, run, preset, scorer)),
    }
}

fn without_parse_errors(items: &[Item], run: &Run<'_>, jury: Jury) -> Change<Share> {
    let texts = texts(run, false);
    let share = |exclude_parse_errors| {
        let rulings = Jury { exclude_parse_errors, ..jury }.rulings(run);
        Share::of(outcomes(items, &texts, &rulings).into_iter().flatten())
    };
    let (with, without) = (share(false), share(true));
    Change { difference: without.accuracy.zip(with.accuracy).map(|(b, a)| b - a), score: without }
}

fn without_tokens(items: &[Item], run: &Run<'_>, preset: TextPreset, scorer: &mut TextScorer) -> Change<TextScores> {
    let mut scores = |clean| scorer.corpus(text_pairs(items, &texts(run, clean)), preset);
    let (with, without) = (scores(false), scores(true));
    Change { difference: without.meteor.zip(with.meteor).map(|(b, a)| b - a), score: without }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::board::{Board, Input};
    use crate::score::tests::{answer, item_at, vote};

    #[test]
    fn faults_are_counted_and_their_effect_is_shown() {
        let mut items = [item_at("a", 0), item_at("a", 1)];
        items[0].answer = "left lung".into();
        let answers = [answer("m", "a::0", "left lung</s>"), answer("m", "a::1", " ")];
        let mut votes = vec![vote("m", "a::0", "x", Some(true)), vote("m", "a::0", "y", Some(true)), vote("m", "a::0", "z", Some(false))];
        votes.extend(["x", "y", "z"].map(|judge| vote("m", "a::1", judge, Some(judge != "x"))));
        votes[4].parse_error = true;
        let board = Board::new(Input { items: &items, answers: &answers, votes: &votes });
        let found = quality(&items, &board.runs[0], Jury::default(), TextPreset::Default, &mut TextScorer::default());
        assert_eq!((found.empty_answers, found.special_tokens, found.parse_errors), (1, 1, 1));
        let jury = found.without_parse_errors.unwrap();
        assert_eq!((jury.score.n, jury.difference), (1, Some(0.0)), "the second item is tied without the copied vote");
        assert!(found.without_special_tokens.unwrap().difference.unwrap() > 0.0);
    }
}
