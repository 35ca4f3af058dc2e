//! Faults of the data, run by run, and each run's scores with them and without.

use crate::analyse::chart::thousands;
use crate::analyse::lookup::{Lookup, input};
use crate::analyse::{Analysis, Axis, Chart, Grid, Kind, Point, Section, Unit};
use crate::score::statistics::wilson;
use crate::score::{Beside, Cleaned, Cleaning, Fault, RunFaults, Settings, faults};

pub const ANALYSIS: Analysis = Analysis {
    id: "quality",
    title: "Faults of the data",
    section: Section::Models,
    answers: "How many answers and verdicts are faulty, and what would each score be without them?",
    needs: "answers of models",
    run,
};

/// Texts of more answers than these are not scored here: it would take longer than all other charts together.
const MOST_SCORED: usize = 200_000;

/// One score of [`Cleaned`], and how it and its difference are written.
struct Score {
    part: (&'static str, &'static str),
    of: fn(&Cleaned) -> Beside,
    units: (Unit, Unit),
    /// PARSE_ERROR verdicts change no text.
    faults: &'static [Fault],
}

const JURY: Score =
    Score { part: ("jury", "effect on accuracy"), of: |c| c.jury, units: (Unit::Share, Unit::ShareChange), faults: &Fault::ALL };
const METEOR: Score = Score {
    part: ("meteor", "effect on METEOR"),
    of: |c| c.meteor,
    units: (Unit::Score, Unit::ScoreChange),
    faults: &[Fault::SpecialTokens, Fault::EmptyAnswers, Fault::NearDuplicates],
};

fn run(lookup: &Lookup<'_>) -> Vec<Chart> {
    if lookup.runs.is_empty() {
        return ANALYSIS.missing("No model answers yet: import them with `voxaudit import … --answers MODEL=FILE`.");
    }
    let texts = lookup.data.answers.len() <= MOST_SCORED;
    let Some(mut found) = faults(input(lookup.data), Settings::default(), texts, lookup.go_on) else { return Vec::new() };
    found.retain(|run| run.counts.iter().any(|n| *n > 0));
    if found.is_empty() {
        let none: Vec<&str> = Fault::ALL.iter().map(|f| f.name()).collect();
        return ANALYSIS.missing(format!("Nothing is faulty: no {}.", none.join(", no ")));
    }
    let more = format!("Of more than {} answers, what cleaning does to METEOR is told by `voxaudit score` only.", thousands(MOST_SCORED));
    let mut charts = vec![counts(&found).note_if(!texts, more)];
    charts.extend([JURY, METEOR].into_iter().filter_map(|score| effect(&found, &score)));
    charts
}

fn counts(found: &[RunFaults]) -> Chart {
    let point = |(n, items): (usize, &Vec<u32>)| Point { value: Some(n as f64), n, items: items.clone(), ..Point::default() };
    let points = found.iter().flat_map(|run| run.counts.into_iter().zip(&run.items).map(point)).collect();
    let (rows, columns) = (Axis::new("model", found.iter().map(|r| r.name.clone())), Axis::new("fault", Fault::ALL.map(Fault::name)));
    let chart =
        ANALYSIS.chart(Some(("counts", "how many")), Grid::new(Kind::Table, rows, columns, Unit::Count, "answers or verdicts", points));
    chart.notes(Fault::ALL.map(|f| format!("{}: {}", capital(f.remedy()), f.explanation())))
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A score as imported, then without each fault and without all, each with its difference.
fn effect(found: &[RunFaults], score: &Score) -> Option<Chart> {
    let scored: Vec<&RunFaults> = found.iter().filter(|run| run.effects.iter().any(|e| (score.of)(e).imported.is_some())).collect();
    let used = |fault: &Fault| scored.iter().any(|run| run.counts[*fault as usize] > 0);
    let own: Vec<Fault> = score.faults.iter().copied().filter(used).collect();
    let mut cleanings: Vec<Cleaning> = own.iter().map(|fault| Cleaning::of(&[*fault])).collect();
    cleanings.extend((own.len() > 1).then(|| Cleaning::of(&own)));
    let mut names = vec!["as imported".to_owned()];
    let mut units = vec![score.units.0];
    for cleaning in &cleanings {
        let name = if cleaning.faults().count() > 1 { "all of these".to_owned() } else { cleaning.words() };
        names.extend([name, "difference".to_owned()]);
        units.extend([score.units.0, score.units.1]);
    }
    let points = scored.iter().flat_map(|run| row(run, score, &cleanings)).collect();
    let rows = Axis::new("model", scored.iter().map(|run| run.name.clone()));
    let grid = Grid { units, ..Grid::new(Kind::Table, rows, Axis::new("data", names), score.units.0, "answers", points) };
    (!cleanings.is_empty() && !scored.is_empty()).then(|| {
        ANALYSIS
            .chart(Some(score.part), grid)
            .note("Difference: cleaned minus as imported, whatever is switched for the other charts. A dash: the model has no such fault.")
            .note("Click a number to see the faulty items. `voxaudit score --json` has the same figures under data_quality.effects.")
    })
}

fn row(run: &RunFaults, score: &Score, cleanings: &[Cleaning]) -> Vec<Point> {
    let imported = run.effects.first().map(|e| (score.of)(e)).unwrap_or_default();
    let mut points = vec![point(score, imported.imported, imported.imported_n, items(run, Cleaning::ALL))];
    for cleaning in cleanings {
        let own = cleaning.faults().filter(|f| run.counts[*f as usize] > 0).fold(Cleaning::NONE, |all, f| all.with(f, true));
        let effect = run.effects.iter().find(|e| same(e.cleaning, own, score)).map(|e| (score.of)(e));
        match effect {
            Some(effect) => {
                let of = items(run, own);
                points.push(point(score, effect.cleaned, effect.cleaned_n, of.clone()));
                points.push(Point { value: effect.difference, n: effect.cleaned_n, items: of, ..Point::default() });
            }
            None => points.extend([Point::default(), Point::default()]),
        }
    }
    points
}

/// Do two cleanings do the same to this score? Faults that do not touch it make no difference.
fn same(found: Cleaning, wanted: Cleaning, score: &Score) -> bool {
    let touching = |c: Cleaning| c.faults().filter(|f| score.faults.contains(f)).collect::<Vec<_>>();
    !touching(wanted).is_empty() && touching(found) == touching(wanted)
}

fn point(score: &Score, value: Option<f64>, n: usize, items: Vec<u32>) -> Point {
    let interval = value.filter(|_| score.units.0 == Unit::Share).and_then(|v| wilson((v * n as f64).round() as usize, n));
    Point { value, interval, n, items, best: false }
}

/// Items that have one of these faults.
fn items(run: &RunFaults, cleaning: Cleaning) -> Vec<u32> {
    let mut all: Vec<u32> = cleaning.faults().flat_map(|fault| run.items[fault as usize].iter().copied()).collect();
    all.sort_unstable();
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use super::super::tests::{grid, items as made, judged, why};
    use super::*;
    use crate::analyse::Data;

    /// `m` has an empty answer and a special token, `n` nothing.
    fn data() -> Data {
        let mut data = judged(made(&[("q", "left lung"), ("q", "x"), ("q", "x")]), &[("m", "RWR"), ("n", "RRR")]);
        data.answers[0].text = "left lung</s>".into();
        data.answers[1].text = " ".into();
        data
    }

    #[test]
    fn faults_are_counted_and_scores_stand_with_and_without_them() {
        let data = data();
        let charts = run(&Lookup::new(&data));
        assert_eq!(charts.iter().map(|c| c.id.as_str()).collect::<Vec<_>>(), ["quality-counts", "quality-jury", "quality-meteor"]);
        let counts = grid(&charts[0]);
        assert_eq!(
            (counts.rows.names.clone(), counts.points.iter().filter_map(|p| p.value).collect::<Vec<_>>()),
            (vec!["m".into()], vec![0.0, 1.0, 1.0, 0.0])
        );
        assert_eq!(counts.point(0, 2).items, [1]);
        let jury = grid(&charts[1]);
        let names =
            ["as imported", "special tokens cleaned", "difference", "without empty answers", "difference", "all of these", "difference"];
        assert_eq!(jury.columns.names, names);
        let values: Vec<Option<f64>> = jury.points.iter().map(|p| p.value).collect();
        assert_eq!(values[..5], [Some(2.0 / 3.0), Some(2.0 / 3.0), Some(0.0), Some(1.0), Some(1.0 - 2.0 / 3.0)]);
        assert_eq!((jury.point(0, 5).value, jury.point(0, 5).n, jury.point(0, 5).items.clone()), (Some(1.0), 2, vec![0, 1]));
        assert_eq!(jury.describe(0, 4), "m, difference: +33.33 pp, n = 2 answers");
        let meteor = grid(&charts[2]);
        assert!(meteor.point(0, 2).value.is_some_and(|d| d > 0.0) && meteor.unit(2) == Unit::ScoreChange);
    }

    #[test]
    fn what_is_switched_off_changes_every_other_chart_and_is_said() {
        let mut data = data();
        let before = Lookup::new(&data).runs[0].right.clone();
        data.cleaning = Cleaning::of(&[Fault::EmptyAnswers]);
        let lookup = Lookup::new(&data);
        assert_eq!((before[1], lookup.runs[0].right[1]), (Some(false), None));
        assert!(lookup.ruling().iter().any(|n| n.ends_with("without empty answers.")));
    }

    #[test]
    fn sound_data_is_said_to_be_sound() {
        let sound = judged(made(&[("q", "x")]), &[("m", "R")]);
        assert!(why(&run(&Lookup::new(&sound))).starts_with("Nothing is faulty"));
        assert!(why(&run(&Lookup::new(&Data::default()))).contains("--answers"));
    }
}
