//! Nothing leaves the memory of a stack, and nothing grows or runs without bound.

use std::time::Duration;

use efsm_database::Cancel;

use super::*;

#[test]
fn statements_that_reach_for_files_are_denied_and_say_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("out.db");
    let path = path.to_str().unwrap();
    let mut s = session();
    s.tell("create table t(x); insert into t values (1)");
    for sql in [
        format!("attach '{path}' as other"),
        format!("attach 'file:{path}?vfs=unix' as other"),
        "attach 'file::memory:?cache=shared' as other".to_owned(),
        "attach 'database' as other".to_owned(),
        format!("attach '{path}' || '' as other"),
        format!("vacuum into '{path}'"),
        format!("vacuum main into '{path}' || ''"),
        format!("select load_extension('{path}')"),
        format!("pragma temp_store_directory = '{path}'"),
        "pragma hard_heap_limit = 1".to_owned(),
        "pragma soft_heap_limit = 1".to_owned(),
    ] {
        let error = s.ask(&sql).expect_err(&sql);
        assert!(matches!(error, Error::Denied { .. }), "{sql}: {error}");
        assert_eq!(error.code().name(), "SQLITE_AUTH");
    }
    let bound = s.query("attach ? as other", &[path].into(), &run());
    assert!(matches!(bound, Err(Error::Denied { .. })), "{bound:?}");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    let message = s.ask("attach '/tmp/x' as other").unwrap_err().to_string();
    assert!(message.contains("attach ':memory:'"), "{message}");
    // What stays in memory is allowed.
    s.tell("attach ':memory:' as a; create table a.t(x); attach '' as b; create table b.t(x)");
    s.tell("create temp table tt as select 1; vacuum");
    assert_eq!(s.one("select * from t"), "1");
}

#[test]
fn pragmas_of_where_things_live_answer_as_for_memory() {
    let mut s = session();
    s.tell("create table t(x)");
    for mode in ["wal", "delete", "off", "truncate", "persist", "memory"] {
        let rows = s.ask(&format!("pragma journal_mode = {mode}")).unwrap();
        assert_eq!(rows.columns[0].name, "journal_mode");
        assert_eq!(rows.first(), Some(&Value::Text("memory".into())));
    }
    assert_eq!(s.one("pragma main.journal_mode(wal)"), "memory");
    assert_eq!(s.one("pragma locking_mode = exclusive"), "normal");
    assert_eq!(s.rows("pragma temp_store = file"), Vec::<String>::new());
    assert_eq!(s.one("pragma temp_store"), "2");
    // The second line: a spelling that the session does not look into.
    s.tell("explain pragma journal_mode = off");
    s.tell("begin; insert into t values (1); rollback");
    assert_eq!(s.one("select count(*) from t"), "0");
    assert_eq!(s.one("pragma journal_mode"), "memory");
}

#[test]
fn catalogue_cannot_be_written_by_a_client() {
    let mut s = session();
    s.tell("create table t(x); pragma writable_schema = on");
    assert!(s.ask("update sqlite_schema set sql = 'x'").is_err());
    assert_eq!(s.one("pragma integrity_check"), "ok");
}

#[test]
fn full_database_refuses_and_keeps_what_it_had() {
    let databases = databases_within(Limits {
        database_bytes: 256 * 1024,
        ..Limits::default()
    });
    let mut s = databases.default_database().session();
    s.tell("create table t(x); insert into t values ('kept')");
    let many = "with recursive n(i) as (select 1 union all select i + 1 from n where i < 1000) \
                insert into t select randomblob(1000) from n";
    let error = s.ask(many).unwrap_err();
    assert_eq!(error.code().name(), "SQLITE_FULL");
    assert!(error.to_string().contains("262144 bytes"), "{error}");
    assert_eq!(s.rows("select * from t"), ["kept"]);
    assert_eq!(s.one("pragma integrity_check"), "ok");
    // In a transaction everything of it goes, as in SQLite.
    s.tell("begin; insert into t values ('lost')");
    assert_eq!(s.code(many), "SQLITE_FULL");
    assert!(s.is_autocommit());
    let mut other = databases.default_database().session();
    assert_eq!(other.rows("select * from t"), ["kept"]);
    assert_eq!(other.code("insert into t values ('more')"), "SQLITE_OK");
    assert_eq!(other.one("pragma integrity_check"), "ok");
}

#[test]
fn stacks_memory_bounds_its_databases() {
    let gauge = MemoryGauge::new(200 * 1024);
    let databases = Databases::new(Limits::default(), &gauge);
    let mut s = databases.default_database().session();
    s.tell("create table t(x)");
    assert_eq!(gauge.used_bytes(), 8192);
    assert_eq!(
        s.code("insert into t values (zeroblob(300000))"),
        "SQLITE_FULL"
    );
    s.tell("insert into t values (zeroblob(100000))");
    let used = gauge.used_bytes();
    assert!((100_000..130_000).contains(&used), "{used}");
    // Another database of the stack has what is left.
    let mut other = databases.database("other").unwrap().session();
    assert_eq!(
        other.code("create table t as select zeroblob(100000)"),
        "SQLITE_FULL"
    );
    s.tell("delete from t; vacuum");
    assert_eq!(gauge.used_bytes(), 8192);
    databases.clear();
    assert_eq!(gauge.used_bytes(), 0);
    drop((s, other, databases));
    assert_eq!(gauge.used_bytes(), 0);
}

const ENDLESS: &str =
    "with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n";

#[test]
fn statement_past_its_time_is_stopped_and_says_what_to_do() {
    let limit = Duration::ZERO;
    let databases = databases_within(Limits {
        statement_timeout: limit,
        ..Limits::default()
    });
    let mut s = databases.default_database().session();
    let error = s.ask(ENDLESS).unwrap_err();
    assert_eq!(error, Error::TimedOut { limit });
    assert_eq!(error.code().name(), "SQLITE_INTERRUPT");
    assert!(error.to_string().contains("statement_timeout"));
    assert_eq!(s.one("select 1"), "1");
}

#[test]
fn cancelled_statement_stops_and_the_session_goes_on() {
    let mut s = session();
    s.tell("create table t(x)");
    let cancel = Cancel::default();
    let running = std::thread::spawn({
        let run = run().with_cancel(cancel.clone());
        move || {
            let result = s.query(ENDLESS, &Args::NONE, &run).map(|_| ());
            (s, result)
        }
    });
    cancel.cancel();
    let (mut s, result) = running.join().unwrap();
    assert_eq!(result, Err(Error::Cancelled));
    assert_eq!(s.one("select count(*) from t"), "0");
}

#[test]
fn lent_steps_are_not_exceeded_and_nothing_waits_for_a_writer() {
    let database = databases().default_database();
    let (mut s, mut writer) = (database.session(), database.session());
    s.tell("create table t(x)");
    let few = run().with_steps(10_000);
    let result = s.query(ENDLESS, &Args::NONE, &few).map(|_| ());
    assert_eq!(result, Err(Error::OutOfSteps { steps: 10_000 }));
    writer.tell("begin immediate");
    let refused = s
        .query("insert into t values (1)", &Args::NONE, &few)
        .unwrap_err();
    assert!(refused.is_busy());
    writer.tell("rollback");
    s.query("insert into t values (1)", &Args::NONE, &few)
        .unwrap();
}

#[test]
fn results_are_bounded_in_bytes() {
    let databases = databases_within(Limits {
        result_bytes: 10_000,
        ..Limits::default()
    });
    let mut s = databases.default_database().session();
    s.tell("create table t(x); insert into t values (zeroblob(6000)), (zeroblob(6000))");
    assert_eq!(
        s.ask("select * from t").unwrap_err(),
        Error::ResultTooLarge { limit: 10_000 }
    );
    assert_eq!(s.ask("select * from t limit 1").unwrap().rows.len(), 1);
    assert_eq!(s.code("select zeroblob(10001)"), "SQLITE_TOOBIG");
}

#[test]
fn one_text_is_one_statement() {
    let mut s = session();
    assert_eq!(s.ask("select 1; select 2"), Err(Error::SeveralStatements));
    assert_eq!(s.ask("select 1; -- and no more").unwrap().rows.len(), 1);
    assert!(matches!(s.ask(" -- nothing\n"), Err(Error::NoStatement(_))));
    assert!(matches!(s.ask(""), Err(Error::NoStatement(_))));
}
