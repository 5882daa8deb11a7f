//! Regular expressions of schemas (ECMA-262): matching them, and text that matches them.

use regex_syntax::hir::{Class, Hir, HirKind};

use crate::random::Random;

/// How many steps back a match may take.
const BACKTRACKS: usize = 100_000;
/// The longest text that is made for a pattern, in characters.
const LONGEST: usize = 4_096;

/// A compiled pattern.
#[derive(Debug)]
pub(crate) struct Pattern {
    matcher: fancy_regex::Regex,
    /// For making text; without what looks around, which only narrows.
    tree: Option<Hir>,
}

impl Pattern {
    /// `None` for what is no regular expression.
    pub(crate) fn new(source: &str) -> Option<Self> {
        let translated = jsonschema_regex::to_rust_regex(source).ok()?;
        let matcher = fancy_regex::RegexBuilder::new(&translated)
            .backtrack_limit(BACKTRACKS)
            .build()
            .ok()?;
        let tree = parsed(&translated).or_else(|| parsed(&without_lookaround(&translated)?));
        Some(Self { matcher, tree })
    }

    /// Whether the pattern is found in the text. A search past the limit counts as found nothing.
    pub(crate) fn is_match(&self, text: &str) -> bool {
        self.matcher.is_match(text).unwrap_or(false)
    }

    /// A text that probably matches; `extra` says how many turns a repetition takes beyond its least.
    pub(crate) fn text(&self, extra: u32, random: &mut Random) -> Option<String> {
        let mut text = String::new();
        write(self.tree.as_ref()?, extra, random, &mut text)?;
        Some(text)
    }
}

fn parsed(source: &str) -> Option<Hir> {
    regex_syntax::ParserBuilder::new()
        .nest_limit(64)
        .build()
        .parse(source)
        .ok()
}

/// The pattern with its groups that look ahead or behind taken out.
fn without_lookaround(source: &str) -> Option<String> {
    let mut rest = String::with_capacity(source.len());
    let mut letters = source.char_indices().peekable();
    let mut in_class = false;
    // Depth of the group that is being left out, 0 outside of one.
    let mut skipped = 0_usize;
    while let Some((at, letter)) = letters.next() {
        let opens = !in_class && letter == '(';
        if skipped == 0
            && opens
            && ["(?=", "(?!", "(?<=", "(?<!"]
                .iter()
                .any(|mark| source[at..].starts_with(mark))
        {
            skipped = 1;
            continue;
        }
        match letter {
            '\\' => {
                let (_, escaped) = letters.next()?;
                if skipped == 0 {
                    rest.push(letter);
                    rest.push(escaped);
                }
                continue;
            }
            '[' => in_class = true,
            ']' => in_class = false,
            '(' if skipped > 0 && !in_class => skipped += 1,
            ')' if skipped > 0 && !in_class => {
                skipped -= 1;
                continue;
            }
            _ => {}
        }
        if skipped == 0 {
            rest.push(letter);
        }
    }
    Some(rest)
}

fn write(tree: &Hir, extra: u32, random: &mut Random, text: &mut String) -> Option<()> {
    if text.len() > LONGEST {
        return None;
    }
    match tree.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => text.push_str(std::str::from_utf8(&literal.0).ok()?),
        HirKind::Class(class) => text.push(member(class, random)?),
        HirKind::Repetition(repetition) => {
            let most = repetition
                .max
                .unwrap_or(u32::MAX)
                .min(repetition.min.saturating_add(extra));
            let turns = random.between(i128::from(repetition.min), i128::from(most));
            for _ in 0..turns {
                write(&repetition.sub, extra, random, text)?;
            }
        }
        HirKind::Capture(capture) => write(&capture.sub, extra, random, text)?,
        HirKind::Concat(parts) => {
            for part in parts {
                write(part, extra, random, text)?;
            }
        }
        HirKind::Alternation(branches) => {
            let branch = branches.get(random.below(branches.len() as u64) as usize)?;
            write(branch, extra, random, text)?;
        }
    }
    Some(())
}

/// A member of a class: a letter or digit of ASCII where there is one, else something printable, else anything.
fn member(class: &Class, random: &mut Random) -> Option<char> {
    const PREFERRED: [&[(char, char)]; 2] = [&[('a', 'z'), ('0', '9'), ('A', 'Z')], &[(' ', '~')]];
    let ranges: Vec<(char, char)> = match class {
        Class::Unicode(class) => class
            .iter()
            .map(|range| (range.start(), range.end()))
            .collect(),
        Class::Bytes(class) => class
            .iter()
            .map(|range| (char::from(range.start()), char::from(range.end())))
            .collect(),
    };
    for preferred in PREFERRED {
        let mut common = Vec::new();
        for (from, to) in &ranges {
            for (first, last) in preferred {
                let (low, high) = ((*from).max(*first), (*to).min(*last));
                if low <= high {
                    common.push((low, high));
                }
            }
        }
        if !common.is_empty() {
            return one_of(&common, random);
        }
    }
    one_of(&ranges, random)
}

fn one_of(ranges: &[(char, char)], random: &mut Random) -> Option<char> {
    let size = |(low, high): &(char, char)| u64::from(u32::from(*high) - u32::from(*low) + 1);
    let mut index = random.below(ranges.iter().map(size).sum());
    for range in ranges {
        if index < size(range) {
            // A range may span the surrogates, which are no characters.
            return char::from_u32(u32::from(range.0) + index as u32).or(Some(range.0));
        }
        index -= size(range);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn matches(source: &str) {
        let pattern = Pattern::new(source).expect("a pattern");
        let mut random = Random::new(5);
        let found = (0..200).any(|turn| {
            pattern
                .text(turn % 9, &mut random)
                .is_some_and(|text| pattern.is_match(&text))
        });
        assert!(found, "{source}");
    }

    #[test]
    fn text_matches_the_pattern() {
        for source in [
            "^[a-z]{3}$",
            r"^\d{3}-\d{4}$",
            r"^(?!0)\d{2,5}$",
            r"^[\w.+-]+@[\w-]+\.[a-z]{2,}$",
            r"^arn:aws:[^:\s]+:(us|eu)-\d$",
            r"^\p{L}+$",
            r"(a|b)*c\b",
            r"^(?=.*[a-z]).{8,}$",
            r"^\/v[1-9]\/[^\/]+$",
            "",
        ] {
            matches(source);
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        assert!(Pattern::new("(").is_none());
        assert!(Pattern::new("[z-a]").is_none());
    }

    #[test]
    fn huge_repetitions_are_given_up() {
        let pattern = Pattern::new("^(a{100}){100}$").expect("a pattern");
        assert_eq!(pattern.text(0, &mut Random::new(1)), None);
    }
}
