//! What can go wrong with stubs and with the calls on them.

use uuid::Uuid;

/// A stub, pattern or other document of the admin API that cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail}{}", .pointer.as_deref().map(|p| format!(" (at {p})")).unwrap_or_default())]
pub struct DocumentError {
    /// Where, as a JSON pointer; `None` when the text is not JSON at all.
    pub pointer: Option<String>,
    /// What is wrong there.
    pub detail: String,
}

impl DocumentError {
    pub fn new(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            pointer: Some(pointer.into()),
            detail: detail.into(),
        }
    }

    /// The same error, of a document that stands at `prefix` in a larger one.
    pub fn below(mut self, prefix: &str) -> Self {
        self.pointer = Some(match self.pointer {
            Some(pointer) if pointer != "/" => format!("{prefix}{pointer}"),
            _ => prefix.to_owned(),
        });
        self
    }
}

/// Why a call on the service was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    #[error(transparent)]
    Spec(#[from] crate::engine::mock::SpecError),
    #[error("the document cannot be taken: {0}")]
    Document(#[from] DocumentError),
    #[error(transparent)]
    Memory(#[from] efsm_core::OutOfMemory),
    #[error("`{method}` is not an HTTP method: use letters such as GET, or ANY")]
    Method { method: String },
    #[error("the path `{path}` must start with a slash")]
    Path { path: String },
    #[error("no stub has the id {id}: GET /__admin/mappings lists them")]
    UnknownStub { id: Uuid },
}
