//! Writing to what a path selects.

use serde_json::Value;

use crate::Step;
use crate::ast::{Path, Token};
use crate::error::ReadError;
use crate::evaluate;

pub(crate) fn set(
    source: &str,
    path: &Path,
    root: &mut Value,
    new: &Value,
) -> Result<(), ReadError> {
    for place in inner_places(source, path, root)? {
        let Some((last, parent)) = place
            .split_last()
            .and_then(|(last, way)| Some((last, value_at(root, way)?)))
        else {
            continue;
        };
        match (parent, last) {
            (Value::Object(object), Step::Name(name)) => {
                _ = object.insert(name.clone(), new.clone());
            }
            (Value::Array(items), Step::Index(index)) => {
                if let Some(item) = items.get_mut(*index) {
                    *item = new.clone();
                }
            }
            _ => {}
        }
    }
    Ok(())
}

pub(crate) fn delete(source: &str, path: &Path, root: &mut Value) -> Result<(), ReadError> {
    for place in inner_places(source, path, root)? {
        let Some((last, parent)) = place
            .split_last()
            .and_then(|(last, way)| Some((last, value_at(root, way)?)))
        else {
            continue;
        };
        match (parent, last) {
            (Value::Object(object), Step::Name(name)) => _ = object.shift_remove(name),
            (Value::Array(items), Step::Index(index)) if *index < items.len() => {
                _ = items.remove(*index);
            }
            _ => {}
        }
    }
    Ok(())
}

pub(crate) fn add(
    source: &str,
    path: &Path,
    root: &mut Value,
    new: &Value,
) -> Result<(), ReadError> {
    let refuse = |reason: &str| ReadError::NotWritable {
        path: source.to_owned(),
        reason: reason.to_owned(),
    };
    if matches!(path.tokens.last(), Some(Token::Names(names)) if names.len() > 1) {
        return Err(refuse("nothing can be added to several properties at once"));
    }
    let places = evaluate::places(source, path, root)?;
    for place in &places {
        match value_at(root, place) {
            Some(Value::Array(_) | Value::Null) | None => {}
            Some(_) => return Err(refuse("something that it selects is not an array")),
        }
    }
    // Inner arrays first: what is appended to an outer one is not itself appended to.
    for place in innermost_first(places) {
        if let Some(Value::Array(items)) = value_at(root, &place) {
            items.push(new.clone());
        }
    }
    Ok(())
}

/// The places below the root, such that going through them in order changes none that is still to come.
fn inner_places(source: &str, path: &Path, root: &Value) -> Result<Vec<Vec<Step>>, ReadError> {
    let places = evaluate::places(source, path, root)?;
    if places.iter().any(Vec::is_empty) {
        return Err(ReadError::NotWritable {
            path: source.to_owned(),
            reason: "the root cannot be replaced or removed".to_owned(),
        });
    }
    let mut places = innermost_first(places);
    places.dedup();
    Ok(places)
}

/// Deeper places before those that they lie in, later elements of an array before earlier ones.
fn innermost_first(mut places: Vec<Vec<Step>>) -> Vec<Vec<Step>> {
    places.sort_by(|left, right| {
        let order = |step: &Step| match step {
            Step::Index(index) => (0, *index, String::new()),
            Step::Name(name) => (1, 0, name.clone()),
        };
        let differs = left.iter().zip(right).find(|(left, right)| left != right);
        match differs {
            Some((left, right)) => order(right).cmp(&order(left)),
            None => right.len().cmp(&left.len()),
        }
    });
    places
}

fn value_at<'v>(root: &'v mut Value, way: &[Step]) -> Option<&'v mut Value> {
    let mut value = root;
    for step in way {
        value = match step {
            Step::Name(name) => value.get_mut(name.as_str())?,
            Step::Index(index) => value.get_mut(index)?,
        };
    }
    Some(value)
}
