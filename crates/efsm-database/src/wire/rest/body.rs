//! What a call is sent, read once.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use bytes::Bytes;
use efsm_core::{Body, Request};
use efsm_wire::input::parse_json;
use efsm_wire::{BadInput, query_value};
use http::header::ACCEPT;
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value as Json};

use crate::DatabaseService;
use crate::engine::{Args, Database, Run, Value};
use crate::service::{Held, OpenSession};
use crate::wire::values::{Given, GivenArgs, LargeIntegers};

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

/// A JSON object with the members of a call; each is taken once. What most calls have, the statement and its parameters
/// in the form `P`, is read without being set aside.
pub(super) struct Members<P> {
    sql: Given,
    params: P,
    others: Map<String, Json>,
}

impl<P: Default + DeserializeOwned> Members<P> {
    pub(super) fn of(body: &[u8]) -> Result<Self, BadInput> {
        if body.trim_ascii_start().first() != Some(&b'{') {
            parse_json::<IgnoredAny>(body)?;
            return Err(BadInput::new(
                "the body must be a JSON object such as {\"sql\": \"SELECT 1\", \"params\": []}",
            ));
        }
        parse_json(body)
    }
}

impl<P: Default> Members<P> {
    pub(super) fn take(&mut self, name: &str) -> Option<Json> {
        self.others.remove(name).filter(|json| !json.is_null())
    }

    pub(super) fn sql(&mut self) -> Result<String, BadInput> {
        match std::mem::take(&mut self.sql).0 {
            Ok(Value::Text(sql)) => Ok(sql),
            Ok(Value::Null) => Err(BadInput::new("missing sql")),
            _ => Err(BadInput::new("sql must be a string")),
        }
    }

    /// The parameters, in whatever form the call takes them.
    pub(super) fn params(&mut self) -> P {
        std::mem::take(&mut self.params)
    }

    pub(super) fn flag(&mut self, name: &str, default: bool) -> Result<bool, BadInput> {
        match self.take(name) {
            None => Ok(default),
            Some(Json::Bool(is)) => Ok(is),
            Some(_) => Err(BadInput::new(format!("{name} must be true or false"))),
        }
    }

    pub(super) fn shape(&mut self, is_csv: bool) -> Result<Shape, BadInput> {
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
            is_csv,
        })
    }
}

impl<'b, P: Default + Deserialize<'b>> Deserialize<'b> for Members<P> {
    fn deserialize<D: Deserializer<'b>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor(PhantomData))
    }
}

struct MembersVisitor<P>(PhantomData<P>);

impl<'b, P: Default + Deserialize<'b>> Visitor<'b> for MembersVisitor<P> {
    type Value = Members<P>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'b>>(self, mut map: A) -> Result<Members<P>, A::Error> {
        let mut members = Members {
            sql: Given::default(),
            params: P::default(),
            others: Map::new(),
        };
        while let Some(Name(name)) = map.next_key()? {
            match &*name {
                "sql" => members.sql = map.next_value()?,
                "params" => members.params = map.next_value()?,
                _ => drop(members.others.insert(name.into_owned(), map.next_value()?)),
            }
        }
        Ok(members)
    }
}

/// The name of a member.
#[derive(Deserialize)]
struct Name<'b>(#[serde(borrow)] Cow<'b, str>);

impl Members<GivenArgs> {
    pub(super) fn args(&mut self) -> Result<Args, BadInput> {
        self.params().0.map_err(BadInput::new)
    }
}

/// The whole body of a call.
pub(super) async fn body_of(service: &DatabaseService, body: Body) -> Result<Bytes, BadInput> {
    let limit = service.context().limits().body_bytes;
    Ok(body.collect(limit).await?)
}

/// Whether `Accept` asks for CSV; to be looked at before the body is taken.
pub(super) fn wants_csv(request: &Request) -> bool {
    request.header(ACCEPT).is_some_and(prefers_csv)
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
    pub(super) run: Run,
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
                let Some(session) = Held::use_now(inner, &id, run.now) else {
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
            None => match self.session.into_lone() {
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
