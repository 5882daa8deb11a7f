use std::cmp::Ordering;

use bytes::Bytes;

use super::Resolver;
use super::fetch::Found;
use crate::config::{Database, DatabaseFile, SqlScript};
use crate::format::values::Path as WrittenPath;
use crate::format::{At, OneOrMany};
use crate::keys::{DatabaseKeys, PathOr, SqlEntry};
use crate::text::Origin;

/// How a SQLite database file begins (File Format, 1.3.1).
const MAGIC: &[u8] = b"SQLite format 3\0";

impl Resolver<'_> {
    pub(super) fn database(&mut self, keys: DatabaseKeys) -> Database {
        Database {
            file: keys.file.and_then(|written| self.database_file(written)),
            migrations: keys
                .migrations
                .map(|written| self.migrations(&written))
                .unwrap_or_default(),
            schema: self.scripts(keys.schema.unwrap_or_default()),
            seed: self.scripts(keys.seed.unwrap_or_default()),
        }
    }

    fn database_file(&mut self, written: At<WrittenPath>) -> Option<DatabaseFile> {
        let path = self.path(&written.value.0);
        let bytes = self.bytes(&path, &written.origin)?;
        // An empty file is an empty database; SQLite itself makes such files.
        if !bytes.is_empty() && !bytes.starts_with(MAGIC) {
            let message = format!("`{}` is not a SQLite database file", path.display());
            self.errors.push(
                written
                    .origin
                    .error(message)
                    .with_help("a file of SQL belongs under `schema` or `seed`"),
            );
            return None;
        }
        Some(DatabaseFile {
            origin: written.origin,
            path,
            bytes: Bytes::from(bytes),
        })
    }

    fn migrations(&mut self, written: &At<WrittenPath>) -> Vec<SqlScript> {
        let folder = self.path(&written.value.0);
        if self.files.list(&folder).is_err() {
            let message = format!("no folder `{}`", folder.display());
            self.errors.push(
                written
                    .origin
                    .error(message)
                    .with_help(format!("paths are relative to {}", self.base_in_words())),
            );
            return Vec::new();
        }
        let mut found = self.find(written, |name| {
            is_sql(name) && !name.to_ascii_lowercase().ends_with(".down.sql")
        });
        found.sort_by(|a, b| in_order(&a.below, &b.below));
        self.read_scripts(found, &written.origin)
    }

    fn scripts(&mut self, entries: OneOrMany<SqlEntry>) -> Vec<SqlScript> {
        let mut scripts = Vec::new();
        for entry in entries.0 {
            match entry {
                PathOr::Inline(At { value, .. }) => {
                    // Without `sql` the entry was reported as such.
                    scripts.extend(value.sql.map(|sql| SqlScript {
                        name: sql.origin.key().to_owned(),
                        origin: sql.origin,
                        is_inline: true,
                        sql: sql.value.into(),
                    }));
                }
                PathOr::Path(written) if is_statement(&written.value.0) => {
                    self.errors.push(
                        written
                            .origin
                            .error("this is SQL, and a path is expected here")
                            .with_help("write SQL as `{sql: \"..\"}`"),
                    );
                }
                PathOr::Path(written) => {
                    let found = self.find(&written, is_sql);
                    scripts.extend(self.read_scripts(found, &written.origin));
                }
            }
        }
        scripts
    }

    fn read_scripts(&mut self, found: Vec<Found>, origin: &Origin) -> Vec<SqlScript> {
        let mut scripts = Vec::new();
        for file in found {
            if let Some(source) = self.text(&file.path, origin) {
                let text = source.text();
                let sql = text.strip_prefix('\u{feff}').unwrap_or(text).into();
                scripts.push(SqlScript {
                    name: source.name().to_owned(),
                    is_inline: false,
                    sql,
                    origin: Origin {
                        span: source.line(1),
                        key: "".into(),
                        source,
                    },
                });
            }
        }
        scripts
    }
}

fn is_sql(name: &str) -> bool {
    name.to_ascii_lowercase().ends_with(".sql")
}

/// Whether a text that should be a path is SQL.
fn is_statement(text: &str) -> bool {
    let first = text.split_whitespace().next().unwrap_or_default();
    let is_verb = [
        "create", "insert", "update", "delete", "pragma", "with", "begin",
    ]
    .iter()
    .any(|verb| first.eq_ignore_ascii_case(verb));
    is_verb && text.contains(char::is_whitespace)
}

/// Part by part: the number that a name begins with (after Flyway's `V`), then the name. Names without a number
/// come last.
fn in_order(a: &str, b: &str) -> Ordering {
    fn keys(path: &str) -> impl Iterator<Item = (u128, &str)> {
        path.split('/').map(|name| {
            let digits = name.strip_prefix(['V', 'v']).unwrap_or(name);
            let length = digits
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(digits.len());
            (digits[..length].parse().unwrap_or(u128::MAX), name)
        })
    }
    keys(a).cmp(keys(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn migrations_are_ordered_by_their_numbers() {
        let mut names = [
            "notes.sql",
            "10_c.sql",
            "V2__b.sql",
            "001_a.sql",
            "20260101120000_e/migration.sql",
            "11/x.sql",
        ];
        names.sort_by(|a, b| in_order(a, b));
        assert_eq!(
            names,
            [
                "001_a.sql",
                "V2__b.sql",
                "10_c.sql",
                "11/x.sql",
                "20260101120000_e/migration.sql",
                "notes.sql"
            ]
        );
    }
}
