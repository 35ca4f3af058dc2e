//! Centre: the toolbar, three linked views and the structure list, or what stands in their place.
//!
//! A view is black with a GPU slice in it; everything else (crosshair, letters, numbers, scale bar) is painted over it by egui.

use super::{Cx, KeyAction, report, structures};
use crate::gpu::{Scene, SliceRequest, callback};
use crate::space::{Plane, RasMm, SliceFrame};
use crate::state::{CaseMessage, CaseView, Command, Dialog, FilePick, MaskCommand, OpenProject, ViewCommand};
use crate::volume::PRESETS;
use egui::{Align2, Event, FontId, MouseWheelUnit, PointerButton, Rect, RichText, Role, Sense, Stroke, Ui, Vec2, WidgetInfo, pos2, vec2};
use std::sync::Arc;

/// Narrower views leave out the slice count and the window, which stand in the toolbar and the accessible name as well.
const NARROW_VIEW: f32 = 270.0;
/// A narrower image area shows one plane above the structures instead of three planes.
const NARROW_AREA: f32 = 480.0;
/// Space between views.
const GAP: f32 = 2.0;

pub fn show(ui: &mut Ui, cx: &Cx<'_>) {
    let Some(p) = &cx.state.project else { return };
    match &p.case {
        CaseView::Nothing => blank(ui, cx),
        CaseView::NoImage { unmapped } => no_image(ui, cx, p, unmapped.as_deref()),
        CaseView::Loading => views(ui, cx, None, &[]),
        CaseView::Ready { scene, warnings } => views(ui, cx, Some(scene), warnings),
        CaseView::Failed(message) => failed(ui, cx, p, message),
    }
}

fn blank(ui: &mut Ui, cx: &Cx<'_>) {
    ui.painter().rect_filled(ui.max_rect(), 0.0, cx.theme.image.ground);
}

fn view(cx: &Cx<'_>, command: ViewCommand) {
    cx.send(Command::View(command));
}

/// The report takes the room, with the way to images above it.
fn no_image(ui: &mut Ui, cx: &Cx<'_>, p: &OpenProject, unmapped: Option<&str>) {
    let (text, tip) = match unmapped {
        Some(root) => (
            format!("The images of this case are in the data root “{root}”, which is not mapped to a folder on this machine."),
            "Choose the folder that holds them",
        ),
        None => {
            ("This case has no image. Judge the item by its report, or add the folder that holds the images.".to_owned(), "Import images")
        }
    };
    egui::Panel::top("no-image").show_separator_line(false).frame(cx.theme.panel_frame()).show(ui, |ui| {
        cx.theme.card_frame().show(ui, |ui| {
            ui.horizontal(|ui| {
                let label = if unmapped.is_some() { "Map data root…" } else { "Add images…" };
                if super::widgets::filled_button(ui, cx.theme, label, cx.theme.selection, 136.0).on_hover_text(tip).clicked() {
                    let pick = unmapped.map_or(FilePick::ImportImages, |root| FilePick::Root(root.to_owned()));
                    cx.send(Command::Pick(pick));
                }
                ui.add(egui::Label::new(RichText::new(text).color(cx.theme.weak)).wrap());
            });
        });
    });
    egui::CentralPanel::no_frame().frame(cx.theme.panel_frame()).show(ui, |ui| {
        if let Some(current) = &p.current {
            report::instead_of_images(ui, cx, current);
        }
    });
}

fn failed(ui: &mut Ui, cx: &Cx<'_>, p: &OpenProject, message: &str) {
    egui::Panel::top("failed").show_separator_line(false).frame(cx.theme.panel_frame()).show(ui, |ui| {
        cx.theme.card_frame().show(ui, |ui| {
            ui.label(RichText::new("The images of this case are not shown.").color(cx.theme.reject));
            ui.add(egui::Label::new(message).wrap().selectable(true));
            ui.horizontal(|ui| {
                if ui.button("Try again").clicked() {
                    cx.send(Command::Case(CaseMessage::Retry));
                }
                if ui.button("Data roots…").on_hover_text("See and change where images are looked for").clicked() {
                    cx.send(Command::Open(Dialog::Roots));
                }
            });
        });
    });
    egui::CentralPanel::no_frame().frame(cx.theme.panel_frame()).show(ui, |ui| {
        if let Some(current) = &p.current {
            report::instead_of_images(ui, cx, current);
        }
    });
}

fn views(ui: &mut Ui, cx: &Cx<'_>, scene: Option<&Arc<Scene>>, warnings: &[String]) {
    egui::Panel::top("viewer-tools").show_separator_line(false).frame(tool_frame(cx)).show(ui, |ui| {
        toolbar(ui, cx, scene.map(AsRef::as_ref), warnings);
    });
    egui::CentralPanel::no_frame().show(ui, |ui| {
        let area = ui.max_rect();
        ui.painter().rect_filled(area, 0.0, cx.theme.line);
        let maximised = cx.state.viewer.maximised;
        let list = if area.width() < NARROW_AREA {
            let (above, below) = area.split_top_bottom_at_fraction(0.62);
            pane(ui, cx, scene, maximised.unwrap_or(Plane::Axial), above);
            below
        } else if let Some(plane) = maximised {
            return pane(ui, cx, scene, plane, area);
        } else {
            let [axial, sagittal, coronal, list] = quarters(area);
            pane(ui, cx, scene, Plane::Axial, axial);
            pane(ui, cx, scene, Plane::Sagittal, sagittal);
            pane(ui, cx, scene, Plane::Coronal, coronal);
            list
        };
        let mut child = ui.new_child(egui::UiBuilder::new().max_rect(list).layout(egui::Layout::top_down(egui::Align::Min)));
        child.set_clip_rect(list);
        structures::show(&mut child, cx, scene.and_then(|s| s.labels()).map(AsRef::as_ref));
    });
}

/// Which plane a narrow window shows.
fn plane_choice(ui: &mut Ui, cx: &Cx<'_>) {
    let shown = cx.state.viewer.maximised.unwrap_or(Plane::Axial);
    for (plane, short) in Plane::ALL.into_iter().zip(["Ax", "Cor", "Sag"]) {
        if super::widgets::toggle(ui, plane == shown, short, plane.name()) && plane != shown {
            view(cx, ViewCommand::Maximise(plane));
        }
    }
    ui.separator();
}

fn quarters(area: Rect) -> [Rect; 4] {
    let c = area.center();
    let half = GAP / 2.0;
    [
        Rect::from_min_max(area.min, pos2(c.x - half, c.y - half)),
        Rect::from_min_max(pos2(c.x + half, area.top()), pos2(area.right(), c.y - half)),
        Rect::from_min_max(pos2(area.left(), c.y + half), pos2(c.x - half, area.bottom())),
        Rect::from_min_max(pos2(c.x + half, c.y + half), area.max),
    ]
}

fn tool_frame(cx: &Cx<'_>) -> egui::Frame {
    egui::Frame::new().fill(cx.theme.panel).inner_margin(egui::Margin::symmetric(8, 4))
}

fn toolbar(ui: &mut Ui, cx: &Cx<'_>, scene: Option<&Scene>, warnings: &[String]) {
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
        if super::widgets::toggle(ui, v.outline_only, "Outline", &tip) {
            view(cx, ViewCommand::ToggleOutline);
        }
        opacity(ui, cx);
        ui.separator();
        let tip = format!("Crosshair{}", cx.key_hint(KeyAction::Crosshair));
        if super::widgets::toggle(ui, v.crosshair, "✛", &tip) {
            view(cx, ViewCommand::ToggleCrosshair);
        }
        let linear = v.interpolation == crate::gpu::Interpolation::Linear;
        let tip = format!("Linear interpolation; off shows the voxels{}", cx.key_hint(KeyAction::Interpolation));
        if super::widgets::toggle(ui, linear, "Smooth", &tip) {
            view(cx, ViewCommand::ToggleInterpolation);
        }
        if ui.button("Reset").on_hover_text(format!("Reset zoom, pan and position{}", cx.key_hint(KeyAction::ResetViews))).clicked() {
            view(cx, ViewCommand::Reset);
        }
        notices(ui, cx, scene, warnings);
    });
}

fn window_menu(ui: &mut Ui, cx: &Cx<'_>) {
    let w = cx.state.viewer.window;
    let text = format!("W {:.0}  L {:.0}  ▾", w.width, w.level);
    let button = ui.menu_button(text, |ui| {
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
    button.response.on_hover_text(format!(
        "Window presets; press {} and drag in an image to change it",
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

fn pane(ui: &mut Ui, cx: &Cx<'_>, scene: Option<&Arc<Scene>>, plane: Plane, rect: Rect) {
    let response = ui.interact(rect, egui::Id::unique(("view", plane.name())), Sense::click_and_drag());
    let v = &cx.state.viewer;
    let number = v.slice_number(plane).map_or_else(String::new, |(n, of)| format!(", slice {n} of {of}"));
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, format!("{} view{number}", plane.name())));
    let painter = ui.painter_at(rect);
    painter.rect_filled(rect, 0.0, cx.theme.image.ground);
    let Some(scene) = scene else {
        painter.text(rect.center(), Align2::CENTER_CENTER, loading_text(cx), FontId::proportional(13.0), cx.theme.image.weak);
        return;
    };
    let pixels = rect.size() * ui.ctx().pixels_per_point();
    let size_px = [pixels.x.round().max(1.0) as u32, pixels.y.round().max(1.0) as u32];
    let frame = v.frame(plane, cx.state.settings.convention, size_px);
    let view = View { plane, rect, frame, scale: ui.ctx().pixels_per_point() };
    painter.add(callback::slice(rect, Arc::clone(scene), SliceRequest { frame, size_px, look: v.look() }, plane as usize));
    if scene.uploaded() < 1.0 {
        ui.ctx().request_repaint();
    }
    view.interact(ui, cx, &response);
    view.paint(cx, scene, &painter);
}

fn loading_text(cx: &Cx<'_>) -> String {
    match cx.state.jobs.iter().find_map(|j| j.fraction) {
        Some(f) => format!("reading… {:.0} %", f * 100.0),
        None => "reading…".to_owned(),
    }
}

/// One view of this frame: where it is on screen and in the patient.
struct View {
    plane: Plane,
    rect: Rect,
    frame: SliceFrame,
    /// Physical pixels per point.
    scale: f32,
}

impl View {
    fn point(&self, at: egui::Pos2) -> RasMm {
        let d = (at - self.rect.center()) * self.scale;
        self.frame.at(f64::from(d.x), f64::from(d.y))
    }

    fn on_screen(&self, p: RasMm) -> egui::Pos2 {
        let (x, y) = self.frame.project(p);
        self.rect.center() + vec2(x as f32, y as f32) / self.scale
    }

    fn mm(&self, drag: Vec2) -> (f64, f64) {
        let mm_per_point = self.frame.right.length() * f64::from(self.scale);
        (-f64::from(drag.x) * mm_per_point, -f64::from(drag.y) * mm_per_point)
    }

    fn interact(&self, ui: &Ui, cx: &Cx<'_>, response: &egui::Response) {
        let hover = response.hover_pos().map(|at| (self.plane, self.point(at)));
        let was = cx.state.viewer.hover;
        if hover.is_some() && hover != was || hover.is_none() && was.is_some_and(|(p, _)| p == self.plane) {
            view(cx, ViewCommand::Hover(hover));
        }
        if response.double_clicked() {
            view(cx, ViewCommand::Maximise(self.plane));
            return;
        }
        if response.hovered() || response.dragged() {
            self.wheel(ui, cx, response);
        }
        // Ctrl+click selects a structure and leaves the crosshair where it is.
        if response.clicked()
            && ui.input(|i| i.modifiers.command)
            && let Some(at) = response.interact_pointer_pos()
        {
            cx.send(Command::Mask(MaskCommand::Pick(self.point(at))));
        }
        self.drag(ui, cx, response);
    }

    fn wheel(&self, ui: &Ui, cx: &Cx<'_>, response: &egui::Response) {
        let anchor = response.hover_pos().map_or(self.frame.centre, |at| self.point(at));
        ui.input(|i| {
            for event in &i.events {
                let Event::MouseWheel { unit, delta, modifiers, .. } = event else { continue };
                let steps = match unit {
                    MouseWheelUnit::Line => delta.y,
                    MouseWheelUnit::Point => delta.y / 24.0,
                    MouseWheelUnit::Page => delta.y * 10.0,
                };
                if modifiers.ctrl || modifiers.command {
                    view(cx, ViewCommand::Zoom { plane: self.plane, factor: 1.15f64.powf(f64::from(steps)), anchor });
                } else {
                    view(cx, ViewCommand::Scroll { plane: self.plane, slices: f64::from(steps) });
                }
            }
        });
    }

    fn drag(&self, ui: &Ui, cx: &Cx<'_>, response: &egui::Response) {
        let armed = cx.state.viewer.window_armed;
        let (shift, command) = ui.input(|i| (i.modifiers.shift, i.modifiers.command));
        let delta = response.drag_delta();
        if armed && response.dragged_by(PointerButton::Primary) {
            view(cx, ViewCommand::WindowDrag { dx: delta.x, dy: -delta.y });
        } else if armed && response.drag_stopped_by(PointerButton::Primary) {
            view(cx, ViewCommand::WindowDragEnd);
        } else if response.dragged_by(PointerButton::Middle) || (shift && response.dragged_by(PointerButton::Primary)) {
            view(cx, ViewCommand::Pan { plane: self.plane, by_mm: self.mm(delta) });
        } else if response.dragged_by(PointerButton::Secondary) {
            let anchor = self.frame.centre;
            view(cx, ViewCommand::Zoom { plane: self.plane, factor: 1.01f64.powf(f64::from(-delta.y)), anchor });
        } else if !armed
            && !shift
            && !command
            && response.is_pointer_button_down_on()
            && ui.input(|i| i.pointer.primary_down())
            && let Some(at) = response.interact_pointer_pos()
        {
            view(cx, ViewCommand::Cross(self.point(at)));
        }
    }

    fn paint(&self, cx: &Cx<'_>, scene: &Scene, painter: &egui::Painter) {
        if cx.state.viewer.crosshair {
            self.crosshair(cx, painter);
        }
        self.letters(cx, painter);
        self.captions(cx, scene, painter);
        self.scale_bar(cx, painter);
        let pointed = cx.state.viewer.hover.map_or(Plane::Axial, |(plane, _)| plane) == self.plane;
        if cx.state.viewer.window_armed && pointed {
            let text = "drag: right = wider, up = brighter · Esc cancels";
            painter.text(
                self.rect.center_top() + vec2(0.0, 28.0),
                Align2::CENTER_TOP,
                text,
                FontId::proportional(12.0),
                cx.theme.image.warning,
            );
        }
    }

    /// The lines of the two other planes, in their colours, with a gap at the point itself.
    fn crosshair(&self, cx: &Cx<'_>, painter: &egui::Painter) {
        let at = self.on_screen(cx.state.viewer.cross);
        let (across, along) = match self.plane {
            Plane::Axial => (Plane::Coronal, Plane::Sagittal),
            Plane::Coronal => (Plane::Axial, Plane::Sagittal),
            Plane::Sagittal => (Plane::Axial, Plane::Coronal),
        };
        let stroke = |plane| Stroke::new(1.0, cx.theme.image.plane(plane).gamma_multiply(0.8));
        let gap = 10.0;
        let r = self.rect;
        if r.y_range().contains(at.y) {
            painter.hline(r.left()..=(at.x - gap).max(r.left()), at.y, stroke(across));
            painter.hline((at.x + gap).min(r.right())..=r.right(), at.y, stroke(across));
        }
        if r.x_range().contains(at.x) {
            painter.vline(at.x, r.top()..=(at.y - gap).max(r.top()), stroke(along));
            painter.vline(at.x, (at.y + gap).min(r.bottom())..=r.bottom(), stroke(along));
        }
    }

    fn letters(&self, cx: &Cx<'_>, painter: &egui::Painter) {
        let [left, right, top, bottom] = self.plane.edge_letters(cx.state.settings.convention);
        let r = self.rect.shrink(8.0);
        let places = [
            (r.left_center(), Align2::LEFT_CENTER, left),
            (r.right_center(), Align2::RIGHT_CENTER, right),
            (r.center_top(), Align2::CENTER_TOP, top),
            (r.center_bottom(), Align2::CENTER_BOTTOM, bottom),
        ];
        for (at, align, letter) in places {
            caption(
                painter,
                at,
                align,
                &letter.to_string(),
                FontId::new(15.0, egui::FontFamily::Name(super::theme::STRONG.into())),
                cx.theme.image.text,
                cx,
            );
        }
    }

    fn captions(&self, cx: &Cx<'_>, scene: &Scene, painter: &egui::Painter) {
        let v = &cx.state.viewer;
        let r = self.rect.shrink(8.0);
        let font = FontId::proportional(12.0);
        let title = format!("{}  {}", self.plane.name(), position(self.plane, v.position_mm(self.plane)));
        caption(painter, r.left_top(), Align2::LEFT_TOP, &title, font.clone(), cx.theme.image.plane(self.plane), cx);
        let narrow = self.rect.width() < NARROW_VIEW;
        if let Some((n, of)) = v.slice_number(self.plane).filter(|_| !narrow) {
            caption(painter, r.right_top(), Align2::RIGHT_TOP, &format!("{n} / {of}"), font.clone(), cx.theme.image.weak, cx);
        }
        let w = v.window;
        if !narrow {
            let window = format!("W {:.0}  L {:.0}", w.width, w.level).replace('-', "−");
            caption(painter, r.right_bottom(), Align2::RIGHT_BOTTOM, &window, font.clone(), cx.theme.image.weak, cx);
        }
        let probed = v.hover.filter(|(plane, _)| *plane == self.plane).map_or(v.cross, |(_, at)| at);
        caption(painter, r.left_bottom(), Align2::LEFT_BOTTOM, &probe_text(scene, probed), font, cx.theme.image.text, cx);
    }

    /// A bar of 1, 2 or 5 × 10ⁿ mm, at most a quarter of the view.
    fn scale_bar(&self, cx: &Cx<'_>, painter: &egui::Painter) {
        let mm_per_point = self.frame.right.length() * f64::from(self.scale);
        let most = f64::from(self.rect.width()) * 0.25 * mm_per_point;
        let Some(mm) = nice_length(most) else { return };
        let width = (mm / mm_per_point) as f32;
        let right = self.rect.right() - 8.0;
        let y = self.rect.bottom() - 30.0;
        let stroke = Stroke::new(1.5, cx.theme.image.text);
        painter.hline(right - width..=right, y, stroke);
        for x in [right - width, right] {
            painter.vline(x, y - 3.0..=y + 3.0, stroke);
        }
        let text = if mm >= 10.0 { format!("{:.0} cm", mm / 10.0) } else { format!("{mm:.0} mm") };
        caption(
            painter,
            pos2(right - width / 2.0, y - 4.0),
            Align2::CENTER_BOTTOM,
            &text,
            FontId::proportional(11.0),
            cx.theme.image.text,
            cx,
        );
    }
}

/// `L 10.5 mm`: the side by its letter, not by a sign.
fn position(plane: Plane, mm: f64) -> String {
    let [positive, negative] = [["R", "L"], ["A", "P"], ["S", "I"]][plane.normal_axis()];
    format!("{} {:.1} mm", if mm < -0.05 { negative } else { positive }, mm.abs())
}

/// The largest of 1, 2, 5 × 10ⁿ not above `most`.
fn nice_length(most: f64) -> Option<f64> {
    if !(most.is_finite() && most > 1e-3) {
        return None;
    }
    let power = 10f64.powf(most.log10().floor());
    [5.0, 2.0, 1.0].into_iter().map(|m| m * power).find(|l| *l <= most)
}

fn probe_text(scene: &Scene, at: RasMm) -> String {
    let hu = match scene.volume().map(|v| v.probe(at)) {
        Some(Some(p)) if p.hu.fract() == 0.0 => format!("HU {:.0}", p.hu).replace('-', "−"),
        Some(Some(p)) if p.hu.is_nan() => "HU not a number".to_owned(),
        Some(Some(p)) => format!("HU {:.1}", p.hu).replace('-', "−"),
        Some(None) => "outside".to_owned(),
        None => String::new(),
    };
    let names = scene.labels().map_or_else(Vec::new, |l| l.at(at).into_iter().map(|i| l.table[i].title().into_owned()).collect());
    [hu].into_iter().filter(|s| !s.is_empty()).chain(names).collect::<Vec<_>>().join(" · ")
}

/// Text that can be read on white bone, black air and coloured masks: on a dark ground.
fn caption(painter: &egui::Painter, at: egui::Pos2, align: Align2, text: &str, font: FontId, color: egui::Color32, cx: &Cx<'_>) {
    if text.is_empty() {
        return;
    }
    let galley = painter.layout_no_wrap(text.to_owned(), font, color);
    let rect = align.anchor_size(at, galley.size());
    painter.rect_filled(rect.expand2(vec2(3.0, 1.0)), 3.0, cx.theme.image.ground.gamma_multiply(0.6));
    painter.galley(rect.min, galley, color);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scale_bars_are_round_and_fit() {
        for (most, expected) in
            [(60.0, Some(50.0)), (49.9, Some(20.0)), (10.0, Some(10.0)), (0.3, Some(0.2)), (0.0, None), (f64::NAN, None)]
        {
            assert_eq!(nice_length(most), expected, "{most}");
        }
    }
}
