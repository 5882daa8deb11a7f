//! Jackson's default pretty printer.

use serde_json::Value;

use crate::text::java_number;

/// The document with two spaces a level, `"key" : value`, and arrays in one line.
pub(crate) fn pretty(value: &Value) -> String {
    let mut text = String::new();
    write(value, 0, &mut text);
    text
}

/// The document without any white space, as Java's `JSONArray.toString` gives it.
pub(crate) fn compact(value: &Value) -> String {
    value.to_string()
}

fn write(value: &Value, level: usize, text: &mut String) {
    match value {
        Value::Object(fields) if fields.is_empty() => text.push_str("{ }"),
        Value::Object(fields) => {
            text.push('{');
            for (index, (key, field)) in fields.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                line(level + 1, text);
                text.push_str(&quoted(key));
                text.push_str(" : ");
                write(field, level + 1, text);
            }
            line(level, text);
            text.push('}');
        }
        Value::Array(items) if items.is_empty() => text.push_str("[ ]"),
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                text.push_str(if index > 0 { ", " } else { " " });
                write(item, level, text);
            }
            text.push_str(" ]");
        }
        Value::Number(number) => text.push_str(&java_number(number)),
        Value::String(string) => text.push_str(&quoted(string)),
        Value::Bool(_) | Value::Null => text.push_str(&value.to_string()),
    }
}

fn line(level: usize, text: &mut String) {
    text.push('\n');
    for _ in 0..level {
        text.push_str("  ");
    }
}

/// A JSON string literal.
pub(crate) fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn objects_break_lines_and_arrays_do_not() {
        let value = json!({"a": 1, "b": [1, {"c": []}], "d": {}});
        assert_eq!(
            pretty(&value),
            "{\n  \"a\" : 1,\n  \"b\" : [ 1, {\n    \"c\" : [ ]\n  } ],\n  \"d\" : { }\n}"
        );
    }
}
