//! Parameters of one place, and how they are written.

use std::ops::Deref;
use std::sync::OnceLock;

use serde_json::{Map, Value, json};

use super::Parameter;

/// The parameters of one place, or the headers of a response.
#[derive(Clone, Debug, Default)]
pub struct Parameters {
    list: Vec<Parameter>,
    together: OnceLock<Together>,
}

/// What is asked of all parameters at once.
#[derive(Clone, Debug)]
pub(crate) struct Together {
    /// Of an object whose properties are the parameters.
    pub(crate) schema: Value,
    /// Of each parameter, in lower case.
    pub(crate) names: Vec<String>,
}

impl Parameters {
    pub(super) fn push(&mut self, parameter: Parameter) {
        self.together.take();
        self.list.push(parameter);
    }

    /// Worked out when the first request is checked.
    pub(crate) fn together(&self) -> &Together {
        self.together.get_or_init(|| {
            let names: Vec<String> = self
                .list
                .iter()
                .map(|parameter| parameter.name.to_lowercase())
                .collect();
            let own = || self.list.iter().zip(&names);
            let properties: Map<String, Value> = own()
                .filter_map(|(parameter, name)| Some((name.clone(), parameter.schema.clone()?)))
                .collect();
            let required: Vec<&String> = own()
                .filter(|(parameter, _)| parameter.is_required)
                .map(|(_, name)| name)
                .collect();
            Together {
                schema: json!({"type": "object", "properties": properties, "required": required}),
                names,
            }
        })
    }
}

impl Deref for Parameters {
    type Target = [Parameter];

    fn deref(&self) -> &[Parameter] {
        &self.list
    }
}

impl From<Vec<Parameter>> for Parameters {
    fn from(list: Vec<Parameter>) -> Self {
        Self {
            list,
            together: OnceLock::new(),
        }
    }
}

impl Extend<Parameter> for Parameters {
    fn extend<I: IntoIterator<Item = Parameter>>(&mut self, parameters: I) {
        self.together.take();
        self.list.extend(parameters);
    }
}

impl FromIterator<Parameter> for Parameters {
    fn from_iter<I: IntoIterator<Item = Parameter>>(parameters: I) -> Self {
        Vec::from_iter(parameters).into()
    }
}

impl IntoIterator for Parameters {
    type Item = Parameter;
    type IntoIter = std::vec::IntoIter<Parameter>;

    fn into_iter(self) -> Self::IntoIter {
        self.list.into_iter()
    }
}

impl<'a> IntoIterator for &'a Parameters {
    type Item = &'a Parameter;
    type IntoIter = std::slice::Iter<'a, Parameter>;

    fn into_iter(self) -> Self::IntoIter {
        self.list.iter()
    }
}

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
