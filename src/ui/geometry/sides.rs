//! Left against right: the volumes of both sides and their ratio. The sides are the patient's.

use super::table::{Cell, Head, Table, ml};
use super::{send, title};
use crate::geometry::Sides;
use crate::geometry::judge::{Figure, OfOne, OfTwo};
use crate::geometry::measures::CaseMeasures;
use crate::state::{GeometryCommand, OfSides};
use crate::ui::{Cx, swatch_color};
use crate::volume::{LabelSet, structures};
use egui::Ui;

const HEADS: [Head<OfSides>; 4] = [
    Head { by: OfSides::Name, text: "Structure", tip: "name", width: 190.0 },
    Head { by: OfSides::Left, text: "left mL", tip: "volume of the left one, mL", width: 84.0 },
    Head { by: OfSides::Right, text: "right mL", tip: "volume of the right one, mL", width: 84.0 },
    Head { by: OfSides::Ratio, text: "left ÷ right", tip: "volume of the left one ÷ that of the right one", width: 96.0 },
];

pub fn show(ui: &mut Ui, cx: &Cx<'_>, labels: &LabelSet, measures: &CaseMeasures) {
    let g = &cx.state.geometry;
    if g.sides.is_empty() {
        return super::nothing(ui, cx, "No structure of this case has both sides.", "Sides are read from names such as kidney_left.");
    }
    let sorted = g.side_sort.map(|s| (s.by, s.descending));
    let table = Table { id: "geometry-sides", heads: &HEADS, sorted, rows: g.sides.len() };
    let clicked = table.show(ui, cx, |row, by| g.sides.get(row).map_or_else(Cell::default, |s| cell(cx, labels, measures, s, by)));
    if let Some(by) = clicked {
        send(cx, GeometryCommand::SortSides(by));
    }
}

fn cell(cx: &Cx<'_>, labels: &LabelSet, measures: &CaseMeasures, sides: &Sides, by: OfSides) -> Cell {
    let pair = [sides.left, sides.right];
    let name = structures::title_without_side(&title(labels, sides.left));
    let both = Figure::Two(pair, OfTwo::Centres);
    let Some(value) = by.of(sides, measures) else {
        let styles = cx.state.viewer.structures.styles();
        let colors = pair.iter().filter_map(|n| styles.get(*n)).map(|s| swatch_color(s.color)).collect();
        return Cell { called: format!("draw both of {name}"), text: name, figure: Some(both), colors, own: true, asks: None };
    };
    let least = |n: usize| if measures.labels[n].truncated { "≥ " } else { "" };
    let (text, figure) = match by {
        OfSides::Left => (format!("{}{}", least(sides.left), ml(value)), Figure::One(sides.left, OfOne::Box)),
        OfSides::Right => (format!("{}{}", least(sides.right), ml(value)), Figure::One(sides.right, OfOne::Box)),
        _ if sides.truncated => (format!("{value:.2}, cut"), both),
        _ => (format!("{value:.2}"), both),
    };
    let tip = HEADS.iter().find(|h| h.by == by).map_or("", |h| h.tip);
    Cell { called: format!("{name}, {tip}: {text}"), text, figure: Some(figure), own: by != OfSides::Ratio, ..Cell::default() }
}
