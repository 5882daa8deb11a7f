//! Mocks of real API descriptions, every operation called: each answers its declared success status with a body that
//! validates against its own schema, static and dynamic.
//!
//! `documents DIR`: what each description in the folder does, one line each, and a failure for every operation that
//! does not; `documents --load FILE`: how long one takes to load, and what it costs in memory.

mod judge;
mod request;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use efsm_spec::model::{Content, Route};
use efsm_spec::{Answer, Description, Mock, NoFiles, Operation, Options, Request};
use judge::Judge;
use serde_json::Value;

/// Failures that are printed of one description; the others are counted.
const SHOWN: usize = 8;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--load", file] => load(Path::new(file)),
        [folder] => check_all(Path::new(folder)),
        _ => {
            eprintln!("documents DIR | documents --load FILE");
            ExitCode::from(2)
        }
    }
}

/// Times one load, and the peak of the process's memory after it.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
fn load(file: &Path) -> ExitCode {
    let start = Instant::now();
    let Some(mock) = mock_of(file, Options::default()) else {
        return ExitCode::FAILURE;
    };
    let elapsed = start.elapsed();
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| {
        line.strip_prefix("VmHWM:")?
            .trim()
            .strip_suffix(" kB")?
            .trim()
            .parse::<u64>()
            .ok()
    });
    println!(
        "{{\"seconds\":{:.3},\"peak_mib\":{},\"operations\":{}}}",
        elapsed.as_secs_f64(),
        peak.unwrap_or(0) / 1024,
        mock.description().routes.len()
    );
    ExitCode::SUCCESS
}

fn mock_of(file: &Path, options: Options) -> Option<Mock> {
    let name = file.display().to_string();
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) => {
            println!("{name}: {error}");
            return None;
        }
    };
    match Description::parse(&name, &text, &NoFiles) {
        Ok(description) => Some(Mock::new(description, options)),
        Err(error) => {
            println!("{name}: {error}");
            None
        }
    }
}

fn check_all(folder: &Path) -> ExitCode {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_file())
        .collect();
    files.sort();
    let (mut passed, mut failed) = (0, 0);
    for file in files {
        let problems = check(&file);
        for problem in problems.iter().take(SHOWN) {
            println!("  {problem}");
        }
        if problems.is_empty() {
            passed += 1;
        } else {
            println!("  {} failures", problems.len());
            failed += 1;
        }
    }
    println!(
        "test result: {}. {passed} passed; {failed} failed",
        if failed == 0 { "ok" } else { "FAILED" }
    );
    if failed == 0 && passed > 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// What one description's operations were counted as.
#[derive(Default)]
struct Counts {
    operations: usize,
    answers: usize,
    judged: usize,
    /// Answers that are the author's own examples, which break the author's own schema, and are reported to do so.
    spoilt: usize,
}

fn check(file: &Path) -> Vec<String> {
    let name = file
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let mut counts = Counts::default();
    let mut problems = Vec::new();
    let ways = [
        ("static", Options::default()),
        (
            "without examples",
            Options {
                ignores_examples: true,
                ..Options::default()
            },
        ),
        (
            "dynamic",
            Options {
                is_dynamic: true,
                ..Options::default()
            },
        ),
    ];
    for (way, options) in ways {
        let seed = options.is_dynamic.then(|| "1".to_owned());
        let Some(mock) = mock_of(file, Options { seed, ..options }) else {
            return vec![format!("{name} was not loaded")];
        };
        counts.operations = mock.description().routes.len();
        let judge = Judge::new(&mock.description().root.value);
        for route in &mock.description().routes {
            if let Err(problem) = call(&mock, route, &judge, &mut counts) {
                let method = route.method.to_uppercase();
                problems.push(format!("{way}: {method} {}: {problem}", route.path));
            }
        }
    }
    println!(
        "{name}: {} operations, {} answers, {} bodies judged, {} of them examples that break their own schema",
        counts.operations, counts.answers, counts.judged, counts.spoilt
    );
    problems
}

fn call(mock: &Mock, route: &Route, judge: &Judge, counts: &mut Counts) -> Result<(), String> {
    let operation = mock.description().operation(route);
    let answer = accepted(mock, route, &operation)?;
    counts.answers += 1;
    let Some(content) = content_of(&operation, &answer) else {
        return Ok(());
    };
    let Some(schema) = content.schema.as_ref() else {
        return Ok(());
    };
    if answer.body.is_empty() || !(is_json(&content.media_type) || content.media_type == "*/*") {
        return Ok(());
    }
    let value = match serde_json::from_slice(&answer.body) {
        Ok(value) => value,
        // Of a type that may be anything, text is sent as it is.
        Err(_) if content.media_type == "*/*" => Value::from(String::from_utf8_lossy(&answer.body)),
        Err(error) => return Err(error.to_string()),
    };
    counts.judged += 1;
    match judge.errors(schema, &value) {
        Ok(()) => Ok(()),
        Err(_) if is_example(mock, content, &value) && !answer.violations.is_empty() => {
            counts.spoilt += 1;
            Ok(())
        }
        Err(why) => {
            let body: String = value.to_string().chars().take(300).collect();
            Err(format!("{why} in {body}"))
        }
    }
}

/// The answer of the declared success to one of several valid requests. More than one is tried, because a description
/// can be stricter than its schemas look: `oneOf` of a number and a text refuses each path segment that is a number.
fn accepted(mock: &Mock, route: &Route, operation: &Operation) -> Result<Answer, String> {
    let wanted = expected(operation);
    let mut last = String::new();
    for attempt in 0..request::ATTEMPTS {
        let request = request::valid(&mock.description().root.value, operation, attempt)?;
        let asked = Request {
            method: &route.method.to_uppercase(),
            path: &request.path,
            query: &request.query,
            headers: &request.headers,
            body: &request.body,
        };
        let answer = mock.answer(&asked, 7);
        if answer.problem.is_none() && wanted.is_none_or(|wanted| wanted == answer.status) {
            return Ok(answer);
        }
        let body: String = String::from_utf8_lossy(&answer.body)
            .chars()
            .take(400)
            .collect();
        last = format!(
            "{} instead of {wanted:?} for {}: {body}",
            answer.status, request.path
        );
    }
    Err(last)
}

/// Whether a body is one of the examples that the description gives for it.
fn is_example(mock: &Mock, content: &Content, value: &Value) -> bool {
    !mock.options().ignores_examples
        && !mock.options().is_dynamic
        && content
            .examples
            .iter()
            .any(|example| example.value.as_ref() == Some(value))
}

/// The lowest success that is declared with a number.
fn expected(operation: &Operation) -> Option<u16> {
    operation
        .responses
        .iter()
        .filter_map(|response| response.code.parse().ok())
        .filter(|code| (200..300).contains(code))
        .min()
}

fn content_of<'o>(operation: &'o Operation, answer: &Answer) -> Option<&'o Content> {
    let status = answer.status.to_string();
    let class = format!("{}XX", &status[..1]);
    let response = [&*status, &*class, "default"].iter().find_map(|code| {
        operation
            .responses
            .iter()
            .find(|response| response.code.eq_ignore_ascii_case(code))
    })?;
    let media_type = answer
        .headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("content-type"))
        .map(|(_, value)| value.split(';').next().unwrap_or_default().trim())?;
    let essence = |content: &Content| {
        content
            .media_type
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_owned()
    };
    let exact = response
        .contents
        .iter()
        .find(|content| essence(content).eq_ignore_ascii_case(media_type));
    exact.or(response.contents.first())
}

fn is_json(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    essence == "application/json" || essence.ends_with("+json")
}
