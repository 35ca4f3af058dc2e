//! `voxaudit review`: one review event, as the window would write it.

use super::output::{note, say, settle};
use super::{annotate, answer};
use crate::project::Project;
use crate::qa::{ItemId, ModelRun};
use crate::review::{Action, Criteria, Criterion, Decision, Event, Faithfulness, NewEvent, Reason, Reviewer, ShownImage, Tri};
use std::path::PathBuf;
use std::process::ExitCode;

/// Write one review event. The program ends with 0 only after the event is on disk.
#[derive(clap::Args)]
#[command(
    after_help = "Example: voxaudit review study.voxaudit --item valid_1_a_1.nii.gz::0 --reviewer \"Jo Doe\" reject --reason wrong-side"
)]
pub struct Args {
    /// Project file.
    project: PathBuf,
    /// Item id, CASE::N. For undo and redo it may be left out.
    #[arg(long, value_name = "ID")]
    item: Option<ItemId>,
    /// Name of the reviewer.
    #[arg(long, value_name = "NAME")]
    reviewer: String,
    /// Initials; taken from the name when left out.
    #[arg(long, default_value = "")]
    initials: String,
    /// Seconds of activity spent on the item.
    #[arg(long, value_name = "S", default_value = "0", value_parser = seconds)]
    active_seconds: f64,
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// The item is good: all four criteria yes.
    #[command(after_help = "Example: voxaudit review study.voxaudit --item valid_1_a_1.nii.gz::0 --reviewer \"Jo Doe\" accept")]
    Accept {
        /// May only say yes: another answer is a reason to edit or reject.
        #[arg(long, value_parser = all_yes, value_name = "C=yes,…")]
        criteria: Option<Criteria>,
        #[arg(long, value_name = "T", default_value = "")]
        note: String,
    },
    /// The item is bad.
    #[command(
        after_help = "Example: voxaudit review study.voxaudit --item valid_1_a_1.nii.gz::0 --reviewer \"Jo Doe\" reject --reason wrong-side"
    )]
    Reject {
        #[arg(long, value_parser = reason)]
        reason: Reason,
        #[command(flatten)]
        judgement: Judgement,
    },
    /// The item is good with another text.
    #[command(
        after_help = "Example: voxaudit review study.voxaudit --item valid_1_a_1.nii.gz::0 --reviewer \"Jo Doe\" edit --reason wording --answer \"Left of it.\""
    )]
    Edit {
        #[arg(long, value_parser = reason)]
        reason: Reason,
        /// New question.
        #[arg(long, value_name = "T")]
        question: Option<String>,
        /// New reference answer.
        #[arg(long, value_name = "T")]
        answer: Option<String>,
        #[command(flatten)]
        judgement: Judgement,
    },
    /// Mark the item for another look.
    #[command(after_help = "Example: voxaudit review study.voxaudit --item valid_1_a_1.nii.gz::0 --reviewer \"Jo Doe\" flag")]
    Flag {
        /// What to look for.
        #[arg(long, value_name = "T", default_value = "")]
        note: String,
    },
    /// Take this reviewer's mark away.
    #[command(after_help = "Example: voxaudit review study.voxaudit --item valid_1_a_1.nii.gz::0 --reviewer \"Jo Doe\" unflag")]
    Unflag,
    /// Keep a measurement on the image with the item, change it, or take it away.
    Annotate(annotate::Args),
    /// Say whether a model's answer to the item is right.
    Judge(answer::JudgeArgs),
    /// Say what is wrong with a model's answer to the item, and whether its explanation carries it.
    Label(answer::LabelArgs),
    /// Take back this reviewer's last event.
    #[command(after_help = "Example: voxaudit review study.voxaudit --reviewer \"Jo Doe\" undo")]
    Undo,
    /// Put back what the last undo took away.
    #[command(after_help = "Example: voxaudit review study.voxaudit --reviewer \"Jo Doe\" redo")]
    Redo,
}

#[derive(clap::Args)]
struct Judgement {
    /// For example spatial=yes,supported=no,unambiguous=yes,needs-volume=unsure.
    #[arg(long, value_parser = criteria, value_name = "C=yes|no|unsure,…")]
    criteria: Option<Criteria>,
    #[arg(long, value_name = "T", default_value = "")]
    note: String,
}

fn reason(s: &str) -> Result<Reason, String> {
    Reason::parse(s).ok_or_else(|| format!("known reasons: {}", Reason::ALL.map(Reason::code).join(" ")))
}

/// Up to a day.
fn seconds(s: &str) -> Result<f64, String> {
    let within = |v: &f64| (0.0..=86_400.0).contains(v);
    s.trim().parse().ok().filter(within).ok_or_else(|| format!("'{s}' is not a number of seconds from 0 to 86400"))
}

/// Accept means yes to all four; those that are not named are yes.
fn all_yes(s: &str) -> Result<Criteria, String> {
    let given = criteria(s)?;
    match Criterion::ALL.into_iter().find(|c| given.get(*c).is_some_and(|answer| answer != Tri::Yes)) {
        Some(c) => Err(format!("accept means yes to all four criteria; '{}' says otherwise: edit or reject the item", c.code())),
        None => Ok(Criteria::ALL_YES),
    }
}

/// At least one answer.
fn criteria(s: &str) -> Result<Criteria, String> {
    let mut out = Criteria::default();
    for part in s.split(',').map(str::trim).filter(|p| !p.is_empty()) {
        let (name, value) = part.split_once('=').ok_or_else(|| format!("'{part}' is not CRITERION=ANSWER"))?;
        let known = || format!("no criterion '{name}'; known: {}", Criterion::ALL.map(Criterion::code).join(" "));
        let criterion = Criterion::parse(name).ok_or_else(known)?;
        let answer = Tri::parse(value).ok_or_else(|| format!("'{value}' is not yes, no or unsure"))?;
        if out.get(criterion).is_some() {
            return Err(format!("'{name}' is given twice"));
        }
        out.set(criterion, Some(answer));
    }
    if out == Criteria::default() {
        return Err("no criterion is given, such as spatial=yes".into());
    }
    Ok(out)
}

pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let reviewer = Reviewer::new(&args.reviewer, &args.initials);
    let mut project = Project::open(&args.project)?;
    let (item, action) = match resolve(args, &project, &reviewer)? {
        Some(found) => found,
        None => {
            note(format_args!("voxaudit: --item is missing"));
            return Ok(ExitCode::from(2));
        }
    };
    let judged = match project.item(&item)? {
        Some(known) => known.text_hash(),
        None => anyhow::bail!("the project has no item '{item}'"),
    };
    let event =
        project.append(NewEvent { reviewer, item, judged, active_seconds: args.active_seconds, image: ShownImage::None, action })?;
    settle(true, print_saved(&project, &event))?;
    Ok(ExitCode::SUCCESS)
}

fn print_saved(project: &Project, event: &Event) -> anyhow::Result<()> {
    let status = project.review_state()?.status(&event.item).name();
    let Reviewer { name, initials } = &event.reviewer;
    if let Action::AddAnnotation { annotation: a } | Action::ChangeAnnotation { annotation: a } = &event.action {
        let (kind, id, values) = (a.shape.kind().code(), &a.id, a.lines().join(", "));
        return say(format_args!("saved: {} {} by {name} ({initials}): {kind} {id}, {values}", word(&event.action), event.item));
    }
    if let Some(answer) = event.action.answer() {
        return say(format_args!(
            "saved: {} {} by {name} ({initials}): {}",
            word(&event.action),
            event.item,
            about(&event.action, &answer.run)
        ));
    }
    say(format_args!("saved: {} {} by {name} ({initials}), now {status}", word(&event.action), event.item))
}

/// Whose answer, and what is said about it.
fn about(action: &Action, run: &ModelRun) -> String {
    match action {
        Action::JudgeAnswer { judgement, .. } => format!("{run} is {}", judgement.code()),
        Action::LabelAnswer { label, .. } => {
            let axes = label.faithfulness().map(Faithfulness::name);
            let parts = label.primary.iter().chain(&label.secondary).chain(&label.codes).map(String::as_str).chain(axes);
            format!("{run}, {}", parts.collect::<Vec<_>>().join(", "))
        }
        _ => run.to_string(),
    }
}

/// Item and action; `None` when the item is missing. Undo and redo find their item themselves.
fn resolve(args: &Args, project: &Project, reviewer: &Reviewer) -> anyhow::Result<Option<(ItemId, Action)>> {
    let action = match &args.what {
        What::Flag { note } => Action::Flag { note: note.trim().to_owned() },
        What::Unflag => Action::Unflag,
        What::Accept { criteria, note } => {
            Action::Decide(Decision::Accept { criteria: criteria.unwrap_or(Criteria::ALL_YES), note: note.clone() })
        }
        What::Reject { reason, judgement: j } => {
            Action::Decide(Decision::Reject { reason: *reason, criteria: j.criteria.unwrap_or_default(), note: j.note.clone() })
        }
        What::Edit { reason, question, answer, judgement: j } => Action::Decide(Decision::Edit {
            reason: *reason,
            question: question.clone(),
            answer: answer.clone(),
            criteria: j.criteria.unwrap_or_default(),
            note: j.note.clone(),
        }),
        What::Annotate(drawn) => {
            let Some(item) = &args.item else { return Ok(None) };
            drawn.action(project, item, reviewer)?
        }
        What::Judge(judged) => {
            let Some(item) = &args.item else { return Ok(None) };
            judged.action(project, item)?
        }
        What::Label(labelled) => {
            let Some(item) = &args.item else { return Ok(None) };
            labelled.action(project, item)?
        }
        What::Undo | What::Redo => return step(args, project, reviewer).map(Some),
    };
    Ok(args.item.clone().map(|item| (item, action)))
}

fn step(args: &Args, project: &Project, reviewer: &Reviewer) -> anyhow::Result<(ItemId, Action)> {
    let undo = matches!(args.what, What::Undo);
    let next = if undo { project.next_undo(&reviewer.name)? } else { project.next_redo(&reviewer.name)? };
    let word = if undo { "undo" } else { "redo" };
    let Some((event, item)) = next else { anyhow::bail!("{} has nothing to {word}", reviewer.name) };
    if let Some(asked) = args.item.as_ref().filter(|asked| **asked != item) {
        anyhow::bail!("the next {word} of {} is on item '{item}', not '{asked}'", reviewer.name);
    }
    Ok((item, if undo { Action::Undo { event } } else { Action::Redo { event } }))
}

fn word(action: &Action) -> &'static str {
    match action {
        Action::Decide(Decision::Accept { .. }) => "accept",
        Action::Decide(Decision::Edit { .. }) => "edit",
        Action::Decide(Decision::Reject { .. }) => "reject",
        Action::Flag { .. } => "flag",
        Action::Unflag => "unflag",
        Action::AddAnnotation { .. } => "annotate",
        Action::ChangeAnnotation { .. } => "change the annotation of",
        Action::RemoveAnnotation { .. } => "remove an annotation of",
        Action::JudgeAnswer { .. } => "judge an answer to",
        Action::UnjudgeAnswer { .. } => "take back a judgement on",
        Action::LabelAnswer { .. } => "label an answer to",
        Action::UnlabelAnswer { .. } => "take back a label on",
        Action::Undo { .. } => "undo",
        Action::Redo { .. } => "redo",
    }
}
