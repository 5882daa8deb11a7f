//! Helpers that change a JSON text: merging, removing, adding, sorting.
//!
//! They read and write numbers digit by digit, so that what they do not touch stays as it was.

use std::cmp::Ordering;
use std::sync::Arc;

use efsm_jsonpath::{JsonPath, ReadError, Selected, Step};

use super::json_path::compiled;
use super::json_text::written;
use crate::render::{Call, Failure, Outcome, printed_error, refuse};
use crate::value::json::{JsonStyle, parse_json};
use crate::{Map, Value};

/// A text, and the JSON that it is, if it is.
type Base = (Arc<str>, Option<Value>);

/// The first argument; `None` when it is no text.
fn base(call: &mut Call<'_, '_>) -> Result<Option<Base>, Failure> {
    let Value::Text(text) = call.context.clone() else {
        return Ok(None);
    };
    call.renderer.reserve(text.len())?;
    let value = parse_json(&text).ok();
    Ok(Some((text, value)))
}

/// The second argument, or the body of a block.
fn addition(call: &mut Call<'_, '_>) -> Result<Option<Arc<str>>, Failure> {
    if call.is_block() {
        return Ok(Some(call.body()?.into()));
    }
    Ok(match call.params.first() {
        Some(Value::Text(text)) => Some(text.clone()),
        _ => None,
    })
}

/// `{{jsonMerge base other removeNulls=true}}`: objects are merged, everything else is replaced.
pub(super) fn json_merge(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    let Some((base_text, base)) = base(call)? else {
        return Ok(printed_error("Base JSON parameter must be a string"));
    };
    let base = match base {
        Some(Value::Map(base)) => base,
        Some(_) => {
            return Ok(printed_error(format!(
                "Base JSON is not a JSON object ('{base_text}')"
            )));
        }
        None => {
            return Ok(printed_error(format!(
                "Base JSON is not valid JSON ('{base_text}')"
            )));
        }
    };
    let Some(other_text) = addition(call)? else {
        return Ok(printed_error("JSON to merge must be a string"));
    };
    call.renderer.reserve(other_text.len())?;
    let other = match parse_json(&other_text) {
        Ok(Value::Map(other)) => other,
        Ok(_) => {
            return Ok(printed_error(format!(
                "JSON to merge is not a JSON object ('{other_text}')"
            )));
        }
        Err(_) => {
            return Ok(printed_error(format!(
                "JSON to merge is not valid JSON ('{other_text}')"
            )));
        }
    };
    let remove_nulls = call.hash_bool("removeNulls")?.unwrap_or(false);
    let merged = Value::from(merge(&base, &other, remove_nulls)?);
    Ok(written(call, &merged, JsonStyle::Compact)?.into())
}

fn merge(base: &Map, other: &Map, remove_nulls: bool) -> Result<Map, Failure> {
    let mut entries: Vec<(Arc<str>, Value)> = Vec::with_capacity(base.len() + other.len());
    for (key, value) in base.iter() {
        let merged = match (value, other.get(key)) {
            (_, Some(Value::Null)) if remove_nulls => continue,
            (Value::Map(inner), Some(Value::Map(over))) => {
                Value::from(merge(inner, over, remove_nulls)?)
            }
            (_, Some(over)) => over.clone(),
            (value, None) => value.clone(),
        };
        entries.push((key.clone(), merged));
    }
    for (key, value) in other.iter() {
        if base.get(key).is_none() && !(remove_nulls && value.is_null()) {
            entries.push((key.clone(), value.clone()));
        }
    }
    Ok(Map::new(entries)?)
}

/// `{{jsonRemove json '$.secret'}}`.
pub(super) fn json_remove(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    let Some((text, value)) = base(call)? else {
        return Ok(printed_error("Input JSON must be a string"));
    };
    if &*text == "null" {
        return Ok(Value::Text(text).into());
    }
    if call.params.len() != 1 {
        return Ok(printed_error(
            "A single JSONPath expression parameter must be supplied",
        ));
    }
    let Value::Text(source) = call.params[0].clone() else {
        return Ok(printed_error("JSONPath parameter must be a string"));
    };
    let Some(value) = value else {
        return Ok(printed_error(format!(
            "Input JSON string is not valid JSON ('{text}')"
        )));
    };
    let Some(path) = compiled(call, &source) else {
        return Ok(printed_error(format!(
            "JSONPath parameter is not a valid JSONPath expression ('{source}')"
        )));
    };
    let document = value.to_json();
    let locations = match located(&path.full, &document) {
        Ok(locations) if locations.is_empty() => return Ok(Value::Text(text).into()),
        Ok(locations) => locations,
        // Written anew although nothing was there to remove.
        Err(ReadError::NotFound { .. }) if path.lacks_leaf_only(&document) => Vec::new(),
        Err(ReadError::NotFound { .. }) => return Ok(Value::Text(text).into()),
        Err(_) => return Ok(cannot_delete(&source)),
    };
    if locations.iter().any(Vec::is_empty) {
        return Ok(cannot_delete(&source));
    }
    let mut refs: Vec<&[Step]> = locations.iter().map(Vec::as_slice).collect();
    refs.sort_unstable_by(|a, b| compare_locations(a, b));
    let removed = without(&value, &refs)?;
    Ok(written(call, &removed, JsonStyle::CompactWithoutNulls)?.into())
}

fn cannot_delete(source: &str) -> Outcome {
    printed_error(format!(
        "Delete operation cannot be applied to JSONPath expression ('{source}')"
    ))
}

/// Where a path leads.
fn located(path: &JsonPath, document: &serde_json::Value) -> Result<Vec<Vec<Step>>, ReadError> {
    let selected = path.select(document)?;
    selected
        .into_iter()
        .map(|Selected { location, .. }| {
            location.ok_or_else(|| ReadError::NotWritable {
                path: path.as_str().to_owned(),
                reason: "a function computes it".to_owned(),
            })
        })
        .collect()
}

fn compare_locations(a: &[Step], b: &[Step]) -> Ordering {
    for (a, b) in a.iter().zip(b) {
        let order = match (a, b) {
            (Step::Name(a), Step::Name(b)) => a.cmp(b),
            (Step::Index(a), Step::Index(b)) => a.cmp(b),
            (Step::Index(_), Step::Name(_)) => Ordering::Less,
            (Step::Name(_), Step::Index(_)) => Ordering::Greater,
        };
        if order.is_ne() {
            return order;
        }
    }
    a.len().cmp(&b.len())
}

/// The value without what lies at the sorted locations.
fn without(value: &Value, locations: &[&[Step]]) -> Result<Value, Failure> {
    if locations.is_empty() {
        return Ok(value.clone());
    }
    // The locations below one child, without the step to it; `None` when the child itself goes.
    let below = |is_child: &dyn Fn(&Step) -> bool| -> Option<Vec<&[Step]>> {
        let mut inner = Vec::new();
        for location in locations {
            match location.split_first() {
                Some((step, rest)) if is_child(step) => {
                    if rest.is_empty() {
                        return None;
                    }
                    inner.push(rest);
                }
                _ => {}
            }
        }
        Some(inner)
    };
    match value {
        Value::Map(map) => {
            let mut entries = Vec::with_capacity(map.len());
            for (key, child) in map.iter() {
                if let Some(inner) = below(&|step| matches!(step, Step::Name(n) if **n == **key)) {
                    entries.push((key.clone(), without(child, &inner)?));
                }
            }
            Ok(Map::new(entries)?.into())
        }
        Value::List(list) => {
            let mut items = Vec::with_capacity(list.items().len());
            for (index, child) in list.items().iter().enumerate() {
                if let Some(inner) = below(&|step| matches!(step, Step::Index(i) if *i == index)) {
                    items.push(without(child, &inner)?);
                }
            }
            Ok(Value::list(items)?)
        }
        other => Ok(other.clone()),
    }
}

/// `{{jsonArrayAdd json item jsonPath='$.items' flatten=true maxItems=10}}`.
pub(super) fn json_array_add(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    let Some((text, value)) = base(call)? else {
        return Ok(printed_error("Base JSON must be a string"));
    };
    let Some(value) = value else {
        return Ok(printed_error(format!(
            "Base JSON is not valid JSON ('{text}')"
        )));
    };
    let source = match call.hash("jsonPath").cloned() {
        None => None,
        Some(Value::Text(source)) => Some(source),
        Some(_) => return Ok(printed_error("jsonPath option must be a string")),
    };
    let location = match &source {
        None => Some(Vec::new()),
        Some(source) => {
            let Some(path) = compiled(call, source) else {
                return Ok(printed_error(format!(
                    "jsonPath option is not valid JSONPath expression ('{source}')"
                )));
            };
            if !path.full.is_definite() {
                // What a path to many places gives is a list of its own: adding to it changes nothing.
                return Ok(written(call, &value, JsonStyle::CompactWithoutNulls)?.into());
            }
            let found = located(&path.full, &value.to_json()).unwrap_or_default();
            found.into_iter().next()
        }
    };
    let list = location
        .as_deref()
        .and_then(|location| at(&value, location)?.as_list());
    let (Some(location), Some(items)) = (&location, list) else {
        let detail = match &source {
            None => format!("'{text}'"),
            Some(source) => format!("root: '{text}', jsonPath: '{source}'"),
        };
        return Ok(printed_error(format!(
            "Target JSON is not a JSON array ({detail})"
        )));
    };
    let mut items = items.to_vec();
    let Some(item_text) = addition(call)? else {
        return Ok(printed_error("Item-to-add JSON must be a string"));
    };
    call.renderer.reserve(item_text.len())?;
    let Ok(item) = parse_json(&item_text) else {
        return Ok(printed_error(format!(
            "Item-to-add JSON is not valid JSON ('{item_text}')"
        )));
    };
    let flatten = match call.hash("flatten") {
        None => false,
        Some(Value::Bool(flatten)) => *flatten,
        Some(_) => return Ok(printed_error("flatten option must be a boolean")),
    };
    match (flatten, item.as_list()) {
        (true, Some(more)) => items.extend_from_slice(more),
        _ => items.push(item),
    }
    match call.hash("maxItems") {
        None => {}
        Some(Value::Int(max)) => match usize::try_from(*max) {
            Ok(max) => {
                items.drain(..items.len().saturating_sub(max));
            }
            Err(_) => {
                return Ok(printed_error("maxItems option integer must be positive"));
            }
        },
        Some(_) => return Ok(printed_error("maxItems option must be an integer")),
    }
    let changed = with(&value, location, Value::list(items)?)?;
    Ok(written(call, &changed, JsonStyle::CompactWithoutNulls)?.into())
}

fn at<'v>(value: &'v Value, location: &[Step]) -> Option<&'v Value> {
    location
        .iter()
        .try_fold(value, |value, step| match (value, step) {
            (Value::Map(map), Step::Name(name)) => map.get(name),
            (Value::List(list), Step::Index(index)) => list.items().get(*index),
            _ => None,
        })
}

/// The value with something else at a location.
fn with(value: &Value, location: &[Step], new: Value) -> Result<Value, Failure> {
    let Some((step, rest)) = location.split_first() else {
        return Ok(new);
    };
    match (value, step) {
        (Value::Map(map), Step::Name(name)) => {
            let mut entries: Vec<_> = map.iter().map(|(k, v)| (k.clone(), v.clone())).collect();
            if let Some((_, child)) = entries.iter_mut().find(|(key, _)| **key == **name) {
                *child = with(child, rest, new)?;
            }
            Ok(Map::new(entries)?.into())
        }
        (Value::List(list), Step::Index(index)) => {
            let mut items = list.items().to_vec();
            if let Some(child) = items.get_mut(*index) {
                *child = with(child, rest, new)?;
            }
            Ok(Value::list(items)?)
        }
        (other, _) => Ok(other.clone()),
    }
}

/// `{{jsonSort json '$.items[*].name' order='desc'}}`: sorts the array whose items the path walks over, by
/// what it leads to in each; WireMock has it from 4.0.
pub(super) fn json_sort(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    let Some((text, value)) = base(call)? else {
        return Ok(printed_error("Input JSON must be a string"));
    };
    let Some(value) = value else {
        return Ok(printed_error(format!(
            "Input JSON string is not valid JSON ('{text}')"
        )));
    };
    if call.params.len() > 1 {
        return Ok(printed_error(
            "A single JSONPath expression parameter must be supplied",
        ));
    }
    let source: Arc<str> = match call.params.first() {
        None => "$[*]".into(),
        Some(Value::Text(source)) => source.clone(),
        Some(_) => return Ok(printed_error("JSONPath parameter must be a string")),
    };
    let descending = match call.hash_text("order")?.as_deref() {
        None | Some("asc") => false,
        Some("desc") => true,
        Some(order) => {
            return Ok(printed_error(format!(
                "order option must be 'asc' or 'desc', but is '{order}'"
            )));
        }
    };
    let Some(path) = compiled(call, &source) else {
        return Ok(printed_error(format!(
            "JSONPath parameter is not a valid JSONPath expression ('{source}')"
        )));
    };
    let not_items = || {
        Ok(printed_error(format!(
            "JSONPath expression does not walk over the items of one array ('{source}')"
        )))
    };
    let Ok(locations) = located(&path.full, &value.to_json()) else {
        return not_items();
    };
    if locations.is_empty() {
        return Ok(written(call, &value, JsonStyle::Compact)?.into());
    }
    let Some((array, keys)) = sort_keys(&value, &locations) else {
        return not_items();
    };
    let Some(items) = at(&value, &array).and_then(Value::as_list) else {
        return not_items();
    };
    let mut order: Vec<usize> = (0..items.len()).collect();
    let mut comparable = true;
    order.sort_by(|a, b| {
        let ordering = match (&keys[*a], &keys[*b]) {
            (Some(a), Some(b)) => a.compare(b).unwrap_or_else(|| {
                comparable = false;
                Ordering::Equal
            }),
            // Items without a key come last.
            (a, b) => return b.is_some().cmp(&a.is_some()),
        };
        if descending {
            ordering.reverse()
        } else {
            ordering
        }
    });
    if !comparable {
        return refuse("the values to sort by are of different kinds");
    }
    let sorted = order
        .into_iter()
        .map(|index| items[index].clone())
        .collect();
    let changed = with(&value, &array, Value::list(sorted)?)?;
    Ok(written(call, &changed, JsonStyle::Compact)?.into())
}

/// The array that all locations share, and for each of its items the value to sort by.
fn sort_keys(value: &Value, locations: &[Vec<Step>]) -> Option<(Vec<Step>, Vec<Option<Value>>)> {
    let first = locations.first()?;
    let split = first.iter().rposition(|s| matches!(s, Step::Index(_)))?;
    let array = first[..split].to_vec();
    let count = at(value, &array)?.as_list()?.len();
    let mut keys = vec![None; count];
    for location in locations {
        let inside = location.strip_prefix(array.as_slice())?;
        let Some(Step::Index(index)) = inside.first() else {
            return None;
        };
        *keys.get_mut(*index)? = Some(at(value, location)?.clone());
    }
    Some((array, keys))
}
