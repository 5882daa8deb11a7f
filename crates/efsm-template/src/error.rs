//! What can go wrong with a template.

/// A template that cannot be compiled or rendered.
///
/// Positions are those of the template text as it was given: lines from 1, columns from 1 in characters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// The text is not a template.
    #[error("{line}:{column}: {found} was found where {expected} was expected")]
    Syntax {
        line: usize,
        column: usize,
        found: String,
        expected: String,
    },
    /// Something with arguments is neither a helper nor can it be called.
    #[error(
        "{line}:{column}: could not find helper: '{name}'; without arguments it would be a property"
    )]
    UnknownHelper {
        line: usize,
        column: usize,
        name: String,
    },
    /// A helper refused its arguments.
    #[error("{line}:{column}: {helper}: {reason}")]
    Helper {
        line: usize,
        column: usize,
        helper: String,
        reason: String,
    },
    /// A partial is neither defined inline nor known to the environment.
    #[error(
        "{line}:{column}: the partial '{name}' could not be found; define it with `{{{{#*inline \"{name}\"}}}}`"
    )]
    UnknownPartial {
        line: usize,
        column: usize,
        name: String,
    },
    /// The output, or text on the way to it, would be too long.
    #[error(
        "the template produces more than {limit} bytes; raise the limit on rendered templates or repeat less"
    )]
    OutputTooLong { limit: usize },
    /// Rendering would take too many steps.
    #[error(
        "the template takes more than {limit} steps to render; loop less, or raise the limit on steps"
    )]
    TooManySteps { limit: u64 },
    /// Blocks, subexpressions, partials or values nest too deep.
    #[error(
        "the template nests deeper than {limit} levels; a partial that includes itself without an end does that"
    )]
    TooDeep { limit: usize },
}

impl TemplateError {
    /// Where in the template it happened; `None` when a limit ended the rendering.
    pub fn position(&self) -> Option<(usize, usize)> {
        match self {
            Self::Syntax { line, column, .. }
            | Self::UnknownHelper { line, column, .. }
            | Self::Helper { line, column, .. }
            | Self::UnknownPartial { line, column, .. } => Some((*line, *column)),
            Self::OutputTooLong { .. } | Self::TooManySteps { .. } | Self::TooDeep { .. } => None,
        }
    }
}
