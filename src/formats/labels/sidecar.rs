//! A table of label names beside a label map, with the same stem: `seg.json`, `seg.csv` or `seg.tsv` for `seg.nii.gz`.
//!
//! JSON: `{"1": "spleen"}`, `{"spleen": 1}`, `[{"value": 1, "name": "spleen", "color": "#00ff00"}]`, or any of these under `"labels"`.
//! CSV and TSV: columns `value` (or `index`, `id`, `key`, `label` beside a name), `name` (or `structure`, `label`), and optionally
//! `color` (`#rrggbb` or `r,g,b`) or `red, green, blue`; without a heading the columns are value, name, color. Value 0 is background.
//! A JSON object that is none of these (scan metadata) is left alone with a warning; a broken table is an error with its line.

use super::{Entry, LabelsError};
use crate::formats::nifti;
use crate::formats::regular::{self, OpenError};
use serde_json::Value;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Larger files are no label tables.
const MOST_BYTES: u64 = 16 << 20;
const VALUE: [&str; 6] = ["value", "index", "id", "key", "label_id", "labelid"];
const NAME: [&str; 5] = ["name", "structure", "label_name", "labelname", "label"];
const COLOR: [&str; 2] = ["color", "colour"];

/// The table beside a label map, or `None`.
///
/// Errors name the table and the line.
pub fn find(map: &Path, warnings: &mut Vec<String>) -> Result<Option<Vec<Entry>>, LabelsError> {
    let Some(stem) = nifti::stem(map) else { return Ok(None) };
    for ending in ["json", "csv", "tsv"] {
        let path = map.with_file_name(format!("{stem}.{ending}"));
        if path.is_file()
            && let Some(entries) = read(&path, warnings)?
        {
            return Ok(Some(entries));
        }
    }
    Ok(None)
}

/// Reads a table; `None` with a warning for JSON that is about something else.
///
/// Errors name the table and the line.
pub fn read(path: &Path, warnings: &mut Vec<String>) -> Result<Option<Vec<Entry>>, LabelsError> {
    let raw = match regular::read(path, MOST_BYTES) {
        Ok(raw) => raw,
        Err(OpenError::TooLarge(_)) => return Err(Bad { line: 1, problem: "the file is larger than 16 MiB".to_owned() }.at(path)),
        Err(e) => return Err(LabelsError::Io { path: path.to_owned(), source: e.into() }),
    };
    let text = String::from_utf8_lossy(&raw);
    let text = text.trim_start_matches('\u{feff}');
    let ending = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
    let parsed = match ending {
        "json" => parse_json(text),
        "tsv" => parse_columns(text, b'\t').map(Some),
        _ => parse_columns(text, b',').map(Some),
    };
    let parsed = parsed.and_then(|rows| rows.map(unique).transpose()).map_err(|bad| bad.at(path))?;
    if parsed.is_none() {
        warnings.push(format!("{} is no label table and is ignored", path.display()));
    }
    Ok(parsed)
}

/// What is wrong and where.
struct Bad {
    line: u64,
    problem: String,
}

impl Bad {
    fn at(self, path: &Path) -> LabelsError {
        LabelsError::Table { path: PathBuf::from(path), line: self.line, problem: self.problem }
    }
}

type Rows = Vec<(u64, Entry)>;

/// Drops the background and refuses a value that is named twice differently.
fn unique(rows: Rows) -> Result<Vec<Entry>, Bad> {
    let mut seen: HashMap<u16, (u64, String)> = HashMap::new();
    let mut entries = Vec::new();
    for (line, entry) in rows.into_iter().filter(|(_, e)| e.value != 0) {
        if let Some((first, name)) = seen.get(&entry.value) {
            if *name == entry.name {
                continue;
            }
            let problem = format!("value {} is named '{}' here and '{name}' in line {first}", entry.value, entry.name);
            return Err(Bad { line, problem });
        }
        seen.insert(entry.value, (line, entry.name.clone()));
        entries.push(entry);
    }
    Ok(entries)
}

fn parse_value(text: &str, line: u64) -> Result<u16, Bad> {
    let text = text.trim();
    let whole = text.parse::<f64>().ok().filter(|v| v.fract() == 0.0 && (0.0..=65_535.0).contains(v));
    whole.map(|v| v as u16).ok_or_else(|| Bad { line, problem: format!("'{text}' is not a label value from 0 to 65,535") })
}

fn parse_color(text: &str, line: u64) -> Result<Option<[u8; 3]>, Bad> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let hex = text.strip_prefix('#').filter(|h| h.len() == 6).and_then(|h| u32::from_str_radix(h, 16).ok());
    if let Some(v) = hex {
        return Ok(Some([(v >> 16) as u8, (v >> 8) as u8, v as u8]));
    }
    let parts: Vec<u8> = text.split([',', ' ', ';']).filter(|p| !p.is_empty()).filter_map(|p| p.parse().ok()).collect();
    let color = <[u8; 3]>::try_from(parts).map_err(|_| Bad { line, problem: format!("'{text}' is not a colour; use #rrggbb or r,g,b") });
    color.map(Some)
}

fn entry(value: &str, name: &str, color: &str, line: u64) -> Result<Entry, Bad> {
    let value = parse_value(value, line)?;
    let name = name.trim();
    if name.is_empty() {
        return Err(Bad { line, problem: format!("value {value} has no name") });
    }
    Ok(Entry { value, name: name.to_owned(), color: parse_color(color, line)? })
}

/// Where each field stands in a row.
struct Columns {
    value: usize,
    name: usize,
    color: Option<usize>,
    rgb: Option<[usize; 3]>,
}

impl Columns {
    fn from_heading(heading: &csv::StringRecord) -> Result<Self, Bad> {
        let titles: Vec<String> = heading.iter().map(|t| t.trim().to_ascii_lowercase()).collect();
        let find = |wanted: &[&str]| wanted.iter().find_map(|w| titles.iter().position(|t| t == w));
        let missing = |what| Bad { line: 1, problem: format!("there is no column '{what}' in the heading ({})", titles.join(", ")) };
        let value = find(&VALUE).or_else(|| find(&["label"])).ok_or_else(|| missing("value"))?;
        let name = find(&NAME).filter(|n| *n != value).ok_or_else(|| missing("name"))?;
        let rgb = find(&["red", "r"]).zip(find(&["green", "g"])).zip(find(&["blue", "b"])).map(|((r, g), b)| [r, g, b]);
        Ok(Self { value, name, color: find(&COLOR), rgb })
    }

    /// value, name and then one colour cell or three.
    fn without_heading(cells: usize) -> Self {
        Self { value: 0, name: 1, color: (cells == 3).then_some(2), rgb: (cells >= 5).then_some([2, 3, 4]) }
    }

    fn entry(&self, row: &csv::StringRecord, line: u64) -> Result<Entry, Bad> {
        let cell = |at: usize| row.get(at).unwrap_or_default();
        let color = match (self.color, self.rgb) {
            (Some(at), _) => cell(at).to_owned(),
            (None, Some(rgb)) => rgb.map(cell).join(" "),
            (None, None) => String::new(),
        };
        entry(cell(self.value), cell(self.name), &color, line)
    }
}

fn parse_columns(text: &str, delimiter: u8) -> Result<Rows, Bad> {
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut columns = None;
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|e| Bad { line: e.position().map_or(1, csv::Position::line), problem: e.to_string() })?;
        let line = record.position().map_or(1, csv::Position::line);
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        let Some(columns) = &columns else {
            let headless = record.get(0).is_some_and(|c| c.trim().parse::<f64>().is_ok());
            let found = if headless { Columns::without_heading(record.len()) } else { Columns::from_heading(&record)? };
            if headless {
                rows.push((line, found.entry(&record, line)?));
            }
            columns = Some(found);
            continue;
        };
        rows.push((line, columns.entry(&record, line)?));
    }
    Ok(rows)
}

fn parse_json(text: &str) -> Result<Option<Rows>, Bad> {
    let value: Value = serde_json::from_str(text).map_err(|e| Bad { line: e.line() as u64, problem: e.to_string() })?;
    match value {
        Value::Array(items) => json_list(text, &items).map(Some),
        Value::Object(fields) => match fields.get("labels") {
            Some(Value::Array(items)) => json_list(text, items).map(Some),
            Some(Value::Object(inner)) => json_map(text, inner, true),
            _ => json_map(text, &fields, false),
        },
        _ => Ok(None),
    }
}

/// Line of the first mention of a key: JSON values do not remember theirs.
fn line_of(text: &str, key: &str) -> u64 {
    let at = text.find(&format!("\"{key}\"")).unwrap_or(0);
    text[..at].matches('\n').count() as u64 + 1
}

/// `{"1": "spleen"}` or `{"spleen": 1}`; `None` when it is neither and nothing says that it should be.
fn json_map(text: &str, fields: &serde_json::Map<String, Value>, surely: bool) -> Result<Option<Rows>, Bad> {
    let by_value = !fields.is_empty() && fields.keys().all(|k| k.trim().parse::<f64>().is_ok());
    let by_name = fields.values().any(Value::is_number) && fields.values().filter(|v| v.is_number()).count() * 2 >= fields.len();
    if !by_value && !by_name && !surely {
        return Ok(None);
    }
    let row = |(key, v): (&String, &Value)| {
        let line = line_of(text, key);
        let unnamed = || Bad { line, problem: format!("'{key}' has no usable name or value") };
        let entry = match v {
            Value::String(name) if by_value => entry(key, name, "", line)?,
            Value::Object(o) if by_value => json_entry(text, o, Some(key))?.1,
            Value::Number(n) if !by_value => entry(&n.to_string(), key, "", line)?,
            _ => return Err(unnamed()),
        };
        Ok((line, entry))
    };
    fields.iter().map(row).collect::<Result<Rows, Bad>>().map(Some)
}

fn json_list(text: &str, items: &[Value]) -> Result<Rows, Bad> {
    let row = |(n, item): (usize, &Value)| match item {
        Value::Object(o) => json_entry(text, o, None),
        _ => Err(Bad { line: 1, problem: format!("entry {n} is not an object with value and name") }),
    };
    items.iter().enumerate().map(row).collect()
}

fn json_entry(text: &str, o: &serde_json::Map<String, Value>, key: Option<&str>) -> Result<(u64, Entry), Bad> {
    let get = |wanted: &[&str]| wanted.iter().find_map(|w| o.get(*w)).map(plain).unwrap_or_default();
    let name = get(&NAME);
    let line = line_of(text, &name);
    let value = key.map_or_else(|| get(&VALUE), str::to_owned);
    let value = if value.is_empty() { get(&["label"]) } else { value };
    Ok((line, entry(&value, &name, &get(&COLOR), line)?))
}

/// A cell's text for a JSON value: `[0, 255, 0]` is `0 255 0`.
fn plain(value: &Value) -> String {
    match value {
        Value::String(s) => s.clone(),
        Value::Array(parts) => parts.iter().map(plain).collect::<Vec<_>>().join(" "),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, text: &str) -> Result<Option<Vec<Entry>>, String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        read(&path, &mut Vec::new()).map_err(|e| e.to_string())
    }

    fn expect(name: &str, text: &str) {
        let entries = check(name, text).unwrap().unwrap();
        let seen: Vec<_> = entries.iter().map(|e| (e.value, e.name.as_str())).collect();
        assert_eq!(seen, [(1, "spleen"), (300, "liver")], "{text}");
    }

    #[test]
    fn layouts_that_are_accepted() {
        expect("a.json", r#"{"0": "background", "1": "spleen", "300": "liver"}"#);
        expect("a.json", r#"{"background": 0, "spleen": 1, "liver": 300}"#);
        expect("a.json", r#"{"labels": {"background": 0, "spleen": 1, "liver": 300}, "channel_names": {"0": "CT"}}"#);
        expect("a.json", r##"[{"value": 1, "name": "spleen", "color": "#00ff00"}, {"id": 300, "structure": "liver"}]"##);
        expect("a.json", r#"{"1": {"name": "spleen", "color": [1, 2, 3]}, "300": {"name": "liver"}}"#);
        expect("a.csv", "\u{feff}value,name\r\n1,spleen\r\n300,liver");
        expect("a.csv", "1,spleen\n300,liver\n");
        expect("a.tsv", "index\tname\tcolor\n1\tspleen\t#00ff00\n\n300\tliver\t\n");
        expect("a.csv", "label,name,red,green,blue\n1,spleen,0,255,0\n300,liver,1,2,3\n");
        expect("a.csv", "id,label\n1,spleen\n300,liver\n300,liver\n");
        let colored = check("a.csv", "value,name,color\n1,spleen,\"0,255,0\"\n").unwrap().unwrap();
        assert_eq!(colored[0].color, Some([0, 255, 0]));
    }

    #[test]
    fn broken_tables_say_where() {
        let broken = |name: &str, text: &str, parts: &[&str]| {
            let message = check(name, text).unwrap_err();
            assert!(parts.iter().all(|p| message.contains(p)), "{message}");
        };
        broken("a.json", "{\n\"1\": \"spleen\",\n", &["line 3"]);
        broken("a.json", "{\n\"1\": \"spleen\",\n\"70000\": \"x\"}", &["line 3", "70000"]);
        broken("a.json", "{\n\"1\": \"spleen\",\n\"2\": null}", &["line 3", "'2'"]);
        broken("a.csv", "value,name\n1,spleen\nx,liver\n", &["line 3", "'x'"]);
        broken("a.csv", "value,name\n1,spleen\n1,liver\n", &["line 3", "line 2", "liver"]);
        broken("a.csv", "value,name\n1\n", &["line 2", "no name"]);
        broken("a.csv", "value,name,color\n1,spleen,blueish\n", &["line 2", "blueish"]);
        broken("a.tsv", "foo\tbar\n1\tspleen\n", &["line 1", "value"]);
        broken("a.csv", "value,name\n-1,spleen\n", &["line 2", "-1"]);
    }

    #[test]
    fn scan_metadata_is_left_alone() {
        assert_eq!(check("a.json", r#"{"Modality": "CT", "SliceThickness": 1.5, "Manufacturer": "X", "Kernel": "B"}"#), Ok(None));
        assert_eq!(check("a.json", "3"), Ok(None));
    }
}
