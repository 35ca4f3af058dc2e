//! Where the views stand in the image area.

use crate::space::Plane;
use crate::state::{PaneKind, ViewLayout, Viewer};
use egui::{Rect, Vec2, pos2};

/// A narrower image area shows one plane above the structures, or two views above each other.
pub(super) const NARROW_AREA: f32 = 480.0;
/// Space between views.
const GAP: f32 = 2.0;
/// A lower pane shows the list alone.
const LOW_PANE: f32 = 260.0;
/// In a lower area that is narrow as well the list is folded until it is asked for.
const LOW_AREA: f32 = 360.0;
/// Height of the list below the 3D view where there is room.
const LIST_HEIGHT: f32 = 260.0;
/// Height of the image above the structures in a narrow area, as a share.
const NARROW_SHARE: f32 = 0.62;

/// What stands where; at most four panes, the list below one of them and the list beside them.
pub(super) type Places = [Option<(PaneKind, Rect)>; 6];

/// The list stands beside the views in this layout, if it is wanted; otherwise it has a pane of its own.
pub(super) fn list_beside(v: &Viewer) -> bool {
    v.maximised.is_some() || v.compare.is_some() || matches!(v.arrangement.layout, ViewLayout::Single | ViewLayout::SideBySide)
}

/// The list has no place until it is asked for, so that a small area shows the image.
pub(super) fn list_folds(area: Vec2) -> bool {
    area.x < NARROW_AREA && area.y < LOW_AREA
}

/// Divides the image area. Tiny areas give empty rectangles, never negative ones.
pub(super) fn places(area: Rect, v: &Viewer) -> Places {
    let two = v.compare.is_some() || v.arrangement.layout == ViewLayout::SideBySide;
    if area.width() < NARROW_AREA {
        return narrow(area, v, two);
    }
    let (views, list) = beside(area, v);
    let mut places: Places = [None; 6];
    places[5] = list.map(|rect| (PaneKind::Structures, rect));
    let plane = v.arrangement.plane;
    let panes: [Option<(PaneKind, Rect)>; 5] = match (v.maximised, two, v.arrangement.layout) {
        (Some(kind), ..) => [Some((kind, views)), None, None, None, None],
        (None, true, _) => {
            let [left, right] = halves(views);
            [Some((PaneKind::Slice(plane), left)), Some((PaneKind::Second(plane), right)), None, None, None]
        }
        (None, false, ViewLayout::Single | ViewLayout::SideBySide) => [Some((PaneKind::Slice(plane), views)), None, None, None, None],
        (None, false, ViewLayout::OneAndThree) => one_and_three(views, plane),
        (None, false, ViewLayout::Quarters) => quarters(views),
    };
    places[..5].copy_from_slice(&panes);
    places
}

/// The three planes leave no room for the 3D view that stands beside them in a higher area.
pub(super) fn without_3d(places: &Places, v: &Viewer) -> bool {
    let has = |kind: PaneKind| places.iter().flatten().any(|place| place.0 == kind);
    let all = Plane::ALL.into_iter().all(|plane| has(PaneKind::Slice(plane)));
    v.arrangement.layout == ViewLayout::Quarters && all && !has(PaneKind::Volume)
}

fn narrow(area: Rect, v: &Viewer, two: bool) -> Places {
    let first = v.maximised.unwrap_or(PaneKind::Slice(v.arrangement.plane));
    let two = two && v.maximised.is_none();
    let second = PaneKind::Second(v.arrangement.plane);
    if two && !v.arrangement.list {
        let (above, below) = split_down(area, 0.5);
        return [Some((first, above)), Some((second, below)), None, None, None, None];
    }
    let low = list_folds(area.size());
    if low && !v.arrangement.list {
        return [Some((first, area)), None, None, None, None, None];
    }
    let (above, below) = split_down(area, if low { 0.5 } else { NARROW_SHARE });
    let list = Some((PaneKind::Structures, below));
    if !two {
        return [Some((first, above)), list, None, None, None, None];
    }
    let [left, right] = halves(above);
    [Some((first, left)), Some((second, right)), list, None, None, None]
}

/// The views, and the list at their right where it stands beside them.
fn beside(area: Rect, v: &Viewer) -> (Rect, Option<Rect>) {
    if !(list_beside(v) && v.arrangement.list) {
        return (area, None);
    }
    let width = (area.width() * 0.28).clamp(180.0, 260.0);
    let (views, list) = split_across(area, 1.0 - width / area.width());
    (views, Some(list))
}

/// The strips right of and below views that part them from the next.
pub(super) fn gaps(places: &Places, area: Rect) -> impl Iterator<Item = Rect> {
    let beside = |r: Rect| Rect::from_min_max(pos2(r.right(), r.top()), pos2(r.right() + GAP, r.bottom() + GAP));
    let below = |r: Rect| Rect::from_min_max(pos2(r.left(), r.bottom()), pos2(r.right(), r.bottom() + GAP));
    let rects = places.iter().flatten().map(|(_, rect)| *rect);
    rects.flat_map(move |r| [beside(r), below(r)]).map(move |r| r.intersect(area)).filter(Rect::is_positive)
}

fn halves(area: Rect) -> [Rect; 2] {
    let (left, right) = split_across(area, 0.5);
    [left, right]
}

fn split_across(area: Rect, share: f32) -> (Rect, Rect) {
    let x = area.left() + area.width() * share;
    let left = Rect::from_min_max(area.min, pos2((x - GAP / 2.0).max(area.left()), area.bottom()));
    let right = Rect::from_min_max(pos2((x + GAP / 2.0).min(area.right()), area.top()), area.max);
    (left, right)
}

fn split_down(area: Rect, share: f32) -> (Rect, Rect) {
    let y = area.top() + area.height() * share;
    let above = Rect::from_min_max(area.min, pos2(area.right(), (y - GAP / 2.0).max(area.top())));
    let below = Rect::from_min_max(pos2(area.left(), (y + GAP / 2.0).min(area.bottom())), area.max);
    (above, below)
}

/// Axial, sagittal, coronal and the fourth pane.
fn quarters(area: Rect) -> [Option<(PaneKind, Rect)>; 5] {
    let (above, below) = split_down(area, 0.5);
    let ([axial, sagittal], [coronal, fourth]) = (halves(above), halves(below));
    let [volume, list] = fourth_pane(fourth);
    [
        Some((PaneKind::Slice(Plane::Axial), axial)),
        Some((PaneKind::Slice(Plane::Sagittal), sagittal)),
        Some((PaneKind::Slice(Plane::Coronal), coronal)),
        volume,
        list,
    ]
}

/// The large plane at the left, the two others and the fourth pane at its right.
fn one_and_three(area: Rect, large: Plane) -> [Option<(PaneKind, Rect)>; 5] {
    let (left, right) = split_across(area, 2.0 / 3.0);
    let (first, rest) = split_down(right, 1.0 / 3.0);
    let (second, third) = split_down(rest, 0.5);
    let [volume, list] = fourth_pane(third);
    let mut others = Plane::ALL.into_iter().filter(|p| *p != large).map(PaneKind::Slice);
    [Some((PaneKind::Slice(large), left)), others.next().map(|kind| (kind, first)), others.next().map(|kind| (kind, second)), volume, list]
}

/// What stands where no plane does: the case in 3D above the list; the list alone where there is no room for both.
fn fourth_pane(area: Rect) -> [Option<(PaneKind, Rect)>; 2] {
    if area.height() < LOW_PANE {
        return [Some((PaneKind::Structures, area)), None];
    }
    let (above, below) = split_down(area, 1.0 - (LIST_HEIGHT / area.height()).clamp(0.35, 0.52));
    [Some((PaneKind::Volume, above)), Some((PaneKind::Structures, below))]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::Arrangement;
    use egui::vec2;

    fn viewer(layout: ViewLayout, list: bool) -> Viewer {
        let arrangement = Arrangement { layout, list, plane: Plane::Coronal, ..Arrangement::default() };
        let mut v = Viewer::default();
        v.arrangement = arrangement;
        v
    }

    fn kinds(v: &Viewer, width: f32) -> Vec<PaneKind> {
        let area = Rect::from_min_size(pos2(10.0, 20.0), vec2(width, 640.0));
        places(area, v).into_iter().flatten().map(|(kind, _)| kind).collect()
    }

    #[test]
    fn each_layout_shows_its_panes() {
        use PaneKind::{Second, Slice, Structures, Volume};
        let (ax, cor, sag) = (Plane::Axial, Plane::Coronal, Plane::Sagittal);
        let planes = [Slice(ax), Slice(sag), Slice(cor), Volume, Structures];
        assert_eq!(kinds(&viewer(ViewLayout::Quarters, true), 900.0), planes);
        assert_eq!(kinds(&viewer(ViewLayout::OneAndThree, true), 900.0), [Slice(cor), Slice(ax), Slice(sag), Structures], "no room for 3D");
        assert_eq!(kinds(&viewer(ViewLayout::Single, false), 900.0), [Slice(cor)]);
        assert_eq!(kinds(&viewer(ViewLayout::Single, true), 900.0), [Slice(cor), Structures]);
        assert_eq!(kinds(&viewer(ViewLayout::SideBySide, true), 900.0), [Slice(cor), Second(cor), Structures]);
        assert_eq!(kinds(&viewer(ViewLayout::SideBySide, true), 400.0), [Slice(cor), Second(cor), Structures]);
        assert_eq!(kinds(&viewer(ViewLayout::SideBySide, false), 400.0), [Slice(cor), Second(cor)]);
        assert_eq!(kinds(&viewer(ViewLayout::Quarters, true), 400.0), [Slice(cor), Structures]);
        let small = |list| {
            let area = Rect::from_min_size(pos2(0.0, 0.0), vec2(320.0, 266.0));
            places(area, &viewer(ViewLayout::Quarters, list)).into_iter().flatten().map(|(kind, _)| kind).collect::<Vec<_>>()
        };
        assert_eq!((small(false), small(true)), (vec![Slice(cor)], vec![Slice(cor), Structures]), "folded until it is asked for");
        let mut v = viewer(ViewLayout::Quarters, false);
        v.maximised = Some(Slice(sag));
        assert_eq!(kinds(&v, 900.0), [Slice(sag)]);
    }

    #[test]
    fn a_low_area_says_that_3d_has_no_room() {
        let without = |layout, height: f32| {
            let v = viewer(layout, true);
            without_3d(&places(Rect::from_min_size(pos2(0.0, 0.0), vec2(900.0, height)), &v), &v)
        };
        assert!(without(ViewLayout::Quarters, 420.0) && !without(ViewLayout::Quarters, 640.0));
        assert!(!without(ViewLayout::Single, 420.0) && !without(ViewLayout::OneAndThree, 420.0));
    }

    #[test]
    fn panes_lie_in_the_area_and_do_not_overlap_however_small_it_is() {
        for size in [vec2(0.0, 0.0), vec2(1.0, 1.0), vec2(481.0, 1.0), vec2(3000.0, 2.5), vec2(640.0, 600.0), vec2(100.0, 4000.0)] {
            let area = Rect::from_min_size(pos2(-3.0, 7.0), size);
            for layout in ViewLayout::ALL {
                let all: Vec<Rect> = places(area, &viewer(layout, true)).into_iter().flatten().map(|(_, r)| r).collect();
                for (n, r) in all.iter().enumerate() {
                    assert!(!r.is_negative() && area.contains_rect(*r), "{layout:?} {size:?}: {r:?} in {area:?}");
                    assert!(all[..n].iter().all(|other| !other.intersect(*r).is_positive()), "{layout:?} {size:?}");
                }
            }
        }
    }
}
