//! Sets of characters, with the algebra of Java's character classes.

use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, HirKind};

/// A set of characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CharSet(ClassUnicode);

impl CharSet {
    pub(super) fn empty() -> Self {
        Self(ClassUnicode::empty())
    }

    pub(super) fn all() -> Self {
        Self::range('\0', char::MAX)
    }

    pub(super) fn one(c: char) -> Self {
        Self::range(c, c)
    }

    pub(super) fn range(from: char, to: char) -> Self {
        Self::ranges(&[(from, to)])
    }

    pub(super) fn ranges(ranges: &[(char, char)]) -> Self {
        Self(ClassUnicode::new(
            ranges
                .iter()
                .map(|(from, to)| ClassUnicodeRange::new(*from, *to)),
        ))
    }

    /// Code points from `from` to `to`, those that are no characters left out.
    pub(super) fn code_points(from: u32, to: u32) -> Self {
        // Only the surrogates, U+D800 to U+DFFF, are no characters.
        let below = (from, to.min(0xD7FF));
        let above = (from.max(0xE000), to);
        let ranges = [below, above]
            .into_iter()
            .filter(|(from, to)| from <= to)
            .filter_map(|(from, to)| {
                Some(ClassUnicodeRange::new(
                    char::from_u32(from)?,
                    char::from_u32(to)?,
                ))
            });
        Self(ClassUnicode::new(ranges))
    }

    /// A class of the `regex` crate's syntax, such as `\p{Greek}`; `None` when it does not know it.
    pub(super) fn of(class: &str) -> Option<Self> {
        match regex_syntax::parse(class).ok()?.into_kind() {
            HirKind::Class(Class::Unicode(class)) => Some(Self(class)),
            HirKind::Literal(literal) => {
                let mut chars = std::str::from_utf8(&literal.0).ok()?.chars();
                chars.next().map(Self::one)
            }
            _ => None,
        }
    }

    #[must_use]
    pub(super) fn union(mut self, other: &Self) -> Self {
        self.0.union(&other.0);
        self
    }

    #[must_use]
    pub(super) fn intersection(mut self, other: &Self) -> Self {
        self.0.intersect(&other.0);
        self
    }

    #[must_use]
    pub(super) fn negated(mut self) -> Self {
        self.0.negate();
        self
    }

    #[must_use]
    pub(super) fn negated_if(self, negative: bool) -> Self {
        if negative { self.negated() } else { self }
    }

    /// With the other case of its ASCII letters.
    #[must_use]
    pub(super) fn fold_ascii(self) -> Self {
        let letters = |from: char, to: char| {
            self.clone()
                .intersection(&Self::range(from, to))
                .0
                .ranges()
                .to_vec()
        };
        let shift = |range: ClassUnicodeRange, flip: fn(&char) -> char| {
            ClassUnicodeRange::new(flip(&range.start()), flip(&range.end()))
        };
        let upper = letters('A', 'Z')
            .into_iter()
            .map(|range| shift(range, char::to_ascii_lowercase));
        let lower = letters('a', 'z')
            .into_iter()
            .map(|range| shift(range, char::to_ascii_uppercase));
        let other = Self(ClassUnicode::new(upper.chain(lower)));
        self.union(&other)
    }

    /// With every character that differs from one of its own in case alone.
    #[must_use]
    pub(super) fn fold_unicode(mut self) -> Self {
        self.0.case_fold_simple();
        self
    }

    /// The character, when there is only one.
    pub(super) fn single(&self) -> Option<char> {
        match self.0.ranges() {
            [range] if range.start() == range.end() => Some(range.start()),
            _ => None,
        }
    }

    pub(super) fn is_all(&self) -> bool {
        *self == Self::all()
    }

    pub(super) fn each_range(&self) -> impl Iterator<Item = (char, char)> + '_ {
        self.0
            .ranges()
            .iter()
            .map(|range| (range.start(), range.end()))
    }
}
