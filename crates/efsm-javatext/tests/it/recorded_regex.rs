//! What `java.util.regex` of OpenJDK 17 itself answered, one pattern a line: hand-written ones and random ones.
//! A text has whether `matches` with `DOTALL` holds, and every `find` with its groups, in UTF-16 units. A line
//! without `texts` (or `replaced`) is a pattern (or replacement) that Java refused.

use efsm_javatext::{Flags, JavaRegex};
use serde_json::{Value, json};

const CASES: &str = include_str!("../recorded/regex.jsonl");

fn flags(bits: i64) -> Flags {
    Flags {
        unix_lines: bits & 1 != 0,
        case_insensitive: bits & 2 != 0,
        comments: bits & 4 != 0,
        multiline: bits & 8 != 0,
        literal: bits & 16 != 0,
        dotall: bits & 32 != 0,
        unicode_case: bits & 64 != 0,
        unicode_character_class: bits & 256 != 0,
    }
}

fn found(regex: &JavaRegex, text: &str) -> Option<Value> {
    let units = |byte: usize| text[..byte].encode_utf16().count();
    let mut all = Vec::new();
    for captures in regex.captures_iter(text).ok()? {
        let groups = captures.iter().flat_map(|group| match group {
            Some(group) => vec![
                json!(units(group.range().start)),
                json!(units(group.range().end)),
            ],
            None => vec![Value::Null],
        });
        all.push(groups.collect::<Value>());
    }
    Some(Value::Array(all))
}

fn answer(case: &Value) -> Option<Value> {
    let pattern = case["pattern"].as_str()?;
    let regex = JavaRegex::with_flags(pattern, flags(case["flags"].as_i64().unwrap_or(0))).ok()?;
    if let Some(text) = case["text"].as_str() {
        return regex
            .replace_all(text, case["replacement"].as_str()?)
            .ok()
            .map(Value::from);
    }
    let mut answers = Vec::new();
    for text in case["texts"].as_array().into_iter().flatten() {
        let text = text[0].as_str()?;
        answers.push(json!([
            text,
            regex.matches(text).ok()?,
            found(&regex, text)?
        ]));
    }
    Some(Value::Array(answers))
}

#[test]
fn answers_are_those_of_java() {
    let cases: Vec<Value> = CASES
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let differing: Vec<String> = cases
        .iter()
        .filter(|case| answer(case).as_ref() != case.get("texts").or(case.get("replaced")))
        .map(|case| {
            format!(
                "{case}\n  answered {:?}",
                answer(case).map(|answer| answer.to_string())
            )
        })
        .collect();
    assert!(cases.len() > 600, "the recording is whole");
    assert!(
        differing.is_empty(),
        "{} of {} differ:\n{}",
        differing.len(),
        cases.len(),
        differing.join("\n")
    );
}
