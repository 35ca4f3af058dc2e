//! A drawing as SVG: text stays text, every point tells its number, and readers of screens get title and description.

use super::ink::SERIES;
use super::paper::{Anchor, Drawing, Glyph, Mark};
use super::{Ink, draw, rgb};
use crate::analyse::{Chart, Grid};
use std::fmt::Write;

/// Width of charts in files, in points.
const WIDTH: f32 = 920.0;

/// A chart on white as a file of its own; empty when the chart is missing.
pub fn svg(chart: &Chart) -> String {
    picture(chart, false)
}

/// The same as part of a page: it needs no namespace, and [`dark_rules`] give it the colours of a dark page.
pub fn inline(chart: &Chart) -> String {
    picture(chart, true)
}

fn picture(chart: &Chart, in_page: bool) -> String {
    let space = if in_page { "" } else { " xmlns=\"http://www.w3.org/2000/svg\"" };
    let Some(grid) = chart.grid() else { return String::new() };
    let drawing = draw(grid, WIDTH);
    let (w, h) = (number(drawing.width), number(drawing.height));
    let (id, title) = (escape(&chart.id), escape(&chart.title));
    let mut out = format!(
        "<svg{space} viewBox=\"0 0 {w} {h}\" width=\"{w}\" height=\"{h}\" role=\"img\" \
         aria-labelledby=\"{id}-t {id}-d\" font-family=\"Inter, system-ui, sans-serif\">\n<title id=\"{id}-t\">{title}</title>\n\
         <desc id=\"{id}-d\">{}</desc>\n<rect width=\"{w}\" height=\"{h}\" {}/>\n",
        escape(chart.answers),
        painted("fill", Ink::Ground, in_page)
    );
    drawing.marks.iter().for_each(|mark| one(mark, in_page, &mut out));
    hits(&drawing, grid, &mut out);
    out + "</svg>\n"
}

fn one(mark: &Mark, in_page: bool, out: &mut String) {
    let fill = |ink: Ink| painted("fill", ink, in_page);
    let stroke = |ink: Ink| painted("stroke", ink, in_page);
    // Writing into a String cannot fail.
    let _ = match mark {
        Mark::Rect { at, ink } => {
            let [x, y, w, h] = at.map(number);
            writeln!(out, "<rect x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" {}/>", fill(*ink))
        }
        Mark::Line { from, to, ink, width } => {
            let [x1, y1, x2, y2] = [from[0], from[1], to[0], to[1]].map(number);
            let stroke = stroke(*ink);
            writeln!(out, "<line x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\" {stroke} stroke-width=\"{width}\"/>")
        }
        Mark::Polygon { points, ink } => {
            let points = places(points);
            writeln!(out, "<polygon points=\"{points}\" fill=\"none\" {} stroke-width=\"1.75\"/>", stroke(*ink))
        }
        Mark::Glyph { at: [x, y], glyph: Glyph::Disc, ink } => {
            writeln!(out, "<circle cx=\"{}\" cy=\"{}\" r=\"4\" {}/>", number(*x), number(*y), fill(*ink))
        }
        Mark::Glyph { at, glyph, ink } => {
            writeln!(out, "<polygon points=\"{}\" {}/>", places(&glyph.corners(*at)), fill(*ink))
        }
        Mark::Text { at: [x, y], text, size, ink, anchor, bold } => {
            let anchor = match anchor {
                Anchor::Start => "start",
                Anchor::Middle => "middle",
                Anchor::End => "end",
            };
            let weight = if *bold { " font-weight=\"700\"" } else { "" };
            let (x, y, fill) = (number(*x), number(*y), fill(*ink));
            writeln!(out, "<text x=\"{x}\" y=\"{y}\" font-size=\"{size}\" {fill} text-anchor=\"{anchor}\"{weight}>{}</text>", escape(text))
        }
    };
}

/// Transparent areas that browsers explain on hover.
fn hits(drawing: &Drawing, grid: &Grid, out: &mut String) {
    for hit in &drawing.hits {
        let [x, y, w, h] = hit.at.map(number);
        let said = escape(&grid.describe(hit.row, hit.column));
        let _ = writeln!(
            out,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" fill=\"none\" stroke=\"none\" \
             pointer-events=\"all\"><title>{said}</title></rect>"
        );
    }
}

fn places(points: &[[f32; 2]]) -> String {
    points.iter().map(|[x, y]| format!("{},{}", number(*x), number(*y))).collect::<Vec<_>>().join(" ")
}

/// One decimal is finer than a screen.
fn number(v: f32) -> String {
    let text = format!("{v:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// The light colour as an attribute, which printing and readers without styles take; in a page with the class that darkens it.
fn painted(attribute: &str, ink: Ink, in_page: bool) -> String {
    let class = if in_page { class(ink) } else { None };
    let class = class.map_or_else(String::new, |c| format!(" class=\"{attribute}-{c}\""));
    format!("{attribute}=\"{}\"{class}", color(ink, false))
}

/// `#181b1f`, on a light or a dark ground.
pub fn color(ink: Ink, dark: bool) -> String {
    let [r, g, b] = rgb(ink, dark);
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// Of inks that are others on a dark ground.
fn class(ink: Ink) -> Option<String> {
    Some(match ink {
        Ink::Text => "text".to_owned(),
        Ink::Weak => "weak".to_owned(),
        Ink::Line => "line".to_owned(),
        Ink::Ground => "ground".to_owned(),
        Ink::Empty => "empty".to_owned(),
        Ink::Muted => "muted".to_owned(),
        Ink::OnMuted => "on-muted".to_owned(),
        Ink::Series(n) => format!("series-{}", n % SERIES),
        Ink::OnSeries(_) => "on-series".to_owned(),
        Ink::Ramp(_) | Ink::OnRamp(_) => return None,
    })
}

/// Rules of CSS that give the drawings of [`inline`] their colours on a dark ground.
pub fn dark_rules() -> String {
    let plain = [Ink::Text, Ink::Weak, Ink::Line, Ink::Ground, Ink::Empty, Ink::Muted, Ink::OnMuted, Ink::OnSeries(0)];
    let inks = plain.into_iter().chain((0..SERIES).map(Ink::Series));
    let rules = inks.filter_map(|ink| Some((class(ink)?, color(ink, true))));
    rules.map(|(class, color)| format!(".fill-{class} {{ fill: {color}; }} .stroke-{class} {{ stroke: {color}; }}\n")).collect()
}

/// For text and attributes; control characters, which XML cannot hold, become the replacement character.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\t' | '\n' | '\r' => out.push(' '),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::tests::examples;
    use super::*;
    use crate::analyse::{Body, Section};

    #[test]
    fn what_is_undecided_is_drawn_muted_in_legend_and_bars() {
        let mut grid = examples().into_iter().find(|g| g.kind == crate::analyse::Kind::Stacked).unwrap();
        let of = |grid: &Grid| {
            let (id, title) = ("s".to_owned(), String::new());
            let body = Body::Grid(grid.clone());
            svg(&Chart { id, title, section: Section::Data, answers: "", body, notes: Vec::new() })
                .matches(&color(Ink::Muted, false))
                .count()
        };
        assert_eq!(of(&grid), 0);
        grid.inks = vec![Ink::Series(0), Ink::Series(1), Ink::Muted];
        assert_eq!(of(&grid), 3, "the legend and a part of each of two bars");
        assert_eq!(draw(&grid, 900.0).marks.iter().filter(|m| matches!(m, Mark::Rect { ink: Ink::Series(2), .. })).count(), 0);
    }

    #[test]
    fn every_kind_is_well_formed_and_tells_its_numbers() {
        for grid in examples() {
            let named = grid.describe(1, 3);
            let chart = Chart {
                id: "x".into(),
                title: "A <title> & \u{0} more".into(),
                section: Section::Data,
                answers: "Why?",
                body: Body::Grid(grid.clone()),
                notes: Vec::new(),
            };
            let text = svg(&chart);
            let doc = roxmltree::Document::parse(&text).unwrap_or_else(|e| panic!("{:?}: {e}", grid.kind));
            let root = doc.root_element();
            assert_eq!((root.tag_name().name(), root.attribute("role")), ("svg", Some("img")));
            assert_eq!(root.first_element_child().and_then(|t| t.text()), Some("A <title> & \u{fffd} more"));
            let titles: Vec<&str> =
                doc.descendants().filter(|n| n.has_tag_name(("http://www.w3.org/2000/svg", "title"))).filter_map(|n| n.text()).collect();
            let boxes = grid.kind == crate::analyse::Kind::Boxes;
            assert!(boxes || titles.contains(&named.as_str()), "{:?}: {named}", grid.kind);
            assert!(!text.contains("NaN") && !text.contains("inf"), "{:?}", grid.kind);
        }
    }

    #[test]
    fn every_colour_of_a_page_has_a_dark_one_and_files_stay_plain() {
        let rules = dark_rules();
        for grid in examples() {
            let body = Body::Grid(grid.clone());
            let chart = Chart { id: "x".into(), title: "x".into(), section: Section::Data, answers: "", body, notes: Vec::new() };
            let (page, file) = (inline(&chart), svg(&chart));
            assert!(!file.contains("class="), "{:?}", grid.kind);
            let classes: Vec<&str> = page.split("class=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
            assert!(classes.len() > 5 && classes.contains(&"fill-ground") && classes.contains(&"fill-weak"), "{:?}", grid.kind);
            assert!(classes.iter().all(|c| rules.contains(&format!(".{c} {{"))), "{:?}: {classes:?}", grid.kind);
            let without = classes.iter().fold(page.clone(), |text, c| text.replace(&format!(" class=\"{c}\""), ""));
            assert_eq!(without.replacen("<svg ", "<svg xmlns=\"http://www.w3.org/2000/svg\" ", 1), file, "else they are the same");
        }
    }
}
