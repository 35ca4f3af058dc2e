//! The toolbar above the views: window, masks, aids, and what the reader should know about the files.

use super::layout::NARROW_AREA;
use super::view;
use crate::gpu::Scene;
use crate::space::Plane;
use crate::state::{Command, ToolCommand, ViewCommand};
use crate::ui::{Cx, KeyAction, structures, widgets};
use crate::volume::PRESETS;
use egui::containers::menu::{MenuButton, MenuConfig};
use egui::{RichText, Ui, WidgetInfo};

pub(super) fn tool_frame(cx: &Cx<'_>) -> egui::Frame {
    egui::Frame::new().fill(cx.theme.panel).inner_margin(egui::Margin::symmetric(8, 4))
}

pub(super) fn toolbar(ui: &mut Ui, cx: &Cx<'_>, scene: Option<&Scene>, warnings: &[String]) {
    let v = &cx.state.viewer;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        if ui.available_width() < NARROW_AREA {
            plane_choice(ui, cx);
        }
        window_menu(ui, cx);
        ui.separator();
        if structures::mask_toggle(ui, v.masks, &cx.key_hint(KeyAction::Masks)) {
            view(cx, ViewCommand::ToggleMasks);
        }
        let tip = format!("Outline only, or filled{}", cx.key_hint(KeyAction::Outline));
        if widgets::toggle(ui, v.outline_only, "Outline", &tip) {
            view(cx, ViewCommand::ToggleOutline);
        }
        opacity(ui, cx);
        ui.separator();
        let tip = format!("Crosshair{}", cx.key_hint(KeyAction::Crosshair));
        if widgets::toggle(ui, v.crosshair, "✛", &tip) {
            view(cx, ViewCommand::ToggleCrosshair);
        }
        let linear = v.interpolation == crate::gpu::Interpolation::Linear;
        let tip = format!("Linear interpolation; off shows the voxels{}", cx.key_hint(KeyAction::Interpolation));
        if widgets::toggle(ui, linear, "Smooth", &tip) {
            view(cx, ViewCommand::ToggleInterpolation);
        }
        if ui.button("Reset").on_hover_text(format!("Reset zoom, pan and position{}", cx.key_hint(KeyAction::ResetViews))).clicked() {
            view(cx, ViewCommand::Reset);
        }
        super::measure::menu(ui, cx);
        notices(ui, cx, scene, warnings);
    });
}

/// Which plane a narrow window shows.
fn plane_choice(ui: &mut Ui, cx: &Cx<'_>) {
    let shown = cx.state.viewer.maximised.unwrap_or(Plane::Axial);
    for (plane, short) in Plane::ALL.into_iter().zip(["Ax", "Cor", "Sag"]) {
        if widgets::toggle(ui, plane == shown, short, plane.name()) && plane != shown {
            view(cx, ViewCommand::Maximise(plane));
        }
    }
    ui.separator();
}

fn window_menu(ui: &mut Ui, cx: &Cx<'_>) {
    let w = cx.state.viewer.window;
    let text = format!("W {:.0}  L {:.0}  ▾", w.width, w.level);
    // Dragging in the histogram must not close the menu.
    let config = MenuConfig::new().close_behavior(egui::PopupCloseBehavior::CloseOnClickOutside);
    let (button, _) = MenuButton::new(text).config(config).ui(ui, |ui| {
        super::histogram::show(ui, cx);
        let auto = egui::Button::new("auto  the structure at the crosshair")
            .shortcut_text(cx.keys.shown(KeyAction::AutoWindow).unwrap_or_default());
        if ui
            .add(auto)
            .on_hover_text("The 2nd to 98th percentile of its HU fill the middle half of the greys; no structure: full range")
            .clicked()
        {
            cx.send(Command::Tool(ToolCommand::AutoWindow));
            ui.close();
        }
        ui.separator();
        for (n, preset) in PRESETS.iter().enumerate() {
            let values = preset.window.map_or_else(|| "of the data".to_owned(), |w| format!("{:.0}/{:.0}", w.width, w.level));
            let key = u8::try_from(n + 1).ok().and_then(|k| cx.keys.shown(KeyAction::Preset(k))).unwrap_or_default();
            let item = egui::Button::new(format!("{}  {values}", preset.name)).shortcut_text(key);
            if ui.add(item).clicked() {
                view(cx, ViewCommand::Preset(n));
                ui.close();
            }
        }
    });
    button.on_hover_text(format!(
        "Window presets and histogram; press {} and drag in an image to change it",
        cx.keys.shown(KeyAction::WindowDrag).unwrap_or_default()
    ));
}

fn opacity(ui: &mut Ui, cx: &Cx<'_>) {
    let mut percent = (cx.state.viewer.opacity * 100.0).round();
    ui.spacing_mut().slider_width = 64.0;
    let slider = egui::Slider::new(&mut percent, 0.0..=100.0).suffix(" %").fixed_decimals(0);
    let hint = format!(
        "Mask opacity  ({} and {})",
        cx.keys.shown(KeyAction::OpacityDown).unwrap_or_default(),
        cx.keys.shown(KeyAction::OpacityUp).unwrap_or_default()
    );
    let response = ui.add(slider).on_hover_text(hint);
    response.widget_info(|| WidgetInfo::slider(true, f64::from(percent), "Mask opacity"));
    if response.changed() {
        view(cx, ViewCommand::Opacity(percent / 100.0));
    }
}

/// What the reader should know about the files: one sign, the words on hover.
fn notices(ui: &mut Ui, cx: &Cx<'_>, scene: Option<&Scene>, warnings: &[String]) {
    let all: Vec<String> = warnings.iter().cloned().chain(scene.and_then(Scene::notice)).collect();
    if all.is_empty() {
        return;
    }
    ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
        let text = RichText::new(format!("⚠ {}", all.len())).color(cx.theme.edit);
        ui.menu_button(text, |ui| {
            ui.set_max_width(420.0);
            for w in &all {
                ui.label(w.as_str());
            }
        })
        .response
        .on_hover_text(all.join("\n"));
    });
}
