//! The database: in process beside a plain `:memory:` connection, over HTTP beside the bare server and beside what one
//! would write with FastAPI.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::load::Plan;
use super::server::{Kind, Server, output};
use super::table::Row;
use super::{Measured, Setup, venv};
use crate::root;

const CONNECTIONS: u32 = 64;
/// No budget; FastAPI is so much slower that a percentage says little.
const TIMES: f64 = 10.0;

const SEED: &str = r#"{"sql": "CREATE TABLE t(id INTEGER PRIMARY KEY, x)"}"#;
const FILL: &str = r#"{"sql": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) INSERT INTO t SELECT i, 'row ' || i FROM n"}"#;
const REST: &str = r#"{"sql": "SELECT x FROM t WHERE id = ?", "params": [500]}"#;
/// As `@libsql/client` sends a statement.
const HRANA: &str = r#"{"requests":[{"type":"execute","stmt":{"sql":"SELECT x FROM t WHERE id = ?","args":[{"type":"integer","value":"500"}],"named_args":[],"want_rows":true}},{"type":"close"}]}"#;

pub(super) fn measure(setup: &Setup) -> Result<Measured, String> {
    let mut measured = Measured::from(in_process(&setup.release)?);
    over_http(setup, &mut measured)?;
    Ok(measured)
}

/// What the figures' program tells: nanoseconds, or what the name says, and the other side's.
type Figures = BTreeMap<String, (f64, f64)>;

fn in_process(release: &Path) -> Result<Vec<Row>, String> {
    let said = output(&mut Command::new(release.join("examples/figures")))?;
    let figures: Figures = said
        .lines()
        .map(|line| {
            let line: Value = serde_json::from_str(line).map_err(|e| format!("{line}: {e}"))?;
            let name = line["figure"].as_str().unwrap_or_default().to_owned();
            let number = |value: &Value| value.as_f64().unwrap_or(f64::NAN);
            Ok((name, (number(&line["efsm"]), number(&line["beside"]))))
        })
        .collect::<Result<_, String>>()?;
    let of = |name: &str| {
        figures
            .get(name)
            .copied()
            .ok_or_else(|| format!("the figures lack {name}"))
    };
    let size_mb = of("database_bytes")?.0 / 1e6;
    let both = of("snapshot")?.0 + of("fork")?.0;
    let first = of("first_select")?.0;
    let kib = of("fork_kib")?.0;
    Ok(vec![
        Row::alone(
            &format!("snapshot and fork of a database of {size_mb:.0} MB"),
            both / 1e3,
            "us",
            10.0,
            "under 10 us",
        ),
        Row::alone(
            "first SELECT in that fork",
            first / 1e6,
            "ms",
            1.0,
            "under 1 ms",
        ),
        Row::alone(
            "each of 1,000 such forks, written once, its session open",
            kib,
            "KiB",
            300.0,
            "under 300 KiB",
        ),
        beside(
            "point SELECT in process",
            of("select")?,
            Some(0.8),
            "at least 80 %",
        ),
        beside(
            "point SELECT in process, beside statements from a cache",
            of("select_cached")?,
            None,
            "-",
        ),
        beside(
            "INSERT in process, each committed",
            of("insert")?,
            None,
            "-",
        ),
        Row {
            beside: format!("{:.0} ns without a writer", of("readers_cpu")?.1),
            ..beside(
                "CPU time of a point SELECT, 16 readers beside a writer",
                of("readers_cpu")?,
                Some(0.95),
                "at least 95 %",
            )
        },
    ])
}

/// A rate held against that of a plain connection.
fn beside(what: &str, (efsm, plain): (f64, f64), least: Option<f64>, budget: &'static str) -> Row {
    let ratio = plain / efsm;
    Row {
        what: what.to_owned(),
        efsm: format!("{efsm:.0} ns"),
        beside: format!("{plain:.0} ns, plain `:memory:`"),
        ratio: format!("{:.0} %", ratio * 100.0),
        budget,
        is_met: least.map(|least| ratio >= least),
    }
}

fn over_http(setup: &Setup, measured: &mut Measured) -> Result<(), String> {
    let scratch = setup.release.join("bench-database");
    std::fs::create_dir_all(&scratch).map_err(|e| format!("{}: {e}", scratch.display()))?;
    let file = |name: &str, text: &str| -> Result<PathBuf, String> {
        let path = scratch.join(name);
        std::fs::write(&path, text).map_err(|e| format!("{}: {e}", path.display()))?;
        Ok(path)
    };
    let (rest, hrana) = (file("rest.json", REST)?, file("hrana.json", HRANA)?);
    let bare = Server::pinned(&Kind::BareHyper, &setup.release)?;
    let efsm = Server::pinned(&Kind::Efsm, &setup.release)?;
    let fastapi = match venv::fastapi(&setup.tools) {
        Ok(python) => {
            let script = root().join("xtask/bench/fastapi_database.py");
            let kind = Kind::Python { python, script };
            Some(Server::pinned(&kind, &setup.release)?)
        }
        Err(lack) => {
            measured.left_out.push(format!("bench database: {lack}"));
            None
        }
    };
    for server in std::iter::once(&efsm).chain(&fastapi) {
        for body in [SEED, FILL] {
            let answer = server.request("POST", "/db/execute", body)?;
            if !answer.starts_with("HTTP/1.1 200") {
                return Err(format!("the database was not filled: {answer}"));
            }
        }
    }
    let mut sides = vec![
        (&bare, Plan::put("/", CONNECTIONS, &rest)),
        (&bare, Plan::put("/", CONNECTIONS, &hrana)),
        (&efsm, Plan::post("/db/execute", CONNECTIONS, &rest)),
        (&efsm, Plan::post("/v2/pipeline", CONNECTIONS, &hrana)),
    ];
    if let Some(fastapi) = &fastapi {
        sides.push((fastapi, Plan::post("/db/execute", CONNECTIONS, &rest)));
    }
    let rates = setup.load.rounds(setup.effort, &sides)?;
    let half = "at least 50 %";
    for (what, efsm, bare) in [
        ("point SELECT over REST", &rates[2], &rates[0]),
        ("point SELECT over Hrana", &rates[3], &rates[1]),
    ] {
        let beside = ("bare hyper", &bare[..]);
        measured
            .rows
            .push(Row::of_rates(what, efsm, beside, 0.5, half));
    }
    if let Some(fastapi) = rates.get(4) {
        let what = "point SELECT over REST, beside what one would write with FastAPI";
        measured.rows.push(Row {
            is_met: None,
            ..Row::of_rates(
                what,
                &rates[2],
                ("FastAPI and sqlite3", fastapi),
                TIMES,
                "-",
            )
        });
    }
    Ok(())
}
