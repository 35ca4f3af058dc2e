//! One item held against labels that are in memory, for the window: what [`Project::check`] does for all, without waiting for it.

use super::super::query::full_item;
use super::super::{Project, ProjectError};
use super::texts::{self, OwnClaims};
use super::{Check, Checked, Source, overall};
use crate::geometry::claim::Claim;
use crate::geometry::judge::{Judge, Reason, indices};
use crate::geometry::measures::{CaseMeasures, PairMeasures};
use crate::geometry::{MeasureError, Options, Pairs, Watch, measure_case, measure_pair};
use crate::qa::ItemId;
use crate::volume::{LabelSet, Volume};
use rusqlite::{OptionalExtension, params};

/// The claims of one text of an item, each with whether the source brought it.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    pub source: Source,
    pub claims: Vec<(Claim, bool)>,
}

const ITEM: &str = "SELECT c.case_id, i.position, i.question, i.task, i.categories, i.answer, i.options, s.fields
    FROM cases c JOIN items i ON i.case_ref = c.id LEFT JOIN item_sources s ON s.item = i.id WHERE c.case_id = ?1 AND i.position = ?2";

impl Project {
    /// What the reference answer, an edit of it and every model's answer say about geometry. Empty for an item that is gone. A source's
    /// claims that cannot be read count as none here; [`Project::check`] names them.
    pub fn said(&self, id: &ItemId) -> Result<Vec<Said>, ProjectError> {
        let row = |r: &rusqlite::Row<'_>| Ok((full_item(r)?, r.get::<_, Option<String>>(7)?));
        let read = || self.conn.prepare_cached(ITEM)?.query_row(params![id.case.0, id.position], row).optional();
        let Some((item, fields)) = read().map_err(ProjectError::sql(&self.path))? else { return Ok(Vec::new()) };
        let own = texts::own_claims(fields.as_deref()).unwrap_or_else(|_| OwnClaims::default());
        let reader = texts::Reader::new(&item, &own);
        let mut said = vec![Said { source: Source::Reference, claims: reader.reference() }];
        self.with_review(id, |review| {
            said.extend(texts::edited(&item, Some(review)).map(|claims| Said { source: Source::Edited, claims }));
        })?;
        let answers = self.item_answers(id)?;
        said.extend(answers.into_iter().map(|a| Said { claims: reader.answer(&a.text), source: Source::Answer(a.run) }));
        Ok(said)
    }
}

/// Holds what was said against a case. `known` are measures of the same labels from an earlier call; what the claims need beyond them is
/// measured (pairs one by one, shapes of all labels at once) and returned with them.
///
/// Errors when cancelled or when a grid is too large.
pub fn hold(
    said: &[Said],
    set: &LabelSet,
    ct: Option<&Volume>,
    known: Option<CaseMeasures>,
    watch: &dyn Watch,
) -> Result<(CaseMeasures, Vec<Check>), MeasureError> {
    let places = || measure_case(set, None, &Options::default(), watch);
    let mut measures = known.map_or_else(places, Ok)?;
    measure_pairs(said, set, &mut measures, watch)?;
    let mut checks = judged(said, &measures);
    let lacking = |c: &Checked| matches!(c.judgement.reason, Some(Reason::NotMeasured(_)));
    if measures.labels.iter().all(|l| l.shape.is_none()) && checks.iter().flat_map(|c| &c.claims).any(lacking) {
        let shapes = measure_case(set, ct, &Options { shape: true, pairs: Pairs::None, surfaces: false }, watch)?;
        measures.labels = shapes.labels;
        checks = judged(said, &measures);
    }
    Ok((measures, checks))
}

fn judged(said: &[Said], measures: &CaseMeasures) -> Vec<Check> {
    let judge = Judge::new(measures);
    let check = |s: &Said| {
        let one = |(claim, own): &(Claim, bool)| Checked { claim: claim.clone(), own: *own, judgement: judge.judge(claim) };
        let claims: Vec<Checked> = s.claims.iter().map(one).collect();
        Check { source: s.source.clone(), verdict: overall(&claims), claims }
    };
    said.iter().map(check).collect()
}

/// The pairs that claims need and that are not there yet.
fn measure_pairs(said: &[Said], set: &LabelSet, measures: &mut CaseMeasures, watch: &dyn Watch) -> Result<(), MeasureError> {
    let mut wanted: Vec<[usize; 2]> = Vec::new();
    for [one, other] in said.iter().flat_map(|s| &s.claims).flat_map(|(claim, _)| claim.pairs()) {
        if one.case.is_some() || other.case.is_some() {
            continue;
        }
        let found = |name: &str| indices(measures, name).unwrap_or_default();
        let others = found(&other.name);
        wanted.extend(found(&one.name).iter().flat_map(|a| others.iter().map(move |b| [*a.min(b), *a.max(b)])));
    }
    wanted.sort_unstable();
    wanted.dedup();
    wanted.retain(|[a, b]| !measures.pairs.iter().any(|p: &PairMeasures| [p.a, p.b] == [*a, *b]));
    for pair in wanted {
        measures.pairs.extend(measure_pair(set, pair, false, watch)?);
    }
    Ok(())
}
