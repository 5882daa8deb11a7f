//! Values as the bodies of their media types.

use serde_json::Value;

use super::media;
use super::problem::Problem;

/// The text of a body; `None` is nothing at all.
pub(super) fn body(value: Option<&Value>, media_type: Option<&str>) -> Result<String, Problem> {
    let Some(value) = value else {
        return Ok(String::new());
    };
    let media_type = media_type.unwrap_or("");
    if media::is_json(media_type) {
        return Ok(crate::json::text(value));
    }
    if media::is_xml(media_type) {
        return Ok(match value {
            Value::String(text) => text.clone(),
            value => xml(value),
        });
    }
    if let Value::String(text) = value {
        return Ok(text.clone());
    }
    if media::is_text(media_type) {
        let message = "Cannot serialise complex objects as text";
        return Err(Problem::new(
            "NO_COMPLEX_OBJECT_TEXT",
            500,
            message,
            message,
        ));
    }
    if value.is_null() {
        return Ok(String::new());
    }
    // Prism knows no more and answers 500; JSON is what whoever described an object for such a type can read.
    Ok(crate::json::text(value))
}

/// Elements named as the fields are, below one called `xml`.
fn xml(value: &Value) -> String {
    let mut out = String::new();
    element("xml", value, &mut out);
    out
}

fn element(name: &str, value: &Value, out: &mut String) {
    match value {
        Value::Array(items) => {
            for item in items {
                element(name, item, out);
            }
        }
        Value::Null => {
            out.push('<');
            out.push_str(name);
            out.push_str("/>");
        }
        value => {
            out.push('<');
            out.push_str(name);
            out.push('>');
            content(value, out);
            out.push_str("</");
            out.push_str(name);
            out.push('>');
        }
    }
}

fn content(value: &Value, out: &mut String) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                if name == "#text" {
                    content(field, out);
                } else {
                    element(name, field, out);
                }
            }
        }
        Value::String(text) => {
            for c in text.chars() {
                match c {
                    '&' => out.push_str("&amp;"),
                    '<' => out.push_str("&lt;"),
                    '>' => out.push_str("&gt;"),
                    '"' => out.push_str("&quot;"),
                    '\'' => out.push_str("&apos;"),
                    c => out.push(c),
                }
            }
        }
        value => out.push_str(&crate::json::text(value)),
    }
}
