//! Which part of a chart fills its frame: the arithmetic of enlarging and moving, on the paper of its drawing.
//!
//! The frame is as large as the paper, so that a chart that is not enlarged is shown point for point. What is shown never leaves the paper.

use egui::{Pos2, Rect, Vec2, pos2};

/// Enlarged more, there would be nothing but one mark.
const MOST: f32 = 16.0;

/// How far a chart is enlarged, and the place of its paper that is at the top left of its frame, in points of the paper.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sight {
    zoom: f32,
    corner: Vec2,
}

impl Sight {
    pub const WHOLE: Self = Self { zoom: 1.0, corner: Vec2::ZERO };

    pub fn is_whole(self) -> bool {
        self == Self::WHOLE
    }

    /// The shown part of a paper of this size.
    pub fn part(self, paper: Vec2) -> Rect {
        Rect::from_min_size(self.corner.to_pos2(), paper / self.zoom)
    }

    /// Enlarged by a factor about a place in the frame, whose mark stays where it is as far as the paper reaches.
    pub fn zoomed(self, factor: f32, about: Vec2, paper: Vec2) -> Self {
        let zoom = (self.zoom * factor).clamp(1.0, MOST);
        Self { zoom, corner: self.corner + about / self.zoom - about / zoom }.on(paper)
    }

    /// With its marks moved by so much in the frame.
    pub fn moved(self, by: Vec2, paper: Vec2) -> Self {
        Self { corner: self.corner - by / self.zoom, ..self }.on(paper)
    }

    fn on(self, paper: Vec2) -> Self {
        let most = paper * (1.0 - 1.0 / self.zoom);
        Self { corner: self.corner.clamp(Vec2::ZERO, most.max(Vec2::ZERO)), ..self }
    }
}

/// Where a paper lies on screen.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Of the top left corner of the paper.
    pub origin: Pos2,
    pub scale: f32,
}

impl Place {
    pub fn of(self, [x, y]: [f32; 2]) -> Pos2 {
        pos2(self.origin.x + x * self.scale, self.origin.y + y * self.scale)
    }

    /// Left, top, width, height.
    pub fn rect(self, [x, y, w, h]: [f32; 4]) -> Rect {
        Rect::from_min_size(self.of([x, y]), Vec2::new(w, h) * self.scale)
    }

    /// Left, top, right and bottom on the paper of what is on screen.
    pub fn on_paper(self, screen: Rect) -> [f32; 4] {
        let (min, max) = ((screen.min - self.origin) / self.scale, (screen.max - self.origin) / self.scale);
        [min.x, min.y, max.x, max.y]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::vec2;

    const PAPER: Vec2 = vec2(800.0, 400.0);

    /// The place of the paper that is at a place of the frame.
    fn at(sight: Sight, frame: Vec2) -> Vec2 {
        sight.part(PAPER).min.to_vec2() + frame / sight.zoom
    }

    #[test]
    fn what_is_under_the_cursor_stays_there() {
        let cursor = vec2(300.0, 120.0);
        let near = Sight::WHOLE.zoomed(2.0, cursor, PAPER);
        assert_eq!(near.part(PAPER), Rect::from_min_size(pos2(150.0, 60.0), vec2(400.0, 200.0)));
        let nearer = near.zoomed(3.0, cursor, PAPER);
        assert!((at(nearer, cursor) - cursor).length() < 1e-3);
        assert_eq!(nearer.zoomed(100.0, cursor, PAPER).part(PAPER).width(), 800.0 / MOST);
    }

    #[test]
    fn the_paper_is_never_left_and_going_back_ends_at_the_whole() {
        assert!(Sight::WHOLE.moved(vec2(50.0, -70.0), PAPER).is_whole(), "what is whole does not move");
        assert!(Sight::WHOLE.zoomed(0.2, vec2(1.0, 1.0), PAPER).is_whole());
        let near = Sight::WHOLE.zoomed(4.0, vec2(400.0, 200.0), PAPER);
        for by in [vec2(1e6, 1e6), vec2(-1e6, 1e6), vec2(10.0, -1e6)] {
            let part = near.moved(by, PAPER).part(PAPER);
            assert!(Rect::from_min_size(Pos2::ZERO, PAPER).expand(1e-3).contains_rect(part), "{part:?}");
        }
        let moved = near.moved(vec2(40.0, 0.0), PAPER);
        assert_eq!(at(moved, vec2(140.0, 9.0)), at(near, vec2(100.0, 9.0)), "marks follow the pointer");
        assert!(moved.zoomed(0.25, vec2(799.0, 3.0), PAPER).is_whole());
    }

    #[test]
    fn places_on_screen_and_on_paper_are_inverse() {
        let place = Place { origin: pos2(-20.0, 8.0), scale: 2.5 };
        let rect = place.rect([10.0, 20.0, 30.0, 4.0]);
        assert_eq!(place.on_paper(rect), [10.0, 20.0, 40.0, 24.0]);
    }
}
