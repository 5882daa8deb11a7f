//! Regular expressions in the syntax of `java.util.regex.Pattern`, as OpenJDK 17 reads it.
//!
//! A pattern is parsed by Java's grammar, its flags and classes are spelled out, and what is left runs on
//! `fancy-regex`: in linear time where the pattern is regular, with bounded backtracking where it is not.
//!
//! Refused, with a message: `\G`, `\N{..}`, `\b{g}` and canonical equivalence. Unicode's tables are newer than
//! those of Java 17; its blocks are the same. What a group holds after a repetition that ends in an empty round,
//! `(a*)+`, is the last round that was not empty, where Java has the empty one.

mod ast;
mod blocks;
mod emit;
mod error;
mod flags;
mod parse;
mod property;
mod replace;
mod set;

use std::ops::Range;
use std::sync::{Arc, OnceLock};

pub use error::RegexError;
pub use flags::Flags;

use replace::Replacement;

/// Steps back that one match may take: some tens of milliseconds.
const BACKTRACK_LIMIT: usize = 1_000_000;
/// Memory of one compiled automaton, and of its cache.
const SIZE_LIMIT: usize = 4 << 20;
/// Instructions of the backtracking machine.
const PROGRAM_LIMIT: usize = 100_000;

/// A compiled `java.util.regex.Pattern`. Cheap to clone.
#[derive(Debug, Clone)]
pub struct JavaRegex {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    pattern: String,
    flags: Flags,
    group_count: usize,
    names: Vec<(String, usize)>,
    search: Program,
    /// For [`JavaRegex::matches_whole`].
    whole: Program,
    /// For [`JavaRegex::matches`], where `.` stands for everything.
    whole_dotall: OnceLock<Result<Program, RegexError>>,
}

/// A pattern in the syntax of `fancy-regex`, compiled when it is first needed: most are searched for or matched,
/// not both.
#[derive(Debug)]
struct Program {
    source: String,
    compiled: OnceLock<Result<fancy_regex::Regex, RegexError>>,
}

impl Program {
    fn new(source: String) -> Self {
        Self {
            source,
            compiled: OnceLock::new(),
        }
    }

    fn get(&self, pattern: &str) -> Result<&fancy_regex::Regex, RegexError> {
        let compile = || {
            fancy_regex::RegexBuilder::new(&self.source)
                .backtrack_limit(BACKTRACK_LIMIT)
                .delegate_size_limit(SIZE_LIMIT)
                .delegate_dfa_size_limit(SIZE_LIMIT)
                .max_prog_size(PROGRAM_LIMIT)
                .build()
                .map_err(|error| refusal(pattern, &error))
        };
        self.compiled
            .get_or_init(compile)
            .as_ref()
            .map_err(Clone::clone)
    }
}

/// Why the engine below does not compile what Java's grammar allows.
fn refusal(pattern: &str, error: &fancy_regex::Error) -> RegexError {
    use fancy_regex::CompileError::{
        DfaBuildError, LookBehindNotConst, VariableLookBehindRequiresFeature,
    };
    let pattern = pattern.to_owned();
    match error {
        fancy_regex::Error::CompileError(cause)
            if matches!(
                **cause,
                LookBehindNotConst | VariableLookBehindRequiresFeature | DfaBuildError(..)
            ) =>
        {
            RegexError::Unsupported {
                pattern,
                construct: "a lookbehind of varying length with lookaround or references in it"
                    .to_owned(),
                hint: "write its alternatives as lookbehinds of their own, each of one length",
            }
        }
        error => RegexError::TooComplex {
            pattern,
            reason: error.to_string(),
        },
    }
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
    shared: Arc<Shared>,
}

impl<'t> Captures<'t> {
    /// A group by number; `None` when it did not take part or does not exist.
    pub fn get(&self, group: usize) -> Option<&Match<'t>> {
        self.groups.get(group)?.as_ref()
    }

    /// A group by name; `None` when it did not take part or does not exist.
    pub fn name(&self, name: &str) -> Option<&Match<'t>> {
        let (_, group) = self.shared.names.iter().find(|(known, _)| known == name)?;
        self.get(*group)
    }

    /// How many groups the pattern has, group 0 included.
    #[allow(clippy::len_without_is_empty)] // Group 0 is always there.
    pub fn len(&self) -> usize {
        self.groups.len()
    }

    /// Every group in order, group 0 first.
    pub fn iter(&self) -> impl Iterator<Item = Option<&Match<'t>>> {
        self.groups.iter().map(Option::as_ref)
    }

    fn range(&self) -> Range<usize> {
        self.get(0).map_or(0..0, Match::range)
    }
}

impl JavaRegex {
    /// Compiles a pattern as `Pattern.compile(pattern)` does.
    pub fn new(pattern: &str) -> Result<Self, RegexError> {
        Self::with_flags(pattern, Flags::default())
    }

    /// Compiles a pattern as `Pattern.compile(pattern, flags)` does.
    pub fn with_flags(pattern: &str, flags: Flags) -> Result<Self, RegexError> {
        let parsed = parse::parse(pattern, flags)?;
        let regex = Self {
            shared: Arc::new(Shared {
                pattern: pattern.to_owned(),
                flags,
                group_count: parsed.group_count,
                search: Program::new(emit::search(&parsed.node, parsed.group_count)),
                whole: Program::new(emit::whole(&parsed.node, parsed.group_count)),
                whole_dotall: OnceLock::new(),
                names: parsed.names,
            }),
        };
        // Whatever is wrong with a pattern is told when it is given, not when it is first used.
        regex.whole_dotall()?;
        Ok(regex)
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.shared.pattern
    }

    /// The flags that it was compiled with.
    pub fn flags(&self) -> Flags {
        self.shared.flags
    }

    /// How many groups it has, group 0 included.
    pub fn group_count(&self) -> usize {
        self.shared.group_count
    }

    /// The named groups with their numbers, in order.
    pub fn group_names(&self) -> impl Iterator<Item = (&str, usize)> {
        self.shared
            .names
            .iter()
            .map(|(name, group)| (name.as_str(), *group))
    }

    /// Whether the whole of `text` matches, with `.` standing for line terminators too: WireMock's `matches`,
    /// which is `Pattern.compile(pattern, Pattern.DOTALL).matcher(text).matches()`.
    pub fn matches(&self, text: &str) -> Result<bool, RegexError> {
        self.whole_dotall()?
            .is_match(text)
            .map_err(|error| self.gave_up(&error))
    }

    /// Whether the whole of `text` matches by the pattern's own flags: `Matcher.matches`.
    pub fn matches_whole(&self, text: &str) -> Result<bool, RegexError> {
        let program = self.shared.whole.get(self.as_str())?;
        program.is_match(text).map_err(|error| self.gave_up(&error))
    }

    /// The groups when the whole of `text` matches by the pattern's own flags.
    pub fn whole_captures<'t>(&self, text: &'t str) -> Result<Option<Captures<'t>>, RegexError> {
        let program = self.shared.whole.get(self.as_str())?;
        let found = program
            .captures(text)
            .map_err(|error| self.gave_up(&error))?;
        Ok(found.map(|groups| self.captured(text, &groups)))
    }

    /// The first place where the pattern matches: `Matcher.find`.
    pub fn find<'t>(&self, text: &'t str) -> Result<Option<Match<'t>>, RegexError> {
        let found = self
            .search()?
            .find(text)
            .map_err(|error| self.gave_up(&error))?;
        Ok(found.map(|found| Match {
            text,
            range: found.range(),
        }))
    }

    /// The groups of the first match.
    pub fn captures<'t>(&self, text: &'t str) -> Result<Option<Captures<'t>>, RegexError> {
        self.captures_at(text, 0)
    }

    /// Every match, left to right, without overlap. An empty one may follow directly on another, as in Java.
    pub fn find_iter<'t>(&self, text: &'t str) -> Result<Vec<Match<'t>>, RegexError> {
        let captures = self.captures_iter(text)?;
        Ok(captures
            .into_iter()
            .filter_map(|captures| captures.groups.into_iter().next().flatten())
            .collect())
    }

    /// The groups of every match, left to right, without overlap.
    pub fn captures_iter<'t>(&self, text: &'t str) -> Result<Vec<Captures<'t>>, RegexError> {
        let mut all = Vec::new();
        let mut from = 0;
        while let Some(captures) = self.captures_at(text, from)? {
            let range = captures.range();
            from = range.end;
            all.push(captures);
            if range.is_empty() {
                match text[from..].chars().next() {
                    Some(c) => from += c.len_utf8(),
                    None => break,
                }
            }
        }
        Ok(all)
    }

    /// `Matcher.replaceAll`: every match becomes `replacement`, in which `$1` and `${name}` are groups and `\`
    /// takes the meaning of the character after it.
    pub fn replace_all(&self, text: &str, replacement: &str) -> Result<String, RegexError> {
        self.replace(text, replacement, usize::MAX)
    }

    /// `Matcher.replaceFirst`.
    pub fn replace_first(&self, text: &str, replacement: &str) -> Result<String, RegexError> {
        self.replace(text, replacement, 1)
    }

    fn replace(&self, text: &str, replacement: &str, limit: usize) -> Result<String, RegexError> {
        let matches = match limit {
            1 => self.captures(text)?.into_iter().collect(),
            _ => self.captures_iter(text)?,
        };
        let mut out = String::new();
        let mut end = 0;
        if !matches.is_empty() {
            // Java reads the replacement only when there is something to replace.
            let replacement =
                Replacement::parse(replacement, self.shared.group_count, &self.shared.names)?;
            for captures in matches {
                let range = captures.range();
                out.push_str(&text[end..range.start]);
                replacement.append(&captures, &mut out);
                end = range.end;
            }
        }
        out.push_str(&text[end..]);
        Ok(out)
    }

    fn search(&self) -> Result<&fancy_regex::Regex, RegexError> {
        self.shared.search.get(self.as_str())
    }

    fn whole_dotall(&self) -> Result<&fancy_regex::Regex, RegexError> {
        let shared = &*self.shared;
        if shared.flags.dotall {
            return shared.whole.get(&shared.pattern);
        }
        let emitted = shared.whole_dotall.get_or_init(|| {
            let parsed = parse::parse(
                &shared.pattern,
                Flags {
                    dotall: true,
                    ..shared.flags
                },
            )?;
            Ok(Program::new(emit::whole(&parsed.node, parsed.group_count)))
        });
        emitted.as_ref().map_err(Clone::clone)?.get(&shared.pattern)
    }

    fn captures_at<'t>(
        &self,
        text: &'t str,
        from: usize,
    ) -> Result<Option<Captures<'t>>, RegexError> {
        let found = self
            .search()?
            .captures_from_pos(text, from)
            .map_err(|error| self.gave_up(&error))?;
        Ok(found.map(|groups| self.captured(text, &groups)))
    }

    fn captured<'t>(&self, text: &'t str, groups: &fancy_regex::Captures<'t, str>) -> Captures<'t> {
        let groups = (0..self.shared.group_count)
            .map(|group| {
                groups.get(group).map(|found| Match {
                    text,
                    range: found.range(),
                })
            })
            .collect();
        Captures {
            groups,
            shared: Arc::clone(&self.shared),
        }
    }

    fn gave_up(&self, error: &fancy_regex::Error) -> RegexError {
        RegexError::TooComplex {
            pattern: self.shared.pattern.clone(),
            reason: error.to_string(),
        }
    }
}

impl PartialEq for JavaRegex {
    /// Two patterns are equal when they were written alike, with the same flags.
    fn eq(&self, other: &Self) -> bool {
        (self.as_str(), self.flags()) == (other.as_str(), other.flags())
    }
}

impl Eq for JavaRegex {}
