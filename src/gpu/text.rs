//! Small text drawn into an image in memory, without a window: the bundled font's outlines, filled with exact area coverage.
//!
//! One line, left to right, no kerning and no shaping: enough for letters, digits and units in a caption.

use super::offscreen::RgbaImage;
use skrifa::MetadataProvider;
use skrifa::instance::{LocationRef, Size};
use skrifa::outline::{DrawSettings, OutlinePen};

const INTER: &[u8] = include_bytes!("../../assets/fonts/Inter-Regular.ttf");

/// A line of text as coverage 0…1, with the baseline's distance from the top.
#[derive(Clone, Debug)]
pub struct TextMask {
    pub width: usize,
    pub height: usize,
    pub coverage: Vec<f32>,
}

/// Draws `text` at a height of `px` pixels per em. Characters the font lacks are left out; an unreadable font gives an empty mask.
pub fn mask(text: &str, px: f32) -> TextMask {
    let Ok(font) = skrifa::FontRef::new(INTER) else { return TextMask { width: 0, height: 0, coverage: Vec::new() } };
    let size = Size::new(px);
    let at = LocationRef::default();
    let (metrics, glyphs, outlines, map) = (font.metrics(size, at), font.glyph_metrics(size, at), font.outline_glyphs(), font.charmap());
    let ids: Vec<_> = text.chars().filter_map(|c| map.map(c)).collect();
    let width: f32 = ids.iter().filter_map(|&id| glyphs.advance_width(id)).sum();
    let mut area = Area::new(width.ceil() as usize + 2, (metrics.ascent - metrics.descent).ceil() as usize + 1);
    let (mut x, baseline) = (1.0, metrics.ascent.ceil());
    for id in ids {
        if let Some(outline) = outlines.get(id) {
            let mut pen = Pen { area: &mut area, x, baseline, start: [0.0; 2], here: [0.0; 2] };
            let _ = outline.draw(DrawSettings::unhinted(size, at), &mut pen); // a broken glyph is left out
        }
        x += glyphs.advance_width(id).unwrap_or(0.0);
    }
    area.into_mask()
}

impl TextMask {
    /// Puts the text with its upper left corner at (x, y): white over a dark halo of two pixels, readable on any grey.
    pub fn draw(&self, image: &mut RgbaImage, x: i64, y: i64) {
        for (dx, dy) in [(-2, 0), (2, 0), (0, -2), (0, 2), (-1, -1), (1, 1), (-1, 1), (1, -1), (-1, 0), (1, 0), (0, -1), (0, 1)] {
            self.blend(image, x + dx, y + dy, 0.0, 0.6);
        }
        self.blend(image, x, y, 255.0, 1.0);
    }

    fn blend(&self, image: &mut RgbaImage, x: i64, y: i64, grey: f32, strength: f32) {
        for (n, &coverage) in self.coverage.iter().enumerate().filter(|(_, c)| **c > 0.0) {
            let (px, py) = (x + (n % self.width) as i64, y + (n / self.width) as i64);
            image.blend(px, py, [grey; 3], coverage * strength);
        }
    }
}

/// Accumulates signed areas: per pixel, how much the outline to its left winds around it.
struct Area {
    width: usize,
    height: usize,
    cells: Vec<f32>,
}

impl Area {
    fn new(width: usize, height: usize) -> Self {
        Self { width, height, cells: vec![0.0; width * height + 2] }
    }

    /// One edge of an outline, in pixels from the upper left corner. Every row it crosses gets the height it covers there, shared
    /// between the pixels so that the running sum along the row is the covered area.
    fn line(&mut self, a: [f32; 2], b: [f32; 2]) {
        if a[1] == b[1] {
            return;
        }
        let (direction, top, bottom) = if a[1] < b[1] { (1.0, a, b) } else { (-1.0, b, a) };
        let slope = (bottom[0] - top[0]) / (bottom[1] - top[1]);
        let last_row = (bottom[1].ceil().max(0.0) as usize).min(self.height);
        for row in top[1].max(0.0) as usize..last_row {
            let y0 = top[1].max(row as f32);
            let y1 = bottom[1].min(row as f32 + 1.0);
            let (x0, x1) = (top[0] + (y0 - top[1]) * slope, top[0] + (y1 - top[1]) * slope);
            self.row(row, x0.min(x1), x0.max(x1), direction * (y1 - y0));
        }
    }

    fn row(&mut self, row: usize, x0: f32, x1: f32, height: f32) {
        let limit = self.width as f32 - 1.0;
        let (x0, x1) = (x0.clamp(0.0, limit), x1.clamp(0.0, limit));
        let (first, last) = (x0 as usize, x1 as usize);
        let mut covered = 0.0; // running sum after each pixel
        for column in first..=last {
            // Mean over the edge of the part of this pixel that lies to its right.
            let until = area_right_of(x0, x1, column as f32 + 1.0) * height;
            self.cells[row * self.width + column] += until - covered;
            covered = until;
        }
        self.cells[row * self.width + last + 1] += height - covered;
    }

    fn into_mask(self) -> TextMask {
        let mut coverage = Vec::with_capacity(self.width * self.height);
        for row in self.cells.chunks(self.width.max(1)).take(self.height) {
            let mut sum = 0.0f32;
            coverage.extend(row.iter().map(|cell| {
                sum += cell;
                sum.abs().min(1.0)
            }));
        }
        TextMask { width: self.width, height: self.height, coverage }
    }
}

/// For an edge from `x0` to `x1`, the mean share of the pixel ending at `end` that lies right of the edge, of the part that has begun.
fn area_right_of(x0: f32, x1: f32, end: f32) -> f32 {
    let begin = end - 1.0;
    if x1 - x0 < 1e-6 {
        return (end - x0).clamp(0.0, 1.0);
    }
    // Integral over the edge of clamp(end − x, 0, 1), divided by its length.
    let integral = |x: f32| {
        let (inside, before) = (x.clamp(begin, end), x.min(begin));
        (before - begin) + (inside - begin) - ((inside - begin) * (inside - begin)) / 2.0
    };
    (integral(x1) - integral(x0)) / (x1 - x0)
}

struct Pen<'a> {
    area: &'a mut Area,
    x: f32,
    baseline: f32,
    start: [f32; 2],
    here: [f32; 2],
}

impl Pen<'_> {
    fn place(&self, x: f32, y: f32) -> [f32; 2] {
        [self.x + x, self.baseline - y]
    }

    fn curve(&mut self, steps: u32, point: impl Fn(f32, [f32; 2]) -> [f32; 2]) {
        let from = self.here;
        for n in 1..=steps {
            let to = point(n as f32 / steps as f32, from);
            self.area.line(self.here, to);
            self.here = to;
        }
    }
}

impl OutlinePen for Pen<'_> {
    fn move_to(&mut self, x: f32, y: f32) {
        self.here = self.place(x, y);
        self.start = self.here;
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let to = self.place(x, y);
        self.area.line(self.here, to);
        self.here = to;
    }

    fn quad_to(&mut self, cx: f32, cy: f32, x: f32, y: f32) {
        let (c, to) = (self.place(cx, cy), self.place(x, y));
        self.curve(8, |t, from| [0, 1].map(|a| (1.0 - t) * (1.0 - t) * from[a] + 2.0 * t * (1.0 - t) * c[a] + t * t * to[a]));
    }

    fn curve_to(&mut self, cx0: f32, cy0: f32, cx1: f32, cy1: f32, x: f32, y: f32) {
        let (c, d, to) = (self.place(cx0, cy0), self.place(cx1, cy1), self.place(x, y));
        self.curve(12, |t, from| {
            let s = 1.0 - t;
            [0, 1].map(|a| s * s * s * from[a] + 3.0 * s * s * t * c[a] + 3.0 * s * t * t * d[a] + t * t * t * to[a])
        });
    }

    fn close(&mut self) {
        self.area.line(self.here, self.start);
        self.here = self.start;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rectangle_covers_its_area_exactly() {
        let mut area = Area::new(12, 10);
        let corners = [[2.25, 1.5], [7.75, 1.5], [7.75, 6.25], [2.25, 6.25]];
        for n in 0..4 {
            area.line(corners[n], corners[(n + 1) % 4]);
        }
        let mask = area.into_mask();
        assert!((mask.coverage.iter().sum::<f32>() - 5.5 * 4.75).abs() < 1e-3);
        assert!((mask.coverage[12 * 3 + 2] - 0.75).abs() < 1e-5 && (mask.coverage[12 + 4] - 0.5).abs() < 1e-5);
    }

    #[test]
    fn a_triangle_covers_its_area_exactly() {
        let mut area = Area::new(20, 20);
        let corners = [[1.3, 2.1], [17.9, 5.4], [6.2, 18.7]];
        for n in 0..3 {
            area.line(corners[n], corners[(n + 1) % 3]);
        }
        let want = ((17.9f32 - 1.3) * (18.7 - 2.1) - (6.2 - 1.3) * (5.4 - 2.1)).abs() / 2.0;
        assert!((area.into_mask().coverage.iter().sum::<f32>() - want).abs() < 1e-2);
    }

    #[test]
    fn text_has_ink_and_unknown_characters_do_not_harm() {
        let ink = |text: &str| mask(text, 20.0).coverage.iter().sum::<f32>();
        assert!(ink("R") > 20.0);
        assert!(ink("RR") > 1.9 * ink("R"));
        assert_eq!(ink(""), 0.0);
        assert_eq!(ink("\u{10ffff}"), 0.0);
    }
}
