//! Reading JSON, strictly or as json-smart does.

use std::sync::Arc;

use super::JsonError;
use crate::value::{Decimal, MAX_VALUE_DEPTH, Map, Value};

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
