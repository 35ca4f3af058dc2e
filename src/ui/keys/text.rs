//! The key table as text: what the README lists. Made from the same table that the window uses.

use super::{KEYS, shown};

/// What the mouse does in an image, for the help and the README.
pub const MOUSE: &[(&str, &str)] = &[
    ("wheel", "slices"),
    ("Ctrl + wheel, right drag", "zoom"),
    ("middle drag, Shift + left drag", "pan"),
    ("left", "crosshair in all planes"),
    ("Alt + left drag", "turn the crosshair: oblique planes in the other views"),
    ("Ctrl + left", "select the structure"),
    ("left drag on a measurement", "move it, or one of its ends"),
    ("double-click", "maximise, and back"),
    ("W, then left drag", "window: right = wider, up = brighter; Esc cancels"),
    ("hover", "HU and structure"),
];

/// What the mouse does in a chart of the Analyse workspace.
pub const CHART_MOUSE: [(&str, &str); 6] = [
    ("wheel", "scroll the page"),
    ("Ctrl + wheel, pinch", "enlarge about the cursor"),
    ("drag", "move what is enlarged"),
    ("double-click beside the points", "the whole chart again"),
    ("hover", "number and base of the point"),
    ("left", "the items behind the point"),
];

/// Tables in Markdown, one per group of keys, and two of the mouse.
pub fn keys_markdown() -> String {
    let mut groups: Vec<&str> = Vec::new();
    for row in KEYS {
        if !groups.contains(&row.group) {
            groups.push(row.group);
        }
    }
    let mut text = String::new();
    for group in groups {
        let rows = KEYS.iter().filter(|r| r.group == group).map(|row| {
            let mut keys: Vec<String> = row.keys.iter().map(shown).collect();
            keys.dedup();
            let keys: Vec<String> = keys.iter().map(|k| code(k)).collect();
            (keys.join(" "), row.help)
        });
        table(&mut text, group, rows);
    }
    for (title, gestures) in [("Mouse in an image", MOUSE), ("Mouse in a chart", &CHART_MOUSE)] {
        table(&mut text, title, gestures.iter().map(|(gesture, help)| ((*gesture).to_owned(), *help)));
    }
    text
}

/// A key as code; a backtick or a bar would end the code or the cell.
fn code(key: &str) -> String {
    match key {
        "`" => "`` ` ``".to_owned(),
        key => format!("`{}`", key.replace('|', "\\|")),
    }
}

fn table(text: &mut String, title: &str, rows: impl Iterator<Item = (String, &'static str)>) {
    *text += &format!("| {title} | |\n|---|---|\n");
    for (keys, help) in rows {
        *text += &format!("| {keys} | {} |\n", help.replace('|', "\\|"));
    }
    text.push('\n');
}
