//! Matchers as WireMock prints them: only what was given, in its order.

use serde_json::{Map, Value};

use crate::matcher::Matcher;
use crate::xml::tree::NamespaceAwareness;

impl Matcher {
    /// The matcher as WireMock prints it; [`Matcher::from_json`] reads it back to an equal matcher.
    ///
    /// Some spellings are unified on the way: `absent` is always `true`, `anything` says `anything`, a schema is
    /// printed as text with its version, `now` with its offset.
    pub fn to_json(&self) -> Value {
        let mut fields = Fields::default();
        let name = self.name();
        match self {
            Self::EqualTo(expected) => {
                fields.put(name, expected.value.as_str());
                fields.put_some("caseInsensitive", expected.case_insensitive);
            }
            Self::BinaryEqualTo(expected) => fields.put(name, expected.encoded.as_str()),
            Self::Contains(text) | Self::DoesNotContain(text) => fields.put(name, &**text),
            Self::Matches(pattern) | Self::DoesNotMatch(pattern) => {
                fields.put(name, pattern.as_str());
            }
            Self::EqualToJson(expected) => {
                fields.put(name, expected.operand.clone());
                fields.put_some("ignoreArrayOrder", expected.ignore_array_order);
                fields.put_some("ignoreExtraElements", expected.ignore_extra_elements);
            }
            Self::JsonPath(expected) => {
                fields.put(name, path(&expected.expression, expected.inner.as_ref()));
            }
            Self::XPath(expected) => {
                fields.put(name, path(&expected.expression, expected.inner.as_ref()));
                let namespaces = expected.namespaces.as_ref().map(|namespaces| {
                    namespaces
                        .iter()
                        .map(|(prefix, uri)| (prefix.clone(), Value::from(uri.as_str())))
                        .collect::<Map<_, _>>()
                });
                fields.put_some("xPathNamespaces", namespaces);
            }
            Self::JsonSchema(expected) => {
                fields.put(name, expected.text.as_str());
                fields.put("schemaVersion", expected.version.as_str());
            }
            Self::EqualToXml(expected) => {
                let options = &expected.options;
                fields.put(name, expected.text.as_str());
                fields.put_some("enablePlaceholders", options.enable_placeholders);
                fields.put_some(
                    "placeholderOpeningDelimiterRegex",
                    options.opening_delimiter.clone(),
                );
                fields.put_some(
                    "placeholderClosingDelimiterRegex",
                    options.closing_delimiter.clone(),
                );
                let exempted = options.exempted_comparisons.as_ref();
                fields.put_some(
                    "exemptedComparisons",
                    exempted
                        .map(|kinds| kinds.iter().map(|kind| kind.as_str()).collect::<Vec<_>>()),
                );
                fields.put_some("ignoreOrderOfSameNode", options.ignore_order_of_same_node);
                fields.put_some(
                    "namespaceAwareness",
                    options.namespace_awareness.map(NamespaceAwareness::as_str),
                );
            }
            Self::DateTime(expected) => {
                let options = &expected.options;
                fields.put(name, expected.expected_text());
                fields.put_some("actualFormat", options.actual_format.clone());
                fields.put_some("truncateExpected", options.truncate_expected.clone());
                fields.put_some("truncateActual", options.truncate_actual.clone());
                fields.put_some(
                    "applyTruncationLast",
                    options.apply_truncation_last.then_some(true),
                );
                if let Some((amount, unit)) = expected.hidden_offset() {
                    fields.put("expectedOffset", amount);
                    fields.put("expectedOffsetUnit", unit);
                }
            }
            Self::Number(expected) => fields.put(name, Value::Number(expected.expected.clone())),
            Self::Absent => fields.put(name, true),
            Self::Anything(_) => fields.put(name, "anything"),
            Self::Not(inner) => fields.put(name, inner.to_json()),
            Self::And(operands) | Self::Or(operands) => {
                fields.put(name, operands.iter().map(Self::to_json).collect::<Vec<_>>());
            }
            Self::PathTemplate(template) => fields.put(name, template.as_str()),
        }
        Value::Object(fields.0)
    }
}

#[derive(Default)]
struct Fields(Map<String, Value>);

impl Fields {
    fn put(&mut self, key: &str, value: impl Into<Value>) {
        self.0.insert(key.to_owned(), value.into());
    }

    fn put_some(&mut self, key: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.put(key, value);
        }
    }
}

/// A bare expression, or an object which adds the inner matcher's own fields.
fn path(expression: &str, inner: Option<&Matcher>) -> Value {
    let Some(inner) = inner else {
        return Value::from(expression);
    };
    let mut fields = Map::from_iter([("expression".to_owned(), Value::from(expression))]);
    if let Value::Object(inner) = inner.to_json() {
        fields.extend(inner);
    }
    Value::Object(fields)
}
