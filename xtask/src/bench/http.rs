//! Static stubs: one, and ten thousand.

use std::fmt::Write as _;
use std::path::Path;

use super::load::{Load, Plan, Rate};
use super::server::{Kind, Server};
use super::{Effort, Row, median};

const CONNECTIONS: u32 = 64;
const STUBS: usize = 10_000;

pub(super) fn measure(release: &Path, load: &Load, effort: Effort) -> Result<Vec<Row>, String> {
    let bare = Server::pinned(Kind::BareHyper, release)?;
    let one = Server::pinned(Kind::Efsm, release)?;
    import(&one, 1)?;
    let many = Server::pinned(Kind::Efsm, release)?;
    import(&many, STUBS)?;
    let plan = |path: &str| Plan::get(path, CONNECTIONS);
    let middle = format!("/stub/{}", STUBS / 2);
    let rates = load.rounds(
        effort,
        &[
            (&bare, plan("/")),
            (&one, plan("/stub/0")),
            (&many, plan(&middle)),
            // The one that a scan from the newest would reach last.
            (&many, plan("/stub/0")),
        ],
    )?;
    let rows = [
        ("static stub, 64 connections", 0.85, "at least 85 %"),
        ("static stub, 1 of 10,000", 0.75, "at least 75 %"),
        (
            "static stub, the first of 10,000 added",
            0.75,
            "at least 75 %",
        ),
    ];
    Ok(rows
        .into_iter()
        .zip(&rates[1..])
        .map(|((what, least, budget), efsm)| row(what, efsm, &rates[0], least, budget))
        .collect())
}

fn import(server: &Server, stubs: usize) -> Result<(), String> {
    let mut mappings = String::new();
    for n in 0..stubs {
        let comma = if n == 0 { "" } else { "," };
        let _ = write!(
            mappings,
            r#"{comma}{{"request":{{"method":"GET","url":"/stub/{n}"}},"response":{{"status":200,"jsonBody":{{"msg":"world"}},"headers":{{"Content-Type":"application/json"}}}}}}"#
        );
    }
    let body = format!(r#"{{"mappings":[{mappings}]}}"#);
    let answer = server.request("POST", "/__admin/mappings/import", &body)?;
    if answer.starts_with("HTTP/1.1 200") {
        Ok(())
    } else {
        Err(format!("the import was refused: {answer}"))
    }
}

/// The ratio of requests per second and that of requests per second of the server's own CPU time. The lower
/// counts: the first is flattered when the load generator is the slower side, the second when the server waits.
pub(super) fn row(
    what: &str,
    efsm: &[Rate],
    beside: &[Rate],
    least: f64,
    budget: &'static str,
) -> Row {
    let of = |rates: &[Rate], value: fn(&Rate) -> f64| median(rates.iter().map(value).collect());
    let wall = |rates: &[Rate]| of(rates, |rate| rate.per_second);
    let cpu = |rates: &[Rate]| of(rates, |rate| rate.per_cpu_second);
    let shown = |rates: &[Rate]| {
        let micros = 1e6 / cpu(rates);
        format!("{:.0}/s, {micros:.1} us CPU each", wall(rates))
    };
    let by_wall = wall(efsm) / wall(beside);
    let by_cpu = cpu(efsm) / cpu(beside);
    Row {
        what: what.to_owned(),
        efsm: shown(efsm),
        beside: shown(beside),
        ratio: format!("{:.0} %, by CPU {:.0} %", by_wall * 100.0, by_cpu * 100.0),
        budget,
        is_met: by_wall.min(by_cpu) >= least,
    }
}
