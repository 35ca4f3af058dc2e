//! Who a name means: one reader is one reader, however the name is spelled.
//!
//! A [`ReaderKey`] is what names are compared by. A name itself is stored and shown as it was first written.

use super::Reviewer;
use regex::Regex;
use std::sync::{Arc, OnceLock};
use unicode_normalization::UnicodeNormalization;

/// Longest name, in bytes.
const LONGEST: usize = 200;

/// A reader, as names are compared: "JO DOE", "Jo  Doe" and any decomposed form of them are one.
///
/// The name is trimmed, each run of white space becomes one space, then: NFC, every character to lower, to upper and again to lower case
/// (which brings "ß", "ẞ" and "SS", "ſ" and "s", "ς" and "σ" together), NFC again. Accents count: "Jose" and "José" are two readers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ReaderKey(Arc<str>);

impl ReaderKey {
    pub fn of(name: &str) -> Self {
        let joined = name.split_whitespace().collect::<Vec<_>>().join(" ");
        let folded = joined.nfc().flat_map(char::to_lowercase).flat_map(char::to_uppercase).flat_map(char::to_lowercase);
        Self(folded.nfc().collect::<String>().into())
    }

    /// The folded name: for storing beside what belongs to a reader, not for showing.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Reviewer {
    pub fn key(&self) -> ReaderKey {
        ReaderKey::of(&self.name)
    }

    /// Why nothing can be stored under this name, in words. `None` for a good one.
    pub fn problem(&self) -> Option<String> {
        let bytes = self.name.len().max(self.initials.len());
        if self.name.trim().is_empty() {
            return Some("the reviewer has no name".to_owned());
        }
        if bytes > LONGEST {
            return Some(format!("the reviewer's name is too long: {bytes} bytes, {LONGEST} at most"));
        }
        let bad = |text: &str, what| first_unfit(text).map(|c| format!("{what} {}; type it again", describe(c)));
        bad(&self.name, "the reviewer's name has").or_else(|| bad(&self.initials, "the reviewer's initials have"))
    }
}

/// A name as it is written: trimmed, each run of white space one space, NFC. Control characters stay, to be refused by name.
pub(super) fn tidy(name: &str) -> String {
    let blank = |c: char| c.is_whitespace() && !c.is_control();
    let joined = name.trim().split(blank).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    joined.nfc().collect()
}

/// The first character that has no place in a name: it cannot be seen, turns the direction of what follows, or stands for nothing.
fn first_unfit(text: &str) -> Option<char> {
    text.chars().find(|c| !c.is_ascii_graphic() && *c != ' ' && is_unfit(*c))
}

fn is_unfit(c: char) -> bool {
    static UNFIT: OnceLock<Option<Regex>> = OnceLock::new();
    // Control, format, private use, unassigned; line and paragraph separators; what is drawn as nothing; the mark of undecodable bytes.
    let pattern = r"^[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u{FFFD}]$";
    let unfit = UNFIT.get_or_init(|| Regex::new(pattern).ok());
    unfit.as_ref().is_none_or(|r| r.is_match(c.encode_utf8(&mut [0; 4])))
}

/// The kind of an unfit character, with its number.
fn describe(c: char) -> String {
    let kind = match c {
        c if c.is_control() => "a control character",
        '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => {
            "a character that turns the direction of text"
        }
        '\u{00AD}' | '\u{200B}'..='\u{200D}' | '\u{2060}' | '\u{FEFF}' => "a character of no width, which nobody sees",
        '\u{2028}' | '\u{2029}' => "a line break",
        '\u{E000}'..='\u{F8FF}' | '\u{F_0000}'.. => "a private-use character, which has no meaning of its own",
        '\u{FFFD}' => "a character that could not be read",
        _ => "a character that is not assigned or not visible",
    };
    format!("{kind} (U+{:04X})", u32::from(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_name_are_one_reader_and_other_names_are_not() {
        let jo = ReaderKey::of("Jo Doe");
        for same in ["JO DOE", "jo doe", " Jo  Doe ", "Jo\u{a0}\u{2003}Doe", "jO\tdOE\n"] {
            assert_eq!(ReaderKey::of(same), jo, "{same:?}");
        }
        for (a, b) in [
            ("Zoë Ångström", "ZOE\u{308} A\u{30a}NGSTRO\u{308}M"),
            ("Weiß", "WEISS"),
            ("WEIẞ", "weiss"),
            ("Ǆ", "ǆ"),
            ("ΟΔΥΣΣΕΥΣ", "οδυσσευς"),
            ("İpek", "I\u{307}PEK"),
            ("\u{212B}", "å"),
            ("한", "\u{1112}\u{1161}\u{11ab}"),
        ] {
            assert_eq!(ReaderKey::of(a), ReaderKey::of(b), "{a} {b}");
        }
        for other in ["Jo Do", "JoDoe", "Jo Doé", "Jo. Doe", ""] {
            assert_ne!(ReaderKey::of(other), jo, "{other}");
        }
    }

    /// Otherwise a key that is stored would not find its reader again.
    #[test]
    fn the_key_of_a_key_is_itself() {
        for c in '\0'..=char::MAX {
            for text in [format!("{c}"), format!("a{c}\u{301}\u{345}b")] {
                let key = ReaderKey::of(&text);
                assert_eq!(ReaderKey::of(key.as_str()), key, "{text:?}");
            }
        }
    }

    #[test]
    fn names_with_characters_that_nobody_sees_are_refused_and_say_which() {
        let problem = |name: &str| Reviewer { name: name.to_owned(), initials: "X".into() }.problem();
        for good in ["Jo Doe", "Zoë Ångström", "O’Neil-Šimić, Jr.", "王小明", "नेहा शर्मा", "محمد", "ז׳אן", "R2", "Ada 🩻"]
        {
            assert_eq!(problem(good), None, "{good}");
        }
        let hidden = ('\u{202a}'..='\u{202e}').chain('\u{2066}'..='\u{2069}').chain(['\u{200e}', '\u{200f}', '\u{61c}']);
        let none = ('\u{200b}'..='\u{200d}').chain(['\u{2060}', '\u{feff}', '\u{ad}']);
        for (all, words) in [
            (hidden.collect::<Vec<_>>(), "direction"),
            (none.collect(), "no width"),
            (vec!['\0', '\t', '\u{1b}', '\u{7f}', '\u{85}'], "control"),
            (vec!['\u{e000}', '\u{f8ff}', '\u{f0000}', '\u{10fffd}'], "private-use"),
            (vec!['\u{378}', '\u{ffff}', '\u{fdd0}', '\u{50000}', '\u{115f}', '\u{fe0f}', '\u{e0041}'], "not assigned or not visible"),
            (vec!['\u{fffd}'], "could not be read"),
            (vec!['\u{2028}'], "line break"),
        ] {
            for c in all {
                let why = problem(&format!("Jo {c}Doe")).unwrap_or_else(|| panic!("U+{:04X} is let through", u32::from(c)));
                assert!(why.contains(words) && why.contains(&format!("U+{:04X}", u32::from(c))), "{why}");
                assert!(!why.contains(c), "what cannot be seen is not repeated: {why:?}");
            }
        }
        assert!(problem(" ").is_some_and(|w| w.contains("no name")));
        assert!(problem(&"x".repeat(201)).is_some_and(|w| w.contains("too long")));
        let initials = Reviewer { name: "Jo".into(), initials: "J\u{202e}".into() }.problem();
        assert!(initials.is_some_and(|w| w.contains("initials have")));
    }

    #[test]
    fn a_new_name_is_written_tidily() {
        assert_eq!(Reviewer::new("  Zoe\u{308}   A\u{30a}gren ", "").name, "Zoë Ågren");
        assert_eq!(Reviewer::new("jo doe", "").initials, "JD");
    }
}
