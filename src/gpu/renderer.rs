//! The renderer: scenes on the GPU in bricks, one slot per view, and the two passes of a slice.
//!
//! `prepare` sends bricks (first those the view shows, then the others while there is time and memory) and cuts the view's pictures;
//! while bricks of a plane are missing its picture is cut on the CPU, where it can be. `paint` composes the view. Several slots are prepared before any is painted, so everything a view reads lives in its slot. Scenes
//! that nobody holds any more are freed at the next `prepare`. When all bricks together exceed a bound, scenes that were not shown
//! lately make room first, then bricks of this one that are not on screen.

use super::GpuError;
use super::bricks::{BrickMaker, BrickSet, Full};
use super::compose::{Compose, Target};
use super::cut;
use super::picture::{Cutter, Kind};
use super::scene::{Interpolation, Look, Scene, SceneKey, Slab, SliceRequest};
use super::slot::Slot;
use super::texels::{Scale, Source};
use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

/// What has gone to the GPU since the renderer started, for tests and for the curious.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UploadCounters {
    pub voxel_bytes: u64,
    pub style_bytes: u64,
    pub uniform_bytes: u64,
    /// Pictures cut on the CPU.
    pub picture_bytes: u64,
    /// Bricks sent.
    pub bricks: u64,
    /// Pictures cut anew.
    pub cuts: u64,
}

/// How much one call may upload.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    pub bytes: u64,
    /// When to stop sending what can wait; bricks of slabs and oblique planes on screen are bounded by the bytes alone.
    pub until: Option<Instant>,
}

impl Budget {
    /// For one view in one frame: several views of a frame each bring their own.
    pub fn frame() -> Self {
        Self { bytes: 16 << 20, until: Instant::now().checked_add(Duration::from_millis(3)) }
    }

    /// No bricks at all.
    pub fn nothing() -> Self {
        Self { bytes: 0, until: None }
    }

    pub fn unlimited() -> Self {
        Self { bytes: u64::MAX, until: None }
    }

    fn spent(&self) -> bool {
        self.bytes == 0 || self.until.is_some_and(|t| Instant::now() >= t)
    }
}

/// A scene or a brick used within this many `prepare`s is on screen.
const RECENT: u64 = 64;
/// Default bound of all bricks together.
const MEMORY_BOUND: u64 = 4 << 30;

#[derive(Debug)]
pub struct Renderer {
    device: wgpu::Device,
    queue: wgpu::Queue,
    cutter: Cutter,
    compose: Compose,
    maker: BrickMaker,
    scenes: HashMap<SceneKey, SceneBricks>,
    slots: HashMap<usize, Slot>,
    tick: u64,
    memory_bound: u64,
    counters: UploadCounters,
}

#[derive(Debug)]
struct SceneBricks {
    scene: Weak<Scene>,
    /// The CT, if there is one, then the layers of labels.
    sets: Vec<Option<BrickSet>>,
    used: u64,
}

/// The CT is part 0 of a scene, its label layers the parts from 1 on.
pub(super) fn source(scene: &Scene, part: usize) -> Option<Source<'_>> {
    match part {
        0 => scene.volume().map(|v| Source::Ct(v)),
        n => scene.labels().and_then(|set| set.layers.get(n - 1)).map(Source::Labels),
    }
}

impl Renderer {
    /// Compiles the shaders for a target format; errors when the driver refuses them.
    pub fn new(device: &wgpu::Device, queue: &wgpu::Queue, format: wgpu::TextureFormat) -> Result<Self, GpuError> {
        let scope = device.push_error_scope(wgpu::ErrorFilter::Validation);
        let (cutter, compose) = (Cutter::new(device), Compose::new(device, format));
        if let Some(error) = pollster::block_on(scope.pop()) {
            return Err(GpuError::Draw(error.to_string()));
        }
        let maker = BrickMaker::new(device, queue, cutter.ct_layout.clone(), cutter.label_layout.clone());
        Ok(Self {
            device: device.clone(),
            queue: queue.clone(),
            cutter,
            compose,
            maker,
            scenes: HashMap::new(),
            slots: HashMap::new(),
            tick: 0,
            memory_bound: MEMORY_BOUND,
            counters: UploadCounters::default(),
        })
    }

    pub fn uploads(&self) -> UploadCounters {
        self.counters
    }

    /// Bytes of all bricks.
    pub fn texture_bytes(&self) -> u64 {
        self.scenes.values().map(SceneBricks::held).sum()
    }

    /// Bricks beyond this make room for others.
    pub fn set_memory_bound(&mut self, bytes: u64) {
        self.memory_bound = bytes;
    }

    /// Cuts slices parallel to the voxels on the CPU even when their bricks are there: faster where the adapter is the CPU itself.
    pub fn cut_on_cpu(&mut self, on: bool) {
        self.cutter.on_cpu = on;
    }

    /// Whether slabs can be drawn on this device.
    pub fn slabs(&self) -> bool {
        self.cutter.slabs
    }

    /// Frees every scene but those in `keep`.
    pub fn release(&mut self, keep: &[SceneKey]) {
        self.scenes.retain(|key, _| keep.contains(key));
        let scenes = &self.scenes;
        self.slots.retain(|_, slot| scenes.contains_key(&slot.key));
    }

    /// Sends bricks and the slot's numbers, as far as they changed, and records the cuts of the view into `encoder`.
    pub fn prepare(
        &mut self,
        encoder: &mut wgpu::CommandEncoder,
        slot: usize,
        scene: &Arc<Scene>,
        request: &SliceRequest,
        target: Target,
        mut budget: Budget,
    ) {
        let thin = self.without_slab(request);
        let request = thin.as_ref().unwrap_or(request);
        self.tick += 1;
        self.forget_dropped();
        let bricks = self.scenes.entry(scene.key()).or_insert_with(|| SceneBricks::new(scene));
        bricks.used = self.tick;
        let mut held = self.slots.remove(&slot).filter(|s| s.key == scene.key()).unwrap_or_else(|| self.new_slot(scene));
        held.aim(&self.device, &self.compose, &self.scenes[&scene.key()].sets, scene, request, target);
        // A frame that cuts a picture on the CPU has done enough: bricks come in the next one.
        if budget.until.is_some() && self.scenes.get(&scene.key()).is_some_and(|s| held.will_fill(&s.sets, self.cutter.on_cpu)) {
            budget.bytes = 0;
        }
        let shown = self.send_wanted(scene, &held, &mut budget);
        self.send_others(scene, shown, &mut budget);
        if let Some(bricks) = self.scenes.get(&scene.key()) {
            held.cut(&self.cutter, &self.queue, encoder, &bricks.sets, scene, &mut self.counters);
        }
        held.update(&self.queue, scene, request, target, &mut self.counters);
        if thin.is_some() {
            scene.set_notice(Some("this graphics adapter cannot combine slices: slabs are shown as thin slices".to_owned()));
        }
        self.slots.insert(slot, held);
    }

    /// Draws a prepared slot; an unknown slot draws nothing.
    pub fn paint(&self, slot: usize, pass: &mut wgpu::RenderPass<'_>) {
        if let Some(slot) = self.slots.get(&slot) {
            slot.paint(&self.compose, pass);
        }
    }

    /// The request with a thin slice, where a slab is asked for that the device cannot draw.
    fn without_slab(&self, request: &SliceRequest) -> Option<SliceRequest> {
        let refused = !self.cutter.slabs && request.look.slab != Slab::Thin;
        refused.then(|| SliceRequest { look: Look { slab: Slab::Thin, ..request.look.clone() }, ..request.clone() })
    }

    fn new_slot(&self, scene: &Arc<Scene>) -> Slot {
        let layers = scene.labels().map_or(0, |set| set.layers.len());
        Slot::new(&self.device, &self.cutter, &self.compose, scene, layers)
    }

    fn forget_dropped(&mut self) {
        let before = self.scenes.len();
        self.scenes.retain(|_, s| s.scene.strong_count() > 0);
        if self.scenes.len() != before {
            let scenes = &self.scenes;
            self.slots.retain(|_, slot| scenes.contains_key(&slot.key));
        }
    }

    /// Sends what the view shows; returns whether all of it is there.
    fn send_wanted(&mut self, scene: &Arc<Scene>, slot: &Slot, budget: &mut Budget) -> bool {
        let mut all = true;
        for (part, picture) in slot.pictures() {
            for (brick, _) in &picture.wanted {
                let Some(set) = self.set(scene, part) else { break };
                if !set.absent(*brick) {
                    let tick = self.tick;
                    self.set(scene, part).into_iter().for_each(|set| set.touch(*brick, tick));
                } else if budget.bytes == 0 || picture.is_flat() && budget.spent() || self.send(scene, part, *brick, true, budget).is_err()
                {
                    all = false;
                }
            }
        }
        all
    }

    /// Sends bricks that no view shows yet, and notes how far the scene is.
    fn send_others(&mut self, scene: &Arc<Scene>, shown: bool, budget: &mut Budget) {
        let parts = self.scenes.get(&scene.key()).map_or(0, |s| s.sets.len());
        let mut full = false;
        for part in 0..parts {
            while shown && !full && !budget.spent() {
                let Some(brick) = self.set(scene, part).and_then(BrickSet::first_absent) else { break };
                full = self.send(scene, part, brick, false, budget).is_err();
            }
        }
        if let Some(bricks) = self.scenes.get(&scene.key()) {
            scene.set_uploaded(if full { 1.0 } else { bricks.share() });
            let whole = bricks.share() >= 1.0;
            scene.set_notice(if full && !whole { Some(bricks.notice()) } else { scene.notice().filter(|_| !whole) });
        }
    }

    fn set(&mut self, scene: &Arc<Scene>, part: usize) -> Option<&mut BrickSet> {
        self.scenes.get_mut(&scene.key())?.sets.get_mut(part)?.as_mut()
    }

    /// Sends one brick; `shown` ones may push others of the same scene out.
    fn send(&mut self, scene: &Arc<Scene>, part: usize, brick: usize, shown: bool, budget: &mut Budget) -> Result<(), Full> {
        let bytes = self.set(scene, part).map_or(0, |set| set.bytes_of(brick));
        while self.texture_bytes() + bytes > self.memory_bound {
            self.make_room(scene.key(), shown)?;
        }
        let Some(source) = source(scene, part) else { return Err(Full) };
        let Self { scenes, maker, tick, counters, .. } = self;
        let Some(Some(set)) = scenes.get_mut(&scene.key()).and_then(|s| s.sets.get_mut(part)) else { return Err(Full) };
        match set.send(brick, source, maker, *tick) {
            Ok(sent) => {
                counters.voxel_bytes += sent;
                counters.bricks += u64::from(sent > 0);
                budget.bytes = budget.bytes.saturating_sub(sent);
                Ok(())
            }
            Err(Full) => {
                self.memory_bound = self.texture_bytes(); // the adapter has no more than this
                Err(Full)
            }
        }
    }

    /// Frees the scene that was used longest ago, or a brick of this one that is not on screen.
    fn make_room(&mut self, key: SceneKey, shown: bool) -> Result<(), Full> {
        let old = |used: u64| used + RECENT < self.tick;
        let scene = self.scenes.iter().filter(|(k, s)| **k != key && old(s.used)).min_by_key(|(_, s)| s.used).map(|(k, _)| *k);
        if let Some(other) = scene {
            if let Some(scene) = self.scenes.remove(&other).and_then(|s| s.scene.upgrade()) {
                scene.set_uploaded(0.0);
            }
            self.slots.retain(|_, slot| slot.key != other);
            return Ok(());
        }
        if !shown {
            return Err(Full);
        }
        let sets = self.scenes.get(&key).into_iter().flat_map(|s| s.sets.iter().enumerate());
        let oldest = sets.filter_map(|(part, set)| set.as_ref()?.oldest().map(|(brick, used)| (part, brick, used)));
        let Some((part, brick, used)) = oldest.min_by_key(|(_, _, used)| *used) else { return Err(Full) };
        if !old(used) {
            return Err(Full);
        }
        let taken = self.scenes.get_mut(&key).and_then(|s| s.sets.get_mut(part)?.as_mut()).map(|set| set.take(brick));
        if taken.is_some_and(|bytes| bytes > 0) { Ok(()) } else { Err(Full) }
    }
}

impl SceneBricks {
    fn new(scene: &Arc<Scene>) -> Self {
        let layers = scene.labels().map_or(0, |set| set.layers.len());
        let set = |part| {
            let overlap = usize::from(part == 0); // labels are never interpolated
            source(scene, part).filter(|s| s.size().iter().all(|n| *n > 0)).map(|s| BrickSet::new(s, overlap))
        };
        Self { scene: Arc::downgrade(scene), sets: (0..=layers).map(set).collect(), used: 0 }
    }

    fn held(&self) -> u64 {
        self.sets.iter().flatten().map(|set| set.held).sum()
    }

    fn share(&self) -> f32 {
        let (known, all) = self.sets.iter().flatten().fold((0, 0), |(k, n), set| (k + set.known, n + set.partition.len()));
        if all == 0 { 1.0 } else { known as f32 / all as f32 }
    }

    fn notice(&self) -> String {
        let share = self.share() * 100.0;
        format!(
            "the graphics memory holds {share:.0} % of this case: what the views show is sent as you go. \
             Close other programs that use graphics memory to scroll faster"
        )
    }
}

/// What a picture of one part of a scene is cut from.
pub(super) fn cut_request<'a>(
    scene: &'a Scene,
    part: usize,
    set: &'a BrickSet,
    request: &'a SliceRequest,
    margin: f64,
    limit: u32,
) -> Option<cut::Request<'a>> {
    let (grid, interpolation, slab, nan) = match source(scene, part)? {
        Source::Ct(v) => (&v.grid, request.look.interpolation, request.look.slab, Scale::of(v).nan),
        Source::Labels(layer) => (&layer.grid, Interpolation::Nearest, super::Slab::Thin, None),
    };
    let kind = if part == 0 { Kind::Ct } else { Kind::Labels };
    let border = kind.border();
    let (partition, frame, size_px) = (&set.partition, &request.frame, request.size_px);
    Some(cut::Request { grid, partition, frame, size_px, interpolation, slab, margin, border, nan, limit })
}
