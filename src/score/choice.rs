//! Items with options: which option an answer chose.
//!
//! Read, in this order: the text of an option alone, a letter alone (`B`, `(b)`, `B.`, `B) spleen`), a letter that the answer announces (`the answer is B`, `option B`),
//! the text of an option. Several different letters, or texts of several options, are invalid: a model that says everything chose nothing.

use crate::qa::Item;
use std::collections::BTreeSet;

/// What an answer chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Index of the option.
    Option(usize),
    /// Several options, or none that can be told.
    Invalid,
    /// Nothing was said.
    Empty,
}

/// Words after which a letter is a choice.
const ANNOUNCING: [&str; 8] = ["answer", "option", "choice", "choose", "select", "pick", "is", "be"];

/// Reads an answer to an item with these options.
pub fn choose(answer: &str, options: &[String]) -> Choice {
    let answer = answer.trim();
    if answer.is_empty() {
        return Choice::Empty;
    }
    if let Some(option) = same_text(answer, options) {
        return Choice::Option(option);
    }
    let letters = chosen_letters(answer, options.len());
    let found = if letters.is_empty() { chosen_texts(answer, options) } else { letters };
    match found.first() {
        Some(option) if found.len() == 1 => Choice::Option(*option),
        _ => Choice::Invalid,
    }
}

/// The letter of the reference answer; `None` when it is none of the options.
pub fn letter_of_reference(item: &Item) -> Option<char> {
    right_option(item).and_then(letter)
}

/// Index of the right option: the option with the reference's text, else as any answer is read.
pub fn right_option(item: &Item) -> Option<usize> {
    match choose(&item.answer, &item.options) {
        Choice::Option(option) => Some(option),
        Choice::Invalid | Choice::Empty => None,
    }
}

/// The option that is the answer word for word: where an option is called `C`, `C` means it and not the third one.
fn same_text(answer: &str, options: &[String]) -> Option<usize> {
    let wanted = words(answer);
    let same = |option: &String| !wanted.is_empty() && (words(bare(option)) == wanted || words(option) == wanted);
    options.iter().position(same)
}

fn letter(option: usize) -> Option<char> {
    u8::try_from(option).ok().filter(|n| *n < 26).map(|n| char::from(b'A' + n))
}

/// Options named by letter: those that begin the answer or stand alone in it, and those that it announces.
fn chosen_letters(answer: &str, options: usize) -> BTreeSet<usize> {
    let tokens: Vec<&str> = answer.split_whitespace().collect();
    let mut found = BTreeSet::new();
    let mut announced = true; // the first word may be the letter
    for (n, token) in tokens.iter().enumerate() {
        let list = n > 0 && matches!(token.to_lowercase().as_str(), "and" | "or" | "&");
        let marked = token.starts_with('(') || token.ends_with(')') || (n == 0 && token.ends_with(['.', ':', ',']));
        if let Some(option) = lone_letter(token, options).filter(|_| announced || marked) {
            let article = *token == "A" && n == 0 && tokens.len() > 1 || *token == "a" && !marked && tokens.len() > 1;
            if !article {
                found.insert(option);
                continue; // "A and B", "A, B": what follows may be one more letter
            }
        }
        let word = token.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
        announced = (list && !found.is_empty()) || ANNOUNCING.contains(&word.as_str());
    }
    found
}

/// A token that is one letter of the options within punctuation.
fn lone_letter(token: &str, options: usize) -> Option<usize> {
    let mut letters = token.trim_matches(|c: char| c.is_ascii_punctuation()).chars();
    let (first, more) = (letters.next()?, letters.next());
    let index = (first.to_ascii_uppercase() as usize).checked_sub('A' as usize)?;
    (more.is_none() && first.is_ascii_alphabetic() && index < options).then_some(index)
}

/// Options whose text is in the answer, whole words; one that lies within a longer one that was found does not count.
fn chosen_texts(answer: &str, options: &[String]) -> BTreeSet<usize> {
    let answer = words(answer);
    let texts: Vec<Vec<String>> = options.iter().map(|option| words(bare(option))).collect();
    let found: Vec<usize> = (0..texts.len()).filter(|n| contains(&answer, &texts[*n])).collect();
    let within = |n: &usize| found.iter().any(|m| m != n && texts[*m].len() > texts[*n].len() && contains(&texts[*m], &texts[*n]));
    found.iter().filter(|n| !within(n)).copied().collect()
}

fn contains(text: &[String], part: &[String]) -> bool {
    !part.is_empty() && text.windows(part.len()).any(|window| window == part)
}

fn words(text: &str) -> Vec<String> {
    text.to_lowercase().split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// An option without the letter that its source may write before it (`B. spleen`, `(B) spleen`).
fn bare(option: &str) -> &str {
    let trimmed = option.trim();
    let inner = trimmed.trim_start_matches('(');
    let mut chars = inner.chars();
    let marked = chars.next().is_some_and(|c| c.is_ascii_uppercase()) && matches!(chars.next(), Some('.' | ')' | ':'));
    if marked && !chars.as_str().trim().is_empty() { chars.as_str().trim() } else { trimmed }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::tests::item;

    fn options() -> Vec<String> {
        ["left kidney", "kidney", "spleen", "liver"].map(str::to_owned).to_vec()
    }

    #[test]
    fn answers_are_read_by_letter_or_text() {
        let check = |answer: &str, expected: Choice| assert_eq!(choose(answer, &options()), expected, "{answer}");
        for answer in
            ["C", "c", "(C)", "C.", "C) spleen", "C: the spleen", "The answer is C.", "the answer is (C)", "Option C", "I choose C"]
        {
            check(answer, Choice::Option(2));
        }
        check("It is the spleen.", Choice::Option(2));
        check("The left kidney", Choice::Option(0));
        check("A", Choice::Option(0));
        check("A.", Choice::Option(0));
        check("A large liver", Choice::Option(3));
        check("There is a lesion in the liver", Choice::Option(3));
        for answer in ["A and B", "A, C", "(A) or (D)", "liver and spleen", "E", "I cannot tell", "42"] {
            check(answer, Choice::Invalid);
        }
        check(" \n", Choice::Empty);
    }

    #[test]
    fn references_are_found_by_text_letter_or_marked_option() {
        let right = |answer: &str, options: &[&str]| right_option(&item("Which?", answer, options));
        assert_eq!(right("kidney", &["left kidney", "kidney"]), Some(1));
        assert_eq!(right("B", &["left kidney", "kidney"]), Some(1));
        assert_eq!(right("spleen", &["A. liver", "B. spleen"]), Some(1));
        assert_eq!(right("B. spleen", &["A. liver", "B. spleen"]), Some(1));
        assert_eq!(right("lung", &["liver", "spleen"]), None);
        let levels = ["T", "C", "L", "S"].map(str::to_owned);
        assert_eq!(right("C", &["T", "C", "L", "S"]), Some(1));
        assert_eq!(choose("C", &levels), Choice::Option(1), "read as the reference is");
    }
}
