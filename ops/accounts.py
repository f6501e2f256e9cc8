"""Under which account a part runs. PostgreSQL refuses root, so root lends it an unprivileged one."""

import grp
import os
import pwd
import stat

from ops.say import Failure


class Account:
    """An unprivileged account that root starts a part under."""

    def __init__(self, entry):
        self.name = entry.pw_name
        self.uid = entry.pw_uid
        self.gid = entry.pw_gid

    def may_walk(self, path):
        """Whether every folder on the way to `path` lets this account through. Supplementary groups are given
        up at the start, so only owner, group and others count."""
        path = os.path.realpath(path)
        folders = []
        while True:
            folders.append(path)
            if path == "/":
                break
            path = os.path.dirname(path)
        return all(self._may_enter(folder) for folder in reversed(folders) if os.path.exists(folder))

    def _may_enter(self, folder):
        facts = os.stat(folder)
        if facts.st_uid == self.uid:
            return bool(facts.st_mode & stat.S_IXUSR)
        if facts.st_gid == self.gid:
            return bool(facts.st_mode & stat.S_IXGRP)
        return bool(facts.st_mode & stat.S_IXOTH)


#: Who runs what when root starts it: the first of each that exists.
FOR_POSTGRES = ("postgres", "nobody")
FOR_REDIS = ("redis", "nobody")
FOR_NGINX = ("www-data", "nginx", "nobody")


def unprivileged(names):
    """The first of these accounts; None where we are not root ourselves, and need no other."""
    if os.geteuid() != 0:
        return None
    for name in names:
        try:
            return Account(pwd.getpwnam(name))
        except KeyError:
            continue
    raise Failure(f"root needs one of these accounts to run a server under, and none is here: {', '.join(names)}")


def all_may_walk(path):
    """Whether every account that root would lend may reach `path`."""
    lent = (unprivileged(names) for names in (FOR_POSTGRES, FOR_REDIS, FOR_NGINX))
    return all(account is None or account.may_walk(path) for account in lent)


def group_name(gid):
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)
