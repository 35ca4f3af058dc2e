//! In which order labels are listed and under which words they are found, worked out once per label set so that lists of 65,535 labels
//! answer at once. Holds no voxels.

use super::Label;
use super::structures::{self, Side, System};
use std::collections::HashMap;

/// Parallel to the table of a [`super::LabelSet`].
#[derive(Debug, Default)]
pub struct Listing {
    systems: Vec<System>,
    present: Vec<bool>,
    present_count: usize,
    /// Indices by body system; known structures in the order of their table, sides of a pair together, others by layer and value.
    order: Vec<u32>,
    /// Words of all labels in lower case, one after the other.
    text: String,
    /// Where each label's words end.
    ends: Vec<u32>,
}

impl Listing {
    pub fn new(table: &[Label]) -> Self {
        let systems: Vec<System> = table.iter().map(|l| l.structure.map_or(System::Other, |s| s.system)).collect();
        let places = places(table);
        let mut order: Vec<u32> = (0..table.len() as u32).collect();
        order.sort_by_key(|&n| (systems[n as usize], places[n as usize]));
        let present: Vec<bool> = table.iter().map(|l| l.voxels > 0).collect();
        let mut listing = Self { order, present_count: present.iter().filter(|p| **p).count(), present, ..Self::default() };
        for label in table {
            words(label, &mut listing.text);
            listing.ends.push(listing.text.len() as u32);
        }
        Self { systems, ..listing }
    }

    pub fn len(&self) -> usize {
        self.systems.len()
    }

    pub fn is_empty(&self) -> bool {
        self.systems.is_empty()
    }

    pub fn system(&self, index: usize) -> System {
        self.systems.get(index).copied().unwrap_or(System::Other)
    }

    /// Has voxels in this volume.
    pub fn present(&self, index: usize) -> bool {
        self.present.get(index).copied().unwrap_or(false)
    }

    /// How many labels have voxels in this volume.
    pub fn present_count(&self) -> usize {
        self.present_count
    }

    /// Indices of the labels that `query` finds, in list order: those that hold each of its words, or all present ones when it is empty.
    pub fn find(&self, query: &str) -> Vec<u32> {
        let query = query.to_lowercase().replace(['_', '-'], " ");
        let wanted: Vec<&str> = query.split_whitespace().collect();
        let fits = |n: usize| {
            if wanted.is_empty() { self.present[n] } else { wanted.iter().all(|w| self.words(n).contains(w)) }
        };
        self.order.iter().copied().filter(|&n| fits(n as usize)).collect()
    }

    fn words(&self, n: usize) -> &str {
        let start = n.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        &self.text[start..self.ends[n] as usize]
    }
}

/// What sorts the labels of one system: known ones first, and an unknown sided one where the first of its pair stands.
fn places(table: &[Label]) -> Vec<(usize, usize, Side)> {
    let mut first: HashMap<String, usize> = HashMap::new();
    let place = |(n, label): (usize, &Label)| {
        if let Some(s) = label.structure {
            return (s.order, n, Side::None);
        }
        let after = structures::all().len();
        match structures::side_of(&label.name) {
            Side::None => (after, n, Side::None),
            side => (after, *first.entry(structures::without_side(&label.name)).or_insert(n), side),
        }
    };
    table.iter().enumerate().map(place).collect()
}

fn words(label: &Label, out: &mut String) {
    let start = out.len();
    out.push_str(&label.name);
    if let Some(s) = label.structure {
        let more = [s.title, s.system.name(), s.snomed.unwrap_or_default()];
        more.iter().chain(&s.aliases).for_each(|word| {
            out.push(' ');
            out.push_str(word);
        });
    }
    out.push('\n'); // no word of a query spans two labels
    let lower = out[start..].to_lowercase().replace(['_', '-'], " ");
    out.truncate(start);
    out.push_str(&lower);
}

#[cfg(test)]
mod tests {
    use crate::space::{Affine, Grid};
    use crate::volume::{LabelLayer, LabelName, LabelSet, LabelVoxels};

    fn set(names: &[&str]) -> LabelSet {
        let rows = [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]];
        let grid = Grid { size: [names.len().max(1), 1, 1], affine: Affine::from_rows(rows).unwrap() };
        let values: Vec<u16> = (1..=grid.len() as u16).collect();
        let layer = LabelLayer { grid, voxels: LabelVoxels::from_slice(&values).unwrap() };
        let name = |(n, name): (usize, &&str)| LabelName { layer: 0, value: n as u16 + 1, name: (*name).to_owned(), color: None };
        LabelSet::new(vec![layer], names.iter().enumerate().map(name).collect(), Vec::new())
    }

    fn check(names: &[&str], query: &str, expected: &[&str]) {
        let set = set(names);
        let found: Vec<&str> = set.listing().find(query).into_iter().map(|n| set.table[n as usize].name.as_str()).collect();
        assert_eq!(found, expected, "{query}");
    }

    #[test]
    fn labels_are_listed_by_system_with_pairs_together() {
        let names = ["nodule_left", "spleen", "mass", "kidney_right", "liver", "nodule_right", "kidney_left", "rib_left_2", "rib_left_1"];
        let listed = ["liver", "kidney_left", "kidney_right", "spleen", "rib_left_1", "rib_left_2", "nodule_left", "nodule_right", "mass"];
        check(&names, "", &listed);
    }

    #[test]
    fn every_word_must_be_found_in_name_title_system_or_code() {
        let names = ["kidney_left", "kidney_right", "clavicula_left", "odd-thing"];
        check(&names, "left KID", &["kidney_left"]);
        check(&names, "clavicle", &["clavicula_left"]);
        check(&names, "urinary", &["kidney_left", "kidney_right"]);
        check(&names, "64033007 right", &["kidney_right"]);
        check(&names, "odd_thing", &["odd-thing"]);
        check(&names, "left\nkidney odd", &[]);
        check(&names, "zebra", &[]);
    }

    /// The time is generous for a loaded machine without optimisation; an index that is rebuilt per query would take longer.
    #[test]
    fn the_largest_table_answers_at_once() {
        let names: Vec<String> = (1..=65_535).map(|n| format!("territory {n}")).collect();
        let set = set(&names.iter().map(String::as_str).collect::<Vec<_>>());
        let start = std::time::Instant::now();
        assert_eq!(set.listing().find("territory 6553").len(), 12);
        let took = start.elapsed();
        assert!(took.as_millis() < 150, "{took:?}");
        assert_eq!(set.listing().find("").len(), 65_535);
    }
}
