//! The plain REST contract under `/db`.
//!
//! Each call is there for the default database (`/db/execute`) and for others by name (`/db/shop/execute`), which
//! are made when they are first used. The names of calls cannot be names of databases.
//!
//! | call | answer |
//! | --- | --- |
//! | `POST execute` `{"sql", "params"?, "session"?, ..}` | the rows; several statements: `results` too |
//! | `POST executemany` `{"sql", "params": [..]}` | one statement for each set, all or none |
//! | `POST batch` `{"statements": [..], "atomic"?}` | several statements with parameters of their own |
//! | `GET tables` · `GET schema` | names; tables with columns, indexes, triggers |
//! | `GET dump` · `POST load` | the database as SQL text, and back |
//! | `GET export` · `POST import` | the database as a file of SQLite's, and back |
//! | `POST reset` `{"depth": "data" or "all"}` | rows gone; schema too |
//! | `POST sessions` · `GET sessions` · `GET` `DELETE sessions/{id}` | sessions held across calls |
//! | `GET /db` · `GET /db/{name}` · `DELETE /db/{name}` | what there is; empties and forgets a database |

mod batch;
mod body;
mod diff;
mod execute;
mod refusal;
mod rows;
mod sessions;
mod whole;

use efsm_core::{Request, Response, ResponseFuture};
use efsm_wire::{BadInput, error_with_hint, json, method_not_allowed, segments};
use http::{Method, StatusCode};
use serde_json::json;

use self::body::wants_csv;
use crate::DatabaseService;
use crate::engine::Database;
use crate::engine::databases::DEFAULT;

/// The calls, each with the methods it takes.
const CALLS: [(&str, &str); 12] = [
    ("batch", "POST"),
    ("dump", "GET, HEAD"),
    ("execute", "POST"),
    ("executemany", "POST"),
    ("export", "GET, HEAD"),
    ("import", "POST, PUT"),
    ("load", "POST"),
    ("reset", "POST"),
    ("schema", "GET, HEAD"),
    ("sessions", "GET, HEAD, POST, DELETE"),
    ("tables", "GET, HEAD"),
    ("databases", "GET, HEAD"),
];

/// Names of Hrana's paths below a database.
const HRANA: [&str; 4] = ["v1", "v2", "v3", "v3-protobuf"];

/// Whether a name is that of a call, so that no database can have it.
pub(crate) fn is_reserved(name: &str) -> bool {
    CALLS.iter().any(|(call, _)| *call == name) || HRANA.contains(&name)
}

pub(super) fn answer(service: &DatabaseService, request: Request) -> ResponseFuture<'_> {
    // Nearly every call.
    if request.path() == "/execute" && request.method() == Method::POST {
        let (database, is_csv) = (&service.inner().main, wants_csv(&request));
        return ResponseFuture::new(execute::answer(service, database, is_csv, request.body));
    }
    ResponseFuture::new(any(service, request))
}

async fn any(service: &DatabaseService, request: Request) -> Response {
    let path = request.path().to_owned();
    let segments = match segments(&path) {
        Ok(segments) => segments,
        Err(bad) => return bad.into(),
    };
    // `/db/shop` and `/db/shop/` are the same.
    let parts: Vec<&str> = segments
        .iter()
        .map(AsRef::as_ref)
        .filter(|part: &&str| !part.is_empty())
        .collect();
    let (name, call, rest) = match parts.as_slice() {
        [] => return databases(service, request.method()),
        [call, rest @ ..] if is_reserved(call) => (DEFAULT, Some(*call), rest),
        [name] => (*name, None, &[][..]),
        [name, call, rest @ ..] => (*name, Some(*call), rest),
    };
    let database = match service.databases().database(name) {
        Ok(database) => database,
        Err(error) => return refusal::of_error(&error),
    };
    let Some(call) = call else {
        return one_database(service, &database, request.method());
    };
    let Some((_, allowed)) = CALLS.iter().find(|(known, _)| *known == call) else {
        return error_with_hint(
            StatusCode::NOT_FOUND,
            format!("the database has no call {call}"),
            format!("it has {}", CALLS.map(|(call, _)| call).join(", ")),
        );
    };
    let method = request.method().clone();
    if !allowed.split(", ").any(|other| other == method.as_str()) {
        return method_not_allowed(&method, allowed);
    }
    match (call, rest) {
        ("execute", []) => {
            execute::answer(service, &database, wants_csv(&request), request.body).await
        }
        ("executemany", []) => batch::execute_many(service, &database, request).await,
        ("batch", []) => batch::answer(service, &database, request).await,
        ("tables", []) => whole::tables(service, &database).await,
        ("schema", []) => whole::schema(service, &database).await,
        ("dump", []) => whole::dump(service, &database).await,
        ("load", []) => whole::load(service, &database, request).await,
        ("export", []) => whole::export(service, &database).await,
        ("import", []) => whole::import(service, &database, request).await,
        ("reset", []) => whole::reset(service, &database, request).await,
        ("databases", []) => databases(service, &method),
        ("sessions", []) => sessions::all(service, &database, request).await,
        ("sessions", [id]) => sessions::one(service, id, &method),
        _ => error_with_hint(
            StatusCode::NOT_FOUND,
            format!("nothing is at /db{path}"),
            format!("{call} is a call by itself"),
        ),
    }
}

/// `/_efsm/db/...`
pub(super) async fn control(service: &DatabaseService, request: Request) -> Response {
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    match request.path().trim_end_matches('/') {
        "/diff" if is_read => diff::answer(service, request).await,
        "/databases" if is_read => databases(service, request.method()),
        "/sessions" if is_read => sessions::list(service),
        "/diff" | "/databases" | "/sessions" => method_not_allowed(request.method(), "GET, HEAD"),
        path => error_with_hint(
            StatusCode::NOT_FOUND,
            format!("no control call at /_efsm/db{path}"),
            "the database has diff, databases and sessions",
        ),
    }
}

fn databases(service: &DatabaseService, method: &Method) -> Response {
    if !matches!(*method, Method::GET | Method::HEAD) {
        return method_not_allowed(method, "GET, HEAD");
    }
    let idle = service.inner().pool.counts();
    let list: Vec<_> = service
        .databases()
        .list()
        .into_iter()
        .map(|(name, bytes)| {
            let open = idle.get(&name).copied().unwrap_or(0);
            json!({"name": name, "size_bytes": bytes, "open_sessions": open})
        })
        .collect();
    json(StatusCode::OK, &json!({ "databases": list }))
}

fn one_database(service: &DatabaseService, database: &Database, method: &Method) -> Response {
    match *method {
        Method::GET | Method::HEAD => json(
            StatusCode::OK,
            &json!({
                "name": database.name(),
                "size_bytes": database.version().size_bytes(),
            }),
        ),
        Method::DELETE => {
            let existed = !database.version().is_empty();
            service.databases().remove(database.name());
            json(StatusCode::OK, &json!({ "deleted": existed }))
        }
        _ => method_not_allowed(method, "GET, HEAD, DELETE"),
    }
}

/// A JSON body that may be left out.
async fn optional_body(
    service: &DatabaseService,
    request: Request,
) -> Result<serde_json::Value, BadInput> {
    let limit = service.context().limits().body_bytes;
    let bytes = request.body.collect(limit).await?;
    if bytes.is_empty() {
        return Ok(json!({}));
    }
    efsm_wire::input::parse_json(&bytes)
}
