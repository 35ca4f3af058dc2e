//! Scores of answers: text metrics, choice and numeric items, juries, chance levels, statistics and agreement.
//!
//! Pure functions over plain values (`qa::Answer`, `qa::Vote`). Two rules hold everywhere: a missing verdict is missing, neither wrong nor
//! right; and a figure that is undefined is `None` with a reason, never NaN. Each formula names its source.

pub mod statistics;
pub mod text;
