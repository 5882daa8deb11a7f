//! A stack of efsm in a process of its own.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

/// Ends with the value.
pub struct Stack {
    process: Child,
    up: serde_json::Value,
}

impl Stack {
    /// Starts `efsm up --port 0 --json`, the binary that `EFSM_BIN` names.
    pub fn start() -> Self {
        let binary = std::env::var("EFSM_BIN").expect("set EFSM_BIN to the efsm binary");
        let mut process = Command::new(binary)
            .args(["up", "--port", "0", "--json"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("efsm starts");
        let stdout = process.stdout.take().expect("its output is piped");
        let mut line = String::new();
        BufReader::new(stdout)
            .read_line(&mut line)
            .expect("efsm says where it is");
        let up = serde_json::from_str(&line).expect("in JSON");
        Self { process, up }
    }

    /// Without a slash at the end.
    pub fn url(&self) -> &str {
        let url = self.up["url"].as_str().expect("a URL");
        url.trim_end_matches('/')
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        // A process that is gone already is what is wanted.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
