"""Roles: a missing right is 403, what is somebody else's is 404, and nobody is 401."""

import uuid

import pytest

from scene import problem

ANY = str(uuid.uuid4())
PROTECTED = [
    ("GET", "users/me"), ("PATCH", "users/me"), ("GET", "users"), ("PATCH", f"users/{ANY}"), ("POST", "merchants"),
    ("GET", "merchants"), ("PATCH", f"merchants/{ANY}"), ("DELETE", f"merchants/{ANY}"),
    ("POST", f"merchants/{ANY}/products"), ("POST", "orders"), ("GET", "orders"), ("GET", f"orders/{ANY}"),
    ("GET", f"orders/{ANY}/events"), ("GET", f"orders/{ANY}/decisions"), ("PATCH", f"orders/{ANY}"),
    ("POST", f"orders/{ANY}/accept"), ("POST", f"orders/{ANY}/reject"), ("POST", f"orders/{ANY}/release"),
    ("PATCH", f"orders/{ANY}/cancel"), ("PATCH", f"orders/{ANY}/preparation"), ("PATCH", "drivers/location"),
    ("GET", "drivers/me"), ("PATCH", "drivers/me"), ("GET", "drivers/me/offers"), ("GET", "drivers/nearby"),
    ("POST", "auth/logout"), ("GET", "auth/verify")]


@pytest.mark.parametrize("method, path", PROTECTED)
def test_nobody_gets_in_without_a_token(cluster, method, path):
    problem(cluster.api().request(method, path, {} if method != "GET" else None), 401)


@pytest.mark.parametrize("role, method, path", [
    ("CUSTOMER", "POST", "merchants"), ("DRIVER", "POST", "merchants"), ("DRIVER", "POST", "orders"),
    ("MERCHANT", "POST", "orders"), ("CUSTOMER", "GET", "drivers/me"), ("CUSTOMER", "PATCH", "drivers/location"),
    ("MERCHANT", "PATCH", "drivers/me"), ("CUSTOMER", "GET", "drivers/nearby?lat=1&lng=1&radius=1000"),
    ("DRIVER", "GET", "drivers/nearby?lat=1&lng=1&radius=1000"), ("CUSTOMER", "GET", "users"),
    ("MERCHANT", "PATCH", f"users/{ANY}"), ("CUSTOMER", "GET", f"orders/{ANY}/decisions"),
    ("CUSTOMER", "POST", f"orders/{ANY}/accept"), ("MERCHANT", "POST", f"orders/{ANY}/release")])
def test_a_role_without_the_right_is_403(cluster, role, method, path):
    problem(cluster.register(role).request(method, path, {} if method != "GET" else None), 403)


def test_somebody_elses_order_is_404_for_every_role(scene):
    order = scene.order()
    for role in ("CUSTOMER", "DRIVER", "MERCHANT"):
        stranger = scene.cluster.register(role)
        for path in (f"orders/{order['id']}", f"orders/{order['id']}/events"):
            problem(stranger.get(path), 404, "NOT_FOUND")
        problem(stranger.patch(f"orders/{order['id']}/cancel", {}), 404)
        problem(stranger.patch(f"orders/{order['id']}", {"status": "DELIVERED"}), 404)
        assert all(one["id"] != order["id"] for one in stranger.get("orders").json()["data"])
    problem(scene.cluster.register("DRIVER").post(f"orders/{order['id']}/accept"), 404)


def test_an_id_that_names_nothing_is_404(scene):
    for name in (ANY, "1", "x" * 200, "%00", "..", "0" * 32, "'; DROP TABLE orders; --"):
        answer = scene.customer.get(f"orders/{name.replace(' ', '%20')}")
        assert answer.status_code in (404, 400), name
    problem(scene.customer.get(f"orders/{ANY}"), 404)
    problem(scene.customer.get("orders/nonsense"), 404)


def test_a_shop_is_changed_by_its_members_and_admin_alone(scene):
    path = f"merchants/{scene.shop['id']}"
    stranger = scene.cluster.register("MERCHANT")
    problem(stranger.patch(path, {"name": "Mine now"}), 403)
    problem(stranger.request("DELETE", path), 403)
    problem(stranger.post(f"{path}/products", {"name": "P", "price": 1, "currency": "EUR"}), 403)
    assert stranger.get(path).status_code == 200
    assert scene.admin.patch(path, {"name": "Renamed"}).json()["name"] == "Renamed"
    assert scene.merchant.patch(path, {"name": "Named again"}).json()["name"] == "Named again"


def test_decisions_are_for_admin_alone(scene):
    order = scene.order()
    assert scene.admin.get(f"orders/{order['id']}/decisions").status_code == 200
    for api in (scene.customer, scene.merchant):
        problem(api.get(f"orders/{order['id']}/decisions"), 403)


def test_rights_hold_on_sockets_too(scene):
    order = scene.order()
    customer = scene.phone(scene.customer)
    for event, payload in (
            ("availability", {"available": True}), ("location_update", scene.place()), ("admin_subscribe", {}),
            ("offer_accept", {"orderId": order["id"]}), ("offer_reject", {"orderId": order["id"]}),
            ("order_release", {"orderId": order["id"], "reason": "x"}),
            ("order_status", {"orderId": order["id"], "status": "DELIVERED"})):
        ack = customer.call(event, payload)
        assert ack["ok"] is False and ack["error"]["code"] == "FORBIDDEN" and ack["error"]["message"], event
    stranger = scene.phone(scene.cluster.register("CUSTOMER"))
    for event, payload in (("order_subscribe", {"orderId": order["id"]}),
                           ("order_status", {"orderId": order["id"], "status": "CANCELLED"})):
        ack = stranger.call(event, payload)
        assert ack["ok"] is False and ack["error"]["code"] == "NOT_FOUND", event


def test_an_event_that_no_node_serves_is_told_so(scene):
    ack = scene.phone(scene.customer).call("no_such_event", {"x": 1})
    assert ack["ok"] is False and ack["error"]["code"] == "UNKNOWN_EVENT"
