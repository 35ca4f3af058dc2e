//! Where a plane runs through a grid: the numbers of the cutting pass and of the pass that composes the view, and the bricks the plane needs.
//!
//! A plane parallel to the voxels is cut at the grid's own resolution, one pixel of the *picture* per voxel of the plane, its axes in the
//! order and direction of R, A, S: the picture, and so the view, is the same for every axis order of a file, bit for bit. Any other
//! plane is cut at the resolution of the screen. Computed in `f64`, handed over as `f32`; mirrors the structs of `shaders/cut.wgsl`.

use super::bricks::Partition;
use super::flat::Lattice;
use super::scene::{Interpolation, Slab};
use crate::space::{Grid, SliceFrame, TIE};
use glam::DVec3;
use std::ops::Range;

/// A plane this close to voxel centres (in voxels) counts as on them: at most 4 HU at an edge of 4,000 HU.
const FLAT: f64 = 1e-3;
/// A plane that leaves the voxels' direction by less than this many voxels across the view is parallel to them.
const PARALLEL: f64 = 1e-3;
/// Planes of an oblique slab at most: thicker slabs are sampled more coarsely.
const MAX_PLANES: f64 = 400.0;

/// What a picture is cut from and for.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    pub grid: &'a Grid,
    pub partition: &'a Partition,
    pub frame: &'a SliceFrame,
    pub size_px: [u32; 2],
    /// Nearest for labels.
    pub interpolation: Interpolation,
    pub slab: Slab,
    /// Texels around what is visible that the composing pass looks at.
    pub margin: f64,
    /// Empty pixels around the picture.
    pub border: u32,
    /// Texel that stands for NaN, if there is one.
    pub nan: Option<i16>,
    /// Sides of a picture at most; a larger grid is cut at the screen's resolution.
    pub limit: u32,
}

/// The shader's `MODE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// One slice of voxels.
    Slice = 0,
    /// Between two slices.
    Between = 1,
    /// Several slices into one.
    Slices = 2,
    /// Across the voxels, trilinear.
    Oblique = 3,
    ObliqueNearest = 4,
    /// Several oblique planes into one.
    ObliqueSlab = 5,
}

#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
pub struct CutUniform {
    origin: [f32; 4],
    du: [f32; 4],
    dv: [f32; 4],
    dn: [f32; 4],
    base: [f32; 4],
    sign: [f32; 4],
    last: [f32; 4],
    size: [f32; 2],
    fraction: f32,
    nan: f32,
    gain: f32,
    planes: u32,
    swaps: u32,
    border: f32,
}

/// One brick's share of a picture.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
pub struct Piece {
    /// Pixels of the picture: left, top, right, bottom.
    rect: [f32; 4],
    /// First texel of the brick; the last number is the first slice of a slab.
    offset: [f32; 4],
    /// What the brick owns, in the plane's coordinates (oblique cuts); the last number of `hi` ends the slices of a slab.
    lo: [f32; 4],
    hi: [f32; 4],
}

/// From pixels of the view to pixels of the picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Across {
    pub origin: [f64; 2],
    pub du: [f64; 2],
    pub dv: [f64; 2],
    /// Inside means lo ≤ c < hi.
    pub lo: [f64; 2],
    pub hi: [f64; 2],
}

#[derive(Clone, Copy, Debug)]
pub struct Cut {
    pub mode: Mode,
    /// Size of the picture in pixels.
    pub size: [u32; 2],
    pub uniform: CutUniform,
    pub across: Across,
    plane: Plane,
}

#[derive(Clone, Copy, Debug)]
enum Plane {
    /// Outside the grid.
    Missed,
    Aligned {
        /// File axes of the picture's x and y, and the one across.
        axes: [usize; 3],
        /// Slices across, counted towards R, A or S.
        slices: [usize; 2],
        visible: [Range2; 2],
    },
    Oblique {
        /// Half the thickness of the slab, in mm.
        reach: f64,
    },
}

/// A range that can be copied.
#[derive(Clone, Copy, Debug)]
struct Range2 {
    start: usize,
    end: usize,
}

/// The plane in voxel coordinates that count every axis towards R, A, S.
struct Canonical {
    origin: DVec3,
    du: DVec3,
    dv: DVec3,
    last: DVec3,
    sign: DVec3,
}

impl Canonical {
    fn new(grid: &Grid, frame: &SliceFrame, size_px: [u32; 2]) -> Self {
        let inverse = grid.affine.voxel_from_ras();
        let last = DVec3::from_array(grid.size.map(|n| n as f64 - 1.0));
        let sign = DVec3::from_array(grid.affine.closest_axes().map(|(_, direction)| direction));
        let flip = |v: DVec3, at: DVec3| DVec3::select(sign.cmplt(DVec3::ZERO), at - v, v);
        let negligible = PARALLEL / f64::from(size_px[0].max(size_px[1]).max(1));
        let clean = |v: DVec3| DVec3::select(v.abs().cmplt(DVec3::splat(negligible)), DVec3::ZERO, v);
        Self {
            origin: flip(inverse.transform_point3(frame.centre.0), last),
            du: clean(flip(inverse.transform_vector3(frame.right), DVec3::ZERO)),
            dv: clean(flip(inverse.transform_vector3(frame.down), DVec3::ZERO)),
            last,
            sign,
        }
    }

    /// File axes in patient order with the one across the plane last, when the plane is parallel to the voxels.
    fn axes(&self, grid: &Grid) -> Option<[usize; 3]> {
        let single = |v: DVec3| {
            let mut along = (0..3).filter(|&axis| v[axis] != 0.0);
            along.next().filter(|_| along.next().is_none())
        };
        let (a, b) = (single(self.du)?, single(self.dv)?);
        if a == b {
            return None;
        }
        let patient = grid.affine.closest_axes().map(|(axis, _)| axis);
        Some(if patient[a] < patient[b] { [a, b, 3 - a - b] } else { [b, a, 3 - a - b] })
    }

    fn file_range(&self, axis: usize, range: Range2) -> Range<usize> {
        let (a, b) = (self.file(axis, range.start), self.file(axis, range.end - 1));
        a.min(b)..a.max(b) + 1
    }

    /// Turning round twice is no turn.
    fn canonical_range(&self, axis: usize, range: Range<usize>) -> Range2 {
        let Range { start, end } = self.file_range(axis, Range2 { start: range.start, end: range.end });
        Range2 { start, end }
    }

    /// In the file's direction.
    fn file(&self, axis: usize, canonical: usize) -> usize {
        if self.sign[axis] < 0.0 { self.last[axis] as usize - canonical } else { canonical }
    }
}

impl Cut {
    pub fn new(request: &Request<'_>) -> Self {
        let plane = Canonical::new(request.grid, request.frame, request.size_px);
        let room = |axes: &[usize; 3]| axes[..2].iter().all(|&axis| request.grid.size[axis] + 2 <= request.limit as usize);
        match plane.axes(request.grid).filter(room) {
            Some(axes) => aligned(request, &plane, axes),
            None => oblique(request, &plane),
        }
    }

    /// The voxels of a picture of one slice or between two; `None` for other planes.
    pub fn lattice(&self) -> Option<Lattice> {
        let between = match self.mode {
            Mode::Slice => None,
            Mode::Between => Some(self.uniform.fraction),
            _ => return None,
        };
        matches!(self.plane, Plane::Aligned { .. }).then_some(())?;
        let whole = |v: [f32; 4]| [0, 1, 2].map(|axis| v[axis] as i64); // they are whole numbers
        let CutUniform { origin, du, dv, dn, .. } = self.uniform;
        Some(Lattice { start: whole(origin), steps: [du, dv, dn].map(whole), size: self.size, between })
    }

    /// Calls `piece` for each brick the picture needs.
    pub fn pieces(&self, request: &Request<'_>, piece: impl FnMut(usize, Piece)) {
        match self.plane {
            Plane::Missed => {}
            Plane::Aligned { axes, slices, visible } => self.aligned_pieces(request, axes, slices, visible, piece),
            Plane::Oblique { reach } => self.oblique_pieces(request, reach, piece),
        }
    }

    fn aligned_pieces(
        &self,
        request: &Request<'_>,
        axes: [usize; 3],
        slices: [usize; 2],
        visible: [Range2; 2],
        mut piece: impl FnMut(usize, Piece),
    ) {
        let partition = request.partition;
        let plane = Canonical::new(request.grid, request.frame, request.size_px);
        let slices = Range2 { start: slices[0], end: slices[1] + 1 };
        let mut across = plane.file_range(axes[2], slices);
        if self.mode == Mode::Between {
            across.end = across.start + 1; // what lies between two slices is in the brick of the first of them in the file
        }
        let mut at = [0; 3];
        for n in partition.owners(axes[2], across) {
            for v in partition.owners(axes[1], plane.file_range(axes[1], visible[1])) {
                for u in partition.owners(axes[0], plane.file_range(axes[0], visible[0])) {
                    (at[axes[0]], at[axes[1]], at[axes[2]]) = (u, v, n);
                    let owned = |axis: usize| plane.canonical_range(axis, partition.owned(axis, at[axis]));
                    let [x, y] = [0, 1].map(|n| clip(owned(axes[n]), visible[n]));
                    let run = clip(owned(axes[2]), slices);
                    let offset = [0, 1, 2].map(|axis| partition.owned(axis, at[axis]).start as f32);
                    piece(
                        partition.number(at),
                        Piece {
                            rect: [x.start, y.start, x.end, y.end].map(|n| n as f32),
                            offset: [offset[0], offset[1], offset[2], run.start as f32],
                            lo: [0.0; 4],
                            hi: [0.0, 0.0, 0.0, run.end as f32],
                        },
                    );
                }
            }
        }
    }

    fn oblique_pieces(&self, request: &Request<'_>, reach: f64, mut piece: impl FnMut(usize, Piece)) {
        let partition = request.partition;
        let signs = request.grid.affine.closest_axes().map(|(_, direction)| direction);
        for number in 0..partition.len() {
            let at = partition.place(number);
            let owned = [0, 1, 2].map(|axis| partition.owned(axis, at[axis]));
            let Some(rect) = footprint(request, &owned, reach) else { continue };
            let (mut lo, mut hi) = ([0.0; 4], [0.0; 4]);
            for axis in 0..3 {
                (lo[axis], hi[axis]) = self.territory(request, axis, &owned[axis], signs[axis]);
            }
            let offset = [owned[0].start as f32, owned[1].start as f32, owned[2].start as f32, 0.0];
            piece(number, Piece { rect, offset, lo, hi });
        }
    }

    /// The coordinates, counted towards R, A or S, that a brick answers for along an axis: cells between texels where they are
    /// interpolated, cells around texels where the nearest counts, and the outer half voxels at the ends.
    fn territory(&self, request: &Request<'_>, axis: usize, owned: &Range<usize>, sign: f64) -> (f32, f32) {
        let size = request.grid.size[axis];
        let (start, end) = if sign < 0.0 { (size - owned.end, size - owned.start) } else { (owned.start, owned.end) };
        let (first, final_) = (start == 0, end == size);
        let cells = if self.mode == Mode::ObliqueNearest { 0.5 + TIE } else { f64::from(u8::from(sign < 0.0)) };
        let lo = if first { -0.5 - TIE } else { start as f64 - cells };
        let hi = if final_ { size as f64 - 0.5 - TIE } else { end as f64 - cells };
        (lo as f32, hi as f32)
    }
}

fn clip(a: Range2, b: Range2) -> Range2 {
    Range2 { start: a.start.max(b.start), end: a.end.min(b.end).max(a.start.max(b.start)) }
}

fn uniform(request: &Request<'_>, plane: &Canonical) -> CutUniform {
    CutUniform {
        base: pad(DVec3::select(plane.sign.cmplt(DVec3::ZERO), plane.last, DVec3::ZERO)),
        sign: pad(plane.sign),
        last: pad(plane.last),
        nan: request.nan.map_or(-1e9, f32::from),
        gain: 1.0,
        planes: 1,
        swaps: swaps(request.grid),
        border: request.border as f32,
        ..bytemuck::Zeroable::zeroed()
    }
}

fn aligned(request: &Request<'_>, plane: &Canonical, axes: [usize; 3]) -> Cut {
    let [first, second, across] = axes;
    let size = [first, second].map(|axis| request.grid.size[axis]);
    let (mode, slices, fraction) = along(request, plane, across);
    let unit = |axis: usize| DVec3::AXES[axis] * plane.sign[axis];
    let mut uniform = uniform(request, plane);
    let mut origin = DVec3::select(plane.sign.cmplt(DVec3::ZERO), plane.last, DVec3::ZERO);
    if mode != Mode::Slices {
        let slice = slices.map_or(0, |[lo, _]| lo);
        origin[across] = plane.file(across, slice.min(plane.last[across] as usize)) as f64;
    }
    (uniform.origin, uniform.du, uniform.dv, uniform.dn) = (pad(origin), pad(unit(first)), pad(unit(second)), pad(unit(across)));
    uniform.size = size.map(|n| n as f32);
    uniform.fraction = fraction as f32;
    uniform.gain = slices.map_or(1.0, |[lo, hi]| 1.0 / (hi - lo + 1) as f32);
    let pick = |v: DVec3| [v[first], v[second]];
    let across_map = Across {
        origin: pick(plane.origin),
        du: pick(plane.du),
        dv: pick(plane.dv),
        lo: [-0.5 - TIE; 2],
        hi: size.map(|n| n as f64 - 0.5 - TIE),
    };
    let visible = visible(&across_map, request, size);
    let plane = match (slices, visible) {
        (Some(slices), Some(visible)) => Plane::Aligned { axes, slices, visible },
        _ => Plane::Missed,
    };
    Cut { mode, size: size.map(|n| n as u32), uniform, across: across_map, plane }
}

/// Which slices across the plane are shown, first and last, and how far the plane is from the first to the next.
fn along(request: &Request<'_>, plane: &Canonical, axis: usize) -> (Mode, Option<[usize; 2]>, f64) {
    let (at, last) = (plane.origin[axis], plane.last[axis]);
    let nearest = (at + 0.5 + TIE).floor();
    let one = |slice: f64| (Mode::Slice, Some([slice as usize; 2]), 0.0);
    if let Slab::Of { mm, .. } = request.slab {
        let half = mm.max(0.0) / 2.0 / request.grid.affine.spacing_mm()[axis];
        let (lo, hi) = ((at - half - TIE).ceil().max(0.0), (at + half + TIE).floor().min(last));
        return match (lo <= hi, nearest >= 0.0 && nearest <= last) {
            (true, _) => (Mode::Slices, Some([lo as usize, hi as usize]), 0.0),
            (false, true) => (Mode::Slices, Some([nearest as usize; 2]), 0.0),
            (false, false) => (Mode::Slices, None, 0.0),
        };
    }
    if !(nearest >= 0.0 && nearest <= last) {
        return (Mode::Slice, None, 0.0);
    }
    if request.interpolation == Interpolation::Nearest || (at - at.round()).abs() < FLAT {
        return one(nearest);
    }
    let low = at.floor();
    if low < 0.0 || low >= last {
        return one(low.clamp(0.0, last));
    }
    (Mode::Between, Some([low as usize, low as usize + 1]), at - low)
}

/// Pixels of the picture that are on screen, with the margin; `None` when nothing is.
fn visible(across: &Across, request: &Request<'_>, size: [usize; 2]) -> Option<[Range2; 2]> {
    let half = request.size_px.map(|n| f64::from(n) / 2.0 + 1.0);
    let mut out = [Range2 { start: 0, end: 0 }; 2];
    for (axis, range) in out.iter_mut().enumerate() {
        let reach = across.du[axis].abs() * half[0] + across.dv[axis].abs() * half[1] + request.margin + 1.0;
        let end = (across.origin[axis] + reach).ceil().min(size[axis] as f64);
        let start = (across.origin[axis] - reach).floor().max(0.0);
        *range = Range2 { start: start as usize, end: end.max(0.0) as usize };
        if range.start >= range.end {
            return None;
        }
    }
    Some(out)
}

fn oblique(request: &Request<'_>, plane: &Canonical) -> Cut {
    let [width, height] = request.size_px.map(f64::from);
    let mut uniform = uniform(request, plane);
    let corner = plane.origin - plane.du * (width / 2.0 - 0.5) - plane.dv * (height / 2.0 - 0.5);
    (uniform.origin, uniform.du, uniform.dv) = (pad(corner), pad(plane.du), pad(plane.dv));
    uniform.size = [width as f32, height as f32];
    let linear = request.interpolation == Interpolation::Linear;
    let mut mode = if linear { Mode::Oblique } else { Mode::ObliqueNearest };
    let mut reach = 0.0;
    if let Slab::Of { mm, .. } = request.slab {
        let spacing = request.grid.affine.spacing_mm().into_iter().fold(f64::INFINITY, f64::min);
        let planes = (mm.max(0.0) / spacing + 1e-6).floor().min(MAX_PLANES - 1.0) + 1.0;
        let normal = request.frame.right.cross(request.frame.down).normalize_or_zero();
        let inverse = request.grid.affine.voxel_from_ras();
        let step = normal * if planes > 1.0 { mm / (planes - 1.0) } else { 0.0 };
        let step = inverse.transform_vector3(step) * plane.sign;
        uniform.origin = pad(corner - step * (planes - 1.0) / 2.0);
        uniform.dn = pad(step);
        (uniform.planes, uniform.gain) = (planes as u32, (1.0 / planes) as f32);
        (mode, reach) = (Mode::ObliqueSlab, mm.max(0.0) / 2.0);
    }
    let across =
        Across { origin: [width / 2.0 - 0.5, height / 2.0 - 0.5], du: [1.0, 0.0], dv: [0.0, 1.0], lo: [-1.0; 2], hi: [width, height] };
    Cut { mode, size: request.size_px, uniform, across, plane: Plane::Oblique { reach } }
}

/// The rectangle of the view that a box of texels can touch; `None` when the plane, `reach` mm to either side of it, misses it.
fn footprint(request: &Request<'_>, owned: &[Range<usize>; 3], reach: f64) -> Option<[f32; 4]> {
    let normal = request.frame.right.cross(request.frame.down).normalize_or_zero();
    let (mut near, mut far) = (f64::INFINITY, f64::NEG_INFINITY);
    let (mut lo, mut hi) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
    for corner in 0..8 {
        let at = |axis: usize| if corner >> axis & 1 == 0 { owned[axis].start as f64 - 1.0 } else { owned[axis].end as f64 };
        let point = request.grid.affine.to_ras(crate::space::Voxel::new(at(0), at(1), at(2)));
        let depth = (point.0 - request.frame.centre.0).dot(normal);
        (near, far) = (near.min(depth), far.max(depth));
        let (x, y) = request.frame.project(point);
        (lo, hi) = ([lo[0].min(x), lo[1].min(y)], [hi[0].max(x), hi[1].max(y)]);
    }
    if near > reach || far < -reach {
        return None;
    }
    let [width, height] = request.size_px.map(f64::from);
    let left = (lo[0] + width / 2.0).floor().max(0.0);
    let top = (lo[1] + height / 2.0).floor().max(0.0);
    let (right, bottom) = ((hi[0] + width / 2.0).ceil().min(width), (hi[1] + height / 2.0).ceil().min(height));
    (left < right && top < bottom).then_some([left as f32, top as f32, right as f32, bottom as f32])
}

/// The three conditional swaps (0↔1, 1↔2, 0↔1) that sort the file axes into R, A, S.
fn swaps(grid: &Grid) -> u32 {
    let mut order = grid.affine.closest_axes().map(|(axis, _)| axis);
    let mut bits = 0;
    for (bit, at) in [0, 1, 0].into_iter().enumerate() {
        if order[at] > order[at + 1] {
            order.swap(at, at + 1);
            bits |= 1 << bit;
        }
    }
    bits
}

fn pad(v: DVec3) -> [f32; 4] {
    [v.x as f32, v.y as f32, v.z as f32, 0.0]
}
