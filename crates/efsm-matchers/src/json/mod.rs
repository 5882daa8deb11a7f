//! JSON as Java's parsers read it, printed as Jackson prints it, and compared as JsonUnit compares it.

pub(crate) mod diff;
mod matching;
pub(crate) mod print;
pub(crate) mod read;
pub(crate) mod schema;

use serde_json::Value;

/// How many nodes a document has, by WireMock's count: one for the root, one for each child, and one more for
/// each child which is itself an object or array.
pub(crate) fn deep_size(value: &Value) -> usize {
    fn children<'a>(nodes: impl Iterator<Item = &'a Value>) -> usize {
        nodes
            .map(|node| match node {
                Value::Object(_) | Value::Array(_) => 1 + deep_size(node),
                _ => 1,
            })
            .sum()
    }
    match value {
        Value::Object(fields) => 1 + children(fields.values()),
        Value::Array(items) => 1 + children(items.iter()),
        _ => 1,
    }
}
