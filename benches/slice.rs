//! Slices of a 512×512×600 volume at 1024×1024 with a fill overlay, against SimpleITK and numpy doing the same on the same machine.
//!
//! `cargo bench --bench slice` prints milliseconds per slice (median), the ratio to SimpleITK, the CPU time of our own code per frame,
//! and what a scroll, a window and an opacity change upload. `python3` with SimpleITK and numpy is needed for the ratio only.

use std::sync::Arc;
use std::time::Instant;
use voxaudit::gpu::offscreen::Offscreen;
use voxaudit::gpu::{Budget, Look, Scene, SliceRequest};
use voxaudit::space::{Affine, Convention, Grid, Plane, SliceFrame};
use voxaudit::volume::{LabelLayer, LabelName, LabelSet, LabelVoxels, Volume, VoxelBuf, Voxels, Window};

const SIZE: [usize; 3] = [512, 512, 600];
const SPACING: [f64; 3] = [0.7, 0.7, 0.7];
const FRAMES: usize = 40;

fn main() {
    if let Err(error) = run() {
        eprintln!("slice bench: {error}");
        std::process::exit(1);
    }
}

fn run() -> Result<(), Box<dyn std::error::Error>> {
    let mut gpu = Offscreen::new()?;
    let (volume, labels) = (Arc::new(volume()?), Arc::new(labels()?));
    let scene = Scene::new(Some(Arc::clone(&volume)), Some(Arc::clone(&labels)));
    println!("{}, {} logical cores", gpu.adapter(), std::thread::available_parallelism()?);
    let look = Look { window: Window::default(), ..Look::plain(Some(&labels)) };
    let request = |plane| SliceRequest {
        frame: SliceFrame::new(plane, Convention::Radiological, volume.grid.centre(), 0.4),
        size_px: [1024, 1024],
        look: look.clone(),
    };
    upload(&mut gpu, &scene, &request(Plane::Axial))?;
    let reference = reference();
    for (n, plane) in Plane::ALL.into_iter().enumerate() {
        for (what, start, step) in [("between slices", 0.31, 0.31), ("on slices", 0.35, SPACING[0]), ("window drag", 0.31, 0.0)] {
            let (ours, cpu) = measure(&mut gpu, &scene, &request(plane), start, step)?;
            let against = reference.map_or_else(String::new, |r| format!(", SimpleITK + numpy {:.1} ms, ratio {:.1}", r[n], r[n] / ours));
            println!("{:<9}{what:<15}{ours:6.1} ms ({cpu:.0} ms of CPU over all threads){against}", plane.name());
        }
    }
    nothing_uploaded(&mut gpu, &scene, &request(Plane::Axial))?;
    Ok(())
}

fn volume() -> std::io::Result<Volume> {
    let mut voxels = VoxelBuf::<i16>::zeroed(SIZE.iter().product())?;
    let mut seed = 1u32;
    for value in voxels.iter_mut() {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *value = (seed >> 22) as i16 - 400;
    }
    Ok(Volume { grid: grid(), voxels: Voxels::I16(voxels), range: (-400.0, 623.0), warnings: Vec::new() })
}

/// Blocks of 64 voxels with 100 different labels.
fn labels() -> std::io::Result<LabelSet> {
    let mut voxels = VoxelBuf::<u8>::zeroed(SIZE.iter().product())?;
    for (n, value) in voxels.iter_mut().enumerate() {
        let (i, j, k) = (n % SIZE[0] / 64, n / SIZE[0] % SIZE[1] / 64, n / SIZE[0] / SIZE[1] / 64);
        *value = ((i * 7 + j * 13 + k * 29) % 101) as u8;
    }
    let name = |value: u16| LabelName {
        layer: 0,
        value,
        name: format!("label {value}"),
        color: Some([(value * 37 % 256) as u8, (value * 91 % 256) as u8, (value * 53 % 256) as u8]),
    };
    Ok(LabelSet::new(vec![LabelLayer { grid: grid(), voxels: LabelVoxels::U8(voxels) }], (1..101).map(name).collect(), Vec::new()))
}

fn grid() -> Grid {
    let [x, y, z] = SPACING;
    let rows = [[x, 0.0, 0.0, 0.0], [0.0, y, 0.0, 0.0], [0.0, 0.0, z, 0.0]];
    match Affine::from_rows(rows) {
        Ok(affine) => Grid { size: SIZE, affine },
        Err(error) => unreachable!("a diagonal affine is invertible: {error}"),
    }
}

/// Uploads frame by frame, as the window does.
fn upload(gpu: &mut Offscreen, scene: &Arc<Scene>, request: &SliceRequest) -> Result<(), Box<dyn std::error::Error>> {
    let small = SliceRequest { size_px: [16, 16], ..request.clone() };
    let (start, mut longest, mut frames) = (Instant::now(), 0.0f64, 0);
    while scene.uploaded() < 1.0 {
        let frame = Instant::now();
        gpu.render_within(scene, &small, Budget::frame())?;
        longest = longest.max(milliseconds(frame));
        frames += 1;
    }
    let total = milliseconds(start);
    let megabytes = gpu.uploads().voxel_bytes as f64 / 1e6;
    println!("upload   {total:6.0} ms for {megabytes:.0} MB in {frames} frames, longest frame {longest:.0} ms");
    Ok(())
}

/// Milliseconds per frame (median) and of CPU (mean), scrolling by `step` mm from `start` mm beyond the volume's centre while the level
/// changes.
fn measure(
    gpu: &mut Offscreen,
    scene: &Arc<Scene>,
    request: &SliceRequest,
    start: f64,
    step: f64,
) -> Result<(f64, f64), Box<dyn std::error::Error>> {
    let mut request = request.clone();
    let cpu = cpu_milliseconds();
    let normal = request.frame.right.cross(request.frame.down).normalize();
    request.frame.centre.0 += normal * start;
    let mut times = Vec::new();
    for _ in 0..FRAMES + 3 {
        request.frame.centre.0 += normal * step;
        request.look.window.level += 1.0;
        let start = Instant::now();
        gpu.render_only(scene, &request)?;
        times.push(milliseconds(start));
    }
    let cpu = (cpu_milliseconds() - cpu) / times.len() as f64;
    Ok((median(&mut times[3..]), cpu))
}

/// What changes while the user works, and what our own code costs per frame without the drawing.
fn nothing_uploaded(gpu: &mut Offscreen, scene: &Arc<Scene>, request: &SliceRequest) -> Result<(), Box<dyn std::error::Error>> {
    let mut request = SliceRequest { size_px: [1, 1], ..request.clone() };
    gpu.render_only(scene, &request)?;
    let before = gpu.uploads();
    let mut times = Vec::new();
    for n in 0..300u32 {
        match n % 3 {
            0 => request.frame.centre.0.z += 0.7,
            1 => request.look.window.level += 1.0,
            _ => request.look.opacity = 0.2 + n as f32 / 1000.0,
        }
        let start = Instant::now();
        gpu.render_only(scene, &request)?;
        times.push(milliseconds(start));
    }
    let after = gpu.uploads();
    let (voxels, styles) = (after.voxel_bytes - before.voxel_bytes, after.style_bytes - before.style_bytes);
    let uniforms = (after.uniform_bytes - before.uniform_bytes) / 300;
    println!("300 scrolls, window and opacity changes uploaded {voxels} B of voxels, {styles} B of styles, {uniforms} B of uniforms each");
    println!("frame without pixels (our code, wgpu and driver): {:.3} ms", median(&mut times));
    assert_eq!((voxels, styles), (0, 0), "only uniforms may be uploaded");
    Ok(())
}

/// CPU time of all threads of this process so far, where the system says (Linux), to the 10 ms of its clock.
fn cpu_milliseconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    fields.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() * 10.0
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(0.0)
}

/// Milliseconds per plane of the same work in SimpleITK and numpy; `None` without them.
fn reference() -> Option<[f64; 3]> {
    if std::env::var_os("VOXAUDIT_BENCH_ALONE").is_some() {
        return None;
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/slice_reference.py");
    let out = std::process::Command::new("python3").arg(script).output().ok()?;
    if !out.status.success() {
        println!("no comparison: {}", String::from_utf8_lossy(&out.stderr).lines().last().unwrap_or("python3 failed"));
        return None;
    }
    let numbers: Vec<f64> = String::from_utf8_lossy(&out.stdout).split_whitespace().filter_map(|n| n.parse().ok()).collect();
    <[f64; 3]>::try_from(numbers).ok()
}
