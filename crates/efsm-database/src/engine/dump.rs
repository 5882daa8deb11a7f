//! A database as SQL text, as the `.dump` of SQLite's shell writes it.

use std::fmt::Write as _;

use super::connection::Connection;
use super::database::query;
use super::limits::Run;
use super::schema::{columns, integer, list, text};
use super::statement::{Args, Row, Sink, quoted};
use super::value::ValueRef;
use crate::error::Error;

/// How much text is handed over at once, about.
const PIECE_BYTES: usize = 64 * 1024;

pub(super) fn dump(
    connection: &mut Connection,
    run: &Run,
    take: &mut dyn FnMut(&str) -> bool,
) -> Result<(), Error> {
    let mut out = Out {
        text: String::from("PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n"),
        take,
    };
    for name in ["application_id", "user_version"] {
        let number = integer(query(connection, &format!("PRAGMA {name}"), run)?.first());
        if number != 0 {
            out.line(&format!("PRAGMA {name}={number};"))?;
        }
    }
    let virtual_tables: Vec<String> = list(connection, run)?
        .into_iter()
        .filter(|table| table.kind == "virtual")
        .map(|table| table.name)
        .collect();
    let objects = query(
        connection,
        "SELECT name, type, sql FROM sqlite_schema WHERE sql IS NOT NULL
         ORDER BY type <> 'table', CASE type WHEN 'index' THEN 0 WHEN 'view' THEN 1 ELSE 2 END, rowid",
        run,
    )?;
    let mut is_writing_catalogue = false;
    for row in &objects.rows {
        let (name, kind, sql) = (text(row.first()), text(row.get(1)), text(row.get(2)));
        if name == "sqlite_sequence" {
            out.line("DELETE FROM sqlite_sequence;")?;
        } else if name == "sqlite_stat1" || name == "sqlite_stat4" {
            out.line("ANALYZE sqlite_schema;")?;
            out.line(&format!("DELETE FROM {name};"))?;
        } else if name.starts_with("sqlite_") {
            continue;
        } else if virtual_tables.contains(&name) {
            // Making it would fill its inner tables, which are dumped as the tables that they are.
            if !is_writing_catalogue {
                out.line("PRAGMA writable_schema=ON;")?;
                is_writing_catalogue = true;
            }
            let (name, sql) = (literal(&name), literal(&sql));
            out.line(&format!(
                "INSERT INTO sqlite_schema(type,name,tbl_name,rootpage,sql)VALUES('table',{name},{name},0,{sql});"
            ))?;
            continue;
        } else {
            out.line(&format!("{sql};"))?;
        }
        if kind == "table" {
            rows(connection, &name, run, &mut out)?;
        }
    }
    if is_writing_catalogue {
        out.line("PRAGMA writable_schema=OFF;")?;
    }
    out.line("COMMIT;")?;
    out.flush()
}

fn rows(
    connection: &mut Connection,
    table: &str,
    run: &Run,
    out: &mut Out<'_>,
) -> Result<(), Error> {
    let columns = columns(connection, table, run)?;
    let stored: Vec<String> = columns
        .iter()
        .filter(|column| !column.is_generated)
        .map(|column| quoted(&column.name).into_owned())
        .collect();
    if stored.is_empty() {
        return Ok(());
    }
    let names = if stored.len() == columns.len() {
        String::new()
    } else {
        format!("({})", stored.join(","))
    };
    let mut inserts = Inserts {
        head: format!("INSERT INTO {}{names} VALUES(", quoted(table)),
        out,
        failed: None,
    };
    let sql = format!("SELECT {} FROM {}", stored.join(","), quoted(table));
    let result = connection.execute_unbounded(&sql, &Args::NONE, run, &mut inserts);
    match inserts.failed {
        Some(error) => Err(error),
        None => result.map(drop),
    }
}

struct Inserts<'a, 'b> {
    head: String,
    out: &'a mut Out<'b>,
    failed: Option<Error>,
}

impl Sink for Inserts<'_, '_> {
    fn row(&mut self, row: &Row<'_>) -> bool {
        self.out.text.push_str(&self.head);
        for column in 0..row.len() {
            if column > 0 {
                self.out.text.push(',');
            }
            push_literal(&mut self.out.text, row, column);
        }
        self.failed = self.out.line(");").err();
        self.failed.is_none()
    }
}

/// Text on its way out.
struct Out<'a> {
    text: String,
    take: &'a mut dyn FnMut(&str) -> bool,
}

impl Out<'_> {
    fn line(&mut self, line: &str) -> Result<(), Error> {
        self.text.push_str(line);
        self.text.push('\n');
        if self.text.len() >= PIECE_BYTES {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Error> {
        let is_taken = (self.take)(&self.text);
        self.text.clear();
        is_taken.then_some(()).ok_or(Error::ReceiverGone)
    }
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Writes a value so that reading it back gives it bit by bit.
fn push_literal(out: &mut String, row: &Row<'_>, column: usize) {
    match row.get(column) {
        ValueRef::Null => out.push_str("NULL"),
        ValueRef::Integer(n) => {
            let _ = write!(out, "{n}");
        }
        ValueRef::Real(x) if x.is_infinite() => {
            out.push_str(if x > 0.0 { "9.0e+999" } else { "-9.0e+999" });
        }
        // The shortest text that reads back as the same number, with a point or an exponent.
        ValueRef::Real(x) => {
            let _ = write!(out, "{x:?}");
        }
        ValueRef::Text(text) => {
            let raw = row.bytes(column);
            // Text may hold what a literal cannot: NUL, or bytes that are not UTF-8.
            if raw.contains(&0) || text.as_bytes() != raw {
                out.push_str("CAST(");
                push_hex(out, raw);
                out.push_str(" AS TEXT)");
            } else {
                out.push('\'');
                out.push_str(&text.replace('\'', "''"));
                out.push('\'');
            }
        }
        ValueRef::Blob(bytes) => push_hex(out, bytes),
    }
}

fn push_hex(out: &mut String, bytes: &[u8]) {
    out.push_str("X'");
    for byte in bytes {
        let _ = write!(out, "{byte:02x}");
    }
    out.push('\'');
}
