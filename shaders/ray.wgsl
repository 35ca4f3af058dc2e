// The 3D view: rays through thinned copies of the labels and of the CT, seen in parallel projection.
//
// Labels are shaded surfaces, the CT a maximum intensity projection or a volume with a transfer function. The part between the viewer and
// the crosshair can be cut away; its walls then show the slices. `gpu/ray.rs` mirrors the struct and fills it.
//
// No branch or loop hangs on a uniform alone: lavapipe builds a new shader for every new value of such a uniform block, at each change of
// the camera, and keeps them all (2 MiB each). What branches depend on is a constant of the pipeline.

struct Camera {
    origin: vec4f,   // patient position (mm) of the image's centre, far in front of everything
    right: vec4f,    // step of one pixel to the right, in mm
    down: vec4f,     // and down
    along: vec4f,    // unit vector away from the viewer; w: step in mm
    label: mat4x4f,  // texel from patient position
    ct: mat4x4f,
    label_size: vec4f,
    ct_size: vec4f,
    cross: vec4f,    // the corner of what is cut away
    towards: vec4f,  // signs of the octant that is cut away
    centre: vec2f,   // pixel of the image's centre
    mul: f32,        // grey = texel × mul + add
    add: f32,
    hu_mul: f32,     // HU = texel × hu_mul + hu_add
    hu_add: f32,
    rows: u32,       // last row of the style table, which is transparent
    far: f32,        // length of a ray in mm
    opacity: f32,    // of the labels on the walls of the cut
}

override TARGET_ENCODES: bool = false;
// 0 no CT, 1 maximum intensity, 2 volume.
override MODE: u32 = 0u;
// The octant between the crosshair and the viewer is cut away.
override CUT: bool = false;

@group(0) @binding(0) var<uniform> camera: Camera;
@group(0) @binding(1) var labels: texture_3d<u32>;
@group(0) @binding(2) var ct: texture_3d<i32>;
@group(0) @binding(3) var styles: texture_2d<f32>;

@vertex
fn vs_main(@builtin(vertex_index) n: u32) -> @builtin(position) vec4f {
    return vec4f(f32(n & 1u) * 4.0 - 1.0, f32(n >> 1u) * 4.0 - 1.0, 0.0, 1.0);
}

fn label_at(u: vec3f) -> u32 {
    let c = vec3i(floor(u + 0.5));
    let inside = all(vec3u(c) < vec3u(camera.label_size.xyz));
    return select(0u, textureLoad(labels, c, 0).r, inside);
}

fn style_of(value: u32) -> vec4f {
    return textureLoad(styles, vec2u(value & 255u, min(value >> 8u, camera.rows)), 0);
}

// Texel of the CT and 1, or 0, 0 outside.
fn ct_at(u: vec3f) -> vec2f {
    let c = vec3i(floor(u + 0.5));
    let inside = all(vec3u(c) < vec3u(camera.ct_size.xyz));
    return select(vec2f(0.0), vec2f(f32(textureLoad(ct, c, 0).r), 1.0), inside);
}

// Where a ray is inside a box of texels: first and last distance.
fn span(u: vec3f, d: vec3f, size: vec3f) -> vec2f {
    let safe = select(d, vec3f(1e-12), abs(d) < vec3f(1e-12));
    let a = (vec3f(-0.5) - u) / safe;
    let b = (size - 0.5 - u) / safe;
    let near = min(a, b);
    let far = max(a, b);
    return vec2f(max(max(near.x, near.y), near.z), min(min(far.x, far.y), far.z));
}

fn same(u: vec3f, value: u32) -> f32 {
    return select(0.0, 1.0, label_at(u) == value);
}

// Out of the label, from how much of the surroundings belongs to it.
fn normal_of(u: vec3f, value: u32) -> vec3f {
    var g = vec3f(0.0);
    for (var reach = 1.0; reach < 3.5; reach += 1.0) {
        g += vec3f(
            same(u - vec3f(reach, 0.0, 0.0), value) - same(u + vec3f(reach, 0.0, 0.0), value),
            same(u - vec3f(0.0, reach, 0.0), value) - same(u + vec3f(0.0, reach, 0.0), value),
            same(u - vec3f(0.0, 0.0, reach), value) - same(u + vec3f(0.0, 0.0, reach), value),
        );
    }
    // From texels to the patient: the transposed matrix takes gradients across.
    let n = g * mat3x3f(camera.label[0].xyz, camera.label[1].xyz, camera.label[2].xyz);
    let length_n = length(n);
    return select(-camera.along.xyz, n / max(length_n, 1e-6), length_n > 1e-6);
}

fn shade(color: vec3f, normal: vec3f) -> vec3f {
    let light = normalize(-camera.along.xyz - 0.45 * normalize(camera.down.xyz) - 0.3 * normalize(camera.right.xyz));
    let diffuse = max(dot(normal, light), 0.0);
    let glint = pow(max(dot(normal, normalize(light - camera.along.xyz)), 0.0), 24.0);
    return color * (0.28 + 0.72 * diffuse) + vec3f(0.12 * glint);
}

// Colour and opacity per mm of tissue: air and fat let through, soft tissue is faint red, contrast and bone light up.
fn tissue(hu: f32) -> vec4f {
    let soft = smoothstep(20.0, 120.0, hu);
    let bone = smoothstep(160.0, 500.0, hu);
    let color = mix(mix(vec3f(0.55, 0.25, 0.2), vec3f(0.85, 0.42, 0.32), soft), vec3f(0.98, 0.94, 0.84), bone);
    return vec4f(color, smoothstep(-60.0, 60.0, hu) * 0.003 + soft * 0.004 + bone * 0.25);
}

fn encode(c: vec3f) -> vec3f {
    if TARGET_ENCODES {
        return select(pow((c + 0.055) / 1.055, vec3f(2.4)), c / 12.92, c <= vec3f(0.04045));
    }
    return c;
}

@fragment
fn fs_main(@builtin(position) position: vec4f) -> @location(0) vec4f {
    let p = position.xy - camera.centre;
    let start = camera.origin.xyz + camera.right.xyz * p.x + camera.down.xyz * p.y;
    let label_u = (camera.label * vec4f(start, 1.0)).xyz;
    let label_d = (camera.label * vec4f(camera.along.xyz, 0.0)).xyz;
    let ct_u = (camera.ct * vec4f(start, 1.0)).xyz;
    let ct_d = (camera.ct * vec4f(camera.along.xyz, 0.0)).xyz;
    let in_labels = span(label_u, label_d, camera.label_size.xyz);
    let in_ct = span(ct_u, ct_d, camera.ct_size.xyz);
    let has_ct = MODE != 0u || CUT;
    var first = select(1e30, in_labels.x, in_labels.x < in_labels.y);
    var last = select(-1e30, in_labels.y, in_labels.x < in_labels.y);
    if has_ct && in_ct.x < in_ct.y {
        first = min(first, in_ct.x);
        last = max(last, in_ct.y);
    }
    // The octant that is cut away, as distances along the ray.
    var gap = vec2f(1e30, -1e30);
    if CUT {
        let into = camera.along.xyz * camera.towards.xyz;
        let outside = (start - camera.cross.xyz) * camera.towards.xyz;
        let at = -outside / select(into, vec3f(1e-12), abs(into) < vec3f(1e-12));
        let enter = select(vec3f(-1e30), at, into > vec3f(0.0));
        let leave = select(at, vec3f(1e30), into > vec3f(0.0));
        gap = vec2f(max(max(enter.x, enter.y), enter.z), min(min(leave.x, leave.y), leave.z));
    }
    let step = camera.along.w;
    var t = max(first, 0.0);
    last = min(last, camera.far);
    var color = vec3f(0.0);
    var alpha = 0.0;
    var brightest = -1e9;
    var previous = 0u;
    while t < last && alpha < 0.98 {
        if CUT && t > gap.x && t < gap.y {
            t = gap.y;
            previous = 0u;
            let wall = ct_at(ct_u + ct_d * t);
            if wall.y > 0.5 {
                let over = style_of(label_at(label_u + label_d * (t + 0.5 * step)));
                let grey = vec3f(clamp(wall.x * camera.mul + camera.add, 0.0, 1.0));
                color += (1.0 - alpha) * mix(grey, over.rgb, over.a * camera.opacity);
                alpha = 1.0;
                break;
            }
            gap.x = 1e30;
        }
        let value = label_at(label_u + label_d * t);
        if value != previous && value != 0u {
            let style = style_of(value);
            if style.a > 0.0 {
                // Half a step back and forth until the surface is where it is.
                var near = t - step;
                var far = t;
                for (var n = 0; n < 4; n += 1) {
                    let middle = 0.5 * (near + far);
                    if label_at(label_u + label_d * middle) == value { far = middle; } else { near = middle; }
                }
                let lit = shade(style.rgb, normal_of(label_u + label_d * far, value));
                color += (1.0 - alpha) * style.a * lit;
                alpha += (1.0 - alpha) * style.a;
            }
        }
        previous = value;
        if MODE != 0u {
            let sample = ct_at(ct_u + ct_d * t);
            if sample.y > 0.5 {
                if MODE == 1u {
                    brightest = max(brightest, sample.x);
                } else {
                    let matter = tissue(sample.x * camera.hu_mul + camera.hu_add);
                    let a = 1.0 - exp(-matter.a * step);
                    if a > 0.002 {
                        let u = ct_u + ct_d * t;
                        let g = vec3f(
                            ct_at(u + vec3f(1.0, 0.0, 0.0)).x - ct_at(u - vec3f(1.0, 0.0, 0.0)).x,
                            ct_at(u + vec3f(0.0, 1.0, 0.0)).x - ct_at(u - vec3f(0.0, 1.0, 0.0)).x,
                            ct_at(u + vec3f(0.0, 0.0, 1.0)).x - ct_at(u - vec3f(0.0, 0.0, 1.0)).x,
                        );
                        let n = -(g * mat3x3f(camera.ct[0].xyz, camera.ct[1].xyz, camera.ct[2].xyz));
                        let lit = shade(matter.rgb, select(-camera.along.xyz, normalize(n), length(n) > 1e-3));
                        color += (1.0 - alpha) * a * lit;
                        alpha += (1.0 - alpha) * a;
                    }
                }
            }
        }
        t += step;
    }
    if MODE == 1u && brightest > -1e8 {
        color += (1.0 - alpha) * vec3f(clamp(brightest * camera.mul + camera.add, 0.0, 1.0));
    }
    return vec4f(encode(min(color, vec3f(1.0))), 1.0);
}

// The image, as it is or enlarged, into the view.
@group(0) @binding(4) var image: texture_2d<f32>;
struct Shown {
    @builtin(position) position: vec4f,
    @location(0) at: vec2f,
}

@vertex
fn vs_show(@builtin(vertex_index) n: u32) -> Shown {
    let corner = vec2f(f32(n & 1u) * 2.0, f32(n >> 1u) * 2.0);
    return Shown(vec4f(corner * vec2f(2.0, -2.0) + vec2f(-1.0, 1.0), 0.0, 1.0), corner);
}

@fragment
fn fs_show(in: Shown) -> @location(0) vec4f {
    let size = vec2f(textureDimensions(image));
    let at = clamp(in.at * size - 0.5, vec2f(0.0), size - 1.0);
    let low = floor(at);
    let f = at - low;
    let a = vec2u(low);
    let b = vec2u(min(low + 1.0, size - 1.0));
    let above = mix(textureLoad(image, a, 0).rgb, textureLoad(image, vec2u(b.x, a.y), 0).rgb, f.x);
    let below = mix(textureLoad(image, vec2u(a.x, b.y), 0).rgb, textureLoad(image, b, 0).rgb, f.x);
    return vec4f(encode(mix(above, below, f.y)), 1.0);
}
