"""Debian packages: which are missing, and their installation where there is a right to it."""

import glob
import os
import re
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path

from ops import postgres, redis
from ops.say import Failure

#: Where an administrator's word on starting services lies (invoke-rc.d(8)).
POLICY = Path("/usr/sbin/policy-rc.d")
#: Read by postgresql-common before it makes a cluster of its own.
NO_CLUSTER = Path("/etc/postgresql-common/createcluster.d/lastmile.conf")
#: What we ask for → the package that brings a service, and the service: one that comes with our installation stays
#: off after a reboot too.
SERVICES = {
    "nginx": ("nginx-common", "nginx"),
    "redis-server": ("redis-server", "redis-server"),
    "postgresql": ("postgresql-common", "postgresql"),
}


def _header(name):
    def there():
        return bool(glob.glob(f"/usr/include/{name}") + glob.glob(f"/usr/include/*/{name}")
                    + glob.glob(f"/usr/local/include/{name}"))
    return there


def _command(name):
    return lambda: shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/bin") is not None


def _redis():
    found = redis.version()
    return found is not None and int(found[1].split(".")[0]) >= redis.OLDEST


def _library(pattern):
    return lambda: bool(glob.glob(pattern))


#: What building needs: package → is it there?
BUILD = {
    "libuv1-dev": _header("uv.h"),
    "libhiredis-dev": _header("hiredis/hiredis.h"),
    "libpq-dev": _header("postgresql/libpq-fe.h"),
    "libssl-dev": _header("openssl/evp.h"),
    "zlib1g-dev": _header("zlib.h"),
    "libc6-dev": _header("stdlib.h"),
    "g++": _library("/usr/lib/gcc/*/*/libstdc++.so"),
    "binutils": _command("ld"),
    "git": _command("git"),
}
#: What running needs.
RUN = {
    "redis-server": _redis,
    "nginx": _command("nginx"),
}
#: What the tests need besides.
TEST = {
    "python3-venv": lambda: _python_has("venv", "ensurepip"),
}
#: What some tests need, which are skipped without it: 124 MB, half a minute.
BROWSER = {
    "chromium": lambda: any(_command(name)() for name in ("chromium", "chromium-browser", "google-chrome")),
}


def missing(*groups):
    found = [package for group in groups for package, there in group.items() if not there()]
    if RUN in groups and not postgres.installations():
        found.append("postgresql")
    return found


def ensure(step, log, *groups, also=()):
    """Installs what is missing of these groups, and `also`, or fails with the one command that would."""
    wanted = [*missing(*groups), *also]
    if not wanted:
        step.done("all there")
        return
    if shutil.which("apt-get") is None:
        raise Failure(f"missing here, and this is no Debian to install it on: {' '.join(wanted)}")
    prefix = _privilege()
    command = "apt-get install -y --no-install-recommends " + " ".join(_named(wanted))
    if prefix is None:
        raise Failure(f"packages are missing; install them with: sudo apt-get update && sudo {command}")
    step.update("apt-get update")
    with open(log, "a", encoding="utf-8") as record:
        _apt(step, prefix, ["update"], record, check=False)
        packages = _named(wanted)
        absent = [name for name in packages if not _known(name)]
        if absent:
            raise Failure(f"this system has no package for: {' '.join(absent)} "
                          f"(PostgreSQL {postgres.OLDEST}, PostGIS 3 and Redis {redis.OLDEST} or newer are needed)")
        with _quiet_services(prefix, wanted):
            _apt(step, prefix, ["install", "-y", "--no-install-recommends", *packages], record)
    left = missing(*groups)
    if left:
        raise Failure(f"installed, but still not usable: {' '.join(left)}; see {log}")
    step.done(f"installed {' '.join(packages)} in {step.elapsed()}")


def wish(step, log, group):
    """Installs what is missing of a group that the rest can do without, if that can be done here."""
    wanted = missing(group)
    if not wanted:
        step.done("there")
        return
    prefix = _privilege() if shutil.which("apt-get") else None
    if prefix is not None:
        with open(log, "a", encoding="utf-8") as record:
            if not all(map(_known, wanted)):
                _apt(step, prefix, ["update"], record, check=False)
            if all(map(_known, wanted)):
                _apt(step, prefix, ["install", "-y", "--no-install-recommends", *wanted], record, check=False)
    if missing(group):
        step.done(f"no {' '.join(wanted)} to be had; the tests that need it are skipped")
    else:
        step.done(f"installed in {step.elapsed()}")


def _privilege():
    """What to put before apt-get: nothing for root, sudo where it asks no password, None where there is no right."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo"):
        result = subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False, stdin=subprocess.DEVNULL)
        if result.returncode == 0:
            return ["sudo", "-n"]
    return None


def _named(wanted):
    """Packages for apt-get: PostgreSQL by its version, for PostGIS has it in its name."""
    names = [name for name in wanted if name != "postgresql"]
    if "postgresql" in wanted:
        text = subprocess.run(["apt-cache", "depends", "postgresql"], capture_output=True, text=True, check=False).stdout
        match = re.search(r"Depends: postgresql-(\d+)", text)
        major = match.group(1) if match else str(postgres.OLDEST)
        names += [f"postgresql-{major}", f"postgresql-{major}-postgis-3"]
    return names


def _known(package):
    result = subprocess.run(["apt-cache", "show", package], capture_output=True, check=False)
    return result.returncode == 0


def _apt(step, prefix, arguments, record, check=True):
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive", NEEDRESTART_SUSPEND="1", LC_ALL="C.UTF-8")
    command = ["apt-get", "-q", "-o", "DPkg::Lock::Timeout=120", "-o", "Dpkg::Use-Pty=0", *arguments]
    if prefix:
        command = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "NEEDRESTART_SUSPEND=1", *command]
    process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True, errors="replace")
    last = ""
    for text in process.stdout:
        record.write(text)
        if text.strip():
            last = text.strip()
            step.update(f"apt-get {arguments[0]}: {last}")
    if process.wait() != 0 and check:
        raise Failure(f"apt-get {arguments[0]} failed: {last}")


@contextmanager
def _quiet_services(prefix, wanted):
    """No package may start a service of its own, nor at the next boot. Files that are there already are left alone;
    ours are gone afterwards."""
    made = []
    present = {asked for asked, (package, _) in SERVICES.items() if _installed(package)}
    try:
        if not POLICY.exists():
            _put(prefix, POLICY, "#!/bin/sh\nexit 101\n", 0o755)
            made.append(POLICY)
        if "postgresql" in wanted and not NO_CLUSTER.exists():
            _put(prefix, NO_CLUSTER, "create_main_cluster = false\n", 0o644)
            made.append(NO_CLUSTER)
        yield
        for asked, (_, service) in SERVICES.items():
            if asked in wanted and asked not in present:
                _off(prefix, service)
    finally:
        for path in made:
            subprocess.run([*prefix, "rm", "-f", str(path)], check=False)


def _put(prefix, path, text, mode):
    subprocess.run([*prefix, "mkdir", "-p", str(path.parent)], check=True)
    subprocess.run([*prefix, "tee", str(path)], input=text, text=True, stdout=subprocess.DEVNULL, check=True)
    subprocess.run([*prefix, "chmod", f"{mode:o}", str(path)], check=True)


def _off(prefix, service):
    """Not at boot, and not now, should an administrator's own policy have let it start."""
    environment = dict(os.environ, SYSTEMD_OFFLINE="0" if os.path.isdir("/run/systemd/system") else "1")
    if shutil.which("systemctl"):
        now = ["--now"] if os.path.isdir("/run/systemd/system") else []
        command = ["systemctl", "disable", "--quiet", *now, service]
    else:
        command = ["update-rc.d", service, "disable"]
    subprocess.run([*prefix, *command], env=environment, check=False, capture_output=True, stdin=subprocess.DEVNULL)


def _installed(package):
    result = subprocess.run(["dpkg-query", "-W", "-f", "${Status}", package], capture_output=True, text=True, check=False)
    return result.stdout.endswith("ok installed")


def _python_has(*modules):
    import importlib.util
    return all(importlib.util.find_spec(module) is not None for module in modules)
