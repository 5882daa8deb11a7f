//! JSON as JavaScript writes it: a mock of Prism is compared byte by byte.

use serde_json::Value;

/// The text of a value, without spaces.
pub fn text(value: &Value) -> String {
    let mut out = String::new();
    write(value, &mut out);
    out
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Number(_) => out.push_str(&number(value)),
        Value::Array(items) => {
            out.push('[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        Value::Object(fields) => {
            out.push('{');
            for (place, (name, field)) in fields.iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                write(&Value::String(name.clone()), out);
                out.push(':');
                write(field, out);
            }
            out.push('}');
        }
        // Null, booleans and texts are written alike.
        other => out.push_str(&other.to_string()),
    }
}

/// A number: whole ones without a point, great ones with `e+`.
pub(crate) fn number(value: &Value) -> String {
    let Some(float) = value.as_f64().filter(|_| value.is_f64()) else {
        return value.to_string();
    };
    let size = float.abs();
    if float == 0.0 {
        return "0".to_owned();
    }
    if (1e-6..1e21).contains(&size) {
        return format!("{float}");
    }
    let text = format!("{float:e}");
    match text.split_once('e') {
        Some((digits, power)) if !power.starts_with('-') => format!("{digits}e+{power}"),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_are_written_as_javascript_writes_them() {
        for (value, expected) in [
            (json!(10.0), "10"),
            (json!(-0.0), "0"),
            (json!(0.1), "0.1"),
            (json!(1e21), "1e+21"),
            (json!(1.5e300), "1.5e+300"),
            (json!(1e-7), "1e-7"),
            (
                json!(123_456_789_012_345_680_000.0),
                "123456789012345680000",
            ),
            (json!(f64::MIN), "-1.7976931348623157e+308"),
            (json!(7), "7"),
        ] {
            assert_eq!(number(&value), expected);
        }
        assert_eq!(
            text(&json!({"a": [1.0, null, "x\""], "b": {}})),
            r#"{"a":[1,null,"x\""],"b":{}}"#
        );
    }
}
