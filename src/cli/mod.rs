//! The command line: one file per subcommand over the same library calls as the window.
//!
//! Results go to stdout, progress and errors to stderr. Exit 0 is success, 1 means that the data or the machine refused, 2 is wrong usage.

mod annotate;
mod answer;
mod check;
mod cleaning;
mod demo;
mod drawing;
mod export;
mod generate;
mod import;
mod measure;
mod montage;
mod open;
mod output;
mod probe;
mod report;
mod rescue;
mod review;
mod score;
mod sign;
mod snapshot;
mod status;
mod verify;

use crate::project::set_aside_damaged_map;
use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Audit spatial question-answer pairs about CT volumes: view, measure, review, export.
///
/// Without a subcommand the window opens on the last project.
#[derive(Parser)]
#[command(name = "voxaudit", version, max_term_width = 110)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    Open(open::Args),
    Demo(demo::Args),
    Import(import::Args),
    Status(status::Args),
    Review(review::Args),
    Score(score::Args),
    Report(report::Args),
    Verify(verify::Args),
    Sign(sign::Args),
    Export(export::Args),
    Probe(probe::Args),
    Snapshot(snapshot::Args),
    Montage(montage::Args),
    Measure(measure::Args),
    Check(check::Args),
    Generate(generate::Args),
}

/// Runs the program with the arguments of the process.
pub fn main() -> ExitCode {
    let cli = Cli::parse(); // exits with 2 on wrong usage
    if !matches!(cli.command, None | Some(Command::Open(_) | Command::Import(_))) {
        // The window and an import say so themselves.
        set_aside_damaged_map().into_iter().for_each(|text| output::note(format_args!("warning: {text}")));
    }
    let result = match cli.command {
        None => open::last(),
        Some(Command::Open(args)) => open::run(&args),
        Some(Command::Demo(args)) => demo::run(&args),
        Some(Command::Import(args)) => import::run(&args),
        Some(Command::Status(args)) => status::run(&args),
        Some(Command::Review(args)) => review::run(&args),
        Some(Command::Score(args)) => score::run(&args),
        Some(Command::Report(args)) => report::run(&args),
        Some(Command::Verify(args)) => verify::run(&args),
        Some(Command::Sign(args)) => sign::run(&args),
        Some(Command::Export(args)) => export::run(&args),
        Some(Command::Probe(args)) => probe::run(&args),
        Some(Command::Snapshot(args)) => snapshot::run(&args),
        Some(Command::Montage(args)) => montage::run(&args),
        Some(Command::Measure(args)) => measure::run(&args),
        Some(Command::Check(args)) => check::run(&args),
        Some(Command::Generate(args)) => generate::run(&args),
    };
    match result {
        Ok(code) => code,
        Err(error) => {
            output::note(format_args!("voxaudit: {}", output::one_line(&error)));
            ExitCode::FAILURE
        }
    }
}
