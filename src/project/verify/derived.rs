//! Verify: what can be made again (verdicts of geometry, the index of search), each by its checksum.

use super::Check;
use crate::project::check::broken_checks;
use crate::project::{drafts, search};
use crate::qa::count;

impl Check<'_> {
    pub(super) fn derived(&mut self) -> rusqlite::Result<()> {
        let broken = broken_checks(self.conn)?;
        if broken > 0 {
            let what = count(broken, "verdict");
            self.problem(format!(
                "{what} of geometry changed since a check wrote them; they count as not there, and `voxaudit check` makes them again"
            ));
        }
        if !search::index_fits(self.conn)? {
            self.problem(
                "the index of search is not the one that the last import left; opening the project for writing makes it again".into(),
            );
        }
        let broken = drafts::broken(self.conn)?;
        if broken > 0 {
            self.problem(format!("{} changed since a reader typed them; they are not shown", count(broken, "draft")));
        }
        Ok(())
    }
}
