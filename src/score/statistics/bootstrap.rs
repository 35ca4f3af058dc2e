//! Percentile bootstrap over cases: whole cases are drawn with replacement, because items of one case are not independent.
//!
//! Source: Efron & Tibshirani, "An introduction to the bootstrap" (1993), ch. 13; clusters as in Davison & Hinkley (1997), 3.8. Only the
//! sums of each case are needed, so 10,000 replicates of 1,601 cases take a fraction of a second. Seeded: the same input gives the same
//! interval on every machine.

/// Sum and number of the values of one case.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cluster {
    pub sum: f64,
    pub n: f64,
}

/// How often to draw, and from which seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resampling {
    pub replicates: usize,
    pub seed: u64,
}

impl Default for Resampling {
    fn default() -> Self {
        Self { replicates: 10_000, seed: 42 }
    }
}

/// 95 % interval of the mean over all values; `None` when there are no replicates, or fewer than two cases: one case says nothing about
/// how cases differ.
pub fn case_bootstrap(cases: &[Cluster], how: Resampling) -> Option<[f64; 2]> {
    let cases: Vec<Cluster> = cases.iter().copied().filter(|case| case.n > 0.0).collect();
    if cases.len() < 2 || how.replicates == 0 {
        return None;
    }
    let mut random = SplitMix(how.seed);
    let mut means: Vec<f64> = (0..how.replicates).map(|_| resampled_mean(&cases, &mut random)).collect();
    means.sort_unstable_by(f64::total_cmp);
    Some([quantile(&means, 0.025), quantile(&means, 0.975)])
}

/// 95 % interval of the mean over all values without resampling: the ratio of sums is linearised, and cases are the units that vary (Cochran,
/// Sampling Techniques, 3rd ed. 1977, ch. 6; the cluster-robust variance with its factor C / (C − 1)). `None` for fewer than two cases.
pub fn case_normal(cases: &[Cluster]) -> Option<[f64; 2]> {
    let used = || cases.iter().filter(|case| case.n > 0.0);
    let (count, n, sum) = used().fold((0.0, 0.0, 0.0), |(c, n, sum), case| (c + 1.0, n + case.n, sum + case.sum));
    if count < 2.0 {
        return None;
    }
    let mean = sum / n;
    let spread: f64 = used().map(|case| (case.sum - mean * case.n).powi(2)).sum();
    let half = 1.959_963_984_540_054 * (spread * count / (count - 1.0)).sqrt() / n;
    Some([mean - half, mean + half])
}

fn resampled_mean(cases: &[Cluster], random: &mut SplitMix) -> f64 {
    let (mut sum, mut n) = (0.0, 0.0);
    for _ in 0..cases.len() {
        let case = cases[random.below(cases.len())];
        sum += case.sum;
        n += case.n;
    }
    sum / n
}

/// Between the two nearest values (type 7, NumPy's default).
fn quantile(sorted: &[f64], q: f64) -> f64 {
    let at = q * (sorted.len() - 1) as f64;
    let low = at.floor() as usize;
    let high = (low + 1).min(sorted.len() - 1);
    sorted[low] + (at - low as f64) * (sorted[high] - sorted[low])
}

/// SplitMix64 (Steele, Lea & Flood, OOPSLA 2014): small, fast, and the same everywhere.
struct SplitMix(u64);

impl SplitMix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`, by multiplication; its bias, n / 2⁶⁴, is beyond measure.
    fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.next()) * n as u128) >> 64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_numpy() {
        assert_eq!(quantile(&[1.0, 2.0, 3.0, 4.0], 0.25), 1.75);
        assert_eq!(quantile(&[5.0], 0.975), 5.0);
    }

    #[test]
    fn one_item_cases_give_the_normal_interval_and_a_seed_gives_the_same() {
        let cases: Vec<Cluster> = (0..1000).map(|k| Cluster { sum: f64::from(k % 10 < 3), n: 1.0 }).collect();
        let how = Resampling::default();
        let [low, high] = case_bootstrap(&cases, how).unwrap();
        let half = 1.96 * (0.3f64 * 0.7 / 1000.0).sqrt();
        assert!((low - (0.3 - half)).abs() < 0.002 && (high - (0.3 + half)).abs() < 0.002, "{low} {high}");
        assert_eq!(case_bootstrap(&cases, how), Some([low, high]));
        assert_ne!(case_bootstrap(&cases, Resampling { seed: 1, ..how }), Some([low, high]));
    }

    #[test]
    fn the_interval_without_resampling_is_near_the_one_with() {
        let case = |k: u64| {
            let n = 1.0 + (k % 9) as f64;
            Cluster { sum: if k.is_multiple_of(5) { n } else { (k % 3) as f64 * n / 4.0 } - 0.2 * n, n }
        };
        let cases: Vec<Cluster> = (0..1600).map(case).collect();
        let (fast, drawn) = (case_normal(&cases).unwrap(), case_bootstrap(&cases, Resampling::default()).unwrap());
        assert!((0..2).all(|side| (fast[side] - drawn[side]).abs() < 0.002), "{fast:?} {drawn:?}");
        // two cases of one value each: mean ½, spread ½, half width z·√(½·2) / 2
        let two = case_normal(&[Cluster { sum: 0.0, n: 1.0 }, Cluster { sum: 1.0, n: 1.0 }]).unwrap();
        assert!((two[1] - 0.5 - 1.959_963_984_540_054 / 2.0).abs() < 1e-12, "{two:?}");
        assert_eq!(case_normal(&cases[..1]), None);
    }

    #[test]
    fn nothing_has_no_interval() {
        assert_eq!(case_bootstrap(&[], Resampling::default()), None);
        assert_eq!(case_bootstrap(&[Cluster::default()], Resampling::default()), None);
    }
}
