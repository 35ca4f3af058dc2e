//! stub until branch store lands
use crate::qa::*; use crate::review::*; use std::path::{Path, PathBuf};
use crate::formats::Watch;
#[derive(Debug, thiserror::Error)] pub enum ProjectError { #[error("stub")] Stub }
type R<T> = Result<T, ProjectError>;
pub struct Project;
#[derive(Clone, Debug)] pub struct ItemRow { pub id: ItemId, pub question: String, pub task: Option<Task>, pub categories: Vec<Category>, pub has_image: bool, pub has_labels: bool }
#[derive(Clone, Debug)] pub struct Report { pub findings: String, pub impression: String }
#[derive(Clone, Debug)] pub struct CaseInfo { pub id: CaseId, pub report: Option<Report>, pub image: Option<DataFile>, pub masks: Option<DataFile> }
#[derive(Clone, Debug)] pub struct DataFile { pub root: String, pub relative: String, pub path: Option<PathBuf> }
#[derive(Clone, Debug)] pub struct RootInfo { pub name: String, pub folder: Option<PathBuf>, pub cases: usize, pub found: bool }
pub struct SearchHits { pub ids: Vec<ItemId>, pub truncated: bool }
pub fn config_dir() -> Option<PathBuf> { None }
impl Project {
    pub fn create(_p: &Path) -> R<Self> { Err(ProjectError::Stub) }
    pub fn open(_p: &Path) -> R<Self> { Err(ProjectError::Stub) }
    pub fn path(&self) -> &Path { Path::new("") }
    pub fn read_only(&self) -> bool { false }
    pub fn items(&self) -> R<Vec<ItemRow>> { Err(ProjectError::Stub) }
    pub fn item(&self, _: &ItemId) -> R<Option<Item>> { Err(ProjectError::Stub) }
    pub fn case(&self, _: &CaseId) -> R<Option<CaseInfo>> { Err(ProjectError::Stub) }
    pub fn search(&self, _: &str, _: usize) -> R<SearchHits> { Err(ProjectError::Stub) }
    pub fn review_state(&self) -> R<ReviewState> { Err(ProjectError::Stub) }
    pub fn append(&mut self, _: NewEvent) -> R<Event> { Err(ProjectError::Stub) }
    pub fn roots(&self) -> R<Vec<RootInfo>> { Err(ProjectError::Stub) }
    pub fn map_root(&mut self, _: &str, _: &Path) -> R<()> { Err(ProjectError::Stub) }
}
pub mod import {
    use super::*;
    #[derive(Debug, Default, Clone)] pub struct ImportRequest { pub qa: Vec<PathBuf>, pub reports: Vec<PathBuf>, pub images: Vec<PathBuf>, pub masks: Vec<PathBuf>, pub keep_matched: bool, pub dry_run: bool }
    #[derive(Debug)] pub struct ImportReport;
    pub fn import(_: &mut Project, _: &ImportRequest, _: &dyn Watch) -> R<ImportReport> { Err(ProjectError::Stub) }
}
pub mod export {
    use super::*;
    #[derive(Debug, Default, Clone)] pub struct ExportRequest { pub out: PathBuf }
    pub fn export(_: &Project, _: &ExportRequest, _: &dyn Watch) -> R<()> { Err(ProjectError::Stub) }
}
