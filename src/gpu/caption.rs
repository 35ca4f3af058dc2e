//! What a radiologist expects written on a slice image: edge letters, plane and position, window, and a scale bar.

use super::offscreen::RgbaImage;
use super::text::{TextMask, mask};
use crate::space::{EdgeLetters, Plane};
use std::fmt;

/// The words on a slice image.
#[derive(Clone, Debug, PartialEq)]
pub struct Caption {
    /// Letters at the left, right, top and bottom edge.
    pub edges: [EdgeLetters; 4],
    /// Plane and position, upper left.
    pub position: String,
    /// Index of the slice, below the position.
    pub slice: String,
    /// Window and level, lower left.
    pub window: String,
    /// For the scale bar, lower right; `None` leaves it out.
    pub mm_per_pixel: Option<f64>,
}

/// `S 112.0 mm`: where a slice lies along the plane's normal, the side by its letter and not by a sign.
pub fn position(plane: Plane, mm: f64) -> impl fmt::Display {
    let [positive, negative] = [["R", "L"], ["A", "P"], ["S", "I"]][plane.normal_axis()];
    fmt::from_fn(move |f| write!(f, "{} {:.1} mm", if mm < -0.05 { negative } else { positive }, mm.abs()))
}

/// Lengths a scale bar may have, in mm.
const BARS: [f64; 13] = [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0];

/// Writes the caption into the image. What does not fit a small image is left out, the edge letters last.
pub fn draw(image: &mut RgbaImage, caption: &Caption) {
    let [width, height] = [i64::from(image.width), i64::from(image.height)];
    let px = (image.width.min(image.height) as f32 / 30.0).clamp(11.0, 40.0);
    let margin = i64::from((px / 2.0) as u16);
    draw_edges(image, caption, px, margin);
    let line = mask("0", px).height as i64;
    if height < 8 * line {
        return;
    }
    let window = mask(&caption.window, px);
    put_if_fits(image, &mask(&caption.position, px), margin, margin);
    put_if_fits(image, &mask(&caption.slice, px), margin, margin + line);
    put_if_fits(image, &window, margin, height - margin - line);
    if let Some((mm, length)) = caption.mm_per_pixel.and_then(|scale| Some((scale_bar(width, scale)?, scale))).map(|(mm, s)| (mm, mm / s)) {
        let text = mask(&length_text(mm).to_string(), px);
        if window.width as i64 + (length as i64).max(text.width as i64) + 4 * margin < width {
            draw_bar(image, &text, length, margin);
        }
    }
}

fn put_if_fits(image: &mut RgbaImage, text: &TextMask, x: i64, y: i64) {
    if x + text.width as i64 <= i64::from(image.width) {
        text.draw(image, x, y);
    }
}

fn draw_edges(image: &mut RgbaImage, caption: &Caption, px: f32, margin: i64) {
    let [width, height] = [i64::from(image.width), i64::from(image.height)];
    for (n, letters) in caption.edges.iter().enumerate() {
        let text = mask(&letters.to_string(), px * 1.2);
        let (w, h) = (text.width as i64, text.height as i64);
        let (x, y) = match n {
            0 => (margin, (height - h) / 2),
            1 => (width - margin - w, (height - h) / 2),
            2 => ((width - w) / 2, margin),
            _ => ((width - w) / 2, height - margin - h),
        };
        if width >= 4 * w && height >= 4 * h {
            text.draw(image, x, y);
        }
    }
}

/// The length in mm of the bar on a slice of `width` pixels, in the window as in its picture: the longest one that takes at most a quarter
/// of the width; none when even that is a few pixels.
pub fn scale_bar(width: i64, mm_per_pixel: f64) -> Option<f64> {
    BARS.into_iter().rev().find(|mm| mm / mm_per_pixel <= width as f64 / 4.0).filter(|mm| mm / mm_per_pixel >= 8.0)
}

/// `50 mm`.
pub fn length_text(mm: f64) -> impl fmt::Display {
    fmt::from_fn(move |f| write!(f, "{mm} mm"))
}

fn draw_bar(image: &mut RgbaImage, text: &TextMask, length: f64, margin: i64) {
    let [width, height] = [i64::from(image.width), i64::from(image.height)];
    let (thickness, length) = ((margin / 4).max(2), length.round() as i64);
    let (left, top) = (width - margin - length, height - margin - thickness);
    for y in top - 1..=top + thickness {
        for x in left - 1..=left + length {
            let inside = (left..left + length).contains(&x) && (top..top + thickness).contains(&y);
            image.blend(x, y, [if inside { 255.0 } else { 0.0 }; 3], if inside { 1.0 } else { 0.5 });
        }
    }
    let x = (left + (length - text.width as i64) / 2).min(width - margin - text.width as i64);
    text.draw(image, x, top - 2 - text.height as i64);
}

impl RgbaImage {
    /// Mixes a colour into a pixel; nothing happens outside the image.
    pub(super) fn blend(&mut self, x: i64, y: i64, color: [f32; 3], strength: f32) {
        if x < 0 || y < 0 || x >= i64::from(self.width) || y >= i64::from(self.height) {
            return;
        }
        let at = (y as usize * self.width as usize + x as usize) * 4;
        for (byte, wanted) in self.pixels[at..at + 3].iter_mut().zip(color) {
            let mixed = f32::from(*byte) + (wanted - f32::from(*byte)) * strength;
            *byte = mixed.round().clamp(0.0, 255.0) as u8;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caption() -> Caption {
        Caption {
            edges: Plane::Axial.edge_letters(crate::space::Convention::Radiological),
            position: "axial  S 112.0 mm".into(),
            slice: "slice 3/9".into(),
            window: "W 400  L 40".into(),
            mm_per_pixel: Some(0.8),
        }
    }

    fn grey(width: u32, height: u32) -> RgbaImage {
        RgbaImage { width, height, pixels: [90, 90, 90, 255].repeat((width * height) as usize) }
    }

    #[test]
    fn every_part_is_drawn_where_it_belongs() {
        let mut image = grey(512, 512);
        draw(&mut image, &caption());
        let white = |x0: u32, x1: u32, y0: u32, y1: u32| (y0..y1).any(|y| (x0..x1).any(|x| image.at(x, y)[0] > 250));
        assert!(white(0, 40, 240, 272) && white(472, 512, 240, 272) && white(240, 272, 0, 40) && white(240, 272, 472, 512), "letters");
        assert!(white(0, 120, 0, 30) && white(0, 120, 30, 55) && white(0, 160, 480, 512), "position, slice and window");
        let bar = (0..512).filter(|&x| image.at(x, 512 - 8 - 1)[0] == 255 && x > 300).count();
        assert_eq!(bar, 125, "100 mm at 0.8 mm per pixel");
    }

    #[test]
    fn sides_are_letters_and_zero_has_no_sign() {
        let text = |plane, mm| position(plane, mm).to_string();
        assert_eq!(text(Plane::Axial, 112.04), "S 112.0 mm");
        assert_eq!(text(Plane::Coronal, -3.26), "P 3.3 mm");
        assert_eq!((text(Plane::Sagittal, -0.04), text(Plane::Sagittal, 0.0)), ("R 0.0 mm".to_owned(), "R 0.0 mm".to_owned()));
    }

    #[test]
    fn tiny_images_do_not_break() {
        for size in [(1, 1), (3, 200), (64, 20), (80, 80)] {
            draw(&mut grey(size.0, size.1), &caption());
        }
    }

    #[test]
    fn a_bar_takes_at_most_a_quarter() {
        assert_eq!(scale_bar(512, 0.8), Some(100.0));
        assert_eq!(scale_bar(512, 0.01), Some(1.0));
        assert_eq!(scale_bar(4, 0.01), None);
        assert_eq!(scale_bar(512, 1e9), None);
        assert_eq!((length_text(0.5).to_string(), length_text(50.0).to_string()), ("0.5 mm".to_owned(), "50 mm".to_owned()));
    }
}
