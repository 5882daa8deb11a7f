//! Calls about a database as a whole. All of them may take long and run on a thread.

use bytes::Bytes;
use efsm_core::{Body, Note, Request, Response};
use efsm_wire::{error, json};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue};
use http::{HeaderMap, StatusCode};
use serde_json::{Value as Json, json};

use super::optional_body;
use super::refusal::of_failure;
use crate::DatabaseService;
use crate::engine::schema::TableInfo;
use crate::engine::{Database, ObjectInfo, Run, Schema};
use crate::error::Error;
use crate::journal::Face;
use crate::service::{Failure, Lone, OpenSession};

/// Does work with a database on a thread; a client that goes away cancels it.
pub(super) async fn work<R: Send + 'static>(
    service: &DatabaseService,
    database: &Database,
    work: impl FnOnce(&Database, &Run) -> Result<R, Error> + Send + 'static,
) -> Result<R, Response> {
    let session = Lone::new(database.session());
    let session = OpenSession::new(service.inner().clone(), session, Face::Rest);
    let database = database.clone();
    session
        .work(move |_, run| work(&database, run))
        .await
        .map_err(|failure: Failure| of_failure(&failure))
}

pub(super) async fn tables(service: &DatabaseService, database: &Database) -> Response {
    match work(service, database, Database::tables).await {
        Ok(tables) => json(StatusCode::OK, &json!({ "tables": tables })),
        Err(refused) => refused,
    }
}

pub(super) async fn schema(service: &DatabaseService, database: &Database) -> Response {
    match work(service, database, Database::schema).await {
        Ok(schema) => json(StatusCode::OK, &shown(&schema)),
        Err(refused) => refused,
    }
}

fn shown(schema: &Schema) -> Json {
    let table = |table: &TableInfo| {
        let columns: Vec<Json> = table
            .columns
            .iter()
            .map(|column| {
                json!({
                    "name": column.name,
                    "type": column.declared_type,
                    "not_null": column.is_not_null,
                    "default": column.default,
                    "primary_key": column.primary_key,
                    "generated": column.is_generated,
                })
            })
            .collect();
        json!({
            "name": table.name,
            "kind": table.kind,
            "sql": table.sql,
            "columns": columns,
            "without_rowid": table.is_without_rowid,
            "strict": table.is_strict,
        })
    };
    let object = |object: &ObjectInfo| json!({"name": object.name, "table": object.table, "sql": object.sql});
    json!({
        "tables": schema.tables.iter().map(table).collect::<Vec<_>>(),
        "indexes": schema.indexes.iter().map(object).collect::<Vec<_>>(),
        "triggers": schema.triggers.iter().map(object).collect::<Vec<_>>(),
        "user_version": schema.user_version,
    })
}

pub(super) async fn dump(service: &DatabaseService, database: &Database) -> Response {
    let pieces = work(service, database, |database, run| {
        let mut pieces = std::collections::VecDeque::new();
        database.dump(run, &mut |piece| {
            pieces.push_back(Bytes::copy_from_slice(piece.as_bytes()));
            true
        })?;
        Ok(pieces)
    });
    match pieces.await {
        Ok(pieces) => file(
            Body::Pieces(pieces),
            "application/sql; charset=utf-8",
            &format!("{}.sql", database.name()),
        ),
        Err(refused) => refused,
    }
}

/// Runs a script of SQL: the body itself, or `sql` of a JSON body.
pub(super) async fn load(
    service: &DatabaseService,
    database: &Database,
    request: Request,
) -> Response {
    let limit = service.context().limits().body_bytes;
    let is_json = is_json(&request.head.headers);
    let bytes = match request.body.collect(limit).await {
        Ok(bytes) => bytes,
        Err(bad) => return efsm_wire::BadInput::from(bad).into(),
    };
    let sql = if is_json {
        match efsm_wire::input::parse_json::<Json>(&bytes) {
            Ok(json) => json.get("sql").and_then(Json::as_str).map(str::to_owned),
            Err(bad) => return bad.into(),
        }
    } else {
        std::str::from_utf8(&bytes).ok().map(str::to_owned)
    };
    let Some(sql) = sql else {
        return error(
            StatusCode::BAD_REQUEST,
            "the body must be a script of SQL in UTF-8, or JSON with `sql`",
        );
    };
    let count = crate::service::statements(&sql);
    match work(service, database, move |database, run| {
        database.load(&sql, run)
    })
    .await
    {
        Ok(()) => {
            note(
                service,
                "load",
                database,
                &format!("loaded {count} statements"),
            );
            json(StatusCode::OK, &json!({ "statements": count }))
        }
        Err(refused) => refused,
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    headers
        .get(CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"application/json"))
}

pub(super) async fn export(service: &DatabaseService, database: &Database) -> Response {
    match work(service, database, Database::export).await {
        Ok(image) => file(
            image.into(),
            "application/vnd.sqlite3",
            &format!("{}.db", database.name()),
        ),
        Err(refused) => refused,
    }
}

pub(super) async fn import(
    service: &DatabaseService,
    database: &Database,
    request: Request,
) -> Response {
    // A file may be as large as a database.
    let limit = service.context().limits().database_bytes;
    let image = match request.body.collect(limit).await {
        Ok(image) => image,
        Err(bad) => return efsm_wire::BadInput::from(bad).into(),
    };
    let size = image.len();
    match work(service, database, move |database, run| {
        database.import(&image, run)
    })
    .await
    {
        Ok(()) => {
            note(
                service,
                "import",
                database,
                &format!("imported {size} bytes"),
            );
            json(StatusCode::OK, &json!({ "size_bytes": size }))
        }
        Err(refused) => refused,
    }
}

pub(super) async fn reset(
    service: &DatabaseService,
    database: &Database,
    request: Request,
) -> Response {
    let body = match optional_body(service, request).await {
        Ok(body) => body,
        Err(bad) => return bad.into(),
    };
    let depth = match body.get("depth").unwrap_or(&Json::Null) {
        Json::Null => "data",
        Json::String(depth) if depth == "data" => "data",
        Json::String(depth) if depth == "all" => "all",
        _ => return error(StatusCode::BAD_REQUEST, "depth must be data or all"),
    };
    let reset = work(service, database, move |database, run| {
        if depth == "data" {
            return database.reset_data(run);
        }
        database.reset_all();
        Ok(())
    });
    match reset.await {
        Ok(()) => {
            note(service, "reset", database, &format!("reset of {depth}"));
            json(StatusCode::OK, &json!({ "reset": depth }))
        }
        Err(refused) => refused,
    }
}

fn note(service: &DatabaseService, kind: &'static str, database: &Database, what: &str) {
    let summary = format!("database {}: {what}", database.name());
    let note = Note::new(summary).with("database", database.name());
    service.context().record(crate::service::NAME, kind, note);
}

fn file(body: Body, content_type: &'static str, name: &str) -> Response {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    // A database's name has no character that would have to be quoted.
    if let Ok(disposition) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(CONTENT_DISPOSITION, disposition);
    }
    response
}
