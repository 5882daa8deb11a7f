//! What comes back.

use efsm_spec::model::{Parameter, Response};
use serde_json::Value;

use crate::Comparison;
use crate::bodies::contents;
use crate::change::{Severity, Side};
use crate::operations::Pair;
use crate::pointer::{below, down};
use crate::schema::{Schemas, Way};

pub(crate) fn compare(comparison: &mut Comparison<'_>, pair: &Pair) {
    let place = |pointer: &str, code: &str| down(pointer, &["responses", code]);
    for before in &pair.old.responses {
        let code = &before.code;
        let old_place = place(&pair.old_pointer, code);
        let Some(after) = find(&pair.new.responses, code) else {
            let severity = if is_success(code) {
                Severity::Breaking
            } else {
                Severity::Warning
            };
            let message = format!("the response {code} is gone");
            comparison.add(
                pair,
                "response-removed",
                severity,
                (Side::Old, &old_place),
                message,
            );
            continue;
        };
        let new_place = place(&pair.new_pointer, &after.code);
        let places = (&*old_place, &*new_place);
        let what = format!("the response {code}");
        contents(
            comparison,
            pair,
            &before.contents,
            &after.contents,
            places,
            Way::Out,
            &what,
        );
        headers(comparison, pair, before, after, places);
    }
    for after in &pair.new.responses {
        if find(&pair.old.responses, &after.code).is_none() {
            let code = &after.code;
            let severity = if is_success(code) {
                Severity::Warning
            } else {
                Severity::Safe
            };
            let message = format!("the response {code} is new");
            let place = place(&pair.new_pointer, code);
            comparison.add(
                pair,
                "response-added",
                severity,
                (Side::New, &place),
                message,
            );
        }
    }
}

fn headers(
    comparison: &mut Comparison<'_>,
    pair: &Pair,
    old: &Response,
    new: &Response,
    places: (&str, &str),
) {
    let code = &old.code;
    let place = |pointer: &str, header: &Parameter| down(pointer, &["headers", &header.name]);
    for before in &old.headers {
        let what = format!("the header `{}` of the response {code}", before.name);
        let old_place = place(places.0, before);
        let same = |after: &&Parameter| after.name.eq_ignore_ascii_case(&before.name);
        let Some(after) = new.headers.iter().find(same) else {
            let message = format!("{what} is gone");
            comparison.add(
                pair,
                "header-removed",
                Severity::Breaking,
                (Side::Old, &old_place),
                message,
            );
            continue;
        };
        let new_place = place(places.1, after);
        if before.is_required && !after.is_required {
            let message = format!("{what} may be left out now");
            comparison.add(
                pair,
                "header-became-optional",
                Severity::Breaking,
                (Side::New, &new_place),
                message,
            );
        }
        if after.is_required && !before.is_required {
            let message = format!("{what} is always there now");
            comparison.add(
                pair,
                "header-became-required",
                Severity::Safe,
                (Side::New, &new_place),
                message,
            );
        }
        let schema = |header: &Parameter| header.schema.clone().unwrap_or(Value::Bool(true));
        let (before, after) = (schema(before), schema(after));
        let before = Schemas::of(&before, below(&old_place, "schema"));
        let after = Schemas::of(&after, below(&new_place, "schema"));
        comparison.schemas(pair, &before, &after, Way::Out, &what);
    }
    for after in &new.headers {
        if !old
            .headers
            .iter()
            .any(|before| before.name.eq_ignore_ascii_case(&after.name))
        {
            let message = format!("the header `{}` of the response {code} is new", after.name);
            comparison.add(
                pair,
                "header-added",
                Severity::Safe,
                (Side::New, &place(places.1, after)),
                message,
            );
        }
    }
}

/// The response of a code, `2xx` being `2XX`.
fn find<'r>(responses: &'r [Response], code: &str) -> Option<&'r Response> {
    responses
        .iter()
        .find(|response| response.code.eq_ignore_ascii_case(code))
}

/// Whether clients live from it.
fn is_success(code: &str) -> bool {
    code.starts_with('2') || code == "default"
}
