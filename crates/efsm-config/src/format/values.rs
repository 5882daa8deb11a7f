//! Single values with a grammar of their own.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use efsm_core::Timestamp;
use serde_json::{Map, Value};

use super::read::{MapKey, Read, Reader};
use super::shape::{Shape, Text};
use crate::config::ServiceName;
use crate::text::{Kind, Node};

/// A text with a grammar: all that such a type differs in.
pub(crate) trait Grammar: Sized {
    const TEXT: Text;

    /// `Err` is what is wrong, when there is more to say than that it does not fit.
    fn parse(text: &str) -> Result<Self, Option<String>>;
}

fn read_text<T: Grammar>(node: &Node, reader: &mut Reader) -> Option<T> {
    let Kind::Text(text) = &node.kind else {
        return reader.mismatch(node, &Shape::Text(T::TEXT));
    };
    match T::parse(text) {
        Ok(value) => Some(value),
        Err(None) => reader.mismatch(node, &Shape::Text(T::TEXT)),
        Err(Some(message)) => {
            reader.error(&node.span, message);
            None
        }
    }
}

macro_rules! texts {
    ($($type:ty),+) => {$(
        impl Read for $type {
            fn shape() -> Shape {
                Shape::Text(<$type as Grammar>::TEXT)
            }

            fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
                read_text(node, reader)
            }
        }
    )+};
}
texts!(Composed, Period, Instant, Bind, Url, HttpPath, Path, Name);

fn read_integer(node: &Node, reader: &mut Reader, shape: &Shape) -> Option<u64> {
    let Shape::Integer { least, most, .. } = shape else {
        return None;
    };
    match node.kind {
        Kind::Integer(value) => u64::try_from(value)
            .ok()
            .filter(|value| (*least..=*most).contains(value))
            .or_else(|| reader.mismatch(node, shape)),
        _ => reader.mismatch(node, shape),
    }
}

macro_rules! integers {
    ($($type:ident $what:literal $least:literal..=$most:expr;)+) => {$(
        impl Read for $type {
            fn shape() -> Shape {
                Shape::Integer {
                    what: $what,
                    least: $least,
                    most: $most,
                }
            }

            fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
                let value = read_integer(node, reader, &Self::shape())?;
                value.try_into().ok()
            }
        }
    )+};
}
integers! {
    u64 "a number" 0..=u64::MAX;
    usize "a number" 0..=usize::MAX as u64;
    Port "a port" 0..=65_535;
    StatusCode "a status" 200..=599;
}

/// 0 stands for any free port.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Port(pub(crate) u16);

impl TryFrom<u64> for Port {
    type Error = std::num::TryFromIntError;

    fn try_from(value: u64) -> Result<Self, Self::Error> {
        value.try_into().map(Self)
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct StatusCode(pub(crate) u16);

impl TryFrom<u64> for StatusCode {
    type Error = std::num::TryFromIntError;

    fn try_from(value: u64) -> Result<Self, Self::Error> {
        value.try_into().map(Self)
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Fraction(pub(crate) f64);

impl Read for Fraction {
    fn shape() -> Shape {
        Shape::Fraction
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let value = match node.kind {
            Kind::Integer(value) => value as f64,
            Kind::Float(value) => value,
            _ => return reader.mismatch(node, &Self::shape()),
        };
        if (0.0..=1.0).contains(&value) {
            Some(Self(value))
        } else {
            reader.mismatch(node, &Self::shape())
        }
    }
}

/// A number of bytes, plain or with a unit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size(pub(crate) u64);

const UNITS_OF_SIZE: [(&str, u64); 9] = [
    ("B", 1),
    ("kB", 1000),
    ("KiB", 1 << 10),
    ("MB", 1_000_000),
    ("MiB", 1 << 20),
    ("GB", 1_000_000_000),
    ("GiB", 1 << 30),
    ("TB", 1_000_000_000_000),
    ("TiB", 1 << 40),
];

impl Size {
    const TEXT: Text = Text {
        what: "a size",
        example: Some("64MiB"),
        pattern: Some(r"^[0-9]+ ?(B|kB|KiB|MB|MiB|GB|GiB|TB|TiB)$"),
        if_number: None,
    };

    fn parse(text: &str) -> Option<u64> {
        let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, unit) = text.split_at(digits);
        let unit = unit.strip_prefix(' ').unwrap_or(unit);
        let (_, bytes) = UNITS_OF_SIZE.iter().find(|(name, _)| *name == unit)?;
        number.parse::<u64>().ok()?.checked_mul(*bytes)
    }
}

impl Read for Size {
    fn shape() -> Shape {
        Shape::Either(vec![
            Shape::Text(Self::TEXT),
            Shape::Integer {
                what: "a number of bytes",
                least: 0,
                most: u64::MAX,
            },
        ])
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let bytes = match &node.kind {
            Kind::Integer(value) => u64::try_from(*value).ok(),
            Kind::Text(text) => Self::parse(text),
            _ => None,
        };
        match bytes {
            Some(bytes) => Some(Self(bytes)),
            None => reader.mismatch(node, &Self::shape()),
        }
    }
}

/// A length of time with its units: `250ms`, `1h30m`, `1.5s`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Period(pub(crate) Duration);

impl Grammar for Period {
    const TEXT: Text = Text {
        what: "a duration",
        example: Some("1h30m"),
        pattern: Some(r"^([0-9]+(\.[0-9]{1,9})?(ns|us|ms|s|m|h|d))+$"),
        if_number: Some("write a unit, such as `30s`"),
    };

    fn parse(text: &str) -> Result<Self, Option<String>> {
        const UNITS: [(&str, u64); 7] = [
            ("ns", 1),
            ("us", 1_000),
            ("ms", 1_000_000),
            ("s", 1_000_000_000),
            ("m", 60_000_000_000),
            ("h", 3_600_000_000_000),
            ("d", 86_400_000_000_000),
        ];
        let mut rest = text;
        let mut nanos: u64 = 0;
        while !rest.is_empty() {
            let number_length = rest
                .find(|c: char| !(c.is_ascii_digit() || c == '.'))
                .ok_or(None)?;
            let (number, tail) = rest.split_at(number_length);
            let unit_length = tail
                .find(|c: char| !c.is_ascii_lowercase())
                .unwrap_or(tail.len());
            let (unit, tail) = tail.split_at(unit_length);
            let (_, unit) = UNITS.iter().find(|(name, _)| *name == unit).ok_or(None)?;
            nanos = nanos
                .checked_add(scaled(number, *unit)?)
                .filter(|nanos| *nanos <= 300 * 366 * 86_400_000_000_000)
                .ok_or_else(|| Some(too_long()))?;
            rest = tail;
        }
        if text.is_empty() {
            return Err(None);
        }
        Ok(Self(Duration::from_nanos(nanos)))
    }
}

pub(crate) fn size(text: &str) -> Option<u64> {
    Size::parse(text)
}

pub(crate) fn duration(text: &str) -> Option<Duration> {
    Period::parse(text).ok().map(|period| period.0)
}

/// `number` (digits, maybe a point and up to nine more) times `unit`.
fn scaled(number: &str, unit: u64) -> Result<u64, Option<String>> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let is_fraction = (1..=9).contains(&fraction.len()) && !fraction.contains('.');
    if whole.is_empty() || !is_fraction {
        return Err(None);
    }
    let whole: u64 = whole.parse().map_err(|_| Some(too_long()))?;
    let digits: u64 = fraction.parse().map_err(|_| None)?;
    let parts = u128::from(digits) * u128::from(unit) / 10_u128.pow(fraction.len() as u32);
    u128::from(whole)
        .checked_mul(unit.into())
        .and_then(|nanos| u64::try_from(nanos + parts).ok())
        .ok_or_else(|| Some(too_long()))
}

fn too_long() -> String {
    "this duration is too long: 300 years are the most".to_owned()
}

/// RFC 3339.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Instant(pub(crate) Timestamp);

impl Grammar for Instant {
    const TEXT: Text = Text {
        what: "a time",
        example: Some("2026-01-31T12:00:00Z"),
        pattern: Some(
            r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})$",
        ),
        if_number: None,
    };

    fn parse(text: &str) -> Result<Self, Option<String>> {
        // The library reads more of ISO 8601 than the pattern says.
        let bytes = text.as_bytes();
        let is_full =
            bytes.len() >= 20 && bytes[4] == b'-' && bytes[13] == b':' && bytes[16] == b':';
        if !is_full || text.contains('[') {
            return Err(None);
        }
        text.parse().map(Self).map_err(|_| None)
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Bind(pub(crate) IpAddr);

impl Grammar for Bind {
    const TEXT: Text = Text {
        what: "an IP address",
        example: Some("127.0.0.1"),
        pattern: None,
        if_number: None,
    };

    fn parse(text: &str) -> Result<Self, Option<String>> {
        if text == "localhost" {
            return Ok(Self(Ipv4Addr::LOCALHOST.into()));
        }
        text.parse().map(Self).map_err(|_| None)
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Url(pub(crate) String);

impl Grammar for Url {
    const TEXT: Text = Text {
        what: "a URL",
        example: Some("https://issuer.example"),
        pattern: Some(r"^https?://[^\s]+$"),
        if_number: None,
    };

    fn parse(text: &str) -> Result<Self, Option<String>> {
        let rest = text
            .strip_prefix("https://")
            .or_else(|| text.strip_prefix("http://"))
            .ok_or(None)?;
        if rest.is_empty() || rest.contains(char::is_whitespace) {
            return Err(None);
        }
        Ok(Self(text.to_owned()))
    }
}

#[derive(Clone, Debug)]
pub(crate) struct HttpPath(pub(crate) String);

impl Grammar for HttpPath {
    const TEXT: Text = Text {
        what: "a URL path",
        example: Some("/users"),
        pattern: Some(r"^/[^\s?#]*$"),
        if_number: None,
    };

    fn parse(text: &str) -> Result<Self, Option<String>> {
        let is_path = text.starts_with('/')
            && !text.contains(|c: char| c.is_whitespace() || matches!(c, '?' | '#'));
        is_path.then(|| Self(text.to_owned())).ok_or(None)
    }
}

/// A path of the file system, relative to the file that names it.
#[derive(Clone, Debug)]
pub(crate) struct Path(pub(crate) String);

impl Grammar for Path {
    const TEXT: Text = Text {
        what: "a path",
        example: None,
        pattern: Some("."),
        if_number: None,
    };

    fn parse(text: &str) -> Result<Self, Option<String>> {
        if text.is_empty() {
            return Err(Some("this path is empty".to_owned()));
        }
        Ok(Self(text.to_owned()))
    }
}

/// A text that is not empty.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Name(pub(crate) String);

impl Grammar for Name {
    const TEXT: Text = Text {
        what: "a text",
        example: None,
        pattern: Some("."),
        if_number: None,
    };

    fn parse(text: &str) -> Result<Self, Option<String>> {
        if text.is_empty() {
            return Err(Some("this text is empty".to_owned()));
        }
        Ok(Self(text.to_owned()))
    }
}

impl MapKey for Name {
    const WHAT: &'static str = "a name";
    const PATTERN: Option<&'static str> = Some(".");

    fn of(key: &str) -> Result<Self, String> {
        if key.is_empty() {
            return Err("a name cannot be empty".to_owned());
        }
        Ok(Self(key.to_owned()))
    }
}

/// The name of an environment variable (POSIX, 8.1).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Variable(pub(crate) String);

impl MapKey for Variable {
    const WHAT: &'static str = "a variable";
    const PATTERN: Option<&'static str> = Some("^[A-Za-z_][A-Za-z0-9_]*$");

    fn of(key: &str) -> Result<Self, String> {
        let is_name = key
            .chars()
            .enumerate()
            .all(|(at, c)| c == '_' || c.is_ascii_alphabetic() || (at > 0 && c.is_ascii_digit()));
        if key.is_empty() || !is_name {
            return Err(format!(
                "`{key}` cannot be the name of a variable: use letters, digits and `_`, no digit first"
            ));
        }
        Ok(Self(key.to_owned()))
    }
}

/// The name of a variable, or a text in which `${NAME}` stands for the value of one.
#[derive(Clone, Debug)]
pub(crate) struct Composed(pub(crate) String);

impl Grammar for Composed {
    const TEXT: Text = Text {
        what: "the name of a variable, or a text with `${NAME}` in it",
        example: Some("DATABASE_URL"),
        pattern: Some(r"^([A-Za-z_][A-Za-z0-9_]*|[^$]*\$\{[A-Za-z_][A-Za-z0-9_]*\}.*)$"),
        if_number: None,
    };

    fn parse(text: &str) -> Result<Self, Option<String>> {
        let is_composed = text.split_once("${").is_some_and(|(before, rest)| {
            let name = rest.split_once('}').map(|(name, _)| name);
            !before.contains('$') && name.is_some_and(|name| Variable::of(name).is_ok())
        });
        if is_composed || Variable::of(text).is_ok() {
            Ok(Self(text.to_owned()))
        } else {
            Err(None)
        }
    }
}

/// A map of any values.
#[derive(Clone, Debug, Default)]
pub(crate) struct Object(pub(crate) Map<String, Value>);

impl Read for Object {
    fn shape() -> Shape {
        Shape::Object
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        match &node.kind {
            Kind::Null => Some(Self::default()),
            Kind::Map(_) => match Value::read(node, reader)? {
                Value::Object(map) => Some(Self(map)),
                _ => None,
            },
            _ => reader.mismatch(node, &Self::shape()),
        }
    }
}

impl Read for ServiceName {
    fn shape() -> Shape {
        const NAMES: [&str; 5] = [
            ServiceName::Http.as_str(),
            ServiceName::Database.as_str(),
            ServiceName::Auth.as_str(),
            ServiceName::Queue.as_str(),
            ServiceName::Storage.as_str(),
        ];
        Shape::Choice(&NAMES)
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let shape = Self::shape();
        let Kind::Text(text) = &node.kind else {
            return reader.mismatch(node, &shape);
        };
        let known = ServiceName::ALL;
        if let Some(service) = known.into_iter().find(|service| service.as_str() == text) {
            return Some(service);
        }
        let names = known.map(ServiceName::as_str);
        let mut error = reader
            .origin(&node.span)
            .error(format!("no service `{text}`: use {}", shape.in_words()));
        if let Some(near) = super::table::nearest(text, &names) {
            error = error.with_help(format!("did you mean `{near}`?"));
        }
        reader.report(error);
        None
    }
}
