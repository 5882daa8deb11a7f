//! Helpers on one text.

use crate::Value;
use crate::render::{Call, Failure, Outcome, kind, refuse};

use super::java_len;

/// Runs `on` with what the first argument prints. Of an empty one the second argument is printed, as all
/// of these helpers do.
pub(super) fn on_text(
    call: &mut Call<'_, '_>,
    on: impl FnOnce(&mut Call<'_, '_>, &str) -> Result<Outcome, Failure>,
) -> Result<Outcome, Failure> {
    if call.context.is_falsy() {
        return Ok(Outcome::Value(match call.param(0).cloned() {
            Some(instead) => Value::Text(call.text(&instead)?),
            None => Value::Null,
        }));
    }
    let text = call.context_text()?;
    on(call, &text)
}

pub(super) fn capitalize_first(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    on_text(call, |_, text| {
        let mut rest = text.chars();
        let first = rest.next().map(title_case);
        Ok(first.into_iter().chain(rest).collect::<String>().into())
    })
}

/// One character in upper case, where that is one character.
pub(super) fn title_case(character: char) -> char {
    let mut upper = character.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(single), None) => single,
        _ => character,
    }
}

pub(super) fn cut(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    if call.context.is_falsy() {
        return Ok("".into());
    }
    let text = call.context_text()?;
    let cut = match call.param(0) {
        None => " ",
        Some(Value::Text(cut)) => cut,
        Some(other) => {
            return refuse(format!(
                "what to cut must be a text, but is {}",
                kind(other)
            ));
        }
    };
    Ok(text.replace(cut, "").into())
}

pub(super) fn default_if_empty(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    if call.context.is_falsy() {
        let default = call.param(0).cloned();
        return Ok(Outcome::Value(default.unwrap_or_else(|| Value::from(""))));
    }
    Ok(Outcome::Value(Value::Text(call.context_text()?)))
}

/// `{{substring 'Handlebars' 0 4}}`, counted in UTF-16 units as Java does.
pub(super) fn substring(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    on_text(call, |call, text| {
        let length = java_len(text);
        let mut bounds = [0, length as i64];
        for (index, bound) in bounds.iter_mut().enumerate() {
            match call.param(index) {
                Some(Value::Int(int)) => *bound = *int,
                Some(other) => {
                    return refuse(format!(
                        "an offset must be a whole number, but is {}",
                        kind(other)
                    ));
                }
                None if index == 0 => return refuse("Required start offset"),
                None => {}
            }
        }
        let [start, end] = bounds;
        if start < 0 || start > end || end > length as i64 {
            return refuse(format!("begin {start}, end {end}, length {length}"));
        }
        let units: Vec<u16> = text
            .encode_utf16()
            .skip(start as usize)
            .take((end - start) as usize)
            .collect();
        Ok(String::from_utf16_lossy(&units).into())
    })
}

pub(super) fn lower(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    on_text(call, |_, text| Ok(text.to_lowercase().into()))
}

pub(super) fn upper(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    on_text(call, |_, text| Ok(text.to_uppercase().into()))
}

/// Letters in lower case, white space as `-`, everything else dropped.
pub(super) fn slugify(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    on_text(call, |_, text| {
        let slug: String = text
            .trim()
            .chars()
            .filter_map(|character| match character {
                letter if letter.is_alphabetic() => letter.to_lowercase().next(),
                space if space.is_whitespace() => Some('-'),
                _ => None,
            })
            .collect();
        Ok(slug.into())
    })
}

pub(super) fn strip_tags(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    on_text(call, |_, text| {
        let mut out = String::new();
        let mut rest = text;
        while let Some(start) = rest.find('<') {
            let Some(length) = rest[start..].find('>') else {
                break;
            };
            out.push_str(&rest[..start]);
            rest = &rest[start + length + 1..];
        }
        out.push_str(rest);
        Ok(out.into())
    })
}

pub(super) fn replace(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    on_text(call, |call, text| {
        let (Some(Value::Text(target)), Some(Value::Text(with))) = (call.param(0), call.param(1))
        else {
            return refuse("two texts are needed: what to replace, and with what");
        };
        // An empty target is found between all characters, so the bound is not on the text alone.
        let found = if target.is_empty() {
            text.chars().count() + 1
        } else {
            text.matches(&**target).count()
        };
        let bytes = text.len().saturating_add(found.saturating_mul(with.len()));
        let (target, with) = (target.clone(), with.clone());
        call.renderer.reserve(bytes)?;
        Ok(text.replace(&*target, &with).into())
    })
}

pub(super) fn yesno(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    let word = match &call.context {
        Value::Null => "maybe",
        Value::Bool(true) => "yes",
        Value::Bool(false) => "no",
        other => {
            let other = other.clone();
            let shown = call.text(&other)?;
            return refuse(format!("found '{shown}', expected 'boolean'"));
        }
    };
    Ok(Outcome::Value(
        call.hash(word).cloned().unwrap_or_else(|| word.into()),
    ))
}

/// `{{trim value}}` and `{{#trim}}body{{/trim}}`.
pub(super) fn trim(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    // `String.trim` drops everything up to and including the space.
    let is_space = |character: char| character <= ' ';
    if call.is_block() {
        return Ok(call.body_in_context()?.trim_matches(is_space).into());
    }
    Ok(call.context_text()?.trim_matches(is_space).into())
}
