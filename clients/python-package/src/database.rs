//! SQL.

use efsm_core::ResetDepth;
use efsm_database::{Args, DatabaseService, Error, RowSet, Value};
use pyo3::exceptions::{PyOverflowError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyFloat, PyInt, PyList, PyMapping, PySequence, PyString};

use crate::service::Part;
use crate::{errors, json};

#[pyclass(frozen, module = "sin_code_efsm._native")]
pub(crate) struct Database(pub(crate) Part<DatabaseService>);

#[pymethods]
impl Database {
    #[new]
    fn alone() -> Self {
        Self(Part::alone(DatabaseService::new))
    }

    /// The rows as dicts by column.
    fn execute<'py>(
        &self,
        py: Python<'py>,
        database: &str,
        sql: &str,
        params: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyList>> {
        let args = args_of(params)?;
        let rows = self.run(py, |service| service.database(database)?.execute(sql, args))?;
        dicts(py, &rows)
    }

    /// One statement for each of `rows`, all or none; gives the number of changed rows.
    fn execute_many(
        &self,
        py: Python<'_>,
        database: &str,
        sql: &str,
        rows: &Bound<'_, PyAny>,
    ) -> PyResult<u64> {
        let mut args = Vec::new();
        for row in rows.try_iter()? {
            args.push(args_of(Some(&row?))?);
        }
        let outcome = self.run(py, |service| {
            service.database(database)?.execute_many(sql, args)
        })?;
        Ok(outcome.changes)
    }

    /// A script, whole or not at all.
    fn load(&self, py: Python<'_>, database: &str, sql: &str) -> PyResult<()> {
        self.run(py, |service| service.database(database)?.seed(sql))
    }

    fn dump(&self, py: Python<'_>, database: &str) -> PyResult<String> {
        self.run(py, |service| service.database(database)?.dump())
    }

    /// A database file.
    fn export<'py>(&self, py: Python<'py>, database: &str) -> PyResult<Bound<'py, PyBytes>> {
        let image = self.run(py, |service| service.database(database)?.export())?;
        Ok(PyBytes::new(py, &image))
    }

    fn import_image(&self, py: Python<'_>, database: &str, image: &[u8]) -> PyResult<()> {
        self.run(py, |service| service.database(database)?.import(image))
    }

    fn tables(&self, py: Python<'_>, database: &str) -> PyResult<Vec<String>> {
        self.run(py, |service| service.database(database)?.tables())
    }

    fn databases(&self) -> PyResult<Vec<String>> {
        let databases = self.0.get()?.databases().list();
        Ok(databases.into_iter().map(|(name, _)| name).collect())
    }

    /// Drops the rows of every database and keeps the tables.
    fn reset(&self, py: Python<'_>) -> PyResult<()> {
        self.0.reset(py, ResetDepth::Data)
    }

    fn hard_reset(&self, py: Python<'_>) -> PyResult<()> {
        self.0.reset(py, ResetDepth::All)
    }

    fn status<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        self.0.status(py)
    }
}

impl Database {
    fn run<T: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&DatabaseService) -> Result<T, Error> + Send,
    ) -> PyResult<T> {
        let service = self.0.get()?;
        py.detach(|| work(service))
            .map_err(|error| errors::sql(py, &error))
    }
}

/// `None`, a sequence of values in order, or a mapping of names to values.
fn args_of(params: Option<&Bound<'_, PyAny>>) -> PyResult<Args> {
    let Some(params) = params.filter(|params| !params.is_none()) else {
        return Ok(Args::NONE);
    };
    if params.is_instance_of::<PyString>() || params.is_instance_of::<PyBytes>() {
        return Err(wrong_params(params));
    }
    if let Ok(mapping) = params.cast::<PyMapping>() {
        let mut named = Vec::new();
        for item in mapping.items()?.iter() {
            let (name, value): (String, Bound<'_, PyAny>) = item.extract()?;
            named.push((name, value_of(&value)?));
        }
        return Ok(Args::named(named));
    }
    if params.cast::<PySequence>().is_err() {
        return Err(wrong_params(params));
    }
    let mut values = Vec::new();
    for value in params.try_iter()? {
        values.push(value_of(&value?)?);
    }
    Ok(Args::positional(values))
}

fn wrong_params(params: &Bound<'_, PyAny>) -> PyErr {
    PyTypeError::new_err(format!(
        "parameters must be a tuple, list or dict, not {}: one parameter is written (value,)",
        json::kind(params)
    ))
}

fn value_of(value: &Bound<'_, PyAny>) -> PyResult<Value> {
    if value.is_none() {
        return Ok(Value::Null);
    }
    if value.is_instance_of::<PyInt>() {
        return value.extract::<i64>().map(Value::Integer).map_err(|_| {
            PyOverflowError::new_err("an integer parameter must fit 64 bits: pass it as text")
        });
    }
    if let Ok(number) = value.cast::<PyFloat>() {
        return Ok(Value::Real(number.value()));
    }
    if let Ok(text) = value.cast::<PyString>() {
        return Ok(Value::Text(text.to_cow()?.into_owned()));
    }
    if let Ok(bytes) = value.cast::<PyBytes>() {
        return Ok(Value::Blob(bytes.as_bytes().to_vec()));
    }
    if ["bytearray", "memoryview"].contains(&json::kind(value).as_str()) {
        let copied = value.py().get_type::<PyBytes>().call1((value,))?;
        return Ok(Value::Blob(copied.cast::<PyBytes>()?.as_bytes().to_vec()));
    }
    Err(PyTypeError::new_err(format!(
        "a parameter of type {} cannot be bound: pass None, int, float, str or bytes",
        json::kind(value)
    )))
}

fn dicts<'py>(py: Python<'py>, set: &RowSet) -> PyResult<Bound<'py, PyList>> {
    let names: Vec<Bound<'py, PyString>> = set
        .columns
        .iter()
        .map(|column| PyString::intern(py, &column.name))
        .collect();
    let list = PyList::empty(py);
    for row in &set.rows {
        let dict = PyDict::new(py);
        for (name, value) in names.iter().zip(row) {
            match value {
                Value::Null => dict.set_item(name, py.None())?,
                Value::Integer(number) => dict.set_item(name, number)?,
                Value::Real(number) => dict.set_item(name, number)?,
                Value::Text(text) => dict.set_item(name, text)?,
                Value::Blob(bytes) => dict.set_item(name, PyBytes::new(py, bytes))?,
            }
        }
        list.append(dict)?;
    }
    Ok(list)
}
