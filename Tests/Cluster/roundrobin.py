"""A load balancer that knows nothing of sessions: each request goes to the next node, an upgrade to whichever is next."""

import os
import shutil
import signal
import socket
import subprocess

from harness import free_port, until


class RoundRobin:
    """Nginx on a free door port, before nodes on these ports. A node that refuses the connection is passed over; nothing
    that was sent is sent again. `home` is a folder for its files."""

    def __init__(self, home, ports, door=None):
        self.home = home
        self.door = door or free_port()
        servers = "".join(f"server 127.0.0.1:{port} max_fails=0; " for port in ports)
        temporary = "".join(
            f"{kind}_temp_path {home}/{kind}; " for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        account = "user root; " if os.geteuid() == 0 else ""
        configuration = home / "nginx.conf"
        configuration.write_text(
            f"{account}daemon off; worker_processes 1; pid {home}/nginx.pid; error_log stderr warn;\n"
            "events { worker_connections 4096; }\n"
            f"http {{ access_log off; {temporary}\n"
            "map $http_upgrade $connection_field { default upgrade; '' close; }\n"
            f"upstream nodes {{ {servers} }}\n"
            f"server {{ listen 127.0.0.1:{self.door}; location / {{ proxy_pass http://nodes; proxy_http_version 1.1;\n"
            "proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_field;\n"
            "proxy_set_header X-Forwarded-For $remote_addr;\n"
            "client_max_body_size 8m; proxy_buffering off; proxy_request_buffering off; proxy_read_timeout 1h;\n"
            "proxy_connect_timeout 1s; proxy_next_upstream error; } } }\n", encoding="utf-8")
        program = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
        with open(home / "nginx.log", "ab") as log:
            self.process = subprocess.Popen(
                [program, "-e", "stderr", "-c", str(configuration)], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        until(self._listens, "the proxy listens", pause=0.05)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.door}"

    def _listens(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.door)) == 0

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
