//! One review event, and the hash that chains it to the reviewer's previous one and to the events of others that stood before it.

use super::{AnswerRef, Criteria, ErrorLabel, Judgement, Reason};
use crate::geometry::Annotation;
use crate::qa::{ItemId, TextHash};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Who reviews: chosen once per session, stored with every event.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Reviewer {
    /// Full name. It identifies the reviewer within a project, compared as [`super::ReaderKey`] says.
    pub name: String,
    /// Two or three letters for the window.
    pub initials: String,
}

/// A decision about an item.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "decision", rename_all = "kebab-case")]
pub enum Decision {
    Accept {
        criteria: Criteria,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
    },
    /// The original stays; `None` leaves that part as it was.
    Edit {
        reason: Reason,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        question: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        answer: Option<String>,
        criteria: Criteria,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
    },
    Reject {
        reason: Reason,
        criteria: Criteria,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
    },
}

/// What an event does. Serialised as the `payload` of the log (JSON, stable names).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "kebab-case")]
pub enum Action {
    Decide(Decision),
    /// Marks the item for another look.
    Flag {
        /// Why, in the reviewer's words. Left out when empty, so that flags of older versions keep their bytes and hashes.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
    },
    Unflag,
    /// Keeps something drawn on the image with the item, as evidence.
    AddAnnotation {
        annotation: Box<Annotation>,
    },
    /// Puts another shape in the place of the reviewer's own annotation with the same id.
    ChangeAnnotation {
        annotation: Box<Annotation>,
    },
    /// Takes the reviewer's own annotation with this id away.
    RemoveAnnotation {
        id: String,
    },
    /// Says whether a model's answer is right.
    JudgeAnswer {
        answer: AnswerRef,
        judgement: Judgement,
    },
    /// Takes the reviewer's own judgement of the answer away.
    UnjudgeAnswer {
        answer: AnswerRef,
    },
    /// Says what is wrong with a model's answer, and how far its explanation carries it.
    LabelAnswer {
        answer: AnswerRef,
        label: Box<ErrorLabel>,
    },
    /// Takes the reviewer's own label of the answer away.
    UnlabelAnswer {
        answer: AnswerRef,
    },
    /// Takes back the reviewer's own event with this hash.
    Undo {
        event: EventHash,
    },
    /// Puts back what an undo took away; names the *original* event.
    Redo {
        event: EventHash,
    },
}

/// SHA-256 of an event, hex in JSON.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventHash(pub [u8; 32]);

/// The image that was on screen when a decision was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ShownImage {
    /// There was none, as on the command line or for an item without an image.
    #[default]
    None,
    /// There was one, whose digest was not computed yet: saving never waits for it.
    NotYetKnown,
    /// SHA-256 over the bytes of its file or files (see `formats::digest`).
    Sha256([u8; 32]),
}

/// An event before it is in the log.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEvent {
    pub reviewer: Reviewer,
    pub item: ItemId,
    /// Hash of the text that was on screen.
    pub judged: TextHash,
    /// Seconds of activity on this item since it was shown.
    pub active_seconds: f64,
    pub image: ShownImage,
    pub action: Action,
}

/// An event of the log.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub time: Timestamp,
    pub reviewer: Reviewer,
    pub item: ItemId,
    pub judged: TextHash,
    pub active_seconds: f64,
    /// Version of the program that wrote it.
    pub program: String,
    pub action: Action,
    /// Hash of this reviewer's previous event; zeros for the first.
    pub prev: EventHash,
    /// The events of anybody that no other event followed when this one was written, sorted; `None` in a log of file version 5 or
    /// older, whose events follow each other in the order of the file.
    pub parents: Option<Vec<EventHash>>,
    /// `None` in a log of file version 5 or older, which does not say.
    pub image: Option<ShownImage>,
    pub hash: EventHash,
}

impl Action {
    /// The id of the annotation that it adds, changes or removes.
    pub fn annotation_id(&self) -> Option<&str> {
        match self {
            Action::AddAnnotation { annotation } | Action::ChangeAnnotation { annotation } => Some(&annotation.id),
            Action::RemoveAnnotation { id } => Some(id),
            _ => None,
        }
    }

    /// The model's answer that it judges or labels.
    pub fn answer(&self) -> Option<&AnswerRef> {
        match self {
            Action::JudgeAnswer { answer, .. }
            | Action::UnjudgeAnswer { answer }
            | Action::LabelAnswer { answer, .. }
            | Action::UnlabelAnswer { answer } => Some(answer),
            _ => None,
        }
    }
}

impl EventHash {
    pub const ZERO: EventHash = EventHash([0; 32]);

    pub fn hex(&self) -> String {
        TextHash(self.0).hex()
    }

    pub fn from_hex(s: &str) -> Option<Self> {
        TextHash::from_hex(s).map(|h| Self(h.0))
    }

    /// SHA-256 over the fields of an event as they are stored, each preceded by its length (u64, little endian): previous hash, time,
    /// reviewer's name and initials, item id, judged hash, active seconds, program, payload, and from file version 6 on the hashes of
    /// its parents (joined) and the image. The lengths keep texts that only move a border apart from having one hash.
    pub fn of_fields(fields: &[&[u8]]) -> Self {
        let mut hash = Sha256::new();
        for f in fields {
            hash.update((f.len() as u64).to_le_bytes());
            hash.update(f);
        }
        Self(hash.finalize().into())
    }
}

impl ShownImage {
    /// As it is stored: `none`, `unknown`, or the digest in hex.
    pub fn code(&self) -> String {
        match self {
            ShownImage::None => "none".to_owned(),
            ShownImage::NotYetKnown => "unknown".to_owned(),
            ShownImage::Sha256(digest) => EventHash(*digest).hex(),
        }
    }

    /// Reads [`ShownImage::code`] back; `None` when it is none.
    pub fn parse(code: &str) -> Option<Self> {
        match code {
            "none" => Some(ShownImage::None),
            "unknown" => Some(ShownImage::NotYetKnown),
            hex => EventHash::from_hex(hex).map(|h| ShownImage::Sha256(h.0)),
        }
    }
}

impl std::fmt::Debug for EventHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.hex())
    }
}

impl Serialize for EventHash {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        TextHash(self.0).serialize(s)
    }
}

impl<'de> Deserialize<'de> for EventHash {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        TextHash::deserialize(d).map(|h| Self(h.0))
    }
}

impl Reviewer {
    /// Initials are taken from the name when left empty.
    pub fn new(name: &str, initials: &str) -> Self {
        let name = super::reader::tidy(name);
        let initials = match initials.trim() {
            "" => name.split_whitespace().filter_map(|w| w.chars().next()).take(3).flat_map(char::to_uppercase).collect(),
            given => given.to_owned(),
        };
        Self { name, initials }
    }
}

impl Decision {
    pub fn criteria(&self) -> Criteria {
        match self {
            Decision::Accept { criteria, .. } | Decision::Edit { criteria, .. } | Decision::Reject { criteria, .. } => *criteria,
        }
    }

    pub fn note(&self) -> &str {
        match self {
            Decision::Accept { note, .. } | Decision::Edit { note, .. } | Decision::Reject { note, .. } => note,
        }
    }

    pub fn reason(&self) -> Option<Reason> {
        match self {
            Decision::Accept { .. } => None,
            Decision::Edit { reason, .. } | Decision::Reject { reason, .. } => Some(*reason),
        }
    }

    /// Why the decision cannot be stored, in words for the reviewer.
    pub fn problem(&self) -> Option<&'static str> {
        match self {
            Decision::Accept { criteria, .. } if *criteria != Criteria::ALL_YES => {
                Some("accept means yes to all four criteria; answer them so, or edit or reject the item")
            }
            Decision::Edit { question, answer, .. } if question.is_none() && answer.is_none() => {
                Some("an edit must change the question or the answer")
            }
            Decision::Edit { question: Some(t), .. } | Decision::Edit { answer: Some(t), .. } if t.trim().is_empty() => {
                Some("the edited text is empty; reject the item instead")
            }
            d if d.reason() == Some(Reason::Other) && d.note().trim().is_empty() => Some("reason 'other' needs a note"),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::review::{Criterion, Tri};

    #[test]
    fn fields_are_hashed_with_their_lengths() {
        let hash = |fields: &[&str]| EventHash::of_fields(&fields.iter().map(|f| f.as_bytes()).collect::<Vec<_>>());
        assert_ne!(hash(&["ab", "c"]), hash(&["a", "bc"]));
        assert_ne!(hash(&["a", ""]), hash(&["a"]));
        // SHA-256 of 01 00 00 00 00 00 00 00 61, worked out by another program.
        assert_eq!(hash(&["a"]).hex(), "ae6121c88ba555f64c3d812123eb799d128015541f850c5e9bf1d54c08ad8481");
    }

    #[test]
    fn an_image_is_read_back_from_its_code() {
        for image in [ShownImage::None, ShownImage::NotYetKnown, ShownImage::Sha256([7; 32])] {
            assert_eq!(ShownImage::parse(&image.code()), Some(image));
        }
        assert_eq!((ShownImage::parse(""), ShownImage::parse("0707")), (None, None));
    }

    #[test]
    fn accept_means_yes_to_all_four() {
        let accept = |criteria| Decision::Accept { criteria, note: String::new() }.problem().is_none();
        assert!(accept(Criteria::ALL_YES) && !accept(Criteria::default()));
        for c in Criterion::ALL {
            for answer in [None, Some(Tri::No), Some(Tri::Unsure)] {
                let mut criteria = Criteria::ALL_YES;
                criteria.set(c, answer);
                assert!(!accept(criteria), "{c:?} {answer:?}");
            }
        }
    }
}
