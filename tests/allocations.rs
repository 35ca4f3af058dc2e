//! What a frame of the viewer allocates: between the request for a slice and the calls to wgpu, nothing.
//!
//! wgpu and egui allocate in their own calls. What `prepare` of a view allocates is therefore compared with what the same calls to wgpu
//! allocate by themselves: a frame in which nothing changed makes none at all, a window drag writes one buffer, a scroll cut on the CPU
//! writes two pictures and a buffer at most. A scroll cut from bricks goes through the same buffers of ours, then through a render
//! pass of wgpu's, which is not imitated here. What wgpu allocates for the same calls varies by a few from run to run (23 or 26 for three
//! buffers), so twice its figure is allowed: one allocation per label, row or pixel of ours would be hundreds.
//!
//! Without a graphics adapter every test is skipped with a line, unless `VOXAUDIT_REQUIRE_GPU=1` is set.

#![allow(clippy::unwrap_used)] // a test may panic

use allocation_counter::{AllocationInfo, measure};
use std::sync::Arc;
use voxaudit::gpu::{Budget, Look, Overlay, Renderer, Scene, SliceRequest, Target, device_descriptor};
use voxaudit::space::{Affine, Convention, Grid, Plane, RasMm, SliceFrame};
use voxaudit::volume::{LabelLayer, LabelName, LabelSet, LabelVoxels, Volume, VoxelBuf, Voxels, Window};

const SIDE: usize = 96;
const VIEW: [u32; 2] = [400, 300];
const FRAMES: usize = 24;

struct Gpu {
    device: wgpu::Device,
    queue: wgpu::Queue,
    renderer: Renderer,
}

impl Gpu {
    /// `None` without an adapter, unless one is required.
    fn new() -> Option<Self> {
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle_from_env());
        let adapter = match pollster::block_on(instance.request_adapter(&wgpu::RequestAdapterOptions::default())) {
            Ok(adapter) => adapter,
            Err(e) => {
                assert!(std::env::var_os("VOXAUDIT_REQUIRE_GPU").is_none_or(|v| v != "1"), "a GPU is required here: {e}");
                println!("skipped: no graphics adapter");
                return None;
            }
        };
        let (device, queue) = pollster::block_on(adapter.request_device(&device_descriptor(&adapter))).unwrap();
        let renderer = Renderer::new(&device, &queue, wgpu::TextureFormat::Rgba8Unorm).unwrap();
        Some(Self { device, queue, renderer })
    }

    /// One frame of three views; what their `prepare`s allocated.
    fn frame(&mut self, scene: &Arc<Scene>, requests: &[SliceRequest; 3]) -> AllocationInfo {
        let mut encoder = self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        let target = Target { centre_px: [200.0, 150.0], pixels_per_point: 1.0 };
        let spent = measure(|| {
            for (slot, request) in requests.iter().enumerate() {
                self.renderer.prepare(&mut encoder, slot, scene, request, target, Budget::frame());
            }
        });
        self.submit(encoder);
        spent
    }

    fn submit(&self, encoder: wgpu::CommandEncoder) {
        self.queue.submit([encoder.finish()]);
        self.device.poll(wgpu::PollType::wait_indefinitely()).unwrap();
    }

    /// Everything is on the GPU, and every buffer of ours and of wgpu's as large as it gets.
    fn settle(&mut self, scene: &Arc<Scene>, requests: &mut [SliceRequest; 3]) {
        while scene.uploaded() < 1.0 {
            self.frame(scene, requests);
        }
        for _ in 0..FRAMES {
            self.frame(scene, requests);
            requests.iter_mut().for_each(scroll);
        }
    }

    /// Allocations of `call` in a frame of its own, the most of as many frames.
    fn alone(&self, mut call: impl FnMut(&wgpu::Queue)) -> u64 {
        let one = |call: &mut dyn FnMut(&wgpu::Queue)| {
            let encoder = self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
            let spent = measure(|| call(&self.queue));
            self.submit(encoder);
            spent.count_total
        };
        (0..2 * FRAMES).map(|_| one(&mut call)).max().unwrap()
    }
}

fn scroll(request: &mut SliceRequest) {
    let normal = request.frame.right.cross(request.frame.down).normalize();
    request.frame.centre = RasMm(request.frame.centre.0 + normal);
}

fn scene(labels: u16) -> Arc<Scene> {
    let rows = [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]];
    let grid = Grid { size: [SIDE; 3], affine: Affine::from_rows(rows).unwrap() };
    let values: Vec<i16> = (0..SIDE.pow(3)).map(|n| (n % 977) as i16).collect();
    let layer: Vec<u16> = (0..SIDE.pow(3)).map(|n| (n as u64 * 7919 % (u64::from(labels) + 1)) as u16).collect();
    let voxels = Voxels::I16(VoxelBuf::from_slice(&values).unwrap());
    let volume = Volume { grid, voxels, range: (0.0, 976.0), warnings: Vec::new() };
    let name = |value| LabelName { layer: 0, value, name: format!("label {value}"), color: None };
    let layer = LabelLayer { grid, voxels: LabelVoxels::from_slice(&layer).unwrap() };
    let set = LabelSet::new(vec![layer], (1..=labels).map(name).collect(), Vec::new());
    Scene::new(Some(Arc::new(volume)), Some(Arc::new(set)))
}

fn requests(scene: &Scene) -> [SliceRequest; 3] {
    let look = Look { overlay: Overlay::Fill, ..Look::plain(scene.labels().map(AsRef::as_ref)) };
    Plane::ALL.map(|plane| {
        let frame = SliceFrame::new(plane, Convention::Radiological, RasMm::new(30.0, 30.0, 30.0), 0.4);
        SliceRequest { frame, size_px: VIEW, look: look.clone() }
    })
}

/// A buffer of a view's numbers: of the view itself and of one layer.
fn numbers(gpu: &Gpu) -> wgpu::Buffer {
    let usage = wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST;
    gpu.device.create_buffer(&wgpu::BufferDescriptor { label: None, size: 512, usage, mapped_at_creation: false })
}

/// A picture of 32-bit texels with `border` around it.
fn picture(gpu: &Gpu, border: u32) -> (wgpu::Texture, Vec<u8>) {
    let side = SIDE as u32 + 2 * border;
    let texture = gpu.device.create_texture(&wgpu::TextureDescriptor {
        label: None,
        size: wgpu::Extent3d { width: side, height: side, depth_or_array_layers: 1 },
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format: wgpu::TextureFormat::R32Uint,
        usage: wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::RENDER_ATTACHMENT | wgpu::TextureUsages::COPY_DST,
        view_formats: &[],
    });
    (texture, vec![0; (4 * side * side) as usize])
}

fn write_picture(queue: &wgpu::Queue, (texture, bytes): &(wgpu::Texture, Vec<u8>)) {
    let layout = wgpu::TexelCopyBufferLayout { offset: 0, bytes_per_row: Some(4 * texture.width()), rows_per_image: None };
    queue.write_texture(texture.as_image_copy(), bytes, layout, texture.size());
}

#[test]
fn a_frame_in_which_nothing_changed_allocates_nothing() {
    let Some(mut gpu) = Gpu::new() else { return };
    for (on_cpu, labels) in [(true, 200), (false, 200), (false, 60_000)] {
        gpu.renderer.cut_on_cpu(on_cpu);
        let scene = scene(labels);
        let mut requests = requests(&scene);
        gpu.settle(&scene, &mut requests);
        gpu.frame(&scene, &requests);
        for _ in 0..FRAMES {
            let spent = gpu.frame(&scene, &requests);
            assert_eq!((spent.count_total, spent.bytes_total), (0, 0), "{labels} labels, cut on the CPU: {on_cpu}");
        }
    }
}

#[test]
fn a_window_drag_allocates_what_wgpu_does_to_write_one_buffer_per_view() {
    let Some(mut gpu) = Gpu::new() else { return };
    let scene = scene(200);
    let mut requests = requests(&scene);
    gpu.settle(&scene, &mut requests);
    let buffers = [(); 3].map(|()| numbers(&gpu));
    let wgpus = gpu.alone(|queue| buffers.iter().for_each(|b| queue.write_buffer(b, 0, &[0; 512])));
    gpu.frame(&scene, &requests);
    for n in 0..FRAMES {
        requests.iter_mut().for_each(|r| r.look.window = Window { width: 300.0 + n as f32, level: 40.0 });
        let spent = gpu.frame(&scene, &requests).count_total;
        assert!((1..=2 * wgpus).contains(&spent), "{spent} allocations, wgpu makes {wgpus}");
    }
}

#[test]
fn a_scroll_cut_on_the_cpu_allocates_what_wgpu_does_to_write_the_pictures() {
    let Some(mut gpu) = Gpu::new() else { return };
    gpu.renderer.cut_on_cpu(true);
    let scene = scene(200);
    let [axial, coronal, _] = requests(&scene); // a sagittal slice lies across the rows: it is cut from bricks
    let mut requests = [axial.clone(), coronal, axial];
    gpu.settle(&scene, &mut requests);
    let pictures = [(); 3].map(|()| [0, 1].map(|border| picture(&gpu, border)));
    let buffers = [(); 3].map(|()| numbers(&gpu));
    let wgpus = gpu.alone(|queue| {
        pictures.iter().flatten().for_each(|p| write_picture(queue, p));
        buffers.iter().for_each(|b| queue.write_buffer(b, 0, &[0; 512]));
    });
    for _ in 0..FRAMES {
        requests.iter_mut().for_each(scroll);
        let spent = gpu.frame(&scene, &requests).count_total;
        assert!((1..=2 * wgpus).contains(&spent), "{spent} allocations, wgpu makes {wgpus}");
    }
}

/// A document of questions, its only case holding them all, is never in memory as a tree: the text itself, a mark of 8 bytes for each row,
/// and one row at a time. As trees of values it took twenty times its size.
#[test]
fn a_document_of_questions_is_read_in_twice_its_size() {
    let dir = tempfile::tempdir().unwrap();
    let row = |n: usize| format!("{{\"question\":\"Is structure {n} left of {}?\",\"answer\":\"yes\"}}", n * 7 % 1000);
    let rows: Vec<String> = (0..20_000).map(row).collect();
    let text = format!("{{\"c.nii.gz\":{{\"qa_pairs\":[{}]}}}}", rows.join(",\n"));
    let lines: String = rows.iter().map(|row| row.replacen('{', "{\"case_id\":\"c.nii.gz\",", 1) + "\n").collect();
    for (name, text) in [("qa.json", text), ("qa.jsonl", lines)] {
        let path = dir.path().join(name);
        std::fs::write(&path, &text).unwrap();
        let mut read = 0;
        let spent = measure(|| {
            let (_, file) = voxaudit::formats::qa::read(&path).unwrap();
            file.each(|_| {
                read += 1;
                Ok::<(), voxaudit::formats::text::TextError>(())
            })
            .unwrap();
        });
        assert_eq!(read, 20_000);
        let times = spent.bytes_max as f64 / text.len() as f64;
        assert!(times < 2.0, "{name}: {times:.2} times its size");
    }
}
