//! A database without its rows.

use std::sync::Arc;

use super::connection::{Connection, Trust};
use super::database::query;
use super::limits::{Limits, Run};
use super::pages::{Store, Version};
use super::schema::{integer, list, text};
use super::statement::{Args, Discard, quoted};
use super::value::Value;
use crate::error::Error;

/// The version with the schema of `version` and no rows.
///
/// The schema is made anew in an empty database rather than the rows deleted in a copy: that takes as long
/// as there are tables, not rows, leaves no free pages behind, and virtual tables are set up as they
/// should be.
pub(super) fn emptied(
    version: &Version,
    limits: &Arc<Limits>,
    run: &Run,
) -> Result<Version, Error> {
    if version.is_empty() {
        return Ok(version.clone());
    }
    let mut old = Connection::open(
        Store::unbounded(version.clone()),
        limits.clone(),
        Trust::Client,
    )?;
    match remade(&mut old, limits, run) {
        Ok(version) => Ok(version),
        Err(error @ (Error::Cancelled | Error::TimedOut { .. })) => Err(error),
        // A catalogue may hold what could not be written today, by an older release or by hand.
        Err(_) => deleted(version, limits, run),
    }
}

fn remade(old: &mut Connection, limits: &Arc<Limits>, run: &Run) -> Result<Version, Error> {
    let store = Store::unbounded(Version::default());
    let mut new = Connection::open(store.clone(), limits.clone(), Trust::Load)?;
    let mut execute = |sql: &str| new.execute(sql, &Args::NONE, run, &mut Discard);
    for name in ["page_size", "encoding", "auto_vacuum"] {
        let value = match query(old, &format!("PRAGMA {name}"), run)?.first() {
            Some(Value::Text(text)) => format!("'{text}'"),
            value => integer(value).to_string(),
        };
        execute(&format!("PRAGMA {name} = {value}"))?;
    }
    execute("BEGIN")?;
    for name in ["application_id", "user_version"] {
        let value = integer(query(old, &format!("PRAGMA {name}"), run)?.first());
        execute(&format!("PRAGMA {name} = {value}"))?;
    }
    let shadows: Vec<String> = list(old, run)?
        .into_iter()
        .filter(|table| table.kind == "shadow")
        .map(|table| table.name)
        .collect();
    let objects = query(
        old,
        "SELECT name, sql FROM sqlite_schema
         WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
         ORDER BY CASE type WHEN 'table' THEN 0 WHEN 'index' THEN 1 WHEN 'view' THEN 2 ELSE 3 END, rowid",
        run,
    )?;
    for row in &objects.rows {
        if !shadows.contains(&text(row.first())) {
            execute(&text(row.get(1)))?;
        }
    }
    execute("COMMIT")?;
    drop(new);
    Ok(store.current())
}

fn deleted(version: &Version, limits: &Arc<Limits>, run: &Run) -> Result<Version, Error> {
    let store = Store::unbounded(version.clone());
    let mut connection = Connection::open(store.clone(), limits.clone(), Trust::Load)?;
    connection.disable_triggers()?;
    for table in list(&mut connection, run)? {
        if matches!(table.kind.as_str(), "table" | "virtual") {
            let sql = format!("DELETE FROM {}", quoted(&table.name));
            connection.execute(&sql, &Args::NONE, run, &mut Discard)?;
        }
    }
    let has_sequence = "SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'";
    if !query(&mut connection, has_sequence, run)?.rows.is_empty() {
        connection.execute(
            "DELETE FROM sqlite_sequence",
            &Args::NONE,
            run,
            &mut Discard,
        )?;
    }
    connection.execute("VACUUM", &Args::NONE, run, &mut Discard)?;
    drop(connection);
    Ok(store.current())
}
