//! Bodies of requests.

use efsm_spec::model::Content;
use serde_json::Value;

use crate::Comparison;
use crate::change::{Severity, Side};
use crate::operations::Pair;
use crate::pointer::{below, down};
use crate::schema::{Schemas, Way};

pub(crate) fn compare(comparison: &mut Comparison<'_>, pair: &Pair) {
    let new_place = below(&pair.new_pointer, "requestBody");
    let old_place = below(&pair.old_pointer, "requestBody");
    let here = (Side::New, &*new_place);
    match (&pair.old.body, &pair.new.body) {
        (None, Some(body)) if body.is_required => {
            let message = "a body is new and required".to_owned();
            comparison.add(
                pair,
                "body-added-required",
                Severity::Breaking,
                here,
                message,
            );
        }
        (None, Some(_)) => {
            let message = "a body is new".to_owned();
            comparison.add(pair, "body-added", Severity::Safe, here, message);
        }
        (Some(_), None) => {
            let message = "the body is gone".to_owned();
            comparison.add(
                pair,
                "body-removed",
                Severity::Warning,
                (Side::Old, &old_place),
                message,
            );
        }
        (Some(before), Some(after)) => {
            if after.is_required && !before.is_required {
                let message = "the body is required now".to_owned();
                comparison.add(
                    pair,
                    "body-became-required",
                    Severity::Breaking,
                    here,
                    message,
                );
            }
            if before.is_required && !after.is_required {
                let message = "the body is optional now".to_owned();
                comparison.add(pair, "body-became-optional", Severity::Safe, here, message);
            }
            let places = (&*old_place, &*new_place);
            contents(
                comparison,
                pair,
                &before.contents,
                &after.contents,
                places,
                Way::In,
                "the body",
            );
        }
        (None, None) => {}
    }
}

/// Media types of a body and their schemas.
pub(crate) fn contents(
    comparison: &mut Comparison<'_>,
    pair: &Pair,
    old: &[Content],
    new: &[Content],
    (old_place, new_place): (&str, &str),
    way: Way,
    what: &str,
) {
    let find = |contents: &[Content], media_type: &str| {
        contents
            .iter()
            .position(|content| content.media_type.eq_ignore_ascii_case(media_type))
    };
    for before in old {
        let media_type = &before.media_type;
        let Some(at) = find(new, media_type) else {
            let place = content_place(comparison, Side::Old, old_place, media_type, false);
            let message = format!("{what} is no longer to be had as {media_type}");
            comparison.add(
                pair,
                "media-type-removed",
                Severity::Breaking,
                (Side::Old, &place),
                message,
            );
            continue;
        };
        let schema = |content: &Content| content.schema.clone().unwrap_or(Value::Bool(true));
        let (before, after) = (schema(before), schema(&new[at]));
        let before = Schemas::of(
            &before,
            content_place(comparison, Side::Old, old_place, media_type, true),
        );
        let after = Schemas::of(
            &after,
            content_place(comparison, Side::New, new_place, media_type, true),
        );
        comparison.schemas(pair, &before, &after, way, what);
    }
    for after in new {
        if find(old, &after.media_type).is_none() && !old.is_empty() {
            let place = content_place(comparison, Side::New, new_place, &after.media_type, false);
            let message = format!("{what} can be {} as well", after.media_type);
            comparison.add(
                pair,
                "media-type-added",
                Severity::Safe,
                (Side::New, &place),
                message,
            );
        }
    }
}

/// Where a media type, or its schema, is written. Swagger 2 has one schema for all, without media types beside it.
fn content_place(
    comparison: &Comparison<'_>,
    side: Side,
    owner: &str,
    media_type: &str,
    schema: bool,
) -> String {
    let root = match side {
        Side::Old => &comparison.old.root,
        Side::New => &comparison.new.root,
    };
    let Some(value) = root.value.pointer(owner) else {
        return owner.to_owned();
    };
    // A body or response that is kept among the components stands there.
    let reference = value
        .get("$ref")
        .and_then(Value::as_str)
        .and_then(|reference| reference.strip_prefix('#'));
    let (owner, value) = match reference {
        Some(pointer) => (pointer, root.follow(value).unwrap_or(value)),
        None => (owner, value),
    };
    let step: &[&str] = if schema { &["schema"] } else { &[] };
    if value.get("content").is_some() {
        down(&down(owner, &["content", media_type]), step)
    } else {
        down(owner, step)
    }
}
