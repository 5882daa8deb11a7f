//! JSON in and out, keeping the digits of decimals.

use std::fmt;
use std::sync::Arc;

use super::{Decimal, List, ListStyle, MAX_VALUE_DEPTH, Map, Value};

/// How JSON is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonStyle {
    /// `{"a":1,"b":[1,2]}`.
    Compact,
    /// Indented by two, `"a" : 1`, lists on one line: Jackson's default pretty printer.
    Pretty,
    /// [`JsonStyle::Pretty`] without the entries of maps that are null.
    PrettyWithoutNulls,
}

/// Text that is not JSON.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {expected} was expected")]
pub struct JsonError {
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    pub expected: &'static str,
}

/// Reads JSON; numbers with a fraction or an exponent become [`Decimal`]s.
pub(crate) fn parse_json(text: &str) -> Result<Value, JsonError> {
    let mut reader = Reader {
        text,
        at: 0,
        lenient: false,
    };
    let value = reader.value(0)?;
    reader.space();
    if reader.at < text.len() {
        return Err(reader.error("the end of the JSON"));
    }
    Ok(value)
}

/// Reads what json-smart, the reader behind Jayway's JSONPath, takes for JSON: single quotes, bare words
/// as keys and as texts, a comma too many, and anything behind the value.
pub(crate) fn parse_lenient_json(text: &str) -> Result<Value, JsonError> {
    Reader {
        text,
        at: 0,
        lenient: true,
    }
    .value(0)
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    lenient: bool,
}

impl Reader<'_> {
    fn error(&self, expected: &'static str) -> JsonError {
        let before = self.text.get(..self.at).unwrap_or(self.text);
        JsonError {
            line: before.matches('\n').count() + 1,
            column: before.chars().rev().take_while(|c| *c != '\n').count() + 1,
            expected,
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn value(&mut self, depth: usize) -> Result<Value, JsonError> {
        self.space();
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => self.string().map(Value::from),
            Some(b'\'') if self.lenient => self.string().map(Value::from),
            _ if self.lenient => self.bare_word(depth),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => {
                for (word, value) in [
                    ("true", Value::Bool(true)),
                    ("false", Value::Bool(false)),
                    ("null", Value::Null),
                ] {
                    if self.text[self.at..].starts_with(word) {
                        self.at += word.len();
                        return Ok(value);
                    }
                }
                Err(self.error("a JSON value"))
            }
        }
    }

    /// A number, a literal, or a text without quotes up to the next separator.
    fn bare_word(&mut self, depth: usize) -> Result<Value, JsonError> {
        let rest = &self.text[self.at..];
        let ends: &[char] = if depth == 0 {
            &[]
        } else {
            &[',', '}', ']', ':']
        };
        let end = rest.find(ends).unwrap_or(rest.len());
        let word = rest[..end].trim_end();
        if word.is_empty() {
            return Err(self.error("a JSON value"));
        }
        self.at += end;
        Ok(parse_json(word).unwrap_or_else(|_| Value::from(word)))
    }

    /// The name of a property.
    fn key(&mut self) -> Result<String, JsonError> {
        match self.peek() {
            Some(b'"') => self.string(),
            Some(b'\'') if self.lenient => self.string(),
            Some(_) if self.lenient => {
                let rest = &self.text[self.at..];
                let end = rest.find([':', ',', '}', '{', '[', ']']);
                let key = rest[..end.unwrap_or(rest.len())].trim_end();
                if key.is_empty() {
                    return Err(self.error("a property name"));
                }
                self.at += end.unwrap_or(rest.len());
                Ok(key.to_owned())
            }
            _ => Err(self.error("a property name in double quotes")),
        }
    }

    /// Skips commas before the end of an object or array.
    fn extra_commas(&mut self) {
        while self.lenient {
            self.space();
            if !self.eat(b',') {
                break;
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value, JsonError> {
        self.deeper(depth)?;
        let mut entries: Vec<(Arc<str>, Value)> = Vec::new();
        self.space();
        if !self.eat(b'}') {
            loop {
                self.space();
                let key = self.key()?;
                self.space();
                if !self.eat(b':') {
                    return Err(self.error("`:`"));
                }
                entries.push((key.into(), self.value(depth + 1)?));
                self.space();
                if self.eat(b'}') {
                    break;
                }
                if !self.eat(b',') {
                    return Err(self.error("`,` or `}`"));
                }
                self.extra_commas();
                if self.lenient && self.eat(b'}') {
                    break;
                }
            }
        }
        let map = Map::new(entries).map_err(|_| self.error("less nesting"))?;
        Ok(map.into())
    }

    fn array(&mut self, depth: usize) -> Result<Value, JsonError> {
        self.deeper(depth)?;
        let mut items = Vec::new();
        self.space();
        if !self.eat(b']') {
            loop {
                items.push(self.value(depth + 1)?);
                self.space();
                if self.eat(b']') {
                    break;
                }
                if !self.eat(b',') {
                    return Err(self.error("`,` or `]`"));
                }
                self.extra_commas();
                if self.lenient && self.eat(b']') {
                    break;
                }
            }
        }
        Value::list(items).map_err(|_| self.error("less nesting"))
    }

    fn deeper(&mut self, depth: usize) -> Result<(), JsonError> {
        // One level below the limit on values, so that the result can still be put into a list.
        if depth + 1 >= MAX_VALUE_DEPTH {
            return Err(self.error("less nesting"));
        }
        self.at += 1;
        Ok(())
    }

    fn number(&mut self) -> Result<Value, JsonError> {
        let start = self.at;
        self.eat(b'-');
        let whole = self.digits();
        if whole == 0 || (whole > 1 && self.text.as_bytes()[self.at - whole] == b'0') {
            return Err(self.error("a number without a leading zero"));
        }
        let mut integer = true;
        if self.eat(b'.') {
            integer = false;
            if self.digits() == 0 {
                return Err(self.error("a digit after the point"));
            }
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            integer = false;
            self.at += 1;
            if !self.eat(b'+') {
                self.eat(b'-');
            }
            if self.digits() == 0 {
                return Err(self.error("a digit in the exponent"));
            }
        }
        let text = &self.text[start..self.at];
        if integer && let Ok(int) = text.parse() {
            return Ok(Value::Int(int));
        }
        Ok(match Decimal::parse(text) {
            Some(decimal) => Value::Decimal(Arc::new(decimal)),
            None => Value::Float(text.parse().unwrap_or(f64::NAN)),
        })
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        self.at - start
    }

    fn string(&mut self) -> Result<String, JsonError> {
        let quote = self.text.as_bytes()[self.at];
        self.at += 1;
        let mut out = String::new();
        loop {
            let rest = &self.text[self.at..];
            let lenient = self.lenient;
            let plain = rest
                .find(|c: char| c == char::from(quote) || c == '\\' || (c < ' ' && !lenient))
                .ok_or_else(|| self.error("the closing quote"))?;
            out.push_str(&rest[..plain]);
            self.at += plain;
            match self.peek() {
                Some(byte) if byte == quote => {
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => {
                    self.at += 1;
                    out.push(self.escape()?);
                }
                _ => return Err(self.error("`\\n` instead of a control character")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, JsonError> {
        let escaped = self.peek().ok_or_else(|| self.error("an escape"))?;
        let plain = match escaped {
            b'"' | b'\\' | b'/' => char::from(escaped),
            b'\'' if self.lenient => '\'',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                self.at += 1;
                let first = self.hex()?;
                if !(0xd800..0xdc00).contains(&first) {
                    return Ok(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER));
                }
                if !self.text[self.at..].starts_with("\\u") {
                    return Ok(char::REPLACEMENT_CHARACTER);
                }
                let before_second = self.at;
                self.at += 2;
                let second = self.hex()?;
                if !(0xdc00..0xe000).contains(&second) {
                    self.at = before_second;
                    return Ok(char::REPLACEMENT_CHARACTER);
                }
                let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            _ => return Err(self.error("one of the escapes of JSON")),
        };
        self.at += 1;
        Ok(plain)
    }

    fn hex(&mut self) -> Result<u32, JsonError> {
        let code = self
            .text
            .get(self.at..self.at + 4)
            .filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))
            .and_then(|digits| u32::from_str_radix(digits, 16).ok())
            .ok_or_else(|| self.error("four hexadecimal digits"))?;
        self.at += 4;
        Ok(code)
    }
}

/// A value that prints as JSON.
pub(crate) struct Shown<'v> {
    pub(crate) value: &'v Value,
    pub(crate) style: JsonStyle,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_json(self.value, self.style, f)
    }
}

/// Writes a value as JSON. Dates become text, a repeated value of one item that item alone.
pub(crate) fn write_json(value: &Value, style: JsonStyle, out: &mut dyn fmt::Write) -> fmt::Result {
    write_at(value, style, 0, out)
}

fn write_at(
    value: &Value,
    style: JsonStyle,
    indent: usize,
    out: &mut dyn fmt::Write,
) -> fmt::Result {
    match value {
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Decimal(_) => {
            write!(out, "{value}")
        }
        Value::List(list) => write_list(list, style, indent, out),
        Value::Map(map) => write_map(map.iter(), style, indent, out),
        Value::Object(object) => {
            let entries = object.entries();
            write_map(entries.iter().map(|(k, v)| (k, v)), style, indent, out)
        }
        Value::Text(text) => write_string(text, out),
        Value::Date(_) | Value::Xml(_) => write_string(&value.to_string(), out),
    }
}

fn write_list(
    list: &List,
    style: JsonStyle,
    indent: usize,
    out: &mut dyn fmt::Write,
) -> fmt::Result {
    let items = list.items();
    if let (ListStyle::First, [single]) = (list.style(), items) {
        return write_at(single, style, indent, out);
    }
    let spaced = style != JsonStyle::Compact;
    out.write_str(if spaced { "[ " } else { "[" })?;
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.write_str(if spaced { ", " } else { "," })?;
        }
        write_at(item, style, indent, out)?;
    }
    out.write_str(match (spaced, items.is_empty()) {
        (true, false) => " ]",
        _ => "]",
    })
}

fn write_map<'v>(
    entries: impl Iterator<Item = (&'v Arc<str>, &'v Value)>,
    style: JsonStyle,
    indent: usize,
    out: &mut dyn fmt::Write,
) -> fmt::Result {
    let spaced = style != JsonStyle::Compact;
    let mut empty = true;
    out.write_char('{')?;
    for (key, value) in entries {
        if style == JsonStyle::PrettyWithoutNulls && value.is_null() {
            continue;
        }
        if !empty {
            out.write_char(',')?;
        }
        empty = false;
        if spaced {
            new_line(indent + 1, out)?;
        }
        write_string(key, out)?;
        out.write_str(if spaced { " : " } else { ":" })?;
        write_at(value, style, indent + 1, out)?;
    }
    match (spaced, empty) {
        (true, true) => out.write_char(' ')?,
        (true, false) => new_line(indent, out)?,
        (false, _) => {}
    }
    out.write_char('}')
}

fn new_line(indent: usize, out: &mut dyn fmt::Write) -> fmt::Result {
    out.write_char('\n')?;
    for _ in 0..indent {
        out.write_str("  ")?;
    }
    Ok(())
}

fn write_string(text: &str, out: &mut dyn fmt::Write) -> fmt::Result {
    out.write_char('"')?;
    let mut plain = 0;
    for (at, byte) in text.bytes().enumerate() {
        let escape = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            8 => "\\b",
            12 => "\\f",
            0..=31 => "",
            _ => continue,
        };
        out.write_str(&text[plain..at])?;
        if escape.is_empty() {
            write!(out, "\\u{byte:04X}")?;
        } else {
            out.write_str(escape)?;
        }
        plain = at + 1;
    }
    out.write_str(&text[plain..])?;
    out.write_char('"')
}

impl Value {
    /// A value from `serde_json`'s tree; what is inside lists prints as JSON when `json_lists`.
    pub fn from_json(json: &serde_json::Value, json_lists: bool) -> Result<Self, super::TooDeep> {
        Ok(match json {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(bool) => Self::Bool(*bool),
            serde_json::Value::Number(number) => match number.as_i64() {
                Some(int) => Self::Int(int),
                None => match number.as_u64() {
                    Some(int) => Self::Decimal(Arc::new(Decimal::new(i128::from(int), 0))),
                    None => Self::Float(number.as_f64().unwrap_or(f64::NAN)),
                },
            },
            serde_json::Value::String(text) => Self::from(text.as_str()),
            serde_json::Value::Array(items) => {
                let items = items
                    .iter()
                    .map(|item| Self::from_json(item, json_lists))
                    .collect::<Result<_, _>>()?;
                let style = if json_lists {
                    ListStyle::Json
                } else {
                    ListStyle::Java
                };
                Self::List(Arc::new(List::new(items, style)?))
            }
            serde_json::Value::Object(entries) => {
                let entries = entries
                    .iter()
                    .map(|(key, value)| {
                        Ok((Arc::from(key.as_str()), Self::from_json(value, json_lists)?))
                    })
                    .collect::<Result<Vec<_>, super::TooDeep>>()?;
                Map::new(entries)?.into()
            }
        })
    }

    /// This value as `serde_json`'s tree.
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Null => serde_json::Value::Null,
            Self::Bool(bool) => (*bool).into(),
            Self::Int(int) => (*int).into(),
            Self::Float(float) => (*float).into(),
            Self::Decimal(decimal) => decimal.to_f64().into(),
            Self::Text(text) => serde_json::Value::String(text.as_ref().to_owned()),
            Self::List(list) => match (list.style(), list.items()) {
                (ListStyle::First, [single]) => single.to_json(),
                (_, items) => items.iter().map(Self::to_json).collect(),
            },
            Self::Map(map) => map
                .iter()
                .map(|(key, value)| (key.as_ref().to_owned(), value.to_json()))
                .collect(),
            Self::Object(object) => object
                .entries()
                .into_iter()
                .map(|(key, value)| (key.as_ref().to_owned(), value.to_json()))
                .collect(),
            Self::Date(_) | Self::Xml(_) => serde_json::Value::String(self.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{JsonStyle, parse_json, write_json};

    fn rewritten(text: &str, style: JsonStyle) -> String {
        let mut out = String::new();
        write_json(&parse_json(text).unwrap(), style, &mut out).unwrap();
        out
    }

    #[test]
    fn compact_json_comes_back_as_it_was() {
        for text in [
            r#"{"a":1.50,"b":[1,{"c":null}],"d":{},"e":[],"f":"\"\\\n\u0001é"}"#,
            "[12345678901234567890,1E+400,-0.10,true]",
            r#""\u0000""#,
        ] {
            assert_eq!(rewritten(text, JsonStyle::Compact), text);
        }
        assert_eq!(
            rewritten(r#""\ud83d\ude00\/""#, JsonStyle::Compact),
            "\"😀/\""
        );
    }

    #[test]
    fn pretty_json_is_laid_out_as_jackson_does() {
        assert_eq!(
            rewritten(r#"{"a":[1,{"b":null}],"c":{},"d":[]}"#, JsonStyle::Pretty),
            "{\n  \"a\" : [ 1, {\n    \"b\" : null\n  } ],\n  \"c\" : { },\n  \"d\" : [ ]\n}"
        );
        assert_eq!(
            rewritten(r#"{"b":null}"#, JsonStyle::PrettyWithoutNulls),
            "{ }"
        );
    }

    #[test]
    fn errors_say_where() {
        for (text, line, column) in [
            ("", 1, 1),
            ("{\"a\":1,\n \"b\" 2}", 2, 6),
            ("[01]", 1, 4),
            ("\"\\x\"", 1, 3),
            ("\"\\ud800\\u00zz\"", 1, 10),
            ("[1] 2", 1, 5),
            ("nul", 1, 1),
        ] {
            let error = parse_json(text).unwrap_err();
            assert_eq!(
                (error.line, error.column),
                (line, column),
                "{text}: {error}"
            );
        }
        assert!(parse_json(&"[".repeat(100_000)).is_err());
    }
}
