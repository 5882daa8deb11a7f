//! Why a matcher was refused.

/// A matcher document that cannot be read.
///
/// A wire turns it into WireMock's 422: `code` 10, `source.pointer`, `title` and `detail`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{title} at `{}`: {detail}", if pointer.is_empty() { "/" } else { pointer })]
pub struct PatternError {
    /// JSON pointer (RFC 6901) relative to the matcher that was given: empty for the matcher itself,
    /// `/and/1` for the second operand of an `and`.
    pub pointer: String,
    /// WireMock's title, always [`PatternError::TITLE`].
    pub title: &'static str,
    /// What is wrong and what would be right.
    pub detail: String,
}

impl PatternError {
    /// The title of every parse error of WireMock.
    pub const TITLE: &'static str = "Error parsing JSON";

    pub(crate) fn new(detail: impl Into<String>) -> Self {
        Self {
            pointer: String::new(),
            title: Self::TITLE,
            detail: detail.into(),
        }
    }

    /// The same error, seen from the document that holds this one under `segment`.
    ///
    /// `segment` is escaped as RFC 6901 asks (`~` and `/`).
    pub fn within(mut self, segment: &str) -> Self {
        let segment = segment.replace('~', "~0").replace('/', "~1");
        self.pointer = format!("/{segment}{}", self.pointer);
        self
    }
}
