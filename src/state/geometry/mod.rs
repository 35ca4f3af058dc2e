//! The geometry panel: what of the case is measured, in which order its tables stand, which pairs they hold, and the volumes over the
//! project's cases.
//!
//! Measures belong to the scene on screen and are kept with the [`super::Witness`], which judges claims by them: each is taken once.
//! While the panel is open, what it shows and what is not measured yet is asked for by [`AppState::measure_for_panel`].

mod columns;
mod standings;
mod tables;
#[cfg(test)]
pub(crate) mod tests;

pub use columns::{OfLabel, OfPair, OfSides, Sort};
pub use standings::Standings;

use super::{AppState, Effect, Layout, QueueCommand, Toast};
use crate::formats::measures::{label_table, pair_table};
use crate::geometry::judge::Figure;
use crate::geometry::measures::{CaseMeasures, PairMeasures};
use crate::geometry::{MeasureError, Sides};
use crate::gpu::{Scene, SceneKey};
use crate::project::check::Standing;
use crate::project::measure::volumes::{Volumes, key};
use crate::qa::count;
use crate::volume::LabelSet;
use std::collections::HashMap;
use std::sync::Arc;

/// Pairs of more structures than these of an item are not measured unasked.
const MOST_NAMED: usize = 6;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tab {
    #[default]
    Structures,
    Pairs,
    /// Left against right.
    Sides,
    /// One structure over all cases.
    Cases,
}

/// How far something is measured.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Progress {
    #[default]
    Nothing,
    UnderWay,
    Done,
    /// Stopped, or impossible; the text says which.
    Not(String),
}

/// The panel below the images.
#[derive(Debug, Default)]
pub struct GeometryPanel {
    pub tab: Tab,
    /// Words of the structure's name.
    pub query: String,
    pub sort: Sort<OfLabel>,
    pub pair_sort: Option<Sort<OfPair>>,
    pub side_sort: Option<Sort<OfSides>>,
    /// Shapes and HU of the scene's structures.
    pub measuring: Progress,
    /// Indices of the structures that the table shows, in its order.
    pub rows: Vec<usize>,
    /// Pairs that the table shows, in its order; each is in ascending order itself.
    pub pairs: Vec<[usize; 2]>,
    /// Left-right pairs in the order of the table.
    pub sides: Vec<Sides>,
    /// Two structures that are about to be a pair.
    pub choice: [Option<usize>; 2],
    /// Pairs that were chosen, latest first.
    chosen: Vec<[usize; 2]>,
    /// Pairs that were asked for, with or without their surfaces, and whether they are being measured; else they could not be.
    asked: HashMap<([usize; 2], bool), bool>,
    /// Of which scene all this is, and of which measures the rows are.
    scene: Option<SceneKey>,
    listed: Option<Arc<CaseMeasures>>,
    stale: bool,
    mentions: Vec<usize>,
    /// The structure whose volumes are shown over all cases; `None`: the selected one.
    pub over_cases: Option<String>,
    /// Volumes over the project's cases.
    pub volumes: Option<Arc<Volumes>>,
    pub measuring_cases: Progress,
}

#[derive(Debug)]
pub enum GeometryCommand {
    /// Opens or closes the panel.
    Toggle,
    Tab(Tab),
    Query(String),
    /// By this column; again turns the order round.
    Sort(OfLabel),
    SortPairs(OfPair),
    SortSides(OfSides),
    /// One of the two structures of a new pair, which is measured once both are there.
    Choose(usize, usize),
    /// Distances between whole surfaces.
    Surfaces([usize; 2]),
    /// Go there and draw it, or hide it when it is drawn already.
    Show(Figure),
    /// The pointer is on a number.
    Light(Option<Figure>),
    /// Measure again what was stopped.
    Measure,
    /// Answers of [`GeometryEffect::Measure`]: places at once, shapes later.
    Measured {
        scene: SceneKey,
        measures: CaseMeasures,
        whole: bool,
    },
    NotMeasured {
        scene: SceneKey,
        why: MeasureError,
    },
    PairMeasured {
        scene: SceneKey,
        pair: PairMeasures,
    },
    PairNotMeasured {
        scene: SceneKey,
        pair: [usize; 2],
        surfaces: bool,
        why: MeasureError,
    },
    /// One structure's volumes over all cases, by the name under which cases are put together.
    OverCases(String),
    FollowSelection,
    MeasureCases,
    StopCases,
    CasesMeasured(Result<Arc<Volumes>, String>),
    /// The first item of a case.
    OpenCase(crate::qa::CaseId),
    /// The table on screen as CSV.
    Copy,
    /// Hold every answer against geometry.
    Check,
    Checked(Result<(String, Vec<String>), String>),
    Standings(Vec<Standing>),
}

#[derive(Debug)]
pub enum GeometryEffect {
    /// Shapes and HU of every structure of a scene.
    Measure(Arc<Scene>),
    /// Pairs of a scene, with or without the distances between whole surfaces.
    Pairs {
        scene: Arc<Scene>,
        pairs: Vec<[usize; 2]>,
        surfaces: bool,
    },
    MeasureCases,
    StopCases,
    Check,
    FetchStandings,
    CopyText(String),
}

impl AppState {
    pub(super) fn apply_geometry(&mut self, command: GeometryCommand) -> Vec<Effect> {
        match command {
            GeometryCommand::Toggle => return self.toggle_geometry(),
            GeometryCommand::Tab(tab) => self.geometry.relist(|g| g.tab = tab),
            GeometryCommand::Query(query) => self.geometry.relist(|g| g.query = query),
            GeometryCommand::Sort(by) => self.geometry.relist(|g| g.sort = Sort::next(Some(g.sort), by)),
            GeometryCommand::SortPairs(by) => self.geometry.relist(|g| g.pair_sort = Some(Sort::next(g.pair_sort, by))),
            GeometryCommand::SortSides(by) => self.geometry.relist(|g| g.side_sort = Some(Sort::next(g.side_sort, by))),
            GeometryCommand::Choose(place, index) => self.geometry.choose(place, index),
            GeometryCommand::Surfaces(pair) => return self.ask_pairs(vec![pair], true).into_iter().collect(),
            GeometryCommand::Show(figure) => self.show_figure(figure),
            GeometryCommand::Light(figure) => self.witness.light_figure(figure),
            GeometryCommand::Measure => self.geometry.measuring = Progress::Nothing,
            GeometryCommand::OverCases(name) => self.geometry.over_cases = Some(name),
            GeometryCommand::FollowSelection => self.geometry.over_cases = None,
            GeometryCommand::MeasureCases => return self.measure_cases(),
            GeometryCommand::StopCases => return vec![Effect::Geometry(GeometryEffect::StopCases)],
            GeometryCommand::OpenCase(case) => return self.open_case(&case),
            GeometryCommand::Copy => return self.copy_table().into_iter().collect(),
            GeometryCommand::Check => return self.check_answers(),
            answer => return self.geometry_answer(answer),
        }
        Vec::new()
    }

    fn geometry_answer(&mut self, answer: GeometryCommand) -> Vec<Effect> {
        match answer {
            GeometryCommand::Measured { scene, measures, whole } if self.is_measured(scene) => {
                self.witness.absorb(scene, measures);
                if whole {
                    self.geometry.measuring = Progress::Done;
                }
            }
            GeometryCommand::NotMeasured { scene, why } if self.is_measured(scene) => {
                self.geometry.measuring = Progress::Not(in_words(why));
            }
            GeometryCommand::PairMeasured { scene, pair } if self.is_measured(scene) => {
                let asked = &mut self.geometry.asked;
                asked.remove(&([pair.a, pair.b], pair.surface.is_some()));
                self.witness.absorb_pair(scene, pair);
            }
            GeometryCommand::PairNotMeasured { scene, pair, surfaces, why } if self.is_measured(scene) => {
                match surfaces {
                    true => _ = self.geometry.asked.remove(&(pair, surfaces)), // can be asked for again
                    false => _ = self.geometry.asked.insert((pair, surfaces), false),
                }
                if why != MeasureError::Cancelled {
                    self.toasts.push(Toast::error(format!("The pair could not be measured: {why}.")));
                }
            }
            GeometryCommand::CasesMeasured(done) => self.cases_measured(done),
            GeometryCommand::Checked(done) => return self.checked(done),
            GeometryCommand::Standings(all) => self.take_standings(&all),
            _ => {} // of a case that is no longer on screen
        }
        Vec::new()
    }

    /// The panel's measures are of this scene, and it is on screen.
    fn is_measured(&self, scene: SceneKey) -> bool {
        let shown = self.project.as_ref().and_then(|p| p.scene()).map(|s| s.key());
        self.geometry.scene == Some(scene) && shown == Some(scene)
    }

    fn toggle_geometry(&mut self) -> Vec<Effect> {
        let layout = self.settings.layout;
        self.settings.layout = Layout { geometry_open: !layout.geometry_open, ..layout };
        self.witness.light_figure(None);
        vec![self.save_settings()]
    }

    /// Asks for what the open panel shows and nobody has measured, and brings its tables up to date. Called after every command.
    pub(super) fn measure_for_panel(&mut self) -> Vec<Effect> {
        let shown = self.project.as_ref().and_then(|p| p.scene()).filter(|s| s.labels().is_some()).cloned();
        let (true, Some(scene)) = (self.settings.layout.geometry_open, shown) else { return Vec::new() };
        let mut effects = Vec::new();
        if self.geometry.scene != Some(scene.key()) {
            self.geometry.leave_scene(scene.key());
        }
        if self.geometry.measuring == Progress::Nothing {
            self.geometry.measuring = Progress::UnderWay;
            effects.push(Effect::Geometry(GeometryEffect::Measure(Arc::clone(&scene))));
        }
        let mentions = self.project.as_ref().and_then(|p| p.current.as_ref()).map_or(&[][..], |c| &c.mentions);
        if self.geometry.mentions != mentions {
            self.geometry.mentions = mentions.to_vec();
            self.geometry.stale = true;
        }
        self.list(&scene);
        if self.geometry.tab == Tab::Pairs {
            effects.extend(self.ask_pairs(self.geometry.pairs.clone(), false));
        }
        effects
    }

    /// Tables again, when measures, order or search changed.
    fn list(&mut self, scene: &Scene) {
        let (Some(labels), Some(measures)) = (scene.labels(), self.witness.measures(scene.key())) else { return };
        let same = self.geometry.listed.as_ref().is_some_and(|m| Arc::ptr_eq(m, measures));
        if !same || self.geometry.stale {
            let measures = Arc::clone(measures);
            self.geometry.list(labels, &measures);
            self.geometry.listed = Some(measures);
        }
    }

    /// Those pairs of the scene that are neither measured nor being measured.
    fn ask_pairs(&mut self, pairs: Vec<[usize; 2]>, surfaces: bool) -> Option<Effect> {
        let scene = self.project.as_ref().and_then(|p| p.scene()).filter(|s| Some(s.key()) == self.geometry.scene).cloned()?;
        let measures = self.witness.measures(scene.key())?;
        let known = |[a, b]: [usize; 2]| measures.pair(a, b).is_some_and(|p| !surfaces || p.surface.is_some());
        let asked = &mut self.geometry.asked;
        let pairs: Vec<_> = pairs.into_iter().filter(|p| !known(*p) && !asked.contains_key(&(*p, surfaces))).collect();
        asked.extend(pairs.iter().map(|p| ((*p, surfaces), true)));
        (!pairs.is_empty()).then_some(Effect::Geometry(GeometryEffect::Pairs { scene, pairs, surfaces }))
    }

    fn measure_cases(&mut self) -> Vec<Effect> {
        if self.project.is_none() || self.geometry.measuring_cases == Progress::UnderWay {
            return Vec::new();
        }
        self.geometry.measuring_cases = Progress::UnderWay;
        vec![Effect::Geometry(GeometryEffect::MeasureCases)]
    }

    fn cases_measured(&mut self, done: Result<Arc<Volumes>, String>) {
        if self.geometry.measuring_cases != Progress::UnderWay {
            return; // of a project that was closed or changed meanwhile
        }
        match done {
            Ok(volumes) => {
                let why = format!("Stopped after {}; what is measured is kept.", count(volumes.cases.len(), "case"));
                self.geometry.measuring_cases = if volumes.stopped { Progress::Not(why) } else { Progress::Done };
                self.geometry.volumes = Some(volumes);
            }
            Err(why) => {
                self.geometry.measuring_cases = Progress::Not(why.clone());
                self.toasts.push(Toast::error(why));
            }
        }
    }

    fn open_case(&mut self, case: &crate::qa::CaseId) -> Vec<Effect> {
        let first = self.project.as_ref().and_then(|p| p.items.iter().position(|row| row.id.case == *case));
        match first {
            Some(index) => self.apply_queue(QueueCommand::Select(index)),
            None => {
                self.toasts.push(Toast::note(format!("There is no item about {case}.")));
                Vec::new()
            }
        }
    }

    /// The key of the structure whose volumes over all cases are shown: the chosen one, else the selected one, else the first that the item
    /// names.
    pub fn structure_over_cases(&self, volumes: &Volumes) -> String {
        if let Some(chosen) = &self.geometry.over_cases {
            return chosen.clone();
        }
        let p = self.project.as_ref();
        let labels = p.and_then(|p| p.scene()).and_then(|s| s.labels());
        let named = p.and_then(|p| p.current.as_ref()).and_then(|c| c.mentions.first().copied());
        let index = self.viewer.structures.selected().or(named);
        let of_scene = index.zip(labels).and_then(|(n, l)| l.table.get(n)).map(|l| key(&l.name).to_owned());
        of_scene.or_else(|| volumes.names().next().map(str::to_owned)).unwrap_or_default()
    }

    /// The volumes of the structure that is shown over all cases.
    fn copy_cases(&mut self) -> Option<Effect> {
        let volumes = self.geometry.volumes.as_ref()?;
        let table = tables::over_cases(volumes, &self.structure_over_cases(volumes));
        let text = table.csv().ok().and_then(|bytes| String::from_utf8(bytes).ok())?;
        self.toasts.push(Toast::note(format!("Copied {} as CSV.", count(table.rows(), "case"))));
        Some(Effect::Geometry(GeometryEffect::CopyText(text)))
    }

    fn copy_table(&mut self) -> Option<Effect> {
        if self.geometry.tab == Tab::Cases {
            return self.copy_cases();
        }
        let p = self.project.as_ref()?;
        let measures = self.witness.measures(p.scene()?.key())?;
        let case = p.current_row()?.id.case.0.clone();
        let pairs = self.geometry.tab == Tab::Pairs;
        let cases = [(case, CaseMeasures::clone(measures))];
        let table = if pairs { pair_table(&cases) } else { label_table(&cases) };
        let text = table.csv().ok().and_then(|bytes| String::from_utf8(bytes).ok())?;
        let what = count(table.rows(), if pairs { "pair" } else { "structure" });
        self.toasts.push(Toast::note(format!("Copied {what} as CSV.")));
        Some(Effect::Geometry(GeometryEffect::CopyText(text)))
    }

    /// Another project, or the same one with other cases in it.
    pub(super) fn forget_cases(&mut self) {
        self.geometry.volumes = None;
        self.geometry.measuring_cases = Progress::Nothing;
    }
}

impl GeometryPanel {
    fn relist(&mut self, change: impl FnOnce(&mut Self)) {
        change(self);
        self.stale = true;
    }

    /// Another case is on screen: what was measured and chosen is of the one before.
    fn leave_scene(&mut self, scene: SceneKey) {
        self.scene = Some(scene);
        self.measuring = Progress::Nothing;
        self.choice = [None; 2];
        self.chosen.clear();
        self.asked.clear();
        self.listed = None;
        self.rows.clear();
        self.pairs.clear();
        self.sides.clear();
    }

    fn choose(&mut self, place: usize, index: usize) {
        if let Some(choice) = self.choice.get_mut(place) {
            *choice = Some(index);
        }
        if let [Some(a), Some(b)] = self.choice
            && a != b
        {
            let pair = [a.min(b), a.max(b)];
            self.chosen.retain(|p| *p != pair);
            self.chosen.insert(0, pair);
            self.choice = [None; 2];
            self.stale = true;
        }
    }

    pub fn is_being_measured(&self, pair: [usize; 2], surfaces: bool) -> bool {
        self.asked.get(&(pair, surfaces)) == Some(&true)
    }

    /// Only of the table on screen: there may be many thousand structures.
    fn list(&mut self, labels: &LabelSet, measures: &CaseMeasures) {
        match self.tab {
            Tab::Structures => self.rows = tables::structures(labels, measures, &self.query, self.sort),
            Tab::Pairs => {
                let named = tables::pairs_of(&self.mentions[..self.mentions.len().min(MOST_NAMED)]);
                self.pairs = tables::pairs(labels, measures, &self.chosen, named, self.pair_sort);
            }
            Tab::Sides => self.sides = tables::sides(labels, measures, self.side_sort),
            Tab::Cases => {}
        }
        self.stale = false;
    }
}

fn in_words(why: MeasureError) -> String {
    if why == MeasureError::Cancelled { "Stopped.".to_owned() } else { format!("Not measured: {why}.") }
}
