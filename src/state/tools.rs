//! Measuring on the images: the armed tool, what is drawn or dragged, what is selected, and the measurements of the item as the window
//! shows them.
//!
//! A measurement belongs to the item and goes into the review log like a decision. Where nothing can be saved (no reviewer, read-only
//! project) it is temporary: it lives as long as the project is open, and the window says so.

use super::{AppState, Command, Effect, LayoutCommand, Toast, ViewCommand, ViewLayout};
use crate::geometry::{Annotation, Cut, Histogram, Kind, Profile, Shape, hu_stats};
use crate::gpu::{Scene, SceneKey};
use crate::qa::ItemId;
use crate::review::{Action, NewEvent};
use crate::space::RasMm;
use crate::volume::{Volume, Window};
use std::sync::Arc;

/// A wish about measurements, or the answer of a job about HU.
#[derive(Debug)]
pub enum ToolCommand {
    /// Arms a tool for one measurement, or disarms it when it is the armed one.
    Arm(Kind),
    /// The first or a later point is being placed.
    Press {
        cut: Cut,
        at: RasMm,
        /// Tells presses apart: a frame may be run twice, and says the same twice.
        press: u64,
    },
    Move(RasMm),
    /// `dragged`: the pointer has moved since the press.
    Release {
        at: RasMm,
        dragged: bool,
    },
    /// Takes hold of a handle, or of the whole measurement.
    Grab {
        id: String,
        handle: Option<usize>,
        at: RasMm,
    },
    Deselect,
    /// Selects a measurement and brings it into view.
    GoTo(String),
    /// Takes one away; `None` is the selected one.
    Remove(Option<String>),
    ToggleShown,
    /// Marks a place on the selected profile, in mm from its first point.
    Mark(Option<f64>),
    NeedHistogram,
    Histogram {
        scene: SceneKey,
        histogram: Arc<Histogram>,
    },
    /// The window that suits the structure under the cursor, or the full range where there is none.
    AutoWindow,
    AutoWindowFound {
        scene: SceneKey,
        structure: String,
        window: Option<Window>,
    },
}

/// Whether a measurement is on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    Saved,
    Saving,
    /// The disk refused it.
    Failed,
    /// Nothing can be saved: it goes when the project is closed.
    Temporary,
}

/// A measurement of the current item.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    pub annotation: Annotation,
    /// Who drew it; empty for a temporary one.
    pub reviewer: String,
    /// Drawn by the reviewer of this session, who may change it.
    pub mine: bool,
    pub kept: Kept,
}

/// A measurement that is being drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawing {
    pub kind: Kind,
    pub cut: Cut,
    /// Placed so far, at least one.
    pub points: Vec<RasMm>,
    pub cursor: RasMm,
    /// With the cursor as its last point, once it has enough of them.
    pub live: Option<Annotation>,
    /// The button went down for a point after the first.
    pressed: bool,
}

/// A measurement that is held by the mouse.
#[derive(Clone, Debug, PartialEq)]
pub struct Drag {
    handle: Option<usize>,
    from: RasMm,
    original: Annotation,
    pub now: Annotation,
    /// Somebody else's: it can be selected, not moved.
    fixed: bool,
}

/// The HU along the profile that is selected or being drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct ProfileView {
    pub shape: Shape,
    scene: SceneKey,
    pub profile: Profile,
}

/// A measurement event on its way to the disk, or refused by it.
#[derive(Clone, Debug, PartialEq)]
pub struct Unsaved {
    pub event: NewEvent,
    pub failed: bool,
}

type Temporary = Vec<(ItemId, Annotation)>;

#[derive(Debug, Default)]
pub struct Tools {
    pub armed: Option<Kind>,
    pub drawing: Option<Drawing>,
    pub drag: Option<Drag>,
    /// Id of the selected measurement.
    pub selected: Option<String>,
    /// Measurements are not drawn over the images.
    pub hidden: bool,
    /// Those of the current item, kept in step by [`AppState::refresh_measurements`].
    pub shown: Vec<Shown>,
    pub profile: Option<ProfileView>,
    /// Place on the profile under the pointer, in mm from its first point.
    pub mark_mm: Option<f64>,
    /// Of the scene on screen; `None` inside while it is being counted.
    pub histogram: Option<(SceneKey, Option<Arc<Histogram>>)>,
    /// The button went down for a measurement and is not up yet; it stays its own when Esc cancels it.
    held: bool,
    last_press: Option<u64>,
    temporary: Temporary,
    past: Vec<Temporary>,
    future: Vec<Temporary>,
}

impl Drawing {
    fn follow(&mut self, at: RasMm, volume: Option<&Volume>) {
        self.cursor = self.cut.onto(self.points[0], at);
        let points: Vec<RasMm> = self.points.iter().copied().chain([self.cursor]).collect();
        let shape = Shape::new(self.kind, &points);
        self.live = shape.map(|shape| Annotation::new("", 0, self.cut, shape, volume.and_then(|v| hu_stats(v, &self.cut, &shape))));
    }
}

impl Tools {
    /// True while the mouse belongs to a measurement.
    pub fn busy(&self) -> bool {
        self.drawing.is_some() || self.drag.is_some() || self.held
    }

    /// The annotation as it is on screen now, a drag in progress included.
    pub fn current<'a>(&'a self, shown: &'a Shown) -> &'a Annotation {
        match &self.drag {
            Some(drag) if drag.now.id == shown.annotation.id => &drag.now,
            _ => &shown.annotation,
        }
    }

    fn find(&self, id: &str) -> Option<&Shown> {
        self.shown.iter().find(|s| s.annotation.id == id)
    }

    /// Stops what the mouse is doing. True when there was something to stop.
    pub fn cancel(&mut self) -> bool {
        let any = self.drawing.take().is_some() | self.drag.take().is_some() | self.armed.take().is_some();
        if any {
            self.profile = None;
        }
        any
    }

    pub fn deselect(&mut self) -> bool {
        (self.profile, self.mark_mm) = (None, None);
        self.selected.take().is_some()
    }

    /// What belongs to the item that is being left.
    pub fn leave_item(&mut self) {
        self.cancel();
        self.deselect();
    }

    fn change_temporary(&mut self, change: impl FnOnce(&mut Temporary)) {
        self.past.push(self.temporary.clone());
        self.future.clear();
        change(&mut self.temporary);
    }

    /// Undo or redo of temporary measurements. True when there was something to take back.
    pub fn step(&mut self, undo: bool) -> bool {
        let (from, to) = if undo { (&mut self.past, &mut self.future) } else { (&mut self.future, &mut self.past) };
        let Some(other) = from.pop() else { return false };
        to.push(std::mem::replace(&mut self.temporary, other));
        true
    }

    /// The profile that a plot should show now.
    fn profile_shape(&self) -> Option<Shape> {
        let drawn = self.drawing.as_ref().and_then(|d| d.live.as_ref());
        let held = self.drag.as_ref().map(|d| &d.now);
        let selected = self.selected.as_deref().and_then(|id| self.find(id)).map(|s| &s.annotation);
        drawn.or(held).or(selected).map(|a| a.shape).filter(|s| s.kind() == Kind::Profile)
    }
}

/// The last event that is not on disk and concerns the same annotation counts.
fn apply_unsaved(shown: &mut Vec<Shown>, unsaved: &Unsaved) {
    let kept = if unsaved.failed { Kept::Failed } else { Kept::Saving };
    match &unsaved.event.action {
        Action::AddAnnotation { annotation } => {
            let reviewer = unsaved.event.reviewer.name.clone();
            shown.push(Shown { annotation: (**annotation).clone(), reviewer, mine: true, kept });
        }
        Action::ChangeAnnotation { annotation } => {
            if let Some(s) = shown.iter_mut().find(|s| s.annotation.id == annotation.id) {
                (s.annotation, s.kept) = ((**annotation).clone(), kept);
            }
        }
        Action::RemoveAnnotation { id } if unsaved.failed => {
            shown.iter_mut().filter(|s| s.annotation.id == *id).for_each(|s| s.kept = Kept::Failed);
        }
        Action::RemoveAnnotation { id } => shown.retain(|s| s.annotation.id != *id),
        _ => {}
    }
}

impl AppState {
    pub(super) fn apply_tool(&mut self, command: ToolCommand) -> Vec<Effect> {
        let effects = match command {
            ToolCommand::Arm(kind) => self.arm(kind),
            ToolCommand::Press { cut, at, press } => self.press(cut, at, press),
            ToolCommand::Move(at) => self.moved(at),
            ToolCommand::Release { at, dragged } => self.release(at, dragged),
            ToolCommand::Grab { id, handle, at } => self.grab(&id, handle, at),
            ToolCommand::Deselect => {
                self.tools.deselect();
                Vec::new()
            }
            ToolCommand::GoTo(id) => self.go_to(id),
            ToolCommand::Remove(id) => self.remove(id),
            ToolCommand::ToggleShown => {
                self.tools.hidden = !self.tools.hidden;
                Vec::new()
            }
            ToolCommand::Mark(mm) => {
                self.tools.mark_mm = mm;
                Vec::new()
            }
            other => return self.apply_hu(other),
        };
        self.refresh_measurements();
        effects
    }

    fn apply_hu(&mut self, command: ToolCommand) -> Vec<Effect> {
        let Some(scene) = self.project.as_ref().and_then(|p| p.scene().cloned()) else { return Vec::new() };
        match command {
            ToolCommand::NeedHistogram => return self.need_histogram(scene),
            ToolCommand::Histogram { scene: of, histogram } if of == scene.key() => self.tools.histogram = Some((of, Some(histogram))),
            ToolCommand::AutoWindow => return self.auto_window(scene),
            ToolCommand::AutoWindowFound { scene: of, structure, window } if of == scene.key() => {
                if let Some(window) = window {
                    self.apply_view(ViewCommand::Window(window));
                    let values = format!("W {:.0} L {:.0}", window.width, window.level).replace('-', "−");
                    self.toasts.push(Toast::note(format!("Window from {structure}: {values}.")));
                } else {
                    self.toasts.push(Toast::warning(format!("{structure} has no voxel with a HU in this volume.")));
                }
            }
            _ => {}
        }
        Vec::new()
    }

    fn need_histogram(&mut self, scene: Arc<Scene>) -> Vec<Effect> {
        let known = self.tools.histogram.as_ref().is_some_and(|(of, _)| *of == scene.key());
        if known || scene.volume().is_none() {
            return Vec::new();
        }
        self.tools.histogram = Some((scene.key(), None));
        vec![Effect::Histogram(scene)]
    }

    /// Where structures overlap, the smallest counts: the lesion, not the organ around it.
    fn auto_window(&mut self, scene: Arc<Scene>) -> Vec<Effect> {
        let Some(volume) = scene.volume() else { return Vec::new() };
        let at = self.viewer.hover.map_or(self.viewer.cross, |(_, at)| at);
        let here = scene.labels().map_or_else(Vec::new, |l| l.each_at(at).map(|i| (l.table[i].voxels, i)).collect());
        match here.into_iter().min() {
            Some((_, index)) => vec![Effect::AutoWindow { scene, index }],
            None => {
                self.apply_view(ViewCommand::Window(Window::full(volume.range)));
                self.toasts.push(Toast::note("No structure under the cursor: the full range of the data."));
                Vec::new()
            }
        }
    }

    fn volume(&self) -> Option<Arc<Volume>> {
        self.project.as_ref()?.scene()?.volume().cloned()
    }

    fn arm(&mut self, kind: Kind) -> Vec<Effect> {
        let again = self.tools.armed == Some(kind);
        self.tools.cancel();
        self.viewer.cancel_window_drag();
        if !again && self.project.as_ref().is_some_and(|p| p.scene().is_some()) {
            self.tools.armed = Some(kind);
            self.tools.hidden = false;
            self.tools.deselect();
        }
        Vec::new()
    }

    fn press(&mut self, cut: Cut, at: RasMm, press: u64) -> Vec<Effect> {
        if self.tools.last_press.replace(press) == Some(press) {
            return Vec::new();
        }
        self.tools.held = true;
        if self.tools.drawing.is_none()
            && let Some(kind) = self.tools.armed
        {
            self.tools.drawing = Some(Drawing { kind, cut, points: vec![at], cursor: at, live: None, pressed: false });
            return Vec::new();
        }
        let effects = self.moved(at);
        if let Some(drawing) = &mut self.tools.drawing {
            drawing.pressed = true;
        }
        effects
    }

    fn moved(&mut self, at: RasMm) -> Vec<Effect> {
        let volume = self.volume();
        if let Some(drawing) = &mut self.tools.drawing {
            drawing.follow(at, volume.as_deref());
        } else if let Some(drag) = self.tools.drag.as_mut().filter(|d| !d.fixed) {
            let a = &drag.original;
            let by = a.plane.onto(drag.from, at).0 - drag.from.0;
            let shape = match drag.handle {
                Some(n) => a.with_handle(n, at),
                None => a.shape.map(|_, p| RasMm(p.0 + by)),
            };
            let shape = shape.rounded();
            let hu = volume.and_then(|v| hu_stats(&v, &a.plane, &shape));
            drag.now = Annotation { shape, hu, ..a.clone() };
        }
        Vec::new()
    }

    fn release(&mut self, at: RasMm, dragged: bool) -> Vec<Effect> {
        self.tools.held = false;
        if let Some(drag) = self.tools.drag.take() {
            return self.end_drag(drag);
        }
        self.moved(at);
        let Some(drawing) = &mut self.tools.drawing else { return Vec::new() };
        // The press of a first click has placed its point already.
        if !dragged && !drawing.pressed {
            return Vec::new();
        }
        drawing.points.push(drawing.cursor);
        drawing.pressed = false;
        match Shape::new(drawing.kind, &drawing.points) {
            Some(shape) => {
                let cut = drawing.cut;
                self.tools.drawing = None;
                self.finish(cut, shape)
            }
            None => Vec::new(),
        }
    }

    /// What was drawn becomes a measurement of the item, and the left button belongs to the crosshair again.
    fn finish(&mut self, cut: Cut, shape: Shape) -> Vec<Effect> {
        let Some(p) = &self.project else { return Vec::new() };
        let Some(id) = p.current_row().map(|row| row.id.clone()) else { return Vec::new() };
        let shape = shape.rounded(); // HU are those of the shape that is kept
        let nth = p.review.events_on(&id) + p.unsaved.len() + self.tools.past.len();
        let hu = self.volume().and_then(|v| hu_stats(&v, &cut, &shape));
        let annotation = Annotation::new(&id.to_string(), nth, cut, shape, hu);
        if let Some(why) = annotation.problem() {
            self.toasts.push(Toast::warning(format!("Not measured: {why}.")));
            return Vec::new();
        }
        self.tools.armed = None;
        self.tools.selected = Some(annotation.id.clone());
        self.keep(Action::AddAnnotation { annotation: Box::new(annotation) })
    }

    fn grab(&mut self, id: &str, handle: Option<usize>, at: RasMm) -> Vec<Effect> {
        let Some(shown) = self.tools.find(id).cloned() else { return Vec::new() };
        self.tools.deselect();
        self.tools.selected = Some(id.to_owned());
        self.tools.held = true;
        let a = shown.annotation;
        self.tools.drag = Some(Drag { handle, from: at, now: a.clone(), original: a, fixed: !shown.mine });
        Vec::new()
    }

    fn end_drag(&mut self, drag: Drag) -> Vec<Effect> {
        if drag.now.shape == drag.original.shape {
            return Vec::new();
        }
        match drag.now.problem() {
            Some(why) => {
                self.toasts.push(Toast::warning(format!("Not changed: {why}.")));
                Vec::new()
            }
            None => self.keep(Action::ChangeAnnotation { annotation: Box::new(drag.now) }),
        }
    }

    fn remove(&mut self, id: Option<String>) -> Vec<Effect> {
        let Some(id) = id.or_else(|| self.tools.selected.clone()) else {
            self.toasts.push(Toast::note("Select a measurement first: click it in an image or in the list."));
            return Vec::new();
        };
        let Some(shown) = self.tools.find(&id) else { return Vec::new() };
        if !shown.mine {
            self.toasts.push(Toast::warning(format!("This measurement is {}’s; only they can take it away.", shown.reviewer)));
            return Vec::new();
        }
        if self.tools.selected.as_ref() == Some(&id) {
            self.tools.leave_item();
        }
        self.keep(Action::RemoveAnnotation { id })
    }

    fn go_to(&mut self, id: String) -> Vec<Effect> {
        let Some(shown) = self.tools.find(&id) else { return Vec::new() };
        let (centre, plane) = (shown.annotation.shape.centre(), shown.annotation.plane);
        self.tools.cancel();
        self.tools.deselect();
        self.tools.hidden = false;
        self.tools.selected = Some(id);
        self.viewer.go_to(centre);
        let v = &self.viewer;
        // Where not every plane is in sight, the one that it lies in comes to the front.
        let one =
            v.maximised.is_some() || v.compare.is_some() || matches!(v.arrangement.layout, ViewLayout::Single | ViewLayout::SideBySide);
        match plane {
            Cut::Standard(plane) if one => self.apply(Command::Layout(LayoutCommand::Plane(plane))),
            _ => Vec::new(),
        }
    }

    /// Why measurements cannot be saved now, in words.
    pub fn temporary_because(&self) -> Option<&'static str> {
        let p = self.project.as_ref()?;
        if p.read_only {
            Some("This project is read-only: measurements are temporary and go when it is closed.")
        } else if self.reviewer.is_none() {
            Some("No reviewer is chosen: measurements are temporary and go when the project is closed.")
        } else if p.current.as_ref().is_some_and(|c| c.item.is_none()) {
            Some("The item was still being read: this measurement is temporary. Draw it again to keep it.")
        } else {
            None
        }
    }

    /// Sends a measurement event to the disk, or keeps it in memory where nothing can be saved.
    fn keep(&mut self, action: Action) -> Vec<Effect> {
        let Some(p) = &mut self.project else { return Vec::new() };
        let Some(item) = p.current_row().map(|row| row.id.clone()) else { return Vec::new() };
        let id = action.annotation_id().unwrap_or_default().to_owned();
        let is_temporary = self.tools.temporary.iter().any(|(_, a)| a.id == id);
        let why = self.temporary_because().filter(|_| matches!(action, Action::AddAnnotation { .. }));
        if let Some(why) = why {
            self.toasts.push(Toast::warning(why));
        }
        if why.is_none() && !is_temporary {
            return if self.drop_refused(&item, &action) { Vec::new() } else { self.send(action) };
        }
        self.tools.change_temporary(|all| match action {
            Action::AddAnnotation { annotation } => all.push((item, *annotation)),
            Action::ChangeAnnotation { annotation } => {
                all.iter_mut().filter(|(_, a)| a.id == id).for_each(|(_, a)| a.clone_from(&annotation));
            }
            _ => all.retain(|(_, a)| a.id != id),
        });
        Vec::new()
    }

    /// Taking away a measurement that never reached the disk only forgets it.
    fn drop_refused(&mut self, item: &ItemId, action: &Action) -> bool {
        let (Action::RemoveAnnotation { id }, Some(p)) = (action, &mut self.project) else { return false };
        let own = |u: &Unsaved| u.event.item == *item && u.event.action.annotation_id() == Some(id);
        let refused = p.unsaved.iter().any(|u| own(u) && u.failed && matches!(u.event.action, Action::AddAnnotation { .. }));
        if refused {
            p.unsaved.retain(|u| !own(u));
        }
        refused
    }

    /// Builds the list of the current item's measurements again, and the profile that goes with the selection.
    pub(super) fn refresh_measurements(&mut self) {
        let me = self.me();
        let mut shown = Vec::new();
        if let Some(p) = &self.project
            && let Some(id) = p.current_row().map(|row| &row.id)
        {
            let of_reader = p.review.item(id).into_iter().flat_map(|r| &r.annotations);
            for (who, e) in of_reader.flat_map(|(who, all)| all.iter().map(move |e| (who, e))) {
                let (reviewer, mine) = (e.reviewer.name.clone(), me.as_ref() == Some(who) && !p.read_only);
                shown.push(Shown { annotation: e.annotation.clone(), reviewer, mine, kept: Kept::Saved });
            }
            p.unsaved.iter().filter(|u| u.event.item == *id).for_each(|u| apply_unsaved(&mut shown, u));
            let temporary = self.tools.temporary.iter().filter(|(item, _)| item == id).map(|(_, a)| a.clone());
            shown.extend(temporary.map(|annotation| Shown { annotation, reviewer: String::new(), mine: true, kept: Kept::Temporary }));
        }
        self.tools.shown = shown;
        let gone = self.tools.selected.as_deref().is_some_and(|id| self.tools.find(id).is_none());
        if gone {
            self.tools.deselect();
        }
        self.follow_profile();
    }

    fn follow_profile(&mut self) {
        let scene = self.project.as_ref().and_then(|p| p.scene());
        let (Some(shape), Some(scene)) = (self.tools.profile_shape(), scene) else {
            self.tools.profile = None;
            return;
        };
        let current = self.tools.profile.as_ref().is_some_and(|v| v.shape == shape && v.scene == scene.key());
        if let (false, Some(volume)) = (current, scene.volume()) {
            let (a, b) = shape.ends();
            self.tools.profile = Some(ProfileView { shape, scene: scene.key(), profile: Profile::new(volume, a, b) });
        }
    }
}
