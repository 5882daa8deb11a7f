//! `explain_request`: why a request met no stub.

use efsm_http::{HttpService, Nearest, Unmatched};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Call, Effect, Tool, input, on_a_thread, output};
use crate::reply::{Failure, Reply};

pub(super) const TOOL: Tool = Tool {
    name: "explain_request",
    title: "Explain unmatched requests",
    description: "Why requests met no stub: each with its nearest stub and what differs, the newest first. Or, with `request`, \
                  what a request that was not sent yet would miss.",
    effect: Effect::Reads,
    is_open_world: false,
    input: input::<Arguments>,
    output: output::<Explained>,
    call: |call| on_a_thread(call, run),
};

const TOLD: usize = 20;
const DESCRIBED: &str = "describe it as {\"method\", \"url\", \"headers\", \"body\"}";

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// The stack's name.
    stack: String,
    /// A request to try: {"method": "GET", "url": "/users?page=1", "headers": {}, "body": ""}.
    request: Option<Map<String, Value>>,
    /// Only requests after this sequence number of the journal.
    #[serde(default)]
    since: u64,
}

#[derive(Serialize, JsonSchema)]
struct Explained {
    unmatched: Vec<Miss>,
    /// How many there are in all.
    count: usize,
}

/// A request without a stub.
#[derive(Serialize, JsonSchema)]
pub(super) struct Miss {
    /// Its number in the journal; none for a request that was only described.
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<u64>,
    request: String,
    /// The stub that came nearest; none when the stack has no stubs, or when a described request matches.
    #[serde(skip_serializing_if = "Option::is_none")]
    nearest: Option<Map<String, Value>>,
}

impl Miss {
    pub(super) fn of(unmatched: &Unmatched) -> Self {
        let request = &unmatched.call.request;
        Self {
            seq: Some(unmatched.call.seq()),
            request: format!("{} {}", request.method(), request.url()),
            nearest: unmatched.nearest.as_ref().map(described),
        }
    }
}

fn described(nearest: &Nearest) -> Map<String, Value> {
    super::object(nearest.to_json())
}

/// The newest unmatched requests after `since`, and how many there are.
pub(super) fn misses(http: &HttpService, since: u64, limit: usize) -> (Vec<Miss>, usize) {
    let mut unmatched = http.unmatched_calls();
    unmatched.retain(|miss| miss.call.seq() > since);
    let told = unmatched.iter().rev().take(limit).map(Miss::of).collect();
    (told, unmatched.len())
}

fn run(call: &Call) -> Result<Reply, Failure> {
    let arguments: Arguments = call.arguments()?;
    let place = call.stacks.find(&arguments.stack)?;
    let http: std::sync::Arc<HttpService> = place.service("http")?;
    if let Some(request) = arguments.request {
        let word = |name: &str| {
            let word = request.get(name).and_then(Value::as_str);
            word.ok_or_else(|| Failure::new(format!("the request has no `{name}`"), DESCRIBED))
        };
        let line = format!("{} {}", word("method")?, word("url")?);
        let nearest = http
            .nearest_stub(&Value::Object(request))
            .map_err(|error| Failure::new(error.to_string(), DESCRIBED))?;
        let summary = match &nearest {
            Some(nearest) => format!("{line} misses {}", first_line(nearest)),
            None => format!("nothing keeps {line} from a stub, or there are no stubs"),
        };
        let unmatched = vec![Miss {
            seq: None,
            request: line,
            nearest: nearest.as_ref().map(described),
        }];
        return Ok(Reply::new(
            summary,
            &Explained {
                unmatched,
                count: 1,
            },
        ));
    }
    let (unmatched, count) = misses(&http, arguments.since, TOLD);
    let summary = match unmatched.first() {
        None => "every request met a stub".to_owned(),
        Some(newest) => format!(
            "{count} requests met no stub; the newest is {}",
            newest.request
        ),
    };
    Ok(Reply::new(summary, &Explained { unmatched, count }))
}

fn first_line(nearest: &Nearest) -> String {
    nearest
        .to_string()
        .lines()
        .take(2)
        .collect::<Vec<_>>()
        .join(":")
}
