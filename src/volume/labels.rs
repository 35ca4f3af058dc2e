//! Label maps: layers of values up to 65,535 that do not overlap within a layer, and a table that names them.

use super::structures::{self, Structure};
use super::{LabelVoxels, Listing, census};
use crate::space::{Grid, RasBox, RasMm};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::Arc;

/// One label map on its own grid; 0 is background.
#[derive(Debug)]
pub struct LabelLayer {
    pub grid: Grid,
    pub voxels: LabelVoxels,
}

impl LabelLayer {
    /// The label of a voxel inside the grid.
    pub fn value(&self, voxel: [usize; 3]) -> u16 {
        self.voxels.at(self.grid.offset(voxel))
    }
}

/// One structure.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    /// Value in its layer, 1…65,535.
    pub value: u16,
    /// Which layer of the set holds it.
    pub layer: usize,
    /// Name as the file gives it (`kidney_left`), or `label 7` when it gives none.
    pub name: String,
    /// What the table of structures knows of that name.
    pub structure: Option<&'static Structure>,
    /// sRGB: of the file, else of the table of structures, else of the palette.
    pub color: [u8; 3],
    /// Voxel count; 0 for a label that is named but absent.
    pub voxels: u64,
    /// Volume in mL (voxels × |det A|).
    pub volume_ml: f64,
    /// A voxel of the label on its largest axial slice, for jump-to: never outside the label. `None` when absent.
    pub anchor: Option<RasMm>,
    /// First and last voxel of the label along each axis of its layer's grid; of no meaning when absent.
    pub extent: [[usize; 3]; 2],
    /// Mean of the voxel centres; `None` when absent.
    pub centroid: Option<RasMm>,
    /// World-aligned box around whole voxels; `None` when absent.
    pub bounds: Option<RasBox>,
    /// Touches the border of the mask's field of view: its volume is a lower bound.
    pub truncated: bool,
}

impl Label {
    /// A label that no voxel has been counted of.
    fn named(LabelName { layer, value, name, color }: LabelName) -> Self {
        let structure = structures::find(&name);
        let color = color.or(structure.map(|s| s.color)).unwrap_or_else(|| palette(value));
        Self {
            value,
            layer,
            name,
            structure,
            color,
            voxels: 0,
            volume_ml: 0.0,
            anchor: None,
            extent: [[0; 3]; 2],
            centroid: None,
            bounds: None,
            truncated: false,
        }
    }

    /// The name to read: `left kidney` for a structure that is known, else the file's name with spaces.
    pub fn title(&self) -> Cow<'_, str> {
        match self.structure {
            Some(s) => Cow::Borrowed(s.title),
            None if self.name.contains('_') => Cow::Owned(self.shown().to_string()),
            None => Cow::Borrowed(&self.name),
        }
    }

    /// [`Label::title`] for writing it somewhere.
    pub fn shown(&self) -> impl Display + '_ {
        structures::titled(self.structure, &self.name)
    }

    /// Named by the file rather than by its number.
    pub fn has_name(&self) -> bool {
        is_named(&self.name, self.value)
    }
}

/// A name other than the one that labels without a name are given.
pub fn is_named(name: &str, value: u16) -> bool {
    name.strip_prefix("label ").and_then(|n| n.parse().ok()) != Some(value)
}

/// What a file says about a label.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelName {
    pub layer: usize,
    pub value: u16,
    pub name: String,
    /// sRGB; `None` gives a colour of the table of structures or of the palette.
    pub color: Option<[u8; 3]>,
}

/// All labels of a case. A structure's identity is (layer, value). Made by [`LabelSet::new`], which keeps lookups in step.
#[derive(Debug, Default)]
pub struct LabelSet {
    pub layers: Vec<LabelLayer>,
    /// Every named or present label, by layer and value.
    pub table: Vec<Label>,
    /// What a reader should know about the files (other grid, rounded floats, …).
    pub warnings: Vec<String>,
    /// For each layer, table index + 1 by value; 0 where there is no label.
    lookup: Vec<Vec<u32>>,
    listing: Arc<Listing>,
}

/// A line for each name that several labels bear: which of them is meant cannot be told.
fn repeated_names(table: &[Label]) -> Vec<String> {
    let mut of: BTreeMap<&str, Vec<u16>> = BTreeMap::new();
    for label in table {
        of.entry(&label.name).or_default().push(label.value);
    }
    let line = |(name, values): (&str, Vec<u16>)| {
        let (many, shown) = (values.len(), values.iter().take(5).map(u16::to_string).collect::<Vec<_>>().join(", "));
        format!("{many} labels are called '{name}' (values {shown}): no claim about it is judged; give each a name of its own")
    };
    of.into_iter().filter(|(_, values)| values.len() > 1).map(line).collect()
}

impl LabelSet {
    /// Counts and places the labels of `layers`, names those that `names` knows, and sorts the table by layer and value.
    ///
    /// The first of two names for the same label counts; names for layers that do not exist are dropped.
    pub fn new(layers: Vec<LabelLayer>, names: Vec<LabelName>, warnings: Vec<String>) -> Self {
        let count = |layer| {
            let counts = census::census(&layer);
            (layer, counts)
        };
        Self::counted(layers.into_iter().map(count).collect(), names, warnings)
    }

    /// The same of layers that were counted while they were read.
    pub(crate) fn counted(layers: Vec<(LabelLayer, Vec<census::Census>)>, names: Vec<LabelName>, warnings: Vec<String>) -> Self {
        let mut table: Vec<Label> = Vec::new();
        let (layers, counts): (Vec<_>, Vec<_>) = layers.into_iter().unzip();
        table.extend(names.into_iter().filter(|n| n.layer < layers.len() && n.value != 0).map(Label::named));
        for (layer, found) in counts.iter().enumerate() {
            let unnamed = |c: &census::Census| LabelName { layer, value: c.value, name: format!("label {}", c.value), color: None };
            table.extend(found.iter().map(|c| Label::named(unnamed(c))));
        }
        table.sort_by_key(|l| (l.layer, l.value)); // stable: a given name stays before the default
        table.dedup_by_key(|l| (l.layer, l.value));
        let warnings = warnings.into_iter().chain(repeated_names(&table)).collect();
        let mut set = Self { lookup: lookup(&layers, &table), layers, table, warnings, listing: Arc::default() };
        set.fill_counts(&counts);
        set.listing = Arc::new(Listing::new(&set.table));
        set
    }

    fn fill_counts(&mut self, counts: &[Vec<census::Census>]) {
        for (layer, found) in counts.iter().enumerate() {
            let grid = self.layers[layer].grid;
            for c in found {
                let Some(at) = self.index_of(layer, c.value) else { continue };
                let label = &mut self.table[at];
                label.voxels = c.voxels;
                label.volume_ml = c.voxels as f64 * grid.affine.voxel_volume_mm3() / 1000.0;
                label.anchor = Some(grid.centre_of(c.anchor));
                label.truncated = c.truncated;
                (label.centroid, label.bounds) = (Some(c.centroid), Some(c.bounds));
                label.extent = c.extent;
            }
        }
    }

    /// Gives a label the name that only the reader of its file knows, and the colour that goes with it unless the file gave one.
    pub fn rename(&mut self, index: usize, name: String) {
        let Some(label) = self.table.get_mut(index) else { return };
        label.structure = structures::find(&name);
        if let Some(s) = label.structure.filter(|_| label.color == palette(label.value)) {
            label.color = s.color;
        }
        label.name = name;
        self.listing = Arc::new(Listing::new(&self.table));
    }

    /// Order and words of the table, for lists.
    pub fn listing(&self) -> &Arc<Listing> {
        &self.listing
    }

    /// Labels at a point, one per layer at most, as indices into `table`.
    pub fn at(&self, p: RasMm) -> Vec<usize> {
        self.each_at(p).collect()
    }

    /// The same one by one.
    pub fn each_at(&self, p: RasMm) -> impl Iterator<Item = usize> {
        let value_in = move |layer: &LabelLayer| layer.grid.nearest(p).map(|v| layer.value(v));
        let numbered = self.layers.iter().enumerate();
        numbered.filter_map(move |(n, layer)| value_in(layer).filter(|&v| v != 0).and_then(|v| self.index_of(n, v)))
    }

    /// Index in the table of a (layer, value), by lookup.
    pub fn index_of(&self, layer: usize, value: u16) -> Option<usize> {
        let index = *self.lookup.get(layer)?.get(usize::from(value))?;
        (index as usize).checked_sub(1)
    }

    /// Bytes of voxel memory.
    pub fn bytes(&self) -> usize {
        self.layers.iter().map(|l| l.voxels.bytes().len()).sum()
    }
}

fn lookup(layers: &[LabelLayer], table: &[Label]) -> Vec<Vec<u32>> {
    let mut lookup = vec![Vec::new(); layers.len()];
    for (index, label) in table.iter().enumerate() {
        let row: &mut Vec<u32> = &mut lookup[label.layer];
        if row.len() <= usize::from(label.value) {
            row.resize(usize::from(label.value) + 1, 0);
        }
        row[usize::from(label.value)] = index as u32 + 1;
    }
    lookup
}

/// A colour for a label that has none: hues a golden angle apart, in three tiers of saturation and brightness.
pub fn palette(value: u16) -> [u8; 3] {
    let hue = (f64::from(value) * 0.618_033_988_749_895).fract() * 6.0;
    let (saturation, brightness) = [(0.75, 0.95), (0.55, 0.85), (0.9, 0.75)][usize::from(value) % 3];
    let channel = |shift: f64| {
        let k = (shift + hue) % 6.0;
        let v = brightness - brightness * saturation * k.min(4.0 - k).clamp(0.0, 1.0);
        (v * 255.0).round() as u8
    };
    [channel(5.0), channel(3.0), channel(1.0)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::Affine;

    fn set() -> LabelSet {
        let rows = [[2.0, 0.0, 0.0, 0.0], [0.0, 2.0, 0.0, 0.0], [0.0, 0.0, 2.5, 0.0]];
        let grid = Grid { size: [2, 2, 2], affine: Affine::from_rows(rows).unwrap() };
        let layer = |v: [u16; 8]| LabelLayer { grid, voxels: LabelVoxels::from_slice(&v).unwrap() };
        let name = |layer, value, name: &str| LabelName { layer, value, name: name.into(), color: None };
        let names =
            vec![name(1, 7, "spleen"), name(0, 65535, "liver"), name(0, 9, "absent"), name(0, 65535, "again"), name(5, 1, "nowhere")];
        LabelSet::new(vec![layer([0, 0, 0, 65535, 65535, 3, 0, 0]), layer([0, 0, 0, 7, 0, 0, 0, 0])], names, Vec::new())
    }

    #[test]
    fn the_table_has_named_and_present_labels_once() {
        let set = set();
        let seen: Vec<_> = set.table.iter().map(|l| (l.layer, l.value, l.name.as_str(), l.voxels)).collect();
        assert_eq!(seen, [(0, 3, "label 3", 1), (0, 9, "absent", 0), (0, 65535, "liver", 2), (1, 7, "spleen", 1)]);
        assert_eq!(set.table[2].volume_ml, 0.02);
        assert_eq!(set.table[1].anchor, None);
    }

    #[test]
    fn lookups_find_each_layer_and_nothing_else() {
        let set = set();
        assert_eq!(set.index_of(0, 65535), Some(2));
        assert_eq!(set.index_of(1, 7), Some(3));
        assert_eq!((set.index_of(0, 7), set.index_of(1, 65535), set.index_of(2, 1), set.index_of(0, 0)), (None, None, None, None));
        assert_eq!(set.at(RasMm::new(2.0, 2.0, 0.0)), [2, 3]);
        assert!(set.at(RasMm::new(90.0, 0.0, 0.0)).is_empty());
    }

    #[test]
    fn colours_come_from_the_file_then_the_table_then_the_palette() {
        let rows = [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]];
        let grid = Grid { size: [4, 1, 1], affine: Affine::from_rows(rows).unwrap() };
        let layer = LabelLayer { grid, voxels: LabelVoxels::from_slice(&[1, 2, 3, 0]).unwrap() };
        let name = |value, name: &str, color| LabelName { layer: 0, value, name: name.into(), color };
        let names = vec![name(1, "liver", Some([1, 2, 3])), name(2, "kidney_left", None)];
        let mut set = LabelSet::new(vec![layer], names, Vec::new());
        let known = |name: &str| structures::find(name).unwrap().color;
        assert_eq!(set.table.iter().map(|l| l.color).collect::<Vec<_>>(), [[1, 2, 3], known("kidney_left"), palette(3)]);
        assert_eq!(set.table.iter().map(|l| l.title().into_owned()).collect::<Vec<_>>(), ["liver", "left kidney", "label 3"]);
        assert_eq!(set.table.iter().map(Label::has_name).collect::<Vec<_>>(), [true, true, false]);
        set.rename(2, "spleen".to_owned());
        set.rename(0, "spleen_odd".to_owned());
        assert_eq!((set.table[2].color, set.table[0].color), (known("spleen"), [1, 2, 3]));
        assert_eq!(set.listing().find("spleen"), [2, 0]);
        assert_eq!(set.table[1].extent, [[1, 0, 0], [1, 0, 0]]);
    }

    #[test]
    fn neighbouring_palette_colours_differ() {
        for value in 1..200u16 {
            let (a, b) = (palette(value), palette(value + 1));
            let apart: i32 = (0..3).map(|n| (i32::from(a[n]) - i32::from(b[n])).abs()).sum();
            assert!(apart > 60, "{value}: {a:?} {b:?}");
        }
    }
}
