//! Charts about a project as plain values: what the data is, how review went, how models did, why they failed.
//!
//! Each analysis is one file and one row of [`ANALYSES`]. It turns [`Data`] into [`Chart`]s: a grid of points, each with its number, its base,
//! its interval and the items behind it. [`draw`] lays a chart out as marks on paper, which become SVG here and shapes in the window, so
//! that both show the same picture; [`csv`] and [`page`] write the numbers and the whole report. What is missing is said in words; a
//! point without data is empty, never 0. Nothing here reads files, names a reviewer or knows a folder. The room stands after `score`,
//! whose figures it shows, and before `formats` and `project`, which bring the data and write the files.

mod chart;
pub mod csv;
mod data;
pub mod draw;
mod kinds;
mod lookup;
pub mod page;

pub use chart::{Axis, Body, Chart, Grid, Kind, Point, Section, Unit};
pub use data::{Data, GeometryVerdict, StructureVolume, Volumes};
pub use draw::Ink;
use lookup::Lookup;
pub use lookup::items_by_structure;
use std::sync::atomic::{AtomicUsize, Ordering};

/// One analysis.
pub struct Analysis {
    /// Stable: names of files and anchors are made of it.
    pub id: &'static str,
    pub title: &'static str,
    pub section: Section,
    /// The question it answers.
    pub answers: &'static str,
    /// What it cannot do without, in words.
    pub needs: &'static str,
    run: fn(&Lookup<'_>) -> Vec<Chart>,
}

/// In reading order.
pub const ANALYSES: &[Analysis] = &[
    kinds::questions::ANALYSIS,
    kinds::structures::ANALYSIS,
    kinds::volumes::ANALYSIS,
    kinds::lengths::ANALYSIS,
    kinds::decisions::ANALYSIS,
    kinds::geometry::ANALYSIS,
    kinds::accuracy::ANALYSIS,
    kinds::pairs::ANALYSIS,
    kinds::judges::ANALYSIS,
    kinds::quality::ANALYSIS,
    kinds::radar::ANALYSIS,
    kinds::correctness::ANALYSIS,
    kinds::conditions::ANALYSIS,
    kinds::heatmap::ANALYSIS,
    kinds::tumours::ANALYSIS,
    kinds::buckets::ANALYSIS,
    kinds::calibration::ANALYSIS,
    kinds::errors::ANALYSIS,
    kinds::faithfulness::ANALYSIS,
];

/// Every chart, in reading order. `go_on` is told how many of how many analyses are done and says whether to go on; `None` when it did not.
/// Long analyses ask it again, on several threads.
pub fn charts(data: &Data, go_on: impl Fn(usize, usize) -> bool + Sync) -> Option<Vec<Chart>> {
    let done = AtomicUsize::new(0);
    let wanted = || go_on(done.load(Ordering::Relaxed), ANALYSES.len());
    let lookup = Lookup::watched(data, &wanted);
    let mut out = Vec::new();
    for analysis in ANALYSES {
        if !wanted() {
            return None;
        }
        out.extend((analysis.run)(&lookup));
        done.fetch_add(1, Ordering::Relaxed);
    }
    wanted().then_some(out)
}

impl Analysis {
    /// A chart of this analysis. `part` names it where there are several.
    fn chart(&self, part: Option<(&str, &str)>, grid: Grid) -> Chart {
        let (id, title) = match part {
            None => (self.id.to_owned(), self.title.to_owned()),
            Some((id, title)) => (format!("{}-{id}", self.id), format!("{}: {title}", self.title)),
        };
        Chart { id, title, section: self.section, answers: self.answers, body: Body::Grid(grid), notes: Vec::new() }
    }

    /// In place of a chart: what there is not, and what to do about it.
    fn missing(&self, why: impl Into<String>) -> Vec<Chart> {
        let body = Body::Missing(why.into());
        let (id, title) = (self.id.to_owned(), self.title.to_owned());
        vec![Chart { id, title, section: self.section, answers: self.answers, body, notes: Vec::new() }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_analysis_has_an_id_and_words_and_survives_an_empty_project() {
        let mut seen = HashSet::new();
        for analysis in ANALYSES {
            assert!(seen.insert(analysis.id) && !analysis.answers.is_empty() && !analysis.needs.is_empty(), "{}", analysis.id);
        }
        let charts = charts(&Data::default(), |_, _| true).unwrap();
        assert!(charts.len() >= ANALYSES.len());
        for chart in &charts {
            assert!(matches!(&chart.body, Body::Missing(why) if !why.is_empty()), "{} shows something of nothing", chart.id);
        }
    }

    #[test]
    fn charts_stop_when_told_to() {
        assert!(charts(&Data::default(), |done, _| done < 3).is_none());
    }
}
