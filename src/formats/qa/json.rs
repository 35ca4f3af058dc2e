//! `{case: {"qa_pairs": [{question, answer, …}], …}, …}`, the layout of CT-SpatialVQA. Read row by row: a case may hold a million.

use super::row::{RowReader, case_name};
use super::{Kind, QaCase, Sink};
use crate::formats::json::{Fields, Next, Reader, shorten};
use crate::formats::text::TextError;
use crate::qa::CaseId;
use serde_json::{Map, Value};
use std::path::Path;

pub const KIND: Kind = Kind { id: "qa-json", about: "JSON {case: {\"qa_pairs\": [{question, answer, …}]}}", sniff: |_| true, read };

fn read(path: &Path, text: &str, sink: &mut dyn Sink) -> Result<(), TextError> {
    let mut document = Document { path, json: sink.reader(text, 1), rows: RowReader::new(path) };
    document.cases(sink)
}

struct Document<'a> {
    path: &'a Path,
    json: Reader<'a>,
    rows: RowReader<'a>,
}

/// Where a case stands.
struct Place<'a> {
    name: &'a str,
    line: u64,
}

impl Document<'_> {
    fn cases(&mut self, sink: &mut dyn Sink) -> Result<(), TextError> {
        let syntax = TextError::syntax(self.path);
        if self.json.ahead().1 != Next::Object {
            let top = self.json.value().and_then(|top| self.json.end().map(|()| top)).map_err(&syntax)?;
            let why = format!("the document is {}; expected an object of cases: {}", top.kind(), KIND.about);
            return Err(TextError::kind(self.path, why));
        }
        let mut cases = self.json.object().map_err(&syntax)?;
        while let Some(name) = cases.next(&mut self.json).map_err(&syntax)? {
            self.case(&name, sink)?;
        }
        self.json.end().map_err(&syntax)
    }

    fn case(&mut self, name: &str, sink: &mut dyn Sink) -> Result<(), TextError> {
        let syntax = TextError::syntax(self.path);
        let (line, next) = self.json.ahead();
        let place = Place { name, line };
        let id = case_name(name);
        if next != Next::Object {
            let other = self.json.value().map_err(&syntax)?;
            id.map_err(|why| TextError::row(self.path, line, why))?;
            return Err(self.bad(&place, line, &format!("is {}; expected an object with \"qa_pairs\"", other.kind())));
        }
        let id = id.map_err(|why| TextError::row(self.path, line, why))?;
        let fields = self.json.object().map_err(&syntax)?;
        let (own, rows) = self.fields(&place, &id, fields, sink)?;
        sink.case(QaCase { case: id, line, rows, fields: (own.len() > 1).then(|| Box::new(own)) });
        Ok(())
    }

    /// The case's own fields, with null where its rows stood, and their number; the rows go to the sink.
    fn fields(
        &mut self,
        place: &Place<'_>,
        id: &CaseId,
        mut fields: Fields,
        sink: &mut dyn Sink,
    ) -> Result<(Map<String, Value>, u32), TextError> {
        let syntax = TextError::syntax(self.path);
        let (mut own, mut rows) = (Map::new(), None);
        while let Some(key) = fields.next(&mut self.json).map_err(&syntax)? {
            let value = if key == "qa_pairs" {
                rows = Some(self.pairs(place, id, sink)?);
                Value::Null
            } else {
                self.json.value().map_err(&syntax)?.into_value()
            };
            own.insert(key, value);
        }
        rows.map(|rows| (own, rows)).ok_or_else(|| self.bad(place, place.line, "\"qa_pairs\" is missing"))
    }

    fn pairs(&mut self, place: &Place<'_>, id: &CaseId, sink: &mut dyn Sink) -> Result<u32, TextError> {
        let syntax = TextError::syntax(self.path);
        let (line, next) = self.json.ahead();
        if next != Next::Array {
            let other = self.json.value().map_err(&syntax)?;
            return Err(self.bad(place, line, &format!("\"qa_pairs\" is {}; expected a list", other.kind())));
        }
        let mut pairs = self.json.array().map_err(&syntax)?;
        let mut position = 0;
        while pairs.next(&mut self.json).map_err(&syntax)? {
            let row = self.json.value().map_err(&syntax)?;
            sink.row(self.rows.read(id, position, row)?)?;
            position += 1;
        }
        Ok(position)
    }

    fn bad(&self, place: &Place<'_>, line: u64, why: &str) -> TextError {
        TextError::row(self.path, line, format!("case '{}': {why}", shorten(place.name)))
    }
}
