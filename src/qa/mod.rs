//! Question-answer items: identity, text, tasks and spatial categories. No SQL, no window.

mod category;
mod item;
mod mentions;
mod text;

pub use category::{Category, Task};
pub use item::{CaseId, Item, ItemId, ItemIdError, TextHash};
pub use mentions::mentioned;
pub use text::{Span, highlight};
