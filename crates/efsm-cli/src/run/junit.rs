//! The JUnit report that a command writes: read, and summed up in a few lines.

use std::fmt::Write as _;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use roxmltree::{Document, Node};
use serde_json::{Value, json};

/// A report that is larger is not read.
const MAX_BYTES: u64 = 64 << 20;
/// Failures that are told by name.
const MAX_TOLD: usize = 20;

/// A report that the command is to write.
#[derive(Debug)]
pub(super) struct Report {
    path: PathBuf,
    /// Of the file that is there already, if one is.
    before: Option<SystemTime>,
}

/// What a report says, or why it says nothing.
#[derive(Debug)]
pub(super) struct Summed {
    path: PathBuf,
    counts: Result<Counts, String>,
}

#[derive(Debug, Default, PartialEq)]
struct Counts {
    tests: usize,
    failed: Vec<Failed>,
    skipped: usize,
}

#[derive(Debug, PartialEq)]
struct Failed {
    name: String,
    message: String,
}

impl Report {
    pub(super) fn expected(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            before: modified(path),
        }
    }

    pub(super) fn read(self) -> Summed {
        let counts = if self.before.is_some() && modified(&self.path) == self.before {
            Err("the command did not write it: it is an older one".to_owned())
        } else {
            text_of(&self.path).and_then(|text| counts(&text))
        };
        Summed {
            path: self.path,
            counts,
        }
    }
}

fn modified(path: &Path) -> Option<SystemTime> {
    path.metadata().and_then(|m| m.modified()).ok()
}

fn text_of(path: &Path) -> Result<String, String> {
    let file = std::fs::File::open(path)
        .map_err(|_| "the command did not write it: its path is in EFSM_JUNIT".to_owned())?;
    let mut text = String::new();
    file.take(MAX_BYTES + 1)
        .read_to_string(&mut text)
        .map_err(|e| e.to_string())?;
    if text.len() as u64 > MAX_BYTES {
        return Err("it is too large to be read".to_owned());
    }
    Ok(text)
}

fn counts(text: &str) -> Result<Counts, String> {
    let document = Document::parse(text).map_err(|e| format!("it is not XML: {e}"))?;
    let mut counts = Counts::default();
    for case in document
        .descendants()
        .filter(|node| node.has_tag_name("testcase"))
    {
        counts.tests += 1;
        let child = |name: &str| case.children().find(|node| node.has_tag_name(name));
        if let Some(problem) = child("failure").or_else(|| child("error")) {
            counts.failed.push(Failed {
                name: name_of(case),
                message: first_line(problem),
            });
        } else if child("skipped").is_some() {
            counts.skipped += 1;
        }
    }
    Ok(counts)
}

fn name_of(case: Node<'_, '_>) -> String {
    let name = case.attribute("name").unwrap_or("a test without a name");
    match case
        .attribute("classname")
        .filter(|class| !class.is_empty())
    {
        Some(class) => format!("{class} {name}"),
        None => name.to_owned(),
    }
}

fn first_line(problem: Node<'_, '_>) -> String {
    let message = problem
        .attribute("message")
        .filter(|message| !message.trim().is_empty())
        .or_else(|| problem.text())
        .unwrap_or("");
    let line = message.trim().lines().next().unwrap_or("");
    line.chars().take(200).collect()
}

impl Summed {
    pub(super) fn text(&self) -> String {
        let path = self.path.display();
        let counts = match &self.counts {
            Ok(counts) => counts,
            Err(why) => return format!("efsm: no JUnit summary: {path}: {why}\n"),
        };
        let mut text = format!(
            "efsm: {} tests, {} failed, {} skipped ({path})\n",
            counts.tests,
            counts.failed.len(),
            counts.skipped
        );
        for failed in counts.failed.iter().take(MAX_TOLD) {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "  failed: {}: {}", failed.name, failed.message);
        }
        if let Some(more) = counts.failed.len().checked_sub(MAX_TOLD).filter(|n| *n > 0) {
            let _ = writeln!(text, "  and {more} more");
        }
        text
    }

    pub(super) fn json(&self) -> Value {
        match &self.counts {
            Ok(counts) => json!({
                "tests": counts.tests,
                "skipped": counts.skipped,
                "failed": counts.failed.iter()
                    .map(|failed| json!({ "name": failed.name, "message": failed.message }))
                    .collect::<Vec<_>>(),
            }),
            Err(why) => json!({ "error": why }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn report_is_summed_up() {
        let text = r#"<?xml version="1.0"?>
            <testsuites><testsuite name="pytest" tests="3">
              <testcase classname="test_shop" name="test_pay"/>
              <testcase classname="test_shop" name="test_refund"><failure message="assert 1 == 2&#10;more">..</failure></testcase>
              <testcase name="test_later"><skipped/></testcase>
              <testcase name="broken"><error>boom</error></testcase>
            </testsuite></testsuites>"#;
        let summed = Summed {
            path: "junit.xml".into(),
            counts: counts(text),
        };
        insta::assert_snapshot!(summed.text(), @r"
        efsm: 4 tests, 2 failed, 1 skipped (junit.xml)
          failed: test_shop test_refund: assert 1 == 2
          failed: broken: boom
        ");
    }

    #[test]
    fn file_that_is_no_report_is_told() {
        assert!(counts("not xml").unwrap_err().contains("XML"));
        let missing = Report::expected(Path::new("/nowhere/junit.xml")).read();
        assert!(missing.text().contains("did not write it"));
    }
}
