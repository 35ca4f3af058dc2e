//! PNG images, written whole or not at all: 8 bits of sRGB per channel and nothing else in the file (no names, paths or times).

use super::target::{self, Kind, TargetError};
use std::io::Write;
use std::path::Path;

/// Says before long work whether [`write`] could write `out`: its folder exists, and only a PNG (or an empty file) is replaced.
pub fn check(out: &Path) -> Result<(), TargetError> {
    target::check(out, &Kind::Png)
}

/// Writes an image of rows from the top, four bytes (R, G, B, A) per pixel, of which A is left out.
///
/// Errors as [`check`], or when the disk refuses.
pub fn write(out: &Path, [width, height]: [u32; 2], rgba: &[u8]) -> Result<(), TargetError> {
    target::write(out, &Kind::Png, |beside| encode(beside, width, height, rgba))
}

fn encode(path: &Path, width: u32, height: u32, rgba: &[u8]) -> std::io::Result<()> {
    let mut out = std::io::BufWriter::new(std::fs::File::create(path)?);
    let mut encoder = png::Encoder::new(&mut out, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_source_srgb(png::SrgbRenderingIntent::RelativeColorimetric);
    let rgb: Vec<u8> = rgba.as_chunks::<4>().0.iter().flat_map(|p| [p[0], p[1], p[2]]).collect();
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&rgb)?;
    writer.finish()?;
    out.flush()?;
    out.get_ref().sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_png_appears_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("a.png");
        write(&out, [2, 1], &[1, 2, 3, 255, 4, 5, 6, 255]).unwrap();
        let mut reader = png::Decoder::new(std::io::BufReader::new(std::fs::File::open(&out).unwrap())).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut pixels).unwrap();
        assert_eq!(pixels[..6], [1, 2, 3, 4, 5, 6]);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside");
        write(&out, [1, 1], &[9, 9, 9, 255]).unwrap();
        assert!(write(&out, [5, 5], &[0; 8]).is_err(), "too few pixels");
        assert_eq!(png::Decoder::new(std::io::BufReader::new(std::fs::File::open(&out).unwrap())).read_info().unwrap().info().width, 1);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nor after a failure");
    }
}
