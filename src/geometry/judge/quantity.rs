//! Numbers of a case as ranges, and the comparison that decides.

use super::super::claim::{Named, Quantity, Relation, Size, Unit};
use super::super::measures::{LabelMeasures, PairMeasures};
use super::judging::{Draft, Judge};
use super::subject::Subject;
use super::{LineKind, Mark, Reason, Verdict};
use crate::volume::structures;

/// A number and what it may truly be, given what the field of view cuts off.
#[derive(Clone, Debug)]
pub(super) struct Range {
    pub value: f64,
    pub low: f64,
    pub high: f64,
    /// Why the range is wider than the number.
    pub cut: Option<Reason>,
}

/// Two structures as the pairs of their labels say.
pub(super) struct Contact {
    pub gap_mm: f64,
    pub nearest: [[f64; 3]; 2],
    /// Share of a's voxels within b.
    pub contained: f64,
    /// Share of a's boundary that touches b.
    pub contact: f64,
}

impl Range {
    pub fn exact(value: f64) -> Self {
        Self { value, low: value, high: value, cut: None }
    }

    fn at_least(value: f64, cut: Option<Reason>) -> Self {
        let high = if cut.is_some() { f64::INFINITY } else { value };
        Self { value, low: value, high, cut }
    }

    pub fn minus(&self, other: &Self) -> Self {
        let cut = self.cut.clone().or_else(|| other.cut.clone());
        Self { value: self.value - other.value, low: self.low - other.high, high: self.high - other.low, cut }
    }

    fn over(&self, other: &Self) -> Self {
        let cut = self.cut.clone().or_else(|| other.cut.clone());
        let low = if other.high.is_infinite() { 0.0 } else { self.low / other.high };
        Self { value: self.value / other.value, low, high: self.high / other.low, cut }
    }
}

impl Draft {
    /// Supports when the whole range is above `margin`, contradicts when it is all below `-margin`.
    pub fn decide(&mut self, range: &Range, margin: f64) -> Result<Verdict, Reason> {
        (self.clearance, self.margin) = (Some(range.value), Some(margin));
        match range {
            r if r.low > margin => Ok(Verdict::Supports),
            r if r.high < -margin => Ok(Verdict::Contradicts),
            Range { value, cut: Some(cut), .. } if value.abs() > margin => Err(cut.clone()),
            _ => Err(Reason::WithinMargin),
        }
    }

    /// Supports within `tolerance` of `stated`, contradicts beyond `tolerance` and `margin`.
    pub fn decide_about(&mut self, range: &Range, stated: f64, tolerance: f64, margin: f64) -> Result<Verdict, Reason> {
        let off = |v: f64| (v - stated).abs();
        (self.clearance, self.margin) = (Some(tolerance - off(range.value)), Some(margin));
        let rounding = 1e-9 * stated.abs();
        let beyond = (range.low - stated).max(stated - range.high);
        match &range.cut {
            _ if beyond > tolerance + margin => Ok(Verdict::Contradicts),
            None if off(range.value) <= tolerance + rounding => Ok(Verdict::Supports),
            None => Err(Reason::WithinMargin),
            Some(cut) => Err(cut.clone()),
        }
    }
}

impl Judge<'_> {
    pub(super) fn amount(&self, draft: &mut Draft, quantity: &Quantity, relation: Relation) -> Result<Verdict, Reason> {
        let range = self.quantity(draft, quantity)?;
        let margin = self.margin_of(quantity, relation.value());
        // Counts are whole: more than 1 means 2.
        let half = if matches!(quantity, Quantity::Components(_)) { 0.5 } else { 0.0 };
        match relation {
            Relation::Above(v) => draft.decide(&range.minus(&Range::exact(v + half)), margin),
            Relation::Below(v) => draft.decide(&Range::exact(v - half).minus(&range), margin),
            Relation::About(v, tolerance) => draft.decide_about(&range, v, tolerance.of(v), margin),
        }
    }

    fn margin_of(&self, quantity: &Quantity, stated: f64) -> f64 {
        match quantity {
            Quantity::Components(_) => 0.0,
            _ => self.size_margin(quantity.unit(), stated),
        }
    }

    /// Of lengths at least a voxel's edge, of volumes and ratios a share.
    pub(super) fn size_margin(&self, unit: Unit, value: f64) -> f64 {
        match unit {
            Unit::Mm => self.margins.length_mm.max(self.voxel_mm()),
            Unit::Ml | Unit::One => self.margins.volume_share * value.abs(),
        }
    }

    /// The number, also noted in the draft.
    pub(super) fn quantity(&self, draft: &mut Draft, quantity: &Quantity) -> Result<Range, Reason> {
        match quantity {
            Quantity::Size(size, a) => self.size(draft, *size, a),
            Quantity::Components(a) => self.components(draft, a),
            Quantity::Distance(a, b) => self.distance(draft, a, b),
            Quantity::Gap(a, b) => self.gap(draft, a, b),
            Quantity::Ratio(a, b) => {
                let (a_ml, b_ml) = (self.size(draft, Size::Volume, a)?, self.size(draft, Size::Volume, b)?);
                let ratio = a_ml.over(&b_ml);
                draft.numbers.insert(0, draft.number(format!("{} / {}", title(a), title(b)), &ratio, Unit::One, None));
                Ok(ratio)
            }
        }
    }

    pub(super) fn size(&self, draft: &mut Draft, size: Size, a: &Named) -> Result<Range, Reason> {
        let subject = self.subject(a)?.present()?;
        let (range, line) = size_of(&subject, size)?;
        let here = a.case.is_none();
        let mark = match line.filter(|_| here) {
            Some(ends) => draft.evidence.line(LineKind::Extent, ends),
            None => draft.evidence.part(&a.to_string()),
        };
        draft.note(format!("{} of {}", size.word().replace('_', " "), title(a)), &range, size.unit(), mark);
        Ok(range)
    }

    fn components(&self, draft: &mut Draft, a: &Named) -> Result<Range, Reason> {
        let subject = self.subject(a)?.present()?;
        let count = only_label(&subject).and_then(|l| l.shape.as_ref()).map(|s| s.components.number());
        let count = count.ok_or_else(|| Reason::NotMeasured("the number of parts".to_owned()))?;
        let range = Range::at_least(count as f64, subject.truncated.then(|| subject.cut()));
        draft.note(format!("parts of {}", title(a)), &range, Unit::One, draft.evidence.part(&a.to_string()));
        Ok(range)
    }

    fn distance(&self, draft: &mut Draft, a: &Named, b: &Named) -> Result<Range, Reason> {
        let (one, other) = (self.here(a)?, self.here(b)?);
        let mark = draft.evidence.line(LineKind::Centres, [one.centroid()?, other.centroid()?]);
        let value = draft.evidence.lines.last().map_or(0.0, |l| l.length_mm);
        let cut = [&one, &other].into_iter().find(|s| s.truncated).map(Subject::cut);
        let range = match cut {
            Some(_) => Range { value, low: 0.0, high: f64::INFINITY, cut },
            None => Range::exact(value),
        };
        draft.note(format!("{} to {}, centres", title(a), title(b)), &range, Unit::Mm, mark);
        Ok(range)
    }

    pub(super) fn gap(&self, draft: &mut Draft, a: &Named, b: &Named) -> Result<Range, Reason> {
        let (one, other) = (self.here(a)?, self.here(b)?);
        let contact = self.contact(&one, &other)?;
        let mark = draft.evidence.line(LineKind::Gap, contact.nearest);
        let cut = [&one, &other].into_iter().find(|s| s.truncated).map(Subject::cut);
        let low = if cut.is_some() { 0.0 } else { contact.gap_mm };
        let range = Range { value: contact.gap_mm, low, high: contact.gap_mm, cut };
        draft.note(format!("{} to {}, gap", title(a), title(b)), &range, Unit::Mm, mark);
        Ok(range)
    }

    /// What the measured pairs say of two structures that are present.
    pub(super) fn contact(&self, a: &Subject<'_>, b: &Subject<'_>) -> Result<Contact, Reason> {
        let mut out = Contact { gap_mm: f64::INFINITY, nearest: [[0.0; 3]; 2], contained: 0.0, contact: 0.0 };
        for &(i, label) in a.labels.iter().filter(|(_, l)| l.voxels > 0) {
            let share = label.voxels as f64 / a.voxels.max(1) as f64;
            for &(j, _) in b.labels.iter().filter(|(_, l)| l.voxels > 0) {
                let pair = self.pair(i, j).ok_or_else(|| Reason::NotMeasured("the gap".to_owned()))?;
                if pair.gap_mm < out.gap_mm {
                    (out.gap_mm, out.nearest) = (pair.gap_mm, pair.nearest);
                }
                out.contained = (out.contained + share * pair.contained[0]).min(1.0);
                out.contact = (out.contact + share * pair.contact_share).min(1.0);
            }
        }
        if out.gap_mm.is_finite() { Ok(out) } else { Err(Reason::NotMeasured("the gap".to_owned())) }
    }

    /// The pair with `a` first, turned round where it is stored the other way.
    fn pair(&self, a: usize, b: usize) -> Option<PairMeasures> {
        if a == b {
            return self.with_itself(a);
        }
        let stored = |a, b| self.case.pairs.iter().find(|p| (p.a, p.b) == (a, b));
        if let Some(pair) = stored(a, b) {
            return Some(*pair);
        }
        let pair = stored(b, a)?;
        Some(PairMeasures {
            a,
            b,
            offset_ras_mm: pair.offset_ras_mm.map(|o| -o),
            nearest: [pair.nearest[1], pair.nearest[0]],
            contained: [pair.contained[1], pair.contained[0]],
            contact_share: pair.contact_share_of_b,
            contact_share_of_b: pair.contact_share,
            ..*pair
        })
    }

    /// A label that two structures share, such as a lobe and its lung.
    fn with_itself(&self, label: usize) -> Option<PairMeasures> {
        let at = self.case.labels.get(label)?.place?.centroid_ras_mm;
        Some(PairMeasures {
            a: label,
            b: label,
            centre_distance_mm: 0.0,
            offset_ras_mm: [0.0; 3],
            gap_mm: 0.0,
            nearest: [at, at],
            surface: None,
            overlap: [1.0; 3],
            contact_share: 1.0,
            contact_share_of_b: 1.0,
            contained: [1.0; 2],
        })
    }
}

/// Of a line, RAS mm.
type Ends = [[f64; 3]; 2];

/// The number and, where it is a length, the line that shows it.
fn size_of(subject: &Subject<'_>, size: Size) -> Result<(Range, Option<Ends>), Reason> {
    if let Some(axis) = size.axis() {
        let [low, high] = subject.box_ras_mm()?;
        let mut ends = [subject.centroid()?; 2];
        (ends[0][axis], ends[1][axis]) = (low[axis], high[axis]);
        let cut = subject.open[axis].contains(&true).then(|| subject.cut());
        return Ok((Range::at_least(high[axis] - low[axis], cut), Some(ends)));
    }
    let cut = subject.truncated.then(|| subject.cut());
    if size == Size::Volume {
        return Ok((Range::at_least(subject.volume_ml, cut), None));
    }
    let shape = only_label(subject).and_then(|l| l.shape.as_ref());
    let shape = shape.ok_or_else(|| Reason::NotMeasured("the diameter".to_owned()))?;
    let ends = if size == Size::Diameter { shape.diameter } else { shape.axial_diameter };
    Ok((Range::at_least(super::Line::new(LineKind::Extent, ends).length_mm, cut), Some(ends)))
}

fn only_label<'a>(subject: &Subject<'a>) -> Option<&'a LabelMeasures> {
    match subject.labels[..] {
        [(_, label)] => Some(label),
        _ => None,
    }
}

/// The structure as one reads it.
pub(super) fn title(a: &Named) -> String {
    let name = structures::titled(structures::find(&a.name), &a.name).to_string();
    match &a.case {
        Some(case) => format!("{name} of {case}"),
        None => name,
    }
}

impl Draft {
    pub fn note(&mut self, what: String, range: &Range, unit: Unit, mark: Option<Mark>) {
        self.numbers.push(self.number(what, range, unit, mark));
    }

    fn number(&self, what: String, range: &Range, unit: Unit, mark: Option<Mark>) -> super::Number {
        super::Number { what, value: range.value, unit, at_least: range.high.is_infinite() && range.low > 0.0, mark }
    }
}
