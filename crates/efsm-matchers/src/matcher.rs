//! The matcher of one value.

use std::fmt;
use std::sync::Arc;

use efsm_javatext::JavaRegex;

use crate::ops::{
    DateTimeMatcher, EqualToJson, EqualToXml, JsonPathMatcher, JsonSchemaMatcher, NumberMatcher,
    XPathMatcher,
};
use crate::path_template::PathTemplate;
use crate::result::{Events, MatchContext, MatchResult, SubEvent};
use crate::subject::Subject;
use crate::text::text_distance;

/// One of WireMock's content patterns, with everything in it compiled. Cloning it copies a pointer.
///
/// Read one with [`Matcher::from_json`]; [`Matcher::to_json`] gives it back as WireMock prints it.
#[derive(Debug, Clone)]
pub enum Matcher {
    EqualTo(Arc<EqualTo>),
    BinaryEqualTo(Arc<BinaryEqualTo>),
    Contains(Arc<str>),
    DoesNotContain(Arc<str>),
    /// The whole value must match the regular expression of Java's syntax.
    Matches(Arc<JavaRegex>),
    DoesNotMatch(Arc<JavaRegex>),
    EqualToJson(Arc<EqualToJson>),
    JsonPath(Arc<JsonPathMatcher>),
    JsonSchema(Arc<JsonSchemaMatcher>),
    EqualToXml(Arc<EqualToXml>),
    XPath(Arc<XPathMatcher>),
    DateTime(Arc<DateTimeMatcher>),
    Number(Arc<NumberMatcher>),
    /// There must be no value.
    Absent,
    /// Holds always; the operand is a comment.
    Anything(Arc<str>),
    Not(Arc<Matcher>),
    And(Arc<[Matcher]>),
    Or(Arc<[Matcher]>),
    PathTemplate(Arc<PathTemplate>),
}

/// `equalTo`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EqualTo {
    pub value: String,
    /// Whether case counts not; `None` when the stub did not say.
    pub case_insensitive: Option<bool>,
}

/// `binaryEqualTo`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BinaryEqualTo {
    /// The operand as it was given, in Base64.
    pub encoded: String,
    pub bytes: Vec<u8>,
}

impl Matcher {
    /// Matches one value; `subject` is absent when the request has none.
    pub fn matches<'a>(
        &'a self,
        subject: &'a Subject<'a>,
        context: &'a MatchContext,
    ) -> MatchResult<'a> {
        MatchResult::one(self.is_match(subject, context), self, subject, context)
    }

    /// Whether one value matches, with the least work.
    pub fn is_match(&self, subject: &Subject<'_>, context: &MatchContext) -> bool {
        self.holds(subject, context, &mut Events::ignored())
    }

    pub(crate) fn holds(
        &self,
        subject: &Subject<'_>,
        context: &MatchContext,
        events: &mut Events,
    ) -> bool {
        let text = || subject.as_text();
        match self {
            Self::EqualTo(expected) => text().is_some_and(|text| expected.holds(text)),
            Self::BinaryEqualTo(expected) => subject.as_bytes() == Some(&expected.bytes),
            Self::Contains(part) => text().is_some_and(|text| text.contains(&**part)),
            Self::DoesNotContain(part) => text().is_none_or(|text| !text.contains(&**part)),
            Self::Matches(pattern) => {
                text().is_some_and(|text| regex_holds(pattern, text, events) == Some(true))
            }
            Self::DoesNotMatch(pattern) => {
                text().is_none_or(|text| regex_holds(pattern, text, events) == Some(false))
            }
            Self::EqualToJson(expected) => expected.holds(subject, events),
            Self::JsonPath(expected) => expected.holds(subject, context, events),
            Self::JsonSchema(expected) => expected.holds(subject, events),
            Self::EqualToXml(expected) => expected.holds(subject, events),
            Self::XPath(expected) => expected.holds(subject, context, events),
            Self::DateTime(expected) => expected.holds(subject, context),
            Self::Number(expected) => expected.holds(subject),
            Self::Absent => subject.is_absent(),
            Self::Anything(_) => true,
            Self::Not(inner) => !inner.holds(subject, context, events),
            Self::And(operands) => operands
                .iter()
                .all(|operand| operand.holds(subject, context, events)),
            Self::Or(operands) => operands
                .iter()
                .any(|operand| operand.holds(subject, context, events)),
            Self::PathTemplate(template) => text().is_some_and(|text| template.matches(text)),
        }
    }

    /// 0.0 for a match, and up to 1.0: more only for a JSON document that differs in more places than either has,
    /// as in WireMock.
    pub(crate) fn distance(&self, subject: &Subject<'_>, context: &MatchContext) -> f64 {
        if self.is_match(subject, context) {
            return 0.0;
        }
        let to_text = |expected: &str| {
            subject
                .as_text()
                .map_or(1.0, |text| text_distance(expected, text))
        };
        match self {
            Self::EqualTo(expected) => to_text(&expected.value),
            Self::EqualToJson(expected) => expected.distance(subject),
            Self::JsonPath(expected) => expected.distance(subject, context),
            Self::JsonSchema(expected) => expected.distance(subject),
            Self::EqualToXml(expected) => expected.distance(subject),
            Self::XPath(expected) => expected.distance(subject, context),
            Self::DateTime(expected) => expected.distance(subject, context),
            Self::Number(_) => NumberMatcher::distance(subject),
            Self::And(operands) => mean(
                operands
                    .iter()
                    .map(|operand| operand.distance(subject, context)),
            ),
            Self::Or(operands) => operands
                .iter()
                .map(|operand| operand.distance(subject, context))
                .reduce(f64::min)
                .unwrap_or(1.0),
            Self::PathTemplate(template) => to_text(&template.outline()),
            _ => 1.0,
        }
    }

    /// Whether what is expected is the value itself, so that a difference needs no operator beside it.
    pub fn is_equality(&self) -> bool {
        matches!(
            self,
            Self::EqualTo(_) | Self::EqualToJson(_) | Self::EqualToXml(_)
        )
    }

    /// Whether this is `absent`, which wants no value.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// The text that a value must be equal to, case included: what an index can look up.
    pub fn exact_text(&self) -> Option<&str> {
        match self {
            Self::EqualTo(expected) if expected.case_insensitive != Some(true) => {
                Some(&expected.value)
            }
            _ => None,
        }
    }
}

/// Matchers are equal when they print equal.
impl PartialEq for Matcher {
    fn eq(&self, other: &Self) -> bool {
        self.to_json() == other.to_json()
    }
}

impl fmt::Display for Matcher {
    /// The operator and what is expected: `contains abc`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name(), self.expected_text())
    }
}

impl EqualTo {
    fn holds(&self, text: &str) -> bool {
        if self.value == text {
            return true;
        }
        self.case_insensitive == Some(true)
            && (self.value.eq_ignore_ascii_case(text)
                || (!(text.is_ascii() && self.value.is_ascii())
                    && text
                        .chars()
                        .flat_map(char::to_lowercase)
                        .eq(self.value.chars().flat_map(char::to_lowercase))))
    }
}

/// `None` when the expression would take too long.
fn regex_holds(pattern: &JavaRegex, text: &str, events: &mut Events) -> Option<bool> {
    match pattern.matches(text) {
        Ok(holds) => Some(holds),
        Err(error) => {
            events.add(|| SubEvent::warning(error.to_string()));
            None
        }
    }
}

/// The mean, 0.0 of nothing.
pub(crate) fn mean(distances: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = distances.len();
    if count == 0 {
        0.0
    } else {
        distances.sum::<f64>() / count as f64
    }
}
