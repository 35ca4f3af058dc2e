//! Text metrics against sacrebleu, rouge-score and NLTK.

use super::close;
use super::data::{Benchmark, MODELS, benchmark, reference, table};
use voxaudit::score::text::{TextPreset, TextScorer};

fn pairs<'a>(b: &'a Benchmark, model: &str) -> Vec<(&'a str, &'a str)> {
    let answers = b.answers.iter().filter(|a| a.model == model);
    b.items.iter().zip(answers).map(|(item, answer)| (item.answer.as_str(), answer.text.as_str())).collect()
}

#[test]
fn the_published_figures_are_reproduced() {
    let (Some(b), Some(reference)) = (benchmark(), reference()) else { return };
    let mut scorer = TextScorer::default();
    for model in MODELS {
        let expected = &reference["text_metrics"]["per_model"][model]["published"];
        let found = scorer.corpus(pairs(&b, model), TextPreset::CtSpatialvqa);
        assert_eq!(found.n as u64, expected["count"].as_u64().unwrap());
        for (name, value) in [
            ("bleu", found.bleu),
            ("rouge1_f", found.rouge1),
            ("rouge2_f", found.rouge2),
            ("rougeL_f", found.rouge_l),
            ("meteor", found.meteor),
        ] {
            close(value, &expected[name], 1e-9, &format!("{model} {name}"));
        }
    }
}

#[test]
fn the_default_keeps_case_and_empty_answers() {
    let (Some(b), Some(reference)) = (benchmark(), reference()) else { return };
    let mut scorer = TextScorer::default();
    for model in MODELS {
        let found = scorer.corpus(pairs(&b, model), TextPreset::Default);
        let variants = &reference["text_metrics"]["per_model"][model]["variants"];
        assert_eq!(found.n, 9077);
        close(found.meteor, &variants["meteor_keep_empty"], 1e-9, "METEOR");
        close(found.exact_match.map(|m| m * 9077.0), &variants["exact_match"]["raw"], 1e-6, "exact");
        close(found.exact_match_normalised.map(|m| m * 9077.0), &variants["exact_match"]["squad_normalised"], 1e-6, "normalised");
        close(found.token_f1, &variants["squad_token_f1"], 1e-9, "token F1");
        if model != "m3d" {
            let unlowered = &reference["text_metrics"]["per_model"][model]["variants_unlowered_skip_empty"]["bleu"];
            close(found.bleu, unlowered, 1e-9, "BLEU with case");
        }
    }
}

#[test]
fn every_pair_of_a_model_scores_as_in_the_libraries() {
    let (Some(b), Some(rows)) = (benchmark(), table("per_item_radfm.tsv")) else { return };
    let mut scorer = TextScorer::default();
    for ((reference, prediction), row) in pairs(&b, "radfm").into_iter().zip(&rows) {
        let prepare = |text: &str| text.trim().to_lowercase();
        let found = scorer.pair(&prepare(reference), &prepare(prediction));
        for (value, column) in [(found.rouge.rouge1, 2), (found.rouge.rouge2, 3), (found.rouge.rouge_l, 4), (found.meteor, 5)] {
            let expected: f64 = row[column].parse().unwrap();
            assert!((value - expected).abs() < 1e-12, "{row:?}: {value}");
        }
    }
}
