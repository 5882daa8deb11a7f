//! Tokens of XPath 1.0, section 3.7.

use crate::read::{is_name_char, is_name_start};

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Token {
    /// `( ) [ ] . .. @ , :: / // | + - = != < <= > >= $`, the operator `*`, and the operators that are names.
    Symbol(&'static str),
    Literal(String),
    Number(f64),
    /// A name, possibly `prefix:local` or `prefix:*`; `*` alone is a name test.
    Name(String),
}

const SYMBOLS: [&str; 21] = [
    "..", "::", "//", "!=", "<=", ">=", "(", ")", "[", "]", ".", "@", ",", "/", "|", "+", "-", "=",
    "<", ">", "$",
];

pub(crate) fn tokens(source: &str) -> Result<Vec<Token>, String> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut rest = source.trim_start();
    while let Some(first) = rest.chars().next() {
        let after_operand = tokens.last().is_some_and(|token| match token {
            Token::Symbol(symbol) => matches!(*symbol, ")" | "]" | "." | ".."),
            _ => true,
        });
        let (token, length) = if first == '"' || first == '\'' {
            let end = rest[1..]
                .find(first)
                .ok_or_else(|| format!("the literal {rest} is not closed"))?;
            (Token::Literal(rest[1..=end].to_owned()), end + 2)
        } else if first.is_ascii_digit()
            || (first == '.' && rest[1..].starts_with(|c: char| c.is_ascii_digit()))
        {
            number(rest)?
        } else if first == '*' {
            let token = if after_operand {
                Token::Symbol("*")
            } else {
                Token::Name("*".to_owned())
            };
            (token, 1)
        } else if let Some(symbol) = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol)) {
            (Token::Symbol(symbol), symbol.len())
        } else if is_name_start(first) && first != ':' {
            let name = name(rest);
            let operator = ["and", "or", "mod", "div"]
                .into_iter()
                .find(|operator| *operator == name);
            let token = match operator.filter(|_| after_operand) {
                Some(operator) => Token::Symbol(operator),
                None => Token::Name(name.to_owned()),
            };
            (token, name.len())
        } else {
            return Err(format!("`{first}` is not expected at `{rest}`"));
        };
        tokens.push(token);
        rest = rest[length..].trim_start();
    }
    Ok(tokens)
}

fn number(rest: &str) -> Result<(Token, usize), String> {
    let digits =
        |text: &str| text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let mut length = digits(rest);
    if rest[length..].starts_with('.') {
        length += 1 + digits(&rest[length + 1..]);
    }
    let number = rest[..length]
        .parse()
        .map_err(|_| format!("`{rest}` is not a number"))?;
    if rest[length..].starts_with(is_name_start) {
        return Err(format!("a number ends before `{}`", &rest[length..]));
    }
    Ok((Token::Number(number), length))
}

/// A name with at most one colon, which must not be the first of `::`.
fn name(rest: &str) -> &str {
    let part = |text: &str| {
        text.find(|c| !is_name_char(c) || c == ':')
            .unwrap_or(text.len())
    };
    let mut length = part(rest);
    if let Some(local) = rest[length..].strip_prefix(':') {
        if local.starts_with('*') {
            length += 2;
        } else if local.starts_with(|c| is_name_start(c) && c != ':') {
            length += 1 + part(local);
        }
    }
    &rest[..length]
}
