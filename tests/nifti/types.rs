//! Every type, byte order, version, container and scaling reads back as written.

use super::help::{load, oblique, refusal, small, straight, values};
use proptest::prelude::*;
use voxaudit::formats::nifti::{LoadOptions, NiftiImage, Values, Version, WriteOptions, read_volume, write};
use voxaudit::space::{Affine, Voxel};
use voxaudit::volume::Voxels;

fn check_type(values_of: &Values<'_>, expected: &[f64], kept_as_i16: bool) {
    let dir = tempfile::tempdir().unwrap();
    for version in [Version::One, Version::Two] {
        for big_endian in [false, true] {
            for name in ["a.nii", "a.nii.gz", "a.hdr"] {
                let options = WriteOptions { version, big_endian, ..WriteOptions::default() };
                let path = dir.path().join(name);
                write(&path, &NiftiImage::new([3, 2, 1], oblique(), *values_of).with(options)).unwrap();
                let v = load(&path).unwrap();
                let what = format!("{:?} {version:?} big_endian {big_endian} {name}", values_of.data_type());
                assert_eq!(values(&v), expected, "{what}");
                assert_eq!(matches!(v.voxels, Voxels::I16(_)), kept_as_i16, "{what}");
                for corner in [[0.0; 3], [2.0, 1.0, 0.0]] {
                    let at = Voxel::new(corner[0], corner[1], corner[2]);
                    assert!((v.grid.affine.to_ras(at).0 - oblique().to_ras(at).0).length() < 1e-4, "{what}");
                }
            }
        }
    }
}

#[test]
fn every_type_reads_back() {
    check_type(&Values::U8(&[0, 1, 2, 3, 4, 255]), &[0.0, 1.0, 2.0, 3.0, 4.0, 255.0], true);
    check_type(&Values::I8(&[0, 1, 2, 3, -128, 127]), &[0.0, 1.0, 2.0, 3.0, -128.0, 127.0], true);
    check_type(&Values::I16(&[0, 1, 2, 3, -32768, 32767]), &[0.0, 1.0, 2.0, 3.0, -32768.0, 32767.0], true);
    check_type(&Values::U16(&[0, 1, 2, 3, 4, 32767]), &[0.0, 1.0, 2.0, 3.0, 4.0, 32767.0], true);
    check_type(&Values::U16(&[0, 1, 2, 3, 4, 65535]), &[0.0, 1.0, 2.0, 3.0, 4.0, 65535.0], false);
    check_type(&Values::I32(&[0, 1, 2, 3, -1024, 3071]), &[0.0, 1.0, 2.0, 3.0, -1024.0, 3071.0], true);
    check_type(&Values::I32(&[0, 1, 2, 3, -40000, 3071]), &[0.0, 1.0, 2.0, 3.0, -40000.0, 3071.0], false);
    check_type(&Values::U32(&[0, 1, 2, 3, 4, 70000]), &[0.0, 1.0, 2.0, 3.0, 4.0, 70000.0], false);
    check_type(&Values::I64(&[0, 1, 2, 3, -5, 6]), &[0.0, 1.0, 2.0, 3.0, -5.0, 6.0], true);
    check_type(&Values::U64(&[0, 1, 2, 3, 5, 6]), &[0.0, 1.0, 2.0, 3.0, 5.0, 6.0], true);
    check_type(&Values::F32(&[0.0, 1.5, -2.25, 3.0, 5.0, 6.0]), &[0.0, 1.5, -2.25, 3.0, 5.0, 6.0], false);
    check_type(&Values::F64(&[0.0, 1.5, -2.25, 3.0, 5.0, 6.0]), &[0.0, 1.5, -2.25, 3.0, 5.0, 6.0], false);
    check_type(&Values::F64(&[0.0, 1.0, -2.0, 3.0, 5.0, 6.0]), &[0.0, 1.0, -2.0, 3.0, 5.0, 6.0], true);
}

#[test]
fn content_decides_what_is_gzip_not_the_name() {
    let dir = tempfile::tempdir().unwrap();
    let gz = small(dir.path(), "a.nii.gz", WriteOptions::default());
    let plain = small(dir.path(), "a.nii", WriteOptions::default());
    let (packed, unpacked) = (std::fs::read(&gz).unwrap(), std::fs::read(&plain).unwrap());
    assert!(packed.starts_with(&[0x1f, 0x8b]));
    std::fs::write(dir.path().join("b.nii"), packed).unwrap();
    std::fs::write(dir.path().join("b.nii.gz"), unpacked).unwrap();
    for name in ["b.nii", "b.nii.gz"] {
        assert_eq!(values(&load(&dir.path().join(name)).unwrap())[23], 23.0);
    }
}

#[test]
fn pairs_open_from_either_half_and_packed() {
    let dir = tempfile::tempdir().unwrap();
    let hdr = small(dir.path(), "p.hdr", WriteOptions::default());
    assert_eq!(values(&load(&dir.path().join("p.img")).unwrap())[23], 23.0);
    let gz = small(dir.path(), "q.nii.gz", WriteOptions::default());
    assert!(gz.exists());
    let img = std::fs::read(dir.path().join("p.img")).unwrap();
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut packer, &img).unwrap();
    std::fs::write(dir.path().join("p.img.gz"), packer.finish().unwrap()).unwrap();
    std::fs::remove_file(dir.path().join("p.img")).unwrap();
    assert_eq!(values(&load(&hdr).unwrap())[23], 23.0);
    assert_eq!(values(&load(&dir.path().join("p.img.gz")).unwrap())[23], 23.0);
    std::fs::remove_file(dir.path().join("p.img.gz")).unwrap();
    assert!(refusal(&hdr).contains("p.img"));
}

#[test]
fn padding_before_the_voxels_is_skipped() {
    let dir = tempfile::tempdir().unwrap();
    for (name, padding) in [("a.nii", 5), ("a.nii.gz", 100_000), ("b.nii", 2_000_000)] {
        let path = small(dir.path(), name, WriteOptions { padding, extension: Some("<x/>".into()), ..WriteOptions::default() });
        assert_eq!(values(&load(&path).unwrap())[23], 23.0);
    }
}

#[test]
fn slope_and_intercept_apply() {
    let dir = tempfile::tempdir().unwrap();
    let scaled = |slope: f64, intercept: f64| {
        let path = small(dir.path(), "s.nii", WriteOptions { slope, intercept, ..WriteOptions::default() });
        let v = load(&path).unwrap();
        (values(&v)[2], matches!(v.voxels, Voxels::I16(_)))
    };
    assert_eq!(scaled(1.0, -1024.0), (-1022.0, true));
    assert_eq!(scaled(0.5, 0.0), (1.0, false));
    assert_eq!(scaled(2.0, f64::NAN), (4.0, true));
    assert_eq!(scaled(0.0, 0.0), (2.0, true));
    assert_eq!(scaled(f64::NAN, f64::NAN), (2.0, true));
}

#[test]
fn a_4d_file_asks_for_a_frame_and_gives_it() {
    let dir = tempfile::tempdir().unwrap();
    let data: Vec<i16> = (0..24).collect();
    for name in ["t.nii", "t.nii.gz"] {
        let path = dir.path().join(name);
        let mut image = NiftiImage::new([2, 3, 1], straight(), Values::I16(&data));
        image.dims = vec![2, 3, 1, 4];
        write(&path, &image).unwrap();
        let message = refusal(&path);
        assert!(message.contains("4 volumes") && message.contains("2×3×1×4") && message.contains("0 to 3"), "{message}");
        for frame in 0..4 {
            let opts = LoadOptions { frame: Some(frame), ..LoadOptions::default() };
            let v = read_volume(&path, &opts, &()).unwrap();
            assert_eq!(values(&v)[0], frame as f64 * 6.0);
            assert!(v.warnings.is_empty(), "{:?}", v.warnings);
        }
        let opts = LoadOptions { frame: Some(4), ..LoadOptions::default() };
        assert!(read_volume(&path, &opts, &()).unwrap_err().to_string().contains("no frame 4"));
    }
    let mut image = NiftiImage::new([2, 3, 4], straight(), Values::I16(&data));
    image.dims = vec![2, 3, 4, 1, 1];
    write(&dir.path().join("one.nii"), &image).unwrap();
    assert_eq!(load(&dir.path().join("one.nii")).unwrap().grid.size, [2, 3, 4]);
}

#[test]
fn the_form_that_counts_is_sform_then_qform_then_spacing() {
    let dir = tempfile::tempdir().unwrap();
    let open = |options: WriteOptions| load(&small(dir.path(), "f.nii", options)).unwrap();
    let close = |a: &Affine, b: &Affine| (a.to_ras(Voxel::new(3.0, 2.0, 1.0)).0 - b.to_ras(Voxel::new(3.0, 2.0, 1.0)).0).length() < 1e-3;
    let other = Some(oblique());
    let both = open(WriteOptions { qform: other, ..WriteOptions::default() });
    assert!(close(&both.grid.affine, &straight()));
    assert!(both.warnings.iter().any(|w| w.contains("sform and qform disagree")), "{:?}", both.warnings);
    let q = open(WriteOptions { qform: other, sform_code: 0, ..WriteOptions::default() });
    assert!(close(&q.grid.affine, &oblique()));
    assert!(q.warnings.iter().any(|w| w.starts_with("oblique") && w.contains("°")), "{:?}", q.warnings);
    let none = open(WriteOptions { sform_code: 0, qform_code: 0, ..WriteOptions::default() });
    let expected = Affine::from_rows([[-1.0, 0.0, 0.0, 1.5], [0.0, 1.0, 0.0, -1.0], [0.0, 0.0, 2.0, -1.0]]).unwrap();
    assert!(close(&none.grid.affine, &expected));
    assert!(open(WriteOptions::default()).warnings.is_empty());
}

#[test]
fn sheared_volumes_open_with_the_angle() {
    let dir = tempfile::tempdir().unwrap();
    let sheared = Affine::from_rows([[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.3, 0.0], [0.0, 0.0, 1.0, 0.0]]).unwrap();
    let path = dir.path().join("s.nii");
    write(&path, &NiftiImage::new([2, 2, 2], sheared, Values::U8(&[0; 8]))).unwrap();
    let v = load(&path).unwrap();
    assert!(v.warnings.iter().any(|w| w.contains("sheared") && w.contains("16.70°")), "{:?}", v.warnings);
}

#[test]
fn the_same_image_gives_the_same_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let a = std::fs::read(small(dir.path(), "a.nii.gz", WriteOptions::default())).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(1100)); // gzip stamps whole seconds
    let b = std::fs::read(small(dir.path(), "a.nii.gz", WriteOptions::default())).unwrap();
    assert_eq!(a, b);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// Any rotation, spacing, flip and origin survives each form in each version.
    #[test]
    fn orientation_survives_either_form(
        axis in proptest::array::uniform3(-1.0f64..1.0), turn in 0.0f64..360.0, spacing in proptest::array::uniform3(0.2f64..6.0),
        flip: bool, origin in proptest::array::uniform3(-500.0f64..500.0), sform: bool, wide: bool, big_endian: bool,
    ) {
        let axis = glam::DVec3::from_array(axis).try_normalize().unwrap_or(glam::DVec3::X);
        let mut zoom = glam::DVec3::from_array(spacing);
        zoom.x *= if flip { -1.0 } else { 1.0 };
        let matrix3 = glam::DMat3::from_axis_angle(axis, turn.to_radians()) * glam::DMat3::from_diagonal(zoom);
        let affine = Affine::new(glam::DAffine3 { matrix3, translation: origin.into() }).unwrap();
        let version = if wide { Version::Two } else { Version::One };
        let options = WriteOptions { version, big_endian, sform_code: i16::from(sform), ..WriteOptions::default() };
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("o.nii");
        write(&path, &NiftiImage::new([6, 5, 4], affine, Values::U8(&[0; 120])).with(options)).unwrap();
        let v = load(&path).unwrap();
        // Near half turns the fourth part of a NIfTI-1 quaternion is known to 6e-4 only: 1.2e-3 rad over up to 45 mm here.
        let tolerance = if sform || wide { 0.001 } else { 0.06 };
        for (a, b) in v.grid.corners().iter().zip((voxaudit::space::Grid { size: [6, 5, 4], affine }).corners()) {
            prop_assert!((a.0 - b.0).length() < tolerance, "{a:?} {b:?}");
        }
        prop_assert!(v.warnings.iter().all(|w| w.starts_with("oblique")), "{:?}", v.warnings);
    }
}
