//! Solids with closed-form volume, centroid and box, in patient space (RAS mm).

use crate::space::{RasBox, RasMm};
use glam::{DMat3, DVec3};
use std::f64::consts::PI;

/// A convex-ish solid that knows its own measures exactly.
#[derive(Clone, Debug)]
pub enum Shape {
    /// Semi-axes `radii` along the columns of `axes` (a rotation).
    Ellipsoid { centre: DVec3, radii: DVec3, axes: DMat3 },
    /// Upright (along S) cylinder with an elliptic cross-section of semi-axes `rx`, `ry`.
    Cylinder { centre: DVec3, rx: f64, ry: f64, half_height: f64 },
    /// Upper half of a torus (S above the centre): circle of radius `ring` around `centre` in the plane of S and the horizontal unit
    /// vector `across`, thickened by `tube`.
    Arch { centre: DVec3, across: DVec3, ring: f64, tube: f64 },
    /// All points within `radius` of the segment `a`–`b`.
    Capsule { a: DVec3, b: DVec3, radius: f64 },
}

impl Shape {
    pub fn ellipsoid(centre: [f64; 3], radii: [f64; 3]) -> Self {
        Shape::Ellipsoid { centre: centre.into(), radii: radii.into(), axes: DMat3::IDENTITY }
    }

    /// An ellipsoid turned by `degrees` about the patient axes R, then A, then S.
    pub fn turned(centre: [f64; 3], radii: [f64; 3], degrees: [f64; 3]) -> Self {
        let [r, a, s] = degrees.map(f64::to_radians);
        let axes = DMat3::from_rotation_z(s) * DMat3::from_rotation_y(a) * DMat3::from_rotation_x(r);
        Shape::Ellipsoid { centre: centre.into(), radii: radii.into(), axes }
    }

    /// An upright cylinder between two heights.
    pub fn column(at: [f64; 2], radii: [f64; 2], from_s: f64, to_s: f64) -> Self {
        let centre = DVec3::new(at[0], at[1], (from_s + to_s) / 2.0);
        Shape::Cylinder { centre, rx: radii[0], ry: radii[1], half_height: (to_s - from_s) / 2.0 }
    }

    pub fn capsule(a: [f64; 3], b: [f64; 3], radius: f64) -> Self {
        Shape::Capsule { a: a.into(), b: b.into(), radius }
    }

    /// 0 in the middle, 1 on the surface, above 1 outside. Not a distance: it scales with the shape.
    pub fn level(&self, p: DVec3) -> f64 {
        match *self {
            Shape::Ellipsoid { centre, radii, axes } => (axes.transpose() * (p - centre) / radii).length(),
            Shape::Cylinder { centre, rx, ry, half_height } => {
                let d = p - centre;
                (d.x / rx).hypot(d.y / ry).max(d.z.abs() / half_height)
            }
            Shape::Arch { centre, across, ring, tube } => {
                let d = p - centre;
                if d.z < 0.0 {
                    return f64::INFINITY;
                }
                let u = d.dot(across);
                let aside = (d - across * u - DVec3::Z * d.z).length();
                (u.hypot(d.z) - ring).hypot(aside) / tube
            }
            Shape::Capsule { a, b, radius } => {
                let ab = b - a;
                let t = ((p - a).dot(ab) / ab.length_squared().max(1e-12)).clamp(0.0, 1.0);
                (p - a - ab * t).length() / radius
            }
        }
    }

    pub fn contains(&self, p: DVec3) -> bool {
        self.level(p) <= 1.0
    }

    /// Volume in mm³. The arch follows from Pappus' theorem: cross-section times the path of its centroid.
    pub fn volume_mm3(&self) -> f64 {
        match *self {
            Shape::Ellipsoid { radii, .. } => 4.0 / 3.0 * PI * radii.x * radii.y * radii.z,
            Shape::Cylinder { rx, ry, half_height, .. } => PI * rx * ry * 2.0 * half_height,
            Shape::Arch { ring, tube, .. } => PI * tube * tube * PI * ring,
            Shape::Capsule { a, b, radius } => PI * radius * radius * ((b - a).length() + 4.0 / 3.0 * radius),
        }
    }

    /// Centre of mass. For the arch: the mean of S over half a torus, (2/π)·(ring + tube²/(4·ring)), from integrating ρ² over the disc.
    pub fn centroid(&self) -> DVec3 {
        match *self {
            Shape::Ellipsoid { centre, .. } | Shape::Cylinder { centre, .. } => centre,
            Shape::Arch { centre, ring, tube, .. } => centre + DVec3::Z * (2.0 / PI) * (ring + tube * tube / (4.0 * ring)),
            Shape::Capsule { a, b, .. } => (a + b) / 2.0,
        }
    }

    /// The smallest box along the patient axes.
    pub fn bounds(&self) -> RasBox {
        let (centre, half) = match *self {
            Shape::Ellipsoid { centre, radii, axes } => {
                let row = |r: usize| (axes.row(r) * radii).length();
                (centre, DVec3::new(row(0), row(1), row(2)))
            }
            Shape::Cylinder { centre, rx, ry, half_height } => (centre, DVec3::new(rx, ry, half_height)),
            Shape::Arch { centre, across, ring, tube } => {
                // The outline in the plane of R and A is that of a capsule: ring to both sides along `across`, tube around it.
                let side = |d: f64| ring * d.abs() + tube;
                let up = (ring + tube) / 2.0;
                (centre + DVec3::Z * up, DVec3::new(side(across.x), side(across.y), up))
            }
            Shape::Capsule { a, b, radius } => ((a + b) / 2.0, (b - a).abs() / 2.0 + DVec3::splat(radius)),
        };
        RasBox { min: RasMm(centre - half), max: RasMm(centre + half) }
    }
}
