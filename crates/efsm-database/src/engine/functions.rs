//! The math functions that SQLite has when it is built with them, which the bundled build is not.
//!
//! <https://www.sqlite.org/lang_mathfunc.html>. As there: an argument that is not a number, and a result
//! that is none (the root of -1), give null.

use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, Result};

type Unary = fn(f64) -> f64;
type Binary = fn(f64, f64) -> f64;

const UNARY: [(&str, Unary); 20] = [
    ("acos", f64::acos),
    ("acosh", f64::acosh),
    ("asin", f64::asin),
    ("asinh", f64::asinh),
    ("atan", f64::atan),
    ("atanh", f64::atanh),
    ("cos", f64::cos),
    ("cosh", f64::cosh),
    ("degrees", f64::to_degrees),
    ("exp", f64::exp),
    ("ln", ln),
    ("log", log10),
    ("log10", log10),
    ("log2", log2),
    ("radians", f64::to_radians),
    ("sin", f64::sin),
    ("sinh", f64::sinh),
    ("sqrt", f64::sqrt),
    ("tan", f64::tan),
    ("tanh", f64::tanh),
];

const BINARY: [(&str, Binary); 5] = [
    ("atan2", f64::atan2),
    ("log", log_to_base),
    ("mod", |x, y| x % y),
    ("pow", f64::powf),
    ("power", f64::powf),
];

const ROUNDING: [(&str, Unary); 4] = [
    ("ceil", f64::ceil),
    ("ceiling", f64::ceil),
    ("floor", f64::floor),
    ("trunc", f64::trunc),
];

fn ln(x: f64) -> f64 {
    positive(x, f64::ln)
}

fn log2(x: f64) -> f64 {
    positive(x, f64::log2)
}

fn log10(x: f64) -> f64 {
    positive(x, f64::log10)
}

fn positive(x: f64, function: Unary) -> f64 {
    if x > 0.0 { function(x) } else { f64::NAN }
}

/// SQL's `log(B, X)` has the base first.
fn log_to_base(base: f64, x: f64) -> f64 {
    if base > 0.0 && x > 0.0 && base.ln() != 0.0 {
        x.ln() / base.ln()
    } else {
        f64::NAN
    }
}

pub(crate) fn register(connection: &Connection) -> Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8
        | FunctionFlags::SQLITE_DETERMINISTIC
        | FunctionFlags::SQLITE_INNOCUOUS;
    connection.create_scalar_function("pi", 0, flags, |_| Ok(std::f64::consts::PI))?;
    for (name, function) in UNARY {
        connection.create_scalar_function(name, 1, flags, move |context| {
            Ok(real(number(context, 0).map(function)))
        })?;
    }
    for (name, function) in BINARY {
        connection.create_scalar_function(name, 2, flags, move |context| {
            let arguments = number(context, 0).zip(number(context, 1));
            Ok(real(arguments.map(|(x, y)| function(x, y))))
        })?;
    }
    for (name, function) in ROUNDING {
        connection.create_scalar_function(name, 1, flags, move |context| {
            Ok(match context.get_raw(0) {
                ValueRef::Integer(n) => Value::Integer(n),
                _ => real(number(context, 0).map(function)),
            })
        })?;
    }
    Ok(())
}

fn real(x: Option<f64>) -> Value {
    x.filter(|x| !x.is_nan()).map_or(Value::Null, Value::Real)
}

/// An argument as a number: numbers, and text that is one throughout.
fn number(context: &Context<'_>, index: usize) -> Option<f64> {
    match context.get_raw(index) {
        ValueRef::Integer(n) => Some(n as f64),
        ValueRef::Real(x) => Some(x),
        ValueRef::Text(text) => {
            let text = std::str::from_utf8(text).ok()?.trim();
            // Rust reads `inf` and `nan` as numbers, SQL does not.
            let is_plain = !text.contains(|c: char| c.is_alphabetic() && !matches!(c, 'e' | 'E'));
            is_plain.then(|| text.parse().ok()).flatten()
        }
        ValueRef::Null | ValueRef::Blob(_) => None,
    }
}
