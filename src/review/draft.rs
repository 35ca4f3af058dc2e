//! What a reader has typed or chosen about an item and not yet decided.

use super::{AnswerRef, Criteria, ErrorLabel, Reason};
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
    /// Error labels of models' answers that are begun and not saved.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<DraftLabel>,
}

/// An error label that is begun and not saved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DraftLabel {
    pub answer: AnswerRef,
    pub label: ErrorLabel,
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
