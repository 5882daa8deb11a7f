"""The `libsql` package, and SQLAlchemy by its libSQL dialect: both speak Hrana over HTTP."""

import datetime
import decimal

import libsql
import pytest
import sqlalchemy as sa
from sqlalchemy import orm


@pytest.fixture
def connect(stack):
    connections = []

    def connect(path="/db/"):
        connection = libsql.connect(stack.url.rstrip("/") + path, auth_token="any")
        connections.append(connection)
        return connection

    yield connect
    for connection in connections:
        connection.close()


def rows(connection, sql, parameters=()):
    return connection.execute(sql, parameters).fetchall()


def test_values_travel_both_ways(connect):
    connection = connect()
    for value in [None, 0, -5, 1.5, "žluťoučký\n🐎", b"\x00\xff", b""]:
        assert rows(connection, "SELECT ?", (value,)) == [(value,)]
    # The package binds an integer beyond 32 bits as a real, on a local file too; what it reads is exact.
    for value in [-(2**63), 2**53 + 1, 2**63 - 1]:
        assert rows(connection, f"SELECT {value}" if value > 0 else f"SELECT {value + 1} - 1") == [(value,)]


def test_cursor_describes_counts_and_remembers(connect):
    connection = connect()
    connection.execute("CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT)")
    cursor = connection.cursor()
    cursor.execute("INSERT INTO item (name) VALUES (?)", ("tea",))
    assert cursor.lastrowid == 1
    cursor.executemany("INSERT INTO item (name) VALUES (?)", [("milk",), ("bread",)])
    connection.commit()
    cursor.execute("SELECT id, name FROM item ORDER BY id")
    assert [column[0] for column in cursor.description] == ["id", "name"]
    assert cursor.fetchone() == (1, "tea")
    assert cursor.fetchmany(1) == [(2, "milk")]
    assert cursor.fetchall() == [(3, "bread")]


def test_transaction_is_seen_by_others_once_it_is_committed(connect):
    one, two = connect(), connect()
    one.executescript("CREATE TABLE t (a); INSERT INTO t VALUES (1);")
    one.execute("INSERT INTO t VALUES (2)")
    assert one.in_transaction
    assert rows(two, "SELECT count(*) FROM t") == [(1,)]
    one.commit()
    assert rows(two, "SELECT count(*) FROM t") == [(2,)]
    one.execute("DELETE FROM t")
    one.rollback()
    assert rows(one, "SELECT count(*) FROM t") == [(2,)]


def test_error_says_what_sqlite_said(connect):
    connection = connect()
    connection.execute("CREATE TABLE t (a UNIQUE)")
    connection.execute("INSERT INTO t VALUES (1)")
    with pytest.raises(Exception, match="UNIQUE constraint failed: t.a"):
        connection.execute("INSERT INTO t VALUES (1)")
    with pytest.raises(Exception, match="no such table: nope"):
        connection.execute("SELECT * FROM nope")
    assert rows(connection, "SELECT a FROM t") == [(1,)]


def test_prefix_names_the_database(connect, stack):
    connect("/db/shop").executescript("CREATE TABLE only_here (a);")
    found = stack.client.get("/db/shop/tables").json()
    assert found == {"tables": ["only_here"]}
    assert rows(connect("/"), "SELECT count(*) FROM sqlite_schema") == [(0,)]


class Base(orm.DeclarativeBase):
    pass


class Customer(Base):
    __tablename__ = "customer"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    email: orm.Mapped[str] = orm.mapped_column(sa.String(100), unique=True)
    is_active: orm.Mapped[bool] = orm.mapped_column(default=True)
    since: orm.Mapped[datetime.datetime | None]
    settings: orm.Mapped[dict | None] = orm.mapped_column(sa.JSON)
    orders: orm.Mapped[list["Order"]] = orm.relationship(back_populates="customer")


class Order(Base):
    __tablename__ = "customer_order"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    customer_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("customer.id"), index=True)
    total: orm.Mapped[decimal.Decimal] = orm.mapped_column(sa.Numeric(10, 2))
    customer: orm.Mapped[Customer] = orm.relationship(back_populates="orders")


@pytest.fixture
def engine(stack):
    engine = sa.create_engine(stack.env["SQLALCHEMY_DATABASE_URL"])
    yield engine
    engine.dispose()


@pytest.fixture
def made(engine):
    Base.metadata.create_all(engine)
    return engine


def test_rows_go_in_and_come_out_by_the_orm(made):
    since = datetime.datetime(2026, 1, 2, 3, 4, 5, 678)
    with orm.Session(made) as session, session.begin():
        customer = Customer(email="a@x.org", since=since, settings={"theme": "dark"})
        customer.orders = [
            Order(total=decimal.Decimal("10.50")),
            Order(total=decimal.Decimal("20")),
        ]
        session.add(customer)
    with orm.Session(made) as session:
        found = session.scalars(
            sa.select(Customer).options(orm.selectinload(Customer.orders))
        ).one()
        assert (found.id, found.email, found.is_active) == (1, "a@x.org", True)
        assert (found.since, found.settings) == (since, {"theme": "dark"})
        assert [order.total for order in found.orders] == [
            decimal.Decimal("10.50"),
            decimal.Decimal("20.00"),
        ]
        joined = session.execute(
            sa.select(Customer.email, sa.func.sum(Order.total))
            .join(Order)
            .group_by(Customer.email)
            .having(sa.func.sum(Order.total) > 30)
        ).all()
        assert joined == [("a@x.org", decimal.Decimal("30.50"))]


def test_session_rolls_back(made):
    with orm.Session(made) as session:
        session.add(Customer(email="a@x.org"))
        session.flush()
        assert session.scalar(sa.select(sa.func.count(Customer.id))) == 1
        session.rollback()
        assert session.scalar(sa.select(sa.func.count(Customer.id))) == 0


def test_broken_constraint_fails_and_leaves_the_session_usable(made):
    with orm.Session(made) as session:
        session.add(Customer(email="a@x.org"))
        session.commit()
        session.add(Customer(email="a@x.org"))
        with pytest.raises(Exception, match="UNIQUE constraint failed: customer.email"):
            session.commit()
        session.rollback()
        assert session.scalar(sa.select(sa.func.count(Customer.id))) == 1


def test_schema_is_reflected(made):
    reflected = sa.MetaData()
    reflected.reflect(made)
    assert sorted(reflected.tables) == ["customer", "customer_order"]
    order = reflected.tables["customer_order"]
    assert [column.name for column in order.columns] == ["id", "customer_id", "total"]
    assert [key.target_fullname for key in order.foreign_keys] == ["customer.id"]
    assert [index.name for index in order.indexes] == ["ix_customer_order_customer_id"]
    inspector = sa.inspect(made)
    assert inspector.get_pk_constraint("customer")["constrained_columns"] == ["id"]
    assert inspector.get_unique_constraints("customer")[0]["column_names"] == ["email"]
    assert not inspector.has_table("nope")


def test_core_inserts_many_and_returns(made):
    table = Customer.__table__
    with made.begin() as connection:
        connection.execute(sa.insert(table), [{"email": f"{n}@x.org"} for n in range(50)])
        returned = connection.execute(
            sa.insert(table).values(email="last@x.org").returning(table.c.id)
        ).scalar_one()
        assert returned == 51
        changed = connection.execute(
            sa.update(table).where(table.c.id <= 10).values(is_active=False)
        )
        assert changed.rowcount == 10
    with made.connect() as connection:
        count = sa.select(sa.func.count()).select_from(table).where(table.c.is_active.is_(False))
        assert connection.scalar(count) == 10
