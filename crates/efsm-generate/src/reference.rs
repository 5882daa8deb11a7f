//! `$ref` within the document.

use percent_encoding::percent_decode_str;
use serde_json::Value;

/// What a local reference points to: `#`, `#/a/b`, with `~0`, `~1` and percent escapes.
pub(crate) fn resolve<'a>(root: &'a Value, reference: &str) -> Option<&'a Value> {
    let pointer = reference.strip_prefix('#')?;
    if pointer.is_empty() {
        return Some(root);
    }
    if !pointer.contains('%') {
        return root.pointer(pointer);
    }
    // A key may hold a percent sign of its own, as when a document was bundled.
    root.pointer(pointer)
        .or_else(|| root.pointer(&percent_decode_str(pointer).decode_utf8().ok()?))
}

/// The last step of a reference: the name by which people know the schema.
pub(crate) fn name(reference: &str) -> &str {
    reference.rsplit(['/', '#']).next().unwrap_or(reference)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn pointers_are_followed_with_their_escapes() {
        let root = json!({"a/b": {"c d": 1}, "p%20q": 2});
        assert_eq!(resolve(&root, "#/a~1b/c%20d"), Some(&json!(1)));
        assert_eq!(resolve(&root, "#/p%20q"), Some(&json!(2)));
        assert_eq!(resolve(&root, "#"), Some(&root));
        assert_eq!(resolve(&root, "#/none"), None);
        assert_eq!(resolve(&root, "other.json#/a"), None);
        assert_eq!(resolve(&root, "#/%zz"), None);
        assert_eq!(name("#/components/schemas/Pet"), "Pet");
    }
}
