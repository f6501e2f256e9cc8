"""Accounts with a session each and a token for it, made in bulk by SQL: registering thousands would measure scrypt."""

import base64
import hashlib
import hmac
import json
import time

from support.ground import SECRET

#: Seconds that the tokens hold; sessions hold a day.
TOKEN_LIFE = 7200


def make(ground, role, count, kind):
    """Makes `count` accounts of `role`; returns their (id, token). `kind`, a hexadecimal digit, tells groups apart."""
    ids = [identifier(kind, number) for number in range(1, count + 1)]
    ground.sql(f"""
        INSERT INTO accounts (id, email, name, password_hash, role)
        SELECT {sql_identifier(kind)}, '{kind}' || i || '@bench.example', 'Bench', 'x', '{role}'
        FROM generate_series(1, {count}) i;
        INSERT INTO sessions (id, account_id, refresh_hash, expires_at)
        SELECT id, id, sha256(id::text::bytea), now() + interval '1 day' FROM accounts
        WHERE email LIKE '{kind}%@bench.example';
        {"INSERT INTO drivers (id) SELECT id FROM accounts WHERE email LIKE '" + kind + "%@bench.example' "
         "ON CONFLICT DO NOTHING;" if role == "DRIVER" else ""}
    """)
    return [(one, token(one, role)) for one in ids]


def identifier(kind, number):
    return f"0193{kind * 4}-0000-7000-8000-{number:012x}"


def sql_identifier(kind, variable="i"):
    """The same as an SQL expression over a number."""
    first = f"0193{kind * 4}"
    return f"('{first}-0000-7000-8000-' || lpad(to_hex({variable}), 12, '0'))::uuid"


def token(account, role):
    """A token as a node signs it; the session has the account's id."""
    now = int(time.time())
    claims = {"sub": account, "sid": account, "role": role, "iat": now, "exp": now + TOKEN_LIFE}
    signed = _encoded(b'{"alg":"HS256","typ":"JWT"}') + "." + _encoded(json.dumps(claims, separators=(",", ":")).encode())
    return signed + "." + _encoded(hmac.new(SECRET.encode(), signed.encode(), hashlib.sha256).digest())


def write(ground, people, name):
    """A file of people for lastmile-load."""
    path = ground.folder / name
    path.write_text("".join(f"{one} {held}\n" for one, held in people), encoding="utf-8")
    return str(path)


def _encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
