//! Strings: length, patterns, formats, and what the name says.

use serde_json::Value;

use super::Generator;
use super::parts::Parts;
use crate::fake::{self, Meaning};
use crate::random::Random;

/// The longest string that a `minLength` may ask for, in characters.
const LONGEST: usize = 1 << 20;
/// How many strings are tried for one place.
const TRIES: u32 = 96;

pub(super) fn string(
    generator: &Generator<'_>,
    parts: &Parts<'_>,
    meaning: Option<Meaning>,
    random: &mut Random,
) -> Result<Value, &'static str> {
    let least = parts.largest("minLength").unwrap_or(0) as usize;
    let most = parts
        .smallest("maxLength")
        .map_or(usize::MAX, |most| most as usize);
    if least > most {
        return Err("`minLength` is above `maxLength`");
    }
    if least > LONGEST {
        return Err("`minLength` is above what is generated");
    }
    let sources: Vec<&str> = parts.each("pattern").filter_map(Value::as_str).collect();
    let patterns: Vec<_> = sources
        .iter()
        .filter_map(|source| generator.checker.pattern(source))
        .collect();
    let formats: Vec<&str> = parts.each("format").filter_map(Value::as_str).collect();
    let fits = |text: &str| {
        let length = text.chars().count();
        (least..=most).contains(&length)
            && patterns.iter().all(|pattern| pattern.is_match(text))
            && formats
                .iter()
                .all(|format| generator.checker.has_format(format, text))
    };
    for turn in 0..TRIES {
        // The first tries belong to what means most: the format, the name; then the pattern; then mere words.
        let stage = if turn < 8 { 0 } else { turn % 3 };
        let candidate = match stage {
            0 => meant(
                parts,
                &formats,
                meaning,
                patterns.is_empty() || turn > 2,
                random,
            ),
            1 if !patterns.is_empty() => {
                let pattern = &patterns[random.below(patterns.len() as u64) as usize];
                // From its shortest text to one that surely reaches the length.
                let extra = match turn % 4 {
                    0 => 0,
                    1 => 3,
                    2 => 12,
                    _ => least.min(4_000) as u32 + 1,
                };
                pattern.text(extra, random).unwrap_or_default()
            }
            _ => fake::word(random).to_owned(),
        };
        if fits(&candidate) {
            return Ok(Value::from(candidate));
        }
        let fitted = with_length(candidate, least, most, random);
        generator.count_text(&fitted);
        if fits(&fitted) {
            return Ok(Value::from(fitted));
        }
    }
    Err(match (patterns.is_empty(), formats.is_empty()) {
        (false, _) => "no text that fits `pattern` was found",
        (true, false) => "no text of the `format` has such a length",
        (true, true) => "no text was found",
    })
}

fn meant(
    parts: &Parts<'_>,
    formats: &[&str],
    meaning: Option<Meaning>,
    by_name: bool,
    random: &mut Random,
) -> String {
    let of_format = formats
        .iter()
        .find_map(|format| fake::string_of_format(format, random));
    if let Some(text) = of_format {
        return text;
    }
    if parts
        .each("contentEncoding")
        .any(|encoding| encoding == "base64")
    {
        return fake::string_of_format("byte", random).unwrap_or_default();
    }
    if parts
        .each("contentMediaType")
        .any(|media_type| media_type == "application/json")
    {
        return format!("{{\"{}\": {}}}", fake::word(random), random.below(100));
    }
    meaning
        .filter(|_| by_name)
        .and_then(|meaning| meaning.string(random))
        .unwrap_or_else(|| fake::word(random).to_owned())
}

/// The text cut or drawn out.
fn with_length(mut text: String, least: usize, most: usize, random: &mut Random) -> String {
    let length = text.chars().count();
    if length > most {
        return text.chars().take(most).collect();
    }
    let mut missing = least.saturating_sub(length);
    while missing > 0 {
        let word = fake::word(random);
        let take = missing.min(word.len());
        text.push_str(&word[..take]);
        missing -= take;
    }
    text
}
