//! Requests and responses as templates see them.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use efsm_template::{Part, RequestView, ResponseView};
use uuid::Uuid;

use crate::engine::pattern::UrlPattern;
use crate::engine::pattern::multipart::RequestPart;
use crate::engine::request::{LoggedRequest, header_text};
use crate::engine::serve_event::{ServeEvent, title_case};
use crate::engine::stub::Stub;

/// A request under a template. Its parts are read off when a template asks for them.
pub struct TemplateRequest {
    source: Source,
    stub: Arc<Stub>,
    id: Uuid,
    id_text: OnceLock<String>,
    host: OnceLock<String>,
    client_ip: OnceLock<String>,
    headers: OnceLock<Vec<(String, String)>>,
    part_names: OnceLock<Vec<String>>,
}

enum Source {
    Request(Arc<LoggedRequest>),
    Event(Arc<ServeEvent>),
}

impl Source {
    fn request(&self) -> &LoggedRequest {
        match self {
            Self::Request(request) => request,
            Self::Event(event) => &event.request,
        }
    }
}

impl TemplateRequest {
    /// The request that a stub answers now.
    pub fn of_request(request: Arc<LoggedRequest>, stub: Arc<Stub>, id: Uuid) -> Self {
        Self::new(Source::Request(request), stub, id)
    }

    /// A request that was answered.
    pub fn of_event(event: Arc<ServeEvent>, stub: Arc<Stub>) -> Self {
        let id = event.id;
        Self::new(Source::Event(event), stub, id)
    }

    fn new(source: Source, stub: Arc<Stub>, id: Uuid) -> Self {
        Self {
            source,
            stub,
            id,
            id_text: OnceLock::new(),
            host: OnceLock::new(),
            client_ip: OnceLock::new(),
            headers: OnceLock::new(),
            part_names: OnceLock::new(),
        }
    }

    fn request(&self) -> &LoggedRequest {
        self.source.request()
    }
}

impl RequestView for TemplateRequest {
    fn id(&self) -> &str {
        self.id_text.get_or_init(|| self.id.to_string())
    }

    fn method(&self) -> &str {
        self.request().method().as_str()
    }

    fn url(&self) -> &str {
        self.request().url()
    }

    fn scheme(&self) -> &str {
        self.request().scheme()
    }

    fn host(&self) -> &str {
        self.host.get_or_init(|| self.request().host())
    }

    fn port(&self) -> u16 {
        self.request().port()
    }

    fn client_ip(&self) -> &str {
        self.client_ip.get_or_init(|| self.request().client_ip())
    }

    fn headers(&self) -> Vec<(&str, &str)> {
        pairs(
            self.headers
                .get_or_init(|| spelled(self.request().headers())),
        )
    }

    fn cookies(&self) -> Vec<(&str, &str)> {
        pairs(self.request().cookies())
    }

    fn body(&self) -> &[u8] {
        self.request().body()
    }

    fn path_variables(&self) -> Option<Vec<(&str, &str)>> {
        match &self.stub.pattern.url {
            UrlPattern::Template(template) => template
                .variables(self.request().path())
                .filter(|variables| !variables.is_empty()),
            _ => None,
        }
    }

    fn parts(&self) -> Option<Vec<Part<'_>>> {
        let parts = self.request().parts();
        if parts.is_empty() {
            return None;
        }
        let names = self.part_names.get_or_init(|| {
            let name = |part: &RequestPart| part.name.clone().unwrap_or_default();
            parts.iter().map(name).collect()
        });
        let named = parts.iter().zip(names);
        let parts = named.map(|(part, name)| Part {
            name,
            headers: pairs(&part.headers),
            body: &part.body,
        });
        Some(parts.collect())
    }
}

/// The answer that a webhook's template sees.
pub struct EventResponse {
    status: u16,
    headers: Vec<(String, String)>,
    body: Bytes,
}

impl EventResponse {
    pub fn new(status: u16, headers: &http::HeaderMap, body: Bytes) -> Self {
        Self {
            status,
            headers: spelled(headers),
            body,
        }
    }
}

impl ResponseView for EventResponse {
    fn status(&self) -> u16 {
        self.status
    }

    fn headers(&self) -> Vec<(&str, &str)> {
        pairs(&self.headers)
    }

    fn body(&self) -> &[u8] {
        &self.body
    }
}

fn spelled(headers: &http::HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .map(|(name, value)| {
            let value = header_text(value).into_owned();
            (title_case(name.as_str()), value)
        })
        .collect()
}

fn pairs(owned: &[(String, String)]) -> Vec<(&str, &str)> {
    owned
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect()
}
