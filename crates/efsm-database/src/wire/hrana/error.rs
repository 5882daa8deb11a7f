//! What goes wrong, in Hrana's words.

use super::message::Error;
use super::version::Version;
use crate::error::Error as DatabaseError;

/// The client broke the protocol: its socket is closed, or its HTTP request refused as a whole and the stream
/// with it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProtocolError {
    #[error("the message is not JSON of the protocol: {0}")]
    Json(String),
    #[error("the message is not Protobuf of the protocol: {0}")]
    Protobuf(String),
    #[error("a binary message came, and this subprotocol speaks JSON in text messages")]
    BinaryMessage,
    #[error("a text message came, and this subprotocol speaks Protobuf in binary messages")]
    TextMessage,
    #[error("a request came before hello: say hello first")]
    RequestBeforeHello,
    #[error("stream {stream_id} was not opened")]
    NoStream { stream_id: i32 },
    #[error("stream {stream_id} is there already: close it before its id is used again")]
    StreamExists { stream_id: i32 },
    #[error("cursor {cursor_id} was not opened")]
    NoCursor { cursor_id: i32 },
    #[error("cursor {cursor_id} is there already: close it before its id is used again")]
    CursorExists { cursor_id: i32 },
    #[error("stream {stream_id} has a cursor already: close it first")]
    CursorOnStream { stream_id: i32 },
    #[error("both `sql` and `sql_id` are given: give one of them")]
    SqlTwice,
    #[error("neither `sql` nor `sql_id` is given: give one of them")]
    SqlMissing,
    #[error("no SQL text is stored as {sql_id}")]
    NoSql { sql_id: i32 },
    #[error("an SQL text is stored as {sql_id} already: close it before its id is used again")]
    SqlExists { sql_id: i32 },
    #[error("a condition names step {step}, and only steps before its own can be named")]
    BadStep { step: u32 },
    #[error("the baton is not one of this stack's: begin a stream with no baton")]
    BatonUnknown,
    #[error("the baton was used already: each answer brings a new one")]
    BatonUsed,
    #[error("the stream expired, because nothing came on it for too long: begin another")]
    BatonExpired,
    #[error("{what} came with {least}, and this is {version}", version = .spoken)]
    TooOld {
        what: &'static str,
        least: Version,
        spoken: Version,
    },
    #[error("{0}")]
    BadDatabase(String),
    #[error("{most} streams are open, which is the most there can be: close some")]
    TooManyStreams { most: usize },
}

impl ProtocolError {
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Json(_) => "JSON_INVALID",
            Self::Protobuf(_) => "PROTOBUF_INVALID",
            Self::BatonUnknown => "BATON_INVALID",
            Self::BatonUsed => "BATON_REUSED",
            Self::BatonExpired => "STREAM_EXPIRED",
            Self::TooManyStreams { .. } => "STREAM_TOO_MANY",
            _ => "PROTOCOL_ERROR",
        }
    }
}

impl From<&ProtocolError> for Error {
    fn from(error: &ProtocolError) -> Self {
        refusal(error.code(), error.to_string())
    }
}

pub(super) fn refusal(code: &str, message: impl Into<String>) -> Error {
    Error {
        message: message.into(),
        code: code.to_owned(),
    }
}

/// The engine's error as libSQL's server words it.
///
/// A code is SQLite's name without its extension: `@libsql/client` takes it for the base code, and its message says
/// which constraint failed. Texts that are not SQL, statements that do not compile and arguments that do not fit
/// have codes of the protocol's own.
pub(super) fn of_database(error: &DatabaseError) -> Error {
    match error {
        DatabaseError::InScript { cause, .. } | DatabaseError::InBatch { cause, .. } => {
            of_database(cause)
        }
        DatabaseError::Sql {
            message,
            code,
            offset,
        } if code.primary() == SQLITE_ERROR && is_syntax_error(message) => refusal(
            "SQL_PARSE_ERROR",
            format!("SQL string could not be parsed: {message}{}", at(*offset)),
        ),
        DatabaseError::Sql {
            message,
            code,
            offset: offset @ Some(_),
        } if code.primary() == SQLITE_ERROR => refusal(
            "SQL_INPUT_ERROR",
            format!("SQL input error: {message}{}", at(*offset)),
        ),
        DatabaseError::MissingParameter { .. } | DatabaseError::TooManyParameters { .. } => {
            arguments(error)
        }
        DatabaseError::NoStatement(_) => refusal(
            "SQL_NO_STATEMENT",
            "SQL string does not contain any statement",
        ),
        DatabaseError::SeveralStatements => refusal(
            "SQL_MANY_STATEMENTS",
            "SQL string contains more than one statement",
        ),
        DatabaseError::TooManyRows { .. } | DatabaseError::ResultTooLarge { .. } => {
            refusal("RESPONSE_TOO_LARGE", error.to_string())
        }
        DatabaseError::Injected { message } => refusal("SQLITE_ERROR", message),
        _ => {
            let code = crate::Code(error.code().primary());
            refusal(code.name(), format!("SQLite error: {error}"))
        }
    }
}

fn at(offset: Option<usize>) -> String {
    offset.map_or_else(String::new, |offset| format!(" (at offset {offset})"))
}

/// Whether SQLite's parser itself refused a text: it has no code for that.
fn is_syntax_error(message: &str) -> bool {
    message.ends_with(": syntax error")
        || message == "incomplete input"
        || message.starts_with("unrecognized token: ")
}

pub(super) fn arguments(problem: impl std::fmt::Display) -> Error {
    refusal(
        "ARGS_INVALID",
        format!("Arguments do not match SQL parameters: {problem}"),
    )
}

const SQLITE_ERROR: i32 = 1;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Code;

    fn sql(code: i32, offset: Option<usize>) -> DatabaseError {
        DatabaseError::Sql {
            message: "m".to_owned(),
            code: Code(code),
            offset,
        }
    }

    #[test]
    fn codes_are_those_that_clients_know() {
        for (error, code, message) in [
            (sql(1, None), "SQLITE_ERROR", "SQLite error: m"),
            (
                sql(1, Some(7)),
                "SQL_INPUT_ERROR",
                "SQL input error: m (at offset 7)",
            ),
            (sql(2067, None), "SQLITE_CONSTRAINT", "SQLite error: m"),
            (sql(5, None), "SQLITE_BUSY", "SQLite error: m"),
            (sql(517, None), "SQLITE_BUSY", "SQLite error: m"),
            (
                DatabaseError::SeveralStatements,
                "SQL_MANY_STATEMENTS",
                "SQL string contains more than one statement",
            ),
            (
                DatabaseError::InScript {
                    number: 2,
                    line: 1,
                    offset: 9,
                    cause: Box::new(sql(2067, None)),
                },
                "SQLITE_CONSTRAINT",
                "SQLite error: m",
            ),
        ] {
            assert_eq!(of_database(&error), refusal(code, message));
        }
    }

    #[test]
    fn text_that_is_not_sql_is_told_from_sql_that_does_not_compile() {
        for (message, is_syntax) in [
            (r#"near "SELEC": syntax error"#, true),
            ("incomplete input", true),
            (r#"unrecognized token: "'abc""#, true),
            ("no such column: foobar", false),
            ("no such function: foo", false),
        ] {
            assert_eq!(is_syntax_error(message), is_syntax, "{message}");
        }
    }
}
