//! Answers that a Python function computes.

use std::time::Duration;

use efsm_core::{Context, Note};
use efsm_http::{LoggedRequest, Reply};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyTuple};
use serde_json::json;

use crate::json;

/// A reply from its parts as Python names them: any JSON, or bytes.
pub(crate) fn reply(
    body: &Bound<'_, PyAny>,
    status: u16,
    headers: Vec<(String, String)>,
    delay_ms: Option<u64>,
) -> PyResult<Reply> {
    let mut reply = match body.cast::<PyBytes>() {
        Ok(bytes) => Reply::from(bytes.as_bytes()),
        Err(_) => Reply::from(json::from_python(body)?),
    };
    reply = reply.status(status);
    for (name, value) in headers {
        reply = reply.header(name, value);
    }
    Ok(match delay_ms {
        Some(ms) => reply.delay(Duration::from_millis(ms)),
        None => reply,
    })
}

/// Asks `function`, a Python callable that takes the request as a dict and gives `(body, status, headers)`.
///
/// Runs on a thread that may block; the interpreter's lock is held while Python runs, and no lock of the
/// stack's. An exception answers 500 and goes into the journal with its traceback.
pub(crate) fn answer(
    function: &Py<PyAny>,
    request: &LoggedRequest,
    status: u16,
    headers: &[(String, String)],
    delay_ms: Option<u64>,
    context: &Context,
) -> Reply {
    Python::attach(|py| {
        let result = described(py, request)
            .and_then(|request| function.bind(py).call1(request))
            .and_then(|answer| {
                let (body, own_status, own_headers): Answer<'_> = answer.extract()?;
                let mut headers = headers.to_vec();
                headers.extend(own_headers);
                reply(&body, own_status.unwrap_or(status), headers, delay_ms)
            });
        result.unwrap_or_else(|error| failed(py, &error, request, context))
    })
}

type Answer<'py> = (Bound<'py, PyAny>, Option<u16>, Vec<(String, String)>);

fn described<'py>(py: Python<'py>, request: &LoggedRequest) -> PyResult<Bound<'py, PyTuple>> {
    let dict = PyDict::new(py);
    dict.set_item("method", request.method().as_str())?;
    dict.set_item("path", request.path())?;
    dict.set_item("url", request.absolute_url())?;
    dict.set_item("query", request.query().to_vec())?;
    let headers: Vec<(String, String)> = request
        .headers()
        .iter()
        .map(|(name, value)| {
            let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.as_str().to_owned(), text)
        })
        .collect();
    dict.set_item("headers", headers)?;
    dict.set_item("body", PyBytes::new(py, request.body()))?;
    PyTuple::new(py, [dict])
}

fn failed(py: Python<'_>, error: &PyErr, request: &LoggedRequest, context: &Context) -> Reply {
    let traceback = error
        .traceback(py)
        .and_then(|traceback| traceback.format().ok())
        .unwrap_or_default();
    let summary = format!(
        "the callable for {} {} raised {error}",
        request.method(),
        request.path()
    );
    let note = Note::new(summary.clone())
        .with("error", error.to_string())
        .with("traceback", format!("{traceback}{error}"));
    context.record("http", "callable-error", note);
    Reply::from(json!({
        "error": summary,
        "hint": "the journal has the traceback, under the kind callable-error",
    }))
    .status(500)
}
