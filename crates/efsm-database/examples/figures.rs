//! The database's figures beside plain SQLite in memory, measured in one run: a line of JSON for each.
//!
//! `cargo run --release -p efsm-database --example figures [select] [insert] [readers] [fork] [forks] [rest]`. What they
//! are held against stands in `cargo xtask bench database`.

use std::sync::atomic::{AtomicBool, Ordering};

use efsm_core::{MemoryGauge, Stopwatch, Timestamp};
use efsm_database::engine::{Database, Row, Sink, ValueRef};
use efsm_database::{Args, Databases, Limits, Run, Session};
use serde_json::json;

/// Rounds of each figure; the middle one is told.
const ROUNDS: usize = 15;
const SCHEMA: &str = "create table t(id integer primary key, x)";
const FILL: &str = "with recursive n(i) as (select 1 union all select i + 1 from n where i < ?) \
                    insert into t select i, randomblob(1000) from n";
const SELECT: &str = "select x from t where id = ?";
/// Rows of about 100 MB.
const MANY: i64 = 95_000;
const FEW: i64 = 10_000;

fn main() {
    let sections: [(&str, fn()); 6] = [
        ("select", point_select),
        ("insert", insert),
        ("readers", readers),
        ("fork", fork_of_much),
        ("forks", many_forks),
        ("rest", rest),
    ];
    let chosen: Vec<String> = std::env::args().skip(1).collect();
    for (name, section) in sections {
        if chosen.is_empty() || chosen.iter().any(|other| other == name) {
            section();
        }
    }
}

/// One figure: nanoseconds (or what its name says) here, and of whatever it is held against.
fn tell(figure: &str, efsm: f64, beside: Option<f64>) {
    println!(
        "{}",
        json!({"figure": figure, "efsm": efsm, "beside": beside})
    );
}

fn run() -> Run {
    Run::new(Timestamp::UNIX_EPOCH, Stopwatch::start())
}

fn databases() -> Databases {
    let limits = Limits {
        result_rows: usize::MAX,
        ..Limits::default()
    };
    Databases::new(limits, &MemoryGauge::new(u64::MAX))
}

/// A database with rows, and a session with it.
fn filled(rows: i64) -> (Databases, Session) {
    let databases = databases();
    let mut session = databases.default_database().session();
    session.run(SCHEMA, &Args::NONE, &run()).expect("schema");
    session.run(FILL, &[rows].into(), &run()).expect("rows");
    (databases, session)
}

/// Nanoseconds of one call.
fn per_call(calls: u32, mut call: impl FnMut(u32)) -> f64 {
    let watch = Stopwatch::start();
    for n in 0..calls {
        call(n);
    }
    watch.elapsed().as_secs_f64() * 1e9 / f64::from(calls)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The rounds whose ratio is the middle one: both sides are of one moment.
fn middle(mut rounds: Vec<(f64, f64)>) -> (f64, f64) {
    rounds.sort_by(|a, b| (a.0 / a.1).total_cmp(&(b.0 / b.1)));
    rounds[rounds.len() / 2]
}

fn key(n: u32) -> i64 {
    i64::from(n) % FEW + 1
}

fn point_select() {
    const CALLS: u32 = 30_000;
    let plain = rusqlite::Connection::open_in_memory().expect("memory");
    plain.execute_batch(SCHEMA).expect("schema");
    plain.execute(FILL, [FEW]).expect("rows");
    let (_databases, mut session) = filled(FEW);
    let run = run();
    let length = |row: &rusqlite::Row<'_>| Ok(row.get_ref(0)?.as_blob()?.len());
    let mut held = plain.prepare(SELECT).expect("statement");
    let mut ours = |n| {
        let mut length = Length(0);
        let outcome = session.execute(SELECT, &[key(n)].into(), &run, &mut length);
        assert_eq!((outcome.expect("row").rows, length.0), (1, 1000));
    };
    let to_held = side_by_side(CALLS, &mut ours, |n| {
        assert_eq!(held.query_row([key(n)], length), Ok(1000));
    });
    tell("select", to_held.0, Some(to_held.1));
    let to_cached = side_by_side(CALLS, &mut ours, |n| {
        let mut statement = plain.prepare_cached(SELECT).expect("statement");
        assert_eq!(statement.query_row([key(n)], length), Ok(1000));
    });
    tell("select_cached", to_cached.0, Some(to_cached.1));
}

/// Nanoseconds of a call of each, in turns. Each side goes over all of its rows before its time is taken: what the other
/// left in the processor's caches is no property of either.
fn side_by_side(calls: u32, mut ours: impl FnMut(u32), mut theirs: impl FnMut(u32)) -> (f64, f64) {
    let rounds = (0..ROUNDS).map(|_| {
        per_call(FEW as u32, &mut ours);
        let our_time = per_call(calls, &mut ours);
        per_call(FEW as u32, &mut theirs);
        (our_time, per_call(calls, &mut theirs))
    });
    middle(rounds.collect())
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

fn insert() {
    const CALLS: u32 = 20_000;
    let sql = "insert into t(x) values (?)";
    let plain = rusqlite::Connection::open_in_memory().expect("memory");
    plain.execute_batch(SCHEMA).expect("schema");
    let mut statement = plain.prepare(sql).expect("statement");
    let (_databases, mut session) = filled(1);
    let run = run();
    let rounds = (0..ROUNDS)
        .map(|_| {
            let ours = per_call(CALLS, |n| {
                let args = [i64::from(n)].into();
                session.run(sql, &args, &run).expect("insert");
            });
            let bare = per_call(CALLS, |n| {
                statement.execute([n]).expect("insert");
            });
            (ours, bare)
        })
        .collect();
    let (ours, bare) = middle(rounds);
    tell("insert", ours, Some(bare));
}

/// The CPU time of a read of 16 sessions on as many threads, beside a writer that never rests and without one: what
/// the readers lose to the writer, and not what they lose to the cores being few.
fn readers() {
    // Many turns of each thread, so that a turn more or less counts for nothing.
    const READS: u32 = 50_000;
    let (databases, session) = filled(FEW);
    let database = databases.default_database();
    drop(session);
    let rounds = (0..ROUNDS)
        .map(|_| {
            let alone = read_all(&database, READS, false);
            (read_all(&database, READS, true), alone)
        })
        .collect();
    let (beside, alone) = middle(rounds);
    tell("readers_cpu", beside, Some(alone));
}

fn read_all(database: &Database, reads: u32, with_writer: bool) -> f64 {
    let is_done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..16)
            .map(|_| {
                scope.spawn(|| {
                    let (mut session, run) = (database.session(), run());
                    let began = thread_cpu_ns();
                    for n in 0..reads {
                        let outcome = session.run(SELECT, &[key(n)].into(), &run);
                        assert_eq!(outcome.expect("never refused").rows, 1);
                    }
                    thread_cpu_ns() - began
                })
            })
            .collect();
        if with_writer {
            scope.spawn(|| {
                let (mut session, run) = (database.session(), run());
                let mut writes = 0;
                while !is_done.load(Ordering::Relaxed) {
                    let update = "update t set x = randomblob(1000) where id = ?";
                    session
                        .run(update, &[key(writes)].into(), &run)
                        .expect("never refused");
                    writes += 1;
                }
            });
        }
        let times: Vec<f64> = readers
            .into_iter()
            .map(|reader| reader.join().expect("reader"))
            .collect();
        is_done.store(true, Ordering::Relaxed);
        times.iter().sum::<f64>() / f64::from(16 * reads)
    })
}

/// CPU time of this thread so far.
fn thread_cpu_ns() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}

fn fork_of_much() {
    let (databases, mut session) = filled(MANY);
    tell("database_bytes", databases.size_bytes() as f64, None);
    let gauge = MemoryGauge::new(u64::MAX);
    let rounds = |calls: u32, call: &mut dyn FnMut(u32)| {
        median((0..ROUNDS).map(|_| per_call(calls, &mut *call)).collect())
    };
    tell(
        "snapshot",
        rounds(1000, &mut |_| drop(databases.snapshot())),
        None,
    );
    tell(
        "fork",
        rounds(1000, &mut |_| drop(databases.fork(&gauge))),
        None,
    );
    let mut forks: Vec<Databases> = (0..ROUNDS * 20).map(|_| databases.fork(&gauge)).collect();
    let first = rounds(20, &mut |_| {
        let fork = forks.pop().expect("enough forks");
        let mut session = fork.default_database().session();
        let rows = session.query("select count(*) from t where id = 7", &Args::NONE, &run());
        assert_eq!(rows.expect("rows").rows.len(), 1);
    });
    tell("first_select", first, None);
    let before = databases.default_database().version();
    let update = "update t set x = 'changed' where id in (1, 50000)";
    session.run(update, &Args::NONE, &run()).expect("update");
    let diff = rounds(3, &mut |_| {
        let database = databases.default_database();
        let diff = database.diff(&before, 100, &run()).expect("diff");
        assert_eq!(diff.tables[0].changed_count, 2);
    });
    tell("diff_of_two_rows", diff, None);
}

fn many_forks() {
    const FORKS: usize = 1000;
    let (databases, _session) = filled(MANY);
    let gauge = MemoryGauge::new(u64::MAX);
    let before = resident_kib();
    let forks: Vec<_> = (0..FORKS as i64)
        .map(|n| {
            let fork = databases.fork(&gauge);
            let mut session = fork.default_database().session();
            let update = "update t set x = ? where id = 50000";
            session.run(update, &[n].into(), &run()).expect("update");
            (fork, session)
        })
        .collect();
    tell(
        "fork_kib",
        (resident_kib() - before) / forks.len() as f64,
        None,
    );
}

fn resident_kib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok())
        .unwrap_or(f64::NAN)
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
    let hrana = r#"{"requests": [{"type": "execute", "stmt": {"sql": "select x from t where id = ?",
        "args": [{"type": "integer", "value": "1"}]}}, {"type": "close"}]}"#;
    let rest = r#"{"sql": "select x from t where id = ?", "params": [1]}"#;
    for (figure, path, body) in [
        ("rest_door", "/execute", rest),
        ("hrana_door", "/v2/pipeline", hrana),
    ] {
        let call = |_| {
            runtime.block_on(async {
                let request = http::Request::post(path).body(Body::from(body));
                let response = service.http(Request::new(request.expect("request"))).await;
                assert!(response.status().is_success());
            });
        };
        let times = (0..ROUNDS).map(|_| per_call(5_000, call)).collect();
        tell(figure, median(times), None);
    }
}
