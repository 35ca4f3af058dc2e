//! `voxaudit open`, and `voxaudit` without arguments: the window.

use crate::app::{self, Launch};
use crate::qa::ItemId;
use crate::review::Reviewer;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Opens the window on a project.
///
/// Example: voxaudit open study.voxaudit --reviewer "Jane Doe" --item valid_1_a_1.nii.gz::0
#[derive(clap::Args)]
pub struct Args {
    /// The project file.
    project: PathBuf,
    /// Who reviews; asked for in the window when left out.
    #[arg(long, value_name = "NAME")]
    reviewer: Option<String>,
    /// Initials of the reviewer; taken from the name when left out.
    #[arg(long, requires = "reviewer")]
    initials: Option<String>,
    /// The item to show first.
    #[arg(long, value_name = "CASE::N")]
    item: Option<ItemId>,
    /// Open the project although a window of another machine has it; only when you know that nobody works there any more.
    #[arg(long)]
    break_lease: bool,
}

pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    // Refused here, in the terminal, rather than in a window that then stands empty.
    crate::project::Project::open(&args.project)?;
    let reviewer = args.reviewer.as_deref().map(|name| Reviewer::new(name, args.initials.as_deref().unwrap_or_default()));
    if let Some(why) = reviewer.as_ref().and_then(Reviewer::problem) {
        anyhow::bail!(why);
    }
    let (project, item) = (Some(std::path::absolute(&args.project)?), args.item.clone());
    show(&Launch { project, item, reviewer, consent: args.break_lease, ..Launch::default() })
}

/// The window on the last project, or the start screen.
pub fn last() -> anyhow::Result<ExitCode> {
    show(&Launch::default())
}

/// The window on a project that was just made.
pub fn project(path: &Path) -> anyhow::Result<ExitCode> {
    show(&Launch { project: Some(std::path::absolute(path)?), ..Launch::default() })
}

fn show(launch: &Launch) -> anyhow::Result<ExitCode> {
    app::window(launch)?;
    Ok(ExitCode::SUCCESS)
}
