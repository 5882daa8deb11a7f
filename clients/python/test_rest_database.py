"""`/db`: SQL over plain REST."""

import base64
import json

import pytest


@pytest.fixture
def db(stack):
    stack.sql("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)")
    stack.sql("INSERT INTO t (name) VALUES ('a'), ('b'), ('c')")
    return stack


def error(stack, body, status=400):
    content = body if isinstance(body, (str, bytes)) else json.dumps(body)
    answer = stack.post("/db/execute", status, content=content)
    message = answer.json()["error"]
    assert isinstance(message, str) and message
    return message


def test_rows_are_objects_by_column(db):
    assert db.sql("SELECT id, name FROM t ORDER BY id") == {
        "rows": [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}, {"id": 3, "name": "c"}],
        "row_count": 3,
    }


def test_changes_are_counted(db):
    assert db.sql("UPDATE t SET name = upper(name) WHERE id < 3") == {"rows": [], "row_count": 2}
    assert db.sql("DELETE FROM t WHERE id = 99")["row_count"] == 0
    assert db.rows("INSERT INTO t (name) VALUES ('d') RETURNING id, name") == [{"id": 4, "name": "d"}]


@pytest.mark.parametrize(
    "sql, params",
    [
        ("SELECT name FROM t WHERE id = ?", [2]),
        ("SELECT name FROM t WHERE id = ?1", [2]),
        ("SELECT name FROM t WHERE id = :id", {"id": 2}),
        ("SELECT name FROM t WHERE id = $id", {"id": 2}),
        ("SELECT name FROM t WHERE id = @id", {"id": 2}),
    ],
)
def test_parameters_are_positional_or_named(db, sql, params):
    assert db.rows(sql, params) == [{"name": "b"}]


def test_parameters_are_values_and_never_sql(db):
    evil = "x'; DROP TABLE t; --"
    db.sql("INSERT INTO t (name) VALUES (?)", [evil])
    assert db.rows("SELECT name FROM t WHERE name = ?", [evil]) == [{"name": evil}]


@pytest.mark.parametrize(
    "value",
    [None, 0, -1, 2**53 - 1, 1.5, -0.001, 1e300, "", "grüße 日本 \U0001f600", "a\nb\t\"'"],
)
def test_values_come_back_as_they_were_sent(stack, value):
    (row,) = stack.rows("SELECT ? AS v", [value])
    assert row == {"v": value}
    assert type(row["v"]) is type(value)


@pytest.mark.parametrize("value", [2**53, 2**53 + 1, 2**63 - 1, -(2**53) - 1, -(2**63)])
def test_large_integers_come_and_go_without_loss(stack, value):
    # Sent as the number that JSON has no bound for, or as what was given out.
    for sent in [value, {"$int": str(value)}]:
        (row,) = stack.rows("SELECT ?1 AS v, CAST(?1 AS TEXT) AS text, typeof(?1) AS type", [sent])
        assert row == {"v": {"$int": str(value)}, "text": str(value), "type": "integer"}


def test_blob_comes_and_goes_without_loss(stack):
    blob = {"$blob": base64.b64encode(bytes(range(256))).decode()}
    (row,) = stack.rows("SELECT ?1 AS v, hex(?1) AS hex, typeof(?1) AS type", [blob])
    assert row == {"v": blob, "hex": bytes(range(256)).hex().upper(), "type": "blob"}


def test_several_statements_in_one_call(stack):
    stack.sql("CREATE TABLE a (x); CREATE TABLE b (y); INSERT INTO a VALUES (1); INSERT INTO b VALUES (2);")
    assert stack.rows("SELECT x, y FROM a, b") == [{"x": 1, "y": 2}]


def test_tables_are_alphabetical(stack):
    assert stack.get("/db/tables").json() == {"tables": []}
    for name in ["zebra", "apple", "Mango", "b_1"]:
        stack.sql(f"CREATE TABLE {name} (x)")
    tables = stack.get("/db/tables").json()["tables"]
    assert sorted(tables) == ["Mango", "apple", "b_1", "zebra"]
    # Whether capitals come first is not said.
    assert tables in (sorted(tables), sorted(tables, key=str.lower))


@pytest.mark.parametrize("body", [{}, {"params": [1]}])
def test_missing_sql_is_told(stack, body):
    assert error(stack, body) == "missing sql"


@pytest.mark.parametrize(
    "sql, part",
    [
        ("SELEC 1", "SELEC"),
        ("SELECT * FROM nowhere", "nowhere"),
        ("INSERT INTO t VALUES (1, 'again')", "UNIQUE"),
        ("SELECT ?", None),
        ("SELECT json('{')", "malformed JSON"),
    ],
)
def test_sql_error_is_told(db, sql, part):
    message = error(db, {"sql": sql, "params": [1, 2] if "?" in sql else []})
    assert part is None or part in message
    assert db.rows("SELECT count(*) AS n FROM t") == [{"n": 3}]


@pytest.mark.parametrize(
    "body",
    ["{", "", "nonsense", '{"sql": "SELECT 1"', "[1]", '"SELECT 1"', '{"sql": 7}', '{"sql": "SELECT ?", "params": 7}'],
)
def test_malformed_body_is_refused(stack, body):
    error(stack, body)


def test_failed_statement_leaves_no_transaction_behind(db):
    error(db, {"sql": "BEGIN; INSERT INTO t VALUES (10, 'x'); INSERT INTO t VALUES (10, 'y');"})
    db.sql("INSERT INTO t (name) VALUES ('after')")
    assert db.rows("SELECT count(*) AS n FROM t WHERE name = 'after'") == [{"n": 1}]


def test_nothing_reaches_the_disk(stack, tmp_path):
    target = tmp_path / "leak.db"
    readable = tmp_path / "secret.txt"
    readable.write_text("secret")
    for sql in [
        f"ATTACH DATABASE '{target}' AS other",
        f"VACUUM INTO '{target}'",
        f"PRAGMA temp_store_directory = '{tmp_path}'",
        "SELECT load_extension('/lib/x.so')",
        f"SELECT readfile('{readable}')",
        f"SELECT writefile('{target}', 'x')",
    ]:
        error(stack, {"sql": sql})
    assert sorted(p.name for p in tmp_path.iterdir()) == ["secret.txt"]


def test_endless_statement_ends_and_others_go_on(start):
    stack = start("limits: {statement_timeout: 500ms}\n")
    endless = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT sum(n) FROM c"
    message = error(stack, {"sql": endless}, 400)
    assert message
    assert stack.rows("SELECT 1 AS one") == [{"one": 1}]


def test_wrong_method_and_unknown_call(stack):
    assert stack.get("/db/execute", 405).headers["allow"]
    assert stack.post("/db/tables", 405).headers["allow"]
    assert "error" in stack.get("/db/main/no/such/call", 404).json()
