//! Measures of 117 structures in 512×512×600 against SimpleITK, cc3d and scipy doing the same on the same voxels.
//!
//! `cargo bench --bench geometry` prints milliseconds (median), ratios to the peers, growth with the number of voxels and peak memory. The
//! peers need a Python with SimpleITK, cc3d, scipy and numpy: `$VOXAUDIT_PYTHON`, else `python3`; without them their lines are left out.
//! With `VOXAUDIT_BENCH_NOISE=N` only noise of N labels in 512×512×300 is measured, for its time and peak memory: shapes, or with
//! `VOXAUDIT_BENCH_PAIRS=1` all pairs.

use std::collections::HashMap;
use std::path::Path;
use std::time::Instant;
use voxaudit::geometry::body::Body;
use voxaudit::geometry::{Options, Pairs, components, measure_case, measure_pair};
use voxaudit::space::{Affine, Grid};
use voxaudit::volume::{LabelLayer, LabelSet, LabelVoxels, VoxelBuf, census};

type Failure = Box<dyn std::error::Error>;

const SIZE: [usize; 3] = [512, 512, 600];
const LABELS: u16 = 117;
/// Two neighbours of middling size whose surfaces are compared; also in `geometry_reference.py`.
const PAIR: [u16; 2] = [40, 41];

fn main() {
    if let Err(error) = run() {
        eprintln!("geometry bench: {error}");
        std::process::exit(1);
    }
}

fn run() -> Result<(), Failure> {
    if let Some(labels) = std::env::var("VOXAUDIT_BENCH_NOISE").ok().and_then(|n| n.parse().ok()) {
        return noise(labels);
    }
    println!("{} cores, {LABELS} labels in {SIZE:?}", rayon::current_num_threads());
    let layer = scene(SIZE)?;
    let peers = peers(&layer)?;
    let against = |what: &str, ours: f64, peer: &str, goal: f64| {
        let ratio = peers.get(peer).map_or_else(String::new, |p| format!("; {peer} {p:.0} ms, ratio {:.1} (goal {goal})", p / ours));
        println!("{what:<44}{ours:8.1} ms{ratio}");
    };
    let sum = time(9, || layer.voxels.bytes().chunks(1 << 20).map(sum_of).sum::<u64>());
    let shared = time(9, || rayon_sum(&layer));
    let counted = time(9, || census(&layer).len());
    println!("{:<44}{sum:8.1} ms on one core, {shared:.1} ms on all", "sum of the array");
    against("counts, boxes, centroids, anchors", counted, "SimpleITK label shape statistics", 8.0);
    against("", counted, "cc3d.statistics", 25.0);
    println!("{:<44}{:8.1} of the sum on one core (goal 5), {:.1} of that on all", "", counted / sum, counted / shared);
    let parts = time(5, || all_components(&layer));
    against("components with sizes", parts, "cc3d.connected_components", 5.0);
    drop_growth(&layer, counted, parts)?;
    let set = LabelSet::new(vec![layer], Vec::new(), Vec::new());
    cases(&set, &peers)?;
    println!("peak memory {:.2} × the label array", peak_bytes() / set.bytes() as f64);
    Ok(())
}

/// Every voxel 0 or a label of its own choice: as many runs as a label map can have.
fn noise(labels: u16) -> Result<(), Failure> {
    let size = [512, 512, 300];
    let grid = Grid { size, affine: Affine::from_rows([[-0.7, 0.0, 0.0, 180.0], [0.0, -0.7, 0.0, 180.0], [0.0, 0.0, 0.8, -120.0]])? };
    let mut voxels = LabelVoxels::zeroed(grid.len(), labels)?;
    let mut state = 1u64;
    for n in 0..voxels.len() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        voxels.set(n, ((state >> 33) % (u64::from(labels) + 1)) as u16);
    }
    let set = LabelSet::new(vec![LabelLayer { grid, voxels }], Vec::new(), Vec::new());
    let before = peak_bytes() / set.bytes() as f64;
    let pairs = std::env::var_os("VOXAUDIT_BENCH_PAIRS").is_some();
    let (what, options) = match pairs {
        true => ("all pairs", Options { pairs: Pairs::All, ..Options::default() }),
        false => ("shapes", Options { shape: true, ..Options::default() }),
    };
    let start = Instant::now();
    measure_case(&set, None, &options, &())?;
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "{labels} labels of noise in {size:?}: {what} {seconds:.1} s, peak memory {:.2} × the label array ({before:.2} before)",
        peak_bytes() / set.bytes() as f64
    );
    Ok(())
}

/// Shapes, pairs and surfaces.
fn cases(set: &LabelSet, peers: &HashMap<String, f64>) -> Result<(), Failure> {
    let run = |options: &Options| time(3, || measure_case(set, None, options, &()).map(|c| c.pairs.len()));
    let shapes = run(&Options { shape: true, ..Options::default() });
    println!("{:<44}{shapes:8.1} ms", "components, surface area, diameters");
    let gaps = run(&Options { pairs: Pairs::All, ..Options::default() });
    let many = measure_case(set, None, &Options { pairs: Pairs::All, ..Options::default() }, &())?.pairs.len();
    println!("{:<44}{gaps:8.1} ms for {many} pairs from the label array on (goal 1000)", "gaps, contact, containment of all pairs");
    if let Some(one) = peers.get("scipy gap of one pair") {
        println!("{:<44}scipy k-d trees {one:.0} ms a pair, {:.0} × as long for all", "", one * many as f64 / gaps);
    }
    let pair = PAIR.map(|value| set.index_of(0, value).unwrap_or(0));
    let surfaces = time(5, || measure_pair(set, pair, true, &()));
    let found = measure_pair(set, pair, true, &())?.and_then(|p| p.surface).ok_or("the pair is not there")?;
    let ratio = |key: &str| peers.get(key).map_or_else(String::new, |p| format!("; {key} {p:.0} ms, ratio {:.1} (goal 2.5)", p / surfaces));
    println!("{:<44}{surfaces:8.1} ms{}", "Hausdorff, HD95, mean of one pair", ratio("scipy surfaces of one pair"));
    for (key, ours) in [("hausdorff", found.hausdorff_mm), ("hd95", found.hd95_mm), ("mean", found.mean_surface_distance_mm)] {
        if let Some(theirs) = peers.get(key) {
            assert!((theirs - ours).abs() < 1e-6 * ours, "{key}: {ours} here, {theirs} in scipy");
        }
    }
    Ok(())
}

fn all_components(layer: &LabelLayer) -> u64 {
    use rayon::prelude::*;
    let bodies = Body::all(layer, &()).unwrap_or_default();
    bodies.par_iter().map(|(_, body)| components(body, &()).map_or(0, |sizes| sizes.number())).sum()
}

/// Half of the slices should take half of the time.
fn drop_growth(layer: &LabelLayer, counted: f64, parts: f64) -> Result<(), Failure> {
    let half = [SIZE[0], SIZE[1], SIZE[2] / 2];
    let grid = Grid { size: half, affine: layer.grid.affine };
    let half = LabelLayer { grid, voxels: LabelVoxels::U8(VoxelBuf::from_slice(&layer.voxels.bytes()[..grid.len()])?) };
    let (less, fewer) = (time(9, || census(&half).len()), time(5, || all_components(&half)));
    println!("{:<44}{:8.2} × for counts, {:.2} × for components (2 is linear)", "twice the voxels take", counted / less, parts / fewer);
    Ok(())
}

fn sum_of(voxels: &[u8]) -> u64 {
    voxels.iter().map(|v| u64::from(*v)).sum()
}

fn rayon_sum(layer: &LabelLayer) -> u64 {
    use rayon::prelude::*;
    layer.voxels.bytes().par_chunks(1 << 20).map(sum_of).sum()
}

/// Uneven blobs in rows and columns, each overlapping its neighbours a little; the later one takes the voxels.
fn scene(size: [usize; 3]) -> Result<LabelLayer, Failure> {
    let rows = [[-0.7, 0.0, 0.0, 180.0], [0.0, -0.7, 0.0, 180.0], [0.0, 0.0, 0.8, -240.0]];
    let grid = Grid { size, affine: Affine::from_rows(rows)? };
    let mut voxels = LabelVoxels::zeroed(grid.len(), LABELS)?;
    for value in 1..=LABELS {
        let n = usize::from(value - 1);
        let centre = [80 + n % 4 * 115, 80 + n / 4 % 4 * 115, 45 + n / 16 * 72].map(|c| c as f64);
        let radii = [0, 1, 2].map(|a| [62.0, 55.0, 40.0][a] - ((n * 7 + a * 13) % 29) as f64);
        blob(&mut voxels, &grid, value, centre, radii);
    }
    Ok(LabelLayer { grid, voxels })
}

fn blob(voxels: &mut LabelVoxels, grid: &Grid, value: u16, centre: [f64; 3], radii: [f64; 3]) {
    let range = |a: usize| (centre[a] - radii[a] * 1.2).max(0.0) as usize..((centre[a] + radii[a] * 1.2) as usize + 1).min(grid.size[a]);
    for k in range(2) {
        for j in range(1) {
            for i in range(0) {
                let d = [i, j, k].iter().enumerate().map(|(a, x)| ((*x as f64 - centre[a]) / radii[a]).powi(2)).sum::<f64>();
                let wave = ((i as f64) * 0.21).sin() + ((j as f64) * 0.17).sin() + ((k as f64) * 0.19 + f64::from(value)).sin();
                if d <= 1.0 + 0.12 * wave {
                    voxels.set(grid.offset([i, j, k]), value);
                }
            }
        }
    }
}

fn time<T>(times: usize, mut work: impl FnMut() -> T) -> f64 {
    let mut all: Vec<f64> = (0..times)
        .map(|_| {
            let start = Instant::now();
            std::hint::black_box(work());
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    all.sort_by(f64::total_cmp);
    all[times / 2]
}

/// Most memory this process ever had, where the system says.
fn peak_bytes() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap_or("0");
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap_or(0.0) * 1024.0
}

/// Milliseconds (and distances) by name from the peers; empty without them.
fn peers(layer: &LabelLayer) -> Result<HashMap<String, f64>, Failure> {
    if std::env::var_os("VOXAUDIT_BENCH_ALONE").is_some() {
        return Ok(HashMap::new());
    }
    let path = std::env::temp_dir().join(format!("voxaudit-bench-{}.raw", std::process::id()));
    std::fs::write(&path, layer.voxels.bytes())?;
    let found = ask(&path);
    std::fs::remove_file(&path)?;
    Ok(found)
}

fn ask(raw: &Path) -> HashMap<String, f64> {
    let python = std::env::var_os("VOXAUDIT_PYTHON").unwrap_or_else(|| "python3".into());
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/geometry_reference.py");
    let out = match std::process::Command::new(python).arg(script).arg(raw).output() {
        Ok(out) => out,
        Err(error) => {
            println!("no comparison: {error}");
            return HashMap::new();
        }
    };
    if !out.status.success() {
        println!("no comparison: {}", String::from_utf8_lossy(&out.stderr).lines().last().unwrap_or("python failed"));
    }
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    text.lines().filter_map(|l| l.rsplit_once('\t')).filter_map(|(k, v)| Some((k.to_owned(), v.parse().ok()?))).collect()
}
