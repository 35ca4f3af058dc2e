//! Messages over the lower end of the queue, or over the lower left of the images where there is none: never over the item and its buttons,
//! nor over a number of a view.

use super::Cx;
use super::columns::Columns;
use crate::state::{Command, ReviewCommand, Toast, ToastKind, Workspace};
use egui::{Align2, Area, Id, Order, Pos2, Rect, RichText, Ui, pos2};

/// How long a note is shown.
const NOTE_SECONDS: f64 = 8.0;
/// Widest message, in points.
const WIDTH: f32 = 420.0;
/// From the edges of the window or the queue.
const MARGIN: f32 = 8.0;
/// Height of the status line, and of the line at the lower edge of a view that has its HU and its window.
const STATUS: f32 = 30.0;
const READOUT: f32 = 28.0;

pub fn show(ui: &Ui, cx: &Cx<'_>) {
    if cx.state.toasts.iter().next().is_none() || cx.state.posing {
        return;
    }
    let (at, width) = place(ui.ctx().content_rect(), queue_width(ui, cx));
    Area::new(Id::unique("toasts")).order(Order::Foreground).fixed_pos(at).pivot(Align2::LEFT_BOTTOM).show(ui.ctx(), |ui| {
        ui.set_max_width(width);
        for toast in cx.state.toasts.iter() {
            let shown = ui.scope(|ui| one(ui, cx, toast, width)).response;
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

/// Of the queue, while it is shown.
fn queue_width(ui: &Ui, cx: &Cx<'_>) -> Option<f32> {
    let workspace = cx.state.workspace;
    if cx.state.project.is_none() || workspace == Workspace::Analyse {
        return None;
    }
    let columns = Columns::new(ui.ctx().content_rect().width(), cx.state.settings.layout, workspace == Workspace::Compare);
    columns.shows_left().then(|| columns.left().0)
}

/// Lower left corner of the messages and their width: over the queue, which has no numbers; else above the lowest line of a view, where its HU
/// stands.
fn place(window: Rect, queue: Option<f32>) -> (Pos2, f32) {
    let (x, width, above) = match queue {
        Some(width) => (MARGIN, width - 2.0 * MARGIN, STATUS),
        None => (2.0 * MARGIN, WIDTH, STATUS + READOUT),
    };
    let most = (window.width() - 2.0 * x).max(40.0);
    (pos2(window.left() + x, window.bottom() - above), width.min(most))
}

fn one(ui: &mut Ui, cx: &Cx<'_>, toast: &Toast, width: f32) {
    let (glyph, color) = match toast.kind {
        ToastKind::Note => ("●", cx.theme.selection),
        ToastKind::Warning => ("⚠", cx.theme.edit),
        ToastKind::Error => ("✗", cx.theme.reject),
    };
    let frame = cx.theme.card_frame().stroke(egui::Stroke::new(1.0, color)).shadow(ui.visuals().popup_shadow);
    frame.show(ui, |ui| {
        ui.set_width(width - 32.0);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_stand_over_the_queue_or_above_the_readouts() {
        let window = Rect::from_min_size(Pos2::ZERO, egui::vec2(1280.0, 800.0));
        let (at, width) = place(window, Some(264.0));
        assert!(at.x + width <= 264.0 && at.y < 772.0, "within the queue, above the status line");
        let (at, width) = place(window, None);
        assert!((width - WIDTH).abs() < 0.1 && at.y <= 772.0 - READOUT);
        let (at, width) = place(Rect::from_min_size(Pos2::ZERO, egui::vec2(320.0, 300.0)), None);
        assert!(at.x + width <= 320.0, "a narrow window");
    }
}
