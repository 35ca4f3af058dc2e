//! Question-answer items: identity, text, tasks and spatial categories. No SQL, no window.

mod answers;
mod category;
mod diff;
mod item;
mod mentions;
mod special;
mod text;

pub use answers::{Answer, Condition, Vote, says_parse_error};
pub use category::{Category, Task};
pub use diff::{Piece, word_diff};
pub use item::{CaseId, Item, ItemId, ItemIdError, TextHash};
pub use mentions::{mentioned, mentioned_by_any};
pub use special::{special_tokens, without_special_tokens};
pub use text::{Span, highlight};
