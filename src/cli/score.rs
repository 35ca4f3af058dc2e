//! `voxaudit score`: answer metrics, judges, jury, categories, chance levels, comparisons.

#[cfg(feature = "sbert")]
mod sbert;
#[cfg(not(feature = "sbert"))]
#[path = "score/sbert_left_out.rs"]
mod sbert;
mod text;

use super::cleaning::CleaningArgs;
use super::output::{Progress, print_json, say};
use crate::formats::Watch;
use crate::project::Project;
use crate::score::statistics::Resampling;
use crate::score::text::TextPreset;
use crate::score::{Jury, Report, Rule, Settings, score_watched};
use anyhow::Context;
use serde::Serialize;
use std::path::PathBuf;
use std::process::ExitCode;

/// Answer metrics, judges, jury, categories, chance levels, comparisons of models.
///
/// By default votes are joined by item, the majority of at least two votes decides, and a tie is left out and shown. A figure that is
/// undefined is null, never a guess.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  voxaudit score study.voxaudit --json\n  voxaudit score study.voxaudit --parity ct-spatialvqa --text-preset ct-spatialvqa"
)]
pub struct Args {
    /// Project file.
    project: PathBuf,
    /// How the judges' votes become the jury's ruling.
    #[arg(long, value_enum, default_value = "majority", conflicts_with = "parity")]
    rule: RuleName,
    /// Answers with fewer votes have no ruling.
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..), conflicts_with = "parity")]
    min_votes: u8,
    /// Reproduces a published jury: votes joined by row number, missing votes wrong, means floored to two decimals.
    #[arg(long, value_enum, conflicts_with_all = ["exclude_parse_errors", "exclude_empty_answers", "exclude_near_duplicates"])]
    parity: Option<Published>,
    /// Prepares texts as a publication did: trimmed, lower case, pairs with an empty side dropped.
    #[arg(long, value_enum)]
    text_preset: Option<Published>,
    #[command(flatten)]
    cleaning: CleaningArgs,
    /// Bootstrap replicates over cases; 0 leaves these intervals out.
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(..=1_000_000))]
    replicates: u32,
    /// Seed of the bootstrap.
    #[arg(long, value_name = "N", default_value_t = 42)]
    seed: u64,
    /// Adds the cosine of sentence embeddings, by the model in this folder (config.json, tokenizer.json, model.safetensors; mean pooling, such as
    /// all-MiniLM-L6-v2). Needs a voxaudit that was built with the feature sbert.
    #[arg(long, value_name = "DIR")]
    sbert: Option<PathBuf>,
    /// One JSON document on stdout.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum RuleName {
    /// More than half of the votes; a tie is undecided.
    Majority,
    /// The share of votes.
    Mean,
    /// All votes; a split is undecided.
    Unanimous,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Published {
    CtSpatialvqa,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Document<'a> {
    settings: SettingsUsed,
    #[serde(flatten)]
    report: &'a Report,
}

/// How the figures were made, so that they can be made again.
#[derive(Serialize)]
struct SettingsUsed {
    rule: Rule,
    min_votes: usize,
    parity: Option<&'static str>,
    text_preset: TextPreset,
    exclude_parse_errors: bool,
    clean_special_tokens: bool,
    exclude_empty_answers: bool,
    exclude_near_duplicates: bool,
    replicates: usize,
    seed: u64,
}

pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let progress = Progress::new("scoring");
    let data = Project::open(&args.project)?.score_data(&progress)?;
    let settings = args.settings();
    let mut encoder = args.sbert.as_deref().map(sbert::Encoder::open).transpose()?; // a wrong folder is told at once
    let go_on = |done: usize, of: usize| {
        progress.advance(done as u64, of as u64);
        !progress.cancelled()
    };
    let mut report = score_watched(data.input(), settings, &go_on).filter(|_| !progress.cancelled()).context("cancelled")?;
    drop(progress);
    if let Some(encoder) = &mut encoder {
        sbert::add(&mut report, &data, settings, encoder)?;
    }
    if args.json {
        print_json("voxaudit.score", 1, &Document { settings: used(settings), report: &report })?;
    } else {
        text::lines(&report, settings).iter().try_for_each(|line| say(format_args!("{line}")))?;
    }
    Ok(ExitCode::SUCCESS)
}

impl Args {
    fn settings(&self) -> Settings {
        let rule = match self.rule {
            RuleName::Majority => Rule::Majority,
            RuleName::Mean => Rule::Mean,
            RuleName::Unanimous => Rule::Unanimous,
        };
        let settings = Settings {
            jury: Jury { rule, min_votes: usize::from(self.min_votes), ..Jury::default() },
            published_joins: self.parity.is_some(),
            text: self.text_preset.map_or(TextPreset::Default, |_| TextPreset::CtSpatialvqa),
            resampling: Resampling { replicates: self.replicates as usize, seed: self.seed },
            ..Settings::default()
        };
        settings.cleaned(self.cleaning.cleaning())
    }
}

fn used(s: Settings) -> SettingsUsed {
    SettingsUsed {
        rule: s.jury.rule,
        min_votes: s.jury.min_votes,
        parity: s.published_joins.then_some("ct-spatialvqa"),
        text_preset: s.text,
        exclude_parse_errors: s.jury.exclude_parse_errors,
        clean_special_tokens: s.clean_special_tokens,
        exclude_empty_answers: s.exclude_empty_answers,
        exclude_near_duplicates: s.exclude_near_duplicates,
        replicates: s.resampling.replicates,
        seed: s.resampling.seed,
    }
}
