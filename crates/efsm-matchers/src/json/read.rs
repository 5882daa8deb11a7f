//! Two lenient dialects: Jackson's, for whole documents, and json-smart's, for documents under a JSONPath.

use std::fmt::{self, Write as _};

use serde_json::{Map, Number, Value};

use crate::limits::JSON_DEPTH;

/// What is forgiven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// WireMock's Jackson: comments, single quotes, and anything after the document.
    Jackson,
    /// json-smart's permissive mode, which JSONPath expressions read: words without quotes as well.
    Smart,
}

/// A text that is not JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct JsonError {
    pub(crate) reason: String,
    /// Where in the text; none when the text is empty.
    pub(crate) at: Option<Location>,
}

/// A place in a text, as Jackson writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Location {
    /// The text, cut short.
    source: String,
    /// From 1.
    line: usize,
    column: usize,
}

impl Location {
    /// Characters of the text that are shown.
    const SHOWN: usize = 500;

    fn new(text: &str, at: usize) -> Self {
        let before = &text[..at];
        let mut source = String::from('"');
        source.extend(text.chars().take(Self::SHOWN));
        source.push('"');
        let cut = text.chars().count().saturating_sub(Self::SHOWN);
        if cut > 0 {
            let _ = write!(source, "[truncated {cut} chars]");
        }
        Self {
            source,
            line: before.matches('\n').count() + 1,
            column: before.rsplit('\n').next().unwrap_or("").chars().count() + 1,
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            source,
            line,
            column,
        } = self;
        write!(
            f,
            "[Source: (String){source}; line: {line}, column: {column}]"
        )
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.at {
            Some(location) => write!(f, "{}\n at {location}", self.reason),
            None => f.write_str(&self.reason),
        }
    }
}

/// Reads a document.
pub(crate) fn read(text: &str, dialect: Dialect) -> Result<Value, JsonError> {
    if let Ok(value) = serde_json::from_str(text) {
        return Ok(value);
    }
    let jackson = read_leniently(text, Dialect::Jackson);
    match dialect {
        Dialect::Jackson => jackson,
        // What both read they read alike.
        Dialect::Smart => jackson.or_else(|_| read_leniently(text, dialect)),
    }
}

/// Reads a document as `WireMock`'s Jackson does; the error is in Jackson's words.
pub fn read_document(text: &str) -> Result<Value, String> {
    read(text, Dialect::Jackson).map_err(|error| error.to_string())
}

fn read_leniently(text: &str, dialect: Dialect) -> Result<Value, JsonError> {
    let mut reader = Reader {
        text,
        at: 0,
        open: Vec::new(),
        dialect,
    };
    reader.space()?;
    if reader.at == text.len() {
        return Err(JsonError {
            reason: "No content to map due to end-of-input".to_owned(),
            at: None,
        });
    }
    reader.value()
}

const FIELD_NAME: &str = "was expecting double-quote to start field name";
const VALUE: &str = "expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')";
const OPEN_STRING: &str = "Unexpected end-of-input: was expecting closing quote for a string value";

struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// The objects and arrays that the next character is in, and where they start.
    open: Vec<(&'static str, usize)>,
    dialect: Dialect,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn take(&mut self, expected: char) -> bool {
        let found = self.peek() == Some(expected);
        if found {
            self.at += expected.len_utf8();
        }
        found
    }

    fn error(&self, reason: impl Into<String>) -> JsonError {
        JsonError {
            reason: reason.into(),
            at: Some(Location::new(self.text, self.at)),
        }
    }

    fn unexpected(&self, wanted: &str) -> JsonError {
        match self.peek() {
            Some(found) => self.error(format!(
                "Unexpected character ('{found}' (code {})): {wanted}",
                u32::from(found)
            )),
            None => self.ended(true),
        }
    }

    /// The text ends in an object or array: where an entry has begun, or where the end could stand.
    fn ended(&self, within: bool) -> JsonError {
        let Some((kind, start)) = self.open.last() else {
            return self.error("Unexpected end-of-input");
        };
        self.error(if within {
            format!("Unexpected end-of-input within/between {kind} entries")
        } else {
            let start = Location::new(self.text, *start);
            format!(
                "Unexpected end-of-input: expected close marker for {kind} (start marker at {start})"
            )
        })
    }

    /// Skips white space and comments.
    fn space(&mut self) -> Result<(), JsonError> {
        loop {
            let rest = self.rest();
            self.at += rest.len()
                - rest
                    .trim_start_matches([' ', '\t', '\r', '\n', '\u{feff}'])
                    .len();
            let rest = self.rest();
            if rest.starts_with("//") {
                self.at += rest.find('\n').unwrap_or(rest.len());
            } else if let Some(comment) = rest.strip_prefix("/*") {
                let end = comment
                    .find("*/")
                    .ok_or_else(|| self.error("Unexpected end-of-input in a comment"))?;
                self.at += end + 4;
            } else {
                return Ok(());
            }
        }
    }

    fn value(&mut self) -> Result<Value, JsonError> {
        match self.peek() {
            Some('{') => self.nested("Object", Self::object),
            Some('[') => self.nested("Array", Self::array),
            Some(quote @ ('"' | '\'')) => self.string(quote).map(Value::String),
            Some(_) => self.scalar(),
            None => Err(self.ended(true)),
        }
    }

    fn nested(
        &mut self,
        kind: &'static str,
        read: fn(&mut Self) -> Result<Value, JsonError>,
    ) -> Result<Value, JsonError> {
        if self.open.len() == JSON_DEPTH {
            return Err(self.error(format!(
                "Document nesting depth exceeds the maximum allowed ({JSON_DEPTH})"
            )));
        }
        self.open.push((kind, self.at));
        self.at += 1;
        let value = read(self);
        self.open.pop();
        value
    }

    fn object(&mut self) -> Result<Value, JsonError> {
        let mut fields = Map::new();
        loop {
            self.space()?;
            if self.take('}') {
                return Ok(Value::Object(fields));
            }
            if self.dialect == Dialect::Smart && self.take(',') {
                continue;
            }
            let key = match self.peek() {
                Some(quote @ ('"' | '\'')) => self.string(quote)?,
                Some(_) if self.dialect == Dialect::Smart => self.word(":").trim().to_owned(),
                None => return Err(self.ended(!fields.is_empty())),
                _ => return Err(self.unexpected(FIELD_NAME)),
            };
            self.space()?;
            if !self.take(':') {
                return Err(
                    self.unexpected("was expecting a colon to separate field name and value")
                );
            }
            self.space()?;
            let value = self.value()?;
            fields.insert(key, value);
            self.space()?;
            if !self.take(',') {
                if self.take('}') {
                    return Ok(Value::Object(fields));
                }
                return Err(match self.peek() {
                    None => self.ended(false),
                    Some(_) => self.unexpected("was expecting comma to separate Object entries"),
                });
            }
            self.space()?;
            if self.dialect == Dialect::Jackson && self.peek() == Some('}') {
                return Err(self.unexpected(FIELD_NAME));
            }
        }
    }

    fn array(&mut self) -> Result<Value, JsonError> {
        let mut items = Vec::new();
        loop {
            self.space()?;
            if self.take(']') {
                return Ok(Value::Array(items));
            }
            if self.dialect == Dialect::Smart && self.take(',') {
                continue;
            }
            if self.peek().is_none() {
                return Err(self.ended(!items.is_empty()));
            }
            items.push(self.value()?);
            self.space()?;
            if !self.take(',') {
                if self.take(']') {
                    return Ok(Value::Array(items));
                }
                return Err(match self.peek() {
                    None => self.ended(false),
                    Some(_) => self.unexpected("was expecting comma to separate Array entries"),
                });
            }
            self.space()?;
            if self.dialect == Dialect::Jackson && self.peek() == Some(']') {
                return Err(self.unexpected(VALUE));
            }
        }
    }

    fn string(&mut self, quote: char) -> Result<String, JsonError> {
        self.at += 1;
        let mut text = String::new();
        loop {
            let Some(found) = self.peek() else {
                return Err(self.error(OPEN_STRING));
            };
            match found {
                _ if found == quote => {
                    self.at += 1;
                    return Ok(text);
                }
                '\\' => {
                    self.at += 1;
                    self.escape(&mut text)?;
                }
                '\0'..='\u{1f}' if self.dialect == Dialect::Jackson => {
                    return Err(self.error(format!(
                        "Illegal unquoted character (code {}): has to be escaped using backslash to be included in string value",
                        u32::from(found)
                    )));
                }
                _ => {
                    self.at += found.len_utf8();
                    text.push(found);
                }
            }
        }
    }

    fn escape(&mut self, text: &mut String) -> Result<(), JsonError> {
        let Some(found) = self.peek() else {
            return Err(self.error(OPEN_STRING));
        };
        self.at += found.len_utf8();
        text.push(match found {
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            '"' | '\\' | '/' | '\'' => found,
            'u' => {
                let high = self.hex()?;
                let code = if (0xd800..0xdc00).contains(&high) && self.rest().starts_with("\\u") {
                    self.at += 2;
                    let low = self.hex()?;
                    0x10000 + ((high - 0xd800) << 10) + (low.wrapping_sub(0xdc00) & 0x3ff)
                } else {
                    high
                };
                char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            _ if self.dialect == Dialect::Smart => found,
            _ => {
                return Err(self.error(format!(
                    "Unrecognized character escape '{found}' (code {})",
                    u32::from(found)
                )));
            }
        });
        Ok(())
    }

    fn hex(&mut self) -> Result<u32, JsonError> {
        let digits = self.rest().get(..4);
        let code = digits
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
            .and_then(|digits| u32::from_str_radix(digits, 16).ok())
            .ok_or_else(|| {
                self.error(
                    "Unexpected character: expected a hex-digit for character escape sequence",
                )
            })?;
        self.at += 4;
        Ok(code)
    }

    /// Text up to the next structural character or one of `stops`.
    fn word(&mut self, stops: &str) -> &'a str {
        let rest = self.rest();
        let inside = !self.open.is_empty();
        let end = rest
            .find(|c: char| stops.contains(c) || (inside && matches!(c, ',' | '}' | ']')))
            .unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn scalar(&mut self) -> Result<Value, JsonError> {
        let start = self.at;
        let token = match self.dialect {
            Dialect::Smart => self.word("").trim(),
            Dialect::Jackson => {
                let rest = self.rest();
                let end = rest
                    .find(|c: char| {
                        !(c.is_alphanumeric() || matches!(c, '_' | '$' | '+' | '-' | '.'))
                    })
                    .unwrap_or(rest.len());
                self.at += end;
                &rest[..end]
            }
        };
        match token {
            "true" => return Ok(Value::Bool(true)),
            "false" => return Ok(Value::Bool(false)),
            "null" => return Ok(Value::Null),
            _ => {}
        }
        if let Ok(number) = token.parse::<Number>() {
            let next = self.rest().chars().next();
            let is_alone = self.dialect == Dialect::Jackson && self.open.is_empty();
            if is_alone && next.is_some_and(|next| !next.is_whitespace()) {
                return Err(self.unexpected("Expected space separating root-level values"));
            }
            return Ok(Value::Number(number));
        }
        if self.dialect == Dialect::Smart && !token.is_empty() {
            return Ok(Value::String(token.to_owned()));
        }
        if token.is_empty() {
            return Err(self.unexpected(VALUE));
        }
        if token.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '+') {
            self.at = start;
            return Err(self.error(format!("Invalid numeric value: '{token}'")));
        }
        Err(self.error(format!(
            "Unrecognized token '{token}': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The answers as compact JSON, empty where the text is refused.
    #[track_caller]
    fn check(text: &str, jackson: &str, smart: &str) {
        for (dialect, expected) in [(Dialect::Jackson, jackson), (Dialect::Smart, smart)] {
            let answer =
                read(text, dialect).map_or_else(|_| String::new(), |value| value.to_string());
            assert_eq!(answer, expected, "{dialect:?}: {text}");
        }
    }

    #[test]
    fn both_dialects_read_json_and_forgive_what_their_models_forgive() {
        let one = r#"{"a":1}"#;
        check(one, one, one);
        check("{'a':1}", one, one);
        check(r#"{"a":1} trailing"#, one, one);
        check(r#"/*c*/{"a":1}"#, one, one);
        check("{\"a\":1 // c\n}", one, one);
        check("{a:1}", "", one);
        check(r#"{"a":2,"a":1}"#, one, one);
        check(r#"{"a":1,}"#, "", one);
        check("[1,,2]", "", "[1,2]");
        check("nonsense", "", r#""nonsense""#);
        check("", "", "");
        check(r#"{"a":1"#, "", "");
        check(r#"{"a":01}"#, "", r#"{"a":"01"}"#);
        check(r#""é\n""#, r#""é\n""#, r#""é\n""#);
        check(r"'it\'s 😀'", r#""it's 😀""#, r#""it's 😀""#);
        check("null", "null", "null");
        check("1 x", "1", "1");
        check("1!", "", r#""1!""#);
    }

    #[test]
    fn nesting_is_bounded() {
        let deep = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
        assert!(read(&deep(JSON_DEPTH), Dialect::Jackson).is_ok());
        let error = read(&deep(JSON_DEPTH + 1), Dialect::Jackson).unwrap_err();
        assert!(error.reason.contains("nesting depth"), "{error}");
        assert!(read(&"{\"a\":".repeat(100_000), Dialect::Smart).is_err());
    }

    #[test]
    fn errors_say_where() {
        let at = |text: &str, line: usize, column: usize| {
            format!("at [Source: (String)\"{text}\"; line: {line}, column: {column}]")
        };
        for (text, reason, line, column) in [
            (
                "{\n  'a' 1}",
                "Unexpected character ('1' (code 49)): was expecting a colon to separate field name and value",
                2,
                7,
            ),
            (
                "(wrong)",
                "Unexpected character ('(' (code 40)): expected a valid value (JSON String, Number, Array, \
                 Object or token 'null', 'true' or 'false')",
                1,
                1,
            ),
            (
                "junk",
                "Unrecognized token 'junk': was expecting (JSON String, Number, Array, Object or token \
                 'null', 'true' or 'false')",
                1,
                5,
            ),
            (
                "{\"a\"",
                "Unexpected end-of-input within/between Object entries",
                1,
                5,
            ),
            (
                "[1,",
                "Unexpected end-of-input within/between Array entries",
                1,
                4,
            ),
            ("\"a", OPEN_STRING, 1, 3),
        ] {
            let error = read(text, Dialect::Jackson).unwrap_err().to_string();
            assert_eq!(error, format!("{reason}\n {}", at(text, line, column)));
        }
        let error = read("[1", Dialect::Jackson).unwrap_err().to_string();
        let start = &at("[1", 1, 1)[3..];
        assert_eq!(
            error,
            format!(
                "Unexpected end-of-input: expected close marker for Array (start marker at {start})\n {}",
                at("[1", 1, 3)
            )
        );
        let long = read(&"x".repeat(600), Dialect::Jackson).unwrap_err();
        assert!(
            long.to_string().contains("\"[truncated 100 chars];"),
            "{long}"
        );
    }
}
