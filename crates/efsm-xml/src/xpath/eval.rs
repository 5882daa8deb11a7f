//! Evaluation, with a bound on the nodes visited.

use std::cell::Cell;
use std::collections::BTreeMap;

use super::ast::{Axis, Expr, Operator, Step, Test};
use super::value::{Value, text_number};
use crate::dom::{Document, Kind, Name, NodeId, ROOT};
use crate::limits::XPATH_STEPS;

pub(super) fn evaluate(
    expression: &Expr,
    document: &Document,
    namespaces: Option<&BTreeMap<String, String>>,
) -> (Result<Value, String>, usize) {
    let run = Run {
        document,
        namespaces,
        steps: Cell::new(XPATH_STEPS),
    };
    let context = Context {
        node: ROOT,
        position: 1,
        size: 1,
    };
    let value = run.value(expression, context);
    (value, XPATH_STEPS - run.steps.get())
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Context {
    pub(super) node: NodeId,
    pub(super) position: usize,
    pub(super) size: usize,
}

pub(super) struct Run<'a> {
    pub(super) document: &'a Document,
    pub(super) namespaces: Option<&'a BTreeMap<String, String>>,
    steps: Cell<usize>,
}

impl Run<'_> {
    fn charge(&self, steps: usize) -> Result<(), String> {
        let left = self.steps.get().checked_sub(steps);
        self.steps.set(left.unwrap_or(0));
        left.map(|_| ()).ok_or_else(|| {
            format!("it would visit more than {XPATH_STEPS} nodes; name the way to the nodes instead of `//`")
        })
    }

    pub(super) fn text_of(&self, node: NodeId) -> Result<String, String> {
        let text = self.document.string_value(node);
        self.charge(1 + text.len() / 16)?;
        Ok(text)
    }

    pub(super) fn text_from(&self, value: Value) -> Result<String, String> {
        match value {
            Value::Nodes(nodes) => nodes
                .first()
                .map_or_else(|| Ok(String::new()), |&node| self.text_of(node)),
            other => Ok(other.into_text(self.document)),
        }
    }

    pub(super) fn nodes(&self, expression: &Expr, context: Context) -> Result<Vec<NodeId>, String> {
        match self.value(expression, context)? {
            Value::Nodes(nodes) => Ok(nodes),
            _ => Err("a node-set is expected, but the expression gives another type".to_owned()),
        }
    }

    pub(super) fn value(&self, expression: &Expr, context: Context) -> Result<Value, String> {
        Ok(match expression {
            Expr::Literal(text) => Value::Text(text.clone()),
            Expr::Number(number) => Value::Number(*number),
            Expr::Variable(name) => return Err(format!("the variable `${name}` is not bound")),
            Expr::Negate(inner) => {
                Value::Number(-self.value(inner, context)?.into_number(self.document))
            }
            Expr::Call(function, arguments) => self.call(*function, arguments, context)?,
            Expr::Path(path) => {
                let start = if path.absolute { ROOT } else { context.node };
                Value::Nodes(self.walk(vec![start], &path.steps)?)
            }
            Expr::Filter {
                base,
                predicates,
                steps,
            } => {
                let mut nodes = self.nodes(base, context)?;
                for predicate in predicates {
                    nodes = self.filter(nodes, predicate)?;
                }
                Value::Nodes(self.walk(nodes, steps)?)
            }
            Expr::Binary(operator, left, right) => self.binary(*operator, left, right, context)?,
        })
    }

    fn binary(
        &self,
        operator: Operator,
        left: &Expr,
        right: &Expr,
        context: Context,
    ) -> Result<Value, String> {
        match operator {
            Operator::Or => {
                return Ok(Value::Bool(
                    self.value(left, context)?.is_true() || self.value(right, context)?.is_true(),
                ));
            }
            Operator::And => {
                return Ok(Value::Bool(
                    self.value(left, context)?.is_true() && self.value(right, context)?.is_true(),
                ));
            }
            Operator::Union => {
                let mut nodes = self.nodes(left, context)?;
                nodes.extend(self.nodes(right, context)?);
                nodes.sort_unstable();
                nodes.dedup();
                return Ok(Value::Nodes(nodes));
            }
            _ => {}
        }
        let left = self.value(left, context)?;
        let right = self.value(right, context)?;
        let arithmetic = |compute: fn(f64, f64) -> f64| {
            Value::Number(compute(
                left.clone().into_number(self.document),
                right.clone().into_number(self.document),
            ))
        };
        Ok(match operator {
            Operator::Add => arithmetic(|a, b| a + b),
            Operator::Subtract => arithmetic(|a, b| a - b),
            Operator::Multiply => arithmetic(|a, b| a * b),
            Operator::Divide => arithmetic(|a, b| a / b),
            Operator::Modulo => arithmetic(|a, b| a % b),
            _ => Value::Bool(self.compare(operator, left, right)?),
        })
    }

    fn compare(&self, operator: Operator, left: Value, right: Value) -> Result<bool, String> {
        let (left_nodes, right_nodes) = (
            matches!(left, Value::Nodes(_)),
            matches!(right, Value::Nodes(_)),
        );
        match (left, right) {
            (Value::Nodes(nodes), Value::Bool(bool)) => {
                let holds = Value::Bool(!nodes.is_empty());
                Ok(atomic(operator, &holds, &Value::Bool(bool)))
            }
            (Value::Bool(bool), Value::Nodes(nodes)) => {
                let holds = Value::Bool(!nodes.is_empty());
                Ok(atomic(operator, &Value::Bool(bool), &holds))
            }
            (left, right) if left_nodes || right_nodes => {
                let left = self.atoms(left)?;
                let right = self.atoms(right)?;
                for left in &left {
                    for right in &right {
                        self.charge(1)?;
                        if atomic(operator, left, right) {
                            return Ok(true);
                        }
                    }
                }
                Ok(false)
            }
            (left, right) => Ok(atomic(operator, &left, &right)),
        }
    }

    fn atoms(&self, value: Value) -> Result<Vec<Value>, String> {
        match value {
            Value::Nodes(nodes) => nodes
                .into_iter()
                .map(|node| self.text_of(node).map(Value::Text))
                .collect(),
            other => Ok(vec![other]),
        }
    }

    fn walk(&self, mut nodes: Vec<NodeId>, steps: &[Step]) -> Result<Vec<NodeId>, String> {
        for step in steps {
            let mut found = Vec::new();
            for &node in &nodes {
                let mut candidates = self.axis(node, step.axis)?;
                let mut failed = None;
                candidates.retain(|&candidate| {
                    self.passes(candidate, step).unwrap_or_else(|error| {
                        failed = Some(error);
                        false
                    })
                });
                if let Some(error) = failed {
                    return Err(error);
                }
                for predicate in &step.predicates {
                    candidates = self.filter(candidates, predicate)?;
                }
                found.append(&mut candidates);
            }
            found.sort_unstable();
            found.dedup();
            nodes = found;
        }
        Ok(nodes)
    }

    /// Keeps the nodes, in the order of their axis, for which the predicate holds.
    fn filter(&self, nodes: Vec<NodeId>, predicate: &Expr) -> Result<Vec<NodeId>, String> {
        let size = nodes.len();
        let mut kept = Vec::new();
        for (index, node) in nodes.into_iter().enumerate() {
            self.charge(1)?;
            let position = index + 1;
            let context = Context {
                node,
                position,
                size,
            };
            let holds = match self.value(predicate, context)? {
                Value::Number(number) => is_same(number, position as f64),
                other => other.is_true(),
            };
            if holds {
                kept.push(node);
            }
        }
        Ok(kept)
    }

    /// The nodes of an axis, nearest first.
    fn axis(&self, node: NodeId, axis: Axis) -> Result<Vec<NodeId>, String> {
        let document = self.document;
        let mut found = Vec::new();
        match axis {
            Axis::SelfNode => found.push(node),
            Axis::Parent => found.extend(document.parent(node)),
            Axis::Child => found.extend_from_slice(document.children(node)),
            Axis::Attribute => found.extend(document.nodes[node].attributes.clone()),
            Axis::Descendant => self.descendants(node, &mut found),
            Axis::DescendantOrSelf => {
                found.push(node);
                self.descendants(node, &mut found);
            }
            Axis::Ancestor | Axis::AncestorOrSelf => {
                if axis == Axis::AncestorOrSelf {
                    found.push(node);
                }
                let mut current = node;
                while let Some(parent) = document.parent(current) {
                    found.push(parent);
                    current = parent;
                }
            }
            Axis::FollowingSibling => found.extend(self.siblings(node).0),
            Axis::PrecedingSibling => found.extend(self.siblings(node).1.iter().rev()),
            Axis::Following => {
                let mut current = node;
                while let Some(parent) = document.parent(current) {
                    for &sibling in self.siblings(current).0 {
                        found.push(sibling);
                        self.descendants(sibling, &mut found);
                    }
                    current = parent;
                }
                found.sort_unstable();
            }
            Axis::Preceding => {
                let mut current = node;
                while let Some(parent) = document.parent(current) {
                    for &sibling in self.siblings(current).1 {
                        found.push(sibling);
                        self.descendants(sibling, &mut found);
                    }
                    current = parent;
                }
                found.sort_unstable_by(|left, right| right.cmp(left));
            }
        }
        self.charge(1 + found.len())?;
        Ok(found)
    }

    fn descendants(&self, node: NodeId, found: &mut Vec<NodeId>) {
        for &child in self.document.children(node) {
            found.push(child);
            self.descendants(child, found);
        }
    }

    /// The siblings after and before a node; an attribute has none.
    fn siblings(&self, node: NodeId) -> (&[NodeId], &[NodeId]) {
        let Some(parent) = self.document.parent(node) else {
            return (&[], &[]);
        };
        let children = self.document.children(parent);
        match children.binary_search(&node) {
            Ok(index) => (&children[index + 1..], &children[..index]),
            Err(_) => (&[], &[]),
        }
    }

    fn passes(&self, node: NodeId, step: &Step) -> Result<bool, String> {
        let kind = self.document.kind(node);
        let name = match kind {
            Kind::Element(name) if step.axis != Axis::Attribute => Some(name),
            Kind::Attribute { declares: true, .. } => return Ok(false),
            Kind::Attribute { name, .. } if step.axis == Axis::Attribute => Some(name),
            _ => None,
        };
        Ok(match &step.test {
            Test::Node => true,
            Test::Text => matches!(kind, Kind::Text(_) | Kind::CData(_)),
            Test::Comment => matches!(kind, Kind::Comment(_)),
            Test::Instruction(wanted) => match kind {
                Kind::Instruction { target, .. } => {
                    wanted.as_ref().is_none_or(|wanted| wanted == target)
                }
                _ => false,
            },
            Test::Any { prefix: None } => name.is_some(),
            Test::Any {
                prefix: Some(prefix),
            } => {
                let uri = self.uri(prefix)?;
                name.is_some_and(|name| name.namespace.as_deref() == Some(uri))
            }
            Test::Name { prefix, local } => {
                let uri = prefix
                    .as_deref()
                    .map(|prefix| self.uri(prefix))
                    .transpose()?;
                name.is_some_and(|name| self.is_named(name, uri, local))
            }
            Test::WholeName(wanted) => name.is_some_and(|name| match self.namespaces {
                Some(_) => self.is_named(name, None, wanted),
                None => name.full == *wanted,
            }),
        })
    }

    fn is_named(&self, name: &Name, uri: Option<&str>, local: &str) -> bool {
        name.local() == local && (self.namespaces.is_none() || name.namespace.as_deref() == uri)
    }

    fn uri(&self, prefix: &str) -> Result<&str, String> {
        if prefix == "xml" {
            return Ok("http://www.w3.org/XML/1998/namespace");
        }
        self.namespaces
            .and_then(|namespaces| namespaces.get(prefix))
            .map(String::as_str)
            .ok_or_else(|| format!("the prefix `{prefix}` must be declared in `xPathNamespaces`"))
    }
}

/// Comparison of two values of which neither is a node-set.
fn atomic(operator: Operator, left: &Value, right: &Value) -> bool {
    let number = |value: &Value| match value {
        Value::Number(number) => *number,
        Value::Bool(bool) => f64::from(u8::from(*bool)),
        Value::Text(text) => text_number(text),
        Value::Nodes(_) => f64::NAN,
    };
    let equal = || match (left, right) {
        (Value::Bool(_), _) | (_, Value::Bool(_)) => left.is_true() == right.is_true(),
        (Value::Text(left), Value::Text(right)) => left == right,
        _ => is_same(number(left), number(right)),
    };
    match operator {
        Operator::Equal => equal(),
        Operator::NotEqual => !equal(),
        Operator::Less => number(left) < number(right),
        Operator::LessOrEqual => number(left) <= number(right),
        Operator::Greater => number(left) > number(right),
        Operator::GreaterOrEqual => number(left) >= number(right),
        _ => false,
    }
}

/// IEEE equality; infinities equal themselves, NaN nothing.
fn is_same(left: f64, right: f64) -> bool {
    left.partial_cmp(&right) == Some(std::cmp::Ordering::Equal)
}
