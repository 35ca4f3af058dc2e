//! Porter's stemmer as NLTK ships it (mode `NLTK_EXTENSIONS`), which both METEOR and rouge-score use.
//!
//! Source: Porter, "An algorithm for suffix stripping", Program 14 (1980) 130–137, with NLTK 3.x's changes: a table of irregular forms,
//! `-ies`/`-ied` of four letters keep the `e`, `y` becomes `i` only after a consonant, `-alli` is tried first, and `-fulli` and `-logi`
//! are known. Letters outside a–z count as consonants, as in NLTK.

/// `(form, stem)`.
const IRREGULAR: [(&str, &str); 16] = [
    ("sky", "sky"),
    ("skies", "sky"),
    ("dying", "die"),
    ("lying", "lie"),
    ("tying", "tie"),
    ("news", "news"),
    ("innings", "inning"),
    ("inning", "inning"),
    ("outings", "outing"),
    ("outing", "outing"),
    ("cannings", "canning"),
    ("canning", "canning"),
    ("howe", "howe"),
    ("proceed", "proceed"),
    ("exceed", "exceed"),
    ("succeed", "succeed"),
];

/// `(suffix, replacement)`; the first suffix that fits decides, whether or not its condition holds.
type Rules = [(&'static str, &'static str)];

const PLURALS: &Rules = &[("sses", "ss"), ("ies", "i"), ("ss", "ss"), ("s", "")];

const STEP_2: &Rules = &[
    ("ational", "ate"),
    ("tional", "tion"),
    ("enci", "ence"),
    ("anci", "ance"),
    ("izer", "ize"),
    ("bli", "ble"),
    ("alli", "al"),
    ("entli", "ent"),
    ("eli", "e"),
    ("ousli", "ous"),
    ("ization", "ize"),
    ("ation", "ate"),
    ("ator", "ate"),
    ("alism", "al"),
    ("iveness", "ive"),
    ("fulness", "ful"),
    ("ousness", "ous"),
    ("aliti", "al"),
    ("iviti", "ive"),
    ("biliti", "ble"),
    ("fulli", "ful"),
];

const STEP_3: &Rules = &[("icate", "ic"), ("ative", ""), ("alize", "al"), ("iciti", "ic"), ("ical", "ic"), ("ful", ""), ("ness", "")];

const STEP_4: [&str; 19] = [
    "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ion", "ou", "ism", "ate", "iti", "ous", "ive", "ize",
];

/// The stem of a word in lower case.
pub fn stem(word: &str) -> String {
    if let Some((_, stem)) = IRREGULAR.iter().find(|(form, _)| *form == word) {
        return (*stem).to_owned();
    }
    if word.chars().nth(2).is_none() {
        return word.to_owned(); // one or two letters are left alone
    }
    let steps = [step_1a, step_1b, step_1c, step_2, step_3, step_4, step_5a, step_5b];
    steps.iter().fold(word.to_owned(), |word, step| step(&word))
}

/// Whether each letter is a consonant: not a, e, i, o, u, and not a `y` after a consonant.
fn consonants(word: &str) -> Vec<bool> {
    let mut flags: Vec<bool> = Vec::with_capacity(word.len());
    for letter in word.chars() {
        flags.push(match letter {
            'a' | 'e' | 'i' | 'o' | 'u' => false,
            'y' => !flags.last().copied().unwrap_or(false),
            _ => true,
        });
    }
    flags
}

/// Porter's m: how often a consonant follows a vowel.
fn measure(word: &str) -> usize {
    consonants(word).windows(2).filter(|pair| !pair[0] && pair[1]).count()
}

fn has_vowel(word: &str) -> bool {
    consonants(word).contains(&false)
}

/// The last letter, when it is a doubled consonant.
fn double_consonant(word: &str) -> Option<char> {
    let mut back = word.chars().rev();
    let last = back.next()?;
    (back.next() == Some(last) && consonants(word).last() == Some(&true)).then_some(last)
}

/// Condition *o: consonant, vowel, consonant other than w, x, y; or, in two letters, vowel, consonant.
fn ends_cvc(word: &str) -> bool {
    match *consonants(word) {
        [.., true, false, true] => !word.ends_with(['w', 'x', 'y']),
        [false, true] => true,
        _ => false,
    }
}

fn first_rule(word: &str, rules: &Rules, holds: impl Fn(&str) -> bool) -> String {
    for (suffix, replacement) in rules {
        if let Some(stem) = word.strip_suffix(suffix) {
            return if holds(stem) { format!("{stem}{replacement}") } else { word.to_owned() };
        }
    }
    word.to_owned()
}

/// `dies` and `died` keep the e; `ending` has three letters.
fn of_four_letters<'a>(word: &'a str, ending: &str) -> Option<&'a str> {
    word.strip_suffix(ending).filter(|start| start.chars().count() == 1)
}

fn step_1a(word: &str) -> String {
    match of_four_letters(word, "ies") {
        Some(start) => format!("{start}ie"),
        None => first_rule(word, PLURALS, |_| true),
    }
}

fn step_1b(word: &str) -> String {
    if let Some(start) = word.strip_suffix("ied") {
        let ending = if of_four_letters(word, "ied").is_some() { "ie" } else { "i" };
        return format!("{start}{ending}");
    }
    if let Some(start) = word.strip_suffix("eed") {
        return if measure(start) > 0 { format!("{start}ee") } else { word.to_owned() };
    }
    match ["ed", "ing"].iter().find_map(|suffix| word.strip_suffix(suffix).filter(|start| has_vowel(start))) {
        Some(start) => mend(start),
        None => word.to_owned(),
    }
}

/// What step 1b does after it removed `-ed` or `-ing`.
fn mend(start: &str) -> String {
    if ["at", "bl", "iz"].iter().any(|end| start.ends_with(end)) {
        return format!("{start}e");
    }
    match double_consonant(start) {
        Some('l' | 's' | 'z') => start.to_owned(),
        Some(letter) => start[..start.len() - letter.len_utf8()].to_owned(),
        None if measure(start) == 1 && ends_cvc(start) => format!("{start}e"),
        None => start.to_owned(),
    }
}

fn step_1c(word: &str) -> String {
    first_rule(word, &[("y", "i")], |stem| stem.chars().nth(1).is_some() && consonants(stem).last() == Some(&true))
}

fn step_2(word: &str) -> String {
    match word.strip_suffix("alli").filter(|start| measure(start) > 0) {
        Some(start) => return step_2(&format!("{start}al")),
        None if !word.ends_with("logi") => {}
        // The l of -logi counts with the stem, so that geo- and theo- are treated as archaeo-.
        None => return first_rule(word, &[("ogi", "og")], |stem| measure(stem) > 0),
    }
    first_rule(word, STEP_2, |stem| measure(stem) > 0)
}

fn step_3(word: &str) -> String {
    first_rule(word, STEP_3, |stem| measure(stem) > 0)
}

fn step_4(word: &str) -> String {
    let Some((suffix, stem)) = STEP_4.iter().find_map(|suffix| Some((*suffix, word.strip_suffix(suffix)?))) else {
        return word.to_owned();
    };
    let holds = measure(stem) > 1 && (suffix != "ion" || stem.ends_with(['s', 't']));
    if holds { stem.to_owned() } else { word.to_owned() }
}

fn step_5a(word: &str) -> String {
    match word.strip_suffix('e') {
        Some(stem) if measure(stem) > 1 || (measure(stem) == 1 && !ends_cvc(stem)) => stem.to_owned(),
        _ => word.to_owned(),
    }
}

fn step_5b(word: &str) -> String {
    match word.strip_suffix('l') {
        Some(shorter) if shorter.ends_with('l') && measure(shorter) > 1 => shorter.to_owned(),
        _ => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stems_as_porter_and_nltk_do() {
        for (word, expected) in [
            ("caresses", "caress"),
            ("ponies", "poni"),
            ("dies", "die"),
            ("died", "die"),
            ("spied", "spi"),
            ("feed", "feed"),
            ("agreed", "agre"),
            ("hopping", "hop"),
            ("filing", "file"),
            ("falling", "fall"),
            ("happy", "happi"),
            ("enjoy", "enjoy"),
            ("radically", "radic"),
            ("geology", "geolog"),
            ("theology", "theolog"),
            ("adoption", "adopt"),
            ("controll", "control"),
            ("succeed", "succeed"),
            ("skies", "sky"),
            ("is", "is"),
            ("", ""),
            ("ödem", "ödem"),
            ("…ing", "…ing"),
        ] {
            assert_eq!(stem(word), expected, "{word}");
        }
    }

    #[test]
    fn seven_thousand_words_stem_as_in_nltk() {
        let Some(table) = super::super::reference("porter_nltk_stems.tsv") else { return };
        let mut n = 0;
        for line in table.lines() {
            let (word, expected) = line.split_once('\t').unwrap();
            assert_eq!(stem(word), expected, "{word}");
            n += 1;
        }
        assert!(n > 7000, "{n}");
    }
}
