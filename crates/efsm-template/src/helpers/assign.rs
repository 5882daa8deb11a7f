//! Variables.

use crate::Value;
use crate::render::{Call, Failure, Outcome};

/// `{{#assign 'name'}}text{{/assign}}`: the body without the white space around it.
pub(super) fn assign(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    let name = call.context_text()?;
    let text = call.body()?;
    call.renderer.assign(name, Value::from(text.trim()));
    Ok(Outcome::Value(Value::Null))
}

/// `{{val value or=default assign='name'}}`: keeps the kind of the value.
pub(super) fn val(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    let value = if call.context.is_null() {
        let default = call.hash("or").or_else(|| call.hash("default"));
        default.cloned().unwrap_or_default()
    } else {
        call.context.clone()
    };
    match call.hash_text("assign")? {
        Some(name) => {
            call.renderer.assign(name, value);
            Ok(Outcome::Value(Value::Null))
        }
        None => Ok(Outcome::Value(value)),
    }
}
