//! What is odd about models' answers and judges' verdicts, found without knowing what is right.
//!
//! Nothing is cleaned here: findings name the items, and whoever scores decides what to do with them.

use super::{Answer, ItemId, ModelRun, Vote, count, special_tokens, thousands};
use serde::{Serialize, Serializer};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A near-duplicate has at least so many words, and stands at so many items.
const NEAR_WORDS: usize = 5;
const NEAR_ITEMS: usize = 3;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum FindingKind {
    /// Nothing but white space.
    EmptyAnswer,
    SpecialToken {
        token: String,
    },
    /// Begins or ends with white space.
    OuterWhiteSpace,
    /// Holds U+FFFD: its text was decoded wrongly once.
    ReplacementCharacter,
    /// Holds control characters other than line ends and tabs.
    ControlCharacter,
    /// The same sentence, but for case and punctuation, at several items.
    NearDuplicate,
    /// The judge's reply could not be parsed; groups of verdicts repeat one reply.
    ParseError,
    /// The judge gave no verdict.
    NoVerdict,
}

/// One kind of oddity of one run, or of one judge of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// `MODEL` or `MODEL@CONDITION`.
    #[serde(serialize_with = "as_text")]
    pub run: ModelRun,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub judge: Option<String>,
    #[serde(flatten)]
    pub kind: FindingKind,
    /// Different texts among them: replies of a judge, repeated sentences. Otherwise as many as items.
    pub groups: usize,
    /// In the order of the source file.
    #[serde(serialize_with = "as_texts")]
    pub items: Vec<ItemId>,
}

fn as_text<S: Serializer>(run: &ModelRun, s: S) -> Result<S::Ok, S::Error> {
    s.collect_str(run)
}

fn as_texts<S: Serializer>(items: &[ItemId], s: S) -> Result<S::Ok, S::Error> {
    s.collect_seq(items.iter().map(ToString::to_string))
}

impl Finding {
    /// One line for people.
    pub fn line(&self) -> String {
        let (n, groups) = (self.items.len(), self.groups);
        let who = self.judge.as_ref().map_or_else(|| self.run.to_string(), |judge| format!("{}:{judge}", self.run));
        let verb = |one: &'static str, more: &'static str| if n == 1 { one } else { more };
        let answers = |one, more| format!("{} {}", count(n, "answer"), verb(one, more));
        let verdicts = |one, more| format!("{} {}", count(n, "verdict"), verb(one, more));
        let what = match &self.kind {
            FindingKind::EmptyAnswer => answers("is empty", "are empty"),
            FindingKind::SpecialToken { token } => format!("{} the special token {token}", answers("holds", "hold")),
            FindingKind::OuterWhiteSpace => format!("{} with white space", answers("begins or ends", "begin or end")),
            FindingKind::ReplacementCharacter => {
                format!("{} U+FFFD, which stands for text that was lost", answers("holds", "hold"))
            }
            FindingKind::ControlCharacter => format!("{} control characters", answers("holds", "hold")),
            FindingKind::NearDuplicate if groups == 1 => format!("{} one sentence word for word", answers("repeats", "repeat")),
            FindingKind::NearDuplicate => {
                format!("{} one of {} word for word", answers("repeats", "repeat"), count(groups, "sentence"))
            }
            FindingKind::ParseError => format!("{} PARSE_ERROR{}", verdicts("says", "say"), repeated(n, groups)),
            FindingKind::NoVerdict => format!("{} null, which counts as missing", verdicts("is", "are")),
        };
        format!("{who}: {what}")
    }
}

/// How many replies `n` verdicts that could not be parsed stand for.
fn repeated(n: usize, replies: usize) -> String {
    match replies {
        _ if replies >= n => String::new(),
        1 => "; they repeat one reply, so most were never judged".to_owned(),
        _ => format!("; they repeat {} replies, so most were never judged", thousands(replies)),
    }
}

/// What is odd about the answers of one run.
pub fn answer_findings(run: &ModelRun, answers: &[Answer]) -> Vec<Finding> {
    let mut found: BTreeMap<FindingKind, Vec<ItemId>> = BTreeMap::new();
    for answer in answers {
        for kind in oddities(&answer.text) {
            found.entry(kind).or_default().push(answer.item.clone());
        }
    }
    let finding = |(kind, items): (FindingKind, Vec<ItemId>)| Finding { run: run.clone(), judge: None, kind, groups: items.len(), items };
    let mut out: Vec<Finding> = found.into_iter().map(finding).collect();
    out.extend(near_duplicate_finding(run, answers));
    out
}

fn oddities(text: &str) -> Vec<FindingKind> {
    if text.trim().is_empty() {
        return vec![FindingKind::EmptyAnswer];
    }
    let tokens: BTreeSet<&str> = special_tokens(text).into_iter().map(|at| &text[at]).collect();
    let mut out: Vec<FindingKind> = tokens.into_iter().map(|t| FindingKind::SpecialToken { token: t.to_owned() }).collect();
    let odd = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    let others = [
        (text.trim().len() < text.len(), FindingKind::OuterWhiteSpace),
        (text.contains(char::REPLACEMENT_CHARACTER), FindingKind::ReplacementCharacter),
        (text.contains(odd), FindingKind::ControlCharacter),
    ];
    out.extend(others.into_iter().filter(|o| o.0).map(|o| o.1));
    out
}

fn near_duplicate_finding(run: &ModelRun, answers: &[Answer]) -> Option<Finding> {
    let (repeated, groups) = near_duplicates(answers.iter().map(|a| Some(a.text.as_str())));
    let items: Vec<ItemId> = answers.iter().zip(repeated).filter(|(_, repeated)| *repeated).map(|(a, _)| a.item.clone()).collect();
    (!items.is_empty()).then(|| Finding { run: run.clone(), judge: None, kind: FindingKind::NearDuplicate, groups, items })
}

/// Which of a run's answers are one sentence of at least five words, but for case and punctuation, that stands at three items or more; and how
/// many such sentences there are.
pub fn near_duplicates<'a>(texts: impl Iterator<Item = Option<&'a str>>) -> (Vec<bool>, usize) {
    let keys: Vec<Option<String>> = texts.map(|text| text.and_then(sentence)).collect();
    let mut groups: HashMap<&str, usize> = HashMap::new();
    keys.iter().flatten().for_each(|key| *groups.entry(key).or_default() += 1);
    groups.retain(|_, n| *n >= NEAR_ITEMS);
    let repeated = keys.iter().map(|key| key.as_deref().is_some_and(|key| groups.contains_key(key))).collect();
    (repeated, groups.len())
}

/// The words in lower case; `None` for a short text, which different items may well share.
fn sentence(text: &str) -> Option<String> {
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
    (words.len() >= NEAR_WORDS).then(|| words.join(" "))
}

/// What is odd about one judge's verdicts on one run. Each vote comes with its reasoning, in the order of the source file.
pub fn verdict_findings(run: &ModelRun, judge: &str, votes: &[(Vote, Option<String>)]) -> Vec<Finding> {
    let items = |odd: fn(&Vote) -> bool| votes.iter().filter(|v| odd(&v.0)).map(|v| v.0.item.clone()).collect::<Vec<_>>();
    let failed: Vec<&(Vote, Option<String>)> = votes.iter().filter(|v| v.0.parse_error).collect();
    // A reply that follows itself is one reply; rows between two groups end the first.
    let follows = |pair: &[&(Vote, Option<String>)]| pair[0].1 == pair[1].1 && pair[0].0.row + 1 == pair[1].0.row;
    let replies = failed.len() - failed.windows(2).filter(|pair| follows(pair)).count();
    let found = [(FindingKind::ParseError, items(|v| v.parse_error), replies), (FindingKind::NoVerdict, items(|v| v.correct.is_none()), 0)];
    let finding = |(kind, items, groups): (FindingKind, Vec<ItemId>, usize)| {
        let groups = if kind == FindingKind::ParseError { groups } else { items.len() };
        Finding { run: run.clone(), judge: Some(judge.to_owned()), kind, groups, items }
    };
    found.into_iter().filter(|f| !f.1.is_empty()).map(finding).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::qa::Condition;

    fn id(n: usize) -> ItemId {
        format!("c::{n}").parse().unwrap()
    }

    fn run() -> ModelRun {
        ModelRun::new("m", Condition::Full)
    }

    #[test]
    fn odd_answers_are_found_and_named() {
        let texts = [
            "Left.",
            " \n",
            "No.</s>",
            "It is ### left",
            "bad \u{fffd}",
            "x\0y",
            "Ends ",
            "No sign of a mass.",
            "no sign of a mass",
            "No sign, of a mass!",
        ];
        let of = |(n, text): (usize, &&str)| Answer {
            item: id(n),
            model: "m".into(),
            condition: Condition::Full,
            text: (*text).to_owned(),
            reasoning: None,
            row: n as u32,
        };
        let answers: Vec<Answer> = texts.iter().enumerate().map(of).collect();
        let found: Vec<(String, Vec<u32>)> =
            answer_findings(&run(), &answers).iter().map(|f| (f.line(), f.items.iter().map(|i| i.position).collect())).collect();
        let lines = [
            ("m: 1 answer is empty", vec![1]),
            ("m: 1 answer holds the special token ###", vec![3]),
            ("m: 1 answer holds the special token </s>", vec![2]),
            ("m: 1 answer begins or ends with white space", vec![6]),
            ("m: 1 answer holds U+FFFD, which stands for text that was lost", vec![4]),
            ("m: 1 answer holds control characters", vec![5]),
            ("m: 3 answers repeat one sentence word for word", vec![7, 8, 9]),
        ];
        assert_eq!(found, lines.map(|(line, items)| (line.to_owned(), items)));
    }

    #[test]
    fn many_answers_are_counted_in_thousands() {
        let items = (0..9077).map(id).collect();
        let token = FindingKind::SpecialToken { token: "</s>".into() };
        let finding = Finding { run: run(), judge: None, kind: token, groups: 9077, items };
        assert_eq!(finding.line(), "m: 9,077 answers hold the special token </s>");
        let copied =
            |n: usize, groups| Finding { kind: FindingKind::ParseError, groups, items: (0..n).map(id).collect(), ..finding.clone() };
        assert_eq!(copied(1, 1).line(), "m: 1 verdict says PARSE_ERROR");
        assert_eq!(copied(5, 1).line(), "m: 5 verdicts say PARSE_ERROR; they repeat one reply, so most were never judged");
    }

    #[test]
    fn groups_of_copied_verdicts_are_counted_by_reply() {
        let vote = |row: u32, reply: Option<&str>, correct| {
            let parse_error = reply.is_some();
            let vote = Vote {
                item: id(row as usize),
                model: "m".into(),
                condition: Condition::Full,
                judge: "j".into(),
                correct,
                parse_error,
                row,
            };
            (vote, reply.map(str::to_owned))
        };
        let votes = [
            vote(0, Some("a"), Some(true)),
            vote(1, Some("a"), Some(true)),
            vote(2, None, None),
            vote(3, Some("a"), Some(true)),
            vote(4, Some("b"), Some(false)),
        ];
        let found = verdict_findings(&run(), "j", &votes);
        assert_eq!((found[0].groups, found[0].items.len()), (3, 4), "a reply that comes again later is another call");
        assert_eq!(found[0].line(), "m:j: 4 verdicts say PARSE_ERROR; they repeat 3 replies, so most were never judged");
        assert_eq!(found[1].line(), "m:j: 1 verdict is null, which counts as missing");
        assert_eq!(found[1].items, [id(2)]);
        let json = serde_json::to_value(&found[1]).unwrap();
        assert_eq!(json, serde_json::json!({"run": "m", "judge": "j", "kind": "no-verdict", "groups": 1, "items": ["c::2"]}));
        assert!(verdict_findings(&run(), "j", &votes[2..2]).is_empty());
    }
}
