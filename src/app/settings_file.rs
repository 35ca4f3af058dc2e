//! The settings on disk: `settings.json` in the configuration folder, written beside and renamed.

use crate::project::config_dir;
use crate::state::Settings;
use std::path::PathBuf;

fn path() -> Option<PathBuf> {
    Some(config_dir()?.join("settings.json"))
}

/// The settings, and what was wrong with the file. A missing file means defaults; a broken one is left alone and reported.
pub fn load() -> (Settings, Option<String>) {
    let Some(path) = path() else { return (Settings::default(), None) };
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return (Settings::default(), None),
        Err(e) => return (Settings::default(), Some(format!("{}: {e}; using default settings", path.display()))),
    };
    match serde_json::from_str::<Settings>(&text) {
        Ok(settings) => (settings.sane(), None),
        Err(e) => (Settings::default(), Some(format!("{}: {e}; using default settings until it is repaired or removed", path.display()))),
    }
}

/// Errors in one line when the folder cannot be written.
pub fn save(settings: &Settings) -> Result<(), String> {
    let Some(path) = path() else { return Ok(()) };
    let write = || -> std::io::Result<()> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let temporary = path.with_extension(format!("json.{}", std::process::id()));
        std::fs::write(&temporary, serde_json::to_vec_pretty(settings)?)?;
        std::fs::rename(&temporary, &path)
    };
    write().map_err(|e| format!("{}: {e}; settings are not remembered", path.display()))
}
