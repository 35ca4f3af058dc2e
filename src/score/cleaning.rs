//! What can be done about faults of the data before it is scored, and what that does to a run's scores.
//!
//! Nothing is cleaned unless somebody asks: scores are as imported. An answer that is left out takes its verdicts with it.

use super::board::{Judge, Run};
use super::jury::Jury;
use super::outcome::{Share, outcomes};
use super::quality::texts;
use super::text::PairScores;
use crate::qa::{Answer, Item, near_duplicates, special_tokens};
use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};
use std::borrow::Cow;

/// A fault that can be cleaned away or left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// A verdict that a parse error copied from another item.
    ParseErrors,
    /// An answer that holds special tokens.
    SpecialTokens,
    EmptyAnswers,
    /// An answer that stands, but for case and punctuation, at several items.
    NearDuplicates,
}

/// The faults that are cleaned away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Cleaning([bool; 4]);

/// A run's scores once a fault is cleaned away, beside those as imported.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cleaned {
    /// One fault, or all that the run has.
    pub cleaning: Cleaning,
    /// Answers or verdicts that have the fault.
    pub faults: usize,
    pub jury: Beside,
    pub meteor: Beside,
    pub rouge_l: Beside,
}

/// One score as imported and cleaned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Beside {
    pub imported_n: usize,
    pub imported: Option<f64>,
    pub cleaned_n: usize,
    pub cleaned: Option<f64>,
    /// Cleaned minus imported.
    pub difference: Option<f64>,
}

/// What a run's answers are, worked out once.
pub struct Marks {
    pub empty: Vec<bool>,
    pub tokens: Vec<bool>,
    pub near: Vec<bool>,
    pub parse_errors: usize,
}

impl Fault {
    pub const ALL: [Fault; 4] = [Fault::ParseErrors, Fault::SpecialTokens, Fault::EmptyAnswers, Fault::NearDuplicates];

    /// What there are so many of.
    pub fn name(self) -> &'static str {
        match self {
            Fault::ParseErrors => "PARSE_ERROR verdicts",
            Fault::SpecialTokens => "answers with special tokens",
            Fault::EmptyAnswers => "empty answers",
            Fault::NearDuplicates => "near-duplicate answers",
        }
    }

    /// What cleaning does about it, in a few words.
    pub fn remedy(self) -> &'static str {
        match self {
            Fault::ParseErrors => "without PARSE_ERROR verdicts",
            Fault::SpecialTokens => "special tokens cleaned",
            Fault::EmptyAnswers => "without empty answers",
            Fault::NearDuplicates => "without near-duplicates",
        }
    }

    /// What cleaning does about it, in a sentence.
    pub fn explanation(self) -> &'static str {
        match self {
            Fault::ParseErrors => "Verdicts that a parse error copied from another item count as missing.",
            Fault::SpecialTokens => "Answers are scored without tokens such as </s> and ###; what judges said of them stays.",
            Fault::EmptyAnswers => "Answers of nothing but white space are left out, with their verdicts.",
            Fault::NearDuplicates => {
                "Answers of five words or more that a model gives, but for case and punctuation, to three items or more are left out, \
                 with their verdicts."
            }
        }
    }
}

impl Cleaning {
    pub const NONE: Self = Self([false; 4]);
    pub const ALL: Self = Self([true; 4]);

    pub fn of(faults: &[Fault]) -> Self {
        faults.iter().fold(Self::NONE, |all, fault| all.with(*fault, true))
    }

    pub fn has(self, fault: Fault) -> bool {
        self.0[fault as usize]
    }

    #[must_use]
    pub fn with(mut self, fault: Fault, on: bool) -> Self {
        self.0[fault as usize] = on;
        self
    }

    pub fn faults(self) -> impl Iterator<Item = Fault> {
        Fault::ALL.into_iter().filter(move |fault| self.has(*fault))
    }

    /// `as imported`, or what is done.
    pub fn words(self) -> String {
        let remedies: Vec<&str> = self.faults().map(Fault::remedy).collect();
        if remedies.is_empty() { "as imported".to_owned() } else { remedies.join(", ") }
    }
}

impl Serialize for Cleaning {
    /// The list of faults.
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut list = s.serialize_seq(None)?;
        self.faults().try_for_each(|fault| list.serialize_element(&fault))?;
        list.end()
    }
}

impl Marks {
    pub fn of(run: &Run<'_>) -> Self {
        let mark = |odd: &dyn Fn(&Answer) -> bool| run.answers.iter().map(|a| a.is_some_and(odd)).collect();
        let near = near_duplicates(run.answers.iter().map(|a| a.map(|a| a.text.as_str()))).0;
        let votes = run.judges.iter().flat_map(|judge| judge.votes.iter().flatten());
        Self {
            empty: mark(&|a| a.text.trim().is_empty()),
            tokens: mark(&|a| !special_tokens(&a.text).is_empty()),
            near,
            parse_errors: votes.filter(|vote| vote.parse_error).count(),
        }
    }

    pub fn count(&self, fault: Fault) -> usize {
        let of = |marks: &[bool]| marks.iter().filter(|m| **m).count();
        match fault {
            Fault::ParseErrors => self.parse_errors,
            Fault::SpecialTokens => of(&self.tokens),
            Fault::EmptyAnswers => of(&self.empty),
            Fault::NearDuplicates => of(&self.near),
        }
    }

    /// Does the answer to an item have the fault? `copied` tells of its verdicts.
    pub fn has(&self, fault: Fault, item: usize, copied: impl Fn(usize) -> bool) -> bool {
        match fault {
            Fault::ParseErrors => copied(item),
            Fault::SpecialTokens => self.tokens[item],
            Fault::EmptyAnswers => self.empty[item],
            Fault::NearDuplicates => self.near[item],
        }
    }

    /// Is the answer to an item left out?
    pub fn leaves_out(&self, cleaning: Cleaning, item: usize) -> bool {
        cleaning.has(Fault::EmptyAnswers) && self.empty[item] || cleaning.has(Fault::NearDuplicates) && self.near[item]
    }
}

/// The run without the answers that cleaning leaves out.
pub fn kept<'b, 'a>(run: &'b Run<'a>, marks: &Marks, cleaning: Cleaning) -> Cow<'b, Run<'a>> {
    let out = |item: usize| marks.leaves_out(cleaning, item);
    if !(0..run.answers.len()).any(out) {
        return Cow::Borrowed(run);
    }
    let judge =
        |judge: &Judge<'a>| Judge { name: judge.name, votes: judge.votes.iter().enumerate().map(|(n, v)| v.filter(|_| !out(n))).collect() };
    Cow::Owned(Run {
        model: run.model,
        condition: run.condition,
        answers: run.answers.iter().enumerate().map(|(n, a)| a.filter(|_| !out(n))).collect(),
        judges: run.judges.iter().map(judge).collect(),
        human: run.human.clone(),
    })
}

/// What cleaning each of a run's faults does to its scores, and then all of them where it has several. `imported` and `clean` are figures of
/// each answer with and without its special tokens.
pub fn effects(
    items: &[Item],
    run: &Run<'_>,
    marks: &Marks,
    jury: Jury,
    imported: &[Option<PairScores>],
    clean: &[Option<PairScores>],
) -> Vec<Cleaned> {
    let own: Vec<Fault> = Fault::ALL.into_iter().filter(|fault| marks.count(*fault) > 0).collect();
    let mut wanted: Vec<Cleaning> = own.iter().map(|fault| Cleaning::of(&[*fault])).collect();
    wanted.extend((own.len() > 1).then(|| Cleaning::of(&own)));
    let before = share(items, run, marks, jury, Cleaning::NONE);
    let one = |cleaning: Cleaning| {
        let after = share(items, run, marks, jury, cleaning);
        let figures = |figure: fn(&PairScores) -> f64| {
            let texts = if cleaning.has(Fault::SpecialTokens) { clean } else { imported };
            let left = texts.iter().enumerate().filter(|(n, _)| !marks.leaves_out(cleaning, *n)).map(|(_, s)| s);
            Beside::new(mean(imported.iter(), figure), mean(left, figure))
        };
        Cleaned {
            cleaning,
            faults: cleaning.faults().map(|fault| marks.count(fault)).sum(),
            jury: Beside::new((before.n, before.accuracy), (after.n, after.accuracy)),
            meteor: figures(|s| s.meteor),
            rouge_l: figures(|s| s.rouge.rouge_l),
        }
    };
    wanted.into_iter().map(one).collect()
}

/// Right answers of a run as the jury, or the option chosen, says, once cleaned.
fn share(items: &[Item], run: &Run<'_>, marks: &Marks, jury: Jury, cleaning: Cleaning) -> Share {
    let run = kept(run, marks, cleaning);
    let jury = Jury { exclude_parse_errors: cleaning.has(Fault::ParseErrors), ..jury };
    Share::of(outcomes(items, &texts(&run, cleaning.has(Fault::SpecialTokens)), &jury.rulings(&run)).into_iter().flatten())
}

fn mean<'a>(scores: impl Iterator<Item = &'a Option<PairScores>>, figure: fn(&PairScores) -> f64) -> (usize, Option<f64>) {
    let (mut n, mut sum) = (0, 0.0);
    for score in scores.flatten() {
        n += 1;
        sum += figure(score);
    }
    (n, (n > 0).then(|| sum / n as f64))
}

impl Beside {
    fn new((imported_n, imported): (usize, Option<f64>), (cleaned_n, cleaned): (usize, Option<f64>)) -> Self {
        Self { imported_n, imported, cleaned_n, cleaned, difference: cleaned.zip(imported).map(|(b, a)| b - a) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_switched_one_by_one_and_named() {
        let some = Cleaning::NONE.with(Fault::EmptyAnswers, true).with(Fault::ParseErrors, true);
        assert!(some.has(Fault::EmptyAnswers) && !some.has(Fault::NearDuplicates));
        assert_eq!(some.words(), "without PARSE_ERROR verdicts, without empty answers");
        assert_eq!(serde_json::to_value(some).unwrap(), serde_json::json!(["parse-errors", "empty-answers"]));
        assert_eq!((Cleaning::NONE.words().as_str(), Cleaning::of(&Fault::ALL)), ("as imported", Cleaning::ALL));
        for (n, fault) in Fault::ALL.into_iter().enumerate() {
            assert_eq!(fault as usize, n);
        }
    }
}
