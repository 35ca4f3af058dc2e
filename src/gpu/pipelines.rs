//! Shader, layouts and the pipelines of the slice pass for one target format.

use super::uniforms::Sampling;

/// What every slice draw shares.
#[derive(Debug)]
pub struct Pipelines {
    pub view_layout: wgpu::BindGroupLayout,
    pub layer_layout: wgpu::BindGroupLayout,
    /// CT alone, by [`Sampling`].
    pub ct: [wgpu::RenderPipeline; 3],
    /// CT and the first visible layer in one go, by [`Sampling`].
    pub ct_and_layer: [wgpu::RenderPipeline; 3],
    /// One more layer, blended over.
    pub layer: wgpu::RenderPipeline,
}

impl Pipelines {
    pub fn new(device: &wgpu::Device, format: wgpu::TextureFormat) -> Self {
        let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some("slice"),
            source: wgpu::ShaderSource::Wgsl(include_str!("../../shaders/slice.wgsl").into()),
        });
        let view_layout =
            layout(device, "slice view", &[uniform(0), texture(1, wgpu::TextureSampleType::Sint, wgpu::TextureViewDimension::D3)]);
        let colours = wgpu::TextureSampleType::Float { filterable: false };
        let layer_layout = layout(
            device,
            "slice layer",
            &[
                uniform(0),
                texture(1, wgpu::TextureSampleType::Uint, wgpu::TextureViewDimension::D3),
                texture(2, colours, wgpu::TextureViewDimension::D2),
            ],
        );
        let groups = [Some(&view_layout), Some(&layer_layout)];
        let make = |entry, groups: &[_], blend, sampling| pipeline(device, &module, format, entry, groups, blend, sampling);
        let all = [Sampling::Nearest, Sampling::Trilinear, Sampling::Bilinear];
        Self {
            ct: all.map(|sampling| make("fs_ct", &groups[..1], None, sampling)),
            ct_and_layer: all.map(|sampling| make("fs_ct_and_layer", &groups, None, sampling)),
            layer: make("fs_layer", &groups, Some(wgpu::BlendState::ALPHA_BLENDING), Sampling::Nearest),
            view_layout,
            layer_layout,
        }
    }
}

fn layout(device: &wgpu::Device, label: &str, entries: &[wgpu::BindGroupLayoutEntry]) -> wgpu::BindGroupLayout {
    device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label: Some(label), entries })
}

fn uniform(binding: u32) -> wgpu::BindGroupLayoutEntry {
    entry(binding, wgpu::BindingType::Buffer { ty: wgpu::BufferBindingType::Uniform, has_dynamic_offset: false, min_binding_size: None })
}

fn texture(binding: u32, sample_type: wgpu::TextureSampleType, view_dimension: wgpu::TextureViewDimension) -> wgpu::BindGroupLayoutEntry {
    entry(binding, wgpu::BindingType::Texture { sample_type, view_dimension, multisampled: false })
}

fn entry(binding: u32, ty: wgpu::BindingType) -> wgpu::BindGroupLayoutEntry {
    wgpu::BindGroupLayoutEntry { binding, visibility: wgpu::ShaderStages::FRAGMENT, ty, count: None }
}

fn pipeline(
    device: &wgpu::Device,
    module: &wgpu::ShaderModule,
    format: wgpu::TextureFormat,
    entry: &str,
    groups: &[Option<&wgpu::BindGroupLayout>],
    blend: Option<wgpu::BlendState>,
    sampling: Sampling,
) -> wgpu::RenderPipeline {
    let layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
        label: Some(entry),
        bind_group_layouts: groups,
        immediate_size: 0,
    });
    let constants = [("TARGET_ENCODES", f64::from(u8::from(format.is_srgb()))), ("SAMPLING", f64::from(sampling as u8))];
    device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
        label: Some(entry),
        layout: Some(&layout),
        vertex: wgpu::VertexState { module, entry_point: Some("vs_main"), compilation_options: Default::default(), buffers: &[] },
        primitive: wgpu::PrimitiveState::default(),
        depth_stencil: None,
        multisample: wgpu::MultisampleState::default(),
        fragment: Some(wgpu::FragmentState {
            module,
            entry_point: Some(entry),
            compilation_options: wgpu::PipelineCompilationOptions { constants: &constants, ..Default::default() },
            targets: &[Some(wgpu::ColorTargetState { format, blend, write_mask: wgpu::ColorWrites::ALL })],
        }),
        multiview_mask: None,
        cache: None,
    })
}
