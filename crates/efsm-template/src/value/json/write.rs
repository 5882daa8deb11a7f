//! Writing JSON as Jackson lays it out.

use std::fmt;
use std::sync::Arc;

use crate::value::{List, ListStyle, Value};

/// How JSON is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonStyle {
    /// `{"a":1,"b":[1,2]}`.
    Compact,
    /// Indented by two, `"a" : 1`, lists on one line: Jackson's default pretty printer.
    Pretty,
    /// [`JsonStyle::Compact`] without the entries of maps that are null.
    CompactWithoutNulls,
    /// [`JsonStyle::Pretty`] without the entries of maps that are null.
    PrettyWithoutNulls,
}

impl JsonStyle {
    fn is_pretty(self) -> bool {
        matches!(self, Self::Pretty | Self::PrettyWithoutNulls)
    }

    fn keeps_nulls(self) -> bool {
        matches!(self, Self::Pretty | Self::Compact)
    }
}

/// A value that prints as JSON.
pub(crate) struct Shown<'v> {
    pub(crate) value: &'v Value,
    pub(crate) style: JsonStyle,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_json(self.value, self.style, f)
    }
}

/// Writes a value as JSON. Dates become text, a repeated value of one item that item alone.
pub(crate) fn write_json(value: &Value, style: JsonStyle, out: &mut dyn fmt::Write) -> fmt::Result {
    write_at(value, style, 0, out)
}

fn write_at(
    value: &Value,
    style: JsonStyle,
    indent: usize,
    out: &mut dyn fmt::Write,
) -> fmt::Result {
    match value {
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Decimal(_) => {
            write!(out, "{value}")
        }
        Value::List(list) => write_list(list, style, indent, out),
        Value::Map(map) => write_map(map.iter(), style, indent, out),
        Value::Object(object) => {
            let entries = object.entries();
            write_map(entries.iter().map(|(k, v)| (k, v)), style, indent, out)
        }
        Value::Text(text) => write_string(text, out),
        Value::Xml(_) => {
            let entries = value.entries();
            write_map(entries.iter().map(|(k, v)| (k, v)), style, indent, out)
        }
        Value::Date(_) => write_string(&value.to_string(), out),
    }
}

fn write_list(
    list: &List,
    style: JsonStyle,
    indent: usize,
    out: &mut dyn fmt::Write,
) -> fmt::Result {
    let items = list.items();
    if let (ListStyle::First, [single]) = (list.style(), items) {
        return write_at(single, style, indent, out);
    }
    let spaced = style.is_pretty();
    out.write_str(if spaced { "[ " } else { "[" })?;
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.write_str(if spaced { ", " } else { "," })?;
        }
        write_at(item, style, indent, out)?;
    }
    out.write_str(match (spaced, items.is_empty()) {
        (true, false) => " ]",
        _ => "]",
    })
}

fn write_map<'v>(
    entries: impl Iterator<Item = (&'v Arc<str>, &'v Value)>,
    style: JsonStyle,
    indent: usize,
    out: &mut dyn fmt::Write,
) -> fmt::Result {
    let spaced = style.is_pretty();
    let mut empty = true;
    out.write_char('{')?;
    for (key, value) in entries {
        if value.is_null() && !style.keeps_nulls() {
            continue;
        }
        if !empty {
            out.write_char(',')?;
        }
        empty = false;
        if spaced {
            new_line(indent + 1, out)?;
        }
        write_string(key, out)?;
        out.write_str(if spaced { " : " } else { ":" })?;
        write_at(value, style, indent + 1, out)?;
    }
    match (spaced, empty) {
        (true, true) => out.write_char(' ')?,
        (true, false) => new_line(indent, out)?,
        (false, _) => {}
    }
    out.write_char('}')
}

fn new_line(indent: usize, out: &mut dyn fmt::Write) -> fmt::Result {
    out.write_char('\n')?;
    for _ in 0..indent {
        out.write_str("  ")?;
    }
    Ok(())
}

fn write_string(text: &str, out: &mut dyn fmt::Write) -> fmt::Result {
    out.write_char('"')?;
    let mut plain = 0;
    for (at, byte) in text.bytes().enumerate() {
        let escape = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            8 => "\\b",
            12 => "\\f",
            0..=31 => "",
            _ => continue,
        };
        out.write_str(&text[plain..at])?;
        if escape.is_empty() {
            write!(out, "\\u{byte:04X}")?;
        } else {
            out.write_str(escape)?;
        }
        plain = at + 1;
    }
    out.write_str(&text[plain..])?;
    out.write_char('"')
}
