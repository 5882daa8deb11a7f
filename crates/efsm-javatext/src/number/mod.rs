//! Numbers in the patterns of `java.text.DecimalFormat`, and `java.lang.String.format`.
//!
//! Symbols, separators and names are those of `Locale.US`, whatever the machine's own are.

mod decimal;
mod error;
mod pattern;
mod printf;

pub use decimal::{Decimal, Rounding, double_to_string};
pub use error::FormatError;
pub use pattern::DecimalPattern;
pub use printf::{Argument, string_format};

/// A number to format, with the distinction that Java makes between `long` and `double`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    /// A whole number: Java's `Integer`, `Long` or a `BigInteger` within 128 bits.
    Integer(i128),
    /// Java's `Double`.
    Float(f64),
}

impl std::str::FromStr for Number {
    type Err = FormatError;

    fn from_str(text: &str) -> Result<Self, FormatError> {
        let trimmed = text.trim();
        if let Ok(integer) = trimmed.parse() {
            return Ok(Self::Integer(integer));
        }
        let float = trimmed
            .starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.'))
            .then(|| trimmed.parse().ok())
            .flatten();
        float.map(Self::Float).ok_or_else(|| FormatError::Number {
            text: text.to_owned(),
        })
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Self::Integer(i128::from(value))
    }
}

impl From<u64> for Number {
    fn from(value: u64) -> Self {
        Self::Integer(i128::from(value))
    }
}

impl From<f64> for Number {
    fn from(value: f64) -> Self {
        Self::Float(value)
    }
}

impl std::fmt::Display for Number {
    /// `String.valueOf`: `1`, `1.0`, `1.0E10`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Integer(integer) => integer.fmt(f),
            Self::Float(float) => f.write_str(&double_to_string(*float)),
        }
    }
}
