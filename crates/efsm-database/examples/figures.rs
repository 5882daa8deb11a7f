//! Prints the database's figures as ratios to plain SQLite in memory, measured in this run.
//!
//! `cargo run --release -p efsm-database --example figures [select] [readers] [rest] [insert] [fork] [forks]`

use std::time::Duration;

use efsm_core::{MemoryGauge, Stopwatch, Timestamp};
use efsm_database::engine::{Row, Sink, ValueRef};
use efsm_database::{Args, Databases, Limits, Run};

fn run() -> Run {
    Run::new(Timestamp::UNIX_EPOCH, Stopwatch::start())
}

/// The median of five rounds of `rounds` calls each, per call.
fn time(rounds: u32, mut call: impl FnMut(u32)) -> Duration {
    let mut times: Vec<Duration> = (0..5)
        .map(|_| {
            let watch = Stopwatch::start();
            for n in 0..rounds {
                call(n);
            }
            watch.elapsed() / rounds
        })
        .collect();
    times.sort();
    times[2]
}

fn databases() -> Databases {
    let limits = Limits {
        result_rows: usize::MAX,
        ..Limits::default()
    };
    Databases::new(limits, &MemoryGauge::new(u64::MAX))
}

const FILL: &str = "with recursive n(i) as (select 1 union all select i + 1 from n where i < ?) \
                    insert into t select i, randomblob(1000) from n";

fn main() {
    let sections: [(&str, fn()); 6] = [
        ("select", point_select),
        ("readers", readers),
        ("rest", rest),
        ("insert", insert),
        ("fork", fork_of_much),
        ("forks", many_forks),
    ];
    let chosen: Vec<String> = std::env::args().skip(1).collect();
    for (name, section) in sections {
        if chosen.is_empty() || chosen.iter().any(|other| other == name) {
            section();
        }
    }
}

fn point_select() {
    let sql = "select x from t where id = ?";
    let plain = rusqlite::Connection::open_in_memory().expect("memory");
    plain
        .execute_batch("create table t(id integer primary key, x)")
        .expect("schema");
    plain.execute(FILL, [10_000]).expect("rows");
    let databases = databases();
    let mut session = databases.default_database().session();
    session
        .run(
            "create table t(id integer primary key, x)",
            &Args::NONE,
            &run(),
        )
        .expect("schema");
    session.run(FILL, &[10_000].into(), &run()).expect("rows");
    let run = run();
    let key = |n: u32| i64::from(n % 10_000) + 1;
    let length = |row: &rusqlite::Row<'_>| Ok(row.get_ref(0)?.as_blob()?.len());
    let mut held = plain.prepare(sql).expect("statement");
    let mut rounds: Vec<[f64; 3]> = (0..15)
        .map(|_| {
            let ours = per_call(50_000, |n| {
                let mut length = Length(0);
                let outcome = session.execute(sql, &[key(n)].into(), &run, &mut length);
                assert_eq!((outcome.expect("row").rows, length.0), (1, 1000));
            });
            let cached = per_call(50_000, |n| {
                let mut statement = plain.prepare_cached(sql).expect("statement");
                assert_eq!(statement.query_row([key(n)], length), Ok(1000));
            });
            let bare = per_call(50_000, |n| {
                assert_eq!(held.query_row([key(n)], length), Ok(1000));
            });
            [ours, cached, bare]
        })
        .collect();
    rounds.sort_by(|a, b| (a[0] / a[1]).total_cmp(&(b[0] / b[1])));
    let [ours, cached, _] = rounds[7];
    println!(
        "point SELECT: {ours:.0} ns; a plain :memory: connection with cached statements {cached:.0} ns: {:.0} % of \
         its rate",
        100.0 * cached / ours
    );
    rounds.sort_by(|a, b| (a[0] / a[2]).total_cmp(&(b[0] / b[2])));
    let [ours, _, bare] = rounds[7];
    println!(
        "  with one statement held all the time {bare:.0} ns: {:.0} %",
        100.0 * bare / ours
    );
}

struct Length(usize);

impl Sink for Length {
    fn row(&mut self, row: &Row<'_>) -> bool {
        if let ValueRef::Blob(bytes) = row.get(0) {
            self.0 = bytes.len();
        }
        true
    }
}

/// Nanoseconds of one call.
fn per_call(rounds: u32, mut call: impl FnMut(u32)) -> f64 {
    let watch = Stopwatch::start();
    for n in 0..rounds {
        call(n);
    }
    watch.elapsed().as_secs_f64() * 1e9 / f64::from(rounds)
}

/// Reads of 16 sessions on as many threads, with and without a writer beside them.
fn readers() {
    const READS: u32 = 20_000;
    let databases = databases();
    let database = databases.default_database();
    let mut session = database.session();
    session
        .run(
            "create table t(id integer primary key, x)",
            &Args::NONE,
            &run(),
        )
        .expect("schema");
    session.run(FILL, &[10_000].into(), &run()).expect("rows");
    let read_all = |with_writer: bool| {
        let done = std::sync::atomic::AtomicBool::new(false);
        let watch = Stopwatch::start();
        std::thread::scope(|scope| {
            let readers: Vec<_> = (0..16)
                .map(|_| {
                    scope.spawn(|| {
                        let (mut session, run) = (database.session(), run());
                        for n in 0..READS {
                            let args = [i64::from(n % 10_000) + 1].into();
                            let outcome = session.run("select x from t where id = ?", &args, &run);
                            assert_eq!(outcome.expect("never refused").rows, 1);
                        }
                    })
                })
                .collect();
            if with_writer {
                let (done, database) = (&done, &database);
                scope.spawn(move || {
                    let (mut session, run) = (database.session(), run());
                    let mut writes = 0;
                    while !done.load(std::sync::atomic::Ordering::Relaxed) {
                        let args = [i64::from(writes % 10_000) + 1].into();
                        session
                            .run(
                                "update t set x = randomblob(1000) where id = ?",
                                &args,
                                &run,
                            )
                            .expect("never refused");
                        writes += 1;
                    }
                    println!("  beside {writes} writes");
                });
            }
            for reader in readers {
                reader.join().expect("reader");
            }
            done.store(true, std::sync::atomic::Ordering::Relaxed);
            watch.elapsed()
        })
    };
    let alone = read_all(false);
    let beside = read_all(true);
    println!(
        "16 readers, {} reads: {alone:?} alone, {beside:?} beside a writer",
        16 * READS
    );
}

/// A point SELECT through the service's door: what the wire adds to the statement, without a socket.
fn rest() {
    use efsm_core::{Body, Context, Request, Service as _};
    let service = efsm_database::DatabaseService::new(Context::default());
    service
        .seed("create table t(id integer primary key, x); insert into t values (1, 'one')")
        .expect("rows");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("runtime");
    let body = r#"{"sql": "select x from t where id = ?", "params": [1]}"#;
    let each = runtime.block_on(async {
        let mut times = Vec::new();
        for _ in 0..5 {
            let watch = Stopwatch::start();
            for _ in 0..20_000 {
                let request = http::Request::post("/execute").body(Body::from(body));
                let response = service.http(Request::new(request.expect("request"))).await;
                assert!(response.status().is_success());
            }
            times.push(watch.elapsed() / 20_000);
        }
        times.sort();
        times[2]
    });
    println!("point SELECT over REST, without the socket: {each:?} a call");
}

fn insert() {
    let sql = "insert into t(x) values (?)";
    let plain = rusqlite::Connection::open_in_memory().expect("memory");
    plain
        .execute_batch("create table t(id integer primary key, x)")
        .expect("schema");
    let mut statement = plain.prepare(sql).expect("statement");
    let bare = time(50_000, |n| {
        statement.execute([n]).expect("insert");
    });
    let databases = databases();
    let mut session = databases.default_database().session();
    let run = run();
    session
        .run(
            "create table t(id integer primary key, x)",
            &Args::NONE,
            &run,
        )
        .expect("schema");
    let ours = time(50_000, |n| {
        session
            .run(sql, &[i64::from(n)].into(), &run)
            .expect("insert");
    });
    report(
        "INSERT with autocommit, session vs. plain :memory:",
        ours,
        bare,
    );
}

fn report(what: &str, ours: Duration, bare: Duration) {
    println!(
        "{what}: {ours:?} / {bare:?}, rate {:.0} %",
        100.0 * bare.as_secs_f64() / ours.as_secs_f64()
    );
}

fn fork_of_much() {
    let databases = databases();
    let mut session = databases.default_database().session();
    session
        .run(
            "create table t(id integer primary key, x)",
            &Args::NONE,
            &run(),
        )
        .expect("schema");
    session.run(FILL, &[95_000].into(), &run()).expect("rows");
    let size = databases.size_bytes();
    let gauge = MemoryGauge::new(u64::MAX);
    let snapshot = time(1000, |_| drop(databases.snapshot()));
    let fork = time(1000, |_| drop(databases.fork(&gauge)));
    println!(
        "snapshot of {} MB: {snapshot:?}; fork: {fork:?}",
        size / 1_000_000
    );
    let mut forks: Vec<Databases> = (0..500).map(|_| databases.fork(&gauge)).collect();
    let first = time(100, |_| {
        let fork = forks.pop().expect("enough forks");
        let mut session = fork.default_database().session();
        let rows = session.query("select count(*) from t where id = 7", &Args::NONE, &run());
        assert_eq!(rows.expect("rows").rows.len(), 1);
    });
    println!("first SELECT in a fork: {first:?}");
    let before = databases.default_database().version();
    session
        .run(
            "update t set x = 'changed' where id in (1, 50000)",
            &Args::NONE,
            &run(),
        )
        .expect("update");
    let diff = time(5, |_| {
        let diff = databases
            .default_database()
            .diff(&before, 100, &run())
            .expect("diff");
        assert_eq!(diff.tables[0].changed_count, 2);
    });
    println!("diff of two rows in {} MB: {diff:?}", size / 1_000_000);
}

fn many_forks() {
    let databases = databases();
    let mut session = databases.default_database().session();
    session
        .run(
            "create table t(id integer primary key, x)",
            &Args::NONE,
            &run(),
        )
        .expect("schema");
    session.run(FILL, &[95_000].into(), &run()).expect("rows");
    let gauge = MemoryGauge::new(u64::MAX);
    let before = resident_kib();
    let forks: Vec<_> = (0..1000)
        .map(|n| {
            let fork = databases.fork(&gauge);
            let mut session = fork.default_database().session();
            session
                .run("update t set x = ? where id = 50000", &[n].into(), &run())
                .expect("update");
            (fork, session)
        })
        .collect();
    println!(
        "{} forks, each written once, session open: {} KiB each",
        forks.len(),
        (resident_kib() - before) / 1000
    );
}

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok())
        .unwrap_or(0)
}
