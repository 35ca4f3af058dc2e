//! `voxaudit montage`: several slices of a CT as one PNG, for a figure; each tile is drawn as `snapshot` draws it.

use super::drawing::{Drawing, Input, fit, number, parse_at, parse_scale, parse_size};
use super::output::{note, say, settle};
use crate::formats::png;
use crate::gpu::caption::{self, Caption};
use crate::gpu::montage::{Tiling, from_to, middles, put};
use crate::gpu::offscreen::{Offscreen, RgbaImage};
use crate::gpu::strip::{self, Legend};
use crate::gpu::{Scene, SliceRequest};
use crate::jobs::signals;
use crate::space::{Grid, Plane, RasMm, SliceFrame};
use crate::volume::LabelSet;
use anyhow::Context;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// Structures that a legend names, at most.
const MOST_NAMED: usize = 12;

/// Evenly spaced slices of a CT as one PNG, each drawn as by `snapshot`.
///
/// Without --structure, --range or --from the slices are the middles of as many equal parts of the volume, from the superior, anterior or
/// right end.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  voxaudit montage --ct ct.nii.gz --labels seg.nii.gz --plane axial --slices 12 --annotations --caption --out fig.png\n  \
                  voxaudit montage --ct ct.nii.gz --plane coronal --slices 6 --range 40..-40 --window 1500/-600 --out lungs.png"
)]
pub struct Args {
    #[command(flatten)]
    input: Input,
    /// axial, coronal or sagittal.
    #[arg(long)]
    plane: Plane,
    /// How many slices, 1 to 1000.
    #[arg(long, value_name = "N", value_parser = parse_count)]
    slices: u32,
    /// Only where this structure is; with --mm-per-pixel the tiles are centred on it.
    #[arg(long, value_name = "NAME", requires = "labels", conflicts_with_all = ["range", "from"])]
    structure: Option<String>,
    /// First and last position along the plane's normal, in mm towards Superior, Anterior or Right.
    #[arg(long, value_name = "MM..MM", value_parser = parse_range, allow_hyphen_values = true, conflicts_with = "from")]
    range: Option<(f64, f64)>,
    /// Patient position (Right, Anterior, Superior in mm) at the centre of the first tile.
    #[arg(long, value_name = "R,A,S", value_parser = parse_at, allow_hyphen_values = true, requires = "to")]
    from: Option<RasMm>,
    /// The same for the last tile.
    #[arg(long, value_name = "R,A,S", value_parser = parse_at, allow_hyphen_values = true, requires = "from")]
    to: Option<RasMm>,
    /// Tiles in a row; without it the sheet is about as wide as high.
    #[arg(long, value_name = "C", value_parser = clap::value_parser!(u32).range(1..=1000))]
    columns: Option<u32>,
    /// Size of a tile in pixels.
    #[arg(long, value_name = "WxH", value_parser = parse_size, default_value = "256x256")]
    tile: [u32; 2],
    /// Scale; without it the whole slice fits into a tile.
    #[arg(long, value_name = "X", value_parser = parse_scale)]
    mm_per_pixel: Option<f64>,
    #[command(flatten)]
    drawing: Drawing,
    /// Position and edge letters in each tile.
    #[arg(long)]
    annotations: bool,
    /// Under the tiles: plane, positions, window, a scale bar and the structures with their colours.
    #[arg(long)]
    caption: bool,
    /// The PNG to write; an earlier PNG is replaced, nothing else is.
    #[arg(long, value_name = "F.png")]
    out: PathBuf,
}

pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    png::check(&args.out)?; // before minutes of reading
    let tiling = Tiling::new(args.slices, args.columns, args.tile)?;
    let mut gpu = Offscreen::new()?;
    let data = args.input.load()?;
    let (grid, labels) = (data.volume.grid, data.labels.clone());
    let centres = centres(args, &grid, labels.as_deref())?;
    check_inside(args, &grid, &centres)?;
    let requests = requests(args, &grid, labels.as_deref(), &centres);
    let scene = Scene::new(Some(data.volume), data.labels);
    let mut sheet = tiling.sheet();
    for (k, request) in (0..).zip(&requests) {
        if signals::asked() {
            anyhow::bail!("stopped; nothing was written");
        }
        let mut tile = gpu.render(&scene, request)?;
        if args.annotations {
            caption::draw(&mut tile, &words(args, request));
        }
        put(&mut sheet, &tile, tiling.place(k));
    }
    if let Some(notice) = scene.notice() {
        note(format_args!("voxaudit: note: {notice}"));
    }
    let image = if args.caption { strip::under(&sheet, &legend(args, &scene, &requests)) } else { sheet };
    finish(args, &tiling, &image)
}

fn finish(args: &Args, tiling: &Tiling, image: &RgbaImage) -> anyhow::Result<ExitCode> {
    let RgbaImage { width, height, pixels } = image;
    png::write(&args.out, [*width, *height], pixels)?;
    let shape = format!("{} of {}×{}", crate::ui::count(args.slices as usize, "slice"), tiling.columns(), tiling.rows());
    settle(true, say(format_args!("{} ({width}×{height}, {shape})", args.out.display())))?;
    Ok(ExitCode::SUCCESS)
}

/// Patient position at the centre of each tile.
fn centres(args: &Args, grid: &Grid, labels: Option<&LabelSet>) -> anyhow::Result<Vec<RasMm>> {
    let normal = args.plane.normal_axis();
    let bounds = grid.bounds();
    let middle = (bounds.min.0 + bounds.max.0) / 2.0;
    if let (Some(from), Some(to)) = (args.from, args.to) {
        let apart = (from.0 - to.0)[normal].abs() > 1e-6 || args.slices == 1;
        anyhow::ensure!(apart, "--from and --to lie on the same {} slice; give positions on different slices", args.plane.name());
        return Ok(from_to(args.slices, 0.0, 1.0).into_iter().map(|share| RasMm(from.0.lerp(to.0, share))).collect());
    }
    let (middle, along) = match (args.range, &args.structure) {
        (Some((first, last)), _) => (middle, from_to(args.slices, first, last)),
        (None, Some(name)) => {
            let b = labels
                .context("there are no labels")?
                .extent(find(args, labels, name)?)
                .with_context(|| format!("{name} has no voxels"))?;
            let centre = if args.mm_per_pixel.is_some() { (b.min.0 + b.max.0) / 2.0 } else { middle };
            (centre, middles(args.slices, b.max.0[normal], b.min.0[normal]))
        }
        (None, None) => (middle, middles(args.slices, bounds.max.0[normal], bounds.min.0[normal])),
    };
    let at = |mm| {
        let mut centre = middle;
        centre[normal] = mm;
        RasMm(centre)
    };
    Ok(along.into_iter().map(at).collect())
}

/// A structure by its name, whatever its case and underscores.
fn find(args: &Args, labels: Option<&LabelSet>, name: &str) -> anyhow::Result<usize> {
    let table = labels.map_or(&[][..], |l| &l.table);
    let plain = |text: &str| text.to_lowercase().replace(['_', '-'], " ");
    let file = args.input.labels.as_ref().and_then(|f| f.file_name()).map_or_else(String::new, |n| n.to_string_lossy().into_owned());
    table.iter().position(|l| plain(&l.name) == plain(name)).with_context(|| {
        let mut names: Vec<&str> = table.iter().take(8).map(|l| l.name.as_str()).collect();
        names.extend((table.len() > 8).then_some("…"));
        format!("there is no structure '{name}' in {file}; it has {}", if names.is_empty() { "none".to_owned() } else { names.join(", ") })
    })
}

/// Slices that are nowhere in the volume would be black tiles: all of them are an error, some of them worth a note.
fn check_inside(args: &Args, grid: &Grid, centres: &[RasMm]) -> anyhow::Result<()> {
    let (normal, bounds) = (args.plane.normal_axis(), grid.bounds());
    let span = bounds.min.0[normal]..=bounds.max.0[normal];
    let outside = centres.iter().filter(|c| !span.contains(&c.0[normal])).count();
    anyhow::ensure!(outside < centres.len(), "every slice lies outside the volume, which spans {bounds}");
    if outside > 0 {
        note(format_args!("voxaudit: note: {outside} of {} slices lie outside the volume, which spans {bounds}", centres.len()));
    }
    Ok(())
}

fn requests(args: &Args, grid: &Grid, labels: Option<&LabelSet>, centres: &[RasMm]) -> Vec<SliceRequest> {
    let mm_per_pixel = args.mm_per_pixel.unwrap_or_else(|| fit(grid, args.plane, args.tile));
    let look = args.drawing.look(labels);
    let request = |centre: &RasMm| SliceRequest {
        frame: SliceFrame::new(args.plane, args.drawing.convention(), *centre, mm_per_pixel),
        size_px: args.tile,
        look: look.clone(),
    };
    centres.iter().map(request).collect()
}

fn place(args: &Args, request: &SliceRequest) -> String {
    caption::position(args.plane, request.frame.centre.0[args.plane.normal_axis()]).to_string()
}

/// What is written on a tile; what is the same for all of them stands in the caption.
fn words(args: &Args, request: &SliceRequest) -> Caption {
    Caption {
        edges: args.plane.edge_letters(args.drawing.convention()),
        position: place(args, request),
        slice: String::new(),
        window: String::new(),
        mm_per_pixel: None,
    }
}

fn legend(args: &Args, scene: &Arc<Scene>, requests: &[SliceRequest]) -> Legend {
    let mut legend = Legend { words: vec![format!("{} slices", args.plane.name())], ..Legend::default() };
    if let (Some(first), Some(last)) = (requests.first(), requests.last()) {
        let (a, b) = (place(args, first), place(args, last));
        legend.words.push(if a == b { a } else { format!("{a} to {b}") });
        legend.words.extend(strip::look_words(&first.look));
        legend.mm_per_pixel = Some(first.frame.right.length());
    }
    legend.name(scene, requests, &[], MOST_NAMED);
    legend
}

fn parse_count(text: &str) -> Result<u32, String> {
    let count = text.trim().parse::<u32>().ok().filter(|n| (1..=1000).contains(n));
    count.ok_or_else(|| format!("'{text}' is not a number of slices from 1 to 1000"))
}

fn parse_range(text: &str) -> Result<(f64, f64), String> {
    let (first, last) = text.split_once("..").ok_or_else(|| format!("'{text}' is not MM..MM, such as 120..-40"))?;
    let (first, last) = (number(first, "a position")?, number(last, "a position")?);
    if first == last {
        return Err(format!("'{text}' is a single position; snapshot draws one slice"));
    }
    Ok((first, last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_ranges_are_read_or_refused() {
        assert_eq!((parse_count("12"), parse_range("120..-40.5")), (Ok(12), Ok((120.0, -40.5))));
        assert!(["0", "-1", "1001", "x", "1.5"].iter().all(|text| parse_count(text).is_err()));
        assert!(["", "5", "5..5", "a..b", "1..NaN", "1..inf", "1-2"].iter().all(|text| parse_range(text).is_err()));
    }
}
