//! Colour roles, fonts and spacing. The only file with literal colours.
//!
//! Hues are those of Okabe and Ito (Color Universal Design, 2008), made lighter on dark and darker on light grounds until they reach a
//! contrast of 4.5:1; a test holds every role to that. Every role is also told apart by a glyph.
#![allow(clippy::disallowed_methods)]

use crate::geometry::judge::Verdict;
use crate::review::Status;
use crate::space::Plane;
use egui::{Color32, CornerRadius, FontData, FontDefinitions, FontFamily, FontId, Margin, Stroke, TextStyle, Visuals, vec2};
use std::sync::Arc;

/// Family of the semibold face, for headings and keys.
pub const STRONG: &str = "strong";

#[derive(Clone, Debug, PartialEq)]
pub struct Theme {
    pub dark: bool,
    /// Ground of panels, of cards on them, and of fields to type in.
    pub panel: Color32,
    /// What panels paint under themselves: their ground, or nothing where the window was cleared in that colour.
    pub under: Color32,
    pub card: Color32,
    pub field: Color32,
    pub hover: Color32,
    pub line: Color32,
    pub text: Color32,
    pub weak: Color32,
    pub accept: Color32,
    pub edit: Color32,
    pub reject: Color32,
    pub flag: Color32,
    pub undecided: Color32,
    pub disputed: Color32,
    pub selection: Color32,
    /// Ground behind marked words.
    pub mark: Color32,
    /// Text on a filled button of a role colour.
    pub on_color: Color32,
    /// Width of lines in points: dividers, crosshair, frames around controls and focus.
    pub line_width: f32,
    /// Pure black and white, every control framed.
    pub high: bool,
    /// On the black of the images, in every theme.
    pub image: ImageColors,
}

/// Colours over the images, which are black in every theme.
#[derive(Clone, Debug, PartialEq)]
pub struct ImageColors {
    pub ground: Color32,
    pub text: Color32,
    pub weak: Color32,
    pub warning: Color32,
    /// What was measured.
    pub measure: Color32,
    /// Lines of the axial, coronal and sagittal plane.
    pub cross: [Color32; 3],
    /// Of the crosshair's lines, so that they do not hide anatomy.
    pub line_opacity: f32,
    /// Of the ground behind captions, which must be read on white bone as well.
    pub caption_opacity: f32,
}

impl Theme {
    pub fn dark() -> Self {
        Self {
            dark: true,
            panel: Color32::from_rgb(24, 26, 29),
            under: Color32::from_rgb(24, 26, 29),
            card: Color32::from_rgb(33, 36, 40),
            field: Color32::from_rgb(15, 16, 18),
            hover: Color32::from_rgb(44, 48, 53),
            line: Color32::from_rgb(58, 62, 68),
            text: Color32::from_rgb(228, 230, 233),
            weak: Color32::from_rgb(157, 163, 171),
            accept: Color32::from_rgb(32, 190, 142),
            edit: Color32::from_rgb(240, 180, 50),
            reject: Color32::from_rgb(255, 128, 70),
            flag: Color32::from_rgb(226, 145, 186),
            undecided: Color32::from_rgb(157, 163, 171),
            disputed: Color32::from_rgb(240, 228, 66),
            selection: Color32::from_rgb(104, 186, 240),
            mark: Color32::from_rgb(66, 60, 24),
            on_color: Color32::from_rgb(10, 12, 14),
            line_width: 1.0,
            high: false,
            image: ImageColors::new(),
        }
    }

    pub fn light() -> Self {
        Self {
            dark: false,
            panel: Color32::from_rgb(246, 247, 248),
            under: Color32::from_rgb(246, 247, 248),
            card: Color32::from_rgb(255, 255, 255),
            field: Color32::from_rgb(255, 255, 255),
            hover: Color32::from_rgb(226, 230, 234),
            line: Color32::from_rgb(203, 208, 214),
            text: Color32::from_rgb(24, 27, 31),
            weak: Color32::from_rgb(88, 95, 104),
            accept: Color32::from_rgb(0, 112, 82),
            edit: Color32::from_rgb(135, 90, 0),
            reject: Color32::from_rgb(176, 66, 0),
            flag: Color32::from_rgb(156, 66, 118),
            undecided: Color32::from_rgb(88, 95, 104),
            disputed: Color32::from_rgb(110, 98, 0),
            selection: Color32::from_rgb(0, 104, 168),
            mark: Color32::from_rgb(255, 240, 170),
            on_color: Color32::from_rgb(255, 255, 255),
            line_width: 1.0,
            high: false,
            image: ImageColors::new(),
        }
    }

    /// Black and white, contrast of 7:1 or more everywhere, thicker lines.
    pub fn high_contrast() -> Self {
        let white = Color32::WHITE;
        let image = ImageColors::new();
        Self {
            panel: Color32::BLACK,
            under: Color32::BLACK,
            card: Color32::BLACK,
            field: Color32::BLACK,
            hover: Color32::from_rgb(56, 56, 56),
            line: white,
            text: white,
            weak: white,
            accept: Color32::from_rgb(64, 224, 176),
            edit: Color32::from_rgb(255, 200, 80),
            reject: Color32::from_rgb(255, 160, 110),
            flag: Color32::from_rgb(255, 175, 215),
            undecided: white,
            disputed: Color32::from_rgb(255, 245, 90),
            selection: Color32::from_rgb(120, 205, 255),
            mark: Color32::from_rgb(70, 62, 0),
            on_color: Color32::BLACK,
            line_width: 2.0,
            high: true,
            image: ImageColors {
                text: white,
                weak: white,
                warning: Color32::from_rgb(255, 200, 80),
                line_opacity: 1.0,
                caption_opacity: 1.0,
                ..image
            },
            ..Self::dark()
        }
    }

    pub fn status(&self, status: Status) -> Color32 {
        match status {
            Status::Undecided => self.undecided,
            Status::Accepted => self.accept,
            Status::Edited => self.edit,
            Status::Rejected => self.reject,
            Status::Disputed => self.disputed,
        }
    }

    /// What geometry says; told apart by [`verdict_glyph`] as well.
    pub fn verdict(&self, verdict: Verdict) -> Color32 {
        match verdict {
            Verdict::Supports => self.accept,
            Verdict::Contradicts => self.reject,
            Verdict::Undetermined => self.undecided,
        }
    }

    pub fn panel_frame(&self) -> egui::Frame {
        egui::Frame::new().fill(self.under).inner_margin(Margin::symmetric(12, 8))
    }

    pub fn card_frame(&self) -> egui::Frame {
        let frame = egui::Frame::new().fill(self.card).corner_radius(6).inner_margin(Margin::same(12));
        if self.high { frame.stroke(Stroke::new(self.line_width, self.line)) } else { frame }
    }
}

impl ImageColors {
    fn new() -> Self {
        Self {
            ground: Color32::BLACK,
            text: Color32::from_rgb(236, 238, 240),
            weak: Color32::from_rgb(170, 176, 184),
            warning: Color32::from_rgb(240, 180, 50),
            measure: Color32::from_rgb(240, 228, 66),
            cross: [Color32::from_rgb(86, 180, 233), Color32::from_rgb(230, 159, 0), Color32::from_rgb(32, 190, 142)],
            line_opacity: 0.8,
            caption_opacity: 0.8,
        }
    }

    pub fn plane(&self, plane: Plane) -> Color32 {
        self.cross[plane as usize]
    }
}

/// A role of colour on a chart; [`crate::analyse::draw`] chooses them with the contrasts they need.
pub fn ink(ink: crate::analyse::draw::Ink, dark: bool) -> Color32 {
    let [r, g, b] = crate::analyse::draw::rgb(ink, dark);
    Color32::from_rgb(r, g, b)
}

/// Glyph of a status.
pub fn glyph(status: Status) -> &'static str {
    match status {
        Status::Undecided => "○",
        Status::Accepted => "✓",
        Status::Edited => "✎",
        Status::Rejected => "✗",
        Status::Disputed => "≠",
    }
}

pub fn verdict_glyph(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Supports => "✓",
        Verdict::Contradicts => "✗",
        Verdict::Undetermined => "≈",
    }
}

/// Inter with tabular figures, and DejaVu Sans for the signs Inter lacks.
pub fn install_fonts(ctx: &egui::Context) {
    let mut fonts = FontDefinitions::empty();
    let faces: [(&str, &'static [u8]); 3] = [
        ("inter", include_bytes!("../../assets/fonts/Inter-Regular.ttf")),
        ("inter-semibold", include_bytes!("../../assets/fonts/Inter-SemiBold.ttf")),
        ("signs", include_bytes!("../../assets/fonts/DejaVuSans-Symbols.ttf")),
    ];
    for (name, bytes) in faces {
        fonts.font_data.insert(name.to_owned(), Arc::new(FontData::from_static(bytes)));
    }
    let family = |first: &str| vec![first.to_owned(), "signs".to_owned()];
    fonts.families.insert(FontFamily::Proportional, family("inter"));
    fonts.families.insert(FontFamily::Monospace, family("inter"));
    fonts.families.insert(FontFamily::Name(STRONG.into()), family("inter-semibold"));
    ctx.set_fonts(fonts);
}

/// Sets egui's style for its two themes: once, and again when high contrast comes or goes. High contrast takes the place of dark.
pub fn style(ctx: &egui::Context, high: bool) {
    let set = egui::Id::unique("style-is-high-contrast");
    if ctx.data(|d| d.get_temp(set)) == Some(high) {
        return;
    }
    ctx.data_mut(|d| d.insert_temp(set, high));
    let dark = if high { Theme::high_contrast() } else { Theme::dark() };
    for (theme, colors) in [(egui::Theme::Dark, dark), (egui::Theme::Light, Theme::light())] {
        ctx.style_mut_of(theme, |style| {
            style.text_styles = [
                (TextStyle::Heading, FontId::new(17.0, FontFamily::Proportional)),
                (TextStyle::Body, FontId::new(14.0, FontFamily::Proportional)),
                (TextStyle::Button, FontId::new(14.0, FontFamily::Proportional)),
                (TextStyle::Small, FontId::new(12.0, FontFamily::Proportional)),
                (TextStyle::Monospace, FontId::new(13.0, FontFamily::Monospace)),
            ]
            .into();
            style.spacing.item_spacing = vec2(8.0, 4.0);
            style.spacing.button_padding = vec2(8.0, 4.0);
            style.spacing.interact_size.y = 24.0;
            style.animation_time = 0.0; // nothing moves by itself
            style.scroll_animation = egui::style::ScrollAnimation::none();
            style.visuals = visuals(&colors);
        });
    }
}

fn visuals(t: &Theme) -> Visuals {
    let mut v = if t.dark { Visuals::dark() } else { Visuals::light() };
    v.panel_fill = t.panel;
    v.window_fill = t.card;
    v.window_stroke = Stroke::new(t.line_width, t.line);
    v.extreme_bg_color = t.field;
    v.faint_bg_color = t.card;
    v.weak_text_color = Some(t.weak);
    v.hyperlink_color = t.selection;
    v.warn_fg_color = t.edit;
    v.error_fg_color = t.reject;
    v.selection.bg_fill = t.selection.gamma_multiply(if t.dark { 0.35 } else { 0.25 });
    v.selection.stroke = Stroke::new(1.0, t.text);
    v.slider_trailing_fill = true;
    let w = &mut v.widgets;
    for (state, fill, stroke) in [
        (&mut w.noninteractive, t.panel, t.text),
        (&mut w.inactive, t.card, t.text),
        (&mut w.hovered, t.hover, t.text),
        (&mut w.active, t.hover, t.text),
        (&mut w.open, t.hover, t.text),
    ] {
        state.bg_fill = fill;
        state.weak_bg_fill = fill;
        state.fg_stroke = Stroke::new(1.0, stroke);
        state.bg_stroke = Stroke::NONE;
        state.corner_radius = CornerRadius::same(6);
        state.expansion = 0.0;
    }
    w.noninteractive.bg_stroke = Stroke::new(t.line_width, t.line);
    w.inactive.bg_fill = t.hover; // slider rails and check boxes stay visible on cards
    w.active.bg_stroke = Stroke::new(t.line_width + 0.5, t.selection); // also what has the focus
    w.hovered.bg_stroke = Stroke::new(t.line_width, t.line);
    if t.high {
        high(&mut v, t);
    }
    v
}

/// Every control has a frame, and what is chosen is filled.
fn high(v: &mut Visuals, t: &Theme) {
    v.widgets.inactive.bg_stroke = Stroke::new(1.0, t.line);
    v.widgets.open.bg_stroke = Stroke::new(t.line_width, t.line);
    v.widgets.active.bg_stroke = Stroke::new(t.line_width + 1.0, t.selection);
    v.selection.bg_fill = t.selection;
    v.selection.stroke = Stroke::new(t.line_width, t.on_color);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance and contrast ratio of WCAG 2.2.
    fn contrast(a: Color32, b: Color32) -> f32 {
        let luminance = |c: Color32| {
            let linear = |v: u8| {
                let s = f32::from(v) / 255.0;
                if s <= 0.04045 { s / 12.92 } else { ((s + 0.055) / 1.055).powf(2.4) }
            };
            0.2126 * linear(c.r()) + 0.7152 * linear(c.g()) + 0.0722 * linear(c.b())
        };
        let (l1, l2) = (luminance(a), luminance(b));
        (l1.max(l2) + 0.05) / (l1.min(l2) + 0.05)
    }

    #[test]
    fn every_role_can_be_read_on_every_ground() {
        for (t, least) in [(Theme::dark(), 4.5), (Theme::light(), 4.5), (Theme::high_contrast(), 7.0)] {
            let roles = [t.text, t.weak, t.accept, t.edit, t.reject, t.flag, t.undecided, t.disputed, t.selection];
            for ground in [t.panel, t.card, t.field] {
                for (n, role) in roles.iter().enumerate() {
                    assert!(contrast(*role, ground) >= least, "dark={} role {n} on {ground:?}: {}", t.dark, contrast(*role, ground));
                }
            }
            assert!(contrast(t.text, t.mark) >= least && contrast(t.text, t.hover) >= least);
            for button in [t.accept, t.edit, t.reject] {
                assert!(contrast(t.on_color, button) >= least);
            }
            let behind = 255 - (255.0 * t.image.caption_opacity) as u8; // the ground of a caption on white
            let grounds = [t.image.ground, Color32::from_gray(behind)];
            assert!(contrast(t.image.measure, t.image.ground) >= least);
            for c in [t.image.text, t.image.weak, t.image.warning].iter().chain(&t.image.cross) {
                for ground in grounds {
                    assert!(contrast(*c, ground) >= least, "{c:?} on {ground:?}");
                }
            }
        }
    }
}
