//! What is dropped on the window: a project is opened, data is recognised by its content and imported.

use crate::formats::{Watch, nifti};
use crate::generate::demo::make_demo;
use crate::project::Project;
use crate::project::import::ImportRequest;
use crate::state::{Command, ProjectCommand, Toast};
use std::path::{Path, PathBuf};

/// Paths dropped in this frame.
pub fn paths(ui: &egui::Ui) -> Vec<PathBuf> {
    ui.input(|i| i.raw.dropped_files.iter().map(|f| f.path().to_path_buf()).collect())
}

/// The commands that follow from dropped paths. Without an open project, a new one named after the first path is made in the user's
/// document folder.
pub fn commands(paths: &[PathBuf], open: Option<&Path>) -> Vec<Command> {
    if let Some(project) = paths.iter().find(|p| has_ending(p, ".voxaudit")) {
        return vec![Command::Project(ProjectCommand::Open(project.clone()))];
    }
    let request = recognise(paths);
    if request == ImportRequest::default() {
        return vec![Command::Toast(Toast::warning(
            "Nothing here was recognised. Drop a .voxaudit project, QA or report files (JSON, JSONL), or a folder with NIfTI images.",
        ))];
    }
    if open.is_some() {
        return vec![Command::Project(ProjectCommand::Import(request))];
    }
    match new_project(paths) {
        Ok(path) => vec![
            Command::Toast(Toast::note(format!("Made the project {}.", path.display()))),
            Command::Project(ProjectCommand::Open(path)),
            Command::Project(ProjectCommand::ImportWhenOpen(request)),
        ],
        Err(message) => vec![Command::Toast(Toast::error(message))],
    }
}

fn has_ending(path: &Path, ending: &str) -> bool {
    path.file_name().is_some_and(|n| n.to_string_lossy().to_lowercase().ends_with(ending))
}

/// Sorts files and folders by what they hold.
fn recognise(paths: &[PathBuf]) -> ImportRequest {
    let mut request = ImportRequest::default();
    for path in paths {
        if path.is_dir() {
            folder(path, &mut request);
        } else {
            file(path, &mut request);
        }
    }
    request
}

/// A CT-SpatialVQA checkout, a TotalSegmentator output, or any folder of NIfTI files.
fn folder(path: &Path, request: &mut ImportRequest) {
    for name in ["spatial_qa_filtered_full.json", "spatial_qa_filtered_full_with_categories.json"] {
        let qa = path.join(name);
        if qa.is_file() {
            request.qa.push(qa);
        }
    }
    let reports = path.join("validation_reports_output.json");
    if reports.is_file() {
        request.reports.push(reports);
    }
    let masks = ["segmentations", "masks", "labels"].map(|n| path.join(n));
    request.masks.extend(masks.into_iter().filter(|m| m.is_dir()));
    if holds_nifti(path, 4) {
        request.images.push(path.to_path_buf());
    }
}

fn file(path: &Path, request: &mut ImportRequest) {
    if !has_ending(path, ".json") && !has_ending(path, ".jsonl") || !path.is_file() {
        return;
    }
    // A file that is neither is imported as questions, so that the importer says what is wrong with it.
    let reports = crate::formats::reports::read(path).is_ok_and(|rows| !rows.is_empty());
    let list = if reports { &mut request.reports } else { &mut request.qa };
    list.push(path.to_path_buf());
}

fn holds_nifti(folder: &Path, depth: usize) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else { return false };
    entries.flatten().any(|e| {
        let path = e.path();
        if path.is_dir() { depth > 0 && holds_nifti(&path, depth - 1) } else { nifti::stem(&path).is_some() }
    })
}

fn projects_folder() -> Result<PathBuf, String> {
    let dirs = directories::UserDirs::new().ok_or("this system has no home folder; make a project with New project…")?;
    Ok(dirs.document_dir().unwrap_or_else(|| dirs.home_dir()).join("voxaudit"))
}

fn new_project(paths: &[PathBuf]) -> Result<PathBuf, String> {
    let folder = projects_folder()?;
    std::fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let name = paths.first().and_then(|p| p.file_stem()).map_or_else(|| "study".to_owned(), |n| n.to_string_lossy().into_owned());
    let path = folder.join(format!("{name}.voxaudit"));
    Project::open_or_create(&path).map_err(|e| e.to_string())?;
    Ok(path)
}

/// Makes the demo in the user's document folder, or finds it there, and opens it.
pub fn demo(watch: &dyn Watch) -> Command {
    let made = projects_folder().and_then(|folder| make_demo(&folder.join("demo"), watch).map_err(|e| e.to_string()));
    match made {
        Ok(demo) => Command::Project(ProjectCommand::Open(demo.project)),
        Err(message) => Command::Toast(Toast::error(message)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touch(dir: &Path, name: &str, text: &str) -> PathBuf {
        let path = dir.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    #[test]
    fn what_is_dropped_is_recognised_by_its_content() {
        let dir = tempfile::tempdir().unwrap();
        let qa = touch(dir.path(), "a.json", r#"{"c": {"qa_pairs": [{"question": "q", "answer": "a"}]}}"#);
        let reports = touch(dir.path(), "b.json", r#"{"c": {"Findings_EN": "f", "Impressions_EN": "i"}}"#);
        let image = touch(dir.path(), "scans/deep/c.nii.gz", "");
        let found = recognise(&[qa.clone(), reports.clone(), dir.path().join("scans")]);
        assert_eq!((found.qa, found.reports, found.images), (vec![qa], vec![reports], vec![dir.path().join("scans")]));
        assert!(recognise(&[image]).images.is_empty(), "a single file has no root to be found under");
    }

    #[test]
    fn a_project_is_opened_data_is_imported_and_nonsense_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let project = touch(dir.path(), "x.voxaudit", "");
        let qa = touch(dir.path(), "qa.jsonl", "{}");
        let note = touch(dir.path(), "readme.txt", "");
        assert!(
            matches!(&commands(&[qa.clone(), project.clone()], None)[..], [Command::Project(ProjectCommand::Open(p))] if *p == project)
        );
        assert!(matches!(&commands(&[qa], Some(&project))[..], [Command::Project(ProjectCommand::Import(r))] if r.qa.len() == 1));
        assert!(matches!(&commands(&[note], Some(&project))[..], [Command::Toast(t)] if t.text.contains("recognised")));
    }
}
