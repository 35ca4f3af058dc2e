//! A chart's drawing in a plot that can be enlarged and moved, with its points to hover, focus and click.
//!
//! The drawing is the one of the files and of the report; its points are the plot's coordinates, so that a chart that is not enlarged is shown
//! point for point. The plot brings transform, clipping and responses. Its gestures are this module's, because the plot's own would let a
//! chart be dragged out of its frame. A chart out of sight costs its place on the page, nothing more.

use super::paint::shapes;
use super::sight::{Place, Sight};
use crate::analyse::draw::{Drawing, Hit, draw};
use crate::analyse::{Chart, Grid};
use crate::state::{AnalysesCommand, Command};
use crate::ui::Cx;
use crate::ui::widgets::{count, still_plot};
use egui::{Color32, CursorIcon, Id, PointerButton, Rect, Response, Role, ScrollArea, Sense, Shape, Stroke, Ui, Vec2, WidgetInfo, vec2};
use egui_plot::{Plot, PlotBounds, PlotGeometry, PlotItem, PlotItemBase, PlotPoint, PlotTransform, PlotUi};
use std::ops::RangeInclusive;
use std::sync::Arc;

/// Charts are laid out again when the room changes by this much.
const STEP: f32 = 20.0;

/// The layout of a chart and what is shown of it, kept from frame to frame.
#[derive(Clone)]
struct Kept {
    chart: Arc<Chart>,
    width: u32,
    drawing: Arc<Drawing>,
    sight: Sight,
}

fn id(chart: &Chart) -> Id {
    Id::unique(("chart", &chart.id))
}

pub fn is_enlarged(ui: &Ui, chart: &Chart) -> bool {
    ui.data(|d| d.get_temp::<Kept>(id(chart))).is_some_and(|kept| !kept.sight.is_whole())
}

pub fn show_whole(ui: &Ui, chart: &Chart) {
    ui.data_mut(|d| {
        if let Some(kept) = d.get_temp::<Kept>(id(chart)) {
            d.insert_temp(id(chart), Kept { sight: Sight::WHOLE, ..kept });
        }
    });
}

pub fn show(ui: &mut Ui, cx: &Cx<'_>, chart: &Arc<Chart>, grid: &Grid, width: f32) {
    let kept = kept(ui, chart, grid, (width / STEP).floor() * STEP);
    let size = vec2(kept.drawing.width, kept.drawing.height);
    ScrollArea::horizontal().id_salt(&chart.id).auto_shrink([false, true]).show(ui, |ui| {
        if !ui.is_rect_visible(Rect::from_min_size(ui.cursor().min, size)) {
            named(&ui.allocate_exact_size(size, Sense::hover()).1, chart);
            return;
        }
        let (sight, place, frame) = plot(ui, cx, &kept, size);
        if sight != kept.sight {
            ui.data_mut(|d| d.insert_temp(id(chart), Kept { sight, ..kept.clone() }));
        }
        if !sight.is_whole() {
            ui.painter().rect_stroke(frame, 0.0, Stroke::new(1.0, cx.theme.line), egui::StrokeKind::Inside);
        }
        for hit in &kept.drawing.hits {
            point(ui, cx, chart, grid, hit, place.rect(hit.at).intersect(frame));
        }
    });
}

fn kept(ui: &Ui, chart: &Arc<Chart>, grid: &Grid, width: f32) -> Kept {
    let kept: Option<Kept> = ui.data(|d| d.get_temp(id(chart)));
    if let Some(kept) = kept.filter(|k| Arc::ptr_eq(&k.chart, chart) && k.width == width as u32) {
        return kept;
    }
    let kept = Kept { chart: Arc::clone(chart), width: width as u32, drawing: Arc::new(draw(grid, width)), sight: Sight::WHOLE };
    ui.data_mut(|d| d.insert_temp(id(chart), kept.clone()));
    kept
}

fn named(response: &Response, chart: &Chart) {
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, format!("chart: {}", chart.title)));
}

/// What is shown now, where its paper lies on screen, and the frame.
fn plot(ui: &mut Ui, cx: &Cx<'_>, kept: &Kept, size: Vec2) -> (Sight, Place, Rect) {
    let sheet = Sheet { base: PlotItemBase::new(String::new()), drawing: &kept.drawing, dark: cx.theme.dark };
    let shown = still(&kept.chart, kept.sight).width(size.x).height(size.y).show(ui, |plot| {
        let sight = gestures(plot, kept.sight, size);
        let part = sight.part(size);
        let corner = |p: egui::Pos2| [f64::from(p.x), f64::from(p.y)];
        plot.set_plot_bounds(PlotBounds::from_min_max(corner(part.min), corner(part.max)));
        plot.add(sheet);
        sight
    });
    named(&shown.response, &kept.chart);
    if shown.response.dragged_by(PointerButton::Primary) {
        ui.set_cursor_icon(CursorIcon::Grabbing);
    }
    (shown.inner, place(&shown.transform), *shown.transform.frame())
}

/// Without axes and without gestures of its own. A chart that is not enlarged takes neither drags nor clicks from the page.
fn still(chart: &Chart, sight: Sight) -> Plot<'static> {
    still_plot("drawing")
        .id(Id::unique(("plot", &chart.id)))
        .sense(if sight.is_whole() { Sense::hover() } else { Sense::CLICK | Sense::DRAG })
        .invert_y(true)
        .data_aspect(1.0)
        .set_margin_fraction(Vec2::ZERO)
        .show_axes(false)
        .show_grid(false)
        .show_background(false)
        .show_crosshair(false)
        .show_x(false)
        .show_y(false)
}

/// Ctrl and the wheel or a pinch enlarge about the pointer, a drag moves, a double-click shows the whole chart again.
fn gestures(plot: &PlotUi<'_>, sight: Sight, size: Vec2) -> Sight {
    let response = plot.response();
    if response.double_clicked() {
        return Sight::WHOLE;
    }
    // What was moved before it was known to be a drag counts, so that marks stay under the pointer.
    let by = if response.drag_started() { response.total_drag_delta().unwrap_or_default() } else { response.drag_delta() };
    let moved = if response.dragged_by(PointerButton::Primary) { sight.moved(by, size) } else { sight };
    let (factor, pointer) = plot.ctx().input(|i| (i.zoom_delta(), i.pointer.hover_pos()));
    match pointer {
        // A point that lies over the plot is hovered in its stead, but the pointer is over both.
        Some(at) if factor != 1.0 && response.contains_pointer() => moved.zoomed(factor, at - response.rect.min, size),
        _ => moved,
    }
}

fn place(transform: &PlotTransform) -> Place {
    Place { origin: transform.position_from_point(&PlotPoint::new(0.0, 0.0)), scale: transform.dpos_dvalue_x() as f32 }
}

/// A drawing as the one item of its plot.
struct Sheet<'a> {
    base: PlotItemBase,
    drawing: &'a Drawing,
    dark: bool,
}

impl PlotItem for Sheet<'_> {
    fn shapes(&self, ui: &Ui, transform: &PlotTransform, out: &mut Vec<Shape>) {
        shapes(ui.ctx(), place(transform), ui.clip_rect(), self.drawing, self.dark, out);
    }

    fn initialize(&mut self, _x_range: RangeInclusive<f64>) {}

    fn color(&self) -> Color32 {
        Color32::TRANSPARENT
    }

    /// Points are widgets of their own, which a keyboard and a screen reader reach too.
    fn allow_hover(&self) -> bool {
        false
    }

    fn geometry(&self) -> PlotGeometry<'_> {
        PlotGeometry::None
    }

    fn bounds(&self) -> PlotBounds {
        PlotBounds::from_min_max([0.0; 2], [self.drawing.width, self.drawing.height].map(f64::from))
    }

    fn base(&self) -> &PlotItemBase {
        &self.base
    }

    fn base_mut(&mut self) -> &mut PlotItemBase {
        &mut self.base
    }
}

/// A place on the chart that tells its number and shows its items.
fn point(ui: &mut Ui, cx: &Cx<'_>, chart: &Arc<Chart>, grid: &Grid, hit: &Hit, rect: Rect) {
    if !rect.is_positive() || !ui.is_rect_visible(rect) {
        return;
    }
    let response = ui.interact(rect, Id::unique(("point", &chart.id, hit.row, hit.column)), Sense::click());
    let said = || grid.describe(hit.row, hit.column);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("{} · {}", chart.title, said())));
    if !response.hovered() && !response.has_focus() && !response.clicked() {
        return;
    }
    ui.painter().rect_stroke(rect, 2.0, Stroke::new(1.5, cx.theme.selection), egui::StrokeKind::Inside);
    let items = grid.point(hit.row, hit.column).items.len();
    let tip = if items > 0 { format!("{}\nClick: {} in the queue", said(), count(items, "item")) } else { said() };
    if response.on_hover_text(tip).clicked() && items > 0 {
        cx.send(Command::Analyses(AnalysesCommand::Show { chart: Arc::clone(chart), row: hit.row, column: hit.column }));
    }
}
