//! Which items to show by what is said about their answers, the two-model view, the jury's rule, blind labelling, findings.

use super::super::Cx;
use super::super::widgets::{count, thousands, toggle};
use super::send;
use crate::score::{Filter, Jury, Rule, RunScore};
use crate::state::{AnswerFilter, AnswersCommand, Command, Dialog, Table};
use egui::{RichText, Role, TextWrapMode, Ui, WidgetInfo, vec2};

/// Why geometry has no say yet.
const NOT_CHECKED: &str = "No answer was held against geometry yet: choose “Check answers against geometry” in the project's menu, or run \
                           voxaudit check";

/// Runs whose scores a tooltip lists.
const MOST_SCORES: usize = 12;

pub fn bar(ui: &mut Ui, cx: &Cx<'_>) {
    let Some(table) = cx.state.answers.table.as_ref().filter(|t| !t.runs.is_empty()) else { return };
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(4.0, 4.0);
        menu(ui, cx, table);
        structures(ui, cx, table);
        jury_menu(ui, cx);
        blind(ui, cx);
        findings(ui, cx, table);
        reviewers(ui, cx, table);
    });
    if !cx.state.answers.blind && table.matrix.runs().len() >= 2 {
        two_models(ui, cx, table);
    }
}

/// The same behind one line that opens, and that names a filter which is on.
pub fn folded(ui: &mut Ui, cx: &Cx<'_>) {
    let Some(table) = cx.state.answers.table.as_ref().filter(|t| !t.runs.is_empty()) else { return };
    let filter = current(cx).map_or_else(String::new, |f| format!(" · {}", f.name(table.matrix.runs())));
    let text = RichText::new(format!("filters and jury{filter}")).size(13.0).color(cx.theme.weak);
    egui::CollapsingHeader::new(text).id_salt("filters and jury").default_open(false).show_unindented(ui, |ui| bar(ui, cx));
}

fn current(cx: &Cx<'_>) -> Option<AnswerFilter> {
    cx.state.project.as_ref().and_then(|p| p.queue.filters.answers)
}

/// The filter that is on, or what one is for.
fn menu(ui: &mut Ui, cx: &Cx<'_>, table: &Table) {
    let now = current(cx);
    let runs = table.matrix.runs();
    let name = now.map_or_else(|| "all".to_owned(), |f| f.name(runs));
    let shown = if now.is_some() { name.clone() } else { "answers: all".to_owned() };
    let color = if now.is_some() { cx.theme.selection } else { cx.theme.text };
    let response = ui.menu_button(RichText::new(format!("{shown}  ▾")).color(color), |ui| entries(ui, cx, table)).response;
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("filter by answers: {name}")));
    response.on_hover_text("Which items the queue shows, by what is said about their answers");
}

fn entries(ui: &mut Ui, cx: &Cx<'_>, table: &Table) {
    let now = current(cx);
    let entry = |ui: &mut Ui, filter: Option<AnswerFilter>, text: &str, tip: &str| {
        if ui.selectable_label(now == filter, text).on_hover_text(tip).clicked() {
            send(cx, AnswersCommand::Filter(filter));
            ui.close();
        }
    };
    ui.set_min_width(220.0);
    entry(ui, None, "all items", "No filter by answers");
    let votes = AnswerFilter::Votes;
    entry(ui, Some(votes(Filter::AllWrong)), "all wrong", "The jury calls every answer wrong; control runs do not count");
    entry(ui, Some(votes(Filter::AllRight)), "all right", "The jury calls every answer right; control runs do not count");
    entry(ui, Some(votes(Filter::JudgesDisagree)), "judges disagree", "The votes on an answer differ");
    entry(ui, Some(votes(Filter::JuryAgainstHuman)), "jury against reviewers", "The jury and a reviewer say opposite things of an answer");
    if table.has_geometry() {
        entry(ui, Some(AnswerFilter::JuryAgainstGeometry), "jury against geometry", "By the stored verdicts of geometry (voxaudit check)");
    } else {
        let button = egui::Button::selectable(false, "jury against geometry");
        ui.add_enabled(false, button).on_disabled_hover_text(NOT_CHECKED);
    }
    if table.has_controls() {
        let tip = "A control run is right: answered from the wording or prior knowledge";
        entry(ui, Some(votes(Filter::RightWithoutImage)), "right without the image", tip);
    }
    entry(ui, Some(votes(Filter::NotJudgedByHuman)), "not judged by a reviewer", "Some answer has no judgement of a reviewer");
    entry(ui, Some(votes(Filter::Labelled)), "with an error label", "Some answer has an error label");
    if cx.state.answers.blind {
        return; // these name models
    }
    ui.separator();
    egui::ScrollArea::vertical().max_height(260.0).show(ui, |ui| {
        for run in table.control_runs() {
            let name = table.matrix.runs()[run].to_string();
            entry(ui, Some(votes(Filter::Right(run))), &format!("{name} right"), "Right under this condition, whatever the others are");
        }
        for run in table.usual_runs() {
            let name = table.matrix.runs()[run].to_string();
            entry(ui, Some(votes(Filter::OnlyRight(run))), &format!("only {name} right"), "Every other model is wrong");
            entry(ui, Some(votes(Filter::OnlyWrong(run))), &format!("only {name} wrong"), "Every other model is right");
        }
    });
}

/// Which structure the items name.
fn structures(ui: &mut Ui, cx: &Cx<'_>, table: &Table) {
    let now = cx.state.project.as_ref().and_then(|p| p.queue.filters.structure.clone());
    let color = if now.is_some() { cx.theme.selection } else { cx.theme.text };
    let name = now.as_deref().unwrap_or("structure");
    let response = ui.menu_button(RichText::new(format!("{name}  ▾")).color(color), |ui| {
        ui.set_min_width(220.0);
        if ui.selectable_label(now.is_none(), "any structure").clicked() {
            send(cx, AnswersCommand::Structure(None));
            ui.close();
        }
        egui::ScrollArea::vertical().max_height(320.0).show(ui, |ui| {
            for (structure, items) in &table.structures {
                let text = format!("{structure}  {}", thousands(items.len()));
                if ui.selectable_label(now.as_ref() == Some(structure), text).clicked() {
                    send(cx, AnswersCommand::Structure(Some(structure.clone())));
                    ui.close();
                }
            }
        });
    });
    response.response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("filter by structure: {name}")));
    response.response.on_hover_text("Items whose question, options or reference answer name a structure");
}

fn jury_menu(ui: &mut Ui, cx: &Cx<'_>) {
    let now = cx.state.answers.jury;
    let name = rule_name(now.rule);
    let response = ui
        .menu_button(format!("jury: {name}  ▾"), |ui| {
            for rule in [Rule::Majority, Rule::Mean, Rule::Unanimous] {
                if ui.selectable_label(now.rule == rule, rule_name(rule)).on_hover_text(rule_tip(rule)).clicked() {
                    send(cx, AnswersCommand::Jury(Jury { rule, ..now }));
                    ui.close();
                }
            }
            ui.separator();
            let mut without = now.exclude_parse_errors;
            let tip = "Votes that a parse error copied from another item count as missing";
            if ui.checkbox(&mut without, "leave PARSE_ERROR votes out").on_hover_text(tip).clicked() {
                send(cx, AnswersCommand::Jury(Jury { exclude_parse_errors: without, ..now }));
            }
        })
        .response;
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("jury: {name}")));
    response.on_hover_text("How the judges' votes become one ruling; a tie is undecided, one vote is too few");
}

/// How far reviewers agree with the jury, over all runs; each run's own figure is in the tooltip, which blinding hides.
fn reviewers(ui: &mut Ui, cx: &Cx<'_>, table: &Table) {
    let answers = &cx.state.answers;
    let text = format!("jury: {}", answers.jury_human.words());
    let words = RichText::new(&text).small().color(cx.theme.weak);
    // On a row of its own rather than broken in the middle, if a row is wide enough.
    let width =
        egui::WidgetText::from(words.clone()).into_galley(ui, Some(TextWrapMode::Extend), f32::INFINITY, egui::TextStyle::Small).size().x;
    let mode = if width <= ui.max_rect().width() { TextWrapMode::Extend } else { TextWrapMode::Wrap };
    let response = ui.add(egui::Label::new(words).wrap_mode(mode).selectable(false));
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("reviewers and {text}")));
    response.on_hover_ui(|ui| {
        ui.set_max_width(460.0);
        ui.label("Share of the judged answers on which reviewers and the jury say the same; κ by Cohen, AC1 by Gwet.");
        let scores = answers.jury_scores.iter().zip(table.matrix.runs()).filter(|_| !answers.blind);
        scores.take(MOST_SCORES).for_each(|(score, run)| _ = ui.label(score_words(&run.to_string(), score)));
        let more = answers.jury_scores.len().saturating_sub(MOST_SCORES);
        if more > 0 && !answers.blind {
            ui.label(format!("… and {more} more; the Analyse workspace shows all"));
        }
    });
}

/// `radfm: 31.2 % of 9,077 right; reviewers agree on 21 of 25 (…)`.
fn score_words(run: &str, score: &RunScore) -> String {
    let right = score.accuracy().map_or_else(|| "no ruling".to_owned(), |a| format!("{:.1} % of {} right", 100.0 * a, thousands(score.n)));
    format!("{run}: {right} by the jury; {}", score.human.words())
}

fn rule_name(rule: Rule) -> &'static str {
    match rule {
        Rule::Majority => "majority",
        Rule::Mean => "mean",
        Rule::Unanimous => "unanimous",
    }
}

fn rule_tip(rule: Rule) -> &'static str {
    match rule {
        Rule::Majority => "What more than half of the votes say",
        Rule::Mean => "The share of votes that say right; right above one half",
        Rule::Unanimous => "What all votes say; a split is undecided",
    }
}

fn blind(ui: &mut Ui, cx: &Cx<'_>) {
    let on = cx.state.answers.blind;
    if toggle(
        ui,
        on,
        "blind",
        "Hide the models' names, shuffle the answers of each item, and show what judges, figures and geometry say of an answer only when you have judged it",
    ) {
        send(cx, AnswersCommand::Blind(!on));
    }
}

/// Findings name models, so blinding hides them.
fn findings(ui: &mut Ui, cx: &Cx<'_>, table: &Table) {
    if table.findings.is_empty() || cx.state.answers.blind {
        return;
    }
    let text = format!("⚠ {}", count(table.findings.len(), "finding"));
    let response = ui.button(RichText::new(text).color(cx.theme.edit));
    if response.on_hover_text("What is odd about the answers and verdicts of this project").clicked() {
        cx.send(Command::Open(Dialog::Findings { open: None }));
    }
}

fn two_models(ui: &mut Ui, cx: &Cx<'_>, table: &Table) {
    let Some((a, b, n)) = cx.state.answers.pair else { return };
    egui::CollapsingHeader::new(RichText::new("two models").size(13.0)).default_open(false).show_unindented(ui, |ui| {
        ui.horizontal(|ui| {
            pick(ui, cx, table, ("A", a), |run| AnswersCommand::Pair(run, b));
            pick(ui, cx, table, ("B", b), |run| AnswersCommand::Pair(a, run));
        });
        for (side, run) in [("A", a), ("B", b)] {
            if let Some(score) = cx.state.answers.jury_scores.get(run) {
                ui.label(RichText::new(score_words(side, score)).small().color(cx.theme.weak));
            }
        }
        egui::Grid::new("two-by-two").num_columns(2).spacing(vec2(4.0, 4.0)).show(ui, |ui| {
            quarter(ui, cx, ("both right", n.both), (a, b), (true, true));
            quarter(ui, cx, ("only A right", n.only_a), (a, b), (true, false));
            ui.end_row();
            quarter(ui, cx, ("only B right", n.only_b), (a, b), (false, true));
            quarter(ui, cx, ("neither right", n.neither), (a, b), (false, false));
            ui.end_row();
        });
    });
}

fn pick(ui: &mut Ui, cx: &Cx<'_>, table: &Table, (side, now): (&str, usize), command: impl Fn(usize) -> AnswersCommand) {
    let runs = table.matrix.runs();
    let shown = runs.get(now).map_or_else(String::new, ToString::to_string);
    let response = egui::ComboBox::from_id_salt(("pair", side))
        .selected_text(format!("{side}  {shown}"))
        .truncate()
        .width((ui.available_width() - 8.0).clamp(120.0, 220.0))
        .show_ui(ui, |ui| {
            for (n, run) in runs.iter().enumerate() {
                if ui.selectable_label(n == now, run.to_string()).clicked() {
                    send(cx, command(n));
                }
            }
        })
        .response;
    response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, format!("model {side}: {shown}")));
}

/// One field of the 2 × 2: its items become the queue, and again all.
fn quarter(ui: &mut Ui, cx: &Cx<'_>, (name, n): (&str, usize), (a, b): (usize, usize), (a_right, b_right): (bool, bool)) {
    let filter = AnswerFilter::Votes(Filter::Pair { a, b, a_right, b_right });
    let on = current(cx) == Some(filter);
    let button = egui::Button::selectable(on, format!("{name}  {}", thousands(n))).frame_when_inactive(true).min_size(vec2(150.0, 26.0));
    let response = ui.add(button);
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, on, format!("{name}: {}", count(n, "item"))));
    if response.on_hover_text("Show these items in the queue; again for all").clicked() {
        send(cx, AnswersCommand::Filter((!on).then_some(filter)));
    }
}
