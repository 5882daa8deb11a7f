//! Why there is no data for a schema.

/// What went wrong, and where in the data: `place` is a JSON Pointer to the value that could not be made, empty
/// for the whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The schema contradicts itself, or asks for what no bounded search finds.
    #[error(
        "no value was found that satisfies the schema at {}: {reason}",
        shown(place)
    )]
    Unsatisfiable {
        /// Where.
        place: String,
        /// Which keyword is in the way.
        reason: String,
    },
    /// A reference leads nowhere.
    #[error(
        "the schema at {} refers to `{reference}`, which is not in the document",
        shown(place)
    )]
    DanglingReference {
        /// Where.
        place: String,
        /// The `$ref` as written.
        reference: String,
    },
    /// The schema goes on past the limit of steps.
    #[error("the schema at {} is too complex: over {steps} steps", shown(place))]
    TooComplex {
        /// Where the work stopped.
        place: String,
        /// The limit.
        steps: u64,
    },
    /// Every alternative of a recursive schema goes deeper than the limit.
    #[error("the schema at {} never ends: over {depth} levels deep", shown(place))]
    TooDeep {
        /// Where the work stopped.
        place: String,
        /// The limit.
        depth: usize,
    },
}

impl Error {
    /// Whether another choice could do better.
    pub(crate) fn is_final(&self) -> bool {
        matches!(
            self,
            Self::DanglingReference { .. } | Self::TooComplex { .. }
        )
    }
}

fn shown(place: &str) -> String {
    if place.is_empty() {
        "the root".to_owned()
    } else {
        format!("`{place}`")
    }
}
