//! Buckets and objects.

use std::collections::BTreeMap;

use bytes::Bytes;
use efsm_core::ResetDepth;
use efsm_storage::{ListQuery, PutOptions, StorageError, StorageService};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyString};

use crate::service::Part;
use crate::{errors, json};

#[pyclass(frozen, module = "sin_code_efsm._native")]
pub(crate) struct Storage(pub(crate) Part<StorageService>);

#[pymethods]
impl Storage {
    #[new]
    fn alone() -> Self {
        Self(Part::alone(StorageService::new))
    }

    fn put_object(
        &self,
        py: Python<'_>,
        bucket: &str,
        key: &str,
        data: &Bound<'_, PyAny>,
        content_type: Option<String>,
        metadata: BTreeMap<String, String>,
    ) -> PyResult<u64> {
        let service = self.0.get()?;
        let body = bytes_of(data)?;
        let mut options = content_type.map_or_else(PutOptions::default, PutOptions::content_type);
        options.metadata.user = metadata;
        py.detach(|| service.put_object(bucket, key, body, options))
            .map(|object| object.size())
            .map_err(refused)
    }

    /// `{data, content_type, size, metadata, etag, modified}`, or `None`.
    fn get_object<'py>(
        &self,
        py: Python<'py>,
        bucket: &str,
        key: &str,
    ) -> PyResult<Option<Bound<'py, PyDict>>> {
        let service = self.0.get()?;
        let object = match py.detach(|| service.get_object(bucket, key)) {
            Ok(object) => object,
            Err(StorageError::NoSuchKey { .. } | StorageError::NoSuchBucket { .. }) => {
                return Ok(None);
            }
            Err(error) => return Err(refused(error)),
        };
        let dict = PyDict::new(py);
        dict.set_item("data", PyBytes::new(py, &object.body().to_bytes()))?;
        dict.set_item("content_type", object.metadata().content_type.as_deref())?;
        dict.set_item("size", object.size())?;
        dict.set_item("metadata", object.metadata().user.clone())?;
        dict.set_item("modified", object.modified().to_string())?;
        Ok(Some(dict))
    }

    fn list_objects(&self, py: Python<'_>, bucket: &str, prefix: String) -> PyResult<Vec<String>> {
        let service = self.0.get()?;
        let query = ListQuery {
            prefix,
            ..ListQuery::default()
        };
        match py.detach(|| service.list_objects(bucket, &query)) {
            Ok(listing) => Ok(listing
                .objects
                .iter()
                .map(|(key, _)| key.as_str().to_owned())
                .collect()),
            Err(StorageError::NoSuchBucket { .. }) => Ok(Vec::new()),
            Err(error) => Err(refused(error)),
        }
    }

    fn list_buckets(&self, py: Python<'_>) -> PyResult<Vec<String>> {
        let service = self.0.get()?;
        let buckets = py.detach(|| service.list_buckets());
        Ok(buckets
            .iter()
            .map(|bucket| bucket.name.as_str().to_owned())
            .collect())
    }

    fn create_bucket(&self, py: Python<'_>, bucket: &str) -> PyResult<bool> {
        let service = self.0.get()?;
        py.detach(|| service.create_bucket(bucket)).map_err(refused)
    }

    fn delete_bucket(&self, py: Python<'_>, bucket: &str) -> PyResult<bool> {
        let service = self.0.get()?;
        py.detach(|| service.delete_bucket(bucket)).map_err(refused)
    }

    fn delete_object(&self, py: Python<'_>, bucket: &str, key: &str) -> PyResult<bool> {
        let service = self.0.get()?;
        match py.detach(|| service.delete_object(bucket, key)) {
            Err(StorageError::NoSuchBucket { .. }) => Ok(false),
            done => done.map_err(refused),
        }
    }

    fn reset(&self, py: Python<'_>) -> PyResult<()> {
        self.0.reset(py, ResetDepth::All)
    }

    fn status<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        self.0.status(py)
    }
}

/// The bytes of `bytes`, `bytearray`, `memoryview`, or of a text as UTF-8.
fn bytes_of(data: &Bound<'_, PyAny>) -> PyResult<Bytes> {
    if let Ok(text) = data.cast::<PyString>() {
        return Ok(Bytes::from(text.to_cow()?.into_owned()));
    }
    if let Ok(bytes) = data.cast::<PyBytes>() {
        return Ok(Bytes::copy_from_slice(bytes.as_bytes()));
    }
    // The stable ABI of Python 3.9 has no buffer protocol: `bytes()` reads what has one.
    let has_buffer = ["bytearray", "memoryview", "array"].contains(&json::kind(data).as_str());
    if has_buffer {
        let copied = data.py().get_type::<PyBytes>().call1((data,))?;
        return Ok(Bytes::copy_from_slice(copied.cast::<PyBytes>()?.as_bytes()));
    }
    Err(PyTypeError::new_err(format!(
        "data must be bytes or str, not {}",
        json::kind(data)
    )))
}

fn refused(error: StorageError) -> PyErr {
    match error {
        StorageError::OutOfMemory(_) => errors::memory(error),
        _ => errors::value(error),
    }
}
