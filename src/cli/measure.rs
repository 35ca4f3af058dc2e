//! `voxaudit measure`: geometry of labels and of pairs of labels, of one case or of all cases of a project.

use super::output::{Progress, note, print_json, say};
use crate::formats::Watch;
use crate::formats::case::CaseFiles;
use crate::formats::measures::{CaseJson, VERSION, json, label_table, pair_table};
use crate::formats::nifti::LoadOptions;
use crate::geometry::measures::{CaseMeasures, LabelMeasures, PairMeasures};
use crate::project::Project;
use crate::project::measure::cache::Cache;
use crate::project::measure::{CaseOutcome, MeasureFilesError, MeasureRequest, PairNames, measure_files};
use serde::Serialize;
use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};

/// Volumes, places, shapes and HU of labels, and distances between them.
///
/// Of a label map, a folder with one mask per structure, or every case of a project: on all cores (or as many as RAYON_NUM_THREADS says),
/// each case only once as long as its files stay the same, and going on where an earlier run was stopped.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  voxaudit measure segmentations/ --ct ct.nii.gz --pairs liver:spleen --json
  voxaudit measure study.voxaudit --pairs all --parquet measures.parquet --shard 3/20")]
pub struct Args {
    /// Label map, folder of masks, or project.
    #[arg(value_name = "LABELS|P")]
    labels: PathBuf,
    /// CT volume, for HU; cases of a project have their own.
    #[arg(long, value_name = "F")]
    ct: Option<PathBuf>,
    /// Pairs of labels: all, none, or names such as liver:spleen,kidney_left:kidney_right.
    #[arg(long, value_name = "PAIRS", default_value = "none", value_parser = parse_pairs)]
    pairs: PairNames,
    /// Leave out Hausdorff, HD95 and mean surface distance of the pairs, which cost most of the time.
    #[arg(long)]
    no_surfaces: bool,
    /// Write a table of labels, and one of pairs beside it (F_pairs.csv).
    #[arg(long, value_name = "F")]
    csv: Option<PathBuf>,
    /// The same as Parquet, for DuckDB, pandas, Spark or Ray.
    #[arg(long, value_name = "F")]
    parquet: Option<PathBuf>,
    /// Part I of N of a project's cases, from 1/N to N/N, to split them over machines.
    #[arg(long, value_name = "I/N", value_parser = parse_shard)]
    shard: Option<[usize; 2]>,
    /// Measure again what was measured before, and keep nothing.
    #[arg(long)]
    no_cache: bool,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

fn parse_pairs(text: &str) -> Result<PairNames, String> {
    let pair = |part: &str| {
        let names = part.split_once(':').map(|(a, b)| [a.trim().to_owned(), b.trim().to_owned()]);
        let sound = names.filter(|[a, b]| !a.is_empty() && !b.is_empty() && a != b && !b.contains(':'));
        sound.ok_or_else(|| format!("'{part}' is not a pair; use all, none, or names such as liver:spleen,kidney_left:kidney_right"))
    };
    match text.trim() {
        "none" => Ok(PairNames::None),
        "all" => Ok(PairNames::All),
        list => list.split(',').map(pair).collect::<Result<_, _>>().map(PairNames::These),
    }
}

fn parse_shard(text: &str) -> Result<[usize; 2], String> {
    let numbers = text.split_once('/').and_then(|(i, n)| Some([i.trim().parse().ok()?, n.trim().parse().ok()?]));
    numbers.filter(|[i, n]| (1..=*n).contains(i)).ok_or_else(|| format!("'{text}' is not a part; use 1/20 to 20/20"))
}

pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let request = MeasureRequest { pairs: args.pairs.clone(), surfaces: !args.no_surfaces };
    let project = is_sqlite(&args.labels);
    if let Some(wrong) = wrong_usage(args, project) {
        note(format_args!("error: {wrong}; for more information, try '--help'"));
        return Ok(ExitCode::from(2));
    }
    check_tables(args)?; // before minutes of measuring
    if project { of_project(args, &request) } else { of_files(args, &request) }
}

/// By its first bytes; whether it is one of ours is found when it is opened.
fn is_sqlite(path: &Path) -> bool {
    let mut start = [0; 16];
    let mut read = || crate::formats::regular::open(path).is_ok_and(|(mut f, _)| f.read_exact(&mut start).is_ok());
    path.is_file() && read() && start == *b"SQLite format 3\0"
}

fn wrong_usage(args: &Args, project: bool) -> Option<&'static str> {
    if project && args.ct.is_some() {
        return Some("--ct is for a label map or a folder of masks; the cases of a project have their own CT");
    }
    if args.csv.is_some() && args.csv == args.parquet {
        return Some("--csv and --parquet need two names");
    }
    (!project && args.shard.is_some()).then_some("--shard is for a project")
}

fn of_files(args: &Args, request: &MeasureRequest) -> anyhow::Result<ExitCode> {
    let files = CaseFiles { image: args.ct.clone(), masks: Some(args.labels.clone()) };
    let (measures, warnings) = measure_files(&files, request, &LoadOptions::default(), &Progress::new("measuring"))?;
    warnings.iter().for_each(|w| note(format_args!("note: {w}")));
    let cases = [(name_of(&args.labels), measures)];
    write_tables(args, &cases)?;
    let measures = &cases[0].1;
    if args.json {
        print_json("voxaudit.measure", VERSION, &json(measures))?;
    } else {
        text(measures).iter().try_for_each(|line| say(format_args!("{line}")))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What stands in the tables for a case that has no id.
fn name_of(path: &Path) -> String {
    let file = || path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    crate::formats::nifti::stem(path).unwrap_or_else(file)
}

/// The JSON of a project's cases.
#[derive(Serialize)]
struct Cases<'a> {
    shard: Option<[usize; 2]>,
    cases: Vec<NamedCase<'a>>,
    /// Cases that could not be measured; why stands on stderr.
    failed: Vec<&'a str>,
}

#[derive(Serialize)]
struct NamedCase<'a> {
    case: &'a str,
    #[serde(flatten)]
    measures: CaseJson<'a>,
}

fn of_project(args: &Args, request: &MeasureRequest) -> anyhow::Result<ExitCode> {
    let project = Project::open_read_only(&args.labels)?;
    let cache = if args.no_cache { None } else { Cache::of_machine() };
    let watch = CaseProgress::new();
    let outcomes = project.measure(request, args.shard, cache.as_ref(), &watch)?;
    let stopped = watch.cancelled();
    drop(watch);
    let kept = outcomes.iter().filter(|o| o.kept).count();
    let (cases, failed) = sort_out(outcomes);
    if stopped {
        let done = cases.len();
        anyhow::bail!("stopped; {done} cases are measured and kept, and the same command goes on from there");
    }
    write_tables(args, &cases)?;
    if args.json {
        let named = cases.iter().map(|(id, m)| NamedCase { case: id, measures: json(m) }).collect();
        print_json(
            "voxaudit.measure",
            VERSION,
            &Cases { shard: args.shard, cases: named, failed: failed.iter().map(String::as_str).collect() },
        )?;
    } else {
        cases.iter().try_for_each(|(id, m)| say(format_args!("{}", case_line(id, m))))?;
    }
    note(format_args!("{} cases measured, {kept} of them before; {} failed", cases.len(), failed.len()));
    Ok(if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Says what went wrong, and parts the cases into measures and failures.
fn sort_out(outcomes: Vec<CaseOutcome>) -> (Vec<(String, CaseMeasures)>, Vec<String>) {
    let (mut cases, mut failed) = (Vec::new(), Vec::new());
    for outcome in outcomes {
        let id = outcome.case.0;
        outcome.warnings.iter().for_each(|w| note(format_args!("note: {id}: {w}")));
        match outcome.result {
            Ok(measures) => cases.push((id, measures)),
            Err(MeasureFilesError::Cancelled) => {}
            Err(error) => {
                note(format_args!("{id}: {error}"));
                failed.push(id);
            }
        }
    }
    (cases, failed)
}

/// Whether the tables can be written where they are wanted.
fn check_tables(args: &Args) -> anyhow::Result<()> {
    for (path, parquet) in [(&args.csv, false), (&args.parquet, true)] {
        let Some(path) = path else { continue };
        label_table(&[]).check(path, parquet)?;
        if args.pairs != PairNames::None {
            pair_table(&[]).check(&pairs_beside(path), parquet)?;
        }
    }
    Ok(())
}

fn write_tables(args: &Args, cases: &[(String, CaseMeasures)]) -> anyhow::Result<()> {
    let pairs = (args.pairs != PairNames::None).then(|| pair_table(cases));
    let labels = label_table(cases);
    if let Some(path) = &args.csv {
        labels.write_csv(path)?;
        pairs.iter().try_for_each(|p| p.write_csv(&pairs_beside(path)))?;
    }
    if let Some(path) = &args.parquet {
        labels.write_parquet(path)?;
        pairs.iter().try_for_each(|p| p.write_parquet(&pairs_beside(path)))?;
    }
    Ok(())
}

/// `measures.csv` → `measures_pairs.csv`.
fn pairs_beside(path: &Path) -> PathBuf {
    let part = |p: Option<&std::ffi::OsStr>| p.map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    let (stem, ending) = (part(path.file_stem()), part(path.extension()));
    path.with_file_name(if ending.is_empty() { format!("{stem}_pairs") } else { format!("{stem}_pairs.{ending}") })
}

fn case_line(id: &str, m: &CaseMeasures) -> String {
    let present = m.labels.iter().filter(|l| l.voxels > 0);
    let (many, truncated) = (present.clone().count(), present.filter(|l| l.truncated).count());
    let pairs = if m.pairs.is_empty() { String::new() } else { format!(", {} pairs", m.pairs.len()) };
    format!("{id}: {many} labels, {truncated} of them cut by the field of view{pairs}")
}

fn text(m: &CaseMeasures) -> Vec<String> {
    let mut lines =
        vec![format!("{:<34} {:>11} {:>24} {:>6} {:>9} {:>8}", "label", "mL", "width × depth × height mm", "parts", "cm²", "mean HU")];
    lines.extend(m.labels.iter().filter(|l| l.voxels > 0).map(label_line));
    let absent = m.labels.iter().filter(|l| l.voxels == 0).count();
    if absent > 0 {
        lines.push(format!("{absent} named labels are absent"));
    }
    lines.extend(m.pairs.iter().map(|p| pair_line(p, &m.labels)));
    lines
}

fn label_line(l: &LabelMeasures) -> String {
    let bound = if l.truncated { "≥ " } else { "" };
    let size = l.place.map(|p| p.extent).map(|e| format!("{bound}{:.1} × {:.1} × {:.1}", e.width_rl, e.depth_ap, e.height_si));
    let (parts, area) = l.shape.as_ref().map_or((0, 0.0), |s| (s.components.number(), s.surface_area_mm2 / 100.0));
    let hu = l.hu.map(|h| format!("{:.1}", h.mean)).unwrap_or_default();
    let volume = format!("{bound}{:.2}", l.volume_ml);
    format!("{:<34} {volume:>11} {:>24} {parts:>6} {area:>9.1} {hu:>8}", l.name, size.unwrap_or_default())
}

fn pair_line(p: &PairMeasures, labels: &[LabelMeasures]) -> String {
    let [r, a, s] = p.offset_ras_mm;
    let surface =
        p.surface.map(|s| format!(", Hausdorff {:.1}, HD95 {:.1}, mean {:.1}", s.hausdorff_mm, s.hd95_mm, s.mean_surface_distance_mm));
    format!(
        "{} : {}  centres {:.1} mm (R {r:.1}, A {a:.1}, S {s:.1}), gap {:.1}{}, contact {:.0} %",
        labels[p.a].name,
        labels[p.b].name,
        p.centre_distance_mm,
        p.gap_mm,
        surface.unwrap_or_default(),
        p.contact_share * 100.0
    )
}

/// A bar with cases and the time left; where there is no terminal, a line every tenth of the way.
struct CaseProgress {
    bar: Progress,
    said: AtomicU64,
}

impl CaseProgress {
    fn new() -> Self {
        Self { bar: Progress::new("measuring cases"), said: AtomicU64::new(0) }
    }
}

impl Watch for CaseProgress {
    fn advance(&self, done: u64, total: u64) {
        self.bar.advance(done, total);
        let tenth = (done * 10).checked_div(total).unwrap_or(0);
        if !std::io::stderr().is_terminal() && self.said.fetch_max(tenth, Ordering::Relaxed) < tenth {
            note(format_args!("measured {done} of {total} cases"));
        }
    }

    fn cancelled(&self) -> bool {
        self.bar.cancelled()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_and_parts_are_read() {
        let names = |pairs: &[[&str; 2]]| Ok(PairNames::These(pairs.iter().map(|p| p.map(str::to_owned)).collect()));
        assert_eq!(parse_pairs("all"), Ok(PairNames::All));
        assert_eq!(parse_pairs("none"), Ok(PairNames::None));
        assert_eq!(parse_pairs("liver:spleen, a:b"), names(&[["liver", "spleen"], ["a", "b"]]));
        for bad in ["", "liver", "liver:", ":a", "a:a", "a:b,", "a:b:c"] {
            assert!(parse_pairs(bad).is_err(), "{bad}");
        }
        assert_eq!(parse_shard("3/20"), Ok([3, 20]));
        for bad in ["0/3", "4/3", "3", "1/0", "-1/2", "x/y"] {
            assert!(parse_shard(bad).is_err(), "{bad}");
        }
        assert_eq!(pairs_beside(Path::new("d/m.csv")), Path::new("d/m_pairs.csv"));
        assert_eq!(pairs_beside(Path::new("m")), Path::new("m_pairs"));
    }
}
