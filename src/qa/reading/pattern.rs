//! Sentence patterns: a pattern must account for every token, so that a sentence that says more than was understood is not read at all.
//!
//! `S` a structure, `S*` a list of them, `L` a side, `D` a direction, `C` a comparative, `R` a superlative, `Z` a size, `N` an amount;
//! words in small letters stand for themselves, `a|b` for either, and `?` after any of these makes it optional.

use super::lexicon::{Thing, Tok};

/// The captured tokens in order, when `pattern` fits all of `toks`. An optional capture that is not there captures nothing.
pub fn fits(pattern: &str, toks: &[Tok]) -> Option<Vec<Tok>> {
    let parts: Vec<&str> = pattern.split(' ').collect();
    let mut captured = Vec::new();
    step(&parts, toks, &mut captured).then_some(captured)
}

fn step(parts: &[&str], toks: &[Tok], captured: &mut Vec<Tok>) -> bool {
    let Some((&part, rest)) = parts.split_first() else { return toks.is_empty() };
    let (bare, optional) = part.strip_suffix('?').map_or((part, false), |b| (b, true));
    let kept = captured.len();
    if bare == "S*" {
        for (thing_list, used) in lists(toks) {
            captured.push(Tok::Things(thing_list));
            if step(rest, &toks[used..], captured) {
                return true;
            }
            captured.truncate(kept);
        }
    } else if let Some(first) = toks.first().filter(|t| is(bare, t)) {
        if !matches!(first, Tok::Word(_)) {
            captured.push(first.clone());
        }
        if step(rest, &toks[1..], captured) {
            return true;
        }
        captured.truncate(kept);
    }
    optional && step(rest, toks, captured)
}

fn is(part: &str, tok: &Tok) -> bool {
    match tok {
        Tok::Thing(_) => part == "S",
        Tok::Side(_) => part == "L",
        Tok::Dir(_) => part == "D",
        Tok::Cmp(..) => part == "C",
        Tok::Sup(_) => part == "R",
        Tok::Size(_) => part == "Z",
        Tok::Amount(..) => part == "N",
        Tok::Word(word) => part.split('|').any(|p| p == *word),
        Tok::Things(_) | Tok::Other => false,
    }
}

/// Lists of structures that `toks` starts with, longest first, each with the number of tokens.
fn lists(toks: &[Tok]) -> Vec<(Vec<Thing>, usize)> {
    let mut out = Vec::new();
    let mut list = Vec::new();
    let mut at = 0;
    while let Some(Tok::Thing(thing)) = toks.get(at) {
        list.push(thing.clone());
        at += 1;
        out.push((list.clone(), at));
        while matches!(toks.get(at), Some(Tok::Word("and" | "or"))) {
            at += 1;
        }
    }
    out.reverse();
    out
}
