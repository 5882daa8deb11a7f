use efsm_javatext::{JavaRegex, number::Decimal};
use serde_json::Value;

/// A path: where it starts, and its steps.
#[derive(Debug, Clone)]
pub(crate) struct Path {
    /// `$`, or `@` for the value that a filter looks at.
    pub(crate) from_root: bool,
    pub(crate) tokens: Vec<Token>,
    /// `$..a.max()`: the function is for everything that the other steps find, taken together.
    pub(crate) collector: Option<Call>,
}

impl Path {
    pub(crate) fn is_definite(&self) -> bool {
        self.collector.is_some() || self.definite_before(self.tokens.len())
    }

    /// Whether the first `count` steps can lead to one value only.
    pub(crate) fn definite_before(&self, count: usize) -> bool {
        self.tokens[..count]
            .iter()
            .enumerate()
            .all(|(at, token)| token.is_definite(at + 1 == self.tokens.len()))
    }
}

#[derive(Debug, Clone)]
#[allow(clippy::large_enum_variant)] // A path has few steps, and is kept for long.
pub(crate) enum Token {
    /// `.a`, `['a']`, `['a','b']`.
    Names(Vec<String>),
    /// `[0]`, `[-1]`, `[0,1]`.
    Indices(Vec<i64>),
    /// `[1:]`, `[:2]`, `[1:2]`.
    Slice { from: Option<i64>, to: Option<i64> },
    /// `.*`, `[*]`.
    Wildcard,
    /// `..`, always followed by another token.
    Scan,
    /// `[?(..)]`.
    Filter(Predicate),
    /// `.length()`.
    Call(Call),
}

impl Token {
    fn is_definite(&self, last: bool) -> bool {
        match self {
            // Several names at the end are merged into one object.
            Self::Names(names) => last || names.len() == 1,
            Self::Indices(indices) => indices.len() == 1,
            Self::Call(_) => true,
            Self::Slice { .. } | Self::Wildcard | Self::Scan | Self::Filter(_) => false,
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) function: Function,
    pub(crate) arguments: Vec<Argument>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Function {
    Length,
    Min,
    Max,
    Avg,
    Stddev,
    Sum,
    Keys,
    Concat,
    Append,
    First,
    Last,
    Index,
}

impl Function {
    pub(crate) const NAMES: [(&'static str, Self); 13] = [
        ("length", Self::Length),
        ("size", Self::Length),
        ("min", Self::Min),
        ("max", Self::Max),
        ("avg", Self::Avg),
        ("stddev", Self::Stddev),
        ("sum", Self::Sum),
        ("keys", Self::Keys),
        ("concat", Self::Concat),
        ("append", Self::Append),
        ("first", Self::First),
        ("last", Self::Last),
        ("index", Self::Index),
    ];

    pub(crate) fn name(self) -> &'static str {
        Self::NAMES
            .iter()
            .find(|(_, function)| *function == self)
            .map_or("", |(name, _)| name)
    }
}

#[derive(Debug, Clone)]
pub(crate) enum Argument {
    Json(Value),
    Path(Path),
}

#[derive(Debug, Clone)]
#[allow(clippy::large_enum_variant)]
pub(crate) enum Predicate {
    All(Vec<Predicate>),
    Any(Vec<Predicate>),
    Not(Box<Predicate>),
    /// `@.a`, `!@.a`.
    Exists {
        path: Path,
        expected: bool,
    },
    Compare {
        left: Operand,
        operator: Operator,
        right: Operand,
    },
}

#[derive(Debug, Clone)]
pub(crate) enum Operand {
    Null,
    Boolean(bool),
    Number(Decimal),
    Text(String),
    Json(Value),
    Regex(JavaRegex),
    Path(Path),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Equal,
    NotEqual,
    SameTypeEqual,
    SameTypeNotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Matches,
    In,
    NotIn,
    Contains,
    All,
    Size,
    Empty,
    Exists,
    Type,
    SubsetOf,
    AnyOf,
    NoneOf,
}

impl Operator {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Some(match text.to_ascii_uppercase().as_str() {
            "==" => Self::Equal,
            "!=" => Self::NotEqual,
            "===" => Self::SameTypeEqual,
            "!==" => Self::SameTypeNotEqual,
            "<" => Self::Less,
            "<=" => Self::LessOrEqual,
            ">" => Self::Greater,
            ">=" => Self::GreaterOrEqual,
            "=~" => Self::Matches,
            "IN" => Self::In,
            "NIN" => Self::NotIn,
            "CONTAINS" => Self::Contains,
            "ALL" => Self::All,
            "SIZE" => Self::Size,
            "EMPTY" => Self::Empty,
            "EXISTS" => Self::Exists,
            "TYPE" => Self::Type,
            "SUBSETOF" => Self::SubsetOf,
            "ANYOF" => Self::AnyOf,
            "NONEOF" => Self::NoneOf,
            _ => return None,
        })
    }
}
