//! JSON as Java's parsers read it, printed as Jackson prints it, and compared as JsonUnit compares it.

pub(crate) mod diff;
mod matching;
pub(crate) mod print;
pub(crate) mod read;
pub(crate) mod schema;
mod visits;

use serde_json::Value;

/// How many nodes a document has, by WireMock's count: one for the root, one for each child, and one more for
/// each child which is itself an object or array.
pub(crate) fn deep_size(value: &Value) -> usize {
    size(value, true)
}

/// The weight of a difference: the size without fields that are `null`.
pub(crate) fn weight(value: &Value) -> usize {
    size(value, false)
}

fn size(value: &Value, null_fields: bool) -> usize {
    let child = |node: &Value| match node {
        Value::Object(_) | Value::Array(_) => 1 + size(node, null_fields),
        _ => 1,
    };
    match value {
        Value::Object(fields) => {
            let counted = fields
                .values()
                .filter(|field| null_fields || !field.is_null());
            1 + counted.map(child).sum::<usize>()
        }
        Value::Array(items) => 1 + items.iter().map(child).sum::<usize>(),
        _ => 1,
    }
}
