//! How parameters are written.

/// The style of a parameter (OpenAPI 3), or the collection format of Swagger 2 that it stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    #[default]
    Simple,
    Label,
    Matrix,
    Form,
    SpaceDelimited,
    PipeDelimited,
    /// `csv`
    CommaDelimited,
    /// `tsv`
    TabDelimited,
    DeepObject,
}

impl Style {
    /// A style of OpenAPI 3.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "simple" => Self::Simple,
            "label" => Self::Label,
            "matrix" => Self::Matrix,
            "form" => Self::Form,
            "spaceDelimited" => Self::SpaceDelimited,
            "pipeDelimited" => Self::PipeDelimited,
            "deepObject" => Self::DeepObject,
            _ => return None,
        })
    }

    /// A collection format of Swagger 2.
    pub(super) fn of_collection(format: Option<&str>) -> (Self, Option<bool>) {
        match format {
            Some("ssv") => (Self::SpaceDelimited, None),
            Some("tsv") => (Self::TabDelimited, None),
            Some("pipes") => (Self::PipeDelimited, None),
            Some("multi") => (Self::Form, Some(true)),
            _ => (Self::CommaDelimited, None),
        }
    }
}
