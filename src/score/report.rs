//! Everything that `voxaudit score` prints, as one value.

use super::board::{Board, Input, Run};
use super::chance::{Baselines, Chance};
use super::cleaning::{Cleaned, Cleaning, Fault, Marks, kept};
use super::compare::{Effect, Pair, Scored, all_models, effects, pairs};
use super::human::HumanAgreement;
use super::jury::{Jury, Rule, Ruling, published};
use super::numeric::{self, NumericScores};
use super::outcome::{ChoiceScores, Outcome, Share, by_case, choices, outcomes, right, whole};
use super::quality::{Quality, quality, text_pairs, texts};
use super::statistics::agreement::{Agreement, PairAgreement, Ratings, agreement};
use super::statistics::{CochranQ, Resampling, case_bootstrap};
use super::text::{TextPreset, TextScorer, TextScores};
use crate::qa::{Category, Item, Task};
use serde::Serialize;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How to score.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    pub jury: Jury,
    /// Joins votes by row number as the published benchmark did, instead of by item.
    pub published_joins: bool,
    pub text: TextPreset,
    /// Scores answers without their special tokens.
    pub clean_special_tokens: bool,
    /// Leaves answers of nothing but white space out, with their verdicts; not for published joins.
    pub exclude_empty_answers: bool,
    /// Leaves answers out that stand at several items, with their verdicts; not for published joins.
    pub exclude_near_duplicates: bool,
    pub resampling: Resampling,
}

impl Settings {
    /// Which faults are cleaned away.
    pub fn cleaning(self) -> Cleaning {
        Cleaning::NONE
            .with(Fault::ParseErrors, self.jury.exclude_parse_errors)
            .with(Fault::SpecialTokens, self.clean_special_tokens)
            .with(Fault::EmptyAnswers, self.exclude_empty_answers)
            .with(Fault::NearDuplicates, self.exclude_near_duplicates)
    }

    /// The same settings with these faults cleaned away and no others.
    #[must_use]
    pub fn cleaned(self, cleaning: Cleaning) -> Self {
        Self {
            jury: Jury { exclude_parse_errors: cleaning.has(Fault::ParseErrors), ..self.jury },
            clean_special_tokens: cleaning.has(Fault::SpecialTokens),
            exclude_empty_answers: cleaning.has(Fault::EmptyAnswers),
            exclude_near_duplicates: cleaning.has(Fault::NearDuplicates),
            ..self
        }
    }
}

/// Scores of every run, and comparisons. Runs are named `MODEL` or `MODEL@CONDITION`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Report {
    pub models: BTreeMap<String, ModelReport>,
    pub judge_agreement: BTreeMap<String, JudgeAgreement>,
    pub pairs: Vec<Pair>,
    pub cochran_q: CochranQ,
    /// Full runs against control runs.
    pub effects: Vec<Effect>,
    /// Answers and verdicts that belong to no item, or repeat one.
    pub left_over: usize,
}

/// One run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ModelReport {
    /// Answers.
    pub n: usize,
    pub text: TextScores,
    pub judges: BTreeMap<String, JudgeScore>,
    pub jury: JuryScore,
    pub by_category: BTreeMap<&'static str, Share>,
    pub by_task: BTreeMap<&'static str, TaskScores>,
    /// Items that list options; `None` when there are none.
    pub choice: Option<ChoiceScores>,
    /// Items of task EST without options; `None` when there are none.
    pub numeric: Option<NumericScores>,
    pub baselines: Baselines,
    pub data_quality: Quality,
}

/// One judge's verdicts on one run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct JudgeScore {
    pub correct: usize,
    pub judged: usize,
    /// Answers without a verdict of this judge.
    pub missing: usize,
    pub accuracy: Option<f64>,
    pub parse_errors: usize,
    /// Without verdicts copied by parse errors.
    pub accuracy_without_parse_errors: Option<f64>,
}

/// What the judges together say of one run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct JuryScore {
    pub rule: Rule,
    #[serde(serialize_with = "whole")]
    pub correct: f64,
    /// Answers with a ruling.
    pub n: usize,
    /// Ties and splits, left out of n.
    pub undecided: usize,
    /// Judged by fewer judges than the rule asks for, left out of n; for published joins, items beyond the shortest file.
    pub too_few_votes: usize,
    pub accuracy: Option<f64>,
    pub ci95_wilson: Option<[f64; 2]>,
    pub ci95_case_bootstrap: Option<[f64; 2]>,
    /// The same rule on the answers that every judge has a vote on.
    pub with_every_vote: Share,
    /// How far reviewers who judged the same answers agree with these rulings.
    pub human: HumanAgreement,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<&'static str>,
}

/// One task. Items with options count by the option chosen, others by the jury; numeric items also by how near they are.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TaskScores {
    #[serde(flatten)]
    pub share: Share,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub choice: Option<ChoiceScores>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub numeric: Option<NumericScores>,
}

/// How far the judges of one run agree.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct JudgeAgreement {
    #[serde(flatten)]
    pub all: Agreement,
    pub pairwise: Vec<PairAgreement>,
}

/// The answers of a run as they are scored.
type Texts<'a> = [Option<Cow<'a, str>>];

/// Scores everything. Pure: the same input and settings give the same report.
pub fn score(input: Input<'_>, settings: Settings) -> Report {
    score_watched(input, settings, &|_, _| true).unwrap_or_default() // nobody stops it
}

/// The same; `go_on` is told how many runs of how many are scored and says whether to go on, and `None` is the answer when it does not.
pub fn score_watched(input: Input<'_>, settings: Settings, go_on: &(dyn Fn(usize, usize) -> bool + Sync)) -> Option<Report> {
    let done = AtomicUsize::new(0);
    let board = Board::new(input);
    let chance = Chance::of(board.items);
    let work = in_parallel(&board.runs, |runs| {
        let mut scorer = TextScorer::default();
        let of = |run| {
            go_on(done.load(Ordering::Relaxed), board.runs.len()).then(|| {
                let work = score_run(&board, run, settings, &chance, &mut scorer);
                done.fetch_add(1, Ordering::Relaxed);
                work
            })
        };
        runs.iter().map(of).collect::<Vec<_>>()
    });
    let work: Vec<RunWork> = work.into_iter().collect::<Option<_>>()?;
    let (mut reports, mut agreements, mut outcomes) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
    for (run, done) in board.runs.iter().zip(work) {
        reports.insert(run.name(), done.report);
        agreements.extend(done.agreement.map(|agreement| (run.name(), agreement)));
        outcomes.push(done.outcomes);
    }
    let scored: Vec<Scored> = board.runs.iter().zip(outcomes).collect();
    Some(Report {
        models: reports,
        judge_agreement: agreements,
        pairs: pairs(&board, &scored, settings.resampling),
        cochran_q: all_models(&scored),
        effects: effects(&board, &scored, settings.resampling),
        left_over: board.left_over,
    })
}

/// The work on every part of a list, on as many threads as the machine has cores, in the order of the list.
pub(super) fn in_parallel<'a, T: Sync, R: Send>(list: &'a [T], work: impl Fn(&'a [T]) -> Vec<R> + Sync) -> Vec<R> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let part = list.len().div_ceil(threads).max(1);
    std::thread::scope(|scope| {
        let running: Vec<_> = list.chunks(part).map(|runs| scope.spawn(|| work(runs))).collect();
        running.into_iter().flat_map(|thread| thread.join().unwrap_or_else(|cause| std::panic::resume_unwind(cause))).collect()
    })
}

/// What is worked out for each run by itself.
struct RunWork {
    report: ModelReport,
    /// `None` for fewer than two judges.
    agreement: Option<JudgeAgreement>,
    outcomes: Vec<Outcome>,
}

fn score_run(board: &Board<'_>, imported: &Run<'_>, settings: Settings, chance: &Chance, scorer: &mut TextScorer) -> RunWork {
    let items = board.items;
    let marks = Marks::of(imported);
    let run = &*kept(imported, &marks, settings.cleaning());
    let texts = texts(run, settings.clean_special_tokens);
    let rulings = if settings.published_joins { published(run) } else { settings.jury.rulings(run) };
    let outcomes = outcomes(items, &texts, &rulings);
    let (text, each) = scorer.each(text_pairs(items, &texts), settings.text, |_| None);
    let report = ModelReport {
        n: run.answers.iter().flatten().count(),
        text,
        judges: run.judges.iter().enumerate().map(|(n, judge)| (judge.name.to_owned(), judge_score(run, n, settings.jury))).collect(),
        jury: jury_score(board, run, &rulings, settings),
        by_category: by_category(items, &outcomes, settings.published_joins && !run.judges.is_empty()),
        by_task: by_task(items, &texts, &outcomes),
        choice: choices(items, &texts),
        numeric: numeric_scores(items, &texts),
        baselines: chance.baselines(&outcomes),
        data_quality: quality(items, imported, &marks, settings, &each, scorer),
    };
    let agreement = (run.judges.len() >= 2).then(|| judge_agreement(run, settings.jury));
    RunWork { report, agreement, outcomes }
}

fn judge_score(run: &Run<'_>, judge: usize, jury: Jury) -> JudgeScore {
    let judge = &run.judges[judge];
    let items = 0..judge.votes.len();
    let votes = |jury: Jury| items.clone().filter_map(move |item| jury.vote(judge, item));
    let accuracy = |jury: Jury| Share::of(votes(jury).map(|right| f64::from(u8::from(right)))).accuracy;
    let answered = |item: &usize| run.answers[*item].is_some();
    JudgeScore {
        correct: votes(jury).filter(|right| *right).count(),
        judged: votes(jury).count(),
        missing: items.clone().filter(answered).filter(|item| jury.vote(judge, *item).is_none()).count(),
        accuracy: accuracy(jury),
        parse_errors: judge.votes.iter().flatten().filter(|vote| vote.parse_error).count(),
        accuracy_without_parse_errors: accuracy(Jury { exclude_parse_errors: true, ..jury }),
    }
}

fn jury_score(board: &Board<'_>, run: &Run<'_>, rulings: &[Ruling], settings: Settings) -> JuryScore {
    let worth: Vec<Outcome> = rulings.iter().map(|ruling| ruling.worth()).collect();
    let share = Share::of(worth.iter().flatten().copied());
    let complete = |n: usize| run.judges.iter().all(|judge| settings.jury.vote(judge, n).is_some());
    let concerned = |n: usize| run.answers[n].is_some() || run.judges.iter().any(|judge| judge.votes[n].is_some());
    let too_few = rulings.iter().enumerate().filter(|(n, ruling)| **ruling == Ruling::TooFewVotes && concerned(*n));
    JuryScore {
        rule: settings.jury.rule,
        correct: share.correct,
        n: share.n,
        undecided: rulings.iter().filter(|ruling| **ruling == Ruling::Undecided).count(),
        too_few_votes: too_few.count(),
        accuracy: share.accuracy,
        ci95_wilson: share.ci95_wilson,
        ci95_case_bootstrap: case_bootstrap(&by_case(&worth, &board.case_of, board.cases), settings.resampling),
        with_every_vote: Share::of(worth.iter().enumerate().filter(|(n, _)| complete(*n)).filter_map(|(_, worth)| *worth)),
        human: HumanAgreement::of(worth.iter().map(|worth| right(*worth)).zip(run.human.iter().copied())),
        why: (share.n == 0).then_some("no answer has enough votes"),
    }
}

/// An item counts in each of its categories. The published tables count a blank as wrong.
fn by_category(items: &[Item], outcomes: &[Outcome], blank_is_wrong: bool) -> BTreeMap<&'static str, Share> {
    let worth = |outcome: Outcome| if blank_is_wrong { outcome.or(Some(0.0)) } else { outcome };
    let of = |category: Category| {
        let own = items.iter().zip(outcomes).filter(move |(item, _)| item.categories.contains(&category));
        Share::of(own.filter_map(|(_, outcome)| worth(*outcome)))
    };
    let used = Category::ALL.into_iter().filter(|category| items.iter().any(|item| item.categories.contains(category)));
    used.map(|category| (category.name(), of(category))).collect()
}

fn by_task(items: &[Item], texts: &Texts<'_>, outcomes: &[Outcome]) -> BTreeMap<&'static str, TaskScores> {
    let of = |task: Task| -> Option<TaskScores> {
        let own: Vec<usize> = (0..items.len()).filter(|n| items[*n].task == Some(task)).collect();
        let items: Vec<Item> = own.iter().map(|n| items[*n].clone()).collect();
        let texts: Vec<Option<Cow<'_, str>>> = own.iter().map(|n| texts[*n].clone()).collect();
        let share = Share::of(own.iter().filter_map(|n| outcomes[*n]));
        (!own.is_empty()).then(|| TaskScores { share, choice: choices(&items, &texts), numeric: numeric_scores(&items, &texts) })
    };
    Task::ALL.into_iter().filter_map(|task| Some((task.code(), of(task)?))).collect()
}

fn numeric_scores(items: &[Item], texts: &Texts<'_>) -> Option<NumericScores> {
    let numeric = items.iter().zip(texts).filter(|(item, _)| item.task == Some(Task::Est) && item.options.len() < 2);
    let pairs: Vec<(&str, &str)> = numeric.filter_map(|(item, text)| Some((item.answer.as_str(), text.as_deref()?))).collect();
    (!pairs.is_empty()).then(|| numeric::score(pairs))
}

fn judge_agreement(run: &Run<'_>, jury: Jury) -> JudgeAgreement {
    let ratings = |item: usize| {
        let votes = || run.judges.iter().filter_map(|judge| jury.vote(judge, item));
        Ratings { yes: votes().filter(|yes| *yes).count(), no: votes().filter(|yes| !*yes).count() }
    };
    let items = 0..run.answers.len();
    let all = agreement(&items.clone().map(ratings).collect::<Vec<_>>(), run.judges.len());
    let pair = |a: usize, b: usize| {
        let (a, b) = (&run.judges[a], &run.judges[b]);
        let both: Vec<(bool, bool)> = items.clone().filter_map(|item| jury.vote(a, item).zip(jury.vote(b, item))).collect();
        PairAgreement::of(a.name, b.name, &both)
    };
    let judges = run.judges.len();
    JudgeAgreement { all, pairwise: (0..judges).flat_map(|a| (a + 1..judges).map(move |b| (a, b))).map(|(a, b)| pair(a, b)).collect() }
}

/// The `(reference, answer)` pairs that [`score`]'s text metrics are made of, run by run under its name, each made when it is asked for.
pub fn scored_texts<'b>(board: &'b Board<'_>, settings: Settings) -> impl Iterator<Item = (String, Vec<(String, String)>)> + 'b {
    board.runs.iter().map(move |run| {
        let run = &*kept(run, &Marks::of(run), settings.cleaning());
        let texts = texts(run, settings.clean_special_tokens);
        let pairs = text_pairs(board.items, &texts).flatten().filter_map(|(reference, answer)| settings.text.pair(reference, answer));
        (run.name(), pairs.collect())
    })
}

/// What is wrong with the data of one run, and what cleaning it does to the run's scores.
#[derive(Clone, Debug, PartialEq)]
pub struct RunFaults {
    /// `MODEL` or `MODEL@CONDITION`.
    pub name: String,
    /// Answers or verdicts that have each fault, in the order of [`Fault::ALL`].
    pub counts: [usize; 4],
    /// Numbers of the items of these, ascending without repeats.
    pub items: [Vec<u32>; 4],
    /// As in [`Quality::effects`].
    pub effects: Vec<Cleaned>,
}

/// Faults of every run and their effects, the same as in [`score`]'s report, without what else is in it. Scoring texts takes most of the time:
/// without `texts` only the effects on the jury are known. `None` when `go_on` says no.
pub fn faults(input: Input<'_>, settings: Settings, texts: bool, go_on: &(dyn Fn() -> bool + Sync)) -> Option<Vec<RunFaults>> {
    let board = Board::new(input);
    let of = |runs: &[Run<'_>]| {
        let mut scorer = TextScorer::default();
        runs.iter().map(|run| go_on().then(|| run_faults(board.items, run, settings, texts.then_some(&mut scorer)))).collect::<Vec<_>>()
    };
    in_parallel(&board.runs, of).into_iter().collect()
}

fn run_faults(items: &[Item], run: &Run<'_>, settings: Settings, scorer: Option<&mut TextScorer>) -> RunFaults {
    let marks = Marks::of(run);
    let counts = Fault::ALL.map(|fault| marks.count(fault));
    let copied = |n: usize| run.judges.iter().any(|judge| judge.votes[n].is_some_and(|vote| vote.parse_error));
    let having = |fault: Fault| (0..items.len()).filter(|n| marks.has(fault, *n, copied)).map(|n| n as u32).collect();
    let sound = counts.iter().all(|n| *n == 0); // nothing to clean, so nothing to score
    let effects = match scorer {
        _ if sound => Vec::new(),
        Some(scorer) => quality(items, run, &marks, settings, &vec![None; items.len()], scorer).effects,
        None => super::cleaning::effects(items, run, &marks, settings.jury, &[], &[]),
    };
    RunFaults { name: run.name(), counts, items: Fault::ALL.map(having), effects }
}

/// Whether each answer of each run is right, for a matrix of items and runs; `None` without a verdict.
pub fn correctness(input: Input<'_>, settings: Settings) -> BTreeMap<String, Vec<Option<bool>>> {
    let board = Board::new(input);
    let of = |run: &Run<'_>| {
        let run = &*kept(run, &Marks::of(run), settings.cleaning());
        let rulings = if settings.published_joins { published(run) } else { settings.jury.rulings(run) };
        outcomes(board.items, &texts(run, settings.clean_special_tokens), &rulings).into_iter().map(right).collect()
    };
    board.runs.iter().map(|run| (run.name(), of(run))).collect()
}
