//! The columns beside the images. A column is as wide as the reader made it, within what the window has room for: only a drag of its
//! divider changes what is remembered, never what is in it, the size of the window or the size of the text.

use super::theme::Theme;
use crate::state::Layout;
use egui::emath::GuiRounding;
use egui::panel::PanelState;
use egui::{Id, IdSalt, Panel, Rangef, Rect, Sense, Ui, UiBuilder, Vec2};

/// Narrower windows, in points, show one side column at a time.
const TWO_COLUMNS: f32 = 760.0;

/// The buttons of a decision need so much, in points.
const ITEM: f32 = 312.0;

/// What the columns may take of a window, in points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Columns {
    window: f32,
    layout: Layout,
    comparing: bool,
}

impl Columns {
    pub fn new(window: f32, layout: Layout, comparing: bool) -> Self {
        Self { window, layout, comparing }
    }

    /// Where both columns would leave no room for an image (200 % text at 1280 pixels), the item comes before the queue.
    pub fn shows_left(self) -> bool {
        let both = self.window >= TWO_COLUMNS * if self.comparing { 1.25 } else { 1.0 };
        self.layout.left_open && (both || !self.layout.right_open)
    }

    /// With the queue in sight: where there is room for one column only, it comes in the place of the other.
    pub fn with_left(self) -> Layout {
        let opened = Self { layout: Layout { left_open: true, ..self.layout }, ..self };
        Layout { right_open: opened.shows_left() && opened.layout.right_open, ..opened.layout }
    }

    /// Both columns of Review together: the images keep half of the window.
    fn most(self) -> f32 {
        (self.window * 0.5).max(420.0)
    }

    /// Both columns of Review stand in the window.
    fn both(self) -> bool {
        self.shows_left() && self.layout.right_open
    }

    /// Width of the queue, and the widths that it can be dragged to.
    pub fn left(self) -> (f32, Rangef) {
        let range = if self.comparing { 180.0..=self.window * 0.21 } else { 200.0..=self.most() * 0.5 };
        let shared = self.both() && !self.comparing;
        let width = if shared { shared_width(self.layout.left, self.layout.right, self.most()) } else { self.layout.left };
        fit(width, range.into())
    }

    /// Width of the item, or of the answers in Compare.
    pub fn right(self) -> (f32, Rangef) {
        if self.comparing {
            return fit(self.window * self.layout.answers, ((self.window * 0.3).max(320.0)..=self.window * 0.6).into());
        }
        let layout = self.layout;
        let width = if self.both() { shared_width(layout.right, layout.left, self.most()) } else { layout.right };
        fit(width, (ITEM..=self.most() * 0.75).into())
    }

    /// What is remembered after dividers were dragged so that the columns have these widths.
    pub fn dragged(self, left: Option<f32>, right: Option<f32>) -> Layout {
        let mut layout = self.layout;
        let chosen = |width: f32, other: f32| if self.both() { chosen_width(width, other, self.most()) } else { width };
        if let Some(width) = left {
            layout.left = if self.comparing { width } else { chosen(width, layout.right) };
        }
        match right {
            Some(width) if self.comparing => layout.answers = width / self.window.max(1.0),
            Some(width) => layout.right = chosen(width, layout.left),
            None => {}
        }
        layout
    }
}

fn fit(width: f32, range: Rangef) -> (f32, Rangef) {
    let range = Rangef::new(range.min, range.max.max(range.min));
    (range.clamp(width), range)
}

/// A column's width when it and the other together have at most `most`: both give way in proportion.
fn shared_width(own: f32, other: f32, most: f32) -> f32 {
    own * (most / (own + other)).min(1.0)
}

/// The width that [`shared_width`] makes `shown` of.
fn chosen_width(shown: f32, other: f32, most: f32) -> f32 {
    if shown + other <= most { shown } else { shown * other / (most - shown).max(1.0) }
}

/// A panel's edge that can be dragged.
pub struct Divider {
    /// Under which egui keeps the panel's size between frames.
    id: Id,
    axis: usize,
    before: f32,
}

impl Divider {
    /// Before the panel `name` is shown: it gets the `wanted` width (`axis` 0) or height (1), unless it is being dragged.
    pub fn new(ui: &Ui, name: &'static str, axis: usize, (wanted, range): (f32, Rangef)) -> Self {
        let id = ui.scope_id().with_salt(IdSalt::new(name));
        if ui.input(|i| !i.pointer.any_down() && !i.pointer.any_released()) {
            let outer_rect = Rect::from_min_size(ui.max_rect().min, Vec2::splat(wanted.round_ui()));
            ui.data_mut(|d| d.insert_persisted(id, PanelState { outer_rect }));
        }
        let before = range.clamp(Self::size(ui, id, axis).unwrap_or(wanted));
        Self { id, axis, before }
    }

    fn size(ui: &Ui, id: Id, axis: usize) -> Option<f32> {
        PanelState::load(ui.ctx(), id).map(|s| s.size()[axis])
    }

    /// After the panel was shown: the size that it was just dragged to.
    pub fn dragged(self, ui: &Ui) -> Option<f32> {
        Self::size(ui, self.id, self.axis).filter(|after| (after - self.before).abs() > 0.5)
    }
}

/// Draws a column at the left or right and returns its width once the reader has dragged its divider.
pub fn column(
    ui: &mut Ui,
    theme: &Theme,
    (name, at_left): (&'static str, bool),
    (wanted, range): (f32, Rangef),
    contents: impl FnOnce(&mut Ui),
) -> Option<f32> {
    let room = ui.available_width().max(1.0);
    let range = Rangef::new(range.min.min(room), range.max.min(room));
    let divider = Divider::new(ui, name, 0, (wanted.min(room), range));
    let panel = if at_left { Panel::left(name) } else { Panel::right(name) };
    panel.default_size(wanted).size_range(range).frame(theme.panel_frame()).show(ui, |ui| {
        // What is too wide for the column must not make it wider.
        let rect = ui.available_rect_before_wrap();
        contents(&mut ui.new_child(UiBuilder::new().max_rect(rect)));
        ui.allocate_rect(rect, Sense::hover());
    });
    divider.dragged(ui)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_are_a_choice_that_no_window_changes() {
        let layout = Layout::default();
        let wide = Columns::new(1280.0, layout, false);
        assert_eq!((wide.left().0, wide.right().0), (264.0, 344.0), "as they were chosen");
        let narrow = Columns::new(853.0, layout, false);
        assert!(narrow.left().0 < 264.0 && narrow.right().0 < 344.0, "both give way");
        assert_eq!(narrow.dragged(None, None), layout, "and nothing is remembered of it");
        let small = Columns::new(640.0, layout, false);
        assert!(!small.shows_left());
        assert_eq!(small.right().0, 315.0, "one column has the room of both");
        assert_eq!(Columns::new(640.0, layout, true).right().0, 320.0);
    }

    #[test]
    fn the_queue_comes_into_sight_and_the_item_goes_only_where_there_is_no_room_for_both() {
        for (window, comparing, item) in [(1280.0, false, true), (800.0, false, true), (800.0, true, false), (640.0, false, false)] {
            for left_open in [false, true] {
                let layout = Layout { left_open, ..Layout::default() };
                let opened = Columns::new(window, layout, comparing).with_left();
                assert!(Columns::new(window, opened, comparing).shows_left());
                assert_eq!(opened.right_open, item, "{window} {comparing}");
            }
        }
    }

    #[test]
    fn a_column_has_the_width_that_it_was_dragged_to() {
        for (window, comparing) in [(1280.0, false), (1000.0, false), (900.0, false), (1280.0, true), (1920.0, true), (640.0, false)] {
            let columns = Columns::new(window, Layout::default(), comparing);
            for share in [0.0, 0.3, 1.0] {
                let at = |(_, range): (f32, Rangef)| range.min + share * (range.max - range.min);
                let left = at(columns.left());
                let then = Columns { layout: columns.dragged(Some(left), None), ..columns };
                assert!((then.left().0 - left).abs() < 0.1, "{window} {comparing}: {left} {}", then.left().0);
                let right = at(columns.right());
                let then = Columns { layout: columns.dragged(None, Some(right)), ..columns };
                assert!((then.right().0 - right).abs() < 0.1, "{window} {comparing}: {right} {}", then.right().0);
            }
        }
    }
}
