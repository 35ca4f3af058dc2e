//! The workspaces of the window: what its columns are for.

/// In the order in which the top bar shows them and Tab goes through them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Workspace {
    /// One item and the decision on it.
    #[default]
    Review,
    /// Models' answers to one item, side by side.
    Compare,
}

impl Workspace {
    pub const ALL: [Self; 2] = [Self::Review, Self::Compare];

    pub fn name(self) -> &'static str {
        match self {
            Self::Review => "Review",
            Self::Compare => "Compare",
        }
    }

    /// What it is for, in a few words.
    pub fn about(self) -> &'static str {
        match self {
            Self::Review => "Decide on questions and their reference answers",
            Self::Compare => "Models' answers side by side: verdicts, judgements, error labels",
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
