//! What is done to a database as a whole: reset, schema, dump and load, files, diff.

use super::*;

const SHOP: &str = "
    create table item(id integer primary key autoincrement, name text not null, price real,
                      total as (price * 2));
    create table tag(item references item(id), tag text, primary key (item, tag)) without rowid;
    create index item_name on item(name);
    create view cheap as select * from item where price < 2;
    create table log(line);
    create trigger item_log after insert on item begin insert into log values (new.name); end;
    create virtual table search using fts5(body);
    insert into item(name, price) values ('tea', 1.5), ('it''s', 0.1), ('ü' || char(0), 9e999);
    insert into tag values (1, 'hot'), (1, 'black');
    insert into search values ('a cup of tea'), ('coffee');
    insert into log values (x'00ff'), (null), (9223372036854775807), (cast(x'ff41' as text));
    pragma user_version = 7";

fn shop() -> Databases {
    let databases = databases();
    databases.default_database().session().tell(SHOP);
    databases
}

fn dump(databases: &Databases) -> String {
    let mut text = String::new();
    let database = databases.default_database();
    database
        .dump(&run(), &mut |piece| {
            text.push_str(piece);
            true
        })
        .unwrap();
    text
}

#[test]
fn reset_keeps_the_schema_and_drops_rows_and_counters() {
    let databases = shop();
    let database = databases.default_database();
    let schema = database.schema(&run()).unwrap();
    database.reset_data(&run()).unwrap();
    assert_eq!(database.schema(&run()).unwrap(), schema);
    let mut s = database.session();
    for table in ["item", "tag", "log", "search", "sqlite_sequence"] {
        assert_eq!(
            s.one(&format!("select count(*) from {table}")),
            "0",
            "{table}"
        );
    }
    s.tell("insert into item(name) values ('first'); insert into search values ('found')");
    assert_eq!(s.one("select id from item"), "1");
    assert_eq!(
        s.one("select count(*) from search where search match 'found'"),
        "1"
    );
    assert_eq!(s.one("pragma user_version"), "7");
    assert_eq!(s.one("pragma integrity_check"), "ok");
    database.reset_all();
    assert_eq!(database.tables(&run()).unwrap(), Vec::<String>::new());
    assert!(database.version().is_empty());
}

#[test]
fn tables_are_listed_without_the_insides_of_others() {
    let database = shop().default_database();
    assert_eq!(
        database.tables(&run()).unwrap(),
        ["item", "log", "search", "tag"]
    );
    let schema = database.schema(&run()).unwrap();
    let names: Vec<_> = schema
        .tables
        .iter()
        .map(|t| (t.name.as_str(), t.kind.as_str()))
        .collect();
    assert_eq!(
        names,
        [
            ("cheap", "view"),
            ("item", "table"),
            ("log", "table"),
            ("search", "virtual"),
            ("tag", "table")
        ]
    );
    let item = &schema.tables[1];
    assert_eq!(item.columns[0].primary_key, 1);
    assert_eq!(item.columns[1].declared_type, "TEXT");
    assert!(item.columns[1].is_not_null && item.columns[3].is_generated);
    assert_eq!(schema.triggers[0].table, "item");
    assert!(schema.indexes.iter().any(|i| i.name == "item_name"));
}

#[test]
fn dump_loaded_elsewhere_gives_the_same_database() {
    let first = shop();
    let text = dump(&first);
    let second = databases();
    second.default_database().load(&text, &run()).unwrap();
    assert_eq!(dump(&second), text);
    let mut s = second.default_database().session();
    assert_eq!(
        s.one("select count(*) from search where search match 'tea'"),
        "1"
    );
    assert_eq!(
        s.one("select typeof(line), hex(line) from log order by rowid desc limit 1"),
        "text|FF41"
    );
    assert_eq!(
        s.one("select name = 'ü' || char(0), price from item where id = 3"),
        "1|inf"
    );
    assert_eq!(s.one("pragma user_version"), "7");
    assert_eq!(s.one("pragma integrity_check"), "ok");
    s.tell("insert into item(name) values ('next')");
    assert_eq!(s.one("select max(id) from item"), "4");
}

#[test]
fn load_is_done_whole_or_not_at_all() {
    let database = shop().default_database();
    let mut open = database.session();
    open.tell("begin; select * from item");
    let before = database.version();
    let bad = "create table n(x);\n\ninsert into n values (1);\ninsert into nowhere values (1);";
    let error = database.load(bad, &run()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "statement 3 (line 4): no such table: nowhere"
    );
    assert!(database.version().is(&before));
    let error = database
        .load("begin; create table n(x)", &run())
        .unwrap_err();
    assert!(error.to_string().contains("COMMIT"), "{error}");
    assert!(database.version().is(&before));
    database
        .load(
            "create table n(x); begin; insert into n values (1); commit",
            &run(),
        )
        .unwrap();
    // Readers see it after their transaction, and the writer's lock is free again.
    assert_eq!(open.code("select * from n"), "SQLITE_ERROR");
    open.tell("commit; insert into n values (2)");
    assert_eq!(open.one("select group_concat(x) from n"), "1,2");
}

#[test]
fn export_is_a_file_that_sqlite_opens_and_import_takes_one() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("shop.db");
    let databases = shop();
    let mut open = databases.default_database().session();
    open.tell("begin; insert into log values ('uncommitted')");
    std::fs::write(&path, databases.default_database().export(&run()).unwrap()).unwrap();
    let file = rusqlite::Connection::open(&path).unwrap();
    let check: String = file
        .query_row("pragma integrity_check", [], |r| r.get(0))
        .unwrap();
    assert_eq!(check, "ok");
    let lines: i64 = file
        .query_row("select count(*) from log", [], |r| r.get(0))
        .unwrap();
    assert_eq!(lines, 7);
    for setup in [
        "pragma journal_mode = wal; insert into log values ('in wal')",
        "pragma journal_mode = delete; pragma page_size = 512; vacuum",
        "pragma page_size = 65536; vacuum",
    ] {
        file.execute_batch(setup).unwrap();
        let _: rusqlite::Result<i64> =
            file.query_row("pragma wal_checkpoint(truncate)", [], |r| r.get(0));
        let image = std::fs::read(&path).unwrap();
        let other = super::databases();
        other.default_database().import(&image, &run()).unwrap();
        let mut s = other.default_database().session();
        assert_eq!(s.one("select count(*) from log"), "8", "{setup}");
        s.tell("insert into log values (zeroblob(200000)); delete from item where id = 1");
        assert_eq!(s.one("pragma integrity_check"), "ok", "{setup}");
        let again = other.default_database().export(&run()).unwrap();
        assert_eq!(&again[..16], b"SQLite format 3\0");
    }
    let empty = super::databases()
        .default_database()
        .export(&run())
        .unwrap();
    assert_eq!(&empty[..16], b"SQLite format 3\0");
    super::databases()
        .default_database()
        .import(&empty, &run())
        .unwrap();
}

#[test]
fn damaged_files_are_refused_and_change_nothing() {
    let databases = shop();
    let database = databases.default_database();
    let image = database.export(&run()).unwrap();
    let before = database.version();
    let mut wrong_page_size = image.to_vec();
    wrong_page_size[16] = 3;
    let mut scrambled = image.to_vec();
    for at in (5000..image.len()).step_by(7) {
        scrambled[at] ^= 0x5a;
    }
    for bad in [
        &b"hello"[..],
        &[0; 4096],
        &image[..5000],
        &image[..8192],
        &wrong_page_size,
        &scrambled,
    ] {
        let error = database.import(bad, &run()).unwrap_err();
        assert!(matches!(error, Error::BadImage { .. }), "{error}");
        assert!(database.version().is(&before));
    }
}

fn changes(databases: &Databases, from: &efsm_database::Version) -> Vec<String> {
    let diff = databases
        .default_database()
        .diff(from, 100, &run())
        .unwrap();
    let mut lines = Vec::new();
    for table in &diff.tables {
        let flags = [
            (table.is_new, " new"),
            (table.is_dropped, " dropped"),
            (table.is_altered, " altered"),
        ];
        let flags: String = flags
            .iter()
            .filter(|(is, _)| *is)
            .map(|(_, flag)| *flag)
            .collect();
        lines.push(format!(
            "{}{flags} +{} -{} ~{}",
            table.table, table.added_count, table.removed_count, table.changed_count
        ));
        for row in &table.rows {
            let show = |record: &Option<efsm_database::engine::diff::Record>| {
                record.as_ref().map_or("none".to_owned(), |record| {
                    record
                        .iter()
                        .map(|(_, v)| show(v))
                        .collect::<Vec<_>>()
                        .join("|")
                })
            };
            let key: Vec<String> = row
                .key
                .iter()
                .map(|(n, v)| format!("{n}={}", super::show(v)))
                .collect();
            lines.push(format!(
                "  {}: {} -> {}",
                key.join(","),
                show(&row.before),
                show(&row.after)
            ));
        }
    }
    lines
}

#[test]
fn diff_says_which_rows_were_added_removed_and_changed() {
    let databases = databases();
    let mut s = databases.default_database().session();
    s.tell("create table t(id integer primary key, x); create table k(name text primary key, x);
            create table w(a, b, c, primary key (a, b)) without rowid; create table n(x);
            create table gone(x); create table same(x);
            insert into t values (1, 'a'), (2, 'b'), (3, 'c'); insert into k values ('k', 1), ('l', 2);
            insert into w values (1, 1, 'x'), (1, 2, 'y'); insert into n values (1), (2);
            insert into gone values (1); insert into same values (1)");
    let before = databases.default_database().version();
    assert_eq!(changes(&databases, &before), Vec::<String>::new());
    s.tell("update t set x = 'B' where id = 2; delete from t where id = 3; insert into t values (9, 'z');
            delete from k where name = 'k'; insert into k values ('m', 3), ('k', 1.0);
            update w set c = 'Y' where b = 2; delete from w where b = 1; insert into n values (3);
            drop table gone; create table fresh(y); insert into fresh values ('f');
            alter table same add column y default 5");
    assert_eq!(
        changes(&databases, &before),
        [
            "fresh new +1 -0 ~0",
            "  : none -> f",
            "gone dropped +0 -1 ~0",
            "  : 1 -> none",
            "k +1 -0 ~1",
            "  name=m: none -> m|3",
            "  name=k: k|1 -> k|1.0",
            "n +1 -0 ~0",
            "  rowid=3: none -> 3",
            "same altered +0 -0 ~1",
            "  rowid=1: 1 -> 1|5",
            "t +1 -1 ~1",
            "  id=2: 2|b -> 2|B",
            "  id=9: none -> 9|z",
            "  id=3: 3|c -> none",
            "w +0 -1 ~1",
            "  a=1,b=2: 1|2|y -> 1|2|Y",
            "  a=1,b=1: 1|1|x -> none",
        ]
    );
    s.tell("vacuum");
    assert_eq!(changes(&databases, &before).len(), 18);
}

#[test]
fn diff_of_a_large_table_reads_the_rows_that_changed() {
    let databases = databases();
    let mut s = databases.default_database().session();
    s.tell("create table t(id integer primary key, x, y); create index tx on t(x)");
    s.tell("with recursive n(i) as (select 1 union all select i + 1 from n where i < 20000) \
            insert into t select i, i * 7, case when i % 1000 = 0 then randomblob(20000) else 'small' end from n");
    let before = databases.default_database().version();
    s.tell(
        "update t set y = 'changed' where id in (7, 4321); delete from t where id = 1000;
            update t set y = zeroblob(20000) where id = 2000; insert into t values (50000, 1, 1)",
    );
    let diff = databases
        .default_database()
        .diff(&before, 100, &run())
        .unwrap();
    let table = &diff.tables[0];
    assert_eq!(
        (table.added_count, table.removed_count, table.changed_count),
        (1, 1, 3)
    );
    let mut keys: Vec<String> = table.rows.iter().map(|row| show(&row.key[0].1)).collect();
    keys.sort();
    assert_eq!(keys, ["1000", "2000", "4321", "50000", "7"]);
    // The end of a long row alone: its leaf stays as it is.
    let image = databases.default_database().version();
    s.tell("update t set y = cast(substr(y, 1, 19999) || x'00' as blob) where id = 3000");
    let diff = databases
        .default_database()
        .diff(&image, 100, &run())
        .unwrap();
    assert_eq!(diff.tables[0].changed_count, 1);
    assert_eq!(show(&diff.tables[0].rows[0].key[0].1), "3000");
    // Back again by SQL: the pages differ, the rows do not.
    let image = databases.default_database().version();
    s.tell("update t set x = x + 1; update t set x = x - 1");
    assert!(!databases.default_database().version().is(&image));
    assert_eq!(
        databases
            .default_database()
            .diff(&image, 100, &run())
            .unwrap()
            .tables,
        []
    );
    s.tell("delete from t");
    let diff = databases
        .default_database()
        .diff(&before, 3, &run())
        .unwrap();
    assert_eq!(
        (diff.tables[0].removed_count, diff.tables[0].rows.len()),
        (20_000, 3)
    );
}
