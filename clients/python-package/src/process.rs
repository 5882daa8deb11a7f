//! What must not cross `os.fork`: a child has none of the parent's threads, so nothing that they serve.

use pyo3::PyResult;
use pyo3::exceptions::PyRuntimeError;

/// A value of the process that made it.
///
/// A child of `os.fork` is refused with a message, and does not run the value's drop: it would wait
/// for threads that are not there.
#[derive(Debug)]
pub(crate) struct Own<T> {
    value: Option<T>,
    process: u32,
}

impl<T> Own<T> {
    pub(crate) fn new(value: T) -> Self {
        Self {
            value: Some(value),
            process: std::process::id(),
        }
    }

    pub(crate) fn get(&self) -> PyResult<&T> {
        let now = std::process::id();
        if now == self.process {
            return Ok(self
                .value
                .as_ref()
                .expect("the value is taken out only by drop"));
        }
        Err(PyRuntimeError::new_err(format!(
            "this stack belongs to process {}, and process {now} is its child by os.fork(): start another \
             server in the child, or reach the parent's over its url",
            self.process
        )))
    }
}

impl<T> Drop for Own<T> {
    fn drop(&mut self) {
        if std::process::id() != self.process {
            std::mem::forget(self.value.take());
        }
    }
}
