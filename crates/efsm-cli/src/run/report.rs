//! What is said of a command that ended.

use std::path::Path;

use efsm_sandbox::{End, Measure};
use serde_json::{Value, json};

use super::Plan;
use super::command::Ran;
use super::isolation::Chosen;
use super::junit::Summed;
use super::summary::Unmatched;
use crate::args::RunOptions;
use crate::failure::Failure;

/// Says what its exit code alone does not.
pub(super) fn tell(ran: &Ran, how: &RunOptions) {
    let outcome = &ran.outcome;
    match outcome.end {
        End::TimedOut => {
            let limit = how
                .timeout
                .or(efsm_sandbox::JobLimits::default().timeout)
                .unwrap_or_default();
            eprintln!(
                "efsm: the command did not end within {} and was ended; --timeout gives it more",
                seconds(limit)
            );
        }
        End::Over(measure) => eprintln!(
            "efsm: the command was ended because it passed its limit of {}; {} gives it more",
            words(measure),
            option(measure)
        ),
        End::Signal(9) if ran.asked_to_end.is_none() => eprintln!(
            "efsm: the command was killed (SIGKILL); when it was the kernel for want of memory, --memory gives it more"
        ),
        _ => {}
    }
    for (stream, written) in [("output", outcome.stdout), ("errors", outcome.stderr)] {
        if written.is_cut() {
            eprintln!(
                "efsm: {} bytes of its {stream} were not shown; --output shows more",
                written.bytes - written.passed_on
            );
        }
    }
    if outcome.survivors_ended > 0 {
        eprintln!(
            "efsm: {} of its processes had outlived it and were ended",
            outcome.survivors_ended
        );
    }
    for left in &outcome.left_behind {
        eprintln!("efsm: this could not be removed: {left}");
    }
}

fn seconds(duration: std::time::Duration) -> String {
    match duration.as_secs() {
        0 => format!("{} ms", duration.as_millis()),
        seconds @ 1..120 => format!("{seconds} s"),
        seconds => format!("{} min", seconds / 60),
    }
}

fn words(measure: Measure) -> &'static str {
    match measure {
        Measure::Memory => "memory",
        Measure::ProcessCount => "processes",
        Measure::Cpus => "processors",
        Measure::FileSize => "file size",
        Measure::OutputSize => "output",
        _ => "its sandbox",
    }
}

fn option(measure: Measure) -> &'static str {
    match measure {
        Measure::Memory => "--memory",
        Measure::ProcessCount => "--processes",
        Measure::Cpus => "--cpus",
        Measure::FileSize => "--file-size",
        Measure::OutputSize => "--output",
        _ => "--sandbox",
    }
}

/// Everything that is known, for programs.
pub(super) fn write(
    path: &Path,
    plan: &Plan,
    chosen: &Chosen,
    ran: &Ran,
    junit: Option<&Summed>,
    unmatched: &[Unmatched],
) -> Result<(), Failure> {
    let command: Vec<String> = plan
        .command
        .iter()
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    let mut report: Value = json!(ran.outcome);
    // The outcome tells the tier as a part of what was enforced.
    let isolation = report["isolation"].take();
    report["exit_code"] = ran.exit_code().into();
    report["command"] = command.into();
    report["isolation"] = chosen.isolation().into();
    report["enforced"] = isolation["enforced"].clone();
    report["lacking"] = isolation["lacking"].clone();
    report["sandbox"] = chosen.describe();
    report["junit"] = junit.map_or(Value::Null, Summed::json);
    report["unmatched"] = unmatched.iter().map(Unmatched::json).collect();
    std::fs::write(path, format!("{report:#}\n")).map_err(|source| Failure::Write {
        path: path.to_owned(),
        source,
    })
}
