//! What `snapshot` and `montage` share: where the data is, how slices are drawn, and how their arguments are read.

use super::output::{Progress, note};
use crate::formats::case::{self, CaseFiles, LoadedCase};
use crate::formats::nifti::LoadOptions;
use crate::gpu::{Interpolation, Look, Overlay, Slab, SlabMode};
use crate::space::{Convention, Grid, Plane, RasMm};
use crate::volume::{LabelSet, Volume, Window};
use anyhow::Context;
use std::path::PathBuf;
use std::sync::Arc;

#[derive(clap::Args)]
pub struct Input {
    /// The CT, NIfTI.
    #[arg(long, value_name = "F")]
    ct: PathBuf,
    /// A label map, or a folder of one mask per structure.
    #[arg(long, value_name = "F")]
    pub labels: Option<PathBuf>,
    /// Which volume of a 4D CT, from 0.
    #[arg(long, value_name = "N")]
    frame: Option<usize>,
}

/// What was read, with the volume that must be there.
pub struct Data {
    pub volume: Arc<Volume>,
    pub labels: Option<Arc<LabelSet>>,
}

impl Input {
    /// Reads the files and says what a reader should know about them.
    pub fn load(&self) -> anyhow::Result<Data> {
        let files = CaseFiles { image: Some(self.ct.clone()), masks: self.labels.clone() };
        let options = LoadOptions { frame: self.frame, ..LoadOptions::default() };
        let LoadedCase { volume, labels, warnings } = case::load(&files, &options, &Progress::new("reading"))?;
        warnings.iter().for_each(|warning| note(format_args!("voxaudit: note: {warning}")));
        Ok(Data { volume: volume.context("the CT has no voxels")?, labels })
    }
}

#[derive(clap::Args)]
pub struct Drawing {
    /// Window width and level in HU.
    #[arg(long, value_name = "W/L", value_parser = parse_window, default_value = "400/40", allow_hyphen_values = true)]
    window: Window,
    /// Bright becomes dark.
    #[arg(long)]
    invert: bool,
    #[arg(long, value_enum, default_value = "linear")]
    interpolation: InterpolationArg,
    /// Several slices of the CT as one; labels are those of the middle.
    #[arg(long, value_enum, requires = "thickness")]
    slab: Option<SlabArg>,
    /// How thick a slab is.
    #[arg(long, value_name = "MM", value_parser = parse_thickness, requires = "slab")]
    thickness: Option<f64>,
    /// How labels are drawn.
    #[arg(long, value_enum, default_value = "fill")]
    overlay: OverlayArg,
    /// Opacity of the fill, 0 to 1.
    #[arg(long, value_name = "0..1", value_parser = parse_opacity, default_value = "0.35")]
    opacity: f32,
    #[arg(long, value_enum, default_value = "radiological")]
    convention: ConventionArg,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum InterpolationArg {
    Linear,
    Nearest,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum SlabArg {
    Max,
    Min,
    Mean,
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

impl Drawing {
    pub fn look(&self, labels: Option<&LabelSet>) -> Look {
        Look {
            window: self.window,
            interpolation: match self.interpolation {
                InterpolationArg::Linear => Interpolation::Linear,
                InterpolationArg::Nearest => Interpolation::Nearest,
            },
            invert: self.invert,
            slab: self.slab(),
            overlay: match self.overlay {
                OverlayArg::Fill => Overlay::Fill,
                OverlayArg::Outline => Overlay::Outline,
                OverlayArg::None => Overlay::None,
            },
            opacity: self.opacity,
            ..Look::plain(labels)
        }
    }

    fn slab(&self) -> Slab {
        let mode = match self.slab {
            Some(SlabArg::Max) => SlabMode::Max,
            Some(SlabArg::Min) => SlabMode::Min,
            Some(SlabArg::Mean) => SlabMode::Mean,
            None => return Slab::Thin,
        };
        self.thickness.map_or(Slab::Thin, |mm| Slab::Of { mode, mm })
    }

    pub fn convention(&self) -> Convention {
        match self.convention {
            ConventionArg::Radiological => Convention::Radiological,
            ConventionArg::Neurological => Convention::Neurological,
        }
    }
}

/// Millimetres per pixel at which the volume's box fits the image.
pub fn fit(grid: &Grid, plane: Plane, size: [u32; 2]) -> f64 {
    let extent = grid.bounds().size_mm();
    let (right, down) = plane.screen_axes(Convention::Radiological);
    let (width, height) = (extent.dot(right.abs()), extent.dot(down.abs()));
    (width / f64::from(size[0])).max(height / f64::from(size[1]))
}

pub fn parse_at(text: &str) -> Result<RasMm, String> {
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

pub fn parse_size(text: &str) -> Result<[u32; 2], String> {
    let wrong = || format!("'{text}' is not WxH in pixels, such as 512x512");
    let (width, height) = text.split_once(['x', '×']).ok_or_else(wrong)?;
    let side = |part: &str| part.trim().parse::<u32>().ok().filter(|&n| n > 0).ok_or_else(wrong);
    Ok([side(width)?, side(height)?])
}

pub fn parse_scale(text: &str) -> Result<f64, String> {
    let scale = number(text, "a scale")?;
    if (1e-6..=1e6).contains(&scale) { Ok(scale) } else { Err(format!("'{text}' is not a scale in mm per pixel above 0")) }
}

/// A thickness as the window allows it.
fn parse_thickness(text: &str) -> Result<f64, String> {
    let mm = number(text, "a thickness")?;
    if (0.1..=1000.0).contains(&mm) { Ok(mm) } else { Err(format!("'{text}' is not a thickness from 0.1 to 1000 mm")) }
}

fn parse_opacity(text: &str) -> Result<f32, String> {
    let opacity = number(text, "an opacity")?;
    if (0.0..=1.0).contains(&opacity) { Ok(opacity as f32) } else { Err(format!("'{text}' is not an opacity from 0 to 1")) }
}

pub fn number(text: &str, what: &str) -> Result<f64, String> {
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
        assert_eq!((parse_scale("0.5").unwrap(), parse_opacity("1").unwrap(), parse_thickness("7.5").unwrap()), (0.5, 1.0, 7.5));
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
        assert!(["0", "-3", "1001", "NaN", "x"].iter().all(|text| parse_thickness(text).is_err()));
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
}
