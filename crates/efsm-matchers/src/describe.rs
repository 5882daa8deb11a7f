//! Matchers in words: names, expectations, and the two columns of a diff.

use crate::json::print::pretty;
use crate::json::read::Dialect;
use crate::matcher::Matcher;
use crate::ops::date_time::DateRelation;
use crate::ops::number::NumberRelation;
use crate::subject::Subject;
use efsm_xml::dom::ROOT;
use efsm_xml::print::pretty as pretty_xml;

impl Matcher {
    /// The operator's key in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Self::EqualTo(_) => "equalTo",
            Self::BinaryEqualTo(_) => "binaryEqualTo",
            Self::Contains(_) => "contains",
            Self::DoesNotContain(_) => "doesNotContain",
            Self::Matches(_) => "matches",
            Self::DoesNotMatch(_) => "doesNotMatch",
            Self::EqualToJson(_) => "equalToJson",
            Self::JsonPath(_) => "matchesJsonPath",
            Self::JsonSchema(_) => "matchesJsonSchema",
            Self::EqualToXml(_) => "equalToXml",
            Self::XPath(_) => "matchesXPath",
            Self::DateTime(expected) => DateRelation::operator(expected.relation),
            Self::Number(expected) => NumberRelation::operator(expected.relation),
            Self::Absent => "absent",
            Self::Anything(_) => "anything",
            Self::Not(_) => "not",
            Self::And(_) => "and",
            Self::Or(_) => "or",
            Self::PathTemplate(_) => "matchesPathTemplate",
        }
    }

    /// What is expected, without the operator: JSON and XML pretty-printed, `(absent)` for nothing.
    pub fn expected_text(&self) -> String {
        match self {
            Self::EqualTo(expected) => expected.value.clone(),
            Self::BinaryEqualTo(expected) => expected.encoded.clone(),
            Self::Contains(text) | Self::DoesNotContain(text) | Self::Anything(text) => {
                text.to_string()
            }
            Self::Matches(pattern) | Self::DoesNotMatch(pattern) => pattern.as_str().to_owned(),
            Self::EqualToJson(expected) => expected.expected_text(),
            Self::JsonPath(expected) => expected.expression.clone(),
            Self::JsonSchema(expected) => expected.expected_text(),
            Self::EqualToXml(expected) => expected.expected_text(),
            Self::XPath(expected) => expected.expression.clone(),
            Self::DateTime(expected) => expected.expected_text(),
            Self::Number(expected) => expected.expected_text(),
            Self::Absent => "(absent)".to_owned(),
            Self::Not(inner) => inner.expected_text(),
            Self::And(operands) => joined(operands, " AND "),
            Self::Or(operands) => joined(operands, " OR "),
            Self::PathTemplate(template) => template.as_str().to_owned(),
        }
    }

    /// The left column of a diff for a body: the operator in brackets in a line of its own, then what is expected.
    ///
    /// Paths are in one line (`$.a [equalTo] 7`), bytes are Base64 without an operator.
    pub fn body_text(&self) -> String {
        let path = |expression: &str, inner: Option<&Matcher>| match inner {
            Some(inner) => format!("{expression} [{}] {}", inner.name(), inner.expected_text()),
            None => expression.to_owned(),
        };
        match self {
            Self::JsonPath(expected) => path(&expected.expression, expected.inner.as_ref()),
            Self::XPath(expected) => path(&expected.expression, expected.inner.as_ref()),
            Self::BinaryEqualTo(expected) => expected.encoded.clone(),
            _ => format!("[{}]\n{}", self.name(), self.expected_text()),
        }
    }

    /// The right column of a diff: JSON and XML pretty-printed for the operators that compare them, the result of a
    /// path with a sub-matcher, Base64 for `binaryEqualTo`, else the text; `None` for no value, or a path that
    /// finds nothing.
    pub fn actual_text(&self, subject: &Subject<'_>) -> Option<String> {
        let text = || subject.as_text().unwrap_or_default().to_owned();
        Some(match self {
            Self::EqualToJson(_) => match subject.as_json(Dialect::Jackson) {
                Some(Ok(value)) => pretty(value),
                _ => text(),
            },
            Self::EqualToXml(_) => match subject.as_xml() {
                Some(Ok(document)) => pretty_xml(document, ROOT, false),
                _ => text(),
            },
            Self::JsonPath(expected) if expected.inner.is_some() => {
                return expected.result_text(subject);
            }
            Self::XPath(expected) if expected.inner.is_some() => {
                return expected.result_text(subject);
            }
            Self::BinaryEqualTo(_) => {
                use base64::Engine as _;
                base64::engine::general_purpose::STANDARD
                    .encode(subject.as_bytes().unwrap_or_default())
            }
            _ => return subject.as_text().map(str::to_owned),
        })
    }
}

fn joined(operands: &[Matcher], word: &str) -> String {
    operands
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(word)
}
