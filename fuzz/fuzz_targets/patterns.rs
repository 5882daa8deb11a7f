//! Regular expressions, JSONPath and tokens that come from outside.
#![no_main]

use efsm_javatext::regex::JavaRegex;
use efsm_jsonpath::JsonPath;
use libfuzzer_sys::fuzz_target;
use serde_json::json;

fuzz_target!(|input: (&str, &str)| {
    let (pattern, text) = input;
    if let Ok(regex) = JavaRegex::new(pattern) {
        let _ = regex.matches(text);
    }
    if let Ok(path) = JsonPath::parse(pattern) {
        let document = serde_json::from_str(text).unwrap_or(json!({"a": [{"b": 1}, {"b": "x"}], "c": null}));
        let _ = path.read(&document);
    }
});
