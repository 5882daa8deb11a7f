//! Path templates by segment.

use std::sync::Arc;

use super::super::rank::Rank;
use super::super::stub::Stub;
use super::{Bucket, HashMap};

/// A node for each segment of a template. It narrows down; whether a template really matches is the
/// pattern's own business.
#[derive(Clone, Debug, Default)]
pub(super) struct Tree {
    literals: HashMap<Arc<str>, Arc<Tree>>,
    /// A segment with a variable or a star in it.
    variable: Option<Arc<Tree>>,
    here: Option<Bucket>,
    /// Templates that go on with `**`.
    rest: Option<Bucket>,
}

enum Segment<'a> {
    Literal(&'a str),
    Variable,
    Rest,
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.trim_matches('/').split('/')
}

fn classify(segment: &str) -> Segment<'_> {
    // A brace that is open at the end of a segment may hold slashes: the tree says no more from there on.
    let open = segment
        .rfind('{')
        .is_some_and(|at| !segment[at..].contains('}'));
    if open || segment.contains("**") {
        Segment::Rest
    } else if segment.contains(['{', '*']) {
        Segment::Variable
    } else {
        Segment::Literal(segment)
    }
}

impl Tree {
    pub(super) fn insert(&mut self, template: &str, rank: Rank, stub: &Arc<Stub>) {
        self.edit(&mut segments(template), &mut |bucket| {
            *bucket = Some(match bucket.take() {
                None => Bucket::One(rank, stub.clone()),
                Some(bucket) => bucket.with(rank, stub.clone()),
            });
        });
    }

    pub(super) fn remove(&mut self, template: &str, rank: Rank) {
        self.edit(&mut segments(template), &mut |bucket| {
            *bucket = bucket.take().and_then(|bucket| bucket.without(rank));
        });
    }

    /// Edits the bucket at the end of the segments, and drops the nodes that it leaves empty.
    fn edit<'t>(
        &mut self,
        segments: &mut impl Iterator<Item = &'t str>,
        change: &mut dyn FnMut(&mut Option<Bucket>),
    ) {
        let Some(segment) = segments.next() else {
            change(&mut self.here);
            return;
        };
        match classify(segment) {
            Segment::Rest => change(&mut self.rest),
            Segment::Variable => {
                let mut node = self.variable.take().unwrap_or_default();
                Arc::make_mut(&mut node).edit(segments, change);
                self.variable = (!node.is_empty()).then_some(node);
            }
            Segment::Literal(name) => {
                let mut node = self.literals.remove(name).unwrap_or_default();
                Arc::make_mut(&mut node).edit(segments, change);
                if !node.is_empty() {
                    self.literals.insert(name.into(), node);
                }
            }
        }
    }

    /// Calls `found` with every bucket whose templates could match the path.
    pub(super) fn visit<'t>(&'t self, path: &str, found: &mut dyn FnMut(&'t Bucket)) {
        if !self.is_empty() {
            let path = path.trim_matches('/');
            self.descend(Some(path), found);
        }
    }

    fn descend<'t>(&'t self, path: Option<&str>, found: &mut dyn FnMut(&'t Bucket)) {
        if let Some(bucket) = &self.rest {
            found(bucket);
        }
        let Some(path) = path else {
            if let Some(bucket) = &self.here {
                found(bucket);
            }
            return;
        };
        let (segment, rest) = match path.split_once('/') {
            Some((segment, rest)) => (segment, Some(rest)),
            None => (path, None),
        };
        if let Some(node) = self.literals.get(segment) {
            node.descend(rest, found);
        }
        if let Some(node) = &self.variable {
            node.descend(rest, found);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.literals.is_empty()
            && self.variable.is_none()
            && self.here.is_none()
            && self.rest.is_none()
    }
}
