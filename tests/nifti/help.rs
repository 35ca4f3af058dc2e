//! What the areas share.

use glam::{DAffine3, DMat3, DVec3};
use std::path::{Path, PathBuf};
use voxaudit::formats::nifti::{LoadOptions, NiftiError, NiftiImage, Values, WriteOptions, read_volume, write};
use voxaudit::space::Affine;
use voxaudit::volume::Volume;

/// The folder of real data, or `None` with a line that says what is skipped.
pub fn shared(test: &str) -> Option<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let root = std::env::var_os("VOXAUDIT_SHARED").map_or(here, PathBuf::from);
    let data = root.join("data/totalsegmentator-example");
    if data.is_dir() {
        return Some(data);
    }
    println!("skipped {test}: no shared data at {}", data.display());
    None
}

/// Spacing 0.8 × 0.9 × 2.5 mm turned by 10° about S and 5° about R, left-handed first axis.
pub fn oblique() -> Affine {
    let turn = DMat3::from_rotation_z(10f64.to_radians()) * DMat3::from_rotation_x(5f64.to_radians());
    let matrix3 = turn * DMat3::from_diagonal(DVec3::new(-0.8, 0.9, 2.5));
    Affine::new(DAffine3 { matrix3, translation: DVec3::new(90.5, -120.25, 33.0) }).unwrap()
}

pub fn straight() -> Affine {
    Affine::from_rows([[-1.0, 0.0, 0.0, 10.0], [0.0, 1.0, 0.0, -20.0], [0.0, 0.0, 2.0, 30.0]]).unwrap()
}

pub fn load(path: &Path) -> Result<Volume, NiftiError> {
    read_volume(path, &LoadOptions::default(), &())
}

/// The error's text; fails the test when the file opens.
pub fn refusal(path: &Path) -> String {
    match load(path) {
        Ok(v) => panic!("{} opened: {:?}", path.display(), v.grid),
        Err(e) => e.to_string(),
    }
}

/// A 4×3×2 i16 file with values 0…23.
pub fn small(dir: &Path, name: &str, options: WriteOptions) -> PathBuf {
    let values: Vec<i16> = (0..24).collect();
    let path = dir.join(name);
    write(&path, &NiftiImage::new([4, 3, 2], straight(), Values::I16(&values)).with(options)).unwrap();
    path
}

/// All values of a volume in file order.
pub fn values(v: &Volume) -> Vec<f64> {
    let [x, y, z] = v.grid.size;
    let index = |n: usize| [n % x, n / x % y, n / (x * y)];
    (0..x * y * z).map(|n| v.hu(index(n))).collect()
}
