//! JSON with line numbers.
//!
//! `serde_json` neither says on which line a value stands nor notices a key that comes twice, and both are what a person needs to mend a
//! data file. This reader keeps the line of every value and refuses repeated keys. It also reads decimals exactly, which `serde_json` does
//! only with a feature that slows every other use of it.

use serde_json::{Map, Value};
use std::collections::HashMap;

/// Arrays and objects inside one another; deeper is refused, so that the reader cannot run out of stack.
const MAX_DEPTH: usize = 64;

/// A value and the line it starts on, counting from 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    pub line: u64,
    pub value: Json,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    Null,
    Bool(bool),
    /// The number, and how it was written.
    Number(serde_json::Number, Box<str>),
    Text(String),
    Array(Vec<Node>),
    /// In source order; keys are unique.
    Object(Vec<(String, Node)>),
}

/// Where and why reading stopped. Line and column (in bytes) count from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonError {
    pub line: u64,
    pub column: u64,
    pub why: String,
}

/// One document as a plain value, decimals exact; `None` when it is no JSON.
pub fn exact(text: &str) -> Option<Value> {
    parse(text, 1).ok().map(Node::into_value)
}

/// Reads one document piece by piece, so that a large one never stands in memory as a tree: [`Reader::object`] and [`Reader::array`] open
/// what comes next, [`Fields`] and [`Items`] step through it, and each [`Reader::value`] is a whole piece.
pub struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    line: u64,
    line_start: usize,
    depth: usize,
    /// Looks for keys that come twice.
    strict: bool,
}

/// What stands next in a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    Object,
    Array,
    /// Text, a number, true, false, null, or no value at all.
    Other,
}

/// The way through the fields of an object that was opened.
#[derive(Default)]
pub struct Fields {
    started: bool,
    keys: Keys,
}

/// The way through the elements of an array that was opened.
#[derive(Default)]
pub struct Items {
    started: bool,
}

/// Keys of one object and the lines they stand on.
#[derive(Default)]
struct Keys {
    few: Vec<(Box<str>, u64)>,
    many: HashMap<Box<str>, u64>,
}

/// From this many keys on they are found by hash.
const MANY_KEYS: usize = 16;

/// Reads one document; anything but white space after it is an error. Lines count from `first_line`.
pub fn parse(text: &str, first_line: u64) -> Result<Node, JsonError> {
    Reader::new(text, first_line).document()
}

impl Keys {
    /// The line on which the key came before.
    fn insert(&mut self, key: &str, line: u64) -> Option<u64> {
        if self.many.is_empty() && self.few.len() < MANY_KEYS {
            let before = self.few.iter().find(|(k, _)| **k == *key).map(|(_, line)| *line);
            self.few.push((key.into(), line));
            return before;
        }
        self.many.extend(self.few.drain(..));
        self.many.insert(key.into(), line)
    }
}

impl Fields {
    /// The key of the next field, whose value must be read before the next call; `None` after the last one.
    pub fn next(&mut self, r: &mut Reader<'_>) -> Result<Option<String>, JsonError> {
        if !r.another(&mut self.started, b'}')? {
            return Ok(None);
        }
        r.space();
        if r.peek() != Some(b'"') {
            return Err(r.error("expected a key in quotes"));
        }
        let (line, column) = (r.line, (r.at - r.line_start) as u64 + 1);
        let key = r.string()?;
        if r.strict
            && let Some(first) = self.keys.insert(&key, line)
        {
            return Err(JsonError { line, column, why: format!("the key '{}' comes twice, first on line {first}", shorten(&key)) });
        }
        r.space();
        if r.peek() != Some(b':') {
            return Err(r.error("expected ':'"));
        }
        r.at += 1;
        Ok(Some(key))
    }
}

impl Items {
    /// Whether another element follows, which must be read before the next call.
    pub fn next(&mut self, r: &mut Reader<'_>) -> Result<bool, JsonError> {
        r.another(&mut self.started, b']')
    }
}

impl<'a> Reader<'a> {
    /// Lines count from `first_line`.
    pub fn new(text: &'a str, first_line: u64) -> Self {
        Self { text: text.as_bytes(), at: 0, line: first_line, line_start: 0, depth: 0, strict: true }
    }

    /// For a text that was read before and found good: keys that come twice are not looked for again.
    pub fn again(text: &'a str, first_line: u64) -> Self {
        Self { strict: false, ..Self::new(text, first_line) }
    }

    /// What comes next, and the line it starts on. Reads nothing but white space.
    pub fn ahead(&mut self) -> (u64, Next) {
        self.space();
        let next = match self.peek() {
            Some(b'{') => Next::Object,
            Some(b'[') => Next::Array,
            _ => Next::Other,
        };
        (self.line, next)
    }

    /// Opens the object that comes next.
    pub fn object(&mut self) -> Result<Fields, JsonError> {
        self.open(b'{')?;
        Ok(Fields::default())
    }

    /// Opens the array that comes next.
    pub fn array(&mut self) -> Result<Items, JsonError> {
        self.open(b'[')?;
        Ok(Items::default())
    }

    /// The one value of a document, with nothing but white space after it.
    pub fn document(mut self) -> Result<Node, JsonError> {
        let node = self.value()?;
        self.end()?;
        Ok(node)
    }

    /// Nothing but white space may follow.
    pub fn end(&mut self) -> Result<(), JsonError> {
        self.space();
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.error("something follows after the end of the document")),
        }
    }

    fn open(&mut self, bracket: u8) -> Result<(), JsonError> {
        self.space();
        if self.depth > MAX_DEPTH {
            return Err(self.error(format!("more than {MAX_DEPTH} levels of nesting")));
        }
        if self.peek() != Some(bracket) {
            return Err(self.error("expected a value"));
        }
        self.at += 1;
        self.depth += 1;
        Ok(())
    }

    /// After the opening bracket or an element: whether another element follows. Steps over comma or closing bracket.
    fn another(&mut self, started: &mut bool, close: u8) -> Result<bool, JsonError> {
        self.space();
        let first = !std::mem::replace(started, true);
        match self.peek() {
            Some(b) if b == close => {
                self.at += 1;
                self.depth -= 1;
                Ok(false)
            }
            _ if first => Ok(true),
            Some(b',') => {
                self.at += 1;
                self.space();
                if self.peek() == Some(close) {
                    return Err(self.error("a comma before the closing bracket"));
                }
                Ok(true)
            }
            None => Err(self.error("the file ends before its brackets are closed; it may be cut off")),
            Some(_) => Err(self.error(format!("expected ',' or '{}'", char::from(close)))),
        }
    }

    fn error(&self, why: impl Into<String>) -> JsonError {
        JsonError { line: self.line, column: (self.at - self.line_start) as u64 + 1, why: why.into() }
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn space(&mut self) {
        while let Some(b @ (b' ' | b'\t' | b'\r' | b'\n')) = self.peek() {
            self.at += 1;
            if b == b'\n' {
                self.line += 1;
                self.line_start = self.at;
            }
        }
    }

    /// The whole value that comes next.
    pub fn value(&mut self) -> Result<Node, JsonError> {
        self.space();
        if self.depth > MAX_DEPTH {
            return Err(self.error(format!("more than {MAX_DEPTH} levels of nesting")));
        }
        let line = self.line;
        let value = match self.peek() {
            None => return Err(self.error("the file ends in the middle of a value; it may be cut off")),
            Some(b'{') => self.whole_object()?,
            Some(b'[') => self.whole_array()?,
            Some(b'"') => Json::Text(self.string()?),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(b't') => self.word("true", Json::Bool(true))?,
            Some(b'f') => self.word("false", Json::Bool(false))?,
            Some(b'n') => self.word("null", Json::Null)?,
            Some(_) => return Err(self.error("expected a value")),
        };
        Ok(Node { line, value })
    }

    fn word(&mut self, word: &str, value: Json) -> Result<Json, JsonError> {
        if self.text[self.at..].starts_with(word.as_bytes()) {
            self.at += word.len();
            return Ok(value);
        }
        Err(self.error("expected a value"))
    }

    fn whole_array(&mut self) -> Result<Json, JsonError> {
        let (mut items, mut out) = (self.array()?, Vec::new());
        while items.next(self)? {
            out.push(self.value()?);
        }
        Ok(Json::Array(out))
    }

    fn whole_object(&mut self) -> Result<Json, JsonError> {
        let (mut fields, mut out) = (self.object()?, Vec::new());
        while let Some(key) = fields.next(self)? {
            out.push((key, self.value()?));
        }
        Ok(Json::Object(out))
    }

    fn number(&mut self) -> Result<Json, JsonError> {
        let start = self.at;
        while let Some(b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        let text = &self.text[start..self.at];
        let number = serde_json::from_slice::<serde_json::Number>(text).ok();
        // serde_json reads decimals fast and not exactly; a number that is kept must print as it was read.
        let exact = |n: serde_json::Number| {
            if !n.is_f64() {
                return Some(n);
            }
            std::str::from_utf8(text).ok()?.parse().ok().and_then(serde_json::Number::from_f64)
        };
        let written = || std::str::from_utf8(text).unwrap_or_default().into();
        number.and_then(exact).map(|n| Json::Number(n, written())).ok_or_else(|| self.error("not a number that can be kept"))
    }

    /// At the opening quote.
    fn string(&mut self) -> Result<String, JsonError> {
        self.at += 1;
        let mut out = Vec::new();
        loop {
            let rest = &self.text[self.at..];
            let run = rest.iter().position(|b| matches!(b, b'"' | b'\\' | 0..=0x1f));
            let Some(run) = run else { return Err(self.error("the file ends inside a text; it may be cut off")) };
            out.extend_from_slice(&rest[..run]);
            self.at += run;
            match rest[run] {
                b'"' => {
                    self.at += 1;
                    return String::from_utf8(out).map_err(|_| self.error("not UTF-8"));
                }
                b'\\' => {
                    let c = self.escape()?;
                    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                }
                _ => return Err(self.error("a control character or line end inside a text; write it as an escape")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, JsonError> {
        let code = self.text.get(self.at + 1).copied();
        self.at += 2.min(self.text.len() - self.at);
        Ok(match code {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode(),
            _ => return Err(self.error("unknown escape in a text")),
        })
    }

    /// After `\u`: four hex digits, or two escapes that form a surrogate pair.
    fn unicode(&mut self) -> Result<char, JsonError> {
        let first = self.hex4()?;
        let lone = |r: &Self| r.error(format!("lone surrogate \\u{first:04x}: half a character; repair the text"));
        if !(0xd800..0xe000).contains(&first) {
            return char::from_u32(first).ok_or_else(|| lone(self));
        }
        if first >= 0xdc00 || !self.text[self.at..].starts_with(b"\\u") {
            return Err(lone(self));
        }
        self.at += 2;
        let second = self.hex4()?;
        if !(0xdc00..0xe000).contains(&second) {
            return Err(lone(self));
        }
        char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00)).ok_or_else(|| lone(self))
    }

    fn hex4(&mut self) -> Result<u32, JsonError> {
        let digits = self.text.get(self.at..self.at + 4).filter(|d| d.iter().all(u8::is_ascii_hexdigit));
        let Some(digits) = digits else { return Err(self.error("expected four hex digits after \\u")) };
        self.at += 4;
        Ok(digits.iter().fold(0, |n, d| n * 16 + char::from(*d).to_digit(16).unwrap_or(0)))
    }
}

impl Node {
    /// Field of an object; `None` when there is none or this is no object.
    pub fn get(&self, key: &str) -> Option<&Node> {
        match &self.value {
            Json::Object(fields) => fields.iter().find(|(k, _)| k == key).map(|(_, v)| v),
            _ => None,
        }
    }

    /// What it is, for messages: "a number".
    pub fn kind(&self) -> &'static str {
        match self.value {
            Json::Null => "null",
            Json::Bool(_) => "true or false",
            Json::Number(..) => "a number",
            Json::Text(_) => "text",
            Json::Array(_) => "a list",
            Json::Object(_) => "an object",
        }
    }

    /// As [`Node::to_value`], without copying texts.
    pub fn into_value(self) -> Value {
        match self.value {
            Json::Text(t) => Value::String(t),
            Json::Number(n, _) => Value::Number(n),
            Json::Array(items) => Value::Array(items.into_iter().map(Node::into_value).collect()),
            Json::Object(fields) => Value::Object(fields.into_iter().map(|(k, v)| (k, v.into_value())).collect::<Map<_, _>>()),
            Json::Null => Value::Null,
            Json::Bool(b) => Value::Bool(b),
        }
    }

    pub fn to_value(&self) -> Value {
        match &self.value {
            Json::Null => Value::Null,
            Json::Bool(b) => Value::Bool(*b),
            Json::Number(n, _) => Value::Number(n.clone()),
            Json::Text(t) => Value::String(t.clone()),
            Json::Array(items) => Value::Array(items.iter().map(Node::to_value).collect()),
            Json::Object(fields) => Value::Object(fields.iter().map(|(k, v)| (k.clone(), v.to_value())).collect::<Map<_, _>>()),
        }
    }
}

/// The first 60 characters, for messages.
pub fn shorten(text: &str) -> String {
    let mut out: String = text.chars().take(60).collect();
    if out.len() < text.len() {
        out.push('…');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fails(text: &str, line: u64, words: &str) {
        let e = parse(text, 1).unwrap_err();
        assert!(e.line == line && e.why.contains(words), "{text:?}: {e:?}");
    }

    #[test]
    fn broken_documents_say_line_and_reason() {
        fails("{\"a\": 1,\n\"a\": 2}", 2, "'a' comes twice, first on line 1");
        fails("[1,\n2,\n]", 3, "comma");
        fails("{\"a\": \"x", 1, "cut off");
        fails("{\"a\": [1", 1, "cut off");
        fails("\n\"\\ud800\"", 2, "lone surrogate");
        fails("\"\\udc00x\"", 1, "lone surrogate");
        fails("\"\\ud800\\u0041\"", 1, "lone surrogate");
        fails("\"a\nb\"", 1, "control character");
        fails("[1] x", 1, "follows");
        fails("01", 1, "number");
        fails("1e999", 1, "number");
        fails("\"\\", 1, "escape");
        fails(&"[".repeat(100_000), 1, "nesting");
        fails("", 1, "cut off");
        fails("{1:2}", 1, "key in quotes");
        fails("nul", 1, "expected a value");
    }

    #[test]
    fn lines_and_pairs_are_read() {
        let node = parse("{\r\n\"a\": \"\\ud83d\\ude00\",\r\n\"b\":\n [true, null]}", 1).unwrap();
        assert_eq!(node.get("a").unwrap().to_value(), "😀");
        assert_eq!((node.get("a").unwrap().line, node.get("b").unwrap().line), (2, 4));
    }

    #[test]
    fn keys_that_come_twice_are_found_among_few_and_many() {
        for count in [2, MANY_KEYS, MANY_KEYS + 1, 100] {
            let keys: Vec<String> = (0..count).map(|n| format!("\"k{n}\": {n}")).collect();
            assert!(parse(&format!("{{{}}}", keys.join(",")), 1).is_ok());
            for twice in [0, count - 1] {
                fails(&format!("{{{},\n\"k{twice}\": 0}}", keys.join(",")), 2, &format!("'k{twice}' comes twice, first on line 1"));
            }
        }
    }

    #[test]
    fn a_document_is_stepped_through_piece_by_piece() {
        let mut r = Reader::new("\n{\"a\": [1, [2]],\n \"b\": {}} ", 1);
        assert_eq!(r.ahead(), (2, Next::Object));
        let (mut fields, mut seen) = (r.object().unwrap(), Vec::new());
        while let Some(key) = fields.next(&mut r).unwrap() {
            let (line, next) = r.ahead();
            seen.push((key, line, next));
            if next == Next::Array {
                let mut items = r.array().unwrap();
                while items.next(&mut r).unwrap() {
                    r.value().unwrap();
                }
            } else {
                r.value().unwrap();
            }
        }
        r.end().unwrap();
        assert_eq!(seen, [("a".to_owned(), 2, Next::Array), ("b".to_owned(), 3, Next::Object)]);
        assert!(Reader::new("7", 1).object().is_err() && Reader::again("{\"a\":1,\"a\":2}", 1).document().is_ok());
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            (-1e300..1e300f64).prop_map(Value::from),
            ".*".prop_map(Value::from)
        ];
        leaf.prop_recursive(4, 64, 8, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::btree_map(".*", inner, 0..6).prop_map(|m| Value::Object(m.into_iter().collect()))
            ]
        })
    }

    proptest! {
        #[test]
        fn reads_what_serde_json_writes(v in value()) {
            prop_assert_eq!(parse(&v.to_string(), 1).unwrap().to_value(), v.clone());
            prop_assert_eq!(parse(&serde_json::to_string_pretty(&v).unwrap(), 1).unwrap().to_value(), v);
        }

        /// Never accepts what serde_json refuses, and never panics, on damaged documents.
        #[test]
        fn damaged_documents_are_judged_as_serde_json_does(v in value(), at in any::<prop::sample::Index>(), with in any::<char>()) {
            let mut chars: Vec<char> = v.to_string().chars().collect();
            let at = at.index(chars.len());
            chars[at] = with;
            let text: String = chars.into_iter().collect();
            match (parse(&text, 1), serde_json::from_str::<Value>(&text)) {
                (Ok(_), Ok(_)) => {}
                (Err(e), Ok(_)) => prop_assert!(e.why.contains("twice"), "{}", e.why),
                (Ok(_), Err(e)) => prop_assert!(false, "accepted {text}: {e}"),
                (Err(_), Err(_)) => {}
            }
        }
    }
}
