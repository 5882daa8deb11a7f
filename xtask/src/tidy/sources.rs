//! What must not stand in a source file.

use std::fs;
use std::path::Path;

use super::registries;

/// Past this a file wants to be a folder of one operation a file.
const LONGEST_FILE: usize = 600;

pub(super) fn check(root: &Path, file: &Path) -> Vec<String> {
    let Ok(text) = fs::read_to_string(root.join(file)) else {
        // Not text: an image, a database file of a test.
        return Vec::new();
    };
    let name = file.to_string_lossy().replace('\\', "/");
    let mut findings = check_text(&name, &text);
    findings.extend(registries::check_text(&name, &text));
    findings
}

fn check_text(name: &str, text: &str) -> Vec<String> {
    // The rules name what they forbid.
    if name == "xtask/src/tidy/sources.rs" {
        return Vec::new();
    }
    let mut findings = Vec::new();
    let mut find = |line: usize, what: &str| findings.push(format!("{name}:{line}: {what}"));
    let is_rust = extension(name) == "rs";
    let in_crates = name.starts_with("crates/");
    let is_test =
        name.contains("/tests/") || name.contains("tests.rs") || name.contains("/benches/");
    if is_rust && in_crates && text.lines().count() > LONGEST_FILE {
        find(
            1,
            "over 600 lines: make it a folder of one operation a file",
        );
    }
    let mut in_test_module = false;
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        let code = line.trim_start();
        for (mark, what) in [
            ("/home/", "a path of somebody's machine: name no machine"),
            ("/work/", "a path of somebody's machine: name no machine"),
            ("/root/.", "a path of somebody's machine: name no machine"),
        ] {
            if line.contains(mark) && !is_in_data(name) {
                find(number, what);
            }
        }
        if !is_rust {
            continue;
        }
        in_test_module |= code.starts_with("#[cfg(test)]");
        if code.starts_with("//") {
            if code.contains("TODO") || code.contains("FIXME") {
                find(
                    number,
                    "an open end: finish it, or say in prose why it is so",
                );
            }
            continue;
        }
        if !in_crates {
            continue;
        }
        for mark in ["todo!(", "unimplemented!(", "dbg!("] {
            if code.contains(mark) {
                find(number, "an unfinished piece: finish it");
            }
        }
        if code.starts_with("#[ignore") {
            find(number, "an ignored test: make it run, or remove it");
        }
        let prints = ["println!(", "eprintln!(", "print!(", "process::exit("];
        let may_print = name.starts_with("crates/efsm-cli/")
            || name.contains("/examples/")
            || name.contains("/src/bin/")
            || is_test
            || in_test_module;
        if !may_print && prints.iter().any(|mark| code.contains(mark)) {
            find(
                number,
                "only the binary prints and exits: return a value or an error",
            );
        }
        if name.contains("/src/engine/") && !is_test && !in_test_module {
            for mark in ["async fn", ".await", "tokio::", "std::fs", "std::net"] {
                if code.contains(mark) {
                    find(
                        number,
                        "an engine is pure: no I/O, no await; move it to wire/",
                    );
                }
            }
            // A stub's status is what the mock engine is about; elsewhere statuses are a wire's.
            if code.contains("StatusCode") && !name.starts_with("crates/efsm-http/") {
                find(
                    number,
                    "engines know no status codes: translate in the wire",
                );
            }
        }
        let may_be_unsafe = name.starts_with("crates/efsm-database/src/engine/sqlite/")
            || name == "crates/efsm-sandbox/src/linux/sys.rs";
        if !may_be_unsafe
            && (code.contains("unsafe {")
                || code.contains("unsafe fn")
                || code.contains("allow(unsafe_code)"))
        {
            find(
                number,
                "unsafe code stands in the database's SQLite binding and the sandbox's sys.rs alone",
            );
        }
    }
    findings
}

/// Recorded data and lock files may hold any text.
fn is_in_data(name: &str) -> bool {
    ["json", "lock", "txt", "snap"].contains(&extension(name))
}

fn extension(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, text: &str, findings: usize) {
        let found = check_text(name, text);
        assert_eq!(found.len(), findings, "{found:?}");
    }

    #[test]
    fn each_rule_finds_what_it_forbids_where_it_forbids_it() {
        check("crates/a/src/lib.rs", "fn f() { println!(\"x\"); }", 1);
        check(
            "crates/efsm-cli/src/up.rs",
            "fn f() { println!(\"x\"); }",
            0,
        );
        check(
            "crates/a/src/lib.rs",
            "#[cfg(test)]\nmod tests { fn f() { println!(\"x\"); } }",
            0,
        );
        check("crates/a/src/engine/x.rs", "use std::fs;", 1);
        check("crates/a/src/wire/x.rs", "use std::fs;", 0);
        check("crates/a/src/x.rs", "// TODO later", 1);
        check("crates/a/src/x.rs", "unsafe { x() }", 1);
        check(
            "crates/efsm-database/src/engine/sqlite/vfs.rs",
            "unsafe { x() }",
            0,
        );
        check("crates/a/src/x.rs", &"\n".repeat(700), 1);
        check("docs/a.md", "see /home/me/x", 1);
    }
}
