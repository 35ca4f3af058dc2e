//! Label maps that break careless programs.

use super::plain::grid;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use voxaudit::geometry::{MOST, MeasureError, Options, Pairs, Watch, measure_case, measure_pair};
use voxaudit::volume::{LabelLayer, LabelName, LabelSet, LabelVoxels};

const RAS: [[f64; 4]; 3] = [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]];
const EVERYTHING: Options = Options { shape: true, pairs: Pairs::All, surfaces: true };
/// Only ends what would never end: shared machines can be slow.
const PATIENCE: Duration = Duration::from_secs(240);

fn layer(size: [usize; 3], value: impl Fn([usize; 3]) -> u16) -> LabelLayer {
    let grid = grid(size, RAS);
    let voxels: Vec<u16> = (0..grid.len()).map(|n| value([n % size[0], n / size[0] % size[1], n / size[0] / size[1]])).collect();
    LabelLayer { grid, voxels: LabelVoxels::from_slice(&voxels).unwrap() }
}

fn set(layers: Vec<LabelLayer>) -> LabelSet {
    let absent = LabelName { layer: 0, value: 9, name: "absent".into(), color: None };
    LabelSet::new(layers, vec![absent], Vec::new())
}

/// The same on every run.
fn noise(n: usize) -> u64 {
    let mut x = (n as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x ^= x >> 29;
    x = x.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x ^ x >> 32
}

#[test]
fn nothing_at_all() {
    let case = measure_case(&LabelSet::default(), None, &EVERYTHING, &()).unwrap();
    assert!(case.labels.is_empty() && case.pairs.is_empty());
    let case = measure_case(&set(vec![layer([3, 3, 3], |_| 0)]), None, &EVERYTHING, &()).unwrap();
    let absent = &case.labels[0];
    assert_eq!((absent.voxels, absent.place, absent.shape.clone(), absent.hu), (0, None, None, None));
}

#[test]
fn absent_and_equal_labels_make_no_pair() {
    let set = set(vec![layer([4, 1, 1], |[i, ..]| i as u16)]);
    let index = |value| set.index_of(0, value).unwrap();
    assert_eq!(measure_pair(&set, [index(1), index(9)], true, &()), Ok(None));
    assert_eq!(measure_pair(&set, [index(1), index(1)], true, &()), Ok(None));
    assert_eq!(measure_pair(&set, [index(1), 77], true, &()), Ok(None));
    let p = measure_pair(&set, [index(1), index(3)], true, &()).unwrap().unwrap();
    assert_eq!((p.gap_mm, p.nearest, p.contact_share), (2.0, [[1.0, 0.0, 0.0], [3.0, 0.0, 0.0]], 0.0));
}

#[test]
fn one_voxel_and_a_label_on_all_six_faces() {
    let set = set(vec![layer([5, 5, 5], |at| if at == [2, 2, 2] { 2 } else { 1 })]);
    let case = measure_case(&set, None, &EVERYTHING, &()).unwrap();
    let (shell, one) = (&case.labels[0], &case.labels[1]);
    assert!(shell.truncated && !one.truncated);
    assert_eq!(one.shape.as_ref().unwrap().diameter, [[2.0; 3]; 2]);
    assert_eq!((shell.voxels, one.voxels, shell.place.unwrap().extent.width_rl), (124, 1, 5.0));
    let p = &case.pairs[0];
    let inner = 6.0; // of the 98 + 6 boundary voxels, those with a face on the hole
    assert_eq!((p.gap_mm, p.centre_distance_mm, p.contact_share), (1.0, 0.0, inner / 104.0));
}

#[test]
fn two_labels_on_the_same_voxels() {
    let ball = |[i, j, k]: [usize; 3]| u16::from((2..5).contains(&i) && (2..5).contains(&j) && (2..5).contains(&k));
    let case = measure_case(&set(vec![layer([7, 7, 7], ball), layer([7, 7, 7], ball)]), None, &EVERYTHING, &()).unwrap();
    let p = &case.pairs[0];
    assert_eq!((p.gap_mm, p.contained, p.contact_share, p.overlap), (0.0, [1.0; 2], 1.0, [1.0; 3]));
    assert_eq!(p.surface.unwrap().hausdorff_mm, 0.0);
}

#[test]
fn every_value_a_label_map_can_have() {
    let start = Instant::now();
    let all = set(vec![layer([256, 256, 1], |[i, j, _]| (i + 256 * j) as u16)]);
    let case = measure_case(&all, None, &Options { shape: true, ..Options::default() }, &()).unwrap();
    assert_eq!(case.labels.len(), 65_535);
    assert!(case.labels.iter().all(|l| l.voxels == 1 && l.shape.as_ref().unwrap().components.each().eq([1])));
    assert!(start.elapsed() < PATIENCE, "{:?}", start.elapsed());
}

#[test]
fn a_grid_that_is_too_long_is_refused() {
    let long = set(vec![layer([MOST + 1, 1, 1], |[i, ..]| (i % 2) as u16)]);
    assert_eq!(measure_case(&long, None, &EVERYTHING, &()), Err(MeasureError::TooLarge([MOST + 1, 1, 1])));
    let longest = set(vec![layer([MOST, 1, 1], |[i, ..]| 1 + (i > 60_000) as u16)]);
    let case = measure_case(&longest, None, &EVERYTHING, &()).unwrap();
    assert_eq!((case.pairs[0].gap_mm, case.labels[0].voxels), (1.0, 60_001));
}

#[test]
fn salt_and_pepper_is_slow_but_measured() {
    let start = Instant::now();
    let salt = set(vec![layer([96, 96, 96], |[i, j, k]| (noise(i + 96 * (j + 96 * k)) % 4) as u16)]);
    let case = measure_case(&salt, None, &EVERYTHING, &()).unwrap();
    assert_eq!(case.pairs.len(), 3);
    assert!(case.pairs.iter().all(|p| p.gap_mm == 1.0 && p.contact_share > 0.9));
    assert!(start.elapsed() < PATIENCE, "{:?}", start.elapsed());
}

/// Stops after it was asked some times.
struct Impatient(AtomicUsize);

impl Watch for Impatient {
    fn advance(&self, _: u64, _: u64) {}
    fn cancelled(&self) -> bool {
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1)).is_err()
    }
}

#[test]
fn measuring_stops_whenever_it_is_told_to() {
    let salt = set(vec![layer([64, 64, 64], |[i, j, k]| (noise(i + 64 * (j + 64 * k)) % 3) as u16)]);
    let asked = |patience| {
        let watch = Impatient(AtomicUsize::new(patience));
        (measure_case(&salt, None, &EVERYTHING, &watch), patience - watch.0.load(Ordering::Relaxed))
    };
    let (whole, times) = asked(1_000_000);
    assert!(whole.is_ok() && times > 100, "{times}");
    for patience in [0, 1, 65, 70, times / 2, times - 1] {
        assert_eq!(asked(patience).0, Err(MeasureError::Cancelled), "{patience} of {times}");
    }
}
