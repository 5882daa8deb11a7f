//! Range requests: RFC 9110 section 14.

use std::collections::VecDeque;
use std::ops::Range;

use bytes::Bytes;
use http::HeaderMap;
use http::header::RANGE;

use crate::engine::{ByteRange, Object};

/// More parts than this are a way to make work, not to read.
const MAX_PARTS: usize = 64;

/// What of an object is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Parts {
    Whole,
    One(Range<u64>),
    Several(Vec<Range<u64>>),
    /// None of the ranges lies in the object.
    Unsatisfiable,
}

impl Parts {
    /// The parts that `Range` asks for. A unit that is not bytes and a header that breaks the grammar are ignored,
    /// and so are ranges that together are more than the object (RFC 9110 sections 14.2 and 17.15).
    pub(super) fn of(headers: &HeaderMap, length: u64) -> Self {
        let mut values = headers.get_all(RANGE).iter();
        let (Some(value), None) = (values.next(), values.next()) else {
            return Self::Whole;
        };
        let Some(ranges) = value.to_str().ok().and_then(parse) else {
            return Self::Whole;
        };
        let mut parts: Vec<_> = ranges.iter().filter_map(|r| r.resolve(length)).collect();
        if parts.is_empty() {
            return Self::Unsatisfiable;
        }
        // The suffix of an empty body: there is nothing that a Content-Range could say.
        if parts.iter().any(Range::is_empty) {
            return Self::Whole;
        }
        let sum = parts
            .iter()
            .fold(0u64, |sum, part| sum.saturating_add(part.end - part.start));
        match parts.len() {
            1 => Self::One(parts.remove(0)),
            2..=MAX_PARTS if sum <= length => Self::Several(parts),
            _ => Self::Whole,
        }
    }
}

/// `bytes=` and its ranges; `None` when it is another unit or not by the grammar.
fn parse(text: &str) -> Option<Vec<ByteRange>> {
    let (unit, set) = text.split_once('=')?;
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return None;
    }
    let ranges = set
        .split(',')
        .map(|part| part.trim_matches([' ', '\t']))
        .filter(|part| !part.is_empty())
        .map(|part| {
            let (first, last) = part.split_once('-')?;
            match (first, last) {
                ("", length) => number(length).map(ByteRange::Suffix),
                (first, "") => number(first).map(ByteRange::From),
                (first, last) => {
                    let (first, last) = (number(first)?, number(last)?);
                    (first <= last).then_some(ByteRange::FromTo(first, last))
                }
            }
        })
        .collect::<Option<Vec<_>>>()?;
    (!ranges.is_empty()).then_some(ranges)
}

/// Digits; a number past every body is as good as the largest.
fn number(digits: &str) -> Option<u64> {
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some(digits.parse().unwrap_or(u64::MAX))
}

/// The value of `Content-Range` for a part.
pub(super) fn content_range(part: &Range<u64>, length: u64) -> String {
    format!("bytes {}-{}/{length}", part.start, part.end - 1)
}

/// The body of a `multipart/byteranges` (RFC 9110 section 14.6).
pub(super) fn multipart(
    object: &Object,
    parts: &[Range<u64>],
    boundary: &str,
    content_type: &str,
) -> VecDeque<Bytes> {
    let mut body = VecDeque::new();
    let mut line_break = "";
    for part in parts {
        let range = content_range(part, object.size());
        body.push_back(Bytes::from(format!(
            "{line_break}--{boundary}\r\nContent-Type: {content_type}\r\nContent-Range: {range}\r\n\r\n"
        )));
        body.extend(object.body().slice(part.clone()));
        line_break = "\r\n";
    }
    body.push_back(Bytes::from(format!("\r\n--{boundary}--\r\n")));
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(range: &str, length: u64) -> Parts {
        let mut headers = HeaderMap::new();
        headers.insert(RANGE, range.parse().unwrap());
        Parts::of(&headers, length)
    }

    #[test]
    fn ranges_are_read_as_the_grammar_has_them() {
        for (range, expected) in [
            ("bytes=0-4", Parts::One(0..5)),
            ("Bytes = 0-4", Parts::One(0..5)),
            ("bytes=0-0", Parts::One(0..1)),
            ("bytes=5-", Parts::One(5..10)),
            ("bytes=-3", Parts::One(7..10)),
            ("bytes=-30", Parts::One(0..10)),
            ("bytes=8-99", Parts::One(8..10)),
            ("bytes=8-99999999999999999999999999", Parts::One(8..10)),
            ("bytes=0-1, 8-9", Parts::Several(vec![0..2, 8..10])),
            ("bytes=,0-1,,-1,", Parts::Several(vec![0..2, 9..10])),
            ("bytes=0-1,99-", Parts::One(0..2)),
            ("bytes=10-", Parts::Unsatisfiable),
            ("bytes=10-12,50-", Parts::Unsatisfiable),
            ("bytes=-0", Parts::Unsatisfiable),
            // More than the whole.
            ("bytes=0-,0-", Parts::Whole),
            // Not by the grammar, or not ours.
            ("bytes=4-2", Parts::Whole),
            ("bytes=", Parts::Whole),
            ("bytes=-", Parts::Whole),
            ("bytes=a-b", Parts::Whole),
            ("bytes=+1-2", Parts::Whole),
            ("bytes=0-1,x", Parts::Whole),
            ("bytes 0-1", Parts::Whole),
            ("lines=0-1", Parts::Whole),
        ] {
            assert_eq!(parts(range, 10), expected, "{range}");
        }
    }

    #[test]
    fn empty_body_has_no_part_but_its_suffix() {
        assert_eq!(parts("bytes=0-", 0), Parts::Unsatisfiable);
        assert_eq!(parts("bytes=0-5", 0), Parts::Unsatisfiable);
        assert_eq!(parts("bytes=-5", 0), Parts::Whole);
    }

    #[test]
    fn very_many_parts_are_the_whole() {
        let range = |count: u64| {
            let list: Vec<_> = (0..count).map(|n| format!("{n}-{n}")).collect();
            parts(&format!("bytes={}", list.join(",")), 1000)
        };
        assert!(matches!(range(64), Parts::Several(parts) if parts.len() == 64));
        assert_eq!(range(65), Parts::Whole);
    }
}
