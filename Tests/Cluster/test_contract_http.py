"""HTTP as it is spoken at the door and to a node: refusals are problems, limits answer precisely, nothing hangs."""

import socket
import struct
import time
import uuid

import pytest
import requests

from conftest import PAGE
from harness import PATIENCE
from scene import problem

MIB = 1 << 20


def raw(cluster, data, node=None, patience=PATIENCE, pieces=None):
    """Sends bytes as they are and reads to the end of the connection or of patience; what came back."""
    port = cluster.part(node)["httpPort"] if node else cluster.port
    with socket.create_connection(("127.0.0.1", port), timeout=patience) as link:
        try:
            for piece in pieces or [data]:
                link.sendall(piece)
        except OSError:
            pass
        answer = b""
        try:
            while chunk := link.recv(65536):
                answer += chunk
        except OSError:
            pass
        return answer


def status(answer):
    assert answer.startswith(b"HTTP/1.1 "), answer[:200]
    return int(answer[9:12])


def alive(cluster):
    for node in ("node-1", "node-2", "node-3"):
        assert requests.get(f"{cluster.node_url(node)}/health/live", timeout=PATIENCE).status_code == 200


def test_an_unknown_path_is_404_whoever_asks(cluster):
    for api in (cluster.api(), cluster.register("CUSTOMER")):
        for path in ("nothing", "orders/1/2/3", "auth", "/api/v2/orders", "/api/v1/", "users/me/nothing"):
            problem(api.get(path), 404)


@pytest.mark.parametrize("method, path, allowed", [
    ("DELETE", "orders", {"GET", "POST"}), ("GET", "auth/login", {"POST"}), ("PUT", "merchants", {"GET", "POST"}),
    ("POST", f"orders/{uuid.uuid4()}", {"GET", "PATCH"}), ("GET", "drivers/location", {"PATCH"}),
    ("PATCH", "/health", {"GET"})])
def test_a_wrong_method_is_405_with_allow_whoever_asks(cluster, method, path, allowed):
    for api in (cluster.api(), cluster.register("CUSTOMER")):
        answer = api.request(method, path)
        problem(answer, 405)
        found = {name.strip() for name in answer.headers["Allow"].split(",")}
        assert allowed <= found and method not in found


def test_head_answers_as_get_does_without_a_body(cluster):
    api = cluster.register("CUSTOMER")
    answer = api.request("HEAD", "users/me")
    assert answer.status_code == 200 and answer.content == b""


def test_a_body_over_1_mib_is_413_and_one_of_1_mib_is_read(cluster):
    for base in (cluster.url, cluster.node_url("node-1")):
        api = cluster.api(base=base)
        headers = {"Content-Type": "application/json"}
        big = api.post("auth/login", data=b'"' + b"x" * MIB + b'"', headers=headers)
        problem(big, 413)
        fits = api.post("auth/login", data=b'"' + b"x" * (MIB - 2) + b'"', headers=headers)
        problem(fits, 422)


def test_a_chunked_body_over_1_mib_is_413(cluster):
    def chunks():
        for _ in range(20):
            yield b"x" * 65536

    answer = cluster.api().post("auth/login", data=chunks(), headers={"Content-Type": "application/json"})
    problem(answer, 413)


def test_a_body_beyond_all_bounds_hurts_nobody(cluster):
    head = b"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    for node in (None, "node-1"):
        assert status(raw(cluster, head % (1 << 50), node)) == 413
    alive(cluster)


def test_a_head_over_16_kib_is_431(cluster):
    for base in (cluster.url, cluster.node_url("node-2")):
        answer = requests.get(f"{base}/api/v1/users/me", headers={"X-Long": "x" * 17_000}, timeout=PATIENCE)
        problem(answer, 431)
    answer = requests.get(f"{cluster.url}/api/v1/users/me", headers={"X-Long": "x" * 200_000}, timeout=PATIENCE)
    assert answer.status_code in (400, 431)
    problem(answer, answer.status_code)


def test_a_path_over_8_kib_is_414(cluster):
    for base in (cluster.url, cluster.node_url("node-3")):
        answer = requests.get(f"{base}/api/v1/{'x' * 8300}", timeout=PATIENCE)
        problem(answer, 414)
        answer = requests.get(f"{base}/api/v1/{'x' * 8000}", timeout=PATIENCE)
        problem(answer, 404)


def test_a_head_that_does_not_come_is_408_and_closed(cluster):
    began = time.monotonic()
    answer = raw(cluster, b"GET /health/live HTTP/1.1\r\nHost: x\r\nX-Slow: ", "node-1")
    assert status(answer) == 408
    # Ten seconds it has; a body's thirty would be another limit.
    assert 8 < time.monotonic() - began < 25


@pytest.mark.deep
def test_a_body_that_does_not_come_is_408_and_closed(cluster):
    head = b"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{"
    for node in (None, "node-1"):
        assert status(raw(cluster, head, node)) == 408


SMUGGLED = [
    b"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    b"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    b"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    b"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: +5\r\n\r\nhello",
    b"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 5, 5\r\n\r\nhello",
    b"GET /health/live HTTP/1.1\r\n\r\n",
    b"GET /health/live HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
    b"GET /health/live HTTP/1.1\r\nHost: x\r\nX-A: b\r\n folded\r\n\r\n",
    b"GET /health/live HTTP/1.1\r\nHost: x\r\nX A: b\r\n\r\n",
    b"GET /health/live HTTP/1.1\r\nHost: x\r\nX-A: a\rb\r\n\r\n",
    b"GET /health/live HTTP/1.1\r\nHost: x\r\nX-A: a\x00b\r\n\r\n",
    b"GET /health /live HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /health/live HTTP/1.9x\r\nHost: x\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(200)),
    b"\x00" * 1000 + b"\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nX:" + b"\xff" * 100 + b"\x01\r\n\r\n",
]


@pytest.mark.parametrize("message", SMUGGLED)
def test_malformed_http_is_refused_and_the_connection_closed(cluster, message):
    # A transfer coding that nobody knows too, though RFC 9112, 6.1 would rather have 501: a client caused it.
    assert status(raw(cluster, message, "node-1")) in range(400, 500)
    alive(cluster)


def ports(cluster):
    parts = cluster.parts()
    return [parts[f"node-{number}"]["httpPort"] for number in (1, 2, 3)]


def test_many_slow_clients_keep_nobody_from_being_served(cluster):
    links = []
    try:
        for port in ports(cluster) * 50:
            links.append(socket.create_connection(("127.0.0.1", port)))
            links[-1].sendall(b"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\nContent-Typ")
        alive(cluster)
        assert cluster.login("customer").get("users/me").status_code == 200
    finally:
        for link in links:
            link.close()


def test_clients_that_hang_up_in_the_middle_hurt_nobody(cluster):
    token = cluster.login("customer").token.encode()
    for data in (b"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{",
                 b"GET /api/v1/users/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + token + b"\r\n\r\n",
                 b"GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\n\r\n"):
        for port in [*ports(cluster), cluster.port] * 5:
            link = socket.create_connection(("127.0.0.1", port))
            link.sendall(data)
            # A reset, not a farewell.
            link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            link.close()
    alive(cluster)


def test_a_header_cannot_be_made_from_what_a_client_sends(cluster):
    for value in ("%0d%0aX-Injected:%20yes", "a%0aSet-Cookie:%20x=y"):
        answer = cluster.api().get(f"/api/v1/{value}", headers={"X-Correlation-ID": "fine"})
        assert "X-Injected" not in answer.headers and "Set-Cookie" not in answer.headers
    key = raw(cluster, b"GET /api/v1/users/me HTTP/1.1\r\nHost: x\r\nX-Correlation-ID: a\rX-Injected: yes\r\nConnection: close\r\n\r\n")
    assert b"\nX-Injected" not in key and b"\rX-Injected" not in key


@pytest.mark.parametrize("given", ["x", "A-z_0.9", "x" * 128, str(uuid.uuid4())])
def test_a_correlation_id_is_taken_over(cluster, given):
    for path in ("users/me", "nothing", "/health"):
        for base in (cluster.url, cluster.node_url("node-1")):
            answer = cluster.api(base=base).get(path, headers={"X-Correlation-ID": given})
            assert answer.headers["X-Correlation-ID"] == given


@pytest.mark.parametrize("given", [None, "", "x" * 129, "a b", "a/b", "é", "\"quoted\""])
def test_another_correlation_id_is_replaced(cluster, given):
    for base in (cluster.url, cluster.node_url("node-1")):
        headers = {} if given is None else {"X-Correlation-ID": given.encode()}
        made = cluster.api(base=base).get("users/me", headers=headers).headers["X-Correlation-ID"]
        assert made and made != given and 1 <= len(made) <= 128


def test_a_correlation_id_goes_along_to_the_log_and_the_order(scene):
    mine = f"test-{uuid.uuid4().hex}"
    answer = scene.customer.post("orders", scene.order_body(), headers={"X-Correlation-ID": mine})
    assert answer.headers["X-Correlation-ID"] == mine
    assert scene.cluster.psql(
        "SELECT count(*) FROM order_events WHERE order_id = %s AND correlation_id = %s", answer.json()["id"], mine)[0][0] >= 1


@pytest.mark.parametrize("accept, language", [
    ("fr", "fr"), ("pt-BR,pt;q=0.9", "pt"), ("de, es;q=0.5", "es"), ("ar", "ar"), ("tlh", "en"), (None, "en")])
def test_problems_speak_the_readers_language(cluster, accept, language):
    answer = cluster.api().get("users/me", headers={"Accept-Language": accept} if accept else {"Accept-Language": ""})
    problem(answer, 401)
    assert answer.headers["Content-Language"] == language
    assert (answer.json()["title"] == "Not signed in") == (language == "en")


def test_health_has_the_shape_that_load_balancers_read(cluster):
    body = cluster.api().get("/health").json()
    assert body["status"] == "ok" and body["node"] in ("node-1", "node-2", "node-3")
    assert isinstance(body["uptime"], int) and body["version"] and set(body["checks"]) >= {"postgres", "redis", "eventLoop"}
    assert cluster.api().get("/health/live").status_code == 200
    assert cluster.api().get("/health/ready").status_code == 200


def test_metrics_are_at_the_node_and_not_at_the_door(cluster):
    answer = requests.get(f"{cluster.node_url('node-1')}/metrics", timeout=PATIENCE)
    assert answer.status_code == 200 and "# TYPE" in answer.text
    assert requests.get(f"{cluster.url}/metrics", timeout=PATIENCE).status_code == 404


# Pages of other origins.

def test_a_page_of_a_listed_origin_may_ask_and_read(scene):
    asks = {"Origin": PAGE, "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type,idempotency-key"}
    preflight = requests.options(f"{scene.cluster.url}/api/v1/orders", headers=asks, timeout=PATIENCE)
    assert preflight.status_code == 204 and preflight.headers["Access-Control-Allow-Origin"] == PAGE
    assert "POST" in preflight.headers["Access-Control-Allow-Methods"]
    assert preflight.headers["Access-Control-Allow-Headers"] == asks["Access-Control-Request-Headers"]
    answer = scene.customer.post("orders", scene.order_body(), headers={"Origin": PAGE})
    assert answer.status_code == 202 and answer.headers["Access-Control-Allow-Origin"] == PAGE
    assert {"ETag", "Location", "Retry-After", "X-Correlation-ID"} <= set(
        answer.headers["Access-Control-Expose-Headers"].split(", "))
    refused = scene.cluster.api().get("users/me", headers={"Origin": PAGE})
    problem(refused, 401)
    assert refused.headers["Access-Control-Allow-Origin"] == PAGE


def test_a_page_of_another_origin_may_not(cluster):
    for asked in ({}, {"Access-Control-Request-Method": "GET"}):
        answer = requests.options(
            f"{cluster.url}/api/v1/orders", headers={"Origin": "https://app.example.org", **asked}, timeout=PATIENCE)
        assert answer.status_code == 204 and "Access-Control-Allow-Origin" not in answer.headers
        assert answer.headers["Vary"] == "Origin"
