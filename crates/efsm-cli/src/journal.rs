//! `efsm logs`: the journal of a stack, for people or as lines of JSON.

use std::io::{self, Write};
use std::process::ExitCode;

use serde_json::Value;

use crate::args::Logs;
use crate::control::{self, encoded};
use crate::failure::Failure;
use crate::registry::Registry;

pub(crate) fn run(logs: &Logs) -> Result<ExitCode, Failure> {
    let control = control::find(&Registry::of_user()?, logs.name.as_deref())?.control;
    let mut query = format!("limit={}", logs.tail.unwrap_or(usize::MAX >> 1));
    let service = logs.service.as_deref().map(encoded);
    if let Some(service) = &service {
        query.push_str("&service=");
        query.push_str(service);
    }
    if let Some(text) = &logs.grep {
        query.push_str("&q=");
        query.push_str(&encoded(text));
    }
    let page = control.get(&format!("journal?{query}"))?;
    let mut out = io::stdout().lock();
    for entry in page["entries"].as_array().into_iter().flatten() {
        write_entry(&mut out, entry, logs.json)?;
    }
    if logs.follow {
        let mut path = format!("events?since={}", page["last_seq"]);
        if let Some(service) = service {
            path.push_str("&service=");
            path.push_str(&service);
        }
        for data in control.events(&path)? {
            if let Ok(entry) = serde_json::from_str(&data) {
                write_entry(&mut out, &entry, logs.json)?;
                out.flush()?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn write_entry(out: &mut impl Write, entry: &Value, as_json: bool) -> io::Result<()> {
    if as_json {
        return writeln!(out, "{entry}");
    }
    writeln!(out, "{}", line(entry))
}

/// `12:00:01.250  http      GET /hello -> 200`, the time on the stack's clock in UTC.
pub(crate) fn line(entry: &Value) -> String {
    let text = |key: &str| entry[key].as_str().unwrap_or("");
    let at = text("at");
    let (day, time) = at.trim_end_matches('Z').split_once('T').unwrap_or(("", at));
    let (seconds, fraction) = time.split_once('.').unwrap_or((time, ""));
    let milliseconds: String = fraction.chars().chain("000".chars()).take(3).collect();
    // What a client sent must not steer the terminal.
    let summary: String = text("summary")
        .chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect();
    format!(
        "{day} {seconds}.{milliseconds}  {:<8}  {summary}",
        text("service")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn entry_is_one_line() {
        let entry = json!({
            "seq": 1, "at": "2026-01-01T12:00:01.25Z", "service": "http", "summary": "GET /a\n\u{1b}[2J -> 200",
        });
        assert_eq!(
            line(&entry),
            "2026-01-01 12:00:01.250  http      GET /a\u{fffd}\u{fffd}[2J -> 200"
        );
    }
}
