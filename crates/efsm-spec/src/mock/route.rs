//! From a path to an operation.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::HashMap;

use percent_encoding::percent_decode_str;

use super::problem::Problem;
use crate::model::{Description, Operation, Route};

/// The routes of a description by the number of segments in their paths.
#[derive(Debug, Default)]
pub(super) struct Router {
    by_length: HashMap<usize, Vec<Path>>,
}

/// One template, with the places of its routes in the description.
#[derive(Debug)]
struct Path {
    segments: Vec<Segment>,
    /// As they are written.
    raw: Vec<String>,
    routes: Vec<usize>,
    is_concrete: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum Segment {
    Literal(String),
    /// The literals around the parameters of `{name}.{ext}`, in order.
    Template(Vec<String>),
}

/// What a path and method lead to.
#[derive(Debug)]
pub(super) enum Found<'d> {
    Route(&'d Route),
    /// The path is known, the method is not.
    NoMethod,
    NoPath,
    /// The path and method are known, the server that the request names is not.
    Wrong(Problem),
}

impl Router {
    pub(super) fn new(description: &Description) -> Self {
        let mut router = Self::default();
        let mut places: HashMap<&str, (usize, usize)> = HashMap::new();
        for (number, route) in description.routes.iter().enumerate() {
            if let Some((length, place)) = places.get(route.path.as_str()) {
                if let Some(paths) = router.by_length.get_mut(length) {
                    paths[*place].routes.push(number);
                }
                continue;
            }
            let raw: Vec<String> = route.path.split('/').skip(1).map(str::to_owned).collect();
            let segments: Vec<Segment> = raw.iter().map(|text| segment(text)).collect();
            let paths = router.by_length.entry(segments.len()).or_default();
            places.insert(&route.path, (segments.len(), paths.len()));
            paths.push(Path {
                is_concrete: segments
                    .iter()
                    .all(|segment| matches!(segment, Segment::Literal(_))),
                segments,
                raw,
                routes: vec![number],
            });
        }
        router
    }

    /// The route of a request; `server` is the base URL that it names.
    pub(super) fn find<'d>(
        &self,
        description: &'d Description,
        method: &str,
        path: &str,
        server: Option<&str>,
    ) -> Found<'d> {
        // As they came, and decoded.
        let segments: Vec<(&str, Cow<'_, str>)> = path
            .split('/')
            .skip(1)
            .map(|text| {
                let decoded = percent_decode_str(text).decode_utf8();
                (text, decoded.unwrap_or(Cow::Borrowed(text)))
            })
            .collect();
        let mut is_known = false;
        let mut candidates: Vec<(&Path, usize)> = Vec::new();
        for path in self.by_length.get(&segments.len()).into_iter().flatten() {
            if path.fits(&segments) {
                is_known = true;
                let routes = path.routes.iter();
                let of_method =
                    routes.filter(|number| description.routes[**number].method == method);
                candidates.extend(of_method.map(|number| (path, *number)));
            }
        }
        if candidates.is_empty() {
            return if is_known {
                Found::NoMethod
            } else {
                Found::NoPath
            };
        }
        if candidates.len() > 1 {
            // The best score first; of equal ones, what is described later.
            candidates
                .sort_by_cached_key(|(path, number)| Reverse((path.score(&segments), *number)));
        }
        let Some(server) = server else {
            let concrete = candidates.iter().find(|(path, _)| path.is_concrete);
            let (_, number) = concrete.unwrap_or(&candidates[0]);
            return Found::Route(&description.routes[*number]);
        };
        of_server(description, &candidates, server)
    }
}

fn of_server<'d>(
    description: &'d Description,
    candidates: &[(&Path, usize)],
    server: &str,
) -> Found<'d> {
    let has_servers = description
        .routes
        .iter()
        .any(|route| !description.operation(route).servers.is_empty());
    if !has_servers {
        return Found::Wrong(Problem::no_servers(server));
    }
    let mut matches: Vec<(bool, bool, usize)> = Vec::new();
    for (path, number) in candidates {
        let operation: &Operation = &description.operation(&description.routes[*number]);
        let fits: Vec<bool> = operation
            .servers
            .iter()
            .filter_map(|own| own.fits(server))
            .collect();
        if !fits.is_empty() {
            matches.push((fits.contains(&true), path.is_concrete, *number));
        }
    }
    let best = [(true, true), (false, true), (true, false)]
        .into_iter()
        .find_map(|wanted| {
            matches
                .iter()
                .find(|(server, path, _)| (*server, *path) == wanted)
        })
        .or_else(|| matches.first());
    match best {
        Some((.., number)) => Found::Route(&description.routes[*number]),
        None => Found::Wrong(Problem::no_server(server)),
    }
}

impl Path {
    fn fits(&self, segments: &[(&str, Cow<'_, str>)]) -> bool {
        self.segments
            .iter()
            .zip(segments)
            .all(|(segment, (_, text))| match segment {
                Segment::Literal(literal) => literal == text,
                Segment::Template(literals) => in_order(literals, text),
            })
    }

    /// Two for each equal segment and one for each template, up to the first that is neither.
    fn score(&self, segments: &[(&str, Cow<'_, str>)]) -> usize {
        let mut score = 0;
        for ((own, segment), (text, _)) in self.raw.iter().zip(&self.segments).zip(segments) {
            if own == text {
                score += 2;
            } else if matches!(segment, Segment::Template(_)) {
                score += 1;
            } else {
                break;
            }
        }
        score
    }
}

fn segment(raw: &str) -> Segment {
    let text = percent_decode_str(raw).decode_utf8_lossy().into_owned();
    let literals = literals(&text);
    if literals.len() > 1 {
        Segment::Template(literals)
    } else {
        Segment::Literal(text)
    }
}

/// The text around the parameters of a segment.
fn literals(text: &str) -> Vec<String> {
    let mut literals = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find('{') {
        let Some(length) = rest[start..].find('}').filter(|length| *length > 1) else {
            break;
        };
        literals.push(rest[..start].to_owned());
        rest = &rest[start + length + 1..];
    }
    literals.push(rest.to_owned());
    literals
}

fn in_order(literals: &[String], mut text: &str) -> bool {
    literals
        .iter()
        .all(|literal| match text.find(literal.as_str()) {
            Some(at) => {
                text = &text[at + literal.len()..];
                true
            }
            None => false,
        })
}

/// The values of a template's parameters in a path, decoded; a template may have several in a segment.
pub(super) fn parameters(template: &str, path: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (own, text) in template.split('/').zip(path.split('/')) {
        let mut own = own;
        let mut text = text;
        while let Some(start) = own.find('{') {
            let Some(length) = own[start..].find('}') else {
                break;
            };
            let name = &own[start + 1..start + length];
            text = text.get(start..).unwrap_or("");
            own = &own[start + length + 1..];
            let literal = own.split('{').next().unwrap_or("");
            let end = if literal.is_empty() {
                text.len()
            } else {
                text.find(literal).unwrap_or(text.len())
            };
            let value = percent_decode_str(&text[..end])
                .decode_utf8_lossy()
                .into_owned();
            // `{;id}` and `{petId*}` are how URI templates write styles.
            let name = name
                .trim_start_matches([';', '.', '?', '+', '#'])
                .trim_end_matches('*');
            found.push((name.to_owned(), value));
            text = &text[end..];
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_read_off_the_path() {
        let check = |template: &str, path: &str, expected: &[(&str, &str)]| {
            let found = parameters(template, path);
            let found: Vec<(&str, &str)> = found.iter().map(|(a, b)| (&**a, &**b)).collect();
            assert_eq!(found, expected, "{template} {path}");
        };
        check("/pets/{id}", "/pets/a%20b", &[("id", "a b")]);
        check(
            "/f/{name}.{ext}",
            "/f/a.json",
            &[("name", "a"), ("ext", "json")],
        );
        check("/p/{id}:archive", "/p/5:archive", &[("id", "5")]);
        check("/p/{id}", "/p/", &[("id", "")]);
        check("/p/{;id}", "/p/;id=1", &[("id", ";id=1")]);
    }

    #[test]
    fn templates_fit_segments_with_their_literals_in_order() {
        assert_eq!(
            segment("{id}.json"),
            Segment::Template(vec![String::new(), ".json".into()])
        );
        assert_eq!(segment("{}"), Segment::Literal("{}".into()));
        assert!(in_order(&literals("{a}-{b}"), "1-2"));
        assert!(!in_order(&literals("{a}-{b}"), "12"));
    }
}
