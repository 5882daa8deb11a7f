//! From a path and a document to the selected values.
//!
//! The steps of a path are taken one after another, each for everything that the one before it gave: there is no
//! recursion over the document or the path, only over filters within filters, whose nesting the parser bounds.

mod filter;
mod function;
mod operand;

use std::borrow::Cow;
use std::cell::Cell;

use serde_json::{Map, Value};

use crate::ast::{Path, Predicate, Token};
use crate::error::ReadError;
use crate::{Selected, Step};

/// Values that one evaluation may look at, those for its filters included.
const MAX_VISITS: u64 = 5_000_000;
/// Values that one step may give.
const MAX_RESULTS: usize = 1_000_000;

/// Everything that is selected, with its places.
pub(crate) fn select<'a>(
    source: &str,
    path: &Path,
    root: &'a Value,
) -> Result<Vec<Selected<'a>>, ReadError> {
    let mut evaluation = Evaluation::new(source, root);
    evaluation.places = Some(Vec::new());
    let mut hits = evaluation.run(path, root, Missing::Skipped)?;
    if path.is_definite() {
        // A function in the middle leaves its own value behind it, too.
        hits = vec![hits.pop().ok_or_else(|| evaluation.not_found())?];
    }
    let located = hits.into_iter().map(|hit| Selected {
        location: evaluation.location(hit.place),
        value: hit.value,
    });
    Ok(located.collect())
}

/// The value of a definite path, or an array of everything.
pub(crate) fn read(source: &str, path: &Path, root: &Value) -> Result<Value, ReadError> {
    let mut evaluation = Evaluation::new(source, root);
    let hits = evaluation.run(path, root, Missing::Skipped)?;
    evaluation.result(path, hits).map(Cow::into_owned)
}

/// The places to change: each is a way from the root, and exists unless it names one of several properties.
pub(crate) fn places(source: &str, path: &Path, root: &Value) -> Result<Vec<Vec<Step>>, ReadError> {
    let mut evaluation = Evaluation::new(source, root);
    evaluation.places = Some(Vec::new());
    evaluation.merges = false;
    let hits = evaluation.run(path, root, Missing::Skipped)?;
    if hits.is_empty() {
        return Err(evaluation.not_found());
    }
    let located = hits.iter().map(|hit| evaluation.location(hit.place));
    located
        .collect::<Option<_>>()
        .ok_or_else(|| ReadError::NotWritable {
            path: source.to_owned(),
            reason: "it ends in a function".to_owned(),
        })
}

/// What an absent property means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Missing {
    /// It gives nothing.
    Skipped,
    /// It makes the whole path fail, as in `[?(@.a)]`.
    Fails,
}

/// A value on the way, and its place if it has one and places are wanted.
#[derive(Debug, Clone)]
struct Hit<'a> {
    value: Cow<'a, Value>,
    place: Place,
}

/// Where a value stands.
#[derive(Debug, Clone, Copy)]
enum Place {
    Root,
    /// An index into [`Evaluation::places`].
    Inner(usize),
    /// Computed, or not recorded.
    Nowhere,
}

#[derive(Clone, Copy)]
enum Key<'k> {
    Name(&'k str),
    Index(usize),
}

impl Key<'_> {
    fn of(self, value: &Value) -> Option<&Value> {
        match self {
            Self::Name(name) => value.as_object()?.get(name),
            Self::Index(index) => value.as_array()?.get(index),
        }
    }
}

struct Evaluation<'a, 's> {
    source: &'s str,
    root: &'a Value,
    visits: Cell<u64>,
    /// A tree of the places seen, each with its parent; `None` when nobody asks for them.
    places: Option<Vec<(Place, Step)>>,
    /// Whether `['a','b']` at the end makes one object.
    merges: bool,
}

impl<'a, 's> Evaluation<'a, 's> {
    fn new(source: &'s str, root: &'a Value) -> Self {
        Self {
            source,
            root,
            visits: Cell::new(0),
            places: None,
            merges: true,
        }
    }

    /// One that works for this one's filters and arguments: it shares the count of visits, not the places.
    fn child<'v>(&'v self) -> Evaluation<'v, 's> {
        let visits = Cell::new(self.visits.get());
        Evaluation {
            source: self.source,
            root: self.root,
            visits,
            places: None,
            merges: true,
        }
    }

    fn not_found(&self) -> ReadError {
        ReadError::NotFound {
            path: self.source.to_owned(),
        }
    }

    fn visit(&self) -> Result<(), ReadError> {
        let visits = self.visits.get() + 1;
        self.visits.set(visits);
        if visits > MAX_VISITS {
            return Err(self.too_complex("it looks at more than 5,000,000 values"));
        }
        Ok(())
    }

    fn too_complex(&self, reason: &str) -> ReadError {
        ReadError::TooComplex {
            path: self.source.to_owned(),
            reason: reason.to_owned(),
        }
    }

    fn location(&self, place: Place) -> Option<Vec<Step>> {
        let places = self.places.as_ref()?;
        let mut steps = Vec::new();
        let mut place = place;
        loop {
            match place {
                Place::Root => break,
                Place::Nowhere => return None,
                Place::Inner(at) => {
                    steps.push(places[at].1.clone());
                    place = places[at].0;
                }
            }
        }
        steps.reverse();
        Some(steps)
    }

    fn place(&mut self, parent: Place, key: Key) -> Place {
        let (Some(places), Place::Root | Place::Inner(_)) = (&mut self.places, parent) else {
            return Place::Nowhere;
        };
        let step = match key {
            Key::Name(name) => Step::Name(name.to_owned()),
            Key::Index(index) => Step::Index(index),
        };
        places.push((parent, step));
        Place::Inner(places.len() - 1)
    }

    /// The value under a key of a hit.
    fn inner(&mut self, hit: &Hit<'a>, key: Key) -> Result<Option<Hit<'a>>, ReadError> {
        self.visit()?;
        let value = match &hit.value {
            Cow::Borrowed(value) => key.of(value).map(Cow::Borrowed),
            Cow::Owned(value) => key.of(value).cloned().map(Cow::Owned),
        };
        Ok(value.map(|value| Hit {
            value,
            place: self.place(hit.place, key),
        }))
    }

    /// Every child of an array or object.
    fn children(&mut self, hit: &Hit<'a>) -> Result<Vec<Hit<'a>>, ReadError> {
        let mut children = Vec::new();
        match &*hit.value {
            Value::Object(object) => {
                for name in object.keys() {
                    children.extend(self.inner(hit, Key::Name(name))?);
                }
            }
            Value::Array(items) => {
                for index in 0..items.len() {
                    children.extend(self.inner(hit, Key::Index(index))?);
                }
            }
            _ => {}
        }
        Ok(children)
    }

    /// The value that a path stands for: its last hit, or an array of all.
    fn result(&self, path: &Path, mut hits: Vec<Hit<'a>>) -> Result<Cow<'a, Value>, ReadError> {
        if path.is_definite() {
            return hits
                .pop()
                .map(|hit| hit.value)
                .ok_or_else(|| self.not_found());
        }
        for hit in &hits {
            self.visit_inside(&hit.value)?;
        }
        Ok(Cow::Owned(
            hits.into_iter().map(|hit| hit.value.into_owned()).collect(),
        ))
    }

    /// Counts everything in a value that is about to be copied.
    fn visit_inside(&self, value: &Value) -> Result<(), ReadError> {
        let mut waiting = vec![value];
        while let Some(value) = waiting.pop() {
            self.visit()?;
            match value {
                Value::Array(items) => waiting.extend(items),
                Value::Object(object) => waiting.extend(object.values()),
                _ => {}
            }
        }
        Ok(())
    }

    fn run(
        &mut self,
        path: &Path,
        start: &'a Value,
        missing: Missing,
    ) -> Result<Vec<Hit<'a>>, ReadError> {
        let mut hits = vec![Hit {
            value: Cow::Borrowed(start),
            place: Place::Root,
        }];
        let mut scanning = false;
        for (at, token) in path.tokens.iter().enumerate() {
            if matches!(token, Token::Scan) {
                scanning = true;
                continue;
            }
            let step = TakenStep {
                token,
                last: at + 1 == path.tokens.len() && path.collector.is_none(),
                upstream_definite: path.definite_before(at),
                missing: if scanning { Missing::Skipped } else { missing },
            };
            let mut next = Vec::new();
            for hit in hits {
                if scanning {
                    self.scan(&step, hit, &mut next)?;
                } else {
                    self.take(&step, &hit, &mut next)?;
                }
                if next.len() > MAX_RESULTS {
                    return Err(
                        self.too_complex("one of its steps gives more than 1,000,000 values")
                    );
                }
            }
            hits = next;
            scanning = false;
        }
        match &path.collector {
            Some(call) => self.collect(call, hits),
            None => Ok(hits),
        }
    }

    fn take(
        &mut self,
        step: &TakenStep,
        hit: &Hit<'a>,
        out: &mut Vec<Hit<'a>>,
    ) -> Result<(), ReadError> {
        match step.token {
            Token::Names(names) => self.names(step, names, hit, out)?,
            Token::Indices(_) | Token::Slice { .. } => self.elements(step, hit, out)?,
            Token::Wildcard => out.append(&mut self.children(hit)?),
            Token::Filter(predicate) => self.filter(step, predicate, hit, out)?,
            Token::Call(call) => out.push(self.call(call, hit)?),
            Token::Scan => {}
        }
        Ok(())
    }

    fn names(
        &mut self,
        step: &TakenStep,
        names: &[String],
        hit: &Hit<'a>,
        out: &mut Vec<Hit<'a>>,
    ) -> Result<(), ReadError> {
        if !hit.value.is_object() {
            return if step.upstream_definite {
                Err(self.not_found())
            } else {
                Ok(())
            };
        }
        if let [name] = names {
            match self.inner(hit, Key::Name(name))? {
                Some(inner) => out.push(inner),
                None if step.missing == Missing::Fails
                    || (step.upstream_definite && !step.last) =>
                {
                    return Err(self.not_found());
                }
                None => {}
            }
            return Ok(());
        }
        if step.last && self.merges {
            let mut merged = Map::new();
            for name in names {
                match self.inner(hit, Key::Name(name))? {
                    Some(inner) => _ = merged.insert(name.clone(), inner.value.into_owned()),
                    None if step.missing == Missing::Fails => return Err(self.not_found()),
                    None => {}
                }
            }
            out.push(Hit {
                value: Cow::Owned(Value::Object(merged)),
                place: Place::Nowhere,
            });
            return Ok(());
        }
        for name in names {
            let inner = self.inner(hit, Key::Name(name))?;
            if inner.is_none() && step.missing == Missing::Fails {
                return Err(self.not_found());
            }
            if inner.is_none() && step.last {
                // To be changed: it can be set although it is not there.
                let place = self.place(hit.place, Key::Name(name));
                out.push(Hit {
                    value: Cow::Owned(Value::Null),
                    place,
                });
            }
            out.extend(inner);
        }
        Ok(())
    }

    fn elements(
        &mut self,
        step: &TakenStep,
        hit: &Hit<'a>,
        out: &mut Vec<Hit<'a>>,
    ) -> Result<(), ReadError> {
        let Value::Array(items) = &*hit.value else {
            return if step.upstream_definite {
                Err(self.not_found())
            } else {
                Ok(())
            };
        };
        let length = items.len() as i64;
        let indices: Vec<i64> = match step.token {
            Token::Indices(indices) => indices.clone(),
            Token::Slice {
                from: Some(from),
                to: None,
            } => {
                let from = if *from < 0 { length + from } else { *from };
                (from.max(0)..length).collect()
            }
            Token::Slice {
                from: None,
                to: Some(to),
            } => {
                let to = if *to < 0 { length + to } else { *to };
                (0..to.min(length)).collect()
            }
            // Only one end of such a slice counts from the back: `[1:-1]` is empty, `[-2:2]` goes over the end.
            Token::Slice {
                from: Some(from),
                to: Some(to),
            } => ((*from).max(-length)..(*to).min(length)).collect(),
            _ => Vec::new(),
        };
        for index in indices {
            let index = if index < 0 { length + index } else { index };
            if let Ok(index) = usize::try_from(index) {
                out.extend(self.inner(hit, Key::Index(index))?);
            }
        }
        Ok(())
    }

    fn filter(
        &mut self,
        step: &TakenStep,
        predicate: &Predicate,
        hit: &Hit<'a>,
        out: &mut Vec<Hit<'a>>,
    ) -> Result<(), ReadError> {
        match &*hit.value {
            Value::Object(_) => {
                let accepted = self.accepts(predicate, &hit.value)?;
                out.extend(accepted.then(|| hit.clone()));
            }
            Value::Array(_) => {
                for child in self.children(hit)? {
                    if self.accepts(predicate, &child.value)? {
                        out.push(child);
                    }
                }
            }
            primitive if step.upstream_definite => {
                return Err(ReadError::NotApplicable {
                    path: self.source.to_owned(),
                    reason: format!(
                        "its filter is for arrays and objects, not for {}",
                        kind(primitive)
                    ),
                });
            }
            _ => {}
        }
        Ok(())
    }

    /// `..`: the step is taken at the value and at everything inside it, parents first.
    fn scan(
        &mut self,
        step: &TakenStep,
        hit: Hit<'a>,
        out: &mut Vec<Hit<'a>>,
    ) -> Result<(), ReadError> {
        let mut waiting = vec![hit];
        while let Some(hit) = waiting.pop() {
            let fits = match (step.token, &*hit.value) {
                (Token::Names(names), Value::Object(object)) if step.last || names.len() == 1 => {
                    names.iter().all(|name| object.contains_key(name))
                }
                (Token::Names(_), Value::Object(_))
                | (Token::Indices(_) | Token::Slice { .. }, Value::Array(_))
                | (Token::Wildcard, _) => true,
                (Token::Filter(predicate), Value::Object(_) | Value::Array(_)) => {
                    self.accepts(predicate, &hit.value)?
                }
                _ => false,
            };
            if fits {
                self.take(step, &hit, out)?;
            }
            if out.len() > MAX_RESULTS {
                return Err(self.too_complex("one of its steps gives more than 1,000,000 values"));
            }
            waiting.extend(self.children(&hit)?.into_iter().rev());
        }
        Ok(())
    }
}

/// One step, and what its neighbours make of it.
struct TakenStep<'t> {
    token: &'t Token,
    last: bool,
    /// Whether the steps before it lead to one value, so that a misfit is an error.
    upstream_definite: bool,
    missing: Missing,
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
