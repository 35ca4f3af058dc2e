//! The dataset card, `README.md` of an export. Says what the data is and how it was audited, from the exported rows and the options only.

use super::{ExportRequest, Totals, names};
use crate::formats::export::Writer;
use crate::qa::{count, thousands};
use crate::review::{Criterion, GUIDELINE_VERSION, Status};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// How many of the exported items this log has a decision on. It claims nothing of the others.
fn reviewed(totals: &Totals) -> String {
    let undecided = totals.exported.get(&Status::Undecided).copied().unwrap_or(0);
    let here = totals.exported.values().sum::<usize>() - undecided;
    let carried: usize = totals.carried.values().sum();
    let mut out = format!("This project's log has decisions on {} of them", count(here, "item"));
    if carried > 0 {
        let _ = write!(out, "; {} with readings of another log, which this one cannot prove", format_args!("{} came", thousands(carried)));
    }
    if undecided > 0 {
        let _ = write!(out, "; nobody has decided on {} here", count(undecided, "item"));
    }
    out + "."
}

pub(super) fn card(request: &ExportRequest, writers: &[&Writer], totals: &Totals) -> String {
    let rows = totals.items;
    let mut out =
        format!("# Audited spatial question-answer pairs\n\n{} about {}. ", count(rows, "item"), count(totals.cases, "CT volume"));
    out += &reviewed(totals);
    out += "\n\n| status | decided here | came with it |\n| --- | --- | --- |\n";
    let (here, came) = (names(&totals.exported), names(&totals.carried));
    for status in here.keys().chain(came.keys()).collect::<BTreeSet<_>>() {
        let n = |of: &BTreeMap<&str, usize>| of.get(status).copied().unwrap_or(0);
        let _ = writeln!(out, "| {status} | {} | {} |", n(&here), n(&came));
    }
    out += "\n## Files\n\n";
    for f in writers.iter().flat_map(|w| w.files).filter(|f| totals.files.iter().any(|e| e.path == f.file)) {
        let _ = writeln!(out, "- `{}`: {}", f.file, f.about);
    }
    out += "- `manifest.json`: every file with SHA-256 and row count, options, and the head of the review log and its contents\n\n";
    out += "JSON and JSONL keep the fields and layout of the source and add an `audit` object per item: its id, status, the SHA-256 of the\n\
            original text, the original text where an edit replaced it, each reading with criteria, reason and note, flags with their\n\
            notes (`flag_notes`), and what reviewers measured on the image (`annotations`: points in RAS mm, lengths, angles, areas, HU). `answers`\n\
            are the models' answers to the item, each with its judges' verdicts (null: none was given), and with reviewers' judgements and error labels. In the CSV, values that share a cell are\n\
            separated by ` | `, options and annotations are JSON lists. Texts are written as they are: import its columns as text, because a cell\n\
            that begins with `=`, `+`, `-` or `@` would be taken for a formula.\n\n";
    let _ = writeln!(out, "## Review\n\nGuideline version {GUIDELINE_VERSION}. Policy: {}.\n", request.policy.id());
    for c in Criterion::ALL {
        let _ = writeln!(out, "- {}: {}", c.code(), c.guideline());
    }
    out += "\n## Licence\n\nThe licence and terms of the source data apply to this export.\n";
    out
}
