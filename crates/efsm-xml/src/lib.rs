//! XML as WireMock's Java sees it: a document without DTDs and external entities, its printing, and XPath 1.0 over it.
//!
//! | module | holds |
//! | --- | --- |
//! | [`dom`] | the document: nodes in one vector |
//! | [`read`] | from text to a document |
//! | [`print`] | from a document to text |
//! | [`xpath`] | expressions and their values |
//!
//! Documents, expressions and the steps of an evaluation are bounded.

pub mod dom;
mod limits;
pub mod print;
pub mod read;
pub mod xpath;

pub use dom::{Document, Kind, NodeId, ROOT};
pub use print::{compact, pretty};
pub use read::{XmlError, read};
pub use xpath::{Value, XPath};
