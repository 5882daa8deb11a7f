//! `snapshot`: the stack as a value.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Call, Effect, Tool, input, on_a_thread, output};
use crate::reply::{Failure, Reply};

pub(super) const TOOL: Tool = Tool {
    name: "snapshot",
    title: "Take or restore a snapshot",
    description: "Takes a snapshot of the whole stack (data, clock, journal, faults), restores one, or lists them. Taking one \
                  costs nothing; restoring loses what happened since.",
    effect: Effect::Destroys,
    is_open_world: false,
    input: input::<Arguments>,
    output: output::<Told>,
    call: |call| on_a_thread(call, run),
};

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Action {
    Take,
    Restore,
    List,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// The stack's name.
    stack: String,
    action: Action,
    /// A name for the snapshot to take; the name or id of the one to restore.
    snapshot: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct Told {
    /// By name, or by id when it has none; the one that was taken is the last.
    snapshots: Vec<String>,
}

fn run(call: &Call) -> Result<Reply, Failure> {
    let arguments: Arguments = call.arguments()?;
    let place = call.stacks.find(&arguments.stack)?;
    let stack = &place.stack;
    let summary = match arguments.action {
        Action::Take => {
            let info = stack.keep_snapshot(arguments.snapshot);
            format!("took {}", info.name.unwrap_or(info.id))
        }
        Action::Restore => {
            let id = arguments.snapshot.ok_or_else(|| {
                Failure::new("no `snapshot` is named", "action `list` shows them")
            })?;
            let snapshot = stack.kept_snapshot(&id).ok_or_else(|| {
                Failure::new(
                    format!("the stack {} has no snapshot `{id}`", place.name),
                    "action `list` shows them",
                )
            })?;
            stack
                .restore(&snapshot)
                .map_err(|error| Failure::new(error.to_string(), "the stack is as it was"))?;
            format!("{} is as it was at {id}", place.name)
        }
        Action::List => format!("{} snapshots", stack.kept_snapshots().len()),
    };
    let infos = stack.kept_snapshots().into_iter();
    let snapshots = infos.map(|info| info.name.unwrap_or(info.id)).collect();
    Ok(Reply::new(summary, &Told { snapshots }))
}
