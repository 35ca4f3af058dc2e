//! The README's section on keys is made from the program's own table. `UPDATE_README=1 cargo test --test readme_keys` rewrites it.

#![allow(clippy::unwrap_used, reason = "a failed step of a test should stop it")]

const FIRST: &str = "<!-- keys: made by tests/readme_keys.rs, do not edit -->\n";
const LAST: &str = "<!-- end of keys -->\n";

#[test]
fn the_readme_lists_the_keys_of_the_program() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    let readme = std::fs::read_to_string(path).unwrap();
    let (before, rest) = readme.split_once(FIRST).expect("the README has the marker before the keys");
    let (section, after) = rest.split_once(LAST).expect("the README has the marker after the keys");
    let wanted = format!("\n{}", voxaudit::ui::keys_markdown());
    if std::env::var_os("UPDATE_README").is_some() {
        std::fs::write(path, format!("{before}{FIRST}{wanted}{LAST}{after}")).unwrap();
        return;
    }
    assert!(section == wanted, "the keys in README.md are not those of the program: run UPDATE_README=1 cargo test --test readme_keys");
    for row in voxaudit::ui::KEYS {
        assert!(section.contains(row.help), "{}", row.name);
    }
}
