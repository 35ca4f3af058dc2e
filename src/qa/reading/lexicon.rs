//! Words of questions and answers as tokens: structures with their sides, directions, sizes, amounts, and the few other words that
//! sentence patterns know. Every word that is none of these becomes [`Tok::Other`], which no pattern accepts.
//!
//! [`crate::qa::mentioned`] looks for any label's name wherever it may be meant, to point the views; here a structure must be meant
//! without doubt, and only those of the table of structures are known.

use crate::geometry::claim::{Laterality, Named, Rank, Size, Toward, Unit};
use crate::volume::structures::{self, Side, Structure};
use std::collections::HashMap;
use std::sync::OnceLock;

/// Which of a pair is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sides {
    /// Not a pair.
    Only,
    Left,
    Right,
    Both,
    /// One of a pair, without saying which.
    Unsaid,
}

/// A structure as a sentence mentions it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thing {
    /// Name of the label; of a pair with `{}` where the side stands.
    name: String,
    pub sides: Sides,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Tok {
    Thing(Thing),
    /// Captured by a pattern, never read.
    Things(Vec<Thing>),
    Side(Laterality),
    Dir(Toward),
    /// What is compared, and whether more of it.
    Cmp(Size, bool),
    Sup(Rank),
    Size(Size),
    /// A number with the unit that stood there; `Some(One)` for "times".
    Amount(f64, Option<Unit>),
    Word(&'static str),
    Other,
}

/// Phrases by what they mean. Longer phrases are tried first.
static PHRASES: &[(Tok, &str)] = &[
    (
        Tok::Dir(Toward::Superior),
        "above|superior|superior to|superiorly|superiorly to|cranial|cranial to|cranially|cephalad|cephalad to|higher|\
         higher than|more superior|\
         more superior than|more cranial|more superiorly|further superior|further superior than|higher up",
    ),
    (
        Tok::Dir(Toward::Inferior),
        "below|beneath|inferior|inferior to|inferiorly|inferiorly to|caudal|caudal to|caudally|caudad|lower|lower than|more inferior|\
         more inferior than|more caudal|more inferiorly|further inferior|further inferior than",
    ),
    (
        Tok::Dir(Toward::Anterior),
        "anterior|anterior to|anteriorly|anteriorly to|in front of|ventral|ventral to|more anterior|more anterior than|more anteriorly|\
         further anterior|further anterior than|further forward|further forward than|farther anterior",
    ),
    (
        Tok::Dir(Toward::Posterior),
        "posterior|posterior to|posteriorly|posteriorly to|behind|dorsal|dorsal to|more posterior|more posterior than|more posteriorly|\
         further posterior|further posterior than|further back|further back than|farther posterior",
    ),
    (Tok::Dir(Toward::Left), "left of|to the left of|on the left of|to the patient's left of|to the left side of"),
    (Tok::Dir(Toward::Right), "right of|to the right of|on the right of|to the patient's right of|to the right side of"),
    (
        Tok::Side(Laterality::Left),
        "left|on the left|on the left side|left side|left sided|on left|on the patient's left|on the patient's left side|\
         left of the midline|\
         on the left of the midline|to the left of the midline|to the left of midline|left of midline|on the left side of the midline|\
         on the left side of the body|to the left|left one|\
         in the left hemithorax|left hemithorax|on the left side of the chest|left side of the chest|on the left side of the thorax|\
         left side of the thorax|in the left pleural space|left pleural space|in the left pleural cavity|left pleural cavity",
    ),
    (
        Tok::Side(Laterality::Right),
        "right|on the right|on the right side|right side|right sided|on right|on the patient's right|on the patient's right side|\
         right of the midline|on the right of the midline|to the right of the midline|to the right of midline|right of midline|\
         on the right side of the midline|on the right side of the body|to the right|right one|\
         in the right hemithorax|right hemithorax|on the right side of the chest|right side of the chest|on the right side of the thorax|\
         right side of the thorax|in the right pleural space|right pleural space|in the right pleural cavity|right pleural cavity",
    ),
    (Tok::Side(Laterality::Midline), "midline|in the midline|at the midline|in midline|at midline|on the midline|in the median line"),
    (
        Tok::Side(Laterality::Bilateral),
        "bilateral|bilaterally|on both sides|both sides|on both sides of the midline|both left and right|on the left and right|\
         on both the left and right sides|on both the left and right|in both the right and left hemithorax|\
         in both the left and right hemithorax|in both hemithoraces|both hemithoraces|in both hemithoraxes|\
         both hemithoraxes|in both hemithorax|both hemithorax|in both pleural spaces|both pleural spaces|in both pleural cavities|\
         both pleural cavities",
    ),
    (
        Tok::Cmp(Size::Volume, true),
        "larger|larger than|bigger|bigger than|larger in volume|larger by volume|more voluminous|more voluminous than|\
         has a larger volume|has a larger volume than|has the larger volume|has the greater volume|more than|greater than|\
         exceed|exceeds|over|at least|larger in volume than",
    ),
    (
        Tok::Cmp(Size::Volume, false),
        "smaller|smaller than|smaller in volume|smaller by volume|has a smaller volume|has a smaller volume than|\
         has the smaller volume|less than|under|at most|smaller in volume than",
    ),
    (Tok::Cmp(Size::Width, true), "wider|wider than"),
    (Tok::Cmp(Size::Width, false), "narrower|narrower than"),
    (Tok::Cmp(Size::Height, true), "taller|taller than|greater in height|greater in height than"),
    (
        Tok::Sup(Rank::Largest),
        "largest|biggest|largest in volume|largest by volume|has the largest volume|has the greatest volume|most voluminous",
    ),
    (Tok::Sup(Rank::Smallest), "smallest|smallest in volume|smallest by volume|has the smallest volume|least voluminous"),
    (Tok::Sup(Rank::Most(Toward::Superior)), "highest|most superior|uppermost|most cranial|most superiorly"),
    (Tok::Sup(Rank::Most(Toward::Inferior)), "lowest|most inferior|lowermost|most caudal|most inferiorly"),
    (Tok::Sup(Rank::Most(Toward::Anterior)), "most anterior|most anteriorly|furthest anterior|most ventral"),
    (Tok::Sup(Rank::Most(Toward::Posterior)), "most posterior|most posteriorly|furthest posterior|most dorsal"),
    (Tok::Size(Size::Volume), "volume|volume in ml|volume in millilitres|volume in milliliters"),
    (
        Tok::Size(Size::Height),
        "height|craniocaudal height|craniocaudal extent|craniocaudal length|vertical extent|superior inferior extent|\
         craniocaudal dimension|craniocaudal size|vertical length|vertical height|cranio caudal height|cranio caudal extent|height in mm",
    ),
    (
        Tok::Size(Size::Width),
        "width|transverse width|left right extent|right left extent|transverse extent|left right width|mediolateral width|width in mm",
    ),
    (
        Tok::Size(Size::Depth),
        "depth|anteroposterior depth|anteroposterior extent|ap extent|anterior posterior extent|anteroposterior diameter|\
         ap diameter|ap depth|depth in mm",
    ),
    (Tok::Word("yes"), "yes|correct|true|yeah"),
    (Tok::Word("no"), "no|incorrect|false|none"),
    (Tok::Word("not"), "not|cannot|never|neither|nor|without|isn't|aren't|doesn't"),
    (Tok::Word("and"), "and|,|, and"),
    (Tok::Word("or"), "or|, or|versus|vs"),
    (Tok::Word(":"), ":"),
    (Tok::Word("which"), "which|what|which one|which one of|which of"),
    (
        Tok::Word("side"),
        "side|side of the body|side of the patient|side of the midline|side of midline|side of the chest|\
         anatomical side|hemithorax|side of the hemithorax|side of the thorax|pleural space|pleural cavity|side of the pleural space",
    ),
    (Tok::Word("where"), "where"),
    (Tok::Word("there"), "there|there any"),
    (Tok::Word("any"), "any"),
    (Tok::Word("it"), "it|they|this|these"),
    (Tok::Word("present"), "present|seen|observed|detected|visible|visualized|visualised|identified|noted|found|evident|depicted"),
    (Tok::Word("absent"), "absent"),
    (Tok::Word("other"), "thickening|thickenings|pleural thickening|pneumothorax|collection|fluid collection"),
    (
        Tok::Word("either"),
        "on either side|either side|on either side of the lungs|in either lung|on either of the sides|in either hemithorax|in either pleural space|on any side",
    ),
    (Tok::Word("if-so"), "if so|and if so|, and if so|, if so"),
    (Tok::Word("show"), "show|shows|contain|contains|demonstrates|demonstrate"),
    (
        Tok::Word("deviated"),
        "deviated|shifted|displaced|deviated to one side|deviated to a side|deviated to either side|shifted to one side|\
         displaced to one side|deviated from the midline|shifted from the midline|displaced from the midline|off the midline|off midline",
    ),
    (
        Tok::Word("pieces"),
        "how many connected components|how many separate components|how many disconnected components|how many connected parts|\
         how many separate parts|how many disconnected parts|how many separate pieces|how many disconnected pieces",
    ),
    (Tok::Word("consist"), "consist of|consists of|made up of|made of|form|forms"),
    (Tok::Word("relative"), "relative to|in relation to|with respect to|compared to|with regard to|in relationship to|related to"),
    (
        Tok::Word("position"),
        "position|location|spatial position|anatomical position|lateral position|lateral orientation|spatial orientation|\
         horizontal position",
    ),
    (
        Tok::Word("structure"),
        "structure|structures|organ|organs|following|following organs|following structures|following organ|these structures|\
         these organs|anatomical structure",
    ),
    (
        Tok::Word("medial"),
        "medial to|medial|more medial|more medial than|closer to the midline|closer to the midline than|nearer to the midline|\
         nearer the midline|nearer to the midline than|closest to the midline",
    ),
    (
        Tok::Word("lateral"),
        "lateral to|more lateral|more lateral than|further from the midline|further from the midline than|farther from the midline",
    ),
    (Tok::Word("touch"), "touch|touches|in contact with|in direct contact with|abut|abuts|in touch with|touching|abutting|contact"),
    (Tok::Word("in"), "in|inside|within|inside of|contained in|contained within|entirely within|completely within|lie within"),
    (Tok::Word("between"), "between"),
    (Tok::Word("from"), "from|to|away from"),
    (Tok::Word("distance"), "distance|how far|how far apart|distance in mm"),
    (
        Tok::Word("gap"),
        "gap|smallest gap|smallest distance|shortest distance|minimum distance|minimal distance|closest distance|\
         surface to surface distance",
    ),
    (Tok::Word("centre"), "centre|center|centres|centers|centroid|centroids|centre point|center point"),
    (Tok::Word("ratio"), "ratio|volume ratio|ratio of the volumes|ratio of the volume|ratio of volumes"),
    (Tok::Word("times"), "how many times|by what factor"),
    (Tok::Word("as"), "as large as|as large|as voluminous as|as big as|as big|as"),
    (Tok::Word("how"), "how"),
    (Tok::Word("large"), "large|big|voluminous"),
    (Tok::Size(Size::Width), "wide"),
    (Tok::Size(Size::Height), "tall|high"),
    (Tok::Word("level"), "level|vertebral level|at the level|at the level of|at level of|level of|height of vertebra"),
    (Tok::Word("vertebra"), "vertebra|vertebral body"),
    (Tok::Word("estimate"), "estimate|calculate|compute|determine|measure|give|state"),
    (Tok::Word("order"), "order|rank|sort"),
    (Tok::Word("by"), "by|in order of"),
    (Tok::Word("laterality"), "laterality"),
    (
        Tok::Word("unilateral"),
        "unilateral|unilaterally|on one side|one side|on one side only|on only one side|confined to one side|limited to one side|\
         in one lung|one lung|confined to one lung|limited to one lung|in one",
    ),
    (Tok::Word("both"), "both|bilateral|the two"),
    (
        Tok::Word("but"),
        "but|except|although|however|though|partially|partly|mostly|mainly|predominantly|more prominent|prominent|especially|\
         only|unclear|possibly|probably|cannot|unknown|uncertain|may|might",
    ),
    (Tok::Word("statement"), "statement|of the following statements|following statements"),
];

/// Words that say nothing here.
const FILLERS: &[&str] = &[
    "the",
    "a",
    "an",
    "is",
    "are",
    "was",
    "were",
    "be",
    "been",
    "being",
    "does",
    "do",
    "did",
    "has",
    "have",
    "had",
    "lie",
    "lies",
    "lying",
    "located",
    "situated",
    "positioned",
    "placed",
    "sits",
    "runs",
    "run",
    "of",
    "on",
    "at",
    "than",
    "approximately",
    "about",
    "around",
    "roughly",
    "circa",
    "please",
    "further",
    "patient's",
    "patient",
    "measured",
    "measures",
    "measuring",
    "correctly",
    "here",
];

/// Asides that say nothing, dropped before anything else.
const ASIDES: &[&str] = &[
    "as described in the report",
    "as observed in the report",
    "as seen in the report",
    "according to the report",
    "described in the report",
    "as observed in the ct scan",
    "as observed on ct",
    "as observed",
    "in the included sections",
    "in the scanned sections",
    "within the included sections",
    "within the sections",
    "in the sections",
    "within the field of view",
    "in the field of view",
    "in this case",
    "in this scan",
    "in this image",
    "in this patient",
    "in this ct",
    "in this ct scan",
    "in this volume",
    "in this study",
    "in the scan",
    "in the image",
    "in the ct scan",
    "in the ct",
    "on this scan",
    "on this ct",
    "on ct",
    "on the ct",
    "in the volume",
    "in the ct volume",
    "in the patient",
    "on the scan",
    "based on the ct scan",
    "in the report",
    "mentioned in the report",
    "in the hemithorax",
    "and both main bronchi",
    "and main bronchi",
];

/// Names that share a word, written out: the words that stand, and those that are meant.
const SHARED: &[(&str, &str)] = &[
    ("pleural or pericardial effusion", "pleural effusion or pericardial effusion"),
    ("pericardial or pleural effusion", "pericardial effusion or pleural effusion"),
    ("pleural and pericardial effusion", "pleural effusion and pericardial effusion"),
    ("pericardial and pleural effusion", "pericardial effusion and pleural effusion"),
    ("pleural effusion thickening", "pleural effusion or thickening"),
    ("pleural thickening effusion", "pleural effusion or thickening"),
    ("pleural thickening or effusion", "pleural effusion or thickening"),
    ("pericardial effusion thickening", "pericardial effusion or thickening"),
    ("pericardial thickening effusion", "pericardial effusion or thickening"),
    ("pericardial thickening or effusion", "pericardial effusion or thickening"),
];

/// Names of the table that usually mean something else in a sentence.
const AMBIGUOUS: &[&str] = &[
    "vertebrae_C2",
    "vertebrae_C1",
    // A sentence means some of them, the label all.
    "lymph_nodes",
    "body",
    "face",
    "spine",
    "skeletal_muscle",
    "torso_fat",
    "hip",
    "hip_left",
    "hip_right",
    "heart_ventricle_left",
    "heart_ventricle_right",
];

/// Most words of a structure's name in a sentence: `lower lobe of the right lung`.
const LONGEST_NAME: usize = 7;

impl Thing {
    /// The one structure it means.
    pub fn one(&self) -> Option<Named> {
        match self.each().as_deref() {
            Some([one]) => Some(one.clone()),
            _ => None,
        }
    }

    /// Every structure it means; `None` when the side is left open.
    pub fn each(&self) -> Option<Vec<Named>> {
        let side = |s: &str| Named::here(self.name.replace("{}", s));
        match self.sides {
            Sides::Only => Some(vec![Named::here(self.name.clone())]),
            Sides::Left => Some(vec![side("left")]),
            Sides::Right => Some(vec![side("right")]),
            Sides::Both => Some(vec![side("left"), side("right")]),
            Sides::Unsaid => None,
        }
    }

    /// The same structure of a side, of pairs.
    pub fn on(&self, side: Laterality) -> Option<Self> {
        let sides = match side {
            Laterality::Left => Sides::Left,
            Laterality::Right => Sides::Right,
            Laterality::Bilateral => Sides::Both,
            Laterality::Midline => return None,
        };
        (self.sides != Sides::Only).then(|| Self { name: self.name.clone(), sides })
    }

    fn of(s: &Structure, plural: bool) -> Option<Self> {
        if AMBIGUOUS.contains(&s.name) {
            return None;
        }
        let pattern = |side: &str| s.name.replace(side, "{}");
        Some(match s.side {
            Side::Left if other_half(s).is_some() => Self { name: pattern("left"), sides: Sides::Left },
            Side::Right if other_half(s).is_some() => Self { name: pattern("right"), sides: Sides::Right },
            _ => match structures::find(&format!("{} left", s.title)) {
                Some(half) if half.side == Side::Left && other_half(half).is_some() => {
                    Self { name: half.name.replace("left", "{}"), sides: if plural { Sides::Both } else { Sides::Unsaid } }
                }
                _ => Self { name: s.name.to_owned(), sides: Sides::Only },
            },
        })
    }
}

fn other_half(s: &Structure) -> Option<&'static Structure> {
    let other = if s.side == Side::Left { s.name.replace("left", "right") } else { s.name.replace("right", "left") };
    structures::all().iter().find(|o| o.name == other)
}

/// Sentences of a text as tokens, without fillers.
pub fn sentences(text: &str) -> Vec<Vec<Tok>> {
    words(text).split(|w| w == ".").filter(|s| !s.is_empty()).map(tokens).filter(|t| !t.is_empty()).collect()
}

/// Lower-case words; `,`, `:` and `.` (any end of a sentence) stand for themselves.
pub fn words(text: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut open = false;
    let chars: Vec<char> = text.chars().collect();
    for (n, &c) in chars.iter().enumerate() {
        let digit = |at: Option<usize>| at.and_then(|at| chars.get(at)).is_some_and(char::is_ascii_digit);
        let within_number = matches!(c, '.' | ',') && digit(n.checked_sub(1)) && digit(Some(n + 1));
        let c = if c == '’' { '\'' } else { c };
        if c.is_alphanumeric() || within_number || c == '\'' || (c == '%' && open) {
            if !open {
                out.push(String::new());
            }
            open = true;
            if let Some(word) = out.last_mut() {
                word.extend(c.to_lowercase());
            }
            continue;
        }
        open = false;
        match c {
            ',' | ':' => out.push(c.to_string()),
            '.' | '?' | '!' | ';' | '\n' => out.push(".".to_owned()),
            '<' => out.extend(["less".to_owned(), "than".to_owned()]),
            '>' => out.extend(["more".to_owned(), "than".to_owned()]),
            _ => {}
        }
    }
    out
}

fn tokens(sentence: &[String]) -> Vec<Tok> {
    let words = written_out(without_asides(sentence));
    let mut out = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let (tok, used) = amount(&words, at).or_else(|| thing(&words, at)).or_else(|| phrase(&words, at)).unwrap_or((Tok::Other, 1));
        if tok != Tok::Other || !FILLERS.contains(&words[at].as_str()) {
            out.push(tok);
        }
        at += used;
    }
    sided(out)
}

fn without_asides(sentence: &[String]) -> Vec<String> {
    let mut words = sentence.to_vec();
    static ALL: OnceLock<Vec<Vec<&str>>> = OnceLock::new();
    for aside in ALL.get_or_init(|| ASIDES.iter().map(|aside| aside.split(' ').collect()).collect()) {
        while let Some(at) = words.windows(aside.len()).position(|w| w.iter().eq(aside.iter())) {
            words.drain(at..at + aside.len());
        }
    }
    words
}

fn written_out(mut words: Vec<String>) -> Vec<String> {
    for (shared, meant) in SHARED {
        let shared: Vec<&str> = shared.split(' ').collect();
        let same = |w: &str, s: &str| w == s || (s == "effusion" && w == "effusions") || (s == "thickening" && w == "thickenings");
        while let Some(at) = words.windows(shared.len()).position(|w| w.iter().zip(&shared).all(|(w, s)| same(w, s))) {
            words.splice(at..at + shared.len(), meant.split(' ').map(str::to_owned));
        }
    }
    words
}

/// Phrases by their words, and how many words the longest has that begins with a word.
struct Phrases {
    index: HashMap<&'static str, &'static Tok>,
    longest: HashMap<&'static str, usize>,
}

/// The longest phrase that starts here.
fn phrase(words: &[String], at: usize) -> Option<(Tok, usize)> {
    static INDEX: OnceLock<Phrases> = OnceLock::new();
    let Phrases { index, longest } = INDEX.get_or_init(|| {
        let (mut index, mut longest) = (HashMap::new(), HashMap::new());
        for (text, tok) in PHRASES.iter().flat_map(|(tok, all)| all.split('|').map(move |p| (p, tok))) {
            index.entry(text).or_insert(tok);
            let most = longest.entry(text.split(' ').next().unwrap_or_default()).or_default();
            *most = text.split(' ').count().max(*most);
        }
        Phrases { index, longest }
    });
    let most = longest.get(words[at].as_str()).copied().unwrap_or(0);
    let found = |n| index.get(words[at..at + n].join(" ").as_str()).map(|tok| ((*tok).clone(), n));
    (1..=most.min(words.len() - at)).rev().find_map(found)
}

/// The longest name of a structure that starts here. A side may stand first or within, never last and never before `of`.
fn thing(words: &[String], at: usize) -> Option<(Tok, usize)> {
    let small = |w: &String| matches!(w.as_str(), "of" | "the" | "left" | "right");
    let known = words[at..].iter().take(LONGEST_NAME).take_while(|w| structures::is_word(w)).count();
    (1..=known).rev().find_map(|n| {
        let window = &words[at..at + n];
        let sides = window.iter().filter(|w| *w == "left" || *w == "right").count();
        let before_of = window.windows(2).any(|w| (w[0] == "left" || w[0] == "right") && w[1] == "of");
        let odd = |w: &String| w.chars().any(|c| !c.is_alphanumeric()) || (w.len() < 2) || w == "and" || w == "or";
        let starts_small = window[0] == "of" || window[0] == "the";
        if sides > 1 || before_of || starts_small || small(&window[n - 1]) || window.iter().any(odd) {
            return None;
        }
        named(&window.join(" ")).map(|t| (Tok::Thing(t), n))
    })
}

fn named(text: &str) -> Option<Thing> {
    let plural = text.ends_with('s');
    match structures::find(text) {
        Some(s) if s.name == "vertebrae_S1" => None,
        Some(s) => Thing::of(s, plural),
        // A pair that has no name as a whole: `lower lobe`.
        None => structures::find(&format!("{text} left")).filter(|s| s.side == Side::Left && other_half(s).is_some()).and_then(|s| {
            let half = Thing::of(s, false)?;
            Some(Thing { sides: if plural { Sides::Both } else { Sides::Unsaid }, ..half })
        }),
    }
}

/// A number and its unit. A number that is part of something else (`3x4`, `30%`) is none.
fn amount(words: &[String], at: usize) -> Option<(Tok, usize)> {
    let word = &words[at];
    let end = word.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | ','))).unwrap_or(word.len());
    let (digits, rest) = word.split_at(end);
    let value: f64 = digits.replace(',', "").parse().ok().filter(|v: &f64| v.is_finite())?;
    let next = |n: usize| words.get(at + n).map_or("", String::as_str);
    if !rest.is_empty() {
        return unit(rest).map(|(factor, unit)| (Tok::Amount(value * factor, Some(unit)), 1));
    }
    if let Some((factor, found)) = unit(next(1)) {
        return Some((Tok::Amount(value * factor, Some(found)), 2));
    }
    let cubic = matches!(next(1), "cubic") && matches!(next(2), "centimeters" | "centimetres" | "cm" | "centimeter");
    let foreign =
        matches!(next(1), "x" | "×" | "percent" | "hu" | "mm2" | "cm2" | "mm²" | "cm²" | "g" | "mm3" | "mm³" | "to" | "or" | "and");
    match (cubic, foreign) {
        (true, _) => Some((Tok::Amount(value, Some(Unit::Ml)), 3)),
        (_, true) => Some((Tok::Other, 1)),
        _ => Some((Tok::Amount(value, None), 1)),
    }
}

/// A question without its `in mL` at the end, and what to multiply an answer's bare number by, with the unit that results.
pub fn unit_wanted(question: &str) -> Option<(&str, (f64, Unit))> {
    let asked = question.trim().trim_end_matches(['?', '.', ')', ':']);
    let (rest, word) = asked.rsplit_once(" in ").or_else(|| asked.rsplit_once(" (in "))?;
    let word = word.to_lowercase();
    let cubic = ["cubic centimeters", "cubic centimetres"].contains(&word.as_str());
    let found = if cubic { Some((1.0, Unit::Ml)) } else { unit(&word) };
    found.filter(|(_, unit)| *unit != Unit::One).map(|found| (rest, found))
}

/// What to multiply by, and the unit that results.
fn unit(word: &str) -> Option<(f64, Unit)> {
    Some(match word {
        "mm" | "millimeter" | "millimeters" | "millimetre" | "millimetres" => (1.0, Unit::Mm),
        "cm" | "centimeter" | "centimeters" | "centimetre" | "centimetres" => (10.0, Unit::Mm),
        "ml" | "mls" | "cc" | "ccs" | "cm3" | "cm³" | "milliliter" | "milliliters" | "millilitre" | "millilitres" => (1.0, Unit::Ml),
        "l" | "liter" | "liters" | "litre" | "litres" => (1000.0, Unit::Ml),
        "times" | "fold" | "x" => (1.0, Unit::One),
        _ => return None,
    })
}

/// Gives sides that stand apart to their structures: `both kidneys`, `left and right kidney`, `the left kidney … the right`.
fn sided(mut toks: Vec<Tok>) -> Vec<Tok> {
    both(&mut toks);
    for at in 0..toks.len() {
        let Tok::Side(side @ (Laterality::Left | Laterality::Right)) = toks[at] else { continue };
        // After `how many times larger is …` the `than` between the two is gone.
        let counted = matches!(toks[0], Tok::Word("times"));
        let joined = |n: usize| match toks.get(n) {
            Some(Tok::Word("and" | "or" | "from" | "as") | Tok::Dir(_) | Tok::Cmp(..)) => true,
            other => counted && matches!(other, Some(Tok::Thing(_))),
        };
        // `left or right kidney`: the pair stands after the second side.
        let after = match (toks.get(at + 1), toks.get(at + 2)) {
            (Some(Tok::Word("and" | "or")), Some(Tok::Thing(t))) => t.on(side).filter(|own| own.name == t.name && own != t),
            _ => None,
        };
        let before = || {
            let earlier = toks[..at].iter().rev().find_map(|t| if let Tok::Thing(t) = t { t.on(side).filter(|n| n != t) } else { None });
            earlier.filter(|_| at > 0 && joined(at - 1) && !matches!(toks.get(at + 1), Some(Tok::Thing(_) | Tok::Other)))
        };
        if let Some(thing) = after.or_else(before) {
            toks[at] = Tok::Thing(thing);
        }
    }
    toks
}

fn both(toks: &mut Vec<Tok>) {
    let mut at = 0;
    while at + 1 < toks.len() {
        let pair = matches!(toks[at], Tok::Word("both") | Tok::Side(Laterality::Bilateral));
        let thing = match &toks[at + 1] {
            Tok::Thing(t) if pair && matches!(t.sides, Sides::Unsaid | Sides::Both) => t.on(Laterality::Bilateral),
            _ => None,
        };
        if let Some(thing) = thing {
            toks.splice(at..at + 2, [Tok::Thing(thing)]);
        }
        at += 1;
    }
}
