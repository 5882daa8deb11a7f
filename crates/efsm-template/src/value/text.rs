//! What a value prints as: `toString` of its Java counterpart.

use std::fmt::{self, Write};

use efsm_javatext::number::double_to_string;

use super::json::{JsonStyle, write_json};
use super::{List, ListStyle, Map, Value};

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(bool) => write!(f, "{bool}"),
            Self::Int(int) => write!(f, "{int}"),
            Self::Float(float) => f.write_str(&double_to_string(*float)),
            Self::Decimal(decimal) => write!(f, "{decimal}"),
            Self::Text(text) => f.write_str(text),
            Self::List(list) => write_list(list, self, f),
            Self::Map(map) => write_map(map, self, f),
            Self::Date(date) => write!(f, "{date}"),
            Self::Xml(node) => f.write_str(node.rendered()),
            Self::Object(object) => object.write_text(f),
        }
    }
}

fn write_list(list: &List, whole: &Value, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match list.style() {
        ListStyle::First => match list.items().first() {
            Some(first) => write!(f, "{first}"),
            None => Ok(()),
        },
        ListStyle::Fixed(text) => f.write_str(text),
        ListStyle::Json => write_json(whole, JsonStyle::Compact, f),
        ListStyle::Java => {
            f.write_char('[')?;
            for (index, item) in list.items().iter().enumerate() {
                if index > 0 {
                    f.write_str(", ")?;
                }
                write!(f, "{item}")?;
            }
            f.write_char(']')
        }
    }
}

fn write_map(map: &Map, whole: &Value, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if map.prints_json() {
        return write_json(whole, JsonStyle::PrettyWithoutNulls, f);
    }
    f.write_char('{')?;
    for (index, (key, value)) in map.iter().enumerate() {
        if index > 0 {
            f.write_str(", ")?;
        }
        write!(f, "{key}={value}")?;
    }
    f.write_char('}')
}
