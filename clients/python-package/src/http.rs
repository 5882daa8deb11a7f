//! HTTP mocks.

use efsm_core::ResetDepth;
use efsm_http::{HttpService, Reply, Responder, Times};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList};
use serde_json::Value;

use crate::service::Part;
use crate::{callable, errors, json};

#[pyclass(frozen, module = "sin_code_efsm._native")]
pub(crate) struct Http(pub(crate) Part<HttpService>);

#[pymethods]
impl Http {
    #[new]
    fn alone() -> Self {
        Self(Part::alone(HttpService::new))
    }

    /// `response` is any JSON, bytes, or a callable as `callable::answer` takes it. Gives the stub's id.
    #[expect(
        clippy::too_many_arguments,
        reason = "one for each keyword of Python's"
    )]
    fn add_endpoint(
        &self,
        py: Python<'_>,
        method: &str,
        path: &str,
        response: &Bound<'_, PyAny>,
        status: u16,
        headers: Vec<(String, String)>,
        delay_ms: Option<u64>,
    ) -> PyResult<String> {
        let service = self.0.get()?;
        let reply = if response.is_callable() {
            let context = self.0.context()?.clone();
            let function = response.clone().unbind();
            Reply::from(Responder::new(move |request| {
                callable::answer(&function, request, status, &headers, delay_ms, &context)
            }))
        } else {
            callable::reply(response, status, headers, delay_ms)?
        };
        py.detach(|| service.add_endpoint(method, path, reply))
            .map(|endpoint| endpoint.id.to_string())
            .map_err(errors::value)
    }

    /// The endpoint as a stub mapping, or `None`.
    fn get_endpoint<'py>(
        &self,
        py: Python<'py>,
        method: &str,
        path: &str,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let endpoint = self.0.get()?.get_endpoint(method, path);
        endpoint
            .map(|endpoint| json::to_python(py, &endpoint.to_json()))
            .transpose()
    }

    fn remove_endpoint(&self, py: Python<'_>, method: &str, path: &str) -> PyResult<bool> {
        let service = self.0.get()?;
        // A callable that goes with its endpoint needs the interpreter's lock to be freed.
        Ok(py.detach(|| service.remove_endpoint(method, path)))
    }

    /// Adds WireMock's stub mapping; gives its id.
    fn add_stub(&self, mapping: &Bound<'_, PyAny>) -> PyResult<String> {
        let mapping = json::from_python(mapping)?;
        let id = self.0.get()?.add_stub(&mapping).map_err(errors::value)?;
        Ok(id.to_string())
    }

    fn stubs<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        json::to_python(py, &Value::Array(self.0.get()?.stubs()))
    }

    /// `{method, path, url, query, headers, body, raw, matched, status, seq}` of each call, oldest first.
    fn calls<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let service = self.0.get()?;
        let list = PyList::empty(py);
        for call in py.detach(|| service.calls()) {
            let request = &call.request;
            let dict = PyDict::new(py);
            dict.set_item("seq", call.seq())?;
            dict.set_item("method", request.method().as_str())?;
            dict.set_item("path", request.path())?;
            dict.set_item("url", request.url())?;
            dict.set_item("query", pairs(py, request.query())?)?;
            let headers = PyDict::new(py);
            for (name, value) in request.headers() {
                let text = String::from_utf8_lossy(value.as_bytes());
                headers.set_item(name.as_str(), text)?;
            }
            dict.set_item("headers", headers)?;
            let body = match serde_json::from_slice::<Value>(request.body()) {
                Ok(value) => json::to_python(py, &value)?,
                Err(_) => py.None().into_bound(py),
            };
            dict.set_item("body", body)?;
            dict.set_item("raw", PyBytes::new(py, request.body()))?;
            dict.set_item("matched", call.was_matched())?;
            dict.set_item("status", call.status().as_u16())?;
            list.append(dict)?;
        }
        Ok(list)
    }

    /// `(method, url, nearest stub and differences as text)` of the calls that met no stub, oldest first.
    fn unmatched(&self, py: Python<'_>) -> PyResult<Vec<(String, String, Option<String>)>> {
        let service = self.0.get()?;
        let unmatched = py.detach(|| service.unmatched_calls());
        Ok(unmatched
            .iter()
            .map(|miss| {
                let request = &miss.call.request;
                let nearest = miss.nearest.as_ref().map(ToString::to_string);
                (
                    request.method().to_string(),
                    request.url().to_owned(),
                    nearest,
                )
            })
            .collect())
    }

    fn clear_calls(&self, py: Python<'_>) -> PyResult<()> {
        let service = self.0.get()?;
        py.detach(|| service.clear_calls());
        Ok(())
    }

    /// Raises `VerificationError` when the count is not what `at_least` and `at_most` allow.
    fn verify(
        &self,
        py: Python<'_>,
        pattern: &Bound<'_, PyAny>,
        at_least: Option<usize>,
        at_most: Option<usize>,
    ) -> PyResult<()> {
        let service = self.0.get()?;
        let pattern = json::from_python(pattern)?;
        let times = match (at_least, at_most) {
            (Some(least), Some(most)) if least == most => vec![Times::Exactly(least)],
            (least, most) => least
                .map(Times::AtLeast)
                .into_iter()
                .chain(most.map(Times::AtMost))
                .collect(),
        };
        for times in times {
            match py.detach(|| service.verify(&pattern, times)) {
                Ok(()) => {}
                Err(efsm_http::VerifyFailure::Pattern(error)) => return Err(errors::value(error)),
                Err(failure) => {
                    let message = failure.to_string();
                    return Err(errors::exception(py, "VerificationError", (message,)));
                }
            }
        }
        Ok(())
    }

    fn put_file(&self, name: &str, content: &[u8]) -> PyResult<()> {
        self.0
            .get()?
            .put_file(name, bytes::Bytes::copy_from_slice(content));
        Ok(())
    }

    fn reset(&self, py: Python<'_>) -> PyResult<()> {
        self.0.reset(py, ResetDepth::All)
    }

    fn status<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        self.0.status(py)
    }
}

/// Names to values, the last of a name that stands twice.
fn pairs<'py>(py: Python<'py>, pairs: &[(String, String)]) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    for (name, value) in pairs {
        dict.set_item(name, value)?;
    }
    Ok(dict)
}
