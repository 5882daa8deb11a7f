//! Tags and what stands between them.

use std::collections::HashMap;
use std::sync::Arc;

use super::cursor::Cursor;
use super::expression::Calling;
use super::tree::{Body, Expression, Mustache, Node};
use crate::TemplateError;

/// Blocks inside each other.
pub(super) const MAX_BLOCKS: usize = 64;

/// How a template is read.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ParseOptions {
    /// `{{x}}` escapes HTML.
    pub(crate) escape_html: bool,
}

/// Reads a template whose tags stand between two byte offsets; what is outside is text.
pub(crate) fn parse(
    source: &str,
    first: usize,
    last: usize,
    options: ParseOptions,
) -> Result<Body, TemplateError> {
    let mut parser = Parser {
        cursor: Cursor::new(&source[..last]),
        options,
        open: "{{".to_owned(),
        close: "}}".to_owned(),
        blocks: Vec::new(),
        qualifiers: Vec::new(),
        scopes: Vec::new(),
        subexpressions: 0,
        trim_next: false,
        tags: None,
    };
    parser.cursor.at = first;
    let (mut body, end) = parser.body()?;
    match end {
        End::Text => {
            if first > 0 {
                body.nodes.insert(0, Node::Text(source[..first].to_owned()));
            }
            if last < source.len() {
                body.nodes.push(Node::Text(source[last..].to_owned()));
            }
            Ok(body)
        }
        End::Else { start, .. } | End::Close { start } => Err(parser
            .cursor
            .unexpected_at(start, "the end of the template, as no block is open")),
    }
}

pub(super) struct Parser<'t> {
    pub(super) cursor: Cursor<'t>,
    options: ParseOptions,
    pub(super) open: String,
    pub(super) close: String,
    /// The names of the open blocks and partials.
    pub(super) blocks: Vec<Arc<str>>,
    /// What Handlebars.java takes for the open blocks: a closed `{{^x}}` stays.
    pub(super) qualifiers: Vec<Arc<str>>,
    /// The first arguments of the open blocks that have one.
    pub(super) scopes: Vec<String>,
    pub(super) subexpressions: usize,
    /// The tag before ended in `~}}`: white space that follows is dropped.
    pub(super) trim_next: bool,
    /// Found when first needed.
    tags: Option<HashMap<String, TagPlaces>>,
}

/// Byte offsets of the tags of one name.
#[derive(Default)]
struct TagPlaces {
    starts: Vec<usize>,
    ends: Vec<usize>,
}

/// What ended a body.
pub(super) enum End {
    /// The text.
    Text,
    /// `{{else …}}` or `{{^…}}`; the cursor stands behind the word.
    Else { start: usize, trims: bool },
    /// `{{/`; the cursor stands behind it.
    Close { start: usize },
}

/// What starts a tag, after the delimiter and `~`.
enum Tag {
    Comment,
    Ampersand,
    RawEnd,
    Raw,
    Triple,
    Unless,
    PartialBlock,
    Block,
    Delimiters,
    Partial,
    Close,
    Plain,
}

/// Longer marks before their prefixes.
const TAGS: [(&str, Tag); 11] = [
    ("&", Tag::Ampersand),
    ("{{/", Tag::RawEnd),
    ("{{", Tag::Raw),
    ("{", Tag::Triple),
    ("^", Tag::Unless),
    ("#>", Tag::PartialBlock),
    ("#", Tag::Block),
    ("=", Tag::Delimiters),
    (">", Tag::Partial),
    ("/", Tag::Close),
    ("", Tag::Plain),
];

impl Parser<'_> {
    /// Everything up to the tag that ends the body.
    pub(super) fn body(&mut self) -> Result<(Body, End), TemplateError> {
        let mut nodes = Vec::new();
        loop {
            self.text(&mut nodes);
            if self.cursor.at == self.cursor.text.len() {
                return Ok((Body { nodes }, End::Text));
            }
            let start = self.cursor.at;
            let tag = self.open_tag(&mut nodes)?;
            match tag {
                Tag::Comment => {}
                Tag::Plain => {
                    self.cursor.skip_space();
                    let word = self.cursor.at;
                    let spaced_trim = self.cursor.eat("~");
                    if self.cursor.eat("else") && self.ends_word() {
                        if spaced_trim {
                            trim_end(&mut nodes);
                        }
                        let trims = self.eat_else_trim();
                        return Ok((Body { nodes }, End::Else { start, trims }));
                    }
                    self.cursor.at = word;
                    if self.cursor.starts_with("*") {
                        return Err(self
                            .cursor
                            .unexpected("a name; only `#*inline` decorates, and it is a block"));
                    }
                    let expression = self.expression(Calling::Mustache)?;
                    self.end_tag("", &expression)?;
                    nodes.push(Node::Mustache(Mustache {
                        expression,
                        escaped: self.options.escape_html,
                    }));
                }
                Tag::Ampersand | Tag::Triple => {
                    let expression = self.expression(Calling::Mustache)?;
                    let brace = if matches!(tag, Tag::Triple) { "}" } else { "" };
                    self.end_tag(brace, &expression)?;
                    nodes.push(Node::Mustache(Mustache {
                        expression,
                        escaped: false,
                    }));
                }
                Tag::Block => nodes.push(self.block(start)?),
                Tag::Raw => nodes.push(self.raw_block()?),
                Tag::PartialBlock | Tag::Partial => {
                    nodes.push(self.partial(matches!(tag, Tag::PartialBlock))?);
                }
                Tag::Delimiters => self.delimiters()?,
                Tag::Unless if !self.blocks.is_empty() && !self.names_inverted_block() => {
                    return Ok((
                        Body { nodes },
                        End::Else {
                            start,
                            trims: false,
                        },
                    ));
                }
                Tag::Unless => nodes.push(self.inverted_block()?),
                Tag::Close => return Ok((Body { nodes }, End::Close { start })),
                Tag::RawEnd => {
                    return Err(self
                        .cursor
                        .unexpected_at(start, "a tag, as no raw block is open"));
                }
            }
        }
    }

    /// Text up to the next tag, with `\{{…}}` kept as text.
    pub(super) fn text(&mut self, nodes: &mut Vec<Node>) {
        let mut out = String::new();
        loop {
            let rest = self.cursor.rest();
            let end = rest.find(&self.open).unwrap_or(rest.len());
            if let Some(literal) = self.escaped_tag(end) {
                out.push_str(&rest[..end - 1]);
                out.push_str(&literal);
                self.cursor.at += end + literal.len();
                continue;
            }
            out.push_str(&rest[..end]);
            self.cursor.at += end;
            break;
        }
        if std::mem::take(&mut self.trim_next) {
            out.drain(..out.len() - out.trim_start().len());
        }
        if out.is_empty() {
            return;
        }
        if let Some(Node::Text(text)) = nodes.last_mut() {
            text.push_str(&out);
        } else {
            nodes.push(Node::Text(out));
        }
    }

    /// The tag at `end` in the rest of the text when a backslash before it makes it text.
    pub(super) fn escaped_tag(&self, end: usize) -> Option<String> {
        let rest = self.cursor.rest();
        if end == rest.len() || !rest[..end].ends_with('\\') {
            return None;
        }
        let inside = &rest[end + self.open.len()..];
        // Up to the next tag only, so that many escapes without an end are not searched again and again.
        let until = inside.find(&self.open).unwrap_or(inside.len());
        let close = inside[..until].find(&self.close)?;
        let length = self.open.len() + close + self.close.len();
        Some(rest[end..end + length].to_owned())
    }

    /// Reads the delimiter and the mark of a tag, comments whole.
    fn open_tag(&mut self, nodes: &mut Vec<Node>) -> Result<Tag, TemplateError> {
        let start = self.cursor.at;
        self.cursor.at += self.open.len();
        if self.cursor.starts_with("!") {
            let end = if self.cursor.starts_with("!--") {
                format!("--{}", self.close)
            } else {
                self.close.clone()
            };
            let Some(length) = self.cursor.rest().find(&end) else {
                return Err(self
                    .cursor
                    .unexpected_at(start, format!("a comment that ends with `{end}`")));
            };
            self.cursor.at += length + end.len();
            return Ok(Tag::Comment);
        }
        if self.cursor.eat("~") {
            trim_end(nodes);
        }
        for (mark, tag) in TAGS {
            if self.cursor.eat(mark) {
                return Ok(tag);
            }
        }
        unreachable!("the empty mark matches everything")
    }

    /// `{{^}}` and a `{{^x}}` without an end of its own continue the open block; `{{^x}} … {{/x}}` is a
    /// block in it. It has one when more blocks of the name end behind it than start or are open.
    pub(super) fn names_inverted_block(&mut self) -> bool {
        let start = self.cursor.at;
        self.cursor.skip_space();
        let name = self.identifier();
        self.cursor.skip_space();
        let closed = self.at_close();
        self.cursor.at = start;
        let Some(name) = name.filter(|_| closed) else {
            return false;
        };
        if self.tags.is_none() {
            self.tags = Some(self.find_tags());
        }
        let Some(tags) = self.tags.as_ref().and_then(|tags| tags.get(&name)) else {
            return false;
        };
        let behind = |places: &[usize]| places.len() - places.partition_point(|at| *at <= start);
        let open = self.blocks.iter().filter(|open| ***open == *name).count();
        behind(&tags.ends) > behind(&tags.starts) + open
    }

    /// Where blocks of each name start and end, as far as that is seen without reading the tags.
    fn find_tags(&mut self) -> HashMap<String, TagPlaces> {
        let here = self.cursor.at;
        let mut found: HashMap<String, TagPlaces> = HashMap::new();
        while let Some(next) = self.cursor.rest().find(&self.open) {
            self.cursor.at += next + self.open.len();
            self.cursor.eat("~");
            let ends = self.cursor.eat("/");
            if ends || self.cursor.eat("#") {
                self.cursor.skip_space();
                if let Some(name) = self.identifier() {
                    let places = found.entry(name).or_default();
                    let list = if ends {
                        &mut places.ends
                    } else {
                        &mut places.starts
                    };
                    list.push(self.cursor.at);
                }
            }
        }
        self.cursor.at = here;
        found
    }

    /// Whether the tag ends at the byte offset.
    pub(super) fn is_close(&self, at: usize) -> bool {
        let rest = &self.cursor.text[at..];
        rest.starts_with(&self.close)
            || rest
                .strip_prefix('~')
                .is_some_and(|rest| rest.starts_with(&self.close))
    }

    pub(super) fn at_close(&self) -> bool {
        self.is_close(self.cursor.at)
    }

    pub(super) fn ends_word(&self) -> bool {
        self.cursor
            .peek()
            .is_none_or(|c| c.is_whitespace() || c == '~' || self.is_close(self.cursor.at))
    }

    /// `else~` before something else than the end of the tag trims too.
    pub(super) fn eat_else_trim(&mut self) -> bool {
        !self.at_close() && self.cursor.eat("~")
    }

    /// The end of a tag, after `brace`.
    pub(super) fn end_tag(
        &mut self,
        brace: &str,
        expression: &Expression,
    ) -> Result<(), TemplateError> {
        self.end_tag_after(brace, &expression.name)
    }

    pub(super) fn end_tag_after(&mut self, brace: &str, name: &str) -> Result<(), TemplateError> {
        self.cursor.skip_space();
        let start = self.cursor.at;
        if self.cursor.eat(brace) {
            let trims = self.cursor.eat("~");
            if self.cursor.eat(&self.close.clone()) {
                self.trim_next = trims;
                return Ok(());
            }
        }
        Err(self.cursor.unexpected_at(
            start,
            format!("`{brace}{}` or an argument of `{name}`", self.close),
        ))
    }

    /// Behind `{{=`: new delimiters.
    pub(super) fn delimiters(&mut self) -> Result<(), TemplateError> {
        let start = self.cursor.at;
        let end = format!("={}", self.close);
        let rest = self.cursor.rest();
        let parts = rest.find(&end).map(|length| (length, &rest[..length]));
        let Some((length, (open, close))) = parts.and_then(|(length, text)| {
            let mut words = text.split_whitespace();
            let pair = (words.next()?, words.next()?);
            words.next().is_none().then_some((length, pair))
        }) else {
            return Err(self
                .cursor
                .unexpected_at(start, format!("two delimiters and `{end}`")));
        };
        (self.open, self.close) = (open.to_owned(), close.to_owned());
        self.cursor.at += length + end.len();
        Ok(())
    }
}

/// Drops white space before a tag that starts with `{{~`.
fn trim_end(nodes: &mut Vec<Node>) {
    if let Some(Node::Text(text)) = nodes.last_mut() {
        text.truncate(text.trim_end().len());
        if text.is_empty() {
            nodes.pop();
        }
    }
}
