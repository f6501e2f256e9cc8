"""A client of Engine.IO 4 as little as tests of the wire need: single requests, a poll on a connection of its own."""

import asyncio
import functools
import inspect
import json
import socket
import urllib.parse

import aiohttp


def run(test):
    """Runs an async test with an HTTP session of its own."""

    @functools.wraps(test)
    def wrapper(*arguments, **named):
        async def body():
            connector = aiohttp.TCPConnector(limit=0)
            async with aiohttp.ClientSession(connector=connector) as http:
                await asyncio.wait_for(test(http, *arguments, **named), 20)

        asyncio.run(body())

    # pytest must see the fixtures, not the session.
    parameters = list(inspect.signature(test).parameters.values())[1:]
    wrapper.__signature__ = inspect.Signature(parameters)
    return wrapper


async def request(http, method, url, data=None, **query):
    query.setdefault("transport", "polling")
    query.setdefault("EIO", "4")
    query = {key: value for key, value in query.items() if value is not None}
    headers = {"Content-Type": "text/plain;charset=UTF-8"} if data is not None else {}
    async with http.request(method, url, params=query, data=data, headers=headers) as response:
        return response.status, await response.text()


async def handshake(http, url):
    status, body = await request(http, "GET", url)
    assert status == 200 and body[0] == "0"
    return json.loads(body[1:])["sid"]


def web_socket(http, url, **query):
    query.setdefault("transport", "websocket")
    query.setdefault("EIO", "4")
    return http.ws_connect(url, params={key: value for key, value in query.items() if value is not None})


class RawPoll:
    """A poll on a connection of its own. When it exists the request is with the kernel, so that the server reads it before
    one that comes later, on a connection of its own too."""

    def __init__(self, url, sid):
        parts = urllib.parse.urlsplit(url)
        self.socket = socket.create_connection((parts.hostname, parts.port), timeout=10)
        query = f"{parts.path}?EIO=4&transport=polling&sid={sid}"
        self.socket.sendall(f"GET {query} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())

    def abort(self):
        self.socket.close()

    async def answer(self):
        def read():
            with self.socket, self.socket.makefile("rb") as file:
                head, _, body = file.read().partition(b"\r\n\r\n")
            return int(head.split()[1]), body.decode()

        return await asyncio.to_thread(read)


async def closed(socket):
    """Reads on until the server closes."""
    while True:
        message = await socket.receive()
        if message.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.CLOSING):
            return
