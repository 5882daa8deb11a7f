//! From text to [`Path`].

mod cursor;
mod filter;
mod literal;

use crate::ast::{Argument, Call, Function, Path, Token};
use crate::error::ParseError;

use cursor::Cursor;

/// Filters, parentheses, function arguments and JSON literals within one another.
const MAX_NESTING: usize = 48;
/// Steps of one path.
const MAX_STEPS: usize = 1_000;

type Parsed<T> = Result<T, ParseError>;

/// Reads a whole path.
pub(crate) fn path(source: &str) -> Parsed<Path> {
    let mut cursor = Cursor::new(source);
    cursor.skip_blanks();
    if cursor.at_end() {
        return cursor.fail("a path such as `$.name`");
    }
    let path = if matches!(cursor.peek(), Some('$' | '@')) {
        read_path(&mut cursor, Place::Whole)?
    } else {
        // As if `$.` stood before it.
        steps(&mut cursor, Place::Whole, true, true)?
    };
    cursor.skip_blanks();
    if !cursor.at_end() {
        return cursor.fail("`.`, `[` or the end");
    }
    Ok(path)
}

/// What surrounds a path, and so where its property names end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Whole,
    Filter,
    Argument,
}

impl Place {
    fn ends_name(self, cursor: &Cursor) -> bool {
        let Some(c) = cursor.peek() else { return true };
        match c {
            '.' | '[' | '(' | ' ' | '\t' | '\n' | '\r' => true,
            '<' | '>' | '=' | '~' | '!' => self == Self::Filter,
            ')' | ',' => self != Self::Whole,
            '&' | '|' => self == Self::Filter && cursor.peek_at(1) == Some(c),
            _ => false,
        }
    }
}

/// Reads from `$` or `@` up to where the path ends.
fn read_path(cursor: &mut Cursor, place: Place) -> Parsed<Path> {
    let from_root = match cursor.next() {
        Some('$') => true,
        Some('@') => false,
        _ => {
            cursor.back();
            return cursor.fail("`$` or `@`");
        }
    };
    if place == Place::Whole
        && !matches!(cursor.peek(), None | Some('.' | '['))
        && !cursor.rest_is_blank()
    {
        return cursor.fail("`.` or `[`");
    }
    steps(cursor, place, from_root, false)
}

fn steps(cursor: &mut Cursor, place: Place, from_root: bool, bare: bool) -> Parsed<Path> {
    let mut tokens = Vec::new();
    if bare {
        dotted(cursor, place, &mut tokens)?;
    }
    loop {
        if tokens.len() > MAX_STEPS {
            return cursor.fail("at most 1000 steps");
        }
        match cursor.peek() {
            Some('.') => {
                cursor.next();
                if cursor.take('.') {
                    tokens.push(Token::Scan);
                }
                dotted(cursor, place, &mut tokens)?;
            }
            Some('[') => tokens.push(bracket(cursor)?),
            // A name may follow a bracket without a dot: `$['a']b`.
            Some(_) if !tokens.is_empty() && !place.ends_name(cursor) => {
                dotted(cursor, place, &mut tokens)?;
            }
            _ => break,
        }
    }
    let collector = match (tokens.first(), tokens.last()) {
        (Some(Token::Scan), Some(Token::Call(call))) => {
            let call = call.clone();
            tokens.pop();
            if matches!(tokens.last(), Some(Token::Scan)) {
                tokens.push(Token::Wildcard);
            }
            Some(call)
        }
        _ => None,
    };
    Ok(Path {
        from_root,
        tokens,
        collector,
    })
}

/// What may follow a dot: a name, a call, `*`, or a bracket.
fn dotted(cursor: &mut Cursor, place: Place, tokens: &mut Vec<Token>) -> Parsed<()> {
    match cursor.peek() {
        Some('[') => {
            tokens.push(bracket(cursor)?);
            return Ok(());
        }
        Some('*') => {
            cursor.next();
            tokens.push(Token::Wildcard);
            return Ok(());
        }
        _ => {}
    }
    let start = cursor.position();
    while !place.ends_name(cursor) {
        cursor.next();
    }
    let name = cursor.since(start);
    if name.is_empty() {
        return cursor.fail("a property name, `*` or `[`");
    }
    if cursor.peek() == Some('(') {
        let known = Function::NAMES.iter().find(|(known, _)| *known == name);
        let Some((_, function)) = known else {
            cursor.set_position(start);
            let names: Vec<_> = Function::NAMES.iter().map(|(name, _)| *name).collect();
            return cursor.fail(&format!("one of the functions {}", names.join(", ")));
        };
        tokens.push(Token::Call(Call {
            function: *function,
            arguments: arguments(cursor)?,
        }));
    } else if place == Place::Whole
        && !cursor.at_end()
        && cursor.peek().is_some_and(char::is_whitespace)
    {
        if !cursor.rest_is_blank() {
            return cursor.fail("no blank in a name; write `['a name']` for one");
        }
        cursor.skip_blanks();
        tokens.push(Token::Names(vec![name]));
    } else {
        tokens.push(Token::Names(vec![name]));
    }
    Ok(())
}

fn bracket(cursor: &mut Cursor) -> Parsed<Token> {
    let start = cursor.position();
    cursor.next();
    cursor.skip_blanks();
    let token = match cursor.peek() {
        Some('\'' | '"') => names(cursor)?,
        Some('*') => {
            cursor.next();
            Token::Wildcard
        }
        Some('0'..='9' | '-' | ':') => indices(cursor)?,
        Some('?') => {
            cursor.next();
            cursor.skip_blanks();
            if cursor.peek() != Some('(') {
                return cursor.fail("`(`: a filter is written `[?(..)]`");
            }
            Token::Filter(cursor.nested(filter::parenthesised)?)
        }
        Some('(') => length_offset(cursor)?,
        _ => {
            cursor.set_position(start + 1);
            return cursor.fail("a quoted name, an index, a slice, `*` or `?(`");
        }
    };
    cursor.skip_blanks();
    if !cursor.take(']') {
        return cursor.fail("`]`");
    }
    Ok(token)
}

fn names(cursor: &mut Cursor) -> Parsed<Token> {
    let mut names = Vec::new();
    loop {
        cursor.skip_blanks();
        names.push(literal::quoted(cursor)?);
        cursor.skip_blanks();
        if !cursor.take(',') {
            return Ok(Token::Names(names));
        }
    }
}

fn indices(cursor: &mut Cursor) -> Parsed<Token> {
    let start = cursor.position();
    while matches!(cursor.peek(), Some('0'..='9' | '-' | ':' | ',' | ' ')) {
        cursor.next();
    }
    let text = cursor.since(start);
    let refuse = |cursor: &mut Cursor, expected: &str| {
        cursor.set_position(start);
        cursor.fail(expected)
    };
    // Java's indices are `int`s.
    let number = |text: &str| text.parse::<i32>().ok().map(i64::from);
    if text.contains(':') {
        // A third part, RFC 9535's step, is read and left aside as Jayway does.
        let mut parts = text
            .trim()
            .split(':')
            .map(|part| (part.is_empty(), number(part)));
        let (from, to) = (parts.next(), parts.next());
        let malformed = [from, to]
            .into_iter()
            .flatten()
            .any(|(empty, number)| !empty && number.is_none());
        let (from, to) = (from.and_then(|part| part.1), to.and_then(|part| part.1));
        if malformed || (from.is_none() && to.is_none()) {
            return refuse(cursor, "a slice such as `1:`, `:2` or `1:3`");
        }
        return Ok(Token::Slice { from, to });
    }
    let indices: Option<Vec<i64>> = text.split(',').map(|part| number(part.trim())).collect();
    match indices {
        Some(indices) => Ok(Token::Indices(indices)),
        None => refuse(cursor, "indices such as `0`, `-1` or `0,2`, within 32 bits"),
    }
}

/// `(@.length-1)`, counted from the end like `-1`.
fn length_offset(cursor: &mut Cursor) -> Parsed<Token> {
    let start = cursor.position();
    let text: String = std::iter::from_fn(|| cursor.next_unless(']'))
        .filter(|c| !c.is_whitespace())
        .collect();
    let offset = text
        .strip_prefix("(@.length")
        .and_then(|rest| rest.strip_suffix(')'))
        .and_then(|rest| rest.strip_prefix("()").unwrap_or(rest).strip_prefix('-'))
        .and_then(|digits| digits.parse::<i32>().ok())
        .filter(|offset| *offset > 0);
    let Some(offset) = offset else {
        cursor.set_position(start);
        return cursor.fail("`(@.length-1)`; a filter is written `[?(..)]`");
    };
    Ok(Token::Indices(vec![-i64::from(offset)]))
}

fn arguments(cursor: &mut Cursor) -> Parsed<Vec<Argument>> {
    cursor.next();
    let mut arguments = Vec::new();
    cursor.skip_blanks();
    if cursor.take(')') {
        return Ok(arguments);
    }
    loop {
        cursor.skip_blanks();
        arguments.push(match cursor.peek() {
            Some('$' | '@') => {
                Argument::Path(cursor.nested(|cursor| read_path(cursor, Place::Argument))?)
            }
            _ => Argument::Json(literal::json(cursor)?),
        });
        cursor.skip_blanks();
        if cursor.take(')') {
            return Ok(arguments);
        }
        if !cursor.take(',') {
            return cursor.fail("`,` or `)` after an argument");
        }
    }
}
