//! Which type of value a place gets.

use serde_json::Value;

use super::parts::Parts;
use crate::random::Random;

/// The types of JSON Schema, whole numbers apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Null,
    Boolean,
    Integer,
    Number,
    String,
    Array,
    Object,
}

const ALL: [Type; 7] = [
    Type::Null,
    Type::Boolean,
    Type::Integer,
    Type::Number,
    Type::String,
    Type::Array,
    Type::Object,
];

/// Which type a keyword speaks of. The first that is there decides where no `type` is.
const KEYWORDS: [(&str, Type); 30] = [
    ("properties", Type::Object),
    ("required", Type::Object),
    ("additionalProperties", Type::Object),
    ("patternProperties", Type::Object),
    ("propertyNames", Type::Object),
    ("minProperties", Type::Object),
    ("maxProperties", Type::Object),
    ("dependentRequired", Type::Object),
    ("dependentSchemas", Type::Object),
    ("dependencies", Type::Object),
    ("unevaluatedProperties", Type::Object),
    ("items", Type::Array),
    ("prefixItems", Type::Array),
    ("contains", Type::Array),
    ("minItems", Type::Array),
    ("maxItems", Type::Array),
    ("uniqueItems", Type::Array),
    ("additionalItems", Type::Array),
    ("unevaluatedItems", Type::Array),
    ("pattern", Type::String),
    ("format", Type::String),
    ("minLength", Type::String),
    ("maxLength", Type::String),
    ("contentEncoding", Type::String),
    ("contentMediaType", Type::String),
    ("multipleOf", Type::Number),
    ("minimum", Type::Number),
    ("maximum", Type::Number),
    ("exclusiveMinimum", Type::Number),
    ("exclusiveMaximum", Type::Number),
];

impl Type {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "null" => Self::Null,
            "boolean" => Self::Boolean,
            "integer" => Self::Integer,
            "number" => Self::Number,
            "string" => Self::String,
            "array" => Self::Array,
            "object" => Self::Object,
            _ => return None,
        })
    }

    pub(super) fn holds(self, value: &Value) -> bool {
        match self {
            Self::Null => value.is_null(),
            Self::Boolean => value.is_boolean(),
            Self::Integer | Self::Number => value.is_number(),
            Self::String => value.is_string(),
            Self::Array => value.is_array(),
            Self::Object => value.is_object(),
        }
    }
}

/// The types that the parts allow, the one to try first in front.
pub(super) fn allowed(
    parts: &Parts<'_>,
    ending: bool,
    like: Option<&Value>,
    random: &mut Random,
) -> Vec<Type> {
    let mut types = ALL.to_vec();
    let mut stated = false;
    for part in &parts.all {
        let Some(names) = part.get("type") else {
            continue;
        };
        let names: Vec<&str> = match names {
            Value::String(name) => vec![name],
            Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
            _ => continue,
        };
        stated = true;
        let nullable = part.get("nullable") == Some(&Value::Bool(true));
        let own: Vec<Type> = names
            .into_iter()
            .filter_map(Type::named)
            .chain(nullable.then_some(Type::Null))
            .collect();
        // A whole number is a number.
        let has = |types: &[Type], kind: Type| {
            types.contains(&kind) || (kind == Type::Integer && types.contains(&Type::Number))
        };
        types.retain(|kind| has(&own, *kind));
    }
    if types.contains(&Type::Number) {
        types.retain(|kind| *kind != Type::Integer);
    }
    if let Some(at) = like.and_then(|like| types.iter().position(|kind| kind.holds(like))) {
        types.swap(0, at);
        return types;
    }
    if !stated {
        let guess = KEYWORDS.iter().find(|(keyword, _)| parts.has(keyword));
        return vec![guess.map_or(Type::String, |(_, kind)| *kind)];
    }
    if ending {
        return types;
    }
    let null = types.contains(&Type::Null) && types.len() > 1;
    types.retain(|kind| !null || *kind != Type::Null);
    let mut ordered: Vec<Type> = random
        .order(types.len())
        .into_iter()
        .map(|at| types[at])
        .collect();
    if null {
        let at = if random.chance(10) { 0 } else { ordered.len() };
        ordered.insert(at, Type::Null);
    }
    ordered
}
