//! `efsm diff`: which changes of an API's description break its clients.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::ExitCode;

use efsm_spec::{Description, Loader};
use efsm_specdiff::place::{self, Places};
use efsm_specdiff::{Change, Severity, diff};
use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::args::Diff;
use crate::failure::Failure;
use crate::mock::Source;

/// Operations that are named with a change; the others are counted.
const NAMED: usize = 4;

pub(crate) fn run(arguments: &Diff) -> Result<ExitCode, Failure> {
    let (old, old_places) = read(&arguments.old)?;
    let (new, new_places) = read(&arguments.new)?;
    let changes: Vec<Placed> = diff(&old, &new)
        .into_iter()
        .map(|change| {
            let place = place::of(&change, &old_places, &new_places);
            let place = place.map(|(file, line)| (file.to_owned(), line));
            Placed { change, place }
        })
        .collect();
    let text = if arguments.json {
        format!("{:#}\n", as_json(&changes))
    } else {
        as_text(&changes)
    };
    std::io::stdout().write_all(text.as_bytes())?;
    let breaks = count(&changes, Severity::Breaking) > 0;
    Ok(ExitCode::from(u8::from(breaks)))
}

/// A change, with file and line where they are known.
#[derive(Debug)]
struct Placed {
    change: Change,
    place: Option<(String, usize)>,
}

/// Reads a description, and keeps the texts of its files for the sake of their lines.
fn read(spec: &str) -> Result<(Description, Places), Failure> {
    let source = Source::of(spec)?;
    let loader = Kept {
        source: &source,
        texts: Mutex::default(),
    };
    let description =
        Description::load(source.location(), &loader).map_err(|error| Failure::Spec {
            what: error.to_string(),
            hint: "both must be descriptions: OpenAPI 3.0 or 3.1, or Swagger 2.0".to_owned(),
        })?;
    let mut texts = loader.texts.into_inner();
    let files = description.files.iter().map(|file| {
        let text = texts.remove(file).unwrap_or_default();
        (file.clone(), text)
    });
    let places = Places::new(files.collect::<Vec<_>>());
    Ok((description, places))
}

struct Kept<'s> {
    source: &'s Source,
    texts: Mutex<HashMap<String, String>>,
}

impl Loader for Kept<'_> {
    fn read(&self, location: &str) -> Result<Vec<u8>, String> {
        let bytes = self.source.read(location)?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        self.texts.lock().insert(location.to_owned(), text);
        Ok(bytes)
    }
}

fn count(changes: &[Placed], severity: Severity) -> usize {
    changes
        .iter()
        .filter(|placed| placed.change.severity == severity)
        .count()
}

fn as_text(changes: &[Placed]) -> String {
    let place = |placed: &Placed| match &placed.place {
        Some((file, line)) => format!("{file}:{line}"),
        None => placed.change.pointer.clone(),
    };
    let width = changes
        .iter()
        .map(|placed| place(placed).len())
        .max()
        .unwrap_or(0);
    let codes = changes
        .iter()
        .map(|placed| placed.change.code.len())
        .max()
        .unwrap_or(0);
    let mut text = String::new();
    for placed in changes {
        let change = &placed.change;
        let severity = change.severity.as_str();
        let (place, code) = (place(placed), change.code);
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{severity:<8}  {place:<width$}  {code:<codes$}  {}",
            change.message
        );
        if !change.operations.is_empty() {
            let mut named = change.operations[..change.operations.len().min(NAMED)].join(", ");
            let more = change.operations.len().saturating_sub(NAMED);
            if more > 0 {
                let _ = write!(named, " and {more} more");
            }
            let _ = writeln!(text, "{:<1$}{named}", "", 10);
        }
    }
    let [breaking, warnings, safe] = [Severity::Breaking, Severity::Warning, Severity::Safe]
        .map(|severity| count(changes, severity));
    let _ = writeln!(
        text,
        "{breaking} breaking, {warnings} warnings, {safe} safe"
    );
    text
}

fn as_json(changes: &[Placed]) -> Value {
    let listed: Vec<Value> = changes
        .iter()
        .map(|Placed { change, place }| {
            json!({
                "code": change.code,
                "severity": change.severity.as_str(),
                "message": change.message,
                "operations": change.operations,
                "file": place.as_ref().map(|(file, _)| file),
                "line": place.as_ref().map(|(_, line)| line),
                "pointer": change.pointer,
            })
        })
        .collect();
    json!({
        "changes": listed,
        "breaking": count(changes, Severity::Breaking),
        "warnings": count(changes, Severity::Warning),
        "safe": count(changes, Severity::Safe),
    })
}
