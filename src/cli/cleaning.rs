//! Switches that clean faults of the data away before scores are made, the same for every subcommand that shows scores.

use crate::score::{Cleaning, Fault};

#[derive(clap::Args, Clone, Copy)]
pub struct CleaningArgs {
    /// Takes verdicts that a parse error copied from another item as missing.
    #[arg(long)]
    pub exclude_parse_errors: bool,
    /// Scores answers without special tokens such as </s>.
    #[arg(long)]
    pub clean_special_tokens: bool,
    /// Leaves answers of nothing but white space out, with their verdicts.
    #[arg(long)]
    pub exclude_empty_answers: bool,
    /// Leaves answers out that a model gives, but for case and punctuation, to three items or more, with their verdicts.
    #[arg(long)]
    pub exclude_near_duplicates: bool,
}

impl CleaningArgs {
    pub fn cleaning(self) -> Cleaning {
        Cleaning::NONE
            .with(Fault::ParseErrors, self.exclude_parse_errors)
            .with(Fault::SpecialTokens, self.clean_special_tokens)
            .with(Fault::EmptyAnswers, self.exclude_empty_answers)
            .with(Fault::NearDuplicates, self.exclude_near_duplicates)
    }
}
