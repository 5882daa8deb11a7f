//! `efsm down`.

use std::process::ExitCode;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::json;

use crate::args::Down;
use crate::control::{self, Control};
use crate::failure::Failure;
use crate::registry::{Process, Record, Registry};

/// A stack finishes the requests under way within its drain limit, which is 5 s unless the configuration says more.
const POLITE: Duration = Duration::from_secs(15);
const INSISTENT: Duration = Duration::from_secs(5);
const STEP: Duration = Duration::from_millis(10);

pub(crate) fn run(down: &Down) -> Result<ExitCode, Failure> {
    let registry = Registry::of_user()?;
    if down.all {
        let records = control::running(&registry)?;
        for record in &records {
            end(&registry, record);
        }
        if records.is_empty() {
            println!("no stack is running");
        }
        return Ok(ExitCode::SUCCESS);
    }
    let found = match control::find(&registry, down.name.as_deref()) {
        // It can be ended before it has an address.
        Err(Failure::Starting { name }) => {
            let records = control::running(&registry)?;
            if let Some(record) = records.iter().find(|record| record.name == name) {
                end(&registry, record);
            }
            return Ok(ExitCode::SUCCESS);
        }
        found => found?,
    };
    match &found.fork {
        None => end(&registry, &found.record),
        Some(id) => {
            found.control.delete(&format!("stacks/{id}"))?;
            println!("{} is down", found.control.name);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Asks it to end, then tells it, then makes it.
fn end(registry: &Registry, record: &Record) {
    let process = &record.process;
    let asked =
        Control::of(record).is_some_and(|control| control.post("shutdown", &json!({})).is_ok());
    let how = if asked && ended_within(process, POLITE) {
        ""
    } else {
        process.signal(Signal::TERM);
        if ended_within(process, INSISTENT) {
            ""
        } else {
            process.signal(Signal::KILL);
            ended_within(process, INSISTENT);
            " (it had to be killed)"
        }
    };
    registry.forget(record);
    println!("{} is down{how}", record.name);
}

/// Polled: a process that is nobody's child cannot be waited for everywhere.
fn ended_within(process: &Process, patience: Duration) -> bool {
    let mut waited = Duration::ZERO;
    while process.is_alive() {
        if waited >= patience {
            return false;
        }
        std::thread::sleep(STEP);
        waited += STEP;
    }
    true
}
