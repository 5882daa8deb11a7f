//! From [`Node`]s to the syntax of `fancy-regex`. Only constructs whose meaning both engines share are written, and
//! no flags: whatever depends on one has been spelled out.

use std::fmt::Write;

use super::ast::{Assertion, Kind, Node};
use super::set::CharSet;

/// `\r\n` counts as one terminator, so that no line ends between the two.
const TERMINATOR: &str = r"[\n\r\x{85}\x{2028}\x{2029}]";

/// The extended grapheme clusters of Unicode Standard Annex 29.
const GRAPHEME: &str = concat!(
    r"(?>\r\n|\p{gcb=Control}|\r|\n|\p{gcb=Prepend}*(?:",
    r"\p{gcb=RI}\p{gcb=RI}",
    r"|\p{gcb=L}*(?:\p{gcb=V}+|\p{gcb=LV}\p{gcb=V}*|\p{gcb=LVT})\p{gcb=T}*|\p{gcb=L}+|\p{gcb=T}+",
    r"|\p{Extended_Pictographic}(?:\p{gcb=Extend}*\p{gcb=ZWJ}\p{Extended_Pictographic})*",
    r"|[^\p{gcb=Control}\r\n])[\p{gcb=Extend}\p{gcb=ZWJ}\p{gcb=SpacingMark}]*)",
);

/// A pattern that is searched for.
pub(super) fn search(node: &Node, group_count: usize) -> String {
    let mut emitter = Emitter {
        out: String::new(),
        group_count,
    };
    emitter.node(node, Edges::default());
    emitter.out
}

/// A pattern that has to match the whole text: at its edges, `^` and `$` have nothing to add.
pub(super) fn whole(node: &Node, group_count: usize) -> String {
    let mut emitter = Emitter {
        out: String::from(r"\A(?:"),
        group_count,
    };
    emitter.node(
        node,
        Edges {
            start: true,
            end: true,
        },
    );
    emitter.out.push_str(r")\z");
    emitter.out
}

/// Whether nothing comes before or after a node in a match of the whole text.
#[derive(Clone, Copy, Default)]
struct Edges {
    start: bool,
    end: bool,
}

struct Emitter {
    out: String,
    group_count: usize,
}

impl Emitter {
    fn node(&mut self, node: &Node, edges: Edges) {
        match node {
            Node::Empty => self.out.push_str("(?:)"),
            Node::Set(set) => self.set(set),
            Node::LineBreak => self.out.push_str(r"(?:\r\n|[\n-\r\x{85}\x{2028}\x{2029}])"),
            Node::Grapheme => self.out.push_str(GRAPHEME),
            Node::Assertion(assertion) => self.assertion(*assertion, edges),
            Node::Group {
                index: Some(_),
                inner,
            } => self.wrapped("(", inner, edges),
            Node::Group { index: None, inner } => self.wrapped("(?:", inner, edges),
            // Here an `$` decides which way is taken, once and for all.
            Node::Atomic(inner) => self.wrapped(
                "(?>",
                inner,
                Edges {
                    end: false,
                    ..edges
                },
            ),
            Node::Look {
                behind,
                negative,
                inner,
            } => {
                let open = match (behind, negative) {
                    (false, false) => "(?=",
                    (false, true) => "(?!",
                    (true, false) => "(?<=",
                    (true, true) => "(?<!",
                };
                self.wrapped(open, inner, Edges::default());
            }
            Node::Repeat {
                inner,
                least,
                most,
                kind,
            } => self.repeat(inner, *least, *most, *kind),
            Node::Backreference { group, .. } if *group >= self.group_count => {
                self.set(&CharSet::empty());
            }
            Node::Backreference {
                group,
                case_insensitive,
            } => {
                let flag = if *case_insensitive { "i" } else { "" };
                let _ = write!(self.out, r"(?{flag}:\{group})");
            }
            Node::Concat(nodes) => {
                let last = nodes.len() - 1;
                for (at, node) in nodes.iter().enumerate() {
                    self.node(
                        node,
                        Edges {
                            start: edges.start && at == 0,
                            end: edges.end && at == last,
                        },
                    );
                }
            }
            Node::Alternation(nodes) => {
                self.out.push_str("(?:");
                for (at, node) in nodes.iter().enumerate() {
                    if at > 0 {
                        self.out.push('|');
                    }
                    self.node(node, edges);
                }
                self.out.push(')');
            }
        }
    }

    fn wrapped(&mut self, open: &str, inner: &Node, edges: Edges) {
        self.out.push_str(open);
        self.node(inner, edges);
        self.out.push(')');
    }

    fn repeat(&mut self, inner: &Node, least: u32, most: Option<u32>, kind: Kind) {
        if kind == Kind::Possessive {
            self.out.push_str("(?>");
        }
        if most == Some(0) {
            // Never taken; it stays because its groups are counted.
            self.out.push_str("(?:");
            self.set(&CharSet::empty());
            self.node(inner, Edges::default());
            self.out.push_str("|)");
            return self.close(kind);
        }
        if inner.longest() == Some(0) {
            // Once is as good as often, where nothing is consumed.
            match (least, kind) {
                (0, Kind::Lazy) => self.wrapped("(?:|", inner, Edges::default()),
                (0, _) => {
                    self.out.push_str("(?:");
                    self.node(inner, Edges::default());
                    self.out.push_str("|)");
                }
                _ => self.wrapped("(?:", inner, Edges::default()),
            }
            return self.close(kind);
        }
        self.wrapped("(?:", inner, Edges::default());
        match (least, most) {
            (0, Some(1)) => self.out.push('?'),
            (0, None) => self.out.push('*'),
            (1, None) => self.out.push('+'),
            (least, None) => _ = write!(self.out, "{{{least},}}"),
            (least, Some(most)) => _ = write!(self.out, "{{{least},{most}}}"),
        }
        if kind == Kind::Lazy {
            self.out.push('?');
        }
        self.close(kind);
    }

    fn close(&mut self, kind: Kind) {
        if kind == Kind::Possessive {
            self.out.push(')');
        }
    }

    fn assertion(&mut self, assertion: Assertion, edges: Edges) {
        let text = match assertion {
            Assertion::Start if edges.start => "",
            Assertion::End | Assertion::EndOrFinalTerminator { .. } | Assertion::LineEnd { .. }
                if edges.end =>
            {
                ""
            }
            Assertion::Start => r"\A",
            Assertion::End => r"\z",
            Assertion::EndOrFinalTerminator { unix_lines: true } => r"(?=\n?\z)",
            Assertion::EndOrFinalTerminator { unix_lines: false } => {
                r"(?:(?=(?:\r\n|[\r\x{85}\x{2028}\x{2029}])?\z)|(?<!\r)(?=\n\z))"
            }
            // No line starts at the end of the text, not even in an empty one.
            Assertion::LineStart { unix_lines: true } => r"(?:(?!\z)(?:\A|(?<=\n)))",
            Assertion::LineStart { unix_lines: false } => {
                r"(?:(?!\z)(?:\A|(?<=[\n\x{85}\x{2028}\x{2029}])|(?<=\r)(?!\n)))"
            }
            Assertion::LineEnd { unix_lines: true } => r"(?=\n|\z)",
            Assertion::LineEnd { unix_lines: false } => {
                let _ = write!(self.out, r"(?:(?!(?<=\r)\n)(?={TERMINATOR}|\z))");
                return;
            }
            Assertion::Boundary { negative: false } => r"\b",
            Assertion::Boundary { negative: true } => r"\B",
        };
        self.out
            .push_str(if text.is_empty() { "(?:)" } else { text });
    }

    fn set(&mut self, set: &CharSet) {
        if let Some(c) = set.single() {
            self.char(c);
        } else if set.is_all() {
            self.out.push_str("(?s:.)");
        } else {
            self.out.push('[');
            let before = self.out.len();
            for (from, to) in set.each_range() {
                self.char(from);
                if from < to {
                    self.out.push('-');
                    self.char(to);
                }
            }
            if self.out.len() == before {
                // Nothing is in it.
                self.out.push_str(r"^\x{0}-\x{10FFFF}");
            }
            self.out.push(']');
        }
    }

    fn char(&mut self, c: char) {
        if c.is_ascii_alphanumeric() {
            self.out.push(c);
        } else {
            let _ = write!(self.out, r"\x{{{:x}}}", u32::from(c));
        }
    }
}
