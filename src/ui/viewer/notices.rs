//! What the reader should know about the files of a case: one sign in the toolbar, the words in its menu.

use super::toolbar::room;
use crate::gpu::Scene;
use crate::ui::Cx;
use egui::{Align, Label, Layout, RichText, Role, Ui, WidgetInfo};

/// How warnings of masks begin.
const OF_MASKS: &str = "masks: ";
/// Of the menu, in points.
const WIDTH: f32 = 380.0;

pub(super) fn show(ui: &mut Ui, cx: &Cx<'_>, scene: Option<&Scene>, warnings: &[String]) {
    let all: Vec<String> = merged(warnings).into_iter().chain(scene.and_then(Scene::notice)).collect();
    if all.is_empty() {
        return;
    }
    room(ui, 64.0);
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        let text = RichText::new(format!("⚠ {}", all.len())).color(cx.theme.edit);
        let response = ui.menu_button(text, |ui| list(ui, &all)).response;
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("About the files: {}", all.len())));
        response.on_hover_ui(|ui| list(ui, &all));
    });
}

/// From the left, each on lines of its own: a menu would stretch them from edge to edge.
fn list(ui: &mut Ui, all: &[String]) {
    ui.set_max_width(WIDTH);
    ui.with_layout(Layout::top_down(Align::Min), |ui| {
        ui.spacing_mut().item_spacing.y = 8.0;
        for text in all {
            ui.add(Label::new(text.as_str()).wrap().halign(Align::Min));
        }
    });
}

/// What is said of the CT and of the masks in the same words is said once.
fn merged(warnings: &[String]) -> Vec<String> {
    let of_masks = |text: &String| warnings.contains(&format!("{OF_MASKS}{text}"));
    let of_both = |text: &String| text.strip_prefix(OF_MASKS).is_some_and(|bare| warnings.iter().any(|w| w == bare));
    let once = warnings.iter().filter(|text| !of_both(text));
    once.map(|text| if of_masks(text) { format!("CT and masks: {text}") } else { text.clone() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ct_and_masks_have_in_common_is_said_once() {
        let all = ["sheared by 2.1°", "masks: sheared by 2.1°", "masks: values were rounded", "NaN voxels"].map(str::to_owned);
        assert_eq!(merged(&all), ["CT and masks: sheared by 2.1°", "masks: values were rounded", "NaN voxels"]);
        assert!(merged(&[]).is_empty());
    }
}
