//! A stack that runs, spoken to over its control API.

use std::io::{BufRead, BufReader};
use std::time::Duration;

use serde_json::Value;
use ureq::http::{Method, Request, Response};
use ureq::{Agent, Body};

use crate::failure::Failure;
use crate::registry::{Record, Registry};

/// A stack answers within milliseconds; one that does not answer in this time is stuck.
const PATIENCE: Duration = Duration::from_secs(30);

/// The control API of one stack: that of a process, or a fork of it.
#[derive(Debug)]
pub(crate) struct Control {
    agent: Agent,
    /// For messages.
    pub(crate) name: String,
    pub(crate) url: String,
    token: Option<String>,
}

impl Control {
    pub(crate) fn new(name: &str, url: &str, token: Option<String>) -> Self {
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            // The variables of a stack may well be set in this shell: they are for others.
            .proxy(None)
            .timeout_connect(Some(PATIENCE))
            .timeout_recv_response(Some(PATIENCE))
            .build()
            .into();
        Self {
            agent,
            name: name.to_owned(),
            url: url.to_owned(),
            token,
        }
    }

    /// `None` for a stack that has no address yet.
    pub(crate) fn of(record: &Record) -> Option<Self> {
        let url = record.url.as_deref()?;
        Some(Self::new(&record.name, url, record.token.clone()))
    }

    fn send(&self, method: Method, path: &str, body: Vec<u8>) -> Result<Response<Body>, Failure> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url));
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let sent = request
            .header("content-type", "application/json")
            .body(body)
            .map_err(|e| ureq::Error::Other(Box::new(e)))
            .and_then(|request| self.agent.run(request));
        let mut response = sent.map_err(|e| self.unreachable(&e.to_string()))?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status();
        let answer: Value = response.body_mut().read_json().unwrap_or_default();
        let text = |key: &str| answer[key].as_str().map(str::to_owned);
        Err(Failure::Refused {
            name: self.name.clone(),
            what: text("error").unwrap_or_else(|| status.to_string()),
            hint: text("hint"),
        })
    }

    fn unreachable(&self, why: &str) -> Failure {
        Failure::Unreachable {
            name: self.name.clone(),
            url: self.url.clone(),
            why: why.to_owned(),
        }
    }

    pub(crate) fn get(&self, path: &str) -> Result<Value, Failure> {
        self.json(Method::GET, path, None)
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        self.json(Method::POST, path, Some(body))
    }

    pub(crate) fn delete(&self, path: &str) -> Result<Value, Failure> {
        self.json(Method::DELETE, path, None)
    }

    fn json(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, Failure> {
        let body = body.map(Value::to_string).unwrap_or_default();
        let mut response = self.send(method, &format!("/_efsm/{path}"), body.into_bytes())?;
        response
            .body_mut()
            .with_config()
            .limit(u64::MAX)
            .read_json()
            .map_err(|e| self.unreachable(&e.to_string()))
    }

    pub(crate) fn text(&self, path: &str) -> Result<String, Failure> {
        let mut response = self.send(Method::GET, &format!("/_efsm/{path}"), Vec::new())?;
        response
            .body_mut()
            .read_to_string()
            .map_err(|e| self.unreachable(&e.to_string()))
    }

    /// A call of WireMock's admin API.
    pub(crate) fn admin(&self, path: &str) -> Result<Value, Failure> {
        let mut response = self.send(Method::GET, &format!("/__admin/{path}"), Vec::new())?;
        let read = response
            .body_mut()
            .with_config()
            .limit(u64::MAX)
            .read_json();
        read.map_err(|e| self.unreachable(&e.to_string()))
    }

    /// What a service answers at `path`.
    pub(crate) fn download(&self, path: &str) -> Result<Vec<u8>, Failure> {
        let mut response = self.send(Method::GET, path, Vec::new())?;
        let read = response
            .body_mut()
            .with_config()
            .limit(u64::MAX)
            .read_to_vec();
        read.map_err(|e| self.unreachable(&e.to_string()))
    }

    /// Posts bytes to a service.
    pub(crate) fn upload(&self, path: &str, body: Vec<u8>) -> Result<(), Failure> {
        self.send(Method::POST, path, body).map(drop)
    }

    /// The data of the Server-Sent Events at `path`, until the stack ends.
    pub(crate) fn events(
        &self,
        path: &str,
    ) -> Result<impl Iterator<Item = String> + use<>, Failure> {
        let response = self.send(Method::GET, &format!("/_efsm/{path}"), Vec::new())?;
        let lines = BufReader::new(response.into_body().into_reader()).lines();
        Ok(lines
            .map_while(Result::ok)
            .filter_map(|line| Some(line.strip_prefix("data:")?.trim_start().to_owned())))
    }
}

/// A stack that somebody named.
#[derive(Debug)]
pub(crate) struct Found {
    /// The process in which it is.
    pub(crate) record: Record,
    pub(crate) control: Control,
    /// Its id in that process, when it is a fork.
    pub(crate) fork: Option<String>,
}

/// The stacks of this user; what dead ones left is removed and told.
pub(crate) fn running(registry: &Registry) -> Result<Vec<Record>, Failure> {
    efsm_sandbox::remove_leftovers();
    let (records, leftovers) = registry.sweep()?;
    for leftover in leftovers {
        let record = leftover.record;
        eprintln!(
            "note: the stack `{}` (process {}) had died without a word; its files are removed",
            record.name, record.process.pid
        );
        let last_words = leftover.last_words.trim();
        if !last_words.is_empty() {
            eprintln!("      the last that it said:\n{last_words}");
        }
    }
    Ok(records)
}

/// The stack or fork of this name; without one, the only stack that runs.
pub(crate) fn find(registry: &Registry, name: Option<&str>) -> Result<Found, Failure> {
    let records = running(registry)?;
    let Some(name) = name else {
        return only(records);
    };
    if let Some(record) = records.iter().find(|record| record.name == name) {
        return found(record.clone());
    }
    for record in &records {
        let Some(control) = Control::of(record) else {
            continue;
        };
        // A process that ends meanwhile has no forks.
        let stacks = control.get("stacks").unwrap_or_default();
        let fork = stacks["stacks"]
            .as_array()
            .into_iter()
            .flatten()
            .find(|fork| !fork["parent"].is_null() && (fork["name"] == name || fork["id"] == name));
        if let Some((id, url)) =
            fork.and_then(|fork| Some((fork["id"].as_str()?, fork["url"].as_str()?)))
        {
            return Ok(Found {
                control: Control::new(name, url, record.token.clone()),
                fork: Some(id.to_owned()),
                record: record.clone(),
            });
        }
    }
    Err(Failure::no_stack(name, &records))
}

fn only(mut records: Vec<Record>) -> Result<Found, Failure> {
    match records.len() {
        0 => Err(Failure::nothing_runs()),
        1 => found(records.remove(0)),
        _ => Err(Failure::several(&records)),
    }
}

fn found(record: Record) -> Result<Found, Failure> {
    let control = Control::of(&record).ok_or_else(|| Failure::Starting {
        name: record.name.clone(),
    })?;
    Ok(Found {
        record,
        control,
        fork: None,
    })
}

/// `text` as one segment of a path or value of a query.
pub(crate) fn encoded(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_encoded_for_paths() {
        assert_eq!(encoded("a b/ü?"), "a%20b%2F%C3%BC%3F");
    }
}
