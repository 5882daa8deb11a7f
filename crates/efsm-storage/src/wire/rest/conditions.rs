//! The conditional header fields of RFC 9110 section 13.1.

use std::time::UNIX_EPOCH;

use efsm_core::Timestamp;
use efsm_wire::BadInput;
use http::header::{
    HeaderMap, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, IF_UNMODIFIED_SINCE,
};

use super::headers::text;
use crate::engine::{Conditions, Object, Tag, TagMatch};

pub(super) fn of(headers: &HeaderMap) -> Result<Conditions, BadInput> {
    let tags = |name| {
        text(headers, name)?
            .map(|value| {
                tag_match(&value).ok_or_else(|| {
                    BadInput::new(format!(
                        "the header `{name}` must be `*` or entity tags in quotes, not `{value}`"
                    ))
                })
            })
            .transpose()
    };
    let date = |name| {
        headers
            .get(name)
            .and_then(|value| http_date(value.to_str().ok()?))
    };
    Ok(Conditions {
        if_match: tags(IF_MATCH.as_str())?,
        if_none_match: tags(IF_NONE_MATCH.as_str())?,
        if_modified_since: date(IF_MODIFIED_SINCE),
        if_unmodified_since: date(IF_UNMODIFIED_SINCE),
    })
}

/// Whether `If-Range` lets a range be sent: it is missing, or names the object as it is by a strong validator.
pub(super) fn if_range_holds(headers: &HeaderMap, object: &Object) -> bool {
    let Some(value) = headers.get(IF_RANGE) else {
        return true;
    };
    let Ok(value) = value.to_str() else {
        return false;
    };
    match http_date(value) {
        Some(date) => {
            object.is_sole_in_its_second() && object.modified().as_second() == date.as_second()
        }
        None => match tag_match(value) {
            Some(TagMatch::OneOf(tags)) => tags.len() == 1 && tags[0].is_strongly(object.etag()),
            _ => false,
        },
    }
}

/// A date in any of the three forms of RFC 9110 section 5.6.7; all else is ignored, as it wants.
fn http_date(text: &str) -> Option<Timestamp> {
    let at = httpdate::parse_http_date(text).ok()?;
    let seconds = at.duration_since(UNIX_EPOCH).ok()?.as_secs();
    Timestamp::from_second(i64::try_from(seconds).ok()?).ok()
}

/// `*`, or a list of entity tags. A tag without its quotes is taken as many clients of S3 send it.
fn tag_match(text: &str) -> Option<TagMatch> {
    let text = text.trim();
    if text == "*" {
        return Some(TagMatch::Any);
    }
    let mut tags = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        if rest.is_empty() {
            break;
        }
        let (weak, tag) = rest
            .strip_prefix("W/")
            .map_or((false, rest), |tag| (true, tag));
        let (opaque, after) = match tag.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => tag.split_at(tag.find([',', '"']).unwrap_or(tag.len())),
        };
        rest = after.trim_start();
        if !(rest.is_empty() || rest.starts_with(',')) {
            return None;
        }
        tags.push(Tag {
            weak,
            opaque: opaque.trim_end().to_owned(),
        });
    }
    (!tags.is_empty()).then_some(TagMatch::OneOf(tags))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(text: &str) -> Option<Vec<(bool, String)>> {
        match tag_match(text)? {
            TagMatch::Any => Some(vec![(false, "*".to_owned())]),
            TagMatch::OneOf(tags) => Some(tags.into_iter().map(|t| (t.weak, t.opaque)).collect()),
        }
    }

    #[test]
    fn tags_are_read_as_the_grammar_has_them() {
        let strong = |text: &str| (false, text.to_owned());
        let weak = |text: &str| (true, text.to_owned());
        for (text, expected) in [
            ("*", Some(vec![strong("*")])),
            ("\"a\"", Some(vec![strong("a")])),
            (
                "\"a,b\" ,W/\"c d\",, \"\"",
                Some(vec![strong("a,b"), weak("c d"), strong("")]),
            ),
            ("\"*\"", Some(vec![strong("*")])),
            ("abc, def", Some(vec![strong("abc"), strong("def")])),
            ("", None),
            (",", None),
            ("\"a", None),
            ("\"a\"b", None),
            ("a\"b\"", None),
        ] {
            assert_eq!(tags(text), expected, "{text:?}");
        }
    }

    #[test]
    fn dates_of_all_three_forms_are_the_same() {
        for text in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
        ] {
            assert_eq!(http_date(text).map(Timestamp::as_second), Some(784_111_777));
        }
        assert_eq!(http_date("1994-11-06T08:49:37Z"), None);
    }
}
