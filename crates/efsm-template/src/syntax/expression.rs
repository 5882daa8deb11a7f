//! What stands inside a tag: names, paths, literals, subexpressions and hash arguments.

use std::sync::{Arc, OnceLock};

use super::Path;
use super::parser::Parser;
use super::tree::{Expression, Param};
use crate::{TemplateError, Value, helpers};

/// Subexpressions inside each other.
const MAX_SUBEXPRESSIONS: usize = 64;

/// Whether an expression without arguments may be a property.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Calling {
    /// `{{x}}`: without arguments, a property when no helper has the name.
    Mustache,
    /// `{{#x}}`: the same.
    Block,
    /// `(x)`: always a helper.
    Required,
}

impl Parser<'_> {
    /// A name and its arguments.
    pub(super) fn expression(&mut self, calling: Calling) -> Result<Expression, TemplateError> {
        self.cursor.skip_space();
        let start = self.cursor.at;
        let Some(name) = self.identifier() else {
            return Err(self.cursor.unexpected("a name"));
        };
        if matches!(name.as_str(), "true" | "false" | "as" | "else") {
            return Err(self.cursor.unexpected_at(start, "a name"));
        }
        let at = self.cursor.position(start);
        let (params, hash) = self.arguments()?;
        let called = calling == Calling::Required || !params.is_empty() || !hash.is_empty();
        let name = if calling == Calling::Mustache && !called {
            self.qualified_by_with(name)
        } else {
            name
        };
        let helper = helpers::find(&name);
        if helper.is_none() && called {
            return Err(TemplateError::UnknownHelper {
                line: at.line,
                column: at.column,
                name,
            });
        }
        Ok(Expression {
            path: Path::compile(&name),
            name: name.into(),
            helper,
            params,
            hash,
            at,
            prepared: OnceLock::new(),
        })
    }

    /// Inside `{{#with a.b}}`, `{{a.b.c}}` is looked up in the block's own context, as Handlebars.java does
    /// for the sake of templates written for JavaScript.
    fn qualified_by_with(&self, name: String) -> String {
        let Some(scope) = self.with_scope() else {
            return name;
        };
        let inside = !scope.is_empty()
            && name
                .strip_prefix(scope)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        if inside && !name.starts_with('.') {
            format!("this.{name}")
        } else {
            name
        }
    }

    #[allow(clippy::type_complexity)] // Positional and named arguments, as an expression holds them.
    pub(super) fn arguments(
        &mut self,
    ) -> Result<(Vec<Param>, Vec<(Arc<str>, Param)>), TemplateError> {
        let mut params = Vec::new();
        loop {
            self.cursor.skip_space();
            let start = self.cursor.at;
            match self.param()? {
                Some(_) if self.at_equals() => {
                    self.cursor.at = start;
                    break;
                }
                Some(param) => params.push(param),
                None => break,
            }
        }
        Ok((params, self.hash()?))
    }

    /// `key=value …`; a later value of the same key replaces the earlier one.
    pub(super) fn hash(&mut self) -> Result<Vec<(Arc<str>, Param)>, TemplateError> {
        let mut hash: Vec<(Arc<str>, Param)> = Vec::new();
        loop {
            self.cursor.skip_space();
            let start = self.cursor.at;
            let Some(key) = self.identifier() else {
                return Ok(hash);
            };
            if key == "as" || !self.at_equals() {
                self.cursor.at = start;
                return Ok(hash);
            }
            self.cursor.at += 1;
            self.cursor.skip_space();
            let Some(value) = self.param()? else {
                return Err(self.cursor.unexpected(format!("a value for `{key}`")));
            };
            match hash.iter_mut().find(|(known, _)| **known == *key) {
                Some(entry) => entry.1 = value,
                None => hash.push((key.into(), value)),
            }
        }
    }

    fn at_equals(&mut self) -> bool {
        self.cursor.skip_space();
        self.cursor.starts_with("=") && !self.at_close()
    }

    /// One argument, or `None` where no argument starts.
    pub(super) fn param(&mut self) -> Result<Option<Param>, TemplateError> {
        self.cursor.skip_space();
        if self.at_close() {
            return Ok(None);
        }
        let Some(first) = self.cursor.peek() else {
            return Ok(None);
        };
        Ok(Some(match first {
            '"' | '\'' => Param::Literal(Value::from(self.string(first)?)),
            '(' => {
                self.cursor.at += 1;
                self.subexpressions += 1;
                if self.subexpressions > MAX_SUBEXPRESSIONS {
                    return Err(TemplateError::TooDeep {
                        limit: MAX_SUBEXPRESSIONS,
                    });
                }
                let inner = self.expression(Calling::Required)?;
                self.subexpressions -= 1;
                self.cursor.skip_space();
                if !self.cursor.eat(")") {
                    return Err(self.cursor.unexpected("`)` or another argument"));
                }
                Param::Call(Box::new(inner))
            }
            _ => {
                if let Some(number) = self.number()? {
                    return Ok(Some(Param::Literal(number)));
                }
                let start = self.cursor.at;
                let Some(name) = self.identifier() else {
                    return Ok(None);
                };
                match name.as_str() {
                    "true" => Param::Literal(Value::Bool(true)),
                    "false" => Param::Literal(Value::Bool(false)),
                    "as" | "else" => {
                        self.cursor.at = start;
                        return Ok(None);
                    }
                    _ => Param::Path(Path::compile(&name)),
                }
            }
        }))
    }

    /// A quoted text; only its own quote can be escaped in it, every other backslash is kept.
    pub(super) fn string(&mut self, quote: char) -> Result<String, TemplateError> {
        let start = self.cursor.at;
        let inside = &self.cursor.rest()[1..];
        let mut out = String::new();
        let mut rest = inside;
        loop {
            let Some(end) = rest.find(quote) else {
                return Err(self
                    .cursor
                    .unexpected_at(start, format!("a text that ends with `{quote}`")));
            };
            let (part, after) = (&rest[..end], &rest[end + 1..]);
            let escaped = part.strip_suffix('\\');
            out.push_str(escaped.unwrap_or(part));
            rest = after;
            if escaped.is_none() {
                break;
            }
            out.push(quote);
        }
        self.cursor.at = start + 1 + (inside.len() - rest.len());
        Ok(out)
    }

    /// `3`, `-3`, `1.5`, `.5`: a whole number, or a double when it has a fraction or is too long.
    fn number(&mut self) -> Result<Option<Value>, TemplateError> {
        let rest = self.cursor.rest();
        let unsigned = rest.strip_prefix('-').unwrap_or(rest);
        let is_number = unsigned.starts_with(|c: char| c.is_ascii_digit())
            || unsigned
                .strip_prefix('.')
                .is_some_and(|r| r.starts_with(|c: char| c.is_ascii_digit()));
        if !is_number {
            return Ok(None);
        }
        let sign = rest.len() - unsigned.len();
        let end = unsigned
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(unsigned.len());
        let text = &rest[..sign + end];
        let follows = rest[text.len()..].chars().next();
        if follows.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '$' | '-' | '/' | ':'))
            || text.ends_with('.')
        {
            return Err(self.cursor.unexpected("a number or a name"));
        }
        let value = match text.parse::<i32>() {
            Ok(int) => Value::Int(i64::from(int)),
            Err(_) => match text.parse::<f64>() {
                Ok(float) => Value::Float(float),
                Err(_) => return Err(self.cursor.unexpected("a number")),
            },
        };
        self.cursor.at += text.len();
        Ok(Some(value))
    }

    /// A path as one word: letters, digits, `_$@:-`, separators, and anything in brackets.
    pub(super) fn identifier(&mut self) -> Option<String> {
        let start = self.cursor.at;
        let rest = self.cursor.rest();
        let mut end = 0;
        let mut previous = '.';
        while let Some(character) = rest[end..].chars().next() {
            if self.is_close(start + end) {
                break;
            }
            let accepted = match character {
                '[' if matches!(previous, '.' | '/' | '@') => {
                    let inside = rest[end + 1..].find(']').filter(|length| *length > 0);
                    let Some(length) = inside else { break };
                    end += length + 1;
                    previous = ']';
                    end += 1;
                    continue;
                }
                'a'..='z' | 'A'..='Z' | '\u{c0}'..='\u{ff}' | '_' | '$' | '@' | ':' | '.' => true,
                '0'..='9' | '-' | '/' => end > 0,
                _ => false,
            };
            if !accepted {
                break;
            }
            previous = character;
            end += character.len_utf8();
        }
        if end == 0 {
            return None;
        }
        self.cursor.at += end;
        Some(rest[..end].to_owned())
    }
}
