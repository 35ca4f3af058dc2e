//! An answer cut into pieces for reading: what it shares with the reference, what it adds or lacks, and what would not be seen.
//!
//! Special tokens, control characters and white space at the ends are pieces of their own, written so that they show. They take no part in
//! the comparison of words.

use super::special_tokens;
use similar::{Algorithm, DiffTag, capture_diff_slices};

/// Texts longer than this are not compared word by word, which takes time with the square of their length.
const MOST_COMPARED: usize = 6_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// In the reference too, or not compared.
    Same,
    /// Only in the answer.
    Extra,
    /// Only in the reference.
    Missing,
    /// Not part of what is said: written as it shows, such as `</s>`, `\0` or `·` for a space at an end.
    Odd,
}

/// The answer in reading order, with the words of the reference that it lacks where they would stand. Without `Missing` pieces, and with
/// `Odd` ones read back, it is the answer. Words are the same whatever their case and the signs around them.
pub fn pieces(reference: &str, answer: &str) -> Vec<(Kind, String)> {
    let (bare, odd) = part(answer);
    let compared = reference.len() <= MOST_COMPARED && bare.len() <= MOST_COMPARED;
    let diff = if compared { diff(reference, &bare) } else { vec![(Kind::Same, bare)] };
    weave(diff, odd)
}

/// A word with the white space after it, and what is compared of it.
struct Word<'a> {
    text: &'a str,
    core: String,
}

fn words(text: &str) -> Vec<Word<'_>> {
    let mut out = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let start = rest.find(|c: char| !c.is_whitespace()).unwrap_or(rest.len());
        let end = rest[start..].find(char::is_whitespace).map_or(rest.len(), |n| start + n);
        let next = rest[end..].find(|c: char| !c.is_whitespace()).map_or(rest.len(), |n| end + n);
        let lower = rest[start..end].to_lowercase();
        let core = lower.trim_matches(|c: char| !c.is_alphanumeric());
        out.push(Word { text: &rest[..next], core: if core.is_empty() { lower } else { core.to_owned() } });
        rest = &rest[next..];
    }
    out
}

fn diff(reference: &str, answer: &str) -> Vec<(Kind, String)> {
    let (old, new) = (words(reference), words(answer));
    let cores = |words: &[Word<'_>]| words.iter().map(|w| w.core.clone()).collect::<Vec<_>>();
    let join = |words: &[Word<'_>]| words.iter().map(|w| w.text).collect::<String>();
    let mut out = Vec::new();
    for op in capture_diff_slices(Algorithm::Myers, &cores(&old), &cores(&new)) {
        if op.tag() == DiffTag::Equal {
            out.push((Kind::Same, join(&new[op.new_range()])));
            continue;
        }
        out.push((Kind::Missing, join(&old[op.old_range()])));
        let extra = join(&new[op.new_range()]);
        let end = extra.trim_end().len(); // the space after the last word is nobody's
        out.push((Kind::Extra, extra[..end].to_owned()));
        out.push((Kind::Same, extra[end..].to_owned()));
    }
    out
}

/// The answer without what is odd in it, and that with its place in the rest.
fn part(answer: &str) -> (String, Vec<(usize, String)>) {
    let mut bare = String::with_capacity(answer.len());
    let mut odd: Vec<(usize, String)> = Vec::new();
    let inner = answer.trim_start().len().min(answer.len());
    let (first, last) = (answer.len() - inner, answer.trim_end().len());
    let mut tokens = special_tokens(answer).into_iter().peekable();
    let mut at = 0;
    while let Some(c) = answer[at..].chars().next() {
        if let Some(token) = tokens.next_if(|t| t.start == at) {
            odd.push((bare.len(), answer[token.clone()].to_owned()));
            at = token.end;
            continue;
        }
        match shown(c, at < first || at >= last) {
            Some(text) => odd.push((bare.len(), text)),
            None => bare.push(c),
        }
        at += c.len_utf8();
    }
    (bare, odd)
}

/// How a character that would not be seen is written.
fn shown(c: char, outer: bool) -> Option<String> {
    match c {
        '\0' => Some("\\0".to_owned()),
        '\n' if outer => Some("\\n".to_owned()),
        '\n' => None,
        '\t' if !outer => None,
        ' ' if outer => Some("·".to_owned()),
        char::REPLACEMENT_CHARACTER => Some("U+FFFD".to_owned()),
        c if outer || c.is_control() || is_format(c) => Some(c.escape_unicode().to_string()),
        _ => None,
    }
}

/// Marks without width, among them those that turn the direction of writing.
fn is_format(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Puts what is odd back at its places.
fn weave(diff: Vec<(Kind, String)>, odd: Vec<(usize, String)>) -> Vec<(Kind, String)> {
    let mut out: Vec<(Kind, String)> = Vec::new();
    let mut odd = odd.into_iter().peekable();
    let mut at = 0;
    for (kind, text) in diff {
        if kind == Kind::Missing {
            push(&mut out, kind, &text);
            continue;
        }
        let mut rest = text.as_str();
        while let Some((place, glyph)) = odd.next_if(|(place, _)| *place < at + rest.len()) {
            let (before, after) = rest.split_at(place - at);
            push(&mut out, kind, before);
            push(&mut out, Kind::Odd, &glyph);
            (rest, at) = (after, place);
        }
        push(&mut out, kind, rest);
        at += rest.len();
    }
    odd.for_each(|(_, glyph)| push(&mut out, Kind::Odd, &glyph));
    out
}

fn push(out: &mut Vec<(Kind, String)>, kind: Kind, text: &str) {
    match out.last_mut() {
        _ if text.is_empty() => {}
        Some((last, before)) if *last == kind && kind != Kind::Odd => before.push_str(text),
        _ => out.push((kind, text.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(reference: &str, answer: &str) -> String {
        let mark = |(kind, text): &(Kind, String)| match kind {
            Kind::Same => text.clone(),
            Kind::Extra => format!("+{text}+"),
            Kind::Missing => format!("-{text}-"),
            Kind::Odd => format!("[{text}]"),
        };
        pieces(reference, answer).iter().map(mark).collect()
    }

    #[test]
    fn words_are_compared_and_what_hides_is_shown() {
        assert_eq!(of("the left lung", "the right lung"), "the -left -+right+ lung");
        assert_eq!(of("On the left.", "on the Left"), "on the Left", "case and signs are no other words");
        assert_eq!(of("Yes – no", "Yes no"), "Yes -– -no");
        assert_eq!(of("left lung", "left lung</s>"), "left lung[</s>]", "a token changes no word");
        assert_eq!(of("left lung", "<s> left### lung"), "[<s>] left[###] lung");
        assert_eq!(of("left", " left\n"), "[·]left[\\n]");
        assert_eq!(of("a b", "a\0 b\u{fffd}"), "a[\\0] b[U+FFFD]");
        assert_eq!(of("x", "a\u{202e}b"), "-x-+a+[\\u{202e}]+b+");
        assert_eq!((of("", ""), of("left", "").as_str()), (String::new(), "-left-"));
        assert_eq!(of("a\nb", "a\nb"), "a\nb", "lines of an answer stay lines");
    }

    #[test]
    fn long_texts_are_not_compared_and_nothing_is_lost() {
        let long = "left right ".repeat(50_000);
        let cut = pieces("left", &long);
        assert!(cut.iter().all(|(kind, _)| matches!(kind, Kind::Same | Kind::Odd)));
        let shared: usize = cut.iter().filter(|p| p.0 == Kind::Same).map(|p| p.1.len()).sum();
        assert_eq!(shared, long.trim().len());
    }
}
