"""Sessions end on open sockets too, on every node: at once, and with Redis gone or deaf still within seconds."""

import time

import pytest

from sockets import Phone, together
from test_contract_auth import NODES, claims, token


@pytest.fixture(params=["with Redis", "without Redis", "without its messages"])
def redis(cluster, request):
    """Redis as it should be, stopped in the middle, or refusing every PUBLISH."""
    stopped = []

    def fault():
        if request.param == "without Redis":
            stopped.extend(cluster.stop("redis"))
        elif request.param == "without its messages":
            assert "OK" in cluster.redis("ACL", "SETUSER", "default", "-publish", "-spublish")

    yield fault
    cluster.cont(stopped)
    assert "OK" in cluster.redis("ACL", "SETUSER", "default", "+@all")
    cluster.healthy()


def ended(phones, reason):
    for phone in phones:
        assert phone.await_one("session_revoked")["reason"] == reason
        phone.wait(lambda phone=phone: phone.disconnects, "the socket is closed")


def test_a_logout_reaches_the_sockets_of_every_node(cluster, redis):
    api, bystander = cluster.register("CUSTOMER"), cluster.register("CUSTOMER")
    phones = [Phone(api).connect(node) for node in NODES]
    other = Phone(bystander).connect("node-2")
    redis()
    assert api.post("auth/logout").status_code == 204
    ended(phones, "LOGGED_OUT")
    other.settle()
    assert not other.disconnects
    other.disconnect()


def test_a_locked_account_loses_its_sockets_on_every_node(cluster, redis):
    api, admin = cluster.register("DRIVER"), cluster.login("admin")
    phones = [Phone(api).connect(node) for node in NODES]
    redis()
    assert admin.patch(f"users/{api.user['id']}", {"status": "LOCKED"}).status_code == 200
    for phone in phones:
        phone.await_one("session_revoked", reason="ACCOUNT_LOCKED")
        phone.wait(lambda phone=phone: phone.disconnects, "the socket is closed")


def test_another_role_ends_the_sockets_that_bear_the_old_one(cluster, redis):
    api, admin = cluster.register("CUSTOMER"), cluster.login("admin")
    phones = [Phone(api).connect(node) for node in NODES]
    redis()
    assert admin.patch(f"users/{api.user['id']}", {"role": "MERCHANT"}).status_code == 200
    ended(phones, "ROLE_CHANGED")


def test_a_session_that_nobody_refreshes_ends_by_itself(cluster):
    api = cluster.register("CUSTOMER")
    phones = [Phone(api).connect(node) for node in NODES]
    cluster.psql("UPDATE sessions SET expires_at = now() - interval '1 second' WHERE account_id = %s", api.user["id"])
    ended(phones, "EXPIRED")


def test_a_socket_outlives_its_token_and_takes_a_new_one_over(scene):
    api = scene.customer
    now = int(time.time())
    short = token(scene.cluster, {**claims(api), "iat": now, "exp": now + 10})
    fresh, api.token = api.token, short
    phone = scene.phone(api, "node-1")
    api.token = fresh
    # Refused as soon as it is too old: that is what the socket must not mind.
    while phone.call("auth_refresh", {"token": short})["ok"]:
        time.sleep(0.2)
    assert phone.call("auth_refresh", {"token": short})["error"]["code"] == "TOKEN_EXPIRED"
    order = scene.order()
    phone.await_seq(order["id"], 1)
    ack = phone.call("auth_refresh", {"token": fresh})
    assert ack["ok"] and ack["expiresAt"]
    assert phone.connects == 1 and not phone.disconnects


def test_a_token_of_another_session_is_not_taken_over(cluster):
    api = cluster.register("CUSTOMER")
    other = cluster.api().login(api.user["email"], f"secret-{api.user['email'][9:21]}")
    phones = [Phone(api).connect("node-1"), Phone(other).connect("node-2")]
    acks = together(*(phone.calling("auth_refresh", {"token": stranger.token})
                      for phone, stranger in zip(phones, (other, api))))
    assert [ack["error"]["code"] for ack in acks] == ["FORBIDDEN", "FORBIDDEN"]
    for phone in phones:
        phone.disconnect()
