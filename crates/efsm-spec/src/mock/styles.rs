//! Parameters as they are written, taken apart into values.

use serde_json::{Map, Value};

use crate::model::{Parameter, Style};
use crate::schema::Root;

/// A parameter that is not written in its style: why.
pub(super) type StyleError = String;

/// What is given under a name: once, or several times.
pub(super) type Given = Vec<String>;

/// All parameters of one place, their names in lower case.
pub(super) struct Values(pub(super) Vec<(String, Given)>);

impl Values {
    pub(super) fn get(&self, name: &str) -> Option<&Given> {
        self.0
            .iter()
            .find(|(own, _)| own == name)
            .map(|(_, values)| values)
    }
}

/// The kinds of value that styles tell apart.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Array,
    Object,
    Other,
}

pub(super) fn shape(root: &Root, schema: Option<&Value>) -> Shape {
    let kind = schema
        .and_then(|schema| root.follow(schema))
        .and_then(|schema| schema.get("type"));
    let kind = match kind {
        Some(Value::Array(kinds)) => kinds.iter().find(|kind| *kind != "null"),
        kind => kind,
    };
    match kind.and_then(Value::as_str) {
        Some("array") => Shape::Array,
        Some("object") => Shape::Object,
        _ => Shape::Other,
    }
}

/// The value of a parameter, whose name is given in lower case; `None` when it is not given.
pub(super) fn value(
    root: &Root,
    parameter: &Parameter,
    name: &str,
    values: &Values,
) -> Result<Option<Value>, StyleError> {
    let schema = parameter.schema.as_ref();
    let value = styled(
        root,
        parameter.style,
        parameter.explode,
        name,
        schema,
        values,
    )?;
    let is_missing = value.is_none() && parameter.is_required;
    if is_missing && parameter.style == Style::DeepObject && asks_for_something(root, schema) {
        // What is missing then is a property, to Prism.
        return Ok(Some(Value::Object(Map::new())));
    }
    Ok(value)
}

fn asks_for_something(root: &Root, schema: Option<&Value>) -> bool {
    schema
        .and_then(|schema| root.follow(schema)?.get("required")?.as_array())
        .is_some_and(|names| !names.is_empty())
}

/// The value under a name that is written in a style.
pub(super) fn styled(
    root: &Root,
    style: Style,
    explode: Option<bool>,
    name: &str,
    schema: Option<&Value>,
    values: &Values,
) -> Result<Option<Value>, StyleError> {
    let shape = shape(root, schema);
    let given = values.get(name);
    let value = match style {
        Style::Simple => Ok(given.map(|given| simple(&given.join(","), shape, explode))),
        Style::Label => given
            .map(|given| label(&given.join(","), shape, explode))
            .transpose(),
        Style::Matrix => given
            .map(|given| matrix(name, &given.join(","), shape, explode))
            .transpose(),
        Style::Form => Ok(form(root, given, schema, shape, explode, values)),
        Style::SpaceDelimited => delimited(given, shape, explode, &["%20", " "]),
        Style::PipeDelimited => delimited(given, shape, explode, &["|"]),
        Style::CommaDelimited => delimited(given, shape, explode, &[","]),
        Style::TabDelimited => delimited(given, shape, explode, &["\t", "%09"]),
        Style::DeepObject => Ok(schema.and_then(|schema| deep(root, name, schema, values, 0))),
    };
    Ok(value?.map(|value| without_missing(root, schema, value)))
}

fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

fn list(text: &str, separator: &str) -> Value {
    if text.is_empty() {
        return Value::Array(Vec::new());
    }
    text.split(separator).map(self::text).collect()
}

/// `a,1,b,2`
fn pairs(written: &str) -> Value {
    let items: Vec<&str> = written.split(',').collect();
    let fields = items.chunks(2).filter_map(|pair| {
        let value = pair.get(1).map_or(Value::Null, |value| text(value));
        Some(((*pair.first()?).to_owned(), value))
    });
    Value::Object(fields.collect())
}

/// Leaves names without a value where nobody knows them, so that they are found to be too many: to Prism they are
/// properties that are not defined.
fn without_missing(root: &Root, schema: Option<&Value>, value: Value) -> Value {
    let Value::Object(mut fields) = value else {
        return value;
    };
    let known = schema
        .and_then(|schema| root.follow(schema))
        .and_then(|schema| schema.get("properties"));
    fields.retain(|name, value| {
        !value.is_null() || known.is_none_or(|known| known.get(name).is_none())
    });
    Value::Object(fields)
}

/// `a=1,b=2`
fn assignments(written: &str, separator: &str) -> Value {
    let fields = written.split(separator).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (name.to_owned(), text(value))
    });
    Value::Object(fields.collect())
}

fn simple(written: &str, shape: Shape, explode: Option<bool>) -> Value {
    match shape {
        Shape::Array => list(written, ","),
        Shape::Object if explode == Some(true) => assignments(written, ","),
        Shape::Object => pairs(written),
        Shape::Other => text(written),
    }
}

fn label(written: &str, shape: Shape, explode: Option<bool>) -> Result<Value, StyleError> {
    let Some(written) = written.strip_prefix('.') else {
        return Err(
            "Label serialization style requires parameter to be prefixed with \".\"".to_owned(),
        );
    };
    let is_exploded = explode == Some(true);
    Ok(match shape {
        Shape::Array => list(written, if is_exploded { "." } else { "," }),
        Shape::Object if is_exploded => {
            let separator = if written.contains(',') { "," } else { "." };
            assignments(written, separator)
        }
        Shape::Object => pairs(written),
        Shape::Other => text(written),
    })
}

fn matrix(
    name: &str,
    written: &str,
    shape: Shape,
    explode: Option<bool>,
) -> Result<Value, StyleError> {
    let Some(written) = written.strip_prefix(';') else {
        return Err(
            "Matrix serialization style requires parameter to be prefixed with \";\"".to_owned(),
        );
    };
    let start = format!("{name}=");
    let own = |part: &str| -> Result<String, StyleError> {
        let head = part.get(..start.len()).unwrap_or("");
        if head.eq_ignore_ascii_case(&start) {
            return Ok(part[start.len()..].to_owned());
        }
        Err("Matrix serialization style requires parameter to be prefixed with name".to_owned())
    };
    let is_exploded = explode == Some(true);
    Ok(match shape {
        Shape::Array if is_exploded && written.is_empty() => Value::Array(Vec::new()),
        Shape::Array if is_exploded => {
            let items: Result<Vec<Value>, StyleError> = written
                .split(';')
                .map(|part| own(part).map(Value::String))
                .collect();
            Value::Array(items?)
        }
        Shape::Array => list(&own(written)?, ","),
        Shape::Object if is_exploded => assignments(written, ";"),
        Shape::Object => pairs(&own(written)?),
        Shape::Other => Value::String(own(written)?),
    })
}

/// `?a=1&a=2`, or `?a=1,2` where `explode` is false.
fn form(
    root: &Root,
    given: Option<&Given>,
    schema: Option<&Value>,
    shape: Shape,
    explode: Option<bool>,
    values: &Values,
) -> Option<Value> {
    let is_exploded = explode.unwrap_or(true);
    if shape == Shape::Object && is_exploded {
        let properties = schema
            .and_then(|schema| root.follow(schema))
            .and_then(|schema| schema.get("properties"))
            .and_then(Value::as_object);
        let fields = properties.into_iter().flat_map(Map::keys);
        let fields = fields.filter_map(|property| {
            let given = values.get(&property.to_lowercase())?;
            Some((property.clone(), repeated(given)))
        });
        return Some(Value::Object(fields.collect()));
    }
    let given = given?;
    // Prism takes a text that is empty for nothing.
    let last = given
        .last()
        .filter(|last| given.len() > 1 || !last.is_empty())?;
    Some(match shape {
        Shape::Array if is_exploded => given.iter().map(|item| text(item)).collect(),
        Shape::Array => list(last, ","),
        Shape::Object => pairs(last),
        Shape::Other => repeated(given),
    })
}

fn repeated(given: &Given) -> Value {
    match given.as_slice() {
        [one] => text(one),
        many => many.iter().map(|one| text(one)).collect(),
    }
}

fn delimited(
    given: Option<&Given>,
    shape: Shape,
    explode: Option<bool>,
    separators: &[&str],
) -> Result<Option<Value>, StyleError> {
    if shape != Shape::Array {
        return Err(
            "Space/pipe/comma.. delimited style is only applicable to array parameter".to_owned(),
        );
    }
    let Some(given) = given else { return Ok(None) };
    if explode == Some(true) {
        return Ok(Some(given.iter().map(|item| text(item)).collect()));
    }
    let Some(last) = given.last().filter(|last| !last.is_empty()) else {
        return Ok(None);
    };
    let separator = separators
        .iter()
        .find(|separator| last.contains(**separator))
        .unwrap_or(&separators[0]);
    Ok(Some(list(last, separator)))
}

/// `a[b]=1&a[c][0]=2`
fn deep(root: &Root, path: &str, schema: &Value, values: &Values, depth: usize) -> Option<Value> {
    if depth > 20 {
        return None;
    }
    let followed = root.follow(schema)?;
    match shape(root, Some(followed)) {
        Shape::Object => {
            let properties = followed.get("properties").and_then(Value::as_object);
            let fields: Map<String, Value> = properties
                .into_iter()
                .flatten()
                .filter_map(|(name, schema)| {
                    let path = format!("{path}[{}]", name.to_lowercase());
                    Some((name.clone(), deep(root, &path, schema, values, depth + 1)?))
                })
                .collect();
            // Prism takes a parameter that is not there for an empty object, and misses what that requires.
            let start = format!("{path}[");
            let is_given =
                !fields.is_empty() || values.0.iter().any(|(name, _)| name.starts_with(&start));
            is_given.then_some(Value::Object(fields))
        }
        Shape::Array => {
            let start = format!("{path}[");
            let mut places: Vec<usize> = values
                .0
                .iter()
                .filter_map(|(name, _)| name.strip_prefix(&start)?.split_once(']')?.0.parse().ok())
                .collect();
            places.sort_unstable();
            places.dedup();
            let empty = Value::Object(Map::new());
            let items = followed.get("items").unwrap_or(&empty);
            Some(
                places
                    .into_iter()
                    .filter_map(|place| {
                        deep(root, &format!("{path}[{place}]"), items, values, depth + 1)
                    })
                    .collect(),
            )
        }
        Shape::Other => values.get(path).map(repeated),
    }
}
