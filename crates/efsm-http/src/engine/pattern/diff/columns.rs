//! A difference as text in two columns.

use std::fmt::Write as _;

use super::{Diff, Row};

/// Characters of a column's text.
const WIDTH: usize = 57;
/// Where a remark stands, counted from the right column's text.
const REMARK: usize = 52;

impl Diff {
    /// The text that an unmatched request is answered with.
    pub fn to_text(&self) -> String {
        let rule = "-".repeat(2 * WIDTH + 5);
        let title = "Request was not matched";
        let indent = " ".repeat(47);
        let mut text = format!(
            "\n{indent}{title}\n{indent}{}\n\n{rule}\n| {:<WIDTH$}| {:<WIDTH$}|\n{rule}\n",
            "=".repeat(title.len()),
            "Closest stub",
            "Request",
        );
        for row in &self.rows {
            match row {
                Row::Spacer => line(&mut text, "", "", ""),
                Row::Field {
                    expected,
                    actual,
                    problem,
                } => {
                    let remark = problem
                        .as_ref()
                        .map_or_else(String::new, |problem| format!("<<<<< {problem}"));
                    field(&mut text, &wrap(expected), &wrap(actual), &remark);
                }
            }
        }
        text.push_str(&rule);
        text.push('\n');
        text
    }
}

/// Writes a field of several lines; the remark stands beside the first.
fn field(text: &mut String, expected: &str, actual: &str, remark: &str) {
    let (mut left, mut right) = (expected.split('\n'), actual.split('\n'));
    let mut remark = remark;
    loop {
        let (expected, actual) = (left.next(), right.next());
        if expected.is_none() && actual.is_none() {
            return;
        }
        line(
            text,
            expected.unwrap_or_default(),
            actual.unwrap_or_default(),
            remark,
        );
        remark = "";
    }
}

fn line(text: &mut String, left: &str, right: &str, remark: &str) {
    let mut written = format!("{left:<0$}|", WIDTH + 2);
    if remark.is_empty() {
        if !right.is_empty() {
            let _ = write!(written, " {right}");
        }
    } else {
        let _ = write!(written, " {right:<REMARK$}{remark}");
    }
    text.push_str(&written);
    text.push('\n');
}

/// Breaks a text whose longest line is too long, at spaces where there are any. Line breaks that are in it
/// already count as characters.
fn wrap(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let text = text.trim_end_matches('\n');
    if text.split('\n').all(|line| line.chars().count() <= WIDTH) {
        return text.to_owned();
    }
    let chars: Vec<char> = text.chars().collect();
    let mut wrapped = String::new();
    let mut at = 0;
    while at < chars.len() {
        if chars[at] == ' ' {
            at += 1;
            continue;
        }
        if chars.len() - at <= WIDTH {
            break;
        }
        let window = &chars[at..(at + WIDTH + 1).min(chars.len())];
        let (end, next) = match window.iter().rposition(|c| *c == ' ') {
            Some(space) => (at + space, at + space + 1),
            None => (at + WIDTH, at + WIDTH),
        };
        wrapped.extend(&chars[at..end]);
        wrapped.push('\n');
        at = next;
    }
    wrapped.extend(&chars[at.min(chars.len())..]);
    // A break of our own beside one of the text's would leave a line empty.
    let lines: Vec<&str> = wrapped
        .split('\n')
        .filter(|line| !line.is_empty())
        .collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_broken_at_spaces_or_through_words() {
        let words = "The post stub with a really long name that ought to wrap and let us see";
        assert_eq!(
            wrap(words),
            "The post stub with a really long name that ought to wrap\nand let us see"
        );
        let word = "x".repeat(60);
        assert_eq!(wrap(&word), format!("{}\nxxx", "x".repeat(57)));
        assert_eq!(wrap("short\nlines"), "short\nlines");
    }
}
