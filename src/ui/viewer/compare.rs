//! Comparison: what to compare with, and the bar above two compared views.

use crate::state::{Command, CompareCommand, CompareWith, Comparison, Dialog, FilePick, OpenProject};
use crate::ui::{Cx, KeyAction, widgets};
use egui::{Id, Key, RichText, Role, Ui, WidgetInfo, vec2};
use std::collections::HashSet;
use std::fmt::Display;

const ROW: f32 = 26.0;

/// What the left and the right view are called.
pub(super) fn names<'a>(p: &'a OpenProject, c: &'a Comparison) -> [impl Display + 'a; 2] {
    c.names(p.current_row().map_or("", |r| r.id.case.0.as_str()))
}

fn send(cx: &Cx<'_>, command: CompareCommand) {
    cx.send(Command::Compare(command));
}

/// Who is compared, how the views are linked, and the way out.
pub(super) fn bar(ui: &mut Ui, cx: &Cx<'_>, p: &OpenProject) {
    let Some(c) = &cx.state.viewer.compare else { return };
    egui::Panel::top("compare-bar").show_separator_line(false).frame(super::toolbar::tool_frame(cx)).show(ui, |ui| {
        ui.horizontal_wrapped(|ui| {
            let [first, second] = names(p, c);
            ui.label(widgets::strong(format!("{first}  ↔  {second}")).size(13.0));
            if c.scene.is_some() {
                link(ui, cx, c);
            } else {
                ui.label(RichText::new("reading…").color(cx.theme.weak));
            }
            let tip = format!("Back to one case{}", cx.key_hint(KeyAction::Compare));
            if ui.button("Leave").on_hover_text(tip).clicked() {
                send(cx, CompareCommand::Leave);
            }
            warnings(ui, cx, c);
        });
    });
}

fn link(ui: &mut Ui, cx: &Cx<'_>, c: &Comparison) {
    let hint = cx.key_hint(KeyAction::CompareLink);
    let (text, tip) = if c.linked {
        ("Linked", format!("Both views move together; press to move each alone{hint}"))
    } else {
        ("Link here", format!("Keep what lies side by side now, and move both together{hint}"))
    };
    if widgets::toggle(ui, c.linked, text, &tip) {
        send(cx, CompareCommand::ToggleLink);
    }
    let said = match (c.linked, c.offset == glam::DVec3::ZERO) {
        (false, _) => "each view moves alone".to_owned(),
        (true, true) => "by position in mm".to_owned(),
        (true, false) => format!("right view is {} from the left", offset(c.offset)),
    };
    ui.label(RichText::new(said).small().color(cx.theme.weak));
    if c.moved() && ui.button("Reset link").on_hover_text("Link as at the start").clicked() {
        send(cx, CompareCommand::ResetLink);
    }
}

fn warnings(ui: &mut Ui, cx: &Cx<'_>, c: &Comparison) {
    if c.warnings.is_empty() {
        return;
    }
    let sign = ui.label(RichText::new(format!("⚠ {}", c.warnings.len())).color(cx.theme.edit));
    sign.on_hover_text(c.warnings.join("\n"));
}

/// `L 12.0 · S 140.0 mm`: by sides, not by signs; what is below 0.05 mm is left out.
fn offset(mm: glam::DVec3) -> String {
    let part = |value: f64, [positive, negative]: [&str; 2]| {
        (value.abs() >= 0.05).then(|| format!("{} {:.1}", if value > 0.0 { positive } else { negative }, value.abs()))
    };
    let parts: Vec<String> = [part(mm.x, ["R", "L"]), part(mm.y, ["A", "P"]), part(mm.z, ["S", "I"])].into_iter().flatten().collect();
    if parts.is_empty() { "0 mm".to_owned() } else { format!("{} mm", parts.join(" · ")) }
}

/// The dialog: another case from a list that is searched, or masks from disk.
pub fn dialog(ui: &mut Ui, cx: &Cx<'_>, query: &str) {
    let Some(p) = &cx.state.project else { return };
    let mut now = query.to_owned();
    let id = Id::unique("compare-search");
    let field = egui::TextEdit::singleline(&mut now).id(id).hint_text("Search cases").desired_width(f32::INFINITY).margin(vec2(8.0, 5.0));
    let response = ui.add(field);
    response.widget_info(|| WidgetInfo::labeled(Role::SearchInput, true, "Search cases"));
    let chosen = response.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter));
    if ui.memory(|m| m.focused().is_none()) {
        response.request_focus();
    }
    if response.changed() {
        cx.send(Command::Open(Dialog::Compare { query: now }));
    }
    ui.add_space(4.0);
    let cases = candidates(p, query);
    if chosen {
        start(cx, p, cases.first().copied());
    }
    case_list(ui, cx, p, query, &cases);
    ui.add_space(8.0);
    other_masks(ui, cx);
}

fn start(cx: &Cx<'_>, p: &OpenProject, case: Option<usize>) {
    if let Some(case) = case {
        send(cx, CompareCommand::Start(CompareWith::Case(p.cases[case].clone())));
    }
}

/// Cases with an image other than the one on screen, whose id holds every word of the query.
fn candidates(p: &OpenProject, query: &str) -> Vec<usize> {
    let here = p.current_row().map(|r| &r.id.case);
    let with_image: HashSet<u32> = p.items.iter().zip(&p.case_of).filter(|(row, _)| row.has_image).map(|(_, case)| *case).collect();
    let words: Vec<String> = query.split_whitespace().map(str::to_lowercase).collect();
    let fits = |id: &str| {
        let id = id.to_lowercase();
        words.iter().all(|w| id.contains(w))
    };
    (0..p.cases.len()).filter(|&n| with_image.contains(&(n as u32)) && Some(&p.cases[n]) != here && fits(&p.cases[n].0)).collect()
}

fn case_list(ui: &mut Ui, cx: &Cx<'_>, p: &OpenProject, query: &str, cases: &[usize]) {
    if cases.is_empty() {
        let text = if query.trim().is_empty() { "This project has no other case with an image." } else { "No case has that name." };
        ui.label(RichText::new(text).color(cx.theme.weak));
        return;
    }
    ui.label(RichText::new(widgets::count(cases.len(), "case")).small().color(cx.theme.weak));
    ui.spacing_mut().item_spacing.y = 0.0;
    egui::ScrollArea::vertical().id_salt("compare-cases").max_height(8.0 * ROW).auto_shrink([false, true]).show_rows(
        ui,
        ROW,
        cases.len(),
        |ui, range| {
            for &case in &cases[range] {
                let button = egui::Button::new(p.cases[case].0.as_str()).frame(false).min_size(vec2(ui.available_width(), ROW));
                let response = ui.add(button);
                response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("compare with {}", p.cases[case].0)));
                if response.clicked() {
                    start(cx, p, Some(case));
                }
            }
        },
    );
}

fn other_masks(ui: &mut Ui, cx: &Cx<'_>) {
    ui.label(RichText::new("Or the same case with other masks:").small().color(cx.theme.weak));
    ui.horizontal(|ui| {
        for (name, tip, pick) in [
            ("Mask folder…", "A folder with one file per structure", FilePick::CompareFolder),
            ("Label map…", "One file with a number per structure", FilePick::CompareFile),
        ] {
            if ui.button(name).on_hover_text(tip).clicked() {
                cx.send(Command::Pick(pick));
                cx.send(Command::CloseDialog);
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_are_named_by_side() {
        let say = |x, y, z| offset(glam::DVec3::new(x, y, z));
        assert_eq!(say(-12.0, 0.02, 140.04), "L 12.0 · S 140.0 mm");
        assert_eq!(say(3.0, -1.0, -2.0), "R 3.0 · P 1.0 · I 2.0 mm");
        assert_eq!(say(0.0, 0.0, 0.0), "0 mm");
    }
}
