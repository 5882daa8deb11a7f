//! Values and types as text, as introspection and messages show them.

use std::fmt::{self, Display, Formatter, Write as _};

use super::ast::{Type, Value, ValueKind};

impl Display for Type {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(named) => f.write_str(&named.name),
            Self::List(inner) => write!(f, "[{inner}]"),
            Self::NonNull(inner) => write!(f, "{inner}!"),
        }
    }
}

impl Display for Value {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ValueKind::Variable(name) => write!(f, "${name}"),
            ValueKind::Int(number) | ValueKind::Float(number) => f.write_str(number),
            ValueKind::String(text) => quoted(text, f),
            ValueKind::Boolean(value) => write!(f, "{value}"),
            ValueKind::Null => f.write_str("null"),
            ValueKind::Enum(name) => f.write_str(name),
            ValueKind::List(items) => {
                f.write_char('[')?;
                for (index, item) in items.iter().enumerate() {
                    let comma = if index == 0 { "" } else { ", " };
                    write!(f, "{comma}{item}")?;
                }
                f.write_char(']')
            }
            ValueKind::Object(fields) if fields.is_empty() => f.write_str("{}"),
            ValueKind::Object(fields) => {
                f.write_char('{')?;
                for (index, (name, value)) in fields.iter().enumerate() {
                    let comma = if index == 0 { "" } else { ", " };
                    write!(f, "{comma}{}: {value}", name.name)?;
                }
                f.write_char('}')
            }
        }
    }
}

fn quoted(text: &str, f: &mut Formatter<'_>) -> fmt::Result {
    f.write_char('"')?;
    for c in text.chars() {
        match c {
            '"' => f.write_str("\\\"")?,
            '\\' => f.write_str("\\\\")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            '\u{8}' => f.write_str("\\b")?,
            '\u{c}' => f.write_str("\\f")?,
            c if c.is_control() => write!(f, "\\u{:04X}", u32::from(c))?,
            c => f.write_char(c)?,
        }
    }
    f.write_char('"')
}
