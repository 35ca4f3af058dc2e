//! Messages over the lower left of the images: never over the item and its buttons.

use super::Cx;
use crate::state::{Command, ReviewCommand, Toast, ToastKind};
use egui::{Align2, Area, Id, Order, RichText, Ui, vec2};

/// How long a note is shown.
const NOTE_SECONDS: f64 = 8.0;

pub fn show(ui: &Ui, cx: &Cx<'_>) {
    if cx.state.toasts.iter().next().is_none() || cx.state.posing {
        return;
    }
    Area::new(Id::unique("toasts")).order(Order::Foreground).fixed_pos(place(ui, cx)).pivot(Align2::LEFT_BOTTOM).show(ui.ctx(), |ui| {
        ui.set_max_width(420.0);
        for toast in cx.state.toasts.iter() {
            let shown = ui.scope(|ui| one(ui, cx, toast)).response;
            expire(ui, cx, toast, shown.contains_pointer());
            ui.add_space(6.0);
        }
    });
}

/// A note goes by itself after a while, unless the pointer rests on it; warnings stay until the next item, errors until they are read.
fn expire(ui: &Ui, cx: &Cx<'_>, toast: &Toast, read: bool) {
    if toast.kind != ToastKind::Note {
        return;
    }
    let (now, id) = (ui.input(|i| i.time), Id::unique(("toast", toast.id)));
    let since = if read { now } else { ui.data(|d| d.get_temp(id)).unwrap_or(now) };
    ui.data_mut(|d| d.insert_temp(id, since));
    let left = NOTE_SECONDS - (now - since);
    if left <= 0.0 {
        cx.send(Command::DismissToast(toast.id));
    } else {
        ui.ctx().request_repaint_after_secs(left as f32);
    }
}

fn place(ui: &Ui, cx: &Cx<'_>) -> egui::Pos2 {
    let layout = cx.state.settings.layout;
    let left = if cx.state.project.is_some() && layout.left_open { layout.left } else { 0.0 };
    ui.ctx().content_rect().left_bottom() + vec2(left + 16.0, -40.0)
}

fn one(ui: &mut Ui, cx: &Cx<'_>, toast: &Toast) {
    let (glyph, color) = match toast.kind {
        ToastKind::Note => ("●", cx.theme.selection),
        ToastKind::Warning => ("⚠", cx.theme.edit),
        ToastKind::Error => ("✗", cx.theme.reject),
    };
    let frame = cx.theme.card_frame().stroke(egui::Stroke::new(1.0, color)).shadow(ui.visuals().popup_shadow);
    frame.show(ui, |ui| {
        ui.set_width(396.0);
        ui.horizontal_top(|ui| {
            ui.label(RichText::new(glyph).color(color));
            ui.vertical(|ui| {
                ui.set_width(ui.available_width() - 32.0);
                ui.add(egui::Label::new(&toast.text).wrap().selectable(true));
                if let Some(item) = &toast.retry
                    && ui.button("Save again").clicked()
                {
                    cx.send(Command::Review(ReviewCommand::Retry(item.clone())));
                    cx.send(Command::DismissToast(toast.id));
                }
            });
            let close = ui.small_button("✕");
            close.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, "Dismiss message"));
            if close.on_hover_text("Dismiss  (Esc)").clicked() {
                cx.send(Command::DismissToast(toast.id));
            }
        });
    });
}
