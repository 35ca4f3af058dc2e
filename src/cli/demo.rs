//! `voxaudit demo`: makes the demo project and opens it, or writes screenshots where there is no display.

use super::output::{Progress, say, settle};
use crate::generate::demo::{Demo, make_demo};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Make the demo project (phantom CT, masks, reports, questions, answers of made-up models) and open it
///
/// Making it again keeps the reviews that are there.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  voxaudit demo --dir demo\n  voxaudit demo --dir demo --headless --screenshots shots")]
pub struct Args {
    /// Folder of the demo; the project is DIR/demo.voxaudit
    #[arg(long, value_name = "DIR", default_value = "voxaudit-demo")]
    dir: PathBuf,
    /// Open no window; write screenshots instead. So does a machine without a display
    #[arg(long)]
    headless: bool,
    /// Where screenshots go [default: DIR/screenshots when headless]
    #[arg(long, value_name = "DIR")]
    screenshots: Option<PathBuf>,
}

pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let demo = {
        let progress = Progress::new("making the demo");
        make_demo(&args.dir, &progress)?
    };
    settle(true, print_made(&demo))?;
    let headless = args.headless || !crate::app::has_display();
    if headless || args.screenshots.is_some() {
        let folder = args.screenshots.clone().unwrap_or_else(|| args.dir.join("screenshots"));
        screenshots(&demo.project, &folder)?;
    }
    if headless {
        if !args.headless {
            settle(true, say(format_args!("no display   open the window later with: voxaudit open {}", demo.project.display())))?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    super::open::project(&demo.project)
}

fn print_made(demo: &Demo) -> anyhow::Result<()> {
    say(format_args!("project      {}", demo.project.display()))?;
    say(format_args!("data         {}", demo.data.display()))?;
    say(format_args!("holds        {} cases, {} items", demo.cases, demo.items))
}

fn screenshots(project: &Path, folder: &Path) -> anyhow::Result<()> {
    for path in crate::app::screenshots(project, folder)? {
        settle(true, say(format_args!("screenshot   {}", path.display())))?;
    }
    Ok(())
}
