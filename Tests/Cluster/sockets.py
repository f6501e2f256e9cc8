"""Socket.IO clients for tests: python-socketio on one event loop in a thread of its own, so that tests read top down."""

import asyncio
import threading

import socketio

from harness import PATIENCE

#: The names under which an order's events come.
ORDER_EVENTS = {"order_created", "order_accepted", "order_status_update"}
#: Served by no node: its ack says that everything sent before it has been received.
BARRIER = "test_barrier"


def _begin():
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="sockets", daemon=True).start()
    return loop


_loop = _begin()


def run(work, patience=PATIENCE):
    """Runs a coroutine on the sockets' loop and returns what it returned."""
    return asyncio.run_coroutine_threadsafe(work, _loop).result(patience)


def together(*work, patience=PATIENCE):
    """Runs coroutines at the same time; their results, in order."""

    async def all_of_them():
        return await asyncio.gather(*work)

    return run(all_of_them(), patience)


class Refused(Exception):
    """CONNECT_ERROR."""

    def __init__(self, answer):
        super().__init__(str(answer))
        self.answer = answer
        self.code = (answer.get("data") or {}).get("code") if isinstance(answer, dict) else None


class Phone:
    """What one user holds in the hand. All that arrives is kept as it came, nothing removed: `arrived` has pairs of name
    and payload, acks among them as `ack`. With `keeps` it connects anew by itself and resumes with what it saw."""

    def __init__(self, api, keeps=False, transports=("websocket",)):
        self.api = api
        self.base = api.base
        self.transports = list(transports)
        self.arrived = []
        self.seen = {}
        self.connects = self.disconnects = 0
        self.changed = threading.Condition()
        self.keeps = keeps
        self.client = None

    # Coming and going.

    async def _connect(self, node, auth):
        self.client = socketio.AsyncClient(
            reconnection=self.keeps, reconnection_delay=0.2, reconnection_delay_max=1, handle_sigint=False)
        refusal = []
        self.client.on("*", self._take)
        self.client.on("connect", self._connected)
        self.client.on("disconnect", self._disconnected)
        self.client.on("connect_error", refusal.append)
        try:
            await self.client.connect(
                self.base, auth=auth, transports=self.transports, wait_timeout=PATIENCE / 2)
        except socketio.exceptions.ConnectionError as problem:
            await self.client.disconnect()
            raise Refused(refusal[0] if refusal else str(problem)) from problem
        return self.client.eio.sid.partition(".")[0]

    async def connecting(self, node=None, **auth):
        """See `connect`."""

        def current():
            values = {"token": self.api.token, **auth}
            if self.connects and self.keeps:
                values["after"] = {**auth.get("after", {}), **self.seen}
            return values

        # The door picks the node with the fewest links: what led elsewhere stays open until it has led here.
        strays = []
        try:
            for _ in range(60):
                if await self._connect(node, current) == (node or self.node):
                    return self
                strays.append(self.client)
                self._forget()
        finally:
            for stray in strays:
                await stray.disconnect()
        raise AssertionError(f"the door never led to {node}")

    def _forget(self):
        """A client that led elsewhere is none of this phone's any more."""
        self.client.handlers.clear()
        with self.changed:
            self.arrived.clear()
            self.seen.clear()
            self.connects = self.disconnects = 0

    def connect(self, node=None, **auth):
        """Through the door; to a certain node by trying until the door leads there. `auth` goes along, `after` too."""
        return run(self.connecting(node, **auth))

    @property
    def node(self):
        return self.client.eio.sid.partition(".")[0]

    def disconnect(self):
        run(self.client.disconnect())

    def cut(self):
        """Drops the connection as a lost network does: nothing is said."""

        async def abort():
            self.client.eio.ws._response.connection.transport.abort()

        run(abort())

    def _connected(self):
        with self.changed:
            self.connects += 1
            self.changed.notify_all()

    def _disconnected(self, *_):
        with self.changed:
            self.disconnects += 1
            self.changed.notify_all()

    # What arrives.

    def _take(self, name, *payload):
        with self.changed:
            body = payload[0] if payload else None
            self.arrived.append((name, body))
            if name in ORDER_EVENTS:
                self.seen[body["orderId"]] = max(body["seq"], self.seen.get(body["orderId"], 0))
            self.changed.notify_all()

    def wait(self, condition, what, patience=PATIENCE):
        """Until `condition()` is true of what has arrived; returns what it returned."""
        with self.changed:
            assert self.changed.wait_for(condition, patience), f"{what}: not within {patience:g} s of {self.arrived}"
            return condition()

    def got(self, name, **fields):
        """The payloads that came under a name with these values, in order."""
        return [body for event, body in list(self.arrived)
                if event == name and all(body.get(key) == value for key, value in fields.items())]

    def await_one(self, name, patience=PATIENCE, **fields):
        """The first payload under a name with these values, waited for."""
        return self.wait(lambda: self.got(name, **fields), f"{name} {fields}", patience)[0]

    def events(self, order):
        """The raw arrivals of an order's events."""
        return [body for name, body in list(self.arrived) if name in ORDER_EVENTS and body["orderId"] == order]

    def seqs(self, order):
        return [event["seq"] for event in self.events(order)]

    def await_seq(self, order, seq, patience=PATIENCE):
        """Waits until an order's event `seq` has come; returns all that came of the order."""
        self.wait(lambda: seq in self.seqs(order), f"event {seq} of {order}", patience)
        return self.events(order)

    # What is sent.

    async def sending(self, event, payload, patience=PATIENCE):
        """Sends an event; what is returned waits for its ack."""
        answered = asyncio.get_running_loop().create_future()

        def acknowledged(*answer):
            body = answer[0] if answer else None
            with self.changed:
                self.arrived.append(("ack", body))
                self.changed.notify_all()
            if not answered.done():
                answered.set_result(body)

        await self.client.emit(event, payload, callback=acknowledged)
        return asyncio.wait_for(answered, patience)

    async def calling(self, event, payload, patience=PATIENCE):
        return await (await self.sending(event, payload, patience))

    def call(self, event, payload=None, patience=PATIENCE):
        """Sends an event and returns its ack."""
        return run(self.calling(event, {} if payload is None else payload, patience), patience + 5)

    async def barrier(self):
        await self.calling(BARRIER, {})

    def settle(self):
        """When this returns, whatever was pushed to this client before it was called has arrived."""
        run(self.barrier())
