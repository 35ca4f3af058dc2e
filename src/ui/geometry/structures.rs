//! The table of structures: every measure of each, in any order.

use super::table::{Cell, Head, Table, ml, mm};
use super::{send, title};
use crate::geometry::Rank;
use crate::geometry::judge::{Figure, OfOne};
use crate::geometry::measures::{CaseMeasures, LabelMeasures};
use crate::gpu::caption::position;
use crate::space::Plane;
use crate::state::{GeometryCommand, OfLabel, Progress};
use crate::ui::widgets::count;
use crate::ui::{Cx, swatch_color};
use crate::volume::LabelSet;
use egui::{RichText, Role, Ui, WidgetInfo};

const fn head(by: OfLabel, text: &'static str, tip: &'static str, width: f32) -> Head<OfLabel> {
    Head { by, text, tip, width }
}

const HEADS: [Head<OfLabel>; 13] = [
    head(OfLabel::Name, "Structure", "name", 150.0),
    head(OfLabel::Measure(Rank::Volume), "mL", "volume, mL", 66.0),
    head(OfLabel::Measure(Rank::Width), "W mm", "width (R–L), mm", 64.0),
    head(OfLabel::Measure(Rank::Depth), "D mm", "depth (A–P), mm", 64.0),
    head(OfLabel::Measure(Rank::Height), "H mm", "height (S–I), mm", 64.0),
    head(OfLabel::Measure(Rank::AxialDiameter), "axial ⌀", "longest diameter in an axial slice, mm", 70.0),
    head(OfLabel::Measure(Rank::Diameter), "3D ⌀", "longest diameter in 3D, mm", 62.0),
    head(OfLabel::Measure(Rank::Surface), "surface cm²", "surface area, cm²", 94.0),
    head(OfLabel::Components, "parts", "connected parts (26-neighbours)", 56.0),
    head(OfLabel::Measure(Rank::MeanHu), "HU", "mean HU", 52.0),
    head(OfLabel::Centroid(0), "R–L mm", "centroid (R–L), mm", 70.0),
    head(OfLabel::Centroid(1), "A–P mm", "centroid (A–P), mm", 70.0),
    head(OfLabel::Centroid(2), "S–I mm", "centroid (S–I), mm", 70.0),
];

pub fn show(ui: &mut Ui, cx: &Cx<'_>, labels: &LabelSet, measures: &CaseMeasures) {
    let g = &cx.state.geometry;
    if !super::low(ui) {
        search(ui, cx, measures);
    }
    if g.rows.is_empty() {
        let text = if g.query.trim().is_empty() { "No structure is in this volume." } else { "No structure matches." };
        return super::nothing(ui, cx, text, "");
    }
    let table = Table { id: "geometry-structures", heads: &HEADS, sorted: Some((g.sort.by, g.sort.descending)), rows: g.rows.len() };
    let clicked = table.show(ui, cx, |row, by| g.rows.get(row).map_or_else(Cell::default, |n| cell(cx, labels, measures, *n, by)));
    if let Some(by) = clicked {
        send(cx, GeometryCommand::Sort(by));
    }
}

fn search(ui: &mut Ui, cx: &Cx<'_>, measures: &CaseMeasures) {
    let g = &cx.state.geometry;
    ui.horizontal(|ui| {
        let mut query = g.query.clone();
        let field = ui.add(egui::TextEdit::singleline(&mut query).hint_text("Find a structure to read its measures").desired_width(220.0));
        field.widget_info(|| WidgetInfo::labeled(Role::SearchInput, true, "Find in the table of structures"));
        if field.changed() {
            send(cx, GeometryCommand::Query(query));
        }
        let absent = measures.labels.iter().filter(|l| l.voxels == 0).count();
        let truncated = if measures.labels.iter().any(|l| l.truncated) { " · ≥: cut by the edge of the field of view" } else { "" };
        let absent = if absent > 0 { format!(" · {absent} absent") } else { String::new() };
        let text = format!("{}{absent}{truncated}", count(g.rows.len(), "structure"));
        ui.label(RichText::new(text).small().color(cx.theme.weak));
    });
}

fn cell(cx: &Cx<'_>, labels: &LabelSet, measures: &CaseMeasures, index: usize, by: OfLabel) -> Cell {
    let (Some(m), name) = (measures.labels.get(index), title(labels, index)) else { return Cell::default() };
    let whole = Figure::One(index, OfOne::Box);
    if by == OfLabel::Name {
        let style = cx.state.viewer.structures.styles().get(index).map(|s| swatch_color(s.color));
        let text = if m.truncated { format!("{name} ⌿") } else { name.clone() };
        return Cell {
            text,
            called: format!("draw {name}"),
            figure: Some(whole),
            colors: style.into_iter().collect(),
            own: true,
            asks: None,
        };
    }
    let text = by.of(m).map_or_else(|| unknown(cx), |v| number(m, by, v));
    let tip = HEADS.iter().find(|h| h.by == by).map_or("", |h| h.tip);
    let figure = figure(index, by);
    Cell { called: format!("{tip} of {name}: {text}"), text, figure: Some(figure), own: figure != whole, ..Cell::default() }
}

/// The drawing of a number; one without a line of its own is drawn as the box.
fn figure(index: usize, by: OfLabel) -> Figure {
    Figure::One(
        index,
        match by {
            OfLabel::Measure(Rank::Width) => OfOne::Extent(0),
            OfLabel::Measure(Rank::Depth) => OfOne::Extent(1),
            OfLabel::Measure(Rank::Height) => OfOne::Extent(2),
            OfLabel::Measure(Rank::AxialDiameter) => OfOne::AxialDiameter,
            OfLabel::Measure(Rank::Diameter) => OfOne::Diameter,
            _ => OfOne::Box,
        },
    )
}

fn unknown(cx: &Cx<'_>) -> String {
    if cx.state.geometry.measuring == Progress::UnderWay { "…" } else { "–" }.to_owned()
}

/// −79.4 along R–L → `L 79.4`, as the views say it.
fn side(axis: usize, mm: f64) -> String {
    let position = Plane::ALL.into_iter().find(|p| p.normal_axis() == axis).map(|plane| position(plane, mm).to_string());
    position.unwrap_or_default().trim_end_matches(" mm").to_owned()
}

/// What the edge of the field of view cuts is at least this.
fn number(m: &LabelMeasures, by: OfLabel, value: f64) -> String {
    let text = match by {
        OfLabel::Measure(Rank::Volume) => ml(value),
        OfLabel::Measure(Rank::Surface) => format!("{:.1}", value / 100.0),
        OfLabel::Measure(Rank::MeanHu) | OfLabel::Components => format!("{value:.0}").replace('-', "−"),
        OfLabel::Centroid(axis) => side(axis, value),
        _ => mm(value),
    };
    let bound = m.truncated && matches!(by, OfLabel::Measure(rank) if rank != Rank::MeanHu && rank != Rank::Surface);
    if bound { format!("≥ {text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn centroids_are_told_by_side_as_in_the_views() {
        let told = [(0, -79.4), (0, 12.0), (1, -3.25), (2, 0.0)].map(|(axis, mm)| side(axis, mm));
        assert_eq!(told, ["L 79.4", "R 12.0", "P 3.2", "S 0.0"]);
    }
}
