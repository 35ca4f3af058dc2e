//! What was measured for the item, as a list: click an entry to see it, ✕ takes it away. Absent while there is nothing.

use super::widgets::{caption, strong};
use super::{Cx, KeyAction, viewer};
use crate::geometry::{Annotation, Cut, Measure};
use crate::state::{Command, Kept, Shown, ToolCommand};
use egui::{Align, Layout, RichText, Role, Sense, Ui, UiBuilder, WidgetInfo};

pub fn show(ui: &mut Ui, cx: &Cx<'_>) {
    let shown = &cx.state.tools.shown;
    if shown.is_empty() {
        return;
    }
    ui.add_space(8.0);
    caption(ui, cx.theme, "measurements");
    ui.spacing_mut().item_spacing.y = 2.0;
    for s in shown {
        row(ui, cx, s);
    }
    if let Some(why) = cx.state.temporary_because().filter(|_| shown.iter().any(|s| s.kept == Kept::Temporary)) {
        ui.add(egui::Label::new(RichText::new(why).small().color(cx.theme.edit)).wrap());
    }
    if shown.iter().any(|s| s.kept == Kept::Failed)
        && let Some(id) = cx.state.project.as_ref().and_then(|p| p.current_row()).map(|r| r.id.clone())
        && ui.button("Save again").on_hover_text("Try to save what the disk refused").clicked()
    {
        cx.send(Command::Review(crate::state::ReviewCommand::Retry(id)));
    }
}

fn row(ui: &mut Ui, cx: &Cx<'_>, s: &Shown) {
    let a = cx.state.tools.current(s);
    let name = viewer::tool_label(a.shape.kind());
    let values = a.lines();
    let (main, more) = main_value(&values, a);
    let selected = cx.state.tools.selected.as_ref() == Some(&a.id);
    let scope = ui.scope_builder(UiBuilder::new().sense(Sense::click()), |ui| {
        let fill = if selected { cx.theme.hover } else { cx.theme.card };
        egui::Frame::new().fill(fill).corner_radius(6).inner_margin(egui::Margin::symmetric(8, 4)).show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = 6.0;
                let ink = if on_slice(cx, a) { cx.theme.text } else { cx.theme.weak };
                ui.add(egui::Label::new(RichText::new(name).color(cx.theme.weak)).selectable(false));
                ui.add(egui::Label::new(strong(&main).color(ink)).selectable(false));
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    if s.mine {
                        delete(ui, cx, a, name, &main);
                    }
                });
            });
            ui.add(egui::Label::new(RichText::new(second_line(s, a, &more)).small().color(cx.theme.weak)).selectable(false).truncate());
        });
    });
    let response = scope.response;
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, selected, format!("go to {name} {main}")));
    if response.on_hover_text(format!("{}\nclick to go there", values.join("\n"))).clicked() {
        cx.send(Command::Tool(ToolCommand::GoTo(a.id.clone())));
    }
}

/// HU first where there are any: they are what a region is drawn for.
fn main_value(values: &[String], a: &Annotation) -> (String, String) {
    let (first, second) = (values.first().cloned().unwrap_or_default(), values.get(1).cloned());
    match (second, a.measure(), &a.hu) {
        (Some(_), Measure::Area { .. }, Some(hu)) => {
            let range = format!("{:.0}…{:.0} HU · {first} · n {}", hu.min, hu.max, hu.samples).replace('-', "−");
            (format!("{:.0} ± {:.0} HU", hu.mean, hu.sd).replace('-', "−"), range)
        }
        (Some(hu), ..) => (first, hu),
        (None, ..) => (first, String::new()),
    }
}

fn delete(ui: &mut Ui, cx: &Cx<'_>, a: &Annotation, name: &str, value: &str) {
    let button = ui.add(egui::Button::new("✕").small().frame(false));
    button.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("remove {name} {value}")));
    if button.on_hover_text(format!("Take it away; can be undone{}", cx.key_hint(KeyAction::RemoveMeasurement))).clicked() {
        cx.send(Command::Tool(ToolCommand::Remove(Some(a.id.clone()))));
    }
}

/// Where it is, what else it says, who drew it, and whether it is on disk.
fn second_line(s: &Shown, a: &Annotation, more: &str) -> String {
    let place = match a.plane {
        Cut::Standard(plane) => {
            format!("{} {}", plane.name(), viewer::position(plane, a.shape.centre().0[plane.normal_axis()]))
        }
        Cut::Oblique { .. } => "oblique".to_owned(),
    };
    let kept = match s.kept {
        Kept::Saved => "",
        Kept::Saving => "saving…",
        Kept::Failed => "NOT saved",
        Kept::Temporary => "temporary",
    };
    let who = if s.mine { "" } else { &s.reviewer };
    [place.as_str(), more, who, kept].into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join(" · ")
}

/// True when it is drawn over the slice that its plane shows now.
fn on_slice(cx: &Cx<'_>, a: &Annotation) -> bool {
    let v = &cx.state.viewer;
    let normal = a.plane.normal();
    normal.dot(a.shape.centre().0 - v.cross.0).abs() <= v.slice_mm(normal) / 2.0 + 1e-6
}
