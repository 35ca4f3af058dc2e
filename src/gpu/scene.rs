//! What is drawn, how and where, without any GPU object in it.

use crate::space::SliceFrame;
use crate::volume::{LabelSet, Volume, Window};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Identity of a scene for as long as the program runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SceneKey(u64);

/// A volume and its labels as one thing to draw. Textures belong to the renderer and go when the scene does.
#[derive(Debug)]
pub struct Scene {
    key: SceneKey,
    volume: Option<Arc<Volume>>,
    labels: Option<Arc<LabelSet>>,
    uploaded: AtomicU32,
    notice: Mutex<Option<String>>,
}

impl Scene {
    pub fn new(volume: Option<Arc<Volume>>, labels: Option<Arc<LabelSet>>) -> Arc<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let key = SceneKey(NEXT.fetch_add(1, Ordering::Relaxed));
        Arc::new(Self { key, volume, labels, uploaded: AtomicU32::new(0), notice: Mutex::new(None) })
    }

    pub fn key(&self) -> SceneKey {
        self.key
    }

    pub fn volume(&self) -> Option<&Arc<Volume>> {
        self.volume.as_ref()
    }

    pub fn labels(&self) -> Option<&Arc<LabelSet>> {
        self.labels.as_ref()
    }

    /// Share of the bricks on the GPU, 0…1; 1 also when no more fit and those that the views show are there. Below 1
    /// every frame brings some.
    pub fn uploaded(&self) -> f32 {
        f32::from_bits(self.uploaded.load(Ordering::Relaxed))
    }

    /// What the viewer should say about this scene (shown at reduced resolution, does not fit), if anything.
    pub fn notice(&self) -> Option<String> {
        self.notice.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn set_uploaded(&self, share: f32) {
        self.uploaded.store(share.to_bits(), Ordering::Relaxed);
    }

    pub(super) fn set_notice(&self, text: Option<String>) {
        *self.notice.lock().unwrap_or_else(PoisonError::into_inner) = text;
    }
}

/// How CT values between voxel centres are found. Labels are always nearest neighbour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Interpolation {
    /// Trilinear; clamped in the outer half voxel.
    #[default]
    Linear,
    /// The voxel [`crate::space::Grid::nearest`] finds.
    Nearest,
}

/// How labels are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Overlay {
    /// Filled at the look's opacity times the label's, with an outline 1.5 points wide at the label's.
    #[default]
    Fill,
    /// The outline alone.
    Outline,
    None,
}

/// How the slices of a slab become one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SlabMode {
    /// Maximum intensity projection.
    #[default]
    Max = 0,
    /// Minimum intensity projection.
    Min = 1,
    Mean = 2,
}

/// How thick a slice of the CT is. Labels are always those of the plane in the middle.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Slab {
    /// As thin as a plane.
    #[default]
    Thin,
    /// `mm` thick. Parallel to the voxels: the slices whose centres lie inside, at least the nearest one. Across them: planes about
    /// one voxel apart.
    Of { mode: SlabMode, mm: f64 },
}

/// Colour, visibility and opacity of one label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LabelStyle {
    /// sRGB.
    pub color: [u8; 3],
    pub visible: bool,
    /// Of fill and outline, in 255ths.
    pub opacity: u8,
}

impl LabelStyle {
    /// Visible and opaque.
    pub fn plain(color: [u8; 3]) -> Self {
        Self { color, visible: true, opacity: 255 }
    }
}

/// How a slice is shown.
#[derive(Clone, Debug)]
pub struct Look {
    pub window: Window,
    pub interpolation: Interpolation,
    /// Bright becomes dark; what lies outside the volume stays black.
    pub invert: bool,
    pub slab: Slab,
    pub overlay: Overlay,
    /// Of the fill, 0…1.
    pub opacity: f32,
    /// Indexed like [`LabelSet::table`]; a label beyond its end is shown in the table's colour. Share one `Arc` between views and
    /// frames: the colour table is uploaded again only when the content changes, and an unchanged `Arc` is not even compared.
    pub styles: Arc<Vec<LabelStyle>>,
}

impl Look {
    /// Soft tissue window, linear, fill at 35 %, every label visible in its own colour.
    pub fn plain(labels: Option<&LabelSet>) -> Self {
        let styles = labels.map_or_else(Vec::new, |set| set.table.iter().map(|l| LabelStyle::plain(l.color)).collect());
        Self {
            window: Window::default(),
            interpolation: Interpolation::default(),
            invert: false,
            slab: Slab::Thin,
            overlay: Overlay::default(),
            opacity: 0.35,
            styles: Arc::new(styles),
        }
    }
}

/// One slice to draw: `frame` at the centre of an image of `size_px` physical pixels.
#[derive(Clone, Debug)]
pub struct SliceRequest {
    pub frame: SliceFrame,
    pub size_px: [u32; 2],
    pub look: Look,
}
