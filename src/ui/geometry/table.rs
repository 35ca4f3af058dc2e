//! A table whose heads sort and whose numbers have drawings. Only the rows in sight are laid out; the head stays and scrolls sideways with
//! the rows.

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

impl<C: Copy + PartialEq> Table<'_, C> {
    /// Draws it; `cell` writes the cells of those rows that are in sight, row and column given. Returns the column to sort by.
    pub fn show(&self, ui: &mut Ui, cx: &Cx<'_>, mut cell: impl FnMut(usize, C) -> Cell) -> Option<C> {
        let (_, top) = ui.allocate_space(vec2(ui.available_width(), ROW));
        let natural: f32 = self.heads.iter().map(|h| h.width).sum();
        // What is left over goes to the names.
        let first = self.heads[0].width + (ui.available_width() - 14.0 - natural).clamp(0.0, 160.0);
        let width = natural - self.heads[0].width + first;
        let mut lit = None;
        let area = ScrollArea::both().id_salt(self.id).auto_shrink(false).show_viewport(ui, |ui, viewport| {
            ui.set_min_size(vec2(width, self.rows as f32 * ROW));
            let origin = ui.min_rect().min;
            let from = (viewport.min.y / ROW).floor().max(0.0) as usize;
            let to = ((viewport.max.y / ROW).ceil() as usize).min(self.rows);
            for row in from..to {
                let at = Rect::from_min_size(origin + vec2(0.0, row as f32 * ROW), vec2(width, ROW));
                lit = self.row(ui, cx, row, at, first, &mut cell).or(lit);
            }
        });
        if lit != cx.state.witness.lit_figure() {
            send(cx, GeometryCommand::Light(lit));
        }
        self.head(ui, cx, top, first, area.state.clamped_offset().x)
    }

    fn columns(&self, first: f32) -> impl Iterator<Item = (usize, &Head<C>, f32, f32)> {
        let mut x = 0.0;
        self.heads.iter().enumerate().map(move |(n, head)| {
            let width = if n == 0 { first } else { head.width };
            x += width;
            (n, head, x - width, width)
        })
    }

    fn head(&self, ui: &mut Ui, cx: &Cx<'_>, top: Rect, first: f32, scrolled: f32) -> Option<C> {
        let mut clicked = None;
        let painter = ui.painter_at(top);
        painter.hline(top.x_range(), top.bottom() - 0.5, egui::Stroke::new(1.0, cx.theme.line));
        for (n, head, x, width) in self.columns(first) {
            let rect = Rect::from_min_size(pos2(top.left() + x - scrolled, top.top()), vec2(width, ROW));
            let seen = rect.intersect(top);
            if !seen.is_positive() {
                continue;
            }
            let response = ui.interact(seen, Id::unique((self.id, "head", n)), Sense::click());
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
    fn row(&self, ui: &mut Ui, cx: &Cx<'_>, row: usize, at: Rect, first: f32, cell: &mut impl FnMut(usize, C) -> Cell) -> Option<Figure> {
        let mut lit = None;
        if ui.rect_contains_pointer(at) {
            ui.painter().rect_filled(at, 4.0, cx.theme.hover.gamma_multiply(0.5));
        }
        for (n, head, x, width) in self.columns(first) {
            let rect = Rect::from_min_size(at.min + vec2(x, 0.0), vec2(width, ROW));
            if !ui.is_rect_visible(rect) {
                continue;
            }
            let cell = cell(row, head.by);
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
    fn numbers_of_tables_have_no_units_and_small_shares_stay_visible() {
        assert_eq!((mm(-12.34), ml(1532.4), ml(0.0272)), ("−12.3".to_owned(), "1,530".to_owned(), "0.027".to_owned()));
        assert_eq!(
            (percent(0.0), percent(0.004), percent(0.126), percent(1.0)),
            ("0 %".into(), "< 1 %".into(), "13 %".into(), "100 %".into())
        );
    }
}
