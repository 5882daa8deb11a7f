//! Regular expressions, paths, dates and documents that come from outside, and every matcher that takes them.
#![no_main]

use efsm_javatext::date::{DatePattern, parse_lenient};
use efsm_javatext::regex::JavaRegex;
use efsm_jsonpath::JsonPath;
use efsm_matchers::{MatchContext, Matcher, Subject};
use libfuzzer_sys::fuzz_target;
use serde_json::json;

const OPERATORS: [&str; 12] = [
    "equalTo",
    "matches",
    "equalToJson",
    "equalToXml",
    "matchesXPath",
    "matchesJsonPath",
    "matchesJsonSchema",
    "matchesPathTemplate",
    "binaryEqualTo",
    "before",
    "after",
    "equalToDateTime",
];

fuzz_target!(|input: (&str, &str)| {
    let (pattern, text) = input;
    if let Ok(regex) = JavaRegex::new(pattern) {
        let _ = regex.matches(text);
        let _ = regex.replace_all(text, pattern);
    }
    if let Ok(path) = JsonPath::parse(pattern) {
        let document = serde_json::from_str(text)
            .unwrap_or(json!({"a": [{"b": 1}, {"b": "x"}], "c": null}));
        let _ = path.read(&document);
    }
    if let Ok(pattern) = DatePattern::parse(pattern) {
        let _ = pattern.parse_date(text);
    }
    let _ = parse_lenient(text);
    let context = MatchContext::new("2026-01-01T00:00:00Z[UTC]".parse().expect("a date"));
    for operator in OPERATORS {
        if let Ok(matcher) = Matcher::from_json_lenient(&json!({operator: pattern})) {
            let subject = Subject::text(text);
            let result = matcher.matches(&subject, &context);
            let _ = (result.distance(), matcher.actual_text(&subject));
        }
    }
});
