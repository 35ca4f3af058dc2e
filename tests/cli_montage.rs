//! `voxaudit montage` against `voxaudit snapshot` on the phantom: the same pixels in each tile, the same bytes each time, one clear line
//! for what cannot be done.

#![allow(clippy::unwrap_used, reason = "a failed step of a test should stop it")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;
use voxaudit::formats::nifti::{LoadOptions, read_volume};
use voxaudit::gpu::offscreen::{Offscreen, RgbaImage};
use voxaudit::space::RasBox;

/// The demo's CT and masks, made once; `None` without a graphics adapter, unless one is required.
fn data() -> Option<&'static Path> {
    static MADE: OnceLock<Option<tempfile::TempDir>> = OnceLock::new();
    let made = MADE.get_or_init(|| {
        match Offscreen::new() {
            Ok(_) => {}
            Err(e) if std::env::var_os("VOXAUDIT_REQUIRE_GPU").is_some() => panic!("{e}"),
            Err(e) => {
                println!("skipped: {e}");
                return None;
            }
        }
        let dir = tempfile::tempdir().unwrap();
        voxaudit::generate::demo::write_data(dir.path(), &()).unwrap();
        Some(dir)
    });
    made.as_ref().map(tempfile::TempDir::path)
}

struct Run {
    data: &'static Path,
    dir: tempfile::TempDir,
}

impl Run {
    fn new() -> Option<Self> {
        Some(Self { data: data()?, dir: tempfile::tempdir().unwrap() })
    }

    /// A subcommand on the phantom; `out.png` lies in the run's folder.
    fn call(&self, subcommand: &str, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_voxaudit"));
        command.current_dir(self.dir.path()).env("VOXAUDIT_CONFIG_DIR", self.dir.path());
        command.arg(subcommand).arg("--ct").arg(self.data.join("images/phantom_a.nii.gz"));
        command.args(args).output().unwrap()
    }

    #[track_caller]
    fn image(&self, subcommand: &str, args: &[&str]) -> RgbaImage {
        let masks = self.masks();
        let all = [args, &["--labels", masks.to_str().unwrap(), "--out", "out.png"]].concat();
        let out = self.call(subcommand, &all);
        assert!(out.status.success(), "{all:?}: {}", String::from_utf8_lossy(&out.stderr));
        read_png(&self.dir.path().join("out.png"))
    }

    fn masks(&self) -> PathBuf {
        self.data.join("masks/phantom_a.nii.gz")
    }

    #[track_caller]
    fn refuses(&self, code: i32, args: &[&str], words: &[&str]) {
        let out = self.call("montage", &[args, &["--out", "out.png"]].concat());
        let text = String::from_utf8(out.stderr).unwrap();
        assert_eq!(out.status.code(), Some(code), "{args:?}: {text}");
        assert!(words.iter().all(|w| text.contains(w)) && !text.contains("panicked"), "{args:?}: {text}");
        let errors = text.lines().filter(|l| l.starts_with("voxaudit: ") && !l.starts_with("voxaudit: note:")).count();
        assert!(code == 2 || errors == 1, "one line: {text}");
        assert!(!self.dir.path().join("out.png").exists(), "nothing is written: {args:?}");
    }

    fn bounds(&self) -> RasBox {
        read_volume(&self.data.join("images/phantom_a.nii.gz"), &LoadOptions::default(), &()).unwrap().grid.bounds()
    }
}

fn read_png(path: &Path) -> RgbaImage {
    let mut reader = png::Decoder::new(std::io::BufReader::new(std::fs::File::open(path).unwrap())).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    assert_eq!(info.color_type, png::ColorType::Rgb);
    let pixels = pixels.as_chunks::<3>().0.iter().flat_map(|p| [p[0], p[1], p[2], 255]).collect();
    RgbaImage { width: info.width, height: info.height, pixels }
}

fn cut(image: &RgbaImage, [x, y]: [u32; 2], [width, height]: [u32; 2]) -> RgbaImage {
    let pixels = (0..height).flat_map(|dy| (0..width).flat_map(move |dx| image.at(x + dx, y + dy))).collect();
    RgbaImage { width, height, pixels }
}

fn at([r, a, s]: [f64; 3]) -> String {
    format!("{r},{a},{s}")
}

#[test]
fn every_tile_is_the_snapshot_of_its_slice() {
    let Some(run) = Run::new() else { return };
    let tile = [120, 90];
    let drawing = ["--window", "350/60", "--overlay", "outline", "--slab", "max", "--thickness", "8", "--invert"];
    let general = ["--plane", "axial", "--tile", "120x90", "--slices", "5", "--columns", "3"];
    let ends = ["--from", "20,-10,150", "--to", "-20,10,30", "--mm-per-pixel", "2.5"];
    let sheet = run.image("montage", &[&general[..], &ends, &drawing].concat());
    assert_eq!([sheet.width, sheet.height], [3 * 120 + 2 * 2, 2 * 90 + 2]);
    for k in 0..5 {
        let share = f64::from(k) / 4.0;
        let place = at([20.0 - 40.0 * share, -10.0 + 20.0 * share, 150.0 - 120.0 * share]);
        let one = ["--plane", "axial", "--at", &place, "--size", "120x90", "--mm-per-pixel", "2.5"];
        let snapshot = run.image("snapshot", &[&one[..], &drawing].concat());
        let corner = [(k % 3) as u32 * 122, (k / 3) as u32 * 92];
        assert!(cut(&sheet, corner, tile) == snapshot, "tile {k}");
        assert!(snapshot.pixels.as_chunks::<4>().0.iter().any(|p| p[0] != p[1]), "tile {k} has outlines");
    }
    assert!(cut(&sheet, [244, 92], tile).pixels.as_chunks::<4>().0.iter().all(|p| p[..3] == [0; 3]), "the gap is black");
}

#[test]
fn without_a_range_the_slices_divide_the_volume_and_a_structure_its_own_part() {
    let Some(run) = Run::new() else { return };
    let b = run.bounds();
    let middle = (b.min.0 + b.max.0) / 2.0;
    let sheet = run.image("montage", &["--plane", "coronal", "--slices", "4", "--tile", "64x64"]);
    assert_eq!([sheet.width, sheet.height], [130, 130], "2×2 without being told");
    for k in 0..4u32 {
        let a = b.max.0.y - (b.max.0.y - b.min.0.y) * (f64::from(k) + 0.5) / 4.0; // from the anterior end
        let place = at([middle.x, a, middle.z]);
        let snapshot = run.image("snapshot", &["--plane", "coronal", "--at", &place, "--size", "64x64"]);
        assert!(cut(&sheet, [(k % 2) * 66, (k / 2) * 66], [64, 64]) == snapshot, "tile {k} at {place}");
    }
    let spleen = run.image("montage", &["--plane", "axial", "--slices", "6", "--tile", "64x64", "--structure", "Spleen", "--columns", "6"]);
    for k in 0..6 {
        let tile = cut(&spleen, [k * 66, 0], [64, 64]);
        assert!(tile.pixels.as_chunks::<4>().0.iter().any(|p| p[0].abs_diff(p[1]) > 8), "tile {k} shows a structure");
    }
}

#[test]
fn slabs_and_inversion_change_a_snapshot_as_they_should() {
    let Some(run) = Run::new() else { return };
    let b = run.bounds();
    let place = at(((b.min.0 + b.max.0) / 2.0).to_array());
    let shot = |more: &[&str]| {
        run.image("snapshot", &[&["--plane", "axial", "--at", &place, "--size", "100x80", "--overlay", "none"], more].concat())
    };
    let slab = |mode: &str| shot(&["--slab", mode, "--thickness", "20"]);
    let (thin, [max, min, mean]) = (shot(&[]), ["max", "min", "mean"].map(slab));
    let bright = |i: &RgbaImage| i.pixels.as_chunks::<4>().0.iter().map(|p| u64::from(p[0])).sum::<u64>();
    assert!(bright(&min) < bright(&mean) && bright(&mean) < bright(&max) && bright(&min) < bright(&thin) && bright(&thin) < bright(&max));
    let inverted = shot(&["--invert"]);
    let sums: Vec<u16> = (30..70).map(|x| u16::from(inverted.at(x, 40)[0]) + u16::from(thin.at(x, 40)[0])).collect();
    assert!(sums.iter().all(|s| s.abs_diff(255) <= 1), "{sums:?}");
    for half in [&["--slab", "max"][..], &["--thickness", "5"], &["--slab", "max", "--thickness", "0"]] {
        let out = run.call("snapshot", &[&["--plane", "axial", "--at", "0,0,0", "--out", "out.png"], half].concat());
        assert_eq!(out.status.code(), Some(2), "{half:?}");
    }
}

#[test]
fn a_caption_adds_a_strip_and_annotations_mark_each_tile() {
    let Some(run) = Run::new() else { return };
    let general = ["--plane", "sagittal", "--slices", "3", "--tile", "160x160", "--columns", "3"];
    let plain = run.image("montage", &general);
    let captioned = run.image("montage", &[&general[..], &["--caption"]].concat());
    assert_eq!(captioned.width, plain.width);
    assert!(captioned.height > plain.height + 20 && captioned.pixels[..plain.pixels.len()] == plain.pixels[..]);
    let strip = cut(&captioned, [0, plain.height], [plain.width, captioned.height - plain.height]);
    assert!(strip.pixels.as_chunks::<4>().0.iter().any(|p| p[0].abs_diff(p[1]) > 60), "structures with their colours");
    let marked = run.image("montage", &[&general[..], &["--annotations"]].concat());
    assert_eq!([marked.width, marked.height], [plain.width, plain.height]);
    for k in 0..3 {
        let corner = |i: &RgbaImage| cut(i, [k * 162, 0], [70, 24]);
        assert!(corner(&marked) != corner(&plain), "tile {k} bears its position");
    }
}

#[test]
fn the_same_call_gives_the_same_bytes_without_names_in_them() {
    let Some(run) = Run::new() else { return };
    let bytes = || {
        run.image("montage", &["--plane", "axial", "--slices", "2", "--tile", "90x90", "--annotations", "--caption"]);
        std::fs::read(run.dir.path().join("out.png")).unwrap()
    };
    let first = bytes();
    assert!(first == bytes());
    let mut chunks = Vec::new();
    let mut at = 8;
    while at + 8 <= first.len() {
        let length = u32::from_be_bytes(first[at..at + 4].try_into().unwrap()) as usize;
        chunks.push(String::from_utf8(first[at + 4..at + 8].to_vec()).unwrap());
        at += 12 + length;
    }
    chunks.dedup();
    assert_eq!(chunks.iter().filter(|c| !["gAMA", "cHRM"].contains(&c.as_str())).collect::<Vec<_>>(), ["IHDR", "sRGB", "IDAT", "IEND"]);
}

#[test]
fn what_cannot_be_done_is_said_in_one_line() {
    let Some(run) = Run::new() else { return };
    let masks = run.masks();
    let masks = masks.to_str().unwrap();
    let base = |more: &[&'static str]| [&["--plane", "axial"][..], more].concat();
    run.refuses(2, &base(&["--slices", "0"]), &["'0' is not a number of slices from 1 to 1000"]);
    run.refuses(2, &base(&["--slices", "2", "--range", "9"]), &["MM..MM"]);
    run.refuses(2, &base(&["--slices", "2", "--from", "0,0,0"]), &["--to"]);
    run.refuses(2, &base(&["--slices", "2", "--structure", "liver"]), &["--labels"]);
    run.refuses(2, &base(&["--slices", "2", "--range", "1..9", "--from", "0,0,0", "--to", "0,0,9"]), &["cannot be used with"]);
    run.refuses(1, &base(&["--slices", "400", "--tile", "4000x4000"]), &["80038×80038", "smaller tiles"]);
    run.refuses(1, &base(&["--slices", "1", "--tile", "4000000000x4000000000"]), &["4000000000"]);
    run.refuses(1, &base(&["--slices", "3", "--range", "900..1000"]), &["outside the volume, which spans R"]);
    run.refuses(1, &base(&["--slices", "3", "--from", "0,0,5", "--to", "9,9,5"]), &["the same axial slice"]);
    run.refuses(
        1,
        &[&base(&["--slices", "3", "--structure", "gizzard"])[..], &["--labels", masks]].concat(),
        &["no structure 'gizzard'", "phantom_a"],
    );
    std::fs::write(run.dir.path().join("kept.txt"), "words").unwrap();
    let out = run.call("montage", &["--plane", "axial", "--slices", "2", "--out", "kept.txt"]);
    assert!(!out.status.success() && std::fs::read(run.dir.path().join("kept.txt")).unwrap() == b"words");
    let partly = run.call("montage", &["--plane", "axial", "--slices", "3", "--range", "0..2000", "--tile", "32x32", "--out", "out.png"]);
    assert!(partly.status.success() && String::from_utf8_lossy(&partly.stderr).contains("2 of 3 slices lie outside"));
}
