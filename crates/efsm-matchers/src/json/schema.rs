//! `matchesJsonSchema`: drafts 4 to 2020-12.

use std::sync::Arc;

use jsonschema::{Draft, Validator};
use serde_json::{Value, json};

use super::visits;
use crate::limits::{ERRORS_COUNTED, SCHEMA_VISITS};

/// A draft of JSON Schema, by WireMock's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum SchemaVersion {
    V4,
    V6,
    V7,
    V201909,
    #[default]
    V202012,
}

impl SchemaVersion {
    const ALL: [Self; 5] = [Self::V4, Self::V6, Self::V7, Self::V201909, Self::V202012];

    /// WireMock's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V4 => "V4",
            Self::V6 => "V6",
            Self::V7 => "V7",
            Self::V201909 => "V201909",
            Self::V202012 => "V202012",
        }
    }

    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|version| version.as_str() == name)
    }

    fn draft(self) -> Draft {
        match self {
            Self::V4 => Draft::Draft4,
            Self::V6 => Draft::Draft6,
            Self::V7 => Draft::Draft7,
            Self::V201909 => Draft::Draft201909,
            Self::V202012 => Draft::Draft202012,
        }
    }
}

/// A compiled schema.
///
/// A document which is no schema is kept as well: WireMock accepts such a stub, which then matches nothing.
#[derive(Debug, Clone)]
pub(crate) struct Schema {
    validator: Result<Arc<Validator>, String>,
    properties: usize,
}

impl Schema {
    pub(crate) fn new(schema: &Value, version: SchemaVersion) -> Self {
        if !visits::are_bounded(schema) {
            return Self {
                validator: Err(format!(
                    "its alternatives and references multiply to more than {SCHEMA_VISITS} schemas for one value"
                )),
                properties: property_count(schema),
            };
        }
        let mut options = jsonschema::options()
            .offline()
            .should_ignore_unknown_formats(true);
        if schema.get("$schema").is_none() {
            options = options.with_draft(version.draft());
        }
        let compiled = match schema {
            Value::Object(_) | Value::Bool(_) => options.build(&with_nullable(schema)),
            // WireMock's validator finds nothing to object to in a schema that is a number or a text.
            _ => options.build(&Value::Bool(true)),
        };
        Self {
            validator: compiled.map(Arc::new).map_err(|error| error.to_string()),
            properties: property_count(schema),
        }
    }

    /// Whether the document is valid; `Err` says why the schema cannot tell.
    ///
    /// `text` is the document as it came. A body which is a bare number or word is valid also when the schema
    /// accepts it as a string.
    pub(crate) fn accepts(&self, document: &Value, text: &str) -> Result<bool, String> {
        let validator = self.validator.as_ref().map_err(Clone::clone)?;
        Ok(validator.is_valid(document)
            || (is_scalar(document) && validator.is_valid(&Value::from(text))))
    }

    /// Violations for each property that the schema names, 1.0 when it names none.
    pub(crate) fn distance(&self, document: &Value) -> f64 {
        match &self.validator {
            Ok(validator) if self.properties > 0 => {
                let violations = validator.iter_errors(document).take(ERRORS_COUNTED).count();
                violations as f64 / self.properties as f64
            }
            _ => 1.0,
        }
    }
}

fn is_scalar(document: &Value) -> bool {
    matches!(document, Value::Null | Value::Bool(_) | Value::Number(_))
}

fn property_count(schema: &Value) -> usize {
    schema
        .get("properties")
        .and_then(Value::as_object)
        .map_or(0, |properties| {
            properties
                .values()
                .map(|property| 1 + property_count(property))
                .sum()
        })
}

/// The schema with OpenAPI's `nullable: true` put in the words of JSON Schema, as WireMock's validator reads it.
fn with_nullable(schema: &Value) -> Value {
    match schema {
        Value::Object(fields) => {
            let mut copy = fields
                .iter()
                .map(|(key, value)| {
                    let literal = matches!(key.as_str(), "enum" | "const" | "default" | "examples");
                    let value = if literal {
                        value.clone()
                    } else {
                        with_nullable(value)
                    };
                    (key.clone(), value)
                })
                .collect::<serde_json::Map<_, _>>();
            if copy.get("nullable") == Some(&Value::Bool(true)) {
                if let Some(Value::String(name)) = copy.get("type") {
                    let types = json!([name, "null"]);
                    copy.insert("type".to_owned(), types);
                }
                if let Some(Value::Array(values)) = copy.get_mut("enum")
                    && !values.contains(&Value::Null)
                {
                    values.push(Value::Null);
                }
            }
            Value::Object(copy)
        }
        Value::Array(items) => Value::Array(items.iter().map(with_nullable).collect()),
        _ => schema.clone(),
    }
}
