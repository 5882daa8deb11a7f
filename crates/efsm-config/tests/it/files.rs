//! What a configuration takes from files.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{config_with, errors_with, read};

fn urls(files: &[(&str, &str)], text: &str) -> Vec<String> {
    config_with(text, files)
        .http
        .stubs
        .iter()
        .map(|stub| {
            stub.mapping["request"]["url"]
                .as_str()
                .expect("a URL")
                .to_owned()
        })
        .collect()
}

#[test]
fn stubs_come_from_files_folders_and_globs() {
    let files = [
        (
            "stubs/b.json",
            r#"{"mappings": [{"request": {"url": "/b1"}}, {"request": {"url": "/b2"}}]}"#,
        ),
        ("stubs/a.yaml", "- request: {url: /a}\n"),
        ("stubs/deep/c.json", r#"{"request": {"url": "/c"}}"#),
        ("stubs/notes.txt", "no stub"),
        ("stubs/.hidden.json", "no stub"),
    ];
    assert_eq!(urls(&files, "stubs: stubs/b.json"), ["/b1", "/b2"]);
    assert_eq!(
        urls(&files, "stubs: [stubs/*.json, {request: {url: /i}}]"),
        ["/b1", "/b2", "/i"]
    );
    assert_eq!(
        urls(&files, "stubs: './stubs/**/*.json'"),
        ["/b1", "/b2", "/c"]
    );
    assert_eq!(urls(&files, "stubs: stubs/"), ["/a", "/b1", "/b2", "/c"]);
}

#[test]
fn stub_knows_its_line_in_its_file() {
    let files = [("s.json", "[\n {},\n {\"request\": {}}\n]")];
    let http = config_with("stubs: s.json", &files).http;
    assert_eq!(http.stubs[1].origin.to_string(), "s.json:3:2");
    let error = http.stubs[1].origin.error("unknown matcher");
    assert_eq!(format!("{error:#}"), "s.json:3:2: unknown matcher");
}

#[test]
fn wiremock_folder_brings_mappings_and_files() {
    let files = [
        (
            "wm/mappings/one.json",
            r#"{"request": {"url": "/1"}, "response": {"bodyFileName": "x/y.txt"}}"#,
        ),
        ("wm/__files/x/y.txt", "yes"),
        ("own.txt", "own"),
    ];
    let text = "root_dir: wm\nstubs: [{response: {bodyFileName: own.txt}}, {response: {bodyFileName: '{{request.path.[0]}}.txt'}}]\n";
    let http = config_with(text, &files).http;
    assert_eq!(http.stubs.len(), 3);
    assert_eq!(&http.files["x/y.txt"][..], b"yes");
    assert_eq!(&http.files["own.txt"][..], b"own");
    assert_eq!(http.files.len(), 2);
}

#[test]
fn sql_is_run_in_the_order_of_the_file() {
    let files = [
        ("db/schema.sql", "create table t(x);"),
        ("db/seed/1.sql", "one"),
        ("db/seed/2.sql", "two"),
        ("db/m/10_z.sql", "m10"),
        ("db/m/9_y.sql", "m9"),
        ("db/m/9_y.down.sql", "no"),
        ("shop.db", "SQLite format 3\0..."),
    ];
    let text = "database:\n  file: shop.db\n  migrations: db/m\n  schema: db/schema.sql\n  seed: [db/seed/*.sql, {sql: three}]\ndatabases:\n  audit: {schema: {sql: create table a(x)}}\n  empty:\n";
    let config = config_with(text, &files);
    let sql = |scripts: &[efsm_config::SqlScript]| {
        scripts
            .iter()
            .map(|s| s.sql.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(sql(&config.database.migrations), ["m9", "m10"]);
    assert_eq!(sql(&config.database.schema), ["create table t(x);"]);
    assert_eq!(sql(&config.database.seed), ["one", "two", "three"]);
    assert_eq!(
        config.database.seed[0].origin.to_string(),
        "db/seed/1.sql:1:1"
    );
    assert_eq!(config.database.seed[2].name, "database.seed[1].sql");
    assert_eq!(config.database.file.unwrap().path, PathBuf::from("shop.db"));
    assert_eq!(
        config.databases.keys().collect::<Vec<_>>(),
        ["audit", "empty"]
    );
}

#[test]
fn bucket_keys_are_paths_below_what_was_named() {
    let files = [
        ("f/a.txt", "a"),
        ("f/sub/b.JSON", "b"),
        ("g/c.unknown", "c"),
        ("h/x/d.css", "d"),
    ];
    let text = "storage:\n  buckets:\n    all: {files: f}\n    some: {files: [f/sub/b.JSON, 'h/**/*.css'], objects: [{key: k, file: g/c.unknown}]}\n    none:\n";
    let storage = config_with(text, &files).storage;
    let shown: Vec<_> = storage
        .buckets
        .iter()
        .map(|bucket| {
            let keys: Vec<_> = bucket
                .objects
                .iter()
                .map(|o| {
                    format!(
                        "{} {:?} {}",
                        o.key,
                        o.bytes,
                        o.content_type.as_deref().unwrap_or("-")
                    )
                })
                .collect();
            format!("{}: {}", bucket.name, keys.join(", "))
        })
        .collect();
    assert_eq!(
        shown,
        [
            "all: a.txt b\"a\" text/plain, sub/b.JSON b\"b\" application/json",
            "none: ",
            "some: b.JSON b\"b\" application/json, k b\"c\" -, x/d.css b\"d\" text/css",
        ]
    );
}

#[test]
fn resources_are_seeded_from_a_file() {
    let files = [("u.json", r#"[{"id": 1, "name": "Ann"}]"#)];
    let http = config_with("resources: {users: {path: /users, seed: u.json}}", &files).http;
    assert_eq!(
        Value::from(http.resources[0].seed.clone())[0]["name"],
        "Ann"
    );
}

#[test]
fn every_file_that_was_read_is_a_source() {
    let files = [("s/a.json", "{}"), ("s/b.json", "{}"), ("q.sql", "")];
    let loaded = read(
        "stubs: [s/*.json, s/a.json]\ndatabase: {seed: q.sql}",
        &files,
    )
    .unwrap();
    assert_eq!(
        loaded.sources,
        ["s/a.json", "s/b.json", "q.sql"].map(PathBuf::from)
    );
}

#[test]
fn missing_files_are_errors_at_their_line() {
    let files = [("stubs/orders.json", "{}"), ("a.txt", "")];
    let text = "stubs:\n  - stubs/order.json\n  - stubs/*.yaml\ndatabase:\n  schema: schema.sql\n  seed: CREATE TABLE t(x)\n  migrations: nowhere\n  file: a.txt/x\nroot_dir: stubs\nstorage: {buckets: {b: {files: [stubs, nothing], objects: [{key: k, file: stubs}]}}}\n";
    assert_eq!(
        errors_with(text, &files),
        "\
efsm.yaml:2:5: stubs[0]: no file `stubs/order.json` (did you mean `stubs/orders.json`?)
efsm.yaml:3:5: stubs[1]: no file fits `stubs/*.yaml` (it is looked for in the current folder)
efsm.yaml:5:11: database.schema: no file `schema.sql` (paths are relative to the current folder)
efsm.yaml:6:9: database.seed: this is SQL, and a path is expected here (write SQL as `{sql: \"..\"}`)
efsm.yaml:7:15: database.migrations: no folder `nowhere` (paths are relative to the current folder)
efsm.yaml:8:9: database.file: no file `a.txt/x` (paths are relative to the current folder)
efsm.yaml:9:11: root_dir: `stubs` has neither a folder `mappings` nor a folder `__files`
efsm.yaml:10:40: storage.buckets.b.files[1]: no file `nothing` (paths are relative to the current folder)
efsm.yaml:10:75: storage.buckets.b.objects[0].file: `stubs` is a folder: a file is needed here"
    );
}

#[test]
fn errors_in_another_file_name_that_file() {
    let files = [
        ("a.json", "{\n  \"request\": {,}\n}"),
        ("b.json", "[{}, 7]"),
        ("c.yaml", "a: [\n"),
        ("u.json", "{}"),
        ("d.json", r#"{"response": {"bodyFileName": "body.txt"}}"#),
    ];
    let text = "stubs: [a.json, b.json, c.yaml, d.json]\nresources: {u: {seed: u.json}}\ndatabase: {file: u.json}\n";
    let shown = errors_with(text, &files);
    let lines: Vec<_> = shown.lines().collect();
    assert_eq!(
        lines[1],
        "a.json:2:15: not valid JSON: expected a key in double quotes, found `,`"
    );
    assert_eq!(
        lines[2],
        "b.json:1:6: expected a stub mapping, found the number 7"
    );
    assert!(
        lines[3].starts_with("c.yaml:2:1: not valid YAML: "),
        "{}",
        lines[3]
    );
    assert_eq!(
        lines[4],
        "d.json:1:1: no file `body.txt` (paths are relative to the current folder)"
    );
    assert_eq!(
        lines[0],
        "efsm.yaml:3:18: database.file: `u.json` is not a SQLite database file (a file of SQL belongs under `schema` or `seed`)"
    );
    assert_eq!(
        lines[5],
        "u.json:1:1: expected a list of objects, found a map of 0 keys"
    );
}

#[test]
fn configuration_is_loaded_from_the_disk_by_file_or_folder() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    std::fs::create_dir_all(root.join("app/conf")).unwrap();
    std::fs::write(root.join("seed.sql"), "select 1").unwrap();
    std::fs::write(
        root.join("app/conf/efsm.yaml"),
        "database: {seed: ../../seed.sql}",
    )
    .unwrap();
    std::os::unix::fs::symlink(root, root.join("app/conf/loop")).unwrap();
    for path in [root.join("app/conf"), root.join("app/conf/efsm.yaml")] {
        let loaded = efsm_config::load(&path).unwrap();
        assert_eq!(
            loaded.sources,
            [root.join("app/conf/efsm.yaml"), root.join("seed.sql")]
        );
        assert_eq!(&*loaded.config.database.seed[0].sql, "select 1");
    }
    let missing = efsm_config::load(root.join("none.yaml")).unwrap_err();
    assert!(
        format!("{missing}").contains("none.yaml: cannot read the configuration"),
        "{missing}"
    );
    let empty = efsm_config::load(root.join("app")).unwrap_err();
    assert!(
        format!("{empty}").contains("no efsm.yaml, efsm.yml, efsm.json in this folder"),
        "{empty}"
    );
    std::fs::write(root.join("bad.yaml"), b"a: 1\n\xff").unwrap();
    let bad = efsm_config::load(root.join("bad.yaml")).unwrap_err();
    assert!(
        format!("{bad}").contains("not UTF-8: see its line 2"),
        "{bad}"
    );
}

#[test]
fn every_example_of_the_repository_is_valid() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let mut found = 0;
    for folder in std::fs::read_dir(examples).unwrap() {
        let loaded = match efsm_config::load(folder.unwrap().path()) {
            Ok(loaded) => loaded,
            Err(errors) => panic!("{errors:#}"),
        };
        assert!(loaded.warnings.is_empty(), "{:?}", loaded.warnings);
        found += 1;
    }
    assert!(found > 0);
}
