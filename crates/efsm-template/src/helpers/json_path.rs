//! `jsonPath`.

use std::borrow::Cow;
use std::sync::Arc;

use efsm_jsonpath::{JsonPath, ReadError, Selected, Step};

use crate::render::{Call, Failure, Outcome, kind, printed_error, refuse};
use crate::value::json::parse_lenient_json;
use crate::{List, ListStyle, Value};

/// `{{jsonPath request.body '$.name' default='x'}}`.
///
/// The input is JSON text, or a value such as `parseJson` gives.
pub(super) fn json_path(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    if call.context.is_null() {
        return Ok("".into());
    }
    if matches!(&call.context, Value::Text(text) if text.is_empty()) {
        let default = call.hash("default").filter(|_| call.param(0).is_some());
        return Ok(Outcome::Value(
            default.cloned().unwrap_or_else(|| "".into()),
        ));
    }
    let source = match call.param(0) {
        None => return Ok(printed_error("The JSONPath cannot be empty")),
        Some(Value::Text(path)) => path.clone(),
        Some(other) => {
            return refuse(format!(
                "the JSONPath must be a text, but is {}",
                kind(other)
            ));
        }
    };
    if source.is_empty() {
        return refuse("json can not be null or empty");
    }
    let default = call.hash("default").cloned();
    let instead = move || Outcome::Value(default.unwrap_or_else(|| Value::from("")));
    let input = call.context.clone();
    let document = match &input {
        Value::Text(text) => match document(call, text)? {
            Some(document) => document,
            None => return Ok(printed_error(format!("{text} is not valid JSON"))),
        },
        value => {
            let document = value.to_json();
            if let Value::Object(_) = value {
                call.renderer.charge(size(&document))?;
            }
            Arc::new(document)
        }
    };
    let Some(path) = compiled(call, &source) else {
        return Ok(printed_error(format!(
            "{source} is not a valid JSONPath expression"
        )));
    };
    let value = if path.full.is_definite() {
        match path.full.select(&document).as_deref() {
            Ok([selected, ..]) => converted(&input, selected)?,
            Ok([]) | Err(_) => return Ok(instead()),
        }
    } else {
        let Ok(selected) = path.select(&document) else {
            return Ok(instead());
        };
        let items = selected
            .iter()
            .map(|selected| match selected {
                Some(selected) => converted(&input, selected),
                None => Ok(Value::Null),
            })
            .collect::<Result<_, _>>()?;
        Value::List(Arc::new(List::new(items, ListStyle::Json)?))
    };
    Ok(match value {
        Value::Null => instead(),
        Value::Map(map) => Value::from(map.as_ref().clone().printing_json()).into(),
        other => Outcome::Value(other),
    })
}

/// About how many bytes a tree takes.
fn size(json: &serde_json::Value) -> usize {
    let inner = match json {
        serde_json::Value::String(text) => text.len(),
        serde_json::Value::Array(items) => items.iter().map(size).sum(),
        serde_json::Value::Object(entries) => entries
            .iter()
            .map(|(key, value)| key.len() + size(value))
            .sum(),
        _ => 0,
    };
    inner + size_of::<serde_json::Value>()
}

/// The tree of a text, kept for the next path into the same text; `None` when it is not JSON.
fn document(
    call: &mut Call<'_, '_>,
    text: &Arc<str>,
) -> Result<Option<Arc<serde_json::Value>>, Failure> {
    let known = call
        .renderer
        .documents
        .iter()
        .find(|(known, _)| Arc::ptr_eq(known, text));
    if let Some((_, document)) = known {
        return Ok(Some(document.clone()));
    }
    call.renderer.reserve(text.len())?;
    let parsed = match serde_json::from_str(text) {
        Ok(parsed) => parsed,
        Err(_) => match parse_lenient_json(text) {
            Ok(value) => value.to_json(),
            Err(_) => return Ok(None),
        },
    };
    let document = Arc::new(parsed);
    call.renderer
        .documents
        .push((text.clone(), document.clone()));
    Ok(Some(document))
}

/// A selected value: out of the input where it is there, so that decimals keep their digits.
fn converted(input: &Value, selected: &Selected<'_>) -> Result<Value, Failure> {
    if let (false, Some(location)) = (matches!(input, Value::Text(_)), &selected.location)
        && let Some(value) = at(input, location)
    {
        return Ok(value);
    }
    Ok(Value::from_json(&selected.value, true)?)
}

fn at(value: &Value, location: &[Step]) -> Option<Value> {
    let mut value = value.clone();
    for step in location {
        value = match step {
            Step::Name(name) => value.property(name)?,
            Step::Index(index) => value.index(i64::try_from(*index).ok()?, "")?,
        };
    }
    Some(value)
}

/// A compiled path, and where the objects are whose property it ends with.
///
/// Where a path can lead to many places, WireMock gives null for the objects that lack the property.
#[derive(Debug)]
pub(crate) struct CompiledPath {
    pub(super) full: JsonPath,
    leaf: Option<Leaf>,
}

/// The last part of a path when it is the name of a property.
#[derive(Debug)]
struct Leaf {
    objects: JsonPath,
    name: String,
    /// `..name`: the objects and all objects inside them.
    deep: bool,
}

impl CompiledPath {
    pub(crate) fn parse(source: &str) -> Option<Self> {
        let full = JsonPath::parse(source).ok()?;
        Some(Self {
            full,
            leaf: Leaf::of(source),
        })
    }

    pub(crate) fn source(&self) -> &str {
        self.full.as_str()
    }

    /// What the path leads to; `None` for an object without the property that it ends with.
    fn select<'d>(
        &self,
        document: &'d serde_json::Value,
    ) -> Result<Vec<Option<Selected<'d>>>, ReadError> {
        let Some(leaf) = self.leaf.as_ref().filter(|_| !self.full.is_definite()) else {
            let selected = self.full.select(document)?;
            return Ok(selected.into_iter().map(Some).collect());
        };
        let mut found = Vec::new();
        for object in leaf.objects.select(document)? {
            if let (Some(location), Cow::Borrowed(value)) = (object.location, object.value) {
                leaf.collect(value, &location, &mut found);
            }
        }
        Ok(found)
    }
}

impl CompiledPath {
    /// Whether the path leads up to an object, which merely lacks the property that it ends with.
    pub(super) fn lacks_leaf_only(&self, document: &serde_json::Value) -> bool {
        let Some(leaf) = self.leaf.as_ref().filter(|leaf| !leaf.deep) else {
            return false;
        };
        let objects = leaf.objects.select(document).unwrap_or_default();
        objects.iter().any(|object| object.value.is_object())
    }
}

impl Leaf {
    fn of(source: &str) -> Option<Self> {
        let source = source.trim();
        let (objects, name) = match source.strip_suffix("']") {
            Some(rest) => rest.rsplit_once("['")?,
            // A path may begin with a name, as if `$.` stood before it.
            None => source.rsplit_once('.').unwrap_or(("$", source)),
        };
        if name.is_empty()
            || name.contains(['[', ']', '(', ')', '*', '?', '@', '$', ',', '\'', '"'])
        {
            return None;
        }
        let shallow = objects.strip_suffix('.');
        Some(Self {
            objects: JsonPath::parse(shallow.unwrap_or(objects)).ok()?,
            name: name.to_owned(),
            deep: shallow.is_some(),
        })
    }

    fn collect<'d>(
        &self,
        value: &'d serde_json::Value,
        location: &[Step],
        found: &mut Vec<Option<Selected<'d>>>,
    ) {
        let inside = |step: Step| location.iter().cloned().chain([step]).collect::<Vec<_>>();
        if let serde_json::Value::Object(object) = value {
            found.push(object.get(&self.name).map(|value| Selected {
                location: Some(inside(Step::Name(self.name.clone()))),
                value: Cow::Borrowed(value),
            }));
        }
        if !self.deep {
            return;
        }
        match value {
            serde_json::Value::Object(object) => {
                for (name, value) in object {
                    if value.is_object() || value.is_array() {
                        self.collect(value, &inside(Step::Name(name.clone())), found);
                    }
                }
            }
            serde_json::Value::Array(items) => {
                for (index, value) in items.iter().enumerate() {
                    if value.is_object() || value.is_array() {
                        self.collect(value, &inside(Step::Index(index)), found);
                    }
                }
            }
            _ => {}
        }
    }
}

/// Compiles a path; `None` when it is none.
pub(super) fn compiled(call: &mut Call<'_, '_>, source: &str) -> Option<Arc<CompiledPath>> {
    if source.is_empty() {
        return None;
    }
    call.json_path(source)
}
