//! What every subcommand shares: progress on stderr that ends when the program is asked to stop, lines and JSON documents with schema and version.
//!
//! Nothing here panics when stdout or stderr is closed or full, and a line stays one line: control characters of ids and file names are
//! written as escapes.

use crate::formats::Watch;
use crate::jobs::signals;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::fmt::Arguments;
use std::io::Write;

/// A bar on a terminal, nothing otherwise; cancelled by Ctrl-C or `kill`.
pub struct Progress(ProgressBar);

impl Progress {
    pub fn new(what: &str) -> Self {
        signals::listen();
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
        signals::asked()
    }
}

/// One line of results on stdout. A reader that went away is no error; it has what it wanted.
///
/// Errors when stdout cannot be written.
pub fn say(line: Arguments<'_>) -> anyhow::Result<()> {
    write_out(&format!("{}\n", plain(&line.to_string())))
}

/// One line on stderr, if there is one.
pub fn note(line: Arguments<'_>) {
    let _ = writeln!(std::io::stderr().lock(), "{}", plain(&line.to_string())); // there is no other place to say it
}

/// What was printed after a change that is on disk: when it could not be, the change still stands, and so does success.
pub fn settle(committed: bool, printed: anyhow::Result<()>) -> anyhow::Result<()> {
    match printed {
        Err(e) if committed => {
            note(format_args!("voxaudit: note: {}; the changes are saved", one_line(&e)));
            Ok(())
        }
        other => other,
    }
}

/// Prints one JSON document with `schema` and `version` first, and a line end.
///
/// Errors when stdout cannot be written.
pub fn print_json(schema: &str, version: u32, body: &impl serde::Serialize) -> anyhow::Result<()> {
    let mut doc = serde_json::Map::new();
    doc.insert("schema".into(), schema.into());
    doc.insert("version".into(), version.into());
    if let serde_json::Value::Object(fields) = serde_json::to_value(body)? {
        doc.extend(fields);
    }
    write_out(&format!("{}\n", serde_json::to_string_pretty(&doc)?))
}

fn write_out(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => Err(anyhow::anyhow!("standard output cannot be written: {e}")),
        _ => Ok(()),
    }
}

/// An error and what caused it, each said once: most messages already hold their cause.
pub fn one_line(error: &anyhow::Error) -> String {
    error.chain().fold(String::new(), |mut text, cause| {
        let cause = cause.to_string();
        if !text.contains(&cause) {
            text += if text.is_empty() { "" } else { ": " };
            text += &cause;
        }
        text
    })
}

/// Control characters, line separators and marks that turn the direction of text, as escapes.
fn plain(text: &str) -> String {
    let odd = |c: char| c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if odd(c) { c.escape_default().to_string() } else { c.to_string() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_stay_lines() {
        assert_eq!(plain("é 1×2\n\u{1b}[31m\u{202e}"), "é 1×2\\n\\u{1b}[31m\\u{202e}");
    }

    #[test]
    fn causes_are_said_once() {
        let io = || std::io::Error::other("no space");
        let text = crate::formats::text::TextError::Io { path: "f".into(), source: io() };
        assert_eq!(one_line(&anyhow::Error::new(text).context("reading")), "reading: f: no space");
        assert_eq!(one_line(&anyhow::Error::new(io()).context("writing")), "writing: no space");
    }
}
