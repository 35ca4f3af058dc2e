//! Models' answers and judges' verdicts from outside: the real files, odd files, events about answers, verify and export.

#![allow(clippy::unwrap_used, reason = "a failed step of a test should stop it")]

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use voxaudit::project::export::{ExportRequest, Include, export};
use voxaudit::project::import::{ImportError, ImportReport, ImportRequest, import};
use voxaudit::project::verify::verify;
use voxaudit::project::{Project, ProjectError};
use voxaudit::qa::{FindingKind, ItemId, ModelRun, Taxonomy, TextHash};
use voxaudit::review::{Action, AnswerRef, ErrorLabel, Event, Explanation, Faithfulness, Judgement, NewEvent, ReaderKey, Reviewer};

struct Fixture {
    dir: tempfile::TempDir,
    project: Project,
}

/// Question, reference and the answers of a model for two cases of two items; item 3 repeats question and reference of item 1.
const ITEMS: [(&str, &str, &str); 4] = [
    ("c1.nii.gz", "Which side?", "Left."),
    ("c1.nii.gz", "Above?", "Yes."),
    ("c2.nii.gz", "Which organ?", "Liver."),
    ("c2.nii.gz", "Above?", "Yes."),
];
const SAID: [&str; 4] = ["The left.", "Yes", "", "Yes"];

impl Fixture {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let project = Project::create(dir.path().join("p.voxaudit")).unwrap();
        let mut f = Self { dir, project };
        let row = |(case, q, a): &(&str, &str, &str)| serde_json::json!({"case_id": case, "question": q, "answer": a}).to_string();
        let qa = f.file("qa.jsonl", &ITEMS.iter().map(row).collect::<Vec<_>>().join("\n"));
        let request = ImportRequest { qa: vec![qa], ..Default::default() };
        assert!(import(&mut f.project, &request, &()).unwrap().imported);
        f
    }

    /// With the answers of `m` and of `m@text-only`.
    fn answered() -> Self {
        let mut f = Self::new();
        for run in ["m", "m@text-only"] {
            let report = f.answers(run, &answers(&SAID)).unwrap();
            assert!(report.imported && report.added.answers == 4, "{report:?}");
        }
        f
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("p.voxaudit")
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn answers(&mut self, run: &str, text: &str) -> Result<ImportReport, ImportError> {
        let answers = vec![(ModelRun::parse(run).unwrap(), self.file("answers.jsonl", text))];
        import(&mut self.project, &ImportRequest { answers, ..Default::default() }, &())
    }

    fn verdicts(&mut self, run: &str, judge: &str, text: &str, keep_matched: bool) -> Result<ImportReport, ImportError> {
        let verdicts = vec![(ModelRun::parse(run).unwrap(), judge.to_owned(), self.file("verdicts.json", text))];
        import(&mut self.project, &ImportRequest { verdicts, keep_matched, ..Default::default() }, &())
    }

    /// Votes of judge `j` on `m` by position in `ITEMS`.
    fn votes(&self) -> [Option<bool>; 4] {
        let votes = self.project.votes().unwrap();
        std::array::from_fn(|n| votes.iter().find(|v| v.judge == "j" && v.item == id(n)).and_then(|v| v.correct))
    }

    fn act(&mut self, who: &str, n: usize, action: Action) -> Result<Event, ProjectError> {
        let judged = self.project.item(&id(n))?.unwrap().text_hash();
        self.project.append(NewEvent {
            reviewer: Reviewer::new(who, ""),
            item: id(n),
            judged,
            active_seconds: 2.0,
            image: voxaudit::review::ShownImage::None,
            action,
        })
    }

    fn answer(&self, n: usize, run: &str) -> AnswerRef {
        self.project.answer_ref(&id(n), &ModelRun::parse(run).unwrap()).unwrap().unwrap()
    }
}

fn id(n: usize) -> ItemId {
    format!("{}::{}", ITEMS[n].0, n % 2).parse().unwrap()
}

fn answers(said: &[&str; 4]) -> String {
    let row = |((case, q, a), said): (&(&str, &str, &str), &&str)| {
        let image = format!("/data/x/{}.npy", case.trim_end_matches(".nii.gz"));
        serde_json::json!({"image_path": image, "question": q, "prediction": said, "answer": a}).to_string()
    };
    ITEMS.iter().zip(said).map(row).collect::<Vec<_>>().join("\n")
}

fn verdict(n: usize, correct: &str) -> String {
    let (_, q, a) = ITEMS[n];
    let row = serde_json::json!({"case_id": null, "question": q, "answer": a, "prediction": SAID[n], "is_correct": "CORRECT"});
    row.to_string().replace("\"CORRECT\"", correct)
}

fn list(rows: &[String]) -> String {
    format!("[\n{}\n]", rows.join(",\n"))
}

#[track_caller]
fn blocked(report: &ImportReport, rows: &[(u64, &str)]) {
    assert!(!report.imported);
    let found: Vec<(u64, &str)> = report.unmatched.iter().map(|u| (u.line.unwrap_or(0), u.reason.as_str())).collect();
    assert_eq!(found.len(), rows.len(), "{found:?}");
    for ((line, reason), (at, words)) in found.iter().zip(rows) {
        assert!(line == at && reason.contains(words) && !reason.contains('\n'), "{line}: {reason}, not {at}: {words}");
    }
}

fn shared() -> Option<PathBuf> {
    let dir = std::env::var_os("VOXAUDIT_SHARED").map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    if !dir.join("data/ct-spatialvqa").is_dir() {
        println!("skipped: {} is absent", dir.display());
        return None;
    }
    Some(dir)
}

const JUDGES: [(&str, &str); 3] = [("gemini", "gemini2.5_eval_full"), ("gpt", "gpt_eval"), ("qwen", "qwen_eval")];
const MODELS: [&str; 3] = ["m3d", "med3dvlm", "radfm"];

fn real_request(data: &Path) -> ImportRequest {
    let run = |m: &str| ModelRun::parse(m).unwrap();
    let answers = MODELS.map(|m| (run(m), data.join(format!("predictions/{m}_predictions_full.jsonl")))).to_vec();
    let verdict = |m: &'static str| JUDGES.map(|(j, file)| (run(m), j.to_owned(), data.join(format!("llm_eval/{m}_{file}.json"))));
    let verdicts = MODELS.iter().flat_map(|m| verdict(m)).collect();
    ImportRequest { qa: vec![data.join("spatial_qa_filtered_full.json")], answers, verdicts, ..Default::default() }
}

// ---- the real files ----

#[test]
fn the_real_votes_are_those_of_the_reference_and_nothing_is_odd_unseen() {
    let Some(shared) = shared() else { return };
    let dir = tempfile::tempdir().unwrap();
    let mut project = Project::create(dir.path().join("p.voxaudit")).unwrap();
    let request = real_request(&shared.join("data/ct-spatialvqa"));
    let report = import(&mut project, &request, &()).unwrap();
    assert!(report.imported && report.unmatched.is_empty(), "{:?}", report.unmatched.first());
    assert_eq!((report.added.answers, report.added.verdicts), (3 * 9077, 9 * 9077 - 6));
    let again = import(&mut project, &request, &()).unwrap();
    assert_eq!((again.added.answers, again.added.verdicts, again.unchanged.verdicts), (0, 0, 9 * 9077 - 6));
    assert_eq!(again.missing, report.missing);
    votes_equal(&project, &std::fs::read_to_string(shared.join("reference/aligned_votes.tsv")).unwrap());
    missing_rows(&project, &report.missing.verdicts);
    findings(&project, &report);
    let status = project.status().unwrap();
    assert_eq!(status.answers, MODELS.map(|m| (m.to_owned(), 9077)).into());
    assert_eq!((status.verdicts["m3d:gemini"].n, status.verdicts["m3d:gemini"].missing, status.verdicts.len()), (9074, 3, 9));
    let checked = verify(dir.path().join("p.voxaudit")).unwrap();
    assert!(checked.ok, "{:?}", checked.problems);
}

fn votes_equal(project: &Project, table: &str) {
    assert_eq!(project.full_items().unwrap().len(), project.items().unwrap().len());
    let mut votes: HashMap<(String, String, String), (Option<bool>, bool)> = HashMap::new();
    for v in project.votes().unwrap() {
        votes.insert((v.model, v.item.to_string(), v.judge), (v.correct, v.parse_error));
    }
    let mut rows = 0;
    for line in table.lines().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        for (judge, cell) in ["gemini", "gpt", "qwen"].into_iter().zip(&cells[2..5]) {
            let found = votes.get(&(cells[0].to_owned(), cells[1].to_owned(), judge.to_owned()));
            let expected = match *cell {
                "1" => Some(true),
                "0" => Some(false),
                _ => None,
            };
            assert_eq!(found.and_then(|f| f.0), expected, "{line} {judge}");
            if judge == "gemini" {
                assert_eq!(found.is_some_and(|f| f.1), cells[5] == "1", "{line}");
            }
        }
        rows += 1;
    }
    assert_eq!(rows, 3 * 9077);
}

/// 0-based rows of the answers that Gemini's files lack.
fn missing_rows(project: &Project, missing: &BTreeMap<String, Vec<String>>) {
    let answers = project.answers().unwrap();
    let rows = |key: &str| -> Vec<u32> {
        let model = key.split(':').next().unwrap();
        let row = |item: &String| answers.iter().find(|a| a.model == model && a.item.to_string() == *item).unwrap().row;
        missing[key].iter().map(row).collect()
    };
    assert_eq!(missing.len(), 2);
    assert_eq!(rows("m3d:gemini"), [2789, 5409, 7629]);
    assert_eq!(rows("med3dvlm:gemini"), [404, 794, 4039]);
}

fn findings(project: &Project, report: &ImportReport) {
    let quality = project.quality().unwrap();
    assert_eq!(quality, report.quality);
    let find = |run: &str, judge: Option<&str>, kind: FindingKind| {
        let found = quality.iter().find(|f| f.run.to_string() == run && f.judge.as_deref() == judge && f.kind == kind);
        found.map(|f| (f.items.len(), f.groups))
    };
    assert_eq!(find("m3d", None, FindingKind::EmptyAnswer), Some((32, 32)));
    assert_eq!(find("med3dvlm", None, FindingKind::OuterWhiteSpace), Some((9077, 9077)));
    assert_eq!(find("m3d", Some("gemini"), FindingKind::ParseError), Some((885, 177)), "each reply stands at five items");
    assert_eq!(find("med3dvlm", Some("gemini"), FindingKind::ParseError), Some((740, 148)));
    assert_eq!(find("radfm", Some("gemini"), FindingKind::ParseError), None);
    assert_eq!(find("m3d", None, FindingKind::SpecialToken { token: "[SEG]".into() }), Some((42, 42)));
    assert!(
        report.warnings.iter().any(|w| w.starts_with("m3d:gemini: 885 verdicts say PARSE_ERROR; they repeat 177 replies")),
        "{:?}",
        report.warnings
    );
}

/// The demo's models come through the same import, with what their judges lack.
#[test]
fn the_demo_has_models_with_judges() {
    let dir = tempfile::tempdir().unwrap();
    let demo = voxaudit::generate::demo::make_demo(dir.path(), &()).unwrap();
    let project = Project::open(&demo.project).unwrap();
    let status = project.status().unwrap();
    let names = ["Aster-3D", "Aster-3D@text-only", "Borea-CT", "Cirrus/VL 7B"];
    assert_eq!(status.answers, names.map(|n| (n.to_owned(), status.items)).into());
    let missing: Vec<&str> = status.verdicts.iter().filter(|v| v.1.missing > 0).map(|v| v.0.as_str()).collect();
    assert_eq!((status.verdicts.len(), missing), (12, vec!["Aster-3D@text-only:juror-c", "Cirrus/VL 7B:juror-c"]));
    let share = |judge: &str| status.verdicts[judge].correct as f64 / status.items as f64;
    assert!(share("Aster-3D:juror-a") > 0.55 && share("Borea-CT:juror-a") < 0.6, "{:?}", status.verdicts);
    assert!(share("Aster-3D@text-only:juror-a") < share("Aster-3D:juror-a"));
    let kinds: Vec<FindingKind> = project.quality().unwrap().into_iter().map(|q| q.kind).collect();
    assert!(kinds.contains(&FindingKind::ParseError) && kinds.contains(&FindingKind::EmptyAnswer), "{kinds:?}");
    for row in project.answers().unwrap().iter().filter(|a| a.model != "Borea-CT") {
        assert!(!row.text.is_empty(), "{row:?}");
    }
    assert!(verify(&demo.project).unwrap().ok);
    let again = voxaudit::generate::demo::make_demo(dir.path(), &()).unwrap();
    assert_eq!(again.items, demo.items);
}

// ---- odd files of answers ----

#[test]
fn answers_find_their_item_and_importing_again_changes_nothing() {
    let mut f = Fixture::answered();
    let again = f.answers("m", &answers(&SAID)).unwrap();
    assert_eq!((again.added.answers, again.unchanged.answers, again.imported), (0, 4, true));
    assert_eq!(f.project.status().unwrap().answers, [("m".to_owned(), 4), ("m@text-only".to_owned(), 4)].into());
    let views = f.project.item_answers(&id(0)).unwrap();
    assert_eq!(
        views.iter().map(|v| (v.run.to_string(), v.text.as_str())).collect::<Vec<_>>(),
        [("m".into(), "The left."), ("m@text-only".into(), "The left.")]
    );
}

#[test]
fn a_second_file_of_a_model_adds_items_and_never_replaces_an_answer() {
    let mut f = Fixture::new();
    let all = answers(&SAID);
    let (first, second) = all.split_at(all.match_indices('\n').nth(1).unwrap().0);
    assert_eq!(f.answers("org/my model:7b", first).unwrap().added.answers, 2);
    assert_eq!(f.answers("org/my model:7b", second).unwrap().added.answers, 2);
    blocked(
        &f.answers("org/my model:7b", &answers(&["The right.", "Yes", "", "Yes"])).unwrap(),
        &[(1, "already has another answer of 'org/my model:7b'")],
    );
    let twice = format!("{}\n{}", answers(&SAID), answers(&["The right.", "Yes", "", "Yes"]));
    let error = f.answers("new", &twice).unwrap_err().to_string();
    assert!(
        error.contains("line 5: item 'c1.nii.gz::0' has two different answers in this file, first on line 1; nothing was imported"),
        "{error}"
    );
    let report = f.answers("new", &format!("{0}\n{0}", answers(&SAID))).unwrap();
    assert!(report.imported && report.warnings[0].contains("4 rows repeat an earlier row"), "{:?}", report.warnings);
}

#[test]
fn odd_texts_are_kept_as_they_are() {
    let mut f = Fixture::new();
    let long = "x".repeat(1_000_000);
    let odd = ["line\nline\0 \u{fffd}", "</s> ### ", &long, " "];
    assert!(f.answers("a/b c", &answers(&odd)).unwrap().imported);
    let kept: Vec<String> = f.project.answers().unwrap().into_iter().map(|a| a.text).collect();
    assert_eq!(kept, odd);
    assert!(verify(f.path()).unwrap().ok);
    let kinds: Vec<FindingKind> = f.project.quality().unwrap().into_iter().map(|q| q.kind).collect();
    assert!(
        kinds.contains(&FindingKind::ReplacementCharacter)
            && kinds.contains(&FindingKind::ControlCharacter)
            && kinds.contains(&FindingKind::EmptyAnswer)
    );
    let error = f.answers("m", &answers(&[&"x".repeat((1 << 20) + 1), "", "", ""])).unwrap_err().to_string();
    assert!(
        error.contains("answers.jsonl: line 1: 'prediction' is 1048577 bytes long") && error.contains("nothing was imported"),
        "{error}"
    );
}

#[test]
fn answers_to_what_the_project_lacks_block_and_are_named() {
    let mut f = Fixture::new();
    let gone = answers(&SAID).replace("Above?", "Below?").replace("c2.npy", "c9.npy");
    let rows = [(2, "case 'c1.npy' has no item with the question 'Below?'"), (3, "no case 'c9.npy'"), (4, "no case 'c9.npy'")];
    blocked(&f.answers("m", &gone).unwrap(), &rows);
    assert!(f.project.runs().unwrap().is_empty());
    let nameless = r#"{"question": "Which side?", "prediction": "Left."}"#;
    blocked(&f.answers("m", nameless).unwrap(), &[(1, "neither 'case_id' nor 'image_path'")]);
    let others = answers(&SAID).replace("Left.", "The left side.");
    let report = f.answers("m", &others).unwrap();
    assert!(report.imported && report.warnings[0].contains("1 rows have another reference answer"), "{:?}", report.warnings);
}

// ---- odd files of verdicts ----

#[test]
fn verdicts_are_aligned_whatever_the_order_and_missing_stays_missing() {
    let all = || [verdict(0, "true"), verdict(1, "0"), verdict(2, "\"true\""), verdict(3, "1")];
    let votes = [Some(true), Some(false), Some(true), Some(true)];
    let mut f = Fixture::answered();
    let report = f.verdicts("m", "j", &list(&all()), false).unwrap();
    assert!(report.imported && report.missing.verdicts.is_empty() && report.warnings.iter().all(|w| !w.contains("order")), "{report:?}");
    assert_eq!(f.votes(), votes);
    let again = f.verdicts("m", "j", &list(&all()), false).unwrap();
    assert_eq!((again.added.verdicts, again.unchanged.verdicts), (0, 4));

    let mut f = Fixture::answered();
    let report = f.verdicts("m", "j", &all()[1..3].join("\n"), false).unwrap();
    assert_eq!(report.missing.verdicts["m:j"], [id(0).to_string(), id(3).to_string()]);
    assert_eq!(f.votes(), [None, Some(false), Some(true), None]);
    let status = &f.project.status().unwrap().verdicts["m:j"];
    assert_eq!((status.n, status.correct, status.incorrect, status.missing), (2, 1, 1, 2));

    let mut f = Fixture::answered();
    let report = f.verdicts("m", "j", &list(&[verdict(0, "null"), verdict(2, "false")]), false).unwrap();
    assert_eq!(report.missing.verdicts["m:j"], [0, 1, 3].map(|n| id(n).to_string()));
    assert_eq!(f.votes(), [None, None, Some(false), None], "null is never wrong");
    let report = f.verdicts("m", "j", &list(&[verdict(0, "true"), verdict(2, "false")]), false).unwrap();
    assert_eq!((report.updated.verdicts, report.unchanged.verdicts), (1, 1), "a verdict that was missing arrives");
}

#[test]
fn shuffled_and_duplicated_verdicts_fit_or_are_named() {
    let mut f = Fixture::answered();
    let agreed = [verdict(3, "true"), verdict(2, "false"), verdict(0, "true"), verdict(1, "true")];
    let report = f.verdicts("m", "j", &list(&agreed), false).unwrap();
    assert!(report.imported && report.warnings.iter().any(|w| w.contains("aligned by their text")), "{report:?}");
    assert_eq!(f.votes(), [Some(true), Some(true), Some(false), Some(true)]);
    let mut f = Fixture::answered();
    let differing = [verdict(3, "true"), verdict(2, "false"), verdict(0, "true"), verdict(1, "false")];
    blocked(
        &f.verdicts("m", "j", &list(&differing), false).unwrap(),
        &[(2, "several answers have this text"), (5, "several answers have this text")],
    );
    assert!(f.project.votes().unwrap().is_empty());
    let all = [verdict(0, "true"), verdict(1, "false"), verdict(2, "true"), verdict(3, "true")];
    let report = f.verdicts("m", "j", &list(&[all.clone(), all].concat()), false).unwrap();
    assert!(report.imported && report.warnings.iter().any(|w| w.contains("4 rows repeat a verdict")), "{report:?}");
    assert_eq!(f.votes(), [Some(true), Some(false), Some(true), Some(true)]);
    let second = f.verdicts("m", "k", &list(&[verdict(0, "true"), verdict(0, "false")]), false).unwrap();
    blocked(&second, &[(3, "a second, different verdict on the same answer")]);
    let other = f.verdicts("m", "j", &list(&[verdict(0, "false")]), false).unwrap();
    blocked(&other, &[(2, "already has another verdict of this judge")]);
}

#[test]
fn verdicts_on_other_texts_are_named_and_kept_out() {
    let mut f = Fixture::answered();
    let rows = [
        verdict(0, "true"),
        verdict(1, "true").replace("\"Yes\"", "\"No\""),
        verdict(2, "true").replace("Liver.", "Spleen."),
        verdict(3, "true"),
        verdict(0, "true").replace("Which side?", "Why?"),
    ];
    let expected = [
        (3, "its prediction 'No' is not the model's answer to 'c1.nii.gz::1' ('Yes')"),
        (4, "its reference answer 'Spleen.' is not that of item 'c2.nii.gz::0'"),
        (6, "no answer to the question 'Why?'"),
    ];
    blocked(&f.verdicts("m", "j", &list(&rows), false).unwrap(), &expected);
    let report = f.verdicts("m", "j", &list(&rows), true).unwrap();
    assert!(report.imported && report.added.verdicts == 2);
    blocked(&f.verdicts("x", "j", &list(&rows), false).unwrap(), &[(0, "no answers of 'x'")]);
    for (bad, words) in [("0.5", "'is_correct' is '0.5'"), ("[]", "a list")] {
        let error = f.verdicts("m", "k", &list(&[verdict(0, "true"), verdict(1, bad)]), false).unwrap_err().to_string();
        assert!(error.contains("verdicts.json: line 3") && error.contains(words) && error.contains("nothing was imported"), "{error}");
    }
    assert_eq!(f.project.runs().unwrap()[0].judges.len(), 1, "a judge without verdicts is none");
}

#[test]
fn a_case_id_in_a_verdict_says_which_answer_it_is_about() {
    let mut f = Fixture::answered();
    let with = |n: usize, correct: &str| verdict(n, correct).replace("null", &format!("\"{}\"", ITEMS[n].0));
    let report = f.verdicts("m", "j", &list(&[with(3, "false"), with(1, "true"), verdict(0, "true")]), false).unwrap();
    assert!(report.imported, "{report:?}");
    assert_eq!(f.votes(), [Some(true), Some(true), None, Some(false)]);
    let wrong = [with(0, "true").replace("The left.", "x"), with(1, "true").replace("c1.nii.gz", "c7")];
    blocked(&f.verdicts("m", "k", &list(&wrong), false).unwrap(), &[(2, "its prediction is not"), (3, "no case 'c7'")]);
}

/// The source lacks an item that the model answered and the judge judged: the others keep their own verdicts.
#[test]
fn an_item_that_is_gone_shifts_nobodys_verdict() {
    let mut f = Fixture::new();
    let rows = answers(&SAID).replacen("Above?", "Below?", 1); // the second row now asks what no item asks
    let path = f.file("answers.jsonl", &rows);
    let answered = vec![(ModelRun::parse("m").unwrap(), path)];
    let verdicts = [verdict(0, "true"), verdict(1, "false").replace("Above?", "Below?"), verdict(2, "false"), verdict(3, "true")];
    let judged = vec![(ModelRun::parse("m").unwrap(), "j".to_owned(), f.file("verdicts.json", &list(&verdicts)))];
    let request = ImportRequest { answers: answered, verdicts: judged, ..Default::default() };
    let report = import(&mut f.project, &request, &()).unwrap();
    blocked(&report, &[(2, "no item with the question 'Below?'"), (3, "the model has no answer to the question 'Below?'")]);
    let report = import(&mut f.project, &ImportRequest { keep_matched: true, ..request }, &()).unwrap();
    assert!(report.imported && report.added.answers == 3 && report.added.verdicts == 3, "{report:?}");
    assert_eq!(f.votes(), [Some(true), None, Some(false), Some(true)]);
}

// ---- what reviewers say ----

#[test]
fn answers_are_judged_and_labelled_with_undo_and_history() {
    let mut f = Fixture::answered();
    let judge = |f: &mut Fixture, who: &str, run: &str, judgement| {
        let answer = f.answer(0, run);
        f.act(who, 0, Action::JudgeAnswer { answer, judgement }).unwrap();
    };
    judge(&mut f, "Ann", "m", Judgement::Wrong);
    judge(&mut f, "Bob", "m", Judgement::Unsure);
    let label = ErrorLabel {
        primary: Some("relational".into()),
        codes: vec!["frame-swap".into()],
        answer_right: Some(false),
        explanation_right: Some(Explanation::Yes),
        ..ErrorLabel::new(Taxonomy::built_in().id())
    };
    let answer = f.answer(0, "m");
    f.act("Ann", 0, Action::LabelAnswer { answer: answer.clone(), label: Box::new(label.clone()) }).unwrap();
    let view = f.project.item_answers(&id(0)).unwrap().remove(0);
    assert_eq!(view.reference(), answer);
    let said = &view.reviews[&ReaderKey::of("Ann")];
    assert_eq!(
        (said.judgement.as_ref().unwrap().what, said.label.as_ref().unwrap().what.faithfulness()),
        (Judgement::Wrong, Some(Faithfulness::DecisionError))
    );
    assert_eq!(view.reviews[&ReaderKey::of("Bob")].judgement.as_ref().unwrap().what, Judgement::Unsure);
    assert!(f.project.item_answers(&id(0)).unwrap()[1].reviews.is_empty(), "the control run was not judged");
    let (undo, item) = f.project.next_undo("Ann").unwrap().unwrap();
    assert_eq!(item, id(0));
    f.act("Ann", 0, Action::Undo { event: undo }).unwrap();
    assert!(f.project.item_answers(&id(0)).unwrap()[0].reviews[&ReaderKey::of("Ann")].label.is_none());
    let (redo, _) = f.project.next_redo("Ann").unwrap().unwrap();
    f.act("Ann", 0, Action::Redo { event: redo }).unwrap();
    assert_eq!(f.project.item_answers(&id(0)).unwrap()[0].reviews[&ReaderKey::of("Ann")].label.as_ref().unwrap().what, label);
    let checked = verify(f.path()).unwrap();
    assert!(checked.ok && checked.events == 5, "{:?}", checked.problems);
}

#[test]
fn what_does_not_fit_is_refused_and_nothing_is_written() {
    let mut f = Fixture::answered();
    let answer = f.answer(0, "m");
    let unknown = AnswerRef { run: ModelRun::parse("x").unwrap(), ..answer.clone() };
    let stale = AnswerRef { sha256: TextHash([1; 32]), ..answer.clone() };
    let label = |code: &str| Box::new(ErrorLabel { primary: Some(code.into()), ..ErrorLabel::new(Taxonomy::built_in().id()) });
    let mut foreign = label("relational");
    foreign.taxonomy.version = "9".into();
    for (action, words) in [
        (Action::JudgeAnswer { answer: unknown, judgement: Judgement::Right }, "no answer of 'x'"),
        (Action::JudgeAnswer { answer: stale, judgement: Judgement::Right }, "not the one that was shown"),
        (Action::UnjudgeAnswer { answer: answer.clone() }, "Ann has no judgement of the answer of 'm'"),
        (Action::UnlabelAnswer { answer: answer.clone() }, "Ann has no error label"),
        (Action::LabelAnswer { answer: answer.clone(), label: label("colour") }, "no type 'colour'"),
        (Action::LabelAnswer { answer: answer.clone(), label: foreign }, "no taxonomy 'ct-spatial-errors 9'"),
    ] {
        let why = f.act("Ann", 0, action).unwrap_err().to_string();
        assert!(why.contains(words), "{why}");
    }
    assert_eq!(f.project.status().unwrap().events, 0);
}

#[test]
fn a_project_brings_its_own_taxonomy_and_old_labels_keep_theirs() {
    let mut f = Fixture::answered();
    let own = r#"{"schema": "voxaudit.taxonomy", "name": "own", "version": "2", "types": [{"code": "x", "name": "X", "key": "X", "definition": "d"}]}"#;
    let take = |f: &mut Fixture, text: &str| {
        let taxonomies = vec![f.file("taxonomy.json", text)];
        import(&mut f.project, &ImportRequest { taxonomies, ..Default::default() }, &())
    };
    let answer = f.answer(0, "m");
    let label = |t: &Taxonomy, code: &str| Box::new(ErrorLabel { primary: Some(code.into()), ..ErrorLabel::new(t.id()) });
    f.act("Ann", 0, Action::LabelAnswer { answer: answer.clone(), label: label(Taxonomy::built_in(), "numeric") }).unwrap();
    assert_eq!(take(&mut f, own).unwrap().added.taxonomies, 1);
    let used = f.project.taxonomy().unwrap();
    assert_eq!((used.id().to_string().as_str(), take(&mut f, own).unwrap().unchanged.taxonomies), ("own 2", 1));
    f.act("Bob", 0, Action::LabelAnswer { answer, label: label(&used, "x") }).unwrap();
    blocked(&take(&mut f, &own.replace("\"d\"", "\"other\"")).unwrap(), &[(0, "another content")]);
    let error = take(&mut f, "{}").unwrap_err().to_string();
    assert!(error.contains("taxonomy.json") && error.contains("schema"), "{error}");
    assert!(verify(f.path()).unwrap().ok);
}

#[test]
fn verify_names_changed_answers_votes_and_events_about_answers() {
    let mut f = Fixture::answered();
    f.verdicts("m", "j", &list(&[verdict(0, "true")]), false).unwrap();
    let answer = f.answer(0, "m");
    f.act("Ann", 0, Action::JudgeAnswer { answer, judgement: Judgement::Right }).unwrap();
    assert!(verify(f.path()).unwrap().ok);
    let Fixture { dir, project } = f;
    drop(project); // the log moves into the main file
    let path = dir.path().join("p.voxaudit");
    let whole = std::fs::read(&path).unwrap();
    let with = |sql: &str| {
        rusqlite::Connection::open(&path).unwrap().execute_batch(sql).unwrap();
        let report = verify(&path).unwrap();
        std::fs::write(&path, &whole).unwrap();
        report.problems.join("; ")
    };
    for (sql, words) in [
        ("UPDATE answers SET text = 'The right.' WHERE id = 1", "the answer of 'm' to item 'c1.nii.gz::0' was changed"),
        ("UPDATE verdicts SET correct = 0", "verdicts of 'j' on 'm' were changed"),
        ("DELETE FROM verdicts", "verdicts of 'j' on 'm' were changed"),
        ("UPDATE runs SET model = 'n' WHERE id = 1", "it judges an answer of 'm' that is not in the project"),
        ("UPDATE answers SET text_hash = x'00' WHERE id = 1", "changed in place"),
        ("UPDATE runs SET condition = 'blurred' WHERE condition = 'full'", "renamed or swapped"),
        ("UPDATE answers SET source_row = source_row + 1", "renamed or swapped"),
        ("UPDATE judges SET judge = 'k'", "renamed or swapped"),
        ("DELETE FROM project WHERE key = 'contents'", "the seal over the project's contents is missing"),
        ("INSERT INTO reports SELECT id, 'Clear lungs.', '' FROM cases LIMIT 1", "renamed or swapped"),
        ("INSERT INTO taxonomies (name, version, text) VALUES ('t', '1', '{}')", "renamed or swapped"),
    ] {
        let problems = with(sql);
        assert!(problems.contains(words), "{sql}: {problems}");
    }
}

#[test]
fn verdicts_that_somebody_changed_are_not_proven_by_an_import() {
    let mut f = Fixture::answered();
    assert!(f.verdicts("m", "j", &list(&[verdict(0, "false")]), false).unwrap().imported);
    for change in ["UPDATE verdicts SET correct = 1", "DELETE FROM verdicts"] {
        rusqlite::Connection::open(f.path()).unwrap().execute_batch(change).unwrap();
        let report = f.verdicts("m", "j", &list(&[verdict(1, "true")]), false).unwrap();
        assert!(!report.imported && report.unmatched[0].reason.contains("something else than an import"), "{change}: {report:?}");
        assert!(!verify(f.path()).unwrap().ok, "{change}");
    }
}

/// A file of the version before answers were kept: read in a private copy while it cannot be written, brought forward otherwise.
#[test]
fn a_project_without_tables_of_answers_is_read_and_brought_forward() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("old.voxaudit");
    rusqlite::Connection::open(&path).unwrap().execute_batch(include_str!("old_files/v2.sql")).unwrap();
    let checked = verify(&path).unwrap();
    assert!(checked.ok, "{:?}", checked.problems);
    let reader = Project::open_read_only(&path).unwrap();
    assert!(reader.status().unwrap().answers.is_empty() && reader.item_answers(&"fixture_a::0".parse().unwrap()).unwrap().is_empty());
    assert!(reader.quality().unwrap().is_empty() && reader.matrix().unwrap().runs().is_empty() && reader.votes().unwrap().is_empty());
    assert_eq!(reader.taxonomy().unwrap(), *Taxonomy::built_in());
    drop(reader);
    let mut project = Project::open(&path).unwrap();
    let rows = dir.path().join("m.jsonl");
    let row = |n: u32| {
        let item = project.item(&format!("fixture_a::{n}").parse().unwrap()).unwrap().unwrap();
        serde_json::json!({"case_id": "fixture_a", "question": item.question, "prediction": "Yes.", "answer": item.answer}).to_string()
            + "\n"
    };
    std::fs::write(&rows, (0..3).map(row).collect::<String>()).unwrap();
    let request = ImportRequest { answers: vec![(ModelRun::parse("m").unwrap(), rows)], ..ImportRequest::default() };
    assert_eq!(import(&mut project, &request, &()).unwrap().added.answers, 3);
    assert!(verify(&path).unwrap().ok);
}

/// What the compare workspace asks for.
#[test]
fn the_matrix_holds_votes_and_what_reviewers_say() {
    use voxaudit::score::{Filter, Human, Jury, Standing};
    let mut f = Fixture::answered();
    for (judge, second) in [("j", "true"), ("k", "false"), ("l", "true")] {
        f.verdicts("m", judge, &list(&[verdict(0, "false"), verdict(1, second), verdict(2, "null")]), false).unwrap();
    }
    f.verdicts("m@text-only", "j", &list(&[verdict(1, "true")]), false).unwrap();
    let answer = f.answer(0, "m");
    f.act("Ann", 0, Action::JudgeAnswer { answer, judgement: Judgement::Right }).unwrap();
    let mut matrix = f.project.matrix().unwrap();
    let (runs, jury) = (matrix.full_runs(), Jury::default());
    assert_eq!(matrix.runs().iter().map(ToString::to_string).collect::<Vec<_>>(), ["m", "m@text-only"]);
    let standing: Vec<Standing> = (0..4).map(|item| matrix.standing(item, 0, &jury)).collect();
    assert_eq!(standing, [Standing::Wrong, Standing::Right, Standing::Unjudged, Standing::Unjudged]);
    let shown = |m: &voxaudit::score::Matrix, filter| m.filtered(filter, &runs, &jury);
    assert_eq!((shown(&matrix, Filter::AllWrong), shown(&matrix, Filter::JudgesDisagree)), (vec![0], vec![1]));
    assert_eq!((shown(&matrix, Filter::JuryAgainstHuman), matrix.cell(0, 0).human), (vec![0], Human::Right));
    let one = Jury { min_votes: 1, ..jury };
    assert_eq!(matrix.filtered(Filter::RightWithoutImage, &runs, &one), [1]);
    let (undo, _) = f.project.next_undo("Ann").unwrap().unwrap();
    f.act("Ann", 0, Action::Undo { event: undo }).unwrap();
    matrix.review_item(&id(0), f.project.review_state().unwrap().item(&id(0)).unwrap());
    assert_eq!(matrix, f.project.matrix().unwrap());
    assert!(shown(&matrix, Filter::JuryAgainstHuman).is_empty());
}

// ---- export ----

#[test]
fn exports_hold_answers_votes_and_what_reviewers_say() {
    let mut f = Fixture::answered();
    f.verdicts("m", "j", &list(&[verdict(0, "true"), verdict(2, "null")]), false).unwrap();
    let answer = f.answer(0, "m");
    f.act("Ann Reader", 0, Action::JudgeAnswer { answer: answer.clone(), judgement: Judgement::Wrong }).unwrap();
    let label = ErrorLabel { primary: Some("relational".into()), note: "side".into(), ..ErrorLabel::new(Taxonomy::built_in().id()) };
    f.act("Ann Reader", 0, Action::LabelAnswer { answer, label: Box::new(label) }).unwrap();
    let include = Include { rejected: true, undecided: true };
    for pseudonyms in [false, true] {
        let out = f.dir.path().join(format!("out{pseudonyms}"));
        export(&f.project, &ExportRequest { out: out.clone(), include, pseudonyms, ..Default::default() }, &()).unwrap();
        exported(&out, pseudonyms);
    }
}

/// Names that are paths are cut, and stay as many as they were.
#[test]
fn models_and_reviewers_named_by_paths_stay_apart_in_exports() {
    let mut f = Fixture::new();
    for run in ["/models/v1/llama", "/models/v2/llama", "llama"] {
        f.answers(run, &answers(&SAID)).unwrap();
    }
    for who in ["/home/ann", "/srv/ann"] {
        let answer = f.answer(0, "llama");
        f.act(who, 0, Action::JudgeAnswer { answer, judgement: Judgement::Wrong }).unwrap();
    }
    let out = f.dir.path().join("out");
    let include = Include { rejected: true, undecided: true };
    export(&f.project, &ExportRequest { out: out.clone(), include, ..Default::default() }, &()).unwrap();
    let rows = std::fs::read_to_string(out.join("items.jsonl")).unwrap();
    let first: serde_json::Value = serde_json::from_str(rows.lines().next().unwrap()).unwrap();
    let answers = first["audit"]["answers"].as_array().unwrap();
    let models: Vec<_> = answers.iter().map(|a| a["model"].as_str().unwrap()).collect();
    assert_eq!(models, ["llama (2)", "llama (3)", "llama"]);
    let judged = answers[2]["judgements"].as_array().unwrap();
    let reviewers: Vec<_> = judged.iter().map(|j| j["reviewer"].as_str().unwrap()).collect();
    assert_eq!(reviewers, ["ann", "ann (2)"]);
    assert!(!rows.contains("/models") && !rows.contains("/srv"));
}

fn exported(out: &Path, pseudonyms: bool) {
    let read = |name: &str| std::fs::read_to_string(out.join(name)).unwrap();
    let rows: Vec<serde_json::Value> = read("items.jsonl").lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let first = &rows[0]["audit"]["answers"][0];
    assert_eq!(
        (first["model"].as_str(), first["condition"].as_str(), first["prediction"].as_str()),
        (Some("m"), Some("full"), Some("The left."))
    );
    assert_eq!(first["verdicts"], serde_json::json!([{"judge": "j", "is_correct": true}]));
    assert_eq!(rows[2]["audit"]["answers"][0]["verdicts"], serde_json::json!([{"judge": "j", "is_correct": null}]));
    let (judged, labelled) = (&first["judgements"][0], &first["labels"][0]);
    let name = if pseudonyms { "R1" } else { "Ann Reader" };
    assert_eq!((judged["judgement"].as_str(), judged["reviewer"].as_str()), (Some("wrong"), Some(name)));
    assert_eq!(
        (labelled["primary"].as_str(), labelled["note"].as_str(), labelled["reviewer"].as_str()),
        (Some("relational"), Some("side"), Some(name))
    );
    assert_eq!(judged.get("event").is_some(), !pseudonyms, "event hashes cover the name");
    assert_eq!(read("items.json").matches("\"prediction\"").count(), 8);
    let mut table = csv::Reader::from_path(out.join("answers.csv")).unwrap();
    let header: Vec<String> = table.headers().unwrap().iter().map(str::to_owned).collect();
    let row = table.records().next().unwrap().unwrap();
    let cell = |name: &str| row[header.iter().position(|h| h == name).unwrap()].to_owned();
    assert_eq!((cell("item"), cell("model"), cell("prediction")), ("c1.nii.gz::0".into(), "m".into(), "The left.".into()));
    assert_eq!(
        (cell("judges"), cell("verdicts"), cell("judgements"), cell("error_types")),
        ("j".into(), "true".into(), "wrong".into(), "relational".into())
    );
    let everything = ["items.jsonl", "items.json", "items.csv", "answers.csv", "manifest.json", "README.md"].map(read).concat();
    assert_eq!(everything.contains("Ann"), !pseudonyms);
    assert!(read("manifest.json").contains("ct-spatial-errors"));
}
