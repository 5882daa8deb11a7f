//! Schemas, in the direction in which their values travel.

mod bounds;
mod branches;
mod flat;
mod properties;
mod values;

use std::collections::HashSet;

use serde_json::Value;

use crate::Comparison;
use crate::change::{Severity, Side};
use crate::operations::Pair;
use flat::Flat;

/// Where a value goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Way {
    /// From the client: it may be allowed more, and asked for no more.
    In,
    /// To the client: it may promise more, and must keep what it promised.
    Out,
}

impl Way {
    /// How bad it is that fewer values are allowed.
    fn narrowed(self) -> Severity {
        match self {
            Self::In => Severity::Breaking,
            Self::Out => Severity::Safe,
        }
    }

    /// How bad it is that more values are allowed.
    fn widened(self) -> Severity {
        match self {
            Self::In => Severity::Safe,
            Self::Out => Severity::Breaking,
        }
    }
}

/// Schemas that hold together, each with its place.
#[derive(Debug, Clone, Default)]
pub(crate) struct Schemas<'a>(Vec<(&'a Value, String)>);

impl<'a> Schemas<'a> {
    pub(crate) fn of(schema: &'a Value, place: String) -> Self {
        Self(vec![(schema, place)])
    }
}

/// How deep schemas are followed.
const DEPTH: usize = 60;

/// A comparison of two schemas, for one operation and direction.
struct Walk<'c, 'a> {
    comparison: &'c mut Comparison<'a>,
    pair: &'c Pair,
    way: Way,
    /// Pairs that were met: recursions end here.
    met: HashSet<Vec<usize>>,
}

impl Comparison<'_> {
    /// Compares two schemas; `what` says in messages whose they are.
    pub(crate) fn schemas(
        &mut self,
        pair: &Pair,
        old: &Schemas<'_>,
        new: &Schemas<'_>,
        way: Way,
        what: &str,
    ) {
        let mut walk = Walk {
            comparison: self,
            pair,
            way,
            met: HashSet::new(),
        };
        walk.compare(old, new, what, DEPTH);
    }
}

impl Walk<'_, '_> {
    fn add(
        &mut self,
        code: &'static str,
        severity: Severity,
        place: (Side, &str),
        message: String,
    ) {
        self.comparison
            .add(self.pair, code, severity, place, message);
    }

    fn is_untouched(&self, old: &Schemas<'_>, new: &Schemas<'_>) -> bool {
        let touched = &self.comparison.touched;
        old.0.len() == new.0.len()
            && old
                .0
                .iter()
                .zip(&new.0)
                .all(|(a, b)| touched.is_same(a.0, b.0))
    }

    fn compare(&mut self, old: &Schemas<'_>, new: &Schemas<'_>, what: &str, depth: usize) {
        let Some(depth) = depth.checked_sub(1) else {
            return;
        };
        if self.is_untouched(old, new) {
            return;
        }
        let (old_root, new_root) = (
            self.comparison.old.root.clone(),
            self.comparison.new.root.clone(),
        );
        let (old, new) = (Flat::of(&old_root, old), Flat::of(&new_root, new));
        if !self
            .met
            .insert(old.addresses().chain(new.addresses()).collect())
        {
            return;
        }
        self.types(&old, &new, what);
        self.enums(&old, &new, what);
        self.formats(&old, &new, what);
        self.bounds(&old, &new, what);
        self.properties(&old, &new, what, depth);
        self.additional(&old, &new, what, depth);
        self.items(&old, &new, what, depth);
        self.branches(&old, &new, what, depth);
    }

    fn items(&mut self, old: &Flat<'_>, new: &Flat<'_>, what: &str, depth: usize) {
        let (before, after) = (old.below("items"), new.below("items"));
        if !before.0.is_empty() && !after.0.is_empty() {
            self.compare(&before, &after, &format!("an item of {what}"), depth);
        }
    }
}
