//! Geometry as the third witness: what the measures of the case say to the item's reference answer and to models' answers, and which of
//! that is drawn over the images.
//!
//! Claims are read with the item and held against the labels in memory as soon as both are there, by a job. Nothing here decides anything.

use super::{AppState, CaseView, Effect, Toast};
use crate::geometry::judge::{Evidence, Figure, Mark};
use crate::geometry::measures::{CaseMeasures, PairMeasures};
use crate::gpu::SceneKey;
use crate::project::check::{Check, Checked, Said, Source};
use crate::space::{Plane, RasMm};
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
    /// What the geometry panel draws: until it is hidden, and while the pointer is on a number.
    figure: Option<(Figure, Evidence)>,
    /// Nothing is drawn of what is not measured yet.
    lit_figure: Option<(Figure, Option<Evidence>)>,
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
    /// Structures of this case that the reference answer is understood to be about.
    pub(super) fn about(&self) -> Vec<String> {
        let said = self.said.iter().flat_map(|said| said.iter());
        let claims = said.filter(|s| s.source == Source::Reference).flat_map(|s| &s.claims);
        let named = claims.flat_map(|(claim, _)| claim.structures()).filter(|n| n.case.is_none());
        named.map(|n| n.name.clone()).collect()
    }

    /// What was checked of a text.
    pub fn check(&self, source: &Source) -> Option<(usize, &Check)> {
        self.checks.iter().enumerate().find(|(_, c)| c.source == *source)
    }

    pub fn claim(&self, at: ClaimAt) -> Option<&Checked> {
        self.checks.get(at.check)?.claims.get(at.claim)
    }

    /// What is drawn over the images, and which of it stands out.
    pub fn drawn(&self) -> Option<(&Evidence, Option<Mark>)> {
        let of = |(at, mark)| Some((&self.claim(at)?.judgement.evidence, mark));
        let drawn = self.lit.and_then(of).or_else(|| lines_lit(self.lit_figure.as_ref()));
        drawn.or_else(|| self.shown.and_then(|at| of((at, None)))).or(self.figure.as_ref().map(|(_, e)| (e, None)))
    }

    /// What the geometry panel draws until it is hidden.
    pub fn figure(&self) -> Option<Figure> {
        self.figure.as_ref().map(|(f, _)| *f)
    }

    /// What it draws while the pointer is on a number.
    pub fn lit_figure(&self) -> Option<Figure> {
        self.lit_figure.as_ref().map(|(f, _)| *f)
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

    /// Measures more of a scene, and keeps what is known of it.
    /// Whichever of the two knows shapes is kept: of many thousand labels, to copy them would be seen.
    pub(super) fn absorb(&mut self, scene: SceneKey, mut newer: CaseMeasures) {
        match &mut self.measures {
            Some((key, known)) if *key == scene && newer.labels.iter().any(|l| l.shape.is_some()) => {
                newer.fill_from(known);
                *known = Arc::new(newer);
            }
            Some((key, known)) if *key == scene => Arc::make_mut(known).absorb(newer),
            other => *other = Some((scene, Arc::new(newer))),
        }
    }

    pub(super) fn absorb_pair(&mut self, scene: SceneKey, pair: PairMeasures) {
        if let Some((_, known)) = self.measures.as_mut().filter(|(key, _)| *key == scene) {
            Arc::make_mut(known).absorb_pair(pair);
        }
    }

    fn evidence(&self, figure: Figure) -> Option<(Figure, Evidence)> {
        Some((figure, figure.evidence(&self.measures.as_ref()?.1)?))
    }

    pub(super) fn light_figure(&mut self, figure: Option<Figure>) {
        self.lit_figure = figure.map(|f| (f, self.evidence(f).map(|(_, e)| e)));
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
        let (claim, figure) = (self.shown.take(), self.figure.take());
        claim.is_some() || figure.is_some()
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
                self.witness.absorb(scene, Arc::unwrap_or_clone(measures));
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
        self.look_at(plane, point);
        (self.witness.shown, self.witness.figure) = (Some(at), None);
    }

    fn look_at(&mut self, plane: Option<Plane>, point: Option<[f64; 3]>) {
        if let Some(point) = point {
            self.viewer.go_to(RasMm::new(point[0], point[1], point[2]));
        }
        if let Some(plane) = plane {
            self.viewer.bring_up(plane);
        }
    }

    /// The same for a number of the geometry panel, whose structure is then the selected one. Once more hides it.
    pub(super) fn show_figure(&mut self, figure: Figure) {
        let again = self.witness.figure() == Some(figure);
        self.witness.hide();
        if again {
            return self.witness.light_figure(None);
        }
        if let Some(index) = figure.labels().first() {
            self.viewer.structures.select(*index);
        }
        let Some((figure, evidence)) = self.witness.evidence(figure) else { return };
        self.look_at(evidence.plane, evidence.at);
        self.witness.figure = Some((figure, evidence));
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

/// A number's drawing with its line standing out, where it has one.
fn lines_lit(figure: Option<&(Figure, Option<Evidence>)>) -> Option<(&Evidence, Option<Mark>)> {
    let evidence = figure?.1.as_ref()?;
    Some((evidence, Some(if evidence.lines.is_empty() { Mark::Part(0) } else { Mark::Line(0) })))
}
