//! Drawings of measures that belong to no claim: a structure's box and centroid, one of its lengths, or what lies between two structures.

use super::evidence::{Evidence, LineKind, Part};
use crate::geometry::measures::{CaseMeasures, LabelMeasures, PairMeasures, Place};

/// What of a structure is drawn; its box and centroid always are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum OfOne {
    #[default]
    Box,
    /// Width (0), depth (1) or height (2).
    Extent(usize),
    AxialDiameter,
    Diameter,
}

/// What of a pair is drawn; both boxes and centroids always are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum OfTwo {
    /// The line between the centroids.
    #[default]
    Centres,
    Gap,
    /// Along R–L (0), A–P (1) or S–I (2), with the projections of both centroids.
    Offset(usize),
}

/// One drawing. Indices are those of [`CaseMeasures::labels`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Figure {
    One(usize, OfOne),
    Two([usize; 2], OfTwo),
}

impl Figure {
    /// The labels that it shows.
    pub fn labels(&self) -> &[usize] {
        match self {
            Figure::One(n, _) => std::slice::from_ref(n),
            Figure::Two(pair, _) => pair,
        }
    }

    /// `None` while what it shows is absent or not measured.
    pub fn evidence(&self, measures: &CaseMeasures) -> Option<Evidence> {
        let parts: Vec<Part> = self.labels().iter().map(|n| part(measures, *n)).collect::<Option<_>>()?;
        let mut evidence = Evidence { parts, ..Evidence::default() };
        match *self {
            Figure::One(n, what) => one(&mut evidence, &measures.labels[n], what)?,
            Figure::Two([a, b], what) => two(&mut evidence, measures, [a, b], what)?,
        }
        evidence.aim();
        Some(evidence)
    }
}

fn part(measures: &CaseMeasures, index: usize) -> Option<Part> {
    let label = measures.labels.get(index)?;
    let place = label.place?;
    Some(Part {
        name: label.name.clone(),
        labels: vec![index],
        box_ras_mm: Some(place.box_ras_mm),
        centroid_ras_mm: Some(place.centroid_ras_mm),
    })
}

fn one(evidence: &mut Evidence, label: &LabelMeasures, what: OfOne) -> Option<()> {
    let ends = match what {
        OfOne::Box => return Some(()),
        OfOne::Extent(axis) => across(&label.place?, axis),
        OfOne::AxialDiameter => label.shape.as_ref()?.axial_diameter,
        OfOne::Diameter => label.shape.as_ref()?.diameter,
    };
    evidence.line(LineKind::Extent, ends);
    Some(())
}

/// From side to side of the box, through the centroid.
fn across(place: &Place, axis: usize) -> [[f64; 3]; 2] {
    place.box_ras_mm.map(|corner| {
        let mut end = place.centroid_ras_mm;
        end[axis] = corner[axis];
        end
    })
}

fn two(evidence: &mut Evidence, measures: &CaseMeasures, [a, b]: [usize; 2], what: OfTwo) -> Option<()> {
    let centroids = [evidence.parts[0].centroid_ras_mm?, evidence.parts[1].centroid_ras_mm?];
    match what {
        OfTwo::Centres => evidence.line(LineKind::Centres, centroids),
        OfTwo::Gap => evidence.line(LineKind::Gap, measures.pair(a, b)?.nearest),
        OfTwo::Offset(axis) => {
            evidence.axis = Some(axis);
            // Along the axis, level with the first: the other's projection falls on its end.
            let mut foot = centroids[0];
            foot[axis] = centroids[1][axis];
            evidence.line(LineKind::Offset, [centroids[0], foot])
        }
    };
    Some(())
}

impl CaseMeasures {
    /// The measures of two labels, in whichever order they were taken.
    pub fn pair(&self, a: usize, b: usize) -> Option<&PairMeasures> {
        self.pairs.iter().find(|p| [p.a, p.b] == [a, b] || [p.b, p.a] == [a, b])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::measures::{ComponentSizes, Extent, GridSummary, Shape};
    use crate::space::Plane;

    fn label(name: &str, low: [f64; 3], size: [f64; 3]) -> LabelMeasures {
        let high = [0, 1, 2].map(|n| low[n] + size[n]);
        let place = Place {
            bbox_voxel: [[0; 3]; 2],
            box_ras_mm: [low, high],
            extent: Extent { width_rl: size[0], depth_ap: size[1], height_si: size[2] },
            centroid_ras_mm: [0, 1, 2].map(|n| low[n] + size[n] / 2.0),
        };
        let shape = Shape {
            components: ComponentSizes::new(vec![8]),
            surface_area_mm2: 1.0,
            axial_diameter: [low, [high[0], high[1], low[2]]],
            diameter: [low, high],
        };
        let (voxels, volume_ml) = (8, 1.0);
        LabelMeasures {
            value: 1,
            layer: 0,
            name: name.into(),
            voxels,
            volume_ml,
            truncated: false,
            place: Some(place),
            shape: Some(shape),
            hu: None,
        }
    }

    fn case() -> CaseMeasures {
        let grid = GridSummary { size: [9; 3], spacing_mm: [1.0; 3], axes: "RAS".into(), oblique_degrees: 0.0 };
        let absent = LabelMeasures { voxels: 0, place: None, shape: None, ..label("absent", [0.0; 3], [1.0; 3]) };
        let labels = vec![label("a", [0.0; 3], [10.0, 20.0, 30.0]), label("b", [40.0, 0.0, 0.0], [10.0; 3]), absent];
        CaseMeasures { grid, labels, pairs: Vec::new() }
    }

    #[test]
    fn each_number_of_a_structure_has_its_line_in_the_plane_that_shows_it() {
        let case = case();
        let length = |what| Figure::One(0, what).evidence(&case).unwrap().lines.first().map(|l| l.length_mm);
        assert_eq!(length(OfOne::Box), None);
        assert_eq!([0, 1, 2].map(|n| length(OfOne::Extent(n))), [Some(10.0), Some(20.0), Some(30.0)]);
        assert_eq!(length(OfOne::AxialDiameter), Some(500f64.sqrt()));
        assert_eq!(length(OfOne::Diameter), Some(1400f64.sqrt()));
        let plane = |what| Figure::One(0, what).evidence(&case).unwrap().plane.unwrap();
        assert_eq!((plane(OfOne::Extent(0)), plane(OfOne::AxialDiameter)), (Plane::Axial, Plane::Axial));
        assert_ne!(plane(OfOne::Extent(2)), Plane::Axial);
        let at = Figure::One(0, OfOne::Box).evidence(&case).unwrap().at;
        assert_eq!(at, Some([5.0, 10.0, 15.0]), "without a line the centroid is gone to");
    }

    #[test]
    fn a_pair_is_drawn_as_far_as_it_is_measured_and_an_absent_label_never() {
        let case = case();
        let centres = Figure::Two([0, 1], OfTwo::Centres).evidence(&case).unwrap();
        assert_eq!((centres.parts.len(), centres.lines[0].kind), (2, LineKind::Centres));
        let offset = Figure::Two([0, 1], OfTwo::Offset(0)).evidence(&case).unwrap();
        assert_eq!((offset.axis, offset.lines[0].length_mm), (Some(0), 40.0));
        assert_eq!(Figure::Two([0, 1], OfTwo::Gap).evidence(&case), None, "gaps are measured pair by pair");
        for figure in [Figure::One(2, OfOne::Box), Figure::Two([0, 2], OfTwo::Centres), Figure::One(7, OfOne::Box)] {
            assert_eq!(figure.evidence(&case), None);
        }
    }
}
