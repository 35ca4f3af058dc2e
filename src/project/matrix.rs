//! Filling the matrix of items and runs from the project.

use super::answers::run;
use super::{Project, ProjectError};
use crate::qa::ModelRun;
use crate::review::ReviewState;
use crate::score::Matrix;
use rusqlite::Connection;
use std::collections::HashMap;

const ITEMS: &str = "SELECT i.id FROM cases c JOIN items i ON i.case_ref = c.id WHERE c.ord IS NOT NULL ORDER BY c.ord, i.position";

impl Project {
    /// Votes and reviews of every answer in a compact form, items as [`Project::items`] lists them, runs by model and condition. Read once, then
    /// kept up with [`Matrix::review_item`].
    pub fn matrix(&self) -> Result<Matrix, ProjectError> {
        let items = self.items()?.into_iter().map(|row| row.id).collect();
        let read = || -> rusqlite::Result<Matrix> {
            let runs = runs(&self.conn)?;
            let mut matrix = Matrix::new(items, runs.iter().map(|r| r.1.clone()).collect());
            let numbers: HashMap<i64, usize> = runs.iter().enumerate().map(|(n, r)| (r.0, n)).collect();
            fill(&self.conn, &mut matrix, &numbers)?;
            Ok(matrix)
        };
        let mut matrix = read().map_err(ProjectError::sql(&self.path))?;
        let review = self.review_state()?;
        self.find_changed(&mut matrix, &review)?;
        matrix.review(&review);
        Ok(matrix)
    }

    /// Answers whose text is another than the one that a reviewer judged.
    fn find_changed(&self, matrix: &mut Matrix, review: &ReviewState) -> Result<(), ProjectError> {
        let numbers: HashMap<ModelRun, usize> = matrix.runs().iter().enumerate().map(|(n, run)| (run.clone(), n)).collect();
        for (id, of_item) in review.iter() {
            let Some(item) = matrix.place(id) else { continue };
            for (run, said) in of_item.answers.values().flatten() {
                let (Some(number), Some(judged)) = (numbers.get(run), &said.judgement) else { continue };
                match self.answer_ref(id, run)? {
                    Some(now) if now.sha256 != judged.sha256 => matrix.set_changed(item, *number, now.sha256),
                    _ => {}
                }
            }
        }
        Ok(())
    }
}

/// Ids and names, by model and condition.
pub(super) fn runs(conn: &Connection) -> rusqlite::Result<Vec<(i64, ModelRun)>> {
    let mut select = conn.prepare_cached("SELECT id, model, condition FROM runs ORDER BY model, condition")?;
    select.query_map([], |r| Ok((r.get(0)?, run(r, 1)?)))?.collect()
}

fn fill(conn: &Connection, matrix: &mut Matrix, runs: &HashMap<i64, usize>) -> rusqlite::Result<()> {
    let mut select = conn.prepare_cached(ITEMS)?;
    let rows: Vec<i64> = select.query_map([], |r| r.get(0))?.collect::<rusqlite::Result<_>>()?;
    let items: HashMap<i64, usize> = rows.into_iter().enumerate().map(|(n, id)| (id, n)).collect();
    let mut places: HashMap<i64, (usize, usize)> = HashMap::new();
    let mut select = conn.prepare_cached("SELECT id, item, run FROM answers")?;
    let mut rows = select.query([])?;
    while let Some(r) = rows.next()? {
        let (id, item, run): (i64, i64, i64) = (r.get(0)?, r.get(1)?, r.get(2)?);
        if let (Some(item), Some(run)) = (items.get(&item), runs.get(&run)) {
            places.insert(id, (*item, *run));
        }
    }
    for (item, run) in places.values() {
        if let Some(cell) = matrix.cell_mut(*item, *run) {
            cell.answered = true;
        }
    }
    let mut select = conn.prepare_cached("SELECT answer, correct, parse_error FROM verdicts WHERE correct IS NOT NULL")?;
    let mut rows = select.query([])?;
    while let Some(r) = rows.next()? {
        let place = places.get(&r.get(0)?).copied();
        if let Some(cell) = place.and_then(|(item, run)| matrix.cell_mut(item, run)) {
            cell.add_vote(r.get(1)?, r.get(2)?);
        }
    }
    Ok(())
}
