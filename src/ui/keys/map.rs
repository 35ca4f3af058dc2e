//! The table with the changes of the settings, and shortcuts as text.

use super::{KEYS, KeyAction, Place};
use egui::{Key, KeyboardShortcut, Modifiers};
use std::collections::BTreeMap;

/// The table with the changes of the settings applied.
#[derive(Clone, Debug)]
pub struct KeyMap {
    keys: Vec<(KeyAction, Vec<KeyboardShortcut>)>,
    /// What was wrong with the settings, in words.
    pub problems: Vec<String>,
}
impl KeyMap {
    /// `changed`: action name → shortcut such as `Ctrl+Z` or `PageUp`. Unknown names, unreadable shortcuts and clashes are left out and
    /// reported.
    pub fn new(changed: &BTreeMap<String, String>) -> Self {
        let mut map = Self { keys: KEYS.iter().map(|r| (r.action, r.keys.to_vec())).collect(), problems: Vec::new() };
        for (name, text) in changed {
            let Some(at) = KEYS.iter().position(|r| r.name == name) else {
                map.problems.push(format!("settings: there is no action '{name}' to bind a key to"));
                continue;
            };
            match parse(text) {
                None => map.problems.push(format!("settings: '{text}' is not a key (for {name})")),
                Some(shortcut) => match map.clash(at, shortcut) {
                    Some(other) => map.problems.push(format!("settings: {text} for {name} is already used by {other}")),
                    None => map.keys[at].1 = vec![shortcut],
                },
            }
        }
        map
    }

    fn clash(&self, at: usize, shortcut: KeyboardShortcut) -> Option<&'static str> {
        let place = KEYS[at].action.place();
        let taken = |(n, (action, keys)): &(usize, &(KeyAction, Vec<KeyboardShortcut>))| {
            *n != at && keys.contains(&shortcut) && action.place().meets(place)
        };
        self.keys.iter().enumerate().find(taken).map(|(n, _)| KEYS[n].name)
    }

    pub fn of(&self, action: KeyAction) -> &[KeyboardShortcut] {
        self.keys.iter().find(|(a, _)| *a == action).map_or(&[], |(_, k)| k)
    }

    /// The action of a key press, where `here` tells in which places keys work now.
    pub(super) fn meant(&self, key: Key, modifiers: Modifiers, here: impl Fn(Place) -> bool) -> Option<KeyAction> {
        let pressed = |keys: &[KeyboardShortcut]| keys.iter().any(|k| fits(k, key, modifiers));
        self.keys.iter().find(|(action, keys)| here(action.place()) && pressed(keys)).map(|(action, _)| *action)
    }

    /// The first key of an action as it is written on a key cap.
    pub fn shown(&self, action: KeyAction) -> Option<String> {
        self.of(action).first().map(shown)
    }
}

/// `Ctrl+Shift+Z`, `PageUp`, `[`.
pub fn shown(shortcut: &KeyboardShortcut) -> String {
    let m = shortcut.modifiers;
    let symbol = symbol(shortcut.logical_key);
    // These are typed with Shift on most layouts: naming it would only confuse.
    let shift = m.shift && !is_sign(shortcut.logical_key);
    let mut text = String::new();
    for (on, name) in [(m.command || m.ctrl, "Ctrl+"), (m.alt, "Alt+"), (shift, "Shift+")] {
        if on {
            text.push_str(name);
        }
    }
    text + symbol
}

/// What stands on the key cap, in glyphs that the bundled fonts have.
fn symbol(key: Key) -> &'static str {
    match key {
        Key::ArrowUp => "↑",
        Key::ArrowDown => "↓",
        Key::ArrowLeft => "←",
        Key::ArrowRight => "→",
        Key::Minus => "-",
        other => other.symbol_or_name(),
    }
}

/// Reads what [`shown`] writes.
pub fn parse(text: &str) -> Option<KeyboardShortcut> {
    let mut modifiers = Modifiers::NONE;
    let mut rest = text.trim();
    while let Some((name, after)) = rest.split_once('+').filter(|(n, a)| !n.is_empty() && !a.is_empty()) {
        match name.trim().to_lowercase().as_str() {
            "ctrl" | "cmd" | "command" => modifiers = modifiers.plus(Modifiers::COMMAND),
            "alt" => modifiers.alt = true,
            "shift" => modifiers.shift = true,
            _ => return None,
        }
        rest = after.trim();
    }
    Key::ALL
        .iter()
        .find(|k| symbol(**k).eq_ignore_ascii_case(rest) || k.name().eq_ignore_ascii_case(rest))
        .map(|k| KeyboardShortcut::new(modifiers, *k))
}
/// Typed with or without Shift, as the keyboard's layout has it.
fn is_sign(key: Key) -> bool {
    matches!(key, Key::Questionmark | Key::Pipe | Key::Plus | Key::Slash)
}

/// Modifiers match exactly: `Ctrl+Shift+Z` is not `Ctrl+Z`, and `Shift+\` not `\`. Signs such as `?` come with whatever Shift the layout
/// needs.
fn fits(shortcut: &KeyboardShortcut, key: Key, m: Modifiers) -> bool {
    let wanted = shortcut.modifiers;
    let exact = m.shift == wanted.shift && m.alt == wanted.alt && (m.ctrl || m.command) == (wanted.command || wanted.ctrl);
    let but_for_shift = m.alt == wanted.alt && (m.ctrl || m.command) == (wanted.command || wanted.ctrl);
    key == shortcut.logical_key && (exact || is_sign(key) && but_for_shift)
}
#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn no_two_actions_share_a_key_and_names_are_unique() {
        let mut keys: Vec<(String, Place)> = Vec::new();
        let mut names = HashSet::new();
        for row in KEYS {
            assert!(names.insert(row.name), "{}", row.name);
            assert!(!row.help.is_empty() && !row.keys.is_empty());
            for k in row.keys {
                let (text, place) = (shown(k) + if k.modifiers.shift { "⇧" } else { "" }, row.action.place());
                let clash = keys.iter().any(|(other, there)| *other == text && there.meets(place));
                assert!(!clash, "{} clashes on {text}", row.name);
                keys.push((text, place));
            }
        }
    }

    #[test]
    fn shortcuts_round_trip_through_the_settings_file() {
        for k in KEYS.iter().flat_map(|r| r.keys) {
            if is_sign(k.logical_key) && k.modifiers.shift {
                continue; // written without their Shift
            }
            assert_eq!(parse(&shown(k)), Some(*k), "{}", shown(k));
        }
        for bad in ["", "Hyper+A", "Ctrl+", "NoSuchKey"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn remapping_works_and_clashes_are_refused_in_words() {
        let map = |pairs: &[(&str, &str)]| KeyMap::new(&pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect());
        let good = map(&[("accept", "F9")]);
        assert_eq!(good.shown(KeyAction::Accept).unwrap(), "F9");
        assert!(good.problems.is_empty());
        let bad = map(&[("accept", "R"), ("fly", "Q"), ("edit", "Blob")]);
        assert_eq!(bad.problems.len(), 3);
        assert_eq!(bad.shown(KeyAction::Accept).unwrap(), "A");
    }
}
