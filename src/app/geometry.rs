//! Jobs of the geometry panel: the structures and pairs of the case on screen, all cases of the project, and the check of its answers.

use super::App;
use super::mailbox::Mailbox;
use super::store::Query;
use crate::formats::Watch;
use crate::geometry::{MeasureError, Options, Pairs, measure_case, measure_pair};
use crate::gpu::Scene;
use crate::jobs::JobWatch;
use crate::project::Project;
use crate::project::check::CheckReport;
use crate::project::measure::MeasureRequest;
use crate::project::measure::cache::Cache;
use crate::project::measure::volumes::Volumes;
use crate::qa::thousands;
use crate::state::{Command, GeometryCommand, GeometryEffect};
use std::path::Path;
use std::sync::Arc;

/// Numbers of the panel's jobs, 0 where there is none.
#[derive(Default)]
pub(super) struct GeometryJobs {
    structures: u64,
    pairs: u64,
    cases: u64,
}

fn answer(command: GeometryCommand) -> Command {
    Command::Geometry(command)
}

impl App {
    pub(super) fn geometry(&mut self, effect: GeometryEffect) {
        match effect {
            GeometryEffect::Measure(scene) => self.measure_structures(scene),
            GeometryEffect::Pairs { scene, pairs, surfaces } => self.measure_pairs(scene, pairs, surfaces),
            GeometryEffect::MeasureCases => {
                self.measuring.cases =
                    self.with_project("measuring all cases", |path, watch| GeometryCommand::CasesMeasured(volumes(path, watch)));
            }
            GeometryEffect::StopCases => self.jobs.cancel(self.measuring.cases),
            GeometryEffect::Check => {
                self.with_project("checking answers against geometry", |path, watch| GeometryCommand::Checked(check(path, watch)));
            }
            GeometryEffect::FetchStandings => {
                if let Some(store) = &self.store {
                    store.query(Query::Standings);
                }
            }
            GeometryEffect::CopyText(text) => self.mailbox.copy_text(text),
        }
    }

    /// A case that is left takes its jobs with it.
    fn measure_structures(&mut self, scene: Arc<Scene>) {
        self.jobs.cancel(self.measuring.structures);
        self.jobs.cancel(self.measuring.pairs);
        let mail = self.mailbox.clone();
        self.measuring.structures = self.jobs.run_briefly("measuring structures", &self.mailbox, move |watch| {
            vec![answer(structures(&scene, &mail, watch).unwrap_or_else(|why| GeometryCommand::NotMeasured { scene: scene.key(), why }))]
        });
    }

    fn measure_pairs(&mut self, scene: Arc<Scene>, pairs: Vec<[usize; 2]>, surfaces: bool) {
        let mail = self.mailbox.clone();
        self.measuring.pairs = self.jobs.run_briefly("measuring pairs", &self.mailbox, move |watch| {
            for (n, pair) in pairs.iter().enumerate() {
                watch.advance(n as u64, pairs.len() as u64);
                mail.send(answer(one_pair(&scene, *pair, surfaces, watch)));
            }
            Vec::new()
        });
    }

    /// A job on the open project's file.
    fn with_project(&mut self, title: &str, work: impl FnOnce(&Path, &JobWatch) -> GeometryCommand + Send + 'static) -> u64 {
        let Some(path) = self.store.as_ref().map(|s| s.path().to_path_buf()) else { return 0 };
        self.jobs.run(title, &self.mailbox, move |watch| vec![answer(work(&path, watch))])
    }
}

/// Places are known at once and shown while shapes and HU are measured.
fn structures(scene: &Scene, mail: &Mailbox, watch: &JobWatch) -> Result<GeometryCommand, MeasureError> {
    let Some(set) = scene.labels() else { return Err(MeasureError::Cancelled) };
    let places = measure_case(set, None, &Options::default(), &watch)?;
    mail.send(answer(GeometryCommand::Measured { scene: scene.key(), measures: places, whole: false }));
    let all = Options { shape: true, pairs: Pairs::None, surfaces: false };
    let measures = measure_case(set, scene.volume().map(AsRef::as_ref), &all, &watch)?;
    Ok(GeometryCommand::Measured { scene: scene.key(), measures, whole: true })
}

fn one_pair(scene: &Scene, pair: [usize; 2], surfaces: bool, watch: &JobWatch) -> GeometryCommand {
    let measured = scene.labels().map_or(Ok(None), |set| measure_pair(set, pair, surfaces, &Quiet(watch)));
    match measured {
        Ok(Some(pair)) => GeometryCommand::PairMeasured { scene: scene.key(), pair },
        Ok(None) => GeometryCommand::PairNotMeasured { scene: scene.key(), pair, surfaces, why: MeasureError::Cancelled },
        Err(why) => GeometryCommand::PairNotMeasured { scene: scene.key(), pair, surfaces, why },
    }
}

/// Cancels with the job, whose progress counts pairs.
struct Quiet<'a>(&'a JobWatch);

impl crate::geometry::Watch for Quiet<'_> {
    fn advance(&self, _done: u64, _total: u64) {}
    fn cancelled(&self) -> bool {
        Watch::cancelled(self.0)
    }
}

fn volumes(path: &Path, watch: &JobWatch) -> Result<Arc<Volumes>, String> {
    let project = Project::open_read_only(path).map_err(|e| e.to_string())?;
    let outcomes = project.measure(&MeasureRequest::default(), None, Cache::of_machine().as_ref(), watch).map_err(|e| e.to_string())?;
    Ok(Arc::new(Volumes::of(outcomes, Watch::cancelled(watch))))
}

fn check(path: &Path, watch: &JobWatch) -> Result<(String, Vec<String>), String> {
    let mut project = Project::open(path).map_err(|e| e.to_string())?;
    let report = project.check(Cache::of_machine().as_ref(), watch).map_err(|e| e.to_string())?;
    let failed = report.failed.iter().map(|(case, why)| format!("{case}: {why}"));
    let unreadable = report.unreadable.iter().map(|(item, why)| format!("{item}: its claims are not read: {why}"));
    Ok((said(&report), failed.chain(unreadable).collect()))
}

fn said(report: &CheckReport) -> String {
    let reference = report.counts.get("reference").copied().unwrap_or_default();
    let [supports, contradicts, undetermined, no_claim] =
        [reference.supports, reference.contradicts, reference.undetermined, reference.no_claim].map(thousands);
    let counts = format!("{supports} supported, {contradicts} contradicted, {undetermined} undetermined, {no_claim} without a claim");
    if report.stopped {
        format!("Stopped; reference answers so far: {counts}. Checking again goes on from here.")
    } else {
        format!("Checked the reference answers: {counts}.")
    }
}
