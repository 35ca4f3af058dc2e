//! Places for short texts over a drawing: each beside what it names, clear of the other texts and of lines, as far as there is room.

use super::super::theme::STRONG;
use egui::{Color32, FontFamily, FontId, Painter, Pos2, Rect, Vec2, pos2, vec2};
use std::cell::RefCell;

/// From what it names to a text.
const GAP: f32 = 5.0;
/// A line is kept clear in steps of this many points.
const STEP: f32 = 8.0;

/// In a lower view there is no room for texts.
const LOW: f32 = 40.0;

/// What a text is about.
#[derive(Clone, Copy, Debug)]
pub enum Around {
    Box(Rect),
    Line([Pos2; 2]),
}

/// A text without its place, and with it.
#[derive(Debug)]
struct Note {
    text: String,
    size: f32,
    color: Color32,
    around: Around,
    /// Left out where it would hide something.
    optional: bool,
}

#[derive(Debug)]
pub struct Placed {
    /// Upper left corner.
    pub at: Pos2,
    pub text: String,
    pub size: f32,
    pub color: Color32,
}

#[derive(Debug)]
pub struct Notes {
    room: Rect,
    notes: Vec<Note>,
    taken: Vec<Rect>,
}

impl Default for Notes {
    fn default() -> Self {
        Self { room: Rect::EVERYTHING, notes: Vec::new(), taken: Vec::new() }
    }
}

impl Notes {
    /// Texts stay in `room` where they can.
    pub fn within(room: Rect) -> RefCell<Self> {
        RefCell::new(Self { room, ..Self::default() })
    }

    pub fn add(&mut self, text: String, size: f32, color: Color32, around: Around) {
        self.notes.push(Note { text, size, color, around, optional: false });
    }

    /// The same, unless it would hide something.
    pub fn add_if_room(&mut self, text: String, size: f32, color: Color32, around: Around) {
        self.notes.push(Note { text, size, color, around, optional: true });
    }

    /// Nothing is written here if it can be helped.
    pub fn keep_clear(&mut self, rect: Rect) {
        self.taken.push(rect);
    }

    pub fn keep_clear_line(&mut self, [a, b]: [Pos2; 2]) {
        let steps = (a.distance(b) / STEP).ceil().clamp(1.0, 200.0) as usize;
        let at = |n: usize| a + (b - a) * (n as f32 / steps as f32);
        self.taken.extend((0..=steps).map(|n| Rect::from_center_size(at(n), Vec2::splat(6.0))));
    }

    /// The outline of a box, not what is in it.
    pub fn keep_clear_edges(&mut self, of: Rect) {
        let sides = [[of.left_top(), of.right_top()], [of.left_bottom(), of.right_bottom()]];
        let ends = [[of.left_top(), of.left_bottom()], [of.right_top(), of.right_bottom()]];
        self.taken.extend(sides.into_iter().chain(ends).map(|[a, b]| Rect::from_two_pos(a, b).expand(1.0)));
    }

    /// The texts with their places: numbers of lines first, as they have less choice.
    pub fn placed(mut self, painter: &Painter) -> Vec<Placed> {
        let mut notes = std::mem::take(&mut self.notes);
        notes.sort_by_key(|n| (n.optional, matches!(n.around, Around::Box(_))));
        let mut out = Vec::new();
        if self.room.height() < LOW {
            return out;
        }
        for note in notes {
            let font = FontId::new(note.size, FontFamily::Name(STRONG.into()));
            let size = painter.layout_no_wrap(note.text.clone(), font, note.color).size();
            let rect = self.best(note.around, size);
            if note.optional && self.hidden(rect) > 0.0 {
                continue;
            }
            self.taken.push(rect.expand(1.0));
            out.push(Placed { at: rect.min, text: note.text, size: note.size, color: note.color });
        }
        out
    }

    /// The place that hides least; of equal ones the first.
    fn best(&self, around: Around, size: Vec2) -> Rect {
        let places = places(around, size).map(|min| Rect::from_min_size(self.moved_in(min, size), size));
        let cost = |rect: &Rect| self.hidden(*rect) + away(around, *rect);
        places.into_iter().min_by(|a, b| cost(a).total_cmp(&cost(b))).unwrap_or(Rect::from_min_size(self.room.min, size))
    }

    fn moved_in(&self, min: Pos2, size: Vec2) -> Pos2 {
        let most = (self.room.max - size).max(self.room.min);
        min.clamp(self.room.min, most)
    }

    /// Area of what would be written over.
    fn hidden(&self, rect: Rect) -> f32 {
        let over = |taken: &Rect| {
            let common = taken.intersect(rect);
            if common.is_positive() { common.area() } else { 0.0 }
        };
        self.taken.iter().map(over).sum()
    }
}

/// A text that the edge of the room pushes over what it names costs as if it hid some of it.
fn away(around: Around, rect: Rect) -> f32 {
    let Around::Box(of) = around else { return 0.0 };
    let common = of.intersect(rect);
    if common.is_positive() { common.area() * 0.3 } else { 0.0 }
}

/// Upper left corners, best first: above, below, right and left of a box; beside the middle of a line and nearer to its ends.
fn places(around: Around, size: Vec2) -> [Pos2; 6] {
    match around {
        Around::Box(b) => {
            let middle = b.center().y - size.y / 2.0;
            [
                pos2(b.left(), b.top() - size.y - GAP),
                pos2(b.left(), b.bottom() + GAP),
                pos2(b.right() + GAP, middle),
                pos2(b.left() - GAP - size.x, middle),
                pos2(b.right() - size.x, b.top() - size.y - GAP),
                pos2(b.right() - size.x, b.bottom() + GAP),
            ]
        }
        Around::Line([a, b]) => {
            let along = (b - a).normalized();
            let across = if along.length_sq() > 0.5 { vec2(along.y.abs(), -along.x.abs()) * side(along) } else { vec2(0.0, -1.0) };
            // Far enough that the text's own box is clear of the line.
            let far = GAP + (across.x.abs() * size.x + across.y.abs() * size.y) / 2.0;
            let at = |share: f32, way: f32| a + (b - a) * share + across * (far * way) - size / 2.0;
            [at(0.5, 1.0), at(0.5, -1.0), at(0.3, 1.0), at(0.7, 1.0), at(0.3, -1.0), at(0.7, -1.0)]
        }
    }
}

/// Makes the perpendicular of a line point up, and to the right of a steep one.
fn side(along: Vec2) -> Vec2 {
    if along.x * along.y < 0.0 { vec2(-1.0, 1.0) } else { vec2(1.0, 1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notes() -> Notes {
        Notes { room: Rect::from_min_max(pos2(0.0, 0.0), pos2(400.0, 300.0)), ..Notes::default() }
    }

    #[test]
    fn a_text_stands_above_its_box_or_where_there_is_room() {
        let size = vec2(60.0, 14.0);
        let of = Rect::from_min_size(pos2(100.0, 100.0), vec2(50.0, 40.0));
        let mut notes = notes();
        let above = notes.best(Around::Box(of), size);
        assert!(above.bottom() < of.top() && above.left() == of.left());
        notes.keep_clear(above);
        let below = notes.best(Around::Box(of), size);
        assert!(below.top() > of.bottom());
        let high = Rect::from_min_size(pos2(100.0, 2.0), vec2(50.0, 40.0));
        assert!(!notes.best(Around::Box(high), size).intersects(high), "not over it, where there is no room above");
    }

    #[test]
    fn a_number_stands_clear_of_its_line_whichever_way_it_runs() {
        let size = vec2(60.0, 14.0);
        for end in [pos2(300.0, 150.0), pos2(150.0, 280.0), pos2(280.0, 280.0), pos2(280.0, 20.0), pos2(20.0, 30.0), pos2(150.0, 150.0)] {
            let line = [pos2(150.0, 150.0), end];
            let mut notes = notes();
            notes.keep_clear_line(line);
            let place = notes.best(Around::Line(line), size);
            assert!(place.is_finite() && notes.room.contains_rect(place));
            assert_eq!(notes.hidden(place), 0.0, "{end:?}: {place:?}");
        }
    }
}
