use super::PathOr;
use crate::format::table::keys;
use crate::format::values::Path;
use crate::format::{At, OneOrMany};

/// A file of SQL, or SQL itself.
pub(crate) type SqlEntry = PathOr<SqlKeys>;

keys! {
    /// What a database begins with, in this order: `file`, `migrations`, `schema`, `seed`. Each of `schema` and `seed`
    /// is a path or glob of SQL files, SQL given here as `{sql: ".."}`, or a list of those, run in order.
    pub(crate) struct DatabaseKeys "database" {
        /// A SQLite database file. It is copied into memory and never written.
        file "file": At<Path>;
        /// A folder of SQL files, run in the order of the numbers that their names begin with. `*.down.sql` is left out.
        migrations "migrations": At<Path>;
        /// SQL that makes the tables.
        schema "schema": OneOrMany<SqlEntry>;
        /// SQL that fills them.
        seed "seed": OneOrMany<SqlEntry>;
    }
}

keys! {
    /// SQL given in place.
    pub(crate) struct SqlKeys "sql" {
        /// The statements.
        sql "sql": At<String>, required;
    }
}
