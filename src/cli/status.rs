//! `voxaudit status`: what the project holds and how far review is.

use super::output::{print_json, say};
use crate::project::{Project, StatusReport};
use std::path::PathBuf;
use std::process::ExitCode;

/// What the project holds and how far review is.
#[derive(clap::Args)]
#[command(after_help = "Example: voxaudit status study.voxaudit --json")]
pub struct Args {
    /// Project file.
    project: PathBuf,
    /// One JSON document on stdout.
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let project = Project::open(&args.project)?;
    let status = project.status()?;
    if args.json {
        print_json("voxaudit.status", 1, &status)?;
    } else {
        text(&status).lines().try_for_each(|line| say(format_args!("{line}")))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn text(s: &StatusReport) -> String {
    let r = &s.review;
    let mut out = format!(
        "{} cases, {} items ({} with image, {} with labels), {} reports ({} without items)\n",
        s.cases, s.items, s.items_with_image, s.items_with_labels, s.reports, s.reports_without_items
    );
    out += &format!(
        "undecided {}, accepted {}, edited {}, rejected {}, disputed {}; flagged {}\n",
        r.undecided, r.accepted, r.edited, r.rejected, r.disputed, r.flagged
    );
    for (run, n) in &s.answers {
        out += &format!("{run}: {n} answers\n");
    }
    for (judge, v) in &s.verdicts {
        out += &format!("{judge}: {} verdicts, {} correct, {} incorrect, {} missing\n", v.n, v.correct, v.incorrect, v.missing);
    }
    for (name, who) in &s.reviewers {
        let seconds = who.median_active_seconds.map(|m| format!(", median {m:.1} s")).unwrap_or_default();
        out += &format!("{name}: {} decided{seconds}\n", who.decided);
    }
    if s.drafts > 0 {
        out += &format!("drafts {} (typed and not decided)\n", s.drafts);
    }
    if s.carried > 0 {
        out += &format!("carried in {} (items that came with readings of another log; not counted above)\n", s.carried);
    }
    if s.file_system == "network" {
        out += "on a network folder: one machine at a time\n";
    }
    out += &format!("head {}\n", s.head);
    out
}
