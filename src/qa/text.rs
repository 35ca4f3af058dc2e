//! Which sentences of a report share words with an item, for highlighting.
//!
//! Deliberately simple: lower-cased words of three letters and more, minus common English words; a sentence is highlighted when it
//! shares at least one, and the shared words are marked. It ranks nothing and claims nothing.

use std::collections::HashSet;
use std::ops::Range;

/// One sentence of a report.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    /// Byte range of the sentence, trailing space included, so that all spans together are the report.
    pub range: Range<usize>,
    /// Byte ranges (in the report) of the words it shares with the item; empty when it shares none.
    pub shared: Vec<Range<usize>>,
}

const COMMON: &[&str] = &[
    "the", "and", "are", "was", "were", "there", "any", "what", "which", "where", "does", "did", "has", "have", "had", "with", "from",
    "that", "this", "these", "those", "for", "not", "seen", "observed", "detected", "been", "both", "than", "its", "into", "also",
    "located", "show", "between", "present", "findings", "finding", "within", "size", "normal", "how", "who", "whether", "other", "lie",
    "lies", "lying",
];

/// Splits `report` into sentences and marks the words shared with `item_text`.
pub fn highlight(report: &str, item_text: &str) -> Vec<Span> {
    let wanted: HashSet<String> = words(item_text).map(|r| stem(&item_text[r])).filter(|w| significant(w)).collect();
    sentences(report)
        .into_iter()
        .map(|range| {
            let start = range.start;
            let shared = words(&report[range.clone()])
                .map(|w| w.start + start..w.end + start)
                .filter(|w| wanted.contains(&stem(&report[w.clone()])))
                .collect();
            Span { range, shared }
        })
        .collect()
}

fn significant(word: &str) -> bool {
    word.chars().count() >= 3 && !COMMON.contains(&word) && !word.chars().all(|c| c.is_ascii_digit())
}

/// Lower case without a plural `s`.
fn stem(word: &str) -> String {
    let w = word.to_lowercase();
    match w.strip_suffix('s') {
        Some(base) if base.len() > 3 && !base.ends_with('s') && !base.ends_with('u') => base.to_owned(),
        _ => w,
    }
}

fn words(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut chars = text.char_indices().peekable();
    std::iter::from_fn(move || {
        let (start, first) = chars.by_ref().find(|(_, c)| c.is_alphanumeric())?;
        let mut end = start + first.len_utf8();
        while let Some((at, c)) = chars.next_if(|(_, c)| c.is_alphanumeric()) {
            end = at + c.len_utf8();
        }
        Some(start..end)
    })
}

/// Cuts after `.`, `!`, `?` or `;` followed by white space, and after line ends. Decimal points do not cut.
fn sentences(text: &str) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    let mut start = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let ends = c == '\n' || (matches!(c, '.' | '!' | '?' | ';') && chars.peek().is_none_or(|(_, n)| n.is_whitespace()));
        if !ends {
            continue;
        }
        let mut end = at + c.len_utf8();
        while let Some((at, c)) = chars.next_if(|(_, c)| c.is_whitespace()) {
            end = at + c.len_utf8();
        }
        out.push(start..end);
        start = end;
    }
    if start < text.len() {
        out.push(start..text.len());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_cover_the_report_and_share_words() {
        let report = "Trachea is open. A 3.5 mm nodule in the right lung.\nLiver is normal";
        let spans = highlight(report, "Where are the nodules located?");
        let joined: String = spans.iter().map(|s| &report[s.range.clone()]).collect();
        assert_eq!(joined, report);
        assert_eq!(spans.len(), 3);
        assert!(spans[0].shared.is_empty() && spans[2].shared.is_empty());
        assert_eq!(&report[spans[1].shared[0].clone()], "nodule");
    }

    #[test]
    fn empty_and_non_ascii_text_survive() {
        assert!(highlight("", "x").is_empty());
        let report = "Ödem görülmedi… sağ akciğer.";
        assert_eq!(highlight(report, "AKCIĞER ödem")[0].range, 0..report.len());
    }
}
