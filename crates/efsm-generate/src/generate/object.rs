//! Objects: which properties, and what is in them.

use serde_json::{Map, Value};

use super::parts::{Parts, unsatisfiable};
use super::place::Place;
use super::{Attempt, Generator, Manner};
use crate::error::Error;
use crate::fake;

impl<'a> Generator<'a> {
    pub(super) fn object(
        &self,
        schemas: &[&'a Value],
        parts: &Parts<'a>,
        place: &Place<'_>,
        attempt: &Attempt<'_>,
    ) -> Result<Value, Error> {
        let pointer = || place.pointer();
        let most = parts
            .smallest("maxProperties")
            .map_or(usize::MAX, |most| most as usize);
        let required = self.required(parts);
        let mut names = self.chosen(parts, attempt, &required);
        if names.len() > most {
            names = with_dependents(parts, required.clone());
            if names.len() > most {
                return Err(unsatisfiable(
                    &pointer,
                    "more properties are required than `maxProperties` allows",
                ));
            }
        }
        if let Some(triggered) = triggered(schemas, parts, &names) {
            return self.again_with(&triggered, place, attempt);
        }
        let mut object = Map::new();
        for name in &names {
            let is_required = required.contains(name);
            match self.property(parts, place, attempt, name) {
                Ok(value) => {
                    object.insert(name.clone(), value);
                }
                Err(error) if error.is_final() || is_required => return Err(error),
                Err(_) => {}
            }
        }
        self.fill_up(parts, place, attempt, &mut object, most)?;
        if (object.len() as u64) < parts.largest("minProperties").unwrap_or(0) {
            return Err(unsatisfiable(
                &pointer,
                "too few properties are allowed for `minProperties`",
            ));
        }
        if attempt.manner == Manner::Refusing {
            self.refuse(parts, &mut object, most);
        }
        Ok(Value::Object(object))
    }

    /// Required names that are not left out on this way.
    fn required(&self, parts: &Parts<'a>) -> Vec<String> {
        let mut required: Vec<String> = Vec::new();
        for name in parts
            .each("required")
            .filter_map(Value::as_array)
            .flatten()
            .filter_map(Value::as_str)
        {
            if !required.iter().any(|known| known == name) && !self.is_left_out(parts, name) {
                required.push(name.to_owned());
            }
        }
        required
    }

    fn is_left_out(&self, parts: &Parts<'a>, name: &str) -> bool {
        self.options.direction.left_out().is_some_and(|keyword| {
            parts
                .each("properties")
                .filter_map(|properties| properties.get(name)?.get(keyword))
                .any(|flag| *flag == Value::Bool(true))
        })
    }

    /// The names that the object gets, in the order of the schema.
    fn chosen(&self, parts: &Parts<'a>, attempt: &Attempt<'_>, required: &[String]) -> Vec<String> {
        let like = attempt.like.and_then(Value::as_object);
        let lean = attempt.ending || matches!(attempt.manner, Manner::Lean | Manner::Refusing);
        let mut names: Vec<String> = Vec::new();
        for (name, _) in parts.members("properties") {
            if names.contains(name) || self.is_left_out(parts, name) {
                continue;
            }
            let wanted = match like {
                Some(like) => like.contains_key(name),
                None => {
                    !lean && (attempt.manner != Manner::Independent || !has_dependents(parts, name))
                }
            };
            let tells = parts
                .discriminators
                .iter()
                .any(|(property, _)| property == name);
            if wanted || tells || required.contains(name) {
                names.push(name.clone());
            }
        }
        for name in required {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        for name in like.into_iter().flat_map(Map::keys) {
            if !names.contains(name) && !self.is_left_out(parts, name) {
                names.push(name.clone());
            }
        }
        with_dependents(parts, names)
    }

    fn again_with(
        &self,
        schemas: &[&'a Value],
        place: &Place<'_>,
        attempt: &Attempt<'_>,
    ) -> Result<Value, Error> {
        let mut branches = place.random.child("branches");
        let parts = Parts::of(
            self,
            schemas,
            attempt.code,
            attempt.ending,
            &|| place.pointer(),
            &mut |end| branches.order(end),
            &mut 1,
        )?;
        self.object(schemas, &parts, place, attempt)
    }

    fn property(
        &self,
        parts: &Parts<'a>,
        place: &Place<'_>,
        attempt: &Attempt<'_>,
        name: &str,
    ) -> Result<Value, Error> {
        let here = place.property(name);
        let named = Value::from(name);
        if !parts
            .each("propertyNames")
            .all(|schema| self.checker.is_valid(schema, &named))
        {
            return Err(unsatisfiable(
                &|| here.pointer(),
                "the name breaks `propertyNames`",
            ));
        }
        let schemas = self.at_property(parts, name);
        let told = parts
            .discriminators
            .iter()
            .filter(|(property, _)| *property == name)
            .map(|(_, value)| Value::from(value.as_str()))
            .find(|value| {
                schemas
                    .iter()
                    .all(|schema| self.checker.is_valid(schema, value))
            });
        if let Some(value) = told {
            return Ok(value);
        }
        let like = attempt.like.and_then(|like| like.get(name));
        self.value(&schemas, &here, like)
    }

    /// The schemas of a property: by name, by pattern, or those of all others.
    fn at_property(&self, parts: &Parts<'a>, name: &str) -> Vec<&'a Value> {
        let mut schemas = Vec::new();
        let mut evaluated = false;
        for part in &parts.all {
            let before = schemas.len();
            schemas.extend(
                part.get("properties")
                    .and_then(|properties| properties.get(name)),
            );
            let patterns = part.get("patternProperties").and_then(Value::as_object);
            for (source, schema) in patterns.into_iter().flatten() {
                if self
                    .checker
                    .pattern(source)
                    .is_some_and(|pattern| pattern.is_match(name))
                {
                    schemas.push(schema);
                }
            }
            if schemas.len() == before {
                schemas.extend(part.get("additionalProperties"));
            }
            evaluated |= schemas.len() > before;
        }
        if !evaluated {
            schemas.extend(parts.each("unevaluatedProperties"));
        }
        schemas
    }

    /// Adds properties until there are enough, and a few to an object that is a map.
    fn fill_up(
        &self,
        parts: &Parts<'a>,
        place: &Place<'_>,
        attempt: &Attempt<'_>,
        object: &mut Map<String, Value>,
        most: usize,
    ) -> Result<(), Error> {
        let mut random = place.random.child("more");
        let is_map = !parts.has("properties")
            && (parts.each("additionalProperties").any(Value::is_object)
                || parts.has("patternProperties"));
        let some =
            is_map && !attempt.ending && attempt.manner == Manner::Full && attempt.like.is_none();
        let few = if some { 1 + random.below(2) } else { 0 };
        let wanted = few
            .max(parts.largest("minProperties").unwrap_or(0))
            .min(most as u64) as usize;
        let known = parts.members("properties").map(|(name, _)| name.clone());
        let spare: Vec<String> = known
            .filter(|name| !self.is_left_out(parts, name))
            .collect();
        let mut spare = spare.into_iter();
        // Not every try takes a step.
        let most_tries = usize::try_from(self.options.steps).unwrap_or(usize::MAX);
        let mut tries = wanted.saturating_mul(4).saturating_add(16).min(most_tries);
        while object.len() < wanted && tries > 0 {
            tries -= 1;
            let name = match spare.next() {
                Some(name) => name,
                None => match self.new_name(parts, place, tries, object) {
                    Some(name) => name,
                    None => continue,
                },
            };
            if object.contains_key(&name) {
                continue;
            }
            match self.property(parts, place, attempt, &name) {
                Ok(value) => {
                    object.insert(name, value);
                }
                Err(error) if error.is_final() => return Err(error),
                Err(_) => {}
            }
        }
        Ok(())
    }

    /// A name that no schema gives, but that the schemas allow as far as they speak of names.
    fn new_name(
        &self,
        parts: &Parts<'a>,
        place: &Place<'_>,
        turn: usize,
        object: &Map<String, Value>,
    ) -> Option<String> {
        let here = place.property("propertyNames").again(turn as u64);
        let mut random = here.random.child("name");
        if parts.has("propertyNames") {
            let schemas: Vec<&Value> = parts.each("propertyNames").collect();
            return match self.value(&schemas, &here, None) {
                Ok(Value::String(name)) => Some(name),
                _ => None,
            };
        }
        let patterns: Vec<&str> = parts
            .members("patternProperties")
            .map(|(source, _)| source.as_str())
            .collect();
        if !patterns.is_empty() && !turn.is_multiple_of(3) {
            let pattern = self.checker.pattern(random.pick(&patterns))?;
            return pattern.text((turn % 8) as u32, &mut random);
        }
        let word = fake::word(&mut random);
        Some(if object.contains_key(word) {
            format!("{word}{turn}")
        } else {
            word.to_owned()
        })
    }

    /// Adds, for each branch that must not hold, a property that breaks it and nothing else.
    fn refuse(&self, parts: &Parts<'a>, object: &mut Map<String, Value>, most: usize) {
        let candidates = [
            Value::Null,
            Value::Bool(false),
            Value::from(0),
            Value::from("x"),
            Value::Array(Vec::new()),
        ];
        for branch in &parts.refused {
            if object.len() >= most
                || !self
                    .checker
                    .is_valid(branch, &Value::Object(object.clone()))
            {
                continue;
            }
            let parts_of_branch = Parts::of(
                self,
                &[*branch],
                0,
                true,
                &String::new,
                &mut |end| (0..end).collect(),
                &mut 1,
            );
            let Ok(own) = parts_of_branch else {
                continue;
            };
            let breaking = own.members("properties").find_map(|(name, schema)| {
                let mut schemas = self.at_property(parts, name);
                schemas.retain(|known| !std::ptr::eq(*known, schema));
                let value = candidates.iter().find(|value| {
                    !self.checker.is_valid(schema, value)
                        && schemas
                            .iter()
                            .all(|schema| self.checker.is_valid(schema, value))
                })?;
                (!object.contains_key(name)).then(|| (name.clone(), value.clone()))
            });
            object.extend(breaking);
        }
    }
}

/// The schemas with those added that the chosen names bring with them; `None` when all are there already.
fn triggered<'a>(
    schemas: &[&'a Value],
    parts: &Parts<'a>,
    names: &[String],
) -> Option<Vec<&'a Value>> {
    let mut all = schemas.to_vec();
    for (name, schema) in parts
        .members("dependentSchemas")
        .chain(parts.members("dependencies"))
    {
        let here = schema
            .as_object()
            .is_none_or(|fields| parts.all.iter().any(|part| std::ptr::eq(*part, fields)));
        let is_false = *schema == Value::Bool(false) && !all.contains(&schema);
        if names.contains(name) && (!here || is_false) {
            all.push(schema);
        }
    }
    (all.len() > schemas.len()).then_some(all)
}

/// Names of which others depend.
fn has_dependents(parts: &Parts<'_>, name: &str) -> bool {
    ["dependentRequired", "dependentSchemas", "dependencies"]
        .into_iter()
        .flat_map(|keyword| parts.members(keyword))
        .any(|(key, _)| key == name)
}

/// The names and all that they require.
fn with_dependents(parts: &Parts<'_>, mut names: Vec<String>) -> Vec<String> {
    let mut at = 0;
    while at < names.len() {
        let name = names[at].clone();
        for (key, wanted) in parts
            .members("dependentRequired")
            .chain(parts.members("dependencies"))
        {
            if *key != name {
                continue;
            }
            for wanted in wanted
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
            {
                if !names.iter().any(|known| known == wanted) {
                    names.push(wanted.to_owned());
                }
            }
        }
        at += 1;
    }
    names
}
