//! Lists.

use std::sync::Arc;

use super::java_len;
use crate::render::{Call, Failure, Outcome, kind, printed_error, refuse};
use crate::{List, ListStyle, Value};

const OUT_OF_RANGE: &str =
    "position must be greater than or equal to 0 and less than or equal to the size of the list";

/// `{{array 1 'two' true}}`.
pub(super) fn array(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    if !call.explicit || call.context.is_null() {
        return Ok(Outcome::Value(Value::list(Vec::new())?));
    }
    let mut items = vec![call.context.clone()];
    items.append(&mut call.params);
    Ok(Outcome::Value(Value::list(items)?))
}

/// Characters of a text, items of a list, entries of a map.
pub(super) fn size(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    let size = match &call.context {
        Value::Null => return refuse("the first argument has no value"),
        Value::Text(text) => java_len(text),
        Value::List(list) => list.items().len(),
        Value::Map(map) => map.len(),
        Value::Object(object) => match object.size() {
            Some(size) => size,
            None => return Ok(Outcome::Value(Value::Null)),
        },
        _ => return Ok(Outcome::Value(Value::Null)),
    };
    Ok((size as i64).into())
}

/// `{{contains list item}}` and `{{contains text part}}`.
pub(super) fn contains(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    if call.params.is_empty() {
        return Ok(printed_error(
            "You must specify the string or array to be matched and the regular expression",
        ));
    }
    let wanted = match call.param(0) {
        Some(Value::Text(wanted)) if !call.context.is_null() => wanted.clone(),
        Some(Value::Text(_)) | None => return Ok(false.into()),
        Some(other) => {
            return refuse(format!(
                "what is looked for must be a text, but is {}",
                kind(other)
            ));
        }
    };
    let found = match call.context.as_list() {
        Some(items) => items.iter().any(|item| item.as_text() == Some(&wanted)),
        None => call.context_text()?.contains(&*wanted),
    };
    Ok(match (call.is_block(), found) {
        (true, true) => Outcome::Body,
        (true, false) => "".into(),
        (false, found) => found.into(),
    })
}

/// `{{join list ', ' prefix='[' suffix=']'}}` or `{{join 'a' 'b' ', '}}`.
pub(super) fn join(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    if call.context.is_falsy() {
        return Ok("".into());
    }
    let last = call.params.len() as i64 - 1;
    let separator = match call.params.last().cloned() {
        None | Some(Value::Null) => {
            return refuse(format!(
                "found 'null', expected 'separator' at param[{last}]"
            ));
        }
        Some(Value::Text(separator)) => separator,
        Some(other) => {
            let shown = call.text(&other)?;
            return refuse(format!(
                "found '{shown}', expected 'separator' at param[{last}]"
            ));
        }
    };
    let items: Vec<Value> = if let Some(items) = call.context.items() {
        items
    } else {
        let rest = &call.params[..call.params.len() - 1];
        std::iter::once(&call.context)
            .chain(rest)
            .cloned()
            .collect()
    };
    let prefix = call.hash_string("prefix")?;
    let suffix = call.hash_string("suffix")?;
    let mut out = prefix.map(|p| p.as_ref().to_owned()).unwrap_or_default();
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            call.renderer.write(&mut out, &separator, false)?;
        }
        if !item.is_null() {
            call.renderer.write(&mut out, item, false)?;
        }
    }
    out.push_str(suffix.as_deref().unwrap_or(""));
    Ok(out.into())
}

/// Where an item is added or removed.
enum Position {
    End,
    At(i64),
}

fn position(call: &mut Call<'_, '_>) -> Result<Option<Position>, Failure> {
    let at = match call.hash("position").cloned() {
        None => return Ok(Some(Position::End)),
        Some(Value::Int(at)) => at,
        Some(other) => {
            let text = call.text(&other)?;
            if text.eq_ignore_ascii_case("end") {
                return Ok(Some(Position::End));
            }
            if text.eq_ignore_ascii_case("start") {
                0
            } else {
                match text.parse::<i32>() {
                    Ok(at) => i64::from(at),
                    Err(_) => return Ok(None),
                }
            }
        }
    };
    Ok(Some(Position::At(at)))
}

fn list_argument(call: &Call<'_, '_>) -> Result<Vec<Value>, Failure> {
    match call.context.as_list() {
        Some(items) => Ok(items.to_vec()),
        None => refuse(format!(
            "the first argument must be a list, but is {}",
            kind(&call.context)
        )),
    }
}

/// `{{arrayAdd list item position='start'}}`.
pub(super) fn array_add(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    if call.context.is_null() {
        return Ok(Outcome::Value(Value::list(Vec::new())?));
    }
    let mut items = list_argument(call)?;
    let Some(item) = call.params.first().cloned() else {
        return Ok(printed_error(
            "Missing required parameter: additional value to add to list",
        ));
    };
    match position(call)? {
        None => {
            return Ok(printed_error(
                "position must be 'start', 'end' or an integer",
            ));
        }
        Some(Position::End) => items.push(item),
        Some(Position::At(at)) => match usize::try_from(at) {
            Ok(at) if at <= items.len() => items.insert(at, item),
            _ => return Ok(printed_error(OUT_OF_RANGE)),
        },
    }
    call.renderer.reserve(items.len() * size_of::<Value>())?;
    Ok(Outcome::Value(Value::list(items)?))
}

/// `{{arrayRemove list position='start'}}`: the last item when no position is given.
pub(super) fn array_remove(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    let mut items = list_argument(call)?;
    let at = match position(call)? {
        None => {
            return Ok(printed_error(
                "position must be 'start', 'end' or an integer",
            ));
        }
        Some(Position::End) => items.len() as i64 - 1,
        Some(Position::At(at)) if (0..=items.len() as i64).contains(&at) => at,
        Some(Position::At(_)) => return Ok(printed_error(OUT_OF_RANGE)),
    };
    match usize::try_from(at) {
        Ok(index) if index < items.len() => {
            items.remove(index);
        }
        _ => {
            return refuse(format!(
                "Index {at} out of bounds for length {}",
                items.len()
            ));
        }
    }
    call.renderer.reserve(items.len() * size_of::<Value>())?;
    Ok(Outcome::Value(Value::list(items)?))
}

/// `{{arrayJoin ', ' list prefix= suffix=}}`, `{{arrayJoin ', ' 'a' 'b'}}`, or a block that renders each item.
pub(super) fn array_join(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    let Value::Text(separator) = call.context.clone() else {
        return Ok(printed_error("Separator parameter must be a String"));
    };
    let items: Vec<Value> = match call.param(0) {
        None => return Ok(printed_error("The parameter must be list")),
        Some(Value::List(list)) => list.items().to_vec(),
        Some(_) => call.params.clone(),
    };
    if items.is_empty() {
        return Ok("".into());
    }
    let prefix = call.hash_text("prefix")?.unwrap_or_else(|| Arc::from(""));
    let suffix = call.hash_text("suffix")?.unwrap_or_else(|| Arc::from(""));
    let mut out = prefix.as_ref().to_owned();
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            call.renderer.write(&mut out, &separator, false)?;
        }
        if call.is_block() {
            let text = call.body_in(Some(item))?;
            call.renderer.write(&mut out, &text, false)?;
        } else if item.is_null() {
            return refuse("an item of the list is null");
        } else {
            call.renderer.write(&mut out, &item, false)?;
        }
    }
    out.push_str(&suffix);
    Ok(out.into())
}

/// A list that prints as its first item does.
pub(super) fn repeated(items: Vec<Value>) -> Result<Value, Failure> {
    Ok(Value::List(Arc::new(List::new(items, ListStyle::First)?)))
}
