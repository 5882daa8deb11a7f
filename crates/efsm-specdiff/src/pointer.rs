//! Places in a tree.

/// The pointer one step further down.
pub(crate) fn below(pointer: &str, step: &str) -> String {
    format!("{pointer}/{}", step.replace('~', "~0").replace('/', "~1"))
}

/// The pointer several steps further down.
pub(crate) fn down(pointer: &str, steps: &[&str]) -> String {
    steps
        .iter()
        .fold(pointer.to_owned(), |pointer, step| below(&pointer, step))
}
