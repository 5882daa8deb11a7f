//! Objects of 1 MiB, put and got.

use std::path::Path;

use super::Row;
use super::http::row;
use super::load;
use super::server::{Kind, Server};

const ROUNDS: usize = 5;
const CONNECTIONS: u32 = 8;

/// Each connection puts to a few keys of its own, so that the stored bytes stay bounded.
const PUT: &str = r#"
wrk.method = "PUT"
wrk.body = string.rep("x", 1048576)
wrk.headers["content-type"] = "application/octet-stream"
"#;

pub(super) fn measure(release: &Path) -> Result<Vec<Row>, String> {
    let script = std::env::temp_dir().join(format!("efsm-bench-put-{}.lua", std::process::id()));
    std::fs::write(&script, PUT).map_err(|e| format!("{}: {e}", script.display()))?;
    let measured = rounds(release, &script);
    // A temporary file of ours; that it is gone already is fine.
    let _ = std::fs::remove_file(&script);
    measured
}

fn rounds(release: &Path, script: &Path) -> Result<Vec<Row>, String> {
    let bare = Server::start(Kind::BareHyper, release)?;
    let efsm = Server::start(Kind::Efsm, release)?;
    let (mut bare_put, mut efsm_put) = (Vec::new(), Vec::new());
    let (mut bare_get, mut efsm_get) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        bare_put.push(load::round(&bare, "/k", CONNECTIONS, Some(script))?);
        efsm_put.push(load::round(
            &efsm,
            "/storage/b/k",
            CONNECTIONS,
            Some(script),
        )?);
        bare_get.push(load::round(&bare, "/1mib", CONNECTIONS, None)?);
        efsm_get.push(load::round(&efsm, "/storage/b/k", CONNECTIONS, None)?);
    }
    Ok(vec![
        row("PUT 1 MiB", &efsm_put, &bare_put, 0.70, "at least 70 %"),
        row("GET 1 MiB", &efsm_get, &bare_get, 0.70, "at least 70 %"),
    ])
}
