//! Faults of single operations: rules that name a bucket, a key or an operation.

use std::borrow::Cow;

use efsm_core::fault::Fault;
use efsm_core::{Context, Note};

use crate::service::NAME;

/// The first rule that fits an operation, of which `value` looks up what it knows by name.
pub(super) fn draw<'v>(
    context: &Context,
    value: impl Fn(&str) -> Option<Cow<'v, str>>,
) -> Option<Fault> {
    let fault = context
        .faults()
        .for_operation(NAME, context.entropy(), &value)?;
    let id = &fault.rule.id;
    let operation = value("operation").unwrap_or("an unknown operation".into());
    let note = Note::new(format!("fault {id} on {operation}")).with("rule", id.clone());
    let names = ["operation", "bucket", "key"];
    let note = names
        .into_iter()
        .fold(note, |note, name| match value(name) {
            Some(text) => note.with(name, text.into_owned()),
            None => note,
        });
    context.record(NAME, "fault", note);
    Some(fault)
}
