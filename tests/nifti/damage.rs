//! Files that are cut short, lie about themselves or try to eat the machine.

use super::help::{load, refusal, small, straight, values};
use proptest::prelude::*;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use voxaudit::formats::Watch;
use voxaudit::formats::nifti::{LoadOptions, NiftiError, NiftiImage, Values, WriteOptions, read_label_layer, read_volume, write};

fn gzip(data: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
    out.write_all(data).unwrap();
    out.finish().unwrap()
}

/// Bytes of the plain 4×3×2 i16 sample: 352 of header, 48 of voxels.
fn sample(dir: &Path) -> Vec<u8> {
    std::fs::read(small(dir, "sample.nii", WriteOptions::default())).unwrap()
}

fn put(dir: &Path, name: &str, data: &[u8]) -> PathBuf {
    let path = dir.join(name);
    std::fs::write(&path, data).unwrap();
    path
}

fn check_refused(data: &[u8], expected: &str) {
    let dir = tempfile::tempdir().unwrap();
    let message = refusal(&put(dir.path(), "x.nii.gz", data));
    assert!(message.contains(expected) && message.contains("x.nii.gz"), "wanted '{expected}' in: {message}");
}

fn patched(at: usize, bytes: &[u8]) -> Vec<u8> {
    let mut data = sample(tempfile::tempdir().unwrap().path());
    data[at..at + bytes.len()].copy_from_slice(bytes);
    data
}

#[test]
fn what_is_no_file_is_said_plainly() {
    let dir = tempfile::tempdir().unwrap();
    assert!(refusal(dir.path()).contains("folder"));
    assert!(refusal(&dir.path().join("none.nii")).contains("none.nii"));
    check_refused(b"", "empty");
    check_refused(b"\x5c\x01", "ends after 2 bytes");
    check_refused(b"hello, this is text and not a volume", "not NIfTI");
    check_refused(&patched(0, &sample(dir.path())[..4])[..200], "ends after 200 bytes");
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_be_read_is_said_plainly() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let path = small(dir.path(), "a.nii", WriteOptions::default());
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o000)).unwrap();
    match load(&path) {
        Ok(_) => println!("skipped: running as a user who may read everything"),
        Err(e) => assert!(e.to_string().contains("a.nii"), "{e}"),
    }
}

#[test]
fn declared_sizes_are_held_against_the_file_and_the_budget() {
    let huge: Vec<u8> = [30_000i16; 3].iter().flat_map(|n| n.to_le_bytes()).collect();
    check_refused(&patched(42, &huge), "can hold at most");
    check_refused(&gzip(&patched(42, &huge)), "can hold at most");
    let beyond: Vec<u8> = [7i16, 32767, 32767, 32767, 32767, 32767, 32767, 32767].iter().flat_map(|n| n.to_le_bytes()).collect();
    check_refused(&patched(40, &beyond), "larger than any computer");
    let dir = tempfile::tempdir().unwrap();
    let path = small(dir.path(), "a.nii.gz", WriteOptions::default());
    let tight = LoadOptions { memory_budget: 47, ..LoadOptions::default() };
    let message = read_volume(&path, &tight, &()).unwrap_err().to_string();
    assert!(message.contains("48 bytes") && message.contains("limit is 47 bytes"), "{message}");
    assert!(read_label_layer(&path, &tight, &()).unwrap_err().to_string().contains("limit is 47"));
    assert!(read_volume(&path, &LoadOptions { memory_budget: 48, ..tight }, &()).is_ok());
}

#[test]
fn a_gzip_bomb_behind_a_small_header_is_refused() {
    let mut data = sample(tempfile::tempdir().unwrap().path());
    data.resize(64 << 20, 0);
    check_refused(&gzip(&data), "gzip bomb");
}

#[test]
fn cut_short_anywhere_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let plain = sample(dir.path());
    let packed = gzip(&plain);
    for keep in 1..plain.len() {
        let path = put(dir.path(), "cut.nii", &plain[..keep]);
        refusal(&path);
    }
    for keep in 1..packed.len() {
        let path = put(dir.path(), "cut.nii.gz", &packed[..keep]);
        refusal(&path);
    }
    check_refused(&packed[..packed.len() - 8], "ends before its end marker");
    check_refused(&packed[..packed.len() - 3], "ends before its end marker");
}

#[test]
fn wrong_checksums_lengths_and_bits_are_found() {
    let good = gzip(&sample(tempfile::tempdir().unwrap().path()));
    let flip = |at: usize| {
        let mut bad = good.clone();
        bad[at] ^= 0x40;
        bad
    };
    check_refused(&flip(good.len() - 8), "checksum");
    check_refused(&flip(good.len() - 1), "gzip length");
    check_refused(&flip(2), "gzip stream is damaged");
    let dir = tempfile::tempdir().unwrap();
    for at in 12..good.len() {
        // A bit of the code tables that no voxel uses may flip without changing a voxel; anything else has to be found.
        if let Ok(v) = load(&put(dir.path(), "f.nii.gz", &flip(at))) {
            assert_eq!(values(&v), (0..24).map(f64::from).collect::<Vec<_>>(), "byte {at}");
        }
    }
}

#[test]
fn several_members_padding_and_trailing_garbage() {
    let dir = tempfile::tempdir().unwrap();
    let plain = sample(dir.path());
    let members = [gzip(&plain[..100]), gzip(&plain[100..360]), gzip(b""), gzip(&plain[360..])].concat();
    let whole = load(&put(dir.path(), "m.nii.gz", &members)).unwrap();
    assert_eq!(values(&whole)[23], 23.0);
    assert!(whole.warnings.is_empty());
    let padded = load(&put(dir.path(), "p.nii.gz", &[gzip(&plain), vec![0; 512]].concat())).unwrap();
    assert!(padded.warnings.is_empty());
    let garbage = load(&put(dir.path(), "g.nii.gz", &[gzip(&plain), b"garbage".to_vec()].concat())).unwrap();
    assert!(garbage.warnings[0].contains("7 bytes after the end of the gzip"), "{:?}", garbage.warnings);
    let longer = load(&put(dir.path(), "l.nii.gz", &gzip(&[&plain[..], &[1; 100]].concat()))).unwrap();
    assert!(longer.warnings[0].contains("100 bytes after"), "{:?}", longer.warnings);
    let longer = load(&put(dir.path(), "l.nii", &[&plain[..], &[1; 100]].concat())).unwrap();
    assert!(longer.warnings[0].contains("100 bytes after"), "{:?}", longer.warnings);
    let bad_second = [gzip(&plain), gzip(&[0; 50])[..20].to_vec()].concat();
    check_refused(&bad_second, "gzip");
}

#[test]
fn optional_gzip_header_fields_are_skipped() {
    let dir = tempfile::tempdir().unwrap();
    let mut out = flate2::GzBuilder::new()
        .filename("scan.nii")
        .comment("a comment")
        .extra(vec![7; 300])
        .write(Vec::new(), flate2::Compression::default());
    out.write_all(&sample(dir.path())).unwrap();
    let path = put(dir.path(), "h.nii.gz", &out.finish().unwrap());
    assert_eq!(values(&load(&path).unwrap())[23], 23.0);
}

#[test]
fn affines_that_cannot_be_used_are_named() {
    check_refused(&patched(280, &f32::NAN.to_le_bytes()), "sform cannot be used");
    check_refused(&patched(280, &[0; 48]), "singular");
    let mut no_sform = patched(254, &0i16.to_le_bytes());
    no_sform[256..260].copy_from_slice(&3f32.to_le_bytes());
    check_refused(&no_sform, "qform cannot be used");
    no_sform[256..260].copy_from_slice(&f32::NAN.to_le_bytes());
    check_refused(&no_sform, "qform cannot be used");
    let broken_qform_only = patched(256, &3f32.to_le_bytes());
    let dir = tempfile::tempdir().unwrap();
    let v = load(&put(dir.path(), "q.nii", &broken_qform_only)).unwrap();
    assert!(v.warnings[0].contains("the sform is used"), "{:?}", v.warnings);
}

#[test]
fn a_quaternion_slightly_over_unit_and_qfac_0_open() {
    let dir = tempfile::tempdir().unwrap();
    let mut data = patched(254, &0i16.to_le_bytes());
    data[76..80].copy_from_slice(&0f32.to_le_bytes());
    for (n, v) in [0f32, 0.0, 1.000_2].iter().enumerate() {
        data[256 + 4 * n..260 + 4 * n].copy_from_slice(&v.to_le_bytes());
    }
    let v = load(&put(dir.path(), "q.nii", &data)).unwrap();
    assert_eq!(v.grid.affine.axis_codes(), "LPS");
    assert!((v.grid.affine.voxel_volume_mm3() - 2.0).abs() < 1e-6);
    assert!(v.warnings.iter().any(|w| w.contains("quaternion")), "{:?}", v.warnings);
}

#[test]
fn damaged_extensions_do_not_stop_the_voxels() {
    let dir = tempfile::tempdir().unwrap();
    let path = small(dir.path(), "e.nii", WriteOptions { extension: Some("x".repeat(100)), ..WriteOptions::default() });
    let mut data = std::fs::read(path).unwrap();
    for size in [-1i32, 7, i32::MAX, i32::MIN] {
        data[352..356].copy_from_slice(&size.to_le_bytes());
        let v = load(&put(dir.path(), "e2.nii", &data)).unwrap();
        assert_eq!(values(&v)[23], 23.0);
        assert!(v.warnings[0].contains("extension is damaged"), "{size}: {:?}", v.warnings);
    }
}

/// Cancels after some looks.
struct Impatient(AtomicU64);

impl Watch for Impatient {
    fn advance(&self, done: u64, total: u64) {
        assert!(done <= total);
    }
    fn cancelled(&self) -> bool {
        self.0.fetch_add(1, Ordering::Relaxed) >= 2
    }
}

#[test]
fn reading_stops_when_cancelled() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("c.nii.gz");
    let data = vec![1i16; 200 * 200 * 100];
    write(&path, &NiftiImage::new([200, 200, 100], straight(), Values::I16(&data))).unwrap();
    assert!(matches!(read_volume(&path, &LoadOptions::default(), &Impatient(AtomicU64::new(0))), Err(NiftiError::Cancelled)));
    let labels = read_label_layer(&path, &LoadOptions::default(), &Impatient(AtomicU64::new(0)));
    assert!(matches!(labels, Err(NiftiError::Cancelled)));
}

#[test]
fn writing_refuses_what_does_not_fit() {
    let dir = tempfile::tempdir().unwrap();
    let wrong = NiftiImage::new([2, 2, 2], straight(), Values::U8(&[0; 7]));
    assert!(write(&dir.path().join("a.nii"), &wrong).unwrap_err().to_string().contains("a.nii"));
    let long = vec![0u8; 40_000];
    let long = NiftiImage::new([40_000, 1, 1], straight(), Values::U8(&long));
    assert!(write(&dir.path().join("b.nii"), &long).unwrap_err().to_string().contains("40000"));
    assert!(write(&dir.path().join("no/such/folder.nii"), &wrong).is_err());
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "nothing half-written is left");
}

/// Any outcome but a panic is fine; what opens has as many voxels as it says, within the budget.
fn survives(data: &[u8]) {
    let dir = tempfile::tempdir().unwrap();
    let path = put(dir.path(), "f.nii", data);
    let opts = LoadOptions { memory_budget: 1 << 20, frame: Some(0) };
    if let Ok(v) = read_volume(&path, &opts, &()) {
        assert!(v.bytes() <= 1 << 20 && v.bytes() >= v.grid.len() * 2);
    }
    let _ = read_label_layer(&path, &opts, &());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_never_panic(mut data in proptest::collection::vec(any::<u8>(), 0..900), lead in 0..5usize) {
        let leads: [&[u8]; 5] = [b"", &348i32.to_le_bytes(), &540i32.to_be_bytes(), &[0x1f, 0x8b, 8, 0], &348i32.to_be_bytes()];
        let n = leads[lead].len().min(data.len());
        data[..n].copy_from_slice(&leads[lead][..n]);
        survives(&data);
    }

    #[test]
    fn mutated_headers_never_panic(
        changes in proptest::collection::vec((4..400usize, any::<u8>()), 1..12),
        version in 0..2usize, big_endian: bool, packed: bool,
    ) {
        let dir = tempfile::tempdir().unwrap();
        let version = [voxaudit::formats::nifti::Version::One, voxaudit::formats::nifti::Version::Two][version];
        let options = WriteOptions { version, big_endian, extension: Some("<a/>".into()), ..WriteOptions::default() };
        let mut data = std::fs::read(small(dir.path(), "m.nii", options)).unwrap();
        let magic = if version == voxaudit::formats::nifti::Version::One { 344..348 } else { 4..12 };
        for (at, byte) in changes {
            if !magic.contains(&at) {
                data[at] = byte;
            }
        }
        survives(&if packed { gzip(&data) } else { data });
    }
}
