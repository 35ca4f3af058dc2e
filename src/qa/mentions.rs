//! Which structures of a label table an item names.
//!
//! A name such as `kidney_left` or `lung_upper_lobe_right` is split into words. Its organ words must stand in the text together (in any
//! order, plurals allowed); a side must stand within three words before or two after them, unless the text says both, bilateral or uses
//! the plural without a side. Used for jumping and for pointing the views; it claims nothing about the answer.
//!
//! The reader of claims (`reading`) splits texts into the same words and finds structures by itself: there a structure must be meant
//! without doubt and be in the table, here any label's name counts wherever it may be meant. Neither can stand for the other.

use super::Item;
use super::reading::words;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

/// Indices of the names that question, answer or options mention, in the order in which the text mentions them. A name that only stands
/// within a longer one (`liver` in `liver lesion`) does not count there.
pub fn mentioned<'a>(item: &Item, names: impl Iterator<Item = &'a str>) -> Vec<usize> {
    StructureNames::new(names.enumerate()).mentioned(item)
}

/// Names of structures, made ready to be looked for in many texts: a text costs its own words, not the number of names.
pub struct StructureNames {
    names: Vec<Name>,
    /// By every form of a name's first word.
    by_word: HashMap<String, Vec<usize>>,
    /// Names of nothing but sides, which no word tells.
    wordless: Vec<usize>,
}

struct Name {
    /// Of its structure, which may go by several names.
    structure: usize,
    /// In lower case.
    parts: Vec<String>,
}

impl StructureNames {
    /// Each name comes with the number of its structure.
    pub fn new<'a>(names: impl Iterator<Item = (usize, &'a str)>) -> Self {
        let names: Vec<Name> = names.map(|(structure, name)| Name { structure, parts: parts(name).collect() }).collect();
        let (mut by_word, mut wordless): (HashMap<String, Vec<usize>>, _) = (HashMap::new(), Vec::new());
        for (n, name) in names.iter().enumerate() {
            match name.parts.iter().find(|p| is_telling(p)) {
                Some(word) => singulars(word).for_each(|form| by_word.entry(form.into_owned()).or_default().push(n)),
                None => wordless.push(n),
            }
        }
        Self { names, by_word, wordless }
    }

    /// Names that may stand in a text of these words.
    fn candidates(&self, known: &HashSet<Cow<'_, str>>) -> Vec<&Name> {
        let told = known.iter().filter_map(|word| self.by_word.get(word.as_ref())).flatten();
        let mut found: Vec<usize> = told.chain(&self.wordless).copied().collect();
        found.sort_unstable();
        found.dedup();
        found.into_iter().map(|n| &self.names[n]).filter(|name| may_stand(known, name)).collect()
    }

    /// Numbers of the structures that an item mentions, as [`mentioned`] gives them.
    pub fn mentioned(&self, item: &Item) -> Vec<usize> {
        mentioned_of(item, self)
    }
}

fn mentioned_of(item: &Item, names: &StructureNames) -> Vec<usize> {
    let text = format!("{} . {} . {}", item.question, item.options.join(" . "), item.answer);
    let words: Vec<String> = words(&text).into_iter().filter(|w| w != "," && w != ":").collect();
    let known: HashSet<Cow<'_, str>> = words.iter().flat_map(|w| singulars(w)).collect();
    let candidates = names.candidates(&known);
    let spans: Vec<(Range<usize>, usize)> =
        candidates.iter().flat_map(|name| positions(&words, &name.parts).into_iter().map(|at| (at, name.structure))).collect();
    let mut ends: HashMap<usize, usize> = HashMap::new();
    spans.iter().for_each(|(at, _)| _ = ends.entry(at.start).and_modify(|end| *end = at.end.max(*end)).or_insert(at.end));
    let longest = spans.iter().map(|(at, _)| at.len()).max().unwrap_or(0);
    // A longer name around it begins at most its own length before it: a text that says one word often costs no square of it.
    let around = |a: &Range<usize>, start: usize| ends.get(&start).is_some_and(|&end| end >= a.end && end - start > a.len());
    let alone = |a: &Range<usize>| !(a.start.saturating_sub(longest)..=a.start).any(|start| around(a, start));
    let mut found: Vec<(usize, usize)> = spans.iter().filter(|(a, _)| alone(a)).map(|(at, n)| (at.start, *n)).collect();
    found.sort_unstable();
    let mut seen = HashSet::new();
    found.into_iter().map(|(_, n)| n).filter(|n| seen.insert(*n)).collect()
}

/// A word and what it may be the plural of.
fn singulars(word: &str) -> impl Iterator<Item = Cow<'_, str>> {
    let y = word.strip_suffix("ies").map(|stem| Cow::Owned(format!("{stem}y")));
    let plain = [Some(word), word.strip_suffix('s'), word.strip_suffix("es")].into_iter().flatten().map(Cow::Borrowed);
    plain.chain(y)
}

/// The same word, in whatever number: `rib` and `ribs`, `artery` and `arteries`.
fn same_word(a: &str, b: &str) -> bool {
    singulars(a).any(|a| singulars(b).any(|b| a == b))
}

/// Every word of the name is somewhere in the text: a first look, so that a table of 65,535 names costs little.
fn may_stand(known: &HashSet<Cow<'_, str>>, name: &Name) -> bool {
    name.parts.iter().filter(|p| is_telling(p)).all(|p| singulars(p).any(|s| known.contains(&s)))
}

/// A part of a name that must stand in the text.
fn is_telling(part: &str) -> bool {
    !matches!(part, "left" | "right" | "vertebrae")
}

/// The words of a structure's name in lower case.
fn parts(name: &str) -> impl Iterator<Item = String> {
    name.split(['_', ' ', '-']).filter(|p| !p.is_empty()).map(str::to_lowercase)
}

/// Where the text mentions a structure, as ranges of words.
fn positions(words: &[String], parts: &[String]) -> Vec<Range<usize>> {
    let side = parts.iter().find(|p| *p == "left" || *p == "right");
    let organ: Vec<&String> = parts.iter().filter(|p| Some(*p) != side && *p != "vertebrae").collect();
    if organ.is_empty() {
        return Vec::new();
    }
    let at = |at: usize| organ_ends(words, at, &organ).map(|end| at..end);
    (0..words.len()).filter_map(at).filter(|r| side.is_none_or(|side| side_fits(words, r.start, r.end, side))).collect()
}

/// The organ's words stand at `at`, in any order and with nothing else between; returns the index after them.
fn organ_ends(words: &[String], at: usize, organ: &[&String]) -> Option<usize> {
    let window = words.get(at..at + organ.len())?;
    organ.iter().all(|o| window.iter().any(|w| same_word(w, o))).then_some(at + organ.len())
}

fn side_fits(words: &[String], at: usize, end: usize, side: &str) -> bool {
    let other = if side == "left" { "right" } else { "left" };
    let near = |range: std::ops::Range<usize>| {
        words.get(range).unwrap_or_default().iter().rev().take_while(|w| *w != ".").cloned().collect::<Vec<_>>()
    };
    let before = near(at.saturating_sub(3)..at);
    let after = near(end..(end + 2).min(words.len()));
    if let Some(nearest) = before.iter().find(|w| *w == "left" || *w == "right" || *w == "both" || *w == "bilateral") {
        return nearest == side || nearest == "both" || nearest == "bilateral";
    }
    if after.first().is_some_and(|w| w == side) {
        return true;
    }
    let plural = words[at..end].iter().any(|w| w.ends_with('s'));
    plural && !before.iter().chain(&after).any(|w| w == side || w == other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(question: &str, names: &[&str], expected: &[&str]) {
        let item = Item {
            id: "c::0".parse().unwrap(),
            question: question.to_owned(),
            answer: String::new(),
            options: Vec::new(),
            task: None,
            categories: Vec::new(),
        };
        let found: Vec<&str> = mentioned(&item, names.iter().copied()).into_iter().map(|n| names[n]).collect();
        assert_eq!(found, expected, "{question}");
    }

    #[test]
    fn names_are_found_with_their_side() {
        let names = ["kidney_left", "kidney_right", "spleen", "lung_upper_lobe_left", "vertebrae_L1"];
        check("Is the left kidney below the spleen?", &names, &["kidney_left", "spleen"]);
        check("Are both kidneys normal?", &names, &["kidney_left", "kidney_right"]);
        check("Compare the kidneys.", &names, &["kidney_left", "kidney_right"]);
        check("Is the spleen above the right kidney or the left?", &names, &["spleen", "kidney_right"]);
        check("A nodule in the left upper lobe lung", &names, &["lung_upper_lobe_left"]);
        check("Is L1 collapsed?", &names, &["vertebrae_L1"]);
        check("Is the liver lesion in the spleen?", &["liver", "liver_lesion", "spleen"], &["liver_lesion", "spleen"]);
        check("Is the liver lesion in the right liver?", &["liver", "liver_lesion"], &["liver_lesion", "liver"]);
        check("Where is the heart?", &names, &[]);
        check("Is a rib broken, or a coronary artery narrow?", &["ribs", "coronary_arteries"], &["ribs", "coronary_arteries"]);
        check("Are the ribs whole?", &["rib"], &["rib"]);
        check(&"liver ".repeat(200_000), &["liver", "liver_lesion"], &["liver"]);
        check("", &names, &[]);
    }
}
