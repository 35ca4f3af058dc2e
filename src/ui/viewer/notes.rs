//! Places for short texts over a drawing: each beside what it names, clear of the other texts and of lines, as far as there is room.
//!
//! The same texts always get the same places: the first are placed first, and of places that hide equally little the first is taken. The
//! memory is that of the frame before.

use egui::{Color32, Context, Galley, Id, Pos2, Rect, Vec2, pos2, vec2};
use std::sync::Arc;

/// From what it names to a text, and from an end of a measurement to its values.
const GAP: f32 = 5.0;
const BESIDE: f32 = 8.0;
/// A line is kept clear in steps of this many points.
const STEP: f32 = 8.0;
/// In a lower view there is no room for texts.
const LOW: f32 = 40.0;
/// Places that are tried for a text.
const MOST: usize = 14;

/// What a text is about.
#[derive(Clone, Copy, Debug)]
pub enum Around {
    Box(Rect),
    Line([Pos2; 2]),
    /// Of a measurement: the box around it, its leftmost and its rightmost point.
    Measured(Rect, [Pos2; 2]),
}

/// A text without its place.
#[derive(Clone, Debug)]
struct Note {
    /// Place in the order in which they came.
    number: usize,
    galley: Arc<Galley>,
    color: Color32,
    around: Around,
    /// Left out where it would hide something.
    optional: bool,
}

#[derive(Clone, Debug)]
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
    fn id() -> Id {
        Id::unique("places of texts over the images")
    }

    /// Of one view. Texts stay in `room` where they can.
    pub fn within(context: &Context, room: Rect) -> Self {
        let kept = context.data_mut(|d| std::mem::take(d.get_temp_mut_or_default::<Self>(Self::id())));
        Self { room, ..kept }
    }

    /// The view is painted: its memory is for the next one.
    pub fn done(mut self, context: &Context) {
        self.notes.clear();
        self.taken.clear();
        context.data_mut(|d| *d.get_temp_mut_or_default::<Self>(Self::id()) = self);
    }

    /// Further texts stay in another part of the view, clear of those before.
    pub fn stay_in(&mut self, room: Rect) {
        self.room = room;
    }

    pub fn add(&mut self, galley: Arc<Galley>, color: Color32, around: Around) {
        self.notes.push(Note { number: self.notes.len(), galley, color, around, optional: false });
    }

    /// The same, unless it would hide something.
    pub fn add_if_room(&mut self, galley: Arc<Galley>, color: Color32, around: Around) {
        self.notes.push(Note { number: self.notes.len(), galley, color, around, optional: true });
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

    /// Gives the texts their places (upper left corners): numbers of lines first, as they have less choice.
    pub fn place_all(&mut self, mut draw: impl FnMut(Pos2, Arc<Galley>, Color32)) {
        let mut notes = std::mem::take(&mut self.notes);
        notes.sort_unstable_by_key(|n| (n.optional, matches!(n.around, Around::Box(_)), n.number));
        let room = self.room.height() >= LOW;
        for note in notes.drain(..).filter(|_| room) {
            let rect = self.best(note.around, note.galley.size());
            if !note.optional || self.hidden(rect) == 0.0 {
                self.taken.push(rect.expand(1.0));
                draw(rect.min, note.galley, note.color);
            }
        }
        self.notes = notes;
    }

    /// The place of a text of this size at once: its upper left corner.
    pub fn place(&mut self, around: Around, size: Vec2) -> Pos2 {
        let rect = self.best(around, size);
        self.taken.push(rect.expand(1.0));
        rect.min
    }

    /// The place that hides least; of equal ones the first.
    fn best(&self, around: Around, size: Vec2) -> Rect {
        let rects = places(around, size).map(|min| Rect::from_min_size(self.moved_in(min, size), size));
        let costs = rects.enumerate().map(|(n, rect)| (rect, self.hidden(rect) + away(around, rect) + stray(around, n)));
        let best = costs.min_by(|a, b| a.1.total_cmp(&b.1));
        best.map_or(Rect::from_min_size(self.room.min, size), |(rect, _)| rect)
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
    let (Around::Box(of) | Around::Measured(of, _)) = around else { return 0.0 };
    let common = of.intersect(rect);
    if common.is_positive() { common.area() * 0.3 } else { 0.0 }
}

/// Values far from their measurement might be those of another: rather than that they cross a line, though they cover no text.
fn stray(around: Around, place: usize) -> f32 {
    if let Around::Measured(..) = around { 12.0 * place as f32 } else { 0.0 }
}

/// Upper left corners, best first.
fn places(around: Around, size: Vec2) -> impl Iterator<Item = Pos2> {
    let mut all = [Pos2::ZERO; MOST];
    let some = match around {
        Around::Box(of) => fill(&mut all, around_box(of, size)),
        Around::Line(ends) => fill(&mut all, beside_line(ends, size)),
        Around::Measured(of, ends) => fill(&mut all, beside_ends(of, ends, size)),
    };
    all.into_iter().take(some)
}

fn fill<const N: usize>(all: &mut [Pos2; MOST], with: [Pos2; N]) -> usize {
    all.iter_mut().zip(with).for_each(|(to, from)| *to = from);
    N.min(MOST)
}

/// Above, below, right and left.
fn around_box(b: Rect, size: Vec2) -> [Pos2; 6] {
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

/// Beside the middle and nearer to the ends.
fn beside_line([a, b]: [Pos2; 2], size: Vec2) -> [Pos2; 6] {
    let along = (b - a).normalized();
    let across = if along.length_sq() > 0.5 { vec2(along.y.abs(), -along.x.abs()) * side(along) } else { vec2(0.0, -1.0) };
    // Far enough that the text's own box is clear of the line.
    let far = GAP + (across.x.abs() * size.x + across.y.abs() * size.y) / 2.0;
    let at = |share: f32, way: f32| a + (b - a) * share + across * (far * way) - size / 2.0;
    [at(0.5, 1.0), at(0.5, -1.0), at(0.3, 1.0), at(0.7, 1.0), at(0.3, -1.0), at(0.7, -1.0)]
}

/// Right of the rightmost point, left of the leftmost, above and below, then each of them further up, down or out.
fn beside_ends(of: Rect, [left, right]: [Pos2; 2], size: Vec2) -> [Pos2; MOST] {
    let row = size.y + 3.0;
    let at_right = |rows: f32| pos2(right.x + BESIDE, right.y - size.y / 2.0 + rows * row);
    let at_left = |rows: f32| pos2(left.x - BESIDE - size.x, left.y - size.y / 2.0 + rows * row);
    let above = |rows: f32| pos2(of.center().x - size.x / 2.0, of.top() - BESIDE - size.y - rows * row);
    let below = |rows: f32| pos2(of.center().x - size.x / 2.0, of.bottom() + BESIDE + rows * row);
    [
        at_right(0.0),
        at_left(0.0),
        above(0.0),
        below(0.0),
        at_right(-1.0),
        at_right(1.0),
        at_left(-1.0),
        at_left(1.0),
        above(1.0),
        below(1.0),
        at_right(-2.0),
        at_right(2.0),
        at_left(-2.0),
        at_left(2.0),
    ]
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

    #[test]
    fn values_of_many_measurements_at_one_place_do_not_cover_each_other() {
        let size = vec2(70.0, 42.0);
        let ends = [pos2(150.0, 150.0), pos2(190.0, 150.0)];
        let of = Rect::from_two_pos(ends[0], ends[1]).expand(1.0);
        let placed = || {
            let mut notes = notes();
            let first: Vec<Rect> = (0..9).map(|_| Rect::from_min_size(notes.place(Around::Measured(of, ends), size), size)).collect();
            assert!(first.iter().all(|r| notes.room.contains_rect(*r)));
            first
        };
        let rects = placed();
        assert_eq!(rects[0].left_center(), pos2(198.0, 150.0), "right of it, where there is room");
        for (n, rect) in rects.iter().enumerate() {
            assert!(rects[..n].iter().all(|before| !before.intersect(*rect).is_positive()), "{n}: {rects:?}");
        }
        assert_eq!(rects, placed(), "the same each time");
        let mut notes = notes();
        let at_edge = [pos2(340.0, 150.0), pos2(395.0, 150.0)];
        let rect = notes.place(Around::Measured(Rect::from_two_pos(at_edge[0], at_edge[1]).expand(1.0), at_edge), size);
        assert!(rect.x + size.x <= 340.0, "left of it at the right edge: {rect:?}");
    }
}
