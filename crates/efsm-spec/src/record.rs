//! What the real API answered, as examples in its description.

use serde_json::{Map, Value, json};

use crate::document::{LoadError, Loader, raw};
use crate::mock::{Mock, Options, is_json};
use crate::model::{Description, Kind};
use crate::schema::Tree;

/// Examples that one response gets at most.
const EXAMPLES: usize = 20;

/// An answer of the real API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedAnswer {
    pub method: String,
    /// As it was requested.
    pub path: String,
    pub status: u16,
    pub media_type: String,
    pub body: String,
}

/// The description's own document with what was answered among its examples, and how many were added. Responses that
/// it did not have are added, too; what stands in another file is left alone.
pub fn record(
    location: &str,
    text: &str,
    loader: &dyn Loader,
    answers: &[RecordedAnswer],
) -> Result<(Value, usize), LoadError> {
    let mock = Mock::new(
        Description::parse(location, text, loader)?,
        Options::default(),
    );
    let kind = mock.description().kind;
    let mut document = raw(location, text)?;
    let mut added = 0;
    for answer in answers {
        let Some(template) = mock.template(&answer.method, &answer.path) else {
            continue;
        };
        let at = format!(
            "/paths/{}/{}/responses",
            crate::document::pointer_segment(&template),
            answer.method.to_ascii_lowercase()
        );
        if add(&mut document, kind, &at, answer).is_some() {
            added += 1;
        }
    }
    Ok((document, added))
}

/// Adds one answer; `None` when it is there already, or when there is no place for it.
fn add(document: &mut Value, kind: Kind, at: &str, answer: &RecordedAnswer) -> Option<()> {
    let status = answer.status.to_string();
    let at = followed(document, at)?;
    let responses = document.pointer_mut(&at)?.as_object_mut()?;
    responses
        .entry(status.clone())
        .or_insert_with(|| json!({"description": "Recorded."}));
    let at = followed(document, &format!("{at}/{status}"))?;
    let response = document.pointer_mut(&at)?.as_object_mut()?;
    let media_type = answer.media_type.split(';').next()?.trim();
    let value = is_json(media_type)
        .then(|| serde_json::from_str(&answer.body).ok())
        .flatten()
        .unwrap_or_else(|| Value::String(answer.body.clone()));
    if kind == Kind::Swagger2 {
        let examples = object(response, "examples")?;
        if examples.get(media_type) == Some(&value) {
            return None;
        }
        examples.insert(media_type.to_owned(), value);
        return Some(());
    }
    let content = object(response, "content")?;
    let media = object(content, media_type)?;
    // One example and several exclude each other.
    let first = media.shift_remove("example");
    let examples = object(media, "examples")?;
    if let Some(first) = first {
        examples
            .entry("example")
            .or_insert_with(|| json!({"value": first}));
    }
    let is_known = examples
        .values()
        .any(|own| own.get("value") == Some(&value));
    if is_known || examples.len() >= EXAMPLES {
        return None;
    }
    // Before those of the author: the first is what the mock answers.
    let recorded = examples
        .keys()
        .filter(|name| name.starts_with("recorded-"))
        .count();
    let name = format!("recorded-{}", recorded + 1);
    examples.shift_insert(recorded, name, json!({"value": value}));
    Some(())
}

/// The pointer of what a value's `$ref` leads to, or its own.
fn followed(document: &Value, at: &str) -> Option<String> {
    let mut at = at.to_owned();
    for _ in 0..16 {
        match document.pointer(&at)?.get("$ref").and_then(Value::as_str) {
            Some(reference) => {
                Tree(document).find(reference)?;
                reference.strip_prefix('#')?.clone_into(&mut at);
            }
            None => return Some(at),
        }
    }
    None
}

fn object<'a>(
    parent: &'a mut Map<String, Value>,
    name: &str,
) -> Option<&'a mut Map<String, Value>> {
    parent
        .entry(name)
        .or_insert_with(|| json!({}))
        .as_object_mut()
}
