//! Reading the JSON documents of the admin API: typed values, and errors that point at the field.

use serde_json::{Map, Value};

use crate::error::DocumentError;

type Result<T> = std::result::Result<T, DocumentError>;

/// A value in a document, and where it stands.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    pub value: &'a Value,
    parent: Option<&'a Place<'a>>,
    step: Step<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Step<'a> {
    Name(&'a str),
    Index(usize),
}

/// Parses a document's text.
pub fn parse(text: &[u8]) -> Result<Value> {
    if text.iter().all(u8::is_ascii_whitespace) {
        return Err(DocumentError::new(
            "/",
            "No content to map due to end-of-input",
        ));
    }
    // What Jackson forgives is forgiven here too: comments, single quotes, text after the document.
    serde_json::from_slice(text).or_else(|_| {
        efsm_matchers::read_document(&String::from_utf8_lossy(text)).map_err(|detail| {
            DocumentError {
                pointer: None,
                detail,
            }
        })
    })
}

impl<'a> Place<'a> {
    /// The whole document.
    pub fn root(value: &'a Value) -> Self {
        Self {
            value,
            parent: None,
            step: Step::Name(""),
        }
    }

    pub fn field(&'a self, name: &'a str, value: &'a Value) -> Self {
        Self {
            value,
            parent: Some(self),
            step: Step::Name(name),
        }
    }

    pub fn item(&'a self, index: usize, value: &'a Value) -> Self {
        Self {
            value,
            parent: Some(self),
            step: Step::Index(index),
        }
    }

    /// `/request/headers/Accept`; `/` for the whole document.
    pub fn pointer(&self) -> String {
        let mut steps = Vec::new();
        let mut place = Some(self);
        while let Some(at) = place {
            if at.parent.is_some() {
                steps.push(match at.step {
                    Step::Name(name) => name.to_owned(),
                    Step::Index(index) => index.to_string(),
                });
            }
            place = at.parent;
        }
        steps.reverse();
        format!("/{}", steps.join("/"))
    }

    pub fn error(&self, detail: impl Into<String>) -> DocumentError {
        DocumentError::new(self.pointer(), detail)
    }

    /// The error for a field that `class` does not have.
    pub fn unknown(&self, name: &str, class: &str) -> DocumentError {
        self.field(name, self.value).error(format!(
            "Unrecognized field \"{name}\" (class com.github.tomakehurst.wiremock.{class}), not marked as ignorable"
        ))
    }

    /// An object's members; `what` names the type that is expected.
    pub fn object(&self, what: &str) -> Result<&'a Map<String, Value>> {
        self.value.as_object().ok_or_else(|| self.mismatch(what))
    }

    pub fn array(&self, what: &str) -> Result<&'a Vec<Value>> {
        self.value.as_array().ok_or_else(|| self.mismatch(what))
    }

    /// Text; a number or boolean is taken as its text.
    pub fn text(&self) -> Result<String> {
        match self.value {
            Value::String(text) => Ok(text.clone()),
            Value::Number(_) | Value::Bool(_) => Ok(self.value.to_string()),
            _ => Err(self.mismatch("java.lang.String")),
        }
    }

    /// Text, or `None` for null.
    pub fn optional_text(&self) -> Result<Option<String>> {
        if self.value.is_null() {
            return Ok(None);
        }
        self.text().map(Some)
    }

    pub fn boolean(&self) -> Result<bool> {
        match self.value {
            Value::Bool(value) => Ok(*value),
            Value::String(text) if text.eq_ignore_ascii_case("true") => Ok(true),
            Value::String(text) if text.eq_ignore_ascii_case("false") => Ok(false),
            Value::Null => Ok(false),
            Value::String(text) => Err(self.error(format!(
                "Cannot deserialize value of type `java.lang.Boolean` from String {text:?}: only \"true\" or \"false\" recognized"
            ))),
            _ => Err(self.mismatch("java.lang.Boolean")),
        }
    }

    /// A whole number in `range`.
    pub fn integer(&self, range: std::ops::RangeInclusive<i64>) -> Result<i64> {
        let number = match self.value {
            Value::Number(number) => number
                .as_i64()
                .or_else(|| number.as_f64().map(|float| float as i64)),
            Value::String(text) => text.trim().parse().ok(),
            _ => return Err(self.mismatch("java.lang.Integer")),
        };
        let Some(number) = number else {
            return Err(self.error(format!(
                "Cannot deserialize value of type `java.lang.Integer` from String {}: not a valid `java.lang.Integer` value",
                self.value
            )));
        };
        if range.contains(&number) {
            Ok(number)
        } else {
            Err(self.error(format!(
                "{number} is out of range: it must be between {} and {}",
                range.start(),
                range.end()
            )))
        }
    }

    pub fn number(&self) -> Result<f64> {
        match self.value {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        }
        .ok_or_else(|| self.mismatch("double"))
    }

    pub fn texts(&self) -> Result<Vec<String>> {
        self.array("java.util.ArrayList<java.lang.String>")?
            .iter()
            .enumerate()
            .map(|(index, value)| self.item(index, value).text())
            .collect()
    }

    pub fn uuid(&self) -> Result<uuid::Uuid> {
        let text = self.text()?;
        uuid::Uuid::try_parse(&text).map_err(|_| {
            self.error(format!(
                "Cannot deserialize value of type `java.util.UUID` from String {text:?}: UUID has to be represented by standard 36-char representation"
            ))
        })
    }

    /// The error for a value that is no `what`, as Jackson words it for a class, a collection or a scalar.
    pub fn mismatch(&self, what: &str) -> DocumentError {
        let of_java = what.starts_with("java.") || matches!(what, "int" | "boolean" | "double");
        let collection = !of_java && matches!(what, "common.Metadata" | "common.Parameters");
        let class = if of_java {
            what.to_owned()
        } else {
            format!("com.github.tomakehurst.wiremock.{what}")
        };
        let made_of = match self.value {
            Value::String(text) => Some(("String", format!("String value ('{text}')"))),
            Value::Bool(flag) => Some(("boolean/Boolean", format!("boolean value ({flag})"))),
            Value::Number(number) if number.is_f64() => {
                Some(("double/Double", format!("Number value ({number})")))
            }
            Value::Number(number) => Some(("int/Int", format!("Number value ({number})"))),
            _ => None,
        };
        if let Some((argument, found)) = made_of.filter(|_| !of_java && !collection) {
            return self.error(format!(
                "Cannot construct instance of `{class}` (although at least one Creator exists): no \
                 {argument}-argument constructor/factory method to deserialize from {found}"
            ));
        }
        let found = match self.value {
            Value::Null => "Null value (token `JsonToken.VALUE_NULL`)",
            Value::Bool(true) => "Boolean value (token `JsonToken.VALUE_TRUE`)",
            Value::Bool(false) => "Boolean value (token `JsonToken.VALUE_FALSE`)",
            Value::Number(number) if number.is_f64() => {
                "Floating-point value (token `JsonToken.VALUE_NUMBER_FLOAT`)"
            }
            Value::Number(_) => "Integer value (token `JsonToken.VALUE_NUMBER_INT`)",
            Value::String(_) => "String value (token `JsonToken.VALUE_STRING`)",
            Value::Array(_) => "Array value (token `JsonToken.START_ARRAY`)",
            Value::Object(_) => "Object value (token `JsonToken.START_OBJECT`)",
        };
        self.error(format!(
            "Cannot deserialize value of type `{class}` from {found}"
        ))
    }
}
