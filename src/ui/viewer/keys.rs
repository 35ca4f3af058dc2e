//! What the keys of the views do: layouts, scale, moving by key, cine, comparison.

use super::layout::list_beside;
use super::shots;
use crate::state::{CineCommand, Command, CompareCommand, Dialog, LayoutCommand, PaneKind, Turn, View3dCommand, ViewCommand};
use crate::ui::{Cx, KeyAction, structures};

/// One step of zooming by key.
const ZOOM: f64 = 1.25;

/// The command of a key that is about the views, if it is one.
pub fn key_command(cx: &Cx<'_>, action: KeyAction) -> Option<Command> {
    layout_command(action).map(Command::Layout).or_else(|| scale_command(cx, action).map(Command::View)).or_else(|| other(cx, action))
}

fn layout_command(action: KeyAction) -> Option<LayoutCommand> {
    Some(match action {
        KeyAction::Layout(layout) => LayoutCommand::Set(layout),
        KeyAction::NextLayout => LayoutCommand::Next,
        KeyAction::NextPlane => LayoutCommand::NextPlane,
        _ => return None,
    })
}

/// Without a view under the cursor, 1:1 and fit are for all of them.
fn scale_command(cx: &Cx<'_>, action: KeyAction) -> Option<ViewCommand> {
    let v = &cx.state.viewer;
    let (plane, pointed) = (v.active_plane(), v.hover.map(|(plane, _)| plane));
    let anchor = v.hover.map_or(v.cross, |(_, at)| at);
    Some(match action {
        KeyAction::Invert => ViewCommand::ToggleInvert,
        KeyAction::Slab => ViewCommand::ToggleSlab,
        KeyAction::Turn(degrees) => ViewCommand::Turn { plane, degrees: f64::from(degrees) },
        KeyAction::Maximise => ViewCommand::Maximise(v.active_pane()),
        KeyAction::OneToOne => ViewCommand::OneToOne(pointed.or(v.maximised.and_then(PaneKind::plane))),
        KeyAction::Fit => ViewCommand::Fit(pointed.or(v.maximised.and_then(PaneKind::plane))),
        KeyAction::ZoomIn => ViewCommand::Zoom { plane, factor: ZOOM, anchor },
        KeyAction::ZoomOut => ViewCommand::Zoom { plane, factor: 1.0 / ZOOM, anchor },
        KeyAction::Pan(x, y) => {
            let step = v.pan_step(plane); // the image goes where the arrow points, so the view goes the other way
            ViewCommand::Pan { plane, by_mm: (-step * f64::from(x), -step * f64::from(y)) }
        }
        KeyAction::MoveCross(x, y) => ViewCommand::Cross(v.cross_moved(plane, cx.state.settings.convention, (f64::from(x), f64::from(y)))),
        _ => return None,
    })
}

fn other(cx: &Cx<'_>, action: KeyAction) -> Option<Command> {
    let v = &cx.state.viewer;
    Some(match action {
        KeyAction::Cine => Command::Cine(CineCommand::Toggle),
        KeyAction::CineTurn => Command::Cine(CineCommand::Turn(other_turn(v.cine.turn))),
        KeyAction::CineFaster => Command::Cine(CineCommand::Faster(1.25)),
        KeyAction::CineSlower => Command::Cine(CineCommand::Faster(0.8)),
        KeyAction::Compare if v.compare.is_some() => Command::Compare(CompareCommand::Leave),
        KeyAction::Compare => Command::Open(Dialog::Compare { query: String::new() }),
        KeyAction::Cut3d => Command::View3d(View3dCommand::ToggleCut),
        KeyAction::CtIn3d => Command::View3d(View3dCommand::NextCt),
        KeyAction::CompareLink => Command::Compare(CompareCommand::ToggleLink),
        _ => return None,
    })
}

pub(super) fn other_turn(turn: Turn) -> Turn {
    match turn {
        Turn::Back => Turn::Wrap,
        Turn::Wrap => Turn::Back,
    }
}

/// Opens the structure list where it is closed and puts the cursor into its search.
pub fn find_structure(ui: &egui::Ui, cx: &Cx<'_>) {
    let v = &cx.state.viewer;
    if !v.arrangement.list && (list_beside(v) || shots::without_list(ui.ctx())) {
        cx.send(Command::Layout(LayoutCommand::List(true)));
    }
    structures::focus_search(ui.ctx());
}
