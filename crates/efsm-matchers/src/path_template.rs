//! URL paths with variables: `/contacts/{id}/addresses/{addr}`, `/files/**`.

use std::collections::HashSet;
use std::fmt;

use crate::limits::TEMPLATE_STEPS;

/// A path in which `{name}` stands for one segment, or a part of one, and `**` for anything.
///
/// Braces that are empty or not closed are plain text. Everything else must be equal, case included.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PathTemplate {
    source: String,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Part {
    Text(String),
    /// One character or more, none of them `/`.
    Variable(String),
    /// Any characters, as few as possible.
    Wildcard(String),
}

impl PathTemplate {
    /// Every text is a template; one without variables matches itself.
    pub fn parse(source: &str) -> Self {
        let mut parts = Vec::new();
        let mut text = String::new();
        let mut wildcards = 0;
        let mut rest = source;
        while let Some(first) = rest.chars().next() {
            let special = if rest.starts_with("**") {
                wildcards += 1;
                Some((Part::Wildcard((wildcards - 1).to_string()), 2))
            } else {
                rest.strip_prefix('{')
                    .and_then(|inner| inner.split_once('}'))
                    .filter(|(name, _)| !name.is_empty())
                    .map(|(name, _)| {
                        let clean = name.replace(['.', ';', '*'], "");
                        (Part::Variable(clean), name.len() + 2)
                    })
            };
            let Some((part, length)) = special else {
                text.push(first);
                rest = &rest[first.len_utf8()..];
                continue;
            };
            if !text.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut text)));
            }
            parts.push(part);
            rest = &rest[length..];
        }
        if !text.is_empty() {
            parts.push(Part::Text(text));
        }
        Self {
            source: source.to_owned(),
            parts,
        }
    }

    /// The template as it was written.
    pub fn as_str(&self) -> &str {
        &self.source
    }

    /// The text before the first variable or wildcard, which every matching path starts with.
    pub fn fixed_prefix(&self) -> &str {
        match self.parts.first() {
            Some(Part::Text(text)) => text,
            _ => "",
        }
    }

    /// The names of the variables, in order; wildcards are named `0`, `1` and so on.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Text(_) => None,
            Part::Variable(name) | Part::Wildcard(name) => Some(name.as_str()),
        })
    }

    /// Whether a path, with or without a query, matches.
    pub fn matches(&self, path: &str) -> bool {
        self.spans(path).is_some()
    }

    /// The variables with their values as they stand in the path (percent-encoded), `None` when it does not match.
    ///
    /// Of two variables of one name both are there, in the order of the template.
    pub fn variables<'p>(&self, path: &'p str) -> Option<Vec<(&str, &'p str)>> {
        let spans = self.spans(path)?;
        Some(self.names().zip(spans).collect())
    }

    /// The template with `_` for each variable and wildcard: what distances are measured from.
    pub(crate) fn outline(&self) -> String {
        self.parts
            .iter()
            .map(|part| match part {
                Part::Text(text) => text,
                Part::Variable(_) | Part::Wildcard(_) => "_",
            })
            .collect()
    }

    fn spans<'p>(&self, path: &'p str) -> Option<Vec<&'p str>> {
        let path = path.split_once('?').map_or(path, |(path, _)| path);
        let mut spans = Vec::new();
        let mut search = Search {
            parts: &self.parts,
            path,
            dead_ends: HashSet::new(),
            steps: TEMPLATE_STEPS,
        };
        search.place(0, 0, &mut spans).then_some(spans)
    }
}

impl fmt::Display for PathTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}

struct Search<'t, 'p> {
    parts: &'t [Part],
    path: &'p str,
    /// Parts and places from which the rest is known not to fit.
    dead_ends: HashSet<(usize, usize)>,
    steps: usize,
}

impl<'p> Search<'_, 'p> {
    fn place(&mut self, part: usize, at: usize, spans: &mut Vec<&'p str>) -> bool {
        let path = self.path;
        let rest = &path[at..];
        let Some(current) = self.parts.get(part) else {
            return rest.is_empty();
        };
        if self.dead_ends.contains(&(part, at)) {
            return false;
        }
        let fits = match current {
            Part::Text(text) => {
                rest.starts_with(text.as_str()) && self.place(part + 1, at + text.len(), spans)
            }
            Part::Variable(_) => {
                let longest = rest.find('/').unwrap_or(rest.len());
                let ends: Vec<_> = boundaries(&rest[..longest]).skip(1).collect();
                self.try_ends(part, at, ends.into_iter().rev(), spans)
            }
            Part::Wildcard(_) => self.try_ends(part, at, boundaries(rest), spans),
        };
        if !fits {
            self.dead_ends.insert((part, at));
        }
        fits
    }

    fn try_ends(
        &mut self,
        part: usize,
        at: usize,
        ends: impl Iterator<Item = usize>,
        spans: &mut Vec<&'p str>,
    ) -> bool {
        for end in ends {
            if self.steps == 0 {
                return false;
            }
            self.steps -= 1;
            spans.push(&self.path[at..at + end]);
            if self.place(part + 1, at + end, spans) {
                return true;
            }
            spans.pop();
        }
        false
    }
}

fn boundaries(text: &str) -> impl Iterator<Item = usize> {
    text.char_indices()
        .map(|(index, _)| index)
        .chain([text.len()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(template: &str, path: &str, expected: Option<&[(&str, &str)]>) {
        let template = PathTemplate::parse(template);
        let found = template.variables(path);
        assert_eq!(found.as_deref(), expected, "{template} {path}");
        assert_eq!(template.matches(path), expected.is_some());
    }

    #[test]
    fn templates_match_as_wiremock_matches_them() {
        check("/a/{x}/b", "/a/1/b", Some(&[("x", "1")]));
        check("/a/{x}/b", "/a/1/2/b", None);
        check("/a/{x}/b", "/a//b", None);
        check("/a/{x}/b", "/a/1/b/", None);
        check("/a/{x}/b", "/a/1/b?q=1", Some(&[("x", "1")]));
        check("/a/{x}", "/a/1.2", Some(&[("x", "1.2")]));
        check("/a/{x}", "/a/é", Some(&[("x", "é")]));
        check("/a/{x}.json", "/a/1.json", Some(&[("x", "1")]));
        check("/a/{x}.json", "/a/1.xml", None);
        check("/a/{x}-{y}", "/a/1-2-3", Some(&[("x", "1-2"), ("y", "3")]));
        check("/{x}/{x}", "/1/2", Some(&[("x", "1"), ("x", "2")]));
        check("/a/{x*}", "/a/1", Some(&[("x", "1")]));
        check("/a/**", "/a/1/2", Some(&[("0", "1/2")]));
        check("/a/**", "/a/", Some(&[("0", "")]));
        check("/a/**", "/a", None);
        check("/**/b", "/1/2/b", Some(&[("0", "1/2")]));
        check(
            "/**/{x}/**",
            "/1/2/3/4",
            Some(&[("0", "1"), ("x", "2"), ("1", "3/4")]),
        );
        check("/a/*", "/a/b", None);
        check("/a/{}", "/a/{}", Some(&[]));
        check("/a/{x", "/a/{x", Some(&[]));
        check("/a.b", "/axb", None);
        check("", "", Some(&[]));
        check("/", "", None);
    }

    #[test]
    fn many_wildcards_do_not_multiply() {
        let template = PathTemplate::parse(&format!("{}x", "**a".repeat(30)));
        assert!(!template.matches(&"a".repeat(3_000)));
    }

    #[test]
    fn the_fixed_prefix_is_what_comes_before_the_first_variable() {
        assert_eq!(PathTemplate::parse("/a/{x}/b").fixed_prefix(), "/a/");
        assert_eq!(PathTemplate::parse("{x}").fixed_prefix(), "");
        assert_eq!(PathTemplate::parse("/a/{x}/**").outline(), "/a/_/_");
    }
}
