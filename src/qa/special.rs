//! Cleaning the special tokens that a model's decoder left in its answer (`</s>`, `###`, `[INST]`), for scores with and without them.

use super::SPECIAL_TOKENS;

/// Whether the answer holds a special token.
pub fn has_special_tokens(text: &str) -> bool {
    SPECIAL_TOKENS.iter().any(|token| text.contains(token))
}

/// The answer without its special tokens and without white space around it; unchanged when it has none.
pub fn without_special_tokens(text: &str) -> String {
    if !has_special_tokens(text) {
        return text.to_owned();
    }
    let clean = SPECIAL_TOKENS.iter().fold(text.to_owned(), |text, token| text.replace(token, ""));
    clean.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_cleaned_and_other_text_is_kept() {
        let check = |text: &str, clean: &str| {
            assert_eq!(without_special_tokens(text), clean, "{text}");
            assert_eq!(has_special_tokens(text), clean != text, "{text}");
        };
        check("left lung</s>", "left lung");
        check("<s> left###", "left");
        check("left<|im_end|>", "left");
        check("< 5 mm, [left] #1", "< 5 mm, [left] #1");
        check(" kept as it is ", " kept as it is ");
    }
}
