//! What faults of the data do to a model's scores: verdicts copied by parse errors, special tokens left in answers, empty answers, and
//! sentences that a model gives to item after item.

use super::board::Run;
use super::cleaning::{Cleaned, Fault, Marks, effects};
use super::jury::Jury;
use super::outcome::{Share, outcomes};
use super::report::Settings;
use super::text::{PairScores, TextScorer, TextScores};
use crate::qa::{Item, without_special_tokens};
use serde::Serialize;
use std::borrow::Cow;

/// Faults of one run, and its scores without them.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Quality {
    pub empty_answers: usize,
    /// Answers with special tokens.
    pub special_tokens: usize,
    /// Answers that stand, but for case and punctuation, at several items.
    pub near_duplicates: usize,
    /// Verdicts that a parse error copied from another item.
    pub parse_errors: usize,
    /// The jury without those verdicts; `None` when there are none.
    pub without_parse_errors: Option<Change<Share>>,
    /// Text metrics with special tokens cleaned away; `None` when there are none.
    pub without_special_tokens: Option<Change<TextScores>>,
    /// Each fault that the run has cleaned away, and then all of them.
    pub effects: Vec<Cleaned>,
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

/// `(reference, answer)` of every item with an answer.
pub fn text_pairs<'b>(items: &'b [Item], texts: &'b [Option<Cow<'_, str>>]) -> impl Iterator<Item = Option<(&'b str, &'b str)>> {
    items.iter().zip(texts).map(|(item, text)| Some((item.answer.as_str(), text.as_deref()?)))
}

/// Counts faults in what was imported, and scores the run both ways, whatever the settings clean. `known` are the figures of the answers as the
/// settings score them.
pub fn quality(
    items: &[Item],
    run: &Run<'_>,
    marks: &Marks,
    settings: Settings,
    known: &[Option<PairScores>],
    scorer: &mut TextScorer,
) -> Quality {
    let mut scored = |clean: bool| {
        // What has no token is the same either way; what the settings leave out is not known yet.
        let same = |n: usize| known[n].filter(|_| clean == settings.clean_special_tokens || !marks.tokens[n]);
        scorer.each(text_pairs(items, &texts(run, clean)), settings.text, same)
    };
    let (with, imported) = scored(false);
    let tokens = marks.count(Fault::SpecialTokens) > 0;
    let (without, clean) = if tokens { scored(true) } else { (with.clone(), imported.clone()) };
    let difference = without.meteor.zip(with.meteor).map(|(b, a)| b - a);
    Quality {
        empty_answers: marks.count(Fault::EmptyAnswers),
        special_tokens: marks.count(Fault::SpecialTokens),
        near_duplicates: marks.count(Fault::NearDuplicates),
        parse_errors: marks.parse_errors,
        without_parse_errors: (marks.parse_errors > 0).then(|| without_parse_errors(items, run, settings.jury)),
        without_special_tokens: tokens.then_some(Change { score: without, difference }),
        effects: effects(items, run, marks, settings.jury, &imported, &clean),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::qa::{Answer, Vote};
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
        let board = Board::new(Input { items: &items, answers: &answers, votes: &votes, human: &[] });
        let run = &board.runs[0];
        let found = quality(&items, run, &Marks::of(run), Settings::default(), &[None, None], &mut TextScorer::default());
        assert_eq!((found.empty_answers, found.special_tokens, found.parse_errors), (1, 1, 1));
        let jury = found.without_parse_errors.unwrap();
        assert_eq!((jury.score.n, jury.difference), (1, Some(0.0)), "the second item is tied without the copied vote");
        assert!(found.without_special_tokens.unwrap().difference.unwrap() > 0.0);
    }
    #[test]
    fn each_fault_and_all_together_have_an_effect_on_jury_and_text() {
        let items: Vec<Item> = (0..6).map(|n| Item { answer: "left lung".into(), ..item_at("a", n) }).collect();
        let said = ["left lung</s>", " ", "No sign of a mass.", "no sign of a mass", "No sign, of a mass!", "left lung"];
        let answers: Vec<Answer> = said.iter().enumerate().map(|(n, text)| answer("m", &format!("a::{n}"), text)).collect();
        let vote = |n: usize, judge| vote("m", &format!("a::{n}"), judge, Some(n == 0 || n == 2));
        let mut votes: Vec<Vote> = (0..6).flat_map(|n| ["x", "y"].map(|judge| vote(n, judge))).collect();
        votes[1].parse_error = true; // item 0 is left with one vote
        let board = Board::new(Input { items: &items, answers: &answers, votes: &votes, human: &[] });
        let run = &board.runs[0];
        let found = quality(&items, run, &Marks::of(run), Settings::default(), &[None; 6], &mut TextScorer::default());
        let jury: Vec<(String, usize, usize, Option<f64>)> =
            found.effects.iter().map(|e| (e.cleaning.words(), e.faults, e.jury.cleaned_n, e.jury.cleaned)).collect();
        assert_eq!(jury[0], ("without PARSE_ERROR verdicts".into(), 1, 5, Some(0.2)));
        assert_eq!(jury[1], ("special tokens cleaned".into(), 1, 6, Some(2.0 / 6.0)));
        assert_eq!(jury[2], ("without empty answers".into(), 1, 5, Some(0.4)));
        assert_eq!(jury[3], ("without near-duplicates".into(), 3, 3, Some(1.0 / 3.0)));
        assert_eq!((jury.len(), jury[4].1, jury[4].2, jury[4].3), (5, 6, 1, Some(0.0)));
        assert!(found.effects.iter().all(|e| (e.jury.imported_n, e.jury.imported) == (6, Some(2.0 / 6.0))));
        let meteor: Vec<f64> = found.effects.iter().filter_map(|e| e.meteor.difference).collect();
        assert_eq!(meteor[0], 0.0, "verdicts change no text");
        assert!(meteor[1] > 0.0 && meteor[2] > 0.0 && meteor[3] > 0.0 && meteor[4] > meteor[1]);
        assert_eq!(found.effects[4].meteor.cleaned_n, 2);
    }
}
