//! Claims from the words of a question and an answer.
//!
//! Precision before recall: a sentence is read only when a pattern accounts for every word of it, save fillers such as articles and
//! forms of "to be". `the wall of the aorta`, `a nodule in the left lung` or `mostly on the right` say more than the vocabulary can, so
//! they give no claim. The same functions read a reference answer and a model's answer.
//!
//! Deliberately not read: distances without "centre" or "gap" and "nearer" (one cannot know which distance is meant), "adjacent" (no number
//! belongs to it), findings inside an organ's part, how many findings there are (their masks may touch), structures with a qualifier
//! ("small nodules") and numbers without their unit, unless the question names it ("in mL"). Of `effusion or thickening` only a denial says something of each.

mod answer;
mod ask;
mod lexicon;
mod pattern;
mod presence;
mod side;
mod statement;

use answer::Asked;
pub use answer::option_of;
pub use lexicon::words;

use crate::geometry::claim::{Claim, Quantity};

/// What an answer to a question says; empty when it is not understood. `options` are those of a multiple choice, in order; the answer may
/// be an option's letter, its text or a sentence.
pub fn claims(question: &str, options: &[String], answer: &str) -> Vec<Claim> {
    Question::new(question, options).claims(answer)
}

/// A question that is read once for all its answers.
pub struct Question<'a>(Option<Asked<'a>>);

impl<'a> Question<'a> {
    pub fn new(question: &str, options: &'a [String]) -> Self {
        Self((question.len() <= LONGEST_TEXT).then(|| Asked::new(question, options)))
    }

    /// As [`claims`].
    pub fn claims(&self, answer: &str) -> Vec<Claim> {
        let asked = self.0.as_ref().filter(|_| answer.len() <= LONGEST_TEXT);
        asked.and_then(|asked| answer::claims(asked, answer)).unwrap_or_default()
    }
}

/// How much of `quantity` an answer says there is, to a question that asks for nothing else; empty when it is not understood.
pub fn amount(quantity: &Quantity, question: &str, answer: &str) -> Vec<Claim> {
    if question.len().max(answer.len()) > LONGEST_TEXT {
        return Vec::new();
    }
    answer::said_amount(quantity, question, answer).unwrap_or_default()
}

/// Longer texts are not read: no single spatial statement needs that much.
const LONGEST_TEXT: usize = 2000;

#[cfg(test)]
mod tests;
