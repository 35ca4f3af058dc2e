//! Juries, categories, intervals, chance levels, comparisons and agreement against the published and the aligned figures.

use super::close;
use super::data::{Benchmark, MODELS, benchmark, reference, table};
use std::collections::HashMap;
use voxaudit::score::statistics::Resampling;
use voxaudit::score::{Input, Jury, Report, Settings, correctness, score};

fn input(b: &Benchmark) -> Input<'_> {
    Input { items: &b.items, answers: &b.answers, votes: &b.votes, human: &[] }
}

/// Every judge's vote is needed, as in the aligned reference figures.
fn aligned() -> Settings {
    Settings { jury: Jury { min_votes: 3, ..Jury::default() }, ..Settings::default() }
}

fn published() -> Settings {
    Settings { published_joins: true, ..Settings::default() }
}

fn near(interval: Option<[f64; 2]>, expected: &serde_json::Value, tolerance: f64, what: &str) {
    let found = interval.unwrap();
    (0..2).for_each(|side| close(Some(found[side]), &expected[side], tolerance, what));
}

#[test]
fn the_jury_is_right_as_often_as_the_references_say() {
    let (Some(b), Some(reference)) = (benchmark(), reference()) else { return };
    for (settings, key, bootstrap) in
        [(published(), "published_matrix", "bootstrap_published"), (aligned(), "aligned", "bootstrap_aligned")]
    {
        let report = score(input(&b), settings);
        for model in MODELS {
            let (found, jury) = (&report.models[model].jury, &reference["jury"][model]);
            let expected = &jury[key];
            assert_eq!(
                (Some(found.correct), Some(found.n as u64)),
                (expected["correct"].as_f64(), expected["n"].as_u64()),
                "{model} {key}"
            );
            close(found.accuracy, &expected["acc"], 1e-12, model);
            near(found.ci95_wilson, &expected["wilson95"], 1e-9, model);
            near(found.ci95_case_bootstrap, &jury[bootstrap]["cluster_by_case"], 0.002, model);
        }
    }
}

#[test]
fn by_default_two_of_three_votes_are_enough() {
    let Some(b) = benchmark() else { return };
    let report = score(input(&b), Settings { resampling: Resampling { replicates: 0, seed: 0 }, ..Settings::default() });
    let jury = |model: &str| {
        let jury = &report.models[model].jury;
        (jury.correct, jury.n, jury.undecided, jury.too_few_votes)
    };
    assert_eq!(MODELS.map(jury), [(2835.0, 9077, 0, 0), (2933.0, 9077, 0, 0), (2858.0, 9077, 0, 0)]);
    let complete = MODELS.map(|model| (report.models[model].jury.with_every_vote.correct, report.models[model].jury.with_every_vote.n));
    assert_eq!(complete, [(2833.0, 9074), (2933.0, 9074), (2858.0, 9077)], "the aligned reference figures");
    assert_eq!(report.left_over, 0);
}

#[test]
fn every_ruling_is_the_one_of_the_aligned_votes() {
    let (Some(b), Some(rows)) = (benchmark(), table("aligned_votes.tsv")) else { return };
    let (ours, theirs) = (correctness(input(&b), aligned()), correctness(input(&b), published()));
    let place: HashMap<String, usize> = b.items.iter().enumerate().map(|(n, item)| (item.id.to_string(), n)).collect();
    assert_eq!(rows.len(), 3 * 9077);
    for row in rows {
        let n = place[&row[1]];
        let expected = (!row[6].is_empty()).then(|| row[6].parse::<f64>().unwrap() > 0.5);
        assert_eq!(ours[&row[0]][n], expected, "{row:?}");
        let published = row.get(7).filter(|cell| !cell.is_empty()).map(|cell| cell.parse::<f64>().unwrap() >= 0.66);
        assert_eq!(theirs[&row[0]][n], published, "{row:?}");
    }
}

#[test]
fn judges_and_their_agreement_equal_the_references() {
    let (Some(b), Some(reference)) = (benchmark(), reference()) else { return };
    let report = score(input(&b), aligned());
    for model in MODELS {
        for (judge, found) in &report.models[model].judges {
            let expected = &reference["judges"][model][judge];
            assert_eq!(
                (Some(found.correct as u64), Some(found.judged as u64)),
                (expected["correct"].as_u64(), expected["n_nonnull"].as_u64())
            );
            assert_eq!(found.missing, 9077 - found.judged);
            close(found.accuracy, &expected["acc"], 1e-12, judge);
        }
        let without = &reference["judges"][model]["gemini_excl_parse_error"]["acc"];
        if !without.is_null() {
            close(report.models[model].judges["gemini"].accuracy_without_parse_errors, without, 1e-12, model);
        }
        agreement(&report, model, &reference["judge_agreement_aligned"][model]);
    }
}

fn agreement(report: &Report, model: &str, expected: &serde_json::Value) {
    let found = &report.judge_agreement[model];
    assert_eq!(Some(found.all.n as u64), expected["n"].as_u64());
    for (value, name) in [
        (found.all.unanimous, "unanimous"),
        (found.all.fleiss_kappa, "fleiss_kappa_statsmodels"),
        (found.all.krippendorff_alpha, "krippendorff_alpha_nominal"),
        (found.all.gwet_ac1, "gwet_ac1_full_precision"),
        (found.all.krippendorff_alpha_with_missing, "krippendorff_alpha_nominal_with_missing_9077"),
    ] {
        close(value, &expected[name], 1e-9, &format!("{model} {name}"));
    }
    for pair in found.pairwise.iter() {
        let expected = &expected["pairwise"][format!("{}-{}", pair.a, pair.b)];
        if pair.n as u64 == 9074 || model == "radfm" {
            close(pair.agree, &expected["agree"], 1e-9, model);
            close(pair.cohen_kappa, &expected["kappa"], 1e-9, model);
        }
    }
}

#[test]
fn categories_equal_the_published_and_the_aligned_tables() {
    let (Some(b), Some(reference)) = (benchmark(), reference()) else { return };
    for (settings, key) in [(published(), "published_rule(missing=0)"), (aligned(), "aligned(missing skipped)")] {
        let report = score(input(&b), settings);
        for model in MODELS {
            let expected = reference["category"][model][key].as_object().unwrap();
            assert_eq!(expected.len(), report.models[model].by_category.len());
            for (name, share) in &report.models[model].by_category {
                let expected = &expected[*name];
                assert_eq!(
                    (Some(share.correct), Some(share.n as u64)),
                    (expected["correct"].as_f64(), expected["denom"].as_u64()),
                    "{name}"
                );
            }
        }
    }
}

#[test]
fn chance_levels_and_the_models_beside_them_equal_the_references() {
    let (Some(b), Some(reference)) = (benchmark(), reference()) else { return };
    for (settings, join) in [(published(), "published"), (aligned(), "aligned")] {
        let report = score(input(&b), settings);
        for model in MODELS {
            let (found, summary) = (&report.models[model].baselines, &reference["chance"]["summary"]);
            assert_eq!(Some(found.closed_n as u64), summary["closed_items"].as_u64());
            close(found.uniform, &summary["uniform_expected_closed"], 1e-9, "uniform");
            close(found.majority, &summary["labelled_closed_majority_acc"], 1e-9, "majority");
            let key = format!("{model}:{join}");
            close(found.closed_accuracy, &summary[&key]["closed_acc"], 1e-9, &key);
            close(found.open_accuracy, &summary[&key]["open_acc"], 1e-9, &key);
            for (name, kind) in found.by_type.iter() {
                by_type(kind, &reference["chance"][*name], &key);
            }
        }
    }
}

fn by_type(found: &voxaudit::score::TypeBaseline, expected: &serde_json::Value, model: &str) {
    assert_eq!(Some(found.n as u64), expected["n"].as_u64());
    assert_eq!(serde_json::to_value(&found.labels).unwrap(), expected["labels"]);
    for (value, name) in [(found.uniform, "uniform"), (found.majority, "majority"), (found.prior_matched, "prior_matched")] {
        if !expected[name].is_null() {
            close(value, &expected[name], 1e-9, name);
        }
    }
    let expected = &expected["models"][model];
    assert_eq!((Some(found.model.correct), Some(found.model.n as u64)), (expected["correct"].as_f64(), expected["n"].as_u64()), "{model}");
    near(found.model.ci95_wilson, &expected["wilson95"], 1e-9, model);
    if let Some(p) = expected.get("binom_p_two_sided_vs_uniform") {
        close(found.binomial_p, p, 1e-9, model);
    }
}

#[test]
fn pairs_of_models_equal_the_references() {
    let (Some(b), Some(reference)) = (benchmark(), reference()) else { return };
    let report = score(input(&b), aligned());
    assert_eq!(report.pairs.len(), 3);
    for pair in &report.pairs {
        let expected = &reference["mcnemar_aligned"][format!("{}|{}", pair.a, pair.b)];
        let counts =
            [("both", pair.table.both), ("a_only", pair.table.a_only), ("b_only", pair.table.b_only), ("neither", pair.table.neither)];
        for (name, count) in counts {
            assert_eq!(Some(count as u64), expected[name].as_u64(), "{name}");
        }
        close(pair.difference, &expected["diff"], 1e-12, "difference");
        close(pair.mcnemar_exact_p, &expected["exact_p"], 1e-9, "exact p");
        close(pair.holm_p, &expected["holm_exact_p"], 1e-9, "Holm");
    }
    assert!(report.cochran_q.p.is_some_and(|p| (0.0..=1.0).contains(&p)) && report.effects.is_empty());
}
