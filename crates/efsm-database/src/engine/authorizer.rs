//! What a statement may not do: reach a file, a library, or memory that other stacks use.

use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use std::collections::BTreeSet;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::error::Error;

/// Pragmas that name files, or whose limit holds for the whole process and so for other stacks.
const DENIED_PRAGMAS: [(&str, &str); 4] = [
    (
        "temp_store_directory",
        "temporary tables already live in memory",
    ),
    ("data_store_directory", "databases already live in memory"),
    (
        "hard_heap_limit",
        "it would bound every stack of the process; set the limit `database` instead",
    ),
    (
        "soft_heap_limit",
        "it would bound every stack of the process; set the limit `database` instead",
    ),
];

/// What the authorizer saw while a statement was compiled.
#[derive(Clone, Debug, Default)]
pub(crate) struct Witness(Arc<Mutex<Seen>>);

#[derive(Debug, Default)]
struct Seen {
    denied: Option<Error>,
    tables: Option<BTreeSet<String>>,
}

impl Witness {
    /// The callback for a connection.
    pub(crate) fn authorizer(
        &self,
    ) -> impl for<'c> FnMut(AuthContext<'c>) -> Authorization + Send + 'static + use<> {
        let seen = self.0.clone();
        move |context: AuthContext<'_>| {
            if let Some(error) = denial(&context.action) {
                seen.lock().denied = Some(error);
                return Authorization::Deny;
            }
            if let Some(tables) = &mut seen.lock().tables
                && let Some(table) = table_of(&context.action)
            {
                tables.insert(table.to_owned());
            }
            Authorization::Allow
        }
    }

    /// Why the last statement was denied, if it was.
    pub(crate) fn denied(&self) -> Option<Error> {
        self.0.lock().denied.take()
    }

    /// Notes the tables that statements touch until [`Witness::tables`] is called.
    pub(crate) fn watch_tables(&self) {
        self.0.lock().tables = Some(BTreeSet::new());
    }

    pub(crate) fn tables(&self) -> Vec<String> {
        let tables = self.0.lock().tables.take();
        tables.unwrap_or_default().into_iter().collect()
    }
}

fn denial(action: &AuthAction<'_>) -> Option<Error> {
    let denied = |what: String, instead: &str| {
        Some(Error::Denied {
            what,
            instead: instead.to_owned(),
        })
    };
    match *action {
        AuthAction::Attach {
            filename: "" | ":memory:",
        } => None,
        AuthAction::Attach { filename } => denied(
            format!("attaching the file {filename:?} (also by VACUUM INTO)"),
            "attach ':memory:', import a file with POST /db/import, or export with GET /db/export",
        ),
        // ATTACH with a file name that is computed or bound cannot be judged before it runs.
        AuthAction::Unknown { .. } => denied(
            "attaching a database whose name is not written out (also by VACUUM INTO)".to_owned(),
            "attach ':memory:', or export the database with GET /db/export",
        ),
        AuthAction::Function { function_name }
            if function_name.eq_ignore_ascii_case("load_extension") =>
        {
            denied(
                "load_extension".to_owned(),
                "FTS5, JSON, R-Tree and the math functions are built in",
            )
        }
        AuthAction::Pragma {
            pragma_name,
            pragma_value: Some(_),
        } => {
            let (name, instead) = DENIED_PRAGMAS
                .iter()
                .find(|(name, _)| name.eq_ignore_ascii_case(pragma_name))?;
            denied(format!("PRAGMA {name}"), instead)
        }
        _ => None,
    }
}

fn table_of<'a>(action: &AuthAction<'a>) -> Option<&'a str> {
    match *action {
        AuthAction::Read { table_name, .. }
        | AuthAction::Insert { table_name }
        | AuthAction::Update { table_name, .. }
        | AuthAction::Delete { table_name }
        | AuthAction::CreateTable { table_name }
        | AuthAction::CreateTempTable { table_name }
        | AuthAction::DropTable { table_name }
        | AuthAction::DropTempTable { table_name }
        | AuthAction::AlterTable { table_name, .. }
        | AuthAction::CreateIndex { table_name, .. }
        | AuthAction::DropIndex { table_name, .. }
        | AuthAction::Analyze { table_name }
        | AuthAction::CreateVtable { table_name, .. }
        | AuthAction::DropVtable { table_name, .. } => {
            // Every change of the schema reads and writes the catalogue too.
            (!table_name.starts_with("sqlite_")).then_some(table_name)
        }
        _ => None,
    }
}
