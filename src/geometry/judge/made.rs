//! Cases of boxes for tests: measures as the engine would give them for solid boxes on a grid of 1 mm voxels.

use crate::geometry::measures::{CaseMeasures, ComponentSizes, Extent, GridSummary, LabelMeasures, PairMeasures, Place, Shape};

/// The field of view is 400 mm wide, from −200 in each direction, with axes along RAS.
pub fn case(boxes: &[(&str, [[f64; 3]; 2])]) -> CaseMeasures {
    let grid = GridSummary { size: [400; 3], spacing_mm: [1.0; 3], axes: "RAS".into(), oblique_degrees: 0.0 };
    let labels: Vec<LabelMeasures> = boxes.iter().enumerate().map(|(n, (name, b))| label(n, name, *b)).collect();
    let mut pairs = Vec::new();
    for a in 0..labels.len() {
        pairs.extend((a + 1..labels.len()).filter_map(|b| pair(a, b, &labels)));
    }
    CaseMeasures { grid, labels, pairs }
}

/// Absent where the box has no size.
fn label(n: usize, name: &str, b: [[f64; 3]; 2]) -> LabelMeasures {
    let size = [0, 1, 2].map(|n| b[1][n] - b[0][n]);
    let mm3 = size.iter().product::<f64>();
    let place = Place {
        bbox_voxel: [b[0].map(|v| (v + 200.0) as usize), b[1].map(|v| (v + 199.0) as usize)],
        box_ras_mm: b,
        extent: Extent { width_rl: size[0], depth_ap: size[1], height_si: size[2] },
        centroid_ras_mm: [0, 1, 2].map(|n| f64::midpoint(b[0][n], b[1][n])),
    };
    let shape = Shape {
        components: ComponentSizes::new(vec![mm3 as u64]),
        surface_area_mm2: 0.0,
        axial_diameter: [b[0], [b[1][0], b[1][1], b[0][2]]],
        diameter: b,
    };
    LabelMeasures {
        value: n as u16 + 1,
        layer: 0,
        name: name.into(),
        voxels: mm3 as u64,
        volume_ml: mm3 / 1000.0,
        truncated: b[0].iter().any(|v| *v <= -200.0) || b[1].iter().any(|v| *v >= 200.0),
        place: (mm3 > 0.0).then_some(place),
        shape: (mm3 > 0.0).then_some(shape),
        hu: None,
    }
}

fn pair(a: usize, b: usize, labels: &[LabelMeasures]) -> Option<PairMeasures> {
    let (one, other) = (labels[a].place?, labels[b].place?);
    let [p, q] = [one.box_ras_mm, other.box_ras_mm];
    let apart = [0, 1, 2].map(|n| (p[0][n] - q[1][n]).max(q[0][n] - p[1][n]).max(0.0));
    let shared = [0, 1, 2].map(|n| (p[1][n].min(q[1][n]) - p[0][n].max(q[0][n])).max(0.0));
    let common = shared.iter().product::<f64>() / 1000.0;
    let offset = [0, 1, 2].map(|n| one.centroid_ras_mm[n] - other.centroid_ras_mm[n]);
    let length = |v: [f64; 3]| v.iter().map(|x| x * x).sum::<f64>().sqrt();
    Some(PairMeasures {
        a,
        b,
        centre_distance_mm: length(offset),
        offset_ras_mm: offset,
        gap_mm: if common > 0.0 { 0.0 } else { length(apart.map(|d| d + 1.0).map(|d| if d > 1.0 { d } else { 0.0 })).max(1.0) },
        nearest: [one.centroid_ras_mm, other.centroid_ras_mm],
        surface: None,
        overlap: [0, 1, 2].map(|n| shared[n] / (p[1][n] - p[0][n]).min(q[1][n] - q[0][n])),
        contact_share: common / labels[a].volume_ml,
        contact_share_of_b: common / labels[b].volume_ml,
        contained: [common / labels[a].volume_ml, common / labels[b].volume_ml],
    })
}

/// A body: spine, kidneys, liver with a lesion, spleen, a left lung in lobes, an aorta that leaves the field of view, and a label without
/// voxels.
pub fn body() -> CaseMeasures {
    let cube =
        |r: f64, a: f64, s: f64, w: f64, d: f64, h: f64| [[r - w / 2.0, a - d / 2.0, s - h / 2.0], [r + w / 2.0, a + d / 2.0, s + h / 2.0]];
    case(&[
        ("vertebrae_L1", cube(20.0, -60.0, 0.0, 30.0, 30.0, 26.0)),
        ("vertebrae_L2", cube(20.0, -60.0, -36.0, 30.0, 30.0, 26.0)),
        ("vertebrae_T12", cube(21.0, -60.0, 34.0, 30.0, 30.0, 26.0)),
        ("kidney_left", cube(-40.0, -50.0, 0.0, 50.0, 40.0, 100.0)),
        ("kidney_right", cube(80.0, -50.0, -30.0, 50.0, 40.0, 96.0)),
        ("liver", cube(70.0, 20.0, 60.0, 120.0, 100.0, 110.0)),
        ("liver_lesion", cube(90.0, 10.0, 60.0, 20.0, 20.0, 20.0)),
        ("spleen", cube(-80.0, -30.0, 60.0, 50.0, 70.0, 80.0)),
        ("lung_upper_lobe_left", cube(-60.0, 0.0, 170.0, 80.0, 100.0, 40.0)),
        ("lung_lower_lobe_left", cube(-60.0, -20.0, 135.0, 80.0, 100.0, 30.0)),
        ("aorta", cube(10.0, -30.0, -20.0, 20.0, 20.0, 360.0)),
        ("gallbladder", [[0.0; 3]; 2]),
        ("pleural_effusion", cube(20.0, -70.0, 120.0, 180.0, 20.0, 20.0)),
    ])
}
