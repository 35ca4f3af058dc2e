//! PNG images, written whole or not at all: 8 bits of sRGB per channel and nothing else in the file (no names, paths or times).

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// Why an image was not written. Each message names the file and what to do.
#[derive(Debug, thiserror::Error)]
pub enum PngError {
    #[error("{} is a folder; give a file name", .0.display())]
    IsFolder(PathBuf),
    #[error("{} is not a folder; make it first", .0.display())]
    NoFolder(PathBuf),
    #[error("{} is not a regular file and is not replaced; choose another name", .0.display())]
    NotRegular(PathBuf),
    #[error("{} exists and is no PNG; it is not replaced, choose another name", .0.display())]
    NotPng(PathBuf),
    #[error("{} could not be written: {source}", path.display())]
    Write { path: PathBuf, source: std::io::Error },
}

/// Says before long work whether [`write`] could write `out`: its folder exists, and only a PNG (or an empty file) is replaced, neither
/// another program's file nor a link, pipe or device.
pub fn check(out: &Path) -> Result<(), PngError> {
    folder_of(out)?;
    let Ok(meta) = std::fs::symlink_metadata(out) else { return Ok(()) };
    if !meta.is_file() {
        return Err(PngError::NotRegular(out.to_owned()));
    }
    let mut start = Vec::new();
    let read = std::fs::File::open(out).and_then(|f| f.take(8).read_to_end(&mut start));
    read.map_err(|source| PngError::Write { path: out.to_owned(), source })?;
    if start.is_empty() || start == b"\x89PNG\r\n\x1a\n" { Ok(()) } else { Err(PngError::NotPng(out.to_owned())) }
}

/// Writes an image of rows from the top, four bytes (R, G, B, A) per pixel, of which A is left out.
///
/// Written beside and renamed, so that a half-written image never bears its name. Errors as [`check`], or when the disk refuses.
pub fn write(out: &Path, [width, height]: [u32; 2], rgba: &[u8]) -> Result<(), PngError> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    check(out)?;
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let beside = folder_of(out)?.join(format!(".voxaudit-{}-{number}.png.part", std::process::id()));
    let written = encode(&beside, width, height, rgba).and_then(|()| std::fs::rename(&beside, out));
    if written.is_err() {
        let _ = std::fs::remove_file(&beside); // may never have been made
    }
    written.map_err(|source| PngError::Write { path: out.to_owned(), source })
}

/// The folder the image goes to, which must exist.
fn folder_of(out: &Path) -> Result<PathBuf, PngError> {
    let folder = match out.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    match (out.is_dir(), folder.is_dir()) {
        (true, _) => Err(PngError::IsFolder(out.to_owned())),
        (false, false) => Err(PngError::NoFolder(folder.to_owned())),
        (false, true) => Ok(folder.to_owned()),
    }
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

    #[test]
    fn only_a_png_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let ct = folder.path().join("ct.nii.gz");
        std::fs::write(&ct, b"\x1f\x8b voxels").unwrap();
        assert!(check(&ct).unwrap_err().to_string().contains("no PNG"));
        assert!(write(&ct, [1, 1], &[0; 4]).is_err() && std::fs::read(&ct).unwrap().starts_with(b"\x1f\x8b"));
        assert!(check(&folder.path().join("new.png")).is_ok());
        assert!(check(&folder.path().join("no/such.png")).unwrap_err().to_string().contains("make it first"));
        assert!(check(folder.path()).unwrap_err().to_string().contains("is a folder"));
    }
}
