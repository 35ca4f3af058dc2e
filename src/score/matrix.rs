//! Which run got which item right: one small cell per item and run, so that filters over 100 models × 10,000 items take milliseconds.
//!
//! A cell holds counts of votes, not a ruling: the jury's rule can change without reading anything again. What is not answered or not
//! judged is neither right nor wrong, and no filter takes it for either.

use super::human::{Human, HumanAgreement};
use super::{Jury, Ruling};
use crate::qa::{Condition, ItemId, ModelRun, TextHash};
use crate::review::{ItemReview, Judgement, ReviewState, Said};
use std::collections::HashMap;

/// One answer, as far as filters need it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    pub answered: bool,
    /// Votes, without those that a parse error copied.
    pub right: u8,
    pub wrong: u8,
    /// Votes that a parse error copied from another item.
    pub copied_right: u8,
    pub copied_wrong: u8,
    pub human: Human,
    /// Somebody has put an error label on it.
    pub labelled: bool,
}

/// What a jury makes of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Right,
    Wrong,
    /// Tied or split; by the mean, exactly half.
    Undecided,
    /// Too few votes.
    Unjudged,
    Unanswered,
}

/// Cells of every item and run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Matrix {
    items: Vec<ItemId>,
    runs: Vec<ModelRun>,
    places: HashMap<ItemId, usize>,
    /// Run by run.
    cells: Vec<Cell>,
    /// The text, by item and run, of answers about whose earlier text something was said.
    changed: HashMap<(usize, usize), TextHash>,
}

/// How often the jury calls a run right, and how far reviewers agree with it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunScore {
    pub right: usize,
    /// Answers that the jury calls right or wrong.
    pub n: usize,
    pub human: HumanAgreement,
}

/// Which items to show. Runs are numbers of [`Matrix::runs`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filter {
    /// Every judged run is wrong.
    AllWrong,
    /// Every judged run is right.
    AllRight,
    /// This run is right and every other judged run is wrong.
    OnlyRight(usize),
    /// This run is wrong and every other judged run is right.
    OnlyWrong(usize),
    /// The votes on a run's answer differ.
    JudgesDisagree,
    /// The jury's ruling on a run's answer is not what reviewers say.
    JuryAgainstHuman,
    /// A run's answer has no word of a reviewer.
    NotJudgedByHuman,
    /// A run's answer has an error label.
    Labelled,
    /// This run is right, whatever the others are.
    Right(usize),
    /// A control run is right: the item was answered without what it needs.
    RightWithoutImage,
    /// One quarter of the 2 × 2 table of two runs.
    Pair { a: usize, b: usize, a_right: bool, b_right: bool },
}

/// Two runs on the items where both are right or wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TwoByTwo {
    pub both: usize,
    pub only_a: usize,
    pub only_b: usize,
    pub neither: usize,
}

impl Matrix {
    /// Nothing answered yet. Items in the order in which filters list them.
    pub fn new(items: Vec<ItemId>, runs: Vec<ModelRun>) -> Self {
        let places = items.iter().enumerate().map(|(n, id)| (id.clone(), n)).collect();
        let cells = vec![Cell::default(); items.len() * runs.len()];
        Self { items, runs, places, cells, changed: HashMap::new() }
    }

    pub fn items(&self) -> &[ItemId] {
        &self.items
    }

    pub fn runs(&self) -> &[ModelRun] {
        &self.runs
    }

    /// Numbers of the runs under the full condition, the usual choice for filters.
    pub fn full_runs(&self) -> Vec<usize> {
        (0..self.runs.len()).filter(|run| self.runs[*run].condition == Condition::Full).collect()
    }

    pub fn place(&self, item: &ItemId) -> Option<usize> {
        self.places.get(item).copied()
    }

    /// The empty cell for numbers out of range.
    pub fn cell(&self, item: usize, run: usize) -> Cell {
        let inside = item < self.items.len() && run < self.runs.len();
        if inside { self.cells[run * self.items.len() + item] } else { Cell::default() }
    }

    /// `None` for numbers out of range.
    pub fn cell_mut(&mut self, item: usize, run: usize) -> Option<&mut Cell> {
        if item >= self.items.len() {
            return None;
        }
        self.cells.get_mut(run * self.items.len() + item)
    }

    pub fn standing(&self, item: usize, run: usize, jury: &Jury) -> Standing {
        self.cell(item, run).standing(jury)
    }

    /// The answer's text is another than when something was said of it: judgements of other texts do not count.
    pub fn set_changed(&mut self, item: usize, run: usize, now: TextHash) {
        self.changed.insert((item, run), now);
    }

    /// Takes over what reviewers say about every item.
    pub fn review(&mut self, state: &ReviewState) {
        for cell in &mut self.cells {
            (cell.human, cell.labelled) = (Human::Silent, false);
        }
        state.iter().for_each(|(id, review)| self.review_item(id, review));
    }

    /// Takes over what reviewers say about one item, for instance after an event.
    pub fn review_item(&mut self, id: &ItemId, review: &ItemReview) {
        let Some(item) = self.place(id) else { return };
        for run in 0..self.runs.len() {
            let (mut human, mut labelled) = (Human::Silent, false);
            for (_, said) in review.of_answer(&self.runs[run]) {
                let stands = |j: &&Said<Judgement>| self.changed.get(&(item, run)).is_none_or(|now| j.sha256 == *now);
                human = said.judgement.as_ref().filter(stands).map_or(human, |j| human.and(j.what));
                labelled |= said.label.is_some();
            }
            if let Some(cell) = self.cell_mut(item, run) {
                (cell.human, cell.labelled) = (human, labelled);
            }
        }
    }

    /// Numbers of the items that a filter shows, looking at these runs.
    pub fn filtered(&self, filter: Filter, runs: &[usize], jury: &Jury) -> Vec<usize> {
        (0..self.items.len()).filter(|item| self.shows(*item, filter, runs, jury)).collect()
    }

    fn shows(&self, item: usize, filter: Filter, runs: &[usize], jury: &Jury) -> bool {
        let standing = |run: usize| self.standing(item, run, jury);
        let any = |test: &dyn Fn(Cell) -> bool| runs.iter().any(|run| test(self.cell(item, *run)));
        let alone = |run: usize, own: Standing, others: Standing| {
            standing(run) == own && all_are(runs.iter().filter(|r| **r != run).map(|r| standing(*r)), others)
        };
        match filter {
            Filter::AllWrong => all_are(runs.iter().map(|r| standing(*r)), Standing::Wrong),
            Filter::AllRight => all_are(runs.iter().map(|r| standing(*r)), Standing::Right),
            Filter::Right(run) => standing(run) == Standing::Right,
            Filter::OnlyRight(run) => alone(run, Standing::Right, Standing::Wrong),
            Filter::OnlyWrong(run) => alone(run, Standing::Wrong, Standing::Right),
            Filter::JudgesDisagree => any(&|cell| cell.disagreed(jury)),
            Filter::JuryAgainstHuman => any(&|cell| cell.human.contradicts(cell.standing(jury))),
            Filter::NotJudgedByHuman => any(&|cell| cell.answered && cell.human == Human::Silent),
            Filter::Labelled => any(&|cell| cell.labelled),
            Filter::RightWithoutImage => {
                (0..self.runs.len()).any(|run| self.runs[run].condition != Condition::Full && standing(run) == Standing::Right)
            }
            Filter::Pair { a, b, a_right, b_right } => self.pair(item, a, b, jury) == Some((a_right, b_right)),
        }
    }

    /// Are the two right? `None` when one of them is neither right nor wrong.
    fn pair(&self, item: usize, a: usize, b: usize, jury: &Jury) -> Option<(bool, bool)> {
        self.standing(item, a, jury).right().zip(self.standing(item, b, jury).right())
    }

    /// How one run does under a jury, and what reviewers say to that.
    pub fn run_score(&self, run: usize, jury: &Jury) -> RunScore {
        let said = |item: usize| (self.standing(item, run, jury).right(), self.cell(item, run).human);
        let ruled = |wanted: bool| (0..self.items.len()).filter(|item| said(*item).0 == Some(wanted)).count();
        let right = ruled(true);
        RunScore { right, n: right + ruled(false), human: HumanAgreement::of((0..self.items.len()).map(said)) }
    }

    /// How far reviewers agree with a jury on the answers of all runs.
    pub fn human_agreement(&self, jury: &Jury) -> HumanAgreement {
        let judged = self.cells.iter().filter(|cell| cell.human != Human::Silent);
        HumanAgreement::of(judged.map(|cell| (cell.standing(jury).right(), cell.human)))
    }

    pub fn two_by_two(&self, a: usize, b: usize, jury: &Jury) -> TwoByTwo {
        let mut out = TwoByTwo::default();
        for pair in (0..self.items.len()).filter_map(|item| self.pair(item, a, b, jury)) {
            match pair {
                (true, true) => out.both += 1,
                (true, false) => out.only_a += 1,
                (false, true) => out.only_b += 1,
                (false, false) => out.neither += 1,
            }
        }
        out
    }
}

/// At least one is right or wrong, and all that are, are `wanted`.
fn all_are(standings: impl Iterator<Item = Standing>, wanted: Standing) -> bool {
    let mut seen = false;
    for standing in standings.filter(|s| s.right().is_some()) {
        if standing != wanted {
            return false;
        }
        seen = true;
    }
    seen
}

impl Cell {
    /// Adds a vote; more than 255 of a kind stay 255.
    pub fn add_vote(&mut self, correct: bool, copied: bool) {
        let count = match (correct, copied) {
            (true, false) => &mut self.right,
            (false, false) => &mut self.wrong,
            (true, true) => &mut self.copied_right,
            (false, true) => &mut self.copied_wrong,
        };
        *count = count.saturating_add(1);
    }

    /// Votes that count for this jury: right, wrong.
    pub fn votes(&self, jury: &Jury) -> (usize, usize) {
        let copied = usize::from(!jury.exclude_parse_errors);
        let count = |own: u8, copies: u8| usize::from(own) + copied * usize::from(copies);
        (count(self.right, self.copied_right), count(self.wrong, self.copied_wrong))
    }

    pub fn standing(&self, jury: &Jury) -> Standing {
        let (right, wrong) = self.votes(jury);
        match jury.rule_on(right, right + wrong) {
            _ if !self.answered => Standing::Unanswered,
            Ruling::TooFewVotes => Standing::Unjudged,
            Ruling::Undecided | Ruling::Worth(0.5) => Standing::Undecided,
            Ruling::Worth(worth) if worth > 0.5 => Standing::Right,
            Ruling::Worth(_) => Standing::Wrong,
        }
    }

    fn disagreed(&self, jury: &Jury) -> bool {
        let (right, wrong) = self.votes(jury);
        right > 0 && wrong > 0
    }
}

impl RunScore {
    pub fn accuracy(&self) -> Option<f64> {
        (self.n > 0).then(|| self.right as f64 / self.n as f64)
    }
}

impl Standing {
    /// `None` when it is neither right nor wrong.
    pub fn right(self) -> Option<bool> {
        match self {
            Standing::Right => Some(true),
            Standing::Wrong => Some(false),
            Standing::Undecided | Standing::Unjudged | Standing::Unanswered => None,
        }
    }
}

impl Human {
    /// The jury says the opposite.
    fn contradicts(self, jury: Standing) -> bool {
        matches!((self, jury), (Human::Right, Standing::Wrong) | (Human::Wrong, Standing::Right))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs a, b and a@text-only; per item the votes (right, wrong) on each.
    fn matrix(votes: &[[(u8, u8); 3]]) -> Matrix {
        let items = (0..votes.len()).map(|n| format!("c::{n}").parse().unwrap()).collect();
        let mut out = Matrix::new(items, ["a", "b", "a@text-only"].map(|r| ModelRun::parse(r).unwrap()).to_vec());
        for (item, of) in votes.iter().enumerate() {
            for (run, (right, wrong)) in of.iter().enumerate() {
                *out.cell_mut(item, run).unwrap() = Cell { answered: true, right: *right, wrong: *wrong, ..Cell::default() };
            }
        }
        out
    }

    #[test]
    fn filters_show_what_they_say() {
        let m = matrix(&[
            [(0, 3), (0, 2), (0, 3)],
            [(3, 0), (0, 3), (0, 3)],
            [(2, 1), (3, 0), (3, 0)],
            [(1, 1), (3, 0), (0, 3)],
            [(1, 0), (0, 0), (0, 3)],
        ]);
        let (runs, jury) = (m.full_runs(), Jury::default());
        let shown = |filter| m.filtered(filter, &runs, &jury);
        assert_eq!(runs, [0, 1]);
        assert_eq!((shown(Filter::AllWrong), shown(Filter::AllRight)), (vec![0], vec![2, 3]));
        assert_eq!((shown(Filter::OnlyRight(0)), shown(Filter::OnlyRight(1)), shown(Filter::OnlyWrong(1))), (vec![1], vec![], vec![1]));
        assert_eq!((shown(Filter::JudgesDisagree), shown(Filter::RightWithoutImage)), (vec![2, 3], vec![2]));
        assert_eq!(shown(Filter::Pair { a: 0, b: 1, a_right: true, b_right: true }), [2]);
        assert_eq!(m.two_by_two(0, 1, &jury), TwoByTwo { both: 1, only_a: 1, only_b: 0, neither: 1 });
        assert_eq!(m.standing(4, 0, &jury), Standing::Unjudged, "one vote is too few");
        assert_eq!((m.standing(3, 0, &jury), m.standing(9, 9, &jury)), (Standing::Undecided, Standing::Unanswered));
    }

    #[test]
    fn a_run_has_its_accuracy_and_what_reviewers_say_to_it() {
        let mut m = matrix(&[[(3, 0), (0, 3), (0, 3)], [(0, 3), (0, 3), (0, 3)], [(1, 1), (0, 3), (0, 3)], [(3, 0), (0, 3), (0, 3)]]);
        for (item, human) in [(0, Human::Right), (1, Human::Right), (2, Human::Right), (3, Human::Split)] {
            m.cell_mut(item, 0).unwrap().human = human;
        }
        let found = m.run_score(0, &Jury::default());
        assert_eq!((found.right, found.n, found.accuracy()), (2, 3, Some(2.0 / 3.0)));
        assert_eq!((found.human.judged, found.human.n, found.human.agree), (4, 2, 1));
        assert_eq!(m.human_agreement(&Jury::default()), found.human, "nobody judged the other runs");
        assert_eq!(m.run_score(1, &Jury::default()).human.judged, 0);
        assert_eq!(m.run_score(9, &Jury::default()), RunScore { human: HumanAgreement::of([]), ..RunScore::default() });
    }

    #[test]
    fn copied_votes_count_only_while_they_are_not_excluded() {
        let mut cell = Cell { answered: true, ..Cell::default() };
        cell.add_vote(true, false);
        cell.add_vote(false, true);
        cell.add_vote(false, true);
        assert_eq!(cell.standing(&Jury::default()), Standing::Wrong);
        let strict = Jury { exclude_parse_errors: true, ..Jury::default() };
        assert_eq!((cell.standing(&strict), cell.votes(&strict)), (Standing::Unjudged, (1, 0)));
    }

    #[test]
    fn a_reviewer_contradicts_only_a_ruling() {
        assert!(Human::Right.contradicts(Standing::Wrong) && !Human::Split.contradicts(Standing::Wrong));
        assert!(!Human::Right.contradicts(Standing::Undecided));
    }

    #[test]
    fn a_hundred_models_by_ten_thousand_items_are_filtered_at_once() {
        let items = (0..10_000).map(|n| format!("c{}::{}", n / 9, n % 9).parse().unwrap()).collect();
        let runs: Vec<ModelRun> = (0..100).map(|n| ModelRun::new(&format!("m{n}"), Condition::Full)).collect();
        let mut m = Matrix::new(items, runs);
        for n in 0..1_000_000 {
            *m.cell_mut(n % 10_000, n / 10_000).unwrap() =
                Cell { answered: true, right: (n % 4) as u8, wrong: 3 - (n % 4) as u8, ..Cell::default() };
        }
        let start = std::time::Instant::now();
        let runs = m.full_runs();
        assert_eq!(m.filtered(Filter::AllWrong, &runs, &Jury::default()).len(), 5000);
        assert!(start.elapsed().as_secs_f64() < 5.0, "{:?}", start.elapsed());
        assert!(std::mem::size_of::<Cell>() <= 8);
    }
}
