//! The toolbar above the views: window, layout, masks, aids, cine, comparison, and what the reader should know about the files.

use super::icons::{self, Icon};
use super::keys::other_turn;
use super::layout::{NARROW_AREA, list_beside};
use super::overlay::slab_words;
use super::view;
use crate::gpu::{Interpolation, Scene, Slab, SlabMode};
use crate::space::Plane;
use crate::state::{
    CineCommand, Command, CompareCommand, Dialog, GeometryCommand, LayoutCommand, RATES, ToolCommand, Turn, ViewCommand, ViewLayout,
};
use crate::ui::{Cx, KeyAction, structures, widgets};
use crate::volume::PRESETS;
use egui::containers::menu::{MenuButton, MenuConfig, is_in_menu};
use egui::{Ui, WidgetInfo, vec2};

pub(super) fn tool_frame(cx: &Cx<'_>) -> egui::Frame {
    egui::Frame::new().fill(cx.theme.under).inner_margin(egui::Margin::symmetric(8, 4))
}

/// Height of a toolbar with two rows.
pub(super) const TWO_ROWS: f32 = 66.0;
/// A narrower toolbar keeps what is needed now and then in a menu, so that it has two rows at most; with two views there is more in it.
const FEW: [f32; 2] = [560.0, 640.0];

/// `folds`: the structure list has no place until it is asked for.
pub(super) fn toolbar(ui: &mut Ui, cx: &Cx<'_>, (scene, warnings): (Option<&Scene>, &[String]), folds: bool) {
    let v = &cx.state.viewer;
    let narrow = ui.available_width() < NARROW_AREA;
    let few = ui.available_width() < FEW[usize::from(v.twin())];
    let list = list_beside(v) || folds;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(4.0, 4.0);
        window_menu(ui, cx);
        if narrow {
            layout_menu(ui, cx);
        } else {
            layouts(ui, cx);
        }
        if narrow || v.compare.is_some() || v.arrangement.layout != ViewLayout::Quarters {
            planes(ui, cx);
        }
        if few {
            if !v.twin() {
                masks(ui, cx);
            }
            super::measure::menu(ui, cx);
            more(ui, cx, list);
        } else {
            all(ui, cx, list);
        }
        super::notices::show(ui, cx, scene, warnings);
    });
}

fn all(ui: &mut Ui, cx: &Cx<'_>, list: bool) {
    ui.separator();
    masks(ui, cx);
    outline(ui, cx);
    room(ui, 136.0);
    opacity(ui, cx);
    if list {
        list_toggle(ui, cx);
    }
    ui.separator();
    aids(ui, cx);
    view_menu(ui, cx);
    super::measure::menu(ui, cx);
    slab(ui, cx);
    cine(ui, cx);
}

/// Where there is little room: what is needed now and then, each with the name and key that it has in a wide toolbar.
fn more(ui: &mut Ui, cx: &Cx<'_>, list: bool) {
    // Dragging the opacity must not close the menu.
    let config = MenuConfig::new().close_behavior(egui::PopupCloseBehavior::CloseOnClickOutside);
    let (button, _) = MenuButton::new("More  ▾").config(config).ui(ui, |ui| {
        ui.set_min_width(210.0);
        if cx.state.viewer.twin() {
            masks(ui, cx);
        }
        outline(ui, cx);
        opacity(ui, cx);
        if list {
            list_toggle(ui, cx);
        }
        ui.separator();
        aids(ui, cx);
        slab(ui, cx);
        cine(ui, cx);
        ui.separator();
        view_menu(ui, cx);
    });
    button.on_hover_text("Outline, opacity, crosshair, invert, slab, cine, view");
}

/// A switch: a button in the toolbar, a line with its key in the menu.
fn switch(ui: &mut Ui, cx: &Cx<'_>, on: bool, name: &str, tip: &str, action: KeyAction) -> bool {
    if !is_in_menu(ui) {
        return widgets::toggle(ui, on, name, &format!("{tip}{}", cx.key_hint(action)));
    }
    entry(ui, cx, on, name, name, tip, action)
}

/// A line of the menu.
fn entry(ui: &mut Ui, cx: &Cx<'_>, on: bool, text: &str, name: &str, tip: &str, action: KeyAction) -> bool {
    let button = egui::Button::new(text).selected(on).shortcut_text(cx.keys.shown(action).unwrap_or_default());
    let response = ui.add(button);
    response.widget_info(|| WidgetInfo::selected(egui::Role::Button, true, on, name));
    response.on_hover_text(tip).clicked()
}

/// Starts a new row when less than `width` points are left in this one: a slider and its number wrap together.
pub(super) fn room(ui: &mut Ui, width: f32) {
    if ui.available_size_before_wrap().x < width {
        ui.end_row();
    }
}

fn layout(cx: &Cx<'_>, command: LayoutCommand) {
    cx.send(Command::Layout(command));
}

fn layouts(ui: &mut Ui, cx: &Cx<'_>) {
    let v = &cx.state.viewer;
    for which in ViewLayout::ALL {
        let on = v.compare.is_none() && v.arrangement.layout == which;
        let tip = format!("{}{}", layout_tip(which), cx.key_hint(KeyAction::Layout(which)));
        if icons::toggle(ui, Icon::Layout(which), on, &format!("layout {}", which.name()), &tip) && (!on || v.maximised.is_some()) {
            layout(cx, LayoutCommand::Set(which));
        }
    }
    let tip = format!("Compare with another case or mask set{}", cx.key_hint(KeyAction::Compare));
    if icons::toggle(ui, Icon::Compare, v.compare.is_some(), "compare", &tip) {
        compare(cx);
    }
}

/// Into a comparison, or out of it.
fn compare(cx: &Cx<'_>) {
    cx.send(match cx.state.viewer.compare {
        Some(_) => Command::Compare(CompareCommand::Leave),
        None => Command::Open(Dialog::Compare { query: String::new() }),
    });
}

/// The same as a menu, where the buttons would take a row of their own.
fn layout_menu(ui: &mut Ui, cx: &Cx<'_>) {
    let v = &cx.state.viewer;
    let response = ui.menu_button("Layout  ▾", |ui| {
        ui.set_min_width(220.0);
        for which in ViewLayout::ALL {
            let on = v.compare.is_none() && v.arrangement.layout == which;
            let key = cx.keys.shown(KeyAction::Layout(which)).unwrap_or_default();
            if ui.add(egui::Button::new(which.name()).selected(on).shortcut_text(key)).clicked() {
                layout(cx, LayoutCommand::Set(which));
                ui.close();
            }
        }
        let key = cx.keys.shown(KeyAction::Compare).unwrap_or_default();
        if ui.add(egui::Button::new("compare").selected(v.compare.is_some()).shortcut_text(key)).clicked() {
            compare(cx);
            ui.close();
        }
    });
    response.response.on_hover_text(format!("How the image area is divided{}", cx.key_hint(KeyAction::NextLayout)));
}

fn layout_tip(layout: ViewLayout) -> &'static str {
    match layout {
        ViewLayout::Quarters => "Three planes, 2×2",
        ViewLayout::OneAndThree => "One large plane and three small panes",
        ViewLayout::Single => "A single plane",
        ViewLayout::SideBySide => "One plane twice: without and with masks",
    }
}

/// Which plane is large, alone, or shown twice.
fn planes(ui: &mut Ui, cx: &Cx<'_>) {
    let shown = cx.state.viewer.main_plane();
    for (plane, short) in Plane::ALL.into_iter().zip(["Ax", "Cor", "Sag"]) {
        let tip = format!("Show the {} plane{}", plane.name(), cx.key_hint(KeyAction::NextPlane));
        if widgets::toggle(ui, plane == shown, short, &tip) && plane != shown {
            layout(cx, LayoutCommand::Plane(plane));
        }
    }
}

fn window_menu(ui: &mut Ui, cx: &Cx<'_>) {
    let v = &cx.state.viewer;
    let name = v.preset.and_then(|n| PRESETS.get(n)).map_or("", |p| p.name);
    let text = format!("W {:.0}  L {:.0}  ▾", v.window.width, v.window.level).replace('-', "−");
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
            let values =
                preset.window.map_or_else(|| "of the data".to_owned(), |w| format!("{:.0}/{:.0}", w.width, w.level).replace('-', "−"));
            let key = u8::try_from(n + 1).ok().and_then(|k| cx.keys.shown(KeyAction::Preset(k))).unwrap_or_default();
            let item = egui::Button::new(format!("{}  {values}", preset.name)).selected(v.preset == Some(n)).shortcut_text(key);
            if ui.add(item).clicked() {
                view(cx, ViewCommand::Preset(n));
                ui.close();
            }
        }
    });
    let drag = cx.keys.shown(KeyAction::WindowDrag).unwrap_or_default();
    let now = if name.is_empty() { String::new() } else { format!("Window: {name}\n") };
    button.on_hover_text(format!("{now}Window presets and histogram; press {drag} and drag in an image to change it"));
}

fn masks(ui: &mut Ui, cx: &Cx<'_>) {
    let v = &cx.state.viewer;
    if v.twin() {
        for (side, name) in ["Masks left", "Masks right"].into_iter().enumerate() {
            let shown = v.arrangement.sides[side];
            let tip = "Show or hide masks in this view; the key is for the view under the cursor";
            if switch(ui, cx, shown, name, tip, KeyAction::Masks) {
                layout(cx, LayoutCommand::SideMasks(side, !shown));
            }
        }
    } else if structures::mask_toggle(ui, v.masks, &cx.key_hint(KeyAction::Masks)) {
        view(cx, ViewCommand::ToggleMasks);
    }
}

fn outline(ui: &mut Ui, cx: &Cx<'_>) {
    if switch(ui, cx, cx.state.viewer.outline_only, "Outline", "Outline only, or filled", KeyAction::Outline) {
        view(cx, ViewCommand::ToggleOutline);
    }
}

fn list_toggle(ui: &mut Ui, cx: &Cx<'_>) {
    let open = cx.state.viewer.arrangement.list;
    if switch(ui, cx, open, "List", "Structure list", KeyAction::FindStructure) {
        layout(cx, LayoutCommand::List(!open));
    }
}

fn opacity(ui: &mut Ui, cx: &Cx<'_>) {
    let mut percent = (cx.state.viewer.opacity * 100.0).round();
    let slider = egui::Slider::new(&mut percent, 0.0..=100.0).suffix(" %").fixed_decimals(0);
    let hint = format!(
        "Mask opacity  ({} and {})",
        cx.keys.shown(KeyAction::OpacityDown).unwrap_or_default(),
        cx.keys.shown(KeyAction::OpacityUp).unwrap_or_default()
    );
    let response = ui
        .scope(|ui| {
            ui.spacing_mut().slider_width = 64.0;
            ui.add(slider)
        })
        .inner
        .on_hover_text(hint);
    response.widget_info(|| WidgetInfo::slider(true, f64::from(percent), "Mask opacity"));
    if response.changed() {
        view(cx, ViewCommand::Opacity(percent / 100.0));
    }
}

fn aids(ui: &mut Ui, cx: &Cx<'_>) {
    let v = &cx.state.viewer;
    let aid = |ui: &mut Ui, on: bool, (icon, text, name): (Icon, &str, &str), tip: &str, action: KeyAction| {
        if is_in_menu(ui) {
            entry(ui, cx, on, text, name, tip, action)
        } else {
            icons::toggle(ui, icon, on, name, &format!("{tip}{}", cx.key_hint(action)))
        }
    };
    let tip = "Crosshair: where the other planes cut";
    if aid(ui, v.crosshair, (Icon::Crosshair, "Crosshair", "crosshair"), tip, KeyAction::Crosshair) {
        view(cx, ViewCommand::ToggleCrosshair);
    }
    if aid(ui, v.invert, (Icon::Invert, "Invert", "invert"), "Invert greys", KeyAction::Invert) {
        view(cx, ViewCommand::ToggleInvert);
    }
}

/// What is needed now and then, each with its key.
fn view_menu(ui: &mut Ui, cx: &Cx<'_>) {
    let v = &cx.state.viewer;
    let response = ui
        .menu_button(if is_in_menu(ui) { "View" } else { "View  ▾" }, |ui| {
            ui.set_min_width(230.0);
            let entry = |ui: &mut Ui, text: &str, on: bool, action: KeyAction, command: Command| {
                let key = cx.keys.shown(action).unwrap_or_default();
                if ui.add(egui::Button::new(text).selected(on).shortcut_text(key)).clicked() {
                    cx.send(command);
                    ui.close();
                }
            };
            let linear = v.interpolation == Interpolation::Linear;
            let of = |c: ViewCommand| Command::View(c);
            entry(ui, "Smooth (linear interpolation)", linear, KeyAction::Interpolation, of(ViewCommand::ToggleInterpolation));
            entry(ui, "1:1 pixels", false, KeyAction::OneToOne, of(ViewCommand::OneToOne(None)));
            entry(ui, "Fit", false, KeyAction::Fit, of(ViewCommand::Fit(None)));
            entry(ui, "Reset zoom, pan and position", false, KeyAction::ResetViews, of(ViewCommand::Reset));
            ui.separator();
            let open = cx.state.settings.layout.geometry_open;
            entry(ui, "Geometry panel", open, KeyAction::Geometry, Command::Geometry(GeometryCommand::Toggle));
            ui.separator();
            let ctx = ui.ctx().clone();
            for (text, action) in [
                ("Save view as PNG…", KeyAction::SaveView),
                ("Copy view", KeyAction::CopyView),
                ("Save window as PNG…", KeyAction::SaveWindow),
                ("Copy window", KeyAction::CopyWindow),
            ] {
                if let Some(command) = super::shot_command(&ctx, cx, action) {
                    entry(ui, text, false, action, command);
                }
            }
        })
        .response;
    response.on_hover_text("Interpolation, 1:1, fit, reset, geometry panel, pictures");
}

/// How several slices become one, and how thick they are together.
fn slab(ui: &mut Ui, cx: &Cx<'_>) {
    let v = &cx.state.viewer;
    let (last, mut mm) = v.last_slab;
    let shown = slab_words(v.slab).to_string();
    let text = if is_in_menu(ui) { format!("Slab: {shown}") } else { format!("{shown}  ▾") };
    let response = ui.menu_button(text, |ui| {
        ui.set_min_width(200.0);
        let key = cx.keys.shown(KeyAction::Slab).unwrap_or_default();
        if ui.add(egui::Button::new("thin slice").selected(v.slab == Slab::Thin).shortcut_text(key)).clicked() {
            view(cx, ViewCommand::Slab(Slab::Thin));
        }
        for mode in [SlabMode::Max, SlabMode::Min, SlabMode::Mean] {
            let on = v.slab != Slab::Thin && last == mode;
            let long = ["maximum intensity (MIP)", "minimum intensity (MinIP)", "mean"][mode as usize];
            if ui.add(egui::Button::new(long).selected(on)).clicked() {
                view(cx, ViewCommand::Slab(Slab::Of { mode, mm }));
            }
        }
        let slider = egui::Slider::new(&mut mm, 1.0..=100.0).suffix(" mm").fixed_decimals(0);
        let response = ui.add(slider).on_hover_text("Thickness of the slab. Masks are those of its middle");
        response.widget_info(|| WidgetInfo::slider(true, mm, "Slab thickness"));
        if response.changed() {
            view(cx, ViewCommand::Slab(Slab::Of { mode: last, mm }));
        }
    });
    response.response.widget_info(|| WidgetInfo::labeled(egui::Role::Button, true, format!("Slab: {shown}")));
    response.response.on_hover_text(format!("Thickness of the slices{}", cx.key_hint(KeyAction::Slab)));
}

fn cine(ui: &mut Ui, cx: &Cx<'_>) {
    let cine = cx.state.viewer.cine;
    let playing = cine.playing.is_some();
    let tip = "Cine: play the slices, or stop";
    let in_menu = is_in_menu(ui);
    let clicked = if in_menu {
        entry(ui, cx, playing, "Cine", "cine", tip, KeyAction::Cine)
    } else {
        let icon = if playing { Icon::Stop } else { Icon::Play };
        icons::toggle(ui, icon, playing, "cine", &format!("{tip}{}", cx.key_hint(KeyAction::Cine)))
    };
    if clicked {
        cx.send(Command::Cine(CineCommand::Toggle));
    }
    let text = if in_menu { format!("Cine: {:.0}/s", cine.rate) } else { format!("{:.0}/s  ▾", cine.rate) };
    let response = ui.menu_button(text, |ui| {
        let mut rate = cine.rate.round();
        let slider = egui::Slider::new(&mut rate, RATES.0..=RATES.1).fixed_decimals(0).suffix(" slices/s");
        let hint = format!("Faster and slower{}{}", cx.key_hint(KeyAction::CineFaster), cx.key_hint(KeyAction::CineSlower));
        let response = ui.add(slider).on_hover_text(hint);
        response.widget_info(|| WidgetInfo::slider(true, f64::from(rate), "Cine speed"));
        if response.changed() {
            cx.send(Command::Cine(CineCommand::Rate(rate)));
        }
        let key = cx.keys.shown(KeyAction::CineTurn).unwrap_or_default();
        if ui.add(egui::Button::new("Back and forth").selected(cine.turn == Turn::Back).shortcut_text(key)).clicked() {
            cx.send(Command::Cine(CineCommand::Turn(other_turn(cine.turn))));
        }
    });
    response.response.widget_info(|| WidgetInfo::labeled(egui::Role::Button, true, "Cine settings"));
    response.response.on_hover_text("Speed and direction of cine");
}
