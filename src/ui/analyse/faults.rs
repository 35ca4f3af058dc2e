//! The switch at the top of the page: which faults of the data are cleaned away before scores are made.

use super::super::Cx;
use super::super::widgets::{thousands, toggle};
use crate::score::{Cleaning, Fault};
use crate::state::{AnalysesCommand, Charts, Command};
use egui::{RichText, Ui, vec2};

/// Nothing where the data has no fault.
pub fn switch(ui: &mut Ui, cx: &Cx<'_>, charts: &Charts) {
    let counts = Fault::ALL.map(|fault| (fault, charts.faults(fault)));
    if counts.iter().all(|(_, n)| *n == 0) {
        return;
    }
    let now = cx.state.analyses.cleaning;
    let send = |cleaning| cx.send(Command::Analyses(AnalysesCommand::Clean(cleaning)));
    egui::Frame::new().fill(cx.theme.card).inner_margin(egui::Margin::symmetric(16, 6)).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = vec2(6.0, 4.0);
            ui.label(RichText::new("Scores of the data").color(cx.theme.weak));
            if toggle(ui, now == Cleaning::NONE, "as imported", "Every answer and every verdict counts as the files have it") {
                send(Cleaning::NONE);
            }
            for (fault, n) in counts.into_iter().filter(|(fault, n)| *n > 0 || now.has(*fault)) {
                let text = format!("{} ({})", fault.remedy(), thousands(n));
                let tip = format!("{} All charts are computed anew; below stands each score with and without.", fault.explanation());
                if toggle(ui, now.has(fault), &text, &tip) {
                    send(now.with(fault, !now.has(fault)));
                }
            }
        });
    });
}
