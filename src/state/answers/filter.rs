//! Which items the queue shows by what models, judges, reviewers and geometry say about their answers.

use super::AppState;
use crate::qa::ModelRun;
use crate::score::Filter;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerFilter {
    Votes(Filter),
    /// The jury calls an answer right that geometry contradicts, or wrong one that it supports.
    JuryAgainstGeometry,
}

impl AnswerFilter {
    pub fn names_a_model(self) -> bool {
        matches!(self, Self::Votes(Filter::Right(_) | Filter::OnlyRight(_) | Filter::OnlyWrong(_) | Filter::Pair { .. }))
    }

    /// In a few words. `runs` are those of the table.
    pub fn name(self, runs: &[ModelRun]) -> String {
        let run = |n: usize| runs.get(n).map_or_else(|| "?".to_owned(), ToString::to_string);
        match self {
            Self::JuryAgainstGeometry => "jury against geometry".to_owned(),
            Self::Votes(filter) => match filter {
                Filter::AllWrong => "all wrong".to_owned(),
                Filter::AllRight => "all right".to_owned(),
                Filter::Right(n) => format!("{} right", run(n)),
                Filter::OnlyRight(n) => format!("only {} right", run(n)),
                Filter::OnlyWrong(n) => format!("only {} wrong", run(n)),
                Filter::JudgesDisagree => "judges disagree".to_owned(),
                Filter::JuryAgainstHuman => "jury against reviewers".to_owned(),
                Filter::NotJudgedByHuman => "not judged by a reviewer".to_owned(),
                Filter::Labelled => "with an error label".to_owned(),
                Filter::RightWithoutImage => "right without the image".to_owned(),
                Filter::Pair { a, b, a_right, b_right } => {
                    let word = |right| if right { "right" } else { "wrong" };
                    format!("{} {}, {} {}", run(a), word(a_right), run(b), word(b_right))
                }
            },
        }
    }
}

impl AppState {
    pub(in crate::state) fn filter_by_answers(&mut self, filter: Option<AnswerFilter>) {
        let Some(p) = &mut self.project else { return };
        p.queue.filters.answers = filter;
        self.answers_changed();
    }

    pub(super) fn filter_by_structure(&mut self, name: Option<&str>) {
        let (Some(p), Some(table)) = (&mut self.project, &self.answers.table) else { return };
        let of = name.and_then(|name| table.structures.iter().find(|(other, _)| other == name));
        p.queue.by_structure = of.map(|(_, items)| {
            let ids = items.iter().map(|n| &table.matrix.items()[*n as usize]);
            ids.filter_map(|id| p.index.get(id).map(|i| *i as u32)).collect()
        });
        p.queue.filters.structure = of.map(|(name, _)| name.clone());
        self.rows_changed();
    }

    /// Two runs beside each other.
    pub(super) fn compare_pair(&mut self, a: usize, b: usize) {
        let Some(table) = &self.answers.table else { return };
        self.answers.pair = Some((a, b, table.matrix.two_by_two(a, b, &self.answers.jury)));
    }

    /// Votes, reviews or the filter changed: which items are shown, and the counts of the two-model view.
    pub(in crate::state) fn answers_changed(&mut self) {
        if let Some((a, b, _)) = self.answers.pair {
            self.compare_pair(a, b);
        }
        let (Some(p), table) = (&mut self.project, &self.answers.table) else { return };
        let shown = p.queue.filters.answers.zip(table.as_ref()).map(|(filter, table)| {
            let items = table.shown(filter, &self.answers.jury);
            items.iter().filter_map(|n| p.index.get(&table.matrix.items()[*n]).map(|i| *i as u32)).collect()
        });
        p.queue.by_answers = shown;
        self.rows_changed();
    }
}
