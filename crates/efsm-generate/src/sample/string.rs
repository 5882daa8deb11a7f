//! Strings of a sample, by format.

use serde_json::Value;

use super::View;

pub(super) fn sample(view: &View<'_>, property: Option<&str>) -> String {
    let least = view.get("minLength").and_then(Value::as_u64).unwrap_or(0) as usize;
    let most = view
        .get("maxLength")
        .and_then(Value::as_u64)
        .map(|most| most as usize);
    let format = view
        .get("format")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let fixed = match format {
        "email" => "user@example.com",
        "idn-email" => "пользователь@пример.ру",
        "password" => return password(least),
        "date-time" => "2019-08-24T14:15:22Z",
        "date" => "2019-08-24",
        "time" => "14:15:22Z",
        "ipv4" => "192.168.0.1",
        "ipv6" => "2001:0db8:85a3:0000:0000:8a2e:0370:7334",
        "hostname" => "example.com",
        "idn-hostname" => "пример.ру",
        "iri" => "http://пример.ру",
        "iri-reference" => "../словарь",
        "uri" => "http://example.com",
        "uri-reference" => "../dictionary",
        "uri-template" => "http://example.com/{endpoint}",
        "uuid" => return uuid(property.unwrap_or("id")),
        "json-pointer" => "/json/pointer",
        "relative-json-pointer" => "1/relative/json/pointer",
        "regex" => "/regex/",
        _ => return plain(least, most),
    };
    fixed.to_owned()
}

/// The longest text that a `minLength` alone may ask for.
const LONGEST: usize = 1 << 20;

fn plain(least: usize, most: Option<usize>) -> String {
    let mut text = repeated("string", least);
    // A `maxLength` of 0 says nothing to Prism.
    if let Some(most) = most.filter(|most| *most > 0 && *most < text.len()) {
        text.truncate(most);
    }
    text
}

fn repeated(word: &str, least: usize) -> String {
    if least <= word.len() {
        return word.to_owned();
    }
    word.chars().cycle().take(least.min(LONGEST)).collect()
}

fn password(least: usize) -> String {
    let word = "pa$$word";
    if least <= word.len() {
        return word.to_owned();
    }
    let missing = least.min(LONGEST) - word.len() - 1;
    let mut symbols = repeated("qwerty!@#$%^123456", missing);
    symbols.truncate(missing);
    format!("{word}_{symbols}")
}

/// A version 4 UUID that depends on the property's name alone (Prism's: a 31-hash that seeds Jenkins' small
/// generator).
fn uuid(name: &str) -> String {
    let hash = name.encode_utf16().fold(0_i32, |hash, unit| {
        hash.wrapping_mul(31).wrapping_add(i32::from(unit))
    });
    let [mut a, mut b, mut c, mut d] = [hash; 4];
    let mut digit = || {
        let mixed = a.wrapping_sub(b.wrapping_shl(27) | (b as u32 >> 5) as i32);
        a = b ^ (c.wrapping_shl(17) | (c as u32 >> 15) as i32);
        b = c.wrapping_add(d);
        c = d.wrapping_add(mixed);
        d = a.wrapping_add(mixed);
        d as u32 >> 28
    };
    "xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx"
        .chars()
        .map(|place| match place {
            'x' => char::from_digit(digit(), 16).unwrap_or('0'),
            'y' => char::from_digit((digit() & 3) | 8, 16).unwrap_or('8'),
            other => other,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuids_come_from_the_name() {
        assert_eq!(uuid("u"), "5b3d22e0-c8cc-487e-8a5f-6460fdf25dbf");
    }

    #[test]
    fn lengths_are_kept_where_prism_keeps_them() {
        assert_eq!(plain(10, None), "stringstri");
        assert_eq!(plain(0, Some(3)), "str");
        assert_eq!(password(12), "pa$$word_qwe");
        assert_eq!(password(0), "pa$$word");
    }
}
