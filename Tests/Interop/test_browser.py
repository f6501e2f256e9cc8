"""The official JavaScript client in a real Chromium, on a page of another origin.

SOCKET_IO_JS names the client's browser build, which ./lastmile test takes from PyPI; skipped without it or Chromium.
"""

import os

import pytest

from browser import Browser, program

pytestmark = [
    pytest.mark.skipif("SOCKET_IO_JS" not in os.environ, reason="SOCKET_IO_JS names no browser build of the client"),
    pytest.mark.skipif(program() is None, reason="no Chromium"),
]

WAYS = {"websocket": ["websocket"], "polling": ["polling"], "upgrade": ["polling", "websocket"]}


@pytest.fixture(scope="module")
def browser():
    browser = Browser(os.environ["SOCKET_IO_JS"])
    yield browser
    browser.close()


@pytest.fixture(params=WAYS)
def way(request):
    return request.param


@pytest.fixture
def page(browser, port, way):
    """The browser, its page connected to `/` in one of the ways as `kept.socket`."""
    browser.run(
        """kept.socket = await connected(given.url, {transports: given.transports, auth: {token: "t"}});
           const engine = kept.socket.io.engine;
           if (given.transports.length == 2 && engine.transport.name == "polling")
             await new Promise((resolve) => engine.once("upgrade", resolve));
           kept.ends = [];
           kept.socket.on("disconnect", (reason) => kept.ends.push(reason));""",
        url=f"http://127.0.0.1:{port}", transports=WAYS[way])
    yield browser
    # The client comes back by itself: nothing else would show that it was thrown out.
    assert browser.run("const ends = [...kept.ends]; kept.socket.disconnect(); return ends;") == []


def test_the_transport_is_the_one_asked_for(page, way):
    name = page.run("return kept.socket.io.engine.transport.name")
    assert name == ("polling" if way == "polling" else "websocket")


def test_events_come_back_with_their_arguments(page):
    back = page.run(
        """kept.socket.emit("message", 1, "two", {three: [3, null, true]}, "grüße ✓");
           return await next(kept.socket, "message-back");""")
    assert back == [1, "two", {"three": [3, None, True]}, "grüße ✓"]


def test_events_are_acknowledged(page):
    assert page.run('return await kept.socket.timeout(20000).emitWithAck("echo", {x: 1})') == {"x": 1}
    assert page.run('return await kept.socket.emitWithAck("message-with-ack", "a")') == "a"


def test_binary_goes_both_ways(page):
    back = page.run(
        """kept.socket.emit("message", new Uint8Array([0, 1, 255]), {deep: [new Blob([new Uint8Array([7])])]});
           return await next(kept.socket, "message-back");""")
    assert back == [[0, 1, 255], {"deep": [[7]]}]


def test_binary_is_acknowledged(page):
    assert page.run('return await kept.socket.emitWithAck("echo", new Uint8Array([1, 2, 3]))') == [1, 2, 3]


def test_the_server_s_question_is_acknowledged_with_binary(page):
    answer = page.run(
        """kept.socket.once("question", (data, reply) =>
             reply({sum: new Uint8Array(data).reduce((all, one) => all + one), data: new Uint8Array([9, 8])}));
           return await kept.socket.emitWithAck("ask", new Uint8Array([1, 2, 3]));""")
    assert answer == {"sum": 6, "data": [9, 8]}


def test_many_messages_come_back_in_order(page):
    got = page.run(
        """const got = [];
           const all = new Promise((resolve) => kept.socket.on("message-back", (number) => {
             got.push(number);
             if (got.length == 200) resolve();
           }));
           for (let number = 0; number < 200; number++) kept.socket.emit("message", number);
           await all;
           return got;""")
    assert got == list(range(200))


def test_a_large_message_comes_back_whole(page):
    assert page.run('return (await kept.socket.emitWithAck("echo", "x".repeat(300000))).length') == 300_000


def test_namespaces_share_the_connection(page, port):
    result = page.run(
        """const custom = kept.socket.io.socket("/custom", {auth: {n: 2}});
           const auth = next(custom, "auth");
           const got = {auth: await auth, ack: await custom.emitWithAck("echo", "c")};
           const unknown = kept.socket.io.socket("/unknown");
           got.refused = (await next(unknown, "connect_error"))[0].message;
           const made = kept.socket.io.socket("/dynamic-7");
           got.made = await made.emitWithAck("echo", "d");
           made.disconnect();
           custom.disconnect();
           got.still = await kept.socket.emitWithAck("echo", "main");
           return got;""")
    assert result == {
        "auth": [{"n": 2}], "ack": "c", "made": "d", "refused": "Invalid namespace", "still": "main"}


def test_rooms_reach_their_members(page):
    got = page.run(
        """await kept.socket.emitWithAck("join", "browsers");
           const message = next(kept.socket, "message");
           kept.socket.emit("publish", "browsers", {n: 1});
           return await message;""")
    assert got == [{"n": 1}]


def test_heartbeats_keep_a_silent_page(browser, own_server, way):
    # Pings come fast; a browser on a loaded machine may be slow to answer.
    _, port = own_server(PING_INTERVAL="300", PING_TIMEOUT="10000")
    result = browser.run(
        """const socket = await connected(given.url, {transports: given.transports});
           const first = socket.id;
           await new Promise((resolve) => {
             let pings = 0;
             socket.io.on("ping", () => { if (++pings == 5) resolve(); });
           });
           const result = [socket.id == first, await socket.emitWithAck("echo", 1)];
           socket.disconnect();
           return result;""",
        url=f"http://127.0.0.1:{port}", transports=WAYS[way])
    assert result == [True, 1]


@pytest.mark.parametrize("end", ["kill", "terminate"])
def test_a_page_comes_back_when_its_server_does(browser, own_server, way, end):
    process, port = own_server()
    browser.run(
        """kept.socket = await connected(given.url, {transports: given.transports});
           kept.ids = [kept.socket.id];
           kept.gone = next(kept.socket, "disconnect");
           kept.back = new Promise((resolve) => kept.socket.io.once("reconnect", resolve));
           const engine = kept.socket.io.engine;
           if (given.settles && engine.transport.name == "polling")
               await new Promise((resolve) => engine.once("upgrade", resolve));""",
        # A client whose server dies in the middle of an upgrade learns it by its ping timeout alone. One that is asked to
        # move learns it whenever it is.
        url=f"http://127.0.0.1:{port}", transports=WAYS[way], settles=(way, end) == ("upgrade", "kill"))
    getattr(process, end)()
    process.wait(timeout=15)
    reason = browser.run("return (await kept.gone)[0]")
    # Never one after which the client stays away.
    assert reason in ("transport close", "transport error")
    own_server(PORT=str(port))
    result = browser.run(
        """await kept.back;
           const again = await kept.socket.emitWithAck("echo", "again");
           const isNew = kept.socket.id != kept.ids[0];
           kept.socket.disconnect();
           return [again, isNew];""")
    assert result == ["again", True]


def test_a_page_recovers_what_it_missed(browser, own_server, way):
    _, port = own_server(RECOVERY="on")
    result = browser.run(
        """const url = given.url;
           const socket = await connected(url, {transports: given.transports});
           const other = await connected(url, {transports: ["websocket"]});
           const [id, got] = [socket.id, []];
           socket.on("message", (value) => got.push(value));
           await socket.emitWithAck("join", "news");
           const first = next(socket, "message");
           other.emit("publish", "news", "one");
           await first;
           const gone = next(socket, "disconnect");
           const back = next(socket, "connect");
           socket.io.engine.close();
           await gone;
           for (const value of ["two", "three"]) await other.emitWithAck("publish", "news", value);
           await back;
           const last = next(socket, "message");
           const result = {recovered: socket.recovered, same: socket.id == id};
           other.emit("publish", "news", "four");
           await last;
           socket.disconnect();
           other.disconnect();
           return {...result, got};""",
        url=f"http://127.0.0.1:{port}", transports=WAYS[way])
    assert result == {"recovered": True, "same": True, "got": ["one", "two", "three", "four"]}


@pytest.mark.parametrize(
    "origin,credentials,works",
    [("own", "on", True), ("own", "off", False), ("*", "off", False), ("http://elsewhere.example", "on", False)])
def test_another_origin_with_credentials_needs_to_be_allowed_so(browser, own_server, origin, credentials, works):
    """By polling, where the browser itself enforces it."""
    _, port = own_server(CORS_ORIGIN=browser.origin if origin == "own" else origin, CORS_CREDENTIALS=credentials)
    result = browser.run(
        """try {
             const socket = await connected(
               given.url, {transports: ["polling"], withCredentials: true, reconnection: false,
                           extraHeaders: {"x-one": "1"}});
             const answer = await socket.emitWithAck("echo", "in");
             socket.disconnect();
             return answer;
           } catch (error) {
             return error.message;
           }""",
        url=f"http://127.0.0.1:{port}")
    assert result == ("in" if works else "xhr poll error")


def test_compressed_messages(browser, own_server):
    """Chromium offers permessage-deflate by itself."""
    _, port = own_server(PER_MESSAGE_DEFLATE="on")
    result = browser.run(
        """const socket = await connected(given.url, {transports: ["websocket"]});
           const text = "lastmile ".repeat(5000);
           const result = [socket.io.engine.transport.ws.extensions, await socket.emitWithAck("echo", text) == text];
           socket.disconnect();
           return result;""",
        url=f"http://127.0.0.1:{port}")
    assert "permessage-deflate" in result[0] and result[1] is True
