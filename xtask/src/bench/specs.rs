//! Mocks from API descriptions, beside plain stubs and beside Prism.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use super::load::{Plan, pinned};
use super::server::{Server, output};
use super::{Effort, Measured, Row, Setup, median};
use crate::root;
use crate::run::Run;
use crate::specs;

/// Prism, as it was when the budgets were set.
const PRISM: &str = "@stoplight/prism-cli@5.15.11";

const CONNECTIONS: u32 = 64;

/// A description with one answer to read and one body to check.
const SMALL: &str = r#"{"openapi":"3.0.3","info":{"title":"bench","version":"1"},"paths":{
"/pets/{id}":{"get":{"parameters":[{"name":"id","in":"path","required":true,"schema":{"type":"integer"}}],
"responses":{"200":{"description":"a pet","content":{"application/json":{"example":{"id":7,"name":"Ada","kind":"cat"}}}}}}},
"/pets":{"post":{"requestBody":{"required":true,"content":{"application/json":{"schema":{"type":"object",
"required":["name","kind"],"properties":{"name":{"type":"string","maxLength":40},"kind":{"type":"string","enum":["cat","dog"]},
"born":{"type":"string","format":"date"},"tags":{"type":"array","items":{"type":"string"}}}}}}},
"responses":{"201":{"description":"a pet","content":{"application/json":{"example":{"id":8,"name":"Grace","kind":"dog"}}}}}}}}}"#;

const POSTED: &str = r#"{"name":"Grace","kind":"dog","born":"2020-02-29","tags":["a","b"]}"#;

pub(super) fn measure(setup: &Setup) -> Result<Measured, String> {
    let (release, effort) = (&setup.release, setup.effort);
    let root = root();
    let efsm = release.join("efsm");
    let folder = setup.tools.join("bench-specs");
    std::fs::create_dir_all(&folder).map_err(|error| format!("target/: {error}"))?;
    let small = folder.join("small.json");
    std::fs::write(&small, SMALL).map_err(|error| format!("target/: {error}"))?;
    let prism = prism(&folder);
    let prism_script = prism.as_deref().ok();
    let mut measured = Measured::from(rates(setup, prism_script, &small)?);
    match specs::install(&root) {
        Ok(documents) => {
            let github = documents.join("github.json");
            measured
                .rows
                .extend(starts(&efsm, prism_script, &github, effort)?);
            measured.rows.extend(loads(release, &documents)?);
        }
        Err(reason) => measured
            .left_out
            .push(format!("start with GitHub's description: {reason}")),
    }
    measured.left_out.extend(prism.err());
    Ok(measured)
}

/// Prism's script, installed once; without npm its rows are left out.
fn prism(folder: &Path) -> Result<PathBuf, String> {
    let script = folder.join("node_modules/@stoplight/prism-cli/dist/index.js");
    if script.exists() {
        return Ok(script);
    }
    println!("── {PRISM}");
    let installed = Run::new("npm", "npm", folder).args([
        "install",
        "--silent",
        "--no-audit",
        "--no-fund",
        "--prefix",
        ".",
        PRISM,
    ]);
    if installed.succeeds() && script.exists() {
        return Ok(script);
    }
    Err(format!(
        "the comparison with Prism: npm cannot install {PRISM}"
    ))
}

/// Starts a mock of a description and waits for an answer, of whatever status, to `path`.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
fn start(program: &Path, script: Option<&Path>, spec: &Path, path: &str) -> Result<Server, String> {
    let port = free_port()?;
    let mut command = pinned(0, program);
    command
        .args(script)
        .arg("mock")
        .arg(spec)
        .args(["-p", &port.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let began = Instant::now();
    let mut child = command
        .spawn()
        .map_err(|error| format!("{}: {error}", program.display()))?;
    let output = child.stdout.take();
    let mut mock = Server::adopt(child, port);
    let mut lines = BufReader::new(output.ok_or("no output")?);
    let mut line = String::new();
    while !line.contains("listening on") {
        line.clear();
        let read = lines
            .read_line(&mut line)
            .map_err(|error| error.to_string())?;
        if read == 0 {
            return Err(format!("{} ended before it listened", program.display()));
        }
    }
    // What it says of requests must not fill the pipe.
    std::thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
    mock.request("GET", path, "")?;
    mock.first_answer = began.elapsed();
    Ok(mock)
}

fn free_port() -> Result<u16, String> {
    std::net::TcpListener::bind(("127.0.0.1", 0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|error| error.to_string())
}

fn rates(setup: &Setup, prism: Option<&Path>, small: &Path) -> Result<Vec<Row>, String> {
    let mock = start(&setup.release.join("efsm"), None, small, "/pets/7")?;
    let stub = r#"{"request":{"method":"GET","urlPath":"/plain"},"response":{"status":200,"headers":{"content-type":"application/json"},"jsonBody":{"id":7,"name":"Ada","kind":"cat"}}}"#;
    let made = mock.request("POST", "/__admin/mappings", stub)?;
    if !made.starts_with("HTTP/1.1 201") {
        return Err(format!("no stub was made: {made}"));
    }
    let posted = small.with_file_name("posted.json");
    std::fs::write(&posted, POSTED).map_err(|error| format!("target/: {error}"))?;
    let post = || Plan::post("/pets", CONNECTIONS, &posted);
    let mut sides = vec![
        (&mock, Plan::get("/plain", CONNECTIONS)),
        (&mock, Plan::get("/pets/7", CONNECTIONS)),
        (&mock, post()),
    ];
    let other = prism
        .map(|script| start(Path::new("node"), Some(script), small, "/pets/7"))
        .transpose()?;
    sides.extend(other.as_ref().map(|other| (other, post())));
    let rates = setup.load.rounds(setup.effort, &sides)?;
    let mut rows = vec![Row::of_rates(
        "static answer of a mock",
        &rates[1],
        ("a plain stub", &rates[0]),
        0.6,
        "at least 60 %",
    )];
    if let Some(theirs) = rates.get(3) {
        rows.push(Row::of_rates(
            "validated POST of a mock",
            &rates[2],
            ("Prism", theirs),
            20.0,
            "at least 20x",
        ));
    }
    Ok(rows)
}

fn starts(
    efsm: &Path,
    prism: Option<&Path>,
    github: &Path,
    effort: Effort,
) -> Result<Vec<Row>, String> {
    let Some(script) = prism else {
        return Ok(Vec::new());
    };
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    // Prism takes its time: a few starts of each tell enough.
    for run in 0..=effort.starts.min(3) {
        let a = start(efsm, None, github, "/zen")?
            .first_answer
            .as_secs_f64();
        let b = start(Path::new("node"), Some(script), github, "/zen")?
            .first_answer
            .as_secs_f64();
        if run > 0 {
            ours.push(a);
            theirs.push(b);
        }
    }
    let (ours, theirs) = (median(ours), median(theirs));
    Ok(vec![Row {
        what: "start of a mock of GitHub's API, beside Prism".to_owned(),
        efsm: format!("{ours:.2} s"),
        beside: format!("{theirs:.2} s"),
        ratio: format!("{:.0}x faster", theirs / ours),
        budget: "at least 10x faster",
        is_met: Some(theirs >= 10.0 * ours),
    }])
}

/// Time and memory of loading each big description.
fn loads(release: &Path, documents: &Path) -> Result<Vec<Row>, String> {
    let mut rows = Vec::new();
    for name in [
        "github.json",
        "stripe.json",
        "kubernetes.json",
        "digitalocean.json",
        "openai.yaml",
    ] {
        let file = documents.join(name);
        let report = output(
            Command::new(release.join("examples/documents"))
                .arg("--load")
                .arg(file),
        )?;
        let value = |key: &str| -> Result<f64, String> {
            let rest = report
                .split(&format!("\"{key}\":"))
                .nth(1)
                .unwrap_or_default();
            let digits: String = rest
                .chars()
                .take_while(|c| c.is_ascii_digit() || *c == '.')
                .collect();
            digits.parse().map_err(|_| format!("no {key} in {report}"))
        };
        let (seconds, mib) = (value("seconds")?, value("peak_mib")?);
        rows.push(Row {
            what: format!("load of {name}, {:.0} operations", value("operations")?),
            efsm: format!("{seconds:.2} s, {mib:.0} MiB"),
            beside: "-".to_owned(),
            ratio: "-".to_owned(),
            budget: "under 2 s and 200 MiB",
            is_met: Some(seconds < 2.0 && mib < 200.0),
        });
    }
    Ok(rows)
}
