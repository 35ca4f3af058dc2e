//! What each action does: the command it sends, or what it does to the window.

use super::KeyAction;
use crate::review::Judgement;
use crate::state::{
    AnswersCommand, CaseView, Command, Dialog, GeometryCommand, Layout, MaskCommand, QueueCommand, ReviewCommand, SettingsCommand, Toast,
    ToolCommand, ViewCommand, WitnessCommand, Workspace,
};
use crate::ui::{Cx, answers, columns, queue, viewer};

pub(super) fn run(ui: &egui::Ui, cx: &Cx<'_>, action: KeyAction) {
    if cx.state.project.is_none() {
        if works_without_project(action) {
            window_action(ui, cx, action);
        }
        return;
    }
    if let Some(why) = without_masks(cx, action) {
        return cx.send(Command::Toast(Toast::note(why)));
    }
    if let Some(command) = review_command(action)
        .or_else(|| queue_command(action))
        .or_else(|| view_command(cx, action))
        .or_else(|| tool_command(action))
        .or_else(|| answers_command(action))
        .or_else(|| geometry_command(action))
        .or_else(|| viewer::key_command(cx, action))
        .or_else(|| mask_command(cx, action))
        .or_else(|| viewer::shot_command(ui.ctx(), cx, action))
    {
        cx.send(command);
    } else {
        window_action(ui, cx, action);
    }
}

/// On the start screen too.
fn works_without_project(action: KeyAction) -> bool {
    matches!(action, KeyAction::Help | KeyAction::TextLarger | KeyAction::TextSmaller | KeyAction::TextNormal)
}

/// Keys that are about masks do nothing where there are none, and say so.
fn without_masks(cx: &Cx<'_>, action: KeyAction) -> Option<&'static str> {
    let about_masks =
        view_command(cx, action).is_some_and(|c| matches!(c, Command::View(ViewCommand::ToggleMasks | ViewCommand::ToggleOutline)));
    if !about_masks && mask_command(cx, action).is_none() {
        return None;
    }
    match &cx.state.project.as_ref()?.case {
        CaseView::Ready { scene, .. } if scene.labels().is_none() => Some("This case has no masks."),
        CaseView::NoImage { .. } => Some("This case has no image, so it has no masks to show."),
        _ => None,
    }
}

fn geometry_command(action: KeyAction) -> Option<Command> {
    Some(match action {
        KeyAction::Evidence => Command::Witness(WitnessCommand::Toggle),
        KeyAction::Geometry => Command::Geometry(GeometryCommand::Toggle),
        _ => return None,
    })
}

fn review_command(action: KeyAction) -> Option<Command> {
    Some(Command::Review(match action {
        KeyAction::Accept => ReviewCommand::Accept,
        KeyAction::Edit => ReviewCommand::StartEdit,
        KeyAction::Reject => ReviewCommand::StartReject,
        KeyAction::Flag => ReviewCommand::ToggleFlag,
        KeyAction::Confirm => ReviewCommand::Confirm,
        KeyAction::Undo => ReviewCommand::Undo,
        KeyAction::Redo => ReviewCommand::Redo,
        _ => return None,
    }))
}

fn queue_command(action: KeyAction) -> Option<Command> {
    Some(Command::Queue(match action {
        KeyAction::NextUndecided => QueueCommand::NextUndecided,
        KeyAction::Previous => QueueCommand::Step(-1),
        KeyAction::Next => QueueCommand::Step(1),
        _ => return None,
    }))
}

fn answers_command(action: KeyAction) -> Option<Command> {
    Some(Command::Answers(match action {
        KeyAction::AnswerRight => AnswersCommand::Judge(Judgement::Right),
        KeyAction::AnswerWrong => AnswersCommand::Judge(Judgement::Wrong),
        KeyAction::AnswerUnsure => AnswersCommand::Judge(Judgement::Unsure),
        KeyAction::NextAnswer => AnswersCommand::Step(1),
        KeyAction::PreviousAnswer => AnswersCommand::Step(-1),
        KeyAction::Reasons => AnswersCommand::Reasons(None),
        KeyAction::Label => AnswersCommand::StartLabel,
        KeyAction::SaveLabel => AnswersCommand::SaveLabel,
        KeyAction::AnswerAxis => AnswersCommand::NextAnswerAxis,
        KeyAction::ExplanationAxis => AnswersCommand::NextExplanationAxis,
        KeyAction::LabelNote => AnswersCommand::FocusNote,
        _ => return None,
    }))
}

fn mask_command(cx: &Cx<'_>, action: KeyAction) -> Option<Command> {
    let v = &cx.state.viewer;
    let plane = v.active_plane();
    Some(Command::Mask(match action {
        KeyAction::PickStructure => MaskCommand::Pick(v.hover.map_or(v.cross, |(_, at)| at)),
        KeyAction::Solo => MaskCommand::Solo(None),
        KeyAction::OnlyItem => MaskCommand::OnlyItem,
        KeyAction::StructureSliceUp => MaskCommand::Slice { plane, forward: true },
        KeyAction::StructureSliceDown => MaskCommand::Slice { plane, forward: false },
        _ => return None,
    }))
}

fn view_command(cx: &Cx<'_>, action: KeyAction) -> Option<Command> {
    let plane = cx.state.viewer.active_plane();
    Some(Command::View(match action {
        KeyAction::Preset(n) => ViewCommand::Preset(usize::from(n) - 1),
        KeyAction::SliceUp => ViewCommand::Scroll { plane, slices: 1.0 },
        KeyAction::SliceDown => ViewCommand::Scroll { plane, slices: -1.0 },
        KeyAction::FirstSlice => ViewCommand::End { plane, last: false },
        KeyAction::LastSlice => ViewCommand::End { plane, last: true },
        KeyAction::Masks => ViewCommand::ToggleMasks,
        KeyAction::Outline => ViewCommand::ToggleOutline,
        KeyAction::OpacityDown => ViewCommand::OpacityStep(-0.05),
        KeyAction::OpacityUp => ViewCommand::OpacityStep(0.05),
        KeyAction::PreviousStructure => ViewCommand::CycleStructure(-1),
        KeyAction::NextStructure => ViewCommand::CycleStructure(1),
        KeyAction::WindowDrag => ViewCommand::ArmWindowDrag,
        KeyAction::Crosshair => ViewCommand::ToggleCrosshair,
        KeyAction::Interpolation => ViewCommand::ToggleInterpolation,
        KeyAction::ResetViews => ViewCommand::Reset,
        _ => return None,
    }))
}

fn tool_command(action: KeyAction) -> Option<Command> {
    Some(Command::Tool(match action {
        KeyAction::AutoWindow => ToolCommand::AutoWindow,
        KeyAction::Tool(kind) => ToolCommand::Arm(kind),
        KeyAction::RemoveMeasurement => ToolCommand::Remove(None),
        KeyAction::Measurements => ToolCommand::ToggleShown,
        _ => return None,
    }))
}

/// Sizes of text and controls that the settings offer.
const TEXT_SCALES: [f32; 8] = [0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 1.75, 2.0];

/// The next larger or smaller of [`TEXT_SCALES`], or 1.
fn text_scale(now: f32, action: KeyAction) -> f32 {
    let [least, .., most] = TEXT_SCALES;
    match action {
        KeyAction::TextLarger => TEXT_SCALES.into_iter().find(|s| *s > now + 0.01).unwrap_or(most),
        KeyAction::TextSmaller => TEXT_SCALES.into_iter().rev().find(|s| *s < now - 0.01).unwrap_or(least),
        _ => 1.0,
    }
}

/// The queue comes into sight, from Analyse in Review, and its search field takes the focus.
fn search(ui: &egui::Ui, cx: &Cx<'_>) {
    if cx.state.workspace == Workspace::Analyse {
        cx.send(Command::Workspace(Workspace::Review));
    }
    let shown = columns(ui.ctx(), cx).with_left();
    if shown != cx.state.settings.layout {
        cx.send(Command::Settings(SettingsCommand::Layout(shown)));
    }
    queue::focus_search(ui.ctx(), cx);
}

fn window_action(ui: &egui::Ui, cx: &Cx<'_>, action: KeyAction) {
    let layout = cx.state.settings.layout;
    let change = |layout: Layout| cx.send(Command::Settings(SettingsCommand::Layout(layout)));
    match action {
        KeyAction::LeftPanel if columns(ui.ctx(), cx).shows_left() => change(Layout { left_open: false, ..layout }),
        KeyAction::LeftPanel => change(columns(ui.ctx(), cx).with_left()),
        KeyAction::RightPanel => change(Layout { right_open: !layout.right_open, ..layout }),
        KeyAction::Help => cx.send(Command::Open(Dialog::Keys)),
        KeyAction::Definitions => cx.send(Command::Open(Dialog::Taxonomy)),
        KeyAction::NextWorkspace => {
            ui.memory_mut(|m| m.move_focus(egui::FocusDirection::None)); // this Tab was not for the focus
            cx.send(Command::Workspace(cx.state.workspace.next()));
        }
        KeyAction::ScrollAnswers(down) => answers::scroll(ui.ctx(), down),
        KeyAction::FindStructure => viewer::find_structure(ui, cx),
        KeyAction::TextLarger | KeyAction::TextSmaller | KeyAction::TextNormal => {
            cx.send(Command::Settings(SettingsCommand::TextScale(text_scale(cx.state.settings.text_scale, action))));
        }
        KeyAction::Search => search(ui, cx),
        _ => {}
    }
}
