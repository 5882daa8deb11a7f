//! Webhooks: requests that a stub sends after it answered.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use efsm_core::Stopwatch;
use efsm_template::{
    Model, RenderLimits, RequestModel, ResponseModel, TemplateError, Value as TemplateValue,
};
use http::{HeaderMap, Method, Uri};
use serde_json::{Value, json};
use uuid::Uuid;

use super::client::{ClientError, Trust};
use super::render;
use crate::engine::document::Place;
use crate::engine::response::{DelayDistribution, append_header};
use crate::engine::serve_event::{Answer, ServeEvent, SubEvent};
use crate::engine::stub::Stub;
use crate::engine::templating::{EventResponse, Rendering, TemplateRequest};
use crate::service::{HttpService, WeakService};

/// A request to send.
pub(super) struct Outgoing {
    pub(super) method: Method,
    pub(super) url: Uri,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// Sends a webhook when its time has come. While it waits, on a clock that may stand for ever, it does not keep the
/// service.
async fn send_webhook(service: WeakService, parameters: Value, event: Arc<ServeEvent>) {
    let watch = Stopwatch::start();
    let waiting = |service: HttpService| {
        let webhook = service.webhook(&parameters, &event, &watch)?;
        Some((webhook, service.context().clock().clone()))
    };
    let Some(((outgoing, delay), clock)) = service.upgrade().and_then(waiting) else {
        return;
    };
    clock.sleep(delay).await;
    let Some(service) = service.upgrade() else {
        return;
    };
    if let Err(error) = service.send_outgoing(outgoing, event.id, &watch).await {
        let message = format!("Failed to fire webhook: {error}");
        service.tell_of(event.id, &watch, "ERROR", json!({"message": message}));
    }
}

/// A request that a stub sends, and when.
struct Webhook {
    outgoing: Outgoing,
    delay: Option<DelayDistribution>,
}

impl HttpService {
    /// Tells the stub's listeners of a request that was served.
    pub(super) fn tell_listeners(&self, stub: &Stub, event: &Arc<ServeEvent>) {
        for listener in &stub.listeners {
            if listener.name == "webhook" {
                let (service, event) = (self.downgrade(), event.clone());
                let parameters = listener.parameters.clone();
                self.spawn_waiting(send_webhook(service, parameters, event));
            } else {
                let message = format!(
                    "there is no listener `{}`: only `webhook` is built in",
                    listener.name
                );
                self.tell(
                    event.id,
                    SubEvent {
                        kind: "WARNING",
                        offset_ns: 0,
                        data: json!({"message": message}),
                    },
                );
            }
        }
    }

    /// The webhook, and how long it waits; `None` when it cannot be sent, which is told.
    fn webhook(
        &self,
        parameters: &Value,
        event: &Arc<ServeEvent>,
        watch: &Stopwatch,
    ) -> Option<(Outgoing, Duration)> {
        let failed = |message: String| {
            self.tell_of(event.id, watch, "ERROR", json!({"message": message}));
        };
        let rendered = match self.rendered(parameters, event) {
            Ok(rendered) => rendered,
            Err(error) => {
                failed(format!(
                    "The webhook's template cannot be rendered: {error}"
                ));
                return None;
            }
        };
        match Webhook::parse(&rendered) {
            Ok(webhook) => {
                let entropy = self.context().entropy();
                let delay = webhook.delay.map(|delay| delay.draw(|| entropy.unit()));
                Some((webhook.outgoing, delay.unwrap_or_default()))
            }
            Err(problem) => {
                failed(format!(
                    "Exception thrown while configuring webhook: {problem}"
                ));
                None
            }
        }
    }

    /// Sends a request of the mock's own; it and its answer are told with the event that it follows.
    pub(super) async fn send_outgoing(
        &self,
        outgoing: Outgoing,
        event: Uuid,
        watch: &Stopwatch,
    ) -> Result<http::Response<Bytes>, ClientError> {
        self.tell_of(event, watch, "WEBHOOK_REQUEST", outgoing.to_json(self));
        let mut request = http::Request::new(outgoing.body);
        *request.method_mut() = outgoing.method;
        *request.uri_mut() = outgoing.url;
        *request.headers_mut() = outgoing.headers;
        let limit = self.context().limits().body_bytes;
        let response = self.client().send(request, Trust::Any, limit).await?;
        let told = json!({
            "status": response.status().as_u16(),
            "headers": render::headers(response.headers(), &[]),
            "bodyAsBase64": STANDARD.encode(response.body()),
            "body": String::from_utf8_lossy(response.body()),
        });
        self.tell_of(event, watch, "WEBHOOK_RESPONSE", told);
        Ok(response)
    }

    /// Adds to a call what happened just now.
    pub(super) fn tell_of(&self, call: Uuid, watch: &Stopwatch, kind: &'static str, data: Value) {
        let offset_ns = watch.elapsed().as_nanos() as u64;
        self.tell(
            call,
            SubEvent {
                kind,
                offset_ns,
                data,
            },
        );
    }
}

impl HttpService {
    /// The webhook's parameters with their templates rendered.
    fn rendered(
        &self,
        parameters: &Value,
        event: &Arc<ServeEvent>,
    ) -> Result<Value, TemplateError> {
        let (Some(stub), true) = (&event.stub, has_tag(parameters)) else {
            return Ok(parameters.clone());
        };
        let world = self.world();
        let (headers, body) = match &event.answer {
            Answer::Built(built) => (
                built.content.headers().clone(),
                built.content.body().clone(),
            ),
            Answer::Prepared | Answer::NotMatched => (HeaderMap::new(), Bytes::new()),
        };
        let response = EventResponse::new(event.status().as_u16(), &headers, body);
        let request = TemplateRequest::of_event(event.clone(), stub.clone());
        let known = TemplateValue::from_json(parameters, false).unwrap_or(TemplateValue::Null);
        let rendering = Rendering {
            model: Model::new([
                (
                    "originalRequest",
                    RequestModel::new(Arc::new(request)).into(),
                ),
                (
                    "originalResponse",
                    ResponseModel::new(Arc::new(response)).into(),
                ),
                ("parameters", known),
            ]),
            env: &world,
            limits: RenderLimits::default(),
        };
        render_texts(parameters, &rendering)
    }
}

fn has_tag(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains("{{"),
        Value::Array(items) => items.iter().any(has_tag),
        Value::Object(object) => object.values().any(has_tag),
        _ => false,
    }
}

fn render_texts(value: &Value, rendering: &Rendering<'_>) -> Result<Value, TemplateError> {
    Ok(match value {
        Value::String(text) => rendering.source(text)?.into(),
        Value::Array(items) => {
            let items = items.iter().map(|item| render_texts(item, rendering));
            Value::Array(items.collect::<Result<_, _>>()?)
        }
        Value::Object(object) => {
            let members = object
                .iter()
                .map(|(name, value)| Ok((name.clone(), render_texts(value, rendering)?)));
            Value::Object(members.collect::<Result<_, TemplateError>>()?)
        }
        other => other.clone(),
    })
}

impl Webhook {
    fn parse(parameters: &Value) -> Result<Self, String> {
        let text = |name: &str| match parameters.get(name) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(text.clone()),
            Some(other) => Some(other.to_string()),
        };
        let url = text("url").ok_or("`url` is missing")?;
        let body = match (text("body"), text("base64Body")) {
            (Some(body), _) => Bytes::from(body),
            (None, Some(body)) => STANDARD
                .decode(body)
                .map_err(|error| format!("`base64Body` is not base64: {error}"))?
                .into(),
            (None, None) => Bytes::new(),
        };
        let mut headers = HeaderMap::new();
        if let Some(Value::Object(given)) = parameters.get("headers") {
            for (name, value) in given {
                match value {
                    Value::Array(values) => {
                        for value in values.iter().filter_map(Value::as_str) {
                            append_header(&mut headers, name, value);
                        }
                    }
                    Value::String(value) => append_header(&mut headers, name, value),
                    other => append_header(&mut headers, name, &other.to_string()),
                }
            }
        }
        let delay = match parameters.get("delay") {
            None | Some(Value::Null) => None,
            Some(delay) => {
                Some(DelayDistribution::parse(&Place::root(delay)).map_err(|e| e.to_string())?)
            }
        };
        let method = text("method").map_or_else(|| "GET".to_owned(), |m| m.to_ascii_uppercase());
        let outgoing = Outgoing {
            method: method
                .parse()
                .map_err(|_| format!("`{method}` is not an HTTP method"))?,
            url: url.parse().map_err(|_| format!("`{url}` is not a URL"))?,
            headers,
            body,
        };
        Ok(Self { outgoing, delay })
    }
}

impl Outgoing {
    fn to_json(&self, service: &HttpService) -> Value {
        let url = self.url.path_and_query().map_or("/", |path| path.as_str());
        let now = service.context().now();
        let mut request = json!({
            "url": url,
            "absoluteUrl": self.url.to_string(),
            "method": self.method.as_str(),
            "browserProxyRequest": false,
            "scheme": self.url.scheme_str(),
            "host": self.url.host(),
            "port": self.url.port_u16(),
            "headers": render::headers(&self.headers, &[]),
            "loggedDate": now.as_millisecond(),
            "loggedDateString": render::instant(now),
            "queryParams": render::parameters(&efsm_wire::query_pairs(self.url.query())),
            "formParams": {},
        });
        // Without a body nothing is told of one.
        if !self.body.is_empty() {
            request["bodyAsBase64"] = STANDARD.encode(&self.body).into();
            request["body"] = String::from_utf8_lossy(&self.body).into();
        }
        request
    }
}
