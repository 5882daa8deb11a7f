//! Readers and a writer against each other.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::*;

const ACCOUNTS: i64 = 50;
const TOTAL: &str = "5000";

#[test]
fn every_reader_sees_the_invariant_while_a_writer_moves_money() {
    const TRANSFERS: u64 = 16_000;
    /// Of each reader, at least.
    const READS: u64 = 9_000;
    let databases = databases();
    let database = databases.default_database();
    let mut setup = database.session();
    setup.tell("create table account(id integer primary key, balance, note)");
    for id in 0..ACCOUNTS {
        setup.tell(&format!(
            "insert into account values ({id}, 100, zeroblob(500))"
        ));
    }
    let done = AtomicBool::new(false);
    let statements = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut reader = database.session();
                let mut reads = 0;
                // Each reader looks at least once after the writer is done, and often before.
                loop {
                    let is_last = done.load(Ordering::Acquire);
                    assert_eq!(reader.one("select sum(balance) from account"), TOTAL);
                    reader.tell("begin");
                    let one = reader.one("select group_concat(balance) from account");
                    let two = reader.one("select group_concat(balance) from account");
                    assert_eq!(one, two);
                    assert_eq!(reader.one("select sum(balance) from account"), TOTAL);
                    reader.tell("commit");
                    reads += 6;
                    if is_last && reads >= READS {
                        break;
                    }
                }
                assert_eq!(reader.one("pragma integrity_check"), "ok");
                statements.fetch_add(reads, Ordering::Relaxed);
            });
        }
        let mut writer = database.session();
        for n in 0..TRANSFERS {
            let (from, to) = (n % 50, (n * 7 + 3) % 50);
            writer.tell(&format!(
                "begin; update account set balance = balance - 1 where id = {from};
                 update account set balance = balance + 1 where id = {to}; {}",
                if n % 11 == 0 { "rollback" } else { "commit" }
            ));
            if n % 1000 == 0 {
                let fork = databases.fork(&MemoryGauge::new(u64::MAX));
                let mut s = fork.default_database().session();
                assert_eq!(s.one("select sum(balance) from account"), TOTAL);
                assert_eq!(s.one("pragma integrity_check"), "ok");
            }
        }
        statements.fetch_add(TRANSFERS * 4, Ordering::Relaxed);
        done.store(true, Ordering::Release);
    });
    let statements = statements.into_inner();
    assert!(statements >= 100_000, "{statements}");
    assert_eq!(setup.one("pragma integrity_check"), "ok");
    assert_eq!(setup.one("select sum(balance) from account"), TOTAL);
}

#[test]
fn many_writers_lose_nothing() {
    let database = databases().default_database();
    database.session().tell("create table t(writer, n)");
    std::thread::scope(|scope| {
        for writer in 0..8 {
            let database = database.clone();
            scope.spawn(move || {
                let mut s = database.session();
                for n in 0..200 {
                    s.tell(&format!("insert into t values ({writer}, {n})"));
                }
            });
        }
    });
    let mut s = database.session();
    assert_eq!(
        s.one("select count(*), count(distinct writer || '/' || n) from t"),
        "1600|1600"
    );
    assert_eq!(s.one("pragma integrity_check"), "ok");
}

#[test]
fn a_thousand_open_sessions_are_held() {
    let database = databases().default_database();
    database
        .session()
        .tell("create table t(x); insert into t values (1)");
    let mut sessions: Vec<Session> = (0..1000).map(|_| database.session()).collect();
    for session in &mut sessions {
        session.tell("begin");
        assert_eq!(session.one("select count(*) from t"), "1");
    }
    database.session().tell("insert into t values (2)");
    for session in &mut sessions {
        assert_eq!(session.one("select count(*) from t"), "1");
        session.tell("commit");
        assert_eq!(session.one("select count(*) from t"), "2");
    }
}
