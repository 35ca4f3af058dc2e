//! Where the views stand in the image area.

use egui::{Rect, pos2};

/// A narrower image area shows one plane above the structures instead of three planes.
pub(super) const NARROW_AREA: f32 = 480.0;
/// Space between views.
const GAP: f32 = 2.0;

pub(super) fn quarters(area: Rect) -> [Rect; 4] {
    let c = area.center();
    let half = GAP / 2.0;
    [
        Rect::from_min_max(area.min, pos2(c.x - half, c.y - half)),
        Rect::from_min_max(pos2(c.x + half, area.top()), pos2(area.right(), c.y - half)),
        Rect::from_min_max(pos2(area.left(), c.y + half), pos2(c.x - half, area.bottom())),
        Rect::from_min_max(pos2(c.x + half, c.y + half), area.max),
    ]
}
