//! `set_faults`: what breaks on purpose.

use efsm::FaultRule;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Call, Effect, Tool, input, on_a_thread, output};
use crate::reply::{Failure, Reply};

pub(super) const TOOL: Tool = Tool {
    name: "set_faults",
    title: "Set fault rules",
    description: "Replaces the rules that break the stack on purpose; an empty list mends it. A rule: {\"service\":\"http\",\
                  \"match\":{\"path\":\"/pay*\"},\"effect\":{\"status\":503},\"times\":2}. Effects: delay_ms, status, body, \
                  reset, drop, truncate. Without `rules` it only tells them.",
    effect: Effect::Changes,
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
    rules: Option<Vec<Map<String, Value>>>,
}

#[derive(Serialize, JsonSchema)]
struct Told {
    rules: Vec<Map<String, Value>>,
}

fn run(call: &Call) -> Result<Reply, Failure> {
    let arguments: Arguments = call.arguments()?;
    let place = call.stacks.find(&arguments.stack)?;
    let faults = place.stack.context().faults();
    if let Some(rules) = arguments.rules {
        let refused = |error: &dyn std::fmt::Display| {
            Failure::new(
                error.to_string(),
                "the rules are as they were: mend them and call again",
            )
        };
        let rules = rules
            .into_iter()
            .map(|rule| {
                serde_json::from_value::<FaultRule>(Value::Object(rule)).map_err(|e| refused(&e))
            })
            .collect::<Result<Vec<_>, _>>()?;
        faults.set(rules).map_err(|e| refused(&e))?;
    }
    let rules = faults
        .list()
        .iter()
        .filter_map(|rule| serde_json::to_value(rule).ok())
        .map(super::object)
        .collect::<Vec<_>>();
    let summary = match rules.len() {
        0 => "nothing is broken on purpose".to_owned(),
        count => format!("{count} fault rules"),
    };
    Ok(Reply::new(summary, &Told { rules }))
}
