//! `use_queue`: messages.

use efsm::QueueService;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Call, Effect, Tool, input, on_a_thread, output};
use crate::reply::{Failure, Reply};

pub(super) const TOOL: Tool = Tool {
    name: "use_queue",
    title: "Publish and read messages",
    description: "Publishes a JSON message to a topic, reads the oldest messages of a topic (which stay), or lists topics.",
    effect: Effect::Changes,
    is_open_world: false,
    input: input::<Arguments>,
    output: output::<Told>,
    call: |call| on_a_thread(call, run),
};

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Action {
    Publish,
    Read,
    Topics,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// The stack's name.
    stack: String,
    action: Action,
    topic: Option<String>,
    /// What to publish: any JSON.
    #[serde(default)]
    #[schemars(schema_with = "super::any_json")]
    message: Option<Value>,
    /// How many to read; 10 when missing.
    limit: Option<usize>,
}

#[derive(Default, Serialize, JsonSchema)]
struct Told {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    topics: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "super::any_json_list")]
    messages: Vec<Value>,
    /// How many messages the topic holds, or how many topics there are.
    count: usize,
}

fn run(call: &Call) -> Result<Reply, Failure> {
    let arguments: Arguments = call.arguments()?;
    let place = call.stacks.find(&arguments.stack)?;
    let queue: std::sync::Arc<QueueService> = place.service("queue")?;
    let topic = || {
        let topic = arguments.topic.as_deref();
        topic.ok_or_else(|| {
            Failure::new(
                "no `topic` is named",
                "name one; action `topics` lists them",
            )
        })
    };
    let refused =
        |error: &dyn std::fmt::Display| Failure::new(error.to_string(), "mend it and call again");
    match arguments.action {
        Action::Topics => {
            let topics = queue.topics();
            let summary = format!("topics: {}", topics.join(", "));
            let count = topics.len();
            Ok(Reply::new(
                summary,
                &Told {
                    topics,
                    count,
                    ..Told::default()
                },
            ))
        }
        Action::Publish => {
            let topic = topic()?;
            let message = arguments
                .message
                .as_ref()
                .ok_or_else(|| Failure::new("no `message` is given", "give any JSON value"))?;
            let done = queue.publish(topic, message).map_err(|e| refused(&e))?;
            let count = done.message_count;
            let summary = format!("{topic} holds {count} messages");
            Ok(Reply::new(
                summary,
                &Told {
                    count,
                    ..Told::default()
                },
            ))
        }
        Action::Read => {
            let topic = topic()?;
            let limit = arguments.limit.unwrap_or(10);
            let found = queue.consume(topic, limit).map_err(|e| refused(&e))?;
            let messages = found
                .iter()
                .map(|message| message.json().map_err(|e| refused(&e)))
                .collect::<Result<Vec<_>, _>>()?;
            let count = queue.message_count(topic);
            let summary = format!("{} of {count} messages of {topic}", messages.len());
            Ok(Reply::new(
                summary,
                &Told {
                    messages,
                    count,
                    ..Told::default()
                },
            ))
        }
    }
}
