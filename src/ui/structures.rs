//! The list of structures: search, visibility, jump-to. Structures that the item names come first.

use super::Cx;
use super::widgets::{millilitres, strong, toggle};
use crate::state::{Command, Current, ViewCommand};
use crate::volume::{Label, LabelSet};
use egui::{Align2, Color32, FontId, Id, Rect, RichText, Role, Sense, Ui, WidgetInfo, pos2, vec2};

const ROW: f32 = 24.0;

fn search_id() -> Id {
    Id::unique("structure-search")
}

/// The cursor into the search field of the list.
pub fn focus_search(context: &egui::Context) {
    context.memory_mut(|m| m.request_focus(search_id()));
}

pub fn show(ui: &mut Ui, cx: &Cx<'_>, current: Option<&Current>, labels: Option<&LabelSet>) {
    let frame = egui::Frame::new().fill(cx.theme.panel).inner_margin(egui::Margin::symmetric(10, 8));
    frame.show(ui, |ui| {
        ui.set_min_size(ui.available_size());
        let Some(labels) = labels else {
            ui.vertical_centered(|ui| {
                ui.add_space(24.0);
                ui.label(RichText::new("No masks for this case.").color(cx.theme.weak));
                ui.label(RichText::new("Import a label map or a folder of masks to see structures here.").small().color(cx.theme.weak));
            });
            return;
        };
        header(ui, cx, labels);
        let rows = rows(cx, current, labels);
        if rows.is_empty() {
            ui.label(RichText::new("No structure has that name.").color(cx.theme.weak));
            return;
        }
        ui.spacing_mut().item_spacing.y = 0.0;
        egui::ScrollArea::vertical().id_salt("structures").auto_shrink(false).show_rows(ui, ROW, rows.len(), |ui, range| {
            for &(index, mentioned) in &rows[range] {
                row(ui, cx, index, &labels.table[index], mentioned);
            }
        });
    });
}

fn header(ui: &mut Ui, cx: &Cx<'_>, labels: &LabelSet) {
    let view = |c: ViewCommand| cx.send(Command::View(c));
    ui.horizontal(|ui| {
        ui.label(strong("Structures"));
        let present = labels.table.iter().filter(|l| l.voxels > 0).count();
        ui.label(RichText::new(format!("{present}")).color(cx.theme.weak));
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if ui.button("None").on_hover_text("Hide every structure").clicked() {
                view(ViewCommand::AllVisible(false));
            }
            if ui.button("All").on_hover_text("Show every structure").clicked() {
                view(ViewCommand::AllVisible(true));
            }
        });
    });
    let mut query = cx.state.viewer.structure_query.clone();
    let field = egui::TextEdit::singleline(&mut query)
        .id(search_id())
        .hint_text("Find a structure")
        .desired_width(f32::INFINITY)
        .margin(vec2(8.0, 4.0));
    let response = ui.add(field);
    response.widget_info(|| WidgetInfo::labeled(Role::SearchInput, true, "Find a structure"));
    if response.changed() {
        cx.send(Command::StructureQuery(query));
    }
    ui.add_space(2.0);
}

/// (index in the table, named by the item), present structures only unless searched for.
fn rows(cx: &Cx<'_>, current: Option<&Current>, labels: &LabelSet) -> Vec<(usize, bool)> {
    let wanted = cx.state.viewer.structure_query.trim().to_lowercase().replace(' ', "_");
    let mentions = current.map_or(&[][..], |c| &c.mentions);
    let fits = |l: &Label| if wanted.is_empty() { l.voxels > 0 } else { l.name.to_lowercase().replace(' ', "_").contains(&wanted) };
    let first = mentions.iter().filter(|&&i| labels.table.get(i).is_some_and(fits)).map(|&i| (i, true));
    let rest = labels.table.iter().enumerate().filter(|(i, l)| fits(l) && !mentions.contains(i)).map(|(i, _)| (i, false));
    first.chain(rest).collect()
}

fn row(ui: &mut Ui, cx: &Cx<'_>, index: usize, label: &Label, mentioned: bool) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    let visible = cx.state.viewer.styles.get(index).is_some_and(|s| s.visible);
    let swatch = Rect::from_center_size(pos2(rect.left() + 12.0, rect.center().y), vec2(24.0, ROW));
    let box_response = ui.interact(swatch, response.id.with("visible"), Sense::click());
    box_response.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, visible, format!("show {}", label.name)));
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("go to {}", label.name)));
    if box_response.clicked() {
        cx.send(Command::View(ViewCommand::StructureVisible(index, !visible)));
    } else if response.clicked() {
        cx.send(Command::View(ViewCommand::JumpTo(index)));
    }
    paint_row(ui, cx, rect, label, visible, mentioned, response.hovered());
    let absent = match label {
        l if l.voxels == 0 => "\nnot in this volume",
        l if l.truncated => "\ncut by the edge of the field of view: the volume is a lower bound",
        _ => "",
    };
    box_response.on_hover_text("Show or hide");
    response.on_hover_text(format!("{}{absent}\nclick to go there", label.name));
}

fn paint_row(ui: &Ui, cx: &Cx<'_>, rect: Rect, label: &Label, visible: bool, mentioned: bool, hovered: bool) {
    let painter = ui.painter_at(rect);
    if hovered {
        painter.rect_filled(rect, 6.0, cx.theme.hover);
    }
    let centre = pos2(rect.left() + 12.0, rect.center().y);
    let color = swatch_color(label.color);
    if visible {
        painter.circle_filled(centre, 5.5, color);
    } else {
        painter.circle_stroke(centre, 5.0, egui::Stroke::new(1.5, color));
    }
    let ink = if label.voxels == 0 || !visible { cx.theme.weak } else { cx.theme.text };
    let family = if mentioned { egui::FontFamily::Name(super::theme::STRONG.into()) } else { egui::FontFamily::Proportional };
    painter.text(
        pos2(rect.left() + 28.0, rect.center().y),
        Align2::LEFT_CENTER,
        label.name.replace('_', " "),
        FontId::new(13.0, family),
        ink,
    );
    let volume = if label.voxels == 0 {
        "absent".to_owned()
    } else {
        format!("{}{}", if label.truncated { "≥ " } else { "" }, millilitres(label.volume_ml))
    };
    let galley = painter.layout_no_wrap(volume, FontId::proportional(12.0), cx.theme.weak);
    let back = Rect::from_min_max(pos2(rect.right() - galley.size().x - 12.0, rect.top()), rect.max);
    painter.rect_filled(back, 0.0, if hovered { cx.theme.hover } else { cx.theme.panel });
    painter.galley(pos2(rect.right() - galley.size().x - 4.0, rect.center().y - galley.size().y / 2.0), galley, cx.theme.weak);
}

/// A label's colour comes from data, not from the theme.
#[allow(clippy::disallowed_methods)]
pub fn swatch_color([r, g, b]: [u8; 3]) -> Color32 {
    Color32::from_rgb(r, g, b)
}

/// The toolbar's switch for all masks at once; the list's All and None set each structure.
pub fn mask_toggle(ui: &mut Ui, on: bool, hint: &str) -> bool {
    toggle(ui, on, "Masks", &format!("Show or hide every mask{hint}"))
}
