//! A table whose heads sort and whose numbers have drawings. Only the rows in sight are laid out; the head stays, and so do the names, beside
//! which whole columns scroll sideways.

use super::send;
use crate::geometry::judge::Figure;
use crate::state::GeometryCommand;
use crate::ui::theme::STRONG;
use crate::ui::{Cx, widgets};
use egui::text::{LayoutJob, TextFormat, TextWrapping};
use egui::{Align2, Color32, FontFamily, FontId, Id, Rect, Role, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2};

const ROW: f32 = 22.0;
/// Left and right of a cell's text.
const PAD: f32 = 6.0;
/// Points that the names may gain, and what they keep in a narrow panel.
const MOST_SPARE: f32 = 160.0;
const LEAST_NAMES: f32 = 60.0;

/// A column.
pub struct Head<C> {
    pub by: C,
    /// Short, with its unit.
    pub text: &'static str,
    /// What it is, in words.
    pub tip: &'static str,
    pub width: f32,
}

/// One cell as it is written.
#[derive(Default)]
pub struct Cell {
    pub text: String,
    /// What it is called, with its number and whose it is.
    pub called: String,
    /// What its number looks like.
    pub figure: Option<Figure>,
    /// The drawing is this number's own, and not one that it shares with others of its row.
    pub own: bool,
    /// Drawn before the text of the first column.
    pub colors: Vec<Color32>,
    /// Something that a click asks for in place of a drawing.
    pub asks: Option<GeometryCommand>,
}

/// What the table shows.
pub struct Table<'a, C> {
    pub id: &'static str,
    pub heads: &'a [Head<C>],
    /// By which column the rows stand, and whether the largest is first.
    pub sorted: Option<(C, bool)>,
    pub rows: usize,
}

/// Which columns stand where, from the left edge of the table: the names always, then those numbers for which there is room as a whole.
#[derive(Debug, PartialEq)]
struct Shown {
    /// (column, left edge, width)
    columns: Vec<(usize, f32, f32)>,
    /// All columns together.
    width: f32,
}

impl Shown {
    /// `scrolled` points to the right in a part in sight that is `sight` wide. What is scrolled moves by whole columns, so that no number is
    /// ever cut.
    fn of(widths: &[f32], sight: f32, scrolled: f32) -> Self {
        let (names, numbers) = widths.split_first().map_or((0.0, &[][..]), |(names, numbers)| (*names, numbers));
        let all: f32 = numbers.iter().sum();
        let widest = numbers.iter().copied().fold(0.0, f32::max);
        // What is left over goes to the names; a narrow panel takes from them so that a number has room beside them.
        let spare = (sight - names - all).clamp(0.0, MOST_SPARE);
        let names = (names + spare).min((sight - widest).max(LEAST_NAMES));
        let mut columns = vec![(0, 0.0, names)];
        let (mut at, mut left) = (names, 0.0);
        for (n, width) in numbers.iter().enumerate() {
            if left + 0.5 >= scrolled {
                if at + width > sight + 0.5 {
                    break;
                }
                columns.push((n + 1, at, *width));
                at += width;
            }
            left += width;
        }
        Self { columns, width: names + all }
    }
}

impl<C: Copy + PartialEq> Table<'_, C> {
    /// Draws it; `cell` writes the cells of those rows that are in sight, row and column given. Returns the column to sort by.
    pub fn show(&self, ui: &mut Ui, cx: &Cx<'_>, mut cell: impl FnMut(usize, C) -> Cell) -> Option<C> {
        let (_, top) = ui.allocate_space(vec2(ui.available_width(), ROW));
        let widths: Vec<f32> = self.heads.iter().map(|h| h.width).collect();
        let (mut lit, mut shown) = (None, Shown::of(&widths, top.width(), 0.0));
        ui.spacing_mut().scroll = widgets::bars_in_sight();
        ScrollArea::both().id_salt(self.id).auto_shrink(false).min_scrolled_height(ROW).show_viewport(ui, |ui, viewport| {
            shown = Shown::of(&widths, viewport.width(), viewport.min.x);
            ui.set_min_size(vec2(shown.width, self.rows as f32 * ROW));
            let origin = ui.min_rect().min + vec2(viewport.min.x, 0.0);
            let from = (viewport.min.y / ROW).floor().max(0.0) as usize;
            let to = ((viewport.max.y / ROW).ceil() as usize).min(self.rows);
            for row in from..to {
                let at = Rect::from_min_size(origin + vec2(0.0, row as f32 * ROW), vec2(viewport.width(), ROW));
                lit = self.row(ui, cx, row, at, &shown, &mut cell).or(lit);
            }
        });
        if lit != cx.state.witness.lit_figure() {
            send(cx, GeometryCommand::Light(lit));
        }
        self.head(ui, cx, top, &shown)
    }

    fn head(&self, ui: &mut Ui, cx: &Cx<'_>, top: Rect, shown: &Shown) -> Option<C> {
        let mut clicked = None;
        let painter = ui.painter_at(top);
        painter.hline(top.x_range(), top.bottom() - 0.5, egui::Stroke::new(1.0, cx.theme.line));
        for &(n, x, width) in &shown.columns {
            let head = &self.heads[n];
            let rect = Rect::from_min_size(pos2(top.left() + x, top.top()), vec2(width, ROW));
            let response = ui.interact(rect, Id::unique((self.id, "head", n)), Sense::click());
            let order = self.sorted.filter(|(by, _)| *by == head.by).map(|(_, descending)| descending);
            response.widget_info(|| WidgetInfo::selected(Role::ColumnHeader, true, order.is_some(), format!("sort by {}", head.tip)));
            let sign = order.map_or("", |descending| if descending { " ▾" } else { " ▴" });
            let ink = if order.is_some() || response.hovered() { cx.theme.text } else { cx.theme.weak };
            let (at, align) = place(rect, n);
            let font = FontId::new(12.0, FontFamily::Name(STRONG.into()));
            painter.text(at, align, format!("{}{sign}", head.text), font, ink);
            if response.clicked() {
                clicked = Some(head.by);
            }
            response.on_hover_text(format!("{}\nClick: sort; again: the other way round", head.tip));
        }
        clicked
    }

    /// Returns what the pointer lights.
    fn row(
        &self,
        ui: &mut Ui,
        cx: &Cx<'_>,
        row: usize,
        at: Rect,
        shown: &Shown,
        cell: &mut impl FnMut(usize, C) -> Cell,
    ) -> Option<Figure> {
        let mut lit = None;
        if ui.rect_contains_pointer(at) {
            ui.painter().rect_filled(at, 4.0, cx.theme.hover.gamma_multiply(0.5));
        }
        for &(n, x, width) in &shown.columns {
            let rect = Rect::from_min_size(at.min + vec2(x, 0.0), vec2(width, ROW));
            let cell = cell(row, self.heads[n].by);
            let response = ui.interact(rect, Id::unique((self.id, row, n)), Sense::click());
            let kept = cell.own && cell.figure.is_some() && cell.figure == cx.state.witness.figure();
            response.widget_info(|| WidgetInfo::selected(Role::Button, true, kept, &cell.called));
            let live = cell.figure.is_some() || cell.asks.is_some();
            if kept || (live && response.hovered()) {
                ui.painter().rect_filled(rect.shrink(1.0), 4.0, cx.theme.hover);
            }
            write(ui, cx, rect, n, &cell, kept);
            if response.hovered() {
                lit = cell.figure;
            }
            if response.clicked() {
                let show = cell.figure.map(GeometryCommand::Show);
                cell.asks.or(show).into_iter().for_each(|c| send(cx, c));
            }
            if live {
                response.on_hover_cursor(egui::CursorIcon::PointingHand);
            }
        }
        lit
    }
}

/// Names start at the left, numbers end at the right.
fn place(rect: Rect, column: usize) -> (egui::Pos2, Align2) {
    let inner = rect.shrink2(vec2(PAD, 0.0));
    if column == 0 { (inner.left_center(), Align2::LEFT_CENTER) } else { (inner.right_center(), Align2::RIGHT_CENTER) }
}

fn write(ui: &Ui, cx: &Cx<'_>, rect: Rect, column: usize, cell: &Cell, kept: bool) {
    let painter = ui.painter_at(rect);
    let ink = if kept { cx.theme.selection } else { cx.theme.text };
    if column > 0 {
        let (at, align) = place(rect, column);
        painter.text(at, align, &cell.text, FontId::proportional(12.5), ink);
        return;
    }
    let mut x = rect.left() + PAD;
    for color in &cell.colors {
        painter.rect_filled(Rect::from_min_size(pos2(x, rect.center().y - 5.0), vec2(10.0, 10.0)), 3.0, *color);
        x += 14.0;
    }
    let mut job = LayoutJob::single_section(cell.text.clone(), TextFormat::simple(FontId::proportional(13.0), ink));
    job.wrap = TextWrapping::truncate_at_width((rect.right() - PAD - x).max(8.0));
    let galley = painter.layout_job(job);
    painter.galley(pos2(x + 2.0, rect.center().y - galley.size().y / 2.0), galley, ink);
}

/// A length in mm without its unit, which the head has.
pub fn mm(value: f64) -> String {
    format!("{value:.1}").replace('-', "−")
}

/// A volume in mL without its unit.
pub fn ml(value: f64) -> String {
    widgets::millilitres(value).trim_end_matches(" mL").to_owned()
}

/// 0.123 → `12 %`; a touch is not nothing.
pub fn percent(share: f64) -> String {
    match share * 100.0 {
        v if v > 0.0 && v < 1.0 => "< 1 %".to_owned(),
        v => format!("{v:.0} %"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_whole_and_every_one_comes_into_sight() {
        let widths = [150.0, 66.0, 60.0, 60.0, 52.0, 84.0];
        for sight in [40.0, 150.0, 230.0, 300.0, 333.0, 471.0, 472.0, 500.0, 900.0] {
            let all = Shown::of(&widths, sight, 0.0).width;
            let last = (all - sight).max(0.0);
            let mut seen = std::collections::BTreeSet::new();
            for step in 0..=20 {
                let shown = Shown::of(&widths, sight, last * step as f32 / 20.0);
                assert!(shown.columns.iter().all(|(n, x, w)| *n == 0 || x + w <= sight + 1.0), "{sight}: a number is cut");
                seen.extend(shown.columns.iter().map(|c| c.0));
            }
            assert!(sight < 150.0 || seen.len() == widths.len(), "{sight}: {seen:?}");
        }
        let wide = Shown::of(&widths, 600.0, 0.0);
        assert_eq!((wide.columns.len(), wide.columns[0].2, wide.width), (6, 278.0, 600.0), "the names take what is left over");
    }

    #[test]
    fn numbers_of_tables_have_no_units_and_small_shares_stay_visible() {
        assert_eq!((mm(-12.34), ml(1532.4), ml(0.0272)), ("−12.3".to_owned(), "1,530".to_owned(), "0.027".to_owned()));
        assert_eq!(
            (percent(0.0), percent(0.004), percent(0.126), percent(1.0)),
            ("0 %".into(), "< 1 %".into(), "13 %".into(), "100 %".into())
        );
    }
}
