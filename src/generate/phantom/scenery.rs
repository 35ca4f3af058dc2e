//! Everything without a label: ribs, discs, canal, muscles, bowel, vessels, airways, table. Earlier paint wins where two overlap.

use super::anatomy::{SPINE, spine_a};
use super::noise::{hash, uniform};
use super::{Paint, Phantom, Shape, Structure, Tissue};
use glam::DVec3;

fn paint(tissue: Tissue, shape: Shape) -> Paint {
    Paint { shape, tissue, within: None }
}

pub(super) fn around(p: &Phantom) -> Vec<Paint> {
    let mut all = vessels(p);
    all.extend(spine());
    all.extend(ribs(p));
    all.extend(airways());
    all.extend(muscles());
    all.extend(bowel(p.seed));
    all.push(paint(Tissue::Table, Shape::column([0.0, -p.torso.half_depth - 15.0], [240.0, 12.0], -600.0, 800.0)));
    all
}

/// Canal, discs, arches, and the bodies that carry no label.
fn spine() -> Vec<Paint> {
    let mut all = Vec::new();
    for (n, &(_, value, s, half)) in SPINE.iter().enumerate() {
        let (a, width) = (spine_a(s), 22.0 - 0.6 * n as f64);
        let next = SPINE.get(n + 1).map_or(s + 24.0, |v| v.2 - v.3);
        all.push(paint(Tissue::Fluid, Shape::column([0.0, a - 26.0], [9.5, 8.0], s - half - 6.0, next + 2.0)));
        all.push(paint(Tissue::Disc, Shape::column([0.0, a], [width - 1.0, 16.0], s + half, next)));
        if value == 0 {
            all.push(paint(Tissue::Bone, Shape::column([0.0, a], [width, 17.0], s - half, s + half)));
            all.push(paint(Tissue::Bone, Shape::turned([0.0, a - 41.0, s - 9.0], [4.0, 14.0, 8.0], [15.0, 0.0, 0.0])));
        }
        for side in [-1.0, 1.0] {
            let at = |x: f64, back: f64, up: f64| [side * x, a - back, s + up];
            all.push(paint(Tissue::Bone, Shape::capsule(at(13.0, 15.0, 3.0), at(14.0, 30.0, 2.0), 4.5)));
            all.push(paint(Tissue::Bone, Shape::capsule(at(14.0, 31.0, 1.0), at(36.0, 36.0, 2.0), 4.0)));
            all.push(paint(Tissue::Bone, Shape::capsule(at(14.0, 31.0, 0.0), at(2.0, 38.0, -4.0), 3.5)));
        }
    }
    all
}

/// From the spine around the chest wall, falling towards the front; the upper ones end in cartilage at the sternum.
fn ribs(p: &Phantom) -> Vec<Paint> {
    let inset = p.torso.fat + 9.0;
    let (width, depth) = (p.torso.half_width - inset, p.torso.half_depth - inset * 0.85);
    let mut all = Vec::new();
    for (n, &(_, _, s, _)) in SPINE.iter().enumerate().skip(4) {
        let ends = [80.0, 100.0, 125.0].get(n - 4).copied().unwrap_or(150.0);
        for side in [-1.0, 1.0] {
            let at = |degrees: f64| {
                let (sin, cos) = degrees.to_radians().sin_cos();
                let fall = 85.0 * (1.0 - cos) / 2.0;
                [side * width * sin.powf(0.9), -depth * cos, s + 4.0 - fall]
            };
            let mut from = 18.0;
            while from < ends {
                let tissue = if from < 118.0 { Tissue::Bone } else { Tissue::Cartilage };
                all.push(paint(tissue, Shape::capsule(at(from), at(from + 8.0), 5.0)));
                from += 8.0;
            }
        }
    }
    let front = p.torso.half_depth - inset + 2.0;
    let sternum = Shape::turned([0.0, front, 186.0], [19.0, 7.0, 62.0], [-6.0, 0.0, 0.0]);
    all.insert(0, paint(Tissue::Bone, sternum));
    all
}

fn airways() -> Vec<Paint> {
    let carina = [0.0, -2.0, 214.0];
    let mut all = vec![
        paint(Tissue::Air, Shape::capsule(carina, [0.0, 6.0, 320.0], 8.5)),
        paint(Tissue::Air, Shape::capsule(carina, [30.0, -6.0, 194.0], 6.5)),
        paint(Tissue::Air, Shape::capsule(carina, [-34.0, -6.0, 196.0], 6.0)),
    ];
    let walls: Vec<Paint> = all.iter().map(|p| Paint { shape: thicker(&p.shape, 1.8), tissue: Tissue::Cartilage, within: None }).collect();
    all.extend(walls);
    all
}

fn thicker(shape: &Shape, by: f64) -> Shape {
    match *shape {
        Shape::Capsule { a, b, radius } => Shape::Capsule { a, b, radius: radius + by },
        ref other => other.clone(),
    }
}

fn muscles() -> Vec<Paint> {
    let mut all = vec![paint(Tissue::Vessel, Shape::column([19.0, -22.0], [11.0, 9.0], -106.0, 150.0))]; // inferior vena cava
    for side in [-1.0, 1.0] {
        all.push(paint(Tissue::Muscle, Shape::capsule([side * 48.0, -42.0, -190.0], [side * 26.0, -56.0, 10.0], 17.0)));
        all.push(paint(Tissue::Muscle, Shape::column([side * 28.0, -84.0], [24.0, 14.0], -300.0, 300.0)));
        all.push(paint(Tissue::Muscle, Shape::capsule([side * 62.0, -86.0, -190.0], [side * 52.0, -84.0, 10.0], 12.0)));
        all.push(paint(Tissue::Muscle, Shape::capsule([side * 12.0, -30.0, 20.0], [side * 9.0, -40.0, 110.0], 6.0))); // crura
    }
    all
}

/// Stomach, colon and loops of small bowel, the loops placed by the seed.
fn bowel(seed: u64) -> Vec<Paint> {
    let mut all = vec![
        paint(Tissue::Fluid, Shape::turned([-50.0, 30.0, 66.0], [34.0, 34.0, 44.0], [0.0, -20.0, 0.0])),
        paint(Tissue::Bowel, Shape::capsule([106.0, -8.0, -190.0], [102.0, 6.0, -18.0], 21.0)),
        paint(Tissue::Bowel, Shape::capsule([-108.0, -14.0, -190.0], [-104.0, 4.0, 10.0], 18.0)),
        paint(Tissue::Bowel, Shape::capsule([88.0, 40.0, -22.0], [0.0, 58.0, -30.0], 18.0)),
        paint(Tissue::Bowel, Shape::capsule([0.0, 58.0, -30.0], [-92.0, 34.0, 14.0], 18.0)),
    ];
    for n in 0..34u64 {
        let u = |k: u64| uniform(hash(seed) ^ (n * 8 + k)) * 2.0 - 1.0;
        let from = DVec3::new(64.0 * u(0), 28.0 + 30.0 * u(1), -92.0 + 62.0 * u(2));
        let to = from + DVec3::new(26.0 * u(3), 14.0 * u(4), 14.0 * u(5));
        all.push(paint(Tissue::Bowel, Shape::Capsule { a: from, b: to, radius: 10.5 + 2.0 * u(6) }));
    }
    all
}

/// Trees inside liver and lungs, and the fat of the renal hilum.
fn vessels(p: &Phantom) -> Vec<Paint> {
    let mut all = Vec::new();
    for s in p.structures.iter().filter(|s| !s.yields || s.value == 10 || s.value == 12) {
        match s.tissue {
            Tissue::Liver => tree(p.seed, s, DVec3::new(18.0, -6.0, 74.0), 46, 4.2, &mut all),
            Tissue::Lung => tree(p.seed, s, DVec3::new(s.centroid().0.x.signum() * 26.0, 2.0, 194.0), 130, 4.6, &mut all),
            Tissue::Kidney => {
                let c = s.centroid().0;
                let reach = s.bounds().size_mm() / 2.0;
                let shape = Shape::ellipsoid([c.x * 0.82, c.y + 4.0, c.z], [reach.x * 0.45, reach.y * 0.4, reach.z * 0.42]);
                all.push(Paint { shape, tissue: Tissue::Fat, within: Some(Tissue::Kidney) });
            }
            _ => {}
        }
    }
    all
}

/// Segments that start at a root or on an earlier segment and run outwards, thinner at each step.
fn tree(seed: u64, s: &Structure, root: DVec3, count: u64, thick: f64, all: &mut Vec<Paint>) {
    let b = s.bounds();
    let mut ends = vec![(root, 0u32)];
    for n in 0..count {
        let u = |k: u64| uniform(hash(seed + u64::from(s.value)) ^ (n * 8 + k));
        let (from, depth) = ends[n as usize * 2 / 5];
        let target = b.min.0 + b.size_mm() * DVec3::new(u(0), u(1), u(2));
        let away = (target - from).normalize_or_zero() + (from - root).normalize_or_zero() * 0.8;
        let to = from + away.normalize_or_zero() * (16.0 + 22.0 * u(3));
        let radius = (thick * 0.78f64.powi(depth as i32)).max(0.9);
        all.push(Paint { shape: Shape::Capsule { a: from, b: to, radius }, tissue: Tissue::Vessel, within: Some(s.tissue) });
        ends.push((to, depth + 1));
    }
}
