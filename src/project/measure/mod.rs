//! Measuring the labels of files and of all cases of a project.
//!
//! Cases are independent, so each core takes one at a time and measures it alone: with many cases that uses the cores better than sharing
//! each case out, and memory is bounded by cores × one case. What is finished is kept (see [`cache`]), so a run that was stopped goes on
//! where it was. Cores are the threads of rayon's current pool: all of the machine, or `RAYON_NUM_THREADS` of them.

pub mod cache;
pub mod volumes;

use super::{Project, ProjectError};
use crate::formats::Watch;
use crate::formats::case::{self, CaseError, CaseFiles};
use crate::formats::nifti::LoadOptions;
use crate::geometry::measures::CaseMeasures;
use crate::geometry::{MeasureError, Options, Pairs, measure_case};
use crate::qa::CaseId;
use crate::volume::{LabelSet, VoxelBuf, structures};
use cache::Cache;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Pairs of one case above this are not what anyone can read; name those that matter.
const MOST_PAIRS: usize = 2_000_000;

/// Which pairs to measure, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum PairNames {
    #[default]
    None,
    All,
    /// In any spelling that the table of structures knows.
    These(Vec<[String; 2]>),
}

/// What to measure of each case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MeasureRequest {
    pub pairs: PairNames,
    /// Hausdorff and the other distances between whole surfaces of those pairs.
    pub surfaces: bool,
}

/// Why a case was not measured.
#[derive(Debug, thiserror::Error)]
pub enum MeasureFilesError {
    #[error("stopped")]
    Cancelled,
    #[error(transparent)]
    Files(CaseError),
    #[error("{0}")]
    Measure(MeasureError),
    #[error("{}: {source}", path.display())]
    Io { path: PathBuf, source: std::io::Error },
    #[error("{labels} labels make {pairs} pairs; name those that matter: --pairs NAME:NAME,…")]
    TooManyPairs { labels: usize, pairs: usize },
    #[error("no label is named '{name}'; there are: {known}")]
    UnknownLabel { name: String, known: String },
    #[error("its masks are in the data root '{0}', which has no folder on this machine yet; open the project in the window to choose it")]
    NoFolder(String),
    #[error("{0}")]
    Refused(String),
}

/// One case that was measured or could not be.
#[derive(Debug)]
pub struct CaseOutcome {
    pub case: CaseId,
    pub result: Result<CaseMeasures, MeasureFilesError>,
    /// What a reader should know about the files; nothing for a case whose measures were kept.
    pub warnings: Vec<String>,
    /// Not measured again.
    pub kept: bool,
}

impl MeasureRequest {
    /// As part of a cache's key.
    fn text(&self) -> String {
        format!("{:?} {}", self.pairs, self.surfaces)
    }

    /// For one case. Pairs of names that the case lacks are left out, unless `strict`.
    fn options(&self, set: &LabelSet, strict: bool) -> Result<Options, MeasureFilesError> {
        let pairs = match &self.pairs {
            PairNames::None => Pairs::None,
            PairNames::All => {
                let labels = set.table.iter().filter(|l| l.voxels > 0).count();
                let pairs = labels * labels.saturating_sub(1) / 2;
                if pairs > MOST_PAIRS {
                    return Err(MeasureFilesError::TooManyPairs { labels, pairs });
                }
                Pairs::All
            }
            PairNames::These(names) => {
                let mut found = Vec::new();
                for [a, b] in names {
                    match [find(set, a), find(set, b)] {
                        [Some(a), Some(b)] => found.push([a, b]),
                        [a_found, _] if strict => return Err(unknown(set, if a_found.is_none() { a } else { b })),
                        _ => {}
                    }
                }
                Pairs::These(found)
            }
        };
        Ok(Options { shape: true, pairs, surfaces: self.surfaces })
    }
}

/// The label of that name, as the file gives it or as the table of structures knows it.
fn find(set: &LabelSet, name: &str) -> Option<usize> {
    let known = structures::find(name);
    let exact = set.table.iter().position(|l| l.name == name);
    exact.or_else(|| known.and_then(|k| set.table.iter().position(|l| l.structure == Some(k))))
}

fn unknown(set: &LabelSet, name: &str) -> MeasureFilesError {
    let names: Vec<&str> = set.table.iter().map(|l| l.name.as_str()).take(200).collect();
    MeasureFilesError::UnknownLabel { name: name.to_owned(), known: names.join(", ") }
}

/// Reads and measures one case; its warnings come with it. Names of pairs must exist.
///
/// Errors are those of the files, or that the request does not fit them.
pub fn measure_files(
    files: &CaseFiles,
    request: &MeasureRequest,
    opts: &LoadOptions,
    watch: &dyn Watch,
) -> Result<(CaseMeasures, Vec<String>), MeasureFilesError> {
    measure(files, request, true, opts, watch)
}

fn measure(
    files: &CaseFiles,
    request: &MeasureRequest,
    strict: bool,
    opts: &LoadOptions,
    watch: &dyn Watch,
) -> Result<(CaseMeasures, Vec<String>), MeasureFilesError> {
    let loaded = case::load(files, opts, watch)?;
    let empty = LabelSet::default();
    let set = loaded.labels.as_deref().unwrap_or(&empty);
    let options = request.options(set, strict)?;
    let measures = measure_case(set, loaded.volume.as_deref(), &options, &watch)?;
    Ok((measures, loaded.warnings))
}

impl From<CaseError> for MeasureFilesError {
    fn from(e: CaseError) -> Self {
        if matches!(e, CaseError::Cancelled) { Self::Cancelled } else { Self::Files(e) }
    }
}

impl From<MeasureError> for MeasureFilesError {
    fn from(e: MeasureError) -> Self {
        if e == MeasureError::Cancelled { Self::Cancelled } else { Self::Measure(e) }
    }
}

/// A case of a project with the places of its files on this machine.
struct Work {
    case: CaseId,
    files: Result<CaseFiles, MeasureFilesError>,
}

impl Project {
    /// Measures every case with masks, or every `of`-th from the `part`-th on for `shard` `[part, of]` (from 1), in the project's order.
    /// Cases whose measures are kept in `cache` are not read again beyond hashing them.
    ///
    /// Errors when the project cannot be read; what goes wrong with a case stands in its outcome. When cancelled the outcomes so far are
    /// returned, and those missing were not begun or are `Cancelled`.
    pub fn measure(
        &self,
        request: &MeasureRequest,
        shard: Option<[usize; 2]>,
        cache: Option<&Cache>,
        watch: &dyn Watch,
    ) -> Result<Vec<CaseOutcome>, ProjectError> {
        let [part, of] = shard.unwrap_or([1, 1]);
        let all = self.labelled_cases()?;
        let mine = all.into_iter().enumerate().filter(|(n, _)| n % of == part.saturating_sub(1)).map(|(_, id)| id);
        let work = mine.map(|id| self.work(id)).collect::<Result<Vec<_>, _>>()?;
        Ok(run(work, request, cache, watch))
    }

    /// The same for the cases that are named, in their order.
    pub fn measure_these(
        &self,
        cases: &[CaseId],
        request: &MeasureRequest,
        cache: Option<&Cache>,
        watch: &dyn Watch,
    ) -> Result<Vec<CaseOutcome>, ProjectError> {
        let work = cases.iter().cloned().map(|id| self.work(id)).collect::<Result<Vec<_>, _>>()?;
        Ok(run(work, request, cache, watch))
    }

    fn work(&self, case: CaseId) -> Result<Work, ProjectError> {
        let info = self.case(&case)?;
        if let Some(why) = info.as_ref().and_then(|i| i.refused()) {
            let files = Err(MeasureFilesError::Refused(why.to_owned()));
            return Ok(Work { case, files });
        }
        let (image, masks) = info.map_or((None, None), |i| (i.image, i.masks));
        let files = match masks {
            Some(m) if m.path.is_none() => Err(MeasureFilesError::NoFolder(m.root)),
            // A CT that is not on this machine only leaves out HU.
            masks => Ok(CaseFiles { image: image.and_then(|f| f.path).filter(|p| p.exists()), masks: masks.and_then(|f| f.path) }),
        };
        Ok(Work { case, files })
    }
}

fn run(work: Vec<Work>, request: &MeasureRequest, cache: Option<&Cache>, watch: &dyn Watch) -> Vec<CaseOutcome> {
    let cores = rayon::current_num_threads();
    let workers = cores.min(work.len()).max(1);
    let budget = LoadOptions::default().memory_budget / workers as u64;
    let runner = Runner {
        request,
        cache,
        watch,
        opts: LoadOptions { memory_budget: budget, ..LoadOptions::default() },
        total: work.len(),
        next: AtomicUsize::new(0),
        done: AtomicUsize::new(0),
        work: work.into_iter().map(|w| Mutex::new(Some(w))).collect(),
        outcomes: Mutex::new(Vec::new()),
    };
    watch.advance(0, runner.total as u64);
    std::thread::scope(|scope| {
        for n in 1..workers {
            let started = std::thread::Builder::new().name(format!("measure-{n}")).spawn_scoped(scope, || runner.go(cores / workers));
            if started.is_err() {
                break; // fewer hands do the same work
            }
        }
        runner.go(cores / workers);
    });
    let mut outcomes = runner.outcomes.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    outcomes.sort_by_key(|(n, _)| *n);
    outcomes.into_iter().map(|(_, o)| o).collect()
}

/// What the workers share.
struct Runner<'a> {
    request: &'a MeasureRequest,
    cache: Option<&'a Cache>,
    watch: &'a dyn Watch,
    opts: LoadOptions,
    total: usize,
    next: AtomicUsize,
    done: AtomicUsize,
    work: Vec<Mutex<Option<Work>>>,
    outcomes: Mutex<Vec<(usize, CaseOutcome)>>,
}

/// Cancels with the whole run; progress counts cases.
struct CaseWatch<'a>(&'a dyn Watch);

impl Watch for CaseWatch<'_> {
    fn advance(&self, _done: u64, _total: u64) {}
    fn cancelled(&self) -> bool {
        self.0.cancelled()
    }
}

/// Progress over all cases while some of them are measured.
pub struct Part<'a> {
    pub watch: &'a dyn Watch,
    /// Cases that were done before these.
    pub before: usize,
    pub all: usize,
}

impl Watch for Part<'_> {
    fn advance(&self, done: u64, _total: u64) {
        self.watch.advance(self.before as u64 + done, self.all as u64);
    }

    fn cancelled(&self) -> bool {
        self.watch.cancelled()
    }
}

impl Runner<'_> {
    /// Takes cases until there are none, with `threads` of its own for each.
    fn go(&self, threads: usize) {
        let named = rayon::ThreadPoolBuilder::new().num_threads(threads.max(1)).thread_name(|n| format!("measure-case-{n}"));
        let pool = named.start_handler(|_| VoxelBuf::<u16>::keep_spare()).build().ok();
        loop {
            let at = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(slot) = self.work.get(at).filter(|_| !self.watch.cancelled()) else { return };
            let Some(work) = slot.lock().ok().and_then(|mut w| w.take()) else { continue };
            let outcome = match &pool {
                Some(pool) => pool.install(|| self.one(work)),
                None => self.one(work),
            };
            if let Ok(mut all) = self.outcomes.lock() {
                all.push((at, outcome));
            }
            let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
            self.watch.advance(done as u64, self.total as u64);
        }
    }

    fn one(&self, work: Work) -> CaseOutcome {
        let mut outcome = CaseOutcome { case: work.case, result: Err(MeasureFilesError::Cancelled), warnings: Vec::new(), kept: false };
        outcome.result = work.files.and_then(|files| self.kept_or_new(&files, &mut outcome.warnings, &mut outcome.kept));
        outcome
    }

    fn kept_or_new(&self, files: &CaseFiles, warnings: &mut Vec<String>, kept: &mut bool) -> Result<CaseMeasures, MeasureFilesError> {
        let watch = CaseWatch(self.watch);
        let key = self.cache.map(|c| cache::key(files, &self.request.text(), &watch).map(|key| (c, key))).transpose();
        let key = key.map_err(|e| unreadable(files, e))?;
        if let Some(measures) = key.as_ref().and_then(|(cache, key)| cache.get(key)) {
            *kept = true;
            return Ok(measures);
        }
        let (measures, more) = measure(files, self.request, false, &self.opts, &watch)?;
        warnings.extend(more);
        let Some((cache, key)) = key else { return Ok(measures) };
        if let Err(e) = cache.put(&key, measures.clone()) {
            warnings.push(format!("the measures are not kept for the next run: {e}"));
        }
        Ok(measures)
    }
}

fn unreadable(files: &CaseFiles, source: std::io::Error) -> MeasureFilesError {
    if source.kind() == std::io::ErrorKind::Interrupted {
        return MeasureFilesError::Cancelled;
    }
    MeasureFilesError::Io { path: files.masks.clone().unwrap_or_default(), source }
}
