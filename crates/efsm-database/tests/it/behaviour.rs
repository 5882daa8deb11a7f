//! What SQLite promises with a file holds with pages in memory.

use super::*;

#[test]
fn committed_rows_are_seen_by_other_sessions() {
    let database = databases().default_database();
    let (mut a, mut b) = (database.session(), database.session());
    a.tell("create table t(id integer primary key, name text); insert into t values (1, 'one')");
    assert_eq!(b.rows("select * from t"), ["1|one"]);
    b.tell("insert into t values (2, 'two')");
    assert_eq!(a.rows("select * from t"), ["1|one", "2|two"]);
    assert_eq!(a.one("pragma integrity_check"), "ok");
}

#[test]
fn rollback_and_savepoints_undo_what_they_should() {
    let mut s = session();
    s.tell("create table t(x); insert into t values (0)");
    s.tell("begin; insert into t values (1); savepoint a; insert into t values (2)");
    s.tell("savepoint b; delete from t; rollback to b; insert into t values (3); rollback to a");
    assert_eq!(s.one("select group_concat(x) from t"), "0,1");
    s.tell("release a; commit");
    assert_eq!(s.one("select group_concat(x) from t"), "0,1");
    s.tell("begin; delete from t; rollback");
    assert_eq!(s.one("select group_concat(x) from t"), "0,1");
}

#[test]
fn savepoint_of_a_session_that_saw_the_database_empty_keeps_what_others_made() {
    let database = databases().default_database();
    let (mut early, mut other) = (database.session(), database.session());
    assert_eq!(early.one("select count(*) from sqlite_schema"), "0");
    early.tell("savepoint outer");
    other.tell("create table t(x); insert into t values (1)");
    early.tell("create table n(x); rollback to outer; release outer");
    assert_eq!(early.one("select * from t"), "1");
    assert_eq!(other.one("select name from sqlite_schema"), "t");
    assert_eq!(other.one("pragma integrity_check"), "ok");
}

#[test]
fn rollback_undoes_pages_that_were_already_written_out() {
    let mut s = session();
    s.tell("create table t(id integer primary key, x)");
    s.tell(
        "with recursive n(i) as (select 1 union all select i + 1 from n where i < 2000) \
            insert into t select i, randomblob(1000) from n",
    );
    let before = s.one("select sum(length(x)), count(*), hex(max(x)) from t");
    // More dirty pages than the cache holds.
    s.tell("begin; update t set x = randomblob(1200); delete from t where id % 3 = 0; rollback");
    assert_eq!(
        s.one("select sum(length(x)), count(*), hex(max(x)) from t"),
        before
    );
    assert_eq!(s.one("pragma integrity_check"), "ok");
}

#[test]
fn reader_keeps_its_version_while_others_write() {
    let database = databases().default_database();
    let (mut reader, mut writer) = (database.session(), database.session());
    writer.tell("create table t(x); insert into t values (1)");
    reader.tell("begin");
    assert_eq!(reader.one("select count(*) from t"), "1");
    for _ in 0..10 {
        writer.tell("insert into t values (1); create table if not exists u(y); vacuum");
    }
    assert_eq!(reader.one("select count(*) from t"), "1");
    // The version that it read is no longer current: it cannot write on top of it.
    assert_eq!(
        reader.code("insert into t values (9)"),
        "SQLITE_BUSY_SNAPSHOT"
    );
    assert_eq!(reader.one("select count(*) from t"), "1");
    reader.tell("commit");
    assert_eq!(reader.one("select count(*) from t"), "11");
    assert_eq!(reader.code("insert into t values (9)"), "SQLITE_OK");
}

#[test]
fn second_writer_is_refused_until_the_first_is_done() {
    let database = databases().default_database();
    let (mut first, mut second) = (database.session(), database.session());
    first.tell("create table t(x)");
    second.tell("pragma busy_timeout = 0");
    assert_eq!(second.one("pragma busy_timeout"), "0");
    first.tell("begin immediate");
    assert_eq!(second.code("insert into t values (2)"), "SQLITE_BUSY");
    assert_eq!(second.code("begin immediate"), "SQLITE_BUSY");
    assert_eq!(second.one("select count(*) from t"), "0");
    first.tell("insert into t values (1); commit");
    assert_eq!(second.code("insert into t values (2)"), "SQLITE_OK");
    assert_eq!(first.one("select group_concat(x) from t"), "1,2");
}

#[test]
fn second_writer_waits_for_the_first() {
    let database = databases().default_database();
    let mut first = database.session();
    first.tell("create table t(x); begin immediate; insert into t values (1)");
    let waiting = std::thread::spawn({
        let mut second = database.session();
        move || second.ask("insert into t values (2)").map(|_| ())
    });
    // Whether the other thread already waits or comes later, it gets its turn.
    std::thread::yield_now();
    first.tell("commit");
    waiting.join().unwrap().unwrap();
    assert_eq!(first.one("select group_concat(x) from t"), "1,2");
}

#[test]
fn fork_in_the_middle_of_a_transaction_does_not_contain_it() {
    let databases = databases();
    let mut s = databases.default_database().session();
    s.tell("create table t(x); insert into t values (1); begin; insert into t values (2)");
    let fork = databases.fork(&MemoryGauge::new(u64::MAX));
    let mut other = fork.default_database().session();
    assert_eq!(other.one("select group_concat(x) from t"), "1");
    // The writer's lock is not in the fork either.
    other.tell("insert into t values (3)");
    s.tell("commit");
    assert_eq!(s.one("select group_concat(x) from t"), "1,2");
    assert_eq!(other.one("select group_concat(x) from t"), "1,3");
}

#[test]
fn restore_ends_transactions_and_sessions_go_on() {
    let databases = databases();
    let mut s = databases.default_database().session();
    s.tell("pragma foreign_keys = on; create table t(x); insert into t values (1)");
    let before = databases.snapshot();
    let mut idle = databases.default_database().session();
    assert_eq!(idle.one("select count(*) from t"), "1");
    s.tell("begin; insert into t values (2)");
    databases.restore(&before);
    assert!(s.is_autocommit());
    assert_eq!(s.ask("commit"), Err(Error::TransactionLost));
    assert_eq!(s.one("select group_concat(x) from t"), "1");
    assert_eq!(s.one("pragma foreign_keys"), "1");
    assert_eq!(idle.one("select count(*) from t"), "1");
}

#[test]
fn restored_schema_is_not_mistaken_for_another_with_the_same_number() {
    let databases = databases();
    let mut s = databases.default_database().session();
    s.tell("create table a(x)");
    let before = databases.snapshot();
    s.tell("create table b(y); insert into b values ('b')");
    assert_eq!(s.one("select * from b"), "b");
    databases.restore(&before);
    let mut other = databases.default_database().session();
    other.tell("create table c(z); insert into c values ('c')");
    assert_eq!(s.one("select * from c"), "c");
    assert_eq!(s.code("select * from b"), "SQLITE_ERROR");
}

#[test]
fn snapshot_restore_snapshot_is_the_identity() {
    let databases = databases();
    let mut s = databases.database("shop").unwrap().session();
    s.tell("create table t(x); insert into t values (1)");
    let before = databases.snapshot();
    databases.restore(&before);
    let after = databases.snapshot();
    assert!(before.names().eq(after.names()));
    for name in before.names() {
        assert!(
            before
                .version(name)
                .unwrap()
                .is(after.version(name).unwrap())
        );
    }
}

#[test]
fn named_databases_do_not_see_each_other() {
    let databases = databases();
    let mut a = databases.database("a").unwrap().session();
    let mut b = databases.database("b").unwrap().session();
    a.tell("create table only_a(x)");
    b.tell("create table only_b(x)");
    assert_eq!(a.code("select * from only_b"), "SQLITE_ERROR");
    let names: Vec<String> = databases.list().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["a", "b", "main"]);
    for bad in ["", ".x", "a/b", "ü", &"x".repeat(65)] {
        assert!(databases.database(bad).is_err(), "{bad}");
    }
}

#[test]
fn time_in_sql_is_the_stacks() {
    let mut s = session();
    assert_eq!(s.one("select datetime('now')"), "2026-01-01 00:00:00");
    assert_eq!(s.one("select current_timestamp"), "2026-01-01 00:00:00");
    s.tell("create table t(x, at default current_timestamp); insert into t(x) values (1)");
    assert_eq!(s.one("select * from t"), "1|2026-01-01 00:00:00");
    let later = Run::new("2030-05-05T05:05:05Z".parse().unwrap(), Stopwatch::start());
    let rows = s.query("select unixepoch()", &Args::NONE, &later).unwrap();
    assert_eq!(rows.first(), Some(&Value::Integer(1_904_187_905)));
}

#[test]
fn parameters_are_bound_by_name_and_by_number() {
    let mut s = session();
    let mut check = |sql: &str, args: Args, expected: Result<&str, &str>| {
        let got = s
            .query(sql, &args, &run())
            .map(|rows| rows.rows[0].iter().map(show).collect::<Vec<_>>().join("|"))
            .map_err(|e| e.to_string());
        assert_eq!(got.as_deref().map_err(String::as_str), expected, "{sql}");
    };
    check("select ?, ?", [1, 2].into(), Ok("1|2"));
    check("select ?2, ?1, ?2", [1, 2].into(), Ok("2|1|2"));
    check(
        "select :a, @b, $c",
        Args::named([(":a", 1), ("b", 2), ("$c", 3)]),
        Ok("1|2|3"),
    );
    check("select :a, :b, :a", [1, 2].into(), Ok("1|2|1"));
    check(
        "select :a, ?",
        Args {
            positional: [7.into(), 8.into()].into(),
            named: vec![("a".into(), "x".into())],
        },
        Ok("x|8"),
    );
    check("select 1", Args::named([("unused", 1)]), Ok("1"));
    check(
        "select ?, ?",
        [1].into(),
        Err("the statement has a parameter number 2 and no value was given for it"),
    );
    check(
        "select :who",
        Args::named([("whom", 1)]),
        Err("the statement has a parameter :who and no value was given for it"),
    );
    check(
        "select ?",
        [1, 2].into(),
        Err("the statement takes 1 parameters and 2 were given"),
    );
    check(
        "select ?, ?, ?, ?, typeof(?)",
        Args::positional([
            Value::Null,
            Value::Integer(i64::MAX),
            Value::Real(0.1),
            Value::Text("ü\0'".into()),
            Value::Blob(vec![0, 255]),
        ]),
        Ok("null|9223372036854775807|0.1|ü\0'|blob"),
    );
}

#[test]
fn outcome_counts_what_the_statement_did() {
    let mut s = session();
    s.tell(
        "create table t(id integer primary key, x unique); create table log(y);
            create trigger tr after insert on t begin insert into log values (new.x); end",
    );
    let outcome = s.ask("insert into t(x) values (5), (6)").unwrap().outcome;
    assert_eq!(
        (
            outcome.changes,
            outcome.rows_written,
            outcome.last_insert_rowid
        ),
        (2, 4, 2)
    );
    let outcome = s.ask("select * from t").unwrap().outcome;
    assert_eq!(
        (outcome.rows, outcome.rows_read, outcome.changes),
        (2, 2, 0)
    );
    assert!(outcome.is_readonly);
    assert_eq!(s.ask("create table u(x)").unwrap().outcome.changes, 0);
    assert_eq!(
        s.ask("delete from t where id = 77")
            .unwrap()
            .outcome
            .changes,
        0
    );
    assert_eq!(s.ask("delete from t").unwrap().outcome.changes, 2);
}

#[test]
fn errors_carry_the_extended_code_and_the_place() {
    let mut s = session();
    s.tell(
        "create table p(id integer primary key); create table t(
              id integer primary key, u unique, n not null, c check (c > 0),
              p references p(id)); insert into t values (1, 1, 1, 1, null)",
    );
    for (sql, code) in [
        (
            "insert into t values (1, 2, 1, 1, null)",
            "SQLITE_CONSTRAINT_PRIMARYKEY",
        ),
        (
            "insert into t values (2, 1, 1, 1, null)",
            "SQLITE_CONSTRAINT_UNIQUE",
        ),
        (
            "insert into t values (2, 2, null, 1, null)",
            "SQLITE_CONSTRAINT_NOTNULL",
        ),
        (
            "insert into t values (2, 2, 1, 0, null)",
            "SQLITE_CONSTRAINT_CHECK",
        ),
        (
            "insert into t values ('x', 2, 1, 1, null)",
            "SQLITE_MISMATCH",
        ),
        ("selec 1", "SQLITE_ERROR"),
        ("select * from nowhere", "SQLITE_ERROR"),
    ] {
        assert_eq!(s.code(sql), code, "{sql}");
    }
    // Foreign keys are off until they are asked for, as in SQLite itself.
    assert_eq!(s.code("insert into t values (2, 2, 1, 1, 99)"), "SQLITE_OK");
    s.tell("pragma foreign_keys = on");
    assert_eq!(
        s.code("insert into t values (3, 3, 1, 1, 99)"),
        "SQLITE_CONSTRAINT_FOREIGNKEY"
    );
    let error = s.ask("select *\nfrom t wher 1").unwrap_err();
    assert_eq!(
        (error.to_string().as_str(), error.offset()),
        ("near \"1\": syntax error", Some(21))
    );
    let error = s.script(
        "select 1;\nselect 2;\n  insert into t\n values (;",
        &run(),
        |_, _| {},
    );
    assert_eq!(
        error.unwrap_err().to_string(),
        "statement 3 (line 4): near \";\": syntax error"
    );
}

#[test]
fn returning_rows_past_the_limit_undoes_the_change() {
    let databases = databases_within(Limits {
        result_rows: 3,
        ..Limits::default()
    });
    let mut s = databases.default_database().session();
    s.tell("create table t(x)");
    assert_eq!(
        s.one("insert into t values (1), (2), (3) returning x"),
        "1;2;3"
    );
    let many = "insert into t values (1), (2), (3), (4) returning x";
    assert_eq!(s.ask(many), Err(Error::TooManyRows { limit: 3 }));
    assert_eq!(s.one("select count(*) from t"), "3");
    assert!(s.is_autocommit());
    s.tell("begin; delete from t where x = 1");
    assert_eq!(s.ask(many), Err(Error::TooManyRows { limit: 3 }));
    s.tell("commit");
    assert_eq!(s.one("select group_concat(x) from t"), "2,3");
    assert_eq!(
        s.ask("select * from t, t b").unwrap_err(),
        Error::TooManyRows { limit: 3 }
    );
}

#[test]
fn atomic_work_is_done_whole_or_not_at_all() {
    let mut s = session();
    s.tell("create table t(x unique)");
    let rows: Vec<Args> = (0..5).map(|n| [n].into()).collect();
    let outcome = s
        .execute_many("insert into t values (?)", &rows, &run())
        .unwrap();
    assert_eq!(outcome.changes, 5);
    let rows: Vec<Args> = (5..9).chain([0]).map(|n| [n].into()).collect();
    assert!(
        s.execute_many("insert into t values (?)", &rows, &run())
            .is_err()
    );
    assert_eq!(s.one("select count(*) from t"), "5");
    s.tell("begin; insert into t values (100)");
    assert!(
        s.execute_many("insert into t values (?)", &rows, &run())
            .is_err()
    );
    s.tell("commit");
    assert_eq!(s.one("select count(*), max(x) from t"), "6|100");
}

#[test]
fn what_users_expect_of_sqlite_is_built_in() {
    let mut s = session();
    s.tell(
        "create virtual table f using fts5(body); insert into f values ('the quick fox');
            create virtual table r using rtree(id, x0, x1); insert into r values (1, 0, 5)",
    );
    assert_eq!(
        s.one("select body from f where f match 'qui*'"),
        "the quick fox"
    );
    assert_eq!(s.one("select id from r where x1 > 4"), "1");
    assert_eq!(s.one("select '{\"a\":[1,2]}' ->> '$.a[1]'"), "2");
    assert_eq!(
        s.one(
            "select sqrt(16), pow(2, 10), round(pi(), 4), floor(-1.5), ceil(2), mod(7, 4), \
               log(100), log(2, 8), ln(-1), sqrt('x'), sign(-2), trunc('2.7')"
        ),
        "4.0|1024.0|3.1416|-2.0|2|3.0|2.0|3.0|null|null|-1|2.0"
    );
}

#[test]
fn description_says_what_a_statement_is() {
    let mut s = session();
    s.tell("create table t(id integer primary key, name varchar(20))");
    let d = s
        .describe("select id, name as n, 1 + ? from t where id = :id", &run())
        .unwrap();
    assert_eq!(d.parameters[0].name, None);
    assert_eq!(d.parameters[1].name.as_deref(), Some(":id"));
    let columns: Vec<_> = d
        .columns
        .iter()
        .map(|c| (c.name.as_str(), c.declared_type.as_deref()))
        .collect();
    assert_eq!(
        columns,
        [
            ("id", Some("INTEGER")),
            ("n", Some("varchar(20)")),
            ("1 + ?", None)
        ]
    );
    assert!(d.is_readonly && !d.is_explain);
    assert!(s.describe("explain select 1", &run()).unwrap().is_explain);
    assert!(!s.describe("delete from t", &run()).unwrap().is_readonly);
}

#[test]
fn tables_of_a_statement_are_seen_through_views_and_triggers() {
    let mut s = session();
    s.tell(
        "create table a(x); create table b(x); create view v as select * from a;
            create trigger tr after insert on a begin insert into b values (1); end",
    );
    assert_eq!(s.tables_of("select * from v", &run()), ["a", "v"]);
    assert_eq!(s.tables_of("insert into a values (1)", &run()), ["a", "b"]);
    assert_eq!(
        s.tables_of("create table c(x); drop table b", &run()),
        ["b", "c"]
    );
    assert_eq!(s.tables_of("nonsense", &run()), Vec::<String>::new());
}

#[test]
fn session_sees_what_another_did_to_the_schema() {
    let databases = databases();
    let database = databases.default_database();
    let (mut one, mut other) = (database.session(), database.session());
    one.run("CREATE TABLE t(a)", &Args::NONE, &run()).unwrap();
    one.run("CREATE TABLE u(a)", &Args::NONE, &run()).unwrap();
    one.run("CREATE VIEW v AS SELECT * FROM t", &Args::NONE, &run())
        .unwrap();
    other
        .query("SELECT * FROM t, v", &Args::NONE, &run())
        .unwrap();
    for sql in [
        "DROP VIEW v",
        "DROP TABLE t",
        "CREATE TABLE t(a, b TEXT)",
        "CREATE VIEW v AS SELECT * FROM u",
    ] {
        one.run(sql, &Args::NONE, &run()).unwrap();
    }
    assert_eq!(other.tables_of("SELECT * FROM v", &run()), ["u", "v"]);
    let described = other.describe("SELECT * FROM t, v", &run()).unwrap();
    assert_eq!(described.columns.len(), 3);
    // SQLite itself would refuse this by the schema that the session saw last.
    one.run("ALTER TABLE t ADD COLUMN c", &Args::NONE, &run())
        .unwrap();
    other
        .run("INSERT INTO t VALUES (1, 2, 3)", &Args::NONE, &run())
        .unwrap();
    one.run("ALTER TABLE t ADD COLUMN d", &Args::NONE, &run())
        .unwrap();
    for sql in ["BEGIN", "INSERT INTO t VALUES (1, 2, 3, 4)", "COMMIT"] {
        other.run(sql, &Args::NONE, &run()).unwrap();
    }
}

#[test]
fn queries_in_a_row_see_every_commit_and_are_in_nobodys_way() {
    let databases = databases();
    let database = databases.default_database();
    let (mut reader, mut writer) = (database.session(), database.session());
    writer
        .run(
            "CREATE TABLE t(a INTEGER PRIMARY KEY, b)",
            &Args::NONE,
            &run(),
        )
        .unwrap();
    let count = |reader: &mut Session| {
        let rows = reader.query("SELECT count(*) FROM t", &Args::NONE, &run());
        rows.unwrap().first().cloned().unwrap()
    };
    for n in 0..20 {
        for _ in 0..n % 4 {
            assert_eq!(count(&mut reader), Value::Integer(n));
        }
        writer
            .run("INSERT INTO t VALUES (?, 'x')", &[n].into(), &run())
            .unwrap();
        assert_eq!(count(&mut reader), Value::Integer(n + 1));
    }
    // What wants no query to be going on: VACUUM, a transaction, another schema, a restore.
    for sql in [
        "VACUUM",
        "BEGIN IMMEDIATE",
        "INSERT INTO t VALUES (100, 'y')",
        "ROLLBACK",
        "ATTACH ':memory:' AS m",
        "DETACH m",
        "PRAGMA user_version = 7",
        "ALTER TABLE t ADD COLUMN c",
        "DROP TABLE t",
        "CREATE TABLE t(a)",
        "PRAGMA integrity_check",
    ] {
        for _ in 0..3 {
            if !matches!(sql, "ROLLBACK" | "CREATE TABLE t(a)") && !sql.starts_with("INSERT") {
                count(&mut reader);
            }
        }
        reader.run(sql, &Args::NONE, &run()).unwrap();
    }
    for _ in 0..3 {
        count(&mut reader);
    }
    let before = database.version();
    writer
        .run("INSERT INTO t VALUES (1)", &Args::NONE, &run())
        .unwrap();
    assert_eq!(count(&mut reader), Value::Integer(1));
    assert_eq!(count(&mut reader), Value::Integer(1));
    database.restore(&before);
    assert_eq!(count(&mut reader), Value::Integer(0));
    // A transaction that begins after queries sees what is committed when it first reads.
    reader.run("BEGIN", &Args::NONE, &run()).unwrap();
    writer
        .run("INSERT INTO t VALUES (1)", &Args::NONE, &run())
        .unwrap();
    assert_eq!(count(&mut reader), Value::Integer(1));
}
