//! The operators with more to them than a comparison of texts, one file each.

pub(crate) mod date_time;
pub(crate) mod equal_to_json;
pub(crate) mod equal_to_xml;
pub(crate) mod json_path;
pub(crate) mod json_schema;
pub(crate) mod number;
pub(crate) mod xpath;

pub use date_time::DateTimeMatcher;
pub use equal_to_json::EqualToJson;
pub use equal_to_xml::EqualToXml;
pub use json_path::JsonPathMatcher;
pub use json_schema::JsonSchemaMatcher;
pub use number::NumberMatcher;
pub use xpath::XPathMatcher;
