//! Objects of 1 MiB, put and got.

use std::path::Path;

use super::load::Plan;
use super::server::{Kind, Server};
use super::table::Row;
use super::{Measured, Setup};

const SIZE: usize = 1 << 20;
/// Enough to keep a server busy; more would fill socket buffers.
const CONNECTIONS: u32 = 8;

pub(super) fn measure(setup: &Setup) -> Result<Measured, String> {
    let body = std::env::temp_dir().join(format!("efsm-bench-{}", std::process::id()));
    std::fs::write(&body, vec![b'x'; SIZE]).map_err(|e| format!("{}: {e}", body.display()))?;
    let measured = rounds(setup, &body);
    // A temporary file of ours; that it is gone already is fine.
    let _ = std::fs::remove_file(&body);
    measured
}

fn rounds(setup: &Setup, body: &Path) -> Result<Measured, String> {
    let bare = Server::pinned(&Kind::BareHyper, &setup.release)?;
    let efsm = Server::pinned(&Kind::Efsm, &setup.release)?;
    let put = |path| Plan::put(path, CONNECTIONS, body);
    let rates = setup.load.rounds(
        setup.effort,
        &[
            (&bare, put("/k")),
            (&efsm, put("/storage/b/k")),
            (&bare, Plan::get("/1mib", CONNECTIONS)),
            (&efsm, Plan::get("/storage/b/k", CONNECTIONS)),
        ],
    )?;
    let budget = "at least 70 %";
    let row = |what, efsm: usize, bare: usize| {
        let beside = ("bare hyper", &rates[bare][..]);
        Row::of_rates(what, &rates[efsm], beside, 0.70, budget)
    };
    Ok(vec![row("PUT 1 MiB", 1, 0), row("GET 1 MiB", 3, 2)].into())
}
