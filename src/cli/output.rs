//! What every subcommand shares: progress on stderr, Ctrl-C, and JSON documents with schema and version.

use crate::formats::Watch;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::Write;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);
static HANDLER: OnceLock<()> = OnceLock::new();

/// A bar on a terminal, nothing otherwise; cancelled by Ctrl-C.
pub struct Progress(ProgressBar);

impl Progress {
    pub fn new(what: &str) -> Self {
        HANDLER.get_or_init(|| {
            // A handler that cannot be installed leaves the default: Ctrl-C ends the program at once, and transactions roll back.
            let _ = ctrlc::set_handler(|| INTERRUPTED.store(true, Ordering::Release));
        });
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {percent:>3} % {eta}") {
            bar.set_style(style);
        }
        bar.set_message(what.to_owned());
        Self(bar)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

impl Watch for Progress {
    fn advance(&self, done: u64, total: u64) {
        if total > 0 {
            self.0.set_length(total);
        }
        self.0.set_position(done);
    }

    fn cancelled(&self) -> bool {
        INTERRUPTED.load(Ordering::Acquire)
    }
}

/// Prints one JSON document with `schema` and `version` first, and a line end.
///
/// Errors when stdout is closed or full.
pub fn print_json(schema: &str, version: u32, body: &impl serde::Serialize) -> anyhow::Result<()> {
    let mut doc = serde_json::Map::new();
    doc.insert("schema".into(), schema.into());
    doc.insert("version".into(), version.into());
    if let serde_json::Value::Object(fields) = serde_json::to_value(body)? {
        doc.extend(fields);
    }
    let mut out = std::io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, &doc)?;
    writeln!(out)?;
    Ok(())
}
