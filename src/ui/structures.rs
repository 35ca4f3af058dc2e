//! The list of structures: search, groups by body system, visibility, solo, colour and opacity, jump-to. Structures that the item names
//! come first. Only the lines in sight are drawn.

use super::structure_style::{popup, swatch_color};
use super::widgets::{millilitres, strong, toggle};
use super::{Cx, KeyAction};
use crate::gpu::LabelStyle;
use crate::state::{Command, Group, GroupList, Line, MaskCommand, ViewCommand};
use crate::volume::structures::System;
use crate::volume::{Label, LabelSet};
use egui::epaint::QuadraticBezierShape;
use egui::text::{LayoutJob, TextFormat, TextWrapping};
use egui::{
    Align, Color32, FontFamily, FontId, Id, Painter, Pos2, Rect, Response, RichText, Role, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2,
};

const ROW: f32 = 24.0;
/// Of the eye, the swatch and the solo button.
const CELL: f32 = 24.0;
/// Left of the scroll bar.
const BAR: f32 = 10.0;

fn search_id() -> Id {
    Id::unique("structure-search")
}

/// The cursor into the search field of the list.
pub fn focus_search(context: &egui::Context) {
    context.memory_mut(|m| m.request_focus(search_id()));
}

pub fn show(ui: &mut Ui, cx: &Cx<'_>, labels: Option<&LabelSet>) {
    let frame = egui::Frame::new().fill(cx.theme.under).inner_margin(egui::Margin::symmetric(10, 8));
    frame.show(ui, |ui| {
        ui.set_min_size(ui.available_size());
        let Some(labels) = labels else {
            return nothing(ui, cx, "No masks for this case.", "Import a label map or a folder of masks to see structures here.");
        };
        if labels.table.is_empty() {
            return nothing(ui, cx, "The masks of this case are empty.", "No voxel of them belongs to a structure.");
        }
        header(ui, cx, labels);
        if cx.state.viewer.structures.lines().is_empty() {
            return no_match(ui, cx);
        }
        list(ui, cx, labels);
    });
}

fn send(cx: &Cx<'_>, command: MaskCommand) {
    cx.send(Command::Mask(command));
}

fn nothing(ui: &mut Ui, cx: &Cx<'_>, what: &str, next: &str) {
    ui.vertical_centered(|ui| {
        ui.add_space(24.0);
        ui.label(RichText::new(what).color(cx.theme.weak));
        ui.label(RichText::new(next).small().color(cx.theme.weak));
    });
}

fn no_match(ui: &mut Ui, cx: &Cx<'_>) {
    let query = cx.state.viewer.structures.query().trim();
    if query.is_empty() {
        return nothing(ui, cx, "None of the named structures is in this volume.", "Search for one to see it here.");
    }
    ui.vertical_centered(|ui| {
        ui.add_space(16.0);
        ui.label(RichText::new(format!("No structure matches “{query}”.")).color(cx.theme.weak));
        if ui.button("Clear search").clicked() {
            send(cx, MaskCommand::Query(String::new()));
        }
    });
}

/// In a narrower list, in points, the buttons stand below the title.
const ONE_LINE: f32 = 270.0;

fn header(ui: &mut Ui, cx: &Cx<'_>, labels: &LabelSet) {
    let one_line = ui.available_width() >= ONE_LINE;
    ui.horizontal(|ui| {
        ui.label(strong("Structures"));
        ui.label(RichText::new(count(cx)).color(cx.theme.weak)).on_hover_text("Structures drawn, of those in this volume");
        if one_line {
            ui.with_layout(egui::Layout::right_to_left(Align::Center), |ui| all_or_none(ui, cx, labels));
        }
    });
    if !one_line {
        ui.horizontal(|ui| ui.with_layout(egui::Layout::right_to_left(Align::Center), |ui| all_or_none(ui, cx, labels)));
    }
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        ui.with_layout(egui::Layout::right_to_left(Align::Center), |ui| {
            only_item(ui, cx);
            search(ui, cx);
        });
    });
    ui.add_space(2.0);
}

fn all_or_none(ui: &mut Ui, cx: &Cx<'_>, labels: &LabelSet) {
    ui.spacing_mut().item_spacing.x = 4.0;
    more(ui, cx, labels);
    if ui.button("None").on_hover_text("Hide every structure").clicked() {
        send(cx, MaskCommand::AllVisible(false));
    }
    if ui.button("All").on_hover_text("Show every structure").clicked() {
        send(cx, MaskCommand::AllVisible(true));
    }
}

/// `3 of 40`.
fn count(cx: &Cx<'_>) -> String {
    let masks = &cx.state.viewer.structures;
    let (visible, present) = (masks.visible_count(), masks.present_count());
    let thousands = super::widgets::thousands;
    if visible == present { thousands(present) } else { format!("{} of {}", thousands(visible), thousands(present)) }
}

/// Colours and opacities of all structures at once, asked for twice.
fn more(ui: &mut Ui, cx: &Cx<'_>, labels: &LabelSet) {
    let menu = ui.menu_button("⋯", |ui| {
        let styles = cx.state.viewer.structures.styles();
        let plain = |(style, label): (&LabelStyle, &Label)| style.color == label.color && style.opacity == 255;
        let changed = styles.iter().zip(&labels.table).filter(|pair| !plain(*pair)).count();
        ui.menu_button("Reset colours, opacities and visibility", |ui| {
            if ui.button(format!("Show all and forget {}", super::widgets::count(changed, "changed style"))).clicked() {
                send(cx, MaskCommand::ResetAll);
                ui.close();
            }
        });
    });
    menu.response.widget_info(|| WidgetInfo::labeled(Role::Button, true, "More for structures"));
    menu.response.on_hover_text("Reset all structures");
}

fn only_item(ui: &mut Ui, cx: &Cx<'_>) {
    let masks = &cx.state.viewer.structures;
    let hint = cx.key_hint(KeyAction::OnlyItem);
    if masks.item_names_some() {
        if toggle(ui, masks.only_item(), "This item's", &format!("Draw only the structures that this item names{hint}")) {
            send(cx, MaskCommand::OnlyItem);
        }
    } else {
        ui.add_enabled(false, egui::Button::new("This item's")).on_disabled_hover_text("This item names no structure of these masks");
    }
}

fn search(ui: &mut Ui, cx: &Cx<'_>) {
    let mut query = cx.state.viewer.structures.query().to_owned();
    let field = egui::TextEdit::singleline(&mut query)
        .id(search_id())
        .hint_text("Find a structure")
        .desired_width(f32::INFINITY)
        .margin(vec2(8.0, 4.0));
    let response = ui.add(field);
    response.widget_info(|| WidgetInfo::labeled(Role::SearchInput, true, "Find a structure"));
    if response.changed() {
        send(cx, MaskCommand::Query(query));
    }
    let first = |line: &Line| if let Line::Label(index) = line { Some(*index) } else { None };
    if response.lost_focus()
        && ui.input(|i| i.key_pressed(egui::Key::Enter))
        && let Some(index) = cx.state.viewer.structures.lines().iter().find_map(first)
    {
        cx.send(Command::View(ViewCommand::JumpTo(index)));
    }
    response.on_hover_text("Words of the name, body system or SNOMED CT code; Enter goes to the first structure found");
}

fn list(ui: &mut Ui, cx: &Cx<'_>, labels: &LabelSet) {
    ui.spacing_mut().item_spacing.y = 0.0;
    let masks = &cx.state.viewer.structures;
    let lines = masks.lines();
    let mut area = egui::ScrollArea::vertical().id_salt("structures").auto_shrink(false);
    if let Some(line) = to_reveal(ui, cx) {
        area = area.vertical_scroll_offset((line as f32 * ROW - (ui.available_height() - ROW) / 2.0).max(0.0));
    }
    area.show_rows(ui, ROW, lines.len(), |ui, range| {
        ui.data_mut(|d| d.insert_temp(in_sight(), (range.start, range.end)));
        for line in &lines[range] {
            match *line {
                Line::Group(n) => masks.groups().get(n).into_iter().for_each(|g| heading(ui, cx, g)),
                Line::Label(index) => labels.table.get(index).into_iter().for_each(|l| row(ui, cx, index, l)),
            }
        }
    });
}

/// Where the first and last line that were drawn last are kept.
fn in_sight() -> Id {
    Id::unique("structures-in-sight")
}

/// The selected line, when it was selected since the last frame and is out of sight.
fn to_reveal(ui: &Ui, cx: &Cx<'_>) -> Option<usize> {
    let masks = &cx.state.viewer.structures;
    let id = Id::unique("structures-revealed");
    let seen: u64 = ui.data(|d| d.get_temp(id)).unwrap_or_default();
    if seen == masks.reveal() {
        return None;
    }
    ui.data_mut(|d| d.insert_temp(id, masks.reveal()));
    let selected = masks.selected()?;
    let line = masks.lines().iter().position(|l| *l == Line::Label(selected))?;
    let (first, end): (usize, usize) = ui.data(|d| d.get_temp(in_sight())).unwrap_or_default();
    (line <= first || line + 2 >= end).then_some(line)
}

/// One line's room, cut into cells from the left, the right, and what remains.
struct Cells {
    rect: Rect,
    left: f32,
    right: f32,
}

impl Cells {
    fn new(ui: &mut Ui) -> Self {
        let (_, rect) = ui.allocate_space(vec2(ui.available_width(), ROW));
        let rect = rect.with_max_x((rect.right() - BAR).max(rect.left()));
        Self { rect, left: rect.left() + 2.0, right: rect.right() }
    }

    fn take_left(&mut self) -> Rect {
        let cell = Rect::from_min_size(pos2(self.left, self.rect.top()), vec2(CELL, ROW));
        self.left += CELL;
        cell
    }

    fn take_right(&mut self) -> Rect {
        self.right -= CELL;
        Rect::from_min_size(pos2(self.right, self.rect.top()), vec2(CELL, ROW))
    }

    /// Text at the right, then text that is cut where it would run into it.
    fn texts(&self, painter: &Painter, cx: &Cx<'_>, (name, family, ink): (&str, FontFamily, Color32), right: String) {
        let middle = self.rect.center().y;
        let aside = painter.layout_no_wrap(right, FontId::proportional(12.0), cx.theme.weak);
        let left_edge = self.right - aside.size().x - 4.0;
        painter.galley(pos2(left_edge, middle - aside.size().y / 2.0), aside, cx.theme.weak);
        let mut job = LayoutJob::single_section(name.to_owned(), TextFormat::simple(FontId::new(13.0, family), ink));
        job.wrap = TextWrapping::truncate_at_width((left_edge - self.left - 12.0).max(0.0));
        let galley = painter.layout_job(job);
        painter.galley(pos2(self.left + 4.0, middle - galley.size().y / 2.0), galley, ink);
    }
}

fn heading(ui: &mut Ui, cx: &Cx<'_>, list: &GroupList) {
    let mut cells = Cells::new(ui);
    let (name, id) = (group_name(list.group), Id::unique(("structure-group", list.group)));
    let fold = ui.interact(cells.rect, id, Sense::click());
    let eye = ui.interact(cells.take_left(), id.with("eye"), Sense::click());
    let (all, none) = (list.visible == list.labels.len(), list.visible == 0);
    fold.widget_info(|| {
        WidgetInfo::selected(Role::Button, true, !list.folded, format!("{name}, {}", super::widgets::count(list.labels.len(), "structure")))
    });
    eye.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, all, format!("show all of {name}")));
    if eye.clicked() {
        send(cx, MaskCommand::GroupVisible(list.group, !all));
    } else if fold.clicked() {
        send(cx, MaskCommand::Fold(list.group));
    }
    let painter = ui.painter_at(cells.rect);
    ground(&painter, cx, cells.rect, fold.hovered(), false);
    let pupil = if all {
        Pupil::Full
    } else if none {
        Pupil::Closed
    } else {
        Pupil::Ring
    };
    paint_eye(&painter, eye.rect.center(), pupil, if none { cx.theme.weak } else { cx.theme.text });
    let searching = !cx.state.viewer.structures.query().is_empty();
    let title = if searching { name.to_owned() } else { format!("{}  {name}", if list.folded { "▸" } else { "▾" }) };
    let aside = if all { format!("{}", list.labels.len()) } else { format!("{} of {}", list.visible, list.labels.len()) };
    let _ = cells.take_right(); // in line with the volumes
    cells.texts(&painter, cx, (&title, FontFamily::Name(super::theme::STRONG.into()), cx.theme.text), aside);
    eye.on_hover_text(if all { "Hide this group" } else { "Show this group" });
    if !searching {
        fold.on_hover_text(if list.folded { "Unfold" } else { "Fold" });
    }
}

fn group_name(group: Group) -> &'static str {
    match group {
        Group::Item => "Named by this item",
        Group::System(System::Skeletal) => "Skeletal",
        Group::System(System::Cardiovascular) => "Cardiovascular",
        Group::System(System::Respiratory) => "Respiratory",
        Group::System(System::Digestive) => "Digestive",
        Group::System(System::Urinary) => "Urinary",
        Group::System(System::Endocrine) => "Endocrine",
        Group::System(System::Lymphatic) => "Lymphatic",
        Group::System(System::Muscular) => "Muscular",
        Group::System(System::Nervous) => "Nervous",
        Group::System(System::Reproductive) => "Reproductive",
        Group::System(System::Other) => "Other",
    }
}

fn row(ui: &mut Ui, cx: &Cx<'_>, index: usize, label: &Label) {
    let masks = &cx.state.viewer.structures;
    let style = masks.styles().get(index).copied().unwrap_or(LabelStyle::plain(label.color));
    let title = label.title();
    let mut cells = Cells::new(ui);
    let id = Id::unique(("structure", index));
    let jump = ui.interact(cells.rect, id, Sense::click());
    let eye = ui.interact(cells.take_left(), id.with("eye"), Sense::click());
    let swatch = ui.interact(cells.take_left(), id.with("swatch"), Sense::click());
    let solo = ui.interact(cells.take_right(), id.with("solo"), Sense::click());
    let alone = masks.solo() == Some(index);
    let selected = masks.selected() == Some(index);
    jump.widget_info(|| WidgetInfo::selected(Role::Button, true, selected, format!("go to {title}")));
    eye.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, style.visible, format!("show {title}")));
    swatch.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("colour of {title}")));
    solo.widget_info(|| WidgetInfo::selected(Role::Button, true, alone, format!("solo {title}")));
    if eye.clicked() {
        send(cx, MaskCommand::Visible(index, !style.visible));
    } else if solo.clicked() {
        send(cx, MaskCommand::Solo(Some(index)));
    } else if jump.clicked() {
        cx.send(Command::View(ViewCommand::JumpTo(index)));
    }
    let painter = ui.painter_at(cells.rect);
    ground(&painter, cx, cells.rect, jump.hovered(), selected);
    paint_eye(&painter, eye.rect.center(), if style.visible { Pupil::Full } else { Pupil::Closed }, ink_of(cx, style.visible));
    paint_swatch(&painter, cx, swatch.rect.center(), style);
    paint_solo(&painter, cx, &solo, alone);
    let ink = ink_of(cx, style.visible && label.voxels > 0);
    cells.texts(&painter, cx, (&title, FontFamily::Proportional, ink), volume(label));
    popup(cx, &swatch, index, label, style);
    eye.on_hover_text("Show or hide");
    swatch.on_hover_text("Colour and opacity");
    solo.on_hover_text(format!("Show it alone; again brings the others back{}", cx.key_hint(KeyAction::Solo)));
    jump.on_hover_ui(|ui| about(ui, cx, label));
}

fn ink_of(cx: &Cx<'_>, strong: bool) -> Color32 {
    if strong { cx.theme.text } else { cx.theme.weak }
}

fn volume(label: &Label) -> String {
    match label {
        l if l.voxels == 0 => "absent".to_owned(),
        l if l.truncated => format!("≥ {}", millilitres(l.volume_ml)),
        l => millilitres(l.volume_ml),
    }
}

/// What stands behind a line: names and codes, and what its volume means.
fn about(ui: &mut Ui, cx: &Cx<'_>, label: &Label) {
    ui.label(strong(label.title()));
    let mut lines = Vec::new();
    if label.title() != label.name {
        lines.push(format!("in the file: {}", label.name));
    }
    if let Some(code) = label.structure.and_then(|s| s.snomed) {
        lines.push(format!("SNOMED CT {code}"));
    }
    match label {
        l if l.voxels == 0 => lines.push("not in this volume".to_owned()),
        l if l.truncated => lines.push("cut by the edge of the field of view: the volume is a lower bound".to_owned()),
        _ => {}
    }
    if label.voxels > 0 {
        lines.push("click to go to its largest slice".to_owned());
    }
    lines.iter().for_each(|line| _ = ui.label(RichText::new(line).color(cx.theme.weak)));
}

fn ground(painter: &Painter, cx: &Cx<'_>, rect: Rect, hovered: bool, selected: bool) {
    if hovered || selected {
        painter.rect_filled(rect, 6.0, cx.theme.hover);
    }
    if selected {
        let bar = Rect::from_min_size(pos2(rect.left(), rect.top() + 5.0), vec2(3.0, rect.height() - 10.0));
        painter.rect_filled(bar, 1.5, cx.theme.selection);
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Pupil {
    Full,
    /// Some of a group.
    Ring,
    /// Hidden: the eye is struck through.
    Closed,
}

fn paint_eye(painter: &Painter, at: Pos2, pupil: Pupil, color: Color32) {
    let stroke = Stroke::new(1.2, color);
    let corner = vec2(6.5, 0.0);
    for lid in [-8.0, 8.0] {
        let points = [at - corner, at + vec2(0.0, lid), at + corner];
        painter.add(Shape::from(QuadraticBezierShape::from_points_stroke(points, false, Color32::TRANSPARENT, stroke)));
    }
    match pupil {
        Pupil::Full => _ = painter.circle_filled(at, 2.2, color),
        Pupil::Ring => _ = painter.circle_stroke(at, 1.8, Stroke::new(1.0, color)),
        Pupil::Closed => _ = painter.line_segment([at + vec2(-5.0, 5.0), at + vec2(5.0, -5.0)], stroke),
    }
}

/// The colour at its opacity, within a ring at full strength.
fn paint_swatch(painter: &Painter, cx: &Cx<'_>, at: Pos2, style: LabelStyle) {
    let color = swatch_color(style.color);
    let rect = Rect::from_center_size(at, vec2(12.0, 12.0));
    painter.rect_filled(rect, 3.0, color.gamma_multiply_u8(style.opacity));
    let edge = if style.visible { color } else { cx.theme.weak };
    painter.rect_stroke(rect, 3.0, Stroke::new(1.0, edge), egui::StrokeKind::Inside);
}

fn paint_solo(painter: &Painter, cx: &Cx<'_>, response: &Response, alone: bool) {
    let rect = Rect::from_center_size(response.rect.center(), vec2(18.0, 18.0));
    if alone || response.hovered() {
        painter.rect_filled(rect, 4.0, if alone { cx.theme.selection } else { cx.theme.line });
    }
    let ink = if alone { cx.theme.on_color } else { cx.theme.weak };
    let font = FontId::new(11.0, FontFamily::Name(super::theme::STRONG.into()));
    painter.text(rect.center(), egui::Align2::CENTER_CENTER, "S", font, ink);
}

/// The toolbar's switch for all masks at once; the list's All and None set each structure.
pub fn mask_toggle(ui: &mut Ui, on: bool, hint: &str) -> bool {
    toggle(ui, on, "Masks", &format!("Show or hide every mask{hint}"))
}
