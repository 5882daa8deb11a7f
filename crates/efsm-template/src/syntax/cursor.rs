//! Reading characters, remembering where.

use super::tree::Position;
use crate::TemplateError;

/// A place in the template that is being read.
pub(super) struct Cursor<'t> {
    pub(super) text: &'t str,
    /// Byte offset, always at a character boundary.
    pub(super) at: usize,
    /// Positions are counted on from the last one asked for.
    counted: (usize, Position),
}

impl<'t> Cursor<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self {
            text,
            at: 0,
            counted: (0, Position { line: 1, column: 1 }),
        }
    }

    pub(super) fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn starts_with(&self, token: &str) -> bool {
        self.rest().starts_with(token)
    }

    pub(super) fn eat(&mut self, token: &str) -> bool {
        let found = self.starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    /// Skips what separates the parts of a tag.
    pub(super) fn skip_space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
    }

    /// Where the byte offset lies.
    pub(super) fn position(&mut self, at: usize) -> Position {
        let (from, mut position) = if at >= self.counted.0 {
            self.counted
        } else {
            (0, Position { line: 1, column: 1 })
        };
        for character in self.text[from..at].chars() {
            if character == '\n' {
                position.line += 1;
                position.column = 1;
            } else {
                position.column += 1;
            }
        }
        self.counted = (at, position);
        position
    }

    /// That `expected` does not stand here.
    pub(super) fn unexpected(&mut self, expected: impl Into<String>) -> TemplateError {
        self.unexpected_at(self.at, expected)
    }

    pub(super) fn unexpected_at(
        &mut self,
        at: usize,
        expected: impl Into<String>,
    ) -> TemplateError {
        let Position { line, column } = self.position(at);
        let found = match self.text[at..].chars().next() {
            None => "the end of the template".to_owned(),
            Some(first) if is_word(first) => {
                let word = &self.text[at..];
                let end = word.find(|c| !is_word(c)).unwrap_or(word.len());
                format!("`{}`", word[..end].chars().take(40).collect::<String>())
            }
            Some(_) => {
                let shown: String = self.text[at..].chars().take(4).collect();
                format!("`{}`", shown.escape_debug())
            }
        };
        TemplateError::Syntax {
            line,
            column,
            found,
            expected: expected.into(),
        }
    }
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '-' | '@' | '$')
}
