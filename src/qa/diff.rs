//! Word diff of an original and a new text.

use similar::{ChangeTag, TextDiff};

/// What became of a piece of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece {
    Same,
    Removed,
    Added,
}

/// Runs of words that stayed, went or came, in reading order. Joining `Same` and `Removed` gives `old`, `Same` and `Added` gives `new`.
pub fn word_diff(old: &str, new: &str) -> Vec<(Piece, String)> {
    let diff = TextDiff::from_words(old, new);
    let mut out: Vec<(Piece, String)> = Vec::new();
    for change in diff.iter_all_changes() {
        let piece = match change.tag() {
            ChangeTag::Equal => Piece::Same,
            ChangeTag::Delete => Piece::Removed,
            ChangeTag::Insert => Piece::Added,
        };
        match out.last_mut() {
            Some((last, text)) if *last == piece => text.push_str(change.value()),
            _ => out.push((piece, change.value().to_owned())),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_give_back_both_texts() {
        for (old, new) in [("the left kidney is low", "the right kidney lies low"), ("", "new"), ("old", ""), ("same", "same")] {
            let pieces = word_diff(old, new);
            let join = |not: Piece| pieces.iter().filter(|(p, _)| *p != not).map(|(_, t)| t.as_str()).collect::<String>();
            assert_eq!(join(Piece::Added), old);
            assert_eq!(join(Piece::Removed), new);
        }
    }
}
