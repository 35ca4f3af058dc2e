//! Texts over the images, laid out once and kept for as long as they are shown.
//!
//! egui wants a new `String` for every text of every frame. Here a line is written into memory that is kept and looked up by what it says,
//! so a frame whose texts are those of the last one allocates nothing for them; only one that says something new is laid out.
//!
//! A galley points into egui's font atlas, which egui clears now and then, and its own galleys with it. So one galley of egui's is asked for
//! in every pass: as soon as it is another one than in the last pass, all that is kept here is laid out again.

use egui::text::Galley;
use egui::{Color32, Context, FontFamily, FontId, Id, Painter};
use std::collections::HashMap;
use std::fmt::{Display, Write};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

/// Texts that were not shown for so many passes are forgotten: going back and forth through slices finds its numbers again.
const KEPT: u64 = 120;

/// How a text looks, colour aside.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Style {
    /// In points.
    pub size: f32,
    pub strong: bool,
    /// Wider texts are cut with an ellipsis, in points.
    pub width: f32,
}

impl Style {
    pub fn of(size: f32) -> Self {
        Self { size, strong: false, width: f32::INFINITY }
    }
}

/// The texts that a context's views have shown lately.
#[derive(Clone, Default)]
pub(super) struct Writing(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    pass: u64,
    /// Of egui, in this pass: see the module.
    sign: Option<Arc<Galley>>,
    /// What is being written.
    line: String,
    lines: HashMap<u64, Line>,
}

struct Line {
    text: String,
    style: Style,
    pixels_per_point: f32,
    galley: Arc<Galley>,
    shown: u64,
}

impl Writing {
    pub fn of(context: &Context) -> Self {
        context.data_mut(|d| d.get_temp_mut_or_default::<Self>(Id::unique("texts over the images")).clone())
    }

    /// The text laid out in egui's placeholder colour; `None` where nothing is said.
    pub fn line(&self, painter: &Painter, style: Style, text: impl Display) -> Option<Arc<Galley>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.begin(painter);
        kept.line.clear();
        write!(kept.line, "{text}").ok()?;
        (!kept.line.is_empty()).then(|| kept.laid_out(painter, style))
    }
}

impl Kept {
    /// Once a pass: forgets what is old or points into an atlas that is gone.
    fn begin(&mut self, painter: &Painter) {
        let pass = painter.ctx().cumulative_pass_nr();
        if self.pass == pass && self.sign.is_some() {
            return;
        }
        self.pass = pass;
        let sign = painter.layout_no_wrap("0".to_owned(), FontId::default(), Color32::PLACEHOLDER);
        if self.sign.as_ref().is_none_or(|before| !Arc::ptr_eq(before, &sign)) {
            self.lines.clear();
        }
        self.sign = Some(sign);
        self.lines.retain(|_, line| line.shown + KEPT > pass);
    }

    fn laid_out(&mut self, painter: &Painter, style: Style) -> Arc<Galley> {
        let pixels_per_point = painter.pixels_per_point();
        let key = key(&self.line, style, pixels_per_point);
        if let Some(line) = self.lines.get_mut(&key)
            && (line.text == self.line && line.style == style && line.pixels_per_point == pixels_per_point)
        {
            line.shown = self.pass;
            return Arc::clone(&line.galley);
        }
        let galley = fitted(painter, &self.line, style);
        let line = Line { text: self.line.clone(), style, pixels_per_point, galley: Arc::clone(&galley), shown: self.pass };
        self.lines.insert(key, line);
        galley
    }
}

fn key(text: &str, style: Style, pixels_per_point: f32) -> u64 {
    let mut hasher = DefaultHasher::new();
    (text, style.strong).hash(&mut hasher);
    [style.size, style.width, pixels_per_point].map(f32::to_bits).hash(&mut hasher);
    hasher.finish()
}

/// Cut with an ellipsis where it is wider than it may be.
fn fitted(painter: &Painter, text: &str, style: Style) -> Arc<Galley> {
    let family = if style.strong { FontFamily::Name(super::super::theme::STRONG.into()) } else { FontFamily::Proportional };
    let font = FontId::new(style.size, family);
    let lay = |text: String| painter.layout_no_wrap(text, font.clone(), Color32::PLACEHOLDER);
    let mut galley = lay(text.to_owned());
    let mut cut = text.to_owned();
    while galley.size().x > style.width && cut.pop().is_some() {
        galley = lay(if cut.is_empty() { String::new() } else { format!("{}…", cut.trim_end()) });
    }
    galley
}

#[cfg(test)]
mod tests {
    use super::*;
    use allocation_counter::measure;
    use egui::{LayerId, Rect, pos2};

    /// One pass with a painter.
    fn pass<R>(context: &Context, mut then: impl FnMut(&Painter) -> R) -> R {
        let mut out = None;
        let mut output = context.run_ui(egui::RawInput::default(), |ui| {
            let painter = Painter::new(ui.ctx().clone(), LayerId::background(), Rect::from_min_max(pos2(0.0, 0.0), pos2(500.0, 500.0)));
            out = Some(then(&painter));
        });
        output.textures_delta.clear();
        out.unwrap()
    }

    #[test]
    fn a_text_that_was_there_in_the_last_pass_costs_no_allocation() {
        let context = Context::default();
        let write = |painter: &Painter| {
            let writing = Writing::of(painter.ctx());
            writing.line(painter, Style::of(12.0), format_args!("axial  {:.1} mm", 12.25)).map(|g| g.text().to_owned())
        };
        assert_eq!(pass(&context, write).as_deref(), Some("axial  12.2 mm"));
        for _ in 0..5 {
            let spent = pass(&context, |painter| {
                Writing::of(painter.ctx()).0.lock().unwrap().begin(painter); // asks egui for its galley
                measure(|| {
                    let writing = Writing::of(painter.ctx());
                    assert!(writing.line(painter, Style::of(12.0), format_args!("axial  {:.1} mm", 12.25)).is_some());
                })
            });
            assert_eq!(spent.count_total, 0);
        }
    }

    #[test]
    fn other_texts_sizes_and_widths_are_laid_out_anew() {
        let context = Context::default();
        let size = |text: &'static str, style: Style| {
            pass(&context, |p| Writing::of(p.ctx()).line(p, style, text).map(|g| (g.text().to_owned(), g.size().x)))
        };
        let (whole, wide) = size("coronal  A 12.0 mm", Style::of(12.0)).unwrap();
        assert_eq!(whole, "coronal  A 12.0 mm");
        let (_, wider) = size("coronal  A 12.0 mm", Style::of(18.0)).unwrap();
        assert!(wider > 1.3 * wide);
        let (cut, narrow) = size("coronal  A 12.0 mm", Style { width: wide / 2.0, ..Style::of(12.0) }).unwrap();
        assert!(cut.starts_with("coron") && cut.ends_with('…') && narrow <= wide / 2.0, "{cut} {narrow}");
        assert_eq!(size("", Style::of(12.0)), None);
        assert_eq!(size("coronal  A 12.0 mm", Style::of(12.0)), Some((whole, wide)));
    }

    /// egui clears its galleys when text options change: what is kept here must not outlive them.
    #[test]
    fn texts_do_not_outlive_the_font_atlas() {
        let context = Context::default();
        let galley = || pass(&context, |p| Writing::of(p.ctx()).line(p, Style::of(12.0), "S 12.0 mm").unwrap());
        let first = galley();
        assert!(Arc::ptr_eq(&first, &galley()), "the same as long as nothing happens");
        context.all_styles_mut(|style| style.visuals.text_options.font_hinting = !style.visuals.text_options.font_hinting);
        galley(); // options are taken over at the start of a pass
        assert!(!Arc::ptr_eq(&first, &galley()));
    }
}
