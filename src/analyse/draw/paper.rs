//! Marks, and a sheet to put them on.

use super::Ink;

/// A chart as marks. Places and lengths are points from the top left.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Drawing {
    pub width: f32,
    pub height: f32,
    /// In the order in which they are put down.
    pub marks: Vec<Mark>,
    pub hits: Vec<Hit>,
}

/// Where a point of the grid can be pointed at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hit {
    pub row: usize,
    pub column: usize,
    /// Left, top, width, height.
    pub at: [f32; 4],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

/// Tells series apart beside their colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Glyph {
    Disc,
    Square,
    Triangle,
    Diamond,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Mark {
    /// Left, top, width, height.
    Rect {
        at: [f32; 4],
        ink: Ink,
    },
    Line {
        from: [f32; 2],
        to: [f32; 2],
        ink: Ink,
        width: f32,
    },
    /// Closed; its outline, because polygons of several rows lie over each other.
    Polygon {
        points: Vec<[f32; 2]>,
        ink: Ink,
    },
    Glyph {
        at: [f32; 2],
        glyph: Glyph,
        ink: Ink,
    },
    /// `at` is on the baseline.
    Text {
        at: [f32; 2],
        text: String,
        size: f32,
        ink: Ink,
        anchor: Anchor,
        bold: bool,
    },
}

impl Glyph {
    pub fn of(series: usize) -> Self {
        [Glyph::Disc, Glyph::Square, Glyph::Triangle, Glyph::Diamond][series % 4]
    }

    /// Corners around a middle; a disc has none.
    pub fn corners(self, [x, y]: [f32; 2]) -> Vec<[f32; 2]> {
        match self {
            Glyph::Disc => Vec::new(),
            Glyph::Square => vec![[x - 3.5, y - 3.5], [x + 3.5, y - 3.5], [x + 3.5, y + 3.5], [x - 3.5, y + 3.5]],
            Glyph::Triangle => vec![[x, y - 4.6], [x + 4.4, y + 3.4], [x - 4.4, y + 3.4]],
            Glyph::Diamond => vec![[x, y - 5.0], [x + 5.0, y], [x, y + 5.0], [x - 5.0, y]],
        }
    }
}

impl Mark {
    /// Highest and lowest place that it covers, with room for the width of lines.
    pub fn upright(&self) -> [f32; 2] {
        let around = |a: f32, b: f32| [a.min(b) - 2.0, a.max(b) + 2.0];
        match self {
            Mark::Rect { at: [_, y, _, h], .. } => around(*y, y + h),
            Mark::Line { from, to, .. } => around(from[1], to[1]),
            Mark::Polygon { points, .. } => {
                let (low, high) = points.iter().fold((f32::INFINITY, f32::NEG_INFINITY), |(l, h), p| (l.min(p[1]), h.max(p[1])));
                around(low, high)
            }
            Mark::Glyph { at, .. } => around(at[1] - 5.0, at[1] + 5.0),
            Mark::Text { at, size, .. } => around(at[1] - size, at[1] + 0.3 * size),
        }
    }

    /// Corners of what it covers; of a text, its ends as estimated.
    pub fn corners(&self) -> Vec<[f32; 2]> {
        match self {
            Mark::Rect { at: [x, y, w, h], .. } => vec![[*x, *y], [x + w, y + h]],
            Mark::Line { from, to, .. } => vec![*from, *to],
            Mark::Polygon { points, .. } => points.clone(),
            Mark::Glyph { at, .. } => vec![*at],
            Mark::Text { at: [x, y], text, size, anchor, bold, .. } => {
                let long = width(text, *size, *bold);
                let left = match anchor {
                    Anchor::Start => *x,
                    Anchor::Middle => x - long / 2.0,
                    Anchor::End => x - long,
                };
                vec![[left, y - size * 0.8], [left + long, y + size * 0.2]]
            }
        }
    }
}

/// A sheet that grows downwards.
pub struct Paper {
    pub width: f32,
    /// Where the next thing starts.
    pub y: f32,
    drawing: Drawing,
}

pub const SIZE: f32 = 12.5;
pub const SMALL: f32 = 11.0;

impl Paper {
    pub fn new(width: f32) -> Self {
        Self { width, y: 4.0, drawing: Drawing::default() }
    }

    pub fn finish(self) -> Drawing {
        Drawing { width: self.width, height: (self.y + 6.0).ceil(), ..self.drawing }
    }

    pub fn rect(&mut self, at: [f32; 4], ink: Ink) {
        if at[2] > 0.0 && at[3] > 0.0 {
            self.drawing.marks.push(Mark::Rect { at, ink });
        }
    }

    pub fn line(&mut self, from: [f32; 2], to: [f32; 2], ink: Ink, width: f32) {
        self.drawing.marks.push(Mark::Line { from, to, ink, width });
    }

    pub fn polygon(&mut self, points: Vec<[f32; 2]>, ink: Ink) {
        self.drawing.marks.push(Mark::Polygon { points, ink });
    }

    pub fn glyph(&mut self, at: [f32; 2], glyph: Glyph, ink: Ink) {
        self.drawing.marks.push(Mark::Glyph { at, glyph, ink });
    }

    pub fn write(&mut self, at: [f32; 2], text: impl Into<String>, size: f32, ink: Ink, anchor: Anchor) {
        self.drawing.marks.push(Mark::Text { at, text: text.into(), size, ink, anchor, bold: false });
    }

    pub fn bold(&mut self, at: [f32; 2], text: impl Into<String>, size: f32, ink: Ink, anchor: Anchor) {
        self.drawing.marks.push(Mark::Text { at, text: text.into(), size, ink, anchor, bold: true });
    }

    pub fn hit(&mut self, row: usize, column: usize, at: [f32; 4]) {
        self.drawing.hits.push(Hit { row, column, at: [at[0], at[1], at[2].max(2.0), at[3].max(2.0)] });
    }

    /// An interval as a thin line with ends, across or upright.
    pub fn whisker(&mut self, from: [f32; 2], to: [f32; 2]) {
        let upright = (from[0] - to[0]).abs() < (from[1] - to[1]).abs();
        let end = if upright { [3.0, 0.0] } else { [0.0, 3.0] };
        self.line(from, to, Ink::Text, 1.0);
        for [x, y] in [from, to] {
            self.line([x - end[0], y - end[1]], [x + end[0], y + end[1]], Ink::Text, 1.0);
        }
    }

    /// Names of series with their inks, from the left, on as many lines as it takes.
    pub fn legend(&mut self, names: &[String], ink: impl Fn(usize) -> Ink) {
        let mut x = 0.0;
        for (n, name) in names.iter().enumerate() {
            let name = fit(name, SMALL, self.width - 24.0);
            let long = 16.0 + width(&name, SMALL, false) + 16.0;
            if x > 0.0 && x + long > self.width {
                (x, self.y) = (0.0, self.y + 18.0);
            }
            self.rect([x, self.y + 2.0, 11.0, 11.0], ink(n));
            self.write([x + 16.0, self.y + 12.0], name, SMALL, Ink::Text, Anchor::Start);
            x += long;
        }
        self.y += 24.0;
    }
}

/// Estimated length of a text.
pub fn width(text: &str, size: f32, bold: bool) -> f32 {
    let of = |c: char| match c {
        'i' | 'j' | 'l' | 'I' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' | '(' | ')' | ' ' | 'f' | 't' | 'r' | '·' => 0.36,
        'm' | 'w' | 'M' | 'W' | '@' | '%' => 0.9,
        c if c.is_ascii_digit() => 0.62,
        c if c.is_uppercase() => 0.7,
        c if c.is_ascii() => 0.58,
        c if ('\u{2e80}'..='\u{ffff}').contains(&c) => 1.05,
        _ => 0.64,
    };
    text.chars().map(of).sum::<f32>() * size * if bold { 1.06 } else { 1.0 }
}

/// Cut to a length, with an ellipsis.
pub fn fit(text: &str, size: f32, most: f32) -> String {
    if width(text, size, false) <= most {
        return text.to_owned();
    }
    let mut out = String::new();
    for c in text.chars() {
        out.push(c);
        if width(&out, size, false) + 0.7 * size > most {
            out.pop();
            break;
        }
    }
    format!("{}…", out.trim_end())
}

/// Broken at spaces into at most `lines` lines.
pub fn wrap(text: &str, size: f32, most: f32, lines: usize) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let full = out.len() == lines;
        match out.last_mut() {
            Some(last) if full || out_of(last, word, size) <= most => *last = format!("{last} {word}"),
            _ => out.push(word.to_owned()),
        }
    }
    out.into_iter().map(|line| fit(&line, size, most)).collect()
}

fn out_of(line: &str, word: &str, size: f32) -> f32 {
    width(&format!("{line} {word}"), size, false)
}

/// Room for names at the left: as much as the longest needs, at most `most`.
pub fn margin(names: &[String], most: f32) -> f32 {
    names.iter().map(|n| width(n, SIZE, false) + 14.0).fold(60.0, f32::max).min(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_and_broken_to_the_room_there_is() {
        assert_eq!(fit("liver", SIZE, 200.0), "liver");
        let cut = fit("a very long name of a model", SIZE, 60.0);
        assert!(cut.ends_with('…') && width(&cut, SIZE, false) <= 66.0, "{cut}");
        let lines = wrap("Medial-Lateral Orientation (Centricity) and more words than fit", SMALL, 100.0, 3);
        assert!(lines.len() == 3 && lines[0] == "Medial-Lateral" && lines[2].ends_with('…'), "{lines:?}");
    }
}
