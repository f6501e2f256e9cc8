"""A Socket.IO client that recovers its connection state as the official JavaScript one does; written out, so that tests see
each packet."""

import json
import socket
import threading

import websocket

from harness import PATIENCE, until


class Client:
    """Keeps `pid` and the offset of the last event over connections. `events` are the arguments of each event that came, over
    all connections, without offsets; `sessions` what each CONNECT reply said."""

    def __init__(self, namespace="/"):
        self.prefix = "" if namespace == "/" else namespace + ","
        self.pid = self.offset = self.link = None
        self.sid = None
        self.recovered = False
        self.events = []
        self.sessions = []
        self.refusal = None
        self.last_id = 0
        self.answers = {}
        self.closed = threading.Event()

    def auth(self):
        auth = {"pid": self.pid} if self.pid else {}
        if self.pid and self.offset:
            auth["offset"] = self.offset
        return auth

    def connect(self, url, timeout=PATIENCE):
        """Returns when the CONNECT reply or an error has come; what was missed stands in `events` then."""
        self.closed = threading.Event()
        self.refusal = None
        link = websocket.create_connection(
            url.replace("http", "ws", 1) + "/socket.io/?EIO=4&transport=websocket", timeout=timeout)
        self.link = link
        assert link.recv().startswith("0{")
        link.send("40" + self.prefix + json.dumps(self.auth()))
        known = len(self.sessions)
        threading.Thread(target=self._read, args=(link, self.closed), daemon=True).start()
        until(lambda: len(self.sessions) > known or self.refusal or self.closed.is_set(), "the CONNECT reply", pause=0.01)
        return self

    def _read(self, link, closed):
        try:
            while True:
                packet = link.recv()
                if not packet:
                    break
                if packet == "2":
                    link.send("3")
                elif packet[:2] in ("40", "42", "43", "44"):
                    self._packet(packet[:2], packet[2:].removeprefix(self.prefix))
                else:
                    break
        except (OSError, websocket.WebSocketException):
            pass
        finally:
            link.close()
            closed.set()

    def _packet(self, kind, body):
        if kind == "40":
            reply = json.loads(body)
            self.recovered = reply.get("pid") is not None and reply.get("pid") == self.pid
            if not self.recovered:
                self.offset = None
            self.sid, self.pid = reply["sid"], reply.get("pid")
            self.sessions.append({"recovered": self.recovered, **reply})
        elif kind == "44":
            self.refusal = json.loads(body)
        elif kind == "43":
            start = body.index("[")
            self.answers[int(body[:start])] = json.loads(body[start:])
        else:
            event = json.loads(body)
            if self.pid and isinstance(event[-1], str):
                self.offset = event.pop()
            self.events.append(event)

    def tell(self, event, *arguments):
        """Emits; the number of the acknowledgement that will come."""
        self.last_id += 1
        self.link.send(f"42{self.prefix}{self.last_id}{json.dumps([event, *arguments])}")
        return self.last_id

    def ask(self, event, *arguments):
        """Emits, and returns the acknowledgement's arguments."""
        number = self.tell(event, *arguments)
        until(lambda: number in self.answers or self.closed.is_set(), f"{event} is acknowledged", pause=0.005)
        return self.answers[number]

    def messages(self):
        return [event[1] for event in self.events if event[0] == "message"]

    def wait_for(self, value):
        """Until this `message` has come."""
        until(lambda: value in self.messages(), f"{value!r} comes", pause=0.01)

    def drop(self):
        """Loses the connection, without a word of WebSocket's."""
        try:
            self.link.sock.shutdown(socket.SHUT_RDWR)
        except (OSError, AttributeError):
            pass
        self.closed.wait(PATIENCE)

