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
    /// Does it reach into a part of the paper: left, top, right, bottom? Rather yes than no: there is room for the width of lines, and
    /// lengths of texts are estimated.
    pub fn meets(&self, [left, top, right, bottom]: [f32; 4]) -> bool {
        let overlap = |[low, high]: [f32; 2], from: f32, to: f32| high + 2.0 >= from && low - 2.0 <= to;
        overlap(self.upright(), top, bottom) && overlap(self.across(), left, right)
    }

    /// Highest and lowest place that it covers.
    fn upright(&self) -> [f32; 2] {
        match self {
            Mark::Rect { at: [_, y, _, h], .. } => [*y, y + h],
            Mark::Line { from, to, .. } => [from[1].min(to[1]), from[1].max(to[1])],
            Mark::Polygon { points, .. } => ends(points.iter().map(|p| p[1])),
            Mark::Glyph { at, .. } => [at[1] - 5.0, at[1] + 5.0],
            Mark::Text { at, size, .. } => [at[1] - size, at[1] + 0.3 * size],
        }
    }

    /// Leftmost and rightmost place that it covers.
    fn across(&self) -> [f32; 2] {
        match self {
            Mark::Rect { at: [x, _, w, _], .. } => [*x, x + w],
            Mark::Line { from, to, .. } => [from[0].min(to[0]), from[0].max(to[0])],
            Mark::Polygon { points, .. } => ends(points.iter().map(|p| p[0])),
            Mark::Glyph { at, .. } => [at[0] - 5.0, at[0] + 5.0],
            Mark::Text { at: [x, _], text, size, anchor, bold, .. } => {
                let long = width(text, *size, *bold);
                match anchor {
                    Anchor::Start => [*x, x + long],
                    Anchor::Middle => [x - long / 2.0, x + long / 2.0],
                    Anchor::End => [x - long, *x],
                }
            }
        }
    }

    /// Corners of what it covers; of a text, its ends as estimated.
    pub fn corners(&self) -> Vec<[f32; 2]> {
        match self {
            Mark::Rect { at: [x, y, w, h], .. } => vec![[*x, *y], [x + w, y + h]],
            Mark::Line { from, to, .. } => vec![*from, *to],
            Mark::Polygon { points, .. } => points.clone(),
            Mark::Glyph { at, .. } => vec![*at],
            Mark::Text { at: [_, y], size, .. } => {
                let [left, right] = self.across();
                vec![[left, y - size * 0.8], [right, y + size * 0.2]]
            }
        }
    }
}

fn ends(values: impl Iterator<Item = f32>) -> [f32; 2] {
    values.fold([f32::INFINITY, f32::NEG_INFINITY], |[low, high], v| [low.min(v), high.max(v)])
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
            let name = shorten(name, SMALL, self.width - 24.0);
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

/// Cut to a length in the middle: names of models often differ in their last letters only.
pub fn shorten(text: &str, size: f32, most: f32) -> String {
    if width(text, size, false) <= most {
        return text.to_owned();
    }
    let (mut first, mut last) = (String::new(), String::new());
    let (mut front, mut room) = (true, most - 0.7 * size);
    let mut rest = text.chars();
    while let Some(c) = if front { rest.next() } else { rest.next_back() } {
        room -= width(c.encode_utf8(&mut [0; 4]), size, false);
        if room < 0.0 {
            break;
        }
        if front {
            first.push(c);
        } else {
            last.insert(0, c);
        }
        front = !front;
    }
    format!("{}…{}", first.trim_end(), last.trim_start())
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
    fn marks_are_told_from_those_out_of_sight() {
        let (ink, size) = (Ink::Text, 10.0);
        let text = |x: f32, anchor| Mark::Text { at: [x, 50.0], text: "liver".into(), size, ink, anchor, bold: false };
        let line = Mark::Line { from: [90.0, 10.0], to: [10.0, 90.0], ink, width: 1.0 };
        let polygon = Mark::Polygon { points: vec![[20.0, 20.0], [80.0, 30.0], [40.0, 70.0]], ink };
        let marks =
            [line, polygon, Mark::Rect { at: [20.0, 20.0, 60.0, 60.0], ink }, Mark::Glyph { at: [50.0, 50.0], glyph: Glyph::Disc, ink }];
        for mark in marks.into_iter().chain([text(50.0, Anchor::Middle), text(60.0, Anchor::End), text(40.0, Anchor::Start)]) {
            assert!(mark.meets([0.0, 0.0, 100.0, 100.0]) && mark.meets([45.0, 45.0, 55.0, 55.0]), "{mark:?}");
            for away in [[0.0, 120.0, 100.0, 130.0], [0.0, -30.0, 100.0, -5.0], [120.0, 0.0, 140.0, 100.0], [-30.0, 0.0, -5.0, 100.0]] {
                assert!(!mark.meets(away), "{mark:?} {away:?}");
            }
        }
    }

    #[test]
    fn texts_are_cut_and_broken_to_the_room_there_is() {
        assert_eq!(fit("liver", SIZE, 200.0), "liver");
        let cut = fit("a very long name of a model", SIZE, 60.0);
        assert!(cut.ends_with('…') && width(&cut, SIZE, false) <= 66.0, "{cut}");
        let cut = ["001", "002"].map(|n| shorten(&format!("a-family-of-models-with-a-long-name-{n}"), SIZE, 120.0));
        assert!(cut[0] != cut[1] && cut[0].starts_with("a-fam") && cut[0].ends_with("-001"), "{cut:?}");
        assert!(width(&cut[0], SIZE, false) <= 121.0, "{cut:?}");
        assert_eq!([shorten("liver", SIZE, 200.0), shorten("liver", SIZE, 0.0)], ["liver", "…"]);
        let lines = wrap("Medial-Lateral Orientation (Centricity) and more words than fit", SMALL, 100.0, 3);
        assert!(lines.len() == 3 && lines[0] == "Medial-Lateral" && lines[2].ends_with('…'), "{lines:?}");
    }
}
