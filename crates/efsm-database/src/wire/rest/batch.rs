//! `POST batch` and `POST executemany`: several runs in one call, all or none.

use efsm_core::{Request, Response};
use efsm_wire::{BadInput, json};
use http::StatusCode;
use serde::Deserialize as _;
use serde_json::{Value as Json, json};

use super::body::{Members, Seat, body_of, wants_csv};
use super::execute::{Rows, joined, with_type};
use super::refusal::{of_error, of_failure};
use crate::DatabaseService;
use crate::engine::{Args, Database};
use crate::error::Error;
use crate::service::Failure;
use crate::wire::values::GivenArgs;

pub(super) async fn answer(
    service: &DatabaseService,
    database: &Database,
    request: Request,
) -> Response {
    let is_csv = wants_csv(&request);
    let read = async {
        let body = body_of(service, request.body).await?;
        let mut members: Members<GivenArgs> = Members::of(&body)?;
        let statements = statements(members.take("statements"))?;
        let shape = members.shape(is_csv)?;
        let is_atomic = members.flag("atomic", true)?;
        Ok::<_, BadInput>((statements, shape, is_atomic, members.take("session")))
    };
    let (statements, shape, is_atomic, session) = match read.await {
        Ok(call) => call,
        Err(bad) => return bad.into(),
    };
    let seat = match Seat::take(service, database, session) {
        Ok(seat) => seat,
        Err(refused) => return *refused,
    };
    let result = async {
        for (sql, _) in &statements {
            seat.session.fault(sql).await?;
        }
        let recorder = seat.session.clone();
        seat.session
            .work(move |session, run| {
                let run_all = |session: &mut crate::Session| {
                    let mut results = Vec::new();
                    for (index, (sql, args)) in statements.into_iter().enumerate() {
                        let mut rows = Rows::new(shape);
                        let result = rows.run(session, &sql, &args, run);
                        recorder.record(&sql, args, run, &result);
                        let outcome = result.map_err(|cause| Error::InBatch {
                            number: index + 1,
                            cause: Box::new(cause),
                        })?;
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
            .await
    }
    .await;
    let left_well = seat.leave(service);
    match result {
        Ok(_) if !left_well => of_error(&Error::LeftOpen),
        Ok(results) => with_type(joined(results, shape), shape),
        Err(failure) => of_failure(&failure),
    }
}

/// `["SELECT 1", {"sql": .., "params": ..}]`
fn statements(json: Option<Json>) -> Result<Vec<(String, Args)>, BadInput> {
    let Some(Json::Array(statements)) = json else {
        return Err(BadInput::new(
            "statements must be an array of SQL strings or of {\"sql\", \"params\"}",
        ));
    };
    let statements = statements.into_iter().enumerate().map(|(at, statement)| {
        let read = match statement {
            Json::String(sql) => Ok((sql, Args::NONE)),
            Json::Object(_) => Members::<GivenArgs>::deserialize(statement)
                .map_err(|e| BadInput::new(e.to_string()))
                .and_then(|mut members| Ok((members.sql()?, members.args()?))),
            _ => Err(BadInput::new("it must be a string or an object")),
        };
        read.map_err(|bad| BadInput::new(format!("statements[{at}]: {bad}")))
    });
    statements.collect()
}

pub(super) async fn execute_many(
    service: &DatabaseService,
    database: &Database,
    request: Request,
) -> Response {
    let read = async {
        let body = body_of(service, request.body).await?;
        let mut members: Members<Option<Json>> = Members::of(&body)?;
        let sql = members.sql()?;
        let rows = sets(members.params())?;
        Ok::<_, BadInput>((sql, rows, members.take("session")))
    };
    let (sql, rows, session) = match read.await {
        Ok(call) => call,
        Err(bad) => return bad.into(),
    };
    let seat = match Seat::take(service, database, session) {
        Ok(seat) => seat,
        Err(refused) => return *refused,
    };
    let result = async {
        seat.session.fault(&sql).await?;
        let recorder = seat.session.clone();
        seat.session
            .work(move |session, run| {
                let result = session.execute_many(&sql, &rows, run);
                let times = rows.len();
                let first = rows.into_iter().next().unwrap_or_default();
                recorder.record_times(&sql, first, times, run, &result);
                Ok::<_, Error>((result?, times))
            })
            .await
    }
    .await;
    let left_well = seat.leave(service);
    match result {
        Ok(_) if !left_well => of_error(&Error::LeftOpen),
        Ok((outcome, times)) => json(
            StatusCode::OK,
            &json!({
                "row_count": outcome.changes,
                "executions": times,
                "last_insert_rowid": outcome.last_insert_rowid,
            }),
        ),
        Err(failure @ (Failure::Database(_) | Failure::Fault(_))) => of_failure(&failure),
    }
}

fn sets(json: Option<Json>) -> Result<Vec<Args>, BadInput> {
    let Some(Json::Array(sets)) = json else {
        return Err(BadInput::new(
            "params must be an array of arrays (by position) or of objects (by name)",
        ));
    };
    let sets = sets.into_iter().enumerate().map(|(at, set)| {
        let given = GivenArgs::deserialize(set).map_err(|e| e.to_string());
        let args = given.and_then(|given| given.0);
        args.map_err(|problem| BadInput::new(format!("set {at}: {problem}")))
    });
    sets.collect()
}
