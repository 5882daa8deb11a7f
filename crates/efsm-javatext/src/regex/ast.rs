use super::set::CharSet;

/// What a pattern means, with every flag already applied.
#[derive(Debug, Clone)]
pub(super) enum Node {
    Empty,
    /// One character of a set.
    Set(CharSet),
    /// `\R`.
    LineBreak,
    /// `\X`.
    Grapheme,
    Assertion(Assertion),
    Group {
        index: Option<usize>,
        inner: Box<Node>,
    },
    Atomic(Box<Node>),
    Look {
        behind: bool,
        negative: bool,
        inner: Box<Node>,
    },
    Repeat {
        inner: Box<Node>,
        least: u32,
        most: Option<u32>,
        kind: Kind,
    },
    Backreference {
        group: usize,
        case_insensitive: bool,
    },
    Concat(Vec<Node>),
    Alternation(Vec<Node>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Greedy,
    Lazy,
    Possessive,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Assertion {
    /// `\A`, and `^` without `(?m)`.
    Start,
    /// `\z`.
    End,
    /// `\Z`, and `$` without `(?m)`.
    EndOrFinalTerminator { unix_lines: bool },
    /// `^` with `(?m)`.
    LineStart { unix_lines: bool },
    /// `$` with `(?m)`.
    LineEnd { unix_lines: bool },
    /// `\b`, `\B`.
    Boundary { negative: bool },
}

impl Node {
    /// The most characters that a match can have; `None` without a bound.
    pub(super) fn longest(&self) -> Option<u64> {
        match self {
            Self::Empty | Self::Assertion(_) | Self::Look { .. } => Some(0),
            Self::Set(_) => Some(1),
            Self::LineBreak => Some(2),
            Self::Grapheme | Self::Backreference { .. } => None,
            Self::Group { inner, .. } | Self::Atomic(inner) => inner.longest(),
            Self::Repeat { inner, most, .. } => match (inner.longest()?, most) {
                (0, _) => Some(0),
                (longest, most) => longest.checked_mul(u64::from((*most)?)),
            },
            Self::Concat(nodes) => nodes
                .iter()
                .try_fold(0_u64, |sum, node| sum.checked_add(node.longest()?)),
            Self::Alternation(nodes) => nodes
                .iter()
                .try_fold(0, |most: u64, node| Some(most.max(node.longest()?))),
        }
    }
}
