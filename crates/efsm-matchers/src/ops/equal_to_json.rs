//! `equalToJson`.

use serde_json::Value;

use crate::error::PatternError;
use crate::json::diff::{Expected, Leniency};
use crate::json::print::pretty;
use crate::json::read::{Dialect, JsonError, read};
use crate::result::{Events, SubEvent, SubEventKind};
use crate::subject::Subject;

/// JSON equality: key order and the notation of numbers never count.
#[derive(Debug)]
pub struct EqualToJson {
    /// As it was given: a JSON value, or a string that contains JSON.
    pub(crate) operand: Value,
    value: Value,
    expected: Expected,
    pub(crate) ignore_array_order: Option<bool>,
    pub(crate) ignore_extra_elements: Option<bool>,
}

impl EqualToJson {
    pub(crate) fn new(
        operand: &Value,
        ignore_array_order: Option<bool>,
        ignore_extra_elements: Option<bool>,
    ) -> Result<Self, PatternError> {
        let value = match operand {
            Value::String(text) => read(text, Dialect::Jackson)
                .map_err(|error| PatternError::new(error.to_string()))?,
            value => value.clone(),
        };
        let expected =
            Expected::new(&value).map_err(|error| PatternError::new(error.to_string()))?;
        Ok(Self {
            operand: operand.clone(),
            value,
            expected,
            ignore_array_order,
            ignore_extra_elements,
        })
    }

    fn leniency(&self) -> Leniency {
        Leniency {
            array_order: self.ignore_array_order == Some(true),
            extra_elements: self.ignore_extra_elements == Some(true),
        }
    }

    pub(crate) fn holds(&self, subject: &Subject<'_>, events: &mut Events) -> bool {
        match subject.as_json(Dialect::Jackson) {
            Some(Ok(actual)) => self
                .expected
                .equals(actual, self.leniency())
                .unwrap_or_else(|reason| {
                    events.add(|| SubEvent::warning(format!("equalToJson gave up: {reason}")));
                    false
                }),
            Some(Err(error)) => {
                events.add(|| json_error(error));
                false
            }
            None => {
                events.add(|| SubEvent::warning("argument \"content\" is null"));
                false
            }
        }
    }

    pub(crate) fn distance(&self, subject: &Subject<'_>) -> f64 {
        match subject.as_json(Dialect::Jackson) {
            Some(Ok(actual)) => self.expected.distance(actual, self.leniency()),
            _ => 1.0,
        }
    }

    pub(crate) fn expected_text(&self) -> String {
        pretty(&self.value)
    }
}

pub(crate) fn json_error(error: &JsonError) -> SubEvent {
    SubEvent::error(
        SubEventKind::JsonError,
        PatternError::TITLE,
        &error.to_string(),
    )
}
