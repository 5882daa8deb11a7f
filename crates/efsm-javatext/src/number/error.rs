/// Why a pattern or its arguments were refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// The decimal pattern is malformed.
    #[error("the number pattern `{pattern}` is malformed at position {position}: {reason}")]
    Pattern {
        pattern: String,
        position: usize,
        reason: String,
    },
    /// The format string has a specifier that Java refuses.
    #[error("the format `{format}` is malformed at `{specifier}`: {reason}")]
    Specifier {
        format: String,
        specifier: String,
        reason: String,
    },
    /// A specifier has no argument, or one of another kind.
    #[error("the format `{format}` cannot show {argument} as `{specifier}`")]
    Argument {
        format: String,
        specifier: String,
        argument: String,
    },
    /// The text is not a number.
    #[error("`{text}` is not a number")]
    Number { text: String },
}
