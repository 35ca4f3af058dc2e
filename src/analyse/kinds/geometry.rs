//! What geometry says of reference answers and of models' answers.

use crate::analyse::lookup::Lookup;
use crate::analyse::{Analysis, Axis, Chart, Grid, Ink, Kind, Point, Section, Unit};
use crate::geometry::judge::Verdict;
use crate::qa::ModelRun;
use std::collections::BTreeSet;

pub const ANALYSIS: Analysis = Analysis {
    id: "geometry",
    title: "Geometry as a witness",
    section: Section::Review,
    answers: "Do the measured labels bear out the reference answers and what models say?",
    needs: "verdicts of `voxaudit check`",
    run,
};

const COLUMNS: [(Option<Verdict>, &str); 4] = [
    (Some(Verdict::Supports), "supports"),
    (Some(Verdict::Undetermined), "undetermined"),
    (Some(Verdict::Contradicts), "contradicts"),
    (None, "no claim"),
];

fn run(lookup: &Lookup<'_>) -> Vec<Chart> {
    let verdicts = &lookup.data.geometry;
    if verdicts.is_empty() {
        return ANALYSIS.missing("Nothing was held against geometry yet: import masks, then run `voxaudit check`.");
    }
    let sources: BTreeSet<Option<&ModelRun>> = verdicts.iter().map(|v| v.run.as_ref()).collect();
    let point = |source: Option<&ModelRun>, wanted: Option<Verdict>| {
        let own = || verdicts.iter().filter(move |v| v.run.as_ref() == source);
        let mut items: Vec<u32> = own().filter(|v| v.verdict == wanted).map(|v| v.item).collect();
        items.sort_unstable();
        Point { n: own().count(), ..Point::count(items) }
    };
    let points = sources.iter().flat_map(|source| COLUMNS.map(|(verdict, _)| point(*source, verdict))).collect();
    let names = sources.iter().map(|source| source.map_or_else(|| "reference".to_owned(), ToString::to_string));
    let columns = Axis::new("verdict", COLUMNS.map(|(_, name)| name));
    let grid = Grid::new(Kind::Stacked, Axis::new("text", names), columns, Unit::Count, "texts", points);
    let inks = vec![Ink::FOR, Ink::OPEN, Ink::AGAINST, Ink::Muted];
    vec![ANALYSIS.chart(None, Grid { inks, ..grid }).note(
        "Verdicts as `voxaudit check` left them. A text with several claims is contradicted when one of them is. Only items of \
                   cases with masks are checked.",
    )]
}

#[cfg(test)]
mod tests {
    use super::super::tests::{grid, items, why};
    use super::*;
    use crate::analyse::{Data, GeometryVerdict};

    #[test]
    fn verdicts_are_counted_by_whose_words_they_are_about() {
        let said = |item, run: Option<&str>, verdict| GeometryVerdict { item, run: run.map(|r| ModelRun::parse(r).unwrap()), verdict };
        let geometry = vec![
            said(0, None, Some(Verdict::Supports)),
            said(1, None, None),
            said(0, Some("m"), Some(Verdict::Contradicts)),
            said(1, Some("m"), Some(Verdict::Contradicts)),
        ];
        let data = Data { items: items(&[("a", "x"), ("b", "x")]), geometry, ..Data::default() };
        let charts = run(&Lookup::new(&data));
        let grid = grid(&charts[0]);
        assert_eq!(grid.rows.names, ["reference", "m"]);
        let counts: Vec<f64> = grid.points.iter().filter_map(|p| p.value).collect();
        assert_eq!(counts, [1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 2.0, 0.0]);
        assert_eq!(grid.point(1, 2).items, [0, 1]);
        assert!(why(&run(&Lookup::new(&Data::default()))).contains("voxaudit check"));
    }
}
