//! Regular expressions in Java's syntax.

use std::sync::Arc;

use efsm_javatext::{JavaRegex, RegexError};

use super::lists::repeated;
use crate::Value;
use crate::render::{Call, Failure, Outcome, kind, printed_error, refuse, variable};

/// What a match is charged beside the text that it searches: backtracking is bounded, but can be long.
const MATCHING_COST: usize = 64 * 1024;

fn pattern(call: &mut Call<'_, '_>) -> Result<Arc<str>, Failure> {
    match call.param(0) {
        Some(Value::Text(pattern)) => {
            let pattern = pattern.clone();
            call.renderer.charge(MATCHING_COST)?;
            Ok(pattern)
        }
        Some(other) => refuse(format!(
            "the regular expression must be a text, but is {}",
            kind(other)
        )),
        None => refuse("the regular expression is missing"),
    }
}

/// `{{regexExtract text '[0-9]+'}}` prints the first match; with a variable's name as third argument it is
/// given the groups of all matches.
pub(super) fn regex_extract(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    let pattern = pattern(call)?;
    let regex = match call.regex(&pattern) {
        Ok(regex) => regex,
        Err(RegexError::Syntax { .. }) => {
            return Ok(printed_error(format!("Invalid regex string {pattern}")));
        }
        Err(error) => return refuse(error.to_string()),
    };
    let text = call.context_text()?;
    if call.params.len() == 1 {
        return match regex.find(&text) {
            Ok(Some(found)) => Ok(found.as_str().into()),
            Ok(None) => Ok(nothing_matched(call, &pattern)),
            Err(error) => refuse(error.to_string()),
        };
    }
    let matches = match regex.captures_iter(&text) {
        Ok(matches) => matches,
        Err(error) => return refuse(error.to_string()),
    };
    let groups: Vec<Value> = matches
        .iter()
        .flat_map(|captures| captures.iter().skip(1))
        .map(|group| group.map_or(Value::Null, |group| group.as_str().into()))
        .collect();
    if groups.is_empty() {
        return Ok(nothing_matched(call, &pattern));
    }
    let name = call.params[1].clone();
    let name = variable(&name)?;
    call.renderer.reserve(groups.len() * size_of::<Value>())?;
    call.renderer.assign(name, repeated(groups)?);
    Ok(Outcome::Value(Value::Null))
}

fn nothing_matched(call: &Call<'_, '_>, pattern: &str) -> Outcome {
    match call.hash("default") {
        Some(default) => Outcome::Value(default.clone()),
        None => printed_error(format!("Nothing matched {pattern}")),
    }
}

/// `{{matches text 'a.*'}}`: whether the whole text matches.
pub(super) fn matches(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    if call.params.is_empty() {
        return Ok(printed_error(
            "You must specify the string to be matched and the regular expression",
        ));
    }
    let text = call.context_text()?;
    let pattern = pattern(call)?;
    let found = call
        .regex(&pattern)
        .and_then(|regex: Arc<JavaRegex>| regex.matches(&text));
    let found = match found {
        Ok(found) => found,
        Err(error) => return refuse(error.to_string()),
    };
    Ok(match (call.is_block(), found) {
        (true, true) => Outcome::Body,
        (true, false) => "".into(),
        (false, found) => found.into(),
    })
}
