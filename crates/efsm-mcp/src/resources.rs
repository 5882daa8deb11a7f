//! What an agent can read: `efsm://STACK/journal`, `stubs`, `tables`, `openapi`, and the whole of results that were cut.

use std::collections::VecDeque;
use std::sync::Arc;

use efsm::DatabaseService;
use efsm_core::Entry;
use efsm_core::journal::Query;
use efsm_http::HttpService;
use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::reply::Failure;
use crate::stacks::{Place, Stacks};

/// Results that were cut are kept until so many newer ones were,
const KEPT: usize = 32;
/// or until the newer ones have so many bytes together.
const KEPT_BYTES: usize = 64 << 20;
/// One that is longer is not kept.
const LONGEST: usize = 16 << 20;

pub(crate) const JSON: &str = "application/json";

/// One thing of every stack that can be read.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) description: &'static str,
    /// The service that must be there.
    service: Option<&'static str>,
    read: fn(&Place) -> Result<Value, Failure>,
}

pub(crate) const KINDS: &[Kind] = &[
    Kind {
        name: "journal",
        description: "Everything that happened, oldest first",
        service: None,
        read: |place| {
            let page = place.stack.journal(&Query::default());
            let entries: Vec<Value> = page.entries.iter().map(Entry::to_json).collect();
            Ok(json!({ "entries": entries, "dropped": page.dropped, "last_seq": page.last_seq }))
        },
    },
    Kind {
        name: "stubs",
        description: "The stub mappings, in the order in which they are tried",
        service: Some("http"),
        read: |place| Ok(json!({ "mappings": place.service::<HttpService>("http")?.stubs() })),
    },
    Kind {
        name: "tables",
        description: "The database's tables with their SQL",
        service: Some("database"),
        read: |place| {
            let database = place.service::<DatabaseService>("database")?;
            let sql =
                "SELECT name, type, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name";
            let rows = database
                .execute(sql, ())
                .map_err(|error| Failure::new(error.to_string(), "try again"))?;
            let text = |row: &[efsm_database::Value], at: usize| {
                row.get(at)
                    .and_then(|value| value.as_text())
                    .unwrap_or_default()
                    .to_owned()
            };
            let tables: Vec<Value> = rows
                .rows
                .iter()
                .map(|row| json!({ "name": text(row, 0), "type": text(row, 1), "sql": text(row, 2) }))
                .collect();
            Ok(json!({ "tables": tables }))
        },
    },
    Kind {
        name: "openapi",
        description: "The OpenAPI document of the stack's control API",
        service: None,
        read: |_| Ok(efsm_gateway::openapi::document()),
    },
];

impl Kind {
    pub(crate) fn is_of(&self, place: &Place) -> bool {
        self.service
            .is_none_or(|name| place.stack.service(name).is_some())
    }
}

/// What can be read at an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Text {
    pub(crate) mime: &'static str,
    pub(crate) text: Arc<str>,
}

/// Whole results by their number.
#[derive(Clone, Debug, Default)]
pub(crate) struct Whole(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    last: u64,
    bytes: usize,
    texts: VecDeque<(u64, Text)>,
}

impl Whole {
    /// Keeps a text and gives its address; none when it is too long.
    pub(crate) fn keep(&self, mime: &'static str, text: String) -> Option<String> {
        if text.len() > LONGEST {
            return None;
        }
        let mut kept = self.0.lock();
        kept.last += 1;
        kept.bytes += text.len();
        let number = kept.last;
        let text = text.into();
        kept.texts.push_back((number, Text { mime, text }));
        while kept.texts.len() > KEPT || kept.bytes > KEPT_BYTES {
            let Some((_, oldest)) = kept.texts.pop_front() else {
                break;
            };
            kept.bytes -= oldest.text.len();
        }
        Some(format!("efsm://results/{number}"))
    }

    fn find(&self, number: &str) -> Option<Text> {
        let number: u64 = number.parse().ok()?;
        let kept = self.0.lock();
        kept.texts
            .iter()
            .find(|(known, _)| *known == number)
            .map(|(_, text)| text.clone())
    }
}

/// The text at an address, all of it.
pub(crate) fn read(stacks: &Stacks, whole: &Whole, uri: &str) -> Result<Text, Failure> {
    let unknown = || {
        let names: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
        Failure::new(
            format!("nothing is at {uri}"),
            format!("read efsm://STACK/ and one of {}", names.join(", ")),
        )
    };
    let path = uri.strip_prefix("efsm://").ok_or_else(unknown)?;
    let (stack, name) = path.split_once('/').ok_or_else(unknown)?;
    if stack == "results" {
        return whole.find(name).ok_or_else(|| {
            Failure::new(format!("no result is kept at {uri}"), "call the tool again")
        });
    }
    let kind = KINDS
        .iter()
        .find(|kind| kind.name == name)
        .ok_or_else(unknown)?;
    let value = (kind.read)(&stacks.find(stack)?)?;
    Ok(Text {
        mime: JSON,
        text: serde_json::to_string_pretty(&value)
            .unwrap_or_default()
            .into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_results_make_room_for_new_ones() {
        let whole = Whole::default();
        let first = whole.keep(JSON, "1".to_owned()).unwrap();
        let stacks = Stacks::default();
        assert_eq!(&*read(&stacks, &whole, &first).unwrap().text, "1");
        for n in 0..KEPT {
            whole.keep(JSON, n.to_string());
        }
        assert!(read(&stacks, &whole, &first).is_err());
        assert!(read(&stacks, &whole, "file:///etc/passwd").is_err());
    }

    #[test]
    fn long_results_make_room_sooner() {
        let whole = Whole::default();
        let long = "x".repeat(LONGEST);
        assert_eq!(whole.keep(JSON, format!("{long}x")), None);
        for _ in 0..10 {
            whole.keep(JSON, long.clone()).unwrap();
        }
        let kept = whole.0.lock();
        assert_eq!((kept.texts.len(), kept.bytes), (4, KEPT_BYTES));
    }
}
