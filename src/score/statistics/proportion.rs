//! One proportion: Wilson's interval and the exact test against a chance level.

use statrs::distribution::{Binomial, ContinuousCDF, Discrete, Normal};

/// Wilson's score interval at 95 % for `k` of `n` (Wilson, JASA 22 (1927) 209–212); `None` for no trials.
pub fn wilson(k: usize, n: usize) -> Option<[f64; 2]> {
    if n == 0 || k > n {
        return None;
    }
    let z = Normal::standard().inverse_cdf(0.975);
    let (k, n) = (k as f64, n as f64);
    let p = k / n;
    let centre = p + z * z / (2.0 * n);
    let half = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z * z / n;
    Some([((centre - half) / scale).max(0.0), ((centre + half) / scale).min(1.0)])
}

/// Two-sided exact binomial test of `k` of `n` against `chance`: the probability of every count that is no likelier than `k`, as R's
/// `binom.test` and SciPy's `binomtest` define it. `None` for no trials or a chance outside (0, 1).
pub fn binomial_p(k: usize, n: usize, chance: f64) -> Option<f64> {
    if n == 0 || k > n || !(chance > 0.0 && chance < 1.0) {
        return None;
    }
    let binomial = Binomial::new(chance, n as u64).ok()?;
    let limit = binomial.pmf(k as u64) * (1.0 + 1e-7); // the tolerance that both libraries allow
    let unlikely = (0..=n as u64).map(|count| binomial.pmf(count)).filter(|p| *p <= limit);
    Some(unlikely.sum::<f64>().min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilson_has_its_known_values() {
        assert_eq!(wilson(0, 0), None);
        let [low, high] = wilson(2774, 9074).unwrap();
        assert!((low - 0.29631324722123287).abs() < 1e-12 && (high - 0.3152684249202341).abs() < 1e-12);
        assert_eq!(wilson(0, 10).unwrap()[0], 0.0);
        assert_eq!(wilson(10, 10).unwrap()[1], 1.0);
    }

    #[test]
    fn the_exact_test_has_its_known_values() {
        let check = |k, n, chance, expected: f64| {
            let p = binomial_p(k, n, chance).unwrap();
            assert!((p - expected).abs() < 1e-9 * expected.max(1e-3), "{k} of {n}: {p}");
        };
        check(545, 1217, 0.5, 0.00030057549339613875);
        check(140, 444, 1.0 / 3.0, 0.45025091683250806);
        check(32, 65, 0.5, 1.0);
        assert_eq!(binomial_p(1, 2, 1.0), None);
    }
}
