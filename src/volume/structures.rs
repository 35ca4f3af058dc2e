//! What is known of anatomical structures by name: a readable title, SNOMED CT code, body system, side and a colour.
//!
//! The table is `assets/structures.csv`, compiled in. Names are compared without order, case, separators and plurals, so that
//! `kidney_left`, `Left Kidney` and `L kidney` are the same; a name that is not in the table is simply not known. Codes are those of the
//! body structure without its side (SNOMED CT International, as DICOM uses them); a row has none where no code means just that.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::OnceLock;

const TEXT: &str = include_str!("../../assets/structures.csv");

/// Body system, in the order in which lists show them: organs before the many bones and muscles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum System {
    Cardiovascular,
    Respiratory,
    Digestive,
    Urinary,
    Endocrine,
    Lymphatic,
    Reproductive,
    Nervous,
    Skeletal,
    Muscular,
    Other,
}

impl System {
    pub const ALL: [System; 11] = [
        System::Cardiovascular,
        System::Respiratory,
        System::Digestive,
        System::Urinary,
        System::Endocrine,
        System::Lymphatic,
        System::Reproductive,
        System::Nervous,
        System::Skeletal,
        System::Muscular,
        System::Other,
    ];

    pub fn name(self) -> &'static str {
        match self {
            System::Skeletal => "skeletal",
            System::Cardiovascular => "cardiovascular",
            System::Respiratory => "respiratory",
            System::Digestive => "digestive",
            System::Urinary => "urinary",
            System::Endocrine => "endocrine",
            System::Lymphatic => "lymphatic",
            System::Muscular => "muscular",
            System::Nervous => "nervous",
            System::Reproductive => "reproductive",
            System::Other => "other",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    /// Unpaired and not in the midline, or a pair as one structure.
    None,
    Left,
    Right,
    Midline,
}

impl Side {
    pub fn name(self) -> &'static str {
        match self {
            Side::None => "none",
            Side::Left => "left",
            Side::Right => "right",
            Side::Midline => "midline",
        }
    }
}

/// One row of the table.
#[derive(Debug, PartialEq)]
pub struct Structure {
    /// Place in the table, in which the sides of a pair stand together.
    pub order: usize,
    /// As TotalSegmentator writes it, where it has the structure: `kidney_left`.
    pub name: &'static str,
    /// As people write it: `left kidney`.
    pub title: &'static str,
    /// Other names, without the side.
    pub aliases: Vec<&'static str>,
    /// SNOMED CT code of the body structure, without its side.
    pub snomed: Option<&'static str>,
    pub system: System,
    pub side: Side,
    /// sRGB.
    pub color: [u8; 3],
}

/// The whole table.
pub fn all() -> &'static [Structure] {
    static TABLE: OnceLock<Vec<Structure>> = OnceLock::new();
    TABLE.get_or_init(|| rows().filter_map(|(order, line)| parse(order, line)).collect()) // a test holds that every row parses
}

/// The structure that a name of a label means, if the table has it. Names as the table has them cost no memory.
pub fn find(name: &str) -> Option<&'static Structure> {
    static NAMES: OnceLock<HashMap<&'static str, usize>> = OnceLock::new();
    let names = NAMES.get_or_init(|| all().iter().map(|s| (s.name, s.order)).collect());
    names.get(name).copied().or_else(|| find_spelt(name)).and_then(|at| all().get(at))
}

/// Whatever the spelling.
fn find_spelt(name: &str) -> Option<usize> {
    static INDEX: OnceLock<HashMap<String, usize>> = OnceLock::new();
    let index = INDEX.get_or_init(|| {
        let mut index = HashMap::new();
        let keys = all().iter().flat_map(|s| keys(s).into_iter().map(|k| (k, s.order)));
        keys.for_each(|(key, order)| _ = index.entry(key).or_insert(order));
        index
    });
    index.get(&key(name, None)).copied()
}

/// The name to read: `left kidney` for a structure that is known, else the file's name with spaces.
pub fn titled<'a>(known: Option<&'static Structure>, name: &'a str) -> impl fmt::Display + 'a {
    fmt::from_fn(move |f| match known {
        Some(s) => f.write_str(s.title),
        None => name.split('_').enumerate().try_for_each(|(n, word)| write!(f, "{}{word}", if n > 0 { " " } else { "" })),
    })
}

/// Whether any name of the table, or a side, may hold this word: of others [`find`] need not be asked.
pub fn is_word(word: &str) -> bool {
    static WORDS: OnceLock<HashSet<String>> = OnceLock::new();
    let known = WORDS.get_or_init(|| {
        let names = all().iter().flat_map(|s| [s.name, s.title].into_iter().chain(s.aliases.iter().copied()));
        names.flat_map(|name| words(name).0).collect()
    });
    words(word).0.iter().all(|w| known.contains(w))
}

/// The side that a name says, known structure or not.
pub fn side_of(name: &str) -> Side {
    words(name).1.unwrap_or(Side::None)
}

/// A name without its side, for putting the two of a pair together.
pub fn without_side(name: &str) -> String {
    words(name).0.join(" ")
}

/// A name to read without its side: `upper lobe of lung` of `left upper lobe of lung`.
pub fn title_without_side(title: &str) -> String {
    let side = |word: &&str| matches!(words(word), (rest, Some(_)) if rest.is_empty());
    title.split_whitespace().filter(|word| !side(word)).collect::<Vec<_>>().join(" ")
}

fn rows() -> impl Iterator<Item = (usize, &'static str)> {
    TEXT.lines().skip(1).filter(|l| !l.is_empty()).enumerate()
}

fn parse(order: usize, line: &'static str) -> Option<Structure> {
    let cells: Vec<&str> = line.split(',').collect();
    let &[name, title, aliases, snomed, system, side, color] = &cells[..] else { return None };
    let rgb = color.strip_prefix('#').filter(|h| h.len() == 6).and_then(|h| u32::from_str_radix(h, 16).ok())?;
    Some(Structure {
        order,
        name: Some(name).filter(|n| !n.is_empty())?,
        title: Some(title).filter(|t| !t.is_empty())?,
        aliases: aliases.split('|').filter(|a| !a.is_empty()).collect(),
        snomed: Some(snomed).filter(|s| !s.is_empty()),
        system: System::ALL.into_iter().find(|s| s.name() == system)?,
        side: [Side::None, Side::Left, Side::Right, Side::Midline].into_iter().find(|s| s.name() == side)?,
        color: [(rgb >> 16) as u8, (rgb >> 8) as u8, rgb as u8],
    })
}

/// Every key under which a row is found.
fn keys(s: &Structure) -> Vec<String> {
    let side = Some(s.side).filter(|s| matches!(s, Side::Left | Side::Right));
    [s.name, s.title].iter().map(|n| key(n, None)).chain(s.aliases.iter().map(|a| key(a, side))).collect()
}

/// Words in alphabetical order, then the side; `side` where the name does not say one.
fn key(name: &str, side: Option<Side>) -> String {
    let (mut words, said) = words(name);
    words.sort_unstable();
    words.join(" ") + said.or(side).map_or("", |s| if s == Side::Left { "|left" } else { "|right" })
}

/// The words of a name and its side: lower case, singular, numbers as digits, without small words.
fn words(name: &str) -> (Vec<String>, Option<Side>) {
    let mut side = None;
    let mut words = Vec::new();
    for word in split(name) {
        match word.as_str() {
            "left" | "l" | "lt" | "sin" => side = Some(Side::Left),
            "right" | "r" | "rt" | "dx" => side = Some(Side::Right),
            "of" | "the" | "and" => {}
            _ => words.push(singular(&word)),
        }
    }
    (words, side)
}

/// Cuts at everything that is no letter or digit, and before a capital that follows a small letter.
fn split(name: &str) -> Vec<String> {
    let mut out = vec![String::new()];
    let mut small = false;
    for c in name.chars() {
        if !c.is_alphanumeric() || (small && c.is_uppercase()) {
            out.push(String::new());
        }
        if let Some(last) = out.last_mut().filter(|_| c.is_alphanumeric()) {
            last.extend(c.to_lowercase());
        }
        small = c.is_lowercase();
    }
    out.retain(|w| !w.is_empty());
    out
}

fn singular(word: &str) -> String {
    const ORDINALS: [&str; 12] =
        ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth"];
    if let Some(n) = ORDINALS.iter().position(|o| *o == word) {
        return (n + 1).to_string();
    }
    if word.starts_with(|c: char| c.is_ascii_digit()) {
        let digits = word.trim_end_matches(|c: char| c.is_ascii_alphabetic()); // 1st, 2nd
        return digits.parse::<u32>().map_or_else(|_| word.to_owned(), |n| n.to_string());
    }
    match word {
        "vertebrae" => "vertebra".to_owned(),
        w => w.strip_suffix('s').unwrap_or(w).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn titles_lose_their_side_and_nothing_else() {
        let told = ["left upper lobe of lung", "right kidney", "liver", "iliac artery left", "left"].map(title_without_side);
        assert_eq!(told, ["upper lobe of lung", "kidney", "liver", "iliac artery", ""]);
    }

    /// The check digit of a SNOMED CT identifier (Verhoeff's dihedral scheme).
    fn checks(code: &str) -> bool {
        let times = |a: usize, b: usize| match (a < 5, b < 5) {
            (true, true) => (a + b) % 5,
            (true, false) => (a + b) % 5 + 5,
            (false, true) => (a + 5 - b) % 5 + 5,
            (false, false) => (a + 5 - b) % 5,
        };
        let permuted = |place: usize, digit: usize| (0..place % 8).fold(digit, |d, _| [1, 5, 7, 6, 2, 8, 3, 0, 9, 4][d]);
        let digits: Vec<usize> = code.bytes().rev().map(|b| usize::from(b - b'0')).collect();
        digits.iter().enumerate().fold(0, |sum, (place, d)| times(sum, permuted(place, *d))) == 0
    }

    #[test]
    fn every_row_is_well_formed_and_unique() {
        assert_eq!(rows().filter(|(n, line)| parse(*n, line).is_none()).map(|(_, l)| l).collect::<Vec<_>>(), Vec::<&str>::new());
        let mut names = HashSet::new();
        let mut titles = HashSet::new();
        let mut keyed: HashMap<String, &str> = HashMap::new();
        for s in all() {
            assert!(names.insert(s.name) && titles.insert(s.title), "{}", s.name);
            for key in keys(s) {
                let other = keyed.insert(key.clone(), s.name);
                assert!(other.is_none_or(|o| o == s.name), "{key} means {} and {other:?}", s.name);
            }
            let code = s.snomed.unwrap_or("64033007");
            assert!(code.bytes().all(|b| b.is_ascii_digit()) && checks(code), "{}: {code}", s.name);
            assert_eq!(s.color.iter().max().map(|c| *c >= 110), Some(true), "{} cannot be seen on black", s.name);
            let said = side_of(s.name);
            assert!(said == Side::None || said == s.side || s.name.starts_with("heart") || s.name.starts_with("lung"), "{}", s.name);
        }
    }

    #[test]
    fn a_wrong_digit_of_a_code_is_seen() {
        assert!(checks("10200004") && checks("78961009") && !checks("10200005") && !checks("10200040"));
    }

    #[test]
    fn neighbours_have_colours_that_can_be_told_apart() {
        for pair in all().windows(2) {
            let apart: i32 = (0..3).map(|n| (i32::from(pair[0].color[n]) - i32::from(pair[1].color[n])).abs()).sum();
            assert!(apart >= 40, "{} {}", pair[0].name, pair[1].name);
        }
    }

    #[test]
    fn names_are_known_in_any_spelling() {
        let check = |name: &str, expected: Option<&str>| assert_eq!(find(name).map(|s| s.name), expected, "{name}");
        for name in ["kidney_left", "Left Kidney", "KidneyLeft", "L_kidney", "left kidneys", "kidney (left)", "KIDNEY-LT"] {
            check(name, Some("kidney_left"));
        }
        for name in ["rib_left_1", "left_rib_01", "First rib, left", "1st rib left", "rib 1 left"] {
            check(name, Some("rib_left_1"));
        }
        for name in ["vertebrae_L1", "vertebra L1", "L1", "l1_vertebra"] {
            check(name, Some("vertebrae_L1"));
        }
        check("lung_upper_lobe_left", Some("lung_upper_lobe_left"));
        check("left upper lobe of the lung", Some("lung_upper_lobe_left"));
        check("clavicle right", Some("clavicula_right"));
        check("bladder", Some("urinary_bladder"));
        check("portal vein splenic vein", Some("portal_vein_and_splenic_vein"));
        check("label 7", None);
        check("rib_left_13", None);
        check("spleen_left", None);
        check("", None);
        assert_eq!(find("kidney_left").map(|s| (s.title, s.snomed, s.side)), Some(("left kidney", Some("64033007"), Side::Left)));
    }

    #[test]
    fn sides_are_read_from_unknown_names_too() {
        assert_eq!((side_of("nodule_left_2"), side_of("nodule"), side_of("R-nodule")), (Side::Left, Side::None, Side::Right));
        assert_eq!(without_side("nodule_left_2"), without_side("Right nodule 2"));
    }
}
