//! `fork_stack`: another stack with everything of this one.

use schemars::JsonSchema;
use serde::Deserialize;

use super::orchestrate::Started;
use super::{Call, Effect, Tool, input, on_a_thread, output};
use crate::reply::{Failure, Reply};

pub(super) const TOOL: Tool = Tool {
    name: "fork_stack",
    title: "Fork a stack",
    description: "Another stack on its own port with everything of this one, now or at a snapshot; in about a millisecond. \
                  Neither sees the other afterwards.",
    effect: Effect::Changes,
    is_open_world: false,
    input: input::<Arguments>,
    output: output::<Started>,
    call: |call| on_a_thread(call, run),
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// The stack's name.
    stack: String,
    /// A snapshot's name or id; the stack as it is when missing.
    snapshot: Option<String>,
    /// The fork's name; given when missing.
    name: Option<String>,
}

fn run(call: &Call) -> Result<Reply, Failure> {
    let arguments: Arguments = call.arguments()?;
    let place = call.stacks.find(&arguments.stack)?;
    let snapshot = arguments
        .snapshot
        .map(|id| {
            place.stack.kept_snapshot(&id).ok_or_else(|| {
                Failure::new(
                    format!("the stack {} has no snapshot `{id}`", place.name),
                    "call snapshot with action `list`",
                )
            })
        })
        .transpose()?;
    let fork = call.stacks.fork(&place, snapshot, arguments.name)?;
    Ok(Started::of(&fork).reply())
}
