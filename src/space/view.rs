//! View planes and the frame of a displayed slice.

use super::RasMm;
use glam::DVec3;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Plane {
    Axial,
    Coronal,
    Sagittal,
}

/// Which side of the patient is on the left of the screen in axial and coronal views.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Convention {
    /// Patient right on screen left, as if seen from the feet.
    #[default]
    Radiological,
    /// Patient left on screen left.
    Neurological,
}

impl Plane {
    pub const ALL: [Plane; 3] = [Plane::Axial, Plane::Coronal, Plane::Sagittal];

    pub fn name(self) -> &'static str {
        match self {
            Plane::Axial => "axial",
            Plane::Coronal => "coronal",
            Plane::Sagittal => "sagittal",
        }
    }

    /// Index (0 R, 1 A, 2 S) of the patient axis the plane is perpendicular to.
    pub fn normal_axis(self) -> usize {
        match self {
            Plane::Axial => 2,
            Plane::Coronal => 1,
            Plane::Sagittal => 0,
        }
    }

    /// Unit vectors in patient space along screen right and screen *down*.
    pub fn screen_axes(self, convention: Convention) -> (DVec3, DVec3) {
        let across = match convention {
            Convention::Radiological => DVec3::NEG_X,
            Convention::Neurological => DVec3::X,
        };
        match self {
            Plane::Axial => (across, DVec3::NEG_Y),
            Plane::Coronal => (across, DVec3::NEG_Z),
            Plane::Sagittal => (DVec3::NEG_Y, DVec3::NEG_Z),
        }
    }

    /// Letters at the left, right, top and bottom edge of the view.
    pub fn edge_letters(self, convention: Convention) -> [EdgeLetters; 4] {
        let (right, down) = self.screen_axes(convention);
        edge_letters(right, down)
    }
}

impl std::str::FromStr for Plane {
    type Err = String;
    fn from_str(s: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|p| p.name() == s).ok_or_else(|| format!("'{s}' is not a plane; use axial, coronal or sagittal"))
    }
}

/// Letters at the left, right, top and bottom edge of a view whose screen directions are these: of the closest patient direction, and of
/// the next one (`RA`) where a view is turned so far that it counts.
pub fn edge_letters(right: DVec3, down: DVec3) -> [EdgeLetters; 4] {
    [letters(-right), letters(right), letters(-down), letters(down)]
}

/// Share of a direction, as the sine of its angle, from which a second letter is written: 15°.
const SECOND: f64 = 0.2588;

/// One letter or two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EdgeLetters([char; 2], usize);

impl std::fmt::Display for EdgeLetters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0[..self.1].iter().try_for_each(|letter| write!(f, "{letter}"))
    }
}

fn letters(direction: DVec3) -> EdgeLetters {
    let d = direction.normalize_or_zero();
    let mut axes = [0, 1, 2];
    axes.sort_by(|a, b| d[*b].abs().total_cmp(&d[*a].abs()));
    let letter = |axis: usize| if d[axis] > 0.0 { ['R', 'A', 'S'][axis] } else { ['L', 'P', 'I'][axis] };
    let many = if d[axes[1]].abs() > SECOND { 2 } else { 1 };
    EdgeLetters([letter(axes[0]), letter(axes[1])], many)
}

/// Where a slice image lies in patient space: its centre and the steps of one pixel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SliceFrame {
    /// Patient position of the image's centre (between pixels when the size is even).
    pub centre: RasMm,
    /// Patient-space step of one pixel to the right, in mm.
    pub right: DVec3,
    /// Patient-space step of one pixel down, in mm.
    pub down: DVec3,
}

impl SliceFrame {
    pub fn new(plane: Plane, convention: Convention, centre: RasMm, mm_per_pixel: f64) -> Self {
        let (right, down) = plane.screen_axes(convention);
        Self { centre, right: right * mm_per_pixel, down: down * mm_per_pixel }
    }

    /// Patient position at an offset of pixels from the image's centre.
    pub fn at(&self, dx: f64, dy: f64) -> RasMm {
        RasMm(self.centre.0 + self.right * dx + self.down * dy)
    }

    /// Pixel offset from the centre of the projection of `p` onto the slice.
    pub fn project(&self, p: RasMm) -> (f64, f64) {
        let d = p.0 - self.centre.0;
        (d.dot(self.right) / self.right.length_squared(), d.dot(self.down) / self.down.length_squared())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn radiological_edges_are_what_a_radiologist_expects() {
        let letters = |p: Plane, c| p.edge_letters(c).map(|l| l.to_string()).concat();
        assert_eq!(letters(Plane::Axial, Convention::Radiological), "RLAP");
        assert_eq!(letters(Plane::Coronal, Convention::Radiological), "RLSI");
        assert_eq!(letters(Plane::Sagittal, Convention::Radiological), "APSI");
        assert_eq!(letters(Plane::Axial, Convention::Neurological), "LRAP");
        assert_eq!(letters(Plane::Coronal, Convention::Neurological), "LRSI");
        assert_eq!(letters(Plane::Sagittal, Convention::Neurological), "APSI");
        let turned = |degrees: f64| {
            let (s, c) = degrees.to_radians().sin_cos();
            edge_letters(DVec3::new(-c, s, 0.0), DVec3::NEG_Z).map(|l| l.to_string()).join(" ")
        };
        assert_eq!(turned(10.0), "R L S I");
        assert_eq!(turned(42.0), "RP LA S I");
        assert_eq!(turned(48.0), "PR AL S I");
    }

    #[test]
    fn pixels_project_back_to_where_they_came_from() {
        let f = SliceFrame::new(Plane::Coronal, Convention::Radiological, RasMm::new(3.0, -4.0, 5.0), 0.5);
        let (x, y) = f.project(f.at(10.0, -7.5));
        assert!((x - 10.0).abs() < 1e-12 && (y + 7.5).abs() < 1e-12);
    }
}
