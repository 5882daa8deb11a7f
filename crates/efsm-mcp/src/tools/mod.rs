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
mod transcript;
mod written;

use std::sync::Arc;

use efsm_core::{BoxFuture, Service};
use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use tokio::sync::mpsc;

use crate::Options;
use crate::reply::{Failure, Reply};
use crate::stacks::{Place, Stacks};

/// What a call works with.
pub struct Call {
    pub stacks: Stacks,
    pub options: Options,
    pub arguments: Map<String, Value>,
    pub caller: Caller,
}

/// Whoever called, for calls that take their time.
pub struct Caller {
    /// Ends when nobody waits for the result any more.
    pub gone: BoxFuture<'static, ()>,
    /// Where a call tells how it goes; none when nobody asked.
    pub progress: Option<mpsc::Sender<Progress>>,
}

/// How a call goes.
#[derive(Clone, Debug)]
pub struct Progress {
    /// Grows from one to the next.
    pub step: u32,
    pub message: String,
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
    let mut schema = schema::<T>(SchemaSettings::draft2020_12().for_serialize());
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        let left_out = json!({
            "type": "object",
            "description": "How many entries lists lost from their middle, by their place; the resource link has all",
            "additionalProperties": { "type": "integer" },
        });
        properties.insert("left_out".to_owned(), left_out);
    }
    schema.insert("additionalProperties".to_owned(), false.into());
    schema
}

fn schema<T: JsonSchema>(mut settings: SchemaSettings) -> Map<String, Value> {
    settings.inline_subschemas = true;
    settings.meta_schema = None;
    let settings = settings.with_transform(RecursiveTransform(portable));
    let schema = settings.into_generator().into_root_schema_for::<T>();
    let mut schema = object(schema.to_value());
    schema.remove("title");
    schema
}

/// Takes away what clients of some models refuse: formats that are the library's own, and types of which one is null. What
/// may be missing is missing here, and never null.
fn portable(schema: &mut Schema) {
    schema.remove("format");
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = &types[..] {
            let only = only.clone();
            schema.insert("type".to_owned(), only);
        }
    }
}

/// Any JSON value, by its types: what says nothing at all is refused by some clients.
pub(crate) fn any_json(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "anyOf": [
        { "type": "object", "additionalProperties": true },
        { "type": "array" },
        { "type": "string" },
        { "type": "number" },
        { "type": "boolean" },
        { "type": "null" },
    ] })
}

/// A list of [`any_json`].
pub(crate) fn any_json_list(generator: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "array", "items": any_json(generator) })
}

/// An object of whatever there is; nothing when it is none.
pub(crate) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
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

/// A call that waits for nothing but may take a while.
fn on_a_thread(
    call: Call,
    run: fn(&Call) -> Result<Reply, Failure>,
) -> BoxFuture<'static, Result<Reply, Failure>> {
    Box::pin(blocking(move || run(&call)))
}

/// Runs what blocks a thread on one that may be blocked.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|_| Err(Failure::bug()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tool_has_an_object_for_input_and_output_and_few_words() {
        for tool in TOOLS {
            for schema in [(tool.input)(), (tool.output)()] {
                assert_eq!(schema["type"], "object", "{}", tool.name);
                assert_eq!(schema["additionalProperties"], false, "{}", tool.name);
            }
            assert!(tool.description.len() < 400, "{}", tool.name);
        }
    }

    #[test]
    fn every_call_but_those_that_make_or_list_stacks_names_its_stack() {
        let free = ["generate_mock", "orchestrate_mock", "list_stacks"];
        for tool in TOOLS {
            let input = (tool.input)();
            let required = input.get("required").and_then(Value::as_array);
            let names_it = required.is_some_and(|names| names.contains(&"stack".into()));
            assert_eq!(names_it, !free.contains(&tool.name), "{}", tool.name);
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
