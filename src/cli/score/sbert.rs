//! `--sbert DIR`: the cosine of sentence embeddings beside the other text metrics.

use crate::cli::output::Progress;
use crate::formats::Watch;
use crate::project::ScoreData;
use crate::score::{Board, Report, Settings, scored_texts};

pub use crate::score::text::sbert::Encoder;

/// Puts the mean cosine of every run into the report.
///
/// Errors when texts cannot be embedded, or when cancelled.
pub fn add(report: &mut Report, data: &ScoreData, settings: Settings, encoder: &mut Encoder) -> anyhow::Result<()> {
    let progress = Progress::new("embedding");
    let board = Board::new(data.input());
    let runs = board.runs.len();
    for (done, (name, pairs)) in scored_texts(&board, settings).enumerate() {
        let go_on = |at: usize, of: usize| {
            progress.advance((done * of.max(1) + at) as u64, (runs * of.max(1)) as u64);
            !progress.cancelled()
        };
        let cosines = encoder.cosines(&pairs, &go_on)?;
        if let Some(model) = report.models.get_mut(&name) {
            model.text.sbert_cosine = (!cosines.is_empty()).then(|| cosines.iter().sum::<f64>() / cosines.len() as f64);
        }
    }
    Ok(())
}
