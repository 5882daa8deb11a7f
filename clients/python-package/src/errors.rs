//! The package's exceptions, which Python defines in `sin_code_efsm.errors`.

use efsm::{ConfigErrors, ServerError};
use efsm_core::RestoreError;
use efsm_database::Error as SqlError;
use pyo3::exceptions::{PyMemoryError, PyOSError, PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

/// An exception of that name with these arguments.
pub(crate) fn exception<'py, A>(py: Python<'py>, name: &str, arguments: A) -> PyErr
where
    A: IntoPyObject<'py, Target = PyTuple> + pyo3::call::PyCallArgs<'py>,
{
    let made = py
        .import("sin_code_efsm.errors")
        .and_then(|module| module.getattr(name))
        .and_then(|class| class.call1(arguments));
    match made {
        Ok(value) => PyErr::from_value(value),
        Err(error) => error,
    }
}

/// `ConfigError(message, file, line, column, key)` of the first error; the message has them all.
pub(crate) fn config(py: Python<'_>, errors: &ConfigErrors) -> PyErr {
    let Some(first) = errors.iter().next() else {
        return PyValueError::new_err(errors.to_string());
    };
    let origin = first.origin();
    let arguments = (
        format!("{errors:#}"),
        origin.file().to_owned(),
        origin.line(),
        origin.column(),
        origin.key().to_owned(),
    );
    exception(py, "ConfigError", arguments)
}

pub(crate) fn server(py: Python<'_>, error: &ServerError) -> PyErr {
    let message = error.to_string();
    match error {
        ServerError::Config(errors) => config(py, errors),
        ServerError::Bind(_) => exception(py, "PortError", (message,)),
        ServerError::Auth(_)
        | ServerError::RootDir(_)
        | ServerError::Spec(_)
        | ServerError::OpenProxy { .. } => PyValueError::new_err(message),
        ServerError::Runtime(_) => PyOSError::new_err(message),
        ServerError::Restore(error) => restore(error),
        ServerError::Stopped => PyRuntimeError::new_err(message),
    }
}

pub(crate) fn restore(error: &RestoreError) -> PyErr {
    PyValueError::new_err(error.to_string())
}

/// `DatabaseError(message, code, offset)`, or the subclass that the code asks for.
pub(crate) fn sql(py: Python<'_>, error: &SqlError) -> PyErr {
    const CONSTRAINT: i32 = 19;
    const RANGE: i32 = 25;
    let name = match error.code().primary() {
        CONSTRAINT => "IntegrityError",
        RANGE => "ProgrammingError",
        _ if matches!(error, SqlError::SeveralStatements) => "ProgrammingError",
        _ => "DatabaseError",
    };
    let arguments = (error.to_string(), error.code().name(), error.offset());
    exception(py, name, arguments)
}

/// Settings and arguments that a service refuses.
pub(crate) fn value(error: impl std::fmt::Display) -> PyErr {
    PyValueError::new_err(error.to_string())
}

pub(crate) fn memory(error: impl std::fmt::Display) -> PyErr {
    PyMemoryError::new_err(error.to_string())
}
