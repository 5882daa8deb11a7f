//! What the database writes into the stack's journal.

use std::sync::Arc;
use std::time::Duration;

use efsm_core::Detail;
use serde_json::{Map, Value as Json, json};

use crate::engine::{Args, Outcome, Value};
use crate::error::{Code, Error};
use crate::wire::values;

/// The longest statement, and the largest arguments together, that are repeated in the journal.
const LARGEST_SHOWN_BYTES: usize = 8 * 1024;

/// By which way a statement came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Face {
    Rest,
    Hrana,
    /// The typed API of this crate.
    InProcess,
}

impl Face {
    pub fn name(self) -> &'static str {
        match self {
            Self::Rest => "rest",
            Self::Hrana => "hrana",
            Self::InProcess => "in-process",
        }
    }
}

/// A statement was run, or failed.
#[derive(Debug)]
pub(crate) struct Ran {
    pub database: Arc<str>,
    pub sql: Box<str>,
    pub args: Args,
    /// How often it was run, once for each set of arguments; only the first set is kept.
    pub times: usize,
    pub face: Face,
    pub duration: Duration,
    pub result: Result<Outcome, (Code, String)>,
}

impl Ran {
    pub(crate) fn new(
        database: Arc<str>,
        sql: &str,
        args: Args,
        face: Face,
        duration: Duration,
        result: &Result<Outcome, Error>,
    ) -> Self {
        Self {
            database,
            sql: shortened(sql),
            args: if size_bytes(&args) <= LARGEST_SHOWN_BYTES {
                args
            } else {
                Args::NONE
            },
            times: 1,
            face,
            duration,
            result: match result {
                Ok(outcome) => Ok(*outcome),
                Err(error) => Err((error.code(), error.to_string())),
            },
        }
    }
}

impl Detail for Ran {
    fn summary(&self) -> String {
        let sql: String = self
            .sql
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .chars()
            .take(120)
            .collect();
        match &self.result {
            Ok(outcome) if outcome.is_readonly => format!("{sql} -> {} rows", outcome.rows),
            Ok(outcome) => format!("{sql} -> {} changed", outcome.changes),
            Err((code, message)) => format!("{sql} -> {}: {message}", code.name()),
        }
    }

    fn fields(&self) -> Map<String, Json> {
        let mut fields = Map::new();
        let mut put = |name: &str, value: Json| {
            fields.insert(name.to_owned(), value);
        };
        put("database", (&*self.database).into());
        put("sql", (&*self.sql).into());
        if !self.args.positional.is_empty() {
            let values = self.args.positional.iter().map(values::to_json).collect();
            put("params", Json::Array(values));
        }
        if !self.args.named.is_empty() {
            let named = self.args.named.iter();
            let named = named.map(|(name, value)| (name.clone(), values::to_json(value)));
            put("named_params", Json::Object(named.collect()));
        }
        if self.times != 1 {
            put("times", self.times.into());
        }
        put("face", self.face.name().into());
        put(
            "duration_ms",
            json!((self.duration.as_secs_f64() * 1e6).round() / 1e3),
        );
        match &self.result {
            Ok(outcome) => {
                put("rows", outcome.rows.into());
                put("rows_read", outcome.rows_read.into());
                put("rows_changed", outcome.changes.into());
            }
            Err((code, message)) => {
                put("error", message.as_str().into());
                put("code", code.name().into());
            }
        }
        fields
    }

    fn size_bytes(&self) -> usize {
        320 + self.sql.len() + size_bytes(&self.args)
    }
}

fn shortened(sql: &str) -> Box<str> {
    if sql.len() <= LARGEST_SHOWN_BYTES {
        return sql.into();
    }
    let end = (0..=LARGEST_SHOWN_BYTES)
        .rev()
        .find(|at| sql.is_char_boundary(*at))
        .unwrap_or(0);
    format!("{}... ({} bytes)", &sql[..end], sql.len()).into()
}

fn size_bytes(args: &Args) -> usize {
    let value = |value: &Value| 32 + value.as_ref().size_bytes();
    let positional: usize = args.positional.iter().map(value).sum();
    let named: usize = args
        .named
        .iter()
        .map(|(name, v)| 24 + name.len() + value(v))
        .sum();
    positional + named
}
