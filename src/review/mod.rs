//! Review events and their fold into the current state. No SQL, no window.
//!
//! An event says what one reviewer did to one item; it is never changed or removed. The state of a project is a fold over its events
//! in the order of the log, which is that of its graph and never a clock's. Undo and redo are events too, so history survives restarts and stays readable.

mod answers;
mod codes;
mod draft;
mod event;
mod fold;
mod order;
mod reader;

pub use answers::{AnswerRef, AnswerReview, ErrorLabel, Explanation, Faithfulness, Judgement, Said};
pub use codes::{Criteria, Criterion, Reason, Tri};
pub use draft::{DraftForm, DraftLabel, DraftText};
pub use event::{Action, Decision, Event, EventHash, NewEvent, Reviewer, ShownImage};
pub use fold::{Evidence, Flagged, ItemReview, Reading, ReviewState, Status};
pub use order::{in_order, tips};
pub use reader::ReaderKey;

/// Version of the criteria and reason codes that reviewers work by, as manifests name it. Raised when their meaning changes.
pub const GUIDELINE_VERSION: &str = "1";
