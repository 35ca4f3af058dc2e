//! The strip under an image for a figure: what it shows in words, structures with their colours, a scale bar. Light on black, in rows as
//! wide as the image.

use super::caption::{length_text, scale_bar};
use super::montage::put;
use super::offscreen::RgbaImage;
use super::scene::{LabelStyle, Look, Overlay, Scene, Slab, SlabMode, SliceRequest};
use super::text::{TextMask, mask};
use crate::volume::LabelSet;

/// What stands under an image.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Legend {
    /// Case, plane and position, window, …, in this order.
    pub words: Vec<String>,
    /// Names and colours (sRGB), on rows of their own.
    pub structures: Vec<(String, [u8; 3])>,
    /// How many structures are not named.
    pub more: usize,
    /// For a scale bar after the words; `None` leaves it out.
    pub mm_per_pixel: Option<f64>,
}

impl Legend {
    /// Names the visible structures that the slices show, at most `most`: those of `first` (by index in the table) before the others.
    /// All slices must have the same colours.
    pub fn name(&mut self, scene: &Scene, requests: &[SliceRequest], first: &[usize], most: usize) {
        let (Some(labels), Some(request)) = (scene.labels(), requests.first()) else { return };
        self.name_these(labels, &request.look.styles, &shown(scene, requests, first), most);
    }

    /// Names structures by their indices in the table, at most `most`.
    pub fn name_these(&mut self, labels: &LabelSet, styles: &[LabelStyle], indices: &[usize], most: usize) {
        let named = indices.iter().take(most).filter_map(|n| {
            let label = labels.table.get(*n)?;
            Some((label.title().into_owned(), styles.get(*n).map_or(label.color, |s| s.color)))
        });
        self.structures = named.collect();
        self.more = indices.len().saturating_sub(most);
    }
}

/// One piece of a row; none is broken.
enum Piece {
    Words(TextMask),
    Swatch([u8; 3], TextMask),
    /// Of so many pixels.
    Bar(i64, TextMask),
}

/// Heights and distances in pixels.
#[derive(Clone, Copy)]
struct Sizes {
    px: f32,
    margin: i64,
    gap: i64,
    line: i64,
    swatch: i64,
}

impl Sizes {
    fn of(width: u32) -> Self {
        let px = (width as f32 / 72.0).clamp(12.0, 24.0);
        let round = |x: f32| i64::from(x.round() as i16);
        Self { px, margin: round(px * 0.7), gap: round(px * 1.3), line: round(px * 1.6), swatch: round(px * 0.75) }
    }
}

impl Piece {
    fn text(&self) -> &TextMask {
        match self {
            Self::Words(text) | Self::Swatch(_, text) | Self::Bar(_, text) => text,
        }
    }

    /// Width of what stands before the text, with the space after it.
    fn lead(&self, sizes: Sizes) -> i64 {
        match self {
            Self::Words(_) => 0,
            Self::Swatch(..) => sizes.swatch + sizes.swatch / 2,
            Self::Bar(length, _) => length + sizes.swatch / 2,
        }
    }

    fn width(&self, sizes: Sizes) -> i64 {
        self.lead(sizes) + self.text().width as i64
    }

    /// Draws the piece with its upper left corner at (x, y) in a row of the line's height.
    fn draw(&self, image: &mut RgbaImage, x: i64, y: i64, sizes: Sizes) {
        let middle = y + sizes.line / 2;
        match self {
            Self::Words(_) => {}
            Self::Swatch(color, _) => {
                let half = sizes.swatch / 2;
                fill(image, [x, middle - half, sizes.swatch, sizes.swatch], [200; 3]);
                fill(image, [x + 1, middle - half + 1, sizes.swatch - 2, sizes.swatch - 2], *color);
            }
            Self::Bar(length, _) => {
                let tick = (sizes.swatch / 3).max(3);
                fill(image, [x, middle - 1, *length, 2], [255; 3]);
                fill(image, [x, middle - tick, 2, 2 * tick], [255; 3]);
                fill(image, [x + length - 2, middle - tick, 2, 2 * tick], [255; 3]);
            }
        }
        let text = self.text();
        text.draw(image, x + self.lead(sizes), y + (sizes.line - text.height as i64) / 2);
    }
}

fn fill(image: &mut RgbaImage, [x, y, width, height]: [i64; 4], color: [u8; 3]) {
    for at_y in y..y + height {
        for at_x in x..x + width {
            image.blend(at_x, at_y, color.map(f32::from), 1.0);
        }
    }
}

/// The image with the legend under it. An empty legend changes nothing.
pub fn under(image: &RgbaImage, legend: &Legend) -> RgbaImage {
    let sizes = Sizes::of(image.width);
    let room = (i64::from(image.width) - 2 * sizes.margin).max(0);
    let mut rows = flow(words(legend, sizes, image.width, room), sizes, room);
    rows.extend(flow(structures(legend, sizes, room), sizes, room));
    if rows.is_empty() {
        return image.clone();
    }
    let strip = (rows.len() as i64 * sizes.line + sizes.margin) as u32;
    let [width, height] = [image.width, image.height + strip];
    let mut out = RgbaImage { width, height, pixels: [0, 0, 0, 255].repeat(width as usize * height as usize) };
    put(&mut out, image, [0, 0]);
    let top = i64::from(image.height);
    fill(&mut out, [0, top, i64::from(width), 1], [64; 3]);
    for (n, row) in rows.iter().enumerate() {
        let mut x = sizes.margin;
        for piece in row {
            piece.draw(&mut out, x, top + sizes.margin / 2 + n as i64 * sizes.line, sizes);
            x += piece.width(sizes) + sizes.gap;
        }
    }
    out
}

fn words(legend: &Legend, sizes: Sizes, width: u32, room: i64) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = legend.words.iter().map(|w| Piece::Words(shortened(w, sizes.px, room))).collect();
    if let Some((mm, scale)) = legend.mm_per_pixel.and_then(|scale| Some((scale_bar(i64::from(width), scale)?, scale))) {
        let bar = Piece::Bar((mm / scale).round() as i64, mask(&length_text(mm).to_string(), sizes.px));
        pieces.extend(Some(bar).filter(|b| b.width(sizes) <= room));
    }
    pieces
}

fn structures(legend: &Legend, sizes: Sizes, room: i64) -> Vec<Piece> {
    let room = room - sizes.swatch - sizes.swatch / 2;
    let named = legend.structures.iter().map(|(name, color)| Piece::Swatch(*color, shortened(name, sizes.px, room)));
    let more = (legend.more > 0).then(|| Piece::Words(mask(&format!("+{} more", legend.more), sizes.px)));
    named.chain(more).collect()
}

/// Pieces in rows of at most `room` pixels.
fn flow(pieces: Vec<Piece>, sizes: Sizes, room: i64) -> Vec<Vec<Piece>> {
    let mut rows: Vec<Vec<Piece>> = Vec::new();
    let mut x = 0;
    for piece in pieces {
        let width = piece.width(sizes);
        match rows.last_mut().filter(|_| x + width <= room) {
            Some(row) => row.push(piece),
            None => {
                rows.push(vec![piece]);
                x = 0;
            }
        }
        x += width + sizes.gap;
    }
    rows
}

/// Cut with an ellipsis where the row is too narrow.
fn shortened(text: &str, px: f32, room: i64) -> TextMask {
    let whole = mask(text, px);
    let mut cut = text.to_owned();
    let mut short = whole;
    while short.width as i64 > room && cut.pop().is_some() {
        short = mask(&format!("{}…", cut.trim_end()), px);
    }
    short
}

/// How greys are shown, in words: window, slab, inversion.
pub fn look_words(look: &Look) -> Vec<String> {
    let mut words = vec![format!("W {}  L {}", look.window.width, look.window.level).replace('-', "\u{2212}")];
    if let Slab::Of { mode, mm } = look.slab {
        let name = match mode {
            SlabMode::Max => "MIP",
            SlabMode::Min => "MinIP",
            SlabMode::Mean => "mean",
        };
        words.push(format!("{name} {mm} mm"));
    }
    words.extend(look.invert.then(|| "inverted".to_owned()));
    words
}

/// Points of a slice that are looked at, about.
const LOOKED_AT: f64 = 262_144.0;

/// Visible labels that the slices show, as indices in the scene's table: those of `first` in their order, then the others by the room they
/// take. A structure of a few pixels may be missed in a large image.
fn shown(scene: &Scene, requests: &[SliceRequest], first: &[usize]) -> Vec<usize> {
    let Some(labels) = scene.labels() else { return Vec::new() };
    let mut area = vec![0u64; labels.table.len()];
    for request in requests.iter().filter(|r| r.look.overlay != Overlay::None) {
        let [width, height] = request.size_px;
        let step = (f64::from(width) * f64::from(height) / LOOKED_AT).sqrt().ceil().max(1.0) as usize;
        let middle = [width, height].map(|n| f64::from(n) / 2.0 - 0.5);
        let visible = |index: &usize| request.look.styles.get(*index).is_none_or(|s| s.visible && s.opacity > 0);
        for y in (0..height).step_by(step) {
            for x in (0..width).step_by(step) {
                let at = request.frame.at(f64::from(x) - middle[0], f64::from(y) - middle[1]);
                labels.each_at(at).filter(visible).for_each(|index| area[index] += (step * step) as u64);
            }
        }
    }
    ordered(&area, first)
}

fn ordered(area: &[u64], first: &[usize]) -> Vec<usize> {
    let seen = |index: &usize| area.get(*index).is_some_and(|a| *a > 0);
    let mut order: Vec<usize> = first.iter().copied().filter(seen).collect();
    let mut rest: Vec<usize> = (0..area.len()).filter(|n| seen(n) && !first.contains(n)).collect();
    rest.sort_by_key(|n| std::cmp::Reverse(area[*n])); // stable: equal areas stay in the table's order
    order.extend(rest);
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grey(width: u32, height: u32) -> RgbaImage {
        RgbaImage { width, height, pixels: [90, 90, 90, 255].repeat(width as usize * height as usize) }
    }

    fn legend() -> Legend {
        Legend {
            words: vec!["case_1".into(), "axial  S 112.0 mm".into(), "W 400  L 40".into()],
            structures: vec![("liver".into(), [200, 30, 30]), ("spleen".into(), [20, 90, 220])],
            more: 3,
            mm_per_pixel: Some(0.8),
        }
    }

    fn has(image: &RgbaImage, rows: std::ops::Range<u32>, color: [u8; 3]) -> bool {
        rows.into_iter().any(|y| (0..image.width).any(|x| image.at(x, y)[..3] == color))
    }

    #[test]
    fn words_scale_and_colours_stand_under_an_unchanged_image() {
        let image = grey(512, 64);
        let out = under(&image, &legend());
        assert_eq!((out.width, &out.pixels[..image.pixels.len()]), (512, &image.pixels[..]));
        let sizes = Sizes::of(512);
        let (first, second) = (64 + sizes.margin as u32 / 2, 64 + (sizes.margin / 2 + sizes.line) as u32);
        assert!(has(&out, first..second, [255; 3]), "words and bar");
        assert!(has(&out, second..out.height, [200, 30, 30]) && has(&out, second..out.height, [20, 90, 220]), "colours");
        assert!(!has(&out, first..second, [200, 30, 30]));
        let bar = (0..512).filter(|&x| out.at(x, first + sizes.line as u32 / 2)[..3] == [255; 3]).count();
        assert!((125..200).contains(&bar), "100 mm at 0.8 mm per pixel, as in the window: {bar}");
        assert_eq!(under(&image, &Legend::default()), image);
    }

    #[test]
    fn narrow_images_take_more_rows_and_tiny_ones_do_not_break() {
        let rows = |width: u32| under(&grey(width, 10), &legend()).height;
        assert!(rows(160) > rows(512));
        for width in [1, 2, 7, 20, 40] {
            let out = under(&grey(width, 3), &legend());
            assert_eq!(out.pixels.len(), out.width as usize * out.height as usize * 4);
        }
        let long = Legend { words: vec!["x".repeat(500)], ..Legend::default() };
        assert_eq!(under(&grey(300, 10), &long).height, under(&grey(300, 10), &Legend { words: vec!["x".into()], ..long.clone() }).height);
    }

    #[test]
    fn greys_are_told_in_words() {
        let thin = Look::plain(None);
        assert_eq!(look_words(&thin), ["W 400  L 40"]);
        let window = crate::volume::Window { width: 1500.0, level: -600.0 };
        let slab = Look { window, invert: true, slab: Slab::Of { mode: SlabMode::Min, mm: 7.5 }, ..thin };
        assert_eq!(look_words(&slab), ["W 1500  L −600", "MinIP 7.5 mm", "inverted"]);
    }

    #[test]
    fn those_asked_for_come_first_and_the_largest_after_them() {
        assert_eq!(ordered(&[5, 0, 9, 1, 9], &[3, 1]), [3, 2, 4, 0]);
        assert!(ordered(&[0, 0], &[0, 7]).is_empty());
    }
}
