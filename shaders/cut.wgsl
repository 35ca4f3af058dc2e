// The cutting pass: a plane through bricks of one grid, into a picture that the composing pass looks at.
//
// One draw per brick covers the part of the picture that the brick owns. A plane parallel to the voxels gives one pixel per voxel, its
// coordinates whole numbers; an oblique plane one pixel per pixel of the screen. `gpu/cut.rs` mirrors the structs and fills them.

struct Plane {
    origin: vec4f,  // texel (parallel) or coordinate counted towards R, A, S (oblique) of the picture's first pixel
    du: vec4f,      // step of one pixel to the right
    dv: vec4f,      // step of one pixel down
    dn: vec4f,      // step to the next slice
    base: vec4f,    // oblique: texel = base + sign × coordinate
    sign: vec4f,
    last: vec4f,    // size − 1
    size: vec2f,    // of the picture
    fraction: f32,  // between two slices: how far
    nan: f32,       // texel that stands for "not a number"; out of range when the volume has none
    gain: f32,      // mean: 1 / number of slices
    planes: u32,    // oblique slab
    swaps: u32,     // bit n: swap of file axes that brings the order of interpolation to R, A, S
    border: f32,    // empty pixels around the picture
}

struct Piece {
    @location(0) rect: vec4f,
    @location(1) offset: vec4f,
    @location(2) lo: vec4f,
    @location(3) hi: vec4f,
}

// What a pixel needs for every value, flat: a software adapter reads varyings once, and a uniform anew for every few pixels.
struct Pixel {
    @builtin(position) position: vec4f,
    @location(0) @interpolate(flat, first) offset: vec4f,
    @location(1) @interpolate(flat, first) lo: vec4f,
    @location(2) @interpolate(flat, first) hi: vec4f,
    @location(3) @interpolate(flat, first) origin: vec4f,
    @location(4) @interpolate(flat, first) du: vec4f,
    @location(5) @interpolate(flat, first) dv: vec4f,
    @location(6) @interpolate(flat, first) dn: vec4f,
}

// 0 one slice, 1 between two, 2 several into one, 3 oblique, 4 oblique nearest, 5 oblique slab.
override MODE: u32 = 0u;
// How several become one: 0 the largest, 1 the smallest, 2 the mean.
override COMBINE: u32 = 0u;

// No value here: black in the view. Far outside any texel, and outside whatever a mean makes of it.
const NOTHING: f32 = 1e36;
// Means are sums of texels raised above 0, so that 0 is "nothing was added".
const RAISE: f32 = 32769.0;
// A point this close below the face between two voxels counts as on it, as `space/grid.rs` has it.
const TIE: f32 = 1e-4;

@group(0) @binding(0) var<uniform> plane: Plane;
@group(1) @binding(0) var ct: texture_3d<i32>;
@group(1) @binding(0) var labels: texture_3d<u32>;

@vertex
fn vs_main(@builtin(vertex_index) n: u32, piece: Piece) -> Pixel {
    let corner = vec2f(select(piece.rect.x, piece.rect.z, (n & 1u) == 1u), select(piece.rect.y, piece.rect.w, n > 1u));
    let at = (corner + plane.border) / (plane.size + 2.0 * plane.border);
    var out: Pixel;
    out.position = vec4f(at.x * 2.0 - 1.0, 1.0 - at.y * 2.0, 0.0, 1.0);
    out.offset = piece.offset;
    out.lo = piece.lo;
    out.hi = piece.hi;
    out.origin = vec4f(plane.origin.xyz, plane.border);
    out.du = vec4f(plane.du.xyz, plane.nan);
    out.dv = vec4f(plane.dv.xyz, plane.fraction);
    out.dn = vec4f(plane.dn.xyz, plane.gain);
    return out;
}

fn texel(t: vec3f) -> f32 {
    return f32(textureLoad(ct, vec3i(t), 0).r);
}

fn value(t: vec3f, nan: f32) -> f32 {
    let v = texel(t);
    return select(v, NOTHING, v == nan);
}

fn mix2(a: f32, b: f32, f: f32) -> f32 {
    return a + (b - a) * f;
}

fn start() -> f32 {
    return select(select(-NOTHING, NOTHING, COMBINE == 1u), 0.0, COMBINE == 2u);
}

// One more value of a slab; "not a number" does not count among extremes, and spoils a mean.
fn combine(so_far: f32, v: f32, gain: f32) -> f32 {
    if COMBINE == 2u {
        return so_far + (v + RAISE) * gain;
    }
    if COMBINE == 1u {
        return min(so_far, v);
    }
    return max(so_far, select(v, -NOTHING, v >= NOTHING));
}

fn trilinear(u: vec3f, offset: vec3f) -> f32 {
    let low = floor(u);
    var f = u - low;
    let base = plane.base.xyz - offset;
    let a = base + plane.sign.xyz * clamp(low, vec3f(0.0), plane.last.xyz);
    let b = base + plane.sign.xyz * clamp(low + 1.0, vec3f(0.0), plane.last.xyz);
    let v000 = texel(a);
    var v100 = texel(vec3f(b.x, a.y, a.z));
    var v010 = texel(vec3f(a.x, b.y, a.z));
    var v110 = texel(vec3f(b.x, b.y, a.z));
    var v001 = texel(vec3f(a.x, a.y, b.z));
    var v101 = texel(vec3f(b.x, a.y, b.z));
    var v011 = texel(vec3f(a.x, b.y, b.z));
    let v111 = texel(b);
    let lowest = min(min(min(v000, v100), min(v010, v110)), min(min(v001, v101), min(v011, v111)));
    // Interpolating in patient order makes the same volume in any of the 48 axis orders give the same bits.
    if (plane.swaps & 1u) != 0u {
        f = f.yxz;
        let p = v100; v100 = v010; v010 = p;
        let q = v101; v101 = v011; v011 = q;
    }
    if (plane.swaps & 2u) != 0u {
        f = f.xzy;
        let p = v010; v010 = v001; v001 = p;
        let q = v110; v110 = v101; v101 = q;
    }
    if (plane.swaps & 4u) != 0u {
        f = f.yxz;
        let p = v100; v100 = v010; v010 = p;
        let q = v101; v101 = v011; v011 = q;
    }
    let y0 = mix2(mix2(v000, v100, f.x), mix2(v010, v110, f.x), f.y);
    let y1 = mix2(mix2(v001, v101, f.x), mix2(v011, v111, f.x), f.y);
    return select(mix2(y0, y1, f.z), NOTHING, lowest == plane.nan);
}

fn nearest_texel(u: vec3f, offset: vec3f) -> vec3f {
    return plane.base.xyz - offset + plane.sign.xyz * clamp(floor(u + 0.5 + TIE), vec3f(0.0), plane.last.xyz);
}

fn owns(pixel: Pixel, u: vec3f) -> bool {
    return all(u >= pixel.lo.xyz) && all(u < pixel.hi.xyz);
}

// Where the plane is under a pixel.
fn under(pixel: Pixel) -> vec3f {
    let p = pixel.position.xy - 0.5 - pixel.origin.w;
    return pixel.origin.xyz + pixel.du.xyz * p.x + pixel.dv.xyz * p.y;
}

@fragment
fn fs_ct(pixel: Pixel) -> @location(0) vec4f {
    let u = under(pixel);
    let nan = pixel.du.w;
    let gain = pixel.dn.w;
    var v = start();
    if MODE == 0u {
        v = value(u - pixel.offset.xyz, nan);
    } else if MODE == 1u {
        let a = value(u - pixel.offset.xyz, nan);
        let b = value(u + pixel.dn.xyz - pixel.offset.xyz, nan);
        v = select(mix2(a, b, pixel.dv.w), NOTHING, max(a, b) >= NOTHING);
    } else if MODE == 2u {
        for (var n = pixel.offset.w; n < pixel.hi.w; n += 1.0) {
            v = combine(v, value(u + pixel.dn.xyz * n - pixel.offset.xyz, nan), gain);
        }
    } else if MODE == 3u {
        if !owns(pixel, u) { discard; }
        v = trilinear(u, pixel.offset.xyz);
    } else if MODE == 4u {
        if !owns(pixel, u) { discard; }
        v = value(nearest_texel(u, pixel.offset.xyz), nan);
    } else {
        for (var n = 0u; n < plane.planes; n += 1u) {
            let at = u + pixel.dn.xyz * f32(n);
            if owns(pixel, at) {
                v = combine(v, trilinear(at, pixel.offset.xyz), gain);
            }
        }
    }
    return vec4f(v, 0.0, 0.0, 1.0);
}

@fragment
fn fs_label(pixel: Pixel) -> @location(0) vec4u {
    let u = under(pixel);
    var t = u - pixel.offset.xyz;
    if MODE == 4u {
        if !owns(pixel, u) { discard; }
        t = nearest_texel(u, pixel.offset.xyz);
    }
    return vec4u(textureLoad(labels, vec3i(t), 0).r, 0u, 0u, 0u);
}
