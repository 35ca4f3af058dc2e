//! Sentences as people and models write them, and what is read from them.

use super::claims;

fn check(question: &str, answer: &str, expected: &[&str]) {
    check_with(question, &[], answer, expected);
}

fn check_with(question: &str, options: &[&str], answer: &str, expected: &[&str]) {
    let options: Vec<String> = options.iter().map(|o| (*o).to_owned()).collect();
    let found: Vec<String> = claims(question, &options, answer).iter().map(ToString::to_string).collect();
    assert_eq!(found, expected, "{question} / {answer}");
}

#[test]
fn yes_and_no_are_held_against_the_question() {
    let above = "Is the left kidney above the spleen?";
    check(above, "Yes.", &["superior(kidney_left, spleen)"]);
    check(above, "No, it lies below.", &["not superior(kidney_left, spleen)"]);
    check(above, "Yes, the left kidney is located superior to the spleen.", &["superior(kidney_left, spleen)"]);
    check(above, "Yes, but only partially.", &[]);
    check(above, "No, the left kidney is above the spleen.", &[]);
    check(above, "The left kidney lies caudal to the spleen.", &["inferior(kidney_left, spleen)"]);
    check(above, "It depends.", &[]);
    check("Is the aorta to the left of the inferior vena cava?", "Yes", &["left_of(aorta, inferior_vena_cava)"]);
    check("Is the heart located in front of the esophagus in this scan?", "Yes.", &["anterior(heart, esophagus)"]);
    check("Are both kidneys below the liver?", "Yes", &["inferior(kidney_left, liver)", "inferior(kidney_right, liver)"]);
    check("Are both kidneys below the liver?", "No", &[]);
    check("Is the volume of the spleen larger than 300 mL?", "no", &["not volume(spleen) > 300 mL"]);
    check("Is the liver larger than 1,500 cc?", "Yes.", &["volume(liver) > 1500 mL"]);
    check("Is the left lung larger than the right?", "No", &["not larger(lung_left, lung_right)"]);
    check("Is the trachea in the midline?", "Yes, the trachea is in the midline.", &["midline(trachea)"]);
    check("Does the liver touch the right kidney?", "Yes", &["touches(liver, kidney_right)"]);
    check("Is the liver lesion inside the liver?", "Yes", &["inside(liver_lesion, liver)"]);
    check("Is there any pleural effusion?", "No pleural effusion was detected.", &["not present(pleural_effusion)"]);
    check("Is the gallbladder visible?", "The gallbladder is not seen.", &["not present(gallbladder)"]);
    check("Is the pleural effusion bilateral?", "Yes", &["bilateral(pleural_effusion)"]);
}

#[test]
fn one_is_picked_from_several() {
    check("Which kidney lies higher?", "The left kidney.", &["superior(kidney_left, kidney_right)"]);
    check_with("Which kidney lies higher?", &["left kidney", "right kidney"], "B", &["superior(kidney_right, kidney_left)"]);
    check("Which kidney is larger?", "Left", &["larger(kidney_left, kidney_right)"]);
    check("Which is larger, the spleen or the left kidney?", "The spleen is larger.", &["larger(spleen, kidney_left)"]);
    check("Which is smaller, the left or right kidney?", "The right kidney", &["larger(kidney_left, kidney_right)"]);
    check("Which lies further anterior, the heart or the spleen?", "The heart lies further anterior.", &["anterior(heart, spleen)"]);
    check("Which is the largest: the spleen, the left kidney or the liver?", "liver", &["largest(liver of spleen, kidney_left, liver)"]);
    check_with(
        "Which of the following organs is the largest?",
        &["Liver", "Spleen", "Pancreas", "Left kidney"],
        "A) Liver",
        &["largest(liver of liver, spleen, pancreas, kidney_left)"],
    );
    check(
        "Which lies closer to the midline, the aorta or the left kidney?",
        "The aorta lies closer to the midline.",
        &["medial(aorta, kidney_left)"],
    );
    check("Which kidney is larger?", "Both are equal.", &[]);
    check("Which kidney is larger?", "The left kidney is smaller.", &[]);
    check("Which is larger, the spleen or the left kidney?", "The liver.", &[]);
}

#[test]
fn numbers_come_with_their_unit() {
    let volume = "What is the volume of the liver?";
    check(volume, "1062 mL", &["volume(liver) = 1062 mL ± 10 %"]);
    check(volume, "The volume of the liver is approximately 1.06 liters.", &["volume(liver) = 1060 mL ± 10 %"]);
    check(volume, "About 1,062 cc.", &["volume(liver) = 1062 mL ± 10 %"]);
    check(volume, "1062 cubic centimeters", &["volume(liver) = 1062 mL ± 10 %"]);
    check(volume, "more than 1500 mL", &["volume(liver) > 1500 mL"]);
    check(volume, "1062", &[]);
    check(volume, "106 mm", &[]);
    check(volume, "between 1000 and 1200 mL", &[]);
    check(volume, "1000 to 1200 mL", &[]);
    check(volume, "The volume of the spleen is 200 mL.", &[]);
    check_with(volume, &["500 mL", "1060 mL"], "B", &["volume(liver) = 1060 mL ± 10 %"]);
    check(volume, "About 159 mL</s>", &["volume(liver) = 159 mL ± 10 %"]);
    check(volume, "Looking at the volume from several planes, I would say: 121 mL.", &["volume(liver) = 121 mL ± 10 %"]);
    check(volume, "It is not 90 mL. I would say: 121 mL.", &[]);
    check(volume, "Looking at the spleen, I would say: 121 mL.", &[]);
    check(volume, "121 mL</s> 130 mL", &[]);
    check("Which kidney is larger?", "Answer: the left kidney</s>", &["larger(kidney_left, kidney_right)"]);
    check("Which kidney is larger?", "Wrong answer: the left kidney", &[]);
    check("Which kidney is larger?", "left ### right", &[]);
    check_with("Which kidney is larger?", &["left kidney", "right kidney"], "I would say: B</s>", &["larger(kidney_right, kidney_left)"]);
    let in_ml = "Estimate the volume of the liver in mL.";
    check(in_ml, "1062", &["volume(liver) = 1062 mL ± 10 %"]);
    check(in_ml, "1.06 L", &["volume(liver) = 1060 mL ± 10 %"]);
    check(in_ml, "About 1,062 mL.", &["volume(liver) = 1062 mL ± 10 %"]);
    check(in_ml, "10 cm", &[]);
    check("What is the volume of the liver (in cm3)?", "1062", &["volume(liver) = 1062 mL ± 10 %"]);
    check("What is the height of the liver in cm?", "15", &["height(liver) = 150 mm ± 10 %"]);
    check("What is the height of the liver in mL?", "15", &[]);
    check("Is the liver larger than the spleen in cm?", "yes", &[]);
    check("Estimate the volume of the right kidney.", "150ml", &["volume(kidney_right) = 150 mL ± 10 %"]);
    check("What is the craniocaudal height of the left kidney?", "10.5 cm", &["height(kidney_left) = 105 mm ± 10 %"]);
    check("How wide is the heart?", "The heart is 120 mm wide.", &["width(heart) = 120 mm ± 10 %"]);
    check("What is the anteroposterior depth of the right kidney?", "42 mm.", &["depth(kidney_right) = 42 mm ± 10 %"]);
    check(
        "What is the distance between the centres of the two kidneys?",
        "118 mm",
        &["distance(kidney_left, kidney_right) = 118 mm ± 10 %"],
    );
    check(
        "How far is the centre of the liver lesion from the centre of the liver?",
        "About 39 mm.",
        &["distance(liver_lesion, liver) = 39 mm ± 10 %"],
    );
    check(
        "How far apart are the centres of the heart and the liver lesion?",
        "About 9 cm",
        &["distance(heart, liver_lesion) = 90 mm ± 10 %"],
    );
    check("What is the smallest distance between the liver and the spleen?", "less than 20 mm", &["gap(liver, spleen) < 20 mm"]);
    check("What is the distance between the liver and the spleen?", "20 mm", &[]);
    check("How many times larger is the liver than the spleen?", "About 7.4 times.", &["ratio(liver, spleen) = 7.4 ± 10 %"]);
    check("How many times larger is the right kidney than the left?", "About 2 times", &["ratio(kidney_right, kidney_left) = 2 ± 10 %"]);
    check("What is the ratio of the volume of the liver to the spleen?", "5.2", &["ratio(liver, spleen) = 5.2 ± 10 %"]);
}

#[test]
fn sides_levels_and_places_are_read() {
    check("On which side of the midline is the liver lesion?", "right", &["right(liver_lesion)"]);
    check("On which side is the pleural effusion?", "On the left.", &["left(pleural_effusion)"]);
    check("Is the pleural effusion on the left or the right side?", "On the right side.", &["right(pleural_effusion)"]);
    check("Is the pleural effusion unilateral or bilateral?", "Bilateral.", &["bilateral(pleural_effusion)"]);
    check("Is the pleural effusion unilateral or bilateral?", "Bilateral, more prominent on the right.", &[]);
    check("Relative to the midline, on which side does the aorta run?", "left", &["left(aorta)"]);
    check("Where is the trachea located in relation to the midline?", "The trachea is in the midline.", &["midline(trachea)"]);
    check("Where is the spleen relative to the liver?", "To the left.", &["left_of(spleen, liver)"]);
    check(
        "Where is the spleen relative to the liver?",
        "Posterior and to the left of the liver",
        &["posterior(spleen, liver)", "left_of(spleen, liver)"],
    );
    check("Where is the left kidney relative to the spleen?", "It lies inferior to the spleen.", &["inferior(kidney_left, spleen)"]);
    check("At the level of which vertebra is the centre of the left kidney?", "L1", &["level(kidney_left, vertebrae_L1)"]);
    check("At which vertebral level is the centre of the right kidney?", "At the level of L2.", &["level(kidney_right, vertebrae_L2)"]);
    check("Rank the following organs by volume from largest to smallest: liver, spleen, left kidney", "Liver, spleen, left kidney", &[]);
    check_with(
        "Which of the following statements is correct?",
        &["The liver is left of the spleen.", "The spleen is behind the heart."],
        "B",
        &["posterior(spleen, heart)"],
    );
}

#[test]
fn what_says_more_than_is_understood_is_left_alone() {
    let nothing = |question: &str, answer: &str| check(question, answer, &[]);
    nothing("Where is the largest nodule located?", "In the left upper lobe of the lung.");
    nothing("Where is the stone located in the kidney?", "In the lower pole of the right kidney.");
    nothing("Which side of the heart shows dilation?", "The left side.");
    nothing("Is the wall of the aorta thicker than the esophagus?", "Yes");
    nothing("Are there any space-occupying lesions in the liver?", "No");
    nothing("Where are lesions?", "Left of the aortic arch.");
    nothing("What is the short axis of the lymph node?", "9 mm");
    nothing("On which side is the kidney?", "left");
    nothing("", "");
    nothing("?", ".");
    nothing("Is the spleen enlarged?", "Yes");
    nothing("Is the heart larger than normal?", "Yes");
    nothing(&"liver ".repeat(1000), "Yes");
}

#[test]
fn what_is_not_there_is_read_as_absent() {
    let none = ["not present(pleural_effusion)"];
    check("Is there pleural effusion or thickening?", "No", &none);
    check("Is there pleural effusion or thickening?", "Yes", &[]);
    check("Is there pleural effusion or thickening?", "No thickening", &[]);
    check("Does one see any pleural effusion?", "No pleural effusion.", &[]);
    check("Is a pleural effusion seen on either side?", "No, neither pleural cavity holds any.", &none);
    check("Is a pleural effusion seen on either side?", "There is no pleural effusion bilaterally.", &none);
    check("Is any pleural effusion visible, and if so, on which side?", "No pleural effusion is visible.", &none);
    check("Is any pleural effusion visible, and if so, on which side?", "Yes, on the left.", &[]);
    check("Is there any pleural effusion?", "No pleural effusion on the left.", &[]);
    check("Is there any pleural effusion?", "No, but the left side is obscured.", &[]);
    check("Is there any pleural effusion?", "No. Pleural effusion is seen.", &[]);
    check("Is there any pleural effusion?", "No pericardial effusion was seen.", &[]);
    check("Is there any pleural effusion?", "No pleural effusion in the lower third.", &[]);
    check("Is there any pleural effusion?", "Yes.", &["present(pleural_effusion)"]);
    check("Is there any pleural effusion?", "There is a pleural effusion.", &["present(pleural_effusion)"]);
    check("Is there any pleural effusion?", "There is an old pleural effusion.", &[]);
    let two = ["not present(pleural_effusion)", "not present(pericardial_effusion)"];
    check("Is a pleural or pericardial effusion seen?", "Neither was seen.", &[]);
    check("Is a pleural or pericardial effusion seen?", "No.", &two);
    check("Is a pleural or pericardial effusion seen?", "No pericardial or pleural effusion is seen.", &[two[1], two[0]]);
    check("Is a pleural or pericardial effusion seen?", "No pericardial effusion is seen.", &[two[1]]);
    check("Is a pleural or pericardial effusion seen?", "Yes.", &[]);
    check("Are the spleen and the gallbladder visible?", "No", &[]);
    check("Are both kidneys visible?", "No", &[]);
    check("Are both kidneys visible?", "The kidneys are not visible.", &["not present(kidney_left)", "not present(kidney_right)"]);
    check("Which kidney is not seen?", "The right kidney is not visible.", &["not present(kidney_right)"]);
    check("Which kidney is not seen?", "The spleen", &[]);
    check("Which organ is absent from the image?", "The spleen", &[]);
    check("Which organ is not visible?", "The spleen", &["not present(spleen)"]);
    check("Is the pleural effusion on the left or the right?", "No pleural effusion is present.", &none);
    check("Is there any pleural effusion on the left?", "No pleural effusion was seen on the left.", &["not left(pleural_effusion)"]);
    check("Is there any pleural effusion on the left?", "No pleural effusion was seen on the right.", &[]);
}

#[test]
fn what_is_about_something_else_is_not_read() {
    check("Where does the trachea lie in relation to the main bronchi?", "To the right", &[]);
    check("Is there any pericardial effusion in the heart?", "No", &[]);
    check("Is the liver lesion on the right side of the liver?", "Yes", &[]);
    check("Where is the lymph node in relation to the trachea?", "Below", &[]);
    check("Which lobe and side is dark?", "Right lower lobe and right side.", &[]);
}

#[test]
fn no_before_a_structure_is_no_answer() {
    check("Is the left kidney above the spleen?", "No kidney is above the spleen.", &[]);
    check("Is the left kidney above the spleen?", "No, the spleen is higher.", &["not superior(kidney_left, spleen)"]);
}

#[test]
fn in_the_chest_a_lung_names_the_side() {
    let effusion = "Where does the pleural effusion lie?";
    check(effusion, "In the left hemithorax.", &["left(pleural_effusion)"]);
    check(effusion, "It lies in the right pleural cavity.", &["right(pleural_effusion)"]);
    check(effusion, "A right pleural effusion is seen.", &["right(pleural_effusion)"]);
    check(effusion, "In both pleural spaces", &["bilateral(pleural_effusion)"]);
    check(effusion, "In the left and the right lung", &[]);
    check(effusion, "In the lower lobe of the left lung", &[]);
    check(effusion, "On the left, up to the apex", &[]);
    check("In which lung is the lung nodule?", "The right lung.", &["right(lung_nodules)"]);
    check("Which lung contains pulmonary nodules?", "The left one", &["left(lung_nodules)"]);
    check("Are lung nodules seen in one lung or in both lungs?", "In both.", &[]);
    check("Are lung nodules seen in one lung or in both lungs?", "In both lungs.", &["bilateral(lung_nodules)"]);
    check("Are lung nodules limited to one lung or bilateral?", "Bilateral, seen in both lungs", &["bilateral(lung_nodules)"]);
    check("Are lung nodules limited to one lung or bilateral?", "Bilateral, in the left lung", &[]);
    check("Are lung nodules limited to one lung or bilateral?", "Unilateral", &[]);
    let one = ["right(lung_nodules)", "not bilateral(lung_nodules)"];
    check("Are lung nodules limited to one lung or bilateral?", "Unilateral, in the right lung.", &one);
    check(
        "Is the pleural effusion unilateral or bilateral, and on which side?",
        "Unilateral, on the left.",
        &["left(pleural_effusion)", "not bilateral(pleural_effusion)"],
    );
    check(
        "Is the pleural effusion bilateral or unilateral?",
        "The pleural effusion is bilateral, in both lungs.",
        &["bilateral(pleural_effusion)"],
    );
    check("Where are pulmonary nodules seen in the lungs?", "In both lungs", &["bilateral(lung_nodules)"]);
    check("Where are pulmonary nodules seen in the left lung?", "In the left lung", &[]);
    check("Are small lung nodules limited to one lung or bilateral?", "Bilateral", &[]);
    check("Is the heart in the left or the right lung?", "In the left lung", &[]);
    check("Is the trachea in the midline or shifted?", "In the midline", &["midline(trachea)"]);
    check("Is the trachea in the midline or shifted?", "Shifted", &[]);
}

#[test]
fn one_of_two_ways_is_chosen() {
    check("Does the spleen lie above or below the left kidney?", "Above.", &["superior(spleen, kidney_left)"]);
    check("Does the spleen lie above or below the left kidney?", "It lies below the left kidney", &["inferior(spleen, kidney_left)"]);
    check("Does the spleen lie above or below the left kidney?", "At the same height", &[]);
    check("Is the aorta to the left or to the right of the inferior vena cava?", "To the left", &["left_of(aorta, inferior_vena_cava)"]);
    check("Is the heart anterior or posterior to the esophagus?", "Anterior", &["anterior(heart, esophagus)"]);
    check("Is the liver larger or smaller than the spleen?", "Larger.", &["larger(liver, spleen)"]);
    check("Is the spleen larger or smaller than the liver?", "It is smaller than the liver.", &["larger(liver, spleen)"]);
    check("Is the spleen larger or smaller than normal?", "Larger than normal.", &[]);
    check("Is the liver larger or smaller than the spleen?", "Larger than the heart", &[]);
    check("Is the liver larger or wider than the spleen?", "Larger", &[]);
}

#[test]
fn parts_are_counted_only_by_unmistakable_words() {
    let parts = "How many connected components does the liver lesion consist of?";
    check(parts, "Three.", &["components(liver_lesion) = 3 ± 0"]);
    check(parts, "It has 2 separate parts", &["components(liver_lesion) = 2 ± 0"]);
    check(parts, "A single component", &["components(liver_lesion) = 1 ± 0"]);
    check(parts, "Two or three", &[]);
    check(parts, "Two large and some small ones", &[]);
    check("How many liver lesions are there?", "Three", &[]);
    check("How many lung nodules are seen?", "3", &[]);
    check("What is the vertical length of the spleen?", "11 cm", &["height(spleen) = 110 mm ± 10 %"]);
    check("What is the length of the spleen?", "11 cm", &[]);
}
