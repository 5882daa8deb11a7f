//! Requests made ready to run: stored texts looked up, arguments joined, conditions checked.

use std::collections::HashMap;

use super::error::{ProtocolError, arguments, refusal};
use super::message::{Batch, Cond, Error, Stmt};
use super::version::Version;
use crate::engine::{Args, Parameter, script};

/// Texts of SQL that a client has stored under ids of its own.
#[derive(Debug)]
pub(super) struct SqlTexts {
    texts: HashMap<i32, String>,
    most: usize,
    longest: usize,
}

impl SqlTexts {
    /// Those of one stream over HTTP; as many and as long as libSQL's server stores.
    pub(super) fn of_stream() -> Self {
        Self::bounded(50, 5_000)
    }

    /// Those of all streams of a socket.
    pub(super) fn of_socket() -> Self {
        Self::bounded(150, 1 << 20)
    }

    fn bounded(most: usize, longest: usize) -> Self {
        Self {
            texts: HashMap::new(),
            most,
            longest,
        }
    }

    pub(super) fn store(
        &mut self,
        sql_id: i32,
        sql: String,
    ) -> Result<Result<(), Error>, ProtocolError> {
        if self.texts.contains_key(&sql_id) {
            return Err(ProtocolError::SqlExists { sql_id });
        }
        if self.texts.len() >= self.most {
            return Ok(Err(refusal(
                "SQL_STORE_TOO_MANY",
                format!(
                    "{} SQL texts are stored, which is the most: close some",
                    self.most
                ),
            )));
        }
        if sql.len() > self.longest {
            return Ok(Err(refusal(
                "SQL_STORE_TOO_LARGE",
                format!(
                    "the SQL text has {} bytes, and at most {} can be stored: send it with each request",
                    sql.len(),
                    self.longest
                ),
            )));
        }
        self.texts.insert(sql_id, sql);
        Ok(Ok(()))
    }

    /// Forgets a text; it is no error when there is none.
    pub(super) fn close(&mut self, sql_id: i32) {
        self.texts.remove(&sql_id);
    }

    pub(super) fn text(
        &self,
        sql: Option<String>,
        sql_id: Option<i32>,
        version: Version,
    ) -> Result<String, ProtocolError> {
        if sql_id.is_some() {
            version.needs(Version::Hrana2, "sql_id")?;
        }
        match (sql, sql_id) {
            (Some(sql), None) => Ok(sql),
            (None, Some(sql_id)) => match self.texts.get(&sql_id) {
                Some(sql) => Ok(sql.clone()),
                None => Err(ProtocolError::NoSql { sql_id }),
            },
            (Some(_), Some(_)) => Err(ProtocolError::SqlTwice),
            (None, None) => Err(ProtocolError::SqlMissing),
        }
    }

    pub(super) fn statement(
        &self,
        stmt: Stmt,
        version: Version,
    ) -> Result<Statement, ProtocolError> {
        let named = stmt.named_args.unwrap_or_default();
        Ok(Statement {
            sql: self.text(stmt.sql, stmt.sql_id, version)?,
            args: Args {
                positional: stmt
                    .args
                    .unwrap_or_default()
                    .into_iter()
                    .map(|cell| cell.0)
                    .collect(),
                named: named
                    .into_iter()
                    .map(|arg| (arg.name, arg.value.0))
                    .collect(),
            },
            wants_rows: stmt.want_rows.unwrap_or(true),
        })
    }

    pub(super) fn program(
        &self,
        batch: Batch,
        version: Version,
    ) -> Result<Vec<Step>, ProtocolError> {
        let steps = batch.steps.into_iter().enumerate();
        steps
            .map(|(at, step)| {
                if let Some(cond) = &step.condition {
                    cond.check(at, version)?;
                }
                Ok(Step {
                    condition: step.condition,
                    statement: self.statement(step.stmt, version)?,
                })
            })
            .collect()
    }
}

impl Version {
    pub(super) fn needs(self, least: Self, what: &'static str) -> Result<(), ProtocolError> {
        if self >= least {
            return Ok(());
        }
        Err(ProtocolError::TooOld {
            what,
            least,
            spoken: self,
        })
    }
}

/// A statement with its arguments.
#[derive(Clone, Debug)]
pub(super) struct Statement {
    pub(super) sql: String,
    pub(super) args: Args,
    pub(super) wants_rows: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) condition: Option<Cond>,
    pub(super) statement: Statement,
}

impl Statement {
    /// Whether its arguments must be held against the parameters first: the engine passes over names that it
    /// does not know, and the protocol does not.
    pub(super) fn has_names(&self) -> bool {
        !self.args.named.is_empty()
    }

    /// The error for an argument that the statement has no parameter for.
    pub(super) fn unexpected(&self, parameters: &[Parameter]) -> Option<Error> {
        let is_known = |given: &str| {
            parameters
                .iter()
                .filter_map(|parameter| parameter.name.as_deref())
                .any(|name| name == given || name.get(1..) == Some(given))
        };
        let (name, _) = self.args.named.iter().find(|(name, _)| !is_known(name))?;
        Some(arguments(format!(
            "the statement has no parameter {name:?}"
        )))
    }
}

/// What became of the steps so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Ok,
    Failed,
    Skipped,
}

impl Cond {
    fn check(&self, at: usize, version: Version) -> Result<(), ProtocolError> {
        match self {
            Self::Ok { step } | Self::Error { step } if *step as usize >= at => {
                Err(ProtocolError::BadStep { step: *step })
            }
            Self::Ok { .. } | Self::Error { .. } => Ok(()),
            Self::Not { cond } => cond.check(at, version),
            Self::And { conds } | Self::Or { conds } => {
                conds.iter().try_for_each(|cond| cond.check(at, version))
            }
            Self::IsAutocommit {} => version.needs(Version::Hrana3, "the condition is_autocommit"),
        }
    }

    pub(super) fn holds(&self, fates: &[Fate], is_autocommit: bool) -> bool {
        let was = |step: u32, fate: Fate| fates.get(step as usize) == Some(&fate);
        match self {
            Self::Ok { step } => was(*step, Fate::Ok),
            Self::Error { step } => was(*step, Fate::Failed),
            Self::Not { cond } => !cond.holds(fates, is_autocommit),
            Self::And { conds } => conds.iter().all(|cond| cond.holds(fates, is_autocommit)),
            Self::Or { conds } => conds.iter().any(|cond| cond.holds(fates, is_autocommit)),
            Self::IsAutocommit {} => is_autocommit,
        }
    }
}

/// Whether a text leaves nothing behind in its connection: no temporary table, no setting, no attached
/// database. Transactions are seen otherwise.
pub(super) fn leaves_no_trace(sql: &str) -> bool {
    const HARMLESS: [&str; 13] = [
        "select",
        "values",
        "with",
        "insert",
        "replace",
        "update",
        "delete",
        "begin",
        "commit",
        "end",
        "rollback",
        "savepoint",
        "release",
    ];
    let word = sql
        .find(|c: char| !c.is_ascii_alphabetic())
        .map_or(sql, |end| &sql[..end]);
    if !word.is_empty() && !sql.contains(';') {
        // Nearly every text: one statement that begins with its word.
        return HARMLESS
            .iter()
            .any(|harmless| harmless.eq_ignore_ascii_case(word));
    }
    script::split(sql).all(|piece| HARMLESS.contains(&script::first_word(piece.sql).as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_those_of_the_specification() {
        let fates = [Fate::Ok, Fate::Failed, Fate::Skipped];
        let ok = |step| Cond::Ok { step };
        let error = |step| Cond::Error { step };
        let not = |cond| Cond::Not {
            cond: Box::new(cond),
        };
        for (cond, holds) in [
            (ok(0), true),
            (ok(1), false),
            (ok(2), false),
            (error(0), false),
            (error(1), true),
            (error(2), false),
            (not(ok(2)), true),
            (Cond::And { conds: vec![] }, true),
            (Cond::Or { conds: vec![] }, false),
            (
                Cond::And {
                    conds: vec![ok(0), error(1)],
                },
                true,
            ),
            (
                Cond::And {
                    conds: vec![ok(0), ok(1)],
                },
                false,
            ),
            (
                Cond::Or {
                    conds: vec![ok(1), error(1)],
                },
                true,
            ),
            (Cond::IsAutocommit {}, false),
            (not(Cond::IsAutocommit {}), true),
        ] {
            assert_eq!(cond.holds(&fates, false), holds, "{cond:?}");
        }
    }

    #[test]
    fn condition_names_steps_before_its_own() {
        let cond = Cond::Not {
            cond: Box::new(Cond::Or {
                conds: vec![Cond::Ok { step: 0 }, Cond::Error { step: 2 }],
            }),
        };
        assert_eq!(cond.check(3, Version::Hrana1), Ok(()));
        assert_eq!(
            cond.check(2, Version::Hrana1),
            Err(ProtocolError::BadStep { step: 2 })
        );
        let autocommit = Cond::IsAutocommit {};
        assert_eq!(autocommit.check(0, Version::Hrana3), Ok(()));
        assert!(autocommit.check(0, Version::Hrana2).is_err());
    }

    #[test]
    fn only_plain_statements_leave_no_trace() {
        for (sql, is_harmless) in [
            ("select 1; insert into t values (1)", true),
            ("-- nothing", true),
            ("SELECT", true),
            ("Insert/**/into t values (';')", true),
            ("select1", true),
            ("creaTe temp table t(a)", false),
            (" create temp table t(a)", false),
            ("select 1; create temp table t(a)", false),
            ("PRAGMA foreign_keys = on", false),
            ("attach ':memory:' as x", false),
        ] {
            assert_eq!(leaves_no_trace(sql), is_harmless, "{sql}");
        }
    }
}
