//! `equalToNumber`, `greaterThanNumber` and their like, which WireMock has since 4.0.

use serde_json::Number;

use crate::subject::Subject;
use crate::text::java_number;

/// How a number must stand to the expected one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NumberRelation {
    Equal,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

impl NumberRelation {
    pub(crate) const ALL: [Self; 5] = [
        Self::Equal,
        Self::Greater,
        Self::GreaterOrEqual,
        Self::Less,
        Self::LessOrEqual,
    ];

    /// The operator's key.
    pub fn operator(self) -> &'static str {
        match self {
            Self::Equal => "equalToNumber",
            Self::Greater => "greaterThanNumber",
            Self::GreaterOrEqual => "greaterThanEqualNumber",
            Self::Less => "lessThanNumber",
            Self::LessOrEqual => "lessThanEqualNumber",
        }
    }
}

/// A comparison of numbers, however they are written.
#[derive(Debug)]
pub struct NumberMatcher {
    pub(crate) relation: NumberRelation,
    pub(crate) expected: Number,
}

impl NumberMatcher {
    pub(crate) fn holds(&self, subject: &Subject<'_>) -> bool {
        let (Some(actual), Some(expected)) = (number(subject), self.expected.as_f64()) else {
            return false;
        };
        match self.relation {
            NumberRelation::Equal => {
                actual.partial_cmp(&expected) == Some(std::cmp::Ordering::Equal)
            }
            NumberRelation::Greater => actual > expected,
            NumberRelation::GreaterOrEqual => actual >= expected,
            NumberRelation::Less => actual < expected,
            NumberRelation::LessOrEqual => actual <= expected,
        }
    }

    /// A number on the wrong side is near, anything else is far.
    pub(crate) fn distance(subject: &Subject<'_>) -> f64 {
        if number(subject).is_some() { 0.01 } else { 1.0 }
    }

    pub(crate) fn expected_text(&self) -> String {
        java_number(&self.expected)
    }
}

fn number(subject: &Subject<'_>) -> Option<f64> {
    subject
        .as_text()?
        .trim()
        .parse()
        .ok()
        .filter(|number: &f64| number.is_finite())
}
