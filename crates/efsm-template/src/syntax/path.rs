//! Paths: `request.headers.X-Id`, `../name`, `@index`, `this.[0]`.

use std::sync::Arc;

/// A compiled path, never empty.
#[derive(Debug, Clone)]
pub(crate) struct Path {
    pub(crate) segments: Vec<Segment>,
}

#[derive(Debug, Clone)]
pub(crate) enum Segment {
    /// A whole path that is `this`, `.` or `./`.
    WholeThis {
        dotted: bool,
    },
    /// `this.x` or `./x`.
    This {
        dotted: bool,
    },
    /// `..` alone.
    WholeParent,
    /// `../x`.
    Parent,
    Property(Arc<str>),
    Index(i64, Arc<str>),
    /// `@x`: looked up with the sign, then without.
    Data(Arc<str>),
}

impl Path {
    /// Splits a path at `.` and `/` outside brackets.
    pub(crate) fn compile(path: &str) -> Self {
        let mut segments = Vec::new();
        split(path, &mut segments);
        if segments.is_empty() {
            // Only separators: a property that nothing has.
            segments.push(Segment::Property(path.into()));
        }
        Self { segments }
    }
}

fn split(path: &str, segments: &mut Vec<Segment>) {
    match path {
        "this" => return segments.push(Segment::WholeThis { dotted: false }),
        "." | "./" => return segments.push(Segment::WholeThis { dotted: true }),
        ".." => return segments.push(Segment::WholeParent),
        _ => {}
    }
    if let Some(rest) = path.strip_prefix("../") {
        segments.push(Segment::Parent);
        return split(rest, segments);
    }
    if let Some(rest) = path.strip_prefix("./") {
        segments.push(Segment::This { dotted: true });
        return split(rest, segments);
    }
    // After a lone `@`, as in `@../index`, names are data.
    let mut data = false;
    let mut rest = path;
    while let Some(first) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("../") {
            segments.push(Segment::Parent);
            rest = after;
            continue;
        }
        if let Some((name, after)) = bracketed(rest) {
            segments.push(named(name, data));
            rest = after;
            continue;
        }
        if matches!(first, '.' | '/') {
            rest = &rest[1..];
            continue;
        }
        let end = rest.find(['.', '/']).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        match name {
            "this" => segments.push(Segment::This { dotted: false }),
            "@" => data = true,
            _ if first == '@' => segments.push(Segment::Data(name.into())),
            _ => segments.push(named(name, data)),
        }
        rest = after;
    }
}

/// `[name]` at the start, the name without brackets inside.
fn bracketed(text: &str) -> Option<(&str, &str)> {
    let inside = text.strip_prefix('[')?;
    let end = inside.find(['[', ']'])?;
    (end > 0 && inside.as_bytes()[end] == b']').then(|| (&inside[..end], &inside[end + 1..]))
}

fn named(name: &str, data: bool) -> Segment {
    match name.parse::<i32>() {
        Ok(index) => Segment::Index(i64::from(index), name.into()),
        Err(_) if data => Segment::Data(format!("@{name}").into()),
        Err(_) => Segment::Property(name.into()),
    }
}
