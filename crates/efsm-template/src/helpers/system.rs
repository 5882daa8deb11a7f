//! The machine.

use crate::Value;
use crate::env::{SystemSource, SystemValue};
use crate::render::{Call, Failure, Outcome, printed_error};

pub(super) fn hostname(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    Ok(call.renderer.env.hostname().into())
}

/// `{{systemValue type='ENVIRONMENT' key='HOME' default='/'}}`.
pub(super) fn system_value(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    let key = call.hash_string("key")?.filter(|key| !key.is_empty());
    let Some(key) = key else {
        return Ok(printed_error("The key cannot be empty"));
    };
    let source = match call.hash_string("type")?.as_deref() {
        None | Some("ENVIRONMENT") => Some(SystemSource::Environment),
        Some("PROPERTY") => Some(SystemSource::Property),
        Some(_) => None,
    };
    let asked = source.unwrap_or(SystemSource::Environment);
    Ok(match call.renderer.env.system_value(asked, &key) {
        SystemValue::Denied => printed_error(format!("Access to {key} is denied")),
        _ if source.is_none() => "".into(),
        SystemValue::Present(value) => value.into(),
        SystemValue::Absent => Outcome::Value(call.hash("default").cloned().unwrap_or(Value::Null)),
    })
}
