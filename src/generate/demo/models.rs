//! The demo's models and judges, all made up: believable answers with the errors a reader should learn to tell apart.
//!
//! Every answer is derived from the reference by a slip of a fixed list, so the files are the same on every machine. Judges mostly see what
//! is right; they disagree here and there, one lacks a verdict, one gave none, and one reply that could not be parsed stands at three items.

use super::DemoItem;
use serde_json::{Map, Value, json};

/// What a model does to the true answer.
#[derive(Clone, Copy, PartialEq)]
enum Slip {
    /// Gives the reference.
    Right,
    /// Gives it in a sentence.
    Wordy,
    /// Gives it with a token of its template.
    Token,
    /// Exchanges left and right.
    Side,
    /// Multiplies the first number.
    Number(f64),
    /// Takes another option.
    Other,
    /// Says the opposite.
    Negated,
    /// Sees nothing.
    Unseen,
    /// Gives no number where one is asked for.
    NoNumber,
    Empty,
    /// Answers without having looked.
    Prior,
}

/// A run of a model.
pub struct DemoRun {
    /// `MODEL` or `MODEL@CONDITION`, as on the command line.
    pub name: &'static str,
    /// Begins the names of its files.
    pub file: &'static str,
    explains: bool,
    /// By item, over and over.
    slips: &'static [Slip],
}

use Slip::{Empty, Negated, NoNumber, Number, Other, Prior, Right, Side, Token, Unseen, Wordy};

pub const RUNS: [DemoRun; 4] = [
    DemoRun {
        name: "Aster-3D",
        file: "aster",
        explains: true,
        slips: &[Right, Right, Side, Right, Wordy, Right, Number(10.0), Right, Right, Other, Right],
    },
    DemoRun { name: "Aster-3D@text-only", file: "aster_text-only", explains: false, slips: &[Prior] },
    DemoRun {
        name: "Borea-CT",
        file: "borea",
        explains: false,
        slips: &[Side, Token, Right, Unseen, Right, Number(0.45), NoNumber, Right, Negated, Empty, Right, Wordy, Other],
    },
    DemoRun {
        name: "Cirrus/VL 7B",
        file: "cirrus",
        explains: true,
        slips: &[Right, Other, Wordy, Side, Right, Right, Number(1.4), Negated, Right, Right, Right, Right, NoNumber],
    },
];

pub const JUDGES: [&str; 3] = ["juror-a", "juror-b", "juror-c"];

/// One answer.
struct Said {
    slip: Slip,
    text: String,
    right: bool,
}

/// The rows of a run's file of answers.
pub fn answers(run: &DemoRun, items: &[DemoItem]) -> Vec<Value> {
    let row = |(n, item): (usize, &DemoItem)| {
        let said = said(run, n, item);
        let mut row = Map::new();
        row.insert("image_path".into(), format!("images/{}.nii.gz", item.case).into());
        row.insert("question".into(), item.question.into());
        row.insert("prediction".into(), said.text.clone().into());
        row.insert("answer".into(), item.answer.as_str().into());
        if run.explains {
            row.insert("reasoning".into(), explanation(n, &said).into());
        }
        Value::Object(row)
    };
    items.iter().enumerate().map(row).collect()
}

/// The rows of a judge's file of verdicts on a run.
pub fn verdicts(run: &DemoRun, judge: &str, items: &[DemoItem]) -> Vec<Value> {
    let strict = judge == JUDGES[2];
    let lacks = |n: usize| strict && run.file == "cirrus" && n == 20;
    let copied = |n: usize| strict && run.file == "borea" && (8..11).contains(&n);
    let row = |(n, item): (usize, &DemoItem)| {
        let said = said(run, n, item);
        let (correct, reasoning) = match copied(n) {
            true => (Some(true), Some("PARSE_ERROR: [ { \"index\": 1, \"is_correct\": true, \"reasoning\": \"The side agrees…".to_owned())),
            false => verdict(judge, n, &said),
        };
        json!({"case_id": null, "question": item.question, "answer": item.answer, "prediction": said.text,
            "is_correct": correct, "reasoning": reasoning})
    };
    items.iter().enumerate().filter(|(n, _)| !lacks(*n)).map(row).collect()
}

/// The first juror sees what is right; the second lets every fifth error pass; the third wants bare answers and once says nothing.
fn verdict(judge: &str, n: usize, said: &Said) -> (Option<bool>, Option<String>) {
    let lenient = judge == JUDGES[1] && n % 5 == 2;
    let strict = judge == JUDGES[2] && said.slip == Wordy;
    if judge == JUDGES[2] && n == 13 && said.slip == Prior {
        return (None, None);
    }
    let correct = (said.right || lenient) && !strict;
    let reason = match (said.right, correct) {
        (true, true) => "The prediction says the same as the reference.",
        (false, true) => "The prediction is close enough to the reference.",
        (true, false) => "The prediction wraps the answer in a sentence that the reference does not have.",
        (false, false) => "The prediction contradicts the reference.",
    };
    (Some(correct), (judge != JUDGES[0]).then(|| reason.to_owned()))
}

/// What the run says about item number `n`: its slip, or the next of the list that fits the item.
fn said(run: &DemoRun, n: usize, item: &DemoItem) -> Said {
    let slips = (n..).take(run.slips.len()).map(|at| run.slips[at % run.slips.len()]);
    let fitting = slips.into_iter().find_map(|slip| Some((slip, apply(slip, item)?)));
    let (slip, text) = fitting.unwrap_or((Right, item.answer.clone()));
    let same = |a: &str, b: &str| a.trim_end_matches('.').eq_ignore_ascii_case(b.trim_end_matches('.'));
    let right = matches!(slip, Right | Wordy | Token) || same(&text, &item.answer);
    Said { slip, text, right }
}

/// The answer with the slip; `None` when the slip does not fit the item.
fn apply(slip: Slip, item: &DemoItem) -> Option<String> {
    let truth = item.answer.trim_end_matches('.');
    match slip {
        Right => Some(item.answer.clone()),
        Wordy => Some(format!("Looking at the volume from several planes, I would say: {truth}.")),
        Token => Some(format!("{truth}</s>")),
        Side => swapped(truth),
        Number(factor) => scaled(truth, factor),
        Other => item.options.iter().find(|o| !o.eq_ignore_ascii_case(truth)).cloned(),
        Negated => match truth.to_lowercase().as_str() {
            "yes" => Some("no".into()),
            "no" => Some("yes".into()),
            _ => None,
        },
        Unseen => item.question.contains("lesion").then(|| "No lesion is visible in this scan.".to_owned()),
        NoNumber => truth.contains(|c: char| c.is_ascii_digit()).then(|| "It is within the normal range.".to_owned()),
        Empty => Some(String::new()),
        Prior => Some(prior(item)),
    }
}

/// What one would guess from the wording alone.
fn prior(item: &DemoItem) -> String {
    let number = item.answer.contains(|c: char| c.is_ascii_digit());
    match item.options.as_slice() {
        [first, ..] => first.clone(),
        [] if number => "About 50 mm.".into(),
        [] if item.question.starts_with("Is ") => "Yes.".into(),
        [] => "On the right.".into(),
    }
}

fn swapped(text: &str) -> Option<String> {
    let swap = |word: &str| match word {
        "left" => "right".to_owned(),
        "right" => "left".to_owned(),
        other => other.to_owned(),
    };
    let out = text.split(' ').map(swap).collect::<Vec<_>>().join(" ");
    (out != text).then_some(out)
}

/// The first number times `factor`, with as many decimals as it had.
fn scaled(text: &str, factor: f64) -> Option<String> {
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let rest = &text[start..];
    let length = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    let number = rest[..length].trim_end_matches('.');
    let decimals = number.split_once('.').map_or(0, |(_, d)| d.len());
    let value: f64 = number.parse().ok()?;
    Some(format!("{}{:.decimals$}{}", &text[..start], value * factor, &rest[number.len()..]))
}

/// Sound for most right answers, unsound for some of them (lucky guesses), and sound before some wrong ones (decision errors).
fn explanation(n: usize, said: &Said) -> &'static str {
    match (said.right, n % 4) {
        (true, 3) => "The structure is not visible on most slices, so I take the more common finding.",
        (true, _) => {
            "I found the structures named in the question on consecutive slices and compared their positions in patient coordinates."
        }
        (false, 0) => "I found both structures; the one asked for fits the reference position, yet I answer otherwise.",
        (false, _) => "On the image the structure lies on the other side of the picture.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_change_what_they_say_they_change() {
        assert_eq!(swapped("the left kidney").as_deref(), Some("the right kidney"));
        assert_eq!((swapped("midline"), scaled("none", 2.0)), (None, None));
        assert_eq!(scaled("About 212 mL", 10.0).as_deref(), Some("About 2120 mL"));
        assert_eq!(scaled("3.5 times", 0.45).as_deref(), Some("1.6 times"));
    }
}
