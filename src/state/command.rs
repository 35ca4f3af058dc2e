//! What panels and keys ask for, what effects answer, and what the state asks of the outside.

use super::analyse::{AnalysesCommand, AnalysesEffect, ChartFile};
use super::answers::{AnswerFilter, AnswersCommand};
use super::cine::CineCommand;
use super::compare::{CompareCommand, CompareEffect};
use super::geometry::{GeometryCommand, GeometryEffect};
use super::layout::{LayoutCommand, PaneKind};
use super::shots::{Picture, ShotCommand, ShotEffect};
use super::view3d::View3dCommand;
use super::witness::WitnessCommand;
use super::{Layout, MaskCommand, Settings, ThemeChoice, Toast, ToolCommand, Workspace};
use crate::formats::case::Stamp;
use crate::geometry::measures::CaseMeasures;
use crate::gpu::{Scene, Slab};
use crate::project::check::Said;
use crate::project::export::{ExportRequest, Include};
use crate::project::import::ImportRequest;
use crate::project::{CaseInfo, Drafts, ItemRow, RootInfo};
use crate::qa::{CaseId, Item, ItemId, ModelRun, run_name};
use crate::review::{Action, Criterion, DraftText, Event, NewEvent, ReaderKey, Reason, ReviewState, Reviewer, Status, Tri};
use crate::space::{Convention, Grid, Plane, RasMm};
use std::path::PathBuf;
use std::sync::Arc;

/// A wish of the user, or an answer of the outside.
#[derive(Debug)]
pub enum Command {
    Project(ProjectCommand),
    Queue(QueueCommand),
    Review(ReviewCommand),
    View(ViewCommand),
    Mask(MaskCommand),
    Tool(ToolCommand),
    Layout(LayoutCommand),
    Cine(CineCommand),
    View3d(View3dCommand),
    Compare(CompareCommand),
    Shot(ShotCommand),
    Witness(WitnessCommand),
    Answers(AnswersCommand),
    Analyses(AnalysesCommand),
    Workspace(Workspace),
    Geometry(GeometryCommand),
    Settings(SettingsCommand),
    Store(StoreMessage),
    Case(CaseMessage),
    Open(Dialog),
    CloseDialog,
    Toast(Toast),
    DismissToast(u64),
    Escape,
    /// Seconds of activity since the last such command.
    Active(f64),
    /// Ask the user for a file or folder.
    Pick(FilePick),
    CancelJob(u64),
}

/// What floats over the window.
#[derive(Clone, Debug, PartialEq)]
pub enum Dialog {
    Keys,
    Reviewer {
        name: String,
        initials: String,
    },
    Roots,
    Import,
    Export {
        options: ExportOptions,
    },
    /// What an import or a check found, line by line; `retry` imports what does match.
    Listing {
        title: String,
        lines: Vec<String>,
        retry: Option<ImportRequest>,
    },
    About,
    /// A window of another machine has the project; `message` says which.
    Leased {
        path: PathBuf,
        message: String,
    },
    /// Whose answers, or whose verdicts on whose answers, a file holds.
    NameRun(NameRun),
    /// The error types with definitions and examples.
    Taxonomy,
    /// What is odd about answers and verdicts; an opened finding lists its items.
    Findings {
        open: Option<usize>,
    },
    /// What to compare the case on screen with; the text searches the cases.
    Compare {
        query: String,
    },
}

/// A file of answers or verdicts before it is imported.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NameRun {
    pub file: PathBuf,
    /// `MODEL` or `MODEL@CONDITION`, as typed.
    pub run: String,
    /// `None`: it holds answers.
    pub judge: Option<String>,
}

impl NameRun {
    /// Errors, in words, when a name cannot be stored.
    pub fn request(&self) -> Result<ImportRequest, String> {
        let run = ModelRun::parse(&self.run)?;
        let mut request = ImportRequest::default();
        match &self.judge {
            None => request.answers.push((run, self.file.clone())),
            Some(judge) => request.verdicts.push((run, run_name("judge", judge)?, self.file.clone())),
        }
        Ok(request)
    }
}

/// Choices of the export dialog.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExportOptions {
    /// Folder to write, as typed.
    pub out: String,
    pub include_rejected: bool,
    pub include_undecided: bool,
    pub pseudonyms: bool,
}

impl ExportOptions {
    /// Beside the project, named after it.
    pub fn beside(project: &std::path::Path) -> Self {
        let name = project.file_stem().map_or_else(|| "project".into(), |n| n.to_string_lossy());
        Self { out: project.with_file_name(format!("{name}-audited")).display().to_string(), ..Self::default() }
    }

    pub fn request(&self) -> ExportRequest {
        let include = Include { rejected: self.include_rejected, undecided: self.include_undecided };
        ExportRequest { out: PathBuf::from(self.out.trim()), include, pseudonyms: self.pseudonyms, ..Default::default() }
    }
}

/// Which file is asked for, so that the answer can be turned into a command.
#[derive(Clone, Debug, PartialEq)]
pub enum FilePick {
    OpenProject,
    NewProject,
    ImportQa,
    ImportReports,
    ImportImages,
    ImportMasks,
    ImportAnswers,
    ImportVerdicts,
    Root(String),
    /// Where to save a copy of the project.
    Copy,
    Export(ExportOptions),
    /// Masks to compare with: a folder with one file per structure, or a label map.
    CompareFolder,
    CompareFile,
    /// Where to save a chart.
    Chart(ChartFile),
    /// Where to save a picture.
    Image(Picture),
}

#[derive(Debug)]
pub enum ProjectCommand {
    Open(PathBuf),
    /// Although a window of another machine has it.
    OpenAnyway(PathBuf),
    Create(PathBuf),
    Demo,
    Close,
    Import(ImportRequest),
    /// The same, once the project that is being opened is there.
    ImportWhenOpen(ImportRequest),
    Export(ExportRequest),
    /// Folders or files dropped on the window: sniffed and imported.
    Dropped(Vec<PathBuf>),
    SetReviewer(Reviewer),
    MapRoot {
        name: String,
        folder: PathBuf,
    },
    Verify,
    /// The whole project into a new file.
    SaveCopy(PathBuf),
}

#[derive(Clone, Debug, PartialEq)]
pub enum QueueCommand {
    /// Select an item by its index in source order.
    Select(usize),
    Step(i64),
    NextUndecided,
    Query(String),
    Status(Option<Status>),
    Task(Option<crate::qa::Task>),
    Category(Option<crate::qa::Category>),
    HasImage(bool),
    Flagged(bool),
    Mine(bool),
    Answers(Option<AnswerFilter>),
    AgainstReference(bool),
    AgainstAccepted(bool),
    /// Takes away what a chart showed.
    LeaveChart,
    ClearFilters,
    ToggleCase(usize),
}

#[derive(Clone, Debug, PartialEq)]
pub enum ReviewCommand {
    Accept,
    StartEdit,
    StartReject,
    Reason(Reason),
    /// Saves an edit, or a rejection whose reason is chosen.
    Confirm,
    Cancel,
    Criterion(Criterion, Option<Tri>),
    Note(String),
    EditQuestion(String),
    EditAnswer(String),
    ToggleFlag,
    Undo,
    Redo,
    /// Tries to write a decision again that could not be saved.
    Retry(ItemId),
    /// Writes what is typed on this item to the project now.
    KeepDraft,
    /// Forgets what is typed on this item: it shows what stands again.
    DiscardDraft,
    /// Shows the next item that has a draft.
    NextDraft,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ViewCommand {
    Cross(RasMm),
    Hover(Option<(Plane, RasMm)>),
    /// How thick the slices of the planes are.
    Slab(Slab),
    /// Thin, or as thick as last.
    ToggleSlab,
    /// Turns the crosshair in the view of a plane, clockwise.
    Turn {
        plane: Plane,
        degrees: f64,
    },
    /// Slices towards the plane's positive patient axis.
    Scroll {
        plane: Plane,
        slices: f64,
    },
    /// First or last slice.
    End {
        plane: Plane,
        last: bool,
    },
    /// Zoom by a factor keeping `anchor` where it is on screen.
    Zoom {
        plane: Plane,
        factor: f64,
        anchor: RasMm,
    },
    /// Move the image by a patient-space vector in the plane.
    Pan {
        plane: Plane,
        by_mm: (f64, f64),
    },
    Preset(usize),
    Window(crate::volume::Window),
    /// Drag in points: right = wider, up = brighter.
    WindowDrag {
        dx: f32,
        dy: f32,
    },
    WindowDragEnd,
    ArmWindowDrag,
    /// Fill the area with a pane, or go back.
    Maximise(PaneKind),
    /// The pointer or the keyboard's focus came to a pane.
    Pointed(PaneKind),
    /// One voxel of the finest in-plane axis is one physical pixel: in a plane, or in all.
    OneToOne(Option<Plane>),
    /// The whole slice, in a plane or in all.
    Fit(Option<Plane>),
    ToggleInvert,
    ToggleMasks,
    ToggleOutline,
    Opacity(f32),
    OpacityStep(f32),
    ToggleCrosshair,
    ToggleInterpolation,
    Reset,
    /// Crosshair to a structure, by index in the label table.
    JumpTo(usize),
    /// Previous or next structure that the item mentions.
    CycleStructure(i64),
}

#[derive(Clone, Debug, PartialEq)]
pub enum SettingsCommand {
    Theme(ThemeChoice),
    TextScale(f32),
    Convention(Convention),
    Layout(Layout),
    /// Bind an action (by its stable name) to a key; `None` goes back to the default.
    Key {
        action: String,
        shortcut: Option<String>,
    },
    /// Memory for decoded images in MiB; `None`: a third of the machine's.
    ImageMemory(Option<u32>),
    Forget(PathBuf),
}

/// Answers of the project's threads.
#[derive(Debug)]
pub enum StoreMessage {
    Opened {
        path: PathBuf,
        /// Identity of the project, whatever its file is called.
        uuid: String,
        read_only: bool,
        /// It lies on a file system that other machines write to as well.
        network: bool,
        items: Vec<ItemRow>,
        review: Box<ReviewState>,
        roots: Vec<RootInfo>,
        /// Select this item first.
        select: Option<ItemId>,
    },
    /// Items changed after an import, or roots after a mapping: same project, fresh lists.
    Refreshed {
        items: Vec<ItemRow>,
        review: Box<ReviewState>,
        roots: Vec<RootInfo>,
    },
    /// Another program wrote events.
    Review(Box<ReviewState>),
    OpenFailed {
        path: PathBuf,
        message: String,
        /// A window of another machine has it: it can be opened with consent.
        leased: bool,
    },
    /// The other windows that have the project open now.
    Company(Vec<String>),
    /// An event is on disk.
    Saved(Box<Event>),
    /// An event is not on disk; `item` is whose decision, or whose measurement with the id `annotation`, is still pending.
    NotSaved {
        item: Option<ItemId>,
        annotation: Option<String>,
        /// What was said about a model's answer to `item`.
        about_answer: Option<Box<Action>>,
        message: String,
    },
    /// The file is no longer what the path names, or not whole: nothing is saved any more.
    Lost {
        message: String,
    },
    /// The whole project is in a new file. `moved`: the old one is lost, so the window goes on with this one.
    Copied {
        path: PathBuf,
        moved: bool,
        /// What the copy lacks.
        problems: Vec<String>,
    },
    /// What a reader has typed on items and not decided, and what of it was damaged.
    Drafts {
        reader: ReaderKey,
        drafts: Drafts,
    },
    /// A draft is on disk, or why it is not.
    DraftKept {
        item: ItemId,
        problem: Option<String>,
    },
    /// There was nothing to undo or redo.
    Nothing(&'static str),
    Item {
        generation: u64,
        item: Item,
        case: Box<CaseInfo>,
        /// What its texts say about geometry.
        said: Vec<Said>,
    },
    /// Where the case to be read ahead is.
    Ahead(Box<CaseInfo>),
    Hits {
        generation: u64,
        ids: Vec<ItemId>,
        truncated: bool,
    },
    /// A query failed: the search stays as it was.
    Failed(String),
    Done(String),
    /// An import changed the project: say what, and read it again.
    Imported {
        summary: String,
        lines: Vec<String>,
    },
    /// Nothing was imported because some rows or files match nothing.
    Unmatched {
        lines: Vec<String>,
        request: ImportRequest,
    },
    /// A check found something.
    Found {
        title: String,
        lines: Vec<String>,
    },
}

/// Answers of the jobs that read images.
#[derive(Debug)]
pub enum CaseMessage {
    Loaded {
        case: CaseId,
        scene: Arc<Scene>,
        warnings: Vec<String>,
        /// Of its files, before they were read.
        stamp: Arc<Stamp>,
    },
    /// What has been read so far of a case on `grid`, at a lower resolution and without masks.
    Arriving {
        case: CaseId,
        scene: Arc<Scene>,
        grid: Box<Grid>,
    },
    /// Failed or cancelled; the message says which.
    Failed {
        case: CaseId,
        message: String,
    },
    Retry,
    /// The window is looked at again: the files on disk may be others by now.
    LookedAtAgain,
    /// The files of a case were written since they were read.
    Replaced(CaseId),
    /// SHA-256 of the image of a case as it was read; `stamp` is that of the reading.
    Digested {
        case: CaseId,
        stamp: Arc<Stamp>,
        digest: [u8; 32],
    },
}

/// What must happen outside the state.
#[derive(Debug)]
pub enum Effect {
    OpenProject {
        path: PathBuf,
        create: bool,
        select: Option<ItemId>,
    },
    /// Although a window of another machine has it: the user knows better.
    OpenAnyway(PathBuf),
    CloseProject,
    MakeDemo,
    Import(ImportRequest),
    Export(ExportRequest),
    Dropped(Vec<PathBuf>),
    Verify,
    SaveCopy(PathBuf),
    /// The file was changed by a job: read items, events and roots again.
    Refresh,
    Write(Write),
    KeepDraft(DraftWrite),
    FetchDrafts(ReaderKey),
    FetchItem {
        id: ItemId,
        generation: u64,
    },
    /// Fetch where a case's files are and read them ahead.
    ReadAhead {
        id: ItemId,
    },
    Search {
        query: String,
        generation: u64,
    },
    /// Whether the files of a case are still those that were read.
    CheckFiles {
        case: CaseId,
        stamp: Arc<Stamp>,
        /// Whose digest is wanted: the image on screen while that is not known.
        image: Option<PathBuf>,
    },
    LoadCase {
        case: Box<CaseInfo>,
        ahead: bool,
    },
    /// Count the HU of a volume.
    Histogram(Arc<Scene>),
    /// Find the window for a structure, by index in the label table.
    AutoWindow {
        scene: Arc<Scene>,
        index: usize,
    },
    Compare(CompareEffect),
    Shot(ShotEffect),
    Geometry(GeometryEffect),
    /// Hold what the item's texts say against the labels of a scene.
    Judge {
        generation: u64,
        scene: Arc<Scene>,
        said: Arc<Vec<Said>>,
        /// What was measured of the scene before.
        known: Option<Arc<CaseMeasures>>,
    },
    /// Stop reading cases that nobody waits for.
    CancelLoadsExcept(CaseId),
    MapRoot {
        name: String,
        folder: PathBuf,
    },
    SaveSettings(Box<Settings>),
    Pick(FilePick),
    CancelJob(u64),
    /// Read the votes of all items.
    ReadAnswers,
    Analyses(AnalysesEffect),
}

/// What the writing thread does, in order.
#[derive(Debug)]
pub enum Write {
    Event(Box<NewEvent>),
    Undo(Reviewer),
    Redo(Reviewer),
}

/// A draft on its way to the project; without content it is removed there.
#[derive(Clone, Debug, PartialEq)]
pub struct DraftWrite {
    pub reader: ReaderKey,
    pub item: ItemId,
    pub content: Option<DraftText>,
}
