//! Looking inside a value: properties, indexes, and what `each` walks over.

use std::sync::Arc;

use super::{ListStyle, Value};

impl Value {
    /// A property by name. Beside the keys of maps these are the getters and the parameterless methods
    /// that a Java object of its kind has and that templates use.
    pub fn property(&self, name: &str) -> Option<Self> {
        let found = match self {
            Self::Map(map) => match map.get(name) {
                Some(value) => value.clone(),
                None => container_property(map.len(), name)?,
            },
            Self::List(list) => match (name, list.style()) {
                ("first", ListStyle::First) => list.items().first()?.clone(),
                ("last", ListStyle::First) => list.items().last()?.clone(),
                ("single", ListStyle::First) => Self::Bool(list.items().len() == 1),
                ("length", _) => Self::Int(list.items().len() as i64),
                _ => container_property(list.items().len(), name)?,
            },
            Self::Text(text) => text_property(text, name)?,
            Self::Date(date) => match name {
                "time" => Self::Int(date.timestamp().as_millisecond()),
                _ => return None,
            },
            Self::Xml(node) => node.property(name)?,
            Self::Object(object) => object.get(name)?,
            Self::Int(_) | Self::Float(_) | Self::Decimal(_) => {
                let number = self.as_f64()?;
                match name {
                    "intValue" | "longValue" => Self::Int(number as i64),
                    "doubleValue" | "floatValue" => Self::Float(number),
                    _ => return None,
                }
            }
            Self::Null | Self::Bool(_) => return None,
        };
        (!found.is_null()).then_some(found)
    }

    /// An item of a list by its position, or the property of that name of anything else.
    pub fn index(&self, index: i64, name: &str) -> Option<Self> {
        let Self::List(list) = self else {
            return self.property(name);
        };
        let items = list.items();
        let index = match list.style() {
            // Of repeated values -1 is the one before the last, as in WireMock.
            ListStyle::First if index < 0 => items.len() as i64 - 1 + index,
            _ => index,
        };
        let item = items.get(usize::try_from(index).ok()?)?;
        (!item.is_null()).then(|| item.clone())
    }

    /// The items of a list, or of an object that is one.
    pub fn items(&self) -> Option<Vec<Self>> {
        match self {
            Self::List(list) => Some(list.items().to_vec()),
            Self::Object(object) => object.items(),
            _ => None,
        }
    }

    /// The properties that `each` walks over, for everything that is not a list.
    pub fn entries(&self) -> Vec<(Arc<str>, Self)> {
        match self {
            Self::Map(map) => map
                .iter()
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect(),
            Self::Object(object) => object.entries(),
            Self::Xml(node) => ["attributes", "name", "text"]
                .into_iter()
                .filter_map(|name| Some((Arc::from(name), node.property(name)?)))
                .collect(),
            _ => Vec::new(),
        }
    }
}

fn container_property(len: usize, name: &str) -> Option<Value> {
    match name {
        "size" => Some(Value::Int(len as i64)),
        "empty" | "isEmpty" => Some(Value::Bool(len == 0)),
        _ => None,
    }
}

fn text_property(text: &Arc<str>, name: &str) -> Option<Value> {
    Some(match name {
        // Java counts UTF-16 units.
        "length" => Value::Int(text.encode_utf16().count() as i64),
        "empty" | "isEmpty" => Value::Bool(text.is_empty()),
        "blank" | "isBlank" => Value::Bool(text.trim().is_empty()),
        "trim" | "strip" => Value::from(text.trim()),
        "toUpperCase" => Value::from(text.to_uppercase()),
        "toLowerCase" => Value::from(text.to_lowercase()),
        "toString" | "intern" => Value::Text(text.clone()),
        _ => return None,
    })
}
