#!/usr/bin/env python3
"""GET /health/live on one node over 64 kept connections, against Nginx and Node's bare http answering the same body:
requests per second of server processor time."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time

from support import figures
from support.ground import ROOT, Ground, free_port
from support.processor import Spent

CONNECTIONS = 64
SECONDS = 3
PATH = "/health/live"

NGINX = """\
worker_processes 1;
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
    client_body_temp_path {folder}/nginx-body;
    proxy_temp_path {folder}/nginx-proxy;
    fastcgi_temp_path {folder}/nginx-fastcgi;
    uwsgi_temp_path {folder}/nginx-uwsgi;
    scgi_temp_path {folder}/nginx-scgi;
    server {{
        listen 127.0.0.1:{port};
        location = /health/live {{
            default_type application/json;
            return 200 '{body}';
        }}
    }}
}}
"""


def main():
    with Ground() as ground:
        ground.start_postgres()
        ground.start_redis()
        servers = {"node": (ground.start_node().pid, ground.port)}
        body = _body(ground)
        servers["nginx"] = _nginx(ground, body)
        if shutil.which("node"):
            port = free_port()
            process = ground.spawn([shutil.which("node"), str(ROOT / "Benchmarks/support/bare.js")],
                                   {"PATH": os.environ["PATH"], "PORT": str(port), "BODY": body})
            servers["bare http"] = (process.pid, port)
        for _, port in servers.values():
            _until_answering(port)
        return _measure(servers)


def _measure(servers):
    rates = {name: figures.Figure(f"{name}: requests a processor second") for name in servers}
    walls = {name: figures.Figure(f"{name}: requests a second") for name in servers}
    ratios = [figures.Figure("node / nginx", floor=0.7)]
    if "bare http" in servers:
        ratios.append(figures.Figure("node / bare http", floor=1.5))
    for number in range(figures.rounds()):
        figures.progress(f"round {number + 1}")
        for name, (pid, port) in servers.items():
            with Spent(pid) as spent:
                count, wall = _load(port)
            rates[name].add(count / spent.seconds)
            walls[name].add(count / wall)
        for ratio, other in zip(ratios, ("nginx", "bare http")):
            ratio.add(rates["node"].values[-1] / rates[other].values[-1])
    return figures.report(f"health-live: GET {PATH}, keep-alive, {CONNECTIONS} connections",
                          ratios + list(rates.values()) + list(walls.values()))


def _load(port):
    text = subprocess.run(
        ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", f"http://127.0.0.1:{port}{PATH}"],
        capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in text or "Socket errors" in text:
        sys.exit(f"wrk met errors:\n{text}")
    count, wall = re.search(r"(\d+) requests in ([\d.]+)s", text).groups()
    return int(count), float(wall)


def _body(ground):
    import http.client
    link = http.client.HTTPConnection("127.0.0.1", ground.port, timeout=5)
    link.request("GET", PATH)
    return link.getresponse().read().decode()


def _nginx(ground, body):
    port = free_port()
    path = ground.folder / "nginx.conf"
    path.write_text(NGINX.format(folder=ground.folder, port=port, body=body), encoding="utf-8")
    program = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
    process = ground.spawn([program, "-p", str(ground.folder), "-c", str(path)], {"PATH": "/usr/bin:/bin"})
    return process.pid, port


def _until_answering(port):
    deadline = time.monotonic() + 10
    while not _answers(port):
        if time.monotonic() > deadline:
            sys.exit(f"nothing answers on port {port}")
        time.sleep(0.05)


def _answers(port):
    with socket.socket() as link:
        return link.connect_ex(("127.0.0.1", port)) == 0


if __name__ == "__main__":
    sys.exit(main())
