//! How far a request is from a pattern: what near misses are ordered by.
//!
//! Where the request came from and where it went weighs 39 together. Only when all of that fits are the
//! seven other parts compared, each with weight 1, so that a miss in the URL is never hidden by a long list of
//! headers that fit.

use efsm_matchers::Subject;

use super::matching::authorization_fits;
use super::probe::{header_values, pair_values};
use super::{Probe, RequestPattern, UrlPattern};

const ORIGIN_WEIGHTS: [f64; 6] = [3.0, 10.0, 10.0, 3.0, 10.0, 3.0];
const DETAILS: f64 = 7.0;

impl RequestPattern {
    /// 0.0 for a request that fits, up to 1.0 for one that has nothing of it.
    pub fn distance(&self, probe: &Probe<'_>) -> f64 {
        let origin = self.origin_distances(probe);
        let weighted: f64 = origin
            .iter()
            .zip(ORIGIN_WEIGHTS)
            .map(|(distance, weight)| distance * weight)
            .sum();
        let total: f64 = ORIGIN_WEIGHTS.iter().sum();
        if weighted > 0.0 {
            return weighted / total;
        }
        let details: f64 = self.detail_distances(probe).iter().sum();
        details / (total + DETAILS)
    }

    /// Scheme, host, port, client address, URL, method.
    fn origin_distances(&self, probe: &Probe<'_>) -> [f64; 6] {
        let request = probe.request;
        let flag = |fits: bool| if fits { 0.0 } else { 1.0 };
        let matcher = |matcher: &efsm_matchers::Matcher, value: String| {
            let subject = Subject::text(value);
            matcher.matches(&subject, probe.context()).distance()
        };
        [
            flag(
                self.scheme
                    .as_deref()
                    .is_none_or(|scheme| scheme.eq_ignore_ascii_case(request.scheme())),
            ),
            self.host
                .as_ref()
                .map_or(0.0, |m| matcher(m, request.host())),
            flag(self.port.is_none_or(|port| port == request.port())),
            self.client_ip
                .as_ref()
                .map_or(0.0, |m| matcher(m, request.client_ip())),
            self.url.distance(request, probe.context()),
            flag(self.method.matches(request.method())),
        ]
    }

    /// Path parameters, headers, query, form, cookies, body, multipart.
    fn detail_distances(&self, probe: &Probe<'_>) -> [f64; 7] {
        let (request, context) = (probe.request, probe.context());
        let single = |matcher: &efsm_matchers::Matcher, subject: &Subject<'_>| {
            matcher.matches(subject, context).distance()
        };
        let multi = |matcher: &efsm_matchers::MultiMatcher, values: &[Subject<'_>]| {
            matcher.matches(values, context).distance()
        };
        let variables = match &self.url {
            UrlPattern::Template(template) => template.variables(request.path()),
            _ => None,
        };
        let path = variables.map_or(0.0, |variables| {
            mean(self.path_parameters.iter().map(|(name, matcher)| {
                let value = variables.iter().rfind(|(key, _)| key == name);
                single(matcher, &Subject::from_option(value.map(|(_, v)| *v)))
            }))
        });
        let authorization = self
            .basic_auth
            .iter()
            .map(|wanted| f64::from(u8::from(!authorization_fits(request, wanted))));
        let headers = self
            .headers
            .iter()
            .map(|(name, matcher)| multi(matcher, &header_values(request, name)));
        [
            path,
            mean(authorization.chain(headers)),
            mean(
                self.query
                    .iter()
                    .map(|(name, matcher)| multi(matcher, &pair_values(request.query(), name))),
            ),
            mean(
                self.form
                    .iter()
                    .map(|(name, matcher)| multi(matcher, &pair_values(request.form(), name))),
            ),
            mean(self.cookies.iter().map(|(name, matcher)| {
                let values = pair_values(request.cookies(), name);
                if values.is_empty() {
                    return if matcher.is_absent() { 0.0 } else { 1.0 };
                }
                values
                    .iter()
                    .map(|value| single(matcher, value))
                    .fold(1.0, f64::min)
            })),
            mean(self.body.iter().map(|m| single(m, probe.body()))),
            mean(self.multipart.iter().map(|part| part.distance(probe))),
        ]
    }
}

/// The mean; 0.0 of nothing.
pub(super) fn mean(distances: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = distances.fold((0.0, 0u32), |(sum, count), d| (sum + d, count + 1));
    if count == 0 {
        0.0
    } else {
        sum / f64::from(count)
    }
}
