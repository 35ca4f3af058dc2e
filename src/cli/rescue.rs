//! `voxaudit verify P --rescue NEW`: what can still be read of a damaged project, in a new one.

use super::output::{note, print_json, say};
use crate::project::rescue::{RescueReport, rescue};
use crate::project::verify::verify;
use serde::Serialize;
use std::path::Path;
use std::process::ExitCode;

#[derive(Serialize)]
struct Body {
    /// Nothing was lost, and the new project verifies.
    ok: bool,
    problems: Vec<String>,
    warnings: Vec<String>,
    /// Of the new project.
    head: Option<String>,
    events: usize,
    rescue: RescueReport,
}

/// Exit 0 when every row is in the new project and it verifies, 1 when something was lost or nothing could be read.
pub fn run(project: &Path, new: &Path, json: bool) -> anyhow::Result<ExitCode> {
    let rescued = rescue(project, new)?;
    let report = verify(new)?;
    let problems: Vec<String> = rescued.lost_lines().into_iter().chain(report.problems).collect();
    let mut warnings = Vec::new();
    if rescued.events_of_main_file > 0 {
        let n = rescued.events_of_main_file;
        warnings
            .push(format!("{n} events are of another state of the project, which the main file without its -wal holds; they stand last"));
    }
    let ok = problems.is_empty();
    if json {
        let body = Body { ok, problems, warnings, head: report.log_head, events: report.events, rescue: rescued };
        print_json("voxaudit.verify", 1, &body)?;
        return Ok(code(ok));
    }
    let rows: u64 = rescued.tables.values().map(|t| t.copied).sum();
    say(format_args!("{}: {rows} rows copied, {} events among them", new.display(), report.events))?;
    for (name, table) in rescued.tables.iter().filter(|(_, t)| t.copied + t.lost > 0) {
        say(format_args!("  {name:<16} {} copied, {} lost", table.copied, table.lost))?;
    }
    say(format_args!("damaged pages: {}", rescued.damaged_pages))?;
    problems.iter().chain(&warnings).try_for_each(|line| say(format_args!("{line}")))?;
    if !ok {
        note(format_args!("voxaudit: {}: not everything could be rescued; keep the damaged files", project.display()));
    }
    Ok(code(ok))
}

fn code(ok: bool) -> ExitCode {
    if ok { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
