//! The project's items by what rows of answers and verdicts name them by: a case, by its id or a file name, and a question.

use super::files::case_stem;
use super::placing::one_line;
use crate::qa::{CaseId, ItemId};
use rusqlite::Transaction;
use std::collections::HashMap;

/// Read once per import, after its questions.
#[derive(Default)]
pub(super) struct Catalogue {
    /// Case id as it is → row id.
    ids: HashMap<String, i64>,
    /// Name of the case without file ending → row ids.
    stems: HashMap<String, Vec<i64>>,
    /// (Case, question without outer white space) → item.
    questions: HashMap<(i64, String), i64>,
    items: HashMap<i64, Known>,
}

struct Known {
    name: ItemId,
    question: String,
    reference: String,
}

const ITEMS: &str = "SELECT i.id, c.id, c.case_id, i.position, i.question, i.answer FROM items i JOIN cases c ON c.id = i.case_ref";

impl Catalogue {
    pub fn read(tx: &Transaction<'_>) -> rusqlite::Result<Self> {
        let mut out = Self::default();
        let mut select = tx.prepare(ITEMS)?;
        let mut rows = select.query([])?;
        while let Some(r) = rows.next()? {
            let (item, case, id, question): (i64, i64, String, String) = (r.get(0)?, r.get(1)?, r.get(2)?, r.get(4)?);
            if out.ids.insert(id.clone(), case).is_none() {
                out.stems.entry(case_stem(&id).to_owned()).or_default().push(case);
            }
            out.questions.insert((case, question.trim().to_owned()), item);
            let name = ItemId { case: CaseId(id), position: r.get(3)? };
            out.items.insert(item, Known { name, question, reference: r.get(5)? });
        }
        Ok(out)
    }

    /// The item with this question in the case that is named by its id or by a file.
    ///
    /// Errors, in words, when there is none or more than one.
    pub fn find(&self, case: Option<&str>, question: &str) -> Result<i64, String> {
        let Some(case) = case else { return Err("neither 'case_id' nor 'image_path' says which case it is about".into()) };
        let cases = self.cases(case);
        let with = |case: &i64| self.questions.get(&(*case, question.trim().to_owned())).copied();
        let found: Vec<i64> = cases.iter().filter_map(with).collect();
        match (cases.len(), found.as_slice()) {
            (_, [item]) => Ok(*item),
            (0, _) => Err(format!("the project has no case '{}'", one_line(case))),
            (_, []) => Err(format!("case '{}' has no item with the question '{}'", one_line(case), one_line(question))),
            _ => Err(format!("'{}' fits several cases that have this question", one_line(case))),
        }
    }

    /// By id, else by the file name with any ending.
    fn cases(&self, name: &str) -> Vec<i64> {
        if let Some(id) = self.ids.get(name) {
            return vec![*id];
        }
        let mut stem = name.rsplit(['/', '\\']).next().unwrap_or(name);
        loop {
            match (self.stems.get(stem), stem.rsplit_once('.')) {
                (Some(cases), _) => return cases.clone(),
                (None, Some((shorter, _))) => stem = shorter,
                (None, None) => return Vec::new(),
            }
        }
    }

    /// Item id of an item of the project.
    pub fn name(&self, item: i64) -> String {
        self.items.get(&item).map(|i| i.name.to_string()).unwrap_or_default()
    }

    pub fn reference(&self, item: i64) -> &str {
        self.items.get(&item).map_or("", |i| &i.reference)
    }

    pub fn question(&self, item: i64) -> &str {
        self.items.get(&item).map_or("", |i| &i.question)
    }
}
