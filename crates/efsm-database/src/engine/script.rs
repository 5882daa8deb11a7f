//! Where one statement of a text ends and the next begins.
//!
//! Reads just enough of the language for that: strings, quoted names, comments, and that the body of a
//! `CREATE TRIGGER` goes on past its semicolons until `; END ;`.

/// One statement of a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece<'a> {
    /// The statement from its first token on, up to its semicolon if it has one: SQLite's messages
    /// name it.
    pub sql: &'a str,
    /// Where it begins in the script, in bytes.
    pub offset: usize,
}

/// The statements of `script` in order; stretches of blanks, comments and semicolons are no statement.
pub fn split(script: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            at += skip_blanks(&script[at..]);
            if at >= script.len() {
                return None;
            }
            let offset = at;
            let end = at + statement_length(&script[at..]);
            at = (end + 1).min(script.len());
            if end > offset {
                let sql = script[offset..at].trim_end();
                return Some(Piece { sql, offset });
            }
        }
    })
}

/// The line of a place in a text, counted from 1.
pub fn line_of(text: &str, offset: usize) -> usize {
    let before = &text.as_bytes()[..offset.min(text.len())];
    before.split(|b| *b == b'\n').count()
}

/// The first word of a statement in lower case, at most 16 bytes of it.
pub(crate) fn first_word(sql: &str) -> String {
    let sql = &sql[skip_blanks(sql)..];
    let length = word_length(sql).min(16);
    sql.get(..length).unwrap_or("").to_ascii_lowercase()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    Blank,
    Semicolon,
    Word(&'a str),
    Other,
}

/// The first token of a text that is not empty, and its length in bytes.
pub(crate) fn token(text: &str) -> (Token<'_>, usize) {
    let bytes = text.as_bytes();
    let blanks = skip_blanks(text);
    if blanks > 0 {
        return (Token::Blank, blanks);
    }
    match bytes[0] {
        b';' => (Token::Semicolon, 1),
        quote @ (b'\'' | b'"' | b'`') => (Token::Other, quoted_length(bytes, quote)),
        b'[' => {
            let end = bytes.iter().position(|b| *b == b']');
            (Token::Other, end.map_or(bytes.len(), |at| at + 1))
        }
        _ => match word_length(text) {
            0 => (Token::Other, text.chars().next().map_or(1, char::len_utf8)),
            length => (Token::Word(&text[..length]), length),
        },
    }
}

/// Whether a trigger is being created, and how much of its end was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// At the beginning; `EXPLAIN` and `QUERY PLAN` leave it there.
    Start,
    /// After `CREATE`, perhaps with `TEMP`.
    Create,
    Plain,
    Trigger,
    /// After a semicolon of a trigger's body.
    TriggerSemicolon,
    /// After `; END`: one more semicolon ends the statement.
    TriggerEnd,
}

/// The length of the first statement, up to its semicolon or the end.
fn statement_length(text: &str) -> usize {
    let mut state = State::Start;
    let mut at = 0;
    while at < text.len() {
        let (token, length) = token(&text[at..]);
        state = match (state, token) {
            (state, Token::Blank) => state,
            (State::Trigger | State::TriggerSemicolon, Token::Semicolon) => State::TriggerSemicolon,
            (_, Token::Semicolon) => return at,
            (State::Start, Token::Word(word)) if is(word, &["explain", "query", "plan"]) => {
                State::Start
            }
            (State::Start, Token::Word(word)) if is(word, &["create"]) => State::Create,
            (State::Create, Token::Word(word)) if is(word, &["temp", "temporary"]) => State::Create,
            (State::Create, Token::Word(word)) if is(word, &["trigger"]) => State::Trigger,
            (State::TriggerSemicolon, Token::Word(word)) if is(word, &["end"]) => State::TriggerEnd,
            (State::Trigger | State::TriggerSemicolon | State::TriggerEnd, _) => State::Trigger,
            (State::Start | State::Create | State::Plain, _) => State::Plain,
        };
        at += length;
    }
    text.len()
}

fn is(word: &str, any_of: &[&str]) -> bool {
    any_of.iter().any(|other| word.eq_ignore_ascii_case(other))
}

/// The length of the blanks and comments that a text begins with.
pub(crate) fn skip_blanks(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b' ' | b'\t' | b'\n' | b'\r' | 0x0c => at += 1,
            b'-' if bytes.get(at + 1) == Some(&b'-') => {
                let line = bytes[at..].iter().position(|b| *b == b'\n');
                at = line.map_or(bytes.len(), |length| at + length + 1);
            }
            b'/' if bytes.get(at + 1) == Some(&b'*') => {
                let comment = bytes[at + 2..].windows(2).position(|pair| pair == b"*/");
                at = comment.map_or(bytes.len(), |length| at + length + 4);
            }
            // A byte order mark, which editors put before a file of SQL.
            0xef if text[at..].starts_with('\u{feff}') => at += '\u{feff}'.len_utf8(),
            _ => break,
        }
    }
    at
}

/// A quoted text with its quotes; a doubled quote stands for one.
fn quoted_length(bytes: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while at < bytes.len() {
        if bytes[at] != quote {
            at += 1;
        } else if bytes.get(at + 1) == Some(&quote) {
            at += 2;
        } else {
            return at + 1;
        }
    }
    bytes.len()
}

fn word_length(text: &str) -> usize {
    text.bytes()
        .position(|b| !(b.is_ascii_alphanumeric() || b == b'_' || b == b'$' || b >= 0x80))
        .unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(script: &str, expected: &[&str]) {
        let pieces: Vec<&str> = split(script).map(|p| p.sql).collect();
        assert_eq!(pieces, expected, "{script}");
        for piece in split(script) {
            assert_eq!(
                &script[piece.offset..piece.offset + piece.sql.len()],
                piece.sql
            );
        }
    }

    #[test]
    fn semicolons_outside_of_quotes_and_comments_end_a_statement() {
        check("", &[]);
        check(" ;; -- nothing;\n /* ; */ ;", &[]);
        check("SELECT 1", &["SELECT 1"]);
        check("select 1;select 2 ;", &["select 1;", "select 2 ;"]);
        check(
            "select ';''' , \";\", `;`, [;] -- ;\n, 2; x",
            &["select ';''' , \";\", `;`, [;] -- ;\n, 2;", "x"],
        );
        check("select 'open; and on", &["select 'open; and on"]);
        check("/* open; and on", &[]);
        check("\u{feff}select 'ü;'; ß", &["select 'ü;';", "ß"]);
    }

    #[test]
    fn body_of_a_trigger_is_one_statement() {
        let trigger = "create temp trigger t after insert on a begin \
                       select case when 1 then 2 end; insert into b values (';'); end";
        check(
            &format!("{trigger}; select 1"),
            &[&format!("{trigger};"), "select 1"],
        );
        check(
            "create table trigger_(x); select 1",
            &["create table trigger_(x);", "select 1"],
        );
        let explained = "explain query plan create trigger t after insert on a begin select 1; END";
        check(
            &format!("{explained} ; select 2"),
            &[&format!("{explained} ;"), "select 2"],
        );
    }

    #[test]
    fn lines_are_counted_from_one() {
        assert_eq!(line_of("a\nb\nc", 0), 1);
        assert_eq!(line_of("a\nb\nc", 2), 2);
        assert_eq!(line_of("a\nb\nc", 99), 3);
    }
}
