//! What an answer says, given what was asked.

use super::ask::{Ask, By, ask, each, first, things, unit_fits, without_present};
use super::lexicon::{Tok, sentences, unit_wanted, words};
use super::pattern::fits;
use super::presence::{absent, present};
use super::side::sided;
use super::statement::{relation, statement};
use crate::geometry::claim::{Claim, Laterality, Named, Quantity, Relation, Tolerance, Toward, Unit};
use crate::qa::special_tokens;

/// A question that was read, for any number of answers.
pub struct Asked<'a> {
    options: &'a [String],
    /// With the unit that answers need not repeat; `None` when it is not understood.
    ask: Option<(Ask, Option<(f64, Unit)>)>,
    says_or: bool,
}

impl<'a> Asked<'a> {
    pub fn new(question: &str, options: &'a [String]) -> Self {
        let ask = ask(question, options).map(|a| (a, None)).or_else(|| in_a_unit(question));
        Self { options, ask, says_or: says_or(question) }
    }
}

pub fn claims(asked: &Asked<'_>, answer: &str) -> Option<Vec<Claim>> {
    let answer = chosen(asked.options, &plain(answer));
    let all = sentences(&answer);
    let toks = all.first()?;
    let Some((ask, unit)) = &asked.ask else { return alone(&all) };
    match ask {
        // `Is the liver or the spleen on the left?` – yes to one of them is no claim about either.
        Ask::Polar(_) if asked.says_or => None,
        Ask::Polar(claims) => polar(claims, toks, &all),
        Ask::Present { of, alone } => present(of, *alone, toks, &all),
        Ask::Absent(of) => absent(of, toks, &all),
        Ask::Versus(a, b) => versus(a, b, toks, &all),
        Ask::Pick(by, of) => pick(*by, of, toks, &all),
        Ask::Amount(Quantity::Components(a)) => pieces(a, &answer),
        Ask::Amount(quantity) => amount(quantity, *unit, &all),
        Ask::Side(a) => sided(a, toks, &all),
        Ask::Relation(a, b) => direction(a, b, toks, &all),
        Ask::Level(a) => level(a, toks, &all),
        Ask::Order(of) => order(of, toks, &all),
        Ask::Statement => alone(&all),
    }
}

/// The text of the option that a letter stands for; else the answer itself.
fn chosen(options: &[String], answer: &str) -> String {
    match lettered(options, answer).and_then(|n| options.get(n)) {
        Some(option) => option.clone(),
        None => answer.trim().to_owned(),
    }
}

/// An answer without what models put around it: special tokens, and words that only lead up to it (`I would say: left`). A token between
/// words ends a sentence.
pub fn plain(answer: &str) -> String {
    let mut text = String::with_capacity(answer.len());
    let mut from = 0;
    for token in special_tokens(answer) {
        text.push_str(&answer[from..token.start]);
        text.push_str(". ");
        from = token.end;
    }
    text.push_str(&answer[from..]);
    let text = text.trim().trim_end_matches(['.', ' ']);
    led_up_to(text).unwrap_or(text).trim().to_owned()
}

/// What stands after such words. Nothing that says something itself may stand before the colon.
fn led_up_to(text: &str) -> Option<&str> {
    const LEADS: [&str; 8] = ["i would say", "i'd say", "my answer is", "the answer is", "answer", "conclusion", "my answer", "in short"];
    let (before, after) = text.rsplit_once(':')?;
    let lower = before.trim().to_lowercase();
    // `Wrong answer:` leads to the opposite.
    let begins = |rest: &str| ["", "the", "final", "correct"].contains(&rest) || rest.ends_with([',', '.', ';', '!', '?']);
    let leads = LEADS.iter().any(|lead| lower.strip_suffix(lead).is_some_and(|rest| begins(rest.trim())));
    let empty =
        |t: &Tok| matches!(t, Tok::Other | Tok::Size(_) | Tok::Word("and" | "which" | "between" | "from" | "it" | "there" | "statement"));
    (leads && sentences(&lower).iter().flatten().all(empty)).then_some(after)
}

/// Which option an answer is: by its letter, or by its text.
pub fn option_of(options: &[String], answer: &str) -> Option<usize> {
    let answer = &plain(answer);
    let same = |o: &String| words(o) == words(answer);
    lettered(options, answer).or_else(|| options.iter().position(same))
}

/// `B`, `(B)`, `B) 52 mm`, `The answer is B.`
fn lettered(options: &[String], answer: &str) -> Option<usize> {
    const HEADS: [&str; 6] = ["the correct answer is", "correct answer:", "the answer is", "answer:", "option", "("];
    let lower = answer.trim().to_lowercase();
    let bare = HEADS.iter().fold(lower.as_str(), |s, head| s.strip_prefix(head).map_or(s, str::trim_start));
    let letter = bare.chars().next().filter(char::is_ascii_lowercase)?;
    let rest = &bare[1..];
    let marked = rest.is_empty() || rest.starts_with([')', '.', ':']);
    Some(usize::from(letter as u8 - b'a')).filter(|n| marked && *n < options.len())
}

/// A sentence that needs no question. More than one sentence is more than was understood.
fn alone(all: &[Vec<Tok>]) -> Option<Vec<Claim>> {
    match all {
        [toks] => statement(toks),
        _ => None,
    }
}

fn says_or(question: &str) -> bool {
    sentences(question).iter().flatten().any(|t| matches!(t, Tok::Word("or")))
}

pub fn hedged(all: &[Vec<Tok>]) -> bool {
    all.iter().flatten().any(|t| matches!(t, Tok::Word("but")))
}

/// `Yes` and `No` count whatever follows, unless it takes something back; what follows must not say the opposite.
fn polar(claims: &[Claim], toks: &[Tok], all: &[Vec<Tok>]) -> Option<Vec<Claim>> {
    let yes = match toks.first()? {
        Tok::Word("yes") => true,
        Tok::Word("no") => false,
        _ => return alone(all),
    };
    if hedged(all) {
        return None;
    }
    // `No kidney lies above …` is no answer by itself.
    if let (false, Some(Tok::Thing(_))) = (yes, toks.get(1)) {
        return statement(&toks[1..]).filter(|said| said == claims && all.len() == 1).and_then(|_| denied(claims));
    }
    let rest = toks.iter().skip(1).skip_while(|t| matches!(t, Tok::Word("and"))).cloned().collect::<Vec<_>>();
    let said = statement(&rest).or_else(|| all.get(1).and_then(|t| statement(t)));
    match (yes, said) {
        (true, Some(said)) if said.iter().any(|s| claims.contains(&s.clone().negated())) => None,
        (true, _) => Some(claims.to_vec()),
        (false, Some(said)) if said.iter().any(|s| claims.contains(s)) => None,
        (false, _) => denied(claims),
    }
}

/// That not all of several hold is no claim.
fn denied(claims: &[Claim]) -> Option<Vec<Claim>> {
    (claims.len() == 1).then(|| claims.iter().cloned().map(Claim::negated).collect())
}

/// `Larger.` after `is it larger or smaller?`
fn versus(a: &Named, b: &Named, toks: &[Tok], all: &[Vec<Tok>]) -> Option<Vec<Claim>> {
    if all.len() > 1 || hedged(all) {
        return None;
    }
    let Some(captured) = first(toks, &["it? C", "it? C S"]) else { return statement(toks) };
    let other = things(&captured).iter().all(|t| t.one().as_ref() == Some(b));
    let claim = captured.iter().find_map(|t| match t {
        Tok::Cmp(size, true) => Some(Claim::Greater(*size, a.clone(), b.clone())),
        Tok::Cmp(size, false) => Some(Claim::Greater(*size, b.clone(), a.clone())),
        _ => None,
    })?;
    other.then(|| vec![claim])
}

/// A whole number in digits or as a word, alone or with what is counted.
fn pieces(a: &Named, answer: &str) -> Option<Vec<Claim>> {
    const WORDS: [&str; 11] = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
    const AROUND: [&str; 19] = [
        "it",
        "has",
        "is",
        "there",
        "are",
        "of",
        "consists",
        "made",
        "up",
        "a",
        "single",
        "connected",
        "separate",
        "disconnected",
        "component",
        "components",
        "part",
        "parts",
        "pieces",
    ];
    let number = |w: &str| WORDS.iter().position(|n| *n == w).or_else(|| if w == "single" { Some(1) } else { w.parse().ok() });
    let all = words(answer);
    let all: Vec<&str> = all.iter().map(String::as_str).filter(|w| *w != ".").collect();
    let numbers: Vec<usize> = all.iter().filter_map(|w| number(w)).collect();
    let plain = all.iter().all(|w| number(w).is_some() || AROUND.contains(w));
    match numbers[..] {
        [n] if plain => Some(vec![Claim::Amount(Quantity::Components(a.clone()), Relation::About(n as f64, Tolerance::Absolute(0.0)))]),
        _ => None,
    }
}

fn pick(by: By, of: &[Named], toks: &[Tok], all: &[Vec<Tok>]) -> Option<Vec<Claim>> {
    if all.len() > 1 || hedged(all) {
        return None;
    }
    let toks = without_present(toks);
    let captured = first(&toks, &["S", "L", "S C", "S D", "S R", "S medial|lateral", "L C", "L D", "L R", "S Z"]);
    let Some(captured) = captured else { return statement(&toks) };
    let picked = match captured.first()? {
        Tok::Thing(thing) => thing.one()?,
        Tok::Side(side) => only_on(*side, of)?,
        _ => return None,
    };
    let agrees = captured.iter().skip(1).all(|t| match (t, by) {
        (Tok::Cmp(size, more), By::Cmp(asked, asked_more)) => (*size, *more) == (asked, asked_more),
        (Tok::Dir(d), By::Dir(asked)) => *d == asked,
        (Tok::Sup(r), By::Sup(asked)) => *r == asked,
        _ => false,
    });
    (agrees && of.contains(&picked)).then(|| by.claims(&picked, of))
}

/// The one candidate on a side.
fn only_on(side: Laterality, of: &[Named]) -> Option<Named> {
    let mut found = of.iter().filter(|a| a.name.split('_').any(|w| w == side.word()));
    found.next().filter(|_| found.next().is_none()).cloned()
}

/// An amount that is asked for in a unit, which an answer need not repeat.
fn in_a_unit(question: &str) -> Option<(Ask, Option<(f64, Unit)>)> {
    let (rest, unit) = unit_wanted(question)?;
    match ask(rest, &[])? {
        Ask::Amount(quantity) if quantity.unit() == unit.1 => Some((Ask::Amount(quantity), Some(unit))),
        _ => None,
    }
}

/// How much of `quantity` an answer says there is, whatever the words of the question; those may end in the unit.
pub fn said_amount(quantity: &Quantity, question: &str, answer: &str) -> Option<Vec<Claim>> {
    let unit = unit_wanted(question).map(|(_, unit)| unit).filter(|unit| unit.1 == quantity.unit());
    match quantity {
        Quantity::Components(a) => pieces(a, &plain(answer)),
        _ => amount(quantity, unit, &sentences(&plain(answer))),
    }
}

/// `wanted`: of a number without a unit, what to multiply it by and its unit then.
fn amount(quantity: &Quantity, wanted: Option<(f64, Unit)>, all: &[Vec<Tok>]) -> Option<Vec<Claim>> {
    let [toks] = all else { return None };
    let patterns = [
        "C? N",
        "it C? N",
        "Z C? N",
        "Z S C? N",
        "S C? N",
        "distance C? N",
        "gap C? N",
        "S* C? N",
        "S N Z",
        "C? N C",
        "S N C S",
        "S Z C? N",
        "ratio C? N",
        "N Z",
    ];
    let captured = first(toks, &patterns)?;
    let (value, unit) = captured.iter().find_map(|t| match (t, wanted) {
        (Tok::Amount(value, None), Some((factor, unit))) => Some((value * factor, Some(unit))),
        (Tok::Amount(value, unit), _) => Some((*value, *unit)),
        _ => None,
    })?;
    let named = each(&things(&captured))?;
    let about = named.iter().all(|n| quantity.structures().contains(&n));
    let size = captured.iter().all(|t| !matches!((t, quantity), (Tok::Size(s), Quantity::Size(asked, _)) if s != asked));
    // After a ratio, `larger` belongs to the question, not to the number.
    let ratio = matches!(quantity, Quantity::Ratio(..));
    let compared: &[Tok] = if ratio { &[] } else { &captured };
    let trailing = !ratio && matches!(captured.last(), Some(Tok::Cmp(..)));
    (about && size && !trailing && unit_fits(quantity, unit)).then(|| vec![Claim::Amount(quantity.clone(), relation(compared, value))])
}

fn direction(a: &Named, b: &Named, toks: &[Tok], all: &[Vec<Tok>]) -> Option<Vec<Claim>> {
    if all.len() > 1 || hedged(all) {
        return None;
    }
    let patterns = ["D", "D and D", "D S", "D and D S", "it D", "it D S", "it D and D", "it D and D S", "L", "D and L"];
    let Some(captured) = first(toks, &patterns) else { return statement(toks) };
    let other = things(&captured).iter().all(|t| t.one().as_ref() == Some(b));
    let towards = captured.iter().filter_map(|t| match t {
        Tok::Dir(d) => Some(*d),
        Tok::Side(Laterality::Left) => Some(Toward::Left),
        Tok::Side(Laterality::Right) => Some(Toward::Right),
        _ => None,
    });
    let claims: Vec<Claim> = towards.map(|d| Claim::Direction(d, a.clone(), b.clone())).collect();
    (other && !claims.is_empty()).then_some(claims)
}

fn level(a: &Named, toks: &[Tok], all: &[Vec<Tok>]) -> Option<Vec<Claim>> {
    if all.len() > 1 {
        return None;
    }
    let captured = first(toks, &["S", "level S", "level vertebra S", "S level", "vertebra S", "it level S"])?;
    let vertebra = things(&captured).first()?.one()?;
    vertebra.name.starts_with("vertebrae_").then(|| vec![Claim::Level(a.clone(), vertebra)])
}

/// A list from the largest to the smallest, of just those that were asked for.
fn order(of: &[Named], toks: &[Tok], all: &[Vec<Tok>]) -> Option<Vec<Claim>> {
    if all.len() > 1 {
        return None;
    }
    let list = each(&things(&fits("S*", toks)?))?;
    let mut sorted = [list.clone(), of.to_vec()];
    sorted.iter_mut().for_each(|l| l.sort());
    (sorted[0] == sorted[1] && list.len() >= 2).then(|| vec![Claim::Order(list)])
}

#[cfg(test)]
mod tests {
    use super::super::ask::only_thing;
    use super::*;

    #[test]
    fn letters_stand_for_their_options() {
        let options = ["10 mm".to_owned(), "a thing".to_owned()];
        let check = |answer: &str, expected: &str| assert_eq!(chosen(&options, answer), expected, "{answer}");
        for text in ["B", "b", "(B)", "B.", "B) a thing", "Answer: B", "The correct answer is B.", "Option B"] {
            check(text, "a thing");
        }
        check("A small one", "A small one");
        check("C", "C");
        check("10 mm", "10 mm");
        assert_eq!(only_thing("the left kidney"), Some(Named::here("kidney_left")));
        assert_eq!(only_thing("the left kidney stone"), None);
    }
}
