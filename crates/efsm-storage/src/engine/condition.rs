//! What must hold of an object before it is read or replaced: RFC 9110 section 13, without its syntax.

use std::fmt;

use efsm_core::Timestamp;

use super::object::{Etag, Object};

/// The preconditions of one operation. Dates count in whole seconds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conditions {
    pub if_match: Option<TagMatch>,
    pub if_none_match: Option<TagMatch>,
    pub if_modified_since: Option<Timestamp>,
    pub if_unmodified_since: Option<Timestamp>,
}

/// Entity tags to compare with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TagMatch {
    /// `*`: whatever is there.
    Any,
    OneOf(Vec<Tag>),
}

/// An entity tag that a client sent, without its quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    pub weak: bool,
    pub opaque: String,
}

/// Which precondition failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    IfMatch,
    IfNoneMatch,
    IfUnmodifiedSince,
}

/// Whether the operation wants to see the object or to change it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    Read,
    Write,
}

/// What the preconditions say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Proceed,
    NotModified,
    Failed(Condition),
}

impl Conditions {
    /// Whether the object's entity tag is looked at.
    pub fn need_etag(&self) -> bool {
        [&self.if_match, &self.if_none_match]
            .into_iter()
            .flatten()
            .any(|tags| *tags != TagMatch::Any)
    }

    /// Evaluates in the order of RFC 9110 section 13.2.2: a tag decides before a date, and each date counts
    /// only where its tag is missing. `current` is the object as it is now.
    pub fn evaluate(&self, access: Access, current: Option<&Object>) -> Verdict {
        if let Some(tags) = &self.if_match {
            if !current.is_some_and(|object| tags.match_strongly(object)) {
                return Verdict::Failed(Condition::IfMatch);
            }
        } else if let (Some(since), Some(object)) = (self.if_unmodified_since, current)
            && object.modified().as_second() > since.as_second()
        {
            return Verdict::Failed(Condition::IfUnmodifiedSince);
        }
        if let Some(tags) = &self.if_none_match {
            if current.is_some_and(|object| tags.match_weakly(object)) {
                return match access {
                    Access::Read => Verdict::NotModified,
                    Access::Write => Verdict::Failed(Condition::IfNoneMatch),
                };
            }
        } else if let (Access::Read, Some(since), Some(object)) =
            (access, self.if_modified_since, current)
            && object.modified().as_second() <= since.as_second()
        {
            return Verdict::NotModified;
        }
        Verdict::Proceed
    }
}

impl TagMatch {
    fn match_strongly(&self, object: &Object) -> bool {
        match self {
            Self::Any => true,
            Self::OneOf(tags) => tags.iter().any(|tag| tag.is_strongly(object.etag())),
        }
    }

    fn match_weakly(&self, object: &Object) -> bool {
        match self {
            Self::Any => true,
            Self::OneOf(tags) => tags.iter().any(|tag| tag.opaque == object.etag().as_str()),
        }
    }
}

impl Tag {
    /// The strong comparison (RFC 9110 section 8.8.3.2); our own tags are all strong.
    pub fn is_strongly(&self, etag: &Etag) -> bool {
        !self.weak && self.opaque == etag.as_str()
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::IfMatch => "If-Match",
            Self::IfNoneMatch => "If-None-Match",
            Self::IfUnmodifiedSince => "If-Unmodified-Since",
        })
    }
}
