//! What a reader draws on a slice, and what follows from its points alone.
//!
//! An annotation is kept as evidence with an item, so its serialised form is versioned and stable. Coordinates are kept to the
//! micrometre: short decimals read back as the same number everywhere.

use super::HuStats;
use crate::space::{Plane, RasMm};
use glam::DVec3;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;

/// Version of the serialised form.
pub const VERSION: u32 = 1;

/// Coordinates beyond this many mm are nonsense.
const FARTHEST: f64 = 1e5;
/// Points of one annotation may lie this far from its plane, in mm.
const FLAT: f64 = 0.05;
/// Shorter than this is a slip of the hand, in mm.
const SHORTEST: f64 = 0.05;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Ruler,
    Angle,
    Ellipse,
    Rectangle,
    Profile,
}

/// The points of an annotation.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Shape {
    Ruler {
        a: RasMm,
        b: RasMm,
    },
    Angle {
        a: RasMm,
        vertex: RasMm,
        b: RasMm,
    },
    /// Inscribed in the rectangle with these opposite corners.
    Ellipse {
        a: RasMm,
        b: RasMm,
    },
    /// Opposite corners; the sides run along the plane's two directions.
    Rectangle {
        a: RasMm,
        b: RasMm,
    },
    Profile {
        a: RasMm,
        b: RasMm,
    },
}

/// Orientation of the plane an annotation was drawn on; the plane passes through its points.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Cut {
    Standard(Plane),
    /// Unit vectors in patient space along the screen's right and down.
    Oblique {
        right: [f64; 3],
        down: [f64; 3],
    },
}

/// Something drawn on a slice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Annotation {
    pub version: u32,
    /// Unique among the annotations of an item.
    pub id: String,
    pub plane: Cut,
    #[serde(flatten)]
    pub shape: Shape,
    /// HU of a region or profile; `None` for the others and where no volume was at hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hu: Option<HuStats>,
}

/// What follows from the points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Measure {
    LengthMm(f64),
    /// 0…180.
    Degrees(f64),
    Area {
        width_mm: f64,
        height_mm: f64,
        /// Of the shape itself, not of its voxels.
        area_mm2: f64,
    },
}

impl Kind {
    pub const ALL: [Kind; 5] = [Kind::Ruler, Kind::Angle, Kind::Ellipse, Kind::Rectangle, Kind::Profile];

    /// As in files.
    pub fn code(self) -> &'static str {
        match self {
            Kind::Ruler => "ruler",
            Kind::Angle => "angle",
            Kind::Ellipse => "ellipse",
            Kind::Rectangle => "rectangle",
            Kind::Profile => "profile",
        }
    }

    /// Points that define it.
    pub fn points(self) -> usize {
        if self == Kind::Angle { 3 } else { 2 }
    }
}

impl Shape {
    /// From as many points as the kind needs; an angle's vertex is the second.
    pub fn new(kind: Kind, points: &[RasMm]) -> Option<Self> {
        Some(match (kind, points) {
            (Kind::Ruler, &[a, b]) => Shape::Ruler { a, b },
            (Kind::Angle, &[a, vertex, b]) => Shape::Angle { a, vertex, b },
            (Kind::Ellipse, &[a, b]) => Shape::Ellipse { a, b },
            (Kind::Rectangle, &[a, b]) => Shape::Rectangle { a, b },
            (Kind::Profile, &[a, b]) => Shape::Profile { a, b },
            _ => return None,
        })
    }

    pub fn kind(&self) -> Kind {
        match self {
            Shape::Ruler { .. } => Kind::Ruler,
            Shape::Angle { .. } => Kind::Angle,
            Shape::Ellipse { .. } => Kind::Ellipse,
            Shape::Rectangle { .. } => Kind::Rectangle,
            Shape::Profile { .. } => Kind::Profile,
        }
    }

    /// In the order of [`Shape::new`].
    pub fn points(&self) -> Vec<RasMm> {
        match *self {
            Shape::Angle { a, vertex, b } => vec![a, vertex, b],
            Shape::Ruler { a, b } | Shape::Ellipse { a, b } | Shape::Rectangle { a, b } | Shape::Profile { a, b } => vec![a, b],
        }
    }

    /// First and last point, without allocating.
    pub fn ends(&self) -> (RasMm, RasMm) {
        match *self {
            Shape::Angle { a, b, .. }
            | Shape::Ruler { a, b }
            | Shape::Ellipse { a, b }
            | Shape::Rectangle { a, b }
            | Shape::Profile { a, b } => (a, b),
        }
    }

    /// Where to look at it: an angle's vertex, else the middle.
    pub fn centre(&self) -> RasMm {
        match *self {
            Shape::Angle { vertex, .. } => vertex,
            _ => {
                let (a, b) = self.ends();
                RasMm((a.0 + b.0) / 2.0)
            }
        }
    }

    /// Every point changed.
    pub fn map(&self, change: impl Fn(usize, RasMm) -> RasMm) -> Self {
        let points: Vec<RasMm> = self.points().into_iter().enumerate().map(|(n, p)| change(n, p)).collect();
        Shape::new(self.kind(), &points).unwrap_or(*self)
    }

    /// Coordinates to the micrometre.
    pub fn rounded(&self) -> Self {
        self.map(|_, p| RasMm(p.0.to_array().map(|v| rounded(v, 3)).into()))
    }
}

/// To `digits` decimals; never −0.
pub(super) fn rounded(value: f64, digits: i32) -> f64 {
    let scale = 10f64.powi(digits);
    let out = (value * scale).round() / scale;
    if value.abs() >= 1e12 { value } else { out + 0.0 }
}

impl Cut {
    /// A standard plane where the directions are its own, whichever way round.
    pub fn new(right: DVec3, down: DVec3) -> Self {
        let (right, down) = (right.normalize_or_zero(), down.normalize_or_zero());
        let own = |plane: &Plane| {
            let (r, d) = plane.screen_axes(crate::space::Convention::Radiological);
            right.dot(r).abs() > 1.0 - 1e-9 && down.dot(d).abs() > 1.0 - 1e-9
        };
        match Plane::ALL.into_iter().find(own) {
            Some(plane) => Cut::Standard(plane),
            None => Cut::Oblique { right: right.to_array().map(|v| rounded(v, 9)), down: down.to_array().map(|v| rounded(v, 9)) },
        }
    }

    /// Directions of the plane's width and height.
    pub fn axes(&self) -> (DVec3, DVec3) {
        match self {
            Cut::Standard(plane) => plane.screen_axes(crate::space::Convention::Radiological),
            Cut::Oblique { right, down } => ((*right).into(), (*down).into()),
        }
    }

    pub fn normal(&self) -> DVec3 {
        let (right, down) = self.axes();
        right.cross(down)
    }

    pub fn name(&self) -> &'static str {
        match self {
            Cut::Standard(plane) => plane.name(),
            Cut::Oblique { .. } => "oblique",
        }
    }

    /// The point moved along the normal into the plane through `origin`.
    pub fn onto(&self, origin: RasMm, p: RasMm) -> RasMm {
        let n = self.normal();
        RasMm(p.0 - n * n.dot(p.0 - origin.0))
    }

    fn problem(&self) -> Option<&'static str> {
        let (right, down) = self.axes();
        let unit = |v: DVec3| (v.length() - 1.0).abs() < 1e-6;
        let good = right.is_finite() && down.is_finite() && unit(right) && unit(down) && right.dot(down).abs() < 1e-6;
        (!good).then_some("the plane's directions must be two unit vectors at right angles")
    }
}

impl Annotation {
    /// A new annotation whose id is made of `item`, its own content and `nth`, a number that is never used twice on an item.
    pub fn new(item: &str, nth: usize, plane: Cut, shape: Shape, hu: Option<HuStats>) -> Self {
        let shape = shape.rounded();
        let mut hash = Sha256::new();
        for part in [item.as_bytes(), &(nth as u64).to_le_bytes(), shape.kind().code().as_bytes()] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        shape.points().iter().flat_map(|p| p.to_array()).for_each(|v| hash.update(v.to_le_bytes()));
        let id = hash.finalize().iter().take(8).map(|b| format!("{b:02x}")).collect();
        Self { version: VERSION, id, plane, shape, hu }
    }

    /// Why it cannot be kept, in words.
    pub fn problem(&self) -> Option<String> {
        if self.version != VERSION {
            return Some(format!("the measurement has version {}; this program knows {VERSION}", self.version));
        }
        let id_good = (1..=64).contains(&self.id.len()) && self.id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if !id_good {
            return Some("a measurement's id is 1 to 64 letters, digits and hyphens".to_owned());
        }
        if let Some(why) = self.plane.problem() {
            return Some(why.to_owned());
        }
        if self.hu.as_ref().is_some_and(|h| !h.sound()) {
            return Some("the HU of the measurement are no finite numbers".to_owned());
        }
        self.shape_problem().map(str::to_owned)
    }

    fn shape_problem(&self) -> Option<&'static str> {
        let points = self.shape.points();
        if points.iter().any(|p| !(p.0.is_finite() && p.0.abs().max_element() <= FARTHEST)) {
            return Some("a point of the measurement is not in the patient's space (mm)");
        }
        let origin = points[0];
        if points.iter().any(|p| self.plane.normal().dot(p.0 - origin.0).abs() > FLAT) {
            return Some("the points of the measurement do not lie in its plane");
        }
        let near = |a: RasMm, b: RasMm| a.0.distance(b.0) < SHORTEST;
        match (self.shape, self.measure()) {
            (Shape::Angle { a, vertex, b }, _) if near(a, vertex) || near(vertex, b) => Some("an arm of the angle has no length"),
            (_, Measure::LengthMm(mm)) if mm < SHORTEST => Some("the line has no length"),
            (_, Measure::Area { width_mm, height_mm, .. }) if width_mm < SHORTEST || height_mm < SHORTEST => Some("the region has no area"),
            _ => None,
        }
    }

    /// Where it can be taken hold of: its points; of a region the four corners of its box, the two points first.
    pub fn handles(&self) -> impl ExactSizeIterator<Item = RasMm> + Clone + use<> {
        let (a, b) = self.shape.ends();
        let (count, points) = match self.shape {
            Shape::Angle { vertex, .. } => (3, [a, vertex, b, b]),
            Shape::Ruler { .. } | Shape::Profile { .. } => (2, [a, b, b, b]),
            Shape::Ellipse { .. } | Shape::Rectangle { .. } => {
                let across = self.across(a, b);
                (4, [a, b, RasMm(b.0 - across), RasMm(a.0 + across)])
            }
        };
        points.into_iter().take(count)
    }

    /// The part of the way from `a` to `b` that runs along the plane's first direction.
    fn across(&self, a: RasMm, b: RasMm) -> DVec3 {
        let right = self.plane.axes().0;
        right * right.dot(b.0 - a.0)
    }

    /// The shape with one of [`Annotation::handles`] moved to a point, which is brought into the plane.
    pub fn with_handle(&self, handle: usize, to: RasMm) -> Shape {
        let to = self.plane.onto(self.shape.ends().0, to);
        match (self.shape, handle) {
            (Shape::Ellipse { a, b } | Shape::Rectangle { a, b }, 2 | 3) => {
                // The moved corner shares its width with one point and its height with the other.
                let corner = if handle == 2 { RasMm(b.0 - self.across(a, b)) } else { RasMm(a.0 + self.across(a, b)) };
                let by = to.0 - corner.0;
                let wide = self.plane.axes().0 * self.plane.axes().0.dot(by);
                let (by_a, by_b) = if handle == 2 { (wide, by - wide) } else { (by - wide, wide) };
                self.shape.map(|n, p| RasMm(p.0 + if n == 0 { by_a } else { by_b }))
            }
            _ => self.shape.map(|n, p| if n == handle { to } else { p }),
        }
    }

    pub fn measure(&self) -> Measure {
        match self.shape {
            Shape::Ruler { a, b } | Shape::Profile { a, b } => Measure::LengthMm(a.0.distance(b.0)),
            Shape::Angle { a, vertex, b } => {
                let (u, v) = (a.0 - vertex.0, b.0 - vertex.0);
                Measure::Degrees(u.cross(v).length().atan2(u.dot(v)).to_degrees())
            }
            Shape::Ellipse { a, b } => self.area(a, b, std::f64::consts::FRAC_PI_4),
            Shape::Rectangle { a, b } => self.area(a, b, 1.0),
        }
    }

    fn area(&self, a: RasMm, b: RasMm, share: f64) -> Measure {
        let (right, down) = self.plane.axes();
        let d = b.0 - a.0;
        let (width_mm, height_mm) = (d.dot(right).abs(), d.dot(down).abs());
        Measure::Area { width_mm, height_mm, area_mm2: width_mm * height_mm * share }
    }

    /// The values as a reader wants them: one line, and further ones with HU for a region or profile.
    pub fn values(&self) -> impl fmt::Display + '_ {
        fmt::from_fn(|f| {
            match self.measure() {
                Measure::LengthMm(mm) => write!(f, "{mm:.1} mm")?,
                Measure::Degrees(d) => write!(f, "{d:.1}°")?,
                Measure::Area { area_mm2, .. } if area_mm2 >= 1000.0 => write!(f, "{:.2} cm²", area_mm2 / 100.0)?,
                Measure::Area { area_mm2, .. } => write!(f, "{area_mm2:.0} mm²")?,
            }
            let Some(hu) = &self.hu else { return Ok(()) };
            if self.shape.kind() != Kind::Profile {
                write!(f, "\n{} ± {:.0} HU", whole(hu.mean), hu.sd)?;
            }
            write!(f, "\n{}…{} HU", whole(hu.min), whole(hu.max))
        })
    }

    /// The lines of [`Annotation::values`].
    pub fn lines(&self) -> Vec<String> {
        self.values().to_string().lines().map(str::to_owned).collect()
    }
}

/// Without decimals, with a true minus sign and none before a zero.
fn whole(number: f64) -> impl fmt::Display {
    let number = number.round();
    fmt::from_fn(move |f| write!(f, "{}{:.0}", if number < 0.0 { "−" } else { "" }, number.abs()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn p(r: f64, a: f64, s: f64) -> RasMm {
        RasMm::new(r, a, s)
    }

    fn on(plane: Plane, shape: Shape) -> Annotation {
        Annotation::new("c::0", 0, Cut::Standard(plane), shape, None)
    }

    #[test]
    fn lengths_angles_and_areas_are_those_of_the_textbook() {
        let ruler = on(Plane::Axial, Shape::Ruler { a: p(0.0, 0.0, 5.0), b: p(3.0, -4.0, 5.0) });
        assert_eq!(ruler.measure(), Measure::LengthMm(5.0));
        for (b, degrees) in [((1.0, 0.0), 0.0), ((1.0, 1.0), 45.0), ((0.0, 7.0), 90.0), ((-2.0, 0.0), 180.0)] {
            let shape = Shape::Angle { a: p(10.0, 0.0, 0.0), vertex: p(0.0, 0.0, 0.0), b: p(b.0, b.1, 0.0) };
            let Measure::Degrees(found) = on(Plane::Axial, shape).measure() else { panic!() };
            assert!((found - degrees).abs() < 1e-9, "{found} {degrees}");
        }
        let (a, b) = (p(7.0, 10.0, -3.0), p(7.0, -10.0, 3.0));
        let Measure::Area { width_mm, height_mm, area_mm2 } = on(Plane::Sagittal, Shape::Ellipse { a, b }).measure() else { panic!() };
        assert_eq!((width_mm, height_mm), (20.0, 6.0));
        assert!((area_mm2 - std::f64::consts::PI * 10.0 * 3.0).abs() < 1e-9);
        let Measure::Area { area_mm2, .. } = on(Plane::Sagittal, Shape::Rectangle { a, b }).measure() else { panic!() };
        assert_eq!(area_mm2, 120.0);
    }

    #[test]
    fn handles_move_what_they_are_at() {
        let region = on(Plane::Axial, Shape::Rectangle { a: p(10.0, 8.0, 5.0), b: p(-10.0, -8.0, 5.0) });
        assert!(region.handles().skip(2).eq([p(10.0, -8.0, 5.0), p(-10.0, 8.0, 5.0)]));
        let to = p(12.0, -9.0, 77.0);
        assert_eq!(region.with_handle(2, to), Shape::Rectangle { a: p(12.0, 8.0, 5.0), b: p(-10.0, -9.0, 5.0) });
        assert_eq!(region.with_handle(3, to), Shape::Rectangle { a: p(10.0, -9.0, 5.0), b: p(12.0, -8.0, 5.0) });
        assert_eq!(region.with_handle(0, to), Shape::Rectangle { a: p(12.0, -9.0, 5.0), b: p(-10.0, -8.0, 5.0) });
        for n in 0..4 {
            let moved = Annotation { shape: region.with_handle(n, to), ..region.clone() };
            assert_eq!(moved.handles().nth(n), Some(p(12.0, -9.0, 5.0)), "the handle goes where it is dragged, in the plane");
        }
        let angle = on(Plane::Axial, Shape::Angle { a: p(1.0, 0.0, 0.0), vertex: p(0.0, 0.0, 0.0), b: p(0.0, 1.0, 0.0) });
        let Shape::Angle { vertex, .. } = angle.with_handle(1, p(2.0, 2.0, 2.0)) else { panic!() };
        assert_eq!(vertex, p(2.0, 2.0, 0.0));
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        let line = |b: RasMm| on(Plane::Axial, Shape::Ruler { a: p(0.0, 0.0, 0.0), b });
        let says = |a: Annotation, words: &str| {
            let text = a.problem().unwrap();
            assert!(text.contains(words), "{text}");
        };
        assert_eq!(line(p(1.0, 0.0, 0.0)).problem(), None);
        says(line(p(0.0, 0.0, 0.0)), "no length");
        says(line(p(1.0, 0.0, 9.0)), "do not lie in its plane");
        says(line(p(f64::NAN, 0.0, 0.0)), "patient's space");
        says(line(p(1e9, 0.0, 0.0)), "patient's space");
        says(on(Plane::Axial, Shape::Ellipse { a: p(0.0, 0.0, 0.0), b: p(5.0, 0.0, 0.0) }), "no area");
        says(Annotation { version: 2, ..line(p(1.0, 0.0, 0.0)) }, "version 2");
        says(Annotation { id: "a b".into(), ..line(p(1.0, 0.0, 0.0)) }, "id");
        let skew = Cut::Oblique { right: [1.0, 0.0, 0.0], down: [0.6, 0.8, 0.0] };
        says(Annotation { plane: skew, ..line(p(1.0, 0.0, 0.0)) }, "right angles");
    }

    #[test]
    fn the_serialised_form_is_stable() {
        let ruler = on(Plane::Coronal, Shape::Ruler { a: p(1.0, 2.0, 3.0), b: p(-1.5, 2.0, 3.25) });
        let text = serde_json::to_string(&ruler).unwrap();
        let id = &ruler.id;
        let expected = format!(r#"{{"version":1,"id":"{id}","plane":"coronal","kind":"ruler","a":[1.0,2.0,3.0],"b":[-1.5,2.0,3.25]}}"#);
        assert_eq!(text, expected);
        let (s, c) = 0.3f64.sin_cos();
        let oblique = Annotation { plane: Cut::new(DVec3::new(c, s, 0.0), DVec3::new(0.0, 0.0, -2.0)), ..ruler };
        assert_eq!(oblique.plane.name(), "oblique");
        assert_eq!(serde_json::from_str::<Annotation>(&serde_json::to_string(&oblique).unwrap()).unwrap(), oblique);
        assert_eq!(Cut::new(DVec3::X, DVec3::NEG_Y), Cut::Standard(Plane::Axial), "neurological is the same plane");
    }

    proptest! {
        /// Moving and turning the patient changes no measure, and the other way round is as long.
        #[test]
        fn measures_do_not_depend_on_the_frame(points in prop::array::uniform9(-300.0f64..300.0), angle in 0.0f64..6.0) {
            let q: Vec<RasMm> = points.chunks(3).map(|c| p(c[0], c[1], c[2])).collect();
            let turn = glam::DMat3::from_axis_angle(DVec3::new(1.0, 2.0, -1.0).normalize(), angle);
            let cut = Cut::Standard(Plane::Axial);
            let plain = |kind, q: &[RasMm]| Annotation { version: 1, id: "x".into(), plane: cut, shape: Shape::new(kind, q).unwrap(), hu: None }.measure();
            let value = |m| match m { Measure::LengthMm(v) | Measure::Degrees(v) => v, Measure::Area { area_mm2, .. } => area_mm2 };
            let moved: Vec<RasMm> = q.iter().map(|p| RasMm(turn * p.0 + DVec3::new(5.0, -6.0, 7.0))).collect();
            let back: Vec<RasMm> = q.iter().rev().copied().collect();
            for (kind, n) in [(Kind::Ruler, 2), (Kind::Angle, 3)] {
                let one = value(plain(kind, &q[..n]));
                prop_assert!((one - value(plain(kind, &moved[..n]))).abs() < 1e-6);
                prop_assert!((one - value(plain(kind, &back[3 - n..]))).abs() < 1e-6 || n == 2);
                prop_assert!(one >= 0.0 && (kind == Kind::Ruler || one <= 180.0));
            }
        }

        /// What is stored reads back as the same number, so that a fold of the log is the same after a restart.
        #[test]
        fn rounded_points_survive_json(points in prop::array::uniform6(-9999.0f64..9999.0)) {
            let shape = Shape::Profile { a: p(points[0], points[1], points[2]), b: p(points[3], points[4], points[5]) }.rounded();
            let text = serde_json::to_string(&shape).unwrap();
            prop_assert_eq!(serde_json::from_str::<Shape>(&text).unwrap(), shape);
        }
    }
}
