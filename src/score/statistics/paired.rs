//! Tests of paired answers: McNemar for two models, Cochran's Q for all, Holm's correction.

use serde::Serialize;
use statrs::distribution::{Binomial, ChiSquared, ContinuousCDF, DiscreteCDF};

/// How two models did on the items that both have a verdict for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PairTable {
    pub both: usize,
    pub a_only: usize,
    pub b_only: usize,
    pub neither: usize,
}

/// Cochran's Q over the items that every model has a verdict for.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CochranQ {
    pub models: usize,
    pub n: usize,
    pub q: Option<f64>,
    pub p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<&'static str>,
}

impl PairTable {
    pub fn of(pairs: impl Iterator<Item = (bool, bool)>) -> Self {
        let mut table = Self::default();
        for pair in pairs {
            *match pair {
                (true, true) => &mut table.both,
                (true, false) => &mut table.a_only,
                (false, true) => &mut table.b_only,
                (false, false) => &mut table.neither,
            } += 1;
        }
        table
    }

    pub fn n(&self) -> usize {
        self.both + self.a_only + self.b_only + self.neither
    }

    /// Accuracy of a minus accuracy of b; `None` for no items.
    pub fn difference(&self) -> Option<f64> {
        (self.n() > 0).then(|| (self.a_only as f64 - self.b_only as f64) / self.n() as f64)
    }

    /// Two-sided exact p (McNemar, Psychometrika 12 (1947) 153–157): whichever side won less often, under even odds, doubled.
    /// 1 when the models never differ, `None` for no items.
    pub fn mcnemar_exact(&self) -> Option<f64> {
        let differing = (self.a_only + self.b_only) as u64;
        if differing == 0 {
            return (self.n() > 0).then_some(1.0);
        }
        let fewer = self.a_only.min(self.b_only) as u64;
        Some((2.0 * Binomial::new(0.5, differing).ok()?.cdf(fewer)).min(1.0))
    }
}

/// Holm's step-down correction (Scand. J. Statist. 6 (1979) 65–70), in the order given; a missing p stays missing and is not counted.
pub fn holm(p: &[Option<f64>]) -> Vec<Option<f64>> {
    let mut order: Vec<usize> = (0..p.len()).filter(|n| p[*n].is_some()).collect();
    order.sort_by(|a, b| p[*a].unwrap_or(1.0).total_cmp(&p[*b].unwrap_or(1.0)));
    let mut corrected = vec![None; p.len()];
    let mut least: f64 = 0.0;
    for (rank, n) in order.iter().enumerate() {
        least = least.max(p[*n].unwrap_or(1.0) * (order.len() - rank) as f64).min(1.0);
        corrected[*n] = Some(least);
    }
    corrected
}

/// Cochran's Q (Biometrika 37 (1950) 256–266) of items × models.
pub fn cochran_q(rows: &[Vec<bool>], models: usize) -> CochranQ {
    let undefined = |why| CochranQ { models, n: rows.len(), q: None, p: None, why: Some(why) };
    if models < 2 || rows.is_empty() {
        return undefined("it needs at least two models with verdicts on the same items");
    }
    let of_row = |row: &Vec<bool>| row.iter().filter(|right| **right).count() as f64;
    let of_model = |m: usize| rows.iter().filter(|row| row[m]).count() as f64;
    let k = models as f64;
    let total: f64 = rows.iter().map(of_row).sum();
    let columns: f64 = (0..models).map(|m| of_model(m).powi(2)).sum();
    let spread = k * total - rows.iter().map(|row| of_row(row).powi(2)).sum::<f64>();
    if spread == 0.0 {
        return undefined("the models never differ");
    }
    let q = (k - 1.0) * (k * columns - total * total) / spread;
    let p = ChiSquared::new(k - 1.0).ok().map(|distribution| distribution.sf(q));
    CochranQ { models, n: rows.len(), q: Some(q), p, why: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mcnemar_has_its_known_values() {
        let p = |both, a_only, b_only, neither| PairTable { both, a_only, b_only, neither }.mcnemar_exact();
        assert!((p(1778, 1055, 1155, 5083).unwrap() - 0.03518878164661956).abs() < 1e-12);
        assert!((p(0, 0, 3, 0).unwrap() - 0.25).abs() < 1e-12);
        assert_eq!(p(0, 2, 2, 0), Some(1.0));
        assert_eq!(p(1, 0, 0, 1), Some(1.0));
        assert_eq!(p(0, 0, 0, 0), None);
    }

    #[test]
    fn holm_steps_down_and_skips_what_is_missing() {
        let corrected = holm(&[Some(0.01), None, Some(0.04), Some(0.03)]);
        let expected = [Some(0.03), None, Some(0.06), Some(0.06)];
        for (a, b) in corrected.iter().zip(expected) {
            assert_eq!(a.is_some(), b.is_some());
            assert!((a.unwrap_or(0.0) - b.unwrap_or(0.0)).abs() < 1e-12);
        }
        assert_eq!(holm(&[Some(0.9), Some(0.8)]), [Some(1.0), Some(1.0)]);
    }

    /// Computed with NumPy; with two degrees of freedom p is exp(−q / 2).
    #[test]
    fn cochran_has_its_known_values() {
        let rows: Vec<Vec<bool>> = (0..60).map(|k| vec![k % 2 == 0, k % 3 == 0, k % 5 < 3]).collect();
        let found = cochran_q(&rows, 3);
        assert!((found.q.unwrap() - 8.521739130434783).abs() < 1e-9, "{found:?}");
        assert!((found.p.unwrap() - 0.014110027484896091).abs() < 1e-9, "{found:?}");
        assert!(cochran_q(&[vec![true, true]], 2).why.is_some());
        assert!(cochran_q(&[], 2).q.is_none());
    }
}
