// The slice pass: one CT volume and one label layer, each through its own affine, cut at a plane in patient space.
//
// Texel coordinates are linear in the pixel, so the affine costs one multiply-add per axis and pixel. The CT is R16Sint with
// grey = texel × mul + add (scale, offset, window and level in one step); labels are R16Uint, nearest neighbour, never blended with
// each other. `gpu/uniforms.rs` mirrors the structs and explains how they are filled.

struct Map {
    origin: vec4f, // texel coordinate (0 at the first texel's centre) at the image's centre; axes with sign −1 count from the far end
    du: vec4f,     // step of one pixel to the right
    dv: vec4f,     // step of one pixel down
    lo: vec4f,     // inside means lo <= u < hi
    hi: vec4f,
    last: vec4f,   // size − 1
    base: vec4f,   // texel = base + sign × u
    sign: vec4f,
}

struct View {
    map: Map,
    centre: vec2f,  // framebuffer position of the image's centre
    mul: f32,
    add: f32,
    first: vec4f,   // for a slice through voxel centres: the two other axes in patient order,
    second: vec4f,
    half: vec4f,    // and 0.5 on its own axis
    nan: f32,       // texel that stands for "not a number"; out of range when the volume has none
    swaps: u32,     // bit n: swap of file axes that brings the order of interpolation to R, A, S
    unused: vec2f,
}

struct Layer {
    map: Map,
    count: vec4u,   // texels along each axis that are there
    centre: vec2f,
    fill: f32,      // alpha inside a label
    edge: f32,      // alpha of its outline
    reach: f32,     // width of the outline in pixels
    rows: u32,      // last row of the style table, which is transparent
    unused: vec2f,
}

// 1 where the target encodes sRGB itself, so that grey v always leaves as byte round(255 v).
override TARGET_ENCODES: bool = false;
// 0 nearest voxel, 1 trilinear, 2 trilinear where the slice runs through voxel centres: four texels do, the others would weigh 0.
override SAMPLING: u32 = 1u;

@group(0) @binding(0) var<uniform> view: View;
@group(0) @binding(1) var ct: texture_3d<i32>;
@group(1) @binding(0) var<uniform> layer: Layer;
@group(1) @binding(1) var labels: texture_3d<u32>;
@group(1) @binding(2) var styles: texture_2d<f32>;

@vertex
fn vs_main(@builtin(vertex_index) n: u32) -> @builtin(position) vec4f {
    // One triangle that covers the viewport.
    return vec4f(f32(n & 1u) * 4.0 - 1.0, f32(n >> 1u) * 4.0 - 1.0, 0.0, 1.0);
}

fn texel(t: vec3f) -> f32 {
    return f32(textureLoad(ct, vec3i(t), 0).r);
}

fn window_of(t: f32) -> f32 {
    return clamp(t * view.mul + view.add, 0.0, 1.0);
}

fn nearest(u: vec3f) -> f32 {
    let c = clamp(floor(u + 0.5), vec3f(0.0), view.map.last.xyz);
    let t = texel(view.map.base.xyz + view.map.sign.xyz * c);
    return select(window_of(t), 0.0, t == view.nan);
}

fn trilinear(u: vec3f) -> f32 {
    let low = floor(u);
    var f = u - low;
    let a = view.map.base.xyz + view.map.sign.xyz * clamp(low, vec3f(0.0), view.map.last.xyz);
    let b = view.map.base.xyz + view.map.sign.xyz * clamp(low + 1.0, vec3f(0.0), view.map.last.xyz);
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
    if (view.swaps & 1u) != 0u {
        f = f.yxz;
        let p = v100; v100 = v010; v010 = p;
        let q = v101; v101 = v011; v011 = q;
    }
    if (view.swaps & 2u) != 0u {
        f = f.xzy;
        let p = v010; v010 = v001; v001 = p;
        let q = v110; v110 = v101; v101 = q;
    }
    if (view.swaps & 4u) != 0u {
        f = f.yxz;
        let p = v100; v100 = v010; v010 = p;
        let q = v101; v101 = v011; v011 = q;
    }
    let y0 = mix2(mix2(v000, v100, f.x), mix2(v010, v110, f.x), f.y);
    let y1 = mix2(mix2(v001, v101, f.x), mix2(v011, v111, f.x), f.y);
    return select(window_of(mix2(y0, y1, f.z)), 0.0, lowest == view.nan);
}

fn bilinear(u: vec3f) -> f32 {
    let low = floor(u + view.half.xyz);
    let f = u - low;
    let a = view.map.base.xyz + view.map.sign.xyz * clamp(low, vec3f(0.0), view.map.last.xyz);
    let b = view.map.base.xyz + view.map.sign.xyz * clamp(low + 1.0, vec3f(0.0), view.map.last.xyz);
    let across = (b - a) * view.first.xyz;
    let along = (b - a) * view.second.xyz;
    let v00 = texel(a);
    let v10 = texel(a + across);
    let v01 = texel(a + along);
    let v11 = texel(a + across + along);
    let fa = dot(f, view.first.xyz);
    let value = mix2(mix2(v00, v10, fa), mix2(v01, v11, fa), dot(f, view.second.xyz));
    return select(window_of(value), 0.0, min(min(v00, v10), min(v01, v11)) == view.nan);
}

fn mix2(a: f32, b: f32, f: f32) -> f32 {
    return a + (b - a) * f;
}

// Brightness 0…1 of the CT at a framebuffer position; black outside.
fn grey_at(position: vec2f) -> f32 {
    let p = position - view.centre;
    let u = view.map.origin.xyz + view.map.du.xyz * p.x + view.map.dv.xyz * p.y;
    let inside = all(u >= view.map.lo.xyz) && all(u < view.map.hi.xyz);
    var grey: f32;
    if SAMPLING == 0u {
        grey = nearest(u);
    } else if SAMPLING == 1u {
        grey = trilinear(u);
    } else {
        grey = bilinear(u);
    }
    return select(0.0, grey, inside);
}

fn label_at(u: vec3f) -> u32 {
    let c = vec3i(floor(u + 0.5));
    // Below 0 wraps to a large number, so one comparison checks both ends.
    let inside = all(vec3u(c) < layer.count.xyz);
    return select(0u, textureLoad(labels, c, 0).r, inside);
}

// Colour and alpha of the label layer at a framebuffer position.
fn overlay_at(position: vec2f) -> vec4f {
    let p = position - layer.centre;
    let u = layer.map.origin.xyz + layer.map.du.xyz * p.x + layer.map.dv.xyz * p.y;
    let across = layer.map.du.xyz * layer.reach;
    let along = layer.map.dv.xyz * layer.reach;
    let value = label_at(u);
    let differs = vec4u(label_at(u - across), label_at(u + across), label_at(u - along), label_at(u + along)) != vec4u(value);
    let style = textureLoad(styles, vec2u(value & 255u, min(value >> 8u, layer.rows)), 0);
    return vec4f(style.rgb, style.a * select(layer.fill, layer.edge, any(differs)));
}

fn encode(c: vec3f) -> vec3f {
    if TARGET_ENCODES {
        return select(pow((c + 0.055) / 1.055, vec3f(2.4)), c / 12.92, c <= vec3f(0.04045));
    }
    return c;
}

@fragment
fn fs_ct(@builtin(position) position: vec4f) -> @location(0) vec4f {
    return vec4f(encode(vec3f(grey_at(position.xy))), 1.0);
}

@fragment
fn fs_ct_and_layer(@builtin(position) position: vec4f) -> @location(0) vec4f {
    let over = overlay_at(position.xy);
    return vec4f(encode(mix(vec3f(grey_at(position.xy)), over.rgb, over.a)), 1.0);
}

// Every further layer, blended over what is there.
@fragment
fn fs_layer(@builtin(position) position: vec4f) -> @location(0) vec4f {
    let over = overlay_at(position.xy);
    return vec4f(encode(over.rgb), over.a);
}
