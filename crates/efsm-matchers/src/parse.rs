//! Matchers from JSON.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use efsm_javatext::JavaRegex;
use serde_json::{Map, Number, Value};

use crate::error::PatternError;
use crate::json::schema::SchemaVersion;
use crate::limits::MATCHER_DEPTH;
use crate::matcher::{BinaryEqualTo, EqualTo, Matcher};
use crate::ops::date_time::{DateOptions, DateRelation};
use crate::ops::equal_to_xml::XmlOptions;
use crate::ops::number::NumberRelation;
use crate::ops::{
    DateTimeMatcher, EqualToJson, EqualToXml, JsonPathMatcher, JsonSchemaMatcher, NumberMatcher,
    XPathMatcher,
};
use crate::path_template::PathTemplate;
use crate::xml::compare::ComparisonType;
use crate::xml::tree::NamespaceAwareness;

/// Whether keys that mean nothing are errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strictness {
    Strict,
    Lenient,
}

type Parsed<T> = Result<T, PatternError>;

/// The operators with the options that each takes beside itself.
const OPERATORS: [(&str, &[&str]); 25] = [
    ("equalTo", &["caseInsensitive"]),
    ("binaryEqualTo", &[]),
    ("equalToJson", &["ignoreArrayOrder", "ignoreExtraElements"]),
    ("matchesJsonPath", &[]),
    ("matchesJsonSchema", &["schemaVersion"]),
    (
        "equalToXml",
        &[
            "enablePlaceholders",
            "placeholderOpeningDelimiterRegex",
            "placeholderClosingDelimiterRegex",
            "exemptedComparisons",
            "ignoreOrderOfSameNode",
            "namespaceAwareness",
        ],
    ),
    ("matchesXPath", &["xPathNamespaces"]),
    ("contains", &[]),
    ("not", &[]),
    ("doesNotContain", &[]),
    ("matches", &[]),
    ("doesNotMatch", &[]),
    ("before", DATE_OPTIONS),
    ("after", DATE_OPTIONS),
    ("equalToDateTime", DATE_OPTIONS),
    ("anything", &[]),
    ("absent", &[]),
    ("and", &[]),
    ("or", &[]),
    ("matchesPathTemplate", &[]),
    ("equalToNumber", &[]),
    ("greaterThanNumber", &[]),
    ("greaterThanEqualNumber", &[]),
    ("lessThanNumber", &[]),
    ("lessThanEqualNumber", &[]),
];

const DATE_OPTIONS: &[&str] = &[
    "actualFormat",
    "truncateExpected",
    "truncateActual",
    "applyTruncationLast",
    "expectedOffset",
    "expectedOffsetUnit",
];

impl Matcher {
    /// Reads a matcher; a key that its operator does not take is an error, and so is a second operator.
    pub fn from_json(value: &Value) -> Parsed<Self> {
        Self::parse(value, Strictness::Strict)
    }

    /// Reads a matcher with WireMock's own tolerance: keys that mean nothing, and every operator but the first, are
    /// passed over.
    pub fn from_json_lenient(value: &Value) -> Parsed<Self> {
        Self::parse(value, Strictness::Lenient)
    }

    pub(crate) fn parse(value: &Value, strictness: Strictness) -> Parsed<Self> {
        Reader {
            strictness,
            depth: 0,
        }
        .matcher(value, &[])
    }
}

/// The operands of `hasExactly` and `includes`.
pub(crate) fn parse_operands(
    operands: &[Value],
    key: &str,
    strictness: Strictness,
) -> Parsed<Arc<[Matcher]>> {
    Reader {
        strictness,
        depth: 0,
    }
    .operands(operands, key)
}

#[derive(Clone, Copy)]
struct Reader {
    strictness: Strictness,
    depth: usize,
}

impl Reader {
    fn deeper(self) -> Parsed<Self> {
        if self.depth == MATCHER_DEPTH {
            return Err(PatternError::new(format!(
                "matchers are nested more than {MATCHER_DEPTH} deep"
            )));
        }
        Ok(Self {
            depth: self.depth + 1,
            ..self
        })
    }

    /// Reads a matcher beside whose keys `also` may stand.
    fn matcher(self, value: &Value, also: &[&str]) -> Parsed<Matcher> {
        let unknown = || PatternError::new(format!("{value} is not a valid match operation"));
        let fields = Fields(value.as_object().ok_or_else(unknown)?);
        let (operator, options) = OPERATORS
            .iter()
            .find(|(operator, _)| *operator == "binaryEqualTo" && fields.0.contains_key(*operator))
            .or_else(|| {
                let mut keys = fields.0.keys();
                keys.find_map(|key| OPERATORS.iter().find(|(operator, _)| operator == key))
            })
            .ok_or_else(unknown)?;
        // Inside of another matcher values are texts.
        if *operator == "binaryEqualTo" && self.depth > 0 {
            return Err(unknown());
        }
        if self.strictness == Strictness::Strict {
            let known =
                |key: &str| key == *operator || options.contains(&key) || also.contains(&key);
            if let Some(key) = fields.0.keys().find(|key| !known(key)) {
                let takes = match options.len() {
                    0 => "takes no options".to_owned(),
                    _ => format!("takes {}", options.join(", ")),
                };
                return Err(PatternError::new(format!(
                    "Unrecognized field \"{key}\"; {operator} {takes}"
                ))
                .within(key));
            }
        }
        self.operator(operator, fields)
    }

    fn operator(self, operator: &str, fields: Fields<'_>) -> Parsed<Matcher> {
        if let Some(relation) = DateRelation::ALL
            .into_iter()
            .find(|relation| relation.operator() == operator)
        {
            return date_time(relation, fields);
        }
        if let Some(relation) = NumberRelation::ALL
            .into_iter()
            .find(|relation| relation.operator() == operator)
        {
            let expected = number(fields.get(operator)).ok_or_else(|| {
                PatternError::new(format!("{operator} has to be a numeric value"))
            })?;
            return Ok(Matcher::Number(Arc::new(NumberMatcher {
                relation,
                expected,
            })));
        }
        let text = || fields.operand(operator);
        let regex = || {
            JavaRegex::new(text()?)
                .map(Arc::new)
                .map_err(|error| PatternError::new(error.to_string()))
        };
        Ok(match operator {
            "equalTo" => Matcher::EqualTo(Arc::new(EqualTo {
                value: text()?.to_owned(),
                case_insensitive: fields.flag("caseInsensitive"),
            })),
            "binaryEqualTo" => Matcher::BinaryEqualTo(Arc::new(binary(text()?)?)),
            "contains" => Matcher::Contains(text()?.into()),
            "doesNotContain" => Matcher::DoesNotContain(text()?.into()),
            "matches" => Matcher::Matches(regex()?),
            "doesNotMatch" => Matcher::DoesNotMatch(regex()?),
            "equalToJson" => Matcher::EqualToJson(Arc::new(EqualToJson::new(
                fields.get(operator),
                fields.flag("ignoreArrayOrder"),
                fields.flag("ignoreExtraElements"),
            )?)),
            "matchesJsonPath" => {
                let (expression, inner) = self.path(operator, fields)?;
                Matcher::JsonPath(Arc::new(JsonPathMatcher::new(expression, inner)?))
            }
            "matchesJsonSchema" => json_schema(fields)?,
            "equalToXml" => equal_to_xml(fields)?,
            "matchesXPath" => {
                let (expression, inner) = self.path(operator, fields)?;
                let namespaces = namespaces(fields.0.get("xPathNamespaces"))?;
                Matcher::XPath(Arc::new(XPathMatcher::new(expression, namespaces, inner)))
            }
            // WireMock does not look at the operand: `false` means absent as well.
            "absent" => Matcher::Absent,
            "anything" => Matcher::Anything(text()?.into()),
            "not" => {
                let inner = self.deeper()?.matcher(fields.get(operator), &[]);
                Matcher::Not(Arc::new(inner.map_err(|error| error.within(operator))?))
            }
            "and" | "or" => self.logical(operator, fields)?,
            _ => Matcher::PathTemplate(Arc::new(PathTemplate::parse(text()?))),
        })
    }

    fn operands(self, operands: &[Value], key: &str) -> Parsed<Arc<[Matcher]>> {
        let reader = self.deeper()?;
        operands
            .iter()
            .enumerate()
            .map(|(index, operand)| {
                reader
                    .matcher(operand, &[])
                    .map_err(|error| error.within(&index.to_string()).within(key))
            })
            .collect()
    }

    fn logical(self, operator: &str, fields: Fields<'_>) -> Parsed<Matcher> {
        let Value::Array(operands) = fields.get(operator) else {
            return Err(PatternError::new(format!(
                "{operator} field must be an array of matchers"
            )));
        };
        let operands = self.operands(operands, operator)?;
        if operands.len() < 2 {
            return Err(PatternError::new(
                "Must be constructed with at least two matchers",
            ));
        }
        Ok(if operator == "and" {
            Matcher::And(operands)
        } else {
            Matcher::Or(operands)
        })
    }

    /// The expression, and the matcher of its results in the advanced form.
    fn path<'v>(self, operator: &str, fields: Fields<'v>) -> Parsed<(&'v str, Option<Matcher>)> {
        let operand = fields.get(operator);
        if let Value::String(expression) = operand {
            return Ok((expression, None));
        }
        let Some(Value::String(expression)) = operand.get("expression") else {
            return Err(PatternError::new(format!(
                "expression is required in the advanced {operator} form"
            )));
        };
        let inner = self.deeper()?.matcher(operand, &["expression"]);
        let inner = inner.map_err(|error| {
            // WireMock points to the outer matcher; deeper places are worth more than that.
            if error.pointer.is_empty() {
                error
            } else {
                error.within(operator)
            }
        })?;
        Ok((expression, Some(inner)))
    }
}

fn json_schema(fields: Fields<'_>) -> Parsed<Matcher> {
    let version = match fields.0.get("schemaVersion") {
        None => SchemaVersion::default(),
        Some(version) => version.as_str().and_then(SchemaVersion::parse).ok_or_else(|| {
            PatternError::new(
                "schemaVersion must be one of [ \"V4\", \"V6\", \"V7\", \"V201909\", \"V202012\" ]",
            )
        })?,
    };
    let matcher = JsonSchemaMatcher::new(fields.get("matchesJsonSchema"), version)?;
    Ok(Matcher::JsonSchema(Arc::new(matcher)))
}

fn equal_to_xml(fields: Fields<'_>) -> Parsed<Matcher> {
    let exempted_comparisons = match fields.0.get("exemptedComparisons") {
        Some(Value::Array(names)) => Some(
            names
                .iter()
                .map(|name| {
                    name.as_str()
                        .and_then(ComparisonType::parse)
                        .ok_or_else(|| {
                            PatternError::new(format!(
                                "No enum constant ComparisonType.{}",
                                bare(name)
                            ))
                        })
                })
                .collect::<Parsed<Vec<_>>>()?,
        ),
        _ => None,
    };
    let namespace_awareness = match fields.0.get("namespaceAwareness") {
        None | Some(Value::Null) => None,
        Some(name) => Some(
            name.as_str()
                .and_then(NamespaceAwareness::parse)
                .ok_or_else(|| {
                    PatternError::new(format!(
                        "No enum constant NamespaceAwareness.{}; use STRICT, LEGACY or NONE",
                        bare(name)
                    ))
                })?,
        ),
    };
    let options = XmlOptions {
        enable_placeholders: fields.flag("enablePlaceholders"),
        opening_delimiter: fields.text("placeholderOpeningDelimiterRegex"),
        closing_delimiter: fields.text("placeholderClosingDelimiterRegex"),
        exempted_comparisons,
        ignore_order_of_same_node: fields.flag("ignoreOrderOfSameNode"),
        namespace_awareness,
    };
    let matcher = EqualToXml::new(fields.operand("equalToXml")?, options)?;
    Ok(Matcher::EqualToXml(Arc::new(matcher)))
}

fn date_time(relation: DateRelation, fields: Fields<'_>) -> Parsed<Matcher> {
    let expected_offset = match fields.0.get("expectedOffset") {
        None | Some(Value::Null) => None,
        Some(amount) => Some(amount.as_i64().ok_or_else(|| {
            PatternError::new(format!("expectedOffset must be an integer, not {amount}"))
        })?),
    };
    let options = DateOptions {
        actual_format: fields.text("actualFormat"),
        truncate_expected: fields.text("truncateExpected"),
        truncate_actual: fields.text("truncateActual"),
        apply_truncation_last: fields.flag("applyTruncationLast") == Some(true),
        expected_offset,
        expected_offset_unit: fields.text("expectedOffsetUnit"),
    };
    let spec = fields.operand(relation.operator())?;
    Ok(Matcher::DateTime(Arc::new(DateTimeMatcher::new(
        relation, spec, options,
    )?)))
}

#[derive(Clone, Copy)]
struct Fields<'v>(&'v Map<String, Value>);

impl<'v> Fields<'v> {
    fn get(self, key: &str) -> &'v Value {
        self.0.get(key).unwrap_or(&Value::Null)
    }

    fn operand(self, operator: &str) -> Parsed<&'v str> {
        self.get(operator).as_str().ok_or_else(|| {
            PatternError::new(format!("{operator} operand must be a non-null string"))
        })
    }

    /// A switch by Jackson's `asBoolean`: also `"true"` and numbers other than zero.
    fn flag(self, key: &str) -> Option<bool> {
        self.0.get(key).map(|value| match value {
            Value::Bool(flag) => *flag,
            Value::String(text) => text.trim() == "true",
            Value::Number(number) => number.as_f64().is_some_and(|number| number.trunc() != 0.0),
            _ => false,
        })
    }

    fn text(self, key: &str) -> Option<String> {
        match self.0.get(key)? {
            Value::Null => None,
            value => Some(bare(value)),
        }
    }
}

/// A string without its quotes, anything else as JSON.
fn bare(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn binary(encoded: &str) -> Parsed<BinaryEqualTo> {
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(encoded.trim())
        .or_else(|_| base64::engine::general_purpose::STANDARD_NO_PAD.decode(encoded.trim()))
        .map_err(|error| {
            PatternError::new(format!("binaryEqualTo operand is not Base64: {error}"))
        })?;
    Ok(BinaryEqualTo {
        encoded: encoded.to_owned(),
        bytes,
    })
}

fn number(value: &Value) -> Option<Number> {
    let number = match value {
        Value::Number(number) => number.clone(),
        Value::String(text) => {
            let text = text.trim();
            match text.parse::<i64>() {
                Ok(integer) => Number::from(integer),
                Err(_) => Number::from_f64(text.parse().ok()?)?,
            }
        }
        _ => return None,
    };
    number
        .as_f64()
        .is_some_and(f64::is_finite)
        .then_some(number)
}

fn namespaces(value: Option<&Value>) -> Parsed<Option<BTreeMap<String, String>>> {
    let Some(Value::Object(fields)) = value else {
        return Ok(None);
    };
    fields
        .iter()
        .map(|(prefix, uri)| match uri {
            Value::String(uri) => Ok((prefix.clone(), uri.clone())),
            _ => Err(PatternError::new(format!(
                "the namespace of the prefix `{prefix}` must be a string"
            ))),
        })
        .collect::<Parsed<_>>()
        .map(Some)
}
