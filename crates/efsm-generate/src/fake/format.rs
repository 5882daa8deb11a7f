//! Strings of a format of JSON Schema or OpenAPI.

use super::{text, words};
use crate::random::Random;

/// A string of the format; `None` for one that asks for nothing in particular.
pub(crate) fn string(format: &str, random: &mut Random) -> Option<String> {
    Some(match format {
        "date-time" => date_time(random),
        "date" => date(random),
        "time" => format!("{}Z", time(random)),
        "duration" => format!(
            "P{}DT{}H{}M",
            random.below(30),
            random.below(24),
            random.below(60)
        ),
        "email" | "idn-email" => text::email(random),
        "uuid" | "guid" => uuid(random),
        "uri" | "url" | "iri" => text::url(random),
        "uri-reference" | "iri-reference" => {
            format!("/{}/{}", text::noun(random), text::noun(random))
        }
        "uri-template" => format!(
            "https://{}/{}/{{id}}",
            text::host(random),
            text::noun(random)
        ),
        "hostname" | "idn-hostname" => text::host(random),
        "ipv4" | "ip" => ipv4(random),
        "ipv6" => ipv6(random),
        "json-pointer" => format!("/{}/{}", text::noun(random), random.below(10)),
        "json-pointer-uri-fragment" => format!("#/{}/{}", text::noun(random), random.below(10)),
        "relative-json-pointer" => format!("{}/{}", random.below(4), text::noun(random)),
        "regex" => format!("^{}[0-9]+$", text::noun(random)),
        "byte" | "base64" => base64(random),
        "password" => text::secret(random, 16),
        "phone" => text::phone(random),
        "currency" => random
            .pick(&words::PLACES.each_ref().map(|place| place[5]))
            .to_owned(),
        _ => return None,
    })
}

/// An instant of the years 2020 to 2025, in UTC.
pub(super) fn date_time(random: &mut Random) -> String {
    format!("{}T{}Z", date(random), time(random))
}

pub(super) fn date(random: &mut Random) -> String {
    let year = random.between(2020, 2025);
    format!(
        "{year}-{:02}-{:02}",
        random.between(1, 12),
        random.between(1, 28)
    )
}

pub(super) fn time(random: &mut Random) -> String {
    format!(
        "{:02}:{:02}:{:02}",
        random.below(24),
        random.below(60),
        random.below(60)
    )
}

pub(super) fn uuid(random: &mut Random) -> String {
    let digits = hex(random, 30);
    let (start, rest) = digits.split_at(12);
    let (version, rest) = rest.split_at(3);
    let (variant, node) = rest.split_at(3);
    format!(
        "{}-{}-4{version}-a{variant}-{node}",
        &start[..8],
        &start[8..]
    )
}

pub(super) fn hex(random: &mut Random, count: usize) -> String {
    (0..count)
        .filter_map(|_| char::from_digit(random.below(16) as u32, 16))
        .collect()
}

/// An address of the ranges for documentation (RFC 5737).
pub(super) fn ipv4(random: &mut Random) -> String {
    let net = random.pick(&["192.0.2", "198.51.100", "203.0.113"]);
    format!("{net}.{}", random.between(1, 254))
}

/// An address of the range for documentation (RFC 3849).
pub(super) fn ipv6(random: &mut Random) -> String {
    format!(
        "2001:db8::{:x}:{:x}",
        random.between(1, 0xffff),
        random.between(1, 0xffff)
    )
}

pub(super) fn base64(random: &mut Random) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    (0..16)
        .map(|_| char::from(DIGITS[random.below(64) as usize]))
        .collect()
}
