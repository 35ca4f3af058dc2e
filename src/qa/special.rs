//! Special tokens that a model's decoder left in its answer (`</s>`, `###`, `<|im_end|>`, `[INST]`): found, counted and cleaned away.

use std::ops::Range;

const TOKENS: [&str; 15] = [
    "</s>",
    "<s>",
    "<unk>",
    "<pad>",
    "[PAD]",
    "[SEG]",
    "<bos>",
    "<eos>",
    "<image>",
    "<im_start>",
    "<im_end>",
    "<im_patch>",
    "[INST]",
    "[/INST]",
    "###",
];

/// Byte ranges of the special tokens of an answer, in order. `<|…|>` of up to 32 letters, digits and underscores counts as one.
pub fn special_tokens(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find(['<', '[', '#']).map(|n| at + n) {
        let length = token_length(&text[start..]);
        if length > 0 {
            found.push(start..start + length);
        }
        at = start + length.max(1);
    }
    found
}

/// The answer without its special tokens and without white space around it; unchanged when it has none.
pub fn without_special_tokens(text: &str) -> String {
    let tokens = special_tokens(text);
    if tokens.is_empty() {
        return text.to_owned();
    }
    let mut clean = String::with_capacity(text.len());
    let mut at = 0;
    for token in tokens {
        clean.push_str(&text[at..token.start]);
        at = token.end;
    }
    clean.push_str(&text[at..]);
    clean.trim().to_owned()
}

/// Length in bytes of the token at the start of `text`; 0 when there is none.
fn token_length(text: &str) -> usize {
    let fixed = TOKENS.iter().find(|token| text.starts_with(*token)).map(|token| token.len());
    fixed.or_else(|| piped(text)).unwrap_or(0)
}

fn piped(text: &str) -> Option<usize> {
    let name = text.strip_prefix("<|")?;
    let length = name.bytes().take(33).take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
    (length > 0 && length <= 32 && name[length..].starts_with("|>")).then_some(length + 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_found_and_cleaned() {
        let check = |text: &str, n: usize, clean: &str| {
            assert_eq!(special_tokens(text).len(), n, "{text}");
            assert_eq!(without_special_tokens(text), clean, "{text}");
        };
        check("left lung</s>", 1, "left lung");
        check("<s> left###", 2, "left");
        check("left<|im_end|>", 1, "left");
        check("Sure, it is [SEG].", 1, "Sure, it is .");
        check("< 5 mm, [left] <|x y|> #1", 0, "< 5 mm, [left] <|x y|> #1");
        check(" kept as it is ", 0, " kept as it is ");
        check("é<", 0, "é<");
        check("<|é|>", 0, "<|é|>");
    }
}
