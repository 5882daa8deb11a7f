//! The compiled form of a template.

use std::sync::{Arc, OnceLock};

use efsm_javatext::JavaRegex;

use super::Path;
use crate::Value;
use crate::helpers::{CompiledPath, Helper};

/// A piece of a template.
#[derive(Debug)]
pub(crate) enum Node {
    Text(String),
    Mustache(Mustache),
    Block(Box<Block>),
    Partial(Box<Partial>),
    /// `{{#*inline "name"}}`: defines a partial for the rest of the enclosing body.
    Inline(Box<Inline>),
}

/// `{{x}}`, `{{{x}}}` or `{{&x}}`.
#[derive(Debug)]
pub(crate) struct Mustache {
    pub(crate) expression: Expression,
    pub(crate) escaped: bool,
}

/// A name with arguments.
#[derive(Debug)]
pub(crate) struct Expression {
    pub(crate) name: Arc<str>,
    pub(crate) path: Path,
    /// Resolved when compiled; without one the name is a property.
    pub(crate) helper: Option<Helper>,
    pub(crate) params: Vec<Param>,
    pub(crate) hash: Vec<(Arc<str>, Param)>,
    pub(crate) at: Position,
    /// What the helper compiled out of its arguments the last time.
    pub(crate) prepared: OnceLock<Prepared>,
}

/// A compiled argument.
#[derive(Debug)]
pub(crate) enum Prepared {
    Regex(Arc<JavaRegex>),
    JsonPath(Arc<CompiledPath>),
}

/// An argument.
#[derive(Debug)]
pub(crate) enum Param {
    Literal(Value),
    Path(Path),
    Call(Box<Expression>),
}

/// `{{#x}} … {{else y}} … {{else}} … {{/x}}`, `{{^x}} … {{/x}}` and `{{{{x}}}} … {{{{/x}}}}`.
#[derive(Debug)]
pub(crate) struct Block {
    /// The block itself, then its `{{else x}}` branches: the inverse of one is the next. Kept flat, so
    /// that a long chain is no deep tree.
    pub(crate) branches: Vec<Branch>,
    pub(crate) inverse: Body,
}

#[derive(Debug)]
pub(crate) struct Branch {
    pub(crate) expression: Expression,
    pub(crate) inverted: bool,
    /// `as |a b|`.
    pub(crate) names: Vec<Arc<str>>,
    pub(crate) body: Arc<Body>,
}

/// What stands between two tags.
#[derive(Debug, Default)]
pub(crate) struct Body {
    pub(crate) nodes: Vec<Node>,
}

/// `{{> name context key=value}}`, with a body for `{{#> name}} … {{/name}}`.
#[derive(Debug)]
pub(crate) struct Partial {
    pub(crate) name: PartialName,
    pub(crate) context: Option<Path>,
    pub(crate) hash: Vec<(Arc<str>, Param)>,
    pub(crate) body: Option<Arc<Body>>,
    pub(crate) at: Position,
}

#[derive(Debug)]
pub(crate) enum PartialName {
    Fixed(Arc<str>),
    Computed(Expression),
}

#[derive(Debug)]
pub(crate) struct Inline {
    pub(crate) name: Param,
    pub(crate) body: Arc<Body>,
}

/// A place in the template text: line and column from 1, the column in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) line: usize,
    pub(crate) column: usize,
}
