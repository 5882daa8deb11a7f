//! `efsm env | snapshot | restore | fork | reset`: one call of a stack's control API each.

use std::io::{self, Write as _};
use std::process::ExitCode;

use serde_json::{Value, json};

use crate::args::{Env, Fork, Reset, Restore, Snapshot};
use crate::control::{self, Control, encoded};
use crate::failure::Failure;
use crate::registry::Registry;

fn control(name: Option<&str>) -> Result<Control, Failure> {
    Ok(control::find(&Registry::of_user()?, name)?.control)
}

fn say(text: &str) -> Result<ExitCode, Failure> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}")?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn env(env: &Env) -> Result<ExitCode, Failure> {
    let control = control(env.name.as_deref())?;
    let text = control.text(&format!("env?format={}", env.format.as_str()))?;
    say(text.trim_end())
}

pub(crate) fn snapshot(snapshot: &Snapshot) -> Result<ExitCode, Failure> {
    let control = control(snapshot.stack.as_deref())?;
    if snapshot.list {
        let answer = control.get("snapshots")?;
        if snapshot.json {
            return say(&format!("{:#}", answer["snapshots"]));
        }
        let lines: Vec<String> = answer["snapshots"]
            .as_array()
            .into_iter()
            .flatten()
            .map(snapshot_line)
            .collect();
        return if lines.is_empty() {
            say("no snapshots; take one: efsm snapshot NAME")
        } else {
            say(&lines.join("\n"))
        };
    }
    if let Some(id) = &snapshot.delete {
        let answer = control.delete(&format!("snapshots/{}", encoded(id)))?;
        return if snapshot.json {
            say(&answer.to_string())
        } else {
            say(&format!("{id} is forgotten"))
        };
    }
    let body = match &snapshot.name {
        Some(name) => json!({ "name": name }),
        None => json!({}),
    };
    let taken = control.post("snapshots", &body)?;
    if snapshot.json {
        say(&taken.to_string())
    } else {
        say(&snapshot_line(&taken))
    }
}

fn snapshot_line(snapshot: &Value) -> String {
    let text = |key: &str| snapshot[key].as_str().unwrap_or("-");
    format!("{}  {}  {}", text("id"), text("name"), text("created"))
}

pub(crate) fn restore(restore: &Restore) -> Result<ExitCode, Failure> {
    let control = control(restore.stack.as_deref())?;
    let path = format!("snapshots/{}/restore", encoded(&restore.snapshot));
    control
        .post(&path, &json!({}))
        .map_err(|failure| match failure {
            Failure::Refused { name, what, .. } => Failure::Refused {
                hint: Some(format!("efsm snapshot --list --stack {name}")),
                name,
                what,
            },
            failure => failure,
        })?;
    say(&format!(
        "{} is as it was at {}",
        control.name, restore.snapshot
    ))
}

pub(crate) fn fork(fork: Fork) -> Result<ExitCode, Failure> {
    let control = control(fork.stack.as_deref())?;
    let mut body = json!({});
    if let Some(snapshot) = fork.snapshot {
        body["snapshot"] = snapshot.into();
    }
    if let Some(name) = fork.name {
        body["name"] = name.into_string().into();
    }
    if let Some(port) = fork.port {
        body["port"] = port.into();
    }
    let answer = control.post("fork", &body)?;
    if fork.json {
        return say(&answer.to_string());
    }
    let text = |key: &str| answer[key].as_str();
    say(&format!(
        "{} is up at {}",
        text("name").or(text("id")).unwrap_or("the fork"),
        text("url").unwrap_or("an address that it did not tell")
    ))
}

pub(crate) fn reset(reset: &Reset) -> Result<ExitCode, Failure> {
    let control = control(reset.name.as_deref())?;
    let mut body = json!({ "depth": if reset.all { "all" } else { "data" } });
    if !reset.services.is_empty() {
        body["services"] = reset
            .services
            .iter()
            .map(|service| Value::from(efsm::ServiceName::from(*service).as_str()))
            .collect();
    }
    let answer = control.post("reset", &body)?;
    let names: Vec<&str> = answer["reset"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    say(&format!("{} is empty: {}", control.name, names.join(", ")))
}
