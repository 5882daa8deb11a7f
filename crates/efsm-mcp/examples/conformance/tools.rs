use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ClientCapabilities, LoggingLevel,
    LoggingMessageNotificationParam, ProgressNotificationParam,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};
use serde_json::{Value, json};

use crate::fixture::{Changed, Fixture, PNG, WAV, typed, whole};
use crate::rounds::Round;

type Context = RequestContext<RoleServer>;

pub(crate) async fn call(
    fixture: &Fixture,
    request: CallToolRequestParams,
    context: &Context,
) -> Result<CallToolResponse, ErrorData> {
    if let Some(name) = request.name.strip_prefix("test_input_required_result_") {
        return match fixture.rounds.call(name, &request, &context.meta)? {
            Round::Asks(questions) => Ok(questions.into()),
            Round::Says(text) => said(&text).map(Into::into),
        };
    }
    let argument = |name: &str| {
        let arguments = request.arguments.as_ref();
        arguments
            .and_then(|arguments| arguments.get(name)?.as_str())
            .unwrap_or_default()
    };
    let result = match request.name.as_ref() {
        "test_simple_text" => said("This is a simple text response for testing."),
        "test_image_content" => content(&json!([image()])),
        "test_audio_content" => {
            content(&json!([{ "type": "audio", "data": WAV, "mimeType": "audio/wav" }]))
        }
        "test_embedded_resource" => content(&json!([resource(
            "test://embedded-resource",
            "text/plain",
            "This is an embedded resource content.",
        )])),
        "test_multiple_content_types" => content(&json!([
            { "type": "text", "text": "Multiple content types test:" },
            image(),
            resource(
                "test://mixed-content-resource",
                "application/json",
                &json!({ "test": "data", "value": 123 }).to_string(),
            ),
        ])),
        "test_error_handling" => whole(json!({
            "content": [{ "type": "text", "text": "This tool intentionally returns an error for testing" }],
            "isError": true,
        })),
        "test_tool_with_logging" => logs(context, true).await,
        // Since 2026-07-28, a request says whether it wants to hear.
        "test_logging_tool" => logs(context, context.meta.log_level().is_some()).await,
        "test_tool_with_progress" => progresses(context).await,
        "test_sampling" => samples(context, argument("prompt")).await,
        "test_elicitation" => {
            let schema = json!({
                "type": "object",
                "properties": {
                    "username": { "type": "string", "description": "User's response" },
                    "email": { "type": "string", "description": "User's email address" },
                },
                "required": ["username", "email"],
            });
            elicits(context, argument("message"), schema, "User response").await
        }
        "test_elicitation_sep1034_defaults" => {
            elicits(context, "Check these", defaults(), "Elicitation completed").await
        }
        "test_elicitation_sep1330_enums" => {
            elicits(context, "Choose some", enums(), "Elicitation completed").await
        }
        "test_streaming_elicitation" => {
            let question = crate::rounds::question("What is your name?", "name", "string");
            return crate::rounds::ask(&json!({ "user_name": question }), None).map(Into::into);
        }
        "test_missing_capability" => {
            let can = context.meta.client_capabilities().unwrap_or_default();
            if can.sampling.is_none() {
                let needed: ClientCapabilities = typed(json!({ "sampling": {} }))?;
                return Err(ErrorData::missing_required_client_capability(needed));
            }
            said("the client can sample")
        }
        "test_trigger_tool_change" => changes(fixture, Changed::Tools),
        "test_trigger_prompt_change" => changes(fixture, Changed::Prompts),
        "json_schema_2020_12_tool" => said("a contact"),
        "test_region" => said(argument("region")),
        other => return Err(ErrorData::invalid_params(format!("no tool {other}"), None)),
    };
    result.map(Into::into)
}

fn content(blocks: &Value) -> Result<CallToolResult, ErrorData> {
    whole(json!({ "content": blocks }))
}

fn said(text: &str) -> Result<CallToolResult, ErrorData> {
    content(&json!([{ "type": "text", "text": text }]))
}

fn image() -> Value {
    json!({ "type": "image", "data": PNG, "mimeType": "image/png" })
}

fn resource(uri: &str, mime: &str, text: &str) -> Value {
    json!({ "type": "resource", "resource": { "uri": uri, "mimeType": mime, "text": text } })
}

fn changes(fixture: &Fixture, what: Changed) -> Result<CallToolResult, ErrorData> {
    // Nobody may be listening.
    let _ = fixture.changes.send(what);
    said("changed")
}

fn lost(error: &rmcp::ServiceError) -> ErrorData {
    ErrorData::internal_error(error.to_string(), None)
}

async fn logs(context: &Context, is_wanted: bool) -> Result<CallToolResult, ErrorData> {
    let steps = [
        "Tool execution started",
        "Tool processing data",
        "Tool execution completed",
    ];
    for step in steps.into_iter().filter(|_| is_wanted) {
        let message = LoggingMessageNotificationParam::new(LoggingLevel::Info, json!(step));
        let sent = context.peer.notify_logging_message(message).await;
        sent.map_err(|error| lost(&error))?;
    }
    said("logged")
}

async fn progresses(context: &Context) -> Result<CallToolResult, ErrorData> {
    for progress in [0.0, 50.0, 100.0] {
        if let Some(token) = context.meta.get_progress_token() {
            let told = ProgressNotificationParam::new(token, progress).with_total(100.0);
            let sent = context.peer.notify_progress(told).await;
            sent.map_err(|error| lost(&error))?;
        }
    }
    said("done")
}

async fn samples(context: &Context, prompt: &str) -> Result<CallToolResult, ErrorData> {
    let params = typed(json!({
        "messages": [{ "role": "user", "content": { "type": "text", "text": prompt } }],
        "maxTokens": 100,
    }))?;
    let sampled = context.peer.create_message(params).await;
    let sampled = json!(sampled.map_err(|error| lost(&error))?);
    said(&format!(
        "LLM response: {}",
        sampled["content"]["text"].as_str().unwrap_or_default()
    ))
}

async fn elicits(
    context: &Context,
    message: &str,
    schema: Value,
    words: &str,
) -> Result<CallToolResult, ErrorData> {
    let params = typed(json!({ "mode": "form", "message": message, "requestedSchema": schema }))?;
    let answer = context.peer.create_elicitation(params).await;
    let answer = json!(answer.map_err(|error| lost(&error))?);
    let action = answer["action"].as_str().unwrap_or_default();
    said(&format!(
        "{words}: action={action}, content={}",
        answer["content"]
    ))
}

fn defaults() -> Value {
    json!({ "type": "object", "properties": {
        "name": { "type": "string", "default": "John Doe" },
        "age": { "type": "integer", "default": 30 },
        "score": { "type": "number", "default": 95.5 },
        "status": { "type": "string", "enum": ["active", "inactive", "pending"], "default": "active" },
        "verified": { "type": "boolean", "default": true },
    } })
}

fn enums() -> Value {
    let plain = ["option1", "option2", "option3"];
    let titled = json!([
        { "const": "value1", "title": "First" },
        { "const": "value2", "title": "Second" },
        { "const": "value3", "title": "Third" },
    ]);
    json!({ "type": "object", "properties": {
        "untitledSingle": { "type": "string", "enum": plain },
        "titledSingle": { "type": "string", "oneOf": titled },
        "legacyEnum": {
            "type": "string", "enum": ["opt1", "opt2", "opt3"], "enumNames": ["One", "Two", "Three"],
        },
        "untitledMulti": { "type": "array", "items": { "type": "string", "enum": plain } },
        "titledMulti": { "type": "array", "items": { "anyOf": titled } },
    } })
}
