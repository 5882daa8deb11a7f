//! Media types: which of those offered suits a client, and which are the same.

use std::cmp::Ordering;

/// A media type or range with its parameters.
#[derive(Clone, Debug, PartialEq)]
struct Media {
    kind: String,
    subtype: String,
    parameters: Vec<(String, String)>,
    quality: f64,
}

fn parse(text: &str) -> Option<Media> {
    let mut parts = split_quoted(text, ';');
    let name = parts.next()?;
    let (kind, subtype) = name.trim().split_once('/')?;
    if kind.is_empty() || subtype.is_empty() {
        return None;
    }
    let mut media = Media {
        kind: kind.to_ascii_lowercase(),
        subtype: subtype.to_ascii_lowercase(),
        parameters: Vec::new(),
        quality: 1.0,
    };
    for part in parts {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let (name, value) = (name.trim().to_ascii_lowercase(), value.trim());
        let value = value.trim_matches('"');
        if name == "q" {
            media.quality = value.parse().unwrap_or(0.0);
            break;
        }
        media.parameters.push((name, value.to_owned()));
    }
    Some(media)
}

/// Parts between separators that do not stand in quotes.
fn split_quoted(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut is_quoted = false;
    text.split(move |c| {
        if c == '"' {
            is_quoted = !is_quoted;
        }
        c == separator && !is_quoted
    })
}

/// How well an offered type fits an accepted range; greater fits better.
fn specificity(offered: &Media, accepted: &Media) -> Option<u8> {
    let mut fit = 0;
    if accepted.kind == offered.kind {
        fit |= 4;
    } else if accepted.kind != "*" {
        return None;
    }
    if accepted.subtype == offered.subtype {
        fit |= 2;
    } else if accepted.subtype != "*" {
        return None;
    }
    if !accepted.parameters.is_empty() {
        let holds = accepted.parameters.iter().all(|(name, value)| {
            value == "*"
                || offered
                    .parameters
                    .iter()
                    .any(|(other, own)| other == name && own.eq_ignore_ascii_case(value))
        });
        if !holds {
            return None;
        }
        fit |= 1;
    }
    Some(fit)
}

/// The place of the offered type that suits `Accept` best (RFC 9110, 12.5.1).
pub(super) fn best(accept: &str, offered: &[&str]) -> Option<usize> {
    let ranges: Vec<Media> = split_quoted(accept, ',').filter_map(parse).collect();
    preferred(&ranges, offered).or_else(|| {
        // Prism asks once more without parameters, which few descriptions have.
        let plain: Vec<Media> = ranges
            .into_iter()
            .filter(|range| !range.parameters.is_empty())
            .map(|range| Media {
                parameters: Vec::new(),
                ..range
            })
            .collect();
        preferred(&plain, offered)
    })
}

fn preferred(ranges: &[Media], offered: &[&str]) -> Option<usize> {
    let mut best: Option<(f64, u8, usize, usize)> = None;
    for (place, text) in offered.iter().enumerate() {
        let Some(media) = parse(text) else { continue };
        let fit = ranges
            .iter()
            .enumerate()
            .filter_map(|(order, range)| Some((specificity(&media, range)?, range.quality, order)))
            .fold(None, |found: Option<(u8, f64, usize)>, next| match found {
                Some(found) if (found.0, found.1) >= (next.0, next.1) => Some(found),
                _ => Some(next),
            });
        let Some((fit, quality, order)) = fit.filter(|(_, quality, _)| *quality > 0.0) else {
            continue;
        };
        let is_better =
            best.is_none_or(
                |(than, fit_than, order_than, _)| match quality.total_cmp(&than) {
                    Ordering::Greater => true,
                    Ordering::Equal => fit > fit_than || (fit == fit_than && order < order_than),
                    Ordering::Less => false,
                },
            );
        if is_better {
            best = Some((quality, fit, order, place));
        }
    }
    best.map(|(.., place)| place)
}

/// A type without its parameters, in lower case.
pub(super) fn essence(text: &str) -> String {
    text.split(';')
        .next()
        .unwrap_or("")
        .trim()
        .to_ascii_lowercase()
}

/// A parameter of a type, such as `boundary`.
pub(super) fn parameter(text: &str, name: &str) -> Option<String> {
    parse(text)?
        .parameters
        .into_iter()
        .find(|(own, _)| own == name)
        .map(|(_, value)| value)
}

/// Whether a type is one that is described: a structured suffix counts as what it stands for, so that
/// `application/vnd.api+json` is `application/json`, and `*` is any.
pub(super) fn is_described(text: &str, described: &str) -> bool {
    let (Some((kind, subtype)), Some((other_kind, other_subtype))) =
        (kind_and_suffix(text), kind_and_suffix(described))
    else {
        return false;
    };
    (kind == other_kind || other_kind == "*") && (subtype == other_subtype || other_subtype == "*")
}

/// The same, and every parameter that is described is there.
pub(super) fn is_described_with_parameters(text: &str, described: &str) -> bool {
    let (Some(own), Some(wanted)) = (parse(text), parse(described)) else {
        return false;
    };
    is_described(text, described)
        && wanted
            .parameters
            .iter()
            .all(|parameter| own.parameters.contains(parameter))
}

fn kind_and_suffix(text: &str) -> Option<(String, String)> {
    let essence = essence(text);
    let (kind, subtype) = essence.rsplit_once('/')?;
    let suffix = subtype
        .rsplit_once('+')
        .map_or(subtype, |(_, suffix)| suffix);
    (!kind.is_empty() && !suffix.is_empty()).then(|| (kind.to_owned(), suffix.to_owned()))
}

pub(crate) fn is_json(text: &str) -> bool {
    let essence = essence(text);
    essence == "application/json"
        || (essence.starts_with("application/") && essence.ends_with("+json"))
}

pub(super) fn is_xml(text: &str) -> bool {
    let essence = essence(text);
    essence == "application/xml"
        || (essence.starts_with("application/") && essence.ends_with("+xml"))
}

pub(super) fn is_text(text: &str) -> bool {
    essence(text).starts_with("text/")
}

pub(super) const FORM: &str = "application/x-www-form-urlencoded";
pub(super) const MULTIPART: &str = "multipart/form-data";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn client_gets_the_type_that_it_likes_best() {
        let offered = [
            "application/json",
            "application/xml",
            "text/plain; charset=utf-8",
        ];
        for (accept, expected) in [
            ("application/xml", Some(1)),
            ("application/xml;q=0.5, application/json;q=0.1", Some(1)),
            ("*/*", Some(0)),
            ("application/*;q=0.2, text/plain", Some(2)),
            ("application/json; charset=utf-8", Some(0)),
            ("application/json;q=0, */*;q=0.1", Some(1)),
            ("text/html", None),
            ("application/xml, application/json", Some(1)),
            ("nonsense", None),
        ] {
            assert_eq!(best(accept, &offered), expected, "{accept}");
        }
    }

    #[test]
    fn suffix_stands_for_its_type() {
        assert!(is_described(
            "application/vnd.api+json; charset=utf-8",
            "application/json"
        ));
        assert!(is_described("image/png", "image/*"));
        assert!(is_described("a/b", "*/*"));
        assert!(!is_described("application/json", "application/xml"));
        assert!(!is_described_with_parameters("a/b", "a/b; v=1"));
        assert!(is_described_with_parameters("a/b; v=1; w=2", "a/b; v=1"));
    }
}
