//! All charts on one page of HTML: inline SVG, no scripts, nothing from the network; dark on screens that ask for it, light on paper.

use super::draw::{Ink, color, dark_rules, escape, inline};
use super::{ANALYSES, Body, Chart, Section};
use std::fmt::Write;

const STYLE: &str = "
:root { color-scheme: light; }
body { margin: 0 auto; max-width: 60rem; padding: 2rem 1.5rem 4rem; background: #fff; color: #181b1f;
  font: 16px/1.5 Inter, system-ui, sans-serif; }
h1 { font-size: 1.75rem; margin: 0 0 .25rem; } h2 { font-size: 1.35rem; margin: 3rem 0 1rem; padding-top: 1rem; border-top: 2px solid #181b1f; }
h3 { font-size: 1.05rem; margin: 0 0 .1rem; } section { margin: 0 0 2.5rem; break-inside: avoid; }
p { margin: .25rem 0; } .lead, .asks, .notes, nav, footer { color: #545b64; } .notes, footer { font-size: .85rem; }
.notes { margin: .5rem 0 0; padding-left: 1.1rem; } .missing { padding: .75rem 1rem; background: #f2f4f7; border-radius: 6px; }
figure { margin: .75rem 0 0; overflow-x: auto; } svg { max-width: 100%; height: auto; display: block; }
a { color: #005f99; } nav ul { margin: .5rem 0; padding-left: 1.1rem; columns: 2; font-size: .9rem; }
@media print { body { max-width: none; padding: 0; } a { color: inherit; text-decoration: none; } }
";

/// The colours of a dark page, those of its charts included.
fn dark_style() -> String {
    let [ground, text, weak, empty, link] = [Ink::Ground, Ink::Text, Ink::Weak, Ink::Empty, Ink::Series(0)].map(|ink| color(ink, true));
    let rules = dark_rules();
    format!(
        "@media screen and (prefers-color-scheme: dark) {{\n:root {{ color-scheme: dark; }}\nbody {{ background: {ground}; color: {text}; }}\n\
         h2 {{ border-top-color: {text}; }}\n.lead, .asks, .notes, nav, footer {{ color: {weak}; }}\n\
         .missing {{ background: {empty}; }}\na {{ color: {link}; }}\n{rules}}}\n"
    )
}

/// The page. `facts` are lines of head: what was counted, by which program. Files named in it stand beside the page.
pub fn page(name: &str, facts: &[String], charts: &[Chart]) -> String {
    let title = escape(&format!("{name}: analyses"));
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n<meta name=\"viewport\" content=\"width=device-width, \
         initial-scale=1\"/>\n\
         <title>{title}</title>\n<style>{STYLE}{}</style>\n</head>\n<body>\n<h1>{title}</h1>\n",
        dark_style()
    );
    facts.iter().for_each(|fact| _ = writeln!(out, "<p class=\"lead\">{}</p>", escape(fact)));
    contents(charts, &mut out);
    for part in Section::ALL {
        let _ = writeln!(out, "<h2>{}</h2>", part.title());
        charts.iter().filter(|c| c.section == part).for_each(|chart| section(chart, &mut out));
    }
    out + "<footer><p>Shares have Wilson&#39;s 95 % intervals. Point at a mark to read its number and base; the CSV beside this page \
           holds them all.</p></footer>\n</body>\n</html>\n"
}

fn contents(charts: &[Chart], out: &mut String) {
    out.push_str("<nav aria-label=\"Charts\"><ul>\n");
    for chart in charts {
        let missing = if chart.grid().is_none() { " (no data yet)" } else { "" };
        let _ = writeln!(out, "<li><a href=\"#{}\">{}</a>{missing}</li>", escape(&chart.id), escape(&chart.title));
    }
    out.push_str("</ul></nav>\n");
}

fn section(chart: &Chart, out: &mut String) {
    let (id, title) = (escape(&chart.id), escape(&chart.title));
    let _ = writeln!(out, "<section id=\"{id}\">\n<h3>{title}</h3>\n<p class=\"asks\">{}</p>", escape(chart.answers));
    match &chart.body {
        Body::Missing(why) => {
            let needs = ANALYSES.iter().find(|a| a.id == chart.id).map_or("", |a| a.needs);
            let _ = writeln!(out, "<p class=\"missing\">{} Needs: {}.</p>", escape(why), escape(needs));
        }
        Body::Grid(_) => {
            let _ = writeln!(out, "<figure>\n{}</figure>", inline(chart));
            let notes: String = chart.notes.iter().map(|n| format!("<li>{}</li>", escape(n))).collect();
            let _ = writeln!(
                out,
                "<ul class=\"notes\">{notes}<li>Numbers: <a href=\"{id}.csv\">{id}.csv</a>, picture: <a \
                 href=\"{id}.svg\">{id}.svg</a></li></ul>"
            );
        }
    }
    out.push_str("</section>\n");
}

#[cfg(test)]
mod tests {
    use super::super::{Data, charts};
    use super::*;

    #[test]
    fn a_page_of_nothing_says_so_and_links_nowhere() {
        let charts = charts(&Data::default(), |_, _| true).unwrap();
        let text = page("a <b> & c", &["0 items".into()], &charts);
        let doc =
            roxmltree::Document::parse_with_options(&text, roxmltree::ParsingOptions { allow_dtd: true, ..Default::default() }).unwrap();
        assert_eq!(doc.descendants().filter(|n| n.attribute("class") == Some("missing")).count(), charts.len());
        assert!(!text.contains("<script") && !text.contains("http"));
        let dark = text.split_once("@media screen and (prefers-color-scheme: dark)").unwrap().1;
        assert!(dark.contains("background: #181a1d; color: #e4e6e9") && dark.contains(".fill-ground { fill: #181a1d; }"));
        let braces = |c: char| text.split("</style>").next().unwrap().matches(c).count();
        assert_eq!(braces('{'), braces('}'));
        let headings: Vec<&str> = doc.descendants().filter(|n| n.has_tag_name("h2")).filter_map(|n| n.text()).collect();
        assert_eq!(headings, Section::ALL.map(Section::title));
    }
}
