//! A request under the eyes of patterns: what they read of it is read once for all of them.

use std::borrow::Cow;
use std::sync::OnceLock;

use efsm_matchers::{MatchContext, Subject};
use jiff::tz::TimeZone;

use crate::engine::request::{LoggedRequest, header_text};

/// A request and what was already read off it.
#[derive(Debug)]
pub struct Probe<'r> {
    pub request: &'r LoggedRequest,
    body: OnceLock<Subject<'r>>,
    context: OnceLock<MatchContext>,
}

impl<'r> Probe<'r> {
    pub fn new(request: &'r LoggedRequest) -> Self {
        Self {
            request,
            body: OnceLock::new(),
            context: OnceLock::new(),
        }
    }

    /// The body; an empty one counts as absent.
    pub(crate) fn body(&self) -> &Subject<'r> {
        self.body.get_or_init(|| {
            let request = self.request;
            if request.body().is_empty() {
                return Subject::absent();
            }
            match request.charset_text() {
                Some(text) => Subject::text(Cow::Owned(text)),
                None => Subject::bytes(&request.body()[..]),
            }
        })
    }

    /// What date matchers compare with: the stack's time when the request came.
    pub(crate) fn context(&self) -> &MatchContext {
        self.context
            .get_or_init(|| MatchContext::new(self.request.at().to_zoned(TimeZone::UTC)))
    }
}

/// The values of a header.
pub(crate) fn header_values<'r>(request: &'r LoggedRequest, name: &str) -> Vec<Subject<'r>> {
    request
        .headers()
        .get_all(name)
        .iter()
        .map(|value| Subject::text(header_text(value)))
        .collect()
}

/// The values of a name among decoded pairs; names of headers and pairs differ in that case counts here.
pub(crate) fn pair_values<'p>(pairs: &'p [(String, String)], name: &str) -> Vec<Subject<'p>> {
    pairs
        .iter()
        .filter(|(key, _)| key == name)
        .map(|(_, value)| Subject::text(value.as_str()))
        .collect()
}
