//! One answer: who gave it, its words against the reference, what judges, jury, reviewers and geometry say, figures, error labels.

use super::super::widgets::{chip, strong};
use super::super::{Cx, item};
use super::{judgement_color, judgement_glyph, name, reasons};
use crate::project::check::Source;
use crate::qa::pieces::Kind;
use crate::qa::{Condition, Item, Taxonomy};
use crate::review::{AnswerReview, ErrorLabel, Explanation, Faithfulness, Judgement};
use crate::score::{Cell, Choice, Standing, choose, right_option};
use crate::state::AnswerRow;
use egui::text::{LayoutJob, TextFormat};
use egui::{Color32, FontId, Response, RichText, Role, Sense, Stroke, Ui, WidgetInfo, vec2};

/// Names of judges are written out up to so many; more are told by their tooltips.
const NAMED_JUDGES: usize = 4;
/// Words of the reference that are struck through in an answer; with more of them none is.
const MOST_STRUCK: usize = 4;

pub fn show(ui: &mut Ui, cx: &Cx<'_>, place: usize, answer: &AnswerRow) {
    heading(ui, cx, place, answer);
    words(ui, cx, answer);
    let veiled = cx.state.is_veiled(&answer.view.run);
    if veiled {
        ui.label(RichText::new("What judges, figures and geometry say is shown once you have judged.").small().color(cx.theme.weak));
    } else {
        verdicts(ui, cx, place, answer);
        if cx.state.answers.reasons && place == cx.state.answers.selected {
            reasons::show(ui, cx, &answer.view.verdicts);
        }
        reviews(ui, cx, answer);
    }
    if let Some(text) = answer.view.reasoning.as_deref().filter(|t| !t.trim().is_empty()) {
        explanation(ui, cx, place, text);
    }
    if !veiled {
        super::super::witness::show(ui, cx, &Source::Answer(answer.view.run.clone()));
    }
}

/// Signs at the ends of an answer, such as a blank that a model always begins with, would tell which model it is.
fn without_ends(pieces: &[(Kind, String)]) -> &[(Kind, String)] {
    let inner = |p: &(Kind, String)| p.0 != Kind::Odd;
    match (pieces.iter().position(inner), pieces.iter().rposition(inner)) {
        (Some(first), Some(last)) => &pieces[first..=last],
        _ => pieces,
    }
}

fn heading(ui: &mut Ui, cx: &Cx<'_>, place: usize, answer: &AnswerRow) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        let text = if cx.state.answers.blind { name(cx, place, answer) } else { answer.view.run.model.clone() };
        ui.add(egui::Label::new(strong(text).size(13.0)).truncate());
        let condition = &answer.view.run.condition;
        if *condition != Condition::Full && !cx.state.answers.blind {
            chip(ui, cx.theme, condition.name(), cx.theme.edit).on_hover_text("A control run: the model was not shown the whole image");
        }
    });
}

fn words(ui: &mut Ui, cx: &Cx<'_>, answer: &AnswerRow) {
    if answer.view.text.trim().is_empty() {
        ui.label(RichText::new("empty answer").italics().color(cx.theme.edit));
    }
    if answer.pieces.iter().any(|(kind, _)| *kind != Kind::Missing) {
        let pieces = if cx.state.answers.blind { without_ends(&answer.pieces) } else { &answer.pieces };
        let label = egui::Label::new(answer_job(cx, pieces, ui.available_width())).wrap().selectable(true);
        ui.add(label).on_hover_text("Underlined: not in the reference. Struck through: only in the reference, where few words differ.");
    }
    if answer.cut > 0 {
        ui.horizontal(|ui| {
            let text = format!("… and {} more", super::super::widgets::count(answer.cut, "character"));
            ui.label(RichText::new(text).small().color(cx.theme.weak));
            if ui.small_button("Copy the whole answer").clicked() {
                ui.ctx().copy_text(answer.view.text.clone());
            }
        });
    }
}

/// Words that only the answer has are underlined, a few that it lacks are struck through (more would make it hard to read, and the reference
/// stands above), what is no word stands on a ground of its own.
fn answer_job(cx: &Cx<'_>, pieces: &[(Kind, String)], width: f32) -> LayoutJob {
    let mut job = LayoutJob::default();
    job.wrap.max_width = width;
    let missing = pieces.iter().filter(|p| p.0 == Kind::Missing).map(|p| p.1.split_whitespace().count()).sum::<usize>();
    let shown: Vec<_> = pieces.iter().filter(|p| p.0 != Kind::Missing || missing <= MOST_STRUCK).collect();
    for (n, (kind, text)) in shown.iter().enumerate() {
        // A word that takes the place of another stands beside it.
        let replaced = n > 0 && shown[n - 1].0 == Kind::Missing && *kind == Kind::Extra;
        if replaced && !shown[n - 1].1.ends_with(char::is_whitespace) && !text.starts_with(char::is_whitespace) {
            job.append(" ", 0.0, TextFormat::simple(FontId::proportional(15.0), cx.theme.text));
        }
        let mut format = TextFormat { font_id: FontId::proportional(15.0), color: cx.theme.text, ..TextFormat::default() };
        match kind {
            Kind::Same => {}
            Kind::Extra => format.underline = Stroke::new(1.0, cx.theme.selection),
            Kind::Missing => {
                format.color = cx.theme.weak;
                format.strikethrough = Stroke::new(1.0, cx.theme.weak);
            }
            Kind::Odd => {
                format.font_id = FontId::monospace(13.0);
                format.background = cx.theme.mark;
            }
        }
        job.append(text, 0.0, format);
    }
    job
}

/// A small sign whose meaning is spoken and in its tooltip.
fn mark(ui: &mut Ui, text: impl Into<RichText>, color: Color32, spoken: &str) -> Response {
    let response = ui.add(egui::Label::new(text.into().small().color(color)).selectable(false).sense(Sense::hover()));
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, spoken));
    response
}

fn verdicts(ui: &mut Ui, cx: &Cx<'_>, place: usize, answer: &AnswerRow) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(8.0, 2.0);
        choice(ui, cx, answer);
        let named = answer.view.verdicts.len() <= NAMED_JUDGES;
        answer.view.verdicts.iter().for_each(|v| reasons::verdict(ui, cx, place, v, named));
        if !answer.view.verdicts.is_empty() {
            jury(ui, cx, answer);
        }
        figures(ui, cx, answer);
    });
}

/// Which option the answer chose, where the item has some.
fn choice(ui: &mut Ui, cx: &Cx<'_>, answer: &AnswerRow) {
    let item = |i: &Item| (i.options.len() >= 2).then(|| (choose(&answer.view.text, &i.options), right_option(i)));
    let current = cx.state.project.as_ref().and_then(|p| p.current.as_ref()?.item.as_ref());
    let Some((chosen, right)) = current.and_then(item) else { return };
    match chosen {
        Choice::Option(n) if right == Some(n) => {
            mark(ui, format!("✓ chose {}", item::letter(n)), cx.theme.accept, "chose the right option")
        }
        Choice::Option(n) => mark(ui, format!("✗ chose {}", item::letter(n)), cx.theme.reject, "chose a wrong option"),
        Choice::Invalid => mark(ui, "✗ no single option", cx.theme.edit, "chose no single option"),
        Choice::Empty => mark(ui, "– no option", cx.theme.edit, "chose no option"),
    };
}

fn jury(ui: &mut Ui, cx: &Cx<'_>, answer: &AnswerRow) {
    let mut cell = Cell { answered: true, ..Cell::default() };
    answer.view.verdicts.iter().filter_map(|v| Some((v.correct?, v.parse_error))).for_each(|(right, copied)| cell.add_vote(right, copied));
    let jury = &cx.state.answers.jury;
    let (right, wrong) = cell.votes(jury);
    let (glyph, word, color) = match cell.standing(jury) {
        Standing::Right => ("✓", "right", cx.theme.accept),
        Standing::Wrong => ("✗", "wrong", cx.theme.reject),
        Standing::Undecided => ("≈", "undecided", cx.theme.undecided),
        Standing::Unjudged | Standing::Unanswered => ("–", "too few votes", cx.theme.weak),
    };
    let spoken = format!("jury: {word}, {right} of {} votes say right", right + wrong);
    let text = strong(format!("jury {glyph} {word} {right}/{}", right + wrong));
    mark(ui, text, color, &spoken).on_hover_text(spoken);
}

fn figures(ui: &mut Ui, cx: &Cx<'_>, answer: &AnswerRow) {
    let Some(s) = &answer.scores else {
        mark(ui, "too long to be scored here", cx.theme.weak, "too long to be scored here");
        return;
    };
    let exact = match (s.exact, s.exact_normalised) {
        (true, _) => "exact",
        (false, true) => "exact but for case and signs",
        (false, false) => "not exact",
    };
    let text = format!("{exact} · F1 {:.2} · ROUGE-L {:.2}", s.token_f1, s.rouge.rouge_l);
    let more = format!("ROUGE-1 {:.2} · ROUGE-2 {:.2} · METEOR {:.2}", s.rouge.rouge1, s.rouge.rouge2, s.meteor);
    let tip = "Against the reference: exact match, F1 of common words, ROUGE-L with stemming";
    mark(ui, &text, cx.theme.weak, &text).on_hover_text(format!("{tip}\n{more}"));
}

/// What reviewers say, the one of this session first and with what is not on disk yet.
fn reviews(ui: &mut Ui, cx: &Cx<'_>, answer: &AnswerRow) {
    let own = cx.state.own_word(&answer.view.run);
    let me = cx.state.me();
    let id = cx.state.project.as_ref().and_then(|p| p.current_row()).map(|row| &row.id);
    let review = cx.state.project.as_ref().zip(id).and_then(|(p, id)| p.review.item(id));
    let all = review.into_iter().flat_map(|r| r.of_answer(&answer.view.run));
    let others: Vec<&AnswerReview> = all.filter(|(who, _)| me.as_ref() != Some(*who)).map(|(_, said)| said).collect();
    if own.judgement.is_none() && own.label.is_none() && !own.pending && others.is_empty() {
        return;
    }
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(6.0, 2.0);
        own.judgement.iter().for_each(|j| judged(ui, cx, "you", *j));
        own.label.iter().for_each(|l| label(ui, cx, "you", l));
        if own.failed {
            mark(ui, "! not saved", cx.theme.reject, "not saved");
        } else if own.pending {
            mark(ui, "… saving", cx.theme.weak, "saving");
        }
        for said in others {
            said.judgement.iter().for_each(|j| judged(ui, cx, item::who(cx, &j.reviewer.name), j.what));
            said.label.iter().for_each(|l| label(ui, cx, item::who(cx, &l.reviewer.name), &l.what));
        }
        let stale = review.into_iter().flat_map(|r| r.of_answer(&answer.view.run)).any(|(_, said)| is_stale(said, answer));
        if stale {
            mark(ui, "⚠ the answer changed after this was said", cx.theme.edit, "the answer changed after this was said");
        }
    });
}

fn is_stale(said: &AnswerReview, answer: &AnswerRow) -> bool {
    let hashes = said.judgement.iter().map(|j| j.sha256).chain(said.label.iter().map(|l| l.sha256));
    hashes.into_iter().any(|hash| hash != answer.view.sha256)
}

fn judged(ui: &mut Ui, cx: &Cx<'_>, who: &str, judgement: Judgement) {
    let word = if judgement == Judgement::Unsure { "cannot tell" } else { judgement.code() };
    let text = strong(format!("{who} {} {word}", judgement_glyph(judgement)));
    mark(ui, text, judgement_color(cx, judgement), &format!("{who}: {word}"));
}

fn label(ui: &mut Ui, cx: &Cx<'_>, who: &str, label: &ErrorLabel) {
    let text = label_words(cx.state.answers.taxonomy(), label);
    let response = chip(ui, cx.theme, &text, cx.theme.text);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("error label of {who}: {text}")));
    let axes = axes(label);
    let note = if label.note.is_empty() { String::new() } else { format!("\n{}", label.note) };
    response.on_hover_text(format!("{who}: {text}{axes}{note}"));
}

/// `relational: frame swap + linguistic · lucky guess`.
pub fn label_words(taxonomy: &Taxonomy, label: &ErrorLabel) -> String {
    let of_type = |code: &String| {
        let name = taxonomy.error_type(code).map_or(code.as_str(), |t| &t.name);
        let subs = label.codes.iter().filter_map(|c| taxonomy.sub_code(c)).filter(|(t, _)| t.code == *code).map(|(_, c)| c.name.as_str());
        let subs = subs.collect::<Vec<_>>().join(", ");
        if subs.is_empty() { name.to_owned() } else { format!("{name}: {subs}") }
    };
    let types: Vec<String> = [&label.primary, &label.secondary].into_iter().flatten().map(of_type).collect();
    let faith = label.faithfulness().map(Faithfulness::name).map(str::to_owned);
    let half = match (faith.is_none(), label.answer_right) {
        (true, Some(right)) => Some(format!("answer {}", if right { "right" } else { "wrong" })),
        _ => None,
    };
    let parts = [(!types.is_empty()).then(|| types.join(" + ")), faith, half];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

fn axes(label: &ErrorLabel) -> String {
    let answer = label.answer_right.map(|right| if right { "answer right" } else { "answer wrong" });
    let explanation = label.explanation_right.map(|e| match e {
        Explanation::Yes => "explanation right",
        Explanation::No => "explanation wrong",
        Explanation::None => "no explanation",
    });
    let said: Vec<&str> = answer.into_iter().chain(explanation).collect();
    if said.is_empty() { String::new() } else { format!("\n{}", said.join(", ")) }
}

fn explanation(ui: &mut Ui, cx: &Cx<'_>, place: usize, text: &str) {
    let title = RichText::new("explanation").small().color(cx.theme.weak);
    egui::CollapsingHeader::new(title).id_salt(("explanation", place)).default_open(true).show_unindented(ui, |ui| {
        let shown: String = text.chars().take(4_000).collect();
        ui.add(egui::Label::new(RichText::new(shown).size(13.0).color(cx.theme.text)).wrap().selectable(true));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_answer_begins_and_ends_with_is_left_out_blind() {
        let piece = |kind, text: &str| (kind, text.to_owned());
        let all = [
            piece(Kind::Odd, "·"),
            piece(Kind::Same, "Left"),
            piece(Kind::Odd, "\u{fffd}"),
            piece(Kind::Extra, "."),
            piece(Kind::Odd, "</s>"),
        ];
        assert_eq!(without_ends(&all), &all[1..4]);
        assert_eq!(without_ends(&all[..1]), &all[..1], "an answer of nothing else");
    }

    #[test]
    fn a_label_is_written_in_words() {
        let t = Taxonomy::built_in();
        let label = ErrorLabel {
            primary: Some("relational".into()),
            secondary: Some("linguistic".into()),
            codes: vec!["frame-swap".into(), "negation".into()],
            answer_right: Some(false),
            explanation_right: Some(Explanation::Yes),
            ..ErrorLabel::new(t.id())
        };
        assert_eq!(label_words(t, &label), "relational: frame swap + linguistic: missed negation · decision error");
        assert_eq!(axes(&label), "\nanswer wrong, explanation right");
        let half = ErrorLabel { answer_right: Some(true), ..ErrorLabel::new(t.id()) };
        assert_eq!(label_words(t, &half), "answer right");
        let unknown = ErrorLabel { primary: Some("of-an-older-taxonomy".into()), ..ErrorLabel::new(t.id()) };
        assert_eq!(label_words(t, &unknown), "of-an-older-taxonomy");
    }
}
