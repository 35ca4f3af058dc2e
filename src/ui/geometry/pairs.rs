//! Two structures at a time: those of the item first, and any two that are chosen.

use super::choice::{Names, choose};
use super::table::{Cell, Head, Table, mm, percent};
use super::{send, title};
use crate::geometry::judge::{Figure, OfTwo};
use crate::geometry::measures::CaseMeasures;
use crate::state::{GeometryCommand, OfPair};
use crate::ui::{Cx, swatch_color};
use crate::volume::LabelSet;
use egui::{RichText, Ui};
use std::borrow::Cow;

const fn head(by: OfPair, text: &'static str, tip: &'static str, width: f32) -> Head<OfPair> {
    Head { by, text, tip, width }
}

const HEADS: [Head<OfPair>; 15] = [
    head(OfPair::Names, "First · second", "names", 190.0),
    head(OfPair::Centres, "centres", "distance between the centroids, mm", 72.0),
    head(OfPair::Gap, "gap", "smallest distance between voxel centres, mm", 56.0),
    head(OfPair::Offset(0), "R–L", "where the first lies from the second, R–L, mm", 78.0),
    head(OfPair::Offset(1), "A–P", "where the first lies from the second, A–P, mm", 78.0),
    head(OfPair::Offset(2), "S–I", "where the first lies from the second, S–I, mm", 78.0),
    head(OfPair::Overlap(0), "∩ R–L", "overlap of the boxes along R–L, of the shorter one", 66.0),
    head(OfPair::Overlap(1), "∩ A–P", "overlap of the boxes along A–P, of the shorter one", 66.0),
    head(OfPair::Overlap(2), "∩ S–I", "overlap of the boxes along S–I, of the shorter one", 66.0),
    head(OfPair::Contact, "contact", "share of the first one's surface that touches the second", 72.0),
    head(OfPair::Inside(0), "1 in 2", "share of the first that lies in the second", 60.0),
    head(OfPair::Inside(1), "2 in 1", "share of the second that lies in the first", 60.0),
    head(OfPair::Hausdorff, "Hausdorff", "Hausdorff distance of the surfaces, mm", 90.0),
    head(OfPair::Hd95, "HD95", "95th percentile of the distances between the surfaces, mm", 62.0),
    head(OfPair::MeanSurface, "mean surface", "mean surface distance, unweighted over the boundary voxels of both, mm", 106.0),
];

pub fn show(ui: &mut Ui, cx: &Cx<'_>, labels: &LabelSet, measures: &CaseMeasures) {
    let g = &cx.state.geometry;
    choices(ui, cx, labels);
    if g.pairs.is_empty() {
        return super::nothing(ui, cx, "This item names fewer than two structures of this case.", "Choose two above to measure them.");
    }
    let sorted = g.pair_sort.map(|s| (s.by, s.descending));
    let table = Table { id: "geometry-pairs", heads: &HEADS, sorted, rows: g.pairs.len() };
    let clicked = table.show(ui, cx, |row, by| g.pairs.get(row).map_or_else(Cell::default, |p| cell(cx, labels, measures, *p, by)));
    if let Some(by) = clicked {
        send(cx, GeometryCommand::SortPairs(by));
    }
}

/// Two structures to be measured: those that the item names come first.
fn choices(ui: &mut Ui, cx: &Cx<'_>, labels: &LabelSet) {
    let named = cx.state.project.as_ref().and_then(|p| p.current.as_ref()).map_or(&[][..], |c| &c.mentions);
    let numbers = |but: Option<usize>| -> Vec<usize> {
        let present = (0..labels.table.len()).filter(|n| labels.table[*n].voxels > 0 && !named.contains(n));
        named.iter().copied().chain(present).filter(|n| Some(*n) != but).collect()
    };
    let name = |n: usize| labels.table.get(n).map_or(Cow::Borrowed(""), |l| l.title());
    ui.horizontal(|ui| {
        let choice = cx.state.geometry.choice;
        let other = [choice[1], choice[0]];
        for (place, called) in ["First structure of a pair", "Second structure of a pair"].into_iter().enumerate() {
            let hint = ["First structure", "Second structure"][place];
            let shown = choice[place].map_or_else(|| hint.to_owned(), |n| title(labels, n));
            if let Some(index) = choose(ui, cx, (hint, &shown, called), &Names { numbers: &|| numbers(other[place]), name: &name }) {
                send(cx, GeometryCommand::Choose(place, index));
            }
        }
        if ui.available_width() > 80.0 {
            let text = "Lengths in mm. Left and right are the patient's.";
            ui.add(egui::Label::new(RichText::new(text).small().color(cx.theme.weak)).truncate());
        }
    });
}

fn cell(cx: &Cx<'_>, labels: &LabelSet, measures: &CaseMeasures, pair: [usize; 2], by: OfPair) -> Cell {
    let [a, b] = pair.map(|n| title(labels, n));
    let figure = Some(Figure::Two(pair, drawing(by)));
    if by == OfPair::Names {
        let styles = cx.state.viewer.structures.styles();
        let colors = pair.iter().filter_map(|n| styles.get(*n)).map(|s| swatch_color(s.color)).collect();
        return Cell { text: format!("{a} · {b}"), called: format!("draw {a} and {b}"), figure, colors, own: true, asks: None };
    }
    let tip = HEADS.iter().find(|h| h.by == by).map_or("", |h| h.tip);
    let surface = matches!(by, OfPair::Hausdorff | OfPair::Hd95 | OfPair::MeanSurface);
    let known = measures.pair(pair[0], pair[1]);
    let (text, asks) = match known.and_then(|p| by.of(p)) {
        Some(value) => (number(by, value), None),
        None if cx.state.geometry.is_being_measured(pair, surface) && (known.is_none() || surface) => ("…".to_owned(), None),
        None if surface && known.is_some() => ("measure".to_owned(), Some(GeometryCommand::Surfaces(pair))),
        None => ("–".to_owned(), None),
    };
    let figure = figure.filter(|_| known.is_some() && asks.is_none());
    let own = !matches!(by, OfPair::Contact | OfPair::Overlap(_) | OfPair::Inside(_)) && !surface;
    Cell { called: format!("{tip} of {a} and {b}: {text}"), text, figure, own, asks, ..Cell::default() }
}

fn drawing(by: OfPair) -> OfTwo {
    match by {
        OfPair::Gap | OfPair::Contact => OfTwo::Gap,
        OfPair::Offset(axis) | OfPair::Overlap(axis) => OfTwo::Offset(axis),
        _ => OfTwo::Centres,
    }
}

fn number(by: OfPair, value: f64) -> String {
    match by {
        OfPair::Offset(axis) => direction(axis, value),
        OfPair::Overlap(_) | OfPair::Contact | OfPair::Inside(_) => percent(value),
        _ => mm(value),
    }
}

/// −12.3 along R–L → `12.3 left`.
fn direction(axis: usize, offset: f64) -> String {
    let words = [["left", "right"], ["post.", "ant."], ["inf.", "sup."]][axis];
    format!("{:.1} {}", offset.abs(), words[usize::from(offset > 0.0)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_are_told_in_the_patients_directions() {
        let all = [(0, 12.34), (0, -3.0), (1, 5.0), (1, -5.0), (2, 1.0), (2, -1.0)];
        let told = all.map(|(axis, mm)| direction(axis, mm));
        assert_eq!(told, ["12.3 right", "3.0 left", "5.0 ant.", "5.0 post.", "1.0 sup.", "1.0 inf."]);
    }
}
