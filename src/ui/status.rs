//! The status line: what is saved, what is running (with cancel), how many items are left.

use super::Cx;
use super::widgets::thousands;
use crate::state::{Command, JobView, OpenProject, ReviewCommand};
use egui::{Align, Layout, RichText, Ui};

pub fn show(ui: &mut Ui, cx: &Cx<'_>) {
    let Some(p) = &cx.state.project else { return };
    let frame = egui::Frame::new().fill(cx.theme.under).inner_margin(egui::Margin::symmetric(12, 2));
    egui::Panel::bottom("status").exact_size(28.0).show_separator_line(true).frame(frame).show(ui, |ui| {
        ui.horizontal_centered(|ui| {
            saved(ui, cx, p);
            around(ui, cx, p);
            drafts(ui, cx, p);
            for job in &cx.state.jobs {
                running(ui, cx, job);
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let left = p.items.len() - p.decided();
                let text = if p.items.is_empty() { String::new() } else { format!("{} left", thousands(left)) };
                ui.label(RichText::new(text).small().color(cx.theme.weak));
            });
        });
    });
}

fn saved(ui: &mut Ui, cx: &Cx<'_>, p: &OpenProject) {
    if p.lost.is_some() {
        let text = format!("✗ the file is lost; {} not saved", p.pending.len() + p.unsaved.len());
        ui.label(RichText::new(text).small().color(cx.theme.reject));
        return;
    }
    let refused = p.unsaved.iter().filter(|u| u.failed).map(|u| &u.event.item);
    let failed: Vec<_> = p.pending.iter().filter(|(_, e)| e.failed).map(|(id, _)| id).chain(refused).collect();
    if let Some(first) = failed.first() {
        let text = RichText::new(format!("✗ {} not saved", failed.len())).small().color(cx.theme.reject);
        if ui.button(text).on_hover_text(format!("Save what was decided or measured on {first} again")).clicked() {
            for id in failed {
                cx.send(Command::Review(ReviewCommand::Retry(id.clone())));
            }
        }
        return;
    }
    let text = match (p.pending.len() + p.unsaved.len(), p.saved_at) {
        (0, Some(time)) => format!("✓ saved {}", time.to_zoned(jiff::tz::TimeZone::system()).strftime("%H:%M:%S")),
        (0, None) if p.read_only => "read-only".to_owned(),
        (0, None) => "✓ everything is saved".to_owned(),
        (n, _) => format!("… saving {n}"),
    };
    ui.label(RichText::new(text).small().color(cx.theme.weak));
}

/// Where the project lies, and who else has it open.
fn around(ui: &mut Ui, cx: &Cx<'_>, p: &OpenProject) {
    let say = |ui: &mut Ui, text: &str, tip: &str| {
        ui.separator();
        ui.label(RichText::new(text).small().color(cx.theme.weak)).on_hover_text(tip);
    };
    if p.network {
        say(ui, "network folder", "Saved with a rollback journal: one machine at a time, somewhat slower");
    }
    if !p.company.is_empty() {
        let tip = format!("{}. Decisions of each appear in the others.", p.company.join("; "));
        say(ui, "also open in another window", &tip);
    }
}

/// How many items wait with something typed on them; a click goes from one to the next.
fn drafts(ui: &mut Ui, cx: &Cx<'_>, p: &OpenProject) {
    let n = p.drafted().count();
    if n == 0 {
        return;
    }
    ui.separator();
    let text = RichText::new(crate::qa::count(n, "draft")).small().color(cx.theme.weak);
    let tip = "Items on which you have typed something and not decided. Only you see it; it is kept in the project and never exported. \
               Click to go to the next one.";
    if ui.add(egui::Button::new(text).frame(false)).on_hover_text(tip).clicked() {
        cx.send(Command::Review(ReviewCommand::NextDraft));
    }
}

fn running(ui: &mut Ui, cx: &Cx<'_>, job: &JobView) {
    ui.separator();
    let percent = job.fraction.map_or_else(String::new, |f| format!(" {:.0} %", f * 100.0));
    let left = match job.fraction {
        Some(f) if f > 0.05 && job.seconds > 1.0 => format!(", {:.0} s left", job.seconds * (1.0 - f) / f),
        _ => String::new(),
    };
    ui.label(RichText::new(format!("{}{percent}{left}", job.title)).small().color(cx.theme.weak));
    let cancel = ui.small_button("✕");
    cancel.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, format!("Cancel {}", job.title)));
    if cancel.on_hover_text("Cancel").clicked() {
        cx.send(Command::CancelJob(job.id));
    }
}
