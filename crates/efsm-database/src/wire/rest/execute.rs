//! `POST execute`: one statement, or several without parameters of their own.

use bytes::Bytes;
use efsm_core::{Body, Response};
use efsm_wire::BadInput;
use http::header::{CONTENT_TYPE, HeaderValue};

use super::body::{Members, Seat, Shape, body_of};
use super::refusal::{of_error, of_failure};
use super::rows::{CsvRows, JsonRows};
use crate::DatabaseService;
use crate::engine::session::in_script;
use crate::engine::{Args, Database, Outcome, script};
use crate::error::Error;
use crate::service::{Failure, OpenSession};
use crate::wire::values::GivenArgs;

pub(super) async fn answer(
    service: &DatabaseService,
    database: &Database,
    is_csv: bool,
    body: Body,
) -> Response {
    let body = match body_of(service, body).await {
        Ok(body) => body,
        Err(bad) => return bad.into(),
    };
    let read = || {
        let mut members: Members<GivenArgs> = Members::of(&body)?;
        let sql = members.sql()?;
        let args = members.args()?;
        let shape = members.shape(is_csv)?;
        let is_atomic = members.flag("atomic", false)?;
        Ok::<_, BadInput>((sql, args, shape, is_atomic, members.take("session")))
    };
    let (sql, args, shape, is_atomic, session) = match read() {
        Ok(call) => call,
        Err(bad) => return bad.into(),
    };
    let seat = match Seat::take(service, database, session) {
        Ok(seat) => seat,
        Err(refused) => return *refused,
    };
    let is_one = !sql.contains(';') || script::split(&sql).nth(1).is_none();
    let result = if is_one {
        one(&seat, &sql, args, shape).await
    } else {
        Box::pin(several(&seat.session, sql, args, shape, is_atomic)).await
    };
    let left_well = seat.leave(service);
    match result {
        Ok(_) if !left_well => of_error(&Error::LeftOpen),
        Ok(text) => with_type(text, shape),
        Err(failure) => of_failure(&failure),
    }
}

async fn one(seat: &Seat, sql: &str, args: Args, shape: Shape) -> Result<Vec<u8>, Failure> {
    let (session, run) = (&seat.session, &seat.run);
    if shape.is_csv {
        let sink = CsvRows::default();
        let (_, rows) = Box::pin(session.execute_in(run, sql, args, sink)).await?;
        return Ok(rows.finish());
    }
    let sink = JsonRows::new(shape);
    let (outcome, rows) = session.execute_in(run, sql, args, sink).await?;
    Ok(rows.finish(&outcome))
}

/// Runs the statements in order. Named parameters are for each of them that has the name; by position only one
/// of them could be meant.
async fn several(
    session: &OpenSession,
    sql: String,
    args: Args,
    shape: Shape,
    is_atomic: bool,
) -> Result<Vec<u8>, Failure> {
    if !args.positional.is_empty() {
        return Err(Failure::Database(Error::Sql {
            message:
                "parameters by position belong to one statement, and there are several: name them \
                      (:a), or send the statements to /db/batch"
                    .to_owned(),
            code: crate::Code(21),
            offset: None,
        }));
    }
    session.fault(&sql).await?;
    let recorder = session.clone();
    let results = session
        .work(move |session, run| {
            let run_all = |session: &mut crate::Session| {
                let mut results = Vec::new();
                for (index, piece) in script::split(&sql).enumerate() {
                    let mut rows = Rows::new(shape);
                    let result = rows.run(session, piece.sql, &args, run);
                    recorder.record(piece.sql, args.clone(), run, &result);
                    let outcome = result.map_err(|cause| in_script(&sql, index, piece, cause))?;
                    results.push(rows.finish(&outcome));
                }
                Ok(results)
            };
            if is_atomic {
                session.atomically(run, run_all)
            } else {
                run_all(session)
            }
        })
        .await?;
    Ok(joined(results, shape))
}

/// A result in the shape that was asked for.
pub(super) enum Rows {
    Json(JsonRows),
    Csv(CsvRows),
}

impl Rows {
    pub(super) fn new(shape: Shape) -> Self {
        if shape.is_csv {
            Self::Csv(CsvRows::default())
        } else {
            Self::Json(JsonRows::new(shape))
        }
    }

    pub(super) fn run(
        &mut self,
        session: &mut crate::Session,
        sql: &str,
        args: &Args,
        run: &crate::Run,
    ) -> Result<Outcome, Error> {
        match self {
            Self::Json(rows) => session.execute(sql, args, run, rows),
            Self::Csv(rows) => session.execute(sql, args, run, rows),
        }
    }

    pub(super) fn finish(self, outcome: &Outcome) -> Vec<u8> {
        match self {
            Self::Json(rows) => rows.finish(outcome),
            Self::Csv(rows) => rows.finish(),
        }
    }
}

/// The results of several statements: the last one's members, and `results` with all; as CSV the last that
/// has rows.
pub(super) fn joined(mut results: Vec<Vec<u8>>, shape: Shape) -> Vec<u8> {
    if shape.is_csv {
        return results
            .into_iter()
            .rev()
            .find(|rows| !rows.is_empty())
            .unwrap_or_default();
    }
    let all = results.join(&b","[..]);
    let mut last = results
        .pop()
        .unwrap_or_else(|| b"{\"rows\":[],\"row_count\":0}".to_vec());
    last.pop();
    last.extend_from_slice(b",\"results\":[");
    last.extend_from_slice(&all);
    last.extend_from_slice(b"]}");
    last
}

pub(super) fn with_type(text: Vec<u8>, shape: Shape) -> Response {
    let content_type = if shape.is_csv {
        "text/csv; charset=utf-8"
    } else {
        "application/json"
    };
    let mut response = Response::new(Body::from(Bytes::from(text)));
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
