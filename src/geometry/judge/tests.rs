//! Claims about a body of boxes whose every number is known.

use super::made::body;
use super::*;
use crate::geometry::claim::Claim;
use std::collections::HashMap;
use std::sync::Arc;

fn judged(text: &str) -> Judgement {
    let claim: Claim = text.parse().unwrap();
    let judgement = Judge::new(&body()).judge(&claim);
    let opposite = Judge::new(&body()).judge(&claim.negated());
    assert_eq!(opposite.verdict, judgement.verdict.negated(), "not {text}");
    assert_eq!(judgement.reason.is_some(), judgement.verdict == Verdict::Undetermined, "{text}");
    let finite = |l: &Line| l.ends.iter().flatten().all(|v| v.is_finite());
    assert!(judgement.evidence.lines.iter().all(finite) && judgement.evidence.plane.is_some(), "{text}");
    judgement
}

fn holds(text: &str) {
    let j = judged(text);
    assert_eq!(j.verdict, Verdict::Supports, "{text}: {j:?}");
    assert!(!j.numbers.is_empty(), "{text}");
}

fn fails(text: &str) {
    let j = judged(text);
    assert_eq!(j.verdict, Verdict::Contradicts, "{text}: {j:?}");
}

fn open(text: &str, reason: &str) {
    let j = judged(text);
    assert_eq!(j.reason.as_ref().map(ToString::to_string), Some(reason.to_owned()), "{text}: {j:?}");
}

#[test]
fn directions_compare_centroids_with_a_margin() {
    holds("superior(kidney_left, kidney_right)");
    fails("inferior(kidney_left, kidney_right)");
    holds("left_of(spleen, liver)");
    holds("right_of(liver, spleen)");
    holds("posterior(kidney_left, liver)");
    fails("anterior(spleen, liver)");
    open("superior(spleen, liver)", "overlapping");
    open("superior(heart, liver)", "heart is not among the labels");
    open("superior(adrenal_gland_left, liver)", "adrenal_gland_left is not among the labels");
    open("superior(gallbladder, liver)", "gallbladder has no voxel in this case");
}

#[test]
fn what_the_field_of_view_cuts_is_not_guessed() {
    holds("posterior(aorta, liver)");
    open("superior(aorta, vertebrae_L2)", "aorta is cut by the edge of the field of view");
    fails("volume(aorta) = 100 mL ± 10 %");
    open("volume(aorta) = 200 mL ± 10 %", "aorta is cut by the edge of the field of view");
    holds("volume(aorta) > 100 mL");
    fails("volume(aorta) < 100 mL");
    open("volume(aorta) < 900 mL", "aorta is cut by the edge of the field of view");
    fails("height(aorta) = 300 mm");
    holds("width(aorta) = 20 mm");
    open("larger(liver, aorta)", "aorta is cut by the edge of the field of view");
    holds("larger(aorta, liver_lesion)");
    open("distance(aorta, spleen) < 900 mm", "aorta is cut by the edge of the field of view");
    holds("gap(aorta, spleen) < 200 mm");
}

#[test]
fn sides_count_from_the_spine_and_not_from_zero() {
    assert_eq!(midline_r(&body()), Some(20.0));
    holds("left(kidney_left)");
    holds("right(liver)");
    fails("left(liver)");
    open("right(aorta)", "overlapping");
    holds("midline(vertebrae_L1)");
    fails("midline(spleen)");
    open("left(pleural_effusion)", "pleural effusion lies on both sides");
    holds("bilateral(pleural_effusion)");
    fails("bilateral(spleen)");
    holds("medial(kidney_left, spleen)");
    holds("lateral(spleen, kidney_right)");
    open("medial(kidney_left, kidney_right)", "overlapping");
    holds("level(kidney_left, vertebrae_L1)");
    fails("level(kidney_left, vertebrae_L2)");
    holds("level(kidney_right, vertebrae_L2)");
}

#[test]
fn amounts_are_held_against_tolerance_and_margin() {
    holds("volume(kidney_left) = 200 mL ± 0 %");
    holds("volume(kidney_left) = 182 mL ± 10 %");
    open("volume(kidney_left) = 178 mL ± 10 %", "within the margin");
    fails("volume(kidney_left) = 150 mL ± 10 %");
    holds("depth(liver) > 95 mm");
    open("depth(liver) > 99 mm", "within the margin");
    holds("ratio(kidney_left, liver) = 0.15 ± 0.01");
    holds("distance(kidney_left, kidney_right) = 123.7 mm");
    holds("diameter(liver_lesion) = 34.6 mm");
    holds("axial_diameter(liver_lesion) = 28.3 mm");
    holds("components(liver) = 1 ± 0");
    fails("components(liver) > 1");
    open("diameter(lung_left) = 9 mm", "the diameter is not measured");
    open("larger(kidney_left, kidney_right)", "within the margin");
    holds("larger(liver, spleen)");
    holds("taller(kidney_left, liver_lesion)");
    holds("order(liver, spleen, kidney_left, liver_lesion)");
    fails("order(liver, liver_lesion, spleen)");
    holds("largest(liver of spleen, liver, kidney_left)");
    holds("lowest(kidney_right of spleen, liver, kidney_left)");
    fails("smallest(liver of spleen, liver)");
    open("largest(liver of liver)", "anything to compare with is not measured");
}

#[test]
fn neighbours_need_the_measured_pair() {
    holds("inside(liver_lesion, liver)");
    fails("inside(liver_lesion, spleen)");
    fails("inside(liver, liver_lesion)");
    fails("touches(liver_lesion, spleen)");
    holds("touches(liver_lesion, liver)");
    holds("nearer(liver_lesion, liver, spleen)");
    holds("inside(lung_upper_lobe_left, lung_left)");
    let mut alone = body();
    alone.pairs.clear();
    let j = Judge::new(&alone).judge(&"touches(liver, spleen)".parse().unwrap());
    assert_eq!(j.reason, Some(Reason::NotMeasured("the gap".into())));
}

#[test]
fn a_structure_is_put_together_from_its_parts() {
    holds("volume(lung_left) = 560 mL ± 0 %");
    holds("superior(lung_left, spleen)");
    open("volume(lung_right) = 560 mL", "lung_right is not among the labels");
    holds("bilateral(kidney)");
    holds("volume(\"Left Kidney\") = 200 mL");
    assert!(is_known(&body(), "lung_left") && !is_known(&body(), "lung_right") && !is_known(&body(), "label 99"));
    holds("present(liver)");
    holds("not present(gallbladder)");
}

#[test]
fn another_case_is_compared_by_size_only() {
    let others = HashMap::from([("b".to_owned(), Arc::new(body()))]);
    let case = body();
    let judge = |text: &str| Judge::new(&case).with_others(&others).judge(&text.parse().unwrap());
    assert_eq!(judge("ratio(liver, spleen@b) = 4.71").verdict, Verdict::Supports);
    assert_eq!(judge("larger(liver, liver_lesion@b)").verdict, Verdict::Supports);
    assert_eq!(judge("superior(liver, liver_lesion@b)").verdict, Verdict::Undetermined);
    assert_eq!(judge("larger(liver, liver@c)").reason, Some(Reason::OtherCase("c".into())));
}

#[test]
fn evidence_says_what_to_draw() {
    let j = judged("distance(kidney_left, spleen) = 76 mm");
    assert_eq!(j.evidence.parts.iter().map(|p| p.name.as_str()).collect::<Vec<_>>(), ["kidney_left", "spleen"]);
    assert_eq!(j.evidence.lines[0].ends, [[-40.0, -50.0, 0.0], [-80.0, -30.0, 60.0]]);
    assert_eq!((j.numbers[0].mark, j.evidence.plane), (Some(Mark::Line(0)), Some(crate::space::Plane::Coronal)));
    let j = judged("superior(kidney_left, kidney_right)");
    assert_eq!((j.evidence.axis, j.evidence.plane), (Some(2), Some(crate::space::Plane::Coronal)));
    assert_eq!(j.evidence.lines[0].ends, [[80.0, -50.0, -30.0], [80.0, -50.0, 0.0]]);
    assert_eq!((j.clearance, j.margin), (Some(30.0), Some(5.0)));
    let back: Judgement = serde_json::from_str(&serde_json::to_string(&j).unwrap()).unwrap();
    assert_eq!(back, j);
}
