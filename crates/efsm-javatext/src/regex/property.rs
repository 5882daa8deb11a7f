//! The classes that have a name: `\d`, `\p{Alpha}`, `\p{javaLowerCase}`, `\p{IsLatin}`, `\p{InGreek}`, `\p{Lu}`.

use super::blocks::BLOCKS;
use super::flags::Flags;
use super::set::CharSet;

/// The classes of one lower-case letter: `d h s v w`.
pub(super) fn predefined(letter: char, flags: Flags) -> CharSet {
    let unicode = flags.unicode_character_class;
    match letter {
        'd' if unicode => known(r"\p{Nd}"),
        'd' => CharSet::range('0', '9'),
        's' if unicode => known(r"\p{White_Space}"),
        's' => CharSet::ranges(&[('\t', '\r'), (' ', ' ')]),
        'w' if unicode => known(r"[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]"),
        'w' => CharSet::ranges(&[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')]),
        'v' => CharSet::ranges(&[('\n', '\r'), ('\u{85}', '\u{85}'), ('\u{2028}', '\u{2029}')]),
        _ => CharSet::ranges(&[
            ('\t', '\t'),
            (' ', ' '),
            ('\u{a0}', '\u{a0}'),
            ('\u{1680}', '\u{1680}'),
            ('\u{180e}', '\u{180e}'),
            ('\u{2000}', '\u{200a}'),
            ('\u{202f}', '\u{202f}'),
            ('\u{205f}', '\u{205f}'),
            ('\u{3000}', '\u{3000}'),
        ]),
    }
}

/// What stands between the braces of `\p{..}`; `None` when Java does not know it.
pub(super) fn property(name: &str, flags: Flags) -> Option<CharSet> {
    let any_case = flags.case_insensitive;
    if let Some((key, value)) = name.split_once('=') {
        return match key.to_ascii_lowercase().as_str() {
            "sc" | "script" => script(value),
            "blk" | "block" => block(value),
            "gc" | "general_category" => category(value, any_case),
            _ => None,
        };
    }
    if let Some(block_name) = name.strip_prefix("In") {
        return block(block_name);
    }
    if let Some(rest) = name.strip_prefix("Is") {
        return binary(rest, any_case)
            .or_else(|| category(rest, any_case))
            .or_else(|| script(rest));
    }
    if flags.unicode_character_class
        && let Some(set) = unicode_posix(name, any_case)
    {
        return Some(set);
    }
    posix(name, any_case)
        .or_else(|| category(name, any_case))
        .or_else(|| java_method(name, any_case))
}

fn known(class: &str) -> CharSet {
    CharSet::of(class).unwrap_or_else(CharSet::empty)
}

/// The names of POSIX, ASCII only.
fn posix(name: &str, any_case: bool) -> Option<CharSet> {
    let set = match name {
        "Lower" => CharSet::range('a', 'z'),
        "Upper" => CharSet::range('A', 'Z'),
        "ASCII" => CharSet::range('\0', '\x7f'),
        "Alpha" => known("[A-Za-z]"),
        "Digit" => CharSet::range('0', '9'),
        "Alnum" => known("[A-Za-z0-9]"),
        "Punct" => known("[!-/:-@\\[-`{-~]"),
        "Graph" => CharSet::range('!', '~'),
        "Print" => CharSet::range(' ', '~'),
        "Blank" => known("[ \t]"),
        "Cntrl" => known(r"[\x00-\x1f\x7f]"),
        "XDigit" => known("[0-9A-Fa-f]"),
        "Space" => CharSet::ranges(&[('\t', '\r'), (' ', ' ')]),
        _ => return None,
    };
    Some(if any_case && matches!(name, "Lower" | "Upper") {
        set.fold_ascii()
    } else {
        set
    })
}

/// The names of POSIX under `(?U)`, as Annex C of Unicode Technical Standard 18 defines them.
fn unicode_posix(name: &str, any_case: bool) -> Option<CharSet> {
    Some(match name {
        "Lower" | "Upper" if any_case => cased(),
        "Lower" => known(r"\p{Lowercase}"),
        "Upper" => known(r"\p{Uppercase}"),
        "ASCII" => CharSet::range('\0', '\x7f'),
        "Alpha" => known(r"\p{Alphabetic}"),
        "Digit" => known(r"\p{Nd}"),
        "Alnum" => known(r"[\p{Alphabetic}\p{Nd}]"),
        "Punct" => known(r"\p{P}"),
        "Graph" => known(r"[^\p{White_Space}\p{Cc}\p{Cs}\p{Cn}]"),
        "Print" => known(r"[^\p{White_Space}\p{Cc}\p{Cs}\p{Cn}]").union(&known(r"[\p{Zs}]")),
        "Blank" => known(r"[\p{Zs}\t]"),
        "Cntrl" => known(r"\p{Cc}"),
        "XDigit" => known(r"[\p{Nd}\p{Hex_Digit}]"),
        "Space" => known(r"\p{White_Space}"),
        _ => return None,
    })
}

fn cased() -> CharSet {
    known(r"[\p{Lowercase}\p{Uppercase}\p{Lt}]")
}

/// The binary properties, after `Is`, in either case.
fn binary(name: &str, any_case: bool) -> Option<CharSet> {
    Some(match name.to_ascii_uppercase().as_str() {
        "LOWERCASE" | "UPPERCASE" | "TITLECASE" if any_case => cased(),
        "LOWERCASE" => known(r"\p{Lowercase}"),
        "UPPERCASE" => known(r"\p{Uppercase}"),
        "TITLECASE" => known(r"\p{Lt}"),
        "ALPHABETIC" => known(r"\p{Alphabetic}"),
        "LETTER" => known(r"\p{L}"),
        "IDEOGRAPHIC" => known(r"\p{Ideographic}"),
        "WHITE_SPACE" | "WHITESPACE" => known(r"\p{White_Space}"),
        "CONTROL" => known(r"\p{Cc}"),
        "PUNCTUATION" => known(r"\p{P}"),
        "HEX_DIGIT" | "HEXDIGIT" => known(r"[\p{Nd}\p{Hex_Digit}]"),
        "ASSIGNED" => known(r"\P{Cn}"),
        "NONCHARACTER_CODE_POINT" | "NONCHARACTERCODEPOINT" => {
            known(r"\p{Noncharacter_Code_Point}")
        }
        "DIGIT" => known(r"\p{Nd}"),
        "ALNUM" => known(r"[\p{Alphabetic}\p{Nd}]"),
        "BLANK" => known(r"[\p{Zs}\t]"),
        "GRAPH" => known(r"[^\p{White_Space}\p{Cc}\p{Cs}\p{Cn}]"),
        "PRINT" => known(r"[^\p{White_Space}\p{Cc}\p{Cs}\p{Cn}]").union(&known(r"\p{Zs}")),
        "WORD" => known(r"[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]"),
        "JOIN_CONTROL" | "JOINCONTROL" => known(r"\p{Join_Control}"),
        _ => return None,
    })
}

/// The general categories, and Java's `LC`, `LD`, `L1` and `all`.
fn category(name: &str, any_case: bool) -> Option<CharSet> {
    const CATEGORIES: [&str; 36] = [
        "C", "Cc", "Cf", "Cn", "Co", "L", "Ll", "Lm", "Lo", "Lt", "Lu", "M", "Mc", "Me", "Mn", "N",
        "Nd", "Nl", "No", "P", "Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps", "S", "Sc", "Sk", "Sm",
        "So", "Z", "Zl", "Zp", "Zs",
    ];
    match name {
        "Lu" | "Ll" | "Lt" if any_case => Some(known(r"[\p{Lu}\p{Ll}\p{Lt}]")),
        "LC" => Some(known(r"[\p{Lu}\p{Ll}\p{Lt}]")),
        "LD" => Some(known(r"[\p{L}\p{Nd}]")),
        "L1" => Some(CharSet::range('\0', '\u{ff}')),
        "all" => Some(CharSet::all()),
        // No text has a lone surrogate.
        "Cs" => Some(CharSet::empty()),
        _ if CATEGORIES.contains(&name) => CharSet::of(&format!(r"\p{{{name}}}")),
        _ => None,
    }
}

fn script(name: &str) -> Option<CharSet> {
    let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    plain
        .then(|| CharSet::of(&format!(r"\p{{Script={name}}}")))
        .flatten()
}

/// A block by its name, blanks, hyphens and underscores in it being as good as nothing.
fn block(name: &str) -> Option<CharSet> {
    let key = |name: &str| -> String {
        name.chars()
            .filter(|c| !matches!(c, ' ' | '-' | '_'))
            .map(|c| c.to_ascii_uppercase())
            .collect()
    };
    let wanted = key(name);
    let (_, from, to) = BLOCKS.iter().find(|(name, ..)| *name == wanted)?;
    Some(CharSet::code_points(*from, *to))
}

/// `java` and the rest of a method's name of `java.lang.Character`: `javaLowerCase` is `isLowerCase`.
fn java_method(name: &str, any_case: bool) -> Option<CharSet> {
    Some(match name.strip_prefix("java")? {
        "LowerCase" | "UpperCase" | "TitleCase" if any_case => cased(),
        "LowerCase" => known(r"\p{Lowercase}"),
        "UpperCase" => known(r"\p{Uppercase}"),
        "TitleCase" => known(r"\p{Lt}"),
        "Alphabetic" => known(r"\p{Alphabetic}"),
        "Ideographic" => known(r"\p{Ideographic}"),
        "Digit" => known(r"\p{Nd}"),
        "Defined" => known(r"\P{Cn}"),
        "Letter" => known(r"\p{L}"),
        "LetterOrDigit" => known(r"[\p{L}\p{Nd}]"),
        "JavaIdentifierStart" => known(r"[\p{L}\p{Nl}\p{Sc}\p{Pc}]"),
        "JavaIdentifierPart" => {
            known(r"[\p{L}\p{Nl}\p{Sc}\p{Pc}\p{Nd}\p{Mc}\p{Mn}]").union(&ignorable())
        }
        "UnicodeIdentifierStart" => known(r"\p{ID_Start}"),
        "UnicodeIdentifierPart" => known(r"\p{ID_Continue}").union(&ignorable()),
        "IdentifierIgnorable" => ignorable(),
        "SpaceChar" => known(r"\p{Z}"),
        "Whitespace" => known(r"[\p{Z}\t-\r\x1c-\x1f&&[^\u{a0}\u{2007}\u{202f}]]"),
        "ISOControl" => known(r"\p{Cc}"),
        "Mirrored" => known(MIRRORED),
        _ => return None,
    })
}

fn ignorable() -> CharSet {
    known(r"[\x00-\x08\x0e-\x1b\x7f-\u{9f}\p{Cf}]")
}

/// `Character.isMirrored`, the property Bidi_Mirrored, of which the `regex` crate has no table.
const MIRRORED: &str = concat!(
    "[",
    r"\x{28}-\x{29}\x{3c}\x{3e}\x{5b}\x{5d}\x{7b}\x{7d}\x{ab}\x{bb}\x{f3a}-\x{f3d}\x{169b}-\x{169c}",
    r"\x{2039}-\x{203a}\x{2045}-\x{2046}\x{207d}-\x{207e}\x{208d}-\x{208e}\x{2140}\x{2201}-\x{2204}",
    r"\x{2208}-\x{220d}\x{2211}\x{2215}-\x{2216}\x{221a}-\x{221d}\x{221f}-\x{2222}\x{2224}\x{2226}",
    r"\x{222b}-\x{2233}\x{2239}\x{223b}-\x{224c}\x{2252}-\x{2255}\x{225f}-\x{2260}\x{2262}",
    r"\x{2264}-\x{226b}\x{226e}-\x{228c}\x{228f}-\x{2292}\x{2298}\x{22a2}-\x{22a3}\x{22a6}-\x{22b8}",
    r"\x{22be}-\x{22bf}\x{22c9}-\x{22cd}\x{22d0}-\x{22d1}\x{22d6}-\x{22ed}\x{22f0}-\x{22ff}",
    r"\x{2308}-\x{230b}\x{2320}-\x{2321}\x{2329}-\x{232a}\x{2768}-\x{2775}\x{27c0}\x{27c3}-\x{27c6}",
    r"\x{27c8}-\x{27c9}\x{27cb}-\x{27cd}\x{27d3}-\x{27d6}\x{27dc}-\x{27de}\x{27e2}-\x{27ef}",
    r"\x{2983}-\x{2998}\x{299b}-\x{29a0}\x{29a2}-\x{29af}\x{29b8}\x{29c0}-\x{29c5}\x{29c9}",
    r"\x{29ce}-\x{29d2}\x{29d4}-\x{29d5}\x{29d8}-\x{29dc}\x{29e1}\x{29e3}-\x{29e5}\x{29e8}-\x{29e9}",
    r"\x{29f4}-\x{29f9}\x{29fc}-\x{29fd}\x{2a0a}-\x{2a1c}\x{2a1e}-\x{2a21}\x{2a24}\x{2a26}\x{2a29}",
    r"\x{2a2b}-\x{2a2e}\x{2a34}-\x{2a35}\x{2a3c}-\x{2a3e}\x{2a57}-\x{2a58}\x{2a64}-\x{2a65}",
    r"\x{2a6a}-\x{2a6d}\x{2a6f}-\x{2a70}\x{2a73}-\x{2a74}\x{2a79}-\x{2aa3}\x{2aa6}-\x{2aad}",
    r"\x{2aaf}-\x{2ad6}\x{2adc}\x{2ade}\x{2ae2}-\x{2ae6}\x{2aec}-\x{2aee}\x{2af3}\x{2af7}-\x{2afb}",
    r"\x{2afd}\x{2bfe}\x{2e02}-\x{2e05}\x{2e09}-\x{2e0a}\x{2e0c}-\x{2e0d}\x{2e1c}-\x{2e1d}",
    r"\x{2e20}-\x{2e29}\x{3008}-\x{3011}\x{3014}-\x{301b}\x{fe59}-\x{fe5e}\x{fe64}-\x{fe65}",
    r"\x{ff08}-\x{ff09}\x{ff1c}\x{ff1e}\x{ff3b}\x{ff3d}\x{ff5b}\x{ff5d}\x{ff5f}-\x{ff60}",
    r"\x{ff62}-\x{ff63}\x{1d6db}\x{1d715}\x{1d74f}\x{1d789}\x{1d7c3}",
    "]"
);
