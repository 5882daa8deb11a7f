//! Objects of 1 MiB, put and got.

use std::path::Path;

use super::http::row;
use super::load::{Load, Plan};
use super::server::{Kind, Server};
use super::{Effort, Row};

const SIZE: usize = 1 << 20;
/// Enough to keep a server busy; more would fill socket buffers.
const CONNECTIONS: u32 = 8;

pub(super) fn measure(release: &Path, load: &Load, effort: Effort) -> Result<Vec<Row>, String> {
    let body = std::env::temp_dir().join(format!("efsm-bench-{}", std::process::id()));
    std::fs::write(&body, vec![b'x'; SIZE]).map_err(|e| format!("{}: {e}", body.display()))?;
    let measured = rounds(release, load, effort, &body);
    // A temporary file of ours; that it is gone already is fine.
    let _ = std::fs::remove_file(&body);
    measured
}

fn rounds(release: &Path, load: &Load, effort: Effort, body: &Path) -> Result<Vec<Row>, String> {
    let bare = Server::pinned(Kind::BareHyper, release)?;
    let efsm = Server::pinned(Kind::Efsm, release)?;
    let put = |path| Plan::put(path, CONNECTIONS, body);
    let rates = load.rounds(
        effort,
        &[
            (&bare, put("/k")),
            (&efsm, put("/storage/b/k")),
            (&bare, Plan::get("/1mib", CONNECTIONS)),
            (&efsm, Plan::get("/storage/b/k", CONNECTIONS)),
        ],
    )?;
    let budget = "at least 70 %";
    Ok(vec![
        row("PUT 1 MiB", &rates[1], &rates[0], 0.70, budget),
        row("GET 1 MiB", &rates[3], &rates[2], 0.70, budget),
    ])
}
