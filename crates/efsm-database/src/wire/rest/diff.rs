//! `GET /_efsm/db/diff?from=SNAPSHOT`: which rows differ since a snapshot.

use efsm_core::{Part, Request, Response};
use efsm_wire::{error_with_hint, json, query_value};
use http::StatusCode;
use serde_json::{Map, Value as Json, json};

use super::body::query_number;
use super::{refusal, whole};
use crate::DatabaseService;
use crate::engine::databases::DEFAULT;
use crate::engine::diff::{Record, TableDiff};
use crate::engine::{Snapshot, Version};
use crate::wire::values::to_json;

/// Rows of a table that are shown unless `limit` says otherwise; counts are always exact.
const ROWS: usize = 1000;

/// The stack that keeps the snapshots lends a look into them with the request.
pub(super) async fn answer(service: &DatabaseService, request: Request) -> Response {
    let query = request.query();
    let Some(from) = query_value(query, "from").map(std::borrow::Cow::into_owned) else {
        return error_with_hint(
            StatusCode::BAD_REQUEST,
            "the query has no `from`",
            "name a snapshot by id or name: /_efsm/db/diff?from=snap-1",
        );
    };
    let name = query_value(query, "database")
        .map_or_else(|| DEFAULT.to_owned(), std::borrow::Cow::into_owned);
    let limit = match query_number(query, "limit") {
        Ok(limit) => limit.unwrap_or(ROWS),
        Err(bad) => return bad.into(),
    };
    let part = request.kept.as_ref().and_then(|kept| kept.find(&from));
    let Some(Ok(snapshot)) = part.as_ref().map(Part::state::<Snapshot>) else {
        return error_with_hint(
            StatusCode::NOT_FOUND,
            format!("no snapshot {from}"),
            "GET /_efsm/snapshots lists them",
        );
    };
    let version: Version = snapshot.version(&name).cloned().unwrap_or_default();
    let database = match service.databases().database(&name) {
        Ok(database) => database,
        Err(error) => return refusal::of_error(&error),
    };
    let diff = whole::work(service, &database, move |database, run| {
        database.diff(&version, limit, run)
    });
    match diff.await {
        Ok(diff) => {
            let tables: Vec<Json> = diff.tables.iter().map(shown).collect();
            json(
                StatusCode::OK,
                &json!({"from": from, "database": name, "tables": tables}),
            )
        }
        Err(refused) => refused,
    }
}

fn shown(table: &TableDiff) -> Json {
    let mut added = Vec::new();
    let mut removed = Vec::new();
    let mut changed = Vec::new();
    for row in &table.rows {
        match (&row.before, &row.after) {
            (None, Some(after)) => added.push(record(after)),
            (Some(before), None) => removed.push(record(before)),
            (Some(before), Some(after)) => changed.push(json!({
                "key": record(&row.key),
                "before": record(before),
                "after": record(after),
            })),
            (None, None) => {}
        }
    }
    let shown = added.len() + removed.len() + changed.len();
    let all = table.added_count + table.removed_count + table.changed_count;
    json!({
        "table": table.table,
        "is_new": table.is_new,
        "is_dropped": table.is_dropped,
        "is_altered": table.is_altered,
        "counts": {
            "added": table.added_count,
            "removed": table.removed_count,
            "changed": table.changed_count,
        },
        "added": added,
        "removed": removed,
        "changed": changed,
        "is_complete": shown as u64 == all,
    })
}

fn record(record: &Record) -> Json {
    let fields: Map<String, Json> = record
        .iter()
        .map(|(name, value)| (name.to_string(), to_json(value)))
        .collect();
    Json::Object(fields)
}
