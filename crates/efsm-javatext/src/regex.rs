//! Regular expressions in the syntax of `java.util.regex.Pattern`.

use std::ops::Range;

/// Why a pattern was refused, or a match given up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegexError {
    /// The pattern is not one that Java reads.
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
        "the regular expression `{pattern}` is too complex: {reason}; remove nested or overlapping repetitions such as `(a+)+`, or make them possessive (`a++`)"
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

/// The match flags of `java.util.regex.Pattern` that can be given outside the pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
#[allow(clippy::struct_excessive_bools)] // Seven independent switches of Java's API.
pub struct Flags {
    /// `(?d)`: only `\n` ends a line.
    pub unix_lines: bool,
    /// `(?i)`: ASCII letters match in both cases, all letters together with `unicode_case`.
    pub case_insensitive: bool,
    /// `(?x)`: white space and `#` comments are ignored.
    pub comments: bool,
    /// `(?m)`: `^` and `$` match at line ends.
    pub multiline: bool,
    /// `(?s)`: `.` matches line terminators.
    pub dotall: bool,
    /// `(?u)`: case is ignored by Unicode's rules.
    pub unicode_case: bool,
    /// `(?U)`: `\w`, `\d`, `\s`, `\b` and the POSIX classes are Unicode's.
    pub unicode_character_class: bool,
    /// The pattern is plain text.
    pub literal: bool,
}

/// A compiled `java.util.regex.Pattern`.
#[derive(Debug, Clone)]
pub struct JavaRegex {
    pattern: String,
    searching: fancy_regex::Regex,
    whole: fancy_regex::Regex,
}

/// One group of a match: its bytes and their place in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match<'t> {
    text: &'t str,
    range: Range<usize>,
}

impl<'t> Match<'t> {
    /// The matched text.
    pub fn as_str(&self) -> &'t str {
        &self.text[self.range.clone()]
    }
    /// Byte offsets in the searched text.
    pub fn range(&self) -> Range<usize> {
        self.range.clone()
    }
}

/// The groups of one match; group 0 is the whole.
#[derive(Debug, Clone)]
pub struct Captures<'t> {
    groups: Vec<Option<Match<'t>>>,
    names: Vec<Option<String>>,
}

impl<'t> Captures<'t> {
    /// A group by number; `None` when it did not take part or does not exist.
    pub fn get(&self, group: usize) -> Option<&Match<'t>> {
        self.groups.get(group)?.as_ref()
    }
    /// A group by name.
    pub fn name(&self, name: &str) -> Option<&Match<'t>> {
        self.get(self.names.iter().position(|n| n.as_deref() == Some(name))?)
    }
    /// How many groups the pattern has, group 0 included.
    pub fn len(&self) -> usize {
        self.groups.len()
    }
    /// Never: group 0 is always there.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }
    /// Every group in order, group 0 first.
    pub fn iter(&self) -> impl Iterator<Item = Option<&Match<'t>>> {
        self.groups.iter().map(Option::as_ref)
    }
}

impl JavaRegex {
    /// Compiles a pattern as `Pattern.compile(pattern)` does.
    pub fn new(pattern: &str) -> Result<Self, RegexError> {
        Self::with_flags(pattern, Flags::default())
    }

    /// Compiles a pattern as `Pattern.compile(pattern, flags)` does.
    pub fn with_flags(pattern: &str, flags: Flags) -> Result<Self, RegexError> {
        let build = |source: String, dotall: bool| {
            fancy_regex::RegexBuilder::new(&source)
                .case_insensitive(flags.case_insensitive)
                .multi_line(flags.multiline)
                .dot_matches_new_line(dotall)
                .build()
                .map_err(|error| RegexError::Syntax {
                    pattern: pattern.to_owned(),
                    position: 0,
                    reason: error.to_string(),
                })
        };
        Ok(Self {
            pattern: pattern.to_owned(),
            searching: build(pattern.to_owned(), flags.dotall)?,
            whole: build(format!(r"\A(?:{pattern})\z"), true)?,
        })
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.pattern
    }

    /// Whether the whole of `text` matches, `.` standing for line terminators too.
    pub fn matches(&self, text: &str) -> Result<bool, RegexError> {
        self.whole.is_match(text).map_err(|e| self.too_complex(&e))
    }

    /// Whether the whole of `text` matches, by the pattern's own flags: `Matcher.matches`.
    pub fn matches_whole(&self, text: &str) -> Result<bool, RegexError> {
        Ok(self.whole_captures(text)?.is_some())
    }

    /// The groups when the whole of `text` matches.
    pub fn whole_captures<'t>(&self, text: &'t str) -> Result<Option<Captures<'t>>, RegexError> {
        let found = self
            .whole
            .captures(text)
            .map_err(|e| self.too_complex(&e))?;
        Ok(found.map(|groups| self.own(text, &groups)))
    }

    /// The first place where the pattern matches.
    pub fn find<'t>(&self, text: &'t str) -> Result<Option<Match<'t>>, RegexError> {
        let found = self
            .searching
            .find(text)
            .map_err(|e| self.too_complex(&e))?;
        Ok(found.map(|m| Match {
            text,
            range: m.range(),
        }))
    }

    /// The groups of the first match.
    pub fn captures<'t>(&self, text: &'t str) -> Result<Option<Captures<'t>>, RegexError> {
        let found = self
            .searching
            .captures(text)
            .map_err(|e| self.too_complex(&e))?;
        Ok(found.map(|groups| self.own(text, &groups)))
    }

    /// Every match, left to right, without overlap.
    pub fn find_iter<'t>(&self, text: &'t str) -> Result<Vec<Match<'t>>, RegexError> {
        self.searching
            .find_iter(text)
            .map(|found| {
                found.map(|m| Match {
                    text,
                    range: m.range(),
                })
            })
            .collect::<Result<_, _>>()
            .map_err(|e| self.too_complex(&e))
    }

    /// The groups of every match, left to right, without overlap.
    pub fn captures_iter<'t>(&self, text: &'t str) -> Result<Vec<Captures<'t>>, RegexError> {
        self.searching
            .captures_iter(text)
            .map(|found| found.map(|groups| self.own(text, &groups)))
            .collect::<Result<_, _>>()
            .map_err(|e| self.too_complex(&e))
    }

    /// `Matcher.replaceAll`: every match becomes `replacement`.
    pub fn replace_all(&self, text: &str, replacement: &str) -> Result<String, RegexError> {
        let mut out = String::new();
        let mut end = 0;
        for found in self.find_iter(text)? {
            out.push_str(&text[end..found.range.start]);
            out.push_str(replacement);
            end = found.range.end;
        }
        out.push_str(&text[end..]);
        Ok(out)
    }

    fn own<'t>(&self, text: &'t str, groups: &fancy_regex::Captures<'t, str>) -> Captures<'t> {
        Captures {
            groups: groups
                .iter()
                .map(|group| {
                    group.map(|m| Match {
                        text,
                        range: m.range(),
                    })
                })
                .collect(),
            names: self
                .searching
                .capture_names()
                .map(|n| n.map(str::to_owned))
                .collect(),
        }
    }

    fn too_complex(&self, error: &fancy_regex::Error) -> RegexError {
        RegexError::TooComplex {
            pattern: self.pattern.clone(),
            reason: error.to_string(),
        }
    }
}
