use crate::ast::{Operand, Operator, Predicate};

use super::cursor::Cursor;
use super::{Parsed, Place, literal, read_path};

/// `( .. )` with `||` binding weaker than `&&`.
pub(super) fn parenthesised(cursor: &mut Cursor) -> Parsed<Predicate> {
    cursor.next();
    let predicate = any(cursor)?;
    cursor.skip_blanks();
    if !cursor.take(')') {
        return cursor.fail("an operator, `&&`, `||` or `)`");
    }
    Ok(predicate)
}

fn any(cursor: &mut Cursor) -> Parsed<Predicate> {
    chain(cursor, "||", all, Predicate::Any)
}

fn all(cursor: &mut Cursor) -> Parsed<Predicate> {
    chain(cursor, "&&", operand_of_and, Predicate::All)
}

fn chain(
    cursor: &mut Cursor,
    operator: &str,
    read: fn(&mut Cursor) -> Parsed<Predicate>,
    join: fn(Vec<Predicate>) -> Predicate,
) -> Parsed<Predicate> {
    let first = read(cursor)?;
    let mut predicates = vec![first];
    loop {
        cursor.skip_blanks();
        if !cursor.take_word(operator) {
            break;
        }
        predicates.push(read(cursor)?);
    }
    if predicates.len() == 1 {
        return Ok(predicates.remove(0));
    }
    Ok(join(predicates))
}

fn operand_of_and(cursor: &mut Cursor) -> Parsed<Predicate> {
    cursor.skip_blanks();
    if cursor.peek() == Some('!') {
        cursor.next();
        cursor.skip_blanks();
        if !matches!(cursor.peek(), Some('$' | '@')) {
            let inner = cursor.nested(operand_of_and)?;
            return Ok(Predicate::Not(Box::new(inner)));
        }
        return expression(cursor, false);
    }
    if cursor.peek() == Some('(') {
        return cursor.nested(parenthesised);
    }
    expression(cursor, true)
}

/// `left operator right`, or a path alone. The `!` of `!@.a == 1` counts for nothing, as in Jayway.
fn expression(cursor: &mut Cursor, expected: bool) -> Parsed<Predicate> {
    let left = operand(cursor)?;
    cursor.skip_blanks();
    let position = cursor.position();
    if let Some(operator) = operator(cursor) {
        let right = operand(cursor)?;
        return Ok(Predicate::Compare {
            left,
            operator,
            right,
        });
    }
    cursor.set_position(position);
    match left {
        Operand::Path(path) => Ok(Predicate::Exists { path, expected }),
        _ => cursor.fail("an operator: only a path can stand alone"),
    }
}

fn operator(cursor: &mut Cursor) -> Option<Operator> {
    let start = cursor.position();
    let symbol = |c: char| matches!(c, '<' | '>' | '=' | '~' | '!');
    let kind: fn(char) -> bool = if cursor.peek().is_some_and(symbol) {
        symbol
    } else {
        |c| c.is_ascii_alphabetic()
    };
    while cursor.peek().is_some_and(kind) {
        cursor.next();
    }
    Operator::parse(&cursor.since(start))
}

fn operand(cursor: &mut Cursor) -> Parsed<Operand> {
    cursor.skip_blanks();
    Ok(match cursor.peek() {
        Some('$' | '@') => Operand::Path(cursor.nested(|cursor| read_path(cursor, Place::Filter))?),
        Some('\'' | '"') => Operand::Text(literal::quoted(cursor)?),
        Some('/') => Operand::Regex(literal::regex(cursor)?),
        Some('[' | '{') => Operand::Json(literal::json(cursor)?),
        _ if cursor.take_word("true") => Operand::Boolean(true),
        _ if cursor.take_word("false") => Operand::Boolean(false),
        _ if cursor.take_word("null") => Operand::Null,
        _ => Operand::Number(literal::number(cursor)?),
    })
}
