//! Generated items are proved, balanced and repeatable.

use super::*;
use crate::geometry::judge::made::case as boxes;
use crate::qa::reading;
use std::collections::BTreeMap;

/// A body of boxes; `scale` makes another patient of it.
fn patient(scale: f64) -> CaseMeasures {
    let cube = |r: f64, a: f64, s: f64, w: f64, d: f64, h: f64| {
        let half = [w, d, h].map(|v| v * scale / 2.0);
        let c = [r, a, s].map(|v| v * scale);
        [[c[0] - half[0], c[1] - half[1], c[2] - half[2]], [c[0] + half[0], c[1] + half[1], c[2] + half[2]]]
    };
    boxes(&[
        ("vertebrae_L1", cube(0.0, -60.0, 0.0, 30.0, 30.0, 26.0)),
        ("vertebrae_L3", cube(0.0, -60.0, -72.0, 34.0, 33.0, 26.0)),
        ("kidney_left", cube(-60.0, -50.0, 0.0, 50.0, 40.0, 100.0)),
        ("kidney_right", cube(60.0, -52.0, -30.0, 46.0, 38.0, 90.0)),
        ("liver", cube(60.0, 20.0, 70.0, 120.0, 100.0, 110.0)),
        ("spleen", cube(-85.0, -30.0, 60.0, 40.0, 70.0, 85.0)),
        ("heart", cube(-20.0, 40.0, 150.0, 95.0, 75.0, 80.0)),
        ("stomach", cube(-50.0, 40.0, 60.0, 60.0, 55.0, 70.0)),
        ("pancreas", cube(-10.0, -5.0, 20.0, 90.0, 20.0, 25.0)),
        ("aorta", cube(-10.0, -35.0, 60.0, 20.0, 20.0, 620.0)),
        ("gallbladder", [[0.0; 3]; 2]),
    ])
}

fn made(plan: Plan) -> Vec<(CaseMeasures, Vec<GeneratedItem>)> {
    let mut generator = Generator::new(plan);
    (0..6)
        .map(|n| {
            let measures = patient(0.8 + 0.05 * f64::from(n));
            let items = generator.case(&CaseId(format!("case_{n}")), &measures);
            (measures, items)
        })
        .collect()
}

#[test]
fn every_answer_is_supported_and_every_distractor_contradicted() {
    let all = made(Plan::default());
    let others: HashMap<String, Arc<CaseMeasures>> =
        all.iter().enumerate().map(|(n, (m, _))| (format!("case_{n}"), Arc::new(m.clone()))).collect();
    let mut seen = 0;
    for (measures, items) in &all {
        assert_eq!(items.len(), 12);
        let judge = Judge::new(measures).with_others(&others);
        let verdict = |c: &Choice| Verdict::all(c.claims.iter().map(|c| judge.judge(c).verdict));
        for item in items {
            seen += 1;
            assert_eq!(verdict(&item.answer), Some(Verdict::Supports), "{item:?}");
            assert_eq!(item.evidence.len(), item.answer.claims.len());
            let wrong: Vec<_> = item.options.iter().filter(|o| **o != item.answer).collect();
            assert_eq!(wrong.len(), if item.task == Task::Est { 0 } else { 3 }, "{item:?}");
            assert!(wrong.iter().all(|o| verdict(o) == Some(Verdict::Contradicts)), "{item:?}");
            assert!(!item.question.contains("aorta") && !item.question.contains("gallbladder"), "cut or absent: {}", item.question);
        }
    }
    assert_eq!(seen, 72);
}

#[test]
fn tasks_positions_and_structures_take_turns() {
    let all: Vec<GeneratedItem> = made(Plan { per_case: 18, ..Plan::default() }).into_iter().flat_map(|(_, i)| i).collect();
    let (mut tasks, mut places, mut structures) = (BTreeMap::new(), [0; 4], BTreeMap::new());
    for item in &all {
        *tasks.entry(item.task).or_insert(0) += 1;
        if let Some(place) = item.options.iter().position(|o| *o == item.answer) {
            places[place] += 1;
        }
        let mut names: Vec<String> = item.answer.claims.iter().flat_map(Claim::structures).map(|n| n.name.clone()).collect();
        names.sort();
        names.dedup();
        names.into_iter().for_each(|n| *structures.entry(n).or_insert(0) += 1);
    }
    assert!(tasks.len() == 6 && tasks.values().all(|n| *n == all.len() / 6), "{tasks:?}");
    assert!(places.iter().max().unwrap() - places.iter().min().unwrap() <= 1, "{places:?}");
    let (least, most) = (structures.values().min().unwrap(), structures.values().max().unwrap());
    assert!(structures.len() == 9 && most - least <= *most / 2, "{structures:?}");
    let cross = all.iter().filter(|i| i.question.contains("another patient")).count();
    assert!(cross > 0, "no question compares two cases");
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let bytes = |seed| jsonl(&made(Plan { seed, per_case: 9 }).into_iter().flat_map(|(_, i)| i).collect::<Vec<_>>());
    assert_eq!(bytes(7), bytes(7));
    assert_ne!(bytes(7), bytes(8));
}

#[test]
fn what_the_reader_understands_of_its_questions_agrees_with_their_claims() {
    let mut read = 0;
    for (measures, items) in made(Plan::default()) {
        let judge = Judge::new(&measures);
        for item in items {
            let options: Vec<String> = item.options.iter().map(|o| o.text.clone()).collect();
            let claims = reading::claims(&item.question, &options, &item.answer.text);
            read += usize::from(!claims.is_empty());
            for claim in claims {
                assert_eq!(judge.judge(&claim).verdict, Verdict::Supports, "{} / {}: {claim}", item.question, item.answer.text);
            }
        }
    }
    assert!(read >= 20, "{read}");
}

#[test]
fn a_case_with_little_to_ask_gives_few_items() {
    let mut generator = Generator::new(Plan::default());
    let empty = boxes(&[]);
    assert!(generator.case(&CaseId("empty".into()), &empty).is_empty());
    let one = boxes(&[("spleen", [[0.0; 3], [40.0, 40.0, 90.0]])]);
    let items = generator.case(&CaseId("one".into()), &one);
    assert!(!items.is_empty() && items.iter().all(|i| i.question.contains("spleen")));
}
