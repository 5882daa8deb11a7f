//! `set_clock`: the stack's time.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Call, Effect, Tool, input, on_a_thread, output};
use crate::reply::{Failure, Reply};

pub(super) const TOOL: Tool = Tool {
    name: "set_clock",
    title: "Move the clock",
    description: "Sets, advances (3601s, 1h30m, PT1H), freezes or resumes the stack's clock, which every service obeys: token \
                  expiry, delays, timestamps. Without arguments it only tells the time.",
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
    /// A time, RFC 3339.
    now: Option<String>,
    advance: Option<String>,
    #[serde(default)]
    freeze: bool,
    #[serde(default)]
    resume: bool,
}

#[derive(Serialize, JsonSchema)]
struct Told {
    now: String,
    is_frozen: bool,
}

fn run(call: &Call) -> Result<Reply, Failure> {
    let arguments: Arguments = call.arguments()?;
    let place = call.stacks.find(&arguments.stack)?;
    let Arguments {
        now,
        advance,
        freeze,
        resume,
        ..
    } = arguments;
    if now.is_some() || advance.is_some() || freeze || resume {
        let change = efsm_gateway::clock_change(now.as_deref(), advance.as_deref(), freeze, resume)
            .map_err(|error| {
                Failure::new(
                    error,
                    "`now` is RFC 3339, `advance` is like 3601s, 1h30m or PT1H",
                )
            })?;
        place
            .stack
            .change_clock(change)
            .map_err(|error| Failure::new(error.to_string(), "the clock is as it was"))?;
    }
    let clock = place.stack.context().clock();
    let told = Told {
        now: clock.now().to_string(),
        is_frozen: clock.is_frozen(),
    };
    let state = if told.is_frozen {
        "stands at"
    } else {
        "runs, it is"
    };
    Ok(Reply::new(format!("the clock {state} {}", told.now), &told))
}
