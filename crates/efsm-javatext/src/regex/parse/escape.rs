//! What a backslash makes of the characters after it.

use super::super::ast::{Assertion, Node};
use super::super::property;
use super::super::set::CharSet;
use super::{Parsed, Parser};

/// What an escape stands for.
pub(super) enum Escaped {
    Char(char),
    /// A code point that no text has: half of a surrogate pair.
    Nothing,
    Set(CharSet),
    Node(Node),
}

impl Parser<'_> {
    /// What follows a backslash.
    pub(super) fn escape(&mut self, in_class: bool) -> Parsed<Escaped> {
        if let Some((c, true)) = self.chars.get(self.at).copied() {
            // The backslash itself was quoted, and has been read as a character of its own.
            self.at += 1;
            return Ok(Escaped::Char(c));
        }
        let flags = self.flags;
        let Some(c) = self.raw() else {
            return self.fail("Unexpected internal error");
        };
        let assertion = |assertion| Ok(Escaped::Node(Node::Assertion(assertion)));
        match c {
            '0' => self.octal(),
            '1'..='9' if !in_class => Ok(Escaped::Node(self.numbered_reference(c))),
            'k' if !in_class => {
                if self.raw_peek() != Some('<') {
                    return self.fail("\\k is not followed by '<' for named capturing group");
                }
                self.at += 1;
                let name = self.group_name()?;
                match self.names.iter().find(|(known, _)| *known == name) {
                    Some((_, group)) => Ok(Escaped::Node(Node::Backreference {
                        group: *group,
                        case_insensitive: flags.case_insensitive,
                    })),
                    None => {
                        self.fail_behind(format!("named capturing group <{name}> does not exist"))
                    }
                }
            }
            'A' if !in_class => assertion(Assertion::Start),
            'z' if !in_class => assertion(Assertion::End),
            'Z' if !in_class => assertion(Assertion::EndOrFinalTerminator {
                unix_lines: flags.unix_lines,
            }),
            'b' if !in_class && self.raw_peek() == Some('{') => {
                self.unsupported("`\\b{g}`", "use `\\X` for a grapheme cluster")
            }
            'b' | 'B' if !in_class => assertion(Assertion::Boundary { negative: c == 'B' }),
            'G' if !in_class => self.unsupported(
                "`\\G`",
                "use `^`, or make the repetition part of the pattern",
            ),
            'R' if !in_class => Ok(Escaped::Node(Node::LineBreak)),
            'X' if !in_class => Ok(Escaped::Node(Node::Grapheme)),
            'd' | 'h' | 's' | 'v' | 'w' => Ok(Escaped::Set(property::predefined(c, flags))),
            'D' | 'H' | 'S' | 'V' | 'W' => Ok(Escaped::Set(
                property::predefined(c.to_ascii_lowercase(), flags).negated(),
            )),
            'p' | 'P' => self.property(c == 'P').map(Escaped::Set),
            'N' => self.unsupported(
                "a character by its name, `\\N{..}`",
                "write the character, or `\\x{..}`",
            ),
            'a' => Ok(Escaped::Char('\x07')),
            'e' => Ok(Escaped::Char('\x1b')),
            'f' => Ok(Escaped::Char('\x0c')),
            'n' => Ok(Escaped::Char('\n')),
            'r' => Ok(Escaped::Char('\r')),
            't' => Ok(Escaped::Char('\t')),
            'c' => match self.raw() {
                Some(c) => {
                    Ok(char::from_u32(u32::from(c) ^ 64).map_or(Escaped::Nothing, Escaped::Char))
                }
                None => self.fail_behind("Illegal control escape sequence"),
            },
            'x' => self.hexadecimal(),
            'u' => self.unicode(),
            c if c.is_ascii_alphabetic() || c.is_ascii_digit() => {
                self.at -= 1;
                self.fail("Illegal/unsupported escape sequence")
            }
            c => Ok(Escaped::Char(c)),
        }
    }

    /// As many digits as name a group that has been opened, at least one.
    fn numbered_reference(&mut self, first: char) -> Node {
        let mut group = first.to_digit(10).unwrap_or(0) as usize;
        while let Some(digit) = self.raw_peek().and_then(|c| c.to_digit(10)) {
            let longer = group * 10 + digit as usize;
            if longer >= self.groups {
                break;
            }
            group = longer;
            self.at += 1;
        }
        Node::Backreference {
            group,
            case_insensitive: self.flags.case_insensitive,
        }
    }

    fn octal(&mut self) -> Parsed<Escaped> {
        let digits: Vec<u32> = self.chars[self.at..]
            .iter()
            .take(3)
            .map_while(|(c, _)| c.to_digit(8))
            .collect();
        let length = match digits[..] {
            [] => return self.fail("Illegal octal escape sequence"),
            [first, _, _] if first <= 3 => 3,
            [_, _, ..] => 2,
            [_] => 1,
        };
        self.at += length;
        let code = digits[..length]
            .iter()
            .fold(0, |code, digit| code * 8 + digit);
        Ok(char::from_u32(code).map_or(Escaped::Nothing, Escaped::Char))
    }

    fn hex_digits(&mut self, count: usize) -> Option<u32> {
        let digits: String = self
            .chars
            .get(self.at..self.at + count)?
            .iter()
            .map(|(c, _)| *c)
            .collect();
        let plain = digits.chars().all(|c| c.is_ascii_hexdigit());
        let value = u32::from_str_radix(&digits, 16).ok().filter(|_| plain)?;
        self.at += count;
        Some(value)
    }

    fn hexadecimal(&mut self) -> Parsed<Escaped> {
        if let Some(value) = self.hex_digits(2) {
            return Ok(char::from_u32(value).map_or(Escaped::Nothing, Escaped::Char));
        }
        if self.raw_peek() == Some('{') {
            let digits: String = self.chars[self.at + 1..]
                .iter()
                .map(|(c, _)| *c)
                .take_while(char::is_ascii_hexdigit)
                .collect();
            let end = self.at + 1 + digits.len();
            let value = u32::from_str_radix(&digits, 16)
                .ok()
                .filter(|value| *value <= 0x0010_FFFF);
            if let (Some(value), Some(('}', _))) = (value, self.chars.get(end)) {
                self.at = end + 1;
                return Ok(char::from_u32(value).map_or(Escaped::Nothing, Escaped::Char));
            }
        }
        self.fail("Illegal hexadecimal escape sequence")
    }

    /// `\uXXXX`; two of them may make one character.
    fn unicode(&mut self) -> Parsed<Escaped> {
        let Some(first) = self.hex_digits(4) else {
            let digits = self.chars[self.at..].iter();
            let read = digits.take_while(|(c, _)| c.is_ascii_hexdigit()).count();
            return self.fail_at(Some(self.at + read), "Illegal Unicode escape sequence");
        };
        if let Some(c) = char::from_u32(first) {
            return Ok(Escaped::Char(c));
        }
        let start = self.at;
        if (0xD800..0xDC00).contains(&first) && self.raw() == Some('\\') && self.raw() == Some('u')
        {
            let second = self
                .hex_digits(4)
                .filter(|second| (0xDC00..0xE000).contains(second));
            if let Some(c) = second.and_then(|second| {
                char::from_u32(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00))
            }) {
                return Ok(Escaped::Char(c));
            }
        }
        self.at = start;
        Ok(Escaped::Nothing)
    }

    fn property(&mut self, negative: bool) -> Parsed<CharSet> {
        let name = match self.raw() {
            Some('{') => {
                let name: String = std::iter::from_fn(|| self.raw())
                    .take_while(|c| *c != '}')
                    .collect();
                if self.chars[self.at - 1].0 != '}' {
                    return self.fail_behind("Unclosed character family");
                }
                if name.is_empty() {
                    return self.fail_behind("Empty character family");
                }
                name
            }
            Some(c) => c.to_string(),
            None => return self.fail("Unclosed character family"),
        };
        if let Some(set) = property::property(&name, self.flags) {
            return Ok(set.negated_if(negative));
        }
        self.fail_behind(format!("Unknown character property name {{{name}}}"))
    }
}
