//! The Analyse workspace: charts of the project as they were computed last, whether they still hold, and what a click on them shows.

use super::{AppState, Effect, FilePick, Filters, Toast, Workspace};
use crate::analyse::{Chart, Section};
use crate::qa::ItemId;
use crate::score::{Cleaning, Fault};
use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

/// Charts of one project, and the ids of the items that their points number.
#[derive(Debug)]
pub struct Charts {
    /// Identity of the project.
    pub project: String,
    pub ids: Vec<ItemId>,
    pub charts: Vec<Arc<Chart>>,
    /// Which faults of the data were cleaned away.
    pub cleaning: Cleaning,
}

/// What the workspace shows.
#[derive(Debug, Default)]
pub struct Analyses {
    pub charts: Option<Arc<Charts>>,
    /// A job computes them.
    pub making: bool,
    /// The last job was stopped, or failed.
    pub stopped: bool,
    /// Which faults of the data are cleaned away before scores are made.
    pub cleaning: Cleaning,
    /// The last job measured labels, or used their measures.
    volumes: bool,
    /// Counts changes of the project.
    changes: u64,
    /// The count when the charts that are being made were begun.
    begun: u64,
    /// The count that `charts` hold for.
    holds: u64,
}

/// As what a chart is saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChartFormat {
    Svg,
    Png,
    Csv,
}

/// A chart to be saved.
#[derive(Clone, Debug, PartialEq)]
pub struct ChartFile {
    pub chart: Arc<Chart>,
    pub format: ChartFormat,
}

#[derive(Debug)]
pub enum AnalysesCommand {
    /// Compute the charts; measuring labels can be left out.
    Make {
        volumes: bool,
    },
    /// Compute them anew, with these faults cleaned away and no others.
    Clean(Cleaning),
    Made(Arc<Charts>),
    Stopped,
    Failed(String),
    /// Show the items behind a point in the queue.
    Show {
        chart: Arc<Chart>,
        row: usize,
        column: usize,
    },
    Save(ChartFile),
    /// The file to write.
    Chosen {
        file: ChartFile,
        path: PathBuf,
    },
}

/// What must happen outside the state.
#[derive(Debug)]
pub enum AnalysesEffect {
    Make { volumes: bool, cleaning: Cleaning },
    Write { file: ChartFile, path: PathBuf },
}

impl ChartFormat {
    pub const ALL: [Self; 3] = [Self::Svg, Self::Png, Self::Csv];

    pub fn name(self) -> &'static str {
        match self {
            Self::Svg => "SVG",
            Self::Png => "PNG",
            Self::Csv => "CSV",
        }
    }

    pub fn extension(self) -> &'static str {
        match self {
            Self::Svg => "svg",
            Self::Png => "png",
            Self::Csv => "csv",
        }
    }
}

impl ChartFile {
    pub fn file_name(&self) -> String {
        format!("{}.{}", self.chart.id, self.format.extension())
    }
}

impl Charts {
    /// How many answers or verdicts of all models have a fault.
    pub fn faults(&self, fault: Fault) -> usize {
        let counts = self.charts.iter().find(|chart| chart.id == "quality-counts").and_then(|chart| chart.grid());
        counts.map_or(0, |grid| (0..grid.rows.names.len()).map(|row| grid.point(row, fault as usize).n).sum())
    }
}

impl Analyses {
    /// The project has changed since the charts on screen were begun.
    pub fn stale(&self) -> bool {
        self.charts.is_some() && self.changes != self.holds
    }

    pub(super) fn changed(&mut self) {
        self.changes += 1;
    }
}

impl AppState {
    /// Computes charts when their workspace is on screen and there are none that hold.
    pub(super) fn want_charts(&mut self) -> Option<Effect> {
        let a = &self.analyses;
        let wanted = self.workspace == Workspace::Analyse && self.project.is_some() && !a.making && (a.charts.is_none() || a.stale());
        wanted.then(|| self.make_charts(true))
    }

    fn make_charts(&mut self, volumes: bool) -> Effect {
        let a = &mut self.analyses;
        (a.making, a.stopped, a.begun, a.volumes) = (true, false, a.changes, volumes);
        Effect::Analyses(AnalysesEffect::Make { volumes, cleaning: a.cleaning })
    }

    pub(super) fn apply_analyses(&mut self, command: AnalysesCommand) -> Vec<Effect> {
        match command {
            AnalysesCommand::Make { .. } if self.analyses.making || self.project.is_none() => Vec::new(),
            AnalysesCommand::Make { volumes } => vec![self.make_charts(volumes)],
            AnalysesCommand::Clean(cleaning) => {
                self.analyses.cleaning = cleaning;
                self.analyses.changed();
                let volumes = self.analyses.volumes || self.analyses.charts.is_none();
                let ready = self.project.is_some() && !self.analyses.making;
                ready.then(|| self.make_charts(volumes)).into_iter().collect()
            }
            AnalysesCommand::Made(charts) => self.charts_made(charts),
            AnalysesCommand::Stopped => {
                (self.analyses.making, self.analyses.stopped) = (false, true);
                Vec::new()
            }
            AnalysesCommand::Failed(message) => {
                (self.analyses.making, self.analyses.stopped) = (false, true);
                self.toasts.push(Toast::error(format!("The analyses were not computed: {message}")));
                Vec::new()
            }
            AnalysesCommand::Show { chart, row, column } => self.show_point(&chart, row, column),
            AnalysesCommand::Save(file) => vec![Effect::Pick(FilePick::Chart(file))],
            AnalysesCommand::Chosen { file, path } => vec![Effect::Analyses(AnalysesEffect::Write { file, path })],
        }
    }

    fn charts_made(&mut self, charts: Arc<Charts>) -> Vec<Effect> {
        // Charts of a project that was closed meanwhile are nobody's.
        if self.project.as_ref().is_none_or(|p| p.uuid != charts.project) {
            return Vec::new();
        }
        let a = &mut self.analyses;
        let switched = charts.cleaning != a.cleaning; // while these were computed
        (a.making, a.stopped, a.charts, a.holds) = (false, false, Some(charts), a.begun);
        let volumes = a.volumes;
        switched.then(|| self.make_charts(volumes)).into_iter().collect()
    }

    /// The queue shows the items behind a point and nothing else; charts about models go on to Compare, others to Review.
    fn show_point(&mut self, chart: &Chart, row: usize, column: usize) -> Vec<Effect> {
        let (Some(charts), Some(grid), Some(p)) = (&self.analyses.charts, chart.grid(), &mut self.project) else { return Vec::new() };
        let ids = grid.point(row, column).items.iter().filter_map(|n| charts.ids.get(*n as usize));
        let items: HashSet<u32> = ids.filter_map(|id| p.index.get(id)).map(|n| *n as u32).collect();
        if items.is_empty() {
            self.toasts.push(Toast::note("There are no items behind this number."));
            return Vec::new();
        }
        let names = [grid.rows.names.get(row), grid.columns.names.get(column)];
        let place: Vec<&str> = names.into_iter().flatten().map(String::as_str).filter(|n| !n.is_empty()).collect();
        p.queue.filters = Filters { chart: Some(format!("{}: {}", chart.title, place.join(", "))), ..Filters::default() };
        p.queue.query.clear();
        p.queue.generation += 1;
        (p.queue.hits, p.queue.by_answers, p.queue.by_structure) = (None, None, None);
        let first = items.iter().min().copied();
        p.queue.by_chart = Some(items);
        self.rows_changed();
        let models = matches!(chart.section, Section::Models | Section::Why);
        let mut effects = self.enter(if models { Workspace::Compare } else { Workspace::Review });
        effects.extend(first.into_iter().flat_map(|n| self.select(n as usize)));
        effects
    }

    /// Takes the filter of a chart away.
    pub(super) fn leave_chart(&mut self) {
        if let Some(p) = &mut self.project {
            (p.queue.filters.chart, p.queue.by_chart) = (None, None);
        }
        self.rows_changed();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charts_hold_until_the_project_changes_and_a_stopped_job_does_not_renew_them() {
        let charts = Charts { project: "p".into(), ids: Vec::new(), charts: Vec::new(), cleaning: Cleaning::NONE };
        let mut state = AppState { workspace: Workspace::Analyse, ..AppState::default() };
        assert!(state.want_charts().is_none(), "there is no project");
        state.analyses.charts = Some(Arc::new(charts));
        assert!(!state.analyses.stale());
        state.analyses.changed();
        assert!(state.analyses.stale());
        let effect = state.make_charts(false);
        assert!(matches!(effect, Effect::Analyses(AnalysesEffect::Make { volumes: false, .. })) && state.analyses.making);
        state.apply_analyses(AnalysesCommand::Stopped);
        assert!(state.analyses.stale() && state.analyses.stopped && !state.analyses.making);
    }
}
