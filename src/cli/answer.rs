//! `voxaudit review … judge` and `… label`: what a reviewer says about a model's answer.

use crate::project::Project;
use crate::qa::{Condition, ItemId, ModelRun, Taxonomy, run_name};
use crate::review::{Action, AnswerRef, ErrorLabel, Explanation, Judgement};

/// Whose answer.
#[derive(clap::Args)]
struct Whose {
    /// Model, or MODEL@CONDITION.
    #[arg(long, value_name = "MODEL")]
    model: String,
    /// Condition of a control run, such as text-only; full when left out.
    #[arg(long, value_name = "C", value_parser = condition)]
    condition: Option<Condition>,
}

#[derive(clap::Args)]
#[command(
    after_help = "Example: voxaudit review study.voxaudit --item valid_1_a_1.nii.gz::0 --reviewer \"Jo Doe\" judge --model radfm wrong\n\n\
                  'none' takes the reviewer's own judgement away."
)]
pub struct JudgeArgs {
    #[command(flatten)]
    whose: Whose,
    /// right, wrong, unsure; or none.
    #[arg(value_name = "right|wrong|unsure|none", value_parser = judgement)]
    judgement: Said<Judgement>,
}

#[derive(clap::Args)]
#[command(after_help = "Example: voxaudit review study.voxaudit --item valid_1_a_1.nii.gz::0 --reviewer \"Jo Doe\" label --model radfm \
                  --primary relational --sub frame-swap --answer-right no --explanation-right none\n\n\
                  Types and sub-codes are those of the project's taxonomy; a wrong one lists what there is.")]
pub struct LabelArgs {
    #[command(flatten)]
    whose: Whose,
    /// The first broken step: visual-perception, relational, numeric, linguistic, reference-wrong, unanswerable, judge-wrong, or a type of the
    /// project's own taxonomy.
    #[arg(long, value_name = "T", required_unless_present_any = ["remove", "answer_right", "explanation_right"])]
    primary: Option<String>,
    /// A second type.
    #[arg(long, value_name = "T", requires = "primary")]
    secondary: Option<String>,
    /// A sub-code, such as frame-swap. Repeatable.
    #[arg(long, value_name = "C")]
    sub: Vec<String>,
    /// Is the answer right?
    #[arg(long, value_name = "yes|no", value_parser = yes_no)]
    answer_right: Option<bool>,
    /// Is the explanation right?
    #[arg(long, value_name = "yes|no|none", value_parser = explanation)]
    explanation_right: Option<Explanation>,
    #[arg(long, value_name = "T", default_value = "")]
    note: String,
    /// Take the reviewer's own label away.
    #[arg(long, conflicts_with_all = ["primary", "sub", "answer_right", "explanation_right"])]
    remove: bool,
}

/// A value, or the wish to take it away.
#[derive(Clone, Copy)]
enum Said<T> {
    Is(T),
    Nothing,
}

fn condition(s: &str) -> Result<Condition, String> {
    run_name("condition", s).map(Condition::from)
}

fn judgement(s: &str) -> Result<Said<Judgement>, String> {
    match s {
        "none" => Ok(Said::Nothing),
        s => Judgement::parse(s).map(Said::Is).ok_or_else(|| "say right, wrong, unsure, or none".to_owned()),
    }
}

fn explanation(s: &str) -> Result<Explanation, String> {
    Explanation::parse(s).ok_or_else(|| "say yes, no, or none".to_owned())
}

fn yes_no(s: &str) -> Result<bool, String> {
    match s {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err("say yes or no".into()),
    }
}

impl Whose {
    /// Errors when the project has no such answer to the item.
    fn answer(&self, project: &Project, item: &ItemId) -> anyhow::Result<AnswerRef> {
        let run = match &self.condition {
            Some(condition) => ModelRun::new(self.model.trim(), condition.clone()),
            None => ModelRun::parse(&self.model).map_err(anyhow::Error::msg)?,
        };
        if let Some(found) = project.answer_ref(item, &run)? {
            return Ok(found);
        }
        anyhow::ensure!(project.item(item)?.is_some(), "the project has no item '{item}'");
        let known: Vec<String> = project.item_answers(item)?.iter().map(|a| a.run.to_string()).collect();
        match known.as_slice() {
            [] => anyhow::bail!("item '{item}' has no answer of a model"),
            known => anyhow::bail!("item '{item}' has no answer of '{run}'; it has: {}", known.join(", ")),
        }
    }
}

impl JudgeArgs {
    /// The event to write for it.
    pub fn action(&self, project: &Project, item: &ItemId) -> anyhow::Result<Action> {
        let answer = self.whose.answer(project, item)?;
        Ok(match self.judgement {
            Said::Is(judgement) => Action::JudgeAnswer { answer, judgement },
            Said::Nothing => Action::UnjudgeAnswer { answer },
        })
    }
}

impl LabelArgs {
    /// The event to write for it.
    pub fn action(&self, project: &Project, item: &ItemId) -> anyhow::Result<Action> {
        let answer = self.whose.answer(project, item)?;
        if self.remove {
            return Ok(Action::UnlabelAnswer { answer });
        }
        let taxonomy = project.taxonomy()?;
        let error_type = |said: &String| type_code(&taxonomy, said);
        let label = ErrorLabel {
            primary: self.primary.as_ref().map(error_type),
            secondary: self.secondary.as_ref().map(error_type),
            codes: self.sub.iter().map(|said| sub_code(&taxonomy, said)).collect(),
            answer_right: self.answer_right,
            explanation_right: self.explanation_right,
            note: self.note.clone(),
            ..ErrorLabel::new(taxonomy.id())
        };
        label.problem(&taxonomy).map_or(Ok(()), |why| Err(anyhow::anyhow!(why)))?;
        Ok(Action::LabelAnswer { answer, label: Box::new(label) })
    }
}

/// The code of a type that was given by its code or its name; what is neither stays as it is and is refused later.
fn type_code(taxonomy: &Taxonomy, said: &str) -> String {
    let found = taxonomy.types.iter().find(|t| t.code == said || t.name.eq_ignore_ascii_case(said));
    found.map_or(said, |t| &t.code).to_owned()
}

fn sub_code(taxonomy: &Taxonomy, said: &str) -> String {
    let mut all = taxonomy.types.iter().flat_map(|t| &t.codes);
    all.find(|c| c.code == said || c.name.eq_ignore_ascii_case(said)).map_or(said, |c| &c.code).to_owned()
}
