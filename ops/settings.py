"""Settings of the nodes: the process's environment, then `.env`, then what `up` sets for its demo."""

import os
import re
import secrets

from ops import files
from ops.places import ROOT
from ops.say import Failure

#: Names that belong to `up` itself: it starts the servers that they name.
OWN = {
    "HOST", "PORT", "NODE_ID", "DB_HOST", "DB_PORT", "DB_USERNAME", "DB_PASSWORD", "DB_NAME", "DATABASE_URL",
    "REDIS_HOST", "REDIS_PORT", "REDIS_PASSWORD", "REDIS_URL", "REDIS_SENTINELS", "LASTMILE_HOME", "NOTIFY_SOCKET",
    "LINK_HOST", "LINK_PORT", "LINK_ADDRESS",
}

#: What `up` sets unless told otherwise, outside production.
DEMO = {"SEED_TEST_DATA": "true", "RATE_LIMITS": "off", "SCRYPT_COST": "12"}

#: Settings that name a file, from the clone's folder on.
FILES = ("FCM_CREDENTIALS",)

#: Of the caller's environment a part gets these besides the settings.
SURROUNDINGS = ("PATH", "HOME", "USER", "TZ")

#: 48 random bytes are 64 characters: twice what HS256 needs.
SECRET_BYTES = 48

_ASSIGNMENT = re.compile(r"^(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)$")


def names():
    """Every setting a node knows: the assignments of .env.example, commented out or not."""
    found = set()
    for line in (ROOT / ".env.example").read_text(encoding="utf-8").splitlines():
        match = re.match(r"^#?([A-Z][A-Z0-9_]*)=", line)
        if match:
            found.add(match.group(1))
    return found


def parse(text, source):
    """The assignments of a .env file: `NAME=value`, `export`, comments, single and double quotes."""
    values = {}
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        match = _ASSIGNMENT.match(line)
        if not match:
            raise Failure(f"{source}, line {number}: not NAME=value")
        name, value = match.groups()
        if value[:1] in ("'", '"'):
            quote = value[0]
            end = value.find(quote, 1)
            if end < 0:
                raise Failure(f"{source}, line {number}: {name} has no closing {quote}")
            value = value[1:end]
        else:
            value = re.split(r"\s+#", value, maxsplit=1)[0].rstrip()
        values[name] = value
    return values


def dotenv():
    path = ROOT / ".env"
    try:
        return parse(path.read_text(encoding="utf-8"), ".env")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as problem:
        raise Failure(f"cannot read {path}: {problem}") from None


def gather(home, environ=os.environ):
    """The nodes' settings apart from what differs from node to node. An empty value counts as not set."""
    values = {name: value for name, value in dotenv().items() if value}
    known = names()
    values.update({name: value for name, value in environ.items() if name in known and value})
    for name in OWN:
        values.pop(name, None)
    if values.get("LASTMILE_ENV", "development") != "production":
        for name, value in DEMO.items():
            values.setdefault(name, value)
    for name in FILES:
        if name in values:
            # Nodes work elsewhere than in the clone.
            values[name] = str(ROOT / values[name])
    values.setdefault("JWT_SECRET", _secret(home))
    return values


def surroundings(environ=os.environ):
    kept = {name: environ[name] for name in SURROUNDINGS if name in environ}
    kept["LANG"] = "C.UTF-8"
    return kept


def _secret(home):
    try:
        return home.secret.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        made = secrets.token_urlsafe(SECRET_BYTES)
        files.write(home.secret, made + "\n")
        return made
