//! Hrana, libSQL's protocol, over HTTP and WebSocket.
//!
//! <https://github.com/tursodatabase/libsql/tree/main/docs>, `HRANA_1_SPEC.md` to `HRANA_3_SPEC.md`.
//!
//! | request, under any prefix | answer |
//! | --- | --- |
//! | `POST v1/execute` · `v1/batch` | the first version over HTTP: one statement or batch, without a stream |
//! | `GET v2` · `v3` · `v3-protobuf` | 200: the version is spoken |
//! | `POST v2/pipeline` · `v3/pipeline` · `v3-protobuf/pipeline` | requests on one stream, and the next baton |
//! | `POST v3/cursor` · `v3-protobuf/cursor` | a batch whose rows are streamed |
//! | WebSocket `hrana1` · `hrana2` · `hrana3` · `hrana3-protobuf` | several streams on one socket |
//!
//! The prefix `/db/{name}` names a database; every other prefix, `/db` and none among them, means the default one.
//! All of them are the stack's databases, whichever way a client comes.
//!
//! | module | holds |
//! | --- | --- |
//! | [`message`] | the structures, and their JSON; [`cell`] the values |
//! | `tagged` | how structures with a `type` are read |
//! | [`protobuf`] | the same as Protobuf |
//! | [`version`] | versions and encodings |
//! | `program` | requests made ready to run: stored texts, arguments, conditions |
//! | `run` | jobs on a session, batches, cursors |
//! | `rendered` | the result of one statement, written as JSON while its rows come |
//! | `streams` | streams over HTTP, their batons and their end |
//! | `http` · `websocket` | the two variants |
//! | [`error`] | protocol errors, and the engine's errors in Hrana's words |

pub mod cell;
pub mod error;
mod http;
pub mod message;
mod program;
pub mod protobuf;
mod rendered;
mod run;
mod streams;
mod tagged;
pub mod version;
mod websocket;

use ::http::{Method, StatusCode};
use efsm_core::{Request, ResponseFuture};
use efsm_wire::{error_with_hint, method_not_allowed};

use self::error::ProtocolError;
pub(crate) use self::streams::Streams;
use self::version::{Encoding, Version};
use crate::DatabaseService;
use crate::engine::Database;

/// What a path asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Call {
    Probe,
    /// Of version 1.
    Execute,
    /// Of version 1.
    Batch,
    Pipeline(Version, Encoding),
    Cursor(Encoding),
}

const CALLS: [(&str, Call); 10] = [
    ("/v1/execute", Call::Execute),
    ("/v1/batch", Call::Batch),
    (
        "/v2/pipeline",
        Call::Pipeline(Version::Hrana2, Encoding::Json),
    ),
    (
        "/v3/pipeline",
        Call::Pipeline(Version::Hrana3, Encoding::Json),
    ),
    (
        "/v3-protobuf/pipeline",
        Call::Pipeline(Version::Hrana3, Encoding::Protobuf),
    ),
    ("/v3/cursor", Call::Cursor(Encoding::Json)),
    ("/v3-protobuf/cursor", Call::Cursor(Encoding::Protobuf)),
    ("/v2", Call::Probe),
    ("/v3", Call::Probe),
    ("/v3-protobuf", Call::Probe),
];

/// Whether a request under the database's own prefix is Hrana's: a call or a probe at a place where REST has
/// nothing, or a WebSocket.
pub(super) fn is_meant(request: &Request) -> bool {
    efsm_wire::websocket::is_upgrade(&request.head.headers)
        || split(request.head.uri.path()).is_some()
}

fn split(path: &str) -> Option<(&str, Call)> {
    CALLS
        .iter()
        .find_map(|(suffix, call)| Some((path.strip_suffix(suffix)?, *call)))
}

pub(super) fn answer(service: &DatabaseService, request: Request) -> ResponseFuture<'_> {
    // The raw path: a prefix that the gateway took off is one of the prefixes here.
    let path = request.head.uri.path();
    if efsm_wire::websocket::is_upgrade(&request.head.headers) {
        let response = match database(service, path) {
            Ok(database) => websocket::answer(service, database, request),
            Err(error) => http::refused(&error),
        };
        return ResponseFuture::Ready(response);
    }
    let Some((prefix, call)) = split(path) else {
        return ResponseFuture::Ready(error_with_hint(
            StatusCode::NOT_FOUND,
            format!("Hrana has no call at {path}"),
            "it has v1/execute, v1/batch, v2/pipeline, v3/pipeline, v3/cursor, their v3-protobuf twins, and WebSocket",
        ));
    };
    let allowed = match call {
        Call::Probe => "GET, HEAD",
        _ => "POST",
    };
    if !allowed
        .split(", ")
        .any(|method| method == request.method().as_str())
    {
        return ResponseFuture::Ready(method_not_allowed(request.method(), allowed));
    }
    if call == Call::Probe {
        let spoken = "Hrana over HTTP is spoken here\n";
        return ResponseFuture::Ready(efsm_wire::text(StatusCode::OK, spoken));
    }
    let database = match database(service, prefix) {
        Ok(database) => database,
        Err(error) => return ResponseFuture::Ready(http::refused(&error)),
    };
    debug_assert_eq!(request.method(), Method::POST);
    if let Call::Pipeline(version, encoding) = call {
        let pipeline = http::pipeline(service, database, request.body, version, encoding);
        return ResponseFuture::new(pipeline);
    }
    ResponseFuture::new(async move {
        match call {
            Call::Cursor(encoding) => http::cursor(service, &database, request, encoding).await,
            Call::Execute => http::execute(service, &database, request).await,
            Call::Batch => http::batch(service, &database, request).await,
            Call::Probe | Call::Pipeline(..) => unreachable!("answered above"),
        }
    })
}

/// The database that a prefix names.
fn database(service: &DatabaseService, prefix: &str) -> Result<Database, ProtocolError> {
    let Some(raw) = named(prefix) else {
        return Ok(service.inner().main.clone());
    };
    let bad = |problem: String| ProtocolError::BadDatabase(problem);
    let name = efsm_wire::decode(raw).map_err(|e| bad(e.message))?;
    if super::is_reserved(&name) {
        return Err(bad(format!(
            "{name:?} cannot be a database's name: that is the name of a call under /db"
        )));
    }
    let database = service.databases().database(&name);
    database.map_err(|error| bad(error.to_string()))
}

fn named(prefix: &str) -> Option<&str> {
    let name = prefix.strip_prefix("/db/")?;
    let name = name.strip_suffix('/').unwrap_or(name);
    (!name.is_empty() && !name.contains('/')).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_segment_below_db_names_a_database() {
        for (prefix, name) in [
            ("", None),
            ("/", None),
            ("/db", None),
            ("/db/", None),
            ("/db/shop", Some("shop")),
            ("/db/shop/", Some("shop")),
            ("/db/shop/x", None),
            ("/x/y", None),
            ("/dbx/shop", None),
        ] {
            assert_eq!(named(prefix), name, "{prefix}");
        }
    }

    #[test]
    fn calls_are_found_at_the_end_of_any_path() {
        for (path, found) in [
            (
                "/a/b/v2/pipeline",
                Some(("/a/b", Call::Pipeline(Version::Hrana2, Encoding::Json))),
            ),
            (
                "/v3-protobuf/cursor",
                Some(("", Call::Cursor(Encoding::Protobuf))),
            ),
            ("/db/v3", Some(("/db", Call::Probe))),
            ("/db/v1/batch", Some(("/db", Call::Batch))),
            ("/v2/cursor", None),
            ("/xv2", None),
            ("/v1/pipeline", None),
        ] {
            assert_eq!(split(path), found, "{path}");
        }
    }
}
