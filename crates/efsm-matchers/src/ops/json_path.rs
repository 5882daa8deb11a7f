//! `matchesJsonPath`.

use std::borrow::Cow;

use efsm_jsonpath::{JsonPath, ReadError};
use serde_json::Value;

use super::accepts_any;
use crate::error::PatternError;
use crate::json::print::compact;
use crate::json::read::Dialect;
use crate::matcher::Matcher;
use crate::result::{Events, MatchContext, SubEvent};
use crate::subject::Subject;
use crate::text::java_number;

/// A JSONPath that must find something, or whose findings another matcher must accept.
#[derive(Debug)]
pub struct JsonPathMatcher {
    pub(crate) expression: String,
    path: JsonPath,
    pub(crate) inner: Option<Matcher>,
}

impl JsonPathMatcher {
    pub(crate) fn new(expression: &str, inner: Option<Matcher>) -> Result<Self, PatternError> {
        let path =
            JsonPath::parse(expression).map_err(|error| PatternError::new(error.to_string()))?;
        Ok(Self {
            expression: expression.to_owned(),
            path,
            inner,
        })
    }

    pub(crate) fn holds(
        &self,
        subject: &Subject<'_>,
        context: &MatchContext,
        events: &mut Events,
    ) -> bool {
        let Some(document) = self.document(subject, events) else {
            // Nothing is there where there is no document.
            let nothing = subject.as_text().is_none_or(str::is_empty);
            return nothing && matches!(self.inner, Some(Matcher::Absent));
        };
        let Some(inner) = &self.inner else {
            return self.finds_something(document, subject, events);
        };
        let found = self.found(document, subject, events);
        accepts_any(inner, found, context, events)
    }

    pub(crate) fn distance(&self, subject: &Subject<'_>, context: &MatchContext) -> f64 {
        let (Some(inner), Some(document)) =
            (&self.inner, self.document(subject, &mut Events::ignored()))
        else {
            return 1.0;
        };
        self.found(document, subject, &mut Events::ignored())
            .iter()
            .map(|found| inner.distance(found, context))
            .fold(1.0, f64::min)
    }

    /// What the expression finds first, as the right column of a diff shows it.
    pub(crate) fn result_text(&self, subject: &Subject<'_>) -> Option<String> {
        let mut ignored = Events::ignored();
        let document = self.document(subject, &mut ignored)?;
        let found = self.found(document, subject, &mut ignored);
        let first = found.first()?;
        match first.as_value() {
            Some(Value::String(text)) => Some(text.clone()),
            _ => first.as_text().map(str::to_owned),
        }
    }

    fn document<'s>(&self, subject: &'s Subject<'_>, events: &mut Events) -> Option<&'s Value> {
        let text = subject.as_text()?;
        let reason = if text.trim_start().starts_with('<') {
            "it's not JSON but probably XML".to_owned()
        } else if text.is_empty() {
            "of error 'json string can not be null or empty'".to_owned()
        } else {
            match subject.as_json(Dialect::Smart)? {
                Ok(Value::Null) => "of error 'json can not be null'".to_owned(),
                Ok(document) => return Some(document),
                Err(error) => format!("of error '{error}'"),
            }
        };
        self.warn(text, &reason, events);
        None
    }

    fn warn(&self, text: &str, reason: &str, events: &mut Events) {
        // The simple form leaves the expression out, as WireMock does.
        events.add(|| {
            let expression = match self.inner {
                Some(_) => format!(" '{}'", self.expression),
                None => String::new(),
            };
            SubEvent::warning(format!(
                "Warning: JSON path expression{expression} failed to match document '{text}' because {reason}"
            ))
        });
    }

    fn read<'d>(&self, document: &'d Value) -> Result<Cow<'d, Value>, ReadError> {
        if self.path.is_definite()
            && let [selected] = &mut self.path.select(document)?[..]
        {
            return Ok(std::mem::replace(
                &mut selected.value,
                Cow::Owned(Value::Null),
            ));
        }
        self.path.read(document).map(Cow::Owned)
    }

    fn finds_something(
        &self,
        document: &Value,
        subject: &Subject<'_>,
        events: &mut Events,
    ) -> bool {
        match self.read(document) {
            Ok(found) => match &*found {
                Value::Null => false,
                Value::Array(items) => !items.is_empty(),
                Value::Object(fields) => !fields.is_empty(),
                _ => true,
            },
            Err(error) => {
                let reason = match &error {
                    ReadError::NotFound { path } => {
                        format!("of error 'No results for path: {path}'")
                    }
                    other => format!("of error '{other}'"),
                };
                self.warn(subject.as_text().unwrap_or_default(), &reason, events);
                false
            }
        }
    }

    /// The values that the inner matcher is asked about, one after the other.
    fn found(
        &self,
        document: &Value,
        subject: &Subject<'_>,
        events: &mut Events,
    ) -> Vec<Subject<'static>> {
        let found = match self.read(document) {
            Ok(found) => found.into_owned(),
            Err(ReadError::NotFound { .. }) => Value::Null,
            Err(error) => {
                let reason = format!("of error '{error}'");
                self.warn(subject.as_text().unwrap_or_default(), &reason, events);
                return Vec::new();
            }
        };
        // Texts and numbers are read as the documents that they may hold.
        let whole = matches!(self.inner, Some(Matcher::EqualToJson(_)));
        let mut subjects = match found {
            Value::Null => Vec::new(),
            found @ Value::Array(_) if whole => vec![Subject::json(found)],
            Value::Array(items) => items.into_iter().map(element).collect(),
            Value::Object(_) => vec![Subject::json(found)],
            scalar => vec![element(scalar)],
        };
        if subjects.is_empty() && matches!(self.inner, Some(Matcher::Absent)) {
            subjects.push(Subject::absent());
        }
        subjects
    }
}

fn element(value: Value) -> Subject<'static> {
    match value {
        Value::Null => Subject::absent(),
        other => Subject::text(java_text(&other)),
    }
}

/// The value as Java's `toString` gives it: members of a map as `name=value`, lists as JSON.
fn java_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => java_number(number),
        Value::Object(fields) => {
            let fields: Vec<String> = fields
                .iter()
                .map(|(name, value)| format!("{name}={}", java_text(value)))
                .collect();
            format!("{{{}}}", fields.join(", "))
        }
        other => compact(other),
    }
}
