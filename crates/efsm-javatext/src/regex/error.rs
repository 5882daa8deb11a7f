/// Why a pattern was refused, or a match given up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegexError {
    /// The pattern is not one that Java reads (`PatternSyntaxException`).
    #[error("the regular expression `{pattern}` is malformed at position {position}: {reason}")]
    Syntax {
        pattern: String,
        position: usize,
        reason: String,
    },
    /// Java reads it, this engine does not.
    #[error("the regular expression `{pattern}` uses {construct}, which is not supported; {hint}")]
    Unsupported {
        pattern: String,
        construct: String,
        hint: &'static str,
    },
    /// Matching would have taken too many steps, or the compiled pattern too much memory.
    #[error(
        "the regular expression `{pattern}` is too complex: {reason}; take apart nested or overlapping \
         repetitions such as `(a+)+`, or make them possessive (`a++`)"
    )]
    TooComplex { pattern: String, reason: String },
    /// A replacement names a group that the pattern does not have, or is cut off.
    #[error("the replacement `{replacement}` is malformed at position {position}: {reason}")]
    Replacement {
        replacement: String,
        position: usize,
        reason: String,
    },
}
