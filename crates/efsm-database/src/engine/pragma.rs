//! Pragmas that would change where a database lives, answered as SQLite answers them for a database in
//! memory: the setting stays, and the statement succeeds.

use super::script::{Token, skip_blanks, token};

/// Settings of a connection, which a client expects to last as long as its session.
const SETTINGS: [&str; 19] = [
    "automatic_index",
    "busy_timeout",
    "cache_size",
    "case_sensitive_like",
    "cell_size_check",
    "checkpoint_fullfsync",
    "count_changes",
    "foreign_keys",
    "full_column_names",
    "ignore_check_constraints",
    "legacy_alter_table",
    "query_only",
    "read_uncommitted",
    "recursive_triggers",
    "reverse_unordered_selects",
    "secure_delete",
    "short_column_names",
    "synchronous",
    "trusted_schema",
];

/// `PRAGMA schema.name = value`, without the value.
struct Assignment<'a> {
    schema: Option<&'a str>,
    name: String,
}

fn assignment(sql: &str) -> Option<Assignment<'_>> {
    // Nearly every statement leaves here.
    if matches!(
        sql.as_bytes().first(),
        Some(b'a'..=b'o' | b'q'..=b'z' | b'A'..=b'O' | b'Q'..=b'Z')
    ) {
        return None;
    }
    let start = skip_blanks(sql);
    let head = sql.as_bytes().get(start..start + 6)?;
    if !head.eq_ignore_ascii_case(b"pragma") {
        return None;
    }
    let mut tokens = Tokens(&sql[start + 6..]);
    let mut name = tokens.next()?;
    let mut schema = None;
    let mut next = tokens.next()?;
    if next == "." {
        schema = Some(name);
        name = tokens.next()?;
        next = tokens.next()?;
    }
    matches!(next, "=" | "(").then(|| Assignment {
        schema,
        name: name.to_ascii_lowercase(),
    })
}

/// The setting of the connection that a statement changes, if it does nothing else.
pub(crate) fn setting(sql: &str) -> Option<&'static str> {
    let Assignment { name, .. } = assignment(sql)?;
    SETTINGS.into_iter().find(|setting| *setting == name)
}

/// The statement to run in place of `sql`, when that is a pragma whose value must not be taken.
pub(crate) fn in_place_of(sql: &str) -> Option<String> {
    let Assignment { schema, name } = assignment(sql)?;
    match name.as_str() {
        // With a value these answer with a row, as they do without one.
        "journal_mode" | "locking_mode" | "mmap_size" => Some(match schema {
            Some(schema) => format!("PRAGMA {schema}.{name}"),
            None => format!("PRAGMA {name}"),
        }),
        // With a value this answers with no row, and so does a pragma that SQLite does not know.
        "temp_store" => Some("PRAGMA temp_store_is_memory".to_owned()),
        _ => None,
    }
}

struct Tokens<'a>(&'a str);

impl<'a> Iterator for Tokens<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        while !self.0.is_empty() {
            let (kind, length) = token(self.0);
            let (text, rest) = self.0.split_at(length);
            self.0 = rest;
            match kind {
                Token::Blank => {}
                Token::Semicolon => return None,
                Token::Word(_) | Token::Other => return Some(text.trim_matches(['"', '`', '\''])),
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_settings_of_where_things_live_are_replaced() {
        for (sql, expected) in [
            ("PRAGMA journal_mode=wal", Some("PRAGMA journal_mode")),
            (
                "pragma /* x */ main . Journal_Mode ( off )",
                Some("PRAGMA main.journal_mode"),
            ),
            (
                "pragma \"journal_mode\" = 'delete'",
                Some("PRAGMA journal_mode"),
            ),
            (
                "pragma locking_mode = exclusive",
                Some("PRAGMA locking_mode"),
            ),
            ("pragma temp_store=1", Some("PRAGMA temp_store_is_memory")),
            ("pragma journal_mode", None),
            ("pragma foreign_keys=on", None),
            ("select 'pragma journal_mode=wal'", None),
            ("", None),
            ("prägma", None),
        ] {
            assert_eq!(in_place_of(sql).as_deref(), expected, "{sql}");
        }
    }
}
