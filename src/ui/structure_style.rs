//! Colour and opacity of one structure, below its swatch in the list: colours to click, and sliders that the keyboard reaches.

use super::Cx;
use super::widgets::strong;
use crate::gpu::LabelStyle;
use crate::state::{Command, MaskCommand};
use crate::volume::Label;
use egui::ecolor::{Hsva, HsvaGamma};
use egui::{
    Color32, DragValue, Id, Popup, PopupCloseBehavior, Response, RichText, Role, Sense, Slider, Stroke, StrokeKind, Ui, WidgetInfo, vec2,
};

/// Hues that stand out on grey.
const OFFERED: [(&str, [u8; 3]); 12] = [
    ("red", [230, 60, 60]),
    ("orange", [240, 140, 50]),
    ("yellow", [244, 214, 70]),
    ("lime", [170, 214, 70]),
    ("green", [80, 180, 90]),
    ("teal", [60, 180, 160]),
    ("cyan", [90, 210, 236]),
    ("blue", [80, 130, 236]),
    ("violet", [140, 100, 220]),
    ("magenta", [210, 90, 200]),
    ("pink", [244, 150, 176]),
    ("ivory", [240, 226, 190]),
];

/// A label's colour comes from data, not from the theme.
#[allow(clippy::disallowed_methods)]
pub fn swatch_color([r, g, b]: [u8; 3]) -> Color32 {
    Color32::from_rgb(r, g, b)
}

/// Opens and closes with clicks on the swatch.
pub fn popup(cx: &Cx<'_>, swatch: &Response, index: usize, label: &Label, style: LabelStyle) {
    Popup::menu(swatch).close_behavior(PopupCloseBehavior::CloseOnClickOutside).width(244.0).show(|ui| {
        ui.spacing_mut().slider_width = 112.0;
        ui.label(strong(label.title()));
        offered(ui, cx, index, style.color);
        ui.add_space(4.0);
        egui::Grid::new(("structure-style", index)).num_columns(3).spacing(vec2(8.0, 4.0)).show(ui, |ui| {
            sliders(ui, cx, index, label, style);
        });
        let changed = style.color != label.color || style.opacity != 255;
        let reset = ui.add_enabled(changed, egui::Button::new("Reset colour and opacity"));
        if reset.on_hover_text("As the file or the table of structures gives them").clicked() {
            send(cx, MaskCommand::Reset(index));
        }
    });
}

fn send(cx: &Cx<'_>, command: MaskCommand) {
    cx.send(Command::Mask(command));
}

fn offered(ui: &mut Ui, cx: &Cx<'_>, index: usize, now: [u8; 3]) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 2.0;
        for (name, color) in OFFERED {
            let (rect, response) = ui.allocate_exact_size(vec2(18.0, 20.0), Sense::click());
            response.widget_info(|| WidgetInfo::selected(Role::Button, true, color == now, format!("make it {name}")));
            let square = rect.shrink2(vec2(1.0, 2.0));
            ui.painter().rect_filled(square, 4.0, swatch_color(color));
            if color == now || response.hovered() || response.has_focus() {
                ui.painter().rect_stroke(square, 4.0, Stroke::new(2.0, cx.theme.text), StrokeKind::Inside);
            }
            if response.clicked() {
                send(cx, MaskCommand::Color(index, color));
            }
            response.on_hover_text(name);
        }
    });
}

fn sliders(ui: &mut Ui, cx: &Cx<'_>, index: usize, label: &Label, style: LabelStyle) {
    let before = hsva(ui, index, style.color);
    let title = label.title();
    let mut parts = [before.h * 360.0, before.s * 100.0, before.v * 100.0];
    let rows = [("Hue", 360.0, "°"), ("Saturation", 100.0, " %"), ("Brightness", 100.0, " %")];
    let mut changed = false;
    for ((name, most, unit), part) in rows.into_iter().zip(&mut parts) {
        changed |= slider(ui, cx, (name, &title), part, (most, unit));
    }
    if changed {
        let now = HsvaGamma { h: parts[0] / 360.0, s: parts[1] / 100.0, v: parts[2] / 100.0, a: 1.0 };
        let [r, g, b, _] = Hsva::from(now).to_srgba_unmultiplied();
        ui.data_mut(|d| d.insert_temp(kept(index), (now, [r, g, b])));
        send(cx, MaskCommand::Color(index, [r, g, b]));
    }
    let mut percent = (f32::from(style.opacity) / 2.55).round();
    if slider(ui, cx, ("Opacity", &title), &mut percent, (100.0, " %")) {
        send(cx, MaskCommand::Opacity(index, percent / 100.0));
    }
}

/// One row of the grid; true when it was moved.
fn slider(ui: &mut Ui, cx: &Cx<'_>, (name, title): (&str, &str), value: &mut f32, (most, unit): (f32, &str)) -> bool {
    ui.label(RichText::new(name).color(cx.theme.weak));
    *value = value.round();
    let called = format!("{} of {title}", name.to_lowercase());
    let rail = ui.add(Slider::new(value, 0.0..=most).step_by(1.0).show_value(false));
    rail.widget_info(|| WidgetInfo::slider(true, f64::from(*value), &called));
    let number = ui.add(DragValue::new(value).range(0.0..=most).suffix(unit).fixed_decimals(0));
    number.widget_info(|| WidgetInfo { label: Some(format!("{called}, as a number")), ..WidgetInfo::drag_value(true, f64::from(*value)) });
    ui.end_row();
    rail.changed() || number.changed()
}

/// Where the sliders' own values are kept: rounded to bytes, a grey has lost its hue.
fn kept(index: usize) -> Id {
    Id::unique(("structure-hsv", index))
}

fn hsva(ui: &Ui, index: usize, color: [u8; 3]) -> HsvaGamma {
    let kept: Option<(HsvaGamma, [u8; 3])> = ui.data(|d| d.get_temp(kept(index)));
    kept.filter(|(_, of)| *of == color).map_or_else(|| HsvaGamma::from(Hsva::from_srgb(color)), |(hsva, _)| hsva)
}
