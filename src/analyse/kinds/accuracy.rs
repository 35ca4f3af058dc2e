//! Models × tasks and models × categories, with the best in bold and what guessing would reach.

use super::{ranked, ranking};
use crate::analyse::lookup::{Group, Lookup, Run};
use crate::analyse::{Analysis, Axis, Chart, Grid, Kind, Point, Section, Unit};
use crate::qa::Item;
use crate::score::{Baselines, HumanAgreement, chance_levels};

pub const ANALYSIS: Analysis = Analysis {
    id: "accuracy",
    title: "Accuracy",
    section: Section::Models,
    answers: "Which model is right how often, on which kind of question, and is that better than guessing?",
    needs: "answers and verdicts of judges, or items with options",
    run,
};

/// Rows of levels, which are about other items than the models' rows where some items are open.
const GUESS: &str = "even guess, closed items";
const COMMONEST: &str = "commonest, closed items";

fn run(lookup: &Lookup<'_>) -> Vec<Chart> {
    let models = match lookup.judged_models() {
        Ok(models) => ranked(models),
        Err(why) => return ANALYSIS.missing(why),
    };
    let all = || Group { name: "all".to_owned(), items: lookup.all() };
    let with_all = |groups: Vec<Group>| std::iter::once(all()).chain(groups).collect::<Vec<_>>();
    let closed: Vec<Group> = closed(lookup, with_all(lookup.kinds().1));
    let tables = [(("task", "by task"), "task", lookup.tasks()), (("category", "by category"), "category", lookup.categories())];
    let mut charts = Vec::new();
    for (part, title, groups) in tables.into_iter().filter(|(_, _, groups)| !groups.is_empty()) {
        charts.push(table(lookup, &models, part, title, with_all(groups)));
    }
    if charts.is_empty() {
        charts.push(table(lookup, &models, ("all", "all items"), "items", with_all(Vec::new())));
    }
    if !closed.is_empty() {
        let part = ("closed", "questions that can be guessed");
        let chart = table(lookup, &models, part, lookup.kinds().0, closed);
        charts.push(chart.note(
            "Only items with a known set of answers (yes or no, left or right, listed options), so that models and \
                                chance levels are about the same items.",
        ));
    }
    charts
}

fn table(lookup: &Lookup<'_>, models: &[&Run], part: (&str, &str), title: &str, groups: Vec<Group>) -> Chart {
    let mut rows: Vec<String> = models.iter().map(|m| m.name.clone()).collect();
    let levels = rows.len();
    rows.extend([GUESS.to_owned(), COMMONEST.to_owned()]);
    let mut points: Vec<Point> =
        models.iter().flat_map(|m| groups.iter().map(|g| Point::accuracy(g.items.iter().copied(), &m.right))).collect();
    let baselines: Vec<(Baselines, Vec<u32>)> = groups.iter().map(|g| chance(lookup, &g.items)).collect();
    let level = |value: Option<f64>, n: usize, items: &[u32]| Point { value, n, items: items.to_vec(), ..Point::default() };
    points.extend(baselines.iter().map(|(b, items)| level(b.uniform, b.closed_n, items)));
    points.extend(baselines.iter().map(|(b, items)| level(b.majority, b.labelled_n, items)));
    let names = groups.into_iter().map(|g| g.name);
    let grid = Grid::new(Kind::Table, Axis::new("model", rows), Axis::new(title, names), Unit::Share, "items", points);
    ANALYSIS
        .chart(Some(part), beside_reviewers(models, Grid { levels, ..grid }.with_best()))
        .notes(lookup.ruling())
        .notes(ranking(models.len()))
        .note(
            "Bold: the highest of its column; where intervals overlap, the difference may be chance (`voxaudit score` has the paired \
               tests).",
        )
        .note_if(
            models.iter().any(|m| m.human.iter().any(|h| h.right().is_some())),
            "Reviewers agree: share of the answers judged right or wrong by reviewers on which the ruling says the same, and Gwet's AC1, \
             agreement beyond chance.",
        )
        .note(
            "Even guess: evenly among the possible answers of items that have a known set of them (their number is n). Commonest \
               answer: always the commonest one of its kind of question.",
        )
}

/// Right of the first column, over the same items: how far reviewers agree with these rulings; nothing where nobody has judged an answer.
fn beside_reviewers(models: &[&Run], grid: Grid) -> Grid {
    let found: Vec<(HumanAgreement, Vec<u32>)> = models.iter().zip(0..).map(|(m, row)| reviewed(m, &grid.point(row, 0).items)).collect();
    if found.iter().all(|(f, _)| f.judged == 0) {
        return grid;
    }
    let share = |(f, items): &(HumanAgreement, Vec<u32>)| Point::share(f.agree, f.n, items.clone());
    let beyond = |(f, items): &(HumanAgreement, Vec<u32>)| Point { value: f.gwet_ac1, n: f.n, items: items.clone(), ..Point::default() };
    let (shares, beyond) = (found.iter().map(share).collect(), found.iter().map(beyond).collect());
    grid.with_column(1, "reviewers agree", Unit::Share, shares).with_column(2, "their AC1", Unit::Coefficient, beyond)
}

/// Of these items, those on which both the ruling and reviewers say right or wrong.
fn reviewed(model: &Run, items: &[u32]) -> (HumanAgreement, Vec<u32>) {
    let said = |n: &u32| (model.right[*n as usize], model.human[*n as usize]);
    let both = |n: &&u32| said(n).0.is_some() && said(n).1.right().is_some();
    (HumanAgreement::of(items.iter().map(said)), items.iter().filter(both).copied().collect())
}

/// Chance levels of these items, and those of them that have one.
fn chance(lookup: &Lookup<'_>, items: &[u32]) -> (Baselines, Vec<u32>) {
    let own: Vec<Item> = items.iter().map(|n| lookup.data.items[*n as usize].clone()).collect();
    let (baselines, closed) = chance_levels(&own);
    (baselines, closed.into_iter().map(|n| items[n]).collect())
}

/// The groups without open items; empty when nothing is left or nothing was open.
fn closed(lookup: &Lookup<'_>, groups: Vec<Group>) -> Vec<Group> {
    let all = groups.first().map_or(0, |g| g.items.len());
    let only = |group: Group| Group { items: chance(lookup, &group.items).1, ..group };
    let groups: Vec<Group> = groups.into_iter().map(only).filter(|g| !g.items.is_empty()).collect();
    if groups.first().is_some_and(|g| g.items.len() < all) { groups } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{grid, items, judged, why};
    use super::*;
    use crate::analyse::Data;
    use crate::qa::Category;

    fn data() -> Data {
        let mut items = items(&[("Is it large?", "No"), ("Is it small?", "No"), ("Is it left?", "Yes"), ("Where is it?", "There")]);
        items[0].categories = vec![Category::Extent];
        items[3].categories = vec![Category::Extent];
        judged(items, &[("a", "RRWR"), ("b", "RW W"), ("c", "    ")])
    }

    #[test]
    fn shares_intervals_best_and_chance_are_those_of_hand() {
        let data = data();
        let charts = run(&Lookup::new(&data));
        assert_eq!(charts.iter().map(|c| c.id.as_str()).collect::<Vec<_>>(), ["accuracy-category", "accuracy-closed"]);
        let table = grid(&charts[0]);
        assert_eq!(table.rows.names, ["a", "b", GUESS, COMMONEST], "c has no verdict");
        assert_eq!(table.columns.names, ["all", "Spatial Extent & Boundaries"]);
        let row = |r| [0, 1].map(|c| (table.point(r, c).value, table.point(r, c).n));
        assert_eq!(row(0), [(Some(0.75), 4), (Some(1.0), 2)]);
        assert_eq!(row(1), [(Some(1.0 / 3.0), 3), (Some(0.5), 2)]);
        assert_eq!(row(2), [(Some(0.5), 3), (Some(0.5), 1)]);
        assert_eq!(row(3), [(Some(2.0 / 3.0), 3), (Some(1.0), 1)]);
        assert!(table.point(0, 0).best && !table.point(1, 0).best && !table.point(3, 1).best);
        let [low, high] = table.point(0, 0).interval.unwrap(); // Wilson's for 3 of 4
        assert!((low - 0.300_642).abs() < 1e-6 && (high - 0.954_413).abs() < 1e-6, "{low} {high}");
        assert_eq!(table.point(1, 0).items, [0, 1, 3]);
        let closed = grid(&charts[1]);
        assert_eq!((closed.point(0, 0).value, closed.point(0, 0).n, closed.point(0, 1).n), (Some(2.0 / 3.0), 3, 1));
    }

    #[test]
    fn nothing_answered_and_nothing_judged_are_told_apart() {
        assert!(why(&run(&Lookup::new(&Data::default()))).contains("--answers"));
        let data = judged(items(&[("a", "x")]), &[("m", " ")]);
        assert!(why(&run(&Lookup::new(&data))).contains("--verdicts"));
    }
}
