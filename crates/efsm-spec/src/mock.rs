//! A description as a mock of its API: route, validate, negotiate, generate, validate the answer.
//!
//! Everything here is Prism's: its order, its statuses, its problem documents and its words, so that assertions
//! written against Prism hold. Where it is known to fail its users (a body that is no JSON is never answered), the
//! mock answers.

mod body;
mod callbacks;
mod cors;
mod generate;
mod input;
mod kept;
mod log;
mod media;
mod negotiate;
mod output;
mod parameters;
mod preferences;
mod problem;
mod proxied;
mod request;
mod route;
mod security;
mod serialise;
mod stateful;
mod styles;
mod violation;

use std::fmt::Write as _;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;

pub use self::callbacks::Callback;
use self::generate::Way;
use self::kept::Shelf;
pub use self::kept::{Kept, header_map};
use self::log::Log;
pub use self::log::{Level, Line, Scope};
pub(crate) use self::media::is_json;
use self::negotiate::{Chosen, Wanted};
use self::output::Output;
pub use self::problem::Problem;
pub use self::proxied::{Forwarding, Received, Sent};
pub use self::request::Request;
use self::request::{Input, Payload};
use self::route::{Found, Router};
pub use self::stateful::ResourcePath;
pub use self::violation::{Code, Severity, Side, Violation};
use crate::model::{Description, METHODS, Operation, Parameter};

/// How a mock answers.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of its own, as Prism has them"
)]
pub struct Options {
    /// Generated data instead of examples.
    pub is_dynamic: bool,
    /// What generated data follows from; without one, from the `entropy` of each request.
    pub seed: Option<String>,
    /// Examples of the description are not used.
    pub ignores_examples: bool,
    /// An answer that breaks the description is a 500.
    pub shows_errors: bool,
    /// Requests are checked.
    pub validates_requests: bool,
    /// CORS headers for every answer.
    pub has_cors: bool,
    /// Says what happened, line by line.
    pub is_logged: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            is_dynamic: false,
            seed: None,
            ignores_examples: false,
            shows_errors: false,
            validates_requests: true,
            has_cors: true,
            is_logged: false,
        }
    }
}

/// A description that answers requests.
#[derive(Debug)]
pub struct Mock {
    description: Arc<Description>,
    router: Router,
    options: Options,
    base_paths: Vec<String>,
    hosts: Vec<String>,
    shelf: Shelf,
}

/// What became of a request.
#[derive(Clone, Debug)]
pub enum Outcome {
    Made(Box<Answer>),
    /// One that other requests get as well; its CORS headers are the request's own ([`Mock::headers_of`]).
    Kept(Arc<Kept>),
}

/// What a mock answers.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
    /// What the request and the answer break of the description.
    pub violations: Vec<Violation>,
    /// The operation that was meant.
    pub operation: Option<Arc<Operation>>,
    /// The name of the problem that was answered, when the description had no answer.
    pub problem: Option<&'static str>,
    /// Requests that are to be sent once this is.
    pub callbacks: Vec<Callback>,
    pub log: Arc<[Line]>,
}

/// How a request meets a description.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Claim {
    /// Neither path nor method.
    Nothing,
    /// The path, with another method.
    Path,
    Operation,
}

impl Answer {
    /// What was meant: `getPet`, or a method and a path.
    pub fn operation_name(&self) -> Option<String> {
        self.operation.as_ref().map(|operation| {
            operation.id.clone().unwrap_or_else(|| {
                let method = operation.method.to_ascii_uppercase();
                format!("{method} {}", operation.path)
            })
        })
    }
}

impl Mock {
    pub fn new(description: Description, options: Options) -> Self {
        let router = Router::new(&description);
        Self {
            base_paths: description.base_paths(),
            hosts: description.hosts(),
            router,
            options,
            shelf: Shelf::default(),
            description: Arc::new(description),
        }
    }

    pub fn description(&self) -> &Description {
        &self.description
    }

    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Whether one of the description's servers is at this host, given without its port.
    pub fn is_for_host(&self, host: &str) -> bool {
        self.hosts.iter().any(|own| own.eq_ignore_ascii_case(host))
    }

    /// What of the description a request is for.
    pub fn claim(&self, method: &str, path: &str) -> Claim {
        let method = method.to_ascii_lowercase();
        match self.find(&method, path, None).0 {
            Found::Route(_) | Found::Wrong(_) => Claim::Operation,
            Found::NoMethod => Claim::Path,
            Found::NoPath => Claim::Nothing,
        }
    }

    /// The template of the path that a request is for.
    pub fn template(&self, method: &str, path: &str) -> Option<String> {
        match self.find(&method.to_ascii_lowercase(), path, None).0 {
            Found::Route(route) => Some(route.path.clone()),
            _ => None,
        }
    }

    /// The path as it is described: as it stands, which is Prism's rule, or below the base path of a server.
    fn find<'m, 'p>(
        &'m self,
        method: &str,
        path: &'p str,
        server: Option<&str>,
    ) -> (Found<'m>, &'p str) {
        let found = self.router.find(&self.description, method, path, server);
        if matches!(found, Found::Route(_) | Found::Wrong(_)) {
            return (found, path);
        }
        let mut best = (found, path);
        for base in &self.base_paths {
            let Some(below) = path
                .strip_prefix(base.as_str())
                .filter(|rest| rest.starts_with('/'))
            else {
                continue;
            };
            let found = self.router.find(&self.description, method, below, server);
            match found {
                Found::NoPath => {}
                Found::NoMethod if !matches!(best.0, Found::NoPath) => {}
                Found::NoMethod => best = (found, below),
                Found::Route(_) | Found::Wrong(_) => return (found, below),
            }
        }
        best
    }

    /// The methods of a path, as an `Allow` header lists them (RFC 9110, section 10.2.1).
    fn methods(&self, path: &str) -> String {
        let known = METHODS.into_iter().filter(|method| {
            let (found, _) = self.find(method, path, None);
            matches!(found, Found::Route(_) | Found::Wrong(_))
        });
        known.collect::<Vec<_>>().join(", ").to_uppercase()
    }

    /// Answers a request. `entropy` is what unseeded data follows from.
    pub fn answer(&self, request: &Request<'_>, entropy: u64) -> Answer {
        match self.respond(request, entropy) {
            Outcome::Made(answer) => *answer,
            Outcome::Kept(kept) => {
                let mut answer = kept.answer().clone();
                answer.headers.splice(0..0, self.cors(request.headers));
                answer
            }
        }
    }

    /// The same, without taking apart what is ready to be sent.
    pub fn respond(&self, request: &Request<'_>, entropy: u64) -> Outcome {
        if let Some(answer) = self.preflight(request) {
            return Outcome::Made(Box::new(answer));
        }
        let mut log = Log::new(self.options.is_logged);
        let mut input = Input::new(*request);
        let mut answer = match self.mocked(&mut input, entropy, &mut log) {
            Ok(Outcome::Kept(kept)) => return Outcome::Kept(kept),
            Ok(Outcome::Made(answer)) => *answer,
            Err(problem) => refused(&problem, &mut log),
        };
        if answer.status == 405 && answer.problem.is_some() {
            let methods = self.methods(request.path);
            answer.headers.push(("allow".to_owned(), methods));
        }
        answer.headers.splice(0..0, self.cors(request.headers));
        answer.log = log.into_lines();
        Outcome::Made(Box::new(answer))
    }

    fn mocked(
        &self,
        input: &mut Input<'_>,
        entropy: u64,
        log: &mut Log,
    ) -> Result<Outcome, Problem> {
        let preferences = preferences::of(input)?;
        let server = input
            .query_value("__server")
            .filter(|server| !server.is_empty());
        let (operation, path) = self.operation(input, server.as_deref())?;
        let scope = input::Scope {
            security: true,
            request: self.options.validates_requests,
        };
        let violations = input::check(&self.description.root, &operation, input, path, scope)
            .map_err(Problem::unknown)?;
        let accept = input.header("accept").filter(|accept| !accept.is_empty());
        let is_dynamic = preferences.is_dynamic.unwrap_or(self.options.is_dynamic);
        let is_fixed = violations.is_empty()
            && preferences.code.is_none()
            && preferences.example.is_none()
            && !is_dynamic
            && operation.recorded.is_empty()
            && operation.callbacks.is_empty();
        if is_fixed && let Some(kept) = self.shelf.get(&operation, accept.as_deref()) {
            return Ok(Outcome::Kept(kept));
        }
        let mut wanted = Wanted {
            code: preferences.code,
            example: preferences.example,
            is_dynamic,
            seed: preferences.seed.or_else(|| self.options.seed.clone()),
            accept: accept.map(Into::into),
        };
        if let Some(recorded) = operation.recorded_for(input.request.query) {
            wanted.code = wanted.code.or(Some(recorded.code));
            wanted.example = wanted.example.or_else(|| Some(recorded.example.clone()));
        }
        let mut answer = self.described(&operation, violations, &wanted, entropy, log)?;
        if !is_fixed {
            self.add_callbacks(&mut answer, input, path, &wanted, entropy, log);
            return Ok(Outcome::Made(Box::new(answer)));
        }
        answer.log = std::mem::take(log).into_lines();
        let accept = wanted.accept.as_deref();
        Ok(Outcome::Kept(self.keep(&operation, accept, answer)))
    }

    /// The operation that a request is for, and the path by which it is described.
    fn operation<'p>(
        &self,
        input: &Input<'p>,
        server: Option<&str>,
    ) -> Result<(Arc<Operation>, &'p str), Problem> {
        let path = input.request.path;
        match self.find(&input.method, path, server) {
            (Found::Route(route), path) => Ok((self.description.operation(route), path)),
            (Found::Wrong(problem), _) => Err(problem),
            (Found::NoMethod, _) => Err(Problem::no_method(path, &input.method)),
            (Found::NoPath, _) => Err(Problem::no_path(path)),
        }
    }

    /// The answer that the description has for a request with these violations.
    fn described(
        &self,
        operation: &Arc<Operation>,
        violations: Vec<Violation>,
        wanted: &Wanted,
        entropy: u64,
        log: &mut Log,
    ) -> Result<Answer, Problem> {
        if let Some(accept) = &wanted.accept {
            log.add(Scope::Negotiator, Level::Info, || {
                format!("Request contains an accept header: {accept}")
            });
        }
        let is_invalid = violations.iter().any(|one| one.severity == Severity::Error);
        let chosen = if is_invalid {
            log.add(Scope::Validator, Level::Warn, || {
                "Request did not pass the validation rules".to_owned()
            });
            for violation in &violations {
                log.add(Scope::Validator, Level::Error, || violation.message.clone());
            }
            negotiate::for_invalid(operation, &violations, wanted, log)?
        } else {
            for violation in &violations {
                log.add(Scope::Validator, Level::Warn, || violation.message.clone());
            }
            log.add(Scope::Validator, Level::Success, || {
                "The request passed the validation rules. Looking for the best response".to_owned()
            });
            negotiate::for_valid(operation, wanted, log)?
        };
        self.assembled(operation, violations, &chosen, wanted, entropy, log)
    }

    fn assembled(
        &self,
        operation: &Arc<Operation>,
        mut violations: Vec<Violation>,
        chosen: &Chosen<'_>,
        wanted: &Wanted,
        entropy: u64,
        log: &mut Log,
    ) -> Result<Answer, Problem> {
        let drawn = entropy.to_string();
        let way = Way::wanted(wanted, &drawn);
        let value = self.body(chosen, way)?;
        let mut headers: Vec<(String, String)> = Vec::new();
        for header in chosen.headers {
            if let Some(value) = self.header(header, way)? {
                headers.push((header.name.clone(), value));
            }
        }
        if let Some(media_type) = &chosen.media_type {
            headers.retain(|(name, _)| !name.eq_ignore_ascii_case("content-type"));
            headers.push(("Content-type".to_owned(), media_type.clone()));
        }
        if operation.is_deprecated {
            log.add(Scope::Negotiator, Level::Info, || {
                "Adding \"Deprecation\" header since operation is deprecated".to_owned()
            });
            headers.push(("deprecation".to_owned(), "true".to_owned()));
        }
        log.add(Scope::Negotiator, Level::Success, || {
            format!("Responding with the requested status code {}", chosen.code)
        });
        let mut body = value.map(Payload::Json);
        let output = Output {
            status: chosen.code,
            headers: &headers,
            body: body.as_mut(),
        };
        violations.extend(output::check(&self.description.root, operation, output));
        let value = match &body {
            Some(Payload::Json(value)) => Some(value),
            _ => None,
        };
        let content_type = headers
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("content-type"))
            .map(|(_, value)| value.clone());
        let answer = Answer {
            status: chosen.code,
            headers,
            violations,
            operation: Some(operation.clone()),
            ..Answer::default()
        };
        Ok(self.finished(answer, log, |answer| {
            serialise::body(value, content_type.as_deref()).map(|text| {
                answer.body = Bytes::from(text);
            })
        }))
    }

    /// Adds `sl-violations`, turns what breaks the description into an error where that is wanted, and lets `write`
    /// write the body.
    fn finished(
        &self,
        mut answer: Answer,
        log: &mut Log,
        write: impl FnOnce(&mut Answer) -> Result<(), Problem>,
    ) -> Answer {
        let header = violations_header(&answer.violations);
        let of_response: Vec<Value> = answer
            .violations
            .iter()
            .filter(|one| one.side == Side::Response && one.severity == Severity::Error)
            .map(Violation::to_json_with_side)
            .collect();
        let result = if self.options.shows_errors && !of_response.is_empty() {
            Err(Problem::violations(of_response))
        } else {
            for violation in &answer.violations {
                let level = match violation.severity {
                    Severity::Error => Level::Error,
                    Severity::Warning => Level::Warn,
                };
                log.add(Scope::Validator, level, || told(violation));
            }
            write(&mut answer)
        };
        if let Err(problem) = result {
            // What was set for the answer stays, as headers of Node's do; its type is the problem's.
            let refused = refused(&problem, log);
            answer.status = refused.status;
            answer.body = refused.body;
            answer.problem = refused.problem;
            answer.headers.clear();
            answer.headers.extend(refused.headers);
        }
        if let Some(header) = header {
            answer
                .headers
                .insert(0, ("sl-violations".to_owned(), header));
        }
        answer
    }

    fn body(&self, chosen: &Chosen<'_>, way: Way<'_>) -> Result<Option<Value>, Problem> {
        if !self.options.ignores_examples
            && let Some(value) = chosen.example.and_then(|example| example.value.as_ref())
        {
            return Ok(Some(value.clone()));
        }
        chosen
            .schema
            .map(|schema| generate::value(&self.description.root, schema, way, "body"))
            .transpose()
    }

    fn header(&self, header: &Parameter, way: Way<'_>) -> Result<Option<String>, Problem> {
        let value = match (header.examples.first(), &header.schema) {
            (Some(example), _) => example.value.clone(),
            (None, Some(schema)) => Some(generate::value(
                &self.description.root,
                schema,
                way,
                "header",
            )?),
            (None, None) => None,
        };
        Ok(value.and_then(|value| match value {
            Value::String(text) => Some(text),
            Value::Null => None,
            Value::Array(items) if items.iter().all(Value::is_string) => {
                let items: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
                Some(items.join(", "))
            }
            other => Some(crate::json::text(&other)),
        }))
    }

    /// What a response that came from elsewhere, such as a stub's, breaks of the description.
    pub fn check_response(
        &self,
        request: &Request<'_>,
        status: u16,
        headers: &[(String, String)],
        body: &[u8],
    ) -> Vec<Violation> {
        let method = request.method.to_ascii_lowercase();
        let (Found::Route(route), _) = self.find(&method, request.path, None) else {
            return Vec::new();
        };
        let operation = self.description.operation(route);
        let mut body = received_body(headers, body);
        let output = Output {
            status,
            headers,
            body: body.as_mut(),
        };
        output::check(&self.description.root, &operation, output)
    }
}

/// A body as its type says what it is; `None` for nothing.
fn received_body(headers: &[(String, String)], body: &[u8]) -> Option<Payload> {
    if body.is_empty() {
        return None;
    }
    let is_json = headers
        .iter()
        .any(|(name, value)| name.eq_ignore_ascii_case("content-type") && media::is_json(value));
    if is_json && let Ok(value) = serde_json::from_slice(body) {
        return Some(Payload::Json(value));
    }
    Some(Payload::Text(String::from_utf8_lossy(body).into_owned()))
}

/// The value of `sl-violations`, in ASCII, and no longer than clients take a header to be.
pub fn violations_header(violations: &[Violation]) -> Option<String> {
    header_of(
        &violations
            .iter()
            .map(Violation::to_json_with_side)
            .collect::<Vec<_>>(),
    )
}

/// The same for violations that are JSON already.
pub fn header_of(violations: &[Value]) -> Option<String> {
    const LONGEST: usize = 8 * 1024 - 100;
    if violations.is_empty() {
        return None;
    }
    let text = crate::json::text(&Value::Array(violations.to_vec()));
    let mut ascii = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii() {
            ascii.push(c);
        } else {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                // Writing to a text cannot fail.
                let _ = write!(ascii, "\\u{unit:04x}");
            }
        }
    }
    if ascii.len() > LONGEST {
        ascii.truncate(LONGEST);
        return Some(format!("Too many violations! {ascii}"));
    }
    Some(ascii)
}

fn told(violation: &Violation) -> String {
    let side = match violation.side {
        Side::Request => "request",
        Side::Response => "response",
    };
    let mut path = vec![side];
    path.extend(violation.path.iter().flatten().map(String::as_str));
    format!("Violation: {} {}", path.join("."), violation.message)
}

fn refused(problem: &Problem, log: &mut Log) -> Answer {
    log.add(Scope::Server, Level::Error, || {
        format!("Request terminated with error: {}", problem.as_error())
    });
    let mut headers = vec![(
        "content-type".to_owned(),
        "application/problem+json".to_owned(),
    )];
    headers.extend(problem.headers.clone());
    Answer {
        status: problem.status,
        headers,
        body: Bytes::from(problem.text()),
        problem: Some(problem.name),
        ..Answer::default()
    }
}
