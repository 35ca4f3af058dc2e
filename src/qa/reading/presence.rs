//! Whether something is there: questions that ask it and answers that deny it.
//!
//! `or thickening` and the like name what has no label. A denial of both denies each, so it may stand beside a structure there; where
//! something is affirmed, it may not.

use super::answer::hedged;
use super::ask::{Ask, each, first, things, two};
use super::lexicon::{Thing, Tok};
use crate::geometry::claim::{Claim, Laterality, Named};

/// Is it there, or is any of these? With `or thickening` or several structures only "no" says something of each.
pub fn presence(toks: &[Tok]) -> Option<Ask> {
    if let Some(captured) = first(toks, &["there any? S present?", "any? S present", "any S"]) {
        let [thing] = &things(&captured)[..] else { return None };
        return thing.each().map(|all| Ask::Present { of: all, alone: true });
    }
    let captured = first(toks, &["there? any? S* or? other? present? either? if-so? and? which? where|side?"])?;
    let has = |words: &[&str]| toks.iter().any(|t| matches!(t, Tok::Word(w) if words.contains(w)));
    let of = each(&things(&captured))?;
    // Of `the spleen and the gallbladder`, "no" leaves open which.
    let any_of = of.len() == 1 || has(&["or"]);
    (any_of && has(&["there", "any", "present"])).then_some(Ask::Present { of, alone: false })
}

/// `Which kidney is not seen?`
pub fn absent_one(toks: &[Tok]) -> Option<Ask> {
    let captured = first(toks, &["which S not present", "which structure not present"])?;
    let of = match &things(&captured)[..] {
        [one] => one.on(Laterality::Bilateral)?.each()?,
        _ => Vec::new(),
    };
    Some(Ask::Absent(of))
}

/// The answer to a question for presence.
pub fn present(of: &[Named], alone: bool, toks: &[Tok], all: &[Vec<Tok>]) -> Option<Vec<Claim>> {
    if hedged(all) {
        return None;
    }
    if let Some(denied) = none(toks) {
        return denied.iter().all(|a| of.contains(a)).then(|| without(&denied));
    }
    let opposite = all.iter().any(|s| affirmed(s).is_some_and(|said| said.iter().any(|a| of.contains(a))));
    match toks {
        // `Both kidneys? No` may mean one of them.
        [Tok::Word("no")] | [Tok::Word("no"), Tok::Word("and" | "either"), ..] if !opposite && (of.len() == 1 || !alone) => {
            Some(without(of))
        }
        [Tok::Word("yes"), ..] if alone => Some(with(of)),
        _ => affirmed(toks).filter(|said| alone && said == of).map(|said| with(&said)),
    }
}

/// `The left kidney` after `which kidney is not seen`.
pub fn absent(of: &[Named], toks: &[Tok], all: &[Vec<Tok>]) -> Option<Vec<Claim>> {
    let captured = first(toks, &["S", "S not present"]).filter(|_| all.len() == 1)?;
    let one = things(&captured).first().and_then(Thing::one)?;
    (of.is_empty() || of.contains(&one)).then(|| without(&[one]))
}

/// The structures of which a sentence says that they are not there, anywhere.
pub fn none(toks: &[Tok]) -> Option<Vec<Named>> {
    let denials = [
        "no and? there? no? S* or? other? present? either? L?",
        "there no S* or? other? present? either? L?",
        "there not any? S* or? other? present? either?",
        "no and S* or? other? not present either? L?",
        "S* or? other? not present either?",
        "S* or? other? absent",
    ];
    let captured = first(toks, &denials)?;
    let everywhere = captured.iter().all(|t| !matches!(t, Tok::Side(s) if *s != Laterality::Bilateral));
    everywhere.then(|| each(&things(&captured))).flatten()
}

fn affirmed(toks: &[Tok]) -> Option<Vec<Named>> {
    each(&things(&first(toks, &["S* present", "there S* present?", "yes and? there? S* present?"])?))
}

fn with(of: &[Named]) -> Vec<Claim> {
    of.iter().cloned().map(Claim::Present).collect()
}

fn without(of: &[Named]) -> Vec<Claim> {
    with(of).into_iter().map(Claim::negated).collect()
}

/// `Is it above or below?`, `left or right of`: where the first lies, seen from the second.
pub fn either_way(toks: &[Tok]) -> Option<Ask> {
    if let Some(captured) = first(toks, &["S D or D S", "S L or D S"]) {
        let [a, b] = two(&captured)?;
        return Some(Ask::Relation(a, b));
    }
    let captured = first(toks, &["S C or C S"])?;
    let sizes: Vec<(_, bool)> =
        captured.iter().filter_map(|t| if let Tok::Cmp(size, more) = t { Some((*size, *more)) } else { None }).collect();
    let [a, b] = two(&captured)?;
    match sizes[..] {
        [(one, more), (other, less)] if one == other && more != less => Some(Ask::Versus(a, b)),
        _ => None,
    }
}
