use std::borrow::Cow;

use serde_json::{Number, Value};

use crate::ast::{Argument, Call, Function};
use crate::error::ReadError;

use super::{Evaluation, Hit, Missing, Place};

impl<'a> Evaluation<'a, '_> {
    /// A function of one value. Its place is that value's: what is set there replaces the value.
    pub(super) fn call(&mut self, call: &Call, hit: &Hit<'a>) -> Result<Hit<'a>, ReadError> {
        let value = match (call.function, &*hit.value, call.arguments.first()) {
            (Function::Length, _, Some(Argument::Path(_))) => {
                let counted = self.arguments(call)?;
                length(counted.first().unwrap_or(&Value::Null))
            }
            (Function::Length, value, _) => length(value),
            (Function::Keys, Value::Object(object), _) => {
                object.keys().cloned().map(Value::String).collect()
            }
            (Function::Keys, ..) => Value::Null,
            (Function::Append, Value::Array(items), _) => {
                Value::Array(items.iter().cloned().chain(self.arguments(call)?).collect())
            }
            (Function::Append, value, _) => value.clone(),
            (Function::Concat, value, _) => {
                let own = value
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(Value::as_str);
                let own: String = own.collect();
                Value::String(own + &joined(&self.arguments(call)?))
            }
            (Function::First | Function::Last | Function::Index, Value::Array(items), _) => {
                self.element(call, items)?
            }
            (Function::First | Function::Last | Function::Index, ..) => {
                return Err(self.misuse(call, "it is for arrays"));
            }
            (_, value, _) => {
                let mut numbers = numbers(value.as_array().into_iter().flatten());
                let arguments = self.arguments(call)?;
                numbers.extend(flat_numbers(&arguments));
                self.aggregate(call, &numbers)?
            }
        };
        Ok(Hit {
            value: Cow::Owned(value),
            place: Place::Nowhere,
        })
    }

    /// A function of everything that a deep scan found.
    pub(super) fn collect(
        &mut self,
        call: &Call,
        hits: Vec<Hit<'a>>,
    ) -> Result<Vec<Hit<'a>>, ReadError> {
        let value = match call.function {
            // What is counted is one level below: `$..book.length()` counts the books.
            Function::Length => {
                let count: usize = hits
                    .iter()
                    .map(|hit| match &*hit.value {
                        Value::Array(items) => items.len(),
                        Value::Object(object) => object.len(),
                        _ => 0,
                    })
                    .sum();
                Value::from(count)
            }
            Function::Keys => Value::Null,
            Function::Concat => {
                let found: Vec<Value> =
                    vec![hits.into_iter().map(|hit| hit.value.into_owned()).collect()];
                Value::String(joined(&found) + &joined(&self.arguments(call)?))
            }
            Function::Append => {
                let found = hits.into_iter().map(|hit| hit.value.into_owned());
                Value::Array(found.chain(self.arguments(call)?).collect())
            }
            Function::First | Function::Last | Function::Index => {
                let found: Vec<Value> =
                    hits.into_iter().map(|hit| hit.value.into_owned()).collect();
                self.element(call, &found)?
            }
            _ => {
                let mut numbers = numbers(hits.iter().map(|hit| &*hit.value));
                let arguments = self.arguments(call)?;
                numbers.extend(flat_numbers(&arguments));
                self.aggregate(call, &numbers)?
            }
        };
        Ok(vec![Hit {
            value: Cow::Owned(value),
            place: Place::Nowhere,
        }])
    }

    fn misuse(&self, call: &Call, reason: &str) -> ReadError {
        ReadError::Function {
            path: self.source.to_owned(),
            function: call.function.name().to_owned(),
            reason: reason.to_owned(),
        }
    }

    /// The arguments' values; paths start at the root, with `@` too.
    fn arguments(&mut self, call: &Call) -> Result<Vec<Value>, ReadError> {
        let mut values = Vec::new();
        for argument in &call.arguments {
            values.push(match argument {
                Argument::Json(value) => value.clone(),
                Argument::Path(path) => {
                    let mut evaluation = self.child();
                    let hits = evaluation.run(path, self.root, Missing::Skipped)?;
                    self.visits.set(evaluation.visits.get());
                    evaluation.result(path, hits)?.into_owned()
                }
            });
        }
        Ok(values)
    }

    fn element(&mut self, call: &Call, items: &[Value]) -> Result<Value, ReadError> {
        let index = match call.function {
            Function::First => 0,
            Function::Last => -1,
            _ => {
                let arguments = self.arguments(call)?;
                let index = arguments.first().and_then(Value::as_f64);
                index.ok_or_else(|| self.misuse(call, "it needs a number"))? as i64
            }
        };
        let index = if index < 0 {
            items.len() as i64 + index
        } else {
            index
        };
        let element = usize::try_from(index)
            .ok()
            .and_then(|index| items.get(index));
        element
            .cloned()
            .ok_or_else(|| self.misuse(call, &format!("the array has {} elements", items.len())))
    }

    fn aggregate(&self, call: &Call, numbers: &[f64]) -> Result<Value, ReadError> {
        if numbers.is_empty() {
            return Err(self.misuse(call, "there are no numbers"));
        }
        let count = numbers.len() as f64;
        let sum: f64 = numbers.iter().sum();
        let result = match call.function {
            Function::Min => numbers.iter().copied().fold(f64::INFINITY, f64::min),
            Function::Max => numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            Function::Avg => sum / count,
            Function::Stddev => {
                let squares: f64 = numbers.iter().map(|number| number * number).sum();
                (squares / count - sum * sum / count / count).sqrt()
            }
            _ => sum,
        };
        Ok(Number::from_f64(result).map_or(Value::Null, Value::Number))
    }
}

fn length(value: &Value) -> Value {
    match value {
        Value::Array(items) => Value::from(items.len()),
        Value::Object(object) => Value::from(object.len()),
        _ => Value::Null,
    }
}

fn numbers<'v>(values: impl Iterator<Item = &'v Value>) -> Vec<f64> {
    values.filter_map(Value::as_f64).collect()
}

/// The numbers among values and within arrays.
fn flat_numbers(values: &[Value]) -> Vec<f64> {
    values
        .iter()
        .flat_map(|value| match value {
            Value::Array(items) => numbers(items.iter()),
            value => numbers(std::iter::once(value)),
        })
        .collect()
}

/// The texts of values, arrays taken apart.
fn joined(values: &[Value]) -> String {
    let mut out = String::new();
    for value in values {
        let parts = value
            .as_array()
            .map_or(std::slice::from_ref(value), Vec::as_slice);
        for part in parts {
            match part {
                Value::Null => {}
                Value::String(text) => out.push_str(text),
                other => out.push_str(&other.to_string()),
            }
        }
    }
    out
}
