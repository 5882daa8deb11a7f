use serde_json::{Value, json};

/// Tools that take nothing.
const PLAIN: &[&str] = &[
    "test_simple_text",
    "test_image_content",
    "test_audio_content",
    "test_embedded_resource",
    "test_multiple_content_types",
    "test_tool_with_logging",
    "test_logging_tool",
    "test_error_handling",
    "test_tool_with_progress",
    "test_elicitation_sep1034_defaults",
    "test_elicitation_sep1330_enums",
    "test_streaming_elicitation",
    "test_missing_capability",
    "test_trigger_tool_change",
    "test_trigger_prompt_change",
    "test_input_required_result_elicitation",
    "test_input_required_result_sampling",
    "test_input_required_result_list_roots",
    "test_input_required_result_request_state",
    "test_input_required_result_multiple_inputs",
    "test_input_required_result_multi_round",
    "test_input_required_result_tampered_state",
    "test_input_required_result_capabilities",
];

pub(crate) fn tools() -> Vec<Value> {
    let nothing = json!({ "type": "object", "additionalProperties": false });
    let mut tools: Vec<Value> = PLAIN.iter().map(|name| tool(name, &nothing)).collect();
    tools.push(tool("test_sampling", &one_text("prompt")));
    tools.push(tool("test_elicitation", &one_text("message")));
    tools.push(tool("json_schema_2020_12_tool", &schema_2020_12()));
    tools.push(tool(
        "test_region",
        &json!({
            "type": "object",
            "properties": { "region": { "type": "string", "x-mcp-header": "Region" } },
        }),
    ));
    tools
}

fn tool(name: &str, schema: &Value) -> Value {
    let description = format!("The conformance suite's {name}");
    json!({ "name": name, "description": description, "inputSchema": schema })
}

fn one_text(name: &str) -> Value {
    json!({ "type": "object", "properties": { (name): { "type": "string" } }, "required": [name] })
}

/// The words of JSON Schema that a server must hand on.
fn schema_2020_12() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "$defs": { "address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": { "street": { "type": "string" }, "city": { "type": "string" } },
        } },
        "properties": {
            "name": { "type": "string" },
            "address": { "$ref": "#/$defs/address" },
            "contactMethod": { "type": "string", "enum": ["phone", "email"] },
            "phone": { "type": "string" },
            "email": { "type": "string" },
        },
        "allOf": [{ "anyOf": [{ "required": ["phone"] }, { "required": ["email"] }] }],
        "if": { "properties": { "contactMethod": { "const": "phone" } }, "required": ["contactMethod"] },
        "then": { "required": ["phone"] },
        "else": { "required": ["email"] },
        "additionalProperties": false,
    })
}

pub(crate) fn prompts() -> Value {
    let argument = |name: &str| json!({ "name": name, "description": name, "required": true });
    let prompt = |name: &str, arguments: Vec<Value>| json!({ "name": name, "description": name, "arguments": arguments });
    json!([
        prompt("test_simple_prompt", vec![]),
        prompt(
            "test_prompt_with_arguments",
            vec![argument("arg1"), argument("arg2")]
        ),
        prompt(
            "test_prompt_with_embedded_resource",
            vec![argument("resourceUri")]
        ),
        prompt("test_prompt_with_image", vec![]),
        prompt("test_input_required_result_prompt", vec![]),
    ])
}

pub(crate) fn resources() -> Value {
    json!([
        { "uri": "test://static-text", "name": "text", "description": "A text", "mimeType": "text/plain" },
        { "uri": "test://static-binary", "name": "image", "description": "An image", "mimeType": "image/png" },
    ])
}
