use efsm_javatext::number::Decimal;
use efsm_javatext::{Flags, JavaRegex};
use serde_json::{Map, Number, Value};

use super::Parsed;
use super::cursor::Cursor;

/// A text in single or double quotes, with Java's escapes.
pub(super) fn quoted(cursor: &mut Cursor) -> Parsed<String> {
    let Some(quote @ ('\'' | '"')) = cursor.peek() else {
        return cursor.fail("a quoted text");
    };
    let start = cursor.position();
    cursor.next();
    let mut units = Vec::new();
    while let Some(c) = cursor.next_unless(quote) {
        let c = match (c, cursor.peek()) {
            ('\\', None) => break,
            ('\\', Some(escape)) => {
                cursor.next();
                match escape {
                    'b' => '\u{8}',
                    'f' => '\u{c}',
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    'u' => {
                        let digits: String = (0..4).filter_map(|_| cursor.next()).collect();
                        let Ok(unit) = u16::from_str_radix(&digits, 16) else {
                            return cursor.fail("four hexadecimal digits after `\\u`");
                        };
                        // Two units may spell one character.
                        units.push(unit);
                        continue;
                    }
                    other => other,
                }
            }
            (c, _) => c,
        };
        units.extend_from_slice(c.encode_utf16(&mut [0; 2]));
    }
    if cursor.take(quote) {
        return Ok(String::from_utf16_lossy(&units));
    }
    cursor.set_position(start);
    cursor.fail(&format!("a closing {quote}"))
}

/// A number as `java.math.BigDecimal` reads it.
pub(super) fn number(cursor: &mut Cursor) -> Parsed<Decimal> {
    let start = cursor.position();
    while matches!(cursor.peek(), Some('0'..='9' | '-' | '.' | 'e' | 'E' | '+')) {
        if cursor.peek() == Some('+') && !cursor.since(start).ends_with(['e', 'E']) {
            break;
        }
        cursor.next();
    }
    let text = cursor.since(start);
    text.parse().or_else(|_| {
        cursor.set_position(start);
        cursor.fail("a text, a number, true, false, null, a regular expression, a list, or a path")
    })
}

/// `/pattern/flags`.
pub(super) fn regex(cursor: &mut Cursor) -> Parsed<JavaRegex> {
    let start = cursor.position();
    cursor.next();
    let mut pattern = String::new();
    loop {
        match cursor.next() {
            Some('/') => break,
            Some('\\') => {
                pattern.push('\\');
                pattern.extend(cursor.next());
            }
            Some(c) => pattern.push(c),
            None => {
                cursor.set_position(start);
                return cursor.fail("a `/` that closes the regular expression");
            }
        }
    }
    let mut flags = Flags::default();
    loop {
        match cursor.peek() {
            Some('d') => flags.unix_lines = true,
            Some('i') => flags.case_insensitive = true,
            Some('x') => flags.comments = true,
            Some('m') => flags.multiline = true,
            Some('s') => flags.dotall = true,
            Some('u') => flags.unicode_case = true,
            Some('U') => flags.unicode_character_class = true,
            _ => break,
        }
        cursor.next();
    }
    JavaRegex::with_flags(&pattern, flags).or_else(|error| {
        cursor.set_position(start);
        cursor.fail(&format!("a regular expression of Java: {error}"))
    })
}

/// A JSON value as json-smart reads it in its permissive mode: quotes may be single, or left out.
pub(super) fn json(cursor: &mut Cursor) -> Parsed<Value> {
    cursor.skip_blanks();
    match cursor.peek() {
        Some('{') => cursor.nested(object),
        Some('[') => cursor.nested(array),
        Some('\'' | '"') => quoted(cursor).map(Value::String),
        _ => word(cursor),
    }
}

fn object(cursor: &mut Cursor) -> Parsed<Value> {
    cursor.next();
    let mut object = Map::new();
    loop {
        cursor.skip_blanks();
        if cursor.take('}') {
            return Ok(Value::Object(object));
        }
        let name = match cursor.peek() {
            Some('\'' | '"') => quoted(cursor)?,
            _ => bare(cursor)?,
        };
        cursor.skip_blanks();
        if !cursor.take(':') {
            return cursor.fail("`:` after a property name");
        }
        let value = json(cursor)?;
        object.insert(name, value);
        cursor.skip_blanks();
        if !cursor.take(',') && cursor.peek() != Some('}') {
            return cursor.fail("`,` or `}`");
        }
    }
}

fn array(cursor: &mut Cursor) -> Parsed<Value> {
    cursor.next();
    let mut items = Vec::new();
    loop {
        cursor.skip_blanks();
        if cursor.take(']') {
            return Ok(Value::Array(items));
        }
        items.push(json(cursor)?);
        cursor.skip_blanks();
        if !cursor.take(',') && cursor.peek() != Some(']') {
            return cursor.fail("`,` or `]`");
        }
    }
}

fn word(cursor: &mut Cursor) -> Parsed<Value> {
    let word = bare(cursor)?;
    Ok(match word.as_str() {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        "null" => Value::Null,
        _ => word
            .parse::<Number>()
            .map_or(Value::String(word), Value::Number),
    })
}

fn bare(cursor: &mut Cursor) -> Parsed<String> {
    let start = cursor.position();
    while cursor
        .peek()
        .is_some_and(|c| !matches!(c, ',' | ':' | ']' | '}' | ')' | '[' | '{' | '('))
    {
        cursor.next();
    }
    let word = cursor.since(start).trim().to_owned();
    if word.is_empty() {
        return cursor.fail("a JSON value");
    }
    Ok(word)
}
