//! The demo: two phantom patients with CT, masks, reports and questions, one more with a report only, answers of made-up models with judges'
//! verdicts on them, and the project that holds them.
//!
//! Making it again is safe: data of the same recipe is left alone and the import adds nothing that is there, so reviews are kept.

mod ask;
mod items;
mod models;
mod reports;

pub use ask::{Ask, LEVELS, Measures, Truth, spoken};
pub use items::{DemoItem, items};
pub use reports::REPORTS;

use super::phantom::{Phantom, Structure, phantom_a, phantom_b};
use crate::formats::Watch;
use crate::formats::nifti::{self, NiftiError, NiftiImage, Values, WriteOptions};
use crate::formats::regular;
use crate::project::import::{ImportError, ImportReport, ImportRequest, import};
use crate::project::{Project, ProjectError};
use crate::qa::ModelRun;
use crate::space::SpaceError;
use models::DemoRun;
use serde_json::{Map, Value, json};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Raise it when any file of the demo changes, so that an older demo folder is brought up to date.
const RECIPE: u32 = 2;

/// Says what a folder of demo data is.
const STAMP: &str = "recipe.txt";
/// More bytes than it ever has.
const MOST_STAMP: u64 = 1 << 12;

/// What was made.
#[derive(Clone, Debug)]
pub struct Demo {
    pub project: PathBuf,
    /// Folder of `images/`, `masks/`, `answers/`, `verdicts/`, `qa.json` and `reports.json`.
    pub data: PathBuf,
    pub cases: usize,
    pub items: usize,
}

#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    #[error("cannot write '{path}': {source}; choose a folder you can write to with --dir", path = path.display())]
    Write { path: PathBuf, source: std::io::Error },
    #[error(transparent)]
    Nifti(#[from] NiftiError),
    #[error("the phantom cannot be built: {0}; please report this")]
    Phantom(#[from] SpaceError),
    #[error("a question of the demo asks for a structure that the phantom lacks; please report this")]
    Question,
    #[error(transparent)]
    Project(#[from] ProjectError),
    #[error(transparent)]
    Import(#[from] ImportError),
    #[error("the project '{path}' does not take the demo: {reason}; choose another folder with --dir", path = path.display())]
    Refused { path: PathBuf, reason: String },
    #[error("{} holds files that are not the demo's; choose another folder with --dir", .0.display())]
    Occupied(PathBuf),
    #[error("stopped; run the demo again to finish it")]
    Cancelled,
}

/// Makes the demo in `dir`: `dir/data` and the project `dir/demo.voxaudit`.
///
/// Errors when the folder cannot be written, when `demo.voxaudit` is not a project of this program or holds other questions, or when the
/// watch cancels.
pub fn make_demo(dir: &Path, watch: &dyn Watch) -> Result<Demo, DemoError> {
    let data = folder(dir)?.join("data");
    if !is_ours(&data) {
        return Err(DemoError::Occupied(data));
    }
    write_data(&folder(&data)?, watch)?;
    let path = dir.join("demo.voxaudit");
    let mut project = Project::open_or_create(&path)?;
    let request = ImportRequest {
        qa: vec![data.join("qa.json")],
        reports: vec![data.join("reports.json")],
        images: vec![data.join("images")],
        masks: vec![data.join("masks")],
        answers: model_files(|run| Ok((run_named(run)?, answers_file(&data, run))))?,
        verdicts: verdict_files(&data)?,
        ..ImportRequest::default()
    };
    let report = import(&mut project, &request, watch)?;
    if let Some(reason) = refusal(&report) {
        return Err(DemoError::Refused { path, reason });
    }
    let status = project.status()?;
    Ok(Demo { project: path, data, cases: status.cases, items: status.items })
}

/// Nothing is there yet, or what an earlier run made or began.
fn is_ours(data: &Path) -> bool {
    let empty = || std::fs::read_dir(data).is_ok_and(|mut entries| entries.next().is_none());
    let begun = || regular::read(&data.join(STAMP), MOST_STAMP).is_ok_and(|text| text.starts_with(b"voxaudit demo data"));
    !data.exists() || empty() || begun()
}

fn model_files<T>(of: impl Fn(&DemoRun) -> Result<T, DemoError>) -> Result<Vec<T>, DemoError> {
    models::RUNS.iter().map(of).collect()
}

fn verdict_files(data: &Path) -> Result<Vec<(ModelRun, String, PathBuf)>, DemoError> {
    let of = |run: &DemoRun| {
        let name = run_named(run)?;
        Ok(models::JUDGES.map(|judge| (name.clone(), judge.to_owned(), verdicts_file(data, run, judge))))
    };
    Ok(model_files(of)?.into_iter().flatten().collect())
}

fn run_named(run: &DemoRun) -> Result<ModelRun, DemoError> {
    ModelRun::parse(run.name).map_err(|_| DemoError::Question)
}

fn answers_file(data: &Path, run: &DemoRun) -> PathBuf {
    data.join("answers").join(format!("{}.jsonl", run.file))
}

fn verdicts_file(data: &Path, run: &DemoRun, judge: &str) -> PathBuf {
    data.join("verdicts").join(format!("{}_{judge}.json", run.file))
}

/// The first thing that kept the import from taking place.
fn refusal(report: &ImportReport) -> Option<String> {
    if report.imported {
        return None;
    }
    report.unmatched.iter().find(|u| u.blocks).map(|u| format!("{}: {}", u.file, u.reason))
}

/// Writes the demo's data to `data` unless it is there.
///
/// Errors when the folder cannot be written or the watch cancels; what was finished stays and is completed by the next call.
pub fn write_data(data: &Path, watch: &dyn Watch) -> Result<usize, DemoError> {
    let (a, b) = (phantom_a()?, phantom_b()?);
    let items = items(&a, &b).ok_or(DemoError::Question)?;
    let stamp = data.join(STAMP);
    let line = format!("voxaudit demo data, recipe {RECIPE}\n");
    if regular::read(&stamp, MOST_STAMP).is_ok_and(|found| found == line.as_bytes()) {
        return Ok(items.len());
    }
    write_text(&stamp, "voxaudit demo data, not complete\n")?;
    let steps = 3 + b.structures.len() as u64;
    let mut done = 0;
    let mut step = || {
        done += 1;
        watch.advance(done, steps);
        if watch.cancelled() { Err(DemoError::Cancelled) } else { Ok(()) }
    };
    write_ct(data, &a)?;
    step()?;
    write_ct(data, &b)?;
    step()?;
    write_label_map(data, &a)?;
    step()?;
    for s in &b.structures {
        write_mask(data, &b, s)?;
        step()?;
    }
    write_text(&data.join("qa.json"), &pretty(&qa_json(&items)))?;
    write_text(&data.join("reports.json"), &pretty(&reports_json()))?;
    write_models(data, &items)?;
    write_text(&stamp, &line)?; // last: it says that all the others are complete
    Ok(items.len())
}

fn write_models(data: &Path, items: &[DemoItem]) -> Result<(), DemoError> {
    folder(&data.join("answers"))?;
    folder(&data.join("verdicts"))?;
    for run in &models::RUNS {
        let lines = models::answers(run, items).iter().map(|row| format!("{row}\n")).collect::<String>();
        write_text(&answers_file(data, run), &lines)?;
        for judge in models::JUDGES {
            write_text(&verdicts_file(data, run, judge), &pretty(&models::verdicts(run, judge, items).into()))?;
        }
    }
    Ok(())
}

fn write_ct(data: &Path, p: &Phantom) -> Result<(), DemoError> {
    let path = folder(&data.join("images"))?.join(format!("{}.nii.gz", p.id));
    let voxels = p.render_ct();
    Ok(nifti::write(&path, &NiftiImage::new(p.grid.size, p.grid.affine, Values::I16(&voxels)))?)
}

/// One map; names and colours in the header extension as TotalSegmentator writes them.
fn write_label_map(data: &Path, p: &Phantom) -> Result<(), DemoError> {
    let path = folder(&data.join("masks"))?.join(format!("{}.nii.gz", p.id));
    let voxels = p.render_label_map();
    let options = WriteOptions { extension: Some(caret_table(&p.structures)), ..WriteOptions::default() };
    Ok(nifti::write(&path, &NiftiImage::new(p.mask_grid.size, p.mask_grid.affine, Values::U8(&voxels)).with(options))?)
}

fn write_mask(data: &Path, p: &Phantom, s: &Structure) -> Result<(), DemoError> {
    let path = folder(&data.join("masks").join(p.id))?.join(format!("{}.nii.gz", s.name));
    let voxels = p.render_mask(s);
    Ok(nifti::write(&path, &NiftiImage::new(p.mask_grid.size, p.mask_grid.affine, Values::U8(&voxels)))?)
}

/// CaretExtension XML with a label table: key, colour from 0 to 1, name.
fn caret_table(structures: &[Structure]) -> String {
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<CaretExtension><VolumeInformation Index=\"0\"><LabelTable>\n");
    for s in structures {
        let [r, g, b] = s.color.map(|c| f64::from(c) / 255.0);
        // Writing to a string cannot fail.
        let _ = writeln!(
            xml,
            "<Label Key=\"{}\" Red=\"{r:.4}\" Green=\"{g:.4}\" Blue=\"{b:.4}\" Alpha=\"1\"><![CDATA[{}]]></Label>",
            s.value, s.name
        );
    }
    xml.push_str("</LabelTable></VolumeInformation></CaretExtension>\n");
    xml
}

/// `{case: {"qa_pairs": [{question, answer, category, task, options?}]}}`, the layout of the benchmark.
fn qa_json(items: &[DemoItem]) -> Value {
    let mut cases = Map::new();
    for item in items {
        let mut pair = Map::new();
        pair.insert("question".into(), item.question.into());
        pair.insert("answer".into(), item.answer.as_str().into());
        pair.insert("category".into(), item.categories.iter().map(|c| c.name()).collect());
        pair.insert("task".into(), item.task.code().into());
        if !item.options.is_empty() {
            pair.insert("options".into(), item.options.iter().map(String::as_str).collect());
        }
        let case = cases.entry(item.case).or_insert_with(|| json!({"qa_pairs": []}));
        if let Some(pairs) = case["qa_pairs"].as_array_mut() {
            pairs.push(pair.into());
        }
    }
    cases.into()
}

fn reports_json() -> Value {
    let report = |&(case, findings, impression): &(&str, &str, &str)| {
        (case.to_owned(), json!({"Findings_EN": findings, "Impressions_EN": impression}))
    };
    REPORTS.iter().map(report).collect::<Map<_, _>>().into()
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}

fn folder(path: &Path) -> Result<PathBuf, DemoError> {
    std::fs::create_dir_all(path).map_err(|source| DemoError::Write { path: path.to_owned(), source })?;
    Ok(path.to_owned())
}

fn write_text(path: &Path, text: &str) -> Result<(), DemoError> {
    std::fs::write(path, text).map_err(|source| DemoError::Write { path: path.to_owned(), source })
}
