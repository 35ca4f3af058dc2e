//! Small deterministic noise: hashes, not a generator with state, so that any voxel can be computed alone and in any order.

use glam::DVec3;

/// SplitMix64's finaliser (Steele, Lea, Flood 2014): a well-mixed 64-bit hash of `x`.
pub fn hash(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// Uniform in 0…1.
pub fn uniform(x: u64) -> f64 {
    (hash(x) >> 11) as f64 / (1u64 << 53) as f64
}

/// Nearly normal, mean 0, variance 1: the sum of four uniforms.
pub fn normal(x: u64) -> f32 {
    let h = hash(x);
    let sum: u64 = (0..4).map(|n| (h >> (16 * n)) & 0xffff).sum();
    (sum as f32 / 65_535.0 - 2.0) * 1.732_050_8
}

/// Smooth noise in −1…1 with features of about `scale` mm: hashed lattice values, blended by smoothstep.
pub fn smooth(seed: u64, p: DVec3, scale: f64) -> f64 {
    let q = p / scale;
    let base = q.floor();
    let f = q - base;
    let w = f * f * (DVec3::splat(3.0) - 2.0 * f);
    let mut sum = 0.0;
    for corner in 0..8u64 {
        let step = DVec3::new((corner & 1) as f64, (corner >> 1 & 1) as f64, (corner >> 2) as f64);
        let at = (base + step).as_i64vec3();
        let key = (at.x as u64).wrapping_mul(73_856_093) ^ (at.y as u64).wrapping_mul(19_349_663) ^ (at.z as u64).wrapping_mul(83_492_791);
        let weight = step * w + (DVec3::ONE - step) * (DVec3::ONE - w);
        sum += weight.x * weight.y * weight.z * (uniform(seed ^ key) * 2.0 - 1.0);
    }
    sum
}
