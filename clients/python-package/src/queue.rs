//! Topics and their messages.

use efsm_core::ResetDepth;
use efsm_queue::{QueueError, QueueService};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::service::Part;
use crate::{errors, json};

#[pyclass(frozen, module = "sin_code_efsm._native")]
pub(crate) struct Queue(pub(crate) Part<QueueService>);

#[pymethods]
impl Queue {
    #[new]
    fn alone() -> Self {
        Self(Part::alone(QueueService::new))
    }

    /// Publishes a JSON value; gives the number of messages that the topic holds then.
    fn publish(&self, py: Python<'_>, topic: &str, message: &Bound<'_, PyAny>) -> PyResult<usize> {
        let service = self.0.get()?;
        let message = json::from_python(message)?;
        py.detach(|| service.publish(topic, &message))
            .map(|done| done.message_count)
            .map_err(refused)
    }

    fn consume<'py>(
        &self,
        py: Python<'py>,
        topic: &str,
        limit: usize,
    ) -> PyResult<Bound<'py, PyList>> {
        let service = self.0.get()?;
        let messages = py
            .detach(|| service.consume(topic, limit))
            .map_err(refused)?;
        let list = PyList::empty(py);
        for message in messages {
            list.append(json::to_python(py, &message.json().map_err(refused)?)?)?;
        }
        Ok(list)
    }

    fn create_topic(&self, py: Python<'_>, topic: &str) -> PyResult<bool> {
        let service = self.0.get()?;
        py.detach(|| service.create_topic(topic)).map_err(refused)
    }

    fn topics(&self) -> PyResult<Vec<String>> {
        Ok(self.0.get()?.topics())
    }

    fn message_count(&self, topic: &str) -> PyResult<usize> {
        Ok(self.0.get()?.message_count(topic))
    }

    fn reset(&self, py: Python<'_>) -> PyResult<()> {
        self.0.reset(py, ResetDepth::All)
    }

    fn status<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        self.0.status(py)
    }
}

fn refused(error: QueueError) -> PyErr {
    match error {
        QueueError::OutOfMemory(_) => errors::memory(error),
        _ => errors::value(error),
    }
}
