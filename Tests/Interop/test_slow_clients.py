"""A node's memory when many clients stop reading, and that nobody else is touched."""

import base64
import json
import os
import socket
import struct

STALLED = 1000


class Client:
    """A blocking WebSocket client that reads only when it is told to."""

    def __init__(self, port, receive_buffer=None):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(60)
        self.socket.connect(("127.0.0.1", port))
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode())
        self.file = self.socket.makefile("rb")
        while self.file.readline() != b"\r\n":
            pass
        assert self.receive().startswith("0")

    def send(self, text):
        data = text.encode()
        if len(data) < 126:
            head = struct.pack("!BB", 0x81, 0x80 | len(data))
        else:
            head = struct.pack("!BBQ", 0x81, 0xFF, len(data)) if len(data) > 0xFFFF else struct.pack(
                "!BBH", 0x81, 0xFE, len(data))
        self.socket.sendall(head + b"\0\0\0\0" + data)

    def receive(self):
        first, length = self.file.read(2)
        if length == 126:
            length = struct.unpack("!H", self.file.read(2))[0]
        elif length == 127:
            length = struct.unpack("!Q", self.file.read(8))[0]
        data = self.file.read(length)
        return data.decode() if first & 15 == 1 else ""

    def until(self, prefix):
        while True:
            text = self.receive()
            if text == "2":
                self.send("3")
            elif text.startswith(prefix):
                return text

    def join(self, room):
        self.send("40")
        self.until("40")
        self.send('420["join",%s]' % json.dumps(room))
        self.until("430")


def resident(process):
    """MiB."""
    with open(f"/proc/{process.pid}/status") as status:
        for line in status:
            if line.startswith("VmRSS"):
                return int(line.split()[1]) // 1024
    raise AssertionError("no VmRSS")


def test_a_thousand_stalled_clients_take_bounded_memory(own_server):
    process, port = own_server()
    stalled = []
    for _ in range(STALLED):
        client = Client(port, receive_buffer=4096)
        client.join("flooded")
        stalled.append(client)
    before = resident(process)
    reader, sender = Client(port), Client(port)
    reader.join("read")
    sender.send("40")
    sender.until("40")
    block = "x" * 65_536
    highest = before
    # 4 MiB for each client: four times what one queue holds, sixteen times what the node lets wait for all of them.
    for number in range(1, 65):
        sender.send(f'42{number}["publish","flooded","{block}"]')
        sender.until(f"43{number}")
        highest = max(highest, resident(process))
    sender.send('42["publish","read","still here"]')
    assert reader.until('42["message"') == '42["message","still here"]'
    # What waits is bounded at 256 MiB; the allocator and the frames on their way take their share.
    assert highest - before < 700, f"{before} MiB before, {highest} MiB at most"
    for client in stalled:
        client.socket.close()
