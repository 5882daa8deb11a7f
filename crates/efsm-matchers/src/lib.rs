//! WireMock's value matchers ("content patterns"), without any I/O.
//!
//! | what | where |
//! | --- | --- |
//! | one value: body, cookie, metadata | [`Matcher`] |
//! | all values of a name: header, query, form | [`MultiMatcher`] |
//! | a URL path with variables | [`PathTemplate`] |
//! | what is matched, read at most once | [`Subject`] |
//! | what came of it: yes or no, distance, explanations | [`MatchResult`], [`SubEvent`] |
//!
//! A matcher is compiled when it is read ([`Matcher::from_json`]) and matches without allocating where it can.
//! The language is that of WireMock 3.13, with the number operators of 4.0 (`equalToNumber`, `greaterThanNumber`,
//! `greaterThanEqualNumber`, `lessThanNumber`, `lessThanEqualNumber`).
//!
//! ```
//! use efsm_matchers::{MatchContext, Matcher, Subject};
//!
//! let matcher = Matcher::from_json(&serde_json::json!({
//!     "equalToJson": {"total": "${json-unit.any-number}"}, "ignoreExtraElements": true
//! }))?;
//! let context = MatchContext::new("2024-05-31T12:00:00Z[UTC]".parse()?);
//! let body = Subject::text(r#"{"id": 1, "total": 9.99}"#);
//! assert!(matcher.is_match(&body, &context));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Where this differs from WireMock on purpose
//!
//! - A match has the distance 0.0, and no distance is above 1.0 or below 0.0. (WireMock measures a match that ignores
//!   case, a matching date and some arrays otherwise.)
//! - XML with text beside elements, and XML without namespace awareness, is compared; WireMock fails on both.
//! - `${xmlunit.matchesRegex(...)}` may contain commas and parentheses.
//! - A document type that declares entities is refused, other document types are skipped.
//! - Work is bounded (depth, nodes, comparisons, backtracking). What exceeds a bound does not match, and a
//!   [`SubEvent`] says why.
//! - JSON numbers beyond 64 bits are compared as doubles.

mod describe;
mod error;
mod json;
mod limits;
mod matcher;
mod multi;
mod ops;
mod parse;
mod path_template;
mod print;
mod result;
mod subject;
mod text;
mod xml;

pub use error::PatternError;
pub use json::read::read_document;
pub use json::schema::SchemaVersion;
pub use matcher::{BinaryEqualTo, EqualTo, Matcher};
pub use multi::MultiMatcher;
pub use ops::date_time::DateRelation;
pub use ops::number::NumberRelation;
pub use ops::{
    DateTimeMatcher, EqualToJson, EqualToXml, JsonPathMatcher, JsonSchemaMatcher, NumberMatcher,
    XPathMatcher,
};
pub use path_template::PathTemplate;
pub use result::{MatchContext, MatchResult, SubEvent, SubEventKind};
pub use subject::Subject;
pub use xml::compare::ComparisonType;
pub use xml::tree::NamespaceAwareness;
