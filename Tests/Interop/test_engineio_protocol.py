"""Engine.IO 4 on the wire, over raw HTTP and WebSocket: handshakes, messages, heartbeats and ends. Each test runs against the
raw echo endpoint and, where it sends no message, the Socket.IO one."""

import asyncio
import json

import aiohttp
import pytest

from engineio_wire import RawPoll, closed, handshake, request, run, web_socket

INTERVAL, TIMEOUT = 0.3, 0.2


# Handshake


@run
async def test_polling_opens_a_session(http, base):
    async with http.get(base, params={"EIO": "4", "transport": "polling"}) as response:
        assert response.status == 200
        assert response.headers["Content-Type"] == "text/plain; charset=UTF-8"
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        value = json.loads((await response.text())[1:])
    assert list(value) == ["sid", "upgrades", "pingInterval", "pingTimeout", "maxPayload"]
    assert value["upgrades"] == ["websocket"]
    assert (value["pingInterval"], value["pingTimeout"], value["maxPayload"]) == (300, 200, 1000000)


@pytest.mark.parametrize(
    "method,query,body",
    [
        ("GET", {"EIO": None}, '{"code":5,"message":"Unsupported protocol version"}'),
        ("GET", {"EIO": "abc"}, '{"code":5,"message":"Unsupported protocol version"}'),
        ("GET", {"EIO": "3"}, '{"code":5,"message":"Unsupported protocol version"}'),
        ("GET", {"transport": None}, '{"code":0,"message":"Transport unknown"}'),
        ("GET", {"transport": "abc"}, '{"code":0,"message":"Transport unknown"}'),
        ("GET", {"transport": "websocket"}, '{"code":3,"message":"Bad request"}'),
        ("POST", {}, '{"code":2,"message":"Bad handshake method"}'),
        ("PUT", {}, '{"code":2,"message":"Bad handshake method"}'),
        ("GET", {"sid": "nobody"}, '{"code":1,"message":"Session ID unknown"}'),
        ("POST", {"sid": "nobody"}, '{"code":1,"message":"Session ID unknown"}'),
    ],
)
@run
async def test_a_bad_handshake_is_refused(http, base, method, query, body):
    assert await request(http, method, base, **query) == (400, body)


@run
async def test_a_path_without_its_slash_is_not_found(http, base):
    status, _ = await request(http, "GET", base.rstrip("/"))
    assert status == 404


@run
async def test_preflight(http, base):
    headers = {"Access-Control-Request-Headers": "x-one,x-two", "Origin": "http://a.example"}
    async with http.options(base, params={"EIO": "4", "transport": "polling"}, headers=headers) as response:
        assert response.status == 204
        assert response.headers["Access-Control-Allow-Methods"] == "GET,HEAD,PUT,PATCH,POST,DELETE"
        assert response.headers["Access-Control-Allow-Headers"] == "x-one,x-two"
        assert response.headers["Access-Control-Allow-Origin"] == "*"


@run
async def test_web_socket_opens_a_session(http, base):
    async with web_socket(http, base) as socket:
        value = json.loads((await socket.receive_str())[1:])
        assert list(value) == ["sid", "upgrades", "pingInterval", "pingTimeout", "maxPayload"]
        assert value["upgrades"] == []


@pytest.mark.parametrize("query", [{"EIO": None}, {"EIO": "abc"}, {"transport": None}, {"transport": "abc"},
                                   {"sid": "nobody"}])
@run
async def test_a_bad_web_socket_is_refused(http, base, query):
    with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
        async with web_socket(http, base, **query):
            pass
    assert refusal.value.status == 400


# Messages


@pytest.mark.parametrize("payload", ["4hello", "4test1\x1e4test2\x1e4test3", "4hello\x1ebAQIDBA==", "4grüße ✓"])
@run
async def test_a_payload_comes_back(http, echo, payload):
    sid = await handshake(http, echo)
    assert await request(http, "POST", echo, payload.encode(), sid=sid) == (200, "ok")
    assert await request(http, "GET", echo, sid=sid) == (200, payload)


@run
async def test_a_poll_holds_at_most_sixteen_packets(http, echo):
    sid = await handshake(http, echo)
    packets = [f"4{number}" for number in range(40)]
    assert await request(http, "POST", echo, "\x1e".join(packets).encode(), sid=sid) == (200, "ok")
    got = []
    for count in (16, 16, 8):
        _, body = await request(http, "GET", echo, sid=sid)
        assert len(body.split("\x1e")) == count
        got += body.split("\x1e")
    assert got == packets


@pytest.mark.parametrize("payload", ["abc", "4ok\x1e", "7", "b!!!"])
@run
async def test_a_bad_payload_ends_the_session(http, base, payload):
    sid = await handshake(http, base)
    status, _ = await request(http, "POST", base, payload.encode(), sid=sid)
    assert status == 400
    status, _ = await request(http, "GET", base, sid=sid)
    assert status == 400


@run
async def test_octets_are_refused(http, base):
    sid = await handshake(http, base)
    headers = {"Content-Type": "application/octet-stream"}
    query = {"EIO": "4", "transport": "polling", "sid": sid}
    async with http.post(base, params=query, data=b"4a", headers=headers) as response:
        assert response.status == 400
    assert (await request(http, "GET", base, sid=sid))[0] == 400


@run
async def test_a_body_over_the_limit_fails_alone(http, echo):
    sid = await handshake(http, echo)
    status, body = await request(http, "POST", echo, b"4" + b"x" * 1_000_000, sid=sid)
    assert (status, body) == (413, "")
    assert await request(http, "POST", echo, b"4still here", sid=sid) == (200, "ok")
    assert await request(http, "GET", echo, sid=sid) == (200, "4still here")


@run
async def test_a_second_poll_ends_the_session(http, base):
    sid = await handshake(http, base)
    first, second = RawPoll(base, sid), RawPoll(base, sid)
    assert await second.answer() == (400, "")
    assert await first.answer() == (200, "1")
    assert (await request(http, "GET", base, sid=sid))[0] == 400


@pytest.mark.parametrize("round", range(5))
@run
async def test_a_cancelled_poll_ends_the_session(http, base, round):
    """Also when the cancellation and the next poll reach the server together."""
    sid = await handshake(http, base)
    RawPoll(base, sid).abort()
    assert (await RawPoll(base, sid).answer())[0] == 400


@run
async def test_web_socket_echoes_text_and_binary(http, echo):
    async with web_socket(http, echo) as socket:
        await socket.receive()
        await socket.send_str("4hello")
        assert await socket.receive_str() == "4hello"
        await socket.send_bytes(b"\x01\x02\x03\x04")
        assert await socket.receive_bytes() == b"\x01\x02\x03\x04"
        await socket.send_str("bAQIDBA==")
        assert await socket.receive_bytes() == b"\x01\x02\x03\x04"


@run
async def test_a_client_that_wants_base64_gets_it(http, echo):
    async with web_socket(http, echo, b64="1") as socket:
        await socket.receive()
        await socket.send_bytes(b"\x01\x02\x03\x04")
        assert await socket.receive_str() == "bAQIDBA=="


@pytest.mark.parametrize("packet", ["abc", "", "2", "7"])
@run
async def test_a_bad_packet_ends_the_web_socket(http, base, packet):
    async with web_socket(http, base) as socket:
        await socket.receive()
        await socket.send_str(packet)
        await closed(socket)


@run
async def test_packets_that_make_no_sense_are_ignored(http, echo):
    async with web_socket(http, echo) as socket:
        await socket.receive()
        for packet in ["0", "5", "6", "3"]:
            await socket.send_str(packet)
        await socket.send_str("4after")
        assert await socket.receive_str() == "4after"


@run
async def test_an_oversized_message_is_told_so(http, echo):
    async with web_socket(http, echo) as socket:
        await socket.receive()
        await socket.send_str("4" + "x" * 1_000_000)
        message = await socket.receive()
        assert message.type == aiohttp.WSMsgType.CLOSE and message.data == 1009


# Heartbeats


@run
async def test_polling_pings_and_pongs(http, base):
    sid = await handshake(http, base)
    for _ in range(3):
        assert await request(http, "GET", base, sid=sid) == (200, "2")
        assert await request(http, "POST", base, b"3", sid=sid) == (200, "ok")


@run
async def test_polling_without_a_pong_ends(http, base):
    sid = await handshake(http, base)
    # Silence is what is tested here: not a millisecond more than the heartbeat allows.
    await asyncio.sleep(INTERVAL + TIMEOUT)
    assert (await request(http, "GET", base, sid=sid))[0] == 400


@run
async def test_a_held_poll_is_closed_at_the_ping_timeout(http, base):
    sid = await handshake(http, base)
    assert await request(http, "GET", base, sid=sid) == (200, "2")
    assert await request(http, "GET", base, sid=sid) == (200, "1")


@run
async def test_web_socket_pings_and_pongs(http, base):
    async with web_socket(http, base) as socket:
        await socket.receive()
        for _ in range(3):
            assert await socket.receive_str() == "2"
            await socket.send_str("3")


@run
async def test_web_socket_without_a_pong_ends(http, base):
    async with web_socket(http, base) as socket:
        await closed(socket)


# Ends


@pytest.mark.parametrize("round", range(5))
@run
async def test_a_client_that_says_goodbye_gets_its_poll_back(http, base, round):
    sid = await handshake(http, base)
    poll, post = await asyncio.gather(
        request(http, "GET", base, sid=sid), request(http, "POST", base, b"1", sid=sid))
    assert poll == (200, "6")
    assert post == (200, "ok")
    assert (await request(http, "GET", base, sid=sid))[0] == 400


@run
async def test_a_poll_that_comes_just_after_the_goodbye_is_released(http, base):
    sid = await handshake(http, base)
    assert await request(http, "POST", base, b"1", sid=sid) == (200, "ok")
    assert await request(http, "GET", base, sid=sid) == (200, "6")
    assert (await request(http, "GET", base, sid=sid))[0] == 400


@run
async def test_a_web_socket_that_says_goodbye_is_closed(http, base):
    async with web_socket(http, base) as socket:
        await socket.receive()
        await socket.send_str("1")
        await closed(socket)
