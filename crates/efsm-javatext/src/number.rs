//! Numbers in the patterns of `DecimalFormat`, and `String.format`.

/// Why a pattern or its arguments were refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FormatError {
    /// The decimal pattern is malformed.
    #[error("the number pattern `{pattern}` is malformed: {reason}")]
    Pattern { pattern: String, reason: String },
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

/// A number to format.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    Integer(i128),
    Float(f64),
}

impl std::str::FromStr for Number {
    type Err = FormatError;

    fn from_str(text: &str) -> Result<Self, FormatError> {
        let trimmed = text.trim();
        if let Ok(integer) = trimmed.parse() {
            return Ok(Self::Integer(integer));
        }
        trimmed
            .parse()
            .map(Self::Float)
            .map_err(|_| FormatError::Number {
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

/// A compiled `java.text.DecimalFormat` pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecimalPattern {
    pattern: String,
}

impl DecimalPattern {
    /// Reads a pattern such as `#,##0.00`.
    pub fn parse(pattern: &str) -> Result<Self, FormatError> {
        if pattern != "#" {
            return Err(FormatError::Pattern {
                pattern: pattern.to_owned(),
                reason: "only `#` is read so far".to_owned(),
            });
        }
        Ok(Self {
            pattern: pattern.to_owned(),
        })
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.pattern
    }

    /// The number in this pattern, with the symbols of English.
    pub fn format(&self, number: Number) -> String {
        match number {
            Number::Integer(integer) => integer.to_string(),
            Number::Float(float) => format!("{:.0}", float.round_ties_even()),
        }
    }
}

/// An argument of [`string_format`].
#[derive(Debug, Clone, PartialEq)]
pub enum Argument {
    Null,
    Boolean(bool),
    Number(Number),
    Text(String),
    Date(jiff::Zoned),
}

/// `java.lang.String.format` in English.
pub fn string_format(format: &str, arguments: &[Argument]) -> Result<String, FormatError> {
    let mut out = String::new();
    let mut rest = format;
    let mut next = arguments.iter();
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        let specifier = rest.get(at..at + 2).unwrap_or("%");
        match (specifier, specifier == "%s") {
            ("%%", _) => out.push('%'),
            ("%n", _) => out.push('\n'),
            (_, true) => match next.next() {
                Some(Argument::Text(text)) => out.push_str(text),
                other => {
                    return Err(FormatError::Argument {
                        format: format.to_owned(),
                        specifier: specifier.to_owned(),
                        argument: format!("{other:?}"),
                    });
                }
            },
            _ => {
                return Err(FormatError::Specifier {
                    format: format.to_owned(),
                    specifier: specifier.to_owned(),
                    reason: "only `%s`, `%n` and `%%` are read so far".to_owned(),
                });
            }
        }
        rest = &rest[at + 2..];
    }
    out.push_str(rest);
    Ok(out)
}
