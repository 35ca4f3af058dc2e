//! Geometry as the third witness: what the measures of the case say to the item's reference answer and to models' answers, and which of
//! that is drawn over the images.
//!
//! Claims are read with the item and held against the labels in memory as soon as both are there, by a job. Nothing here decides anything.

use super::{AppState, CaseView, Effect, Toast};
use crate::geometry::judge::{Evidence, Mark};
use crate::geometry::measures::CaseMeasures;
use crate::gpu::SceneKey;
use crate::project::check::{Check, Checked, Said, Source};
use crate::space::RasMm;
use std::sync::Arc;

/// How far the judging of the current item is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Judging {
    /// The item's text or the case is not read yet, or there are no labels.
    #[default]
    Nothing,
    UnderWay,
    Done,
}

/// One claim of the current item: of which text, and which of its claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClaimAt {
    pub check: usize,
    pub claim: usize,
}

#[derive(Debug, Default)]
pub struct Witness {
    /// What the texts of the current item say, once they are read.
    said: Option<Arc<Vec<Said>>>,
    /// The same, held against the case; the reference answer comes first.
    checks: Vec<Check>,
    pub judging: Judging,
    /// Measures of a scene's labels, as far as they were asked for.
    measures: Option<(SceneKey, Arc<CaseMeasures>)>,
    /// Whose evidence is drawn until it is hidden.
    shown: Option<ClaimAt>,
    /// What the pointer is on: its evidence is drawn while it is there.
    lit: Option<(ClaimAt, Option<Mark>)>,
}

#[derive(Debug)]
pub enum WitnessCommand {
    /// Go to the evidence and draw it, or hide it.
    Toggle,
    Show(ClaimAt),
    Hide,
    /// The pointer is on a claim or on one of its numbers.
    Light(Option<(ClaimAt, Option<Mark>)>),
    /// The answer of [`Effect::Judge`].
    Judged {
        generation: u64,
        scene: SceneKey,
        measures: Arc<CaseMeasures>,
        checks: Vec<Check>,
    },
    Failed {
        generation: u64,
        message: String,
    },
}

impl Witness {
    /// What was checked of a text.
    pub fn check(&self, source: &Source) -> Option<(usize, &Check)> {
        self.checks.iter().enumerate().find(|(_, c)| c.source == *source)
    }

    pub fn claim(&self, at: ClaimAt) -> Option<&Checked> {
        self.checks.get(at.check)?.claims.get(at.claim)
    }

    /// What is drawn over the images, and which of it stands out.
    pub fn drawn(&self) -> Option<(&Evidence, Option<Mark>)> {
        let (at, mark) = self.lit.or(self.shown.map(|at| (at, None)))?;
        Some((&self.claim(at)?.judgement.evidence, mark))
    }

    pub fn is_shown(&self, at: ClaimAt) -> bool {
        self.shown == Some(at)
    }

    pub fn lit(&self) -> Option<(ClaimAt, Option<Mark>)> {
        self.lit
    }

    /// Measures of a scene, if any were taken.
    pub fn measures(&self, scene: SceneKey) -> Option<&Arc<CaseMeasures>> {
        self.measures.as_ref().filter(|(key, _)| *key == scene).map(|(_, m)| m)
    }

    /// Another item is coming.
    pub(super) fn leave_item(&mut self) {
        *self = Self { measures: self.measures.take(), ..Self::default() };
    }

    pub(super) fn hear(&mut self, said: Vec<Said>) {
        self.said = Some(Arc::new(said));
        self.judging = Judging::Nothing;
    }

    /// Whether something was hidden.
    pub(super) fn hide(&mut self) -> bool {
        self.shown.take().is_some()
    }

    /// The claims that can be drawn, those of the reference answer first.
    fn drawable(&self) -> impl Iterator<Item = ClaimAt> {
        let claims = self.checks.iter().enumerate().flat_map(|(check, c)| (0..c.claims.len()).map(move |claim| ClaimAt { check, claim }));
        claims.filter(|at| self.claim(*at).is_some_and(|c| c.judgement.evidence.at.is_some()))
    }
}

impl AppState {
    pub(super) fn apply_witness(&mut self, command: WitnessCommand) -> Vec<Effect> {
        match command {
            WitnessCommand::Toggle if self.witness.hide() => {}
            WitnessCommand::Toggle => self.show_first_evidence(),
            WitnessCommand::Show(at) => self.show_evidence(at),
            WitnessCommand::Hide => _ = self.witness.hide(),
            WitnessCommand::Light(lit) => self.witness.lit = lit,
            WitnessCommand::Judged { generation, scene, measures, checks } => {
                self.witness.measures = Some((scene, measures));
                if self.awaits(generation) {
                    (self.witness.checks, self.witness.judging) = (checks, Judging::Done);
                }
            }
            WitnessCommand::Failed { generation, message } => {
                if self.awaits(generation) {
                    self.witness.judging = Judging::Done;
                    self.toasts.push(Toast::error(format!("Geometry of this case could not be measured: {message}")));
                }
            }
        }
        Vec::new()
    }

    fn awaits(&self, generation: u64) -> bool {
        self.project.as_ref().is_some_and(|p| p.generation == generation)
    }

    /// Why there is nothing to draw.
    fn no_evidence(&self) -> &'static str {
        let labelled = self.project.as_ref().and_then(|p| p.scene()).is_some_and(|s| s.labels().is_some());
        match self.witness.judging {
            _ if !labelled => "There are no masks to measure in this case.",
            Judging::Done if self.witness.checks.iter().all(|c| c.claims.is_empty()) => {
                "No claim was read from this item, so geometry has nothing to show."
            }
            Judging::Done => "Nothing that this item is about is labelled in this case.",
            Judging::Nothing | Judging::UnderWay => "The case is still being measured.",
        }
    }

    fn show_first_evidence(&mut self) {
        let first = self.witness.drawable().next();
        match first {
            Some(at) => self.show_evidence(at),
            None => self.toasts.push(Toast::note(self.no_evidence())),
        }
    }

    /// To the plane that shows a claim best, with its evidence drawn.
    fn show_evidence(&mut self, at: ClaimAt) {
        let Some(evidence) = self.witness.claim(at).map(|c| &c.judgement.evidence) else { return };
        let (plane, point) = (evidence.plane, evidence.at);
        if let Some(point) = point {
            self.viewer.go_to(RasMm::new(point[0], point[1], point[2]));
        }
        if let Some(plane) = plane {
            self.viewer.bring_up(plane);
        }
        self.witness.shown = Some(at);
    }

    /// Asks for the item's claims to be judged, once text and labels are there.
    pub(super) fn judge_item(&mut self) -> Option<Effect> {
        let p = self.project.as_ref()?;
        let CaseView::Ready { scene, .. } = &p.case else { return None };
        let said = self.witness.said.clone()?;
        if self.witness.judging != Judging::Nothing || scene.labels().is_none() {
            return None;
        }
        self.witness.judging = Judging::UnderWay;
        let known = self.witness.measures(scene.key()).cloned();
        Some(Effect::Judge { generation: p.generation, scene: Arc::clone(scene), said, known })
    }
}
