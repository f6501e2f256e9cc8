"""A headless Chromium with the official client in a page that runs what tests give it."""

import ctypes
import json
import os
import pathlib
import queue
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

#: Seconds a task may take, and Chromium until its page asks for the first one: slow machines start it slowly.
PATIENCE = 30
START_PATIENCE = 90

#: As root there is no sandbox to be had; nothing is fetched, reported or kept.
OPTIONS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--mute-audio",
    "--disable-background-networking", "--disable-component-update", "--disable-default-apps", "--disable-extensions",
    "--disable-sync", "--disable-breakpad", "--disable-crash-reporter", "--metrics-recording-only",
    # A page that nobody looks at has its timers slowed down.
    "--disable-background-timer-throttling", "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows",
]


def program():
    return next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None)


def _die_with_parent(prctl=ctypes.CDLL(None).prctl, set_death_signal=1):
    prctl(set_death_signal, signal.SIGKILL)


class Browser:
    """`run` is the whole of it."""

    def __init__(self, client_file):
        self._files = {
            "/": ("text/html", pathlib.Path(__file__).with_name("browser.html").read_bytes()),
            "/socket.io.min.js": ("text/javascript", pathlib.Path(client_file).read_bytes()),
        }
        self._tasks, self._outcomes = queue.Queue(), queue.Queue()
        self._ready = threading.Event()
        self._server = self._listen()
        self.origin = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._profile = tempfile.mkdtemp(prefix="lastmile-browser-")
        # In the caller's process group, so that whoever ends that ends this; and it dies with the caller.
        self._process = subprocess.Popen(
            [program(), *OPTIONS, f"--user-data-dir={self._profile}", self.origin + "/"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={**os.environ, "HOME": self._profile}, preexec_fn=_die_with_parent)
        if not self._ready.wait(START_PATIENCE):
            self.close()
            raise RuntimeError("Chromium did not open its page")

    def run(self, code, **given):
        """What the body of an async JavaScript function returns; `given` are its arguments, by name."""
        while not self._outcomes.empty():
            self._outcomes.get()
        self._tasks.put({"code": code, "given": given, "milliseconds": PATIENCE * 1000})
        outcome = self._outcomes.get(timeout=PATIENCE + 10)
        if "error" in outcome:
            raise AssertionError(outcome["error"])
        return outcome.get("value")

    def close(self):
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._end_helpers()
        self._tasks.put(None)
        self._server.shutdown()
        self._server.server_close()
        shutil.rmtree(self._profile, ignore_errors=True)

    def _end_helpers(self):
        """Those processes of this browser that outlived it."""
        deadline = time.monotonic() + 10
        while (left := self._helpers()) and time.monotonic() < deadline:
            for process in left:
                try:
                    os.kill(process, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            time.sleep(0.05)

    def _helpers(self):
        found = []
        for folder in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if self._profile.encode() in (folder / "cmdline").read_bytes():
                    found.append(int(folder.name))
            except OSError:
                continue
        return found

    def _listen(self):
        browser = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                path = self.path.partition("?")[0]
                if path == "/task":
                    browser._ready.set()
                    task = browser._tasks.get()
                    self._answer(200, "application/json", json.dumps(task).encode())
                elif path in browser._files:
                    self._answer(200, *browser._files[path])
                else:
                    self._answer(404, "text/plain", b"")

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                browser._outcomes.put(json.loads(body))
                self._answer(200, "text/plain", b"ok")

            def _answer(self, status, kind, body):
                self.send_response(status)
                self.send_header("Content-Type", kind + "; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                try:
                    self.end_headers()
                    self.wfile.write(body)
                except ConnectionError:
                    # The browser has ended.
                    self.close_connection = True

            def log_message(self, *_):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server
