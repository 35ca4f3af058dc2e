//! Sentences that stand by themselves: `the left kidney lies above the spleen`.

use super::ask::{each, first, things, two, unit_fits, without_present};
use super::lexicon::Tok;
use crate::geometry::claim::{Claim, Laterality, Named, Quantity, Relation, Size, Tolerance, Unit};

/// Reads one kind of sentence.
type Reader = fn(&[Tok]) -> Option<Vec<Claim>>;

/// The claims of a sentence; `None` when it is not understood as a whole.
pub fn statement(toks: &[Tok]) -> Option<Vec<Claim>> {
    let toks = without_present(toks);
    let readers: [Reader; 6] = [direction, side, comparison, amount, neighbours, medial];
    readers.into_iter().find_map(|read| read(&toks))
}

/// `a` above `b`, also of several each, or in two directions at once.
fn direction(toks: &[Tok]) -> Option<Vec<Claim>> {
    let captured = first(toks, &["S* D S*", "S* D and D S*", "centre S D centre? S", "S* not D S*"])?;
    let lists: Vec<Vec<Named>> = captured.iter().filter_map(|t| each(&things(std::slice::from_ref(t)))).filter(|l| !l.is_empty()).collect();
    let [a, b] = &lists[..] else { return None };
    let towards = captured.iter().filter_map(|t| if let Tok::Dir(d) = t { Some(*d) } else { None });
    let pairs = || a.iter().flat_map(|a| b.iter().map(move |b| (a.clone(), b.clone())));
    let claims: Vec<Claim> = towards.flat_map(|d| pairs().map(move |(a, b)| Claim::Direction(d, a, b))).collect();
    denied(toks, claims)
}

fn side(toks: &[Tok]) -> Option<Vec<Claim>> {
    let captured = first(toks, &["S* L", "S* not L", "centre S L", "S* in L", "S* unilateral"])?;
    let side = captured.iter().find_map(|t| if let Tok::Side(s) = t { Some(*s) } else { None })?;
    let structures = each(&things(&captured))?;
    // `both lungs (bilateral)` says nothing about either lung.
    let half = |a: &Named| a.name.split('_').any(|w| w == "left" || w == "right");
    if side == Laterality::Bilateral && structures.iter().any(half) {
        return None;
    }
    denied(toks, structures.into_iter().map(|a| Claim::Side(side, a)).collect())
}

/// `a` larger than `b`, `a` the largest of a list.
fn comparison(toks: &[Tok]) -> Option<Vec<Claim>> {
    if let Some(captured) = first(toks, &["S C S", "S not C S", "Z S C Z? S", "S Z? C S"]) {
        let [a, b] = two(&captured)?;
        let Some(Tok::Cmp(size, more)) = captured.iter().find(|t| matches!(t, Tok::Cmp(..))) else { return None };
        // `its height is larger` compares heights.
        let size = captured.iter().find_map(|t| if let Tok::Size(s) = t { Some(*s) } else { None }).unwrap_or(*size);
        return denied(toks, vec![if *more { Claim::Greater(size, a, b) } else { Claim::Greater(size, b, a) }]);
    }
    let captured = first(toks, &["S R S*", "S R structure? :? S*"])?;
    let Some(Tok::Sup(rank)) = captured.iter().find(|t| matches!(t, Tok::Sup(_))) else { return None };
    let (one, of) = (each(&things(&captured[..1]))?, each(&things(&captured[1..]))?);
    let [one] = &one[..] else { return None };
    (of.iter().any(|b| b != one)).then(|| vec![Claim::Extreme(*rank, one.clone(), of)])
}

fn amount(toks: &[Tok]) -> Option<Vec<Claim>> {
    let centres = ["distance between? centre S* C? N", "centre S C? N from centre? S", "gap between S* C? N"];
    let captured = first(toks, &["Z S C? N", "S Z C? N", "S C N", "S N Z", "S N"]).or_else(|| first(toks, &centres))?;
    let Some(&Tok::Amount(value, unit)) = captured.iter().find(|t| matches!(t, Tok::Amount(..))) else { return None };
    let structures = each(&things(&captured))?;
    let size = captured.iter().find_map(|t| if let Tok::Size(s) = t { Some(*s) } else { None });
    let gap = toks.first() == Some(&Tok::Word("gap"));
    let quantity = match (&structures[..], size) {
        ([a], Some(size)) => Quantity::Size(size, a.clone()),
        ([a], None) if unit == Some(Unit::Ml) => Quantity::Size(Size::Volume, a.clone()),
        ([a, b], None) if gap => Quantity::Gap(a.clone(), b.clone()),
        ([a, b], None) => Quantity::Distance(a.clone(), b.clone()),
        _ => return None,
    };
    let fits = unit_fits(&quantity, unit) && quantity.unit() != Unit::One;
    fits.then(|| vec![Claim::Amount(quantity, relation(&captured, value))])
}

/// As stated: less than, more than, or about.
pub fn relation(captured: &[Tok], value: f64) -> Relation {
    match captured.iter().find(|t| matches!(t, Tok::Cmp(..))) {
        Some(Tok::Cmp(_, true)) => Relation::Above(value),
        Some(_) => Relation::Below(value),
        None => Relation::About(value, Tolerance::USUAL),
    }
}

fn neighbours(toks: &[Tok]) -> Option<Vec<Claim>> {
    if let Some(captured) = first(toks, &["S touch S", "S not touch S", "S* touch"]) {
        let [a, b] = two(&captured)?;
        return denied(toks, vec![Claim::Touches(a, b)]);
    }
    let [a, b] = two(&first(toks, &["S in S", "S not in S"])?)?;
    denied(toks, vec![Claim::Inside(a, b)])
}

fn medial(toks: &[Tok]) -> Option<Vec<Claim>> {
    let [a, b] = two(&first(toks, &["S medial|lateral S", "S not medial|lateral S"])?)?;
    let lateral = toks.contains(&Tok::Word("lateral"));
    denied(toks, vec![if lateral { Claim::Lateral(a, b) } else { Claim::Medial(a, b) }])
}

/// A denied list would say that one of several does not hold, which no claim can say.
fn denied(toks: &[Tok], claims: Vec<Claim>) -> Option<Vec<Claim>> {
    match (toks.contains(&Tok::Word("not")), &claims[..]) {
        (_, []) => None,
        (false, _) => Some(claims),
        (true, [_]) => Some(claims.into_iter().map(Claim::negated).collect()),
        (true, _) => None,
    }
}
