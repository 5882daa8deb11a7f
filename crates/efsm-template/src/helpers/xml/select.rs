//! XPath 1.0 over a document, names compared without their prefixes.

#![allow(clippy::mutable_key_type)] // Elements are keys by their identity, which nothing changes.

use std::collections::HashMap;

use sxd_document::Package;
use sxd_document::dom::{ChildOfElement, Element};
use sxd_xpath::context::Evaluation;
use sxd_xpath::function::{Error as FunctionError, Function};
use sxd_xpath::nodeset::Node as Found;
use sxd_xpath::{Context, Factory, Value as Evaluated};

use super::dom::{Document, Kind, NodeId, ROOT};
use super::print::pretty;
use crate::Map;
use crate::Value;
use crate::value::XmlNode;

/// The longest expression, in bytes.
const MAX_EXPRESSION: usize = 2_000;
/// Parentheses and predicates inside each other.
const MAX_NESTING: usize = 32;
/// About how many nodes an evaluation may visit.
const MAX_VISITS: usize = 20_000_000;

pub(super) enum Selection {
    Nodes(Vec<XmlNode>),
    /// What a number, a boolean or a string prints.
    Text(String),
}

pub(super) enum SelectError {
    /// Not an expression.
    Malformed,
    /// It could visit more nodes than [`MAX_VISITS`].
    TooExpensive,
}

/// About how many nodes the evaluation of an expression visits.
pub(super) fn visits(document: &Document, expression: &str) -> Result<usize, SelectError> {
    let Steps { deep, wide } = Steps::of(expression).ok_or(SelectError::Malformed)?;
    let nodes = document.nodes.len().max(2);
    let for_each = (0..=wide).try_fold(1usize, |visits, _| visits.checked_mul(nodes));
    // A deep step goes through everything below each node: every node once for each that it is inside of.
    let below = nodes.checked_mul(document.depth() * (deep + 1));
    match for_each.zip(below) {
        Some((a, b)) if a.max(b) <= MAX_VISITS => Ok(a.max(b)),
        _ => Err(SelectError::TooExpensive),
    }
}

/// Evaluates an expression on the document.
pub(super) fn select(document: &Document, expression: &str) -> Result<Selection, SelectError> {
    let Ok(Some(xpath)) = Factory::new().build(expression) else {
        return Err(SelectError::Malformed);
    };
    let package = Package::new();
    let (dom, origins) = copied(document, &package);
    match xpath.evaluate(&context(expression), dom.root()) {
        Ok(Evaluated::Nodeset(nodes)) => Ok(Selection::Nodes(
            nodes
                .document_order()
                .into_iter()
                .map(|node| detached(document, &origins, node))
                .collect(),
        )),
        Ok(Evaluated::Boolean(boolean)) => Ok(Selection::Text(boolean.to_string())),
        Ok(Evaluated::Number(number)) => Ok(Selection::Text(shown_number(number))),
        Ok(Evaluated::String(text)) => Ok(Selection::Text(text)),
        Err(_) => Err(SelectError::Malformed),
    }
}

/// A context in which every prefix of the expression stands for a namespace that no node is in: names with
/// a prefix name nothing. An unbound prefix would make the evaluator panic.
fn context<'d>(expression: &str) -> Context<'d> {
    let mut context = Context::new();
    context.set_function("name", WrittenName);
    let mut word = 0;
    for (at, character) in expression.char_indices() {
        if character == ':' && word < at {
            context.set_namespace(&expression[word..at], "urn:nowhere");
        }
        if !(character.is_alphanumeric() || matches!(character, '_' | '-' | '.')) {
            word = at + character.len_utf8();
        }
    }
    context
}

/// `name()`: the name as it was written, with its prefix.
struct WrittenName;

impl Function for WrittenName {
    fn evaluate<'d>(
        &self,
        context: &Evaluation<'_, 'd>,
        arguments: Vec<Evaluated<'d>>,
    ) -> Result<Evaluated<'d>, FunctionError> {
        let actual = arguments.len();
        let node = match arguments.into_iter().next() {
            None => Some(context.node),
            Some(Evaluated::Nodeset(nodes)) if actual == 1 => nodes.document_order_first(),
            Some(_) if actual == 1 => return Err(FunctionError::ArgumentMissing),
            Some(_) => {
                return Err(FunctionError::TooManyArguments {
                    expected: 1,
                    actual,
                });
            }
        };
        let (prefix, local) = match node {
            Some(Found::Element(element)) => {
                (element.preferred_prefix(), element.name().local_part())
            }
            Some(Found::Attribute(attribute)) => {
                (attribute.preferred_prefix(), attribute.name().local_part())
            }
            Some(Found::ProcessingInstruction(pi)) => (None, pi.target()),
            _ => (None, ""),
        };
        Ok(Evaluated::String(match prefix {
            Some(prefix) => format!("{prefix}:{local}"),
            None => local.to_owned(),
        }))
    }
}

/// The expensive steps of an expression.
struct Steps {
    /// `//` and the descendant axes.
    deep: usize,
    /// Those that may visit the whole document for every node at hand: they look far around, or deep
    /// inside a predicate.
    wide: usize,
}

impl Steps {
    /// `None` for an expression that is too long or too nested.
    fn of(expression: &str) -> Option<Self> {
        if expression.len() > MAX_EXPRESSION {
            return None;
        }
        let mut nesting = 0usize;
        let mut in_predicates = 0usize;
        let (mut all_deep, mut wide) = (0, 0);
        for (at, byte) in expression.bytes().enumerate() {
            let rest = &expression.as_bytes()[at..];
            match byte {
                b'[' => in_predicates += 1,
                b']' => in_predicates = in_predicates.saturating_sub(1),
                b'(' => nesting += 1,
                b')' => nesting = nesting.saturating_sub(1),
                _ => {}
            }
            if nesting + in_predicates > MAX_NESTING {
                return None;
            }
            let deep = rest.starts_with(b"//") || rest.starts_with(b"descendant");
            let around = rest.starts_with(b"following") || rest.starts_with(b"preceding");
            if around || (deep && in_predicates > 0) {
                wide += 1;
            }
            all_deep += usize::from(deep);
        }
        Some(Self {
            deep: all_deep,
            wide,
        })
    }
}

/// The document in the form that the evaluator walks, and where its elements come from.
fn copied<'d>(
    document: &Document,
    package: &'d Package,
) -> (
    sxd_document::dom::Document<'d>,
    HashMap<Element<'d>, NodeId>,
) {
    let dom = package.as_document();
    let mut origins = HashMap::new();
    let mut pending: Vec<(NodeId, Option<Element<'d>>)> = document.nodes[ROOT]
        .children
        .iter()
        .rev()
        .map(|child| (*child, None))
        .collect();
    while let Some((id, parent)) = pending.pop() {
        let node = &document.nodes[id];
        let child: ChildOfElement<'d> = match &node.kind {
            Kind::Root => continue,
            Kind::Element { name, attributes } => {
                let element = dom.create_element(local(name));
                element.set_preferred_prefix(prefix(name));
                for (name, value) in attributes.iter().filter(|(n, _)| !n.starts_with("xmlns")) {
                    let attribute = element.set_attribute_value(local(name), value);
                    attribute.set_preferred_prefix(prefix(name));
                }
                origins.insert(element, id);
                pending.extend(node.children.iter().rev().map(|c| (*c, Some(element))));
                element.into()
            }
            Kind::Text(text) | Kind::CData(text) => dom.create_text(text).into(),
            Kind::Comment(text) => dom.create_comment(text).into(),
            Kind::Instruction { target, data } => {
                dom.create_processing_instruction(target, Some(data)).into()
            }
        };
        match (parent, child) {
            (Some(parent), child) => parent.append_child(child),
            (None, ChildOfElement::Element(element)) => dom.root().append_child(element),
            (None, ChildOfElement::Comment(comment)) => dom.root().append_child(comment),
            (None, ChildOfElement::ProcessingInstruction(pi)) => dom.root().append_child(pi),
            (None, ChildOfElement::Text(_)) => {}
        }
    }
    (dom, origins)
}

fn prefix(name: &str) -> Option<&str> {
    name.rsplit_once(':').map(|(prefix, _)| prefix)
}

fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

/// A found node as a value of its own.
fn detached(
    document: &Document,
    origins: &HashMap<Element<'_>, NodeId>,
    node: Found<'_>,
) -> XmlNode {
    match node {
        Found::Element(element) => {
            let id = origins.get(&element).copied().unwrap_or(ROOT);
            let (name, attributes) = match &document.nodes[id].kind {
                Kind::Element { name, attributes } => (name.as_str(), attributes.as_slice()),
                _ => ("", [].as_slice()),
            };
            let entries = attributes
                .iter()
                .map(|(name, value)| (name.as_str().into(), Value::from(value.as_str())));
            let attributes = Map::new(entries).unwrap_or_default();
            XmlNode::new(name, document.text(id), pretty(document, id), attributes)
        }
        Found::Root(_) => XmlNode::new(
            "#document",
            document.text(ROOT),
            pretty(document, ROOT),
            Map::default(),
        ),
        Found::Text(text) => plain("#text", text.text(), text.text()),
        Found::Attribute(attribute) => plain(
            attribute.name().local_part(),
            attribute.value(),
            attribute.value(),
        ),
        Found::Comment(comment) => plain(
            "#comment",
            comment.text(),
            &format!("[#comment: {}]", comment.text()),
        ),
        Found::ProcessingInstruction(pi) => {
            let data = pi.value().unwrap_or("");
            plain(pi.target(), data, &format!("[{}: {data}]", pi.target()))
        }
        Found::Namespace(namespace) => plain("", namespace.uri(), namespace.uri()),
    }
}

fn plain(name: &str, text: &str, rendered: &str) -> XmlNode {
    XmlNode::new(name, text, rendered, Map::default())
}

/// A number as the mock server shows it: at most three digits behind the point, no grouping.
fn shown_number(number: f64) -> String {
    if !number.is_finite() {
        return number.to_string();
    }
    let text = format!("{number:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
