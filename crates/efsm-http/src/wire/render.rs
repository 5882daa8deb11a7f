//! Serve events and logged requests as the admin API writes them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use efsm_core::Timestamp;
use http::HeaderMap;
use serde_json::{Map, Value, json};

use crate::engine::request::{LoggedRequest, header_text};
use crate::engine::response::BodyDefinition;
use crate::engine::serve_event::{Answer, ServeEvent, SubEvent, title_case};
use crate::engine::stub::Stub;

/// A request as `loggedRequest`.
pub(crate) fn logged_request(request: &LoggedRequest) -> Value {
    if let Some(given) = request.given_json() {
        return given.clone();
    }
    json!({
        "url": request.url(),
        "absoluteUrl": request.absolute_url(),
        "method": request.method().as_str(),
        "clientIp": request.client_ip(),
        "headers": headers(request.headers(), &[]),
        "cookies": cookies(request.cookies()),
        "browserProxyRequest": request.is_proxied(),
        "loggedDate": request.at().as_millisecond(),
        "bodyAsBase64": STANDARD.encode(request.body()),
        "body": request.body_text(),
        "protocol": request.protocol(),
        "scheme": request.scheme(),
        "host": request.host(),
        "port": request.port(),
        "loggedDateString": instant(request.at()),
        "queryParams": parameters(request.query()),
        "formParams": parameters(request.form()),
    })
}

/// A serve event.
pub(crate) fn serve_event(event: &ServeEvent) -> Value {
    let added = event.timing.added_delay_ms();
    let process = event.timing.process_ms();
    let sub_events: Vec<Value> = event.sub_events().iter().map(sub_event).collect();
    json!({
        "id": event.id.to_string(),
        "request": logged_request(&event.request),
        "responseDefinition": definition(event),
        "response": response(event),
        "wasMatched": event.was_matched(),
        "timing": {
            "addedDelay": added,
            "processTime": process,
            "responseSendTime": 0,
            "serveTime": process,
            "totalTime": process + added,
        },
        "subEvents": sub_events,
        "stubMapping": event.stub.as_ref().map_or_else(
            || unmatched_stub(event),
            |stub| stub.json.clone(),
        ),
    })
}

/// What WireMock shows in place of a stub when none matched.
fn unmatched_stub(event: &ServeEvent) -> Value {
    let id = event.id.to_string();
    json!({
        "id": id,
        "request": {"method": "ANY"},
        "response": {"status": 404, "fromConfiguredStub": false},
        "uuid": id,
    })
}

fn sub_event(event: &SubEvent) -> Value {
    json!({
        "type": event.kind,
        "timeOffsetNanos": event.offset_ns,
        "data": event.data,
    })
}

fn definition(event: &ServeEvent) -> Value {
    let Some(stub) = &event.stub else {
        return json!({"status": event.status().as_u16(), "fromConfiguredStub": false});
    };
    let definition = stub.definition(event.response);
    let mut json = definition.json.clone();
    // What templates made of it is what was sent.
    if let Answer::Built(built) = &event.answer
        && definition.is_templated()
    {
        let rendered = String::from_utf8_lossy(built.content.body());
        match &definition.body {
            BodyDefinition::Text(_) => json["body"] = rendered.into(),
            BodyDefinition::Json(..) => {
                if let Ok(value) = serde_json::from_str(&rendered) {
                    json["jsonBody"] = value;
                }
            }
            _ => {}
        }
    }
    json
}

fn response(event: &ServeEvent) -> Value {
    let empty = HeaderMap::new();
    let (fields, body): (&HeaderMap, Bytes) = match &event.answer {
        Answer::Prepared => match event.stub.as_ref().and_then(|stub| stub.prepared()) {
            Some(prepared) => (&prepared.headers, prepared.sent.body().clone()),
            None => (&empty, Bytes::new()),
        },
        Answer::NotMatched => (&empty, Bytes::new()),
        Answer::Built(built) => (built.content.headers(), built.content.body().clone()),
    };
    let mut json = Map::new();
    json.insert("status".into(), event.status().as_u16().into());
    if !fields.is_empty() {
        let spelled = event
            .stub
            .as_ref()
            .map_or_else(Vec::new, |stub| spellings(stub, event.response));
        json.insert("headers".into(), headers(fields, &spelled));
    }
    if let Some(fault) = event.fault() {
        json.insert("fault".into(), fault.name().into());
    }
    json.insert("bodyAsBase64".into(), STANDARD.encode(&body).into());
    json.insert("body".into(), String::from_utf8_lossy(&body).into());
    Value::Object(json)
}

/// The names of a stub's headers as the stub spells them.
fn spellings(stub: &Stub, response: usize) -> Vec<&str> {
    let headers = &stub.definition(response).headers;
    headers.iter().map(|(name, _)| name.as_str()).collect()
}

/// Headers by name, repeated ones as lists. Names that were not spelled by somebody are in title case.
pub(crate) fn headers(headers: &HeaderMap, spelled: &[&str]) -> Value {
    let mut json = Map::new();
    for name in headers.keys() {
        let shown = spelled
            .iter()
            .find(|spelling| spelling.eq_ignore_ascii_case(name.as_str()))
            .map_or_else(|| title_case(name.as_str()), |s| (*s).to_owned());
        let values = headers.get_all(name).iter();
        let values = values.map(|value| header_text(value).into_owned());
        json.insert(shown, one_or_many(values.collect()));
    }
    Value::Object(json)
}

fn cookies(pairs: &[(String, String)]) -> Value {
    let mut json = Map::new();
    for (name, values) in grouped(pairs) {
        json.insert(name.to_owned(), one_or_many(values));
    }
    Value::Object(json)
}

pub(super) fn parameters(pairs: &[(String, String)]) -> Value {
    let mut json = Map::new();
    for (name, values) in grouped(pairs) {
        json.insert(name.to_owned(), json!({"key": name, "values": values}));
    }
    Value::Object(json)
}

fn grouped(pairs: &[(String, String)]) -> Vec<(&str, Vec<String>)> {
    let mut groups: Vec<(&str, Vec<String>)> = Vec::new();
    for (name, value) in pairs {
        match groups.iter_mut().find(|(other, _)| other == name) {
            Some((_, values)) => values.push(value.clone()),
            None => groups.push((name, vec![value.clone()])),
        }
    }
    groups
}

fn one_or_many(mut values: Vec<String>) -> Value {
    if values.len() == 1 {
        Value::from(values.remove(0))
    } else {
        json!(values)
    }
}

/// ISO 8601 with milliseconds when there are any.
pub(super) fn instant(at: Timestamp) -> String {
    Timestamp::from_millisecond(at.as_millisecond())
        .unwrap_or(at)
        .to_string()
}
