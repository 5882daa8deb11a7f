//! Which rows differ between two versions of a database.

mod tree;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use self::tree::Changed;
use super::connection::{Connection, Trust};
use super::database::query;
use super::limits::{Limits, Run};
use super::pages::{Store, Version};
use super::schema::{ColumnInfo, columns, integer, list, text};
use super::statement::{Args, Row, RowSet, Sink, quoted};
use super::value::Value;
use crate::error::Error;

/// The tables that differ, by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Diff {
    pub tables: Vec<TableDiff>,
}

/// How one table differs. The counts are exact; rows are kept up to the limit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TableDiff {
    pub table: String,
    /// The table was not there before.
    pub is_new: bool,
    /// The table is not there any more.
    pub is_dropped: bool,
    /// It was altered or made anew with other columns.
    pub is_altered: bool,
    pub added_count: u64,
    pub removed_count: u64,
    pub changed_count: u64,
    pub rows: Vec<RowChange>,
}

/// A row by column name.
pub type Record = Vec<(Arc<str>, Value)>;

/// A row that was added (only `after`), removed (only `before`) or changed (both).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RowChange {
    /// The primary key, or `rowid` when the table declares none.
    pub key: Record,
    pub before: Option<Record>,
    pub after: Option<Record>,
}

pub(super) fn diff(
    from: &Version,
    to: &Version,
    row_limit: usize,
    limits: &Arc<Limits>,
    run: &Run,
) -> Result<Diff, Error> {
    let mut diff = Diff::default();
    let mut changed = Changed::between(from, to);
    if from.is(to) || changed.as_ref().is_some_and(Changed::is_empty) {
        return Ok(diff);
    }
    let before = Side::open(from, limits, run)?;
    let after = Side::open(to, limits, run)?;
    if let Some(changed) = &mut changed {
        changed.account_for([(from, &before.roots), (to, &after.roots)]);
    }
    let mut names: Vec<&String> = before.tables.keys().chain(after.tables.keys()).collect();
    names.sort();
    names.dedup();
    for name in names {
        let mut table = Comparison {
            before: before.table(name),
            after: after.table(name),
            row_limit,
            run,
            diff: TableDiff {
                table: name.clone(),
                is_new: !before.tables.contains_key(name),
                is_dropped: !after.tables.contains_key(name),
                is_altered: false,
                ..TableDiff::default()
            },
        };
        table.compare(changed.as_ref())?;
        let table = table.diff;
        let differs = table.is_new || table.is_dropped || table.is_altered;
        if differs || table.added_count + table.removed_count + table.changed_count > 0 {
            diff.tables.push(table);
        }
    }
    Ok(diff)
}

/// One of the two versions, open.
struct Side<'a> {
    version: &'a Version,
    connection: RefCell<Connection>,
    /// The roots of all trees, indexes and the catalogue included.
    roots: Vec<u32>,
    tables: BTreeMap<String, Table>,
}

struct Table {
    root: u32,
    sql: String,
    columns: Vec<ColumnInfo>,
    is_virtual: bool,
    /// The name by which the rowid can be asked for; none when there is no rowid.
    rowid: Option<&'static str>,
}

impl<'a> Side<'a> {
    fn open(version: &'a Version, limits: &Arc<Limits>, run: &Run) -> Result<Self, Error> {
        let store = Store::unbounded(version.clone());
        let mut connection = Connection::open(store, limits.clone(), Trust::Client)?;
        let objects = query(
            &mut connection,
            "SELECT name, rootpage, sql, type FROM sqlite_schema",
            run,
        )?;
        let mut tables = BTreeMap::new();
        for listed in list(&mut connection, run)? {
            if !matches!(listed.kind.as_str(), "table" | "virtual") {
                continue;
            }
            let columns = columns(&mut connection, &listed.name, run)?;
            let is_named = |name: &str| columns.iter().any(|c| c.name.eq_ignore_ascii_case(name));
            let rowid = ["rowid", "_rowid_", "oid"]
                .into_iter()
                .find(|name| !listed.is_without_rowid && !is_named(name));
            let row = objects.rows.iter().find(|row| {
                row[0].as_text() == Some(&listed.name) && row[3].as_text() == Some("table")
            });
            tables.insert(
                listed.name.clone(),
                Table {
                    root: row.map_or(0, |row| integer(row.get(1)) as u32),
                    sql: row.map_or_else(String::new, |row| text(row.get(2))),
                    rowid,
                    columns,
                    is_virtual: listed.kind == "virtual",
                },
            );
        }
        let roots = objects.rows.iter().map(|row| integer(row.get(1)) as u32);
        Ok(Self {
            version,
            connection: RefCell::new(connection),
            roots: std::iter::once(1)
                .chain(roots.filter(|root| *root > 0))
                .collect(),
            tables,
        })
    }

    fn table(&self, name: &str) -> Option<TableOf<'_>> {
        let table = self.tables.get(name)?;
        Some(TableOf {
            side: self,
            name: quoted(name).into_owned(),
            names: table.columns.iter().map(|c| Arc::from(&*c.name)).collect(),
            table,
        })
    }
}

/// One table of one side.
struct TableOf<'a> {
    side: &'a Side<'a>,
    /// Quoted.
    name: String,
    names: Vec<Arc<str>>,
    table: &'a Table,
}

impl TableOf<'_> {
    /// The names of the primary key's columns in its order, without the rowid's other name.
    fn primary_key(&self) -> Vec<usize> {
        let mut key: Vec<(i64, usize)> = self
            .table
            .columns
            .iter()
            .enumerate()
            .filter(|(_, column)| column.primary_key > 0)
            .map(|(at, column)| (column.primary_key, at))
            .collect();
        key.sort_unstable();
        key.into_iter().map(|(_, at)| at).collect()
    }

    fn select(&self, condition: &str) -> String {
        let columns: Vec<_> = self.names.iter().map(|name| quoted(name)).collect();
        let columns = if columns.is_empty() {
            "NULL".to_owned()
        } else {
            columns.join(",")
        };
        format!("SELECT {columns} FROM main.{} {condition}", self.name)
    }

    fn row_where(
        &self,
        condition: &str,
        values: Vec<Value>,
        run: &Run,
    ) -> Result<Option<Record>, Error> {
        let mut rows = RowSet::default();
        let sql = self.select(condition);
        let args = Args::positional(values);
        self.side
            .connection
            .borrow_mut()
            .execute(&sql, &args, run, &mut rows)?;
        let row = rows.rows.into_iter().next();
        Ok(row.map(|row| self.names.iter().cloned().zip(row).collect()))
    }

    fn row_by_rowid(&self, rowid: i64, run: &Run) -> Result<Option<Record>, Error> {
        let name = self.table.rowid.unwrap_or("rowid");
        self.row_where(&format!("WHERE {name} = ?"), vec![rowid.into()], run)
    }

    fn row_by_key(&self, key: &Record, run: &Run) -> Result<Option<Record>, Error> {
        let condition: Vec<String> = key
            .iter()
            .map(|(name, _)| format!("{} IS ?", quoted(name)))
            .collect();
        let values = key.iter().map(|(_, value)| value.clone()).collect();
        self.row_where(
            &format!("WHERE {} LIMIT 1", condition.join(" AND ")),
            values,
            run,
        )
    }

    /// Every rowid, ascending.
    fn rowids(&self, rowid: &str, run: &Run) -> Result<Vec<i64>, Error> {
        let mut rowids = Integers(Vec::new());
        let sql = format!("SELECT {rowid} FROM main.{}", self.name);
        self.side
            .connection
            .borrow_mut()
            .execute_unbounded(&sql, &Args::NONE, run, &mut rowids)?;
        rowids.0.sort_unstable();
        Ok(rowids.0)
    }
}

struct Integers(Vec<i64>);

impl Sink for Integers {
    fn row(&mut self, row: &Row<'_>) -> bool {
        self.0.extend(row.get(0).to_value().as_integer());
        true
    }
}

struct Records<'a>(&'a [Arc<str>], Vec<Record>);

impl Sink for Records<'_> {
    fn row(&mut self, row: &Row<'_>) -> bool {
        let values = row.values().map(|value| value.to_value());
        self.1.push(self.0.iter().cloned().zip(values).collect());
        true
    }
}

struct Comparison<'a> {
    before: Option<TableOf<'a>>,
    after: Option<TableOf<'a>>,
    row_limit: usize,
    run: &'a Run,
    diff: TableDiff,
}

impl Comparison<'_> {
    fn compare(&mut self, changed: Option<&Changed>) -> Result<(), Error> {
        let (before, after) = match (self.before.take(), self.after.take()) {
            (Some(before), Some(after)) => (before, after),
            (one, other) => {
                for table in [&one, &other].into_iter().flatten() {
                    self.all_of(table, one.is_some())?;
                }
                return Ok(());
            }
        };
        self.diff.is_altered =
            before.table.columns != after.table.columns || before.table.sql != after.table.sql;
        let is_comparable = !self.diff.is_altered && !before.table.is_virtual;
        let trees = (
            (before.side.version, before.table.root),
            (after.side.version, after.table.root),
        );
        let changed = changed.filter(|_| is_comparable);
        if let (Some(a), Some(b)) = (before.table.rowid, after.table.rowid) {
            let candidates = changed.and_then(|changed| changed.candidates(trees.0, trees.1));
            let (was, is) = match candidates {
                Some(candidates) => (candidates.before, candidates.after),
                None => (before.rowids(a, self.run)?, after.rowids(b, self.run)?),
            };
            return self.by_rowid(&before, &after, &was, &is);
        }
        if changed.and_then(|changed| changed.touches(trees.0, trees.1)) == Some(false) {
            return Ok(());
        }
        self.by_key(&before, &after)
    }

    /// A table that only one side has.
    fn all_of(&mut self, table: &TableOf<'_>, is_removed: bool) -> Result<(), Error> {
        let count = query(
            &mut table.side.connection.borrow_mut(),
            &format!("SELECT count(*) FROM main.{}", table.name),
            self.run,
        )?;
        let count = integer(count.first()) as u64;
        let mut records = Records(&table.names, Vec::new());
        let sql = table.select(&format!("LIMIT {}", self.row_limit));
        table
            .side
            .connection
            .borrow_mut()
            .execute(&sql, &Args::NONE, self.run, &mut records)?;
        for record in records.1 {
            let key = key_of(table, &record);
            let (before, after) = if is_removed {
                (Some(record), None)
            } else {
                (None, Some(record))
            };
            self.diff.rows.push(RowChange { key, before, after });
        }
        if is_removed {
            self.diff.removed_count = count;
        } else {
            self.diff.added_count = count;
        }
        Ok(())
    }

    fn by_rowid(
        &mut self,
        before: &TableOf<'_>,
        after: &TableOf<'_>,
        was: &[i64],
        is: &[i64],
    ) -> Result<(), Error> {
        let has_key = !before.primary_key().is_empty() && !after.primary_key().is_empty();
        for rowid in is {
            let Some(new) = after.row_by_rowid(*rowid, self.run)? else {
                continue;
            };
            let key = key_of(after, &new);
            let is_keyed = has_key && key.iter().all(|(_, value)| !value.is_null());
            let old = if is_keyed {
                before.row_by_key(&key, self.run)?
            } else {
                before.row_by_rowid(*rowid, self.run)?
            };
            let key = if is_keyed { key } else { rowid_key(*rowid) };
            self.note(key, old, Some(new));
        }
        for rowid in was {
            let Some(old) = before.row_by_rowid(*rowid, self.run)? else {
                continue;
            };
            let key = key_of(before, &old);
            let is_keyed = has_key && key.iter().all(|(_, value)| !value.is_null());
            let new = if is_keyed {
                after.row_by_key(&key, self.run)?
            } else {
                after.row_by_rowid(*rowid, self.run)?
            };
            // Rows that both sides have were met above.
            if new.is_none() {
                let key = if is_keyed { key } else { rowid_key(*rowid) };
                self.note(key, Some(old), None);
            }
        }
        Ok(())
    }

    /// Compares every row of tables without rowids.
    fn by_key(&mut self, before: &TableOf<'_>, after: &TableOf<'_>) -> Result<(), Error> {
        for (here, there, is_before) in [(after, before, false), (before, after, true)] {
            let mut records = Records(&here.names, Vec::new());
            here.side.connection.borrow_mut().execute_unbounded(
                &here.select(""),
                &Args::NONE,
                self.run,
                &mut records,
            )?;
            for record in records.1 {
                let key = key_of(here, &record);
                let other = there.row_by_key(&key, self.run)?;
                if !is_before {
                    self.note(key, other, Some(record));
                } else if other.is_none() {
                    self.note(key, Some(record), None);
                }
            }
        }
        Ok(())
    }

    fn note(&mut self, key: Record, before: Option<Record>, after: Option<Record>) {
        let count = match (&before, &after) {
            (None, _) => &mut self.diff.added_count,
            (_, None) => &mut self.diff.removed_count,
            (Some(a), Some(b)) if a == b => return,
            _ => &mut self.diff.changed_count,
        };
        *count += 1;
        if self.diff.rows.len() < self.row_limit {
            self.diff.rows.push(RowChange { key, before, after });
        }
    }
}

fn key_of(table: &TableOf<'_>, record: &Record) -> Record {
    table
        .primary_key()
        .into_iter()
        .map(|at| record[at].clone())
        .collect()
}

fn rowid_key(rowid: i64) -> Record {
    vec![(Arc::from("rowid"), Value::Integer(rowid))]
}
