//! Parameters and headers checked: every one by its schema, and what is required is there.

use serde_json::{Map, Value};

use super::styles::{self, Values};
use super::violation::{Severity, Side, Violation};
use crate::model::{Parameter, Parameters};
use crate::schema::{Checker, Purpose, Root};

/// Where parameters stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum At {
    Path,
    Query,
    Header,
    Cookie,
}

impl At {
    fn as_str(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Query => "query",
            Self::Header => "header",
            Self::Cookie => "cookie",
        }
    }

    fn capitalised(self) -> &'static str {
        match self {
            Self::Path => "Path",
            Self::Query => "Query",
            Self::Header => "Header",
            Self::Cookie => "Cookie",
        }
    }
}

/// What is wrong with the parameters of one place; an error when one is not written in its style.
pub(super) fn check(
    root: &Root,
    side: Side,
    at: At,
    parameters: &Parameters,
    given: impl FnOnce() -> Vec<(String, Vec<String>)>,
) -> Result<Vec<Violation>, styles::StyleError> {
    if parameters.is_empty() {
        return Ok(Vec::new());
    }
    let given = given();
    let is_given = |parameter: &Parameter| {
        // A header whose name is written with capitals is none to Prism here.
        given.iter().any(|(name, values)| {
            *name == parameter.name && values.iter().any(|value| !value.is_empty())
        })
    };
    let deprecated: Vec<Violation> = parameters
        .iter()
        .filter(|parameter| parameter.is_deprecated && is_given(parameter))
        .map(|parameter| {
            let message = format!(
                "{} param {} is deprecated",
                at.capitalised(),
                parameter.name
            );
            Violation::new(side, Severity::Warning, message)
                .at(&[at.as_str(), &parameter.name])
                .keyword("deprecated")
        })
        .collect();
    let values = Values(
        given
            .into_iter()
            .map(|(name, values)| (name.to_lowercase(), values))
            .collect(),
    );
    let mut fields = Map::new();
    let together = parameters.together();
    for (parameter, name) in parameters.iter().zip(&together.names) {
        if let Some(value) = styles::value(root, parameter, name, &values)? {
            // Prism takes an empty text for nothing.
            if value != Value::String(String::new()) {
                fields.insert(name.clone(), value);
            }
        }
    }
    let checker = Checker::new(root, Purpose::Parameters);
    let failures = checker.check(&together.schema, &mut Value::Object(fields));
    let mut violations: Vec<Violation> = failures
        .into_iter()
        .map(|failure| Violation::of_failure(side, at.as_str(), failure))
        .collect();
    violations.extend(deprecated);
    Ok(violations)
}
