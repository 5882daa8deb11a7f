//! What Jayway 2.9 itself (in WireMock 3.13.2) answered, one case a line: hand-written ones and random ones.
//! A line without `result` is one that Jayway refused.

use efsm_jsonpath::JsonPath;
use serde_json::{Value, json};

const CASES: &str = include_str!("../recorded/jayway.jsonl");

fn answer(case: &Value) -> Option<Value> {
    let path = JsonPath::parse(case["path"].as_str()?).ok()?;
    let mut document = case["document"].clone();
    let changed = match case["op"].as_str()? {
        "path" => return path.read(&document).ok(),
        "definite" => return Some(json!(path.is_definite())),
        "set" => path.set(&mut document, &case["value"]),
        "add" => path.add(&mut document, &case["value"]),
        "delete" => path.delete(&mut document),
        _ => return None,
    };
    changed.ok().map(|()| document)
}

#[test]
fn answers_are_those_of_jayway() {
    let cases: Vec<Value> = CASES
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let differing: Vec<String> = cases
        .iter()
        .filter(|case| answer(case).as_ref() != case.get("result"))
        .map(|case| format!("{case}\n  answered {:?}", answer(case)))
        .collect();
    assert!(cases.len() > 500, "the recording is whole");
    assert!(
        differing.is_empty(),
        "{} of {} differ:\n{}",
        differing.len(),
        cases.len(),
        differing.join("\n")
    );
}
