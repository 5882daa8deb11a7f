//! Character classes: unions, intersections and ranges between `[` and `]`.

use super::super::set::CharSet;
use super::escape::Escaped;
use super::{Parsed, Parser};

impl Parser<'_> {
    /// A class after its `[`.
    pub(super) fn class(&mut self) -> Parsed<CharSet> {
        let negative = self.raw_peek() == Some('^') && self.take('^');
        let set = self.class_items(true)?;
        Ok(set.negated_if(negative))
    }

    /// Items up to the `]`, which is read when this is the whole class and left when it is the right of a `&&`.
    fn class_items(&mut self, whole: bool) -> Parsed<CharSet> {
        let mut set: Option<CharSet> = None;
        let union = |set: Option<CharSet>, more: CharSet| {
            Some(set.map_or(more.clone(), |set| set.union(&more)))
        };
        loop {
            match self.peek() {
                None => return self.fail_behind("Unclosed character class"),
                Some('[') => {
                    self.at += 1;
                    let inner = self.nested(Self::class)?;
                    set = union(set, inner);
                }
                Some('&') if self.chars.get(self.at + 1) == Some(&('&', false)) => {
                    self.at += 2;
                    let right = self.intersected()?;
                    set = match (set, right) {
                        (Some(left), Some(right)) => Some(left.intersection(&right)),
                        (None, None) => return self.fail_behind("Bad class syntax"),
                        (left, right) => left.or(right),
                    };
                }
                Some(']') => match set {
                    Some(set) => {
                        self.at += usize::from(whole);
                        return Ok(set);
                    }
                    // The first one is a character.
                    None => set = union(set, self.class_item()?),
                },
                Some(_) => set = union(set, self.class_item()?),
            }
        }
    }

    /// The right side of a `&&`, up to the next `&` or `]`.
    fn intersected(&mut self) -> Parsed<Option<CharSet>> {
        let mut right: Option<CharSet> = None;
        loop {
            let more = match self.peek() {
                None => return self.fail_behind("Unclosed character class"),
                Some(']' | '&') => return Ok(right),
                Some('[') => {
                    self.at += 1;
                    self.nested(Self::class)?
                }
                Some(_) => self.nested(|parser| parser.class_items(false))?,
            };
            right = Some(right.map_or(more.clone(), |right| right.union(&more)));
        }
    }

    /// One character, range, escape or property of a class.
    fn class_item(&mut self) -> Parsed<CharSet> {
        let from = match self.class_char(false)? {
            Escaped::Char(c) => c,
            Escaped::Set(set) => return Ok(set),
            Escaped::Nothing | Escaped::Node(_) => return Ok(CharSet::empty()),
        };
        if self.peek() == Some('-') {
            let after = self.chars.get(self.at + 1).copied();
            if !matches!(after, None | Some(('[' | ']', false))) {
                self.at += 1;
                self.skip_comments();
                let Escaped::Char(to) = self.class_char(true)? else {
                    return self.fail_behind("Illegal character range");
                };
                if to < from {
                    return self.fail_behind("Illegal character range");
                }
                return Ok(self.cased(CharSet::range(from, to)));
            }
        }
        Ok(self.cased(CharSet::one(from)))
    }

    fn class_char(&mut self, ends_range: bool) -> Parsed<Escaped> {
        if self.peek() != Some('\\') {
            return match self.raw() {
                Some(c) => Ok(Escaped::Char(c)),
                None => self.fail_behind("Unclosed character class"),
            };
        }
        self.at += 1;
        // `\v` is one character where a range needs one.
        let starts_range = self.chars.get(self.at + 1).is_some_and(|(c, _)| *c == '-');
        if self.raw_peek() == Some('v') && (ends_range || starts_range) {
            self.at += 1;
            return Ok(Escaped::Char('\x0b'));
        }
        self.escape(true)
    }
}
