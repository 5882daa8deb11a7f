//! `stop_stack`: a stack ends.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Call, Effect, Tool, input, output};
use crate::reply::{Failure, Reply};

pub(super) const TOOL: Tool = Tool {
    name: "stop_stack",
    title: "Stop a stack",
    description: "Ends a stack that an agent started or forked; everything in it vanishes.",
    effect: Effect::Destroys,
    is_open_world: false,
    input: input::<Arguments>,
    output: output::<Stopped>,
    call: |call| Box::pin(run(call)),
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// The stack's name.
    stack: String,
}

#[derive(Serialize, JsonSchema)]
struct Stopped {
    stopped: String,
}

async fn run(call: Call) -> Result<Reply, Failure> {
    let arguments: Arguments = call.arguments()?;
    let place = call.stacks.find(&arguments.stack)?;
    if !place.is_own && !call.options.allow_stop {
        return Err(Failure::new(
            format!(
                "{} was not started by an agent, and is not ended by one",
                place.name
            ),
            "fork it and work on the fork, or ask its owner to end it (`efsm down`)",
        ));
    }
    call.stacks.stop(&place).await;
    let stopped = place.name;
    Ok(Reply::new(
        format!("{stopped} is stopped"),
        &Stopped { stopped },
    ))
}
