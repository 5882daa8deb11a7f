//! JSON as text and as values.

use std::sync::Arc;

use crate::render::{Call, Failure, Outcome, kind, printed_error, refuse, variable};
use crate::value::json::{self, JsonStyle};
use crate::{Map, Value};

/// `{{parseJson text 'name'}}`, `{{#parseJson 'name'}}…{{/parseJson}}`: a value, given to a variable when it
/// is named.
pub(super) fn parse_json(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    if call.explicit && call.context.is_null() {
        return Ok(Value::from(Map::default()).into());
    }
    let (text, name): (Arc<str>, Option<Value>) = if call.is_block() {
        let body = call.body()?;
        let name = call.explicit.then(|| call.context.clone());
        let name = match name {
            Some(name) => Some(Value::Text(call.text(&name)?)),
            None => None,
        };
        (body.into(), name)
    } else if !call.explicit {
        return Ok(printed_error("Missing required JSON string parameter"));
    } else {
        (call.context_text()?, call.param(0).cloned())
    };
    let trimmed = text.trim();
    call.renderer.reserve(trimmed.len())?;
    let value = if trimmed.is_empty() {
        Value::from(Map::default())
    } else {
        match json::parse_json(trimmed) {
            Ok(value @ (Value::Map(_) | Value::List(_))) => value,
            Ok(other) => {
                return refuse(format!(
                    "the JSON must be an object or an array, but is {}",
                    kind(&other)
                ));
            }
            Err(error) => return refuse(format!("the text is not JSON: {error}")),
        }
    };
    match name {
        Some(name) => {
            let name = variable(&name)?;
            call.renderer.assign(name, value);
            Ok(Outcome::Value(Value::Null))
        }
        None => Ok(Outcome::Value(value)),
    }
}

/// `{{toJson value}}`: indented, without the entries of maps that are null.
pub(super) fn to_json(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    if call.context.is_null() {
        return Ok("".into());
    }
    let context = call.context.clone();
    Ok(written(call, &context, JsonStyle::PrettyWithoutNulls)?.into())
}

/// A value as JSON.
pub(super) fn written(
    call: &mut Call<'_, '_>,
    value: &Value,
    style: JsonStyle,
) -> Result<String, Failure> {
    let mut out = String::new();
    call.renderer
        .write(&mut out, &json::Shown { value, style }, false)?;
    Ok(out)
}

/// What `formatJson` and `formatXml` share.
pub(super) struct Formatting {
    pub(super) text: Arc<str>,
    pub(super) pretty: bool,
}

/// The text and the layout that a formatting helper was given, or what it prints instead.
pub(super) fn formatting(
    call: &mut Call<'_, '_>,
    helper: &str,
    language: &str,
) -> Result<Result<Formatting, Outcome>, Failure> {
    let text: Arc<str> = if call.is_block() {
        call.body()?.trim().into()
    } else {
        match &call.context {
            Value::Text(text) => text.trim().into(),
            _ => "".into(),
        }
    };
    if text.is_empty() {
        return Ok(Err(printed_error(format!(
            "{helper} should take a block of {language} to format or a single parameter of type String"
        ))));
    }
    let pretty = match call.hash("format").cloned() {
        None => true,
        Some(Value::Text(format)) if &*format == "pretty" => true,
        Some(Value::Text(format)) if &*format == "compact" => false,
        Some(Value::Text(format)) => {
            return Ok(Err(printed_error(format!(
                "{helper}: format [{format}] should be one of [pretty, compact]"
            ))));
        }
        Some(other) => {
            let shown = call.text(&other)?;
            let class = java_class(&other);
            return Ok(Err(printed_error(format!(
                "{helper}: format [{shown}] of type [{class} should be a Format or a String and one of [pretty, compact]]"
            ))));
        }
    };
    Ok(Ok(Formatting { text, pretty }))
}

fn java_class(value: &Value) -> &'static str {
    match value {
        Value::Bool(_) => "java.lang.Boolean",
        Value::Int(_) => "java.lang.Integer",
        Value::Float(_) => "java.lang.Double",
        Value::List(_) => "java.util.ArrayList",
        Value::Map(_) => "java.util.LinkedHashMap",
        _ => "java.lang.Object",
    }
}

/// `{{#formatJson format='compact'}}…{{/formatJson}}`.
pub(super) fn format_json(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    let Formatting { text, pretty } = match formatting(call, "formatJson", "JSON")? {
        Ok(formatting) => formatting,
        Err(printed) => return Ok(printed),
    };
    call.renderer.reserve(text.len())?;
    let style = if pretty {
        JsonStyle::Pretty
    } else {
        JsonStyle::Compact
    };
    match json::parse_json(&text) {
        Ok(value) => Ok(written(call, &value, style)?.into()),
        Err(error) if pretty => refuse(format!("the text is not JSON: {error}")),
        Err(_) => Ok(printed_error(
            "There was an error parsing the json. Please make sure the json is valid",
        )),
    }
}
