//! A chart's numbers as CSV: one line per point.

use super::{Chart, Grid};
use std::fmt::Write;

/// `chart,row,column,value,low,high,n,items`; shares as 0…1, volumes in mL. A value that is not known is empty, never 0. `items` counts
/// the items behind the point. Only the head when the chart is missing.
pub fn csv(chart: &Chart) -> String {
    let mut out = "chart,row,column,value,ci95_low,ci95_high,n,items\r\n".to_owned();
    if let Some(grid) = chart.grid() {
        lines(chart, grid, &mut out);
    }
    out
}

fn lines(chart: &Chart, grid: &Grid, out: &mut String) {
    let number = |v: Option<f64>| v.map_or_else(String::new, |v| v.to_string());
    for (row, row_name) in grid.rows.names.iter().enumerate() {
        for (column, column_name) in grid.columns.names.iter().enumerate() {
            let p = grid.point(row, column);
            let (low, high) = (number(p.interval.map(|i| i[0])), number(p.interval.map(|i| i[1])));
            let names = [&chart.id, row_name, column_name].map(|n| field(n)).join(",");
            let _ = write!(out, "{names},{},{low},{high},{},{}\r\n", number(p.value), p.n, p.items.len()); // a String takes everything
        }
    }
}

/// Quoted where RFC 4180 asks for it; what a spreadsheet would take for a formula gets an apostrophe.
fn field(text: &str) -> String {
    let text = if text.starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text.to_owned() };
    if text.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::super::{Axis, Body, Kind, Point, Section, Unit};
    use super::*;

    #[test]
    fn every_point_is_a_line_and_nothing_is_not_zero() {
        let points =
            vec![Point { value: Some(0.5), interval: Some([0.25, 0.75]), n: 4, items: vec![1, 2, 3, 5], best: false }, Point::default()];
        let grid = Grid::new(Kind::Table, Axis::new("model", ["=a, \"b\""]), Axis::new("", ["x", "y"]), Unit::Share, "items", points);
        let chart =
            Chart { id: "t".into(), title: String::new(), section: Section::Data, answers: "", body: Body::Grid(grid), notes: Vec::new() };
        let lines: Vec<String> = csv(&chart).lines().map(str::to_owned).collect();
        assert_eq!(lines[1], "t,\"'=a, \"\"b\"\"\",x,0.5,0.25,0.75,4,4");
        assert_eq!(lines[2], "t,\"'=a, \"\"b\"\"\",y,,,,0,0");
    }
}
