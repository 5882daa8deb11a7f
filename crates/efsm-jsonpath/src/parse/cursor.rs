use crate::error::ParseError;

use super::{MAX_NESTING, Parsed};

/// A place in the path, which can go back.
pub(super) struct Cursor {
    source: String,
    chars: Vec<char>,
    position: usize,
    depth: usize,
}

impl Cursor {
    pub(super) fn new(source: &str) -> Self {
        Self {
            source: source.to_owned(),
            chars: source.chars().collect(),
            position: 0,
            depth: 0,
        }
    }

    pub(super) fn fail<T>(&self, expected: &str) -> Parsed<T> {
        Err(ParseError {
            path: self.source.clone(),
            position: self.position,
            expected: expected.to_owned(),
        })
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.peek_at(0)
    }

    pub(super) fn peek_at(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.position + ahead).copied()
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.position += 1;
        Some(c)
    }

    pub(super) fn next_unless(&mut self, end: char) -> Option<char> {
        self.peek().filter(|c| *c != end)?;
        self.next()
    }

    pub(super) fn back(&mut self) {
        self.position = self.position.saturating_sub(1);
    }

    pub(super) fn take(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        self.position += usize::from(found);
        found
    }

    pub(super) fn take_word(&mut self, word: &str) -> bool {
        let found = word
            .chars()
            .enumerate()
            .all(|(at, c)| self.peek_at(at) == Some(c));
        if found {
            self.position += word.chars().count();
        }
        found
    }

    pub(super) fn skip_blanks(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.position += 1;
        }
    }

    pub(super) fn at_end(&self) -> bool {
        self.position >= self.chars.len()
    }

    pub(super) fn rest_is_blank(&self) -> bool {
        self.chars[self.position..]
            .iter()
            .all(|c| c.is_whitespace())
    }

    pub(super) fn position(&self) -> usize {
        self.position
    }

    pub(super) fn set_position(&mut self, position: usize) {
        self.position = position;
    }

    pub(super) fn since(&self, start: usize) -> String {
        self.chars[start..self.position].iter().collect()
    }

    /// Reads something one level deeper, so that a hostile path cannot exhaust the stack.
    pub(super) fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= MAX_NESTING {
            return self.fail("at most 48 filters, parentheses or brackets within one another");
        }
        self.depth += 1;
        let read = read(self);
        self.depth -= 1;
        read
    }
}
