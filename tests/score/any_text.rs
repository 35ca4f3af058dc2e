//! Whatever a model writes, scores are numbers within their bounds.

use proptest::prelude::*;
use voxaudit::score::text::{TextPreset, TextScorer};
use voxaudit::score::{Choice, choose, first_quantity};

/// Pieces that tokenizers and parsers care about, and anything else.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("lungs ".to_owned()),
        Just("The ".to_owned()),
        Just("(B) ".to_owned()),
        Just("-1,234.5e9 mL".to_owned()),
        Just("..,-3-.".to_owned()),
        Just("</s>###<|".to_owned()),
        Just("&amp;&lt;".to_owned()),
        any::<String>(),
    ];
    prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn scores_stay_within_their_bounds(reference in text(), prediction in text()) {
        let mut scorer = TextScorer::default();
        for preset in [TextPreset::Default, TextPreset::CtSpatialvqa] {
            let found = scorer.corpus([(reference.as_str(), prediction.as_str())], preset);
            let shares = [found.rouge1, found.rouge2, found.rouge_l, found.meteor, found.exact_match_normalised, found.token_f1];
            for share in shares.into_iter().flatten() {
                prop_assert!((0.0..=1.0 + 1e-12).contains(&share), "{share}");
            }
            prop_assert!(found.bleu.is_none_or(|bleu| (0.0..=100.0 + 1e-9).contains(&bleu)));
        }
        let same = scorer.pair(&reference, &reference);
        prop_assert!(same.exact && same.exact_normalised && same.token_f1 == 1.0);
    }

    #[test]
    fn answers_are_read_or_refused(answer in text(), option in text()) {
        let options = ["liver".to_owned(), option];
        if let Choice::Option(n) = choose(&answer, &options) {
            prop_assert!(n < options.len());
        }
        prop_assert!(first_quantity(&answer).is_none_or(|q| q.value.is_finite()));
    }
}
