//! What several analyses need of the data, worked out once: runs and what is right, structures and lesions that items name.

use super::Data;
use crate::qa::{Answer, Category, Condition, Item, ItemId, ModelRun, StructureNames, Task, TextHash, answer_hash};
use crate::review::{ErrorLabel, Judgement};
use crate::score::{Cleaning, Human, HumanAgreement, Input, Settings, correctness, human_words};
use crate::volume::structures;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What shares of right answers are.
const RULING: &str = "An answer is right when the majority of its judges (at least two votes) says so, or, where the item lists options, when \
                      it chooses the right one. Answers without a ruling are left out of n. Intervals are Wilson's at 95 %.";

/// One model under one condition.
pub struct Run {
    pub run: ModelRun,
    pub name: String,
    /// By item: right, wrong, or no verdict.
    pub right: Vec<Option<bool>>,
    /// By item: what reviewers say of the answer.
    pub human: Vec<Human>,
}

pub struct Lookup<'a> {
    pub data: &'a Data,
    pub runs: Vec<Run>,
    pub places: HashMap<&'a ItemId, u32>,
    /// Structures that each item names, as places in the table.
    pub named: Vec<Vec<usize>>,
    /// Asked during long work: `false` means that nobody wants the charts any more.
    pub go_on: &'a (dyn Fn() -> bool + Sync),
}

/// What reviewers say about one answer, as far as it is about the text that stands there now.
pub struct Opinion<'a> {
    pub item: u32,
    /// Number of the run in [`Lookup::runs`].
    pub run: usize,
    /// One for each reviewer who judged.
    pub judgements: Vec<Judgement>,
    /// One for each reviewer who labelled.
    pub labels: Vec<&'a ErrorLabel>,
}

/// A group of items with a name.
pub struct Group {
    pub name: String,
    pub items: Vec<u32>,
}

/// Words that say that a question is about a lesion, as beginnings of words.
const LESIONS: [&str; 21] = [
    "lesion",
    "nodul",
    "mass",
    "tumor",
    "tumour",
    "cyst",
    "metasta",
    "carcinoma",
    "cancer",
    "neoplas",
    "malignan",
    "adenoma",
    "hemangioma",
    "haemangioma",
    "granuloma",
    "lipoma",
    "sarcoma",
    "lymphoma",
    "angiomyolipoma",
    "hamartoma",
    "abscess",
];

/// Other names of structures that mean something else in most questions: the long axis, the body of a vertebra.
const AMBIGUOUS: [&str; 5] = ["axis", "atlas", "body", "body outline", "mass"];

impl Opinion<'_> {
    /// Right or wrong, where all who judged say the same and can tell.
    pub fn right(&self) -> Option<bool> {
        let first = self.judgements.first()?;
        let right = match first {
            Judgement::Right => Some(true),
            Judgement::Wrong => Some(false),
            Judgement::Unsure => None,
        };
        right.filter(|_| self.judgements.iter().all(|j| j == first))
    }
}

impl<'a> Lookup<'a> {
    /// For work that is never stopped.
    #[cfg(test)]
    pub fn new(data: &'a Data) -> Self {
        Self::watched(data, &|| true)
    }

    pub fn watched(data: &'a Data, go_on: &'a (dyn Fn() -> bool + Sync)) -> Self {
        let places: HashMap<&ItemId, u32> = data.items.iter().zip(0..).map(|(item, n)| (&item.id, n)).collect();
        let silent = vec![Human::Silent; data.items.len()];
        let run = |(name, right): (String, Vec<Option<bool>>)| {
            ModelRun::parse(&name).ok().map(|run| Run { run, name, right, human: silent.clone() })
        };
        let right = correctness(input(data), Settings::default().cleaned(data.cleaning));
        let mut runs: Vec<Run> = right.into_iter().filter_map(run).collect();
        hear(&mut runs, data, &places);
        Self { data, runs, places, named: named(&data.items), go_on }
    }

    /// What shares of right answers are, how far reviewers agree with them, and what was cleaned away: under every chart that shows them.
    pub fn ruling(&self) -> Vec<String> {
        let said = self.runs.iter().flat_map(|r| r.right.iter().copied().zip(r.human.iter().copied()));
        let cleaning = self.data.cleaning;
        let words = (cleaning != Cleaning::NONE).then(|| format!("Faults of the data are cleaned away: {}.", cleaning.words()));
        let human = format!("Beside what reviewers say of the same answers: {}.", HumanAgreement::of(said).words());
        [RULING.to_owned(), human].into_iter().chain(words).collect()
    }

    /// Runs under the full condition: the models.
    pub fn models(&self) -> Vec<&Run> {
        self.runs.iter().filter(|r| r.run.condition == Condition::Full).collect()
    }

    /// Models with at least one verdict; a message instead when there is none.
    pub fn judged_models(&self) -> Result<Vec<&Run>, String> {
        let judged: Vec<&Run> = self.models().into_iter().filter(|r| r.right.iter().any(Option::is_some)).collect();
        match (judged.is_empty(), self.runs.is_empty()) {
            (false, _) => Ok(judged),
            (_, true) => Err("No model answers yet: import them with `voxaudit import … --answers MODEL=FILE`.".to_owned()),
            _ => Err("No answer is judged yet: import verdicts with `voxaudit import … --verdicts MODEL:JUDGE=FILE`.".to_owned()),
        }
    }

    /// What reviewers say about answers, by item and run.
    pub fn opinions(&self) -> Vec<Opinion<'a>> {
        let numbers: HashMap<&ModelRun, usize> = self.runs.iter().enumerate().map(|(n, r)| (&r.run, n)).collect();
        let reviewed = |answer: &&Answer| self.data.review.item(&answer.item).is_some_and(|r| !r.answers.is_empty());
        let mut out: Vec<Opinion<'a>> = Vec::new();
        for answer in self.data.answers.iter().filter(reviewed) {
            let run = ModelRun::new(&answer.model, answer.condition.clone());
            let (Some(item), Some(number)) = (self.places.get(&answer.item), numbers.get(&run)) else { continue };
            out.extend(self.opinion(*item, *number, answer_hash(&answer.text, answer.reasoning.as_deref())));
        }
        out.sort_by_key(|o| (o.item, o.run));
        out
    }

    fn opinion(&self, item: u32, run: usize, now: TextHash) -> Option<Opinion<'a>> {
        let data: &'a Data = self.data;
        let review = data.review.item(&data.items[item as usize].id)?;
        let mut opinion = Opinion { item, run, judgements: Vec::new(), labels: Vec::new() };
        for said in review.answers.values().filter_map(|said| said.get(&self.runs[run].run)) {
            opinion.judgements.extend(said.judgement.as_ref().filter(|j| j.sha256 == now).map(|j| j.what));
            opinion.labels.extend(said.label.as_ref().filter(|l| l.sha256 == now).map(|l| &l.what));
        }
        (!opinion.judgements.is_empty() || !opinion.labels.is_empty()).then_some(opinion)
    }

    pub fn all(&self) -> Vec<u32> {
        (0..self.data.items.len() as u32).collect()
    }

    /// Items by task; tasks without items are left out.
    pub fn tasks(&self) -> Vec<Group> {
        let group = |task: Task| self.group(task.code(), |item| item.task == Some(task));
        Task::ALL.into_iter().map(group).filter(|g| !g.items.is_empty()).collect()
    }

    /// Items by category; an item counts in each of its categories.
    pub fn categories(&self) -> Vec<Group> {
        let group = |category: Category| self.group(category.name(), |item| item.categories.contains(&category));
        Category::ALL.into_iter().map(group).filter(|g| !g.items.is_empty()).collect()
    }

    /// Tasks where there are at least two, else categories, and what they are called.
    pub fn kinds(&self) -> (&'static str, Vec<Group>) {
        let tasks = self.tasks();
        if tasks.len() > 1 { ("task", tasks) } else { ("category", self.categories()) }
    }

    fn group(&self, name: &str, of: impl Fn(&Item) -> bool) -> Group {
        let items = self.data.items.iter().zip(0..).filter(|(item, _)| of(item)).map(|(_, n)| n).collect();
        Group { name: name.to_owned(), items }
    }

    /// Items by the structure they name, both sides as one, the commonest first; `of` chooses items.
    pub fn structures(&self, of: impl Fn(&Item) -> bool) -> Vec<Group> {
        let wanted = self.named.iter().enumerate().filter(|(n, _)| of(&self.data.items[*n]));
        by_structure(wanted).into_iter().map(|(name, items)| Group { name, items }).collect()
    }
}

/// Structures that questions, options or reference answers name, the commonest first, each with the numbers of its items. Left and right
/// are one structure.
pub fn items_by_structure(items: &[Item]) -> Vec<(String, Vec<u32>)> {
    by_structure(named(items).iter().enumerate())
}

fn by_structure<'a>(named: impl Iterator<Item = (usize, &'a Vec<usize>)>) -> Vec<(String, Vec<u32>)> {
    let mut groups: BTreeMap<String, BTreeSet<u32>> = BTreeMap::new();
    for (n, structures) in named {
        for structure in structures {
            groups.entry(title(*structure)).or_default().insert(n as u32);
        }
    }
    let mut groups: Vec<(String, Vec<u32>)> = groups.into_iter().map(|(name, items)| (name, items.into_iter().collect())).collect();
    groups.sort_by(|a, b| b.1.len().cmp(&a.1.len()).then_with(|| a.0.cmp(&b.0)));
    groups
}

/// Everything that scores are made of; reviewers are heard separately.
pub fn input(data: &Data) -> Input<'_> {
    Input { items: &data.items, answers: &data.answers, votes: &data.votes, human: &[] }
}

/// Puts what reviewers say beside the answers that it is about.
fn hear(runs: &mut [Run], data: &Data, places: &HashMap<&ItemId, u32>) {
    for word in human_words(&data.answers, &data.review) {
        let run = runs.iter_mut().find(|r| r.run == word.run);
        if let (Some(run), Some(item)) = (run, places.get(&word.item)) {
            run.human[*item as usize] = word.said;
        }
    }
}

/// Is the item about a lesion?
pub fn about_lesion(item: &Item) -> bool {
    says_lesion(&format!("{} {}", item.question, item.answer))
}

/// Does a text name a lesion?
pub fn says_lesion(text: &str) -> bool {
    let text = text.to_lowercase();
    let mut words = text.split(|c: char| !c.is_alphanumeric());
    words.any(|word| LESIONS.iter().any(|lesion| word.starts_with(lesion)) && word != "massive" && word != "massively")
}

/// How a structure is called without its side: `kidney`.
pub fn title(structure: usize) -> String {
    let title = structures::all().get(structure).map_or("", |s| s.title);
    title.strip_prefix("left ").or(title.strip_prefix("right ")).unwrap_or(title).to_owned()
}

fn named(items: &[Item]) -> Vec<Vec<usize>> {
    let known = |s: &'static structures::Structure| std::iter::once(s.title).chain(s.aliases.iter().copied()).map(|n| (s.order, n));
    let names = StructureNames::new(structures::all().iter().flat_map(known).filter(|(_, name)| !AMBIGUOUS.contains(name)));
    items.par_iter().map(|item| names.mentioned(item)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(question: &str) -> Item {
        let id = "c::0".parse().unwrap();
        Item { id, question: question.into(), answer: "Yes".into(), options: Vec::new(), task: None, categories: Vec::new() }
    }

    #[test]
    fn lesions_are_told_by_their_words() {
        assert!(about_lesion(&item("Which lobe holds the nodules?")) && about_lesion(&item("Is the Mass in the liver?")));
        assert!(!about_lesion(&item("Is there a massive effusion?")) && !about_lesion(&item("Where is the spleen?")));
    }

    #[test]
    fn the_sides_of_a_pair_are_one_structure() {
        let mut items = vec![
            item("Is the left kidney above the right kidney?"),
            item("Is the liver large along its long axis?"),
            item("Is the right kidney large?"),
        ];
        items.iter_mut().zip(0..).for_each(|(item, n)| item.id.position = n);
        let data = Data { items, ..Data::default() };
        let groups = Lookup::new(&data).structures(|_| true);
        let found: Vec<(&str, &[u32])> = groups.iter().map(|g| (g.name.as_str(), g.items.as_slice())).collect();
        assert_eq!(found, [("kidney", &[0u32, 2][..]), ("liver", &[1][..])]);
    }
}
