//! `set_stubs`: HTTP answers are added, changed and removed.

use efsm_http::HttpService;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Call, Effect, Tool, input, on_a_thread, output};
use crate::reply::{Failure, Reply};

pub(super) const TOOL: Tool = Tool {
    name: "set_stubs",
    title: "Add or change HTTP stubs",
    description: "Adds WireMock stub mappings (one with a known `id` is replaced) and removes others by id. Example mapping: \
                  {\"request\":{\"method\":\"GET\",\"urlPath\":\"/users\"},\"response\":{\"jsonBody\":[]}}. All or none.",
    effect: Effect::Changes,
    is_open_world: false,
    input: input::<Arguments>,
    output: output::<Set>,
    call: |call| on_a_thread(call, run),
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// The stack's name.
    stack: String,
    /// Stub mappings.
    #[serde(default)]
    mappings: Vec<Map<String, Value>>,
    /// Ids of stubs to remove.
    #[serde(default)]
    remove: Vec<String>,
}

#[derive(Serialize, JsonSchema)]
struct Set {
    /// The ids of the added stubs, in order.
    added: Vec<String>,
    removed: usize,
    /// How many stubs there are now.
    stubs: usize,
    /// Where they answer.
    base_url: String,
}

fn run(call: &Call) -> Result<Reply, Failure> {
    let arguments: Arguments = call.arguments()?;
    let place = call.stacks.find(&arguments.stack)?;
    let http: std::sync::Arc<HttpService> = place.service("http")?;
    let mappings: Vec<Value> = arguments.mappings.into_iter().map(Value::Object).collect();
    let ids = arguments
        .remove
        .iter()
        .map(|id| {
            id.parse().map_err(|_| {
                Failure::new(
                    format!("`{id}` is no stub's id"),
                    "read the resource efsm://STACK/stubs",
                )
            })
        })
        .collect::<Result<Vec<_>, _>>()?;
    let added = http.add_stubs(&mappings).map_err(|(index, error)| {
        Failure::new(
            format!("mappings[{index}]: {error}"),
            "mend it and call again: nothing was changed",
        )
    })?;
    let removed = ids.into_iter().filter(|id| http.remove_stub(*id)).count();
    let set = Set {
        removed,
        stubs: http.stubs().len(),
        base_url: place.stack.url(),
        added: added.iter().map(ToString::to_string).collect(),
    };
    let summary = format!(
        "{} added, {removed} removed, {} stubs at {}",
        set.added.len(),
        set.stubs,
        set.base_url
    );
    Ok(Reply::new(summary, &set))
}
