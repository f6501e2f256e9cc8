"""Checks that need nothing built: who may import what, formatting, the production Nginx configuration."""

import re
import subprocess
import tempfile
from pathlib import Path

from ops import nginx, ports
from ops.places import ROOT

C = {
    "EventLoop": {"CLibuv"}, "Realtime": {"CZlib"}, "Redis": {"CHiredis"}, "Postgres": {"CLibpq"},
    "GRPC": {"CNghttp2"}, "Outbound": {"CCurl"}, "Crypto": {"COpenSSL"},
}
GROUND = {"Crypto", "Telemetry"}
#: Which targets of ours each target may import. What is not named here may import none.
EDGES = {
    "Wire": set(),
    "Domain": set(),
    "Crypto": set(),
    "Telemetry": set(),
    "EventLoop": GROUND,
    "Redis": {"EventLoop"} | GROUND,
    "Postgres": {"EventLoop"} | GROUND,
    "Outbound": {"EventLoop", "Wire"} | GROUND,
    "GRPC": {"EventLoop", "Wire"} | GROUND,
    "Realtime": {"EventLoop", "Wire"} | GROUND,
    "Store": {"Postgres", "EventLoop", "Domain"} | GROUND,
    "Services": {"Store", "Postgres", "Outbound", "Domain", "EventLoop", "Wire"} | GROUND,
    "Cluster": {"Redis", "Realtime", "EventLoop", "Wire"} | GROUND,
    "Replay": {"Wire", "EventLoop", "Domain"} | GROUND,
    "Node": {"Services", "Store", "Cluster", "GRPC", "Realtime", "Redis", "Postgres", "Outbound", "EventLoop", "Wire",
             "Domain"} | GROUND,
}
#: Besides our own: the C library everywhere but in Wire, and what Swift brings.
PLAIN = {"Glibc", "Synchronization"}
SHIMS = {"CShims"}

#: Where settings are read, and names there that no operator sets: systemd's, and the command line's for one call.
READERS = ("Node/Configuration", "Node/Lifecycle", "Postgres/Configuration", "Redis/Configuration")
PRIVATE = {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LASTMILE_ADMIN_PASSWORD"}

_IMPORT = re.compile(r"^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:public|package|internal|fileprivate|private)?\s*import\s+"
                     r"(?:(?:struct|class|enum|protocol|func|let|var|typealias|actor)\s+)?(\w+)", re.MULTILINE)


def imports(home, swift, step):
    """The house's directions, and one Swift importer for each C module."""
    complaints = []
    for path in sorted((ROOT / "Sources").rglob("*.swift")):
        target = path.relative_to(ROOT / "Sources").parts[0]
        allowed = EDGES.get(target, set()) | C.get(target, set())
        if target != "Wire":
            allowed = allowed | PLAIN | (SHIMS if target != "Domain" else set())
        for name in _IMPORT.findall(path.read_text(encoding="utf-8")):
            if name != target and name not in allowed:
                complaints.append(f"{path.relative_to(ROOT)}: {target} may not import {name}")
    return complaints


def formatting(home, swift, step):
    result = subprocess.run(
        [swift, "format", "lint", "--strict", "--parallel", "-r", "Sources", "Tests", "Benchmarks"], cwd=ROOT,
        capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if result.returncode == 0:
        return []
    lines = [text.replace(f"{ROOT}/", "") for text in result.stderr.splitlines() if "error:" in text or "warning:" in text]
    return lines or [f"swift format: exit status {result.returncode}"]


def door(home, swift, step):
    """`nginx -t` over nginx/ as it stands and over each site in deploy/; only folders, account and ports, which belong
    to another machine, are put where we may write."""
    complaints = []
    sites = [ROOT / "nginx" / "site", *sorted((ROOT / "deploy").glob("*/nginx/site"))]
    for site in sites:
        with tempfile.TemporaryDirectory(prefix="lastmile-nginx-") as name:
            folder = Path(name)
            (folder / "site").mkdir()
            for shared in nginx.SHARED:
                (folder / shared).write_text((nginx.SOURCE / shared).read_text(encoding="utf-8"), encoding="utf-8")
            if not (site / "nodes.conf").exists():
                # Written at the installation, for as many nodes as the machine has cores.
                (folder / "site" / "nodes.conf").write_text(
                    nginx.render_nodes([("node-1", "127.0.0.1:3001")]), encoding="utf-8")
            for path in site.glob("*.conf"):
                (folder / "site" / path.name).write_text(_here(path.read_text(encoding="utf-8"), folder), encoding="utf-8")
            result = subprocess.run(
                [nginx.program(), "-t", "-q", "-p", name, "-c", str(folder / "nginx.conf")], capture_output=True,
                text=True, check=False, stdin=subprocess.DEVNULL)
            if result.returncode != 0 or "[warn]" in result.stderr:
                complaints += [f"{site.relative_to(ROOT)}: {text}" for text in result.stderr.splitlines()
                               if "[emerg]" in text or "[warn]" in text]
    return complaints


def _here(text, folder):
    text = re.sub(r"^user .*;$", "", text, flags=re.MULTILINE)
    text = re.sub(r"\blisten (?:\S+:)?\d+", lambda _: f"listen 127.0.0.1:{_free()}", text)
    return re.sub(r"(?<=\s)/(?:var|run|tmp|dev)/[\w./-]*", lambda found: f"{folder}/{Path(found.group()).name}", text)


def _free():
    return next(port for port in range(ports.LAST, ports.FIRST, -1) if ports.free(port))


def python(home, swift, step):
    """Every Python file compiles, for the oldest Python that `./lastmile` runs on too."""
    import ast
    complaints = []
    for folder in ("ops", "Tests", "Benchmarks"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            oldest = (3, 9) if folder == "ops" else None
            try:
                ast.parse(path.read_text(encoding="utf-8"), str(path), feature_version=oldest)
            except SyntaxError as problem:
                complaints.append(f"{path.relative_to(ROOT)}:{problem.lineno}: {problem.msg}")
    return complaints


def settings(home, swift, step):
    """Every setting that a node reads stands in .env.example."""
    from ops import settings as known
    names = known.names() | PRIVATE
    complaints = []
    for folder in READERS:
        for path in sorted((ROOT / "Sources" / folder).rglob("*.swift")):
            for name in re.findall(r'"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|PORT|HOST)"', path.read_text(encoding="utf-8")):
                if name not in names:
                    complaints.append(f"{path.relative_to(ROOT)}: {name} is not in .env.example")
    return complaints


ALL = {"imports": imports, "format": formatting, "python": python, "settings": settings, "nginx": door}
