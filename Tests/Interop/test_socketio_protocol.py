"""Socket.IO 5 on the wire: the packets that clients of several languages send, and what must end a connection."""

import asyncio
import json

import aiohttp
import pytest

from engineio_wire import closed, handshake, request, run, web_socket


@pytest.fixture
def base(quick_port):
    return f"http://127.0.0.1:{quick_port}/socket.io/"


@pytest.fixture
def slow_base(port):
    """No ping comes between the packets of a test."""
    return f"http://127.0.0.1:{port}/socket.io/"


async def opened(http, url):
    socket = await web_socket(http, url)
    assert (await socket.receive_str())[0] == "0"
    return socket


async def joined(http, url):
    socket = await opened(http, url)
    await socket.send_str("40")
    assert (await socket.receive_str()).startswith("40{")
    assert await socket.receive_str() == '42["auth",{}]'
    return socket


@pytest.mark.parametrize(
    "connect,reply,auth",
    [
        ("40", "40", '42["auth",{}]'),
        ('40{"token":"123"}', "40", '42["auth",{"token":"123"}]'),
        ("40/,", "40", '42["auth",{}]'),
        ('40/,{"a":1}', "40", '42["auth",{"a":1}]'),
        ("40/custom", "40/custom,", '42/custom,["auth",{}]'),
        ("40/custom,", "40/custom,", '42/custom,["auth",{}]'),
        ('40/custom,{"token":"abc"}', "40/custom,", '42/custom,["auth",{"token":"abc"}]'),
    ],
)
@run
async def test_a_namespace_is_joined(http, slow_base, connect, reply, auth):
    socket = await opened(http, slow_base)
    await socket.send_str(connect)
    answer = await socket.receive_str()
    assert answer.startswith(reply)
    value = json.loads(answer[len(reply):])
    assert list(value) == ["sid"] and len(value["sid"]) == 20
    assert await socket.receive_str() == auth
    await socket.close()


@run
async def test_an_unknown_namespace_is_refused(http, slow_base):
    socket = await opened(http, slow_base)
    await socket.send_str("40/random")
    assert await socket.receive_str() == '44/random,{"message":"Invalid namespace"}'
    await socket.send_str("40")
    assert (await socket.receive_str()).startswith("40{")
    await socket.close()


@run
async def test_who_joins_nothing_is_closed(http, base):
    socket = await opened(http, base)

    async def pong():
        while True:
            message = await socket.receive()
            if message.data == "2":
                await socket.send_str("3")
            if message.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED):
                return

    before = asyncio.get_running_loop().time()
    await pong()
    assert asyncio.get_running_loop().time() - before > 0.9


@pytest.mark.parametrize(
    "packet",
    ["4abc", '42["message"]', "41", "40[]", '40"x"', "4", "48", "43[]", "44{}"],
)
@run
async def test_a_bad_first_packet_ends_the_connection(http, base, packet):
    socket = await opened(http, base)
    await socket.send_str(packet)
    await closed(socket)


@pytest.mark.parametrize(
    "packet",
    ["4abc", "42{}", '42abc["message"]', "42", "42[]", "42[null]", '42["connect"]', '42["disconnecting"]', "40",
     '42/custom,["message"]', '451-["message",{"_placeholder":true,"num":1}]', '4511-["message"]', '45["message"]',
     '42["message"', "43{}", '431{}', "44{}"],
)
@run
async def test_a_bad_packet_ends_the_connection(http, slow_base, packet):
    socket = await joined(http, slow_base)
    await socket.send_str(packet)
    await closed(socket)


@run
async def test_text_between_attachments_ends_the_connection(http, slow_base):
    socket = await joined(http, slow_base)
    await socket.send_str('451-["message",{"_placeholder":true,"num":0}]')
    await socket.send_str('42["message"]')
    await closed(socket)


@run
async def test_binary_without_its_packet_ends_the_connection(http, slow_base):
    socket = await joined(http, slow_base)
    await socket.send_bytes(b"\x01")
    await closed(socket)


@run
async def test_leaving_the_main_namespace_keeps_the_connection(http, base):
    socket = await joined(http, base)
    await socket.send_str("41")
    assert await socket.receive_str() == "2"
    await socket.close()


@run
async def test_leaving_another_namespace_keeps_the_main_one(http, slow_base):
    socket = await joined(http, slow_base)
    await socket.send_str("40/custom")
    assert (await socket.receive_str()).startswith("40/custom,{")
    assert await socket.receive_str() == '42/custom,["auth",{}]'
    await socket.send_str("41/custom")
    await socket.send_str('42["message","message to main namespace"]')
    assert await socket.receive_str() == '42["message-back","message to main namespace"]'
    await socket.close()


@run
async def test_messages_and_acknowledgements(http, slow_base):
    socket = await joined(http, slow_base)
    for sent, expected in [
        ('42["message",1,"2",{"3":[true]}]', '42["message-back",1,"2",{"3":[true]}]'),
        ('42["message"]', '42["message-back"]'),
        ('42["m\\u0065ssage", 1 ]', '42["message-back",1 ]'),
        ('42456["message-with-ack",1,"2",{"3":[false]}]', '43456[1,"2",{"3":[false]}]'),
        ('420["echo",{"a":[1,2]}]', '430[{"a":[1,2]}]'),
        ('4212["echo"]', "4312[]"),
        ('42/,["message",2]', '42["message-back",2]'),
    ]:
        await socket.send_str(sent)
        assert await socket.receive_str() == expected
    await socket.close()


@run
async def test_binary_comes_back_and_is_acknowledged(http, slow_base):
    socket = await joined(http, slow_base)
    places = '{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}'
    for sent, expected in [
        (f'452-["message",{places}]', f'452-["message-back",{places}]'),
        (f'452-789["message-with-ack",{places}]', f"462-789[{places}]"),
        (f'452-7["echo",{places}]', f"462-7[{places}]"),
    ]:
        await socket.send_str(sent)
        await socket.send_bytes(b"\x01\x02\x03")
        await socket.send_bytes(b"\x04\x05\x06")
        assert await socket.receive_str() == expected
        assert await socket.receive_bytes() == b"\x01\x02\x03"
        assert await socket.receive_bytes() == b"\x04\x05\x06"
    await socket.close()


@run
async def test_binary_over_polling(http, slow_base):
    sid = await handshake(http, slow_base)
    assert await request(http, "POST", slow_base, b"40", sid=sid) == (200, "ok")
    _, body = await request(http, "GET", slow_base, sid=sid)
    assert body.startswith("40{")
    body = body.split("\x1e")[1] if "\x1e" in body else (await request(http, "GET", slow_base, sid=sid))[1]
    assert body == '42["auth",{}]'
    payload = '451-["message",{"_placeholder":true,"num":0}]\x1ebAQIDBA=='
    assert await request(http, "POST", slow_base, payload.encode(), sid=sid) == (200, "ok")
    expected = '451-["message-back",{"_placeholder":true,"num":0}]\x1ebAQIDBA=='
    assert await request(http, "GET", slow_base, sid=sid) == (200, expected)


@run
async def test_a_namespace_is_made_for_a_name_that_a_pattern_matches(http, slow_base):
    socket = await opened(http, slow_base)
    await socket.send_str("40/dynamic-7,")
    assert (await socket.receive_str()).startswith('40/dynamic-7,{"sid":"')
    assert await socket.receive_str() == '42/dynamic-7,["auth",{}]'
    await socket.send_str('42/dynamic-7,1["echo",2]')
    assert await socket.receive_str() == "43/dynamic-7,1[2]"
    await socket.send_str("40/dynamic-x,")
    assert await socket.receive_str() == '44/dynamic-x,{"message":"Invalid namespace"}'
    await socket.close()


@run
async def test_the_server_asks_and_is_answered_with_binary(http, slow_base):
    socket = await joined(http, slow_base)
    place = '{"_placeholder":true,"num":0}'
    await socket.send_str(f'451-5["ask",{place}]')
    await socket.send_bytes(b"\x01")
    question = await socket.receive_str()
    number, _, rest = question.removeprefix("451-").partition("[")
    assert number.isdecimal() and rest == f'"question",{place}]'
    assert await socket.receive_bytes() == b"\x01"
    # A second answer, and one to a question that was never asked, are nothing to anybody.
    for _ in range(2):
        await socket.send_str(f"461-{number}[{place}]")
        await socket.send_bytes(b"\x02\x03")
    await socket.send_str("43999999[1]")
    assert await socket.receive_str() == f"461-5[{place}]"
    assert await socket.receive_bytes() == b"\x02\x03"
    await socket.send_str('421["echo"]')
    assert await socket.receive_str() == "431[]"
    await socket.close()


@run
async def test_ten_attachments_are_taken_and_eleven_end_the_connection(http, slow_base):
    socket = await joined(http, slow_base)
    places = ",".join(f'{{"_placeholder":true,"num":{number}}}' for number in range(10))
    await socket.send_str(f'4510-1["echo",{places}]')
    for number in range(10):
        await socket.send_bytes(bytes([number]))
    assert await socket.receive_str() == f"4610-1[{places}]"
    assert [await socket.receive_bytes() for _ in range(10)] == [bytes([number]) for number in range(10)]
    await socket.send_str(f'4511-1["echo",{places}]')
    await closed(socket)
