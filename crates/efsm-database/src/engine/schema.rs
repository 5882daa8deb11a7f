//! What a database is made of.

use super::connection::Connection;
use super::database::query;
use super::limits::Run;
use super::statement::quoted;
use super::value::Value;
use crate::error::Error;

/// Everything that a database's catalogue lists but SQLite's own tables.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Schema {
    /// Tables, virtual tables and views with their columns, by name.
    pub tables: Vec<TableInfo>,
    pub indexes: Vec<ObjectInfo>,
    pub triggers: Vec<ObjectInfo>,
    /// `PRAGMA user_version`, which migrations count in.
    pub user_version: i64,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct TableInfo {
    pub name: String,
    /// `table`, `virtual` or `view`.
    pub kind: String,
    /// The statement that made it.
    pub sql: String,
    pub columns: Vec<ColumnInfo>,
    pub is_without_rowid: bool,
    pub is_strict: bool,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct ColumnInfo {
    pub name: String,
    /// As declared; empty when it is not.
    pub declared_type: String,
    pub is_not_null: bool,
    /// The default's SQL.
    pub default: Option<String>,
    /// Its place in the primary key from 1; 0 when it is no part of it.
    pub primary_key: i64,
    pub is_generated: bool,
}

/// An index or a trigger.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ObjectInfo {
    pub name: String,
    pub table: String,
    /// The statement that made it; none for the index of a constraint.
    pub sql: Option<String>,
}

/// A table as `PRAGMA table_list` sees it.
pub(super) struct Listed {
    pub name: String,
    pub kind: String,
    pub is_without_rowid: bool,
    pub is_strict: bool,
}

/// The tables and views of the main database by name, without SQLite's own.
pub(super) fn list(connection: &mut Connection, run: &Run) -> Result<Vec<Listed>, Error> {
    let rows = query(
        connection,
        "SELECT name, type, wr, strict FROM pragma_table_list
         WHERE schema = 'main' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
        run,
    )?;
    Ok(rows
        .rows
        .into_iter()
        .map(|row| Listed {
            name: text(row.first()),
            kind: text(row.get(1)),
            is_without_rowid: flag(row.get(2)),
            is_strict: flag(row.get(3)),
        })
        .collect())
}

pub(super) fn tables(connection: &mut Connection, run: &Run) -> Result<Vec<String>, Error> {
    Ok(list(connection, run)?
        .into_iter()
        .filter(|table| matches!(table.kind.as_str(), "table" | "virtual"))
        .map(|table| table.name)
        .collect())
}

pub(super) fn read(connection: &mut Connection, run: &Run) -> Result<Schema, Error> {
    let mut schema = Schema::default();
    for table in list(connection, run)? {
        if table.kind == "shadow" {
            continue;
        }
        let columns = columns(connection, &table.name, run)?;
        schema.tables.push(TableInfo {
            sql: sql_of(connection, &table.name, run)?.unwrap_or_default(),
            name: table.name,
            kind: table.kind,
            columns,
            is_without_rowid: table.is_without_rowid,
            is_strict: table.is_strict,
        });
    }
    let objects = query(
        connection,
        "SELECT type, name, tbl_name, sql FROM sqlite_schema
         WHERE type IN ('index', 'trigger') ORDER BY name",
        run,
    )?;
    for row in objects.rows {
        let object = ObjectInfo {
            name: text(row.get(1)),
            table: text(row.get(2)),
            sql: row.get(3).and_then(Value::as_text).map(str::to_owned),
        };
        match row.first().and_then(Value::as_text) {
            Some("index") => schema.indexes.push(object),
            _ => schema.triggers.push(object),
        }
    }
    schema.user_version = integer(query(connection, "PRAGMA user_version", run)?.first());
    Ok(schema)
}

/// A table's columns, generated ones included, those that virtual tables hide left out.
pub(super) fn columns(
    connection: &mut Connection,
    table: &str,
    run: &Run,
) -> Result<Vec<ColumnInfo>, Error> {
    let rows = query(
        connection,
        &format!("PRAGMA main.table_xinfo({})", quoted(table)),
        run,
    )?;
    Ok(rows
        .rows
        .into_iter()
        .filter(|row| integer(row.get(6)) != 1)
        .map(|row| ColumnInfo {
            name: text(row.get(1)),
            declared_type: text(row.get(2)),
            is_not_null: flag(row.get(3)),
            default: row.get(4).and_then(Value::as_text).map(str::to_owned),
            primary_key: integer(row.get(5)),
            is_generated: integer(row.get(6)) > 1,
        })
        .collect())
}

fn sql_of(connection: &mut Connection, name: &str, run: &Run) -> Result<Option<String>, Error> {
    let rows = query(
        connection,
        &format!(
            "SELECT sql FROM sqlite_schema WHERE name = '{}' AND type IN ('table', 'view')",
            name.replace('\'', "''")
        ),
        run,
    )?;
    Ok(rows.first().and_then(Value::as_text).map(str::to_owned))
}

pub(super) fn text(value: Option<&Value>) -> String {
    value
        .and_then(Value::as_text)
        .unwrap_or_default()
        .to_owned()
}

pub(super) fn integer(value: Option<&Value>) -> i64 {
    value.and_then(Value::as_integer).unwrap_or(0)
}

fn flag(value: Option<&Value>) -> bool {
    integer(value) != 0
}
