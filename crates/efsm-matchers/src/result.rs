//! What a match tells: whether it holds, how far off it is, and what went wrong on the way.

use jiff::Zoned;
use serde_json::{Value, json};

use crate::matcher::Matcher;
use crate::multi::MultiMatcher;
use crate::subject::Subject;

/// What matchers ask of the world.
#[derive(Debug, Clone, PartialEq)]
pub struct MatchContext {
    /// The stack's clock, in the zone in which dates without a zone are taken.
    pub now: Zoned,
}

impl MatchContext {
    pub fn new(now: Zoned) -> Self {
        Self { now }
    }
}

/// The type of a [`SubEvent`], as WireMock writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SubEventKind {
    /// A document could not be read, or an expression could not be evaluated on it.
    Warning,
    /// A body that should be JSON is not.
    JsonError,
    /// The matcher itself cannot work, such as a JSON Schema that is none.
    Error,
}

impl SubEventKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Warning => "WARNING",
            Self::JsonError => "JSON_ERROR",
            Self::Error => "ERROR",
        }
    }
}

/// One explanation that a matcher leaves, WireMock's `subEvents` entry without its time.
#[derive(Debug, Clone, PartialEq)]
pub struct SubEvent {
    pub kind: SubEventKind,
    /// `{"message": text}` of a warning, `{"errors": [{"code", "title", "detail"}]}` of the others.
    pub data: Value,
}

impl SubEvent {
    pub(crate) fn warning(message: impl Into<String>) -> Self {
        Self {
            kind: SubEventKind::Warning,
            data: json!({ "message": message.into() }),
        }
    }

    pub(crate) fn error(kind: SubEventKind, title: &str, detail: &str) -> Self {
        let mut error = json!({ "code": 10, "title": title, "detail": detail });
        // As everywhere in documents that cannot be parsed, the place has a field of its own, empty here.
        if kind == SubEventKind::JsonError {
            error["source"] = json!({});
        }
        Self {
            kind,
            data: json!({ "errors": [error] }),
        }
    }
}

/// Collects sub-events when somebody asked for them; making one may print a whole document.
#[derive(Debug, Default)]
pub(crate) struct Events(Option<Vec<SubEvent>>);

impl Events {
    /// Drops what is added.
    pub(crate) fn ignored() -> Self {
        Self(None)
    }

    pub(crate) fn kept() -> Self {
        Self(Some(Vec::new()))
    }

    /// An empty collection which keeps what this one would keep.
    pub(crate) fn alike(&self) -> Self {
        Self(self.0.as_ref().map(|_| Vec::new()))
    }

    pub(crate) fn append(&mut self, other: Self) {
        if let (Some(kept), Some(other)) = (&mut self.0, other.0) {
            kept.extend(other);
        }
    }

    pub(crate) fn add(&mut self, event: impl FnOnce() -> SubEvent) {
        if let Some(kept) = &mut self.0 {
            kept.push(event());
        }
    }

    pub(crate) fn into_kept(self) -> Vec<SubEvent> {
        self.0.unwrap_or_default()
    }
}

/// The outcome of a match; everything but the yes or no is computed when it is asked for.
#[derive(Debug, Clone, Copy)]
pub struct MatchResult<'a> {
    exact: bool,
    target: Target<'a>,
    context: &'a MatchContext,
}

#[derive(Debug, Clone, Copy)]
enum Target<'a> {
    One(&'a Matcher, &'a Subject<'a>),
    Many(&'a MultiMatcher, &'a [Subject<'a>]),
}

impl<'a> MatchResult<'a> {
    pub(crate) fn one(
        exact: bool,
        matcher: &'a Matcher,
        subject: &'a Subject<'a>,
        context: &'a MatchContext,
    ) -> Self {
        Self {
            exact,
            target: Target::One(matcher, subject),
            context,
        }
    }

    pub(crate) fn many(
        exact: bool,
        matcher: &'a MultiMatcher,
        subjects: &'a [Subject<'a>],
        context: &'a MatchContext,
    ) -> Self {
        Self {
            exact,
            target: Target::Many(matcher, subjects),
            context,
        }
    }

    /// Whether the value matches.
    pub fn is_exact(&self) -> bool {
        self.exact
    }

    /// 0.0 for a match, 1.0 for a value that is nothing like the expected one, or more for a JSON document.
    ///
    /// Computed anew at each call, at a cost up to the product of the lengths of both texts.
    pub fn distance(&self) -> f64 {
        if self.exact {
            return 0.0;
        }
        match self.target {
            Target::One(matcher, subject) => matcher.distance(subject, self.context),
            Target::Many(matcher, subjects) => matcher.distance(subjects, self.context),
        }
    }

    /// The explanations that the match left; computed anew at each call.
    pub fn sub_events(&self) -> Vec<SubEvent> {
        let mut events = Events::kept();
        match self.target {
            Target::One(matcher, subject) => {
                matcher.holds(subject, self.context, &mut events);
            }
            Target::Many(matcher, subjects) => {
                matcher.holds(subjects, self.context, &mut events);
            }
        }
        events.into_kept()
    }
}
