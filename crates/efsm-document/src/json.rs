//! JSON (RFC 8259), where a file says that it is. YAML contains nearly all of it, but not its surrogate pairs.

use std::sync::Arc;

use crate::node::{Entries, Entry, Kind, Node};
use crate::{DEPTH, SyntaxError, line_at};

/// Reads a document; a key that is given twice is an error.
pub fn document(text: &str) -> Result<Arc<Node>, SyntaxError> {
    let mut reader = Reader {
        text,
        at: 0,
        depth: 0,
    };
    // Windows editors begin UTF-8 files with a byte order mark.
    reader.skip("\u{feff}");
    let node = reader.value()?;
    reader.space();
    if reader.at < text.len() {
        return Err(reader.unexpected("the end of the file"));
    }
    Ok(node)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl Reader<'_> {
    fn value(&mut self) -> Result<Arc<Node>, SyntaxError> {
        self.space();
        let start = self.at;
        if self.depth >= DEPTH {
            return Err(SyntaxError::new(
                start..start,
                format!("nested more than {DEPTH} levels deep"),
            ));
        }
        let kind = match self.peek() {
            Some('{') => self.nested(Self::object)?,
            Some('[') => self.nested(Self::array)?,
            Some('"') => Kind::Text(self.text()?),
            Some('-' | '0'..='9') => self.number()?,
            _ if self.skip("null") => Kind::Null,
            _ if self.skip("true") => Kind::Bool(true),
            _ if self.skip("false") => Kind::Bool(false),
            _ => return Err(self.unexpected("a JSON value")),
        };
        Ok(Arc::new(Node {
            span: start..self.at,
            kind,
        }))
    }

    fn nested(
        &mut self,
        read: fn(&mut Self) -> Result<Kind, SyntaxError>,
    ) -> Result<Kind, SyntaxError> {
        self.at += 1;
        self.depth += 1;
        let kind = read(self)?;
        self.depth -= 1;
        Ok(kind)
    }

    fn array(&mut self) -> Result<Kind, SyntaxError> {
        let mut items = Vec::new();
        self.space();
        if self.skip("]") {
            return Ok(Kind::List(items));
        }
        loop {
            items.push(self.value()?);
            self.space();
            if self.skip("]") {
                return Ok(Kind::List(items));
            }
            if !self.skip(",") {
                return Err(self.unexpected("`,` or `]`"));
            }
        }
    }

    fn object(&mut self) -> Result<Kind, SyntaxError> {
        let mut entries = Entries::default();
        self.space();
        if self.skip("}") {
            return Ok(Kind::Map(entries.into_vec()));
        }
        loop {
            self.space();
            let start = self.at;
            if self.peek() != Some('"') {
                return Err(self.unexpected("a key in double quotes"));
            }
            let key = self.text()?;
            let key_span = start..self.at;
            if let Some(first) = entries.find(&key) {
                let line = line_at(self.text, first.key_span.start);
                return Err(
                    SyntaxError::new(key_span, format!("the key `{key}` is given twice"))
                        .with_help(format!(
                            "it is given first on line {line}: keep one of the two"
                        )),
                );
            }
            self.space();
            if !self.skip(":") {
                return Err(self.unexpected("`:`"));
            }
            let value = self.value()?;
            entries.push(Entry {
                key,
                key_span,
                value,
            });
            self.space();
            if self.skip("}") {
                return Ok(Kind::Map(entries.into_vec()));
            }
            if !self.skip(",") {
                return Err(self.unexpected("`,` or `}`"));
            }
        }
    }

    /// Finds the closing quote; what stands between is decoded by a library.
    fn text(&mut self) -> Result<String, SyntaxError> {
        let start = self.at;
        let mut is_escaped = false;
        let length = self.rest()[1..]
            .find(|c| {
                let is_end = c == '"' && !is_escaped;
                is_escaped = c == '\\' && !is_escaped;
                is_end
            })
            .ok_or_else(|| SyntaxError::new(start..start + 1, "this text has no closing quote"))?;
        self.at = start + length + 2;
        let token = &self.text[start..self.at];
        serde_json::from_str(token).map_err(|error| self.library_error(start, &error))
    }

    fn number(&mut self) -> Result<Kind, SyntaxError> {
        let start = self.at;
        let rest = self.rest();
        self.at += rest
            .find(|c: char| !(c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | 'e' | 'E')))
            .unwrap_or(rest.len());
        let token = &self.text[start..self.at];
        let number: serde_json::Number =
            serde_json::from_str(token).map_err(|error| self.library_error(start, &error))?;
        Ok(if let Some(value) = number.as_i128() {
            Kind::Integer(value)
        } else {
            Kind::Float(number.as_f64().unwrap_or(f64::NAN))
        })
    }

    fn space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
    }

    fn skip(&mut self, token: &str) -> bool {
        let is_there = self.rest().starts_with(token);
        if is_there {
            self.at += token.len();
        }
        is_there
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn unexpected(&self, expected: &str) -> SyntaxError {
        let found = match self.peek() {
            Some(c) => format!("`{}`", c.escape_debug()),
            None => "the end of the file".to_owned(),
        };
        let width = self.peek().map_or(0, char::len_utf8);
        SyntaxError::new(
            self.at..self.at + width,
            format!("not valid JSON: expected {expected}, found {found}"),
        )
    }

    fn library_error(&self, start: usize, error: &serde_json::Error) -> SyntaxError {
        let text = error.to_string();
        let reason = text.split(" at line ").next().unwrap_or(&text);
        SyntaxError::new(start..self.at, format!("not valid JSON: {reason}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each compared with all before it, the keys would take minutes.
    #[test]
    fn object_of_very_many_keys_is_read() {
        let pairs: Vec<String> = (0..150_000).map(|n| format!("\"k{n}\": {n}")).collect();
        let node = document(&format!("{{{}}}", pairs.join(",\n"))).unwrap();
        assert!(matches!(&node.kind, Kind::Map(entries) if entries.len() == 150_000));
        let error = document(&format!("{{{},\"k1\": 0}}", pairs.join(",\n"))).unwrap_err();
        assert_eq!(error.message, "the key `k1` is given twice");
        let help = "it is given first on line 2: keep one of the two";
        assert_eq!(error.help.as_deref(), Some(help));
    }
}
