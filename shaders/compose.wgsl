// The composing pass: pictures of the CT and of a label layer, cut by `cut.wgsl`, become the view.
//
// Grey = texel × mul + add (scale, offset, window and level in one step). Labels are nearest neighbour, never blended with each other.
// `gpu/compose.rs` mirrors the structs and fills them.

struct Across {
    origin: vec2f, // pixel of the picture at the view's centre
    du: vec2f,     // step of one pixel of the view to the right
    dv: vec2f,     // and down
    lo: vec2f,     // inside means lo <= c < hi
    hi: vec2f,
    size: vec2f,   // of the picture
}

struct View {
    across: Across,
    centre: vec2f, // framebuffer position of the view's centre
    mul: f32,
    add: f32,
    void_lo: f32,  // values outside void_lo < v < void_hi are no values: black
    void_hi: f32,
}

struct Layer {
    across: Across,
    centre: vec2f,
    fill: f32,     // alpha inside a label
    edge: f32,     // alpha of its outline
    reach: f32,    // width of the outline in pixels of the view
    rows: u32,     // last row of the style table, which is transparent
}

// 1 where the target encodes sRGB itself, so that grey v always leaves as byte round(255 v).
override TARGET_ENCODES: bool = false;
// Between the picture's pixels, or the nearest of them.
override LINEAR: bool = true;
// The outline is at most one pixel of the picture wide: the neighbours tell where it runs.
override NEAR: bool = true;

const TIE: f32 = 1e-4;

@group(0) @binding(0) var<uniform> view: View;
@group(0) @binding(1) var ct: texture_2d<f32>;
@group(0) @binding(2) var corners: sampler;
@group(1) @binding(0) var<uniform> layer: Layer;
@group(1) @binding(1) var labels: texture_2d<u32>;
@group(1) @binding(2) var styles: texture_2d<f32>;
@group(1) @binding(3) var label_corners: sampler;

// The numbers reach the pixels as flat varyings, four by four: a software adapter reads those once, and a uniform anew for every few
// pixels.
struct CtPixel {
    @builtin(position) position: vec4f,
    @location(0) @interpolate(flat, first) v0: vec4f,
    @location(1) @interpolate(flat, first) v1: vec4f,
    @location(2) @interpolate(flat, first) v2: vec4f,
    @location(3) @interpolate(flat, first) v3: vec4f,
    @location(4) @interpolate(flat, first) v4: vec2f,
}

struct LayerPixel {
    @builtin(position) position: vec4f,
    @location(5) @interpolate(flat, first) l0: vec4f,
    @location(6) @interpolate(flat, first) l1: vec4f,
    @location(7) @interpolate(flat, first) l2: vec4f,
    @location(8) @interpolate(flat, first) l3: vec2f,
}

struct BothPixel {
    @builtin(position) position: vec4f,
    @location(0) @interpolate(flat, first) v0: vec4f,
    @location(1) @interpolate(flat, first) v1: vec4f,
    @location(2) @interpolate(flat, first) v2: vec4f,
    @location(3) @interpolate(flat, first) v3: vec4f,
    @location(4) @interpolate(flat, first) v4: vec2f,
    @location(5) @interpolate(flat, first) l0: vec4f,
    @location(6) @interpolate(flat, first) l1: vec4f,
    @location(7) @interpolate(flat, first) l2: vec4f,
    @location(8) @interpolate(flat, first) l3: vec2f,
}

// One triangle that covers the viewport.
fn corner(n: u32) -> vec4f {
    return vec4f(f32(n & 1u) * 4.0 - 1.0, f32(n >> 1u) * 4.0 - 1.0, 0.0, 1.0);
}

fn ct_pixel(n: u32) -> CtPixel {
    let a = view.across;
    return CtPixel(corner(n), vec4f(a.origin, a.du), vec4f(a.dv, a.size), vec4f(a.lo, a.hi), vec4f(view.centre, view.mul, view.add),
        vec2f(view.void_lo, view.void_hi));
}

fn layer_pixel(n: u32) -> LayerPixel {
    let a = layer.across;
    return LayerPixel(corner(n), vec4f(a.origin, a.du), vec4f(a.dv, a.size), vec4f(layer.centre, layer.fill, layer.edge),
        vec2f(layer.reach, f32(layer.rows)));
}

@vertex
fn vs_ct(@builtin(vertex_index) n: u32) -> CtPixel {
    return ct_pixel(n);
}

@vertex
fn vs_layer(@builtin(vertex_index) n: u32) -> LayerPixel {
    return layer_pixel(n);
}

@vertex
fn vs_both(@builtin(vertex_index) n: u32) -> BothPixel {
    let ct = ct_pixel(n);
    let over = layer_pixel(n);
    return BothPixel(ct.position, ct.v0, ct.v1, ct.v2, ct.v3, ct.v4, over.l0, over.l1, over.l2, over.l3);
}

fn view_of(v0: vec4f, v1: vec4f, v2: vec4f, v3: vec4f, v4: vec2f) -> View {
    return View(Across(v0.xy, v0.zw, v1.xy, v2.xy, v2.zw, v1.zw), v3.xy, v3.z, v3.w, v4.x, v4.y);
}

fn layer_of(l0: vec4f, l1: vec4f, l2: vec4f, l3: vec2f) -> Layer {
    return Layer(Across(l0.xy, l0.zw, l1.xy, vec2f(), vec2f(), l1.zw), l2.xy, l2.z, l2.w, l3.x, u32(l3.y));
}

fn nearest(view: View, c: vec2f) -> f32 {
    return textureLoad(ct, vec2i(clamp(floor(c + 0.5 + TIE), vec2f(0.0), view.across.size - 1.0)), 0).r;
}

// A value that is none is so large that it shows through any weight.
fn bilinear(view: View, c: vec2f) -> f32 {
    let at = clamp(c, vec2f(0.0), view.across.size - 1.0);
    let low = floor(at);
    let f = at - low;
    // The four pixels around the corner they share, counted anticlockwise from below left.
    let g = textureGather(0, ct, corners, (low + 1.0) / view.across.size);
    let x = g.wx + (g.zy - g.wx) * f.x;
    return x.x + (x.y - x.x) * f.y;
}

// Brightness 0…1 of the CT at a framebuffer position; black where there is none.
fn grey_at(view: View, position: vec2f) -> f32 {
    let p = position - view.centre;
    let c = view.across.origin + view.across.du * p.x + view.across.dv * p.y;
    var v: f32;
    if LINEAR {
        v = bilinear(view, c);
    } else {
        v = nearest(view, c);
    }
    // `&`, not `&&`: without branches.
    let there = all(c >= view.across.lo) & all(c < view.across.hi) & (v > view.void_lo) & (v < view.void_hi);
    return select(0.0, clamp(v * view.mul + view.add, 0.0, 1.0), there);
}

// The label picture has an empty pixel all around.
fn label_at(layer: Layer, c: vec2f) -> u32 {
    let n = clamp(floor(c + 0.5 + TIE), vec2f(-1.0), layer.across.size);
    return textureLoad(labels, vec2i(n + 1.0), 0).r;
}

// Colour and alpha of the label layer at a framebuffer position.
fn overlay_at(layer: Layer, position: vec2f) -> vec4f {
    let p = position - layer.centre;
    let c = layer.across.origin + layer.across.du * p.x + layer.across.dv * p.y;
    let across = layer.across.du * layer.reach;
    let along = layer.across.dv * layer.reach;
    var value: u32;
    var edge: bool;
    if NEAR {
        let from_corner = c + (0.5 + TIE);
        let n = floor(from_corner);
        let f = from_corner - n;
        let size = layer.across.size + 2.0;
        let before = textureGather(0, labels, label_corners, (n + 1.0) / size); // x: left, y: here, z: above
        let after = textureGather(0, labels, label_corners, (n + 2.0) / size); // x: below, z: right
        value = before.y;
        let reach = abs(across + along);
        let at_edge = vec4<bool>((f < reach), (f + reach >= vec2f(1.0)));
        edge = any(at_edge & (vec4u(before.xz, after.zx) != vec4u(value)));
    } else {
        value = label_at(layer, c);
        edge = any(vec4u(label_at(layer, c - across), label_at(layer, c + across), label_at(layer, c - along), label_at(layer, c + along)) != vec4u(value));
    }
    let style = textureLoad(styles, vec2u(value & 255u, min(value >> 8u, layer.rows)), 0);
    return vec4f(style.rgb, style.a * select(layer.fill, layer.edge, edge));
}

fn encode(c: vec3f) -> vec3f {
    if TARGET_ENCODES {
        return select(pow((c + 0.055) / 1.055, vec3f(2.4)), c / 12.92, c <= vec3f(0.04045));
    }
    return c;
}

@fragment
fn fs_ct(in: CtPixel) -> @location(0) vec4f {
    let view = view_of(in.v0, in.v1, in.v2, in.v3, in.v4);
    return vec4f(encode(vec3f(grey_at(view, in.position.xy))), 1.0);
}

@fragment
fn fs_both(in: BothPixel) -> @location(0) vec4f {
    let view = view_of(in.v0, in.v1, in.v2, in.v3, in.v4);
    let over = overlay_at(layer_of(in.l0, in.l1, in.l2, in.l3), in.position.xy);
    return vec4f(encode(mix(vec3f(grey_at(view, in.position.xy)), over.rgb, over.a)), 1.0);
}

// Every further layer, blended over what is there.
@fragment
fn fs_layer(in: LayerPixel) -> @location(0) vec4f {
    let over = overlay_at(layer_of(in.l0, in.l1, in.l2, in.l3), in.position.xy);
    return vec4f(encode(over.rgb), over.a);
}
