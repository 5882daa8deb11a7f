//! GraphQL behind the seam.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use efsm_core::Timestamp;
use efsm_graphql::over_http::{self, Answer, HttpRequest, Summary};
use efsm_graphql::{
    Api, Event, GraphQlRequest, Limits, MockOptions, OperationKind, Prepared, Response, Schema,
};
use efsm_spec::mock::{Level, Line, Scope};
use http::header::{ALLOW, CONTENT_TYPE, VARY};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde_json::json;

use super::{
    About, Claim, Events, Mock, MockAnswer, MockBody, SpecDefinition, SpecError, Step, Turn,
};
use crate::engine::request::LoggedRequest;

/// A mocked GraphQL API at its path.
#[derive(Debug)]
pub struct GraphQl {
    api: Api,
    mount: String,
    title: String,
    /// Between two events of a subscription; `None` when all of them are pushed.
    pub(crate) interval: Option<Duration>,
    /// How many events a subscription makes up before it ends; `None` when it goes on.
    pub(crate) most_events: Option<u64>,
    has_cors: bool,
    is_logged: bool,
}

/// Whether a text is a GraphQL schema: SDL by its file's name or its first word, or an introspection result.
pub(super) fn is_graphql(location: &str, text: &str) -> bool {
    const ENDINGS: [&str; 3] = [".graphql", ".graphqls", ".gql"];
    let location = location.to_ascii_lowercase();
    if ENDINGS.iter().any(|ending| location.ends_with(ending)) {
        return true;
    }
    let mut lines = text.trim_start_matches('\u{feff}').lines().map(str::trim);
    let first = lines
        .find(|line| !line.is_empty() && !line.starts_with('#'))
        .unwrap_or_default();
    if first.starts_with('{') || first.starts_with('[') {
        // Only a look: the whole is parsed once it is known what it is.
        return text.contains("\"__schema\"") && !text.contains("\"openapi\"");
    }
    let end = first.find(|c: char| !c.is_ascii_alphabetic());
    let (word, rest) = first.split_at(end.unwrap_or(first.len()));
    let starts = [
        "schema",
        "type",
        "interface",
        "union",
        "enum",
        "input",
        "scalar",
        "directive",
        "extend",
    ];
    // `type: object` is YAML.
    let is_separated = rest.is_empty()
        || rest.starts_with(['{', '@', '#', ','])
        || (rest.starts_with(char::is_whitespace) && !rest.trim_start().starts_with(':'));
    (starts.contains(&word) && is_separated) || first.starts_with("\"\"\"")
}

pub(super) fn open(definition: &SpecDefinition) -> Result<Arc<dyn Mock>, SpecError> {
    let given = &definition.options;
    let wrong = |option: &str, reason: &str| SpecError::Option {
        option: option.to_owned(),
        reason: reason.to_owned(),
    };
    if given.upstream.is_some() {
        return Err(wrong(
            "upstream",
            "a GraphQL schema is mocked; requests are not passed on",
        ));
    }
    let schema = Schema::parse(&definition.text).map_err(|error| SpecError::GraphQl {
        location: definition.location.clone(),
        error,
    })?;
    let options = MockOptions {
        seed: given.seed.as_deref().map_or(0, MockOptions::seed_of),
        list_length: given.graphql.list_length,
        overrides: given.graphql.overrides.clone(),
    };
    let api = Api::new(schema, &options, Limits::default())
        .map_err(|error| wrong("graphql.overrides", &error.to_string()))?;
    let file = definition
        .location
        .rsplit(['/', '\\'])
        .next()
        .unwrap_or_default();
    Ok(Arc::new(GraphQl {
        api,
        mount: given.graphql.mount.clone(),
        title: file.to_owned(),
        interval: given.graphql.event_interval,
        most_events: given.graphql.most_events,
        has_cors: given.cors,
        is_logged: given.log,
    }))
}

impl Mock for GraphQl {
    fn about(&self) -> About {
        let schema = self.api.schema();
        let kinds = [
            OperationKind::Query,
            OperationKind::Mutation,
            OperationKind::Subscription,
        ];
        let roots = kinds
            .into_iter()
            .filter_map(|kind| schema.root(kind)?.composite());
        About {
            kind: "graphql",
            title: self.title.clone(),
            operations: roots.map(|root| root.fields.len()).sum(),
            routes: vec![
                ("GET".to_owned(), self.mount.clone()),
                ("POST".to_owned(), self.mount.clone()),
            ],
            warnings: schema
                .warnings()
                .iter()
                .map(|warning| format!("{}: {warning}", self.title))
                .collect(),
            files: Vec::new(),
        }
    }

    fn claim(&self, request: &LoggedRequest) -> Claim {
        // A schema names no host, so that other hosts' requests are others' APIs.
        if request.is_proxied() || !self.is_at(request.path()) {
            return Claim::Nothing;
        }
        match *request.method() {
            Method::GET | Method::POST | Method::OPTIONS => Claim::Operation,
            _ => Claim::Path,
        }
    }

    fn answer(&self, request: &LoggedRequest, turn: &mut Turn<'_>) -> Step {
        if !self.is_at(request.path()) {
            return Step::Answered(Box::new(self.elsewhere(request)));
        }
        if let Some(answer) = self.preflight(request) {
            return Step::Answered(Box::new(answer));
        }
        let asked = HttpRequest {
            method: request.method(),
            headers: request.headers(),
            query: request.query_string(),
            body: request.body(),
        };
        let answer = over_http::answer(&self.api, &asked, turn.now);
        let mut headers = self.cors(request);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(answer.media_type));
        if let Some(allow) = answer.allow {
            headers.insert(ALLOW, HeaderValue::from_static(allow));
        }
        let (body, events) = match answer.body {
            Answer::Text(text) => (text, None),
            Answer::Events(events) => (String::new(), Some(events)),
        };
        let answer = self.told(answer.status, headers, body.into(), &answer.summary);
        match events {
            None => Step::Answered(Box::new(answer)),
            Some(operation) => Step::Events(Box::new(Events { answer, operation })),
        }
    }

    fn graphql(self: Arc<Self>) -> Option<Arc<GraphQl>> {
        Some(self)
    }
}

impl GraphQl {
    fn is_at(&self, path: &str) -> bool {
        let path = path.strip_suffix('/').unwrap_or(path);
        path == self.mount.strip_suffix('/').unwrap_or(&self.mount)
    }

    pub(crate) fn prepare(&self, request: &GraphQlRequest) -> Result<Prepared, Response> {
        self.api.prepare(request)
    }

    pub(crate) fn execute(
        &self,
        prepared: &Prepared,
        now: Timestamp,
        event: Option<&Event>,
    ) -> Response {
        self.api.execute(prepared, now, event)
    }

    /// Whether the schema has such a subscription.
    pub(crate) fn has_subscription(&self, field: &str) -> bool {
        let root = self.api.schema().root(OperationKind::Subscription);
        root.is_some_and(|root| root.field(field).is_some())
    }

    fn told(
        &self,
        status: StatusCode,
        headers: HeaderMap,
        body: Bytes,
        summary: &Summary,
    ) -> MockAnswer {
        let operation = summary.kind.map(|kind| match &summary.operation {
            Some(name) => format!("{} {name}", kind.name()),
            None => kind.name().to_owned(),
        });
        let line = |level, message: &str| Line {
            scope: Scope::GraphQl,
            level,
            message: message.to_owned(),
        };
        let mut log = Vec::new();
        if self.is_logged {
            log.extend(
                operation
                    .as_deref()
                    .map(|operation| line(Level::Info, operation)),
            );
            log.extend(summary.errors.iter().map(|error| line(Level::Error, error)));
            log.push(line(
                Level::Success,
                &format!("Respond with {}", status.as_u16()),
            ));
        }
        MockAnswer {
            status,
            headers,
            body: MockBody::Whole(body),
            operation: operation.map(Into::into),
            violations: summary
                .errors
                .iter()
                .map(|error| json!({ "message": error }))
                .collect(),
            log: log.into(),
            is_described: true,
            callbacks: Vec::new(),
        }
    }

    /// The stack is this API and nothing else, and something else was asked for.
    fn elsewhere(&self, request: &LoggedRequest) -> MockAnswer {
        let mut headers = self.cors(request);
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/json; charset=utf-8"),
        );
        let message = format!(
            "nothing is served at {}: GraphQL is asked at {}",
            request.path(),
            self.mount
        );
        let body = json!({"errors": [{"message": message}]}).to_string();
        let mut answer = self.told(
            StatusCode::NOT_FOUND,
            headers,
            body.into(),
            &Summary::default(),
        );
        answer.is_described = false;
        answer
    }

    /// The headers that let any page of a browser read the answer.
    fn cors(&self, request: &LoggedRequest) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if !self.has_cors {
            return headers;
        }
        let asked = |name: &str| request.headers().get(name).cloned();
        let any = HeaderValue::from_static("*");
        for (name, value) in [
            (
                "access-control-allow-origin",
                asked("origin").unwrap_or(any.clone()),
            ),
            (
                "access-control-allow-headers",
                asked("access-control-request-headers").unwrap_or(any.clone()),
            ),
            (
                "access-control-allow-credentials",
                HeaderValue::from_static("true"),
            ),
            ("access-control-expose-headers", any),
        ] {
            headers.insert(HeaderName::from_static(name), value);
        }
        headers
    }

    fn preflight(&self, request: &LoggedRequest) -> Option<MockAnswer> {
        let has = |name: &str| request.headers().contains_key(name);
        let is_preflight = self.has_cors
            && *request.method() == Method::OPTIONS
            && has("origin")
            && has("access-control-request-method");
        if !is_preflight {
            return None;
        }
        let mut headers = self.cors(request);
        let name = HeaderName::from_static("access-control-allow-methods");
        headers.insert(name, HeaderValue::from_static("GET, POST, OPTIONS"));
        headers.insert(VARY, HeaderValue::from_static("origin"));
        Some(self.told(
            StatusCode::NO_CONTENT,
            headers,
            Bytes::new(),
            &Summary::default(),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::is_graphql;

    #[test]
    fn schemas_are_recognised() {
        for (location, text, expected) in [
            ("a/schema.graphql", "", true),
            ("SCHEMA.GQL", "", true),
            ("spec", "# A shop\n\ntype Query { a: Int }", true),
            (
                "spec",
                "\"\"\"\nA shop\n\"\"\"\ntype Query { a: Int }",
                true,
            ),
            ("spec", "extend schema @link(url: \"x\")", true),
            ("spec", "schema{query:Q}", true),
            ("spec", "schema@a{query:Q}", true),
            ("spec", "schema-version: 1", false),
            ("spec", "type : object", false),
            (
                "introspection.json",
                "{\n \"data\": {\"__schema\": {}}}",
                true,
            ),
            ("openapi.yaml", "openapi: 3.1.0\ninfo:\n", false),
            ("openapi.yaml", "type: object", false),
            ("openapi.json", "{\"openapi\": \"3.1.0\"}", false),
        ] {
            assert_eq!(is_graphql(location, text), expected, "{text}");
        }
    }
}
