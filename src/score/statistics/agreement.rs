//! Agreement of several raters on a yes or no: Fleiss' kappa, Krippendorff's alpha, Gwet's AC1, and pairs of raters.

use serde::Serialize;

/// How many raters said yes and no to one item.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ratings {
    pub yes: usize,
    pub no: usize,
}

/// Agreement over the items that every rater rated, and over all that two or more rated. What is undefined is `None`, and `why` says so.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Agreement {
    /// Raters.
    pub raters: usize,
    /// Items that every rater rated; the next four figures are over these.
    pub n: usize,
    /// Share of items on which all raters agree.
    pub unanimous: Option<f64>,
    pub fleiss_kappa: Option<f64>,
    pub krippendorff_alpha: Option<f64>,
    pub gwet_ac1: Option<f64>,
    /// Items that at least two raters rated.
    pub n_with_missing: usize,
    pub krippendorff_alpha_with_missing: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<&'static str>,
}

impl Ratings {
    pub fn of<const N: usize>(said: [bool; N]) -> Self {
        let yes = said.into_iter().filter(|yes| *yes).count();
        Self { yes, no: N - yes }
    }

    fn n(self) -> usize {
        self.yes + self.no
    }

    /// Pairs of raters that agree, in both orders.
    fn agreeing(self) -> f64 {
        let ordered = |n: usize| (n * n.saturating_sub(1)) as f64;
        ordered(self.yes) + ordered(self.no)
    }

    /// Share of pairs of raters that agree.
    fn agreement(self) -> f64 {
        self.agreeing() / (self.n() * (self.n() - 1)) as f64
    }
}

/// Agreement of `raters` raters over items.
pub fn agreement(items: &[Ratings], raters: usize) -> Agreement {
    let paired: Vec<Ratings> = items.iter().copied().filter(|r| r.n() >= 2).collect();
    let complete: Vec<Ratings> = paired.iter().copied().filter(|r| r.n() == raters).collect();
    let unanimous = complete.iter().filter(|r| r.yes == 0 || r.no == 0).count();
    let mut found = Agreement {
        raters,
        n: complete.len(),
        unanimous: (!complete.is_empty()).then(|| unanimous as f64 / complete.len() as f64),
        fleiss_kappa: fleiss(&complete),
        krippendorff_alpha: krippendorff(&complete),
        gwet_ac1: gwet(&complete),
        n_with_missing: paired.len(),
        krippendorff_alpha_with_missing: krippendorff(&paired),
        why: None,
    };
    found.why = match found {
        Agreement { n: 0, .. } => Some("no item was rated by all of two or more raters"),
        Agreement { fleiss_kappa: None, .. } => Some("every rating is the same, so chance alone would agree fully"),
        _ => None,
    };
    found
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> Option<f64> {
    let n = values.len();
    (n > 0).then(|| values.sum::<f64>() / n as f64)
}

/// `(observed − expected) / (1 − expected)`, undefined when chance explains everything.
fn beyond_chance(observed: f64, expected: f64) -> Option<f64> {
    (expected < 1.0).then(|| (observed - expected) / (1.0 - expected))
}

/// Fleiss, Psychological Bulletin 76 (1971) 378–382. Every item has the same number of ratings.
fn fleiss(items: &[Ratings]) -> Option<f64> {
    let observed = mean(items.iter().map(|r| r.agreement()))?;
    let yes = mean(items.iter().map(|r| r.yes as f64 / r.n() as f64))?;
    beyond_chance(observed, yes * yes + (1.0 - yes) * (1.0 - yes))
}

/// Krippendorff, "Content analysis" (2004), ch. 11: nominal data, any number of ratings from two up.
fn krippendorff(items: &[Ratings]) -> Option<f64> {
    let total = items.iter().map(|r| r.n()).sum::<usize>() as f64;
    let yes = items.iter().map(|r| r.yes).sum::<usize>() as f64;
    let no = total - yes;
    let agreeing: f64 = items.iter().map(|r| r.agreeing() / (r.n() - 1) as f64).sum();
    let (observed, expected) = (total - agreeing, 2.0 * yes * no / (total - 1.0));
    (expected > 0.0).then(|| 1.0 - observed / expected)
}

/// Gwet, Br. J. Math. Stat. Psychol. 61 (2008) 29–48: chance agreement of two categories is 2 π (1 − π).
fn gwet(items: &[Ratings]) -> Option<f64> {
    let observed = mean(items.iter().map(|r| r.agreement()))?;
    let yes = mean(items.iter().map(|r| r.yes as f64 / r.n() as f64))?;
    beyond_chance(observed, 2.0 * yes * (1.0 - yes))
}

/// Two raters: items both rated, share of agreement, and Cohen's kappa (Educ. Psychol. Meas. 20 (1960) 37–46).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PairAgreement {
    pub a: String,
    pub b: String,
    pub n: usize,
    pub agree: Option<f64>,
    pub cohen_kappa: Option<f64>,
}

impl PairAgreement {
    pub fn of(a: &str, b: &str, ratings: &[(bool, bool)]) -> Self {
        let share = |holds: fn(&(bool, bool)) -> bool| mean(ratings.iter().map(|r| f64::from(u8::from(holds(r)))));
        let agree = share(|r| r.0 == r.1);
        let cohen_kappa = agree.zip(share(|r| r.0)).zip(share(|r| r.1));
        let cohen_kappa = cohen_kappa.and_then(|((o, a), b)| beyond_chance(o, a * b + (1.0 - a) * (1.0 - b)));
        Self { a: a.to_owned(), b: b.to_owned(), n: ratings.len(), agree, cohen_kappa }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn undefined_agreement_says_why() {
        let same = agreement(&[Ratings { yes: 3, no: 0 }; 4], 3);
        assert_eq!((same.fleiss_kappa, same.krippendorff_alpha, same.gwet_ac1), (None, None, Some(1.0)));
        assert!(same.why.is_some());
        let none = agreement(&[Ratings { yes: 1, no: 0 }], 3);
        assert_eq!((none.n, none.gwet_ac1), (0, None));
        assert!(none.why.is_some());
        assert_eq!(PairAgreement::of("a", "b", &[]).agree, None);
    }

    /// The published judges of m3d: items by number of yes votes.
    #[test]
    fn the_published_judges_agree_as_the_libraries_say() {
        let items: Vec<Ratings> =
            [5535, 706, 408, 2425].iter().enumerate().flat_map(|(yes, n)| vec![Ratings { yes, no: 3 - yes }; *n]).collect();
        let found = agreement(&items, 3);
        assert!((found.fleiss_kappa.unwrap() - 0.8129045904850067).abs() < 1e-12);
        assert!((found.krippendorff_alpha.unwrap() - 0.8129114634337073).abs() < 1e-12);
        assert!((found.gwet_ac1.unwrap() - 0.8545087650010432).abs() < 1e-12);
    }
}
