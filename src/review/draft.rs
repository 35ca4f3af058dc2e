//! What a reader has typed or chosen about an item and not yet decided.

use super::{Criteria, Reason};
use serde::{Deserialize, Serialize};

/// The unfinished words of one reader about one item, as a project keeps them. No part of the log.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DraftText {
    /// The form that was open; `None` while the item was only read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<DraftForm>,
    pub criteria: Criteria,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// The half-made edit of the question; `None` where it is the item's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub question: Option<String>,
    /// The same for the reference answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DraftForm {
    Edit,
    Reject,
}

impl DraftText {
    /// True when it says more than `standing`, which is on screen without any draft. An open form alone says nothing.
    pub fn adds_to(&self, standing: &DraftText) -> bool {
        Self { form: standing.form, ..self.clone() } != *standing
    }
}
