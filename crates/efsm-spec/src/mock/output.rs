//! A response checked against its operation.

use super::parameters::{self, At};
use super::request::Payload;
use super::violation::{Severity, Side, Violation};
use super::{body, media};
use crate::model::{Operation, Response};
use crate::schema::Root;

/// A response as it is about to be sent, or as it came from elsewhere.
pub(super) struct Output<'a> {
    pub(super) status: u16,
    /// Names as they are written.
    pub(super) headers: &'a [(String, String)],
    /// `None` where there is none, which is no value at all.
    pub(super) body: Option<&'a mut Payload>,
}

pub(super) fn check(root: &Root, operation: &Operation, output: Output<'_>) -> Vec<Violation> {
    let Some(response) = described(&operation.responses, output.status) else {
        let codes: Vec<&str> = operation
            .responses
            .iter()
            .map(|one| one.code.as_str())
            .collect();
        let severity = if (200..300).contains(&output.status) {
            Severity::Error
        } else {
            Severity::Warning
        };
        return vec![Violation::new(
            Side::Response,
            severity,
            format!(
                "Unable to match the returned status code with those defined in the document: {}",
                codes.join(",")
            ),
        )];
    };
    let media_type = output
        .headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("content-type"))
        .map(|(_, value)| value.as_str());
    let mut violations = Vec::new();
    violations.extend(of_type(response, media_type));
    if let Some(body) = output.body {
        violations.extend(body::check(
            root,
            Side::Response,
            &response.contents,
            media_type,
            body,
        ));
    } else if response
        .contents
        .iter()
        .any(|content| content.schema.is_some())
    {
        // JavaScript's `undefined` is of no type.
        violations.extend(body::nothing(root, &response.contents, media_type));
    }
    let headers = || {
        let given = response.headers.iter().filter_map(|header| {
            let name = header.name.to_lowercase();
            let (_, value) = output
                .headers
                .iter()
                .find(|(own, _)| own.eq_ignore_ascii_case(&name))?;
            Some((name, vec![value.clone()]))
        });
        given.collect()
    };
    let of_headers =
        parameters::check(root, Side::Response, At::Header, &response.headers, headers);
    violations.extend(of_headers.unwrap_or_default());
    violations
}

/// The description of a status: exact, then `2XX`, then `default`.
fn described(responses: &[Response], status: u16) -> Option<&Response> {
    let text = status.to_string();
    let fits = |code: &str| {
        code.len() == text.len()
            && code
                .bytes()
                .zip(text.bytes())
                .all(|(own, digit)| own == b'X' || own == digit)
    };
    responses
        .iter()
        .filter(|response| fits(&response.code))
        .min_by_key(|response| response.code.matches('X').count())
        .or_else(|| responses.iter().find(|response| response.code == "default"))
}

fn of_type(response: &Response, media_type: Option<&str>) -> Option<Violation> {
    let contents = &response.contents;
    let is_good = contents.is_empty()
        || media_type.is_some_and(|kind| {
            contents
                .iter()
                .any(|content| media::is_described_with_parameters(kind, &content.media_type))
        });
    if is_good {
        return None;
    }
    let types: Vec<&str> = contents
        .iter()
        .map(|content| content.media_type.as_str())
        .collect();
    let plural = if types.len() > 1 { "s" } else { "" };
    Some(Violation::new(
        Side::Response,
        Severity::Error,
        format!(
            "The received media type \"{}\" does not match the one{plural} specified in the current response: {}",
            media_type.unwrap_or(""),
            types.join(", ")
        ),
    ))
}
