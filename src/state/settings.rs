//! What is remembered between sessions on this machine. Not part of a project: nothing here is shared or exported.

use super::layout::{ProjectView, read_views};
use super::{AppState, Effect, SettingsCommand, StructureLook};
use crate::review::Reviewer;
use crate::space::Convention;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ThemeChoice {
    #[default]
    Dark,
    Light,
    HighContrast,
    System,
}

/// Sizes in points and what is collapsed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Layout {
    pub window: [f32; 2],
    pub left: f32,
    pub right: f32,
    /// Share of the window that answers take in Compare.
    pub answers: f32,
    pub left_open: bool,
    pub right_open: bool,
}

impl Default for Layout {
    fn default() -> Self {
        Self { window: [1440.0, 900.0], left: 264.0, right: 344.0, answers: 0.5, left_open: true, right_open: true }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Version of this file's layout.
    pub version: u32,
    pub theme: ThemeChoice,
    /// 0.8…2.0.
    pub text_scale: f32,
    pub convention: Convention,
    pub layout: Layout,
    pub reviewer: Option<Reviewer>,
    /// Newest first; the first is opened by `voxaudit` without arguments.
    pub recent: Vec<PathBuf>,
    /// Mask opacity, 0…1.
    pub opacity: f32,
    pub outline_only: bool,
    /// Memory for decoded images in MiB; `None`: a third of the machine's.
    pub image_memory_mib: Option<u32>,
    /// Draw only the structures that an item names, where it names any.
    pub only_item: bool,
    /// Colours, opacities and hidden structures by name.
    pub structures: BTreeMap<String, StructureLook>,
    /// Layout and window of projects by their uuid, newest first, at most [`super::REMEMBERED`].
    #[serde(deserialize_with = "read_views")]
    pub projects: Vec<ProjectView>,
    /// Keys changed from the defaults: action name → shortcut.
    pub keys: BTreeMap<String, String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            version: 1,
            theme: ThemeChoice::Dark,
            text_scale: 1.0,
            convention: Convention::Radiological,
            layout: Layout::default(),
            reviewer: None,
            recent: Vec::new(),
            opacity: 0.35,
            outline_only: false,
            image_memory_mib: None,
            only_item: true,
            structures: BTreeMap::new(),
            projects: Vec::new(),
            keys: BTreeMap::new(),
        }
    }
}

impl Settings {
    const RECENT: usize = 8;

    pub fn remember_project(&mut self, path: PathBuf) {
        self.recent.retain(|p| *p != path);
        self.recent.insert(0, path);
        self.recent.truncate(Self::RECENT);
    }

    /// Brings values that a hand-edited file may hold back into range.
    pub fn sane(mut self) -> Self {
        let within = |v: f32, low: f32, high: f32, other: f32| if v.is_finite() { v.clamp(low, high) } else { other };
        self.text_scale = within(self.text_scale, 0.8, 2.0, 1.0);
        self.opacity = within(self.opacity, 0.0, 1.0, 0.35);
        let l = &mut self.layout;
        l.window = [within(l.window[0], 640.0, 16_000.0, 1440.0), within(l.window[1], 480.0, 16_000.0, 900.0)];
        l.left = within(l.left, 200.0, 800.0, 264.0);
        l.right = within(l.right, 280.0, 1000.0, 344.0);
        l.answers = within(l.answers, 0.3, 0.6, 0.5);
        self
    }
}

impl AppState {
    pub(super) fn apply_settings(&mut self, command: SettingsCommand) -> Vec<Effect> {
        match command {
            SettingsCommand::Theme(theme) => self.settings.theme = theme,
            SettingsCommand::TextScale(scale) => self.settings.text_scale = scale.clamp(0.8, 2.0),
            SettingsCommand::Convention(convention) => self.settings.convention = convention,
            SettingsCommand::Layout(layout) => self.settings.layout = layout,
            SettingsCommand::Key { action, shortcut: Some(shortcut) } => {
                self.settings.keys.insert(action, shortcut);
            }
            SettingsCommand::Key { action, shortcut: None } => {
                self.settings.keys.remove(&action);
            }
            SettingsCommand::ImageMemory(mib) => {
                self.settings.image_memory_mib = mib;
                let memory = self.image_memory();
                self.project.iter_mut().for_each(|p| p.trim(memory));
            }
            SettingsCommand::Forget(path) => self.settings.recent.retain(|p| *p != path),
        }
        vec![self.save_settings()]
    }

    /// Bytes that decoded images may take.
    pub fn image_memory(&self) -> u64 {
        self.settings.image_memory_mib.map_or(self.memory / 3, |mib| u64::from(mib) << 20)
    }

    pub(super) fn save_settings(&self) -> Effect {
        Effect::SaveSettings(Box::new(self.settings.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recent_projects_are_unique_newest_first_and_few() {
        let mut s = Settings::default();
        for n in 0..20 {
            s.remember_project(format!("/p{}", n % 12).into());
        }
        assert_eq!(s.recent.len(), Settings::RECENT);
        assert_eq!(s.recent[0], PathBuf::from("/p7"));
    }

    #[test]
    fn a_settings_file_with_nonsense_is_brought_into_range_and_unknown_fields_are_ignored() {
        let s: Settings = serde_json::from_str(r#"{"text_scale": 1e9, "opacity": -3, "layout": {"left": 0}, "new": 1}"#).unwrap();
        let s = s.sane();
        assert_eq!((s.text_scale, s.opacity, s.layout.left), (2.0, 0.0, 200.0));
    }
}
