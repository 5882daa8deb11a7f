//! `equalToJson`: JsonUnit's comparison, with its placeholders.

use std::cell::Cell;
use std::collections::HashMap;

use efsm_javatext::{JavaRegex, RegexError};
use serde_json::{Map, Number, Value};

use super::matching::assign;
use super::{deep_size, weight};
use crate::limits::JSON_COMPARISONS;

/// An expected document, its placeholders recognised and its patterns compiled.
#[derive(Debug, Clone)]
pub(crate) struct Expected {
    root: Node,
    size: usize,
}

#[derive(Debug, Clone)]
enum Node {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    Ignore,
    IgnoreElement,
    AnyNumber,
    AnyBoolean,
    AnyString,
    Pattern(JavaRegex),
    /// A named Hamcrest matcher, of which a stub server has none.
    Unknown,
    Array(Vec<Node>),
    Object(HashMap<String, Node>),
}

/// What is forgiven in the comparison.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Leniency {
    pub(crate) array_order: bool,
    pub(crate) extra_elements: bool,
}

/// What a comparison found.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Comparison {
    pub(crate) similar: bool,
    /// Nodes that differ.
    pub(crate) differences: usize,
    /// Why the comparison was given up, when it was.
    pub(crate) given_up: Option<String>,
}

impl Expected {
    pub(crate) fn new(value: &Value) -> Result<Self, RegexError> {
        Ok(Self {
            root: Node::new(value)?,
            size: deep_size(value),
        })
    }

    /// Whether `actual` is equal, found out with the least work.
    pub(crate) fn equals(&self, actual: &Value, leniency: Leniency) -> Result<bool, String> {
        let run = Run::new(leniency);
        let similar = run.similar(&self.root, actual);
        run.given_up.into_inner().map_or(Ok(similar), Err)
    }

    /// Every difference, counted.
    pub(crate) fn compare(&self, actual: &Value, leniency: Leniency) -> Comparison {
        let run = Run::new(leniency);
        let mut found = Found::default();
        run.compare(&self.root, actual, &mut found);
        let given_up = run.given_up.into_inner();
        Comparison {
            similar: !found.different && given_up.is_none(),
            differences: found.weight,
            given_up,
        }
    }

    /// The share of the larger document that differs.
    pub(crate) fn distance(&self, actual: &Value, leniency: Leniency) -> f64 {
        let comparison = self.compare(actual, leniency);
        if comparison.given_up.is_some() {
            return 1.0;
        }
        comparison.differences as f64 / self.size.max(deep_size(actual)) as f64
    }
}

impl Node {
    fn new(value: &Value) -> Result<Self, RegexError> {
        Ok(match value {
            Value::Null => Self::Null,
            Value::Bool(bool) => Self::Bool(*bool),
            Value::Number(number) => Self::Number(number.clone()),
            Value::String(text) => Self::text(text)?,
            Value::Array(items) => {
                Self::Array(items.iter().map(Self::new).collect::<Result<_, _>>()?)
            }
            Value::Object(fields) => Self::Object(
                fields
                    .iter()
                    .map(|(key, field)| Ok((key.clone(), Self::new(field)?)))
                    .collect::<Result<_, RegexError>>()?,
            ),
        })
    }

    fn text(text: &str) -> Result<Self, RegexError> {
        if text == "${json-unit.ignore-element}" {
            return Ok(Self::IgnoreElement);
        }
        let placeholder = text
            .strip_prefix("${json-unit.")
            .or_else(|| text.strip_prefix("#{json-unit."));
        let plain = || Self::Text(text.to_owned());
        let Some((name, rest)) = placeholder.and_then(|inner| inner.split_once('}')) else {
            return Ok(plain());
        };
        Ok(match (name, rest) {
            ("ignore", "") => Self::Ignore,
            ("any-number", "") => Self::AnyNumber,
            ("any-boolean", "") => Self::AnyBoolean,
            ("any-string", "") => Self::AnyString,
            ("regex", pattern) if !pattern.contains(['\n', '\r']) => {
                Self::Pattern(JavaRegex::new(pattern)?)
            }
            _ if name.len() > "matches:".len() && name.starts_with("matches:") => Self::Unknown,
            _ => plain(),
        })
    }

    /// The weight of this node where it is missing in the actual document.
    fn weight(&self) -> usize {
        fn children<'a>(nodes: impl Iterator<Item = &'a Node>) -> usize {
            nodes
                .map(|node| match node {
                    Node::Array(_) | Node::Object(_) => 1 + node.weight(),
                    _ => 1,
                })
                .sum()
        }
        match self {
            Self::Array(items) => 1 + children(items.iter()),
            Self::Object(fields) => {
                1 + children(fields.values().filter(|field| !matches!(field, Node::Null)))
            }
            _ => 1,
        }
    }
}

#[derive(Debug, Default)]
struct Found {
    different: bool,
    weight: usize,
}

impl Found {
    fn add(&mut self, weight: usize) {
        self.different = true;
        self.weight += weight;
    }
}

struct Run {
    leniency: Leniency,
    steps: Cell<usize>,
    given_up: std::cell::RefCell<Option<String>>,
}

impl Run {
    fn new(leniency: Leniency) -> Self {
        Self {
            leniency,
            steps: Cell::new(JSON_COMPARISONS),
            given_up: std::cell::RefCell::new(None),
        }
    }

    fn step(&self) -> bool {
        let left = self.steps.get();
        if left == 0 {
            self.give_up(format!(
                "the documents need more than {JSON_COMPARISONS} comparisons; compare smaller arrays or keep their order"
            ));
            return false;
        }
        self.steps.set(left - 1);
        true
    }

    fn give_up(&self, reason: String) {
        self.steps.set(0);
        self.given_up.borrow_mut().get_or_insert(reason);
    }

    fn similar(&self, expected: &Node, actual: &Value) -> bool {
        if !self.step() {
            return false;
        }
        match (expected, actual) {
            (Node::Object(expected), Value::Object(actual)) => {
                self.similar_objects(expected, actual)
            }
            (Node::Array(expected), Value::Array(actual)) => {
                let sizes_fit = if self.leniency.extra_elements {
                    expected.len() <= actual.len()
                } else {
                    expected.len() == actual.len()
                };
                sizes_fit
                    && if self.leniency.array_order {
                        self.pairs(expected, actual).iter().all(Option::is_some)
                    } else {
                        expected
                            .iter()
                            .zip(actual)
                            .all(|(expected, actual)| self.similar(expected, actual))
                    }
            }
            _ => self.leaf(expected, actual),
        }
    }

    fn similar_objects(
        &self,
        expected: &HashMap<String, Node>,
        actual: &Map<String, Value>,
    ) -> bool {
        if !self.leniency.extra_elements && actual.keys().any(|key| !expected.contains_key(key)) {
            return false;
        }
        expected.iter().all(|(key, node)| match actual.get(key) {
            Some(value) => self.similar(node, value),
            None => matches!(node, Node::IgnoreElement),
        })
    }

    /// Whether two nodes are equal which are not both objects or both arrays.
    fn leaf(&self, expected: &Node, actual: &Value) -> bool {
        match (expected, actual) {
            (Node::Ignore | Node::IgnoreElement, _)
            | (Node::Null, Value::Null)
            | (Node::AnyNumber, Value::Number(_))
            | (Node::AnyBoolean, Value::Bool(_))
            | (Node::AnyString, Value::String(_)) => true,
            (Node::Bool(expected), Value::Bool(actual)) => expected == actual,
            (Node::Number(expected), Value::Number(actual)) => same_number(expected, actual),
            (Node::Text(expected), Value::String(actual)) => expected == actual,
            (Node::Pattern(pattern), Value::String(actual)) => match pattern.matches(actual) {
                Ok(matches) => matches,
                Err(error) => {
                    self.give_up(error.to_string());
                    false
                }
            },
            _ => false,
        }
    }

    /// For each expected element the index of the actual element that it is paired with.
    fn pairs(&self, expected: &[Node], actual: &[Value]) -> Vec<Option<usize>> {
        assign(
            expected.len(),
            actual.len(),
            |left, right| self.similar(&expected[left], &actual[right]),
            || self.steps.get() == 0,
        )
    }

    fn compare(&self, expected: &Node, actual: &Value, found: &mut Found) {
        if !self.step() {
            return found.add(1);
        }
        match (expected, actual) {
            (Node::Object(expected), Value::Object(actual)) => {
                for (key, value) in actual {
                    match expected.get(key) {
                        Some(node) => self.compare(node, value, found),
                        None if self.leniency.extra_elements => {}
                        None => found.add(weight(value)),
                    }
                }
                for (key, node) in expected {
                    if !actual.contains_key(key) && !matches!(node, Node::IgnoreElement) {
                        found.add(node.weight());
                    }
                }
            }
            (Node::Array(expected), Value::Array(actual)) if self.leniency.array_order => {
                self.compare_unordered(expected, actual, found);
            }
            (Node::Array(expected), Value::Array(actual)) => {
                for (expected, actual) in expected.iter().zip(actual) {
                    self.compare(expected, actual, found);
                }
                for missing in expected.iter().skip(actual.len()) {
                    found.add(missing.weight());
                }
                if !self.leniency.extra_elements {
                    for extra in actual.iter().skip(expected.len()) {
                        found.add(weight(extra));
                    }
                }
            }
            _ => {
                if !self.leaf(expected, actual) {
                    found.add(expected.weight().max(weight(actual)));
                }
            }
        }
    }

    fn compare_unordered(&self, expected: &[Node], actual: &[Value], found: &mut Found) {
        let pairs = self.pairs(expected, actual);
        let missing: Vec<_> = (0..expected.len())
            .filter(|&index| pairs[index].is_none())
            .collect();
        let mut taken = vec![false; actual.len()];
        for &index in pairs.iter().flatten() {
            taken[index] = true;
        }
        let extra: Vec<_> = (0..actual.len()).filter(|&index| !taken[index]).collect();
        if let ([missing], [extra]) = (&missing[..], &extra[..])
            && expected.len() == actual.len()
        {
            return self.compare(&expected[*missing], &actual[*extra], found);
        }
        for index in missing {
            found.add(expected[index].weight());
        }
        if !self.leniency.extra_elements {
            for index in extra {
                found.add(weight(&actual[index]));
            }
        }
    }
}

/// Whether two numbers have the same value, however they are written.
///
/// Numbers beyond 64 bits, or with more digits than a double holds, are compared as doubles.
fn same_number(left: &Number, right: &Number) -> bool {
    if left == right {
        return true;
    }
    if (left.is_i64() || left.is_u64()) && (right.is_i64() || right.is_u64()) {
        return false;
    }
    left.as_f64() == right.as_f64()
}
