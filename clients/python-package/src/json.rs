//! Values between Python and JSON, by one rule: what `json.dumps` takes, without its surprises (no NaN, no keys
//! that are not text), and with the place of what cannot be taken.

use pyo3::exceptions::{PyRecursionError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};
use serde_json::{Map, Number, Value};

/// As deep as requests may be nested.
const DEPTH: usize = 128;

/// A Python value as JSON.
pub(crate) fn from_python(value: &Bound<'_, PyAny>) -> PyResult<Value> {
    read(value, &mut Vec::new())
}

/// A Python dict as a JSON object.
pub(crate) fn object(value: &Bound<'_, PyAny>, what: &str) -> PyResult<Map<String, Value>> {
    match from_python(value)? {
        Value::Object(map) => Ok(map),
        _ => Err(PyTypeError::new_err(format!(
            "{what} must be a dict, not {}",
            kind(value)
        ))),
    }
}

fn read(value: &Bound<'_, PyAny>, place: &mut Vec<String>) -> PyResult<Value> {
    if place.len() > DEPTH {
        return Err(PyRecursionError::new_err(format!(
            "the value is nested more than {DEPTH} levels deep, or holds itself"
        )));
    }
    if value.is_none() {
        return Ok(Value::Null);
    }
    // Before numbers: True is an int in Python.
    if let Ok(is_true) = value.cast::<PyBool>() {
        return Ok(Value::Bool(is_true.is_true()));
    }
    if let Ok(text) = value.cast::<PyString>() {
        return Ok(Value::String(text.to_cow()?.into_owned()));
    }
    if value.is_instance_of::<PyInt>() {
        return integer(value, place);
    }
    if let Ok(number) = value.cast::<PyFloat>() {
        return Number::from_f64(number.value())
            .map(Value::Number)
            .ok_or_else(|| {
                PyValueError::new_err(format!(
                    "{} is {}, which JSON has no number for",
                    shown(place),
                    number.value()
                ))
            });
    }
    if let Ok(map) = value.cast::<PyDict>() {
        return dict(map, place).map(Value::Object);
    }
    if let Ok(list) = value.cast::<PyList>() {
        return items(list.iter(), place);
    }
    if let Ok(tuple) = value.cast::<PyTuple>() {
        return items(tuple.iter(), place);
    }
    Err(PyTypeError::new_err(format!(
        "{} is {}, which has no form in JSON: give a dict, list, str, int, float, bool or None",
        shown(place),
        kind(value)
    )))
}

fn integer(value: &Bound<'_, PyAny>, place: &[String]) -> PyResult<Value> {
    if let Ok(number) = value.extract::<i64>() {
        return Ok(number.into());
    }
    value.extract::<u64>().map(Value::from).map_err(|_| {
        PyValueError::new_err(format!(
            "{} is an integer of more than 64 bits: send it as text",
            shown(place)
        ))
    })
}

fn dict(map: &Bound<'_, PyDict>, place: &mut Vec<String>) -> PyResult<Map<String, Value>> {
    let mut object = Map::new();
    for (key, value) in map.iter() {
        let Ok(key) = key.cast::<PyString>() else {
            return Err(PyTypeError::new_err(format!(
                "{} has a key of type {}: keys of JSON are text",
                shown(place),
                kind(&key)
            )));
        };
        let key = key.to_cow()?.into_owned();
        place.push(format!(".{key}"));
        let value = read(&value, place)?;
        place.pop();
        object.insert(key, value);
    }
    Ok(object)
}

fn items<'py>(
    items: impl Iterator<Item = Bound<'py, PyAny>>,
    place: &mut Vec<String>,
) -> PyResult<Value> {
    let mut list = Vec::new();
    for (index, item) in items.enumerate() {
        place.push(format!("[{index}]"));
        list.push(read(&item, place)?);
        place.pop();
    }
    Ok(Value::Array(list))
}

fn shown(place: &[String]) -> String {
    format!("the value at ${}", place.concat())
}

pub(crate) fn kind(value: &Bound<'_, PyAny>) -> String {
    value
        .get_type()
        .name()
        .map_or_else(|_| "an object".to_owned(), |name| name.to_string())
}

/// A JSON value as Python's own.
pub(crate) fn to_python<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        Value::Null => py.None().into_bound(py),
        Value::Bool(is_true) => PyBool::new(py, *is_true).to_owned().into_any(),
        Value::Number(number) => to_number(py, number)?,
        Value::String(text) => PyString::new(py, text).into_any(),
        Value::Array(items) => {
            let list = PyList::empty(py);
            for item in items {
                list.append(to_python(py, item)?)?;
            }
            list.into_any()
        }
        Value::Object(map) => to_dict(py, map)?.into_any(),
    })
}

pub(crate) fn to_dict<'py>(
    py: Python<'py>,
    map: &Map<String, Value>,
) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    for (name, value) in map {
        dict.set_item(name, to_python(py, value)?)?;
    }
    Ok(dict)
}

fn to_number<'py>(py: Python<'py>, number: &Number) -> PyResult<Bound<'py, PyAny>> {
    if let Some(number) = number.as_i64() {
        return Ok(number.into_pyobject(py)?.into_any());
    }
    if let Some(number) = number.as_u64() {
        return Ok(number.into_pyobject(py)?.into_any());
    }
    let number = number.as_f64().unwrap_or(f64::NAN);
    Ok(PyFloat::new(py, number).into_any())
}
