//! `read_journal`: what happened.

use efsm_core::journal::Query;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Call, Effect, Tool, input, on_a_thread, output};
use crate::reply::{Failure, Reply};

pub(super) const TOOL: Tool = Tool {
    name: "read_journal",
    title: "Read the journal",
    description: "Everything that happened in the stack, across services, oldest first; the newest `limit` entries that fit.",
    effect: Effect::Reads,
    is_open_world: false,
    input: input::<Arguments>,
    output: output::<Told>,
    call: |call| on_a_thread(call, run),
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// The stack's name.
    stack: String,
    /// Only this service's entries.
    service: Option<String>,
    /// Only entries with a greater sequence number.
    #[serde(default)]
    since: u64,
    /// 50 when missing.
    limit: Option<usize>,
    /// Only entries whose JSON contains this text.
    text: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct Told {
    entries: Vec<Map<String, Value>>,
    last_seq: u64,
    /// Entries that fell out of the journal since the stack started.
    dropped: u64,
}

fn run(call: &Call) -> Result<Reply, Failure> {
    let arguments: Arguments = call.arguments()?;
    let place = call.stacks.find(&arguments.stack)?;
    let page = place.stack.journal(&Query {
        service: arguments.service.as_deref(),
        since: arguments.since,
        limit: Some(arguments.limit.unwrap_or(50)),
        text: arguments.text.as_deref(),
    });
    let told = Told {
        entries: page
            .entries
            .iter()
            .map(|entry| super::object(entry.to_json()))
            .collect(),
        last_seq: page.last_seq,
        dropped: page.dropped,
    };
    let summary = format!(
        "{} entries up to number {}",
        told.entries.len(),
        told.last_seq
    );
    Ok(Reply::new(summary, &told))
}
