//! What a command wrote, as much of it as is kept.

use std::collections::VecDeque;

/// So much of the beginning is kept, and as much of the end.
const HALF: usize = 512 << 10;
/// Of the last line, so many characters are told.
const LINE: usize = 200;

/// Standard output and standard error, in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Output {
    head: Vec<u8>,
    tail: VecDeque<u8>,
    left_out: usize,
}

impl Output {
    pub(super) fn add(&mut self, bytes: &[u8]) {
        let (head, rest) = bytes.split_at(bytes.len().min(HALF - self.head.len()));
        self.head.extend_from_slice(head);
        self.tail.extend(rest);
        let too_many = self.tail.len().saturating_sub(HALF);
        self.tail.drain(..too_many);
        self.left_out += too_many;
    }

    /// What is kept, without the colours of a terminal.
    pub(super) fn text(&self) -> String {
        let mut bytes = self.head.clone();
        if self.left_out > 0 {
            let marker = format!("\n[.. {} bytes left out ..]\n", self.left_out);
            bytes.extend_from_slice(marker.as_bytes());
        }
        bytes.extend(&self.tail);
        plain(&String::from_utf8_lossy(&bytes))
    }

    /// The last line that says something.
    pub(super) fn last_line(&self) -> String {
        // A line that is longer is not told whole anyway.
        let last = self.tail.iter().rev().chain(self.head.iter().rev());
        let mut bytes: Vec<u8> = last.take(LINE * 8).copied().collect();
        bytes.reverse();
        let text = plain(&String::from_utf8_lossy(&bytes));
        let line = text.lines().map(str::trim).rfind(|line| !line.is_empty());
        line.unwrap_or("the command runs")
            .chars()
            .take(LINE)
            .collect()
    }
}

/// The text without the colours of a terminal.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("\u{1b}[") {
        plain.push_str(&rest[..at]);
        let sequence = &rest[at + 2..];
        let end = sequence.find(|c: char| ('@'..='~').contains(&c));
        rest = end.map_or("", |end| &sequence[end + 1..]);
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_is_left_out_of_much() {
        let mut output = Output::default();
        assert_eq!(output.last_line(), "the command runs");
        output.add(b"begin\n");
        output.add(&vec![b'x'; 3 * HALF]);
        output.add(b"\n\x1b[31mend\x1b[0m\n\n");
        let text = output.text();
        assert!(text.starts_with("begin\nx") && text.ends_with("x\nend\n\n"));
        assert!(text.contains("bytes left out") && text.len() < 2 * HALF + 100);
        assert_eq!(output.last_line(), "end");
    }

    #[test]
    fn colours_are_taken_out() {
        assert_eq!(
            plain("\u{1b}[31mred\u{1b}[0m and \u{1b}[1;4mbold"),
            "red and bold"
        );
        assert_eq!(plain("cut \u{1b}[3"), "cut ");
    }
}
