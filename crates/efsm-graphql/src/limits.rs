//! What one request may cost. Every bound has an error of its own.

use crate::syntax::SyntaxLimits;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Tokens of a query's text.
    pub tokens: usize,
    /// How deep the text may nest, before anything is known of its meaning.
    pub nesting: usize,
    /// How deep fields may nest once fragments are put in.
    pub depth: usize,
    /// Fields once fragments are put in; a list's fields count once.
    pub fields: usize,
    /// Aliases once fragments are put in.
    pub aliases: usize,
    /// Values that execution may produce, every item of a list with each of its fields.
    pub values: usize,
    /// Bytes of a response's data.
    pub response_bytes: usize,
    /// Errors of one response; what follows is left out.
    pub errors: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            tokens: 50_000,
            nesting: 100,
            depth: 50,
            fields: 20_000,
            aliases: 2_000,
            values: 1_000_000,
            response_bytes: 32 * 1024 * 1024,
            errors: 100,
        }
    }
}

impl Limits {
    pub(crate) fn syntax(&self) -> SyntaxLimits {
        SyntaxLimits {
            tokens: self.tokens,
            nesting: self.nesting,
        }
    }
}
