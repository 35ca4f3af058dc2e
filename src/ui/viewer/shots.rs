//! Which view a picture is taken of, and how large it is.

use super::layout::Places;
use super::pane::View;
use crate::gpu::canvas::Overdraw;
use crate::state::{Command, PaneKind, ShotCommand, ShotTo};
use crate::ui::{Cx, KeyAction, install_fonts};
use egui::{Context, Id, Pos2, Rect, Vec2};

fn id() -> Id {
    Id::unique("views on screen")
}

/// Remembers where the views of this frame are.
pub(super) fn remember(context: &Context, places: Places) {
    context.data_mut(|d| *d.get_temp_mut_or_default::<Places>(id()) = places);
}

/// The structure list has no place among the views on screen.
pub(super) fn without_list(context: &Context) -> bool {
    let places = context.data(|d| d.get_temp::<Places>(id())).unwrap_or_default();
    let shown: Vec<PaneKind> = places.iter().flatten().map(|(kind, _)| *kind).collect();
    !shown.is_empty() && !shown.contains(&PaneKind::Structures)
}

/// The command of a key or menu entry that takes a picture, if it is one.
pub fn shot_command(context: &Context, cx: &Cx<'_>, action: KeyAction) -> Option<Command> {
    let command = match action {
        KeyAction::SaveView => view(context, cx, ShotTo::File),
        KeyAction::CopyView => view(context, cx, ShotTo::Clipboard),
        KeyAction::SaveWindow => ShotCommand::Window(ShotTo::File),
        KeyAction::CopyWindow => ShotCommand::Window(ShotTo::Clipboard),
        _ => return None,
    };
    Some(Command::Shot(command))
}

/// Of the view under the pointer, else of the one that keys mean, else of the first on screen.
fn view(context: &Context, cx: &Cx<'_>, to: ShotTo) -> ShotCommand {
    let places = context.data(|d| d.get_temp::<Places>(id())).unwrap_or_default();
    let scale = context.pixels_per_point();
    let on_screen = || places.iter().flatten().filter(|(kind, _)| *kind != PaneKind::Structures);
    // A menu over a view is not the view.
    let free = |at: &egui::Pos2| context.layer_id_at(*at).is_none_or(|layer| layer.order == egui::Order::Background);
    let pointer = context.pointer_latest_pos().filter(free);
    let pointed = pointer.and_then(|at| on_screen().find(|(_, rect)| rect.contains(at)));
    let active = cx.state.viewer.active_pane();
    let found = pointed.or_else(|| on_screen().find(|(kind, _)| *kind == active)).or_else(|| on_screen().next());
    let size = found.map_or(egui::Vec2::ZERO, |(_, rect)| rect.size() * scale);
    let size_px = [size.x, size.y].map(|n| n.round().max(1.0) as u32);
    let pane = found.map_or(PaneKind::Structures, |(kind, _)| *kind);
    ShotCommand::View { pane, size_px, to, over: drawings(cx, pane, size_px, scale) }
}

/// What is drawn over a view and belongs into its picture: measurements, evidence, letters of the 3D view; not the crosshair.
fn drawings(cx: &Cx<'_>, pane: PaneKind, size_px: [u32; 2], scale: f32) -> Option<Overdraw> {
    let rect = Rect::from_min_size(Pos2::ZERO, Vec2::from(size_px.map(|n| n as f32)) / scale);
    match pane {
        PaneKind::Slice(plane) | PaneKind::Second(plane) => {
            let view = View::of(cx, pane, plane, rect, scale);
            Overdraw::new(size_px, scale, install_fonts, |painter| {
                let mut notes = view.notes(cx, painter);
                view.paint_evidence(cx, painter, &mut notes);
                view.paint_kept_measurements(cx, painter, &mut notes);
                notes.done(painter.ctx());
            })
        }
        PaneKind::Volume => {
            let eye = cx.state.viewer.ray_request(size_px, false)?.eye;
            Overdraw::new(size_px, scale, install_fonts, |painter| {
                super::pane3d::letters(cx, painter, rect, eye);
                super::evidence::paint_3d(cx, painter, rect, eye, scale);
            })
        }
        PaneKind::Structures => None,
    }
}
