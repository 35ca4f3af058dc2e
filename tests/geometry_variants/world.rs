//! The patient that every file of these tests shows, and where voxels of a file lie in it: computed here from the definition of the
//! format, with nothing of the program's own.

/// `ras_from_voxel`, the first three rows.
pub type Rows = [[f64; 4]; 3];

/// Numbers that differ from voxel to voxel, and labels in blobs of a few voxels, on a grid of `size`.
#[derive(Clone)]
pub struct Phantom {
    pub size: [usize; 3],
    pub rows: Rows,
    pub hu: Vec<f64>,
    pub labels: Vec<u16>,
}

/// Values of the labels: small, around a byte's end, and large.
pub const VALUES: [u16; 5] = [3, 255, 256, 4_711, 65_535];

pub fn offset(size: [usize; 3], [i, j, k]: [usize; 3]) -> usize {
    i + size[0] * (j + size[1] * k)
}

pub fn voxels(size: [usize; 3]) -> impl Iterator<Item = [usize; 3]> {
    let [x, y, z] = size;
    (0..z).flat_map(move |k| (0..y).flat_map(move |j| (0..x).map(move |i| [i, j, k])))
}

/// A body of an ellipse with bones and organs, all of it slightly noisy, so that no two neighbours are alike.
pub fn phantom(size: [usize; 3], rows: Rows) -> Phantom {
    let mut rng = Rng(17);
    let from_middle = |v: [usize; 3]| [0, 1, 2].map(|a| (v[a] as f64 + 0.5) / size[a] as f64 * 2.0 - 1.0);
    let ball = |u: [f64; 3], c: [f64; 3], r: f64| (0..3).map(|a| (u[a] - c[a]).powi(2)).sum::<f64>() < r * r;
    let organs = [[0.45, 0.1, 0.2], [-0.4, 0.2, -0.1], [0.1, -0.5, 0.4], [0.0, 0.45, -0.5], [-0.35, -0.3, 0.5]];
    let organ = |u: [f64; 3]| organs.iter().position(|c| ball(u, *c, 0.36));
    let hu = |u: [f64; 3], noise: u64| {
        let tissue = organ(u).map_or(if ball(u, [0.0; 3], 1.0) { 40.0 } else { -1000.0 }, |n| [60.0, 320.0, -700.0, 900.0, 15.0][n]);
        tissue + (noise % 61) as f64 - 30.0
    };
    Phantom {
        size,
        rows,
        hu: voxels(size).map(|v| hu(from_middle(v), rng.next())).collect(),
        labels: voxels(size).map(|v| organ(from_middle(v)).map_or(0, |n| VALUES[n])).collect(),
    }
}

impl Phantom {
    /// The same patient with the file's axes in another order (`order[new]` is the old axis) and direction.
    pub fn turned(&self, order: [usize; 3], flips: [bool; 3]) -> Phantom {
        let size = order.map(|axis| self.size[axis]);
        let old = |v: [usize; 3]| {
            let mut old = [0; 3];
            (0..3).for_each(|new| old[order[new]] = if flips[new] { size[new] - 1 - v[new] } else { v[new] });
            offset(self.size, old)
        };
        let sign = |new: usize| if flips[new] { -1.0 } else { 1.0 };
        let first = |new: usize| if flips[new] { size[new] as f64 - 1.0 } else { 0.0 };
        let rows = self.rows.map(|r| {
            let start = r[3] + (0..3).map(|new| r[order[new]] * first(new)).sum::<f64>();
            [r[order[0]] * sign(0), r[order[1]] * sign(1), r[order[2]] * sign(2), start]
        });
        let pick = |n: usize| self.hu[n];
        Phantom {
            size,
            rows,
            hu: voxels(size).map(|v| pick(old(v))).collect(),
            labels: voxels(size).map(|v| self.labels[old(v)]).collect(),
        }
    }

    /// What a reader of the file should find at a point: voxel, HU, label. `None` outside.
    pub fn at(&self, p: [f64; 3]) -> Option<([usize; 3], f64, u16)> {
        let v = cell(self.size, &self.rows, p)?;
        let n = offset(self.size, v);
        Some((v, self.hu[n], self.labels[n]))
    }
}

/// Patient position of a continuous voxel coordinate.
pub fn to_ras(rows: &Rows, v: [f64; 3]) -> [f64; 3] {
    rows.map(|r| r[0] * v[0] + r[1] * v[1] + r[2] * v[2] + r[3])
}

/// The inverse, by Cramer's rule.
pub fn to_voxel(m: &Rows, p: [f64; 3]) -> [f64; 3] {
    let det = |a: [f64; 3], b: [f64; 3], c: [f64; 3]| {
        a[0] * (b[1] * c[2] - b[2] * c[1]) - b[0] * (a[1] * c[2] - a[2] * c[1]) + c[0] * (a[1] * b[2] - a[2] * b[1])
    };
    let col = |n: usize| [m[0][n], m[1][n], m[2][n]];
    let d = [p[0] - m[0][3], p[1] - m[1][3], p[2] - m[2][3]];
    let all = det(col(0), col(1), col(2));
    [det(d, col(1), col(2)) / all, det(col(0), d, col(2)) / all, det(col(0), col(1), d) / all]
}

/// The voxel whose cell holds a point. A point on a face belongs to the voxel further right, anterior or superior: it is moved that way
/// by a thousandth of a voxel. (Tests on oblique grids keep away from faces, where the move would say nothing.)
pub fn cell(size: [usize; 3], rows: &Rows, p: [f64; 3]) -> Option<[usize; 3]> {
    let moved =
        [0, 1, 2].map(|a| p[a] + 1e-3 * (0..3).map(|n| rows[a][n].abs()).fold(f64::INFINITY, |x, y| if y > 0.0 { x.min(y) } else { x }));
    let v = to_voxel(rows, moved);
    let mut out = [0; 3];
    for a in 0..3 {
        let n = (v[a] + 0.5).floor();
        if !(0.0..size[a] as f64).contains(&n) {
            return None;
        }
        out[a] = n as usize;
    }
    Some(out)
}

/// True when a point lies within `margin` voxels of a face between two voxels.
pub fn on_a_face(rows: &Rows, p: [f64; 3], margin: f64) -> bool {
    to_voxel(rows, p).iter().any(|v| (v + 0.5 - (v + 0.5).round()).abs() < margin)
}

/// Several hundred points: voxel centres, faces, corners (on axis-parallel grids), anywhere inside, and outside.
pub fn points(size: [usize; 3], rows: &Rows, aligned: bool) -> Vec<[f64; 3]> {
    let mut rng = Rng(5);
    let mut out = Vec::new();
    for n in 0..420 {
        let v = size.map(|s| rng.below(s) as f64);
        let face = [0, 1, 2].map(|a| v[a] + [-0.5, 0.0, 0.5][rng.below(3)] * f64::from(a == n % 3 || n % 7 == 0));
        let inside = [0, 1, 2].map(|a| rng.unit() * size[a] as f64 - 0.5);
        let around = [0, 1, 2].map(|a| (rng.unit() * 1.5 - 0.25) * size[a] as f64);
        let chosen = [v, if aligned { face } else { v }, inside, around][n % 4];
        let p = to_ras(rows, chosen);
        let exact = n % 4 < 2 && aligned;
        if exact || !on_a_face(rows, p, 5e-3) {
            out.push(p);
        }
    }
    out
}

/// A small generator, so that every run tests the same points.
pub struct Rng(pub u64);

impl Rng {
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11
    }

    pub fn unit(&mut self) -> f64 {
        self.next() as f64 / (1u64 << 53) as f64
    }

    pub fn below(&mut self, n: usize) -> usize {
        (self.unit() * n as f64) as usize
    }
}
