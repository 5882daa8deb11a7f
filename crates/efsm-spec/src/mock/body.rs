//! Bodies checked by the schema of their media type.

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::media;
use super::request::Payload;
use super::styles::{self, Values};
use super::violation::{Severity, Side, Violation};
use crate::model::{Content, Encoding};
use crate::schema::{Checker, Purpose, Root};

/// What is wrong with a body that is there. `media_type` is the whole header.
pub(super) fn check(
    root: &Root,
    side: Side,
    contents: &[Content],
    media_type: Option<&str>,
    body: &mut Payload,
) -> Vec<Violation> {
    let essence = media_type.map(media::essence);
    let described = essence
        .as_deref()
        .and_then(|kind| {
            contents
                .iter()
                .find(|content| media::is_described(kind, &content.media_type))
        })
        .or_else(|| contents.first());
    let Some((content, schema)) =
        described.and_then(|content| Some((content, content.schema.as_ref()?)))
    else {
        return Vec::new();
    };
    let is_form = essence
        .as_deref()
        .is_some_and(|kind| kind == media::FORM || kind == media::MULTIPART);
    if is_form {
        let (Payload::Text(text) | Payload::Json(Value::String(text))) = body else {
            let severity = Severity::Error;
            return vec![Violation::new(side, severity, "Target is not a string").keyword("422")];
        };
        return form(root, side, content, schema, media_type.unwrap_or(""), text);
    }
    let mut other;
    // Nothing is coerced in a body, so that it stays as it is.
    let value = match body {
        Payload::Json(value) => value,
        Payload::Text(text) => {
            other = Value::String(text.clone());
            &mut other
        }
        Payload::Nothing | Payload::Malformed(_) => {
            other = Value::Null;
            &mut other
        }
    };
    let purpose = match side {
        Side::Request => Purpose::Request,
        Side::Response => Purpose::Response,
    };
    told(side, Checker::new(root, purpose).check(schema, value))
}

fn told(side: Side, failures: Vec<crate::schema::Failure>) -> Vec<Violation> {
    failures
        .into_iter()
        .map(|failure| Violation::of_failure(side, "body", failure))
        .collect()
}

fn form(
    root: &Root,
    side: Side,
    content: &Content,
    schema: &Value,
    media_type: &str,
    text: &str,
) -> Vec<Violation> {
    let is_multipart = media::essence(media_type) == media::MULTIPART;
    let fields = if content.media_type == media::MULTIPART && is_multipart {
        let Some(boundary) = media::parameter(media_type, "boundary") else {
            return vec![Violation::error("Boundary parameter for multipart/form-data is not defined or generated in the request header. Try removing manually defined content-type from your request header if it exists.").status(415)];
        };
        parts(text, &boundary)
    } else {
        pairs(text)
    };
    let reserved: Vec<Violation> = content
        .encodings
        .iter()
        .filter(|encoding| !encoding.allows_reserved)
        .filter(|encoding| {
            fields.iter().any(|(name, value)| {
                *name == encoding.property && value.contains(|c| "/?#[]@!$&'()*+,;=".contains(c))
            })
        })
        .map(|encoding| {
            Violation::error("Reserved characters used in request body")
                .at(&["body", &encoding.property])
        })
        .collect();
    if !reserved.is_empty() {
        return reserved;
    }
    let is_encoded = media::essence(&content.media_type) == media::FORM;
    let decoded: Vec<(String, String)> = fields
        .into_iter()
        .map(|(name, value)| (decoded(&name, false), decoded(&value, is_encoded)))
        .collect();
    let mut value = match assembled(root, schema, &content.encodings, decoded) {
        Ok(value) => value,
        Err(violation) => return vec![violation],
    };
    // Prism reads the fields of a form as it reads parameters: numbers may be written as text.
    told(
        side,
        Checker::new(root, Purpose::Form).check(schema, &mut value),
    )
}

/// The fields of a form as texts; `None` for a body that is no form.
pub(super) fn fields_of(media_type: &str, text: &str) -> Option<Value> {
    let essence = media::essence(media_type);
    let fields = match &*essence {
        media::FORM => pairs(text),
        media::MULTIPART => parts(text, &media::parameter(media_type, "boundary")?),
        _ => return None,
    };
    let is_encoded = essence == media::FORM;
    let fields = fields
        .into_iter()
        .map(|(name, value)| (decoded(&name, false), decoded(&value, is_encoded).into()));
    Some(Value::Object(fields.collect()))
}

fn decoded(text: &str, plus_is_space: bool) -> String {
    let text = if plus_is_space {
        text.replace('+', " ")
    } else {
        text.to_owned()
    };
    match percent_decode_str(&text).decode_utf8() {
        Ok(decoded) => decoded.into_owned(),
        Err(_) => text.clone(),
    }
}

/// The pairs of a form, still encoded; of a name that is given twice, the last.
fn pairs(text: &str) -> Vec<(String, String)> {
    let mut fields: Vec<(String, String)> = Vec::new();
    for pair in text.split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        set(&mut fields, name, value.to_owned());
    }
    fields
}

fn set(fields: &mut Vec<(String, String)>, name: &str, value: String) {
    match fields.iter_mut().find(|(own, _)| own == name) {
        Some((_, own)) => *own = value,
        None => fields.push((name.to_owned(), value)),
    }
}

/// The parts of a multipart body by their names.
fn parts(text: &str, boundary: &str) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    for part in text.split(&format!("--{boundary}")).skip(1) {
        if part.starts_with("--") {
            break;
        }
        let part = part
            .strip_prefix("\r\n")
            .or_else(|| part.strip_prefix('\n'))
            .unwrap_or(part);
        let (head, content) = part
            .split_once("\r\n\r\n")
            .or_else(|| part.split_once("\n\n"))
            .unwrap_or((part, ""));
        let content = content
            .strip_suffix("\r\n")
            .or_else(|| content.strip_suffix('\n'))
            .unwrap_or(content);
        let name = head
            .lines()
            .filter(|line| {
                line.to_ascii_lowercase()
                    .starts_with("content-disposition:")
            })
            .find_map(|line| {
                line.split(';').find_map(|parameter| {
                    let name = parameter.trim().strip_prefix("name=")?;
                    Some(name.trim_matches('"').to_owned())
                })
            });
        if let Some(name) = name {
            set(&mut fields, &name, content.to_owned());
        }
    }
    fields
}

/// The object that a form's fields make: the properties of its schema, each in its style.
fn assembled(
    root: &Root,
    schema: &Value,
    encodings: &[Encoding],
    fields: Vec<(String, String)>,
) -> Result<Value, Violation> {
    let properties = root
        .follow(schema)
        .and_then(|schema| schema.get("properties"))
        .and_then(Value::as_object);
    let Some(properties) = properties else {
        let fields = fields.into_iter().map(|(name, value)| (name, value.into()));
        return Ok(Value::Object(fields.collect()));
    };
    let values = Values(
        fields
            .iter()
            .map(|(name, value)| (name.clone(), vec![value.clone()]))
            .collect(),
    );
    let mut object = Map::new();
    for (property, own) in properties {
        let encoding = encodings
            .iter()
            .find(|encoding| encoding.property == *property);
        let value = match encoding {
            Some(encoding) => {
                let value = styles::styled(
                    root,
                    encoding.style,
                    encoding.explode,
                    property,
                    Some(own),
                    &values,
                );
                let value = value.map_err(|message| Violation::error(message).status(415))?;
                value
                    .map(|value| objects_of(root, own, value))
                    .transpose()?
            }
            None => fields
                .iter()
                .find(|(name, _)| name == property)
                .map(|(_, value)| Value::String(value.clone())),
        };
        if let Some(value) = value {
            object.insert(property.clone(), value);
        }
    }
    Ok(Value::Object(object))
}

/// Items that are objects are written as JSON, whose own commas split them too early.
fn objects_of(root: &Root, schema: &Value, value: Value) -> Result<Value, Violation> {
    let are_objects = root
        .follow(schema)
        .and_then(|schema| schema.get("items"))
        .is_some_and(|items| styles::shape(root, Some(items)) == styles::Shape::Object);
    let Value::Array(items) = value else {
        return Ok(value);
    };
    if !are_objects {
        return Ok(Value::Array(items));
    }
    let mut objects = Vec::new();
    let mut open = String::new();
    for item in items.iter().filter_map(Value::as_str) {
        if !open.is_empty() {
            open.push(',');
        }
        open.push_str(item);
        if let Ok(object) = serde_json::from_str(&open) {
            objects.push(object);
            open.clear();
        }
    }
    if open.is_empty() {
        return Ok(Value::Array(objects));
    }
    Err(Violation::error("Cannot deserialize JSON object array in form data request body. Make sure the array is in JSON").status(415))
}

/// What is wrong with a response that has no body: a schema that names types has none for it.
pub(super) fn nothing(
    root: &Root,
    contents: &[Content],
    media_type: Option<&str>,
) -> Vec<Violation> {
    let essence = media_type.map(media::essence);
    let described = essence
        .as_deref()
        .and_then(|kind| {
            contents
                .iter()
                .find(|content| media::is_described(kind, &content.media_type))
        })
        .or_else(|| contents.first());
    let kind = described
        .and_then(|content| root.follow(content.schema.as_ref()?))
        .and_then(|schema| schema.get("type"));
    let types = match kind {
        Some(Value::String(one)) => one.clone(),
        Some(Value::Array(many)) => {
            let many: Vec<&str> = many.iter().filter_map(Value::as_str).collect();
            many.join(",")
        }
        _ => return Vec::new(),
    };
    let failure = crate::schema::Failure {
        path: Vec::new(),
        keyword: "type",
        message: format!("must be {types}"),
    };
    told(Side::Response, vec![failure])
}
