//! Keywords of objects.

use serde_json::{Map, Value};

use super::scalars::{given, limit};
use super::{Checker, Key, Part, Purpose, Seen};
use crate::schema::words;

impl<'a> Checker<'a> {
    pub(super) fn objects(
        &mut self,
        parts: &[&'a Part],
        value: &mut Value,
        mut seen: Option<&mut Seen>,
    ) {
        let Value::Object(fields) = value else { return };
        let size = fields.len() as u64;
        for most in given(parts, "maxProperties").filter_map(limit) {
            if size > most {
                self.fail("maxProperties", words::too_many(most, "properties"));
            }
        }
        for least in given(parts, "minProperties").filter_map(limit) {
            if size < least {
                self.fail("minProperties", words::too_few(least, "properties"));
            }
        }
        self.required(parts, fields);
        for schema in given(parts, "propertyNames") {
            self.names(schema, fields);
        }
        self.additional(parts, fields, seen.as_deref_mut());
        self.dependencies(parts, value, seen.as_deref_mut());
        let Value::Object(fields) = value else { return };
        self.properties(parts, fields, seen.as_deref_mut());
        self.by_pattern(parts, fields, seen);
    }

    fn required(&mut self, parts: &[&'a Part], fields: &Map<String, Value>) {
        let mut told: Vec<&str> = Vec::new();
        for names in given(parts, "required").filter_map(Value::as_array) {
            for name in names.iter().filter_map(Value::as_str) {
                if fields.contains_key(name) || told.contains(&name) || self.is_hidden(parts, name)
                {
                    continue;
                }
                told.push(name);
                self.fail("required", format!("must have required property '{name}'"));
            }
        }
    }

    /// Whether a property is for the other direction only.
    fn is_hidden(&self, parts: &[&'a Part], name: &str) -> bool {
        let mark = match self.purpose {
            Purpose::Parameters | Purpose::Plain => return false,
            Purpose::Request | Purpose::Form => "readOnly",
            Purpose::Response => "writeOnly",
        };
        schemas_of(parts, name).iter().any(|schema| {
            schema.get(mark) == Some(&Value::Bool(true))
                || self
                    .root
                    .follow(schema)
                    .is_some_and(|schema| schema.get(mark) == Some(&Value::Bool(true)))
        })
    }

    fn names(&mut self, schema: &'a Value, fields: &Map<String, Value>) {
        for name in fields.keys() {
            if !self.all(&[schema], &mut Value::String(name.clone()), None) {
                self.fail("propertyNames", "property name must be valid");
            }
        }
    }

    /// Properties that no part names. Where bodies are put together by `allOf`, a part does not forbid what
    /// another part has.
    fn additional(
        &mut self,
        parts: &[&'a Part],
        fields: &mut Map<String, Value>,
        mut seen: Option<&mut Seen>,
    ) {
        let is_merged = self.merges() && parts.len() > 1;
        let mut told: Vec<String> = Vec::new();
        for part in parts {
            let Some(rule) = part.get("additionalProperties") else {
                continue;
            };
            let known_by: &[&'a Part] = if is_merged { parts } else { &[*part] };
            let unknown: Vec<String> = fields
                .keys()
                .filter(|name| !self.knows(known_by, name))
                .cloned()
                .collect();
            for name in unknown {
                if *rule == Value::Bool(false) {
                    if !told.contains(&name) {
                        self.fail(
                            "additionalProperties",
                            format!("must NOT have additional properties; found '{name}'"),
                        );
                        told.push(name);
                    }
                    continue;
                }
                if let Some(field) = fields.get_mut(&name) {
                    self.child(Key::Other(name.clone()), &[rule], field);
                }
                if let Some(seen) = seen.as_deref_mut() {
                    seen.properties.insert(name);
                }
            }
        }
    }

    fn knows(&self, parts: &[&'a Part], name: &str) -> bool {
        let is_named = !schemas_of(parts, name).is_empty() && !self.is_hidden(parts, name);
        is_named
            || given(parts, "patternProperties")
                .filter_map(Value::as_object)
                .flat_map(Map::keys)
                .any(|pattern| self.root.patterns.matches(pattern, name) == Some(true))
    }

    fn dependencies(&mut self, parts: &[&'a Part], value: &mut Value, mut seen: Option<&mut Seen>) {
        for keyword in ["dependencies", "dependentRequired", "dependentSchemas"] {
            for rules in given(parts, keyword).filter_map(Value::as_object) {
                for (name, rule) in rules {
                    if value.get(name).is_none() {
                        continue;
                    }
                    let Value::Array(needed) = rule else {
                        self.all(&[rule], value, seen.as_deref_mut());
                        continue;
                    };
                    let needed: Vec<&str> = needed.iter().filter_map(Value::as_str).collect();
                    let missing = needed.iter().filter(|other| value.get(**other).is_none());
                    let message = words::dependent(&needed, name);
                    for _ in missing.collect::<Vec<_>>() {
                        self.fail(keyword, message.clone());
                    }
                }
            }
        }
    }

    fn properties(
        &mut self,
        parts: &[&'a Part],
        fields: &mut Map<String, Value>,
        mut seen: Option<&mut Seen>,
    ) {
        let mut done: Vec<&str> = Vec::new();
        for properties in given(parts, "properties").filter_map(Value::as_object) {
            for name in properties.keys() {
                // Parts that name the same property are taken together at the first of them.
                if parts.len() > 1 && done.contains(&name.as_str()) {
                    continue;
                }
                if parts.len() > 1 {
                    done.push(name);
                }
                let Some(field) = fields.get_mut(name) else {
                    continue;
                };
                if let Some(seen) = seen.as_deref_mut() {
                    seen.properties.insert(name.clone());
                }
                if !self.is_hidden(parts, name) {
                    self.child(Key::Described(name), &schemas_of(parts, name), field);
                }
            }
        }
    }

    fn by_pattern(
        &mut self,
        parts: &[&'a Part],
        fields: &mut Map<String, Value>,
        mut seen: Option<&mut Seen>,
    ) {
        for rules in given(parts, "patternProperties").filter_map(Value::as_object) {
            for (pattern, schema) in rules {
                for (name, field) in fields.iter_mut() {
                    if self.root.patterns.matches(pattern, name) == Some(true) {
                        self.child(Key::Other(name.clone()), &[schema], field);
                        if let Some(seen) = seen.as_deref_mut() {
                            seen.properties.insert(name.clone());
                        }
                    }
                }
            }
        }
    }

    /// What no schema has looked at.
    pub(super) fn unevaluated(&mut self, parts: &[&'a Part], value: &mut Value, seen: &mut Seen) {
        if let Value::Object(fields) = value {
            for rule in given(parts, "unevaluatedProperties") {
                for (name, field) in fields.iter_mut() {
                    if !seen.properties.insert(name.clone()) {
                        continue;
                    }
                    if *rule == Value::Bool(false) {
                        self.fail(
                            "unevaluatedProperties",
                            format!("must NOT have unevaluated properties: '{name}'"),
                        );
                    } else {
                        self.child(Key::Other(name.clone()), &[rule], field);
                    }
                }
            }
        }
        if let Value::Array(items) = value {
            for rule in given(parts, "unevaluatedItems") {
                let rest: Vec<usize> = (0..items.len())
                    .filter(|place| !seen.items.contains(place))
                    .collect();
                if *rule == Value::Bool(false) {
                    if let Some(first) = rest.first() {
                        self.fail("unevaluatedItems", words::too_many(*first as u64, "items"));
                    }
                } else {
                    for place in &rest {
                        self.child(Key::Item(*place), &[rule], &mut items[*place]);
                    }
                }
                seen.items.extend(rest);
            }
        }
    }
}

/// The schemas that parts give for a property.
fn schemas_of<'a>(parts: &[&'a Part], name: &str) -> Vec<&'a Value> {
    given(parts, "properties")
        .filter_map(|properties| properties.get(name))
        .collect()
}
