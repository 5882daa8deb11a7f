//! A description in front of the API that it describes: requests go on, and both ways are checked.

use bytes::Bytes;
use serde_json::Value;

use super::log::{Level, Log, Scope};
use super::negotiate::{self, Wanted};
use super::output::{self, Output};
use super::problem::Problem;
use super::request::{Input, Request};
use super::violation::{Severity, Side, Violation};
use super::{Answer, Found, Mock, input, media, preferences, received_body, refused};
use crate::model::Operation;

use std::sync::Arc;

/// What becomes of a request in front of the real API.
#[derive(Debug)]
pub enum Forwarding {
    /// It goes no further.
    Answered(Answer),
    /// It goes on; what comes back is given to [`Mock::received`] together with this.
    Sent(Sent),
}

/// A request that is under way.
#[derive(Debug)]
pub struct Sent {
    operation: Option<Arc<Operation>>,
    violations: Vec<Violation>,
}

/// What came back.
#[derive(Debug)]
pub struct Received<'a> {
    pub status: u16,
    /// Without those of the connection, one entry for each line.
    pub headers: Vec<(String, String)>,
    /// Unpacked.
    pub body: &'a Bytes,
}

impl Mock {
    /// Whether a request goes on to the real API.
    pub fn forward(&self, request: &Request<'_>) -> Forwarding {
        if let Some(answer) = self.preflight(request) {
            return Forwarding::Answered(answer);
        }
        let mut input = Input::new(*request);
        match self.checked(&mut input) {
            Ok(sent) => Forwarding::Sent(sent),
            Err(problem) => {
                let mut log = Log::new(self.options.is_logged);
                let mut answer = refused(&problem, &mut log);
                answer.headers.splice(0..0, self.cors(request.headers));
                answer.log = log.into_lines();
                Forwarding::Answered(answer)
            }
        }
    }

    fn checked(&self, input: &mut Input<'_>) -> Result<Sent, Problem> {
        preferences::of(input)?;
        let server = input
            .query_value("__server")
            .filter(|server| !server.is_empty());
        let (operation, path) = match self.operation(input, server.as_deref()) {
            Ok(found) => found,
            Err(problem) if self.options.shows_errors => return Err(problem),
            Err(_) => {
                self.may_have_body(input)?;
                let unknown =
                    Violation::new(Side::Request, Severity::Warning, "Selected route not found");
                return Ok(Sent {
                    operation: None,
                    violations: vec![unknown],
                });
            }
        };
        let scope = input::Scope {
            security: true,
            request: self.options.validates_requests,
        };
        let violations = input::check(&self.description.root, &operation, input, path, scope)
            .map_err(Problem::unknown)?;
        if self.options.shows_errors && !violations.is_empty() {
            let of_security = violations.iter().find(|violation| violation.is_status(401));
            return Err(match of_security {
                Some(violation) => Problem::unauthorized(&violation.tags),
                None => negotiate::unprocessable(&violations),
            });
        }
        self.may_have_body(input)?;
        Ok(Sent {
            operation: Some(operation),
            violations,
        })
    }

    /// GET and HEAD carry no body further: `fetch` does not send one, and Prism says so.
    #[expect(clippy::unused_self, reason = "one of the mock's checks")]
    fn may_have_body(&self, input: &Input<'_>) -> Result<(), Problem> {
        let is_read = matches!(input.method.as_str(), "get" | "head");
        if is_read && !input.request.body.is_empty() {
            return Err(Problem::new(
                "PROXY_UNSUPPORTED_REQUEST_BODY",
                501,
                "The Prism proxy does not support sending a GET/HEAD request with a message body to an upstream server. See: https://github.com/stoplightio/prism/issues/2259",
                "",
            ));
        }
        Ok(())
    }

    /// The answer for what came back; a 501 is mocked where the description knows the operation.
    pub fn received(
        &self,
        request: &Request<'_>,
        sent: Sent,
        received: &Received<'_>,
        entropy: u64,
    ) -> Answer {
        let mut log = Log::new(self.options.is_logged);
        let mut answer = self.checked_answer(request, sent, received, entropy, &mut log);
        answer.headers.splice(0..0, self.cors(request.headers));
        answer.log = log.into_lines();
        answer
    }

    /// The answer when the real API cannot be reached.
    pub fn unreachable(&self, request: &Request<'_>, url: &str, reason: &str) -> Answer {
        let problem = Problem::unreachable(&format!(
            "request to {}{} failed, reason: {reason}",
            url.trim_end_matches('/'),
            request.path
        ));
        let mut log = Log::new(self.options.is_logged);
        let mut answer = refused(&problem, &mut log);
        answer.headers.splice(0..0, self.cors(request.headers));
        answer.log = log.into_lines();
        answer
    }

    fn checked_answer(
        &self,
        request: &Request<'_>,
        sent: Sent,
        received: &Received<'_>,
        entropy: u64,
        log: &mut Log,
    ) -> Answer {
        let Sent {
            operation,
            mut violations,
        } = sent;
        if received.status == 501 {
            log.add(Scope::Proxy, Level::Warn, || {
                format!("Upstream call to {} has returned 501", request.path)
            });
            return self.instead(request, operation, violations, entropy, log);
        }
        log.add(Scope::Proxy, Level::Info, || {
            format!(
                "The upstream call to {} has returned {}",
                request.path, received.status
            )
        });
        let mut headers = received.headers.clone();
        if let Some(operation) = &operation {
            let has_deprecation = headers
                .iter()
                .any(|(name, _)| name.eq_ignore_ascii_case("deprecation"));
            if operation.is_deprecated && !has_deprecation {
                headers.push(("deprecation".to_owned(), "true".to_owned()));
            }
            let mut body = received_body(&headers, received.body);
            let output = Output {
                status: received.status,
                headers: &headers,
                body: body.as_mut(),
            };
            violations.extend(output::check(&self.description.root, operation, output));
        }
        let answer = Answer {
            status: received.status,
            headers,
            violations,
            operation,
            ..Answer::default()
        };
        self.finished(answer, log, |answer| {
            answer.body = rewritten(&answer.headers, received.body);
            Ok(())
        })
    }

    fn instead(
        &self,
        request: &Request<'_>,
        operation: Option<Arc<Operation>>,
        violations: Vec<Violation>,
        entropy: u64,
        log: &mut Log,
    ) -> Answer {
        let input = Input::new(*request);
        let Some(operation) = operation else {
            let problem = Problem::new(
                "UPSTREAM_NOT_IMPLEMENTED",
                501,
                "The server does not support the functionality required to fulfill the request",
                "",
            );
            return refused(&problem, log);
        };
        log.add(Scope::Proxy, Level::Info, || {
            "Remocking the call".to_owned()
        });
        let wanted = preferences::of(&input).map(|preferences| Wanted {
            code: preferences.code,
            example: preferences.example,
            is_dynamic: preferences.is_dynamic.unwrap_or(self.options.is_dynamic),
            seed: preferences.seed.or_else(|| self.options.seed.clone()),
            accept: input.header("accept").map(Into::into),
        });
        let (_, path) = self.find(&input.method, request.path, None);
        wanted
            .and_then(|wanted| {
                let mut answer = self.described(&operation, violations, &wanted, entropy, log)?;
                self.add_callbacks(&mut answer, &input, path, &wanted, entropy, log);
                Ok(answer)
            })
            .unwrap_or_else(|problem| refused(&problem, log))
    }

    /// Whether the request's operation is described, as a proxy sees it.
    pub fn knows(&self, method: &str, path: &str) -> bool {
        let method = method.to_ascii_lowercase();
        matches!(self.find(&method, path, None).0, Found::Route(_))
    }
}

/// JSON is written anew, as Prism does it; everything else stays as it came.
fn rewritten(headers: &[(String, String)], body: &Bytes) -> Bytes {
    let is_json = headers
        .iter()
        .any(|(name, value)| name.eq_ignore_ascii_case("content-type") && media::is_json(value));
    match serde_json::from_slice::<Value>(body) {
        Ok(value) if is_json => Bytes::from(crate::json::text(&value)),
        _ => body.clone(),
    }
}
