//! One structure over the cases of the project: its volumes on a log2 axis, the case on screen among them, and those that stand out.

use super::choice::{Names, choose};
use super::table::ml;
use super::{percent, send, title};
use crate::geometry::{FEWEST, Fences};
use crate::project::measure::volumes::{CaseVolume, Volumes};
use crate::qa::CaseId;
use crate::state::{GeometryCommand, OpenProject, Progress};
use crate::ui::widgets::{count, filled_button, still_plot};
use crate::ui::{Cx, theme};
use crate::volume::structures;
use egui::{Align2, FontId, RichText, Role, Sense, Ui, WidgetInfo, vec2};
use egui_plot::{MarkerShape, Plot, PlotPoint, PlotPoints, PlotUi, Points, Polygon, VLine};

const ROW: f32 = 20.0;
/// Of the list beside the plot.
const LIST: f32 = 230.0;

pub fn show(ui: &mut Ui, cx: &Cx<'_>) {
    let Some(p) = &cx.state.project else { return };
    let g = &cx.state.geometry;
    match &g.volumes {
        Some(volumes) => measured(ui, cx, p, volumes),
        None => {
            ui.vertical_centered(|ui| {
                ui.add_space(12.0);
                ui.label(RichText::new("The volumes of one structure over all cases of this project.").color(cx.theme.weak));
                again(ui, cx, "Measure all cases");
            });
        }
    }
}

/// Starts, stops and starts again.
fn again(ui: &mut Ui, cx: &Cx<'_>, text: &str) {
    let g = &cx.state.geometry;
    if g.measuring_cases == Progress::UnderWay {
        ui.label(RichText::new(format!("measuring all cases…{}", percent(cx, "measuring all cases"))).color(cx.theme.weak));
        if ui.button("Stop measuring").on_hover_text("What is measured is kept").clicked() {
            send(cx, GeometryCommand::StopCases);
        }
        return;
    }
    if let Progress::Not(why) = &g.measuring_cases {
        ui.label(RichText::new(why).small().color(cx.theme.weak));
    }
    let tip = "Reads the masks of every case; cases that were measured before are not read again";
    let clicked = if g.volumes.is_none() {
        filled_button(ui, cx.theme, text, cx.theme.selection, 160.0).on_hover_text(tip).clicked()
    } else {
        ui.button(text).on_hover_text(tip).clicked()
    };
    if clicked {
        send(cx, GeometryCommand::MeasureCases);
    }
}

fn measured(ui: &mut Ui, cx: &Cx<'_>, p: &OpenProject, volumes: &Volumes) {
    let shown = cx.state.structure_over_cases(volumes);
    ui.horizontal(|ui| {
        choice(ui, cx, volumes, &shown);
        again(ui, cx, "Measure again");
        if !volumes.failed.is_empty() {
            let lines: Vec<String> = volumes.failed.iter().map(|(case, why)| format!("{case}: {why}")).collect();
            let text = format!("⚠ {} not measured", count(lines.len(), "case"));
            ui.label(RichText::new(text).small().color(cx.theme.edit)).on_hover_text(lines.join("\n"));
        }
    });
    let all = volumes.structure(&shown);
    if all.is_empty() {
        return super::nothing(ui, cx, "No case of this project holds this structure.", "Choose another one above.");
    }
    let fences = volumes.fences(&shown);
    ui.label(RichText::new(summary(volumes, all, fences)).small().color(cx.theme.weak));
    let here = p.current_row().map(|row| &row.id.case);
    ui.horizontal_top(|ui| {
        let height = ui.available_height();
        let width = (ui.available_width() - LIST - 12.0).max(ui.available_width() * 0.4);
        ui.allocate_ui(vec2(width, height), |ui| plot(ui, cx, volumes, all, fences, here));
        ui.allocate_ui(vec2(ui.available_width(), height), |ui| list(ui, cx, volumes, all, fences, here));
    });
}

fn choice(ui: &mut Ui, cx: &Cx<'_>, volumes: &Volumes, shown: &str) {
    let open = egui::Popup::is_any_open(ui.ctx());
    let all: Vec<&str> = if open { volumes.names().collect() } else { Vec::new() };
    let names = Names { numbers: &|| (0..all.len()).collect(), name: &|n| all.get(n).map_or_else(String::new, |name| called(name)).into() };
    let text = called(shown);
    if let Some(index) = choose(ui, cx, ("over cases", &text, "Structure over all cases"), &names)
        && let Some(name) = all.get(index)
    {
        send(cx, GeometryCommand::OverCases((*name).to_owned()));
    }
    let scene = cx.state.project.as_ref().and_then(|p| p.scene()).and_then(|s| s.labels());
    let selected = cx.state.viewer.structures.selected().zip(scene).map(|(n, labels)| title(labels, n));
    if let Some(selected) = selected.filter(|_| cx.state.geometry.over_cases.is_some())
        && ui.button(format!("Follow the selection ({selected})")).on_hover_text("Always show the selected structure").clicked()
    {
        send(cx, GeometryCommand::FollowSelection);
    }
}

/// The name to read of a structure by its key.
fn called(key: &str) -> String {
    structures::titled(structures::find(key), key).to_string()
}

/// How many, the quartiles, and by which rule a case stands out.
fn summary(volumes: &Volumes, all: &[CaseVolume], fences: Option<Fences>) -> String {
    let of = format!("{} of {}", all.len(), count(volumes.cases.len(), "case"));
    let cut = all.iter().filter(|v| v.truncated).count();
    let cut = if cut > 0 { format!(" · {cut} cut by the field of view (hollow, left out of the quartiles)") } else { String::new() };
    match fences {
        Some(f) => {
            let [q1, median, q3] = [f.first_quartile, f.median, f.third_quartile].map(|v| ml(v.exp2()));
            let [low, high] = [f.low, f.high].map(|v| ml(v.exp2()));
            let rule = "Tukey's fences, 1.5 × the interquartile range of log2 mL";
            format!("{of} · median {median} mL (quartiles {q1}–{q3}) · stands out below {low} or above {high} mL ({rule}){cut}")
        }
        None => format!("{of} · no case is marked as standing out: that takes {FEWEST} cases that hold the structure whole{cut}"),
    }
}

/// A step up and down by turns, so that equal volumes do not hide each other.
fn height(n: usize) -> f64 {
    const STEPS: [f64; 7] = [0.0, 0.5, -0.5, 0.25, -0.25, 0.75, -0.75];
    STEPS[n % STEPS.len()]
}

fn stands_out(fences: Option<Fences>, v: &CaseVolume) -> bool {
    !v.truncated && fences.is_some_and(|f| f.is_outlier(v.ml))
}

fn plot(ui: &mut Ui, cx: &Cx<'_>, volumes: &Volumes, all: &[CaseVolume], fences: Option<Fences>, here: Option<&CaseId>) {
    let shown = canvas(all).show(ui, |plot| {
        if let Some(f) = fences {
            quartiles(plot, cx, f);
        }
        marks(plot, cx, volumes, all, fences, here);
        plot.pointer_coordinate().and_then(|at| nearest(all, at, plot.plot_bounds().width() / 60.0))
    });
    let name = format!("volumes over {}", count(all.len(), "case"));
    shown.response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &name));
    if let Some(v) = shown.inner.filter(|_| shown.response.hovered()) {
        let clicked = shown.response.clicked();
        shown.response.on_hover_cursor(egui::CursorIcon::PointingHand).on_hover_text(told(volumes, v, fences));
        if let Some(case) = volumes.cases.get(v.case).filter(|_| clicked) {
            send(cx, GeometryCommand::OpenCase(case.clone()));
        }
    }
}

/// Still, with room at both ends.
fn canvas(all: &[CaseVolume]) -> Plot<'static> {
    let logs = || all.iter().map(|v| v.ml.log2());
    let (low, high) = (logs().fold(f64::INFINITY, f64::min), logs().fold(f64::NEG_INFINITY, f64::max));
    still_plot("volumes-over-cases")
        .include_x(low - 0.5)
        .include_x(high + 0.5)
        .include_y(-1.2)
        .include_y(1.2)
        .show_y(false)
        .show_x(false)
        .show_axes([true, false])
        .show_grid([true, false])
        .x_grid_spacer(|input| octaves(input.bounds))
        .x_axis_formatter(|mark, _| format!("{} mL", ml(mark.value.exp2())))
        .label_formatter(|_| None)
}

/// The middle half of the cases, their median, and the fences.
fn quartiles(plot: &mut PlotUi<'_>, cx: &Cx<'_>, f: Fences) {
    let (a, b) = (f.first_quartile, f.third_quartile);
    let corners = vec![[a, -1.0], [b, -1.0], [b, 1.0], [a, 1.0]];
    let fill = cx.theme.hover;
    plot.polygon(Polygon::new("quartiles", PlotPoints::from(corners)).fill_color(fill).stroke((0.0, fill)).allow_hover(false));
    plot.vline(VLine::new("median", f.median).color(cx.theme.weak).width(1.5).allow_hover(false));
    for (name, x) in [("low fence", f.low), ("high fence", f.high)] {
        let fence = VLine::new(name, x).color(cx.theme.weak).width(1.0).style(egui_plot::LineStyle::dashed_loose());
        plot.vline(fence.allow_hover(false));
    }
}

/// One mark a case: cut ones hollow, those that stand out as diamonds, the one on screen ringed.
fn marks(plot: &mut PlotUi<'_>, cx: &Cx<'_>, volumes: &Volumes, all: &[CaseVolume], fences: Option<Fences>, here: Option<&CaseId>) {
    let dots = |name: &str, which: &dyn Fn(&CaseVolume) -> bool, color| {
        let at = all.iter().enumerate().filter(|(_, v)| which(v)).map(|(n, v)| [v.ml.log2(), height(n)]);
        Points::new(name, PlotPoints::from(at.collect::<Vec<_>>())).radius(4.0).color(color).allow_hover(false)
    };
    plot.points(dots("cases", &|v| !v.truncated && !stands_out(fences, v), cx.theme.selection));
    plot.points(dots("cut", &|v| v.truncated, cx.theme.weak).filled(false));
    plot.points(dots("standing out", &|v| stands_out(fences, v), cx.theme.flag).shape(MarkerShape::Diamond).radius(6.0));
    plot.points(dots("this case", &|v| volumes.cases.get(v.case) == here, cx.theme.text).filled(false).radius(9.0));
}

/// Whole powers of two, fewer of them over a wide range.
fn octaves(bounds: (f64, f64)) -> Vec<egui_plot::GridMark> {
    let (from, to) = (bounds.0.ceil() as i64, bounds.1.floor() as i64); // a mark outside would be written beside the plot
    let step = (to.saturating_sub(from) / 8).max(1);
    (from..=to).step_by(step as usize).take(64).map(|n| egui_plot::GridMark { value: n as f64, step_size: step as f64 }).collect()
}

/// The case under the pointer.
fn nearest(all: &[CaseVolume], at: PlotPoint, reach: f64) -> Option<&CaseVolume> {
    let far = |(n, v): &(usize, &CaseVolume)| ((v.ml.log2() - at.x) / reach).hypot((height(*n) - at.y) / 0.2);
    all.iter().enumerate().min_by(|a, b| far(a).total_cmp(&far(b))).filter(|v| far(v) <= 1.0).map(|(_, v)| v)
}

fn told(volumes: &Volumes, v: &CaseVolume, fences: Option<Fences>) -> String {
    let case = volumes.cases.get(v.case).map_or("", |c| c.0.as_str());
    let bound = if v.truncated { "≥ " } else { "" };
    let out = if stands_out(fences, v) { ", stands out" } else { "" };
    format!("{case}: {bound}{} mL{out}", ml(v.ml))
}

/// Cases that stand out first, then the others, largest first; a click opens the first item of one.
fn list(ui: &mut Ui, cx: &Cx<'_>, volumes: &Volumes, all: &[CaseVolume], fences: Option<Fences>, here: Option<&CaseId>) {
    let mut rows: Vec<&CaseVolume> = all.iter().collect();
    rows.sort_by(|a, b| stands_out(fences, b).cmp(&stands_out(fences, a)).then(b.ml.total_cmp(&a.ml)));
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        egui::ScrollArea::vertical().id_salt("cases-by-volume").auto_shrink(false).show_rows(ui, ROW, rows.len(), |ui, range| {
            for v in &rows[range] {
                case_row(ui, cx, volumes, v, fences, here);
            }
        });
    });
}

fn case_row(ui: &mut Ui, cx: &Cx<'_>, volumes: &Volumes, v: &CaseVolume, fences: Option<Fences>, here: Option<&CaseId>) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    let Some(case) = volumes.cases.get(v.case) else { return };
    let current = here == Some(case);
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, current, format!("open {}", told(volumes, v, fences))));
    if response.clicked() {
        send(cx, GeometryCommand::OpenCase(case.clone()));
    }
    let painter = ui.painter_at(rect);
    if current || response.hovered() {
        painter.rect_filled(rect, 4.0, cx.theme.hover);
    }
    let out = stands_out(fences, v);
    let ink = if out { cx.theme.flag } else { cx.theme.text };
    let font = if current { FontId::new(12.5, egui::FontFamily::Name(theme::STRONG.into())) } else { FontId::proportional(12.5) };
    let mark = if out { "◆ " } else { "" };
    let volume = format!("{}{} mL", if v.truncated { "≥ " } else { "" }, ml(v.ml));
    let number = painter.layout_no_wrap(volume, FontId::proportional(12.5), ink);
    let right = rect.right() - 12.0 - number.size().x;
    painter.galley(egui::pos2(right, rect.center().y - number.size().y / 2.0), number, ink);
    let room = rect.with_max_x(right - 6.0);
    ui.painter_at(room).text(rect.left_center() + vec2(4.0, 0.0), Align2::LEFT_CENTER, format!("{mark}{case}"), font, ink);
    response.on_hover_text("Open the first item of this case");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octaves_are_whole_and_few() {
        let values = |from, to| octaves((from, to)).iter().map(|m| m.value).collect::<Vec<_>>();
        assert_eq!(values(6.2, 8.9), [7.0, 8.0]);
        assert!(values(-40.0, 60.0).len() <= 12);
        assert!(values(-1e18, 1e18).len() <= 64);
    }

    #[test]
    fn the_case_under_the_pointer_is_the_nearest_one_in_reach() {
        let all: Vec<CaseVolume> =
            [100.0, 200.0].into_iter().enumerate().map(|(case, ml)| CaseVolume { case, ml, truncated: false }).collect();
        let at = |x: f64, y| PlotPoint::new(x, y);
        assert_eq!(nearest(&all, at(200f64.log2(), 0.5), 0.1).map(|v| v.case), Some(1));
        assert_eq!(nearest(&all, at(100f64.log2() + 0.05, 0.0), 0.1).map(|v| v.case), Some(0));
        assert_eq!(nearest(&all, at(9.5, 0.0), 0.1), None);
    }
}
