//! `voxaudit snapshot`: one slice as PNG, drawn by the same GPU pass as the window.

use super::drawing::{Drawing, Input, fit, parse_at, parse_scale, parse_size};
use super::output::{note, say, settle};
use crate::formats::png;
use crate::gpu::caption::{self, Caption};
use crate::gpu::offscreen::Offscreen;
use crate::gpu::{Scene, SliceRequest, strip};
use crate::space::{Grid, Plane, RasMm, SliceFrame};
use crate::volume::LabelSet;
use std::path::PathBuf;
use std::process::ExitCode;

/// One slice of a CT as PNG, drawn by the same GPU path as the window.
///
/// Outside the volume is black. Without a graphics card, Mesa's software driver does (package mesa-vulkan-drivers).
#[derive(clap::Args)]
#[command(
    after_help = "Example:\n  voxaudit snapshot --ct ct.nii.gz --labels seg.nii.gz --plane axial --at 12,-30.5,210 --annotations --out slice.png"
)]
pub struct Args {
    #[command(flatten)]
    input: Input,
    /// axial, coronal or sagittal.
    #[arg(long)]
    plane: Plane,
    /// Patient position (Right, Anterior, Superior in mm) at the centre of the image.
    #[arg(long, value_name = "R,A,S", value_parser = parse_at, allow_hyphen_values = true)]
    at: RasMm,
    /// Image size in pixels.
    #[arg(long, value_name = "WxH", value_parser = parse_size, default_value = "512x512")]
    size: [u32; 2],
    /// Scale; without it the whole volume fits when --at is its centre.
    #[arg(long, value_name = "X", value_parser = parse_scale)]
    mm_per_pixel: Option<f64>,
    #[command(flatten)]
    drawing: Drawing,
    /// Edge letters, position, window and a scale bar.
    #[arg(long)]
    annotations: bool,
    /// The PNG to write; an earlier PNG is replaced, nothing else is.
    #[arg(long, value_name = "F.png")]
    out: PathBuf,
}

pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    png::check(&args.out)?; // before minutes of reading
    let mut gpu = Offscreen::new()?;
    let data = args.input.load()?;
    let grid = data.volume.grid;
    let request = request(args, &grid, data.labels.as_deref());
    if grid.nearest(args.at).is_none() {
        note(format_args!("voxaudit: note: --at lies outside the volume, which spans {}", grid.bounds()));
    }
    let scene = Scene::new(Some(data.volume), data.labels);
    let mut image = gpu.render(&scene, &request)?;
    if let Some(notice) = scene.notice() {
        note(format_args!("voxaudit: note: {notice}"));
    }
    if args.annotations {
        caption::draw(&mut image, &words(args, &grid, &request));
    }
    png::write(&args.out, [image.width, image.height], &image.pixels)?;
    settle(true, say(format_args!("{} ({}×{})", args.out.display(), image.width, image.height)))?;
    Ok(ExitCode::SUCCESS)
}

fn request(args: &Args, grid: &Grid, labels: Option<&LabelSet>) -> SliceRequest {
    let mm_per_pixel = args.mm_per_pixel.unwrap_or_else(|| fit(grid, args.plane, args.size));
    let frame = SliceFrame::new(args.plane, args.drawing.convention(), args.at, mm_per_pixel);
    SliceRequest { frame, size_px: args.size, look: args.drawing.look(labels) }
}

fn words(args: &Args, grid: &Grid, request: &SliceRequest) -> Caption {
    let slice = slice_of(grid, args).map_or_else(|| "outside".to_owned(), |(index, of)| format!("slice {}/{of}", index + 1));
    Caption {
        edges: args.plane.edge_letters(args.drawing.convention()),
        position: format!("{}  {}", args.plane.name(), caption::position(args.plane, args.at.to_array()[args.plane.normal_axis()])),
        slice,
        window: strip::look_words(&request.look).join("  "),
        mm_per_pixel: Some(request.frame.right.length()),
    }
}

/// Index (from 0, in file order) and number of slices along the file axis closest to the plane's normal.
fn slice_of(grid: &Grid, args: &Args) -> Option<(usize, usize)> {
    let axis = grid.affine.closest_axes().iter().position(|&(patient, _)| patient == args.plane.normal_axis())?;
    grid.nearest(args.at).map(|voxel| (voxel[axis], grid.size[axis]))
}
