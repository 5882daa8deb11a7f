//! The difference between a pattern and a request, field by field, in two columns.

mod columns;

use efsm_matchers::{Matcher, MultiMatcher, Subject};

use super::matching::authorization_fits;
use super::multipart::{MultipartPattern, RequestPart};
use super::probe::{header_values, pair_values};
use super::{Probe, RequestPattern, UrlPattern};

/// The fields of a pattern beside those of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diff {
    rows: Vec<Row>,
}

/// One field, or an empty line between two groups of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Row {
    Spacer,
    Field {
        expected: String,
        actual: String,
        /// Why the two do not fit: `Header is not present`; `None` when they do.
        problem: Option<String>,
    },
}

/// A scenario in another state than a stub asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScenarioMiss<'a> {
    pub name: &'a str,
    pub required: &'a str,
    pub state: &'a str,
}

impl Diff {
    /// Compares; `name` is the stub's, when it has one.
    pub fn new(
        pattern: &RequestPattern,
        name: Option<&str>,
        scenario: Option<&ScenarioMiss<'_>>,
        probe: &Probe<'_>,
    ) -> Self {
        let mut diff = Self::default();
        diff.rows.push(Row::Spacer);
        if let Some(name) = name {
            diff.field(name.to_owned(), String::new(), None);
            diff.rows.push(Row::Spacer);
        }
        diff.origin(pattern, probe);
        diff.rows.push(Row::Spacer);
        diff.path_parameters(pattern, probe);
        diff.headers(pattern, probe);
        diff.pairs("Query", &pattern.query, probe.request.query(), probe);
        diff.form(pattern, probe);
        diff.cookies(pattern, probe);
        diff.body(&pattern.body, probe.body(), probe);
        for part in &pattern.multipart {
            diff.multipart(part, probe);
        }
        if let Some(ScenarioMiss {
            name,
            required,
            state,
        }) = scenario
        {
            diff.field(
                format!("[Scenario '{name}' state: {required}]"),
                format!("[Scenario '{name}' state: {state}]"),
                Some("Scenario".to_owned()),
            );
        }
        diff.rows.push(Row::Spacer);
        diff
    }

    /// Every row, in the order in which they are shown.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The fields that do not fit: what was expected, what came, why.
    pub fn misses(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        self.rows.iter().filter_map(|row| match row {
            Row::Field {
                expected,
                actual,
                problem: Some(problem),
            } => Some((expected.as_str(), actual.as_str(), problem.as_str())),
            _ => None,
        })
    }

    /// Adds a field; `miss` names what does not fit.
    fn field(&mut self, expected: String, actual: String, miss: Option<String>) {
        let problem = miss.map(|what| {
            if actual.is_empty() {
                format!("{what} is not present")
            } else {
                format!("{what} does not match")
            }
        });
        self.rows.push(Row::Field {
            expected,
            actual,
            problem,
        });
    }

    fn check(&mut self, what: &str, expected: String, actual: String, fits: bool) {
        self.field(expected, actual, (!fits).then(|| what.to_owned()));
    }

    fn origin(&mut self, pattern: &RequestPattern, probe: &Probe<'_>) {
        let request = probe.request;
        let fits = |matcher: &Matcher, value: &str| {
            matcher.is_match(&Subject::text(value), probe.context())
        };
        if let Some(matcher) = &pattern.host {
            let expected = match matcher {
                matcher if matcher.is_equality() => matcher.expected_text(),
                _ => format!("[{}] {}", matcher.name(), matcher.expected_text()),
            };
            let host = request.host();
            let fits = fits(matcher, &host);
            self.check("Host", expected, host, fits);
        }
        if let Some(port) = pattern.port {
            let actual = request.port();
            self.check("Port", port.to_string(), actual.to_string(), port == actual);
        }
        if let Some(matcher) = &pattern.client_ip {
            let address = request.client_ip();
            let fits = fits(matcher, &address);
            self.check("ClientIp", matcher.to_string(), address, fits);
        }
        if let Some(scheme) = &pattern.scheme {
            let actual = request.scheme().to_owned();
            let fits = scheme.eq_ignore_ascii_case(&actual);
            self.check("Scheme", scheme.clone(), actual, fits);
        }
        let method = request.method();
        self.check(
            "HTTP method",
            pattern.method_name().to_owned(),
            method.to_string(),
            pattern.method.matches(method),
        );
        self.check(
            "URL",
            pattern.url.description(),
            request.url().to_owned(),
            pattern.url.matches(request),
        );
    }

    fn path_parameters(&mut self, pattern: &RequestPattern, probe: &Probe<'_>) {
        let UrlPattern::Template(template) = &pattern.url else {
            return;
        };
        let Some(variables) = template.variables(probe.request.path()) else {
            return;
        };
        for (name, matcher) in &pattern.path_parameters {
            let value = variables
                .iter()
                .rfind(|(key, _)| key == name)
                .map(|(_, value)| *value);
            let fits = matcher.is_match(&Subject::from_option(value), probe.context());
            let line = MultiMatcher::from(matcher.clone()).parameter_line(name);
            self.check(
                "Path parameter",
                format!("Path parameter: {line}"),
                value.unwrap_or_default().to_owned(),
                fits,
            );
        }
        self.space_after(!pattern.path_parameters.is_empty());
    }

    fn headers(&mut self, pattern: &RequestPattern, probe: &Probe<'_>) {
        let request = probe.request;
        if let Some(wanted) = &pattern.basic_auth {
            let given = request.header("authorization");
            let actual = given.map_or_else(String::new, |v| format!("Authorization: {v}"));
            let fits = authorization_fits(request, wanted);
            self.check(
                "Header",
                format!("Authorization [prefix] : {wanted}"),
                actual,
                fits,
            );
        }
        self.named_headers(&pattern.headers, |name| header_values(request, name), probe);
        self.space_after(pattern.basic_auth.is_some() || !pattern.headers.is_empty());
    }

    fn named_headers<'v>(
        &mut self,
        matchers: &[(String, MultiMatcher)],
        values: impl Fn(&str) -> Vec<Subject<'v>>,
        probe: &Probe<'_>,
    ) {
        for (name, matcher) in matchers {
            let values = values(name);
            self.check(
                "Header",
                matcher.header_line(name),
                lines(name, &values),
                matcher.is_match(&values, probe.context()) && !values.is_empty(),
            );
        }
    }

    fn pairs(
        &mut self,
        what: &str,
        matchers: &[(String, MultiMatcher)],
        pairs: &[(String, String)],
        probe: &Probe<'_>,
    ) {
        for (name, matcher) in matchers {
            let values = pair_values(pairs, name);
            self.check(
                what,
                format!("{what}: {}", matcher.parameter_line(name)),
                lines(name, &values),
                matcher.is_match(&values, probe.context()) && !values.is_empty(),
            );
        }
        self.space_after(!matchers.is_empty());
    }

    fn form(&mut self, pattern: &RequestPattern, probe: &Probe<'_>) {
        for (name, matcher) in &pattern.form {
            let values = pair_values(probe.request.form(), name);
            self.check(
                "Form data",
                format!("Form: {}", matcher.parameter_line(name)),
                lines(name, &values),
                matcher.is_match(&values, probe.context()) && !values.is_empty(),
            );
        }
        self.space_after(!pattern.form.is_empty());
    }

    fn cookies(&mut self, pattern: &RequestPattern, probe: &Probe<'_>) {
        for (name, matcher) in &pattern.cookies {
            let values = pair_values(probe.request.cookies(), name);
            let expected = match matcher {
                matcher if matcher.is_equality() => {
                    format!("Cookie: {name}={}", matcher.expected_text())
                }
                Matcher::Absent => format!("Cookie: {name} [absent] null"),
                _ => {
                    let text = matcher.expected_text();
                    format!("Cookie: {name} [{}] {text}", matcher.name())
                }
            };
            let actual = values.first().and_then(Subject::as_text).unwrap_or("");
            self.check(
                "Cookie",
                expected,
                actual.to_owned(),
                values.iter().any(|v| matcher.is_match(v, probe.context())),
            );
        }
        self.space_after(!pattern.cookies.is_empty());
    }

    /// Bodies that fit are left out: they may be long, and say nothing.
    fn body(&mut self, matchers: &[Matcher], body: &Subject<'_>, probe: &Probe<'_>) {
        for matcher in matchers {
            if matcher.is_match(body, probe.context()) {
                continue;
            }
            let expected = matcher.body_text();
            // A path has no result in a body that cannot be read: the body itself tells why.
            let mut actual = matcher
                .actual_text(body)
                .unwrap_or_else(|| body.as_text().unwrap_or_default().to_owned());
            // Beside the operator's own line stands an empty one.
            if expected.starts_with('[') && expected.contains('\n') {
                actual.insert(0, '\n');
            }
            self.check("Body", expected, actual, false);
        }
    }

    fn multipart(&mut self, pattern: &MultipartPattern, probe: &Probe<'_>) {
        if pattern.fits(probe) {
            return;
        }
        let parts = probe.request.parts();
        if parts.is_empty() {
            let whole = "[Multipart request body]".to_owned();
            self.check(&whole.clone(), whole, String::new(), false);
            return;
        }
        for part in parts {
            self.part(pattern, part, probe);
        }
    }

    fn part(&mut self, pattern: &MultipartPattern, part: &RequestPart, probe: &Probe<'_>) {
        let label = pattern.name.as_deref();
        let open = label.map_or_else(|| "[Multipart]".to_owned(), |n| format!("[Multipart: {n}]"));
        let name = part.name.as_deref().unwrap_or_default();
        self.rows.push(Row::Spacer);
        self.field(open, format!("[{name}]"), None);
        self.rows.push(Row::Spacer);
        self.named_headers(&pattern.headers, |name| part.header_values(name), probe);
        self.space_after(!pattern.headers.is_empty());
        self.body(&pattern.body, &part.subject(), probe);
        self.rows.push(Row::Spacer);
        self.field("[/Multipart]".to_owned(), format!("[/{name}]"), None);
        self.rows.push(Row::Spacer);
    }

    fn space_after(&mut self, any: bool) {
        if any {
            self.rows.push(Row::Spacer);
        }
    }
}

impl RequestPattern {
    /// The method as the pattern wrote it.
    pub(crate) fn method_name(&self) -> &str {
        let written = self.json.get("method").and_then(serde_json::Value::as_str);
        written.unwrap_or_else(|| self.method.as_str())
    }
}

fn lines(name: &str, values: &[Subject<'_>]) -> String {
    let lines: Vec<String> = values
        .iter()
        .filter_map(Subject::as_text)
        .map(|value| format!("{name}: {value}"))
        .collect();
    lines.join("\n")
}
