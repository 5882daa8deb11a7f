//! The four types of XPath and their conversions (sections 4.2 to 4.4).

use crate::dom::{Document, NodeId};

#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// In document order, without repetitions.
    Nodes(Vec<NodeId>),
    Text(String),
    Number(f64),
    Bool(bool),
}

impl Value {
    pub fn into_text(self, document: &Document) -> String {
        match self {
            Self::Nodes(nodes) => nodes
                .first()
                .map_or_else(String::new, |&node| document.string_value(node)),
            Self::Text(text) => text,
            Self::Number(number) => number_text(number),
            Self::Bool(bool) => bool.to_string(),
        }
    }

    pub fn into_number(self, document: &Document) -> f64 {
        match self {
            Self::Number(number) => number,
            Self::Bool(bool) => f64::from(u8::from(bool)),
            other => text_number(&other.into_text(document)),
        }
    }

    pub fn is_true(&self) -> bool {
        match self {
            Self::Nodes(nodes) => !nodes.is_empty(),
            Self::Text(text) => !text.is_empty(),
            Self::Number(number) => *number != 0.0 && !number.is_nan(),
            Self::Bool(bool) => *bool,
        }
    }
}

/// XPath's number syntax; everything else is NaN.
pub(super) fn text_number(text: &str) -> f64 {
    let text = text.trim_matches([' ', '\t', '\r', '\n']);
    let digits = text.strip_prefix('-').unwrap_or(text);
    let well_formed = digits.contains(|c: char| c.is_ascii_digit())
        && digits.matches('.').count() <= 1
        && digits.chars().all(|c| c.is_ascii_digit() || c == '.');
    if well_formed {
        text.parse().unwrap_or(f64::NAN)
    } else {
        f64::NAN
    }
}

pub(super) fn number_text(number: f64) -> String {
    if number.is_nan() {
        "NaN".to_owned()
    } else if number.is_infinite() {
        if number > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        }
        .to_owned()
    } else if number == 0.0 {
        "0".to_owned()
    } else {
        number.to_string()
    }
}
