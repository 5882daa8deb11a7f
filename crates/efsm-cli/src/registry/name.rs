use std::fmt;
use std::str::FromStr;

/// The longest name; it becomes a part of file names.
const MAX_LENGTH: usize = 64;

/// A name that can be typed, and stand in a file name: letters, digits, `.`, `_` and `-`, beginning with a letter
/// or a digit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Name(String);

#[derive(Debug, thiserror::Error)]
#[error(
    "`{0}` cannot be a stack's name: use up to {MAX_LENGTH} letters, digits, `.`, `_` and `-`, a letter or digit first"
)]
pub(crate) struct BadName(String);

impl FromStr for Name {
    type Err = BadName;

    fn from_str(text: &str) -> Result<Self, BadName> {
        let is_first = |c: char| c.is_ascii_alphanumeric();
        let is_name = text.len() <= MAX_LENGTH
            && text.starts_with(is_first)
            && text
                .chars()
                .all(|c| is_first(c) || matches!(c, '.' | '_' | '-'));
        if is_name {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadName(text.to_owned()))
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Name {
    pub(crate) fn into_string(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain_words() {
        for good in ["shop", "a", "7", "feature-x.2_b", &"x".repeat(64)] {
            assert!(good.parse::<Name>().is_ok(), "{good}");
        }
        for bad in [
            "",
            ".",
            "..",
            "-x",
            "a/b",
            "a b",
            "../etc",
            "ü",
            "a\n",
            &"x".repeat(65),
        ] {
            assert!(bad.parse::<Name>().is_err(), "{bad}");
        }
    }
}
