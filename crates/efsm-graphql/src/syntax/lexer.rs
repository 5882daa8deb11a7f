//! Text to tokens.

use crate::error::GraphQlError;

use super::ast::Position;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token<'t> {
    Punctuator(&'static str),
    Name(&'t str),
    Int(&'t str),
    Float(&'t str),
    String(String),
    BlockString(String),
    End,
}

impl Token<'_> {
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Punctuator(text) => format!("\"{text}\""),
            Self::Name(name) => format!("Name \"{name}\""),
            Self::Int(text) => format!("Int \"{text}\""),
            Self::Float(text) => format!("Float \"{text}\""),
            Self::String(text) => format!("String {text:?}"),
            Self::BlockString(text) => format!("BlockString {text:?}"),
            Self::End => "<EOF>".to_owned(),
        }
    }
}

const PUNCTUATORS: [&str; 14] = [
    "!", "$", "&", "(", ")", "...", ":", "=", "@", "[", "]", "{", "|", "}",
];

pub(super) struct Lexer<'t> {
    text: &'t str,
    offset: usize,
    at: Position,
}

pub(super) fn syntax_error(message: impl std::fmt::Display, at: Position) -> GraphQlError {
    GraphQlError::new(format!("Syntax Error: {message}"))
        .at(at)
        .with_code("GRAPHQL_PARSE_FAILED")
}

impl<'t> Lexer<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        // A byte order mark may begin a text.
        let offset = if text.starts_with('\u{feff}') { 3 } else { 0 };
        let at = Position { line: 1, column: 1 };
        Self { text, offset, at }
    }

    fn rest(&self) -> &'t str {
        &self.text[self.offset..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.offset += c.len_utf8();
        let ends_line = c == '\n' || (c == '\r' && self.peek() != Some('\n'));
        if ends_line {
            self.at.line = self.at.line.saturating_add(1);
            self.at.column = 1;
        } else {
            self.at.column = self.at.column.saturating_add(1);
        }
        Some(c)
    }

    /// Takes ASCII bytes without a line break.
    fn take(&mut self, bytes: usize) -> &'t str {
        let text = &self.text[self.offset..self.offset + bytes];
        self.offset += bytes;
        self.at.column = self.at.column.saturating_add(bytes as u32);
        text
    }

    fn skip_ignored(&mut self) {
        while let Some(c) = self.peek() {
            match c {
                ' ' | '\t' | ',' | '\n' | '\r' => {
                    self.bump();
                }
                '#' => {
                    while self.peek().is_some_and(|c| c != '\n' && c != '\r') {
                        self.bump();
                    }
                }
                _ => return,
            }
        }
    }

    pub(super) fn next(&mut self) -> Result<(Token<'t>, Position), GraphQlError> {
        self.skip_ignored();
        let at = self.at;
        let Some(c) = self.peek() else {
            return Ok((Token::End, at));
        };
        let rest = self.rest();
        if let Some(text) = PUNCTUATORS.into_iter().find(|p| rest.starts_with(p)) {
            self.take(text.len());
            return Ok((Token::Punctuator(text), at));
        }
        let token = match c {
            'A'..='Z' | 'a'..='z' | '_' => {
                let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
                Token::Name(self.take(end.unwrap_or(rest.len())))
            }
            '0'..='9' | '-' => self.number()?,
            '"' if rest.starts_with("\"\"\"") => self.block_string()?,
            '"' => self.string()?,
            '\'' => {
                return Err(syntax_error(
                    "Unexpected single quote character ('), did you mean to use a double quote (\")?",
                    at,
                ));
            }
            c => {
                return Err(syntax_error(
                    format!("Unexpected character: {}.", shown(c)),
                    at,
                ));
            }
        };
        Ok((token, at))
    }

    fn number(&mut self) -> Result<Token<'t>, GraphQlError> {
        let rest = self.rest();
        let bytes = rest.as_bytes();
        let digits = |from: usize| {
            bytes[from..]
                .iter()
                .take_while(|b| b.is_ascii_digit())
                .count()
        };
        let mut length = usize::from(bytes[0] == b'-');
        let whole = digits(length);
        let leading_zero = whole > 1 && bytes[length] == b'0';
        if leading_zero {
            self.take(length + 1);
            let found = self.peek().map_or_else(String::new, shown);
            return Err(syntax_error(
                format!("Invalid number, unexpected digit after 0: {found}."),
                self.at,
            ));
        }
        if whole == 0 {
            return Err(self.bad_number(length));
        }
        length += whole;
        let mut is_float = false;
        if bytes.get(length) == Some(&b'.') {
            let fraction = digits(length + 1);
            if fraction == 0 {
                return Err(self.bad_number(length + 1));
            }
            length += 1 + fraction;
            is_float = true;
        }
        if matches!(bytes.get(length), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(bytes.get(length + 1), Some(b'+' | b'-')));
            let exponent = digits(length + 1 + sign);
            if exponent == 0 {
                return Err(self.bad_number(length + 1 + sign));
            }
            length += 1 + sign + exponent;
            is_float = true;
        }
        // `1.` `1x` would read as two tokens, and are refused.
        if matches!(
            bytes.get(length),
            Some(b'.' | b'_' | b'A'..=b'Z' | b'a'..=b'z')
        ) {
            return Err(self.bad_number(length));
        }
        let text = self.take(length);
        Ok(if is_float {
            Token::Float(text)
        } else {
            Token::Int(text)
        })
    }

    fn bad_number(&mut self, offset: usize) -> GraphQlError {
        self.take(offset);
        let found = self.peek().map_or_else(|| "<EOF>".to_owned(), shown);
        syntax_error(
            format!("Invalid number, expected digit but got: {found}."),
            self.at,
        )
    }

    fn string(&mut self) -> Result<Token<'t>, GraphQlError> {
        self.take(1);
        let mut text = String::new();
        loop {
            let at = self.at;
            match self.peek() {
                None | Some('\n' | '\r') => return Err(syntax_error("Unterminated string.", at)),
                Some('"') => {
                    self.take(1);
                    return Ok(Token::String(text));
                }
                Some('\\') => text.push(self.escape()?),
                Some(c) => {
                    self.bump();
                    text.push(c);
                }
            }
        }
    }

    fn escape(&mut self) -> Result<char, GraphQlError> {
        let at = self.at;
        let rest = self.rest();
        let simple = match rest.as_bytes().get(1) {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                let (c, length) = unicode(rest).ok_or_else(|| {
                    let shown: String = rest.chars().take(6).collect();
                    syntax_error(format!("Invalid Unicode escape sequence: \"{shown}\"."), at)
                })?;
                self.take(length);
                return Ok(c);
            }
            _ => {
                let shown: String = rest.chars().take(2).collect();
                return Err(syntax_error(
                    format!("Invalid character escape sequence: \"{shown}\"."),
                    at,
                ));
            }
        };
        self.take(2);
        Ok(simple)
    }

    fn block_string(&mut self) -> Result<Token<'t>, GraphQlError> {
        self.take(3);
        let mut raw = String::new();
        loop {
            if self.rest().starts_with("\"\"\"") {
                self.take(3);
                return Ok(Token::BlockString(dedented(&raw)));
            }
            if self.rest().starts_with("\\\"\"\"") {
                self.take(4);
                raw.push_str("\"\"\"");
                continue;
            }
            let at = self.at;
            match self.bump() {
                None => return Err(syntax_error("Unterminated string.", at)),
                Some(c) => raw.push(c),
            }
        }
    }
}

/// `\u00e9`, `\u{1F600}` or a surrogate pair at the start of `text`: the character and its length in bytes.
fn unicode(text: &str) -> Option<(char, usize)> {
    let hex = |digits: &str| {
        let is_hex = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_hexdigit());
        is_hex.then(|| u32::from_str_radix(digits, 16).ok())?
    };
    if let Some(braced) = text.strip_prefix("\\u{") {
        let digits = &braced[..braced.find('}')?];
        return Some((char::from_u32(hex(digits)?)?, digits.len() + 4));
    }
    let first = hex(text.get(2..6)?)?;
    if let Some(c) = char::from_u32(first) {
        return Some((c, 6));
    }
    let second = hex(text.get(6..)?.strip_prefix("\\u")?.get(..4)?)?;
    let is_pair = (0xD800..0xDC00).contains(&first) && (0xDC00..0xE000).contains(&second);
    let code = is_pair.then(|| 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00))?;
    Some((char::from_u32(code)?, 12))
}

/// The value of a block string, without its common indentation and its blank first and last lines.
fn dedented(raw: &str) -> String {
    let raw = raw.replace("\r\n", "\n").replace('\r', "\n");
    let lines: Vec<&str> = raw.split('\n').collect();
    let indent_of = |line: &str| {
        line.bytes()
            .take_while(|b| matches!(b, b' ' | b'\t'))
            .count()
    };
    let is_blank = |line: &str| indent_of(line) == line.len();
    let common = lines.iter().skip(1).filter(|line| !is_blank(line));
    let common = common.map(|line| indent_of(line)).min().unwrap_or(0);
    let first = lines.iter().position(|line| !is_blank(line));
    let last = lines.iter().rposition(|line| !is_blank(line));
    let (Some(first), Some(last)) = (first, last) else {
        return String::new();
    };
    let kept = lines.iter().enumerate().take(last + 1).skip(first);
    let kept = kept.map(|(index, line)| match index {
        0 => line,
        _ => line.get(common..).unwrap_or(""),
    });
    kept.collect::<Vec<_>>().join("\n")
}

fn shown(c: char) -> String {
    if c.is_ascii_graphic() || c == ' ' {
        format!("\"{c}\"")
    } else {
        format!("U+{:04X}", u32::from(c))
    }
}
