//! The patients: where their organs lie. Numbers are those of textbook adults, rounded; R grows to the patient's right, S = 0 is the
//! middle of L1, A = 0 the middle of the torso.

use super::{HalfSpace, Phantom, Shape, Structure, Tissue, Torso, scenery};
use crate::space::{Affine, Grid, SpaceError};
use glam::{DAffine3, DMat3, DVec3};

/// Vertebrae from L4 up: name, label value, S of the middle, half height of the body (mm). Unlabelled ones have the value 0.
pub(super) const SPINE: [(&str, u16, f64, f64); 13] = [
    ("vertebrae_L4", 28, -108.0, 13.5),
    ("vertebrae_L3", 29, -72.0, 13.5),
    ("vertebrae_L2", 30, -36.0, 13.5),
    ("vertebrae_L1", 31, 0.0, 13.0),
    ("vertebrae_T12", 32, 33.0, 12.5),
    ("vertebrae_T11", 33, 64.0, 11.5),
    ("vertebrae_T10", 34, 93.0, 11.0),
    ("", 0, 121.0, 10.5),
    ("", 0, 148.0, 10.0),
    ("", 0, 174.0, 10.0),
    ("", 0, 199.0, 9.5),
    ("", 0, 223.0, 9.0),
    ("", 0, 246.0, 9.0),
];

/// A of the middle of a vertebral body: the lumbar spine bends forward, the thoracic one back.
pub(super) fn spine_a(s: f64) -> f64 {
    -50.0 - 5.0 * ((s - 20.0) / 60.0).sin().clamp(-1.0, 1.0)
}

fn structure(name: &'static str, value: u16, color: [u8; 3], tissue: Tissue, parts: Vec<Shape>) -> Structure {
    Structure { name, value, color, tissue, parts, cuts: Vec::new(), without: Vec::new(), yields: false }
}

/// A grid around a middle point, its axes turned by `degrees` about R, A, S; `flips` are the signs of i, j, k along R, A, S.
fn grid(size: [usize; 3], spacing: [f64; 3], middle: [f64; 3], degrees: [f64; 3], flips: [f64; 3]) -> Result<Grid, SpaceError> {
    let [r, a, s] = degrees.map(f64::to_radians);
    let turn = DMat3::from_rotation_z(s) * DMat3::from_rotation_y(a) * DMat3::from_rotation_x(r);
    let matrix3 = turn * DMat3::from_diagonal(DVec3::from(spacing) * DVec3::from(flips));
    let half = DVec3::from(size.map(|n| (n as f64 - 1.0) / 2.0));
    let translation = DVec3::from(middle) - matrix3 * half;
    Ok(Grid { size, affine: Affine::new(DAffine3 { matrix3, translation })? })
}

/// Body and posterior process of the labelled vertebrae.
fn vertebrae() -> Vec<Structure> {
    let named = SPINE.iter().enumerate().filter(|(_, v)| v.1 != 0);
    named
        .map(|(n, &(name, value, s, half))| {
            let a = spine_a(s);
            let body = Shape::column([0.0, a], [22.0 - 0.6 * n as f64, 17.0], s - half, s + half);
            let spinous = Shape::turned([0.0, a - 41.0, s - 9.0], [4.0, 14.0, 8.0], [15.0, 0.0, 0.0]);
            let shade = 150 + 14 * n as u8;
            structure(name, value, [shade, shade - 20, 90 + 8 * n as u8], Tissue::Bone, vec![body, spinous])
        })
        .collect()
}

/// Thoracic and abdominal aorta with its arch, from the heart's base to the bifurcation at L4.
fn aorta(heart_top: f64) -> Structure {
    let (descending, ascending, top) = (DVec3::new(-17.0, -19.0, 0.0), DVec3::new(8.0, 28.0, 0.0), heart_top + 10.0);
    let across = (ascending - descending).normalize();
    let ring = (ascending - descending).length() / 2.0;
    let parts = vec![
        Shape::column([descending.x, descending.y], [11.5, 11.5], -104.0, top),
        Shape::Arch { centre: (descending + ascending) / 2.0 + DVec3::Z * top, across, ring, tube: 11.5 },
        Shape::column([ascending.x, ascending.y], [11.5, 11.5], heart_top, top),
    ];
    structure("aorta", 52, [220, 60, 60], Tissue::Blood, parts)
}

/// Five lobes: an ellipsoid per side, cut by the oblique fissures and, on the right, the horizontal one.
fn lungs(right: &Shape, left: &Shape) -> Vec<Structure> {
    let dome = |side: &Shape| {
        let c = side.centroid();
        let reach = side.bounds().size_mm() / 2.0;
        Shape::ellipsoid([c.x * 0.95, 4.0, 55.0], [reach.x + 4.0, reach.y, 74.0])
    };
    let domes = vec![dome(right), dome(left)];
    let lobe = |name, value, color, shape: &Shape, cuts: &[(DVec3, f64)]| Structure {
        cuts: cuts.iter().map(|&(normal, offset)| HalfSpace { normal, offset }).collect(),
        without: domes.clone(),
        yields: true,
        ..structure(name, value, color, Tissue::Lung, vec![shape.clone()])
    };
    // The oblique fissure falls from behind above to the front below.
    let front = DVec3::new(0.0, 0.78, 0.62);
    let at = |a: f64, s: f64| front.dot(DVec3::new(0.0, a, s));
    let (oblique_left, oblique_right) = (at(10.0, 150.0), at(8.0, 146.0));
    vec![
        lobe("lung_upper_lobe_left", 10, [110, 170, 220], left, &[(front, oblique_left)]),
        lobe("lung_lower_lobe_left", 11, [70, 120, 190], left, &[(-front, -oblique_left)]),
        lobe("lung_upper_lobe_right", 12, [140, 200, 230], right, &[(front, oblique_right), (DVec3::Z, 176.0)]),
        lobe("lung_middle_lobe_right", 13, [100, 190, 190], right, &[(front, oblique_right), (DVec3::NEG_Z, -176.0)]),
        lobe("lung_lower_lobe_right", 14, [60, 140, 170], right, &[(-front, -oblique_right)]),
    ]
}

/// What differs between the patients.
struct Organs {
    spleen: Shape,
    kidney_right: Shape,
    kidney_left: Shape,
    liver: Shape,
    lesion: Shape,
    heart: Shape,
    lung_right: Shape,
    lung_left: Shape,
}

fn assemble(o: Organs) -> Vec<Structure> {
    let heart_top = o.heart.bounds().max.0.z;
    let mut all = vec![
        structure("liver_lesion", 118, [240, 228, 66], Tissue::Lesion, vec![o.lesion]),
        structure("spleen", 1, [157, 108, 162], Tissue::Spleen, vec![o.spleen]),
        structure("kidney_right", 2, [185, 102, 83], Tissue::Kidney, vec![o.kidney_right]),
        structure("kidney_left", 3, [213, 94, 60], Tissue::Kidney, vec![o.kidney_left]),
        structure("liver", 5, [221, 130, 101], Tissue::Liver, vec![o.liver]),
        structure("heart", 51, [206, 110, 84], Tissue::Heart, vec![o.heart]),
        aorta(heart_top),
    ];
    all.extend(vertebrae());
    all.extend(lungs(&o.lung_right, &o.lung_left));
    all
}

fn with_scenery(mut p: Phantom) -> Phantom {
    p.scenery = scenery::around(&p);
    p
}

/// Patient A: a lesion in the right lobe of the liver. Masks on the CT's own grid, which runs LPS and is turned by a few degrees.
///
/// Errors never in practice: the grid is invertible by construction (a test builds it).
pub fn phantom_a() -> Result<Phantom, SpaceError> {
    let ct = grid([224, 176, 128], [1.6, 1.6, 3.2], [2.0, -8.0, 78.0], [2.5, -1.5, 6.0], [-1.0, -1.0, 1.0])?;
    let organs = Organs {
        spleen: Shape::turned([-96.0, -38.0, 66.0], [22.0, 36.0, 48.0], [20.0, 12.0, 20.0]),
        kidney_right: Shape::turned([58.0, -52.0, -30.0], [26.0, 22.0, 52.0], [0.0, -8.0, 0.0]),
        kidney_left: Shape::turned([-60.0, -54.0, -4.0], [25.0, 22.0, 53.0], [0.0, 8.0, 0.0]),
        liver: Shape::turned([51.0, 23.0, 78.0], [90.0, 56.0, 56.0], [0.0, 16.0, -14.0]),
        lesion: Shape::ellipsoid([84.0, 10.0, 70.0], [15.0, 13.0, 14.0]),
        heart: Shape::turned([-16.0, 40.0, 182.0], [52.0, 36.0, 44.0], [0.0, -20.0, 0.0]),
        lung_right: Shape::ellipsoid([76.0, -2.0, 168.0], [56.0, 80.0, 104.0]),
        lung_left: Shape::ellipsoid([-76.0, -2.0, 170.0], [54.0, 80.0, 102.0]),
    };
    let torso = Torso { half_width: 164.0, half_depth: 112.0, fat: 20.0, diaphragm: 128.0 };
    let structures = assemble(organs);
    Ok(with_scenery(Phantom { id: "phantom_a", grid: ct, mask_grid: ct, torso, structures, scenery: Vec::new(), seed: 0xA11CE }))
}

/// Patient B: slimmer, an enlarged spleen, a small left kidney, a lesion in the left lobe of the liver. Masks on a coarser grid along the
/// patient axes, one file per structure, the lesion inside the liver's own mask.
///
/// Errors never in practice, as for [`phantom_a`].
pub fn phantom_b() -> Result<Phantom, SpaceError> {
    let ct = grid([208, 160, 118], [1.7, 1.7, 3.6], [-3.0, -6.0, 76.0], [-3.0, 2.0, -4.0], [-1.0, 1.0, 1.0])?;
    let masks = grid([112, 84, 136], [3.0, 3.0, 3.0], [0.0, -4.0, 76.0], [0.0; 3], [1.0; 3])?;
    let organs = Organs {
        spleen: Shape::turned([-86.0, -22.0, 58.0], [32.0, 50.0, 74.0], [16.0, 10.0, 14.0]),
        kidney_right: Shape::turned([56.0, -50.0, -24.0], [25.0, 21.0, 50.0], [0.0, -8.0, 0.0]),
        kidney_left: Shape::turned([-56.0, -54.0, -34.0], [19.0, 17.0, 38.0], [0.0, 8.0, 0.0]),
        liver: Shape::turned([48.0, 20.0, 82.0], [82.0, 50.0, 52.0], [0.0, 14.0, -12.0]),
        lesion: Shape::ellipsoid([-12.0, 26.0, 96.0], [10.0, 11.0, 10.0]),
        heart: Shape::turned([-14.0, 38.0, 180.0], [48.0, 34.0, 40.0], [0.0, -20.0, 0.0]),
        lung_right: Shape::ellipsoid([70.0, -2.0, 172.0], [50.0, 72.0, 100.0]),
        lung_left: Shape::ellipsoid([-70.0, -2.0, 174.0], [48.0, 72.0, 96.0]),
    };
    let torso = Torso { half_width: 150.0, half_depth: 102.0, fat: 13.0, diaphragm: 130.0 };
    let structures = assemble(organs);
    Ok(with_scenery(Phantom { id: "phantom_b", grid: ct, mask_grid: masks, torso, structures, scenery: Vec::new(), seed: 0xB0B }))
}
