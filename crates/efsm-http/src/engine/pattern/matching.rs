//! Whether a request fits a pattern, with the least work.

use efsm_matchers::{Matcher, MultiMatcher, SubEvent, Subject};

use super::probe::{header_values, pair_values};
use super::{Probe, RequestPattern, UrlPattern};
use crate::engine::request::LoggedRequest;

impl RequestPattern {
    /// Whether the request is one that the pattern describes.
    pub fn matches(&self, request: &LoggedRequest) -> bool {
        self.fits(&Probe::new(request))
    }

    /// As [`RequestPattern::matches`], for one request under many patterns.
    pub fn fits(&self, probe: &Probe<'_>) -> bool {
        self.method.matches(probe.request.method())
            && self.url.matches(probe.request)
            && (self.is_plain || self.details_fit(probe))
    }

    /// As [`RequestPattern::fits`], for a request of which only the head has been read.
    pub(crate) fn fits_head(&self, probe: &Probe<'_>) -> bool {
        self.method.matches(probe.request.method())
            && self.url.matches(probe.request)
            && (self.is_plain || self.head_details_fit(probe))
    }

    fn head_details_fit(&self, probe: &Probe<'_>) -> bool {
        self.origin_fits(probe)
            && self.path_parameters_fit(probe)
            && self.headers_fit(probe)
            && self.query_fits(probe)
            && self.cookies_fit(probe)
    }

    /// Cheap parts first: the body is read only when all else fits.
    fn details_fit(&self, probe: &Probe<'_>) -> bool {
        self.head_details_fit(probe)
            && self.form_fits(probe)
            && self
                .body
                .iter()
                .all(|matcher| matcher.is_match(probe.body(), probe.context()))
            && self.multipart.iter().all(|part| part.fits(probe))
    }

    /// What the matchers have to say of a request to this very place: bodies that cannot be read, expressions that
    /// fail.
    pub(crate) fn sub_events(&self, probe: &Probe<'_>) -> Vec<SubEvent> {
        let (request, context) = (probe.request, probe.context());
        let is_here =
            !self.is_plain && self.method.matches(request.method()) && self.url.matches(request);
        if !is_here {
            return Vec::new();
        }
        let one = |matcher: &Matcher, subject: &Subject<'_>| {
            matcher.matches(subject, context).sub_events()
        };
        let many = |matcher: &MultiMatcher, values: &[Subject<'_>]| {
            matcher.matches(values, context).sub_events()
        };
        let mut events = Vec::new();
        for (matcher, value) in [
            (&self.host, request.host()),
            (&self.client_ip, request.client_ip()),
        ] {
            events.extend(matcher.iter().flat_map(|m| one(m, &Subject::text(&*value))));
        }
        let variables = self.variables(probe.request.path());
        for (name, matcher) in &self.path_parameters {
            let value = variables.iter().rfind(|(key, _)| key == name);
            let subject = Subject::from_option(value.map(|(_, value)| *value));
            events.extend(one(matcher, &subject));
        }
        for (name, matcher) in &self.headers {
            events.extend(many(matcher, &header_values(request, name)));
        }
        for (matchers, pairs) in [(&self.query, request.query()), (&self.form, request.form())] {
            for (name, matcher) in matchers {
                events.extend(many(matcher, &pair_values(pairs, name)));
            }
        }
        for (name, matcher) in &self.cookies {
            for value in pair_values(request.cookies(), name) {
                events.extend(one(matcher, &value));
            }
        }
        for matcher in &self.body {
            events.extend(one(matcher, probe.body()));
        }
        events
    }

    /// What the template of the URL reads from the path; nothing without a template.
    fn variables<'p>(&'p self, path: &'p str) -> Vec<(&'p str, &'p str)> {
        match &self.url {
            UrlPattern::Template(template) => template.variables(path).unwrap_or_default(),
            _ => Vec::new(),
        }
    }

    /// Whether the pattern asks for a host, and it is the request's.
    pub(crate) fn names_host(&self, probe: &Probe<'_>) -> bool {
        self.host.as_ref().is_some_and(|matcher| {
            matcher.is_match(&Subject::text(probe.request.host()), probe.context())
        })
    }

    fn origin_fits(&self, probe: &Probe<'_>) -> bool {
        let request = probe.request;
        self.scheme
            .as_deref()
            .is_none_or(|scheme| scheme.eq_ignore_ascii_case(request.scheme()))
            && self.port.is_none_or(|port| port == request.port())
            && self.host.as_ref().is_none_or(|matcher| {
                matcher.is_match(&Subject::text(request.host()), probe.context())
            })
            && self.client_ip.as_ref().is_none_or(|matcher| {
                matcher.is_match(&Subject::text(request.client_ip()), probe.context())
            })
    }

    fn path_parameters_fit(&self, probe: &Probe<'_>) -> bool {
        if self.path_parameters.is_empty() {
            return true;
        }
        // Without a template there is nothing that they could be read from.
        if !matches!(self.url, UrlPattern::Template(_)) {
            return true;
        }
        let variables = self.variables(probe.request.path());
        self.path_parameters.iter().all(|(name, matcher)| {
            let value = variables.iter().rfind(|(key, _)| key == name);
            let subject = Subject::from_option(value.map(|(_, value)| *value));
            matcher.is_match(&subject, probe.context())
        })
    }

    fn headers_fit(&self, probe: &Probe<'_>) -> bool {
        self.basic_auth
            .as_deref()
            .is_none_or(|wanted| authorization_fits(probe.request, wanted))
            && self.headers.iter().all(|(name, matcher)| {
                matcher.is_match(&header_values(probe.request, name), probe.context())
            })
    }

    fn query_fits(&self, probe: &Probe<'_>) -> bool {
        self.query.is_empty()
            || self.query.iter().all(|(name, matcher)| {
                matcher.is_match(&pair_values(probe.request.query(), name), probe.context())
            })
    }

    fn form_fits(&self, probe: &Probe<'_>) -> bool {
        self.form.is_empty()
            || self.form.iter().all(|(name, matcher)| {
                matcher.is_match(&pair_values(probe.request.form(), name), probe.context())
            })
    }

    fn cookies_fit(&self, probe: &Probe<'_>) -> bool {
        self.cookies.is_empty()
            || self.cookies.iter().all(|(name, matcher)| {
                let values = pair_values(probe.request.cookies(), name);
                // Of a cookie that is not there only `absent` holds: WireMock asks no other matcher.
                if values.is_empty() {
                    matcher.is_absent()
                } else {
                    values
                        .iter()
                        .any(|value| matcher.is_match(value, probe.context()))
                }
            })
    }
}

/// Whether a request carries the credentials; the scheme's case does not count (RFC 9110 section 11.1).
pub(super) fn authorization_fits(request: &LoggedRequest, wanted: &str) -> bool {
    request.header("authorization").is_some_and(|given| {
        match (given.split_once(' '), wanted.split_once(' ')) {
            (Some((scheme, given)), Some((basic, wanted))) => {
                scheme.eq_ignore_ascii_case(basic) && given.trim_start() == wanted
            }
            _ => false,
        }
    })
}
