"""Engine.IO 4 on the wire: the upgrade from polling to WebSocket, and the races in it."""

import asyncio

import pytest

from engineio_wire import RawPoll, closed, handshake, request, run, web_socket


async def probe(http, url, sid):
    socket = await web_socket(http, url, sid=sid)
    await socket.send_str("2probe")
    assert await socket.receive_str() == "3probe"
    return socket


async def probed(http, url):
    sid = await handshake(http, url)
    return sid, await probe(http, url, sid)


@run
async def test_an_upgrade_releases_the_poll_and_goes_on(http, echo):
    sid, socket = await probed(http, echo)
    assert await request(http, "GET", echo, sid=sid) == (200, "6")
    await socket.send_str("5")
    await socket.send_str("4hello")
    assert await socket.receive_str() == "4hello"
    await socket.close()


@run
async def test_a_poll_held_before_the_probe_is_released(http, echo):
    sid = await handshake(http, echo)
    poll = RawPoll(echo, sid)
    socket = await probe(http, echo, sid)
    assert await poll.answer() == (200, "6")
    await socket.send_str("5")
    await socket.close()


@run
async def test_messages_during_the_probe_still_go_by_polling(http, echo):
    sid, socket = await probed(http, echo)
    assert await request(http, "POST", echo, b"4one", sid=sid) == (200, "ok")
    assert await request(http, "GET", echo, sid=sid) == (200, "4one")
    assert await request(http, "POST", echo, b"4two", sid=sid) == (200, "ok")
    await socket.send_str("5")
    assert await socket.receive_str() == "4two"
    await socket.close()


@pytest.mark.parametrize("round", range(5))
@run
async def test_after_the_upgrade_polling_is_refused(http, base, round):
    sid, socket = await probed(http, base)
    await socket.send_str("5")
    assert (await request(http, "GET", base, sid=sid))[0] == 400
    assert (await request(http, "POST", base, b"4a", sid=sid))[0] == 400
    await socket.close()


@pytest.mark.parametrize("round", range(5))
@run
async def test_an_upgrade_without_a_pause_is_one_to_whoever_comes_behind_it(http, base, round):
    """Probe and upgrade at once, and on other connections at the same time a poll and a second WebSocket."""
    sid = await handshake(http, base)
    socket = await web_socket(http, base, sid=sid)
    await socket.send_str("2probe")
    await socket.send_str("5")
    poll, second = await asyncio.gather(request(http, "GET", base, sid=sid), web_socket(http, base, sid=sid))
    assert poll[0] == 400
    await closed(second)
    assert await socket.receive_str() == "3probe"
    assert await socket.receive_str() == "2"
    await socket.close()


@run
async def test_after_the_upgrade_a_second_web_socket_is_closed(http, echo):
    sid, socket = await probed(http, echo)
    await socket.send_str("5")
    second = await web_socket(http, echo, sid=sid)
    await closed(second)
    await socket.send_str("4hello")
    assert await socket.receive_str() == "4hello"
    await socket.close()


@run
async def test_a_failed_probe_leaves_polling_as_it_was(http, echo):
    sid = await handshake(http, echo)
    socket = await web_socket(http, echo, sid=sid)
    await socket.send_str("4not a probe")
    await closed(socket)
    assert await request(http, "POST", echo, b"4hello", sid=sid) == (200, "ok")
    assert await request(http, "GET", echo, sid=sid) == (200, "4hello")
    again = await probe(http, echo, sid)
    await again.send_str("5")
    await again.send_str("4upgraded")
    assert await again.receive_str() == "4upgraded"
    await again.close()


@run
async def test_heartbeats_go_on_after_an_upgrade(http, base):
    _, socket = await probed(http, base)
    await socket.send_str("5")
    for _ in range(3):
        assert await socket.receive_str() == "2"
        await socket.send_str("3")
    await socket.close()
