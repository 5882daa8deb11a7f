//! Words, sentences, names and addresses.

use super::words;
use crate::random::Random;

pub(super) fn noun(random: &mut Random) -> &'static str {
    random.pick(&words::NOUNS)
}

pub(super) fn adjective(random: &mut Random) -> &'static str {
    random.pick(&words::ADJECTIVES)
}

/// Two words as a title: "Quiet Harbor".
pub(super) fn title(random: &mut Random) -> String {
    format!(
        "{} {}",
        capitalised(adjective(random)),
        capitalised(noun(random))
    )
}

pub(super) fn slug(random: &mut Random) -> String {
    format!("{}-{}", adjective(random), noun(random))
}

pub(super) fn sentence(random: &mut Random) -> String {
    let subject = format!("{} {}", adjective(random), noun(random));
    let verb = random.pick(&words::VERBS);
    format!(
        "The {subject} {verb} the {} {}.",
        adjective(random),
        noun(random)
    )
}

pub(super) fn paragraph(random: &mut Random) -> String {
    format!(
        "{} {} {}",
        sentence(random),
        sentence(random),
        sentence(random)
    )
}

pub(super) fn first_name(random: &mut Random) -> &'static str {
    random.pick(&words::FIRST_NAMES)
}

pub(super) fn last_name(random: &mut Random) -> &'static str {
    random.pick(&words::LAST_NAMES)
}

pub(super) fn user_name(random: &mut Random) -> String {
    let first = first_name(random).to_lowercase();
    let last = last_name(random).to_lowercase();
    format!("{first}.{last}{}", random.below(100))
}

/// A host below `example.com`, which is nobody's (RFC 2606).
pub(super) fn host(random: &mut Random) -> String {
    format!("{}.example.com", noun(random))
}

pub(super) fn email(random: &mut Random) -> String {
    format!("{}@example.com", user_name(random))
}

pub(super) fn url(random: &mut Random) -> String {
    format!("https://{}/{}", host(random), slug(random))
}

/// A number of the range that is kept for fiction (+1 555 01xx).
pub(super) fn phone(random: &mut Random) -> String {
    format!(
        "+1555{:03}01{:02}",
        random.between(200, 999),
        random.below(100)
    )
}

pub(super) fn street(random: &mut Random) -> String {
    format!(
        "{} {}",
        random.between(1, 199),
        random.pick(&words::STREETS)
    )
}

pub(super) fn company(random: &mut Random) -> String {
    let name = capitalised(noun(random));
    format!("{name} {}", random.pick(&words::COMPANY_ENDINGS))
}

pub(super) fn secret(random: &mut Random, length: usize) -> String {
    const SYMBOLS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    (0..length)
        .map(|_| char::from(SYMBOLS[random.below(62) as usize]))
        .collect()
}

pub(super) fn digits(random: &mut Random, count: usize) -> String {
    (0..count)
        .filter_map(|_| char::from_digit(random.below(10) as u32, 10))
        .collect()
}

pub(super) fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}
