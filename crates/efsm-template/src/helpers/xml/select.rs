//! XPath 1.0 over a document, and what it finds as values of a template.

use efsm_xml::xpath::MAX_STEPS;
use efsm_xml::{Document, Kind, NodeId, Value as Found, XPath, pretty};

use crate::Map;
use crate::Value;
use crate::value::XmlNode;

pub(super) enum Selection {
    Nodes(Vec<XmlNode>),
    /// What a number, a boolean or a string prints.
    Text(String),
}

pub(super) enum SelectError {
    /// Not an expression, or one that has no value here.
    Malformed,
    /// It would take more steps than an evaluation may.
    TooExpensive,
}

/// Evaluates an expression on the document, which is seen without namespaces; and how many steps that took.
pub(super) fn select(
    document: &Document,
    expression: &str,
) -> (Result<Selection, SelectError>, usize) {
    let Ok(xpath) = XPath::parse(expression) else {
        return (Err(SelectError::Malformed), 0);
    };
    let (found, steps) = xpath.evaluate_counted(document);
    let selection = match found {
        Ok(Found::Nodes(nodes)) => Ok(Selection::Nodes(
            nodes.iter().map(|node| detached(document, *node)).collect(),
        )),
        Ok(Found::Bool(boolean)) => Ok(Selection::Text(boolean.to_string())),
        Ok(Found::Number(number)) => Ok(Selection::Text(shown_number(number))),
        Ok(Found::Text(text)) => Ok(Selection::Text(text)),
        Err(_) if steps == MAX_STEPS => Err(SelectError::TooExpensive),
        Err(_) => Err(SelectError::Malformed),
    };
    (selection, steps)
}

/// A found node as a value of its own.
fn detached(document: &Document, node: NodeId) -> XmlNode {
    let text = document.string_value(node);
    match document.kind(node) {
        Kind::Root => XmlNode::new(
            "#document",
            text,
            pretty(document, node, false),
            Map::default(),
        ),
        Kind::Element(name) => {
            let mut attributes: Vec<_> = document
                .attributes(node)
                .map(|(name, value)| (name.into(), Value::from(value)))
                .collect();
            attributes.sort_by(|(a, _): &(std::sync::Arc<str>, _), (b, _)| a.cmp(b));
            let attributes = Map::new(attributes).unwrap_or_default();
            let rendered = pretty(document, node, false);
            XmlNode::new(name.full.as_str(), text, rendered, attributes)
        }
        Kind::Attribute { name, .. } => plain(name.local(), &text, &text),
        Kind::Text(_) => plain("#text", &text, &text),
        Kind::CData(_) => plain(
            "#cdata-section",
            &text,
            &format!("[#cdata-section: {text}]"),
        ),
        Kind::Comment(_) => plain("#comment", &text, &format!("[#comment: {text}]")),
        Kind::Instruction { target, .. } => plain(target, &text, &format!("[{target}: {text}]")),
    }
}

fn plain(name: &str, text: &str, rendered: &str) -> XmlNode {
    XmlNode::new(name, text, rendered, Map::default())
}

/// A number as Java's `NumberFormat` shows it: thousands apart, at most three digits behind the point.
fn shown_number(number: f64) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 {
            "\u{221e}"
        } else {
            "-\u{221e}"
        }
        .to_owned();
    }
    let text = format!("{number:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if fraction.is_empty() {
        format!("{sign}{grouped}")
    } else {
        format!("{sign}{grouped}.{fraction}")
    }
}
