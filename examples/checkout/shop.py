"""The shop: the application whose tests need a backend.

It knows nothing of efsm. It is told where its database, its identity provider, its payment provider, its carrier, its
broker and its object store are, and calls them over HTTP.
"""

from dataclasses import dataclass

import httpx


class OrderError(Exception):
    """The order was not placed, and nothing of it is left behind."""


class NotSignedIn(OrderError):
    pass


class OutOfStock(OrderError):
    pass


class NoShipping(OrderError):
    pass


class CardDeclined(OrderError):
    pass


class PaymentUnavailable(OrderError):
    pass


@dataclass(frozen=True)
class Services:
    """Where the shop's backend is."""

    database: str
    identity: str
    payments: str
    carrier: str
    broker: str
    objects: str

    @classmethod
    def of_stack(cls, url):
        return cls(
            database=f"{url}/db",
            identity=f"{url}/auth",
            payments=f"{url}/http/payments",
            carrier=f"{url}/http/shipping",
            broker=f"{url}/queue",
            objects=f"{url}/storage",
        )


def euros(cents):
    return f"{cents // 100}.{cents % 100:02} EUR"


class Shop:
    def __init__(self, services, payment_key="sk_test_shop"):
        self.services = services
        self.payment_key = payment_key
        self.http = httpx.Client(timeout=10)

    def close(self):
        self.http.close()

    def place_order(self, token, items, card, country="DE"):
        """Takes an order of `{sku: quantity}` all the way: returns its number and its total in cents."""
        customer = self._customer(token)
        shipping_cents = self._shipping(country)
        reserved = self._reserve(items)
        try:
            order = self._record(customer, reserved, shipping_cents)
            total_cents = self._total(order)
            payment = self._charge(order, total_cents, card)
        except OrderError:
            self._release(reserved)
            raise
        self._sql(
            "UPDATE orders SET status = 'paid', payment = :payment WHERE id = :order",
            payment=payment,
            order=order,
        )
        self._write_invoice(order, customer, reserved, shipping_cents, total_cents, payment)
        self._publish("orders", {"event": "order-paid", "order": order, "total_cents": total_cents})
        self._publish("mails", {"to": customer["email"], "template": "invoice", "order": order})
        return order, total_cents

    def _customer(self, token):
        answer = self.http.get(
            f"{self.services.identity}/oauth/userinfo", headers={"Authorization": f"Bearer {token}"}
        )
        if answer.status_code == 401:
            raise NotSignedIn(answer.text)
        answer.raise_for_status()
        told = answer.json()
        return {"id": told["sub"], **{name: told["claims"][name] for name in ("email", "name")}}

    def _shipping(self, country):
        answer = self.http.get(f"{self.services.carrier}/rates", params={"country": country})
        if answer.status_code == 404:
            raise NoShipping(country)
        answer.raise_for_status()
        return answer.json()["price_cents"]

    def _reserve(self, items):
        reserved = {}
        for sku, quantity in items.items():
            taken = self._sql(
                "UPDATE products SET stock = stock - :quantity WHERE sku = :sku AND stock >= :quantity "
                "RETURNING name, price_cents",
                sku=sku,
                quantity=quantity,
            )["rows"]
            if not taken:
                self._release(reserved)
                raise OutOfStock(sku)
            reserved[sku] = {"quantity": quantity, **taken[0]}
        return reserved

    def _release(self, reserved):
        for sku, line in reserved.items():
            self._sql(
                "UPDATE products SET stock = stock + :quantity WHERE sku = :sku",
                sku=sku,
                quantity=line["quantity"],
            )

    def _record(self, customer, reserved, shipping_cents):
        (row,) = self._sql(
            "INSERT INTO orders (customer, status, shipping_cents) "
            "VALUES (:customer, 'pending', :shipping_cents) RETURNING id",
            customer=customer["id"],
            shipping_cents=shipping_cents,
        )["rows"]
        for sku, line in reserved.items():
            self._sql(
                "INSERT INTO order_lines VALUES (:order, :sku, :quantity, :price_cents)",
                order=row["id"],
                sku=sku,
                quantity=line["quantity"],
                price_cents=line["price_cents"],
            )
        return row["id"]

    def _total(self, order):
        (row,) = self._sql("SELECT total_cents FROM order_totals WHERE id = :order", order=order)["rows"]
        return row["total_cents"]

    def _charge(self, order, total_cents, card):
        try:
            answer = self.http.post(
                f"{self.services.payments}/v1/charges",
                json={"amount": total_cents, "currency": "EUR", "card": card, "reference": str(order)},
                headers={"Authorization": f"Bearer {self.payment_key}"},
            )
        except httpx.TransportError as error:
            raise PaymentUnavailable(str(error)) from error
        if answer.status_code == 402:
            self._sql("UPDATE orders SET status = 'declined' WHERE id = :order", order=order)
            raise CardDeclined(answer.json()["error"]["message"])
        if answer.status_code >= 500:
            raise PaymentUnavailable(answer.text)
        answer.raise_for_status()
        return answer.json()["id"]

    def _write_invoice(self, order, customer, reserved, shipping_cents, total_cents, payment):
        template = self.http.get(f"{self.services.objects}/templates/invoice.txt").raise_for_status().text
        (placed,) = self._sql("SELECT placed_at FROM orders WHERE id = :order", order=order)["rows"]
        lines = "".join(
            f"{line['quantity']} x {line['name']:<24} {euros(line['quantity'] * line['price_cents']):>10}\n"
            for line in reserved.values()
        )
        invoice = template.format(
            number=f"{order:06}",
            date=placed["placed_at"][:10],
            name=customer["name"],
            email=customer["email"],
            lines=lines,
            shipping=euros(shipping_cents),
            total=euros(total_cents),
            payment=payment,
        )
        self.http.put(
            f"{self.services.objects}/invoices/{customer['id']}/{order:06}.txt",
            content=invoice.encode(),
            headers={
                "Content-Type": "text/plain; charset=utf-8",
                "x-amz-meta-payment": payment,
                # An invoice is written once.
                "If-None-Match": "*",
            },
        ).raise_for_status()

    def _publish(self, topic, message):
        self.http.post(f"{self.services.broker}/publish/{topic}", json=message).raise_for_status()

    def _sql(self, sql, **params):
        answer = self.http.post(f"{self.services.database}/execute", json={"sql": sql, "params": params})
        answer.raise_for_status()
        return answer.json()
