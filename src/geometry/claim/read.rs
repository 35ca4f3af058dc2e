//! Reading claims from their text. Never panics; an error says what was expected, and at which character.

use super::{Claim, Laterality, Named, Quantity, Rank, Relation, Size, Tolerance, Toward, Unit};
use std::str::FromStr;

/// The text is no claim.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is not a claim: expected {expected} at character {at}")]
pub struct ClaimError {
    pub text: String,
    pub expected: &'static str,
    /// Counts from 1.
    pub at: usize,
}

/// Longer texts are no claims.
const MAX_LENGTH: usize = 4096;
/// More negations than this are no claim.
const MAX_NEGATIONS: usize = 8;

/// What was expected where.
type Failure = (&'static str, usize);
type Read<T> = Result<T, Failure>;

struct Reader<'a> {
    text: &'a str,
    /// In bytes.
    at: usize,
}

impl FromStr for Claim {
    type Err = ClaimError;

    fn from_str(text: &str) -> Result<Self, ClaimError> {
        let read = || {
            if text.len() > MAX_LENGTH {
                return Err(("at most 4,096 bytes", MAX_LENGTH));
            }
            let mut r = Reader { text, at: 0 };
            let claim = r.claim()?;
            if r.rest().is_empty() { Ok(claim) } else { Err(("the end", r.at)) }
        };
        read().map_err(|(expected, at)| {
            let at = text.char_indices().take_while(|(n, _)| *n < at).count() + 1;
            ClaimError { text: text.chars().take(120).collect(), expected, at }
        })
    }
}

impl<'a> Reader<'a> {
    /// What is left, without the white space before it.
    fn rest(&mut self) -> &'a str {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
        &self.text[self.at..]
    }

    fn eat(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        self.at += if found { token.len() } else { 0 };
        found
    }

    fn need(&mut self, token: &str, expected: &'static str) -> Read<()> {
        if self.eat(token) { Ok(()) } else { Err((expected, self.at)) }
    }

    /// Letters, digits and the signs that names may have.
    fn bare(&mut self) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '+'))).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn claim(&mut self) -> Read<Claim> {
        let mut negations = 0;
        loop {
            let word = self.bare();
            let start = self.at - word.len();
            if word != "not" {
                let claim = self.plain(word, start)?;
                return Ok((0..negations).fold(claim, |c, _| Claim::Not(Box::new(c))));
            }
            negations += 1;
            if negations > MAX_NEGATIONS {
                return Err(("fewer negations", start));
            }
        }
    }

    fn plain(&mut self, word: &str, start: usize) -> Read<Claim> {
        self.need("(", if word.is_empty() { "a claim" } else { "'('" })?;
        let claim = match Rank::ALL.into_iter().find(|r| r.word() == word) {
            Some(rank) => self.extreme(rank)?,
            None => {
                let arguments = self.names()?;
                match quantity(word, &arguments) {
                    Some(quantity) => return self.amount(quantity),
                    None => of_names(word, arguments).ok_or(("a known claim with its number of structures", start))?,
                }
            }
        };
        self.need(")", "')'")?;
        Ok(claim)
    }

    fn extreme(&mut self, rank: Rank) -> Read<Claim> {
        let one = self.named()?;
        let at = self.at;
        if self.bare() != "of" {
            return Err(("'of'", at));
        }
        Ok(Claim::Extreme(rank, one, self.names()?))
    }

    fn amount(&mut self, quantity: Quantity) -> Read<Claim> {
        self.need(")", "')'")?;
        let relation = self.relation(quantity.unit())?;
        Ok(Claim::Amount(quantity, relation))
    }

    /// One or more, up to the closing bracket.
    fn names(&mut self) -> Read<Vec<Named>> {
        let mut all = vec![self.named()?];
        while self.eat(",") {
            all.push(self.named()?);
        }
        Ok(all)
    }

    fn named(&mut self) -> Read<Named> {
        let name = self.name()?;
        let case = if self.eat("@") { Some(self.name()?) } else { None };
        Ok(Named { name, case })
    }

    fn name(&mut self) -> Read<String> {
        if self.eat("\"") {
            return self.quoted();
        }
        match self.bare() {
            "" => Err(("the name of a structure", self.at)),
            name => Ok(name.to_owned()),
        }
    }

    /// After the opening quote.
    fn quoted(&mut self) -> Read<String> {
        let mut out = String::new();
        let mut chars = self.text[self.at..].char_indices();
        while let Some((n, c)) = chars.next() {
            match c {
                '"' => {
                    self.at += n + 1;
                    return Ok(out);
                }
                '\\' => out.extend(chars.next().map(|(_, c)| c)),
                c => out.push(c),
            }
        }
        Err(("a closing quote", self.text.len()))
    }

    fn relation(&mut self, unit: Unit) -> Read<Relation> {
        let sign = self.rest().chars().next();
        let at = self.at;
        if !matches!(sign, Some('=' | '<' | '>')) {
            return Err(("'=', '<' or '>'", at));
        }
        self.at += 1;
        let value = self.number()? * self.unit(unit)?;
        Ok(match sign {
            Some('<') => Relation::Below(value),
            Some('>') => Relation::Above(value),
            _ => Relation::About(value, self.tolerance(unit)?),
        })
    }

    fn tolerance(&mut self, unit: Unit) -> Read<Tolerance> {
        if !self.eat("±") && !self.eat("+-") {
            return Ok(Tolerance::USUAL);
        }
        let value = self.number()?;
        if self.eat("%") { Ok(Tolerance::Percent(value)) } else { Ok(Tolerance::Absolute(value * self.unit(unit)?)) }
    }

    /// Finite and not negative.
    fn number(&mut self) -> Read<f64> {
        let rest = self.rest();
        let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(rest.len());
        let value = rest[..end].parse().ok().filter(|v: &f64| v.is_finite()).ok_or(("a number", self.at))?;
        self.at += end;
        Ok(value)
    }

    /// What the number before it is multiplied by to be in mm or mL.
    fn unit(&mut self, unit: Unit) -> Read<f64> {
        let at = self.at;
        let word = self.bare();
        let factor = match (unit, word) {
            (Unit::One, "") => Some(1.0),
            (Unit::One, _) => None,
            (Unit::Mm, "mm") => Some(1.0),
            (Unit::Mm, "cm") => Some(10.0),
            (Unit::Ml, "mL" | "ml" | "cc") => Some(1.0),
            (Unit::Ml, "L" | "l") => Some(1000.0),
            _ => None,
        };
        factor.ok_or((if unit == Unit::Ml { "mL, cc or L" } else { "mm or cm" }, at))
    }
}

fn quantity(word: &str, arguments: &[Named]) -> Option<Quantity> {
    match arguments {
        [a] if word == "components" => Some(Quantity::Components(a.clone())),
        [a] => Size::ALL.into_iter().find(|s| s.word() == word).map(|s| Quantity::Size(s, a.clone())),
        [a, b] => match word {
            "distance" => Some(Quantity::Distance(a.clone(), b.clone())),
            "gap" => Some(Quantity::Gap(a.clone(), b.clone())),
            "ratio" => Some(Quantity::Ratio(a.clone(), b.clone())),
            _ => None,
        },
        _ => None,
    }
}

fn of_names(word: &str, arguments: Vec<Named>) -> Option<Claim> {
    if word == "order" {
        return (arguments.len() >= 2).then_some(Claim::Order(arguments));
    }
    let mut names = arguments.into_iter();
    match (names.next(), names.next(), names.next(), names.next()) {
        (Some(a), None, ..) => of_one(word, a),
        (Some(a), Some(b), None, _) => of_two(word, a, b),
        (Some(a), Some(b), Some(c), None) if word == "nearer" => Some(Claim::Nearer(a, b, c)),
        _ => None,
    }
}

fn of_one(word: &str, a: Named) -> Option<Claim> {
    match Laterality::ALL.into_iter().find(|s| s.word() == word) {
        Some(side) => Some(Claim::Side(side, a)),
        None => (word == "present").then_some(Claim::Present(a)),
    }
}

fn of_two(word: &str, a: Named, b: Named) -> Option<Claim> {
    if let Some(toward) = Toward::ALL.into_iter().find(|t| t.word() == word) {
        return Some(Claim::Direction(toward, a, b));
    }
    if let Some(size) = Size::ALL.into_iter().find(|s| s.comparatives().contains(&word)) {
        let more = size.comparatives()[0] == word;
        return Some(if more { Claim::Greater(size, a, b) } else { Claim::Greater(size, b, a) });
    }
    match word {
        "medial" => Some(Claim::Medial(a, b)),
        "lateral" => Some(Claim::Lateral(a, b)),
        "level" => Some(Claim::Level(a, b)),
        "touches" => Some(Claim::Touches(a, b)),
        "inside" => Some(Claim::Inside(a, b)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn same(text: &str) {
        check(text, text);
    }

    fn check(text: &str, printed: &str) {
        match text.parse::<Claim>() {
            Ok(claim) => assert_eq!(claim.to_string(), printed),
            Err(e) => panic!("{e}"),
        }
    }

    #[test]
    fn every_claim_reads_and_prints() {
        same("superior(kidney_left, spleen)");
        same("not left_of(aorta, inferior_vena_cava)");
        same("volume(liver) = 1062 mL ± 10 %");
        same("larger(lung_left, lung_right)");
        same("distance(a, b) < 50 mm");
        same("gap(a, b) > 4.5 mm");
        same("ratio(spleen, spleen@phantom_b) = 0.4 ± 0.05");
        same("components(lung_nodules) = 3 ± 0");
        same("bilateral(pleural_effusion)");
        same("midline(trachea)");
        same("largest(liver of spleen, liver, kidney_left)");
        same("most_anterior(heart of spleen, heart)");
        same("order(liver, spleen, kidney_left)");
        same("nearer(spleen, kidney_left, kidney_right)");
        same("level(kidney_left, vertebrae_L1)");
        same("inside(\"label 7\", \"of\"@\"a \\\"b\\\"\")");
        same("not present(gallbladder)");
        check(" volume ( liver )=1.5L", "volume(liver) = 1500 mL ± 10 %");
        check("height(spleen) = 12 cm +- 0.5 cm", "height(spleen) = 120 mm ± 5 mm");
        check("smaller(a, b)", "larger(b, a)");
        check("shorter(a, b)", "taller(b, a)");
    }

    #[test]
    fn what_is_no_claim_is_refused_with_its_place() {
        let fails = |text: &str, expected: &str, at: usize| {
            let e = text.parse::<Claim>().unwrap_err();
            assert!(e.expected.contains(expected) && e.at == at, "{text}: {e}");
        };
        fails("", "a claim", 1);
        fails("superior", "'('", 9);
        fails("superior(a", "known claim", 1);
        fails("superior(a, b", "')'", 14);
        fails("superior(a, b) x", "the end", 16);
        fails("above(a, b)", "known claim", 1);
        fails("volume(liver)", "'=', '<' or '>'", 14);
        fails("volume(liver) = 3 mm", "mL, cc or L", 18);
        fails("distance(a, b) < -5 mm", "a number", 18);
        fails("largest(liver)", "'of'", 14);
        fails("present(\"x)", "closing quote", 12);
        fails(&"not ".repeat(99), "negations", 33);
        fails(&"x".repeat(5000), "4,096", 4097);
        fails("order(a)", "known claim", 1);
        fails("ü(ü", "known claim", 1);
    }

    fn named() -> impl Strategy<Value = Named> {
        (".{1,8}", proptest::option::of(".{1,8}")).prop_map(|(name, case)| Named { name, case })
    }

    fn claim() -> impl Strategy<Value = Claim> {
        let number = (1u32..1_000_000).prop_map(|n| f64::from(n) / 8.0);
        let relation = (0..4, number.clone(), number).prop_map(|(kind, v, t)| match kind {
            0 => Relation::Below(v),
            1 => Relation::Above(v),
            2 => Relation::About(v, Tolerance::Percent(t)),
            _ => Relation::About(v, Tolerance::Absolute(t)),
        });
        prop_oneof![
            (named(), named(), relation.clone()).prop_map(|(a, b, r)| Claim::Amount(Quantity::Gap(a, b), r)),
            (named(), relation, prop::sample::select(&Size::ALL[..])).prop_map(|(a, r, s)| Claim::Amount(Quantity::Size(s, a), r)),
            (named(), named(), prop::sample::select(&Toward::ALL[..]))
                .prop_map(|(a, b, t)| Claim::Not(Box::new(Claim::Direction(t, a, b)))),
            (named(), prop::collection::vec(named(), 1..5), prop::sample::select(&Rank::ALL[..]))
                .prop_map(|(a, of, rank)| Claim::Extreme(rank, a, of)),
            (named(), prop::sample::select(&Laterality::ALL[..])).prop_map(|(a, s)| Claim::Side(s, a)),
            (named(), named(), prop::sample::select(&Size::ALL[..])).prop_map(|(a, b, s)| Claim::Greater(s, a, b)),
        ]
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back(c in claim()) {
            prop_assert_eq!(c.to_string().parse::<Claim>(), Ok(c));
        }

        #[test]
        fn no_text_panics(text in "(not |superior|volume|largest|[(),<>=±@\"\\\\ %]|of|mm|[0-9.]{1,3}|.){0,24}") {
            let _ = text.parse::<Claim>();
        }
    }
}
