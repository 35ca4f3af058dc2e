//! The colour table of a label layer: one RGBA texel per label value, 256 values to a row, the label's opacity as
//! alpha, 0 where it is hidden.

use super::scene::LabelStyle;
use crate::volume::{Label, LabelSet};

/// Rows a layer's table needs, without the transparent row at its end.
pub fn rows(labels: &LabelSet, layer: usize) -> u32 {
    let largest = labels.table.iter().filter(|l| l.layer == layer).map(|l| l.value).max().unwrap_or(0);
    u32::from(largest >> 8) + 1
}

/// Texture of one layer's table, empty.
pub fn create(device: &wgpu::Device, rows: u32) -> wgpu::Texture {
    device.create_texture(&wgpu::TextureDescriptor {
        label: Some("label styles"),
        size: wgpu::Extent3d { width: 256, height: rows + 1, depth_or_array_layers: 1 },
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format: wgpu::TextureFormat::Rgba8Unorm,
        usage: wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::COPY_DST,
        view_formats: &[],
    })
}

/// Fills `out` with the table of `layer`.
pub fn fill(labels: &LabelSet, layer: usize, styles: &[LabelStyle], rows: u32, out: &mut Vec<[u8; 4]>) {
    out.clear();
    out.resize(256 * (rows as usize + 1), [0; 4]);
    for (n, label) in labels.table.iter().enumerate().filter(|(_, l)| l.layer == layer && l.value != 0) {
        if let Some(entry) = out.get_mut(usize::from(label.value)) {
            *entry = texel(label, styles.get(n));
        }
    }
}

/// Colour and alpha of a label; in its own colour when it has no style.
pub fn texel(label: &Label, style: Option<&LabelStyle>) -> [u8; 4] {
    let LabelStyle { color: [r, g, b], visible, opacity } = style.copied().unwrap_or(LabelStyle::plain(label.color));
    [r, g, b, if visible { opacity } else { 0 }]
}

/// Whether anything of `layer` is to be seen.
pub fn any_visible(labels: &LabelSet, layer: usize, styles: &[LabelStyle]) -> bool {
    let table = labels.table.iter().enumerate().filter(|(_, l)| l.layer == layer && l.value != 0 && l.voxels > 0);
    table.into_iter().any(|(n, _)| styles.get(n).is_none_or(|s| s.visible && s.opacity > 0))
}

/// Uploads a filled table and returns its bytes.
pub fn write(queue: &wgpu::Queue, texture: &wgpu::Texture, table: &[[u8; 4]]) -> u64 {
    let bytes: &[u8] = bytemuck::cast_slice(table);
    let layout = wgpu::TexelCopyBufferLayout { offset: 0, bytes_per_row: Some(256 * 4), rows_per_image: None };
    queue.write_texture(texture.as_image_copy(), bytes, layout, texture.size());
    bytes.len() as u64
}
