//! `list_stacks`: what runs.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Call, Effect, Tool, input, on_a_thread, output};
use crate::reply::{Failure, Reply};

pub(super) const TOOL: Tool = Tool {
    name: "list_stacks",
    title: "List stacks",
    description: "The stacks that run: name, URL, clock, and what each service holds.",
    effect: Effect::Reads,
    is_open_world: false,
    input: input::<Arguments>,
    output: output::<Listed>,
    call: |call| on_a_thread(call, run),
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {}

#[derive(Serialize, JsonSchema)]
struct Listed {
    stacks: Vec<Entry>,
}

#[derive(Serialize, JsonSchema)]
struct Entry {
    stack: String,
    url: String,
    /// Whether stop_stack may end it.
    is_own: bool,
    /// The stack's time, RFC 3339.
    now: String,
    is_clock_frozen: bool,
    /// Snapshots by id or name.
    snapshots: Vec<String>,
    /// Counts by service.
    services: BTreeMap<String, Map<String, Value>>,
}

fn run(call: &Call) -> Result<Reply, Failure> {
    let Arguments {} = call.arguments()?;
    let stacks: Vec<Entry> = call
        .stacks
        .list()
        .into_iter()
        .map(|place| {
            let clock = place.stack.context().clock();
            let snapshots = place.stack.kept_snapshots().into_iter();
            let services = place.stack.services().iter();
            Entry {
                url: place.stack.url(),
                is_own: place.is_own,
                now: clock.now().to_string(),
                is_clock_frozen: clock.is_frozen(),
                snapshots: snapshots.map(|info| info.name.unwrap_or(info.id)).collect(),
                services: services
                    .map(|service| (service.name().to_owned(), service.status().counts))
                    .collect(),
                stack: place.name,
            }
        })
        .collect();
    let summary = match stacks.len() {
        0 => "no stack runs: start one with orchestrate_mock".to_owned(),
        1 => format!("{} runs at {}", stacks[0].stack, stacks[0].url),
        count => format!("{count} stacks run"),
    };
    Ok(Reply::new(summary, &Listed { stacks }))
}
