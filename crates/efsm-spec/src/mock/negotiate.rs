//! Which of the described responses answers, and with what of it.

use serde_json::Value;

use super::input::MALFORMED;
use super::log::{Level, Log, Scope};
use super::media;
use super::problem::Problem;
use super::violation::{Code, Violation};
use crate::model::{Content, Example, Operation, Parameter, Response};

/// What was asked for, and what the mock does when nothing was.
#[derive(Clone, Debug, Default)]
pub(super) struct Wanted {
    pub(super) code: Option<u16>,
    pub(super) example: Option<String>,
    pub(super) is_dynamic: bool,
    pub(super) seed: Option<String>,
    pub(super) accept: Option<String>,
}

/// A response before its body is made.
#[derive(Debug)]
pub(super) struct Chosen<'o> {
    pub(super) code: u16,
    pub(super) media_type: Option<String>,
    pub(super) example: Option<&'o Example>,
    pub(super) schema: Option<&'o Value>,
    pub(super) headers: &'o [Parameter],
}

/// A response with the status that it stands for.
#[derive(Clone, Copy)]
struct Candidate<'o> {
    response: &'o Response,
    code: u16,
}

/// The answer to a valid request.
pub(super) fn for_valid<'o>(
    operation: &'o Operation,
    wanted: &Wanted,
    log: &mut Log,
) -> Result<Chosen<'o>, Problem> {
    let Some(code) = wanted.code else {
        return without_code(operation, wanted, log);
    };
    let found = by_status(&operation.responses, code).or_else(|| {
        log.add(Scope::Negotiator, Level::Info, || {
            format!("Unable to find a {code} response definition")
        });
        by_default(&operation.responses, code)
    });
    let Some(candidate) = found else {
        return Err(Problem::not_found(format!(
            "Requested status code {code} is not defined in the document."
        )));
    };
    of_response(operation, wanted, candidate, log).or_else(|_| {
        without_code(operation, wanted, log).map_err(|error| {
            let error = error.as_error();
            Problem::unknown(format!(
                "{error}. We tried default response, but we got {error}"
            ))
        })
    })
}

/// The lowest 2xx, else `default` as a 200, else the first.
fn without_code<'o>(
    operation: &'o Operation,
    wanted: &Wanted,
    log: &mut Log,
) -> Result<Chosen<'o>, Problem> {
    let responses = &operation.responses;
    let lowest = responses
        .iter()
        .filter(|response| is_success(&response.code))
        .min_by(|a, b| a.code.cmp(&b.code))
        .and_then(as_range);
    let found = lowest
        .or_else(|| by_default(responses, 200))
        .or_else(|| responses.first().and_then(as_range));
    match found {
        Some(candidate) => of_response(operation, wanted, candidate, log),
        None => Err(Problem::no_response()),
    }
}

fn is_success(code: &str) -> bool {
    code.len() == 3
        && code.starts_with('2')
        && (&code[1..] == "XX" || code.bytes().all(|c| c.is_ascii_digit()))
}

/// `2XX` answers 200.
fn as_range(response: &Response) -> Option<Candidate<'_>> {
    let code = response.code.replace('X', "0").parse().ok()?;
    Some(Candidate { response, code })
}

fn by_status(responses: &[Response], code: u16) -> Option<Candidate<'_>> {
    let text = code.to_string();
    let range = format!("{}XX", &text[..1]);
    responses
        .iter()
        .find(|response| response.code == text)
        .or_else(|| responses.iter().find(|response| response.code == range))
        .map(|response| Candidate { response, code })
}

fn by_default(responses: &[Response], code: u16) -> Option<Candidate<'_>> {
    responses
        .iter()
        .find(|response| response.code == "default")
        .map(|response| Candidate { response, code })
}

fn of_response<'o>(
    operation: &Operation,
    wanted: &Wanted,
    candidate: Candidate<'o>,
    log: &mut Log,
) -> Result<Chosen<'o>, Problem> {
    let Candidate { response, code } = candidate;
    let empty = Chosen {
        code,
        media_type: None,
        example: None,
        schema: None,
        headers: &response.headers,
    };
    if operation.method == "head" {
        log.add(Scope::Negotiator, Level::Info, || {
            "Responding with an empty body to a HEAD request.".to_owned()
        });
        return Ok(empty);
    }
    let Some(accept) = &wanted.accept else {
        return of_default_type(wanted, candidate, log);
    };
    let offered: Vec<&str> = response
        .contents
        .iter()
        .map(|content| content.media_type.as_str())
        .collect();
    let Some(place) = media::best(accept, &offered) else {
        log.add(Scope::Negotiator, Level::Warn, || {
            format!("Unable to find content for {accept}")
        });
        let is_open = code == 204 || accept.contains("*/*");
        if response.contents.is_empty() || is_open {
            return Ok(empty);
        }
        return Err(Problem::not_acceptable(accept));
    };
    log.add(Scope::Negotiator, Level::Success, || {
        format!("Found a compatible content for {accept}")
    });
    let mut chosen = of_content(wanted, candidate, &response.contents[place], log)?;
    if chosen.media_type.as_deref() == Some("*/*") {
        chosen.media_type = Some("text/plain".to_owned());
    }
    Ok(chosen)
}

/// Without `Accept`, JSON is preferred.
fn of_default_type<'o>(
    wanted: &Wanted,
    candidate: Candidate<'o>,
    log: &mut Log,
) -> Result<Chosen<'o>, Problem> {
    let contents = &candidate.response.contents;
    let offered: Vec<&str> = contents
        .iter()
        .map(|content| content.media_type.as_str())
        .collect();
    let found = offered
        .iter()
        .position(|kind| *kind == "*/*")
        .or_else(|| media::best("application/json,*/*", &offered));
    match found {
        Some(place) => of_content(wanted, candidate, &contents[place], log),
        None => Ok(Chosen {
            code: candidate.code,
            media_type: Some("text/plain".to_owned()),
            example: None,
            schema: None,
            headers: &candidate.response.headers,
        }),
    }
}

fn of_content<'o>(
    wanted: &Wanted,
    candidate: Candidate<'o>,
    content: &'o Content,
    log: &mut Log,
) -> Result<Chosen<'o>, Problem> {
    let media_type = &content.media_type;
    let chosen = Chosen {
        code: candidate.code,
        media_type: Some(media_type.clone()),
        example: None,
        schema: content.schema.as_ref(),
        headers: &candidate.response.headers,
    };
    if let Some(key) = &wanted.example {
        let found = content.examples.iter().find(|example| example.key == *key);
        if found.is_none() {
            let message = no_example(media_type, key);
            log.add(Scope::Negotiator, Level::Warn, || message.clone());
            return Err(Problem::not_found(message));
        }
        return Ok(Chosen {
            example: found,
            ..chosen
        });
    }
    // Without a schema nothing can be generated. Prism answers 500 then; an example is better.
    if wanted.is_dynamic && content.schema.is_some() {
        return Ok(chosen);
    }
    Ok(Chosen {
        example: content.examples.first(),
        ..chosen
    })
}

fn no_example(media_type: &str, key: &str) -> String {
    format!("Response for contentType: {media_type} and exampleKey: {key} does not exist.")
}

/// The answer to a request that is not valid: a described one, or a problem.
pub(super) fn for_invalid<'o>(
    operation: &'o Operation,
    violations: &[Violation],
    wanted: &Wanted,
    log: &mut Log,
) -> Result<Chosen<'o>, Problem> {
    let codes = expected_codes(violations);
    let key = wanted
        .example
        .as_deref()
        .filter(|_| wanted.code.is_some_and(|code| codes.contains(&code)));
    let described = described(operation, codes, key, log);
    described.map_err(|problem| problem.unwrap_or_else(|| of_violations(violations)))
}

fn expected_codes(violations: &[Violation]) -> &'static [u16] {
    let has = |status: u16| {
        violations
            .iter()
            .any(|violation| violation.is_status(status))
    };
    if has(401) {
        &[401]
    } else if has(415) {
        &[415, 422, 400]
    } else if is_malformed(violations) {
        &[400, 422]
    } else {
        &[422, 400]
    }
}

fn is_malformed(violations: &[Violation]) -> bool {
    violations
        .iter()
        .any(|violation| matches!(&violation.code, Some(Code::Keyword(code)) if code == MALFORMED))
}

/// A described response for one of `codes`; `Err(None)` when there is none.
fn described<'o>(
    operation: &'o Operation,
    codes: &[u16],
    key: Option<&str>,
    log: &mut Log,
) -> Result<Chosen<'o>, Option<Problem>> {
    let found = codes
        .iter()
        .find_map(|code| by_status(&operation.responses, *code))
        .or_else(|| by_default(&operation.responses, codes[0]));
    let Candidate { response, code } = found.ok_or(None)?;
    log.add(Scope::Negotiator, Level::Success, || {
        format!("Found response {code}. I'll try with it.")
    });
    let chosen = Chosen {
        code,
        media_type: None,
        example: None,
        schema: None,
        headers: &response.headers,
    };
    if let Some(content) = response
        .contents
        .iter()
        .find(|content| !content.examples.is_empty())
    {
        log.add(Scope::Negotiator, Level::Success, || {
            format!("The response {code} has an example. I'll keep going with this one")
        });
        let example = match key {
            None => content.examples.first(),
            Some(key) => content.examples.iter().find(|example| example.key == key),
        };
        let example = example.ok_or_else(|| {
            Some(Problem::not_found(no_example(
                &content.media_type,
                key.unwrap_or_default(),
            )))
        })?;
        return Ok(Chosen {
            media_type: Some(content.media_type.clone()),
            example: Some(example),
            ..chosen
        });
    }
    if let Some(content) = response
        .contents
        .iter()
        .find(|content| content.schema.is_some())
    {
        log.add(Scope::Negotiator, Level::Success, || {
            format!("The response {code} has a schema. I'll keep going with this one")
        });
        return Ok(Chosen {
            media_type: Some(content.media_type.clone()),
            schema: content.schema.as_ref(),
            ..chosen
        });
    }
    Ok(chosen)
}

fn of_violations(violations: &[Violation]) -> Problem {
    let find = |status: u16| {
        violations
            .iter()
            .find(|violation| violation.is_status(status))
    };
    if let Some(violation) = find(401) {
        return Problem::unauthorized(&violation.tags);
    }
    if let Some(violation) = find(415) {
        return Problem::content_type(&violation.message);
    }
    unprocessable(violations)
}

/// Every violation in a list; a body that is no JSON is a bad request rather than one that cannot be processed.
pub(super) fn unprocessable(violations: &[Violation]) -> Problem {
    let mut problem = Problem::unprocessable(
        "Your request is not valid and no HTTP validation response was found in the spec, so Prism is generating this error for you.",
    );
    if is_malformed(violations) {
        problem.status = 400;
    }
    let list: Vec<Value> = violations.iter().map(Violation::to_json).collect();
    problem.more.push(("validation", list.into()));
    problem
}
