//! OpenAPI and its kin behind the seam.

use std::sync::Arc;

use efsm_spec::mock::{Forwarding, Kept, Outcome, Received as FromUpstream, Sent, header_map};
use efsm_spec::{Answer, Description, Kind, Loader, Options, Request, Violation};
use http::{HeaderMap, StatusCode};
use serde_json::Value;

use super::{
    About, Claim, Mock, MockAnswer, MockBody, Pending, Received, SpecDefinition, SpecError, Step,
    Turn,
};
use crate::engine::request::{LoggedRequest, header_pairs};

/// Reads a description and makes the mock that its kind asks for.
pub fn open(definition: &SpecDefinition, loader: &dyn Loader) -> Result<Arc<dyn Mock>, SpecError> {
    if super::graphql::is_graphql(&definition.location, &definition.text) {
        return super::graphql::open(definition);
    }
    let description = Description::parse(&definition.location, &definition.text, loader)?;
    let given = &definition.options;
    let options = Options {
        is_dynamic: given.dynamic,
        seed: given.seed.clone(),
        ignores_examples: given.ignore_examples,
        shows_errors: given.errors,
        validates_requests: given.validate_request,
        has_cors: given.cors,
        is_logged: given.log,
    };
    Ok(Arc::new(OpenApi {
        mock: Arc::new(efsm_spec::Mock::new(description, options)),
        upstream: given.upstream.as_deref().map(Arc::from),
        through: given.through.as_deref().map(Arc::from),
        is_stateful: given.stateful,
    }))
}

#[derive(Debug)]
struct OpenApi {
    mock: Arc<efsm_spec::Mock>,
    upstream: Option<Arc<str>>,
    through: Option<Arc<str>>,
    is_stateful: bool,
}

/// A request that was sent on.
struct UnderWay {
    mock: Arc<efsm_spec::Mock>,
    upstream: Arc<str>,
    through: Option<Arc<str>>,
    sent: Sent,
}

impl Mock for OpenApi {
    fn about(&self) -> About {
        let description = self.mock.description();
        About {
            kind: match description.kind {
                Kind::OpenApi3 => "openapi",
                Kind::Swagger2 => "swagger",
                Kind::Postman => "postman",
                Kind::Har => "har",
            },
            title: description.title.clone(),
            operations: description.routes.len(),
            routes: description
                .routes
                .iter()
                .map(|route| (route.method.to_ascii_uppercase(), route.path.clone()))
                .collect(),
            warnings: description
                .warnings
                .iter()
                .map(ToString::to_string)
                .collect(),
            files: description.files.clone(),
        }
    }

    fn claim(&self, request: &LoggedRequest) -> Claim {
        let claim = self.mock.claim(request.method().as_str(), request.path());
        let is_for_host = self.mock.is_for_host(&request.host());
        match claim {
            efsm_spec::mock::Claim::Nothing => Claim::Nothing,
            // Another host's requests are another API's.
            _ if request.is_proxied() && !is_for_host => Claim::Nothing,
            efsm_spec::mock::Claim::Path => Claim::Path,
            efsm_spec::mock::Claim::Operation if is_for_host => Claim::Host,
            efsm_spec::mock::Claim::Operation => Claim::Operation,
        }
    }

    fn is_stateful(&self) -> bool {
        self.is_stateful
    }

    fn answer(&self, request: &LoggedRequest, turn: &mut Turn<'_>) -> Step {
        let view = view(request);
        let Some(upstream) = &self.upstream else {
            if self.is_stateful {
                let answer = self.mock.answer(&view, turn.entropy);
                let answer = super::stateful::answer(&self.mock, &view, answer, turn);
                return Step::Answered(Box::new(answered(answer)));
            }
            let answer = match self.mock.respond(&view, turn.entropy) {
                Outcome::Made(answer) => answered(*answer),
                Outcome::Kept(kept) => self.ready(&kept, &view),
            };
            return Step::Answered(Box::new(answer));
        };
        match self.mock.forward(&view) {
            Forwarding::Answered(answer) => Step::Answered(Box::new(answered(answer))),
            Forwarding::Sent(sent) => Step::Forward(Box::new(UnderWay {
                mock: self.mock.clone(),
                upstream: upstream.clone(),
                through: self.through.clone(),
                sent,
            })),
        }
    }

    fn check(
        &self,
        request: &LoggedRequest,
        status: StatusCode,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Vec<Value> {
        let violations = self.mock.check_response(
            &view(request),
            status.as_u16(),
            &header_pairs(headers),
            body,
        );
        as_json(&violations)
    }
}

impl OpenApi {
    /// An answer that was made for an earlier request.
    fn ready(&self, kept: &Kept, request: &Request<'_>) -> MockAnswer {
        let answer = kept.answer();
        MockAnswer {
            status: status(answer.status),
            headers: self.mock.headers_of(kept, request),
            body: MockBody::Whole(answer.body.clone()),
            operation: kept.operation_name().cloned(),
            violations: as_json(&answer.violations),
            log: answer.log.clone(),
            is_described: answer.problem.is_none(),
            callbacks: Vec::new(),
        }
    }
}

impl Pending for UnderWay {
    fn base_url(&self) -> &str {
        &self.upstream
    }

    fn through(&self) -> Option<&str> {
        self.through.as_deref()
    }

    fn received(
        self: Box<Self>,
        request: &LoggedRequest,
        response: &Received,
        entropy: u64,
    ) -> MockAnswer {
        let from_upstream = FromUpstream {
            status: response.status.as_u16(),
            headers: header_pairs(&response.headers),
            body: &response.body,
        };
        let answer = self
            .mock
            .received(&view(request), self.sent, &from_upstream, entropy);
        answered(answer)
    }

    fn failed(self: Box<Self>, request: &LoggedRequest, reason: &str) -> MockAnswer {
        answered(
            self.mock
                .unreachable(&view(request), &self.upstream, reason),
        )
    }
}

fn view(request: &LoggedRequest) -> Request<'_> {
    Request {
        method: request.method().as_str(),
        path: request.path(),
        query: request.query_string().unwrap_or(""),
        headers: request.headers(),
        body: request.body(),
    }
}

fn as_json(violations: &[Violation]) -> Vec<Value> {
    violations
        .iter()
        .map(Violation::to_json_with_side)
        .collect()
}

fn answered(answer: Answer) -> MockAnswer {
    MockAnswer {
        status: status(answer.status),
        headers: header_map(&answer.headers),
        operation: answer.operation_name().map(Into::into),
        violations: as_json(&answer.violations),
        is_described: answer.problem.is_none(),
        body: MockBody::Whole(answer.body),
        log: answer.log,
        callbacks: answer.callbacks,
    }
}

fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
