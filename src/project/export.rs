//! stub
use super::*;
use crate::formats::Watch;
#[derive(Debug, Default, Clone)]
pub struct ExportRequest {
    pub out: PathBuf,
}
pub fn export(_: &Project, _: &ExportRequest, _: &dyn Watch) -> Result<(), ProjectError> {
    Ok(())
}
