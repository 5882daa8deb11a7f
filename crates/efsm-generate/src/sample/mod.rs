//! The static sample of a schema: the same value every time, by the rules of Prism's sampler.
//!
//! The rules were read off `@stoplight/json-schema-sampler` 0.3 as `prism mock` 5.15 uses it, quirks included:
//! whoever asserts on what Prism answers finds the same here. Prism rewrites OpenAPI schemas before it samples
//! them (`example` becomes the first of `examples`, `int64` a minimum), except in the second turn of a recursion,
//! where it meets the schema as it was written.

mod merge;
mod string;
mod types;

use std::rc::Rc;

use serde_json::{Map, Value};

use crate::error::Error;
use crate::reference;
use types::Kind;

/// How deep Prism's sampler goes.
const DEPTH: usize = 15;
/// Prism's limit for one sample.
const TICKS: u64 = 2_500;
/// How much text is as good as a schema.
const TEXT_PER_TICK: usize = 16 * 1024;
/// How deep schemas nest in all, `allOf` and references counted: what the stack surely holds.
const NESTING: usize = 200;

/// How a sample is made.
#[derive(Debug, Clone)]
pub struct SampleOptions {
    /// Leaves `readOnly` properties out: what a client sends.
    pub skip_read_only: bool,
    /// Leaves `writeOnly` properties out. Prism does not, although its random data does.
    pub skip_write_only: bool,
    /// How many schemas may be visited; long texts count, too.
    pub ticks: u64,
}

impl Default for SampleOptions {
    fn default() -> Self {
        Self {
            skip_read_only: false,
            skip_write_only: false,
            ticks: TICKS,
        }
    }
}

/// The sample of a schema, whose references point into `root`. It need not be valid: a `pattern` gives "string".
pub fn sample(schema: &Value, root: &Value, options: &SampleOptions) -> Result<Value, Error> {
    let mut sampler = Sampler {
        root,
        options,
        ticks: options.ticks,
        entered: vec![std::ptr::from_ref(schema) as usize],
        as_written: false,
        nesting: 0,
    };
    let sampled = sampler.visit(&View::of(schema), None, 1)?;
    Ok(sampled.value.unwrap_or(Value::Null))
}

/// A schema as the sampler sees it: a document's, or one with a keyword taken away or lent.
struct View<'a> {
    fields: Option<&'a Map<String, Value>>,
    without_all_of: bool,
    lent_type: Option<Kind>,
}

impl<'a> View<'a> {
    /// `true` and `false` say nothing to a sampler.
    fn of(schema: &'a Value) -> Self {
        Self {
            fields: schema.as_object(),
            without_all_of: false,
            lent_type: None,
        }
    }

    fn get(&self, key: &str) -> Option<&'a Value> {
        if self.without_all_of && key == "allOf" {
            return None;
        }
        self.fields?.get(key)
    }

    fn list(&self, key: &str) -> Option<&'a Vec<Value>> {
        self.get(key)?.as_array().filter(|list| !list.is_empty())
    }

    fn flag(&self, key: &str) -> bool {
        self.get(key) == Some(&Value::Bool(true))
    }
}

/// What a visit gives. No value is JavaScript's `undefined`.
struct Sampled {
    value: Option<Value>,
    read_only: bool,
    write_only: bool,
    kind: Kind,
}

struct Sampler<'a> {
    root: &'a Value,
    options: &'a SampleOptions,
    ticks: u64,
    /// The targets of the references being followed, by address.
    entered: Vec<usize>,
    /// In the second turn of a recursion.
    as_written: bool,
    nesting: usize,
}

impl Sampler<'_> {
    fn visit(
        &mut self,
        view: &View<'_>,
        property: Option<&str>,
        depth: usize,
    ) -> Result<Sampled, Error> {
        self.ticks = self.ticks.saturating_sub(1);
        if self.ticks == 0 {
            return Err(Error::TooComplex {
                place: property.map_or_else(String::new, |name| format!("…/{name}")),
                steps: self.options.ticks,
            });
        }
        if depth > DEPTH || self.nesting > NESTING {
            return Ok(circular(&types::inferred(view)));
        }
        self.nesting += 1;
        let sampled = self.enter(view, property, depth);
        self.nesting -= 1;
        sampled
    }

    fn enter(
        &mut self,
        view: &View<'_>,
        property: Option<&str>,
        depth: usize,
    ) -> Result<Sampled, Error> {
        if let Some(Value::String(reference)) = view.get("$ref") {
            return self.follow(reference, property, depth);
        }
        if self.as_written
            && let Some(example) = view.get("example")
        {
            return Ok(Sampled {
                value: Some(example.clone()),
                read_only: view.flag("readOnly"),
                write_only: view.flag("writeOnly"),
                kind: types::stated(view),
            });
        }
        if let Some(Value::Array(all)) = view.get("allOf") {
            return self.all_of(view, all, property, depth);
        }
        if let Some(first) = view
            .list("oneOf")
            .or_else(|| view.list("anyOf"))
            .and_then(|list| list.first())
        {
            return self.visit(&View::of(first), property, depth);
        }
        if let (Some(condition), Some(consequence)) = (view.get("if"), view.get("then"))
            && (condition.is_object() && consequence.is_object())
        {
            let merged = Rc::new(merge::deep(condition.clone(), consequence.clone()));
            return self.visit(&View::of(&merged), property, depth);
        }
        let (value, kind) = self.plain(view, property, depth)?;
        Ok(Sampled {
            value: Some(value),
            read_only: view.flag("readOnly"),
            write_only: view.flag("writeOnly"),
            kind,
        })
    }

    /// Values that the schema names, else what the type's sampler makes.
    fn plain(
        &mut self,
        view: &View<'_>,
        property: Option<&str>,
        depth: usize,
    ) -> Result<(Value, Kind), Error> {
        let example = view.get("example").or_else(|| view.get("x-example"));
        let named = view
            .get("default")
            .or_else(|| view.get("const"))
            .or_else(|| view.list("enum").and_then(|values| values.first()))
            .or(example)
            .or_else(|| view.list("examples").and_then(|values| values.first()));
        if let Some(value) = named {
            return Ok((value.clone(), Kind::Null));
        }
        let kind = types::inferred(view);
        let value = match kind.name() {
            Some("object") => self.object(view, depth)?,
            Some("array") => self.array(view, depth)?,
            Some("string") => {
                let text = string::sample(view, property);
                self.ticks = self
                    .ticks
                    .saturating_sub((text.len() / TEXT_PER_TICK) as u64);
                Value::from(text)
            }
            Some("integer" | "number") => types::number(view, self.as_written),
            Some("boolean") => Value::Bool(true),
            _ => Value::Null,
        };
        Ok((value, kind))
    }

    fn follow(
        &mut self,
        reference: &str,
        property: Option<&str>,
        depth: usize,
    ) -> Result<Sampled, Error> {
        let target =
            reference::resolve(self.root, reference).ok_or_else(|| Error::DanglingReference {
                place: property.map_or_else(String::new, |name| format!("…/{name}")),
                reference: reference.to_owned(),
            })?;
        let address = std::ptr::from_ref(target) as usize;
        let turns = self
            .entered
            .iter()
            .filter(|entered| **entered == address)
            .count();
        if turns > 1 {
            return Ok(circular(&types::inferred(&View::of(target))));
        }
        let as_written = self.as_written;
        self.as_written |= turns == 1;
        self.entered.push(address);
        let sampled = self.visit(&View::of(target), property, depth);
        self.entered.pop();
        self.as_written = as_written;
        sampled
    }

    fn all_of(
        &mut self,
        view: &View<'_>,
        all: &[Value],
        property: Option<&str>,
        depth: usize,
    ) -> Result<Sampled, Error> {
        let into = View {
            without_all_of: true,
            lent_type: view.lent_type.clone(),
            ..*view
        };
        // Prism forgets the context here: no property name, and depth starts again.
        let mut result = self.visit(&into, None, 1)?;
        let mut samples = Vec::new();
        for schema in all {
            let lent = View {
                lent_type: Some(result.kind.clone()),
                ..View::of(schema)
            };
            let part = self.visit(&lent, property, depth)?;
            if part.kind.name().is_some() {
                result.kind = part.kind;
            }
            result.read_only |= part.read_only;
            result.write_only |= part.write_only;
            samples.extend(part.value.filter(|value| !value.is_null()));
        }
        if result.kind.name() == Some("object") {
            let start = result.value.take().filter(|value| !value.is_null());
            let start = start.unwrap_or_else(|| Value::Object(Map::new()));
            let merged = samples
                .into_iter()
                .filter(|value| value.is_object() || value.is_array())
                .fold(start, merge::deep);
            result.value = Some(merged);
        } else if let Some(last) = samples.pop() {
            result.value = Some(last);
        }
        Ok(result)
    }

    fn object(&mut self, view: &View<'_>, depth: usize) -> Result<Value, Error> {
        let mut object = Map::new();
        if let Some(Value::Object(properties)) = view.get("properties") {
            for (name, schema) in properties {
                let sampled = self.visit(&View::of(schema), Some(name), depth + 1)?;
                let skipped = (self.options.skip_read_only && sampled.read_only)
                    || (self.options.skip_write_only && sampled.write_only);
                if let Some(value) = sampled.value.filter(|_| !skipped) {
                    object.insert(name.clone(), value);
                }
            }
        }
        if let Some(additional @ Value::Object(_)) = view.get("additionalProperties") {
            for name in ["property1", "property2"] {
                if let Some(value) = self.visit(&View::of(additional), None, depth + 1)?.value {
                    object.insert(name.to_owned(), value);
                }
            }
        }
        Ok(Value::Object(object))
    }

    fn array(&mut self, view: &View<'_>, depth: usize) -> Result<Value, Error> {
        let least = view
            .get("minItems")
            .and_then(Value::as_u64)
            .filter(|count| *count > 0);
        let most = view.get("maxItems").and_then(Value::as_u64);
        let mut count = most.unwrap_or(u64::MAX).min(least.unwrap_or(1));
        let rest = view.get("items").or_else(|| view.get("contains"));
        let tuple = view.get("prefixItems").or(rest).and_then(Value::as_array);
        if let Some(tuple) = tuple {
            count = count.max(tuple.len() as u64);
        } else if rest.is_none_or(|schema| *schema == Value::Bool(false)) {
            return Ok(Value::Array(Vec::new()));
        }
        let anything = Value::Bool(true);
        let mut items = Vec::new();
        for index in 0..count {
            let schema = match tuple {
                Some(tuple) => tuple
                    .get(index as usize)
                    .or_else(|| rest.filter(|rest| !rest.is_array())),
                None => rest,
            };
            let item = self.visit(&View::of(schema.unwrap_or(&anything)), None, depth + 1)?;
            items.push(item.value.unwrap_or(Value::Null));
        }
        Ok(Value::Array(items))
    }
}

/// Where a recursion stops.
fn circular(kind: &Kind) -> Sampled {
    Sampled {
        value: match kind.name() {
            Some("object") => Some(Value::Object(Map::new())),
            Some("array") => Some(Value::Array(Vec::new())),
            _ => None,
        },
        read_only: false,
        write_only: false,
        kind: Kind::Undefined,
    }
}
