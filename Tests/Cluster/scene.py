"""A neighbourhood of a test's own: a shop, its customer and drivers, far from those of other tests on the same cluster."""

import math
import random

from harness import PATIENCE, until
from sockets import Phone, together

#: Metres of one degree of latitude, near enough.
DEGREE = 111_320.0


class Scene:
    def __init__(self, cluster):
        self.cluster = cluster
        # Far enough apart by chance alone: the widest radius is 8 km, the globe is large.
        self.latitude = random.uniform(-60, 60)
        self.longitude = random.uniform(-175, 175)
        self.phones = []
        self._merchant = self._customer = self._admin = self._shop = self._product = None

    def place(self, metres=0.0):
        """A place so far away from the shop, in some direction."""
        angle = random.uniform(0, 2 * math.pi)
        return {"lat": self.latitude + metres * math.sin(angle) / DEGREE,
                "lng": self.longitude + metres * math.cos(angle) / DEGREE / math.cos(math.radians(self.latitude))}

    # Who and what is there, made when first asked for.

    @property
    def merchant(self):
        self._merchant = self._merchant or self.cluster.register("MERCHANT")
        return self._merchant

    @property
    def customer(self):
        self._customer = self._customer or self.cluster.register("CUSTOMER")
        return self._customer

    @property
    def admin(self):
        self._admin = self._admin or self.cluster.login("admin")
        return self._admin

    @property
    def shop(self):
        if not self._shop:
            self._shop = created(self.merchant.post("merchants", {
                "name": "Chez Test", "kind": "RESTAURANT", "location": self.place(), "currency": "EUR"}))
        return self._shop

    @property
    def product(self):
        self._product = self._product or self.make_product()
        return self._product

    def make_product(self, **fields):
        return created(self.merchant.post(
            f"merchants/{self.shop['id']}/products", {"name": "Soup", "price": 850, "currency": "EUR", **fields}))

    def driver(self, capacity=1, metres=300, available=True):
        """A driver on duty so far from the shop; `available=False`: off duty, and nowhere."""
        driver = self.cluster.register("DRIVER")
        if available:
            self.on_duty(driver, capacity, metres)
        return driver

    def on_duty(self, driver, capacity=1, metres=300):
        answer = driver.patch("drivers/me", {"available": True, "capacity": capacity})
        assert answer.status_code == 200, answer.text
        answer = driver.patch("drivers/location", self.place(metres))
        assert answer.status_code == 204, answer.text

    # What happens.

    def order_body(self, product=None, quantity=1, **fields):
        return {"merchantId": self.shop["id"],
                "items": [{"productId": (product or self.product)["id"], "quantity": quantity}],
                "dropoff": {**self.place(800), "address": "1 Test Street"}, **fields}

    def order(self, customer=None, **fields):
        """Places an order and returns it."""
        answer = (customer or self.customer).post("orders", self.order_body(**fields))
        assert answer.status_code == 202, answer.text
        return answer.json()

    def phone(self, api, node=None, after=None, **options):
        """A connected phone, put away at the end of the test."""
        phone = Phone(api, **options)
        self.phones.append(phone)
        return phone.connect(node, **({} if after is None else {"after": after}))

    def phones_of(self, apis, nodes=("node-1", "node-2", "node-3")):
        """Connected phones, spread over the nodes."""
        phones = [Phone(api) for api in apis]
        self.phones += phones
        # In bunches: a whole crowd at the door at once is another test's subject.
        for start in range(0, len(phones), 20):
            bunch = phones[start:start + 20]
            together(*(phone.connecting(nodes[(start + at) % len(nodes)]) for at, phone in enumerate(bunch)))
        return phones

    def status(self, order):
        return self.read(order)["status"]

    def read(self, order):
        answer = self.admin.get(f"orders/{identity(order)}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def events(self, order):
        answer = self.admin.get(f"orders/{identity(order)}/events", params={"limit": 100})
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    def await_status(self, order, *statuses, patience=PATIENCE):
        """Waits until an order has come to one of these; returns it."""

        def look():
            now = self.read(order)
            return now if now["status"] in statuses else None

        return until(look, f"{identity(order)} is {' or '.join(statuses)}", patience)

    def offer(self, driver, order, patience=PATIENCE):
        """The offer of an order to a driver, waited for, by REST."""

        def look():
            answer = driver.get("drivers/me/offers")
            assert answer.status_code == 200, answer.text
            return next((one for one in answer.json()["data"] if one["orderId"] == identity(order)), None)

        return until(look, f"{identity(order)} is offered", patience)

    def accepted(self, driver=None, **fields):
        """An order that a driver of this scene has taken, by REST."""
        driver = driver or self.driver()
        order = self.order(**fields)
        self.offer(driver, order)
        answer = driver.post(f"orders/{order['id']}/accept")
        assert answer.status_code == 200, answer.text
        return driver, answer.json()

    def move(self, who, order, status, **fields):
        return who.patch(f"orders/{identity(order)}", {"status": status, **fields})

    def close(self):
        together(*(phone.client.disconnect() for phone in self.phones if phone.client))


def identity(order):
    return order["id"] if isinstance(order, dict) else order


def created(answer, status=201):
    assert answer.status_code == status, answer.text
    return answer.json()


def problem(answer, status, code=None):
    """Checks that an answer is a problem as the contract has them; returns it."""
    assert answer.status_code == status, f"{answer.status_code} {answer.text}"
    assert answer.headers["Content-Type"].split(";")[0] == "application/problem+json"
    body = answer.json()
    assert body["status"] == status and body["code"] and body["title"] and body["type"] and body["detail"]
    assert body["correlationId"] == answer.headers["X-Correlation-ID"]
    if status == 422:
        assert body["errors"] and all(set(entry) == {"field", "code", "message"} for entry in body["errors"])
    if status in (429, 503):
        assert int(answer.headers["Retry-After"]) >= 1
    if code:
        assert body["code"] == code, body
    return body


def fields(answer, code=None):
    """The names of the fields that a 422 complains of."""
    return {entry["field"] for entry in problem(answer, 422, code)["errors"]}
