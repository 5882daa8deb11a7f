//! One service, of a stack or standing alone, as every class of a service holds it.

use std::sync::Arc;

use efsm_core::{Context, ResetDepth, Service};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::json;
use crate::process::Own;

/// A service and the context that it was made in.
#[derive(Debug)]
pub(crate) struct Part<S>(Own<(Arc<S>, Context)>);

impl<S: Service> Part<S> {
    pub(crate) fn new(service: Arc<S>, context: Context) -> Self {
        Self(Own::new((service, context)))
    }

    /// A service that no stack has.
    pub(crate) fn alone(make: impl FnOnce(Context) -> S) -> Self {
        let context = Context::default();
        Self::new(Arc::new(make(context.clone())), context)
    }

    pub(crate) fn get(&self) -> PyResult<&Arc<S>> {
        self.0.get().map(|(service, _)| service)
    }

    pub(crate) fn context(&self) -> PyResult<&Context> {
        self.0.get().map(|(_, context)| context)
    }

    /// Empties the service alone; its part of the journal goes with it.
    pub(crate) fn reset(&self, py: Python<'_>, depth: ResetDepth) -> PyResult<()> {
        let (service, context) = self.0.get()?;
        py.detach(|| {
            let cut = context.gate().cut();
            service.reset(depth, &cut);
            let name = service.name();
            context.journal().retain(|entry| entry.service != name);
        });
        Ok(())
    }

    /// What the control API says of it: counts and memory.
    pub(crate) fn status<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let service = self.get()?;
        let status = py.detach(|| service.status());
        let dict = json::to_dict(py, &status.counts)?;
        dict.set_item("memory_bytes", status.memory_bytes)?;
        Ok(dict)
    }
}
