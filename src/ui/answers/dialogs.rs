//! What floats over Compare: the error types with examples, what is odd about the data, and names for a file that is imported.

use super::super::Cx;
use super::super::widgets::{count, filled_button, strong};
use crate::qa::{ErrorType, Finding};
use crate::state::{Command, Dialog, NameRun, OpenProject, ProjectCommand, QueueCommand, Toast};
use egui::{Id, RichText, Role, Ui, WidgetInfo, vec2};

pub fn taxonomy(ui: &mut Ui, cx: &Cx<'_>) {
    let taxonomy = cx.state.answers.taxonomy();
    let text = |t: &str| RichText::new(t.to_owned()).color(cx.theme.weak);
    ui.add(egui::Label::new(text(&taxonomy.about)).wrap());
    ui.label(RichText::new(taxonomy.id().to_string()).small().color(cx.theme.weak));
    taxonomy.types.iter().for_each(|t| error_type(ui, cx, t));
}

fn error_type(ui: &mut Ui, cx: &Cx<'_>, t: &ErrorType) {
    ui.add_space(10.0);
    ui.horizontal(|ui| {
        ui.label(strong(&t.key).color(cx.theme.selection));
        ui.label(strong(&t.name));
        if t.escape {
            ui.label(RichText::new("not the model's error").small().color(cx.theme.weak));
        }
    });
    ui.add(egui::Label::new(&t.definition).wrap());
    for code in &t.codes {
        ui.horizontal_wrapped(|ui| {
            ui.label(strong(&code.key).size(13.0).color(cx.theme.selection));
            ui.label(strong(&code.name).size(13.0));
            ui.label(RichText::new(&code.definition).size(13.0).color(cx.theme.weak));
        });
    }
    for e in &t.examples {
        let text = format!("For example: “{}” Reference: “{}” Answer: “{}” {}", e.question, e.reference, e.answer, e.why);
        ui.add(egui::Label::new(RichText::new(text).size(13.0).color(cx.theme.weak)).wrap());
    }
}

pub fn findings(ui: &mut Ui, cx: &Cx<'_>, open: Option<usize>) {
    let (Some(p), Some(table)) = (&cx.state.project, &cx.state.answers.table) else { return };
    let text = "Nothing is changed because of these. Votes copied by a PARSE_ERROR can be left out of the jury.";
    ui.add(egui::Label::new(RichText::new(text).small().color(cx.theme.weak)).wrap());
    ui.add_space(6.0);
    for (n, finding) in table.findings.iter().enumerate() {
        let on = open == Some(n);
        let line = format!("{} {}", if on { "▾" } else { "▸" }, finding.line());
        let response = ui.add(egui::Button::selectable(on, line).wrap());
        response.widget_info(|| WidgetInfo::selected(Role::DisclosureTriangle, true, on, finding.line()));
        if response.on_hover_text("List its items").clicked() {
            cx.send(Command::Open(Dialog::Findings { open: (!on).then_some(n) }));
        }
        if on {
            items(ui, cx, p, finding);
        }
    }
}

/// Items of a finding; a click shows one.
fn items(ui: &mut Ui, cx: &Cx<'_>, p: &OpenProject, finding: &Finding) {
    ui.label(RichText::new(count(finding.items.len(), "item")).small().color(cx.theme.weak));
    egui::ScrollArea::vertical().id_salt("finding").max_height(220.0).auto_shrink([false, true]).show_rows(
        ui,
        22.0,
        finding.items.len(),
        |ui, range| {
            for id in &finding.items[range] {
                let known = p.index.get(id).copied();
                let row = egui::Button::selectable(false, id.to_string());
                if ui.add_enabled(known.is_some(), row).on_hover_text("Show this item").clicked() {
                    cx.send(Command::CloseDialog);
                    known.into_iter().for_each(|index| cx.send(Command::Queue(QueueCommand::Select(index))));
                }
            }
        },
    );
}

/// Whose answers or verdicts a file holds.
pub fn name_run(ui: &mut Ui, cx: &Cx<'_>, asked: &NameRun) {
    let mut now = asked.clone();
    let file = asked.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    ui.label(RichText::new(file).color(cx.theme.weak)).on_hover_text(asked.file.display().to_string());
    ui.add_space(6.0);
    field(ui, "Model, or MODEL@CONDITION for a control run", &mut now.run, "import-run");
    known_runs(ui, cx, &mut now);
    if let Some(judge) = &mut now.judge {
        ui.add_space(6.0);
        field(ui, "Judge", judge, "import-judge");
    }
    let request = now.request();
    ui.add_space(10.0);
    match &request {
        Err(why) => ui.label(RichText::new(why).color(cx.theme.edit)),
        Ok(_) => {
            ui.label(RichText::new("Conditions: text-only, one-slice, wrong-image, or a name of your own.").small().color(cx.theme.weak))
        }
    };
    ui.add_space(6.0);
    if now != *asked {
        cx.send(Command::Open(Dialog::NameRun(now.clone())));
    }
    let verb = if now.judge.is_some() { "Import verdicts" } else { "Import answers" };
    let enter = ui.input(|i| i.key_pressed(egui::Key::Enter));
    if filled_button(ui, cx.theme, verb, cx.theme.selection, ui.available_width()).clicked() || enter {
        cx.send(match request {
            Ok(request) => Command::Project(ProjectCommand::Import(request)),
            Err(why) => Command::Toast(Toast::warning(format!("Not imported: {why}."))),
        });
    }
}

fn field(ui: &mut Ui, label: &str, text: &mut String, id: &str) {
    ui.label(label);
    let response = ui.add(egui::TextEdit::singleline(text).id(Id::unique(id)).desired_width(f32::INFINITY).margin(vec2(8.0, 6.0)));
    response.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, label));
}

/// Runs that are here already: verdicts belong to one of them, and a name is not written in two ways by a slip of the pen.
fn known_runs(ui: &mut Ui, cx: &Cx<'_>, now: &mut NameRun) {
    let Some(table) = cx.state.answers.table.as_ref().filter(|t| !t.runs.is_empty()) else { return };
    ui.label(RichText::new("In this project already:").small().color(cx.theme.weak));
    egui::ScrollArea::vertical().max_height(96.0).show(ui, |ui| {
        ui.horizontal_wrapped(|ui| {
            for info in &table.runs {
                let name = info.run.to_string();
                if ui.selectable_label(now.run == name, &name).clicked() {
                    now.run = name;
                }
            }
        });
    });
}
