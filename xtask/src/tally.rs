//! What ran: passed, failed, skipped; and what was left out, with the reason.

use std::fmt;

#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
    /// Whole parts that this machine cannot run, each counted as one skipped.
    pub(crate) left_out: Vec<String>,
    pub(crate) failures: Vec<String>,
}

impl Tally {
    pub(crate) fn pass() -> Self {
        Self {
            passed: 1,
            ..Self::default()
        }
    }

    pub(crate) fn fail(what: impl Into<String>) -> Self {
        Self {
            failed: 1,
            failures: vec![what.into()],
            ..Self::default()
        }
    }

    pub(crate) fn leave_out(reason: impl Into<String>) -> Self {
        Self {
            skipped: 1,
            left_out: vec![reason.into()],
            ..Self::default()
        }
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
        self.left_out.extend(other.left_out);
        self.failures.extend(other.failures);
    }

    /// Takes in the closing line of a test runner, if this is one.
    pub(crate) fn read_line(&mut self, line: &str) {
        if let Some(rest) = line.trim_start().strip_prefix("test result: ") {
            // cargo: `ok. 12 passed; 0 failed; 1 ignored; ...`
            let counts = rest.split_once(". ").map_or("", |(_, counts)| counts);
            self.read_counts(counts.split(';'));
        } else if let Some(counts) = pytest_counts(line) {
            self.read_counts(counts.split(','));
        } else if let Some(rest) = line.strip_prefix("# ").or_else(|| line.strip_prefix("ℹ ")) {
            // node --test: `# pass 12`
            if let Some((word, count)) = rest.split_once(' ') {
                self.count(word, count.parse().unwrap_or(0));
            }
        }
    }

    fn read_counts<'c>(&mut self, counts: impl Iterator<Item = &'c str>) {
        for count in counts {
            if let Some((number, word)) = count.trim().split_once(' ')
                && let Ok(number) = number.parse()
            {
                self.count(word, number);
            }
        }
    }

    fn count(&mut self, word: &str, number: u64) {
        match word {
            "passed" | "pass" => self.passed += number,
            "failed" | "fail" | "error" | "errors" | "cancelled" => self.failed += number,
            "skipped" | "ignored" | "xfailed" | "todo" => self.skipped += number,
            _ => {}
        }
    }
}

/// The counts of pytest's last line, `3 passed, 1 skipped in 0.12s`; framed by `=` unless it was asked to be quiet.
fn pytest_counts(line: &str) -> Option<&str> {
    const WORDS: [&str; 10] = [
        "passed",
        "failed",
        "error",
        "errors",
        "skipped",
        "xfailed",
        "xpassed",
        "warning",
        "warnings",
        "deselected",
    ];
    let (counts, took) = line.trim_matches(['=', ' ']).split_once(" in ")?;
    let is_count = |part: &str| {
        part.trim().split_once(' ').is_some_and(|(number, word)| {
            number.bytes().all(|c| c.is_ascii_digit()) && WORDS.contains(&word)
        })
    };
    let is_summary =
        took.starts_with(|c: char| c.is_ascii_digit()) && counts.split(',').all(is_count);
    is_summary.then_some(counts)
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} passed, {} failed, {} skipped",
            self.passed, self.failed, self.skipped
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_of_each_runner_are_summed() {
        let mut tally = Tally::default();
        for line in [
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.1s",
            "test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out",
            "===== 1 failed, 3 passed, 1 skipped in 0.12s =====",
            "40 passed, 2 warnings, 1 error in 75.31s (0:01:15)",
            "served 3 requests in 2s",
            "# cancelled 1",
            "# pass 5",
            "ℹ fail 1",
            "# tests 99",
            "test a::b ... ok",
        ] {
            tally.read_line(line);
        }
        assert_eq!(tally.to_string(), "61 passed, 6 failed, 2 skipped");
    }
}
