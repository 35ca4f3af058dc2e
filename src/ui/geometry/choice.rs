//! A drop-down with a search field over many names: 65,000 labels cost no more in a frame than the ten of them in sight.
//!
//! What a query finds is kept until the query changes or the list closes; names are made for that, and then only for the rows in sight.

use crate::ui::Cx;
use egui::{Id, RichText, Role, Ui, WidgetInfo, vec2};
use std::borrow::Cow;
use std::sync::Arc;

const ROW: f32 = 22.0;
const HEIGHT: f32 = 220.0;

/// What is chosen from: numbers, and the name of each.
pub(super) struct Names<'a, 'n> {
    /// In the order in which they are listed.
    pub numbers: &'a dyn Fn() -> Vec<usize>,
    pub name: &'a dyn Fn(usize) -> Cow<'n, str>,
}

/// What was found for a query.
struct Found {
    query: String,
    numbers: Vec<usize>,
}

/// The numbers whose names hold every word of the query; `liver` before `liver lesion`.
fn find(names: &Names<'_, '_>, query: &str) -> Vec<usize> {
    let mut all = (names.numbers)();
    let wanted = query.to_lowercase();
    let wanted = wanted.trim();
    if wanted.is_empty() {
        return all;
    }
    let mut exact = Vec::new();
    all.retain(|n| {
        let name = (names.name)(*n).to_lowercase();
        let holds = wanted.split_whitespace().all(|w| name.contains(w));
        if holds && name == wanted {
            exact.push(*n);
        }
        holds && name != wanted
    });
    exact.append(&mut all);
    exact
}

/// A button with a list of names below it. `id` tells such lists apart, `shown` stands on the button, `called` is its accessible name.
pub(super) fn choose(ui: &mut Ui, cx: &Cx<'_>, (id, shown, called): (&str, &str, &str), names: &Names<'_, '_>) -> Option<usize> {
    let button = ui.add(egui::Button::new(format!("{shown}  ▾")).min_size(vec2(150.0, 0.0)));
    button.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, called));
    let (query_id, found_id) = (Id::unique(("geometry-choice", id)), Id::unique(("geometry-choice-found", id)));
    let popup = egui::Popup::menu(&button).close_behavior(egui::PopupCloseBehavior::CloseOnClickOutside).width(240.0);
    let Some(open) = popup.show(|ui| {
        let (query, entered) = query(ui, query_id, called);
        let found = found(ui, found_id, &query, names);
        let chosen = list(ui, cx, &found.numbers, names).or(found.numbers.first().copied().filter(|_| entered));
        ui.data_mut(|d| d.insert_temp(query_id, if chosen.is_some() { String::new() } else { query }));
        if chosen.is_some() {
            ui.close();
        }
        chosen
    }) else {
        ui.data_mut(|d| d.remove::<Arc<Found>>(found_id));
        return None;
    };
    open.inner
}

/// What is typed, and whether it was entered.
fn query(ui: &mut Ui, id: Id, called: &str) -> (String, bool) {
    let mut query: String = ui.data(|d| d.get_temp(id)).unwrap_or_default();
    let field = ui.add(egui::TextEdit::singleline(&mut query).hint_text("Find a structure").desired_width(f32::INFINITY));
    field.widget_info(|| WidgetInfo::labeled(Role::SearchInput, true, format!("{called}: find")));
    let entered = field.lost_focus() && ui.input(|i| i.key_pressed(egui::Key::Enter));
    if !entered && ui.memory(|m| m.focused().is_none()) {
        field.request_focus();
    }
    (query, entered)
}

fn found(ui: &Ui, id: Id, query: &str, names: &Names<'_, '_>) -> Arc<Found> {
    let known: Option<Arc<Found>> = ui.data(|d| d.get_temp(id));
    known.filter(|f| f.query == query).unwrap_or_else(|| {
        let found = Arc::new(Found { query: query.to_owned(), numbers: find(names, query) });
        ui.data_mut(|d| d.insert_temp(id, Arc::clone(&found)));
        found
    })
}

fn list(ui: &mut Ui, cx: &Cx<'_>, found: &[usize], names: &Names<'_, '_>) -> Option<usize> {
    let mut chosen = None;
    if found.is_empty() {
        ui.label(RichText::new("No structure matches.").color(cx.theme.weak));
    }
    egui::ScrollArea::vertical().max_height(HEIGHT).show_rows(ui, ROW, found.len(), |ui, range| {
        ui.set_min_width(220.0);
        for number in found.get(range).unwrap_or_default() {
            if ui.add(egui::Button::selectable(false, (names.name)(*number))).clicked() {
                chosen = Some(*number);
            }
        }
    });
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::AppState;
    use crate::ui::{KeyMap, Theme};
    use egui::Event;
    use egui_kittest::{Harness, kittest::Queryable};
    use std::cell::Cell;
    use std::rc::Rc;

    const MANY: usize = 65_000;

    #[test]
    fn the_exact_name_comes_before_longer_ones() {
        let all = ["liver lesion", "Left kidney", "Liver", "kidney"];
        let names = Names { numbers: &|| (0..all.len()).collect(), name: &|n| all[n].into() };
        for (query, found) in
            [("liver", vec![2, 0]), ("kid le", vec![1]), (" ", vec![0, 1, 2, 3]), ("spleen", vec![]), ("kidney", vec![3, 1])]
        {
            assert_eq!(find(&names, query), found, "{query}");
        }
    }

    #[test]
    fn of_65_000_labels_only_those_in_sight_are_named_and_the_last_is_found_and_picked() {
        let (named, chosen) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(None)));
        let (count, picked) = (Rc::clone(&named), Rc::clone(&chosen));
        let dressed = Cell::new(false);
        let mut harness = Harness::new_ui(move |ui| {
            if !dressed.replace(true) {
                return crate::ui::install_fonts(ui.ctx());
            }
            let (state, theme, keys) = (AppState::default(), Theme::dark(), KeyMap::new(&std::collections::BTreeMap::new()));
            let cx = Cx::new(&state, &theme, &keys);
            let name = |n: usize| {
                count.set(count.get() + 1);
                Cow::Owned(format!("label {}", n + 1))
            };
            let names = Names { numbers: &|| (0..MANY).collect(), name: &name };
            picked.set(choose(ui, &cx, ("many", "…", "structure"), &names).or(picked.get()));
        });
        harness.get_by_label("structure").click();
        harness.run_steps(4);
        named.set(0);
        harness.run_steps(5);
        assert!((1..=5 * 20).contains(&named.get()), "{} names in 5 frames", named.get());
        harness.get_by_label("structure: find").focus();
        harness.run_steps(2);
        harness.event(Event::Text("65000".to_owned()));
        harness.run_steps(2);
        named.set(0);
        harness.run_steps(5);
        assert_eq!(named.get(), 5, "the one that was found, in 5 frames");
        harness.get_by_label("label 65000").click();
        harness.run_steps(2);
        assert_eq!(chosen.get(), Some(MANY - 1));
        assert!(harness.query_by_label("structure: find").is_none(), "the list is closed");
    }
}
