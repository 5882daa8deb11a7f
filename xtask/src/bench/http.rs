//! Static stubs: one, and one of ten thousand.

use std::fmt::Write as _;
use std::path::Path;

use super::load::{self, Rate};
use super::server::{Kind, Server};
use super::{Row, median};

const ROUNDS: usize = 5;
const CONNECTIONS: u32 = 64;
const STUBS: usize = 10_000;

pub(super) fn measure(release: &Path) -> Result<Vec<Row>, String> {
    let bare = Server::start(Kind::BareHyper, release)?;
    let one = Server::start(Kind::Efsm, release)?;
    import(&one, 1)?;
    let many = Server::start(Kind::Efsm, release)?;
    import(&many, STUBS)?;
    let many_path = format!("/stub/{}", STUBS / 2);

    let (mut bare_rates, mut one_rates, mut many_rates) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        bare_rates.push(load::round(&bare, "/", CONNECTIONS, None)?);
        one_rates.push(load::round(&one, "/stub/0", CONNECTIONS, None)?);
        many_rates.push(load::round(&many, &many_path, CONNECTIONS, None)?);
    }
    Ok(vec![
        row(
            "static stub, 64 connections",
            &one_rates,
            &bare_rates,
            0.85,
            "at least 85 %",
        ),
        row(
            "static stub, 1 of 10,000",
            &many_rates,
            &bare_rates,
            0.75,
            "at least 75 %",
        ),
    ])
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

pub(super) fn row(
    what: &str,
    efsm: &[Rate],
    beside: &[Rate],
    least: f64,
    budget: &'static str,
) -> Row {
    let cpu = |rates: &[Rate]| median(rates.iter().map(|r| r.per_cpu_second).collect());
    let wall = |rates: &[Rate]| median(rates.iter().map(|r| r.per_second).collect());
    let shown = |rates: &[Rate]| format!("{:.0} per CPU-s ({:.0} per s)", cpu(rates), wall(rates));
    let ratio = cpu(efsm) / cpu(beside);
    Row {
        what: what.to_owned(),
        efsm: shown(efsm),
        beside: shown(beside),
        ratio: format!("{:.0} %", ratio * 100.0),
        budget,
        is_met: ratio >= least,
    }
}
