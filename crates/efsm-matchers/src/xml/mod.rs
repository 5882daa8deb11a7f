//! XMLUnit's comparison of documents, and its placeholders.

pub(crate) mod compare;
pub(crate) mod placeholder;
pub(crate) mod tree;
