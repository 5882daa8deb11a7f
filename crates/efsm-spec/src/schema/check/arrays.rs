//! Keywords of arrays.

use serde_json::Value;

use super::scalars::{given, limit};
use super::{Checker, Key, Part, Seen};
use crate::schema::{parts, unique, words};

impl<'a> Checker<'a> {
    pub(super) fn arrays(
        &mut self,
        parts: &[&'a Part],
        value: &mut Value,
        mut seen: Option<&mut Seen>,
    ) {
        let Value::Array(items) = value else { return };
        let length = items.len() as u64;
        for most in given(parts, "maxItems").filter_map(limit) {
            if length > most {
                self.fail("maxItems", words::too_many(most, "items"));
            }
        }
        for least in given(parts, "minItems").filter_map(limit) {
            if length < least {
                self.fail("minItems", words::too_few(least, "items"));
            }
        }
        // One schema for all items may stand in several parts: each item is then checked against all at once.
        let for_all: Vec<&'a Value> = parts
            .iter()
            .filter(|part| !part.contains_key("prefixItems"))
            .filter_map(|part| part.get("items"))
            .filter(|items| !items.is_array())
            .collect();
        if !for_all.is_empty() {
            for (place, item) in items.iter_mut().enumerate() {
                self.child(Key::Item(place), &for_all, item);
            }
            if let Some(seen) = seen.as_deref_mut() {
                seen.items.extend(0..items.len());
            }
        }
        for part in parts {
            self.tuple(part, items, seen.as_deref_mut());
            if let Some(schema) = part.get("contains") {
                self.contains(part, schema, items, seen.as_deref_mut());
            }
        }
        if given(parts, "uniqueItems").any(|unique| unique == &Value::Bool(true)) {
            let types = for_all
                .first()
                .and_then(|schema| self.root.follow(schema)?.as_object())
                .map_or_else(Vec::new, |schema| parts::types(&[schema]));
            let are_scalars = !types.is_empty()
                && types
                    .iter()
                    .all(|kind| !matches!(*kind, "object" | "array"));
            let scalars = if are_scalars { &*types } else { &[] };
            if let Some((one, other)) = unique::duplicates(items, scalars) {
                self.fail(
                    "uniqueItems",
                    format!(
                        "must NOT have duplicate items (items ## {one} and {other} are identical)"
                    ),
                );
            }
        }
    }

    /// Schemas by place, and one for the rest: `prefixItems` with `items`, or `items` with `additionalItems`.
    fn tuple(&mut self, part: &'a Part, items: &mut [Value], seen: Option<&mut Seen>) {
        let (prefix, rest) = match (part.get("prefixItems"), part.get("items")) {
            (Some(Value::Array(prefix)), rest) => (prefix, rest),
            (None, Some(Value::Array(prefix))) => (prefix, part.get("additionalItems")),
            _ => return,
        };
        if rest == Some(&Value::Bool(false)) && items.len() > prefix.len() {
            let keyword = if part.contains_key("prefixItems") {
                "items"
            } else {
                "additionalItems"
            };
            self.fail(keyword, words::too_many(prefix.len() as u64, "items"));
        }
        for (place, item) in items.iter_mut().enumerate() {
            let schema = match (prefix.get(place), rest) {
                (Some(schema), _) => schema,
                (None, Some(schema)) if schema.is_object() => schema,
                _ => break,
            };
            self.child(Key::Item(place), &[schema], item);
        }
        if let Some(seen) = seen {
            let known = if rest.is_some() {
                items.len()
            } else {
                prefix.len().min(items.len())
            };
            seen.items.extend(0..known);
        }
    }

    fn contains(
        &mut self,
        part: &'a Part,
        schema: &'a Value,
        items: &mut [Value],
        mut seen: Option<&mut Seen>,
    ) {
        let least = part.get("minContains").and_then(limit).unwrap_or(1);
        let most = part.get("maxContains").and_then(limit);
        let mut found = 0;
        for (place, item) in items.iter_mut().enumerate() {
            if self.fits(schema, item, None) {
                found += 1;
                if let Some(seen) = seen.as_deref_mut() {
                    seen.items.insert(place);
                }
            }
        }
        if found < least || most.is_some_and(|most| found > most) {
            let message = match most {
                None => format!("must contain at least {least} valid item(s)"),
                Some(most) => {
                    format!("must contain at least {least} and no more than {most} valid item(s)")
                }
            };
            self.fail("contains", message);
        }
    }
}
