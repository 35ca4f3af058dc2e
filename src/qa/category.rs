//! The six spatial tasks (SpatialMed) and the six spatial categories (CT-SpatialVQA).

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Task {
    Dir,
    Dist,
    Ext,
    Vol,
    Comp,
    Est,
}

impl Task {
    pub const ALL: [Task; 6] = [Task::Dir, Task::Dist, Task::Ext, Task::Vol, Task::Comp, Task::Est];

    pub fn code(self) -> &'static str {
        match self {
            Task::Dir => "DIR",
            Task::Dist => "DIST",
            Task::Ext => "EXT",
            Task::Vol => "VOL",
            Task::Comp => "COMP",
            Task::Est => "EST",
        }
    }

    pub fn describe(self) -> &'static str {
        match self {
            Task::Dir => "direction",
            Task::Dist => "distance",
            Task::Ext => "extent, size or shape",
            Task::Vol => "volume magnitude",
            Task::Comp => "comparison or ranking",
            Task::Est => "volume estimation",
        }
    }

    pub fn parse(s: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|t| t.code().eq_ignore_ascii_case(s.trim()))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Category {
    Laterality,
    Longitudinal,
    AnteriorPosterior,
    MedialLateral,
    Adjacency,
    Extent,
}

impl Category {
    pub const ALL: [Category; 6] = [
        Category::Laterality,
        Category::Longitudinal,
        Category::AnteriorPosterior,
        Category::MedialLateral,
        Category::Adjacency,
        Category::Extent,
    ];

    /// The benchmark's own name.
    pub fn name(self) -> &'static str {
        match self {
            Category::Laterality => "Laterality & Bilateral Symmetry",
            Category::Longitudinal => "Longitudinal (Vertical) Position",
            Category::AnteriorPosterior => "Anterior-Posterior (Depth) Relations",
            Category::MedialLateral => "Medial-Lateral Orientation (Centricity)",
            Category::Adjacency => "Adjacency & Containment",
            Category::Extent => "Spatial Extent & Boundaries",
        }
    }

    /// One or two words for a chip.
    pub fn short(self) -> &'static str {
        match self {
            Category::Laterality => "laterality",
            Category::Longitudinal => "vertical",
            Category::AnteriorPosterior => "depth",
            Category::MedialLateral => "centricity",
            Category::Adjacency => "adjacency",
            Category::Extent => "extent",
        }
    }

    /// Reads the name, with or without its parenthesis (the benchmark uses one such alias).
    pub fn parse(s: &str) -> Option<Self> {
        let bare = |name: &str| name.split('(').next().unwrap_or_default().trim().to_lowercase();
        let s = s.trim();
        Self::ALL.into_iter().find(|c| c.name().eq_ignore_ascii_case(s)).or_else(|| {
            let wanted = s.to_lowercase();
            Self::ALL.into_iter().find(|c| c.name().contains('(') && bare(c.name()) == wanted)
        })
    }
}
