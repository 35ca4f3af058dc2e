//! stub
use super::*;
pub struct VerifyReport;
impl VerifyReport {
    pub fn ok(&self) -> bool {
        true
    }
    pub fn summary(&self) -> String {
        String::new()
    }
    pub fn lines(&self) -> Vec<String> {
        vec![]
    }
}
pub fn verify(_: &Path) -> Result<VerifyReport, ProjectError> {
    Ok(VerifyReport)
}
