/// Why a pattern was refused, or a match given up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegexError {
    /// The pattern is not one that Java reads (`PatternSyntaxException`).
    #[error("{}", as_java_says(.pattern, *.position, .reason))]
    Syntax {
        pattern: String,
        /// Java's index of the character at fault; `None` where that is before the first.
        position: Option<usize>,
        /// In the words of `java.util.regex`, which those who write such patterns know.
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

/// The reason, the pattern, and a mark below the character at fault.
fn as_java_says(pattern: &str, position: Option<usize>, reason: &str) -> String {
    match position {
        Some(at) if at < pattern.encode_utf16().count() => {
            format!("{reason} near index {at}\n{pattern}\n{:at$}^", "")
        }
        Some(at) => format!("{reason} near index {at}\n{pattern}"),
        None => format!("{reason}\n{pattern}"),
    }
}
