//! `efsm status`.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::process::ExitCode;

use serde_json::{Value, json};

use crate::args::Status;
use crate::control::{self, Control};
use crate::failure::{Failure, NO_STACK};
use crate::registry::{Record, Registry};

pub(crate) fn run(status: &Status) -> Result<ExitCode, Failure> {
    let registry = Registry::of_user()?;
    let stacks: Vec<Value> = match &status.name {
        Some(name) => {
            let found = control::find(&registry, Some(name))?;
            vec![describe(
                &found.record,
                Some(&found.control),
                found.fork.as_deref(),
            )]
        }
        None => control::running(&registry)?
            .iter()
            .map(|record| describe(record, Control::of(record).as_ref(), None))
            .collect(),
    };
    // Asked by name, it answers a health check.
    let is_up = status.name.is_none() || stacks[0]["state"] == "up";
    let mut out = io::stdout().lock();
    if status.json {
        writeln!(out, "{:#}", Value::Array(stacks))?;
    } else if stacks.is_empty() {
        writeln!(out, "no stack is running; start one: efsm up --detach")?;
    } else {
        out.write_all(table(&stacks).as_bytes())?;
    }
    Ok(if is_up {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(NO_STACK)
    })
}

/// One stack, as the JSON says it. A process that does not answer is told with the reason.
fn describe(record: &Record, control: Option<&Control>, fork: Option<&str>) -> Value {
    let told = control.map(|control| {
        control
            .get("status")
            .and_then(|status| Ok((status, control.get("stacks")?)))
    });
    let name = control.map_or(record.name.as_str(), |control| control.name.as_str());
    let mut stack = json!({
        "name": name,
        "pid": record.process.pid,
        "url": control.map(|control| control.url.as_str()),
        "detached": record.detached,
        "config": record.config,
        "folder": record.folder,
    });
    match told {
        None => stack["state"] = "starting".into(),
        Some(Err(failure)) => {
            stack["state"] = "unreachable".into();
            stack["problem"] = failure.to_string().into();
        }
        Some(Ok((status, stacks))) => {
            stack["state"] = "up".into();
            for (key, from) in [
                ("version", "version"),
                ("age_ms", "uptime_ms"),
                ("memory_bytes", "memory_bytes"),
                ("clock", "clock"),
                ("services", "services"),
                ("stacks", "stacks"),
            ] {
                stack[key] = status[from].clone();
            }
            if let Some(id) = fork {
                stack["fork"] = id.into();
            } else {
                stack["forks"] = forks(&stacks).into();
            }
        }
    }
    stack
}

fn forks(stacks: &Value) -> Vec<Value> {
    let all = stacks["stacks"].as_array();
    all.into_iter()
        .flatten()
        .filter(|stack| !stack["parent"].is_null())
        .cloned()
        .collect()
}

const HEADINGS: [&str; 7] = ["NAME", "URL", "PID", "AGE", "FORKS", "MEMORY", "SERVICES"];

fn table(stacks: &[Value]) -> String {
    let mut rows = vec![HEADINGS.map(str::to_owned)];
    for stack in stacks {
        rows.push(row(stack));
        for fork in stack["forks"].as_array().into_iter().flatten() {
            rows.push(fork_row(fork));
        }
    }
    let widths: Vec<usize> = (0..HEADINGS.len())
        .map(|column| rows.iter().map(|row| row[column].len()).max().unwrap_or(0))
        .collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            // Writing to a string cannot fail.
            let _ = write!(line, "{cell:<width$}  ");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn row(stack: &Value) -> [String; 7] {
    let text = |key: &str| stack[key].as_str().unwrap_or("").to_owned();
    let services = match stack["services"].as_object() {
        Some(services) => services.keys().cloned().collect::<Vec<_>>().join(" "),
        None => text("state"),
    };
    [
        text("name"),
        text("url"),
        stack["pid"].to_string(),
        stack["age_ms"].as_u64().map_or_else(String::new, age),
        stack["forks"]
            .as_array()
            .map_or_else(String::new, |forks| forks.len().to_string()),
        stack["memory_bytes"]
            .as_u64()
            .map_or_else(String::new, size),
        services,
    ]
}

fn fork_row(fork: &Value) -> [String; 7] {
    let name = fork["name"].as_str().or(fork["id"].as_str()).unwrap_or("");
    let mut row: [String; 7] = Default::default();
    row[0] = format!("  {name}");
    fork["url"].as_str().unwrap_or("").clone_into(&mut row[1]);
    row[3] = fork["uptime_ms"].as_u64().map_or_else(String::new, age);
    row
}

fn age(milliseconds: u64) -> String {
    let seconds = milliseconds / 1000;
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..86400 => format!("{}h{}m", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{}d{}h", seconds / 86400, seconds % 86400 / 3600),
    }
}

fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64;
    let mut unit = "";
    for next in UNITS {
        if value < 1024.0 {
            break;
        }
        value /= 1024.0;
        unit = next;
    }
    format!("{value:.1} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Map;

    #[test]
    fn table_reads_well() {
        let services: Map<String, Value> = ["http", "database", "queue"]
            .map(|name| (name.to_owned(), json!({})))
            .into_iter()
            .collect();
        let stacks = [
            json!({
                "name": "default", "url": "http://127.0.0.1:8888", "pid": 4711, "age_ms": 65_000,
                "forks": [{"id": "stack-2", "name": "test-7", "url": "http://127.0.0.1:40001", "uptime_ms": 1200}],
                "memory_bytes": 5_452_595, "services": services, "state": "up",
            }),
            json!({ "name": "shop", "url": null, "pid": 4712, "state": "starting" }),
        ];
        insta::assert_snapshot!(table(&stacks), @r"
        NAME      URL                     PID   AGE  FORKS  MEMORY   SERVICES
        default   http://127.0.0.1:8888   4711  1m   1      5.2 MiB  http database queue
          test-7  http://127.0.0.1:40001        1s
        shop                              4712                       starting
        ");
    }

    #[test]
    fn ages_and_sizes_are_short() {
        assert_eq!(
            [age(999), age(3_700_000), age(90_000_000)],
            ["0s", "1h1m", "1d1h"]
        );
        assert_eq!(
            [size(0), size(2048), size(3 << 30)],
            ["0 B", "2.0 KiB", "3.0 GiB"]
        );
    }
}
