//! How much work one match may be. Beyond a limit nothing matches, and a sub-event says why.

/// Levels of nesting of a JSON document.
pub(crate) const JSON_DEPTH: usize = 512;

/// Node comparisons of one `equalToJson`.
pub(crate) const JSON_COMPARISONS: usize = 4_000_000;

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

/// Node comparisons of one `equalToXml`.
pub(crate) const XML_COMPARISONS: usize = 4_000_000;

/// Nodes visited by one XPath evaluation.
pub(crate) const XPATH_STEPS: usize = 4_000_000;

/// Characters of an XPath expression.
pub(crate) const XPATH_CHARS: usize = 16 * 1024;

/// Nesting of parentheses and predicates in an XPath expression.
pub(crate) const XPATH_DEPTH: usize = 64;

/// Operators in an XPath expression.
pub(crate) const XPATH_OPERATORS: usize = 256;

/// Nesting of `not`, `and`, `or` and sub-matchers.
pub(crate) const MATCHER_DEPTH: usize = 64;

/// Cells of the edit-distance table; longer texts are compared by their beginnings.
pub(crate) const DISTANCE_CELLS: usize = 4_000_000;

/// Schema violations counted for a distance.
pub(crate) const ERRORS_COUNTED: usize = 10_000;

/// Ends tried for the variables and wildcards of a path template.
pub(crate) const TEMPLATE_STEPS: usize = 1_000_000;
