//! Text metrics: a model's answers against the reference answers.
//!
//! Every metric equals a named library's figure to 1e-9 on the published benchmark: sacrebleu 2 (BLEU), rouge-score 0.1.2 (ROUGE), NLTK 3
//! (METEOR) and SQuAD's script (exact match, token F1). Words are numbered and stems remembered, so that the scorer is kept across models.

mod bleu;
mod exact;
mod meteor;
mod porter;
mod rouge;
#[cfg(feature = "sbert")]
pub mod sbert;
mod wordnet;
mod words;

pub use bleu::Bleu;
pub use meteor::MeteorScorer;
pub use rouge::{Rouge, RougeScorer};
pub use words::Lexicon;

use serde::Serialize;

/// How texts are prepared and which are scored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TextPreset {
    /// Trimmed, case kept; an empty answer is an answer and scores 0.
    #[default]
    Default,
    /// As the published benchmark: trimmed, lower case, pairs with an empty side dropped.
    CtSpatialvqa,
}

/// Figures over a corpus of answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct TextScores {
    /// Pairs scored.
    pub n: usize,
    /// Pairs that the preset drops because a side is empty.
    pub dropped_empty: usize,
    /// Corpus BLEU, 0 to 100.
    pub bleu: Option<f64>,
    /// Means over pairs, 0 to 1, here and below.
    pub rouge1: Option<f64>,
    pub rouge2: Option<f64>,
    #[serde(rename = "rougeL")]
    pub rouge_l: Option<f64>,
    pub meteor: Option<f64>,
    /// The same bytes.
    pub exact_match: Option<f64>,
    /// The same words after SQuAD's normalisation.
    pub exact_match_normalised: Option<f64>,
    pub token_f1: Option<f64>,
    /// Mean cosine of sentence embeddings, −1 to 1; only where somebody asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sbert_cosine: Option<f64>,
}

/// Figures of one pair.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PairScores {
    pub rouge: Rouge,
    pub meteor: f64,
    pub exact: bool,
    pub exact_normalised: bool,
    pub token_f1: f64,
}

/// Scores texts; keep one for many, because it remembers words.
#[derive(Default)]
pub struct TextScorer {
    lexicon: Lexicon,
    rouge: RougeScorer,
    meteor: MeteorScorer,
}

impl TextPreset {
    fn prepare(self, text: &str) -> String {
        let text = text.trim_matches(words::space);
        match self {
            TextPreset::Default => text.to_owned(),
            TextPreset::CtSpatialvqa => text.to_lowercase(),
        }
    }

    /// `(reference, prediction)` as they are scored; `None` where the pair is dropped.
    pub fn pair(self, reference: &str, prediction: &str) -> Option<(String, String)> {
        let (reference, prediction) = (self.prepare(reference), self.prepare(prediction));
        (!self.drops(&reference, &prediction)).then_some((reference, prediction))
    }

    fn drops(self, reference: &str, prediction: &str) -> bool {
        self == TextPreset::CtSpatialvqa && (reference.is_empty() || prediction.is_empty())
    }
}

impl TextScorer {
    /// Scores `(reference, prediction)` pairs. Means of no pairs are `None`.
    pub fn corpus<'a>(&mut self, pairs: impl IntoIterator<Item = (&'a str, &'a str)>, preset: TextPreset) -> TextScores {
        self.each(pairs.into_iter().map(Some), preset, |_| None).0
    }

    /// The same of pairs with places: `None` is no pair. Also the figures of each place, `None` where the preset drops a pair. `known` may give
    /// figures that were worked out before.
    pub fn each<'a>(
        &mut self,
        pairs: impl IntoIterator<Item = Option<(&'a str, &'a str)>>,
        preset: TextPreset,
        known: impl Fn(usize) -> Option<PairScores>,
    ) -> (TextScores, Vec<Option<PairScores>>) {
        let mut bleu = Bleu::default();
        let mut scores = Vec::new();
        let mut dropped_empty = 0;
        for (place, pair) in pairs.into_iter().enumerate() {
            let Some((reference, prediction)) = pair else {
                scores.push(None);
                continue;
            };
            let Some(prepared) = preset.pair(reference, prediction) else {
                dropped_empty += 1;
                scores.push(None);
                continue;
            };
            bleu.add(&mut self.lexicon, &prepared.0, &prepared.1);
            let exact = reference == prediction;
            let found = known(place).unwrap_or_else(|| self.pair(&prepared.0, &prepared.1));
            scores.push(Some(PairScores { exact, ..found }));
        }
        (means(&scores, &bleu, dropped_empty), scores)
    }

    /// Scores one pair as it is given.
    pub fn pair(&mut self, reference: &str, prediction: &str) -> PairScores {
        let (r, p) = (exact::normalised(reference), exact::normalised(prediction));
        PairScores {
            rouge: self.rouge.score(reference, prediction),
            meteor: self.meteor.score(reference, prediction),
            exact: reference == prediction,
            exact_normalised: r == p,
            token_f1: exact::token_f1(&r, &p),
        }
    }
}

fn means(scores: &[Option<PairScores>], bleu: &Bleu, dropped_empty: usize) -> TextScores {
    let n = scores.iter().flatten().count();
    let mean = |value: fn(&PairScores) -> f64| (n > 0).then(|| scores.iter().flatten().map(value).sum::<f64>() / n as f64);
    TextScores {
        n,
        dropped_empty,
        bleu: (n > 0).then(|| bleu.score()),
        rouge1: mean(|s| s.rouge.rouge1),
        rouge2: mean(|s| s.rouge.rouge2),
        rouge_l: mean(|s| s.rouge.rouge_l),
        meteor: mean(|s| s.meteor),
        exact_match: mean(|s| f64::from(u8::from(s.exact))),
        exact_match_normalised: mean(|s| f64::from(u8::from(s.exact_normalised))),
        token_f1: mean(|s| s.token_f1),
        sbert_cosine: None,
    }
}

/// A file of reference figures, or `None` with a printed line where they are not at hand.
#[cfg(test)]
fn reference(name: &str) -> Option<String> {
    let shared = std::env::var("VOXAUDIT_SHARED").unwrap_or_else(|_| "../shared".into());
    let path = std::path::Path::new(&shared).join("reference").join(name);
    std::fs::read_to_string(&path).map_err(|e| println!("skipped: {}: {e}", path.display())).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_pairs_have_no_means() {
        let scores = TextScorer::default().corpus([("", "x")], TextPreset::CtSpatialvqa);
        assert_eq!((scores.n, scores.dropped_empty, scores.bleu, scores.meteor), (0, 1, None, None));
    }

    #[test]
    fn odd_texts_score_without_trouble() {
        let long = "left lung, right ".repeat(60_000);
        let odd = [("a\0b", "\u{fffd}"), ("x", long.as_str()), (long.as_str(), long.as_str()), ("\n\n", ""), ("é", "É")];
        let scores = TextScorer::default().corpus(odd, TextPreset::Default);
        assert_eq!(scores.n, 5);
        assert!(scores.bleu.is_some_and(f64::is_finite) && scores.meteor.is_some_and(f64::is_finite));
    }
}
