//! Samples by Prism's rules, random data against the `jsonschema` crate.

mod generated;
mod properties;
mod sampled;
mod schemas;

use serde_json::Value;

/// The judge: formats asserted, nothing fetched.
pub(crate) fn validator(schema: &Value) -> jsonschema::Validator {
    jsonschema::options()
        .offline()
        .with_draft(jsonschema::Draft::Draft202012)
        .should_validate_formats(true)
        .should_ignore_unknown_formats(true)
        .build(schema)
        .expect("a schema that compiles")
}
