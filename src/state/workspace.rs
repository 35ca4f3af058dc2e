//! The workspaces of the window: what its columns are for.

/// In the order in which the top bar shows them and Tab goes through them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Workspace {
    /// One item and the decision on it.
    #[default]
    Review,
    /// Models' answers to one item, side by side.
    Compare,
    /// Charts of the whole project.
    Analyse,
}

impl Workspace {
    pub const ALL: [Self; 3] = [Self::Review, Self::Compare, Self::Analyse];

    pub fn name(self) -> &'static str {
        match self {
            Self::Review => "Review",
            Self::Compare => "Compare",
            Self::Analyse => "Analyse",
        }
    }

    /// What it is for, in a few words.
    pub fn about(self) -> &'static str {
        match self {
            Self::Review => "Decide on questions and their reference answers",
            Self::Compare => "Models' answers side by side: verdicts, judgements, error labels",
            Self::Analyse => "Charts: what the data is, how review went, how models did, why they failed",
        }
    }

    /// The one after it; the first follows the last.
    pub fn next(self) -> Self {
        let at = Self::ALL.iter().position(|w| *w == self).unwrap_or_default();
        Self::ALL[(at + 1) % Self::ALL.len()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tab_goes_through_all_workspaces_and_comes_back() {
        let mut seen = vec![Workspace::default()];
        while seen.last().map(|w| w.next()) != Some(Workspace::default()) && seen.len() <= Workspace::ALL.len() {
            seen.extend(seen.last().map(|w| w.next()));
        }
        assert_eq!(seen, Workspace::ALL);
    }
}
