//! The matcher of a header, parameter or form field, which may come several times.

use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::error::PatternError;
use crate::matcher::{Matcher, mean};
use crate::parse::{Strictness, parse_operands};
use crate::result::{Events, MatchContext, MatchResult};
use crate::subject::Subject;

/// A matcher of all values of one name.
#[derive(Debug, Clone, PartialEq)]
pub enum MultiMatcher {
    /// One of the values must match; without values the matcher sees none.
    Single(Matcher),
    /// `hasExactly`: as many values as operands, and for each operand a value that matches.
    ///
    /// As in WireMock one value may serve two operands.
    HasExactly(Arc<[Matcher]>),
    /// `includes`: for each operand a value that matches.
    Includes(Arc<[Matcher]>),
}

impl MultiMatcher {
    /// Reads a matcher; a key that no operator knows is an error.
    pub fn from_json(value: &Value) -> Result<Self, PatternError> {
        Self::parse(value, Strictness::Strict)
    }

    /// Reads a matcher with WireMock's own tolerance for keys that mean nothing in a single-value matcher.
    pub fn from_json_lenient(value: &Value) -> Result<Self, PatternError> {
        Self::parse(value, Strictness::Lenient)
    }

    fn parse(value: &Value, strictness: Strictness) -> Result<Self, PatternError> {
        let Some(fields) = value.as_object() else {
            return Matcher::parse(value, strictness).map(Self::Single);
        };
        let found = ["hasExactly", "includes"]
            .into_iter()
            .find_map(|key| fields.get(key).map(|operands| (key, operands)));
        let Some((key, operands)) = found else {
            if fields.contains_key("binaryEqualTo") {
                return Err(PatternError::new(format!(
                    "{value} is not a valid match operation"
                )));
            }
            return Matcher::parse(value, strictness).map(Self::Single);
        };
        // WireMock is strict here in any case.
        if let Some(other) = fields.keys().find(|other| *other != key) {
            let class = match key {
                "hasExactly" => "ExactMatchMultiValuePattern",
                _ => "IncludesMatchMultiValuePattern",
            };
            return Err(PatternError::new(format!(
                "Unrecognized field \"{other}\" (class com.github.tomakehurst.wiremock.matching.{class}), not marked \
                 as ignorable"
            ))
            .within(other));
        }
        let Value::Array(operands) = operands else {
            return Err(
                PatternError::new(format!("{key} must be an array of matchers")).within(key),
            );
        };
        let operands = parse_operands(operands, key, strictness)?;
        Ok(if key == "includes" {
            Self::Includes(operands)
        } else {
            Self::HasExactly(operands)
        })
    }

    /// The matcher as WireMock prints it.
    pub fn to_json(&self) -> Value {
        let (key, operands) = match self {
            Self::Single(matcher) => return matcher.to_json(),
            Self::HasExactly(operands) => ("hasExactly", operands),
            Self::Includes(operands) => ("includes", operands),
        };
        let operands = operands.iter().map(Matcher::to_json).collect();
        Value::Object(Map::from_iter([(key.to_owned(), Value::Array(operands))]))
    }

    /// Matches all values of one name; an empty slice means that the name was not sent.
    pub fn matches<'a>(
        &'a self,
        values: &'a [Subject<'a>],
        context: &'a MatchContext,
    ) -> MatchResult<'a> {
        MatchResult::many(self.is_match(values, context), self, values, context)
    }

    /// Whether the values match, with the least work.
    pub fn is_match(&self, values: &[Subject<'_>], context: &MatchContext) -> bool {
        self.holds(values, context, &mut Events::ignored())
    }

    pub(crate) fn holds(
        &self,
        values: &[Subject<'_>],
        context: &MatchContext,
        events: &mut Events,
    ) -> bool {
        let absent;
        let values = if values.is_empty() {
            absent = [Subject::absent()];
            if !matches!(self, Self::Single(_)) {
                return false;
            }
            &absent
        } else {
            values
        };
        let mut any = |operand: &Matcher| {
            values
                .iter()
                .any(|value| operand.holds(value, context, events))
        };
        match self {
            Self::Single(matcher) => any(matcher),
            Self::HasExactly(operands) => {
                operands.len() == values.len() && operands.iter().all(any)
            }
            Self::Includes(operands) => operands.iter().all(any),
        }
    }

    pub(crate) fn distance(&self, values: &[Subject<'_>], context: &MatchContext) -> f64 {
        let nearest = |operand: &Matcher| {
            values
                .iter()
                .map(|value| operand.distance(value, context))
                .fold(1.0, f64::min)
        };
        match self {
            Self::Single(matcher) if values.is_empty() => {
                matcher.distance(&Subject::absent(), context)
            }
            Self::Single(matcher) => nearest(matcher),
            _ if values.is_empty() => 1.0,
            Self::Includes(operands) => mean(operands.iter().map(nearest)),
            Self::HasExactly(operands) => {
                let count = if operands.len() == values.len() {
                    0.0
                } else {
                    1.0
                };
                f64::midpoint(count, mean(operands.iter().map(nearest)))
            }
        }
    }

    /// The left column of a diff for a header: `Accept: x`, `Accept [contains] : x`.
    pub fn header_line(&self, key: &str) -> String {
        match self {
            Self::Single(matcher) if matcher.is_equality() => {
                format!("{key}: {}", matcher.expected_text())
            }
            Self::Single(matcher) => {
                format!("{key} [{}] : {}", matcher.name(), matcher.expected_text())
            }
            _ => format!("{key} {self}"),
        }
    }

    /// The left column of a diff for a parameter, form field or cookie: `q = x`, `q [contains] x`.
    pub fn parameter_line(&self, key: &str) -> String {
        match self {
            Self::Single(matcher) if matcher.is_equality() => {
                format!("{key} = {}", matcher.expected_text())
            }
            Self::Single(matcher) => {
                format!("{key} [{}] {}", matcher.name(), matcher.expected_text())
            }
            _ => format!("{key} {self}"),
        }
    }
}

impl From<Matcher> for MultiMatcher {
    fn from(matcher: Matcher) -> Self {
        Self::Single(matcher)
    }
}

impl fmt::Display for MultiMatcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (word, operands) = match self {
            Self::Single(matcher) => return matcher.fmt(f),
            Self::HasExactly(operands) => ("exactly", operands),
            Self::Includes(operands) => ("including", operands),
        };
        let operands: Vec<_> = operands.iter().map(ToString::to_string).collect();
        write!(f, "{word} [{}]", operands.join(" AND "))
    }
}
