//! Text metrics on the 9,077 published answers of one model against sacrebleu, rouge-score and NLTK in one run, and the whole score of
//! three models with 10,000 case-clustered bootstrap replicates.
//!
//! `cargo bench --bench score`. The peers are run with `$VOXAUDIT_PYTHON` (else `python3`) and are needed for the ratios only; NLTK wants
//! its wordnet corpus (`NLTK_DATA`). Where `../shared` is absent, a made-up corpus of the same size takes its place.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a bench may fail where it stands

#[path = "../tests/score/data.rs"]
#[allow(dead_code)]
mod data;

use std::process::Command;
use std::time::Instant;
use voxaudit::score::text::{Bleu, Lexicon, MeteorScorer, RougeScorer};
use voxaudit::score::{Input, Settings, score};

type Pairs = Vec<(String, String)>;

/// A metric's name, what it should be faster than its peer by, and one run of it.
type Metric = (&'static str, f64, fn(&Pairs) -> Vec<f64>);

const METRICS: [Metric; 3] = [("bleu", 8.0, bleu), ("rouge", 10.0, rouge), ("meteor", 10.0, meteor)];

fn main() {
    let benchmark = data::benchmark();
    let pairs = benchmark.as_ref().map_or_else(made_up, |b| prepared(b, "radfm"));
    println!("{} pairs, one thread", pairs.len());
    let peers = peers(&pairs);
    for (name, wanted, metric) in METRICS {
        let (seconds, figures) = timed(|| metric(&pairs));
        let line = peers.iter().find(|peer| peer.name == name).map_or_else(String::new, |peer| against(peer, seconds, &figures, wanted));
        println!("{name:<7}{:7.1} ms, first run with nothing remembered{line}", seconds * 1e3);
    }
    match &benchmark {
        Some(b) => whole(b),
        None => println!("the whole score is timed on the published answers only"),
    }
}

struct Peer {
    name: String,
    seconds: f64,
    figures: Vec<f64>,
}

/// One line of comparison; a figure that differs ends the bench.
fn against(peer: &Peer, seconds: f64, figures: &[f64], wanted: f64) -> String {
    for (ours, theirs) in figures.iter().zip(&peer.figures) {
        assert!((ours - theirs).abs() < 1e-9, "{}: {ours}, the peer says {theirs}", peer.name);
    }
    format!("; peer {:7.1} ms, ratio {:.1} (wanted {wanted}), figures equal", peer.seconds * 1e3, peer.seconds / seconds)
}

fn timed<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let start = Instant::now();
    let result = work();
    (start.elapsed().as_secs_f64(), result)
}

fn bleu(pairs: &Pairs) -> Vec<f64> {
    let (mut bleu, mut lexicon) = (Bleu::default(), Lexicon::default());
    pairs.iter().for_each(|(reference, prediction)| bleu.add(&mut lexicon, reference, prediction));
    vec![bleu.score()]
}

fn rouge(pairs: &Pairs) -> Vec<f64> {
    let mut scorer = RougeScorer::default();
    let scores: Vec<_> = pairs.iter().map(|(reference, prediction)| scorer.score(reference, prediction)).collect();
    let mean = |value: fn(&voxaudit::score::text::Rouge) -> f64| scores.iter().map(value).sum::<f64>() / scores.len() as f64;
    vec![mean(|s| s.rouge1), mean(|s| s.rouge2), mean(|s| s.rouge_l)]
}

fn meteor(pairs: &Pairs) -> Vec<f64> {
    let mut scorer = MeteorScorer::default();
    vec![pairs.iter().map(|(reference, prediction)| scorer.score(reference, prediction)).sum::<f64>() / pairs.len() as f64]
}

/// Trimmed and in lower case, as the published figures were.
fn prepared(b: &data::Benchmark, model: &str) -> Pairs {
    let answers = b.answers.iter().filter(|answer| answer.model == model);
    let prepare = |text: &str| text.trim().to_lowercase();
    b.items.iter().zip(answers).map(|(item, answer)| (prepare(&item.answer), prepare(&answer.text))).collect()
}

/// Sentences of words that stem and rhyme with one another, the same on every run.
fn made_up() -> Pairs {
    let words = [
        "the",
        "nodules",
        "located",
        "in",
        "right",
        "left",
        "lungs",
        "chest",
        "thorax",
        "bases",
        "extending",
        "upper",
        "lobe",
        "measuring",
    ];
    let mut seed = 1u32;
    let mut sentence = || -> String {
        let mut draw = |n: u32| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 8) % n
        };
        let length = 4 + draw(12);
        (0..length).map(|_| words[draw(words.len() as u32) as usize]).collect::<Vec<_>>().join(" ")
    };
    (0..9077).map(|_| (sentence(), sentence())).collect()
}

/// What the Python libraries need and find for the same pairs; nothing, with a line, where they are not at hand.
fn peers(pairs: &Pairs) -> Vec<Peer> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("pairs.json");
    std::fs::write(&file, serde_json::to_string(pairs).expect("texts are JSON")).expect("the pairs can be written");
    let python = std::env::var("VOXAUDIT_PYTHON").unwrap_or_else(|_| "python3".into());
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/score_reference.py");
    match Command::new(&python).arg(script).arg(&file).output() {
        Err(error) => println!("no peers: {python}: {error}"),
        Ok(run) => {
            String::from_utf8_lossy(&run.stderr).lines().last().into_iter().for_each(|line| println!("peers: {line}"));
            return String::from_utf8_lossy(&run.stdout).lines().filter_map(peer).collect();
        }
    }
    Vec::new()
}

fn peer(line: &str) -> Option<Peer> {
    let mut fields = line.split(' ');
    let name = fields.next()?.to_owned();
    let seconds = fields.next()?.parse().ok()?;
    Some(Peer { name, seconds, figures: fields.filter_map(|figure| figure.parse().ok()).collect() })
}

fn whole(b: &data::Benchmark) {
    let input = Input { items: &b.items, answers: &b.answers, votes: &b.votes, human: &[] };
    let (seconds, report) = timed(|| score(input, Settings::default()));
    let replicates = Settings::default().resampling.replicates;
    println!("score   {seconds:7.3} s for {} models with {replicates} replicates over cases (wanted 3)", report.models.len());
}
