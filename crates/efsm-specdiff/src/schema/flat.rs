//! A schema with its references followed and its `allOf` laid together.

use efsm_spec::schema::Root;
use serde_json::{Map, Value};

use super::Schemas;
use crate::pointer::{below, down};

/// The schemas that hold at one place. Keywords are asked of each in turn.
pub(super) struct Flat<'a> {
    parts: Vec<(&'a Map<String, Value>, String)>,
    /// A schema among them is `false`.
    pub(super) is_never: bool,
}

/// More parts than any sensible schema has at one place.
const MOST_PARTS: usize = 500;

impl<'a> Flat<'a> {
    pub(super) fn of(root: &'a Root, schemas: &Schemas<'a>) -> Self {
        let mut flat = Self {
            parts: Vec::new(),
            is_never: false,
        };
        let mut todo: Vec<(&Value, String)> = schemas.0.iter().rev().cloned().collect();
        while let Some((schema, place)) = todo.pop() {
            let fields = match schema {
                Value::Object(fields) => fields,
                Value::Bool(false) => {
                    flat.is_never = true;
                    continue;
                }
                _ => continue,
            };
            if flat.parts.len() >= MOST_PARTS
                || flat
                    .parts
                    .iter()
                    .any(|(part, _)| std::ptr::eq(*part, fields))
            {
                continue;
            }
            if let Some(Value::Array(all)) = fields.get("allOf") {
                for (number, part) in all.iter().enumerate().rev() {
                    todo.push((part, down(&place, &["allOf", &number.to_string()])));
                }
            }
            if let Some(Value::String(reference)) = fields.get("$ref")
                && let Some(target) = root.find(reference)
            {
                todo.push((target, reference.trim_start_matches('#').to_owned()));
            }
            flat.parts.push((fields, place));
        }
        flat
    }

    pub(super) fn addresses(&self) -> impl Iterator<Item = usize> {
        self.parts
            .iter()
            .map(|(part, _)| std::ptr::from_ref(*part) as usize)
    }

    /// Where it is written: the last part, which references lead to.
    pub(super) fn place(&self) -> &str {
        self.parts
            .iter()
            .rev()
            .find(|(part, _)| !part.contains_key("$ref"))
            .or(self.parts.last())
            .map_or("", |(_, place)| place)
    }

    /// Where a keyword is written, or else the schema.
    pub(super) fn place_of(&self, keyword: &str) -> String {
        self.parts
            .iter()
            .find(|(part, _)| part.contains_key(keyword))
            .map_or_else(
                || self.place().to_owned(),
                |(_, place)| below(place, keyword),
            )
    }

    /// The values of a keyword.
    pub(super) fn each(&self, keyword: &str) -> impl Iterator<Item = &'a Value> {
        self.parts
            .iter()
            .filter_map(move |(part, _)| part.get(keyword))
    }

    pub(super) fn text(&self, keyword: &str) -> Option<&'a str> {
        self.each(keyword).find_map(Value::as_str)
    }

    /// The schemas under a keyword.
    pub(super) fn below(&self, keyword: &str) -> Schemas<'a> {
        let found = self
            .parts
            .iter()
            .filter_map(|(part, place)| Some((part.get(keyword)?, below(place, keyword))));
        Schemas(found.collect())
    }

    /// The names under `properties`, each once.
    pub(super) fn property_names(&self) -> Vec<&'a str> {
        let mut names: Vec<&str> = Vec::new();
        for name in self
            .each("properties")
            .filter_map(Value::as_object)
            .flat_map(Map::keys)
        {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        names
    }

    /// The schemas of a property.
    pub(super) fn property(&self, name: &str) -> Schemas<'a> {
        let found = self.parts.iter().filter_map(|(part, place)| {
            Some((
                part.get("properties")?.get(name)?,
                down(place, &["properties", name]),
            ))
        });
        Schemas(found.collect())
    }

    pub(super) fn requires(&self, name: &str) -> bool {
        self.each("required")
            .filter_map(Value::as_array)
            .flatten()
            .any(|required| required == name)
    }

    /// Whether properties that are not described are refused.
    pub(super) fn is_closed(&self) -> bool {
        ["additionalProperties", "unevaluatedProperties"]
            .into_iter()
            .flat_map(|keyword| self.each(keyword))
            .any(|value| *value == Value::Bool(false))
    }
}
