//! What a question asks, as far as its sentence fits a pattern.

use super::lexicon::{Sides, Thing, Tok, sentences, words};
use super::pattern::fits;
use super::presence::{absent_one, either_way, presence};
use super::side::{side, side_or_side};
use super::statement::statement;
use crate::geometry::claim::{Claim, Laterality, Named, Quantity, Rank, Size, Toward, Unit};

/// What one of several structures stands out by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum By {
    Cmp(Size, bool),
    Dir(Toward),
    Sup(Rank),
    Medial,
    Lateral,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// Is it so?
    Polar(Vec<Claim>),
    /// Is it there, or any of these? Only where it stands `alone` does "yes" say which.
    Present {
        of: Vec<Named>,
        alone: bool,
    },
    /// Which of these is not there? Of none: which of all.
    Absent(Vec<Named>),
    /// Is the first larger or smaller than the second?
    Versus(Named, Named),
    /// Which of these?
    Pick(By, Vec<Named>),
    Amount(Quantity),
    /// On which side? The structure as the question has it, to be named again by the answer.
    Side(Named),
    /// Where is the first, seen from the second?
    Relation(Named, Named),
    Level(Named),
    Order(Vec<Named>),
    /// The answer is a sentence that stands by itself.
    Statement,
}

/// Reads one kind of question from its tokens and options.
type Reader = fn(&[Tok], &[String]) -> Option<Ask>;

/// `None` when the question is not understood as a whole.
pub fn ask(question: &str, options: &[String]) -> Option<Ask> {
    let all = sentences(question);
    let [toks] = &all[..] else { return None };
    if polar(question) {
        let so = || located(toks).or_else(|| statement(toks)).map(Ask::Polar);
        return side_or_side(toks).or_else(|| either_way(toks)).or_else(|| presence(toks)).or_else(so);
    }
    if let Some(asked) = absent_one(toks) {
        return Some(asked);
    }
    let toks = without_present(toks);
    let readers: [Reader; 8] = [pieces, amount, distance, ratio, pick, side, relation, level];
    readers.into_iter().find_map(|read| read(&toks, options)).or_else(|| order(&toks)).or_else(|| which_statement(&toks))
}

/// `Is there any … on the left?` With another structure for the place, "no" would deny the place of what is not there at all.
fn located(toks: &[Tok]) -> Option<Vec<Claim>> {
    let said = statement(toks.strip_prefix(&[Tok::Word("there")])?)?;
    said.iter().all(|c| matches!(c, Claim::Side(..))).then_some(said)
}

/// Yes or no is the answer.
fn polar(question: &str) -> bool {
    const FIRST: [&str; 11] = ["is", "are", "was", "were", "does", "do", "did", "has", "have", "can", "could"];
    words(question).first().is_some_and(|w| FIRST.contains(&w.as_str()))
}

/// Where nothing hangs on something being seen, the word is left out.
pub fn without_present(toks: &[Tok]) -> Vec<Tok> {
    toks.iter().filter(|t| !matches!(t, Tok::Word("present" | "any"))).cloned().collect()
}

/// The first pattern that fits, with its captures.
pub fn first(toks: &[Tok], patterns: &[&str]) -> Option<Vec<Tok>> {
    patterns.iter().find_map(|p| fits(p, toks))
}

/// Structures among captured tokens, in order.
pub fn things(captured: &[Tok]) -> Vec<Thing> {
    let each = |t: &Tok| match t {
        Tok::Thing(t) => vec![t.clone()],
        Tok::Things(all) => all.clone(),
        _ => Vec::new(),
    };
    captured.iter().flat_map(each).collect()
}

/// Exactly two structures, also as `both kidneys`.
pub fn two(captured: &[Tok]) -> Option<[Named; 2]> {
    each(&things(captured))?.try_into().ok().filter(|[a, b]: &[Named; 2]| a != b)
}

pub fn each(things: &[Thing]) -> Option<Vec<Named>> {
    let named: Option<Vec<Vec<Named>>> = things.iter().map(Thing::each).collect();
    named.map(|n| n.concat())
}

fn one(captured: &[Tok]) -> Option<Named> {
    match &things(captured)[..] {
        [thing] => thing.one(),
        _ => None,
    }
}

/// Number of parts of a label, by words that can mean nothing else.
fn pieces(toks: &[Tok], _: &[String]) -> Option<Ask> {
    let captured = first(toks, &["pieces S", "pieces S consist", "pieces there? in? S", "pieces consist S"])?;
    one(&captured).map(|a| Ask::Amount(Quantity::Components(a)))
}

fn amount(toks: &[Tok], _: &[String]) -> Option<Ask> {
    let captured = first(toks, &["which? Z S", "estimate which? Z S", "which S Z", "how Z S", "which? Z from? centre? S"])?;
    let size = captured.iter().find_map(|t| if let Tok::Size(s) = t { Some(*s) } else { None })?;
    Some(Ask::Amount(Quantity::Size(size, one(&captured)?)))
}

/// Only where it is said between what: centres, or nearest points.
fn distance(toks: &[Tok], _: &[String]) -> Option<Ask> {
    let centres = [
        "which|estimate? distance between? centre S*",
        "which|estimate? centre from centre distance between S*",
        "distance centre S from|and centre? S",
        "distance centre S*",
        "which|estimate? distance from centre S from centre? S",
        "which|estimate? distance between centre S and centre S",
    ];
    if let Some(captured) = first(toks, &centres) {
        let [a, b] = two(&captured)?;
        return Some(Ask::Amount(Quantity::Distance(a, b)));
    }
    let [a, b] = two(&first(toks, &["which|estimate? gap between S*", "which|estimate? gap from S from S"])?)?;
    Some(Ask::Amount(Quantity::Gap(a, b)))
}

fn ratio(toks: &[Tok], _: &[String]) -> Option<Ask> {
    if let Some(captured) = first(toks, &["times C S S", "times as S as S", "times S C S"]) {
        let [a, b] = two(&captured)?;
        let more = captured.iter().find_map(|t| if let Tok::Cmp(size, more) = t { Some((*size, *more)) } else { None });
        return match more {
            None | Some((Size::Volume, true)) => Some(Ask::Amount(Quantity::Ratio(a, b))),
            Some((Size::Volume, false)) => Some(Ask::Amount(Quantity::Ratio(b, a))),
            Some(_) => None,
        };
    }
    let captured =
        first(toks, &["which|estimate? ratio S from S", "which|estimate? ratio Z S from Z? S", "which|estimate? ratio between S and S"])?;
    let volume = captured.iter().all(|t| !matches!(t, Tok::Size(s) if *s != Size::Volume));
    let [a, b] = two(&captured).filter(|_| volume)?;
    Some(Ask::Amount(Quantity::Ratio(a, b)))
}

fn pick(toks: &[Tok], options: &[String]) -> Option<Ask> {
    let patterns = [
        "which structure? C|D|R|medial|lateral and|:? S*",
        "which structure? C and|:? S*",
        "which structure? D and|:? S*",
        "which structure? R and|:? S*",
        "which structure? medial|lateral and|:? S*",
        "which S* C",
        "which S* D",
        "which S* R",
        "which S* medial|lateral",
        "which structure? C",
        "which structure? R",
        "which structure? D",
    ];
    let captured = first(toks, &patterns)?;
    let by = captured.iter().find_map(by).or_else(|| medial(toks))?;
    let candidates = match &things(&captured)[..] {
        [] => options.iter().map(|o| only_thing(o)).collect::<Option<Vec<Named>>>()?,
        // `Which kidney`: either of the two.
        [one] if one.sides == Sides::Unsaid => one.on(Laterality::Bilateral)?.each()?,
        several => each(several)?,
    };
    (candidates.len() >= 2).then_some(Ask::Pick(by, candidates))
}

fn by(tok: &Tok) -> Option<By> {
    match tok {
        Tok::Cmp(size, more) => Some(By::Cmp(*size, *more)),
        Tok::Dir(toward) => Some(By::Dir(*toward)),
        Tok::Sup(rank) => Some(By::Sup(*rank)),
        _ => None,
    }
}

fn medial(toks: &[Tok]) -> Option<By> {
    toks.iter().find_map(|t| match t {
        Tok::Word("medial") => Some(By::Medial),
        Tok::Word("lateral") => Some(By::Lateral),
        _ => None,
    })
}

/// The structure that a text names, and nothing else.
pub fn only_thing(text: &str) -> Option<Named> {
    match &sentences(text)[..] {
        [toks] => one(&fits("S", toks)?),
        _ => None,
    }
}

fn relation(toks: &[Tok], _: &[String]) -> Option<Ask> {
    let [a, b] = two(&first(toks, &["where S relative S", "which position S relative S", "where S relative S and?"])?)?;
    Some(Ask::Relation(a, b))
}

fn level(toks: &[Tok], _: &[String]) -> Option<Ask> {
    let patterns = [
        "level which vertebra centre? S",
        "which level centre? S",
        "which vertebra level centre? S",
        "which vertebra level from? centre? S",
    ];
    one(&first(toks, &patterns)?).map(Ask::Level)
}

fn order(toks: &[Tok]) -> Option<Ask> {
    let patterns = ["order structure? :? S* by? Z? from? R? from? R?", "order S* from R from R", "which order S* from R from R by? Z?"];
    let captured = first(toks, &patterns)?;
    let ranks: Vec<&Tok> = captured.iter().filter(|t| matches!(t, Tok::Sup(_) | Tok::Size(_))).collect();
    let falling = ranks.iter().filter(|t| matches!(t, Tok::Sup(_))).map(|t| (*t).clone()).collect::<Vec<_>>();
    let volume = ranks.iter().all(|t| !matches!(t, Tok::Size(s) if *s != Size::Volume));
    (volume && falling == [Tok::Sup(Rank::Largest), Tok::Sup(Rank::Smallest)]).then(|| each(&things(&captured)).map(Ask::Order)).flatten()
}

fn which_statement(toks: &[Tok]) -> Option<Ask> {
    first(toks, &["which statement yes", "which statement", "which statement about S yes", "which structure yes"]).map(|_| Ask::Statement)
}

impl By {
    /// That `a` is the one.
    pub fn claims(self, a: &Named, of: &[Named]) -> Vec<Claim> {
        let others = of.iter().filter(|b| *b != a);
        let each = |f: &dyn Fn(Named, Named) -> Claim| others.clone().map(|b| f(a.clone(), b.clone())).collect();
        match self {
            By::Cmp(size, true) => each(&|a, b| Claim::Greater(size, a, b)),
            By::Cmp(size, false) => each(&|a, b| Claim::Greater(size, b, a)),
            By::Dir(toward) => each(&|a, b| Claim::Direction(toward, a, b)),
            By::Sup(rank) => vec![Claim::Extreme(rank, a.clone(), of.to_vec())],
            By::Medial => each(&Claim::Medial),
            By::Lateral => each(&Claim::Lateral),
        }
    }
}

/// The unit that an amount must have.
pub fn unit_fits(quantity: &Quantity, unit: Option<Unit>) -> bool {
    match quantity.unit() {
        Unit::One => matches!(unit, None | Some(Unit::One)),
        wanted => unit == Some(wanted),
    }
}
