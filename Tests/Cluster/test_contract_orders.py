"""An order's life by REST and by socket: what may follow what, by whom, and what is kept of it."""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness import until
from scene import fields, problem

STATES = ["PENDING", "PAID", "PROCESSED", "MATCHING", "UNASSIGNED", "ACCEPTED", "DRIVER_ARRIVING", "PICKED_UP",
          "DELIVERED", "FAILED", "RETURNED", "SHIPPED", "CANCELLED", "REFUNDED"]


def at_once(*work):
    """Runs callables at the same moment; their results."""
    gate = threading.Barrier(len(work))

    def go(one):
        gate.wait()
        return one()

    with ThreadPoolExecutor(len(work)) as pool:
        return list(pool.map(go, work))


def whole(events):
    """Checks a history: no gap, no step back in time."""
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    times = [event["at"] for event in events]
    assert times == sorted(times) and all(len(time) == 24 and time.endswith("Z") for time in times)
    return [event["type"] for event in events]


def test_placing_answers_202_with_location_and_the_order(scene):
    soup = scene.make_product(price=850)
    body = scene.order_body(soup, 3, externalId="till-7", metadata={"table": "4"})
    answer = scene.customer.post("orders", body)
    assert answer.status_code == 202
    order = answer.json()
    assert answer.headers["Location"] == f"/api/v1/orders/{order['id']}"
    assert set(order) >= {
        "id", "shortCode", "status", "version", "fulfilment", "payment", "total", "currency", "items", "merchantId",
        "customerId", "driverId", "pickup", "dropoff", "preparation", "externalId", "metadata", "createdAt", "updatedAt"}
    assert order["total"] == 2550 and order["currency"] == "EUR" and order["payment"] == "CASH"
    assert order["items"] == [{"productId": soup["id"], "name": "Soup", "quantity": 3, "unitPrice": 850}]
    assert order["customerId"] == scene.customer.user["id"] and order["driverId"] is None
    assert order["status"] in ("PENDING", "MATCHING") and order["preparation"]["state"] == "WAITING"
    assert uuid.UUID(order["id"]).version == 7
    assert scene.customer.get(answer.headers["Location"]).json()["id"] == order["id"]


def test_the_price_is_the_catalogues_and_the_orders_stays(scene):
    soup = scene.make_product(price=100)
    order = scene.order(product=soup)
    assert scene.merchant.patch(f"merchants/{scene.shop['id']}/products/{soup['id']}", {"price": 999}).status_code == 200
    assert scene.customer.get(f"orders/{order['id']}").json()["total"] == 100
    assert scene.order(product=soup)["total"] == 999


def test_an_order_goes_from_placing_to_the_door(scene):
    driver, order = scene.accepted()
    assert order["status"] == "ACCEPTED" and order["driverId"] == driver.user["id"]
    for status in ("DRIVER_ARRIVING", "PICKED_UP", "DELIVERED"):
        answer = scene.move(driver, order, status)
        assert answer.status_code == 200 and answer.json()["status"] == status, answer.text
        assert answer.headers["ETag"] == f'"{answer.json()["version"]}"'
    history = scene.events(order)
    types = whole(history)
    assert types[0] == "order.created" and types[-4:] == [
        "order.accepted", "order.driver_arriving", "order.picked_up", "order.delivered"]
    assert history[-1]["actor"] == {"kind": "DRIVER", "id": driver.user["id"]}
    assert scene.read(order)["version"] == history[-1]["seq"]
    assert set(history[0]) >= {"orderId", "seq", "type", "status", "at", "actor", "data"}


def test_an_order_goes_from_placing_to_the_door_by_socket(scene):
    driver = scene.driver()
    phone = scene.phone(driver)
    order = scene.order()
    offer = phone.await_one("order_offer", orderId=order["id"])
    assert set(offer) >= {"offerId", "orderId", "merchant", "pickup", "dropoff", "distanceMeters", "payout", "currency",
                          "expiresAt", "expiresInMs"}
    ack = phone.call("offer_accept", {"orderId": order["id"], "offerId": offer["offerId"]})
    assert ack["ok"] and ack["order"]["status"] == "ACCEPTED"
    again = phone.call("offer_accept", {"orderId": order["id"], "offerId": offer["offerId"]})
    assert again == ack
    for status in ("DRIVER_ARRIVING", "PICKED_UP", "DELIVERED"):
        ack = phone.call("order_status", {"orderId": order["id"], "status": status})
        assert ack["ok"] and ack["order"]["status"] == status
    ack = phone.call("order_status", {"orderId": order["id"], "status": "DELIVERED"})
    assert ack["ok"] is False and ack["error"]["code"] == "INVALID_TRANSITION"


def test_what_failed_may_be_tried_again_or_returned(scene):
    driver, order = scene.accepted()
    for status in ("DRIVER_ARRIVING", "PICKED_UP"):
        assert scene.move(driver, order, status).status_code == 200
    assert fields(scene.move(driver, order, "FAILED")) == {"reason"}
    assert scene.move(driver, order, "FAILED", reason="nobody there").status_code == 200
    assert scene.move(driver, order, "PICKED_UP").status_code == 200
    assert scene.move(driver, order, "FAILED", reason="nobody there again").json()["status"] == "FAILED"
    assert scene.move(scene.merchant, order, "RETURNED").json()["status"] == "RETURNED"
    assert scene.events(order)[-2]["data"]["reason"] == "nobody there again"


def refused_everywhere(scene, order, driver, allowed):
    """From where the order stands, nobody may go anywhere but where the table says."""
    people = {"customer": scene.customer, "merchant": scene.merchant, "driver": driver, "admin": scene.admin}
    before = scene.read(order)
    for name, api in people.items():
        if api is None:
            continue
        for status in STATES:
            if (name, status) in allowed:
                continue
            answer = scene.move(api, order, status, reason="test")
            assert answer.status_code in (403, 409), f"{before['status']} {name} {status}: {answer.text}"
            problem(answer, answer.status_code, "FORBIDDEN" if answer.status_code == 403 else "INVALID_TRANSITION")
    assert scene.read(order) == before


CANCEL = {("customer", "CANCELLED"), ("merchant", "CANCELLED"), ("admin", "CANCELLED")}


def test_from_nowhere_does_an_order_go_where_the_table_does_not_lead(scene):
    driver, order = scene.accepted()
    refused_everywhere(scene, order, driver, CANCEL | {
        ("driver", "DRIVER_ARRIVING"), ("driver", "MATCHING"), ("admin", "MATCHING")})
    assert scene.move(driver, order, "DRIVER_ARRIVING").status_code == 200
    refused_everywhere(scene, order, driver, CANCEL | {
        ("driver", "PICKED_UP"), ("driver", "MATCHING"), ("admin", "MATCHING")})
    assert scene.move(driver, order, "PICKED_UP").status_code == 200
    refused_everywhere(scene, order, driver, {
        (who, status) for who in ("driver", "admin") for status in ("DELIVERED", "FAILED")})
    assert scene.move(driver, order, "FAILED", reason="x").status_code == 200
    refused_everywhere(scene, order, driver, {
        (who, status) for who in ("driver", "merchant", "admin") for status in ("RETURNED", "PICKED_UP")})
    assert scene.move(driver, order, "RETURNED").status_code == 200
    refused_everywhere(scene, order, driver, set())


def test_a_matching_order_goes_nowhere_by_hand_but_to_its_end(scene):
    order = scene.order()
    scene.await_status(order, "MATCHING")
    refused_everywhere(scene, order, None, CANCEL)


@pytest.mark.parametrize("who", ["customer", "merchant", "admin"])
def test_an_order_is_cancelled_once(scene, who):
    api = getattr(scene, who)
    order = scene.order()
    answer = api.patch(f"orders/{order['id']}/cancel", {"reason": "changed my mind"})
    assert answer.status_code == 200 and answer.json()["status"] == "CANCELLED"
    problem(api.patch(f"orders/{order['id']}/cancel", {}), 409, "INVALID_TRANSITION")
    problem(api.patch(f"orders/{order['id']}", {"status": "CANCELLED"}), 409, "INVALID_TRANSITION")
    last = scene.events(order)[-1]
    assert last["type"] == "order.cancelled" and last["data"]["reason"] == "changed my mind"
    assert last["actor"]["kind"] == who.upper()


def test_a_released_order_is_matched_anew_and_not_offered_to_who_released_it(scene):
    driver, order = scene.accepted()
    answer = driver.post(f"orders/{order['id']}/release", {"reason": "flat tyre"})
    assert answer.status_code == 200, answer.text
    released = [event for event in scene.events(order) if event["type"] == "order.matching"][-1]
    assert released["data"]["reason"] == "flat tyre" and driver.user["id"] in released["data"].values()
    other = scene.driver()
    scene.offer(other, order)
    assert not [one for one in driver.get("drivers/me/offers").json()["data"] if one["orderId"] == order["id"]]
    answer = other.post(f"orders/{order['id']}/accept")
    assert answer.status_code == 200 and answer.json()["driverId"] == other.user["id"]
    problem(driver.get(f"orders/{order['id']}"), 404)


def test_a_rejected_offer_goes_to_the_next(scene):
    driver = scene.driver()
    order = scene.order()
    scene.offer(driver, order)
    assert driver.post(f"orders/{order['id']}/reject", {"reason": "too far"}).status_code == 200
    other = scene.driver()
    scene.offer(other, order)
    assert driver.get("drivers/me/offers").json()["data"] == []
    decisions = scene.admin.get(f"orders/{order['id']}/decisions").json()
    assert driver.user["id"] in str(decisions) and other.user["id"] in str(decisions)


def test_who_was_never_asked_cannot_take_an_order(scene):
    order = scene.order()
    stranger = scene.driver(metres=200_000)
    problem(stranger.post(f"orders/{order['id']}/accept"), 404)
    phone = scene.phone(stranger)
    ack = phone.call("offer_accept", {"orderId": order["id"]})
    assert ack["error"]["code"] == "OFFER_NOT_FOUND"


# Preparation.

def test_preparation_is_the_merchants_and_changes_no_status(scene):
    order = scene.order()
    path = f"orders/{order['id']}/preparation"
    for api in (scene.customer, scene.admin):
        problem(api.patch(path, {"state": "PREPARING"}), 403)
    answer = scene.merchant.patch(path, {"state": "PREPARING", "readyAt": "2030-01-01T12:00:00.000Z"})
    assert answer.status_code == 200, answer.text
    assert answer.json()["preparation"] == {"state": "PREPARING", "readyAt": "2030-01-01T12:00:00.000Z"}
    assert answer.json()["status"] == scene.read(order)["status"]
    last = scene.events(order)[-1]
    assert last["type"] == "order.preparing" and last["data"]["readyAt"] == "2030-01-01T12:00:00.000Z"
    assert scene.merchant.patch(path, {"state": "READY"}).json()["preparation"]["state"] == "READY"
    assert scene.events(order)[-1]["type"] == "order.ready"
    problem(scene.merchant.patch(path, {"state": "PREPARING"}), 409, "INVALID_TRANSITION")
    assert fields(scene.merchant.patch(path, {"state": "BURNT"})) == {"state"}
    whole(scene.events(order))


# Stock.

def stock(scene, product):
    return scene.customer.get(f"merchants/{scene.shop['id']}/products/{product['id']}").json()["stock"]


def test_no_more_is_sold_than_there_is_by_orders_on_every_node_at_once(scene):
    product = scene.make_product(stock=10)
    bases = [scene.cluster.node_url(f"node-{number}") for number in (1, 2, 3)]
    apis = [scene.cluster.api(scene.customer.token, bases[at % 3]) for at in range(24)]
    body = scene.order_body(product, 1)
    answers = at_once(*(lambda api=api: api.post("orders", body) for api in apis))
    sold = [answer for answer in answers if answer.status_code == 202]
    assert len(sold) == 10
    for answer in answers:
        if answer.status_code != 202:
            problem(answer, 409, "OUT_OF_STOCK")
    assert stock(scene, product) == 0
    for answer in sold[:4]:
        assert scene.customer.patch(f"orders/{answer.json()['id']}/cancel", {}).status_code == 200
    assert stock(scene, product) == 4


def test_stock_goes_back_once_however_many_cancel_at_once(scene):
    product = scene.make_product(stock=5)
    order = scene.order(product=product, quantity=3)
    assert stock(scene, product) == 2
    path = f"orders/{order['id']}/cancel"
    answers = at_once(*(lambda api=api: api.patch(path, {}) for api in (scene.customer, scene.merchant, scene.admin)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    assert stock(scene, product) == 5


def test_two_orders_of_the_same_two_products_in_crossed_order_do_not_deadlock(scene):
    one, two = scene.make_product(stock=100), scene.make_product(stock=100)
    body = scene.order_body()
    items = [{"productId": product["id"], "quantity": 1} for product in (one, two)]
    answers = at_once(*(lambda items=items: scene.cluster.api(scene.customer.token).post("orders", {**body, "items": items})
                        for items in (items, items[::-1]) * 8))
    assert {answer.status_code for answer in answers} == {202}
    assert stock(scene, one) == stock(scene, two) == 84


def test_what_is_not_available_is_not_sold(scene):
    product = scene.make_product(available=False)
    answer = scene.customer.post("orders", scene.order_body(product))
    assert answer.status_code in (409, 422), answer.text
    problem(answer, answer.status_code)


# Versions.

def test_an_old_if_match_is_412_and_changes_nothing(scene):
    order = scene.order()
    scene.await_status(order, "MATCHING")
    answer = scene.customer.get(f"orders/{order['id']}")
    tag = answer.headers["ETag"]
    assert tag == f'"{answer.json()["version"]}"'
    path = f"orders/{order['id']}/preparation"
    assert scene.merchant.patch(path, {"state": "PREPARING"}, headers={"If-Match": tag}).status_code == 200
    stale = scene.customer.patch(f"orders/{order['id']}/cancel", {}, headers={"If-Match": tag})
    problem(stale, 412)
    for nonsense in ('"x"', "17", '"9999"'):
        problem(scene.customer.patch(f"orders/{order['id']}/cancel", {}, headers={"If-Match": nonsense}), 412)
    fresh = scene.customer.get(f"orders/{order['id']}").headers["ETag"]
    assert scene.customer.patch(f"orders/{order['id']}/cancel", {}, headers={"If-Match": fresh}).status_code == 200


def test_of_two_changes_of_the_same_version_one_wins(scene):
    for _ in range(5):
        order = scene.order()
        scene.await_status(order, "MATCHING")
        tag = scene.customer.get(f"orders/{order['id']}").headers["ETag"]
        headers = {"If-Match": tag}
        one, two = at_once(
            lambda: scene.customer.patch(f"orders/{order['id']}/cancel", {}, headers=headers),
            lambda: scene.merchant.patch(f"orders/{order['id']}/preparation", {"state": "READY"}, headers=headers))
        assert sorted((one.status_code, two.status_code)) in ([200, 412], [200, 409])


# Idempotency.

def test_the_same_key_gives_the_same_answer_byte_for_byte(scene):
    product = scene.make_product(stock=10)
    body, key = scene.order_body(product), {"Idempotency-Key": f"key {uuid.uuid4()}"}
    first = scene.customer.post("orders", body, headers=key)
    assert first.status_code == 202 and "Idempotent-Replayed" not in first.headers
    scene.customer.patch(f"orders/{first.json()['id']}/cancel", {})
    for node in ("node-1", "node-2", "node-3"):
        again = scene.cluster.api(scene.customer.token, scene.cluster.node_url(node)).post("orders", body, headers=key)
        assert (again.status_code, again.content) == (first.status_code, first.content)
        assert again.headers["Location"] == first.headers["Location"]
        assert again.headers["Idempotent-Replayed"] == "true"
    assert stock(scene, product) == 10


def test_the_same_key_with_another_body_is_refused(scene):
    key = {"Idempotency-Key": str(uuid.uuid4())}
    assert scene.customer.post("orders", scene.order_body(), headers=key).status_code == 202
    problem(scene.customer.post("orders", scene.order_body(quantity=2), headers=key), 422, "IDEMPOTENCY_KEY_REUSED")


def test_a_key_is_its_accounts_own(scene):
    key, body = {"Idempotency-Key": str(uuid.uuid4())}, scene.order_body()
    first = scene.customer.post("orders", body, headers=key).json()
    second = scene.cluster.register("CUSTOMER").post("orders", body, headers=key)
    assert second.status_code == 202 and second.json()["id"] != first["id"]


def test_a_refused_answer_is_not_kept(scene):
    product = scene.make_product(stock=0)
    key, body = {"Idempotency-Key": str(uuid.uuid4())}, scene.order_body(product)
    problem(scene.customer.post("orders", body, headers=key), 409, "OUT_OF_STOCK")
    scene.merchant.patch(f"merchants/{scene.shop['id']}/products/{product['id']}", {"stock": 1})
    answer = scene.customer.post("orders", body, headers=key)
    assert answer.status_code == 202 and "Idempotent-Replayed" not in answer.headers


@pytest.mark.parametrize("key", ["", "x" * 256, "é", "tab\tin"])
def test_a_senseless_key_is_refused(scene, key):
    answer = scene.customer.post("orders", scene.order_body(), headers={"Idempotency-Key": key.encode()})
    assert answer.status_code in (400, 422)


def test_two_at_once_with_one_key_on_two_nodes_make_one_order(scene):
    for _ in range(5):
        key, body = {"Idempotency-Key": str(uuid.uuid4())}, scene.order_body()
        apis = [scene.cluster.api(scene.customer.token, scene.cluster.node_url(f"node-{n % 3 + 1}")) for n in range(6)]
        answers = at_once(*(lambda api=api: api.post("orders", body, headers=key) for api in apis))
        made = [answer for answer in answers if answer.status_code == 202]
        assert made and len({answer.content for answer in made}) == 1
        for answer in answers:
            if answer.status_code != 202:
                problem(answer, 409, "IDEMPOTENCY_IN_PROGRESS")
                assert int(answer.headers["Retry-After"]) >= 1
        assert sum("Idempotent-Replayed" not in answer.headers for answer in made) == 1


# Lists.

def test_a_list_is_walked_page_by_page_without_hole_or_double(scene):
    placed = [scene.order()["id"] for _ in range(7)]
    found, cursor = [], None
    while True:
        page = scene.customer.get("orders", params={"limit": 3, **({"cursor": cursor} if cursor else {})}).json()
        assert set(page) == {"data", "nextCursor"} and len(page["data"]) <= 3
        found += [order["id"] for order in page["data"]]
        cursor = page["nextCursor"]
        if cursor is None:
            break
    assert found == placed[::-1]


def test_a_list_is_narrowed_by_status(scene):
    kept, gone = scene.order(), scene.order()
    scene.customer.patch(f"orders/{gone['id']}/cancel", {})
    found = scene.customer.get("orders", params={"status": "CANCELLED"}).json()["data"]
    assert [order["id"] for order in found] == [gone["id"]]
    until(lambda: [order["id"] for order in scene.customer.get("orders?status=MATCHING").json()["data"]] == [kept["id"]],
          "the other is matched")


def test_events_are_read_past_a_seq(scene):
    order = scene.order()
    scene.await_status(order, "MATCHING")
    scene.merchant.patch(f"orders/{order['id']}/preparation", {"state": "READY"})
    events = scene.customer.get(f"orders/{order['id']}/events").json()["data"]
    whole(events)
    past = scene.customer.get(f"orders/{order['id']}/events", params={"after": 1}).json()["data"]
    assert past == events[1:]


def test_shops_come_nearest_first_with_their_distance(scene):
    far = scene.merchant.post("merchants", {
        "name": "Far", "kind": "RESTAURANT", "location": scene.place(2000), "currency": "EUR"}).json()
    near = scene.shop
    place = scene.place()
    found = scene.customer.get(
        "merchants", params={"lat": place["lat"], "lng": place["lng"], "radius": 5000}).json()["data"]
    assert [one["id"] for one in found] == [near["id"], far["id"]]
    assert found[0]["distanceMeters"] < 1 and 1980 < found[1]["distanceMeters"] < 2020


def test_drivers_nearby_are_those_on_duty_and_nearest_first(scene):
    far, near = scene.driver(metres=900), scene.driver(metres=100)
    idle = scene.driver(metres=50)
    idle.patch("drivers/me", {"available": False})
    place = scene.place()
    answer = scene.admin.get("drivers/nearby", params={"lat": place["lat"], "lng": place["lng"], "radius": 2000})
    assert answer.status_code == 200
    found = answer.json()["data"]
    ids = [one.get("id") or one.get("driverId") for one in found]
    assert ids == [near.user["id"], far.user["id"]]
    assert 95 < found[0]["distanceMeters"] < 105
