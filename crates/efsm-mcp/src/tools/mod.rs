//! What an agent can do, one tool a file. The order of [`TOOLS`] is the order in which clients see them.

mod clock;
mod explain;
mod faults;
mod fork;
mod generate;
mod journal;
mod list;
mod orchestrate;
mod query;
mod queue;
mod run_tests;
mod snapshot;
mod stop;
mod storage;
mod stubs;
mod token;

use std::sync::Arc;

use efsm_core::{BoxFuture, Service};
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::Options;
use crate::reply::{Failure, Reply};
use crate::stacks::{Place, Stacks};

/// What a call works with.
#[derive(Clone, Debug)]
pub struct Call {
    pub stacks: Stacks,
    pub options: Options,
    pub arguments: Map<String, Value>,
}

/// What a tool does to the world, for clients that ask before they call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    Reads,
    /// Adds or changes what can be brought back.
    Changes,
    Destroys,
}

/// One tool, as it is listed and called.
#[derive(Clone, Copy)]
pub struct Tool {
    pub name: &'static str,
    pub title: &'static str,
    pub description: &'static str,
    pub effect: Effect,
    /// Whether it reaches beyond the stacks.
    pub is_open_world: bool,
    pub input: fn() -> Map<String, Value>,
    pub output: fn() -> Map<String, Value>,
    pub call: fn(Call) -> BoxFuture<'static, Result<Reply, Failure>>,
}

pub const TOOLS: &[Tool] = &[
    generate::TOOL,
    orchestrate::TOOL,
    list::TOOL,
    stubs::TOOL,
    explain::TOOL,
    query::TOOL,
    queue::TOOL,
    storage::TOOL,
    token::TOOL,
    snapshot::TOOL,
    fork::TOOL,
    clock::TOOL,
    faults::TOOL,
    journal::TOOL,
    run_tests::TOOL,
    stop::TOOL,
];

/// The schema of what a tool takes.
pub(crate) fn input<T: JsonSchema>() -> Map<String, Value> {
    schema::<T>(SchemaSettings::draft2020_12())
}

/// The schema of what a tool gives: fields that are sometimes left out are not required.
pub(crate) fn output<T: JsonSchema>() -> Map<String, Value> {
    schema::<T>(SchemaSettings::draft2020_12().for_serialize())
}

fn schema<T: JsonSchema>(mut settings: SchemaSettings) -> Map<String, Value> {
    settings.inline_subschemas = true;
    settings.meta_schema = None;
    let schema = settings.into_generator().into_root_schema_for::<T>();
    match schema.to_value() {
        Value::Object(mut object) => {
            object.remove("title");
            object
        }
        _ => Map::new(),
    }
}

impl Call {
    /// The arguments as the tool's own type.
    pub(crate) fn arguments<T: DeserializeOwned + JsonSchema>(&self) -> Result<T, Failure> {
        serde_json::from_value(Value::Object(self.arguments.clone())).map_err(|error| {
            let schema = input::<T>();
            let names = schema
                .get("properties")
                .and_then(Value::as_object)
                .map(|properties| properties.keys().cloned().collect::<Vec<_>>().join(", "));
            Failure::new(
                format!("the arguments are not what the tool takes: {error}"),
                format!("call again with {}", names.unwrap_or_default()),
            )
        })
    }
}

impl Place {
    /// A service of the stack, as its own type.
    pub(crate) fn service<S: Service>(&self, name: &str) -> Result<Arc<S>, Failure> {
        efsm::assembly::service(self.stack.services()).ok_or_else(|| Failure::no_service(name))
    }
}

/// The result of a call that waits for nothing.
fn at_once(done: Result<Reply, Failure>) -> BoxFuture<'static, Result<Reply, Failure>> {
    Box::pin(std::future::ready(done))
}

/// Runs what blocks a thread on one that may be blocked.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| {
        Err(Failure::new(
            "the call failed inside efsm",
            "this is a bug: read the journal, and report it",
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tool_has_an_object_for_input_and_output_and_few_words() {
        for tool in TOOLS {
            for schema in [(tool.input)(), (tool.output)()] {
                assert_eq!(schema["type"], "object", "{}", tool.name);
            }
            assert!(tool.description.len() < 400, "{}", tool.name);
            assert!(
                (tool.input)()["additionalProperties"] == false,
                "{}",
                tool.name
            );
        }
    }

    #[test]
    fn names_are_unique() {
        let mut names: Vec<&str> = TOOLS.iter().map(|tool| tool.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), TOOLS.len());
    }
}
