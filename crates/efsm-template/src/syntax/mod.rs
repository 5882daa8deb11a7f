//! From text to a tree: the syntax of Handlebars as Handlebars.java 4 reads it.

mod blocks;
mod cursor;
mod expression;
mod parser;
mod partials;
mod path;
pub(crate) mod tree;

pub(crate) use parser::{ParseOptions, parse};
pub(crate) use path::{Path, Segment};
