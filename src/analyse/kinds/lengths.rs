//! How long answers are, in words.

use super::{FEW, by_class};
use crate::analyse::lookup::Lookup;
use crate::analyse::{Analysis, Axis, Chart, Grid, Point, Section, Unit};

pub const ANALYSIS: Analysis = Analysis {
    id: "lengths",
    title: "Length of answers",
    section: Section::Data,
    answers: "How long are the reference answers, and do models answer at the same length?",
    needs: "items; answers of models for their part",
    run,
};

/// Fewest words of each class; the last is open.
const CLASSES: [(usize, &str); 9] =
    [(0, "0"), (1, "1"), (2, "2"), (3, "3–4"), (5, "5–8"), (9, "9–16"), (17, "17–32"), (33, "33–64"), (65, "65+")];

fn run(lookup: &Lookup<'_>) -> Vec<Chart> {
    if lookup.data.items.is_empty() {
        return ANALYSIS.missing("No questions yet: import them with `voxaudit import … --qa FILE`.");
    }
    let (mut names, mut texts) = (Vec::new(), Vec::new());
    for run in lookup.models() {
        names.push(run.name.clone());
        let own = lookup.data.answers.iter().filter(|a| a.model == run.run.model && a.condition == run.run.condition);
        texts.push(own.filter_map(|a| Some((*lookup.places.get(&a.item)?, a.text.as_str()))).collect::<Vec<_>>());
    }
    let levels = names.len(); // models keep the colours they have in other charts
    names.push("reference".to_owned());
    texts.push(lookup.data.items.iter().zip(0..).map(|(item, n)| (n, item.answer.as_str())).collect());
    let medians = medians(&names, &texts);
    let points = texts.iter().flat_map(|texts| classes(texts)).collect();
    let columns = Axis::new("words", CLASSES.iter().map(|(_, name)| *name));
    let grid = Grid::new(by_class(levels), Axis::new("answers", names), columns, Unit::Share, "answers", points);
    vec![
        ANALYSIS
            .chart(None, Grid { levels, ..grid })
            .note(
                "Share of answers of each length. Words are what stands between spaces; 0 words is an empty answer. Classes double, so \
                   the widths of columns are not to scale.",
            )
            .note(format!("Median words: {medians}.")),
    ]
}

/// Of each, or of many models the lowest and the highest.
fn medians(names: &[String], texts: &[Vec<(u32, &str)>]) -> String {
    let all: Vec<Option<f64>> = texts.iter().map(|texts| median(texts)).collect();
    let said = |value: Option<f64>| value.map_or("–".to_owned(), |v| v.to_string());
    let [models @ .., reference] = &all[..] else { return String::new() };
    if models.len() > FEW {
        let ends = [f64::min, f64::max].map(|of| models.iter().copied().flatten().reduce(of));
        return format!("reference {}, {} models {} to {}", said(*reference), models.len(), said(ends[0]), said(ends[1]));
    }
    names.iter().zip(&all).map(|(name, value)| format!("{name} {}", said(*value))).collect::<Vec<_>>().join(", ")
}

fn words(text: &str) -> usize {
    text.split_whitespace().count()
}

fn classes(texts: &[(u32, &str)]) -> Vec<Point> {
    let class = |text: &str| CLASSES.iter().rposition(|(least, _)| words(text) >= *least).unwrap_or(0);
    let mut items = vec![Vec::new(); CLASSES.len()];
    texts.iter().for_each(|(n, text)| items[class(text)].push(*n));
    let point = |mut items: Vec<u32>| {
        items.sort_unstable();
        items.dedup();
        Point::share(items.len(), texts.len(), items)
    };
    items.into_iter().map(point).collect()
}

fn median(texts: &[(u32, &str)]) -> Option<f64> {
    let mut all: Vec<usize> = texts.iter().map(|(_, text)| words(text)).collect();
    all.sort_unstable();
    let middle = all.len() / 2;
    match all.len() {
        0 => None,
        n if n % 2 == 1 => Some(all[middle] as f64),
        _ => Some((all[middle - 1] + all[middle]) as f64 / 2.0),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{answer, grid, items};
    use super::*;
    use crate::analyse::Data;

    #[test]
    fn answers_are_counted_by_their_words() {
        let items = items(&[("q", "one"), ("q", "one two three"), ("q", "")]);
        let data = Data { items, answers: vec![answer("m", 1, "a b c d e")], ..Data::default() };
        let charts = run(&Lookup::new(&data));
        let grid = grid(&charts[0]);
        assert_eq!(grid.rows.names, ["m", "reference"]);
        let values: Vec<usize> = (0..9).map(|c| grid.point(1, c).items.len()).collect();
        assert_eq!(values, [1, 1, 0, 1, 0, 0, 0, 0, 0]);
        assert_eq!((grid.point(0, 4).value, grid.point(0, 4).items.clone()), (Some(1.0), vec![1]));
        assert!((grid.point(1, 0).value.unwrap() - 1.0 / 3.0).abs() < 1e-12);
        assert_eq!(charts[0].notes[1], "Median words: m 5, reference 1.");
        let many: Vec<String> = (0..20).map(|n| format!("m{n}")).chain(["reference".to_owned()]).collect();
        let texts: Vec<Vec<(u32, &str)>> = (0..21).map(|n| vec![(0, "a"), (1, if n == 7 { "a b c d" } else { "a" })]).collect();
        assert_eq!(medians(&many, &texts), "reference 1, 20 models 1 to 2.5");
    }
}
