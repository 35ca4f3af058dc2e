//! `voxaudit probe`: HU and label at a point in patient space.

use super::output::{Progress, note, print_json, say};
use crate::formats::case::{self, CaseFiles};
use crate::formats::nifti::LoadOptions;
use crate::space::RasMm;
use crate::volume::{LabelSet, Probe};
use serde::Serialize;
use std::path::PathBuf;
use std::process::ExitCode;

/// HU and labels at a point in patient space.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  voxaudit probe --ct ct.nii.gz --labels segmentations/ --at=-12.5,40,101.2 --json")]
pub struct Args {
    /// CT volume (NIfTI).
    #[arg(long, value_name = "F")]
    ct: PathBuf,
    /// Label map, or a folder of one file per structure.
    #[arg(long, value_name = "F")]
    labels: Option<PathBuf>,
    /// Point in mm towards the patient's Right, Anterior and Superior.
    #[arg(long, value_name = "R,A,S", allow_hyphen_values = true, value_parser = parse_point)]
    at: RasMm,
    /// Which volume of a 4D file, from 0.
    #[arg(long, value_name = "N")]
    frame: Option<usize>,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

/// `R,A,S` with finite numbers.
fn parse_point(text: &str) -> Result<RasMm, String> {
    let parts: Vec<f64> = text.split(',').filter_map(|p| p.trim().parse().ok().filter(|v: &f64| v.is_finite())).collect();
    match parts[..] {
        [r, a, s] if text.split(',').count() == 3 => Ok(RasMm::new(r, a, s)),
        _ => Err(format!("'{text}' is not a point; use three numbers in mm, such as -12.5,40,101.2")),
    }
}

/// The JSON of `probe`.
#[derive(Serialize)]
struct Report {
    at_ras_mm: [f64; 3],
    /// Nearest voxel; `null` outside the volume.
    voxel: Option<[usize; 3]>,
    /// `null` outside the volume and for voxels that are not finite.
    hu: Option<f64>,
    /// Why `hu` is `null` inside the volume: `not a number`, `plus infinity` or `minus infinity`.
    #[serde(skip_serializing_if = "Option::is_none")]
    hu_is: Option<&'static str>,
    labels: Vec<Found>,
    inside: bool,
    warnings: Vec<String>,
}

#[derive(Serialize)]
struct Found {
    value: u16,
    name: String,
    layer: usize,
}

pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let files = CaseFiles { image: Some(args.ct.clone()), masks: args.labels.clone() };
    let opts = LoadOptions { frame: args.frame, ..LoadOptions::default() };
    let case = case::load(&files, &opts, &Progress::new("reading"))?;
    let hit = case.volume.as_ref().and_then(|v| v.probe(args.at));
    let report = Report {
        at_ras_mm: args.at.to_array(),
        voxel: hit.map(|h| h.voxel),
        hu: hit.map(|h| h.hu).filter(|hu| hu.is_finite()),
        hu_is: hit.and_then(|h| Probe::not_finite(h.hu)),
        labels: case.labels.as_ref().map(|set| labels_at(set, args.at)).unwrap_or_default(),
        inside: hit.is_some(),
        warnings: case.warnings,
    };
    if args.json {
        print_json("voxaudit.probe", 1, &report)?;
    } else {
        print_text(&report)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn labels_at(set: &LabelSet, at: RasMm) -> Vec<Found> {
    let found = |index: usize| {
        let label = &set.table[index];
        Found { value: label.value, name: label.name.clone(), layer: label.layer }
    };
    set.each_at(at).map(found).collect()
}

fn print_text(report: &Report) -> anyhow::Result<()> {
    for warning in &report.warnings {
        note(format_args!("note: {warning}"));
    }
    let [r, a, s] = report.at_ras_mm;
    say(format_args!("at      R {r} A {a} S {s} mm"))?;
    match report.voxel {
        None => say(format_args!("voxel   outside the volume"))?,
        Some([i, j, k]) => say(format_args!("voxel   {i}, {j}, {k}"))?,
    }
    match (report.hu, report.hu_is) {
        (Some(hu), _) => say(format_args!("HU      {hu}"))?,
        (None, Some(words)) => say(format_args!("HU      {words}"))?,
        (None, None) => {}
    }
    let names: Vec<String> = report.labels.iter().map(|l| format!("{} ({})", l.name, l.value)).collect();
    say(format_args!("labels  {}", if names.is_empty() { "none".to_owned() } else { names.join(", ") }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_three_finite_numbers() {
        assert_eq!(parse_point("-12.5, 40,101.2"), Ok(RasMm::new(-12.5, 40.0, 101.2)));
        for bad in ["", "1,2", "1,2,3,4", "1,2,x", "1,2,NaN", "1,2,inf", "1,2,3,"] {
            assert!(parse_point(bad).is_err(), "{bad}");
        }
    }
}
