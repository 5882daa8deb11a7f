//! Example data from JSON Schema (2020-12 and the drafts before it, OpenAPI's words understood).
//!
//! ```
//! use efsm_generate::{Options, SampleOptions, generate, sample};
//! use serde_json::json;
//!
//! let schema = json!({
//!     "type": "object",
//!     "required": ["id", "email"],
//!     "properties": {
//!         "id": {"type": "integer", "minimum": 1},
//!         "email": {"type": "string", "format": "email"},
//!         "tags": {"type": "array", "items": {"enum": ["new", "old"]}, "uniqueItems": true},
//!     },
//! });
//! let fixed = sample(&schema, &schema, &SampleOptions::default())?;
//! assert_eq!(fixed, json!({"id": 1, "email": "user@example.com", "tags": ["new"]}));
//! let drawn = generate(&schema, &schema, 42, &Options::default())?;
//! assert_eq!(drawn, generate(&schema, &schema, 42, &Options::default())?);
//! # Ok::<(), efsm_generate::Error>(())
//! ```
//!
//! A map of the crate:
//!
//! - [`sample`]: Prism's static sample, rule by rule; [`sample_valid`]: the same, mended where it breaks its schema.
//! - [`generate`]: random data that obeys the schema; [`fit`]: data that obeys it and is near to a given value, which
//!   is how a stateful mock answers in the specification's shape what a client sent.
//! - [`fake`]: believable strings and numbers by name and format, for whoever has no JSON Schema (GraphQL); all of
//!   them draw from a [`Random`], whose `child` makes data independent of its neighbours.
//! - [`is_valid`]: the check that generating relies on.
//!
//! A schema is a [`serde_json::Value`], its references (`#`, `#/a/b`) point into a root document that is passed with
//! it; nothing is fetched. The work is bounded in steps and the data in depth and size; what has no bounded answer is
//! an [`Error`] that names the place.

mod check;
mod decimal;
mod error;
pub mod fake;
mod generate;
mod pattern;
mod random;
mod reference;
mod sample;

use serde_json::Value;

pub use error::Error;
pub use generate::{Direction, Options, fit, generate, sample_valid};
pub use random::Random;
pub use sample::{SampleOptions, sample};

/// Whether a value obeys a schema, formats included. It is made for many small questions to schemas of a big
/// document; to tell what is wrong with a value, use the `jsonschema` crate.
pub fn is_valid(schema: &Value, root: &Value, value: &Value) -> bool {
    check::Checker::new(root, None, 1_000_000).is_valid(schema, value)
}
