//! Reading models' answers for the Compare workspace: those of one item, and the votes on all.

use super::App;
use crate::analyse::items_by_structure;
use crate::project::{Project, ProjectError};
use crate::qa::ItemId;
use crate::score::text::TextScorer;
use crate::state::{AnswerRow, AnswersCommand, Command, Table};
use std::path::Path;

impl App {
    /// Votes of all items, on a connection of its own: the query thread goes on answering.
    pub(super) fn read_answers(&mut self) {
        let Some(path) = self.store.as_ref().map(|s| s.path().to_path_buf()) else { return };
        self.jobs.run_briefly("reading votes", &self.mailbox, move |_| {
            vec![Command::Answers(match table(&path) {
                Ok((project, table)) => AnswersCommand::Read { project, table: Box::new(table) },
                Err(e) => AnswersCommand::ReadFailed(e.to_string()),
            })]
        });
    }
}

/// The project's identity and what its filters need.
fn table(path: &Path) -> Result<(String, Table), ProjectError> {
    let project = Project::open_read_only(path)?;
    let mut table = Table::new(project.matrix()?, &project.standings()?, project.runs()?, project.taxonomy()?, project.quality()?);
    let items = project.full_items()?;
    // Numbers of the matrix, whose items are those of the project that a case puts in order.
    let place = |n: &u32| Some(table.matrix.place(&items.get(*n as usize)?.id)? as u32);
    let structures = items_by_structure(&items).into_iter().map(|(name, of)| (name, of.iter().filter_map(place).collect())).collect();
    table.structures = structures;
    Ok((project.uuid()?, table))
}

/// The answers to an item, cut into pieces and scored.
pub(super) fn rows(project: &Project, id: &ItemId, scorer: &mut TextScorer) -> Result<Vec<AnswerRow>, ProjectError> {
    let views = project.item_answers(id)?;
    if views.is_empty() {
        return Ok(Vec::new());
    }
    let reference = project.item(id)?.map_or_else(String::new, |item| item.answer);
    Ok(views.into_iter().map(|view| AnswerRow::new(view, &reference, scorer)).collect())
}
