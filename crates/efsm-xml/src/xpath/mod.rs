//! XPath 1.0 over [`crate::dom`], without variables, extension functions and the namespace axis.

mod ast;
mod eval;
mod functions;
mod lex;
mod parse;
mod value;

use std::collections::BTreeMap;
use std::sync::Arc;

use ast::Expr;
pub use value::Value;

use crate::dom::Document;
pub use crate::limits::XPATH_STEPS as MAX_STEPS;

/// A compiled expression.
#[derive(Debug, Clone)]
pub struct XPath {
    root: Arc<Expr>,
}

impl XPath {
    pub fn parse(source: &str) -> Result<Self, String> {
        Ok(Self {
            root: Arc::new(parse::parse(source)?),
        })
    }

    /// The value of the expression at the document's root.
    ///
    /// Without `namespaces` the document is seen as a reader without namespaces sees it, as Java's XPath over such
    /// a document behaves: a name matches the part after the colon of every element and attribute, but a bare
    /// `//name` matches whole names.
    pub fn evaluate(
        &self,
        document: &Document,
        namespaces: Option<&BTreeMap<String, String>>,
    ) -> Result<Value, String> {
        eval::evaluate(&self.root, document, namespaces).0
    }

    /// Like [`Self::evaluate`] without namespaces; and how many steps it took, [`MAX_STEPS`] when it was given up for
    /// taking more.
    pub fn evaluate_counted(&self, document: &Document) -> (Result<Value, String>, usize) {
        eval::evaluate(&self.root, document, None)
    }
}

#[cfg(test)]
mod tests;
