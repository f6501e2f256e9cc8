"""Orders that change all the while, for tests of what may happen to a cluster meanwhile."""

import threading

import requests


class Bustle:
    """Each customer has an order whose preparation changes all the while: `version` of each order, by its token."""

    def __init__(self, scene, customers, pause):
        self.scene, self.pause = scene, pause
        self.customers = [scene.cluster.register("CUSTOMER") for _ in range(customers)]
        self.orders = [scene.order(customer) for customer in self.customers]
        self.over = threading.Event()
        self.problems = []
        self.changes = 0

    def __enter__(self):
        self.thread = threading.Thread(target=self._go)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()

    def _go(self):
        states = {}
        while not self.over.is_set():
            for order in self.orders:
                at = states[order["id"]] = states.get(order["id"], 0) + 1
                body = {"state": "PREPARING", "readyAt": f"2035-01-01T10:{at // 60 % 60:02}:{at % 60:02}.000Z"}
                try:
                    answer = self.scene.merchant.patch(f"orders/{order['id']}/preparation", body)
                    if answer.status_code == 200:
                        self.changes += 1
                    elif answer.status_code != 503:
                        self.problems.append(answer.text)
                except requests.RequestException:
                    # Sent to a node that just ended: it may have been done, and the events say so.
                    pass
                if self.over.wait(self.pause):
                    return

    def versions(self):
        return {customer.token: {order["id"]: self.scene.admin.get(f"orders/{order['id']}").json()["version"]}
                for customer, order in zip(self.customers, self.orders)}
