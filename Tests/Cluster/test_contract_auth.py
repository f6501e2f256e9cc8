"""Accounts: who comes in, stays in, and is put out, on every node at once."""

import base64
import hashlib
import hmac
import json
import time
import uuid

import pytest

from harness import until
from scene import fields, problem
from sockets import Phone, Refused

NODES = ("node-1", "node-2", "node-3")


def part(value):
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def token(cluster, claims, header=None, key=None):
    """A token made here, with the cluster's own key unless told otherwise."""
    header = header or {"alg": "HS256", "typ": "JWT"}
    key = (cluster.home / "jwt-secret").read_text(encoding="ascii").strip().encode() if key is None else key
    said = f"{part(header)}.{part(claims)}"
    digest = {"HS512": hashlib.sha512}.get(header.get("alg"), hashlib.sha256)
    return f"{said}.{part(hmac.new(key, said.encode(), digest).digest())}"


def claims(api):
    middle = api.token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))


def verify(cluster, bearer, base=None):
    return cluster.api(bearer, base).get("auth/verify")


def test_registering_answers_who_one_is_and_tokens(cluster):
    email = f"new-{uuid.uuid4().hex}@example.org"
    answer = cluster.api().post("auth/register", {
        "email": email, "password": "long enough", "name": "Zoë 🛵", "role": "DRIVER", "locale": "fr"})
    assert answer.status_code == 201
    body = answer.json()
    assert body["user"]["email"] == email and body["user"]["name"] == "Zoë 🛵" and body["user"]["role"] == "DRIVER"
    assert uuid.UUID(body["user"]["id"]).version == 7
    assert body["tokenType"] == "Bearer" and body["expiresIn"] == 900
    assert body["accessToken"] and body["refreshToken"] and "password" not in answer.text.replace("long enough", "")
    me = cluster.api(body["accessToken"]).get("users/me")
    assert me.status_code == 200 and me.json()["id"] == body["user"]["id"]


def test_who_names_no_role_is_a_customer(cluster):
    answer = cluster.api().post("auth/register", {
        "email": f"{uuid.uuid4().hex}@example.org", "password": "long enough", "name": "N"})
    assert answer.status_code == 201 and answer.json()["user"]["role"] == "CUSTOMER"


def test_nobody_registers_as_admin(cluster):
    assert fields(cluster.api().post("auth/register", {
        "email": f"{uuid.uuid4().hex}@example.org", "password": "long enough", "name": "N", "role": "ADMIN"})) == {
            "role"}


def test_an_address_is_taken_once_whatever_its_case(cluster):
    name = uuid.uuid4().hex
    body = {"email": f"{name}@example.org", "password": "long enough", "name": "N"}
    assert cluster.api().post("auth/register", body).status_code == 201
    problem(cluster.api().post("auth/register", {**body, "email": f"{name.upper()}@Example.org"}), 409)


@pytest.mark.parametrize("password, good", [("1234567", False), ("12345678", True), ("é" * 128, True), ("x" * 129, False)])
def test_passwords_have_8_to_128_characters_and_no_other_rule(cluster, password, good):
    answer = cluster.api().post("auth/register", {
        "email": f"{uuid.uuid4().hex}@example.org", "password": password, "name": "N"})
    if good:
        assert answer.status_code == 201
        assert cluster.api().login(answer.json()["user"]["email"], password)
    else:
        assert fields(answer) == {"password"}


def test_a_wrong_password_and_an_unknown_address_are_told_alike(cluster):
    wrong = problem(cluster.api().post("auth/login", {"email": "admin@example.com", "password": "not it"}), 401)
    unknown = problem(cluster.api().post("auth/login", {"email": "nobody@example.com", "password": "not it"}), 401)
    for body in (wrong, unknown):
        body.pop("correlationId")
    assert wrong == unknown


def test_a_session_is_known_to_every_node(cluster):
    api = cluster.register("CUSTOMER")
    for node in NODES:
        assert verify(cluster, api.token, cluster.node_url(node)).status_code == 200


def test_refreshing_rotates_and_the_predecessor_stays_good_for_a_lost_answer(cluster):
    api = cluster.register("CUSTOMER")
    first = api.tokens["refreshToken"]
    second = api.post("auth/refresh", {"refreshToken": first})
    assert second.status_code == 200 and second.json()["refreshToken"] != first
    assert set(second.json()) == set(api.tokens)
    again = api.post("auth/refresh", {"refreshToken": first})
    assert again.status_code == 200
    assert verify(cluster, again.json()["accessToken"]).status_code == 200


def test_a_refresh_token_older_than_the_predecessor_revokes_the_session_everywhere(cluster):
    api = cluster.register("CUSTOMER")
    phones = [Phone(api).connect(node) for node in NODES]
    first = api.tokens["refreshToken"]
    second = api.post("auth/refresh", {"refreshToken": first}).json()["refreshToken"]
    third = api.post("auth/refresh", {"refreshToken": second}).json()
    problem(api.post("auth/refresh", {"refreshToken": first}), 401)
    problem(api.post("auth/refresh", {"refreshToken": third["refreshToken"]}), 401)
    for node in NODES:
        until(lambda: verify(cluster, third["accessToken"], cluster.node_url(node)).status_code == 401,
              f"{node} knows that the session has ended")
    for phone in phones:
        phone.await_one("session_revoked")
        phone.wait(lambda: phone.disconnects, "the socket is closed")


def test_logging_out_ends_the_tokens_and_sockets_of_this_session_on_every_node_and_no_other(cluster):
    api = cluster.register("CUSTOMER")
    other = cluster.api().login(api.user["email"], f"secret-{api.user['email'][9:21]}")
    phones = [Phone(api).connect(node) for node in NODES]
    kept = [Phone(other).connect(node) for node in NODES]
    assert api.post("auth/logout").status_code == 204
    for phone in phones:
        assert phone.await_one("session_revoked")["reason"]
        phone.wait(lambda: phone.disconnects, "the socket is closed")
    for node in NODES:
        until(lambda: verify(cluster, api.token, cluster.node_url(node)).status_code == 401, f"{node} knows")
        problem(verify(cluster, api.token, cluster.node_url(node)), 401, "SESSION_REVOKED")
        assert verify(cluster, other.token, cluster.node_url(node)).status_code == 200
    problem(api.post("auth/refresh", {"refreshToken": api.tokens["refreshToken"]}), 401)
    with pytest.raises(Refused) as refused:
        Phone(api).connect()
    assert refused.value.code == "SESSION_REVOKED"
    for phone in kept:
        phone.settle()
        assert not phone.disconnects and not phone.got("session_revoked")
        phone.disconnect()


def test_verify_says_whose_the_token_is(cluster):
    api = cluster.register("MERCHANT")
    answer = verify(cluster, api.token)
    assert answer.status_code == 200 and api.user["id"] in answer.text and "MERCHANT" in answer.text


@pytest.mark.parametrize("header", [
    "", "Bearer", "Bearer ", "Basic YWRtaW46YWRtaW4=", "Bearer a.b.c", "Bearer ....", "Bearer " + "x" * 9000,
    "Bearer eyJhbGciOiJIUzI1NiJ9.e30.", "Bearer \xff\xfe"])
def test_what_is_no_token_is_401(cluster, header):
    answer = cluster.api().get("users/me", headers={"Authorization": header.encode("latin-1")})
    assert problem(answer, 401)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_no_token_is_401(cluster):
    problem(cluster.api().get("users/me"), 401)


def test_a_token_made_with_the_clusters_key_is_good(cluster):
    api = cluster.register("CUSTOMER")
    assert verify(cluster, token(cluster, claims(api))).status_code == 200


def test_forged_tokens_are_refused(cluster):
    api = cluster.register("CUSTOMER")
    mine = claims(api)
    header, body, signature = api.token.split(".")
    forged = {
        "another key": token(cluster, mine, key=b"another key of 32 bytes or longer"),
        "an empty key": token(cluster, mine, key=b""),
        "none": f"{part({'alg': 'none', 'typ': 'JWT'})}.{body}.",
        "none, signed": f"{part({'alg': 'none', 'typ': 'JWT'})}.{body}.{signature}",
        "None": f"{part({'alg': 'None'})}.{body}.",
        "HS512": token(cluster, mine, header={"alg": "HS512", "typ": "JWT"}),
        "RS256": token(cluster, mine, header={"alg": "RS256", "typ": "JWT"}),
        "no algorithm": token(cluster, mine, header={"typ": "JWT"}),
        "another role": f"{header}.{part({**mine, 'role': 'ADMIN'})}.{signature}",
        "no signature": f"{header}.{body}.",
        "a signature cut short": f"{header}.{body}.{signature[:-4]}",
        "a fourth part": f"{api.token}.x",
        "padding": f"{api.token}=",
        "no expiry": token(cluster, {key: value for key, value in mine.items() if key != "exp"}),
        "an expiry that is no number": token(cluster, {**mine, "exp": "never"}),
        "no session": token(cluster, {key: value for key, value in mine.items() if key not in ("sid", "session")}),
        "no object": token(cluster, ["x"]),
    }
    for what, bearer in forged.items():
        answer = verify(cluster, bearer)
        assert answer.status_code == 401, f"{what}: {answer.status_code} {answer.text}"
        problem(answer, 401)
        with pytest.raises(Refused) as refused:
            Phone(cluster.api(bearer)).connect()
        assert refused.value.code in ("TOKEN_INVALID", "SESSION_REVOKED"), what


def test_a_role_in_a_well_signed_token_is_not_believed_against_the_account(cluster):
    # Whoever has the key is the house; still no role outlives the account's.
    api = cluster.register("CUSTOMER")
    answer = cluster.api(token(cluster, {**claims(api), "role": "ADMIN"})).get("users")
    assert answer.status_code in (401, 403)


def test_an_expired_token_is_told_so_without_leeway(cluster):
    api = cluster.register("CUSTOMER")
    now = int(time.time())
    expired = token(cluster, {**claims(api), "iat": now - 100, "exp": now - 1})
    problem(verify(cluster, expired), 401, "TOKEN_EXPIRED")
    with pytest.raises(Refused) as refused:
        Phone(cluster.api(expired)).connect()
    assert refused.value.code == "TOKEN_EXPIRED"


def test_a_socket_without_a_token_is_refused(cluster):
    for bearer in (None, "", 1, {"a": 1}, "nonsense"):
        with pytest.raises(Refused) as refused:
            Phone(cluster.api(bearer)).connect()
        assert refused.value.code == "TOKEN_INVALID"


def test_auth_refresh_tells_a_socket_its_new_expiry(cluster):
    api = cluster.register("CUSTOMER")
    phone = Phone(api).connect()
    fresh = api.post("auth/refresh", {"refreshToken": api.tokens["refreshToken"]}).json()["accessToken"]
    ack = phone.call("auth_refresh", {"token": fresh})
    assert ack["ok"] and ack["expiresAt"].endswith("Z")
    ack = phone.call("auth_refresh", {"token": "nonsense"})
    assert not ack["ok"] and ack["error"]["code"] == "TOKEN_INVALID"
    other = cluster.register("CUSTOMER")
    assert not phone.call("auth_refresh", {"token": other.token})["ok"]
    phone.disconnect()
