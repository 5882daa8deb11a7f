//! XML: a document model without DTDs and external entities, its printing, and XMLUnit's comparison.

pub(crate) mod compare;
pub(crate) mod dom;
pub(crate) mod placeholder;
pub(crate) mod print;
pub(crate) mod read;
pub(crate) mod tree;
