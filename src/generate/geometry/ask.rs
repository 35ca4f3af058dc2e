//! Drafts of questions: what is asked, the answer and its distractors, each with claims. Whether they hold is for the judge to say.

use super::Choice;
use super::dice::Dice;
use crate::geometry::claim::{Claim, Named, Quantity, Rank, Relation, Size, Tolerance, Toward, Unit};
use crate::geometry::measures::{CaseMeasures, LabelMeasures};
use crate::qa::{Category, Task};
use crate::volume::structures::{self, Structure};
use std::collections::HashMap;
use std::sync::Arc;

/// A question that has not been proved yet.
pub struct Draft {
    pub question: String,
    pub answer: Choice,
    /// Three, or none for a number to estimate.
    pub distractors: Vec<Choice>,
    pub categories: Vec<Category>,
}

/// What a case offers for questions.
pub struct Scene<'a> {
    case: &'a CaseMeasures,
    earlier: &'a HashMap<String, Arc<CaseMeasures>>,
    order: &'a [String],
    /// Whole structures, those asked about least first.
    subjects: Vec<Subject<'a>>,
}

#[derive(Clone, Copy)]
struct Subject<'a> {
    label: &'a LabelMeasures,
    index: usize,
    structure: &'static Structure,
    asked: usize,
}

/// What is no single whole in one place, or nobody's organ.
const UNSUITED: [&str; 14] = [
    "body",
    "face",
    "subcutaneous_fat",
    "torso_fat",
    "skeletal_muscle",
    "lung_vessels",
    "liver_vessels",
    "lung_nodules",
    "lymph_nodes",
    "pleural_effusion",
    "kidney_cyst",
    "costal_cartilages",
    "ribs",
    "spine",
];
/// Smaller structures are at the mercy of a few voxels.
const LEAST_ML: f64 = 2.0;
/// A structure with more than this outside of its largest part is not asked about.
const STRAY_SHARE: f64 = 0.05;
/// Wrong numbers are these multiples of the right one.
const FACTORS: [f64; 8] = [0.3, 0.45, 0.6, 1.5, 1.8, 2.2, 2.7, 3.5];

impl<'a> Scene<'a> {
    pub fn new(
        case: &'a CaseMeasures,
        earlier: &'a HashMap<String, Arc<CaseMeasures>>,
        order: &'a [String],
        asked: &HashMap<String, usize>,
    ) -> Self {
        let suited = |(index, label): (usize, &'a LabelMeasures)| {
            let structure = structures::find(&label.name).filter(|_| is_whole(label))?;
            let times = asked.get(&label.name).copied().unwrap_or_default();
            (!UNSUITED.contains(&structure.name)).then_some(Subject { label, index, structure, asked: times })
        };
        let mut subjects: Vec<Subject<'a>> = case.labels.iter().enumerate().filter_map(suited).collect();
        subjects.sort_by_key(|s| (s.asked, s.index));
        Self { case, earlier, order, subjects }
    }

    /// Names that a draft is about, for balance.
    pub fn structures(&self, draft: &Draft) -> Vec<String> {
        let mut names: Vec<String> = draft.answer.claims.iter().flat_map(Claim::structures).map(|n| n.name.clone()).collect();
        names.sort();
        names.dedup();
        names
    }

    pub fn draft(&self, task: Task, dice: &mut Dice) -> Option<Draft> {
        match (task, dice.below(2)) {
            (Task::Dir, 0) => self.place(dice),
            (Task::Dir, _) => self.furthest(dice),
            (Task::Dist, 0) => self.distance(dice),
            (Task::Dist, _) => self.nearest(dice),
            (Task::Ext, 0) => self.tallest(dice),
            (Task::Ext, _) => self.extent(dice),
            (Task::Vol, _) => self.volume(dice),
            (Task::Comp, 0) => self.largest(dice),
            (Task::Comp, _) => self.ranking(dice),
            (Task::Est, 0) => self.estimate(dice),
            (Task::Est, _) => self.ratio(dice),
        }
    }

    /// Several structures, one of them from those asked about least.
    fn some<const N: usize>(&self, dice: &mut Dice) -> Option<[Subject<'a>; N]> {
        let least = self.subjects.first()?.asked;
        let rare = self.subjects.partition_point(|s| s.asked <= least);
        let first = dice.below(rare);
        let mut rest: Vec<usize> = (0..self.subjects.len()).filter(|n| *n != first).collect();
        dice.shuffle(&mut rest);
        let chosen: Vec<Subject<'a>> = std::iter::once(first).chain(rest).take(N).map(|n| self.subjects[n]).collect();
        let mut chosen: [Subject<'a>; N] = chosen.try_into().ok()?;
        dice.shuffle(&mut chosen);
        Some(chosen)
    }

    /// Where is a, seen from b? Two axes, so four answers of which three are wrong along one or both.
    fn place(&self, dice: &mut Dice) -> Option<Draft> {
        let [a, b] = self.some(dice)?;
        let [one, other] =
            [[Toward::Superior, Toward::Anterior], [Toward::Superior, Toward::Left], [Toward::Anterior, Toward::Left]][dice.below(3)];
        let along = |toward: Toward| {
            let (axis, sign) = toward.axis();
            let ahead = sign * (centre(a)[axis] - centre(b)[axis]) > 0.0;
            if ahead { toward } else { toward.opposite() }
        };
        let (one, other) = (along(one), along(other));
        let choice = |p: Toward, q: Toward| Choice {
            text: format!("{} and {}", spoken(p), spoken(q)),
            claims: [p, q].map(|t| Claim::Direction(t, named(a), named(b))).to_vec(),
        };
        let distractors = vec![choice(one.opposite(), other), choice(one, other.opposite()), choice(one.opposite(), other.opposite())];
        let question = format!("Where is the centre of {} relative to the centre of {}? Left and right are the patient's.", the(a), the(b));
        let categories = [one, other].map(category).to_vec();
        Some(Draft { question, answer: choice(one, other), distractors, categories })
    }

    /// Which of four lies furthest to one side?
    fn furthest(&self, dice: &mut Dice) -> Option<Draft> {
        let four = self.some::<4>(dice)?;
        let toward = *dice.pick(&[Toward::Superior, Toward::Inferior, Toward::Anterior, Toward::Posterior])?;
        let (axis, sign) = toward.axis();
        let question = format!("Which of these structures lies most {}, by its centre?", spoken(toward));
        let best = |a: &Subject<'a>| sign * centre(*a)[axis];
        self.pick_of(question, four, best, vec![category(toward)], |a, of| vec![Claim::Extreme(Rank::Most(toward), a, of)])
    }

    /// The one of four with the highest `score`.
    fn pick_of(
        &self,
        question: String,
        four: [Subject<'a>; 4],
        score: impl Fn(&Subject<'a>) -> f64,
        categories: Vec<Category>,
        claims: impl Fn(Named, Vec<Named>) -> Vec<Claim>,
    ) -> Option<Draft> {
        let all: Vec<Named> = four.iter().map(|s| named(*s)).collect();
        let best = (0..4).max_by(|a, b| score(&four[*a]).total_cmp(&score(&four[*b])))?;
        let choice = |n: usize| Choice { text: title(four[n]), claims: claims(all[n].clone(), all.clone()) };
        let distractors = (0..4).filter(|n| *n != best).map(choice).collect();
        Some(Draft { question, answer: choice(best), distractors, categories })
    }

    fn distance(&self, dice: &mut Dice) -> Option<Draft> {
        let [a, b] = self.some(dice)?;
        let (p, q) = (centre(a), centre(b));
        let mm = (0..3).map(|n| (p[n] - q[n]).powi(2)).sum::<f64>().sqrt();
        let question = format!("What is the distance between the centres of {} and {}?", the(a), the(b));
        numbers(dice, question, &Quantity::Distance(named(a), named(b)), mm, vec![Category::Adjacency])
    }

    /// Which of four others comes closest?
    fn nearest(&self, dice: &mut Dice) -> Option<Draft> {
        let [from, four @ ..] = self.some::<5>(dice)?;
        let gaps: Option<Vec<f64>> = four.iter().map(|s| self.gap(from, *s)).collect();
        let gaps = gaps?;
        let gap = |s: &Subject<'a>| -four.iter().position(|o| o.index == s.index).map_or(f64::INFINITY, |n| gaps[n]);
        let question = format!("To which of these structures is {} nearest, by the smallest gap between them?", the(from));
        let claims =
            |a: Named, of: Vec<Named>| of.into_iter().filter(|b| *b != a).map(|b| Claim::Nearer(named(from), a.clone(), b)).collect();
        self.pick_of(question, four, gap, vec![Category::Adjacency], claims)
    }

    fn gap(&self, a: Subject<'_>, b: Subject<'_>) -> Option<f64> {
        let same = |p: &&crate::geometry::measures::PairMeasures| (p.a, p.b) == (a.index, b.index) || (p.a, p.b) == (b.index, a.index);
        self.case.pairs.iter().find(same).map(|p| p.gap_mm)
    }

    fn extent(&self, dice: &mut Dice) -> Option<Draft> {
        let [a] = self.some(dice)?;
        let size = *dice.pick(&[Size::Height, Size::Width, Size::Depth])?;
        let question = format!("What is the {} of {}?", measured(size), the(a));
        numbers(dice, question, &Quantity::Size(size, named(a)), extent_of(a, size)?, vec![Category::Extent])
    }

    fn tallest(&self, dice: &mut Dice) -> Option<Draft> {
        let four = self.some::<4>(dice)?;
        let size = *dice.pick(&[Size::Height, Size::Width, Size::Depth])?;
        let question = format!("Which of these structures has the greatest {}?", measured(size));
        let claims = |a: Named, of: Vec<Named>| of.into_iter().filter(|b| *b != a).map(|b| Claim::Greater(size, a.clone(), b)).collect();
        self.pick_of(question, four, |s| extent_of(*s, size).unwrap_or_default(), vec![Category::Extent], claims)
    }

    fn volume(&self, dice: &mut Dice) -> Option<Draft> {
        let [a] = self.some(dice)?;
        let question = format!("What is the volume of {}?", the(a));
        numbers(dice, question, &Quantity::Size(Size::Volume, named(a)), a.label.volume_ml, vec![Category::Extent])
    }

    fn largest(&self, dice: &mut Dice) -> Option<Draft> {
        let four = self.some::<4>(dice)?;
        let (rank, sign) = [(Rank::Largest, 1.0), (Rank::Smallest, -1.0)][dice.below(2)];
        let question = format!("Which of these structures is the {} by volume?", rank.word());
        self.pick_of(question, four, |s| sign * s.label.volume_ml, vec![Category::Extent], |a, of| vec![Claim::Extreme(rank, a, of)])
    }

    /// Three structures in order; the distractors are other orders.
    fn ranking(&self, dice: &mut Dice) -> Option<Draft> {
        let mut three = self.some::<3>(dice)?;
        let question =
            format!("Order {}, {} and {} by volume, from the largest to the smallest.", the(three[0]), the(three[1]), the(three[2]));
        three.sort_by(|a, b| b.label.volume_ml.total_cmp(&a.label.volume_ml));
        let choice = |order: [usize; 3]| Choice {
            text: order.map(|n| title(three[n])).join(", "),
            claims: vec![Claim::Order(order.map(|n| named(three[n])).to_vec())],
        };
        let mut wrong = [[0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
        dice.shuffle(&mut wrong);
        let distractors = wrong[..3].iter().map(|o| choice(*o)).collect();
        Some(Draft { question, answer: choice([0, 1, 2]), distractors, categories: vec![Category::Extent] })
    }

    fn estimate(&self, dice: &mut Dice) -> Option<Draft> {
        let [a] = self.some(dice)?;
        let question = format!("Estimate the volume of {} in mL.", the(a));
        Some(estimated(question, &Quantity::Size(Size::Volume, named(a)), a.label.volume_ml))
    }

    /// Of two structures of the case, or of one structure here and in an earlier case whose volume is given.
    fn ratio(&self, dice: &mut Dice) -> Option<Draft> {
        let [a, b] = self.some(dice)?;
        let between_cases = dice.below(2) == 0;
        let Some(other) = dice.pick(self.order).filter(|_| between_cases) else {
            let question = format!("Estimate the ratio of the volume of {} to the volume of {}.", the(a), the(b));
            return Some(estimated(question, &Quantity::Ratio(named(a), named(b)), a.label.volume_ml / b.label.volume_ml));
        };
        let there = self.earlier.get(other)?.labels.iter().find(|l| l.name == a.label.name).filter(|l| is_whole(l))?;
        let question = format!(
            "In another patient (case {other}) the volume of {} is {}. How many times as large is it here?",
            the(a),
            written(there.volume_ml, Unit::Ml)
        );
        let quantity = Quantity::Ratio(named(a), Named::elsewhere(there.name.clone(), other.clone()));
        Some(estimated(question, &quantity, a.label.volume_ml / there.volume_ml))
    }
}

/// Present, not cut by the field of view, of some size and in one piece.
fn is_whole(label: &LabelMeasures) -> bool {
    let largest = label.shape.as_ref().and_then(|s| s.components.largest()).unwrap_or(label.voxels);
    let stray = 1.0 - largest as f64 / label.voxels.max(1) as f64;
    label.place.is_some() && !label.truncated && label.volume_ml >= LEAST_ML && stray <= STRAY_SHARE
}

fn named(s: Subject<'_>) -> Named {
    Named::here(s.label.name.clone())
}

fn centre(s: Subject<'_>) -> [f64; 3] {
    s.label.place.map_or([f64::NAN; 3], |p| p.centroid_ras_mm)
}

fn extent_of(s: Subject<'_>, size: Size) -> Option<f64> {
    let extent = s.label.place?.extent;
    match size {
        Size::Width => Some(extent.width_rl),
        Size::Depth => Some(extent.depth_ap),
        Size::Height => Some(extent.height_si),
        Size::Volume | Size::Diameter | Size::AxialDiameter => None,
    }
}

/// `the left kidney`, and `vertebra L1` without an article.
fn the(s: Subject<'_>) -> String {
    let title = title(s);
    if title.starts_with("vertebra ") { title } else { format!("the {title}") }
}

/// `left upper lobe of the lung`.
fn title(s: Subject<'_>) -> String {
    s.structure.title.replace(" of lung", " of the lung").replace(" of right lung", " of the right lung")
}

fn measured(size: Size) -> &'static str {
    match size {
        Size::Width => "transverse width",
        Size::Depth => "anteroposterior depth",
        Size::Height => "craniocaudal height",
        Size::Volume | Size::Diameter | Size::AxialDiameter => size.word(),
    }
}

fn spoken(toward: Toward) -> &'static str {
    match toward {
        Toward::Right => "to the right",
        Toward::Left => "to the left",
        Toward::Anterior => "anterior",
        Toward::Posterior => "posterior",
        Toward::Superior => "superior",
        Toward::Inferior => "inferior",
    }
}

fn category(toward: Toward) -> Category {
    match toward.axis().0 {
        0 => Category::Laterality,
        1 => Category::AnteriorPosterior,
        _ => Category::Longitudinal,
    }
}

/// Four numbers, three of them multiples of the right one.
fn numbers(dice: &mut Dice, question: String, quantity: &Quantity, value: f64, categories: Vec<Category>) -> Option<Draft> {
    let mut factors = FACTORS;
    dice.shuffle(&mut factors);
    let distractors = factors[..3].iter().map(|f| amount(quantity, value * f)).collect();
    Some(Draft { question, answer: amount(quantity, value), distractors, categories })
}

fn estimated(question: String, quantity: &Quantity, value: f64) -> Draft {
    Draft { question, answer: amount(quantity, value), distractors: Vec::new(), categories: vec![Category::Extent] }
}

/// The number as it is written, which is what the claim says.
fn amount(quantity: &Quantity, value: f64) -> Choice {
    let value = rounded(value, quantity.unit());
    let claim = Claim::Amount(quantity.clone(), Relation::About(value, Tolerance::USUAL));
    Choice { text: written(value, quantity.unit()), claims: vec![claim] }
}

/// Whole mm, and three digits of volumes and ratios.
fn rounded(value: f64, unit: Unit) -> f64 {
    let digits = if unit == Unit::Mm { 0 } else { (2 - value.abs().log10().floor() as i32).max(0) };
    let scale = 10f64.powi(digits.min(6));
    (value * scale).round() / scale
}

fn written(value: f64, unit: Unit) -> String {
    let value = rounded(value, unit);
    if unit == Unit::One { value.to_string() } else { format!("{value} {}", unit.symbol()) }
}
