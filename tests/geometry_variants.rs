//! One patient in every form a file can have: files → probe values → pixels.
//!
//! Files are put together byte by byte here or by the project's writer; what a reader should find is computed here from the definition
//! of the format (`geometry_variants/world.rs`, `geometry_variants/file.rs`). Numbers are compared first, at several hundred points; then slices
//! of the three planes, at zero tolerance between forms of the same data. Without a graphics adapter the slices are left out with a
//! line, unless `VOXAUDIT_REQUIRE_GPU=1` is set.

#![allow(clippy::unwrap_used, reason = "a failed step of a test should stop it")]

#[path = "geometry_variants/file.rs"]
mod file;
#[path = "geometry_variants/world.rs"]
mod world;

use file::{Header, Kind, qform_rows};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use voxaudit::formats::case::{self, CaseFiles, LoadedCase};
use voxaudit::formats::nifti::{LoadOptions, NiftiImage, Values, Version, WriteOptions, write};
use voxaudit::gpu::offscreen::{Offscreen, RgbaImage};
use voxaudit::gpu::{GpuError, Interpolation, Look, Overlay, Scene, Slab, SlabMode, SliceRequest};
use voxaudit::space::{Affine, Convention, Plane, RasMm, SliceFrame};
use voxaudit::volume::Window;
use world::{Phantom, Rows, phantom, points, to_ras};

/// Not a multiple of anything, and anisotropic.
const SIZE: [usize; 3] = [40, 36, 28];
/// Everything in eighths of a millimetre, so that NIfTI-1's single precision holds each of the 48 orders exactly.
const STRAIGHT: Rows = [[-0.75, 0.0, 0.0, 21.125], [0.0, -0.875, 0.0, 3.25], [0.0, 0.0, 1.5, -100.625]];
/// Sheared and turned a little.
const SHEARED: Rows = [[0.75, 0.125, -0.25, -14.5], [-0.0625, 0.875, 0.1875, 7.0], [0.125, 0.0, 1.5, 55.25]];

type Gpu = std::sync::MutexGuard<'static, Offscreen>;

/// One device for all tests of this file.
fn gpu() -> Option<Gpu> {
    static DEVICE: OnceLock<Option<Mutex<Offscreen>>> = OnceLock::new();
    let device = DEVICE.get_or_init(|| match Offscreen::new() {
        Ok(device) => Some(Mutex::new(device)),
        Err(GpuError::NoAdapter(reason)) => {
            assert!(std::env::var_os("VOXAUDIT_REQUIRE_GPU").is_none_or(|v| v != "1"), "a GPU is required here: {reason}");
            println!("no graphics adapter: slices are not compared");
            None
        }
        Err(error) => panic!("{error}"),
    });
    device.as_ref().map(|device| device.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Turned by 0.2, −0.1 and 0.15 rad about three axes.
fn oblique() -> Rows {
    let turn = |axis: usize, angle: f64| {
        let (s, c) = angle.sin_cos();
        let (a, b) = ((axis + 1) % 3, (axis + 2) % 3);
        let mut m = [[0.0; 3]; 3];
        m[axis][axis] = 1.0;
        (m[a][a], m[a][b], m[b][a], m[b][b]) = (c, -s, s, c);
        m
    };
    let times = |x: [[f64; 3]; 3], y: [[f64; 3]; 3]| [0, 1, 2].map(|r| [0, 1, 2].map(|c| (0..3).map(|n| x[r][n] * y[n][c]).sum::<f64>()));
    let r = times(turn(0, 0.2), times(turn(1, -0.1), turn(2, 0.15)));
    let spacing = [0.7, 0.9, 1.6];
    [0, 1, 2].map(|a| [r[a][0] * spacing[0], r[a][1] * spacing[1], r[a][2] * spacing[2], [-12.3, 40.7, 5.9][a]])
}

fn load(ct: &Path, masks: Option<&Path>) -> LoadedCase {
    let files = CaseFiles { image: Some(ct.to_owned()), masks: masks.map(Path::to_owned) };
    case::load(&files, &LoadOptions::default(), &()).unwrap()
}

/// Voxel, HU and label at every point, against the definition. `ct` and `mask` may lie on different grids.
fn check_probes(case: &LoadedCase, ct: &Phantom, mask: Option<&Phantom>, aligned: bool, what: &str) {
    let (mut inside, mut labelled) = (0, 0);
    let ask = |p: &[f64; 3]| {
        let at = RasMm::new(p[0], p[1], p[2]);
        let hit = case.volume.as_ref().unwrap().probe(at).map(|h| (h.voxel, h.hu));
        let set = case.labels.as_ref();
        let values: Vec<u16> = set.map(|s| s.at(at).iter().map(|n| s.table[*n].value).collect()).unwrap_or_default();
        (hit, values)
    };
    for p in points(ct.size, &ct.rows, aligned).iter().chain(&mask.map_or(Vec::new(), |m| points(m.size, &m.rows, aligned))) {
        // A point made for one grid may by chance lie near a face of the other.
        let clear = |t: &Phantom| !world::on_a_face(&t.rows, *p, 2e-3) || aligned && world::on_a_face(&t.rows, *p, 1e-9);
        let (hit, values) = ask(p);
        if clear(ct) {
            let want = ct.at(*p).map(|(v, hu, _)| (v, hu));
            assert_eq!(hit, want, "{what}: at {p:?}");
            inside += usize::from(want.is_some());
        }
        if let Some(m) = mask.filter(|m| clear(m)) {
            let want: Vec<u16> = m.at(*p).map(|(.., label)| label).into_iter().filter(|l| *l != 0).collect();
            assert_eq!(values, want, "{what}: labels at {p:?}");
            labelled += want.len();
        }
    }
    assert!(inside > 150 && (mask.is_none() || labelled > 10), "{what}: {inside} inside, {labelled} labelled");
}

/// Fill, outline, slab; linear and nearest; outlines narrower and wider than a voxel. Three planes each.
fn shots(gpu: &mut Gpu, case: &LoadedCase, centre: [f64; 3]) -> Vec<RgbaImage> {
    let scene = Scene::new(case.volume.clone(), case.labels.clone());
    let plain = Look::plain(case.labels.as_deref());
    let slab = if gpu.renderer().slabs() { Slab::Of { mode: SlabMode::Mean, mm: 5.0 } } else { Slab::Thin };
    let looks = [
        (0.71, [0.0; 3], Look { overlay: Overlay::Fill, ..plain.clone() }),
        (0.23, [0.31, -0.17, 0.23], Look { overlay: Overlay::Outline, interpolation: Interpolation::Nearest, ..plain.clone() }),
        (1.3, [0.31, -0.17, 0.23], Look { overlay: Overlay::Outline, ..plain.clone() }),
        (0.53, [0.11, 0.37, -0.29], Look { overlay: Overlay::None, slab, ..plain }),
    ];
    let mut out = Vec::new();
    for (mm, shift, look) in looks {
        for plane in Plane::ALL {
            let at = RasMm::new(centre[0] + shift[0], centre[1] + shift[1], centre[2] + shift[2]);
            let frame = SliceFrame::new(plane, Convention::Radiological, at, mm);
            out.push(gpu.render(&scene, &SliceRequest { frame, size_px: [64, 56], look: look.clone() }).unwrap());
        }
    }
    out
}

/// Compares the slices of every form of the same data with those of the first.
#[derive(Default)]
struct Reference(Vec<RgbaImage>);

impl Reference {
    fn check(&mut self, case: &LoadedCase, centre: [f64; 3], what: &str) {
        let Some(mut gpu) = gpu() else { return };
        let images = shots(&mut gpu, case, centre);
        if self.0.is_empty() {
            let seen = |image: &RgbaImage| image.pixels.chunks(4).filter(|p| p[..3] != [0; 3]).count() * 20 > image.pixels.len() / 4;
            assert!(images.iter().all(seen), "{what}: a slice is nearly empty and compares nothing");
            self.0 = images;
            return;
        }
        for (n, (a, b)) in self.0.iter().zip(&images).enumerate() {
            let differ = a.pixels.chunks(4).zip(b.pixels.chunks(4)).filter(|(a, b)| a != b).count();
            assert_eq!(differ, 0, "{what}: pixels differ in slice {n}");
        }
    }
}

fn middle(t: &Phantom) -> [f64; 3] {
    to_ras(&t.rows, t.size.map(|n| (n as f64 - 1.0) / 2.0))
}

const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];

/// By the project's writer, in a form that changes with `n`: version, byte order, container, forms.
fn written(dir: &Path, t: &Phantom, wide: bool, n: usize) -> (PathBuf, PathBuf) {
    let affine = Affine::from_rows(t.rows).unwrap();
    let version = if wide || n % 2 == 1 { Version::Two } else { Version::One };
    let options = WriteOptions { version, big_endian: n / 2 % 2 == 1, gzip_level: 1, ..WriteOptions::default() };
    let ending = ["nii", "nii.gz", "hdr"][n % 3];
    let hu: Vec<i16> = t.hu.iter().map(|v| *v as i16).collect();
    let (ct, mask) = (dir.join(format!("ct{n}.{ending}")), dir.join(format!("seg{n}.{ending}")));
    write(&ct, &NiftiImage::new(t.size, affine, Values::I16(&hu)).with(options.clone())).unwrap();
    write(&mask, &NiftiImage::new(t.size, affine, Values::U16(&t.labels)).with(options)).unwrap();
    (ct, mask)
}

fn all_48(rows: Rows, wide: bool, aligned: bool, name: &str) {
    let base = phantom(SIZE, rows);
    let dir = tempfile::tempdir().unwrap();
    let mut reference = Reference::default();
    for (n, (order, flips)) in ORDERS.iter().flat_map(|o| (0..8).map(move |f| (*o, f))).enumerate() {
        let turned = base.turned(order, [0, 1, 2].map(|a| flips >> a & 1 == 1));
        let (ct, mask) = written(dir.path(), &turned, wide, n);
        let case = load(&ct, Some(&mask));
        let what = format!("{name}, axes {order:?}, flips {flips:03b}");
        check_probes(&case, &turned, Some(&turned), aligned, &what);
        reference.check(&case, middle(&base), &what);
    }
}

#[test]
fn orders_and_directions_of_a_straight_grid() {
    all_48(STRAIGHT, false, true, "straight");
}

#[test]
fn orders_and_directions_of_a_sheared_grid() {
    all_48(SHEARED, false, false, "sheared");
}

#[test]
fn orders_and_directions_of_an_oblique_grid() {
    all_48(oblique(), true, false, "oblique");
}

#[test]
fn versions_byte_orders_containers_and_types() {
    let base = phantom(SIZE, STRAIGHT);
    let dir = tempfile::tempdir().unwrap();
    let labels: Vec<f64> = base.labels.iter().map(|v| f64::from(*v)).collect();
    let mut reference = Reference::default();
    for two in [false, true] {
        for big in [false, true] {
            for (name, kind, mask_kind) in [
                ("a.nii", Kind::I16, Kind::U16),
                ("b.nii.gz", Kind::I16, Kind::U16),
                ("c.hdr", Kind::I16, Kind::I32),
                ("d.nii", Kind::F32, Kind::F32),
                ("e.nii.gz", Kind::F64, Kind::F64),
                ("f.hdr", Kind::I32, Kind::U16),
            ] {
                let header = |kind| Header { two, big, ..Header::new(base.size, base.rows, kind) };
                let ct = header(kind).write(dir.path(), name, &base.hu);
                let mask = header(mask_kind).write(dir.path(), &format!("seg_{name}"), &labels);
                let case = load(&ct, Some(&mask));
                let what = format!("NIfTI-{}, big endian {big}, {name} of {kind:?}", 1 + usize::from(two));
                assert!(case.warnings.is_empty(), "{what}: {:?}", case.warnings);
                check_probes(&case, &base, Some(&base), true, &what);
                reference.check(&case, middle(&base), &what);
            }
        }
    }
}

/// Which form counts, what a quaternion means, what qfac −1 and 0 mean.
#[test]
fn forms_and_quaternions() {
    let base = phantom(SIZE, STRAIGHT);
    let dir = tempfile::tempdir().unwrap();
    let labels: Vec<f64> = base.labels.iter().map(|v| f64::from(*v)).collect();
    let half = std::f64::consts::FRAC_1_SQRT_2;
    let quaternions = [
        [0.0; 3],
        [1.0, 0.0, 0.0],
        [0.0, 1.0, 0.0],
        [0.0, 0.0, 1.0],
        [0.5, 0.5, 0.5],
        [-0.5, 0.5, 0.5],
        [0.5, -0.5, -0.5],
        [half, 0.0, 0.0],
        [0.0, half, half],
        [0.1, -0.2, 0.05],
        [0.03, 0.9, -0.4],
    ];
    for (n, quaternion) in quaternions.into_iter().enumerate() {
        for qfac in [1.0, -1.0, 0.0] {
            for two in [false, true] {
                let mut h = Header::new(base.size, STRAIGHT, Kind::I16);
                // The sform is someone else's and its code 0.
                (h.two, h.qform, h.sform, h.quaternion) = (two, 1 + (n % 4) as i16, 0, quaternion);
                (h.pixdim, h.qoffset) = ([qfac, 0.75, 0.875, 1.5], [-10.5, 20.25, -30.125]);
                let truth = Phantom { rows: qform_rows(&h), ..base.clone() };
                let what = format!("quaternion {quaternion:?}, qfac {qfac}, NIfTI-{}", 1 + usize::from(two));
                let ct = h.write(dir.path(), "q.nii", &truth.hu);
                let mask = Header { kind: Kind::U16, ..h.clone() }.write(dir.path(), "qseg.nii", &labels);
                let by_q = load(&ct, Some(&mask));
                let aligned = n < 7;
                check_probes(&by_q, &truth, Some(&truth), aligned, &what);
                // The same rows as an sform, in the wide version so that nothing is rounded, beside a qform that does not count.
                let s = Header { two: true, sform: 2, qform: i16::from(n % 2 == 0), srow: truth.rows, quaternion: [0.0; 3], ..h };
                let ct = s.write(dir.path(), "s.nii", &truth.hu);
                let mask = Header { kind: Kind::U16, ..s }.write(dir.path(), "sseg.nii", &labels);
                let by_s = load(&ct, Some(&mask));
                check_probes(&by_s, &truth, Some(&truth), aligned, &what);
                if aligned {
                    let mut reference = Reference::default();
                    reference.check(&by_s, middle(&truth), &what);
                    reference.check(&by_q, middle(&truth), &what);
                }
            }
        }
    }
}

/// Neither code: nibabel puts the origin at the volume's centre and the first axis towards the left.
#[test]
fn without_any_form_the_spacing_counts() {
    let dir = tempfile::tempdir().unwrap();
    for (two, size) in [(false, SIZE), (true, SIZE), (false, [33, 30, 25])] {
        let centre = size.map(|n| (n as f64 - 1.0) / 2.0);
        let rows = [[-0.75, 0.0, 0.0, 0.75 * centre[0]], [0.0, 0.875, 0.0, -0.875 * centre[1]], [0.0, 0.0, 1.5, -1.5 * centre[2]]];
        let truth = phantom(size, rows);
        for qfac in [1.0, -1.0, 0.0] {
            let h = Header { two, sform: 0, pixdim: [qfac, 0.75, 0.875, 1.5], ..Header::new(size, STRAIGHT, Kind::I16) };
            let case = load(&h.write(dir.path(), "m.nii", &truth.hu), None);
            check_probes(&case, &truth, None, true, &format!("no form, {size:?}, qfac {qfac}"));
            assert!(case.warnings.iter().any(|w| w.contains("neither sform nor qform")), "{:?}", case.warnings);
            let mut reference = Reference::default();
            let s = Header { two: true, srow: rows, ..Header::new(size, rows, Kind::I16) };
            reference.check(&load(&s.write(dir.path(), "ms.nii", &truth.hu), None), [0.0; 3], "sform");
            reference.check(&case, [0.0; 3], "no form");
        }
    }
}

/// Every slope with every intercept, in both versions and byte orders.
#[test]
fn slopes_and_intercepts() {
    let dir = tempfile::tempdir().unwrap();
    let base = phantom([30, 26, 20], STRAIGHT);
    for (n, slope) in [0.0, f64::NAN, 1.0, 2.0, -1.0, 0.5].into_iter().enumerate() {
        for (m, inter) in [0.0, f64::NAN, -1024.0, 0.5].into_iter().enumerate() {
            // nifti1.h: a slope of 0 means that the values are meant as they are; nibabel takes one that is no number so too.
            let unscaled = slope == 0.0 || slope.is_nan();
            let hu = |v: f64| if unscaled { v } else { v * slope + if inter.is_nan() { 0.0 } else { inter } };
            let truth = Phantom { hu: base.hu.iter().map(|v| hu(*v)).collect(), ..base.clone() };
            let what = format!("slope {slope}, intercept {inter}");
            let h = Header { two: (n + m) % 2 == 1, big: n % 2 == 1, slope, inter, ..Header::new(base.size, base.rows, Kind::I16) };
            let scaled = load(&h.write(dir.path(), "scaled.nii.gz", &base.hu), None);
            check_probes(&scaled, &truth, None, true, &what);
            let range = truth.hu.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(lo, hi), v| (lo.min(*v), hi.max(*v)));
            assert_eq!(scaled.volume.as_ref().unwrap().range, range, "{what}");
            let plain = Header::new(base.size, base.rows, Kind::F32).write(dir.path(), "plain.nii", &truth.hu);
            let mut reference = Reference::default();
            let middle = middle(&base);
            if gpu().is_some() {
                reference.0 = shots(&mut gpu().unwrap(), &load(&plain, None), middle);
            }
            reference.check(&scaled, middle, &what);
        }
    }
}

/// Screen axes of the conventions, radiological: right and down in patient space.
fn screen(plane: Plane) -> [[f64; 3]; 2] {
    match plane {
        Plane::Axial => [[-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]],
        Plane::Coronal => [[-1.0, 0.0, 0.0], [0.0, 0.0, -1.0]],
        Plane::Sagittal => [[0.0, -1.0, 0.0], [0.0, 0.0, -1.0]],
    }
}

/// Every pixel of slices at full opacity: a label's own colour where the mask's grid has one, else the CT's grey.
fn check_pixels(case: &LoadedCase, ct: &Phantom, mask: &Phantom, centre: [f64; 3], what: &str) {
    let Some(mut gpu) = gpu() else { return };
    let set = case.labels.as_ref().unwrap();
    let window = Window { width: 700.0, level: 50.0 };
    let look = Look { window, opacity: 1.0, interpolation: Interpolation::Nearest, ..Look::plain(Some(set)) };
    let scene = Scene::new(case.volume.clone(), Some(Arc::clone(set)));
    let (size, mm) = ([72u32, 60], 0.67);
    for plane in Plane::ALL {
        let frame = SliceFrame::new(plane, Convention::Radiological, RasMm::new(centre[0], centre[1], centre[2]), mm);
        let image = gpu.render(&scene, &SliceRequest { frame, size_px: size, look: look.clone() }).unwrap();
        let [right, down] = screen(plane);
        let (mut compared, mut coloured) = (0, 0);
        for (x, y) in (0..size[1]).flat_map(|y| (0..size[0]).map(move |x| (x, y))) {
            let (dx, dy) = (mm * (f64::from(x) + 0.5 - 36.0), mm * (f64::from(y) + 0.5 - 30.0));
            let p = [0, 1, 2].map(|a| centre[a] + right[a] * dx + down[a] * dy);
            if world::on_a_face(&ct.rows, p, 1e-3) || world::on_a_face(&mask.rows, p, 1e-3) {
                continue;
            }
            let label = mask.at(p).map_or(0, |(.., label)| label);
            let grey = ct.at(p).map_or(0.0, |(_, hu, _)| (((hu - 50.0) / 700.0 + 0.5).clamp(0.0, 1.0) * 255.0).round());
            let got = image.at(x, y);
            match set.table.iter().find(|l| l.value == label && label != 0) {
                Some(l) => assert_eq!(got[..3], l.color, "{what}: {plane:?} ({x}, {y})"),
                None => {
                    assert!(got[..3].iter().all(|c| (f64::from(*c) - grey).abs() <= 1.0), "{what}: {plane:?} ({x}, {y}): {got:?}, {grey}");
                }
            }
            compared += 1;
            coloured += usize::from(label != 0);
        }
        assert!(compared > 3000 && coloured > 30, "{what}: {plane:?} compares {compared} pixels, {coloured} coloured");
    }
}

#[test]
fn masks_on_grids_of_their_own() {
    let dir = tempfile::tempdir().unwrap();
    let ct = phantom(SIZE, STRAIGHT);
    let scaled = |by: f64, size: [usize; 3]| {
        // The same box in patient space with voxels `by` times as large.
        let mut rows = STRAIGHT;
        for r in &mut rows {
            let corner = r[3] - (r[0] + r[1] + r[2]) / 2.0;
            (0..3).for_each(|n| r[n] *= by);
            r[3] = corner + (r[0] + r[1] + r[2]) / 2.0;
        }
        phantom(size, rows)
    };
    let moved = |by: [f64; 3]| {
        let mut rows = STRAIGHT;
        (0..3).for_each(|a| rows[a][3] += by[a]);
        phantom(SIZE, rows)
    };
    let grids = [
        ("coarser", scaled(4.0, [10, 9, 7]), true),
        ("finer", scaled(0.5, [80, 72, 56]), true),
        ("shifted", moved([3.3, -2.1, 1.7]), true),
        ("flipped", ct.turned([2, 0, 1], [true, false, true]), true),
        ("partly outside", moved([14.0, 9.5, -20.25]), true),
        (
            "oblique",
            Phantom {
                rows: {
                    let mut r = oblique();
                    (0..3).for_each(|a| r[a][3] += middle(&ct)[a] - middle(&phantom(SIZE, oblique()))[a]);
                    r
                },
                ..ct.clone()
            },
            false,
        ),
    ];
    let image = Header { two: true, ..Header::new(ct.size, ct.rows, Kind::I16) }.write(dir.path(), "ct.nii", &ct.hu);
    for (name, mask, aligned) in grids {
        let stored: Vec<f64> = mask.labels.iter().map(|v| f64::from(*v)).collect();
        let path = Header { two: true, ..Header::new(mask.size, mask.rows, Kind::U16) }.write(dir.path(), "seg.nii.gz", &stored);
        let case = load(&image, Some(&path));
        check_probes(&case, &ct, Some(&mask), aligned, name);
        // Between the two, so that both are seen.
        let between = [0, 1, 2].map(|a| (middle(&ct)[a] + middle(&mask)[a]) / 2.0 + [0.113, -0.271, 0.19][a]);
        check_pixels(&case, &ct, &mask, between, name);
        let told = case.warnings.iter().any(|w| w.contains("outside the CT"));
        assert_eq!(told, name == "partly outside" || name == "shifted" || name == "oblique", "{name}: {:?}", case.warnings);
    }
}

/// A mask cut finer and turned says the same as before: the same pixels, outlines included.
#[test]
fn the_same_mask_on_a_finer_turned_grid_looks_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let ct = phantom(SIZE, STRAIGHT);
    let image = Header::new(ct.size, ct.rows, Kind::I16).write(dir.path(), "ct.nii", &ct.hu);
    let (size, mut rows) = (SIZE.map(|n| n * 2), STRAIGHT);
    for r in &mut rows {
        r[3] -= (r[0] + r[1] + r[2]) / 4.0;
        (0..3).for_each(|n| r[n] /= 2.0);
    }
    let labels = world::voxels(size).map(|v| ct.labels[world::offset(SIZE, v.map(|n| n / 2))]).collect();
    let fine = Phantom { size, rows, hu: vec![0.0; size.iter().product()], labels };
    let turned = fine.turned([1, 2, 0], [false, true, true]);
    let mut reference = Reference::default();
    for (name, mask) in [("own grid", &ct), ("finer", &fine), ("finer, turned", &turned)] {
        let stored: Vec<f64> = mask.labels.iter().map(|v| f64::from(*v)).collect();
        let path = Header::new(mask.size, mask.rows, Kind::U16).write(dir.path(), "seg.nii.gz", &stored);
        reference.check(&load(&image, Some(&path)), middle(&ct), name);
    }
}

fn run(args: &[&str]) -> std::process::Output {
    let out = Command::new(env!("CARGO_BIN_EXE_voxaudit")).args(args).output().unwrap();
    assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
    out
}

/// `probe --json` and `snapshot` say and draw what the library does.
#[test]
fn the_command_line_agrees() {
    let dir = tempfile::tempdir().unwrap();
    let base = phantom(SIZE, STRAIGHT);
    let sheared = phantom(SIZE, SHEARED).turned([2, 0, 1], [true, true, false]);
    for (n, (truth, aligned)) in [(base.turned([1, 2, 0], [true, false, true]), true), (sheared, false)].into_iter().enumerate() {
        let (ct, mask) = written(dir.path(), &truth, false, 3 * n + 1);
        let (ct, mask) = (ct.to_str().unwrap(), mask.to_str().unwrap());
        let labelled = points(truth.size, &truth.rows, aligned).into_iter().filter(|p| truth.at(*p).is_some_and(|(.., l)| l != 0));
        let outside = points(truth.size, &truth.rows, aligned).into_iter().filter(|p| truth.at(*p).is_none());
        for p in labelled.take(4).chain(outside.take(1)) {
            let at = format!("--at={},{},{}", p[0], p[1], p[2]);
            let json: serde_json::Value =
                serde_json::from_slice(&run(&["probe", "--ct", ct, "--labels", mask, &at, "--json"]).stdout).unwrap();
            let want = truth.at(p);
            assert_eq!(json["voxel"], serde_json::json!(want.map(|w| w.0)), "{at}");
            assert_eq!(json["hu"].as_f64(), want.map(|w| w.1), "{at}");
            assert_eq!(json["labels"][0]["value"].as_u64(), want.map(|w| u64::from(w.2)), "{at}");
        }
        let Some(mut gpu) = gpu() else { return };
        let m = middle(&truth);
        let out = dir.path().join(format!("shot{n}.png"));
        let at = format!("--at={},{},{}", m[0], m[1], m[2]);
        run(&[
            "snapshot",
            "--ct",
            ct,
            "--labels",
            mask,
            "--plane",
            "coronal",
            &at,
            "--size",
            "64x56",
            "--mm-per-pixel",
            "0.71",
            "--out",
            out.to_str().unwrap(),
        ]);
        let case = load(Path::new(ct), Some(Path::new(mask)));
        let drawn = shots(&mut gpu, &case, m).swap_remove(1);
        let mut reader = png::Decoder::new(std::io::BufReader::new(std::fs::File::open(&out).unwrap())).read_info().unwrap();
        let mut rgb = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut rgb).unwrap();
        let expected: Vec<u8> = drawn.pixels.chunks(4).flat_map(|p| [p[0], p[1], p[2]]).collect();
        assert!(rgb == expected, "the snapshot differs from the slice");
    }
}
