//! What the crate promises from outside.

mod change;
mod dialect;
mod hostile;
mod properties;
mod recorded;
mod rfc9535;

use efsm_jsonpath::JsonPath;
use serde_json::Value;

#[track_caller]
fn check(document: &Value, path: &str, expected: &Value) {
    let read = JsonPath::parse(path)
        .expect("the path is well-formed")
        .read(document);
    assert_eq!(read.as_ref(), Ok(expected), "{path}");
}
