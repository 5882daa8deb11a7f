//! Results that fit a context window, and failures that say what to call next.

use serde::Serialize;
use serde_json::{Map, Value, json};

/// About as many characters as a client shows of one result.
pub const LIMIT: usize = 25_000;
/// A single text keeps this much of its head and of its tail.
const TEXT: usize = 4_000;

/// A tool's result.
#[derive(Clone, Debug)]
pub struct Reply {
    /// One line for people and for clients that read nothing else.
    pub summary: String,
    pub structured: Map<String, Value>,
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
        }
    }

    /// The result within [`LIMIT`], and the whole when something had to be left out.
    pub fn bounded(mut self) -> (Self, Option<String>) {
        let whole = serde_json::to_string_pretty(&self.structured).unwrap_or_default();
        if whole.len() <= LIMIT {
            return (self, None);
        }
        for value in self.structured.values_mut() {
            shorten_texts(value);
        }
        let mut left_out = Map::new();
        while size(&self.structured) > LIMIT {
            if !shorten_longest_list(&mut self.structured, &mut left_out) {
                break;
            }
        }
        if size(&self.structured) > LIMIT {
            // No list is left to shorten: so many fields that none can be chosen.
            let (head, tail) = ends(&whole, LIMIT / 3);
            self.structured = Map::from_iter([
                ("head".to_owned(), head.into()),
                ("tail".to_owned(), tail.into()),
            ]);
        }
        self.structured
            .insert("left_out".to_owned(), json!(left_out));
        (self, Some(whole))
    }
}

fn size(object: &Map<String, Value>) -> usize {
    serde_json::to_string(object).map_or(0, |text| text.len())
}

fn shorten_texts(value: &mut Value) {
    match value {
        Value::String(text) => *text = head_and_tail(text, TEXT),
        Value::Array(items) => items.iter_mut().for_each(shorten_texts),
        Value::Object(object) => object.values_mut().for_each(shorten_texts),
        _ => {}
    }
}

/// Keeps the first and the last quarter of the list that takes most room.
fn shorten_longest_list(
    object: &mut Map<String, Value>,
    left_out: &mut Map<String, Value>,
) -> bool {
    let longest = object
        .iter()
        .filter_map(|(name, value)| Some((name.clone(), value.as_array()?)))
        .filter(|(_, items)| items.len() > 2)
        .max_by_key(|(_, items)| {
            items
                .iter()
                .map(|item| item.to_string().len())
                .sum::<usize>()
        })
        .map(|(name, _)| name);
    let Some(name) = longest else {
        return false;
    };
    let Some(Value::Array(items)) = object.get_mut(&name) else {
        return false;
    };
    let kept = (items.len() / 4).max(1);
    let dropped = items.len() - 2 * kept;
    items.drain(kept..kept + dropped);
    let before = left_out.get(&name).and_then(Value::as_u64).unwrap_or(0);
    left_out.insert(name, (before + dropped as u64).into());
    true
}

/// The first and the last `keep` characters around a word on what is missing; short text as it is.
pub fn head_and_tail(text: &str, keep: usize) -> String {
    if text.len() <= 2 * keep + 64 {
        return text.to_owned();
    }
    let (head, tail) = ends(text, keep);
    let missing = text.len() - head.len() - tail.len();
    format!("{head}\n[.. {missing} bytes left out ..]\n{tail}")
}

fn ends(text: &str, keep: usize) -> (&str, &str) {
    let head = text.floor_char_boundary(keep);
    let tail = text.ceil_char_boundary(text.len().saturating_sub(keep));
    (&text[..head], &text[tail..])
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
            what: what.into(),
            next: next.into(),
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
        let (reply, whole) = Reply::new("x", &json!({"a": [1, 2, 3]})).bounded();
        assert_eq!(Value::Object(reply.structured), json!({"a": [1, 2, 3]}));
        assert_eq!(whole, None);
    }

    #[test]
    fn long_lists_keep_both_ends_and_say_how_much_is_missing() {
        let rows: Vec<Value> = (0..10_000).map(|n| json!({"n": n})).collect();
        let (reply, whole) = Reply::new("x", &json!({"rows": rows, "count": 10_000})).bounded();
        let kept = reply.structured["rows"].as_array().unwrap();
        assert_eq!(
            (&kept[0]["n"], &kept.last().unwrap()["n"]),
            (&json!(0), &json!(9999))
        );
        assert_eq!(
            kept.len() as u64 + reply.structured["left_out"]["rows"].as_u64().unwrap(),
            10_000
        );
        assert!(size(&reply.structured) <= LIMIT + 100);
        assert!(whole.unwrap().contains("5000"));
    }

    #[test]
    fn long_texts_keep_both_ends() {
        let text = format!("begin{}end", "ü".repeat(50_000));
        let (reply, _) = Reply::new("x", &json!({"text": text})).bounded();
        let kept = reply.structured["text"].as_str().unwrap();
        assert!(kept.starts_with("begin") && kept.ends_with("end") && kept.len() < 9_000);
    }

    #[test]
    fn many_fields_are_cut_as_text() {
        let fields: Map<String, Value> = (0..5_000)
            .map(|n| (format!("field-{n}"), json!(n)))
            .collect();
        let (reply, whole) = Reply::new("x", &fields).bounded();
        assert!(size(&reply.structured) <= LIMIT);
        assert!(whole.is_some());
    }
}
