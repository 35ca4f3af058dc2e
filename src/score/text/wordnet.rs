//! Synonyms of WordNet 3.0 as METEOR looks them up: `assets/wordnet/synonyms.txt.gz`, opened when first asked.
//!
//! What counts as a synonym of a word: every single word in lower case that shares a set of synonyms with one of the word's base forms, in
//! any part of speech. Base forms are the word itself, and those of WordNet's `morphy` rules (morphy(7WN)) or of its lists of irregular
//! forms. `assets/wordnet/build.py` says how the table is made and under which licence.

use std::collections::{BTreeSet, HashMap};
use std::io::Read;
use std::sync::LazyLock;

static PACKED: &[u8] = include_bytes!("../../../assets/wordnet/synonyms.txt.gz");
static TEXT: LazyLock<String> = LazyLock::new(unpack);
static WORDNET: LazyLock<[Part; 4]> = LazyLock::new(|| ["n", "v", "a", "r"].map(|key| Part::read(&TEXT, key)));

/// `(ending, replacement)` for nouns, verbs, adjectives and adverbs.
const ENDINGS: [&[(&str, &str)]; 4] = [
    &[("s", ""), ("ses", "s"), ("ves", "f"), ("xes", "x"), ("zes", "z"), ("ches", "ch"), ("shes", "sh"), ("men", "man"), ("ies", "y")],
    &[("s", ""), ("ies", "y"), ("es", "e"), ("es", ""), ("ed", "e"), ("ed", ""), ("ing", "e"), ("ing", "")],
    &[("er", ""), ("est", ""), ("er", "e"), ("est", "e")],
    &[],
];

/// The words of one part of speech.
#[derive(Default)]
struct Part {
    /// Sets that a form belongs to, each as its line of the table.
    sets: HashMap<&'static str, Vec<&'static str>>,
    /// Irregular form → base forms.
    irregular: HashMap<&'static str, &'static str>,
}

/// The synonyms of a word in lower case, in order, itself included only if WordNet knows it.
pub fn synonyms(word: &str) -> BTreeSet<&'static str> {
    WORDNET.iter().zip(ENDINGS).flat_map(|(part, endings)| part.synonyms(word, endings)).collect()
}

/// The text of the table. An unreadable one counts as empty; a test holds that it is not.
fn unpack() -> String {
    let mut text = String::new();
    match flate2::read::GzDecoder::new(PACKED).read_to_string(&mut text) {
        Ok(_) => text,
        Err(_) => String::new(),
    }
}

impl Part {
    fn read(text: &'static str, key: &str) -> Self {
        let mut part = Part::default();
        let lines = text.lines().skip_while(|line| line.strip_prefix("= ") != Some(key)).skip(1);
        for line in lines.take_while(|line| !line.starts_with("= ")) {
            if let Some(set) = line.strip_prefix("+ ") {
                set.split(' ').for_each(|word| part.sets.entry(word.trim_start_matches('^')).or_default().push(set));
            } else if let Some((form, bases)) = line.strip_prefix("- ").and_then(|l| l.split_once(' ')) {
                part.irregular.insert(form, bases);
            } else {
                line.split(' ').for_each(|word| part.sets.entry(word).or_default().push(word));
            }
        }
        part
    }

    fn synonyms(&self, word: &str, endings: &[(&str, &str)]) -> Vec<&'static str> {
        let sets = self.base_forms(word, endings).into_iter().filter_map(|form| self.sets.get(form.as_str())).flatten();
        sets.flat_map(|set| set.split(' ')).filter(|member| !member.starts_with('^')).collect()
    }

    fn base_forms(&self, word: &str, endings: &[(&str, &str)]) -> Vec<String> {
        let mut forms = vec![word.to_owned()];
        match self.irregular.get(word) {
            Some(bases) => forms.extend(bases.split(' ').map(str::to_owned)),
            None => forms.extend(endings.iter().filter_map(|(end, new)| Some(format!("{}{new}", word.strip_suffix(end)?)))),
        }
        forms
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_have_their_synonyms() {
        for (word, synonym) in [("2", "two"), ("chest", "thorax"), ("x", "10"), ("is", "be"), ("men", "man"), ("best", "right")] {
            assert!(synonyms(word).contains(synonym), "{word} {synonym}");
        }
        assert!(!synonyms("paris").contains("paris"), "a name is no synonym in lower case");
        assert!(synonyms("").is_empty() && synonyms("arteri").is_empty());
    }

    #[test]
    fn the_pairs_that_matter_to_the_published_figures_are_synonyms() {
        let Some(table) = super::super::reference("wordnet_matched_pairs.tsv") else { return };
        for line in table.lines() {
            let (hypothesis, reference) = line.split_once('\t').unwrap();
            assert!(synonyms(hypothesis).contains(reference), "{line}");
        }
        assert_eq!(table.lines().count(), 57);
    }
}
