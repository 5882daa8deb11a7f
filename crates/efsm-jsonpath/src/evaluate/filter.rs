use std::borrow::Cow;

use efsm_javatext::JavaRegex;
use efsm_javatext::number::{Decimal, Rounding};
use serde_json::Value;

use crate::ast::{Operand, Operator, Path, Predicate};
use crate::error::ReadError;

use super::operand::Node;
use super::{Evaluation, Hit, Missing};

/// Why a predicate has no answer.
enum Refusal {
    /// An operator has an operand that it is not for: the value is not selected, whatever `!` or `||` say.
    Misfit,
    Failed(ReadError),
}

impl From<ReadError> for Refusal {
    fn from(error: ReadError) -> Self {
        Self::Failed(error)
    }
}

type Answer = Result<bool, Refusal>;

impl Evaluation<'_, '_> {
    /// Whether a filter lets a value through.
    pub(super) fn accepts(&self, predicate: &Predicate, item: &Value) -> Result<bool, ReadError> {
        self.visit()?;
        match self.holds(predicate, item) {
            Ok(holds) => Ok(holds),
            Err(Refusal::Misfit) => Ok(false),
            Err(Refusal::Failed(error)) => Err(error),
        }
    }

    fn holds(&self, predicate: &Predicate, item: &Value) -> Answer {
        match predicate {
            Predicate::All(predicates) => {
                for predicate in predicates {
                    if !self.holds(predicate, item)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Predicate::Any(predicates) => {
                for predicate in predicates {
                    if self.holds(predicate, item)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Predicate::Not(predicate) => Ok(!self.holds(predicate, item)?),
            Predicate::Exists { path, expected } => Ok(self.exists(path, item)? == *expected),
            Predicate::Compare {
                left,
                operator,
                right,
            } => self.compare(left, *operator, right, item),
        }
    }

    /// A definite path exists when it leads somewhere; another always does, unless a property is missing on it.
    fn exists(&self, path: &Path, item: &Value) -> Answer {
        match self.hits(path, item, Missing::Fails) {
            Ok(hits) => Ok(!path.is_definite() || !hits.is_empty()),
            Err(ReadError::NotFound { .. }) => Ok(false),
            Err(ReadError::NotApplicable { .. }) => Err(Refusal::Misfit),
            Err(error) => Err(error.into()),
        }
    }

    fn hits<'v>(
        &'v self,
        path: &Path,
        item: &'v Value,
        missing: Missing,
    ) -> Result<Vec<Hit<'v>>, ReadError> {
        let mut evaluation: Evaluation<'v, '_> = self.child();
        let start = if path.from_root { self.root } else { item };
        let hits = evaluation.run(path, start, missing);
        self.visits.set(evaluation.visits.get());
        hits
    }

    fn node<'v>(&'v self, operand: &'v Operand, item: &'v Value) -> Result<Node<'v>, Refusal> {
        Ok(match operand {
            Operand::Null => Node::Null,
            Operand::Boolean(boolean) => Node::Boolean(*boolean),
            Operand::Number(number) => Node::Number(Cow::Borrowed(number)),
            Operand::Text(text) => Node::Text(Cow::Borrowed(text)),
            Operand::Json(value) => Node::Json(Cow::Borrowed(value)),
            Operand::Regex(regex) => Node::Regex(regex),
            Operand::Path(path) => match self
                .hits(path, item, Missing::Skipped)
                .and_then(|hits| self.result(path, hits))
            {
                Ok(value) => Node::of(value),
                Err(ReadError::NotFound { .. }) => Node::Undefined,
                Err(ReadError::NotApplicable { .. }) => return Err(Refusal::Misfit),
                Err(error) => return Err(error.into()),
            },
        })
    }

    fn compare(&self, left: &Operand, operator: Operator, right: &Operand, item: &Value) -> Answer {
        if let (Operator::Exists, Operand::Path(path), Operand::Boolean(expected)) =
            (operator, left, right)
        {
            return Ok(self.exists(path, item)? == *expected);
        }
        let (left, right) = (self.node(left, item)?, self.node(right, item)?);
        let ordered =
            |wanted: fn(std::cmp::Ordering) -> bool| Ok(left.compare(&right).is_some_and(wanted));
        match operator {
            Operator::Equal => Ok(left.equals(&right)),
            Operator::NotEqual => Ok(!left.equals(&right)),
            Operator::SameTypeEqual => Ok(left.is_same_kind(&right) && left.equals(&right)),
            Operator::SameTypeNotEqual => Ok(!(left.is_same_kind(&right) && left.equals(&right))),
            Operator::Less => ordered(std::cmp::Ordering::is_lt),
            Operator::LessOrEqual => ordered(std::cmp::Ordering::is_le),
            Operator::Greater => ordered(std::cmp::Ordering::is_gt),
            Operator::GreaterOrEqual => ordered(std::cmp::Ordering::is_ge),
            Operator::Matches => self.matches(&left, &right),
            Operator::In => contains(&right, &left),
            Operator::NotIn => Ok(!contains(&right, &left)?),
            Operator::Contains => Ok(match (&left, &right) {
                (Node::Text(text), Node::Text(part)) => text.contains(&**part),
                (Node::Json(_), _) => contains(&left, &right)?,
                _ => false,
            }),
            Operator::All => compare_lists(&right, &left, |required, all| {
                required.iter().all(|one| has(all, one))
            }),
            Operator::SubsetOf => compare_lists(&left, &right, |part, all| {
                part.iter().all(|one| has(all, one))
            }),
            Operator::AnyOf => compare_lists(&left, &right, |some, all| {
                some.iter().any(|one| has(all, one))
            }),
            Operator::NoneOf => compare_lists(&left, &right, |some, all| {
                !some.iter().any(|one| has(all, one))
            }),
            Operator::Size => Ok(match (&left, &right) {
                (Node::Text(text), Node::Number(size)) => {
                    size_is(size, text.encode_utf16().count())
                }
                (Node::Json(value), Node::Number(size)) => value
                    .as_array()
                    .is_some_and(|items| size_is(size, items.len())),
                _ => false,
            }),
            Operator::Empty => {
                let empty = match &left {
                    Node::Text(text) => text.is_empty(),
                    Node::Json(value) => match &**value {
                        Value::Array(items) => items.is_empty(),
                        Value::Object(object) => object.is_empty(),
                        _ => false,
                    },
                    _ => return Ok(false),
                };
                match right {
                    Node::Boolean(expected) => Ok(empty == expected),
                    _ => Err(Refusal::Misfit),
                }
            }
            Operator::Type => match right {
                Node::Text(name) => Ok(left.has_type(&name)),
                _ => Err(Refusal::Misfit),
            },
            Operator::Exists => match (left, right) {
                (Node::Boolean(left), Node::Boolean(right)) => Ok(left == right),
                _ => Err(Refusal::Misfit),
            },
        }
    }

    /// `=~` with the pattern on either side; of an array one element has to match.
    fn matches(&self, left: &Node, right: &Node) -> Answer {
        let (regex, subject) = match (left, right) {
            (Node::Regex(_), Node::Regex(_)) => return Ok(false),
            (Node::Regex(regex), subject) | (subject, Node::Regex(regex)) => (*regex, subject),
            _ => return Ok(false),
        };
        let matches = |regex: &JavaRegex, node: &Node| {
            let matched = regex.matches_whole(&node.text());
            matched.map_err(|error| Refusal::Failed(self.too_complex(&error.to_string())))
        };
        let Some(elements) = subject.elements() else {
            return matches(regex, subject);
        };
        for element in &elements {
            if matches(regex, element)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn has(all: &[Node], one: &Node) -> bool {
    all.iter().any(|element| one.equals(element))
}

fn size_is(expected: &Decimal, size: usize) -> bool {
    // What is behind the point is left aside, as `BigDecimal.intValue` does.
    size.to_string()
        .parse::<Decimal>()
        .is_ok_and(|size| expected.rounded(0, Rounding::Down) == size)
}

/// Whether an array has an element; an object has none, and anything else is a misfit.
fn contains(list: &Node, element: &Node) -> Answer {
    match (list.elements(), list) {
        (Some(elements), _) => Ok(has(&elements, element)),
        (None, Node::Json(_)) => Ok(false),
        _ => Err(Refusal::Misfit),
    }
}

fn compare_lists(left: &Node, right: &Node, holds: fn(&[Node], &[Node]) -> bool) -> Answer {
    match (left.elements(), right.elements()) {
        (Some(left), Some(right)) => Ok(holds(&left, &right)),
        (None, _) if !matches!(left, Node::Json(_)) => Err(Refusal::Misfit),
        (_, None) if !matches!(right, Node::Json(_)) => Err(Refusal::Misfit),
        _ => Ok(false),
    }
}
