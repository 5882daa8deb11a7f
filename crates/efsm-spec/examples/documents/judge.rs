//! The `jsonschema` crate as judge of bodies, with the whole description as the place of references.

use std::cell::RefCell;
use std::collections::HashMap;

use jsonschema::{Draft, Registry, Validator};
use serde_json::{Value, json};

const BASE: &str = "urn:description";

pub(crate) struct Judge {
    registry: Registry<'static>,
    known: RefCell<HashMap<String, Result<std::rc::Rc<Validator>, String>>>,
}

impl Judge {
    pub(crate) fn new(root: &Value) -> Self {
        let mut root = root.clone();
        for_responses(&mut root);
        let registry = Registry::new()
            .draft(Draft::Draft202012)
            .add(BASE, Draft::Draft202012.create_resource(root))
            .and_then(jsonschema::RegistryBuilder::prepare)
            .expect("a registry");
        Self {
            registry,
            known: RefCell::default(),
        }
    }

    /// What is wrong with a body.
    pub(crate) fn errors(&self, schema: &Value, value: &Value) -> Result<(), String> {
        let mut schema = schema.clone();
        for_responses(&mut schema);
        absolute(&mut schema);
        let key = schema.to_string();
        let known = self.known.borrow().get(&key).cloned();
        let validator = known.unwrap_or_else(|| {
            let built = jsonschema::options()
                .offline()
                .with_draft(Draft::Draft202012)
                .with_registry(&self.registry)
                .should_validate_formats(true)
                .should_ignore_unknown_formats(true)
                .build(&schema)
                .map(std::rc::Rc::new)
                .map_err(|error| format!("the schema does not compile: {error}"));
            self.known.borrow_mut().insert(key, built.clone());
            built
        })?;
        match validator.iter_errors(value).next() {
            None => Ok(()),
            Some(error) => {
                let message: String = error.to_string().chars().take(400).collect();
                Err(format!("{}: {message}", error.instance_path()))
            }
        }
    }
}

/// References of a schema that is taken out of its description.
fn absolute(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(absolute),
        Value::Object(fields) => {
            for (key, field) in fields.iter_mut() {
                match field {
                    Value::String(reference) if key == "$ref" && reference.starts_with('#') => {
                        *reference = format!("{BASE}{reference}");
                    }
                    _ => absolute(field),
                }
            }
        }
        _ => {}
    }
}

/// A response need not have `writeOnly` properties, even where they are required; and what is listed twice is once.
fn for_responses(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(for_responses),
        Value::Object(fields) => {
            let write_only: Vec<Value> = fields
                .get("properties")
                .and_then(Value::as_object)
                .into_iter()
                .flatten()
                .filter(|(_, schema)| schema.get("writeOnly") == Some(&json!(true)))
                .map(|(name, _)| Value::from(name.as_str()))
                .collect();
            if let Some(Value::Array(required)) = fields.get_mut("required") {
                required.retain(|name| !write_only.contains(name));
                // The judge misses a name that is listed twice.
                let mut known: Vec<Value> = Vec::new();
                required.retain(|name| {
                    let is_new = !known.contains(name);
                    known.push(name.clone());
                    is_new
                });
            }
            fields.values_mut().for_each(for_responses);
        }
        _ => {}
    }
}
