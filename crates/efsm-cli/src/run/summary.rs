//! `--summary`: what the journal has to say about a run that failed.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::journal;

/// Lines of each kind that are told.
const MAX_TOLD: usize = 10;

/// A request that no stub matched.
#[derive(Debug)]
pub(super) struct Unmatched {
    method: String,
    url: String,
    /// The nearest stub, and what it asks for that the request has not.
    nearest: Option<(String, Vec<String>)>,
}

impl Unmatched {
    pub(super) fn of(unmatched: &efsm::Unmatched) -> Self {
        let request = &unmatched.call.request;
        let nearest = unmatched.nearest.as_ref().map(efsm::Nearest::to_json);
        Self {
            method: request.method().to_string(),
            url: request.absolute_url(),
            nearest: nearest.as_ref().and_then(nearest_of),
        }
    }

    /// From the admin API's call log.
    pub(super) fn of_json(request: &Value) -> Self {
        let text = |key: &str| request[key].as_str().unwrap_or("").to_owned();
        Self {
            method: text("method"),
            url: text("absoluteUrl"),
            nearest: nearest_of(&request["nearest"]),
        }
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "method": self.method,
            "url": self.url,
            "nearest": self.nearest.as_ref().map(|(stub, differences)| {
                json!({ "stub": stub, "differences": differences })
            }),
        })
    }
}

/// A stub by its name, or by what it asks for, and the differences. `None` when there are no stubs at all.
fn nearest_of(nearest: &Value) -> Option<(String, Vec<String>)> {
    let differences = nearest["differences"].as_array()?;
    let text = |difference: &Value, key: &str| difference[key].as_str().unwrap_or("").to_owned();
    let differences = differences
        .iter()
        .map(|difference| {
            let actual = Some(text(difference, "actual")).filter(|actual| !actual.is_empty());
            format!(
                "wants {}, got {}",
                text(difference, "expected"),
                actual.as_deref().unwrap_or("nothing")
            )
        })
        .collect();
    let name = nearest["name"]
        .as_str()
        .map_or_else(|| nearest["request"].to_string(), str::to_owned);
    Some((name, differences))
}

/// Whether an entry tells of something that was refused; requests without a stub are told by themselves.
pub(super) fn is_refusal(entry: &Value) -> bool {
    if entry["service"] == "http" {
        return false;
    }
    let kind = entry["kind"].as_str().unwrap_or("");
    !entry["error"].is_null() || kind.contains("refuse") || kind.contains("error")
}

pub(super) fn text(unmatched: &[Unmatched], refusals: &[Value]) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    if !unmatched.is_empty() {
        let _ = writeln!(
            text,
            "efsm: requests that no stub matched: {}",
            unmatched.len()
        );
    }
    for request in unmatched.iter().take(MAX_TOLD) {
        let _ = writeln!(text, "  {} {}", shown(&request.method), shown(&request.url));
        match &request.nearest {
            None => text.push_str("    there are no stubs\n"),
            Some((stub, differences)) => {
                let _ = writeln!(text, "    nearest stub: {}", shown(stub));
                for difference in differences {
                    let _ = writeln!(text, "      {}", shown(difference));
                }
            }
        }
    }
    let _ = more(&mut text, unmatched.len());
    if !refusals.is_empty() {
        let _ = writeln!(text, "efsm: refused by other services: {}", refusals.len());
    }
    for entry in refusals.iter().take(MAX_TOLD) {
        let _ = writeln!(text, "  {}", journal::line(entry));
    }
    let _ = more(&mut text, refusals.len());
    if text.is_empty() {
        text.push_str("efsm: the stack matched every request and refused nothing: look at the command's own output\n");
    }
    text
}

fn more(text: &mut String, count: usize) -> std::fmt::Result {
    match count.checked_sub(MAX_TOLD) {
        Some(more @ 1..) => writeln!(text, "  and {more} more"),
        _ => Ok(()),
    }
}

/// What a client sent must not steer the terminal.
fn shown(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .take(500)
        .collect()
}
