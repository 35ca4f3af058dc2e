//! Question-answer items: identity, text, tasks and spatial categories. No SQL, no window.

mod align;
mod answers;
mod category;
mod counts;
mod diff;
mod item;
mod mentions;
pub mod pieces;
mod quality;
pub mod reading;
mod run;
mod special;
mod taxonomy;
mod text;

pub use align::{Alignment, Fit, align};
pub use answers::{Answer, Condition, Vote, says_parse_error};
pub use category::{Category, Task};
pub use counts::{count, thousands};
pub use diff::{Piece, word_diff};
pub use item::{CaseId, Item, ItemId, ItemIdError, TextHash};
pub use mentions::{StructureNames, mentioned};
pub use quality::{Finding, FindingKind, answer_findings, missing_finding, near_duplicates, verdict_findings};
pub use run::{MAX_NAME, ModelRun, answer_hash, run_name};
pub use special::{special_tokens, without_special_tokens};
pub use taxonomy::{ErrorType, Example, SubCode, Taxonomy, TaxonomyId};
pub use text::{Span, highlight};
