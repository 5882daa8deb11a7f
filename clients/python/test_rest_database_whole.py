"""`/db` beyond one statement: sessions, sets and batches, schema, text and files, other databases, what was seen."""

import asyncio
import csv
import io
import sqlite3

import httpx
import pytest


@pytest.fixture
def db(stack):
    stack.sql("CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT UNIQUE, price REAL)")
    stack.sql("INSERT INTO item (name, price) VALUES ('tea', 2.5), ('cake', 4), ('milk', NULL)")
    return stack


def names(stack, path="/db/execute"):
    answer = stack.post(path, json={"sql": "SELECT name FROM item ORDER BY id"}).json()
    return [row["name"] for row in answer["rows"]]


def in_session(stack, session, sql, status=200):
    return stack.post("/db/execute", status, json={"sql": sql, "session": session}).json()


def test_transaction_is_held_open_across_calls(db):
    session = db.post("/db/sessions", 201).json()["session"]
    in_session(db, session, "BEGIN")
    in_session(db, session, "DELETE FROM item")
    assert in_session(db, session, "SELECT count(*) AS n FROM item")["rows"] == [{"n": 0}]
    # Nobody else waits for it, and nobody else sees it.
    assert names(db) == ["tea", "cake", "milk"]
    in_session(db, session, "ROLLBACK")
    assert in_session(db, session, "SELECT count(*) AS n FROM item")["rows"] == [{"n": 3}]
    assert db.delete(f"/db/sessions/{session}").json() == {"closed": True}
    in_session(db, session, "SELECT 1", 404)


def test_second_writer_is_busy_and_both_go_on(db):
    one, two = (db.post("/db/sessions", 201).json()["session"] for _ in range(2))
    in_session(db, two, "PRAGMA busy_timeout = 0")
    in_session(db, one, "BEGIN IMMEDIATE")
    assert in_session(db, two, "DELETE FROM item", 400)["code"] == "SQLITE_BUSY"
    in_session(db, one, "DELETE FROM item WHERE id = 1")
    in_session(db, one, "COMMIT")
    assert in_session(db, two, "DELETE FROM item WHERE id = 2")["row_count"] == 1
    assert names(db) == ["milk"]


def test_idle_session_expires_on_the_stacks_clock(db):
    session = db.post("/db/sessions", 201, json={"idle_seconds": 60}).json()["session"]
    in_session(db, session, "BEGIN IMMEDIATE")
    in_session(db, session, "DELETE FROM item")
    db.clock(advance="59s")
    in_session(db, session, "SELECT 1")
    db.clock(advance="61s")
    in_session(db, session, "SELECT 1", 404)
    # Its transaction is rolled back, and holds up no other writer.
    assert db.sql("UPDATE item SET price = 1")["row_count"] == 3


def test_transaction_left_open_by_one_call_is_rolled_back_and_told(db):
    answer = db.post("/db/execute", 400, json={"sql": "BEGIN; DELETE FROM item"}).json()
    assert "transaction" in answer["error"]
    assert names(db) == ["tea", "cake", "milk"]


def test_sets_of_parameters_are_all_or_none(db):
    body = {"sql": "INSERT INTO item (name, price) VALUES (:name, :price)"}
    sets = [{"name": f"n{n}", "price": n} for n in range(100)]
    answer = db.post("/db/executemany", json={**body, "params": sets}).json()
    assert (answer["row_count"], answer["executions"], answer["last_insert_rowid"]) == (100, 100, 103)
    twice = [{"name": "new", "price": 1}, {"name": "tea", "price": 1}]
    answer = db.post("/db/executemany", 400, json={**body, "params": twice}).json()
    assert answer["code"] == "SQLITE_CONSTRAINT_UNIQUE"
    assert "new" not in names(db)


@pytest.mark.parametrize("atomic, left", [(True, 3), (False, 4)])
def test_batch_is_atomic_unless_it_says_otherwise(db, atomic, left):
    statements = [
        {"sql": "INSERT INTO item (name) VALUES (?)", "params": ["new"]},
        "INSERT INTO item (name) VALUES ('tea')",
        "DELETE FROM item",
    ]
    answer = db.post("/db/batch", 400, json={"statements": statements, "atomic": atomic}).json()
    assert answer["statement"] == 2
    assert len(names(db)) == left
    results = db.post("/db/batch", json={"statements": ["SELECT 1 AS a", "SELECT 2 AS a"]}).json()["results"]
    assert [result["rows"] for result in results] == [[{"a": 1}], [{"a": 2}]]


def test_csv_has_names_rows_and_nothing_for_null(db):
    db.sql("INSERT INTO item (name) VALUES (?)", ['a "quoted", \nname'])
    answer = db.post(
        "/db/execute", json={"sql": "SELECT name, price FROM item ORDER BY id"}, headers={"accept": "text/csv"}
    )
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.reader(io.StringIO(answer.text, newline="")))
    assert rows == [["name", "price"], ["tea", "2.5"], ["cake", "4.0"], ["milk", ""], ['a "quoted", \nname', ""]]


def test_rows_as_arrays_and_types_on_request(db):
    body = {"sql": "SELECT id, name, 1 FROM item WHERE id = 1", "rows": "arrays", "detail": True}
    answer = db.post("/db/execute", json=body).json()
    assert answer["rows"] == [[1, "tea", 1]]
    assert [column["type"] for column in answer["columns"]] == ["INTEGER", "TEXT", None]


def test_schema_tells_tables_columns_indexes_and_triggers(db):
    db.sql("CREATE INDEX by_price ON item (price)")
    db.sql("CREATE TRIGGER t AFTER DELETE ON item BEGIN SELECT 1; END")
    schema = db.get("/db/schema").json()
    (table,) = schema["tables"]
    assert [(c["name"], c["type"], c["primary_key"]) for c in table["columns"]] == [
        ("id", "INTEGER", 1),
        ("name", "TEXT", 0),
        ("price", "REAL", 0),
    ]
    assert "by_price" in [index["name"] for index in schema["indexes"]]
    assert [trigger["name"] for trigger in schema["triggers"]] == ["t"]


def test_dump_is_sql_that_sqlite_and_load_take(db):
    dump = db.get("/db/dump").text
    with sqlite3.connect(":memory:") as own:
        own.executescript(dump)
        assert own.execute("SELECT count(*) FROM item").fetchone() == (3,)
    db.post("/db/copy/load", content=dump.encode())
    assert names(db, "/db/copy/execute") == ["tea", "cake", "milk"]
    # A script is loaded whole or not at all, and says which line is wrong.
    answer = db.post("/db/copy/load", 400, content=b"DELETE FROM item;\nDELETE FROM nowhere;\n").json()
    assert (answer["statement"], answer["line"]) == (2, 2)
    assert len(names(db, "/db/copy/execute")) == 3


def test_export_is_a_file_of_sqlite_and_import_takes_one(db, tmp_path):
    path = tmp_path / "shop.db"
    path.write_bytes(db.get("/db/export").content)
    own = sqlite3.connect(path)
    assert own.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    own.execute("UPDATE item SET name = upper(name)")
    own.commit()
    own.close()
    db.post("/db/import", content=path.read_bytes())
    assert names(db) == ["TEA", "CAKE", "MILK"]
    spoilt = bytearray(path.read_bytes())
    spoilt[4096:4200] = bytes(104)
    db.post("/db/import", 400, content=bytes(spoilt))
    assert names(db) == ["TEA", "CAKE", "MILK"]


def test_named_databases_are_made_listed_reset_and_dropped(db):
    shop = lambda sql, status=200: db.post("/db/shop/execute", status, json={"sql": sql}).json()
    shop("CREATE TABLE item (name)")
    shop("INSERT INTO item VALUES ('other')")
    assert len(names(db)) == 3
    assert {"main", "shop"} <= {d["name"] for d in db.get("/_efsm/db/databases").json()["databases"]}
    db.post("/db/shop/reset", json={"depth": "data"})
    assert shop("SELECT * FROM item")["rows"] == []
    db.post("/db/shop/reset", json={"depth": "all"})
    shop("SELECT * FROM item", 400)
    db.delete("/db/shop")
    assert len(names(db)) == 3


def test_diff_says_what_was_added_removed_and_changed(db):
    db.post("/_efsm/snapshots", 201, json={"name": "before"})
    db.sql("INSERT INTO item (name) VALUES ('new')")
    db.sql("DELETE FROM item WHERE name = 'cake'")
    db.sql("UPDATE item SET price = 3 WHERE name = 'tea'")
    (table,) = db.get("/_efsm/db/diff", params={"from": "before"}).json()["tables"]
    assert table["counts"] == {"added": 1, "removed": 1, "changed": 1}
    assert table["removed"] == [{"id": 2, "name": "cake", "price": 4.0}]
    (changed,) = table["changed"]
    assert (changed["before"]["price"], changed["after"]["price"]) == (2.5, 3.0)


def test_journal_has_statement_parameters_counts_and_face(db):
    db.sql("SELECT name FROM item WHERE id >= ?", [2])
    pipeline = {"requests": [{"type": "execute", "stmt": {"sql": "DELETE FROM item WHERE id = 1"}}]}
    db.post("/v2/pipeline", json=pipeline)
    rest, hrana = db.journal(service="database")[-2:]
    assert (rest["sql"], rest["params"], rest["rows"], rest["face"]) == (
        "SELECT name FROM item WHERE id >= ?",
        [2],
        2,
        "rest",
    )
    assert (hrana["rows_changed"], hrana["face"]) == (1, "hrana")
    assert rest["duration_ms"] >= 0 and rest["rows_read"] >= 2


@pytest.mark.parametrize("match", [{"table": "item"}, {"sql": "*item*"}])
def test_fault_rule_fails_the_statements_that_it_names(db, match):
    rule = {"service": "database", "match": match, "effect": {"body": "disk I/O error"}, "times": 1}
    db.put("/_efsm/faults", json=[rule])
    answer = db.post("/db/execute", 400, json={"sql": "SELECT * FROM item"}).json()
    assert answer["error"] == "disk I/O error"
    assert len(names(db)) == 3


def test_database_that_is_full_keeps_what_it_had(start):
    stack = start("limits: {database: 1MiB}\n")
    stack.sql("CREATE TABLE t (x)")
    stack.sql("INSERT INTO t VALUES (zeroblob(100000))")
    grow = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50) INSERT INTO t SELECT zeroblob(100000) FROM n"
    assert stack.post("/db/execute", 400, json={"sql": grow}).json()["code"] == "SQLITE_FULL"
    assert stack.rows("SELECT count(*) AS n FROM t") == [{"n": 1}]
    assert stack.rows("PRAGMA integrity_check") == [{"integrity_check": "ok"}]


def test_clients_at_once_do_not_disturb_each_other(db):
    db.sql("CREATE TABLE hit (client, n)")
    limits = httpx.Limits(max_connections=16)

    async def all_of_them():
        async with httpx.AsyncClient(base_url=db.url, timeout=30, limits=limits) as client:

            async def one(number):
                body = {"sql": "INSERT INTO hit VALUES (?, ?)", "params": [number, number * 7]}
                answer = await client.post("/db/execute", json=body)
                assert answer.json() == {"rows": [], "row_count": 1}

            await asyncio.gather(*(one(number) for number in range(200)))

    asyncio.run(all_of_them())
    assert db.rows("SELECT count(*) AS n, sum(n) AS s FROM hit") == [{"n": 200, "s": 7 * 199 * 100}]
