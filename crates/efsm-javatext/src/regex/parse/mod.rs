//! From the text of a pattern to its [`Node`]s, by the grammar of `java.util.regex.Pattern` in OpenJDK 17.

use super::ast::{Assertion, Kind, Node};
use super::error::RegexError;
use super::flags::Flags;
use super::set::CharSet;

mod class;
mod escape;

use escape::Escaped;

/// Groups and classes within one another; each costs stack.
const MAX_NESTING: usize = 100;

type Parsed<T> = Result<T, RegexError>;

/// A parsed pattern: its meaning and its groups.
pub(super) struct Pattern {
    pub(super) node: Node,
    /// Group 0 included.
    pub(super) group_count: usize,
    pub(super) names: Vec<(String, usize)>,
}

pub(super) fn parse(source: &str, flags: Flags) -> Parsed<Pattern> {
    let mut parser = Parser {
        source,
        chars: if flags.literal {
            source.chars().map(|c| (c, true)).collect()
        } else {
            unquote(source)
        },
        at: 0,
        flags,
        groups: 1,
        names: Vec::new(),
        depth: 0,
    };
    let node = parser.alternation()?;
    match parser.peek() {
        None => Ok(Pattern {
            node,
            group_count: parser.groups,
            names: parser.names,
        }),
        Some(_) => parser.fail_behind("Unmatched closing ')'"),
    }
}

/// The characters, and whether each stood between `\Q` and `\E`.
fn unquote(source: &str) -> Vec<(char, bool)> {
    let mut chars = Vec::new();
    let mut rest = source;
    while let Some(start) = find_quote(rest) {
        chars.extend(rest[..start].chars().map(|c| (c, false)));
        let quoted = &rest[start + 2..];
        let end = quoted.find(r"\E");
        chars.extend(
            quoted[..end.unwrap_or(quoted.len())]
                .chars()
                .map(|c| (c, true)),
        );
        rest = end.map_or("", |end| &quoted[end + 2..]);
    }
    chars.extend(rest.chars().map(|c| (c, false)));
    chars
}

/// Where `\Q` stands, its backslash not being escaped itself.
fn find_quote(text: &str) -> Option<usize> {
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        if c == '\\' && chars.next()?.1 == 'Q' {
            return Some(at);
        }
    }
    None
}

struct Parser<'p> {
    source: &'p str,
    chars: Vec<(char, bool)>,
    at: usize,
    flags: Flags,
    groups: usize,
    names: Vec<(String, usize)>,
    depth: usize,
}

impl Parser<'_> {
    /// Refuses the pattern for its next character.
    fn fail<T>(&self, reason: impl Into<String>) -> Parsed<T> {
        self.fail_at(Some(self.at), reason)
    }

    /// Refuses the pattern for the character that was read last.
    fn fail_behind<T>(&self, reason: impl Into<String>) -> Parsed<T> {
        self.fail_at(self.at.checked_sub(1), reason)
    }

    fn fail_at<T>(&self, position: Option<usize>, reason: impl Into<String>) -> Parsed<T> {
        Err(RegexError::Syntax {
            pattern: self.source.to_owned(),
            position,
            reason: reason.into(),
        })
    }

    fn unsupported<T>(&self, construct: &str, hint: &'static str) -> Parsed<T> {
        let (pattern, construct) = (self.source.to_owned(), construct.to_owned());
        Err(RegexError::Unsupported {
            pattern,
            construct,
            hint,
        })
    }

    /// Passes over what `(?x)` makes a comment.
    fn skip_comments(&mut self) {
        while self.flags.comments {
            match self.chars.get(self.at) {
                Some((c, false)) if c.is_ascii_whitespace() || *c == '\x0b' => self.at += 1,
                Some(('#', false)) => {
                    let unix_lines = self.flags.unix_lines;
                    let ends = |c: char| c == '\n' || (!unix_lines && is_terminator(c));
                    while self.chars.get(self.at).is_some_and(|(c, _)| !ends(*c)) {
                        self.at += 1;
                    }
                }
                _ => return,
            }
        }
    }

    /// The next character if it has its special meaning; a quoted one has none.
    fn peek(&mut self) -> Option<char> {
        self.skip_comments();
        self.chars
            .get(self.at)
            .map(|(c, quoted)| if *quoted { '\u{FFFF}' } else { *c })
    }

    fn take(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    /// The next character as it is, comments or not.
    fn raw(&mut self) -> Option<char> {
        let (c, _) = *self.chars.get(self.at)?;
        self.at += 1;
        Some(c)
    }

    fn raw_peek(&self) -> Option<char> {
        self.chars.get(self.at).map(|(c, _)| *c)
    }

    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= MAX_NESTING {
            return Err(RegexError::TooComplex {
                pattern: self.source.to_owned(),
                reason: format!("more than {MAX_NESTING} groups or classes lie within one another"),
            });
        }
        self.depth += 1;
        let read = read(self);
        self.depth -= 1;
        read
    }

    fn alternation(&mut self) -> Parsed<Node> {
        let mut branches = vec![self.sequence()?];
        while self.take('|') {
            branches.push(self.sequence()?);
        }
        Ok(if branches.len() == 1 {
            branches.remove(0)
        } else {
            Node::Alternation(branches)
        })
    }

    fn sequence(&mut self) -> Parsed<Node> {
        let mut nodes = Vec::new();
        loop {
            let node = match self.peek() {
                None | Some('|' | ')') => break,
                Some('(') => match self.nested(Self::group)? {
                    Some(node) => node,
                    None => continue,
                },
                Some('[') => {
                    self.at += 1;
                    Node::Set(self.nested(Self::class)?)
                }
                Some('.') => {
                    self.at += 1;
                    Node::Set(self.dot())
                }
                Some('^') => {
                    self.at += 1;
                    let unix_lines = self.flags.unix_lines;
                    Node::Assertion(if self.flags.multiline {
                        Assertion::LineStart { unix_lines }
                    } else {
                        Assertion::Start
                    })
                }
                Some('$') => {
                    self.at += 1;
                    let unix_lines = self.flags.unix_lines;
                    Node::Assertion(if self.flags.multiline {
                        Assertion::LineEnd { unix_lines }
                    } else {
                        Assertion::EndOrFinalTerminator { unix_lines }
                    })
                }
                Some(c @ ('*' | '+' | '?')) => {
                    return self.fail(format!("Dangling meta character '{c}'"));
                }
                // Java repeats the emptiness before it, or finds no digit and refuses.
                Some('{') => Node::Empty,
                Some('\\') => {
                    self.at += 1;
                    match self.escape(false)? {
                        Escaped::Char(c) => self.literal(c),
                        Escaped::Nothing => Node::Set(CharSet::empty()),
                        Escaped::Set(set) => Node::Set(set),
                        Escaped::Node(node) => node,
                    }
                }
                Some(_) => match self.raw() {
                    Some(c) => self.literal(c),
                    None => break,
                },
            };
            nodes.push(self.closure(node)?);
        }
        Ok(match nodes.len() {
            0 => Node::Empty,
            1 => nodes.remove(0),
            _ => Node::Concat(nodes),
        })
    }

    fn literal(&self, c: char) -> Node {
        Node::Set(self.cased(CharSet::one(c)))
    }

    /// A set of single characters and ranges under the flags for case.
    fn cased(&self, set: CharSet) -> CharSet {
        if self.flags.folds_unicode() {
            set.fold_unicode()
        } else if self.flags.case_insensitive {
            set.fold_ascii()
        } else {
            set
        }
    }

    fn dot(&self) -> CharSet {
        if self.flags.dotall {
            CharSet::all()
        } else if self.flags.unix_lines {
            CharSet::one('\n').negated()
        } else {
            CharSet::ranges(&[
                ('\n', '\n'),
                ('\r', '\r'),
                ('\u{85}', '\u{85}'),
                ('\u{2028}', '\u{2029}'),
            ])
            .negated()
        }
    }

    /// A quantifier, if one follows.
    fn closure(&mut self, node: Node) -> Parsed<Node> {
        let (least, most) = match self.peek() {
            Some('?') => (0, Some(1)),
            Some('*') => (0, None),
            Some('+') => (1, None),
            Some('{') => {
                self.at += 1;
                if !self.raw_peek().is_some_and(|c| c.is_ascii_digit()) {
                    return self.fail("Illegal repetition");
                }
                let least = self.count()?;
                let most = match self.raw_peek() {
                    Some(',') => {
                        self.at += 1;
                        if self.raw_peek() == Some('}') {
                            None
                        } else {
                            Some(self.count()?)
                        }
                    }
                    _ => Some(least),
                };
                if self.raw_peek() != Some('}') {
                    return self.fail("Unclosed counted closure");
                }
                if most.is_some_and(|most| most < least) {
                    return self.fail("Illegal repetition range");
                }
                (least, most)
            }
            _ => return Ok(node),
        };
        self.at += 1;
        let kind = if self.take('?') {
            Kind::Lazy
        } else if self.take('+') {
            Kind::Possessive
        } else {
            Kind::Greedy
        };
        Ok(Node::Repeat {
            inner: Box::new(node),
            least,
            most,
            kind,
        })
    }

    fn count(&mut self) -> Parsed<u32> {
        let start = self.at;
        let mut count = 0_i32;
        while let Some(digit) = self.raw_peek().and_then(|c| c.to_digit(10)) {
            let longer = count
                .checked_mul(10)
                .and_then(|count| count.checked_add_unsigned(digit));
            match longer {
                Some(longer) => count = longer,
                None => return self.fail("Illegal repetition range"),
            }
            self.at += 1;
        }
        if self.at == start {
            return self.fail("Unclosed counted closure");
        }
        Ok(count.unsigned_abs())
    }

    /// What starts with `(`; `None` for `(?i)`, which is only a change of flags.
    fn group(&mut self) -> Parsed<Option<Node>> {
        self.at += 1;
        let saved = self.flags;
        let node = if self.take('?') {
            match self.raw() {
                Some(':') => self.rest_of_group(|inner| Node::Group { index: None, inner })?,
                Some('=') => self.look(false, false)?,
                Some('!') => self.look(false, true)?,
                Some('>') => self.rest_of_group(Node::Atomic)?,
                Some('<') => match self.raw_peek() {
                    Some('=') => {
                        self.at += 1;
                        self.look(true, false)?
                    }
                    Some('!') => {
                        self.at += 1;
                        self.look(true, true)?
                    }
                    Some(c) if c.is_ascii_alphabetic() => {
                        let name = self.group_name()?;
                        if self.names.iter().any(|(known, _)| *known == name) {
                            return self.fail_behind(format!(
                                "Named capturing group <{name}> is already defined"
                            ));
                        }
                        self.names.push((name, self.groups));
                        self.capturing()?
                    }
                    _ => {
                        return self
                            .fail("capturing group name does not start with a Latin letter");
                    }
                },
                Some('$' | '@') => return self.fail_behind("Unknown group type"),
                None => return self.fail("Unknown inline modifier"),
                Some(_) => {
                    self.at -= 1;
                    self.inline_flags()?;
                    match self.raw_peek() {
                        Some(')') => {
                            self.at += 1;
                            return Ok(None);
                        }
                        Some(':') => {
                            self.at += 1;
                            self.rest_of_group(|inner| Node::Group { index: None, inner })?
                        }
                        _ => return self.fail("Unknown inline modifier"),
                    }
                }
            }
        } else {
            self.capturing()?
        };
        self.flags = saved;
        Ok(Some(node))
    }

    fn capturing(&mut self) -> Parsed<Node> {
        let index = self.groups;
        self.groups += 1;
        self.rest_of_group(|inner| Node::Group {
            index: Some(index),
            inner,
        })
    }

    fn look(&mut self, behind: bool, negative: bool) -> Parsed<Node> {
        self.rest_of_group(|inner| Node::Look {
            behind,
            negative,
            inner,
        })
    }

    fn rest_of_group(&mut self, make: impl FnOnce(Box<Node>) -> Node) -> Parsed<Node> {
        let inner = self.alternation()?;
        if !self.take(')') {
            return self.fail("Unclosed group");
        }
        Ok(make(Box::new(inner)))
    }

    fn group_name(&mut self) -> Parsed<String> {
        let mut name = String::new();
        while let Some(c) = self.raw_peek().filter(char::is_ascii_alphanumeric) {
            name.push(c);
            self.at += 1;
        }
        if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return self.fail("capturing group name does not start with a Latin letter");
        }
        if self.raw_peek() != Some('>') {
            return self.fail("named capturing group is missing trailing '>'");
        }
        self.at += 1;
        Ok(name)
    }

    fn inline_flags(&mut self) -> Parsed<()> {
        let mut on = true;
        while let Some(c) = self.peek() {
            if c == 'c' {
                return self.unsupported(
                    "canonical equivalence `(?c)`",
                    "write the characters in one normal form",
                );
            }
            if c == '-' && on {
                on = false;
            } else if let Some(switch) = self.flags.switch(c) {
                *switch = on;
                if c == 'U' {
                    self.flags.unicode_case = on;
                }
            } else {
                return Ok(());
            }
            self.at += 1;
        }
        Ok(())
    }
}

fn is_terminator(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}
