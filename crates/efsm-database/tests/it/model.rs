//! Random statements over several sessions, snapshots, forks and restores, beside plain SQLite files handled
//! the slow way: a snapshot copies the file.
//!
//! The peer runs in WAL mode, whose promises are those of versions: readers keep what they began with, a
//! second writer is busy, and so is a reader that would write on top of an old version.

use std::path::PathBuf;

use efsm_database::Version;
use proptest::prelude::*;
use tempfile::TempDir;

use super::*;

const SESSIONS: usize = 3;

#[derive(Clone, Debug)]
enum Step {
    Run(usize, String),
    Snapshot,
    /// Puts the snapshot of that number in place, in all sessions.
    Restore(usize),
    /// Goes on with a fork of that snapshot instead.
    Fork(usize),
}

fn statement() -> impl Strategy<Value = String> {
    let key = 0..12i64;
    let size = prop_oneof![4 => 0..40usize, 1 => 3000..9000usize];
    prop_oneof![
        6 => (key.clone(), size.clone())
            .prop_map(|(k, n)| format!("insert into t values ({k}, {k} * 3, zeroblob({n}))")),
        3 => (key.clone(), size)
            .prop_map(|(k, n)| format!("insert or replace into t values ({k}, {n}, hex(zeroblob({n})))")),
        3 => key.clone().prop_map(|k| format!("update t set u = u + 1 where id >= {k}")),
        3 => key.clone().prop_map(|k| format!("delete from t where id = {k}")),
        3 => Just("select id, u, length(x) from t order by u".to_owned()),
        2 => Just("select count(*), sum(u) from t".to_owned()),
        1 => key.clone().prop_map(|k| format!("insert into c values (null, {k})")),
        1 => Just("select * from c order by id".to_owned()),
        3 => Just("begin".to_owned()),
        2 => Just("begin immediate".to_owned()),
        3 => Just("commit".to_owned()),
        2 => Just("rollback".to_owned()),
        2 => Just("savepoint s".to_owned()),
        2 => Just("rollback to s".to_owned()),
        1 => Just("release s".to_owned()),
        1 => key.prop_map(|k| format!("create table n{k}(x)")),
        1 => Just("select group_concat(name) from (select name from sqlite_schema order by name)".to_owned()),
        1 => Just("delete from t".to_owned()),
        1 => Just("vacuum".to_owned()),
        1 => Just("create index if not exists tx on t(x)".to_owned()),
        1 => Just("drop index if exists tx".to_owned()),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        30 => (0..SESSIONS, statement()).prop_map(|(s, sql)| Step::Run(s, sql)),
        2 => Just(Step::Snapshot),
        1 => any::<prop::sample::Index>().prop_map(|i| Step::Restore(i.index(8))),
        1 => any::<prop::sample::Index>().prop_map(|i| Step::Fork(i.index(8))),
    ]
}

/// Plain SQLite with a file.
struct Peer {
    dir: TempDir,
    path: PathBuf,
    files: usize,
    sessions: Vec<rusqlite::Connection>,
}

impl Peer {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("0.db");
        let mut peer = Self {
            dir,
            path,
            files: 0,
            sessions: Vec::new(),
        };
        peer.open();
        peer
    }

    fn open(&mut self) {
        self.sessions = (0..SESSIONS)
            .map(|_| {
                let connection = rusqlite::Connection::open(&self.path).unwrap();
                connection
                    .execute_batch("pragma journal_mode = wal; pragma synchronous = off; pragma foreign_keys = off")
                    .unwrap();
                connection.busy_timeout(std::time::Duration::ZERO).unwrap();
                connection
            })
            .collect();
    }

    /// The file of another moment in the place of the current one.
    fn put(&mut self, image: &[u8]) {
        self.sessions.clear();
        self.files += 1;
        self.path = self.dir.path().join(format!("{}.db", self.files));
        std::fs::write(&self.path, image).unwrap();
        self.open();
    }

    /// What a connection that comes now sees, as a file.
    fn image(&self) -> Vec<u8> {
        let copy = self.dir.path().join("copy.db");
        let _ = std::fs::remove_file(&copy);
        let reader = rusqlite::Connection::open(&self.path).unwrap();
        reader
            .execute("vacuum into ?", [copy.to_str().unwrap()])
            .unwrap();
        std::fs::read(&copy).unwrap()
    }

    fn run(&mut self, session: usize, sql: &str) -> Result<Vec<String>, String> {
        use rusqlite::types::Value as Raw;
        let ask = || -> rusqlite::Result<Vec<String>> {
            let mut statement = self.sessions[session].prepare(sql)?;
            let columns = statement.column_count();
            let mut rows = statement.query([])?;
            let mut lines = Vec::new();
            while let Some(row) = rows.next()? {
                let values = (0..columns).map(|at| match row.get_unwrap::<_, Raw>(at) {
                    Raw::Null => "null".to_owned(),
                    Raw::Integer(n) => n.to_string(),
                    Raw::Real(x) => format!("{x:?}"),
                    Raw::Text(text) => text,
                    Raw::Blob(bytes) => format!("{bytes:?}"),
                });
                lines.push(values.collect::<Vec<_>>().join("|"));
            }
            Ok(lines)
        };
        ask().map_err(|error| {
            let code = error.sqlite_error().map_or(1, |e| e.extended_code);
            let message = match &error {
                rusqlite::Error::SqlInputError { msg, .. } => msg.clone(),
                other => other.to_string(),
            };
            format!("{}: {message}", efsm_database::Code(code).name())
        })
    }
}

/// The databases under test.
struct Ours {
    databases: Databases,
    sessions: Vec<Session>,
    /// Kept for as long as the test runs: what they hold must never change.
    left_behind: Vec<(Databases, Vec<Session>, String)>,
}

impl Ours {
    fn new() -> Self {
        let mut ours = Self {
            databases: databases(),
            sessions: Vec::new(),
            left_behind: Vec::new(),
        };
        ours.open();
        ours
    }

    fn open(&mut self) {
        self.sessions = (0..SESSIONS)
            .map(|_| {
                let mut session = self.databases.default_database().session();
                session.tell("pragma busy_timeout = 0");
                session
            })
            .collect();
    }

    fn run(&mut self, session: usize, sql: &str) -> Result<Vec<String>, String> {
        let rows = self.sessions[session]
            .ask(sql)
            .map_err(|e| format!("{}: {e}", e.code().name()))?;
        Ok(rows
            .rows
            .iter()
            .map(|row| row.iter().map(show).collect::<Vec<_>>().join("|"))
            .collect())
    }

    fn content(databases: &Databases) -> String {
        let mut text = String::new();
        databases
            .default_database()
            .dump(&run(), &mut |piece| {
                text.push_str(piece);
                true
            })
            .unwrap();
        text
    }

    fn restore(&mut self, version: &Version) {
        self.databases.default_database().restore(version);
        // The peer's sessions are new ones: whether ours lost a transaction was tested elsewhere.
        self.open();
    }

    fn fork(&mut self, version: &Version) {
        let fork = self.databases.fork(&MemoryGauge::new(u64::MAX));
        fork.default_database().restore(version);
        let content = Self::content(&self.databases);
        let parent = std::mem::replace(&mut self.databases, fork);
        let sessions = std::mem::take(&mut self.sessions);
        self.left_behind.push((parent, sessions, content));
        self.open();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn sessions_behave_as_with_files(steps in prop::collection::vec(step(), 20..120)) {
        let (mut ours, mut peer) = (Ours::new(), Peer::new());
        let schema = "create table t(id integer primary key, u unique, x);
                      create table c(id integer primary key autoincrement, k)";
        ours.sessions[0].tell(schema);
        peer.sessions[0].execute_batch(schema).unwrap();
        let mut snapshots: Vec<(Version, String, Vec<u8>)> = Vec::new();
        for step in steps {
            match step {
                Step::Run(session, sql) => {
                    // While another session writes, SQLite refuses `create .. if not exists` to a connection that has not
                    // looked at the schema since the object was made, and grants it to one that has. When a plain
                    // connection looks is its own affair (COMMIT does not, for one): here both look first.
                    if sql.starts_with("create") {
                        let look = "select count(*) from sqlite_schema";
                        prop_assert_eq!(ours.run(session, look), peer.run(session, look));
                    }
                    let got = ours.run(session, &sql);
                    let expected = peer.run(session, &sql);
                    prop_assert_eq!(&got, &expected, "session {}: {}", session, sql);
                    prop_assert_eq!(
                        ours.sessions[session].is_autocommit(),
                        peer.sessions[session].is_autocommit(),
                        "session {} after {}", session, sql
                    );
                }
                Step::Snapshot => {
                    let version = ours.databases.default_database().version();
                    snapshots.push((version, Ours::content(&ours.databases), peer.image()));
                }
                Step::Restore(_) | Step::Fork(_) if snapshots.is_empty() => {}
                Step::Restore(index) => {
                    let (version, _, image) = &snapshots[index % snapshots.len()];
                    ours.restore(version);
                    peer.put(image);
                }
                Step::Fork(index) => {
                    let (version, _, image) = &snapshots[index % snapshots.len()];
                    ours.fork(version);
                    peer.put(image);
                }
            }
        }
        // Everybody else's check: nothing that was left behind has changed, and all of it is sound.
        let mut all: Vec<(Databases, String)> = Vec::new();
        for (parent, sessions, content) in ours.left_behind {
            drop(sessions);
            all.push((parent, content));
        }
        for (version, content, _) in &snapshots {
            let stack = databases();
            stack.default_database().restore(version);
            all.push((stack, content.clone()));
        }
        all.push((ours.databases.clone(), Ours::content(&ours.databases)));
        for (databases, content) in all {
            prop_assert_eq!(Ours::content(&databases), content);
            let mut s = databases.default_database().session();
            prop_assert_eq!(s.one("pragma integrity_check"), "ok");
        }
    }
}

/// Changes to a rowid table with a text key, one with large rows that overflow, and one without rowids.
fn change() -> impl Strategy<Value = String> {
    let key = 0..60i64;
    let size = prop_oneof![3 => 0..30usize, 1 => 4000..12_000usize];
    prop_oneof![
        4 => (key.clone(), size.clone())
            .prop_map(|(k, n)| format!("insert or replace into big values ({k}, zeroblob({n}))")),
        3 => (key.clone(), any::<u8>())
            .prop_map(|(k, b)| format!("insert or replace into named values ('n{k}', x'{b:02x}')")),
        3 => (key.clone(), key.clone())
            .prop_map(|(a, b)| format!("insert or replace into pair values ({a}, {b}, hex({a}))")),
        2 => key.clone().prop_map(|k| format!("update big set x = x || 'y' where id % 7 = {k} % 7")),
        1 => (key.clone(), size).prop_map(|(k, n)| format!("update pair set c = zeroblob({n}) where a = {k}")),
        2 => key.clone().prop_map(|k| format!("delete from big where id > {k}")),
        1 => key.clone().prop_map(|k| format!("delete from named where rowid = {k}")),
        1 => key.prop_map(|k| format!("delete from pair where b = {k}")),
        1 => Just("delete from named".to_owned()),
        1 => Just("vacuum".to_owned()),
        1 => Just("create index if not exists bx on big(x)".to_owned()),
        1 => Just("drop index if exists bx".to_owned()),
    ]
}

/// Every row by its key, the slow way.
fn content_by_key(
    s: &mut Session,
    table: &str,
    keys: usize,
) -> std::collections::BTreeMap<String, String> {
    let rows = s.ask(&format!("select * from {table}")).unwrap();
    rows.rows
        .iter()
        .map(|row| {
            let join = |values: &[efsm_database::Value]| {
                values.iter().map(show).collect::<Vec<_>>().join("|")
            };
            (join(&row[..keys]), join(row))
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    #[test]
    fn diff_finds_what_comparing_every_row_finds(
        page_size in prop_oneof![Just(512), Just(4096), Just(16384)],
        setup in prop::collection::vec(change(), 0..40),
        changes in prop::collection::vec(change(), 0..12),
    ) {
        const TABLES: [(&str, usize); 3] = [("big", 1), ("named", 1), ("pair", 2)];
        let stack = databases();
        let database = stack.default_database();
        let mut s = database.session();
        s.tell(&format!("pragma page_size = {page_size}; create table big(id integer primary key, x);
            create table named(name text primary key, x);
            create table pair(a, b, c, primary key (a, b)) without rowid"));
        for sql in setup {
            s.tell(&sql);
        }
        let before = database.version();
        let old: Vec<_> = TABLES.iter().map(|(table, keys)| content_by_key(&mut s, table, *keys)).collect();
        for sql in changes {
            s.tell(&sql);
        }
        let diff = database.diff(&before, 1000, &run()).unwrap();
        for ((table, keys), old) in TABLES.iter().zip(old) {
            let new = content_by_key(&mut s, table, *keys);
            let added = new.keys().filter(|key| !old.contains_key(*key)).count() as u64;
            let removed = old.keys().filter(|key| !new.contains_key(*key)).count() as u64;
            let changed = new.iter().filter(|(key, row)| old.get(*key).is_some_and(|o| o != *row)).count() as u64;
            let found = diff.tables.iter().find(|t| t.table == *table);
            let counts = found.map_or((0, 0, 0), |t| (t.added_count, t.removed_count, t.changed_count));
            prop_assert_eq!(counts, (added, removed, changed), "{} with pages of {}", table, page_size);
        }
    }
}
