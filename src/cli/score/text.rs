//! The report of `voxaudit score` as tables for people. What is undefined is a dash.

use crate::score::{Beside, HumanAgreement, ModelReport, NO_JUDGEMENTS, Pair, Report, Settings};
use std::collections::BTreeSet;

/// More models than this do not fit beside each other on a terminal.
const MOST_COLUMNS: usize = 8;
/// More pairs than this are not all shown.
const MOST_PAIRS: usize = 66;

/// Cells under a head; the first column to the left, the others to the right.
struct Table {
    rows: Vec<Vec<String>>,
}

/// Lines of all tables that have something to say.
pub fn lines(report: &Report, settings: Settings) -> Vec<String> {
    if report.models.is_empty() {
        return vec!["the project holds no answers of models; import some with: voxaudit import P --answers MODEL=FILE".to_owned()];
    }
    let mut out = vec![joins(settings)];
    let tables = [juries(report), judges(report), texts(report), categories(report), tasks(report), chance(report)];
    let more = [agreement(report), pairs(report), effects(report), faults(report)];
    for (title, table) in tables.into_iter().chain(more).filter(|(_, table)| table.rows.len() > 1) {
        out.extend([String::new(), title.to_owned()]);
        out.extend(table.lines());
    }
    out
}

fn joins(settings: Settings) -> String {
    if settings.published_joins {
        "votes joined by row number as published; a missing vote counts as wrong".to_owned()
    } else {
        let rule = format!("{:?}", settings.jury.rule).to_lowercase();
        format!(
            "votes joined by item; {rule} of at least {} votes; ties and splits are undecided and left out of n; data {}",
            settings.jury.min_votes,
            settings.cleaning().words()
        )
    }
}

fn juries(report: &Report) -> (&'static str, Table) {
    let head = ["jury", "right", "n", "accuracy", "95 % Wilson", "95 % over cases", "undecided", "too few votes"];
    let mut table = Table::new(&[&head[..], &["reviewers judged", "both n", "agree", "κ", "AC1"]].concat());
    for (name, model) in &report.models {
        let jury = &model.jury;
        let cells = [number(jury.correct), jury.n.to_string(), percent(jury.accuracy), interval(jury.ci95_wilson)];
        let rest = [interval(jury.ci95_case_bootstrap), jury.undecided.to_string(), jury.too_few_votes.to_string()];
        table.row(name, cells.into_iter().chain(rest).chain(reviewers(&jury.human)));
    }
    ("What the judges together say", table)
}

/// How far reviewers agree with the jury.
fn reviewers(found: &HumanAgreement) -> [String; 5] {
    let coefficient = |value: Option<f64>| value.map_or_else(dash, |v| format!("{v:.2}"));
    let judged = if found.judged == 0 { NO_JUDGEMENTS.to_owned() } else { found.judged.to_string() };
    [judged, found.n.to_string(), percent(found.agreement), coefficient(found.cohen_kappa), coefficient(found.gwet_ac1)]
}

fn judges(report: &Report) -> (&'static str, Table) {
    let mut table = Table::new(&["judge", "right", "judged", "missing", "accuracy", "parse errors", "accuracy without them"]);
    for (name, model) in &report.models {
        for (judge, found) in &model.judges {
            let counts = [found.correct, found.judged, found.missing].map(|n| n.to_string());
            let rest = [percent(found.accuracy), found.parse_errors.to_string(), percent(found.accuracy_without_parse_errors)];
            table.row(&format!("{name}:{judge}"), counts.into_iter().chain(rest));
        }
    }
    ("Each judge", table)
}

fn texts(report: &Report) -> (&'static str, Table) {
    let asked = report.models.values().any(|model| model.text.sbert_cosine.is_some());
    let head = ["text", "n", "BLEU", "ROUGE-1", "ROUGE-2", "ROUGE-L", "METEOR", "exact", "exact, normalised", "token F1"];
    let mut table = Table::new(&[&head[..], if asked { &["SBERT cosine"] } else { &[] }].concat());
    for (name, model) in &report.models {
        let t = &model.text;
        let means = [t.rouge1, t.rouge2, t.rouge_l, t.meteor, t.exact_match, t.exact_match_normalised, t.token_f1].map(decimal);
        table.row(
            name,
            [t.n.to_string(), t.bleu.map_or_else(dash, |b| format!("{b:.2}"))]
                .into_iter()
                .chain(means)
                .chain(asked.then(|| decimal(t.sbert_cosine))),
        );
    }
    ("Text against the reference", table)
}

fn categories(report: &Report) -> (&'static str, Table) {
    let names: BTreeSet<&str> = report.models.values().flat_map(|model| model.by_category.keys().copied()).collect();
    let of = |model: &ModelReport, name: &str| percent(model.by_category.get(name).and_then(|share| share.accuracy));
    ("Accuracy by category", by_model(report, "category", &names, of))
}

fn tasks(report: &Report) -> (&'static str, Table) {
    let names: BTreeSet<&str> = report.models.values().flat_map(|model| model.by_task.keys().copied()).collect();
    let of = |model: &ModelReport, name: &str| {
        let Some(task) = model.by_task.get(name) else { return dash() };
        match &task.numeric {
            Some(n) => format!("MRA {}, 1−error {}", decimal(n.mean_relative_accuracy), decimal(n.one_minus_relative_error)),
            None => percent(task.share.accuracy),
        }
    };
    ("Accuracy by task", by_model(report, "task", &names, of))
}

/// One row per name, one column per model; with many models the other way round.
fn by_model(report: &Report, what: &str, names: &BTreeSet<&str>, cell: impl Fn(&ModelReport, &str) -> String) -> Table {
    if report.models.len() > MOST_COLUMNS && !names.is_empty() {
        let head: Vec<&str> = std::iter::once("model").chain(names.iter().copied()).collect();
        let mut table = Table::new(&head);
        report.models.iter().for_each(|(name, model)| table.row(name, names.iter().map(|n| cell(model, n))));
        return table;
    }
    let head: Vec<&str> = std::iter::once(what).chain(report.models.keys().map(String::as_str)).collect();
    let mut table = Table::new(&head);
    names.iter().for_each(|name| table.row(name, report.models.values().map(|model| cell(model, name))));
    table
}

fn chance(report: &Report) -> (&'static str, Table) {
    let mut table = Table::new(&["closed questions", "n", "accuracy", "even guess", "commonest answer", "open n", "open accuracy"]);
    for (name, model) in &report.models {
        let b = &model.baselines;
        let cells = [b.closed_n.to_string(), percent(b.closed_accuracy), percent(b.uniform), percent(b.majority)];
        table.row(name, cells.into_iter().chain([b.open_n.to_string(), percent(b.open_accuracy)]));
    }
    ("Beside chance", table)
}

fn agreement(report: &Report) -> (&'static str, Table) {
    let mut table = Table::new(&["judges of", "n", "unanimous", "Fleiss κ", "Krippendorff α", "Gwet AC1"]);
    for (name, found) in &report.judge_agreement {
        let all = &found.all;
        let figures = [all.fleiss_kappa, all.krippendorff_alpha, all.gwet_ac1].map(decimal);
        table.row(name, [all.n.to_string(), percent(all.unanimous)].into_iter().chain(figures));
    }
    ("Agreement of the judges", table)
}

fn pairs(report: &Report) -> (&'static str, Table) {
    let mut table = Table::new(&["a, b", "both", "a only", "b only", "neither", "a − b", "95 % over cases", "McNemar p", "Holm p"]);
    for pair in shown_pairs(report) {
        let counts = [pair.table.both, pair.table.a_only, pair.table.b_only, pair.table.neither].map(|n| n.to_string());
        let over_cases = interval(pair.ci95_case_bootstrap.or(pair.ci95_case_normal));
        let rest = [percent(pair.difference), over_cases, p_value(pair.mcnemar_exact_p), p_value(pair.holm_p)];
        table.row(&format!("{}, {}", pair.a, pair.b), counts.into_iter().chain(rest));
    }
    if report.pairs.len() > MOST_PAIRS {
        return ("Each model against the next in accuracy, of all pairs that were tested; --json has them all", table);
    }
    ("Models against each other", table)
}

/// All pairs, or, of more than anybody reads, those of neighbours in the ranking.
fn shown_pairs(report: &Report) -> Vec<&Pair> {
    if report.pairs.len() <= MOST_PAIRS {
        return report.pairs.iter().collect();
    }
    let paired = |name: &String| report.pairs.iter().any(|p| p.a == *name || p.b == *name);
    let mut ranking: Vec<(&String, f64)> =
        report.models.iter().filter(|(n, _)| paired(n)).filter_map(|(n, m)| Some((n, m.jury.accuracy?))).collect();
    ranking.sort_by(|a, b| b.1.total_cmp(&a.1));
    let of = |a: &String, b: &String| report.pairs.iter().find(|p| (&p.a, &p.b) == (a, b) || (&p.a, &p.b) == (b, a));
    ranking.windows(2).filter_map(|two| of(two[0].0, two[1].0)).collect()
}

fn effects(report: &Report) -> (&'static str, Table) {
    let mut table =
        Table::new(&["full against", "n", "full", "control", "full − control", "95 % over cases", "McNemar p", "right in both"]);
    for effect in &report.effects {
        let shares = [effect.full_accuracy, effect.control_accuracy, effect.difference].map(percent);
        let rest = [interval(effect.ci95_case_bootstrap), p_value(effect.mcnemar_exact_p), effect.right_in_both.to_string()];
        let cells = std::iter::once(effect.n.to_string()).chain(shares).chain(rest);
        table.row(&format!("{}@{}", effect.model, effect.condition), cells);
    }
    ("What the image adds", table)
}

/// Faults of each run, and its scores as imported and cleaned.
fn faults(report: &Report) -> (&'static str, Table) {
    let head = ["faults", "how many", "accuracy", "cleaned", "difference", "n", "METEOR", "cleaned", "difference"];
    let mut table = Table::new(&head);
    let change = |b: &Beside, write: fn(f64) -> String| b.difference.map_or_else(dash, write);
    for (name, model) in &report.models {
        for e in &model.data_quality.effects {
            let jury = [percent(e.jury.imported), percent(e.jury.cleaned), change(&e.jury, |d| format!("{:+.2} %", 100.0 * d))];
            let meteor = [decimal(e.meteor.imported), decimal(e.meteor.cleaned), change(&e.meteor, |d| format!("{d:+.4}"))];
            let cells = std::iter::once(e.faults.to_string()).chain(jury).chain([e.jury.cleaned_n.to_string()]).chain(meteor);
            table.row(&format!("{name}: {}", e.cleaning.words()), cells);
        }
    }
    ("Faults of the data, and what scores are without them", table)
}

impl Table {
    fn new(head: &[&str]) -> Self {
        Self { rows: vec![head.iter().map(|&cell| cell.to_owned()).collect()] }
    }

    fn row(&mut self, name: &str, cells: impl IntoIterator<Item = String>) {
        self.rows.push(std::iter::once(name.to_owned()).chain(cells).collect());
    }

    fn lines(&self) -> Vec<String> {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| self.rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let line = |row: &Vec<String>| {
            let cell =
                |(n, cell): (usize, &String)| if n == 0 { format!("{cell:<0$}", widths[0]) } else { format!("  {cell:>0$}", widths[n]) };
            row.iter().enumerate().map(cell).collect()
        };
        self.rows.iter().map(line).collect()
    }
}

fn dash() -> String {
    "–".to_owned()
}

fn number(value: f64) -> String {
    if value.fract() == 0.0 { format!("{value:.0}") } else { format!("{value:.1}") }
}

fn percent(share: Option<f64>) -> String {
    share.map_or_else(dash, |share| format!("{:.1} %", 100.0 * share))
}

fn decimal(value: Option<f64>) -> String {
    value.map_or_else(dash, |value| format!("{value:.4}"))
}

fn interval(ends: Option<[f64; 2]>) -> String {
    ends.map_or_else(dash, |[low, high]| format!("{:.1}–{:.1} %", 100.0 * low, 100.0 * high))
}

fn p_value(p: Option<f64>) -> String {
    p.map_or_else(dash, |p| if p < 0.0001 { "< 0.0001".to_owned() } else { format!("{p:.4}") })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::{Input, score};

    #[test]
    fn nothing_to_score_says_what_to_do() {
        let report = score(Input::default(), Settings::default());
        assert!(lines(&report, Settings::default())[0].contains("--answers"));
    }

    #[test]
    fn columns_stand_under_their_heads() {
        let mut table = Table::new(&["a", "right"]);
        table.row("long name", ["7".to_owned()]);
        assert_eq!(table.lines(), ["a          right", "long name      7"]);
        assert_eq!((interval(None), percent(Some(0.3122)), p_value(Some(1e-9))), (dash(), "31.2 %".into(), "< 0.0001".into()));
    }
}
