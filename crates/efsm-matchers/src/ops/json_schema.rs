//! `matchesJsonSchema`.

use std::borrow::Cow;

use serde_json::Value;

use crate::error::PatternError;
use crate::json::print::pretty;
use crate::json::read::{Dialect, read};
use crate::json::schema::{Schema, SchemaVersion};
use crate::result::{Events, SubEvent, SubEventKind};
use crate::subject::Subject;

/// Validity under a JSON Schema.
#[derive(Debug)]
pub struct JsonSchemaMatcher {
    /// The schema as text: as it was given, or the pretty print of a JSON operand.
    pub(crate) text: String,
    pub(crate) version: SchemaVersion,
    value: Value,
    schema: Schema,
}

impl JsonSchemaMatcher {
    pub(crate) fn new(operand: &Value, version: SchemaVersion) -> Result<Self, PatternError> {
        let (text, value) = match operand {
            Value::String(text) => {
                let value = read(text, Dialect::Jackson)
                    .map_err(|error| PatternError::new(error.to_string()))?;
                (text.clone(), value)
            }
            value => (pretty(value), value.clone()),
        };
        Ok(Self {
            schema: Schema::new(&value, version),
            text,
            version,
            value,
        })
    }

    pub(crate) fn holds(&self, subject: &Subject<'_>, events: &mut Events) -> bool {
        let Some(text) = subject.as_text() else {
            return false;
        };
        self.schema
            .accepts(&document(subject, text), text)
            .unwrap_or_else(|reason| {
                events.add(|| SubEvent::error(SubEventKind::Error, "Invalid JSON Schema", &reason));
                false
            })
    }

    pub(crate) fn distance(&self, subject: &Subject<'_>) -> f64 {
        subject
            .as_text()
            .map_or(1.0, |text| self.schema.distance(&document(subject, text)))
    }

    pub(crate) fn expected_text(&self) -> String {
        pretty(&self.value)
    }
}

/// A text that is no JSON document is taken as a JSON string.
fn document<'s>(subject: &'s Subject<'_>, text: &str) -> Cow<'s, Value> {
    match subject.as_json(Dialect::Jackson) {
        Some(Ok(value)) => Cow::Borrowed(value),
        _ => Cow::Owned(Value::from(text)),
    }
}
