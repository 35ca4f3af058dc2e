//! Models' accuracy on items about lesions, by the organ that the item names.

use super::radar::{AXES, radar};
use crate::analyse::chart::thousands;
use crate::analyse::lookup::{Lookup, about_lesion, says_lesion};
use crate::analyse::{Analysis, Chart, Section};

pub const ANALYSIS: Analysis = Analysis {
    id: "tumours",
    title: "Lesions by organ",
    section: Section::Why,
    answers: "How well are questions about lesions answered, organ by organ?",
    needs: "verdicts, and items about lesions in at least three organs",
    run,
};

/// Organs with fewer items are left out; and organs shown, at most.
const FEWEST: usize = 3;
const MOST: usize = 10;

fn run(lookup: &Lookup<'_>) -> Vec<Chart> {
    let models = match lookup.judged_models() {
        Ok(models) => models,
        Err(why) => return ANALYSIS.missing(why),
    };
    let lesions = lookup.data.items.iter().filter(|i| about_lesion(i)).count();
    let lesions = thousands(lesions);
    let mut groups = lookup.structures(about_lesion);
    // Lung nodules are what is in the organ, not the organ.
    groups.retain(|g| g.items.len() >= FEWEST && !says_lesion(&g.name));
    let all = groups.len();
    groups.truncate(MOST);
    if groups.len() < AXES {
        return ANALYSIS.missing(format!(
            "Items about lesions: {lesions}; organs that at least {FEWEST} of them name: {all}. A profile needs {AXES} organs."
        ));
    }
    vec![
        radar(lookup, &ANALYSIS, None, &models, ("organ", &groups))
            .note(format!(
                "Items about lesions: {lesions}, told by words such as lesion, nodule, mass, cyst, metastasis or carcinoma in \
                           question or reference answer."
            ))
            .note_if(all > MOST, format!("The {MOST} organs with most items, of {all}.")),
    ]
}

#[cfg(test)]
mod tests {
    use super::super::tests::{grid, items, judged, why};
    use super::*;

    #[test]
    fn items_about_lesions_are_grouped_by_organ() {
        let three = |organ: &&str| vec![(format!("Is the lesion in the {organ}?"), "Yes"); 3];
        let texts: Vec<(String, &str)> = ["liver", "spleen", "pancreas"].iter().flat_map(three).collect();
        let mut texts: Vec<(&str, &str)> = texts.iter().map(|(q, a)| (q.as_str(), *a)).collect();
        texts.push(("Is the liver large?", "Yes"));
        texts.extend([("Is there a lung nodule?", "Yes"); 4]);
        let data = judged(items(&texts), &[("m", "RRWWWWRR R")]);
        let charts = run(&Lookup::new(&data));
        let grid = grid(&charts[0]);
        assert_eq!(grid.columns.names, ["liver", "pancreas", "spleen"]);
        let found: Vec<(Option<f64>, usize)> = grid.points.iter().map(|p| (p.value, p.n)).collect();
        assert_eq!(found, [(Some(2.0 / 3.0), 3), (Some(1.0), 2), (Some(0.0), 3)]);
        let few = judged(items(&texts[..3]), &[("m", "RRR")]);
        assert!(why(&run(&Lookup::new(&few))).starts_with("Items about lesions: 3; organs"));
    }
}
