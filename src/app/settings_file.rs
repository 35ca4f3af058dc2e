//! The settings on disk: `settings.json` in the configuration folder, written beside and renamed.

use crate::formats::regular::{self, OpenError};
use crate::formats::small;
use crate::project::config_dir;
use crate::state::Settings;
use std::path::{Path, PathBuf};

/// Larger files are no settings.
const MOST: u64 = 16 << 20;

fn path() -> Option<PathBuf> {
    Some(config_dir()?.join("settings.json"))
}

/// The settings, and what was wrong with the file. A missing file means defaults; a broken one is kept beside as `settings.json.bad`.
pub fn load() -> (Settings, Option<String>) {
    path().map_or_else(Default::default, |path| load_from(&path))
}

fn load_from(path: &Path) -> (Settings, Option<String>) {
    let text = match regular::read(path, MOST) {
        Ok(text) => text,
        Err(OpenError::Io(e)) if e.kind() == std::io::ErrorKind::NotFound => return (Settings::default(), None),
        Err(e) => return (Settings::default(), Some(format!("{}: {e}; using default settings", path.display()))),
    };
    match serde_json::from_slice::<Settings>(&text) {
        Ok(settings) => (settings.sane(), None),
        Err(e) => {
            let kept = small::set_aside(path)
                .map_or_else(|e| format!("it cannot be set aside: {e}"), |bad| format!("it is kept as {}", bad.display()));
            (Settings::default(), Some(format!("{}: {e}; using default settings, {kept}", path.display())))
        }
    }
}

/// Errors in one line when the folder cannot be written.
pub fn save(settings: &Settings) -> Result<(), String> {
    path().map_or(Ok(()), |path| save_to(&path, settings))
}

fn save_to(path: &Path, settings: &Settings) -> Result<(), String> {
    let text = serde_json::to_vec_pretty(settings).unwrap_or_default();
    small::tidy(path);
    small::write(path, &text).map_err(|e| format!("{}: {e}; settings are not remembered", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_come_back_and_damaged_ones_are_kept() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("settings.json");
        assert_eq!(load_from(&path).1, None, "no file is no problem");
        let settings = Settings { opacity: 0.25, ..Settings::default() };
        save_to(&path, &settings).unwrap();
        assert_eq!(load_from(&path), (settings.clone(), None));
        std::fs::write(&path, "{\"opacity\": 0.").unwrap();
        let (found, problem) = load_from(&path);
        assert!(found == Settings::default() && problem.is_some_and(|p| p.contains("settings.json.bad")));
        save_to(&path, &settings).unwrap();
        assert_eq!(std::fs::read_to_string(dir.path().join("settings.json.bad")).unwrap(), "{\"opacity\": 0.", "saving does not lose it");
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_in_place_of_settings_is_no_wait() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("settings.json");
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        assert!(load_from(&path).1.is_some_and(|p| p.contains("not a regular file")));
    }
}
