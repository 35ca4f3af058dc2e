//! All measures of a case, or as much of them as is asked for.
//!
//! Counts, places and boxes were found when the labels were read and cost nothing here. Shapes and HU take one pass over the labels'
//! runs each; pairs need the boundaries and trees of their labels, which are made once; distances between whole surfaces are asked for
//! apart, as they cost far more than everything else. Labels and pairs are shared out over the threads of rayon's current pool.
//!
//! All this stays within three times the memory of the label array, noise included (see [`Body::each_batch`]; measured on 512×512×300 of a
//! byte a voxel: 3.0 times for one label of noise on half of the voxels, 2.6 times for four). For pairs the runs, boundaries and trees of
//! all their labels are in memory together, a small part of the array for anatomy; noise needs none of them (see [`super::mingled`],
//! measured: 1.4 times for all pairs of 100 labels), and what is left of large maps is taken in blocks (see [`super::blocks`]).

use super::blocks;
use super::body::Body;
use super::components::components;
use super::diameter::diameters;
use super::hu::label_hu;
use super::lattice::Lattice;
use super::measures::{CaseMeasures, Extent, GridSummary, LabelMeasures, PairMeasures, Place, Shape};
use super::pairs::pair;
use super::part::Part;
use super::surface::Crofton;
use super::watch::{MeasureError, Steps, Watch};
use crate::volume::{Label, LabelSet, Volume};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// What to measure beside counts and places.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    /// Components, surface area, diameters.
    pub shape: bool,
    pub pairs: Pairs,
    /// Hausdorff and the other distances between whole surfaces of those pairs.
    pub surfaces: bool,
}

/// Which pairs; indices are those of the set's table.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Pairs {
    #[default]
    None,
    /// Every two present labels.
    All,
    /// Those of which both are present.
    These(Vec<[usize; 2]>),
}

impl Pairs {
    /// The pairs of a set, each of two present labels.
    pub fn of(&self, set: &LabelSet) -> Vec<[usize; 2]> {
        let present = |n: &usize| set.table.get(*n).is_some_and(|l| l.voxels > 0);
        match self {
            Pairs::None => Vec::new(),
            Pairs::These(pairs) => pairs.iter().filter(|[a, b]| a != b && present(a) && present(b)).copied().collect(),
            Pairs::All => {
                let all: Vec<usize> = (0..set.table.len()).filter(present).collect();
                all.iter().enumerate().flat_map(|(n, a)| all[n + 1..].iter().map(move |b| [*a, *b])).collect()
            }
        }
    }
}

/// Measures a case. HU only where there is a CT.
///
/// Errors when cancelled or when a grid is too large.
pub fn measure_case(set: &LabelSet, ct: Option<&Volume>, options: &Options, watch: &dyn Watch) -> Result<CaseMeasures, MeasureError> {
    let wanted = options.pairs.of(set);
    let mut labels: Vec<LabelMeasures> = set.table.iter().map(label_place).collect();
    let present = labels.iter().filter(|l| l.voxels > 0).count();
    let crofton = if options.shape { set.layers.iter().map(|l| Crofton::new(&l.grid.affine)).collect() } else { Vec::new() };
    let whole = options.shape || ct.is_some();
    let steps = Steps::new(watch, (if whole { present } else { 0 } + wanted.len()) as u64);
    let together = if wanted.is_empty() { None } else { bodies(set, watch)? };
    let pairs = match together {
        Some(bodies) => {
            if whole {
                measure_labels(set, &bodies, ct, &crofton, &steps, &mut labels)?;
            }
            measure_pairs(&parts(set, bodies, &wanted, watch)?, &wanted, options.surfaces, &steps)?
        }
        None => {
            if whole {
                measure_in_batches(set, ct, &crofton, &steps, &mut labels)?;
            }
            blocks::pairs(set, &wanted, options.surfaces, &steps)?
        }
    };
    Ok(CaseMeasures { grid: grid_summary(set), labels, pairs })
}

/// One pair on its own (indices in the set's table), for the window; `None` unless both are present and different.
///
/// Errors when cancelled or when a grid is too large.
pub fn measure_pair(set: &LabelSet, [a, b]: [usize; 2], surfaces: bool, watch: &dyn Watch) -> Result<Option<PairMeasures>, MeasureError> {
    if a == b {
        return Ok(None);
    }
    let (Some(one), Some(other)) = (Part::of(set, a, watch)?, Part::of(set, b, watch)?) else { return Ok(None) };
    pair([a, b], [&one, &other], surfaces, watch).map(Some)
}

/// Counts and place of a label, without its shape; free of cost.
pub fn label_place(label: &Label) -> LabelMeasures {
    let place = label.bounds.zip(label.centroid).map(|(b, c)| {
        let size = b.size_mm();
        Place {
            bbox_voxel: label.extent,
            box_ras_mm: [b.min.to_array(), b.max.to_array()],
            extent: Extent { width_rl: size.x, depth_ap: size.y, height_si: size.z },
            centroid_ras_mm: c.to_array(),
        }
    });
    LabelMeasures {
        value: label.value,
        layer: label.layer,
        name: label.name.clone(),
        voxels: label.voxels,
        volume_ml: label.volume_ml,
        truncated: label.truncated,
        place,
        shape: None,
        hu: None,
    }
}

/// The grid of the first layer; zeros for a set without layers.
fn grid_summary(set: &LabelSet) -> GridSummary {
    let grid = set.layers.first().map(|l| l.grid);
    GridSummary {
        size: grid.map_or([0; 3], |g| g.size),
        spacing_mm: grid.map_or([0.0; 3], |g| g.affine.spacing_mm()),
        axes: grid.map_or_else(String::new, |g| g.affine.axis_codes()),
        oblique_degrees: grid.map_or(0.0, |g| g.affine.oblique_degrees()),
    }
}

/// Shapes and HU of all labels, as many at a time as there is memory for.
fn measure_in_batches(
    set: &LabelSet,
    ct: Option<&Volume>,
    crofton: &[Crofton],
    steps: &Steps<'_>,
    labels: &mut [LabelMeasures],
) -> Result<(), MeasureError> {
    for (n, layer) in set.layers.iter().enumerate() {
        let named = |(value, body)| Some((set.index_of(n, value)?, body));
        Body::each_batch(layer, steps.watch, |some| {
            let bodies = some.into_iter().filter_map(named).collect();
            measure_labels(set, &bodies, ct, crofton, steps, labels)
        })?;
    }
    Ok(())
}

/// Runs of every present label, by index in the table; `None` where they are too many to be made ready for pairs together.
fn bodies(set: &LabelSet, watch: &dyn Watch) -> Result<Option<BTreeMap<usize, Body>>, MeasureError> {
    let mut out = BTreeMap::new();
    for (n, layer) in set.layers.iter().enumerate() {
        let Some(found) = Body::all_within(layer, blocks::most_runs(layer), watch)? else { return Ok(None) };
        out.extend(found.into_iter().filter_map(|(value, body)| Some((set.index_of(n, value)?, body))));
    }
    Ok(Some(out))
}

/// Largest first, so that no thread is left with a large one at the end.
fn by_size<T>(set: &LabelSet, mut items: Vec<T>, index: impl Fn(&T) -> usize) -> Vec<T> {
    items.sort_by_key(|item| std::cmp::Reverse(set.table[index(item)].voxels));
    items
}

/// Puts shape (with the weights of each layer, unless there are none) and HU of some labels in their place.
fn measure_labels(
    set: &LabelSet,
    bodies: &BTreeMap<usize, Body>,
    ct: Option<&Volume>,
    crofton: &[Crofton],
    steps: &Steps<'_>,
    out: &mut [LabelMeasures],
) -> Result<(), MeasureError> {
    let measure = |(n, body): (usize, &Body)| {
        let layer = set.table[n].layer;
        let grid = &set.layers[layer].grid;
        let shape = crofton.get(layer).map(|c| measure_shape(body, grid, c, steps.watch)).transpose()?.flatten();
        let hu = ct.map(|ct| label_hu(body, grid, ct, steps.watch)).transpose()?.flatten();
        steps.finish_one()?;
        Ok((n, shape, hu))
    };
    let order = by_size(set, bodies.iter().map(|(n, b)| (*n, b)).collect(), |item| item.0);
    let found: Vec<_> = order.into_par_iter().with_max_len(1).map(measure).collect::<Result<_, MeasureError>>()?;
    for (n, shape, hu) in found {
        (out[n].shape, out[n].hu) = (shape, hu);
    }
    Ok(())
}

fn measure_shape(body: &Body, grid: &crate::space::Grid, crofton: &Crofton, watch: &dyn Watch) -> Result<Option<Shape>, MeasureError> {
    let up = grid.affine.closest_axes().iter().position(|(axis, _)| *axis == 2).unwrap_or(2);
    let Some([whole, axial]) = diameters(body, &Lattice::new(&grid.affine), up, watch)? else { return Ok(None) };
    Ok(Some(Shape {
        components: components(body, watch)?,
        surface_area_mm2: crofton.area(body, watch)?,
        axial_diameter: [axial.from.to_array(), axial.to.to_array()],
        diameter: [whole.from.to_array(), whole.to.to_array()],
    }))
}

/// Those labels of `bodies` that a pair needs, made ready for it.
pub(super) fn parts<'a>(
    set: &'a LabelSet,
    bodies: BTreeMap<usize, Body>,
    wanted: &[[usize; 2]],
    watch: &dyn Watch,
) -> Result<BTreeMap<usize, Part<'a>>, MeasureError> {
    let mut needed = vec![false; set.table.len()];
    wanted.iter().flatten().for_each(|n| needed[*n] = true);
    let make = |(n, body): (usize, Body)| Ok((n, Part::new(set, &set.table[n], body, watch)?));
    let order = by_size(set, bodies.into_iter().filter(|(n, _)| needed[*n]).collect(), |item| item.0);
    order.into_par_iter().with_max_len(1).map(make).collect()
}

/// Those of `wanted` whose two labels are among `parts`, in that order.
pub(super) fn measure_pairs(
    parts: &BTreeMap<usize, Part<'_>>,
    wanted: &[[usize; 2]],
    surfaces: bool,
    steps: &Steps<'_>,
) -> Result<Vec<PairMeasures>, MeasureError> {
    let measure = |[a, b]: &[usize; 2]| {
        let (Some(one), Some(other)) = (parts.get(a), parts.get(b)) else { return Ok(None) };
        let measured = pair([*a, *b], [one, other], surfaces, steps.watch)?;
        steps.finish_one()?;
        Ok(Some(measured))
    };
    let measured: Vec<Option<PairMeasures>> = wanted.par_iter().map(measure).collect::<Result<_, MeasureError>>()?;
    Ok(measured.into_iter().flatten().collect())
}
