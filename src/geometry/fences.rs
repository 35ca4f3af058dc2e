//! Which of many volumes stand out: Tukey's fences on their base-2 logarithm.
//!
//! Volumes of one structure over many patients are closer to log-normal than to normal, so the quartiles Q1 and Q3 are taken of log2 mL
//! (by linear interpolation, as numpy's default), and a value beyond Q1 − 1.5 × (Q3 − Q1) or Q3 + 1.5 × (Q3 − Q1) is an outlier
//! (Tukey, Exploratory Data Analysis, 1977).

/// Of fewer values nothing stands out.
pub const FEWEST: usize = 5;

/// All in log2 mL.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fences {
    pub low: f64,
    pub first_quartile: f64,
    pub median: f64,
    pub third_quartile: f64,
    pub high: f64,
}

impl Fences {
    /// Of positive volumes in mL, others are left out; `None` of fewer than [`FEWEST`].
    pub fn of(volumes_ml: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut logs: Vec<f64> = volumes_ml.into_iter().filter(|v| v.is_finite() && *v > 0.0).map(f64::log2).collect();
        if logs.len() < FEWEST {
            return None;
        }
        logs.sort_by(f64::total_cmp);
        let [q1, median, q3] = [0.25, 0.5, 0.75].map(|share| quantile(&logs, share));
        let reach = 1.5 * (q3 - q1);
        Some(Self { low: q1 - reach, first_quartile: q1, median, third_quartile: q3, high: q3 + reach })
    }

    pub fn is_outlier(&self, volume_ml: f64) -> bool {
        !(self.low..=self.high).contains(&volume_ml.log2())
    }
}

/// Of sorted values, of which there is at least one.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len() - 1) as f64;
    let (low, high) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    low + (high - low) * place.fract()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quartiles_and_fences_are_those_of_the_logarithms() {
        // numpy.percentile([5, 6, 7, 8, 9, 12], [25, 50, 75]) = 6.25, 7.5, 8.75
        let f = Fences::of([32.0, 64.0, 128.0, 256.0, 512.0, 4096.0, 0.0, f64::NAN, -3.0]).unwrap();
        assert_eq!((f.first_quartile, f.median, f.third_quartile), (6.25, 7.5, 8.75));
        assert_eq!((f.low, f.high), (2.5, 12.5));
        assert!(!f.is_outlier(4096.0) && f.is_outlier(8192.0) && f.is_outlier(4.0) && !f.is_outlier(8.0));
        assert!(f.is_outlier(0.0), "nothing where there is usually something");
    }

    #[test]
    fn of_few_nothing_stands_out() {
        assert_eq!(Fences::of([1.0, 2.0, 3.0, 1000.0]), None);
        let same = Fences::of([8.0; 5]).unwrap();
        assert!(!same.is_outlier(8.0) && same.is_outlier(8.1));
    }
}
