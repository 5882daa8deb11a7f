//! Callbacks: requests that a description has the API send to its client once it has answered.

use efsm_core::Stopwatch;
use efsm_spec::Violation;
use efsm_spec::mock::Callback;
use http::HeaderMap;
use serde_json::json;
use uuid::Uuid;

use super::webhook::Outgoing;
use crate::engine::request::header_pairs;
use crate::engine::response::append_header;
use crate::engine::serve_event::ServeEvent;
use crate::service::HttpService;

impl HttpService {
    /// Sends what follows an answer, each on its own, when the answer is on its way.
    pub(super) fn call_back(&self, callbacks: Vec<Callback>, event: &ServeEvent) {
        for callback in callbacks {
            let (service, call) = (self.clone(), event.id);
            tokio::spawn(async move { service.send_callback(&callback, call).await });
        }
    }

    async fn send_callback(&self, callback: &Callback, call: Uuid) {
        let watch = Stopwatch::start();
        let tell = |kind, data| self.tell_of(call, &watch, kind, data);
        let sent = match outgoing(callback) {
            Ok(outgoing) => self.send_outgoing(outgoing, call, &watch).await,
            Err(message) => return tell("ERROR", json!({ "message": message })),
        };
        let response = match sent {
            Ok(response) => response,
            Err(error) => {
                let message = format!("callback {}: request failed: {error}", callback.name);
                return tell("ERROR", json!({ "message": message }));
            }
        };
        let headers = header_pairs(response.headers());
        let broken = callback.check(response.status().as_u16(), &headers, response.body());
        if !broken.is_empty() {
            let violations: Vec<_> = broken.iter().map(Violation::to_json_with_side).collect();
            let message = format!(
                "callback {}: the answer breaks the description",
                callback.name
            );
            tell(
                "WARNING",
                json!({ "message": message, "violations": violations }),
            );
        }
    }
}

fn outgoing(callback: &Callback) -> Result<Outgoing, String> {
    let mut headers = HeaderMap::new();
    for (name, value) in &callback.headers {
        append_header(&mut headers, name, value);
    }
    let bad = |what: &str| format!("callback {}: {what}", callback.name);
    Ok(Outgoing {
        method: callback
            .method
            .parse()
            .map_err(|_| bad(&format!("`{}` is not an HTTP method", callback.method)))?,
        url: callback
            .url
            .parse()
            .map_err(|_| bad(&format!("`{}` is not a URL", callback.url)))?,
        headers,
        body: callback.body.clone().unwrap_or_default(),
    })
}
