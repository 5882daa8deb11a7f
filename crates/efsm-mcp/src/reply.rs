//! Results that fit a context window, and failures that say what to call next.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::fit::{self, head_and_tail, size};

/// About as many characters as a client shows of one result.
pub const LIMIT: usize = 25_000;
/// Of them, so many are for the names and numbers of what was left out.
const LEFT_OUT: usize = 3_500;
/// One line for people is not longer.
const SUMMARY: usize = 500;
/// The two parts of a failure: together not more than the limit.
const WHAT: usize = 20_000;
const NEXT: usize = 4_000;

/// A tool's result.
#[derive(Clone, Debug)]
pub struct Reply {
    /// One line for people and for clients that read nothing else.
    pub summary: String,
    pub structured: Map<String, Value>,
    /// What the structured result tells the end of: all output of a command.
    pub output: Option<String>,
}

/// A [`Reply`] that fits.
#[derive(Clone, Debug)]
pub struct Bounded {
    pub summary: String,
    pub structured: Map<String, Value>,
    /// The result as JSON, when something of it had to be left out.
    pub whole: Option<String>,
}

impl Reply {
    pub fn new(summary: impl Into<String>, structured: &impl Serialize) -> Self {
        let structured = match serde_json::to_value(structured) {
            Ok(Value::Object(object)) => object,
            Ok(other) => Map::from_iter([("result".to_owned(), other)]),
            // The types of results have text for keys and finite numbers.
            Err(error) => Map::from_iter([("error".to_owned(), error.to_string().into())]),
        };
        Self {
            summary: summary.into(),
            structured,
            output: None,
        }
    }

    /// The result within [`LIMIT`], still obeying its tool's output schema.
    pub fn bounded(self, schema: &Map<String, Value>) -> Bounded {
        let summary = head_and_tail(&self.summary.replace('\n', " "), SUMMARY).replace('\n', " ");
        let room = LIMIT - size(&summary);
        if size(&self.structured) <= room {
            return Bounded {
                summary,
                structured: self.structured,
                whole: None,
            };
        }
        let whole = serde_json::to_string_pretty(&self.structured).ok();
        let (mut structured, left_out) = fit::fit(self.structured, schema, room - LEFT_OUT);
        structured.insert("left_out".to_owned(), json!(left_out));
        Bounded {
            summary,
            structured,
            whole,
        }
    }
}

/// Why a call failed: what, and what to call or change next.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}\nNext: {next}")]
pub struct Failure {
    pub what: String,
    pub next: String,
}

impl Failure {
    pub fn new(what: impl Into<String>, next: impl Into<String>) -> Self {
        Self {
            what: head_and_tail(&what.into(), WHAT),
            next: head_and_tail(&next.into(), NEXT),
        }
    }

    pub(crate) fn unknown_stack(name: &str, known: &[String]) -> Self {
        let next = if known.is_empty() {
            "no stack runs: start one with orchestrate_mock".to_owned()
        } else {
            format!(
                "name one of {}, or start one with orchestrate_mock",
                known.join(", ")
            )
        };
        Self::new(format!("there is no stack `{name}`"), next)
    }

    pub(crate) fn taken(name: &str) -> Self {
        Self::new(
            format!("there is a stack `{name}` already"),
            "use it, choose another name, or end it with stop_stack",
        )
    }

    /// A panic, caught.
    pub(crate) fn bug() -> Self {
        Self::new(
            "the call failed inside efsm",
            "this is a bug: read the journal, and report it",
        )
    }

    pub(crate) fn no_service(name: &str) -> Self {
        Self::new(
            format!("the stack has no {name} service"),
            format!("start one with orchestrate_mock and services that include `{name}`"),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_results_stay_as_they_are() {
        let done = Reply::new("x", &json!({"a": [1, 2, 3]})).bounded(&Map::new());
        assert_eq!(Value::Object(done.structured), json!({"a": [1, 2, 3]}));
        assert_eq!(done.whole, None);
    }

    #[test]
    fn the_limit_is_of_characters_and_of_everything() {
        for character in ["x", "ü", "\u{1}", "\""] {
            let text = character.repeat(40_000);
            let lines = vec![text.clone(); 30];
            let done = Reply::new(text, &json!({"lines": lines})).bounded(&Map::new());
            let characters = size(&done.summary) + size(&done.structured);
            assert!(characters <= LIMIT, "{character}: {characters}");
            assert!(!done.summary.contains('\n'));
            let whole: Value = serde_json::from_str(&done.whole.unwrap()).unwrap();
            assert_eq!(whole["lines"], json!(lines));
        }
        let failure = Failure::new("é\n".repeat(50_000), "ü".repeat(50_000));
        assert!(failure.to_string().chars().count() <= LIMIT);
        // One that has more bytes than the limit and fewer characters.
        let text = "ü".repeat(20_000);
        let done = Reply::new("x", &json!({ "text": text })).bounded(&Map::new());
        assert_eq!((&done.structured["text"], done.whole), (&text.into(), None));
    }
}
