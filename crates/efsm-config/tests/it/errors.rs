//! What a mistake is told.

use super::errors;

#[test]
fn unknown_keys_suggest_the_nearest() {
    for (text, expected) in [
        (
            "prot: 1",
            "efsm.yaml:1:1: prot: no key `prot` here (did you mean `port`?)",
        ),
        (
            "queue:\n  topic: [a]",
            "efsm.yaml:2:3: queue.topic: no key `topic` in `queue` (did you mean `topics`?)",
        ),
        (
            "topics: [a]",
            "efsm.yaml:1:1: topics: no key `topics` here (there is a key `queue.topics`: did you mean that?)",
        ),
        (
            "strictPort: true",
            "efsm.yaml:1:1: strictPort: no key `strictPort` here (did you mean `strict_port`?)",
        ),
        (
            "clock: {zzz: 1}",
            "efsm.yaml:1:9: clock.zzz: no key `zzz` in `clock` (the keys here are now, frozen)",
        ),
        (
            "auth: {users: {alice: {email: a}}}",
            "efsm.yaml:1:24: auth.users.alice.email: no key `email` in `auth.users.alice` (the keys here are claims)",
        ),
        (
            "services: [htpp]",
            "efsm.yaml:1:12: services[0]: no service `htpp`: use one of `http`, `database`, `auth`, `queue`, `storage` (did you mean `http`?)",
        ),
    ] {
        assert_eq!(errors(text), expected, "{text}");
    }
}

#[test]
fn wrong_types_say_what_was_expected_and_what_came() {
    for (text, expected) in [
        (
            "port: '8888'",
            "port: expected a port, a whole number from 0 to 65535, found the text `8888` (remove the quotes: `8888`)",
        ),
        (
            "port: 70000",
            "port: expected a port, a whole number from 0 to 65535, found the number 70000",
        ),
        (
            "port: -1",
            "port: expected a port, a whole number from 0 to 65535, found the number -1",
        ),
        (
            "port:",
            "port: expected a port, a whole number from 0 to 65535, found nothing",
        ),
        (
            "name: 1.10",
            "name: expected a text, found the number 1.1 (put it in quotes if it is meant as a text)",
        ),
        (
            "strict_port: yes",
            "strict_port: expected `true` or `false`, found the text `yes` (write `true`, without quotes)",
        ),
        (
            "limits: {body: 5 MBit}",
            "limits.body: expected a size such as `64MiB`, or a number of bytes, a whole number from 0, found the text `5 MBit`",
        ),
        (
            "limits: {idle_timeout: 30}",
            "limits.idle_timeout: expected a duration such as `1h30m`, found the number 30 (write a unit, such as `30s`)",
        ),
        (
            "limits: {idle_timeout: 1y}",
            "limits.idle_timeout: expected a duration such as `1h30m`, found the text `1y`",
        ),
        (
            "limits: {idle_timeout: 999999d}",
            "limits.idle_timeout: this duration is too long: 300 years are the most",
        ),
        (
            "clock: {now: yesterday}",
            "clock.now: expected a time such as `2026-01-31T12:00:00Z`, found the text `yesterday`",
        ),
        (
            "clock: {now: 2026-02-31T12:00:00Z}",
            "clock.now: expected a time such as `2026-01-31T12:00:00Z`, found the text `2026-02-31T12:00:00Z`",
        ),
        (
            "queue: [a]",
            "queue: expected a map with `topics`, found a list of one item",
        ),
        (
            "services: http",
            "services: expected a list (of each one of `http`, `database`, `auth`, `queue`, `storage`), found the text `http` (write `[http]`)",
        ),
        (
            "services: []",
            "services: a stack needs at least one service (remove the key to enable all five)",
        ),
        (
            "services: [http, http]",
            "services[1]: `http` is named twice",
        ),
        (
            "stubs: [7]",
            "stubs[0]: expected a path, or a map, found the number 7",
        ),
        (
            "resources: {a: {path: a}}",
            "resources.a.path: expected a URL path such as `/users`, found the text `a`",
        ),
        (
            "env: {1A: B}",
            "env.1A: `1A` cannot be the name of a variable: use letters, digits and `_`, no digit first",
        ),
        (
            "auth: {issuer: example.com}",
            "auth.issuer: expected a URL such as `https://issuer.example`, found the text `example.com`",
        ),
        (
            "bind: example.com",
            "bind: expected an IP address such as `127.0.0.1`, found the text `example.com`",
        ),
        (
            "queue: {topics: [a, a]}",
            "queue.topics[1]: `a` is named twice",
        ),
        (
            "queue: {topics: {a: [.nan]}}",
            "queue.topics.a[0]: JSON cannot hold this number",
        ),
        ("name: ''", "name: this text is empty"),
        ("[1, 2]", "expected a map with `$schema`, `name`, `port`"),
    ] {
        let shown = errors(text);
        let (_, without_place) = shown.split_once(": ").unwrap();
        assert!(
            without_place == expected
                || (text.starts_with('[') && without_place.starts_with(expected)),
            "{text}\nexpected {expected}\nfound    {without_place}"
        );
        assert!(shown.starts_with("efsm.yaml:1:"), "{shown}");
    }
}

#[test]
fn all_errors_of_a_file_are_reported_in_its_order() {
    let text = "port: x\nlimits:\n  bdy: 1\n  header: true\nqueue: {topics: {a: 3}}\nfaults:\n- {}\n- effect: {status: 99}\n- effect: {}\n";
    assert_eq!(
        errors(text),
        "\
efsm.yaml:1:7: port: expected a port, a whole number from 0 to 65535, found the text `x`
efsm.yaml:3:3: limits.bdy: no key `bdy` in `limits` (did you mean `body`?)
efsm.yaml:4:11: limits.header: expected a size such as `64MiB`, or a number of bytes, a whole number from 0, found the boolean true
efsm.yaml:5:21: queue.topics.a: expected a list (of each a value), found the number 3
efsm.yaml:7:3: faults[0]: the key `effect` is missing: give it a map with `delay_ms`, `status`, `body`, `reset`, `drop` or `truncate`
efsm.yaml:8:20: faults[1].effect.status: expected a status, a whole number from 200 to 599, found the number 99
efsm.yaml:9:3: faults[2]: the effect is empty: give delay_ms, status, body, reset, drop or truncate"
    );
}

#[test]
fn fault_rules_are_checked_as_a_whole() {
    assert_eq!(
        errors(
            "faults:\n- {id: a, effect: {drop: true}}\n- {id: a, effect: {drop: true, reset: true}}\n"
        ),
        "efsm.yaml:3:3: faults[1]: only one of status/body, reset, drop and truncate can happen to one answer"
    );
    assert_eq!(
        errors("faults:\n- {id: a, effect: {drop: true}}\n- {id: a, effect: {drop: true}}\n"),
        "efsm.yaml:3:3: faults[1]: the id `a` is used twice (give each rule its own id, or none)"
    );
}

#[test]
fn objects_have_one_content_and_one_key() {
    let text = "storage:\n  buckets:\n    b:\n      objects:\n        - {key: a}\n        - {key: b, text: x, base64: AA==}\n        - {key: c, base64: '*'}\n        - {text: x}\n        - {key: d, text: x}\n        - {key: d, text: y}\n";
    assert_eq!(
        errors(text),
        "\
efsm.yaml:5:11: storage.buckets.b.objects[0]: this object has no content: give it one of `text`, `base64` and `file`
efsm.yaml:6:11: storage.buckets.b.objects[1]: this object has several contents: keep one of `text`, `base64` and `file`
efsm.yaml:7:28: storage.buckets.b.objects[2].base64: not valid base64: Invalid symbol 42, offset 0.
efsm.yaml:8:11: storage.buckets.b.objects[3]: the key `key` is missing: give it a text
efsm.yaml:10:11: storage.buckets.b.objects[5]: the bucket `b` has the key `d` twice"
    );
}

#[test]
fn syntax_errors_have_a_place() {
    for (text, place) in [
        ("a: b: c\n", "efsm.yaml:1:"),
        (
            "port: 1\n\tname: x\n",
            "efsm.yaml:1:7: not valid YAML: while scanning a plain scalar, found a tab",
        ),
        ("port: [1\nname: x\n", "efsm.yaml:2:"),
        ("ü: 'x\n", "efsm.yaml:"),
        (
            "port: 1\n---\nport: 2\n",
            "efsm.yaml:2:1: a second document begins here",
        ),
        (
            "port: 1\nname: a\nport: 2\n",
            "efsm.yaml:3:1: the key `port` is given twice (it is given first on line 1: keep one of the two)",
        ),
        (
            "a: &a [*a]\n",
            "efsm.yaml:1:8: this alias points into itself",
        ),
        ("port: !local 1\n", "efsm.yaml:1:"),
        (
            "? [a]\n: 1\n",
            "efsm.yaml:1:3: a key must be a text, found a list of one item",
        ),
        (
            "<<: 3\n",
            "efsm.yaml:1:5: `<<` merges maps, found the number 3",
        ),
    ] {
        let shown = errors(text);
        assert!(
            shown.starts_with(place),
            "{text:?}\nexpected {place}\nfound    {shown}"
        );
        assert_eq!(shown.lines().count(), 1, "{shown}");
    }
}

#[test]
fn columns_count_characters_after_text_that_is_not_ascii() {
    assert_eq!(
        errors("name: \"über 🦀\"\nqueue: {topics: {größe: 1}}\n"),
        "efsm.yaml:2:25: queue.topics.größe: expected a list (of each a value), found the number 1"
    );
}

#[test]
fn hostile_documents_are_refused() {
    let deep = "[".repeat(20_000);
    assert!(errors(&deep).contains("recursion limit exceeded"));
    assert!(errors(&"[".repeat(150)).contains("nested more than 100 levels deep"));
    let json = efsm_config::parse("efsm.json", &deep, "").unwrap_err();
    assert!(format!("{json}").contains("nested more than 100 levels deep"));

    let levels = (1..12).map(|n| {
        let aliases = vec![format!("*a{}", n - 1); 10].join(", ");
        format!("x-{n}: &a{n} [{aliases}]")
    });
    let base = "x-0: &a0 [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]".to_owned();
    let bomb = std::iter::once(base)
        .chain(levels)
        .collect::<Vec<_>>()
        .join("\n");
    assert!(errors(&bomb).contains("the aliases of this document stand for more than"));
}
