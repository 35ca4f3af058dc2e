//! How many cases of a project are measured per second by one core and by all: N cores should do N times as much, less 10 %.
//!
//! `cargo bench --bench project` makes label maps of the phantom in a temporary folder (200 small ones of 192×192×150 and 60 large
//! ones of 512×512×300, no two files the same, about 200 MB), measures each project three times on one thread and on all in turn, without the cache, and prints medians
//! and their ratio. `VOXAUDIT_BENCH_CASES=N` takes N hundred small ones; `-- small` or `-- large` leaves the others out. Nothing else should run meanwhile.

use std::path::{Path, PathBuf};
use std::time::Instant;
use voxaudit::formats::nifti::{NiftiImage, Values, WriteOptions, write};
use voxaudit::generate::phantom::{Phantom, phantom_a};
use voxaudit::project::Project;
use voxaudit::project::import::{ImportRequest, import};
use voxaudit::project::measure::{MeasureRequest, PairNames};
use voxaudit::space::{Affine, Grid, Voxel};

type Failure = Box<dyn std::error::Error>;

const ROUNDS: usize = 3;

fn main() {
    if let Err(error) = run() {
        eprintln!("project bench: {error}");
        std::process::exit(1);
    }
}

fn run() -> Result<(), Failure> {
    let hundreds = std::env::var("VOXAUDIT_BENCH_CASES").ok().and_then(|n| n.parse::<usize>().ok()).unwrap_or(2);
    let dir = tempfile::tempdir()?;
    let wanted: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    let sizes = [("small", [192, 192, 150], hundreds * 100), ("large", [512, 512, 300], 60)];
    for (name, size, cases) in sizes.into_iter().filter(|(name, ..)| wanted.is_empty() || wanted.iter().any(|w| w == name)) {
        let project = make(&dir.path().join(name), size, cases)?;
        compare(&format!("{cases} cases of {size:?}"), &project, &MeasureRequest::default())?;
        let pairs = MeasureRequest { pairs: PairNames::All, surfaces: false };
        compare(&format!("{cases} cases of {size:?}, gaps of all pairs"), &project, &pairs)?;
    }
    Ok(())
}

/// One thread and all of them in turn, so that a machine that slows down slows both.
fn compare(what: &str, project: &Path, request: &MeasureRequest) -> Result<(), Failure> {
    let cores = rayon::current_num_threads();
    let mut rates = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        for (rates, threads) in rates.iter_mut().zip([1, cores]) {
            rates.push(rate(project, request, threads)?);
        }
    }
    let [one, all] = rates.map(|mut r| {
        r.sort_by(f64::total_cmp);
        r[r.len() / 2]
    });
    println!("{what}: {one:.2} cases/s on one core, {all:.2} on {cores}, ratio {:.2} (goal {:.2})", all / one, cores as f64 * 0.9);
    Ok(())
}

/// Cases per second.
fn rate(project: &Path, request: &MeasureRequest, threads: usize) -> Result<f64, Failure> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
    let start = Instant::now();
    let measure = || Project::open_read_only(project)?.measure(request, None, None, &());
    let outcomes = pool.install(|| measure().map_err(|e| e.to_string()))?;
    let seconds = start.elapsed().as_secs_f64();
    for outcome in &outcomes {
        if let Err(error) = &outcome.result {
            return Err(format!("{}: {error}", outcome.case.0).into());
        }
    }
    Ok(outcomes.len() as f64 / seconds)
}

/// A project with so many label maps.
fn make(dir: &Path, size: [usize; 3], cases: usize) -> Result<PathBuf, Failure> {
    let masks = dir.join("masks");
    std::fs::create_dir_all(&masks)?;
    let phantom = on_grid(phantom_a()?, size)?;
    let (grid, mut voxels) = (phantom.mask_grid, phantom.render_label_map());
    let items: Vec<String> =
        (0..cases).map(|n| format!("\"case_{n:04}\": {{\"qa_pairs\": [{{\"question\": \"q\", \"answer\": \"a\"}}]}}")).collect();
    let qa = dir.join("qa.json");
    std::fs::write(&qa, format!("{{{}}}", items.join(",")))?;
    for n in 0..cases {
        hollow(&mut voxels, &grid, n);
        let image = NiftiImage::new(size, grid.affine, Values::U8(&voxels)).with(WriteOptions { gzip_level: 1, ..WriteOptions::default() });
        write(&masks.join(format!("case_{n:04}.nii.gz")), &image)?;
    }
    let path = dir.join("bench.voxaudit");
    let mut project = Project::create(&path)?;
    let report = import(&mut project, &ImportRequest { qa: vec![qa], masks: vec![masks], ..ImportRequest::default() }, &())?;
    if !report.imported {
        return Err(format!("{:?}", report.unmatched).into());
    }
    Ok(path)
}

/// The phantom's masks on another grid over the same space.
fn on_grid(phantom: Phantom, size: [usize; 3]) -> Result<Phantom, Failure> {
    let old = phantom.mask_grid;
    let origin = old.affine.to_ras(Voxel::new(0.0, 0.0, 0.0)).0;
    let mut rows = [[0.0; 4]; 3];
    for axis in 0..3 {
        let mut last = [0.0; 3];
        last[axis] = (old.size[axis] - 1) as f64;
        let step = (old.affine.to_ras(Voxel::new(last[0], last[1], last[2])).0 - origin) / (size[axis] - 1) as f64;
        for (row, value) in rows.iter_mut().zip(step.to_array()) {
            row[axis] = value;
        }
    }
    for (row, value) in rows.iter_mut().zip(origin.to_array()) {
        row[3] = value;
    }
    Ok(Phantom { mask_grid: Grid { size, affine: Affine::from_rows(rows)? }, ..phantom })
}

/// Takes one more voxel away, so that no two files have the same bytes.
fn hollow(voxels: &mut [u8], grid: &Grid, n: usize) {
    let [ni, nj, nk] = grid.size;
    let at = grid.offset([ni / 2, nj / 2, nk / 2]);
    if let Some(voxel) = voxels[at..].iter_mut().filter(|v| **v != 0).nth(n * 31) {
        *voxel = 0;
    }
}
