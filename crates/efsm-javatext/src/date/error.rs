/// Why a date, a pattern, an offset or a truncation was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DateError {
    /// The pattern has a letter or a structure that Java refuses.
    #[error("the date pattern `{pattern}` is malformed at position {position}: {reason}")]
    Pattern {
        pattern: String,
        position: usize,
        reason: String,
    },
    /// The text does not follow the pattern.
    #[error("`{text}` does not follow the date pattern `{pattern}`: {reason}")]
    Text {
        text: String,
        pattern: String,
        reason: String,
    },
    /// The text is in none of the formats that are tried without a pattern.
    #[error(
        "`{text}` is not a date; use ISO 8601 such as `2024-05-31T12:30:00Z`, an HTTP date such as \
         `Fri, 31 May 2024 12:30:00 GMT`, or name its format"
    )]
    Unrecognised { text: String },
    /// An offset is not `<amount> <unit>`.
    #[error(
        "`{text}` is not a date offset: {reason}; write one such as `3 days` or `now -1 months`"
    )]
    Offset { text: String, reason: String },
    /// A truncation is unknown.
    #[error("`{text}` is not a truncation; use one of {known}")]
    Truncation { text: String, known: String },
    /// The result lies outside the years that can be shown.
    #[error("the date is out of range after {operation}")]
    Range { operation: String },
}
