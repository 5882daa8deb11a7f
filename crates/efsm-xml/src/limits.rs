//! How much work one document or expression may be.

/// Size of an XML document in bytes.
pub(crate) const XML_BYTES: usize = 16 * 1024 * 1024;

/// Levels of nesting of an XML document.
pub(crate) const XML_DEPTH: usize = 400;

/// Elements, attributes, texts, comments and instructions of an XML document.
pub(crate) const XML_NODES: usize = 1_000_000;

/// Attributes of one XML element.
pub(crate) const XML_ATTRIBUTES: usize = 500;

/// Namespace declarations in scope at one XML element.
pub(crate) const XML_PREFIXES: usize = 256;

/// Nodes visited by one XPath evaluation.
pub const XPATH_STEPS: usize = 4_000_000;

/// Characters of an XPath expression.
pub(crate) const XPATH_CHARS: usize = 16 * 1024;

/// Nesting of parentheses and predicates in an XPath expression.
pub(crate) const XPATH_DEPTH: usize = 64;

/// Operators in an XPath expression.
pub(crate) const XPATH_OPERATORS: usize = 256;
