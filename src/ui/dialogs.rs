//! What floats over the window: keys, reviewer, data roots, import, export, about.

use super::keys::{CHART_MOUSE, MOUSE};
use super::widgets::{count, filled_button, strong};
use super::{Cx, KEYS, keys};
use crate::project::import::ImportRequest;
use crate::review::Reviewer;
use crate::state::{Command, Dialog, ExportOptions, FilePick, ProjectCommand, SettingsCommand};
use egui::{Event, Id, Key, RichText, Role, Ui, WidgetInfo, vec2};

pub fn show(ui: &Ui, cx: &Cx<'_>) {
    let Some(dialog) = &cx.state.dialog else { return };
    let (title, width): (&str, f32) = match dialog {
        Dialog::Keys => ("Keys", 1180.0),
        Dialog::Reviewer { .. } => ("Who reviews?", 360.0),
        Dialog::Roots => ("Data roots", 620.0),
        Dialog::Import => ("Import", 520.0),
        Dialog::Export { .. } => ("Export", 460.0),
        Dialog::Listing { title, .. } => (title.as_str(), 680.0),
        Dialog::Leased { .. } => ("Open on another machine", 460.0),
        Dialog::About => ("About voxaudit", 420.0),
        Dialog::Compare { .. } => ("Compare with…", 440.0),
        Dialog::NameRun(asked) => (if asked.judge.is_some() { "Whose verdicts?" } else { "Whose answers?" }, 440.0),
        Dialog::Taxonomy => ("Error types", 720.0),
        Dialog::Findings { .. } => ("Findings in answers and verdicts", 680.0),
    };
    let most = ui.ctx().content_rect().size() - vec2(48.0, 96.0);
    let response = egui::Modal::new(Id::unique("dialog")).frame(cx.theme.card_frame().inner_margin(20)).show(ui.ctx(), |ui| {
        ui.set_width(width.min(most.x));
        ui.set_max_height(most.y);
        ui.visuals_mut().widgets.inactive.weak_bg_fill = cx.theme.hover; // buttons stand out from the card
        ui.horizontal(|ui| {
            ui.label(strong(title).size(17.0));
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let close = ui.button("✕");
                close.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Close"));
                if close.on_hover_text("Close  (Esc)").clicked() {
                    cx.send(Command::CloseDialog);
                }
            });
        });
        ui.add_space(8.0);
        let tall = matches!(dialog, Dialog::Keys | Dialog::Taxonomy | Dialog::Findings { .. });
        let room = if tall { most.y - 60.0 } else { 64.0 };
        egui::ScrollArea::vertical().max_height(most.y - 60.0).min_scrolled_height(room).show(ui, |ui| match dialog {
            Dialog::Keys => key_table(ui, cx),
            Dialog::Reviewer { name, initials } => reviewer(ui, cx, name, initials),
            Dialog::Roots => roots(ui, cx),
            Dialog::Import => import(ui, cx),
            Dialog::Export { options } => export(ui, cx, options),
            Dialog::Listing { lines, retry, .. } => listing(ui, cx, lines, retry.as_ref()),
            Dialog::Leased { path, message } => leased(ui, cx, path, message),
            Dialog::About => about(ui, cx),
            Dialog::NameRun(asked) => super::answers::name_run(ui, cx, asked),
            Dialog::Taxonomy => super::answers::taxonomy(ui, cx),
            Dialog::Findings { open } => super::answers::findings(ui, cx, *open),
            Dialog::Compare { query } => super::viewer::compare_dialog(ui, cx, query),
        });
    });
    if response.backdrop_response.clicked() {
        cx.send(Command::CloseDialog);
    }
}

/// A window of another machine has the project: only the user can know that it does not write any more.
fn leased(ui: &mut Ui, cx: &Cx<'_>, path: &std::path::Path, message: &str) {
    ui.label(message);
    ui.add_space(12.0);
    ui.horizontal(|ui| {
        if ui.button("Try again").clicked() {
            cx.send(Command::CloseDialog);
            cx.send(Command::Project(ProjectCommand::Open(path.to_path_buf())));
        }
        if ui.button("Open anyway").on_hover_text("Only when you know that nobody works in that window").clicked() {
            cx.send(Command::Project(ProjectCommand::OpenAnyway(path.to_path_buf())));
        }
    });
}

/// Which action waits for its new key.
fn rebinding() -> Id {
    Id::unique("rebinding")
}

fn key_table(ui: &mut Ui, cx: &Cx<'_>) {
    ui.label(RichText::new("Click a key to change it. Letter keys do nothing while you type in a field.").small().color(cx.theme.weak));
    ui.add_space(4.0);
    let mut groups: Vec<&str> = Vec::new();
    for row in KEYS {
        if !groups.contains(&row.group) {
            groups.push(row.group);
        }
    }
    let n = ((ui.available_width() / KEY_COLUMN) as usize).clamp(1, 3);
    ui.spacing_mut().item_spacing.x = 20.0;
    ui.columns(n, |uis| {
        for (ui, names) in uis.iter_mut().zip(columns(&groups, n)) {
            for group in names {
                key_group(ui, cx, group);
            }
        }
    });
    mouse(ui, cx);
    listen(ui, cx);
}

/// Width of a column of keys at least, in points, and of a key in it.
const KEY_COLUMN: f32 = 340.0;
const KEY: f32 = 148.0;

/// Groups in `n` columns of about the same height: the longest first, each into the shortest column; then as they are in the table.
fn columns<'a>(groups: &[&'a str], n: usize) -> Vec<Vec<&'a str>> {
    let rows = |group: &str| KEYS.iter().filter(|r| r.group == group).count() + 2; // the heading and the space above it
    let place = |group: &str| groups.iter().position(|o| *o == group);
    let mut sorted = groups.to_vec();
    sorted.sort_by_key(|g| std::cmp::Reverse(rows(g)));
    let mut columns = vec![(0, Vec::new()); n];
    for group in sorted {
        if let Some((height, column)) = columns.iter_mut().min_by_key(|(height, _)| *height) {
            column.push(group);
            *height += rows(group);
        }
    }
    let mut columns: Vec<Vec<&str>> = columns.into_iter().map(|(_, column)| column).collect();
    columns.iter_mut().for_each(|c| c.sort_by_key(|g| place(g)));
    columns.sort_by_key(|c| c.first().and_then(|g| place(g)));
    columns
}

fn key_group(ui: &mut Ui, cx: &Cx<'_>, group: &str) {
    ui.add_space(6.0);
    ui.label(strong(group));
    ui.spacing_mut().item_spacing = vec2(12.0, 2.0);
    for row in KEYS.iter().filter(|r| r.group == group) {
        ui.horizontal_top(|ui| {
            key_button(ui, cx, row);
            // In the middle of the key when it is one line; below each other from there when it is more.
            ui.vertical(|ui| {
                ui.add_space(2.0);
                ui.add(egui::Label::new(row.help).wrap());
            });
        });
    }
}

fn key_button(ui: &mut Ui, cx: &Cx<'_>, row: &keys::KeyRow) {
    let waiting = ui.data(|d| d.get_temp::<&'static str>(rebinding())) == Some(row.name);
    let changed = cx.state.settings.keys.contains_key(row.name);
    let mut text: Vec<String> = cx.keys.of(row.action).iter().map(keys::shown).collect();
    text.dedup();
    let text = if waiting { "press a key…".to_owned() } else { text.join("  ") };
    let color = if changed { cx.theme.selection } else { cx.theme.text };
    let button = egui::Button::new(strong(text).size(13.0).color(color)).small().truncate();
    let response = ui.add_sized(vec2(KEY, 22.0), button);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("change the key for {}", row.name)));
    let response = response.on_hover_text(if changed { "Click to change, right-click for the default" } else { "Click to change" });
    if response.clicked() {
        ui.data_mut(|d| d.insert_temp(rebinding(), row.name));
    }
    if response.secondary_clicked() {
        cx.send(Command::Settings(SettingsCommand::Key { action: row.name.to_owned(), shortcut: None }));
    }
}

fn mouse(ui: &mut Ui, cx: &Cx<'_>) {
    for (title, gestures) in [("Mouse in an image", MOUSE), ("Mouse in a chart", &CHART_MOUSE)] {
        ui.add_space(6.0);
        ui.label(strong(title));
        let text: Vec<String> = gestures.iter().map(|(gesture, help)| format!("{gesture}: {help}")).collect();
        ui.add(egui::Label::new(RichText::new(text.join(" · ")).color(cx.theme.weak)).wrap());
    }
}

/// Takes the next key press for the action that waits for one.
fn listen(ui: &Ui, cx: &Cx<'_>) {
    let Some(action) = ui.data(|d| d.get_temp::<&'static str>(rebinding())) else { return };
    let pressed = ui.input(|i| {
        i.events.iter().find_map(|e| match e {
            Event::Key { key, pressed: true, modifiers, .. } => Some((*key, *modifiers)),
            _ => None,
        })
    });
    let Some((key, modifiers)) = pressed else { return };
    ui.data_mut(|d| d.remove::<&'static str>(rebinding()));
    if key == Key::Escape {
        return;
    }
    let modifiers = egui::Modifiers { ctrl: false, mac_cmd: false, command: modifiers.command || modifiers.ctrl, ..modifiers };
    let shortcut = keys::shown(&egui::KeyboardShortcut::new(modifiers, key));
    let mut wanted = cx.state.settings.keys.clone();
    wanted.insert(action.to_owned(), shortcut.clone());
    match super::KeyMap::new(&wanted).problems.first() {
        Some(problem) => cx.send(Command::Toast(crate::state::Toast::warning(problem.replace("settings: ", "Not changed: ")))),
        None => cx.send(Command::Settings(SettingsCommand::Key { action: action.to_owned(), shortcut: Some(shortcut) })),
    }
}

fn field(ui: &mut Ui, label: &str, text: &mut String, id: &str) -> egui::Response {
    ui.label(label);
    let response = ui.add(egui::TextEdit::singleline(text).id(Id::unique(id)).desired_width(f32::INFINITY).margin(vec2(8.0, 6.0)));
    response.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, label));
    response
}

fn reviewer(ui: &mut Ui, cx: &Cx<'_>, name: &str, initials: &str) {
    let (mut name, mut initials) = (name.to_owned(), initials.to_owned());
    ui.label(RichText::new("Stored with every decision of this session.").small().color(cx.theme.weak));
    ui.add_space(6.0);
    let first = field(ui, "Name", &mut name, "reviewer-name");
    let second = field(ui, "Initials", &mut initials, "reviewer-initials");
    if ui.memory(|m| m.focused().is_none()) {
        first.request_focus();
    }
    if first.changed() || second.changed() {
        cx.send(Command::Open(Dialog::Reviewer { name: name.clone(), initials: initials.clone() }));
    }
    known_reviewers(ui, cx);
    ui.add_space(10.0);
    let enter = ui.input(|i| i.key_pressed(Key::Enter));
    if filled_button(ui, cx.theme, "Start reviewing", cx.theme.selection, ui.available_width()).clicked() || enter {
        cx.send(Command::Project(ProjectCommand::SetReviewer(Reviewer::new(&name, &initials))));
    }
}

/// Reviewers who are in the log already: one click, and no second reviewer by a slip of the pen.
fn known_reviewers(ui: &mut Ui, cx: &Cx<'_>) {
    let Some(p) = &cx.state.project else { return };
    let known = p.review.reviewers();
    if known.is_empty() {
        return;
    }
    ui.add_space(6.0);
    ui.label(RichText::new("In this project already:").small().color(cx.theme.weak));
    ui.horizontal_wrapped(|ui| {
        for r in known {
            if ui.button(&r.name).clicked() {
                cx.send(Command::Project(ProjectCommand::SetReviewer(r)));
            }
        }
    });
}

fn roots(ui: &mut Ui, cx: &Cx<'_>) {
    let Some(p) = &cx.state.project else { return };
    let text = "A project stores where images are relative to a named root. Each machine maps a root to its own folder; the map stays on this machine.";
    ui.add(egui::Label::new(RichText::new(text).small().color(cx.theme.weak)).wrap());
    ui.add_space(8.0);
    if p.roots.is_empty() {
        ui.label(RichText::new("This project has no images or masks yet.").color(cx.theme.weak));
        if ui.button("Import…").clicked() {
            cx.send(Command::Open(Dialog::Import));
        }
    }
    for root in &p.roots {
        ui.horizontal(|ui| {
            ui.label(strong(&root.name));
            ui.label(RichText::new(count(root.cases, "case")).color(cx.theme.weak));
            let (glyph, color) = if root.found { ("✓", cx.theme.accept) } else { ("✗ not found", cx.theme.reject) };
            ui.label(RichText::new(glyph).color(color));
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                if ui.button("Choose folder…").clicked() {
                    cx.send(Command::Pick(FilePick::Root(root.name.clone())));
                }
            });
        });
        let folder = root.folder.as_ref().map_or_else(|| "not mapped on this machine".to_owned(), |f| f.display().to_string());
        ui.add(egui::Label::new(RichText::new(folder).small().color(cx.theme.weak)).truncate());
        ui.add_space(6.0);
    }
}

fn import(ui: &mut Ui, cx: &Cx<'_>) {
    let text = "Each import is one transaction: all of a file is added, or nothing. Importing a file twice changes nothing.";
    ui.add(egui::Label::new(RichText::new(text).small().color(cx.theme.weak)).wrap());
    ui.add_space(8.0);
    for (name, tip, pick) in [
        ("Questions…", "QA as JSON or JSONL; categories and options are added to items that are already here", FilePick::ImportQa),
        ("Reports…", "Findings and impressions per case, JSON or JSONL", FilePick::ImportReports),
        ("Images…", "A folder with NIfTI volumes, matched by case id", FilePick::ImportImages),
        ("Masks…", "A folder with label maps, or one folder per case with a file per structure", FilePick::ImportMasks),
        ("Answers…", "A model's answers, JSONL or JSON; each finds its item by case and question", FilePick::ImportAnswers),
        ("Verdicts…", "A judge's verdicts on a model's answers, JSON or JSONL", FilePick::ImportVerdicts),
    ] {
        ui.horizontal(|ui| {
            if ui.add(egui::Button::new(name).min_size(vec2(120.0, 30.0))).clicked() {
                cx.send(Command::Pick(pick));
                cx.send(Command::CloseDialog);
            }
            ui.add(egui::Label::new(RichText::new(tip).color(cx.theme.weak)).wrap());
        });
        ui.add_space(4.0);
    }
}

fn export(ui: &mut Ui, cx: &Cx<'_>, options: &ExportOptions) {
    let mut now = options.clone();
    ui.visuals_mut().widgets.inactive.bg_stroke = egui::Stroke::new(1.0, cx.theme.weak); // boxes must be seen on a card
    let text = "Writes JSONL, JSON and CSV with a manifest and a dataset card. Accepted and edited items are always included.";
    ui.add(egui::Label::new(RichText::new(text).small().color(cx.theme.weak)).wrap());
    ui.add_space(8.0);
    ui.checkbox(&mut now.include_rejected, "Also rejected items");
    ui.checkbox(&mut now.include_undecided, "Also undecided items");
    ui.checkbox(&mut now.pseudonyms, "Reviewers as R1, R2, … instead of their names");
    ui.add_space(6.0);
    field(ui, "Folder (made new)", &mut now.out, "export-folder");
    if now != *options {
        cx.send(Command::Open(Dialog::Export { options: now.clone() }));
    }
    ui.add_space(6.0);
    let nothing = cx.state.project.as_ref().is_none_or(|p| p.exported(&now) == 0);
    if nothing {
        nothing_to_export(ui, cx);
    }
    ui.horizontal(|ui| {
        let width = (ui.available_width() - 8.0) / 2.0;
        let text = if nothing { "Export nevertheless" } else { "Export" };
        if filled_button(ui, cx.theme, text, cx.theme.selection, width).clicked() {
            cx.send(Command::Project(ProjectCommand::Export(now.request())));
        }
        if ui.add_sized([width, 32.0], egui::Button::new("Choose another folder…")).clicked() {
            cx.send(Command::Pick(FilePick::Export(now.clone())));
        }
    });
}

/// Said before empty files are written. Items that came with an earlier review are exported as they came.
fn nothing_to_export(ui: &mut Ui, cx: &Cx<'_>) {
    let text = "⚠ No item is accepted or edited here, so the files will be empty, except for items that came with an earlier review.";
    ui.add(egui::Label::new(RichText::new(text).color(cx.theme.edit)).wrap());
    ui.add_space(6.0);
}

/// Lines that can be read and copied; a long list is virtualised.
fn listing(ui: &mut Ui, cx: &Cx<'_>, lines: &[String], retry: Option<&ImportRequest>) {
    ui.label(RichText::new(count(lines.len(), "line")).small().color(cx.theme.weak));
    egui::ScrollArea::both().id_salt("listing").max_height(360.0).auto_shrink([false, true]).show_rows(
        ui,
        18.0,
        lines.len(),
        |ui, range| {
            for line in &lines[range] {
                ui.add(egui::Label::new(RichText::new(line).size(13.0)).extend().selectable(true));
            }
        },
    );
    ui.add_space(8.0);
    ui.horizontal(|ui| {
        if ui.button("Copy all").clicked() {
            ui.ctx().copy_text(lines.join("\n"));
        }
        if let Some(request) = retry
            && ui.button("Import what matches").on_hover_text("The lines above are left out").clicked()
        {
            cx.send(Command::Project(ProjectCommand::Import(ImportRequest { keep_matched: true, ..request.clone() })));
        }
    });
}

fn about(ui: &mut Ui, cx: &Cx<'_>) {
    ui.label(format!("Version {}", crate::VERSION));
    ui.label(
        RichText::new("MIT or Apache-2.0, at your option. Not a medical device: for research on datasets and models only.")
            .color(cx.theme.weak),
    );
    ui.label(RichText::new("Nothing leaves this machine: voxaudit opens no network connection.").color(cx.theme.weak));
    ui.label(RichText::new("Typefaces: Inter (SIL OFL 1.1), DejaVu Sans (Bitstream Vera licence).").color(cx.theme.weak));
}
