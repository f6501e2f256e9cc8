"""What the Swift and Java clients send that others do not, packet by packet."""

import asyncio
import json

import pytest

from engineio_wire import closed, request, run, web_socket


@pytest.fixture
def base(port):
    return f"http://127.0.0.1:{port}/socket.io/"


async def swift_handshake(http, base):
    """Its own order of keys, base64 asked for on polling alone."""
    async with http.get(f"{base}?transport=polling&b64=1&EIO=4") as response:
        assert response.status == 200
        return json.loads((await response.text())[1:])["sid"]


@run
async def test_the_swift_client_from_beginning_to_end(http, base):
    sid = await swift_handshake(http, base)
    socket = await web_socket(http, base, sid=sid)
    await socket.send_str("2probe")
    assert await socket.receive_str() == "3probe"
    assert await request(http, "GET", base, sid=sid, b64="1") == (200, "6")
    await socket.send_str("5")
    # What it had queued for polling, as a noop on the WebSocket.
    await socket.send_str("6")
    await socket.send_str('40/,{"token":"t"}')
    assert (await socket.receive_str()).startswith('40{"sid":"')
    assert await socket.receive_str() == '42["auth",{"token":"t"}]'
    await socket.send_str('420["echo",1]')
    assert await socket.receive_str() == "430[1]"
    await socket.send_str("41/,")
    await socket.send_str("40/,")
    assert (await socket.receive_str()).startswith('40{"sid":"')
    await socket.send_str("41/,")
    await socket.send_str("1")
    await closed(socket)


@run
async def test_the_swift_client_without_auth_on_polling(http, base):
    sid = await swift_handshake(http, base)
    assert await request(http, "POST", base, b"40/,", sid=sid, b64="1") == (200, "ok")
    status, body = await request(http, "GET", base, sid=sid, b64="1")
    assert status == 200 and body.startswith('40{"sid":"')
    # A POST may be empty, and a goodbye may follow another.
    assert await request(http, "POST", base, b"", sid=sid, b64="1") == (200, "ok")
    assert await request(http, "POST", base, b"41/,\x1e1", sid=sid, b64="1") == (200, "ok")
    assert (await request(http, "POST", base, b"41/,", sid=sid, b64="1"))[0] == 400


@pytest.mark.parametrize("number", [0, 1, 2**31 - 1, 10**15 - 1])
@run
async def test_acknowledgement_ids_come_back_as_they_are(http, base, number):
    async with web_socket(http, base) as socket:
        await socket.receive()
        await socket.send_str("40")
        assert (await socket.receive_str()).startswith("40{")
        assert await socket.receive_str() == '42["auth",{}]'
        await socket.send_str(f'42{number}["echo",null]')
        assert await socket.receive_str() == f"43{number}[null]"
        # Nobody asked for this one.
        await socket.send_str(f"43{number}[1]")
        await socket.send_str('421["echo"]')
        assert await socket.receive_str() == "431[]"


@run
async def test_a_second_poll_on_another_connection_does_not_see_a_finished_session(http, base):
    sid = await swift_handshake(http, base)
    assert await request(http, "POST", base, b"1", sid=sid) == (200, "ok")
    answers = await asyncio.gather(*(request(http, "GET", base, sid=sid) for _ in range(3)))
    assert sorted(status for status, _ in answers) == [200, 400, 400]
