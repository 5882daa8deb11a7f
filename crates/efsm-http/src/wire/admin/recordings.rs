//! `/__admin/recordings`.

use std::sync::Arc;

use efsm_core::Response;
use http::StatusCode;
use serde_json::{Value, json};

use super::{Call, errors};
use crate::engine::document::{self, Place};
use crate::engine::pattern::Probe;
use crate::engine::recording::{
    Exchange, OutputFormat, RecordSpec, Recorded, Recorder, RecorderStatus, generate,
};
use crate::engine::serve_event::Answer;
use crate::engine::stub::Stub;
use crate::error::DocumentError;
use crate::files::Unsaved;
use crate::service::{Call as Served, HttpService};
use crate::wire::json;

impl HttpService {
    pub(super) fn recording_status(&self) -> Response {
        let status = self.current().recorder.status;
        json::ok(&json!({"status": status.name()}))
    }

    pub(super) fn start_recording(&self, call: &Call) -> Response {
        let spec = match document::parse(&call.body).and_then(|value| RecordSpec::parse(&value)) {
            Ok(spec) => spec,
            Err(error) => return errors::document(&error),
        };
        // A recording that runs goes on as it was begun.
        if self.current().recorder.status == RecorderStatus::Recording {
            return json::nothing();
        }
        let proxy = match spec.target.as_deref().map(|url| self.proxy_stub(url)) {
            None => None,
            Some(Ok(stub)) => Some(Arc::new(stub)),
            Some(Err(error)) => return errors::document(&error),
        };
        self.edit(|state| {
            state.recorder = Arc::new(Recorder {
                status: RecorderStatus::Recording,
                spec,
                since: self.context().journal().last_seq(),
                proxy: proxy.as_ref().map(|stub| stub.id),
            });
            if let Some(stub) = proxy {
                state.add(stub);
            }
        });
        json::nothing()
    }

    pub(super) async fn stop_recording(&self) -> Response {
        let recorder = self.edit(|state| {
            let recorder = state.recorder.clone();
            if recorder.status == RecorderStatus::Recording {
                if let Some(proxy) = recorder.proxy {
                    state.edit_stubs(|stubs| stubs.remove(&proxy));
                }
                state.recorder = Arc::new(Recorder {
                    status: RecorderStatus::Stopped,
                    ..Recorder::default()
                });
            }
            recorder
        });
        if recorder.status != RecorderStatus::Recording {
            return errors::titled(StatusCode::BAD_REQUEST, 30, "Not currently recording.");
        }
        self.record(&recorder.spec, recorder.since).await
    }

    pub(super) async fn snapshot_recording(&self, call: &Call) -> Response {
        match read_spec(&call.body) {
            Ok(spec) => self.record(&spec, 0).await,
            Err(error) => errors::document(&error),
        }
    }

    /// Makes stubs of the calls after `since`, and answers with them, newest first.
    async fn record(&self, spec: &RecordSpec, since: u64) -> Response {
        let calls: Vec<Served> = self
            .calls()
            .into_iter()
            .filter(|served| served.seq() > since)
            .collect();
        let exchanges: Vec<Exchange<'_>> = calls
            .iter()
            .filter(|served| is_recorded(served, spec))
            .filter_map(exchange)
            .collect();
        let recorded = generate(&exchanges, spec, || self.new_id());
        // The stub of the first request is the newest.
        let files = recorded.iter().filter_map(|recorded| recorded.file.clone());
        let files = files.map(|file| (file.name.into(), file.content)).collect();
        let added = recorded
            .into_iter()
            .rev()
            .map(|recorded| self.keep(recorded))
            .collect::<Result<Vec<Arc<Stub>>, _>>();
        let added = match added {
            Ok(added) => added,
            Err(error) => return errors::document(&error),
        };
        if spec.persist && !added.is_empty() {
            let stubs = added.clone();
            if let Err(refusal) = self.save(Unsaved { stubs, files }).await {
                return refusal;
            }
        }
        match spec.format {
            OutputFormat::Full => {
                let mappings: Vec<&Value> = added.iter().map(|stub| &stub.json).collect();
                json::ok(&json!({"mappings": mappings}))
            }
            OutputFormat::Ids => {
                let ids: Vec<String> = added.iter().map(|stub| stub.id.to_string()).collect();
                json::ok(&json!({"ids": ids}))
            }
        }
    }

    fn keep(&self, recorded: Recorded) -> Result<Arc<Stub>, DocumentError> {
        let stub = Stub::parse(&Place::root(&recorded.mapping), || self.new_id())?;
        let stub = Arc::new(stub);
        if let Some(file) = recorded.file {
            self.put_file(&file.name, file.content);
        }
        self.edit(|state| state.add(stub.clone()));
        Ok(stub)
    }

    /// The stub that sends everything on while a recording runs.
    fn proxy_stub(&self, target: &str) -> Result<Stub, DocumentError> {
        let is_url = target.parse::<http::Uri>().is_ok_and(|uri| {
            matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some()
        });
        if !is_url {
            return Err(DocumentError::new(
                "/targetBaseUrl",
                format!("{target:?} is not a URL that can be proxied to: use http:// or https://"),
            ));
        }
        let mapping = json!({"response": {"proxyBaseUrl": target}});
        Stub::parse(&Place::root(&mapping), || self.new_id())
    }
}

fn read_spec(body: &[u8]) -> Result<RecordSpec, DocumentError> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(RecordSpec::default());
    }
    RecordSpec::parse(&document::parse(body)?)
}

fn is_recorded(served: &Served, spec: &RecordSpec) -> bool {
    let proxied = served.from_elsewhere().is_some();
    (proxied || spec.allow_non_proxied)
        && spec.ids.as_ref().is_none_or(|ids| ids.contains(&served.id))
        && spec.filter.fits(&Probe::new(&served.request))
}

fn exchange(served: &Served) -> Option<Exchange<'_>> {
    match &served.answer {
        Answer::Built(built) if built.fault.is_none() => Some(Exchange {
            request: &served.request,
            status: built.status,
            headers: built.content.headers(),
            body: built.content.body().clone(),
        }),
        Answer::Prepared => {
            let prepared = served.stub.as_ref()?.prepared()?;
            Some(Exchange {
                request: &served.request,
                status: prepared.sent.status(),
                headers: &prepared.headers,
                body: prepared.sent.body().clone(),
            })
        }
        _ => None,
    }
}
