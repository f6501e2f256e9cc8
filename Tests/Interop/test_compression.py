"""permessage-deflate and compressed polls, with a client that negotiates them by itself."""

import gzip
import zlib

import aiohttp
import pytest

from engineio_wire import handshake, request, run, web_socket

LONG = "4" + "lastmile " * 1000


@pytest.fixture
def compressing(own_server):
    _, port = own_server(PER_MESSAGE_DEFLATE="on")
    return f"http://127.0.0.1:{port}/engine.io/"


@pytest.mark.parametrize("bits", [9, 12, 15])
@run
async def test_messages_are_compressed_both_ways(http, compressing, bits):
    async with web_socket(http, compressing) as socket:
        assert not socket.compress
    query = {"transport": "websocket", "EIO": "4"}
    async with http.ws_connect(compressing, params=query, compress=bits) as socket:
        assert socket.compress and socket.client_notakeover
        await socket.receive()
        for message in [LONG, "4short", LONG]:
            await socket.send_str(message)
            assert await socket.receive_str() == message
        await socket.send_bytes(bytes(5000))
        assert await socket.receive_bytes() == bytes(5000)


@run
async def test_a_bomb_is_refused(http, compressing):
    query = {"transport": "websocket", "EIO": "4"}
    async with http.ws_connect(compressing, params=query, compress=15) as socket:
        await socket.receive()
        await socket.send_str("4" + "a" * 20_000_000)
        message = await socket.receive()
        assert message.type == aiohttp.WSMsgType.CLOSE and message.data == 1009
    assert await handshake(http, compressing)


@pytest.mark.parametrize("coding,decode", [("gzip", gzip.decompress), ("deflate", zlib.decompress)])
@run
async def test_a_long_poll_is_compressed(http, compressing, coding, decode):
    sid = await handshake(http, compressing)
    assert await request(http, "POST", compressing, LONG.encode(), sid=sid) == (200, "ok")
    query = {"transport": "polling", "EIO": "4", "sid": sid}
    async with aiohttp.ClientSession(auto_decompress=False) as plain:
        async with plain.get(compressing, params=query, headers={"Accept-Encoding": coding}) as response:
            assert response.headers["Content-Encoding"] == coding
            assert decode(await response.read()) == LONG.encode()


@run
async def test_a_short_poll_is_not_compressed(http, compressing):
    sid = await handshake(http, compressing)
    assert await request(http, "POST", compressing, b"4short", sid=sid) == (200, "ok")
    query = {"transport": "polling", "EIO": "4", "sid": sid}
    async with http.get(compressing, params=query, headers={"Accept-Encoding": "gzip"}) as response:
        assert "Content-Encoding" not in response.headers
        assert await response.text() == "4short"
