//! The numbers the shader needs per frame, computed in `f64` and handed over as `f32`. Mirrors the structs of `shaders/slice.wgsl`.

use super::scene::{Interpolation, Look, Overlay};
use super::texels::Scale;
use crate::space::{Grid, SliceFrame};
use glam::DVec3;

/// Width of an outline in points.
pub const OUTLINE_POINTS: f32 = 1.5;
/// A slice this close to voxel centres (in voxels) counts as on them: at most 4 HU at an edge of 4,000 HU.
const FLAT: f32 = 1e-3;

/// From pixels to texels of one texture.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
pub struct Map {
    origin: [f32; 4],
    du: [f32; 4],
    dv: [f32; 4],
    lo: [f32; 4],
    hi: [f32; 4],
    last: [f32; 4],
    base: [f32; 4],
    sign: [f32; 4],
}

#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
pub struct ViewUniform {
    map: Map,
    centre: [f32; 2],
    mul: f32,
    add: f32,
    first: [f32; 4],
    second: [f32; 4],
    half: [f32; 4],
    nan: f32,
    swaps: u32,
    unused: [f32; 2],
}

#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
pub struct LayerUniform {
    map: Map,
    count: [u32; 4],
    centre: [f32; 2],
    fill: f32,
    edge: f32,
    reach: f32,
    rows: u32,
    unused: [f32; 2],
}

/// How the CT is sampled; the number is the shader's `SAMPLING`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sampling {
    Nearest = 0,
    Trilinear = 1,
    /// Trilinear on a slice through voxel centres.
    Bilinear = 2,
}

/// A texture as the map sees it.
#[derive(Clone, Copy, Debug)]
pub struct TextureSpace<'a> {
    pub grid: &'a Grid,
    /// Voxels per texel along each axis.
    pub factor: usize,
    /// Texels along each axis.
    pub texels: [usize; 3],
    /// Texel slices along k that are uploaded; the rest counts as outside.
    pub ready: usize,
}

/// Where a view lies in the framebuffer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Target {
    /// Physical pixels from the framebuffer's corner to the image's centre.
    pub centre_px: [f32; 2],
    pub pixels_per_point: f32,
}

impl TextureSpace<'_> {
    /// `canonical` counts every axis towards Right, Anterior or Superior, so that all axis orders of a volume give the same bits;
    /// without it coordinates stay in file order, which is what [`Grid::nearest`] rounds.
    fn map(&self, frame: &SliceFrame, canonical: bool) -> Map {
        let inverse = self.grid.affine.voxel_from_ras();
        let factor = self.factor as f64;
        let mut origin = (inverse.transform_point3(frame.centre.0) + 0.5) / factor - 0.5;
        let mut du = inverse.transform_vector3(frame.right) / factor;
        let mut dv = inverse.transform_vector3(frame.down) / factor;
        let mut lo = DVec3::splat(-0.5);
        let mut hi = DVec3::from_array(self.grid.size.map(|n| n as f64 / factor - 0.5));
        if self.ready < self.texels[2] {
            hi.z = hi.z.min(self.ready as f64 - 1.0); // up to the last centre: nothing to interpolate towards yet
        }
        let last = DVec3::from_array(self.texels.map(|n| n as f64 - 1.0));
        let (mut base, mut sign) = (DVec3::ZERO, DVec3::ONE);
        for (axis, (_, direction)) in self.grid.affine.closest_axes().into_iter().enumerate() {
            if canonical && direction < 0.0 {
                origin[axis] = last[axis] - origin[axis];
                (du[axis], dv[axis]) = (-du[axis], -dv[axis]);
                (lo[axis], hi[axis]) = (last[axis] - hi[axis], last[axis] - lo[axis]);
                (base[axis], sign[axis]) = (last[axis], -1.0);
            }
        }
        Map { origin: pad(origin), du: pad(du), dv: pad(dv), lo: pad(lo), hi: pad(hi), last: pad(last), base: pad(base), sign: pad(sign) }
    }

    /// Unit vectors along the two axes that are not `flat`, in patient order, and 0.5 along `flat`.
    fn in_plane(&self, flat: Option<usize>) -> [[f32; 4]; 3] {
        let mut out = [[0.0; 4]; 3];
        let Some(flat) = flat else { return out };
        let patient = self.grid.affine.closest_axes().map(|(axis, _)| axis);
        let [mut p, mut q] = [(flat + 1) % 3, (flat + 2) % 3];
        if patient[p] > patient[q] {
            (p, q) = (q, p);
        }
        (out[0][p], out[1][q], out[2][flat]) = (1.0, 1.0, 0.5);
        out
    }

    /// The three conditional swaps (0↔1, 1↔2, 0↔1) that sort the file axes into R, A, S.
    fn swaps(&self) -> u32 {
        let mut order = self.grid.affine.closest_axes().map(|(axis, _)| axis);
        let mut bits = 0;
        for (bit, at) in [0, 1, 0].into_iter().enumerate() {
            if order[at] > order[at + 1] {
                order.swap(at, at + 1);
                bits |= 1 << bit;
            }
        }
        bits
    }
}

impl Map {
    /// The axis along which the whole slice lies on voxel centres, to a thousandth of a voxel, if there is one.
    fn flat_axis(&self) -> Option<usize> {
        let on_centres = |axis: usize| (self.origin[axis] - self.origin[axis].round()).abs() < FLAT;
        (0..3).find(|&axis| self.du[axis] == 0.0 && self.dv[axis] == 0.0 && on_centres(axis))
    }
}

/// Noise of the last bits of an `f64` matrix product is dropped, so that an aligned axis stays exactly aligned.
fn pad(v: DVec3) -> [f32; 4] {
    let clean = |x: f64| if x.abs() < 1e-9 { 0.0 } else { x as f32 };
    [clean(v.x), clean(v.y), clean(v.z), 0.0]
}

impl ViewUniform {
    pub fn new(space: &TextureSpace<'_>, frame: &SliceFrame, look: &Look, scale: Scale, target: Target) -> (Self, Sampling) {
        let window = look.window.sane();
        let (width, level) = (f64::from(window.width), f64::from(window.level));
        let linear = look.interpolation == Interpolation::Linear;
        let map = space.map(frame, linear);
        let flat = if linear { map.flat_axis() } else { None };
        let [first, second, half] = space.in_plane(flat);
        let (mul, add) = ((scale.scale / width), (scale.offset - level) / width + 0.5);
        let (mul, add) = if look.invert { (-mul, 1.0 - add) } else { (mul, add) };
        let view = Self {
            map,
            centre: target.centre_px,
            mul: mul as f32,
            add: add as f32,
            first,
            second,
            half,
            nan: scale.nan.map_or(-1e9, f32::from),
            swaps: space.swaps(),
            unused: [0.0; 2],
        };
        let sampling = match (linear, flat) {
            (false, _) => Sampling::Nearest,
            (true, None) => Sampling::Trilinear,
            (true, Some(_)) => Sampling::Bilinear,
        };
        (view, sampling)
    }

    /// All black: a scene without a volume.
    pub fn black(target: Target) -> Self {
        let mut all: Self = bytemuck::Zeroable::zeroed();
        all.map.lo = [1.0; 4];
        all.centre = target.centre_px;
        all
    }
}

impl LayerUniform {
    pub fn new(space: &TextureSpace<'_>, frame: &SliceFrame, look: &Look, rows: u32, target: Target) -> Self {
        let opacity = if look.opacity.is_finite() { look.opacity.clamp(0.0, 1.0) } else { 0.35 };
        let (fill, edge) = match look.overlay {
            Overlay::Fill => (opacity, 1.0),
            Overlay::Outline => (0.0, 1.0),
            Overlay::None => (0.0, 0.0),
        };
        let [x, y, _] = space.texels.map(|n| n as u32);
        Self {
            map: space.map(frame, false),
            count: [x, y, space.ready as u32, 0],
            centre: target.centre_px,
            fill,
            edge,
            reach: OUTLINE_POINTS * target.pixels_per_point,
            rows,
            unused: [0.0; 2],
        }
    }
}
