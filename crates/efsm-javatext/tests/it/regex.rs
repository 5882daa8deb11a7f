use efsm_javatext::{Flags, JavaRegex, RegexError};
use proptest::prelude::*;

fn regex(pattern: &str) -> JavaRegex {
    JavaRegex::new(pattern).expect("the pattern is well-formed")
}

#[test]
fn named_groups_are_found_by_name_and_number() {
    let captures = regex(r"(?<user>\w+)@(?<host>[\w.-]+)(:\d+)?");
    let found = captures
        .captures("mail to me@example.com now")
        .unwrap()
        .unwrap();
    assert_eq!(found.name("user").unwrap().as_str(), "me");
    assert_eq!(found.name("host").unwrap().as_str(), "example.com");
    assert_eq!(found.get(2), found.name("host"));
    assert_eq!(
        (found.len(), found.get(3), found.name("port")),
        (4, None, None)
    );
    let names: Vec<_> = captures.group_names().collect();
    assert_eq!(names, [("user", 1), ("host", 2)]);
}

#[test]
fn matches_is_for_the_whole_text_with_line_ends() {
    assert!(regex("a.*b").matches("a\nb").unwrap());
    assert!(!regex("a.*b").matches_whole("a\nb").unwrap());
    assert!(!regex("b").matches("abc").unwrap());
    assert!(regex("^/a/[0-9]+$").matches("/a/12").unwrap());
    assert!(!regex("^/a/[0-9]+$").matches("/a/12\n").unwrap());
    assert!(
        regex("a|ab").matches("ab").unwrap(),
        "the other way is tried when the first is too short"
    );
}

#[test]
fn whole_match_keeps_atomic_choices() {
    assert!(regex("(?>a$|ab)").matches("ab").unwrap());
    assert!(!regex("(?>a|ab)").matches("ab").unwrap());
    assert!(!regex("a*+a").matches("aaa").unwrap());
}

#[test]
fn a_pattern_that_backtracks_without_end_is_stopped() {
    let text = "a".repeat(40);
    let error = regex(r"(a|a?)+\1(?=b)").find(&text).unwrap_err();
    assert!(matches!(error, RegexError::TooComplex { .. }), "{error}");
    assert!(error.to_string().contains("possessive"), "{error}");
    // What Java needs ages for is linear here.
    assert!(!regex("(a+)+b").matches(&text).unwrap());
}

#[test]
fn a_pattern_too_large_is_refused() {
    for pattern in [
        "(?:a{1000}){1000}".to_owned(),
        "(".repeat(5000),
        "[".repeat(5000),
        format!("{}a{}", "(?:".repeat(5000), ")*".repeat(5000)),
    ] {
        let error = JavaRegex::new(&pattern).unwrap_err();
        assert!(matches!(error, RegexError::TooComplex { .. }), "{error}");
    }
}

#[test]
fn what_java_reads_and_this_engine_does_not_is_named() {
    for (pattern, construct) in [
        (r"\Ga", r"`\G`"),
        (r"\N{DIGIT ONE}", r"a character by its name, `\N{..}`"),
        (r"\b{g}", r"`\b{g}`"),
        ("(?c)a", "canonical equivalence `(?c)`"),
    ] {
        match JavaRegex::new(pattern) {
            Err(RegexError::Unsupported {
                construct: named, ..
            }) => assert_eq!(named, construct),
            other => panic!("{pattern}: {other:?}"),
        }
    }
}

#[test]
fn a_malformed_pattern_is_refused_in_javas_words() {
    for (pattern, words) in [
        ("a**", "Dangling meta character '*' near index 2\na**\n  ^"),
        (")", "Unmatched closing ')'\n)"),
        ("a)", "Unmatched closing ')' near index 0\na)\n^"),
        ("(a", "Unclosed group near index 2\n(a"),
        (
            "%[[json[[",
            "Unclosed character class near index 8\n%[[json[[\n        ^",
        ),
        ("[c-a]", "Illegal character range near index 3\n[c-a]\n   ^"),
        (
            r"a\y",
            "Illegal/unsupported escape sequence near index 2\na\\y\n  ^",
        ),
        (
            r"\p{Foo}",
            "Unknown character property name {Foo} near index 6\n\\p{Foo}\n      ^",
        ),
        (
            r"\k<n>",
            "named capturing group <n> does not exist near index 4\n\\k<n>\n    ^",
        ),
        (
            "a{2,1}",
            "Illegal repetition range near index 5\na{2,1}\n     ^",
        ),
        (
            "a{99999999999}",
            "Illegal repetition range near index 11\na{99999999999}\n           ^",
        ),
        ("{", "Illegal repetition near index 1\n{"),
        ("a{2", "Unclosed counted closure near index 3\na{2"),
        ("(?", "Unknown inline modifier near index 2\n(?"),
        ("(?z)", "Unknown inline modifier near index 2\n(?z)\n  ^"),
        (
            "(?<n",
            "named capturing group is missing trailing '>' near index 4\n(?<n",
        ),
        (
            "(?<n>a)(?<n>b)",
            "Named capturing group <n> is already defined near index 11\n(?<n>a)(?<n>b)\n           ^",
        ),
        (
            r"\u12",
            "Illegal Unicode escape sequence near index 4\n\\u12",
        ),
    ] {
        match JavaRegex::new(pattern) {
            Err(error @ RegexError::Syntax { .. }) => assert_eq!(error.to_string(), words),
            other => panic!("{pattern}: {other:?}"),
        }
    }
}

#[test]
fn the_literal_flag_takes_away_every_meaning() {
    let flags = Flags {
        literal: true,
        case_insensitive: true,
        ..Flags::default()
    };
    let literal = JavaRegex::with_flags(r"a.*[\E", flags).unwrap();
    assert!(literal.matches(r"A.*[\e").unwrap());
    assert!(!literal.matches("abc[").unwrap());
}

#[test]
fn a_replacement_that_names_no_group_is_refused() {
    for replacement in ["$2", "${x}", "$", r"\", "$a", "${1}"] {
        let error = regex("(a)").replace_all("a", replacement).unwrap_err();
        assert!(
            matches!(error, RegexError::Replacement { .. }),
            "{replacement}: {error}"
        );
    }
    assert_eq!(
        regex("(a)").replace_all("b", "$9").unwrap(),
        "b",
        "nothing matches, so nothing is read"
    );
    assert_eq!(
        regex("(a)(b)").replace_first("abab", r"$2\$$1").unwrap(),
        "b$aab"
    );
}

fn quoted(text: &str) -> String {
    format!(r"\Q{}\E", text.replace(r"\E", r"\E\\E\Q"))
}

proptest! {
    #[test]
    fn a_quoted_text_matches_itself_only(text in "\\PC{0,12}|[\\\\QE.*+a\n]{0,12}", other in "\\PC{0,12}") {
        let quoted = regex(&quoted(&text));
        prop_assert!(quoted.matches(&text).unwrap());
        prop_assert_eq!(quoted.matches(&other).unwrap(), text == other);
        let surrounded = format!("\u{1}{text}\u{1}");
        let at = quoted.find(&surrounded).unwrap().unwrap().range();
        prop_assert_eq!(at, surrounded.find(&text).map(|start| start..start + text.len()).unwrap());
    }

    #[test]
    fn what_both_dialects_share_means_the_same(
        pattern in "([abc.]|\\[[abc]{1,3}\\]|\\([ab]\\|c?\\)|\\(\\?:[abc]{1,2}\\)|[ab][*+?]){0,8}",
        text in "[abcd]{0,10}",
    ) {
        let plain = fancy_regex::Regex::new(&pattern).unwrap();
        let found = plain.find(&text).unwrap().map(|found| found.range());
        prop_assert_eq!(regex(&pattern).find(&text).unwrap().map(|found| found.range()), found);
        let whole = fancy_regex::Regex::new(&format!(r"\A(?:{pattern})\z")).unwrap();
        prop_assert_eq!(regex(&pattern).matches(&text).unwrap(), whole.is_match(&text).unwrap());
    }

    #[test]
    fn compiling_and_matching_random_text_never_panics(pattern in "\\PC{0,20}|[\\[\\](){}\\\\^$.|?*+a-c&:<>=!,0-9QEdwpLk-]{0,20}", text in "[a-c\n]{0,8}") {
        if let Ok(compiled) = JavaRegex::new(&pattern) {
            let _ = compiled.matches(&text);
            let _ = compiled.captures_iter(&text);
        }
    }

    #[test]
    fn replacing_every_match_by_itself_changes_nothing(pattern in prop::sample::select(vec!["[ab]", "a+", "b*", "(a|b)?", "\\b", "a(?=b)", "", "$"]), text in "[abc ]{0,12}") {
        prop_assert_eq!(regex(pattern).replace_all(&text, "$0").unwrap(), text);
    }
}
