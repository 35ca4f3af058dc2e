//! Left column: search, filters, and the virtualised list of items grouped by case.

use super::widgets::thousands;
use super::{Cx, KeyAction, theme};
use crate::geometry::judge::Verdict;
use crate::qa::{Category, Task};
use crate::review::Status;
use crate::state::{AnswersCommand, Command, GeometryCommand, OpenProject, QueueCommand, QueueRow, SaidOfItem, Workspace};
use egui::text::{CCursor, CCursorRange};
use egui::{Align2, FontId, Id, Rect, RichText, Role, Sense, Ui, WidgetInfo, pos2, vec2};

const ROW: f32 = 24.0;
/// Width in points that the three drop-down filters need beside each other.
const THREE_CHOICES: f32 = 210.0;
/// Room for the mark of an item whose answers are judged, and for each of the other marks.
const MARK: f32 = 18.0;

fn search_id() -> Id {
    Id::unique("queue-search")
}

/// Focus to the search field with its text selected, so that typing replaces it.
pub fn focus_search(context: &egui::Context, cx: &Cx<'_>) {
    let id = search_id();
    let length = cx.state.project.as_ref().map_or(0, |p| p.queue.query.chars().count());
    let mut state = egui::TextEdit::load_state(context, id).unwrap_or_default();
    let all = CCursorRange::two(CCursor::new(0), CCursor::new(length));
    state.cursor.set_char_range(Some(all));
    egui::TextEdit::store_state(context, id, state);
    context.memory_mut(|m| m.request_focus(id));
}

pub fn show(ui: &mut Ui, cx: &Cx<'_>) {
    let Some(p) = &cx.state.project else { return };
    search(ui, cx, p);
    filters(ui, cx, p);
    count(ui, cx, p);
    ui.add_space(2.0);
    if p.queue.rows.is_empty() {
        empty(ui, cx, p);
    } else {
        list(ui, cx, p);
    }
}

fn send(cx: &Cx<'_>, command: QueueCommand) {
    cx.send(Command::Queue(command));
}

fn search(ui: &mut Ui, cx: &Cx<'_>, p: &OpenProject) {
    let mut query = p.queue.query.clone();
    let hint = format!("Search question, answer, case, report{}", cx.key_hint(KeyAction::Search));
    let field = egui::TextEdit::singleline(&mut query).id(search_id()).hint_text(hint).desired_width(f32::INFINITY).margin(vec2(8.0, 5.0));
    let response = ui.add(field);
    response.widget_info(|| WidgetInfo::labeled(Role::SearchInput, true, "Search"));
    if response.changed() {
        send(cx, QueueCommand::Query(query));
    }
    if response.lost_focus() && ui.input(|i| i.key_pressed(egui::Key::Enter)) {
        send(cx, QueueCommand::Step(0));
    }
}

fn filters(ui: &mut Ui, cx: &Cx<'_>, p: &OpenProject) {
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        ui.spacing_mut().icon_width = 10.0;
        ui.spacing_mut().button_padding.x = 6.0;
        choices(ui, cx, p);
    });
    let f = &p.queue.filters;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(4.0, 4.0);
        ui.spacing_mut().button_padding.x = 6.0;
        if p.items.iter().any(|row| row.has_labels) {
            against(ui, cx, p);
        }
        flag(ui, cx, f.has_image, "image", "Only items whose case has an image", QueueCommand::HasImage);
        flag(ui, cx, f.flagged, "flagged", "Only flagged items", QueueCommand::Flagged);
        flag(ui, cx, f.mine, "mine", "Only items that you decided or flagged", QueueCommand::Mine);
        let some = f.active() || !p.queue.query.is_empty();
        if some && ui.button(RichText::new("Clear").size(13.0)).on_hover_text("Show every item again").clicked() {
            send(cx, QueueCommand::ClearFilters);
        }
    });
    applied_filters(ui, cx, p);
}

/// The three drop-down filters in a row; in two rows where their words would be cut.
fn choices(ui: &mut Ui, cx: &Cx<'_>, p: &OpenProject) {
    let room = ui.available_width();
    let (narrow, wide, rows) = if room < THREE_CHOICES {
        let half = (room - 4.0) / 2.0;
        (half, half, 2)
    } else {
        let third = (room - 8.0) / 3.0;
        (third - 6.0, third + 12.0, 1) // "category" is the longest word
    };
    let f = &p.queue.filters;
    ui.horizontal(|ui| {
        let status = f.status.map_or("status", Status::name);
        choice(ui, cx, ("status", status, f.status.is_some(), narrow), Status::ALL.map(|s| (s.name(), s)), f.status, QueueCommand::Status);
        let task = f.task.map_or("task", Task::code);
        choice(ui, cx, ("task", task, f.task.is_some(), narrow), Task::ALL.map(|t| (t.code(), t)), f.task, QueueCommand::Task);
        if rows == 1 {
            category_choice(ui, cx, p, wide);
        }
    });
    if rows == 2 {
        category_choice(ui, cx, p, wide);
    }
}

fn category_choice(ui: &mut Ui, cx: &Cx<'_>, p: &OpenProject, width: f32) {
    let now = p.queue.filters.category;
    let shown = now.map_or("category", Category::short);
    choice(ui, cx, ("category", shown, now.is_some(), width), Category::ALL.map(|c| (c.name(), c)), now, QueueCommand::Category);
}

/// A filter that was set elsewhere in the window; returns whether a click takes it away.
fn applied(ui: &mut Ui, name: &str) -> bool {
    let response = ui.add(egui::Button::selectable(true, format!("✕ {name}")).truncate());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("take the filter away: {name}")));
    response.on_hover_text(format!("{name}: click to show every item again")).clicked()
}

/// What Compare and Analyse have set, in every workspace: a structure, a filter by answers, the items behind a point of a chart.
fn applied_filters(ui: &mut Ui, cx: &Cx<'_>, p: &OpenProject) {
    let f = &p.queue.filters;
    if f.structure.as_ref().is_some_and(|name| applied(ui, name)) {
        cx.send(Command::Answers(AnswersCommand::Structure(None)));
    }
    let name = f.answers.zip(cx.state.answers.table.as_ref()).map(|(filter, table)| filter.name(table.matrix.runs()));
    if name.is_some_and(|name| applied(ui, &name)) {
        send(cx, QueueCommand::Answers(None));
    }
    if f.chart.as_ref().is_some_and(|name| applied(ui, name)) {
        send(cx, QueueCommand::LeaveChart);
    }
}

/// Only what geometry contradicts, by the last check.
fn against(ui: &mut Ui, cx: &Cx<'_>, p: &OpenProject) {
    let f = &p.queue.filters;
    let counts = p.standings.as_ref().filter(|s| s.checked > 0).map(|s| s.counts(&p.status));
    let glyph = theme::verdict_glyph(Verdict::Contradicts);
    let name = |which: &str, n: Option<usize>| n.map_or_else(|| which.to_owned(), |n| format!("{which} {}", thousands(n)));
    ui.add(egui::Label::new(RichText::new(format!("{glyph} geometry:")).small().color(cx.theme.weak)).extend());
    let tip = "Only items whose reference answer geometry contradicts";
    flag(ui, cx, f.against_reference, &name("reference", counts.map(|c| c[0])), tip, QueueCommand::AgainstReference);
    let tip = "Only items whose accepted or edited answer geometry contradicts";
    flag(ui, cx, f.against_accepted, &name("accepted", counts.map(|c| c[1])), tip, QueueCommand::AgainstAccepted);
}

/// A drop-down filter: (name, shown text, active, width).
fn choice<T: Copy + PartialEq, const N: usize>(
    ui: &mut Ui,
    cx: &Cx<'_>,
    (name, shown, active, width): (&str, &str, bool, f32),
    all: [(&str, T); N],
    now: Option<T>,
    command: fn(Option<T>) -> QueueCommand,
) {
    let color = if active { cx.theme.selection } else { cx.theme.text };
    let response = egui::ComboBox::from_id_salt(name)
        .selected_text(RichText::new(shown).size(13.0).color(color))
        .truncate()
        .width(width)
        .show_ui(ui, |ui| {
            if ui.selectable_label(now.is_none(), format!("any {name}")).clicked() {
                send(cx, command(None));
            }
            for (label, value) in all {
                if ui.selectable_label(now == Some(value), label).clicked() {
                    send(cx, command(Some(value)));
                }
            }
        })
        .response;
    response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, format!("{name} filter: {shown}")));
}

fn flag(ui: &mut Ui, cx: &Cx<'_>, on: bool, name: &str, tooltip: &str, command: fn(bool) -> QueueCommand) {
    let button = egui::Button::selectable(on, RichText::new(name).size(13.0)).frame_when_inactive(true);
    if ui.add(button).on_hover_text(tooltip).clicked() {
        send(cx, command(!on));
    }
}

fn count(ui: &mut Ui, cx: &Cx<'_>, p: &OpenProject) {
    let more = if p.queue.hits.is_some() && p.queue.hits_truncated { "first " } else { "" };
    let text = if p.queue.shown == p.items.len() {
        super::count(p.items.len(), "item")
    } else {
        format!("{more}{} of {}", thousands(p.queue.shown), super::count(p.items.len(), "item"))
    };
    ui.label(RichText::new(text).small().color(cx.theme.weak));
}

fn empty(ui: &mut Ui, cx: &Cx<'_>, p: &OpenProject) {
    ui.add_space(24.0);
    ui.vertical_centered(|ui| {
        if p.items.is_empty() {
            ui.label(RichText::new("This project has no items yet.").color(cx.theme.weak));
            if ui.button("Import…").clicked() {
                cx.send(Command::Open(crate::state::Dialog::Import));
            }
        } else if unchecked(p) {
            ui.label(RichText::new("The answers are not checked yet.").color(cx.theme.weak));
            let check = ui.add_enabled(!p.busy && !p.read_only, egui::Button::new("Check answers against geometry"));
            if check.on_hover_text("Hold every answer against the measures of its case").clicked() {
                cx.send(Command::Geometry(GeometryCommand::Check));
            }
            if ui.button("Show every item").clicked() {
                send(cx, QueueCommand::ClearFilters);
            }
        } else {
            let against = p.queue.filters.against_reference || p.queue.filters.against_accepted;
            let text = if against { "Geometry contradicts none of them." } else { "Nothing matches." };
            ui.label(RichText::new(text).color(cx.theme.weak));
            if ui.button("Show every item").clicked() {
                send(cx, QueueCommand::ClearFilters);
            }
        }
    });
}

/// What geometry contradicts is asked for, and nothing was ever checked.
fn unchecked(p: &OpenProject) -> bool {
    let f = &p.queue.filters;
    (f.against_reference || f.against_accepted) && p.standings.as_ref().is_none_or(|s| s.checked == 0)
}

/// What the list remembers between frames, in egui's temporary memory.
#[derive(Clone, Copy, Default)]
struct Shown {
    reveal: u64,
    offset: f32,
    height: f32,
}

fn list(ui: &mut Ui, cx: &Cx<'_>, p: &OpenProject) {
    ui.spacing_mut().item_spacing.y = 0.0;
    let id = Id::unique("queue-list");
    let shown: Shown = ui.data(|d| d.get_temp(id)).unwrap_or_default();
    let mut area = egui::ScrollArea::vertical().id_salt("queue").auto_shrink(false);
    if let Some(offset) = scroll_to_current(p, shown) {
        area = area.vertical_scroll_offset(offset);
    }
    let output = area.show_rows(ui, ROW, p.queue.rows.len(), |ui, range| {
        for at in range {
            match p.queue.rows[at] {
                QueueRow::Case(case) => case_row(ui, cx, p, case),
                QueueRow::Item(index) => item_row(ui, cx, p, index as usize),
            }
        }
    });
    let now = Shown { reveal: p.queue.reveal, offset: output.state.clamped_offset().y, height: output.inner_rect.height() };
    ui.data_mut(|d| d.insert_temp(id, now));
}

/// The offset that brings the current item into view, when it was just selected and is not there.
fn scroll_to_current(p: &OpenProject, shown: Shown) -> Option<f32> {
    if shown.reveal == p.queue.reveal {
        return None;
    }
    let current = p.current.as_ref()?.index as u32;
    let row = p.queue.rows.iter().position(|r| *r == QueueRow::Item(current))?;
    let y = row as f32 * ROW;
    let shown = if shown.height > 0.0 { shown } else { Shown { height: 400.0, ..shown } };
    let visible = y >= shown.offset && y + 2.0 * ROW <= shown.offset + shown.height;
    (!visible).then(|| (y - shown.height * 0.4).max(0.0))
}

fn case_row(ui: &mut Ui, cx: &Cx<'_>, p: &OpenProject, case: u32) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    let name = &p.cases[case as usize].0;
    let open = !p.queue.collapsed.contains(&case);
    response.widget_info(|| WidgetInfo::selected(Role::DisclosureTriangle, true, open, name));
    if response.clicked() {
        send(cx, QueueCommand::ToggleCase(case as usize));
    }
    let painter = ui.painter_at(rect);
    let arrow = if open { "▾" } else { "▸" };
    painter.text(rect.left_center(), Align2::LEFT_CENTER, arrow, FontId::proportional(12.0), cx.theme.weak);
    let text = elided(ui, name, FontId::new(13.0, egui::FontFamily::Name(theme::STRONG.into())), cx.theme.text, rect.width() - 20.0);
    painter.galley(pos2(rect.left() + 16.0, rect.center().y - text.size().y / 2.0), text, cx.theme.text);
    if response.hovered() {
        response.on_hover_text(name.as_str());
    }
}

fn item_row(ui: &mut Ui, cx: &Cx<'_>, p: &OpenProject, index: usize) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    let row = &p.items[index];
    let status = p.status[index];
    let selected = p.current.as_ref().is_some_and(|c| c.index == index);
    let against = if is_against(p, index) { ", geometry contradicts it" } else { "" };
    let judged = said_of_answers(cx, p, index).map_or_else(String::new, |said| format!(", {said}"));
    let label = || format!("item {} of {}, {}{against}{judged}: {}", row.id.position, row.id.case, status.name(), row.question);
    response.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, true, selected, label()));
    if response.clicked() {
        send(cx, QueueCommand::Select(index));
    }
    paint_item_row(ui, cx, p, index, rect, selected, response.hovered());
    if response.hovered() {
        response.on_hover_text(format!("{}{against}{judged}\n{}", status.name(), row.question));
    }
}

fn paint_item_row(ui: &Ui, cx: &Cx<'_>, p: &OpenProject, index: usize, rect: Rect, selected: bool, hovered: bool) {
    let row = &p.items[index];
    let painter = ui.painter_at(rect);
    if selected || hovered {
        painter.rect_filled(rect, 6.0, cx.theme.hover);
    }
    if selected {
        let bar = Rect::from_min_size(rect.min + vec2(0.0, 4.0), vec2(3.0, rect.height() - 8.0));
        painter.rect_filled(bar, 1.5, cx.theme.selection);
    }
    let (glyph, color) = match p.pending.get(&row.id) {
        Some(pending) if pending.failed => ("!", cx.theme.reject),
        Some(_) => ("…", cx.theme.weak),
        None => (theme::glyph(p.status[index]), cx.theme.status(p.status[index])),
    };
    let y = rect.center().y;
    painter.text(pos2(rect.left() + 18.0, y), Align2::CENTER_CENTER, glyph, FontId::proportional(13.0), color);
    painter.text(pos2(rect.left() + 44.0, y), Align2::RIGHT_CENTER, row.id.position, FontId::proportional(12.0), cx.theme.weak);
    let flagged = p.review.item(&row.id).is_some_and(crate::review::ItemReview::flagged);
    let against = is_against(p, index);
    let said = said_of_answers(cx, p, index);
    let marks = [flagged, against, said.is_some()].into_iter().filter(|shown| *shown).count();
    let ink = if p.status[index] == Status::Undecided || selected { cx.theme.text } else { cx.theme.weak };
    let text = elided(ui, &row.question, FontId::proportional(13.0), ink, rect.width() - 56.0 - marks as f32 * MARK);
    painter.galley(pos2(rect.left() + 52.0, y - text.size().y / 2.0), text, ink);
    let mut right = rect.right() - 6.0;
    let mut mark = |glyph: &str, color| {
        painter.text(pos2(right, y), Align2::RIGHT_CENTER, glyph, FontId::proportional(13.0), color);
        right -= MARK;
    };
    if flagged {
        mark("⚑", cx.theme.flag);
    }
    if against {
        mark("∡", cx.theme.verdict(Verdict::Contradicts));
    }
    if let Some(said) = said {
        paint_said(&painter, cx, pos2(right - 5.0, y), said);
    }
}

/// What reviewers say about the answers to an item; only in Compare, and only where they say something.
fn said_of_answers(cx: &Cx<'_>, p: &OpenProject, index: usize) -> Option<SaidOfItem> {
    let table = cx.state.answers.table.as_ref().filter(|_| cx.state.workspace == Workspace::Compare)?;
    Some(table.said_of(&p.items[index].id)).filter(|said| said.judged + said.labelled > 0)
}

/// A disc when every answer is judged, a ring while some are.
fn paint_said(painter: &egui::Painter, cx: &Cx<'_>, at: egui::Pos2, said: SaidOfItem) {
    painter.circle_stroke(at, 3.5, egui::Stroke::new(1.5, cx.theme.selection));
    if said.judged == said.answered {
        painter.circle_filled(at, 3.5, cx.theme.selection);
    }
}

/// Geometry contradicts the answer as it stands.
fn is_against(p: &OpenProject, index: usize) -> bool {
    p.standings.as_ref().is_some_and(|s| s.against(index, p.status[index]))
}

/// One line cut with an ellipsis.
fn elided(ui: &Ui, text: &str, font: FontId, color: egui::Color32, width: f32) -> std::sync::Arc<egui::Galley> {
    let line: String = text.chars().take(160).map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut job = egui::text::LayoutJob::simple_singleline(line, font, color);
    job.wrap = egui::text::TextWrapping::truncate_at_width(width.max(8.0));
    ui.fonts_mut(|f| f.layout_job(job))
}
