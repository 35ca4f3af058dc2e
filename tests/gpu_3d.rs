//! The 3D view off screen: surfaces where the labels are, in their colours, the CT behind or around them, and what is cut away.

#![allow(clippy::unwrap_used)] // a test may panic

use glam::{DMat3, DVec3};
use std::sync::Arc;
use voxaudit::gpu::offscreen::{Offscreen, RgbaImage};
use voxaudit::gpu::{CtIn3d, Eye, GpuError, LabelStyle, Look, RayRequest, Scene};
use voxaudit::space::{Affine, Grid, RasMm, Voxel};
use voxaudit::volume::{LabelLayer, LabelName, LabelSet, LabelVoxels, Volume, VoxelBuf, Voxels, Window};

const RED: [u8; 3] = [220, 40, 40];
const BLUE: [u8; 3] = [40, 60, 220];

fn gpu() -> Option<Offscreen> {
    match Offscreen::new() {
        Ok(gpu) => Some(gpu),
        Err(GpuError::NoAdapter(why)) if std::env::var_os("VOXAUDIT_REQUIRE_GPU").is_none() => {
            println!("skipped: no graphics adapter ({why})");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

/// A grid of 1 × 1 × 2 mm with axes to the left, posterior and superior.
fn grid() -> Grid {
    let rows = [[-1.0, 0.0, 0.0, 60.0], [0.0, -1.0, 0.0, 50.0], [0.0, 0.0, 2.0, -40.0]];
    Grid { size: [120, 100, 40], affine: Affine::from_rows(rows).unwrap() }
}

fn fill<T: bytemuck::Pod>(grid: &Grid, value: impl Fn(DVec3) -> T) -> VoxelBuf<T> {
    let mut buf = VoxelBuf::zeroed(grid.len()).unwrap();
    for (n, v) in buf.iter_mut().enumerate() {
        let [x, y, _] = grid.size;
        let at = Voxel::new((n % x) as f64, (n / x % y) as f64, (n / x / y) as f64);
        *v = value(grid.affine.to_ras(at).0);
    }
    buf
}

/// A red ball of 15 mm on the patient's right, a blue one on the left, bone in a rod behind them; soft tissue around.
fn scene() -> Arc<Scene> {
    let grid = grid();
    let ball = |p: DVec3, x: f64| p.distance(DVec3::new(x, 0.0, 0.0)) < 15.0;
    let labels = fill(&grid, |p| {
        if ball(p, 30.0) {
            1
        } else if ball(p, -30.0) {
            700
        } else {
            0u16
        }
    });
    let name = |value, color| LabelName { layer: 0, value, name: format!("ball {value}"), color: Some(color) };
    let set = LabelSet::new(
        vec![LabelLayer { grid, voxels: LabelVoxels::from_slice(&labels).unwrap() }],
        vec![name(1, RED), name(700, BLUE)],
        Vec::new(),
    );
    let voxels = fill(&grid, |p| if p.x.hypot(p.y + 40.0) < 4.0 { 1000 } else { 40i16 });
    let volume = Volume { grid, voxels: Voxels::I16(voxels), range: (40.0, 1000.0), warnings: Vec::new() };
    Scene::new(Some(Arc::new(volume)), Some(Arc::new(set)))
}

/// From the front, 0.5 mm a pixel.
fn front(scene: &Scene) -> RayRequest {
    let eye = Eye { centre: RasMm::new(0.0, 0.0, 0.0), right: DVec3::NEG_X * 0.5, down: DVec3::NEG_Z * 0.5 };
    let look = Look { window: Window { width: 2000.0, level: 0.0 }, ..Look::plain(scene.labels().map(AsRef::as_ref)) };
    RayRequest { eye, size_px: [200, 160], look, ct: CtIn3d::None, labels: true, cut: None, moving: false }
}

fn reddish([r, g, b, _]: [u8; 4]) -> bool {
    r > 60 && u16::from(r) > 2 * u16::from(g) && u16::from(r) > 2 * u16::from(b)
}

fn bluish([r, g, b, _]: [u8; 4]) -> bool {
    b > 60 && u16::from(b) > 2 * u16::from(g) && u16::from(b) > 2 * u16::from(r)
}

fn count(image: &RgbaImage, what: fn([u8; 4]) -> bool) -> usize {
    (0..image.height).flat_map(|y| (0..image.width).map(move |x| (x, y))).filter(|&(x, y)| what(image.at(x, y))).count()
}

#[test]
fn labels_stand_where_they_are_as_shaded_balls() {
    let Some(mut gpu) = gpu() else { return };
    let scene = scene();
    let image = gpu.render_3d(&scene, &front(&scene)).unwrap();
    // Seen from the front the patient's right is on the left: x = +30 mm is 60 pixels left of the centre.
    assert!(reddish(image.at(40, 80)) && bluish(image.at(160, 80)), "{:?} {:?}", image.at(40, 80), image.at(160, 80));
    assert_eq!(image.at(100, 80), [0, 0, 0, 255], "nothing between them");
    // A ball of 15 mm covers π 30² pixels; the voxels' steps cost or add a few.
    let area = std::f64::consts::PI * 900.0;
    for (what, seen) in [("red", count(&image, reddish)), ("blue", count(&image, bluish))] {
        assert!((seen as f64 - area).abs() < 0.12 * area, "{what}: {seen} pixels, {area:.0} expected");
    }
    assert!(image.at(40, 60)[0] > image.at(40, 105)[0] + 20, "light comes from above");
}

#[test]
fn hidden_labels_and_labels_that_let_through() {
    let Some(mut gpu) = gpu() else { return };
    let scene = scene();
    let mut request = front(&scene);
    let mut styles = request.look.styles.as_ref().clone();
    let index = |value: u16| scene.labels().unwrap().index_of(0, value).unwrap();
    styles[index(1)].visible = false;
    styles[index(700)] = LabelStyle { opacity: 128, ..styles[index(700)] };
    request.look.styles = Arc::new(styles);
    let opaque = gpu.render_3d(&scene, &front(&scene)).unwrap().at(160, 80);
    let image = gpu.render_3d(&scene, &request).unwrap();
    assert_eq!(image.at(40, 80), [0, 0, 0, 255]);
    assert!(image.at(160, 80)[2] < opaque[2] && image.at(160, 80)[2] > 30, "{:?} of {opaque:?}", image.at(160, 80));
    let none = RayRequest { labels: false, ..front(&scene) };
    assert_eq!(count(&gpu.render_3d(&scene, &none).unwrap(), |p| p != [0, 0, 0, 255]), 0, "masks off");
}

#[test]
fn the_ct_is_a_projection_or_a_volume_behind_the_labels() {
    let Some(mut gpu) = gpu() else { return };
    let scene = scene();
    let mip = RayRequest { ct: CtIn3d::Mip, labels: false, ..front(&scene) };
    let image = gpu.render_3d(&scene, &mip).unwrap();
    let grey = |hu: f64| ((hu / 2000.0 + 0.5) * 255.0).round() as u8;
    assert!(image.at(100, 80)[0].abs_diff(grey(1000.0)) <= 1, "the rod is the brightest: {:?}", image.at(100, 80));
    assert!(image.at(60, 80)[0].abs_diff(grey(40.0)) <= 1, "soft tissue elsewhere: {:?}", image.at(60, 80));
    let both = gpu.render_3d(&scene, &RayRequest { ct: CtIn3d::Mip, ..front(&scene) }).unwrap();
    assert!(reddish(both.at(40, 80)), "labels before the projection");
    let volume = gpu.render_3d(&scene, &RayRequest { ct: CtIn3d::Volume, labels: false, ..front(&scene) }).unwrap();
    let (rod, tissue) = (volume.at(100, 80), volume.at(60, 80));
    assert!(rod.iter().zip(tissue).take(3).all(|(a, b)| u16::from(*a) + 2 >= u16::from(b)) && tissue[0] > 20, "{rod:?} {tissue:?}");
}

/// The octant towards the viewer is gone; its wall shows the slice of the CT.
#[test]
fn a_cut_shows_the_slices_behind_it() {
    let Some(mut gpu) = gpu() else { return };
    let scene = scene();
    // From the front, right and above: the octant R, A, S of the corner is cut away.
    let turn = DMat3::from_rotation_z(-0.6) * DMat3::from_rotation_x(0.5);
    let eye = Eye { centre: RasMm::new(0.0, 0.0, 0.0), right: turn * DVec3::NEG_X * 0.5, down: turn * DVec3::NEG_Z * 0.5 };
    assert!(eye.along().x < 0.0 && eye.along().y < 0.0 && eye.along().z < 0.0, "{:?}", eye.along());
    let whole = RayRequest { eye, ..front(&scene) };
    let cut = RayRequest { cut: Some(RasMm::new(31.0, 1.0, -39.0)), ..whole.clone() };
    let (before, after) = (gpu.render_3d(&scene, &whole).unwrap(), gpu.render_3d(&scene, &cut).unwrap());
    assert!(count(&after, reddish) < count(&before, reddish), "a part of the red ball is gone");
    let grey = |[r, g, b, _]: [u8; 4]| r == g && g == b && r > 60;
    assert_eq!(count(&before, grey), 0);
    assert!(count(&after, grey) > 500, "the walls show the CT: {}", count(&after, grey));
    assert!(count(&after, bluish) > 1000, "the blue ball on the other side stays");
}

/// However often it is drawn, and whatever was drawn between, the same view is the same image.
#[test]
fn the_image_depends_on_the_request_alone() {
    let Some(mut gpu) = gpu() else { return };
    let (scene, other) = (scene(), self::scene());
    let request = front(&scene);
    let first = gpu.render_3d(&scene, &request).unwrap();
    gpu.render_3d(&other, &RayRequest { size_px: [50, 60], ct: CtIn3d::Volume, ..front(&other) }).unwrap();
    assert!(gpu.render_3d(&scene, &request).unwrap() == first);
    for size_px in [[1, 1], [3, 200], [200, 1]] {
        let image = gpu.render_3d(&scene, &RayRequest { size_px, ..request.clone() }).unwrap();
        assert_eq!([image.width, image.height], size_px);
    }
    let nothing = Scene::new(None, None);
    let image = gpu.render_3d(&nothing, &RayRequest { cut: Some(RasMm::new(0.0, 0.0, 0.0)), ct: CtIn3d::Mip, ..front(&nothing) }).unwrap();
    assert_eq!(count(&image, |p| p != [0, 0, 0, 255]), 0, "nothing is black");
}
