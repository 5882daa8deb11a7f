//! A type system, resolved: every name that it uses is defined, and the rules of section 3 hold.

mod build;
mod builtin;
mod introspected;
mod model;
mod rules;

use serde_json::Value;

pub use model::{Composite, DirectiveDefinition, Schema, TypeDefinition, TypeKind};

use crate::error::GraphQlError;
use crate::syntax::{SyntaxLimits, parse_document};

/// A schema comes from the user's own file, so its bounds are wide.
const LIMITS: SyntaxLimits = SyntaxLimits {
    tokens: 5_000_000,
    nesting: 100,
};

/// Why a text is no schema: every problem, in order.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the GraphQL schema has {} problem(s):{}", .0.len(), listed(.0))]
pub struct SchemaError(pub Vec<GraphQlError>);

fn listed(problems: &[GraphQlError]) -> String {
    const SHOWN: usize = 10;
    let mut lines: Vec<String> = problems.iter().take(SHOWN).map(line).collect();
    if problems.len() > SHOWN {
        lines.push(format!("\n  and {} more", problems.len() - SHOWN));
    }
    lines.concat()
}

fn line(problem: &GraphQlError) -> String {
    let message = &problem.message;
    match problem.locations.first() {
        Some(at) => format!("\n  line {}, column {}: {message}", at.line, at.column),
        None => format!("\n  {message}"),
    }
}

impl Schema {
    /// Reads SDL, or the result of an introspection query when the text is JSON.
    pub fn parse(text: &str) -> Result<Self, SchemaError> {
        if text
            .trim_start_matches('\u{feff}')
            .trim_start()
            .starts_with('{')
            && !is_sdl(text)
        {
            let json = serde_json::from_str(text).map_err(|e| {
                SchemaError(vec![GraphQlError::new(format!(
                    "the text begins as JSON and is not: {e}"
                ))])
            })?;
            return Self::from_introspection(&json);
        }
        Self::from_sdl(text)
    }

    /// Reads the schema definition language.
    pub fn from_sdl(text: &str) -> Result<Self, SchemaError> {
        let document = parse_document(text, LIMITS).map_err(|e| SchemaError(vec![e]))?;
        let executable = document.operations.first().map(|operation| operation.at);
        let executable = executable.or(document.fragments.first().map(|fragment| fragment.at));
        if let Some(at) = executable {
            return Err(SchemaError(vec![
                GraphQlError::new("a schema holds no operations and no fragments").at(at),
            ]));
        }
        build::build(document.system)
    }

    /// Reads `{"__schema": ..}`, or a whole response `{"data": {"__schema": ..}}`.
    pub fn from_introspection(json: &Value) -> Result<Self, SchemaError> {
        let definitions = introspected::definitions(json)
            .map_err(|message| SchemaError(vec![GraphQlError::new(message)]))?;
        build::build(definitions)
    }
}

/// A JSON object's first token after the brace is a string or the closing brace; a query's is a name.
fn is_sdl(text: &str) -> bool {
    let inside = text.trim_start_matches(['\u{feff}', ' ', '\t', '\n', '\r', '{']);
    !inside.starts_with(['"', '}'])
}

/// Names near to `wanted`, for "Did you mean".
pub(crate) fn near<'n>(wanted: &str, names: impl Iterator<Item = &'n str>) -> Vec<&'n str> {
    // Long names are only compared by the user's mistake, never by an attacker's leisure.
    const LONGEST: usize = 100;
    const SHOWN: usize = 5;
    if wanted.len() > LONGEST {
        return Vec::new();
    }
    let allowed = wanted.len() * 2 / 5 + 1;
    let mut found: Vec<(usize, &str)> = names
        .filter(|name| name.len().abs_diff(wanted.len()) <= allowed)
        .map(|name| (distance(wanted, name), name))
        .filter(|(distance, _)| *distance <= allowed)
        .collect();
    found.sort_unstable();
    found.truncate(SHOWN);
    found.into_iter().map(|(_, name)| name).collect()
}

fn distance(a: &str, b: &str) -> usize {
    let (a, b) = (a.to_ascii_lowercase(), b.to_ascii_lowercase());
    strsim::damerau_levenshtein(&a, &b)
}

/// ` Did you mean "a", "b", or "c"?`, or nothing.
pub(crate) fn did_you_mean(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [one] => format!(" Did you mean {one}?"),
        [one, two] => format!(" Did you mean {one} or {two}?"),
        [first @ .., last] => format!(" Did you mean {}, or {last}?", first.join(", ")),
    }
}
