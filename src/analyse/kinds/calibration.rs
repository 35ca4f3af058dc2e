//! Judges held against what reviewers say about the same answers.

use crate::analyse::chart::thousands;
use crate::analyse::lookup::{Lookup, Opinion};
use crate::analyse::{Analysis, Axis, Chart, Grid, Kind, Point, Section, Unit};
use crate::qa::ModelRun;
use crate::score::statistics::agreement::PairAgreement;
use std::collections::{BTreeMap, HashMap};

pub const ANALYSIS: Analysis = Analysis {
    id: "calibration",
    title: "Judges against reviewers",
    section: Section::Models,
    answers: "Can the judges be trusted?",
    needs: "verdicts, and human judgements of the same answers",
    run,
};

/// An answer where both a judge and reviewers say right or wrong.
struct Both {
    item: u32,
    judge: bool,
    human: bool,
}

fn run(lookup: &Lookup<'_>) -> Vec<Chart> {
    if let Err(why) = lookup.judged_models() {
        return ANALYSIS.missing(why);
    }
    let opinions: Vec<Opinion<'_>> = lookup.opinions().into_iter().filter(|o| !o.judgements.is_empty()).collect();
    let unsure = opinions.iter().filter(|o| o.right().is_none()).count();
    let judges = by_judge(lookup, &opinions);
    if judges.is_empty() {
        return ANALYSIS
            .missing("No human judgements yet: judge answers as right or wrong in the Compare workspace, or with `voxaudit review`.");
    }
    let left_out = format!("Answers that reviewers cannot tell or differ on are left out: {}.", thousands(unsure));
    let mut charts = vec![table(&judges).note(left_out)];
    charts.extend(by_votes(lookup, &opinions));
    charts
}

/// By the judge's name over all runs, and last by the jury.
fn by_judge(lookup: &Lookup<'_>, opinions: &[Opinion<'_>]) -> Vec<(String, Vec<Both>)> {
    let human: HashMap<(u32, &ModelRun), bool> =
        opinions.iter().filter_map(|o| Some(((o.item, &lookup.runs[o.run].run), o.right()?))).collect();
    let mut judges: BTreeMap<&str, Vec<Both>> = BTreeMap::new();
    for vote in &lookup.data.votes {
        let run = ModelRun::new(&vote.model, vote.condition.clone());
        let Some((item, judge)) = lookup.places.get(&vote.item).copied().zip(vote.correct) else { continue };
        if let Some(human) = human.get(&(item, &run)) {
            judges.entry(&vote.judge).or_default().push(Both { item, judge, human: *human });
        }
    }
    let ruled = |o: &Opinion<'_>| {
        let run = &lookup.runs[o.run];
        Some(Both { item: o.item, judge: run.right[o.item as usize]?, human: o.right()? })
    };
    let jury: Vec<Both> = opinions.iter().filter_map(ruled).collect();
    let mut out: Vec<(String, Vec<Both>)> = judges.into_iter().map(|(name, both)| (name.to_owned(), both)).collect();
    out.extend((!jury.is_empty()).then(|| ("jury".to_owned(), jury)));
    out
}

fn table(judges: &[(String, Vec<Both>)]) -> Chart {
    let points = judges.iter().flat_map(|(_, both)| figures(both)).collect();
    let columns = ["agreement", "Cohen's κ", "says right of what reviewers call right", "says wrong of what reviewers call wrong"];
    let grid = Grid::new(
        Kind::Table,
        Axis::new("judge", judges.iter().map(|(name, _)| name.clone())),
        Axis::new("figure", columns),
        Unit::Share,
        "answers",
        points,
    );
    let units = vec![Unit::Share, Unit::Coefficient, Unit::Share, Unit::Share];
    ANALYSIS.chart(Some(("table", "agreement")), Grid { units, ..grid }).note(
        "Over the answers on which both the judge and every reviewer who judged them say right or wrong. κ is agreement beyond \
               chance; it is empty where it is undefined. The last two are sensitivity and specificity.",
    )
}

fn figures(both: &[Both]) -> [Point; 4] {
    let share = |of: &dyn Fn(&Both) -> bool, holds: &dyn Fn(&Both) -> bool| {
        let base: Vec<&Both> = both.iter().filter(|b| of(b)).collect();
        Point::share(base.iter().filter(|b| holds(b)).count(), base.len(), items(base.iter().map(|b| b.item)))
    };
    let ratings: Vec<(bool, bool)> = both.iter().map(|b| (b.judge, b.human)).collect();
    let all = items(both.iter().map(|b| b.item));
    let kappa = Point { value: PairAgreement::of("", "", &ratings).cohen_kappa, n: both.len(), items: all, ..Point::default() };
    [share(&|_| true, &|b| b.judge == b.human), kappa, share(&|b| b.human, &|b| b.judge), share(&|b| !b.human, &|b| !b.judge)]
}

fn items(all: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut out: Vec<u32> = all.collect();
    out.sort_unstable();
    out.dedup();
    out
}

/// How often reviewers say right when so many of the judges do.
fn by_votes(lookup: &Lookup<'_>, opinions: &[Opinion<'_>]) -> Option<Chart> {
    let mut votes: HashMap<(u32, ModelRun), (usize, usize)> = HashMap::new();
    for vote in &lookup.data.votes {
        let Some((item, right)) = lookup.places.get(&vote.item).copied().zip(vote.correct) else { continue };
        let of = votes.entry((item, ModelRun::new(&vote.model, vote.condition.clone()))).or_default();
        *of = (of.0 + usize::from(right), of.1 + 1);
    }
    let mut found: BTreeMap<(usize, usize), Vec<(u32, bool)>> = BTreeMap::new();
    for opinion in opinions {
        let Some(human) = opinion.right() else { continue };
        if let Some((right, n)) = votes.get(&(opinion.item, lookup.runs[opinion.run].run.clone())) {
            found.entry((*n, *right)).or_default().push((opinion.item, human));
        }
    }
    let point =
        |of: &Vec<(u32, bool)>| Point::share(of.iter().filter(|(_, human)| *human).count(), of.len(), items(of.iter().map(|(n, _)| *n)));
    let points: Vec<Point> = found.values().map(point).collect();
    let columns = Axis::new("votes that say right", found.keys().map(|(n, right)| format!("{right} of {n}")));
    let grid = Grid::new(Kind::Bars, Axis::new("", ["reviewers say right"]), columns, Unit::Share, "answers", points);
    (!found.is_empty()).then(|| {
        let note = "Share of answers that reviewers call right, by how many of the judges do; a calibrated jury rises from left to right \
                    through one half.";
        ANALYSIS.chart(Some(("votes", "by votes")), grid).note(note.replace("from left to right", "from top to bottom"))
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{event, grid, items as made, judged, reference, why};
    use super::*;
    use crate::review::{Action, Judgement, ReviewState};

    #[test]
    fn judges_are_held_against_reviewers() {
        let mut data = judged(made(&[("q", "x"); 5]), &[("m", "RRWWR")]);
        assert!(why(&run(&Lookup::new(&data))).starts_with("No human judgements yet"));
        use Judgement::{Right, Unsure, Wrong};
        let said = [(0, Right), (1, Wrong), (2, Wrong), (3, Wrong), (4, Unsure)];
        let judge = |(n, (item, judgement)): (usize, &(usize, Judgement))| {
            event(n as u8 + 1, "A", *item, Action::JudgeAnswer { answer: reference("m"), judgement: *judgement })
        };
        data.review = ReviewState::from_events(said.iter().enumerate().map(judge));
        let charts = run(&Lookup::new(&data));
        let table = grid(&charts[0]);
        assert_eq!(table.rows.names, ["x", "y", "jury"]);
        let jury = [0, 1, 2, 3].map(|c| (table.point(2, c).value, table.point(2, c).n));
        // 3 of 4 agree; by chance ½·¼ + ½·¾ = ½, so κ = ½
        assert_eq!(jury, [(Some(0.75), 4), (Some(0.5), 4), (Some(1.0), 1), (Some(2.0 / 3.0), 3)]);
        assert!(charts[0].notes.iter().any(|n| n.ends_with("left out: 1.")));
        let votes = grid(&charts[1]);
        assert_eq!(votes.columns.names, ["0 of 2", "2 of 2"]);
        assert_eq!((votes.point(0, 0).value, votes.point(0, 1).value), (Some(0.0), Some(0.5)));
    }
}
