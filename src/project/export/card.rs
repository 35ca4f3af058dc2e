//! The dataset card, `README.md` of an export. Says what the data is and how it was audited, from the exported rows and the options only.

use super::audit::Collected;
use super::{ExportRequest, names};
use crate::formats::export::Writer;
use crate::review::{Criterion, GUIDELINE_VERSION};
use std::fmt::Write;

pub(super) fn card(request: &ExportRequest, writers: &[&Writer], collected: &Collected) -> String {
    let rows: usize = collected.cases.iter().map(|c| c.rows.len()).sum();
    let mut out = format!(
        "# Audited spatial question-answer pairs\n\n{rows} items about {} CT volumes, reviewed one by one with voxaudit.\n\n",
        collected.cases.len()
    );
    out += "| status | items |\n| --- | --- |\n";
    for (status, n) in names(&collected.exported) {
        let _ = writeln!(out, "| {status} | {n} |");
    }
    out += "\n## Files\n\n";
    for f in writers.iter().flat_map(|w| w.files).filter(|f| (f.rows)(&collected.cases).is_some()) {
        let _ = writeln!(out, "- `{}`: {}", f.file, f.about);
    }
    let head = if request.pseudonyms { "; no head of the review log, which covers names" } else { ", and the head of the review log" };
    let _ = writeln!(out, "- `manifest.json`: every file with SHA-256 and row count, options{head}\n");
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
