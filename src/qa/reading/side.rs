//! On which side something lies. Of what lies in the chest and may be anywhere there, a lung or half of the chest names the side too.

use super::answer::hedged;
use super::ask::{Ask, first, things};
use super::lexicon::{Sides, Thing, Tok};
use super::presence::none;
use super::{ask::without_present, pattern::fits};
use crate::geometry::claim::{Claim, Laterality, Named};

/// Structures that lie in or about a lung, on one side or on both.
const IN_THE_CHEST: [&str; 2] = ["pleural_effusion", "lung_nodules"];

/// `Is it on the left or right?`, `in one lung or both?`
pub fn side_or_side(toks: &[Tok]) -> Option<Ask> {
    let toks = lungs_as_sides(&without_present(toks), None);
    let patterns = [
        "S in? L or in? L",
        "S L or L or L",
        "S L and L or L",
        "S unilateral or L",
        "S unilateral or in? L",
        "S unilateral or in? both",
        "S unilateral or L and which side",
        "S L or unilateral",
        "S in? L or deviated",
    ];
    one(&first(&toks, &patterns)?).map(Ask::Side)
}

pub fn side(toks: &[Tok], _: &[String]) -> Option<Ask> {
    let patterns = [
        "in? which side show? S",
        "which side S on?",
        "relative midline which side S",
        "which side structure? S",
        "which laterality S",
        "where S relative L",
        "where S relative? L",
        "which position S relative L",
        "relative L and? which side S",
        "relative L which side S",
        "which side centre S",
        "which side relative L S",
        "which L or L side? S",
        "where S",
        "which position S",
    ];
    let toks = lungs_as_sides(toks, None);
    let both = || first(&toks, &["where S in L", "which laterality S in L"]).filter(|c| c.contains(&Tok::Side(Laterality::Bilateral)));
    one(&first(&toks, &patterns).or_else(both)?).map(Ask::Side)
}

fn one(captured: &[Tok]) -> Option<Named> {
    match &things(captured)[..] {
        [thing] => thing.one(),
        _ => None,
    }
}

/// What an answer says of the side of `a`.
pub fn sided(a: &Named, toks: &[Tok], all: &[Vec<Tok>]) -> Option<Vec<Claim>> {
    if all.len() > 1 || hedged(all) {
        return None;
    }
    if let Some(denied) = none(toks) {
        return (denied == [a.clone()]).then(|| vec![Claim::Present(a.clone()).negated()]);
    }
    let toks = lungs_as_sides(&without_present(toks), Some(a));
    if let Some(captured) = fits("unilateral and? it? in? L", &toks) {
        let side = only(&captured).filter(|s| *s != Laterality::Bilateral)?;
        return Some(vec![Claim::Side(side, a.clone()), Claim::Side(Laterality::Bilateral, a.clone()).negated()]);
    }
    let of_a = ["S in? L", "S L and it? in? L", "there? L S", "there S in? L"];
    let captured = first(&toks, &["it? in? L", "it? L and? as? it? in? L"]).or_else(|| first(&toks, &of_a).filter(|c| about(a, c)))?;
    only(&captured).map(|side| vec![Claim::Side(side, a.clone())])
}

fn about(a: &Named, captured: &[Tok]) -> bool {
    things(captured).iter().all(|t| t.one().as_ref() == Some(a))
}

/// The one side that is named, once or again.
fn only(captured: &[Tok]) -> Option<Laterality> {
    let mut sides = captured.iter().filter_map(|t| if let Tok::Side(s) = t { Some(*s) } else { None });
    let first = sides.next()?;
    sides.all(|s| s == first).then_some(first)
}

/// Where something in the chest is asked after (`about`, or in the sentence itself), `the left lung` means left and `which lung` which side.
fn lungs_as_sides(toks: &[Tok], about: Option<&Named>) -> Vec<Tok> {
    let in_chest = |n: &Named| IN_THE_CHEST.contains(&n.name.as_str());
    let here = |t: &Tok| matches!(t, Tok::Thing(t) if t.one().as_ref().is_some_and(in_chest));
    if !about.is_some_and(in_chest) && !toks.iter().any(here) {
        return toks.to_vec();
    }
    toks.iter().map(|t| if let Tok::Thing(thing) = t { lung(thing).unwrap_or_else(|| t.clone()) } else { t.clone() }).collect()
}

fn lung(thing: &Thing) -> Option<Tok> {
    let is_lung = thing.on(Laterality::Left).and_then(|t| t.one()).is_some_and(|n| n.name == "lung_left");
    is_lung.then_some(match thing.sides {
        Sides::Left => Tok::Side(Laterality::Left),
        Sides::Right => Tok::Side(Laterality::Right),
        Sides::Both => Tok::Side(Laterality::Bilateral),
        Sides::Unsaid | Sides::Only => Tok::Word("side"),
    })
}
