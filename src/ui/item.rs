//! Right column: the item, its report, the criteria, and the decision.

use super::widgets::{caption, chip, diff_job, filled_button, strong};
use super::{Cx, KeyAction, report, theme};
use crate::project::check::Source;
use crate::qa::{Item, word_diff};
use crate::review::{Criterion, Decision, ItemReview, Reading, Reason, Tri};
use crate::state::{Command, Current, Mode, OpenProject, ReviewCommand};
use egui::{Id, RichText, Role, Ui, WidgetInfo, vec2};

/// In a lower column, in points, the criteria are folded and the options share their lines.
const LOW: f32 = 400.0;

pub fn show(ui: &mut Ui, cx: &Cx<'_>) {
    let low = ui.available_height() < LOW;
    let Some(p) = &cx.state.project else { return };
    let Some(current) = &p.current else {
        ui.vertical_centered(|ui| {
            ui.add_space(32.0);
            ui.label(RichText::new("Select an item in the queue.").color(cx.theme.weak));
        });
        return;
    };
    let frame = egui::Frame::new().fill(cx.theme.under).inner_margin(egui::Margin { top: 8, ..Default::default() });
    egui::Panel::bottom("decision").resizable(false).show_separator_line(true).frame(frame).show(ui, |ui| decision(ui, cx, current, low));
    egui::CentralPanel::no_frame().show(ui, |ui| {
        egui::ScrollArea::vertical().id_salt(("item", current.index)).auto_shrink(false).show(ui, |ui| {
            header(ui, cx, p, current);
            match &current.item {
                Some(item) => body(ui, cx, p, current, item, low),
                None => {
                    ui.label(RichText::new(&p.items[current.index].question).size(17.0));
                }
            }
        });
    });
}

fn send(cx: &Cx<'_>, command: ReviewCommand) {
    cx.send(Command::Review(command));
}

pub(super) fn header(ui: &mut Ui, cx: &Cx<'_>, p: &OpenProject, current: &Current) {
    let row = &p.items[current.index];
    let case = p.case_of[current.index];
    let of = p.case_sizes[case as usize];
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        if let Some(task) = row.task {
            chip(ui, cx.theme, task.code(), cx.theme.text).on_hover_text(task.describe());
        }
        let place = p.cases[case as usize].to_string();
        ui.label(RichText::new(place).small().color(cx.theme.weak));
        ui.label(RichText::new(format!("item {} · {of} in this case", row.id.position)).small().color(cx.theme.weak));
    });
    ui.add_space(4.0);
}

fn body(ui: &mut Ui, cx: &Cx<'_>, p: &OpenProject, current: &Current, item: &Item, low: bool) {
    if cx.state.draft.mode == Mode::Edit {
        edit_fields(ui, cx, item);
    } else {
        question(ui, item);
        answer(ui, cx, item, low);
    }
    categories(ui, cx, item);
    if let Some(review) = p.review.item(&item.id) {
        readings(ui, cx, item, review);
    }
    unfinished(ui, cx, p, item);
    super::measurements::show(ui, cx);
    if !matches!(p.case, crate::state::CaseView::NoImage { .. } | crate::state::CaseView::Failed(_)) {
        ui.add_space(8.0);
        egui::CollapsingHeader::new(strong("Report")).default_open(true).show_unindented(ui, |ui| report::show(ui, cx, current, 13.5));
    }
}

pub(super) fn question(ui: &mut Ui, item: &Item) {
    ui.add(egui::Label::new(RichText::new(&item.question).size(17.0)).wrap().selectable(true));
}

fn answer(ui: &mut Ui, cx: &Cx<'_>, item: &Item, low: bool) {
    ui.add_space(if low { 0.0 } else { 6.0 });
    if low {
        options_in_lines(ui, cx, item);
    } else {
        for (n, option) in item.options.iter().enumerate() {
            ui.horizontal_wrapped(|ui| self::option(ui, cx, item, n, option));
        }
        ui.add_space(4.0);
    }
    caption(ui, cx.theme, "reference answer");
    ui.add(egui::Label::new(strong(&item.answer).size(15.0)).wrap().selectable(true));
    super::witness::show(ui, cx, &Source::Reference);
}

/// The options on as few lines as they need.
pub(super) fn options_in_lines(ui: &mut Ui, cx: &Cx<'_>, item: &Item) {
    if !item.options.is_empty() {
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = vec2(12.0, 2.0);
            item.options.iter().enumerate().for_each(|(n, option)| self::option(ui, cx, item, n, option));
        });
    }
}

/// One option, marked when it is the reference.
pub(super) fn option(ui: &mut Ui, cx: &Cx<'_>, item: &Item, n: usize, option: &str) {
    let chosen = is_reference(item, n, option);
    ui.spacing_mut().item_spacing.x = 6.0;
    let (mark, color) = if chosen { ("●", cx.theme.selection) } else { ("○", cx.theme.weak) };
    ui.label(RichText::new(mark).color(color));
    let text = format!("{}  {option}", letter(n));
    ui.label(if chosen { strong(text) } else { RichText::new(text) });
}

pub(super) fn letter(n: usize) -> char {
    u8::try_from(n).ok().and_then(|n| b'A'.checked_add(n)).map_or('?', char::from)
}

/// The reference names an option by its letter or its text.
fn is_reference(item: &Item, n: usize, option: &str) -> bool {
    let answer = item.answer.trim().trim_end_matches(['.', ')']);
    let same = |s: &str| answer.eq_ignore_ascii_case(s.trim().trim_end_matches('.'));
    same(option)
        || same(&letter(n).to_string())
        || answer.split_once([')', '.', ':', ' ']).is_some_and(|(l, rest)| {
            l.trim().eq_ignore_ascii_case(&letter(n).to_string()) && rest.trim().eq_ignore_ascii_case(option.trim())
        })
}

fn categories(ui: &mut Ui, cx: &Cx<'_>, item: &Item) {
    if item.categories.is_empty() {
        return;
    }
    ui.add_space(6.0);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(4.0, 4.0);
        for c in &item.categories {
            chip(ui, cx.theme, c.short(), cx.theme.weak).on_hover_text(c.name());
        }
    });
}

fn edit_fields(ui: &mut Ui, cx: &Cx<'_>, item: &Item) {
    let draft = &cx.state.draft;
    let mut question = draft.question.clone();
    let mut answer = draft.answer.clone();
    caption(ui, cx.theme, "question");
    let field = egui::TextEdit::multiline(&mut question).id(Id::unique("edit-question")).desired_rows(2).desired_width(f32::INFINITY);
    let response = ui.add(field);
    response.widget_info(|| WidgetInfo::labeled(Role::MultilineTextInput, true, "Edited question"));
    if response.changed() {
        send(cx, ReviewCommand::EditQuestion(question));
    }
    keep_when_left(cx, &response);
    changes(ui, cx, &item.question, &draft.question);
    ui.add_space(4.0);
    caption(ui, cx.theme, "reference answer");
    let field = egui::TextEdit::multiline(&mut answer).id(Id::unique("edit-answer")).desired_rows(2).desired_width(f32::INFINITY);
    let response = ui.add(field);
    response.widget_info(|| WidgetInfo::labeled(Role::MultilineTextInput, true, "Edited answer"));
    take_focus(ui, cx, &response);
    if response.changed() {
        send(cx, ReviewCommand::EditAnswer(answer));
    }
    keep_when_left(cx, &response);
    changes(ui, cx, &item.answer, &draft.answer);
}

/// What was typed in a field is written to the project when the field loses the focus.
fn keep_when_left(cx: &Cx<'_>, response: &egui::Response) {
    if response.lost_focus() {
        send(cx, ReviewCommand::KeepDraft);
    }
}

/// Gives a field the focus once each time the state asks for it.
fn take_focus(ui: &Ui, cx: &Cx<'_>, response: &egui::Response) {
    let id = Id::unique("draft-focus");
    let seen: u64 = ui.data(|d| d.get_temp(id)).unwrap_or_default();
    if seen != cx.state.draft.focus {
        ui.data_mut(|d| d.insert_temp(id, cx.state.draft.focus));
        response.request_focus();
    }
}

/// The original beside the new text, as a word diff.
fn changes(ui: &mut Ui, cx: &Cx<'_>, old: &str, new: &str) {
    if old.trim() == new.trim() {
        ui.label(RichText::new("unchanged").small().color(cx.theme.weak));
    } else {
        let job = diff_job(cx.theme, &word_diff(old, new.trim()), 13.5, ui.available_width());
        ui.label(job);
    }
}

/// What has been decided, by whom.
fn readings(ui: &mut Ui, cx: &Cx<'_>, item: &Item, review: &ItemReview) {
    for reading in review.readings.values() {
        ui.add_space(6.0);
        cx.theme.card_frame().inner_margin(8).show(ui, |ui| {
            ui.set_width(ui.available_width());
            reading_card(ui, cx, item, reading);
        });
    }
    super::witness::show(ui, cx, &Source::Edited);
    if review.flagged() {
        ui.add_space(4.0);
        for flag in review.flags.values() {
            ui.label(RichText::new(format!("⚑ flagged by {}", who(cx, &flag.reviewer.name))).color(cx.theme.flag));
            if !flag.note.is_empty() {
                ui.label(&flag.note);
            }
        }
    }
}

/// Says that something typed waits on the item, and what; it can be thrown away, which asks once.
fn unfinished(ui: &mut Ui, cx: &Cx<'_>, p: &OpenProject, item: &Item) {
    let Some(kept) = p.drafts.get(&item.id).filter(|_| p.drafted().any(|id| *id == item.id)) else { return };
    let (text, standing) = (&kept.text, &cx.state.draft.standing);
    let parts = [
        (text.note != standing.note, "a note"),
        (text.criteria != standing.criteria, "criteria"),
        (text.question != standing.question || text.answer != standing.answer, "an edit"),
        (text.reason.is_some(), "a reason"),
        (!text.labels.is_empty(), "an error label"),
    ];
    let said: Vec<&str> = parts.into_iter().filter(|(there, _)| *there).map(|(_, what)| what).collect();
    ui.add_space(6.0);
    ui.horizontal_wrapped(|ui| {
        let line = RichText::new(format!("✎ not decided yet: {}", said.join(", "))).small().color(cx.theme.edit);
        ui.label(line).on_hover_text("Only you see this. It is kept in the project until you decide, and is never exported.");
        discard(ui, cx, item);
    });
}

fn discard(ui: &mut Ui, cx: &Cx<'_>, item: &Item) {
    let asked = Id::unique(("discard-draft", item.id.to_string()));
    let sure: bool = ui.data(|d| d.get_temp(asked)).unwrap_or_default();
    let text = if sure { "Discard what you typed here?" } else { "discard" };
    let color = if sure { cx.theme.reject } else { cx.theme.weak };
    if ui.small_button(RichText::new(text).color(color)).on_hover_text("Show the item as it stands, without what you typed").clicked() {
        ui.data_mut(|d| d.insert_temp(asked, !sure));
        if sure {
            send(cx, ReviewCommand::DiscardDraft);
        }
    }
}

/// A picture of the window names nobody.
pub(super) fn who<'a>(cx: &Cx<'_>, name: &'a str) -> &'a str {
    if cx.state.posing { "a reader" } else { name }
}

fn reading_card(ui: &mut Ui, cx: &Cx<'_>, item: &Item, reading: &Reading) {
    let status = crate::review::Status::from(&reading.decision);
    let reason = reading.decision.reason().map_or_else(String::new, |r| format!(" · {}", r.label().split(" (").next().unwrap_or_default()));
    ui.label(RichText::new(format!("{} {}{reason}", theme::glyph(status), status.name())).color(cx.theme.status(status)));
    let when = reading.time.to_zoned(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M");
    ui.label(RichText::new(format!("{} · {when}", who(cx, &reading.reviewer.name))).small().color(cx.theme.weak));
    if let Decision::Edit { question, answer, .. } = &reading.decision {
        for (old, new) in [(&item.question, question), (&item.answer, answer)] {
            if let Some(new) = new {
                changes(ui, cx, old, new);
            }
        }
    }
    if !reading.decision.note().is_empty() {
        ui.label(reading.decision.note());
    }
    if reading.judged != item.text_hash() {
        ui.label(RichText::new("⚠ the item's text changed after this decision").color(cx.theme.edit));
    }
}

fn decision(ui: &mut Ui, cx: &Cx<'_>, current: &Current, low: bool) {
    ui.spacing_mut().item_spacing.y = 4.0;
    match cx.state.draft.mode {
        Mode::Read if low => folded_criteria(ui, cx),
        Mode::Read => criteria(ui, cx),
        Mode::Edit | Mode::Reject => reasons(ui, cx),
    }
    note(ui, cx);
    ui.add_space(2.0);
    match cx.state.draft.mode {
        Mode::Read => read_buttons(ui, cx, current),
        Mode::Edit | Mode::Reject => confirm_buttons(ui, cx),
    }
}

/// One line that opens; it says how many of the criteria are answered.
fn folded_criteria(ui: &mut Ui, cx: &Cx<'_>) {
    let said = Criterion::ALL.iter().filter(|c| cx.state.draft.criteria.get(**c).is_some()).count();
    let title = if said == 0 { "criteria".to_owned() } else { format!("criteria  {said} of {}", Criterion::ALL.len()) };
    let header = egui::CollapsingHeader::new(RichText::new(title).size(13.0).color(cx.theme.weak)).id_salt("criteria");
    let shown = header.default_open(false).show_unindented(ui, |ui| criteria(ui, cx));
    let names = Criterion::ALL.map(Criterion::label).join(", ");
    shown.header_response.on_hover_text(format!("Show or hide: {names}"));
}

fn criteria(ui: &mut Ui, cx: &Cx<'_>) {
    for criterion in Criterion::ALL {
        let now = cx.state.draft.criteria.get(criterion);
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            let (rect, label) = ui.allocate_exact_size(vec2(104.0, 24.0), egui::Sense::hover());
            let font = egui::FontId::proportional(14.0);
            ui.painter().text(rect.left_center(), egui::Align2::LEFT_CENTER, criterion.label(), font, cx.theme.weak);
            label.on_hover_text(criterion.guideline());
            for (tri, text) in [(Tri::Yes, "yes"), (Tri::No, "no"), (Tri::Unsure, "?")] {
                let on = now == Some(tri);
                let color = match tri {
                    _ if !on => cx.theme.text,
                    Tri::Yes => cx.theme.accept,
                    Tri::No => cx.theme.reject,
                    Tri::Unsure => cx.theme.edit,
                };
                let idle = if cx.theme.high { egui::Stroke::new(1.0, cx.theme.line) } else { egui::Stroke::NONE };
                let stroke = if on { egui::Stroke::new(1.5, color) } else { idle };
                let button = egui::Button::new(RichText::new(text).color(color)).fill(if on { cx.theme.hover } else { cx.theme.card });
                let response = ui.add(button.stroke(stroke).min_size(vec2(48.0, 24.0)));
                response
                    .widget_info(|| WidgetInfo::selected(Role::RadioButton, true, on, format!("{}: {}", criterion.label(), tri.code())));
                if response.on_hover_text(if tri == Tri::Unsure { "cannot tell" } else { criterion.guideline() }).clicked() {
                    send(cx, ReviewCommand::Criterion(criterion, (!on).then_some(tri)));
                }
            }
        });
    }
}

/// In narrower buttons, in points, the words of a reason take two lines.
const TWO_REASONS: f32 = 150.0;

fn reasons(ui: &mut Ui, cx: &Cx<'_>) {
    let verb = if cx.state.draft.mode == Mode::Edit { "Why is it edited?" } else { "Why is it rejected?" };
    ui.label(strong(verb));
    let width = (ui.available_width() - 8.0) / 2.0;
    let wrap = if width < TWO_REASONS { egui::TextWrapMode::Wrap } else { egui::TextWrapMode::Truncate };
    for pair in Reason::ALL.chunks(2) {
        ui.horizontal(|ui| {
            for reason in pair {
                let n = Reason::ALL.iter().position(|r| r == reason).map_or(0, |n| (n + 1) % 10);
                let on = cx.state.draft.reason == Some(*reason);
                let text = reason
                    .label()
                    .replace(" (needs a note)", " + note")
                    .replace("answerable without the image", "without image")
                    .replace("wrong measure or unit", "measure or unit");
                let button = egui::Button::selectable(on, text)
                    .frame_when_inactive(true)
                    .shortcut_text(n.to_string())
                    .min_size(vec2(width, 24.0))
                    .wrap_mode(wrap);
                let response = ui.add_sized(vec2(width, 24.0), button);
                response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, on, format!("reason: {}", reason.label())));
                if response.on_hover_text(format!("{}  ({n})", reason.label())).clicked() {
                    send(cx, ReviewCommand::Reason(*reason));
                }
            }
        });
    }
}

fn note(ui: &mut Ui, cx: &Cx<'_>) {
    let mut note = cx.state.draft.note.clone();
    let field =
        egui::TextEdit::singleline(&mut note).id(Id::unique("note")).hint_text("note…").desired_width(f32::INFINITY).margin(vec2(8.0, 5.0));
    let response = ui.add(field);
    response.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, "Note"));
    if cx.state.draft.mode == Mode::Reject && cx.state.draft.reason == Some(Reason::Other) {
        take_focus(ui, cx, &response);
    }
    if response.changed() {
        send(cx, ReviewCommand::Note(note));
    }
    keep_when_left(cx, &response);
    if response.lost_focus() && cx.state.draft.mode == Mode::Reject && ui.input(|i| i.key_pressed(egui::Key::Enter)) {
        send(cx, ReviewCommand::Confirm);
    }
}

fn read_buttons(ui: &mut Ui, cx: &Cx<'_>, current: &Current) {
    let review = cx.state.project.as_ref().and_then(|p| p.review.item(&p.items[current.index].id));
    let flagged = cx.state.me().is_some_and(|me| review.is_some_and(|r| r.flags.contains_key(&me)));
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        let width = (ui.available_width() - 36.0 - 3.0 * 6.0) / 3.0;
        let t = cx.theme;
        for (text, color, action, command) in [
            ("Accept", t.accept, KeyAction::Accept, ReviewCommand::Accept),
            ("Edit", t.edit, KeyAction::Edit, ReviewCommand::StartEdit),
            ("Reject", t.reject, KeyAction::Reject, ReviewCommand::StartReject),
        ] {
            let key = cx.keys.shown(action).unwrap_or_default();
            let response = filled_button(ui, t, &format!("{text}  {key}"), color, width);
            response.widget_info(|| WidgetInfo::labeled(Role::Button, true, text));
            if response.on_hover_text(help_of(action)).clicked() {
                send(cx, command);
            }
        }
        let flag = ui
            .add(egui::Button::selectable(flagged, RichText::new("⚑").color(t.flag)).frame_when_inactive(true).min_size(vec2(32.0, 32.0)));
        flag.widget_info(|| WidgetInfo::selected(Role::Button, true, flagged, "Flag"));
        if flag.on_hover_text(format!("{}{}", help_of(KeyAction::Flag), cx.key_hint(KeyAction::Flag))).clicked() {
            send(cx, ReviewCommand::ToggleFlag);
        }
    });
}

pub(super) fn help_of(action: KeyAction) -> &'static str {
    super::KEYS.iter().find(|r| r.action == action).map_or("", |r| r.help)
}

fn confirm_buttons(ui: &mut Ui, cx: &Cx<'_>) {
    let (text, color) = if cx.state.draft.mode == Mode::Edit { ("Save edit", cx.theme.edit) } else { ("Reject", cx.theme.reject) };
    ui.horizontal(|ui| {
        let width = (ui.available_width() - 8.0) / 2.0;
        let key = cx.keys.shown(KeyAction::Confirm).unwrap_or_default();
        if filled_button(ui, cx.theme, &format!("{text}  {key}"), color, width).clicked() {
            send(cx, ReviewCommand::Confirm);
        }
        if ui.add(egui::Button::new("Cancel  Esc").min_size(vec2(width, 32.0))).clicked() {
            send(cx, ReviewCommand::Cancel);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_option_is_found_by_letter_or_text() {
        let item = |answer: &str| Item {
            id: "c::0".parse().unwrap(),
            question: String::new(),
            answer: answer.to_owned(),
            options: vec!["12 mm".into(), "31 mm".into()],
            task: None,
            categories: Vec::new(),
        };
        for answer in ["B", "b.", "31 mm", "31 MM.", "B) 31 mm", "B 31 mm"] {
            let item = item(answer);
            let marks: Vec<bool> = item.options.iter().enumerate().map(|(n, o)| is_reference(&item, n, o)).collect();
            assert_eq!(marks, [false, true], "{answer}");
        }
        assert!(!is_reference(&item("Between 12 mm and 31 mm"), 1, "31 mm"));
    }
}
