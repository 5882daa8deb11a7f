//! The replacements of `Matcher.replaceAll`: `$1`, `${name}`, and `\` before a character that is meant.

use super::{Captures, RegexError};

/// One part of a replacement.
enum Part {
    Text(String),
    Group(usize),
}

/// A replacement, read once for all matches.
pub(super) struct Replacement(Vec<Part>);

impl Replacement {
    pub(super) fn parse(
        replacement: &str,
        group_count: usize,
        names: &[(String, usize)],
    ) -> Result<Self, RegexError> {
        let chars: Vec<char> = replacement.chars().collect();
        let refuse = |position: usize, reason: String| {
            Err(RegexError::Replacement {
                replacement: replacement.to_owned(),
                position,
                reason,
            })
        };
        let mut parts = Vec::new();
        let mut text = String::new();
        let mut at = 0;
        while let Some(&c) = chars.get(at) {
            at += 1;
            if c == '\\' {
                match chars.get(at) {
                    Some(escaped) => text.push(*escaped),
                    None => return refuse(at, "a character must follow the backslash".to_owned()),
                }
                at += 1;
            } else if c == '$' {
                let group = if chars.get(at) == Some(&'{') {
                    let name: String = chars[at + 1..]
                        .iter()
                        .take_while(|c| c.is_ascii_alphanumeric())
                        .collect();
                    let end = at + 1 + name.len();
                    if chars.get(end) != Some(&'}') {
                        return refuse(
                            at,
                            "a group name is letters and digits in braces: `${name}`".to_owned(),
                        );
                    }
                    let Some((_, group)) = names.iter().find(|(known, _)| *known == name) else {
                        return refuse(at, format!("no group is named `{name}`"));
                    };
                    at = end + 1;
                    *group
                } else {
                    let digit = |at: usize| {
                        chars
                            .get(at)
                            .and_then(|c| c.to_digit(10))
                            .map(|digit| digit as usize)
                    };
                    let Some(mut group) = digit(at) else {
                        return refuse(
                            at,
                            "a group follows `$`; write `\\$` for the character".to_owned(),
                        );
                    };
                    if group >= group_count {
                        return refuse(at, format!("there is no group {group}"));
                    }
                    at += 1;
                    while let Some(digit) = digit(at) {
                        let longer = group * 10 + digit;
                        if longer >= group_count {
                            break;
                        }
                        group = longer;
                        at += 1;
                    }
                    group
                };
                parts.push(Part::Text(std::mem::take(&mut text)));
                parts.push(Part::Group(group));
            } else {
                text.push(c);
            }
        }
        parts.push(Part::Text(text));
        Ok(Self(parts))
    }

    pub(super) fn append(&self, captures: &Captures, out: &mut String) {
        for part in &self.0 {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Group(group) => {
                    out.push_str(captures.get(*group).map_or("", |group| group.as_str()));
                }
            }
        }
    }
}
