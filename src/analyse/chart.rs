//! A chart as a grid of points: rows are what is compared, columns are where.

use super::Ink;
use crate::score::statistics::wilson;

/// Part of the page, in reading order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Section {
    Data,
    Review,
    Models,
    Why,
}

/// One chart, or what is missing for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    /// Unique on the page; letters, digits and hyphens.
    pub id: String,
    pub title: String,
    pub section: Section,
    /// The question it answers.
    pub answers: &'static str,
    pub body: Body,
    /// How the numbers were made and what is left out.
    pub notes: Vec<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// Why there is nothing to show, and what to do about it.
    Missing(String),
    Grid(Grid),
}

/// How a grid is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Table,
    /// A group of horizontal bars per column, one bar per row.
    Bars,
    /// A bar per row, cut into columns.
    Stacked,
    /// Upright columns, one small plot per row.
    Histogram,
    /// An axis per column, a polygon per row.
    Radar,
    Heatmap,
    /// A band per row; columns are as wide as their weight.
    Mosaic,
    /// A 2 × 2 table per row; columns are yes-yes, no-yes, yes-no and no-no.
    Quadrants,
    /// A box per row on a logarithmic axis; columns are lowest, lower quartile, median, upper quartile and highest.
    Boxes,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// 0…1, shown in percent.
    Share,
    Count,
    /// Millilitres.
    Volume,
    /// A coefficient such as κ, −1…1.
    Coefficient,
    /// A text metric, 0…1, to four decimals.
    Score,
    /// Difference of two shares, in percentage points.
    ShareChange,
    /// Difference of two text metrics.
    ScoreChange,
    /// p of a test.
    Probability,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Axis {
    /// What the names are: `model`, `category`.
    pub title: String,
    pub names: Vec<String>,
}

/// One number of a chart.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Point {
    /// `None`: nothing is known, which is not 0.
    pub value: Option<f64>,
    /// At 95 %.
    pub interval: Option<[f64; 2]>,
    /// What the value is of: answers, items, cases.
    pub n: usize,
    /// Numbers of the items behind it, in [`super::Data::items`], ascending without repeats.
    pub items: Vec<u32>,
    /// The best of its column.
    pub best: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    pub kind: Kind,
    pub rows: Axis,
    pub columns: Axis,
    /// One for all columns, or one for each.
    pub units: Vec<Unit>,
    /// What `n` counts.
    pub of: &'static str,
    /// Row by row.
    pub points: Vec<Point>,
    /// Of columns; empty: all alike.
    pub weights: Vec<f64>,
    /// Rows from here on are levels to compare with, not competitors.
    pub levels: usize,
    /// Of the series (columns of a stacked chart, rows of bars) that mean something by themselves, such as accepted and rejected;
    /// empty: each its own.
    pub inks: Vec<Ink>,
}

impl Section {
    pub const ALL: [Section; 4] = [Section::Data, Section::Review, Section::Models, Section::Why];

    pub fn title(self) -> &'static str {
        match self {
            Section::Data => "What the data is",
            Section::Review => "How review went",
            Section::Models => "How models did",
            Section::Why => "Why they failed",
        }
    }
}

impl Chart {
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    #[must_use]
    pub fn notes(mut self, texts: impl IntoIterator<Item = String>) -> Self {
        self.notes.extend(texts);
        self
    }

    #[must_use]
    pub fn note_if(self, when: bool, text: impl Into<String>) -> Self {
        if when { self.note(text) } else { self }
    }

    pub fn grid(&self) -> Option<&Grid> {
        match &self.body {
            Body::Grid(grid) => Some(grid),
            Body::Missing(_) => None,
        }
    }
}

impl Point {
    pub fn count(items: Vec<u32>) -> Self {
        Self { value: Some(items.len() as f64), n: items.len(), items, ..Self::default() }
    }

    /// `k` of `n` with Wilson's interval; without a value when n is 0.
    pub fn share(k: usize, n: usize, items: Vec<u32>) -> Self {
        Self { value: (n > 0).then(|| k as f64 / n as f64), interval: wilson(k, n), n, items, best: false }
    }

    /// Of items that are right or wrong; those without a verdict are left out.
    pub fn accuracy(items: impl IntoIterator<Item = u32>, right: &[Option<bool>]) -> Self {
        let judged: Vec<u32> = items.into_iter().filter(|n| right[*n as usize].is_some()).collect();
        let k = judged.iter().filter(|n| right[**n as usize] == Some(true)).count();
        Self::share(k, judged.len(), judged)
    }
}

impl Axis {
    pub fn new(title: &str, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { title: title.to_owned(), names: names.into_iter().map(Into::into).collect() }
    }
}

impl Grid {
    /// Empty cells of one unit.
    pub fn new(kind: Kind, rows: Axis, columns: Axis, unit: Unit, of: &'static str, points: Vec<Point>) -> Self {
        let levels = rows.names.len();
        Self { kind, rows, columns, units: vec![unit], of, points, weights: Vec::new(), levels, inks: Vec::new() }
    }

    pub fn point(&self, row: usize, column: usize) -> &Point {
        static NONE: Point = Point { value: None, interval: None, n: 0, items: Vec::new(), best: false };
        self.points.get(row * self.columns.names.len() + column).unwrap_or(&NONE)
    }

    pub fn ink(&self, series: usize) -> Ink {
        self.inks.get(series).copied().unwrap_or(Ink::Series(series))
    }

    pub fn unit(&self, column: usize) -> Unit {
        self.units.get(column).or(self.units.first()).copied().unwrap_or(Unit::Count)
    }

    /// Marks the highest value of each column among the rows that compete, where there are two.
    #[must_use]
    pub fn with_best(mut self) -> Self {
        let columns = self.columns.names.len();
        for column in 0..columns {
            let value = |row: usize| self.points[row * columns + column].value;
            let best = (0..self.levels).filter_map(value).fold(f64::NEG_INFINITY, f64::max);
            if (0..self.levels).filter_map(value).count() > 1 {
                (0..self.levels).for_each(|row| {
                    let point = &mut self.points[row * columns + column];
                    point.best = point.value == Some(best);
                });
            }
        }
        self
    }

    /// With a column more, left of column `at`: a value for each row.
    #[must_use]
    pub fn with_column(mut self, at: usize, name: &str, unit: Unit, points: Vec<Point>) -> Self {
        let columns = self.columns.names.len();
        let mut own = points.into_iter();
        let mut all = Vec::with_capacity(self.points.len() + self.rows.names.len());
        for (n, point) in self.points.into_iter().enumerate() {
            if n % columns.max(1) == at {
                all.push(own.next().unwrap_or_default());
            }
            all.push(point);
            if n % columns.max(1) + 1 == columns && at >= columns {
                all.push(own.next().unwrap_or_default());
            }
        }
        self.units = (0..columns).map(|c| self.units.get(c).or(self.units.first()).copied().unwrap_or(Unit::Count)).collect();
        self.units.insert(at.min(columns), unit);
        self.columns.names.insert(at.min(columns), name.to_owned());
        Self { points: all, ..self }
    }

    /// `radfm, Adjacency & Containment: 31.2 % (95 % interval 30.1–32.3), 4,021 answers`, for tooltips and readers.
    pub fn describe(&self, row: usize, column: usize) -> String {
        let point = self.point(row, column);
        let names = [self.rows.names.get(row), self.columns.names.get(column)];
        let place: Vec<&str> = names.into_iter().flatten().map(String::as_str).filter(|n| !n.is_empty()).collect();
        let unit = self.unit(column);
        let value = point.value.map_or_else(|| "no data".to_owned(), |v| unit.text(v));
        let interval = point.interval.map_or_else(String::new, |ci| format!(" (95 % interval {})", unit.range(ci)));
        let base = if unit == Unit::Count { String::new() } else { format!(", n = {} {}", thousands(point.n), self.of) };
        format!("{}: {value}{interval}{base}", place.join(", "))
    }
}

impl Unit {
    /// With its sign: `31.2 %`, `156 mL`.
    pub fn text(self, value: f64) -> String {
        match self {
            Unit::Share => format!("{} %", self.number(value)),
            Unit::Volume => format!("{} mL", self.number(value)),
            Unit::ShareChange => format!("{} pp", self.number(value)),
            Unit::Count | Unit::Coefficient | Unit::Score | Unit::ScoreChange | Unit::Probability => self.number(value),
        }
    }

    pub fn number(self, value: f64) -> String {
        match self {
            Unit::Share => format!("{:.1}", 100.0 * value),
            Unit::Count => thousands(value.round().max(0.0) as usize),
            Unit::Volume => three_digits(value),
            Unit::Coefficient => decimal(value, 2),
            Unit::Score => decimal(value, 4),
            Unit::ShareChange => signed(100.0 * value, 2),
            Unit::ScoreChange => signed(value, 4),
            Unit::Probability if value < 0.0001 => "<0.0001".to_owned(),
            Unit::Probability => format!("{value:.4}"),
        }
    }

    /// With a word between them where a dash would be read as a sign.
    pub fn range(self, [low, high]: [f64; 2]) -> String {
        let between = if low < 0.0 { " to " } else { "–" };
        format!("{}{between}{}", self.number(low), self.number(high))
    }
}

/// `+0.55`; what rounds to nothing has no sign.
fn signed(value: f64, digits: usize) -> String {
    let text = format!("{value:+.digits$}");
    if text.trim_start_matches(['+', '-', '0', '.']).is_empty() { text[1..].to_owned() } else { text.replace('-', "−") }
}

/// `−1,234.5`; what rounds to nothing has no sign.
pub fn decimal(value: f64, digits: usize) -> String {
    let text = format!("{:.digits$}", value.abs());
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let whole = whole.parse().map_or_else(|_| whole.to_owned(), thousands);
    let sign = if value < 0.0 && text.contains(|c: char| ('1'..='9').contains(&c)) { "−" } else { "" };
    format!("{sign}{whole}{rest}")
}

/// `9,077`
pub fn thousands(n: usize) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Three significant digits, as millilitres are shown.
fn three_digits(value: f64) -> String {
    if value >= 1000.0 {
        let unit = 10f64.powf(value.log10().floor() - 2.0);
        return decimal((value / unit).round() * unit, 0);
    }
    let digits = if value > 0.0 { (2 - value.log10().floor() as i32).clamp(0, 6) as usize } else { 0 };
    format!("{value:.digits$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_people_read_them() {
        assert_eq!([thousands(0), thousands(999), thousands(9077), thousands(1_234_567)], ["0", "999", "9,077", "1,234,567"]);
        assert_eq!([three_digits(0.0), three_digits(0.01234), three_digits(1.0), three_digits(156.4)], ["0", "0.0123", "1.00", "156"]);
        assert_eq!([1532.4, 12_345.0, 999.9].map(three_digits), ["1,530", "12,300", "1000"]);
        assert_eq!([decimal(-1234.56, 1), decimal(-0.001, 2), decimal(0.5, 0)], ["−1,234.6", "0.00", "0"]);
        assert_eq!([Unit::Coefficient.number(-0.127), Unit::Coefficient.range([-0.1, 0.25])], ["−0.13", "−0.10 to 0.25"]);
        assert_eq!(Unit::Share.text(0.3122), "31.2 %");
        let changes = [Unit::ShareChange.text(0.0055), Unit::ShareChange.text(-1e-9), Unit::ScoreChange.text(-0.00126)];
        assert_eq!(changes, ["+0.55 pp", "0.00 pp", "−0.0013"]);
    }

    #[test]
    fn the_best_is_the_highest_of_those_that_compete() {
        let points = [0.2, 0.4, 0.9].map(|v| Point { value: Some(v), n: 10, ..Point::default() });
        let mut grid =
            Grid::new(Kind::Table, Axis::new("model", ["a", "b", "chance"]), Axis::new("", ["all"]), Unit::Share, "items", points.into());
        grid.levels = 2;
        let grid = grid.with_best();
        assert_eq!(grid.points.iter().map(|p| p.best).collect::<Vec<_>>(), [false, true, false]);
        assert_eq!(grid.describe(1, 0), "b, all: 40.0 %, n = 10 items");
        assert_eq!(grid.point(7, 7).value, None);
    }

    #[test]
    fn a_column_more_takes_its_place_in_every_row() {
        let points = (0..4).map(|n| Point { value: Some(f64::from(n)), ..Point::default() }).collect();
        let grid = Grid::new(Kind::Table, Axis::new("", ["a", "b"]), Axis::new("", ["x", "y"]), Unit::Share, "items", points);
        let more = |n: f64| Point { value: Some(n), ..Point::default() };
        for (at, expected) in [(0, [9.0, 0.0, 1.0]), (1, [0.0, 9.0, 1.0]), (2, [0.0, 1.0, 9.0])] {
            let wide = grid.clone().with_column(at, "new", Unit::Coefficient, vec![more(9.0), more(8.0)]);
            assert_eq!(wide.points.iter().take(3).filter_map(|p| p.value).collect::<Vec<_>>(), expected, "{at}");
            assert_eq!((wide.points.len(), wide.point(1, at).value, wide.unit(at)), (6, Some(8.0), Unit::Coefficient));
            assert_eq!(wide.columns.names[at], "new");
        }
    }

    #[test]
    fn an_accuracy_leaves_out_what_nobody_judged() {
        let point = Point::accuracy([0, 1, 2], &[Some(true), None, Some(false)]);
        assert_eq!((point.value, point.n, point.items), (Some(0.5), 2, vec![0, 2]));
        assert_eq!(Point::accuracy([1], &[None, None]).value, None);
    }
}
