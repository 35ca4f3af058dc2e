//! Claims read from the published questions of CT-SpatialVQA; skipped without them.

use std::path::PathBuf;
use voxaudit::qa::reading::claims;

/// Question and answer of every item, in source order.
fn published() -> Option<Vec<(String, String)>> {
    let shared = std::env::var_os("VOXAUDIT_SHARED").map_or_else(|| PathBuf::from("../shared"), PathBuf::from);
    let path = shared.join("data/ct-spatialvqa/spatial_qa_filtered_full.json");
    let Ok((_, file)) = voxaudit::formats::qa::read(&path) else {
        println!("skipped: no {}", path.display());
        return None;
    };
    Some(file.rows.into_iter().map(|r| (r.question, r.answer)).collect())
}

/// `-- --nocapture` with `VOXAUDIT_SHOW_CLAIMS` prints what was read, for reading by a person.
#[test]
fn published_questions_give_claims_that_print_and_read_back() {
    let Some(items) = published() else { return };
    let mut read = 0;
    for (question, answer) in &items {
        let found = claims(question, &[], answer);
        read += usize::from(!found.is_empty());
        for claim in &found {
            assert_eq!(claim.to_string().parse().as_ref(), Ok(claim), "{question} / {answer}");
            if std::env::var_os("VOXAUDIT_SHOW_CLAIMS").is_some() {
                println!("{claim}\t{question}\t{answer}");
            }
        }
    }
    println!("{read} of {} items give claims", items.len());
    assert!(read * 100 >= items.len(), "{read} of {}", items.len());
}
