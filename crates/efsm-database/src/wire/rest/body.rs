//! What a call is sent, read once.

use efsm_core::Request;
use efsm_wire::{BadInput, query_value};
use http::header::ACCEPT;
use serde_json::{Map, Value as Json};

use crate::DatabaseService;
use crate::engine::{Args, Database, Run};
use crate::service::OpenSession;
use crate::wire::values::{LargeIntegers, args_from_json};

/// How a result is to be written.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Shape {
    pub(super) large: LargeIntegers,
    /// Rows as arrays, beside `columns`.
    pub(super) as_arrays: bool,
    /// Columns with types, counts and the last rowid, beside the rows.
    pub(super) with_detail: bool,
    pub(super) is_csv: bool,
}

/// A JSON object with the members of a call; each is taken once.
pub(super) struct Members(Map<String, Json>);

impl Members {
    pub(super) async fn read(
        service: &DatabaseService,
        request: Request,
    ) -> Result<Self, BadInput> {
        let limit = service.context().limits().body_bytes;
        match efsm_wire::json_body(request.body, limit).await? {
            Json::Object(members) => Ok(Self(members)),
            _ => Err(BadInput::new(
                "the body must be a JSON object such as {\"sql\": \"SELECT 1\", \"params\": []}",
            )),
        }
    }

    pub(super) fn of(json: Json) -> Result<Self, BadInput> {
        match json {
            Json::Object(members) => Ok(Self(members)),
            _ => Err(BadInput::new("a JSON object is expected")),
        }
    }

    pub(super) fn take(&mut self, name: &str) -> Option<Json> {
        self.0.remove(name).filter(|json| !json.is_null())
    }

    pub(super) fn sql(&mut self) -> Result<String, BadInput> {
        match self.take("sql") {
            Some(Json::String(sql)) => Ok(sql),
            None => Err(BadInput::new("missing sql")),
            Some(_) => Err(BadInput::new("sql must be a string")),
        }
    }

    pub(super) fn args(&mut self) -> Result<Args, BadInput> {
        args_from_json(self.take("params")).map_err(BadInput::new)
    }

    pub(super) fn flag(&mut self, name: &str, default: bool) -> Result<bool, BadInput> {
        match self.take(name) {
            None => Ok(default),
            Some(Json::Bool(is)) => Ok(is),
            Some(_) => Err(BadInput::new(format!("{name} must be true or false"))),
        }
    }

    pub(super) fn shape(&mut self, accept: Option<&str>) -> Result<Shape, BadInput> {
        let large = match self.take("integers") {
            None => LargeIntegers::Tagged,
            Some(Json::String(mode)) => match mode.as_str() {
                "tagged" => LargeIntegers::Tagged,
                "number" => LargeIntegers::Number,
                "string" => LargeIntegers::String,
                _ => return Err(BadInput::new("integers must be tagged, number or string")),
            },
            Some(_) => return Err(BadInput::new("integers must be tagged, number or string")),
        };
        let as_arrays = match self.take("rows") {
            None => false,
            Some(Json::String(mode)) if mode == "objects" => false,
            Some(Json::String(mode)) if mode == "arrays" => true,
            Some(_) => return Err(BadInput::new("rows must be objects or arrays")),
        };
        Ok(Shape {
            large,
            as_arrays,
            with_detail: self.flag("detail", false)?,
            is_csv: accept.is_some_and(prefers_csv),
        })
    }
}

/// What `Accept` says, before the body is read.
pub(super) fn accept(request: &Request) -> Option<String> {
    request.header(ACCEPT).map(str::to_owned)
}

/// Whether a list of media types has CSV before JSON.
fn prefers_csv(accept: &str) -> bool {
    accept
        .split(',')
        .map(|range| range.split(';').next().unwrap_or("").trim())
        .find(|range| matches!(*range, "text/csv" | "application/json" | "*/*"))
        == Some("text/csv")
}

/// The session of a call: the one it names, or one that it shares with other calls that name none.
pub(super) struct Seat {
    pub(super) session: OpenSession,
    held: Option<String>,
    /// The call as it began.
    run: Run,
}

impl Seat {
    /// A session's database is the one it was opened for; the path's must be the same.
    pub(super) fn take(
        service: &DatabaseService,
        database: &Database,
        id: Option<Json>,
    ) -> Result<Self, Box<efsm_core::Response>> {
        let inner = service.inner();
        let run = inner.run();
        match id {
            None => {
                let session = inner
                    .pool
                    .take(database, &run)
                    .map_err(|error| super::refusal::of_error(&error))?;
                let face = crate::journal::Face::Rest;
                Ok(Self {
                    session: OpenSession::new(inner.clone(), session, face),
                    held: None,
                    run,
                })
            }
            Some(Json::String(id)) => {
                let Some(session) = inner.held.use_now(&id, run.now) else {
                    return Err(Box::new(super::refusal::no_session(&id)));
                };
                if session.database().name() != database.name() {
                    return Err(Box::new(
                        BadInput::new(format!(
                            "session {id} belongs to the database {}, and the path names {}",
                            session.database().name(),
                            database.name()
                        ))
                        .into(),
                    ));
                }
                Ok(Self {
                    session,
                    held: Some(id),
                    run,
                })
            }
            Some(_) => Err(Box::new(BadInput::new("session must be a string").into())),
        }
    }

    /// Ends the call. `false`: it left a transaction open that nobody could end, which was rolled back.
    pub(super) fn leave(self, service: &DatabaseService) -> bool {
        let inner = service.inner();
        match self.held {
            Some(id) => {
                inner.held.used(&id, inner.context.now());
                true
            }
            None => match self.session.into_inner() {
                Some(session) => !inner.pool.give(session, &self.run),
                None => true,
            },
        }
    }
}

/// A number of a query.
pub(super) fn query_number(query: Option<&str>, name: &str) -> Result<Option<usize>, BadInput> {
    match query_value(query, name) {
        None => Ok(None),
        Some(text) => text
            .parse()
            .map(Some)
            .map_err(|_| BadInput::new(format!("{name} must be a number, and is {text:?}"))),
    }
}
