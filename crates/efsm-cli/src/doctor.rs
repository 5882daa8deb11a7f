//! `efsm doctor`: what this machine offers, and why not more.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::process::ExitCode;

use efsm_sandbox::{Container, Policy, Tier, TierReport};
use serde::Serialize;

use crate::args::Doctor;
use crate::failure::Failure;
use crate::registry::Registry;

#[derive(Debug, Serialize)]
struct Findings {
    version: &'static str,
    system: &'static str,
    sandboxes: Vec<TierReport>,
    port: Finding,
    loopback: Finding,
    runtime_folder: Finding,
    stacks: usize,
}

#[derive(Debug, Serialize)]
struct Finding {
    ok: bool,
    what: String,
}

pub(crate) fn run(doctor: &Doctor) -> Result<ExitCode, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let policy = Policy {
        container: Container {
            image: doctor.image.clone(),
            ..Container::default()
        },
        ..Policy::default()
    };
    let findings = Findings {
        version: env!("CARGO_PKG_VERSION"),
        system: std::env::consts::OS,
        sandboxes: runtime.block_on(efsm_sandbox::available(&policy)),
        port: preferred_port(),
        loopback: loopback(),
        runtime_folder: runtime_folder(),
        stacks: Registry::of_user()
            .and_then(|registry| registry.sweep())
            .map_or(0, |(stacks, _)| stacks.len()),
    };
    let mut out = io::stdout().lock();
    if doctor.json {
        writeln!(out, "{:#}", serde_json::json!(findings))?;
    } else {
        out.write_all(text(&findings).as_bytes())?;
    }
    Ok(ExitCode::SUCCESS)
}

fn preferred_port() -> Finding {
    let port = efsm::server::PREFERRED_PORT;
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        Ok(_) => Finding {
            ok: true,
            what: format!("{port} is free"),
        },
        Err(e) => Finding {
            ok: false,
            what: format!("{port} cannot be had ({e}): stacks take any free port, and say which"),
        },
    }
}

fn loopback() -> Finding {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, 0)) {
        Ok(_) => Finding {
            ok: true,
            what: "127.0.0.1 can be listened on".to_owned(),
        },
        Err(e) => Finding {
            ok: false,
            what: format!("127.0.0.1 cannot be listened on: {e}; is the loopback interface up?"),
        },
    }
}

fn runtime_folder() -> Finding {
    // Taking a name writes a file; dropping it takes it away.
    match Registry::of_user().and_then(|registry| Ok((registry.claim(None)?, registry))) {
        Ok((claim, registry)) => {
            drop(claim);
            Finding {
                ok: true,
                what: format!("{} can be used", registry.folder().display()),
            }
        }
        Err(e) => Finding {
            ok: false,
            what: format!("{e}; set XDG_RUNTIME_DIR to a folder that you alone can enter"),
        },
    }
}

fn text(findings: &Findings) -> String {
    let mut text = format!("efsm {} on {}\n", findings.version, findings.system);
    let mut line = |ok: bool, what: &str| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {:<4}{what}", if ok { "ok" } else { "no" });
    };
    line(
        true,
        "everything that `efsm up` needs is in this program: no Docker, no Python, Node or Java",
    );
    line(findings.loopback.ok, &findings.loopback.what);
    line(findings.port.ok, &format!("port {}", findings.port.what));
    line(
        findings.runtime_folder.ok,
        &format!("files of running stacks: {}", findings.runtime_folder.what),
    );
    line(true, &format!("{} stacks are running", findings.stacks));
    text.push_str("\nSandboxes for `efsm run`, the strongest first\n");
    for report in &findings.sandboxes {
        sandbox(&mut text, report);
    }
    text
}

fn sandbox(text: &mut String, report: &TierReport) {
    let what = match report.tier {
        Tier::Docker => "docker: a container, with --image",
        Tier::Namespaces => {
            "namespaces: no network but the stack, a disk that is read-only outside of the workspace"
        }
        Tier::Limits => "limits: time, memory, processes, output; not a security boundary",
    };
    let mark = if report.available { "ok" } else { "no" };
    // Writing to a string cannot fail.
    let _ = writeln!(text, "  {mark:<4}{what}");
    if let Some(why) = &report.why_not {
        let _ = writeln!(text, "      {why}");
    }
    if report.available && report.tier.is_boundary() {
        for lacking in &report.lacks {
            let measure = serde_json::json!(lacking.measure);
            let measure = measure.as_str().unwrap_or_default().replace('_', " ");
            let _ = writeln!(text, "      without {measure}: {}", lacking.why);
        }
    }
}
