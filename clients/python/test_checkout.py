"""An order on its way through all five services of `examples/checkout`.

The stack is started once; each test gets a fork of it, a world of its own that begins the same.
"""

import base64
import hashlib
import hmac
import sys

import httpx
import pytest

from stack import REPOSITORY, Stack

EXAMPLE = REPOSITORY / "examples" / "checkout"
sys.path.insert(0, str(EXAMPLE))

from shop import CardDeclined, NoShipping, NotSignedIn, OutOfStock, PaymentUnavailable, Services, Shop  # noqa: E402


@pytest.fixture(scope="module")
def prepared():
    with Stack(EXAMPLE / "efsm.yaml") as stack:
        yield stack


class World:
    """A fork of the prepared stack, and the shop in it."""

    def __init__(self, url):
        self.client = httpx.Client(base_url=url, timeout=30)
        self.shop = Shop(Services.of_stack(url))

    def close(self):
        self.shop.close()
        self.client.close()

    def get(self, path):
        return self.client.get(path).raise_for_status()

    def sign_in(self, username):
        form = {"grant_type": "password", "username": username}
        return self.client.post("/auth/oauth/token", data=form).raise_for_status().json()["access_token"]

    def rows(self, sql):
        return self.client.post("/db/execute", json={"sql": sql}).raise_for_status().json()["rows"]

    def stock(self):
        return {row["sku"]: row["stock"] for row in self.rows("SELECT sku, stock FROM products")}

    def messages(self, topic):
        return self.get(f"/queue/consume/{topic}").json()["messages"]

    def invoices(self):
        return self.get("/storage/invoices").json()["objects"]

    def charges(self):
        calls = self.get("/__admin/requests").json()["requests"]
        return [c["request"] for c in calls if c["request"]["url"].endswith("/payments/v1/charges")]

    def fault(self, *rules):
        self.client.put("/_efsm/faults", json=list(rules)).raise_for_status()


@pytest.fixture
def world(prepared):
    fork = prepared.post("/_efsm/fork", 201).json()
    world = World(fork["url"])
    yield world
    world.close()
    prepared.delete(f"/_efsm/stacks/{fork['id']}")


SHELF = {"ESP-250": 40, "FIL-500": 12, "CUP-BLU": 3, "GRI-ONE": 1}


def test_stack_begins_as_the_file_says(world):
    # What prepares a stack is not what a test did.
    assert world.get("/_efsm/journal").json()["entries"] == []
    assert world.stock() == SHELF
    assert world.rows("SELECT total_cents FROM order_totals") == [{"total_cents": 3890}]
    assert world.get("/queue/topics").json() == {"topics": ["mails", "orders"]}
    assert world.get("/storage/").json() == {"buckets": ["catalogue", "invoices", "templates"]}
    assert world.get("/storage/catalogue").json()["objects"] == [
        "images/CUP-BLU.svg",
        "images/Cup, blue (large).svg",
        "terms.txt",
    ]
    image = world.get("/storage/catalogue/images/Cup%2C%20blue%20%28large%29.svg")
    assert image.headers["content-type"] == "image/svg+xml"
    assert image.content == (EXAMPLE / "files/catalogue/images/Cup, blue (large).svg").read_bytes()
    greeting = world.get("/storage/templates/mail/greeting.txt")
    assert (greeting.text, greeting.headers["x-amz-meta-language"]) == ("Dear {name},\n", "en")
    assert world.get("/_efsm/clock").json() == {"now": "2026-03-01T09:00:00Z", "frozen": True}


def test_order_goes_through_all_five_services(world):
    token = world.sign_in("alice")
    order, total = world.shop.place_order(token, {"ESP-250": 2, "CUP-BLU": 1}, "tok_visa")
    assert (order, total) == (2, 2 * 890 + 1490 + 490)

    # Database: the order, its lines, the shelf.
    assert world.rows("SELECT customer, status, payment, placed_at FROM orders WHERE id = 2") == [
        {"customer": "alice", "status": "paid", "payment": "ch_1001", "placed_at": "2026-03-01T09:00:00Z"}
    ]
    assert world.stock() == SHELF | {"ESP-250": 38, "CUP-BLU": 2}

    # HTTP: what the payment provider was asked.
    (charge,) = world.charges()
    assert httpx.Response(200, content=charge["body"]).json() == {
        "amount": 3760,
        "currency": "EUR",
        "card": "tok_visa",
        "reference": "2",
    }

    # Queue: who was told.
    assert world.messages("orders") == [{"event": "order-paid", "order": 2, "total_cents": 3760}]
    assert world.messages("mails") == [{"to": "alice@example.com", "template": "invoice", "order": 2}]

    # Storage: the invoice.
    assert world.invoices() == ["alice/000002.txt"]
    invoice = world.get("/storage/invoices/alice/000002.txt")
    assert invoice.headers["x-amz-meta-payment"] == "ch_1001"
    assert invoice.headers["last-modified"] == "Sun, 01 Mar 2026 09:00:00 GMT"
    for part in ["INVOICE 000002", "2026-03-01", "Alice Ahrens", "2 x Espresso, 250 g", "37.60 EUR"]:
        assert part in invoice.text, invoice.text

    # One journal, in the order in which it happened.
    services = [entry["service"] for entry in world.get("/_efsm/journal").json()["entries"]]
    first = {name: services.index(name) for name in services}
    assert sorted(first, key=first.get) == ["auth", "http", "database", "storage", "queue"]


def test_token_can_be_verified_with_the_configured_secret(world):
    signed, _, signature = world.sign_in("bob").rpartition(".")
    expected = hmac.digest(b"known-to-the-shop-and-to-nobody-else", signed.encode(), hashlib.sha256)
    assert base64.urlsafe_b64decode(signature + "=") == expected


def nothing_happened(world):
    assert world.stock() == SHELF
    assert world.messages("orders") == world.messages("mails") == []
    assert world.invoices() == []


def test_declined_card_leaves_the_shelf_full(world):
    with pytest.raises(CardDeclined, match="Your card was declined"):
        world.shop.place_order(world.sign_in("alice"), {"ESP-250": 2}, "tok_declined")
    nothing_happened(world)
    assert world.rows("SELECT status FROM orders WHERE id = 2") == [{"status": "declined"}]


def test_empty_shelf_is_told_before_anybody_pays(world):
    with pytest.raises(OutOfStock, match="GRI-ONE"):
        world.shop.place_order(world.sign_in("alice"), {"ESP-250": 1, "GRI-ONE": 2}, "tok_visa")
    nothing_happened(world)
    assert world.charges() == []


def test_carrier_does_not_go_everywhere(world):
    token = world.sign_in("alice")
    with pytest.raises(NoShipping):
        world.shop.place_order(token, {"ESP-250": 1}, "tok_visa", country="AQ")
    nothing_happened(world)
    assert world.shop.place_order(token, {"ESP-250": 1}, "tok_visa", country="IS") == (2, 890 + 2390)


def test_session_runs_out_with_the_clock(world):
    token = world.sign_in("alice")
    world.client.put("/_efsm/clock", json={"advance": "29m"}).raise_for_status()
    world.shop.place_order(token, {"ESP-250": 1}, "tok_visa")
    world.client.put("/_efsm/clock", json={"advance": "1m"}).raise_for_status()
    with pytest.raises(NotSignedIn):
        world.shop.place_order(token, {"ESP-250": 1}, "tok_visa")
    assert world.stock()["ESP-250"] == 39


@pytest.mark.parametrize("effect", [{"status": 503}, {"reset": True}, {"drop": True}])
def test_payment_provider_that_is_down_can_be_tried_again(world, effect):
    token = world.sign_in("alice")
    world.fault({"service": "http", "match": {"path": "*/payments/*"}, "effect": effect, "times": 1})
    with pytest.raises(PaymentUnavailable):
        world.shop.place_order(token, {"CUP-BLU": 3}, "tok_visa")
    nothing_happened(world)
    order, _ = world.shop.place_order(token, {"CUP-BLU": 3}, "tok_visa")
    assert world.invoices() == [f"alice/{order:06}.txt"]


def test_wrong_key_is_refused_by_the_payment_provider(world):
    world.shop.payment_key = "sk_wrong"
    with pytest.raises(httpx.HTTPStatusError, match="401"):
        world.shop.place_order(world.sign_in("alice"), {"ESP-250": 1}, "tok_visa")


def test_two_worlds_do_not_share_the_last_grinder(prepared):
    forks = [prepared.post("/_efsm/fork", 201).json() for _ in range(2)]
    for fork in forks:
        world = World(fork["url"])
        try:
            assert world.shop.place_order(world.sign_in("bob"), {"GRI-ONE": 1}, "tok_visa")[0] == 2
            with pytest.raises(OutOfStock):
                world.shop.place_order(world.sign_in("bob"), {"GRI-ONE": 1}, "tok_visa")
        finally:
            world.close()
    assert prepared.get("/storage/invoices").json()["objects"] == []
