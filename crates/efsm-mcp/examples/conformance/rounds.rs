//! Tools that ask the client back: a call ends with `input_required` and is made again with the answers.

use std::collections::BTreeSet;
use std::sync::Arc;

use parking_lot::Mutex;
use rmcp::ErrorData;
use rmcp::model::{CallToolRequestParams, InputRequiredResult, InputResponses, RequestMetaObject};
use serde_json::{Value, json};

use crate::fixture::typed;

/// The states that were handed out. They say nothing by themselves: one that is not here was made up or changed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rounds(Arc<Mutex<BTreeSet<String>>>);

/// What a round ends with.
pub(crate) enum Round {
    Asks(InputRequiredResult),
    Says(String),
}

impl Rounds {
    fn issue(&self, step: &str) -> String {
        let mut issued = self.0.lock();
        let state = format!("{step}-{}", issued.len());
        issued.insert(state.clone());
        state
    }

    /// Whether the client brings back a state of that step; one that was never handed out is an error.
    fn is_at(&self, state: Option<&String>, step: &str) -> Result<bool, ErrorData> {
        let Some(state) = state else {
            return Ok(false);
        };
        if !self.0.lock().contains(state) {
            return Err(ErrorData::invalid_params(
                "the request state is none of this server's",
                None,
            ));
        }
        Ok(state.starts_with(step))
    }

    /// A call of a tool `test_input_required_result_*`.
    pub(crate) fn call(
        &self,
        name: &str,
        request: &CallToolRequestParams,
        meta: &RequestMetaObject,
    ) -> Result<Round, ErrorData> {
        let answers = request.input_responses.as_ref();
        let state = request.request_state.as_ref();
        match name {
            "elicitation" => accepted(answers, "user_name", "name").map_or_else(
                || asks(&json!({ "user_name": who() }), None),
                |name| Ok(Round::Says(format!("Hello, {}!", plain(&name)))),
            ),
            "sampling" => answer(answers, "capital_question").map_or_else(
                || {
                    let question = sampling("What is the capital of France?", 100);
                    asks(&json!({ "capital_question": question }), None)
                },
                |said| Ok(Round::Says(plain(&said["content"]["text"]))),
            ),
            "list_roots" => answer(answers, "client_roots").map_or_else(
                || asks(&json!({ "client_roots": roots() }), None),
                |said| Ok(Round::Says(format!("The roots are {}", said["roots"]))),
            ),
            "request_state" | "tampered_state" => {
                if self.is_at(state, "confirm")? && accepted(answers, "confirm", "ok").is_some() {
                    return Ok(Round::Says("state-ok".to_owned()));
                }
                let question = question("Please confirm", "ok", "boolean");
                asks(&json!({ "confirm": question }), Some(self.issue("confirm")))
            }
            "multiple_inputs" => {
                let all = ["user_name", "greeting", "client_roots"];
                let has_all = all.iter().all(|key| answer(answers, key).is_some());
                if self.is_at(state, "many")? && has_all {
                    return Ok(Round::Says("all three came".to_owned()));
                }
                let questions = json!({
                    "user_name": who(),
                    "greeting": sampling("Generate a greeting", 50),
                    "client_roots": roots(),
                });
                asks(&questions, Some(self.issue("many")))
            }
            "multi_round" => self.multi_round(state, answers),
            "capabilities" => {
                let can = meta.client_capabilities().unwrap_or_default();
                let mut questions = json!({});
                if can.elicitation.is_some() {
                    questions["user_name"] = who();
                }
                if can.sampling.is_some() {
                    questions["greeting"] = sampling("Generate a greeting", 50);
                }
                asks(&questions, None)
            }
            other => Err(ErrorData::invalid_params(format!("no tool {other}"), None)),
        }
    }

    fn multi_round(
        &self,
        state: Option<&String>,
        answers: Option<&InputResponses>,
    ) -> Result<Round, ErrorData> {
        let second = question("Step 2: What is your favorite color?", "color", "string");
        if self.is_at(state, "second")? {
            return match accepted(answers, "step2", "color") {
                Some(color) => Ok(Round::Says(format!("You like {}", plain(&color)))),
                None => asks(&json!({ "step2": second }), state.cloned()),
            };
        }
        if self.is_at(state, "first")? && accepted(answers, "step1", "name").is_some() {
            return asks(&json!({ "step2": second }), Some(self.issue("second")));
        }
        let first = question("Step 1: What is your name?", "name", "string");
        asks(&json!({ "step1": first }), Some(self.issue("first")))
    }
}

fn asks(questions: &Value, state: Option<String>) -> Result<Round, ErrorData> {
    ask(questions, state).map(Round::Asks)
}

pub(crate) fn ask(
    questions: &Value,
    state: Option<String>,
) -> Result<InputRequiredResult, ErrorData> {
    let mut result = json!({ "resultType": "input_required", "inputRequests": questions });
    if let Some(state) = state {
        result["requestState"] = state.into();
    }
    typed(result)
}

fn who() -> Value {
    question("What is your name?", "name", "string")
}

pub(crate) fn question(message: &str, field: &str, kind: &str) -> Value {
    json!({ "method": "elicitation/create", "params": {
        "mode": "form",
        "message": message,
        "requestedSchema": {
            "type": "object", "properties": { (field): { "type": kind } }, "required": [field],
        },
    } })
}

fn sampling(text: &str, tokens: u32) -> Value {
    json!({ "method": "sampling/createMessage", "params": {
        "messages": [{ "role": "user", "content": { "type": "text", "text": text } }],
        "maxTokens": tokens,
    } })
}

fn roots() -> Value {
    json!({ "method": "roots/list", "params": {} })
}

/// The answer of that key, if it is one at all.
fn answer<'a>(answers: Option<&'a InputResponses>, key: &str) -> Option<&'a Value> {
    answers?.get(key).filter(|value| value.is_object())
}

/// The field of a form that the user filled in.
pub(crate) fn accepted(answers: Option<&InputResponses>, key: &str, field: &str) -> Option<Value> {
    let answer = answer(answers, key)?;
    let is_accepted = answer["action"] == "accept";
    answer["content"]
        .get(field)
        .filter(|_| is_accepted)
        .cloned()
}

fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}
