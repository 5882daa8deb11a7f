//! WireMock itself beside efsm: the same stubs, the same requests, both journals on.

use std::path::{Path, PathBuf};

use super::http::{STUBS, stubs};
use super::load::Plan;
use super::server::{Kind, Server};
use super::table::Row;
use super::{Effort, Measured, Setup};
use crate::root;
use crate::run::Run;

/// The npm package ships the standalone jar.
const PACKAGE: &str = "wiremock@3.13.2";
const JAR: &str = "node_modules/wiremock/build/wiremock-standalone-3.13.2.jar";

const CONNECTIONS: u32 = 64;

pub(super) fn measure(setup: &Setup) -> Result<Measured, String> {
    let jar = match jar(&setup.tools) {
        Ok(jar) => jar,
        Err(lack) => {
            let mut measured = Measured::default();
            measured.left_out.push(format!("bench wiremock: {lack}"));
            return Ok(measured);
        }
    };
    let wiremock = Kind::WireMock { jar };
    let other = Server::pinned(&wiremock, &setup.release)?;
    let own = Server::pinned(&Kind::Efsm, &setup.release)?;
    // The longer the Java machine runs, the faster it gets; it is the slower side by far, so that few rounds tell.
    let effort = Effort {
        rounds: setup.effort.rounds.min(3),
        ..setup.effort
    };
    let warm_up = Effort {
        rounds: 1,
        seconds: effort.seconds * 4,
        ..effort
    };
    let mut rows = Vec::new();
    for (count, least, what, budget) in [
        (1, 10.0, "one stub, both journals on", "at least 10x"),
        (
            STUBS,
            200.0,
            "a random one of 10,000 stubs",
            "at least 200x",
        ),
    ] {
        for server in [&own, &other] {
            server.import(&stubs(count))?;
        }
        let plan = || Plan::any_stub(count, CONNECTIONS);
        setup.load.rounds(warm_up, &[(&other, plan())])?;
        let rates = setup
            .load
            .rounds(effort, &[(&own, plan()), (&other, plan())])?;
        let beside = ("WireMock 3.13.2", &rates[1][..]);
        rows.push(Row::of_rates(what, &rates[0], beside, least, budget));
    }
    Ok(rows.into())
}

/// Where the jar is, or what is missing.
fn jar(tools: &Path) -> Result<PathBuf, String> {
    let root = root();
    let java = Run::new("java", "java", &root).args(["-version"]);
    if !java.succeeds() {
        return Err("there is no Java here, so WireMock was not run".to_owned());
    }
    let folder = tools.join("wiremock");
    let jar = folder.join(JAR);
    if jar.exists() {
        return Ok(jar);
    }
    std::fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let installed = Run::new("WireMock, to compare with", "npm", &root)
        .args([
            "install",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            PACKAGE,
        ])
        .args(["--prefix", &folder.to_string_lossy()])
        .check();
    if installed.failed > 0 || !jar.exists() {
        return Err(format!(
            "npm could not install {PACKAGE}, so it was not run"
        ));
    }
    Ok(jar)
}
