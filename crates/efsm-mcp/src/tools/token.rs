//! `issue_token`: a bearer token.

use efsm::AuthService;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Call, Effect, Tool, input, on_a_thread, output};
use crate::reply::{Failure, Reply};

pub(super) const TOOL: Tool = Tool {
    name: "issue_token",
    title: "Issue a token",
    description: "Signs a JWT for a subject, valid at the stack's userinfo and introspection. `claims` adds to or replaces the \
                  usual claims; null takes one away.",
    effect: Effect::Changes,
    is_open_world: false,
    input: input::<Arguments>,
    output: output::<Issued>,
    call: |call| on_a_thread(call, run),
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// The stack's name.
    stack: String,
    /// The claim `sub`.
    subject: String,
    #[serde(default)]
    claims: Map<String, Value>,
}

#[derive(Serialize, JsonSchema)]
struct Issued {
    token: String,
    /// For the header Authorization.
    authorization: String,
}

fn run(call: &Call) -> Result<Reply, Failure> {
    let arguments: Arguments = call.arguments()?;
    let place = call.stacks.find(&arguments.stack)?;
    let auth: std::sync::Arc<AuthService> = place.service("auth")?;
    let token = auth
        .issue_jwt(&arguments.subject, Value::Object(arguments.claims))
        .map_err(|error| Failure::new(error.to_string(), "mend the claims and call again"))?;
    let authorization = format!("Bearer {token}");
    let summary = format!("a token for {}", arguments.subject);
    Ok(Reply::new(
        summary,
        &Issued {
            token,
            authorization,
        },
    ))
}
