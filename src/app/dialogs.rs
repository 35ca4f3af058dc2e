//! The system's file dialogs, on a thread of their own so that the window keeps drawing.

use super::mailbox::Mailbox;
use crate::jobs;
use crate::project::import::ImportRequest;
use crate::state::{
    AnalysesCommand, Command, CompareCommand, CompareWith, Dialog, ExportOptions, FilePick, NameRun, ProjectCommand, ShotCommand, Toast,
};
use rfd::AsyncFileDialog;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Asks for what `pick` needs and sends the command that follows from the answer; a cancelled dialog sends nothing.
pub fn ask(pick: FilePick, mailbox: &Mailbox) {
    let mail = mailbox.clone();
    // Dialogs are created here (macOS wants the main thread) and awaited there.
    let answer = dialog(&pick);
    let no_dialog = no_dialog(&pick);
    let asked = Instant::now();
    let started = jobs::spawn("voxaudit-dialog", "", 0, move |_| match pollster::block_on(answer) {
        Some(paths) => command(pick, &paths).into_iter().for_each(|c| mail.send(c)),
        None if asked.elapsed() < NOBODY => mail.send(Command::Toast(Toast::warning(no_dialog))),
        None => {}
    });
    if let Err(e) = started {
        mailbox.send(Command::Toast(Toast::error(format!("the file dialog could not be opened: {e}"))));
    }
}

/// Nobody cancels a dialog this fast: it was never shown.
const NOBODY: Duration = Duration::from_millis(300);
/// What to do on a desktop without file dialogs. Only what really does the same is named: a folder of masks that is dropped on the window
/// is imported and not compared with, and a model's answers would be taken for questions.
fn no_dialog(pick: &FilePick) -> String {
    const INSTALL: &str = "Install zenity or a desktop portal (xdg-desktop-portal)";
    let instead = match pick {
        FilePick::OpenProject => "Drop the project on this window instead, or use `voxaudit open`.".to_owned(),
        FilePick::NewProject => {
            "Drop questions, reports or a folder of images on this window instead: that makes a project. Or use `voxaudit import`."
                .to_owned()
        }
        FilePick::ImportQa | FilePick::ImportReports => "Drop the files on this window instead, or use `voxaudit import`.".to_owned(),
        FilePick::ImportImages => "Drop the folder on this window instead, or use `voxaudit import --images`.".to_owned(),
        FilePick::ImportMasks => "Use `voxaudit import --masks` instead.".to_owned(),
        FilePick::ImportAnswers => "Use `voxaudit import --answers` instead.".to_owned(),
        FilePick::ImportVerdicts => "Use `voxaudit import --verdicts` instead.".to_owned(),
        FilePick::Copy => {
            format!("{INSTALL} to choose a name for the copy. A copy that is needed is made beside the project when the window closes.")
        }
        FilePick::Root(name) => format!("{INSTALL} to choose the folder of data root {name}."),
        FilePick::CompareFolder | FilePick::CompareFile => format!("{INSTALL} to choose masks to compare with."),
        FilePick::Image(_) => "Copy the picture instead, or use `voxaudit snapshot`.".to_owned(),
        FilePick::Chart(_) => "Use `voxaudit report`, which writes every chart.".to_owned(),
        FilePick::Export(_) => "Type the folder's path instead, or use `voxaudit export`.".to_owned(),
    };
    format!("This desktop has no file dialog. {instead}")
}

type Answer = std::pin::Pin<Box<dyn Future<Output = Option<Vec<PathBuf>>> + Send>>;

fn dialog(pick: &FilePick) -> Answer {
    let new = AsyncFileDialog::new();
    let project = |d: AsyncFileDialog| d.add_filter("voxaudit project", &["voxaudit"]);
    let json = |d: AsyncFileDialog| d.add_filter("JSON, JSONL", &["json", "jsonl"]);
    match pick {
        FilePick::OpenProject => one(project(new.set_title("Open a project")).pick_file()),
        FilePick::NewProject => one(project(new.set_title("New project").set_file_name("study.voxaudit")).save_file()),
        FilePick::ImportQa => many(json(new.set_title("Questions to import")).pick_files()),
        FilePick::ImportReports => many(json(new.set_title("Reports to import")).pick_files()),
        FilePick::ImportImages => one(new.set_title("Folder with images").pick_folder()),
        FilePick::ImportMasks => one(new.set_title("Folder with masks").pick_folder()),
        FilePick::ImportAnswers => one(json(new.set_title("A model's answers")).pick_file()),
        FilePick::ImportVerdicts => one(json(new.set_title("A judge's verdicts")).pick_file()),
        FilePick::Copy => one(project(new.set_title("Save a copy").set_file_name("copy.voxaudit")).save_file()),
        FilePick::Root(name) => one(new.set_title(format!("Folder of data root {name}")).pick_folder()),
        FilePick::CompareFolder => one(new.set_title("Folder of masks to compare with").pick_folder()),
        FilePick::CompareFile => {
            one(new.set_title("Label map to compare with").add_filter("NIfTI", &["nii", "gz", "hdr", "img"]).pick_file())
        }
        FilePick::Chart(file) => {
            let (title, name) = (format!("Save the chart as {}", file.format.name()), file.file_name());
            one(new.set_title(title).set_file_name(name).add_filter(file.format.name(), &[file.format.extension()]).save_file())
        }
        FilePick::Image(picture) => {
            let title = format!("Save the {}", picture.0.title);
            one(new.set_title(title).set_file_name(&picture.0.file_name).add_filter("PNG", &["png"]).save_file())
        }
        FilePick::Export(_) => one(new.set_title("New folder for the export").set_file_name("audited").save_file()),
    }
}

fn one(picked: impl Future<Output = Option<rfd::FileHandle>> + Send + 'static) -> Answer {
    Box::pin(async { picked.await.map(|f| vec![f.path().to_path_buf()]) })
}

fn many(picked: impl Future<Output = Option<Vec<rfd::FileHandle>>> + Send + 'static) -> Answer {
    Box::pin(async { picked.await.map(|files| files.iter().map(|f| f.path().to_path_buf()).collect()) })
}

fn command(pick: FilePick, paths: &[PathBuf]) -> Option<Command> {
    let first = paths.first()?.clone();
    let paths = paths.to_vec();
    let import = |request| Some(Command::Project(ProjectCommand::Import(request)));
    match pick {
        FilePick::OpenProject => Some(Command::Project(ProjectCommand::Open(first))),
        FilePick::NewProject => Some(Command::Project(ProjectCommand::Create(with_extension(first)))),
        FilePick::ImportQa => import(ImportRequest { qa: paths, ..Default::default() }),
        FilePick::ImportReports => import(ImportRequest { reports: paths, ..Default::default() }),
        FilePick::ImportImages => import(ImportRequest { images: paths, ..Default::default() }),
        FilePick::ImportMasks => import(ImportRequest { masks: paths, ..Default::default() }),
        FilePick::ImportAnswers => Some(Command::Open(Dialog::NameRun(NameRun { run: stem(&first), file: first, judge: None }))),
        FilePick::ImportVerdicts => {
            Some(Command::Open(Dialog::NameRun(NameRun { file: first, judge: Some(String::new()), ..NameRun::default() })))
        }
        FilePick::Copy => Some(Command::Project(ProjectCommand::SaveCopy(with_extension(first)))),
        FilePick::Root(name) => Some(Command::Project(ProjectCommand::MapRoot { name, folder: first })),
        FilePick::CompareFolder | FilePick::CompareFile => Some(Command::Compare(CompareCommand::Start(CompareWith::Masks(first)))),
        FilePick::Chart(file) => Some(Command::Analyses(AnalysesCommand::Chosen { file, path: first })),
        FilePick::Image(picture) => Some(match png_name(first) {
            Ok(path) => Command::Shot(ShotCommand::Chosen { picture, path }),
            Err(taken) => Command::Toast(Toast::error(format!("{} exists already; choose another name.", taken.display()))),
        }),
        FilePick::Export(options) => {
            let options = ExportOptions { out: first.display().to_string(), ..options };
            Some(Command::Open(Dialog::Export { options }))
        }
    }
}

/// The file's name as a first guess at the model's.
fn stem(path: &Path) -> String {
    path.file_stem().map_or_else(String::new, |s| s.to_string_lossy().into_owned())
}

fn with_extension(path: PathBuf) -> PathBuf {
    if path.extension().is_some() { path } else { path.with_extension("voxaudit") }
}

/// With the extension `.png`. The dialog asked before replacing a file of the name as typed, not of the one with the extension: that one
/// must be new.
fn png_name(path: PathBuf) -> Result<PathBuf, PathBuf> {
    if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("png")) {
        return Ok(path);
    }
    let mut name = path.into_os_string();
    name.push(".png");
    let path = PathBuf::from(name);
    if path.exists() { Err(path) } else { Ok(path) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_dialog_only_what_does_the_same_is_named() {
        let dropping = |pick: FilePick| no_dialog(&pick).contains("Drop");
        assert!([FilePick::OpenProject, FilePick::ImportQa, FilePick::ImportImages].into_iter().all(dropping));
        let others = [FilePick::ImportMasks, FilePick::ImportAnswers, FilePick::ImportVerdicts, FilePick::Root("ct".into())];
        assert!(!others.into_iter().chain([FilePick::Export(ExportOptions::default())]).any(dropping));
        for pick in [FilePick::CompareFolder, FilePick::CompareFile] {
            assert!(!dropping(pick.clone()) && no_dialog(&pick).contains("Install zenity or a desktop portal"));
        }
    }

    #[test]
    fn a_picture_gets_its_extension_and_replaces_nothing_unasked() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        assert_eq!(png_name(at("a_S1.0")), Ok(at("a_S1.0.png")));
        std::fs::write(at("b.png"), "").unwrap();
        assert_eq!(png_name(at("b")), Err(at("b.png")));
        assert_eq!(png_name(at("b.png")), Ok(at("b.png")), "the dialog asked");
    }
}
