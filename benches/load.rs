//! Loading a CT of usual size against nibabel and SimpleITK: `cargo bench --bench load`.
//!
//! Makes a 512×512×600 int16 phantom with noise (gzip level 6, packed to about 1/1.6 as real CT) in a temporary folder, then times each
//! reader in fresh processes and prints medians and ratios. Modes: `--once FILE` reads one file and prints seconds (for
//! `/usr/bin/time -v`), `--keep FILE` makes the phantom at a place of your choice.

use std::path::Path;
use std::process::Command;
use std::time::Instant;
use voxaudit::formats::nifti::{LoadOptions, NiftiImage, Values, read_volume, write};
use voxaudit::space::Affine;

const SIZE: [usize; 3] = [512, 512, 600];
const RUNS: usize = 5;
const MIB: f64 = 1024.0 * 1024.0;

const NIBABEL: &str = "
import sys, time, nibabel, numpy
start = time.perf_counter()
numpy.asanyarray(nibabel.load(sys.argv[1]).dataobj)
print(time.perf_counter() - start)
";
const SIMPLE_ITK: &str = "
import sys, time, SimpleITK
start = time.perf_counter()
SimpleITK.ReadImage(sys.argv[1])
print(time.perf_counter() - start)
";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--once", file] => once(Path::new(file)),
        ["--nifti-crate", file] => nifti_crate(Path::new(file)),
        ["--keep", file] => phantom(Path::new(file)),
        _ => compare(),
    }
}

fn once(file: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let start = Instant::now();
    let volume = read_volume(file, &LoadOptions::default(), &())?;
    println!("{}", start.elapsed().as_secs_f64());
    assert!(!volume.grid.is_empty());
    Ok(())
}

fn nifti_crate(file: &Path) -> Result<(), Box<dyn std::error::Error>> {
    use nifti::{NiftiObject, ReaderOptions};
    let start = Instant::now();
    let object = ReaderOptions::new().read_file(file)?;
    std::hint::black_box(object.volume());
    println!("{}", start.elapsed().as_secs_f64());
    Ok(())
}

/// A body with a few organs and the noise of a scanner: 512×512×600 HU.
fn phantom(file: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let [nx, ny, nz] = SIZE;
    let mut values = vec![0i16; nx * ny * nz];
    let mut seed = 0x9e37_79b9_7f4a_7c15u64;
    for (n, value) in values.iter_mut().enumerate() {
        let [x, y, z] = [n % nx, n / nx % ny, n / (nx * ny)].map(|v| v as f64);
        let body = ((x - 256.0) / 200.0).powi(2) + ((y - 256.0) / 150.0).powi(2);
        let lung = ((x - 170.0) / 60.0).powi(2) + ((y - 250.0) / 80.0).powi(2) + ((z - 350.0) / 200.0).powi(2);
        let base = if body > 1.0 {
            -1000.0
        } else if lung < 1.0 {
            -850.0
        } else {
            40.0 + 20.0 * (z / 40.0).sin()
        };
        // Sum of four uniform numbers, sigma 0.58 × width: stronger than a scanner's noise, so that gzip finds as little as in real CT.
        let noise: f64 = (0..4).map(|_| next(&mut seed) - 0.5).sum();
        *value = (base + noise * if body > 1.0 { 300.0 } else { 900.0 }).max(-1024.0) as i16;
    }
    let affine = Affine::from_rows([[-0.75, 0.0, 0.0, 192.0], [0.0, -0.75, 0.0, 192.0], [0.0, 0.0, 1.0, -300.0]])?;
    write(file, &NiftiImage::new(SIZE, affine, Values::I16(&values)))?;
    let packed = std::fs::metadata(file)?.len() as f64;
    println!("{} MiB packed to {:.0} MiB (ratio {:.2})", (values.len() * 2) >> 20, packed / MIB, values.len() as f64 * 2.0 / packed);
    Ok(())
}

/// splitmix64, 0…1.
fn next(seed: &mut u64) -> f64 {
    *seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *seed;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
}

fn compare() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("phantom.nii.gz");
    phantom(&file)?;
    let me = std::env::current_exe()?;
    let path = file.to_string_lossy().into_owned();
    let me = me.to_string_lossy().into_owned();
    let readers: [(&str, Vec<&str>); 4] = [
        ("voxaudit", vec![&me, "--once", &path]),
        ("nifti 0.18", vec![&me, "--nifti-crate", &path]),
        ("nibabel", vec!["python3", "-c", NIBABEL, &path]),
        ("SimpleITK", vec!["python3", "-c", SIMPLE_ITK, &path]),
    ];
    let mut seconds = vec![Vec::new(); readers.len()];
    for _ in 0..RUNS {
        for (reader, times) in readers.iter().zip(&mut seconds) {
            times.extend(run(&reader.1)); // in turns, so that a busy moment hits all of them
        }
    }
    report(&readers.map(|r| r.0), &mut seconds);
    peak_memory(&me, &path);
    Ok(())
}

/// Seconds that a reader prints; `None` when it is not installed.
fn run(command: &[&str]) -> Option<f64> {
    let output = Command::new(command[0]).args(&command[1..]).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

fn report(names: &[&str], seconds: &mut [Vec<f64>]) {
    seconds.iter_mut().for_each(|times| times.sort_by(f64::total_cmp));
    // The fastest run says what the code needs, the median what a machine with other work gives.
    let figures = |times: &[f64]| Some((*times.first()?, *times.get(times.len() / 2)?));
    let Some(ours) = figures(&seconds[0]) else { return println!("voxaudit did not run") };
    for (name, times) in names.iter().zip(seconds.iter()) {
        match figures(times) {
            Some((fastest, median)) => println!(
                "{name:<10} median {median:.3} s ({:.2} × ours), fastest {fastest:.3} s ({:.2} × ours)",
                median / ours.1,
                fastest / ours.0
            ),
            None => println!("{name:<10} is not installed"),
        }
    }
}

fn peak_memory(me: &str, path: &str) {
    let Ok(output) = Command::new("/usr/bin/time").args(["-v", me, "--once", path]).output() else {
        return println!("peak memory: /usr/bin/time is not installed");
    };
    let text = String::from_utf8_lossy(&output.stderr);
    let peak = text.lines().find_map(|l| l.trim().strip_prefix("Maximum resident set size (kbytes): ")?.parse::<f64>().ok());
    let data = (SIZE.iter().product::<usize>() * 2) as f64 / MIB;
    if let Some(peak) = peak.map(|kib| kib / 1024.0) {
        println!("peak memory {peak:.0} MiB for {data:.0} MiB of voxels (limit {:.0} MiB)", data * 1.25 + 100.0);
    }
}
