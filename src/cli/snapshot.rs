//! `voxaudit snapshot`: one slice as PNG, drawn by the same GPU pass as the window.

use super::output::{Progress, note, say, settle};
use crate::formats::case::{self, CaseFiles, LoadedCase};
use crate::formats::nifti::LoadOptions;
use crate::gpu::caption::{self, Caption};
use crate::gpu::offscreen::{Offscreen, RgbaImage};
use crate::gpu::{Interpolation, Look, Overlay, Scene, SliceRequest};
use crate::space::{Convention, Grid, Plane, RasMm, SliceFrame};
use crate::volume::Window;
use anyhow::Context;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// One slice of a CT as PNG, drawn by the same GPU path as the window.
///
/// Outside the volume is black. Without a graphics card, Mesa's software driver does (package mesa-vulkan-drivers).
#[derive(clap::Args)]
#[command(
    after_help = "Example:\n  voxaudit snapshot --ct ct.nii.gz --labels seg.nii.gz --plane axial --at 12,-30.5,210 --annotations --out slice.png"
)]
pub struct Args {
    /// The CT, NIfTI.
    #[arg(long, value_name = "F")]
    ct: PathBuf,
    /// A label map, or a folder of one mask per structure.
    #[arg(long, value_name = "F")]
    labels: Option<PathBuf>,
    /// axial, coronal or sagittal.
    #[arg(long)]
    plane: Plane,
    /// Patient position (Right, Anterior, Superior in mm) at the centre of the image.
    #[arg(long, value_name = "R,A,S", value_parser = parse_at, allow_hyphen_values = true)]
    at: RasMm,
    /// Window width and level in HU.
    #[arg(long, value_name = "W/L", value_parser = parse_window, default_value = "400/40", allow_hyphen_values = true)]
    window: Window,
    /// Image size in pixels.
    #[arg(long, value_name = "WxH", value_parser = parse_size, default_value = "512x512")]
    size: [u32; 2],
    /// Scale; without it the whole volume fits when --at is its centre.
    #[arg(long, value_name = "X", value_parser = parse_scale)]
    mm_per_pixel: Option<f64>,
    #[arg(long, value_enum, default_value = "linear")]
    interpolation: InterpolationArg,
    /// How labels are drawn.
    #[arg(long, value_enum, default_value = "fill")]
    overlay: OverlayArg,
    /// Opacity of the fill, 0 to 1.
    #[arg(long, value_name = "0..1", value_parser = parse_opacity, default_value = "0.35")]
    opacity: f32,
    #[arg(long, value_enum, default_value = "radiological")]
    convention: ConventionArg,
    /// Edge letters, position, window and a scale bar.
    #[arg(long)]
    annotations: bool,
    /// Which volume of a 4D CT, from 0.
    #[arg(long, value_name = "N")]
    frame: Option<usize>,
    /// The PNG to write; an earlier PNG is replaced, nothing else is.
    #[arg(long, value_name = "F.png")]
    out: PathBuf,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum InterpolationArg {
    Linear,
    Nearest,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum OverlayArg {
    Fill,
    Outline,
    None,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum ConventionArg {
    Radiological,
    Neurological,
}

pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    // Before minutes of reading.
    let folder = folder_of(&args.out)?;
    check_replaced(&args.out)?;
    let mut gpu = Offscreen::new()?;
    let loaded = load(args)?;
    loaded.warnings.iter().for_each(|warning| note(format_args!("voxaudit: note: {warning}")));
    let volume = loaded.volume.as_ref().context("the CT has no voxels")?;
    let request = request(args, &volume.grid, &loaded);
    if volume.grid.nearest(args.at).is_none() {
        note(format_args!("voxaudit: note: --at lies outside the volume, which spans {}", volume.grid.bounds()));
    }
    let grid = volume.grid;
    let scene = Scene::new(loaded.volume, loaded.labels);
    let mut image = gpu.render(&scene, &request)?;
    if let Some(notice) = scene.notice() {
        note(format_args!("voxaudit: note: {notice}"));
    }
    if args.annotations {
        caption::draw(&mut image, &words(args, &grid, &request));
    }
    write_png(&folder, &args.out, &image).with_context(|| format!("{} could not be written", args.out.display()))?;
    settle(true, say(format_args!("{} ({}×{})", args.out.display(), image.width, image.height)))?;
    Ok(ExitCode::SUCCESS)
}

fn load(args: &Args) -> anyhow::Result<LoadedCase> {
    let files = CaseFiles { image: Some(args.ct.clone()), masks: args.labels.clone() };
    Ok(case::load(&files, &LoadOptions { frame: args.frame, ..LoadOptions::default() }, &Progress::new("reading"))?)
}

fn request(args: &Args, grid: &Grid, loaded: &LoadedCase) -> SliceRequest {
    let mm_per_pixel = args.mm_per_pixel.unwrap_or_else(|| fit(grid, args.plane, args.size));
    let look = Look {
        window: args.window,
        interpolation: match args.interpolation {
            InterpolationArg::Linear => Interpolation::Linear,
            InterpolationArg::Nearest => Interpolation::Nearest,
        },
        overlay: match args.overlay {
            OverlayArg::Fill => Overlay::Fill,
            OverlayArg::Outline => Overlay::Outline,
            OverlayArg::None => Overlay::None,
        },
        opacity: args.opacity,
        ..Look::plain(loaded.labels.as_deref())
    };
    SliceRequest { frame: SliceFrame::new(args.plane, convention(args), args.at, mm_per_pixel), size_px: args.size, look }
}

fn convention(args: &Args) -> Convention {
    match args.convention {
        ConventionArg::Radiological => Convention::Radiological,
        ConventionArg::Neurological => Convention::Neurological,
    }
}

/// Millimetres per pixel at which the volume's box fits the image.
fn fit(grid: &Grid, plane: Plane, size: [u32; 2]) -> f64 {
    let extent = grid.bounds().size_mm();
    let (right, down) = plane.screen_axes(Convention::Radiological);
    let (width, height) = (extent.dot(right.abs()), extent.dot(down.abs()));
    (width / f64::from(size[0])).max(height / f64::from(size[1]))
}

fn words(args: &Args, grid: &Grid, request: &SliceRequest) -> Caption {
    let axis = args.plane.normal_axis();
    let at = args.at.to_array()[axis];
    let letter = if at < 0.0 { ['L', 'P', 'I'][axis] } else { ['R', 'A', 'S'][axis] };
    let slice = slice_of(grid, args).map_or_else(|| "outside".to_owned(), |(index, of)| format!("slice {}/{of}", index + 1));
    let Window { width, level } = request.look.window;
    Caption {
        edges: args.plane.edge_letters(convention(args)),
        position: format!("{}  {letter} {:.1} mm", args.plane.name(), at.abs()),
        slice,
        window: format!("W {width}  L {}", format!("{level}").replace('-', "\u{2212}")),
        mm_per_pixel: request.frame.right.length(),
    }
}

/// Index (from 0, in file order) and number of slices along the file axis closest to the plane's normal.
fn slice_of(grid: &Grid, args: &Args) -> Option<(usize, usize)> {
    let axis = grid.affine.closest_axes().iter().position(|&(patient, _)| patient == args.plane.normal_axis())?;
    grid.nearest(args.at).map(|voxel| (voxel[axis], grid.size[axis]))
}

/// The folder the image goes to, which must exist.
fn folder_of(out: &Path) -> anyhow::Result<PathBuf> {
    let folder = match out.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    anyhow::ensure!(!out.is_dir(), "{} is a folder; give --out a file name", out.display());
    anyhow::ensure!(folder.is_dir(), "{} is not a folder; make it first", folder.display());
    Ok(folder.to_owned())
}

/// Only a PNG (or an empty file) is replaced: neither an input, nor another program's file, nor a link, pipe or device.
fn check_replaced(out: &Path) -> anyhow::Result<()> {
    let Ok(meta) = std::fs::symlink_metadata(out) else { return Ok(()) };
    anyhow::ensure!(meta.is_file(), "{} is not a regular file and is not replaced; choose another name", out.display());
    let mut start = Vec::new();
    std::fs::File::open(out).and_then(|f| f.take(8).read_to_end(&mut start)).with_context(|| out.display().to_string())?;
    let png = start.is_empty() || start == b"\x89PNG\r\n\x1a\n";
    anyhow::ensure!(png, "{} exists and is no PNG; it is not replaced, choose another name", out.display());
    Ok(())
}

/// Writes beside the target and renames, so that a half-written image never bears its name.
fn write_png(folder: &Path, out: &Path, image: &RgbaImage) -> anyhow::Result<()> {
    let beside = folder.join(format!(".voxaudit-{}.png.part", std::process::id()));
    let written = encode(&beside, image).and_then(|()| Ok(std::fs::rename(&beside, out)?));
    if written.is_err() {
        let _ = std::fs::remove_file(&beside); // may never have been made
    }
    written
}

fn encode(path: &Path, image: &RgbaImage) -> anyhow::Result<()> {
    let mut out = std::io::BufWriter::new(std::fs::File::create(path)?);
    let mut encoder = png::Encoder::new(&mut out, image.width, image.height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_source_srgb(png::SrgbRenderingIntent::RelativeColorimetric);
    let rgb: Vec<u8> = image.pixels.chunks_exact(4).flat_map(|p| [p[0], p[1], p[2]]).collect();
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&rgb)?;
    writer.finish()?;
    out.flush()?;
    out.get_ref().sync_all()?;
    Ok(())
}

fn parse_at(text: &str) -> Result<RasMm, String> {
    let numbers: Vec<f64> = text.split(',').map(|part| number(part, "a position")).collect::<Result<_, _>>()?;
    match numbers[..] {
        [r, a, s] => Ok(RasMm::new(r, a, s)),
        _ => Err(format!("'{text}' is not three numbers R,A,S in mm, such as 12,-30.5,210")),
    }
}

fn parse_window(text: &str) -> Result<Window, String> {
    let (width, level) = text.split_once('/').ok_or_else(|| format!("'{text}' is not W/L, such as 400/40 or 1500/-600"))?;
    let (width, level) = (number(width, "a window width")?, number(level, "a window level")?);
    if !(1.0..=200_000.0).contains(&width) {
        return Err(format!("a window width of {width} HU is not from 1 to 200000"));
    }
    if level.abs() > 200_000.0 {
        return Err(format!("a window level of {level} HU is not from -200000 to 200000"));
    }
    Ok(Window { width: width as f32, level: level as f32 })
}

fn parse_size(text: &str) -> Result<[u32; 2], String> {
    let wrong = || format!("'{text}' is not WxH in pixels, such as 512x512");
    let (width, height) = text.split_once(['x', '×']).ok_or_else(wrong)?;
    let side = |part: &str| part.trim().parse::<u32>().ok().filter(|&n| n > 0).ok_or_else(wrong);
    Ok([side(width)?, side(height)?])
}

fn parse_scale(text: &str) -> Result<f64, String> {
    let scale = number(text, "a scale")?;
    if (1e-6..=1e6).contains(&scale) { Ok(scale) } else { Err(format!("'{text}' is not a scale in mm per pixel above 0")) }
}

fn parse_opacity(text: &str) -> Result<f32, String> {
    let opacity = number(text, "an opacity")?;
    if (0.0..=1.0).contains(&opacity) { Ok(opacity as f32) } else { Err(format!("'{text}' is not an opacity from 0 to 1")) }
}

fn number(text: &str, what: &str) -> Result<f64, String> {
    let value = text.trim().parse::<f64>().map_err(|_| format!("'{text}' is not {what}: a number is needed"))?;
    if value.is_finite() { Ok(value) } else { Err(format!("'{text}' is not {what}: it must be finite")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::Affine;

    #[test]
    fn good_arguments_are_read() {
        assert_eq!(parse_at("12,-30.5, 210").unwrap().to_array(), [12.0, -30.5, 210.0]);
        assert_eq!(parse_window("1500/-600").unwrap(), Window { width: 1500.0, level: -600.0 });
        assert_eq!(parse_size("640x480").unwrap(), [640, 480]);
        assert_eq!((parse_scale("0.5").unwrap(), parse_opacity("1").unwrap()), (0.5, 1.0));
    }

    #[test]
    fn bad_arguments_are_refused() {
        for text in ["", "1,2", "1,2,3,4", "1,NaN,3", "inf,0,0", "1;2;3", "a,b,c"] {
            assert!(parse_at(text).is_err(), "{text}");
        }
        for text in ["400", "0/40", "-5/40", "0.5/40", "NaN/40", "400/inf", "/", "1e9/0"] {
            assert!(parse_window(text).is_err(), "{text}");
        }
        for text in ["0x5", "5x0", "5", "-1x5", "5x", "99999999999x1", "1.5x2"] {
            assert!(parse_size(text).is_err(), "{text}");
        }
        assert!(["0", "-1", "NaN", "x"].iter().all(|text| parse_scale(text).is_err()));
        assert!(["-0.1", "1.1", "NaN", "x"].iter().all(|text| parse_opacity(text).is_err()));
    }

    #[test]
    fn the_whole_volume_fits() {
        let affine = Affine::from_rows([[-2.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 5.0, 0.0]]).unwrap();
        let grid = Grid { size: [100, 100, 60], affine };
        assert_eq!(fit(&grid, Plane::Axial, [100, 100]), 2.0);
        assert_eq!(fit(&grid, Plane::Coronal, [100, 100]), 3.0);
        assert_eq!(fit(&grid, Plane::Sagittal, [50, 300]), 2.0);
    }

    #[test]
    fn a_png_appears_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let image = RgbaImage { width: 2, height: 1, pixels: vec![1, 2, 3, 255, 4, 5, 6, 255] };
        let out = folder.path().join("a.png");
        write_png(folder.path(), &out, &image).unwrap();
        let mut reader = png::Decoder::new(std::io::BufReader::new(std::fs::File::open(&out).unwrap())).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut pixels).unwrap();
        assert_eq!(pixels[..6], [1, 2, 3, 4, 5, 6]);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside");
        check_replaced(&out).unwrap();
        check_replaced(&folder.path().join("new.png")).unwrap();
        let ct = folder.path().join("ct.nii.gz");
        std::fs::write(&ct, b"\x1f\x8b voxels").unwrap();
        assert!(check_replaced(&ct).unwrap_err().to_string().contains("no PNG"));
        let missing = folder.path().join("no/such.png");
        assert!(folder_of(&missing).is_err() && folder_of(folder.path()).is_err());
    }
}
