/// Why a path was refused (Jayway's `InvalidPathException` of `compile`).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the JSONPath `{path}` is malformed at position {position}: expected {expected}")]
pub struct ParseError {
    /// The path as it was given.
    pub path: String,
    /// Where, in characters from 0.
    pub position: usize,
    /// What should have stood there.
    pub expected: String,
}

/// Why a path gave nothing, or a document was not changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// A definite path leads to nothing (Jayway's `PathNotFoundException`).
    #[error("the document has nothing at `{path}`")]
    NotFound { path: String },
    /// A filter met a number, text, boolean or null where the path names one value (Jayway's
    /// `InvalidPathException` of `read`).
    #[error("`{path}` does not fit the document: {reason}")]
    NotApplicable { path: String, reason: String },
    /// A function was called on something that it is not for.
    #[error("`{function}()` cannot be evaluated in `{path}`: {reason}")]
    Function {
        path: String,
        function: String,
        reason: String,
    },
    /// The path visits or yields more values than the limits allow, or a regular expression in it backtracks
    /// without end.
    #[error("`{path}` is too expensive on this document: {reason}")]
    TooComplex { path: String, reason: String },
    /// The path does not name places that can be changed (Jayway's `InvalidModificationException`).
    #[error("`{path}` cannot be changed: {reason}")]
    NotWritable { path: String, reason: String },
}
