//! Paths that a project stores, links that come with it, pipes and devices in place of files.

use super::common::Desk;
use super::{Done, Run, json, link, nifti, qa};
use std::path::Path;
use voxaudit::project::Project;
use voxaudit::project::import::ImportRequest;
use voxaudit::qa::CaseId;
use voxaudit::state::{CaseView, Command, ProjectCommand};

/// A folder `study` as it is sent by mail: project, image and masks of one case. What it calls a secret lies outside.
fn mailed() -> Run {
    let run = Run::empty();
    run.file("qa.json", qa("c"));
    run.file("study/data/ct/c.nii", nifti(40));
    run.file("study/data/seg/c.nii", nifti(1));
    run.file("secret/c.nii", nifti(1));
    run.file("secret/masks/spleen.nii", nifti(1));
    run.file("secret/table.json", "{\"1\": \"secret organ\"}");
    run.ok(&["import", "study/p.voxaudit", "--qa", "qa.json", "--images", "study/data/ct", "--masks", "study/data/seg"]);
    assert!(!run.path("cfg/roots.json").exists(), "roots beside the project need no map");
    run
}

/// Nothing of the secret is read by any command, and each ends.
fn refused(run: &Run, words: &[&str]) {
    run.fails(&["measure", "study/p.voxaudit", "--no-cache"], words);
    run.fails(&["check", "study/p.voxaudit"], words);
    let report = run.ok(&["report", "study/p.voxaudit", "--out", "rp"]);
    assert!(!report.out.contains("secret"));
    let table = run.path("rp/volumes.csv");
    assert!(!table.exists() || !std::fs::read_to_string(&table).unwrap().contains("spleen"), "volumes of the secret are in the report");
    let made = run.run(&["generate", "study/p.voxaudit", "--source", "geometry", "--out", "g.jsonl"]);
    assert!(made.err.contains(words[0]), "{}", made.err);
    std::fs::remove_dir_all(run.path("rp")).unwrap();
}

fn measured(run: &Run) -> Done {
    run.ok(&["measure", "study/p.voxaudit", "--no-cache", "--json"])
}

#[test]
fn what_a_project_names_outside_of_its_roots_is_not_read() {
    let run = mailed();
    assert!(measured(&run).out.contains("\"voxels\": 16"), "the case is sound to begin with");
    let secret = run.path("secret/c.nii").display().to_string();
    for path in ["../../secret/c.nii", "x/../../../../secret/c.nii", "..", &secret, "C:/secret/c.nii", "C:c.nii", "..\\..\\secret\\c.nii"] {
        for set in ["UPDATE images SET path = ?1", "UPDATE cases SET masks_path = ?1"] {
            let copy = Run::empty();
            super::common::copy(run.dir.path(), copy.dir.path());
            rusqlite::Connection::open(copy.path("study/p.voxaudit")).unwrap().execute(set, [path]).unwrap();
            copy.fails(&["measure", "study/p.voxaudit", "--no-cache"], &[path, "leads out of its data root"]);
            let case = Project::open(copy.path("study/p.voxaudit")).unwrap().case(&CaseId("c".into())).unwrap().unwrap();
            let files = [case.image.clone().unwrap(), case.masks.clone().unwrap()];
            assert_eq!(files.iter().filter(|f| f.path.is_none() && f.refused.is_some()).count(), 1, "{path}");
            if path == "../../secret/c.nii" {
                refused(&copy, &["../../secret/c.nii", "leads out of its data root"]);
            }
        }
    }
    // Nor by a hint, which is then as if there were none.
    for hint in ["../secret", "/", "C:/", "data\\..\\..", "data/../../secret"] {
        run.sql("study/p.voxaudit", &format!("UPDATE roots SET hint = '{hint}'"));
        let roots = Project::open(run.path("study/p.voxaudit")).unwrap().roots().unwrap();
        assert!(roots.iter().all(|r| r.folder.is_none()), "{hint}: {roots:?}");
    }
}

#[test]
fn links_that_came_with_a_project_do_not_lead_out_of_its_folder() {
    type Trick = fn(&Run);
    let tricks: [(&str, Trick); 6] = [
        ("an image", |run| replace(run, "study/data/ct/c.nii", "secret/c.nii")),
        ("masks", |run| replace(run, "study/data/seg/c.nii", "secret/c.nii")),
        ("a folder on the way", |run| {
            std::fs::remove_dir_all(run.path("study/data/seg")).unwrap();
            link(run.path("secret"), &run.path("study/data/seg"));
        }),
        ("a folder of masks", |run| {
            std::fs::remove_file(run.path("study/data/seg/c.nii")).unwrap();
            link(run.path("secret/masks"), &run.path("study/data/seg/c"));
            run.sql("study/p.voxaudit", "UPDATE cases SET masks_path = 'c'");
        }),
        ("one structure of a folder", |run| {
            std::fs::remove_file(run.path("study/data/seg/c.nii")).unwrap();
            run.file("study/data/seg/c/liver.nii", nifti(1));
            link(run.path("secret/masks/spleen.nii"), &run.path("study/data/seg/c/spleen.nii"));
            run.sql("study/p.voxaudit", "UPDATE cases SET masks_path = 'c'");
        }),
        ("a table of names", |run| link(run.path("secret/table.json"), &run.path("study/data/seg/c.json"))),
    ];
    for (what, trick) in tricks {
        let run = mailed();
        trick(&run);
        // The hint's own folder may be the link; then the root is as if it were not there.
        let words: &[&str] =
            if what == "a folder on the way" { &["seg", "no folder on this machine"] } else { &["a link that came with the project"] };
        refused(&run, words);
        // Once this machine says where the roots are, links are its own business.
        let uuid = Project::open(run.path("study/p.voxaudit")).unwrap().uuid().unwrap();
        let map = serde_json::json!({uuid: {"ct": run.path("study/data/ct"), "seg": run.path("study/data/seg")}});
        run.file("cfg/roots.json", map.to_string());
        assert!(measured(&run).out.contains("\"voxels\": 16"), "{what}");
    }
}

fn replace(run: &Run, file: &str, with: &str) {
    std::fs::remove_file(run.path(file)).unwrap();
    link(run.path(with), &run.path(file));
}

/// As git-annex and DVC lay data out: whoever imports the folder trusts its links, on this machine.
#[test]
fn links_of_a_folder_that_was_imported_here_are_followed() {
    let run = mailed();
    replace(&run, "study/data/seg/c.nii", "secret/c.nii");
    run.fails(&["measure", "study/p.voxaudit"], &["a link that came with the project"]);
    run.ok(&["import", "study/p.voxaudit", "--masks", "study/data/seg"]);
    assert!(measured(&run).out.contains("\"voxels\": 16"));
    // Links that stay inside are nobody's worry.
    let run = mailed();
    std::fs::rename(run.path("study/data/seg/c.nii"), run.path("study/store")).unwrap();
    replace_with_relative(&run);
    assert!(measured(&run).out.contains("\"voxels\": 16"));
}

fn replace_with_relative(run: &Run) {
    link("../../store", &run.path("study/data/seg/c.nii"));
}

#[test]
fn a_name_that_is_a_path_on_other_systems_is_not_imported() {
    let run = Run::empty();
    run.file("qa.json", "{\"a\\\\b\": {\"qa_pairs\": [{\"question\": \"Q?\", \"answer\": \"A\"}]}, \"C:x\": {\"qa_pairs\": [{\"question\": \"Q?\", \"answer\": \"A\"}]}}");
    run.file("ct/C:x.nii", nifti(1));
    let done = run.run(&["import", "p.voxaudit", "--qa", "qa.json", "--images", "ct"]);
    assert!(!done.status.success() && done.err.contains("backslash or a drive"), "{}", done.err);
}

// ---- pipes and devices ----

/// In place of each file that is read, a pipe that nobody writes to, and a device without an end.
#[test]
fn pipes_and_devices_hold_nothing_up() {
    let words = ["not a regular file"];
    for odd in ["pipe", "/dev/zero"] {
        let put = |run: &Run, name: &str| {
            let _ = std::fs::remove_file(run.path(name));
            if odd == "pipe" { _ = run.pipe(name) } else { link(odd, &run.path(name)) }
        };
        // Trusted roots, so that what is tried is the reading.
        let trusted = || {
            let run = mailed();
            let uuid = Project::open(run.path("study/p.voxaudit")).unwrap().uuid().unwrap();
            let map = serde_json::json!({uuid: {"ct": run.path("study/data/ct"), "seg": run.path("study/data/seg")}});
            run.file("cfg/roots.json", map.to_string());
            run
        };
        for name in ["study/data/ct/c.nii", "study/data/seg/c.nii"] {
            let run = trusted();
            put(&run, name);
            run.fails(&["measure", "study/p.voxaudit"], &words);
            run.fails(&["measure", "study/p.voxaudit", "--no-cache"], &words);
            run.fails(&["check", "study/p.voxaudit"], &words);
            run.ok(&["report", "study/p.voxaudit", "--out", "rp"]);
            let masks = ["--labels", "study/data/seg/c.nii"];
            run.fails(&[&["probe", "--ct", "study/data/ct/c.nii", "--at", "1,1,1"], &masks[..]].concat(), &words);
            run.fails(&["measure", name], &words);
            run.fails(&["snapshot", "--ct", name, "--plane", "axial", "--at", "1,1,1", "--out", "x.png"], &words);
        }
        let run = trusted();
        std::fs::remove_file(run.path("study/data/seg/c.nii")).unwrap();
        run.file("study/data/seg/c/liver.nii", nifti(1));
        put(&run, "study/data/seg/c/spleen.nii");
        run.fails(&["measure", "study/data/seg/c"], &["regular file"]);
        // The second half of a pair, and a table beside, which is ignored because it is no file.
        let run = trusted();
        run.file("study/data/seg/c.hdr", &nifti(1)[..348]);
        put(&run, "study/data/seg/c.img");
        run.run(&["measure", "study/data/seg/c.hdr"]);
        put(&run, "study/data/seg/c.json");
        run.ok(&["measure", "study/data/seg/c.nii"]);
        // Files of the program's own.
        for name in ["ex/manifest.json", "cfg/roots.json", "cfg/settings.json"] {
            let run = trusted();
            run.ok(&["export", "study/p.voxaudit", "--out", "ex"]);
            put(&run, name);
            for args in [
                &["export", "study/p.voxaudit", "--out", "ex"][..],
                &["report", "study/p.voxaudit", "--out", "ex"],
                &["measure", "study/p.voxaudit"],
            ] {
                run.run(args); // ends, whatever it says
            }
        }
        let run = trusted();
        run.ok(&["measure", "study/p.voxaudit"]);
        for kept in run.names("cache/measures") {
            put(&run, &format!("cache/measures/{kept}"));
        }
        run.ok(&["measure", "study/p.voxaudit"]);
    }
}

/// A text that a person names on the command line may be a pipe.
#[test]
fn questions_may_come_through_a_pipe() {
    let run = Run::empty();
    run.pipe("qa.pipe");
    let child = run.start(&["import", "p.voxaudit", "--qa", "qa.pipe"]);
    std::fs::write(run.path("qa.pipe"), qa("c")).unwrap();
    let done = super::finish(child, "import");
    assert!(done.status.success(), "{}", done.err);
}

#[test]
fn the_window_says_what_it_does_not_read() {
    let run = mailed();
    run.sql("study/p.voxaudit", "UPDATE images SET path = '../../secret/c.nii'");
    let mut desk = Desk::open(&run.path("study/p.voxaudit"));
    let failed = |view: &CaseView| matches!(view, CaseView::Failed(why) if why.contains("leads out of its data root"));
    desk.until("the case is refused", |s| s.project.as_ref().is_some_and(|p| failed(&p.case)));
    // An import of a pipe ends with a message: nobody could end the wait for its writer.
    let pipe = run.pipe("more.json");
    let request = ImportRequest { qa: vec![pipe], ..ImportRequest::default() };
    desk.harness.state_mut().apply(Command::Project(ProjectCommand::Import(request)));
    desk.until("the pipe is refused", |s| s.toasts.iter().any(|t| t.text.contains("not a regular file")));
}

// ---- the house ----

/// Files of users are opened in one place. Whoever adds another way to read one has to say here why.
#[test]
fn files_are_opened_in_one_place() {
    const ALLOWED: [(&str, &str); 8] = [
        ("formats/regular.rs", "the place"),
        ("formats/held.rs", "texts that are named on the command line, which may be pipes"),
        ("project/lease.rs", "what the system says of its start"),
        ("formats/small.rs", "files of its own that it writes, locks and syncs"),
        ("formats/nifti/mod.rs", "what the system says of its memory"),
        ("jobs/signals.rs", "what the system says of signals"),
        ("project/draft.rs", "the private file that it has just made"),
        ("score/text/sbert.rs", "a model in a folder that is named on the command line; `score` stands below `formats`"),
    ];
    fn walk(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()) {
            if entry.is_dir() { walk(&entry, found) } else { found.push(entry) }
        }
    }
    let (src, mut files) = (Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), Vec::new());
    walk(&src, &mut files);
    let opens = |text: &str| {
        let code = text.split("#[cfg(test)]").next().unwrap();
        ["File::open(", "fs::read(", "read_to_string(\"", "fs::read_to_string(", "OpenOptions::new()"].iter().any(|w| code.contains(w))
    };
    assert!(opens("let x = std::fs::read(path);") && !opens("regular::read(path, 3)"));
    let odd: Vec<String> = files
        .iter()
        .filter(|f| opens(&std::fs::read_to_string(f).unwrap()))
        .map(|f| f.strip_prefix(&src).unwrap().to_string_lossy().into_owned())
        .filter(|f| !ALLOWED.iter().any(|(name, _)| name == f))
        .collect();
    assert!(odd.is_empty(), "these open files on their own: {odd:?}");
    let idle: Vec<_> = ALLOWED.iter().filter(|(name, _)| !opens(&std::fs::read_to_string(src.join(name)).unwrap())).collect();
    assert!(idle.is_empty(), "these need no exception: {idle:?}");
}

#[test]
fn kept_measures_that_changed_on_disk_are_made_again() {
    let run = mailed();
    let sound = json(&run.ok(&["measure", "study/p.voxaudit", "--json"]).out);
    let names = run.names("cache/measures");
    let file = run.path(&format!("cache/measures/{}", names[0]));
    let good = std::fs::read(&file).unwrap();
    let mut flips = 0;
    for at in (0..good.len()).step_by(good.len() / 97 + 1) {
        for bit in [0, 2, 6] {
            let mut bad = good.clone();
            bad[at] ^= 1 << bit;
            std::fs::write(&file, bad).unwrap();
            if flips % 10 == 0 {
                assert_eq!(json(&run.ok(&["measure", "study/p.voxaudit", "--json"]).out), sound, "byte {at}, bit {bit}");
                assert_eq!(std::fs::read(&file).unwrap(), good, "it is kept anew");
            }
            flips += 1;
        }
    }
    assert!(flips > 200);
}
