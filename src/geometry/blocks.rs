//! Pairs of labels that are too much to be in memory together: salt-and-pepper noise has a run for almost every voxel, and a label that is
//! ready for pairs takes some 40 bytes a run.
//!
//! Labels are put into blocks of at most a 64th of the voxels in runs, two of which are in memory at a time; each block is made once for
//! every block before it, so time grows with the number of blocks. A single label of noise is a block whatever its size, so where labels
//! that large touch, nothing is made of them at all (see [`super::mingled`]); two that do not, or whose surfaces are asked for, take
//! several times the array.

use super::body::Body;
use super::case::{measure_pairs, parts};
use super::measures::PairMeasures;
use super::mingled::Mingled;
use super::part::Part;
use super::watch::{MeasureError, Steps, Watch};
use crate::volume::{LabelLayer, LabelSet};
use std::collections::{BTreeMap, HashMap};

/// So many runs are never too many.
const FEW: usize = 1 << 19;

/// Of a layer whose labels are all made ready at once.
pub fn most_runs(layer: &LabelLayer) -> usize {
    (layer.grid.len() / 32).max(FEW)
}

/// Labels of one layer that are made ready together, each with its value and its number of runs.
struct Block {
    layer: usize,
    labels: Vec<(u16, usize)>,
}

/// `wanted` pairs (indices in the set's table; all present), in their order.
///
/// Errors when cancelled or when a grid is too large.
pub(super) fn pairs(set: &LabelSet, wanted: &[[usize; 2]], surfaces: bool, steps: &Steps<'_>) -> Result<Vec<PairMeasures>, MeasureError> {
    if wanted.is_empty() {
        return Ok(Vec::new()); // nothing is read for them
    }
    let counts: Counts = set.layers.iter().map(|layer| Body::counts(layer, steps.watch)).collect::<Result<_, _>>()?;
    let most = |layer: &LabelLayer| most_runs(layer) / 2;
    let mingled = if surfaces { Vec::new() } else { mingled(set, wanted, &counts, most, steps)? };
    let mut found: HashMap<[usize; 2], PairMeasures> = mingled.into_iter().map(|p| ([p.a, p.b], p)).collect();
    let left: Vec<[usize; 2]> = wanted.iter().filter(|pair| !found.contains_key(*pair)).copied().collect();
    let blocks = blocks(set, &left, &counts, most);
    found.extend(pairs_of(set, &blocks, &left, surfaces, steps)?.into_iter().map(|p| ([p.a, p.b], p)));
    Ok(wanted.iter().filter_map(|pair| found.remove(pair)).collect())
}

/// Number of runs by layer and value.
type Counts = Vec<Vec<(u16, usize)>>;

/// So many labels of a layer, all of which may touch each other, are held against each other without runs whatever their size.
const FEW_LABELS: usize = 512;

/// Those of `wanted` whose labels touch: with a label of more than `most` runs, or any where there are few labels.
fn mingled(
    set: &LabelSet,
    wanted: &[[usize; 2]],
    counts: &Counts,
    most: impl Fn(&LabelLayer) -> usize,
    steps: &Steps<'_>,
) -> Result<Vec<PairMeasures>, MeasureError> {
    let mut out = Vec::new();
    for (n, layer) in set.layers.iter().enumerate() {
        let mut large = vec![counts[n].len() <= FEW_LABELS; 1 << 16];
        counts[n].iter().filter(|(_, runs)| *runs > most(layer)).for_each(|(value, _)| large[usize::from(*value)] = true);
        let label = |index: usize| Some(&set.table[index]).filter(|l| l.layer == n).map(|l| usize::from(l.value));
        let of =
            |pair: &&[usize; 2]| pair.map(label).iter().all(Option::is_some) && pair.iter().any(|l| label(*l).is_some_and(|v| large[v]));
        let here: Vec<[usize; 2]> = wanted.iter().filter(of).copied().collect();
        if !here.is_empty() {
            let mut among = vec![false; 1 << 16];
            here.iter().flatten().filter_map(|index| label(*index)).for_each(|value| among[value] = true);
            out.extend(Mingled { set, layer: n, wanted: &among, large: &large }.measure(&here, steps.watch)?);
        }
    }
    out.iter().try_for_each(|_| steps.finish_one())?;
    Ok(out)
}

fn pairs_of(
    set: &LabelSet,
    blocks: &[Block],
    wanted: &[[usize; 2]],
    surfaces: bool,
    steps: &Steps<'_>,
) -> Result<Vec<PairMeasures>, MeasureError> {
    let mut block_of: HashMap<usize, usize> = HashMap::new();
    for (n, block) in blocks.iter().enumerate() {
        block_of.extend(block.labels.iter().filter_map(|(value, _)| set.index_of(block.layer, *value)).map(|label| (label, n)));
    }
    let mut found: HashMap<[usize; 2], PairMeasures> = HashMap::new();
    for (n, block) in blocks.iter().enumerate() {
        let mut ready: Option<BTreeMap<usize, Part<'_>>> = None;
        for (m, other) in blocks.iter().enumerate().skip(n) {
            let of = |pair: &&[usize; 2]| {
                let [a, b] = pair.map(|label| block_of.get(&label).copied());
                [[a, b], [b, a]].contains(&[Some(n), Some(m)])
            };
            let here: Vec<[usize; 2]> = wanted.iter().filter(of).copied().collect();
            if here.is_empty() {
                continue;
            }
            let mut both = match ready.take() {
                Some(ready) => ready,
                None => made(set, block, wanted, steps.watch)?,
            };
            if m != n {
                both.append(&mut made(set, other, wanted, steps.watch)?);
            }
            let measured = measure_pairs(&both, &here, surfaces, steps)?;
            found.extend(measured.into_iter().map(|p| ([p.a, p.b], p)));
            both.retain(|label, _| block_of.get(label) == Some(&n));
            ready = Some(both);
        }
    }
    Ok(wanted.iter().filter_map(|pair| found.remove(pair)).collect())
}

fn made<'a>(set: &'a LabelSet, block: &Block, wanted: &[[usize; 2]], watch: &dyn Watch) -> Result<BTreeMap<usize, Part<'a>>, MeasureError> {
    let bodies = Body::some(&set.layers[block.layer], &block.labels, watch)?;
    let named = bodies.into_iter().filter_map(|(value, body)| Some((set.index_of(block.layer, value)?, body)));
    parts(set, named.collect(), wanted, watch)
}

/// The labels of `wanted`, by layer and value.
fn blocks(set: &LabelSet, wanted: &[[usize; 2]], counts: &Counts, most: impl Fn(&LabelLayer) -> usize) -> Vec<Block> {
    let mut needed = vec![false; set.table.len()];
    wanted.iter().flatten().for_each(|n| needed[*n] = true);
    let mut out = Vec::new();
    for (n, layer) in set.layers.iter().enumerate() {
        let wanted = |(value, _): &&(u16, usize)| set.index_of(n, *value).is_some_and(|label| needed[label]);
        let counts: Vec<(u16, usize)> = counts[n].iter().filter(wanted).copied().collect();
        let most = most(layer);
        let mut total = 0;
        let starts = |(_, runs): &(u16, usize)| {
            total += runs;
            let starts = total > most;
            total = if starts { *runs } else { total };
            starts
        };
        let starts: Vec<bool> = counts.iter().map(starts).collect();
        for (label, starts) in counts.into_iter().zip(starts) {
            match out.last_mut().filter(|b: &&mut Block| b.layer == n && !starts) {
                Some(block) => block.labels.push(label),
                None => out.push(Block { layer: n, labels: vec![label] }),
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{Options, Pairs, measure_case};
    use crate::space::{Affine, Grid};
    use crate::volume::LabelVoxels;

    fn layer(seed: usize) -> LabelLayer {
        let affine = Affine::from_rows([[1.5, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 2.0, 0.0]]).unwrap();
        let grid = Grid { size: [13, 11, 7], affine };
        let mut voxels = vec![0u16; grid.len()];
        voxels.iter_mut().enumerate().for_each(|(n, v)| *v = ((n + seed) * (n + 3) % 1009 % 11) as u16);
        LabelLayer { grid, voxels: LabelVoxels::from_slice(&voxels).unwrap() }
    }

    #[test]
    fn blocks_of_any_size_give_the_pairs_of_all_labels_together() {
        let set = LabelSet::new(vec![layer(0), layer(5)], Vec::new(), Vec::new());
        let all = measure_case(&set, None, &Options { shape: false, pairs: Pairs::All, surfaces: true }, &()).unwrap().pairs;
        let wanted: Vec<[usize; 2]> = all.iter().map(|p| [p.a, p.b]).collect();
        assert_eq!(wanted.len(), 190);
        let counts: Counts = set.layers.iter().map(|l| Body::counts(l, &()).unwrap()).collect();
        for most in [1, 90, 200, 100_000] {
            let steps = Steps::new(&(), wanted.len() as u64);
            let some = blocks(&set, &wanted, &counts, |_| most);
            assert!(some.iter().all(|b| b.labels.len() == 1 || b.labels.iter().map(|(_, n)| n).sum::<usize>() <= most));
            assert_eq!(some.len() == 2, most == 100_000, "{most}: {}", some.len());
            assert_eq!(pairs_of(&set, &some, &wanted, true, &steps).unwrap(), all, "{most}");
        }
        let few = [wanted[7], wanted[100]];
        let some = blocks(&set, &few, &counts, |_| 1);
        let steps = Steps::new(&(), 2);
        assert_eq!(pairs_of(&set, &some, &few, true, &steps).unwrap(), [all[7], all[100]]);
    }

    /// Along i, j and k the smallest distance in turn; two layers, some labels far from the noise.
    #[test]
    fn labels_that_are_mingled_are_measured_as_others_are() {
        for spacing in [[0.8, 1.0, 2.0], [1.5, 1.0, 2.0], [1.5, 1.0, 0.9]] {
            let mut layers = vec![layer(0), layer(5)];
            for layer in &mut layers {
                let rows = [0, 1, 2].map(|a| [0, 1, 2, 3].map(|c| if a == c { spacing[a] } else { 0.0 }));
                layer.grid.affine = Affine::from_rows(rows).unwrap();
                (0..5 * 13 * 11).for_each(|n| layer.voxels.set(n, if n == 20 { 12 } else { 0 }));
            }
            let set = LabelSet::new(layers, Vec::new(), Vec::new());
            let all = measure_case(&set, None, &Options { shape: false, pairs: Pairs::All, surfaces: false }, &()).unwrap().pairs;
            let wanted: Vec<[usize; 2]> = all.iter().map(|p| [p.a, p.b]).collect();
            let counts: Counts = set.layers.iter().map(|l| Body::counts(l, &()).unwrap()).collect();
            let some = mingled(&set, &wanted, &counts, |_| 3, &Steps::new(&(), wanted.len() as u64)).unwrap();
            assert!((60..all.len()).contains(&some.len()), "{} of {}", some.len(), all.len());
            for found in some {
                let usual = all.iter().find(|p| (p.a, p.b) == (found.a, found.b)).unwrap();
                let [a, b] = found.nearest.map(glam::DVec3::from_array);
                assert!((a.distance(b) - usual.gap_mm).abs() < 1e-9, "{found:?} {usual:?}");
                let at = |p: glam::DVec3| set.at(crate::space::RasMm(p));
                assert!(at(a).contains(&found.a) && at(b).contains(&found.b));
                assert_eq!(crate::geometry::measures::PairMeasures { nearest: usual.nearest, ..found }, *usual);
            }
        }
    }
}
