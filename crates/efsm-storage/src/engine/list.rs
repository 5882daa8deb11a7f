//! Listing by prefix, delimiter, limit and place, in the order of the keys' bytes.

use std::ops::Bound;
use std::sync::Arc;

use imbl::OrdMap;

use super::name::Key;
use super::object::Object;

/// What to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListQuery {
    /// Only keys that start with this text.
    pub prefix: String,
    /// Keys that go on after the prefix and have this text there are told as one common prefix, which ends with
    /// it. Empty text is no delimiter.
    pub delimiter: Option<String>,
    /// Only entries, keys and common prefixes alike, that sort after this text.
    pub after: Option<String>,
    /// At most this many entries.
    pub limit: Option<usize>,
}

/// The entries found.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    pub objects: Vec<(Key, Arc<Object>)>,
    pub prefixes: Vec<String>,
    /// The last entry of a listing that the limit cut: `after` for the next one.
    pub next: Option<String>,
}

pub(super) fn list(objects: &OrdMap<Key, Arc<Object>>, query: &ListQuery) -> Listing {
    let mut listing = Listing::default();
    let limit = query.limit.unwrap_or(usize::MAX);
    if limit == 0 {
        return listing;
    }
    let prefix = query.prefix.as_str();
    let after = query.after.as_deref();
    let delimiter = query.delimiter.as_deref().filter(|d| !d.is_empty());
    let mut last = String::new();
    let mut from = match after {
        Some(after) if after >= prefix => Bound::Excluded(after.to_owned()),
        _ => Bound::Included(prefix.to_owned()),
    };
    // Each turn walks on to the next common prefix, and jumps over what is under it.
    'turn: loop {
        let start = from.as_ref().map(String::as_str);
        for (key, object) in objects.range::<_, str>((start, Bound::Unbounded)) {
            let text = key.as_str();
            let Some(rest) = text.strip_prefix(prefix) else {
                return listing;
            };
            let common = delimiter
                .and_then(|delimiter| Some(rest.find(delimiter)? + delimiter.len()))
                .map(|length| &text[..prefix.len() + length]);
            let told = common.is_some_and(|common| after.is_some_and(|after| common <= after));
            if !told && listing.len() == limit {
                listing.next = Some(last);
                return listing;
            }
            let Some(common) = common else {
                last.clear();
                last.push_str(text);
                listing.objects.push((key.clone(), object.clone()));
                continue;
            };
            if !told {
                last.clear();
                last.push_str(common);
                listing.prefixes.push(common.to_owned());
            }
            match successor(common) {
                Some(next) => from = Bound::Included(next),
                None => return listing,
            }
            continue 'turn;
        }
        return listing;
    }
}

impl Listing {
    /// How many entries it has, keys and common prefixes together.
    pub fn len(&self) -> usize {
        self.objects.len() + self.prefixes.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The least text that sorts after every text that starts with `prefix`; `None` when there is none.
fn successor(prefix: &str) -> Option<String> {
    let mut text = prefix.to_owned();
    while let Some(last) = text.pop() {
        let next = match last {
            // The surrogates between the two are no characters.
            '\u{D7FF}' => Some('\u{E000}'),
            last => char::from_u32(last as u32 + 1),
        };
        if let Some(next) = next {
            text.push(next);
            return Some(text);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn successor_is_past_everything_under_a_prefix() {
        for (prefix, next) in [
            ("a/", Some("a0")),
            ("a\u{D7FF}", Some("a\u{E000}")),
            ("a\u{10FFFF}", Some("b")),
            ("\u{10FFFF}", None),
            ("\u{7F}", Some("\u{80}")),
        ] {
            assert_eq!(successor(prefix).as_deref(), next, "{prefix:?}");
            assert!(next.is_none_or(|next| next > &format!("{prefix}\u{10FFFF}")[..]));
        }
    }
}
