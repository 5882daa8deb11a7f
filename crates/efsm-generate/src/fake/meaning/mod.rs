//! What a field's name, or a method of faker.js, stands for.

mod names;
mod values;

use names::{METHODS, NAMES};

/// A kind of value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    Age,
    Amount,
    Avatar,
    Boolean,
    City,
    Code,
    Color,
    Company,
    Count,
    Country,
    CountryCode,
    Currency,
    Date,
    DateTime,
    Day,
    Department,
    Digits,
    Duration,
    Email,
    Extension,
    File,
    FirstName,
    FullName,
    Gender,
    Hash,
    HexColor,
    Host,
    Hour,
    Id,
    Image,
    Ip,
    Ipv6,
    Job,
    Language,
    LastName,
    Latitude,
    Locale,
    Longitude,
    Mac,
    MediaType,
    Minute,
    Month,
    Paragraph,
    Path,
    Percent,
    Phone,
    Port,
    PostalCode,
    Rating,
    Region,
    Secret,
    Sentence,
    Size,
    Slug,
    Street,
    Time,
    TimeZone,
    Title,
    Url,
    UserAgent,
    UserName,
    Uuid,
    Version,
    Word,
    Year,
}

use Meaning as M;

/// What a field's name stands for: `createdAt`, `created_at` and `created-at` are one.
pub(crate) fn of_name(name: &str) -> Option<Meaning> {
    let spread = spread(name);
    let mut rest = spread.as_str();
    // From the longest ending to the last word.
    loop {
        for (names, meaning) in &NAMES {
            if names.split('|').any(|name| name == rest) {
                return Some(*meaning);
            }
        }
        rest = rest.split_once(' ')?.1;
    }
}

/// What `x-faker: internet.email` stands for.
pub(crate) fn of_faker(method: &str) -> Option<Meaning> {
    let (module, last) = method.rsplit_once('.').unwrap_or(("", method));
    let (module, last) = (spread(module), spread(last));
    let whole = format!("{module} {last}");
    METHODS
        .iter()
        .find(|(known, _)| *known == whole)
        .or_else(|| METHODS.iter().find(|(known, _)| *known == last))
        .map(|(_, meaning)| *meaning)
        .or_else(|| match whole.as_str() {
            "name name" | "person full name" => Some(M::FullName),
            _ => of_name(&last),
        })
}

/// The words of an identifier, in lower case, with single spaces.
fn spread(name: &str) -> String {
    let mut words = String::with_capacity(name.len() + 4);
    let mut was_lower = false;
    for letter in name.chars().take(64) {
        if !letter.is_alphanumeric() {
            was_lower = false;
            if !words.is_empty() && !words.ends_with(' ') {
                words.push(' ');
            }
            continue;
        }
        if letter.is_uppercase() && was_lower {
            words.push(' ');
        }
        was_lower = letter.is_lowercase() || letter.is_numeric();
        words.extend(letter.to_lowercase());
    }
    words.truncate(words.trim_end().len());
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    #[test]
    fn names_mean_what_their_longest_ending_means() {
        for (name, meaning) in [
            ("email", Some(M::Email)),
            ("userEmail", Some(M::Email)),
            ("created_at", Some(M::DateTime)),
            ("createdAt", Some(M::DateTime)),
            ("billing-country-code", Some(M::CountryCode)),
            ("homeCountry", Some(M::Country)),
            ("firstName", Some(M::FirstName)),
            ("unit_price", Some(M::Amount)),
            ("owner_id", Some(M::Id)),
            ("html_url", Some(M::Url)),
            ("avatar_url", Some(M::Avatar)),
            ("frobnication", None),
            ("", None),
            ("___", None),
        ] {
            assert_eq!(of_name(name), meaning, "{name}");
        }
    }

    #[test]
    fn methods_of_faker_are_known() {
        for (method, meaning) in [
            ("internet.email", Some(M::Email)),
            ("name.firstName", Some(M::FirstName)),
            ("person.lastName", Some(M::LastName)),
            ("person.fullName", Some(M::FullName)),
            ("name.findName", Some(M::FullName)),
            ("company.name", Some(M::Company)),
            ("lorem.word", Some(M::Word)),
            ("date.past", Some(M::DateTime)),
            ("string.uuid", Some(M::Uuid)),
            ("location.city", Some(M::City)),
            ("commerce.price", Some(M::Amount)),
            ("no.such", None),
        ] {
            assert_eq!(of_faker(method), meaning, "{method}");
        }
    }

    #[test]
    fn every_meaning_of_a_name_gives_text() {
        let mut random = Random::new(3);
        for (names, meaning) in &NAMES {
            let text = meaning.string(&mut random).unwrap_or_default();
            assert!(!text.is_empty(), "{names:?}");
        }
    }
}
