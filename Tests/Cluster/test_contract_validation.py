"""What comes in wrong is refused with a precise 4xx that names every field, and the nodes go on."""

import uuid

import pytest

from scene import fields, problem

ANY = str(uuid.uuid4())


@pytest.fixture(scope="module")
def user(shared):
    shared.healthy()
    return {role: shared.register(role) for role in ("CUSTOMER", "DRIVER", "MERCHANT")}


def test_every_wrong_field_is_named_at_once(scene):
    answer = scene.customer.post("orders", {
        "merchantId": 7, "items": [{"productId": "x", "quantity": 0}, {"quantity": "two", "size": 1}],
        "dropoff": {"lat": 91, "lng": "east", "floor": 3}, "payment": "GOLD", "tip": 5})
    found = fields(answer, "UNKNOWN_FIELD")
    assert found == {
        "merchantId", "items[0].productId", "items[0].quantity", "items[1].productId", "items[1].quantity",
        "items[1].size", "dropoff.lat", "dropoff.lng", "dropoff.floor", "payment", "tip"}


def test_missing_fields_are_named(user):
    assert fields(user["CUSTOMER"].post("orders", {})) == {"merchantId", "items", "dropoff"}
    assert fields(user["CUSTOMER"].post("auth/register", {})) == {"email", "password", "name"}
    assert fields(user["CUSTOMER"].post("auth/login", {})) == {"email", "password"}
    assert fields(user["CUSTOMER"].post("auth/refresh", {})) == {"refreshToken"}
    assert fields(user["MERCHANT"].post("merchants", {})) == {"name", "kind", "location", "currency"}
    assert fields(user["DRIVER"].patch("drivers/location", {})) >= {"lat", "lng"}


@pytest.mark.parametrize("lat, lng, wrong", [
    (90.0001, 0, {"lat"}), (-90.0001, 0, {"lat"}), (0, 180.0001, {"lng"}), (0, -181, {"lng"}),
    (1e308, -1e308, {"lat", "lng"}), ("48", 2, {"lat"}), (None, 2, {"lat"}), (True, 2, {"lat"}), ([], {}, {"lat", "lng"})])
def test_coordinates_off_the_globe_are_refused(user, lat, lng, wrong):
    assert fields(user["DRIVER"].patch("drivers/location", {"lat": lat, "lng": lng})) == wrong
    assert fields(user["MERCHANT"].post("merchants", {
        "name": "N", "kind": "STORE", "currency": "EUR", "location": {"lat": lat, "lng": lng}})) == {
            f"location.{name}" for name in wrong}


@pytest.mark.parametrize("lat, lng", [(90, 180), (-90, -180), (0, 0), (-0.0, 1e-300)])
def test_the_edges_of_the_globe_are_on_it(user, lat, lng):
    assert user["DRIVER"].patch("drivers/location", {"lat": lat, "lng": lng}).status_code == 204


@pytest.mark.parametrize("raw", [
    '{"lat": NaN, "lng": 1}', '{"lat": Infinity, "lng": 1}', '{"lat": 1e999, "lng": 1}', '{"lat": 01, "lng": 1}'])
def test_numbers_that_are_none_in_json_are_refused(user, raw):
    answer = user["DRIVER"].request("PATCH", "drivers/location", data=raw, headers={"Content-Type": "application/json"})
    assert problem(answer, answer.status_code)["status"] in (400, 422)


@pytest.mark.parametrize("raw", [
    b"", b"{", b"}", b"nonsense", b"{'a': 1}", b'{"a": 1,}', b'{"a": 1} x', b'\xff\xfe', b'{"a": "\xff"}', b'{"a": "\n"}',
    b'{"a": 1, "a": 2}', b'{"a": "\\ud800"}', b"[" * 100_000, b'{"a":' * 5000 + b"1" + b"}" * 5000])
def test_what_is_not_json_is_400(cluster, raw):
    answer = cluster.api().post("auth/login", data=raw, headers={"Content-Type": "application/json"})
    problem(answer, 400, "INVALID_JSON")


@pytest.mark.parametrize("raw", [b"[]", b'"x"', b"1", b"null", b"true"])
def test_json_that_is_no_object_is_422(cluster, raw):
    problem(cluster.api().post("auth/login", data=raw, headers={"Content-Type": "application/json"}), 422)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_another_media_type_is_415(cluster, kind):
    answer = cluster.api().post("auth/login", data=b'{"email": "a@b.c", "password": "x"}', headers={"Content-Type": kind})
    problem(answer, 415)


def test_a_charset_beside_the_media_type_is_fine(cluster):
    answer = cluster.api().post("auth/login", data=b'{"email": "a@b.co", "password": "x"}',
                                headers={"Content-Type": "application/json; charset=utf-8"})
    problem(answer, 401)


@pytest.mark.parametrize("name, good", [("x", True), ("é" * 120, True), ("x" * 121, False), ("", False), ("a\x00b", False)])
def test_names_have_1_to_120_characters_without_nul(user, name, good):
    answer = user["MERCHANT"].post("merchants", {
        "name": name, "kind": "STORE", "currency": "EUR", "location": {"lat": 1, "lng": 1}})
    if good:
        assert answer.status_code == 201 and answer.json()["name"] == name
    else:
        assert fields(answer) == {"name"}


def test_nul_is_refused_wherever_a_text_may_stand(scene):
    body = scene.order_body(externalId="a\0b", metadata={"k": "v\0"})
    body["dropoff"].update(note="\0", address="x\0y")
    found = fields(scene.customer.post("orders", body))
    assert {"externalId", "dropoff.note", "dropoff.address"} <= found and any("metadata" in name for name in found)
    problem(scene.cluster.api().post("auth/login", {"email": "a\0@b.co", "password": "x\0"}), 422)
    answer = scene.customer.get("merchants?q=%00")
    assert answer.status_code in (400, 422)


@pytest.mark.parametrize("change, wrong", [
    ({"items": []}, "items"), ({"items": "x"}, "items"), ({"items": [1]}, "items[0]"), ({"metadata": [1]}, "metadata"),
    ({"metadata": {str(n): "x" for n in range(21)}}, "metadata"), ({"fulfilment": "DRONE"}, "fulfilment"),
    ({"externalId": 5}, "externalId"), ({"total": 1}, "total"), ({"merchantId": ANY[:-1]}, "merchantId")])
def test_an_order_that_is_wrong_in_one_place_is_told_which(scene, change, wrong):
    assert fields(scene.customer.post("orders", {**scene.order_body(), **change})) == {wrong}


@pytest.mark.parametrize("quantity", [0, 1000, -1, 1.5, "1", None, True, 10**30])
def test_quantities_go_from_1_to_999(scene, quantity):
    body = scene.order_body()
    body["items"][0]["quantity"] = quantity
    assert fields(scene.customer.post("orders", body)) == {"items[0].quantity"}


def test_more_than_100_items_are_refused(scene):
    body = scene.order_body()
    assert fields(scene.customer.post("orders", {**body, "items": body["items"] * 101})) == {"items"}


def test_notes_and_reasons_have_up_to_500_characters(scene):
    body = scene.order_body()
    body["dropoff"]["note"] = "é" * 500
    order = scene.customer.post("orders", body)
    assert order.status_code == 202 and order.json()["dropoff"]["note"] == "é" * 500
    body["dropoff"]["note"] += "!"
    assert fields(scene.customer.post("orders", body)) == {"dropoff.note"}
    path = f"orders/{order.json()['id']}/cancel"
    assert fields(scene.customer.patch(path, {"reason": "x" * 501})) == {"reason"}
    assert scene.customer.patch(path, {"reason": "x" * 500}).status_code == 200


@pytest.mark.parametrize("path", [
    "orders?limit=0", "orders?limit=101", "orders?limit=x", "orders?limit=", "orders?limit=1e1", "orders?cursor=nonsense",
    "orders?cursor=%27%3B--", "orders?status=LOST", "orders?colour=red", "merchants?lat=91&lng=0", "merchants?lat=1",
    "merchants?kind=PALACE", "merchants?lat=NaN&lng=0", "merchants?radius=5", "products?limit=-1"])
def test_queries_are_checked_like_bodies(user, path):
    assert fields(user["CUSTOMER"].get(path))


def test_a_product_of_another_shop_cannot_be_ordered(scene):
    other = scene.merchant.post("merchants", {
        "name": "Other", "kind": "STORE", "location": scene.place(), "currency": "EUR"}).json()
    answer = scene.customer.post("orders", {**scene.order_body(), "merchantId": other["id"]})
    assert answer.status_code in (404, 409, 422), answer.text
    problem(answer, answer.status_code)
    answer = scene.customer.post("orders", {**scene.order_body(), "merchantId": ANY})
    assert answer.status_code in (404, 422), answer.text
    problem(answer, answer.status_code)


INJECTIONS = [
    "'; DROP TABLE orders; --", "\" OR 1=1 --", "$1", "${jndi:ldap://x}", "{{7*7}}", "<script>alert(1)</script>",
    "%s%n", "\\'; SELECT pg_sleep(10); --", "\r\nX-Injected: yes", "../../etc/passwd", "\u202e\u0007", "*) FROM accounts --"]


@pytest.mark.parametrize("text", INJECTIONS)
def test_injection_is_a_text_like_any_other(scene, text):
    answer = scene.merchant.post("merchants", {
        "name": text, "kind": "STORE", "location": scene.place(), "currency": "EUR", "address": text})
    assert answer.status_code == 201 and answer.json()["name"] == text and answer.json()["address"] == text
    assert "X-Injected" not in answer.headers
    found = scene.customer.get("merchants", params={"q": text, "limit": 100})
    assert found.status_code == 200, found.text
    answer = scene.cluster.api().post("auth/login", {"email": text, "password": text})
    problem(answer, answer.status_code)
    assert answer.status_code in (401, 422)
    body = scene.order_body(externalId=text, metadata={"k": text})
    order = scene.customer.post("orders", body)
    assert order.status_code == 202 and order.json()["externalId"] == text and order.json()["metadata"] == {"k": text}
    assert scene.customer.get(f"orders/{order.json()['id']}").json()["externalId"] == text


def test_the_wildcards_of_like_are_letters_in_a_search(scene):
    name = f"100%_{uuid.uuid4().hex}"
    scene.merchant.post("merchants", {"name": name, "kind": "STORE", "location": scene.place(), "currency": "EUR"})
    found = scene.customer.get("merchants", params={"q": name}).json()["data"]
    assert [one["name"] for one in found] == [name]
    assert not scene.customer.get("merchants", params={"q": name.replace("%", "x").replace("_", "y")}).json()["data"]
    assert not scene.customer.get("merchants", params={"q": "%" + name[6:] + "%%"}).json()["data"]


@pytest.mark.parametrize("event, payload", [
    ("order_status", {}), ("order_status", {"orderId": ANY}), ("order_status", {"orderId": 1, "status": "DELIVERED"}),
    ("order_status", {"orderId": ANY, "status": "LOST"}), ("order_status", {"orderId": ANY, "status": "DELIVERED", "x": 1}),
    ("order_status", "text"), ("order_status", [1]), ("order_subscribe", {}), ("order_subscribe", {"orderId": "x"}),
    ("order_subscribe", {"orderId": ANY, "after": -1}), ("order_subscribe", {"orderId": ANY, "after": "1"}),
    ("order_unsubscribe", {}), ("auth_refresh", {})])
def test_socket_payloads_are_checked_like_bodies(scene, event, payload):
    phone = scene.phone(scene.customer)
    ack = phone.call(event, payload)
    assert ack["ok"] is False and ack["error"]["code"] and ack["error"]["message"]
    assert ack["error"]["code"] not in ("INTERNAL", "UNAVAILABLE", "UNKNOWN_EVENT")
    assert not phone.disconnects
