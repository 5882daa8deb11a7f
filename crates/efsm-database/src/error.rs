//! What can go wrong in a database, named after what the caller can do about it.

use std::time::Duration;

/// An error of the database engine.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// The statement was refused or failed: wrong SQL, a broken constraint, a lock, a full database.
    #[error("{message}")]
    Sql {
        message: String,
        code: Code,
        /// Where in the statement's text, in bytes, when the engine knows.
        offset: Option<usize>,
    },
    /// A statement of a script failed; those before it took effect unless the script was atomic.
    #[error("statement {number} (line {line}): {cause}")]
    InScript {
        /// Counted from 1.
        number: usize,
        /// The line of the script on which the statement (or, when known, its fault) begins.
        line: usize,
        /// The same place in bytes from the script's beginning.
        offset: usize,
        cause: Box<Error>,
    },
    #[error("statement {number} of the batch: {cause}")]
    InBatch {
        /// Counted from 1.
        number: usize,
        cause: Box<Error>,
    },
    #[error("the statement has a parameter {parameter} and no value was given for it")]
    MissingParameter { parameter: String },
    #[error("the statement takes {expected} parameters and {given} were given")]
    TooManyParameters { expected: usize, given: usize },
    #[error("there is no statement in {0:?}: send SQL")]
    NoStatement(String),
    #[error("this text has more than one statement: send them one by one or as a script")]
    SeveralStatements,
    #[error(
        "the statement was stopped after {} ms, which is the limit of a statement: make it do less \
         (an index, a LIMIT), or raise the limit `statement_timeout`",
        limit.as_millis()
    )]
    TimedOut { limit: Duration },
    #[error("the statement was cancelled")]
    Cancelled,
    /// The statement did not finish within the steps it was lent; nothing of it took effect.
    #[error("the statement was stopped after {steps} steps, as asked")]
    OutOfSteps { steps: u64 },
    #[error("the result has more than {limit} rows: add a LIMIT, or raise the limit `result_rows`")]
    TooManyRows { limit: usize },
    #[error(
        "the result has more than {limit} bytes: select less, or raise the limit `result_bytes`"
    )]
    ResultTooLarge { limit: usize },
    #[error("{what} is not allowed, because nothing may leave the memory of the stack: {instead}")]
    Denied { what: String, instead: String },
    #[error(
        "the transaction is gone, because the database was restored, reset or replaced meanwhile: \
         begin again"
    )]
    TransactionLost,
    #[error("this is not a database file: {problem}")]
    BadImage { problem: String },
    #[error("{name:?} cannot be a database's name: {problem}")]
    BadName { name: String, problem: &'static str },
    #[error("the receiver of the rows went away")]
    ReceiverGone,
    /// The statements were run; what they did in the transaction is undone.
    #[error(
        "the call left a transaction open, and it was rolled back: end it in the same call, or hold a \
         session for it (POST /db/sessions)"
    )]
    LeftOpen,
    #[error("{message}")]
    Injected { message: String },
}

/// A result code of SQLite, extended where there is an extended one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Code(pub i32);

impl Error {
    /// SQLite's code for this error; limits and refusals have the code that SQLite would use.
    pub fn code(&self) -> Code {
        Code(match self {
            Self::Sql { code, .. } => code.0,
            Self::InScript { cause, .. } | Self::InBatch { cause, .. } => cause.code().0,
            Self::MissingParameter { .. } | Self::TooManyParameters { .. } => 25,
            Self::NoStatement(_) | Self::SeveralStatements => 21,
            Self::TimedOut { .. } | Self::Cancelled | Self::OutOfSteps { .. } => 9,
            Self::ReceiverGone => 4,
            Self::LeftOpen | Self::Injected { .. } => 1,
            Self::TooManyRows { .. } | Self::ResultTooLarge { .. } => 18,
            Self::Denied { .. } => 23,
            Self::TransactionLost => 516,
            Self::BadImage { .. } => 26,
            Self::BadName { .. } => 14,
        })
    }

    /// Where in the text that was sent, in bytes.
    pub fn offset(&self) -> Option<usize> {
        match self {
            Self::Sql { offset, .. } => *offset,
            Self::InScript { offset, .. } => Some(*offset),
            Self::InBatch { cause, .. } => cause.offset(),
            _ => None,
        }
    }

    /// Whether waiting for another writer and trying again may help.
    pub fn is_busy(&self) -> bool {
        self.code().primary() == 5
    }

    pub(crate) fn sql(message: impl Into<String>, code: i32) -> Self {
        Self::Sql {
            message: message.into(),
            code: Code(code),
            offset: None,
        }
    }
}

impl Code {
    /// The code without its extension: SQLITE_CONSTRAINT (19) of SQLITE_CONSTRAINT_UNIQUE (2067).
    pub fn primary(self) -> i32 {
        self.0 & 0xff
    }

    /// SQLite's name of the code, extended when it has one: `SQLITE_CONSTRAINT_UNIQUE`.
    ///
    /// <https://www.sqlite.org/rescode.html>
    pub fn name(self) -> &'static str {
        NAMES
            .binary_search_by_key(&self.0, |(code, _)| *code)
            .or_else(|_| NAMES.binary_search_by_key(&self.primary(), |(code, _)| *code))
            .map_or("SQLITE_ERROR", |at| NAMES[at].1)
    }
}

/// Ascending by code.
const NAMES: &[(i32, &str)] = &[
    (0, "SQLITE_OK"),
    (1, "SQLITE_ERROR"),
    (2, "SQLITE_INTERNAL"),
    (3, "SQLITE_PERM"),
    (4, "SQLITE_ABORT"),
    (5, "SQLITE_BUSY"),
    (6, "SQLITE_LOCKED"),
    (7, "SQLITE_NOMEM"),
    (8, "SQLITE_READONLY"),
    (9, "SQLITE_INTERRUPT"),
    (10, "SQLITE_IOERR"),
    (11, "SQLITE_CORRUPT"),
    (12, "SQLITE_NOTFOUND"),
    (13, "SQLITE_FULL"),
    (14, "SQLITE_CANTOPEN"),
    (15, "SQLITE_PROTOCOL"),
    (16, "SQLITE_EMPTY"),
    (17, "SQLITE_SCHEMA"),
    (18, "SQLITE_TOOBIG"),
    (19, "SQLITE_CONSTRAINT"),
    (20, "SQLITE_MISMATCH"),
    (21, "SQLITE_MISUSE"),
    (22, "SQLITE_NOLFS"),
    (23, "SQLITE_AUTH"),
    (24, "SQLITE_FORMAT"),
    (25, "SQLITE_RANGE"),
    (26, "SQLITE_NOTADB"),
    (27, "SQLITE_NOTICE"),
    (28, "SQLITE_WARNING"),
    (100, "SQLITE_ROW"),
    (101, "SQLITE_DONE"),
    (257, "SQLITE_ERROR_MISSING_COLLSEQ"),
    (261, "SQLITE_BUSY_RECOVERY"),
    (262, "SQLITE_LOCKED_SHAREDCACHE"),
    (264, "SQLITE_READONLY_RECOVERY"),
    (266, "SQLITE_IOERR_READ"),
    (267, "SQLITE_CORRUPT_VTAB"),
    (270, "SQLITE_CANTOPEN_NOTEMPDIR"),
    (275, "SQLITE_CONSTRAINT_CHECK"),
    (279, "SQLITE_AUTH_USER"),
    (513, "SQLITE_ERROR_RETRY"),
    (516, "SQLITE_ABORT_ROLLBACK"),
    (517, "SQLITE_BUSY_SNAPSHOT"),
    (518, "SQLITE_LOCKED_VTAB"),
    (520, "SQLITE_READONLY_CANTLOCK"),
    (522, "SQLITE_IOERR_SHORT_READ"),
    (523, "SQLITE_CORRUPT_SEQUENCE"),
    (526, "SQLITE_CANTOPEN_ISDIR"),
    (531, "SQLITE_CONSTRAINT_COMMITHOOK"),
    (769, "SQLITE_ERROR_SNAPSHOT"),
    (773, "SQLITE_BUSY_TIMEOUT"),
    (776, "SQLITE_READONLY_ROLLBACK"),
    (778, "SQLITE_IOERR_WRITE"),
    (779, "SQLITE_CORRUPT_INDEX"),
    (782, "SQLITE_CANTOPEN_FULLPATH"),
    (787, "SQLITE_CONSTRAINT_FOREIGNKEY"),
    (1032, "SQLITE_READONLY_DBMOVED"),
    (1034, "SQLITE_IOERR_FSYNC"),
    (1038, "SQLITE_CANTOPEN_CONVPATH"),
    (1043, "SQLITE_CONSTRAINT_FUNCTION"),
    (1290, "SQLITE_IOERR_DIR_FSYNC"),
    (1299, "SQLITE_CONSTRAINT_NOTNULL"),
    (1546, "SQLITE_IOERR_TRUNCATE"),
    (1555, "SQLITE_CONSTRAINT_PRIMARYKEY"),
    (1811, "SQLITE_CONSTRAINT_TRIGGER"),
    (2067, "SQLITE_CONSTRAINT_UNIQUE"),
    (2323, "SQLITE_CONSTRAINT_VTAB"),
    (2579, "SQLITE_CONSTRAINT_ROWID"),
    (2835, "SQLITE_CONSTRAINT_PINNED"),
    (3082, "SQLITE_IOERR_NOMEM"),
    (3091, "SQLITE_CONSTRAINT_DATATYPE"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_has_its_own_name_or_that_of_its_family() {
        assert!(NAMES.is_sorted_by_key(|(code, _)| *code));
        assert_eq!(Code(2067).name(), "SQLITE_CONSTRAINT_UNIQUE");
        assert_eq!(Code(0x13 | (99 << 8)).name(), "SQLITE_CONSTRAINT");
        assert_eq!(Code(0x05 | (2 << 8)).name(), "SQLITE_BUSY_SNAPSHOT");
        assert_eq!(Code(200).name(), "SQLITE_ERROR");
    }
}
