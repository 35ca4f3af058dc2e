//! Claims as text.

use super::{Claim, Laterality, Named, Quantity, Rank, Relation, Size, Tolerance, Toward, Unit};
use std::fmt::{self, Display, Formatter};

impl Toward {
    /// As the claim `…(a, b)` is called.
    pub fn word(self) -> &'static str {
        match self {
            Toward::Right => "right_of",
            Toward::Left => "left_of",
            Toward::Anterior => "anterior",
            Toward::Posterior => "posterior",
            Toward::Superior => "superior",
            Toward::Inferior => "inferior",
        }
    }
}

impl Laterality {
    pub const ALL: [Laterality; 4] = [Laterality::Left, Laterality::Right, Laterality::Midline, Laterality::Bilateral];

    pub fn word(self) -> &'static str {
        match self {
            Laterality::Left => "left",
            Laterality::Right => "right",
            Laterality::Midline => "midline",
            Laterality::Bilateral => "bilateral",
        }
    }
}

impl Size {
    /// As the quantity is called.
    pub fn word(self) -> &'static str {
        match self {
            Size::Volume => "volume",
            Size::Width => "width",
            Size::Depth => "depth",
            Size::Height => "height",
            Size::Diameter => "diameter",
            Size::AxialDiameter => "axial_diameter",
        }
    }

    /// As the claims `…(a, b)` are called: more, and less.
    pub fn comparatives(self) -> [&'static str; 2] {
        match self {
            Size::Volume => ["larger", "smaller"],
            Size::Width => ["wider", "narrower"],
            Size::Depth => ["deeper", "shallower"],
            Size::Height => ["taller", "shorter"],
            Size::Diameter => ["longer", "less_long"],
            Size::AxialDiameter => ["longer_axial", "less_long_axial"],
        }
    }
}

impl Rank {
    pub const ALL: [Rank; 8] = [
        Rank::Largest,
        Rank::Smallest,
        Rank::Most(Toward::Superior),
        Rank::Most(Toward::Inferior),
        Rank::Most(Toward::Anterior),
        Rank::Most(Toward::Posterior),
        Rank::Most(Toward::Left),
        Rank::Most(Toward::Right),
    ];

    pub fn word(self) -> &'static str {
        match self {
            Rank::Largest => "largest",
            Rank::Smallest => "smallest",
            Rank::Most(Toward::Superior) => "highest",
            Rank::Most(Toward::Inferior) => "lowest",
            Rank::Most(Toward::Anterior) => "most_anterior",
            Rank::Most(Toward::Posterior) => "most_posterior",
            Rank::Most(Toward::Left) => "leftmost",
            Rank::Most(Toward::Right) => "rightmost",
        }
    }
}

/// Bare where that reads back, else in quotes.
fn quoted(f: &mut Formatter<'_>, text: &str) -> fmt::Result {
    let bare = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '+');
    if !text.is_empty() && text.chars().all(bare) && !matches!(text, "of" | "not") {
        return f.write_str(text);
    }
    write!(f, "\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

impl Display for Named {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        quoted(f, &self.name)?;
        let Some(case) = &self.case else { return Ok(()) };
        f.write_str("@")?;
        quoted(f, case)
    }
}

impl Display for Quantity {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Quantity::Size(size, a) => write!(f, "{}({a})", size.word()),
            Quantity::Components(a) => write!(f, "components({a})"),
            Quantity::Distance(a, b) => write!(f, "distance({a}, {b})"),
            Quantity::Gap(a, b) => write!(f, "gap({a}, {b})"),
            Quantity::Ratio(a, b) => write!(f, "ratio({a}, {b})"),
        }
    }
}

fn amount(f: &mut Formatter<'_>, value: f64, unit: Unit) -> fmt::Result {
    if unit == Unit::One { write!(f, "{value}") } else { write!(f, "{value} {}", unit.symbol()) }
}

fn relation(f: &mut Formatter<'_>, relation: Relation, unit: Unit) -> fmt::Result {
    f.write_str(match relation {
        Relation::About(..) => " = ",
        Relation::Below(_) => " < ",
        Relation::Above(_) => " > ",
    })?;
    amount(f, relation.value(), unit)?;
    let Relation::About(_, tolerance) = relation else { return Ok(()) };
    f.write_str(" ± ")?;
    match tolerance {
        Tolerance::Percent(p) => write!(f, "{p} %"),
        Tolerance::Absolute(t) => amount(f, t, unit),
    }
}

fn list(f: &mut Formatter<'_>, all: &[Named]) -> fmt::Result {
    all.iter().enumerate().try_for_each(|(n, a)| if n == 0 { write!(f, "{a}") } else { write!(f, ", {a}") })
}

impl Display for Claim {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Claim::Not(inner) => write!(f, "not {inner}"),
            Claim::Present(a) => write!(f, "present({a})"),
            Claim::Direction(toward, a, b) => write!(f, "{}({a}, {b})", toward.word()),
            Claim::Side(side, a) => write!(f, "{}({a})", side.word()),
            Claim::Medial(a, b) => write!(f, "medial({a}, {b})"),
            Claim::Lateral(a, b) => write!(f, "lateral({a}, {b})"),
            Claim::Level(a, v) => write!(f, "level({a}, {v})"),
            Claim::Amount(quantity, r) => {
                write!(f, "{quantity}")?;
                relation(f, *r, quantity.unit())
            }
            Claim::Greater(size, a, b) => write!(f, "{}({a}, {b})", size.comparatives()[0]),
            Claim::Extreme(rank, a, of) => {
                write!(f, "{}({a} of ", rank.word())?;
                list(f, of)?;
                f.write_str(")")
            }
            Claim::Order(all) => {
                f.write_str("order(")?;
                list(f, all)?;
                f.write_str(")")
            }
            Claim::Nearer(a, b, c) => write!(f, "nearer({a}, {b}, {c})"),
            Claim::Touches(a, b) => write!(f, "touches({a}, {b})"),
            Claim::Inside(a, b) => write!(f, "inside({a}, {b})"),
        }
    }
}
