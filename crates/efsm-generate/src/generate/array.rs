//! Arrays: how many items, and what is in them.

use serde_json::Value;

use super::parts::{Parts, unsatisfiable};
use super::place::Place;
use super::{Attempt, Generator, Manner};
use crate::check::{same, tuple_and_rest};
use crate::error::Error;
use crate::random::Random;

/// How often an item is drawn again that is there already.
const DRAWS: u64 = 40;

impl<'a> Generator<'a> {
    pub(super) fn array(
        &self,
        parts: &Parts<'a>,
        place: &Place<'_>,
        attempt: &Attempt<'_>,
        random: &mut Random,
    ) -> Result<Value, Error> {
        let tuple = parts
            .all
            .iter()
            .map(|part| tuple_and_rest(part).0.len())
            .max()
            .unwrap_or(0);
        let contained = contained(parts);
        // What is contained comes first, or after the tuple when it did not fit there.
        let from = if attempt.manner == Manner::Full {
            0
        } else {
            tuple
        };
        let least = parts.largest("minItems").unwrap_or(0) as usize;
        let needed = least.max(if contained.is_empty() {
            0
        } else {
            from + contained.len()
        });
        let most = parts
            .smallest("maxItems")
            .map_or(usize::MAX, |most| most as usize);
        if needed > most {
            return Err(unsatisfiable(
                &|| place.pointer(),
                "more items are needed than `maxItems` allows",
            ));
        }
        let like = attempt.like.and_then(Value::as_array);
        let lean = matches!(attempt.manner, Manner::Lean | Manner::Refusing);
        let count = match like {
            _ if lean => needed,
            Some(like) => like.len().clamp(needed, most),
            None if attempt.ending => needed,
            None => {
                let low = needed.max(tuple).max(1).min(most);
                let high = if tuple > 0 {
                    low
                } else {
                    low.saturating_add(2).min(most)
                };
                random.between(low as i128, high as i128) as usize
            }
        };
        let unique = parts.is_set("uniqueItems");
        let mut items: Vec<Value> = Vec::new();
        for index in 0..count {
            let mut schemas = at_index(parts, index);
            schemas.extend(index.checked_sub(from).and_then(|at| contained.get(at)));
            let like = like.and_then(|like| like.get(index));
            match self.item(&schemas, &place.item(index), like, unique.then_some(&items)) {
                Ok(Some(item)) => items.push(item),
                Err(error) if error.is_final() || index < needed => return Err(error),
                Ok(None) if index < needed => {
                    let reason = "there are too few different items for `uniqueItems`";
                    return Err(unsatisfiable(&|| place.pointer(), reason));
                }
                Ok(None) | Err(_) => break,
            }
        }
        Ok(Value::Array(items))
    }

    /// An item that is none of the others; `None` when none was found.
    fn item(
        &self,
        schemas: &[&'a Value],
        place: &Place<'_>,
        like: Option<&Value>,
        others: Option<&Vec<Value>>,
    ) -> Result<Option<Value>, Error> {
        let is_new = |value: &Value| {
            !others.is_some_and(|others| others.iter().any(|other| same(other, value)))
        };
        let draws = if others.is_some() { DRAWS } else { 1 };
        for draw in 0..draws {
            let value = self.value(schemas, &place.again(draw), like.filter(|_| draw == 0))?;
            if is_new(&value) {
                return Ok(Some(value));
            }
        }
        // Few values are possible: those that the schema names are looked through.
        let named = |schema: &&'a Value| {
            let reference = schema.get("$ref").and_then(Value::as_str);
            let target = reference
                .and_then(|reference| self.checker.resolve(reference))
                .unwrap_or(schema);
            target.get("enum").and_then(Value::as_array)
        };
        let plain = [Value::Bool(true), Value::Bool(false), Value::Null];
        let found = schemas
            .iter()
            .filter_map(named)
            .flatten()
            .chain(&plain)
            .find(|value| {
                is_new(value)
                    && schemas
                        .iter()
                        .all(|schema| self.checker.is_valid(schema, value))
            });
        Ok(found.cloned())
    }
}

/// The schemas of an item: by place, or those of all others.
fn at_index<'a>(parts: &Parts<'a>, index: usize) -> Vec<&'a Value> {
    let mut schemas = Vec::new();
    for part in &parts.all {
        let (tuple, rest) = tuple_and_rest(part);
        schemas.extend(tuple.get(index).or(rest));
    }
    if schemas.is_empty() {
        schemas.extend(parts.each("unevaluatedItems"));
    }
    schemas
}

/// The schema of each item that must be contained, once for each time.
fn contained<'a>(parts: &Parts<'a>) -> Vec<&'a Value> {
    let mut schemas = Vec::new();
    for part in &parts.all {
        if let Some(schema) = part.get("contains") {
            let least = part.get("minContains").and_then(Value::as_u64).unwrap_or(1);
            schemas.extend(std::iter::repeat_n(schema, least.min(10_000) as usize));
        }
    }
    schemas
}
