//! Slices drawn on the GPU against an independent computation on the CPU: numbers, not looks.
//!
//! Without a graphics adapter every test is skipped with a line, unless `VOXAUDIT_REQUIRE_GPU=1` is set.

#![allow(clippy::unwrap_used)] // a test may panic

use glam::{DAffine3, DMat3, DVec3};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use voxaudit::gpu::offscreen::{Encoding, Offscreen, RgbaImage};
use voxaudit::gpu::{Budget, GpuError, Interpolation, LabelStyle, Look, Overlay, Scene, Slab, SlabMode, SliceRequest};
use voxaudit::space::{Affine, Convention, Grid, Plane, RasMm, SliceFrame};
use voxaudit::volume::{LabelLayer, LabelName, LabelSet, LabelVoxels, Volume, VoxelBuf, Voxels, Window};

/// One device for all tests of this file.
fn gpu() -> Option<MutexGuard<'static, Offscreen>> {
    static DEVICE: OnceLock<Option<Mutex<Offscreen>>> = OnceLock::new();
    let device = DEVICE.get_or_init(|| match Offscreen::new() {
        Ok(mut device) => {
            device.renderer().cut_on_cpu(false); // the shader is what these tests are about
            Some(Mutex::new(device))
        }
        Err(GpuError::NoAdapter(reason)) => {
            assert!(std::env::var_os("VOXAUDIT_REQUIRE_GPU").is_none_or(|v| v != "1"), "a GPU is required here: {reason}");
            None
        }
        Err(error) => panic!("{error}"), // a shader that does not compile must not skip its own tests
    });
    if device.is_none() {
        println!("skipped: no graphics adapter");
    }
    device.as_ref().map(|device| device.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
}

/// A small generator, so that every run tests the same cases.
struct Rng(u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    fn range(&mut self, lo: f64, hi: f64) -> f64 {
        lo + (hi - lo) * self.unit()
    }
}

fn volume_of(size: [usize; 3], affine: Affine, value: impl FnMut([usize; 3]) -> i16) -> Arc<Volume> {
    let values = fill(size, value);
    let range = (f64::from(*values.iter().min().unwrap()), f64::from(*values.iter().max().unwrap()));
    let voxels = Voxels::I16(VoxelBuf::from_slice(&values).unwrap());
    Arc::new(Volume { grid: Grid { size, affine }, voxels, range, warnings: Vec::new() })
}

fn float_volume(size: [usize; 3], affine: Affine, values: &[f32]) -> Arc<Volume> {
    let finite = || values.iter().copied().filter(|v| v.is_finite()).map(f64::from);
    let range = (finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
    Arc::new(Volume {
        grid: Grid { size, affine },
        voxels: Voxels::F32(VoxelBuf::from_slice(values).unwrap()),
        range,
        warnings: Vec::new(),
    })
}

fn fill<T>([nx, ny, nz]: [usize; 3], mut value: impl FnMut([usize; 3]) -> T) -> Vec<T> {
    let mut out = Vec::with_capacity(nx * ny * nz);
    for k in 0..nz {
        for j in 0..ny {
            for i in 0..nx {
                out.push(value([i, j, k]));
            }
        }
    }
    out
}

fn layer_of(size: [usize; 3], affine: Affine, value: impl FnMut([usize; 3]) -> u16) -> LabelLayer {
    LabelLayer { grid: Grid { size, affine }, voxels: LabelVoxels::from_slice(&fill(size, value)).unwrap() }
}

fn color_of(layer: usize, value: u16) -> [u8; 3] {
    let mixed = u32::from(value).wrapping_mul(2_654_435_761).wrapping_add(layer as u32 * 97_531).to_le_bytes();
    [mixed[1] | 1, mixed[2], mixed[3]]
}

fn labels_of(layers: Vec<LabelLayer>) -> Arc<LabelSet> {
    let mut names = Vec::new();
    for (n, layer) in layers.iter().enumerate() {
        let mut values: Vec<u16> = (0..layer.voxels.len()).map(|n| layer.voxels.at(n)).filter(|&v| v != 0).collect();
        values.sort_unstable();
        values.dedup();
        let named = |value| LabelName { layer: n, value, name: format!("label {value}"), color: Some(color_of(n, value)) };
        names.extend(values.into_iter().map(named));
    }
    Arc::new(LabelSet::new(layers, names, Vec::new()))
}

fn spaced(mm: [f64; 3]) -> Affine {
    affine(DMat3::from_diagonal(DVec3::from_array(mm)), DVec3::ZERO)
}

fn affine(matrix3: DMat3, translation: DVec3) -> Affine {
    Affine::new(DAffine3 { matrix3, translation }).unwrap()
}

/// Rotated by any angle, stretched, sheared and sometimes mirrored.
fn random_affine(rng: &mut Rng) -> Affine {
    let turn = DMat3::from_euler(glam::EulerRot::ZYX, rng.range(-3.1, 3.1), rng.range(-1.5, 1.5), rng.range(-3.1, 3.1));
    let shear =
        DMat3::from_cols(DVec3::X, DVec3::new(rng.range(-0.3, 0.3), 1.0, 0.0), DVec3::new(rng.range(-0.3, 0.3), rng.range(-0.3, 0.3), 1.0));
    let flip = if rng.unit() < 0.5 { -1.0 } else { 1.0 };
    let stretch = DMat3::from_diagonal(DVec3::new(flip * rng.range(0.6, 1.2), rng.range(0.6, 1.2), rng.range(0.8, 3.0)));
    affine(turn * shear * stretch, DVec3::new(rng.range(-50.0, 50.0), rng.range(-50.0, 50.0), rng.range(-50.0, 50.0)))
}

fn look(width: f32, level: f32) -> Look {
    Look { window: Window { width, level }, overlay: Overlay::None, ..Look::plain(None) }
}

fn request(plane: Plane, centre: RasMm, mm_per_pixel: f64, size_px: [u32; 2], look: Look) -> SliceRequest {
    SliceRequest { frame: SliceFrame::new(plane, Convention::Radiological, centre, mm_per_pixel), size_px, look }
}

/// Patient position of a pixel's centre, as the conventions define it.
fn position(request: &SliceRequest, x: u32, y: u32) -> RasMm {
    let [w, h] = request.size_px.map(f64::from);
    request.frame.at(f64::from(x) + 0.5 - w / 2.0, f64::from(y) + 0.5 - h / 2.0)
}

/// HU at a point by trilinear interpolation in `f64`, written from the definition; `None` outside the outer faces.
fn linear_hu(volume: &Volume, p: RasMm) -> Option<f64> {
    let v = volume.grid.affine.to_voxel(p).0;
    let n = volume.grid.size;
    if (0..3).any(|a| v[a] < -0.5 || v[a] >= n[a] as f64 - 0.5) {
        return None;
    }
    let mut sum = 0.0;
    for corner in 0..8 {
        let (mut weight, mut index) = (1.0, [0; 3]);
        for a in 0..3 {
            let high = corner >> a & 1;
            let fraction = v[a] - v[a].floor();
            weight *= if high == 1 { fraction } else { 1.0 - fraction };
            index[a] = (v[a].floor() as i64 + high as i64).clamp(0, n[a] as i64 - 1) as usize;
        }
        sum += weight * volume.hu(index);
    }
    Some(sum)
}

fn byte(window: Window, hu: Option<f64>) -> u8 {
    let shade = hu.map_or(0.0, |hu| ((hu - f64::from(window.level)) / f64::from(window.width) + 0.5).clamp(0.0, 1.0));
    (shade * 255.0).round() as u8
}

/// True when the point lies so close to a voxel face that `f32` may fall on either side.
fn on_a_face(grid: &Grid, p: RasMm) -> bool {
    let v = grid.affine.to_voxel(p).0;
    (0..3).any(|a| ((v[a] + 0.5) - (v[a] + 0.5).round()).abs() < 2e-4)
}

/// Every pixel of the CT within ±1 of the reference; outside black.
fn check_ct(image: &RgbaImage, volume: &Volume, request: &SliceRequest) {
    let window = request.look.window;
    let linear = request.look.interpolation == Interpolation::Linear;
    let mut compared = 0;
    for y in 0..image.height {
        for x in 0..image.width {
            let p = position(request, x, y);
            let outside_edge = |p: RasMm| {
                let v = volume.grid.affine.to_voxel(p).0;
                (0..3).any(|a| (v[a] + 0.5).abs() < 2e-4 || (v[a] + 0.5 - volume.grid.size[a] as f64).abs() < 2e-4)
            };
            if if linear { outside_edge(p) } else { on_a_face(&volume.grid, p) } {
                continue;
            }
            let hu = if linear { linear_hu(volume, p) } else { volume.probe(p).map(|probe| probe.hu) };
            let (want, got) = (byte(window, hu), image.at(x, y));
            assert!(got[0].abs_diff(want) <= 1, "pixel ({x}, {y}) of {:?}: {got:?}, expected {want} for {hu:?} HU", request.size_px);
            assert_eq!((got[0], got[0], 255), (got[1], got[2], got[3]), "grey and opaque");
            compared += 1;
        }
    }
    assert!(compared * 10 > image.width * image.height * 9, "too few pixels could be compared: {compared}");
}

#[test]
fn ct_matches_the_reference_on_random_affines() {
    let Some(mut gpu) = gpu() else { return };
    let mut rng = Rng(7);
    for round in 0..24 {
        let size = [1 + rng.next() as usize % 40, 1 + rng.next() as usize % 40, 1 + rng.next() as usize % 25];
        let mut noise = Rng(round + 1);
        let volume = volume_of(size, random_affine(&mut rng), |_| (noise.next() % 3000) as i16 - 1000);
        let scene = Scene::new(Some(Arc::clone(&volume)), None);
        let centre = RasMm(volume.grid.centre().0 + DVec3::new(rng.range(-2.0, 2.0), rng.range(-2.0, 2.0), rng.range(-2.0, 2.0)));
        for plane in Plane::ALL {
            for interpolation in [Interpolation::Linear, Interpolation::Nearest] {
                let look = Look { interpolation, ..look(rng.range(50.0, 4000.0) as f32, rng.range(-500.0, 500.0) as f32) };
                let request = request(plane, centre, rng.range(0.2, 1.5), [61, 48], look);
                check_ct(&gpu.render(&scene, &request).unwrap(), &volume, &request);
            }
        }
    }
}

/// The same volume stored in every axis order and direction.
#[test]
fn all_48_orientations_give_identical_pixels() {
    let Some(mut gpu) = gpu() else { return };
    let size = [23, 17, 11];
    let spacing = DMat3::from_diagonal(DVec3::new(0.9, 1.1, 2.3));
    let origin = DVec3::new(-10.3, 5.7, 100.1);
    draw_48(&mut gpu, size, affine(DMat3::from_euler(glam::EulerRot::ZYX, 0.13, 0.07, -0.11) * spacing, origin));
    draw_48(&mut gpu, size, affine(spacing, origin));
}

fn draw_48(gpu: &mut Offscreen, size: [usize; 3], ras: Affine) {
    let mut noise = Rng(99);
    let values = fill(size, |_| (noise.next() % 2500) as i16 - 1000);
    let structures = fill(size, |[i, j, k]| ((i / 4 + j / 3 + k / 2) % 5) as u16);
    let stored = Grid { size, affine: ras };
    let centres = [stored.centre(), RasMm(stored.centre().0 + DVec3::new(0.31, -0.23, 0.17)), stored.centre_of([7, 8, 5])];
    let mut reference: Vec<RgbaImage> = Vec::new();
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        for flips in 0..8usize {
            let flipped = |axis: usize| flips >> axis & 1 == 1;
            let new_size = order.map(|axis| size[axis]);
            let old_of = |v: [usize; 3]| {
                let mut old = [0; 3];
                for new in 0..3 {
                    old[order[new]] = if flipped(new) { new_size[new] - 1 - v[new] } else { v[new] };
                }
                old
            };
            let m = ras.ras_from_voxel();
            let column = |axis: usize| m.matrix3.col(order[axis]) * if flipped(axis) { -1.0 } else { 1.0 };
            let first = old_of([0; 3]).map(|n| n as f64);
            let turned = affine(DMat3::from_cols(column(0), column(1), column(2)), m.transform_point3(DVec3::from_array(first)));
            let volume = volume_of(new_size, turned, |v| values[stored.offset(old_of(v))]);
            let labels = labels_of(vec![layer_of(new_size, turned, |v| structures[stored.offset(old_of(v))])]);
            let fresh = || Scene::new(Some(Arc::clone(&volume)), Some(Arc::clone(&labels)));
            let scene = fresh();
            let mut images = Vec::new();
            for plane in Plane::ALL {
                for interpolation in [Interpolation::Linear, Interpolation::Nearest] {
                    for (n, centre) in centres.into_iter().enumerate() {
                        let overlay = [Overlay::Fill, Overlay::None, Overlay::Outline][n];
                        let mm = [0.37, 1.5, 0.61][n]; // outlines narrower and wider than a voxel
                        let slab = if n == 1 && gpu.renderer().slabs() { Slab::Of { mode: SlabMode::Mean, mm: 6.0 } } else { Slab::Thin };
                        let look = Look { interpolation, overlay, slab, ..Look::plain(Some(&labels)) };
                        let request = request(plane, centre, mm, [64, 64], look);
                        images.push(gpu.render(&scene, &request).unwrap());
                        if slab == Slab::Thin && volume.grid.affine.oblique_degrees() < 0.01 {
                            let first = gpu.render_within(&fresh(), &request, Budget::nothing()).unwrap();
                            assert!(images.last() == Some(&first), "order {order:?}, flips {flips:03b}: another picture before the bricks");
                        }
                    }
                }
            }
            if reference.is_empty() {
                reference = images;
            } else {
                assert!(reference == images, "order {order:?}, flips {flips:03b} draws something else");
            }
        }
    }
}

/// Labels exactly where [`Grid::nearest`] puts them, in their own colours, on any grid.
fn check_labels(gpu: &mut Offscreen, labels: &Arc<LabelSet>, centre: RasMm, mm_per_pixel: f64) {
    let scene = Scene::new(None, Some(Arc::clone(labels)));
    for plane in Plane::ALL {
        // At opacity 1 an outline looks like its fill, so every pixel is the label's own colour and nothing else.
        let look = Look { opacity: 1.0, ..Look::plain(Some(labels)) };
        let request = request(plane, centre, mm_per_pixel, [70, 50], look);
        let image = gpu.render(&scene, &request).unwrap();
        let (mut seen, mut skipped) = (0, 0);
        for y in 0..50 {
            for x in 0..70 {
                let p = position(&request, x, y);
                if labels.layers.iter().any(|l| on_a_face(&l.grid, p)) {
                    skipped += 1;
                    continue;
                }
                let top = labels.at(p).into_iter().next_back();
                let [r, g, b] = top.map_or([0; 3], |n| labels.table[n].color);
                assert_eq!(image.at(x, y), [r, g, b, 255], "{plane:?} pixel ({x}, {y})");
                seen += u32::from(top.is_some());
            }
        }
        assert!(skipped < 350, "too few pixels could be compared: {skipped} skipped");
        assert!(seen > 0, "{plane:?} shows no label, so the test shows nothing");
    }
}

#[test]
fn labels_match_nearest_on_their_own_grids() {
    let Some(mut gpu) = gpu() else { return };
    let mut rng = Rng(5);
    for round in 0..16u64 {
        let size = [2 + rng.next() as usize % 30, 2 + rng.next() as usize % 30, 1 + rng.next() as usize % 20];
        let mut noise = Rng(round + 3);
        let known = if round % 2 == 0 { 8 } else { 4 }; // every other one in bytes
        let one = layer_of(size, random_affine(&mut rng), |_| [0, 1, 2, 255, 256, 257, 4_711, 65_535][noise.next() as usize % known]);
        assert_eq!(one.voxels.width() == 1, known == 4);
        let centre = RasMm(one.grid.centre().0 + DVec3::new(0.11, 0.07, -0.05));
        check_labels(&mut gpu, &labels_of(vec![one]), centre, rng.range(0.1, 0.9));
    }
}

#[test]
fn overlapping_layers_on_other_grids_are_all_drawn() {
    let Some(mut gpu) = gpu() else { return };
    let (fine, coarse) = (spaced([0.5, 0.5, 0.5]), spaced([3.1, 2.9, 4.3]));
    let shifted = affine(DMat3::from_diagonal(DVec3::new(-1.0, 1.0, 1.0)), DVec3::new(21.3, 6.4, 3.2));
    let a = layer_of([40, 40, 40], fine, |[i, j, k]| u16::from(i + j + k > 40) * 3);
    let b = layer_of([6, 6, 4], coarse, |[i, ..]| (i % 3) as u16);
    let c = layer_of([12, 12, 12], shifted, |[i, j, k]| u16::from((i ^ j ^ k) & 1 == 0) * 700);
    let one_voxel = layer_of([9, 9, 9], spaced([2.0, 2.0, 2.0]), |v| u16::from(v == [5, 5, 5]) * 9);
    check_labels(&mut gpu, &labels_of(vec![a, b, c, one_voxel]), RasMm::new(10.13, 10.07, 9.91), 0.43);
}

#[test]
fn a_fill_mixes_with_the_ct_and_hidden_labels_do_not_show() {
    let Some(mut gpu) = gpu() else { return };
    let volume = volume_of([20, 20, 3], spaced([1.0; 3]), |_| 40);
    let labels = labels_of(vec![layer_of([20, 20, 3], spaced([1.0; 3]), |[i, ..]| [1, 2][i / 10])]);
    let scene = Scene::new(Some(volume), Some(Arc::clone(&labels)));
    let hidden = LabelStyle { visible: false, ..LabelStyle::plain([0, 0, 255]) };
    let styles = Arc::new(vec![LabelStyle::plain([200, 100, 0]), hidden]);
    let look = Look { styles, opacity: 0.5, ..Look::plain(None) };
    let image = gpu.render(&scene, &request(Plane::Axial, RasMm::new(9.5, 9.5, 1.0), 0.5, [40, 40], look)).unwrap();
    // Radiological: the patient's right (large i, label 2) is on the left.
    assert_eq!(image.at(5, 20), [128, 128, 128, 255], "hidden");
    for (channel, want) in [(0, 164), (1, 114), (2, 64)] {
        assert!(image.at(30, 20)[channel].abs_diff(want) <= 1, "half of 127.5 and half of the colour: {:?}", image.at(30, 20));
    }
    assert_eq!(image.at(20, 20), [200, 100, 0, 255], "the outline is opaque");
}

#[test]
fn a_labels_own_opacity_weakens_its_fill_and_its_outline() {
    let Some(mut gpu) = gpu() else { return };
    let volume = volume_of([20, 20, 3], spaced([1.0; 3]), |_| 40);
    let labels = labels_of(vec![layer_of([20, 20, 3], spaced([1.0; 3]), |[i, ..]| [1, 2][i / 10])]);
    let scene = Scene::new(Some(volume), Some(Arc::clone(&labels)));
    let style = |opacity| LabelStyle { opacity, ..LabelStyle::plain([255, 255, 255]) };
    let mut grey = |opacity: u8, x: u32| {
        let look = Look { styles: Arc::new(vec![style(opacity), style(0)]), opacity: 0.5, ..Look::plain(None) };
        let image = gpu.render(&scene, &request(Plane::Axial, RasMm::new(9.5, 9.5, 1.0), 0.5, [40, 40], look)).unwrap();
        image.at(x, 20)[0]
    };
    for (opacity, fill, outline) in [(255, 191, 255), (128, 160, 191), (51, 140, 153), (0, 128, 128)] {
        assert!(grey(opacity, 30).abs_diff(fill) <= 1, "fill at {opacity}: {}", grey(opacity, 30));
        assert!(grey(opacity, 20).abs_diff(outline) <= 1, "outline at {opacity}: {}", grey(opacity, 20));
        assert_eq!(grey(opacity, 5), 128, "a label at opacity 0 is not there");
    }
}

#[test]
fn outlines_keep_their_width_on_screen() {
    let Some(mut gpu) = gpu() else { return };
    let labels =
        labels_of(vec![layer_of([20, 20, 3], spaced([1.0; 3]), |[i, j, _]| u16::from((5..15).contains(&i) && (5..15).contains(&j)))]);
    let scene = Scene::new(None, Some(Arc::clone(&labels)));
    for mm_per_pixel in [0.051, 0.13, 0.29] {
        let look = Look { overlay: Overlay::Outline, ..Look::plain(Some(&labels)) };
        let image = gpu.render(&scene, &request(Plane::Axial, RasMm::new(9.5, 9.5, 1.0), mm_per_pixel, [300, 300], look)).unwrap();
        let lit: Vec<u32> = (0..300).filter(|&x| image.at(x, 150) != [0, 0, 0, 255]).collect();
        assert!((2..=4).contains(&lit.len()), "two edges of 1 to 2 px at {mm_per_pixel} mm per pixel: {lit:?}");
        assert_eq!(image.at(150, 150), [0, 0, 0, 255], "the inside stays clear");
    }
}

#[test]
fn window_and_level_follow_the_definition() {
    let Some(mut gpu) = gpu() else { return };
    let volume = volume_of([256, 256, 1], spaced([1.0; 3]), |[i, j, _]| (i as i32 + 256 * j as i32 - 32_768) as i16);
    let scene = Scene::new(Some(Arc::clone(&volume)), None);
    for (width, level) in [(400.0, 40.0), (1.0, 0.0), (1500.0, -600.0), (65_535.0, 0.0), (0.5, 3.0)] {
        let look = Look { interpolation: Interpolation::Nearest, ..look(width, level) };
        let mut request = request(Plane::Axial, volume.grid.centre(), 1.0, [256, 256], look);
        let image = gpu.render(&scene, &request).unwrap();
        request.look.window = request.look.window.sane();
        check_ct(&image, &volume, &request);
    }
}

#[test]
fn float_volumes_are_shown_with_nan_black_and_infinities_at_the_ends() {
    let Some(mut gpu) = gpu() else { return };
    let mut rng = Rng(11);
    let mut values: Vec<f32> = (0..10 * 10 * 4).map(|_| rng.range(-1024.0, 3000.0) as f32).collect();
    let clean = float_volume([10, 10, 4], spaced([1.3, 1.1, 2.0]), &values);
    let centre = RasMm(clean.grid.centre().0 + DVec3::splat(0.21));
    let request_at = |look| request(Plane::Axial, centre, 0.31, [50, 40], look);
    let request = request_at(look(700.0, 100.0));
    check_ct(&gpu.render(&Scene::new(Some(Arc::clone(&clean)), None), &request).unwrap(), &clean, &request);

    (values[0], values[1], values[2]) = (f32::NAN, f32::INFINITY, f32::NEG_INFINITY);
    let spoilt = float_volume([10, 10, 4], spaced([1.0; 3]), &values);
    let look = Look { interpolation: Interpolation::Nearest, ..look(100.0, -5000.0) };
    let mut request = SliceRequest {
        frame: SliceFrame::new(Plane::Axial, Convention::Neurological, RasMm::new(4.5, 4.5, 0.0), 1.0),
        size_px: [10, 10],
        look,
    };
    let scene = Scene::new(Some(spoilt), None);
    let row = |image: &RgbaImage| [0, 1, 2, 3].map(|x| image.at(x, 9)[0]);
    assert_eq!(row(&gpu.render(&scene, &request).unwrap()), [0, 255, 255, 255], "every number lies above this window, NaN stays black");
    request.look.window = Window { width: 100.0, level: 5000.0 };
    assert_eq!(row(&gpu.render(&scene, &request).unwrap()), [0, 0, 0, 0]);
    request.look.window = Window { width: 3000.0, level: 988.0 };
    let [nan, high, low, _] = row(&gpu.render(&scene, &request).unwrap());
    assert_eq!((nan, high, low), (0, 255, 0), "infinities are the ends of the range");
}

#[test]
fn only_what_changed_is_uploaded() {
    let Some(mut gpu) = gpu() else { return };
    let volume = volume_of([32, 32, 32], spaced([1.0; 3]), |[i, j, k]| (i * j * k % 900) as i16);
    let labels = labels_of(vec![layer_of([32, 32, 32], spaced([1.0; 3]), |[i, ..]| (i / 8) as u16)]);
    let scene = Scene::new(Some(volume), Some(Arc::clone(&labels)));
    assert_eq!(scene.uploaded(), 0.0);
    let mut request = request(Plane::Axial, RasMm::new(16.0, 16.0, 16.0), 0.5, [64, 64], Look::plain(Some(&labels)));
    let start = gpu.uploads();
    gpu.render(&scene, &request).unwrap();
    assert_eq!(scene.uploaded(), 1.0);
    assert_eq!(scene.notice(), None);
    let first = gpu.uploads();
    assert_eq!(first.voxel_bytes - start.voxel_bytes, (2 + 1) * 32 * 32 * 32, "each voxel once, labels as bytes");

    let mut changed = |what: &str, request: &SliceRequest, uniforms: bool, styles: bool| {
        let before = gpu.uploads();
        gpu.render(&scene, request).unwrap();
        let after = gpu.uploads();
        assert_eq!((after.voxel_bytes, after.bricks), (before.voxel_bytes, before.bricks), "{what} uploads voxels");
        assert_eq!(after.uniform_bytes != before.uniform_bytes, uniforms, "uniforms after {what}");
        assert_eq!(after.style_bytes != before.style_bytes, styles, "styles after {what}");
    };
    changed("nothing", &request, false, false);
    request.frame.centre.0.z += 3.0;
    changed("a scroll", &request, true, false);
    request.look.window = Window { width: 1500.0, level: -600.0 };
    changed("a window", &request, true, false);
    request.look.opacity = 0.8;
    changed("an opacity", &request, true, false);
    request.look.styles = Arc::new(request.look.styles.as_ref().clone());
    changed("an equal table", &request, false, false);
    let mut styles = request.look.styles.as_ref().clone();
    styles[0].visible = false;
    request.look.styles = Arc::new(styles);
    changed("a hidden label", &request, false, true);
    request.look.interpolation = Interpolation::Nearest;
    changed("nearest, on a slice", &request, false, false);
}

#[test]
fn a_slice_is_whole_in_its_first_frame_and_a_slab_arrives_in_frames() {
    let Some(mut gpu) = gpu() else { return };
    // 48 MiB: more than one frame may upload.
    let volume = volume_of([512, 512, 96], spaced([1.0; 3]), |_| 1000);
    let scene = Scene::new(Some(volume), None);
    let mut request = request(Plane::Coronal, RasMm::new(255.5, 255.5, 47.5), 1.0, [96, 96], look(400.0, 40.0));
    let lit = |image: &RgbaImage| (0..96).filter(|&y| image.at(48, y)[0] == 255).count();
    assert_eq!(lit(&gpu.render_within(&scene, &request, Budget::frame()).unwrap()), 96, "a slice waits for nothing");
    request.look.slab = Slab::Of { mode: SlabMode::Max, mm: 200.0 };
    let (mut frames, mut lit_before) = (0, 0);
    while scene.uploaded() < 1.0 {
        let image = gpu.render_within(&scene, &request, Budget::frame()).unwrap();
        assert!(image.pixels.chunks(4).all(|p| p[0] == 0 || p[0] == 255), "nothing in between");
        assert!(lit(&image) >= lit_before, "slices only arrive");
        (frames, lit_before) = (frames + 1, lit(&image));
        assert!(frames < 1000, "the upload must end");
    }
    assert!(frames > 2, "{frames} frames are too few for 48 MiB");
    assert_eq!(lit(&gpu.render_within(&scene, &request, Budget::frame()).unwrap()), 96, "all there in the end");
}

/// What is cut on the CPU until the bricks are there, against what the bricks then show. [`all_48_orientations_give_identical_pixels`] does
/// so in every orientation.
#[test]
fn slices_of_floats_without_bricks_look_as_with_them() {
    let Some(mut gpu) = gpu() else { return };
    let size = [70, 33, 140];
    let value = |[i, j, k]: [usize; 3]| if i % 9 == 4 && j % 5 == 2 { f32::NAN } else { ((i * 31 + j * 17 + k * 7) % 500) as f32 * 1.37 };
    let volume = float_volume(size, spaced([1.1, 0.8, 2.3]), &fill(size, value));
    for plane in Plane::ALL {
        for shift in [0.0, 0.3] {
            let centre = RasMm(volume.grid.centre_of([31, 12, 70]).0 + DVec3::splat(shift));
            let request = request(plane, centre, 0.6, [90, 90], look(700.0, 300.0));
            let scene = Scene::new(Some(Arc::clone(&volume)), None);
            let first = gpu.render_within(&scene, &request, Budget::nothing()).unwrap();
            assert_eq!(scene.uploaded(), 0.0, "nothing but a picture was sent");
            let all = gpu.render(&scene, &request).unwrap();
            assert!(all.pixels.chunks(4).any(|p| p[0] == 0) && all.pixels.chunks(4).any(|p| p[0] > 50));
            assert!(first == all, "{plane:?} at {shift}");
        }
    }
}

#[test]
fn dropped_scenes_are_freed_and_the_bound_holds() {
    let Some(mut gpu) = gpu() else { return };
    let scene_of = || Scene::new(Some(volume_of([64, 64, 64], spaced([1.0; 3]), |_| 7)), None);
    let request = request(Plane::Axial, RasMm::new(32.0, 32.0, 32.0), 1.0, [8, 8], look(400.0, 40.0));
    let keep = scene_of();
    gpu.render(&keep, &request).unwrap();
    gpu.renderer().release(&[keep.key()]);
    let one = gpu.renderer().texture_bytes();
    assert_eq!(one, 64 * 64 * 64 * 2);
    for _ in 0..5 {
        gpu.render(&scene_of(), &request).unwrap();
    }
    gpu.render(&keep, &request).unwrap();
    assert_eq!(gpu.renderer().texture_bytes(), one, "scenes nobody holds are gone");

    let many: Vec<_> = (0..4).map(|_| scene_of()).collect();
    gpu.renderer().set_memory_bound(2 * one);
    for scene in &many {
        gpu.render(scene, &request).unwrap();
    }
    for _ in 0..80 {
        gpu.render(&many[3], &request).unwrap();
    }
    assert!(gpu.renderer().texture_bytes() <= 2 * one);
    assert_eq!((keep.uploaded(), many[3].uploaded()), (0.0, 1.0), "the least recently used went first");
    gpu.renderer().set_memory_bound(4 << 30);
    let image = gpu.render(&keep, &request).unwrap();
    assert!(image.at(4, 4)[0] > 0, "an evicted scene comes back");
}

/// Bricks have no limit; a picture has one, and beyond it the screen's resolution is used.
#[test]
fn a_grid_longer_than_any_texture_is_drawn_exactly() {
    let Some(mut gpu) = gpu() else { return };
    let limit = gpu.limits();
    for n in [limit.max_texture_dimension_3d as usize + 100, limit.max_texture_dimension_2d as usize + 100] {
        if n > 70_000 {
            println!("skipped: this device takes {n} texels");
            continue;
        }
        let volume = volume_of([n, 4, 4], spaced([1.0; 3]), |[i, j, _]| (i % 997 + 3 * j) as i16);
        let labels = labels_of(vec![layer_of([n, 4, 4], spaced([1.0; 3]), |[i, ..]| 1 + (i / 100) as u16)]);
        let scene = Scene::new(Some(Arc::clone(&volume)), Some(Arc::clone(&labels)));
        for place in [120.3, n as f64 / 2.0, n as f64 - 150.0] {
            let request = request(Plane::Axial, RasMm::new(place, 1.5, 1.5), 1.0, [400, 4], look(900.0, 500.0));
            check_ct(&gpu.render(&scene, &request).unwrap(), &volume, &request);
        }
        assert_eq!(scene.notice(), None);
        check_labels(&mut gpu, &labels, RasMm::new(n as f64 - 150.0, 1.4, 1.3), 0.07);
    }
}

/// A frame of any direction.
fn turned(centre: RasMm, mm_per_pixel: f64, angles: [f64; 3], size_px: [u32; 2], look: Look) -> SliceRequest {
    let turn = DMat3::from_euler(glam::EulerRot::ZYX, angles[0], angles[1], angles[2]);
    let frame = SliceFrame { centre, right: turn * DVec3::NEG_X * mm_per_pixel, down: turn * DVec3::NEG_Y * mm_per_pixel };
    SliceRequest { frame, size_px, look }
}

#[test]
fn oblique_planes_match_the_reference() {
    let Some(mut gpu) = gpu() else { return };
    let mut rng = Rng(17);
    for n in 0..6 {
        // Larger than a brick along every axis.
        let grid = if n % 2 == 0 { spaced([0.8, 0.9, 1.7]) } else { random_affine(&mut rng) };
        let volume = volume_of([80, 140, 150], grid, |[i, j, k]| ((i * 37 + j * 11 + k * 5) % 300) as i16);
        let scene = Scene::new(Some(Arc::clone(&volume)), None);
        let angles = std::array::from_fn(|_| rng.range(-1.5, 1.5));
        for interpolation in [Interpolation::Linear, Interpolation::Nearest] {
            let look = Look { interpolation, ..look(300.0, 150.0) };
            let request = turned(volume.grid.centre(), 0.61, angles, [150, 130], look);
            check_ct(&gpu.render(&scene, &request).unwrap(), &volume, &request);
        }
    }
}

#[test]
fn oblique_labels_are_the_nearest_ones() {
    let Some(mut gpu) = gpu() else { return };
    let grid = affine(DMat3::from_cols(DVec3::Y * -1.3, DVec3::Z * 1.1, DVec3::X * -0.9), DVec3::new(3.0, 40.0, -7.0));
    let labels = labels_of(vec![layer_of([90, 150, 70], grid, |[i, j, k]| ((i / 9 + j / 11 + k / 7) % 6) as u16)]);
    let scene = Scene::new(None, Some(Arc::clone(&labels)));
    let look = Look { overlay: Overlay::Fill, opacity: 1.0, ..Look::plain(Some(&labels)) };
    let request = turned(labels.layers[0].grid.centre(), 0.73, [0.3, -0.7, 1.1], [120, 140], look);
    let image = gpu.render(&scene, &request).unwrap();
    let mut compared = 0;
    for (x, y) in (0..120).flat_map(|x| (0..140).map(move |y| (x, y))) {
        let p = position(&request, x, y);
        if on_a_face(&labels.layers[0].grid, p) {
            continue;
        }
        let want = labels.at(p).first().map_or([0; 3], |&n| labels.table[n].color);
        assert_eq!(image.at(x, y)[..3], want, "pixel ({x}, {y})");
        compared += 1;
    }
    assert!(compared > 15_000);
}

/// Slabs against their definition: the slices whose centres lie inside, at least the nearest one.
#[test]
fn slabs_combine_the_slices_inside() {
    let Some(mut gpu) = gpu() else { return };
    if !gpu.renderer().slabs() {
        println!("skipped: this device cannot draw slabs");
        return;
    }
    let mut noise = Rng(5);
    // Slices along i, j and k in turn; more than one brick across each plane.
    let volume = volume_of([150, 140, 135], spaced([0.9, 1.0, 1.5]), |_| (noise.next() % 800) as i16 - 300);
    let scene = Scene::new(Some(Arc::clone(&volume)), None);
    let at = volume.grid.centre_of([63, 127, 126]);
    for plane in Plane::ALL {
        let axis = plane.normal_axis();
        for (mode, mm) in [(SlabMode::Max, 20.0), (SlabMode::Min, 7.3), (SlabMode::Mean, 31.0), (SlabMode::Mean, 0.1), (SlabMode::Max, 1e4)]
        {
            let look = Look { slab: Slab::Of { mode, mm }, interpolation: Interpolation::Nearest, ..look(900.0, 100.0) };
            let request = request(plane, at, 0.77, [90, 80], look);
            let image = gpu.render(&scene, &request).unwrap();
            for (x, y) in (0..90).step_by(7).flat_map(|x| (0..80).step_by(3).map(move |y| (x, y))) {
                let p = position(&request, x, y);
                if on_a_face(&volume.grid, p)
                    && (0..3).any(|a| a != axis && (volume.grid.affine.to_voxel(p).0[a] - 0.5).fract().abs() < 1e-3)
                {
                    continue;
                }
                let want = byte(request.look.window, slab_hu(&volume, p, axis, mode, mm));
                assert!(image.at(x, y)[0].abs_diff(want) <= 1, "{mode:?} {mm} mm, {plane:?} ({x}, {y}): {:?} not {want}", image.at(x, y));
            }
        }
    }
}

fn slab_hu(volume: &Volume, p: RasMm, axis: usize, mode: SlabMode, mm: f64) -> Option<f64> {
    let here = volume.grid.nearest(p)?;
    let spacing = volume.grid.affine.spacing_mm()[axis];
    let at = volume.grid.affine.to_voxel(p).0[axis];
    let inside = |n: &usize| (*n as f64 - at).abs() * spacing <= mm / 2.0 + 1e-6;
    let mut slices: Vec<usize> = (0..volume.grid.size[axis]).filter(inside).collect();
    if slices.is_empty() {
        slices.push(here[axis]);
    }
    let values = slices.iter().map(|&n| {
        let mut voxel = here;
        voxel[axis] = n;
        volume.hu(voxel)
    });
    Some(match mode {
        SlabMode::Max => values.fold(f64::NEG_INFINITY, f64::max),
        SlabMode::Min => values.fold(f64::INFINITY, f64::min),
        SlabMode::Mean => values.sum::<f64>() / slices.len() as f64,
    })
}

/// Across the voxels: planes about one voxel apart, trilinear.
#[test]
fn oblique_slabs_combine_their_planes() {
    let Some(mut gpu) = gpu() else { return };
    if !gpu.renderer().slabs() {
        println!("skipped: this device cannot draw slabs");
        return;
    }
    let volume = volume_of([90, 100, 140], spaced([1.0, 1.0, 1.0]), |[i, j, k]| ((i * 37 + j * 11 + k * 5) % 300) as i16);
    let scene = Scene::new(Some(Arc::clone(&volume)), None);
    for (mode, planes) in [(SlabMode::Max, 11), (SlabMode::Min, 11), (SlabMode::Mean, 11)] {
        let look = Look { slab: Slab::Of { mode, mm: 10.0 }, ..look(300.0, 150.0) };
        let request = turned(volume.grid.centre(), 0.5, [0.4, 0.6, -0.3], [60, 50], look);
        let image = gpu.render(&scene, &request).unwrap();
        let normal = request.frame.right.cross(request.frame.down).normalize();
        for (x, y) in (0..60).flat_map(|x| (0..50).map(move |y| (x, y))) {
            let p = position(&request, x, y);
            let values: Vec<f64> = (0..planes).filter_map(|n| linear_hu(&volume, RasMm(p.0 + normal * (f64::from(n) - 5.0)))).collect();
            let hu = match mode {
                SlabMode::Max => values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
                SlabMode::Min => values.iter().copied().fold(f64::INFINITY, f64::min),
                SlabMode::Mean => values.iter().sum::<f64>() / f64::from(planes),
            };
            let want = byte(request.look.window, Some(hu));
            assert!(image.at(x, y)[0].abs_diff(want) <= 1, "{mode:?} ({x}, {y}): {:?} not {want}", image.at(x, y));
        }
    }
}

/// Memory for a fraction of the case: every view is right all the same, and the window is told.
#[test]
fn a_volume_larger_than_the_memory_is_shown_from_the_bricks_of_the_planes() {
    let Some(mut gpu) = gpu() else { return };
    let volume = volume_of([200, 260, 390], spaced([1.0; 3]), |[i, j, k]| ((i * 3 + j * 5 + k * 7) % 600) as i16);
    let scene = Scene::new(Some(Arc::clone(&volume)), None);
    gpu.renderer().release(&[]);
    gpu.renderer().set_memory_bound(26 << 20);
    for round in 0..40 {
        let plane = Plane::ALL[round % 3];
        let at = volume.grid.centre_of([(round * 37) % 200, (round * 59) % 260, (round * 83) % 390]);
        let request = request(plane, at, 3.0, [60, 60], look(600.0, 300.0));
        for _ in 0..70 {
            gpu.render_only(&scene, &request).unwrap(); // what was on screen before is no longer
        }
        check_ct(&gpu.render(&scene, &request).unwrap(), &volume, &request);
        assert!(gpu.renderer().texture_bytes() <= 26 << 20);
        assert_eq!(scene.uploaded(), 1.0, "nothing to wait for");
    }
    assert!(scene.notice().unwrap().contains("graphics memory"), "{:?}", scene.notice());
    gpu.renderer().set_memory_bound(4 << 30);
    gpu.render(&scene, &request(Plane::Axial, volume.grid.centre(), 3.0, [60, 60], look(600.0, 300.0))).unwrap();
    assert_eq!((scene.uploaded(), scene.notice()), (1.0, None), "all of it, once there is room");
}

#[test]
fn inverted_greys_are_the_complement_and_outside_stays_black() {
    let Some(mut gpu) = gpu() else { return };
    let volume = volume_of([60, 60, 3], spaced([1.0; 3]), |[i, j, _]| (i * 8 + j) as i16);
    let scene = Scene::new(Some(volume), None);
    let plain = request(Plane::Axial, RasMm::new(10.0, 30.0, 1.0), 1.0, [60, 40], look(400.0, 240.0));
    let inverted = SliceRequest { look: Look { invert: true, ..plain.look.clone() }, ..plain.clone() };
    let (a, b) = (gpu.render(&scene, &plain).unwrap(), gpu.render(&scene, &inverted).unwrap());
    for (x, y) in (0..60).flat_map(|x| (0..40).map(move |y| (x, y))) {
        let (p, q) = (a.at(x, y)[0], b.at(x, y)[0]);
        let outside = position(&plain, x, y).0.x < -0.5;
        assert!(if outside { (p, q) == (0, 0) } else { (i32::from(p) + i32::from(q) - 255).abs() <= 1 }, "({x}, {y}): {p} and {q}");
    }
}

#[test]
fn odd_sizes_draw_and_impossible_ones_are_refused() {
    let Some(mut gpu) = gpu() else { return };
    let volume = volume_of([5, 7, 1], spaced([1.0, 1.0, 5.0]), |[i, j, _]| (i * 7 + j) as i16);
    let scene = Scene::new(Some(Arc::clone(&volume)), None);
    let at = |size| request(Plane::Coronal, RasMm::new(2.2, 3.1, 0.3), 0.21, size, look(40.0, 17.0));
    for size in [[1, 1], [1, 40], [333, 3]] {
        let request = at(size);
        check_ct(&gpu.render(&scene, &request).unwrap(), &volume, &request);
    }
    for size in [[0, 10], [10, 0], [u32::MAX, 1]] {
        let error = gpu.render(&scene, &at(size)).unwrap_err();
        assert!(matches!(error, GpuError::Size { .. }), "{error}");
    }
    let nothing = Scene::new(None, None);
    let image = gpu.render(&nothing, &at([3, 3])).unwrap();
    assert!(image.pixels.chunks(4).all(|p| p == [0, 0, 0, 255]), "no volume is black");
    assert_eq!(nothing.uploaded(), 1.0);
}

/// Three views of one window through egui-wgpu draw what the off-screen renderer draws, each its own slice.
#[test]
fn paint_callbacks_draw_the_same_pixels_in_a_window() {
    use egui_kittest::wgpu::{WgpuTestRenderer, create_render_state, default_wgpu_setup};
    let Some(mut gpu) = gpu() else { return };
    let volume = volume_of([30, 30, 30], spaced([1.0, 1.1, 1.2]), |[i, j, k]| ((i * 31 + j * 17 + k * 7) % 400) as i16);
    let labels = labels_of(vec![layer_of([30, 30, 30], spaced([1.0, 1.1, 1.2]), |[i, j, k]| ((i / 9 + j / 7 + k / 5) % 4) as u16)]);
    let scene = Scene::new(Some(volume), Some(Arc::clone(&labels)));
    let requests = Plane::ALL.map(|plane| request(plane, RasMm::new(14.2, 15.3, 16.1), 0.5, [60, 50], Look::plain(Some(&labels))));

    let state = create_render_state(default_wgpu_setup(), egui_wgpu::RendererOptions::PREDICTABLE);
    voxaudit::gpu::callback::install(&state).unwrap();
    let (shown, drawn) = (Arc::clone(&scene), requests.clone());
    let mut harness = egui_kittest::Harness::builder()
        .with_size([200.0, 60.0])
        .renderer(WgpuTestRenderer::from_render_state(state.clone()))
        .build_ui(move |ui| {
            for (slot, request) in drawn.iter().enumerate() {
                let rect = egui::Rect::from_min_size(egui::pos2(5.0 + 62.0 * slot as f32, 4.0), egui::vec2(60.0, 50.0));
                ui.painter().add(voxaudit::gpu::callback::slice(ui.ctx(), rect, Arc::clone(&shown), request.clone(), slot));
            }
        });
    harness.run();
    let window = harness.render().unwrap(); // pictures first, bricks in the frames after it
    harness.run();
    harness.render().unwrap();
    assert_eq!(scene.uploaded(), 1.0);
    for (slot, request) in requests.iter().enumerate() {
        let alone = gpu.render(&scene, request).unwrap();
        for y in 0..50 {
            for x in 0..60 {
                let got = window.get_pixel(5 + 62 * slot as u32 + x, 4 + y).0;
                let want = alone.at(x, y);
                assert!((0..4).all(|c| got[c].abs_diff(want[c]) <= 1), "view {slot}, pixel ({x}, {y}): {got:?}, off screen {want:?}");
            }
        }
    }
    let before = voxaudit::gpu::callback::uploads(&state);
    harness.run();
    harness.render().unwrap();
    assert_eq!(voxaudit::gpu::callback::uploads(&state), before, "a repaint of the same thing uploads nothing");
    voxaudit::gpu::callback::release(&state, &[]);
}

#[test]
fn a_target_that_encodes_srgb_shows_the_same_bytes() {
    let Some(mut gpu) = gpu() else { return };
    let mut encoding = Offscreen::with_encoding(Encoding::Srgb).unwrap();
    let volume = volume_of([256, 8, 1], spaced([1.0; 3]), |[i, ..]| i as i16);
    let labels = labels_of(vec![layer_of([256, 8, 1], spaced([1.0; 3]), |[_, j, _]| u16::from(j < 4) * 77)]);
    let scene = Scene::new(Some(volume), Some(Arc::clone(&labels)));
    let look = Look { window: Window { width: 255.0, level: 127.5 }, ..Look::plain(Some(&labels)) };
    let request = request(Plane::Axial, RasMm::new(127.5, 3.5, 0.0), 1.0, [256, 8], look);
    let (plain, encoded) = (gpu.render(&scene, &request).unwrap(), encoding.render(&scene, &request).unwrap());
    for (n, (a, b)) in plain.pixels.iter().zip(&encoded.pixels).enumerate() {
        assert!(a.abs_diff(*b) <= 1, "byte {n}: {a} and {b}");
    }
    assert_eq!(plain.at(0, 0), [255, 255, 255, 255], "the brightest grey is on the patient's right, radiological left");
}

/// A slice through voxel centres takes the short way; a hair beside it, the long one. Both show the same.
#[test]
fn the_short_way_through_voxel_centres_changes_nothing() {
    let Some(mut gpu) = gpu() else { return };
    let mut noise = Rng(3);
    let turned = affine(DMat3::from_cols(DVec3::Y * -1.3, DVec3::Z * 2.0, DVec3::X * 0.9), DVec3::new(3.0, 40.0, -7.0));
    let volume = volume_of([20, 15, 25], turned, |_| (noise.next() % 500) as i16);
    let scene = Scene::new(Some(Arc::clone(&volume)), None);
    let centre = volume.grid.centre_of([9, 7, 11]);
    for plane in Plane::ALL {
        let exact = request(plane, centre, 0.31, [64, 64], look(600.0, 250.0));
        let mut beside = exact.clone();
        beside.frame.centre.0 += exact.frame.right.cross(exact.frame.down).normalize() * 0.004;
        let (short, long) = (gpu.render(&scene, &exact).unwrap(), gpu.render(&scene, &beside).unwrap());
        check_ct(&short, &volume, &exact);
        check_ct(&long, &volume, &beside);
        assert!(short.pixels.iter().zip(&long.pixels).all(|(a, b)| a.abs_diff(*b) <= 2));
    }
}
