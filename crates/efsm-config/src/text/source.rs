//! A file as it was read, and places in it.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use crate::error::ConfigError;

/// A text with its name and where its lines begin.
pub(crate) struct Source {
    name: String,
    text: String,
    line_starts: Vec<usize>,
}

impl Source {
    pub(crate) fn new(name: impl Into<String>, text: impl Into<String>) -> Arc<Self> {
        let text = text.into();
        let line_starts = std::iter::once(0)
            .chain(text.match_indices('\n').map(|(at, _)| at + 1))
            .collect();
        Arc::new(Self {
            name: name.into(),
            text,
            line_starts,
        })
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Line and column of a byte offset, both from 1; columns count characters.
    pub(crate) fn position(&self, offset: usize) -> (usize, usize) {
        let offset = self.text.floor_char_boundary(offset);
        let line = self.line_starts.partition_point(|start| *start <= offset);
        let start = self.line_starts[line - 1];
        (line, self.text[start..offset].chars().count() + 1)
    }

    /// The byte range of a line (from 1) without its end, or the end of the text when there is no such line.
    pub(crate) fn line(&self, line: usize) -> Range<usize> {
        let start = self
            .line_starts
            .get(line.saturating_sub(1))
            .copied()
            .unwrap_or(self.text.len());
        let rest = &self.text[start..];
        let length = rest.find(['\r', '\n']).unwrap_or(rest.len());
        start..start + length
    }
}

impl SourceCode for Source {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        lines_before: usize,
        lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let contents = self.text.read_span(span, lines_before, lines_after)?;
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            contents.data(),
            *contents.span(),
            contents.line(),
            contents.column(),
            contents.line_count(),
        )))
    }
}

/// Where a value stands: file, line, column and key path. Every value of a configuration that can still fail
/// later (a stub that does not parse, SQL that does not run) carries one, so that the late error looks like the
/// early ones.
#[derive(Clone)]
pub struct Origin {
    pub(crate) source: Arc<Source>,
    pub(crate) span: Range<usize>,
    pub(crate) key: Arc<str>,
}

impl Origin {
    /// The file's name as the user wrote it, or as it was found from the configuration.
    pub fn file(&self) -> &str {
        self.source.name()
    }

    /// From 1.
    pub fn line(&self) -> usize {
        self.source.position(self.span.start).0
    }

    /// From 1, in characters.
    pub fn column(&self) -> usize {
        self.source.position(self.span.start).1
    }

    /// The path of keys, such as `database.seed[1].sql`; empty for a whole file.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// A key of a configuration whose place is not known, for values that carry none.
    pub fn of_key(key: &str) -> Self {
        Self {
            source: Source::new("efsm.yaml", ""),
            span: 0..0,
            key: key.into(),
        }
    }

    /// The beginning of a text that no configuration names.
    pub fn of_text(name: &str, text: &str) -> Self {
        Self {
            source: Source::new(name, text),
            span: 0..0,
            key: "".into(),
        }
    }

    /// An error at this place.
    pub fn error(&self, message: impl Into<String>) -> ConfigError {
        ConfigError::new(self.clone(), message)
    }

    pub(crate) fn contains(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.source, &other.source)
            && self.span.start <= other.span.start
            && other.span.end <= self.span.end
    }

    /// Whether a list stands here that is not written as empty.
    pub(crate) fn covers_items(&self) -> bool {
        let text = &self.source.text()[self.span.clone()];
        text.contains(|c: char| c.is_alphanumeric())
    }

    /// The same file and key at a line (from 1): for the error of an SQL script or of a document's parser.
    pub fn at_line(&self, line: usize) -> Self {
        Self {
            span: self.source.line(line),
            ..self.clone()
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (line, column) = self.source.position(self.span.start);
        write!(f, "{}:{line}:{column}", self.file())
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_lines_and_characters_from_one() {
        let source = Source::new("x", "añb\r\ncd\n");
        assert_eq!(source.position(0), (1, 1));
        assert_eq!(source.position(3), (1, 3));
        assert_eq!(source.position(6), (2, 1));
        assert_eq!(source.position(9), (3, 1));
        assert_eq!(source.position(400), (3, 1));
        assert_eq!(&source.text()[source.line(2)], "cd");
        assert_eq!(&source.text()[source.line(1)], "añb");
        assert_eq!(source.line(9), 9..9);
    }
}
