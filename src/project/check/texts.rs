//! The texts that are checked, with their claims: those that the source brought, else those that are read from the words.
//!
//! A source row may have `claims` (a list of claims in text form, for its reference answer) and `option_claims` (a list of such lists, one
//! for each option). An answer that is an option, by its letter or its text, has that option's claims.

use super::super::query::full_item;
use super::super::{Project, ProjectError};
use super::{named, query};
use crate::geometry::claim::Claim;
use crate::qa::Item;
use crate::qa::reading::{self, Question};
use crate::review::{Decision, ItemReview, Status};
use rusqlite::Row;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};

/// One text with the rows it belongs to.
pub(super) struct Text {
    /// Row id of its item.
    pub row: i64,
    /// As in the table: 0 reference, −1 edited, else the run.
    pub run: i64,
    /// And whether the source brought the claim.
    pub claims: Vec<(Claim, bool)>,
}

/// By case; and why claims of the source cannot be read, by item.
type Texts = (HashMap<String, Vec<Text>>, BTreeMap<String, String>);

const LABELLED: &str = "SELECT c.case_id, i.position, i.question, i.task, i.categories, i.answer, i.options, i.id, s.fields
    FROM cases c JOIN items i ON i.case_ref = c.id LEFT JOIN item_sources s ON s.item = i.id WHERE c.masks_root IS NOT NULL";
const ANSWERS: &str = "SELECT item, run, text FROM answers ORDER BY item, run";

/// What a source row says in claims.
#[derive(Default)]
pub(in crate::project) struct OwnClaims {
    reference: Option<Vec<Claim>>,
    options: Vec<Vec<Claim>>,
}

impl Project {
    pub(super) fn texts_to_check(&self) -> Result<Texts, ProjectError> {
        let read = || -> rusqlite::Result<Vec<(Item, i64, Option<String>)>> {
            let mut select = self.conn.prepare(LABELLED)?;
            select.query_map([], |r: &Row<'_>| Ok((full_item(r)?, r.get(7)?, r.get(8)?)))?.collect()
        };
        let items = read().map_err(ProjectError::sql(&self.path))?;
        let mut answers = self.answers_by_item()?;
        let review = self.review_state()?;
        let (mut texts, mut unreadable): Texts = Default::default();
        for (item, row, fields) in items {
            let own = own_claims(fields.as_deref()).unwrap_or_else(|why| {
                unreadable.extend([named(&item.id, &why)]);
                OwnClaims::default()
            });
            let list = texts.entry(item.id.case.0.clone()).or_default();
            let reader = Reader::new(&item, &own);
            list.push(Text { row, run: query::REFERENCE, claims: reader.reference() });
            list.extend(edited(&item, review.item(&item.id)).map(|claims| Text { row, run: query::EDITED, claims }));
            let given = answers.remove(&row).unwrap_or_default();
            list.extend(given.into_iter().map(|(run, text)| Text { row, run, claims: reader.answer(&text) }));
        }
        Ok((texts, unreadable))
    }

    /// Item row → (run, text).
    fn answers_by_item(&self) -> Result<HashMap<i64, Vec<(i64, String)>>, ProjectError> {
        let read = || -> rusqlite::Result<HashMap<i64, Vec<(i64, String)>>> {
            let mut out: HashMap<i64, Vec<(i64, String)>> = HashMap::new();
            let mut select = self.conn.prepare(ANSWERS)?;
            let mut rows = select.query([])?;
            while let Some(r) = rows.next()? {
                out.entry(r.get(0)?).or_default().push((r.get(1)?, r.get(2)?));
            }
            Ok(out)
        };
        read().map_err(ProjectError::sql(&self.path))
    }

    pub(super) fn items_without_labels(&self) -> Result<usize, ProjectError> {
        let sql = "SELECT count(*) FROM items i JOIN cases c ON c.id = i.case_ref WHERE c.masks_root IS NULL";
        self.conn.query_row(sql, [], |r| super::super::query::count(r, 0)).map_err(ProjectError::sql(&self.path))
    }
}

fn unowned(claims: Vec<Claim>) -> Vec<(Claim, bool)> {
    claims.into_iter().map(|c| (c, false)).collect()
}

fn own(claims: &[Claim]) -> Vec<(Claim, bool)> {
    claims.iter().map(|c| (c.clone(), true)).collect()
}

/// An item whose answers are read.
pub(super) struct Reader<'a> {
    item: &'a Item,
    brought: &'a OwnClaims,
    question: Question<'a>,
}

impl<'a> Reader<'a> {
    pub fn new(item: &'a Item, brought: &'a OwnClaims) -> Self {
        Self { item, brought, question: Question::new(&item.question, &item.options) }
    }

    pub fn reference(&self) -> Vec<(Claim, bool)> {
        match &self.brought.reference {
            Some(claims) => own(claims),
            None => self.answer(&self.item.answer),
        }
    }

    /// An answer that is an option has the option's claims. Where the item's own claim is an amount, its question asks for that, in
    /// whatever words.
    pub fn answer(&self, text: &str) -> Vec<(Claim, bool)> {
        if let Some(claims) = reading::option_of(&self.item.options, text).and_then(|n| self.brought.options.get(n)) {
            return own(claims);
        }
        let read = self.question.claims(text);
        match self.brought.reference.as_deref() {
            Some([Claim::Amount(quantity, _)]) if read.is_empty() => unowned(reading::amount(quantity, &self.item.question, text)),
            _ => unowned(read),
        }
    }
}

/// The text that an edit left, when reviewers agree on it.
pub(super) fn edited(item: &Item, review: Option<&ItemReview>) -> Option<Vec<(Claim, bool)>> {
    let review = review.filter(|r| r.status() == Status::Edited)?;
    let edit = review.readings.values().find_map(|r| match &r.decision {
        Decision::Edit { question, answer, .. } => Some((question.clone(), answer.clone())),
        _ => None,
    })?;
    let (question, answer) = (edit.0.unwrap_or_else(|| item.question.clone()), edit.1.unwrap_or_else(|| item.answer.clone()));
    Some(unowned(reading::claims(&question, &item.options, &answer)))
}

/// Errors, in words, when a claim cannot be read; then none of the row's claims counts.
pub(in crate::project) fn own_claims(fields: Option<&str>) -> Result<OwnClaims, String> {
    let fields: Value = fields.and_then(|f| serde_json::from_str(f).ok()).unwrap_or_default();
    let reference = fields.get("claims").map(list).transpose()?;
    let options = match fields.get("option_claims") {
        Some(Value::Array(all)) => all.iter().map(list).collect::<Result<_, _>>()?,
        Some(_) => return Err("'option_claims' is no list of lists of claims".to_owned()),
        None => Vec::new(),
    };
    Ok(OwnClaims { reference, options })
}

fn list(value: &Value) -> Result<Vec<Claim>, String> {
    let claim = |v: &Value| {
        v.as_str().ok_or("a claim is no text".to_owned())?.parse().map_err(|e: crate::geometry::claim::ClaimError| e.to_string())
    };
    match value {
        Value::Array(all) => all.iter().map(claim).collect(),
        Value::Null => Ok(Vec::new()),
        _ => Err("'claims' is no list of claims".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_read_against_the_claim_that_came_with_the_item() {
        let id = crate::qa::ItemId { case: crate::qa::CaseId("c".into()), position: 0 };
        let question = "In another patient (case d) the volume of the liver is 900 mL. How many times as large is it here?".into();
        let item = Item { id, question, answer: "1.2".into(), options: Vec::new(), task: None, categories: Vec::new() };
        let brought = own_claims(Some(r#"{"claims": ["ratio(liver, liver@d) = 1.2 ± 10 %"]}"#)).unwrap();
        let reader = Reader::new(&item, &brought);
        let said = |text: &str| reader.answer(text).iter().map(|(c, own)| (c.to_string(), *own)).collect::<Vec<_>>();
        assert_eq!(said("0.8"), [("ratio(liver, liver@d) = 0.8 ± 10 %".to_owned(), false)]);
        assert_eq!(said("About 0.8 times"), said("0.8"));
        assert!(said("35 mL").is_empty() && said("0.8 or 0.9").is_empty() && said("larger").is_empty());
        assert!(Reader::new(&item, &OwnClaims::default()).answer("0.8").is_empty(), "without the claim the question is not understood");
    }

    #[test]
    fn claims_of_a_row_are_read_whole_or_not_at_all() {
        let fails = |text: &str, words: &str| {
            let why = own_claims(Some(text)).err().unwrap();
            assert!(why.contains(words), "{why}");
        };
        let fine = own_claims(Some(r#"{"claims": ["left(spleen)"], "option_claims": [["left(spleen)"], ["right(spleen)"]]}"#)).unwrap();
        assert_eq!((fine.reference.map(|c| c.len()), fine.options.len()), (Some(1), 2));
        assert!(own_claims(None).unwrap().reference.is_none());
        fails(r#"{"claims": ["left(spleen)", "leftish(spleen)"]}"#, "'leftish(spleen)' is not a claim");
        fails(r#"{"claims": "left(spleen)"}"#, "no list");
        fails(r#"{"claims": [7]}"#, "no text");
        fails(r#"{"option_claims": {}}"#, "option_claims");
    }
}
