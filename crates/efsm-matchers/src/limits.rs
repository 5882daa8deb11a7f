//! How much work one match may be. Beyond a limit nothing matches, and a sub-event says why.

/// Levels of nesting of a JSON document.
pub(crate) const JSON_DEPTH: usize = 512;

/// Node comparisons of one `equalToJson`.
pub(crate) const JSON_COMPARISONS: usize = 4_000_000;

/// Node comparisons of one `equalToXml`.
pub(crate) const XML_COMPARISONS: usize = 4_000_000;

/// Nesting of `not`, `and`, `or` and sub-matchers.
pub(crate) const MATCHER_DEPTH: usize = 64;

/// Cells of the edit-distance table; longer texts are compared by their beginnings.
pub(crate) const DISTANCE_CELLS: usize = 4_000_000;

/// Schema violations counted for a distance.
pub(crate) const ERRORS_COUNTED: usize = 10_000;

/// Ends tried for the variables and wildcards of a path template.
pub(crate) const TEMPLATE_STEPS: usize = 1_000_000;

/// Schemas that a value may have to be held against, by a JSON Schema's alternatives and references.
pub(crate) const SCHEMA_VISITS: u64 = 1_000_000;

/// Levels of alternatives and references of a JSON Schema for one value.
pub(crate) const SCHEMA_DEPTH: usize = 1_000;
