//! Each kind of claim against the numbers.

use super::super::claim::{Claim, Laterality, Named, Rank, Size, Toward, Unit};
use super::super::measures::CaseMeasures;
use super::quantity::{Range, title};
use super::subject::Subject;
use super::{Evidence, Judgement, LineKind, Margins, Number, Part, Reason, Verdict, midline_r};
use std::collections::HashMap;
use std::sync::Arc;

/// Structures that are often in several places at once: their centroid says little about a side.
const SCATTERED: [&str; 7] =
    ["pleural_effusion", "pericardial_effusion", "lung_nodules", "lymph_nodes", "kidney_cyst", "lung_vessels", "liver_vessels"];

/// What a judge knows: the case, other cases that claims may refer to, and the margins.
#[derive(Clone, Copy)]
pub struct Judge<'a> {
    pub(super) case: &'a CaseMeasures,
    others: Option<&'a HashMap<String, Arc<CaseMeasures>>>,
    pub(super) margins: Margins,
}

/// A judgement in the making.
#[derive(Default)]
pub(super) struct Draft {
    pub numbers: Vec<Number>,
    pub clearance: Option<f64>,
    pub margin: Option<f64>,
    pub evidence: Evidence,
}

impl<'a> Judge<'a> {
    pub fn new(case: &'a CaseMeasures) -> Self {
        Self { case, others: None, margins: Margins::default() }
    }

    /// Cases by id, for claims that compare with another case.
    pub fn with_others(self, others: &'a HashMap<String, Arc<CaseMeasures>>) -> Self {
        Self { others: Some(others), ..self }
    }

    pub fn with_margins(self, margins: Margins) -> Self {
        Self { margins, ..self }
    }

    /// Never fails: what cannot be decided is undetermined, with its reason.
    pub fn judge(&self, claim: &Claim) -> Judgement {
        let mut draft = Draft::default();
        draft.evidence.parts = self.parts(claim);
        let result = self.verdict(&mut draft, claim);
        draft.evidence.aim();
        let Draft { numbers, clearance, margin, evidence } = draft;
        let (verdict, reason) = match result {
            Ok(verdict) => (verdict, None),
            Err(reason) => (Verdict::Undetermined, Some(reason)),
        };
        Judgement { verdict, reason, numbers, clearance, margin, evidence }
    }

    /// `Ok` is never undetermined.
    fn verdict(&self, draft: &mut Draft, claim: &Claim) -> Result<Verdict, Reason> {
        match claim {
            Claim::Not(inner) => {
                let verdict = self.verdict(draft, inner)?;
                draft.clearance = draft.clearance.map(|c| -c);
                Ok(verdict.negated())
            }
            Claim::Present(a) => self.is_present(draft, a),
            Claim::Direction(toward, a, b) => self.direction(draft, *toward, a, b),
            Claim::Side(side, a) => self.side(draft, *side, a),
            Claim::Medial(a, b) => self.medial(draft, a, b),
            Claim::Lateral(a, b) => self.medial(draft, b, a),
            Claim::Level(a, v) => self.level(draft, a, v),
            Claim::Amount(quantity, relation) => self.amount(draft, quantity, *relation),
            Claim::Greater(size, a, b) => self.greater(draft, *size, a, b),
            Claim::Extreme(rank, a, of) => self.extreme(draft, *rank, a, of),
            Claim::Order(all) => all_of(draft, all.windows(2).map(|w| move |d: &mut Draft| self.greater(d, Size::Volume, &w[0], &w[1]))),
            Claim::Nearer(a, b, c) => self.nearer(draft, a, b, c),
            Claim::Touches(a, b) => self.touches(draft, a, b),
            Claim::Inside(a, b) => self.inside(draft, a, b),
        }
    }

    /// Every structure of the claim once.
    fn parts(&self, claim: &Claim) -> Vec<Part> {
        let mut parts: Vec<Part> = Vec::new();
        for named in claim.structures() {
            let name = named.to_string();
            if parts.iter().any(|p| p.name == name) {
                continue;
            }
            let found = if named.case.is_none() { Subject::find(self.case, &named.name).ok() } else { None };
            let labels = found.iter().flat_map(|s| &s.labels).map(|(n, _)| *n).collect();
            let place = found.and_then(|s| s.place);
            parts.push(Part { name, labels, box_ras_mm: place.map(|p| p.0), centroid_ras_mm: place.map(|p| p.1) });
        }
        parts
    }

    /// The structure in its case; it may be absent there.
    pub(super) fn subject(&self, a: &Named) -> Result<Subject<'a>, Reason> {
        let Some(case) = &a.case else { return Subject::find(self.case, &a.name) };
        let other = self.others.and_then(|o| o.get(case)).ok_or_else(|| Reason::OtherCase(case.clone()))?;
        Subject::find(other, &a.name)
    }

    /// The structure, present in this case: places cannot be compared between cases.
    pub(super) fn here(&self, a: &Named) -> Result<Subject<'a>, Reason> {
        match a.case {
            None => self.subject(a)?.present(),
            Some(_) => Err(Reason::NotMeasured("a place in another case".to_owned())),
        }
    }

    /// The longest edge of a voxel, mm.
    pub(super) fn voxel_mm(&self) -> f64 {
        self.case.grid.spacing_mm.into_iter().fold(0.0, f64::max)
    }

    fn is_present(&self, draft: &mut Draft, a: &Named) -> Result<Verdict, Reason> {
        let subject = self.subject(a)?;
        let mark = draft.evidence.part(&a.to_string());
        draft.note(format!("volume of {}", title(a)), &Range::exact(subject.volume_ml), Unit::Ml, mark);
        Ok(if subject.voxels > 0 { Verdict::Supports } else { Verdict::Contradicts })
    }

    fn direction(&self, draft: &mut Draft, toward: Toward, a: &Named, b: &Named) -> Result<Verdict, Reason> {
        let (one, other) = (self.here(a)?, self.here(b)?);
        let (axis, sign) = toward.axis();
        let (from, to) = (other.centroid()?, one.centroid()?);
        let mut end = from;
        end[axis] = to[axis];
        draft.evidence.axis = Some(axis);
        let mark = draft.evidence.line(LineKind::Offset, [from, end]);
        let value = sign * (to[axis] - from[axis]);
        let low = one.open_towards(axis, -sign) || other.open_towards(axis, sign);
        let high = one.open_towards(axis, sign) || other.open_towards(axis, -sign);
        let cut = if one.truncated { one.cut() } else { other.cut() };
        let range = opened(value, low, high, cut);
        let (way, shown) = towards_it(toward, &range);
        draft.note(format!("{} {} {}", title(a), ahead(way), title(b)), &shown, Unit::Mm, mark);
        draft.decide(&range, self.margins.direction_mm.max(self.voxel_mm())).map_err(overlapping)
    }

    /// R of the centroid from the midline as a range.
    fn off_midline(&self, draft: &mut Draft, a: &Named) -> Result<Range, Reason> {
        let subject = self.here(a)?;
        let middle = midline_r(self.case).ok_or(Reason::NoMidline)?;
        let centroid = subject.centroid()?;
        let mut foot = centroid;
        foot[0] = middle;
        (draft.evidence.axis, draft.evidence.midline_r) = (Some(0), Some(middle));
        let mark = draft.evidence.line(LineKind::Offset, [foot, centroid]);
        let range = opened(centroid[0] - middle, subject.open[0][0], subject.open[0][1], subject.cut());
        let (way, shown) = towards_it(Toward::Right, &range);
        draft.note(format!("{} {} the midline", title(a), ahead(way)), &shown, Unit::Mm, mark);
        Ok(range)
    }

    fn side(&self, draft: &mut Draft, side: Laterality, a: &Named) -> Result<Verdict, Reason> {
        if side == Laterality::Bilateral {
            return self.bilateral(draft, a);
        }
        let right = self.off_midline(draft, a)?;
        let margin = self.margins.midline_mm;
        match side {
            Laterality::Midline => {
                let off = self.margins.off_midline_mm - margin;
                draft.decide_about(&right, 0.0, margin, off)
            }
            _ if self.scattered(a, margin) => Err(Reason::BothSides(title(a))),
            Laterality::Right => draft.decide(&right, margin).map_err(overlapping),
            _ => draft.decide(&Range::exact(0.0).minus(&right), margin).map_err(overlapping),
        }
    }

    /// It may be in several places and reaches beyond the midline on both sides.
    fn scattered(&self, a: &Named, margin: f64) -> bool {
        SCATTERED.contains(&a.name.as_str()) && self.reach(a).is_ok_and(|reach| reach.iter().all(|r| r.value > margin))
    }

    /// How far it reaches beyond the midline, to the left and to the right.
    fn reach(&self, a: &Named) -> Result<[Range; 2], Reason> {
        let subject = self.here(a)?;
        let middle = midline_r(self.case).ok_or(Reason::NoMidline)?;
        let [low, high] = subject.box_ras_mm()?;
        let side = |value: f64, open: bool| opened(value, false, open, subject.cut());
        Ok([side(middle - low[0], subject.open[0][0]), side(high[0] - middle, subject.open[0][1])])
    }

    fn bilateral(&self, draft: &mut Draft, a: &Named) -> Result<Verdict, Reason> {
        self.off_midline(draft, a)?;
        let [left, right] = self.reach(a)?;
        draft.note(format!("{} beyond the midline, left", title(a)), &left, Unit::Mm, None);
        draft.note(format!("{} beyond the midline, right", title(a)), &right, Unit::Mm, None);
        let least = if left.value < right.value { left } else { right };
        // Not to reach the other side at all is enough against it.
        match draft.decide(&least, self.margins.midline_mm) {
            Err(Reason::WithinMargin) if least.high <= 0.0 => Ok(Verdict::Contradicts),
            other => other,
        }
    }

    fn medial(&self, draft: &mut Draft, a: &Named, b: &Named) -> Result<Verdict, Reason> {
        let (one, other) = (self.off_midline(draft, a)?, self.off_midline(draft, b)?);
        let cut = one.cut.clone().or(other.cut.clone());
        let open = cut.is_some();
        let range = opened(other.value.abs() - one.value.abs(), open, open, cut.unwrap_or(Reason::Overlapping));
        draft.decide(&range, self.margins.direction_mm.max(self.voxel_mm())).map_err(overlapping)
    }

    /// The vertebra whose centroid is nearest in height must be the one that is named.
    fn level(&self, draft: &mut Draft, a: &Named, vertebra: &Named) -> Result<Verdict, Reason> {
        let (subject, named) = (self.here(a)?, self.here(vertebra)?);
        if let Some(cut) = [&subject, &named].into_iter().find(|s| s.open[2].contains(&true)) {
            return Err(cut.cut());
        }
        let (centre, bone) = (subject.centroid()?, named.centroid()?);
        let off = |s: f64| (s - centre[2]).abs();
        let mut end = bone;
        end[2] = centre[2];
        draft.evidence.axis = Some(2);
        let mark = draft.evidence.line(LineKind::Offset, [bone, end]);
        let side = if centre[2] < bone[2] { "below" } else { "above" };
        draft.note(format!("{} {side} {}", title(a), title(vertebra)), &Range::exact(off(bone[2])), Unit::Mm, mark);
        let others = self.case.labels.iter().filter(|l| l.name.starts_with("vertebrae_") && l.name != vertebra.name);
        let nearest = others.filter_map(|l| l.place).map(|p| off(p.centroid_ras_mm[2])).reduce(f64::min);
        let nearest = nearest.ok_or_else(|| Reason::Missing("another vertebra".to_owned()))?;
        draft.decide(&Range::exact(nearest - off(bone[2])), self.margins.length_mm)
    }

    fn greater(&self, draft: &mut Draft, size: Size, a: &Named, b: &Named) -> Result<Verdict, Reason> {
        let (one, other) = (self.size(draft, size, a)?, self.size(draft, size, b)?);
        let margin = self.size_margin(size.unit(), one.value.max(other.value));
        draft.decide(&one.minus(&other), margin)
    }

    fn extreme(&self, draft: &mut Draft, rank: Rank, a: &Named, of: &[Named]) -> Result<Verdict, Reason> {
        let others = of.iter().filter(|b| *b != a);
        all_of(
            draft,
            others.map(|b| {
                move |d: &mut Draft| match rank {
                    Rank::Largest => self.greater(d, Size::Volume, a, b),
                    Rank::Smallest => self.greater(d, Size::Volume, b, a),
                    Rank::Most(toward) => self.direction(d, toward, a, b),
                }
            }),
        )
    }

    fn nearer(&self, draft: &mut Draft, a: &Named, b: &Named, c: &Named) -> Result<Verdict, Reason> {
        let (near, far) = (self.gap(draft, a, b)?, self.gap(draft, a, c)?);
        draft.decide(&far.minus(&near), self.size_margin(Unit::Mm, 0.0))
    }

    /// Voxels that touch are at most a voxel's diagonal apart.
    fn touches(&self, draft: &mut Draft, a: &Named, b: &Named) -> Result<Verdict, Reason> {
        let gap = self.gap(draft, a, b)?;
        let diagonal = self.case.grid.spacing_mm.iter().map(|s| s * s).sum::<f64>().sqrt();
        let margin = self.margins.length_mm;
        (draft.clearance, draft.margin) = (Some(diagonal - gap.value), Some(margin));
        match gap {
            Range { value, .. } if value <= diagonal * (1.0 + 1e-6) => Ok(Verdict::Supports),
            Range { low, .. } if low > diagonal + margin => Ok(Verdict::Contradicts),
            Range { cut: Some(cut), .. } => Err(cut),
            _ => Err(Reason::WithinMargin),
        }
    }

    /// By shared voxels, or, where labels exclude one another, by how much of the surface the other one covers.
    fn inside(&self, draft: &mut Draft, a: &Named, b: &Named) -> Result<Verdict, Reason> {
        let (one, other) = (self.here(a)?, self.here(b)?);
        let contact = self.contact(&one, &other)?;
        let share = contact.contained.max(contact.contact);
        let mark = draft.evidence.part(&a.to_string());
        draft.note(format!("share of {} in {}", title(a), title(b)), &Range::exact(share), Unit::One, mark);
        let enough = self.margins.inside_share;
        (draft.clearance, draft.margin) = (Some(share - enough), Some(enough - 0.5));
        match share {
            _ if share >= enough && one.truncated => Err(one.cut()),
            _ if share >= enough => Ok(Verdict::Supports),
            _ if share <= 0.5 && other.truncated => Err(other.cut()),
            _ if share <= 0.5 => Ok(Verdict::Contradicts),
            _ => Err(Reason::WithinMargin),
        }
    }
}

/// A verdict with its clearance and margin.
type Outcome = (Result<Verdict, Reason>, Option<f64>, Option<f64>);

/// All must hold: one that fails is enough against, one that is open leaves it open.
fn all_of<F: Fn(&mut Draft) -> Result<Verdict, Reason>>(draft: &mut Draft, each: impl Iterator<Item = F>) -> Result<Verdict, Reason> {
    let mut worst: Option<Outcome> = None;
    let rank = |r: &Result<Verdict, Reason>| match r {
        Ok(Verdict::Contradicts) => 2,
        Err(_) => 1,
        Ok(_) => 0,
    };
    for judge in each {
        let result = judge(draft);
        let tighter = |(old, clearance, _): &Outcome| {
            let by_rank = rank(&result).cmp(&rank(old));
            by_rank.is_gt() || (by_rank.is_eq() && draft.clearance < *clearance)
        };
        if worst.as_ref().is_none_or(tighter) {
            worst = Some((result, draft.clearance, draft.margin));
        }
    }
    let (result, clearance, margin) = worst.ok_or_else(|| Reason::NotMeasured("anything to compare with".to_owned()))?;
    (draft.clearance, draft.margin) = (clearance, margin);
    result
}

/// A number that a cut face may move down or up without limit.
fn opened(value: f64, down: bool, up: bool, cut: Reason) -> Range {
    let low = if down { f64::NEG_INFINITY } else { value };
    let high = if up { f64::INFINITY } else { value };
    Range { value, low, high, cut: (down || up).then_some(cut) }
}

fn overlapping(reason: Reason) -> Reason {
    if reason == Reason::WithinMargin { Reason::Overlapping } else { reason }
}

/// A difference in the direction in which it is positive: it is written with its side, never with a sign.
fn towards_it(toward: Toward, range: &Range) -> (Toward, Range) {
    if range.value < 0.0 { (toward.opposite(), Range::exact(0.0).minus(range)) } else { (toward, range.clone()) }
}

fn ahead(toward: Toward) -> &'static str {
    match toward {
        Toward::Right => "right of",
        Toward::Left => "left of",
        Toward::Anterior => "anterior to",
        Toward::Posterior => "posterior to",
        Toward::Superior => "above",
        Toward::Inferior => "below",
    }
}
