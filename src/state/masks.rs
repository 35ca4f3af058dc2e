//! Which structures are drawn and how: each one's visibility, colour and opacity, solo, "only this item's", the selected structure, and
//! the list that is searched and folded.
//!
//! Visibility has three layers: what the reader chose, over it what the item names, over that what is soloed. The topmost is drawn and
//! is what an eye changes; the ones below come back unchanged. Every change works in one pass over the labels, however many it concerns.
//! What the reader chose is kept by name in the settings.

use super::{AppState, Effect, Settings, Toast};
use crate::gpu::LabelStyle;
use crate::space::{Plane, RasMm};
use crate::volume::structures::System;
use crate::volume::{Label, LabelSet, Listing};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

/// Names that are remembered at most.
const MOST_REMEMBERED: usize = 4096;
/// A change of more structures at once is for the case on screen only.
const MOST_AT_ONCE: usize = 512;

/// What the user does to structures; they are named by their index in the label table.
#[derive(Clone, Debug, PartialEq)]
pub enum MaskCommand {
    Visible(usize, bool),
    /// The labels that the list shows below a heading.
    GroupVisible(Group, bool),
    /// Ends solo and "only this item's".
    AllVisible(bool),
    /// One structure alone, or back to what was visible before; `None` means the selected one.
    Solo(Option<usize>),
    /// Only the structures that the item names, or what was chosen.
    OnlyItem,
    Color(usize, [u8; 3]),
    /// 0…1, multiplied with the opacity of all masks.
    Opacity(usize, f32),
    /// Colour and opacity as the file gives them.
    Reset(usize),
    /// The same for every structure; all become visible.
    ResetAll,
    Query(String),
    Fold(Group),
    /// Selects the structure at a point; asked again, the next one that lies there.
    Pick(RasMm),
    /// To the next slice of a plane that shows the selected structure.
    Slice {
        plane: Plane,
        forward: bool,
    },
}

/// Headings of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Group {
    /// What the item names.
    Item,
    System(System),
}

/// A heading with the labels below it.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupList {
    pub group: Group,
    pub folded: bool,
    /// Indices in the label table.
    pub labels: Vec<u32>,
    /// How many of them are drawn.
    pub visible: usize,
}

/// A line of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// Index into [`Masks::groups`].
    Group(usize),
    /// Index in the label table.
    Label(usize),
}

/// What is remembered of a structure by its name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StructureLook {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color: Option<[u8; 3]>,
    /// In 255ths.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opacity: Option<u8>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub hidden: bool,
}

/// The structures of the case on screen.
#[derive(Clone, Debug, Default)]
pub struct Masks {
    styles: Arc<Vec<LabelStyle>>,
    listing: Arc<Listing>,
    chosen: Vec<bool>,
    item: Option<Vec<bool>>,
    /// The soloed structure and what is drawn with it.
    solo: Option<(usize, Vec<bool>)>,
    /// How many labels that have voxels are drawn.
    drawn: usize,
    mentioned: Vec<usize>,
    selected: Option<usize>,
    reveal: u64,
    query: String,
    folded: HashSet<Group>,
    groups: Vec<GroupList>,
    lines: Vec<Line>,
}

impl Masks {
    /// How each label is drawn, by its index in the label table.
    pub fn styles(&self) -> &Arc<Vec<LabelStyle>> {
        &self.styles
    }

    pub fn is_visible(&self, index: usize) -> bool {
        self.styles.get(index).is_some_and(|s| s.visible)
    }

    /// How many labels that have voxels are drawn.
    pub fn visible_count(&self) -> usize {
        self.drawn
    }

    pub fn selected(&self) -> Option<usize> {
        self.selected
    }

    /// Bumped whenever the selected line should be brought into sight.
    pub fn reveal(&self) -> u64 {
        self.reveal
    }

    pub fn query(&self) -> &str {
        &self.query
    }

    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    pub fn groups(&self) -> &[GroupList] {
        &self.groups
    }

    /// How many labels have voxels.
    pub fn present_count(&self) -> usize {
        self.listing.present_count()
    }

    /// The structure that was soloed.
    pub fn solo(&self) -> Option<usize> {
        self.solo.as_ref().map(|(index, _)| *index)
    }

    /// Only the item's structures are drawn.
    pub fn only_item(&self) -> bool {
        self.item.is_some()
    }

    /// The item names structures of these masks.
    pub fn item_names_some(&self) -> bool {
        !self.mentioned.is_empty()
    }

    /// A case comes on screen.
    pub fn show(&mut self, labels: Option<&LabelSet>, remembered: &BTreeMap<String, StructureLook>) {
        let empty = LabelSet::default();
        let labels = labels.unwrap_or(&empty);
        let look = |l: &Label| if remembered.is_empty() { None } else { name_of(l).and_then(|name| remembered.get(&name)) };
        let style = |l: &Label| {
            let plain = LabelStyle::plain(l.color);
            look(l).map_or(plain, |r| LabelStyle { color: r.color.unwrap_or(l.color), opacity: r.opacity.unwrap_or(255), ..plain })
        };
        self.styles = Arc::new(labels.table.iter().map(style).collect());
        self.chosen = labels.table.iter().map(|l| !look(l).is_some_and(|r| r.hidden)).collect();
        self.listing = Arc::clone(labels.listing());
        (self.item, self.solo, self.selected) = (None, None, None);
        self.mentioned.clear();
        self.list();
    }

    /// Another item of the case: solo ends, and its structures alone are drawn when `only` and it names any.
    pub fn item_names(&mut self, mentioned: &[usize], only: bool) {
        self.mentioned = mentioned.iter().copied().filter(|n| *n < self.chosen.len()).collect();
        self.solo = None;
        self.set_only_item(only);
        self.list();
    }

    fn set_only_item(&mut self, only: bool) {
        self.item = (only && !self.mentioned.is_empty()).then(|| {
            let mut shown = vec![false; self.chosen.len()];
            self.mentioned.iter().for_each(|n| shown[*n] = true);
            shown
        });
    }

    /// Selects a structure and brings its line into sight.
    pub fn select(&mut self, index: usize) {
        self.selected = Some(index).filter(|n| *n < self.chosen.len());
        self.reveal += 1;
        let Some(group) = self.selected.map(|n| self.group_of(n)) else { return };
        let searched_away = !self.groups.iter().any(|g| g.labels.contains(&(index as u32)));
        if searched_away {
            self.query.clear();
        }
        if self.folded.remove(&group) || searched_away {
            self.list();
        }
    }

    fn group_of(&self, index: usize) -> Group {
        if self.mentioned.contains(&index) { Group::Item } else { Group::System(self.listing.system(index)) }
    }

    /// The topmost layer of visibility.
    fn layer(&self) -> &[bool] {
        self.solo.as_ref().map(|(_, layer)| layer).or(self.item.as_ref()).unwrap_or(&self.chosen)
    }

    fn set_visible(&mut self, indices: impl Iterator<Item = usize>, visible: bool) {
        let layer = self.solo.as_mut().map(|(_, layer)| layer).or(self.item.as_mut()).unwrap_or(&mut self.chosen);
        for index in indices {
            if let Some(v) = layer.get_mut(index) {
                *v = visible;
            }
        }
        self.draw();
    }

    fn all_visible(&mut self, visible: bool) {
        (self.solo, self.item) = (None, None);
        self.chosen.fill(visible);
        self.draw();
    }

    /// True when the structure is alone now, false when what was visible before is back.
    fn toggle_solo(&mut self, index: usize) -> bool {
        let mut alone = vec![false; self.chosen.len()];
        if let Some(v) = alone.get_mut(index) {
            *v = true;
        }
        let now = Some((index, alone));
        self.solo = if self.solo == now { None } else { now };
        self.draw();
        self.solo.is_some()
    }

    fn restyle(&mut self, index: usize, change: impl FnOnce(&mut LabelStyle)) {
        if let Some(style) = Arc::make_mut(&mut self.styles).get_mut(index) {
            change(style);
        }
    }

    /// Brings the styles and the counts in step with the topmost layer.
    fn draw(&mut self) {
        let mut styles = std::mem::take(&mut self.styles);
        for (style, visible) in Arc::make_mut(&mut styles).iter_mut().zip(self.layer()) {
            style.visible = *visible;
        }
        self.styles = styles;
        self.drawn = (0..self.styles.len()).filter(|&n| self.styles[n].visible && self.listing.present(n)).count();
        for group in &mut self.groups {
            group.visible = group.labels.iter().filter(|n| self.styles[**n as usize].visible).count();
        }
    }

    /// Searches and groups the list anew.
    fn list(&mut self) {
        let found = self.listing.find(&self.query);
        let wanted: HashSet<u32> = self.mentioned.iter().map(|n| *n as u32).collect();
        let (named, rest): (Vec<u32>, Vec<u32>) = found.into_iter().partition(|n| wanted.contains(n));
        let searching = !self.query.is_empty();
        let folded = |group| !searching && self.folded.contains(&group);
        let made = |group, labels| GroupList { group, folded: folded(group), labels, visible: 0 };
        let mut groups = vec![made(Group::Item, named)];
        for system in rest.chunk_by(|a, b| self.listing.system(*a as usize) == self.listing.system(*b as usize)) {
            groups.push(made(Group::System(self.listing.system(system[0] as usize)), system.to_vec()));
        }
        groups.retain(|g| !g.labels.is_empty());
        self.lines.clear();
        for (n, group) in groups.iter().enumerate() {
            self.lines.push(Line::Group(n));
            let shown = if group.folded { &[][..] } else { &group.labels };
            self.lines.extend(shown.iter().map(|l| Line::Label(*l as usize)));
        }
        self.groups = groups;
        self.draw();
    }

    /// A search looks into every group, so there is nothing to fold meanwhile.
    fn fold(&mut self, group: Group) {
        if !self.query.is_empty() {
            return;
        }
        if !self.folded.remove(&group) {
            self.folded.insert(group);
        }
        self.list();
    }

    fn search(&mut self, query: String) {
        self.query = query;
        self.list();
    }

    /// Which of the labels at a point to select: drawn ones before hidden ones, and the one after the selected one.
    fn pick(&self, at: &[usize]) -> Option<usize> {
        let drawn: Vec<usize> = at.iter().copied().filter(|n| self.is_visible(*n)).collect();
        let list = if drawn.is_empty() { at } else { &drawn };
        let next = self.selected.and_then(|s| list.iter().position(|n| *n == s)).map_or(0, |here| (here + 1) % list.len());
        list.get(next).copied()
    }
}

/// Under which name a structure is remembered: that of the table if it is known, so that spellings share it. A label without a name is
/// remembered under none, for another file's label 7 is something else.
fn name_of(label: &Label) -> Option<String> {
    label.has_name().then(|| label.structure.map_or_else(|| label.name.to_lowercase(), |s| s.name.to_owned()))
}

impl Settings {
    fn remember_structure(&mut self, label: &Label, change: impl FnOnce(&mut StructureLook)) {
        let Some(name) = name_of(label) else { return };
        if self.structures.len() >= MOST_REMEMBERED && !self.structures.contains_key(&name) {
            return;
        }
        let look = self.structures.entry(name.clone()).or_default();
        change(look);
        if *look == StructureLook::default() {
            self.structures.remove(&name);
        }
    }
}

impl AppState {
    fn labels(&self) -> Option<Arc<LabelSet>> {
        self.project.as_ref()?.scene()?.labels().cloned()
    }

    pub(super) fn apply_mask(&mut self, command: MaskCommand) -> Vec<Effect> {
        let Some(labels) = self.labels() else { return Vec::new() };
        match command {
            MaskCommand::Query(query) => self.viewer.structures.search(query),
            MaskCommand::Fold(group) => self.viewer.structures.fold(group),
            MaskCommand::Pick(at) => self.pick(&labels, at),
            MaskCommand::Slice { plane, forward } => self.next_slice(&labels, plane, forward),
            MaskCommand::Solo(index) => self.solo(&labels, index),
            MaskCommand::OnlyItem => return self.toggle_only_item(),
            MaskCommand::Color(index, color) => return self.recolor(&labels, index, color),
            MaskCommand::Opacity(index, opacity) => return self.fade(&labels, index, opacity),
            MaskCommand::Reset(index) => return self.reset_structure(&labels, index),
            MaskCommand::ResetAll => return self.reset_structures(&labels),
            visibility => return self.change_visibility(&labels, &visibility),
        }
        Vec::new()
    }

    fn change_visibility(&mut self, labels: &LabelSet, command: &MaskCommand) -> Vec<Effect> {
        let masks = &mut self.viewer.structures;
        let chosen = masks.solo.is_none() && masks.item.is_none();
        let (indices, visible) = match *command {
            MaskCommand::Visible(index, visible) => (vec![index as u32], visible),
            MaskCommand::GroupVisible(group, visible) => {
                (masks.groups.iter().find(|g| g.group == group).map_or_else(Vec::new, |g| g.labels.clone()), visible)
            }
            MaskCommand::AllVisible(visible) => {
                masks.all_visible(visible);
                return if visible { self.forget_hidden(labels) } else { Vec::new() };
            }
            _ => return Vec::new(),
        };
        masks.set_visible(indices.iter().map(|n| *n as usize), visible);
        if !chosen || indices.len() > MOST_AT_ONCE {
            return Vec::new();
        }
        for label in indices.iter().filter_map(|n| labels.table.get(*n as usize)) {
            self.settings.remember_structure(label, |look| look.hidden = !visible);
        }
        vec![self.save_settings()]
    }

    /// Everything is visible: so it is the next time.
    fn forget_hidden(&mut self, labels: &LabelSet) -> Vec<Effect> {
        if !self.settings.structures.values().any(|look| look.hidden) {
            return Vec::new();
        }
        labels.table.iter().for_each(|label| self.settings.remember_structure(label, |look| look.hidden = false));
        vec![self.save_settings()]
    }

    fn solo(&mut self, labels: &LabelSet, index: Option<usize>) {
        let solo = self.viewer.structures.solo();
        match index.or(self.viewer.structures.selected).or(solo).filter(|n| *n < labels.table.len()) {
            Some(index) => {
                if self.viewer.structures.toggle_solo(index) {
                    self.viewer.masks = true;
                }
            }
            None => self.nothing_selected(),
        }
    }

    fn nothing_selected(&mut self) {
        self.toasts.push(Toast::note("No structure is selected. Click one in the list, or pick the one under the cursor."));
    }

    fn toggle_only_item(&mut self) -> Vec<Effect> {
        let masks = &mut self.viewer.structures;
        if masks.mentioned.is_empty() {
            self.toasts.push(Toast::note("This item names no structure of these masks: all chosen ones are shown."));
            return Vec::new();
        }
        let only = masks.item.is_none();
        masks.solo = None;
        masks.set_only_item(only);
        masks.draw();
        self.settings.only_item = only;
        vec![self.save_settings()]
    }

    fn recolor(&mut self, labels: &LabelSet, index: usize, color: [u8; 3]) -> Vec<Effect> {
        let Some(label) = labels.table.get(index) else { return Vec::new() };
        self.viewer.structures.restyle(index, |style| style.color = color);
        self.settings.remember_structure(label, |look| look.color = (color != label.color).then_some(color));
        vec![self.save_settings()]
    }

    fn fade(&mut self, labels: &LabelSet, index: usize, opacity: f32) -> Vec<Effect> {
        let Some(label) = labels.table.get(index).filter(|_| opacity.is_finite()) else { return Vec::new() };
        let opacity = (opacity.clamp(0.0, 1.0) * 255.0).round() as u8;
        self.viewer.structures.restyle(index, |style| style.opacity = opacity);
        self.settings.remember_structure(label, |look| look.opacity = (opacity < 255).then_some(opacity));
        vec![self.save_settings()]
    }

    fn reset_structure(&mut self, labels: &LabelSet, index: usize) -> Vec<Effect> {
        let Some(label) = labels.table.get(index) else { return Vec::new() };
        self.viewer.structures.restyle(index, |s| *s = LabelStyle { visible: s.visible, ..LabelStyle::plain(label.color) });
        self.settings.remember_structure(label, |look| (look.color, look.opacity) = (None, None));
        vec![self.save_settings()]
    }

    fn reset_structures(&mut self, labels: &LabelSet) -> Vec<Effect> {
        let masks = &mut self.viewer.structures;
        masks.styles = Arc::new(labels.table.iter().map(|l| LabelStyle::plain(l.color)).collect());
        masks.all_visible(true);
        labels.table.iter().for_each(|label| self.settings.remember_structure(label, |look| *look = StructureLook::default()));
        vec![self.save_settings()]
    }

    fn pick(&mut self, labels: &LabelSet, at: RasMm) {
        match self.viewer.structures.pick(&labels.at(at)) {
            Some(index) => self.viewer.structures.select(index),
            None => self.toasts.push(Toast::note("There is no structure at this point.")),
        }
    }

    fn next_slice(&mut self, labels: &LabelSet, plane: Plane, forward: bool) {
        let masks = &self.viewer.structures;
        let Some(index) = masks.selected.or(masks.mentioned.first().copied()) else { return self.nothing_selected() };
        let Some((step, most)) = self.viewer.slices_ahead(plane, forward) else { return };
        match labels.steps_to(index, self.viewer.normal(plane), self.viewer.position_mm(plane), step, most) {
            Some(steps) => self.viewer.scroll(plane, f64::from(steps) * step.signum()),
            None => {
                let [ahead, behind] = [["above", "below"], ["in front", "behind"], ["further right", "further left"]][plane as usize];
                let title = labels.table.get(index).map_or_else(String::new, |l| l.title().into_owned());
                let text = format!("No {} slice {} shows {title}.", plane.name(), if forward { ahead } else { behind });
                self.toasts.push(Toast::note(text));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::{Affine, Grid};
    use crate::volume::{LabelLayer, LabelName, LabelVoxels};

    fn set(names: &[&str]) -> LabelSet {
        let rows = [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]];
        let grid = Grid { size: [names.len(), 1, 1], affine: Affine::from_rows(rows).unwrap() };
        let values: Vec<u16> = (1..=names.len() as u16).collect();
        let layer = LabelLayer { grid, voxels: LabelVoxels::from_slice(&values).unwrap() };
        let name = |(n, name): (usize, &&str)| LabelName { layer: 0, value: n as u16 + 1, name: (*name).to_owned(), color: None };
        let names = names.iter().enumerate().filter(|(_, n)| !n.is_empty()).map(name).collect();
        LabelSet::new(vec![layer], names, Vec::new())
    }

    const ORGANS: [&str; 5] = ["kidney_left", "kidney_right", "spleen", "liver", "growth"];

    fn masks() -> Masks {
        let mut masks = Masks::default();
        masks.show(Some(&set(&ORGANS)), &BTreeMap::new());
        masks
    }

    fn drawn(masks: &Masks) -> Vec<&'static str> {
        (0..ORGANS.len()).filter(|n| masks.is_visible(*n)).map(|n| ORGANS[n]).collect()
    }

    fn shown(masks: &Masks) -> Vec<String> {
        let text = |line: &Line| match *line {
            Line::Group(n) => format!("[{:?} {}/{}]", masks.groups()[n].group, masks.groups()[n].visible, masks.groups()[n].labels.len()),
            Line::Label(n) => ORGANS[n].to_owned(),
        };
        masks.lines().iter().map(text).collect()
    }

    #[test]
    fn solo_and_the_items_structures_lie_over_what_was_chosen_and_leave_it_unchanged() {
        let mut m = masks();
        m.set_visible([3].into_iter(), false);
        assert_eq!(drawn(&m), ["kidney_left", "kidney_right", "spleen", "growth"]);
        assert!(m.toggle_solo(3));
        assert_eq!((drawn(&m), m.solo()), (vec!["liver"], Some(3)), "solo shows what was hidden");
        assert!(m.toggle_solo(2));
        assert_eq!((drawn(&m), m.solo()), (vec!["spleen"], Some(2)), "another structure takes over");
        m.set_visible([0].into_iter(), true);
        assert_eq!(drawn(&m), ["kidney_left", "spleen"], "an eye adds to solo");
        assert!(m.toggle_solo(2));
        assert!(!m.toggle_solo(2));
        assert_eq!(drawn(&m), ["kidney_left", "kidney_right", "spleen", "growth"], "what was chosen is back");

        m.item_names(&[3, 0], true);
        assert_eq!((drawn(&m), m.only_item()), (vec!["kidney_left", "liver"], true));
        m.toggle_solo(2);
        m.item_names(&[1], true);
        assert_eq!((drawn(&m), m.solo()), (vec!["kidney_right"], None), "the next item ends solo");
        m.item_names(&[], true);
        assert_eq!(drawn(&m), ["kidney_left", "kidney_right", "spleen", "growth"], "an item that names nothing hides nothing");
        m.item_names(&[1], false);
        assert_eq!((drawn(&m).len(), m.item_names_some()), (4, true));
        m.all_visible(false);
        assert!(drawn(&m).is_empty());
    }

    #[test]
    fn the_list_is_grouped_searched_and_folded_and_counts_what_is_drawn() {
        let mut m = masks();
        m.item_names(&[2], false);
        let all = [
            "[Item 1/1]",
            "spleen",
            "[System(Digestive) 1/1]",
            "liver",
            "[System(Urinary) 2/2]",
            "kidney_left",
            "kidney_right",
            "[System(Other) 1/1]",
            "growth",
        ];
        assert_eq!(shown(&m), all);
        let urinary = Group::System(System::Urinary);
        m.fold(urinary);
        m.set_visible([0].into_iter(), false);
        assert_eq!(shown(&m)[4..6], ["[System(Urinary) 1/2]", "[System(Other) 1/1]"]);
        m.search("kidney".to_owned());
        assert_eq!(shown(&m), ["[System(Urinary) 1/2]", "kidney_left", "kidney_right"], "a search looks into folded groups");
        m.search("zebra".to_owned());
        assert!(m.lines().is_empty());
        let before = m.reveal();
        m.select(1);
        assert_eq!((m.query(), m.selected(), m.reveal()), ("", Some(1), before + 1));
        assert!(m.lines().contains(&Line::Label(1)), "the selected line is unfolded and found");
        m.select(99);
        assert_eq!(m.selected(), None);
    }

    #[test]
    fn what_was_chosen_is_remembered_by_name_in_any_spelling() {
        let labels = set(&ORGANS);
        let mut settings = Settings::default();
        settings.remember_structure(&labels.table[0], |look| look.color = Some([1, 2, 3]));
        settings.remember_structure(&labels.table[0], |look| look.opacity = Some(80));
        settings.remember_structure(&labels.table[4], |look| look.hidden = true);
        settings.remember_structure(&labels.table[3], |look| look.hidden = false);
        assert_eq!(settings.structures.keys().collect::<Vec<_>>(), ["growth", "kidney_left"], "defaults are not kept");
        let text = serde_json::to_string(&settings).unwrap();
        let settings: Settings = serde_json::from_str(&text).unwrap();
        let mut m = Masks::default();
        m.show(Some(&set(&["Left Kidney", "GROWTH", "liver"])), &settings.structures);
        assert_eq!(m.styles()[0], LabelStyle { color: [1, 2, 3], visible: true, opacity: 80 });
        assert_eq!((0..3).map(|n| m.is_visible(n)).collect::<Vec<_>>(), [true, false, true]);
        let unnamed = set(&["liver", ""]);
        let mut other = Settings::default();
        other.remember_structure(&unnamed.table[1], |look| look.hidden = true);
        assert!(other.structures.is_empty(), "label 2 of another file is something else");
    }

    #[test]
    fn picking_prefers_what_is_drawn_and_goes_on_to_the_next() {
        let mut m = masks();
        assert_eq!(m.pick(&[]), None);
        m.set_visible([0].into_iter(), false);
        assert_eq!(m.pick(&[0, 2, 3]), Some(2));
        m.select(2);
        assert_eq!(m.pick(&[0, 2, 3]), Some(3));
        m.select(3);
        assert_eq!(m.pick(&[0, 2, 3]), Some(2));
        assert_eq!(m.pick(&[0]), Some(0), "a hidden structure alone can be picked");
    }

    /// One pass per change: 65,535 labels take a fraction of a second without optimisation, quadratic work would take minutes.
    #[test]
    fn every_structure_of_the_largest_set_changes_at_once() {
        let names: Vec<String> = (1..=65_535).map(|n| format!("territory {n}")).collect();
        let labels = set(&names.iter().map(String::as_str).collect::<Vec<_>>());
        let mut m = Masks::default();
        let start = std::time::Instant::now();
        m.show(Some(&labels), &BTreeMap::new());
        m.all_visible(false);
        assert_eq!(m.visible_count(), 0);
        m.set_visible(0..65_535, true);
        assert_eq!((m.visible_count(), m.lines().len()), (65_535, 65_536));
        m.toggle_solo(40_000);
        assert_eq!(m.visible_count(), 1);
        m.search("6553".to_owned());
        assert_eq!(m.groups()[0].labels.len(), 12);
        assert!(start.elapsed().as_secs() < 2, "{:?}", start.elapsed());
    }

    #[test]
    fn no_masks_and_no_structures_leave_an_empty_list() {
        let mut m = masks();
        m.show(None, &BTreeMap::new());
        m.item_names(&[3], true);
        m.select(0);
        m.set_visible([7].into_iter(), true);
        assert_eq!((m.lines().len(), m.selected(), m.only_item(), m.visible_count()), (0, None, false, 0));
    }
}
