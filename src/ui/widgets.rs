//! Small widgets that several panels share.

use super::theme::{STRONG, Theme};
use crate::qa::Piece;
pub use crate::qa::{count, thousands};
use egui::style::ScrollStyle;
use egui::text::{LayoutJob, TextFormat};
use egui::{Button, Color32, FontFamily, FontId, Response, RichText, Stroke, Ui};

/// Semibold text.
pub fn strong(text: impl Into<String>) -> RichText {
    RichText::new(text).family(FontFamily::Name(STRONG.into()))
}

/// A quiet heading above a group.
pub fn caption(ui: &mut Ui, theme: &Theme, text: &str) {
    ui.label(RichText::new(text).small().color(theme.weak));
}

/// A button filled with a role's colour: the one obvious next action.
pub fn filled_button(ui: &mut Ui, theme: &Theme, text: &str, color: Color32, width: f32) -> Response {
    ui.add_sized([width, 32.0], Button::new(strong(text).color(theme.on_color)).fill(color))
}

/// A small toggle that shows its state by its ground.
pub fn toggle(ui: &mut Ui, on: bool, text: &str, tooltip: &str) -> bool {
    ui.add(Button::selectable(on, text).frame_when_inactive(true)).on_hover_text(tooltip).clicked()
}

/// Scroll bars that are always seen: what is out of sight must be seen to be there.
pub fn bars_in_sight() -> ScrollStyle {
    ScrollStyle {
        foreground_color: true,
        floating_width: 5.0,
        floating_allocated_width: 9.0,
        dormant_handle_opacity: 0.5,
        active_handle_opacity: 0.7,
        dormant_background_opacity: 0.0,
        ..ScrollStyle::thin()
    }
}

/// A rounded label.
pub fn chip(ui: &mut Ui, theme: &Theme, text: &str, color: Color32) -> Response {
    egui::Frame::new()
        .fill(theme.hover)
        .corner_radius(6)
        .inner_margin(egui::Margin::symmetric(6, 2))
        .show(ui, |ui| ui.label(RichText::new(text).small().color(color)))
        .response
}

/// A word diff as one paragraph: removed words struck through, added words underlined.
pub fn diff_job(theme: &Theme, pieces: &[(Piece, String)], size: f32, width: f32) -> LayoutJob {
    let mut job = LayoutJob::default();
    job.wrap.max_width = width;
    for (piece, text) in pieces {
        let mut format = TextFormat { font_id: FontId::proportional(size), color: theme.text, ..TextFormat::default() };
        match piece {
            Piece::Same => {}
            Piece::Removed => {
                format.color = theme.reject;
                format.strikethrough = Stroke::new(1.0, theme.reject);
            }
            Piece::Added => {
                format.color = theme.accept;
                format.underline = Stroke::new(1.0, theme.accept);
            }
        }
        job.append(text, 0.0, format);
    }
    job
}

/// Millilitres with three significant digits.
pub fn millilitres(v: f64) -> String {
    in_millilitres(v).to_string()
}

/// The same to be written elsewhere.
pub fn in_millilitres(v: f64) -> impl std::fmt::Display {
    std::fmt::from_fn(move |f| match v {
        v if v >= 1000.0 => match (v / 10.0).round() as usize * 10 {
            n if n < 1_000_000 => write!(f, "{},{:03} mL", n / 1000, n % 1000),
            n => write!(f, "{} mL", thousands(n)),
        },
        v if v >= 100.0 => write!(f, "{v:.0} mL"),
        v if v >= 10.0 => write!(f, "{v:.1} mL"),
        v if v >= 1.0 => write!(f, "{v:.2} mL"),
        v => write!(f, "{v:.3} mL"),
    })
}

/// A plot that neither moves nor zooms by itself.
pub fn still_plot(id: &str) -> egui_plot::Plot<'static> {
    egui_plot::Plot::new(id)
        .allow_zoom(false)
        .allow_drag(false)
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .allow_axis_zoom_drag(false)
        .allow_double_click_reset(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn volumes_have_three_digits() {
        for (v, text) in [(1532.4, "1,530 mL"), (156.4, "156 mL"), (21.24, "21.2 mL"), (3.456, "3.46 mL"), (0.027, "0.027 mL")] {
            assert_eq!(millilitres(v), text);
        }
    }
}
