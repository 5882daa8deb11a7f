//! Snapshot, restore and fork across all services: one consistent cut.

use std::sync::atomic::{AtomicBool, Ordering};

use efsm::{EphemeralMockServer, ResetDepth, SignedDuration, Snapshot};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{get, send, start};

/// Writes one thing, named `name`, into every service.
fn write_everywhere(server: &EphemeralMockServer, name: &str) {
    server
        .add_endpoint("GET", &format!("/{name}"), json!(name))
        .unwrap();
    let url = server.url();
    let sql = |sql: &str, params: Value| {
        let body = json!({ "sql": sql, "params": params });
        let answer = send("POST", &format!("{url}/db/execute"), &body);
        assert_eq!(answer.status, 200, "{sql}: {}", answer.text);
    };
    sql(
        "CREATE TABLE IF NOT EXISTS names (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT)",
        json!([]),
    );
    sql("INSERT INTO names (name) VALUES (?)", json!([name]));
    server.auth().add_user(name, json!({"role": name})).unwrap();
    server.auth().issue_jwt(name, json!({})).unwrap();
    server.queue().publish("names", &name).unwrap();
    server
        .storage()
        .put_object(
            "names",
            name,
            name.to_owned(),
            efsm_storage::PutOptions::default(),
        )
        .unwrap();
}

/// What every service shows of it, over the port.
fn seen(server: &EphemeralMockServer) -> Value {
    let url = server.url();
    let mut rows = send(
        "POST",
        &format!("{url}/db/execute"),
        &json!({"sql": "SELECT name FROM sqlite_schema WHERE name = 'names'"}),
    )
    .json()["rows"]
        .clone();
    if rows != json!([]) {
        let select = json!({"sql": "SELECT id, name FROM names ORDER BY id"});
        rows = send("POST", &format!("{url}/db/execute"), &select).json()["rows"].clone();
    }
    let stubs: Vec<Value> = server
        .http()
        .stubs()
        .iter()
        .map(|s| s["request"].clone())
        .collect();
    let users: Vec<String> = server
        .auth()
        .users()
        .iter()
        .map(|u| u.name.clone())
        .collect();
    json!({
        "stubs": stubs,
        "rows": rows,
        "users": users,
        "issued": server.auth().issued_tokens().len(),
        "messages": get(&format!("{url}/queue/consume/names?limit=1000")).json()["messages"],
        "objects": get(&format!("{url}/storage/names")).json()["objects"],
        "faults": server.faults().list(),
    })
}

#[test]
fn fork_and_parent_never_see_each_other() {
    let parent = start();
    write_everywhere(&parent, "before");
    let child = parent.fork().unwrap();
    assert_eq!(seen(&child), seen(&parent));
    write_everywhere(&parent, "parent");
    write_everywhere(&child, "child");
    let (parent, child) = (seen(&parent), seen(&child));
    for (of, other) in [(&parent, "child"), (&child, "parent")] {
        assert!(!of.to_string().contains(&format!("\"{other}\"")), "{of}");
    }
    assert_eq!(parent["rows"][1], json!({"id": 2, "name": "parent"}));
    assert_eq!(child["rows"][1], json!({"id": 2, "name": "child"}));
}

#[test]
fn restore_undoes_everything_and_counters_too() {
    let server = start();
    write_everywhere(&server, "kept");
    server.clock().freeze();
    let before = (seen(&server), server.clock().now());
    let snapshot = server.snapshot();
    let seq = server.journal().last_seq();

    let id = |server: &EphemeralMockServer| {
        server
            .add_endpoint("GET", "/id", json!(1))
            .unwrap()
            .to_json()["id"]
            .clone()
    };
    write_everywhere(&server, "gone");
    let first_id = id(&server);
    server
        .clock()
        .advance(SignedDuration::from_hours(5))
        .unwrap();
    server
        .faults()
        .set(serde_json::from_value(json!([{"effect": {"status": 500}}])).unwrap())
        .unwrap();
    server.restore(&snapshot).unwrap();
    assert_eq!(server.journal().last_seq(), seq);
    assert_eq!((seen(&server), server.clock().now()), before);

    // What followed the snapshot follows it again: ids, sequences, row ids.
    server.restore(&snapshot).unwrap();
    write_everywhere(&server, "gone");
    assert_eq!(id(&server), first_id);
    assert_eq!(seen(&server)["rows"][1]["id"], 2);
    server.reset(ResetDepth::All);
    assert_eq!(seen(&server)["rows"], json!([]));
    server.restore(&snapshot).unwrap();
    assert_eq!(seen(&server), before.0);
}

#[test]
fn reset_of_data_keeps_what_prepared_the_stack() {
    let server = start();
    write_everywhere(&server, "x");
    let reset = send("POST", &format!("{}/_efsm/reset", server.url()), &json!({}));
    assert_eq!(reset.status, 200, "{}", reset.text);
    let seen = seen(&server);
    assert_eq!(seen["stubs"].as_array().unwrap().len(), 1);
    assert_eq!(seen["users"], json!(["x"]));
    for emptied in ["rows", "messages", "objects"] {
        assert_eq!(seen[emptied], json!([]), "{emptied}");
    }
    assert_eq!(server.queue().topics(), ["names"]);
}

/// Writers put one thing into two services by one counter each; a cut may lag between the services of one
/// writer by the step under way, and never shows a later step without the earlier one.
#[test]
fn snapshot_under_traffic_never_shows_half_a_change() {
    let server = start();
    let stop = AtomicBool::new(false);
    let snapshots: Vec<Snapshot> = std::thread::scope(|scope| {
        for writer in 0..3 {
            let (server, stop) = (&server, &stop);
            scope.spawn(move || {
                let topic = format!("w{writer}");
                let mut n = 0u64;
                while !stop.load(Ordering::Relaxed) {
                    n += 1;
                    server.queue().publish(&topic, &n).unwrap();
                    server
                        .storage()
                        .put_object(
                            "b",
                            &topic,
                            n.to_string(),
                            efsm_storage::PutOptions::default(),
                        )
                        .unwrap();
                }
            });
        }
        let snapshots = (0..50).map(|_| server.snapshot()).collect();
        stop.store(true, Ordering::Relaxed);
        snapshots
    });
    let probe = start();
    for snapshot in &snapshots {
        probe.restore(snapshot).unwrap();
        for writer in 0..3 {
            let topic = format!("w{writer}");
            let published = probe.queue().message_count(&topic) as u64;
            let stored: u64 = probe.storage().get_object("b", &topic).map_or(0, |o| {
                String::from_utf8_lossy(&o.body().to_bytes())
                    .parse()
                    .unwrap()
            });
            assert!(
                stored == published || stored + 1 == published,
                "writer {writer}: {published} published, {stored} stored"
            );
        }
    }
}

#[derive(Clone, Debug)]
enum Step {
    Write(u8),
    Snapshot,
    Restore(usize),
    Fork,
    Reset,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0..4u8).prop_map(Step::Write),
        1 => Just(Step::Snapshot),
        1 => (0..4usize).prop_map(Step::Restore),
        1 => Just(Step::Fork),
        1 => Just(Step::Reset),
    ];
    proptest::collection::vec(step, 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Whatever happens in between, a restored stack shows what it showed when the snapshot was taken, and a
    /// fork goes on alone.
    #[test]
    fn snapshots_and_forks_hold_under_random_steps(steps in steps()) {
        let mut server = start();
        let mut parents = Vec::new();
        let mut kept: Vec<(Snapshot, Value)> = Vec::new();
        for step in steps {
            match step {
                Step::Write(n) => write_everywhere(&server, &format!("n{n}")),
                Step::Snapshot => {
                    // Looking is an event of its own: the snapshot comes after it.
                    let shown = seen(&server);
                    kept.push((server.snapshot(), shown));
                }
                Step::Restore(at) => {
                    if let Some((snapshot, shown)) = kept.get(at) {
                        server.restore(snapshot).unwrap();
                        prop_assert_eq!(&seen(&server), shown);
                    }
                }
                Step::Fork => {
                    let fork = server.fork().unwrap();
                    let parent = std::mem::replace(&mut server, fork);
                    let shown = seen(&parent);
                    prop_assert_eq!(&seen(&server), &shown);
                    parents.push((parent, shown));
                }
                Step::Reset => server.reset(ResetDepth::All),
            }
        }
        for (parent, shown) in &parents {
            prop_assert_eq!(&seen(parent), shown);
        }
    }
}
