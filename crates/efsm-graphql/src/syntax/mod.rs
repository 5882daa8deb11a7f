//! The language: text to tokens to a document, after the specification of September 2025, sections 2 and 3.

pub mod ast;
mod lexer;
mod parser;
mod print;
mod system;

pub use parser::{parse_document, parse_value};

/// How much text a parser takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SyntaxLimits {
    pub tokens: usize,
    /// How deep selections, values and types may nest.
    pub nesting: usize,
}
