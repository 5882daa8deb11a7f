//! Which media type a client takes.

use http::HeaderMap;
use http::header::ACCEPT;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaType {
    GraphQlResponse,
    Json,
    EventStream,
}

impl MediaType {
    pub fn name(self) -> &'static str {
        match self {
            Self::GraphQlResponse => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
            Self::EventStream => "text/event-stream",
        }
    }
}

/// The type to answer with: the one that the client likes best, the first of equals; `None` when it takes none.
pub(super) fn negotiate(headers: &HeaderMap) -> Option<MediaType> {
    let mut best: Option<(MediaType, f32)> = None;
    let mut is_empty = true;
    for range in ranges(headers) {
        is_empty = false;
        let found = match range.name.as_str() {
            "application/graphql-response+json" => MediaType::GraphQlResponse,
            "application/json" | "application/*" | "*/*" => MediaType::Json,
            "text/event-stream" => MediaType::EventStream,
            _ => continue,
        };
        if !range.is_utf8 || range.quality <= 0.0 {
            continue;
        }
        if best.is_none_or(|(_, quality)| range.quality > quality) {
            best = Some((found, range.quality));
        }
    }
    if is_empty {
        Some(MediaType::Json)
    } else {
        best.map(|(found, _)| found)
    }
}

/// Whether a page is named before any media type of GraphQL, as browsers do.
pub(super) fn prefers_html(headers: &HeaderMap) -> bool {
    let first = ranges(headers).find(|range| range.quality > 0.0);
    first.is_some_and(|range| matches!(range.name.as_str(), "text/html" | "application/xhtml+xml"))
}

struct Range {
    name: String,
    quality: f32,
    is_utf8: bool,
}

fn ranges(headers: &HeaderMap) -> impl Iterator<Item = Range> {
    let values = headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok());
    let ranges = values.flat_map(|value| value.split(',')).map(str::trim);
    ranges.filter(|range| !range.is_empty()).map(|range| {
        let mut parts = range.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default().to_ascii_lowercase();
        let mut parsed = Range {
            name,
            quality: 1.0,
            is_utf8: true,
        };
        for (key, value) in parts.filter_map(|part| part.split_once('=')) {
            match key.trim().to_ascii_lowercase().as_str() {
                "q" => parsed.quality = value.trim().parse().unwrap_or(0.0),
                "charset" => parsed.is_utf8 = is_utf8(value),
                _ => {}
            }
        }
        parsed
    })
}

pub(super) fn is_utf8(charset: &str) -> bool {
    let charset = charset.trim().trim_matches('"');
    ["utf-8", "utf8"]
        .iter()
        .any(|known| charset.eq_ignore_ascii_case(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn negotiated(accept: &str) -> Option<MediaType> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, accept.parse().unwrap());
        negotiate(&headers)
    }

    #[test]
    fn best_type_is_taken() {
        use MediaType::{EventStream, GraphQlResponse, Json};
        for (accept, expected) in [
            ("application/json", Some(Json)),
            ("*/*", Some(Json)),
            (
                "application/graphql-response+json, application/json;q=0.9",
                Some(GraphQlResponse),
            ),
            (
                "application/json;q=0.5, application/graphql-response+json;q=0.6",
                Some(GraphQlResponse),
            ),
            (
                "application/json, application/graphql-response+json",
                Some(Json),
            ),
            ("text/event-stream", Some(EventStream)),
            ("application/json; charset=utf-8", Some(Json)),
            ("application/json; charset=iso-8859-1", None),
            ("text/plain", None),
            ("application/json;q=0", None),
            ("APPLICATION/JSON", Some(Json)),
        ] {
            assert_eq!(negotiated(accept), expected, "{accept}");
        }
        assert_eq!(negotiate(&HeaderMap::new()), Some(Json));
    }
}
