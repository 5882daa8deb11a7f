//! YAML from JSON values: blocks, and quotes where a plain word could be read as something else.

use std::fmt::Write as _;

use serde_json::Value;

/// Several documents, each begun by `---`.
pub(super) fn documents(values: &[Value]) -> String {
    let mut text = String::new();
    for value in values {
        text.push_str("---\n");
        block(&mut text, value, 0);
    }
    text
}

fn block(text: &mut String, value: &Value, indent: usize) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (key, value) in map {
                indented(text, indent);
                text.push_str(&scalar(&Value::from(key.as_str())));
                text.push(':');
                member(text, value, indent);
            }
        }
        Value::Array(list) if !list.is_empty() => {
            for item in list {
                indented(text, indent);
                text.push('-');
                if matches!(item, Value::Object(map) if !map.is_empty()) {
                    // The first key stands behind the dash.
                    let mut inner = String::new();
                    block(&mut inner, item, indent + 1);
                    text.push(' ');
                    text.push_str(inner.trim_start());
                } else {
                    member(text, item, indent);
                }
            }
        }
        value => {
            indented(text, indent);
            text.push_str(&scalar(value));
            text.push('\n');
        }
    }
}

/// What follows `key:` or `-`.
fn member(text: &mut String, value: &Value, indent: usize) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            text.push('\n');
            block(text, value, indent + 1);
        }
        Value::Array(list) if !list.is_empty() => {
            text.push('\n');
            block(text, value, indent + 1);
        }
        Value::String(lines) if is_literal(lines) => {
            text.push_str(" |\n");
            for line in lines.lines() {
                if !line.is_empty() {
                    indented(text, indent + 1);
                }
                text.push_str(line);
                text.push('\n');
            }
        }
        value => {
            text.push(' ');
            text.push_str(&scalar(value));
            text.push('\n');
        }
    }
}

fn indented(text: &mut String, indent: usize) {
    for _ in 0..indent {
        text.push_str("  ");
    }
}

/// Lines that a literal block gives back as they are.
fn is_literal(text: &str) -> bool {
    text.ends_with('\n')
        && !text.ends_with("\n\n")
        && !text.starts_with([' ', '\n', '\t'])
        && !text
            .chars()
            .any(|c| c != '\n' && c != '\t' && c.is_control())
        && text != "\n"
}

fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) if is_plain(text) => text.clone(),
        // JSON is YAML.
        value => {
            let mut text = String::new();
            // Writing to a string cannot fail.
            let _ = write!(text, "{value}");
            text
        }
    }
}

/// Words that no reader of YAML 1.1 or 1.2 takes for a number, a truth value or a time.
fn is_plain(text: &str) -> bool {
    const OTHERS: [&str; 8] = ["true", "false", "null", "yes", "no", "on", "off", "y"];
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c))
        && !OTHERS.contains(&text.to_ascii_lowercase().as_str())
        && text != "n"
        && text != "N"
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_written_in_blocks() {
        let value = json!({
            "name": "shop",
            "version": "1.0", "on": true, "none": null, "empty": [], "word": "yes", "n": 5,
            "list": ["a", {"b": "c d", "e": [1]}, []],
            "text": "line one\n  line two\n\nend\n",
            "odd": " starts with a space\n",
        });
        insta::assert_snapshot!(documents(&[value]), @r#"
        ---
        name: shop
        version: "1.0"
        "on": true
        none: null
        empty: []
        word: "yes"
        "n": 5
        list:
          - a
          - b: "c d"
            e:
              - 1
          - []
        text: |
          line one
            line two

          end
        odd: " starts with a space\n"
        "#);
    }
}
