//! A table of typed columns, written as CSV or as Parquet for Spark, Ray, DuckDB or pandas.
//!
//! CSV is RFC 4180 as in the export: commas, quotes doubled, CRLF, UTF-8, one header line; a missing value is an empty cell. Parquet has one
//! row group, optional columns and Snappy. Both are written beside their place and renamed when complete.

use super::target::{self, Kind, TargetError};
use parquet::basic::Compression;
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Values of one column, a row each; `None` where there is none.
#[derive(Clone, Debug, PartialEq)]
pub enum Column {
    Text(Vec<Option<String>>),
    Int(Vec<Option<i64>>),
    Real(Vec<Option<f64>>),
    Flag(Vec<Option<bool>>),
}

/// Named columns of equal length.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    columns: Vec<(&'static str, Column)>,
}

/// Why a table was not written.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    #[error(transparent)]
    Target(#[from] TargetError),
    #[error("{}: {source}", path.display())]
    Parquet { path: PathBuf, source: ParquetError },
}

impl Column {
    pub fn len(&self) -> usize {
        match self {
            Column::Text(v) => v.len(),
            Column::Int(v) => v.len(),
            Column::Real(v) => v.len(),
            Column::Flag(v) => v.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn cell(&self, row: usize) -> String {
        fn text<T: ToString>(values: &[Option<T>], row: usize) -> String {
            values.get(row).and_then(Option::as_ref).map_or_else(String::new, T::to_string)
        }
        match self {
            Column::Text(v) => text(v, row),
            Column::Int(v) => text(v, row),
            Column::Real(v) => text(v, row),
            Column::Flag(v) => text(v, row),
        }
    }

    fn parquet_type(&self) -> &'static str {
        match self {
            Column::Text(_) => "BYTE_ARRAY",
            Column::Int(_) => "INT64",
            Column::Real(_) => "DOUBLE",
            Column::Flag(_) => "BOOLEAN",
        }
    }
}

impl Table {
    pub fn push(&mut self, name: &'static str, column: Column) {
        debug_assert!(self.columns.first().is_none_or(|(_, c)| c.len() == column.len()), "{name}: columns are equally long");
        self.columns.push((name, column));
    }

    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, |(_, c)| c.len())
    }

    pub fn columns(&self) -> &[(&'static str, Column)] {
        &self.columns
    }

    /// As CSV text.
    ///
    /// Errors only as the memory writer does.
    pub fn csv(&self) -> io::Result<Vec<u8>> {
        let mut out = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
        out.write_record(self.columns.iter().map(|(name, _)| name))?;
        for row in 0..self.rows() {
            out.write_record(self.columns.iter().map(|(_, c)| c.cell(row)))?;
        }
        out.into_inner().map_err(|e| io::Error::other(e.to_string()))
    }

    /// As a Parquet file.
    ///
    /// Errors as the format's writer does.
    pub fn parquet(&self) -> Result<Vec<u8>, ParquetError> {
        let field = |(name, c): &(&str, Column)| {
            let text = if matches!(c, Column::Text(_)) { " (UTF8)" } else { "" };
            format!("OPTIONAL {} {name}{text};", c.parquet_type())
        };
        let schema = parse_message_type(&format!("message voxaudit {{ {} }}", self.columns.iter().map(field).collect::<String>()))?;
        let properties =
            WriterProperties::builder().set_compression(Compression::SNAPPY).set_created_by(format!("voxaudit {}", crate::VERSION));
        let mut file = SerializedFileWriter::new(Vec::new(), Arc::new(schema), Arc::new(properties.build()))?;
        let mut group = file.next_row_group()?;
        self.columns.iter().try_for_each(|(_, column)| write_column(&mut group, column))?;
        group.close()?;
        file.into_inner()
    }

    /// Says before long work whether a table of these columns could be written to `path`, as CSV or as Parquet.
    pub fn check(&self, path: &Path, parquet: bool) -> Result<(), TargetError> {
        target::check(path, &if parquet { Kind::Parquet } else { self.csv_kind() })
    }

    /// Writes CSV to `path`; a table of the same columns there is replaced, and nothing else.
    ///
    /// Errors name the path.
    pub fn write_csv(&self, path: &Path) -> Result<(), TableError> {
        Ok(target::write(path, &self.csv_kind(), |beside| std::fs::write(beside, self.csv()?))?)
    }

    /// Writes Parquet to `path`; one that this program wrote is replaced, and nothing else.
    ///
    /// Errors name the path.
    pub fn write_parquet(&self, path: &Path) -> Result<(), TableError> {
        let bytes = self.parquet().map_err(|source| TableError::Parquet { path: path.to_owned(), source })?;
        Ok(target::write(path, &Kind::Parquet, |beside| std::fs::write(beside, &bytes))?)
    }

    fn csv_kind(&self) -> Kind {
        Kind::Csv(self.columns.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(","))
    }
}

fn write_column(group: &mut SerializedRowGroupWriter<'_, Vec<u8>>, column: &Column) -> Result<(), ParquetError> {
    let Some(mut writer) = group.next_column()? else { return Ok(()) };
    match (writer.untyped(), column) {
        (ColumnWriter::ByteArrayColumnWriter(w), Column::Text(v)) => {
            let values: Vec<ByteArray> = v.iter().flatten().map(|t| ByteArray::from(t.as_str())).collect();
            w.write_batch(&values, Some(&levels(v)), None)?;
        }
        (ColumnWriter::Int64ColumnWriter(w), Column::Int(v)) => {
            w.write_batch(&v.iter().flatten().copied().collect::<Vec<_>>(), Some(&levels(v)), None)?;
        }
        (ColumnWriter::DoubleColumnWriter(w), Column::Real(v)) => {
            w.write_batch(&v.iter().flatten().copied().collect::<Vec<_>>(), Some(&levels(v)), None)?;
        }
        (ColumnWriter::BoolColumnWriter(w), Column::Flag(v)) => {
            w.write_batch(&v.iter().flatten().copied().collect::<Vec<_>>(), Some(&levels(v)), None)?;
        }
        _ => return Err(ParquetError::General("a column is not of the type of its schema".to_owned())),
    }
    writer.close()
}

/// 1 where there is a value.
fn levels<T>(values: &[Option<T>]) -> Vec<i16> {
    values.iter().map(|v| i16::from(v.is_some())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use parquet::file::reader::{FileReader, SerializedFileReader};

    fn table() -> Table {
        let mut t = Table::default();
        t.push("name", Column::Text(vec![Some("a, \"b\"".to_owned()), None]));
        t.push("n", Column::Int(vec![Some(-3), None]));
        t.push("x", Column::Real(vec![Some(0.1), None]));
        t.push("cut", Column::Flag(vec![Some(true), None]));
        t
    }

    #[test]
    fn csv_quotes_and_leaves_missing_cells_empty() {
        assert_eq!(String::from_utf8(table().csv().unwrap()).unwrap(), "name,n,x,cut\r\n\"a, \"\"b\"\"\",-3,0.1,true\r\n,,,\r\n");
    }

    #[test]
    fn parquet_reads_back() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.parquet");
        table().write_parquet(&path).unwrap();
        let file = SerializedFileReader::new(std::fs::File::open(path).unwrap()).unwrap();
        let rows: Vec<String> = file.get_row_iter(None).unwrap().map(|r| r.unwrap().to_string()).collect();
        assert_eq!(rows, ["{name: \"a, \"b\"\", n: -3, x: 0.1, cut: true}", "{name: null, n: null, x: null, cut: null}"]);
    }

    #[test]
    fn files_are_replaced_whole_or_not_at_all() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.csv");
        table().write_csv(&path).unwrap();
        table().write_csv(&path).unwrap();
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
        let nowhere = dir.path().join("none/t.csv");
        assert!(table().write_csv(&nowhere).unwrap_err().to_string().contains("none"));
    }
}
