"""Notifications of admins: who gets them, and how often."""

import uuid

from scene import fields, problem
from test_contract_orders import at_once

PATH = "admin/notifications"


def test_notifications_are_checked_and_for_admins_alone(scene):
    body = {"to": "all", "title": "News", "text": "Text"}
    for who in (scene.customer, scene.merchant):
        problem(who.post("admin/notifications", body), 403, "FORBIDDEN")
    for to in ("", "everybody", "role:BAKER", f"session:{uuid.uuid4()}", "user:x", "user:" + str(uuid.uuid4()).upper(), 1):
        assert fields(scene.admin.post("admin/notifications", {**body, "to": to})) == {"to"}, to
    assert fields(scene.admin.post("admin/notifications", {"to": "all", "data": [1], "nonsense": 1})) == {
        "title", "text", "data", "nonsense"}


def received(phone):
    """How many came, once all that was sent before has."""
    phone.settle()
    return len(phone.got("notification"))


def test_under_a_key_it_is_sent_once_however_often_it_is_asked_for(scene):
    phone = scene.phone(scene.customer, "node-3")
    body = {"to": f"user:{scene.customer.user['id']}", "title": "News", "text": "é", "data": {"n": 1}}
    key = {"Idempotency-Key": f"key {uuid.uuid4()}"}
    first = scene.admin.post(PATH, body, headers=key)
    assert first.status_code == 200 and "Idempotent-Replayed" not in first.headers
    assert phone.await_one("notification") == first.json()
    for node in ("node-1", "node-2", "node-3"):
        again = scene.cluster.api(scene.admin.token, scene.cluster.node_url(node)).post(PATH, body, headers=key)
        assert (again.status_code, again.content) == (200, first.content)
        assert again.headers["Idempotent-Replayed"] == "true"
    problem(scene.admin.post(PATH, {**body, "title": "Olds"}, headers=key), 422, "IDEMPOTENCY_KEY_REUSED")
    # What is refused keeps nothing.
    other = {"Idempotency-Key": f"key {uuid.uuid4()}"}
    assert fields(scene.admin.post(PATH, {**body, "to": "nobody"}, headers=other)) == {"to"}
    last = scene.admin.post(PATH, {**body, "text": "last"}, headers=other)
    assert last.status_code == 200 and "Idempotent-Replayed" not in last.headers
    phone.await_one("notification", text="last")
    assert received(phone) == 2


def test_two_at_once_with_one_key_on_two_nodes_send_one(scene):
    phone = scene.phone(scene.customer, "node-3")
    apis = [scene.cluster.api(scene.admin.token, scene.cluster.node_url(f"node-{n % 2 + 1}")) for n in range(4)]
    for round in range(5):
        body = {"to": f"user:{scene.customer.user['id']}", "title": "News", "text": f"round {round}"}
        key = {"Idempotency-Key": str(uuid.uuid4())}
        answers = at_once(*(lambda api=api: api.post(PATH, body, headers=key) for api in apis))
        made = [answer for answer in answers if answer.status_code == 200]
        assert made and len({answer.content for answer in made}) == 1
        for answer in answers:
            if answer.status_code != 200:
                problem(answer, 409, "IDEMPOTENCY_IN_PROGRESS")
        assert sum("Idempotent-Replayed" not in answer.headers for answer in made) == 1
        assert phone.await_one("notification", text=f"round {round}") == made[0].json()
    # Another account's key is another key; what it sends comes last.
    stranger = scene.cluster.register("CUSTOMER")
    problem(stranger.post(PATH, body, headers=key), 403, "FORBIDDEN")
    assert scene.admin.post(PATH, {**body, "text": "last"}).status_code == 200
    phone.await_one("notification", text="last")
    assert received(phone) == 6
