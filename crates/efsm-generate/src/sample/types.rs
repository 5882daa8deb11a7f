//! Types and numbers of a sample.

use serde_json::{Number, Value};

use super::View;

/// The `type` of a schema as JavaScript tells it: `undefined` and `null` lead to different guesses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Undefined,
    Null,
    Named(String),
}

impl Kind {
    pub(super) fn name(&self) -> Option<&str> {
        match self {
            Self::Named(name) => Some(name),
            Self::Undefined | Self::Null => None,
        }
    }
}

/// Which type a keyword speaks of, in the order in which they are asked.
const KEYWORDS: [(&str, &str); 20] = [
    ("multipleOf", "number"),
    ("maximum", "number"),
    ("exclusiveMaximum", "number"),
    ("minimum", "number"),
    ("exclusiveMinimum", "number"),
    ("maxLength", "string"),
    ("minLength", "string"),
    ("pattern", "string"),
    ("items", "array"),
    ("maxItems", "array"),
    ("minItems", "array"),
    ("uniqueItems", "array"),
    ("additionalItems", "array"),
    ("maxProperties", "object"),
    ("minProperties", "object"),
    ("required", "object"),
    ("additionalProperties", "object"),
    ("properties", "object"),
    ("patternProperties", "object"),
    ("dependencies", "object"),
];

/// What the schema says: the first of several.
pub(super) fn stated(view: &View<'_>) -> Kind {
    match view.get("type") {
        Some(Value::String(name)) => Kind::Named(name.clone()),
        Some(Value::Array(names)) => names
            .first()
            .and_then(Value::as_str)
            .map_or(Kind::Null, |name| Kind::Named(name.to_owned())),
        Some(_) => Kind::Null,
        None => view.lent_type.clone().unwrap_or(Kind::Undefined),
    }
}

/// What it says, or what its keywords let one guess.
pub(super) fn inferred(view: &View<'_>) -> Kind {
    match stated(view) {
        Kind::Undefined => KEYWORDS
            .iter()
            .find(|(keyword, _)| view.get(keyword).is_some())
            .map_or(Kind::Null, |(_, name)| Kind::Named((*name).to_owned())),
        kind => kind,
    }
}

/// The ends of OpenAPI's number formats, as JavaScript's numbers hold them.
fn least_of_format(view: &View<'_>) -> Option<f64> {
    match view.get("format")?.as_str()? {
        "int32" => Some(-2_147_483_648.0),
        "int64" => Some(-9_007_199_254_740_991.0),
        "float" => Some(-(2_f64.powi(128))),
        "double" => Some(-f64::MAX),
        _ => None,
    }
}

pub(super) fn number(view: &View<'_>, as_written: bool) -> Value {
    let bound = |key: &str| view.get(key).filter(|bound| bound.is_number());
    let float = |key: &str| bound(key).and_then(Value::as_f64);
    let end = least_of_format(view);
    let format = end.filter(|_| !as_written);
    // A document that was rewritten already has the end of the format as its minimum.
    let bound = |key: &str| {
        bound(key).filter(|bound| {
            let is_end = end.is_some_and(|end| {
                bound
                    .as_f64()
                    .is_some_and(|bound| (bound - end).abs() == 0.0)
            });
            !(as_written && key == "minimum" && is_end)
        })
    };
    // Draft 4: `exclusiveMinimum: true` makes the minimum one.
    let minimum_excluded = !as_written && view.flag("exclusiveMinimum");
    let maximum_excluded = !as_written && view.flag("exclusiveMaximum");
    match (bound("minimum"), format) {
        (Some(minimum), format) if !minimum_excluded => {
            return match format {
                Some(least) if minimum.as_f64().is_some_and(|minimum| minimum < least) => {
                    from_float(least)
                }
                _ => minimum.clone(),
            };
        }
        (None, Some(least)) => return from_float(least),
        _ => {}
    }
    let above = float("exclusiveMinimum").or_else(|| float("minimum").filter(|_| minimum_excluded));
    let below = float("exclusiveMaximum").or_else(|| float("maximum").filter(|_| maximum_excluded));
    match (above, below) {
        (Some(above), below) => {
            let next = above + 1.0;
            from_float(match below {
                Some(below) if below.to_bits() == next.to_bits() => {
                    f64::midpoint(next, below - 1.0)
                }
                _ => next,
            })
        }
        (None, Some(below)) => from_float(below - 1.0),
        (None, None) => bound("maximum").cloned().unwrap_or_else(|| Value::from(0)),
    }
}

/// A number as JavaScript writes it: whole ones without a point.
fn from_float(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < 9.1e15 {
        return Value::from(value as i64);
    }
    Number::from_f64(value).map_or(Value::Null, Value::Number)
}
