//! Tests of the panel's state: what it asks for, when, and what it does with answers that come too late.

use super::*;
use crate::geometry::judge::{OfOne, OfTwo, Verdict};
use crate::geometry::{Options, measure_case, measure_pair};
use crate::project::check::Source;
use crate::project::measure::CaseOutcome;
use crate::project::{CaseInfo, ItemRow};
use crate::qa::{CaseId, Item, ItemId};
use crate::review::{ReviewState, Status};
use crate::space::{Affine, Grid};
use crate::state::{CaseMessage, Command, StoreMessage};
use crate::volume::{LabelLayer, LabelName, LabelVoxels};

/// A row of 24 voxels: label 1 on 2..=4, label 2 on 8..=13, label 3 on 20..=20; label 4 is absent.
fn scene() -> Arc<Scene> {
    let affine = Affine::from_rows([[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]]).unwrap();
    let value = |n: usize| match (n % 24, n / 24) {
        (2..=4, 4) => 1,
        (8..=13, 4) => 2,
        (20, 4) => 3,
        _ => 0,
    };
    let voxels: Vec<u16> = (0..24 * 9).map(value).collect();
    let layer = LabelLayer { grid: Grid { size: [24, 3, 3], affine }, voxels: LabelVoxels::from_slice(&voxels).unwrap() };
    let names = ["kidney_right", "liver", "kidney_left", "spleen"];
    let name = |(n, name): (usize, &&str)| LabelName { layer: 0, value: n as u16 + 1, name: (*name).to_owned(), color: None };
    Scene::new(None, Some(Arc::new(LabelSet::new(vec![layer], names.iter().enumerate().map(name).collect(), Vec::new()))))
}

fn id(position: u32) -> ItemId {
    ItemId { case: CaseId("c".into()), position }
}

fn row(position: u32) -> ItemRow {
    ItemRow { id: id(position), question: "?".into(), task: None, categories: Vec::new(), has_image: false, has_labels: true }
}

/// A window on a case with those labels whose item names the liver and the right kidney.
pub(crate) fn window() -> (AppState, Arc<Scene>) {
    let mut state = AppState::default();
    let (path, items) = ("p.voxaudit".into(), vec![row(0), row(1)]);
    let (review, roots) = (Box::<ReviewState>::default(), Vec::new());
    let opened = StoreMessage::Opened { path, uuid: String::new(), read_only: false, network: false, items, review, roots, select: None };
    let effects = state.apply(Command::Store(opened));
    assert!(effects.iter().any(|e| matches!(e, Effect::Geometry(GeometryEffect::FetchStandings))), "verdicts are asked for at once");
    let generation = state.project.as_ref().unwrap().generation;
    let (question, answer) = ("Is the liver larger than the right kidney?".into(), "yes".into());
    let item = Item { id: id(0), question, answer, options: Vec::new(), task: None, categories: Vec::new() };
    let case = Box::new(CaseInfo { id: CaseId("c".into()), report: None, image: None, masks: None });
    state.apply(Command::Store(StoreMessage::Item { generation, item, case, said: Vec::new() }));
    let scene = scene();
    let p = state.project.as_mut().unwrap();
    p.case = crate::state::CaseView::Nothing;
    state.apply(Command::Case(CaseMessage::Loaded {
        case: CaseId("c".into()),
        scene: Arc::clone(&scene),
        warnings: Vec::new(),
        stamp: Arc::default(),
    }));
    state.dialog = None;
    (state, scene)
}

fn geometry(state: &mut AppState, command: GeometryCommand) -> Vec<GeometryEffect> {
    let of = |e| if let Effect::Geometry(e) = e { Some(e) } else { None };
    state.apply(Command::Geometry(command)).into_iter().filter_map(of).collect()
}

fn measures(scene: &Scene, shape: bool) -> CaseMeasures {
    measure_case(scene.labels().unwrap(), None, &Options { shape, ..Options::default() }, &()).unwrap()
}

/// The panel is open and everything is measured.
pub(crate) fn open() -> (AppState, Arc<Scene>) {
    let (mut state, scene) = window();
    let asked = geometry(&mut state, GeometryCommand::Toggle);
    assert!(matches!(&asked[..], [GeometryEffect::Measure(s)] if s.key() == scene.key()), "{asked:?}");
    geometry(&mut state, GeometryCommand::Measured { scene: scene.key(), measures: measures(&scene, false), whole: false });
    assert_eq!((state.geometry.measuring.clone(), state.geometry.rows.len()), (Progress::UnderWay, 3), "places are shown at once");
    geometry(&mut state, GeometryCommand::Measured { scene: scene.key(), measures: measures(&scene, true), whole: true });
    assert_eq!(state.geometry.measuring, Progress::Done);
    (state, scene)
}

#[test]
fn what_the_open_panel_shows_is_asked_for_once() {
    let (mut state, scene) = window();
    assert!(geometry(&mut state, GeometryCommand::Tab(Tab::Pairs)).is_empty(), "a closed panel measures nothing");
    geometry(&mut state, GeometryCommand::Tab(Tab::Structures));
    assert_eq!(geometry(&mut state, GeometryCommand::Toggle).len(), 1);
    assert!(geometry(&mut state, GeometryCommand::Query("liver".into())).is_empty());
    geometry(&mut state, GeometryCommand::NotMeasured { scene: scene.key(), why: MeasureError::Cancelled });
    assert_eq!(state.geometry.measuring, Progress::Not("Stopped.".into()));
    assert_eq!(geometry(&mut state, GeometryCommand::Measure).len(), 1, "what was stopped is measured when it is asked for");
    assert!(geometry(&mut state, GeometryCommand::Toggle).is_empty() && !state.settings.layout.geometry_open);
}

#[test]
fn rows_follow_search_and_order() {
    let (mut state, _) = open();
    assert_eq!(state.geometry.rows, [1, 0, 2], "largest first, the absent one left out");
    geometry(&mut state, GeometryCommand::Sort(OfLabel::Measure(crate::geometry::Rank::Volume)));
    assert_eq!(state.geometry.rows, [2, 0, 1]);
    geometry(&mut state, GeometryCommand::Sort(OfLabel::Name));
    assert_eq!(state.geometry.rows, [2, 1, 0], "by the names that are read: left kidney, liver, right kidney");
    geometry(&mut state, GeometryCommand::Query("KIDNEY left".into()));
    assert_eq!(state.geometry.rows, [2]);
}

#[test]
fn pairs_are_those_of_the_item_and_those_that_are_chosen() {
    let (mut state, scene) = open();
    let asked = geometry(&mut state, GeometryCommand::Tab(Tab::Pairs));
    assert!(matches!(&asked[..], [GeometryEffect::Pairs { pairs, surfaces: false, .. }] if *pairs == [[0, 1]]), "{asked:?}");
    assert!(geometry(&mut state, GeometryCommand::Tab(Tab::Pairs)).is_empty(), "once");
    let pair = measure_pair(scene.labels().unwrap(), [0, 1], false, &()).unwrap().unwrap();
    geometry(&mut state, GeometryCommand::PairMeasured { scene: scene.key(), pair });
    assert!(!state.geometry.is_being_measured([0, 1], false));
    let surfaces = geometry(&mut state, GeometryCommand::Surfaces([0, 1]));
    assert!(matches!(&surfaces[..], [GeometryEffect::Pairs { surfaces: true, .. }]));
    let pair = measure_pair(scene.labels().unwrap(), [0, 1], true, &()).unwrap().unwrap();
    geometry(&mut state, GeometryCommand::PairMeasured { scene: scene.key(), pair });
    assert!(geometry(&mut state, GeometryCommand::Surfaces([0, 1])).is_empty(), "known by now");
    geometry(&mut state, GeometryCommand::Choose(0, 2));
    let asked = geometry(&mut state, GeometryCommand::Choose(1, 1));
    assert!(matches!(&asked[..], [GeometryEffect::Pairs { pairs, .. }] if *pairs == [[1, 2]]), "{asked:?}");
    assert_eq!((&state.geometry.pairs[..], state.geometry.choice), (&[[1, 2], [0, 1]][..], [None; 2]));
    geometry(
        &mut state,
        GeometryCommand::PairNotMeasured { scene: scene.key(), pair: [1, 2], surfaces: false, why: MeasureError::Cancelled },
    );
    assert!(!state.geometry.is_being_measured([1, 2], false));
    assert!(geometry(&mut state, GeometryCommand::Sort(OfLabel::Components)).is_empty(), "what was stopped is not begun again by itself");
    geometry(&mut state, GeometryCommand::Tab(Tab::Sides));
    assert_eq!(state.geometry.sides.len(), 1);
}

#[test]
fn a_figure_is_drawn_kept_and_hidden_and_a_claim_takes_its_place() {
    let (mut state, _) = open();
    let figure = Figure::One(1, OfOne::Extent(0));
    geometry(&mut state, GeometryCommand::Light(Some(figure)));
    assert!((state.witness.drawn().unwrap().0.lines[0].length_mm - 6.0).abs() < 1e-9);
    let gap = Figure::Two([0, 1], OfTwo::Gap);
    geometry(&mut state, GeometryCommand::Light(Some(gap)));
    assert!(state.witness.drawn().is_none() && state.witness.lit_figure() == Some(gap), "not measured: known to be pointed at, not drawn");
    geometry(&mut state, GeometryCommand::Light(None));
    assert!(state.witness.drawn().is_none());
    geometry(&mut state, GeometryCommand::Show(figure));
    assert_eq!(state.witness.figure(), Some(figure));
    geometry(&mut state, GeometryCommand::Show(figure));
    assert!(state.witness.drawn().is_none(), "again hides it");
    geometry(&mut state, GeometryCommand::Show(Figure::Two([0, 1], OfTwo::Centres)));
    state.apply(Command::Escape);
    assert!(state.witness.drawn().is_none());
    geometry(&mut state, GeometryCommand::Show(Figure::One(3, OfOne::Box)));
    assert!(state.witness.drawn().is_none(), "nothing is drawn of an absent structure");
}

#[test]
fn answers_about_another_case_change_nothing() {
    let (mut state, mine) = open();
    let other = scene();
    let rows = state.geometry.rows.clone();
    geometry(&mut state, GeometryCommand::Measured { scene: other.key(), measures: measures(&other, true), whole: true });
    geometry(&mut state, GeometryCommand::NotMeasured { scene: other.key(), why: MeasureError::Cancelled });
    assert_eq!((state.geometry.measuring.clone(), &state.geometry.rows), (Progress::Done, &rows));
    assert!(state.witness.measures(mine.key()).is_some());
}

#[test]
fn csv_is_copied_of_the_table_on_screen() {
    let (mut state, _) = open();
    let copied = geometry(&mut state, GeometryCommand::Copy);
    let [GeometryEffect::CopyText(text)] = &copied[..] else { panic!("{copied:?}") };
    assert!(text.starts_with("case,name,") && text.lines().count() == 5, "{text}");
}

#[test]
fn the_queue_follows_verdicts_and_decisions() {
    let (mut state, _) = window();
    let standing = |position, source, verdict| Standing { item: id(position), source, verdict: Some(verdict) };
    let all = vec![
        standing(0, Source::Reference, Verdict::Contradicts),
        standing(0, Source::Edited, Verdict::Contradicts),
        standing(1, Source::Reference, Verdict::Supports),
        standing(9, Source::Reference, Verdict::Contradicts),
    ];
    geometry(&mut state, GeometryCommand::Standings(all));
    state.apply(Command::Queue(QueueCommand::AgainstReference(true)));
    assert_eq!(state.project.as_ref().unwrap().queue.shown, 1);
    state.apply(Command::Queue(QueueCommand::AgainstReference(false)));
    state.apply(Command::Queue(QueueCommand::AgainstAccepted(true)));
    assert_eq!(state.project.as_ref().unwrap().queue.shown, 0, "nothing is accepted yet");
    let standings = state.project.as_mut().unwrap().standings.as_mut().unwrap();
    assert_eq!(standings.checked, 2);
    assert_eq!(standings.counts(&[Status::Accepted, Status::Undecided]), [1, 1]);
    assert_eq!(standings.counts(&[Status::Edited, Status::Accepted]), [1, 1]);
    standings.forget_edit(0);
    assert!(!standings.against(0, Status::Edited) && standings.against(0, Status::Undecided));
}

#[test]
fn a_check_runs_alone_and_its_verdicts_are_read_afterwards() {
    let (mut state, _) = window();
    assert!(matches!(&geometry(&mut state, GeometryCommand::Check)[..], [GeometryEffect::Check]));
    assert!(geometry(&mut state, GeometryCommand::Check).is_empty(), "one at a time");
    let after = geometry(&mut state, GeometryCommand::Checked(Ok(("Checked.".into(), Vec::new()))));
    assert!(matches!(&after[..], [GeometryEffect::FetchStandings]) && !state.project.as_ref().unwrap().busy);
    geometry(&mut state, GeometryCommand::Check);
    geometry(&mut state, GeometryCommand::Checked(Ok(("Checked.".into(), vec!["c: unreadable".into()]))));
    assert!(matches!(&state.dialog, Some(crate::state::Dialog::Listing { lines, .. }) if lines.len() == 1));
}

#[test]
fn cases_are_measured_once_at_a_time_and_a_stop_keeps_what_there_is() {
    let (mut state, scene) = window();
    assert_eq!(geometry(&mut state, GeometryCommand::MeasureCases).len(), 1);
    assert!(geometry(&mut state, GeometryCommand::MeasureCases).is_empty());
    assert!(matches!(&geometry(&mut state, GeometryCommand::StopCases)[..], [GeometryEffect::StopCases]));
    let (case, result) = (CaseId("c".into()), Ok(measures(&scene, false)));
    let some = Volumes::of(vec![CaseOutcome { case, result, warnings: Vec::new(), kept: false }], true);
    assert_eq!(some.names().collect::<Vec<_>>(), ["kidney_left", "kidney_right", "liver"], "absent structures have no volume");
    assert_eq!((some.structure("liver").len(), some.structure("spleen").len(), some.fences("liver")), (1, 0, None));
    geometry(&mut state, GeometryCommand::CasesMeasured(Ok(Arc::new(some))));
    assert_eq!(state.geometry.measuring_cases, Progress::Not("Stopped after 1 case; what is measured is kept.".into()));
    assert_eq!(state.geometry.volumes.as_ref().unwrap().cases.len(), 1);
    geometry(&mut state, GeometryCommand::OpenCase(CaseId("nobody".into())));
    assert!(state.toasts.iter().any(|t| t.text.contains("nobody")));
}
