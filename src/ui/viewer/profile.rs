//! The HU along the profile that is selected or being drawn, as a curve below the images.

use crate::geometry::Profile;
use crate::state::{Command, ProfileView, ToolCommand};
use crate::ui::{Cx, widgets};
use egui::{Rangef, RichText, Role, Ui, WidgetInfo};
use egui_plot::{AxisHints, GridMark, Line, PlotPoints, VLine};

/// Height of the strip, in points.
const HEIGHT: f32 = 150.0;

/// The strip comes and goes only while no button is down and nothing is drawn: else the images would slip away under the pointer.
pub(super) fn show(ui: &mut Ui, cx: &Cx<'_>) {
    let t = &cx.state.tools;
    let id = egui::Id::unique("hu-profile-open");
    let mut open: bool = ui.data(|d| d.get_temp(id)).unwrap_or_default();
    if !ui.input(|i| i.pointer.any_down()) && t.drag.is_none() {
        open = t.profile.is_some() && t.drawing.is_none();
        ui.data_mut(|d| d.insert_temp(id, open));
    }
    if !open {
        return;
    }
    egui::Panel::bottom("hu-profile").exact_size(HEIGHT).show_separator_line(false).frame(cx.theme.panel_frame()).show(ui, |ui| {
        if let Some(view) = &t.profile {
            header(ui, cx, view);
            plot(ui, cx, &view.profile);
        }
    });
}

fn header(ui: &mut Ui, cx: &Cx<'_>, view: &ProfileView) {
    ui.horizontal(|ui| {
        ui.label(widgets::strong("HU profile"));
        let length = view.profile.samples.last().map_or(0.0, |s| s.mm);
        let marked = cx.state.tools.mark_mm.map_or_else(|| format!("{length:.1} mm"), |mm| reading(&view.profile, mm));
        ui.label(RichText::new(marked).color(cx.theme.weak));
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let close = ui.small_button("✕");
            close.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Close the profile"));
            if close.on_hover_text("Close  (Esc)").clicked() {
                cx.send(Command::Tool(ToolCommand::Deselect));
            }
        });
    });
}

/// `12.5 mm · 43 HU`: the sample nearest to a distance.
fn reading(profile: &Profile, mm: f64) -> String {
    let nearest = profile.samples.iter().min_by(|a, b| (a.mm - mm).abs().total_cmp(&(b.mm - mm).abs()));
    match nearest.map(|s| (s.mm, s.hu)) {
        Some((at, Some(hu))) if hu.is_finite() => format!("{at:.1} mm · {hu:.0} HU").replace('-', "−"),
        Some((at, Some(_))) => format!("{at:.1} mm · not a number"),
        Some((at, None)) => format!("{at:.1} mm · outside"),
        None => String::new(),
    }
}

fn plot(ui: &mut Ui, cx: &Cx<'_>, profile: &Profile) {
    let length = profile.samples.last().map_or(1.0, |s| s.mm);
    let plot = widgets::still_plot("hu-profile-curve")
        .include_x(0.0)
        .include_x(length)
        .y_grid_spacer(|input| marks(input.bounds))
        .custom_y_axes(vec![hu_axis()])
        .x_axis_formatter(|mark, _| format!("{} mm", mark.value))
        .show_x(false)
        .show_y(false)
        .label_formatter(|_| None);
    let mark = cx.state.tools.mark_mm;
    let shown = plot.show(ui, |plot| {
        for run in runs(profile) {
            plot.line(Line::new("HU", PlotPoints::from(run)).color(cx.theme.selection).width(1.5).allow_hover(false));
        }
        if let Some(mm) = mark {
            plot.vline(VLine::new("place", mm).color(cx.theme.edit).width(1.0).allow_hover(false));
        }
        plot.pointer_coordinate().map(|p| p.x.clamp(0.0, length))
    });
    shown.response.widget_info(|| WidgetInfo::labeled(Role::Image, true, "HU along the line"));
    let now = shown.inner.filter(|_| shown.response.hovered());
    if now != mark {
        cx.send(Command::Tool(ToolCommand::Mark(now)));
    }
}

/// Room for `−1,000 HU`, and every mark written however near the next.
fn hu_axis() -> AxisHints<'static> {
    let text = |hu: f64| format!("{} HU", (hu * 1e3).round() / 1e3).replace('-', "−");
    AxisHints::new_y().min_thickness(60.0).label_spacing(Rangef::new(4.0, 8.0)).formatter(move |mark, _| text(mark.value))
}

/// Three to eight round values of HU in sight: the largest step of 1, 2 or 5 times a power of ten that gives three.
fn marks((low, high): (f64, f64)) -> Vec<GridMark> {
    if !(low < high && low.is_finite() && high.is_finite()) {
        return Vec::new();
    }
    let steps = (-3..=6).rev().flat_map(|power| [5.0, 2.0, 1.0].map(|n| n * 10f64.powi(power)));
    let within = |step: f64| ((low / step).ceil(), (high / step).floor());
    let Some(step) = steps.into_iter().find(|s| within(*s).1 - within(*s).0 >= 2.0) else { return Vec::new() };
    let (first, last) = within(step);
    (0..=(last - first).min(8.0) as i32).map(|n| GridMark { value: (first + f64::from(n)) * step, step_size: step }).collect()
}

/// The curve, cut where the line is outside the volume or a value is not finite.
fn runs(profile: &Profile) -> Vec<Vec<[f64; 2]>> {
    let mut out = vec![Vec::new()];
    for s in &profile.samples {
        match (s.hu.filter(|hu| hu.is_finite()), out.last_mut()) {
            (Some(hu), Some(run)) => run.push([s.mm, hu]),
            (None, Some(run)) if !run.is_empty() => out.push(Vec::new()),
            _ => {}
        }
    }
    out.retain(|run| !run.is_empty());
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Sample;

    #[test]
    fn at_least_three_round_values_are_written() {
        let values = |low, high| marks((low, high)).iter().map(|m| m.value).collect::<Vec<_>>();
        assert_eq!(values(-141.9, 316.9), [-100.0, 0.0, 100.0, 200.0, 300.0]);
        assert_eq!(values(-1024.0, 3071.0), [-1000.0, 0.0, 1000.0, 2000.0, 3000.0]);
        for (low, high) in [(-0.4, 0.4), (39.9, 40.1), (-2000.0, 66_000.0), (7.0, 900.0), (0.0, 1.0)] {
            let n = values(low, high).len();
            assert!((3..=8).contains(&n), "{low}…{high}: {n}");
        }
        assert!(values(5.0, 5.0).is_empty() && values(f64::NAN, 1.0).is_empty());
    }

    #[test]
    fn a_gap_cuts_the_curve_and_is_named() {
        let hu = [None, Some(-5.0), Some(6.0), None, None, Some(f64::NAN), Some(7.0)];
        let samples = hu.iter().enumerate().map(|(n, hu)| Sample { mm: n as f64 * 0.5, hu: *hu }).collect();
        let profile = Profile { samples };
        assert_eq!(runs(&profile), [vec![[0.5, -5.0], [1.0, 6.0]], vec![[3.0, 7.0]]]);
        assert_eq!(reading(&profile, 0.6), "0.5 mm · −5 HU");
        assert_eq!(reading(&profile, 0.0), "0.0 mm · outside");
        assert_eq!(reading(&profile, 2.5), "2.5 mm · not a number");
    }
}
