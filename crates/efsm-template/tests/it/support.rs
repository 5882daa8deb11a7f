//! A world and a request for templates, and the one boundary through which most tests go.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use efsm_template::{
    Env, JwtAlgorithm, Model, Part, RenderLimits, RequestModel, RequestView, SystemSource,
    SystemValue, Template, TemplateError, Value,
};

/// A world whose time stands still and whose chance counts up.
pub(crate) struct World {
    pub(crate) now: &'static str,
    pub(crate) drawn: AtomicU64,
    pub(crate) partials: HashMap<&'static str, Arc<Template>>,
    /// What every draw gives, instead of counting.
    pub(crate) draws: Option<u64>,
}

impl Default for World {
    fn default() -> Self {
        Self {
            now: "2024-05-31T12:30:45.678Z[UTC]",
            drawn: AtomicU64::new(0),
            partials: HashMap::new(),
            draws: None,
        }
    }
}

impl Env for World {
    fn now(&self) -> jiff::Zoned {
        self.now.parse().expect("a valid date")
    }

    fn random_u64(&self) -> u64 {
        if let Some(draw) = self.draws {
            return draw;
        }
        // A Weyl sequence: spread over the whole range, the same in every run.
        self.drawn
            .fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed)
            .wrapping_mul(0xd134_2543_de82_ef95)
    }

    #[allow(clippy::unnecessary_literal_bound)] // The trait's signature.
    fn hostname(&self) -> &str {
        "test-host"
    }

    fn system_value(&self, source: SystemSource, key: &str) -> SystemValue {
        match (source, key) {
            (SystemSource::Environment, "HOME") => SystemValue::Present("/root".into()),
            (SystemSource::Property, "java.version") => SystemValue::Present("17.0.15".into()),
            (_, "HOME" | "java.version" | "PATH") => SystemValue::Absent,
            (_, key) if key.starts_with("wm_") => SystemValue::Absent,
            _ => SystemValue::Denied,
        }
    }

    fn sign_jwt(&self, algorithm: JwtAlgorithm, signing_input: &[u8]) -> Option<Vec<u8>> {
        Some(format!("{}:{}", algorithm.name(), signing_input.len()).into_bytes())
    }

    fn jwt_key_id(&self, algorithm: JwtAlgorithm) -> Option<String> {
        (algorithm == JwtAlgorithm::Rs256).then(|| "key-1".to_owned())
    }

    fn jwks(&self) -> Option<String> {
        Some(r#"{"keys":[]}"#.to_owned())
    }

    fn partial(&self, name: &str) -> Option<Arc<Template>> {
        self.partials.get(name).cloned()
    }
}

/// Name, headers, body.
type OwnedPart = (String, Vec<(String, String)>, Vec<u8>);

/// A request that owns what it is made of.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) cookies: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) variables: Vec<(String, String)>,
    pub(crate) parts: Option<Vec<OwnedPart>>,
}

impl Default for Request {
    fn default() -> Self {
        let text = |text: &str| text.to_owned();
        Self {
            method: text("POST"),
            url: text("/things/42/x?q=1&q=two&a=b%20c&tag=%3Cb%3E"),
            headers: vec![
                (text("Content-Type"), text("application/json")),
                (text("X-Multi"), text("one")),
                (text("X-Multi"), text("two")),
            ],
            cookies: vec![(text("session"), text("abc")), (text("pref"), text("1"))],
            body: br#"{"name":"Ada","items":[{"id":1},{"id":2}]}"#.to_vec(),
            variables: Vec::new(),
            parts: None,
        }
    }
}

fn borrowed(pairs: &[(String, String)]) -> Vec<(&str, &str)> {
    pairs
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect()
}

#[allow(clippy::unnecessary_literal_bound)] // The trait's signatures.
impl RequestView for Request {
    fn id(&self) -> &str {
        "5c2c6f5e-0000-4000-8000-000000000001"
    }
    fn method(&self) -> &str {
        &self.method
    }
    fn url(&self) -> &str {
        &self.url
    }
    fn scheme(&self) -> &str {
        "http"
    }
    fn host(&self) -> &str {
        "example.test"
    }
    fn port(&self) -> u16 {
        8080
    }
    fn client_ip(&self) -> &str {
        "127.0.0.1"
    }
    fn headers(&self) -> Vec<(&str, &str)> {
        borrowed(&self.headers)
    }
    fn cookies(&self) -> Vec<(&str, &str)> {
        borrowed(&self.cookies)
    }
    fn body(&self) -> &[u8] {
        &self.body
    }
    fn path_variables(&self) -> Option<Vec<(&str, &str)>> {
        (!self.variables.is_empty()).then(|| borrowed(&self.variables))
    }
    fn parts(&self) -> Option<Vec<Part<'_>>> {
        let parts = self.parts.as_ref()?;
        Some(
            parts
                .iter()
                .map(|(name, headers, body)| Part {
                    name,
                    headers: borrowed(headers),
                    body,
                })
                .collect(),
        )
    }
}

/// The model of a stub's response to a request.
pub(crate) fn model(request: Request) -> Model {
    Model::for_request(RequestModel::new(Arc::new(request)), Value::Null)
}

/// Compiles and renders.
pub(crate) fn rendered(template: &str, request: Request) -> Result<String, TemplateError> {
    Template::compile(template)?.render(
        &model(request),
        &World::default(),
        &RenderLimits::default(),
    )
}

/// Renders with the default request and world. Of an error the text behind `!` must be part.
#[track_caller]
pub(crate) fn check(template: &str, expected: &str) {
    check_with(template, Request::default(), expected);
}

#[track_caller]
pub(crate) fn check_with(template: &str, request: Request, expected: &str) {
    match (rendered(template, request), expected.strip_prefix('!')) {
        (Ok(got), None) => assert_eq!(got, expected, "{template}"),
        (Err(error), Some(part)) => {
            let got = error.to_string();
            assert!(got.contains(part), "{template}: `{got}` has no `{part}`");
        }
        (Ok(got), Some(part)) => panic!("{template}: rendered `{got}`, not the error `{part}`"),
        (Err(error), None) => panic!("{template}: {error}"),
    }
}
