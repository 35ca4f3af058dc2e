//! The demo's questions. Some answers are wrong on purpose, so that a reviewer has something to reject: [`DemoItem::flaw`] says which and
//! why. It is never written to a file; a test holds every answer against the voxels.

use super::ask::{Ask, Measures, Truth, spoken};
use crate::qa::{Category, Task};
use crate::review::Reason;
use Category::{Adjacency, AnteriorPosterior, Extent, Laterality, Longitudinal, MedialLateral};
use Task::{Comp, Dir, Dist, Est, Ext, Vol};

/// A question as the demo's files carry it, with what they do not carry.
#[derive(Clone, Debug)]
pub struct DemoItem {
    pub case: &'static str,
    pub task: Task,
    pub question: &'static str,
    /// Empty for open questions.
    pub options: Vec<String>,
    /// The answer as stated, right or wrong.
    pub answer: String,
    pub categories: &'static [Category],
    /// What it asks in computable form; `None` where only the report, or nothing, answers it.
    pub ask: Option<Ask>,
    /// Why a careful reviewer rejects or edits it; `None` for a sound item.
    pub flaw: Option<Reason>,
}

/// How the answer is written.
enum Form {
    /// The sentence, with `{}` for the computed word or number.
    Open(&'static str),
    /// Words to choose from, in this order.
    Choice(&'static [&'static str]),
    /// Four numbers, the true one and these multiples of it, smallest first.
    Numbers([f64; 3]),
    /// The answer as it stands here.
    Fixed(&'static str),
}

struct Row(Task, &'static str, Option<Ask>, Form, Option<Reason>, &'static [Category]);

const SIDES: &[&str] = &["left", "right", "midline"];
const KIDNEYS: Form = Form::Choice(&["left kidney", "right kidney"]);

/// Case A: normal organs, a lesion in the right lobe of the liver.
const A: &[Row] = &[
    Row(
        Dir,
        "On which side of the midline is the liver lesion?",
        Some(Ask::Side("liver_lesion")),
        Form::Choice(SIDES),
        None,
        &[Laterality],
    ),
    Row(Dir, "Which kidney lies higher?", Some(Ask::Higher("kidney_left", "kidney_right")), KIDNEYS, None, &[Laterality, Longitudinal]),
    Row(
        Dir,
        "Relative to the midline, on which side does the abdominal aorta run?",
        Some(Ask::Side("aorta")),
        Form::Choice(SIDES),
        Some(Reason::WrongSide),
        &[Laterality, MedialLateral],
    ),
    Row(
        Dir,
        "Which lies further anterior, the heart or the spleen?",
        Some(Ask::Further("heart", "spleen")),
        Form::Open("The {} lies further anterior."),
        None,
        &[AnteriorPosterior],
    ),
    Row(
        Dir,
        "At the level of which vertebra is the centre of the right kidney?",
        Some(Ask::Level("kidney_right")),
        Form::Choice(&["T11", "T12", "L1", "L2", "L3"]),
        Some(Reason::WrongLevel),
        &[Longitudinal],
    ),
    Row(
        Dist,
        "What is the distance between the centres of the two kidneys?",
        Some(Ask::Distance("kidney_left", "kidney_right")),
        Form::Numbers([0.55, 1.4, 1.9]),
        None,
        &[Laterality, Adjacency],
    ),
    Row(
        Dist,
        "How far is the centre of the liver lesion from the centre of the liver?",
        Some(Ask::Distance("liver_lesion", "liver")),
        Form::Open("About {}."),
        None,
        &[Adjacency],
    ),
    Row(
        Dist,
        "How far is the liver lesion from the edge?",
        None,
        Form::Fixed("About 20 mm."),
        Some(Reason::Ambiguous),
        &[Adjacency, Extent],
    ),
    Row(
        Ext,
        "What is the craniocaudal height of the left kidney?",
        Some(Ask::Extent("kidney_left", 2)),
        Form::Numbers([0.5, 0.75, 1.5]),
        None,
        &[Extent],
    ),
    Row(Ext, "What is the transverse width of the liver lesion?", Some(Ask::Extent("liver_lesion", 0)), Form::Open("{}."), None, &[Extent]),
    Row(
        Vol,
        "Is the volume of the spleen larger than 300 mL?",
        Some(Ask::LargerThan("spleen", 300.0)),
        Form::Choice(&["yes", "no"]),
        None,
        &[Extent],
    ),
    Row(
        Vol,
        "What is the volume of the heart?",
        Some(Ask::Volume("heart")),
        Form::Numbers([0.35, 0.65, 1.7]),
        Some(Reason::WrongMeasure),
        &[Extent],
    ),
    Row(
        Comp,
        "Which is the largest: the spleen, the left kidney or the liver?",
        Some(Ask::Largest(&["spleen", "kidney_left", "liver"])),
        Form::Choice(&["spleen", "left kidney", "liver"]),
        None,
        &[Extent],
    ),
    Row(
        Comp,
        "How many times larger is the liver than the spleen?",
        Some(Ask::Ratio("liver", "spleen")),
        Form::Open("About {}."),
        None,
        &[Extent],
    ),
    Row(Est, "Estimate the volume of the spleen.", Some(Ask::Volume("spleen")), Form::Open("About {}."), None, &[Extent]),
    Row(
        Est,
        "Estimate the volume of the right kidney.",
        Some(Ask::Volume("kidney_right")),
        Form::Open("About {}."),
        None,
        &[Laterality, Extent],
    ),
];

/// Case B: an enlarged spleen, a small left kidney, a lesion in the left lobe of the liver.
const B: &[Row] = &[
    Row(
        Dir,
        "On which side of the midline is the centre of the liver lesion?",
        Some(Ask::Side("liver_lesion")),
        Form::Choice(SIDES),
        Some(Reason::WrongSide),
        &[Laterality],
    ),
    Row(
        Dir,
        "Which lies closer to the midline, the aorta or the left kidney?",
        Some(Ask::Medial("aorta", "kidney_left")),
        Form::Open("The {} lies closer to the midline."),
        None,
        &[MedialLateral],
    ),
    Row(
        Dir,
        "At the level of which vertebra is the centre of the left kidney?",
        Some(Ask::Level("kidney_left")),
        Form::Choice(&["T12", "L1", "L2", "L3"]),
        None,
        &[Longitudinal],
    ),
    Row(Dir, "Is there a lesion in the liver?", None, Form::Fixed("Yes."), Some(Reason::NotSpatial), &[Adjacency]),
    Row(
        Dist,
        "What is the distance between the centres of the liver and the spleen?",
        Some(Ask::Distance("liver", "spleen")),
        Form::Numbers([0.4, 0.7, 1.5]),
        None,
        &[Adjacency, Laterality],
    ),
    Row(
        Dist,
        "How far apart are the centres of the heart and the liver lesion?",
        Some(Ask::Distance("heart", "liver_lesion")),
        Form::Open("About {}."),
        None,
        &[Longitudinal, Adjacency],
    ),
    Row(
        Ext,
        "What is the craniocaudal height of the spleen?",
        Some(Ask::Extent("spleen", 2)),
        Form::Numbers([0.6, 0.8, 1.3]),
        None,
        &[Extent],
    ),
    Row(
        Ext,
        "What is the anteroposterior depth of the right kidney?",
        Some(Ask::Extent("kidney_right", 1)),
        Form::Open("{}."),
        None,
        &[Extent, AnteriorPosterior],
    ),
    Row(
        Vol,
        "What is the volume of the left kidney?",
        Some(Ask::Volume("kidney_left")),
        Form::Numbers([0.45, 2.0, 3.2]),
        None,
        &[Laterality, Extent],
    ),
    Row(
        Vol,
        "Is the volume of the spleen larger than 300 mL?",
        Some(Ask::LargerThan("spleen", 300.0)),
        Form::Choice(&["yes", "no"]),
        None,
        &[Extent],
    ),
    Row(Comp, "Which kidney is larger?", Some(Ask::Largest(&["kidney_left", "kidney_right"])), KIDNEYS, None, &[Laterality, Extent]),
    Row(
        Comp,
        "How many times larger is the right kidney than the left?",
        Some(Ask::Ratio("kidney_right", "kidney_left")),
        Form::Open("About {}."),
        None,
        &[Laterality, Extent],
    ),
    Row(Est, "Estimate the volume of the liver.", Some(Ask::Volume("liver")), Form::Open("About {}."), None, &[Extent]),
    Row(
        Est,
        "Estimate the volume of the liver lesion.",
        Some(Ask::Volume("liver_lesion")),
        Form::Open("About {}."),
        Some(Reason::WrongMeasure),
        &[Extent],
    ),
];

/// Case C: a report and no image.
const C: &[Row] = &[
    Row(Dir, "In which lobe of the lung is the nodule?", None, Form::Fixed("In the left lower lobe."), None, &[Laterality, Longitudinal]),
    Row(Dir, "On which side is the pleural effusion?", None, Form::Fixed("On the left."), Some(Reason::WrongSide), &[Laterality]),
    Row(Ext, "What is the largest diameter of the nodule?", None, Form::Fixed("8 mm."), None, &[Extent]),
    Row(Dist, "How far is the nodule from the pleura?", None, Form::Fixed("12 mm."), None, &[Adjacency]),
    Row(
        Dir,
        "In a person with normal anatomy, on which side of the body does the liver lie?",
        None,
        Form::Fixed("On the right."),
        Some(Reason::AnswerableWithoutImage),
        &[Laterality],
    ),
];

/// All items, by case in file order. `a` and `b` give the truth for the two cases with images.
///
/// `None` when a measure is missing that a question needs.
pub fn items(a: &dyn Measures, b: &dyn Measures) -> Option<Vec<DemoItem>> {
    let in_case = |case: &'static str, rows: &'static [Row], m| rows.iter().map(move |row| item(case, row, m));
    in_case("phantom_a", A, a).chain(in_case("phantom_b", B, b)).chain(in_case("phantom_c", C, a)).collect()
}

fn item(case: &'static str, row: &'static Row, m: &dyn Measures) -> Option<DemoItem> {
    let &Row(task, question, ask, ref form, flaw, categories) = row;
    let truth = ask.map(|a| a.truth(m).ok_or(())).transpose().ok()?;
    let (options, answer) = match (form, truth) {
        (Form::Fixed(text), _) => (Vec::new(), (*text).to_owned()),
        (Form::Open(text), Some(truth)) => (Vec::new(), text.replace("{}", &written(&if flaw.is_some() { spoilt(&truth) } else { truth }))),
        (Form::Choice(words), Some(Truth::Word(word))) => {
            let words: Vec<String> = words.iter().map(|w| (*w).to_owned()).collect();
            let stated = choose(&words, &word, flaw.is_some());
            (words, stated)
        }
        (Form::Numbers(factors), Some(Truth::Number(value, unit))) => numbers(*factors, value, unit, flaw.is_some()),
        _ => return None,
    };
    Some(DemoItem { case, task, question, options, answer, categories, ask, flaw })
}

/// The true option, or the one two places on (a level off by two, the other side).
fn choose(words: &[String], truth: &str, wrong: bool) -> String {
    let at = words.iter().position(|w| w == truth).unwrap_or(0);
    let step = match (wrong, words.len()) {
        (false, _) => 0,
        (true, n) if n > 3 => n - 2,
        (true, _) if at == 0 => 1,
        (true, n) => n - 1,
    };
    words[(at + step) % words.len()].clone()
}

fn numbers(factors: [f64; 3], value: f64, unit: &'static str, wrong: bool) -> (Vec<String>, String) {
    let mut values = vec![value];
    values.extend(factors.map(|f| f * value));
    values.sort_by(f64::total_cmp);
    let options: Vec<String> = values.iter().map(|v| written(&Truth::Number(*v, unit))).collect();
    let truth = written(&Truth::Number(value, unit));
    let stated = if wrong { options.iter().find(|o| **o != truth).cloned().unwrap_or_default() } else { truth };
    (options, stated)
}

/// Ten times too much: a slipped decimal point.
fn spoilt(truth: &Truth) -> Truth {
    match truth {
        Truth::Number(value, unit) => Truth::Number(value * 10.0, unit),
        Truth::Word(word) => Truth::Word(format!("opposite of the {}", spoken(word))),
    }
}

/// Whole mm, three significant figures of mL, one decimal of a ratio.
fn written(truth: &Truth) -> String {
    match truth {
        Truth::Word(word) => word.clone(),
        Truth::Number(v, "times") => format!("{v:.1} times"),
        Truth::Number(v, "mL") if *v < 10.0 => format!("{v:.1} mL"),
        Truth::Number(v, "mL") if *v >= 1000.0 => format!("{:.0} mL", (v / 10.0).round() * 10.0),
        Truth::Number(v, unit) => format!("{v:.0} {unit}"),
    }
}
